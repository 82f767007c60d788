"""Pictures side by side: where each of them is, and what is between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, islice, zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..colours import in_colour

_SHAPE = 16 / 9  # of slides and screens
_GAP_SHARE, _MIN_GAP_PX = 1 / 100, 2  # of the width of a panel
_GAP_LEVEL = 255

_Size = tuple[int, int]  # height and width, or row and column


@dataclass(frozen=True)
class Mosaic:
    """Where each of several pictures is, row by row from the left to the right.

    Attributes
    ----------
    size : (int, int)
        Height and width of all of it.
    corners : tuple of (int, int)
        The top row and the left column of each picture.
    rows : tuple of int
        How many pictures each row has.
    """

    size: _Size
    corners: tuple[_Size, ...]
    rows: tuple[int, ...]

    @classmethod
    def of(cls, sizes: Sequence[_Size]) -> Mosaic:
        """As many in a row as make full rows and, of these numbers, come nearest to a screen."""

        def distance(columns: int) -> tuple[int, float]:
            heights, widths = _extents(_in_rows(sizes, columns))
            missing = len(heights) * columns - len(sizes)
            return missing, abs(math.log(sum(widths) / sum(heights) / _SHAPE))

        return cls.of_rows(_in_rows(sizes, min(range(1, len(sizes) + 1), key=distance)))

    @classmethod
    def of_rows(cls, rows: Sequence[Sequence[_Size]]) -> Mosaic:
        """Pictures in the middle of cells, of which a row or column is as large as its largest."""
        heights, widths = _extents(rows)
        # Even, as 4:2:0 video needs it.
        gap = max(_MIN_GAP_PX, 2 * round(_GAP_SHARE * max(widths) / 2))
        tops, lefts = (_starts(sides, gap) for sides in (heights, widths))
        corners = tuple(
            (top + _margin(height, size[0]), left + _margin(width, size[1]))
            for row, top, height in zip(rows, tops, heights, strict=False)
            for size, left, width in zip(row, lefts, widths, strict=False)
        )
        size = tops[-1] - gap, lefts[-1] - gap
        return cls(size, corners, tuple(map(len, rows)))

    def with_sizes(self, sizes: Sequence[_Size]) -> Mosaic:
        """The same rows of pictures of other sizes."""
        left = iter(sizes)
        return self.of_rows([list(islice(left, count)) for count in self.rows])

    def join(self, pictures: Sequence[NDArray[Any]]) -> NDArray[np.uint8]:
        """All pictures on one; in colour where one of them is."""
        is_grey = all(picture.ndim == 2 for picture in pictures)
        whole = np.full(self.size, _GAP_LEVEL, np.uint8)
        if not is_grey:
            whole = in_colour(whole)
        for picture, (top, left) in zip(pictures, self.corners, strict=True):
            height, width = picture.shape[:2]
            panel = picture if is_grey else in_colour(picture)
            whole[top : top + height, left : left + width] = panel
        return whole


def _in_rows(sizes: Sequence[_Size], columns: int) -> list[Sequence[_Size]]:
    return [sizes[i : i + columns] for i in range(0, len(sizes), columns)]


def _extents(rows: Sequence[Sequence[_Size]]) -> tuple[list[int], list[int]]:
    """The heights of the rows, and the widths of the columns."""
    columns = zip_longest(*rows, fillvalue=(0, 0))
    return [max(h for h, _ in row) for row in rows], [max(w for _, w in each) for each in columns]


def _starts(sides: Sequence[int], gap: int) -> list[int]:
    """Where each of these begins, with a gap behind each, and where the next one would."""
    return list(accumulate(chain([0], sides), lambda start, side: start + side + gap))


def _margin(cell: int, side: int) -> int:
    """What is left free before a picture in the middle of a cell; even."""
    return (cell - side) // 4 * 2
