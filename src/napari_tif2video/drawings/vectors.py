"""Vectors: lines, triangles or arrows from places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..data import Look
from .arrays import Colours, Floats, as_numbers, digest, for_all, per_object

STYLES = ("line", "triangle", "arrow")


@dataclass(frozen=True, eq=False)
class Vectors:
    """Vectors at coordinates of the frames; the middle of the first pixel is (0, 0).

    Attributes
    ----------
    starts, ends : float array (N, 2)
        Row and column.
    t : float array (N,), optional
        The frame of the source at which a vector is seen. Default: in every one.
    colours : uint8 array (N, 4)
        RGBA.
    width : float
        In pixels of the frames.
    style : str
        One of `STYLES`.
    span : (float, float)
        How long before and after its frame a vector is seen, in frames.
    fades : bool
        Whether it fades towards the ends of that.
    frames : int or sequence of int
        Which frame of the source each frame of the video shows; a number for all of so many.
    """

    look: Look
    starts: Floats
    ends: Floats
    t: Floats | None = None
    colours: Colours = for_all((255, 0, 0, 255))
    width: float = 1.0
    style: str = "triangle"
    span: tuple[float, float] = (0.5, 0.5)
    fades: bool = False
    frames: NDArray[np.int64] = for_all(1)

    kind = "vectors"

    def __post_init__(self) -> None:
        object.__setattr__(self, "colours", per_object(self.colours, self.count, np.uint8))
        if self.t is not None:
            object.__setattr__(self, "t", per_object(self.t, self.count, np.float64))
        object.__setattr__(self, "frames", as_numbers(self.frames))

    @property
    def count(self) -> int:
        return len(self.starts)

    def identity(self) -> object:
        return digest(self)

    def select(self, indices: Sequence[int]) -> Vectors:
        """Only these frames, and the vectors that are seen in any of them."""
        frames = self.frames[list(indices)]
        if self.t is None or not len(frames):
            return replace(self, frames=frames)
        before, after = self.span
        seen = (self.t >= frames.min() - after) & (self.t <= frames.max() + before)
        rows = np.flatnonzero(seen)
        return replace(
            self,
            starts=self.starts[rows],
            ends=self.ends[rows],
            t=self.t[rows],
            colours=self.colours[rows],
            frames=frames,
        )
