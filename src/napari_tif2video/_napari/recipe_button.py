"""The button that takes the form elsewhere: to a command line, to Python, to a settings file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from napari.utils.notifications import show_error, show_info
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QFileDialog, QMenu, QPushButton

from ..errors import SettingsError, Tif2VideoError, describe
from ..settings import VideoSettings
from . import recipes
from .jobs import automatic_name
from .layers import display_of

if TYPE_CHECKING:
    from .widget import TiffToVideo

_JSON = "JSON (*.json)"
_WITH_SETTINGS = "Settings and videos (*.json *.mp4)"


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
        panel = self._panel
        settings, layer, folder = panel.settings, panel.layer, panel.destination.folder
        if panel.is_folder_mode:
            text = recipes.as_command_line(panel.folders.paths, settings, folder, None)
        elif layer is None or layer.source.path is None:
            show_info("This layer was not read from disk; use Copy as Python instead.")
            return
        else:
            display = display_of(layer)
            if recipes.loses_colours(settings, display):
                show_info("Colormap, gamma and opacity of the layer are not in the command line.")
            text = recipes.as_command_line([layer.source.path], settings, folder, display)
        _to_clipboard(text)

    def copy_python(self) -> None:
        panel = self._panel
        settings, folder = panel.settings, panel.destination.folder
        if panel.is_folder_mode:
            text = recipes.as_python(panel.folders.paths, settings, folder, is_layer=False)
        elif panel.layer is None or panel.plan is None:
            return
        else:
            name = panel.destination.file_name or automatic_name(panel.plan, folder)
            output = None if folder is None else folder / name
            text = recipes.as_python(panel.layer.name, settings, output, is_layer=True)
        _to_clipboard(text)

    def save_settings(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Save settings", "", _JSON)
        if name:
            _try(lambda: self._panel.settings.save(name))

    def load_settings(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Load settings", "", _WITH_SETTINGS)
        if name:
            _try(lambda: setattr(self._panel, "settings", _loaded(name)))


def _loaded(name: str) -> VideoSettings:
    """Settings from a file or a video, as far as the form can show them."""
    settings = VideoSettings.load(name)
    if settings.limits is not None and isinstance(settings.limits[0], tuple):
        raise SettingsError(
            f"{name}: has limits for each of {len(settings.limits)} channels, and the form has one "
            "pair; convert with --settings on the command line or VideoSettings.load in Python"
        )
    return settings


def _try(action: Callable[[], None]) -> None:
    try:
        action()
    except Tif2VideoError as exc:
        show_error(describe(exc))


def _to_clipboard(text: str) -> None:
    clipboard = QGuiApplication.clipboard()
    if clipboard is not None:
        clipboard.setText(text)
