"""The crop box and the anchor on napari's canvas, drawn over an image layer. No Qt."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

import numpy as np
from napari import layers
from napari.components import ViewerModel
from napari.layers import Layer
from psygnal import Signal
from vispy.gloo import get_current_canvas

from ...geometry import CropBox
from ...overlays import AnchorMark
from ..layers import TEMPORARY
from .box import View, corners, frame_size, mark_shape, plane_of
from .mouse import BoxMouse

LAYER_NAME = "crop preview (not saved)"


class Shapes(layers.Shapes):
    """A Shapes layer that leaves no trace in the viewer's dims and in saved files.

    It is called like its parent, as napari takes the kind of a layer from the name of its class.
    """

    image: Layer | None = None

    @property
    def extent(self) -> Any:
        """The extent of the image layer.

        A box at the rim of the frame reaches half a pixel beyond the centres of the outermost
        pixels, and would change the range and the steps of the dims.
        """
        if self.image is None:
            return layers.Shapes.extent.func(self)  # past its cache, which is emptied elsewhere
        full = self.image.extent
        return full._replace(
            data=full.data[:, -2:],
            world=full.world[:, -2:],
            step=full.step[-2:],
            units=full.units[-2:],
        )

    def as_layer_data_tuple(self) -> Any:
        """An empty layer, as napari writes no file for that when it saves all layers."""
        return layers.Shapes(ndim=2, name=self.name).as_layer_data_tuple()


# Neither black nor white, and not the red of the anchor.
_BOX_COLOUR = "#ff9500"
_LINE_PX = 2  # on the screen


def make_canvas_current() -> None:
    """Prepare for the removal of a layer.

    napari 0.9 frees at once what the layer had on the graphics card, in whatever OpenGL context is
    current. If that is not the canvas's own, Mesa crashes at one of the next frames.
    """
    canvas = get_current_canvas()
    if canvas is not None:
        with suppress(RuntimeError):  # of a viewer that is closed already
            canvas.set_current()


class CanvasPreview:
    """The crop box and the anchor, drawn over an image layer.

    With the mouse, the box is dragged at its inside to move it, and at its edges and corners to
    resize it, with Shift at the same ratio, or at a given one; everywhere else the mouse pans and
    zooms as usual. Where a drag would not pan, as the active layer is being painted or edited, it
    does not change the box either. Escape ends drawing.

    All boxes are whole pixels of the layer's full resolution.

    Parameters
    ----------
    ratio : callable
        The ratio of width to height that the box keeps now; None for none.
    """

    # The user has changed the box: once, when the mouse is let go.
    box_changed = Signal(CropBox)
    # Whether the next drag draws a new box.
    drawing_changed = Signal(bool)
    # The user is changing the box: at every step of a drag.
    box_changing = Signal(CropBox)

    # The user wants the box as it was before.
    undo = Signal()

    def __init__(
        self, viewer: ViewerModel, ratio: Callable[[], float | None] = lambda: None
    ) -> None:
        self._ratio = ratio
        # Plugins get proxies of the viewer and its layers, but events bring the layers themselves.
        self._viewer: ViewerModel = getattr(viewer, "__wrapped__", viewer)
        self._image: Layer | None = None
        self._layer: Shapes | None = None
        self._box: CropBox | None = None
        self._mark: AnchorMark | None = None
        self._mark_line = 0.0
        self._video_width: int | Literal["full"] = "full"
        self._plane = np.eye(3)
        self._look: tuple[Any, ...] | None = None
        # Before napari 0.9: viewer.camera
        self._camera = getattr(self._viewer, "scene", self._viewer).camera
        self._mouse = BoxMouse(
            self._viewer,
            self._camera,
            self._view,
            self._change_box,
            self.box_changed.emit,
            self.drawing_changed.emit,
            self.undo.emit,
        )
        self._is_batch = False
        self._connections: list[tuple[Any, Callable[..., None]]] = []

    @property
    def layer(self) -> Shapes | None:
        """The layer that is drawn on; None while nothing is shown."""
        return self._layer

    @property
    def box(self) -> CropBox | None:
        """The box that is shown."""
        return self._box if self._image is not None else None

    @property
    def is_drawing(self) -> bool:
        """Whether the next drag draws a new box."""
        return self._mouse.is_drawing

    def show(
        self,
        layer: Layer,
        box: CropBox | None,
        anchor: bool | AnchorMark | None,
        *,
        video_width: int | Literal["full"] = 500,
    ) -> None:
        """Draw the box and the anchor over a layer, in place of what was shown before.

        Parameters
        ----------
        layer : napari Image layer
            The layer that becomes a video. When it is not in the viewer, nothing is shown.
        box : CropBox, optional
            None: the whole frame, without a rectangle.
        anchor : AnchorMark or bool, optional
            What to draw at the centre of the box; True is the red dot.
        video_width : int or "full", optional
            Width of the video, for the size of the mark.
        """
        layer = getattr(layer, "__wrapped__", layer)
        if layer is not self._image or layer not in self._viewer.layers:
            self.hide()
        if layer not in self._viewer.layers:
            return
        if self._image is None:
            self._connect(layer)
        mark = AnchorMark() if anchor is True else anchor or None
        self._box, self._mark, self._video_width = box, mark, video_width
        self._draw()

    def hide(self) -> None:
        """Remove the preview and everything connected for it; show() brings it back."""
        self.stop_drawing()
        if self._image is None:
            return
        self._remove_layer()
        self._image = None
        for emitter, callback in self._connections:
            emitter.disconnect(callback)
        self._mouse.stop_listening()

    def start_drawing(self) -> None:
        """Let the next drag on the canvas draw a new box; needs a layer that is shown."""
        if self._image is not None:
            self._mouse.start_drawing()

    def stop_drawing(self) -> None:
        """Let drags pan again."""
        self._mouse.stop_drawing()

    def _change_box(self, box: CropBox) -> None:
        self._box = box
        self._draw()
        self.box_changing.emit(box)

    # The layer

    def _connect(self, image: Layer) -> None:
        self._image, self._is_batch = image, False
        names = ("scale", "translate", "rotate", "shear", "affine", "units", "axis_labels", "data")
        layer_list = self._viewer.layers.events
        self._connections = [
            *((getattr(image.events, name), self._on_image_changed) for name in names),
            (layer_list.removing, self._on_removing),
            (layer_list.removed, self._on_removed),
            (layer_list.begin_batch, self._on_batch),
            (layer_list.end_batch, self._on_batch),
            (self._camera.events.zoom, self._on_zoom),
        ]
        for emitter, callback in self._connections:
            # Last, so that napari is done with one removal before it is asked for the next.
            emitter.connect(callback, position="last")
        self._mouse.listen()

    def _draw(self) -> None:
        image = self._image
        assert image is not None
        box = self._box
        shapes = [] if box is None else [(corners(box.top, box.left, *box.shape), "rectangle")]
        colour, self._mark_line = "transparent", 0.0
        if self._mark is not None:
            box = box or CropBox.whole(frame_size(image))
            shape = mark_shape(box, self._video_width, self._mark)
            shapes.append((shape.vertices, shape.kind))
            colour, self._mark_line = "#{:02x}{:02x}{:02x}".format(*self._mark.colour), shape.line
        self._plane = plane_of(image)
        if not shapes:
            self._remove_layer()
            return
        if self._layer is None:
            mark = {TEMPORARY: LAYER_NAME}
            self._layer = Shapes(ndim=2, name=LAYER_NAME, opacity=1, metadata=mark)
            self._layer.image, self._look = image, None
        layer = self._layer
        # Nobody has to know: with these events napari measures all layers again at every drag.
        with layer.events.data.blocker():
            layer.data = shapes
        # The layer's own tools would leave shapes in it that mean nothing.
        layer.editable = False
        kinds = [kind for _, kind in shapes]
        where = (self._plane.tolist(), image.units[-2:], image.axis_labels[-2:])
        look = (kinds, colour, self._mark_line, *where)
        if look != self._look:
            self._look = look
            layer.affine, layer.units, layer.axis_labels = where
            is_box = [kind == "rectangle" for kind in kinds]
            edge, face = (colour, "transparent") if self._mark_line else ("transparent", colour)
            layer.edge_color = [_BOX_COLOUR if box else edge for box in is_box]
            layer.face_color = ["transparent" if box else face for box in is_box]
            self._on_zoom()
        if layer not in self._viewer.layers:
            self._insert(layer)

    def _insert(self, layer: Shapes) -> None:
        selection = self._viewer.layers.selection
        selected, active = set(selection), selection.active
        # A new layer becomes the active one; nobody is told, as that is undone at once.
        with selection.events.blocker_all():
            self._viewer.layers.append(layer)
            selection.active = active
            selection.update(selected)

    def _remove_layer(self) -> None:
        layer = self._layer
        if layer is None:
            return
        image, selection = layer.image, self._viewer.layers.selection
        was_active = selection.active is layer
        self._viewer.layers.remove(layer)
        if was_active and image in self._viewer.layers:
            selection.active = image

    def _on_image_changed(self, event: Any = None) -> None:
        # A preview that was deleted by hand comes back with the next show(), not by itself.
        if self._layer is not None:
            self._draw()

    def _on_zoom(self, event: Any = None) -> None:
        view = self._view()
        if self._layer is not None and view is not None:
            line = _LINE_PX / math.sqrt(math.prod(view.px))
            kinds = self._layer.shape_type
            self._layer.edge_width = [line if k == "rectangle" else self._mark_line for k in kinds]
            self._layer.refresh()

    def _on_removing(self, event: Any) -> None:
        make_canvas_current()

    def _on_removed(self, event: Any) -> None:
        if self._layer is not None and event.value is self._layer:
            # napari keeps layers that were removed; ours must not keep the image with it.
            self._layer.image, self._layer = None, None
        elif event.value is self._image and not self._is_batch:
            self.hide()

    def _on_batch(self, event: Any) -> None:
        # While napari removes several layers, it must find each of them where it was.
        self._is_batch = event.type == "begin_batch"
        if not self._is_batch and self._image not in self._viewer.layers:
            self.hide()

    def _view(self) -> View | None:
        if self._image is None:
            return None
        plane, shown = self._plane.copy(), self._viewer.layers.extent.units
        if shown is not None:  # else they do not go together, and are ignored
            # What napari multiplies a layer's world with to draw it among layers in other units.
            pairs = zip(self._image.units[-2:], shown[-2:], strict=True)
            plane[:2] *= [[(1.0 * own).to(unit).magnitude] for own, unit in pairs]
        px = np.linalg.norm(plane[:2, :2], axis=0) * self._camera.zoom
        return View(self._image, self._layer, self._box, plane, px, self._ratio())
