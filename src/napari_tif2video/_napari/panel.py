"""How parts of the window are laid out: containers of magicgui, and what superqt folds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from magicgui.widgets import Container, Label, PushButton
from magicgui.widgets.bases import Widget
from qtpy.QtCore import QEvent, QObject, QSize, Qt, QTimer
from qtpy.QtGui import QIcon, QKeySequence
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QDockWidget,
    QFrame,
    QLayoutItem,
    QMenu,
    QScrollArea,
    QShortcut,
    QSizePolicy,
    QWidget,
)
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
    if len(parts) > 1 and isinstance(parts[0], Label) and isinstance(parts[1], Widget):
        native = parts[1].native
        native.setAccessibleName(native.accessibleName() or parts[0].value)
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


class Note(Label):
    """Lines of text, as wide as there is room, that can be copied."""

    def __init__(self, style: str = "") -> None:
        super().__init__(gui_only=True)
        native = self.native
        native.setWordWrap(True)
        native.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        native.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        native.setStyleSheet(style)
        Watch(native, {QEvent.Type.Resize: self._fit})

    def set_value(self, value: Any) -> None:
        super().set_value(value)
        self._fit()

    def _fit(self) -> None:
        """As high as the text at this width; else Qt guesses from a width that it does not have."""
        self.native.setMinimumHeight(0)  # which would be part of what Qt says
        self.native.setMinimumHeight(max(0, self.native.heightForWidth(self.native.width())))


def say(label: Label, text: str) -> None:
    """Show a text; an empty one takes the label away."""
    label.value = text
    label.visible = bool(text)


class Fold(QCollapsible):
    """A container that a line with an arrow hides and shows.

    Parameters
    ----------
    less : str
        What the line says instead while the container is shown, if it then stands below it.
    """

    def __init__(self, title: str, content: Container, less: str = "") -> None:
        super().__init__()
        self._inside, self._title, self._less = content.native, title, less
        self.setDuration(0)
        self.setContent(self._inside)
        button, layout = self.toggleButton(), self.layout()
        button.setStyleSheet(_FLAT)
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_SPACING_PX)
        self.toggled.connect(self._show)
        self._show(False)

    @property
    def title(self) -> str:
        return self._title

    @title.setter
    def title(self, title: str) -> None:
        self._title = title
        self._show(self.isExpanded())

    def _show(self, is_open: bool) -> None:
        # Arrows that superqt draws once would keep the colour of the theme before, and heights
        # that it sets would cut off rows that appear later. It has no way to have none from the
        # beginning: in PySide6, an icon without a picture is false.
        self.toggleButton().setIcon(QIcon())
        opened = f"▴ {self._less}" if self._less else f"▾ {self._title}"
        self.setText(opened if is_open else f"▸ {self._title}")
        self._inside.setMaximumHeight(_UNLIMITED_PX)
        self._inside.setVisible(is_open)


def add_menu(button: PushButton, fill: Callable[[], object] | None = None) -> QMenu:
    """A menu that a button opens; filled each time, as what it offers may come and go."""
    menu = QMenu(button.native)
    if fill is not None:
        menu.aboutToShow.connect(fill)
    button.native.setMenu(menu)
    return menu


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
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setWidget(content.native)
        Watch(content.native, {QEvent.Type.LayoutRequest: self.updateGeometry})

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        # Around the viewport there is what napari's style draws.
        return self.widget().sizeHint() + self.size() - self.maximumViewportSize()


def lay_out(
    panel: Container,
    above: Container,
    scrolled: Container,
    fold: Fold,
    below: Container,
    yielding: Fold,
) -> None:
    """Put three parts into the panel: the middle one, with a fold in it, scrolls if it has to.

    Where that fold is opened and has no room, another one in the lower part is closed.
    """
    for part in (above, scrolled):
        part.margins = (_MARGIN_PX, _SPACING_PX, _MARGIN_PX, 0)
    scrolled.native.layout().addStretch()
    below.margins = (_MARGIN_PX, _SPACING_PX, _MARGIN_PX, _MARGIN_PX)
    scroll = _Scroll(scrolled)

    def settle() -> None:
        if scroll.height() < scroll.sizeHint().height():
            yielding.collapse()
        scroll.verticalScrollBar().setValue(fold.y())

    def show(is_open: bool) -> None:
        if is_open:  # once it has its room
            QTimer.singleShot(0, settle)

    fold.toggled.connect(show)
    layout = panel.native.layout()
    layout.setSpacing(0)
    layout.addWidget(above.native, 1)
    layout.addWidget(scroll)
    # Not scrolled, as it would be out of sight where there is little room.
    below.native.layout().insertWidget(0, fold.toggleButton())
    layout.addWidget(below.native)
    _prepare([each for part in (above, scrolled, below) for each in _controls(part.native)])

    def let_shrink_again() -> None:
        """The least height of a dock of napari grows with what is in it; left alone, for good."""
        dock = panel.native.parentWidget()
        if isinstance(dock, QDockWidget):
            dock.setMinimumHeight(0)

    Watch(panel.native, {QEvent.Type.LayoutRequest: let_shrink_again})
    panel.margins = (0, 0, 0, 0)
    panel.native.setMinimumWidth(WIDTH_PX)
    # Else napari would put a stretch below, which takes the room from the picture.
    panel.native.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)


def _prepare(controls: Sequence[QWidget]) -> None:
    """Let keys, the wheel and those who do not see get along with all controls of the window."""
    for before, after in pairwise(controls):
        QWidget.setTabOrder(before, after)
    for control in controls:
        has_text = isinstance(control, QAbstractButton) and control.text()
        if not (has_text or control.accessibleName()):
            control.setAccessibleName(control.toolTip().partition(".")[0])
        if isinstance(control, (QComboBox, QAbstractSpinBox)):
            # Else it would change values while what is below the pointer is to be scrolled.
            control.wheelEvent = lambda event: event.ignore()  # type: ignore[method-assign]


def show_in_scroll(widget: QWidget) -> None:
    """Scroll to a widget, once all that is changing has its place."""

    def scroll() -> None:
        area = widget.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None:
            area.ensureWidgetVisible(widget)

    QTimer.singleShot(0, scroll)


def _controls(item: Any) -> Iterator[QWidget]:
    """All that the Tab key leads to, in the order in which it is seen."""
    widget, layout = item, item.layout()
    if isinstance(item, QLayoutItem):
        widget = item.widget()
        if widget is not None:
            yield from _controls(widget)
    elif widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
        yield widget
    if layout is not None:
        for index in range(layout.count()):
            yield from _controls(layout.itemAt(index))


def add_key(scope: Any, keys: str, button: Any) -> None:
    """Let keys press a button of magicgui while the focus is in the scope; its tooltip says so."""
    shortcut = QShortcut(QKeySequence(keys), scope)
    shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    shortcut.activated.connect(button.native.click)
    words = shortcut.key().toString(QKeySequence.SequenceFormat.NativeText)
    button.tooltip = f"{button.tooltip or button.text} ({words})"


class Watch(QObject):
    """Does something at events of a widget of Qt of which magicgui does not tell."""

    def __init__(self, native: Any, acts: Mapping[QEvent.Type, Callable[[], object]]) -> None:
        super().__init__(native)
        self._acts = acts
        native.installEventFilter(self)

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        # Python may have cleared away what Qt still sends the last events to.
        act = vars(self).get("_acts", {}).get(event.type())
        if act is not None:
            act()
        return False
