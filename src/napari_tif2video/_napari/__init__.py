"""The plugin of napari.

`hooks` reads, writes and brings sample data; `layers` turns what napari shows into stacks, and
stacks into layers. `widget` is the dock widget, put together from `source` (what is converted),
`form` (the settings), `preview` (the picture, which plays), `presets`, `canvas` (crop box and
anchor on napari's canvas) and `run` (making the videos, and the card of those that are made).
All of these use `panel` (lines, folds and notes), `words` (messages as the window says them),
`background` (work in threads) and `desktop` (remembered values, the clipboard).
`hooks` and `layers` do without Qt, and napari is loaded only when it is needed.
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
    from .layers import stack_of

    return stack_of(source)


def open_window() -> None:
    """Open napari with the dock widget, and return when its window is closed."""
    import napari

    viewer = napari.Viewer()
    viewer.window.add_plugin_dock_widget("napari-tif2video")
    napari.run()
