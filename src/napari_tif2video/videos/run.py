"""One source after the other is skipped or made; those of a batch are measured before."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, TypeVar

from ..data import Stack
from ..encode import publishing, write_sidecar
from ..errors import Cancelled, SourceError, describe
from ..pipeline import (
    BatchLimits,
    Execution,
    FinishedFile,
    Measured,
    SharedReading,
    forget_segments,
    groups_of_channels,
    kept_segments,
    limits_of,
    make_video,
    measure_sequence,
    prepared_nbytes,
    source_name,
    steady,
    without_bad_frames,
    without_parts,
)
from ..planning import Plan
from .ahead import Lookahead
from .findings import differences, findings, quality_notes
from .result import Video
from .sources import SourceJob

_Done = TypeVar("_Done")


def run_jobs(
    jobs: list[SourceJob],
    execution: Execution,
    *,
    overwrite: bool = False,
    verify: bool = False,
    measuring: Callable[[int], None] | None = None,
    started: Callable[[int, SourceJob], None] | None = None,
) -> Iterator[tuple[int, Video]]:
    """Convert planned sources, yielding each index and result in its turn.

    Where one leaves workers idle, the next are begun. When the work is stopped, those of them that
    are finished come last, and not always in a row.

    With batch contrast all readable sources are measured first, skipped ones included. `measuring`
    is told their number, and `started` the index of each source when its turn comes.
    """
    shared: dict[int, BatchLimits] = {}
    readings = _readings(jobs, execution)
    # Sources side by side are measured together by themselves.
    readable = {
        i: job.plan for i, job in enumerate(jobs) if job.plan is not None and not job.plan.sources
    }
    if any(plan.contrast == "batch" for plan in readable.values()):
        if measuring is not None:
            measuring(len(readable))
        measured = _measure_batch(jobs, readable, readings, execution)
        shared = _batch_limits(readable, measured, readings)

    def made(index: int, execution: Execution) -> Video:
        limits, reading = shared.pop(index, None), readings.get(index)
        return _made(jobs[index], index, execution, reading, limits, overwrite, verify)

    plans = [None if job.skip or job.problem else job.plan for job in jobs]
    with Lookahead(made, plans, execution) as ahead:
        for index, job in enumerate(jobs):
            if started is not None:
                started(index, job)
            try:
                video = ahead.result(index)
            except (Cancelled, KeyboardInterrupt):
                yield from ahead.finished()
                raise
            yield index, video


def _readings(jobs: list[SourceJob], execution: Execution) -> dict[int, SharedReading]:
    """What reads the frames for each of several clips of a source."""
    groups: dict[int, dict[int, Plan]] = {}
    sources: dict[int, Stack] = {}
    for index, job in enumerate(jobs):
        if job.clips is not None and job.plan is not None and not (job.problem or job.skip):
            groups.setdefault(id(job.clips), {})[index] = job.plan
            sources[id(job.clips)] = job.clips.stack
    readings: dict[int, SharedReading] = {}
    for key, plans in groups.items():
        reading = SharedReading(sources[key], plans, execution.budget)
        readings |= dict.fromkeys(plans, reading)
        if reading.groups > 1:
            first, plan = next(iter(plans.items()))
            note = (
                f"what the {len(plans)} clips show does not fit into memory at once: they are made "
                f"in {reading.groups} groups, and the source is read for each"
            )
            jobs[first].plan = plan.with_note(note)
    return readings


def _made(
    job: SourceJob,
    index: int,
    execution: Execution,
    reading: SharedReading | None,
    shared: BatchLimits | None,
    overwrite: bool,
    verify: bool,
) -> Video:
    """The video, or why there is none."""
    begun = time.perf_counter()
    try:
        if job.problem is not None:
            raise job.problem
        if reading is not None:
            assert job.plan is not None  # else it would have a problem
            job = dataclasses.replace(job, plan=reading.held(index, job.plan, execution))
        return convert_job(job, execution, shared, overwrite, verify)
    except Cancelled:
        raise
    except Exception as exc:  # whatever it is, it concerns this source and not the others
        seconds = time.perf_counter() - begun
        return Video(job.label, "failed", job.output, error=describe(exc), seconds=seconds)
    finally:
        if reading is not None:
            reading.release(index)


def _batch_limits(
    plans: dict[int, Plan], measured: dict[int, Measured], readings: Mapping[int, SharedReading]
) -> dict[int, BatchLimits]:
    """One range for all sources that show the same channels: a stain is compared with itself."""
    shared: dict[int, BatchLimits] = {}
    numbers = list(measured)
    for places in groups_of_channels([plans[index] for index in numbers]):
        group = [numbers[place] for place in places]
        limits = limits_of(plans[group[0]], [measured[i] for i in group])
        names = tuple(source_name(plans[i]) for i in group)
        for i in readings.keys() & group:  # what was counted is that of all clips
            measured[i] = dataclasses.replace(measured[i], histograms=())
        shared |= {i: BatchLimits(limits, names, measured[i]) for i in group}
    return shared


def _measure_batch(
    jobs: list[SourceJob],
    readable: dict[int, Plan],
    readings: dict[int, SharedReading],
    execution: Execution,
) -> dict[int, Measured]:
    """Measure every source that can be read, and keep prepared frames while they all fit."""
    wanted = sum(prepared_nbytes(readable[i]) for i in readable if not jobs[i].skip)
    keep = wanted <= execution.budget

    def measure(number: int, execution: Execution) -> tuple[Measured, Plan]:
        index, source_plan = plans[number]

        def measured_of(tried: Plan) -> Measured:
            tried = steady(tried, execution)
            with execution.run(tried) as run:
                return measure_sequence(tried, run, keep=keep and not jobs[index].skip)

        reading = readings.get(index)
        if reading is None:
            return _tolerant(measured_of, source_plan, execution)
        held = reading.held(index, source_plan, execution)
        measured, held = _tolerant(measured_of, held, execution)
        if reading.groups > 1:
            reading.release(index)
        return measured, without_parts(held)

    plans = list(readable.items())
    measured = {}
    with Lookahead(measure, [source_plan for _, source_plan in plans], execution) as ahead:
        for number, (index, _) in enumerate(plans):
            try:
                measured[index], readable[index] = ahead.result(number)
                jobs[index].plan = readable[index]
                if readings.get(index) is not None:
                    _fold(measured, index, readings)
            except Cancelled:
                raise
            except Exception as exc:  # reported when it is this source's turn
                jobs[index].problem = jobs[index].problem or exc
    return measured


def _fold(measured: dict[int, Measured], index: int, readings: Mapping[int, SharedReading]) -> None:
    """Add what was counted in a clip to the first one of its source: each may take 2 MB."""
    found, own = measured[index], readings[index]
    first = next(i for i in measured if readings.get(i) is own)
    if first == index or not found.histograms:
        return
    pairs = zip(measured[first].histograms, found.histograms, strict=True)
    together = tuple(one + other for one, other in pairs)
    measured[first] = dataclasses.replace(measured[first], histograms=together)
    measured[index] = dataclasses.replace(found, histograms=())


def _tolerant(
    work: Callable[[Plan], _Done], source_plan: Plan, execution: Execution
) -> tuple[_Done, Plan]:
    """What comes of a plan, or of one without the frames that cannot be read, and which it was."""
    try:
        return work(source_plan), source_plan
    except SourceError as exc:
        source_plan = without_bad_frames(source_plan, execution, exc)
    return work(source_plan), source_plan


def convert_job(
    job: SourceJob,
    execution: Execution,
    shared: BatchLimits | None,
    overwrite: bool,
    verify: bool = False,
) -> Video:
    """Make the video of a job that has a plan and an output, or keep the one that exists."""
    plan, output = job.plan, job.output
    assert plan is not None  # else it would have a problem
    assert output is not None
    begun = time.perf_counter()
    if job.skip:
        limits = None if shared is None else shared.limits[0]
        notes = (*plan.notes, *differences(output, plan, limits))
        return dataclasses.replace(_planned_video(job, plan), notes=notes)
    names = [output] if job.sidecar is None else [output, job.sidecar]
    with publishing(names, overwrite=overwrite) as (part, *beside):
        with kept_segments(output) if execution.resume else nullcontext() as kept:

            def make(source_plan: Plan) -> FinishedFile:
                return make_video(source_plan, part, execution, shared, kept, verify=verify)

            made, _ = _tolerant(make, plan, execution)
        for sidecar in beside:
            write_sidecar(sidecar, made.recipe.to_json())
    forget_segments(output)
    notes = () if kept is None else kept.notes
    return dataclasses.replace(
        _finished_video(job, made, notes), seconds=time.perf_counter() - begun
    )


def _finished_video(job: SourceJob, made: FinishedFile, notes: Sequence[str]) -> Video:
    """What became of a video; `notes` are those of segments that were kept."""
    plan, stats, fidelity = made.plan, made.stats, made.fidelity
    used: tuple[Any, ...] = tuple(frame.limits for frame in stats)
    if len(plan.stack.channels) == 1:
        used = tuple(pair for (pair,) in used)
    constant = tuple(i for i, frame in enumerate(stats) if frame.is_constant)
    return dataclasses.replace(
        _planned_video(job, plan),
        status="ok",
        limits=None if plan.picture.is_raw else used if plan.has_own_limits else used[0],
        clipped=made.recipe.clipped,
        constant_frames=constant,
        notes=(
            *plan.notes,
            *notes,
            *findings(plan, constant, stats),
            *quality_notes(made),
        ),
        crf=plan.encoder.rate if plan.encoder.codec.crf_range else None,
        psnr_db=made.psnr_db,
        sidecar=job.sidecar,
        psnr_mean_db=None if fidelity is None else fidelity.mean_db,
        psnr_worst_db=None if fidelity is None else fidelity.worst_db,
    )


def _planned_video(job: SourceJob, plan: Plan) -> Video:
    """What is known of a video before it is made."""
    calibration = plan.stack.calibration
    return Video(
        source=job.label,
        status="skipped",
        output=job.output,
        frames=plan.frames,
        width=plan.encoder.width,
        height=plan.encoder.height,
        fps=plan.fps,
        contrast=plan.contrast,
        notes=plan.notes,
        codec=plan.encoder.codec.name,
        channels=tuple(channel.label for channel in plan.stack.channels),
        pixel_size_um=calibration.pixel_size_um,
        pixel_size_origin=calibration.pixel_size_origin,
        frame_interval_s=calibration.frame_interval_s,
        frame_interval_origin=calibration.frame_interval_origin,
        um_per_video_pixel=None if plan.scale is None else plan.scale.um_per_px,
        scale_bar_um=plan.scale_bar_um,
        left_out=plan.stack.left_out,
        bad_frames=plan.bad_frames,
        title_frames=plan.title_frames,
        drawn=plan.drawn,
    )
