"""Where the videos of a call go, over nothing that it reads."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from ..data import TIFF_SUFFIXES, source_stem
from ..encode import exists_error, sidecar_of
from ..errors import OutputError, SettingsError
from ..planning import Drawn, Plan, name_of_several
from ..settings import check_ending
from .names import check_length, file_key, same_output_key, video_name
from .sources import SourceJob


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


def choose_outputs(jobs: list[SourceJob], destination: Destination) -> None:
    """Give each job that is planned its output and sidecar, or the problem with them.

    Raises
    ------
    SettingsError
        Two of them would be one file.
    """
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


def check_written(jobs: list[SourceJob], destination: Destination) -> None:
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
        return folder / video_name(plan, name_outside(source, parents))
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


def name_outside(source: Path, parents: list[str]) -> str:
    """A source's name away from its folder: its stem, or its path below what all have in common."""
    if not source.is_dir():
        return source_stem(source)
    try:
        return "_".join(source.relative_to(os.path.commonpath(parents)).parts) or source.name
    except ValueError:  # on different drives
        return source.name


def _parents(jobs: Iterable[SourceJob]) -> list[str]:
    """The folders that hold the sources."""
    return [
        os.path.dirname(os.path.abspath(job.source))
        for job in jobs
        if isinstance(job.source, (str, os.PathLike))
    ]
