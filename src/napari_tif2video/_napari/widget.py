"""The dock widget: it turns form values into `VideoSettings`, and starts and shows the work."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox
from napari.layers import Image
from napari.utils.notifications import show_error, show_info
from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..batch import Destination, SourceJob, find_sources, plan_jobs
from ..errors import SettingsError, Tif2VideoError, describe
from ..output import video_name
from ..plan import Plan, plan
from ..reader import open_stack
from ..settings import VideoSettings
from ..stack import Stack
from . import recipes
from .canvas import CanvasPreview
from .destination import DestinationRow, ask_about_existing, free_name, stored
from .form import FOLDER_CONTRASTS, LAYER_CONTRASTS, SettingsForm
from .layers import default_play_axis, display_of, leading_shape, stack_of_layer
from .result import ResultPreview, auto_limits
from .runner import RunRow
from .sources import TEMPORARY, FolderList, LayerPicker

if TYPE_CHECKING:
    import napari

_WIDTH_PX = 340
_SETTLE_MS = 30


class TiffToVideo(QWidget):
    """Make videos of image layers and of folders of TIFF files.

    ``widget.settings`` gets and sets the form as `VideoSettings`; ``widget.convert()`` does what
    the Create button does.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self._stack: Stack | None = None
        self._stack_key: Any = None
        self._plan: Plan | None = None
        self._temporary: Image | None = None
        self._layer_events: Image | None = None

        self.form = SettingsForm()
        self.layers = LayerPicker(napari_viewer)
        self.folders = FolderList()
        self.result = ResultPreview()
        self.destination = DestinationRow()
        self.run = RunRow(napari_viewer)
        self.canvas = CanvasPreview(napari_viewer)
        self._lay_out()
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self._update)
        self._connect()
        self._restore()
        self.refresh()

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
            overwrite = self._settle_existing(jobs)
        except Tif2VideoError as exc:
            show_error(describe(exc))
            return False
        if overwrite is None:
            return False
        stored().setValue("settings", self.form.settings.to_json())
        self.run.start(jobs, overwrite=overwrite, on_state=self._on_state)
        return True

    # ---- building

    def _lay_out(self) -> None:
        self.layer_button, self.folder_button = QRadioButton("Layer"), QRadioButton("Folders")
        self.layer_button.setChecked(True)
        group = QButtonGroup(self)
        modes = QHBoxLayout()
        for button in (self.layer_button, self.folder_button):
            group.addButton(button)
            modes.addWidget(button)
        modes.addStretch()
        self.info = QLabel("")
        self.info.setWordWrap(True)
        self._axis_choices: list[tuple[str, int]] = []
        self.axis = ComboBox(
            choices=lambda _: self._axis_choices,
            nullable=True,
            tooltip="The axis that becomes time",
        )
        self.axis_row = QWidget()
        axis_line = QHBoxLayout(self.axis_row)
        axis_line.setContentsMargins(0, 0, 0, 0)
        axis_line.addWidget(QLabel("Time axis"))
        axis_line.addWidget(self.axis.native, stretch=1)
        self.more_button = QToolButton()
        self.more_button.setText("More  (frames, fixed limits, quality)")
        self.more_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more_button.setArrowType(Qt.ArrowType.RightArrow)
        self.more_button.setCheckable(True)
        self.more_button.setAutoRaise(True)
        self.more = QWidget()
        self._lay_out_more()

        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(4)
        column.addLayout(modes)
        for widget in (
            self.layers.combo.native,
            self.folders,
            self.info,
            self.axis_row,
            self.result,
            self.form.top.native,
            self.more_button,
            self.more,
        ):
            column.addWidget(widget)
        column.addStretch()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)

        self.reason = QLabel("")
        self.reason.setWordWrap(True)
        self.create_button = QPushButton("Create video")
        bottom = QVBoxLayout()
        bottom.setContentsMargins(6, 2, 6, 6)
        bottom.setSpacing(4)
        for widget in (self.destination, self.reason, self.create_button, self.run):
            bottom.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(scroll, stretch=1)
        layout.addLayout(bottom)
        self.setMinimumWidth(_WIDTH_PX)
        self.more.hide()

    def _lay_out_more(self) -> None:
        column = QVBoxLayout(self.more)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.form.more.native)
        self.existing = ComboBox(
            choices=[
                ("Ask", "ask"),
                ("Replace", "replace"),
                ("Keep both", "keep"),
                ("Skip", "skip"),
            ],
            tooltip="What to do when the video exists",
        )
        line = QHBoxLayout()
        label = QLabel("If it exists")
        line.addWidget(label)
        line.addWidget(self.existing.native, stretch=1)
        column.addLayout(line)
        self.recipe_button = QPushButton("Copy or save settings")
        menu = QMenu(self.recipe_button)
        menu.addAction("Copy as command line", self.copy_command_line)
        menu.addAction("Copy as Python", self.copy_python)
        menu.addAction("Save settings…", self.save_settings)
        menu.addAction("Load settings…", self.load_settings)
        self.recipe_button.setMenu(menu)
        column.addWidget(self.recipe_button)

    def _connect(self) -> None:
        self.form.changed.connect(self.refresh)
        self.form.draw_requested.connect(self._on_draw)
        self.form.auto_requested.connect(self._on_auto)
        self.layers.changed.connect(self.refresh)
        self.axis.changed.connect(self.refresh)
        self.canvas.box_changed.connect(self.form.set_box)
        self.folders.changed.connect(self.refresh)
        self.folders.selected.connect(self._on_row)
        self.layer_button.toggled.connect(self._on_mode)
        self.more_button.toggled.connect(self._on_more)
        self.destination.changed.connect(self.refresh)
        self.create_button.clicked.connect(self.convert)
        self.run.ended.connect(self.refresh)

    def _restore(self) -> None:
        text = stored().value("settings", "")
        try:
            if text:
                self.form.settings = VideoSettings.from_json(str(text))
        except SettingsError:
            stored().remove("settings")  # written by another version
        self._on_mode()

    # ---- following the user and the viewer

    @property
    def is_folder_mode(self) -> bool:
        return bool(self.folder_button.isChecked())

    @property
    def layer(self) -> Image | None:
        """The layer whose frames are previewed."""
        return self._temporary if self.is_folder_mode else self.layers.layer

    def refresh(self, event: Any = None) -> None:
        """Bring everything up to date soon; many changes at once cost one update."""
        self._settle.start()

    def showEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        self._viewer.dims.events.current_step.connect(self.refresh)
        self.refresh()

    def hideEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        # Also what the dock's close button does: there is no closeEvent then.
        super().hideEvent(event)
        self._settle.stop()
        self._viewer.dims.events.current_step.disconnect(self.refresh)
        self._follow(None)
        self.canvas.hide()
        self.result.stop()

    def close_all(self) -> None:
        """Let go of the viewer, and stop what runs."""
        self.run.cancel(wait_s=5)
        self.layers.disconnect()
        self.canvas.close()
        self._remove_temporary()

    def _on_mode(self, _: bool = False) -> None:
        folders = self.is_folder_mode
        self.layers.combo.visible = not folders
        self.folders.setVisible(folders)
        self.form.offer_contrasts(FOLDER_CONTRASTS if folders else LAYER_CONTRASTS)
        if folders:
            paths = self.folders.paths
            self._on_row(paths[0] if paths else "")
        else:
            self._remove_temporary()
        self.refresh()

    def _on_more(self, is_open: bool) -> None:
        self.more.setVisible(is_open)
        arrow = Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow
        self.more_button.setArrowType(arrow)

    def _on_row(self, path: str) -> None:
        """Open the selected row as a temporary layer."""
        self._remove_temporary()
        if path and self.is_folder_mode:
            try:
                stack = open_stack(path)
            except Tif2VideoError as exc:
                self.result.show_nothing(describe(exc))
                return
            self._temporary = self._viewer.add_image(
                stack.data,
                name=stack.name,
                rgb=stack.frames.format.is_rgb,
                metadata={TEMPORARY: path},
            )
        self.refresh()

    def _remove_temporary(self) -> None:
        if self._temporary is not None and self._temporary in self._viewer.layers:
            self._viewer.layers.remove(self._temporary)
        self._temporary = None

    def _on_draw(self) -> None:
        if self.layer is not None:
            self.canvas.start_drawing()

    def _on_auto(self) -> None:
        layer = self.layer
        if layer is None or self._plan is None:
            return
        low, high = auto_limits(self._plan, self._frame_index(layer, self._plan))
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
        if layer is self._layer_events:
            return
        names = ("data", "contrast_limits", "colormap", "gamma", "opacity")
        for watched, act in ((self._layer_events, "disconnect"), (layer, "connect")):
            if watched is not None:
                for name in names:
                    getattr(getattr(watched.events, name), act)(self.refresh)
        self._layer_events = layer

    def _update(self) -> None:
        self._settle.stop()
        layer = self.layer
        self._follow(layer if self.isVisible() else None)
        self._offer_axes(layer)
        self._plan, reason = None, ""
        try:
            settings = self.form.settings
            if layer is None:
                reason = "Add a folder." if self.is_folder_mode else "Open an image first."
            else:
                self._plan = plan(self._stack_of(layer), settings)
        except Tif2VideoError as exc:
            reason = describe(exc)
        self._show_plan(layer)
        if self.is_folder_mode and self.folders.count:
            reason = "" if self._plan is not None else reason
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))
        self.create_button.setEnabled(not reason and not self.run.is_running)

    def _show_plan(self, layer: Image | None) -> None:
        made = self._plan
        if made is None or layer is None:
            self.canvas.hide()
            self.result.show_nothing()
            self.info.setText("")
            self.form.duration.value = ""
            return
        frame_format = made.stack.frames.format
        source = self._stack
        assert source is not None
        self.info.setText(
            f"{len(source)} frames · {frame_format.size[1]}×{frame_format.size[0]} "
            f"{frame_format.dtype.name} · no pixel size"
        )
        self.form.duration.value = f"= {made.duration_s:.1f} s long"
        many = self.is_folder_mode and self.folders.count > 1
        self.destination.show_many(many)
        self.destination.show_automatic(self._automatic_name(made))
        if self.isVisible():
            box = made.picture.box if made.settings.crop is not None else None
            self.canvas.show(layer, box, made.settings.anchor)
            self.result.show_plan(made, self._frame_index(layer, made))

    def _automatic_name(self, made: Plan) -> str:
        path = made.stack.path
        inside = self.destination.folder is None and path is not None and path.is_dir()
        return video_name(made, "" if inside else made.stack.name)

    def _stack_of(self, layer: Image) -> Stack:
        """The layer as a stack; the same one, with what was measured, while its data stay."""
        play, point = self.axis.value, self._point(layer)
        others = tuple(p for axis, p in enumerate(point) if axis != play)
        key = (layer, id(layer.data), play, others)
        if self._stack is None or self._stack_key != key:
            self._stack = stack_of_layer(layer, play=play, point=point)
            self._stack_key = key
        (channel,) = self._stack.channels
        shown = dataclasses.replace(channel, display=display_of(layer))
        path = layer.metadata.get(TEMPORARY)
        return dataclasses.replace(
            self._stack,
            channels=(shown,),
            name=layer.name,
            path=self._stack.path if path is None else Path(path),
        )

    def _offer_axes(self, layer: Image | None) -> None:
        sizes = () if layer is None else leading_shape(layer)
        moving = [axis for axis, n in enumerate(sizes) if n > 1]
        self.axis_row.setVisible(len(moving) > 1)
        labels = [] if layer is None else [str(name) for name in layer.axis_labels]
        choices = [(f"{labels[axis]} ({sizes[axis]})", axis) for axis in moving]
        if layer is not None and not moving and sizes:
            choices = [(labels[0], 0)]
        with self.axis.changed.blocked():
            before = self.axis.value
            if self._axis_choices != choices:
                self._axis_choices = choices
                self.axis.reset_choices()
                default = default_play_axis(layer) if layer is not None else None
                if choices:
                    offered = [axis for _, axis in choices]
                    wanted = before if before in offered and default is None else default
                    self.axis.value = offered[0] if wanted is None else wanted

    def _point(self, layer: Image) -> list[int]:
        """Where the sliders are, in the layer's own data coordinates."""
        sizes = leading_shape(layer)
        coordinates = layer.world_to_data(self._viewer.dims.point[-layer.ndim :])
        return [min(max(round(c), 0), n - 1) for c, n in zip(coordinates, sizes, strict=False)]

    def _frame_index(self, layer: Image, made: Plan) -> int:
        """The frame of the video that is nearest to the time slider."""
        play = self.axis.value
        if play is None or not leading_shape(layer):
            return 0
        now = self._point(layer)[play]
        return min(range(len(made.indices)), key=lambda i: abs(made.indices[i] - now))

    # ---- converting

    def _jobs(self) -> list[SourceJob]:
        settings = self.form.settings
        folder = self.destination.folder
        if self.is_folder_mode:
            jobs = find_sources(self.folders.paths)
            if not jobs:
                raise SettingsError("add a folder first")
            destination = Destination(None, folder, overwrite=True)
            name = self.destination.file_name
            if name is not None and len(jobs) == 1:
                parent = folder or Path(self.folders.paths[0])
                destination = Destination(
                    (parent if parent.is_dir() else parent.parent) / name, overwrite=True
                )
            return plan_jobs(jobs, settings, destination)
        layer = self.layer
        if layer is None or self._plan is None:
            raise SettingsError(self.reason.text() or "choose a layer first")
        stack = self._stack_of(layer)
        if folder is None and stack.path is None:
            if not self.destination.ask():
                raise SettingsError("choose where to save the video")
            folder = self.destination.folder
        if folder is None:
            assert stack.path is not None
            folder = stack.path if stack.path.is_dir() else stack.path.parent
        file = folder / (self.destination.file_name or self._automatic_name(self._plan))
        return plan_jobs([SourceJob(stack)], settings, Destination(file, overwrite=True))

    def _settle_existing(self, jobs: list[SourceJob]) -> bool | None:
        """Ask once what to do with videos that exist; whether to overwrite, None to cancel."""
        existing = [job for job in jobs if job.output is not None and job.output.exists()]
        if not existing:
            return False
        answer = self.existing.value
        if answer == "ask":
            paths = [job.output for job in existing if job.output is not None]
            answer = ask_about_existing(self, paths)
        if answer == "cancel":
            return None
        for job in existing:
            assert job.output is not None
            if answer == "keep":
                job.output = free_name(job.output)
            job.skip = answer == "skip"
        return bool(answer == "replace")

    def _on_state(self, index: int, name: str | None, state: str, why: str) -> None:
        if self.is_folder_mode and index < self.folders.count:
            self.folders.set_row(index, name, state, why)
        self.create_button.setEnabled(not self.run.is_running)

    # ---- recipes

    def copy_command_line(self) -> None:
        settings, layer = self.form.settings, self.layer
        folder = self.destination.folder
        if self.is_folder_mode:
            text = recipes.as_command_line(self.folders.paths, settings, folder, None)
        elif layer is None or layer.source.path is None:
            show_info("This layer was not read from disk; use Copy as Python instead.")
            return
        else:
            display = display_of(layer)
            if recipes.loses_colours(settings, display):
                show_info("Colormap, gamma and opacity of the layer are not in the command line.")
            text = recipes.as_command_line([layer.source.path], settings, folder, display)
        _to_clipboard(text)

    def copy_python(self) -> None:
        settings = self.form.settings
        folder = self.destination.folder
        if self.is_folder_mode:
            text = recipes.as_python(self.folders.paths, settings, folder, is_layer=False)
        elif self.layer is None or self._plan is None:
            return
        else:
            name = self.destination.file_name or self._automatic_name(self._plan)
            output = None if folder is None else folder / name
            text = recipes.as_python(self.layer.name, settings, output, is_layer=True)
        _to_clipboard(text)

    def save_settings(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Save settings", "", "JSON (*.json)")
        if name:
            self._try(lambda: self.form.settings.save(name))

    def load_settings(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Load settings", "", "JSON (*.json)")
        if name:
            self._try(lambda: setattr(self, "settings", VideoSettings.load(name)))

    @staticmethod
    def _try(action: Any) -> None:
        try:
            action()
        except Tif2VideoError as exc:
            show_error(describe(exc))


def _to_clipboard(text: str) -> None:
    clipboard = QGuiApplication.clipboard()
    if clipboard is not None:
        clipboard.setText(text)
