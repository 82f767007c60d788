"""Frames of the arrays that a user brings: numpy, or dask with any chunks."""

from __future__ import annotations

import copy
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import accumulate, product
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import SourceError, one_line
from ..geometry import CropBox
from .stack import ALPHA_NOTE, FrameFormat, Stack


def stack_of_array(array: Any, name: str = "array", *, is_rgb: bool | None = None) -> Stack:
    """A stack of a numpy or dask array (T, Y, X), (T, Y, X, 3), (Y, X) or (Y, X, 3).

    A fourth sample a pixel (alpha) is left out. An array that is the `data` of a stack of ours
    leads back to that stack, so that its files are read directly. A last axis of 3 or 4 is taken
    for colours, unless `is_rgb` says.
    """
    known = Stack.behind(array)
    if known is not None:
        return known
    shape = tuple(array.shape)
    has_colours = is_rgb
    if has_colours is None:
        has_colours = len(shape) in (3, 4) and shape[-1] in (3, 4)
    if has_colours:
        array = array[..., :3]
    if array.ndim == 2 + has_colours:
        array = array[np.newaxis]
    if array.ndim != 3 + has_colours or 0 in shape:
        raise SourceError(
            f"{name}: has the shape {shape}; expected (T, Y, X) or (T, Y, X, 3), none of them 0; "
            "name other axes with axes, such as axes='TCZYX'"
        )
    FrameFormat(shape[1:], np.dtype(array.dtype)).require_supported(name)
    notes = (ALPHA_NOTE,) if has_colours and shape[-1] == 4 else ()
    if isinstance(array, np.ndarray):
        return replace(Stack.of(NumpyFrames(array), name), notes=notes)
    require_known_sizes(shape, name)
    return replace(Stack.of(DaskFrames.of(array), name), notes=notes)


def require_known_sizes(shape: Sequence[float], name: str) -> None:
    """Refuse a dask array that does not know its own shape."""
    if any(map(isnan, shape)):
        raise SourceError(f"{name}: has chunks of unknown size; call compute_chunk_sizes() first")


@dataclass(frozen=True)
class NumpyFrames:
    """The frames of an array in memory."""

    array: NDArray[Any]
    numbers: tuple[int, ...] | None = None
    chunk_starts = None

    @cached_property
    def format(self) -> FrameFormat:
        return FrameFormat(self.array.shape[1:], self.array.dtype.newbyteorder("="))

    def __len__(self) -> int:
        return len(self.array)

    def label(self, index: int) -> str:
        return f"frame {index if self.numbers is None else self.numbers[index]}"

    def select(self, indices: Sequence[int]) -> NumpyFrames:
        first, last = min(indices), max(indices) + 1
        if list(indices) == list(range(first, last)):  # a view, where a list would copy
            chosen = self.array[first:last]
        elif first + 1 == last or not self.array.strides[0]:  # one frame again and again
            chosen = np.broadcast_to(self.array[first], (len(indices), *self.array.shape[1:]))
        else:
            chosen = self.array[list(indices)]
        numbers = self.numbers or range(len(self.array))
        return NumpyFrames(chosen, tuple(numbers[i] for i in indices))

    def read_frames(self, box: CropBox) -> Iterator[NDArray[Any]]:
        for frame in self.array:
            yield frame[box.rows, box.columns].astype(self.format.dtype, copy=False)


# So many blocks a message names, where one of them failed.
_FEW_BLOCKS = 8


class _Blocks:
    """The blocks of a dask array as `dask.delayed` objects.

    `array[i]` looks at the whole graph each time, so that its cost grows with the length of the
    stack. Here the graph is cut into blocks once, when they are first asked for.
    """

    def __init__(self, array: Any) -> None:
        self.array = array

    @cached_property
    def _graph(self) -> Any:
        from dask.blockwise import optimize_blockwise
        from dask.core import flatten
        from dask.highlevelgraph import HighLevelGraph
        from dask.utils import ensure_dict

        # No more is fused, so that a block which several channels share is computed once for all.
        # One layer, because what dask does with many takes more than in proportion to them.
        keys = list(flatten(self.array.__dask_keys__()))
        graph = ensure_dict(optimize_blockwise(self.array.__dask_graph__(), keys))
        return HighLevelGraph.from_collections(self.array.name, graph, dependencies=())

    def delayed(self, place: tuple[int, ...]) -> Any:
        """The block at this place along each axis."""
        from dask.delayed import Delayed

        return Delayed((self.array.name, *place), self._graph, layer=self.array.name)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The first frame of each block along time."""
        return tuple(accumulate(self.array.chunks[0][:-1], initial=0))


@dataclass(frozen=True)
class DaskFrames:
    """The frames of a dask array, whose graph becomes part of that of the video.

    Attributes
    ----------
    numbers : sequence of int
        Which frames of the array these are.
    """

    blocks: _Blocks
    numbers: Sequence[int]
    format: FrameFormat
    needs_dask = True

    @classmethod
    def of(cls, array: Any) -> DaskFrames:
        frame_format = FrameFormat(tuple(array.shape[1:]), np.dtype(array.dtype).newbyteorder("="))
        return cls(_Blocks(array), range(array.shape[0]), frame_format)

    def __len__(self) -> int:
        return len(self.numbers)

    def label(self, index: int) -> str:
        return f"frame {self.numbers[index]}"

    @property
    def lazy(self) -> Any:
        """These frames as a dask array."""
        return self.blocks.array[list(self.numbers)]

    @property
    def chunk_starts(self) -> tuple[int, ...] | None:
        return None if max(self.blocks.array.chunks[0]) == 1 else self.blocks.starts

    def select(self, indices: Sequence[int]) -> DaskFrames:
        return replace(self, numbers=tuple(self.numbers[i] for i in indices))

    def read_frames(self, box: CropBox) -> Iterator[NDArray[Any]]:
        """Outside of tasks: one frame after the other, computed where dask is told to."""
        for index in range(len(self)):
            try:
                block = self.select([index]).delayed(box).compute()
            except Exception as exc:
                raise array_error(
                    exc, [bisect_right(self.blocks.starts, self.numbers[index]) - 1]
                ) from exc
            yield from block.read_frames(box)

    def delayed(self, box: CropBox) -> Any:
        """The `BlockFrames` of these frames, as a `dask.delayed` object."""
        from dask.delayed import delayed

        chunks, starts = self.blocks.array.chunks, self.blocks.starts
        spans = (box.rows, box.columns, *(slice(0, n) for n in self.format.shape[2:]))
        along = [_overlaps(sizes, span) for sizes, span in zip(chunks[1:], spans, strict=True)]
        parts = list(product(*along))
        in_time = [bisect_right(starts, number) - 1 for number in self.numbers]
        needed = list(dict.fromkeys(in_time))
        places = [(time, *(n for n, _, _ in part)) for time in needed for part in parts]
        promised = [tuple(c[n] for c, n in zip(chunks, place, strict=True)) for place in places]
        order = {time: i for i, time in enumerate(needed)}
        frames = [
            (order[time] * len(parts), number - starts[time])
            for time, number in zip(in_time, self.numbers, strict=True)
        ]
        insides = [tuple((where, inside) for _, where, inside in part) for part in parts]
        make = partial(BlockFrames, self.format, frames, insides, promised)
        return delayed(make, pure=False)(*map(self.blocks.delayed, places))


def array_error(exc: Exception, blocks: Sequence[int]) -> SourceError:
    """What to raise where a user's array fails to be computed, in one of these blocks."""
    few = f"block {' or '.join(map(str, blocks))} of " if len(blocks) <= _FEW_BLOCKS else ""
    reason = f"{type(exc).__name__}: {one_line(str(exc))}"
    return SourceError(f"{few}the array cannot be computed ({reason})")


class BlockFrames:
    """Frames in blocks that are computed.

    Parameters
    ----------
    frames : list of (int, int)
        The first block of each frame, and the frame's place in it.
    parts : list
        The blocks that a frame consists of, one after the other: for each axis the place within
        the box, and what of the block is taken.
    promised : list of tuple
        The shape of each block, as the array states it.
    """

    def __init__(
        self,
        frame_format: FrameFormat,
        frames: list[tuple[int, int]],
        parts: list[tuple[tuple[slice, slice], ...]],
        promised: list[tuple[int, ...]],
        *blocks: Any,
    ) -> None:
        for block, shape in zip(blocks, promised, strict=True):
            if np.shape(block) != shape:
                raise SourceError(
                    f"a block of the array has the shape {np.shape(block)} where the array says "
                    f"{shape}"
                )
        self.format = frame_format
        self._frames, self._parts, self._blocks = frames, parts, blocks

    def select(self, indices: Sequence[int]) -> BlockFrames:
        """These frames alone, from the same blocks."""
        chosen = copy.copy(self)
        chosen._frames = [self._frames[index] for index in indices]
        return chosen

    def __len__(self) -> int:
        return len(self._frames)

    def read_frames(self, box: CropBox) -> Iterator[NDArray[Any]]:
        for first, offset in self._frames:
            frame = np.empty((*box.shape, *self.format.shape[2:]), self.format.dtype)
            for block, part in zip(self._blocks[first:], self._parts, strict=False):
                where, inside = zip(*part, strict=True)
                frame[where] = np.asarray(block)[(offset, *inside)]
            yield frame


def _overlaps(sizes: tuple[int, ...], span: slice) -> list[tuple[int, slice, slice]]:
    """Blocks along one axis that meet `span`: number, place within the span, part of the block."""
    found = []
    for number, (start, size) in enumerate(zip(accumulate(sizes, initial=0), sizes, strict=False)):
        low, high = max(start, span.start), min(start + size, span.stop)
        if low < high:
            place = slice(low - span.start, high - span.start)
            found.append((number, place, slice(low - start, high - start)))
    return found
