"""What holds for all tests of the plugin."""

from __future__ import annotations

import threading
import time

import pytest
from helpers.threads import threads_since


@pytest.fixture
def model():
    """A viewer without a window."""
    from napari.components import ViewerModel

    return ViewerModel()


@pytest.fixture(scope="module", autouse=True)
def _no_thread_survives():
    """The threads of a module have ended when it has."""
    before = set(threading.enumerate())
    yield
    end = time.monotonic() + 5
    while (left := threads_since(before)) and time.monotonic() < end:
        time.sleep(0.01)
    assert not left, f"threads were left behind: {left}"
