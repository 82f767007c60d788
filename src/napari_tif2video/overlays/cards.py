"""Text in the middle of a picture: a word across a frame, and the title before the first one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import SourceError
from .marks import blend
from .text import line_height, raster, text_width

_WORD_SHARE, _TITLE_SHARE = 1 / 10, 1 / 6  # of the shorter side
_LARGEST_PX, _SMALLEST_PX = 96, 10
_WIDEST = 0.9  # of the width


def draw_across(picture: NDArray[np.uint8], word: str) -> None:
    """Write a word into the middle of a picture; where there is no room, it is cut."""
    height, width = picture.shape[:2]
    size = _largest([word], (height, width), _WORD_SHARE)
    drawn = raster(word, size)[:, :height, :width]
    blend(picture, (height - drawn.shape[1]) // 2, (width - drawn.shape[2]) // 2, drawn)


def title_card(text: str, size: tuple[int, int]) -> NDArray[np.uint8]:
    """White lines of text on black, in the middle of a grey picture of `size` (height, width).

    Raises
    ------
    SourceError
        There is no room for them.
    """
    lines, (height, width) = text.split("\n"), size
    font = _largest(lines, size, _TITLE_SHARE)
    high, wide = _extent(lines, font)
    if high > height or wide > width:
        raise SourceError(
            f"title: does not fit into the video, which is {width}x{height}; use a larger width or "
            "a shorter text"
        )
    card = np.zeros(size, np.uint8)
    top = (height - high) // 2
    for line in lines:
        drawn = raster(line, font)
        blend(card, top, (width - drawn.shape[2]) // 2, drawn)
        top += drawn.shape[1]
    return card


def _largest(lines: Sequence[str], size: tuple[int, int], share: float) -> int:
    """The largest letters, up to a share of the shorter side, with which all lines have room."""
    font = max(_SMALLEST_PX, min(_LARGEST_PX, round(share * min(size))))
    while font > _SMALLEST_PX:
        high, wide = _extent(lines, font)
        if high <= _WIDEST * size[0] and wide <= _WIDEST * size[1]:
            break
        font -= 1
    return font


def _extent(lines: Sequence[str], font: int) -> tuple[int, int]:
    """Height and width of lines below each other."""
    return len(lines) * sum(line_height(font)), max(text_width(line, font) for line in lines)
