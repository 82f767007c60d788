"""One source after the other: skipped or made, and in what an existing video differs."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from statistics import fmean
from typing import Any, TypeVar

from ..data import Stack
from ..encode import publishing, write_sidecar
from ..errors import Cancelled, SettingsError, SourceError, describe
from ..picture import DARK_MEAN, FEW_PIXELS_HIGH, FrameStats
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
    settings_of,
    source_name,
    steady,
    without_bad_frames,
    without_parts,
)
from ..planning import Plan
from ..recipe import CONTRASTS, Recipe, read_text
from ..settings import AUTO_PERCENTILE, VideoSettings, value_text
from ..units import Limits, pairs_text, size_text
from .ahead import Lookahead
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
    # Sources side by side are measured together by themselves.
    readable = {
        i: job.plan for i, job in enumerate(jobs) if job.plan is not None and not job.plan.sources
    }
    readings = _readings(jobs, execution)
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
            jobs[first].plan = dataclasses.replace(plan, notes=(*plan.notes, note))
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
            *(() if kept is None else kept.notes),
            *_findings(plan, constant, stats),
            *_quality_notes(made),
        ),
        crf=plan.encoder.rate if plan.encoder.codec.crf_range else None,
        psnr_db=made.psnr_db,
        seconds=time.perf_counter() - begun,
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
        channels=tuple(c.name or str(c.number) for c in plan.stack.channels),
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


def _findings(plan: Plan, constant: tuple[int, ...], stats: Sequence[FrameStats]) -> list[str]:
    findings: list[str] = []
    if plan.picture.is_raw:
        return findings
    if constant:
        first = plan.stack.frames.label(constant[0])
        findings.append(
            f"{len(constant)} of {plan.frames} frames have no contrast, all their pixels are "
            f"equal; the first is {first}"
        )
    if len(constant) == plan.frames:
        return findings
    sampled = (frame.brightness for frame in stats if frame.brightness is not None)
    mean, high, robust_mean = map(fmean, zip(*sampled, strict=True))
    is_dark = mean < DARK_MEAN
    what, of_panel = "the video", ""
    if plan.sources:
        what, of_panel = "the darkest panel", " of the darkest panel"
    if plan.percentile is None and not CONTRASTS[plan.contrast].is_stated:
        if high < FEW_PIXELS_HIGH or is_dark:
            few = f"only one pixel in a thousand is brighter than {high:.0f}, and "
            findings.append(
                f"a few bright pixels decide the range{of_panel}: of 255 grey levels, "
                f"{few if high < FEW_PIXELS_HIGH else ''}the mean is {mean:.1f}; "
                f"--percentile {' '.join(f'{p:g}' for p in AUTO_PERCENTILE)} would make it about "
                f"{robust_mean:.1f}"
            )
    elif is_dark:
        findings.append(
            f"{what} is very dark (mean grey level {mean:.1f} of 255); try --gamma "
            f"0.5, or {'other' if plan.contrast == 'fixed' else 'fixed'} limits with --limits"
        )
    return findings


def _quality_notes(made: FinishedFile) -> list[str]:
    if made.psnr_db is None:
        return []
    codec, rate = made.plan.encoder.codec, made.plan.encoder.rate
    is_exact = made.psnr_db == math.inf
    lost = "no difference from" if is_exact else f"a PSNR of {made.psnr_db:.1f} dB against"
    return [
        f"{size_text(made.nbytes)} with rate factor {rate} of {codec.title}: {lost} the pictures "
        "before encoding"
    ]


def differences(path: Path, plan: Plan, limits: tuple[Limits, ...] | None) -> list[str]:
    """What to say about an existing video that is kept, if anything.

    Parameters
    ----------
    limits : tuple, optional
        Of each channel, where they were measured in this call.

    Returns
    -------
    list of str
        Empty where there is no difference, or where the video does not tell.
    """
    try:
        text = read_text(path)
    except SourceError as exc:
        reason = str(exc).removeprefix(f"{path}: ")
        return [f"what exists there {reason}; use --overwrite to make the video"]
    try:
        found = Recipe.from_json(text)
    except SettingsError:  # a video without a recipe
        return []
    parts = _settings(found, plan)
    if not parts and [dict(each) for each in found.drawn] != [d.to_dict() for d in plan.drawn]:
        parts.append("with other objects drawn onto it")
    before = tuple(channel.limits[0] for channel in found.channels if channel.limits)
    if not parts and limits is not None and before != limits:
        parts.append(f"with limits {pairs_text(before)}, this call's are {pairs_text(limits)}")
    if found.source != source_name(plan):
        parts.append(f"from {found.source}, this call's source is {source_name(plan)}")
    elif not parts and len(found.indices) != len(plan.indices):
        parts.append(f"of {len(found.indices)} frames, now there are {len(plan.indices)}")
    if not parts:
        return []
    return [f"the video that exists was made {'; '.join(parts)}; use --overwrite to make it again"]


def _settings(found: Recipe, plan: Plan) -> list[str]:
    defaults = VideoSettings().to_dict()
    before, now = defaults | dict(found.settings), defaults | settings_of(plan)
    return [
        f"with {key} {value_text(before.get(key))}, this call's is {value_text(now.get(key))}"
        for key in now | before
        if before.get(key) != now.get(key)
    ]
