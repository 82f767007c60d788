"""Work off the GUI thread: one thing at a time, and the newest request wins. All of it is Qt."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject, QTimer, Signal


class Background(QObject):
    """Runs functions in a thread; of requests that pile up only the last is run.

    A plain thread rather than a worker of superqt: those run in Qt's pool, for which Qt waits when
    the program ends, however long a network drive takes, and change what Python does with warnings
    in all threads.

    Parameters
    ----------
    parent : QObject
        It lives as long.
    done, failed : callable
        Get the result or the exception of the newest request, in the GUI thread.
    """

    _finished = Signal(int, object, object)
    _called = Signal(object, object)

    def __init__(
        self,
        parent: QObject,
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        *,
        delay_ms: int = 0,
    ) -> None:
        super().__init__(parent)
        self._done, self._failed = done, failed
        self._number = 0
        self._waiting: Callable[[Callable[[], bool]], Any] | None = None
        self._thread: threading.Thread | None = None
        # superqt's throttler fires once more after each pause, and cannot tell whether it waits.
        self._timer = QTimer(self, singleShot=True, interval=delay_ms, timeout=self._start)
        self._finished.connect(self._on_finished)
        self._called.connect(self._on_called)

    def request(self, function: Callable[[Callable[[], bool]], Any]) -> None:
        """Run ``function(is_stale)`` soon; it may ask whether its result is still wanted."""
        self._number += 1
        self._waiting = function
        if not self._timer.isActive():
            self._timer.start()

    def call(self, function: Callable[..., object], *arguments: Any) -> None:
        """From what runs: call a function in the GUI thread, without waiting for it."""
        with contextlib.suppress(RuntimeError):  # the window was closed meanwhile
            self._called.emit(function, arguments)

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
        # dask would keep the threads that it made for this one until it makes those of another.
        pools = getattr(sys.modules.get("dask.threaded"), "pools", {})
        for pool in pools.pop(threading.current_thread(), {}).values():
            pool.shutdown(wait=False)
        with contextlib.suppress(RuntimeError):  # the window was closed meanwhile
            self._finished.emit(number, *outcome)

    def _on_called(self, function: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        function(*arguments)

    def _on_finished(self, number: int, result: Any, error: Exception | None) -> None:
        self._thread = None
        if number == self._number:
            if error is None:
                self._done(result)
            else:
                self._failed(error)
        if self._waiting is not None:
            self._timer.start()
