"""The rows below "More". A new one is a line in `more_rows`, and a class where it is special."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QCheckBox, QComboBox, QLabel

from ..settings import QUALITIES, VideoSettings
from .panel import let_shrink
from .rows import ChoiceRow, SettingRow, TextRow, as_text, line_edit

# Maps that microscopists ask for first; any other name can be written into the list.
_COLORMAPS = (
    "gray", "green", "magenta", "cyan", "yellow", "red", "blue",
    "viridis", "magma", "inferno", "plasma", "cividis", "turbo", "batlow", "hot", "fire",
)  # fmt: skip
_NO_COLORMAP = "As they are"


def more_rows() -> tuple[SettingRow, ...]:
    """New rows, in the order in which they are shown."""
    return (
        PercentileRow(),
        ToneRow(),
        ColormapRow(),
        TextRow(
            "frames",
            "Frames",
            "all, or 10:50, ::2",
            "First:last:step as in Python, such as 10:50 or ::2",
        ),
        ChoiceRow(
            "quality",
            "Quality",
            [(name.capitalize(), name) for name in QUALITIES],
            "How much the encoder may lose",
        ),
    )


class PercentileRow(SettingRow):
    """Two percentages; both empty: the smallest and the largest count."""

    def __init__(self) -> None:
        tooltip = (
            "Percentiles of the counts that become black and white, such as 0.1 and 99.9, so that "
            "a few hot or dead pixels do not decide; empty: the smallest and the largest count"
        )
        self.low, self.high = line_edit("0", tooltip), line_edit("100", tooltip)
        super().__init__(("percentile",), "Percentile", self.low, QLabel("to"), self.high)
        for edit in (self.low, self.high):
            edit.setMinimumWidth(0)
            edit.textEdited.connect(self._on_change)

    def values(self) -> dict[str, Any]:
        low, high = (edit.text().strip() for edit in (self.low, self.high))
        if not self.is_offered or not (low or high):
            return {"percentile": None}
        return {"percentile": (low or "0", high or "100")}

    def show(self, settings: VideoSettings) -> None:
        for edit, value in zip(
            (self.low, self.high), settings.percentile or (None, None), strict=True
        ):
            edit.setText(as_text(value))


class ToneRow(SettingRow):
    """Gamma, and black and white the other way round."""

    def __init__(self) -> None:
        self.gamma = line_edit(
            "1",
            "Exponent of the grey level, 0.05 to 20: below 1, dark parts get brighter; "
            "empty: 1, or that of the layer",
        )
        self.invert = QCheckBox("Invert")
        self.invert.setToolTip("Swap black and white")
        super().__init__(("gamma", "invert"), "Gamma", self.gamma, self.invert, signs=("inverted",))
        self.gamma.textEdited.connect(self._on_change)
        self.invert.clicked.connect(self._on_change)

    def values(self) -> dict[str, Any]:
        return {"gamma": self.gamma.text().strip() or None, "invert": self.invert.isChecked()}

    def show(self, settings: VideoSettings) -> None:
        self.gamma.setText(as_text(settings.gamma))
        self.invert.setChecked(settings.invert)


class ColormapRow(SettingRow):
    """A colormap from a short list, or any other one by its name."""

    def __init__(self) -> None:
        self.combo = QComboBox()
        self.combo.setEditable(True)
        self.combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.combo.addItems([_NO_COLORMAP, *_COLORMAPS])
        self.combo.setToolTip(
            "Show grey levels in colours: choose a colormap, or write the name of any in the "
            "catalogue of cmap; with _r at its end, the other way round"
        )
        let_shrink(self.combo)
        super().__init__(("colormap",), "Colours", self.combo, stretch=1, signs=("colormap",))
        self.combo.activated.connect(self._on_change)
        edit = self.combo.lineEdit()
        assert edit is not None
        edit.textEdited.connect(self._on_change)

    def values(self) -> dict[str, Any]:
        name = self.combo.currentText().strip()
        return {"colormap": None if name in ("", _NO_COLORMAP) else name}

    def show(self, settings: VideoSettings) -> None:
        self.combo.setCurrentText(settings.colormap or _NO_COLORMAP)
