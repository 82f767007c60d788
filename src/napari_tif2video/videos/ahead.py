"""Works on the next sources while the last tasks of one leave workers idle.

A short video is one segment, which one worker encodes: the others take up the next videos.
"""

from __future__ import annotations

import contextvars
import dataclasses
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from ..errors import Cancelled
from ..pipeline import Execution, Progress, attended, prepared_nbytes
from ..planning import Plan
from ..settings import SEGMENT_FRAMES

_Result = TypeVar("_Result")


@dataclass
class _Begun(Generic[_Result]):
    """A source whose turn may not have come yet."""

    future: Future[_Result]
    segments: int
    nbytes: int
    progress: Progress | None = None

    @property
    def segments_left(self) -> int:
        """About as many tasks as are left for the workers."""
        if self.future.done():
            return 0
        done = 0.0 if self.progress is None else self.progress.fraction
        return max(1, math.ceil(self.segments * (1 - done)))


class Lookahead(Generic[_Result]):
    """Works on sources in threads of their own; progress and cancelling stay in the caller's.

    Parameters
    ----------
    make : callable
        Takes the number of a source and how to work, and returns its result.
    plans : sequence
        Of each source; None where there is nothing to do.
    """

    def __init__(
        self,
        make: Callable[[int, Execution], _Result],
        plans: Sequence[Plan | None],
        execution: Execution,
    ) -> None:
        self._make = make
        self._plans = plans
        self._execution = execution
        self._at_a_time = execution.tasks_at_a_time
        self._stopped = threading.Event()
        self._threads = ThreadPoolExecutor(max(2, self._at_a_time), "tif2video")
        self._begun: dict[int, _Begun[_Result]] = {}  # those whose turn has not come
        self._next = 0

    def __enter__(self) -> Lookahead[_Result]:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stop()

    def _stop(self) -> None:
        self._stopped.set()
        self._threads.shutdown(cancel_futures=True)

    def result(self, index: int) -> _Result:
        """The result of a source, as soon as it is there."""
        if self._execution.cancel is not None and self._execution.cancel():
            raise Cancelled("cancelled")  # before anything else is begun
        self._begin()
        begun, report, reported = self._begun[index], self._execution.progress, None

        def follow() -> None:
            nonlocal reported
            self._begin()
            if report is not None and begun.progress is not None and begun.progress is not reported:
                reported = begun.progress
                report(reported)

        found = attended(begun.future, follow, self._execution.cancel)
        del self._begun[index]
        return found

    def finished(self) -> Iterator[tuple[int, _Result]]:
        """Stop, and tell the results of other sources that are there all the same."""
        self._stop()
        for index, begun in self._begun.items():
            if not begun.future.cancelled() and begun.future.exception() is None:
                yield index, begun.future.result()

    def _begin(self) -> None:
        """Begin as many sources as there is work for, one at least."""
        while self._next < len(self._plans):
            left = sum(begun.segments_left for begun in self._begun.values())
            if left >= self._at_a_time:
                return
            number, plan = self._next, self._plans[self._next]
            frames, nbytes = (0, 0) if plan is None else (plan.frames, prepared_nbytes(plan))
            taken = sum(each.nbytes for each in self._begun.values() if not each.future.done())
            begun: _Begun[_Result] = _Begun(Future(), -(-frames // SEGMENT_FRAMES), nbytes)
            own = dataclasses.replace(
                self._execution,
                memory_budget=max(0, self._execution.budget - taken),
                progress=partial(setattr, begun, "progress"),
                cancel=self._stopped.is_set,
            )
            # An active client or scheduler may be known to the caller's context only.
            make = partial(contextvars.copy_context().run, self._make, number, own)
            begun.future = self._threads.submit(make)
            self._begun[number] = begun
            self._next += 1
