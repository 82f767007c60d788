"""Frames on another grid of pixels, such as those of a binned camera beside one that is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..geometry import CropBox
from .stack import FrameFormat, Frames, OtherFrames, delayed_of, identity_of

_DECIMALS = 9  # of a pixel; beyond them, coordinates differ by how they were computed


@dataclass(frozen=True)
class Grid:
    """Where the pixels of a grid lie in frames, by the frames' own pixels.

    Attributes
    ----------
    size : (int, int)
        Height and width of the grid.
    rows, columns : (float, float)
        Where its first pixel is, and how far it is from each to the next.
    is_linear : bool
        Whether values are interpolated; else each pixel is the nearest one.
    """

    size: tuple[int, int]
    rows: tuple[float, float]
    columns: tuple[float, float]
    is_linear: bool = False

    def interpolates(self) -> bool:
        """Whether any pixel is in between those of the frames."""
        return self.is_linear and any(
            np.round(value, _DECIMALS) % 1 for value in (*self.rows, *self.columns)
        )

    def taken(self, form: FrameFormat, box: CropBox) -> tuple[CropBox, _Taps, _Taps]:
        """What a box of the grid takes of frames: a box of theirs, and pixels in that."""
        rows, columns = (
            _Taps(np.arange(part.start, part.stop) * step + first, length, self.is_linear)
            for part, (first, step), length in zip(
                (box.rows, box.columns), (self.rows, self.columns), form.size, strict=True
            )
        )
        own = CropBox(columns.extent, rows.extent, columns.first, rows.first)
        return own, rows, columns


class _Taps:
    """Which pixels along one axis are taken, and the share of the second of each pair."""

    def __init__(self, places: NDArray[np.float64], length: int, is_linear: bool) -> None:
        places = np.clip(np.round(places, _DECIMALS), 0, length - 1)
        low = np.floor(places if is_linear else places + 0.5).astype(np.intp)
        self.share = (places - low).astype(np.float32)
        # A pixel that has no share is not looked at: it may be NaN.
        high = low + (self.share > 0) if is_linear else low
        self.first = int(low.min())
        self.extent = int(high.max()) + 1 - self.first
        self.low, self.high = low - self.first, high - self.first

    def nearest(self, frame: NDArray[Any], axis: int) -> NDArray[Any]:
        if np.array_equal(self.low, np.arange(frame.shape[axis])):
            return frame
        return frame.take(self.low, axis)

    def linear(self, frame: NDArray[Any], axis: int) -> NDArray[Any]:
        share = self.share.astype(frame.dtype)
        share = share.reshape([-1 if n == axis else 1 for n in range(frame.ndim)])
        mixed: NDArray[Any] = frame.take(self.low, axis) * (1 - share)
        mixed += frame.take(self.high, axis) * share
        return mixed


@dataclass(frozen=True)
class PlacedFrames(OtherFrames):
    """Frames as a grid shows them.

    Counts that are interpolated are kept with their fractions, and those of RGB are rounded.
    """

    frames: Frames
    grid: Grid

    @property
    def format(self) -> FrameFormat:
        form = self.frames.format
        dtype = form.dtype
        if self.grid.interpolates() and not form.is_rgb and dtype.kind != "f":
            dtype = np.dtype(np.float32 if dtype.itemsize < 4 else np.float64)
        return replace(form, shape=(*self.grid.size, *form.shape[2:]), dtype=dtype)

    def select(self, indices: Sequence[int]) -> PlacedFrames:
        return replace(self, frames=self.frames.select(indices))

    def identity(self) -> object | None:
        frames = identity_of(self.frames)
        return None if frames is None else (frames, self.grid)

    def read_frames(self, box: CropBox) -> Iterator[NDArray[Any]]:
        own, rows, columns = self.grid.taken(self.frames.format, box)
        dtype = self.format.dtype
        for frame in self.frames.read_frames(own):
            if not self.grid.interpolates():
                yield columns.nearest(rows.nearest(frame, 0), 1)
                continue
            known = frame.astype(np.float64 if dtype.itemsize > 4 else np.float32)
            # The shorter way first: along rows, frames that are enlarged grow.
            mixed = columns.linear(rows.linear(known, 0), 1)
            yield mixed if dtype.kind == "f" else np.rint(mixed).astype(dtype)

    def delayed(self, box: CropBox) -> Any:
        own, _, _ = self.grid.taken(self.frames.format, box)
        return delayed_of(self.frames, own, partial(PlacedFrames, grid=self.grid))
