"""What the tests of the dock widget do again and again."""

from __future__ import annotations

from fractions import Fraction

from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QTreeWidget,
)

import napari_tif2video as t2v

CONTROLS = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QTreeWidget)


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


def entries(combo):
    """What a drop-down list offers."""
    combo = native(combo)
    assert isinstance(combo, QComboBox)
    return [combo.itemText(number) for number in range(combo.count())]


def open_menu(button):
    """The menu of a button, filled as for the user."""
    menu = native(button).menu()
    menu.aboutToShow.emit()
    return menu


def actions_of(menu):
    """By their texts, but for the lines between them."""
    return {action.text(): action for action in menu.actions() if action.text()}


def finished(source, path, **facts):
    """A video as a run tells of it."""
    values = {
        "frames": 25,
        "width": 320,
        "height": 240,
        "fps": Fraction(10),
        "contrast": "global",
        "limits": (100.0, 4000.0),
        "clipped": 0.0,
    }
    return t2v.Video(source, "ok", path, **(values | facts))


def lay_out(widget):
    """Let all that has changed find its place."""
    widget.wait_until_idle()
    for _ in range(4):  # texts that wrap are as high as their width makes them
        QApplication.processEvents()


def seen(widget):
    """All that is seen in the panel and not a part of another control, by the part it is in."""
    layout = widget.native.layout()
    for number in range(layout.count()):
        part = layout.itemAt(number).widget()
        found = [
            each for kind in (*CONTROLS, QLabel, QProgressBar) for each in part.findChildren(kind)
        ]
        yield [one for one in found if one.isVisible() and not isinstance(one.parent(), CONTROLS)]


def lines_of(widget):
    """What is seen in the panel by lines, each from the left to the right."""
    lines = []
    for part in seen(widget):
        places = [(each.mapTo(widget.native, each.rect().center()), each) for each in part]
        line, last = [], None
        for at, each in sorted(places, key=lambda place: place[0].y()):
            if last is not None and at.y() - last > 8:
                lines.append(line)
                line = []
            line.append((at.x(), each))
            last = at.y()
        lines.append(line)
    return [[each for _, each in sorted(line, key=lambda one: one[0])] for line in lines if line]


def reading(widget, growing=()):
    """The same as texts.

    Buttons are in square brackets, what is written or chosen in angle ones, and what an empty line
    says in itself in round ones. A tilde is before what is disabled, dots are after what is
    `growing`.
    """
    return [
        " ".join(as_read(each) + "…" * (each in growing) for each in line).rstrip()
        for line in lines_of(widget)
    ]


def as_read(control):
    if isinstance(control, QPushButton):
        text = f"[{control.text()}]"
    elif isinstance(control, (QCheckBox, QRadioButton)):
        text = ("☑ " if control.isChecked() else "☐ ") + control.text()
    elif isinstance(control, QComboBox):
        text = f"<{control.currentText()}>"
    elif isinstance(control, (QAbstractSpinBox, QLineEdit)):
        hint = control.placeholderText() if isinstance(control, QLineEdit) else ""
        text = f"<{control.text()}>" if control.text() or not hint else f"<({hint})>"
    elif isinstance(control, QTreeWidget):
        text = "<list>"
    else:
        text = control.text()
    return text if control.isEnabled() else f"~{text}"
