"""What the command line says: headings, a progress bar, a summary, JSON, a CSV report."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from ..data import find_gaps
from ..errors import describe, escaped, one_line
from ..pipeline import Execution, Progress
from ..planning import Plan
from ..recipe import contrast_of
from ..settings import DEFAULT_CODEC, with_option_names
from ..units import Limits, counted, decimal_fps, length_text, size_text
from ..videos import SourceJob, Video, describe_fidelity, describe_limits, video_object
from .terminal import say, show

_BAR = "  {desc} {percentage:3.0f}% |{bar:30}| {rate_fmt}, {remaining} left"


class Console:
    """Tells the user on stderr how a call goes, and collects its results."""

    def __init__(self, jobs: list[SourceJob], *, quiet: bool) -> None:
        self.videos: list[Video] = []
        self._jobs = jobs
        self._quiet = quiet
        self._bar: Any | None = None
        self._said = 0  # notes of the source whose turn it is

    def watch(self, execution: Execution) -> Execution:
        """The execution, with its progress shown here."""
        return dataclasses.replace(execution, progress=None if self._quiet else self._progress)

    def hint_at_batch(self) -> None:
        if len(self._jobs) > 1:
            self._say(
                "Hint: each source gets a scale of its own; --contrast batch gives all the same"
            )

    def measuring(self, number: int) -> None:
        self._say(f"Measuring one contrast over {number} sources")

    def started(self, index: int, job: SourceJob) -> None:
        self._end_bar()
        is_file = job.plan is not None and not os.path.isdir(job.label)
        kind = "file" if is_file else "directory"
        kind = "panels" if job.parts else kind
        self._say(f"Processing {kind} {index + 1} of {len(self._jobs)}: {job.label}")
        if job.plan is not None and job.problem is None:
            self._say(f"  {_describe(job.plan)}")
            self._say_notes(job.plan.notes)

    def finished(self, video: Video) -> None:
        self._end_bar()
        self.videos.append(video)
        if video.status == "failed":
            say(f"tif2video: {_with_source(video)}")
        elif video.status == "skipped":
            self._say(f"  exists already, left as it is: {video.output}")
            self._say_notes(video.notes)
        else:
            assert video.output is not None
            rate = video.frames / video.seconds
            size = size_text(os.path.getsize(video.output))
            self._say(f"  {video.output} ({size}) in {video.seconds:.1f} s, {rate:.0f} fps")
            self._say_notes(video.notes)
        self._said = 0

    def _say_notes(self, notes: Sequence[str]) -> None:
        """Those of a source that were not said before."""
        for note in notes[self._said :]:
            self._say(f"  Note: {note}")
        self._said = len(notes)

    def close(self, *, as_json: bool) -> None:
        """Print the summary of everything that was finished, and the results if asked for."""
        self._end_bar()
        counts = {s: sum(v.status == s for v in self.videos) for s in ("ok", "failed", "skipped")}
        self._say(
            f"Summary: {len(self._jobs)} total, {counts['ok']} successful, "
            f"{counts['failed']} failed, {counts['skipped']} skipped"
        )
        for video in self.videos:
            if video.status == "failed" and len(self._jobs) > 1:  # else it was the last line
                self._say(f"  failed: {_with_source(video)}")
            elif video.status == "ok":
                verified = f", {describe_fidelity(video)}" if video.verified else ""
                self._say(f"  ok: {video.output}, {describe_limits(video)}{verified}")
        measured = {v.shared_limits for v in self.videos if contrast_of(v.contrast).is_measured}
        if len(measured) == 1 and len(*measured) == 1:
            ((pair,),) = measured
            if pair[0] < pair[1]:
                self._say(f"The same limits again: {_as_option(pair)}")
        if as_json:
            objects = [video_object(video) for video in self.videos]
            show(json.dumps({"sources": objects}, indent=2))

    def _progress(self, progress: Progress) -> None:
        if sys.stderr is None or not sys.stderr.isatty():
            return
        if self._bar is None:
            from tqdm import tqdm  # where nobody looks, a short job need not wait for it

            self._bar = tqdm(
                total=progress.frames,
                unit=" frames",
                bar_format=_BAR,
                leave=False,
            )
        self._bar.set_description_str(progress.phase, refresh=False)
        self._bar.update(progress.fraction * progress.frames - self._bar.n)

    def _end_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _say(self, line: str) -> None:
        if not self._quiet:
            say(line)


def _with_source(video: Video) -> str:
    """The error of a source, with the source in front where the text does not name it."""
    error, source = with_option_names(video.error or ""), one_line(video.source)
    return error if source in error else f"{source}: {error}"


def _describe(plan: Plan) -> str:
    size = f"{plan.encoder.width}x{plan.encoder.height}"
    codec = plan.encoder.codec
    kind = " of raw counts" if plan.picture.is_raw else ""
    form = "" if codec == DEFAULT_CODEC else f", {codec.title}{kind}"
    title_s = float(plan.title_frames / plan.fps)
    title = f" + {title_s:g} s title" if title_s else ""
    return (
        f"{_describe_source(plan)} -> {size}, {plan.duration_s:.1f} s{title} at "
        f"{decimal_fps(plan.fps)} fps{form}"
    )


def _describe_source(plan: Plan) -> str:
    if plan.sources:
        known = f"{len(plan.sources)} sources side by side, {counted(plan.frames, 'frame')}"
        if plan.picture.overlay is not None and plan.scale_bar_um is not None:
            known += f", scale bar {length_text(plan.scale_bar_um)}"
        return known
    crop = plan.settings.crop
    return (
        f"{plan.frames} images, {plan.source_format}{_describe_data(plan)}"
        f"{'' if crop is None else f', crop {crop}'}"
    )


def _describe_data(plan: Plan) -> str:
    """Channels and calibration, as far as there is something to say."""
    parts = []
    channels = plan.stack.channels
    if len(channels) > 1 or channels[0].name:
        labels = " + ".join(channel.label for channel in channels)
        parts.append(f"channel{'s' * (len(channels) > 1)} {labels}")
    if str(plan.stack.calibration):
        parts.append(str(plan.stack.calibration))
    if plan.scale_bar_um is not None:
        parts.append(f"scale bar {length_text(plan.scale_bar_um)}")
    parts += map(str, plan.drawn)
    return "".join(f", {part}" for part in parts)


def _as_option(limits: Limits) -> str:
    """The option that gives these very limits."""
    return "--limits " + " ".join(repr(v).removesuffix(".0") for v in limits)


def print_plans(jobs: list[SourceJob], *, as_json: bool) -> None:
    """What would be done, on stdout."""
    if as_json:
        show(json.dumps({"sources": [_plan_object(job) for job in jobs]}, indent=2))
        return
    for number, job in enumerate(jobs, 1):
        show(escaped(f"{number} of {len(jobs)}: {job.label}"))
        if job.plan is not None:
            show(escaped(f"  {_describe(job.plan)}"))
            for source in job.plan.sources:
                show(escaped(f"  {source.stack.name}: {_describe_source(source)}"))
                _print_order(source)
            if not job.plan.sources:
                _print_order(job.plan)
            for drawn in job.plan.drawn:
                show(escaped(f"  {drawn.kind}: {drawn}"))
            show(escaped(f"  output: {job.output}{' (exists, is skipped)' if job.skip else ''}"))
            if job.sidecar is not None and not job.skip:
                show(escaped(f"  sidecar: {job.sidecar}"))
            for note in job.plan.notes:
                show(escaped(f"  note: {note}"))
        if job.problem is not None:
            show(escaped(f"  cannot be converted: {describe(job.problem)}"))


def _print_order(plan: Plan) -> None:
    names = plan.stack.labels
    shown = names if len(names) <= 6 else [*names[:3], "...", *names[-3:]]
    show(escaped(f"  order: {', '.join(shown)}"))
    show(escaped(f"  gaps: {find_gaps(names) or 'none found in the numbering'}"))


def _plan_object(job: SourceJob) -> dict[str, Any]:
    status = "failed" if job.problem else "skipped" if job.skip else "planned"
    facts: dict[str, Any] = {
        "source": job.label,
        "output": None if job.output is None else os.fspath(job.output),
        "sidecar": None if job.sidecar is None else os.fspath(job.sidecar),
        "status": status,
        "error": None if job.problem is None else describe(job.problem),
    }
    if job.plan is None:
        return facts
    stack = job.plan.stack
    names = stack.labels
    # Frames that are shown several times are no order of files.
    gaps = None if job.plan.sources else find_gaps(names)
    return (
        facts
        | {
            "frames": job.plan.frames,
            "width": job.plan.encoder.width,
            "height": job.plan.encoder.height,
            "fps": float(job.plan.fps),
            "duration_s": job.plan.duration_s,
            "title_frames": job.plan.title_frames,
            "contrast": job.plan.contrast,
            "codec": job.plan.encoder.codec.name,
            "order": names,
            "gaps": None if gaps is None else dataclasses.asdict(gaps),
            "channels": [channel.label for channel in stack.channels],
            "pixel_size_um": stack.calibration.pixel_size_um,
            "pixel_size_origin": stack.calibration.pixel_size_origin,
            "frame_interval_s": stack.calibration.frame_interval_s,
            "frame_interval_origin": stack.calibration.frame_interval_origin,
            "um_per_video_pixel": None if job.plan.scale is None else job.plan.scale.um_per_px,
            "scale_bar_um": job.plan.scale_bar_um,
            "left_out": stack.left_out,
            "drawn": [drawn.to_dict() for drawn in job.plan.drawn],
            "notes": list(job.plan.notes),
        }
        | _panel_objects(job.plan)
    )


def _panel_objects(plan: Plan) -> dict[str, Any]:
    """Of several sources what is shown of each."""
    if not plan.sources:
        return {}
    return {
        "sources": [
            {
                "name": source.stack.name,
                "frames": source.frames,
                "order": source.stack.labels,
                "shown": list(places),
            }
            for source, places in zip(plan.sources, plan.places, strict=True)
        ]
    }
