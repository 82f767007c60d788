"""Which sources a call names: a job for each."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..data import (
    axes_of_names,
    folders_with_frames,
    is_single_image,
    is_tiff_name,
    natural_key,
)
from ..errors import SourceError
from ..paths import expanded
from ..planning import Clips, Plan, name_of_several


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
