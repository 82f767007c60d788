"""The rows below "More". A new one is an entry in `MoreRows`, and a class where it is special."""

from __future__ import annotations

from typing import Any

from psygnal import Signal
from qtpy.QtWidgets import QCheckBox, QComboBox, QLabel

from ..data import Calibration
from ..overlays import Scale
from ..settings import VideoSettings
from .format_rows import FormatRow, MaxSizeRow, QualityRow
from .overlay_rows import IntervalRow, LabelRow, ScaleBarRow, TimestampRow
from .panel import column, heading, let_shrink
from .rows import SettingRow, TextRow, as_text, line_edit

# Maps that microscopists ask for first; any other name can be written into the list.
_COLORMAPS = (
    "gray", "green", "magenta", "cyan", "yellow", "red", "blue",
    "viridis", "magma", "inferno", "plasma", "cividis", "turbo", "batlow", "hot", "fire",
)  # fmt: skip
_NO_COLORMAP = "As they are"


class MoreRows:
    """The rows below each other, under headings; some depend on others, or on the data."""

    changed = Signal()

    def __init__(self) -> None:
        self.percentile = PercentileRow()
        self.scale_bar, self.timestamp, self.label = ScaleBarRow(), TimestampRow(), LabelRow()
        self.pixel_size = TextRow(
            "pixel_size", "Pixel size", "", "Width of a pixel of the data in µm", unit="µm"
        )
        self.magnification = TextRow(
            "um_per_pixel",
            "Magnified",
            "",
            "How many µm a pixel of the video shows, the same for all videos; instead of a width",
            unit="µm a pixel",
        )
        self.interval = IntervalRow()
        self.format, self.quality, self.max_size = FormatRow(), QualityRow(), MaxSizeRow()
        groups: dict[str, tuple[SettingRow, ...]] = {
            "Grey levels": (self.percentile, ToneRow(), ColormapRow()),
            "Drawn onto it": (self.scale_bar, self.timestamp, self.label),
            "Lengths and times": (
                self.pixel_size,
                self.magnification,
                self.interval,
                TextRow(
                    "frames",
                    "Frames",
                    "all, or 10:50, ::2",
                    "First:last:step as in Python, such as 10:50 or ::2",
                ),
            ),
            "Format": (self.format, self.quality, self.max_size),
        }
        self.rows = tuple(each for rows in groups.values() for each in rows)
        parts = [(heading(text), *(each.native for each in rows)) for text, rows in groups.items()]
        self.native = column(*(part for group in parts for part in group))
        for each in self.rows:
            each.changed.connect(self._on_change)
        self.format.codec.activated.connect(self._on_format)
        self.format.raw.clicked.connect(self._on_format)
        self.describe(None, None)

    @property
    def is_raw(self) -> bool:
        """Whether the counts are written as they are, which leaves little else to choose."""
        return self.format.raw.isChecked()

    @property
    def gives_width(self) -> bool:
        """Whether the magnification decides about the width of the video."""
        return bool(self.magnification.edit.text().strip())

    def show(self, settings: VideoSettings) -> None:
        """Show these settings."""
        for each in self.rows:
            each.show(settings)
        self._follow()

    def describe(self, known: Calibration | None, scale: Scale | None) -> None:
        """Say what the data state, and what comes of it, where nothing else is written.

        Parameters
        ----------
        known : Calibration, optional
            What the source says.
        scale : Scale, optional
            That of the video as it is planned.
        """
        known = known or Calibration()
        size = _known(known.pixel_size_um, "", known.pixel_size_origin, "not known")
        interval = _known(
            known.frame_interval_s, " s", known.frame_interval_origin, "not known; 5min, 30s"
        )
        self.pixel_size.edit.setPlaceholderText(size)
        self.interval.edit.setPlaceholderText(interval)
        now = "" if scale is None or self.gives_width else f"by the width: {scale.um_per_px:.4g}"
        self.magnification.edit.setPlaceholderText(now)

    def _on_format(self) -> None:
        self.quality.follow(self.format.facts, is_chosen=True)

    def _on_change(self) -> None:
        self._follow()
        self.changed.emit()

    def _follow(self) -> None:
        self.quality.follow(self.format.facts, is_chosen=False)
        self.max_size.follow(self.format.facts)
        self.timestamp.follow_label(self.label.shows_time)


def _known(value: float | None, unit: str, origin: str, otherwise: str) -> str:
    return otherwise if value is None else f"{value:.6g}{unit} ({origin})"


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
