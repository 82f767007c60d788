"""Reads each frame of a source once for many clips of it.

Of each frame, every clip needs a small part. A group of clips is read together, in one pass over
the frames, and their parts stay in memory until the clips are made. Groups are as large as the
memory budget allows: mostly there is but one.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..data import Frames, MovedFrames, Part, Stack, need_dask
from ..errors import SourceError
from ..geometry import CropBox
from ..planning import Plan
from .engine import Execution, step
from .tasks import split

# Frames that one task reads: what is cut from them is small.
_CHUNK_FRAMES = 4

# For each channel, the parts of a clip by the number of the frame in the source.
_Parts = list[dict[int, Part]]


class SharedReading:
    """The clips of one source, and their parts of its frames.

    Parameters
    ----------
    stack : Stack
        All frames of the source.
    plans : mapping
        The plan of each clip, by any number; clips follow each other in this order.
    budget : int
        Bytes that parts may take.
    """

    def __init__(self, stack: Stack, plans: Mapping[int, Plan], budget: int) -> None:
        self._stack = stack
        self._groups = _grouped(plans, budget)
        self._group_of = {clip: group for group in self._groups for clip in group}
        self._parts: dict[int, _Parts] = {}
        self._lock = threading.Lock()

    @property
    def groups(self) -> int:
        """How many groups there are; one stays in memory as long as it is needed."""
        return len(self._groups)

    def held(self, clip: int, plan: Plan, execution: Execution) -> Plan:
        """The plan of a clip with its parts in memory; they are read with those of its group."""
        with self._lock:  # who comes next finds them read
            if clip not in self._parts:
                self._read(self._group_of[clip], execution)
            found = self._parts[clip]
        numbers = plan.timeline.frames
        return _with_parts(plan, [tuple(parts[n] for n in numbers) for parts in found])

    def release(self, clip: int) -> None:
        """Forget the parts of a clip."""
        self._parts.pop(clip, None)

    def _read(self, group: Mapping[int, Plan], execution: Execution) -> None:
        parts: dict[int, _Parts] = {
            clip: [{} for _ in plan.stack.channels] for clip, plan in group.items()
        }
        wanted = _wanted(group)
        sources = [channel.frames for channel in self._stack.channels]
        tasks, spans = [], _spans(sorted(wanted))
        first = next(iter(group.values()))
        with execution.run(first) as run:
            run.phase = "reading"
            run.expect(len(wanted) - first.frames)
            for span in spans:
                windows = [[window for _, window in wanted[number]] for number in span]
                work = partial(_cut, windows, run.key)
                chosen = [frames.select(span) for frames in sources]
                tasks.append(_task(work, chosen, windows))
            left = iter(spans)

            def take(cut: list[list[list[Part]]]) -> None:
                for number, channels in zip(next(left), cut, strict=True):
                    for (clip, _), *own in zip(wanted[number], *channels, strict=True):
                        for channel, part in zip(parts[clip], own, strict=True):
                            channel[number] = part

            run.compute_in_order(tasks, take, len(wanted))
        self._parts |= parts


def _task(work: Any, chosen: Sequence[Frames], windows: Sequence[Sequence[CropBox]]) -> Any:
    from dask.delayed import delayed

    box = _around([window for each in windows for window in each])
    if not any(map(need_dask, chosen)):
        return delayed(partial(work, box, *chosen), pure=False)()
    computed = [f.delayed(box) if need_dask(f) else f for f in chosen]
    return delayed(partial(work, box), pure=False)(*computed)


def _cut(
    windows: Sequence[Sequence[CropBox]], run: str, box: CropBox, *channels: Frames
) -> list[list[list[Part]]]:
    """For each frame and channel, the part inside each window."""
    found: list[list[list[Part]]] = []
    readers = [frames.read_frames(box) for frames in channels]
    for place, each in enumerate(windows):
        parts = []
        for number, frames in enumerate(channels):
            try:
                frame = next(readers[number])
                parts.append([_part(frame, box, window) for window in each])
            except SourceError as exc:
                nothing = np.empty((0, 0))
                parts.append([Part(nothing, window, str(exc)) for window in each])
                readers[number] = frames.select(range(place + 1, len(windows))).read_frames(box)
        found.append(parts)
        step(run)
    return found


def _part(frame: Any, box: CropBox, window: CropBox) -> Part:
    top, left = window.top - box.top, window.left - box.left
    return Part(frame[top : top + window.height, left : left + window.width].copy(), window)


def _around(windows: Sequence[CropBox]) -> CropBox:
    """The smallest box that has all of these inside."""
    top, left = min(w.top for w in windows), min(w.left for w in windows)
    height = max(w.rows.stop for w in windows) - top
    return CropBox(max(w.columns.stop for w in windows) - left, height, left, top)


def _wanted(group: Mapping[int, Plan]) -> dict[int, list[tuple[int, CropBox]]]:
    """For each frame of the source that is needed, the window of each clip that shows it."""
    wanted: dict[int, list[tuple[int, CropBox]]] = {}
    for clip, plan in group.items():
        for number, window in zip(plan.timeline.frames, _moved(plan)[0].windows(), strict=True):
            wanted.setdefault(number, []).append((clip, window))
    return wanted


def _spans(numbers: Sequence[int]) -> list[list[int]]:
    return [[numbers[i] for i in span] for span in split(range(len(numbers)), _CHUNK_FRAMES)]


def _grouped(plans: Mapping[int, Plan], budget: int) -> list[dict[int, Plan]]:
    """Clips in a row whose parts fit into the budget together; one alone may be larger."""
    groups: list[dict[int, Plan]] = []
    left = 0
    for clip, plan in plans.items():
        nbytes = sum(frames.parts_nbytes for frames in _moved(plan))
        if not groups or nbytes > left:
            groups.append({})
            left = budget
        groups[-1][clip] = plan
        left -= nbytes
    return groups


def _moved(plan: Plan) -> list[MovedFrames]:
    return [c.frames for c in plan.stack.channels if isinstance(c.frames, MovedFrames)]


def without_parts(plan: Plan) -> Plan:
    """The plan whose frames are to be read."""
    return _with_parts(plan, [None] * len(plan.stack.channels))


def _with_parts(plan: Plan, parts: Sequence[tuple[Part, ...] | None]) -> Plan:
    channels = tuple(
        dataclasses.replace(channel, frames=dataclasses.replace(frames, parts=own))
        for channel, frames, own in zip(plan.stack.channels, _moved(plan), parts, strict=True)
    )
    stack = dataclasses.replace(plan.stack, channels=channels)
    return dataclasses.replace(plan, stack=stack)
