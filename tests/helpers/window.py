"""What the tests of the dock widget do again and again."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtTest import QTest


def click(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def settled(widget):
    """Whether the widget has taken in every change."""
    return not widget.result.is_busy and not widget._settle.isActive()
