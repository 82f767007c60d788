"""One source after the other: skipped or made, and in what an existing video differs."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from statistics import fmean
from typing import Any, TypeVar

from ..encode import publishing, write_sidecar
from ..errors import Cancelled, SourceError, describe
from ..picture import DARK_MEAN, FEW_PIXELS_HIGH, FrameStats
from ..pipeline import (
    BatchLimits,
    Execution,
    FinishedFile,
    Measured,
    forget_segments,
    kept_segments,
    limits_of,
    make_video,
    measure_sequence,
    prepared_nbytes,
    settings_of,
    source_name,
    without_bad_frames,
)
from ..planning import Plan
from ..recipe import Recipe, read_recipe, read_text
from ..settings import AUTO_PERCENTILE, VideoSettings
from ..units import Limits, size_text
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
) -> Iterator[Video]:
    """Convert planned sources one after the other, yielding each result when it is there.

    With batch contrast all readable sources are measured first, skipped ones included. `measuring`
    is told their number, and `started` the index of each source when its turn comes.
    """
    measured: dict[int, Measured] = {}
    shared: dict[Hashable, BatchLimits] = {}
    readable = [job.plan for job in jobs if job.plan is not None]
    if any(plan.contrast == "batch" for plan in readable):
        if measuring is not None:
            measuring(len(readable))
        measured = _measure_batch(jobs, execution)
        shared = _batch_limits(jobs, measured)
    for index, job in enumerate(jobs):
        if started is not None:
            started(index, job)
        begun = time.perf_counter()
        try:
            if job.problem is not None:
                raise job.problem
            own = measured.pop(index, None)
            together = shared.get(_channel_key(job)) if shared else None
            if together is not None:
                together = dataclasses.replace(together, measured=own)
            yield convert_job(job, execution, together, overwrite, verify)
        except Cancelled:
            raise
        except Exception as exc:  # whatever it is, it concerns this source and not the others
            seconds = time.perf_counter() - begun
            yield Video(job.label, "failed", job.output, error=describe(exc), seconds=seconds)


def _batch_limits(
    jobs: list[SourceJob], measured: dict[int, Measured]
) -> dict[Hashable, BatchLimits]:
    """One range for all sources that show the same channels: a stain is compared with itself."""
    groups: dict[Hashable, list[tuple[Plan, Measured]]] = {}
    for index, found in measured.items():
        plan = jobs[index].plan
        assert plan is not None  # else it was not measured
        groups.setdefault(_channel_key(jobs[index]), []).append((plan, found))
    shared = {}
    for key, group in groups.items():
        plans, sequences = zip(*group, strict=True)
        names = tuple(source_name(plan) for plan in plans)
        shared[key] = BatchLimits(limits_of(plans[0], sequences), names, None)
    return shared


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

    def measure(source_plan: Plan) -> Measured:
        with execution.run(source_plan.frames) as run:
            return measure_sequence(source_plan, run, keep=keep and not jobs[index].skip)

    for index, source_plan in readable.items():
        try:
            measured[index], jobs[index].plan = _tolerant(measure, source_plan, execution)
        except Cancelled:
            raise
        except Exception as exc:  # reported when it is this source's turn
            jobs[index].problem = jobs[index].problem or exc
    return measured


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
    with publishing(output, overwrite=overwrite, sidecar=job.sidecar) as part:
        with kept_segments(output) if execution.resume else nullcontext() as kept:

            def make(source_plan: Plan) -> FinishedFile:
                return make_video(source_plan, part.video, execution, shared, kept, verify=verify)

            made, _ = _tolerant(make, plan, execution)
        if part.sidecar is not None:
            write_sidecar(part.sidecar, made.recipe.to_json())
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
        width=plan.picture.size[1],
        height=plan.picture.size[0],
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
    )


def _findings(plan: Plan, constant: tuple[int, ...], facts: Sequence[FrameStats]) -> list[str]:
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
    sampled = (frame.brightness for frame in facts if frame.brightness is not None)
    mean, high, robust_mean = map(fmean, zip(*sampled, strict=True))
    is_dark = mean < DARK_MEAN
    if plan.percentile is None and plan.contrast not in ("fixed", "displayed", "stored"):
        if high < FEW_PIXELS_HIGH or is_dark:
            few = f"only one pixel in a thousand is brighter than {high:.0f}, and "
            findings.append(
                f"a few bright pixels decide the range: of 255 grey levels, "
                f"{few if high < FEW_PIXELS_HIGH else ''}the mean is {mean:.1f}; "
                f"--percentile {' '.join(f'{p:g}' for p in AUTO_PERCENTILE)} would make it about "
                f"{robust_mean:.1f}"
            )
    elif is_dark:
        findings.append(
            f"the video is very dark (mean grey level {mean:.1f} of 255); try --gamma "
            f"0.5, or {'other' if plan.contrast == 'fixed' else 'fixed'} limits with --limits"
        )
    return findings


def _quality_notes(made: FinishedFile) -> list[str]:
    if made.psnr_db is None:
        return []
    codec, rate = made.plan.encoder.codec, made.plan.encoder.rate
    lost = (
        "no difference from"
        if made.psnr_db == math.inf
        else f"a PSNR of {made.psnr_db:.1f} dB against"
    )
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
        found = read_recipe(path)
    except SourceError:
        return _not_a_video(path)
    parts = _settings(found, plan)
    if not parts and limits is not None:
        parts += _limits(found, limits)
    if found.source != source_name(plan):
        parts.append(f"from {found.source}, this call's source is {source_name(plan)}")
    elif not parts and len(found.indices) != len(plan.indices):
        parts.append(f"of {len(found.indices)} frames, now there are {len(plan.indices)}")
    if not parts:
        return []
    return [f"the video that exists was made {'; '.join(parts)}; use --overwrite to make it again"]


def _not_a_video(path: Path) -> list[str]:
    try:
        read_text(path)
    except SourceError as exc:
        reason = str(exc).removeprefix(f"{path}: ")
        return [f"what exists there {reason}; use --overwrite to make the video"]
    return []  # one without a recipe


def _settings(found: Recipe, plan: Plan) -> list[str]:
    defaults = VideoSettings().to_dict()
    before, now = defaults | dict(found.settings), defaults | settings_of(plan)
    changed = [key for key in now | before if before.get(key) != now.get(key)]
    return [
        f"with {key} {_text(before.get(key))}, this call's is {_text(now.get(key))}"
        for key in changed
    ]


def _limits(found: Recipe, limits: tuple[Limits, ...]) -> list[str]:
    before = tuple(channel.limits[0] for channel in found.channels if channel.limits)
    if before == limits:
        return []
    return [f"with limits {_pairs(before)}, this call's are {_pairs(limits)}"]


def _pairs(limits: tuple[Limits, ...]) -> str:
    return ", ".join(f"{low:.10g} {high:.10g}" for low, high in limits)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(_text, value))
    return (
        "not set"
        if value is None
        else "on"
        if value is True
        else "off"
        if value is False
        else str(value)
    )
