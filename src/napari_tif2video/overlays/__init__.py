"""What is drawn on the picture, and where?

`marks` draws the anchor, arrows, bars and lines of text; `layout` gives each its place so that
nothing covers another; `cards` writes into the middle of a picture; `text` turns letters into
pixels (the only one that knows Pillow); `clock` says when each frame was taken; `scale` says how
many µm a pixel shows. `drawing` says what is to be drawn at places of the data, such as tracks,
before all of these.
"""

from .cards import draw_across, title_card
from .clock import Tick, TimeFormat, Timeline, smallest_step
from .drawing import Drawing, Look
from .layout import (
    Block,
    TextBlock,
    Tile,
    arrange,
    arrange_over,
    bar_block,
    colour_bar_block,
    corner_tile,
)
from .marks import ANCHOR_COLOUR, AnchorMark, Arrow, Events, Overlay, Template
from .scale import NO_PIXEL_SIZE, Scale, common_um_per_px, width_at
from .text import require_glyphs, text_cover

__all__ = [
    "ANCHOR_COLOUR",
    "NO_PIXEL_SIZE",
    "AnchorMark",
    "Arrow",
    "Block",
    "Drawing",
    "Events",
    "Look",
    "Overlay",
    "Scale",
    "Template",
    "TextBlock",
    "Tick",
    "Tile",
    "TimeFormat",
    "Timeline",
    "arrange",
    "arrange_over",
    "bar_block",
    "colour_bar_block",
    "common_um_per_px",
    "corner_tile",
    "draw_across",
    "require_glyphs",
    "smallest_step",
    "text_cover",
    "title_card",
    "width_at",
]
