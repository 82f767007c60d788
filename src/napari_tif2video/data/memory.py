"""Memory: how much is free, and arrays kept per thread.

A fresh array for each frame costs a page fault every 4 KB.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_local = threading.local()


def thread_buffer(purpose: str, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """The array of this thread for this purpose, with anything in it.

    It is overwritten when the thread next asks for it, so it must not be returned or kept.
    """
    buffer: NDArray[Any] | None = getattr(_local, purpose, None)
    if buffer is None or buffer.shape != shape or buffer.dtype != dtype:
        buffer = np.empty(shape, dtype)
        setattr(_local, purpose, buffer)
    return buffer


def free_memory() -> int:
    """Bytes that can be had without swapping."""
    import psutil  # here, because most runs need not know

    return int(psutil.virtual_memory().available)
