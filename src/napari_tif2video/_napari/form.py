"""The settings of a video as a form, and back. Knows nothing of layers or folders."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from magicgui.widgets import CheckBox, FloatSpinBox, PushButton, SpinBox
from psygnal import Signal
from qtpy.QtWidgets import QLabel

from ..errors import SettingsError
from ..framing import FPS_RANGE, WIDTH_RANGE_PX
from ..geometry import Box
from ..settings import VideoSettings
from .contrast_row import ContrastRow
from .crop_row import CropRow
from .more_rows import more_rows
from .panel import column, row
from .rows import SettingRow
from .source_axes import SourceAxes
from .view_rows import ViewRows

# What the form edits without a row of its own: these widgets offer nothing that makes no sense.
_OWN = ("width", "fps", "anchor")
_SPIN_WIDTH_PX = 104


class SettingsForm:
    """Widgets for every choice that shapes the picture.

    `changed` is emitted once for each change by the user and never while `settings` is set.
    """

    changed = Signal()

    def __init__(self) -> None:
        self.crop_row, self.contrast_row = CropRow(), ContrastRow()
        self.width = _spin(500, *WIDTH_RANGE_PX, "Width of the video in pixels")
        self.full = CheckBox(text="full size", tooltip="No scaling: one pixel for each pixel")
        low, high = FPS_RANGE
        self.fps = FloatSpinBox(value=10, min=low, max=high, step=1, tooltip="Frames per second")
        self.anchor = CheckBox(
            text="Red dot at the centre", tooltip="Drawn into the video, after scaling"
        )
        self.duration = QLabel("")
        below = more_rows()
        self.percentile_row = next(each for each in below if "percentile" in each.names)
        self.view = ViewRows()
        self.rows: tuple[SettingRow, ...] = (
            self.crop_row,
            self.contrast_row,
            *below,
            *self.view.rows,
        )
        edited = {*_OWN, *(name for each in self.rows for name in each.names)}
        # Settings from a file or a script that are kept, shown and used, but cannot be edited.
        self._not_edited = [name for name in VideoSettings().to_dict() if name not in edited]
        self._kept: dict[str, Any] = {}
        self.kept_label = QLabel("")
        self.kept_label.setWordWrap(True)
        self.forget = PushButton(text="Forget", tooltip="Use the defaults instead")
        self.kept_row = row(self.kept_label, self.forget.native, stretch=0)
        self.top = column(
            self.crop_row.native,
            self.contrast_row.native,
            row("Width", self.width.native, QLabel("px"), self.full.native),
            row("Speed", self.fps.native, QLabel("fps"), self.duration),
            self.anchor.native,
            self.kept_row,
        )
        self.more = column(*(each.native for each in below))
        self._set_up()

    def _set_up(self) -> None:
        for spin in (self.width, self.fps):
            spin.native.setFixedWidth(_SPIN_WIDTH_PX)
        self.fps.native.setDecimals(2)
        above = [each for each in self.rows if each not in self.view.rows]
        for part in (self.width, self.full, self.fps, self.anchor, *above, self.view):
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
        kept = self._kept
        if not self.anchor.value:  # how it looks would imply it
            kept = {n: v for n, v in kept.items() if not n.startswith("anchor_")}
        if "um_per_pixel" not in kept:
            kept = kept | {"width": "full" if self.full.value else self.width.value}
        return VideoSettings(
            fps=_exact(self.fps.value),  # type: ignore[arg-type]
            anchor=self.anchor.value,
            **values,
            **kept,
        )

    @settings.setter
    def settings(self, settings: VideoSettings) -> None:
        with self.changed.blocked():
            self.full.value = settings.width == "full"
            if settings.width != "full":
                self.width.value = settings.width
            self.fps.value = float(settings.fps)
            self.anchor.value = settings.anchor
            for each in self.rows:
                each.show(settings)
            self.view.refresh()
            self._keep(settings)
            self._enable()
        self.changed.emit()

    def _keep(self, settings: VideoSettings) -> None:
        values, defaults = settings.to_dict(), VideoSettings().to_dict()
        self._kept = {n: values[n] for n in self._not_edited if values[n] != defaults[n]}
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

    def set_box(self, box: Box) -> None:
        """Take over a box that was drawn or dragged on the canvas."""
        self.crop_row.set_box(box)

    def set_limits(self, low: float, high: float) -> None:
        """Fixed limits with these numbers."""
        self.settings = dataclasses.replace(
            self.settings_or_default, contrast=None, percentile=None, limits=(low, high)
        )

    @property
    def settings_or_default(self) -> VideoSettings:
        """The settings, or the defaults while a value makes no sense."""
        try:
            return self.settings
        except SettingsError:
            return VideoSettings()

    def show_problem(self, message: str) -> None:
        """Show a message below the row that it is about, as far as one can be told."""
        found = [each for each in self.rows if message.startswith(each.names)]
        found = found or [each for each in self.rows if any(s in message for s in each.signs)]
        for each in self.rows:
            each.show_problem(message if each in found[:1] else "")

    def _on_change(self) -> None:
        self._enable()
        self.changed.emit()

    def _enable(self) -> None:
        self.full.enabled = "um_per_pixel" not in self._kept
        self.width.enabled = self.full.enabled and not self.full.value
        self.percentile_row.offer(self.contrast_row.takes_percentiles)


def _exact(fps: float) -> str:
    """A frame rate as it was typed: 29.97, not the nearest binary number."""
    return f"{fps:.3f}".rstrip("0").rstrip(".")


def _spin(value: int, low: int, high: int, tooltip: str) -> SpinBox:
    return SpinBox(value=value, min=low, max=high, tooltip=tooltip)
