"""Pictures side by side: how many in a row, and what is between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..colours import Display, in_colour
from ..overlays import Overlay

_SHAPE = 16 / 9  # of slides and screens
_GAP_SHARE, _MIN_GAP_PX = 1 / 100, 2  # of the width of a panel
_GAP_LEVEL = 255


@dataclass(frozen=True)
class Panel:
    """One of several pictures of the same frame.

    Attributes
    ----------
    channels : tuple of int
        Those that it shows, among those of the video.
    displays : tuple of Display
        How each of these is shown.
    overlay : Overlay, optional
        What is drawn on it.
    """

    channels: tuple[int, ...]
    displays: tuple[Display, ...]
    overlay: Overlay | None = None


def grid_size(panels: int, size: tuple[int, int]) -> tuple[int, int]:
    """Height and width of so many panels of `size` (height, width), and the gaps between them."""
    rows, columns = _grid(panels, size)
    gap = _gap(size)
    return rows * (size[0] + gap) - gap, columns * (size[1] + gap) - gap


def side_by_side(pictures: Sequence[NDArray[Any]]) -> NDArray[np.uint8]:
    """Pictures of one size in rows, from the left to the right; in colour where one of them is."""
    size = pictures[0].shape[:2]
    _, columns = _grid(len(pictures), size)
    is_grey = all(picture.ndim == 2 for picture in pictures)
    gap = _gap(size)
    shape = grid_size(len(pictures), size)
    whole = np.full(shape if is_grey else (*shape, 3), _GAP_LEVEL, np.uint8)
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        top, left = row * (size[0] + gap), column * (size[1] + gap)
        panel = picture if is_grey else in_colour(picture)
        whole[top : top + size[0], left : left + size[1]] = panel
    return whole


def _grid(panels: int, size: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns: of full rows and those that lack the fewest, the nearest to a screen."""

    def distance(columns: int) -> tuple[int, float]:
        rows = -(-panels // columns)
        shape = columns * size[1] / (rows * size[0])
        return rows * columns - panels, abs(math.log(shape / _SHAPE))

    columns = min(range(1, panels + 1), key=distance)
    return -(-panels // columns), columns


def _gap(size: tuple[int, ...]) -> int:
    """Even, as 4:2:0 video needs it."""
    return max(_MIN_GAP_PX, 2 * round(_GAP_SHARE * size[1] / 2))
