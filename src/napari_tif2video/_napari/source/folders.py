"""The list of folders and files that are converted. All of it is Qt."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QMessageBox,
    QPushButton,
    QSizePolicy,
    QStyle,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ...data import folders_with_frames, is_tiff_name
from ..words import in_short

_LIST_HEIGHT_PX = 88
_ROLE = Qt.ItemDataRole.UserRole
WAITING, UNREADABLE = "waiting", "unreadable"
# How states look besides their words.
_MARKS = {
    "done": QStyle.StandardPixmap.SP_DialogApplyButton,
    "failed": QStyle.StandardPixmap.SP_MessageBoxCritical,
    UNREADABLE: QStyle.StandardPixmap.SP_MessageBoxWarning,
}
_AT_REST = (WAITING, "skipped", "cancelled", *_MARKS)


class FolderList(QWidget):
    """Folders and stack files to convert one after the other, each with its state.

    Signals
    -------
    changed()
        Sources were added or removed.
    selected()
        Another row was selected.
    activated(path)
        The last video of a row is to be played.
    """

    changed = Signal()
    selected = Signal()
    activated = Signal(str)

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
        self.tree.itemDoubleClicked.connect(self._on_double_click)
        self.setAcceptDrops(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
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
        return [self._item(i).data(0, _ROLE) for i in range(self.count)]

    @property
    def selected_path(self) -> str:
        """What the selected row, or else the first one, names; empty without rows."""
        items = self.tree.selectedItems() or [self._item(0)][: self.count]
        return str(items[0].data(0, _ROLE)) if items else ""

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
            if path in below or not below:
                found.append(path)
            elif self._wants_all(path, len(below)):
                found += below
        known = set(self.paths)
        new = [os.path.abspath(p) for p in found]
        for one in dict.fromkeys(new):
            if one not in known:
                item = QTreeWidgetItem([os.path.basename(one), "", WAITING])
                item.setData(0, _ROLE, one)
                item.setToolTip(0, one)
                self.tree.addTopLevelItem(item)
        if self.count and not self.tree.selectedItems():
            self.tree.setCurrentItem(self._item(0))
        self.changed.emit()

    def set_row(
        self, index: int, state: str, why: str = "", videos: Sequence[Path] | None = None
    ) -> None:
        """Show a state, with the reason of a failure below it, and the names of the videos."""
        item = self._item(index)
        if videos is not None:
            names = ", ".join(video.name for video in videos)
            item.setText(1, names)
            item.setToolTip(1, names)
            item.setData(1, _ROLE, [str(video) for video in videos])
        is_bad = state in ("failed", UNREADABLE)
        item.setText(2, state)
        item.setToolTip(2, why)
        mark = _MARKS.get(state)
        item.setIcon(2, QIcon() if mark is None else self.style().standardIcon(mark))
        font = item.font(2)
        font.setBold(is_bad or state not in _AT_REST)
        item.setFont(2, font)
        item.takeChildren()
        if is_bad and why:
            reason = QTreeWidgetItem([in_short(why)])
            reason.setToolTip(0, why)
            reason.setFlags(Qt.ItemFlag.ItemIsEnabled)
            item.addChild(reason)
            reason.setFirstColumnSpanned(True)
            item.setExpanded(True)

    def mark_problem(self, index: int, problem: str) -> None:
        """Show that a source cannot be opened, or no longer so; what a run said of it stays."""
        before = self._item(index).text(2)
        if problem and before == WAITING:
            self.set_row(index, UNREADABLE, problem)
        elif not problem and before == UNREADABLE:
            self.set_row(index, WAITING)

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

    def _on_double_click(self, item: Any) -> None:
        made = [video for video in item.data(1, _ROLE) or () if os.path.exists(video)]
        if item.text(2) in ("done", "skipped") and made:
            self.activated.emit(made[-1])

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
