"""Where the videos go: beside the data or into a folder, and under which name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from magicgui.widgets import ComboBox
from qtpy.QtCore import QSettings, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from ...encode import sidecar_of
from ..panel import button, let_shrink, row, stack_up

IF_EXISTS = {"ask": "Ask", "replace": "Replace", "keep": "Keep both", "skip": "Skip"}


class RunOptions(QWidget):
    """Whether finished videos are verified, and whether their recipes are files, too.

    `existing` is what to do with videos that exist.
    """

    def __init__(self) -> None:
        super().__init__()
        self.existing = ComboBox(
            choices=[(words, name) for name, words in IF_EXISTS.items()],
            tooltip="What to do when the video exists",
        )
        self.verify = QCheckBox("Verify")
        self.verify.setToolTip(
            "Decode each finished video and compare it with the frames before it gets its name"
        )
        self.sidecar = QCheckBox("Recipe file")
        self.sidecar.setToolTip("The recipe of each video as a file beside it, too: NAME.json")
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        self._checks = {"verify": self.verify, "sidecar": self.sidecar}
        for name, check in self._checks.items():
            check.setChecked(str(stored().value(name, "")) == "true")
            line.addWidget(check)
        line.addStretch()

    @property
    def chosen(self) -> tuple[str, ...]:
        """Those that are on, as `convert` calls them."""
        return tuple(name for name, check in self._checks.items() if check.isChecked())

    def remember(self) -> None:
        """Keep them for the next start."""
        for name, check in self._checks.items():
            stored().setValue(name, "true" if check.isChecked() else "false")


BESIDE = "Beside the data"
_ENDING = ".mp4"
Answer = Literal["replace", "keep", "skip", "cancel"]


def stored() -> QSettings:
    """What is remembered from one start to the next."""
    name = "napari-tif2video"
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, name, name)


class DestinationRow(QWidget):
    """ "Save in" and "Name". The name is automatic until the user writes another one."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._automatic = ""
        self.where = QComboBox()
        self.where.addItem(BESIDE)
        let_shrink(self.where)
        remembered = str(stored().value("folder", "") or "")
        if remembered:
            self._offer(remembered)
        self.browse = button("…", self.ask, "Choose a folder for the videos")
        self.browse.setFixedWidth(30)
        self.name = QLineEdit()
        self.name.setToolTip("Empty it to get the automatic name back")
        self.suffix = QLabel(_ENDING)
        self._name_row = row("Name", self.name, self.suffix, stretch=1)
        where = row("Save in", self.where, self.browse, stretch=1)
        stack_up(QVBoxLayout(self), (where, self._name_row))
        self.where.currentIndexChanged.connect(self.changed)
        self.name.editingFinished.connect(self._on_name)

    @property
    def folder(self) -> Path | None:
        """The chosen folder; None for beside the data."""
        text = self.where.currentData()
        return Path(text) if text else None

    @folder.setter
    def folder(self, folder: str | os.PathLike[str] | None) -> None:
        if folder is None:
            self.where.setCurrentIndex(0)
        else:
            self._offer(os.fspath(folder))

    @property
    def file_name(self) -> str | None:
        """The name that the user wrote; None for the automatic one."""
        text = self.name.text().strip()
        if not text or text == self._automatic:
            return None
        ending = self.suffix.text()
        return text.removesuffix(ending) + ending

    def show_automatic(self, name: str) -> None:
        """Show this automatic name unless the user wrote one, and its ending in any case."""
        own = self.file_name
        self._automatic, ending = os.path.splitext(name)
        self.suffix.setText(ending)
        if own is None:
            self.name.setText(self._automatic)
            self.name.setCursorPosition(0)

    def show_many(self, are_many: bool) -> None:
        """Without a name where there are several videos."""
        self._name_row.setVisible(not are_many)

    def ask(self) -> bool:
        """Let the user choose a folder; False if the dialog was left without one."""
        folder = QFileDialog.getExistingDirectory(self, "Save videos in", str(self.folder or ""))
        if not folder:
            return False
        self._offer(folder)
        stored().setValue("folder", folder)
        return True

    def _offer(self, folder: str) -> None:
        index = self.where.findData(folder)
        if index < 0:
            self.where.addItem(os.path.basename(folder) or folder, folder)
            index = self.where.count() - 1
            self.where.setItemData(index, folder, 3)  # the tooltip
        self.where.setCurrentIndex(index)

    def _on_name(self) -> None:
        if not self.name.text().strip():
            self.name.setText(self._automatic)
        self.changed.emit()


def ask_about_existing(parent: QWidget, paths: list[Path]) -> Answer:
    """Replace, keep both, or cancel: once for all videos of a run."""
    box = QMessageBox(parent)
    box.setWindowTitle("TIFF to video")
    first = paths[0].name
    others = f" and {len(paths) - 1} others exist" if len(paths) > 1 else " exists"
    box.setText(f"{first}{others} already.")
    replace = box.addButton("Replace", QMessageBox.ButtonRole.DestructiveRole)
    keep = box.addButton("Keep both", QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(keep)
    box.exec()
    clicked = box.clickedButton()
    return "replace" if clicked is replace else "keep" if clicked is keep else "cancel"


def free_name(path: Path, *, with_sidecar: bool = False) -> Path:
    """The path with the first number that makes it new: ``movie (2).mp4``.

    Parameters
    ----------
    with_sidecar : bool
        Whether the name of its sidecar has to be free, too.
    """
    number = 2
    while True:
        candidate = path.with_name(f"{path.stem} ({number}){path.suffix}")
        if not (candidate.exists() or (with_sidecar and sidecar_of(candidate).exists())):
            return candidate
        number += 1
