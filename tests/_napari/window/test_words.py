"""What the window says: words that a biologist knows, and none of the command line."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import noise, numbered

pytest.importorskip("napari")

from helpers.window import choose, click, entries, open_menu, row_of
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit, QMenu, QWidget

import napari_tif2video as t2v
from napari_tif2video._napari.words import in_short, in_words

OPTION = re.compile(r"--[a-z]{2,}")
# The command line has a terminal of its own, and so has pip.
ELSEWHERE = ("cli", "__main__.py")
PIP = "--force-reinstall"


def literals():
    """All texts in the package that may be part of a message: no docstrings."""
    root = Path(t2v.__file__).parent
    for path in root.rglob("*.py"):
        if path.relative_to(root).parts[0] in ELSEWHERE:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if is_text and id(node) not in docs:
                yield path.name, node.value


def test_no_message_of_the_package_names_an_option_in_the_window():
    named = [(file, text) for file, text in literals() if OPTION.search(text) and PIP not in text]
    named = [(file, text) for file, text in named if file not in ("words.py", "fields.py")]
    assert len(named) > 30
    for file, text in named:
        if file == "script.py":  # which makes command lines
            assert text in ("--output", "--output-dir")
        else:
            assert not OPTION.search(in_words(text)), (file, text, in_words(text))


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("there are several axes; add --play T", 'there are several axes; set "Play" T'),
        ("max_size: finds the rate factor by itself", "Max. size: finds the rate factor by itself"),
        ("raw: counts; leave out scale_bar_length", 'Raw counts: counts; leave out "Scale bar"'),
        ("use --overwrite to make it", 'use "If it exists: Replace" to make it'),
        ("30000/1001 or 1/2, and/or a / b", "30000/1001 or 1/2, and/or a / b"),
    ],
)
def test_words(message, words):
    assert in_words(message) == words
    assert in_short(message) == words


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("/data/my lab/pos 1/t1.tif: is damaged", "t1.tif: is damaged"),
        ("/data/pos 1: is empty", "pos 1: is empty"),
        ("C:\\data\\my lab\\t1.tif: is damaged", "t1.tif: is damaged"),
        ("cannot write '/data/a b/c.mp4', no room", "cannot write 'c.mp4', no room"),
        ("see https://example.org/a/b for more", "see https://example.org/a/b for more"),
    ],
)
def test_files_are_called_by_their_names_where_there_is_little_room(message, words):
    assert in_short(message) == words
    assert in_words(message) == message


def texts_of(widget):
    """All texts of a window, seen or not."""
    kinds = ((QLabel, "text"), (QAbstractButton, "text"), (QLineEdit, "placeholderText"))
    kinds += ((QAction, "text"), (QMenu, "title"), (QWidget, "toolTip"))
    found = [getattr(one, name)() for kind, name in kinds for one in widget.findChildren(kind)]
    for combo in widget.findChildren(QComboBox):
        found += entries(combo)
    return found


def test_labels_are_those_that_a_biologist_uses(open_widget):
    _, widget = open_widget(noise((3, 40, 60)))
    widget.more.expand()
    open_menu(widget.presets)
    texts = texts_of(widget.native)
    assert len(texts) > 150
    for words in ("LUT", "Scale bar", "Save as", "Save in", "Pixel size", "Speed", "Width"):
        assert words in texts
    for text in texts:
        assert not re.search(r"Besides|Magnifi|At most|Μm", text), text
        assert not OPTION.search(text), text
        assert "_" not in text or "{" in text or "_video" in text or " _r " in text, text


def test_the_menu_says_what_opens(open_widget):
    viewer, _ = open_widget(noise((3, 40, 60)))
    bar = viewer.window.main_menu
    words = []
    for action in bar.actions():
        action.menu().aboutToShow.emit()
        words += [
            each.text() for menu in action.menu().findChildren(QMenu) for each in menu.actions()
        ]
        words += [each.text() for each in action.menu().actions()]
    assert "Make videos (TIFF to video)" in words
    assert not any(text.startswith("TIFF to video (") for text in words)


def shown(widget, notes):
    """Everything that the window says now, notifications included."""
    said = texts_of(widget.native) + [note.message for note in notes]
    for number in range(widget.folders.count):
        columns, why = row_of(widget, number)
        item = widget.folders.tree.topLevelItem(number)
        said += [*columns, why, *(item.child(i).text(0) for i in range(item.childCount()))]
    return said


def test_refusals_are_in_the_words_of_the_window(open_widget, wait, tmp_path):
    from napari.utils.notifications import notification_manager

    notes = notification_manager.records
    before = len(notes)
    _, widget = open_widget(noise((3, 2, 40, 60)), name="s", contrast_limits=(0, 65535))
    refused = [
        {"crop": "300x300"},
        {"scale_bar": True},
        {"timestamp": True},
        {"channel": 7},
        {"position": 3},
        {"z": 9},
        {"play": "Z"},
        {"axes": "TZCYX"},
        {"frames": "9:"},
        {"limits": ((1, 2), (3, 4))},
        {"um_per_pixel": 1e-6},
        {"max_size": 1000},
    ]
    reasons = set()
    for options in refused:
        widget.settings = t2v.VideoSettings(**options)
        widget.wait_until_idle()
        if not widget.reason.value:  # found out when the video is made
            widget.destination.folder = tmp_path
            click(widget.create_button)
            wait(lambda: not widget.run.is_running)
        reasons |= {widget.reason.value, widget.run.failure.value}
        for text in shown(widget, notes[before:]):
            assert not OPTION.search(text), text
    assert len(reasons) > 8
    widget.settings = t2v.VideoSettings(contrast="global")
    # Of folders: of frames that differ, of files of doubtful names, of broken ones, of none.
    write_folder(tmp_path / "sizes", numbered(3))
    write_folder(tmp_path / "sizes", numbered(1)[:, :20], name="t9.tif")
    write_folder(tmp_path / "doubt", numbered(3), name="a{}_x1.tif")
    write_folder(tmp_path / "doubt", numbered(3), name="b{}_y.tif")
    write_folder(tmp_path / "broken", numbered(3))
    (tmp_path / "broken" / "t1.tif").write_bytes(b"damaged")
    (tmp_path / "none").mkdir()
    write_folder(tmp_path / "dark", np.full((3, 40, 60), 7, np.uint16))
    choose(widget.mode, "Folders")
    names = ("sizes", "doubt", "broken", "none", "dark")
    widget.folders.add([tmp_path / name for name in names])
    for number in range(widget.folders.count):
        widget.folders.tree.setCurrentItem(widget.folders.tree.topLevelItem(number))
        widget.wait_until_idle()
        for text in shown(widget, notes[before:]):
            assert not OPTION.search(text), text
    widget.convert()
    wait(lambda: not widget.run.is_running)
    assert sum(video.status == "failed" for video in widget.run.videos) >= 3
    for text in shown(widget, notes[before:]):
        assert not OPTION.search(text), text
    for note in notes[before:]:
        assert str(tmp_path) not in note.message


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("width", "Width"),
        ("width: is odd: why", "Width: is odd: why"),
        ("is wide: width", "is wide: width"),
        ("add --match '*.tif'", "add a pattern of file names (on the command line) '*.tif'"),
        ("--recursive or --skip-existing", 'its subfolders one by one or "If it exists: Skip"'),
        ("give --output, --output-dir and --report", 'give "Save as", "Save in" and the log'),
        ("add --unheard-of", "add --unheard-of"),
        ("--fps and add --codec", '"Speed" and set "Format"'),
        ("pixel_size, frame_interval; my_pixel_size", '"Pixel size", "Interval"; my_pixel_size'),
    ],
)
def test_settings_and_options_in_words(message, words):
    assert in_words(message) == words


def test_what_goes_wrong_is_said_and_goes_no_further(errors):
    from napari_tif2video._napari.words import problem_of, telling

    with telling():
        raise t2v.SourceError("/data/my lab/t1.tif: is damaged; add --overwrite")
    assert errors == ['t1.tif: is damaged; add "If it exists: Replace"']
    with pytest.raises(ZeroDivisionError), telling():
        raise ZeroDivisionError
    with telling():
        pass
    assert len(errors) == 1
    assert problem_of(t2v.SettingsError("width: is odd")) == "Width: is odd"
