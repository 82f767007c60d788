"""How the parts of the dock widget are laid out: a scroll area, and a fixed part below it."""

from __future__ import annotations

from collections.abc import Iterable

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

WIDTH_PX = 340
_MARGIN_PX = 6
_SPACING_PX = 4
LABEL_WIDTH_PX = 74
SMALL_LIST_PX = 72


class ModeRow(QWidget):
    """A choice between a layer of the viewer and folders on disk."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.folders = QRadioButton("Layer"), QRadioButton("Folders")
        self.layer.setChecked(True)
        group = QButtonGroup(self)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        for button in (self.layer, self.folders):
            group.addButton(button)
            line.addWidget(button)
        line.addStretch()


class Fold(QWidget):
    """Widgets that are hidden until a line with an arrow is clicked."""

    def __init__(self, title: str, *widgets: QWidget) -> None:
        super().__init__()
        self.button = QToolButton()
        self.button.setText(title)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setArrowType(Qt.ArrowType.RightArrow)
        self.button.setCheckable(True)
        self.button.setAutoRaise(True)
        self.content = column(*widgets)
        self.content.hide()
        self.button.toggled.connect(self._on_toggled)
        _stack_up(QVBoxLayout(self), (self.button, self.content))

    def _on_toggled(self, is_open: bool) -> None:
        self.content.setVisible(is_open)
        arrow = Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow
        self.button.setArrowType(arrow)
        if is_open:
            QTimer.singleShot(0, self._scroll_to_it)  # once it has its room

    def _scroll_to_it(self) -> None:
        area = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None:
            area.ensureWidgetVisible(self, 0, 0)


def row(*parts: QWidget | str, stretch: int | None = None) -> QWidget:
    """Widgets beside each other.

    Parameters
    ----------
    parts : widgets
        A text at the beginning becomes a label; the labels of all rows have one width.
    stretch : int, optional
        The part that takes the room that is left; by default none does.
    """
    holder = QWidget()
    line = QHBoxLayout(holder)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(_SPACING_PX)
    for number, part in enumerate(parts):
        if isinstance(part, str):
            label = QLabel(part)
            label.setMinimumWidth(LABEL_WIDTH_PX)
            part = label
        line.addWidget(part, stretch=int(number == stretch))
    if stretch is None:
        line.addStretch()
    return holder


def heading(text: str) -> QWidget:
    """A small title over a group of rows."""
    label = QLabel(text)
    label.setStyleSheet("font-weight: bold; padding-top: 4px")
    return label


def column(*widgets: QWidget) -> QWidget:
    """Widgets below each other."""
    holder = QWidget()
    _stack_up(QVBoxLayout(holder), widgets)
    return holder


def let_shrink(combo: QComboBox, to_px: int | None = None) -> None:
    """Let a drop-down list be narrower than its longest entry, which then ends in dots."""
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(8)
    if to_px is not None:
        combo.setMinimumWidth(to_px)


def lay_out(panel: QWidget, scrolled: list[QWidget], fixed: list[QWidget]) -> None:
    """Put the parts into the panel."""
    content = QWidget()
    inner = QVBoxLayout(content)
    _stack_up(inner, scrolled)
    inner.setContentsMargins(_MARGIN_PX, _SPACING_PX, _MARGIN_PX, _SPACING_PX)
    inner.addStretch()
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QScrollArea.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidget(content)
    bottom = column(*fixed)
    below = bottom.layout()
    assert below is not None
    below.setContentsMargins(_MARGIN_PX, 2, _MARGIN_PX, _MARGIN_PX)
    whole = QVBoxLayout(panel)
    whole.setContentsMargins(0, 0, 0, 0)
    whole.setSpacing(0)
    whole.addWidget(scroll, stretch=1)
    whole.addWidget(bottom)
    panel.setMinimumWidth(WIDTH_PX)


def _stack_up(layout: QVBoxLayout, widgets: Iterable[QWidget]) -> None:
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(_SPACING_PX)
    for widget in widgets:
        layout.addWidget(widget)
