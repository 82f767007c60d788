"""Tracks: the way of each object up to now, fading, and ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..geometry import View
from ..overlays import Look
from .arrays import Colours, Floats, OfArrays, as_numbers, for_all, per_object
from .blend import blend_at
from .strokes import Strokes
from .text import draw_texts

_ID_SIZE_PX = 11
_WHITE = (255, 255, 255, 255)


@dataclass(frozen=True, eq=False)
class _Lines:
    """Lines between rows of tracks, in the order of the times of their ends."""

    starts: Floats  # (3, N): t, y, x
    ends: Floats
    colours: NDArray[np.float32]  # (4, N)
    last: Floats  # (N,): when their track ends
    goes_on: NDArray[np.bool_]  # (N,): whether the line before it ends where it starts

    @cached_property
    def longest(self) -> float:
        return float((self.ends[0] - self.starts[0]).max(initial=0))


@dataclass(frozen=True, eq=False)
class Tracks(OfArrays):
    """Tracks at coordinates of the frames; the middle of the first pixel is (0, 0).

    Attributes
    ----------
    ids : int array (N,)
        Which track each row belongs to. Rows are put in order of their track and time.
    t, y, x : float array (N,)
        Frame of the source, and place in it.
    colours : uint8 array (N, 4)
        RGBA of each row; one for all is enough.
    width_px : float
        Of the lines, in pixels of the video.
    tail, head : float
        How many frames back and ahead are drawn; what is further back is fainter.
    hides_completed : bool
        Whether tracks that have ended are no longer drawn.
    shows_tail, shows_ids : bool
        Whether the lines are drawn, and the number of each track is written where it is.
    links : float array (M, 2, 3)
        White lines from one track to another, such as after a division: t, y, x of both ends.
    last : float array (N,), optional
        When the track of each row ends, where not all its rows are here.
    frames : int or sequence of int
        Which frame of the source each frame of the video shows; a number for all of so many.
    """

    look: Look
    ids: NDArray[np.int64]
    t: Floats
    y: Floats
    x: Floats
    colours: Colours = for_all(_WHITE)
    width_px: float = 2.0
    tail: float = 30.0
    head: float = 0.0
    hides_completed: bool = False
    shows_tail: bool = True
    shows_ids: bool = False
    links: Floats = field(default_factory=lambda: np.empty((0, 2, 3)))
    last: Floats | None = None
    frames: NDArray[np.int64] = for_all(1)

    kind = "tracks"

    def __post_init__(self) -> None:
        ids, count = np.asarray(self.ids, np.int64), len(self.ids)
        values = {"ids": ids, "colours": per_object(self.colours, count, np.uint8)}
        values |= {name: np.asarray(getattr(self, name), np.float64) for name in "tyx"}
        if self.last is None:
            order = np.lexsort((values["t"], ids))
            values = {name: value[order] for name, value in values.items()}
            values["last"] = _last_times(values["ids"], values["t"])
        for name, value in values.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "frames", as_numbers(self.frames))

    @property
    def count(self) -> int:
        return int(np.count_nonzero(np.diff(self.ids))) + bool(len(self.ids))

    def linked(self, pairs: Sequence[tuple[int, int]]) -> Tracks:
        """With lines from the end of the first track of each pair to the beginning of the other."""
        first = dict(zip(self.ids[::-1].tolist(), range(len(self.ids))[::-1], strict=True))
        last = dict(zip(self.ids.tolist(), range(len(self.ids)), strict=True))
        rows = np.array([(last[a], first[b]) for a, b in pairs if a in last and b in first])
        table = np.stack([self.t, self.y, self.x], axis=1)
        return replace(self, links=table[rows.reshape(-1, 2).astype(np.intp)])

    def select(self, indices: Sequence[int]) -> Tracks:
        """Only these frames, and of each track what is drawn in any of them."""
        frames = self.frames[list(indices)]
        if not len(frames):
            return replace(self, frames=frames)
        low, high = frames.min() - self.tail, frames.max() + self.head
        order, times = self._by_time
        rows = order[slice(*np.searchsorted(times, (low, np.nextafter(high, np.inf))))]
        is_chosen = np.zeros(len(self.ids), np.bool_)
        # A line that crosses the border begins at the row before, or ends at the next one. The row
        # before that one tells whether the line goes on from another.
        for step in (-2, -1, 0, 1):
            near = rows + step
            near = near[(near >= 0) & (near < len(self.ids))]
            is_chosen[near[self.ids[near] == self.ids[near - step]]] = True
        rows = np.flatnonzero(is_chosen)
        links = self.links
        is_near = (links[:, :, 0].max(axis=1) >= low) & (links[:, :, 0].min(axis=1) <= high)
        assert self.last is not None
        return replace(
            self,
            ids=self.ids[rows],
            t=self.t[rows],
            y=self.y[rows],
            x=self.x[rows],
            colours=self.colours[rows],
            last=self.last[rows],
            links=links[is_near],
            frames=frames,
        )

    def draw(self, picture: NDArray[np.uint8], number: int, view: View) -> NDArray[np.uint8]:
        now = float(self.frames[number])
        if self.shows_tail:
            self._draw_lines(picture, now, view)
        if self.shows_ids:
            rows = np.flatnonzero(self.t == now)
            x, y = view.in_video(self.x[rows], self.y[rows])
            texts = [f"ID:{number}" for number in self.ids[rows]]
            white = np.broadcast_to(np.array(_WHITE, np.uint8), (len(rows), 4))
            draw_texts(picture, texts, white, x, y, _ID_SIZE_PX, self.look)
        return picture

    def _draw_lines(self, picture: NDArray[np.uint8], now: float, view: View) -> None:
        lines = self._lines
        # In the order of their ends; a line that reaches beyond the head is drawn up to there.
        most = now + self.head + (lines.longest if self.head else 0)
        first = int(np.searchsorted(lines.ends[0], now - self.tail, "right"))
        stop = int(np.searchsorted(lines.ends[0], most, "right"))
        if first >= stop:
            return
        chosen = slice(first, stop)
        opacities = lines.colours[3, chosen] * np.float32(self.look.opacity / 255)
        if self.hides_completed:
            opacities[lines.last[chosen] < now] = 0
        at_start, at_end = (
            opacities * self._strengths(places[0, chosen], now)
            for places in (lines.starts, lines.ends)
        )
        places, line, alphas = self._strokes(view).covered(first, stop, at_start, at_end)
        colours = lines.colours[:3, chosen].take(line, axis=1)
        blend_at(picture, places, colours.T, alphas, self.look.blending)

    def _strengths(self, times: Floats, now: float) -> NDArray[np.float32]:
        """How opaque a track is at some times: most at the end of the head, nothing beyond it."""
        length, most = max(self.tail + self.head, 1e-9), now + self.head
        strengths = 1 - (most - times) / length
        np.maximum(strengths, 0, out=strengths)
        strengths[times > most] = 0
        return strengths.astype(np.float32)

    def _strokes(self, view: View) -> Strokes:
        """The lines in the video, kept for the next frame."""
        known = self.__dict__.get("_kept")
        if known is not None and known[0] == view:
            strokes: Strokes = known[1]
            return strokes
        starts, ends = (
            np.stack(view.in_video(one[2], one[1]))
            for one in (self._lines.starts, self._lines.ends)
        )
        strokes = Strokes(starts, ends, self.width_px, view.size, self._lines.goes_on)
        self.__dict__["_kept"] = view, strokes
        return strokes

    def __getstate__(self) -> dict[str, object]:
        """Without what is only kept."""
        return {one.name: self.__dict__[one.name] for one in fields(self)}

    @cached_property
    def _lines(self) -> _Lines:
        assert self.last is not None
        rows = np.flatnonzero(self.ids[1:] == self.ids[:-1])
        table = np.stack([self.t, self.y, self.x])
        colours = self.colours.T.astype(np.float32)
        links = len(self.links)
        white = np.repeat(np.array(_WHITE, np.float32)[:, np.newaxis], links, axis=1)
        starts = np.concatenate([table[:, rows], self.links[:, 0].T], axis=1)
        ends = np.concatenate([table[:, rows + 1], self.links[:, 1].T], axis=1)
        means = (colours[:, rows] + colours[:, rows + 1]) / 2
        colours = np.concatenate([means, white], axis=1)
        last = np.concatenate([self.last[rows], np.full(links, np.inf)])
        goes_on = np.zeros(len(last), np.bool_)
        goes_on[1 : len(rows)] = rows[1:] == rows[:-1] + 1
        order = np.argsort(ends[0], kind="stable")
        return _Lines(
            starts[:, order], ends[:, order], colours[:, order], last[order], goes_on[order]
        )

    @cached_property
    def _by_time(self) -> tuple[NDArray[np.intp], Floats]:
        order = np.argsort(self.t, kind="stable")
        return order, self.t[order]


def _last_times(ids: NDArray[np.int64], t: Floats) -> Floats:
    """When the track of each row ends; rows are in order of track and time."""
    last = np.searchsorted(ids, ids, "right") - 1
    found: Floats = t[last]
    return found
