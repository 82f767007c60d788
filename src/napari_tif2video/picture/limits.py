"""Histograms with percentiles, and limits that follow a sequence without flicker.

What is smoothed are not the counts themselves: a lamp or an exposure that jitters would then show
as flicker of the whole picture. Each frame is described by its mean and its mean absolute
deviation, both hardly moved by a few extreme pixels, and its own limits are expressed as multiples
of the deviation from the mean. These multiples are smoothed over time and put back into counts. So
the mean grey level changes only as the smoothed multiples do, while a step in brightness is
followed at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..units import Limits
from .contrast import EMPTY_RANGE, LARGE_BLOCK_BYTES, Prepared, row_blocks

# Enough for a bin for each count of 16-bit data, and for bins of less than 1/100,000 of the range
# of others.
_BINS = 1 << 18

# Mantissa bits of float64 behind the point: finer bins would tell nothing apart.
_MANTISSA_BITS = 52


@dataclass(frozen=True)
class Histogram:
    """How many values lie in each of a row of bins as wide as a power of two.

    The bins lie at multiples of their width, so that two histograms can be added without an error:
    the sum is what all values together would have given, in any order.

    Attributes
    ----------
    numbers : int64 array
        Values in each bin: the first one reaches from `first` * 2**`exponent` to below
        (`first` + 1) * 2**`exponent`.
    low, high : int or float
        Smallest and largest value; integers where the frames hold integers.
    """

    numbers: NDArray[np.int64]
    first: int
    exponent: int
    low: float
    high: float

    @property
    def is_exact(self) -> bool:
        """Whether every bin stands for one integer."""
        return isinstance(self.low, int) and self.exponent == 0

    def __add__(self, other: Histogram) -> Histogram:
        if not self.numbers.size or not other.numbers.size:
            return self if self.numbers.size else other
        low, high = min(self.low, other.low), max(self.high, other.high)
        exponent = _exponent(low, high, max(self.exponent, other.exponent))
        first = _bin(low, exponent)
        numbers = np.zeros(_bin(high, exponent) - first + 1, np.int64)
        for part in (self, other):
            own = part._in_bins_of(exponent)
            start = _bin(part.low, exponent) - first
            numbers[start : start + len(own)] += own
        return Histogram(numbers, first, exponent, low, high)

    def _in_bins_of(self, exponent: int) -> NDArray[np.int64]:
        """The numbers in bins of another width, at least the own one."""
        if exponent == self.exponent:
            return self.numbers
        # Beyond 62 bits, only the sign is left in any case.
        places = self.first + np.arange(len(self.numbers))
        places >>= min(exponent - self.exponent, 62)
        starts = np.flatnonzero(np.diff(places, prepend=places[0] - 1))
        return np.add.reduceat(self.numbers, starts)

    def percentiles(self, percent: tuple[float, float]) -> Limits:
        """The counts below which two percentages of the values lie.

        Between two values it is interpolated linearly, which is method 7 of Hyndman and Fan (Am.
        Stat. 50, 361-365, 1996) and the default of `numpy.percentile`. Exact where every bin
        stands for one integer, else right to the width of a bin. Where both percentiles are the
        same count, they are replaced by the smallest and the largest count.
        """
        if not self.numbers.size:
            return EMPTY_RANGE
        sums = np.cumsum(self.numbers)
        low, high = (self._percentile(share / 100, sums) for share in percent)
        return (low, high) if low < high else (float(self.low), float(self.high))

    def _percentile(self, share: float, sums: NDArray[np.int64]) -> float:
        position = (int(sums[-1]) - 1) * share
        rank = math.floor(position)
        below = self._ranked(rank, sums)
        above = self._ranked(min(rank + 1, int(sums[-1]) - 1), sums)
        return below + (above - below) * (position - rank)

    def _ranked(self, rank: int, sums: NDArray[np.int64]) -> float:
        """The value at a place in the sorted row of all values."""
        if rank == 0:
            return float(self.low)
        if rank == sums[-1] - 1:
            return float(self.high)
        number = int(np.searchsorted(sums, rank, side="right"))
        if self.is_exact:
            return float(self.first + number)
        before = 0 if number == 0 else int(sums[number - 1])
        inside = (rank - before + 0.5) / int(self.numbers[number])
        value = math.ldexp(self.first + number + inside, self.exponent)
        return min(max(value, float(self.low)), float(self.high))

    def outside(self, limits: Limits) -> int:
        """How many values lie outside the limits; all those of a bin count as its centre."""
        places = self.first + np.arange(len(self.numbers)) + (0 if self.is_exact else 0.5)
        values = np.ldexp(places.astype(np.float64), self.exponent).clip(self.low, self.high)
        low, high = limits
        return int(self.numbers[(values < low) | (values > high)].sum())


EMPTY = Histogram(np.zeros(0, np.int64), 0, 0, *EMPTY_RANGE)


def histogram(frame: NDArray[Any]) -> Histogram:
    """The histogram of the finite values of a frame (Y, X) or (Y, X, 3)."""
    if frame.dtype.kind in "bui" and frame.dtype.itemsize <= 2:
        return _of_small_integers(frame)
    if frame.dtype == np.uint64 and frame.max() >= 2**63:
        frame = frame.astype(np.float64)
    is_float = frame.dtype.kind == "f"
    if is_float and not np.isfinite(frame).all():
        frame = frame[np.isfinite(frame)][np.newaxis]
        if not frame.size:
            return EMPTY
    low, high = frame.min().item(), frame.max().item()
    finest = _finest_exponent(max(abs(low), abs(high))) if is_float else 0
    exponent = _exponent(low, high, finest)
    first = _bin(low, exponent)
    numbers = np.zeros(_bin(high, exponent) - first + 1, np.int64)
    # Large ones, so that adding up the bins costs little beside counting.
    for block in row_blocks(frame, LARGE_BLOCK_BYTES):
        if is_float:
            places = np.floor(np.ldexp(block.astype(np.float64), -exponent)) - first
        else:
            places = (block.astype(np.int64) >> exponent) - first
        numbers += np.bincount(places.astype(np.int64).ravel(), minlength=len(numbers))
    return Histogram(numbers, first, exponent, low, high)


def _of_small_integers(frame: NDArray[Any]) -> Histogram:
    bits = 8 * frame.dtype.itemsize
    numbers = np.zeros(1 << bits, np.int64)
    for block in row_blocks(frame):
        # Negative counts as the large ones that have the same bits, until all are counted.
        found = np.bincount(block.ravel().view(f"u{frame.dtype.itemsize}"))
        numbers[: len(found)] += found
    first = 0
    if frame.dtype.kind == "i":
        first = -(1 << (bits - 1))
        numbers = np.roll(numbers, -first)
    used = np.flatnonzero(numbers)
    low, high = int(used[0]), int(used[-1])
    return Histogram(numbers[low : high + 1].copy(), low + first, 0, low + first, high + first)


def count_outside(frame: NDArray[Any], limits: Limits) -> int:
    """How many finite values of a frame lie below the first or above the second limit."""
    is_float = frame.dtype.kind == "f"
    # Integers compare with integers faster than with numbers between them; a plain float would
    # be rounded to the type of the frame.
    low, high = (
        map(np.float64, limits) if is_float else (math.ceil(limits[0]), math.floor(limits[1]))
    )
    outside = 0
    for block in row_blocks(frame):
        values = block[np.isfinite(block)] if is_float else block
        outside += int(np.count_nonzero(values < low)) + int(np.count_nonzero(values > high))
    return outside


def _finest_exponent(largest: float) -> int:
    """Of the width of bins that tell all float64 numbers up to this one apart."""
    return math.frexp(largest)[1] - _MANTISSA_BITS - 1 if largest else -1074


def _exponent(low: float, high: float, finest: int) -> int:
    """The smallest one, from `finest` on, of which few enough bins cover the range."""
    exponent = finest
    while _bin(high, exponent) - _bin(low, exponent) >= _BINS:
        exponent += 1
    return exponent


def _bin(value: float, exponent: int) -> int:
    if isinstance(value, int):
        return value >> exponent
    return math.floor(math.ldexp(value, -exponent))


#: Mean and mean absolute deviation of a frame, in counts.
Level = tuple[float, float]

# A median over five frames takes out what lasts for one or two, such as a cosmic ray; then a
# Gaussian. White noise of the limits is damped eleven times (frame to frame) by the Gaussian
# alone; a change of the scene is followed from four frames before to four frames after it.
_MEDIAN_FRAMES = 5
_SIGMA_FRAMES = 2.0
_REACH_FRAMES = 8


def level_of(prepared: Prepared) -> Level:
    """Mean and mean absolute deviation of the counts of a frame at the size of the video."""
    pixels = prepared.pixels
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        pixels = pixels[np.isfinite(pixels)]
        if not pixels.size:
            return 0.0, 0.0
    mean = float(pixels.mean(dtype=np.float64))
    deviation = float(np.abs(pixels - np.float32(mean)).mean(dtype=np.float64))
    return prepared.offset + mean * prepared.scale, deviation * prepared.scale


def smooth_limits(ranges: Sequence[Limits], levels: Sequence[Level]) -> list[Limits]:
    """Limits for each frame of a sequence, from its own ones and its level.

    A frame without contrast keeps its own limits, and has no part in those of its neighbours.
    """
    own = np.array(ranges, np.float64).reshape(-1, 2)
    mean, deviation = np.array(levels, np.float64).reshape(-1, 2).T[..., np.newaxis]
    counts = (deviation[:, 0] > 0) & (own[:, 0] < own[:, 1])
    if not counts.any():
        return list(ranges)
    multiples = np.full(own.shape, np.nan)
    multiples[counts] = (own[counts] - mean[counts]) / deviation[counts]
    smoothed = _averaged(_medians(multiples), counts)
    own[counts] = (mean + smoothed * deviation)[counts]
    return [(float(low), float(high)) for low, high in own]


def _medians(values: NDArray[Any]) -> NDArray[Any]:
    """Of a window around each frame, smaller at the ends; NaN where all of it is NaN."""
    half = _MEDIAN_FRAMES // 2
    padded = np.pad(values, ((half, half), (0, 0)), constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, _MEDIAN_FRAMES, axis=0)
    found = np.full(values.shape, np.nan)
    known = ~np.isnan(windows).all(axis=-1)
    found[known] = np.nanmedian(windows[known], axis=-1)
    return found


def _averaged(values: NDArray[Any], counts: NDArray[np.bool_]) -> NDArray[Any]:
    """Gaussian means over the frames that count; at the ends, over those that are there."""
    distance = np.arange(-_REACH_FRAMES, _REACH_FRAMES + 1)
    kernel = np.exp(-0.5 * (distance / _SIGMA_FRAMES) ** 2)
    share = np.convolve(counts, kernel)[_REACH_FRAMES:-_REACH_FRAMES]
    filled = np.where(counts[:, np.newaxis], values, 0)
    sums = [np.convolve(column, kernel)[_REACH_FRAMES:-_REACH_FRAMES] for column in filled.T]
    with np.errstate(invalid="ignore", divide="ignore"):  # far from any frame that counts
        means: NDArray[Any] = np.stack(sums, axis=1) / share[:, np.newaxis]
    return means
