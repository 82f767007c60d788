"""When each frame was taken, how that is written, and how far the box moves with it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple

from ..geometry import Move
from .drawing import Drawing

_MINUTE_S, _HOUR_S = 60, 3600

# Hours have two digits up to here; biologists rather say 72 h than 3 d.
_DAYS_FROM_S = 100 * _HOUR_S

# A step may be off by this share of itself where it is rounded to the last digit that is shown.
_ROUNDING = 0.02
_MAX_DECIMALS = 9


class Tick(NamedTuple):
    """A frame's number in the source, from 0, and when it was taken, in s, if that is shown.

    `moved` is how far the crop box has moved in it; `place` is where it is among the frames that
    `drawings` know. `mark` is written across it, where it is shown at a time at which its source
    was not recorded. Of several sources side by side, `sources` has that of each.
    """

    frame: int
    time_s: float | None
    moved: Move = (0.0, 0.0)
    place: int = 0
    drawings: tuple[Drawing, ...] = ()
    mark: str = ""
    sources: tuple[Tick, ...] = ()

    def of(self, source: int) -> Tick:
        """What holds for one of several sources, or for the only one."""
        return self.sources[source] if self.sources else self

    def is_within(self, start_s: float, stop_s: float) -> bool:
        """Whether it was taken at `start_s` or later, and before `stop_s`, as far as is known."""
        return self.time_s is not None and start_s <= self.time_s < stop_s


@dataclass(frozen=True)
class Timeline:
    """Number, time and place of each frame of a video, or of a part of it.

    Attributes
    ----------
    frames : sequence of int
        Numbers in the source; mostly a range.
    times_s : tuple of float, optional
        Only where they are shown.
    moves : tuple of (float, float), optional
        How far the crop box moves in each, where it does.
    drawings : tuple of Drawing
        What is drawn onto them at places of the data, from the bottom up.
    marks : tuple of str
        What is written across each frame; empty where nothing is written on any.
    sources : tuple of Timeline
        Where several sources are shown side by side, that of each.
    """

    frames: Sequence[int]
    times_s: tuple[float, ...] | None = None
    moves: tuple[Move, ...] | None = None
    drawings: tuple[Drawing, ...] = ()
    marks: tuple[str, ...] = ()
    sources: tuple[Timeline, ...] = ()

    def __getitem__(self, index: int) -> Tick:
        return Tick(
            self.frames[index],
            None if self.times_s is None else self.times_s[index],
            (0.0, 0.0) if self.moves is None else self.moves[index],
            index,
            self.drawings,
            self.marks[index] if self.marks else "",
            tuple(source[index] for source in self.sources),
        )

    def part(self, span: range) -> Timeline:
        """What holds for the frames of a segment, counted from its first."""
        own = slice(span.start, span.stop)
        return Timeline(
            self.frames[own],
            None if self.times_s is None else self.times_s[own],
            None if self.moves is None else self.moves[own],
            tuple(drawing.select(span) for drawing in self.drawings),
            self.marks[own],
            tuple(source.part(span) for source in self.sources),
        )

    def select(self, places: Sequence[int]) -> Timeline:
        """What holds for some frames, which keep their numbers and times."""
        times, moves, marks = self.times_s, self.moves, self.marks
        return Timeline(
            [self.frames[place] for place in places],
            None if times is None else tuple(times[place] for place in places),
            None if moves is None else tuple(moves[place] for place in places),
            tuple(drawing.select(places) for drawing in self.drawings),
            tuple(marks[place] for place in places) if marks else (),
            tuple(source.select(places) for source in self.sources),
        )

    @property
    def all_drawings(self) -> list[Drawing]:
        """What is drawn onto the frames, and onto those of each of several sources."""
        return [*self.drawings, *(one for source in self.sources for one in source.all_drawings)]

    @property
    def awaited(self) -> list[Any]:
        """Images that dask has to compute before they can be drawn."""
        return [one.awaited for one in self.all_drawings if one.awaited is not None]

    def with_images(self, images: Iterable[Any]) -> Timeline:
        """The same with these images in place of those that are awaited, in their order."""
        left = iter(images)
        drawings = [d if d.awaited is None else d.with_images(next(left)) for d in self.drawings]
        sources = [source.with_images(left) for source in self.sources]
        return replace(self, drawings=tuple(drawings), sources=tuple(sources))

    def extremes(self) -> list[Tick]:
        """Ticks among which is the one that takes the most room to write."""
        numbers = (min(self.frames), max(self.frames))
        times = (None,) if self.times_s is None else (min(self.times_s), max(self.times_s))
        return [Tick(number, time) for number in numbers for time in times]


@dataclass(frozen=True)
class TimeFormat:
    """How times are written: the same for all frames of a video.

    Attributes
    ----------
    unit : {"ms", "s", "min", "h", "d"}
        The largest unit: ``250 ms``, ``12 s``, ``03:20 min``, ``1:05 h``, ``5 d 03:20 h``.
    decimals : int
        Of the smallest unit, where that is ms or s.
    has_seconds : bool
        Whether hours and days go down to seconds, and not only to minutes.
    """

    unit: str
    decimals: int = 0
    has_seconds: bool = False

    @classmethod
    def of(cls, times_s: Sequence[float], step_s: float | None) -> TimeFormat:
        """The format for a video of these times.

        Parameters
        ----------
        step_s : float, optional
            The smallest time between frames, where there is one.
        """
        longest = max(*map(abs, times_s), step_s or 0.0)
        step = step_s or longest
        # What has to be seen: the steps, and how far the first one is from a whole unit.
        first = times_s[0]
        if 0 < longest < 1:
            return cls("ms", _decimals(step * 1e3, first * 1e3))
        decimals = _decimals(step, first)
        if longest < _MINUTE_S:
            return cls("s", decimals)
        if longest < _HOUR_S:
            return cls("min", decimals)
        unit = "h" if longest < _DAYS_FROM_S else "d"
        if _is_whole(step, step, _MINUTE_S) and _is_whole(first, step, _MINUTE_S):
            return cls(unit)
        return cls(unit, decimals, has_seconds=True)

    def __call__(self, time_s: float) -> str:
        """A time as text, rounded to the last digit that is shown."""
        scale = 10**self.decimals * (1000 if self.unit == "ms" else 1)
        smallest = _MINUTE_S if self.unit in ("h", "d") and not self.has_seconds else 1
        # Whole numbers of the smallest step from here on, so that 59.9996 s is never "60.000 s".
        count = math.floor(abs(time_s) * scale / smallest + 0.5) * smallest
        sign = "−" if time_s < 0 and count else ""
        if self.unit in ("ms", "s"):
            return f"{sign}{self._decimal(count, 1)} {self.unit}"
        per_minute = _MINUTE_S * 10**self.decimals
        minutes, rest = divmod(count, per_minute)
        seconds = self._decimal(rest, 2)
        if self.unit == "min":
            return f"{sign}{minutes:02d}:{seconds} min"
        hours, minutes = divmod(minutes, 60)
        short = f":{seconds}" if self.has_seconds else ""
        if self.unit == "d":
            whole, hours = divmod(hours, 24)
            return f"{sign}{whole} d {hours:02d}:{minutes:02d}{short} h"
        return f"{sign}{hours}:{minutes:02d}{short} h"

    def _decimal(self, count: int, digits: int) -> str:
        whole, part = divmod(count, 10**self.decimals)
        return f"{whole:0{digits}d}" + (f".{part:0{self.decimals}d}" if self.decimals else "")


def smallest_step(times_s: Iterable[float]) -> float | None:
    """The smallest time between two frames in a row, None where there is none."""
    return min((abs(b - a) for a, b in pairwise(times_s) if a != b), default=None)


def _decimals(step: float, first: float) -> int:
    """The fewest decimals that show steps, and a beginning, well."""
    for decimals in range(_MAX_DECIMALS):
        unit = 10.0**-decimals
        if _is_whole(step, step, unit) and _is_whole(first, step, unit):
            return decimals
    return _MAX_DECIMALS


def _is_whole(time: float, step: float, unit: float) -> bool:
    """Whether a time is a multiple of a unit, but for a small share of the step."""
    return abs(time - unit * round(time / unit)) <= _ROUNDING * step
