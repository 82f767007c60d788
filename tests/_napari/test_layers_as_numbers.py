"""Viewers as stacks: what is drawn and merged, in numbers worked out by hand, without a picture."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import napari_tif2video as t2v

napari = pytest.importorskip("napari", exc_type=ImportError)
from napari.components import ViewerModel  # noqa: E402

T, Z, HEIGHT, WIDTH = 6, 3, 40, 60
RED, LIME = (255, 0, 0, 255), (0, 255, 0, 255)
#: The image, and layers whose steps are half as long in time and twice as long in space.
IMAGE = {
    "scale": (10, 2, 0.5, 0.25),
    "translate": (100, 1, 5, -3),
    "units": ("s", "um", "um", "um"),
}
LAYER = {
    "scale": (5, 2, 1000, 500),
    "translate": (120, 1, 7000, -1000),
    "units": ("s", "um", "nm", "nm"),
}


def in_frames(places):
    """Frame, row and column of what is in such a layer."""
    t, _, y, x = np.asarray(places, float).T
    return (20 + 5 * t) / 10, (2 + y) / 0.5, (2 + 0.5 * x) / 0.25


@pytest.fixture
def viewer():
    """At the slice 1, with time played."""
    viewer = ViewerModel()
    viewer.add_image(np.zeros((T, Z, HEIGHT, WIDTH), np.uint8), name="cells", **IMAGE)
    return viewer


def stack_at(viewer, z=1):
    viewer.dims.set_current_step(1, z)
    viewer.dims.set_current_step(0, 0)
    return t2v.open_stack(viewer)


def drawing_of(viewer, z=1):
    (drawing,) = stack_at(viewer, z).drawings
    return drawing


def assert_numbers(drawing, **expected):
    for name, numbers in expected.items():
        found = getattr(drawing, name)
        np.testing.assert_allclose(found, numbers, atol=1e-9, err_msg=name)
        assert np.shape(found) == np.shape(numbers), name


PLACES = np.array([(0, 1, 3, 5), (4, 1, 8, 30), (4, 2, 8, 30), (2, 0.4, 8, 30), (7, 1.4, 1.5, 0.5)])


def test_points_are_numbers_of_the_frames(viewer):
    options = {
        "size": [2, 4, 6, 8, 10],
        "face_color": ["red", "lime", "red", "red", (0.2, 0.4, 0.6, 0.5)],
        "border_color": ["lime", "red", "lime", "lime", (1, 1, 1, 0.25)],
        "border_width": [0.5, 0.25, 0.1, 0.1, 0.75],
        "symbol": ["square", "star", "disc", "disc", "x"],
        "shown": [True, True, True, True, False],
        "text": {"string": list("abcde"), "size": 9, "color": "lime", "translation": (0, 0, 1, 2)},
    }
    shown = viewer.add_points(PLACES, **options, **LAYER, name="spots", opacity=0.5)
    drawing = drawing_of(viewer)
    rows = [0, 1]  # not of the other slices, nor the hidden one
    t, y, x = in_frames(PLACES[rows])
    assert_numbers(
        drawing,
        t=t, y=y, x=x,
        sizes=[4, 8],
        faces=[RED, LIME],
        borders=[LIME, RED],
        border_widths=[2, 2],
        span=(0.25, 0.25),
        frames=range(T),
    )  # fmt: skip
    assert drawing.symbols.tolist() == ["square", "star"]
    assert drawing.tapers == ""
    assert dataclasses.astuple(drawing.look) == ("spots", "", 0.5, "translucent", 1)
    assert drawing.texts.strings == ("a", "b")
    assert drawing.texts.colours.tolist() == [list(LIME)] * 2
    assert (drawing.texts.size_px, drawing.texts.anchor) == (12, "center")
    assert drawing.texts.shift == pytest.approx((2, 4))
    shown.shown = True
    assert_numbers(drawing_of(viewer), y=in_frames(PLACES[[0, 1, 4]])[1])
    assert_numbers(drawing_of(viewer), borders=[LIME, RED, (255, 255, 255, 64)])
    assert_numbers(drawing_of(viewer, 0), y=in_frames(PLACES[[3]])[1], faces=[RED])
    shown.border_width_is_relative = False
    shown.border_width, shown.text.visible = [0.5, 3, 9, 9, 99], False
    drawing = drawing_of(viewer)
    assert_numbers(drawing, border_widths=[1, 6, 20])  # not more than the point itself
    assert drawing.texts is None


@pytest.mark.parametrize("way", [1, -1])
def test_tracks_are_numbers_of_the_frames(viewer, way):
    rows = np.array([(3, t, 1, 4 + t, 9 - t) for t in range(4)] + [(8, 4, 1, 7, 2)], float)
    options = LAYER | {"scale": (way * 5, *LAYER["scale"][1:])}
    layer = viewer.add_tracks(
        rows, tail_length=6, head_length=4, tail_width=3, graph={8: [3]}, **options
    )
    t, y, x = in_frames(rows[:, 1:] * (way, 1, 1, 1))
    drawing = drawing_of(viewer)
    order = np.lexsort((t, rows[:, 0]))
    assert_numbers(
        drawing, ids=rows[order, 0], t=t[order], y=y[order], x=x[order], tail=3, head=2,
        width_px=3, frames=range(T),
    )  # fmt: skip
    end = [3, 0][way < 0]
    assert_numbers(drawing, links=[[(t[end], y[end], x[end]), (t[4], y[4], x[4])]])
    assert (drawing.hides_completed, drawing.shows_tail, drawing.shows_ids) == (False, True, False)
    expected = np.rint(layer.track_colors * 255)[order]
    np.testing.assert_array_equal(drawing.colours, expected)
    layer.hide_completed_tracks, layer.display_tail, layer.display_id = True, False, True
    layer.display_graph = False
    drawing = drawing_of(viewer)
    assert (drawing.hides_completed, drawing.shows_tail, drawing.shows_ids) == (True, False, True)
    assert len(drawing.links) == 0
    viewer.dims.last_used = 1
    stack = t2v.open_stack(viewer)
    assert stack.notes == (f"left out: {layer.name}, whose time is not played",)
    assert (stack.drawings, len(stack)) == ((), Z)


def test_vectors_are_numbers_of_the_frames(viewer):
    data = np.array(
        [[(0, 1, 3, 5), (0, 0, 2, 3)], [(2, 2, 3, 5), (0, 0, 1, 1)], [(4, 1, 7, 8), (0, 0, -2, 6)]]
    )
    layer = viewer.add_vectors(
        data, length=2, edge_width=3, edge_color=["red", "red", "lime"], vector_style="arrow",
        blending="opaque", opacity=0.25, **LAYER,
    )  # fmt: skip
    rows = [0, 2]
    t, *places = in_frames(data[rows, 0])
    ends = data[rows, 0] + 2 * data[rows, 1]
    drawing = drawing_of(viewer)
    # A square of side 1 is 2 rows high and 2 columns wide.
    assert_numbers(
        drawing, t=t, starts=np.transpose(places), ends=np.transpose(in_frames(ends)[1:]),
        width=6, colours=[RED, LIME], span=(0.25, 0.25), frames=range(T),
    )  # fmt: skip
    assert (drawing.style, drawing.fades) == ("arrow", False)
    assert dataclasses.astuple(drawing.look) == (layer.name, "", 1.0, "opaque", 1)
    layer.projection_mode = "fade"
    viewer.dims.margin_left, viewer.dims.margin_right = (10, 0, 0, 0), (5, 2100, 0, 0)
    drawing = drawing_of(viewer)  # lengths of a viewer are in its smallest unit
    assert drawing.fades
    assert_numbers(drawing, span=(0.5, 1), t=in_frames(data[:, 0])[0], colours=[RED, RED, LIME])


def test_shapes_are_numbers_of_the_frames(viewer):
    box = np.array([(2, 1, 4, 6), (2, 1, 4, 10), (2, 1, 8, 10), (2, 1, 8, 6)], float)
    line = np.array([(0, 1, 1, 2), (0, 1, 5, 9)], float)
    path = np.array([(4, 1, 1, 2), (4, 1, 5, 9), (4, 1, 6, 3)], float)
    across = box + np.array([(0, 0, 0, 0)] * 3 + [(0, 1, 0, 0)])
    layer = viewer.add_shapes(
        [box, line, path, across, box - (0, 1, 0, 0)],
        shape_type=["rectangle", "line", "path", "polygon", "ellipse"],
        edge_width=[1, 2, 3, 4, 5], z_index=[3, 1, 2, 0, 0],
        face_color=["red", "lime", "red", "lime", "red"],
        edge_color=["lime", "red", "lime", "red", "lime"],
        text={"string": list("abcde"), "size": 15, "color": "red", "anchor": "upper_left"},
        **LAYER,
    )  # fmt: skip
    rows = [1, 2, 0]  # from the lowest up; neither of the others is in the slice
    corners = np.concatenate([line, path, box])
    t, *places = in_frames(corners)
    drawing = drawing_of(viewer)
    assert_numbers(
        drawing, vertices=np.transpose(places), starts=[0, 2, 5, 9], t=t[[0, 2, 5]],
        are_closed=[False, False, True], edge_widths=[4, 6, 2], span=(0.25, 0.25),
        faces=np.array([RED, LIME, RED])[rows], edges=np.array([LIME, RED, LIME])[rows],
        frames=range(T),
    )  # fmt: skip
    assert drawing.texts.strings == ("b", "c", "a")
    assert (drawing.texts.size_px, drawing.texts.anchor) == (20, "upper_left")
    assert drawing.texts.shift == (0, 0)
    round_ = drawing_of(viewer, 0)
    assert_numbers(round_, t=t[[5]], edge_widths=[10], are_closed=[True])
    middle, far = np.transpose(in_frames(box))[:, 1:].mean(0), (4, 4)
    away = np.linalg.norm((round_.vertices - middle) / far, axis=1)
    np.testing.assert_allclose(away, 1)
    layer.text.translation = 0.5  # for all axes
    assert drawing_of(viewer).texts.shift == (1, 1)
    layer.text.visible = False
    assert drawing_of(viewer).texts is None


def test_labels_are_numbers_of_the_frames(viewer):
    labels = np.zeros((14, Z, 9, 8), np.uint8)
    labels[:, :, 2, 3] = np.arange(14)[:, None] + 20 * np.arange(Z)
    space = LAYER | {"translate": (100, *LAYER["translate"][1:])}
    layer = viewer.add_labels(labels, name="nuclei", **space)
    drawing = drawing_of(viewer, 2)
    # One row of the image is half a pixel of the labels, one column as well.
    np.testing.assert_allclose(drawing.place, (0.5, 0, -2, 0, 0.5, -4), atol=1e-12)
    (whole,) = {(0, 0, *frame.shape) for frame in drawing.images.read_frames(BOX)}
    assert whole == (0, 0, 9, 8)
    found = [int(frame[2, 3]) for frame in drawing.images.read_frames(BOX)]
    assert found == [40 + 2 * t for t in range(T)]  # every other one
    assert (drawing.contour, drawing.only, drawing.colours.background) == (0, None, 0)
    cycle = np.rint(layer.colormap.colors[1:] * 255)
    np.testing.assert_array_equal(drawing.colours.cycle, cycle)
    layer.translate = (90, *space["translate"][1:])  # a frame earlier
    found = [int(frame[2, 3]) for frame in drawing_of(viewer, 0).images.read_frames(BOX)]
    assert found == [2 + 2 * t for t in range(T)]
    layer.translate = space["translate"]
    layer.selected_label, layer.show_selected_label, layer.contour = 4, True, 2
    table = {None: (0, 0, 1, 1), 7: "red", 2: "lime", 0: "transparent"}
    layer.colormap = napari.utils.DirectLabelColormap(color_dict=table)
    drawing = drawing_of(viewer)
    assert (drawing.contour, drawing.only) == (2, 4)
    assert drawing.colours.cycle.tolist() == [[0, 0, 255, 255]]
    assert drawing.colours.given.tolist() == [0, 2, 7]
    assert drawing.colours.own.tolist() == [[0, 0, 0, 0], list(LIME), list(RED)]
    layer.colormap = napari.utils.colormaps.label_colormap(5, background_value=3)
    assert drawing_of(viewer).colours.background == 3
    layer.data = labels[:10]
    said = "left out: nuclei, which has 10 images where there are 6 frames"
    assert stack_at(viewer).notes == (said,)
    layer.data = labels[:11]
    assert stack_at(viewer).notes == ()
    layer.translate = (105, *space["translate"][1:])  # half a frame too late
    said = "left out: nuclei, which has 11 images where there are 6 frames"
    assert stack_at(viewer).notes == (said,)
    layer.translate = space["translate"]
    layer.data = labels[:, :2]
    assert stack_at(viewer, 1).notes == ()
    said = "left out: nuclei, which has nothing where the sliders stand"
    assert stack_at(viewer, 2).notes == (said,)


def test_a_slice_reaches_just_as_far_as_half_a_step_or_its_margins():
    viewer = ViewerModel()
    viewer.add_image(np.zeros((T, 9, HEIGHT, WIDTH), np.uint8))
    ways = [-2.25, -2, -1, -0.75, -0.5, 0, 0.5, 0.75, 1, 1.25]
    points = viewer.add_points([(0, 4 + way, 1, 2) for way in ways], projection_mode="all")
    points.features = {"way": ways}
    points.text = "way"

    def seen():
        return [float(text) for text in drawing_of(viewer, 4).texts.strings]

    assert seen() == [-0.5, 0, 0.5]
    viewer.dims.margin_left, viewer.dims.margin_right = (1, 2, 0, 0), (3, 1, 0, 0)
    assert seen() == [-2, -1, -0.75, -0.5, 0, 0.5, 0.75, 1]
    for mode, tapers in (("rescale_linear", "linear"), ("rescale_spherical", "spherical")):
        points.projection_mode = mode
        assert (drawing_of(viewer, 4).tapers, drawing_of(viewer, 4).span) == (tapers, (3, 1))
    points.projection_mode = "none"
    assert seen() == [-0.5, 0, 0.5]
    assert (drawing_of(viewer, 4).tapers, drawing_of(viewer, 4).span) == ("", (0.5, 0.5))
    points.features, points.text = {"way": [""] * len(ways)}, "way"
    assert drawing_of(viewer, 4).texts is None
    viewer.dims.set_current_step(1, 8)
    assert t2v.open_stack(viewer).drawings[0].count == 0


def test_what_is_drawn_on_layers_of_another_number_of_axes(viewer):
    """What has no time is drawn in every frame, and levels count the images below."""
    viewer.add_points([(3, 5)], size=4, name="still", scale=(1, 0.5), units=("um", "um"))
    viewer.add_image(
        np.zeros((HEIGHT, WIDTH)), name="top", scale=(0.5, 0.25), translate=(5, -3),
        units=("um", "um"), blending="additive",
    )  # fmt: skip
    viewer.add_points([(1, 3, 5)], name="flat", scale=(2, 1, 1), units=("um",) * 3)
    stack = stack_at(viewer)
    still, flat = stack.drawings
    assert (stack.notes, len(stack), still.t, flat.t) == ((), T, None, None)
    assert_numbers(still, y=[-4], x=[22], sizes=[8], span=(0.5, 0.5), frames=range(T))
    assert [still.look.level, flat.look.level] == [1, 2]
    assert [len(channel.frames) for channel in stack.channels] == [T, T]
    assert [(one.name, one.number) for one in stack.channels] == [("cells", 0), ("top", 1)]
    assert (stack.name, stack.played, stack.path) == ("cells_top", "T", None)
    assert dict(stack.placed.along) == {"T": (-4, 100, 10)}
    viewer.layers.move(2, 0)  # the one without time at the bottom
    viewer.add_points([(4, 1, 3, 5)], name="moving", **LAYER)
    stack = stack_at(viewer)
    assert (stack.name, len(stack), dict(stack.placed.along)) == (
        "top_cells",
        T,
        {"T": (-4, 100, 10)},
    )
    assert_numbers(stack.drawings[2], t=[4], y=[10], x=[18])


def test_the_axes_of_a_layer_that_has_names_for_them():
    viewer, said = ViewerModel(), "from the layer's scale"
    options = {
        "axis_labels": ("t", "c", "z", "y", "x"), "scale": (2, 1, 3, 0.5, 0.25),
        "units": ("min", "pixel", "um", "um", "um"), "name": "hyper",
    }  # fmt: skip
    stack = t2v.open_stack(viewer.add_image(np.zeros((4, 1, 3, 8, 10)), **options))
    assert (stack.name, stack.sizes, stack.format.shape) == ("hyper", (("T", 4), ("Z", 3)), (8, 10))
    calibration = (0.25, said, 120, said, None, None, None)
    assert dataclasses.astuple(stack.calibration) == calibration
    expected = {"T": (-5, 0, 2), "C": (-4, 0, 1), "Z": (-3, 0, 3)}
    assert dict(stack.placed.along) == expected
    named = options | {"axis_labels": ("z", "c", "p", "y", "x")}
    stack = t2v.open_stack(viewer.add_image(np.zeros((4, 2, 3, 8, 10)), **named))
    assert stack.sizes == (("Z", 4), ("C", 2), ("P", 3))
    assert dataclasses.astuple(stack.calibration) == (0.25, said, None, "", None, None, None)
    colours = np.zeros((4, 1, 3, 8, 10, 4), np.uint8)
    stack = t2v.open_stack(viewer.add_image(colours, rgb=True, **options))
    assert (stack.sizes, stack.format.shape) == ((("T", 4), ("Z", 3)), (8, 10, 3))
    for labels in (("t", "c", "t", "y", "x"), ("t", "c", "depth", "y", "x")):
        layer = viewer.add_image(np.zeros((4, 1, 3, 8, 10)), **options | {"axis_labels": labels})
        with pytest.raises(t2v.SourceError) as caught:
            t2v.open_stack(layer)
        assert str(caught.value) == (
            f"{layer.name}: has the axes t (4), c (1), {labels[2]} (3); say which one to play, or "
            "convert the viewer with its sliders where you want them"
        )
    # One axis that is longer than one is played, whatever it is called.
    stack = t2v.open_stack(viewer.add_image(np.zeros((1, 1, 3, 8, 10)), **options))
    assert (len(stack), stack.played, dict(stack.placed.along)) == (3, "Z", {"Z": (-3, 0, 3)})
    stack = t2v.open_stack(viewer.add_image(np.zeros((1, 1, 1, 8, 10)), **options))
    assert (len(stack), stack.played, dict(stack.placed.along)) == (1, "T", {})


def test_a_merge_is_what_is_finest_in_its_place(viewer):
    viewer.add_image(
        np.zeros((T, Z, 25, 20)), name="fine", blending="additive", interpolation2d="linear",
        scale=(10, 2, 400, 125), translate=(100, 1, 9050, 62.5), units=("s", "um", "nm", "nm"),
    )  # fmt: skip
    viewer.layers["cells"].scale = (10, 2, 0.8, 0.25)
    viewer.layers["cells"].translate = (100, 1, 5.25, -3)
    stack = stack_at(viewer)
    # Rows from 8.85 to 18.85 µm, and columns from 0 to 2.5: all of the fine ones.
    grids = [getattr(channel.frames, "grid", None) for channel in stack.channels]
    assert stack.format.size == (25, 20)
    assert grids[1] is None
    assert grids[0].size == (25, 20)
    assert not grids[0].is_linear
    np.testing.assert_allclose(grids[0].rows, (4.75, 0.5), atol=1e-9)
    np.testing.assert_allclose(grids[0].columns, (12.25, 0.5), atol=1e-9)
    said = "layers of different pixels are merged on the 20x25 pixels of fine where all of them are"
    assert stack.notes == (said,)
    assert dataclasses.astuple(stack.calibration) == (
        pytest.approx(0.125), "from the layer's scale", 10, "from the layer's scale",
        None, None, None,
    )  # fmt: skip


BOX = t2v.CropBox(8, 9, 0, 0)
