"""Where one object is in each frame: its track without gaps, smoothed if asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import SourceError
from ...geometry import CropBox
from ..stack import Frames
from .positions import Floats, Positions

# Up to this number of a label, counting takes less than sorting.
_FEW_LABELS = 1 << 22


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The places of one object in order of time.

    Attributes
    ----------
    t : float array (N,)
        Frames of the source; each once.
    y, x : float array (N,)
        Row and column, from 0 at the middle of the first pixel.
    """

    t: Floats
    y: Floats
    x: Floats

    @property
    def frames(self) -> range:
        """The frames from its first place to its last one."""
        return range(math.ceil(self.t[0]), math.floor(self.t[-1]) + 1)

    @property
    def gaps(self) -> int:
        """In how many of its frames it has no place of its own."""
        return len(set(self.frames) - set(self.t.tolist()))

    def at(self, frames: Sequence[int]) -> tuple[Floats, Floats]:
        """Rows and columns in some frames; between two places, on the straight line."""
        numbers = np.asarray(frames, np.float64)
        return np.interp(numbers, self.t, self.y), np.interp(numbers, self.t, self.x)

    def smoothed(self, frames: int) -> Trajectory:
        """Each place as the mean over so many frames around it, an odd number.

        Towards both ends there are fewer, as many before as behind, so that the object is not left
        behind there, and first and last place stay.
        """
        numbers = self.frames
        if not len(numbers):
            return self
        places = np.arange(len(numbers))
        reach = np.minimum(frames // 2, np.minimum(places, places[::-1]))

        def mean(values: Floats) -> Floats:
            sums = np.concatenate([[0.0], np.cumsum(values)])
            means: Floats = (sums[places + reach + 1] - sums[places - reach]) / (2 * reach + 1)
            return means

        y, x = self.at(numbers)
        return Trajectory(
            np.arange(numbers.start, numbers.stop, dtype=np.float64), mean(y), mean(x)
        )


def trajectories(positions: Positions) -> dict[int, Trajectory]:
    """The trajectory of each track, by its number; positions without tracks are one, number 0.

    Raises
    ------
    SourceError
        A track is at two places at once, or none has a frame.
    """
    where = positions.file or "tracks"
    if positions.t is None:
        raise SourceError(f"{where}: does not say in which frame each place is")
    ids = np.zeros(len(positions)) if positions.ids is None else positions.ids
    columns = np.stack([ids, positions.t, positions.y, positions.x])
    columns = columns[:, np.isfinite(columns).all(axis=0)]
    columns = columns[:, np.lexsort((columns[1], columns[0]))]
    twice = np.flatnonzero(~np.diff(columns[:2]).any(axis=0))
    if twice.size:
        number, frame = columns[:2, twice[0]]
        raise SourceError(f"{where}: track {number:g} is at two places in frame {frame:g}")
    starts = np.flatnonzero(np.diff(columns[0])) + 1
    found = {
        int(part[0, 0]): Trajectory(*part[1:])
        for part in np.split(columns, starts, axis=1)
        if part.size
    }
    if not found:
        raise SourceError(f"{where}: holds no place that has a frame")
    return found


def centroids(labels: Frames) -> Positions:
    """The middle of each label in each frame; the number of a label is that of its track.

    Raises
    ------
    SourceError
        These are no label images.
    """
    form = labels.format
    if form.is_rgb or form.dtype.kind not in "biu":
        raise SourceError(f"is {form}; label images hold whole numbers, 0 for the background")
    rows = []
    for number, frame in enumerate(labels.read_frames(CropBox.whole(form.size))):
        ids, places, counts = _labels(frame)
        y, x = np.indices(frame.shape)
        sums = (np.bincount(places, axis.ravel()) for axis in (y, x))
        middles = [total / counts for total in sums]
        each = np.stack([ids, np.full(len(ids), number), *middles])
        rows.append(each[:, ids > 0])
    ids, t, y, x = np.concatenate(rows, axis=1)
    return Positions(y=y, x=x, t=t, ids=ids)


def _labels(frame: NDArray[np.int64]) -> tuple[Floats, NDArray[np.intp], NDArray[np.int64]]:
    """The numbers of labels, for each pixel the place of its label among them, and their sizes."""
    flat = frame.ravel().astype(np.int64, copy=False)
    if flat.min() >= 0 and flat.max() < _FEW_LABELS:
        found = np.bincount(flat)
        ids = np.flatnonzero(found)
        place = np.zeros(len(found), np.intp)
        place[ids] = np.arange(len(ids))
        return ids.astype(np.float64), place[flat], found[ids]
    values, places, counts = np.unique(flat, return_inverse=True, return_counts=True)
    return values.astype(np.float64), places.ravel(), counts
