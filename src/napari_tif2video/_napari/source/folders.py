"""The list of folders and files that are converted. All of it is Qt."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QMessageBox,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ...data import folders_with_frames, is_tiff_name

_LIST_HEIGHT_PX = 110
WAITING, UNREADABLE = "waiting", "unreadable"


class FolderList(QWidget):
    """Folders and stack files to convert one after the other, each with its state.

    Signals
    -------
    changed()
        Sources were added or removed.
    selected()
        Another row was selected.
    """

    changed = Signal()
    selected = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels(["Source", "Video", "State"])
        self.tree.setRootIsDecorated(False)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.tree.setAccessibleName("Folders and files")
        self.tree.setFixedHeight(_LIST_HEIGHT_PX)
        header = self.tree.header()
        assert header is not None
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.itemSelectionChanged.connect(self.selected)
        self.setAcceptDrops(True)
        layout, buttons = QVBoxLayout(self), QHBoxLayout()
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.tree)
        layout.addLayout(buttons)
        for text, action, tooltip in (
            ("Add folder…", self.ask, "A folder of TIFF files, or one whose subfolders hold them"),
            ("Add files…", self.ask_files, "Multi-page TIFF files"),
            ("Remove", self.remove_selected, "Remove the selected rows; no file is touched"),
            ("Clear", self.clear, "Remove all rows"),
        ):
            button = QPushButton(text, toolTip=tooltip)
            button.clicked.connect(action)
            buttons.addWidget(button)

    @property
    def paths(self) -> list[str]:
        return [self._item(i).data(0, Qt.ItemDataRole.UserRole) for i in range(self.count)]

    @property
    def selected_path(self) -> str:
        """What the selected row, or else the first one, names; empty without rows."""
        items = self.tree.selectedItems() or [self._item(0)][: self.count]
        return str(items[0].data(0, Qt.ItemDataRole.UserRole)) if items else ""

    @property
    def count(self) -> int:
        return int(self.tree.topLevelItemCount())

    def add(self, paths: Iterable[str | os.PathLike[str]]) -> None:
        """Add folders and TIFF files; of a folder without TIFFs of its own, offer those below."""
        found: list[Path] = []
        for path in map(Path, paths):
            if not path.is_dir():
                found += [path] if is_tiff_name(path.name) else []
                continue
            below = folders_with_frames(path)
            if below == [path] or not below:
                found.append(path)
            elif path in below or self._wants_all(path, len(below)):
                found += [path] if path in below else below
        known = set(self.paths)
        new = [os.path.abspath(p) for p in found]
        for one in dict.fromkeys(new):
            if one not in known:
                item = QTreeWidgetItem([os.path.basename(one), "", WAITING])
                item.setData(0, Qt.ItemDataRole.UserRole, one)
                item.setToolTip(0, one)
                self.tree.addTopLevelItem(item)
        if self.count and not self.tree.selectedItems():
            self.tree.setCurrentItem(self._item(0))
        self.changed.emit()

    def set_row(self, index: int, video: str | None = None, state: str = "", why: str = "") -> None:
        """Show the name of the video, the state, and the reason of a failure as a tooltip."""
        item = self._item(index)
        if video is not None:
            item.setText(1, video)
            item.setToolTip(1, video)
        if state:
            item.setText(2, state)
            item.setToolTip(2, why)

    def mark_problem(self, index: int, problem: str) -> None:
        """Show that a source cannot be opened, or no longer so; what a run said of it stays."""
        before = self._item(index).text(2)
        if problem and before == WAITING:
            self.set_row(index, None, UNREADABLE, problem)
        elif not problem and before == UNREADABLE:
            self.set_row(index, None, WAITING)

    def remove_selected(self) -> None:
        for item in self.tree.selectedItems():
            self.tree.takeTopLevelItem(self.tree.indexOfTopLevelItem(item))
        self.changed.emit()

    def clear(self) -> None:
        self.tree.clear()
        self.changed.emit()

    def ask(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder of TIFF files")
        if folder:
            self.add([folder])

    def ask_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "TIFF stacks", "", "TIFF (*.tif *.tiff)")
        if names:
            self.add(names)

    def dragEnterEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        event.acceptProposedAction()
        self.add(url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile())

    def _wants_all(self, folder: Path, number: int) -> bool:
        answer = QMessageBox.question(
            self, "TIFF to video", f"{folder.name} holds no TIFF files. Add its {number} folders?"
        )
        return bool(answer == QMessageBox.StandardButton.Yes)

    def _item(self, index: int) -> Any:
        return self.tree.topLevelItem(index)
