"""The frame as the video will show it, as a small picture with its facts beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QImage, QPixmap
from qtpy.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

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


class ResultPreview(QWidget):
    """Thumbnail of the current frame, with the size of the video and the limits below it."""

    def __init__(self) -> None:
        super().__init__()
        self.preview: FramePreview | None = None
        self._plan: Plan | None = None
        self._picture = QLabel("")
        self._picture.setFixedHeight(_HEIGHT_PX)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._picture.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._facts = QLabel("")
        self._limits = QLabel("")
        for label in (self._facts, self._limits):
            label.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for widget in (self._picture, self._facts, self._limits):
            layout.addWidget(widget)
        self._limits.setToolTip("Counts that become black and white; what this frame has outside")
        self._frame_work = Background(self, self._show, self._show_error, delay_ms=80)
        self._series_work = Background(self, self._on_measured, self._show_error, delay_ms=300)
        self._index = 0
        self._measured_key: Any = None

    @property
    def is_busy(self) -> bool:
        return self._frame_work.is_busy or self._series_work.is_busy

    def show_plan(self, plan: Plan, index: int) -> None:
        """Show a frame of this plan as soon as it is ready."""
        self._plan, self._index = plan, index
        self.setEnabled(True)
        height, width = plan.picture.size
        self._facts.setText(
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
        self.setEnabled(False)

    def show_nothing(self, reason: str = "") -> None:
        """No picture, and why."""
        self.stop()
        self._plan = self.preview = None
        self._picture.setPixmap(QPixmap())
        self._picture.hide()
        self._facts.setText(reason)
        self._limits.setText("")

    def stop(self) -> None:
        self._frame_work.cancel()
        self._series_work.cancel()

    def _show(self, preview: FramePreview) -> None:
        self.preview = preview
        height, width = preview.image.shape[:2]
        data = preview.image.tobytes()  # has to live as long as the image, which does not copy it
        image = QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888)
        ratio = self.devicePixelRatioF()
        room = QSize(round(self.width() * ratio), round(_HEIGHT_PX * ratio))
        pixmap = QPixmap.fromImage(image).scaled(
            room, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        pixmap.setDevicePixelRatio(ratio)
        self._picture.setPixmap(pixmap)
        self._picture.show()
        pairs = self._limits_text(preview)
        text = f"{pairs} · {percent(preview.clipped)} clipped"
        text = pairs if self._plan is not None and self._plan.picture.is_raw else text
        if preview.is_provisional:
            text = f"provisional, the whole series is being measured… ({pairs})"
        self._limits.setText(text)

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
        self._picture.setPixmap(QPixmap())
        self._limits.setText(describe(error))

    def _on_measured(self, limits: SequenceLimits | None) -> None:
        if limits is not None and self._plan is not None:
            self.show_plan(self._plan, self._index)


def _measure(plan: Plan, is_stale: Callable[[], bool]) -> SequenceLimits | None:
    """Limits of the series; None when nobody waits for them any more."""
    try:
        return series_limits(plan, Execution(cancel=is_stale))
    except Cancelled:
        return None
