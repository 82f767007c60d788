"""Texts at places: one for each point or shape."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .arrays import Colours

ANCHORS = ("center", "upper_left", "upper_right", "lower_left", "lower_right")


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
    anchor : str
        Which part of the text is at the object, one of `ANCHORS`.
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
