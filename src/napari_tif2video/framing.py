"""Which part of the data is shown, how large and how fast: what the user may write."""

from __future__ import annotations

import numbers
import operator
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from .errors import SettingsError

WIDTH_RANGE_PX = (100, 4000)
FPS_RANGE = (1, 120)

# MP4 writes times as 32-bit multiples of a track's time scale; terms up to a million leave room.
_MAX_FPS_TERM = 1_000_000


@dataclass(frozen=True)
class CropBox:
    """The part of each frame that is shown, in pixels of the data.

    Parameters
    ----------
    width, height : int
        Size of the box.
    x, y : int, optional
        Column and row of its top-left corner, from 0. Without them the box is centred.
    """

    width: int
    height: int
    x: int | None = None
    y: int | None = None

    def __post_init__(self) -> None:
        if (self.x is None) != (self.y is None):
            raise SettingsError("crop: give both x and y, or neither")
        for name in ("width", "height", "x", "y"):
            value = getattr(self, name)
            if value is None:
                continue
            try:
                object.__setattr__(self, name, operator.index(value))
            except TypeError:
                raise SettingsError(
                    f"crop: {name} must be a whole number of pixels, got {value!r}"
                ) from None
        if self.width < 1 or self.height < 1:
            raise SettingsError(f"crop: the box must be at least 1x1, got {self}")
        if self.x is not None and self.y is not None and (self.x < 0 or self.y < 0):
            raise SettingsError(f"crop: the corner must not be negative, got {self}")

    @classmethod
    def parse(cls, text: str) -> CropBox:
        """Read ``WxH`` or ``WxH+X+Y``."""
        match = re.fullmatch(r"\s*(\d+)[xX](\d+)(?:\+(\d+)\+(\d+))?\s*", text, re.ASCII)
        if match is None:
            raise SettingsError(f"crop: expected WxH or WxH+X+Y such as 250x250, got {text!r}")
        return cls(*(None if part is None else int(part) for part in match.groups()))  # type: ignore[arg-type]

    def __str__(self) -> str:
        corner = "" if self.x is None else f"+{self.x}+{self.y}"
        return f"{self.width}x{self.height}{corner}"


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
