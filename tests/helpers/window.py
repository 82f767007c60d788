"""What the tests of the dock widget do again and again."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtTest import QTest


def click(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def settled(widget):
    """Whether the widget has taken in every change."""
    return not (widget.result.is_busy or widget.source.is_busy or widget._settle.isActive())


def create(widget, wait, folder=None):
    """Press "Create" once it can be pressed, and wait for the videos."""
    if folder is not None:
        widget.destination.folder = folder
    wait(lambda: settled(widget) and widget.create_button.isEnabled())
    click(widget.create_button)
    wait(lambda: not widget.run.is_running and widget.run.videos)
    return widget.run.videos


def write_into(edit, text):
    """Replace what is in a line of text, by the keyboard."""
    edit.selectAll()
    QTest.keyClick(edit, Qt.Key.Key_Delete)
    QTest.keyClicks(edit, text)


def pick(combo, text):
    """Choose an entry of a drop-down list, as the user does."""
    index = combo.findText(text)
    assert index >= 0, f"{text} is not among {[combo.itemText(i) for i in range(combo.count())]}"
    combo.setCurrentIndex(index)
    combo.activated.emit(index)
