"""The box and the anchor over a canvas, and what the mouse does to them, without a viewer's window.

To exact pixels.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("napari")
pytest.importorskip("pytestqt")

from napari.components import ViewerModel
from napari.utils._proxies import PublicOnlyProxy
from napari.utils.key_bindings import coerce_keybinding
from qtpy.QtCore import QEvent, QSize, Qt
from qtpy.QtGui import QPainter, QResizeEvent
from qtpy.QtWidgets import QApplication, QDockWidget, QMainWindow, QWidget
from superqt.utils import qimage_to_array

from napari_tif2video._napari.canvas import CanvasPreview
from napari_tif2video._napari.layers import Region
from napari_tif2video.geometry import CropBox
from napari_tif2video.overlays import AnchorMark

WIDTH, HEIGHT = 500, 400
ORANGE, RED = (255, 149, 0), (255, 0, 0)
FRAME = (60, 80)
BOX = CropBox(40, 30, 20, 10)  # rows 10 to 40, columns 20 to 60; its middle is at 24.5, 39.5


class QOpenGLWidget(QWidget):  # so that it is taken for one
    """A black canvas."""

    def paintEvent(self, event):  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        painter.end()


def key_of(viewer, key):
    """What a key does; None where it does nothing."""
    return viewer.keymap.get(coerce_keybinding(key))


def camera_of(viewer):
    return getattr(viewer, "scene", viewer).camera  # before napari 0.9: viewer.camera


def grid_of(viewer):
    return getattr(viewer, "canvas", viewer).grid  # before napari 0.9: viewer.grid


class Window:
    """A window with a canvas, and a preview over it."""

    def __init__(self, qtbot):
        self.viewer, self.main = ViewerModel(), QMainWindow()
        qtbot.addWidget(self.main)
        self.viewer.add_image(np.zeros((3, *FRAME), np.uint8))
        centre = QWidget()
        QWidget(centre)
        self.canvas = QOpenGLWidget(centre)
        self.canvas.setGeometry(10, 20, WIDTH, HEIGHT)
        QWidget(self.canvas)
        self.main.setCentralWidget(centre)
        dock = QDockWidget(self.main)
        dock.setFloating(True)
        self.owner, self.ratio = QWidget(dock), None
        self.preview = CanvasPreview(PublicOnlyProxy(self.viewer), self.owner, lambda: self.ratio)
        self.camera = camera_of(self.viewer)
        self.look(10, (24.5, 39.5))

    def look(self, zoom, centre):
        self.camera.zoom, self.camera.center = zoom, (0, *centre)

    @property
    def sheets(self):
        return [one for one in self.canvas.children() if type(one) is not QWidget]

    def picture(self):
        return qimage_to_array(self.canvas.grab().toImage())[..., :3].astype(int)

    def assert_lines(self, *places):
        """Left, top, right and bottom of boxes with lines of two pixels, and nothing else."""
        expected = np.zeros((HEIGHT, WIDTH, 3), int)
        for left, top, right, bottom in places:
            expected[top - 1 : bottom + 1, left - 1 : right + 1] = ORANGE
            expected[top + 1 : bottom - 1, left + 1 : right - 1] = 0
        np.testing.assert_allclose(self.picture(), expected, atol=3)

    def event(self, at, kind="mouse_press", button=1, pos=(0, 0), modifiers=()):
        world = (self.preview.region.plane @ [*at, 1])[:2]
        return SimpleNamespace(
            position=(1.0, *world), pos=np.array(pos), type=kind, button=button, modifiers=modifiers
        )

    def hover(self, at):
        self.viewer.mouse_move_callbacks[-1](self.viewer, self.event(at))
        return str(self.viewer.cursor.style)

    def listeners(self):
        """How many listen to the viewer, and to the mouse."""
        dims = self.viewer.dims.events
        emitters = [self.camera.events, dims.ndisplay, dims.order, grid_of(self.viewer).events]
        calls = [self.viewer.mouse_drag_callbacks, self.viewer.mouse_move_callbacks]
        return [len(one.callbacks) for one in emitters] + [len(one) for one in calls]

    def drag(self, start, end):
        event = self.event(start)
        steps = self.viewer.mouse_drag_callbacks[-1](self.viewer, event)
        next(steps)
        for kind in ("mouse_move", "mouse_release"):
            vars(event).update(vars(self.event(end, kind, pos=(50, 50))))
            next(steps, None)


@pytest.fixture
def window(qtbot):
    window = Window(qtbot)
    yield window
    window.preview.hide()


PLAIN = Region(np.eye(3), FRAME)


def test_a_box_is_where_its_pixels_are(window):
    show = window.preview.show
    show(PLAIN, BOX, False)
    # Ten screen pixels for one, and its middle in the middle of 500x400.
    window.assert_lines((50, 50, 450, 350))
    window.look(4, (29.5, 37.5))
    window.assert_lines((178, 120, 338, 240))
    window.camera.orientation2d = ("up", "right")
    window.assert_lines((178, 160, 338, 280))
    window.camera.orientation2d = ("down", "left")
    window.assert_lines((162, 120, 322, 240))
    window.camera.orientation2d = ("down", "right")
    show(PLAIN, CropBox(10, 5, 0, 55), None)
    # Rows 54.5 to 59.5, columns -0.5 to 9.5.
    window.assert_lines((98, 300, 138, 320))
    # Pixels that are 2 down and 0.5 across, from 5 and -2.95 on.
    window.look(10, (40, 10))
    show(Region(np.array([[2, 0, 5], [0, 0.5, -2.95], [0, 0, 1.0]]), FRAME), BOX, False)
    window.assert_lines((218, 40, 418, 640))
    # Rows to the right and columns down.
    show(Region(np.array([[0, 1, 30.5], [1, 0, 0], [0, 0, 1.0]]), FRAME), CropBox(8, 4, 2, 5), None)
    window.assert_lines((195, 120, 235, 200))


def test_marks_are_at_the_middle_of_the_box(window):
    show, mask = window.preview.show, np.zeros((HEIGHT, WIDTH), bool)
    # A video of 200 of 40 pixels: five of its pixels are one of the data, and ten on the screen.
    show(PLAIN, BOX, AnchorMark("cross", 20, (0, 255, 40)), video_width=200)
    mask[198:202, 230:270] = mask[180:220, 248:252] = True
    picture = window.picture()
    inside = picture[60:340, 60:440]
    np.testing.assert_array_equal(inside, mask[60:340, 60:440, None] * np.array([0, 255, 40]))
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    far = np.hypot(rows - 200, columns - 250)
    for mark, width, inner, outer in (
        (AnchorMark(diameter=20), 200, 0, 20),
        (AnchorMark("circle", 64), 200, 48, 64),
        (AnchorMark(diameter=20), 400, 0, 10),
        (AnchorMark(diameter=10), "full", 0, 50),
    ):
        show(PLAIN, BOX, mark, video_width=width)
        inside = window.picture()[60:340, 60:440]
        at = far[60:340, 60:440]
        is_red = (at < outer) & (at > inner)
        clear = (abs(at - outer) > 1.6) & (abs(at - inner) > 1.6)
        np.testing.assert_array_equal(inside[clear], (is_red[..., None] * np.array(RED))[clear])
        assert len(np.unique(inside[..., 0])) > 5  # its edge is smooth
    # True is the red dot of a video of 500; without a box, in the middle of the frame.
    show(PLAIN, None, True)
    usual = window.picture()
    show(PLAIN, None, AnchorMark(), video_width=500)
    np.testing.assert_array_equal(window.picture(), usual)
    cross = AnchorMark("cross", 100)
    show(PLAIN, None, cross)
    of_default = window.picture()
    show(PLAIN, None, cross, video_width=500)
    np.testing.assert_array_equal(window.picture(), of_default)
    at = np.argwhere(usual.any(axis=2))
    # The middle of the frame is at 29.5 and 39.5.
    np.testing.assert_allclose((at.min(0) + at.max(0) + 1) / 2, (250, 250), atol=0.5)
    assert usual[250, 250].tolist() == list(RED)
    for nothing in (False, None):
        show(PLAIN, None, nothing)
        assert not window.picture().any()


def test_only_where_the_picture_is_flat(window):
    window.preview.show(PLAIN, BOX, False)
    dims, grid = window.viewer.dims, grid_of(window.viewer)
    for target, name, other, usual in (
        (dims, "order", (1, 0, 2), (0, 1, 2)),
        (dims, "order", (0, 2, 1), (0, 1, 2)),
        (dims, "ndisplay", 3, 2),
        (grid, "enabled", True, False),
    ):
        assert window.hover((20, 30)) == "pointing"
        setattr(target, name, other)
        assert not window.picture().any(), name
        window.viewer.cursor.style = "standard"
        assert window.hover((20, 30)) == "standard", name
        setattr(target, name, usual)
    window.look(10, (24.5, 39.5))
    window.assert_lines((50, 50, 450, 350))


def test_what_changes_the_view_draws_again(window):
    before = window.listeners()
    window.preview.show(PLAIN, BOX, False)
    (sheet,), drawn = window.sheets, []
    sheet.update = lambda: drawn.append(None)

    def is_drawn(target, name, value):
        drawn.clear()
        setattr(target, name, value)
        return bool(drawn)

    dims, grid = window.viewer.dims, grid_of(window.viewer)
    changes = [
        (window.camera, "zoom", 3), (window.camera, "center", (0, 1, 2)), (dims, "ndisplay", 3),
        (dims, "ndisplay", 2), (dims, "order", (1, 0, 2)), (grid, "enabled", True),
    ]  # fmt: skip
    assert [is_drawn(*change) for change in changes] == [True] * 6
    dims.order, grid.enabled, window.camera.zoom = (0, 1, 2), False, 10
    for box in (BOX, None):
        drawn.clear()
        window.preview.show(PLAIN, box, True)
        assert drawn
    assert window.listeners() == [n + 1 for n in before]
    window.preview.hide()
    assert window.listeners() == before
    changes = [
        (window.camera, "zoom", 5), (dims, "ndisplay", 3), (dims, "ndisplay", 2),
        (dims, "order", (1, 0, 2)), (grid, "enabled", True),
    ]  # fmt: skip
    assert [is_drawn(*change) for change in changes] == [False] * 5


def test_the_sheet_covers_the_canvas_and_leaves_it_the_mouse(window):
    window.main.show()
    window.canvas.resize(WIDTH, HEIGHT)
    window.preview.show(PLAIN, BOX, False)
    (sheet,) = window.sheets
    assert sheet.geometry().getRect() == (0, 0, WIDTH, HEIGHT)
    assert sheet.isVisibleTo(window.canvas)
    assert window.canvas.children()[-1] is sheet
    assert sheet.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    assert sheet.testAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
    sheet.resize(5, 5)
    QApplication.sendEvent(window.canvas, QEvent(QEvent.Type.EnabledChange))
    assert sheet.size() == QSize(5, 5)
    window.canvas.resize(301, 203)
    event = QResizeEvent(QSize(301, 203), QSize(WIDTH, HEIGHT))
    QApplication.sendEvent(window.canvas, event)
    assert sheet.size() == QSize(301, 203)
    window.preview.show(PLAIN, None, False)
    assert window.sheets == [sheet]
    window.preview.hide()
    window.preview.hide()
    assert not sheet.isVisibleTo(window.canvas)
    assert not window.picture().any()
    window.canvas.resize(90, 90)
    QApplication.sendEvent(window.canvas, QResizeEvent(QSize(90, 90), QSize(301, 203)))
    assert sheet.size() == QSize(301, 203)
    QApplication.sendPostedEvents(sheet, QEvent.Type.DeferredDelete)
    assert window.sheets == []
    window.preview.show(PLAIN, BOX, False)
    assert len(window.sheets) == 1
    # The canvas may be gone before the preview.
    window.canvas.deleteLater()
    QApplication.sendPostedEvents(window.canvas, QEvent.Type.DeferredDelete)
    window.preview.hide()
    assert window.preview.region is None


def test_without_a_canvas_there_is_nothing_to_draw_on(qtbot, window):
    bare, full = QMainWindow(), QMainWindow()
    full.setCentralWidget(QWidget())
    QWidget(full.centralWidget())
    for owner in (bare, full, QWidget()):
        qtbot.addWidget(owner)
        preview = CanvasPreview(window.viewer, owner)
        preview.show(PLAIN, BOX, True)
        assert (preview.region, preview.box) == (PLAIN, BOX)
        assert all(type(one) is QWidget for one in owner.findChildren(QWidget))
        preview.hide()
    of_window = CanvasPreview(window.viewer, window.main)
    of_window.show(PLAIN, BOX, False)
    window.assert_lines((50, 50, 450, 350))
    of_window.hide()


def test_what_is_shown_is_told(window):
    preview, told, changing, changed, undone = window.preview, [], [], [], []
    preview.drawing_changed.connect(told.append)
    preview.box_changing.connect(changing.append)
    preview.box_changed.connect(changed.append)
    preview.undo.connect(lambda: undone.append(None))
    assert (preview.region, preview.box, preview.is_drawing) == (None, None, False)
    preview.start_drawing()
    assert (preview.is_drawing, told) == (False, [])
    preview.show(PLAIN, BOX, False)
    assert (preview.region, preview.box) == (PLAIN, BOX)
    preview.show(Region(np.eye(3), FRAME), None, False)
    assert preview.region is PLAIN  # so that a drag goes on
    assert preview.box is None
    other = Region(np.diag([1, 2, 1.0]), FRAME)
    preview.show(other, BOX, False)
    assert preview.region is other
    preview.show(PLAIN, BOX, False)
    (sheet,), drawn = window.sheets, []
    sheet.update = lambda: drawn.append(preview.box)
    window.drag((20, 35), (25, 42))
    moved = CropBox(40, 30, 27, 15)
    assert drawn == [BOX, moved, moved]  # the camera begins and ends it
    assert (preview.box, changing, changed) == (moved, [moved], [moved])
    window.assert_lines((120, 100, 520, 400))
    window.ratio = 2
    window.drag((44.5, 66.5), (49.5, 67.5))
    assert preview.box == CropBox(53, 27, 27, 15)  # as far as there is room
    window.ratio = None
    key_of(window.viewer, "Control-Z")(window.viewer)
    assert len(undone) == 1
    preview.start_drawing()
    assert (preview.is_drawing, told) == (True, [True])
    preview.hide()
    assert (preview.is_drawing, told) == (False, [True, False])
    assert (preview.region, preview.box) == (None, None)
    preview.show(PLAIN, BOX, False)
    assert preview.box == BOX
    # How near is near is counted on the screen: here 10 and 5 pixels for one down and across.
    preview.show(Region(np.diag([2, 1, 1.0]), FRAME), BOX, False)
    window.look(5, (0, 0))
    for at, cursor in (
        ((10.09, 40), "cross"), ((10.11, 40), "pointing"),
        ((25, 20.69), "cross"), ((25, 20.71), "pointing"),
    ):  # fmt: skip
        assert window.hover(at) == cursor, at
    # Rows to the right, twice as far apart as columns, which go down.
    preview.show(Region(np.array([[0, 1, 0], [2, 0, 0], [0, 0, 1.0]]), FRAME), BOX, False)
    for at, cursor in (
        ((10.09, 40), "cross"), ((10.11, 40), "pointing"),
        ((25, 20.69), "cross"), ((25, 20.71), "pointing"),
    ):  # fmt: skip
        assert window.hover(at) == cursor, at
    # Hidden while it is dragged, it stays as it was.
    changed.clear()
    steps = window.viewer.mouse_drag_callbacks[-1](window.viewer, event := window.event((25, 40)))
    next(steps)
    vars(event).update(vars(window.event((30, 45), "mouse_move", pos=(50, 50))))
    preview.hide()
    assert next(steps, "end") == "end"
    assert (changed, window.camera.mouse_pan) == ([], True)
