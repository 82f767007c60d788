"""The mouse on the canvas: draws, drags and resizes the crop box."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from app_model.types import KeyCode, KeyMod
from napari.components import ViewerModel
from psygnal import Signal

from ...geometry import CropBox
from .box import Grip, Point, View, dragged_box, drawn_box

# On the screen: how near to the line the mouse takes hold, how far along it a corner reaches, and
# the shortest way that is a drag and no click.
_NEAR_PX, _CORNER_PX, _DRAG_PX = 6, 16, 4

_UNDO = KeyMod.CtrlCmd | KeyCode.KeyZ


class BoxMouse:
    """What the mouse does to a box on the canvas.

    Parameters
    ----------
    viewer, camera : ViewerModel and Camera
        Of napari.
    view : callable
        The box as it is drawn now; None while nothing is.

    Signals
    -------
    changing(box), changed(box)
        At each step of a drag, and when the mouse is let go.
    drawing(is_on)
        Whether the next drag draws a new box.
    undo()
        The user wants the box as it was before.
    """

    changing, changed = Signal(CropBox), Signal(CropBox)
    drawing, undo = Signal(bool), Signal()

    def __init__(self, viewer: ViewerModel, camera: Any, view: Callable[[], View | None]) -> None:
        self._viewer, self._camera, self._view = viewer, camera, view
        self._undo_before = self._key_before = None
        self.is_drawing = False
        self._has_set_cursor = False

    def listen(self) -> None:
        self._viewer.mouse_drag_callbacks.append(self._on_drag)
        self._viewer.mouse_move_callbacks.append(self._on_hover)
        # A layer that is active comes first: what was painted is its own to undo.
        self._undo_before = self._viewer.bind_key(_UNDO, lambda _: self.undo.emit(), overwrite=True)

    def stop_listening(self) -> None:
        self._viewer.mouse_drag_callbacks.remove(self._on_drag)
        self._viewer.mouse_move_callbacks.remove(self._on_hover)
        self._viewer.bind_key(_UNDO, self._undo_before, overwrite=True)

    def start_drawing(self) -> None:
        if not self.is_drawing:
            self.is_drawing = True
            key, stop = "Escape", self.stop_drawing
            self._key_before = self._viewer.bind_key(key, lambda _: stop(), overwrite=True)
            self._set_cursor("cross")
            self.drawing.emit(True)

    def stop_drawing(self) -> None:
        if self.is_drawing:
            self.is_drawing = False
            self._viewer.bind_key("Escape", self._key_before, overwrite=True)
            self._set_cursor(None)
            self.drawing.emit(False)

    def _position(self, view: View | None, event: Any) -> Point | None:
        """Row and column under the mouse; None in a view of other axes, or while a key is held.

        But for Shift, which keeps the ratio of the sides.
        """
        keys = [key for key in event.modifiers if key != "Shift"]
        if view is None or keys:
            return None
        at = (*event.position[-2:], 1)
        return np.asarray(np.linalg.solve(view.region.plane, at)[:2], float)

    def _grip_at(self, view: View | None, position: Point | None) -> Grip | None:
        """What a drag from here takes hold of; None: nothing."""
        if view is None or position is None or view.box is None:
            return None
        if not self._camera.mouse_pan:  # the drag belongs to a tool of the active layer
            return None
        box = view.box
        centre = (box.top + (box.height - 1) / 2, box.left + (box.width - 1) / 2)
        at, half = (position - centre) * view.px, np.array(box.shape) / 2 * view.px
        inside = half - abs(at)  # how far the edges are; negative beyond them
        if np.any(inside < -_NEAR_PX):
            return None
        # At most a third of a side, so that a small box can still be moved.
        is_held = inside <= np.minimum(_NEAR_PX, half / 3)
        is_held |= is_held[::-1] & (inside <= np.minimum(_CORNER_PX, half / 2))
        if not is_held.any() and box.shape == view.region.size:
            return None  # it could not be moved
        down, across = (int(side) for side in np.sign(at) * is_held)
        return down, across

    def _on_hover(self, viewer: Any, event: Any) -> None:
        view = self._view()
        grip = self._grip_at(view, self._position(view, event))
        if self.is_drawing or (grip and any(grip)):
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
        view = self._view()
        start = self._position(view, event)
        grip = self._grip_at(view, start)
        if view is None or start is None or event.button != 1:
            return
        frame = view.region.size
        changed: Callable[[Point], CropBox | None]
        if self.is_drawing:
            changed = partial(drawn_box, frame, start, ratio=view.ratio)
        elif view.box is not None and grip is not None:
            own = view.box.width / view.box.height if "Shift" in event.modifiers else None
            ratio = view.ratio or own
            changed = partial(dragged_box, frame, view.box, grip, start, ratio=ratio)
        else:
            return
        # Neither the camera nor a tool of the active layer takes part. Marking the events as
        # handled is not enough: napari passes moves on to its callbacks later than to the camera.
        active = self._viewer.layers.selection.active
        mode = None if active is None else str(active.mode)
        if active is not None and mode != "pan_zoom":
            active.mode = "pan_zoom"
        self._camera.mouse_pan = False
        press, is_click = event.pos, True
        try:
            yield
            while (now := self._view()) is not None and now.region is view.region:  # else hidden
                is_click = is_click and max(abs(event.pos - press)) < _DRAG_PX
                end = self._position(now, event)
                box = None if is_click or end is None else changed(end)
                if box is not None and box != now.box:
                    self.changing.emit(box)
                if event.type != "mouse_move":
                    break
                yield
        finally:
            if active is not None and mode != "pan_zoom":
                active.mode = mode
            active = viewer.layers.selection.active
            self._camera.mouse_pan = active is None or active.mouse_pan
        now = self._view()
        if now is not None and now.region is view.region and now.box not in (None, view.box):
            self.stop_drawing()
            self.changed.emit(now.box)
