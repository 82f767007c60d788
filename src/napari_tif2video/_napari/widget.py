"""The dock widget: it turns form values into `VideoSettings`, and starts and shows the work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox
from napari.layers import Image
from napari.utils.notifications import show_error
from qtpy.QtCore import QEvent, QTimer
from qtpy.QtWidgets import QLabel, QPushButton, QWidget

from ..batch import SourceJob
from ..errors import SettingsError, Tif2VideoError, describe
from ..plan import Plan, plan
from ..settings import VideoSettings
from .canvas import CanvasPreview
from .destination import DestinationRow, stored
from .form import FOLDER_CONTRASTS, LAYER_CONTRASTS, SettingsForm
from .jobs import IF_EXISTS, automatic_name, folder_jobs, layer_jobs, settle_existing
from .panel import Fold, ModeRow, lay_out, row
from .recipe_button import RecipeButton
from .result import ResultPreview, auto_limits
from .runner import RunRow
from .sources import FolderList, LayerPicker
from .temporary import TemporaryLayer
from .time_axis import TimeAxis

if TYPE_CHECKING:
    import napari

_CANCEL_WAIT_S = 5
_SETTLE_MS = 30


class TiffToVideo(QWidget):
    """Make videos of image layers and of folders of TIFF files.

    ``widget.settings`` gets and sets the form as `VideoSettings`; ``widget.convert()`` does what
    the Create button does.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self.plan: Plan | None = None
        self._temporary = TemporaryLayer(napari_viewer)
        self._watched: Image | None = None
        self._is_attached = False

        self.mode = ModeRow()
        self.layers = LayerPicker(napari_viewer)
        self.folders = FolderList()
        self.info = QLabel("")
        self.time_axis = TimeAxis(napari_viewer)
        self.result = ResultPreview()
        self.form = SettingsForm()
        self.existing = ComboBox(
            choices=[(words, name) for name, words in IF_EXISTS.items()],
            tooltip="What to do when the video exists",
        )
        self.recipe_button = RecipeButton(self)
        self.more = Fold(
            "More  (frames, quality, existing files)",
            self.form.more,
            row("If it exists", self.existing.native, stretch=1),
            self.recipe_button,
        )
        self.destination = DestinationRow()
        self.reason = QLabel("")
        self.create_button = QPushButton("Create video")
        self.run = RunRow()
        self.canvas = CanvasPreview(napari_viewer)
        self._lay_out()
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self._update)
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
        """Start making the video or videos; False if something is missing or the user cancels."""
        self._update()
        if self.run.is_running:
            return False
        try:
            jobs = self._jobs()
        except Tif2VideoError as exc:
            show_error(describe(exc))
            return False
        overwrite = settle_existing(jobs, self.existing.value, self) if jobs else None
        if overwrite is None:
            return False
        stored().setValue("settings", self.form.settings.to_json())
        self.run.start(jobs, overwrite=overwrite, on_state=self._on_state)
        return True

    # ---- building

    def _lay_out(self) -> None:
        self.info.setWordWrap(True)
        self.reason.setWordWrap(True)
        lay_out(
            self,
            scrolled=[
                self.mode,
                self.layers.combo.native,
                self.folders,
                self.info,
                self.time_axis,
                self.result,
                self.form.top,
                self.more,
            ],
            fixed=[self.destination, self.reason, self.create_button, self.run],
        )

    def _connect(self) -> None:
        self.form.changed.connect(self.refresh)
        self.form.draw_requested.connect(self._on_draw)
        self.form.auto_requested.connect(self._on_auto)
        self.layers.changed.connect(self.refresh)
        self.time_axis.changed.connect(self.refresh)
        self.canvas.box_changed.connect(self.form.set_box)
        self.folders.changed.connect(self.refresh)
        self.folders.selected.connect(self._on_row)
        self.mode.layer.toggled.connect(self._on_mode)
        self.destination.changed.connect(self.refresh)
        self.create_button.clicked.connect(self.convert)
        self.run.ended.connect(self.refresh)

    def _restore(self) -> None:
        text = stored().value("settings", "")
        if text:
            try:
                self.form.settings = VideoSettings.from_json(str(text))
            except SettingsError:
                stored().remove("settings")  # written by another version
        self._on_mode()

    # ---- following the user and the viewer

    @property
    def is_folder_mode(self) -> bool:
        return bool(self.mode.folders.isChecked())

    @property
    def layer(self) -> Image | None:
        """The layer whose frames are previewed."""
        return self._temporary.layer if self.is_folder_mode else self.layers.layer

    def refresh(self, event: Any = None) -> None:
        """Bring everything up to date soon; many changes at once cost one update."""
        self._settle.start()

    def showEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        if not self._is_attached:
            self._is_attached = True
            self._viewer.dims.events.current_step.connect(self.refresh)
            self.layers.connect()
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
        self._temporary.remove()
        self.time_axis.forget()

    def _detach(self) -> None:
        """While it is hidden, the widget listens to nothing and draws nothing."""
        self._settle.stop()
        self.result.stop()
        self.canvas.hide()
        self._follow(None)
        if self._is_attached:
            self._is_attached = False
            self._viewer.dims.events.current_step.disconnect(self.refresh)
            self.layers.disconnect()

    def _on_mode(self, _: bool = False) -> None:
        folders = self.is_folder_mode
        self.layers.combo.visible = not folders
        self.folders.setVisible(folders)
        self.form.offer_contrasts(FOLDER_CONTRASTS if folders else LAYER_CONTRASTS)
        if folders:
            paths = self.folders.paths
            self._on_row(paths[0] if paths else "")
        else:
            self._temporary.remove()
        self.refresh()

    def _on_row(self, path: str) -> None:
        """Show what the selected row names."""
        self._temporary.show(path if self.is_folder_mode else "")
        self.refresh()

    def _on_draw(self) -> None:
        if self.layer is not None:
            self.canvas.start_drawing()

    def _on_auto(self) -> None:
        layer = self.layer
        if layer is None or self.plan is None:
            return
        low, high = auto_limits(self.plan, self.time_axis.frame_index(layer, self.plan))
        if self.form.contrast.value == "displayed":
            layer.contrast_limits_range = (
                min(low, layer.contrast_limits_range[0]),
                max(high, layer.contrast_limits_range[1]),
            )
            layer.contrast_limits = (low, high)
        else:
            self.form.set_limits(low, high)

    def _follow(self, layer: Image | None) -> None:
        """Listen to what changes the look of this layer, and to no other one."""
        if layer is self._watched:
            return
        names = ("data", "contrast_limits", "colormap", "gamma", "opacity")
        for watched, act in ((self._watched, "disconnect"), (layer, "connect")):
            if watched is not None:
                for name in names:
                    getattr(getattr(watched.events, name), act)(self.refresh)
        self._watched = layer

    def _update(self) -> None:
        self._settle.stop()
        layer = self.layer
        self._follow(layer if self.isVisible() else None)
        self.time_axis.offer(layer)
        self.plan, reason = None, ""
        try:
            settings = self.form.settings
            if layer is not None:
                self.plan = plan(self.time_axis.stack_of(layer), settings)
            elif not self.is_folder_mode:
                reason = "Open an image first."
            elif not self.folders.count:
                reason = "Add a folder."
        except Tif2VideoError as exc:
            reason = describe(exc)
            if layer is not None:  # which one it is can be seen above
                stack = self.time_axis.stack_of(layer)
                reason = reason.removeprefix(f"{stack.path or stack.name}: ")
        self._show_plan(layer)
        self.form.show_problem(reason)
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))
        self.create_button.setEnabled(not reason and not self.run.is_running)

    def _show_plan(self, layer: Image | None) -> None:
        made = self.plan
        if made is None or layer is None:
            self.canvas.hide()
            self.form.duration.setText("")
            if layer is not None:  # while the user is typing, nothing should jump
                self.result.show_outdated()
                return
            self.result.show_nothing(self._temporary.problem)
            self.info.setText("")
            return
        frame_format = made.stack.frames.format
        total = len(self.time_axis.stack_of(layer))
        self.info.setText(
            f"{total} frames · {frame_format.size[1]}×{frame_format.size[0]} "
            f"{frame_format.dtype.name} · {_pixel_size(made.stack.pixel_size_um)}"
        )
        self.form.duration.setText(f"= {made.duration_s:.1f} s long")
        many = self.is_folder_mode and self.folders.count > 1
        self.destination.show_many(many)
        self.destination.show_automatic(automatic_name(made, self.destination.folder))
        if self.isVisible():
            box = made.picture.box if made.settings.crop is not None else None
            width = made.settings.width
            if made.settings.um_per_pixel is not None:
                width = made.picture.size[1]
            self.canvas.show(layer, box, made.settings.anchor, video_width=width)
            self.result.show_plan(made, self.time_axis.frame_index(layer, made))

    # ---- converting

    def _jobs(self) -> list[SourceJob]:
        if self.is_folder_mode:
            return folder_jobs(self.folders.paths, self.form.settings, self.destination)
        if self.plan is None:
            raise SettingsError(self.reason.text() or "choose a layer first")
        return layer_jobs(self.plan, self.destination)

    def _on_state(self, index: int, name: str | None, state: str, why: str) -> None:
        if self.is_folder_mode and index < self.folders.count:
            self.folders.set_row(index, name, state, why)
        self.create_button.setEnabled(not self.run.is_running)


def _pixel_size(size_um: float | None) -> str:
    return "no pixel size" if size_um is None else f"{size_um:.4g} µm a pixel"


def _main_window_of(widget: QWidget) -> QWidget:
    """The viewer's window, also while the dock floats."""
    while (parent := widget.parentWidget()) is not None:
        widget = parent
    return widget
