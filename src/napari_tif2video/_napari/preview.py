"""The frame as the video will show it, as a small picture with its facts beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from magicgui.widgets import Container
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, Qt
from qtpy.QtGui import QImage, QPainter
from qtpy.QtWidgets import QSizePolicy, QWidget

from ..errors import Cancelled, describe
from ..picture import (
    SequenceLimits,
    as_rgb,
    count_outside,
    limits_at,
    measure,
    prepared_frames,
    render,
)
from ..pipeline import Execution, known_limits, measured_key, series_limits
from ..planning import Plan, guessed_bytes
from ..units import Limits, counted, percent, size_text
from .background import Background
from .panel import note, tidy

_HEIGHT_PX = 150


@dataclass(frozen=True)
class FramePreview:
    """A rendered frame.

    Attributes
    ----------
    image : uint8 array (H, W, 3)
        Exactly the frame of the video.
    limits : tuple of (float, float)
        For each channel.
    clipped : float
        Share of the values inside the crop box that are outside the limits.
    is_provisional : bool
        The series has yet to be measured; the frame's own limits are shown.
    """

    image: NDArray[np.uint8]
    limits: tuple[Limits, ...]
    clipped: float
    is_provisional: bool


def preview_frame(plan: Plan, index: int) -> FramePreview:
    """Render one frame of a plan, with the best limits that are known."""
    limits = known_limits(plan) if plan.needs_measuring else None
    is_provisional = plan.needs_measuring and limits is None
    chosen = [channel.frames.select([index]) for channel in plan.stack.channels]
    (prepared,) = prepared_frames(chosen, plan.picture)
    shown = None if limits is None else limits_at(limits, index)
    image, stats = render(prepared, plan.picture, shown, plan.timeline[index])
    image = as_rgb(image)
    outside = total = 0
    for frames, (low, high) in zip(chosen, stats.limits, strict=True):
        for frame in frames.read_frames(plan.picture.box):
            outside += count_outside(frame, (low, high))
            total += frame.size
    return FramePreview(image, stats.limits, outside / total, is_provisional)


def auto_limits(plan: Plan, index: int) -> tuple[float, float]:
    """Limits that saturate 0.35 % of a frame's pixels, half of them at each end.

    What ImageJ's Enhance Contrast does with "saturated pixels: 0.35 %"
    (``ij.plugin.ContrastEnhancer``), on exact values instead of a histogram.
    """
    frames = plan.stack.frames.select([index])
    (frame,) = (f.copy() for f in frames.read_frames(plan.picture.box))
    values = frame[np.isfinite(frame)] if frame.dtype.kind == "f" else frame
    if not values.size:
        return 0.0, 1.0
    low, high = (float(v) for v in np.percentile(values, [0.175, 99.825]))
    if low >= high:
        low, high = measure(frame)
    return (low, high) if low < high else (low, low + 1)


def estimated_bytes(plan: Plan) -> float:
    """A guess of the size of the video, from what real time-lapses took."""
    guess = guessed_bytes(plan.encoder, plan.frames)
    return guess if plan.settings.max_size is None else min(guess, plan.settings.max_size)


class Picture(QWidget):
    """An RGB image that fills its room and keeps its ratio."""

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self.setMinimumHeight(_HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Frame of the video")

    def show_image(self, rgb: NDArray[np.uint8] | None) -> None:
        """Show an image, or none."""
        self._image = None
        if rgb is not None:
            height, width = rgb.shape[:2]
            data = rgb.tobytes()
            # A copy, as Qt's image would need the data as long as it lives.
            self._image = QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self.update()

    def paintEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        if self._image is None:
            return
        ratio = self.devicePixelRatioF()
        keep, smooth = (
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        scaled = self._image.scaled(self.size() * ratio, keep, smooth)
        scaled.setDevicePixelRatio(ratio)
        room = self.rect()
        left = (room.width() - scaled.width() / ratio) / 2
        top = (room.height() - scaled.height() / ratio) / 2
        painter = QPainter(self)
        painter.setOpacity(1 if self.isEnabled() else 0.4)
        painter.drawImage(QPointF(left, top), scaled)
        painter.end()


class ResultPreview(Container):
    """The current frame, with the size of the video and the limits below it."""

    def __init__(self) -> None:
        self.preview: FramePreview | None = None
        self._plan: Plan | None = None
        self.picture, self.facts, self.limits = Picture(), note(), note()
        super().__init__(labels=False, gui_only=True)
        tidy(self, (self.picture, self.facts, self.limits))
        self.limits.tooltip = "Counts that become black and white; what this frame has outside"
        self._frame_work = Background(self.native, self._show, self._show_error, delay_ms=80)
        self._series_work = Background(
            self.native, self._on_measured, self._show_error, delay_ms=300
        )
        self._index = 0
        self._measured_key: Any = None

    @property
    def is_busy(self) -> bool:
        return self._frame_work.is_busy or self._series_work.is_busy

    def show_plan(self, plan: Plan, index: int) -> None:
        """Show a frame of this plan as soon as it is ready."""
        self._plan, self._index = plan, index
        self.enabled = True
        height, width = plan.picture.size
        self.facts.value = (
            f"{width}×{height} · {counted(plan.frames, 'frame')} · {plan.duration_s:.1f} s · "
            f"≈{size_text(estimated_bytes(plan), 2)}"
        )
        self._frame_work.request(lambda _: preview_frame(plan, index))
        key = (id(plan.stack.measured), measured_key(plan))
        if plan.needs_measuring and known_limits(plan) is None:
            if key != self._measured_key or not self._series_work.is_busy:
                self._measured_key = key
                self._series_work.request(lambda is_stale: _measure(plan, is_stale))
        else:
            self._series_work.cancel()

    def show_outdated(self) -> None:
        """Grey out what is shown, as the settings make no sense."""
        self.stop()
        self.enabled = False

    def show_nothing(self, reason: str = "") -> None:
        """No picture, and why."""
        self.stop()
        self._plan = self.preview = None
        self.picture.show_image(None)
        self.facts.value, self.limits.value = reason, ""

    def stop(self) -> None:
        self._frame_work.cancel()
        self._series_work.cancel()

    def _show(self, preview: FramePreview) -> None:
        self.preview = preview
        self.picture.show_image(preview.image)
        pairs = self._limits_text(preview)
        text = f"{pairs} · {percent(preview.clipped)} clipped"
        text = pairs if self._plan is not None and self._plan.picture.is_raw else text
        if preview.is_provisional:
            text = f"provisional, the whole series is being measured… ({pairs})"
        self.limits.value = text

    def _limits_text(self, preview: FramePreview) -> str:
        if self._plan is not None and self._plan.picture.is_raw:
            return "counts as they are"
        if len(preview.limits) == 1:
            ((low, high),) = preview.limits
            return f"black {low:g} · white {high:g}"
        channels = () if self._plan is None else self._plan.stack.channels
        names = [channel.name or f"channel {channel.number}" for channel in channels]
        pairs = zip(names, preview.limits, strict=False)
        return " · ".join(f"{name} {low:g} to {high:g}" for name, (low, high) in pairs)

    def _show_error(self, error: Exception) -> None:
        self.picture.show_image(None)
        self.limits.value = describe(error)

    def _on_measured(self, limits: SequenceLimits | None) -> None:
        if limits is not None and self._plan is not None:
            self.show_plan(self._plan, self._index)


def _measure(plan: Plan, is_stale: Callable[[], bool]) -> SequenceLimits | None:
    """Limits of the series; None when nobody waits for them any more."""
    try:
        return series_limits(plan, Execution(cancel=is_stale))
    except Cancelled:
        return None
