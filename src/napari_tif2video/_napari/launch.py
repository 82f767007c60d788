"""Napari with the dock widget, for `tif2video` without sources."""

from __future__ import annotations

import napari


def open_window() -> None:
    """Open napari with the dock widget, and return when its window is closed."""
    viewer = napari.Viewer()
    viewer.window.add_plugin_dock_widget("napari-tif2video")
    napari.run()
