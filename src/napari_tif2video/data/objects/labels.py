"""Label images: frames whose counts are the numbers of objects, whatever type they have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import SourceError
from ...geometry import CropBox
from ..stack import FrameFormat, Frames, OtherFrames, delayed_of, identity_of

_LABEL = np.dtype(np.uint32)


@dataclass(frozen=True)
class LabelFrames(OtherFrames):
    """Frames as labels: unsigned whole numbers.

    Programs that know no other type for many objects write them as floating point numbers.
    """

    frames: Frames

    def __post_init__(self) -> None:
        if self.frames.format.is_rgb:
            raise SourceError(
                "is in colour; expected label images, in which each count is the number of an "
                "object"
            )

    @property
    def format(self) -> FrameFormat:
        form = self.frames.format
        is_plain = form.dtype.kind == "u"
        return replace(form, dtype=form.dtype if is_plain else _LABEL, white_is_zero=False)

    def select(self, indices: Sequence[int]) -> LabelFrames:
        return replace(self, frames=self.frames.select(indices))

    def identity(self) -> object | None:
        return identity_of(self.frames)

    def read_frames(self, box: CropBox) -> Iterator[NDArray[Any]]:
        for number, frame in enumerate(self.frames.read_frames(box)):
            yield frame if frame.dtype.kind == "u" else self._as_labels(frame, number)

    def delayed(self, box: CropBox) -> Any:
        return delayed_of(self.frames, box, LabelFrames)

    def _as_labels(self, frame: NDArray[Any], number: int) -> NDArray[Any]:
        if frame.dtype.kind == "b":
            return frame.astype(np.uint8)
        with np.errstate(invalid="ignore"):
            labels = frame.astype(_LABEL)
        wrong = labels != frame
        if wrong.any():
            value = frame[wrong][0]
            raise SourceError(
                f"{self.label(number)}: holds {value:g}, which is no label; labels are whole "
                "numbers from 0 to 4294967295"
            )
        return labels
