"""Runs tasks wherever dask is told to: on threads, processes, or the cluster of an active client.

Results come back to the caller's process one after the other, in order. Progress is reported and
cancelling asked for in the calling thread. Tasks find their run by its key, not by holding it: so
they can be pickled, and in another process they simply do their work.
"""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ..data import array_error, free_memory
from ..errors import Cancelled, SettingsError, Tif2VideoError
from ..planning import Plan
from .cluster import Watch, check_workers, files_of, lost

if TYPE_CHECKING:
    from dask.delayed import Delayed

_POLL_S = 0.05

_runs: dict[str, Run] = {}
_numbers = itertools.count()

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Progress:
    """How far a conversion is.

    Attributes
    ----------
    phase : {"checking", "reading", "measuring", "trying", "encoding", "verifying"}
        Whether frames that cannot be read are being looked for, what several clips show is being
        read for all of them, the contrast limits or the drift are being measured, the rate factor
        or the palette is being looked for, the video is being made, or what was made is being
        compared with the frames.
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
    """What dask is configured to, or the cores this process may use, container limits included."""
    from dask import config
    from dask.system import CPU_COUNT

    workers: int = config.get("num_workers", None) or CPU_COUNT
    return workers


@dataclass(frozen=True)
class Execution:
    """How the work is done; none of it changes a byte of the video.

    Attributes
    ----------
    workers : int
        Threads, or processes if dask is configured so. A cluster has its own.
    memory_budget : int, optional
        Bytes that frames prepared while measuring global contrast may take. Within it every file
        is read once, beyond it twice. Default: a quarter of the memory that is free.
    progress : callable, optional
        Called with a `Progress` now and then, in the calling thread.
    cancel : callable, optional
        Asked now and then; when it returns True, the work stops with `Cancelled`.
    client : distributed.Client, optional
        Of the cluster that does the work; by default the active one, if there is one.
    resume : bool
        Whether finished segments are kept until the video is complete, and used again after a run
        that was stopped.
    """

    workers: int = field(default_factory=default_workers)
    memory_budget: int | None = None
    progress: Callable[[Progress], None] | None = None
    cancel: Callable[[], bool] | None = None
    client: Any = None
    resume: bool = False

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise SettingsError(f"workers: must be at least 1, got {self.workers}")

    @property
    def budget(self) -> int:
        if self.memory_budget is not None:
            return self.memory_budget
        _, client = _scheduler_of(self)
        if client is None:
            return free_memory() // 4
        workers = client.scheduler_info(n_workers=-1)["workers"].values()
        return int(sum(worker["memory_limit"] for worker in workers)) // 4

    @property
    def tasks_at_a_time(self) -> int:
        """The workers here, or the threads of all those that a cluster has now."""
        _, client = _scheduler_of(self)
        return self.workers if client is None else max(1, sum(client.nthreads().values()))

    def run(self, plan: Plan, steps_per_frame: int = 1) -> Run:
        """The work on one video; a cluster is looked at before it begins.

        Raises
        ------
        SettingsError, SourceError
            See `check_workers`.
        """
        run = Run(self, plan.frames, steps_per_frame)
        if run.client is not None:
            check_workers(run.client, files_of(plan))
        return run


class Run:
    """The work on one video: counts steps, and knows whether it was stopped."""

    def __init__(self, execution: Execution, frames: int, steps_per_frame: int) -> None:
        self.key = f"run-{next(_numbers)}"
        self.workers = execution.workers
        self.phase = "encoding"
        self._get, self.client = _scheduler_of(execution)
        self._frames = frames
        self._total = frames * steps_per_frame
        self._done = 0
        self._lock = threading.Lock()
        self._stopped = False
        self._progress = execution.progress
        self._cancel = execution.cancel
        self._reported = -1

    @property
    def is_threaded(self) -> bool:
        """Whether tasks run in this process, so that results reach others without travelling."""
        from dask import threaded

        return self._get is threaded.get

    def __enter__(self) -> Run:
        _runs[self.key] = self
        return self

    def __exit__(self, *exc_info: object) -> None:
        _runs.pop(self.key, None)

    def compute(self, tasks: Sequence[Delayed], steps: int) -> list[Any]:
        """What the tasks return; together they are that many steps of work."""
        results: list[Any] = []
        self.compute_in_order(tasks, results.append, steps)
        return results

    def compute_in_order(
        self, tasks: Sequence[Delayed], take: Callable[[Any], None], steps: int
    ) -> None:
        """Hand each result to `take` in this process, in the order of the tasks, and forget it."""
        graph, end = _chained(tasks)
        received = self._receiver(tasks, take, steps)
        if self.client is None:
            work = partial(self._compute, graph, end, received)
        else:
            work = partial(self._gather, graph, [task.key for task in tasks], received)
        self.here(work)

    def persist(self, tasks: Sequence[Delayed], steps: int) -> list[Any]:
        """Results that further tasks can take; those on a cluster stay there."""
        if self.client is None:
            return self.compute(tasks, steps)
        futures: list[Any] = []
        received = self._receiver(tasks, futures.append, steps)
        graph, _ = _chained(tasks)
        keys = [task.key for task in tasks]
        self.here(partial(self._gather, graph, keys, received, keep=True))
        return futures

    def here(self, work: Callable[[], _Result]) -> _Result:
        """Do some work in a thread, while the calling one reports progress and can stop it."""
        with ThreadPoolExecutor(1) as thread:
            future = thread.submit(work)
            try:
                return attended(future, self._report, self._cancel)
            finally:
                # Also after an exception of the callback or Ctrl-C: tasks stop at their next frame.
                self._stopped = not future.done() or future.exception() is not None

    def _report(self) -> None:
        if self._progress is not None and self._done != self._reported:
            self._reported = self._done
            self._progress(Progress(self.phase, self._done, self._total, self._frames))

    def _receiver(
        self, tasks: Sequence[Delayed], take: Callable[[Any], None], steps: int
    ) -> Callable[[Any, Any], None]:
        """What is told of each finished task: it puts the results into order."""
        places = {task.key: place for place, task in enumerate(tasks)}
        early: dict[int, Any] = {}
        taken, before = 0, self._done

        def received(key: Any, result: Any) -> None:
            nonlocal taken
            if key not in places:
                return
            early[places[key]] = result
            while taken in early:
                take(early.pop(taken))
                taken += 1
            with self._lock:  # steps that were taken in another process are not known here
                self._done = max(self._done, before + steps * taken // len(places))

        return received

    def _compute(self, graph: Any, end: Any, received: Callable[[Any, Any], None]) -> None:
        """Run a graph on this machine."""
        from dask import config
        from dask.callbacks import Callback

        running: set[Any] = set()

        def before_task(key: Any, *_: Any) -> None:
            self._check()
            running.add(key)

        def after_task(key: Any, result: Any, *_: Any) -> None:
            running.discard(key)
            received(key, result)

        own = (None, None, before_task, after_task, None)
        # A pool of its own: when it is left, no task goes on behind the caller's back.
        with ThreadPoolExecutor(self.workers) as pool:
            options: dict[str, Any] = {}
            if self.is_threaded:
                options["pool"] = config.get("pool", None) or pool
            elif not isinstance(self._get, partial):  # that of an executor, which has its workers
                options["num_workers"] = self.workers
            # Fused tasks would not be seen to finish.
            options |= {"optimize_graph": False, "chunksize": 1}
            with self._stopping(partial(_of_blocks, running)):
                self._get(graph, end, callbacks=[own, *Callback.active], **options)

    @contextmanager
    def _stopping(self, said: Callable[[Exception], Exception | None]) -> Iterator[None]:
        """Stop after an error, and say it in other words if there are some for it."""
        try:
            yield
        except BaseException as exc:
            self._stopped = True
            if isinstance(exc, Exception) and not isinstance(exc, Tif2VideoError):
                better = said(exc)
                if better is not None:
                    raise better from exc
            raise

    def _gather(
        self,
        graph: Any,
        keys: list[Any],
        received: Callable[[Any, Any], None],
        *,
        keep: bool = False,
    ) -> None:
        """Run a graph on a cluster."""
        from distributed import as_completed

        futures = {future.key: future for future in self.client.get(graph, keys, sync=False)}
        completed = as_completed(futures.values(), self.client.loop, with_results=not keep)
        address, watch = self.client.scheduler.address, Watch(self.client)
        try:
            with self._stopping(lambda exc: lost(exc, address) or _of_blocks(graph, exc)):
                while not completed.is_empty():
                    self._check()
                    if not completed.has_ready():
                        watch.look()
                        time.sleep(_POLL_S)
                        continue
                    found = next(completed)
                    future, result = (found, found) if keep else found
                    del futures[future.key]
                    if future.status != "finished":
                        future.result()
                    received(future.key, result)
        finally:
            self.client.cancel(list(futures.values()))

    def expect(self, steps: int) -> None:
        """There is more to do than was known at the beginning."""
        self._total += steps

    def step(self) -> None:
        self._check()
        with self._lock:
            self._done += 1

    def _check(self) -> None:
        if self._stopped:
            raise Cancelled("cancelled")


def attended(
    future: Future[_Result], report: Callable[[], object], cancel: Callable[[], bool] | None
) -> _Result:
    """The result of work in another thread, while this one reports on it and asks to cancel.

    Raises
    ------
    Cancelled
        `cancel` returned True; the work goes on until it notices.
    """
    while True:
        done, _ = wait([future], timeout=_POLL_S)
        report()
        if done:
            return future.result()
        if cancel is not None and cancel():
            raise Cancelled("cancelled")


def step(key: str) -> None:
    """Called by tasks after each piece of work on a frame; raises if their run was stopped."""
    run = _runs.get(key)
    if run is not None:
        run.step()


def _chained(tasks: Sequence[Delayed]) -> tuple[dict[Any, Any], Any]:
    """The graph of all tasks, and a last key that needs them one after the other.

    So they are worked on in this order, and each result is dropped as soon as those before it are.
    """
    from dask.delayed import delayed
    from dask.utils import ensure_dict

    pass_on = delayed(_pass_on, pure=False)
    end = None
    for task in tasks:
        end = pass_on(end, task)
    assert end is not None  # there are tasks
    # As a plain graph, which takes time in proportion to its tasks; one of layers takes more.
    graph = end.__dask_optimize__(ensure_dict(end.__dask_graph__()), end.__dask_keys__())
    return ensure_dict(graph), end.key


def _of_blocks(keys: Iterable[Any], exc: Exception) -> Exception | None:
    """What to say where one of these tasks failed, if it is of a user's array: a key is a tuple."""
    blocks = {key[1] for key in keys if isinstance(key, tuple)}
    return array_error(exc, sorted(blocks)) if blocks else None


def _pass_on(_previous: None, _result: object) -> None:
    pass


def _scheduler_of(execution: Execution) -> tuple[Callable[..., Any], Any]:
    """What runs graphs, and the client of the cluster if it is one.

    That is the client of the execution, or what dask is told to use, in its configuration or by
    an active client.
    """
    from dask import config, threaded
    from dask.base import get_scheduler

    if execution.client is not None:
        return execution.client.get, execution.client
    # Asked without need, dask would import all of distributed.
    if config.get("scheduler", None) is None and "distributed" not in sys.modules:
        return threaded.get, None
    get = get_scheduler() or threaded.get
    client = getattr(get, "__self__", None)
    return get, client if hasattr(client, "scheduler_info") else None
