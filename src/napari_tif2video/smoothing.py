"""Limits that follow a sequence without flicker.

What is smoothed are not the counts themselves: a lamp or an exposure that jitters would then show
as flicker of the whole picture. Each frame is described by its mean and its mean absolute
deviation, both hardly moved by a few extreme pixels, and its own limits are expressed as multiples
of the deviation from the mean. These multiples are smoothed over time and put back into counts. So
the mean grey level changes only as the smoothed multiples do, while a step in brightness is
followed at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contrast import Limits, Prepared

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
