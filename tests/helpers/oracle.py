"""What a picture should be, in float64 and by other means than the package uses."""

from __future__ import annotations

import numpy as np


def area_average(frame, size):
    """Each output pixel is the mean of the area it covers: differences of the running integral."""
    return _averaged(_averaged(np.asarray(frame, np.float64), size[0], 0), size[1], 1)


def _averaged(values, new, axis):
    values = np.moveaxis(values, axis, 0)
    old = len(values)
    integral = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])
    edges = np.arange(new + 1) * old / new
    below = np.minimum(edges.astype(int), old - 1)
    part = (edges - below).reshape(-1, *(1,) * (values.ndim - 1))
    at_edges = integral[below] + part * values[below]
    return np.moveaxis(np.diff(at_edges, axis=0) * new / old, 0, axis)


def cubic(frame, size):
    """Keys' cubic convolution with a = -1/2, edge pixels repeated; pixel centres at n + 1/2."""
    values = np.asarray(frame, np.float64)
    for axis, new in enumerate(size):
        values = np.moveaxis(_convolved(np.moveaxis(values, axis, 0), new), 0, axis)
    return values


def _convolved(values, new, a=-0.5):
    old = len(values)
    result = np.zeros((new, *values.shape[1:]))
    for target in range(new):
        place = (target + 0.5) * old / new - 0.5
        for source in range(int(np.floor(place)) - 1, int(np.floor(place)) + 3):
            d = abs(place - source)
            if d <= 1:
                weight = (a + 2) * d**3 - (a + 3) * d**2 + 1
            else:
                weight = a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a
            result[target] += weight * values[min(max(source, 0), old - 1)]
    return result


def levels(values, low, high):
    """Counts to grey levels, not rounded."""
    return np.clip((np.asarray(values, np.float64) - low) / (high - low), 0, 1) * 255


def to_grey(values, low, high):
    """Counts to rounded grey levels."""
    return np.rint(levels(values, low, high))


def assert_rounded(shown, exact):
    """Each level is the nearest one; halfway between two, either is right."""
    assert shown.shape == exact.shape
    worst = np.abs(shown - exact).max()
    assert worst < 0.5 + 1e-3, f"off by {worst:.3f} levels before rounding"


def size_for(height, width, new_width):
    """(height, width) of a video: the aspect ratio kept, both to the nearest even number."""

    def even(value):
        return 2 * int(np.floor(value / 2 + 0.5))

    return max(2, even(height * even(new_width) / width)), even(new_width)
