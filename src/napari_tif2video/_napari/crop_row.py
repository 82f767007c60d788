"""The row for the crop box."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import CheckBox, PushButton, SpinBox
from psygnal import Signal
from qtpy.QtWidgets import QAbstractSpinBox, QLabel

from ..geometry import Box, CropBox
from ..settings import VideoSettings
from .panel import column, row
from .rows import SettingRow, problem_label

_MAX_CROP_PX = 100_000
_SIDE_WIDTH_PX = 52


class CropRow(SettingRow):
    """Whether to crop, the sides of the box, and buttons to draw and to centre it."""

    draw_requested = Signal()

    def __init__(self) -> None:
        self.names, self.signs, self.is_offered = ("crop",), (), True
        self.crop = CheckBox(text="Crop", tooltip="Show only a part of each frame")
        self.width = _side("Width of the crop box in pixels")
        self.height = _side("Height of the crop box in pixels")
        self.draw = PushButton(text="Draw", tooltip="Draw the box on the image")
        self.centre = PushButton(text="Centre", tooltip="Put the box into the middle")
        self._corner: tuple[int, int] | None = None
        for part in (self.crop, self.width, self.height):
            part.changed.connect(self._on_change)
        self.draw.changed.connect(self._on_draw)
        self.centre.changed.connect(self._on_centre)
        self.problem = problem_label()
        parts = (self.crop.native, self.width.native, QLabel("×"), self.height.native)
        self.title = "Crop"
        self.native = column(row(*parts, self.draw.native, self.centre.native), self.problem)
        self._enable()

    @property
    def is_centred(self) -> bool:
        return self._corner is None

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

    def set_box(self, box: Box) -> None:
        """Take over a box that was drawn or dragged on the canvas."""
        with self.changed.blocked():
            self.crop.value = True
            self.width.value, self.height.value = box.width, box.height
        self._corner = (box.left, box.top)
        self._on_change()

    def _on_draw(self) -> None:
        self.draw_requested.emit()

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
