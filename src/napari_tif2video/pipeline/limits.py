"""Limits of a whole sequence: what is measured of every frame, and what follows from it.

Those of a series that is only previewed are measured once for each region, and remembered.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ..data import Frames
from ..errors import SourceError
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
    limits_at,
    measure,
    prepared_frames,
    smooth_limits,
)
from ..planning import Plan
from ..units import Limits
from .engine import Execution, Run, step
from .skip import without_bad_frames
from .tasks import Chunk, chunks_of, segments_of, task_of

if TYPE_CHECKING:
    from dask.delayed import Delayed

# Results that one task of the tree reduction combines.
_SPLIT_EVERY = 16


@dataclass(frozen=True)
class ToMeasure:
    """What is measured besides the range of each frame, and whether prepared frames are kept."""

    histograms: bool
    levels: bool
    keep: bool


@dataclass(frozen=True)
class Measured:
    """What is known of a sequence, or a part of it, once all its frames were seen.

    Attributes
    ----------
    ranges : tuple of tuple
        The limits that each frame would have by itself, for each channel.
    levels : tuple of tuple
        How bright it is, where limits are smoothed.
    histograms : tuple of Histogram
        One for each channel over all frames, where limits are percentiles of them all.
    chunks : list, optional
        What was prepared, where it fitted into memory, as further tasks take it.
    """

    ranges: tuple[tuple[Limits, ...], ...]
    levels: tuple[tuple[Level, ...], ...]
    histograms: tuple[Histogram, ...]
    chunks: list[Any] | None = None


def measure_chunk(picture: PictureSpec, wanted: ToMeasure, run: str, *sources: Frames) -> Chunk:
    """Measure some frames in a row, and keep them if told to."""
    histograms = [EMPTY] * len(sources)

    def count(channel: int, frame: NDArray[Any]) -> None:
        histograms[channel] += histogram(frame)

    ranges: list[tuple[Limits, ...]] = []
    levels: list[tuple[Level, ...]] = []
    kept: list[ChannelFrames] = []
    look = count if wanted.histograms else None
    if wanted.keep or wanted.levels:
        for frames in prepared_frames(sources, picture, look):
            ranges.append(tuple(prepared.range for prepared in frames))
            if wanted.levels:
                levels.append(tuple(map(level_of, frames)))
            if wanted.keep:
                kept.append(frames)
            step(run)
    else:
        for found in frames_in_turn(sources, picture, lambda _, frame: measure(frame), look):
            ranges.append(found)
            step(run)
    counted = tuple(histograms) if wanted.histograms else ()
    return Chunk(tuple(kept), Measured(tuple(ranges), tuple(levels), counted))


def combined(*parts: Measured | Chunk) -> Measured:
    """What is known of parts that follow each other, taken together."""
    found = [part.measured if isinstance(part, Chunk) else part for part in parts]
    return Measured(
        tuple(chain.from_iterable(part.ranges for part in found)),
        tuple(chain.from_iterable(part.levels for part in found)),
        tuple(sum(same, EMPTY) for same in zip(*(part.histograms for part in found), strict=True)),
    )


def measure_sequence(plan: Plan, run: Run, *, keep: bool) -> Measured:
    """Measure every frame, and keep what was prepared if told to."""
    from dask.delayed import delayed

    run.phase = "measuring"
    is_smooth = plan.contrast == "smooth"
    wanted = ToMeasure(plan.percentile is not None and not is_smooth, is_smooth, keep)
    what = (plan.picture, wanted, run.key)
    segments = segments_of(plan)
    spans = (chunk for segment in segments for chunk in chunks_of(plan, segment, run))
    chunks: list[Any] = [task_of(plan, span, measure_chunk, *what) for span in spans]
    measured: Measured
    if run.client is None and not keep:
        (measured,) = run.compute([_reduced(chunks)], plan.frames)
        return measured
    chunks = run.persist(chunks, plan.frames)
    if run.client is None:
        measured = combined(*chunks)
    else:
        take = delayed(_measured, pure=False)  # where it is: frames need not travel
        (measured,) = run.compute([_reduced([take(chunk) for chunk in chunks])], 0)
    return dataclasses.replace(measured, chunks=chunks if keep else None)


def _reduced(parts: list[Any]) -> Delayed:
    """What was measured of all parts, combined as a tree."""
    from dask.delayed import delayed

    combine_parts = delayed(combined, pure=False)
    while True:
        groups = (parts[i : i + _SPLIT_EVERY] for i in range(0, len(parts), _SPLIT_EVERY))
        parts = [combine_parts(*group) for group in groups]
        if len(parts) == 1:
            whole: Delayed = parts[0]
            return whole


def _measured(chunk: Chunk) -> Any:
    return chunk.measured


def limits_of(plan: Plan, sequences: Sequence[Measured]) -> SequenceLimits:
    """The limits of a sequence, or those that several have in common.

    Smoothed ones are different for each frame, and always those of a single sequence.
    """
    if plan.contrast == "smooth":
        (measured,) = sequences
        ranges = zip(*measured.ranges, strict=True)
        levels = zip(*measured.levels, strict=True)
        return tuple(zip(*map(smooth_limits, ranges, levels), strict=True))
    if plan.percentile is not None:
        counted = [measured.histograms for measured in sequences if measured.histograms]
        together = [sum(same, EMPTY) for same in zip(*counted, strict=True)]
        return (tuple(found.percentiles(plan.percentile) for found in together),)
    frames = (frame for measured in sequences for frame in measured.ranges)
    return (tuple(combine(channel) for channel in zip(*frames, strict=True)),)


def measured_limits(plan: Plan, run: Run, *, keep: bool) -> tuple[SequenceLimits, Measured]:
    """The limits of a video, and what was found on the way; see `measure_sequence`.

    Of several sources side by side each has its own, those of a video of its own.
    """
    if not plan.sources:
        measured = measure_sequence(plan, run, keep=keep)
        return limits_of(plan, [measured]), measured
    # What is kept on a cluster cannot be taken apart here.
    keep = keep and run.client is None
    own, found = _measured_sources(plan, run, keep=keep)
    histograms = tuple(chain.from_iterable(measured.histograms for measured in found))
    chunks = _side_by_side(plan, found, run) if keep else None
    return _at_moments(plan, own), Measured((), (), histograms, chunks)


def _measured_sources(
    plan: Plan, run: Run, *, keep: bool
) -> tuple[list[SequenceLimits], list[Measured]]:
    """The limits of each of several sources, and what was found on the way."""
    run.expect(sum(source.frames for source in plan.sources) - plan.frames)
    found = [measure_sequence(source, run, keep=keep) for source in plan.sources]
    own = [limits_of(s, [measured]) for s, measured in zip(plan.sources, found, strict=True)]
    if plan.contrast == "batch":
        for group in groups_of_channels(plan.sources):
            shared = limits_of(plan.sources[group[0]], [found[n] for n in group])
            own = [shared if n in group else each for n, each in enumerate(own)]
    return own, found


def groups_of_channels(plans: Sequence[Plan]) -> list[list[int]]:
    """Which of these show the same channels: by the name asked for, else by number."""
    groups: dict[Hashable, list[int]] = {}
    for number, plan in enumerate(plans):
        asked = plan.settings.channel
        is_named = isinstance(asked, str) and asked not in ("all", "each")
        key = asked if is_named else tuple(channel.number for channel in plan.stack.channels)
        groups.setdefault(key, []).append(number)
    return list(groups.values())


def _at_moments(plan: Plan, own: Sequence[SequenceLimits]) -> SequenceLimits:
    """The limits of all channels, of sources with limits of their own."""
    if all(len(limits) == 1 for limits in own):
        return (tuple(chain.from_iterable(limits[0] for limits in own)),)
    return tuple(
        tuple(chain.from_iterable(map(limits_at, own, places))) for places in _places(plan)
    )


def _side_by_side(plan: Plan, found: Sequence[Measured], run: Run) -> list[Chunk]:
    """What was prepared of each source, as the chunks of the video need it."""
    prepared = [[frames for c in each.chunks or () for frames in c.frames] for each in found]
    moments = [
        tuple(chain.from_iterable(map(list.__getitem__, prepared, places)))
        for places in _places(plan)
    ]
    spans = (chunk for segment in segments_of(plan) for chunk in chunks_of(plan, segment, run))
    return [Chunk(tuple(moments[span.start : span.stop])) for span in spans]


def _places(plan: Plan) -> Iterable[tuple[int, ...]]:
    """Which frame of each source is shown, moment by moment."""
    return zip(*plan.places, strict=True)


def known_limits(plan: Plan) -> SequenceLimits | None:
    """Limits of the series, if it was measured before; None otherwise."""
    limits: SequenceLimits | None = plan.stack.measured.get(measured_key(plan))
    return limits


def series_limits(plan: Plan, execution: Execution) -> SequenceLimits:
    """Limits of the series, measured unless they are known; those of a steady plan."""
    limits = known_limits(plan)
    if limits is None:
        try:
            with execution.run(plan) as run:
                limits, _ = measured_limits(plan, run, keep=False)
        except SourceError as exc:
            limits = _limits_with_gaps(plan, without_bad_frames(plan, execution, exc), execution)
        plan.stack.measured[measured_key(plan)] = limits
    return limits


def _limits_with_gaps(plan: Plan, whole: Plan, execution: Execution) -> SequenceLimits:
    """Limits for each frame of `plan`, as `whole` has them, which lacks some frames."""
    with execution.run(whole) as run:
        if not plan.sources:
            return _with_gaps(measured_limits(whole, run, keep=False)[0], plan, whole)
        own, _ = _measured_sources(whole, run, keep=False)
    pairs = zip(plan.sources, whole.sources, strict=True)
    # Without some of its frames, a source shows others at the same moment.
    filled = [_with_gaps(limits, *pair) for limits, pair in zip(own, pairs, strict=True)]
    return _at_moments(plan, filled)


def _with_gaps(limits: SequenceLimits, plan: Plan, whole: Plan) -> SequenceLimits:
    """Limits for each frame of `plan`: those that `whole` lacks have those of the one before."""
    if len(limits) == 1:
        return limits
    numbers = whole.timeline.frames
    found = dict(zip(numbers, limits, strict=True))
    filled = []
    last = limits[0]
    for number in plan.timeline.frames:
        last = found.get(number, last)
        filled.append(last)
    return tuple(filled)


def measured_key(plan: Plan) -> Any:
    """Equal for plans of a stack that have the same measured limits."""
    # Only smoothed limits depend on the shrunk frames.
    size = plan.picture.size if plan.contrast == "smooth" else None
    moves = plan.timeline.moves
    return plan.picture.box, moves, plan.indices, plan.percentile, size, plan.skips
