"""The part of the window that runs conversions: progress, cancel, and what came out."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from magicgui.widgets import Container, ProgressBar, PushButton
from napari.utils import cancelable_progress
from napari.utils.notifications import show_error, show_info, show_warning
from psygnal import Signal
from qtpy.QtWidgets import QFileDialog

from ...errors import Cancelled, describe
from ...pipeline import Execution, Progress
from ...videos import (
    Report,
    SourceJob,
    Video,
    describe_fidelity,
    describe_limits,
    run_jobs,
)
from ..background import Background
from ..panel import PROBLEM_STYLE, line, note, say, tidy
from ..words import in_words
from .card import FinishedVideo, VideoCard, look_at

_STEPS = 1000

#: Index of a source, name of its video, state, reason of a failure.
OnState = Callable[[int, "str | None", str, str], None]
OriginsOf = Callable[[SourceJob], Iterable[object]]


class RunRow(Container):
    """A progress bar with Cancel while videos are made; the card of the last one afterwards."""

    began = Signal()
    ended = Signal()

    def __init__(self) -> None:
        self.bar = ProgressBar(min=0, max=_STEPS)
        self.cancel_button = PushButton(text="Cancel")
        self.card = VideoCard()
        self.log_button = PushButton(text="Save log…")
        self.facts, self.failure = note(), note(PROBLEM_STYLE)
        self._running = line(self.bar, self.cancel_button, stretch=0)
        super().__init__(labels=False, gui_only=True)
        tidy(self, (self.failure, self.facts, self.log_button, self._running, self.card))
        self.videos: list[Video] = []
        self._jobs: list[SourceJob] = []
        self._ended: set[int] = set()  # jobs that came to an end
        self._current = 0
        self._begun = 0.0
        self._show_state: OnState | None = None
        self._origins_of: OriginsOf = lambda _: ()
        self._activity: Any = None
        self._then: Callable[[list[SourceJob]], object] | None = None
        self._planning = Background(self.native, self._on_planned, self._on_not_planned)
        self._conversion = Background(self.native, self._on_ended, self._on_ended)
        self._is_cancelled = threading.Event()
        self.cancel_button.changed.connect(lambda: self.cancel())
        self.log_button.changed.connect(self.ask_for_log)
        for part in (self._running, self.log_button, self.facts, self.failure):
            part.visible = False

    @property
    def is_running(self) -> bool:
        """Whether videos are made, or what is needed for that is found out."""
        return bool(self._jobs) or self._then is not None

    def prepare(
        self, plan: Callable[[], list[SourceJob]], then: Callable[[list[SourceJob]], object]
    ) -> None:
        """Open and plan sources in the background; `then` gets the jobs, in the GUI thread."""
        self._then = then
        self._show_running("Opening the sources…")
        self._planning.request(lambda _: plan())

    def _show_running(self, words: str) -> None:
        self.videos = []
        self.bar.value = 0
        self.bar.native.setFormat(words)
        self.log_button.visible = self.facts.visible = self.failure.visible = False
        self._running.visible = True
        self.began.emit()

    def _on_planned(self, jobs: list[SourceJob]) -> None:
        then = self._then
        assert then is not None
        try:
            then(jobs)
        finally:
            self._end_planning()

    def _on_not_planned(self, error: Exception) -> None:
        show_error(describe(error))
        self._end_planning()

    def _end_planning(self) -> None:
        self._then = None
        if not self._jobs:
            self._running.visible = False
            self.ended.emit()

    def start(
        self,
        jobs: list[SourceJob],
        *,
        origins_of: OriginsOf,
        overwrite: bool,
        on_state: OnState | None = None,
        verify: bool = False,
    ) -> None:
        """Make the videos in the background.

        Parameters
        ----------
        origins_of : callable
            What a job is made of: when that goes, so does the card of its video.
        on_state : callable, optional
            Gets to know how each job goes.
        """
        self._jobs, self._show_state, self._origins_of = jobs, on_state, origins_of
        self._ended, self._current, self._begun = set(), 0, time.monotonic()
        for index, job in enumerate(jobs):
            name = None if job.output is None else job.output.name
            self._on_state(index, name, "waiting", "")
        self._show_running("%p %")
        # Made here: napari's progress bars belong to the GUI thread.
        self._activity = cancelable_progress(
            total=_STEPS, desc="TIFF to video", cancel_callback=self.cancel
        )
        self._is_cancelled.clear()
        self._conversion.request(lambda _: self._make(jobs, overwrite, verify))

    def _make(self, jobs: list[SourceJob], overwrite: bool, verify: bool) -> None:
        call = self._conversion.call
        execution = Execution(
            progress=lambda progress: call(self._on_progress, progress),
            cancel=self._is_cancelled.is_set,
        )
        videos = run_jobs(
            jobs,
            execution,
            overwrite=overwrite,
            verify=verify,
            started=lambda index, _: call(self._on_started, index),
        )
        with contextlib.suppress(Cancelled):
            for index, video in videos:
                made = look_at(video, self._origins_of(jobs[index]))
                call(self._on_made, index, video, made)

    def cancel(self, wait_s: float = 0) -> None:
        """Stop at the next frame; nothing half-made stays."""
        if self._then is not None:
            self._planning.cancel()
            self._end_planning()
        if self._jobs:
            self.bar.native.setFormat("Cancelling…")
            self._is_cancelled.set()
            self._conversion.join(wait_s)

    def ask_for_log(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self.native, "Save log", "videos.csv", "CSV (*.csv)")
        if name:
            self.save_log(name)

    def save_log(self, path: str) -> None:
        """A row for each source, as ``tif2video --report`` writes it."""
        with Report(path) as report:
            for video in self.videos:
                report.write(video)

    def _on_state(self, index: int, name: str | None, state: str, why: str) -> None:
        if self._show_state is not None:
            self._show_state(index, name, state, why)

    def _on_started(self, index: int) -> None:
        self._current = index
        self._on_state(index, None, "running", "")

    def _on_progress(self, progress: Progress) -> None:
        share = (self._current + progress.fraction) / len(self._jobs)
        step = round(share * _STEPS)
        elapsed = time.monotonic() - self._begun
        left = elapsed * (1 - share) / share if share > 0.02 else None
        self.bar.value = step
        self.bar.native.setFormat("%p %" if left is None else f"%p % · {_readable(left)} left")
        self._on_state(self._current, None, f"{round(100 * progress.fraction)} %", "")
        # Last, as napari handles waiting events in it: the end of the run may be among them.
        if self._activity is not None:
            self._activity.update(step - self._activity.n)

    def _on_made(self, index: int, video: Video, made: FinishedVideo | None) -> None:
        self.videos.append(video)
        self._ended.add(index)
        if made is not None:
            self.card.add(made)
        words = {"ok": "done", "failed": "failed", "skipped": "skipped"}
        name = None if video.output is None else video.output.name
        why = video.error or "\n".join([*_found(video), *video.notes])
        self._on_state(index, name, words[video.status], why)
        if len(self._jobs) == 1 and video.status == "failed":
            show_error(in_words(video.error or "failed"))
        # What was known before the run is said beside the source.
        job = self._jobs[index]
        for said in video.notes[0 if job.plan is None else len(job.plan.notes) :]:
            said = in_words(said)
            show_warning(said if len(self._jobs) == 1 else f"{video.source}: {said}")

    def _on_ended(self, error: Exception | None) -> None:
        total, self._jobs = len(self._jobs), []
        if self._activity is not None:
            self._activity.close()
            self._activity = None
        for index in sorted(set(range(total)) - self._ended):
            self._on_state(index, None, "cancelled", "")
        made = [v for v in self.videos if v.status == "ok"]
        failed = [v for v in self.videos if v.status == "failed"]
        self._running.visible = False
        self.log_button.visible = total > 1
        if error is not None:
            show_error(describe(error))
        elif self._is_cancelled.is_set():
            show_info("Cancelled; nothing half-made was left.")
        elif total > 1:
            summary = f"{total} videos: {len(made)} done, {len(failed)} failed"
            (show_error if failed else show_info)(summary)
        elif made and made[0].output is not None:
            show_info(f"Saved {made[0].output.name}")
        say(self.facts, "\n".join(_all_verified(made) if total > 1 else []))
        why = [in_words(describe(error))] if error is not None else []
        say(self.failure, "\n".join(why + [in_words(v.error or "failed") for v in failed]))
        self.ended.emit()


def _found(video: Video) -> list[str]:
    """What was found out about a video that was made."""
    if video.status != "ok":
        return []
    return [describe_limits(video), *([describe_fidelity(video)] if video.verified else [])]


def _all_verified(videos: list[Video]) -> list[str]:
    """The worst frame of all videos, where they were verified."""
    worst = [video.psnr_worst_db for video in videos if video.psnr_worst_db is not None]
    return [f"verified: worst frame of all {min(worst):.1f} dB PSNR"] if worst else []


def _readable(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
