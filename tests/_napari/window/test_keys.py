"""The window by the keyboard: keys for what is done most, the order of Tab, names of controls."""

from __future__ import annotations

from itertools import pairwise

import pytest
from helpers.frames import noise, numbered

pytest.importorskip("napari")

from helpers.window import choose
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtTest import QTest
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QScrollArea,
    QShortcut,
    QTreeWidget,
    QWidget,
)


def focus(widget, wait):
    """Put the focus into a widget of the window in front."""
    widget.window().activateWindow()
    widget.setFocus()
    wait(widget.hasFocus)


def keys_of(widget):
    return {each.key().toString(): each for each in widget.native.findChildren(QShortcut)}


def test_keys_do_what_the_buttons_do(open_widget, wait, tmp_path, monkeypatch):
    from qtpy.QtGui import QDesktopServices

    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    viewer, widget = open_widget(noise((9, 60, 80)), name="s", contrast_limits=(0, 65535))
    widget.destination.folder = tmp_path
    widget.wait_until_idle()
    crop, name = widget["crop"], widget.destination.name_edit.native
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    focus(name, wait)
    QTest.keyClick(name, Qt.Key.Key_X, both)
    assert crop.check.value
    QTest.keyClick(name, Qt.Key.Key_D, both)
    assert crop.draw.value
    QTest.keyClick(name, Qt.Key.Key_D, both)
    QTest.keyClick(name, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert widget.result.is_playing
    QTest.keyClick(name, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert not widget.result.is_playing
    widget.wait_until_idle()
    QTest.keyClick(name, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert widget.run.is_running
    wait(lambda: not widget.run.is_running and widget.run.videos)
    focus(name, wait)
    QTest.keyClick(name, Qt.Key.Key_Return, both)
    assert [url.toLocalFile() for url in opened] == [str(widget.run.videos[0].path)]
    widget["width"].value = 4000
    widget.wait_until_idle()
    QTest.keyClick(name, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(name, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    wait(lambda: not widget.run.is_running)
    assert len(list(tmp_path.glob("*.mp4"))) == 1
    # Outside the dock they are somebody else's.
    canvas = viewer.window._qt_viewer.canvas.native
    focus(canvas, wait)
    QTest.keyClick(canvas, Qt.Key.Key_X, both)
    assert crop.check.value
    for keys, shortcut in keys_of(widget).items():
        assert shortcut.context() == Qt.ShortcutContext.WidgetWithChildrenShortcut
        words = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
        tips = [each.toolTip() for each in widget.native.findChildren(QAbstractButton)]
        assert len([tip for tip in tips if tip.endswith(f"({words})")]) == 1


def test_no_key_is_one_of_napari(open_widget):
    from app_model import Application
    from napari._app_model import get_app_model
    from napari.utils.shortcuts import default_shortcuts

    viewer, widget = open_widget(numbered(3))
    app: Application = get_app_model()
    taken = {str(rule.keybinding) for rule in app.keybindings}
    taken |= {str(key) for keys in default_shortcuts.values() for key in keys}
    taken |= {str(key) for key in (*viewer.keymap, *viewer.layers[0].class_keymap)}
    taken = {QKeySequence(key).toString() for key in taken}
    window = widget.native.window()
    taken |= {keys.toString() for each in window.actions() for keys in each.shortcuts()}
    assert len(taken) > 60
    ours = keys_of(widget).keys()
    assert len(ours) >= 6
    assert ours.isdisjoint(taken)


def test_tab_goes_where_the_eye_goes(open_widget, wait):
    viewer, widget = open_widget(noise((3, 60, 80)), contrast_limits=(0, 65535))
    viewer.window._qt_window.resize(1280, 1000)
    widget["crop"].value = "30x20"
    widget.more.expand()
    widget.wait_until_idle()
    QApplication.processEvents()
    inside = widget.native
    first = widget.mode.native.findChildren(QAbstractButton)[0]
    focus(first, wait)
    seen: list[QWidget] = []
    while (now := QApplication.focusWidget()) not in seen and inside.isAncestorOf(now):
        seen.append(now)
        QTest.keyClick(now, Qt.Key.Key_Tab)
    assert len(seen) > 35
    for before, after in pairwise(seen):
        part, _, bottom, left = place_of(before, inside)
        next_part, top, _, right = place_of(after, inside)
        is_below = next_part > part or (next_part == part and top >= bottom - 6)
        is_beside = next_part == part and top < bottom and right > left
        assert is_below or is_beside, [str(each) + each.toolTip() for each in (before, after)]


def place_of(control, panel):
    """Top, bottom and left of a control, within which part of the panel, scrolled or not."""
    part = control
    while part.parentWidget() is not panel:
        part = part.parentWidget()
    inside = part.widget() if isinstance(part, QScrollArea) else part
    corner = control.mapTo(inside, QPoint())
    number = panel.layout().indexOf(part)
    return number, corner.y(), corner.y() + control.height(), corner.x()


def test_every_control_has_a_name_of_its_own(open_widget):
    kinds = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QTreeWidget)
    _, widget = open_widget(noise((3, 40, 60)))
    choose(widget.mode, "Folders")
    found = [each for kind in kinds for each in widget.native.findChildren(kind)]
    # Parts of others are not met by themselves.
    controls = [each for each in found if not isinstance(each.parent(), kinds)]
    assert len(controls) > 50
    names = []
    for control in controls:
        text = control.text() if isinstance(control, QAbstractButton) else ""
        name = control.accessibleName() or text
        assert 0 < len(name) < 60, (name, control.toolTip())
        names.append((type(control), name))
    twice = {name for name in names if names.count(name) > 1}
    assert not twice
    # All parts of rows are among them.
    for field in widget.fields.values():
        parts = [part for kind in kinds for part in field.native.findChildren(kind)]
        assert {p for p in parts if not isinstance(p.parent(), kinds)} <= set(controls)
