"""What drawings of arrays have in common."""

from __future__ import annotations

import hashlib
from dataclasses import field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Colours = NDArray[np.uint8]


def for_all(value: object) -> Any:
    """The default of a field that has a row for each object: the same for all of them."""
    return field(default=value)


def per_object(value: Any, count: int, dtype: Any) -> NDArray[Any]:
    """An array with a row for each of `count` objects, of one value or of one for each."""
    array = np.asarray(value, dtype)
    tail = array.shape[-1:] if dtype is np.uint8 else ()  # a colour is a row of four
    return np.ascontiguousarray(np.broadcast_to(array, (count, *tail)))


def as_numbers(frames: Any) -> NDArray[np.int64]:
    """Which frame of the source each frame of the video shows; of a count, all of them."""
    return np.arange(frames) if isinstance(frames, int) else np.asarray(frames, np.int64)


def digest(drawing: Any) -> str:
    """What tells a drawing of arrays from others, the same in any process."""
    found = hashlib.sha256(type(drawing).__name__.encode())
    for one in fields(drawing):
        value = getattr(drawing, one.name)
        is_plain = isinstance(value, np.ndarray) and value.dtype != object
        found.update(f"{one.name}:".encode())
        found.update(value.tobytes() if is_plain else repr(value).encode())
        found.update(f"{getattr(value, 'shape', '')}".encode())
    return found.hexdigest()
