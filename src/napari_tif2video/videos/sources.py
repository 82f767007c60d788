"""From what the user named to a list of jobs: sources found, opened, planned, outputs chosen."""

from __future__ import annotations

import contextlib
import dataclasses
import glob
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from ..data import (
    TIFF_SUFFIXES,
    Stack,
    axes_of_names,
    check_frames,
    folders_with_frames,
    is_single_image,
    is_tiff_name,
    natural_key,
    open_images,
    open_stack,
    source_stem,
)
from ..encode import exists_error, require_encoder, sidecar_of
from ..errors import OutputError, SettingsError, SourceError, Tif2VideoError
from ..paths import expanded
from ..planning import (
    Clips,
    Drawn,
    Plan,
    channel_name,
    channel_numbers,
    clips,
    image_at,
    magnification_note,
    name_of_several,
    plan,
    position_numbers,
    side_by_side,
)
from ..settings import DEFAULT_CONTRAST, VideoSettings, check_ending
from .names import check_length, file_key, same_output_key, video_name


@dataclass(frozen=True)
class Destination:
    """Where the videos of a call go; by default beside the data.

    Attributes
    ----------
    file : Path, optional
        Name of the one video of the call.
    folder : Path, optional
        Folder for all of them, under their automatic names.
    overwrite, skip_existing : bool
        What happens where the output exists already; without either it is an error.
    sidecar : bool
        Whether the recipe of each video is written beside it, too.
    report : Path, optional
        Another file that the call writes.
    settings : Path, optional
        The file that settings were taken from, which is not to be written over.
    """

    file: Path | None = None
    folder: Path | None = None
    overwrite: bool = False
    skip_existing: bool = False
    sidecar: bool = False
    report: Path | None = None
    settings: Path | None = None

    def __post_init__(self) -> None:
        if self.file is not None and self.folder is not None:
            raise SettingsError("output: give a file or a folder, not both")
        if self.overwrite and self.skip_existing:
            raise SettingsError("output: overwrite and skip existing exclude each other")
        if self.file is not None:
            check_ending(self.ending, self.file.name)

    @property
    def ending(self) -> str:
        """Of the name that was given, such as ``".mp4"``; empty without one."""
        return "" if self.file is None else self.file.suffix.lower()


@dataclass
class SourceJob:
    """One source of a call, with its plan and output, or the reason why there is none.

    Attributes
    ----------
    files : tuple of str
        Of a folder, those that were named one by one; empty for all.
    note : str
        What to say of how the source was understood.
    clips : Clips, optional
        The clips of which this is one; their source is read for all of them together.
    arrays : mapping
        What is drawn at places of the data instead of a file, by the name of the setting.
    parts : tuple of SourceJob
        Where it is several sources side by side: these.
    """

    source: Any
    plan: Plan | None = None
    output: Path | None = None
    sidecar: Path | None = None
    problem: Exception | None = None
    skip: bool = False
    files: tuple[str, ...] = ()
    note: str = ""
    clips: Clips | None = None
    arrays: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[SourceJob, ...] = ()

    @property
    def label(self) -> str:
        """What messages call the source."""
        if self.parts:
            return name_of_several([part.label for part in self.parts], ", ")
        if isinstance(self.source, (str, os.PathLike)):
            return os.fspath(self.source)
        return "array" if self.plan is None else self.plan.stack.name


def find_sources(
    sources: Iterable[Any],
    *,
    recursive: bool = False,
    match: str | None = None,
    join_images: bool = False,
) -> list[SourceJob]:
    """Expand patterns and folders; a source that cannot be found becomes a job with a problem.

    A source named twice is converted once. With `join_images`, files of one image each that make
    up a series become one source, as if their folder had been named.

    Raises
    ------
    SettingsError
        A source is empty.
    """
    jobs: list[SourceJob] = []
    seen: set[str] = set()
    for source in sources:
        if not isinstance(source, (str, os.PathLike)):
            jobs.append(SourceJob(source))
            continue
        try:
            found = _expand(expanded(source), recursive, match)
        except OSError as exc:  # such as a name that is too long, or no permission on the way
            reason = SourceError(f"{source}: cannot be opened ({exc.strerror or exc})")
            found = [SourceJob(Path(source), problem=reason)]
        for job in found:
            key = os.path.realpath(job.source)
            if key not in seen:
                seen.add(key)
                jobs.append(job)
    return _joined(jobs) if join_images else jobs


#: Fewer files are more likely to be meant one by one, and so many are looked into.
_LEAST_IMAGES, _LOOKED_INTO = 3, 20


def _joined(jobs: list[SourceJob]) -> list[SourceJob]:
    """The jobs, with one for all single images of a folder that make up a series."""
    files: dict[Path, list[SourceJob]] = {}
    for job in jobs:
        if isinstance(job.source, Path) and job.problem is None and job.source.is_file():
            files.setdefault(Path(os.path.abspath(job.source.parent)), []).append(job)
    instead: dict[int, SourceJob | None] = {}
    for folder, group in files.items():
        if len(group) < _LEAST_IMAGES or not _are_images(group):
            continue
        names = tuple(job.source.name for job in group)
        try:
            named = axes_of_names(names, folder)
        except SourceError:
            group[0].note = (
                f"{len(names)} single images become a video each; for one video, name their folder "
                "and choose with --match"
            )
            continue
        what = "one data set" if named.positions else "one video"
        note = f"its {len(names)} single images are {what}, as if the folder had been named"
        instead |= dict.fromkeys(map(id, group), None)
        instead[id(group[0])] = SourceJob(folder, files=names, note=note)
    joined = (instead.get(id(job), job) for job in jobs)
    return [job for job in joined if job is not None]


def _are_images(group: list[SourceJob]) -> bool:
    """Whether files hold one plane each, as far as they can be read."""
    step = -(-len(group) // _LOOKED_INTO)
    found = []
    for job in group[::step]:
        try:
            found.append(is_single_image(job.source))
        except (SourceError, OSError):  # said when it is read
            continue
    return bool(found) and all(found)


def _expand(pattern: str, recursive: bool, match: str | None) -> list[SourceJob]:
    source = Path(pattern)
    found = [source]
    if not source.exists() and glob.has_magic(pattern):
        only_folders = pattern.endswith(("/", os.sep))
        matches = (Path(p) for p in glob.glob(pattern, recursive=True))
        found = sorted(
            (p for p in matches if p.is_dir() or (not only_folders and is_tiff_name(p.name))),
            key=lambda p: [natural_key(part) for part in p.parts],
        )
        if not found:
            problem = SourceError(f"{source}: no folder or TIFF file matches the pattern")
            return [SourceJob(source, problem=problem)]
    jobs: list[SourceJob] = []
    for path in found:
        if recursive and path.is_dir():
            problem = SourceError(f"No TIF images found in {path} or below it")
            below = [SourceJob(folder) for folder in folders_with_frames(path, match)]
            jobs += below or [SourceJob(path, problem=problem)]
        else:
            jobs.append(SourceJob(path))
    return jobs


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
    _choose_outputs(jobs, destination)
    _check_written(jobs, destination)
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
            for drawing in job.plan.stack.drawings:
                if drawing.images is not None:
                    check_frames(drawing.images)
        except Tif2VideoError as exc:
            if job.plan.skips:
                note = f"frames that cannot be read will be left out, among them: {exc}"
                job.plan = dataclasses.replace(job.plan, notes=(*job.plan.notes, note))
            else:
                job.problem = exc


def _compare_magnifications(jobs: list[SourceJob]) -> None:
    """Say so where videos of one call, put side by side, would deceive about sizes."""
    known = [job for job in jobs if job.plan is not None and job.plan.scale is not None]
    note = magnification_note([job.plan for job in known if job.plan is not None], "videos")
    if note is not None and (plan := known[0].plan) is not None:
        known[0].plan = dataclasses.replace(plan, notes=(*plan.notes, note))


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
            first.plan = dataclasses.replace(first.plan, notes=(*first.plan.notes, note))


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
    if job.problem is not None:
        return None
    try:
        how = (settings.axes, settings.on_error)
        if job.files:
            stack = open_images(Path(job.source), job.files, *how)
        else:
            stack = open_stack(job.source, match, *how)
    except Tif2VideoError as exc:
        job.problem = exc
    except OSError as exc:
        job.problem = SourceError(f"{job.label}: cannot be opened ({exc.strerror or exc})")
    else:
        if job.note:
            stack = dataclasses.replace(stack, notes=(job.note, *stack.notes))
        return stack
    return None


def _planned(
    job: SourceJob, stack: Stack | None, settings: VideoSettings, ending: str, name: str = ""
) -> list[SourceJob]:
    """The job with its plan, or one job for each of its positions and channels.

    Parameters
    ----------
    name : str
        What the source is called beside others; empty where it has a video of its own.
    """
    if stack is None:
        return [job]
    try:
        one_by_one = _one_by_one(stack, settings)
        if settings.follow_id == "each":
            return [
                clip for one in one_by_one for clip in _each_track(job, stack, one, ending, name)
            ]
        if len(one_by_one) == 1:
            job.plan = _plan_called(name, stack, settings, ending, job.arrays)
            return [job]
        return [
            SourceJob(
                job.source,
                _plan_called(_name_of_part(name, stack, one), stack, one, ending, job.arrays),
            )
            for one in one_by_one
        ]
    except Tif2VideoError as exc:
        job.problem = exc
    except OSError as exc:
        job.problem = SourceError(f"{job.label}: cannot be opened ({exc.strerror or exc})")
    return [job]


def _plan_called(
    name: str,
    stack: Stack,
    settings: VideoSettings,
    ending: str,
    arrays: Mapping[str, Any],
) -> Plan:
    """The plan of a source that is called so beside others; see `_planned`."""
    if not name:
        return plan(stack, settings, ending, arrays)
    escaped = name.replace("{", "{{").replace("}", "}}")
    label = re.sub(r"(?<!\{)\{name\}(?!\})", lambda _: escaped, settings.label or "{name}")
    made = plan(stack, dataclasses.replace(settings, label=label), ending, arrays)
    return dataclasses.replace(made, stack=dataclasses.replace(made.stack, name=name))


def _each_track(
    job: SourceJob, stack: Stack, settings: VideoSettings, ending: str, name: str
) -> Iterator[SourceJob]:
    """A job for each track, with one contrast for all unless the settings ask for another."""
    known = clips(stack, settings)
    for number in known.numbers:
        settings = dataclasses.replace(settings, follow_id=number)
        own = name and f"{name} {number}"
        made = _plan_called(own, stack, settings, ending, job.arrays)
        if settings.contrast is None and made.contrast == DEFAULT_CONTRAST:
            settings = dataclasses.replace(settings, contrast="batch")
            made = _plan_called(own, stack, settings, ending, job.arrays)
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
                name = _name_outside(Path(os.path.abspath(stack.path)), parents)
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


def _choose_outputs(jobs: list[SourceJob], destination: Destination) -> None:
    parents = _parents(jobs)
    taken: dict[object, SourceJob] = {}
    for job in jobs:
        if job.plan is None:
            continue
        if job.parts:
            job.output = _output_of_several(job, job.plan, destination)
        else:
            job.output = _output_path(job.plan, destination, parents)
        job.sidecar = sidecar_of(job.output) if destination.sidecar else None
        try:
            check_length(job.output, job.sidecar)
        except OutputError as exc:
            job.problem = exc
            continue
        key = same_output_key(job.output)
        if key in taken:
            raise SettingsError(
                f"{taken[key].label} and {job.label} would both become {job.output}; "
                "convert them in separate calls with other names"
            )
        taken[key] = job
        if os.path.lexists(job.output):
            if destination.skip_existing:
                job.skip = True
            elif not destination.overwrite:
                job.problem = exists_error(job.output)
        elif job.sidecar is not None and os.path.lexists(job.sidecar) and not destination.overwrite:
            job.problem = exists_error(job.sidecar)


def _parents(jobs: Iterable[SourceJob]) -> list[str]:
    """The folders that hold the sources."""
    return [
        os.path.dirname(os.path.abspath(job.source))
        for job in jobs
        if isinstance(job.source, (str, os.PathLike))
    ]


def _check_written(jobs: list[SourceJob], destination: Destination) -> None:
    """Refuse to write over what is read, or twice into one file, whatever link leads there."""
    paths = [path for job in jobs if not job.skip for path in (job.output, job.sidecar) if path]
    written = [(os.fspath(path), path) for path in paths]
    if destination.report is not None:
        written.append((f"--report {destination.report}", destination.report))
    taken: dict[object, str] = {}
    existing = {file_key(path) for _, path in written if os.path.exists(path)}
    if existing:
        for job in chain.from_iterable(job.parts or (job,) for job in jobs):
            keys = existing & set(_files_beside(job))
            taken |= dict.fromkeys(keys, f"a file of the source {job.label}")
    for job in jobs:
        for drawn in () if job.plan is None else job.plan.drawn:
            taken |= dict.fromkeys(_files_of(drawn), f"a file that {drawn.kind} names")
    if destination.settings is not None:
        taken[file_key(destination.settings)] = "where the settings are read from"
    for name, path in written:
        key = file_key(path)
        if key in taken:
            raise SettingsError(f"{name}: is {taken[key]}; choose another name to write to")
        taken[key] = f"the same file as {path}"


def _files_of(drawn: Drawn) -> Iterator[object]:
    """The keys of all files that something drawn may be read from."""
    if drawn.path is not None:
        yield file_key(drawn.path)
        if drawn.is_of_images:
            yield from _images_beside(drawn.path)


def _files_beside(job: SourceJob) -> Iterator[object]:
    """The keys of all files that a source may be read from."""
    source = job.source if job.plan is None else job.plan.stack.path
    if isinstance(source, (str, os.PathLike)):
        yield from _images_beside(source)


def _images_beside(source: str | os.PathLike[str]) -> Iterator[object]:
    path = os.path.abspath(os.fspath(source))
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    with contextlib.suppress(OSError), os.scandir(folder) as entries:  # said when it was planned
        for entry in entries:
            if entry.name.lower().endswith((*TIFF_SUFFIXES, ".ome")):
                yield file_key(Path(entry.path))


def _output_path(plan: Plan, destination: Destination, parents: list[str]) -> Path:
    if destination.file is not None:
        return Path(os.path.abspath(destination.file))
    source = plan.stack.path
    if source is None:
        if destination.folder is None:
            raise SettingsError("output: an array has no folder of its own; say where to write")
        return Path(os.path.abspath(destination.folder)) / video_name(plan, plan.stack.name)
    if destination.folder is not None:
        folder = Path(os.path.abspath(destination.folder))
        if folder == source:
            return folder / video_name(plan)
        return folder / video_name(plan, _name_outside(source, parents))
    if source.is_dir():
        return source / video_name(plan)
    return source.parent / video_name(plan, source_stem(source))


def _output_of_several(job: SourceJob, plan: Plan, destination: Destination) -> Path:
    """By default in the innermost folder in which all sources are, under the names of all."""
    if destination.file is not None:
        return Path(os.path.abspath(destination.file))
    folder, parents = destination.folder, _parents(job.parts)
    if folder is None:
        with contextlib.suppress(ValueError):  # on different drives
            folder = Path(os.path.commonpath(parents)) if len(parents) == len(job.parts) else None
    if folder is None:
        raise SettingsError("output: the sources have no folder in common; say where to write")
    names = dict.fromkeys(source.stack.name for source in plan.sources)
    name = name_of_several([re.sub(r"[^\w.-]+", "-", name) for name in names], "_")
    return Path(os.path.abspath(folder)) / video_name(plan, name.replace(" ", "_"))


def _name_outside(source: Path, parents: list[str]) -> str:
    """A source's name away from its folder: its stem, or its path below what all have in common."""
    if not source.is_dir():
        return source_stem(source)
    try:
        return "_".join(source.relative_to(os.path.commonpath(parents)).parts) or source.name
    except ValueError:  # on different drives
        return source.name
