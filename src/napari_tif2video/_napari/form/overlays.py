"""The rows for what is drawn onto the video, and for the lengths and times that it needs."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit

from ...settings import (
    ANCHOR_STYLES,
    CORNERS,
    DEFAULT_CORNERS,
    LABEL_FIELDS,
    VideoSettings,
    title_of,
)
from ...units import readable_duration
from ..panel import LABEL_WIDTH_PX, SMALL_LIST_PX, let_shrink
from .rows import ChoiceBox, SettingRow, TextRow, as_text, line_edit

_CORNERS = [(name.replace("-", " "), name) for name in CORNERS]
_COLOURS = ("red", "yellow", "lime", "cyan", "magenta", "white", "black")
_NUMBER_WIDTH_PX, _STYLE_WIDTH_PX = 52, 84


class AnchorRow(SettingRow):
    """A mark at the centre of the video, and how it looks."""

    def __init__(self) -> None:
        self.check = _check(
            title_of("anchor"), "A mark at the centre, drawn into the video after scaling"
        )
        self.style = ChoiceBox(
            [(name, name) for name in ANCHOR_STYLES], "dot", "How the mark at the centre looks"
        )
        self.style.setFixedWidth(_STYLE_WIDTH_PX)
        self.size = _number("auto", "Its size in pixels of the video, at least 6")
        self.colour = QComboBox()
        self.colour.setEditable(True)
        self.colour.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.colour.addItems(_COLOURS)
        self.colour.setToolTip("Its colour: a name, or #rrggbb")
        let_shrink(self.colour, SMALL_LIST_PX)
        self._is_colour_said = False
        parts = (self.style, self.size, QLabel("px"), self.colour)
        names = ("anchor", "anchor_style", "anchor_size", "anchor_colour")
        super().__init__(names, self.check, *parts, stretch=4, signs=("the anchor",))
        self.check.clicked.connect(self._on_change)
        self.style.activated.connect(self._on_change)
        self.size.textEdited.connect(self._on_change)
        self.colour.activated.connect(self._on_colour)
        edit = self.colour.lineEdit()
        assert edit is not None
        edit.textEdited.connect(self._on_colour)
        self._enable()

    def values(self) -> dict[str, Any]:
        if not self.check.isChecked():
            return dict.fromkeys(self.names[1:]) | {"anchor": False}
        colour = self.colour.currentText().strip() or _COLOURS[0]
        is_default = colour == _COLOURS[0] and not self._is_colour_said
        return {
            "anchor": True,
            "anchor_style": self.style.value,
            "anchor_size": self.size.text().strip() or None,
            "anchor_colour": None if is_default else colour,
        }

    def show(self, settings: VideoSettings) -> None:
        self.check.setChecked(settings.anchor)
        self.style.show_value(settings.anchor_style)
        self.size.setText(as_text(settings.anchor_size))
        self.colour.setCurrentText(settings.anchor_colour or _COLOURS[0])
        edit = self.colour.lineEdit()
        assert edit is not None
        edit.setCursorPosition(0)
        self._is_colour_said = settings.anchor_colour is not None
        self._enable()

    def _on_colour(self) -> None:
        self._is_colour_said = False
        self._on_change()

    def _enable(self) -> None:
        for part in (self.style, self.size, self.colour):
            part.setEnabled(self.check.isChecked())


class ScaleBarRow(SettingRow):
    """A bar with its length."""

    def __init__(self) -> None:
        self.check = _check(title_of("scale_bar"), "Draw a bar with its length")
        self.length = _number("auto", "Its length in µm; empty: a round one near a fifth")
        self.corner = ChoiceBox(_CORNERS, DEFAULT_CORNERS["scale_bar"], "Where the scale bar is")
        parts = (self.length, QLabel("µm"), self.corner)
        names = ("scale_bar", "scale_bar_length", "scale_bar_corner")
        super().__init__(names, self.check, *parts, stretch=3, signs=("scale bar",))
        self.check.clicked.connect(self._on_change)
        self.length.textEdited.connect(self._on_change)
        self.corner.activated.connect(self._on_change)
        self._enable()

    def values(self) -> dict[str, Any]:
        if not self.check.isChecked():
            return dict.fromkeys(self.names[1:]) | {"scale_bar": False}
        length = self.length.text().strip() or None
        return dict(zip(self.names, (True, length, self.corner.value), strict=True))

    def show(self, settings: VideoSettings) -> None:
        self.check.setChecked(settings.scale_bar)
        self.length.setText(as_text(settings.scale_bar_length))
        self.corner.show_value(settings.scale_bar_corner)
        self._enable()

    def _enable(self) -> None:
        for part in (self.length, self.corner):
            part.setEnabled(self.check.isChecked())


class TimestampRow(SettingRow):
    """The time of each frame, and when the first one was taken."""

    def __init__(self) -> None:
        self.check = _check(title_of("timestamp"), "Draw the time of each frame")
        self.corner = ChoiceBox(_CORNERS, DEFAULT_CORNERS["timestamp"], "Where the time is")
        self.start = _number(
            "0", "Time of the first frame of the data: 2h, -10min; empty: 0, or as recorded"
        )
        self._is_in_label = False
        parts = (self.corner, QLabel("first at"), self.start)
        names = ("timestamp", "timestamp_corner", "time_start")
        super().__init__(names, self.check, *parts, stretch=1, signs=("the timestamp",))
        self.check.clicked.connect(self._on_change)
        self.corner.activated.connect(self._on_change)
        self.start.textEdited.connect(self._on_change)
        self._enable()

    def values(self) -> dict[str, Any]:
        is_drawn = self.check.isChecked()
        is_shown = is_drawn or self._is_in_label  # else the start would imply a timestamp
        corner = self.corner.value if is_drawn else None
        start = (self.start.text().strip() or None) if is_shown else None
        return dict(zip(self.names, (is_drawn, corner, start), strict=True))

    def show(self, settings: VideoSettings) -> None:
        self.check.setChecked(settings.timestamp)
        self.corner.show_value(settings.timestamp_corner)
        self.start.setText(_seconds(settings.time_start))
        self._enable()

    def follow_label(self, shows_time: bool) -> None:
        """Whether the label shows the time, which the start moves too."""
        self._is_in_label = shows_time
        self._enable()

    def _enable(self) -> None:
        self.corner.setEnabled(self.check.isChecked())
        self.start.setEnabled(self.check.isChecked() or self._is_in_label)


class IntervalRow(TextRow):
    """The time from frame to frame."""

    def __init__(self) -> None:
        tooltip = (
            "Time between frames of the data, such as 5min, 1h30min or 500ms, instead of what the "
            "data say"
        )
        super().__init__("frame_interval", title_of("frame_interval"), "", tooltip)

    def show(self, settings: VideoSettings) -> None:
        self.edit.setText(_seconds(settings.frame_interval))


class LabelRow(SettingRow):
    """A text, and where it is."""

    def __init__(self) -> None:
        fields = " ".join(f"{{{name}}}" for name in LABEL_FIELDS)
        self.edit = line_edit("none", f"A text; filled in are {fields}; {{{{ is a brace")
        self.corner = ChoiceBox(_CORNERS, DEFAULT_CORNERS["label"], "Where the label is")
        parts = (self.edit, self.corner)
        names = ("label", "label_corner")
        super().__init__(names, title_of("label"), *parts, stretch=1, signs=("the label",))
        self.edit.textEdited.connect(self._on_change)
        self.corner.activated.connect(self._on_change)
        self._enable()

    @property
    def shows_time(self) -> bool:
        return "{time}" in self.edit.text()

    def values(self) -> dict[str, Any]:
        text = self.edit.text()
        if not text.strip():
            return {"label": None, "label_corner": None}
        return {"label": text, "label_corner": self.corner.value}

    def show(self, settings: VideoSettings) -> None:
        self.edit.setText(settings.label or "")
        self.corner.show_value(settings.label_corner)
        self._enable()

    def _enable(self) -> None:
        self.corner.setEnabled(bool(self.edit.text().strip()))


def _check(text: str, tooltip: str) -> QCheckBox:
    check = QCheckBox(text)
    check.setToolTip(tooltip)
    check.setMinimumWidth(LABEL_WIDTH_PX)
    return check


def _number(placeholder: str, tooltip: str) -> QLineEdit:
    edit = line_edit(placeholder, tooltip)
    edit.setFixedWidth(_NUMBER_WIDTH_PX)
    return edit


def _seconds(value: float | None) -> str:
    """A duration as a user would write it; read again, it is the same number."""
    return "" if value is None else readable_duration(value)
