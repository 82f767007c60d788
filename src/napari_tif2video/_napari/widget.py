"""The dock widget: it turns form values into `VideoSettings`, and starts and shows the work."""

from __future__ import annotations

import dataclasses
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from magicgui.widgets import PushButton
from qtpy.QtCore import QEvent, QTimer
from qtpy.QtWidgets import QApplication

from ..data import Stack
from ..errors import SettingsError, Tif2VideoError, describe
from ..planning import Plan, clips, plan
from ..settings import SETTINGS, VideoSettings
from .canvas import CanvasPreview
from .desktop import open_file, stored
from .form import OF_DATA, SettingsForm
from .panel import Fold, Note, Watch, add_key, column, heading, lay_out, line, say, title
from .presets import PresetButton
from .preview import ResultPreview, auto_limits, box_at
from .run import Destination, RecipeButton, RunRow, Starter, automatic_name
from .source import SourcePanel
from .words import in_words, telling

if TYPE_CHECKING:
    import napari

_CANCEL_WAIT_S = 5
_SETTLE_MS = 30
_POLL_S = 0.005
_LAYER_CONTRASTS = ("displayed", "auto", "global", "local", "smooth", "fixed")
_FOLDER_CONTRASTS = ("auto", "global", "batch", "local", "smooth", "stored", "fixed")


class TiffToVideo(SettingsForm):
    """Make videos of image layers and of folders of TIFF files.

    A container of magicgui with a widget for each setting: ``widget["fps"].value = 12``.
    ``widget.settings`` gets and sets them together as `VideoSettings`; ``widget.convert()`` does
    what the Create button does; ``widget.wait_until_idle()`` waits until the window has followed.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self.plan: Plan | None = None
        self.source = SourcePanel(napari_viewer)
        self.mode, self.layers, self.folders = (
            self.source.mode,
            self.source.layers,
            self.source.folders,
        )
        self.result = ResultPreview()
        self.destination = Destination()
        self.recipe_button = RecipeButton(self, self.source, self.destination, lambda: self.plan)
        self.presets = PresetButton(self, lambda: self.plan)
        self.reason = Note()
        self.create_button = PushButton(text="Create video")
        self.run = RunRow()
        self.canvas = CanvasPreview(napari_viewer, self.native, lambda: self["crop"].ratio.value)
        self._starter = Starter(self.run, self.destination, self.folders)
        self._lay_out()
        self._settle = QTimer(self.native, singleShot=True, interval=_SETTLE_MS)
        self._connect()
        self._restore()

    # ---- what scripts use besides `settings`

    def convert(self) -> bool:
        """Start making the video or videos; False if something is missing or the user cancels.

        Folders and files are opened and planned in the background first.
        """
        self._update()
        if self.run.is_preparing:
            return False
        is_begun = False
        with telling():
            if self.source.is_folder_mode:
                self._starter.start_folders(self.settings)
                is_begun = True
            elif self.plan is None:
                raise SettingsError(self.reason.value or "choose a layer first")
            else:
                is_begun = self._starter.start_layers(self.settings, self.plan, self.source.origins)
        return is_begun

    @property
    def is_idle(self) -> bool:
        """Whether every change was taken in, the preview is up to date and all sources are known.

        A run that makes videos has nothing to do with it: see ``widget.run.is_running``.
        """
        return not (self._settle.isActive() or self.source.is_busy or self.result.is_busy)

    def wait_until_idle(self, timeout_s: float = 60) -> None:
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
        files = (heading("Files"), *self.destination.file_rows, self.recipe_button)
        self.more = Fold(
            "More  (grey levels, overlays, format, files)",
            column(self.more_rows, *files),
            less="Less",
        )
        preset = line(title("Preset"), self.presets, stretch=1)
        run = self.run
        create = line(self.create_button, run.card.recent_button, run.log_button, stretch=0)
        source = self.source
        rows = (source.covered_row, source.time_axis.row, self.source_rows)
        lay_out(
            self,
            column(self.mode, self.layers, self.folders, source.info, *rows, self.result),
            column(preset, self.top, self.more),
            self.more,
            column(self.destination, self.reason, create, self.run),
            self.run.card.headline,
        )
        for keys, button in (
            ("Ctrl+Return", self.create_button),
            ("Ctrl+.", self.run.cancel_button),
            ("Ctrl+P", self.result.play_button),
            ("Ctrl+Shift+X", self["crop"].check),
            ("Ctrl+Shift+D", self["crop"].draw),
            ("Ctrl+Shift+Return", self.run.card.play_button),
        ):
            add_key(self.native, keys, button)

    def _connect(self) -> None:
        self._settle.timeout.connect(self._update)
        for changed in (self.changed, self.source.changed, self.destination.edited):
            changed.connect(self.refresh)
        self["crop"].draw.changed.connect(self._on_draw)
        self.canvas.drawing_changed.connect(self._on_drawing)
        self.auto.changed.connect(self._on_auto)
        self.result.moved.connect(self._on_moved)
        self.mode.changed.connect(self._on_mode)
        self.canvas.box_changed.connect(partial(setattr, self["crop"], "value"))
        self.canvas.undo.connect(self["crop"].undo)
        self.create_button.changed.connect(lambda: self.convert())
        self.folders.activated.connect(open_file)
        for signal in (self.run.began, self.run.ended):
            signal.connect(self._on_run)
        Watch(self.native, {QEvent.Type.Show: self._on_show, QEvent.Type.Hide: self._on_hide})
        Watch(self.native, {QEvent.Type.Resize: partial(self.result.fit_into, self.native)})
        self.native_parent_changed.connect(self._on_parent)

    def _restore(self) -> None:
        text = stored().value("settings", "")
        if text:
            try:
                self.take(VideoSettings.from_json(str(text)), SETTINGS.keys() - OF_DATA)
            except SettingsError:
                stored().remove("settings")  # written by another version
        self._on_mode()

    # ---- following the user and the viewer

    def reset_choices(self, *_: Any) -> None:
        """Follow the layers; napari calls it whenever they come, go or change their names."""
        super().reset_choices()
        if "_settle" in vars(self):  # magicgui calls it while it is being built, too
            self.layers.reset_choices()
            self.refresh()

    def refresh(self, event: Any = None) -> None:
        """Bring everything up to date soon; many changes at once cost one update."""
        self._settle.start()

    def _on_show(self) -> None:
        self.source.attach()
        self.refresh()

    def _on_hide(self) -> None:
        self._detach()
        if not self.native.window().isVisible():  # the viewer is being closed
            self.run.stop(wait_s=_CANCEL_WAIT_S)

    def _on_parent(self, parent: Any) -> None:
        # The close button of a dock takes the widget out of it, without closing it.
        if self.native.parent() is None:
            self.close_all()

    def close_all(self) -> None:
        """Stop what runs, and let go of the viewer."""
        self.run.stop(wait_s=_CANCEL_WAIT_S)
        self._detach()
        self.source.close()
        events = self._viewer.layers.events
        for name in ("inserted", "removed", "reordered", "renamed"):
            if name in events.emitters:  # the last one since napari 0.9
                events.emitters[name].disconnect(self.reset_choices)  # which napari connected

    def _detach(self) -> None:
        """While it is hidden, the widget listens to nothing and draws nothing."""
        self._settle.stop()
        self.result.leave()
        self.canvas.hide()
        self.source.detach()

    def _on_mode(self) -> None:
        folders = self.source.is_folder_mode
        self.offer_contrasts(_FOLDER_CONTRASTS if folders else _LAYER_CONTRASTS)
        if folders:  # the list needs the room
            self.run.card.headline.collapse()
        self.refresh()

    def _on_run(self) -> None:
        self.create_button.text = "Add to queue" if self.run.is_running else "Create video"
        self._update_create()
        self.refresh()

    def _update_create(self) -> None:
        self.create_button.enabled = not self.reason.value and not self.run.is_preparing

    def _on_draw(self, is_on: bool) -> None:
        if not is_on:
            self.canvas.stop_drawing()
        elif (region := self.source.region) is not None:
            if self.plan is None:  # as the box that there is does not fit
                self.canvas.show(region, None, None)
            self.canvas.start_drawing()
        self._on_drawing(self.canvas.is_drawing)

    def _on_drawing(self, is_on: bool) -> None:
        self["crop"].draw.value = is_on
        if is_on:
            self._viewer.status = "Drag a box over the image; Esc ends that"

    def _on_moved(self, index: int) -> None:
        if self.plan is not None:
            self.source.show_frame(self.plan, index)

    def _on_auto(self) -> None:
        layer = self.source.image
        if layer is None or self.plan is None:
            return
        low, high = auto_limits(self.plan, self.source.frame_index(self.plan))
        if self["contrast"].value == "displayed":
            layer.contrast_limits_range = (
                min(low, layer.contrast_limits_range[0]),
                max(high, layer.contrast_limits_range[1]),
            )
            layer.contrast_limits = (low, high)
        else:
            self.set_limits(low, high)

    def _update(self) -> None:
        self._settle.stop()
        self.run.card.keep(self.source.present)
        self.plan, stack, reason = None, None, ""
        try:
            settings = self.settings
            self.source.look(settings.axes, settings.play == "C")
            # What has to be chosen depends on the source, and so do the settings.
            self.offer_axes(self.source.axes, self.source.depth)
            settings = self.settings
            stack = self.source.stack(settings.z)
            self["crop"].fit_into(None if stack is None else stack.format.size)
            reason = self.source.missing
            is_list = self.source.is_folder_mode and self.folders.count > 1
            if settings.shows_sources and not is_list:
                raise SettingsError(
                    "panels: of sources are for several folders or files in the list; add some, or "
                    "show channels"
                )
            if stack is not None:
                self.plan = plan(stack, _of_one_video(stack, settings))
        except Tif2VideoError as exc:
            reason = describe(exc).partition("; --")[0]  # that advice is for the command line
            if stack is not None:  # which one it is can be seen above
                reason = reason.removeprefix(f"{stack.path or stack.name}: ")
        self._show_plan(stack, is_box_known=not self.row_of("crop").is_about(reason))
        self.show_problem(reason)
        say(self.reason, in_words(reason))
        self._update_create()
        self.presets.follow()

    def _show_plan(self, stack: Stack | None, is_box_known: bool) -> None:
        made, region = self.plan, self.source.region
        known = None if stack is None else stack.calibration
        self.describe(known, None if made is None else made.scale)
        if made is None or stack is None:
            drawn = self.canvas.region
            is_same = drawn is not None and region is not None and drawn.is_same(region)
            is_kept = is_box_known and is_same
            if not (is_kept or self.canvas.is_drawing):
                self.canvas.hide()
            self.duration.value = ""
            if region is not None:  # while the user is typing, nothing should jump
                self.result.show_outdated()
                return
            self.result.show_nothing(self.source.temporary.problem)
            self.source.info.value = ""
            return
        self.source.describe(stack, made)
        self.duration.value = f"= {made.duration_s:.1f} s long"
        self.auto.enabled = len(made.stack.channels) == 1 and not made.picture.is_raw
        is_each = "each" in (self["channel"].value, self["position"].value, self["follow_id"].value)
        many = self.source.is_folder_mode and (self.folders.count > 1 or is_each)
        self.destination.show_many(many)
        self.destination.show_automatic(automatic_name(made, self.destination.folder))
        if not self.visible:
            return
        if self.source.is_folder_mode:
            self.source.temporary.follow(made)
        if region is not None:
            index = self.source.frame_index(made)
            box = box_at(made, index) if made.settings.crop is not None else None
            overlay = made.picture.shown[0].picture.overlay
            mark = None if overlay is None else overlay.anchor
            self.canvas.show(region, box, mark, video_width=made.picture.size[1])
        self.result.show_plan(made, self.source.frame_index(made))


def _of_one_video(stack: Stack, settings: VideoSettings) -> VideoSettings:
    """Settings for the preview: of a video of each channel, position or track, the first.

    Of several sources side by side, it is the panel of one with all that is drawn on it.
    """
    if settings.shows_sources:
        settings = dataclasses.replace(settings, panel_marks="each")
    if settings.position == "each":
        settings = dataclasses.replace(settings, position=0)
    if settings.channel == "each":
        settings = dataclasses.replace(settings, channel=0)
    if settings.follow_id == "each":
        settings = dataclasses.replace(settings, follow_id=clips(stack, settings).numbers[0])
    return settings
