"""The rows for the width of the video and for its speed."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from magicgui.widgets import CheckBox, FloatSpinBox, SpinBox
from qtpy.QtWidgets import QLabel

from ..geometry import WIDTH_RANGE_PX
from ..settings import FPS_RANGE, VideoSettings
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
        parts = (self.width.native, QLabel("px"), self.full.native)
        super().__init__(("width",), "Width", *parts, signs=("another width",))
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
        super().__init__(("fps",), "Speed", self.fps.native, QLabel("fps"), self.duration)
        self.fps.changed.connect(self._on_edit)

    def values(self) -> dict[str, Any]:
        return {"fps": self._exact or _as_typed(self.fps.value)}

    def show(self, settings: VideoSettings) -> None:
        with self.changed.blocked():
            self.fps.value = round(float(settings.fps), 2)
        self._exact = settings.fps
        words = "Frames per second"
        is_shown = Fraction(_as_typed(self.fps.value)) == settings.fps
        self.fps.tooltip = words if is_shown else f"{words}, exactly {settings.fps}"

    def _on_edit(self) -> None:
        self._exact = None
        self.fps.tooltip = "Frames per second"
        self._on_change()


def _as_typed(fps: float) -> str:
    """A frame rate as it was typed: 29.97, not the nearest binary number."""
    return f"{fps:.3f}".rstrip("0").rstrip(".")
