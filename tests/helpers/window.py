"""What the tests of the dock widget do again and again."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QComboBox, QLabel, QRadioButton


def native(widget):
    """The widget of Qt behind one of magicgui."""
    return getattr(widget, "native", widget)


def click(button):
    QTest.mouseClick(native(button), Qt.MouseButton.LeftButton)


def choose(buttons, text):
    """Click one of several radio buttons."""
    click(next(b for b in native(buttons).findChildren(QRadioButton) if b.text() == text))


def create(widget, wait, folder=None):
    """Press "Create" once it can be pressed, and wait for the videos."""
    if folder is not None:
        widget.destination.folder = folder
    widget.wait_until_idle()
    assert widget.create_button.enabled, widget.reason.value
    click(widget.create_button)
    wait(lambda: not widget.run.is_running and widget.run.videos)
    return widget.run.videos


def write_into(edit, text):
    """Replace what is in a line of text, or in a list that can be written into, by the keyboard."""
    edit = native(edit)
    edit = edit.lineEdit() if isinstance(edit, QComboBox) else edit
    edit.selectAll()
    QTest.keyClick(edit, Qt.Key.Key_Delete)
    QTest.keyClicks(edit, text)


def row_of(widget, number):
    """What is in a row of the list of folders, and the reason that its state has as a tooltip."""
    item = widget.folders.tree.topLevelItem(number)
    return [item.text(column) for column in range(3)], item.toolTip(2)


def states(widget):
    return [row_of(widget, number)[0][2] for number in range(widget.folders.count)]


def select(widget, number):
    """Select a row of the list of folders."""
    widget.folders.tree.setCurrentItem(widget.folders.tree.topLevelItem(number))


def said(widget):
    """All labels of a part of the window that can be seen."""
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def pick(combo, text):
    """Choose an entry of a drop-down list, as the user does."""
    combo = native(combo)
    index = combo.findText(text)
    assert index >= 0, f"{text} is not among {[combo.itemText(i) for i in range(combo.count())]}"
    combo.setCurrentIndex(index)
    combo.activated.emit(index)
