"""Where videos go and under which names, without a viewer, to exact words."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("napari")

from helpers.window import entries
from magicgui.widgets import Label
from qtpy.QtWidgets import QApplication, QFileDialog, QMessageBox, QWidget

import napari_tif2video as t2v
from napari_tif2video._napari.desktop import keep, stored
from napari_tif2video._napari.run import Destination
from napari_tif2video._napari.run.destination import ask_about_existing, free_name


@pytest.fixture
def destination(qtbot):
    return shown(qtbot)


def shown(qtbot):
    destination = Destination()
    qtbot.addWidget(destination.native)
    destination.native.show()
    return destination


def write(destination, text):
    """As the user does it, who then leaves the line."""
    destination.name_edit.value = text
    destination.name_edit.native.editingFinished.emit()


class Asked(list):
    """What dialogs for a folder were asked with, and what they answer."""

    answer = ""

    def ask(self, *words):
        self.append(words)
        return self.answer


@pytest.fixture
def asked(monkeypatch):
    asked = Asked()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", asked.ask)
    return asked


def test_what_is_offered(destination):
    assert list(destination.where.offered) == [("Beside the data", None)]
    assert destination.existing.choices == ("ask", "replace", "keep", "skip")
    combo = destination.existing.native
    assert entries(combo) == [
        "Ask",
        "Replace",
        "Keep both",
        "Skip",
    ]
    assert combo.currentText() == "Ask"
    checks = [destination.verify, destination.sidecar]
    assert [check.text for check in checks] == ["Verify", "Recipe file"]
    assert [check.value for check in checks] == [False, False]
    assert destination.suffix.value == ".mp4"
    assert destination.name_edit.value == ""
    assert destination.folder is None
    assert destination.where.native.toolTip() == ""
    assert destination.chosen == ()
    assert destination.browse.native.accessibleName() == "Choose: Save in"
    tooltips = [
        destination.browse,
        destination.name_edit,
        destination.existing,
        destination.verify,
        destination.sidecar,
    ]
    assert [part.tooltip for part in tooltips] == [
        "Choose a folder for the videos",
        "Empty it to get the automatic name back",
        "What to do when the video exists",
        "Decode each finished video and compare it with the frames before it gets its name",
        "The recipe of each video as a file beside it, too: NAME.json",
    ]
    rows = [*destination, *destination.file_rows]
    assert [[each.value if isinstance(each, Label) else each for each in row] for row in rows] == [
        ["Save in", destination.where, destination.browse],
        ["Save as", destination.name_edit, ".mp4"],
        ["If it exists", destination.existing],
        ["When done", destination.verify, destination.sidecar],
    ]


def test_what_is_chosen_gets_the_room(qtbot, destination):
    row = destination.file_rows[0]
    qtbot.addWidget(row.native)
    for panel in (destination, row):
        panel.native.resize(600, 100)
        panel.native.show()
    QApplication.processEvents()
    for part in (destination.where, destination.name_edit, destination.existing):
        assert 420 < part.native.width() < 560
    assert destination.browse.text == "…"
    assert destination.browse.native.width() <= 30


def test_the_name_is_automatic_until_another_one_is_written(destination):
    destination.show_automatic("a_video.mp4")
    assert (destination.name_edit.value, destination.suffix.value) == ("a_video", ".mp4")
    assert destination.file_name is None
    destination.name_edit.native.setCursorPosition(3)
    destination.show_automatic("b.c_video.webm")
    assert (destination.name_edit.value, destination.suffix.value) == ("b.c_video", ".webm")
    assert destination.name_edit.native.cursorPosition() == 0
    assert destination.file_name is None
    names = {
        "mine": "mine.webm",
        "  mine ": "mine.webm",
        "mine.webm": "mine.webm",
        "mine.mp4": "mine.mp4.webm",
        " b.c_video ": None,
        "   ": None,
    }
    for text, name in names.items():
        destination.name_edit.value = text
        assert destination.file_name == name
    # One's own name stays, with the ending that fits.
    destination.name_edit.value = "mine"
    destination.show_automatic("c_video.gif")
    assert (destination.name_edit.value, destination.suffix.value) == ("mine", ".gif")
    assert destination.file_name == "mine.gif"
    destination.name_edit.value = "c_video"
    assert destination.file_name is None


def test_an_empty_name_gets_the_automatic_one_back(destination):
    edited = []
    destination.edited.connect(lambda: edited.append(destination.file_name))
    destination.show_automatic("a_video.mp4")
    write(destination, "mine")
    assert destination.name_edit.value == "mine"
    write(destination, "  ")
    assert destination.name_edit.value == "a_video"
    assert edited == ["mine.mp4", None]


def test_there_is_a_name_for_one_video(destination):
    assert destination.name_edit.native.isVisible()
    destination.show_many(True)
    assert not destination.name_edit.native.isVisible()
    assert destination.where.native.isVisible()
    destination.show_many(False)
    assert destination.name_edit.native.isVisible()


def test_the_folder(destination, tmp_path):
    edited = []
    destination.edited.connect(lambda: edited.append(destination.folder))
    for folder, text in ((tmp_path / "out", "out"), ("/", "/"), (str(tmp_path), tmp_path.name)):
        destination.folder = folder
        assert destination.folder == Path(folder)
        assert destination.where.native.currentText() == text
        assert destination.where.native.toolTip() == str(folder)
    destination.folder = None
    assert destination.folder is None
    assert destination.where.native.currentText() == "Beside the data"
    assert destination.where.native.toolTip() == ""
    assert edited == [tmp_path / "out", Path("/"), tmp_path, None]


def test_the_folder_is_asked_for(destination, asked, tmp_path):
    assert destination.ask() is False
    assert asked == [(destination.native, "Save videos in", "")]
    assert destination.folder is None
    assert stored().value("folder") is None
    asked.answer = str(tmp_path)
    assert destination.ask() is True
    assert destination.folder == tmp_path
    assert stored().value("folder") == str(tmp_path)
    asked.answer = ""
    destination.browse.native.click()
    assert asked[2] == (destination.native, "Save videos in", str(tmp_path))
    assert destination.folder == tmp_path
    assert len(asked) == 3


def test_what_is_remembered(qtbot, destination, tmp_path):
    settings = t2v.VideoSettings(fps=7)
    assert destination.kept(settings) == {
        "settings": settings.to_json(),
        "verify": "false",
        "sidecar": "false",
    }
    destination.sidecar.value = True
    assert destination.chosen == ("sidecar",)
    assert destination.kept(settings)["sidecar"] == "true"
    assert destination.kept(settings)["verify"] == "false"
    keep(destination.kept(settings) | {"folder": str(tmp_path)})
    again = shown(qtbot)
    assert (again.verify.value, again.sidecar.value) == (False, True)
    assert again.folder == tmp_path
    assert again.where.tooltip == str(tmp_path)
    again.verify.value = True
    assert again.chosen == ("verify", "sidecar")
    again.sidecar.value = False
    assert again.kept(settings)["verify"] == "true"
    keep(again.kept(settings) | {"folder": ""})
    last = shown(qtbot)
    assert last.chosen == ("verify",)
    assert last.folder is None
    assert last.where.native.currentText() == "Beside the data"


class Answering:
    """Presses a button of each message, and notes what was asked."""

    def __init__(self, monkeypatch):
        self.press, self.asked = "Cancel", []
        monkeypatch.setattr(QMessageBox, "exec", lambda box: self._answer(box))

    def _answer(self, box):
        buttons = {button.text().replace("&", ""): button for button in box.buttons()}
        default = next(text for text, button in buttons.items() if button is box.defaultButton())
        self.asked.append(
            (box.windowTitle(), box.text(), sorted(buttons), default, box.parentWidget())
        )
        roles = {text: box.buttonRole(button) for text, button in buttons.items()}
        assert roles["Replace"] == QMessageBox.ButtonRole.DestructiveRole
        assert roles["Keep both"] == QMessageBox.ButtonRole.AcceptRole
        assert roles["Cancel"] == QMessageBox.ButtonRole.RejectRole
        buttons[self.press].click()


@pytest.mark.parametrize(
    ("button", "answer"), [("Replace", "replace"), ("Keep both", "keep"), ("Cancel", "cancel")]
)
def test_the_question_about_videos_that_exist(qtbot, monkeypatch, tmp_path, button, answer):
    parent = QWidget()
    qtbot.addWidget(parent)
    answering = Answering(monkeypatch)
    answering.press = button
    there, awaited = tmp_path / "a.mp4", tmp_path / "b.mp4"
    there.touch()
    for paths, text in (
        ([there], "a.mp4 exists already."),
        ([awaited], "b.mp4 is being made already."),
        ([there, awaited], "a.mp4 and 1 other exist already."),
        ([awaited, there, awaited], "b.mp4 and 2 others exist already."),
    ):
        assert ask_about_existing(parent, paths) == answer
        assert answering.asked.pop() == (
            "TIFF to video",
            text,
            ["Cancel", "Keep both", "Replace"],
            "Keep both",
            parent,
        )


def test_a_name_that_is_free():
    taken = {Path(f"/x/{name}") for name in ("a.mp4", "a (3).json", "b (2).mp4", "b (3).mp4")}
    assert free_name(Path("/x/a.mp4"), taken.__contains__) == Path("/x/a (2).mp4")
    assert free_name(Path("/x/b.mp4"), taken.__contains__) == Path("/x/b (4).mp4")
    assert free_name(Path("/x/c.d.webm"), taken.__contains__) == Path("/x/c.d (2).webm")
    taken.add(Path("/x/a (2).mp4"))
    assert free_name(Path("/x/a.mp4"), taken.__contains__) == Path("/x/a (3).mp4")
    found = free_name(Path("/x/a.mp4"), taken.__contains__, with_sidecar=True)
    assert found == Path("/x/a (4).mp4")
