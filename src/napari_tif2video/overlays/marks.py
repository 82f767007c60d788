"""What is drawn on top of the picture: an anchor, a scale bar, lines of text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..colours import in_colour
from ..geometry import MIN_ANCHOR_PX
from .clock import Tick, TimeFormat
from .text import Raster, raster

ANCHOR_COLOUR = (255, 0, 0)
_ANCHOR_SHARE = 0.02  # of the shorter side: 10 px in a video of 500x500
# A cross or a circle marks a place by what it leaves free, so it has to be larger.
_LINES_SHARE, _MIN_LINES_PX = 0.06, 12

_WHITE = np.float32(255)


@dataclass(frozen=True)
class Overlay:
    """What is drawn onto one picture after the other.

    Attributes
    ----------
    anchor : AnchorMark, optional
    bars : tuple of Bar
    texts : tuple of Text
    """

    anchor: AnchorMark | None = None
    bars: tuple[Bar, ...] = ()
    texts: tuple[Text, ...] = ()

    @property
    def has_colour(self) -> bool:
        """Whether a grey picture gets colours from it."""
        return self.anchor is not None and len(set(self.anchor.colour)) > 1

    def draw(self, picture: NDArray[np.uint8], tick: Tick) -> NDArray[np.uint8]:
        """The picture with everything on it; one that is grey stays so without coloured marks.

        Parameters
        ----------
        picture : uint8 array (H, W) or (H, W, 3)
            May be changed.
        """
        if self.anchor is not None:
            picture = self.anchor.draw(picture)
        for bar in self.bars:
            bar.draw(picture)
        for text in self.texts:
            text.draw(picture, tick)
        return picture


@dataclass(frozen=True)
class AnchorMark:
    """A mark at the exact centre of the picture, with a smooth edge.

    Attributes
    ----------
    style : {"dot", "cross", "circle"}
    diameter : int, optional
        Its extent in pixels of the video, else a share of the shorter side.
    """

    style: str = "dot"
    diameter: int | None = None
    colour: tuple[int, int, int] = ANCHOR_COLOUR

    def extent(self, size: tuple[int, int]) -> int:
        """Its side in a video of `size` (height, width), even unless it was given."""
        if self.diameter is not None:
            return self.diameter
        if self.style == "dot":
            return max(MIN_ANCHOR_PX, 2 * round(_ANCHOR_SHARE * min(size) / 2))
        return max(_MIN_LINES_PX, 2 * round(_LINES_SHARE * min(size) / 2))

    def line_px(self, size: tuple[int, int]) -> int:
        """Width of the lines of a cross or a circle."""
        return max(2, 2 * round(self.extent(size) / 16))

    def draw(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A copy of the picture with the mark, grey (H, W) where both are grey, or (H, W, 3)."""
        height, width = picture.shape[:2]
        alpha, colour = _coverage(self, (height, width)), np.array(self.colour)
        side = len(alpha)
        # Both sides of a video are even: its centre is a pixel corner.
        top, left = (height - side) // 2, (width - side) // 2
        if picture.ndim == 2 and len(set(self.colour)) == 1:
            picture, colour = picture.copy(), colour[:1]
        else:
            alpha = alpha[..., np.newaxis]
            picture = picture.copy() if picture.ndim == 3 else in_colour(picture)
        under = picture[top : top + side, left : left + side]
        under[...] = np.rint(under * (1 - alpha) + colour * alpha)
        return picture


@lru_cache(maxsize=8)
def _coverage(mark: AnchorMark, size: tuple[int, int]) -> NDArray[np.float32]:
    """How much of each pixel of a square around the centre is covered, 0 to 1."""
    diameter = mark.extent(size)
    side = min(diameter + diameter % 2, *size)
    centres = np.arange(side) + 0.5 - side / 2
    distance = np.hypot(centres[:, np.newaxis], centres)
    coverage: NDArray[Any] = np.clip(diameter / 2 + 0.5 - distance, 0, 1)
    line = mark.line_px(size)
    if mark.style == "circle":
        coverage *= np.clip(distance - (diameter / 2 - line) + 0.5, 0, 1)
    elif mark.style == "cross":
        away = np.minimum(abs(centres)[:, np.newaxis], abs(centres))
        reach = np.maximum(abs(centres)[:, np.newaxis], abs(centres))
        coverage = np.clip(line / 2 + 0.5 - away, 0, 1) * np.clip(diameter / 2 + 0.5 - reach, 0, 1)
    return coverage.astype(np.float32)


@dataclass(frozen=True)
class Bar:
    """A white bar with a dark line around it.

    Attributes
    ----------
    top, left : int
        Where the dark line begins.
    height, width : int
        Of the white bar alone.
    edge : int
        Width of the dark line.
    """

    top: int
    left: int
    height: int
    width: int
    edge: int

    def draw(self, picture: NDArray[np.uint8]) -> None:
        _blend(picture, self.top, self.left, _bar_raster(self.height, self.width, self.edge))


@lru_cache(maxsize=8)
def _bar_raster(height: int, width: int, edge: int) -> Raster:
    drawn = np.ones((2, height + 2 * edge, width + 2 * edge), np.float32)
    white = drawn[1]
    white[:edge], white[-edge:], white[:, :edge], white[:, -edge:] = 0, 0, 0, 0
    return drawn


@dataclass(frozen=True)
class Text:
    """A line of white text with a dark line around the letters.

    Attributes
    ----------
    top, left, width : int
        The place that is kept for it, for the longest text that will come.
    size : int
        Of the font, in pixels.
    template : str
        With the fields ``{time}`` and ``{frame}``; braces that are meant as such are doubled.
    align : float
        Where a shorter text stands in its place: 0 at the left, 1/2 in the middle, 1 at the right.
    """

    top: int
    left: int
    width: int
    size: int
    template: str
    align: float
    time_format: TimeFormat | None = None

    def text_at(self, tick: Tick) -> str:
        return write(self.template, tick, self.time_format)

    def draw(self, picture: NDArray[np.uint8], tick: Tick) -> None:
        drawn = raster(self.text_at(tick), self.size)
        left = self.left + int(self.align * (self.width - drawn.shape[2]))
        _blend(picture, self.top, left, drawn)


def write(template: str, tick: Tick, time_format: TimeFormat | None) -> str:
    """What a text says at a frame."""
    time = "" if time_format is None or tick.time_s is None else time_format(tick.time_s)
    return template.format(time=time, frame=tick.frame)


def _blend(picture: NDArray[np.uint8], top: int, left: int, drawn: Raster) -> None:
    """Draw in place, with smooth edges."""
    hidden, white = drawn if picture.ndim == 2 else drawn[..., np.newaxis]
    height, width = drawn.shape[1:]
    under = picture[top : top + height, left : left + width]
    mixed = under * (1 - hidden)
    mixed += _WHITE * white
    under[...] = np.rint(mixed, out=mixed)
