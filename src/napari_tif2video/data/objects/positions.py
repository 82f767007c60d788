"""`Positions`: places of objects, alone or along tracks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: The unit of lengths that a file does not name, though it has a scale of its own.
UNNAMED = "?"
#: Of a track or spot: floats hold all whole numbers up to it.
MAX_NUMBER = 2**52


@dataclass(frozen=True, eq=False)
class Positions:
    """Places of objects in the data, a row for each; nothing is left out yet.

    Attributes
    ----------
    y, x : float array (N,)
        Rows and columns, from 0 at the middle of the first pixel.
    t, z : float array (N,), optional
        Frames and slices, from 0. Without t they are in all frames.
    ids : float array (N,), optional
        The track of each; NaN where it belongs to none.
    kin : float array (N,), optional
        Where a track has branches of numbers of their own: the number they have in common.
    links : int array (M, 2)
        Pairs of tracks of which the second goes on where the first ends.
    unit : str
        That of y, x and z, such as "µm"; empty for pixels, "?" where the file has one that it does
        not name.
    file : str
        Base name of the file; empty for an array.
    digest : str
        SHA-256 of the file.
    size : (int, int), optional
        Height and width of the images on which they were found, where the file tells.
    notes : tuple of str
        What should be said about how they were read.
    """

    y: Floats
    x: Floats
    t: Floats | None = None
    z: Floats | None = None
    ids: Floats | None = None
    kin: Floats | None = None
    links: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), np.int64))
    unit: str = ""
    file: str = ""
    digest: str = ""
    size: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.y)
