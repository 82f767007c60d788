"""Work off the GUI thread: one thing at a time, results by signal, the newest request wins."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject, QTimer, Signal


class Background(QObject):
    """Runs functions in a thread; of requests that pile up only the last is run.

    A plain thread rather than napari's workers: those drop a RuntimeError without a word.

    Signals
    -------
    done(result), failed(exception)
        In the GUI thread, and only for the newest request.
    """

    done = Signal(object)
    failed = Signal(object)
    _finished = Signal(int, object, object)

    def __init__(self, delay_ms: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._number = 0
        self._waiting: Callable[[Callable[[], bool]], Any] | None = None
        self._thread: threading.Thread | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(delay_ms)
        self._timer.timeout.connect(self._start)
        self._finished.connect(self._on_finished)

    def request(self, function: Callable[[Callable[[], bool]], Any]) -> None:
        """Run ``function(is_stale)`` soon; it may ask whether its result is still wanted."""
        self._number += 1
        self._waiting = function
        if not self._timer.isActive():
            self._timer.start()

    def cancel(self) -> None:
        """Forget what waits, and the result of what runs."""
        self._number += 1
        self._waiting = None
        self._timer.stop()

    @property
    def is_busy(self) -> bool:
        return self._waiting is not None or self._thread is not None

    def _start(self) -> None:
        if self._thread is not None or self._waiting is None:
            return  # the running one starts it when it ends
        function, number = self._waiting, self._number
        self._waiting = None

        def run() -> None:
            outcome: tuple[Any, Exception | None]
            try:
                outcome = (function(lambda: number != self._number), None)
            except Exception as exc:  # goes to the GUI thread, which tells the user
                outcome = (None, exc)
            with contextlib.suppress(RuntimeError):  # the window was closed meanwhile
                self._finished.emit(number, *outcome)

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    def _on_finished(self, number: int, result: Any, error: Exception | None) -> None:
        self._thread = None
        if number == self._number:
            if error is None:
                self.done.emit(result)
            else:
                self.failed.emit(error)
        if self._waiting is not None:
            self._timer.start()


class Conversion(QObject):
    """A run of `run_jobs` in a thread, with its progress as signals in the GUI thread."""

    started = Signal(int)
    progressed = Signal(object)
    finished_one = Signal(int, object)
    ended = Signal(object, bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cancel = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self, jobs: list[Any], *, overwrite: bool, verify: bool = False) -> None:
        self._cancel.clear()
        arguments = (jobs, overwrite, verify)
        self._thread = threading.Thread(target=self._run, args=arguments, daemon=True)
        self._thread.start()

    def cancel(self, wait_s: float = 0) -> None:
        """Stop at the next frame; nothing half-made stays."""
        self._cancel.set()
        if wait_s and self._thread is not None:
            self._thread.join(wait_s)

    def _run(self, jobs: list[Any], overwrite: bool, verify: bool) -> None:
        from ..errors import Cancelled, describe
        from ..pipeline import Execution
        from ..videos import run_jobs

        execution = Execution(progress=self._tell_progress, cancel=self._cancel.is_set)
        error: str | None = None
        try:
            for index, video in enumerate(
                run_jobs(
                    jobs,
                    execution,
                    overwrite=overwrite,
                    verify=verify,
                    started=lambda index, _: self._tell("started", index),
                )
            ):
                self._tell("finished_one", index, video)
                if self._cancel.is_set():
                    break
        except Cancelled:
            pass
        except Exception as exc:
            error = describe(exc)
        self._tell("ended", error, self._cancel.is_set())

    def _tell_progress(self, progress: Any) -> None:
        self._tell("progressed", progress)

    def _tell(self, signal: str, *values: Any) -> None:
        try:
            getattr(self, signal).emit(*values)
        except RuntimeError:  # the window is gone, and nobody waits for the rest
            self._cancel.set()
