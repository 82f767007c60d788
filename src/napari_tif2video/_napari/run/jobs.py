"""What the Create button does: from the form to a run that is under way."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from functools import partial
from pathlib import Path

from qtpy.QtWidgets import QWidget

from ...encode import sidecar_of
from ...errors import SettingsError
from ...planning import Plan
from ...settings import VideoSettings
from ...videos import Destination as Names
from ...videos import SourceJob, find_sources, plan_jobs, video_name
from ..source import FolderList
from .destination import Destination, ask_about_existing, free_name
from .runner import Order, OriginsOf, RunRow

_ENDED = ("done", "failed", "skipped", "cancelled")


def automatic_name(plan: Plan, folder: Path | None) -> str:
    """The name of a video in `folder`, or beside the data."""
    path = plan.stack.path
    inside = folder is None and path is not None and path.is_dir()
    return video_name(plan, "" if inside else plan.stack.name)


def layer_jobs(plan: Plan, destination: Destination) -> list[SourceJob]:
    """The one job for a planned layer, or none if the user was asked for a folder and left.

    Asked is only where the layer has no folder of its own, and none was chosen before.
    """
    folder, path = destination.folder, plan.stack.path
    if folder is None and path is None:
        if not destination.ask():
            return []
        folder = destination.folder
    name = destination.file_name or automatic_name(plan, folder)
    if folder is None:
        assert path is not None
        folder = path if path.is_dir() else path.parent
    output = folder / name
    beside = sidecar_of(output) if destination.sidecar.value else None
    return [SourceJob(plan.stack, plan=plan, output=output, sidecar=beside)]


def folder_jobs(
    paths: list[str],
    settings: VideoSettings,
    folder: Path | None,
    file_name: str | None,
    *,
    sidecar: bool = False,
) -> list[SourceJob]:
    """A job for each folder or file, each opened and planned: not for the GUI thread.

    Parameters
    ----------
    folder : Path, optional
        For all videos; by default they go beside the data.
    file_name : str, optional
        What the user called the video, if there is only one.

    Raises
    ------
    SettingsError
        There is nothing to convert, or two sources have the same output.
    """
    jobs = find_sources(paths)
    if not jobs:
        raise SettingsError("add a folder first")
    file = None
    is_each = "each" in (settings.channel, settings.position, settings.follow_id)
    if file_name is not None and len(jobs) == 1 and not is_each:
        parent = folder or Path(paths[0])
        # A folder that was chosen and is gone is made again.
        is_file = folder is None and not parent.is_dir()
        file = (parent.parent if is_file else parent) / file_name
        folder = None
    return plan_jobs(jobs, settings, Names(file, folder, overwrite=True, sidecar=sidecar))


def settle_existing(
    jobs: list[SourceJob], policy: str, awaited: Collection[Path], parent: QWidget
) -> bool | None:
    """Decide about videos that exist, asking once; whether to overwrite, or None to cancel.

    Parameters
    ----------
    awaited : collection of Path
        Files that do not exist yet, but will.
    """

    def is_taken(name: Path) -> bool:
        return name.exists() or name in awaited

    existing = [job for job in jobs if any(map(is_taken, _names(job)))]
    if not existing:
        return False
    answer = policy
    if policy == "ask":
        names = [next(filter(is_taken, _names(job))) for job in existing]
        answer = ask_about_existing(parent, names)
    if answer == "cancel":
        return None
    for job in existing:
        assert job.output is not None
        job.skip = answer == "skip" and is_taken(job.output)
        # Under "skip" too, where only a sidecar is in the way: it may be that of another video.
        if answer in ("keep", "skip") and not job.skip:
            job.output = free_name(job.output, is_taken, with_sidecar=job.sidecar is not None)
            job.sidecar = job.sidecar and sidecar_of(job.output)
    return answer == "replace"


def _names(job: SourceJob) -> list[Path]:
    """What the job would write."""
    return [name for name in (job.output, job.sidecar) if name is not None]


def _rows_of(job: SourceJob) -> list[str]:
    """The paths that the list of folders has for a job."""
    return [os.path.abspath(part.source) for part in job.parts or (job,)]


class RowStates:
    """Shows how jobs go in the rows of their sources, of which each may have several videos."""

    def __init__(self, folders: FolderList, jobs: list[SourceJob]) -> None:
        self._folders, self._jobs = folders, jobs
        self._paths = [_rows_of(job) for job in jobs]
        self._states: list[tuple[str, str]] = [("", "")] * len(jobs)

    def show(self, index: int, state: str, why: str) -> None:
        """The job with this index has this state; of several, what is worst is what counts."""
        self._states[index] = state, why
        for path in self._paths[index]:
            if path in self._folders.paths:  # else it was removed meanwhile
                self._show_row(path, index)

    def _show_row(self, path: str, index: int) -> None:
        """The state of what is made of one path, where the job with this index has a new one."""
        rows, (state, why) = self._folders.paths, self._states[index]
        own = [i for i, paths in enumerate(self._paths) if path in paths]
        videos = [output for i in own if (output := self._jobs[i].output) is not None]
        states = [self._states[i] for i in own]
        if len(own) > 1 and state not in _ENDED:
            state = f"{own.index(index) + 1} of {len(own)}: {state}"
        elif len(own) > 1:
            failed = [each for each in states if each[0] == "failed"]
            state, why = failed[0] if failed else states[-1]
            if state not in _ENDED:
                state = f"{own.index(index) + 1} of {len(own)}"
        self._folders.set_row(rows.index(path), state, why, videos)


class Starter:
    """Starts runs with what the user has chosen about the files."""

    def __init__(self, run: RunRow, destination: Destination, folders: FolderList) -> None:
        self._run, self._destination, self._folders = run, destination, folders

    def start_layers(self, settings: VideoSettings, plan: Plan, origins: Iterable[object]) -> bool:
        """Start with layers, which are planned already; False if the user cancels."""
        jobs = layer_jobs(plan, self._destination)
        return self._begin(settings, lambda _: origins, jobs)

    def start_folders(self, settings: VideoSettings) -> None:
        """Open and plan the listed folders and files in the background, and then start.

        A hundred of them on a network drive take their time.
        """
        paths, destination = self._folders.paths, self._destination
        if not paths:
            raise SettingsError("add a folder first")
        where = destination.folder, destination.file_name
        sidecar = destination.sidecar.value
        plan = partial(folder_jobs, paths, settings, *where, sidecar=sidecar)
        self._run.prepare(plan, partial(self._begin, settings, _rows_of, has_rows=True))

    def _begin(
        self,
        settings: VideoSettings,
        origins_of: OriginsOf,
        jobs: list[SourceJob],
        *,
        has_rows: bool = False,
    ) -> bool:
        run, destination = self._run, self._destination
        policy = destination.existing.value
        overwrite = settle_existing(jobs, policy, run.outputs, run.native) if jobs else None
        if overwrite is None:
            return False
        on_state = RowStates(self._folders, jobs).show if has_rows else lambda *_: None
        kept = destination.kept(settings)
        run.start(Order(jobs, origins_of, on_state, overwrite, destination.verify.value, kept))
        return True
