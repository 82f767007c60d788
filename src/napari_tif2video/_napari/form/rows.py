"""Rows of the form: each edits one or a few settings, and shows what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from psygnal import Signal
from qtpy.QtCore import Signal as QtSignal
from qtpy.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QWidget

from ...settings import VideoSettings
from ..panel import LABEL_WIDTH_PX, SMALL_LIST_PX, column, let_shrink, row

_PROBLEM_COLOUR = "#e06c00"  # readable on napari's dark and its light theme


def as_text(value: Any) -> str:
    """A setting as a user would write it; empty for none."""
    if value is None:
        return ""
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


# Fields: widgets whose `value` is that of a setting, which `show_value` shows. Their `edited` is
# emitted for changes by the user only. What settings leave out comes back as it was: None.


class Check(QCheckBox):
    """Yes or no."""

    def __init__(self, text: str, tooltip: str) -> None:
        super().__init__(text)
        self.setToolTip(tooltip)

    @property
    def edited(self) -> Any:
        return self.clicked

    @property
    def value(self) -> bool:
        return bool(self.isChecked())

    def show_value(self, value: bool) -> None:
        self.setChecked(value)


class Text(QLineEdit):
    """A line of text; empty, it is None, whose meaning is in the placeholder."""

    def __init__(
        self,
        placeholder: str,
        tooltip: str,
        width_px: int | None = None,
        *,
        words: Callable[[Any], str] = as_text,
    ) -> None:
        super().__init__()
        self.setPlaceholderText(placeholder)
        self.setToolTip(tooltip)
        if width_px is not None:
            self.setFixedWidth(width_px)
        self._words = words

    @property
    def edited(self) -> Any:
        return self.textEdited

    @property
    def value(self) -> str | None:
        return self.text().strip() or None

    def show_value(self, value: Any) -> None:
        self.setText(self._words(value))


class ChoiceBox(QComboBox):
    """A list of values; one that is shown without being among them is added.

    Parameters
    ----------
    choices : sequence of (str, value)
        The words for each value, and the value.
    default : optional
        The value that None stands for.
    """

    def __init__(
        self, choices: Sequence[tuple[str, Any]], tooltip: str, default: Any = None
    ) -> None:
        super().__init__()
        self._default, self._is_said = default, False
        self.setToolTip(tooltip)
        let_shrink(self, SMALL_LIST_PX)
        self.fill(choices)
        if default is not None:
            self.show_value(None)
        self.activated.connect(self._on_edited)

    @property
    def edited(self) -> Any:
        return self.activated

    @property
    def choices(self) -> list[tuple[str, Any]]:
        return [(self.itemText(i), self.itemData(i)) for i in range(self.count())]

    def fill(self, choices: Sequence[tuple[str, Any]]) -> None:
        """Offer these values."""
        if list(choices) != self.choices:
            self.clear()
            for words, value in choices:
                self.addItem(words, value)

    @property
    def value(self) -> Any:
        value = self.currentData()
        return None if value == self._default and not self._is_said else value

    def show_value(self, value: Any) -> None:
        self._is_said = value is not None
        value = self._default if value is None else value
        known = [each for _, each in self.choices]
        if value not in known:
            self.addItem(as_text(value), value)
            known.append(value)
        self.setCurrentIndex(known.index(value))

    def _on_edited(self) -> None:
        self._is_said = False


class NameBox(QComboBox):
    """A list of names in which any other can be written; the first stands for None."""

    edited = QtSignal()

    def __init__(self, names: Sequence[str], tooltip: str, edit: QLineEdit | None = None) -> None:
        super().__init__()
        self._default, self._is_said = names[0], False
        self.addItems(names)
        self.setLineEdit(QLineEdit() if edit is None else edit)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setToolTip(tooltip)
        let_shrink(self, SMALL_LIST_PX)
        for signal in (self.activated, self.lineEdit().textEdited):
            signal.connect(self._on_edited)

    @property
    def value(self) -> str | None:
        name = self.currentText().strip() or self._default
        return None if name == self._default and not self._is_said else name

    def show_value(self, value: str | None) -> None:
        self._is_said = value is not None
        self.setCurrentText(value or self._default)
        self.lineEdit().setCursorPosition(0)

    def _on_edited(self) -> None:
        self._is_said = False
        self.edited.emit()


class SettingRow:
    """Fields for settings beside each other, with a line below them for what is wrong.

    `changed` is emitted for each change by the user and never while `show` sets the widgets.

    Parameters
    ----------
    label : str or widget
        What the row is called; a check box has the name beside it.
    *parts : widget or str
        What follows; a text becomes a label.
    fields : mapping
        The field of each setting that the row edits. A message that begins with one of these names
        belongs to the row. Rows that do without fields show and tell `values` by themselves.
    is_switched : bool
        Where the first field is off or empty, the others have no meaning.
    below : sequence of widgets
        Further lines.
    signs : sequence of str
        So does a message with one of these words, where no row's name begins it.
    """

    changed = Signal()

    def __init__(
        self,
        label: str | QWidget,
        *parts: QWidget | str,
        fields: Mapping[str, Any],
        is_switched: bool = False,
        stretch: int | None = None,
        below: Sequence[QWidget] = (),
        signs: Sequence[str] = (),
    ) -> None:
        self.fields, self.names, self.signs = fields, tuple(fields), tuple(signs)
        self.is_offered = True
        self._is_switched = is_switched
        if not isinstance(label, str):
            label.setMinimumWidth(LABEL_WIDTH_PX)
        self.title = label if isinstance(label, str) else str(label.property("text"))
        self.problem = QLabel("")
        self.problem.setWordWrap(True)
        self.problem.setStyleSheet(f"color: {_PROBLEM_COLOUR}")
        self.problem.hide()
        self.native = column(row(label, *parts, stretch=stretch), *below, self.problem)
        for field in fields.values():
            if field is not None:
                field.edited.connect(self._on_change)
        self._enable()

    def values(self) -> dict[str, Any]:
        """What the row says, by the names of the settings; not checked yet."""
        values = {name: field.value for name, field in self.fields.items()}
        first = self.names[0]
        if self._is_switched and not values[first]:
            return dict.fromkeys(values) | {first: values[first]}
        return values

    def show(self, settings: VideoSettings) -> None:
        """Show these settings."""
        for name, field in self.fields.items():
            field.show_value(getattr(settings, name))
        self._enable()

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
        if self._is_switched:
            first, *others = self.fields.values()
            for field in others:
                field.setEnabled(bool(first.value))

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
        unit: str = "",
        *,
        signs: Sequence[str] = (),
        words: Callable[[Any], str] = as_text,
    ) -> None:
        self.edit = Text(placeholder, tooltip, words=words)
        units = (unit,) if unit else ()
        super().__init__(label, self.edit, *units, fields={name: self.edit}, stretch=1, signs=signs)
