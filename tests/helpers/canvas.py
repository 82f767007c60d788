"""The canvas of a viewer, for tests that point at it with the mouse."""

from __future__ import annotations

import itertools
import time

import numpy as np
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QWidget
from superqt.utils import qimage_to_array

LEFT = Qt.MouseButton.LeftButton
NO_KEY = Qt.KeyboardModifier.NoModifier
STEPS = (0.4, 0.8, 1.0)


def widget_in(viewer):
    """A widget in the window of a viewer, as that of a plugin is."""
    return QWidget(viewer.__wrapped__.window._qt_window)


class Canvas:
    """The canvas of a viewer, for a mouse that points at data of a layer."""

    def __init__(self, viewer):
        self.viewer = viewer.__wrapped__
        self.canvas = self.viewer.window._qt_viewer.canvas
        self.widget = self.canvas.native
        self.draw()  # until then, the camera does not know the size of the canvas

    def fit(self) -> None:
        self.draw()  # sliders may come and go
        self.viewer.reset_view(margin=0.2)
        self.draw()

    def draw(self) -> None:
        """Let the window work until the canvas is drawn anew, at a size that it keeps."""
        sizes: list[tuple[int, int]] = []

        def note(event) -> None:
            sizes.append(self.canvas.size)

        draws = self.canvas._scene_canvas.events.draw
        draws.connect(note)
        end = time.monotonic() + 20.0
        while len(sizes) < 2 or sizes[-1] != sizes[-2]:
            assert time.monotonic() < end, "the canvas is not drawn"
            self.widget.update()
            QTest.qWait(10)
        draws.disconnect(note)

    def picture(self) -> np.ndarray:
        """What is seen on the screen, as RGB."""
        self.draw()
        return qimage_to_array(self.widget.grab().toImage())[..., :3]

    def seen(self, colour) -> np.ndarray:
        """Columns and rows of the pixels (x, y) of this colour."""
        is_near = np.abs(self.picture().astype(int) - colour).max(axis=2) < 40
        return np.argwhere(is_near)[:, ::-1]

    def pixel(self, layer, position) -> np.ndarray:
        """The screen pixel (x, y) of a position in data coordinates (row, column)."""
        point = np.zeros(layer.ndim)
        point[-2:] = position
        factors = self.canvas.layer_to_visual[layer]._world_to_layer_units_scale[-2:]
        y, x = np.array(layer.data_to_world(point))[-2:] * factors
        transform = self.canvas.view.transform * self.canvas.view.scene.transform
        return np.array(transform.map([x, y])[:2])

    def drag(self, layer, *positions, modifier=NO_KEY) -> None:
        """Press, move in small steps as by hand, and let go."""
        # The screen pixels first: once the mouse moves, the camera may too.
        points = [self.pixel(layer, position) for position in positions]
        path = [a + (b - a) * t for a, b in itertools.pairwise(points) for t in STEPS]
        self._send(QEvent.Type.MouseMove, points[0])
        self._send(QEvent.Type.MouseButtonPress, points[0], LEFT, modifier)
        for point in path:
            self._send(QEvent.Type.MouseMove, point, LEFT, modifier)
        self._send(QEvent.Type.MouseButtonRelease, path[-1], LEFT, modifier)

    def hover(self, layer, position) -> str:
        for _ in range(2):  # a move may be left out that comes soon after another
            self._send(QEvent.Type.MouseMove, self.pixel(layer, position))
        return str(self.viewer.cursor.style)

    def _send(self, kind, point, held=Qt.MouseButton.NoButton, modifier=NO_KEY) -> None:
        # QTest moves the pointer of the whole screen, and without a button.
        is_move, is_release = kind == QEvent.Type.MouseMove, kind == QEvent.Type.MouseButtonRelease
        button = Qt.MouseButton.NoButton if is_move else held
        buttons = Qt.MouseButton.NoButton if is_release else held
        point = QPointF(*(float(v) for v in np.rint(point)))
        at = QPointF(self.widget.mapToGlobal(point.toPoint()))
        event = QMouseEvent(kind, point, at, button, buttons, modifier)
        QApplication.sendEvent(self.widget, event)
        QTest.qWait(15)  # vispy leaves out moves within 10 ms, napari holds them back for 5 ms
