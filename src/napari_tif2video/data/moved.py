"""Frames of which a box is shown that moves: it follows an object, or takes a drift back."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import SourceError
from ..geometry import MOVE_DECIMALS, CropBox, Move
from .stack import FrameFormat, Frames, OtherFrames, delayed_of, identity_of, need_dask

# Pixels beyond those between which a count lies that the cubic kernel looks at.
_BEFORE, _BEHIND = 1, 2


class Part(NamedTuple):
    """The pixels of a frame inside a window of it, or why they cannot be read."""

    pixels: NDArray[Any]
    window: CropBox
    error: str = ""


@dataclass(frozen=True)
class MovedFrames(OtherFrames):
    """Frames as they lie below a box that moves.

    Pixel (0, 0) of each frame is that of the source at the frame's corner. Between whole pixels,
    counts are interpolated: cubic convolution of Keys (a = -1/2) along rows and columns, kept with
    their fractions. It passes through the counts and leaves straight slopes as they are; noise gets
    smaller, by a fifth half-way between pixels along one axis and by a third along both. No count
    is above or below those below the box. What lies outside of the source is NaN.

    Where all corners are whole pixels and nothing is outside, counts and their type are those of
    the source.

    Attributes
    ----------
    frames : Frames
        Of the source.
    corners : tuple of (float, float)
        Row and column of the first pixel of each frame in the source.
    size : (int, int)
        Height and width of the frames.
    is_mixed : bool
        Whether counts are interpolated or missing anywhere in the video: then all are numbers
        with fractions, in every part of it.
    parts : tuple of Part, optional
        What of the source was read already, for each frame: then it is not read again.
    """

    frames: Frames
    corners: tuple[Move, ...]
    size: tuple[int, int]
    is_mixed: bool
    parts: tuple[Part, ...] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, frames: Frames, corners: Sequence[Move], size: tuple[int, int]) -> MovedFrames:
        """Frames below a box with these corners, one for each frame."""
        kept = tuple((round(y, MOVE_DECIMALS), round(x, MOVE_DECIMALS)) for y, x in corners)
        is_mixed = any(
            place % 1 or place < 0 or place + side > length
            for corner in kept
            for place, side, length in zip(corner, size, frames.format.size, strict=True)
        )
        return cls(frames, kept, size, is_mixed)

    @property
    def format(self) -> FrameFormat:
        form = self.frames.format
        dtype = form.dtype
        if self.is_mixed and dtype.kind != "f":
            dtype = np.dtype(np.float32 if dtype.itemsize < 4 else np.float64)
        return replace(form, shape=(*self.size, *form.shape[2:]), dtype=dtype)

    def select(self, indices: Sequence[int]) -> MovedFrames:
        corners = tuple(self.corners[i] for i in indices)
        parts = None if self.parts is None else tuple(self.parts[i] for i in indices)
        return replace(self, frames=self.frames.select(indices), corners=corners, parts=parts)

    def identity(self) -> object | None:
        frames = identity_of(self.frames)
        return None if frames is None else (frames, self.corners, self.size, self.is_mixed)

    def window(self, box: CropBox) -> CropBox:
        """The part of the source that `box` needs of any of the frames; a pixel of it at least."""
        return self._window(box, self.corners)

    def _window(self, box: CropBox, corners: Sequence[Move]) -> CropBox:
        spans = []
        for axis, (first, side) in enumerate(zip((box.top, box.left), box.shape, strict=True)):
            places = [corner[axis] + first for corner in corners]
            length = self.frames.format.size[axis]
            low = min(max(math.floor(min(places)) - _BEFORE, 0), length - 1)
            high = max(min(math.ceil(max(places)) + side + _BEHIND, length), low + 1)
            spans.append((low, high))
        (top, bottom), (left, right) = spans
        return CropBox(right - left, bottom - top, left, top)

    @property
    def parts_nbytes(self) -> int:
        """About the memory that the parts of all frames take."""
        form = self.frames.format
        sides = (
            min(side + _BEFORE + _BEHIND + 1, n)
            for side, n in zip(self.size, form.size, strict=True)
        )
        return len(self) * math.prod((*sides, *form.shape[2:])) * form.dtype.itemsize

    def windows(self) -> list[CropBox]:
        """The part of the source that each frame needs."""
        whole = CropBox.whole(self.size)
        return [self._window(whole, [corner]) for corner in self.corners]

    def read_frames(self, box: CropBox) -> Iterator[NDArray[Any]]:
        if self.parts is not None:
            for part, corner in zip(self.parts, self.corners, strict=True):
                if part.error:
                    raise SourceError(part.error)
                yield self._below(part.pixels, part.window, corner, box)
            return
        window = self.window(box)
        for frame, corner in zip(self.frames.read_frames(window), self.corners, strict=True):
            yield self._below(frame, window, corner, box)

    def _below(
        self, frame: NDArray[Any], window: CropBox, corner: Move, box: CropBox
    ) -> NDArray[Any]:
        """What lies below `box` with this corner, of a frame that was read inside `window`."""
        # No more than this frame needs: what is read beyond depends on how work is shared out.
        own = self._window(box, [corner])
        top, left = own.top - window.top, own.left - window.left
        frame = frame[top : top + own.height, left : left + own.width]
        row, column = corner[0] + box.top - own.top, corner[1] + box.left - own.left
        if not self.is_mixed:
            row, column = int(row), int(column)
            return frame[row : row + box.height, column : column + box.width]
        with np.errstate(invalid="ignore"):  # infinities
            low, high = np.fmin.reduce(frame, axis=None), np.fmax.reduce(frame, axis=None)
            along = _shifted(frame, row, box.height, 0, self.format.dtype)
            taken = _shifted(along, column, box.width, 1, self.format.dtype)
            return np.clip(taken, low, high, out=taken)

    @property
    def needs_dask(self) -> bool:
        return self.parts is None and need_dask(self.frames)

    def delayed(self, box: CropBox) -> Any:
        make = partial(MovedFrames, corners=self.corners, size=self.size, is_mixed=self.is_mixed)
        return delayed_of(self.frames, self.window(box), make)


def _shifted(
    pixels: NDArray[Any], first: float, count: int, axis: int, dtype: np.dtype[Any]
) -> NDArray[Any]:
    """So many pixels along an axis, from a place that may lie between two; NaN outside."""
    length, whole = pixels.shape[axis], math.floor(first)
    part = first - whole
    shape = list(pixels.shape)
    shape[axis] = count
    moved = np.full(shape, np.nan, dtype)
    # Those between the first and the last pixel of the source.
    start, stop = max(0, -whole), min(count, length - whole - (part > 0))
    if start >= stop:
        return moved
    places = np.arange(start, stop) + whole
    inside = moved[(slice(None),) * axis + (slice(start, stop),)]
    weights = _keys(part) if part else {0: 1.0}
    inside[...] = 0
    for number, weight in weights.items():
        inside += _taken(pixels, places + number, axis) * dtype.type(weight)
    return moved


def _taken(pixels: NDArray[Any], places: NDArray[np.intp], axis: int) -> NDArray[Any]:
    """Pixels in a row along an axis; those beyond an end are the last one there."""
    first, last = int(places[0]), int(places[-1])
    if first >= 0 and last < pixels.shape[axis]:
        return pixels[(slice(None),) * axis + (slice(first, last + 1),)]
    return pixels.take(np.clip(places, 0, pixels.shape[axis] - 1), axis)


def _keys(part: float) -> dict[int, float]:
    """The weights of the pixels around a place that is so far behind one of them, the 0th."""
    t = part
    return {
        -1: -0.5 * t**3 + t**2 - 0.5 * t,
        0: 1.5 * t**3 - 2.5 * t**2 + 1,
        1: -1.5 * t**3 + 2 * t**2 + 0.5 * t,
        2: 0.5 * t**3 - 0.5 * t**2,
    }
