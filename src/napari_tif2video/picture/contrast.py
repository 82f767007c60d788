"""How counts become grey levels, and which are written as they are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import thread_buffer
from ..units import Limits
from .resize import DEPTHS, resample, shrink_fast

# libswscale's worst error of 408 in 65,535 is 1.6 grey levels when the limits are the frame's own
# range. Where the limits are much narrower than that, its error would be magnified.
_MAX_FAST_GAIN = 1.2

# An output pixel of whose area less than this is known is shown as missing, that is black.
_MIN_SHARE = 0.5

# Frames are counted in blocks of about this size, which stay in the cache of a core with what is
# made of them.
_BLOCK_BYTES = 512 << 10

# Where little is made of a block: it stays in the cache that cores share. NumPy lets go of Python's
# lock in each call, and with blocks of 512 KB threads waited for it often: 5 to 10 % of a video of
# 2048² frames on two cores. A whole frame that fits no cache takes half as long again to measure.
LARGE_BLOCK_BYTES = 4 << 20


@dataclass(frozen=True)
class Prepared:
    """A frame at the size of the video, before anything is known about black and white.

    Attributes
    ----------
    pixels : array (H, W) or (H, W, 3)
        counts = `offset` + `pixels` * `scale`.
    low, high : float
        Smallest and largest count inside the crop box, before resizing.
    percentiles : (float, float), optional
        Percentiles of the counts, where the frame's own limits are to be those.
    clipped : float
        Share of the values inside the crop box outside the limits that were known.
    """

    pixels: NDArray[Any]
    offset: float
    scale: float
    low: float
    high: float
    percentiles: Limits | None = None
    clipped: float = 0.0

    @property
    def range(self) -> Limits:
        """The frame's own limits."""
        return self.percentiles or (self.low, self.high)

    @property
    def is_constant(self) -> bool:
        return self.low >= self.high


# The range of a frame without a single finite value: it adds nothing to a range over many.
EMPTY_RANGE = (math.inf, -math.inf)


def measure(frame: NDArray[Any]) -> Limits:
    """Smallest and largest finite count of a frame, over all colours."""
    # Both of a block while it is in the cache: large frames do not fit.
    ranges = ((block.min(), block.max()) for block in row_blocks(frame, LARGE_BLOCK_BYTES))
    lows, highs = zip(*ranges, strict=True)
    if frame.dtype.kind == "f" and not (np.isfinite(lows).all() and np.isfinite(highs).all()):
        finite = frame[np.isfinite(frame)]
        return (float(finite.min()), float(finite.max())) if finite.size else EMPTY_RANGE
    return float(min(lows)), float(max(highs))


def row_blocks(frame: NDArray[Any], nbytes: int = _BLOCK_BYTES) -> Iterator[NDArray[Any]]:
    """A frame in groups of rows of about this size."""
    rows = max(1, nbytes // max(1, frame[0].nbytes))
    return (frame[i : i + rows] for i in range(0, len(frame), rows))


def combine(ranges: Iterable[Limits]) -> Limits:
    """The one range that covers all."""
    lows, highs = zip(*ranges, strict=True)
    return min(lows), max(highs)


def prepare(
    frame: NDArray[Any],
    size: tuple[int, int],
    limits: Limits | None = None,
    *,
    is_exact: bool = False,
) -> Prepared:
    """Measure a frame and bring it to `size` (height, width).

    Parameters
    ----------
    frame : array (Y, X) or (Y, X, 3) of bool, integers or floating point
        The part inside the crop box. It is not changed. NaN becomes black, infinities clip.
    limits : (float, float), optional
        The limits it will be shown with, where they are known already.
    is_exact : bool
        The limits are not known yet, and may turn out narrower than the frame's range.
    """
    low, high = measure(frame)
    if (low, high) == EMPTY_RANGE:
        black = np.full((*size, *frame.shape[2:]), -np.inf, np.float32)
        return Prepared(black, 0.0, 1.0, low, high)
    if low == high and frame.dtype.kind != "f":
        return Prepared(np.zeros((*size, *frame.shape[2:]), np.uint8), low, 1.0, low, high)
    if not _is_from_camera(frame.dtype):
        return _prepare_exactly(frame, size, low, high)
    if frame.shape[:2] == size:
        return Prepared(frame.copy(), 0.0, 1.0, low, high)
    shrinks = _shrinks(frame.shape, size) and not is_exact
    gain = 1.0 if limits is None else (high - low) / (limits[1] - limits[0])
    if shrinks and gain <= _MAX_FAST_GAIN:
        offset, shift, depth = _stretching(int(low), int(high))
        planes = [shrink_fast(_stretch(p, offset, shift), size, depth) for p in _planes(frame)]
        return Prepared(_join(planes), offset, 2.0 ** (depth - 16 - shift), low, high)
    return _prepare_exactly(frame, size, low, high)


def _prepare_exactly(
    frame: NDArray[Any], size: tuple[int, int], low: float, high: float
) -> Prepared:
    """Resize in float32, counted from `low` so that large counts keep their last digits."""
    exact = [_resize_plane(plane, size, low, high) for plane in _planes(frame)]
    return Prepared(_join(exact), low, 1.0, low, high)


def _resize_plane(
    plane: NDArray[Any], size: tuple[int, int], low: float, high: float
) -> NDArray[np.float32]:
    from_low = partial(_from_low, low=low, high=high)
    if plane.shape == size:
        values = from_low(plane)
        values[np.isnan(values)] = -np.inf
        return values
    if plane.dtype.kind != "f" or not np.isnan(plane).any():
        small = resample(plane, size, from_low)
    else:
        # The mean of the pixels that are there; NaN where most of the area has none.
        values = from_low(plane)
        missing = np.isnan(values)
        values[missing] = 0
        share = resample((~missing).astype(np.float32), size)
        small = resample(values, size)
        small /= np.where(share < _MIN_SHARE, np.float32(np.nan), share)
    # The cubic kernel overshoots at edges; no count outside the data is shown.
    np.clip(small, 0, high - low, out=small)
    small[np.isnan(small)] = -np.inf
    return small


def _from_low(values: NDArray[Any], low: float, high: float) -> NDArray[np.float32]:
    """Counts from `low` on, in float32; infinities are clipped."""
    if _is_from_camera(values.dtype):
        return values.astype(np.float32) - np.float32(low)
    counted: NDArray[np.float32] = (np.clip(values.astype(np.float64), low, high) - low).astype(
        np.float32
    )
    return counted


def to_grey(prepared: Prepared, limits: Limits, gamma: float = 1.0) -> NDArray[np.uint8]:
    """Grey levels 0 to 255, rounded; equal limits (a constant frame or sequence) give black."""
    low, high = limits
    if high <= low:
        return np.zeros(prepared.pixels.shape, np.uint8)
    gain = 255 / (high - low)
    # Converted first: a product of two types takes twice as long as both steps.
    grey = prepared.pixels.astype(np.float32)
    grey *= np.float32(prepared.scale * gain)
    grey += np.float32((prepared.offset - low) * gain)
    if gamma != 1:
        np.clip(grey, 0, 255, out=grey)
        grey = np.float32(255) * (grey / np.float32(255)) ** np.float32(gamma)
    np.rint(grey, out=grey)
    is_inside = low <= prepared.low and prepared.high <= high
    if not is_inside or prepared.pixels.dtype.kind == "f":  # those may hold -inf, for missing
        np.clip(grey, 0, 255, out=grey)
    return grey.astype(np.uint8)


def prepared_dtype(
    dtype: np.dtype[Any], shape: tuple[int, int], size: tuple[int, int], is_exact: bool
) -> np.dtype[Any]:
    """The type of `Prepared.pixels`, where the limits are not known yet."""
    if not _is_from_camera(dtype):
        return np.dtype(np.float32)
    if shape == size:
        return dtype
    return np.dtype(np.uint16 if _shrinks(shape, size) and not is_exact else np.float32)


def _is_from_camera(dtype: np.dtype[Any]) -> bool:
    """Whether cameras write it and libswscale takes it; everything else takes the exact way."""
    return dtype.kind == "u" and dtype.itemsize <= 2


def _shrinks(shape: tuple[int, ...], size: tuple[int, int]) -> bool:
    return size[0] <= shape[0] and size[1] <= shape[1]


def _planes(frame: NDArray[Any]) -> list[NDArray[Any]]:
    return [frame] if frame.ndim == 2 else [frame[..., i] for i in range(frame.shape[2])]


def _join(planes: list[NDArray[Any]]) -> NDArray[Any]:
    return planes[0] if len(planes) == 1 else np.moveaxis(np.stack(planes), 0, -1)


def _stretching(low: int, high: int) -> tuple[int, int, int]:
    """Offset and shift that make counts fill a number of bits, and that number.

    Without it, a frame that spans 30 counts would come out in 30 bands. Offset and shift cost
    passes over the frame, so they stay 0 where at most three of the bits are not used.
    """
    used = (high - low).bit_length()
    depth = next(d for d in DEPTHS if d >= high.bit_length())
    return (0, 0, depth) if depth - used <= 3 else (low, 16 - used, 16)


def _stretch(plane: NDArray[Any], offset: int, shift: int) -> NDArray[np.uint16]:
    """(plane - offset) * 2**shift as a contiguous uint16 array, in a buffer kept per thread."""
    if not offset and not shift and plane.flags.c_contiguous and plane.dtype == np.uint16:
        return plane
    buffer = thread_buffer("stretched", plane.shape, np.uint16)
    np.subtract(plane, offset, out=buffer, dtype=np.uint16)
    if shift:
        np.left_shift(buffer, shift, out=buffer)
    return buffer


def as_counts(frame: NDArray[Any]) -> Prepared:
    """A frame as it is, with its range; bool as 0 and 1."""
    low, high = measure(frame)
    counts = frame.astype(np.uint8 if frame.dtype.itemsize == 1 else np.uint16)
    return Prepared(counts, 0.0, 1.0, low, high)


def as_shown(counts: NDArray[Any]) -> NDArray[np.uint8]:
    """What players show of counts: the upper 8 bits."""
    return counts if counts.dtype == np.uint8 else (counts >> 8).astype(np.uint8)
