"""Frames from arrays that a user brings: numpy, or dask with any chunks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, product
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import SourceError
from .frames import ALPHA_NOTE, FrameFormat
from .geometry import Box
from .stack import Stack


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
    if any(isnan(n) for n in shape):
        raise SourceError(f"{name}: has chunks of unknown size; call compute_chunk_sizes() first")
    return replace(Stack.of(DaskFrames.of(array), name), notes=notes)


@dataclass(frozen=True)
class NumpyFrames:
    """The frames of an array in memory."""

    array: NDArray[Any]
    numbers: tuple[int, ...] | None = None
    batch_starts = None

    @cached_property
    def format(self) -> FrameFormat:
        return FrameFormat(self.array.shape[1:], self.array.dtype.newbyteorder("="))

    def __len__(self) -> int:
        return len(self.array)

    def label(self, index: int) -> str:
        return f"frame {index if self.numbers is None else self.numbers[index]}"

    def select(self, indices: Sequence[int]) -> NumpyFrames:
        first, last = min(indices), max(indices) + 1
        run = list(indices) == list(range(first, last))  # a view, where a list would copy
        chosen = self.array[first:last] if run else self.array[list(indices)]
        numbers = self.numbers or range(len(self.array))
        return NumpyFrames(chosen, tuple(numbers[i] for i in indices))

    def read_frames(self, box: Box) -> Iterator[NDArray[Any]]:
        for frame in self.array:
            yield frame[box.rows, box.columns].astype(self.format.dtype, copy=False)


@dataclass(frozen=True)
class DaskFrames:
    """The frames of a dask array, computed block by block through the array's own graph.

    `array[i].compute()` looks at the whole graph each time, so that its cost grows with the
    length of the stack. Here the graph is laid out once and each task takes only what leads to
    its blocks.

    Attributes
    ----------
    graph : mapping
        The array's graph; cut down to what `numbers` needs when it travels.
    keys : dict
        Graph key of each block, by its position along every axis.
    chunks : tuple of tuple of int
        Block sizes along every axis.
    starts : tuple of int
        The first frame of each block along time.
    numbers : tuple of int
        Which frames of the array these are.
    """

    graph: Mapping[Any, Any]
    keys: dict[tuple[int, ...], Any]
    chunks: tuple[tuple[int, ...], ...]
    starts: tuple[int, ...]
    numbers: tuple[int, ...]
    format: FrameFormat

    @classmethod
    def of(cls, array: Any) -> DaskFrames:
        positions = product(*(range(n) for n in array.numblocks))
        keys = {position: (array.name, *position) for position in positions}
        frame_format = FrameFormat(tuple(array.shape[1:]), np.dtype(array.dtype).newbyteorder("="))
        graph = dict(array.__dask_graph__())
        starts = tuple(accumulate(array.chunks[0][:-1], initial=0))
        return cls(graph, keys, array.chunks, starts, tuple(range(array.shape[0])), frame_format)

    def __getstate__(self) -> dict[str, Any]:
        from dask.optimization import cull

        needed = sorted({self._time_block(number)[0] for number in self.numbers})
        keys = {position: key for position, key in self.keys.items() if position[0] in needed}
        graph, _ = cull(self.graph, list(keys.values()))
        return {**self.__dict__, "keys": keys, "graph": dict(graph)}

    def __len__(self) -> int:
        return len(self.numbers)

    def label(self, index: int) -> str:
        return f"frame {self.numbers[index]}"

    @property
    def batch_starts(self) -> tuple[int, ...] | None:
        return None if max(self.chunks[0]) == 1 else self.starts

    def select(self, indices: Sequence[int]) -> DaskFrames:
        return replace(self, numbers=tuple(self.numbers[i] for i in indices))

    def read_frames(self, box: Box) -> Iterator[NDArray[Any]]:
        current, blocks = -1, []
        for number in self.numbers:
            time_block, offset = self._time_block(number)
            if time_block != current:
                current, blocks = time_block, self._compute(time_block, box)
            frame = np.empty((*box.shape, *self.format.shape[2:]), self.format.dtype)
            for place, block in blocks:
                frame[place] = block[offset]
            yield frame

    def _time_block(self, number: int) -> tuple[int, int]:
        """Which block along time holds a frame, and where in it."""
        block = bisect_right(self.starts, number) - 1
        return block, number - self.starts[block]

    def _compute(self, time_block: int, box: Box) -> list[tuple[Any, NDArray[Any]]]:
        """The parts of a time block that lie in `box`: their place in the frame, and pixels."""
        from dask.local import get_sync
        from dask.optimization import cull

        spans = (box.rows, box.columns, *(slice(0, n) for n in self.format.shape[2:]))
        along = [_overlaps(sizes, span) for sizes, span in zip(self.chunks[1:], spans, strict=True)]
        parts = list(product(*along))
        keys = [self.keys[(time_block, *(block for block, _, _ in part))] for part in parts]
        graph, _ = cull(self.graph, keys)
        try:
            blocks = get_sync(graph, keys)
        except Exception as exc:
            reason = " ".join(f"{type(exc).__name__}: {exc}".split())
            raise SourceError(
                f"block {time_block} of the array cannot be computed ({reason})"
            ) from exc
        for part, block in zip(parts, blocks, strict=True):
            self._check_block(time_block, part, block)
        return [
            (
                tuple(place for _, place, _ in part),
                np.asarray(block)[(slice(None), *(inside for _, _, inside in part))],
            )
            for part, block in zip(parts, blocks, strict=True)
        ]

    def _check_block(self, time_block: int, part: Any, block: Any) -> None:
        """Refuse a block that is not what the array promised."""
        numbers = (time_block, *(number for number, _, _ in part))
        promised = tuple(sizes[n] for sizes, n in zip(self.chunks, numbers, strict=True))
        if np.shape(block) != promised:
            raise SourceError(
                f"block {time_block} of the array has the shape {np.shape(block)} where the array "
                f"says {promised}"
            )


def _overlaps(sizes: tuple[int, ...], span: slice) -> list[tuple[int, slice, slice]]:
    """Blocks along one axis that meet `span`: number, place within the span, part of the block."""
    found = []
    for number, (start, size) in enumerate(zip(accumulate(sizes, initial=0), sizes, strict=False)):
        low, high = max(start, span.start), min(start + size, span.stop)
        if low < high:
            place = slice(low - span.start, high - span.start)
            found.append((number, place, slice(low - start, high - start)))
    return found
