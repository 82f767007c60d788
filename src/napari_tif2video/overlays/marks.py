"""What is drawn on top of the picture: an anchor, arrows, bars, lines of text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..colours import WHITE, in_planes
from ..geometry import MIN_ANCHOR_PX, View
from ..units import Limits
from .clock import Tick, TimeFormat
from .text import Raster, line_height, outline_px, raster

ANCHOR_COLOUR = (255, 0, 0)
_ANCHOR_SHARE = 0.02  # of the shorter side: 10 px in a video of 500x500
# A cross or a circle marks a place by what it leaves free, so it has to be larger.
_LINES_SHARE, _MIN_LINES_PX = 0.06, 12
_ARROW_SHARE, _MIN_ARROW_PX = 0.1, 20


@dataclass(frozen=True)
class Overlay:
    """What is drawn onto one picture after the other.

    Attributes
    ----------
    anchor : AnchorMark, optional
    bars : tuple of Bar
    texts : tuple of Text
    colour_bars : tuple of ColourBar
    arrows : tuple of Arrow
    """

    anchor: AnchorMark | None = None
    bars: tuple[Bar, ...] = ()
    texts: tuple[Text, ...] = ()
    colour_bars: tuple[ColourBar, ...] = ()
    arrows: tuple[Arrow, ...] = ()

    @property
    def has_colour(self) -> bool:
        """Whether a grey picture gets colours from it."""
        return self.anchor is not None and len(set(self.anchor.colour)) > 1

    def extents(self, size: tuple[int, int]) -> Iterator[tuple[str, int, int, int, int]]:
        """Name, top, left, height and width of what has a place in a picture of `size`."""
        if self.anchor is not None:
            side = self.anchor.extent(size)
            yield "anchor", (size[0] - side) // 2, (size[1] - side) // 2, side, side
        for bar in self.bars:
            height, width = bar.height + 2 * bar.edge, bar.width + 2 * bar.edge
            yield "scale bar", bar.top, bar.left, height, width
        for text in self.texts:
            yield "text", text.top, text.left, sum(line_height(text.size)), text.width
        for colour_bar in self.colour_bars:
            height = sum(line_height(colour_bar.size)) + colour_bar.height + 2 * colour_bar.edge
            yield "colour bar", colour_bar.top, colour_bar.left, height, colour_bar.width

    def draw(
        self, picture: NDArray[np.uint8], tick: Tick, limits: Sequence[Limits] = ()
    ) -> NDArray[np.uint8]:
        """The picture with everything on it; one that is grey stays so without coloured marks.

        Parameters
        ----------
        picture : uint8 array (H, W) or (H, W, 3)
            May be changed.
        limits : sequence of (float, float)
            The counts that are black and white in it, of each channel.
        """
        if self.anchor is not None:
            picture = self.anchor.draw(picture)
        for arrow in self.arrows:
            arrow.draw(picture, tick)
        for bar in self.bars:
            bar.draw(picture)
        for text in self.texts:
            text.draw(picture, tick)
        for colour_bar in self.colour_bars:
            colour_bar.draw(picture, limits[colour_bar.channel])
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
            picture = in_planes(picture)
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
class Arrow:
    """A white arrow with a dark line around it, which comes from the middle of the picture.

    Attributes
    ----------
    x, y : float
        Column and row of its tip in the data.
    view : View
        Where these are in the video.
    span_s : (float, float), optional
        From when to when it is drawn; without it, always.
    """

    x: float
    y: float
    view: View
    span_s: tuple[float, float] | None = None

    def draw(self, picture: NDArray[np.uint8], tick: Tick) -> None:
        """Draw it in place, if its time has come and its tip is in the picture."""
        if self.span_s is not None and not tick.is_within(*self.span_s):
            return
        height, width = picture.shape[:2]
        x, y = replace(self.view, moved=tick.moved).in_video(self.x, self.y)
        if 0 <= x < width and 0 <= y < height:
            top, left, drawn = _arrow_raster(x, y, (height, width))
            blend(picture, top, left, drawn)


@lru_cache(maxsize=64)
def _arrow_raster(x: float, y: float, size: tuple[int, int]) -> tuple[int, int, Raster]:
    """Where an arrow is drawn, and its pixels."""
    length = max(_MIN_ARROW_PX, _ARROW_SHARE * min(size))
    edge = outline_px(round(length / 2))
    away = np.array([size[1] / 2 - x, size[0] / 2 - y])  # from the tip to its other end
    distance = float(np.hypot(*away))
    away = away / distance if distance > length / 2 else np.array([-1, 1]) / math.sqrt(2)
    reach = math.ceil(length + 2 * edge)
    top, bottom = max(0, math.floor(y) - reach), min(size[0], math.ceil(y) + reach)
    left, right = max(0, math.floor(x) - reach), min(size[1], math.ceil(x) + reach)
    columns, rows = np.arange(left, right) + 0.5 - x, np.arange(top, bottom)[:, None] + 0.5 - y
    # How far each pixel is from the tip along the arrow, and how far beside it.
    along, beside = columns * away[0] + rows * away[1], abs(columns * away[1] - rows * away[0])
    head = length / 2  # as wide as it is long
    outside = np.minimum(
        np.maximum((2 * beside - along) / math.hypot(1, 2), along - head),
        np.maximum(beside - length / 16, np.maximum(head - 1 - along, along - length)),
    )
    white, dark = np.clip(0.5 - outside, 0, 1), np.clip(0.5 - (outside - edge), 0, 1)
    return top, left, np.stack([dark, white]).astype(np.float32)


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
        blend(picture, self.top, self.left, _bar_raster(self.height, self.width, self.edge))


@lru_cache(maxsize=8)
def _bar_raster(height: int, width: int, edge: int) -> Raster:
    drawn = np.ones((2, height + 2 * edge, width + 2 * edge), np.float32)
    white = drawn[1]
    white[:edge], white[-edge:], white[:, :edge], white[:, -edge:] = 0, 0, 0, 0
    return drawn


@dataclass(frozen=True)
class Template:
    """A text in which the time and the number of a frame may stand.

    Attributes
    ----------
    text : str
        With the fields ``{time}`` and ``{frame}``; braces that are meant as such are doubled.
    """

    text: str
    time_format: TimeFormat | None = None

    def at(self, tick: Tick) -> str:
        if self.time_format is None or tick.time_s is None:
            time = ""
        else:
            time = self.time_format(tick.time_s)
        return self.text.format(time=time, frame=tick.frame)

    def longest(self, ticks: Sequence[Tick]) -> list[str]:
        """Texts among which is the longest, if it is so at one of these ticks."""
        return [self.at(tick) for tick in ticks]


@dataclass(frozen=True)
class Events:
    """Texts that come and go: from when to when, in s, and what is written meanwhile."""

    events: tuple[tuple[float, float, str], ...]

    def at(self, tick: Tick) -> str:
        """The one that began last of those that last."""
        there = [event for event in self.events if tick.is_within(*event[:2])]
        return max(there, key=lambda event: event[0])[2] if there else ""

    def longest(self, ticks: Sequence[Tick]) -> list[str]:
        return [text for _, _, text in self.events]


@dataclass(frozen=True)
class Text:
    """A line of text with a dark line around the letters.

    Attributes
    ----------
    top, left, width : int
        The place that is kept for it, for the longest text that will come.
    size : int
        Of the font, in pixels.
    says : Template or Events
    align : float
        Where a shorter text stands in its place: 0 at the left, 1/2 in the middle, 1 at the right.
    """

    top: int
    left: int
    width: int
    size: int
    says: Template | Events
    align: float
    colour: tuple[int, int, int] = WHITE

    def draw(self, picture: NDArray[np.uint8], tick: Tick) -> None:
        text = self.says.at(tick)
        if text:
            drawn = raster(text, self.size)
            left = self.left + int(self.align * (self.width - drawn.shape[2]))
            blend(picture, self.top, left, drawn, self.colour)


def count_text(count: float) -> str:
    """A count with the digits that a reader needs."""
    return f"{count:.5g}".replace("-", "−") if math.isfinite(count) else ""


@dataclass(frozen=True)
class ColourBar:
    """A bar in the colours of a channel from its black to its white, with the counts above.

    Attributes
    ----------
    top, left, width : int
        The place of all of it.
    size : int
        Of the font, in pixels.
    height, edge : int
        Of the bar, and the width of the dark line around it.
    channel : int
        Whose limits are written.
    colours : bytes
        256 RGB triples, from black to white level.
    """

    top: int
    left: int
    width: int
    size: int
    height: int
    edge: int
    channel: int
    colours: bytes

    def draw(self, picture: NDArray[np.uint8], limits: Limits) -> None:
        low, high = (raster(count_text(count), self.size) for count in limits)
        blend(picture, self.top, self.left, low)
        blend(picture, self.top, self.left + self.width - high.shape[2], high)
        top = self.top + low.shape[1]
        row = picture[top : top + self.height + 2 * self.edge, self.left : self.left + self.width]
        row[...] = 0
        inside = row[self.edge : -self.edge, self.edge : -self.edge]
        colours = _gradient(self.colours, inside.shape[1])
        inside[...] = colours if picture.ndim == 3 else colours[:, 0]


@lru_cache(maxsize=16)
def _gradient(colours: bytes, width: int) -> NDArray[np.uint8]:
    """Colours (width, 3) from the first to the last of 256."""
    levels = np.rint(np.linspace(0, 255, width)).astype(int)
    table: NDArray[np.uint8] = np.frombuffer(colours, np.uint8).reshape(256, 3)
    return table.take(levels, axis=0)


def blend(
    picture: NDArray[np.uint8],
    top: int,
    left: int,
    drawn: Raster,
    colour: tuple[int, int, int] = WHITE,
) -> None:
    """Draw in place, with smooth edges; a grey picture gets white letters only."""
    hidden, white = drawn if picture.ndim == 2 else drawn[..., np.newaxis]
    height, width = drawn.shape[1:]
    under = picture[top : top + height, left : left + width]
    mixed = under * (1 - hidden)
    mixed += np.array(colour if picture.ndim == 3 else WHITE[0], np.float32) * white
    under[...] = np.rint(mixed, out=mixed)
