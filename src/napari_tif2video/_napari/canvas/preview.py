"""The crop box and the anchor over napari's canvas."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

import numpy as np
from napari.components import ViewerModel
from qtpy.QtCore import QEvent, QPointF, QRectF, Qt
from qtpy.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF, QTransform
from qtpy.QtWidgets import QMainWindow, QWidget

from ...geometry import CropBox
from ...overlays import AnchorMark
from ..layers import Region
from .box import View, corners, mark_shape
from .mouse import BoxMouse

# Neither black nor white, and not the red of the anchor.
_BOX_COLOUR = "#ff9500"
_LINE_PX = 2  # on the screen


class CanvasPreview:
    """The crop box and the anchor, drawn over the canvas.

    With the mouse, the box is dragged at its inside to move it, and at its edges and corners to
    resize it, with Shift at the same ratio, or at a given one; everywhere else the mouse pans and
    zooms as usual. Where a drag would not pan, as the active layer is being painted or edited, it
    does not change the box either. Escape ends drawing.

    A sheet of Qt over the canvas rather than a layer: it is above all layers and in no list, has no
    part in the viewer's axes, selection and files, and needs no shaders.

    Parameters
    ----------
    owner : QWidget
        Something in the window of the viewer.
    ratio : callable
        The ratio of width to height that the box keeps now; None for none.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        owner: QWidget,
        ratio: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._owner, self._ratio = owner, ratio
        # Plugins get proxies of the viewer, which hide what listening needs.
        self._viewer: ViewerModel = getattr(viewer, "__wrapped__", viewer)
        self._region: Region | None = None
        self._box: CropBox | None = None
        self._mark: AnchorMark | None = None
        self._video_width: int | Literal["full"] = "full"
        self._sheet: _Sheet | None = None
        # Before napari 0.9: viewer.camera
        self._camera = getattr(self._viewer, "scene", self._viewer).camera
        self._mouse = mouse = BoxMouse(self._viewer, self._camera, self._view)
        mouse.changing.connect(self._change_box)
        self.box_changing, self.box_changed = mouse.changing, mouse.changed
        self.drawing_changed, self.undo = mouse.drawing, mouse.undo

    @property
    def region(self) -> Region | None:
        """The pixels of which the box is; None while nothing is shown."""
        return self._region

    @property
    def box(self) -> CropBox | None:
        """The box that is shown."""
        return self._box if self._region is not None else None

    @property
    def is_drawing(self) -> bool:
        """Whether the next drag draws a new box."""
        return self._mouse.is_drawing

    def show(
        self,
        region: Region,
        box: CropBox | None,
        anchor: bool | AnchorMark | None,
        *,
        video_width: int | Literal["full"] = 500,
    ) -> None:
        """Draw the box and the anchor, in place of what was shown before.

        Parameters
        ----------
        region : Region
            The pixels of the frames, of which the box is.
        box : CropBox, optional
            None: the whole frame, without a rectangle.
        anchor : AnchorMark or bool, optional
            What to draw at the centre of the box; True is the red dot.
        video_width : int or "full", optional
            Width of the video, for the size of the mark.
        """
        if self._region is None:
            canvas = _canvas_of(self._owner)
            self._sheet = None if canvas is None else _Sheet(canvas, self._paint)
            self._listen(True)
        if self._region is None or not region.is_same(self._region):
            self._region = region  # a drag goes on in one that is the same
        mark = AnchorMark() if anchor is True else anchor or None
        self._box, self._mark, self._video_width = box, mark, video_width
        self._draw()

    def hide(self) -> None:
        """Remove the preview and everything connected for it; show() brings it back."""
        self.stop_drawing()
        if self._region is None:
            return
        self._region = None
        self._listen(False)
        if self._sheet is not None:
            with suppress(RuntimeError):  # of a viewer that is closed already
                self._sheet.remove()
        self._sheet = None

    def start_drawing(self) -> None:
        """Let the next drag on the canvas draw a new box; needs something that is shown."""
        if self._region is not None:
            self._mouse.start_drawing()

    def stop_drawing(self) -> None:
        """Let drags pan again."""
        self._mouse.stop_drawing()

    def _change_box(self, box: CropBox) -> None:
        self._box = box
        self._draw()

    def _listen(self, is_on: bool) -> None:
        camera, dims = self._camera.events, self._viewer.dims.events
        grid = getattr(self._viewer, "canvas", self._viewer).grid.events
        for emitter in (camera, dims.ndisplay, dims.order, grid):
            (emitter.connect if is_on else emitter.disconnect)(self._draw)
        (self._mouse.listen if is_on else self._mouse.stop_listening)()

    def _draw(self, event: Any = None) -> None:
        if self._sheet is not None:
            self._sheet.update()

    def _view(self) -> View | None:
        if self._region is None or not self._is_flat():
            return None
        px = np.linalg.norm(self._region.plane[:2, :2], axis=0) * self._camera.zoom
        return View(self._region, self._box, px, self._ratio())

    def _is_flat(self) -> bool:
        """Whether the picture is seen as the video shows it, in one place on the canvas."""
        dims = self._viewer.dims
        is_plain = list(dims.displayed) == [dims.ndim - 2, dims.ndim - 1]
        # Before napari 0.9: viewer.grid
        return is_plain and not getattr(self._viewer, "canvas", self._viewer).grid.enabled

    def _paint(self, painter: QPainter, width: int, height: int) -> None:
        if self._region is None or not self._is_flat():
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setTransform(self._to_screen(self._region, width, height))
        if self._box is not None:
            pen = QPen(QColor(_BOX_COLOUR), _LINE_PX)
            pen.setCosmetic(True)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.drawPolygon(_polygon(corners(self._box.top, self._box.left, *self._box.shape)))
        if self._mark is None:
            return
        box = self._box or CropBox.whole(self._region.size)
        shape = mark_shape(box, self._video_width, self._mark)
        colour = QColor(*self._mark.colour)
        painter.setPen(QPen(colour, shape.line) if shape.line else Qt.PenStyle.NoPen)
        painter.setBrush(Qt.BrushStyle.NoBrush if shape.line else QBrush(colour))
        polygon = _polygon(shape.vertices)
        if shape.kind == "ellipse":
            painter.drawEllipse(QRectF(polygon.boundingRect()))
        else:
            painter.drawPolygon(polygon)

    def _to_screen(self, region: Region, width: int, height: int) -> QTransform:
        """The map from column and row to a canvas of this size."""
        camera, to_screen = self._camera, np.eye(3)
        directions = zip(camera.orientation2d, ("down", "right"), strict=True)
        for axis, (direction, usual) in enumerate(directions):
            scale = camera.zoom if str(direction) == usual else -camera.zoom
            middle = (height, width)[axis] / 2
            to_screen[axis, [axis, 2]] = scale, middle - scale * camera.center[axis - 2]
        rows, columns, _ = to_screen @ region.plane
        return QTransform(columns[1], rows[1], columns[0], rows[0], columns[2], rows[2])


def _polygon(points: Any) -> QPolygonF:
    return QPolygonF([QPointF(column, row) for row, column in points.tolist()])


class _Sheet(QWidget):
    """A transparent widget that covers another one, and leaves the mouse to it."""

    def __init__(self, below: QWidget, paint: Callable[[QPainter, int, int], None]) -> None:
        super().__init__(below)
        self._paint = paint
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setGeometry(below.rect())
        below.installEventFilter(self)
        self.show()

    def remove(self) -> None:
        self._paint = lambda *_: None
        self.parentWidget().removeEventFilter(self)
        self.hide()
        self.deleteLater()

    def eventFilter(self, below: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(below.rect())
        return False

    def paintEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        self._paint(painter, self.width(), self.height())
        painter.end()


def _canvas_of(owner: QWidget) -> QWidget | None:
    """The canvas in the window that a widget is in; a dock that floats is a window of its own."""
    window = owner
    while window is not None and not isinstance(window, QMainWindow):
        window = window.parentWidget()
    centre = None if window is None else window.centralWidget()
    widgets = [] if centre is None else centre.findChildren(QWidget)
    return next((one for one in widgets if one.inherits("QOpenGLWidget")), None)
