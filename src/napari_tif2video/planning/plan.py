"""`Plan`: everything about a video that is decided before any pixel is read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..data import FrameFormat, MovedFrames, Stack
from ..encode import Encoder
from ..geometry import Move
from ..overlays import Scale, Timeline
from ..picture import PictureSpec
from ..recipe import CONTRASTS
from ..settings import AUTO_PERCENTILE, TITLE_S, VideoSettings
from ..units import few_of
from .draw import Drawn
from .moves import below_box, drift_notes

# So many frames that are left out a note names.
_NAMED = 8


@dataclass(frozen=True)
class BadFrame:
    """A frame that cannot be read, and was left out.

    Attributes
    ----------
    frame : int
        Its number in the source, from 0.
    name : str
        What the source calls it, such as the name of its file.
    error : str
    """

    frame: int
    name: str
    error: str


@dataclass(frozen=True)
class Plan:
    """A video that can be made: nothing in it is left to decide but measured limits.

    Attributes
    ----------
    indices : range
        Which frames of the source are shown.
    contrast : str
        Where the limits come from, one of `CONTRASTS`; "raw" has none.
    notes : tuple of str
        What the user should know before it starts.
    timeline : Timeline
        Number in the source and, where it is shown, time of each frame.
    scale : Scale, optional
        How many µm a pixel of the video shows, where it is known.
    scale_bar_um : float, optional
        Length of the scale bar.
    bad_frames : tuple of BadFrame
        Those of `indices` that turned out to be unreadable, and are left out.
    sources : tuple of Plan
        Where several sources are side by side: the plan of each as a video of its own.
    places : tuple
        For each of these which of its frames is shown, frame by frame of this video.
    followed : int, optional
        The number of the track that the box follows.
    drawn : tuple of Drawn
        The files and arrays that are drawn at places of the data.
    """

    stack: Stack
    settings: VideoSettings
    indices: range
    picture: PictureSpec
    encoder: Encoder
    contrast: str
    notes: tuple[str, ...]
    timeline: Timeline
    scale: Scale | None = None
    scale_bar_um: float | None = None
    bad_frames: tuple[BadFrame, ...] = ()
    sources: tuple[Plan, ...] = ()
    places: tuple[tuple[int, ...], ...] = ()
    followed: int | None = None
    drawn: tuple[Drawn, ...] = ()

    @property
    def frames(self) -> int:
        return len(self.stack)

    @property
    def fps(self) -> Fraction:
        return self.settings.fps

    @property
    def duration_s(self) -> float:
        """How long the frames take; the title comes before them."""
        return float(self.frames / self.fps)

    @property
    def title(self) -> str | None:
        return self.settings.title

    @property
    def title_frames(self) -> int:
        """How many frames of the video show the title, before the first one of the data."""
        if self.title is None:
            return 0
        duration_s = self.settings.title_duration
        return max(1, round((TITLE_S if duration_s is None else duration_s) * self.fps))

    @property
    def source_format(self) -> FrameFormat:
        """Size and type of the frames of the source, of which a box may show a part."""
        if self.sources:
            return self.sources[0].source_format
        frames = self.stack.frames
        return frames.frames.format if isinstance(frames, MovedFrames) else frames.format

    @property
    def is_to_stabilise(self) -> bool:
        """Whether its drift is to be taken back, but was not yet measured."""
        if self.sources:
            return any(source.is_to_stabilise for source in self.sources)
        return self.settings.stabilise and self.timeline.moves is None

    @property
    def skips(self) -> bool:
        """Whether frames that cannot be read are left out."""
        return self.settings.on_error == "skip"

    def with_note(self, note: str) -> Plan:
        return dataclasses.replace(self, notes=(*self.notes, note))

    def without(self, errors: Mapping[int, str]) -> Plan:
        """The same video without some of its frames; the others keep their numbers and times.

        Parameters
        ----------
        errors : mapping
            What is wrong with each, by its place in this video.
        """
        kept = [place for place in range(self.frames) if place not in errors]
        stack, timeline = self.stack, self.timeline
        bad = tuple(
            BadFrame(timeline.frames[place], stack.frames.label(place), error)
            for place, error in sorted(errors.items())
        )
        note = (
            f"{len(bad)} of {self.frames} frames cannot be read, and are left out: "
            f"{few_of([frame.name for frame in bad], _NAMED)}; of the first: {bad[0].error}"
        )
        return dataclasses.replace(
            self,
            # The interval between frames of the source is what it was.
            stack=stack.select(kept).calibrated(stack.calibration.without_frames(kept)),
            timeline=timeline.select(kept),
            notes=(*self.notes, note),
            bad_frames=bad,
        )

    @property
    def needs_measuring(self) -> bool:
        """Whether all frames have to be seen before the first one can be shown."""
        return CONTRASTS[self.contrast].is_measured

    @property
    def percentile(self) -> tuple[float, float] | None:
        """The percentiles that become black and white; None for smallest and largest count."""
        return AUTO_PERCENTILE if self.contrast == "auto" else self.settings.percentile

    @property
    def has_own_limits(self) -> bool:
        """Whether each frame is shown with limits of its own."""
        return CONTRASTS[self.contrast].has_own_limits


def stabilised(plan: Plan, moves: Sequence[Move]) -> Plan:
    """The plan with the drift of each frame taken back: how far down and to the right it was."""
    frame, box = plan.stack.frames.format.size, plan.picture.box
    return dataclasses.replace(
        plan,
        stack=below_box(plan.stack, moves, frame),
        timeline=dataclasses.replace(plan.timeline, moves=tuple(moves)),
        notes=(*plan.notes, *drift_notes(moves, box, frame)),
    )
