"""The crop box and the anchor on napari's canvas, drawn over an image layer. No Qt."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import astuple
from functools import partial
from typing import Any, Literal

import numpy as np
from napari import layers
from napari.components import ViewerModel
from napari.layers import Layer
from numpy.typing import NDArray
from psygnal import Signal
from vispy.gloo import get_current_canvas

from ..geometry import Box, nearest_even
from ..overlays import anchor as anchor_dot

LAYER_NAME = "crop preview (not saved)"

# Neither black nor white, and not the red of the anchor.
_BOX_COLOUR = "#ff9500"
_ANCHOR_COLOUR = "red"
# On the screen: the width of the line, how near to it the mouse takes hold, how far along it a
# corner reaches, and the shortest way that is a drag and no click.
_LINE_PX, _NEAR_PX, _CORNER_PX, _DRAG_PX = 2, 6, 16, 4
_MIN_SIDE = 2  # data pixels

_Point = NDArray[np.float64]
# What the mouse holds of the rows and of the columns: -1 the first edge of the box, 1 the last
# one; (0, 0) is the box as a whole.
_Grip = tuple[int, int]


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


class CanvasPreview:
    """The crop box and the anchor, drawn over an image layer.

    With the mouse, a corner of the box is dragged to resize it, and its line between the corners
    (or the red dot) to move it; everywhere else, inside the box too, the mouse pans and zooms as
    usual. Where a drag would not pan, as the active layer is being painted or edited, it does not
    change the box either.

    All boxes are whole pixels of the layer's full resolution.
    """

    # The user has changed the box: once, when the mouse is let go.
    box_changed = Signal(Box)
    # The user is changing the box: at every step of a drag.
    box_changing = Signal(Box)

    def __init__(self, viewer: ViewerModel) -> None:
        # Plugins get proxies of the viewer and its layers, but events bring the layers themselves.
        self._viewer: ViewerModel = getattr(viewer, "__wrapped__", viewer)
        self._image: Layer | None = None
        self._layer: Shapes | None = None
        self._box: Box | None = None
        self._anchor = False
        self._video_width: int | Literal["full"] = "full"
        self._plane = np.eye(3)
        self._look: tuple[Any, ...] | None = None
        self._is_drawing = False
        self._has_set_cursor = False
        self._is_batch = False
        self._connections: list[tuple[Any, Callable[..., None]]] = []

    @property
    def layer(self) -> Shapes | None:
        """The layer that is drawn on; None while nothing is shown."""
        return self._layer

    @property
    def box(self) -> Box | None:
        """The box that is shown."""
        return self._box if self._image is not None else None

    @property
    def is_drawing(self) -> bool:
        """Whether the next drag draws a new box."""
        return self._is_drawing

    def show(
        self,
        layer: Layer,
        box: Box | None,
        anchor: bool,
        *,
        video_width: int | Literal["full"] = 500,
    ) -> None:
        """Draw the box and the anchor over a layer, in place of what was shown before.

        Parameters
        ----------
        layer : napari Image layer
            The layer that becomes a video. When it is not in the viewer, nothing is shown.
        box : Box, optional
            None: the whole frame, without a rectangle.
        anchor : bool
            Whether to draw the dot at the centre of the box.
        video_width : int or "full", optional
            Width of the video, for the size of the dot.
        """
        layer = getattr(layer, "__wrapped__", layer)
        if layer is not self._image or layer not in self._viewer.layers:
            self.hide()
        if layer not in self._viewer.layers:
            return
        if self._image is None:
            self._connect(layer)
        self._box, self._anchor, self._video_width = box, anchor, video_width
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
        self._viewer.mouse_drag_callbacks.remove(self._on_drag)
        self._viewer.mouse_move_callbacks.remove(self._on_hover)

    def close(self) -> None:
        """Hide the preview for good, and let go of the viewer."""
        self.hide()
        self.__dict__.pop("_viewer", None)

    def start_drawing(self) -> None:
        """Let the next drag on the canvas draw a new box; needs a layer that is shown."""
        if self._image is not None:
            self._is_drawing = True
            self._set_cursor("cross")

    def stop_drawing(self) -> None:
        """Let drags pan again."""
        self._is_drawing = False
        self._set_cursor(None)

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
        self._viewer.mouse_drag_callbacks.append(self._on_drag)
        self._viewer.mouse_move_callbacks.append(self._on_hover)

    def _draw(self) -> None:
        image = self._image
        assert image is not None
        shapes = [] if self._box is None else [(_corners(*astuple(self._box)), "rectangle")]
        if self._anchor:
            box = self._box or Box(0, 0, *_frame_size(image))
            shapes.append((_dot(box, self._video_width), "ellipse"))
        self._plane = _plane_of(image)
        if not shapes:
            self._remove_layer()
            return
        if self._layer is None:
            self._layer, self._look = Shapes(ndim=2, name=LAYER_NAME, opacity=1), None
            self._layer.image = image
        layer = self._layer
        # Nobody has to know: with these events napari measures all layers again at every drag.
        with layer.events.data.blocker():
            layer.data = shapes
        # The layer's own tools would leave shapes in it that mean nothing.
        layer.editable = False
        kinds = [kind for _, kind in shapes]
        look = (kinds, self._plane.tolist(), image.units[-2:], image.axis_labels[-2:])
        if look != self._look:
            self._look = look
            _, layer.affine, layer.units, layer.axis_labels = look
            layer.edge_color = [_BOX_COLOUR if k == "rectangle" else "transparent" for k in kinds]
            layer.face_color = [_ANCHOR_COLOUR if k == "ellipse" else "transparent" for k in kinds]
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
        if self._layer is not None:
            line = _LINE_PX / math.sqrt(math.prod(self._screen_px()))
            kinds = self._layer.shape_type
            self._layer.edge_width = [line if k == "rectangle" else 0 for k in kinds]
            self._layer.refresh()

    def _on_removing(self, event: Any) -> None:
        # napari 0.9 frees at once what a removed layer had on the graphics card, in whatever OpenGL
        # context is current. If that is not the canvas's own, Mesa crashes at one of the next
        # frames.
        canvas = get_current_canvas()
        if canvas is not None:
            with suppress(RuntimeError):  # of a viewer that is closed already
                canvas.set_current()

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

    # The mouse

    @property
    def _camera(self) -> Any:
        return getattr(self._viewer, "scene", self._viewer).camera  # before 0.9: viewer.camera

    def _unit_factors(self) -> _Point:
        """What napari multiplies a layer's world with to draw it among layers in other units."""
        assert self._image is not None
        shown = self._viewer.layers.extent.units
        if shown is None:  # they do not go together, and are ignored
            return np.ones(2)
        pairs = zip(self._image.units[-2:], shown[-2:], strict=True)
        return np.array([(1.0 * own).to(unit).magnitude for own, unit in pairs])

    def _screen_px(self) -> tuple[float, float]:
        """Screen pixels for one data pixel down and one across."""
        linear = self._plane[:2, :2] * self._unit_factors()[:, np.newaxis]
        down, across = np.linalg.norm(linear, axis=0) * self._camera.zoom
        return float(down), float(across)

    def _position(self, event: Any) -> _Point | None:
        """Row and column under the mouse; None in a view of other axes, or while a key is held."""
        n = self._viewer.dims.ndim
        if set(event.dims_displayed) != {n - 2, n - 1} or event.modifiers:
            return None
        world = np.asarray(event.position[-2:]) / self._unit_factors()
        return np.asarray(np.linalg.solve(self._plane, (*world, 1))[:2], float)

    def _grip_at(self, position: _Point | None) -> _Grip | None:
        """What a drag from here takes hold of; None: nothing."""
        box, layer = self._box, self._layer
        if position is None or box is None or layer is None or not layer.visible:
            return None
        if not self._camera.mouse_pan:  # the drag belongs to a tool of the active layer
            return None
        px = np.array(self._screen_px())
        centre = (box.top + (box.height - 1) / 2, box.left + (box.width - 1) / 2)
        at, half = (position - centre) * px, np.array(box.shape) / 2 * px
        outside = max(abs(at) - half)  # inside it is negative
        if abs(outside) <= _NEAR_PX:
            # At most a quarter of a side, so that a small box can still be moved.
            is_corner = np.all(half - abs(at) <= np.minimum(_CORNER_PX, half / 2))
            return (int(np.sign(at[0])), int(np.sign(at[1]))) if is_corner else (0, 0)
        radius = np.ptp(layer.data[-1], axis=0) / 2 * px
        is_dot = self._anchor and np.all(abs(at) <= np.maximum(radius, _NEAR_PX))
        return (0, 0) if is_dot else None

    def _on_hover(self, viewer: Any, event: Any) -> None:
        grip = self._grip_at(self._position(event))
        if self._is_drawing or (grip and any(grip)):
            self._set_cursor("cross")
        else:
            self._set_cursor(None if grip is None else "pointing")

    def _set_cursor(self, style: str | None) -> None:
        """Change the mouse cursor; None: give it back to the active layer."""
        if style is not None:
            self._viewer.cursor.style = style
        elif self._has_set_cursor:
            active = self._viewer.layers.selection.active
            self._viewer.cursor.style = "standard" if active is None else active.cursor
        self._has_set_cursor = style is not None

    def _on_drag(self, viewer: Any, event: Any) -> Iterator[None]:
        # napari resumes this at every move of the mouse, and when it is let go.
        image, before, start = self._image, self._box, self._position(event)
        grip = self._grip_at(start)
        if image is None or start is None or event.button != 1:
            return
        changed: Callable[[_Point], Box | None]
        if self._is_drawing:
            changed = partial(_drawn, _frame_size(image), start)
        elif before is not None and grip is not None:
            changed = partial(_dragged, _frame_size(image), before, grip, start)
        else:
            return
        # Neither the camera nor a tool of the active layer takes part. Marking the events as
        # handled is not enough: napari passes moves on to its callbacks later than to the camera.
        active = self._viewer.layers.selection.active
        mode = None if active is None else str(active.mode)
        if active is not None and mode != "pan_zoom":
            active.mode = "pan_zoom"
        camera = self._camera
        camera.mouse_pan = False
        press, is_click = event.pos, True
        try:
            yield
            while self._image is image:  # hide() ends the drag
                is_click = is_click and max(abs(event.pos - press)) < _DRAG_PX
                end = self._position(event)
                box = None if is_click or end is None else changed(end)
                if box is not None and box != self._box:
                    self._box = box
                    self._draw()
                    self.box_changing.emit(box)
                if event.type != "mouse_move":
                    break
                yield
        finally:
            if active is not None and mode != "pan_zoom":
                active.mode = mode
            active = viewer.layers.selection.active
            camera.mouse_pan = active is None or active.mouse_pan
        if self._image is image and self._box is not None and self._box != before:
            self.stop_drawing()
            self.box_changed.emit(self._box)


def _plane_of(image: Layer) -> _Point:
    """The map from (row, column, 1) to the world: what the image does to its last two axes."""
    points = np.zeros((3, image.ndim))
    points[0, -2] = points[1, -1] = 1
    down, across, origin = (np.array(image.data_to_world(point))[-2:] for point in points)
    return np.vstack([np.stack([down - origin, across - origin, origin], axis=1), (0, 0, 1)])


def _frame_size(image: Layer) -> tuple[int, int]:
    height, width = (int(last) + 1 for last in image.extent.data[1][-2:])
    return height, width


def _corners(top: float, left: float, height: float, width: float) -> NDArray[np.float32]:
    # The centre of a pixel has the whole number in napari, so its edges are half a pixel off.
    rows = np.array([0, 0, height, height]) + top - 0.5
    columns = np.array([0, width, width, 0]) + left - 0.5
    return np.stack([rows, columns], axis=1, dtype=np.float32)


def _dot(box: Box, video_width: int | Literal["full"]) -> NDArray[np.float32]:
    """The square around the anchor, in data pixels, inside the box."""
    width = max(2, box.width - box.width % 2) if video_width == "full" else video_width
    height = max(2, nearest_even(box.height * width, box.width))
    diameter = len(anchor_dot((height, width)).coverage)
    side = min(diameter * box.width / width, *box.shape)
    top, left = box.top + (box.height - side) / 2, box.left + (box.width - side) / 2
    return _corners(top, left, side, side)


def _drawn(frame: tuple[int, int], start: _Point, end: _Point) -> Box | None:
    """The box between two positions, as far as it lies in the frame."""
    first, last = _rounded(np.sort([start, end], axis=0) + 0.5)
    if np.any(last <= 0) or np.any(first >= frame):
        return None
    first = np.clip(first, 0, np.array(frame) - _MIN_SIDE)
    return _box_between(first, np.clip(last, first + _MIN_SIDE, frame))


def _dragged(frame: tuple[int, int], box: Box, grip: _Grip, start: _Point, end: _Point) -> Box:
    """The box after a drag of what the mouse holds, kept inside the frame."""
    way, held = _rounded(end - start), np.array(grip)
    first = np.array([box.top, box.left])
    last = first + box.shape
    if not held.any():
        way = np.clip(way, -first, frame - last)
        return _box_between(first + way, last + way)
    return _box_between(
        np.where(held < 0, np.clip(first + way, 0, last - _MIN_SIDE), first),
        np.where(held > 0, np.clip(last + way, first + _MIN_SIDE, frame), last),
    )


def _rounded(values: _Point) -> NDArray[np.int64]:
    return np.floor(values + 0.5).astype(np.int64)  # np.rint takes halves to the even side


def _box_between(first: NDArray[Any], last: NDArray[Any]) -> Box:
    (top, left), (height, width) = first.tolist(), (last - first).tolist()
    return Box(top, left, height, width)
