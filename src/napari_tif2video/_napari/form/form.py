"""The settings of a video as a form, and back. Knows nothing of layers or folders."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Sequence
from typing import Any

from magicgui.widgets import PushButton
from psygnal import Signal
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import QLabel
from superqt.cmap import QColormapItemDelegate, QColormapLineEdit

from ...data import Calibration
from ...errors import SettingsError
from ...overlays import Scale
from ...settings import RAW_TAKES, SETTINGS, VideoSettings, option_of, title_of
from ..panel import column, heading, row
from ..source import SourceAxes
from .basic import ContrastRow, CropRow, SpeedRow, WidthRow
from .format import FormatRow, MaxSizeRow, QualityRow
from .overlays import AnchorRow, LabelRow, ScaleBarRow, TimestampRow, seconds_text
from .rows import Check, NameBox, SettingRow, Text, TextRow
from .view import ViewRows

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
            "pixel_size", title_of("pixel_size"), "", "Width of a pixel of the data in µm", "µm"
        )
        self.magnification = TextRow(
            "um_per_pixel",
            title_of("um_per_pixel"),
            "",
            "How many µm a pixel of the video shows, the same for all videos; instead of a width",
            "µm a pixel",
        )
        self.interval = TextRow(
            "frame_interval",
            title_of("frame_interval"),
            "",
            "Time between frames of the data, such as 5min, 1h30min or 500ms, instead of what the "
            "data say",
            words=seconds_text,
        )
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
                    title_of("frames"),
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
        for field in self.format.fields.values():
            field.edited.connect(self._on_format)
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
        self.quality.follow(self.format.chosen, is_chosen=True)

    def _on_change(self) -> None:
        self._follow()
        self.changed.emit()

    def _follow(self) -> None:
        self.quality.follow(self.format.chosen, is_chosen=False)
        self.max_size.follow(self.format.chosen)
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
        self.low, self.high = Text("0", tooltip), Text("100", tooltip)
        super().__init__(
            title_of("percentile"), self.low, "to", self.high, fields={"percentile": None}
        )
        for edit in (self.low, self.high):
            edit.setMinimumWidth(0)
            edit.edited.connect(self._on_change)

    def values(self) -> dict[str, Any]:
        low, high = self.low.value, self.high.value
        is_said = self.is_offered and (low or high)
        return {"percentile": (low or "0", high or "100") if is_said else None}

    def show(self, settings: VideoSettings) -> None:
        low, high = settings.percentile or (None, None)
        self.low.show_value(low)
        self.high.show_value(high)


class ToneRow(SettingRow):
    """Gamma, and black and white the other way round."""

    def __init__(self) -> None:
        self.gamma = Text(
            "1",
            "Exponent of the grey level, 0.05 to 20: below 1, dark parts get brighter; "
            "empty: 1, or that of the layer",
        )
        self.invert = Check(title_of("invert"), "Swap black and white")
        fields = {"gamma": self.gamma, "invert": self.invert}
        super().__init__(
            title_of("gamma"), self.gamma, self.invert, fields=fields, signs=("inverted",)
        )


class ColormapRow(SettingRow):
    """A colormap from a short list, or any other one by its name, in its colours."""

    def __init__(self) -> None:
        self.combo = NameBox(
            (_NO_COLORMAP, *_COLORMAPS),
            "Show grey levels in colours: choose a colormap, or write the name of any in the "
            "catalogue of cmap; with _r at its end, the other way round",
            QColormapLineEdit(fallback_cmap=None, missing_icon=QIcon()),
        )
        self.combo.setItemDelegate(QColormapItemDelegate(self.combo))
        fields = {"colormap": self.combo}
        super().__init__(
            title_of("colormap"), self.combo, fields=fields, stretch=1, signs=("colormap",)
        )


class SettingsForm:
    """Widgets for every choice that shapes the picture.

    `changed` is emitted once for each change by the user and never while `settings` is set.
    """

    changed = Signal()

    def __init__(self) -> None:
        self.crop_row, self.contrast_row = CropRow(), ContrastRow()
        self.width_row, self.speed_row, self.anchor_row = WidthRow(), SpeedRow(), AnchorRow()
        above = (
            self.crop_row,
            self.contrast_row,
            self.width_row,
            self.speed_row,
            self.anchor_row,
        )
        self.below, self.view = MoreRows(), ViewRows()
        self.rows: tuple[SettingRow, ...] = (*above, *self.below.rows, *self.view.rows)
        edited = {name for each in self.rows for name in each.names}
        # Settings from a file or a script that are kept, shown and used, but cannot be edited.
        self._not_edited = SETTINGS.keys() - edited
        self._kept: dict[str, Any] = {}
        self.kept_label = QLabel("")
        self.kept_label.setWordWrap(True)
        self.forget = PushButton(text="Forget", tooltip="Use the defaults instead")
        self.kept_row = row(self.kept_label, self.forget.native, stretch=0)
        self.top = column(*(each.native for each in above), self.kept_row)
        self.more = self.below.native
        for part in (*above, self.below, self.view):
            part.changed.connect(self._on_change)
        self.forget.changed.connect(self._on_forget)
        self._keep(VideoSettings())
        self._enable()

    @property
    def settings(self) -> VideoSettings:
        """What the form says.

        Raises
        ------
        SettingsError
            A value makes no sense, such as a black limit above the white one.
        """
        values = {name: value for each in self.rows for name, value in each.values().items()}
        if self.below.is_raw:
            values = {n: v for n, v in values.items() if n in RAW_TAKES} | {"width": "full"}
        return VideoSettings(**values | self._kept)

    @settings.setter
    def settings(self, settings: VideoSettings) -> None:
        with self.changed.blocked():
            for each in self.rows:
                each.show(settings)
            self.below.show(settings)
            self.view.refresh()
            self._keep(settings)
            self._enable()
        self.changed.emit()

    def _keep(self, settings: VideoSettings) -> None:
        self._kept = {n: v for n, v in settings.changed().items() if n in self._not_edited}
        self._say_kept()

    def _say_kept(self) -> None:
        """Say which settings are used although no row shows them."""
        kept = self._kept | self.view.hidden_values
        said = ", ".join(f"{name} {value}" for name, value in kept.items())
        self.kept_label.setText(f"Also: {said}")
        self.kept_row.setVisible(bool(kept))

    def _on_forget(self) -> None:
        self.view.forget_hidden()
        self._keep(VideoSettings())
        self._enable()
        self.changed.emit()

    def offer_axes(self, sources: Sequence[SourceAxes], slider: int = 0) -> None:
        """Offer the choices that any of these sources leaves, or layers with so many slices."""
        self.view.offer(sources, slider)
        self._say_kept()

    def restore(self, settings: VideoSettings) -> None:
        """Take settings that were made here before, perhaps for other data."""
        with self.changed.blocked():
            self.settings = settings
            self.view.take_over()
            self._say_kept()
        self.changed.emit()

    def offer_contrasts(self, names: Sequence[str]) -> None:
        """Offer these rules, and keep the chosen one if it is among them."""
        self.contrast_row.offer_contrasts(names)
        self._enable()

    def set_limits(self, low: float, high: float) -> None:
        """Fixed limits with these numbers."""
        settings = VideoSettings()  # while a value makes no sense
        with contextlib.suppress(SettingsError):
            settings = self.settings
        self.settings = dataclasses.replace(
            settings, contrast=None, percentile=None, limits=(low, high)
        )

    def show_problem(self, message: str) -> None:
        """Show a message below the row that it is about, as far as one can be told."""
        found = [each for each in self.rows if message.startswith(each.names)]
        found = found or [each for each in self.rows if any(s in message for s in each.signs)]
        for each in self.rows:
            each.show_problem(message if each in found[:1] else "")

    def in_words(self, message: str) -> str:
        """A message with the titles of rows in place of options of the command line."""
        titles = {option_of(name): each.title for each in self.rows for name in each.names}

        def title(match: re.Match[str]) -> str:
            known = titles.get(match[0])
            return match[0] if known is None else f'"{known}"'

        return re.sub(r"--[a-z][a-z-]*", title, message)

    def _on_change(self) -> None:
        self._enable()
        self.changed.emit()

    def _enable(self) -> None:
        is_raw = self.below.is_raw
        for each in self.rows:
            each.native.setEnabled(not is_raw or bool(RAW_TAKES & {*each.names}))
        self.width_row.let_choose(not self.below.gives_width)
        self.below.percentile.offer(self.contrast_row.takes_percentiles)
