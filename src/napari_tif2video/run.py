"""Planned sources become videos, one after the other."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from .batch import SourceJob
from .engine import Execution, Job
from .errors import Cancelled, describe
from .fidelity import psnr_db
from .fitting import higher_rate, is_spoilt, too_small, with_palette, with_rate
from .measuring import Measured, limits_of, measure_sequence
from .moments import FrameFacts, SequenceLimits
from .movie import MovieWriter, check_movie
from .output import publishing
from .plan import Plan
from .render import Batch, Segment, encode_sequence, prepared_nbytes
from .video import Video

# A mean grey level below a twentieth of the range: nearly black on a projector.
_DARK_MEAN = 255 / 20


def run_jobs(
    jobs: list[SourceJob],
    execution: Execution,
    *,
    overwrite: bool = False,
    measuring: Callable[[int], None] | None = None,
    started: Callable[[int, SourceJob], None] | None = None,
) -> Iterator[Video]:
    """Convert planned sources one after the other, yielding each result when it is there.

    With batch contrast all readable sources are measured first, skipped ones included. `measuring`
    is told their number, and `started` the index of each source when its turn comes.
    """
    measured: dict[int, Measured] = {}
    limits: dict[Hashable, SequenceLimits] = {}
    readable = [job.plan for job in jobs if job.plan is not None]
    if any(plan.contrast == "batch" for plan in readable):
        if measuring is not None:
            measuring(len(readable))
        measured = _measure_batch(jobs, execution)
        limits = _batch_limits(jobs, measured)
    for index, job in enumerate(jobs):
        if started is not None:
            started(index, job)
        begun = time.perf_counter()
        try:
            if job.problem is not None:
                raise job.problem
            own = measured.pop(index, None)
            together = limits.get(_channel_key(job)) if limits else None
            batch = None if together is None else (together, own)
            yield convert_job(job, execution, batch, overwrite)
        except Cancelled:
            raise
        except Exception as exc:  # whatever it is, it concerns this source and not the others
            seconds = time.perf_counter() - begun
            yield Video(job.label, "failed", job.output, error=describe(exc), seconds=seconds)


def _batch_limits(
    jobs: list[SourceJob], measured: dict[int, Measured]
) -> dict[Hashable, SequenceLimits]:
    """One range for all sources that show the same channels: a stain is compared with itself."""
    groups: dict[Hashable, list[Measured]] = {}
    plans: dict[Hashable, Plan] = {}
    for index, found in measured.items():
        job = jobs[index]
        assert job.plan is not None  # else it was not measured
        groups.setdefault(_channel_key(job), []).append(found)
        plans[_channel_key(job)] = job.plan
    return {key: limits_of(plans[key], group) for key, group in groups.items()}


def _channel_key(job: SourceJob) -> Hashable:
    """Equal for sources that show the same channels: by the name asked for, else by number."""
    assert job.plan is not None
    asked = job.plan.settings.channel
    if isinstance(asked, str) and asked != "all":
        return asked
    return tuple(channel.number for channel in job.plan.stack.channels)


def _measure_batch(jobs: list[SourceJob], execution: Execution) -> dict[int, Measured]:
    """Measure every source that can be read, and keep prepared frames while they all fit."""
    readable = {i: job.plan for i, job in enumerate(jobs) if job.plan is not None}
    wanted = sum(prepared_nbytes(readable[i]) for i in readable if not jobs[i].skip)
    keep = wanted <= execution.budget
    measured = {}
    for index, source_plan in readable.items():
        with execution.job(source_plan.frames) as work:
            try:
                measured[index] = measure_sequence(
                    source_plan, work, keep=keep and not jobs[index].skip
                )
            except Cancelled:
                raise
            except Exception as exc:  # reported when it is this source's turn
                jobs[index].problem = jobs[index].problem or exc
    return measured


def convert_job(
    job: SourceJob,
    execution: Execution,
    batch: tuple[SequenceLimits, Measured | None] | None,
    overwrite: bool,
) -> Video:
    assert job.plan is not None  # else it would have a problem
    assert job.output is not None
    begun = time.perf_counter()
    calibration = job.plan.stack.calibration
    result = Video(
        source=job.label,
        status="skipped",
        output=job.output,
        frames=job.plan.frames,
        width=job.plan.picture.size[1],
        height=job.plan.picture.size[0],
        fps=job.plan.fps,
        contrast=job.plan.contrast,
        notes=job.plan.notes,
        codec=job.plan.encoder.codec,
        channels=tuple(c.name or str(c.number) for c in job.plan.stack.channels),
        pixel_size_um=calibration.pixel_size_um,
        pixel_size_origin=calibration.pixel_size_origin,
        frame_interval_s=calibration.frame_interval_s,
        frame_interval_origin=calibration.frame_interval_origin,
        um_per_video_pixel=None if job.plan.scale is None else job.plan.scale.um_per_px,
        scale_bar_um=job.plan.scale_bar_um,
    )
    if job.skip:
        return result
    with publishing(job.output, overwrite=overwrite) as part:
        written = _write(job.plan, part, execution, batch)
    facts, plan = written.facts, written.plan
    used: tuple[Any, ...] = tuple(fact.limits for fact in facts)
    if len(job.plan.stack.channels) == 1:
        used = tuple(pair for (pair,) in used)
    constant = tuple(i for i, fact in enumerate(facts) if fact.is_constant)
    grey = fmean(fact.grey_mean for fact in facts)
    return dataclasses.replace(
        result,
        status="ok",
        limits=None if plan.picture.is_raw else used if plan.has_own_limits else used[0],
        clipped=written.clipped,
        constant_frames=constant,
        notes=(*plan.notes, *_findings(plan, constant, grey), *_quality_notes(written)),
        crf=plan.encoder.rate if plan.encoder.facts.crf_range else None,
        psnr_db=written.psnr_db,
        seconds=time.perf_counter() - begun,
    )


@dataclass
class _Written:
    """A finished file, and what was learnt on the way."""

    plan: Plan
    facts: list[FrameFacts]
    clipped: float
    nbytes: int
    psnr_db: float | None


def _write(
    plan: Plan,
    part: Path,
    execution: Execution,
    batch: tuple[SequenceLimits, Measured | None] | None,
) -> _Written:
    """Encode a plan into a file and check it."""
    limits, measured = batch or (None, None)
    measures = plan.needs_measuring and batch is None
    keep = measures and prepared_nbytes(plan) <= execution.budget
    prepares = measured is None or measured.batches is None
    with execution.job(plan.frames, 1 + prepares + (measures and not keep)) as work:
        if measures:
            measured = measure_sequence(plan, work, keep=keep)
            limits = limits_of(plan, [measured])
        kept = None if measured is None else measured.batches
        plan = with_rate(with_palette(plan, limits, work), limits, work)
        written = _encode(plan, limits, kept, part, work)
        while plan.settings.max_size is not None and written.nbytes > plan.settings.max_size:
            work.expect(plan.frames)
            plan = higher_rate(plan, written.nbytes, limits, work)
            written = _encode(plan, limits, kept, part, work)
        if written.psnr_db is not None and is_spoilt(plan, plan.encoder.rate, written.psnr_db):
            raise too_small(plan, limits, work, written.psnr_db)
    if limits is not None and measured is not None and measured.histograms:
        written.clipped = _outside(measured, limits)
    return written


def _encode(
    plan: Plan,
    limits: SequenceLimits | None,
    kept: Sequence[Batch] | None,
    part: Path,
    work: Job,
) -> _Written:
    facts: list[FrameFacts] = []
    errors: list[float] = []

    def append(segment: Segment) -> None:
        writer.append(segment.encoded)
        facts.extend(segment.facts)
        errors.append(segment.encoded.squared_error)

    writer = MovieWriter(part, plan.encoder)
    try:
        encode_sequence(plan, limits, kept, work, append)
    finally:
        writer.close()
    check_movie(part, plan.encoder, plan.frames)
    quality = psnr_db(sum(errors) / plan.frames) if plan.encoder.is_compared else None
    clipped = fmean(fact.clipped for fact in facts)
    return _Written(plan, facts, clipped, part.stat().st_size, quality)


def _outside(measured: Measured, limits: SequenceLimits) -> float:
    """The share of all values that lie outside the one pair of limits of each channel."""
    counted = measured.histograms
    outside = sum(found.outside(pair) for found, pair in zip(counted, limits[0], strict=True))
    return outside / max(1, sum(int(found.numbers.sum()) for found in counted))


def _findings(plan: Plan, constant: tuple[int, ...], grey_mean: float) -> list[str]:
    findings: list[str] = []
    if plan.picture.is_raw:
        return findings
    if constant:
        first = plan.stack.frames.label(constant[0])
        findings.append(
            f"{len(constant)} of {plan.frames} frames have no contrast, all their pixels are "
            f"equal; the first is {first}"
        )
    if grey_mean < _DARK_MEAN and len(constant) < plan.frames:
        findings.append(
            f"the video is very dark (mean grey level {grey_mean:.1f} of 255): a few bright pixels "
            f"may set the range; try {'other' if plan.contrast == 'fixed' else 'fixed'} limits "
            "(--limits LO HI on the command line)"
        )
    return findings


def _quality_notes(written: _Written) -> list[str]:
    if written.psnr_db is None:
        return []
    facts, rate = written.plan.encoder.facts, written.plan.encoder.rate
    return [
        f"{written.nbytes / 1e6:.2f} MB with rate factor {rate} of {facts.title}: a PSNR of "
        f"{written.psnr_db:.1f} dB against the pictures before encoding"
    ]
