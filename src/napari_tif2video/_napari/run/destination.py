"""Where the videos go: beside the data or into a folder, and under which name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from magicgui.widgets import CheckBox, ComboBox, Container, Label, LineEdit, PushButton
from psygnal import Signal
from qtpy.QtWidgets import QFileDialog, QMessageBox, QWidget

from ...encode import sidecar_of
from ...settings import VideoSettings
from ...units import counted
from ..desktop import stored
from ..form import Choice
from ..panel import line, tidy, title

Answer = Literal["replace", "keep", "skip", "cancel"]

_IF_EXISTS = {"ask": "Ask", "replace": "Replace", "keep": "Keep both", "skip": "Skip"}
_ENDING = ".mp4"


class Destination(Container):
    """Where the videos go and under which names, and what is done with them.

    The name is automatic until the user writes another one. `file_rows`, for another place, say
    what happens when videos exist, and what is done with finished ones.
    """

    edited = Signal()

    def __init__(self) -> None:
        self.where = Choice(
            [("Beside the data", None)], lambda folder: os.path.basename(folder) or folder
        )
        self.browse = PushButton(text="…", tooltip="Choose a folder for the videos")
        self.browse.native.setAccessibleName("Choose: Save in")
        self.browse.max_width = 30
        self.name_edit = LineEdit(tooltip="Empty it to get the automatic name back")
        self.suffix = Label(value=_ENDING)
        self._automatic = ""
        self._name_row = line(title("Save as"), self.name_edit, self.suffix, stretch=1)
        super().__init__(labels=False, gui_only=True)
        tidy(self, (line(title("Save in"), self.where, self.browse, stretch=1), self._name_row))
        self.existing = ComboBox(
            choices=[(words, name) for name, words in _IF_EXISTS.items()],
            tooltip="What to do when the video exists",
        )
        self.verify = CheckBox(
            text="Verify",
            tooltip="Decode each finished video and compare it with the frames before it gets its "
            "name",
        )
        self.sidecar = CheckBox(
            text="Recipe file",
            tooltip="The recipe of each video as a file beside it, too: NAME.json",
        )
        self._checks = {"verify": self.verify, "sidecar": self.sidecar}
        for name, check in self._checks.items():
            check.value = str(stored().value(name, "")) == "true"
        self.file_rows = (
            line(title("If it exists"), self.existing, stretch=1),
            line(title("When done"), self.verify, self.sidecar),
        )
        self.folder = str(stored().value("folder", "")) or None
        self.where.changed.connect(lambda: self.edited.emit())
        self.browse.changed.connect(self.ask)
        self.name_edit.native.editingFinished.connect(self._on_name)

    @property
    def chosen(self) -> tuple[str, ...]:
        """What is done with finished videos, as `convert` calls it."""
        return tuple(name for name, check in self._checks.items() if check.value)

    @property
    def folder(self) -> Path | None:
        """The chosen folder; None for beside the data."""
        folder = self.where.value
        return Path(folder) if folder else None

    @folder.setter
    def folder(self, folder: str | os.PathLike[str] | None) -> None:
        self.where.value = None if folder is None else os.fspath(folder)
        self.where.tooltip = str(folder or "")

    @property
    def file_name(self) -> str | None:
        """The name that the user wrote; None for the automatic one."""
        text, ending = self.name_edit.value.strip(), self.suffix.value
        if not text or text == self._automatic:
            return None
        return text.removesuffix(ending) + ending

    def show_automatic(self, name: str) -> None:
        """Show this automatic name unless the user wrote one, and its ending in any case."""
        own = self.file_name
        self._automatic, self.suffix.value = os.path.splitext(name)
        if own is None:
            self.name_edit.value = self._automatic
            self.name_edit.native.setCursorPosition(0)

    def show_many(self, are_many: bool) -> None:
        """Without a name where there are several videos."""
        self._name_row.visible = not are_many

    def ask(self) -> bool:
        """Let the user choose a folder; False if the dialog was left without one."""
        folder = QFileDialog.getExistingDirectory(
            self.native, "Save videos in", str(self.folder or "")
        )
        if folder:
            self.folder = folder
            stored().setValue("folder", folder)
        return bool(folder)

    def kept(self, settings: VideoSettings) -> dict[str, str]:
        """What is to be remembered: the settings, and what is done with finished videos."""
        checks = {n: "true" if check.value else "false" for n, check in self._checks.items()}
        return {"settings": settings.to_json(), **checks}

    def _on_name(self) -> None:
        if not self.name_edit.value.strip():
            self.name_edit.value = self._automatic
        self.edited.emit()


def ask_about_existing(parent: QWidget, paths: list[Path]) -> Answer:
    """Replace, keep both, or cancel: once for all videos of a run."""
    box = QMessageBox(parent)
    box.setWindowTitle("TIFF to video")
    first = paths[0].name
    alone = " exists" if paths[0].exists() else " is being made"
    others = f" and {counted(len(paths) - 1, 'other')} exist" if len(paths) > 1 else alone
    box.setText(f"{first}{others} already.")
    replace = box.addButton("Replace", QMessageBox.ButtonRole.DestructiveRole)
    keep = box.addButton("Keep both", QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(keep)
    box.exec()
    clicked = box.clickedButton()
    return "replace" if clicked is replace else "keep" if clicked is keep else "cancel"


def free_name(path: Path, is_taken: Callable[[Path], bool], *, with_sidecar: bool = False) -> Path:
    """The path with the first number that makes it new: ``movie (2).mp4``.

    Parameters
    ----------
    with_sidecar : bool
        Whether the name of its sidecar has to be free, too.
    """
    number = 2
    while True:
        candidate = path.with_name(f"{path.stem} ({number}){path.suffix}")
        if not (is_taken(candidate) or (with_sidecar and is_taken(sidecar_of(candidate)))):
            return candidate
        number += 1
