"""How parts of the window are laid out: containers of magicgui, and what superqt folds."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import Container, Label
from magicgui.widgets.bases import Widget
from qtpy.QtCore import QEvent, QObject, QSize, Qt, QTimer
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import QComboBox, QFrame, QScrollArea, QSizePolicy, QWidget
from superqt import QCollapsible

WIDTH_PX = 340
LABEL_WIDTH_PX = 74
PROBLEM_STYLE = "color: #e06c00"  # readable on napari's dark and its light theme
_MARGIN_PX, _SPACING_PX = 6, 4
_FLAT = "text-align: left; border: none; padding: 2px; background: transparent"
_UNLIMITED_PX = 2**24 - 1  # what Qt calls QWIDGETSIZE_MAX


def column(*parts: Any) -> Container:
    """Widgets of magicgui or Qt below each other; texts become labels."""
    return tidy(Container(labels=False, gui_only=True), parts)


def line(*parts: Any, stretch: int | None = None) -> Container:
    """Widgets of magicgui or Qt beside each other; texts become labels.

    Parameters
    ----------
    stretch : int, optional
        The part that takes the room that is left; by default none does.
    """
    made = tidy(Container(layout="horizontal", labels=False, gui_only=True), parts)
    if stretch is None:
        made.native.layout().addStretch()
    else:
        made.native.layout().setStretch(stretch, 1)
    return made


def tidy(container: Any, parts: Any = ()) -> Any:
    """A container without margins, with these parts at its end, of magicgui or Qt."""
    container.margins = (0, 0, 0, 0)
    layout = container.native.layout()
    layout.setSpacing(_SPACING_PX)
    for part in parts:
        if isinstance(part, str):
            part = Label(value=part)
        if isinstance(part, Widget):
            container.append(part)
        layout.addWidget(getattr(part, "native", part))  # after those of Qt, too
    return container


def title(text: str) -> Label:
    """A text at the beginning of a line; all of these have one width."""
    label = Label(value=text)
    label.min_width = LABEL_WIDTH_PX
    return label


def heading(text: str) -> Label:
    """A small title over a group of lines."""
    label = Label(value=text)
    label.native.setStyleSheet("font-weight: bold; padding-top: 4px")
    return label


def note(style: str = "") -> Label:
    """A label for lines of text, as wide as there is room, that can be copied."""
    label = Label(gui_only=True)
    label.native.setWordWrap(True)
    label.native.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    label.native.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.native.setStyleSheet(style)
    return label


def say(label: Label, text: str) -> None:
    """Show a text; an empty one takes the label away."""
    label.value = text
    label.visible = bool(text)


def fold(title: str, content: Container) -> QCollapsible:
    """A container that is hidden until a line with an arrow is clicked."""
    section = QCollapsible(expandedIcon=QIcon(), collapsedIcon=QIcon())
    section.setDuration(0)
    section.setContent(content.native)
    section.toggleButton().setStyleSheet(_FLAT)
    layout = section.layout()
    assert layout is not None
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(_SPACING_PX)

    def show(is_open: bool) -> None:
        # Arrows that superqt draws once would keep the colour of the theme before, and heights
        # that it sets would cut off rows that appear later.
        section.setText(f"{'▾' if is_open else '▸'} {title}")
        content.native.setMaximumHeight(_UNLIMITED_PX)
        content.native.setVisible(is_open)

    section.toggled.connect(show)
    show(False)
    return section


def let_shrink(combo: QComboBox, to_px: int | None = None) -> None:
    """Let a list be narrower than its longest entry, which then ends in dots."""
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(8)
    if to_px is not None:
        combo.setMinimumWidth(to_px)


class _Scroll(QScrollArea):
    """As high as what is in it, if there is room."""

    def __init__(self, content: Container) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setWidget(content.native)
        content.native.installEventFilter(self)

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return bool(super().eventFilter(watched, event))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        # Around the viewport there is what napari's style draws.
        return self.widget().sizeHint() + self.size() - self.maximumViewportSize()


def lay_out(
    panel: Container, above: Container, scrolled: Container, fold: QCollapsible, below: Container
) -> None:
    """Put three parts into the panel: the middle one, with a fold in it, scrolls if it has to."""
    for part in (above, scrolled):
        part.margins = (_MARGIN_PX, _SPACING_PX, _MARGIN_PX, 0)
    scrolled.native.layout().addStretch()
    below.margins = (_MARGIN_PX, _SPACING_PX, _MARGIN_PX, _MARGIN_PX)
    scroll = _Scroll(scrolled)

    def show(is_open: bool) -> None:
        if is_open:  # once it has its room
            QTimer.singleShot(0, lambda: scroll.verticalScrollBar().setValue(fold.y()))

    fold.toggled.connect(show)
    for part in (above, scrolled, below):
        for control in part.native.findChildren(QWidget):  # for those who hear what is there
            if control.focusPolicy() != Qt.FocusPolicy.NoFocus and not control.accessibleName():
                control.setAccessibleName(control.toolTip().partition(".")[0])
    layout = panel.native.layout()
    layout.setSpacing(0)
    layout.addWidget(above.native, 1)
    layout.addWidget(scroll)
    layout.addWidget(below.native)
    panel.margins = (0, 0, 0, 0)
    panel.native.setMinimumWidth(WIDTH_PX)
    # Else napari would put a stretch below, which takes the room from the picture.
    panel.native.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)


class Visibility(QObject):
    """Tells when a widget of Qt is shown and hidden, which magicgui does not."""

    def __init__(self, native: Any, show: Any, hide: Any) -> None:
        super().__init__(native)
        self._acts = {QEvent.Type.Show: show, QEvent.Type.Hide: hide}
        native.installEventFilter(self)

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        # Python may have cleared away what Qt still sends the last events to.
        act = vars(self).get("_acts", {}).get(event.type())
        if act is not None:
            act()
        return False
