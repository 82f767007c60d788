"""From counts to grey: measure a frame, keep it small at full precision, apply limits."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .resample import resample, shrink_fast

#: The counts that become black and white.
Limits = tuple[float, float]

# libswscale's worst error of 408 in 65,535 is 1.6 grey levels when the limits are the frame's own
# range. Where the limits are much narrower than that, its error would be magnified.
_MAX_FAST_GAIN = 1.2

_local = threading.local()


@dataclass(frozen=True)
class Prepared:
    """A frame at the size of the video, before anything is known about black and white.

    Attributes
    ----------
    pixels : array (H, W) or (H, W, 3)
        counts = `offset` + `pixels` * `scale`.
    low, high : float
        Smallest and largest count inside the crop box, before resizing.
    """

    pixels: NDArray[Any]
    offset: float
    scale: float
    low: float
    high: float

    @property
    def range(self) -> Limits:
        return self.low, self.high

    @property
    def is_constant(self) -> bool:
        return self.low == self.high


def measure(frame: NDArray[Any]) -> Limits:
    """Smallest and largest count of a frame, over all colours."""
    return float(frame.min()), float(frame.max())


def combine(ranges: Iterable[Limits]) -> Limits:
    """The one range that covers all."""
    lows, highs = zip(*ranges, strict=True)
    return min(lows), max(highs)


def prepare(frame: NDArray[Any], size: tuple[int, int], limits: Limits | None = None) -> Prepared:
    """Measure a frame and bring it to `size` (height, width).

    Parameters
    ----------
    frame : uint8 or uint16 array (Y, X) or (Y, X, 3)
        The part inside the crop box. It is not changed.
    limits : (float, float), optional
        The limits it will be shown with, where they are known already.
    """
    low, high = measure(frame)
    if low == high:
        return Prepared(np.zeros((*size, *frame.shape[2:]), frame.dtype), low, 1.0, low, high)
    if frame.shape[:2] == size:
        return Prepared(frame.copy(), 0.0, 1.0, low, high)
    shrinks = _shrinks(frame.shape, size)
    gain = 1.0 if limits is None else (high - low) / (limits[1] - limits[0])
    if shrinks and gain <= _MAX_FAST_GAIN:
        offset, shift = _stretching(int(low), int(high))
        planes = [shrink_fast(_stretch(p, offset, shift), size) for p in _planes(frame)]
        return Prepared(_join(planes), offset, 2.0**-shift, low, high)
    exact = [resample(plane, size) for plane in _planes(frame)]
    if not shrinks:  # the cubic kernel overshoots at edges; no count outside the data is shown
        exact = [np.clip(plane, low, high) for plane in exact]
    return Prepared(_join(exact), 0.0, 1.0, low, high)


def to_grey(prepared: Prepared, limits: Limits) -> NDArray[np.uint8]:
    """Grey levels 0 to 255, rounded; equal limits (a constant frame or sequence) give black."""
    low, high = limits
    if high <= low:
        return np.zeros(prepared.pixels.shape, np.uint8)
    gain = 255 / (high - low)
    grey = prepared.pixels * np.float32(prepared.scale * gain)
    grey += np.float32((prepared.offset - low) * gain)
    np.rint(grey, out=grey)
    np.clip(grey, 0, 255, out=grey)
    return grey.astype(np.uint8)


def prepared_dtype(
    dtype: np.dtype[Any], shape: tuple[int, int], size: tuple[int, int]
) -> np.dtype[Any]:
    """The type of `Prepared.pixels`, for frames shown with limits of at least their own range."""
    if shape == size:
        return dtype
    return np.dtype(np.uint16 if _shrinks(shape, size) else np.float32)


def _shrinks(shape: tuple[int, ...], size: tuple[int, int]) -> bool:
    return size[0] <= shape[0] and size[1] <= shape[1]


def _planes(frame: NDArray[Any]) -> list[NDArray[Any]]:
    return [frame] if frame.ndim == 2 else [frame[..., i] for i in range(frame.shape[2])]


def _join(planes: list[NDArray[Any]]) -> NDArray[Any]:
    return planes[0] if len(planes) == 1 else np.stack(planes, axis=-1)


def _stretching(low: int, high: int) -> tuple[int, int]:
    """Offset and shift that spread counts over 16 bits.

    Without it, a frame that spans 30 counts would come out in 30 bands. The offset costs a pass
    over the frame, so it stays 0 where that loses at most one bit.
    """
    shift = 16 - (high - low).bit_length()
    without = 16 - high.bit_length()
    return (0, without) if shift - without <= 1 else (low, shift)


def _stretch(plane: NDArray[Any], offset: int, shift: int) -> NDArray[np.uint16]:
    """(plane - offset) * 2**shift as a contiguous uint16 array, in a buffer kept per thread."""
    if not offset and not shift and plane.flags.c_contiguous and plane.dtype == np.uint16:
        return plane
    buffer: NDArray[np.uint16] | None = getattr(_local, "buffer", None)
    if buffer is None or buffer.shape != plane.shape:
        buffer = _local.buffer = np.empty(plane.shape, np.uint16)
    if offset:
        plane = np.subtract(plane, offset, out=buffer, dtype=np.uint16)
    np.left_shift(plane, shift, out=buffer, dtype=np.uint16)
    return buffer
