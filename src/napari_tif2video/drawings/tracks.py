"""Tracks: the way of each object up to now, fading, and ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..data import Look
from .arrays import Colours, Floats, as_numbers, digest, for_all, per_object


@dataclass(frozen=True, eq=False)
class Tracks:
    """Tracks at coordinates of the frames; the middle of the first pixel is (0, 0).

    Attributes
    ----------
    ids : int array (N,)
        Which track each row belongs to. Rows are put in order of their track and time.
    t, y, x : float array (N,)
        Frame of the source, and place in it.
    colours : uint8 array (N, 4)
        RGBA of each row; one for all is enough.
    width_px : float
        Of the lines, in pixels of the video.
    tail, head : float
        How many frames back and ahead are drawn; the tail fades.
    hides_completed : bool
        Whether tracks that have ended are no longer drawn.
    shows_ids : bool
        Whether the number of each track is written beside it.
    links : int array (M, 2)
        Pairs of tracks of which the first splits into or merges with the second.
    frames : int or sequence of int
        Which frame of the source each frame of the video shows; a number for all of so many.
    """

    look: Look
    ids: NDArray[np.int64]
    t: Floats
    y: Floats
    x: Floats
    colours: Colours = for_all((255, 255, 255, 255))
    width_px: float = 2.0
    tail: float = 30.0
    head: float = 0.0
    hides_completed: bool = False
    shows_tail: bool = True
    shows_ids: bool = False
    links: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), np.int64))
    frames: NDArray[np.int64] = for_all(1)

    kind = "tracks"

    def __post_init__(self) -> None:
        ids, count = np.asarray(self.ids, np.int64), len(self.ids)
        colours = per_object(self.colours, count, np.uint8)
        order = np.lexsort((np.asarray(self.t), ids))
        if np.array_equal(order, np.arange(count)):
            order = np.arange(0)
        for name, values in (
            ("ids", ids),
            *((name, np.asarray(getattr(self, name), np.float64)) for name in "tyx"),
            ("colours", colours),
        ):
            object.__setattr__(self, name, values[order] if len(order) else values)
        object.__setattr__(self, "frames", as_numbers(self.frames))

    @property
    def count(self) -> int:
        return len(np.unique(self.ids))

    def identity(self) -> object:
        return digest(self)

    def select(self, indices: Sequence[int]) -> Tracks:
        """Only these frames, and of each track what is drawn in any of them."""
        frames = self.frames[list(indices)]
        if not len(frames):
            return replace(self, frames=frames)
        seen = (self.t >= frames.min() - self.tail) & (self.t <= frames.max() + self.head)
        # A line that crosses the border begins at the row before, or ends at the next one.
        same = self.ids[1:] == self.ids[:-1]
        wide = seen.copy()
        wide[1:] |= seen[:-1] & same
        wide[:-1] |= seen[1:] & same
        rows = np.flatnonzero(wide)
        return replace(
            self,
            ids=self.ids[rows],
            t=self.t[rows],
            y=self.y[rows],
            x=self.x[rows],
            colours=self.colours[rows],
            frames=frames,
        )
