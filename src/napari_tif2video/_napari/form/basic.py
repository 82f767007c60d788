"""The rows that are always in sight: size, crop box, contrast."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox, PushButton, SpinBox
from psygnal import Signal
from qtpy.QtWidgets import QAbstractSpinBox, QLabel

from ...geometry import WIDTH_RANGE_PX, CropBox
from ...settings import DEFAULT_CONTRAST, FPS_RANGE, VideoSettings, pairs_of, title_of
from ...units import decimal_fps
from ..panel import let_shrink, row
from .rows import SettingRow

_SPIN_WIDTH_PX = 104


class WidthRow(SettingRow):
    """The width in pixels, or the data's own pixels."""

    def __init__(self) -> None:
        low, high = WIDTH_RANGE_PX
        self.width = SpinBox(value=500, min=low, max=high, tooltip="Width of the video in pixels")
        self.full = CheckBox(text="full size", tooltip="No scaling: one pixel for each pixel")
        self._is_free = True
        self.width.native.setFixedWidth(_SPIN_WIDTH_PX)
        parts = (self.width.native, "px", self.full.native)
        super().__init__(*parts, fields={"width": None}, signs=("another width",))
        self.width.changed.connect(self._on_change)
        self.full.changed.connect(self._on_full)

    def values(self) -> dict[str, Any]:
        if not self._is_free:
            return {}
        return {"width": "full" if self.full.value else self.width.value}

    def show(self, settings: VideoSettings) -> None:
        with self.changed.blocked():
            self.full.value = settings.width == "full"
            if settings.width != "full":
                self.width.value = settings.width

    def let_choose(self, is_free: bool) -> None:
        """Whether nothing else decides about the width."""
        self._is_free = is_free
        self.full.enabled = is_free
        self.width.enabled = is_free and not self.full.value

    def _on_full(self) -> None:
        self.let_choose(self._is_free)
        self._on_change()


class SpeedRow(SettingRow):
    """Frames a second; one that the box cannot show, such as 30000/1001, stays as it was given."""

    def __init__(self) -> None:
        low, high = FPS_RANGE
        self.fps = FloatSpinBox(value=10, min=low, max=high, step=1, tooltip="Frames per second")
        self.fps.native.setFixedWidth(_SPIN_WIDTH_PX)
        self.fps.native.setDecimals(2)
        self.duration = QLabel("")
        self._exact: Fraction | None = None
        super().__init__(self.fps.native, "fps", self.duration, fields={"fps": None})
        self.fps.changed.connect(self._on_edit)

    def values(self) -> dict[str, Any]:
        return {"fps": self._exact or decimal_fps(self.fps.value)}

    def show(self, settings: VideoSettings) -> None:
        with self.changed.blocked():
            self.fps.value = round(float(settings.fps), 2)
        self._exact = settings.fps
        words = "Frames per second"
        is_shown = Fraction(decimal_fps(self.fps.value)) == settings.fps
        self.fps.tooltip = words if is_shown else f"{words}, exactly {settings.fps}"

    def _on_edit(self) -> None:
        self._exact = None
        self.fps.tooltip = "Frames per second"
        self._on_change()


_MAX_CROP_PX = 100_000
_SIDE_WIDTH_PX = 52


class CropRow(SettingRow):
    """Whether to crop, the sides of the box, and buttons to draw and to centre it."""

    draw_requested = Signal()

    def __init__(self) -> None:
        self.crop = CheckBox(text=title_of("crop"), tooltip="Show only a part of each frame")
        self.width = _side("Width of the crop box in pixels")
        self.height = _side("Height of the crop box in pixels")
        self.draw = PushButton(text="Draw", tooltip="Draw the box on the image")
        self.centre = PushButton(text="Centre", tooltip="Put the box into the middle")
        self._corner: tuple[int, int] | None = None
        for part in (self.crop, self.width, self.height):
            part.changed.connect(self._on_change)
        self.draw.changed.connect(lambda: self.draw_requested.emit())
        self.centre.changed.connect(self._on_centre)
        parts = (self.crop.native, self.width.native, "×", self.height.native)
        super().__init__(*parts, self.draw.native, self.centre.native, fields={"crop": None})

    def values(self) -> dict[str, Any]:
        if not self.crop.value:
            return {"crop": None}
        x, y = self._corner or (None, None)
        return {"crop": CropBox(self.width.value, self.height.value, x, y)}

    def show(self, settings: VideoSettings) -> None:
        crop = settings.crop
        with self.changed.blocked():
            self.crop.value = crop is not None
            if crop is not None:
                self.width.value, self.height.value = crop.width, crop.height
        is_centred = crop is None or crop.x is None or crop.y is None
        self._corner = None if is_centred else (crop.x, crop.y)  # type: ignore
        self._enable()

    def set_box(self, box: CropBox) -> None:
        """Take over a box that was drawn or dragged on the canvas."""
        with self.changed.blocked():
            self.crop.value = True
            self.width.value, self.height.value = box.width, box.height
        self._corner = (box.left, box.top)
        self._on_change()

    def _on_centre(self) -> None:
        self._corner = None
        self.changed.emit()

    def _enable(self) -> None:
        for part in (self.width, self.height, self.centre):
            part.enabled = self.crop.value


def _side(tooltip: str) -> SpinBox:
    side = SpinBox(value=300, min=1, max=_MAX_CROP_PX, tooltip=tooltip)
    # The box is dragged on the canvas; there is no room for arrows, nor for the width that
    # napari's style sheet gives a spin box at least.
    side.native.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
    side.native.setStyleSheet("QAbstractSpinBox { min-width: 0; padding: 1px; }")
    side.native.setFixedWidth(_SIDE_WIDTH_PX)
    return side


FIXED = "fixed"
CONTRAST_WORDS = {
    "displayed": "As shown in napari",
    "auto": "Whole movie, automatic",
    "global": "Whole movie, one scale",
    "batch": "All movies, one scale",
    "local": "Each frame by itself",
    "smooth": "Each frame, without flicker",
    "stored": "As stored in the file",
    FIXED: "Fixed…",
}
LAYER_CONTRASTS = ("displayed", "auto", "global", "local", "smooth", FIXED)
FOLDER_CONTRASTS = ("auto", "global", "batch", "local", "smooth", "stored", FIXED)


class ContrastRow(SettingRow):
    """The rule for the limits, or the limits themselves."""

    auto_requested = Signal()

    def __init__(self) -> None:
        self._contrasts: Sequence[str] = LAYER_CONTRASTS
        self.contrast = ComboBox(
            # A function, because magicgui asks again whenever the list gets another parent.
            choices=lambda _: [(CONTRAST_WORDS[name], name) for name in self._contrasts],
            tooltip="Which counts become black and white",
        )
        let_shrink(self.contrast.native)
        self.auto = PushButton(
            text="Auto",
            tooltip="Limits that saturate 0.35 % of the pixels of this frame, as in Fiji",
        )
        self.black = _count(0, "Count that becomes black")
        self.white = _count(65535, "Count that becomes white")
        for part in (self.contrast, self.black, self.white):
            part.changed.connect(self._on_change)
        self.auto.changed.connect(lambda: self.auto_requested.emit())
        self.limits_row = row(self.black.native, "to", self.white.native)
        # Of a video with several channels: kept and shown, until one pair for all is asked for.
        self._pairs: tuple[tuple[float, float], ...] = ()
        self.pairs_label = QLabel("")
        self.pairs_label.setWordWrap(True)
        self.one_pair = PushButton(text="One for all", tooltip="One pair of limits to edit here")
        self.one_pair.changed.connect(self._on_one_pair)
        self.pairs_row = row(self.pairs_label, self.one_pair.native, stretch=1)
        parts = (self.contrast.native, self.auto.native)
        below = (self.limits_row, self.pairs_row)
        fields = {"contrast": None, "limits": None}
        super().__init__(*parts, fields=fields, stretch=0, below=below)

    @property
    def takes_percentiles(self) -> bool:
        """Whether limits are measured, so that percentiles can be."""
        return self.contrast.value not in ("displayed", "auto", "stored", FIXED)

    def values(self) -> dict[str, Any]:
        if self.contrast.value == FIXED:
            pair = self.black.value, self.white.value
            return {"contrast": None, "limits": self._pairs or pair}
        return {"contrast": self.contrast.value, "limits": None}

    def show(self, settings: VideoSettings) -> None:
        contrast = FIXED if settings.limits else settings.contrast
        if contrast is None:  # what it stands for, where it can be chosen
            is_measured = settings.percentile is not None or "displayed" not in self._contrasts
            contrast = DEFAULT_CONTRAST if is_measured else "displayed"
        with self.changed.blocked():
            self.contrast.value = contrast if contrast in self._contrasts else self._contrasts[0]
            if settings.limits:
                pairs = pairs_of(settings.limits)
                self._pairs = pairs if len(pairs) > 1 else ()
                self.black.value, self.white.value = pairs[0]
        self._enable()

    def offer_contrasts(self, names: Sequence[str]) -> None:
        """Offer these rules, and keep the chosen one if it is among them."""
        with self.changed.blocked():
            chosen = self.contrast.value
            self._contrasts = names
            self.contrast.reset_choices()
            self.contrast.value = chosen if chosen in names else names[0]
        self._enable()

    def _on_one_pair(self) -> None:
        self._pairs = ()
        self._on_change()

    def _enable(self) -> None:
        is_fixed = self.contrast.value == FIXED
        self.limits_row.setVisible(is_fixed and not self._pairs)
        self.pairs_row.setVisible(is_fixed and bool(self._pairs))
        self.pairs_label.setText(
            "\n".join(f"{low:.12g} to {high:.12g}" for low, high in self._pairs)
        )


def _count(value: float, tooltip: str) -> FloatSpinBox:
    return FloatSpinBox(value=value, min=-1e12, max=1e12, step=1, tooltip=tooltip)
