"""Which planes of a hyperstack follow each other, and how slices become one frame.

Also how frames are taken from arrays that a user brings: numpy, or dask with any chunks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, product
from math import isnan, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import SourceError
from ..geometry import Box
from .stack import ALPHA_NOTE, FrameFormat, Frames, Stack


def projected_dtype(dtype: np.dtype[Any], projection: str) -> np.dtype[Any]:
    """A type that holds the projection without loss of what the planes have.

    Sums of integers are exact, others to 2**-53.
    """
    if projection == "max":
        return dtype
    if projection == "sum" and dtype.kind != "f":
        return np.dtype(np.int64 if dtype.kind == "i" else np.uint64)
    return np.dtype(np.float64)


def project(planes: Iterator[NDArray[Any]], depth: int, projection: str) -> NDArray[Any]:
    """The next `depth` planes as one; NaN counts as missing, and is left where nothing is known.

    What needs one plane at a time is computed like that; of any other name that NumPy has a
    ``nan…`` function for, all planes of the frame are held at once.
    """
    if projection not in ("max", "mean", "sum"):
        volume = np.stack([next(planes).astype(np.float64) for _ in range(depth)])
        unknown = np.isnan(volume).all(axis=0)
        volume[:, unknown] = 0  # of nothing at all, NumPy warns
        reduced: NDArray[Any] = getattr(np, f"nan{projection}")(volume, axis=0)
        reduced[unknown] = np.nan
        return reduced
    first = next(planes)
    total = first.astype(projected_dtype(first.dtype, projection))  # a copy: planes are buffers
    is_float = first.dtype.kind == "f"
    known = (~np.isnan(first)).astype(np.uint32) if is_float and projection != "max" else None
    if known is not None:
        total[known == 0] = 0
    for _ in range(depth - 1):
        plane = next(planes)
        if projection == "max":
            (np.fmax if is_float else np.maximum)(total, plane, out=total)
        elif known is None:
            np.add(total, plane, out=total)
        else:
            there = ~np.isnan(plane)
            known += there
            np.add(total, plane, out=total, where=there)
    if projection == "mean":
        total /= np.maximum(known, 1) if known is not None else depth
    if known is not None:
        total[known == 0] = np.nan
    return total


@dataclass(frozen=True)
class ProjectedFrames:
    """Frames that are made of `depth` planes each, which follow each other in `planes`."""

    planes: Frames
    depth: int
    projection: str
    chunk_starts = None

    @property
    def format(self) -> FrameFormat:
        plane = self.planes.format
        return replace(plane, dtype=projected_dtype(plane.dtype, self.projection))

    def __len__(self) -> int:
        return len(self.planes) // self.depth

    def label(self, index: int) -> str:
        return self.planes.label(index * self.depth)

    def select(self, indices: Sequence[int]) -> ProjectedFrames:
        wanted = [i * self.depth + z for i in indices for z in range(self.depth)]
        return replace(self, planes=self.planes.select(wanted))

    def read_frames(self, box: Box) -> Iterator[NDArray[Any]]:
        planes = self.planes.read_frames(box)
        for _ in range(len(self)):
            yield project(planes, self.depth, self.projection)


@dataclass(frozen=True)
class FramePlanes:
    """Planes that can be read one after the other: `frames` runs through the grid in C order."""

    frames: Frames
    sizes: tuple[tuple[str, int], ...]
    array = None

    @property
    def format(self) -> FrameFormat:
        return self.frames.format

    def renamed(self, letters: str) -> FramePlanes:
        return replace(self, sizes=_renamed(self.sizes, letters))

    def sequence(self, play: str, point: Mapping[str, int], depth: str, projection: str) -> Frames:
        lengths = dict(self.sizes)
        strides = {
            letter: prod(n for _, n in self.sizes[i + 1 :])
            for i, (letter, _) in enumerate(self.sizes)
        }
        start = sum(index * strides[letter] for letter, index in point.items())
        along, down = (
            range(0, lengths.get(letter, 1) * strides.get(letter, 1), strides.get(letter, 1))
            for letter in (play, depth)
        )
        chosen = self.frames.select([start + a + b for a in along for b in down])
        return ProjectedFrames(chosen, len(down), projection) if depth else chosen


@dataclass(frozen=True, eq=False)
class ArrayPlanes:
    """Planes of a numpy or dask array: leading axes as in `sizes`, then those of a frame."""

    array: Any
    sizes: tuple[tuple[str, int], ...]
    frames = None

    @property
    def format(self) -> FrameFormat:
        shape = tuple(self.array.shape[len(self.sizes) :])
        return FrameFormat(shape, np.dtype(self.array.dtype).newbyteorder("="))

    def renamed(self, letters: str) -> ArrayPlanes:
        return replace(self, sizes=_renamed(self.sizes, letters))

    def sequence(self, play: str, point: Mapping[str, int], depth: str, projection: str) -> Frames:
        order = [letter for letter, _ in self.sizes if letter in (play, depth)]
        array = self.array[tuple(point.get(letter, slice(None)) for letter, _ in self.sizes)]
        if order == [depth, play]:
            array = array.swapaxes(0, 1)
        if not play:
            array = array[np.newaxis]
        if depth:
            array = _projected(array, projection)
        if isinstance(array, np.ndarray):
            return NumpyFrames(array)
        return DaskFrames.of(array)


def stack_with_axes(array: Any, axes: str, name: str = "array") -> Stack:
    """A numpy or dask array whose axes are named, such as ``"TCZYX"``, in any order, as a stack.

    Raises
    ------
    SourceError
        Names and shape do not go together.
    """
    shape = tuple(array.shape)
    if len(axes) != len(shape) or 0 in shape:
        raise SourceError(
            f"{name}: has the shape {shape}, which the {len(axes)} axes {axes} do not fit"
        )
    if "S" in axes and shape[axes.index("S")] not in (3, 4):
        raise SourceError(f"{name}: has {shape[axes.index('S')]} samples S; RGB has 3 or 4")
    leading = [letter for letter in axes if letter not in "YXS"]
    frame = "YXS" if "S" in axes else "YX"
    array = array.transpose([axes.index(letter) for letter in (*leading, *frame)])
    lengths = dict(zip(leading, array.shape, strict=False))
    moving = [letter for letter in leading if lengths[letter] > 1]
    array = array[tuple(slice(None) if n > 1 else 0 for n in lengths.values())]
    if len(moving) < 2:
        stack = stack_of_array(array, name, is_rgb="S" in axes)
        return replace(stack, played=moving[0] if moving else "T")
    if any(isnan(n) for n in shape):
        raise SourceError(f"{name}: has chunks of unknown size; call compute_chunk_sizes() first")
    array = array[..., :3] if "S" in axes else array
    planes = ArrayPlanes(array, tuple((letter, lengths[letter]) for letter in moving))
    planes.format.require_supported(name)
    return Stack((), name, planes=planes)


def _projected(array: Any, projection: str) -> Any:
    """An array (T, Z, ...) without its Z, lazily."""
    import dask.array as da

    if isinstance(array, np.ndarray):
        array = da.from_array(array, chunks=(1, *array.shape[1:]), name=False)
    array = array.rechunk({1: -1}).astype(array.dtype.newbyteorder("="))
    return da.map_blocks(
        _project_block,
        array,
        projection,
        drop_axis=1,
        dtype=projected_dtype(array.dtype, projection),
        meta=np.empty((0,) * (array.ndim - 1), projected_dtype(array.dtype, projection)),
    )


def _project_block(block: NDArray[Any], projection: str) -> NDArray[Any]:
    return np.stack([project(iter(volume), len(volume), projection) for volume in block])


def _renamed(sizes: tuple[tuple[str, int], ...], letters: str) -> tuple[tuple[str, int], ...]:
    return tuple((letter, n) for letter, (_, n) in zip(letters, sizes, strict=True))


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
    def chunk_starts(self) -> tuple[int, ...] | None:
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
