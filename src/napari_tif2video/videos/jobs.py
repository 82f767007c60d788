"""The plan of each job: one video a source, or one of each of its parts, or one of all."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from ..data import Stack, check_frames, open_images, open_stack
from ..encode import require_encoder
from ..errors import SettingsError, SourceError, Tif2VideoError
from ..planning import (
    channel_name,
    channel_numbers,
    clips,
    image_at,
    magnification_note,
    plan,
    position_numbers,
    side_by_side,
)
from ..settings import DEFAULT_CONTRAST, VideoSettings
from .outputs import Destination, check_written, choose_outputs, name_outside
from .sources import SourceJob

_Done = TypeVar("_Done")


def plan_jobs(
    jobs: list[SourceJob],
    settings: VideoSettings,
    destination: Destination,
    match: str | None = None,
) -> list[SourceJob]:
    """Open and plan each source, and choose its output, before any work.

    A source that cannot be converted keeps its problem, and the others go on. With channel
    or position "each", a job for each takes the place of its source in `jobs`. With panels of
    sources, one job takes the place of all.

    Raises
    ------
    SettingsError
        Two sources would write the same video, one file is asked for several, its ending does
        not fit the codec, there is no encoder for that, or something would be written over a
        file that is read.
    """
    require_encoder(settings.codec_for(destination.ending))
    if not settings.shows_sources:
        _check_one_file(destination, len(jobs), "sources")
    jobs[:] = planned(jobs, settings, match, destination.ending)
    _check_one_file(destination, len(jobs), "videos")
    _compare_magnifications(jobs)
    _compare_drawn(jobs)
    choose_outputs(jobs, destination)
    check_written(jobs, destination)
    return jobs


def _check_one_file(destination: Destination, number: int, what: str) -> None:
    if destination.file is not None and number > 1:
        raise SettingsError(
            f"output: {number} {what} cannot go into the one file {destination.file}; use "
            "--output-dir"
        )


def check_jobs(jobs: list[SourceJob]) -> None:
    """Find what would be found while reading about sizes and types of frames, without reading."""
    for job in jobs:
        if job.plan is None or job.problem is not None:
            continue
        try:
            for channel in job.plan.stack.channels:
                check_frames(channel.frames)
            for drawing in job.plan.timeline.all_drawings:
                if drawing.images is not None:
                    check_frames(drawing.images)
        except Tif2VideoError as exc:
            if job.plan.skips:
                note = f"frames that cannot be read will be left out, among them: {exc}"
                job.plan = job.plan.with_note(note)
            else:
                job.problem = exc


def _compare_magnifications(jobs: list[SourceJob]) -> None:
    """Say so where videos of one call, put side by side, would deceive about sizes."""
    plans = [(job, job.plan) for job in jobs if job.plan is not None]
    known = [(job, plan) for job, plan in plans if plan.scale is not None]
    note = magnification_note([plan for _, plan in known], "videos")
    if note is not None:
        first, plan = known[0]
        first.plan = plan.with_note(note)


def _compare_drawn(jobs: list[SourceJob]) -> None:
    """Say so where one file is drawn onto several sources: results belong to one of them."""
    onto: dict[Path, list[SourceJob]] = {}
    for job in jobs:
        for drawn in () if job.plan is None else job.plan.drawn:
            if drawn.path is not None:
                onto.setdefault(drawn.path, []).append(job)
    for path, several in onto.items():
        first, count = several[0], len({job.label for job in several})
        if count > 1 and first.plan is not None:
            note = (
                f"{path.name} is drawn onto {count} sources; with {{name}} in its path, each has "
                "the file of its own name"
            )
            first.plan = first.plan.with_note(note)


def planned(
    jobs: Sequence[SourceJob], settings: VideoSettings, match: str | None, ending: str = ""
) -> list[SourceJob]:
    """The jobs with their plans, as many as there will be videos."""
    stacks = [_opened(job, settings, match) for job in jobs]
    if not settings.shows_sources:
        pairs = zip(jobs, stacks, strict=True)
        return [each for job, stack in pairs for each in _planned(job, stack, settings, ending)]
    names = _distinct_names(stacks)
    parts = [
        part
        for job, stack, name in zip(jobs, stacks, names, strict=True)
        for part in _planned(job, stack, settings, ending, name)
    ]
    return [_side_by_side(tuple(parts), settings)]


def _opened(job: SourceJob, settings: VideoSettings, match: str | None) -> Stack | None:
    """What a job is made of, or None where it has a problem, or gets it now."""

    def opened() -> Stack:
        how = (settings.axes, settings.on_error)
        if job.files:
            stack = open_images(Path(job.source), job.files, *how)
        else:
            stack = open_stack(job.source, match, *how)
        return dataclasses.replace(stack, notes=(job.note, *stack.notes)) if job.note else stack

    return None if job.problem is not None else _tried(job, opened)


def _tried(job: SourceJob, work: Callable[[], _Done]) -> _Done | None:
    """What comes of work on a job; None where that has a problem now, which is said in its turn."""
    try:
        return work()
    except Tif2VideoError as exc:
        job.problem = exc
    except OSError as exc:
        job.problem = SourceError(f"{job.label}: cannot be opened ({exc.strerror or exc})")
    return None


def _planned(
    job: SourceJob, stack: Stack | None, settings: VideoSettings, ending: str, name: str = ""
) -> list[SourceJob]:
    """The job with its plan or its problem, or a job for each of its positions and channels.

    Parameters
    ----------
    name : str
        What the source is called beside others; empty where it has a video of its own.
    """
    if stack is None:
        return [job]
    parts = _tried(job, partial(_parts, job, stack, settings, ending, name))
    return [job] if parts is None else parts


def _parts(
    job: SourceJob, stack: Stack, settings: VideoSettings, ending: str, name: str
) -> list[SourceJob]:
    one_by_one = _one_by_one(stack, settings)
    if settings.follow_id == "each":
        return [clip for one in one_by_one for clip in _each_track(job, stack, one, ending, name)]
    if len(one_by_one) == 1:
        job.plan = plan(stack, settings, ending, job.arrays, name)
        return [job]
    return [
        SourceJob(job.source, plan(stack, one, ending, job.arrays, _name_of_part(name, stack, one)))
        for one in one_by_one
    ]


def _each_track(
    job: SourceJob, stack: Stack, settings: VideoSettings, ending: str, name: str
) -> Iterator[SourceJob]:
    """A job for each track, with one contrast for all unless the settings ask for another."""
    known = clips(stack, settings)
    for number in known.numbers:
        settings = dataclasses.replace(settings, follow_id=number)
        own = name and f"{name} {number}"
        made = plan(stack, settings, ending, job.arrays, own)
        if settings.contrast is None and made.contrast == DEFAULT_CONTRAST:
            settings = dataclasses.replace(settings, contrast="batch")
            made = plan(stack, settings, ending, job.arrays, own)
        yield SourceJob(job.source, made, clips=known)


def _one_by_one(stack: Stack, settings: VideoSettings) -> list[VideoSettings]:
    """The settings of each video where these ask for one of each position or channel."""
    each = [settings]
    if settings.position == "each" and len(position_numbers(stack)) > 1:
        each = [dataclasses.replace(settings, position=n) for n in position_numbers(stack)]
    if settings.channel != "each":
        return each
    return [
        dataclasses.replace(one, channel=number) if len(numbers) > 1 else one
        for one in each
        for image in [image_at(stack, one.position) if stack.images else stack]
        for numbers in [channel_numbers(image)]
        for number in numbers
    ]


def _name_of_part(name: str, stack: Stack, settings: VideoSettings) -> str:
    """What the one position or channel that is shown is called beside others."""
    position, channel = settings.position, settings.channel
    parts: list[object] = [name]
    if isinstance(position, int):
        known = stack.image_names[position] if position < len(stack.image_names) else ""
        parts.append(known or position)
    if isinstance(channel, int):
        image = stack.images[position] if isinstance(position, int) and stack.images else stack
        known = channel_name(image.channel_info, channel)
        if len(stack.channels) > 1:
            known = stack.channels[channel].name
        parts.append(known or channel)
    return " ".join(map(str, parts)) if name else ""


def _distinct_names(stacks: Sequence[Stack | None]) -> list[str]:
    """The names of sources, those of one name called after the folders above, or by number."""
    known = Counter(stack.name for stack in stacks if stack is not None)
    paths = [stack.path for stack in stacks if stack is not None and stack.path is not None]
    parents = [os.path.dirname(os.path.abspath(path)) for path in paths]
    names = []
    for number, stack in enumerate(stacks):
        name = "" if stack is None else stack.name
        if stack is not None and known[name] > 1:
            name = f"{name} {number}"
            if stack.path is not None:
                name = name_outside(Path(os.path.abspath(stack.path)), parents)
        names.append(name)
    return names


def _side_by_side(parts: tuple[SourceJob, ...], settings: VideoSettings) -> SourceJob:
    """One job for all sources, or the problem of the first that has one."""
    job = SourceJob([part.source for part in parts], parts=parts)
    plans = [part.plan for part in parts if part.plan is not None]
    job.problem = next((part.problem for part in parts if part.problem is not None), None)
    try:
        if len(parts) < 2:
            raise SettingsError(
                f"panels: are for several sources, and there is {len(parts)}; name more, or leave "
                "out panels"
            )
        if job.problem is None:
            job.plan = side_by_side(plans, settings)
    except SourceError as exc:
        job.problem = exc
    return job
