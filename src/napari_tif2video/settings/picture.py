"""Settings that choose what is shown and how counts become grey, checked without any data."""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal

from ..errors import SettingsError
from ..geometry import WIDTH_RANGE_PX, CropBox
from ..units import number
from .setting import Parser, whole_number

FPS_RANGE = (1, 120)
GAMMA_RANGE = (0.05, 20)
DEFAULT_CONTRAST = "local"
#: How slices become one: `data.project` computes what NumPy has a function of this name for.
Z_PROJECTIONS = ("max", "mean", "sum", "median")

#: Fixed limits: one pair for all channels, or one for each.
FixedLimits = tuple[float, float] | tuple[tuple[float, float], ...]

# MP4 writes times as 32-bit multiples of a track's time scale; terms up to a million leave room.
_MAX_FPS_TERM = 1_000_000


def parse_fps(name: str, value: Any) -> Fraction:
    """Frames per second as an exact fraction, from ``10``, ``"29.97"`` or ``"30000/1001"``."""
    try:
        if isinstance(value, numbers.Real) and not isinstance(value, numbers.Rational):
            value = repr(float(value))  # 29.97 means 2997/100, not the nearest binary number
        if isinstance(value, str) and re.search(r"[eE][+-]?\d{3}", value):
            raise ValueError  # as a fraction, 1e99999999 would have all its digits
        fps = Fraction(value)
    except (ValueError, TypeError, ZeroDivisionError, OverflowError):
        raise SettingsError(
            f"{name}: expected a number such as 10, 29.97 or 30000/1001, got {value!r}"
        ) from None
    low, high = FPS_RANGE
    if not low <= fps <= high:
        raise SettingsError(f"{name}: must be between {low} and {high}, got {value}")
    if max(fps.numerator, fps.denominator) > _MAX_FPS_TERM:
        raise SettingsError(f"{name}: use at most four decimals, got {value}")
    return fps


def parse_width(name: str, value: Any) -> int | Literal["full"]:
    """Width of the video in pixels, or ``"full"``."""
    if isinstance(value, str) and value == "full":
        return "full"
    width = whole_number(value)
    if width is None:
        raise SettingsError(f"{name}: expected a whole number of pixels or 'full', got {value!r}")
    low, high = WIDTH_RANGE_PX
    if not low <= width <= high:
        raise SettingsError(f"{name}: must be between {low} and {high} px, or 'full', got {width}")
    return width


def parse_crop(name: str, value: Any) -> CropBox:
    if isinstance(value, CropBox):
        return value
    if isinstance(value, str):
        return CropBox.parse(value)
    raise SettingsError(
        f"{name}: give a string such as '250x250' or a CropBox, got {value!r} "
        "(the order of two plain numbers would be a guess)"
    )


def crop_token(crop: CropBox) -> str:
    corner = "" if crop.x is None else f"_at_{crop.x}_{crop.y}"
    return f"_crop_{crop.width}x{crop.height}{corner}"


def parse_frames(name: str, value: Any) -> str | None:
    """A slice of time as text, ``START:STOP:STEP`` with any part left out; None for all."""
    if isinstance(value, slice):
        parts = [value.start, value.stop, value.step]
        value = ":".join("" if part is None else str(part) for part in parts)
    if not isinstance(value, str) or not re.fullmatch(r"\s*-?\d*:-?\d*(:-?\d*)?\s*", value):
        raise SettingsError(f"{name}: expected START:STOP:STEP such as 10:50 or ::2, got {value!r}")
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


def frames_token(indices: range) -> str:
    step = "" if indices.step == 1 else f"_step_{indices.step}"
    return f"_frames_{indices[0]}-{indices[-1]}{step}"


#: The percentiles of contrast "auto". One pixel in a thousand may lie beyond each end: many more
#: than a camera has hot ones, and few enough for cells to keep their structure.
AUTO_PERCENTILE = (0.1, 99.9)


def parse_limits(name: str, value: Any) -> FixedLimits:
    """Two counts LO HI, or such a pair for each channel."""
    pairs = _pairs(value)
    if pairs is None:
        return _parse_pair(name, value)
    parsed = tuple(_parse_pair(name, pair) for pair in pairs)
    return parsed[0] if len(parsed) == 1 else parsed


def limits_of_channels(limits: FixedLimits | None, channels: int) -> tuple[Any, ...]:
    """The pair of each of so many channels, or None for each.

    Raises
    ------
    SettingsError
        They are the pairs of another number of channels.
    """
    pairs = (None,) if limits is None else pairs_of(limits)
    if len(pairs) not in (1, channels):
        raise SettingsError(
            f"limits are those of {len(pairs)} channels, but {channels} "
            f"{'are' if channels > 1 else 'is'} shown; give one pair, or one for each"
        )
    return pairs if len(pairs) == channels else pairs * channels


def pairs_of(limits: FixedLimits) -> tuple[tuple[float, float], ...]:
    """The pair of each channel, or the one pair for all of them."""
    first = limits[0]
    return limits if isinstance(first, tuple) else (limits,)  # type: ignore[return-value]


def _pairs(value: Any) -> list[object] | None:
    """The parts of a sequence of sequences; None for anything else."""
    try:
        parts = list(value)
    except TypeError:
        return None
    is_nested = bool(parts) and all(hasattr(part, "__len__") for part in parts)
    return parts if is_nested and not any(isinstance(part, str) for part in parts) else None


def _parse_pair(name: str, value: Any) -> tuple[float, float]:
    low, high = _two_numbers(name, value, "two grey values LO HI")
    if not (math.isfinite(low) and math.isfinite(high)):
        raise SettingsError(f"{name}: both must be finite, got {low:g} and {high:g}")
    if low >= high:
        raise SettingsError(f"{name}: LO must be below HI, got {low:g} and {high:g}")
    return low, high


def parse_percentile(name: str, value: Any) -> tuple[float, float]:
    """Two percentages LO HI of the counts, 0 to 100."""
    low, high = _two_numbers(name, value, "two percentages LO HI such as 1 99.9")
    if not 0 <= low < high <= 100:
        raise SettingsError(f"{name}: expected 0 <= LO < HI <= 100, got {low:g} and {high:g}")
    return low, high


def _two_numbers(name: str, value: Any, expected: str) -> tuple[float, float]:
    try:
        low, high = (float(v) for v in value)
    except (ValueError, TypeError, OverflowError):
        raise SettingsError(f"{name}: expected {expected}, got {value!r}") from None
    return low, high


def parse_gamma(name: str, value: Any) -> float:
    """The exponent of the grey level."""
    gamma = number(value)
    if math.isnan(gamma):
        raise SettingsError(f"{name}: expected a number such as 0.5, got {value!r}")
    low, high = GAMMA_RANGE
    if not low <= gamma <= high:
        raise SettingsError(f"{name}: must be between {low:g} and {high:g}, got {gamma:g}")
    return gamma


def parse_colormap(name: str, value: Any) -> str:
    """The name of a colormap that exists."""
    from ..colours import full_name  # loads numpy

    full_name(value)
    return str(value).strip()


def _number_or_name(expected: str, names: Sequence[str] = ()) -> Parser:
    """A parser of a number from 0, or of a name: any, or one of `names`."""

    def parse(name: str, value: Any) -> int | str:
        number = whole_number(value)
        if number is not None and number >= 0:
            return number
        is_name = isinstance(value, str) and value.strip() and not value.startswith("-")
        if not is_name or (names and value not in names):
            raise SettingsError(f"{name}: expected {expected}, got {value!r}")
        return str(value)

    return parse


parse_channel = _number_or_name("a number from 0, a name, 'all' or 'each'")
parse_position = _number_or_name("a number from 0, a name or 'each'")
parse_z = _number_or_name(
    f"a slice from 0, {', '.join(Z_PROJECTIONS[:-1])} or {Z_PROJECTIONS[-1]}", Z_PROJECTIONS
)


def parse_play(name: str, value: Any) -> str:
    """The letter of the axis that is played."""
    letter = value.upper() if isinstance(value, str) else ""
    if len(letter) != 1 or not letter.isascii() or not letter.isalpha() or letter in "YXS":
        raise SettingsError(
            f"{name}: expected the letter of an axis such as T, Z or C, got {value!r}"
        )
    return letter


def parse_axes(name: str, value: Any) -> str:
    """The letters of all axes, slowest first: ``"TCZYX"``."""
    letters = value.upper() if isinstance(value, str) else ""
    is_text = letters.isascii() and letters.isalpha()
    if not is_text or len(set(letters)) != len(letters) or not {"Y", "X"} <= set(letters):
        raise SettingsError(
            f"{name}: expected different letters with Y and X among them, such as TCZYX, got "
            f"{value!r}"
        )
    return letters
