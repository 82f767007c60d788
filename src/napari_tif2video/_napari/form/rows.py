"""Rows of the form: each edits one or a few settings, and shows what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psygnal import Signal
from qtpy.QtWidgets import QComboBox, QLabel, QLineEdit, QWidget

from ...settings import VideoSettings
from ..panel import SMALL_LIST_PX, column, let_shrink, row

_PROBLEM_COLOUR = "#e06c00"  # readable on napari's dark and its light theme


def problem_label() -> QLabel:
    """A line for what is wrong, hidden while nothing is."""
    label = QLabel("")
    label.setWordWrap(True)
    label.setStyleSheet(f"color: {_PROBLEM_COLOUR}")
    label.hide()
    return label


class SettingRow:
    """Widgets for the settings `names`, with a line below them for what is wrong.

    `changed` is emitted for each change by the user and never while `show` sets the widgets.

    Parameters
    ----------
    names : sequence of str
        Fields of `VideoSettings`. A message that begins with one of them belongs to this row.
    label : str or QCheckBox
        What the row is called; a check box has the name beside it.
    signs : sequence of str
        So does a message with one of these words, where no row's name begins it.
    """

    changed = Signal()

    def __init__(
        self,
        names: Sequence[str],
        label: str | QWidget,
        *parts: QWidget,
        stretch: int | None = None,
        signs: Sequence[str] = (),
    ) -> None:
        self.names, self.signs = tuple(names), tuple(signs)
        self.is_offered = True
        self.title = label if isinstance(label, str) else str(label.property("text"))
        self.problem = problem_label()
        self._line = row(label, *parts, stretch=stretch)
        self.native = column(self._line, self.problem)

    def add(self, *parts: QWidget) -> None:
        """Put more widgets behind those that are there."""
        line = self._line.layout()
        assert line is not None
        for part in parts:
            line.addWidget(part)

    def values(self) -> dict[str, Any]:
        """What the row says, by the names of the settings; not checked yet."""
        raise NotImplementedError

    def show(self, settings: VideoSettings) -> None:
        """Show these settings."""
        raise NotImplementedError

    def offer(self, is_offered: bool) -> None:
        """Let the user see the row, or not."""
        self.is_offered = is_offered
        self.native.setVisible(is_offered)

    def show_problem(self, message: str) -> None:
        """Show a message below the row; an empty one takes it away."""
        self.problem.setText(message)
        self.problem.setVisible(bool(message))

    def _enable(self) -> None:
        """Disable what has no meaning now; called after each change by the user."""

    def _on_change(self) -> None:
        self._enable()
        self.changed.emit()


class TextRow(SettingRow):
    """A line of text for one setting; empty means the default."""

    def __init__(
        self,
        name: str,
        label: str,
        placeholder: str,
        tooltip: str,
        signs: Sequence[str] = (),
        unit: str = "",
    ) -> None:
        self.edit = line_edit(placeholder, tooltip)
        parts = (self.edit, QLabel(unit)) if unit else (self.edit,)
        super().__init__((name,), label, *parts, stretch=1, signs=signs)
        self.edit.textEdited.connect(self._on_change)

    def values(self) -> dict[str, Any]:
        return {self.names[0]: self.edit.text().strip() or None}

    def show(self, settings: VideoSettings) -> None:
        self.edit.setText(as_text(getattr(settings, self.names[0])))


class ChoiceRow(SettingRow):
    """A list of values for one setting."""

    def __init__(
        self,
        name: str,
        label: str,
        choices: Sequence[tuple[str, Any]],
        tooltip: str,
        signs: Sequence[str] = (),
    ) -> None:
        self.combo = QComboBox()
        self.combo.setToolTip(tooltip)
        let_shrink(self.combo)
        super().__init__((name,), label, self.combo, stretch=1, signs=signs)
        self._choices: list[tuple[str, Any]] = []
        self.fill(choices)
        self.choose(getattr(VideoSettings(), name))
        self.combo.activated.connect(self._on_change)

    @property
    def value(self) -> Any:
        """The chosen value."""
        index = self.combo.currentIndex()
        return self._choices[index][1] if index >= 0 else None

    def choose(self, value: Any) -> None:
        """Choose this value; one that is not in the list is added to it."""
        values = [known for _, known in self._choices]
        if value not in values:
            self.fill([*self._choices, (as_text(value), value)])
            values.append(value)
        self.combo.setCurrentIndex(values.index(value))

    def fill(self, choices: Sequence[tuple[str, Any]]) -> None:
        """Offer these values, each with the words for it."""
        if list(choices) != self._choices:
            self._choices = list(choices)
            self.combo.clear()
            self.combo.addItems([words for words, _ in choices])

    def values(self) -> dict[str, Any]:
        return {self.names[0]: self.value}

    def show(self, settings: VideoSettings) -> None:
        self.choose(getattr(settings, self.names[0]))


class ChoiceBox(QComboBox):
    """A list of values of which one is the default, for which settings may say None.

    What settings say comes back as it was, be it the default or nothing.

    Parameters
    ----------
    choices : sequence of (str, str)
        The words for each value, and the value.
    """

    def __init__(self, choices: Sequence[tuple[str, str]], default: str, tooltip: str) -> None:
        super().__init__()
        self._known = [value for _, value in choices]
        self._default, self._is_said = default, False
        self.addItems([words for words, _ in choices])
        self.setToolTip(tooltip)
        let_shrink(self, SMALL_LIST_PX)
        self.show_value(None)
        self.activated.connect(self._on_activated)

    @property
    def value(self) -> str | None:
        value = self._known[self.currentIndex()]
        return None if value == self._default and not self._is_said else value

    def show_value(self, value: str | None) -> None:
        self._is_said = value is not None
        self.setCurrentIndex(self._known.index(self._default if value is None else value))

    def _on_activated(self) -> None:
        self._is_said = False


def line_edit(placeholder: str, tooltip: str) -> QLineEdit:
    edit = QLineEdit()
    edit.setPlaceholderText(placeholder)
    edit.setToolTip(tooltip)
    return edit


def as_text(value: Any) -> str:
    """A setting as a user would write it; empty for none."""
    if value is None:
        return ""
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)
