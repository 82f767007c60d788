"""The mouse on the canvas: draws, drags and resizes the crop box."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Protocol

import numpy as np

from ...geometry import Box
from .box import Grip, Point, dragged_box, drawn_box, frame_size

# On the screen: how near to the line the mouse takes hold, how far along it a corner reaches, and
# the shortest way that is a drag and no click.
_NEAR_PX, _CORNER_PX, _DRAG_PX = 6, 16, 4


class BoxView(Protocol):
    """The box as it is drawn, and how it lies on the screen."""

    box_changed: Any

    @property
    def viewer(self) -> Any: ...
    @property
    def camera(self) -> Any: ...
    @property
    def image(self) -> Any: ...
    @property
    def layer(self) -> Any: ...
    @property
    def plane(self) -> Point: ...
    @property
    def box(self) -> Box | None: ...
    @property
    def has_anchor(self) -> bool: ...
    def unit_factors(self) -> Point: ...
    def screen_px(self) -> tuple[float, float]: ...
    def change_box(self, box: Box) -> None: ...


class BoxMouse:
    """What the mouse does to the box of a preview."""

    def __init__(self, preview: BoxView) -> None:
        self._preview = preview
        self.is_drawing = False
        self._has_set_cursor = False

    def listen(self) -> None:
        self._preview.viewer.mouse_drag_callbacks.append(self._on_drag)
        self._preview.viewer.mouse_move_callbacks.append(self._on_hover)

    def stop_listening(self) -> None:
        self._preview.viewer.mouse_drag_callbacks.remove(self._on_drag)
        self._preview.viewer.mouse_move_callbacks.remove(self._on_hover)

    def start_drawing(self) -> None:
        self.is_drawing = True
        self._set_cursor("cross")

    def stop_drawing(self) -> None:
        self.is_drawing = False
        self._set_cursor(None)

    def _position(self, event: Any) -> Point | None:
        """Row and column under the mouse; None in a view of other axes, or while a key is held."""
        n = self._preview.viewer.dims.ndim
        if set(event.dims_displayed) != {n - 2, n - 1} or event.modifiers:
            return None
        world = np.asarray(event.position[-2:]) / self._preview.unit_factors()
        return np.asarray(np.linalg.solve(self._preview.plane, (*world, 1))[:2], float)

    def _grip_at(self, position: Point | None) -> Grip | None:
        """What a drag from here takes hold of; None: nothing."""
        box, layer = self._preview.box, self._preview.layer
        if position is None or box is None or layer is None or not layer.visible:
            return None
        if not self._preview.camera.mouse_pan:  # the drag belongs to a tool of the active layer
            return None
        px = np.array(self._preview.screen_px())
        centre = (box.top + (box.height - 1) / 2, box.left + (box.width - 1) / 2)
        at, half = (position - centre) * px, np.array(box.shape) / 2 * px
        outside = max(abs(at) - half)  # inside it is negative
        if abs(outside) <= _NEAR_PX:
            # At most a quarter of a side, so that a small box can still be moved.
            is_corner = np.all(half - abs(at) <= np.minimum(_CORNER_PX, half / 2))
            return (int(np.sign(at[0])), int(np.sign(at[1]))) if is_corner else (0, 0)
        radius = np.ptp(layer.data[-1], axis=0) / 2 * px
        is_dot = self._preview.has_anchor and np.all(abs(at) <= np.maximum(radius, _NEAR_PX))
        return (0, 0) if is_dot else None

    def _on_hover(self, viewer: Any, event: Any) -> None:
        grip = self._grip_at(self._position(event))
        if self.is_drawing or (grip and any(grip)):
            self._set_cursor("cross")
        else:
            self._set_cursor(None if grip is None else "pointing")

    def _set_cursor(self, style: str | None) -> None:
        """Change the mouse cursor; None: give it back to the active layer."""
        if style is not None:
            self._preview.viewer.cursor.style = style
        elif self._has_set_cursor:
            active = self._preview.viewer.layers.selection.active
            self._preview.viewer.cursor.style = "standard" if active is None else active.cursor
        self._has_set_cursor = style is not None

    def _on_drag(self, viewer: Any, event: Any) -> Iterator[None]:
        # napari resumes this at every move of the mouse, and when it is let go.
        image, before, start = self._preview.image, self._preview.box, self._position(event)
        grip = self._grip_at(start)
        if image is None or start is None or event.button != 1:
            return
        changed: Callable[[Point], Box | None]
        if self.is_drawing:
            changed = partial(drawn_box, frame_size(image), start)
        elif before is not None and grip is not None:
            changed = partial(dragged_box, frame_size(image), before, grip, start)
        else:
            return
        # Neither the camera nor a tool of the active layer takes part. Marking the events as
        # handled is not enough: napari passes moves on to its callbacks later than to the camera.
        active = self._preview.viewer.layers.selection.active
        mode = None if active is None else str(active.mode)
        if active is not None and mode != "pan_zoom":
            active.mode = "pan_zoom"
        camera = self._preview.camera
        camera.mouse_pan = False
        press, is_click = event.pos, True
        try:
            yield
            while self._preview.image is image:  # hide() ends the drag
                is_click = is_click and max(abs(event.pos - press)) < _DRAG_PX
                end = self._position(event)
                box = None if is_click or end is None else changed(end)
                if box is not None and box != self._preview.box:
                    self._preview.change_box(box)
                if event.type != "mouse_move":
                    break
                yield
        finally:
            if active is not None and mode != "pan_zoom":
                active.mode = mode
            active = viewer.layers.selection.active
            camera.mouse_pan = active is None or active.mouse_pan
        box = self._preview.box
        if self._preview.image is image and box is not None and box != before:
            self.stop_drawing()
            self._preview.box_changed.emit(box)
