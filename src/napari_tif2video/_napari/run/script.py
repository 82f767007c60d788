"""The form as a command line, as Python and as a settings file, and the button that copies them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from magicgui.widgets import PushButton
from napari.layers import Image
from napari.utils.notifications import show_info
from qtpy.QtWidgets import QFileDialog

from ...colours import Display
from ...errors import SettingsError
from ...paths import command_line
from ...planning import Plan
from ...settings import CONTAINERS, SETTINGS, VideoSettings, option_of, pairs_of
from ..desktop import to_clipboard
from ..form import SettingsForm
from ..layers import CHANNEL, display_of
from ..panel import add_menu
from ..source import SourcePanel
from ..words import telling
from .destination import Destination
from .jobs import automatic_name


def as_command_line(
    sources: Sequence[str],
    settings: VideoSettings,
    folder: Path | None,
    display: Display | None,
    run: Collection[str] = (),
) -> str:
    """The call of ``tif2video`` that makes the same video.

    Parameters
    ----------
    folder : Path, optional
        For all videos; by default they go beside the data.
    display : Display, optional
        How the layer is shown, for settings with contrast "displayed".
    run : collection of str
        What else is switched on: "verify", "sidecar".

    Raises
    ------
    SettingsError
        There are limits for each channel, for which there is no option.
    """
    if settings.limits is not None and len(pairs_of(settings.limits)) > 1:
        raise SettingsError(
            "limits: a command line has one pair for all channels; save the settings and name "
            "their file in it, or copy as Python"
        )
    if settings.contrast == "displayed":
        limits = None if display is None else display.limits
        gamma = settings.gamma
        if gamma is None and display is not None and display.gamma != 1:
            gamma = display.gamma
        settings = dataclasses.replace(settings, contrast=None, limits=limits, gamma=gamma)
    words = ["tif2video", *sources]
    for name, value in settings.changed().items():
        option = option_of(name)
        if value is True:
            words.append(option)
        elif SETTINGS[name].is_list:
            words += [word for part in value for word in (option, part)]
        elif isinstance(value, list):
            words += [option, *(f"{part:.12g}" for part in value)]
        elif name == "frames" or str(value).startswith("-"):
            words.append(f"{option}={value}")  # "-10:" would look like an option
        else:
            words += [option, str(value)]
    words += map(option_of, run)
    if folder is not None:
        words += ["--output-dir", str(folder)]
    return command_line(words)


def as_python(
    source: str | Sequence[str],
    settings: VideoSettings,
    output: Path | None,
    run: Collection[str] = (),
) -> str:
    """The Python lines that make the same video, for napari's console.

    Parameters
    ----------
    source : str or sequence of str
        What is converted, as Python: ``viewer.layers['s']``; or the paths of sources on disk.
    """
    options = settings.changed()
    if isinstance(source, str):
        arguments = [source] if output is None else [source, repr(str(output))]
        function = "convert"
    else:
        arguments, function = [repr(list(source))], "convert_batch"
        if output is not None:
            arguments.append(f"output_dir={str(output)!r}")
    arguments += [f"{name}={value!r}" for name, value in options.items()]
    arguments += [f"{name}=True" for name in run]
    return f"import napari_tif2video as t2v\nt2v.{function}({', '.join(arguments)})"


def loses_colours(settings: VideoSettings, display: Display) -> bool:
    """Whether the command line cannot say how the layer is shown: its colormap or opacity."""
    plain = dataclasses.replace(display, limits=None, gamma=1.0, blending="translucent")
    if settings.colormap is not None:
        plain = dataclasses.replace(plain, colours=None)
    return settings.contrast == "displayed" and plain != Display()


_JSON = "JSON (*.json)"
_WITH_SETTINGS = f"Settings and videos (*.json {' '.join(f'*{e}' for e in CONTAINERS)})"


class RecipeButton(PushButton):
    """A menu of ways to do again what the form says."""

    def __init__(
        self,
        form: SettingsForm,
        source: SourcePanel,
        destination: Destination,
        plan: Callable[[], Plan | None],
    ) -> None:
        super().__init__(text="Copy or save settings", gui_only=True)
        self._form, self._source, self._plan = form, source, plan
        self._destination = destination
        menu = add_menu(self)
        menu.addAction("Copy as command line", self.copy_command_line)
        menu.addAction("Copy as Python", self.copy_python)
        menu.addAction("Save settings…", self.save_settings)
        menu.addAction("Load settings…", self.load_settings)

    @telling()
    def copy_command_line(self) -> None:
        source, run = self._source, self._destination.chosen
        settings, layer, folder = self._form.settings, source.image, self._destination.folder
        if source.is_folder_mode:
            text = as_command_line(source.folders.paths, settings, folder, None, run)
        elif layer is None or layer.source.path is None or source.layers.is_merged:
            show_info("This was not read from disk as it is shown; use Copy as Python instead.")
            return
        else:
            shown = source.time_axis.as_settings(layer, settings)
            if shown is None:
                show_info("A command line cannot say which part of the file the sliders show.")
                return
            settings, display = _of_channel(layer, shown), display_of(layer)
            if loses_colours(settings, display):
                show_info("Colormap and opacity of the layer are not in the command line.")
            text = as_command_line([layer.source.path], settings, folder, display, run)
        to_clipboard(text)

    @telling()
    def copy_python(self) -> None:
        source, run, plan = self._source, self._destination.chosen, self._plan()
        settings, layer, folder = self._form.settings, source.image, self._destination.folder
        if source.is_folder_mode:
            text = as_python(source.folders.paths, settings, folder, run)
        elif layer is None or plan is None:
            return
        else:
            name = self._destination.file_name or automatic_name(plan, folder)
            output = None if folder is None else folder / name
            if source.layers.is_merged:
                what, shown = "viewer", settings if settings.z is None else None
            else:
                what = f"viewer.layers[{layer.name!r}]"
                shown = source.time_axis.as_settings(layer, settings)
            if shown is None:
                show_info("Python code cannot say which part of the layer the sliders show.")
                return
            text = as_python(what, shown, output, run)
        to_clipboard(text)

    @telling()
    def save_settings(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self.native, "Save settings", "", _JSON)
        if name:
            self._form.settings.save(name)

    @telling()
    def load_settings(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self.native, "Load settings", "", _WITH_SETTINGS)
        if name:
            self._form.settings = VideoSettings.load(name)


def _of_channel(layer: Image, settings: VideoSettings) -> VideoSettings:
    """The settings, with the channel of its file that the layer shows."""
    number = layer.metadata.get(CHANNEL)
    return settings if number is None else dataclasses.replace(settings, channel=number)
