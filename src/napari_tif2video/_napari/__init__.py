"""The plugin of napari.

`hooks` reads, writes and brings sample data; `widget` is the dock widget; `layers` and `viewers`
turn what napari shows into stacks. Napari itself is loaded only when one of them is needed.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..data import Stack

__all__ = ["open_window", "stack_of"]


def stack_of(source: Any) -> Stack | None:
    """The stack behind a layer or viewer of napari; None for anything else."""
    if "napari" not in sys.modules:  # without it, nobody can have a layer
        return None
    from .viewers import stack_of

    return stack_of(source)


def open_window() -> None:
    """Open napari with the dock widget, and return when its window is closed."""
    import napari

    viewer = napari.Viewer()
    viewer.window.add_plugin_dock_widget("napari-tif2video")
    napari.run()
