"""Works on the next sources while the last tasks of one leave workers idle.

A short video is one segment, which one worker encodes: the others take up the next videos.
"""

from __future__ import annotations

import contextvars
import dataclasses
import math
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from ..errors import Cancelled
from ..pipeline import Execution, Progress, prepared_nbytes
from ..planning import Plan
from ..settings import SEGMENT_FRAMES

_POLL_S = 0.05

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
        self._begun: list[_Begun[_Result]] = []

    def __enter__(self) -> Lookahead[_Result]:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stopped.set()
        self._threads.shutdown(cancel_futures=True)

    def result(self, index: int) -> _Result:
        """The result of a source, as soon as it is there."""
        report = self._execution.progress
        reported = None
        while True:
            self._begin(index)
            begun = self._begun[index]
            done, _ = wait([begun.future], timeout=_POLL_S)
            found = begun.progress
            if report is not None and found is not None and found is not reported:
                report(found)
                reported = found
            if done:
                return begun.future.result()
            if self._execution.cancel is not None and self._execution.cancel():
                raise Cancelled("cancelled")

    def finished(self, after: int) -> list[_Result]:
        """Stop, and tell the results of later sources that are there all the same."""
        self.__exit__()
        futures = [begun.future for begun in self._begun[after + 1 :]]
        return [f.result() for f in futures if not f.cancelled() and f.exception() is None]

    def _begin(self, index: int) -> None:
        """Begin as many sources as there is work for, this one at least."""
        while len(self._begun) < len(self._plans):
            left = sum(begun.segments_left for begun in self._begun)
            if len(self._begun) > index and left >= self._at_a_time:
                return
            number = len(self._begun)
            plan = self._plans[number]
            frames, nbytes = (0, 0) if plan is None else (plan.frames, prepared_nbytes(plan))
            taken = sum(begun.nbytes for begun in self._begun if not begun.future.done())
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
            self._begun.append(begun)
