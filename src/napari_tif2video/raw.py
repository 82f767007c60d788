"""Counts that are written as they are: which data can be, and how they are looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contrast import Prepared, measure
from .data import Stack
from .errors import SourceError

# What FFV1 holds as it is: (kind, bytes) of numpy types.
_TYPES = {("b", 1), ("u", 1), ("u", 2)}


def require_countable(stack: Stack) -> None:
    """Refuse a stack whose counts no video can hold.

    Raises
    ------
    SourceError
    """
    if len(stack.channels) > 1:
        raise SourceError("merged channels have no counts of their own; choose one for raw")
    dtype = stack.frames.format.dtype
    if (dtype.kind, dtype.itemsize) not in _TYPES:
        raise SourceError(
            f"raw is for unsigned counts of 8 or 16 bits, and these are {dtype.name}; leave out "
            "raw, or keep the TIFFs"
        )


def as_counts(frame: NDArray[Any]) -> Prepared:
    """A frame as it is, with its range; bool as 0 and 1."""
    low, high = measure(frame)
    counts = frame.astype(np.uint8 if frame.dtype.itemsize == 1 else np.uint16)
    return Prepared(counts, 0.0, 1.0, low, high)


def as_shown(counts: NDArray[Any]) -> NDArray[np.uint8]:
    """What players show of counts: the upper 8 bits."""
    return counts if counts.dtype == np.uint8 else (counts >> 8).astype(np.uint8)
