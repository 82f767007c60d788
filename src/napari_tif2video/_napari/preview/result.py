"""The frame as the video will show it, as a picture that plays, with its facts below it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from magicgui.widgets import Container, PushButton
from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QWidget

from ...errors import Cancelled, describe
from ...pipeline import Execution, measured_key, series_limits, steady
from ...planning import Plan
from ...units import counted, percent, size_text
from ..background import Background
from ..panel import Note, line, tidy
from ..words import in_short
from .frames import FramePreview, estimated_bytes, is_measured, play, preview_frame
from .picture import Picture, qt_image

_HEIGHT_PX = 100
_BESIDE_PX = 700  # of the height of the panel, for rows and texts
_NAP_S = 0.05
_SLOW = 0.9  # a movie that reaches less of its speed than this is called slow
_OF_SCREEN = 0.9  # as much of it a window of its own takes at most


class ResultPreview(Container):
    """The current frame, with the size of the video and the limits below it; it can be played.

    Signals
    -------
    moved(index)
        The user goes to this frame of the video.
    """

    moved = Signal(int)

    def __init__(self) -> None:
        self.preview: FramePreview | None = None
        self._plan: Plan | None = None
        self._index = 0
        self._measured_key: Any = None
        self.play_button = PushButton(
            text="Play", tooltip="Show the frames at the speed of the video, without making it"
        )
        self.play_button.native.setCheckable(True)
        keys: dict[Qt.Key, Callable[[], object]] = {
            Qt.Key.Key_Space: self.play_button.native.click,
            Qt.Key.Key_Left: lambda: self.step(-1),
            Qt.Key.Key_Right: lambda: self.step(1),
        }
        self.picture = Picture("Frame of the video", keys, self.show_full_size)
        self.picture.setToolTip("Click: full size. Space: play. Left and Right: step")
        keys = keys | {Qt.Key.Key_Escape: lambda: self.full_size.close()}
        self.full_size: Picture = Picture("Frame of the video in full size", keys)
        self.full_size.setWindowTitle("Preview")
        self.place, self.facts, self.limits = Note(), Note(), Note()
        super().__init__(labels=False, gui_only=True)
        row = line(self.play_button, self.place, stretch=1)
        tidy(self, (self.picture, row, self.facts, self.limits))
        self.full_size.setParent(self.native, Qt.WindowType.Window)
        self.limits.tooltip = "Counts that become black and white; what this frame has outside"
        self._frame_work = Background(self.native, self._show, self._show_error, delay_ms=10)
        self._movie_work = Background(self.native, lambda _: None, self._show_error)
        self._series_work = Background(
            self.native, self._on_measured, self._show_error, delay_ms=300
        )
        self.play_button.native.toggled.connect(self._name_button)
        self.play_button.changed.connect(self._on_play)
        self.show_nothing()

    @property
    def is_busy(self) -> bool:
        """Whether a frame or the limits are being found out; playing is not."""
        return self._frame_work.is_busy or self._series_work.is_busy

    @property
    def is_playing(self) -> bool:
        return bool(self.play_button.value)

    def show_plan(self, plan: Plan, index: int) -> None:
        """Show a frame of this plan as soon as it is ready, or play on from there."""
        # Where a movie began is not where the user wants to go back to.
        seen = self.preview if index == self._index else None
        first = index if seen is None else seen.index
        self._plan, self._index = plan, index
        self.enabled = True
        height, width = plan.encoder.height, plan.encoder.width
        self.facts.value = (
            f"{width}×{height} · {counted(plan.frames, 'frame')} · {plan.duration_s:.1f} s · "
            f"≈{size_text(estimated_bytes(plan), 2)}"
        )
        self.play_button.enabled = plan.frames > 1
        is_known = is_measured(plan)
        if self.is_playing and is_known and plan.frames > 1:
            self._frame_work.cancel()
            self._movie_work.request(partial(self._play, plan, min(first, plan.frames - 1)))
        else:  # a movie in limits that are to change is not the one that will be made
            self._movie_work.cancel()
            self._frame_work.request(lambda _: preview_frame(plan, index))
        key = (id(plan.stack.measured), measured_key(plan))
        if not is_known:
            if key != self._measured_key or not self._series_work.is_busy:
                self._measured_key = key
                self._series_work.request(lambda is_stale: _measure(plan, is_stale))
        else:
            self._series_work.cancel()

    def fit_into(self, panel: QWidget) -> None:
        """Have at least a part of the panel's height, also where rows would take all of it."""
        high = min(panel.width(), panel.height() - _BESIDE_PX)
        self.picture.setMinimumHeight(max(_HEIGHT_PX, high))

    def step(self, by: int) -> None:
        """Stop, and go so many frames on from the one that is seen."""
        movie = self.preview if self.is_playing else None
        now = self._index if movie is None else movie.index
        self.play_button.value = False
        if self._plan is not None:
            self._go_to(min(max(now + by, 0), self._plan.frames - 1))

    def show_full_size(self) -> None:
        """Show the picture in a window of its own, one pixel for each if the screen has room."""
        image, window = self.picture.image, self.full_size
        if image is None:
            return
        screen = self.native.screen().availableGeometry().size() * _OF_SCREEN
        size = image.size() / window.devicePixelRatioF()
        if size.width() > screen.width() or size.height() > screen.height():
            size.scale(screen, Qt.AspectRatioMode.KeepAspectRatio)
        window.resize(size)
        window.show()
        window.raise_()
        window.activateWindow()

    def show_outdated(self) -> None:
        """Grey out what is shown, as the settings make no sense."""
        self.stop()
        self.enabled = False

    def show_nothing(self, reason: str = "") -> None:
        """No picture, and why."""
        self.leave()
        self._plan = self.preview = None
        self._show_image(None)
        self.facts.value, self.limits.value, self.place.value = reason, "", ""
        self.play_button.enabled = False

    def stop(self) -> None:
        """Neither play nor find out anything."""
        self.play_button.value = False
        for work in (self._frame_work, self._movie_work, self._series_work):
            work.cancel()

    def leave(self) -> None:
        """Stop, and close the window of the picture."""
        self.stop()
        self.full_size.close()

    # ---- playing

    def _name_button(self, is_on: bool) -> None:
        self.play_button.text = "Pause" if is_on else "Play"

    def _on_play(self, is_on: bool) -> None:
        if self._plan is None:
            return
        if is_on:
            self.show_plan(self._plan, self._index)
        elif self.preview is not None:
            self._movie_work.cancel()
            self._go_to(self.preview.index)

    def _go_to(self, index: int) -> None:
        assert self._plan is not None
        self.show_plan(self._plan, index)
        self.moved.emit(index)

    def _play(self, plan: Plan, first: int, is_stale: Callable[[], bool]) -> None:
        """In the background: pass each frame on when it is due, and wait until it is shown."""

        def show(frame: FramePreview, rate: float) -> bool:
            is_shown = threading.Event()
            self._movie_work.call(self._show_played, frame, rate, is_stale, is_shown)
            while not is_shown.wait(_NAP_S):
                if is_stale():
                    return False
            return True

        play(plan, first, show, is_stale)

    def _show_played(
        self,
        frame: FramePreview,
        rate: float,
        is_stale: Callable[[], bool],
        is_shown: threading.Event,
    ) -> None:
        if not is_stale() and self._plan is not None:
            self._show(frame)
            fps = float(self._plan.fps)
            if rate < _SLOW * fps:
                self.place.value += f" · plays at {rate:.2g} instead of {fps:.4g} fps"
        is_shown.set()

    # ---- what was found out

    def _show(self, preview: FramePreview) -> None:
        assert self._plan is not None
        self.preview = preview
        self._show_image(preview)
        self.place.value = f"frame {preview.index + 1} of {self._plan.frames}"
        text = pairs = _limits_text(self._plan, preview)
        if preview.clipped is not None and not self._plan.picture.is_raw:
            text += f" · {percent(preview.clipped)} clipped"
        if preview.is_provisional:
            text = f"provisional, the whole series is being measured… ({pairs})"
        self.limits.value = text

    def _show_image(self, preview: FramePreview | None) -> None:
        image = None if preview is None else qt_image(preview.image)
        for picture in (self.picture, self.full_size):
            picture.show_image(image)

    def _show_error(self, error: Exception) -> None:
        self.stop()
        self._show_image(None)
        self.limits.value = in_short(describe(error))

    def _on_measured(self, is_done: bool) -> None:
        if is_done and self._plan is not None:
            self.show_plan(self._plan, self._index)


def _measure(plan: Plan, is_stale: Callable[[], bool]) -> bool:
    """Measure the series, which remembers it; False when nobody waits for it any more."""
    execution = Execution(cancel=is_stale)
    try:
        plan = steady(plan, execution)
        if plan.needs_measuring:
            series_limits(plan, execution)
    except Cancelled:
        return False
    return True


def _limits_text(plan: Plan, preview: FramePreview) -> str:
    if plan.picture.is_raw:
        return "counts as they are"
    if len(preview.limits) == 1:
        ((low, high),) = preview.limits
        return f"black {low:g} · white {high:g}"
    names = [channel.name or f"channel {channel.number}" for channel in plan.stack.channels]
    pairs = zip(names, preview.limits, strict=False)
    return " · ".join(f"{name} {low:g} to {high:g}" for name, (low, high) in pairs)
