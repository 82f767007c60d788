"""Many short lines of one width whose colours and opacities change from frame to frame.

Each line is a bar with round ends, and how much of a pixel it covers follows from the distance of
the pixel's middle. That is found once and kept as long as the lines stay where they are: a frame
then only says how opaque each line is. Of lines that cover a pixel, the last one is seen, so that
those of one track do not darken where they meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCK = 4096  # lines whose pixels are found together
_KEPT_BLOCKS = 24  # about 100 MB at most
_CELLS = 1 << 16  # looked at together: few calls, and arrays that stay in the cache of a core

Floats32 = NDArray[np.float32]


@dataclass(frozen=True)
class _Pixels:
    """Pixels that lines cover, in the order of the lines.

    Attributes
    ----------
    places : int array
        Of the pixels in the picture, along its rows.
    lines : int array
        The number of the line.
    covers : float array
        How much of the pixel it covers.
    along : float array
        Where along the line it is, 0 to 1.
    """

    places: NDArray[np.intp]
    lines: NDArray[np.int32]
    covers: Floats32
    along: Floats32

    def only(self, chosen: NDArray[np.bool_]) -> _Pixels:
        rows = np.flatnonzero(chosen)
        return _Pixels(
            self.places.take(rows),
            self.lines.take(rows),
            self.covers.take(rows),
            self.along.take(rows),
        )


class Strokes:
    """Lines on a picture of one size.

    Parameters
    ----------
    starts, ends : float arrays (2, N)
        Column and row, the first pixel spanning 0 to 1.
    width : float
    size : (int, int)
        Height and width of the picture.
    goes_on : bool array (N,)
        Which lines have another one before them that ends where they start: that one's round end
        is enough.
    """

    def __init__(
        self,
        starts: NDArray[np.float64],
        ends: NDArray[np.float64],
        width: float,
        size: tuple[int, int],
        goes_on: NDArray[np.bool_],
    ) -> None:
        self._starts, self._ends, self._goes_on = starts, ends, goes_on
        self._width, self._size = width, size
        self._blocks: dict[int, tuple[_Pixels, _Pixels]] = {}
        # Which pixel of a line is on top, of those that were just written; whatever elsewhere.
        self._top = np.empty(size[0] * size[1], np.int32)
        self._joined: tuple[tuple[int, int, int, bool], _Pixels, int] | None = None

    def covered(
        self, first: int, stop: int, at_start: Floats32, at_end: Floats32
    ) -> tuple[NDArray[np.intp], NDArray[np.int32], Floats32]:
        """The pixels that are seen of some lines in a row.

        Parameters
        ----------
        at_start, at_end : float32 array (stop - first,)
            How opaque each line is there, 0 to 1; a line with none at all is not there.

        Returns
        -------
        places, lines : int arrays
            The pixels, and the line that each shows, counted from `first`.
        alphas : float32 array
        """
        is_there = (at_start > 0) | (at_end > 0)
        are_all = bool(is_there.all())
        pixels, weak = self._together(first // _BLOCK, -(-stop // _BLOCK), stop, are_all)
        span = np.array([first, stop], np.int32)  # another type would be sought in a copy
        layers = []
        for part in (slice(0, weak), slice(weak, len(pixels.lines))):
            low, high = part.start + np.searchsorted(pixels.lines[part], span)
            numbers, places = np.arange(low, high, dtype=np.int32), pixels.places[low:high]
            if not are_all:
                kept = is_there[pixels.lines[low:high] - first]
                numbers, places = numbers[kept], places[kept]
            self._top[places] = numbers
            layers.append((numbers, places))
        # To ask each pixel of a line whether it is on top spares a look at all of the picture.
        seen = np.concatenate(
            [numbers.take(np.flatnonzero(self._top.take(at) == numbers)) for numbers, at in layers]
        )
        line = pixels.lines.take(seen) - np.int32(first)
        alphas = (at_end - at_start).take(line) * pixels.along.take(seen)
        alphas += at_start.take(line)
        alphas *= pixels.covers.take(seen)
        return pixels.places.take(seen), line, alphas

    def _together(self, low: int, high: int, stop: int, are_all: bool) -> tuple[_Pixels, int]:
        """The pixels of some blocks: what covers them by less than half, and how many that are.

        They give way to those behind them. Kept for the next frame, which mostly needs the same.
        Where all lines are there, what others hide in each of these frames is left out, which is
        about half of the pixels.
        """
        key = low, high, stop // _BLOCK, are_all
        if self._joined is None or self._joined[0] != key:
            parts = [self._block(number) for number in range(low, high)]
            whole = stop // _BLOCK - low  # of the last one, not all lines are there yet
            if are_all and whole:
                parts = [self._unhidden(*_stacked(parts[:whole])), *parts[whole:]]
            weak, strong = _stacked(parts)
            self._joined = key, _joined([weak, strong]), len(weak.lines)
        return self._joined[1:]

    def _unhidden(self, weak: _Pixels, strong: _Pixels) -> tuple[_Pixels, _Pixels]:
        """Without pixels that a later one of these lines covers."""
        self._top[weak.places] = weak.lines
        is_last = self._top.take(weak.places) == weak.lines
        self._top[weak.places] = -1
        self._top[strong.places] = strong.lines
        is_last &= self._top.take(weak.places) < weak.lines
        return weak.only(is_last), strong.only(self._top.take(strong.places) == strong.lines)

    def _block(self, number: int) -> tuple[_Pixels, _Pixels]:
        found = self._blocks.pop(number, None)
        if found is None:
            span = slice(number * _BLOCK, (number + 1) * _BLOCK)
            lines = self._starts[:, span], self._ends[:, span], self._goes_on[span]
            all_of_it = _pixels(*lines, self._width, self._size, span.start)
            is_strong = all_of_it.covers >= 0.5
            found = all_of_it.only(~is_strong), all_of_it.only(is_strong)
        self._blocks[number] = found  # the last one used is the last one to go
        while len(self._blocks) > _KEPT_BLOCKS:
            del self._blocks[next(iter(self._blocks))]
        return found


def _stacked(parts: list[tuple[_Pixels, _Pixels]]) -> tuple[_Pixels, _Pixels]:
    return _joined([weak for weak, _ in parts]), _joined([strong for _, strong in parts])


def _joined(parts: list[_Pixels]) -> _Pixels:
    if len(parts) == 1:
        return parts[0]
    return _Pixels(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("places", "lines", "covers", "along")
        )
    )


def _pixels(
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
    goes_on: NDArray[np.bool_],
    width: float,
    size: tuple[int, int],
    first: int,
) -> _Pixels:
    """The pixels that lines cover, the first of which has this number.

    Lines are cut into pieces, and all pixels of the boxes around these are looked at: the fewest
    where pieces are as long as they are wide.
    """
    reach = max(width, 1.0) / 2 + 0.5
    enter, leave = _inside(starts, ends, size, reach)
    lines = np.flatnonzero(enter < leave)
    way = (ends - starts).take(lines, axis=1)
    starts, enter = starts.take(lines, axis=1), enter.take(lines)
    share = leave.take(lines) - enter
    lengths = np.sqrt(np.square(way).sum(axis=0)) * share
    counts = np.ceil(lengths / (2 * reach)).clip(1).astype(np.intp)
    share /= counts
    line = np.repeat(np.arange(len(lines)), counts)
    number = np.arange(len(line)) - np.repeat(np.cumsum(counts) - counts, counts)
    way, share = way.take(line, axis=1), share.take(line)
    begin = enter.take(line) + number * share
    low = starts.take(line, axis=1) + way * begin
    high = low + way * share
    corners = np.floor(np.minimum(low, high) - reach)
    sides = (np.ceil(np.maximum(low, high) + reach) - corners).max(axis=1, initial=1).astype(int)
    lines = lines.take(line)
    # What is nearest to an end of the line belongs to the piece there, and what is nearest to a cut
    # to both pieces rather than to none.
    since = np.where((number == 0) & ~goes_on.take(lines), -np.inf, -0.01 * share)
    until = np.where(number == counts.take(line) - 1, np.inf, 1.01 * share)
    shares = [begin, 1 - begin, since, until]
    pieces = np.concatenate([low - corners, way, shares]).astype(np.float32)
    corners = corners.astype(np.intp)
    step = max(1, _CELLS // int(sides.prod()))
    spans = [slice(i, i + step) for i in range(0, max(1, len(line)), step)]
    found = [_near(pieces[:, span], corners[:, span], sides, reach, size) for span in spans]
    piece = np.concatenate([span.start + near[0] for span, near in zip(spans, found, strict=True)])
    places, covers, along = (np.concatenate([near[n] for near in found]) for n in (1, 2, 3))
    covers *= np.float32(min(width, 1.0))  # of lines thinner than a pixel
    return _Pixels(places, (first + lines).astype(np.int32).take(piece), covers, along)


def _inside(
    starts: NDArray[np.float64], ends: NDArray[np.float64], size: tuple[int, int], reach: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """From where to where along lines, 0 to 1, they may cover pixels; nowhere if it is not less."""
    way = ends - starts
    with np.errstate(divide="ignore", invalid="ignore"):  # level, upright, and without a place
        low = (-reach - starts) / way
        high = (np.array(size[::-1])[:, np.newaxis] + reach - starts) / way
    enter, leave = (
        np.fmin(low, high).max(axis=0).clip(0),
        np.fmax(low, high).min(axis=0).clip(max=1),
    )
    return enter, np.where(np.isfinite(way).all(axis=0), leave, -1)


def _near(
    pieces: Floats32,
    corners: NDArray[np.intp],
    sides: NDArray[np.intp],
    reach: float,
    size: tuple[int, int],
) -> tuple[NDArray[Any], ...]:
    """The pixels near pieces of lines: of which piece, the place, what is covered, where along."""
    start_x, start_y, dx, dy, begin, rest, since, until = pieces
    # The pieces come last, so that NumPy's loops run along them.
    x, y = (
        np.arange(side, dtype=np.float32)[:, np.newaxis] + (np.float32(0.5) - start)
        for side, start in zip(sides, (start_x, start_y), strict=True)
    )
    y = y[:, np.newaxis]
    squared = np.maximum(dx * dx + dy * dy, np.float32(1e-12))
    # Along the line, from where the piece begins: exact however long the line is.
    forward = y * (dy / squared) + x * (dx / squared)
    ahead = np.maximum(forward, -begin)
    np.minimum(ahead, rest, out=ahead)
    away_squared = _square(x, ahead * dx)
    away_squared += _square(y, ahead * dy)
    is_covered = away_squared < np.float32(reach * reach)
    is_covered &= forward >= since
    is_covered &= forward <= until
    if corners.min(initial=0) < 0 or (corners.max(axis=1, initial=0) + sides > size[::-1]).any():
        column, row = (
            np.arange(side)[:, np.newaxis] + corner
            for side, corner in zip(sides, corners, strict=True)
        )
        is_inside = (column >= 0) & (column < size[1])
        is_covered &= is_inside & ((row >= 0) & (row < size[0]))[:, np.newaxis]
    cells = int(sides.prod())
    found = np.flatnonzero(is_covered.reshape(cells, -1).T)
    piece = found // cells
    cell = found - piece * cells
    row, column = np.divmod(np.arange(cells), sides[0])
    places = (corners[1] * size[1] + corners[0]).take(piece)
    places += (row * size[1] + column).take(cell)
    at = cell * len(dx) + piece
    covers = np.float32(reach) - np.sqrt(away_squared.take(at))
    np.minimum(covers, 1, out=covers)
    return piece, places, covers, ahead.take(at) + begin.take(piece)


def _square(place: Floats32, other: Floats32) -> Floats32:
    """The squared difference, in the memory of the other."""
    np.subtract(place, other, out=other)
    other *= other
    return other
