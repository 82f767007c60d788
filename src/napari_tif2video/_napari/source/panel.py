"""The upper part of the window: which source is meant, and what is known about it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from magicgui.widgets import PushButton, RadioButtons
from napari.components import ViewerModel
from napari.layers import Image, Layer
from psygnal import Signal

from ...data import Calibration, Stack
from ...planning import Plan
from ...units import counted
from ..layers import Region, is_drawn, merge, move_slider, point_of, region_of_layer
from ..panel import Note, line
from ..words import in_words
from .axes import SourceAxes, TimeAxis, nearest_frame
from .folders import FolderList
from .opening import Catalog, TemporaryLayers, make_canvas_current
from .picker import LayerPicker

_LOOKS = (
    "data", "contrast_limits", "colormap", "gamma", "opacity", "blending", "visible",
    "projection_mode", "auto_contrast", "name", "interpolation2d",
    "scale", "translate", "rotate", "shear", "affine", "units",
)  # fmt: skip
_DRAWN_LOOKS = (
    *_LOOKS, "colormap", "contour", "selected_label", "show_selected_label", "labels_update",
    "features", "size", "symbol", "shown", "face_color", "border_color", "border_width",
    "edge_color", "edge_width", "length", "vector_style", "tail_length", "tail_width",
    "head_length", "hide_completed_tracks", "display_id", "display_tail", "display_graph",
    "color_by", "rebuild_tracks", "rebuild_graph",
)  # fmt: skip
_STEPS = {"T": "time point", "C": "channel", "Z": "slice", "P": "position"}


class SourcePanel:
    """A layer, all visible layers, or a list of folders and files of which one is previewed.

    Signals
    -------
    changed()
        Another source, another look of a layer, or something was found out in the background.
    """

    changed = Signal()

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._watched: list[Layer] = []
        self._is_attached = False
        self.mode = RadioButtons(
            choices=("Layers", "Folders"), value="Layers", orientation="horizontal", gui_only=True
        )
        self.layers = LayerPicker(viewer)
        self.folders = FolderList()
        self.folders.hide()  # else the dock begins as high as both kinds of source need
        self.info, self.covered = Note(), Note()
        self.in_colours = PushButton(
            text="Show all in colours",
            tooltip="Add the layers up, each in a colour of its own unless it has one",
        )
        self.covered_row = line(self.covered, self.in_colours, stretch=0)
        self.time_axis = TimeAxis(viewer)
        self.temporary = TemporaryLayers(viewer, self.folders)
        self.catalog = Catalog(self.folders)
        threading.Thread(target=_load_dask, daemon=True).start()
        self.mode.changed.connect(self._on_mode)
        self.in_colours.changed.connect(lambda: self.layers.show_in_colours())
        self.catalog.changed.connect(self._on_catalog)
        for changed in (
            self.layers.changed,
            self.time_axis.changed,
            self.temporary.changed,
            self.folders.changed,
            self.folders.selected,
        ):
            changed.connect(self.tell)

    def tell(self, event: Any = None) -> None:
        self.changed.emit()

    @property
    def is_folder_mode(self) -> bool:
        return bool(self.mode.value == "Folders")

    @property
    def is_busy(self) -> bool:
        """Whether something is being found out in the background."""
        return self.catalog.is_busy or self.temporary.is_busy

    @property
    def image(self) -> Image | None:
        """The layer that is shown, of several the one at the bottom."""
        if self.is_folder_mode:
            return self.temporary.image
        return next(iter(self.layers.chosen), None)

    @property
    def region(self) -> Region | None:
        """The pixels of the frames, on the canvas."""
        if self.is_folder_mode:
            layer = self.temporary.image
            return None if layer is None else region_of_layer(self._viewer, layer)
        chosen = self.layers.chosen
        return merge(self._viewer, chosen).region if chosen else None

    @property
    def present(self) -> set[object]:
        """The layers, as weak references, and the paths of which videos can be made."""
        return {*_references(self._viewer.layers), *self.folders.paths}

    @property
    def origins(self) -> set[object]:
        """Those of `present` that are the layers of the source."""
        return {*_references(self.layers.chosen)}

    @property
    def axes(self) -> list[SourceAxes]:
        """The axes of the sources on disk, as far as they are known."""
        if not self.is_folder_mode:
            return []
        known = [entry.axes for entry in self.catalog.entries() if entry is not None]
        stack = self.temporary.stack
        return known if stack is None or known else [SourceAxes.of(stack)]

    @property
    def depth(self) -> int:
        """How many slices the layers have whose slider chooses one; 0 for none."""
        return 0 if self.is_folder_mode else self.time_axis.depth(self.layers.chosen)[1]

    @property
    def missing(self) -> str:
        """What has to happen before videos can be made; empty if nothing has."""
        if not self.is_folder_mode:
            if self.layers.chosen:
                return ""
            return "Make a layer visible." if self.layers.is_merged else "Open an image first."
        if not self.folders.count:
            return "Add a folder."
        entries = self.catalog.entries()
        known = sum(entry is not None for entry in entries)
        if known < len(entries) or self.temporary.is_busy:
            return f"Looking at the sources: {known} of {len(entries)}…"
        return ""

    def look(self, axes: str | None, plays_channels: bool) -> None:
        """See to it that the source is opened, and the rows are those that it needs."""
        folders = self.is_folder_mode
        self.layers.look()
        self.layers.visible = not folders
        self.folders.setVisible(folders)
        if self._is_attached:  # a window that was closed opens nothing any more
            self.catalog.look_at(self.folders.paths if folders else [], axes)
            self.temporary.show(self.folders.selected_path if folders else "", axes, plays_channels)
        self.time_axis.offer([] if folders else self.layers.chosen)
        self._show_covered(None if folders else self.layers.covered)
        self._follow([] if folders or not self._is_attached else self.layers.candidates)

    def _show_covered(self, covered: tuple[Image, list[Image]] | None) -> None:
        self.covered_row.visible = covered is not None
        if covered is not None:
            above, below = covered
            self.covered.value = f"{above.name} hides {', '.join(one.name for one in below)}"

    def stack(self, z: int | str | None) -> Stack | None:
        """What is previewed, of layers with these slices; None while there is nothing.

        Raises
        ------
        SourceError
            The layers do not go together.
        """
        if self.is_folder_mode:
            return self.temporary.stack
        layers = self.layers.chosen
        return self.time_axis.stack_of(layers, z, self.layers.drawn) if layers else None

    def frame_index(self, plan: Plan) -> int:
        """The frame of the video that is nearest to the viewer's slider."""
        played = self._played(plan)
        if played is None:
            return 0
        layer, axis = played
        return nearest_frame(plan, point_of(self._viewer, layer)[axis])

    def show_frame(self, plan: Plan, index: int) -> None:
        """Move the viewer's slider to a frame of the video."""
        played = self._played(plan)
        if played is not None:
            layer, axis = played
            move_slider(self._viewer, layer, axis, plan.indices[index])

    def _played(self, plan: Plan) -> tuple[Image, int] | None:
        """The layer that tells the frame, and its axis."""
        if not self.is_folder_mode:
            return self.time_axis.played(self.layers.chosen)
        layer, axis = self.temporary.image, self.temporary.played_axis(plan)
        return None if layer is None or axis is None else (layer, axis)

    def describe(self, stack: Stack, plan: Plan) -> None:
        """Say how large the data are, what is known about them, and what was decided for them."""
        form = stack.format
        leading = [
            counted(n, _STEPS[letter]) if letter in _STEPS else f"{n} steps {letter}"
            for letter, n in stack.sizes
        ]
        is_plain = stack.planes is None and not stack.images
        parts = [counted(len(stack), "frame")] if is_plain else leading
        if len(stack.channels) > 1:
            parts.append(f"{len(stack.channels)} layers")
        parts.append(f"{form.size[1]}×{form.size[0]} {form.dtype.name}")
        settings = plan.settings
        source = stack.images[plan.stack.position or 0] if stack.images else stack
        given = source.calibration.given(settings.pixel_size, settings.frame_interval)
        known = _calibration(given)
        lines = [" · ".join(parts), known] if known else [" · ".join([*parts, "no pixel size"])]
        # Notes that tell the command line what to add are about choices that the rows show.
        lines += [in_words(note) for note in plan.notes if "; --" not in note]
        self.info.value = "\n".join([*lines, *self._differences(plan)])

    def _differences(self, plan: Plan) -> list[str]:
        """In what the video is not what the viewer shows."""
        lines = []
        if not self.is_folder_mode and (left_out := self.layers.left_out):
            count = len(self.layers.chosen) + len(self.layers.drawn)
            names = ", ".join(
                f"{one.name} ({why})" if why else one.name for one, why in left_out.items()
            )
            lines.append(f"{count} of {count + len(left_out)} visible layers; left out: {names}")
        if self._viewer.dims.ndisplay == 3:
            is_projected = isinstance(plan.settings.z, str)
            made = (
                f"the {plan.settings.z} of all slices"
                if is_projected
                else "the slice where its slider stands"
            )
            lines.append(f"The 3-D view is not recorded: the video shows {made}, in 2-D.")
        return lines

    def attach(self) -> None:
        """Follow the viewer."""
        if not self._is_attached:
            self._is_attached = True
            for event in self._dims_events:
                event.connect(self.tell)
            self._viewer.layers.events.removing.connect(make_canvas_current)
            self.layers.reset_choices()

    def detach(self) -> None:
        """Let go of the viewer and its layers."""
        self._follow([])
        if self._is_attached:
            self._is_attached = False
            for event in self._dims_events:
                event.disconnect(self.tell)
            self._viewer.layers.events.removing.disconnect(make_canvas_current)

    @property
    def _dims_events(self) -> tuple[Any, ...]:
        events = self._viewer.dims.events
        return events.current_step, events.ndisplay, events.margin_left, events.margin_right

    def close(self) -> None:
        self.detach()
        self.catalog.stop()
        self.temporary.remove()
        self.time_axis.forget()

    def _follow(self, layers: Sequence[Layer]) -> None:
        """Listen to what changes the look of these layers, and to no other ones."""
        if list(layers) == self._watched:
            return
        for watched, act in ((self._watched, "disconnect"), (layers, "connect")):
            for layer in watched:
                for name in _looks_of(layer):
                    if name in layer.events.emitters:  # napari 0.7 has not all of them
                        getattr(getattr(layer.events, name), act)(self._on_look)
        self._watched = list(layers)

    def _on_look(self, event: Any) -> None:
        if event.type in ("visible", "name"):
            self.layers.reset_choices()
        self.tell()

    def _on_mode(self) -> None:
        if not self.is_folder_mode:  # at once, as the layers may be saved or shown otherwise now
            self.temporary.remove()
        self.changed.emit()

    def _on_catalog(self) -> None:
        for index, entry in enumerate(self.catalog.entries()):
            if entry is not None and index < self.folders.count:
                self.folders.mark_problem(index, entry.problem)
        self.changed.emit()


def _load_dask() -> None:
    """Load what layers of files need, as long as nobody waits for it: it takes up to a second."""
    import dask.array
    import dask.base

    dask.base.get_scheduler()  # this, too, imports something: distributed, if it is there


def _references(layers: Iterable[Layer]) -> Iterator[object]:
    for layer in layers:
        yield weakref.ref(getattr(layer, "__wrapped__", layer))  # plugins get proxies


def _calibration(known: Calibration) -> str:
    """Pixel size and frame interval, and who says so; empty where neither is known."""
    said = [
        (f"{known.pixel_size_um or 0:.4g} µm a pixel", known.pixel_size_origin),
        (f"{known.frame_interval_s or 0:.4g} s a frame", known.frame_interval_origin),
    ]
    said = [(text, origin) for text, origin in said if origin]
    if len(said) == 2 and said[0][1] == said[1][1]:
        return f"{said[0][0]}, {said[1][0]} ({said[0][1]})"
    return ", ".join(f"{text} ({origin})" for text, origin in said)


def _looks_of(layer: Layer) -> tuple[str, ...]:
    """The events of a layer that change how it looks in the video."""
    if isinstance(layer, Image):
        return _LOOKS
    return tuple(dict.fromkeys(_DRAWN_LOOKS)) if is_drawn(layer) else ("visible", "name")
