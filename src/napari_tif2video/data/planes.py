"""Which planes of a hyperstack follow each other, and how slices become one frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import SourceError
from ..geometry import CropBox
from .arrays import DaskFrames, NumpyFrames, require_known_sizes, stack_of_array
from .stack import FrameFormat, Frames, Stack, check_frames, identity_of


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
    require_known_sizes(shape, name)
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
