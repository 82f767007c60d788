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

_LONGEST_PX = 12  # longer lines are cut, as all pixels of the box around a piece are looked at
_BLOCK = 2048  # lines whose pixels are found together
_KEPT_BLOCKS = 48  # about 100 MB at most

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

    places: NDArray[np.int64]
    lines: NDArray[np.int32]
    covers: Floats32
    along: Floats32

    def only(self, chosen: Any) -> _Pixels:
        return _Pixels(
            self.places[chosen], self.lines[chosen], self.covers[chosen], self.along[chosen]
        )


class Strokes:
    """Lines on a picture of one size.

    Parameters
    ----------
    starts, ends : float arrays (N, 2)
        Column and row, the first pixel spanning 0 to 1.
    width : float
    size : (int, int)
        Height and width of the picture.
    """

    def __init__(
        self,
        starts: NDArray[np.float64],
        ends: NDArray[np.float64],
        width: float,
        size: tuple[int, int],
    ) -> None:
        self._starts, self._ends, self._width, self._size = starts, ends, width, size
        self._blocks: dict[int, tuple[_Pixels, _Pixels]] = {}
        self._joined: tuple[range, _Pixels, int] | None = None

    def covered(
        self, first: int, stop: int, opacities: Floats32
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], Floats32]:
        """The pixels that are seen of some lines in a row.

        Parameters
        ----------
        opacities : float32 array (stop - first, 2)
            At the start and at the end of each line; a line with none at all is not there.

        Returns
        -------
        places, lines : int arrays
            The pixels, and the line that each shows, counted from `first`.
        alphas : float32 array
        """
        shown, weak = self._together(range(first // _BLOCK, -(-stop // _BLOCK)))
        are_there: NDArray[np.bool_] = np.any(opacities > 0, axis=1)
        top = np.full(self._size[0] * self._size[1], -1, np.int32)
        for part in (slice(0, weak), slice(weak, len(shown.lines))):
            low, high = part.start + np.searchsorted(shown.lines[part], (first, stop))
            chosen, places = np.arange(low, high, dtype=np.int32), shown.places[low:high]
            if not are_there.all():
                kept = are_there[shown.lines[low:high] - first]
                chosen, places = chosen[kept], places[kept]
            top[places] = chosen
        places = np.flatnonzero(top >= 0)
        seen = top[places]
        line = shown.lines[seen] - np.int32(first)
        at_start, at_end = opacities[line, 0], opacities[line, 1]
        alphas = at_start + (at_end - at_start) * shown.along[seen]
        np.clip(alphas, 0, 1, out=alphas)
        return places, line, alphas * shown.covers[seen]

    def _together(self, numbers: range) -> tuple[_Pixels, int]:
        """The pixels of some blocks: what covers them by less than half, and how many that are.

        They give way to those behind them. Kept for the next frame, which mostly needs the same.
        """
        if self._joined is None or self._joined[0] != numbers:
            parts = [self._block(number) for number in numbers]
            weak, strong = ([part[kind] for part in parts] for kind in (0, 1))
            count = sum(len(part.lines) for part in weak)
            self._joined = numbers, _joined([*weak, *strong]), count
        return self._joined[1:]

    def _block(self, number: int) -> tuple[_Pixels, _Pixels]:
        found = self._blocks.pop(number, None)
        if found is None:
            span = slice(number * _BLOCK, (number + 1) * _BLOCK)
            all_of_it = _pixels(
                self._starts[span], self._ends[span], self._width, self._size, span.start
            )
            is_strong = all_of_it.covers >= 0.5
            found = all_of_it.only(~is_strong), all_of_it.only(is_strong)
        self._blocks[number] = found  # the last one used is the last one to go
        while len(self._blocks) > _KEPT_BLOCKS:
            del self._blocks[next(iter(self._blocks))]
        return found


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
    width: float,
    size: tuple[int, int],
    first: int,
) -> _Pixels:
    """The pixels that lines cover, the first of which has this number."""
    height, across = size
    reach = max(width, 1.0) / 2 + 0.5
    # Thinner than a pixel: less of it is covered.
    most = np.float32(min(width, 1.0))
    lengths = np.hypot(*(ends - starts).T)
    lengths = np.where(np.isfinite(lengths), lengths, 0)
    pieces = np.maximum(1, np.ceil(lengths / _LONGEST_PX)).astype(np.int64)
    line = np.repeat(np.arange(len(starts)), pieces)
    number = np.arange(len(line)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    from_, step = number / pieces[line], 1 / pieces[line]
    way = ends - starts
    low_end = starts[line] + way[line] * from_[:, np.newaxis]
    high_end = low_end + way[line] * step[:, np.newaxis]
    with np.errstate(invalid="ignore"):  # rows without a place
        low = np.floor(np.minimum(low_end, high_end) - reach)
        high = np.ceil(np.maximum(low_end, high_end) + reach)
    edge = np.array([across, height])
    low = np.clip(np.nan_to_num(low, nan=0), 0, edge).astype(np.int64)
    high = np.clip(np.nan_to_num(high, nan=0), 0, edge).astype(np.int64)
    sides = np.maximum(high - low, 0)
    counts = sides[:, 0] * sides[:, 1]
    piece = np.repeat(np.arange(len(line)), counts)
    offset = np.arange(len(piece)) - np.repeat(np.cumsum(counts) - counts, counts)
    rows, columns = np.divmod(offset, sides[piece, 0])
    columns += low[piece, 0]
    rows += low[piece, 1]
    own = low_end.astype(np.float32)[piece]
    x = columns.astype(np.float32) + np.float32(0.5) - own[:, 0]
    y = rows.astype(np.float32) + np.float32(0.5) - own[:, 1]
    vector = (high_end - low_end).astype(np.float32)
    squared = np.maximum((vector * vector).sum(axis=1), np.float32(1e-12))
    dx, dy = vector[piece, 0], vector[piece, 1]
    along = np.clip((x * dx + y * dy) / squared[piece], 0, 1)
    distances = np.hypot(x - along * dx, y - along * dy)
    covers = np.clip(np.float32(reach) - distances, 0, 1) * most
    kept = np.flatnonzero(covers > 0)
    piece = piece[kept]
    whole = from_.astype(np.float32)[piece] + along[kept] * step.astype(np.float32)[piece]
    return _Pixels(
        rows[kept] * across + columns[kept],
        (line[piece] + first).astype(np.int32),
        covers[kept],
        whole,
    )
