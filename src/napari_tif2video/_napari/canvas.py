"""The crop box and the anchor on napari's canvas, drawn over an image layer. No Qt."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

import numpy as np
from napari import layers
from napari.components import ViewerModel
from napari.layers import Layer
from numpy.typing import NDArray
from psygnal import Signal

from ..geometry import Box, nearest_even
from ..overlays import anchor as anchor_dot

LAYER_NAME = "crop preview (not saved)"

# Neither black nor white, and not the red of the anchor.
_BOX_COLOUR = "#ff9500"
_ANCHOR_COLOUR = "red"
# Sizes on the screen: the line, how near the mouse must come to it, and how far along the line
# a corner reaches.
_LINE_PX = 2.0
_NEAR_PX = 6.0
_CORNER_PX = 16.0
_DRAG_PX = 4.0  # less than this is a click

_MIN_SIDE = 2  # a video of one pixel does not exist

# What the mouse holds: for rows and columns -1 is the first edge of the box, 1 is the last one,
# and (0, 0) is the box as a whole.
_Grip = tuple[int, int]


class Shapes(layers.Shapes):
    """A Shapes layer that adds nothing to the extent of the image layer under it.

    A box that touches the rim of the frame reaches half a pixel beyond the centres of the
    outermost pixels, and with that would change the range and the steps of the viewer's dims.

    napari takes the kind of a layer, thus its icon and who can write it, from the name of its
    class; so this is called like its parent.
    """

    image: Layer | None = None

    @property
    def extent(self) -> Any:
        if self.image is None:
            return super().extent
        own = self.image.extent
        return own._replace(
            data=own.data[:, -2:],
            world=own.world[:, -2:],
            step=own.step[-2:],
            units=own.units[-2:],
        )


class CanvasPreview:
    """The crop box and the anchor, drawn over an image layer.

    With the mouse, a corner of the box is dragged to resize it, and its line between the corners
    (or the red dot) to move it; everywhere else, inside the box too, the mouse pans and zooms as
    usual. This works where a drag would pan: not while the active layer is painted or edited.

    All boxes are whole pixels of the image layer's full resolution.
    """

    # The user has changed the box: once when the mouse is let go.
    box_changed = Signal(Box)
    # The user is changing the box: at every step of a drag.
    box_changing = Signal(Box)
    # Drawing has been started (True), or has ended or was stopped (False).
    drawing_changed = Signal(bool)

    def __init__(self, viewer: ViewerModel) -> None:
        # Plugins are handed proxies of the viewer and its layers; events bring the layers
        # themselves, and the two cannot be told to be the same.
        self._viewer: ViewerModel = getattr(viewer, "__wrapped__", viewer)
        self._image: Layer | None = None
        self._layer: Shapes | None = None
        self._kinds: list[str] = []
        self._box: Box | None = None
        self._anchor = False
        self._video_width: int | Literal["full"] = "full"
        self._plane = np.eye(3)
        self._is_drawing = False
        self._has_set_cursor = False
        self._in_batch = False
        self._connections: list[tuple[Any, Callable[..., None]]] = []

    @property
    def layer(self) -> Shapes | None:
        """The layer that is drawn on; None while nothing is shown."""
        return self._layer

    @property
    def box(self) -> Box | None:
        """The box as it is shown."""
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
            The layer that becomes a video; it has to be in the viewer.
        box : Box, optional
            None: the whole frame, without a rectangle.
        anchor : bool
            Whether to draw the dot at the centre of the box.
        video_width : int or "full", optional
            Width of the video, for the size of the dot.
        """
        layer = getattr(layer, "__wrapped__", layer)
        if layer not in self._viewer.layers:
            self.hide()
            return
        if layer is not self._image:
            self.hide()
            self._connect(layer)
        self._box, self._anchor, self._video_width = box, anchor, video_width
        self._draw()

    def hide(self) -> None:
        """Remove the preview and everything connected for it."""
        self.stop_drawing()
        self._set_cursor(None)
        for emitter, callback in self._connections:
            emitter.disconnect(callback)
        if self._image is not None:
            self._viewer.mouse_drag_callbacks.remove(self._on_drag)
            self._viewer.mouse_move_callbacks.remove(self._on_hover)
        self._connections.clear()
        self._image = None
        self._remove_layer()

    def close(self) -> None:
        """Hide the preview and forget the viewer; it cannot be used any more."""
        self.hide()
        for signal in (self.box_changed, self.box_changing, self.drawing_changed):
            signal.disconnect()
        self.__dict__.pop("_viewer", None)

    def start_drawing(self) -> None:
        """Let the next drag on the canvas draw a new box; needs a layer that is shown."""
        if self._image is not None and not self._is_drawing:
            self._is_drawing = True
            self._set_cursor("cross")
            self.drawing_changed.emit(True)

    def stop_drawing(self) -> None:
        """Let the mouse pan again, without a new box."""
        if self._is_drawing:
            self._is_drawing = False
            self._set_cursor(None)
            self.drawing_changed.emit(False)

    # The layer

    def _connect(self, image: Layer) -> None:
        self._image = image
        names = ("scale", "translate", "rotate", "shear", "affine", "units", "axis_labels", "data")
        changes = self._viewer.layers.events
        self._connections = [
            *((getattr(image.events, name), self._on_image_changed) for name in names),
            (changes.removed, self._on_removed),
            (changes.begin_batch, self._on_batch_begins),
            (changes.end_batch, self._on_batch_ends),
            (self._camera.events.zoom, self._on_zoom),
        ]
        for emitter, callback in self._connections:
            emitter.connect(callback)
        self._viewer.mouse_drag_callbacks.append(self._on_drag)
        self._viewer.mouse_move_callbacks.append(self._on_hover)

    def _draw(self) -> None:
        image = self._image
        assert image is not None
        corners, self._kinds = self._shapes(image)
        self._plane = _plane_of(image)
        if not corners:
            self._remove_layer()
        elif self._layer is None:
            layer = Shapes(
                corners,
                shape_type=self._kinds,
                name=LAYER_NAME,
                affine=self._plane,
                units=image.units[-2:],
                axis_labels=image.axis_labels[-2:],
                opacity=1,
            )
            layer.image = image
            self._style(layer)
            self._layer = layer
            self._insert(layer)
        else:
            self._move(self._layer, image, corners)

    def _move(self, layer: Shapes, image: Layer, corners: list[NDArray[np.float64]]) -> None:
        if not np.array_equal(layer.affine.affine_matrix, self._plane):
            layer.affine = self._plane
        if layer.units != image.units[-2:]:
            layer.units = image.units[-2:]
        if layer.axis_labels != image.axis_labels[-2:]:
            layer.axis_labels = image.axis_labels[-2:]
        is_same = layer.shape_type == self._kinds and all(
            np.array_equal(old, new) for old, new in zip(layer.data, corners, strict=True)
        )
        if not is_same:
            layer.data = list(zip(corners, self._kinds, strict=True))
        self._style(layer)

    def _style(self, layer: Shapes) -> None:
        is_dot = [kind == "ellipse" for kind in self._kinds]
        layer.edge_color = ["transparent" if dot else _BOX_COLOUR for dot in is_dot]
        layer.face_color = [_ANCHOR_COLOUR if dot else "transparent" for dot in is_dot]
        self._set_line_width(layer)
        # Tools of the layer itself would leave shapes in it that mean nothing.
        layer.editable = False

    def _set_line_width(self, layer: Shapes) -> None:
        line = _LINE_PX / math.sqrt(math.prod(self._screen_px()))
        layer.edge_width = [0 if kind == "ellipse" else line for kind in self._kinds]
        layer.refresh()

    def _shapes(self, image: Layer) -> tuple[list[NDArray[np.float64]], list[str]]:
        corners, kinds = [], []
        if self._box is not None:
            corners.append(_corners(self._box))
            kinds.append("rectangle")
        if self._anchor:
            height, width = _frame_size(image)
            box = self._box or Box(0, 0, height, width)
            side = _anchor_side(box, self._video_width)
            top = box.top + (box.height - side) / 2
            left = box.left + (box.width - side) / 2
            corners.append(_corners_of(top, left, side, side))
            kinds.append("ellipse")
        return corners, kinds

    def _insert(self, layer: Shapes) -> None:
        selection = self._viewer.layers.selection
        selected, active = set(selection), selection.active
        # A new layer becomes the active one; nobody is told, as it is put back at once.
        with selection.events.blocker_all():
            self._viewer.layers.append(layer)
            selection.active = active
            if active is None:
                selection.update(selected)

    def _remove_layer(self) -> None:
        layer, self._layer = self._layer, None
        if layer is None or layer not in self._viewer.layers:
            return
        selection = self._viewer.layers.selection
        was_active = selection.active is layer
        self._viewer.layers.remove(layer)
        if was_active and not selection and layer.image in self._viewer.layers:
            selection.active = layer.image
        layer.image = None

    # What happens to the layers and the view

    def _on_image_changed(self, event: Any = None) -> None:
        # A preview that was deleted by hand comes back with the next show(), not by itself.
        if self._layer is not None:
            self._draw()

    def _on_zoom(self, event: Any = None) -> None:
        if self._layer is not None:
            self._set_line_width(self._layer)

    def _on_removed(self, event: Any) -> None:
        if event.value is self._layer:
            self._layer = None
        elif event.value is self._image and not self._in_batch:
            self.hide()

    def _on_batch_begins(self, event: Any = None) -> None:
        # When napari removes several layers it must find each of them where it was.
        self._in_batch = True

    def _on_batch_ends(self, event: Any = None) -> None:
        self._in_batch = False
        if self._image not in self._viewer.layers:
            self.hide()

    # The mouse

    @property
    def _camera(self) -> Any:
        return getattr(self._viewer, "scene", self._viewer).camera  # before 0.9: viewer.camera

    def _screen_px(self) -> tuple[float, float]:
        """Pixels of the screen for one pixel down and one across the data."""
        linear = self._plane[:2, :2] * self._unit_factors()[:, np.newaxis]
        down, across = np.linalg.norm(linear, axis=0) * self._camera.zoom
        return float(down), float(across)

    def _unit_factors(self) -> NDArray[np.float64]:
        """What napari multiplies the layer's world with to draw it among layers in other units."""
        assert self._image is not None
        shown = self._viewer.layers.extent.units
        own = self._image.units[-2:]
        if shown is None:
            return np.ones(2)
        pairs = zip(own, shown[-2:], strict=True)
        return np.array([(1.0 * unit).to(other).magnitude for unit, other in pairs])

    def _data_position(self, event: Any) -> NDArray[np.float64]:
        world = np.asarray(event.position[-2:]) / self._unit_factors()
        linear, offset = self._plane[:2, :2], self._plane[:2, 2]
        position: NDArray[np.float64] = np.linalg.solve(linear, world - offset)
        return position

    def _listens(self, event: Any) -> bool:
        """Whether the mouse is over the plane of the picture, and no key is held."""
        n = self._viewer.dims.ndim
        return set(event.dims_displayed) == {n - 2, n - 1} and not event.modifiers

    def _grip_at(self, position: NDArray[np.float64]) -> _Grip | None:
        """What a drag from here would take hold of; None: nothing."""
        box = self._box
        if box is None or self._layer is None or not self._layer.visible:
            return None
        if not self._camera.mouse_pan:
            return None  # the drag belongs to a tool of the active layer
        px = np.array(self._screen_px())
        size = np.array(box.shape) * px
        at = (position - (box.top - 0.5, box.left - 0.5)) * px
        outside = np.max(np.maximum(-at, at - size))  # of the box; inside it is negative
        if abs(outside) <= _NEAR_PX:
            # At most a quarter of a side, so that a small box can still be moved.
            reach = np.minimum(_CORNER_PX, size / 4)
            row, column = (
                int(v) for v in np.where(at < reach, -1, np.where(at > size - reach, 1, 0))
            )
            return (row, column) if row and column else (0, 0)
        if self._anchor:
            radius = _anchor_side(box, self._video_width) / 2 * px
            if np.all(np.abs(at - size / 2) <= np.maximum(radius, _NEAR_PX)):
                return 0, 0
        return None

    def _on_hover(self, viewer: Any, event: Any) -> None:
        if self._is_drawing:
            self._set_cursor("cross")
            return
        grip = self._grip_at(self._data_position(event)) if self._listens(event) else None
        self._set_cursor(None if grip is None else "cross" if any(grip) else "pointing")

    def _set_cursor(self, style: str | None) -> None:
        """Change the mouse cursor; None: give it back to the active layer."""
        if style is not None:
            self._viewer.cursor.style = style
        elif self._has_set_cursor:
            active = self._viewer.layers.selection.active
            self._viewer.cursor.style = "standard" if active is None else active.cursor
        self._has_set_cursor = style is not None

    def _on_drag(self, viewer: Any, event: Any) -> Iterator[None]:
        # napari resumes this generator at every move of the mouse, and when it is let go.
        if event.button != 1 or not self._listens(event) or self._image is None:
            return
        image, before, press = self._image, self._box, event.pos
        start = self._data_position(event)
        grip = None if self._is_drawing else self._grip_at(start)
        if not self._is_drawing and (grip is None or before is None):
            return
        frame = _frame_size(image)
        if grip is None or before is None:
            changed: Callable[[NDArray[np.float64]], Box | None] = partial(_drawn, start, frame)
        else:
            changed = partial(_dragged, before, grip, frame, start)
        is_click = True
        with self._without_tools():
            try:
                event.handled = True  # the camera stays where it is
                yield
                while event.type == "mouse_move" and self._image is image:
                    event.handled = True
                    is_click &= max(abs(event.pos - press)) < _DRAG_PX
                    box = changed(self._data_position(event))
                    if box is not None and box != self._box and not is_click:
                        self._box = box
                        self._draw()
                        self.box_changing.emit(box)
                    yield
                event.handled = True
            finally:
                if self._image is image:
                    self._drop(before)

    def _drop(self, before: Box | None) -> None:
        if self._box is not None and self._box != before:
            self.stop_drawing()
            self.box_changed.emit(self._box)

    @contextmanager
    def _without_tools(self) -> Iterator[None]:
        """Keep the active layer from painting or adding points with the same drag."""
        active = self._viewer.layers.selection.active
        if active is None or str(active.mode) == "pan_zoom":
            yield
            return
        mode, active.mode = active.mode, "pan_zoom"
        try:
            yield
        finally:
            active.mode = mode


def _plane_of(image: Layer) -> NDArray[np.float64]:
    """The map from the last two data axes to the world, for coordinates (row, column, 1).

    The last two entries of scale, translate, rotate, shear and affine, taken together.
    """
    points = np.zeros((3, image.ndim))
    points[0, -2] = points[1, -1] = 1
    down, across, origin = (np.array(image.data_to_world(point))[-2:] for point in points)
    plane = np.eye(3)
    plane[:2] = np.stack([down - origin, across - origin, origin], axis=1)
    return plane


def _frame_size(image: Layer) -> tuple[int, int]:
    height, width = (int(last) + 1 for last in image.extent.data[1][-2:])
    return height, width


def _corners(box: Box) -> NDArray[np.float64]:
    return _corners_of(box.top, box.left, *box.shape)


def _corners_of(top: float, left: float, height: float, width: float) -> NDArray[np.float64]:
    # The centre of a pixel has the whole number in napari, so its edges are half a pixel off.
    rows, columns = np.array([0, 0, height, height]), np.array([0, width, width, 0])
    return np.stack([top - 0.5 + rows, left - 0.5 + columns], axis=1, dtype=np.float32)


def _anchor_side(box: Box, video_width: int | Literal["full"]) -> float:
    """Diameter of the anchor in data pixels, inside the box."""
    width = max(2, box.width - box.width % 2) if video_width == "full" else video_width
    height = max(2, nearest_even(box.height * width, box.width))
    dot, _ = anchor_dot((height, width)).coverage.shape
    return min(dot * box.width / width, *box.shape)


def _drawn(
    start: NDArray[np.float64], frame: tuple[int, int], end: NDArray[np.float64]
) -> Box | None:
    """The box between two positions, as far as it lies in the frame."""
    sides = []
    for one, other, size in zip(start, end, frame, strict=True):
        first, last = (_rounded(edge + 0.5) for edge in sorted((one, other)))
        if last <= 0 or first >= size:
            return None
        first = max(0, min(first, size - _MIN_SIDE))
        sides.append((first, max(min(last, size) - first, _MIN_SIDE)))
    (top, height), (left, width) = sides
    return Box(top, left, height, width)


def _dragged(
    box: Box,
    grip: _Grip,
    frame: tuple[int, int],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
) -> Box:
    """The box after a drag of what the mouse held, kept inside the frame."""
    by = [_rounded(distance) for distance in end - start]
    top, height = _dragged_side(box.top, box.height, grip[0], by[0], frame[0])
    left, width = _dragged_side(box.left, box.width, grip[1], by[1], frame[1])
    return Box(top, left, height, width)


def _dragged_side(first: int, length: int, grip: int, by: int, size: int) -> tuple[int, int]:
    last = first + length
    if grip < 0:
        first = max(0, min(first + by, last - _MIN_SIDE))
    elif grip > 0:
        last = min(size, max(last + by, first + _MIN_SIDE))
    else:
        first = max(0, min(first + by, size - length))
        last = first + length
    return first, last - first


def _rounded(value: float) -> int:
    return math.floor(value + 0.5)  # round() would take halves to the even side
