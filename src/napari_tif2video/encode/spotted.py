"""Luma and chroma of a picture that is grey but in a few places, such as tracks on it.

The same values as libswscale computes on x86 of all pixels, in half the time: there, and on other
processors to within one level, it makes no difference which of the two a picture goes through.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Of red, green and blue in luma, and in the two chroma: BT.709 of limited range, times 2**15.
_LUMA = (5983, 20127, 2032)
_CHROMA = ((-3298, -11094, 14392), (14392, -13073, -1320))

_NEUTRAL = 8192  # chroma of 14 bits
_MOST_COLOUR = 1 / 4  # of the picture: beyond, libswscale is as fast
_LEAST_ROWS = 8  # its filter is another one on fewer


def spotted_planes(picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint16], ...] | None:
    """Luma, and chroma of half the size, of RGB (H, W, 3) in planes; None of much colour."""
    height, width = picture.shape[:2]
    channels = [picture[..., number] for number in range(3)]
    if height < _LEAST_ROWS or not all(channel.flags.c_contiguous for channel in channels):
        return None
    # Four pixels at once; both sides of the picture are even.
    red, green, blue = (channel.reshape(-1).view(np.uint32) for channel in channels)
    has_colour = red ^ green
    has_colour |= blue ^ green
    places = np.flatnonzero(has_colour != 0)
    if len(places) > _MOST_COLOUR * has_colour.size:
        return None
    luma = channels[1].astype(np.uint16)
    luma *= 219
    luma += 4209  # as libswscale rounds; exactly it would be 4207
    luma //= 255
    found = [channel.take(places).view(np.uint8).astype(np.int32) for channel in (red, green, blue)]
    luma.reshape(-1).view(np.uint64)[places] = _weighted(found, _LUMA, 540928, 15).view(np.uint64)
    pairs = [values[0::2] + values[1::2] for values in found]
    halves = []
    for weights in _CHROMA:
        half = np.full((height, width // 2), _NEUTRAL, np.uint16)
        values = _weighted(pairs, weights, (2 * _NEUTRAL + 1) << 9, 10)
        half.reshape(-1).view(np.uint32)[places] = values.view(np.uint32)
        halves.append(_every_other_row(half))
    return luma, *halves


def _weighted(
    channels: Sequence[NDArray[np.int32]], weights: Sequence[int], offset: int, shift: int
) -> NDArray[np.uint16]:
    total = channels[0] * np.int32(weights[0])
    for channel, weight in zip(channels[1:], weights[1:], strict=True):
        total += channel * np.int32(weight)
    total += offset
    total >>= shift
    return total.astype(np.uint16)


def _every_other_row(half: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Eighths 1, 3, 3 and 1 of four rows around each two; 8 bits of 14."""
    one = half >> 6
    three = half * np.uint16(3)
    three >>= 6
    # Of all rows, half of them for nothing: faster than to skip these.
    total = three[1:-2] + three[2:-1]
    total += one[:-3]
    total += one[3:]
    total += 5
    total >>= 3
    rows = np.empty((len(half) // 2, half.shape[1]), np.uint16)
    rows[1:-1] = total[1::2]
    rows[0] = ((half[0] >> 4) + three[1] + one[2] + 5) >> 3
    last: list[NDArray[Any]] = [row.astype(np.uint32) for row in half[-3:]]
    rows[-1] = (last[0] + 3 * last[1] + 4 * last[2] + 256) >> 9
    return rows
