"""Settings for what videos are often made for, and the user's own, which are settings files."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any

from magicgui.widgets import PushButton
from napari.utils.notifications import show_info
from qtpy.QtWidgets import QInputDialog, QMenu

from ..errors import SettingsError
from ..geometry import WIDTH_RANGE_PX
from ..planning import Plan
from ..settings import SETTINGS, VideoSettings
from .desktop import stored
from .form import OF_DATA, SettingsForm
from .panel import add_menu
from .words import telling

_SCREEN_PX = 1920, 1080
_PRESETS: dict[str, dict[str, Any]] = {
    "Talk (1080p)": {"quality": "high"},
    "Paper supplement": {"width": "full", "quality": "high"},
    "Small for mail (under 10 MB)": {"width": 640, "max_size": "10MB"},
    "Analysis (FFV1, the counts)": {"raw": True},
}
_TALK = next(iter(_PRESETS))
_ALL = "Talk, paper, mail, analysis, your own"
_FORMAT = {name for name, setting in SETTINGS.items() if setting.group == SETTINGS["codec"].group}


class PresetButton(PushButton):
    """A menu of presets; one that is chosen sets the rows.

    Those that come with it are about the format and the width. The user's own are about all but
    the data.
    """

    def __init__(self, form: SettingsForm, plan: Callable[[], Plan | None]) -> None:
        super().__init__(text=_ALL, tooltip="Preset", gui_only=True)
        self._form, self._plan = form, plan
        self._set: dict[str, Any] = {}
        form.changed.connect(self._compare)
        self._menu = add_menu(self, self._fill)
        self._remove = QMenu("Remove", self._menu)  # PySide6 would delete one that is made later

    @property
    def folder(self) -> Path:
        """Where the user's own presets are, as ``NAME.json``."""
        return Path(stored().fileName()).parent / "presets"

    def save(self, name: str) -> Path:
        """Keep the settings as one of the user's own presets."""
        stem = re.sub(r"[^\w .()+-]", "_", name).strip(" .")
        if not stem:
            raise SettingsError("a preset needs a name")
        path = self.folder / f"{stem}.json"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise SettingsError(f"{self.folder}: cannot be made ({exc.strerror or exc})") from exc
        self._form.settings.save(path)
        return path

    def follow(self) -> None:
        """A talk fills the screen with another crop box, too."""
        is_planned = self._plan() is not None
        if self.text == _TALK and is_planned and self._form["width"].value != self._screen_width():
            self._choose(_TALK)

    def _fill(self) -> None:
        menu = self._menu
        menu.clear()
        for name in _PRESETS:
            menu.addAction(name, partial(self._choose, name))
        menu.addSeparator()
        own = sorted(self.folder.glob("*.json"))
        for path in own:
            menu.addAction(path.stem, partial(self._load, path))
        menu.addSeparator()
        menu.addAction("Save as preset…", self._ask)
        menu.addMenu(self._remove)
        self._remove.clear()
        self._remove.setEnabled(bool(own))
        for path in own:
            self._remove.addAction(path.stem, partial(path.unlink, missing_ok=True))

    @telling()
    def _choose(self, name: str) -> None:
        options = dict(_PRESETS[name])
        if name == _TALK:
            options["width"] = self._screen_width()
        self._take(name, VideoSettings(**options), _FORMAT | options.keys())

    def _take(self, name: str, settings: VideoSettings, names: Collection[str]) -> None:
        self._form.take(settings, names)
        self._set = {each: self._form[each].value for each in names}
        self.text = name

    def _compare(self) -> None:
        """The name of a preset is shown as long as the rows are as it has set them."""
        if any(self._form[name].value != value for name, value in self._set.items()):
            self._set, self.text = {}, _ALL

    def _screen_width(self) -> int:
        """The width at which the frame fills a screen in one direction."""
        plan, (width, height) = self._plan(), _SCREEN_PX
        if plan is not None:
            rows, columns = plan.picture.box.shape
            width = min(width, height * columns // rows // 2 * 2)
        return max(width, WIDTH_RANGE_PX[0])

    @telling()
    def _load(self, path: Path) -> None:
        self._take(path.stem, VideoSettings.load(path), SETTINGS.keys() - OF_DATA)

    @telling()
    def _ask(self) -> None:
        name, is_ok = QInputDialog.getText(self.native, "Save as preset", "Name")
        if is_ok:
            show_info(f"Saved the preset {self.save(name).stem}")
