"""`Stack`: a sequence of frames of one size and type, with what is known about it.

The only owner of the order of axes: frames are (Y, X) or (Y, X, 3), a stack is (T, frame), a
hyperstack, of which a part has to be chosen, (T, C, Z, frame) or whatever axes it has. `Frames` is
what a source of frames offers to the rest of the package.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from ..colours import ChannelInfo, Display
from ..errors import SourceError
from ..geometry import CropBox
from ..overlays import Drawing
from .calibration import Calibration

if TYPE_CHECKING:
    import dask.array as da

# Kinds of numpy types that can be shown: bool, integers, floating point.
_SUPPORTED_KINDS = "buif"

ALPHA_NOTE = "its alpha channel is left out"


@dataclass(frozen=True)
class FrameFormat:
    """Shape, (height, width) or (height, width, 3), and native type of every frame of a stack.

    Attributes
    ----------
    white_is_zero : bool
        Whether small counts mean bright.
    has_alpha : bool
        Whether there was a fourth sample a pixel, which is left out.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    white_is_zero: bool = False
    has_alpha: bool = field(default=False, compare=False)

    @property
    def size(self) -> tuple[int, int]:
        return self.shape[0], self.shape[1]

    @property
    def is_rgb(self) -> bool:
        return len(self.shape) == 3

    @property
    def nbytes(self) -> int:
        return prod(self.shape) * self.dtype.itemsize

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user may not expect."""
        notes: tuple[str, ...] = ()
        if self.white_is_zero:
            notes += ("is stored with white as zero (MinIsWhite) and shown so",)
        if self.has_alpha:
            notes += (ALPHA_NOTE,)
        return notes

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
        kind = "RGB " if self.is_rgb else "MinIsWhite " if self.white_is_zero else ""
        return f"{self.shape[1]}x{self.shape[0]} {kind}{self.dtype.name}"


class Frames(Protocol):
    """Where the frames of a stack come from. Picklable, so that tasks can travel."""

    @property
    def format(self) -> FrameFormat: ...

    @property
    def chunk_starts(self) -> tuple[int, ...] | None:
        """First frames of the groups that are read together, or None where any group will do."""
        ...

    def __len__(self) -> int: ...

    def label(self, index: int) -> str:
        """What a message calls a frame, such as the name of its file."""
        ...

    def select(self, indices: Sequence[int]) -> Frames:
        """These frames alone, as something small enough to travel with a task."""
        ...

    def read_frames(self, box: CropBox) -> Iterator[NDArray[Any]]:
        """The pixels inside `box` of every frame in turn.

        What is yielded is for reading only, and only until the next one is asked for: it may be
        a buffer that is used again.
        """
        ...


def check_frames(frames: Frames) -> None:
    """Look at size and type of all frames without reading them, where they may differ.

    Raises
    ------
    SourceError
        A frame is unlike the first one, or its file is cut off.
    """
    check = getattr(frames, "check", None)
    if check is not None:
        check()


class DelayedFrames(Frames, Protocol):
    """Frames that dask has to compute before a task can read them."""

    def delayed(self, box: CropBox) -> Any:
        """The same frames of blocks that are computed, as a `dask.delayed` object."""
        ...


def need_dask(frames: Frames) -> TypeGuard[DelayedFrames]:
    """Whether dask has to compute these frames before a task can read them."""
    return bool(getattr(frames, "needs_dask", False))


def delayed_of(frames: Frames, box: CropBox, make: Callable[[Any], Frames]) -> Any:
    """What `make` makes of frames that dask computes, as a `dask.delayed` object.

    It has to come without these frames, which hold the graph.
    """
    from dask.delayed import delayed

    assert need_dask(frames)
    return delayed(make, pure=False)(frames.delayed(box))


class OtherFrames:
    """What frames have in common that are made of others, each of one, with other pixels."""

    frames: Frames

    @property
    def needs_dask(self) -> bool:
        return need_dask(self.frames)

    @property
    def chunk_starts(self) -> tuple[int, ...] | None:
        return self.frames.chunk_starts

    def __len__(self) -> int:
        return len(self.frames)

    def label(self, index: int) -> str:
        return self.frames.label(index)

    def check(self) -> None:
        check_frames(self.frames)


def identity_of(frames: Frames) -> object | None:
    """What tells these frames from others without reading them; None where nothing does.

    Of files, it is their names, sizes and times of change. Its `repr` is the same in any process.

    Raises
    ------
    SourceError
        A file is not there.
    """
    identity = getattr(frames, "identity", None)
    found: object | None = None if identity is None else identity()
    return found


class Planes(Protocol):
    """The planes of a hyperstack, on a grid of axes.

    Attributes
    ----------
    sizes : tuple of (str, int)
        Letter and length of each axis before the frame's own, slowest first.
    frames : Frames, optional
        All planes one after the other, where they can be read like that.
    """

    @property
    def format(self) -> FrameFormat: ...

    @property
    def sizes(self) -> tuple[tuple[str, int], ...]: ...

    @property
    def frames(self) -> Frames | None: ...

    @property
    def array(self) -> Any:
        """The planes as an array, where `frames` is None."""
        ...

    def renamed(self, letters: str) -> Planes:
        """The same planes with other names of their axes."""
        ...

    def sequence(
        self, play: str, point: Mapping[str, int | slice], depth: str, projection: str
    ) -> Frames:
        """The frames along the axis `play` (or one frame, if empty).

        Other axes stand at `point`, but for the axis `depth`: if given, all its planes, or those
        of a slice at `point`, become one by `projection`, one of `Z_PROJECTIONS` or ``"min"``.
        """
        ...


class _Origin:
    """Where a lazy array came from. Its graph holds this, so it lives as long as the array."""

    def __init__(self, stack: Stack, frames: Frames) -> None:
        self.stack: Stack | None = stack
        self.frames = frames

    def __getstate__(self) -> dict[str, Any]:
        """What travels with a task: the stack holds the array, and with it the whole graph."""
        return {"stack": None, "frames": self.frames}


# The lazy arrays that were made from stacks, so that such an array leads back to its files.
_origin_of_array: WeakValueDictionary[str, _Origin] = WeakValueDictionary()


@dataclass(frozen=True)
class Channel:
    """One of the image sequences that make up a stack, and how it is shown.

    Attributes
    ----------
    name : str
        As the source calls it, if it does.
    number : int
        Its place among the channels of the source, from 0.
    stored_limits : (float, float), optional
        The display range that is stored in the source.
    """

    frames: Frames
    display: Display = field(default_factory=Display)
    name: str = ""
    number: int = 0
    stored_limits: tuple[float, float] | None = None

    @property
    def label(self) -> str:
        """What people call it: its name, or its number where it has none."""
        return self.name or str(self.number)


@dataclass(frozen=True, eq=False)
class Stack:
    """A lazy image sequence.

    Attributes
    ----------
    channels : tuple of Channel
        Sequences of the same length and size, put on top of each other; mostly one. A hyperstack
        has none until a part of it is chosen (`planning.choose`).
    name : str
        Names the source in messages and in the names of videos.
    path : Path, optional
        The folder or file it was read from.
    notes : tuple of str
        What should be said about how it came together.
    measured : dict
        What `pipeline` measured in regions of it; shared by its selections.
    played : str
        What the source calls the axis along which the frames follow each other: T, Z, C.
    planes : Planes, optional
        Of a hyperstack.
    channel_info : tuple of ChannelInfo
        What is known about the channels of the source, if anything.
    calibration : Calibration
    images : tuple of Stack
        Where the source holds several, such as positions on a stage: each of them. A setting
        chooses one (`planning.choose`), and until then there are no frames.
    image_names : tuple of str
        What the source calls them; empty where it does not.
    position : int, optional
        Which of several images of the source it is.
    left_out : int
        How many files or pages of the source are no part of it; the notes name them.
    drawings : tuple of Drawing
        What is drawn onto the frames, from the bottom up.
    placed : callable, optional
        Of layers of napari: makes of another layer's coordinates those of the frames, along the
        axis that is played; None where it has no such axis.
    """

    channels: tuple[Channel, ...]
    name: str
    path: Path | None = None
    notes: tuple[str, ...] = ()
    measured: dict[Any, Any] = field(default_factory=dict, repr=False)
    played: str = "T"
    planes: Planes | None = None
    channel_info: tuple[ChannelInfo, ...] = ()
    calibration: Calibration = field(default_factory=Calibration)
    images: tuple[Stack, ...] = ()
    image_names: tuple[str, ...] = ()
    position: int | None = None
    left_out: int = 0
    drawings: tuple[Drawing, ...] = ()
    placed: Callable[[Any, str], NDArray[Any] | None] | None = None

    @classmethod
    def of(cls, frames: Frames, name: str, path: Path | None = None) -> Stack:
        """A stack of one channel."""
        form = frames.format
        channel = Channel(frames, Display(invert=form.white_is_zero))
        return cls((channel,), name, path, notes=form.notes)

    @property
    def frames(self) -> Frames:
        """The frames of the first channel."""
        if self.images:
            raise SourceError(
                f"{self.path or self.name}: holds {len(self.images)} positions; choose one with "
                "position"
            )
        if not self.channels:
            raise SourceError(
                f"{self.path or self.name}: is a hyperstack with the axes {self.axes}; choose "
                "what is shown with channel, z and play"
            )
        return self.channels[0].frames

    def select(self, indices: Sequence[int]) -> Stack:
        """Only these points in time, in this order."""
        channels = (replace(c, frames=c.frames.select(indices)) for c in self.channels)
        drawings = (drawing.select(indices) for drawing in self.drawings)
        return replace(
            self,
            channels=tuple(channels),
            calibration=self.calibration.select(indices),
            drawings=tuple(drawings),
        )

    def calibrated(self, calibration: Calibration) -> Stack:
        """The same frames with another calibration."""
        return replace(self, calibration=calibration)

    @property
    def format(self) -> FrameFormat:
        """Size and type of every frame."""
        if self.images:
            return self.images[0].format
        return self.frames.format if self.planes is None else self.planes.format

    @property
    def sizes(self) -> tuple[tuple[str, int], ...]:
        """Letter and length of each axis before those of a frame."""
        if self.images:
            return ("P", len(self.images)), *self.images[0].sizes
        return ((self.played, len(self.frames)),) if self.planes is None else self.planes.sizes

    @property
    def shape(self) -> tuple[int, ...]:
        return (*(n for _, n in self.sizes), *self.format.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.format.dtype

    @property
    def axes(self) -> str:
        """One letter an axis: ``"TYX"``, with S for RGB, or ``"TCZYX"`` for a hyperstack.

        A single axis is time, for it is played: programs save time series as slices or channels.
        """
        if self.images:
            return "P" + self.images[0].axes
        leading = "T" if self.planes is None else "".join(letter for letter, _ in self.sizes)
        return leading + ("YXS" if self.format.is_rgb else "YX")

    @property
    def pixel_size_um(self) -> float | None:
        """Width of a pixel in µm, if it is known."""
        return self.calibration.pixel_size_um

    @property
    def pixel_size_origin(self) -> str:
        """Who says so, such as "from OME metadata"."""
        return self.calibration.pixel_size_origin

    @property
    def z_spacing_um(self) -> float | None:
        """Distance of the slices in µm, if it is known."""
        return self.calibration.z_spacing_um

    @property
    def frame_interval_s(self) -> float | None:
        """Time between frames in s, if it is known."""
        return self.calibration.frame_interval_s

    @property
    def frame_interval_origin(self) -> str:
        """Who says so, such as "from ImageJ metadata"."""
        return self.calibration.frame_interval_origin

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def labels(self) -> list[str]:
        """What each frame is called: the name of its file, or its page."""
        return [self.frames.label(i) for i in range(len(self))]

    @cached_property
    def data(self) -> da.Array:
        """The frames as a lazy dask array of `shape`, one frame a chunk."""
        import dask.array as da  # costs over a second where scipy is installed

        if self.images:
            if len({(image.shape, image.dtype) for image in self.images}) > 1:
                raise SourceError(
                    f"{self.path or self.name}: holds {len(self.images)} positions of different "
                    "sizes; take the data of each of its images"
                )
            together: da.Array = da.stack([image.data for image in self.images])
            return together
        frames = self.frames if self.planes is None else self.planes.frames
        if frames is None:
            assert self.planes is not None
            whole: da.Array = da.asarray(self.planes.array)
            return whole
        chunks = (*((1,) * n for _, n in self.sizes), *((n,) for n in self.format.shape))
        lazy = getattr(frames, "lazy", None)
        if lazy is not None:  # a task of ours would have to run others
            own: da.Array = lazy.astype(self.dtype).rechunk(chunks)
            return own
        origin = _Origin(self, frames)
        array: da.Array = da.map_blocks(
            _read_block,
            origin=origin,
            sizes=tuple(n for _, n in self.sizes),
            name=f"tif2video-{uuid.uuid4().hex}",
            chunks=chunks,
            meta=np.empty((0,) * len(chunks), self.dtype),
        )
        _origin_of_array[array.name] = origin
        return array

    @staticmethod
    def behind(array: Any) -> Stack | None:
        """The stack whose `data` this dask array is, if it is one."""
        origin = _origin_of_array.get(getattr(array, "name", ""))
        return None if origin is None else origin.stack


def _read_block(
    origin: _Origin, sizes: tuple[int, ...], block_id: tuple[int, ...] = ()
) -> NDArray[Any]:
    """One frame; `sizes` are those of the axes in front of it.

    With `block_info`, which tells more, 10,000 frames took 0.6 s to lay out, not 2 ms.
    """
    frames, leading = origin.frames, len(sizes)
    index = np.ravel_multi_index(block_id[:leading], sizes)
    whole = CropBox.whole(frames.format.size)
    (frame,) = (f.copy() for f in frames.select([int(index)]).read_frames(whole))
    return frame[(np.newaxis,) * leading]
