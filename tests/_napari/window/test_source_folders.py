"""The list of folders and files by itself, to exact values."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest.importorskip("napari")

from helpers.window import click
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHeaderView,
    QMessageBox,
    QPushButton,
    QSizePolicy,
    QStyle,
)


@pytest.fixture
def told(folders):
    """How often the list has told that it changed."""
    calls = []
    folders.changed.connect(lambda: calls.append(folders.paths))
    return calls


@pytest.fixture
def answer(monkeypatch):
    """Answer what is asked; what was asked."""
    asked = []

    def set_answer(button):
        def question(parent, title, text):
            asked.append((title, text))
            return button

        monkeypatch.setattr(QMessageBox, "question", question)
        return asked

    return set_answer


def touch(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def rows(folders):
    tree = folders.tree
    items = [tree.topLevelItem(number) for number in range(tree.topLevelItemCount())]
    return [[item.text(column) for column in range(3)] for item in items]


def selected(folders):
    return [item.text(0) for item in folders.tree.selectedItems()]


def image_of(icon):
    return icon.pixmap(16, 16).toImage()


def test_an_empty_list(folders):
    assert (folders.count, folders.paths, folders.selected_path) == (0, [], "")
    header = folders.tree.headerItem()
    assert [header.text(column) for column in range(3)] == ["Source", "Video", "State"]
    assert folders.tree.columnCount() == 3
    assert not folders.tree.rootIsDecorated()
    kind = QAbstractItemView.SelectionMode.ExtendedSelection
    assert folders.tree.selectionMode() == kind
    assert folders.tree.accessibleName() == "Folders and files"
    assert folders.tree.minimumHeight() == folders.tree.maximumHeight() < 120
    modes = [folders.tree.header().sectionResizeMode(column) for column in range(3)]
    mode = QHeaderView.ResizeMode
    assert modes == [mode.Stretch, mode.Interactive, mode.ResizeToContents]
    assert not folders.tree.header().stretchLastSection()
    policy = folders.sizePolicy()
    assert policy.verticalPolicy() == QSizePolicy.Policy.Fixed
    assert policy.horizontalPolicy() == QSizePolicy.Policy.Preferred
    assert folders.acceptDrops()
    assert folders.layout().indexOf(folders.tree) == 0
    margins = folders.layout().contentsMargins()
    sides = margins.left(), margins.top(), margins.right(), margins.bottom()
    assert sides == (0, 0, 0, 0)
    assert [(b.text(), b.toolTip()) for b in folders.findChildren(QPushButton)] == [
        ("Add folder…", "A folder of TIFF files, or one whose subfolders hold them"),
        ("Add files…", "Multi-page TIFF files"),
        ("Remove", "Remove the selected rows; no file is touched"),
        ("Clear", "Remove all rows"),
    ]


def test_folders_and_files_become_rows_once(folders, told, answer, tmp_path, monkeypatch):
    asked = answer(QMessageBox.StandardButton.Yes)
    touch(tmp_path / "b" / "t1.tif", tmp_path / "a" / "t1.TIFF", tmp_path / "s.tif")
    touch(tmp_path / "notes.txt", tmp_path / "movie.mp4")
    (tmp_path / "none").mkdir()
    monkeypatch.chdir(tmp_path)
    names = ["b", "notes.txt", "s.tif", "b", "none", "movie.mp4", "missing.tif", "missing"]
    folders.add(names)
    want = [str(tmp_path / name) for name in ("b", "s.tif", "none", "missing.tif")]
    assert folders.paths == want
    assert told == [want]
    assert rows(folders) == [[Path(path).name, "", "waiting"] for path in want]
    items = [folders.tree.topLevelItem(number) for number in range(4)]
    assert [item.toolTip(0) for item in items] == want
    assert [item.childCount() for item in items] == [0, 0, 0, 0]
    # The first one is selected, until the user selects another one.
    assert (folders.selected_path, selected(folders)) == (want[0], ["b"])
    folders.tree.setCurrentItem(items[2])
    folders.add([tmp_path / "a", Path("s.tif"), tmp_path / "b" / ".." / "none"])
    assert folders.paths == [*want, str(tmp_path / "a")]
    assert (folders.selected_path, selected(folders)) == (want[2], ["none"])
    folders.tree.clearSelection()
    assert folders.selected_path == want[0]
    folders.add([])
    assert selected(folders) == ["b"]
    assert len(told) == 3
    assert asked == []


def test_of_a_folder_without_images_those_below_are_offered(folders, answer, told, tmp_path):
    asked = answer(QMessageBox.StandardButton.No)
    touch(*(tmp_path / "day" / f"pos{n}" / "t0.tif" for n in (10, 2, 1)))
    touch(tmp_path / "day" / "pos2" / "deep" / "t0.tif", tmp_path / "day" / "notes.txt")
    folders.add([tmp_path / "day"])
    assert folders.paths == []
    assert asked == [("TIFF to video", "day holds no TIFF files. Add its 4 folders?")]
    asked = answer(QMessageBox.StandardButton.Yes)
    folders.add([tmp_path / "day"])
    day = tmp_path / "day"
    below = [day / "pos1", day / "pos2", day / "pos2" / "deep", day / "pos10"]
    assert folders.paths == [str(one) for one in below]
    assert len(asked) == 2
    # A folder of images is meant itself, whatever is below it.
    folders.clear()
    folders.add([day / "pos2"])
    assert folders.paths == [str(day / "pos2")]
    assert len(asked) == 2
    assert len(told) == 4


def test_rows_are_removed(folders, told, tmp_path):
    touch(*(tmp_path / f"{n}.tif" for n in range(4)))
    folders.add(tmp_path / f"{n}.tif" for n in range(4))
    for number in (0, 2):
        folders.tree.topLevelItem(number).setSelected(True)
    folders.remove_selected()
    assert folders.paths == [str(tmp_path / f"{n}.tif") for n in (1, 3)] == told[-1]
    assert len(told) == 2
    assert (tmp_path / "0.tif").exists()
    buttons = {button.text(): button for button in folders.findChildren(QPushButton)}
    folders.tree.clearSelection()
    folders.tree.topLevelItem(1).setSelected(True)
    click(buttons["Remove"])
    assert folders.paths == [str(tmp_path / "1.tif")]
    folders.add([tmp_path / "2.tif"])
    click(buttons["Clear"])
    assert (folders.paths, folders.selected_path, len(told)) == ([], "", 5)


def test_folders_and_files_are_asked_for(folders, told, tmp_path, monkeypatch):
    touch(tmp_path / "a" / "t.tif", tmp_path / "1.tif", tmp_path / "2.tif")
    buttons = {button.text(): button for button in folders.findChildren(QPushButton)}
    chosen = {"folder": "", "files": ([], "")}
    asked = []
    for name, kind in (("getExistingDirectory", "folder"), ("getOpenFileNames", "files")):
        monkeypatch.setattr(
            QFileDialog, name, lambda *args, kind=kind: asked.append(args[1:]) or chosen[kind]
        )
    click(buttons["Add folder…"])
    click(buttons["Add files…"])
    assert (folders.paths, told) == ([], [])
    assert asked == [
        ("Folder of TIFF files",),
        ("TIFF stacks", "", "TIFF (*.tif *.tiff)"),
    ]
    chosen["folder"] = str(tmp_path / "a")
    click(buttons["Add folder…"])
    assert folders.paths == [str(tmp_path / "a")]
    names = [str(tmp_path / "2.tif"), str(tmp_path / "1.tif")]
    chosen["files"] = names, "TIFF (*.tif *.tiff)"
    click(buttons["Add files…"])
    assert folders.paths == [str(tmp_path / "a"), *names]


MARKS = {
    "done": QStyle.StandardPixmap.SP_DialogApplyButton,
    "failed": QStyle.StandardPixmap.SP_MessageBoxCritical,
    "unreadable": QStyle.StandardPixmap.SP_MessageBoxWarning,
}


@pytest.mark.parametrize(
    ("state", "is_bold"),
    [
        ("waiting", False),
        ("skipped", False),
        ("cancelled", False),
        ("done", False),
        ("failed", True),
        ("unreadable", True),
        ("3 of 9", True),
    ],
)
def test_a_state_and_how_it_looks(folders, tmp_path, state, is_bold):
    touch(tmp_path / "1.tif", tmp_path / "2.tif")
    folders.add([tmp_path / "1.tif", tmp_path / "2.tif"])
    why = f"{tmp_path}/2.tif: is damaged"
    folders.set_row(1, state, why)
    assert rows(folders) == [["1.tif", "", "waiting"], ["2.tif", "", state]]
    item = folders.tree.topLevelItem(1)
    assert item.toolTip(2) == why
    assert item.font(2).bold() == is_bold
    assert not folders.tree.topLevelItem(0).font(2).bold()
    if state in MARKS:
        own = folders.style().standardIcon(MARKS[state])
        assert image_of(item.icon(2)) == image_of(own)
    else:
        assert item.icon(2).isNull()
    is_bad = state in ("failed", "unreadable")
    assert item.childCount() == is_bad
    assert item.isExpanded() == is_bad
    if is_bad:
        reason = item.child(0)
        assert reason.text(0) == "2.tif: is damaged"
        assert reason.toolTip(0) == why
        assert reason.flags() == Qt.ItemFlag.ItemIsEnabled  # it cannot be selected
        assert reason.isFirstColumnSpanned()
        folders.set_row(1, state, why)
        assert item.childCount() == 1
    folders.set_row(1, state)
    assert (item.childCount(), item.toolTip(2)) == (0, "")
    folders.set_row(1, "waiting")
    assert (item.font(2).bold(), item.icon(2).isNull()) == (False, True)


def test_names_of_videos_stay_until_there_are_others(folders, tmp_path):
    touch(tmp_path / "1.tif")
    folders.add([tmp_path / "1.tif"])
    item = folders.tree.topLevelItem(0)
    folders.set_row(0, "done", videos=[tmp_path / "a.mp4", tmp_path / "b.mp4"])
    assert (item.text(1), item.toolTip(1)) == ("a.mp4, b.mp4", "a.mp4, b.mp4")
    folders.set_row(0, "1 of 3")
    assert rows(folders) == [["1.tif", "a.mp4, b.mp4", "1 of 3"]]
    folders.set_row(0, "failed", videos=[])
    assert (item.text(1), item.toolTip(1)) == ("", "")


def test_a_problem_is_marked_where_a_run_has_said_nothing(folders, tmp_path):
    touch(tmp_path / "1.tif", tmp_path / "2.tif")
    folders.add([tmp_path / "1.tif", tmp_path / "2.tif"])
    item = folders.tree.topLevelItem(1)

    def said():
        return item.text(2), item.toolTip(2), item.childCount()

    folders.mark_problem(1, "")
    assert said() == ("waiting", "", 0)
    folders.mark_problem(1, "is damaged")
    assert said() == ("unreadable", "is damaged", 1)
    folders.mark_problem(1, "is still damaged")
    assert said() == ("unreadable", "is damaged", 1)
    folders.mark_problem(1, "")
    assert said() == ("waiting", "", 0)
    for state in ("done", "failed", "1 of 2"):
        folders.set_row(1, state, "so")
        before = said()
        folders.mark_problem(1, "is damaged")
        assert said() == before
        folders.mark_problem(1, "")
        assert said() == before
    assert rows(folders)[0] == ["1.tif", "", "waiting"]


def test_a_double_click_plays_the_last_video_that_is_there(folders, tmp_path):
    names = ("a.mp4", "c.mp4", "b.mp4")
    touch(tmp_path / "1.tif", *(tmp_path / name for name in names))
    folders.add([tmp_path / "1.tif"])
    played = []
    folders.activated.connect(played.append)
    item = folders.tree.topLevelItem(0)
    videos = [tmp_path / name for name in (*names, "gone.mp4")]

    def double_click():
        played.clear()
        folders.tree.itemDoubleClicked.emit(item, 0)
        return [Path(one).name for one in played]

    assert double_click() == []
    for state, want in (("done", ["b.mp4"]), ("skipped", ["b.mp4"]), ("failed", []), ("1 of", [])):
        folders.set_row(0, state, videos=videos)
        assert double_click() == want
    folders.set_row(0, "done", videos=videos[3:])
    assert double_click() == []
    folders.set_row(0, "done", videos=[])
    assert double_click() == []


def test_a_selection_is_told(folders, tmp_path):
    touch(tmp_path / "1.tif", tmp_path / "2.tif")
    told = []
    folders.selected.connect(lambda: told.append(folders.selected_path))
    folders.add([tmp_path / "1.tif", tmp_path / "2.tif"])
    folders.tree.setCurrentItem(folders.tree.topLevelItem(1))
    assert told == [str(tmp_path / "1.tif"), str(tmp_path / "2.tif")]


def test_files_are_dropped(folders, tmp_path):
    touch(tmp_path / "1.tif", tmp_path / "a" / "t.tif")
    files = QMimeData()
    files.setUrls(
        [
            QUrl("https://example.org/b.tif"),
            QUrl.fromLocalFile(str(tmp_path / "a")),
            QUrl.fromLocalFile(str(tmp_path / "1.tif")),
        ]
    )
    text = QMimeData()
    text.setText("a")
    actions = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    how = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for data, is_taken in ((files, True), (text, False)):
        event = QDragEnterEvent(QPoint(5, 5), actions, data, *how)
        event.setAccepted(False)
        folders.dragEnterEvent(event)
        assert event.isAccepted() == is_taken
    event = QDropEvent(QPointF(5, 5), actions, files, *how)
    event.setAccepted(False)
    folders.dropEvent(event)
    assert event.isAccepted()
    assert folders.paths == [str(tmp_path / "a"), os.path.abspath(tmp_path / "1.tif")]
