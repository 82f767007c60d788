"""The crop box under the mouse, without a window, to exact pixels."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("napari")

from napari.components import ViewerModel
from napari.utils.key_bindings import coerce_keybinding

from napari_tif2video._napari.canvas.box import (
    View,
    corners,
    dragged_box,
    drawn_box,
    mark_shape,
)
from napari_tif2video._napari.canvas.mouse import BoxMouse
from napari_tif2video._napari.layers import Region
from napari_tif2video.geometry import CropBox
from napari_tif2video.overlays import AnchorMark

FRAME = (60, 80)
BOX = CropBox(40, 30, 20, 10)  # rows 10 to 40, columns 20 to 60
CENTRE = np.array([24.5, 39.5])


def test_corners_are_those_of_the_pixels():
    found = corners(1, 2, 3, 4)
    assert found.dtype == np.float32
    assert found.tolist() == [[0.5, 1.5], [0.5, 5.5], [3.5, 5.5], [3.5, 1.5]]


@pytest.mark.parametrize(
    ("start", "end", "ratio", "expected"),
    [
        ((4.75, 9.25), (24.25, 49.75), None, CropBox(40, 20, 10, 5)),
        ((24.25, 9.25), (4.75, 49.75), None, CropBox(40, 20, 10, 5)),
        # At the rims: a pixel of the frame makes a box of two.
        ((-9, 5), (-0.5, 30), None, None),
        ((-9, 5), (0, 30), None, CropBox(25, 2, 6, 0)),
        ((5, -9), (30, -0.5), None, None),
        ((5, -9), (30, 0), None, CropBox(2, 25, 0, 6)),
        ((59, 5), (70, 30), None, None),
        ((58.9, 5), (70, 30), None, CropBox(25, 2, 6, 58)),
        ((5, 79), (30, 90), None, None),
        ((5, 78.9), (30, 90), None, CropBox(2, 25, 78, 6)),
        ((-9, -9), (90, 90), None, CropBox(80, 60, 0, 0)),
        # With a ratio the longer way counts, where it began stays, and the frame has to do.
        ((10, 10), (20, 20), 2, CropBox(20, 10, 11, 11)),
        ((10, 10), (12, 30), 2, CropBox(20, 10, 11, 11)),
        ((20, 20), (10, 10), 2, CropBox(20, 10, 1, 11)),
        ((10, 20), (20, 10), 2, CropBox(20, 10, 1, 11)),
        ((20, 10), (10, 20), 2, CropBox(20, 10, 11, 11)),
        ((10, 10), (10, 20), 1, CropBox(10, 10, 11, 11)),
        ((10, 10), (50, 70), 2, CropBox(69, 35, 11, 11)),
        ((20, 20), (0, 0), 2, CropBox(21, 11, 0, 10)),
        ((58.9, 10), (65, 30), 0.25, CropBox(2, 2, 11, 58)),
    ],
)
def test_a_drawn_box(start, end, ratio, expected):
    assert drawn_box(FRAME, np.array(start, float), np.array(end, float), ratio) == expected


@pytest.mark.parametrize(
    ("grip", "way", "ratio", "expected"),
    [
        ((0, 0), (0.5, -0.5), None, CropBox(40, 30, 20, 11)),  # halves go one way
        ((0, 0), (-30, 30), None, CropBox(40, 30, 40, 0)),
        ((0, 0), (30, -30), None, CropBox(40, 30, 0, 30)),
        ((-1, 0), (50, 7), None, CropBox(40, 2, 20, 38)),
        ((-1, 0), (-50, 7), None, CropBox(40, 40, 20, 0)),
        ((1, 0), (-50, 7), None, CropBox(40, 2, 20, 10)),
        ((1, 0), (50, 7), None, CropBox(40, 50, 20, 10)),
        ((0, -1), (9, 70), None, CropBox(2, 30, 58, 10)),
        ((0, -1), (9, -70), None, CropBox(60, 30, 0, 10)),
        ((0, 1), (9, -70), None, CropBox(2, 30, 20, 10)),
        ((0, 1), (9, 70), None, CropBox(60, 30, 20, 10)),
        ((-1, 1), (3, 4), None, CropBox(44, 27, 20, 13)),
        ((0, 0), (3, 4), 1, CropBox(40, 30, 24, 13)),  # moved, whatever its ratio
        ((1, 0), (10, 3), 2, CropBox(80, 40, 0, 10)),
        ((-1, 0), (-5, 3), 2, CropBox(70, 35, 5, 5)),
        ((0, -1), (9, 10), 1, CropBox(30, 30, 30, 10)),
        ((0, 1), (9, 10), 1, CropBox(50, 50, 20, 0)),
        ((-1, -1), (5, 5), 1, CropBox(35, 35, 25, 5)),
        ((1, 1), (5, -20), 1, CropBox(35, 35, 20, 10)),
    ],
)
def test_a_dragged_box(grip, way, ratio, expected):
    start = np.array([20.0, 30.0])
    assert dragged_box(FRAME, BOX, grip, start, start + way, ratio=ratio) == expected


def test_the_shape_of_a_mark():
    # A video of 200x150 of 40x30 pixels: five of its pixels are one of the data.
    dot = mark_shape(BOX, 200, AnchorMark(diameter=20))
    assert (dot.kind, dot.line) == ("ellipse", 0)
    np.testing.assert_allclose(dot.vertices, corners(23, 38, 4, 4))
    cross = mark_shape(BOX, 200, AnchorMark("cross", 20))
    assert (cross.kind, cross.line) == ("polygon", 0)
    arms = [(0.2, 0.2), (0.2, 2), (-0.2, 2), (-0.2, 0.2), (-2, 0.2), (-2, -0.2)]
    arms += [(-row, -column) for row, column in arms]
    np.testing.assert_allclose(cross.vertices, CENTRE + arms, atol=1e-5)
    assert cross.vertices.dtype == np.float32
    circle = mark_shape(BOX, 200, AnchorMark("circle", 64))
    assert (circle.kind, circle.line) == ("ellipse", pytest.approx(1.6))
    np.testing.assert_allclose(circle.vertices, corners(19.4, 34.4, 11.2, 11.2))
    # As large as the box at most, and its line as wide as it then is.
    wide = mark_shape(BOX, 200, AnchorMark("circle", 4000))
    assert wide.line == 15
    np.testing.assert_allclose(wide.vertices, corners(17.5, 32.5, 15, 15))
    tall = mark_shape(CropBox(30, 40, 20, 10), 200, AnchorMark(diameter=4000))
    np.testing.assert_allclose(tall.vertices, corners(15, 20, 30, 30))
    # In a full width: of even pixels.
    for width, side in ((40, 20), (41, 20.5), (1, 1)):
        box = CropBox(width, 30, 20, 10)
        full = mark_shape(box, "full", AnchorMark(diameter=20)).vertices
        np.testing.assert_allclose(np.ptp(full, axis=0), side, rtol=1e-6)
    # The share of a video of 400x200 and of one of 400x800, as its height tells.
    for height, side in ((20, 6), (80, 8)):
        found = mark_shape(CropBox(40, height, 0, 0), 400, AnchorMark()).vertices
        np.testing.assert_allclose(np.ptp(found, axis=0), side / 10, rtol=1e-4)


class Mouse:
    """A mouse over a frame whose pixels are so far apart in the world and on the screen."""

    def __init__(self, box=BOX, px=(10.0, 10.0), ratio=None, plane=None):
        self.viewer = ViewerModel()
        self.camera = getattr(self.viewer, "scene", self.viewer).camera
        self.region = Region(np.eye(3) if plane is None else np.array(plane, float), FRAME)
        self.box, self.px, self.ratio = box, np.array(px), ratio
        self.changing, self.changed = [], []
        self.mouse = BoxMouse(self.viewer, self.camera, self.view)
        self.mouse.changing.connect(self._change)
        self.mouse.changed.connect(self.changed.append)
        self.before = self.callbacks()
        self.mouse.listen()

    def callbacks(self):
        return [*self.viewer.mouse_drag_callbacks], [*self.viewer.mouse_move_callbacks]

    def view(self):
        return View(self.region, self.box, self.px, self.ratio)

    def _change(self, box):
        self.changing.append(box)
        self.box = box

    def event(self, at, pos=(0, 0), kind="mouse_press", button=1, modifiers=()):
        world = (self.region.plane @ [*at, 1])[:2]
        return SimpleNamespace(
            position=(7.0, *world),
            pos=np.add(pos, (200.0, 100.0)),  # on the screen
            type=kind,
            button=button,
            modifiers=modifiers,
        )

    def hover(self, at, **options):
        self.viewer.cursor.style = "standard"
        for call in self.viewer.mouse_move_callbacks:
            call(self.viewer, self.event(at, **options))
        return str(self.viewer.cursor.style)

    def drag(self, start, *ends, way=(9, 9), let_go=None, **options):
        """The boxes that come of a drag by so many pixels of the screen."""
        self.changing.clear()
        self.changed.clear()
        event = self.event(start, **options)
        call = self.viewer.mouse_drag_callbacks[-1]  # after those of napari
        steps = call(self.viewer, event)
        if next(steps, steps) is steps:
            return None
        for n, end in enumerate(ends):
            now = let_go if let_go and n else way
            vars(event).update(vars(self.event(end, now, "mouse_move", **options)))
            next(steps)
        vars(event).update(vars(self.event(ends[-1], let_go or way, "mouse_release", **options)))
        assert next(steps, "end") == "end"
        return self.changed[:]


def test_what_the_mouse_takes_hold_of():
    mouse = Mouse()
    sides = np.array([(-1, -1), (-1, 1), (1, -1), (1, 1)])
    for side in sides:
        mouse.box = BOX

        def at(down, across, side=side):
            """So many screen pixels inside the edges."""
            return CENTRE + side * (np.array([15, 20]) - np.array([down, across]) / 10)

        for down, across, cursor in [
            (5.9, 100, "cross"), (6.1, 100, "pointing"), (100, 5.9, "cross"),
            (100, 6.1, "pointing"), (-5.9, 100, "cross"), (-6.1, 100, "standard"),
            (100, -5.9, "cross"), (100, -6.1, "standard"), (15.9, 15.9, "pointing"),
        ]:  # fmt: skip
            assert mouse.hover(at(down, across)) == cursor, (side, down, across)
        # Pulled out by two pixels both ways: what is held follows.
        for down, across, held in [
            (0, 15.9, (1, 1)), (0, 16.1, (1, 0)), (15.9, 0, (1, 1)), (16.1, 0, (0, 1)),
            (0, 0, (1, 1)),
        ]:  # fmt: skip
            mouse.box = BOX
            start = at(down, across)
            (box,) = mouse.drag(start, start + 2 * side)
            assert box.shape == (30 + 2 * held[0], 40 + 2 * held[1]), (side, down, across)
            assert box.y == 10 - 2 * (held[0] and side[0] < 0)
            assert box.x == 20 - 2 * (held[1] and side[1] < 0)


def test_a_small_box_is_held_at_a_third_of_it():
    mouse = Mouse(CropBox(12, 30, 20, 9), px=(1, 2))  # 30 high and 24 wide on the screen
    # The centre is at 23.5 and 25.5; a third of half a side is 5 and 4 on the screen.
    assert mouse.hover((13.49, 25.5)) == "cross"
    assert mouse.hover((13.51, 25.5)) == "pointing"
    assert mouse.hover((23.5, 21.49)) == "cross"
    assert mouse.hover((23.5, 21.51)) == "pointing"
    # A corner takes half of half a side: 7.5 and 6.
    for start, shape in [
        ((8.5, 22.49), (32, 14)), ((8.5, 22.51), (32, 12)),
        ((15.99, 19.5), (32, 14)), ((16.01, 19.5), (30, 14)),
    ]:  # fmt: skip
        mouse.box = CropBox(12, 30, 20, 9)
        (box,) = mouse.drag(start, np.subtract(start, 2))
        assert box.shape == shape


def test_a_box_as_large_as_the_frame_is_not_moved():
    mouse = Mouse(CropBox.whole(FRAME))
    assert mouse.hover((30, 40)) == "standard"
    assert mouse.drag((30, 40), (35, 45)) is None
    assert mouse.hover((-0.5, 40)) == "cross"
    assert mouse.drag((-0.5, 40), (4.5, 40)) == [CropBox(80, 55, 0, 5)]
    for box in (CropBox(80, 59, 0, 0), CropBox(79, 60, 0, 0)):
        mouse.box = box
        assert mouse.hover((30, 40)) == "pointing"
    mouse.box = None
    assert mouse.hover((30, 40)) == "standard"
    assert mouse.drag((30, 40), (35, 45)) is None


def test_what_leaves_the_drag_to_napari():
    mouse = Mouse()
    for options in ({"button": 2}, {"modifiers": ("Control",)}, {"modifiers": ("Shift", "Alt")}):
        assert mouse.drag((20, 35), (25, 42), **options) is None, options
    assert mouse.drag((20, 35), (25, 42), modifiers=("Shift",)) == [CropBox(40, 30, 27, 15)]
    mouse.camera.mouse_pan = False
    assert mouse.hover((20, 35)) == "standard"
    assert mouse.drag((20, 35), (25, 42)) is None
    mouse.camera.mouse_pan = True
    mouse.box = BOX
    # A key that is pressed meanwhile: the box stays until it is let go.
    steps = mouse.viewer.mouse_drag_callbacks[-1](mouse.viewer, event := mouse.event((20, 35)))
    next(steps)
    boxes = []
    for end, modifiers in (((25, 42), ("Alt",)), ((22, 36), ()), ((29, 49), ("Control",))):
        vars(event).update(vars(mouse.event(end, (9, 9), "mouse_move", modifiers=modifiers)))
        next(steps)
        boxes.append(mouse.box)
    assert boxes == [BOX, CropBox(40, 30, 21, 12), CropBox(40, 30, 21, 12)]
    steps.close()
    assert mouse.camera.mouse_pan
    assert [len(calls) for calls in mouse.callbacks()] == [len(old) + 1 for old in mouse.before]
    mouse.mouse.stop_listening()
    assert mouse.callbacks() == mouse.before


def test_four_pixels_are_a_drag():
    mouse = Mouse()
    for way in ((3.9, -3.9), (-3.9, 0)):
        assert mouse.drag((20, 35), (25, 42), way=way) == []
        assert not mouse.changing
        assert mouse.camera.mouse_pan
    for way in ((4, 0), (0, 4), (-4, 0), (0, -4)):
        mouse.box = BOX
        assert mouse.drag((20, 35), (22, 35), (25, 42), way=way) == [CropBox(40, 30, 27, 15)]
        assert mouse.changing == [CropBox(40, 30, 20, 12), CropBox(40, 30, 27, 15)]
    mouse.box = BOX  # it stays one near where it began
    assert mouse.drag((20, 35), (25, 42), (20, 36), let_go=(1, 0)) == [CropBox(40, 30, 21, 10)]
    mouse.box = BOX
    assert mouse.drag((20, 35), (25, 42), (20, 35), let_go=(0, 1)) == []  # there and back
    assert mouse.changing == [CropBox(40, 30, 27, 15), BOX]


def test_ratios_of_drags():
    mouse = Mouse()
    pull = (39.5, 59.5), (49.5, 62.5)
    assert mouse.drag(*pull) == [CropBox(43, 40, 20, 10)]
    mouse.box = BOX
    assert mouse.drag(*pull, modifiers=("Shift",)) == [CropBox(53, 40, 20, 10)]
    for modifiers in ((), ("Shift",)):  # one that is chosen goes before that of the box
        mouse.box, mouse.ratio = BOX, 1
        assert mouse.drag(*pull, modifiers=modifiers) == [CropBox(43, 43, 20, 10)]


def test_drawing():
    mouse, told = Mouse(ratio=2), []
    mouse.mouse.drawing.connect(told.append)
    mouse.mouse.start_drawing()
    mouse.mouse.start_drawing()
    assert told == [True]
    assert mouse.viewer.cursor.style == "cross"
    assert mouse.hover((1, 1)) == "cross"
    assert mouse.drag((5, 5), (5, 5), way=(0, 0)) == []  # a click
    assert mouse.mouse.is_drawing
    assert mouse.drag((10, 10), (20, 20)) == [CropBox(20, 10, 11, 11)]
    assert not mouse.mouse.is_drawing
    assert mouse.viewer.cursor.style == "standard"
    mouse.mouse.stop_drawing()
    assert told == [True, False]
    mouse.box, mouse.ratio = None, None
    mouse.mouse.start_drawing()
    assert mouse.drag((4.5, 9.5), (24.5, 49.5)) == [CropBox(40, 20, 10, 5)]


def test_positions_are_those_of_the_pixels():
    plane = [[2, 0, 5], [0, 0.5, -3], [0, 0, 1]]
    mouse = Mouse(plane=plane, px=(20.0, 5.0))
    assert mouse.drag((20, 35), (25, 42)) == [CropBox(40, 30, 27, 15)]
    mouse.box = BOX
    for at, cursor in (((10.09, 40), "pointing"), ((9.9, 40), "pointing"), ((9.79, 40), "cross")):
        assert mouse.hover(at) == cursor
    mouse = Mouse(plane=[[0.8, -0.6, 5], [0.6, 0.8, -3], [0, 0, 1]])
    assert mouse.drag((20, 35), (25, 42)) == [CropBox(40, 30, 27, 15)]
    # 5 and 20 screen pixels are a row and a column.
    mouse = Mouse(px=(5.0, 20.0))
    for at, cursor in [
        ((10.69, 40), "cross"), ((10.71, 40), "pointing"),
        ((25, 19.79), "cross"), ((25, 19.81), "pointing"),
    ]:  # fmt: skip
        assert mouse.hover(at) == cursor


def key_of(viewer, key):
    """What a key does; None where it does nothing."""
    return viewer.keymap.get(coerce_keybinding(key))


def test_keys_go_back_to_their_owners():
    for before in (None, lambda viewer: None):
        mouse = Mouse()
        mouse.mouse.stop_listening()
        viewer, undone = mouse.viewer, []
        usual = {key: key_of(viewer, key) for key in ("Control-Z", "Escape")}
        if before is not None:
            usual = dict.fromkeys(usual, before)
            for key in usual:
                viewer.bind_key(key, before, overwrite=True)
        mouse.mouse.undo.connect(lambda undone=undone: undone.append(None))
        for count in (1, 2):
            mouse.mouse.listen()
            key_of(viewer, "Control-Z")(viewer)
            assert len(undone) == count
            assert key_of(viewer, "Escape") is usual["Escape"]
            mouse.mouse.start_drawing()
            assert key_of(viewer, "Escape") is not usual["Escape"]
            key_of(viewer, "Escape")(viewer)
            assert not mouse.mouse.is_drawing
            assert key_of(viewer, "Escape") is usual["Escape"]
            mouse.mouse.stop_listening()
            assert key_of(viewer, "Control-Z") is usual["Control-Z"]


def test_the_cursor_and_the_tool_are_those_of_the_active_layer():
    mouse = Mouse()
    viewer, cursor = mouse.viewer, mouse.viewer.cursor

    def hovered(at):
        for call in viewer.mouse_move_callbacks:
            call(viewer, mouse.event(at))
        return str(cursor.style)

    cursor.style = "crosshair"
    assert hovered((50, 70)) == "crosshair"  # which is of somebody else
    assert hovered((20, 35)) == "pointing"
    assert hovered((50, 70)) == "standard"
    labels = viewer.add_labels(np.zeros(FRAME, int))
    viewer.layers.selection.active = labels
    labels.mode = "pick"
    tool = str(labels.cursor)
    assert tool != "standard"
    mouse.mouse.start_drawing()
    assert hovered((50, 70)) == "cross"
    steps = viewer.mouse_drag_callbacks[-1](viewer, event := mouse.event((10, 10)))
    next(steps)
    assert (str(labels.mode), mouse.camera.mouse_pan) == ("pan_zoom", False)
    vars(event).update(vars(mouse.event((20, 20), (9, 9), "mouse_release")))
    next(steps, None)
    assert (str(labels.mode), mouse.camera.mouse_pan) == ("pick", labels.mouse_pan)
    assert mouse.changed == [CropBox(10, 10, 11, 11)]
    assert hovered((50, 70)) == tool
    labels.mode = "pan_zoom"
    mouse.box = BOX
    assert mouse.drag((20, 35), (25, 42)) == [CropBox(40, 30, 27, 15)]
    assert (str(labels.mode), mouse.camera.mouse_pan) == ("pan_zoom", True)
    # A layer that is made active meanwhile says whether the mouse pans then.
    labels.mode = "paint"
    viewer.layers.selection.clear()
    mouse.camera.mouse_pan, mouse.box = True, BOX
    steps = viewer.mouse_drag_callbacks[-1](viewer, mouse.event((20, 35)))
    next(steps)
    viewer.layers.selection.active = labels
    steps.close()
    assert not mouse.camera.mouse_pan
    assert str(labels.mode) == "paint"


def test_a_drag_ends_with_what_it_began_on():
    mouse = Mouse()
    whole, told = mouse.region, []
    mouse.mouse.changing.connect(told.append)
    for region, hidden in ((Region(np.eye(3), FRAME), False), (whole, True)):
        mouse.box, mouse.region = BOX, whole
        steps = mouse.viewer.mouse_drag_callbacks[-1](mouse.viewer, event := mouse.event((20, 35)))
        next(steps)
        told.clear()
        for _ in range(2):  # nothing is told twice
            vars(event).update(vars(mouse.event((22, 35), (9, 9), "mouse_move")))
            next(steps)
        assert told == [CropBox(40, 30, 20, 12)]
        mouse.region, view = region, mouse.view
        mouse.mouse._view = (lambda: None) if hidden else view
        vars(event).update(vars(mouse.event((29, 35), (9, 9), "mouse_move")))
        assert next(steps, "end") == "end"
        mouse.mouse._view = view
        assert len(told) == 1
        assert mouse.changed == []
        assert mouse.camera.mouse_pan
