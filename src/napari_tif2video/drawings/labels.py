"""Labels: images whose counts are the numbers of objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..data import Frames, Look, identity_of
from .arrays import Colours

#: From the row and column of a frame (and 1) to those of a label image: the same pixels.
SAME_PIXELS = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


@dataclass(frozen=True, eq=False)
class LabelColours:
    """The colour of each label.

    Attributes
    ----------
    cycle : uint8 array (C, 4)
        RGBA of label 1, 2 and so on; label C + 1 has that of label 1 again.
    given : int array (G,), and own : uint8 array (G, 4)
        Labels that have a colour of their own, in ascending order, and these.
    background : int
        The label that is not drawn.
    """

    cycle: Colours
    given: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    own: Colours = field(default_factory=lambda: np.empty((0, 4), np.uint8))
    background: int = 0

    def __repr__(self) -> str:  # for keys: the whole content
        values = (self.cycle.tolist(), self.given.tolist(), self.own.tolist(), self.background)
        return f"LabelColours{values}"


@dataclass(frozen=True, eq=False)
class Labels:
    """Label images, lazily.

    Attributes
    ----------
    images : Frames
        One for each frame of the video; read when they are drawn.
    colours : LabelColours
    contour : int
        Width of outlines in pixels of the labels; 0: they are filled.
    only : int, optional
        The one label that is drawn.
    place : tuple of 6 floats
        From the row and column of a frame (and 1) to row, then column of the label images.
    """

    look: Look
    images: Frames
    colours: LabelColours
    contour: int = 0
    only: int | None = None
    place: tuple[float, ...] = SAME_PIXELS

    kind = "labels"

    def identity(self) -> object | None:
        known = identity_of(self.images)
        if known is None:
            return None
        return (self.look, known, self.colours, self.contour, self.only, self.place)

    def select(self, indices: Sequence[int]) -> Labels:
        return replace(self, images=self.images.select(indices))
