"""Which part of the data is shown, how large and how fast: what the user may write."""

from __future__ import annotations

import numbers
import re
from fractions import Fraction
from typing import Literal

from .errors import SettingsError
from .geometry import WIDTH_RANGE_PX, CropBox

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
