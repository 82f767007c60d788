"""The rows for what is drawn onto the video, and for the lengths and times that it needs."""

from __future__ import annotations

from typing import Any

from ...settings import ANCHOR_STYLES, CORNERS, DEFAULT_CORNERS, LABEL_FIELDS, title_of
from ...units import readable_duration
from .rows import Check, ChoiceBox, NameBox, SettingRow, Text

_COLOURS = ("red", "yellow", "lime", "cyan", "magenta", "white", "black")
_NUMBER_WIDTH_PX, _STYLE_WIDTH_PX = 52, 84


class AnchorRow(SettingRow):
    """A mark at the centre of the video, and how it looks."""

    def __init__(self) -> None:
        self.check = Check(
            title_of("anchor"), "A mark at the centre, drawn into the video after scaling"
        )
        styles = [(name, name) for name in ANCHOR_STYLES]
        self.style = ChoiceBox(styles, "How the mark at the centre looks", "dot")
        self.style.setFixedWidth(_STYLE_WIDTH_PX)
        tooltip = "Its size in pixels of the video, at least 6"
        self.size = Text("auto", tooltip, _NUMBER_WIDTH_PX)
        self.colour = NameBox(_COLOURS, "Its colour: a name, or #rrggbb")
        fields = {
            "anchor": self.check,
            "anchor_style": self.style,
            "anchor_size": self.size,
            "anchor_colour": self.colour,
        }
        parts = (self.check, self.style, self.size, "px", self.colour)
        super().__init__(*parts, fields=fields, is_switched=True, stretch=4, signs=("the anchor",))


class ScaleBarRow(SettingRow):
    """A bar with its length."""

    def __init__(self) -> None:
        self.check = Check(title_of("scale_bar"), "Draw a bar with its length")
        tooltip = "Its length in µm; empty: a round one near a fifth"
        self.length = Text("auto", tooltip, _NUMBER_WIDTH_PX)
        self.corner = _corner(DEFAULT_CORNERS["scale_bar"], "Where the scale bar is")
        fields = {
            "scale_bar": self.check,
            "scale_bar_length": self.length,
            "scale_bar_corner": self.corner,
        }
        parts = (self.check, self.length, "µm", self.corner)
        super().__init__(*parts, fields=fields, is_switched=True, stretch=3, signs=("scale bar",))


class TimestampRow(SettingRow):
    """The time of each frame, and when the first one was taken."""

    def __init__(self) -> None:
        self.check = Check(title_of("timestamp"), "Draw the time of each frame")
        self.corner = _corner(DEFAULT_CORNERS["timestamp"], "Where the time is")
        tooltip = "Time of the first frame of the data: 2h, -10min; empty: 0, or as recorded"
        self.start = Text("0", tooltip, _NUMBER_WIDTH_PX, words=seconds_text)
        self._is_in_label = False
        fields = {
            "timestamp": self.check,
            "timestamp_corner": self.corner,
            "time_start": self.start,
        }
        parts = (self.check, self.corner, "first at", self.start)
        signs = ("the timestamp",)
        super().__init__(*parts, fields=fields, is_switched=True, stretch=1, signs=signs)

    def values(self) -> dict[str, Any]:
        # Where no time is shown, the start would imply a timestamp.
        return super().values() | ({"time_start": self.start.value} if self._is_in_label else {})

    def follow_label(self, shows_time: bool) -> None:
        """Whether the label shows the time, which the start moves too."""
        self._is_in_label = shows_time
        self._enable()

    def _enable(self) -> None:
        super()._enable()
        self.start.setEnabled(self.check.value or self._is_in_label)


class LabelRow(SettingRow):
    """A text, and where it is."""

    def __init__(self) -> None:
        names = " ".join(f"{{{name}}}" for name in LABEL_FIELDS)
        self.edit = Text("none", f"A text; filled in are {names}; {{{{ is a brace")
        self.corner = _corner(DEFAULT_CORNERS["label"], "Where the label is")
        fields = {"label": self.edit, "label_corner": self.corner}
        parts = (title_of("label"), self.edit, self.corner)
        super().__init__(*parts, fields=fields, is_switched=True, stretch=1, signs=("the label",))

    @property
    def shows_time(self) -> bool:
        return "{time}" in self.edit.text()

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values if values["label"] is None else values | {"label": self.edit.text()}


def _corner(default: str, tooltip: str) -> ChoiceBox:
    return ChoiceBox([(name.replace("-", " "), name) for name in CORNERS], tooltip, default)


def seconds_text(value: float | None) -> str:
    """A duration as a user would write it; read again, it is the same number."""
    return "" if value is None else readable_duration(value)
