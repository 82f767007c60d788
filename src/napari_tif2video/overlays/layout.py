"""Where overlays go: into their corners, one above the other, never over each other or outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import numpy as np

from ..colours import WHITE
from ..errors import SourceError
from ..units import length_text
from .clock import Tick
from .marks import AnchorMark, Bar, ColourBar, Events, Overlay, Template, Text
from .scale import Scale
from .text import line_height, outline_px, text_width

_FONT_SHARE = 1 / 20  # of the shorter side of the video
_FONT_PX, _SMALLEST_FONT_PX = 14, 10
_MARGIN_SHARE, _MIN_MARGIN_PX = 1 / 40, 4
_BAR_SHARE, _MIN_BAR_PX = 1 / 5, 2  # thickness of the bar, of the font's size
_BAR_WIDTH = 1 / 5  # of a colour bar, of the width of the video

# Times are at the right of their place, so that units stand still; other texts at their corner.
_LEFT, _MIDDLE, _RIGHT = 0.0, 0.5, 1.0


@dataclass(frozen=True)
class TextBlock:
    """A line of text that is to be drawn into a corner; see `Text`."""

    name: str
    corner: str
    says: Template | Events
    is_clock: bool = False
    colour: tuple[int, int, int] = WHITE

    def extent(self, font: int, ticks: Sequence[Tick]) -> tuple[int, int]:
        """Height and width in pixels."""
        widths = (text_width(text, font) for text in self.says.longest(ticks))
        return sum(line_height(font)), max(widths)

    def place(self, overlay: Overlay, font: int, box: _Place) -> Overlay:
        align = _RIGHT if self.is_clock or self.corner.endswith("right") else _LEFT
        text = Text(box.top, box.left, box.width, font, self.says, align, self.colour)
        return replace(overlay, texts=(*overlay.texts, text))


@dataclass(frozen=True)
class BarBlock:
    """A scale bar with its length above it."""

    corner: str
    length_um: float
    width_px: int
    name: str = "scale bar"

    def extent(self, font: int, ticks: Sequence[Tick]) -> tuple[int, int]:
        edge = outline_px(font)
        width = max(self.width_px + 2 * edge, text_width(length_text(self.length_um), font))
        return sum(line_height(font)) + _bar_height(font) + 2 * edge, width

    def place(self, overlay: Overlay, font: int, box: _Place) -> Overlay:
        edge, height = outline_px(font), _bar_height(font)
        left = box.left + (box.width - self.width_px - 2 * edge) // 2
        bar = Bar(box.top + box.height - height - 2 * edge, left, height, self.width_px, edge)
        says = Template(length_text(self.length_um))
        text = Text(box.top, box.left, box.width, font, says, _MIDDLE)
        return replace(overlay, bars=(*overlay.bars, bar), texts=(*overlay.texts, text))


@dataclass(frozen=True)
class ColourBarBlock:
    """A bar in the colours of a channel; see `ColourBar`.

    Attributes
    ----------
    widest : str
        The longest count that can come.
    least_px : int
        How wide it is at least.
    """

    corner: str
    channel: int
    colours: bytes
    widest: str
    least_px: int
    name: str = "colour bar"

    def extent(self, font: int, ticks: Sequence[Tick]) -> tuple[int, int]:
        width = max(self.least_px, 2 * text_width(self.widest, font))
        return sum(line_height(font)) + 2 * _bar_height(font) + 2 * outline_px(font), width

    def place(self, overlay: Overlay, font: int, box: _Place) -> Overlay:
        bar = ColourBar(
            box.top,
            box.left,
            box.width,
            font,
            2 * _bar_height(font),
            outline_px(font),
            self.channel,
            self.colours,
        )
        return replace(overlay, colour_bars=(*overlay.colour_bars, bar))


Block = TextBlock | BarBlock | ColourBarBlock


@dataclass(frozen=True)
class _Place:
    """A rectangle of the video, and what it is kept for."""

    name: str
    top: int
    left: int
    height: int
    width: int

    def meets(self, other: _Place) -> bool:
        rows = self.top < other.top + other.height and other.top < self.top + self.height
        columns = self.left < other.left + other.width and other.left < self.left + self.width
        return rows and columns


@dataclass(frozen=True)
class Tile:
    """One of several pictures side by side: where it is in all of it, and what is drawn on it."""

    top: int
    left: int
    height: int
    width: int
    overlay: Overlay | None = None

    @property
    def size(self) -> tuple[int, int]:
        return self.height, self.width

    def inset(self, corner: str, size: tuple[int, int]) -> tuple[int, int]:
        """How far its corner is from that of a picture of `size`, down or up and sideways."""
        below, beside = size[0] - self.top - self.height, size[1] - self.left - self.width
        is_top, is_left = corner.startswith("top"), corner.endswith("left")
        return self.top if is_top else below, self.left if is_left else beside

    def places(self) -> Iterator[_Place]:
        """What is taken by bars, texts and the anchor on it, in all of the picture."""
        if self.overlay is None:
            return
        for name, top, left, height, width in self.overlay.extents(self.size):
            yield _Place(name, self.top + top, self.left + left, height, width)


def corner_tile(tiles: Sequence[Tile], size: tuple[int, int], corner: str) -> int:
    """Which of several pictures has its middle nearest to a corner of all of it."""

    def distance(number: int) -> float:
        tile = tiles[number]
        return sum(tile.inset(corner, size)) + sum(tile.size) / 2

    return min(range(len(tiles)), key=distance)


@dataclass(frozen=True)
class _Area:
    """Where blocks are arranged.

    Attributes
    ----------
    size : (int, int)
        Height and width of the picture.
    measure : (int, int)
        The size by which letters and margins are measured.
    insets : mapping
        How far into the picture each corner is, down or up and sideways.
    avoided : tuple of _Place
        What blocks go past, further inwards.
    """

    size: tuple[int, int]
    measure: tuple[int, int]
    insets: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    avoided: tuple[_Place, ...] = ()

    def inset(self, corner: str) -> tuple[int, int]:
        return self.insets.get(corner, (0, 0))

    def place(self, block: Block, edge: int, extent: tuple[int, int]) -> _Place:
        """Where a block is that begins so far from the upper or lower end of the picture."""
        high, wide = extent
        side = _margin(self.measure) + self.inset(block.corner)[1]
        top = edge if block.corner.startswith("top") else self.size[0] - edge - high
        left = side if block.corner.endswith("left") else self.size[1] - side - wide
        return _Place(block.name, top, left, high, wide)

    def past(self, block: Block, edge: int, extent: tuple[int, int], gap: int) -> int:
        """The same distance, or the next one at which the block meets nothing to be avoided."""
        while True:
            place = self.place(block, edge, extent)
            met = [other for other in self.avoided if other.meets(place)]
            if not met:
                return edge
            if block.corner.startswith("top"):
                edge = max(other.top + other.height for other in met) + gap
            else:
                edge = self.size[0] - min(other.top for other in met) + gap


def bar_block(
    corner: str, scale: Scale, size: tuple[int, int], length_um: float | None
) -> BarBlock:
    """The scale bar for a video of `size` (height, width).

    Raises
    ------
    SourceError
        It is wider than the video has room for, or less than a pixel.
    """
    width_px = size[1]
    length = scale.round_length(width_px) if length_um is None else length_um
    bar = scale.pixels(length)
    said = f"scale_bar_length: {length_text(length)} are"
    if bar > width_px - 2 * (_margin(size) + outline_px(_SMALLEST_FONT_PX)):
        whole = length_text(float(f"{scale.um_per_px * width_px:.3g}"))
        raise SourceError(
            f"{said} {bar} px, too wide for the video, which is {width_px} px wide and shows "
            f"{whole}; use a shorter length"
        )
    if bar < 1:
        raise SourceError(f"{said} less than a pixel of the video; use a longer length")
    return BarBlock(corner, length, bar)


def colour_bar_block(
    corner: str, channel: int, colours: bytes, dtype: np.dtype[Any], size: tuple[int, int]
) -> ColourBarBlock:
    """The colour bar of a channel with counts of this type, for a video of `size`."""
    is_short = dtype.kind in "bui" and dtype.itemsize <= 2
    widest = "8888.8" if is_short else "8.8888e+08"
    sign = "−" if dtype.kind in "if" else ""
    return ColourBarBlock(corner, channel, colours, sign + widest, round(_BAR_WIDTH * size[1]))


def arrange(
    blocks: Sequence[Block],
    size: tuple[int, int],
    anchor: AnchorMark | None,
    ticks: Sequence[Tick],
) -> Overlay:
    """Find a place for each block in a picture of `size` (height, width).

    Letters get smaller, down to 10 px, where there is not enough room.

    Parameters
    ----------
    ticks : sequence of Tick
        Those that take the most room to write.

    Raises
    ------
    SourceError
        There is not enough room.
    """
    if anchor is not None and anchor.diameter is not None and anchor.diameter > min(size):
        height, width = size
        raise SourceError(
            f"anchor_size: {anchor.diameter} px do not fit into the video, which is "
            f"{width}x{height}"
        )
    overlay = Overlay(anchor)
    taken = [_Place(*extent) for extent in overlay.extents(size)]
    return _arranged(blocks, _Area(size, size), taken, overlay, ticks)


def arrange_over(
    blocks: Sequence[Block], size: tuple[int, int], tiles: Sequence[Tile], ticks: Sequence[Tick]
) -> Overlay:
    """Find a place for each block in several pictures side by side, past what is drawn on these.

    Letters are as large as on the smallest of the pictures; a corner is that of the nearest one.

    Parameters
    ----------
    size : (int, int)
        Height and width of all pictures together.

    Raises
    ------
    SourceError
        There is not enough room.
    """
    measure = min((tile.size for tile in tiles), key=min)
    insets = {
        block.corner: tiles[corner_tile(tiles, size, block.corner)].inset(block.corner, size)
        for block in blocks
    }
    avoided = tuple(place for tile in tiles for place in tile.places())
    return _arranged(blocks, _Area(size, measure, insets, avoided), (), Overlay(), ticks)


def _arranged(
    blocks: Sequence[Block],
    area: _Area,
    taken: Sequence[_Place],
    overlay: Overlay,
    ticks: Sequence[Tick],
) -> Overlay:
    font = max(_FONT_PX, round(_FONT_SHARE * min(area.measure)))
    own = [_largest(block, font, area, ticks) for block in blocks]
    while True:
        fonts = [min(font, most) for most in own]
        places = list(_places(blocks, fonts, area, ticks))
        problem = _problem([*taken, *places], area.size)
        if problem is None:
            break
        if font <= _SMALLEST_FONT_PX:
            raise SourceError(problem)
        font -= 1
    for block, fitting, place in zip(blocks, fonts, places, strict=True):
        overlay = block.place(overlay, fitting, place)
    return overlay


def _largest(block: Block, font: int, area: _Area, ticks: Sequence[Tick]) -> int:
    """The largest font with which a block by itself is not too wide."""
    room = area.size[1] - 2 * _margin(area.measure) - area.inset(block.corner)[1]
    while font > _SMALLEST_FONT_PX and block.extent(font, ticks)[1] > room:
        font -= 1
    return font


def _places(
    blocks: Sequence[Block], fonts: Sequence[int], area: _Area, ticks: Sequence[Tick]
) -> Iterator[_Place]:
    """A place for each block; those of one corner are stacked from the edge inwards."""
    margin = _margin(area.measure)
    used = {block.corner: margin + area.inset(block.corner)[0] for block in blocks}
    for block, font in zip(blocks, fonts, strict=True):
        extent, gap = block.extent(font, ticks), outline_px(font)
        edge = area.past(block, used[block.corner], extent, gap)
        used[block.corner] = edge + extent[0] + gap
        yield area.place(block, edge, extent)


def _problem(places: Sequence[_Place], size: tuple[int, int]) -> str | None:
    """What is wrong with these places, and what to do."""
    height, width = size
    advice = "use a larger width, other corners or less text"
    for place in places:
        bottom, right = place.top + place.height, place.left + place.width
        if place.top < 0 or place.left < 0 or bottom > height or right > width:
            return (
                f"the {place.name} does not fit into the video, which is {width}x{height}; {advice}"
            )
    for one, other in combinations(places, 2):
        if one.meets(other):
            return (
                f"the {one.name} and the {other.name} would cover each other in the video, which "
                f"is {width}x{height}; {advice}"
            )
    return None


def _margin(size: tuple[int, int]) -> int:
    return max(_MIN_MARGIN_PX, round(_MARGIN_SHARE * min(size)))


def _bar_height(font: int) -> int:
    return max(_MIN_BAR_PX, round(_BAR_SHARE * font))
