"""Runs a graph of tasks on threads, reports progress and stops when asked to.

Tasks find their job by its key, not by holding it: so they can be pickled, and where no such job
runs in their process (on a cluster) they simply do their work.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from ..data import free_memory
from ..errors import Cancelled, SettingsError

_POLL_S = 0.05

_jobs: dict[str, Job] = {}
_numbers = itertools.count()


@dataclass(frozen=True)
class Progress:
    """How far a conversion is.

    Attributes
    ----------
    phase : {"measuring", "trying", "encoding", "verifying"}
        Whether the contrast limits are being measured, the rate factor or the palette is being
        looked for, the video is being made, or what was made is being compared with the frames.
    done, total : int
        Steps of work; every frame is a few of them.
    frames : int
        Frames of the sequence.
    """

    phase: str
    done: int
    total: int
    frames: int

    @property
    def fraction(self) -> float:
        return min(1.0, self.done / self.total) if self.total else 0.0


def default_workers() -> int:
    """The number of cores this process may use, container limits included."""
    from dask.system import CPU_COUNT

    return CPU_COUNT


@dataclass(frozen=True)
class Execution:
    """How the work is done; none of it changes a byte of the video.

    Attributes
    ----------
    workers : int
        Threads.
    memory_budget : int, optional
        Bytes that frames prepared while measuring global contrast may take. Within it every file
        is read once, beyond it twice. Default: a quarter of the memory that is free.
    progress : callable, optional
        Called with a `Progress` now and then, in the calling thread.
    cancel : callable, optional
        Asked now and then; when it returns True, the work stops with `Cancelled`.
    """

    workers: int = field(default_factory=default_workers)
    memory_budget: int | None = None
    progress: Callable[[Progress], None] | None = None
    cancel: Callable[[], bool] | None = None

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise SettingsError(f"workers: must be at least 1, got {self.workers}")

    @property
    def budget(self) -> int:
        if self.memory_budget is not None:
            return self.memory_budget
        return free_memory() // 4

    def job(self, frames: int, steps_per_frame: int = 1) -> Job:
        return Job(self.workers, frames, steps_per_frame, self.progress, self.cancel)


class Job:
    """The work on one video: counts steps, and knows whether it was cancelled."""

    def __init__(
        self,
        workers: int,
        frames: int,
        steps_per_frame: int,
        progress: Callable[[Progress], None] | None = None,
        cancel: Callable[[], bool] | None = None,
    ) -> None:
        self.key = f"job-{next(_numbers)}"
        self.workers = workers
        self.phase = "encoding"
        self._frames = frames
        self._total = frames * steps_per_frame
        self._done = 0
        self._lock = threading.Lock()
        self._stopped = False
        self._progress = progress
        self._cancel = cancel
        self._reported = -1

    def __enter__(self) -> Job:
        _jobs[self.key] = self
        return self

    def __exit__(self, *exc_info: object) -> None:
        _jobs.pop(self.key, None)

    def run(self, graph: dict[Hashable, Any], keys: Any) -> Any:
        """Compute the keys of a dask graph; progress is reported from the calling thread."""
        from dask.threaded import get

        with ThreadPoolExecutor(self.workers) as pool, ThreadPoolExecutor(1) as scheduler:
            future = scheduler.submit(get, graph, keys, pool=pool)
            try:
                self._watch(future)
            finally:
                # Also after a failure of one task, an exception of the callback or Ctrl-C: the
                # others stop at their next frame, and the pools can be left.
                self._stopped = not future.done() or future.exception() is not None
            return future.result()

    def _watch(self, future: Future[Any]) -> None:
        while True:
            done, _ = wait([future], timeout=_POLL_S)
            self._report()
            if done:
                return
            if self._cancel is not None and self._cancel():
                self._stopped = True
                raise Cancelled("cancelled")

    def _report(self) -> None:
        if self._progress is not None and self._done != self._reported:
            self._reported = self._done
            self._progress(Progress(self.phase, self._done, self._total, self._frames))

    def expect(self, steps: int) -> None:
        """There is more to do than was known at the beginning."""
        self._total += steps

    def step(self) -> None:
        if self._stopped:
            raise Cancelled("cancelled")
        with self._lock:
            self._done += 1


def step(key: str) -> None:
    """Called by tasks after each piece of work on a frame; raises if the job was cancelled."""
    job = _jobs.get(key)
    if job is not None:
        job.step()
