"""Settings that choose what is shown and how counts become grey, checked without any data."""

from __future__ import annotations

import math
import numbers
import operator
import re
from fractions import Fraction
from typing import Any, Literal

from ..errors import SettingsError
from ..geometry import WIDTH_RANGE_PX, CropBox

FPS_RANGE = (1, 120)

# MP4 writes times as 32-bit multiples of a track's time scale; terms up to a million leave room.
_MAX_FPS_TERM = 1_000_000


def parse_fps(value: object) -> Fraction:
    """Frames per second as an exact fraction, from ``10``, ``"29.97"`` or ``"30000/1001"``."""
    try:
        if isinstance(value, numbers.Real) and not isinstance(value, numbers.Rational):
            value = repr(float(value))  # 29.97 means 2997/100, not the nearest binary number
        fps: Fraction = Fraction(value)  # type: ignore[call-overload]
    except (ValueError, TypeError, ZeroDivisionError, OverflowError):
        raise SettingsError(
            f"fps: expected a number such as 10, 29.97 or 30000/1001, got {value!r}"
        ) from None
    low, high = FPS_RANGE
    if not low <= fps <= high:
        raise SettingsError(f"fps: must be between {low} and {high}, got {value}")
    if max(fps.numerator, fps.denominator) > _MAX_FPS_TERM:
        raise SettingsError(f"fps: use at most four decimals, got {value}")
    return fps


def parse_width(value: object) -> int | Literal["full"]:
    """Width of the video in pixels, or ``"full"``."""
    if value == "full":
        return "full"
    try:
        if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
            raise ValueError
        width: int = int(value)  # type: ignore[call-overload]
    except (ValueError, TypeError, OverflowError):
        raise SettingsError(
            f"width: expected a whole number of pixels or 'full', got {value!r}"
        ) from None
    low, high = WIDTH_RANGE_PX
    if not low <= width <= high:
        raise SettingsError(f"width: must be between {low} and {high} px, or 'full', got {width}")
    return width


def parse_crop(value: object) -> CropBox | None:
    if value is None or isinstance(value, CropBox):
        return value
    if isinstance(value, str):
        return CropBox.parse(value)
    raise SettingsError(
        f"crop: give a string such as '250x250' or a CropBox, got {value!r} "
        "(the order of two plain numbers would be a guess)"
    )


def parse_frames(value: object) -> str | None:
    """A slice of time as text, ``START:STOP:STEP`` with any part left out; None for all."""
    if value is None:
        return None
    if isinstance(value, slice):
        parts = [value.start, value.stop, value.step]
        value = ":".join("" if part is None else str(part) for part in parts)
    if not isinstance(value, str) or not re.fullmatch(r"\s*-?\d*:-?\d*(:-?\d*)?\s*", value):
        raise SettingsError(f"frames: expected START:STOP:STEP such as 10:50 or ::2, got {value!r}")
    text = value.strip()
    frames_slice(text)
    return None if not text.strip(":") else text


def frames_slice(text: str | None) -> slice:
    """The slice that `parse_frames` checked."""
    try:
        parts = [int(part) if part else None for part in (text or ":").split(":")]
        if len(parts) == 3 and parts[2] == 0:
            raise ValueError
    except ValueError:
        raise SettingsError(f"frames: expected START:STOP:STEP, got {text!r}") from None
    return slice(*parts)


GAMMA_RANGE = (0.05, 20)


#: Fixed limits: one pair for all channels, or one for each.
FixedLimits = tuple[float, float] | tuple[tuple[float, float], ...]


def parse_limits(value: object) -> FixedLimits | None:
    """Two counts LO HI, or such a pair for each channel."""
    if value is None:
        return None
    pairs = _pairs(value)
    if pairs is None:
        return _parse_pair(value)
    parsed = tuple(map(_parse_pair, pairs))
    return parsed[0] if len(parsed) == 1 else parsed


def limits_of_channels(limits: FixedLimits | None, channels: int) -> tuple[Any, ...]:
    """The pair of each of so many channels, or None for each.

    Raises
    ------
    SettingsError
        They are the pairs of another number of channels.
    """
    if limits is None or not isinstance(limits[0], tuple):
        return (limits,) * channels
    if len(limits) != channels:
        raise SettingsError(
            f"limits are those of {len(limits)} channels, but {channels} "
            f"{'are' if channels > 1 else 'is'} shown; give one pair, or one for each"
        )
    return limits


def pairs_of(limits: FixedLimits) -> tuple[tuple[float, float], ...]:
    """The pair of each channel, or the one pair for all of them."""
    first = limits[0]
    return limits if isinstance(first, tuple) else (limits,)  # type: ignore[return-value]


def _pairs(value: object) -> list[object] | None:
    """The parts of a sequence of sequences; None for anything else."""
    try:
        parts = list(value)  # type: ignore[call-overload]
    except TypeError:
        return None
    is_nested = bool(parts) and all(hasattr(part, "__len__") for part in parts)
    return parts if is_nested and not any(isinstance(part, str) for part in parts) else None


def _parse_pair(value: object) -> tuple[float, float]:
    try:
        low, high = (float(v) for v in value)  # type: ignore[attr-defined]
    except (ValueError, TypeError):
        raise SettingsError(f"limits: expected two grey values LO HI, got {value!r}") from None
    if not (math.isfinite(low) and math.isfinite(high)):
        raise SettingsError(f"limits: both must be finite, got {low:g} and {high:g}")
    if low >= high:
        raise SettingsError(f"limits: LO must be below HI, got {low:g} and {high:g}")
    return low, high


def parse_percentile(value: object) -> tuple[float, float] | None:
    """Two percentages LO HI of the counts, 0 to 100."""
    if value is None:
        return None
    try:
        low, high = (float(v) for v in value)  # type: ignore[attr-defined]
    except (ValueError, TypeError):
        raise SettingsError(
            f"percentile: expected two percentages LO HI such as 1 99.9, got {value!r}"
        ) from None
    if not 0 <= low < high <= 100:
        raise SettingsError(f"percentile: expected 0 <= LO < HI <= 100, got {low:g} and {high:g}")
    return low, high


def parse_gamma(value: object) -> float | None:
    """The exponent of the grey level."""
    if value is None:
        return None
    try:
        gamma = float(value)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        raise SettingsError(f"gamma: expected a number such as 0.5, got {value!r}") from None
    low, high = GAMMA_RANGE
    if not low <= gamma <= high:
        raise SettingsError(f"gamma: must be between {low:g} and {high:g}, got {gamma:g}")
    return gamma


def parse_colormap(value: object) -> str | None:
    """The name of a colormap that exists."""
    if value is None:
        return None
    from ..colours import full_name  # loads numpy

    full_name(value)
    return str(value).strip()


#: How slices become one: `data.project` computes what NumPy has a function of this name for.
Z_PROJECTIONS = ("max", "mean", "sum", "median")


def parse_channel(value: object) -> int | str | None:
    """A channel by its number or name, ``"all"`` (merged) or ``"each"`` (a video of each)."""
    if value is None:
        return None
    number = _whole_number(value)
    if number is not None:
        return number
    if not isinstance(value, str) or not value.strip() or value.startswith("-"):
        raise SettingsError(
            f"channel: expected a number from 0, a name, 'all' or 'each', got {value!r}"
        )
    return value


def parse_z(value: object) -> int | str | None:
    """A slice by its number, or how all slices become one."""
    number = None if value is None else _whole_number(value)
    if value is None or number is not None:
        return number
    if isinstance(value, str) and value in Z_PROJECTIONS:
        return value
    raise SettingsError(
        f"z: expected a slice from 0, {', '.join(Z_PROJECTIONS[:-1])} or {Z_PROJECTIONS[-1]}, "
        f"got {value!r}"
    )


def parse_play(value: object) -> str | None:
    """The letter of the axis that is played."""
    if value is None:
        return None
    letter = value.upper() if isinstance(value, str) else ""
    if len(letter) != 1 or not letter.isascii() or not letter.isalpha() or letter in "YXS":
        raise SettingsError(
            f"play: expected the letter of an axis such as T, Z or C, got {value!r}"
        )
    return letter


def parse_axes(value: object) -> str | None:
    """The letters of all axes, slowest first: ``"TCZYX"``."""
    if value is None:
        return None
    letters = value.upper() if isinstance(value, str) else ""
    is_text = letters.isascii() and letters.isalpha()
    if not is_text or len(set(letters)) != len(letters) or not {"Y", "X"} <= set(letters):
        raise SettingsError(
            f"axes: expected different letters with Y and X among them, such as TCZYX, got "
            f"{value!r}"
        )
    return letters


def _whole_number(value: object) -> int | None:
    """The number that is meant, from 0; None for what is no number."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() else None
    if isinstance(value, bool):
        return None
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None
    return number if number >= 0 else None
