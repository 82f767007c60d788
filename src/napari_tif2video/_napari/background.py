"""Work off the GUI thread: one thing at a time, results by signal, the newest request wins."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject, QTimer, Signal


class Background(QObject):
    """Runs functions in a thread; of requests that pile up only the last is run.

    A plain thread rather than a worker of superqt: those run in Qt's pool, for which Qt waits when
    the program ends, however long a network drive takes, and change what Python does with warnings
    in all threads.

    Signals
    -------
    done(result), failed(exception)
        In the GUI thread, and only for the newest request.
    """

    done = Signal(object)
    failed = Signal(object)
    _finished = Signal(int, object, object)

    def __init__(
        self,
        parent: QObject,
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        *,
        delay_ms: int = 0,
    ) -> None:
        super().__init__(parent)
        self._number = 0
        self._waiting: Callable[[Callable[[], bool]], Any] | None = None
        self._thread: threading.Thread | None = None
        # superqt's throttler fires once more after each pause, and cannot tell whether it waits.
        self._timer = QTimer(self, singleShot=True, interval=delay_ms, timeout=self._start)
        self.done.connect(done)
        self.failed.connect(failed)
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

    def join(self, seconds: float) -> None:
        """Wait so long for what runs."""
        if self._thread is not None:
            self._thread.join(seconds)

    @property
    def is_busy(self) -> bool:
        return self._waiting is not None or self._thread is not None

    def _start(self) -> None:
        if self._thread is not None or self._waiting is None:
            return  # the running one starts it when it ends
        self._thread = threading.Thread(
            target=self._run, args=(self._waiting, self._number), daemon=True
        )
        self._waiting = None
        self._thread.start()

    def _run(self, function: Callable[[Callable[[], bool]], Any], number: int) -> None:
        outcome: tuple[Any, Exception | None]
        try:
            outcome = (function(lambda: number != self._number), None)
        except Exception as exc:  # goes to the GUI thread, which tells the user
            outcome = (None, exc)
        with contextlib.suppress(RuntimeError):  # the window was closed meanwhile
            self._finished.emit(number, *outcome)

    def _on_finished(self, number: int, result: Any, error: Exception | None) -> None:
        self._thread = None
        if number == self._number:
            if error is None:
                self.done.emit(result)
            else:
                self.failed.emit(error)
        if self._waiting is not None:
            self._timer.start()
