"""How the parts of the dock widget are laid out: a scroll area, and a fixed part below it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from superqt import QCollapsible

WIDTH_PX = 340
_MARGIN_PX = 6
_SPACING_PX = 4
LABEL_WIDTH_PX = 74
SMALL_LIST_PX = 72
_FLAT = "text-align: left; border: none; padding: 2px; background: transparent"
_UNLIMITED_PX = 2**24 - 1  # what Qt calls QWIDGETSIZE_MAX


class ModeRow(QWidget):
    """A choice between a layer of the viewer and folders on disk."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.folders = QRadioButton("Layer"), QRadioButton("Folders")
        self.layer.setChecked(True)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.layer)
        line.addWidget(self.folders)
        line.addStretch()


def fold(title: str, *widgets: QWidget) -> QCollapsible:
    """Widgets that are hidden until a line with an arrow is clicked."""
    section = QCollapsible(expandedIcon=QIcon(), collapsedIcon=QIcon())
    content = column(*widgets)
    section.setDuration(0)
    section.setContent(content)
    section.toggleButton().setStyleSheet(_FLAT)
    layout = section.layout()
    assert layout is not None
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(_SPACING_PX)

    def show(is_open: bool) -> None:
        # Arrows that superqt draws once would keep the colour of the theme before, and heights
        # that it sets would cut off rows that appear later.
        section.setText(f"{'▾' if is_open else '▸'} {title}")
        content.setMaximumHeight(_UNLIMITED_PX)
        content.setVisible(is_open)

    section.toggled.connect(show)
    show(False)
    return section


def row(*parts: QWidget | str, stretch: int | None = None) -> QWidget:
    """Widgets beside each other.

    Parameters
    ----------
    parts : widgets
        A text becomes a label; those at the beginning of all rows have one width.
    stretch : int, optional
        The part that takes the room that is left; by default none does.
    """
    holder = QWidget()
    line = QHBoxLayout(holder)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(_SPACING_PX)
    for number, part in enumerate(parts):
        if isinstance(part, str):
            part = QLabel(part)
            part.setMinimumWidth(0 if number else LABEL_WIDTH_PX)
        line.addWidget(part, stretch=int(number == stretch))
    if stretch is None:
        line.addStretch()
    return holder


def button(text: str, action: Callable[[], object], tooltip: str = "") -> QPushButton:
    """A button that does this when it is clicked."""
    made = QPushButton(text)
    made.setToolTip(tooltip)
    made.clicked.connect(lambda: action())  # without the state of the button
    return made


def heading(text: str) -> QWidget:
    """A small title over a group of rows."""
    label = QLabel(text)
    label.setStyleSheet("font-weight: bold; padding-top: 4px")
    return label


def column(*widgets: QWidget) -> QWidget:
    """Widgets below each other."""
    holder = QWidget()
    stack_up(QVBoxLayout(holder), widgets)
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
    stack_up(inner, scrolled)
    inner.setContentsMargins(_MARGIN_PX, _SPACING_PX, _MARGIN_PX, _SPACING_PX)
    inner.addStretch()
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QScrollArea.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidget(content)
    for part in scrolled:
        if isinstance(part, QCollapsible):  # once it has its room
            show = partial(scroll.ensureWidgetVisible, part, 0, 0)
            part.toggled.connect(lambda is_open, show=show: is_open and QTimer.singleShot(0, show))
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


def stack_up(layout: QVBoxLayout, widgets: Iterable[QWidget]) -> None:
    """Put widgets below each other into the layout of one that is there."""
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(_SPACING_PX)
    for widget in widgets:
        layout.addWidget(widget)
