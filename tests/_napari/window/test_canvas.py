"""The crop box and the anchor on the canvas of a real viewer."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

pytest.importorskip("napari")
pytest.importorskip("pytestqt")

from helpers.canvas import Canvas, widget_in
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

import napari_tif2video as t2v
from napari_tif2video._napari.canvas import CanvasPreview
from napari_tif2video._napari.layers import region_of_layer
from napari_tif2video.geometry import CropBox
from napari_tif2video.overlays import AnchorMark

FRAME = (60, 80)
BOX = CropBox(40, 30, 20, 10)
WHOLE = CropBox.whole(FRAME)
ORANGE, RED = (255, 149, 0), (255, 0, 0)


@pytest.fixture
def viewer(viewer):
    viewer.window.resize(900, 700)
    return viewer


@pytest.fixture
def preview(viewer):
    preview = CanvasPreview(viewer, widget_in(viewer))
    yield preview
    preview.hide()


@pytest.fixture
def show(viewer, preview):
    """Show a box over an image layer."""

    def shown(image, box, anchor=False, **options):
        preview.show(region_of_layer(viewer.__wrapped__, image), box, anchor, **options)

    return shown


def add_image(viewer, leading=(5,), frame=FRAME, **kwargs):
    image = viewer.add_image(np.zeros((*leading, *frame), np.uint8), name="stack", **kwargs)
    return image.__wrapped__


def camera_of(viewer):
    return getattr(viewer, "scene", viewer).camera  # before napari 0.9: viewer.camera


def events_of(preview) -> list[CropBox]:
    boxes: list[CropBox] = []
    preview.box_changed.connect(boxes.append)
    return boxes


def corners(box: CropBox) -> np.ndarray:
    top, left = box.top - 0.5, box.left - 0.5
    bottom, right = top + box.height, left + box.width
    return np.array([(top, left), (top, right), (bottom, right), (bottom, left)])


def place(turn: float, n: int) -> np.ndarray:
    """A rotation of the last two of n axes, by an angle in degrees."""
    matrix = np.eye(n)
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    matrix[-2:, -2:] = [[c, -s], [s, c]]
    return matrix


def affine(n: int) -> np.ndarray:
    matrix = np.eye(n + 1)
    matrix[-3:, -3:] = [[0.9, -0.3, 4], [0.2, 1.1, -7], [0, 0, 1]]
    return matrix


PLACEMENTS = {
    "plain": lambda n: {},
    "scaled": lambda n: {"scale": (*[3.0] * (n - 2), 0.325, 0.65)},
    "translated": lambda n: {"translate": (*[2.0] * (n - 2), -100.0, 55.5)},
    "rotated": lambda n: {"rotate": place(30, n)},
    "sheared": lambda n: {"shear": [*[0.0] * (n * (n - 1) // 2 - 1), 0.4]},
    "affine": lambda n: {"affine": affine(n)},
    "all": lambda n: {
        "scale": (*[3.0] * (n - 2), 0.5, 0.25),
        "translate": (*[2.0] * (n - 2), 10.0, 20.0),
        "rotate": place(-20, n),
        "shear": [*[0.0] * (n * (n - 1) // 2 - 1), 0.2],
        "affine": affine(n),
        "units": (*["s"] * (n - 2), "um", "um"),
    },
}


def state_of(viewer) -> dict[str, object]:
    dims, camera = viewer.dims, camera_of(viewer)
    selection = viewer.layers.selection
    return {
        "dims": [dims.ndim, dims.current_step, dims.order, dims.point, dims.range],
        "labels": [dims.axis_labels, dims.ndisplay, dims.last_used],
        "selection": {layer.name for layer in selection},
        "active": None if selection.active is None else selection.active.name,
        "camera": [camera.center, camera.zoom, camera.angles, camera.mouse_pan],
        "cursor": viewer.cursor.style,
    }


def cursor_of(state) -> dict[str, object]:
    """The mouse is still over the box after a drag, so its cursor is another one."""
    return {"cursor": state["cursor"]}


def assert_drawn(canvas, image, box):
    """The outline of the box is where these pixels are on the screen, and nowhere else."""
    seen = canvas.seen(ORANGE)
    points = np.array([canvas.pixel(image, corner) for corner in corners(box)])
    distances = []
    for start, end in zip(points, np.roll(points, -1, axis=0), strict=True):
        share = np.clip(
            (seen + 0.5 - start) @ (end - start) / ((end - start) @ (end - start)), 0, 1
        )
        distances.append(
            np.linalg.norm(seen + 0.5 - start - share[:, None] * (end - start), axis=1)
        )
        for part in (0, 0.37, 1):  # lines have no gaps
            near = np.linalg.norm(seen + 0.5 - start - part * (end - start), axis=1)
            assert near.min() < 2
    assert np.min(distances, axis=0).max() < 2


class TestPlace:
    @pytest.mark.parametrize("leading", [(), (2, 5, 3)], ids=["2D", "5D"])
    def test_box_and_dot_on_the_screen(self, viewer, show, leading):
        for arguments in PLACEMENTS.values():
            image = add_image(viewer, leading, **arguments(len(leading) + 2))
            canvas = Canvas(viewer)
            canvas.fit()
            show(image, BOX, True)
            assert_drawn(canvas, image, BOX)
            middle = canvas.seen(RED).mean(0) + 0.5
            np.testing.assert_allclose(middle, canvas.pixel(image, (24.5, 39.5)), atol=1)
            viewer.layers.remove(image)

    def test_wherever_the_camera_looks(self, viewer, show):
        image = add_image(viewer, scale=(1, 0.5, 0.5))
        show(image, BOX)
        canvas = Canvas(viewer)
        camera = camera_of(viewer)
        for change in (
            lambda: setattr(camera, "zoom", camera.zoom * 0.7),
            lambda: setattr(camera, "center", (0, 11, 23)),
            lambda: setattr(camera, "orientation2d", ("up", "left")),
            lambda: viewer.window.resize(800, 600),
        ):
            change()
            assert_drawn(canvas, image, BOX)
        camera.orientation2d = ("down", "right")

    def test_line_keeps_its_width_on_the_screen(self, viewer, show):
        image = add_image(viewer, scale=(1, 0.5, 0.5))
        show(image, BOX)
        canvas = Canvas(viewer)
        for zoom in (4.0, 15.0):
            camera_of(viewer).zoom = zoom
            _, y = np.rint(canvas.pixel(image, (20, 40)))
            across = [x for x, row in canvas.seen(ORANGE) if row == y]
            assert 2 <= len(across) <= 6, "two lines of two pixels, which may fall between pixels"

    def test_pyramids_and_colour(self, viewer, preview, show):
        data = np.zeros((5, 60, 80, 3), np.uint8)
        for image in (
            viewer.add_image([data[..., 0], data[:, ::2, ::2, 0]], multiscale=True),
            viewer.add_image(data, rgb=True),
        ):
            show(image, None)
            assert preview.region.size == (60, 80)

    def test_size_of_the_dot(self, viewer, show):
        image = add_image(viewer, frame=(1000, 1000))
        canvas = Canvas(viewer)
        for box, width, expected in [
            (CropBox(1000, 1000, 0, 0), 500, 20),  # 10 px of 500
            (CropBox(1000, 1000, 0, 0), "full", 20),
            (CropBox(50, 50, 0, 0), 500, 1),
            (CropBox(50, 50, 0, 0), "full", 6),  # never less than 6 px of the video
            (CropBox(2, 2, 0, 0), "full", 2),  # inside the box
        ]:
            show(image, box, True, video_width=width)
            camera_of(viewer).center = (
                0,
                box.top + (box.height - 1) / 2,
                box.left + (box.width - 1) / 2,
            )
            camera_of(viewer).zoom = 100 / expected
            red = canvas.seen(RED)
            assert np.ptp(red, axis=0) == pytest.approx([100, 100], abs=3)
            assert len(red) == pytest.approx(np.pi / 4 * 100**2, rel=0.08)  # it is filled

    @pytest.mark.parametrize("style", ["cross", "circle"])
    def test_other_marks_have_the_shape_of_those_in_the_video(self, viewer, show, style):
        image = add_image(viewer, frame=(1000, 1000))
        made = t2v.render_frame(image.data[:1], 0, limits=(0, 1), width="full", anchor_style=style)
        in_video = np.argwhere(made[..., 0] > 128)
        extent = np.ptp(in_video[:, 0]) + 1
        show(image, None, AnchorMark(style=style), video_width="full")
        canvas = Canvas(viewer)
        camera_of(viewer).center, camera_of(viewer).zoom = (0, 499.5, 499.5), 200 / extent
        red = canvas.seen(RED)
        assert np.ptp(red, axis=0) == pytest.approx([200, 200], abs=3)
        assert len(red) == pytest.approx(len(in_video) * (200 / extent) ** 2, rel=0.1)

    def test_what_is_drawn(self, viewer, show):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        for box, anchor in [(BOX, False), (BOX, True), (None, True), (None, False), (BOX, True)]:
            show(image, box, anchor)
            assert len(canvas.seen(ORANGE)) > 0 or box is None
            assert (len(canvas.seen(ORANGE)) > 0, len(canvas.seen(RED)) > 0) == (bool(box), anchor)

    def test_above_layers_that_are_added_later(self, viewer, show):
        image = add_image(viewer)
        show(image, BOX, True)
        viewer.add_image(np.ones(FRAME), contrast_limits=(0, 1), opacity=1)
        viewer.add_labels(np.ones(FRAME, int), opacity=1)
        canvas = Canvas(viewer)
        assert_drawn(canvas, image, BOX)
        assert len(canvas.seen(RED))

    def test_only_where_the_picture_is_seen_as_it_is(self, viewer, show):
        image = add_image(viewer)
        show(image, BOX)
        canvas = Canvas(viewer)
        boxes = getattr(viewer, "canvas", viewer).grid  # before napari 0.9: viewer.grid
        for target, name, other, usual in (
            (viewer.dims, "order", (1, 0, 2), (0, 1, 2)),
            (viewer.dims, "order", (0, 2, 1), (0, 1, 2)),
            (viewer.dims, "ndisplay", 3, 2),
            (boxes, "enabled", True, False),
        ):
            setattr(target, name, other)
            assert not len(canvas.seen(ORANGE)), name
            setattr(target, name, usual)
            assert len(canvas.seen(ORANGE)), name


class TestLeavesTheViewerAlone:
    def test_nothing_of_the_viewer_changes(self, viewer, preview, show):
        image = add_image(viewer, (5, 3), **PLACEMENTS["all"](4))
        viewer.dims.current_step = (1, 2, 30, 40)
        before = state_of(viewer)
        for box in (BOX, WHOLE, CropBox(2, 2, 78, 58), None):
            show(image, box, True)
            assert state_of(viewer) == before
            assert list(viewer.layers) == [image]
        preview.hide()
        assert state_of(viewer) == before

    def test_pictures_that_are_saved(self, viewer, show):
        image = add_image(viewer)
        Canvas(viewer)
        before = viewer.screenshot(canvas_only=True, flash=False)
        show(image, BOX, True)
        np.testing.assert_array_equal(viewer.screenshot(canvas_only=True, flash=False), before)

    def test_callbacks(self, viewer, preview, show):
        image = add_image(viewer)
        model = viewer.__wrapped__

        def count() -> list[int]:
            camera = camera_of(model).events
            emitters = [camera, *(getattr(camera, name) for name in camera)]
            emitters += [getattr(image.events, name) for name in image.events]
            emitters += [getattr(model.layers.events, name) for name in model.layers.events]
            emitters += [getattr(model.dims.events, name) for name in model.dims.events]
            emitters += [model.cursor.events.style]
            emitters += [getattr(model, "canvas", model).grid.events]
            lists = [model.mouse_drag_callbacks, model.mouse_move_callbacks]
            return [len(emitter.callbacks) for emitter in emitters] + [len(one) for one in lists]

        before = count()
        show(image, BOX, True)
        assert count() != before
        while_shown = count()
        preview.hide()
        for _ in range(3):
            show(image, BOX, True)
            preview.start_drawing()
            assert count() == while_shown
            preview.hide()
            assert count() == before

    def test_nothing_is_emitted_for_changes_by_program(self, viewer, preview, show):
        image = add_image(viewer)
        boxes = events_of(preview)
        show(image, BOX, True)
        show(image, WHOLE, False)
        preview.start_drawing()
        preview.stop_drawing()
        preview.hide()
        assert not boxes


class TestGone:
    def test_hide_and_show_again(self, viewer, preview, show):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        plain = canvas.picture()
        for _ in range(3):
            show(image, BOX, True)
            preview.hide()
        preview.hide()
        np.testing.assert_array_equal(canvas.picture(), plain)
        canvas.drag(image, (9.5, 40), (19.5, 40))
        assert not boxes
        show(image, BOX, True)
        viewer.reset_view()
        canvas.drag(image, (20, 40), (30, 40))
        assert boxes == [CropBox(40, 30, 20, 20)]

    def test_over_another_image(self, viewer, show):
        image, other = add_image(viewer), add_image(viewer, translate=(0, 100, 0))
        canvas = Canvas(viewer)
        canvas.fit()
        show(image, BOX, True)
        show(other, BOX, True)
        assert_drawn(canvas, other, BOX)

    def test_hidden_while_dragged(self, viewer, preview, show):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        show(image, BOX, True)
        preview.box_changing.connect(lambda box: preview.hide())
        canvas.drag(image, (9.5, 40), (19.5, 40))
        assert not boxes
        assert camera_of(viewer).mouse_pan

    def test_close(self, viewer):
        preview = CanvasPreview(viewer, widget_in(viewer))
        preview.show(region_of_layer(viewer.__wrapped__, add_image(viewer)), BOX, True)
        preview.hide()
        preview = weakref.ref(preview)
        gc.collect()
        assert preview() is None


MOUSE_PLACEMENTS = {
    "2D": ((), {}),
    "3D": ((5,), {}),
    "scaled and translated": ((5,), {"scale": (1, 0.325, 0.325), "translate": (0, 500, -70)}),
    "anisotropic": ((5,), {"scale": (1, 2, 1)}),
    "rotated": ((5,), {"rotate": place(35, 3), "scale": (1, 0.5, 0.5)}),
    "sheared": ((5,), {"shear": [0, 0, 0.3]}),
    "5D": ((2, 5, 3), {"translate": (0, 0, 0, 7, 7), "scale": (1, 1, 1, 3, 3)}),
}

# Each drag: from, to, and the box that comes of it.
DRAGS = {
    "move": ((20, 35), (25, 42), CropBox(40, 30, 27, 15)),
    "move from near the edge": ((20, 50), (12, 43), CropBox(40, 30, 13, 2)),
    "move by the dot": ((24.5, 39.5), (29.5, 29.5), CropBox(40, 30, 10, 15)),
    "move against the rim": ((20, 35), (-30, 35), CropBox(40, 30, 20, 0)),
    "top": ((9.5, 40), (14.5, 47), CropBox(40, 25, 20, 15)),
    "right": ((25, 59.5), (30, 69.5), CropBox(50, 30, 20, 10)),
    "bottom": ((39.5, 40), (29.5, 20), CropBox(40, 20, 20, 10)),
    "left": ((25, 19.5), (25, -20), CropBox(60, 30, 0, 10)),
    "move against the corner": ((24.5, 39.5), (58, 79), CropBox(40, 30, 40, 30)),
    "top left": ((9.5, 19.5), (4.5, 29.5), CropBox(30, 35, 30, 5)),
    "top right": ((9.5, 59.5), (12.5, 69.5), CropBox(50, 27, 20, 13)),
    "bottom right": ((39.5, 59.5), (49.5, 49.5), CropBox(30, 40, 20, 10)),
    "bottom left": ((39.5, 19.5), (44.5, 9.5), CropBox(50, 35, 10, 10)),
    "out of the frame": ((39.5, 59.5), (70, 90), CropBox(60, 50, 20, 10)),
    "smaller than possible": ((39.5, 59.5), (5, 5), CropBox(2, 2, 20, 10)),
}


class TestMouse:
    @pytest.mark.slow
    def test_move_resize_and_draw(self, viewer, preview, show):
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        for placement, (leading, arguments) in MOUSE_PLACEMENTS.items():
            image = add_image(viewer, leading, **arguments)
            canvas.fit()
            is_plain = placement == "3D"  # all kinds of drags, and a few for the other placements
            for what in list(DRAGS)[:: 1 if is_plain else 6]:
                start, end, expected = DRAGS[what]
                show(image, BOX, True)
                before = state_of(viewer)
                canvas.drag(image, start, end)
                assert boxes == [expected], (placement, what)
                assert preview.box == expected
                assert state_of(viewer) | cursor_of(before) == before
                boxes.clear()
            show(image, None, False)
            before = state_of(viewer)
            for start, end, expected in [
                ((4.75, 9.25), (24.25, 49.75), CropBox(40, 20, 10, 5)),
                ((24.5, 49.5), (14.5, 19.5), CropBox(30, 10, 20, 15)),
                ((29.5, 39.5), (75, 95), CropBox(40, 30, 40, 30)),
            ][: 3 if is_plain else 1]:
                preview.start_drawing()
                assert preview.is_drawing
                canvas.drag(image, start, end)
                assert boxes == [expected], placement
                assert not preview.is_drawing
                assert state_of(viewer) | cursor_of(before) == before
                boxes.clear()
            viewer.layers.remove(image)

    def test_a_drawn_box_can_be_moved(self, viewer, preview, show):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        show(image, None, False)
        preview.start_drawing()
        canvas.drag(image, (4.5, 9.5), (24.5, 49.5))
        viewer.layers.selection.clear()  # nor does it take an active layer
        canvas.drag(image, (14, 30), (15, 30))
        assert camera_of(viewer).mouse_pan
        assert boxes == [CropBox(40, 20, 10, 5), CropBox(40, 20, 10, 6)]

    def test_elsewhere_the_mouse_pans(self, viewer, preview, show):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        show(image, BOX, False)
        for box in (BOX, WHOLE):  # one that is as large as the frame cannot be moved
            show(image, box, False)
            starts = [(-5, -5), (5, 5), (30, 5)] if box is BOX else [(-5, -5), (30, 40)]
            for start in starts:
                canvas.fit()
                centre = np.array(camera_of(viewer).center)
                canvas.drag(image, start, np.add(start, (10, 10)))
                assert np.abs(np.array(camera_of(viewer).center) - centre).max() > 5
            assert preview.box == box
        assert not boxes

    def test_keys_leave_the_drag_to_napari(self, viewer, preview, show):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        show(image, BOX, False)
        for key in (Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier):
            canvas.drag(image, (20, 35), (25, 35), modifier=key)
        assert not boxes

    def test_shift_keeps_the_ratio(self, viewer, preview, show):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        for start, end, expected in [
            ((39.5, 59.5), (49.5, 65.5), CropBox(53, 40, 20, 10)),  # the longer way counts
            ((9.5, 19.5), (4.5, 19.5), CropBox(47, 35, 13, 5)),
            ((39.5, 59.5), (90, 130), CropBox(60, 45, 20, 10)),  # as far as the frame reaches
            ((25, 59.5), (25, 69.5), CropBox(50, 38, 20, 6)),  # around the middle of the edge
            ((20, 35), (25, 42), CropBox(40, 30, 27, 15)),  # a box that is moved has its ratio
        ]:
            show(image, BOX, False)
            canvas.drag(image, start, end, modifier=Qt.KeyboardModifier.ShiftModifier)
            assert boxes == [expected]
            boxes.clear()

    def test_escape_ends_drawing_and_leaves_the_key_to_its_owner(self, viewer, preview, show):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        pressed, told = [], []
        preview.drawing_changed.connect(told.append)
        canvas.viewer.bind_key("Escape", pressed.append, overwrite=True)
        show(image, BOX, False)
        preview.start_drawing()
        QTest.keyClick(canvas.widget, Qt.Key.Key_Escape)
        assert not preview.is_drawing
        assert told == [True, False]
        assert not pressed
        QTest.keyClick(canvas.widget, Qt.Key.Key_Escape)
        assert len(pressed) == 1
        canvas.viewer.bind_key("Escape", None)

    def test_click_and_wiggle_change_nothing(self, viewer, preview, show):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        show(image, BOX, False)
        canvas.drag(image, (9.5, 35), (9.5, 35))
        canvas.drag(image, (20, 35), (30, 45), (20, 35))  # there and back
        preview.start_drawing()
        canvas.drag(image, (20, 20), (20, 20))
        assert preview.is_drawing, "a click draws nothing"
        for start, end in (((-2, -2), (-4, 80)), ((62, 10), (66, 50)), ((10, 82), (50, 86))):
            canvas.drag(image, start, end)
            assert preview.is_drawing, "nothing of that is in the frame"
        assert preview.box == BOX
        assert not boxes

    def test_numbers_follow_while_dragging(self, viewer, preview, show):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        changing, boxes = [], events_of(preview)
        preview.box_changing.connect(changing.append)
        # As a form does: the box comes back through its own settings.
        preview.box_changing.connect(lambda box: show(image, box, True))
        show(image, BOX, True)
        canvas.drag(image, (20, 35), (25, 35))
        assert [box.top for box in changing] == [12, 14, 15]
        assert boxes == [CropBox(40, 30, 20, 15)]

    def test_cursor_says_what_a_drag_would_do(self, viewer, preview, show):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        show(image, BOX, True)
        assert canvas.hover(image, (20, 30)) == "pointing"
        assert canvas.hover(image, (9.5, 35)) == "cross"
        assert canvas.hover(image, (24.5, 39.5)) == "pointing"
        assert canvas.hover(image, (39.5, 59.5)) == "cross"
        assert canvas.hover(image, (5, 5)) == "standard"
        preview.start_drawing()
        assert canvas.hover(image, (5, 5)) == "cross"
        preview.hide()
        assert canvas.viewer.cursor.style == "standard"

    def test_tools_of_the_active_layer_come_first(self, viewer, preview, show):
        image = add_image(viewer)
        labels = viewer.add_labels(np.zeros(FRAME, int)).__wrapped__
        labels.mode = "paint"
        labels.brush_size = 3
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        show(image, BOX, True)
        canvas.drag(image, (9.5, 35), (14.5, 35))
        assert labels.data.any()
        assert not boxes

    def test_drawing_does_not_paint(self, viewer, preview, show):
        image = add_image(viewer)
        labels = viewer.add_labels(np.zeros(FRAME, int)).__wrapped__
        labels.mode = "paint"
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        show(image, None, False)
        preview.start_drawing()
        canvas.drag(image, (4.5, 9.5), (24.5, 49.5))
        assert boxes == [CropBox(40, 20, 10, 5)]
        assert not labels.data.any()
        assert labels.mode == "paint"
        assert canvas.viewer.layers.selection.active is labels

    def test_other_units_in_the_viewer(self, viewer, preview, show):
        image = add_image(viewer, (), scale=(500, 500), units=("nm", "nm"))
        viewer.add_image(np.zeros(FRAME, np.uint8), scale=(0.5, 0.5), units=("um", "um"))
        canvas = Canvas(viewer)
        viewer.reset_view()
        boxes = events_of(preview)
        show(image, BOX, True)
        canvas.drag(image, (20, 35), (25, 42))
        assert boxes == [CropBox(40, 30, 27, 15)]

    def test_swapped_axes_and_3d(self, viewer, preview, show):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        show(image, BOX, True)
        viewer.dims.order = (1, 0, 2)
        canvas.drag(image, (9.5, 35), (14.5, 35))
        viewer.dims.order = (0, 1, 2)
        viewer.dims.ndisplay = 3
        canvas.hover(image, (9.5, 35))
        viewer.dims.ndisplay = 2
        boxes_side_by_side = getattr(
            viewer, "canvas", viewer
        ).grid  # before napari 0.9: viewer.grid
        boxes_side_by_side.enabled = True
        canvas.drag(image, (9.5, 35), (14.5, 35))
        boxes_side_by_side.enabled = False
        assert not boxes
