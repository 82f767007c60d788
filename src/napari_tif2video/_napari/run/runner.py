"""The part of the window that runs conversions: progress, cancel, and what came out."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from magicgui.widgets import Container, ProgressBar, PushButton
from napari.utils.notifications import show_error, show_info, show_warning
from psygnal import Signal
from qtpy.QtWidgets import QFileDialog

from ...errors import Cancelled, describe
from ...pipeline import Execution, Progress
from ...units import few_of
from ...videos import Report, SourceJob, Video, run_jobs
from ..background import Background
from ..desktop import keep
from ..panel import PROBLEM_STYLE, Note, add_menu, line, say, tidy
from ..words import in_short, in_words, problem_of
from .card import FinishedVideo, VideoCard, found, look_at, remember

_STEPS = 1000
_SHOWN_EVERY_S = 0.2
_NAMED = 2  # of the videos that wait or have failed, so many are named at most

#: Index of a source, state, what else there is to say.
OnState = Callable[[int, str, str], None]
OriginsOf = Callable[[SourceJob], Iterable[object]]


@dataclass(eq=False)
class Order:
    """What one press of Create asks for.

    Attributes
    ----------
    origins_of : callable
        What a job is made of: when that goes, so does the card of its video.
    on_state : callable
        Gets to know how each job goes.
    kept : mapping
        What is remembered from one start to the next.
    """

    jobs: list[SourceJob]
    origins_of: OriginsOf
    on_state: OnState
    overwrite: bool
    verify: bool
    kept: Mapping[str, str]
    videos: list[Video] = field(default_factory=list)
    ended: set[int] = field(default_factory=set)  # jobs that came to an end

    @property
    def title(self) -> str:
        """The first video, and how many others there are."""
        return few_of([os.path.basename(job.output or job.label) for job in self.jobs], 1)

    @property
    def outputs(self) -> set[Path]:
        """All files that are written."""
        return {name for job in self.jobs for name in (job.output, job.sidecar) if name}

    def end(self) -> None:
        """Tell those jobs that did not come to an end that they will not."""
        for index in sorted(set(range(len(self.jobs))) - self.ended):
            self.on_state(index, "cancelled", "")


class RunRow(Container):
    """A progress bar with Cancel while videos are made, what waits, and the card of the last one.

    Orders are carried out one after the other. When one is cancelled, the others wait until the
    user goes on or takes them out.
    """

    began = Signal()
    ended = Signal()

    def __init__(self) -> None:
        self.bar = ProgressBar(min=0, max=_STEPS)
        self.cancel_button = PushButton(text="Cancel", tooltip="Stop making the video")
        self.card = VideoCard()
        self.log_button = PushButton(
            text="Log…", tooltip="Save a table with a row for each video, as CSV"
        )
        self.facts, self.failure, self.next = Note(), Note(PROBLEM_STYLE), Note()
        self.go_on_button = PushButton(text="Go on", tooltip="Make the videos that wait")
        self.remove_button = PushButton(
            text="Take out", tooltip="Choose which of the videos that wait are not made"
        )
        self._menu = add_menu(self.remove_button, self._fill)
        self._running = line(self.bar, self.cancel_button, stretch=0)
        self._queue = line(self.next, self.go_on_button, self.remove_button, stretch=0)
        super().__init__(labels=False, gui_only=True)
        tidy(self, (self.failure, self.facts, self._running, self._queue, self.card))
        self.videos: list[Video] = []
        self.waiting: list[Order] = []
        self._order: Order | None = None
        self._current = 0
        self._begun = 0.0
        self._told = 0.0
        self._then: Callable[[list[SourceJob]], object] | None = None
        self._planning = Background(self.native, self._on_planned, self._on_not_planned)
        self._conversion = Background(self.native, self._on_ended, self._on_ended)
        self._is_cancelled = threading.Event()
        self.cancel_button.changed.connect(lambda: self.cancel())
        self.go_on_button.changed.connect(self._go_on)
        self.log_button.changed.connect(self.ask_for_log)
        for part in (self._running, self._queue, self.log_button, self.facts, self.failure):
            part.visible = False

    @property
    def is_running(self) -> bool:
        """Whether videos are made, or what is needed for that is found out."""
        return self._order is not None or self.is_preparing

    @property
    def is_preparing(self) -> bool:
        """Whether sources are opened and planned; until then, no other order is taken."""
        return self._then is not None

    @property
    def outputs(self) -> set[Path]:
        """All files that are being written or will be."""
        orders = [*self.waiting, *([] if self._order is None else [self._order])]
        return {path for order in orders for path in order.outputs}

    def prepare(
        self, plan: Callable[[], list[SourceJob]], then: Callable[[list[SourceJob]], object]
    ) -> None:
        """Open and plan sources in the background; `then` gets the jobs, in the GUI thread."""
        if not self.is_running:
            self._show_running("Opening the sources…")
        self._then = then
        self.began.emit()
        self._planning.request(lambda _: plan())

    def _show_running(self, words: str) -> None:
        """Forget what was made before."""
        self.videos = []
        self.bar.value = 0
        self.bar.native.setFormat(words)
        self.log_button.visible = self.facts.visible = self.failure.visible = False
        self._running.visible = True

    def _on_planned(self, jobs: list[SourceJob]) -> None:
        then = self._then
        assert then is not None
        try:
            then(jobs)
        finally:
            self._end_planning()

    def _on_not_planned(self, error: Exception) -> None:
        show_error(in_short(describe(error)))
        self._end_planning()

    def _end_planning(self) -> None:
        self._then = None
        self._running.visible = self._order is not None
        self.ended.emit()

    def start(self, order: Order) -> None:
        """Make the videos in the background, after those that wait already."""
        for index in range(len(order.jobs)):
            order.on_state(index, "waiting", "")
        if not self.is_running:
            self._show_running("")
        self.waiting.append(order)
        self._go_on()

    def _go_on(self) -> None:
        if self._order is None and self.waiting:
            self._begin(self.waiting.pop(0))
        self._show_waiting()

    def _begin(self, order: Order) -> None:
        self._order, self._current, self._begun = order, 0, time.monotonic()
        for job in order.jobs:  # it may not have been made after all
            job.skip = job.skip and job.output is not None and job.output.exists()
        self._running.visible = True
        self.card.headline.collapse()
        self.bar.value = 0
        self.bar.native.setFormat("%p %")
        self._is_cancelled.clear()
        self.began.emit()
        self._conversion.request(lambda _: self._make(order))

    def _make(self, order: Order) -> None:
        keep(order.kept)
        call = self._conversion.call
        execution = Execution(progress=self._tell, cancel=self._is_cancelled.is_set)
        videos = run_jobs(
            order.jobs,
            execution,
            overwrite=order.overwrite,
            verify=order.verify,
            started=lambda index, _: call(self._on_started, index),
        )
        with contextlib.suppress(Cancelled):
            for index, video in videos:
                made = look_at(video, order.origins_of(order.jobs[index]))
                if made is not None:
                    remember(made)
                call(self._on_made, index, video, made)

    def _tell(self, progress: Progress) -> None:
        """In the background: pass progress on, as often as it is worth painting the window."""
        now = time.monotonic()
        if now - self._told >= _SHOWN_EVERY_S:
            self._told = now
            self._conversion.call(self._on_progress, progress)

    def cancel(self, wait_s: float = 0) -> None:
        """Stop at the next frame; nothing half-made stays, and what waits goes on waiting."""
        if self.is_preparing:
            self._planning.cancel()
            self._end_planning()
        if self._order is not None:
            self.bar.native.setFormat("Cancelling…")
            self._is_cancelled.set()
            self._conversion.join(wait_s)

    def stop(self, wait_s: float) -> None:
        """Stop, and make none of those that wait."""
        self._take_out(self.waiting)
        self.cancel(wait_s)

    def _take_out(self, orders: list[Order]) -> None:
        for order in list(orders):
            if order in self.waiting:  # it may have begun while the menu was open
                self.waiting.remove(order)
                order.end()
        self._show_waiting()

    def _show_waiting(self) -> None:
        names = [order.title for order in self.waiting]
        words = "Next" if self.is_running else "Not begun"
        self.next.value = f"{words}: {few_of(names, _NAMED)}"
        self.next.tooltip = "\n".join(names)
        self.go_on_button.visible = not self.is_running
        self._queue.visible = bool(names)

    def _fill(self) -> None:
        self._menu.clear()
        for order in self.waiting:
            self._menu.addAction(order.title, partial(self._take_out, [order]))
        self._menu.addAction("All", partial(self._take_out, self.waiting))

    def ask_for_log(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self.native, "Save log", "videos.csv", "CSV (*.csv)")
        if name:
            self.save_log(name)

    def save_log(self, path: str) -> None:
        """A row for each source, as ``tif2video --report`` writes it."""
        with Report(path) as report:
            for video in self.videos:
                report.write(video)

    def _on_started(self, index: int) -> None:
        assert self._order is not None
        self._current = index
        self._order.on_state(index, "running", "")

    def _on_progress(self, progress: Progress) -> None:
        order = self._order
        assert order is not None
        share = (self._current + progress.fraction) / len(order.jobs)
        elapsed = time.monotonic() - self._begun
        left = elapsed * (1 - share) / share if share > 0.02 else None
        order.on_state(self._current, f"{round(100 * progress.fraction)} %", "")
        self.bar.native.setFormat("%p %" if left is None else f"%p % · {_readable(left)} left")
        self.bar.value = round(share * _STEPS)  # last, as Qt paints at once, and so only once

    def _on_made(self, index: int, video: Video, made: FinishedVideo | None) -> None:
        order = self._order
        assert order is not None
        order.videos.append(video)
        self.videos.append(video)
        order.ended.add(index)
        is_alone = len(order.jobs) == 1
        if made is not None:
            self.card.add(made, is_open=is_alone)  # rows of several need the room
        state = "done" if video.status == "ok" else video.status
        known = found(video) if video.status == "ok" else []
        why = video.error or "\n".join([*known, *video.notes])
        order.on_state(index, state, in_words(why))
        if is_alone and video.status == "failed":
            show_error(in_short(video.error or "failed"))
        # What was known before the run is said beside the source.
        job = order.jobs[index]
        for said in video.notes[0 if job.plan is None else len(job.plan.notes) :]:
            show_warning(in_short(said if is_alone else f"{video.source}: {said}"))

    def _on_ended(self, error: Exception | None) -> None:
        order, self._order = self._order, None
        assert order is not None
        total, is_whole = len(order.jobs), len(order.ended) == len(order.jobs)
        order.end()
        made = [v for v in order.videos if v.status == "ok"]
        failed = [v for v in order.videos if v.status == "failed"]
        if error is not None:
            show_error(in_short(describe(error)))
        elif self._is_cancelled.is_set() and not is_whole:
            show_info("Cancelled; nothing half-made was left.")
        elif total > 1:
            summary = f"{total} videos: {len(made)} done, {len(failed)} failed"
            (show_error if failed else show_info)(summary)
        elif made and made[0].output is not None:
            show_info(f"Saved {made[0].output.name}")
        say(self.facts, "\n".join(_all_verified(made) if total > 1 else []))
        why = [] if error is None else [problem_of(error)]
        why += [in_words(v.error or "failed") for v in self.videos if v.status == "failed"]
        self.failure.tooltip = "\n".join(why)
        more = len(why) - _NAMED
        why[_NAMED:] = [f"and {more} more: see their rows, or the log"] if more > 0 else []
        say(self.failure, "\n".join(map(in_short, why)))
        self.log_button.visible = len(self.videos) > 1
        self._running.visible = False
        if not self._is_cancelled.is_set():
            self._go_on()
        self._show_waiting()
        self.ended.emit()


def _all_verified(videos: list[Video]) -> list[str]:
    """The worst frame of all videos, where they were verified."""
    worst = [video.psnr_worst_db for video in videos if video.psnr_worst_db is not None]
    return [f"verified: worst frame of all {min(worst):.1f} dB PSNR"] if worst else []


def _readable(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
