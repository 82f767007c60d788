"""What a source of frames offers to the rest: their size and type, and ways to read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import SourceError
from .geometry import Box

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

    def sequence(self, play: str, point: Mapping[str, int], depth: str, projection: str) -> Frames:
        """The frames along the axis `play` (or one frame, if empty).

        Other axes stand at `point`, but for the axis `depth`: if given, all its planes become one
        by `projection`, "max", "mean" or "sum".
        """
        ...
