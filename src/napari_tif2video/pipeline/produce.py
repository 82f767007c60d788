"""A plan becomes a file: measured, encoded, joined, checked and, if asked, verified."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import fmean

from ..encode import (
    EncodedSegment,
    Fidelity,
    FrameCheck,
    Spool,
    VideoWriter,
    check_video,
    psnr_db,
    verify_video,
)
from ..errors import Cancelled
from ..picture import FrameStats, SequenceLimits
from ..planning import Plan
from ..recipe import Recipe
from .describe import recipe_of, source_name
from .drift import steady
from .engine import Execution, Run, step
from .fit import higher_rate, is_spoilt, too_small, with_palette, with_rate
from .limits import Measured, measured_limits
from .resume import KeptSegments, segment_keys
from .tasks import Segment, encode_sequence, encoded_title, prepared_nbytes


@dataclass(frozen=True)
class BatchLimits:
    """Limits that were measured over several sources.

    Attributes
    ----------
    limits : tuple
    sources : tuple of str
        Names of all of them.
    measured : Measured, optional
        What was found in the source at hand.
    """

    limits: SequenceLimits
    sources: tuple[str, ...]
    measured: Measured | None


@dataclass(frozen=True)
class FinishedFile:
    """A finished file that has no name yet, and what was learnt on the way.

    Attributes
    ----------
    plan : Plan
        As it was carried out: with the palette and the rate factor that were found.
    psnr_db : float, optional
        Where the file was to keep below a size: how close it is to the pictures.
    fidelity : Fidelity, optional
        Where it was verified.
    """

    plan: Plan
    stats: list[FrameStats]
    recipe: Recipe
    nbytes: int
    psnr_db: float | None
    fidelity: Fidelity | None


@dataclass
class _Encoded:
    """What was learnt about the frames, and the segments that wait to be joined.

    Attributes
    ----------
    spool : Spool, optional
        Where these wait, unless they are kept elsewhere.
    """

    spool: Spool | None
    stats: list[FrameStats] = field(default_factory=list)
    checks: list[FrameCheck] = field(default_factory=list)
    squared_error: float = 0.0
    first: EncodedSegment | None = None

    def append(self, segment: Segment) -> None:
        encoded = segment.encoded
        if self.spool is not None:
            self.spool.append(encoded)
        self.stats.extend(segment.stats)
        self.checks.extend(encoded.checks)
        self.squared_error += encoded.squared_error
        self.first = self.first or encoded


def make_video(
    plan: Plan,
    part: Path,
    execution: Execution,
    shared: BatchLimits | None,
    kept: KeptSegments | None = None,
    *,
    verify: bool,
) -> FinishedFile:
    """Make the file `part` according to a plan.

    Parameters
    ----------
    kept : KeptSegments, optional
        Segments that were finished by a run that was stopped; new ones are added.

    Raises
    ------
    SourceError, EncodingError, OutputError
    """
    plan = steady(plan, execution)
    limits, measured = (None, None) if shared is None else (shared.limits, shared.measured)
    measures = plan.needs_measuring and shared is None
    keep = measures and sum(map(prepared_nbytes, plan.sources or [plan])) <= execution.budget
    prepares = measured is None or measured.chunks is None
    plan = replace(plan, encoder=replace(plan.encoder, is_verified=verify))
    steps = 1 + prepares + (measures and not keep) + verify
    with execution.run(plan, steps) as run:
        if measures:
            limits, measured = measured_limits(plan, run, keep=keep)
        plan = with_rate(with_palette(plan, limits, run), limits, run)
        made, checks = _encode(plan, part, execution, run, limits, measured, shared, kept)
        while plan.settings.max_size is not None and made.nbytes > plan.settings.max_size:
            run.expect(plan.frames)
            plan = higher_rate(plan, made.nbytes, limits, run)
            made, checks = _encode(plan, part, execution, run, limits, measured, shared, kept)
        if made.psnr_db is not None and is_spoilt(plan, plan.encoder.rate, made.psnr_db):
            raise too_small(plan, limits, run, made.psnr_db)
        if verify:
            run.phase = "verifying"
            step_on = partial(step, run.key)
            verified = partial(verify_video, part, plan.encoder, checks, run.workers, step_on)
            fidelity = run.here(verified)
            made = replace(made, fidelity=fidelity)
    return made


def _encode(
    plan: Plan,
    part: Path,
    execution: Execution,
    run: Run,
    limits: SequenceLimits | None,
    measured: Measured | None,
    shared: BatchLimits | None,
    kept: KeptSegments | None,
) -> tuple[FinishedFile, list[FrameCheck]]:
    """Encode all frames, join them to a file with its recipe, and check that it is whole."""
    chunks = None if measured is None else measured.chunks
    title = encoded_title(plan)
    spool = Spool(part.parent) if kept is None else None
    encoded = _Encoded(spool)
    segments: Iterable[EncodedSegment] = () if spool is None else spool
    for segment in title:
        encoded.checks.extend(segment.checks)
        encoded.squared_error += segment.squared_error
    try:
        if kept is None:
            encode_sequence(plan, limits, chunks, run, encoded.append)
        else:
            keys = segment_keys(plan, limits)
            segments = kept.segments(keys)
            merged = kept.merged(keys, encoded.append)
            encode_sequence(plan, limits, chunks, run, merged.append, merged.finished)
        assert encoded.first is not None  # a plan has frames
        clipped = _clipped(encoded.stats, measured, limits)
        sources = () if shared is None else shared.sources
        if plan.contrast == "batch" and plan.sources:
            sources = tuple(map(source_name, plan.sources))
        recipe = recipe_of(plan, encoded.stats, clipped, sources, encoded.first)
        _join(chain(title, segments), part, plan, recipe.to_text(), execution.cancel)
    finally:
        if spool is not None:
            spool.close()
    frames = plan.frames + plan.title_frames
    check_video(part, plan.encoder, frames)
    quality = psnr_db(encoded.squared_error / frames) if plan.encoder.is_compared else None
    made = FinishedFile(plan, encoded.stats, recipe, part.stat().st_size, quality, None)
    return made, encoded.checks


def _join(
    segments: Iterable[EncodedSegment],
    part: Path,
    plan: Plan,
    text: str,
    cancel: Callable[[], bool] | None,
) -> None:
    writer = VideoWriter(part, plan.encoder, text)
    try:
        for segment in segments:
            if cancel is not None and cancel():
                raise Cancelled("cancelled")
            writer.append(segment)
    finally:
        writer.close()


def _clipped(
    stats: list[FrameStats], measured: Measured | None, limits: SequenceLimits | None
) -> float:
    """The share of all values that lie outside the limits."""
    if limits is None or measured is None or not measured.histograms:
        return fmean(frame.clipped for frame in stats)
    counted = measured.histograms
    outside = sum(found.outside(pair) for found, pair in zip(counted, limits[0], strict=True))
    return outside / max(1, sum(int(found.numbers.sum()) for found in counted))
