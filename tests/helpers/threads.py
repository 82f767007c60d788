"""Threads that a test leaves behind."""

from __future__ import annotations

import threading

from dask import threaded


def threads_since(before):
    """Threads that were not there before, but for those that dask keeps for the main thread.

    napari computes slices with them, and so does the user.
    """
    kept = getattr(threaded.default_pool, "_threads", ())
    return set(threading.enumerate()) - before - set(kept)
