"""The dock widget: it turns form values into `VideoSettings`, and starts and shows the work."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_error
from qtpy.QtCore import QEvent, QTimer
from qtpy.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from ..data import Stack
from ..errors import SettingsError, Tif2VideoError, describe
from ..planning import Plan, plan
from ..settings import VideoSettings
from .canvas import CanvasPreview
from .form import FOLDER_CONTRASTS, LAYER_CONTRASTS, SettingsForm
from .panel import fold, heading, lay_out, row
from .preview import ResultPreview, auto_limits
from .run import (
    DestinationRow,
    RecipeButton,
    RunOptions,
    RunRow,
    Starter,
    automatic_name,
    stored,
)
from .source import SourcePanel

if TYPE_CHECKING:
    import napari

_CANCEL_WAIT_S = 5
_SETTLE_MS = 30
_POLL_S = 0.005


class TiffToVideo(QWidget):
    """Make videos of image layers and of folders of TIFF files.

    ``widget.settings`` gets and sets the form as `VideoSettings`; ``widget.convert()`` does what
    the Create button does; ``widget.wait_until_idle()`` waits until the window has followed.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self.plan: Plan | None = None
        self.source = SourcePanel(napari_viewer, self)
        self.mode, self.layers, self.folders = (
            self.source.mode,
            self.source.layers,
            self.source.folders,
        )
        self.result = ResultPreview()
        self.form = SettingsForm()
        self.run_options = RunOptions()
        self.existing = self.run_options.existing
        self.destination = DestinationRow()
        self.recipe_button = RecipeButton(
            self.form, self.source, self.destination, self.run_options, lambda: self.plan
        )
        self.more = fold(
            "More  (grey levels, overlays, format, files)",
            self.form.more,
            heading("Files"),
            row("If it exists", self.existing.native, stretch=1),
            row("When done", self.run_options, stretch=1),
            self.recipe_button,
        )
        self.reason = QLabel("")
        self.create_button = QPushButton("Create video")
        self.run = RunRow()
        self.canvas = CanvasPreview(napari_viewer)
        self._starter = Starter(self.run, self.destination, self.run_options, self.folders)
        self._lay_out()
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS, timeout=self._update)
        self._connect()
        self._restore()

    # ---- what scripts use

    @property
    def settings(self) -> VideoSettings:
        """The form's values."""
        return self.form.settings

    @settings.setter
    def settings(self, settings: VideoSettings) -> None:
        self.form.settings = settings

    def convert(self) -> bool:
        """Start making the video or videos; False if something is missing or the user cancels.

        Folders and files are opened and planned in the background first.
        """
        self._update()
        if self.run.is_running:
            return False
        try:
            if self.source.is_folder_mode:
                self._starter.start_folders(self.settings)
                return True
            if self.plan is None:
                raise SettingsError(self.reason.text() or "choose a layer first")
            return self._starter.start_layers(self.settings, self.plan)
        except Tif2VideoError as exc:
            show_error(describe(exc))
            return False

    @property
    def is_idle(self) -> bool:
        """Whether every change was taken in, the preview is up to date and all sources are known.

        A run that makes videos has nothing to do with it: see ``widget.run.is_running``.
        """
        return not (self._settle.isActive() or self.source.is_busy or self.result.is_busy)

    def wait_until_idle(self, timeout_s: float = 20) -> None:
        """Let the window work until `is_idle`.

        Parameters
        ----------
        timeout_s : float
            How long to wait at most.

        Raises
        ------
        TimeoutError
            Something is still being looked at or drawn then.
        """
        end = time.monotonic() + timeout_s
        QApplication.processEvents()  # a change may still be on its way
        while not self.is_idle:
            if time.monotonic() > end:
                raise TimeoutError(f"the window is still busy after {timeout_s:g} s")
            time.sleep(_POLL_S)
            QApplication.processEvents()

    # ---- building

    def _lay_out(self) -> None:
        self.reason.setWordWrap(True)
        lay_out(
            self,
            scrolled=[
                self.mode,
                self.layers.combo.native,
                self.folders,
                self.source.info,
                self.source.time_axis.native,
                self.form.view.native,
                self.result,
                self.form.top,
                self.more,
            ],
            fixed=[self.destination, self.reason, self.create_button, self.run],
        )

    def _connect(self) -> None:
        self.form.changed.connect(self.refresh)
        self.form.crop_row.draw_requested.connect(self._on_draw)
        self.form.contrast_row.auto_requested.connect(self._on_auto)
        self.source.changed.connect(self.refresh)
        self.mode.layer.toggled.connect(self._on_mode)
        self.canvas.box_changed.connect(self.form.crop_row.set_box)
        self.destination.changed.connect(self.refresh)
        self.create_button.clicked.connect(self.convert)
        for signal in (self.run.began, self.run.ended):
            signal.connect(self._on_run)

    def _restore(self) -> None:
        text = stored().value("settings", "")
        if text:
            try:
                self.form.restore(VideoSettings.from_json(str(text)))
            except SettingsError:
                stored().remove("settings")  # written by another version
        self._on_mode()

    # ---- following the user and the viewer

    def refresh(self, event: Any = None) -> None:
        """Bring everything up to date soon; many changes at once cost one update."""
        self._settle.start()

    def showEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        self.source.attach()
        self.refresh()

    def hideEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        super().hideEvent(event)
        self._detach()
        if not _main_window_of(self).isVisible():  # the viewer is being closed
            self.run.cancel(wait_s=_CANCEL_WAIT_S)

    def changeEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        # The close button of a dock takes the widget out of it, without a closeEvent.
        if event.type() == QEvent.Type.ParentChange and self.parent() is None:
            self.close_all()

    def close_all(self) -> None:
        """Stop what runs, and let go of the viewer."""
        self.run.cancel(wait_s=_CANCEL_WAIT_S)
        self._detach()
        self.source.close()

    def _detach(self) -> None:
        """While it is hidden, the widget listens to nothing and draws nothing."""
        self._settle.stop()
        self.result.stop()
        self.canvas.hide()
        self.source.detach()

    def _on_mode(self, _: bool = False) -> None:
        self.form.offer_contrasts(
            FOLDER_CONTRASTS if self.source.is_folder_mode else LAYER_CONTRASTS
        )
        self.refresh()

    def _on_run(self) -> None:
        self.create_button.setEnabled(not self.reason.text() and not self.run.is_running)
        self.refresh()

    def _on_draw(self) -> None:
        if self.source.image is not None:
            self.canvas.start_drawing()

    def _on_auto(self) -> None:
        layer = self.source.image
        if layer is None or self.plan is None:
            return
        low, high = auto_limits(self.plan, self.source.frame_index(self.plan))
        if self.form.contrast_row.contrast.value == "displayed":
            layer.contrast_limits_range = (
                min(low, layer.contrast_limits_range[0]),
                max(high, layer.contrast_limits_range[1]),
            )
            layer.contrast_limits = (low, high)
        else:
            self.form.set_limits(low, high)

    def _update(self) -> None:
        self._settle.stop()
        self.plan, stack, reason = None, None, ""
        try:
            settings = self.form.settings
            self.source.look(settings.axes, settings.play == "C")
            # What has to be chosen depends on the source, and so do the settings.
            self.form.offer_axes(self.source.axes, self.source.depth)
            settings = self.form.settings
            stack = self.source.stack(settings.z)
            reason = self.source.missing
            if stack is not None:
                self.plan = plan(stack, _of_one_video(settings))
        except Tif2VideoError as exc:
            reason = describe(exc).partition("; --")[0]  # that advice is for the command line
            if stack is not None:  # which one it is can be seen above
                reason = reason.removeprefix(f"{stack.path or stack.name}: ")
            reason = self.form.in_words(reason)
        self._show_plan(stack)
        self.form.show_problem(reason)
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))
        self.create_button.setEnabled(not reason and not self.run.is_running)

    def _show_plan(self, stack: Stack | None) -> None:
        made = self.plan
        known = None if stack is None else stack.calibration
        self.form.below.describe(known, None if made is None else made.scale)
        if made is None or stack is None:
            self.canvas.hide()
            self.form.speed_row.duration.setText("")
            if self.source.image is not None:  # while the user is typing, nothing should jump
                self.result.show_outdated()
                return
            self.result.show_nothing(self.source.temporary.problem)
            self.source.info.setText("")
            return
        self.source.describe(stack, made)
        self.form.speed_row.duration.setText(f"= {made.duration_s:.1f} s long")
        self.form.contrast_row.auto.enabled = len(made.stack.channels) == 1
        is_each = "each" in (self.form.settings.channel, self.form.settings.position)
        many = self.source.is_folder_mode and (self.folders.count > 1 or is_each)
        self.destination.show_many(many)
        self.destination.show_automatic(automatic_name(made, self.destination.folder))
        if not self.isVisible():
            return
        if self.source.is_folder_mode:
            self.source.temporary.follow(made)
        if self.source.image is not None:
            box = made.picture.box if made.settings.crop is not None else None
            overlay = made.picture.overlay
            mark = None if overlay is None else overlay.anchor
            self.canvas.show(self.source.image, box, mark, video_width=made.picture.size[1])
        self.result.show_plan(made, self.source.frame_index(made))


def _of_one_video(settings: VideoSettings) -> VideoSettings:
    """Settings for the preview: of a video of each channel or position, the first."""
    if settings.position == "each":
        settings = dataclasses.replace(settings, position=0)
    return dataclasses.replace(settings, channel=0) if settings.channel == "each" else settings


def _main_window_of(widget: QWidget) -> QWidget:
    """The viewer's window, also while the dock floats."""
    while (parent := widget.parentWidget()) is not None:
        widget = parent
    return widget
