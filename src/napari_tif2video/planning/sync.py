"""Which frame of each source is shown when, where several are shown side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import SourceError
from ..units import readable_duration

#: What is written across a frame that was recorded too long before or after.
NOT_BEGUN, ENDED = "not begun", "ended"

# Times that differ by less than this share of the interval differ by how they were computed.
_ROUNDING = 1e-6

# More moments than this, and ten times as many as the longest source has frames, are a mistake.
_MANY, _TIMES_AS_MANY = 100_000, 10


@dataclass(frozen=True)
class Moments:
    """What is shown of each source, moment by moment.

    Attributes
    ----------
    places : tuple
        Of each source, its frame at each moment.
    marks : tuple
        Of each source, what is written across that frame; empty where nothing ever is.
    interval_s : float, optional
        Time from one moment to the next, where sources are matched by their times.
    times_s : tuple of float, optional
        When each moment is, likewise.
    """

    places: tuple[tuple[int, ...], ...]
    marks: tuple[tuple[str, ...], ...]
    interval_s: float | None = None
    times_s: tuple[float, ...] | None = None

    def __len__(self) -> int:
        return len(self.places[0])

    def with_stills(self, are_still: Sequence[bool]) -> Moments:
        """The same with sources of a single image among them, which are shown all the time."""
        moving = zip(self.places, self.marks, strict=True)
        still = (0,) * len(self), ()
        places, marks = zip(*(still if each else next(moving) for each in are_still), strict=True)
        return replace(self, places=places, marks=marks)


def by_number(lengths: Sequence[int]) -> Moments:
    """At each moment the frames with the same number, of sources of so many frames."""
    longest = range(max(lengths))
    places = tuple(tuple(min(moment, n - 1) for moment in longest) for n in lengths)
    marks = (tuple("" if moment < n else ENDED for moment in longest) for n in lengths)
    return Moments(places, tuple(each if any(each) else () for each in marks))


def by_time(times_s: Sequence[Sequence[float]], interval_s: float | None) -> Moments:
    """At each moment the frames that were recorded nearest to it; of two as near, the earlier one.

    Moments are `interval_s` apart, from the first frame of all to the last. By default they are the
    times of the source whose frames follow each other fastest, continued at its interval. A frame
    that is more than half an interval away, that of its source or of the moments, is marked.

    Parameters
    ----------
    times_s : sequence
        Of each source, when its frames were recorded: two or more, and they grow.

    Raises
    ------
    SourceError
        There would be more moments than anybody can want.
    """
    steps = [_step(times) for times in times_s]
    step = interval_s or min(steps)
    first, last = min(times[0] for times in times_s), max(times[-1] for times in times_s)
    most = max(_MANY, _TIMES_AS_MANY * max(map(len, times_s)))
    if (last - first) / step > most:
        raise SourceError(
            f"sync: at a frame every {readable_duration(float(f'{step:.6g}'))} the video would "
            f"have {(last - first) / step:.3g}; give a longer --sync-interval, or --sync frame"
        )
    fastest = np.array([first] if interval_s else times_s[steps.index(step)])
    before, after = _steps(fastest[0] - first, step), _steps(last - fastest[-1], step)
    moments = np.concatenate(
        [
            fastest[0] - step * np.arange(before, 0, -1),
            fastest,
            fastest[-1] + step * np.arange(1, after + 1),
        ]
    )
    shown = [
        _nearest(np.array(times), own, moments, step)
        for times, own in zip(times_s, steps, strict=True)
    ]
    places, marks = zip(*shown, strict=True)
    return Moments(places, marks, step, tuple(moments.tolist()))


def grows(times_s: Sequence[float]) -> bool:
    """Whether each frame was recorded after the one before it."""
    return bool((np.diff(times_s) > 0).all())


def _step(times_s: Sequence[float]) -> float:
    """The usual time between two frames."""
    step: float = median(np.diff(times_s).tolist())
    return step


def _steps(span: float, step: float) -> int:
    """How many steps come nearest to a span of time."""
    return math.floor(span / step + 0.5 + _ROUNDING)


def _nearest(
    times: NDArray[Any], own: float, moments: NDArray[Any], step: float
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """For each moment the frame that is nearest to it, and what is written across that."""
    rounding = _ROUNDING * step
    middles = (times[:-1] + times[1:]) / 2 + rounding
    places = np.searchsorted(middles, moments, side="left")
    most = max(own, step) / 2 + rounding
    early, late = moments < times[0] - most, moments > times[-1] + most
    marks = np.where(early, NOT_BEGUN, np.where(late, ENDED, "")).tolist()
    return tuple(places.tolist()), tuple(marks) if any(marks) else ()
