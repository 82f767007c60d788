"""The crop box and the anchor on the canvas of a real viewer."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

pytest.importorskip("napari")
pytest.importorskip("pytestqt")

from helpers.canvas import Canvas
from napari.layers import Shapes
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_tif2video._napari.canvas.preview import CanvasPreview
from napari_tif2video.geometry import CropBox

FRAME = (60, 80)
BOX = CropBox(40, 30, 20, 10)
WHOLE = CropBox.whole(FRAME)


@pytest.fixture
def viewer(viewer):
    viewer.window.resize(900, 700)
    return viewer


@pytest.fixture
def preview(viewer):
    preview = CanvasPreview(viewer)
    yield preview
    preview.hide()


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


def world_of(layer, points) -> np.ndarray:
    full = np.zeros((len(points), layer.ndim))
    full[:, -2:] = points
    return np.array([layer.data_to_world(point)[-2:] for point in full])


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


class TestPlace:
    @pytest.mark.parametrize("leading", [(), (5,), (2, 5, 3)], ids=["2D", "3D", "5D"])
    def test_corners_and_dot_in_the_world(self, viewer, preview, leading):
        for placement, arguments in PLACEMENTS.items():
            image = add_image(viewer, leading, **arguments(len(leading) + 2))
            preview.show(image, BOX, True)
            assert preview.layer.shape_type == ["rectangle", "ellipse"]
            assert preview.layer.ndim == 2
            rectangle, dot = preview.layer.data
            for shape, expected in (rectangle, corners(BOX)), (dot.mean(0)[None], [(24.5, 39.5)]):
                np.testing.assert_allclose(
                    world_of(preview.layer, shape),
                    world_of(image, expected),
                    atol=1e-9,
                    err_msg=placement,
                )
            viewer.layers.remove(image)
            assert not viewer.layers

    def test_pixels_on_the_screen(self, viewer, preview):
        image = add_image(viewer, scale=(1, 0.5, 0.25), rotate=place(30, 3), translate=(0, 9, 4))
        canvas = Canvas(viewer)
        preview.show(image, BOX, True)
        picture = viewer.screenshot(canvas_only=True, flash=False, scale=1)[..., :3].astype(int)
        for corner in corners(BOX):
            x, y = np.rint(canvas.pixel(image, corner)).astype(int)
            near = picture[y - 3 : y + 4, x - 3 : x + 4].reshape(-1, 3)
            assert near.max(0)[0] > 200, "no line at the corner"
        x, y = np.rint(canvas.pixel(image, (24.5, 39.5))).astype(int)
        red, green, blue = picture[y, x]
        assert red > 200
        assert green < 50
        assert blue < 50

    def test_line_keeps_its_width_on_the_screen(self, viewer, preview):
        image = add_image(viewer, scale=(1, 0.5, 0.5))
        preview.show(image, BOX, True)
        for zoom in (0.5, 4.0, 30.0):
            camera_of(viewer).zoom = zoom
            line, dot = preview.layer.edge_width
            assert line * 0.5 * zoom == pytest.approx(2)
            assert dot == 0

    def test_follows_the_image_layer(self, viewer, preview):
        image = add_image(viewer)
        preview.show(image, BOX, True)
        for change, value in {
            "scale": (1, 2, 3),
            "translate": (0, 7, -8),
            "rotate": place(45, 3),
            "shear": [0, 0, 0.5],
            "affine": affine(3),
            "units": ("s", "nm", "nm"),
            "axis_labels": ("t", "y", "x"),
        }.items():
            setattr(image, change, value)
            np.testing.assert_allclose(
                world_of(preview.layer, preview.layer.data[0]),
                world_of(image, corners(BOX)),
                err_msg=change,
            )
        assert preview.layer.units == image.units[-2:]
        assert preview.layer.axis_labels == ("y", "x")

    def test_follows_a_new_frame_size(self, viewer, preview):
        image = add_image(viewer)
        preview.show(image, None, True)
        image.data = np.zeros((5, 100, 200), np.uint8)
        np.testing.assert_allclose(preview.layer.data[0].mean(0), (49.5, 99.5))

    def test_pyramids_and_colour(self, viewer, preview):
        data = np.zeros((5, 60, 80, 3), np.uint8)
        for image in (
            viewer.add_image([data[..., 0], data[:, ::2, ::2, 0]], multiscale=True),
            viewer.add_image(data, rgb=True),
        ):
            preview.show(image, None, True)
            np.testing.assert_allclose(preview.layer.data[0].mean(0), (29.5, 39.5))

    def test_same_on_every_time_point(self, viewer, preview):
        image = add_image(viewer, (5, 3))
        preview.show(image, BOX, True)
        canvas = Canvas(viewer)
        pictures = []
        for step in [(0, 0), (4, 2)]:
            viewer.dims.current_step = (*step, 0, 0)
            pictures.append(viewer.screenshot(canvas_only=True, flash=False))
        np.testing.assert_array_equal(*pictures)
        x, y = np.rint(canvas.pixel(image, (24.5, 39.5))).astype(int)
        assert tuple(pictures[0][y, x, :3]) == (255, 0, 0)

    def test_size_of_the_dot(self, viewer, preview):
        image = add_image(viewer, frame=(1000, 1000))
        for box, width, expected in [
            (CropBox(1000, 1000, 0, 0), 500, 20),  # 10 px of 500
            (CropBox(1000, 1000, 0, 0), "full", 20),
            (CropBox(50, 50, 0, 0), 500, 1),
            (CropBox(50, 50, 0, 0), "full", 6),  # never less than 6 px of the video
            (CropBox(2, 2, 0, 0), "full", 2),  # inside the box
        ]:
            preview.show(image, box, True, video_width=width)
            assert np.ptp(preview.layer.data[1], axis=0) == pytest.approx(expected)

    def test_what_is_drawn(self, viewer, preview):
        image = add_image(viewer)
        for box, anchor, kinds in [
            (BOX, False, ["rectangle"]),
            (BOX, True, ["rectangle", "ellipse"]),
            (None, True, ["ellipse"]),
            (CropBox(20, 20, 0, 0), False, ["rectangle"]),
            (None, False, None),
            (BOX, True, ["rectangle", "ellipse"]),
        ]:
            preview.show(image, box, anchor)
            layers = [layer for layer in viewer.layers if isinstance(layer, Shapes)]
            assert len(layers) == (kinds is not None)
            if kinds is not None:
                assert preview.layer.shape_type == kinds
                for kind, face, edge in zip(
                    kinds, preview.layer.face_color, preview.layer.edge_color, strict=True
                ):
                    assert (face[3], edge[3]) == ((0, 1) if kind == "rectangle" else (1, 0))


class TestLeavesTheViewerAlone:
    def test_dims_selection_and_camera(self, viewer, preview):
        for arguments in PLACEMENTS.values():
            image = add_image(viewer, (5, 3), **arguments(4))
            viewer.dims.current_step = (1, 2, 30, 40)
            before = state_of(viewer)
            for box in (BOX, WHOLE, CropBox(2, 2, 78, 58), None):
                preview.show(image, box, True)
                assert state_of(viewer) == before
            preview.hide()
            assert state_of(viewer) == before
            viewer.layers.remove(image)

    def test_saved_files(self, viewer, preview, tmp_path):
        preview.show(add_image(viewer), BOX, True)
        assert viewer.layers.save(str(tmp_path / "all")) == [str(tmp_path / "all" / "stack.tif")]

    def test_home_view(self, viewer, preview):
        image = add_image(viewer)
        viewer.reset_view()
        before = state_of(viewer)
        preview.show(image, WHOLE, True)
        viewer.reset_view()
        assert state_of(viewer) == before

    def test_selection_and_its_events(self, viewer, preview):
        image = add_image(viewer)
        for name in "ab":
            viewer.add_labels(np.zeros(FRAME, int), name=name)
        model = viewer.__wrapped__
        selection = model.layers.selection
        rows = model.window._qt_viewer.layers.selectionModel()
        for selected in [set(), {"a"}, {"a", "stack"}, {"a", "b", "stack"}]:
            selection.clear()
            selection.update({model.layers[name] for name in selected})
            seen: list[object] = []
            selection.events.active.connect(seen.append)
            for act in (lambda: preview.show(image, BOX, True), preview.hide) * 2:
                act()
                assert {layer.name for layer in selection} == selected
                assert selection.active is (model.layers["a"] if selected == {"a"} else None)
                assert {index.data() for index in rows.selectedIndexes()} == selected
            assert not seen
            selection.events.active.disconnect(seen.append)

    def test_controls_shown_are_those_of_the_active_layer(self, viewer, preview):
        image = add_image(viewer)
        container = viewer.__wrapped__.window._qt_viewer.controls
        before = container.currentWidget()
        preview.show(image, BOX, True)
        assert container.currentWidget() is before
        viewer.layers.selection.active = preview.layer
        assert type(container.currentWidget()).__name__ == "QtShapesControls"
        preview.hide()
        assert viewer.__wrapped__.layers.selection.active is image

    def test_callbacks(self, viewer, preview):
        image = add_image(viewer)
        model = viewer.__wrapped__
        names = ("scale", "translate", "rotate", "shear", "affine", "units", "axis_labels", "data")

        def count() -> list[int]:
            emitters = [getattr(image.events, name) for name in names]
            emitters += [getattr(model.layers.events, name) for name in model.layers.events]
            emitters += [getattr(model.dims.events, name) for name in model.dims.events]
            emitters += [camera_of(model).events.zoom, model.cursor.events.style]
            lists = [model.mouse_drag_callbacks, model.mouse_move_callbacks]
            return [len(emitter.callbacks) for emitter in emitters] + [len(one) for one in lists]

        before = count()
        preview.show(image, BOX, True)
        assert count() != before
        while_shown = count()
        preview.hide()
        for _ in range(3):
            preview.show(image, BOX, True)
            preview.start_drawing()
            assert count() == while_shown
            preview.hide()
            assert count() == before
        assert [layer.name for layer in viewer.layers] == ["stack"]

    def test_nothing_is_emitted_for_changes_by_program(self, viewer, preview):
        image = add_image(viewer)
        boxes = events_of(preview)
        preview.show(image, BOX, True)
        preview.show(image, WHOLE, False)
        image.scale = (1, 2, 2)
        preview.start_drawing()
        preview.stop_drawing()
        preview.hide()
        assert not boxes


class TestGone:
    def test_image_removed(self, viewer, preview):
        image = add_image(viewer)
        other = add_image(viewer)
        preview.show(image, BOX, True)
        viewer.layers.remove(image)
        assert list(viewer.layers) == [other]
        preview.show(image, BOX, True)  # too late, and no reason to fail
        assert list(viewer.layers) == [other]
        preview.show(other, BOX, True)
        assert len(viewer.layers) == 2

    def test_both_removed_together(self, viewer, preview):
        image = add_image(viewer)
        preview.show(image, BOX, True)
        viewer.layers.select_all()
        viewer.layers.remove_selected()
        assert not viewer.layers

    def test_all_removed(self, viewer, preview):
        preview.show(add_image(viewer), BOX, True)
        viewer.layers.clear()
        assert not viewer.layers
        assert preview.layer is None

    def test_image_removed_while_the_preview_is_active(self, viewer, preview):
        image = add_image(viewer)
        preview.show(image, BOX, True)
        viewer.layers.selection.active = preview.layer
        viewer.layers.remove(image)
        assert not viewer.layers

    def test_preview_removed_by_hand(self, viewer, preview):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        preview.show(image, BOX, True)
        viewer.layers.selection.active = preview.layer
        viewer.layers.remove_selected()
        assert preview.layer is None
        canvas.drag(image, (9.5, 40), (19.5, 40))  # where its line was
        image.scale = (1, 2, 2)
        assert [layer.name for layer in viewer.layers] == ["stack"]
        assert not boxes
        preview.show(image, BOX, True)
        assert len(viewer.layers) == 2
        preview.hide()
        preview.hide()
        assert len(viewer.layers) == 1

    def test_hide_and_show_again(self, viewer, preview):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        for _ in range(3):
            preview.show(image, BOX, True)
            preview.hide()
        canvas.drag(image, (9.5, 40), (19.5, 40))
        assert not boxes
        preview.show(image, BOX, True)
        viewer.reset_view()
        canvas.drag(image, (20, 40), (30, 40))
        assert boxes == [CropBox(40, 30, 20, 20)]

    def test_frames_after_it_is_gone(self, viewer, preview):
        image = add_image(viewer)
        canvas = Canvas(viewer)

        def picture():
            return viewer.screenshot(canvas_only=True, flash=False)

        zoom = camera_of(viewer).zoom
        plain = picture()
        for _ in range(3):  # napari alone may crash here
            for act in (lambda: preview.show(image, BOX, True), preview.hide):
                act()
                for factor in (1.01, 1.02, 1):
                    camera_of(viewer).zoom = zoom * factor
                    canvas.draw()
                assert np.array_equal(picture(), plain) == (preview.layer is None)

    def test_other_image(self, viewer, preview):
        image, other = add_image(viewer), add_image(viewer, translate=(0, 100, 0))
        preview.show(image, BOX, True)
        preview.show(other, BOX, True)
        np.testing.assert_allclose(
            world_of(preview.layer, preview.layer.data[0]), world_of(other, corners(BOX))
        )
        viewer.layers.remove(image)
        assert preview.layer in viewer.layers

    def test_hidden_while_dragged(self, viewer, preview):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        preview.show(image, BOX, True)
        preview.box_changing.connect(lambda box: preview.hide())
        canvas.drag(image, (9.5, 40), (19.5, 40))
        assert not boxes
        assert len(viewer.layers) == 1

    def test_close(self, viewer):
        preview = CanvasPreview(viewer)
        preview.show(add_image(viewer), BOX, True)
        layer = preview.layer
        preview.hide()
        preview.hide()
        assert len(viewer.layers) == 1
        assert layer.image is None, "napari keeps the layer, and so would keep the image"
        preview = weakref.ref(preview)
        gc.collect()
        assert preview() is None

    def test_closed_while_dragged(self, viewer, preview):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        preview.show(image, BOX, True)
        preview.box_changing.connect(lambda box: preview.hide())
        canvas.drag(image, (9.5, 40), (19.5, 40))
        assert camera_of(viewer).mouse_pan


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
    def test_move_resize_and_draw(self, viewer, preview):
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        for placement, (leading, arguments) in MOUSE_PLACEMENTS.items():
            image = add_image(viewer, leading, **arguments)
            canvas.fit()
            is_plain = placement == "3D"  # all kinds of drags, and a few for the other placements
            for what in list(DRAGS)[:: 1 if is_plain else 6]:
                start, end, expected = DRAGS[what]
                preview.show(image, BOX, True)
                before = state_of(viewer)
                canvas.drag(image, start, end)
                assert boxes == [expected], (placement, what)
                assert preview.box == expected
                np.testing.assert_allclose(preview.layer.data[0], corners(expected))
                assert state_of(viewer) | cursor_of(before) == before
                boxes.clear()
            preview.show(image, None, False)
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

    def test_a_drawn_box_can_be_moved(self, viewer, preview):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        preview.show(image, None, False)
        preview.start_drawing()
        canvas.drag(image, (4.5, 9.5), (24.5, 49.5))
        canvas.drag(image, (14, 30), (15, 30))
        assert boxes == [CropBox(40, 20, 10, 5), CropBox(40, 20, 10, 6)]

    def test_elsewhere_the_mouse_pans(self, viewer, preview):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        preview.show(image, BOX, False)
        for box in (BOX, WHOLE):  # one that is as large as the frame cannot be moved
            preview.show(image, box, False)
            starts = [(-5, -5), (5, 5), (30, 5)] if box is BOX else [(-5, -5), (30, 40)]
            for start in starts:
                canvas.fit()
                centre = np.array(camera_of(viewer).center)
                canvas.drag(image, start, np.add(start, (10, 10)))
                assert np.abs(np.array(camera_of(viewer).center) - centre).max() > 5
            assert preview.box == box
        assert not boxes

    def test_keys_leave_the_drag_to_napari(self, viewer, preview):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        preview.show(image, BOX, False)
        for key in (Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier):
            canvas.drag(image, (20, 35), (25, 35), modifier=key)
        assert not boxes

    def test_shift_keeps_the_ratio(self, viewer, preview):
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
            preview.show(image, BOX, False)
            canvas.drag(image, start, end, modifier=Qt.KeyboardModifier.ShiftModifier)
            assert boxes == [expected]
            boxes.clear()

    def test_escape_ends_drawing_and_leaves_the_key_to_its_owner(self, viewer, preview):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        pressed, told = [], []
        preview.drawing_changed.connect(told.append)
        canvas.viewer.bind_key("Escape", pressed.append, overwrite=True)
        preview.show(image, BOX, False)
        preview.start_drawing()
        QTest.keyClick(canvas.widget, Qt.Key.Key_Escape)
        assert not preview.is_drawing
        assert told == [True, False]
        assert not pressed
        QTest.keyClick(canvas.widget, Qt.Key.Key_Escape)
        assert len(pressed) == 1
        canvas.viewer.bind_key("Escape", None)

    def test_click_and_wiggle_change_nothing(self, viewer, preview):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        preview.show(image, BOX, False)
        canvas.drag(image, (9.5, 35), (9.5, 35))
        canvas.drag(image, (20, 35), (30, 45), (20, 35))  # there and back
        preview.start_drawing()
        canvas.drag(image, (20, 20), (20, 20))
        assert preview.is_drawing, "a click draws nothing"
        canvas.drag(image, (-2, -2), (-4, 80))
        assert preview.is_drawing, "nothing of that is in the frame"
        assert preview.box == BOX
        assert not boxes

    def test_numbers_follow_while_dragging(self, viewer, preview):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        changing, boxes = [], events_of(preview)
        preview.box_changing.connect(changing.append)
        # As a form does: the box comes back through its own settings.
        preview.box_changing.connect(lambda box: preview.show(image, box, True))
        preview.show(image, BOX, True)
        canvas.drag(image, (20, 35), (25, 35))
        assert [box.top for box in changing] == [12, 14, 15]
        assert boxes == [CropBox(40, 30, 20, 15)]

    def test_cursor_says_what_a_drag_would_do(self, viewer, preview):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        preview.show(image, BOX, True)
        assert canvas.hover(image, (20, 30)) == "pointing"
        assert canvas.hover(image, (9.5, 35)) == "cross"
        assert canvas.hover(image, (24.5, 39.5)) == "pointing"
        assert canvas.hover(image, (39.5, 59.5)) == "cross"
        assert canvas.hover(image, (5, 5)) == "standard"
        preview.start_drawing()
        assert canvas.hover(image, (5, 5)) == "cross"
        preview.hide()
        assert canvas.viewer.cursor.style == "standard"

    def test_tools_of_the_active_layer_come_first(self, viewer, preview):
        image = add_image(viewer)
        labels = viewer.add_labels(np.zeros(FRAME, int)).__wrapped__
        labels.mode = "paint"
        labels.brush_size = 3
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        preview.show(image, BOX, True)
        canvas.drag(image, (9.5, 35), (14.5, 35))
        assert labels.data.any()
        assert not boxes

    def test_drawing_does_not_paint(self, viewer, preview):
        image = add_image(viewer)
        labels = viewer.add_labels(np.zeros(FRAME, int)).__wrapped__
        labels.mode = "paint"
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        preview.show(image, None, False)
        preview.start_drawing()
        canvas.drag(image, (4.5, 9.5), (24.5, 49.5))
        assert boxes == [CropBox(40, 20, 10, 5)]
        assert not labels.data.any()
        assert labels.mode == "paint"
        assert canvas.viewer.layers.selection.active is labels

    def test_other_units_in_the_viewer(self, viewer, preview):
        image = add_image(viewer, (), scale=(500, 500), units=("nm", "nm"))
        viewer.add_image(np.zeros(FRAME, np.uint8), scale=(0.5, 0.5), units=("um", "um"))
        canvas = Canvas(viewer)
        viewer.reset_view()
        boxes = events_of(preview)
        preview.show(image, BOX, True)
        canvas.drag(image, (20, 35), (25, 42))
        assert boxes == [CropBox(40, 30, 27, 15)]

    def test_hidden_by_its_eye(self, viewer, preview):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        preview.show(image, BOX, True)
        preview.layer.visible = False
        canvas.drag(image, (9.5, 35), (14.5, 35))
        assert not boxes

    def test_swapped_axes_and_3d(self, viewer, preview):
        image = add_image(viewer)
        canvas = Canvas(viewer)
        boxes = events_of(preview)
        preview.show(image, BOX, True)
        viewer.dims.order = (1, 0, 2)
        canvas.drag(image, (9.5, 35), (14.5, 35))
        viewer.dims.order = (0, 1, 2)
        viewer.dims.ndisplay = 3
        canvas.hover(image, (9.5, 35))
        viewer.dims.ndisplay = 2
        assert not boxes
