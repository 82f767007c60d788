"""Frames that may be shown several times in a row, as those of a slow series beside a fast one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from numpy.typing import NDArray

from ..geometry import CropBox
from .stack import FrameFormat, Frames, check_frames, delayed_of, identity_of, need_dask

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class HeldFrames:
    """Frames at moments of which several may show the same one.

    Attributes
    ----------
    frames : Frames
    places : sequence of int
        For each moment which of the frames is shown; they never go back.
    """

    frames: Frames
    places: Sequence[int]

    @property
    def format(self) -> FrameFormat:
        return self.frames.format

    @property
    def chunk_starts(self) -> tuple[int, ...] | None:
        starts = self.frames.chunk_starts
        if starts is None:
            return None
        return tuple(sorted({bisect_left(self.places, start) for start in (0, *starts)}))

    def __len__(self) -> int:
        return len(self.places)

    def label(self, index: int) -> str:
        return self.frames.label(self.places[index])

    def select(self, indices: Sequence[int]) -> HeldFrames:
        """These moments, with no other frames than they show."""
        shown = [self.places[index] for index in indices]
        needed = list(dict.fromkeys(shown))
        order = {place: number for number, place in enumerate(needed)}
        return HeldFrames(self.frames.select(needed), tuple(order[place] for place in shown))

    def check(self) -> None:
        check_frames(self.frames)

    def identity(self) -> object | None:
        frames = identity_of(self.frames)
        return None if frames is None else (frames, tuple(self.places))

    def read_frames(self, box: CropBox) -> Iterator[NDArray[Any]]:
        return self.held(self.frames.read_frames(box))

    def held(self, items: Iterable[_Item]) -> Iterator[_Item]:
        """What belongs to each moment, of what there is for each frame, which is taken once."""
        numbered = enumerate(items)
        number, item = next(numbered)
        for place in self.places:
            while number < place:
                number, item = next(numbered)
            yield item

    @property
    def needs_dask(self) -> bool:
        return need_dask(self.frames)

    def delayed(self, box: CropBox) -> Any:
        return delayed_of(self.frames, box, partial(HeldFrames, places=self.places))
