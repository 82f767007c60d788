"""Which pixels are shown, and how large is the video?"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from .errors import SettingsError, SourceError

WIDTH_RANGE_PX = (100, 4000)

# 4:2:0 video stores colour for 2x2 pixels together; a smaller dot would lose its colour.
MIN_ANCHOR_PX = 6

# A number, or an array of NumPy: nothing slow is imported here.
_Number = TypeVar("_Number", bound=Any)

#: How far a box is moved in a frame: down and to the right, in pixels of the data.
Move = tuple[float, float]

#: Of a move; what is smaller comes from how it was computed.
MOVE_DECIMALS = 4


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
        if min(self.x or 0, self.y or 0) < 0:
            raise SettingsError(f"crop: the corner must not be negative, got {self}")

    @classmethod
    def parse(cls, text: str) -> CropBox:
        """Read ``WxH`` or ``WxH+X+Y``."""
        match = re.fullmatch(
            r"\s*(\d{1,9})[xX](\d{1,9})(?:\+(\d{1,9})\+(\d{1,9}))?\s*", text, re.ASCII
        )
        if match is None or len(text) > 99:
            raise SettingsError(f"crop: expected WxH or WxH+X+Y such as 250x250, got {text!r}")
        return cls(*(None if part is None else int(part) for part in match.groups()))  # type: ignore[arg-type]

    @classmethod
    def whole(cls, frame_size: tuple[int, int]) -> CropBox:
        """All of a frame of this size (height, width)."""
        return cls(frame_size[1], frame_size[0], 0, 0)

    def __str__(self) -> str:
        corner = "" if self.x is None else f"+{self.x}+{self.y}"
        return f"{self.width}x{self.height}{corner}"

    @property
    def shape(self) -> tuple[int, int]:
        return self.height, self.width

    # Of a box that has its place in a frame, as `resolve_crop` gives it.

    @property
    def top(self) -> int:
        assert self.y is not None
        return self.y

    @property
    def left(self) -> int:
        assert self.x is not None
        return self.x

    @property
    def rows(self) -> slice:
        return slice(self.top, self.top + self.height)

    @property
    def columns(self) -> slice:
        return slice(self.left, self.left + self.width)


@dataclass(frozen=True)
class View:
    """Where the pixels of the data are in a frame of the video: the one map from data to video.

    Attributes
    ----------
    box : CropBox
        The part that is shown, with its place.
    size : (int, int)
        Height and width of the video.
    moved : (float, float)
        How far down and to the right the box lies from its place, in pixels of the data, where
        it is another one in each frame.
    """

    box: CropBox
    size: tuple[int, int]
    moved: Move = (0.0, 0.0)

    @property
    def magnification(self) -> tuple[float, float]:
        """How many pixels of the video a pixel of the data takes: down, and across."""
        return self.size[0] / self.box.height, self.size[1] / self.box.width

    def in_video(self, x: _Number, y: _Number) -> tuple[_Number, _Number]:
        """Where the middle of pixel (x, y) of the data is: column and row.

        Both are counted from the top-left corner of the video, so that the first pixel of the
        video spans 0 to 1. Numbers or arrays.
        """
        down, across = self.magnification
        top, left = self.box.top + self.moved[0], self.box.left + self.moved[1]
        return (x + 0.5 - left) * across, (y + 0.5 - top) * down


# x264 and every player stop at 16384; a narrow, tall crop can get there.
MAX_SIDE_PX = 16384


def resolve_crop(crop: CropBox | None, frame_size: tuple[int, int]) -> CropBox:
    """The crop box with its place in a frame of `frame_size` (height, width).

    A box without a corner is centred: left = floor((frame width - box width) / 2), top alike.

    Raises
    ------
    SourceError
        The box does not fit inside the frame.
    """
    height, width = frame_size
    if crop is None:
        return CropBox.whole(frame_size)
    if crop.width > width or crop.height > height:
        raise SourceError(
            f"crop {crop} is larger than the frame, which is {width}x{height}; use a smaller crop"
        )
    if crop.x is None:
        return replace(crop, x=(width - crop.width) // 2, y=(height - crop.height) // 2)
    if crop.left + crop.width > width or crop.top + crop.height > height:
        raise SourceError(
            f"crop {crop} reaches outside the frame, which is {width}x{height}; move the corner"
        )
    return crop


def resolve_size(box: CropBox, width: int | Literal["full"]) -> tuple[CropBox, tuple[int, int]]:
    """The size (height, width) of the video, and the box it shows.

    Both sides are even, as 4:2:0 video needs them. With ``"full"`` an odd last row or column is
    cut from the box, so that no pixel is resampled; otherwise the height keeps the aspect ratio.
    """
    if width == "full":
        height, width = box.height - box.height % 2, box.width - box.width % 2
        if not (height and width):
            raise SourceError(
                f"a picture of {box.width}x{box.height} is too small for a video; "
                "at least 2x2 pixels are needed, or give a width"
            )
        size = (height, width)
        box = replace(box, width=width, height=height)
    else:
        width = nearest_even(width, 1)
        size = (max(2, nearest_even(box.height * width, box.width)), width)
    if max(size) > MAX_SIDE_PX:
        raise SourceError(
            f"the video would be {size[1]}x{size[0]}, more than {MAX_SIDE_PX} on a side; "
            "use a smaller width or a crop"
        )
    return box, size


def nearest_even(numerator: int, denominator: int) -> int:
    """The even number nearest to a positive fraction; of two equally near, the larger."""
    return 2 * ((numerator + denominator) // (2 * denominator))
