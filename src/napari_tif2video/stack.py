"""`Stack`: a sequence of frames of one size and type, with what is known about it.

The only owner of the order of axes: frames are (Y, X) or (Y, X, 3), a stack is (T, frame).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from .display import Display
from .errors import SourceError
from .geometry import Box

if TYPE_CHECKING:
    import dask.array as da

# Kinds of numpy types that can be shown: bool, integers, floating point.
_SUPPORTED_KINDS = "buif"


@dataclass(frozen=True)
class FrameFormat:
    """Shape, (height, width) or (height, width, 3), and native type of every frame of a stack."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def size(self) -> tuple[int, int]:
        return self.shape[0], self.shape[1]

    @property
    def is_rgb(self) -> bool:
        return len(self.shape) == 3

    @property
    def nbytes(self) -> int:
        return prod(self.shape) * self.dtype.itemsize

    def require_supported(self, where: object) -> None:
        if self.dtype.kind not in _SUPPORTED_KINDS:
            raise SourceError(
                f"{where}: holds {self.dtype.name} values; bool, integers and floating point "
                "numbers can be converted"
            )

    def check(self, other: FrameFormat, where: object, first: str) -> None:
        if other != self:
            raise SourceError(
                f"{where}: is {other}, but the sequence began with {self} ({first}); "
                "all frames must be alike, use --match to choose some"
            )

    def __str__(self) -> str:
        return f"{self.shape[1]}x{self.shape[0]} {'RGB ' if self.is_rgb else ''}{self.dtype.name}"


class Frames(Protocol):
    """Where the frames of a stack come from. Picklable, so that tasks can travel."""

    @property
    def format(self) -> FrameFormat: ...

    @property
    def batch_starts(self) -> tuple[int, ...] | None:
        """First frames of the groups that are read together, or None where any group will do."""
        ...

    def __len__(self) -> int: ...

    def label(self, index: int) -> str:
        """What a message calls a frame, such as the name of its file."""
        ...

    def select(self, indices: Sequence[int]) -> Frames:
        """These frames alone, as something small enough to travel with a task."""
        ...

    def read_frames(self, box: Box) -> Iterator[NDArray[Any]]:
        """The pixels inside `box` of every frame in turn.

        What is yielded is for reading only, and only until the next one is asked for: it may be
        a buffer that is used again.
        """
        ...


class _Origin:
    """Where a lazy array came from. Its graph holds this, so it lives as long as the array."""

    def __init__(self, stack: Stack) -> None:
        self.stack: Stack | None = stack
        self.frames = stack.frames

    def __getstate__(self) -> dict[str, Any]:
        """What travels with a task: the stack holds the array, and with it the whole graph."""
        return {"stack": None, "frames": self.frames}


# The lazy arrays that were made from stacks, so that such an array leads back to its files.
_origin_of_array: WeakValueDictionary[str, _Origin] = WeakValueDictionary()


@dataclass(frozen=True)
class Channel:
    """One of the image sequences that make up a stack, and how it is shown."""

    frames: Frames
    display: Display = field(default_factory=Display)


@dataclass(frozen=True, eq=False)
class Stack:
    """A lazy image sequence.

    Attributes
    ----------
    channels : tuple of Channel
        Sequences of the same length and size, put on top of each other; mostly one.
    name : str
        Names the source in messages and in the names of videos.
    path : Path, optional
        The folder or file it was read from.
    notes : tuple of str
        What should be said about how it came together.
    measured : dict
        What `limits` found out about regions of it; shared by its selections.
    """

    channels: tuple[Channel, ...]
    name: str
    path: Path | None = None
    notes: tuple[str, ...] = ()
    measured: dict[Any, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, frames: Frames, name: str, path: Path | None = None) -> Stack:
        """A stack of one channel."""
        return cls((Channel(frames),), name, path)

    @property
    def frames(self) -> Frames:
        """The frames of the first channel."""
        return self.channels[0].frames

    def select(self, indices: Sequence[int]) -> Stack:
        """Only these points in time, in this order."""
        channels = (Channel(c.frames.select(indices), c.display) for c in self.channels)
        return Stack(tuple(channels), self.name, self.path, self.notes, self.measured)

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.frames), *self.frames.format.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.frames.format.dtype

    @property
    def axes(self) -> str:
        """One letter an axis: ``"TYX"`` or, for RGB, ``"TYXS"``."""
        return "TYXS" if self.frames.format.is_rgb else "TYX"

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def labels(self) -> list[str]:
        """What each frame is called: the name of its file, or its page."""
        return [self.frames.label(i) for i in range(len(self))]

    @cached_property
    def data(self) -> da.Array:
        """The frames as a lazy dask array of `shape`, one frame a chunk."""
        import dask.array as da  # costs over a second where scipy is installed

        frame_shape = self.frames.format.shape
        chunks = ((1,) * len(self), *((n,) for n in frame_shape))
        origin = _Origin(self)
        array: da.Array = da.map_blocks(
            _read_block,
            origin=origin,
            name=f"tif2video-{uuid.uuid4().hex}",
            chunks=chunks,
            dtype=self.dtype,
            meta=np.empty((0,) * (1 + len(frame_shape)), self.dtype),
        )
        _origin_of_array[array.name] = origin
        return array

    @staticmethod
    def behind(array: Any) -> Stack | None:
        """The stack whose `data` this dask array is, if it is one."""
        origin = _origin_of_array.get(getattr(array, "name", ""))
        return None if origin is None else origin.stack


def _read_block(origin: _Origin, block_info: Any = None) -> NDArray[Any]:
    frames = origin.frames
    index = block_info[None]["chunk-location"][0]
    height, width = frames.format.size
    (frame,) = (f.copy() for f in frames.select([index]).read_frames(Box(0, 0, height, width)))
    return frame[np.newaxis]
