"""Limits of a whole sequence: what is measured of every frame, and what follows from it.

Those of a series that is only previewed are measured once for each region, and remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from numpy.typing import NDArray

from ..data import Frames
from ..picture import (
    EMPTY,
    ChannelFrames,
    Histogram,
    Level,
    PictureSpec,
    SequenceLimits,
    combine,
    frames_in_turn,
    histogram,
    level_of,
    measure,
    prepared_frames,
    smooth_limits,
)
from ..planning import Plan
from ..units import Limits
from .engine import Execution, Job, step
from .tasks import Chunk, chunks_of, selected


@dataclass(frozen=True)
class ToMeasure:
    """What is measured besides the range of each frame, and whether prepared frames are kept."""

    histograms: bool
    levels: bool
    keep: bool


@dataclass
class Measured:
    """What is known of a sequence, or a part of it, once all its frames were seen.

    Attributes
    ----------
    ranges : list of tuple
        The limits that each moment would have by itself, for each channel.
    levels : list of tuple
        How bright it is, where limits are smoothed.
    histograms : tuple of Histogram
        One for each channel over all frames, where limits are percentiles of them all.
    chunks : list of Chunk, optional
        What was prepared, where it fitted into memory.
    """

    ranges: list[tuple[Limits, ...]] = field(default_factory=list)
    levels: list[tuple[Level, ...]] = field(default_factory=list)
    histograms: tuple[Histogram, ...] = ()
    chunks: list[Chunk] | None = None

    def add(self, part: Measured) -> None:
        """Take in the part that comes next."""
        self.ranges += part.ranges
        self.levels += part.levels
        pairs = zip(self.histograms, part.histograms, strict=True)
        self.histograms = tuple(a + b for a, b in pairs) if self.histograms else part.histograms
        if self.chunks is not None and part.chunks is not None:
            self.chunks += part.chunks


def measure_task(
    sources: Sequence[Frames], first: int, picture: PictureSpec, wanted: ToMeasure, job: str
) -> Measured:
    """Measure some moments in a row."""
    histograms = [EMPTY] * len(sources)

    def count(channel: int, frame: NDArray[Any]) -> None:
        histograms[channel] += histogram(frame)

    found = Measured()
    moments: list[ChannelFrames] = []
    look = count if wanted.histograms else None
    if wanted.keep or wanted.levels:
        for moment in prepared_frames(sources, picture, look):
            found.ranges.append(tuple(prepared.range for prepared in moment))
            if wanted.levels:
                found.levels.append(tuple(map(level_of, moment)))
            if wanted.keep:
                moments.append(moment)
            step(job)
    else:
        for ranges in frames_in_turn(sources, picture, lambda _, frame: measure(frame), look):
            found.ranges.append(ranges)
            step(job)
    if wanted.histograms:
        found.histograms = tuple(histograms)
    if wanted.keep:
        found.chunks = [Chunk(first, tuple(moments))]
    return found


def measure_sequence(plan: Plan, job: Job, *, keep: bool) -> Measured:
    """Measure every frame, and keep what was prepared if told to."""
    job.phase = "measuring"
    is_smooth = plan.contrast == "smooth"
    wanted = ToMeasure(plan.percentile is not None and not is_smooth, is_smooth, keep)
    measured = Measured(chunks=[] if keep else None)
    graph: dict[Hashable, Any] = {}
    # A chain of its own, so that each part is dropped from memory once it is taken in.
    previous = None
    for span in chunks_of(plan.stack.frames):
        sources, key = selected(plan, span), ("measure", span.start)
        graph[key] = (partial(measure_task, sources, span.start, plan.picture, wanted, job.key),)
        graph["add", span.start] = (partial(_add, measured.add), previous, key)
        previous = ("add", span.start)
    job.run(graph, previous)
    return measured


def _add(add: Callable[[Measured], None], _previous: None, part: Measured) -> None:
    add(part)


def limits_of(plan: Plan, sequences: Sequence[Measured]) -> SequenceLimits:
    """The limits of a sequence, or those that several have in common.

    Smoothed ones are different for each moment, and always those of a single sequence.
    """
    if plan.contrast == "smooth":
        (measured,) = sequences
        ranges = zip(*measured.ranges, strict=True)
        levels = zip(*measured.levels, strict=True)
        return tuple(zip(*map(smooth_limits, ranges, levels), strict=True))
    if plan.percentile is not None:
        together = [
            sum(same, EMPTY) for same in zip(*(m.histograms for m in sequences), strict=True)
        ]
        return (tuple(found.percentiles(plan.percentile) for found in together),)
    moments = (moment for measured in sequences for moment in measured.ranges)
    return (tuple(combine(channel) for channel in zip(*moments, strict=True)),)


def known_limits(plan: Plan) -> SequenceLimits | None:
    """Limits of the series, if it was measured before; None otherwise."""
    limits: SequenceLimits | None = plan.stack.measured.get(measured_key(plan))
    return limits


def series_limits(plan: Plan, execution: Execution) -> SequenceLimits:
    """Limits of the series, measured unless they are known."""
    limits = known_limits(plan)
    if limits is None:
        with execution.job(plan.frames) as job:
            limits = limits_of(plan, [measure_sequence(plan, job, keep=False)])
        plan.stack.measured[measured_key(plan)] = limits
    return limits


def measured_key(plan: Plan) -> Any:
    """Equal for plans of a stack that have the same measured limits."""
    # Only smoothed limits depend on the shrunk frames.
    size = plan.picture.size if plan.contrast == "smooth" else None
    return plan.picture.box, plan.indices, plan.percentile, size
