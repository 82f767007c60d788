"""Texts at places: one for each point or shape, in letters without an outline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..geometry import View
from ..overlays import Look, text_cover
from .arrays import Colours, Floats
from .blend import blended


@dataclass(frozen=True, eq=False)
class Texts:
    """A line of text for each object.

    Attributes
    ----------
    strings : tuple of str
        Empty for an object that has none.
    colours : uint8 array (N, 4)
        RGBA.
    size_px : int
        Height of the letters, in pixels of the video.
    anchor : {"center", "upper_left", "upper_right", "lower_left", "lower_right"}
        Which part of the text is at the object.
    shift : (float, float)
        Moves it down and to the right, in pixels of the frames.
    """

    strings: tuple[str, ...]
    colours: Colours
    size_px: int = 12
    anchor: str = "center"
    shift: tuple[float, float] = (0.0, 0.0)

    def __repr__(self) -> str:  # for keys: the whole content
        values = (self.strings, self.colours.tolist(), self.size_px, self.anchor, self.shift)
        return f"Texts{values}"

    def only(self, rows: NDArray[np.intp]) -> Texts:
        strings = tuple(self.strings[row] for row in rows)
        return replace(self, strings=strings, colours=self.colours[rows])

    def draw(
        self, picture: NDArray[np.uint8], x: Floats, y: Floats, view: View, look: Look
    ) -> None:
        """Write each text at its column and row of the picture, which is changed."""
        down, across = view.magnification
        x, y = x + self.shift[1] * across, y + self.shift[0] * down
        draw_texts(picture, self.strings, self.colours, x, y, self.size_px, look, self.anchor)


def draw_texts(
    picture: NDArray[np.uint8],
    strings: Sequence[str],
    colours: Colours,
    x: Floats,
    y: Floats,
    size_px: int,
    look: Look,
    anchor: str = "center",
) -> None:
    """Write lines of text onto a picture, each at its column and row."""
    for string, colour, column, row in zip(strings, colours, x, y, strict=True):
        if string and colour[3] and np.isfinite(column) and np.isfinite(row):
            _draw_text(picture, string, colour, (float(column), float(row)), size_px, look, anchor)


def _draw_text(
    picture: NDArray[np.uint8],
    string: str,
    colour: NDArray[np.uint8],
    place: tuple[float, float],
    size_px: int,
    look: Look,
    anchor: str,
) -> None:
    cover = text_cover(string, size_px)
    height, width = cover.shape
    column, row = place
    left = round(column - width * _SHARE_LEFT.get(anchor, 0.5))
    top = round(row - height * _SHARE_ABOVE.get(anchor, 0.5))
    rows = slice(max(top, 0), min(top + height, picture.shape[0]))
    columns = slice(max(left, 0), min(left + width, picture.shape[1]))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    seen = cover[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    alphas = seen * np.float32(colour[3] / 255 * look.opacity)
    below = picture[rows, columns]
    picture[rows, columns] = blended(below, colour[:3], alphas, look.blending)


# How much of a text is to the left of its place, and above it: "upper_left" is that corner of it.
_SHARE_LEFT = {"upper_left": 0.0, "lower_left": 0.0, "upper_right": 1.0, "lower_right": 1.0}
_SHARE_ABOVE = {"upper_left": 0.0, "upper_right": 0.0, "lower_left": 1.0, "lower_right": 1.0}
