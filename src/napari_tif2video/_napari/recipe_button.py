"""The button that takes the form elsewhere: to a command line, to Python, to a settings file."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

from napari.layers import Image
from napari.utils.notifications import show_error, show_info
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QFileDialog, QMenu, QPushButton

from ..errors import Tif2VideoError, describe
from ..settings import DEFAULT_OF_ENDING, VideoSettings
from . import recipes
from .jobs import automatic_name
from .layers import CHANNEL, display_of

if TYPE_CHECKING:
    from .widget import TiffToVideo

_JSON = "JSON (*.json)"
_WITH_SETTINGS = f"Settings and videos (*.json {' '.join(f'*{e}' for e in DEFAULT_OF_ENDING)})"


class RecipeButton(QPushButton):
    """A menu of ways to do again what the form says."""

    def __init__(self, panel: TiffToVideo) -> None:
        super().__init__("Copy or save settings")
        self._panel = panel
        menu = QMenu(self)
        menu.addAction("Copy as command line", self.copy_command_line)
        menu.addAction("Copy as Python", self.copy_python)
        menu.addAction("Save settings…", self.save_settings)
        menu.addAction("Load settings…", self.load_settings)
        self.setMenu(menu)

    def copy_command_line(self) -> None:
        _try(self._copy_command_line)

    def _copy_command_line(self) -> None:
        panel, run = self._panel, self._panel.run_options.chosen
        settings, layer, folder = panel.settings, panel.layer, panel.destination.folder
        if panel.is_folder_mode:
            text = recipes.as_command_line(panel.folders.paths, settings, folder, None, run)
        elif layer is None or layer.source.path is None or panel.layers.is_merged:
            show_info("This was not read from disk as it is shown; use Copy as Python instead.")
            return
        else:
            shown = panel.source.time_axis.as_settings(layer, settings)
            if shown is None:
                show_info("A command line cannot say which part of the file the sliders show.")
                return
            settings, display = _of_channel(layer, shown), display_of(layer)
            if recipes.loses_colours(settings, display):
                show_info("Colormap and opacity of the layer are not in the command line.")
            paths = [layer.source.path]
            text = recipes.as_command_line(paths, settings, folder, display, run)
        _to_clipboard(text)

    def copy_python(self) -> None:
        _try(self._copy_python)

    def _copy_python(self) -> None:
        panel, run = self._panel, self._panel.run_options.chosen
        settings, folder = panel.settings, panel.destination.folder
        if panel.is_folder_mode:
            text = recipes.as_python(panel.folders.paths, settings, folder, run)
        elif panel.layer is None or panel.plan is None:
            return
        else:
            name = panel.destination.file_name or automatic_name(panel.plan, folder)
            output = None if folder is None else folder / name
            source = f"viewer.layers[{panel.layer.name!r}]"
            source = "viewer" if panel.layers.is_merged else source
            shown = panel.source.time_axis.as_settings(panel.layer, settings)
            if panel.layers.is_merged:
                shown = settings if settings.z is None else None
            if shown is None:
                show_info("Python code cannot say which part of the layer the sliders show.")
                return
            text = recipes.as_python(source, shown, output, run)
        _to_clipboard(text)

    def save_settings(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Save settings", "", _JSON)
        if name:
            _try(lambda: self._panel.settings.save(name))

    def load_settings(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Load settings", "", _WITH_SETTINGS)
        if name:
            _try(lambda: setattr(self._panel, "settings", VideoSettings.load(name)))


def _of_channel(layer: Image, settings: VideoSettings) -> VideoSettings:
    """The settings, with the channel of its file that the layer shows."""
    number = layer.metadata.get(CHANNEL)
    return settings if number is None else dataclasses.replace(settings, channel=number)


def _try(action: Callable[[], None]) -> None:
    try:
        action()
    except Tif2VideoError as exc:
        show_error(describe(exc))


def _to_clipboard(text: str) -> None:
    clipboard = QGuiApplication.clipboard()
    if clipboard is not None:
        clipboard.setText(text)
