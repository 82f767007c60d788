"""Which planes of a hyperstack follow each other, and how slices become one frame.

Also how frames are taken from arrays that a user brings: numpy, or dask with any chunks.
"""

from __future__ import annotations

import copy
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import accumulate, product
from math import isnan, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import SourceError, one_line
from ..geometry import CropBox
from .stack import ALPHA_NOTE, FrameFormat, Frames, Stack, check_frames, identity_of


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

    def check(self) -> None:
        check_frames(self.planes)

    def identity(self) -> object | None:
        planes = identity_of(self.planes)
        return None if planes is None else (planes, self.depth, self.projection)

    def read_frames(self, box: CropBox) -> Iterator[NDArray[Any]]:
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

    def sequence(
        self, play: str, point: Mapping[str, int | slice], depth: str, projection: str
    ) -> Frames:
        lengths = dict(self.sizes)
        strides = {
            letter: prod(n for _, n in self.sizes[i + 1 :])
            for i, (letter, _) in enumerate(self.sizes)
        }
        start = sum(n * strides[letter] for letter, n in point.items() if isinstance(n, int))
        along, down = (
            range(0, lengths.get(letter, 1) * strides.get(letter, 1), strides.get(letter, 1))
            for letter in (play, depth)
        )
        place = point.get(depth)
        down = down[place] if isinstance(place, slice) else down
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

    def sequence(
        self, play: str, point: Mapping[str, int | slice], depth: str, projection: str
    ) -> Frames:
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
    if any(isnan(n) for n in shape):
        raise SourceError(f"{name}: has chunks of unknown size; call compute_chunk_sizes() first")
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
