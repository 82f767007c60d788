"""The settings of a video as a form, and back. Knows nothing of layers or folders."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from magicgui.widgets import (
    CheckBox,
    ComboBox,
    FloatSpinBox,
    LineEdit,
    PushButton,
    SpinBox,
)
from psygnal import Signal
from qtpy.QtWidgets import QAbstractSpinBox, QLabel

from ..errors import SettingsError
from ..framing import FPS_RANGE, WIDTH_RANGE_PX, CropBox
from ..geometry import Box
from ..settings import QUALITIES, VideoSettings
from .panel import column, let_shrink, row

FIXED = "fixed"
CONTRAST_WORDS = {
    "displayed": "As shown in napari",
    "global": "Whole movie, one scale",
    "batch": "All movies, one scale",
    "local": "Each frame by itself",
    "smooth": "Each frame, without flicker",
    FIXED: "Fixed…",
}
LAYER_CONTRASTS = ("displayed", "global", "local", "smooth", FIXED)
FOLDER_CONTRASTS = ("global", "batch", "local", "smooth", FIXED)

_MAX_CROP_PX = 100_000
# Settings from a file or a script that are kept, shown and used, but cannot be edited here.
_KEPT = (
    "percentile", "gamma", "invert", "colormap", "channel", "z", "play", "axes",
    "anchor_style", "anchor_size", "anchor_colour", "scale_bar", "scale_bar_length",
    "scale_bar_corner", "pixel_size", "um_per_pixel", "timestamp", "timestamp_corner",
    "frame_interval", "time_start", "label", "label_corner",
)  # fmt: skip

# Only these can make no sense; the other widgets offer nothing but what does.
_PLACES_OF_PROBLEMS = ("crop", "limits", "frames")
_PROBLEM_COLOUR = "#e06c00"  # readable on napari's dark and its light theme

_SIDE_WIDTH_PX = 52  # of the spin boxes for the sides of the crop box
_SPIN_WIDTH_PX = 104


class SettingsForm:
    """Widgets for every choice that shapes the picture.

    `changed` is emitted once for each change by the user and never while `settings` is set.
    """

    changed = Signal()
    draw_requested = Signal()
    auto_requested = Signal()

    def __init__(self) -> None:
        self.crop = CheckBox(text="Crop", tooltip="Show only a part of each frame")
        self.crop_width = _spin(300, 1, _MAX_CROP_PX, "Width of the crop box in pixels")
        self.crop_height = _spin(300, 1, _MAX_CROP_PX, "Height of the crop box in pixels")
        self.draw = PushButton(text="Draw", tooltip="Draw the box on the image")
        self.centre = PushButton(text="Centre", tooltip="Put the box into the middle")
        self._corner: tuple[int, int] | None = None
        self._kept: dict[str, Any] = {}

        self._contrasts: Sequence[str] = LAYER_CONTRASTS
        self.contrast = ComboBox(
            # A function, because magicgui asks again whenever the list gets another parent.
            choices=lambda _: [(CONTRAST_WORDS[name], name) for name in self._contrasts],
            tooltip="Which counts become black and white",
        )
        self.auto = PushButton(
            text="Auto",
            tooltip="Limits that saturate 0.35 % of the pixels of this frame, as in Fiji",
        )
        self.width = _spin(500, *WIDTH_RANGE_PX, "Width of the video in pixels")
        self.full = CheckBox(text="full size", tooltip="No scaling: one pixel for each pixel")
        low, high = FPS_RANGE
        self.fps = FloatSpinBox(value=10, min=low, max=high, step=1, tooltip="Frames per second")
        self.anchor = CheckBox(
            text="Red dot at the centre", tooltip="Drawn into the video, after scaling"
        )

        self.black = _float(0, "Count that becomes black")
        self.white = _float(65535, "Count that becomes white")
        self.frames = LineEdit(tooltip="First:last:step as in Python, such as 10:50 or ::2")
        self.frames.native.setPlaceholderText("all, or 10:50, ::2")
        self.quality = ComboBox(
            choices=[(name.capitalize(), name) for name in QUALITIES],
            value="standard",
            tooltip="How much the encoder may lose",
        )
        self._set_up()

    def _set_up(self) -> None:
        for side in (self.crop_width, self.crop_height):
            # The box is dragged on the canvas; there is no room for arrows, nor for the width that
            # napari's style sheet gives a spin box at least.
            side.native.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
            side.native.setStyleSheet("QAbstractSpinBox { min-width: 0; padding: 1px; }")
            side.native.setFixedWidth(_SIDE_WIDTH_PX)
        for spin in (self.width, self.fps):
            spin.native.setFixedWidth(_SPIN_WIDTH_PX)
        self.fps.native.setDecimals(2)
        for combo in (self.contrast, self.quality):
            let_shrink(combo.native)
        parts = (
            self.crop, self.crop_width, self.crop_height, self.contrast, self.width, self.full,
            self.fps, self.anchor, self.black, self.white, self.frames, self.quality,
        )  # fmt: skip
        for part in parts:
            part.changed.connect(self._on_change)
        self.draw.changed.connect(self._on_draw)
        self.centre.changed.connect(self._on_centre)
        self.auto.changed.connect(self._on_auto)
        self.duration = QLabel("")
        self.kept_label = QLabel("")
        self.kept_label.setWordWrap(True)
        self.forget = PushButton(text="Forget", tooltip="Use the defaults instead")
        self.forget.changed.connect(self._on_forget)
        self.kept_row = row(self.kept_label, self.forget.native, stretch=0)
        self._keep(VideoSettings())
        self.limits_row = row("Limits", self.black.native, QLabel("to"), self.white.native)
        self._problems = {name: QLabel("") for name in _PLACES_OF_PROBLEMS}
        for label in self._problems.values():
            label.setWordWrap(True)
            label.setStyleSheet(f"color: {_PROBLEM_COLOUR}")
            label.hide()
        self.top = column(
            row(
                self.crop.native,
                self.crop_width.native,
                QLabel("×"),
                self.crop_height.native,
                self.draw.native,
                self.centre.native,
            ),
            self._problems["crop"],
            row("Contrast", self.contrast.native, self.auto.native, stretch=1),
            self.limits_row,
            self._problems["limits"],
            row("Width", self.width.native, QLabel("px"), self.full.native),
            row("Speed", self.fps.native, QLabel("fps"), self.duration),
            self.anchor.native,
            self.kept_row,
        )
        self.more = column(
            row("Frames", self.frames.native, stretch=1),
            self._problems["frames"],
            row("Quality", self.quality.native, stretch=1),
        )
        self._enable()

    @property
    def settings(self) -> VideoSettings:
        """What the form says.

        Raises
        ------
        SettingsError
            A value makes no sense, such as a black limit above the white one.
        """
        crop = None
        if self.crop.value:
            x, y = self._corner or (None, None)
            crop = CropBox(self.crop_width.value, self.crop_height.value, x, y)
        is_fixed = self.contrast.value == FIXED
        kept = self._kept
        if not self.anchor.value:  # how it looks would imply it
            kept = {n: v for n, v in kept.items() if not n.startswith("anchor_")}
        if "um_per_pixel" not in kept:
            kept = kept | {"width": "full" if self.full.value else self.width.value}
        return VideoSettings(
            fps=_exact(self.fps.value),  # type: ignore[arg-type]
            crop=crop,
            contrast=None if is_fixed else self.contrast.value,
            limits=(self.black.value, self.white.value) if is_fixed else None,
            anchor=self.anchor.value,
            frames=self.frames.value or None,
            quality=self.quality.value,
            **kept,
        )

    @settings.setter
    def settings(self, settings: VideoSettings) -> None:
        with self.changed.blocked():
            crop = settings.crop
            self.crop.value = crop is not None
            if crop is not None:
                self.crop_width.value, self.crop_height.value = crop.width, crop.height
            is_centred = crop is None or crop.x is None or crop.y is None
            self._corner = None if is_centred else (crop.x, crop.y)  # type: ignore
            contrast = FIXED if settings.limits else settings.contrast
            choices = self.contrast.choices
            self.contrast.value = contrast if contrast in choices else choices[0]
            if settings.limits:
                self.black.value, self.white.value = settings.limits
            self.full.value = settings.width == "full"
            if settings.width != "full":
                self.width.value = settings.width
            self.fps.value = float(settings.fps)
            self.anchor.value = settings.anchor
            self.frames.value = settings.frames or ""
            self.quality.value = settings.quality
            self._keep(settings)
            self._enable()
        self.changed.emit()

    def _keep(self, settings: VideoSettings) -> None:
        values, defaults = settings.to_dict(), VideoSettings().to_dict()
        self._kept = {n: values[n] for n in _KEPT if values[n] != defaults[n]}
        said = ", ".join(f"{name} {value}" for name, value in self._kept.items())
        self.kept_label.setText(f"Also: {said}")
        self.kept_row.setVisible(bool(self._kept))

    def _on_forget(self) -> None:
        self._keep(VideoSettings())
        self._enable()
        self.changed.emit()

    def offer_contrasts(self, names: Sequence[str]) -> None:
        """Offer these rules, and keep the chosen one if it is among them."""
        with self.changed.blocked():
            chosen = self.contrast.value
            self._contrasts = names
            self.contrast.reset_choices()
            self.contrast.value = chosen if chosen in names else names[0]
            self._enable()

    def set_box(self, box: Box) -> None:
        """Take over a box that was drawn or dragged on the canvas."""
        with self.changed.blocked():
            self.crop.value = True
            self.crop_width.value, self.crop_height.value = box.width, box.height
            self._corner = (box.left, box.top)
            self._enable()
        self.changed.emit()

    def set_limits(self, low: float, high: float) -> None:
        """Fixed limits with these numbers."""
        self.settings = dataclasses.replace(
            dataclasses.replace(self.settings_or_default, contrast=None), limits=(low, high)
        )

    @property
    def settings_or_default(self) -> VideoSettings:
        """The settings, or the defaults while a value makes no sense."""
        try:
            return self.settings
        except SettingsError:
            return VideoSettings()

    def show_problem(self, message: str) -> None:
        """Show a message below the row that it begins with, as far as it does."""
        for name, label in self._problems.items():
            label.setText(message)
            label.setVisible(message.startswith(name))

    @property
    def is_centred(self) -> bool:
        return self._corner is None

    def _on_change(self) -> None:
        self._enable()
        self.changed.emit()

    def _on_draw(self) -> None:
        self.draw_requested.emit()

    def _on_auto(self) -> None:
        self.auto_requested.emit()

    def _on_centre(self) -> None:
        self._corner = None
        self.changed.emit()

    def _enable(self) -> None:
        for part in (self.crop_width, self.crop_height, self.centre):
            part.enabled = self.crop.value
        self.full.enabled = "um_per_pixel" not in self._kept
        self.width.enabled = self.full.enabled and not self.full.value
        self.limits_row.setVisible(self.contrast.value == FIXED)


def _exact(fps: float) -> str:
    """A frame rate as it was typed: 29.97, not the nearest binary number."""
    return f"{fps:.3f}".rstrip("0").rstrip(".")


def _spin(value: int, low: int, high: int, tooltip: str) -> SpinBox:
    return SpinBox(value=value, min=low, max=high, tooltip=tooltip)


def _float(value: float, tooltip: str) -> FloatSpinBox:
    return FloatSpinBox(value=value, min=-1e12, max=1e12, step=1, tooltip=tooltip)
