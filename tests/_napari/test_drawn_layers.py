"""What is drawn of layers, counted in the pixels, in processes without a screen and without Qt."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque

import numpy as np
import pytest

import napari_tif2video as t2v

napari = pytest.importorskip("napari", exc_type=ImportError)
from napari.components import ViewerModel  # noqa: E402
from napari.layers import Points  # noqa: E402

from napari_tif2video._napari.layers import drawn  # noqa: E402

T, HEIGHT, WIDTH, ZOOM = 8, 90, 120, 3


@pytest.fixture
def viewer():
    viewer = ViewerModel()
    viewer.add_image(np.zeros((T, HEIGHT, WIDTH), np.uint8), contrast_limits=(0, 255), name="cells")
    return viewer


def spots(picture, colour):
    """Middles (row, column) of the connected areas of a colour."""
    todo = (abs(picture.astype(int) - colour) < 60).all(axis=2)
    found = []
    for start in np.argwhere(todo):
        if not todo[tuple(start)]:
            continue
        todo[tuple(start)], queue, area = False, deque([tuple(start)]), []
        while queue:
            row, column = queue.popleft()
            area.append((row, column))
            for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                near = row + down, column + right
                inside = 0 <= near[0] < todo.shape[0] and 0 <= near[1] < todo.shape[1]
                if inside and todo[near]:
                    todo[near] = False
                    queue.append(near)
        found.append(np.mean(area, axis=0))
    return np.array(found).reshape(-1, 2)


def assert_same_places(found, expected, within=0.7):
    assert len(found) == len(expected)
    if len(found):
        away = np.linalg.norm(found[:, np.newaxis] - np.asarray(expected), axis=2)
        assert (away.min(axis=0) < within).all()


def in_video(places):
    return (np.asarray(places) + 0.5) * ZOOM - 0.5


def grid_of_points():
    """A few points a frame, apart from each other, another number of them in each."""
    rng = np.random.default_rng(3)
    cells = [(10 + 20 * row, 10 + 20 * column) for row in range(4) for column in range(5)]
    rows = []
    for frame in range(T):
        for cell in rng.permutation(len(cells))[: 3 + 2 * frame]:
            rows.append((frame, *(np.array(cells[cell]) + rng.uniform(-3, 3, 2))))
    return np.array(rows)


@pytest.mark.parametrize("scale", [(1, 1, 1), (2, 0.5, 0.5)])
def test_every_point_is_where_it_is_in_every_frame(viewer, scale):
    table = grid_of_points()
    viewer.layers["cells"].scale = scale
    viewer.add_points(table, size=6, face_color="red", border_width=0, scale=scale)
    viewer.dims.set_current_step(0, 0)
    for frame in range(T):
        picture = t2v.render_frame(viewer, frame, width=WIDTH * ZOOM)
        places = table[table[:, 0] == frame, 1:]
        assert_same_places(spots(picture, (255, 0, 0)), in_video(places))


def test_every_label_is_where_it_is_in_every_frame(viewer):
    labels = np.zeros((T, HEIGHT, WIDTH), np.uint16)
    for number, (frame, row, column) in enumerate(grid_of_points().round().astype(int), 1):
        labels[frame, row - 2 : row + 3, column - 2 : column + 3] = number
    colours = {None: "transparent"} | dict.fromkeys(range(1, labels.max() + 1), "lime")
    colormap = napari.utils.DirectLabelColormap(color_dict=colours)
    viewer.add_labels(labels, opacity=1, colormap=colormap)
    for frame in range(T):
        picture = t2v.render_frame(viewer, frame, width=WIDTH * ZOOM)
        expected = [np.argwhere(labels[frame] == n).mean(0) for n in np.unique(labels[frame])[1:]]
        assert_same_places(spots(picture, (0, 255, 0)), in_video(expected))


def test_every_track_reaches_from_its_tail_to_where_it_is(viewer):
    rows = [(n, t, 10 + 10 * n, 10 + 8 * t + n) for n in range(7) for t in range(n % 3, T)]
    viewer.add_tracks(np.array(rows, float), tail_length=3, tail_width=6, colormap="hsv")
    for frame in range(T):
        lit = t2v.render_frame(viewer, frame, width=WIDTH * ZOOM).max(axis=2) > 25
        for n in range(7):
            ink = np.flatnonzero(lit[round(in_video(10 + 10 * n))])
            known = [t for t in range(n % 3, frame + 1) if t > frame - 3]
            assert (len(ink) > 0) == (len(known) > 1 or (len(known) == 1 and n % 3 < frame))
            if len(ink):
                assert abs(ink.max() - in_video(10 + 8 * frame + n)) <= 4
                assert ink.min() >= in_video(10 + 8 * (frame - 3) + n) - 4


def test_a_track_may_come_from_far_outside_and_go_there(viewer):
    viewer.add_tracks([(4, 0, 10, -1e9), (4, 1, 10, 50), (4, 2, 10, 1e9)], tail_width=2)
    is_lit = t2v.render_frame(viewer, 2, width=WIDTH * ZOOM).any(axis=2)
    row = round(in_video(10))
    assert is_lit[row].all()
    assert not is_lit[: row - 2].any()
    assert not is_lit[row + 3 :].any()


def test_layers_that_are_hidden_or_below_an_image_are_not_seen(viewer):
    points = viewer.add_points([(40, 40)], size=20, face_color="red", border_width=0)
    shown = t2v.render_frame(viewer, 0, width=WIDTH * ZOOM)
    assert len(spots(shown, (255, 0, 0))) == 1
    viewer.layers.move(1, 0)
    assert not t2v.render_frame(viewer, 0, width=WIDTH * ZOOM).any()
    viewer.layers["cells"].blending = "additive"
    np.testing.assert_array_equal(t2v.render_frame(viewer, 0, width=WIDTH * ZOOM), shown)
    points.visible = False
    assert not t2v.render_frame(viewer, 0, width=WIDTH * ZOOM).any()


def test_a_list_of_layers_is_drawn_as_a_viewer_of_them(viewer):
    viewer.add_points(grid_of_points(), size=6)
    viewer.dims.set_current_step(0, 0)
    for frame in (0, 5):
        ours = t2v.render_frame(list(viewer.layers), frame, width=300)
        np.testing.assert_array_equal(ours, t2v.render_frame(viewer, frame, width=300))


def test_the_recipe_says_what_was_drawn_and_workers_change_no_byte(viewer, tmp_path):
    import dask.array as da

    viewer.add_labels(
        da.ones((T, HEIGHT, WIDTH), dtype=np.int32, chunks=(1, 50, 60)), name="nuclei"
    )
    viewer.add_points(grid_of_points(), size=6, name="spots")
    made = [t2v.convert(viewer, tmp_path / f"{n}.mp4", workers=n, width=WIDTH * 2) for n in (1, 3)]
    one, three = (video.path.read_bytes() for video in made)
    assert one == three
    drawn = [dict(each) for each in t2v.read_recipe(made[0].path).drawn]
    assert drawn == [
        {"kind": "labels", "file": "nuclei", "objects": T, "left_out": 0},
        {"kind": "points", "file": "spots", "objects": len(grid_of_points()), "left_out": 0},
    ]


def test_layers_are_drawn_without_a_screen_and_without_qt(tmp_path):
    code = f"""
import sys, numpy as np
from napari.components import ViewerModel
import napari_tif2video as t2v
viewer = ViewerModel()
viewer.add_image(np.zeros((3, 60, 60), np.uint8), contrast_limits=(0, 255))
viewer.add_tracks(np.array([(1, t, 20, 20 + 9 * t) for t in range(3)]))
viewer.add_shapes([np.array([[5, 5], [50, 50]])], shape_type="ellipse", face_color="red")
before = set(sys.modules)  # older napari loads some of Qt by itself
t2v.convert(viewer, {str(tmp_path / "a.mp4")!r}, width=120)
assert t2v.render_frame(viewer, 2, width=120)[60, 60, 0] > 100
packages = set(name.split(".")[0] for name in set(sys.modules) - before)
loaded = packages.intersection(("PyQt6", "PySide6", "OpenGL"))
assert not loaded, loaded
"""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.mp4").stat().st_size > 0


def test_a_scaled_layer_that_is_followed_is_named(tmp_path):
    """Its coordinates are pixels of the data only where the image has the same scale."""
    frames = np.random.default_rng(4).integers(0, 4000, (3, 40, 50), np.uint16)
    places = np.array([[t, 20.0, 25.0] for t in range(3)])
    for scale, is_said in (((1, 1, 1), False), ((1, 0.5, 0.5), True)):
        layer = Points(places, name="nucleus", scale=scale)
        video = t2v.convert(frames, tmp_path / "v.mp4", follow=layer, crop="11x11", overwrite=True)
        said = [note for note in video.notes if note.startswith("nucleus has a scale")]
        assert bool(said) is is_said


SURFACES = """
import numpy as np
from napari import layers as shown
from napari_tif2video.drawings import Shapes

LAYER = shown.Surface


def drawing(layer, look, space, length):
    outlines = [space.in_frame(layer.vertices[corners][:, -2:]) for corners in layer.faces]
    red = np.tile(np.array([255, 0, 0, 255], np.uint8), (len(outlines), 1))
    return Shapes.of(look, outlines, faces=red, edges=red, edge_widths=0, frames=length)
"""


def test_one_file_makes_one_more_kind_of_layer_drawn(viewer, tmp_path, monkeypatch):
    triangle = np.array([[20, 30], [60, 30], [20, 90]])
    viewer.add_surface((triangle, np.array([[0, 1, 2]]), np.ones(3)), name="ground")
    assert "left out: ground, which is a Surface layer" in t2v.open_stack(viewer).notes
    (tmp_path / "surfaces.py").write_text(SURFACES)
    monkeypatch.setattr(drawn, "__path__", [*drawn.__path__, str(tmp_path)])
    assert t2v.open_stack(viewer).notes == ()
    for frame in range(T):
        picture = t2v.render_frame(viewer, frame, width=WIDTH * ZOOM)
        assert_same_places(spots(picture, (255, 0, 0)), in_video([triangle.mean(axis=0)]))
    made = t2v.convert(viewer, tmp_path / "out.mp4", width=WIDTH * ZOOM, workers=2)
    assert [dict(each) for each in t2v.read_recipe(made.path).drawn] == [
        {"kind": "shapes", "file": "ground", "objects": 1, "left_out": 0}
    ]


def red_labels(data):
    colormap = napari.utils.DirectLabelColormap(color_dict={None: "transparent", 1: "red"})
    return {"data": data, "colormap": colormap, "opacity": 1}


def at_one_place():
    """An object of each kind at frame 2 of slice 1, around (40, 60)."""
    labels = np.zeros((T, 3, HEIGHT, WIDTH), np.uint8)
    labels[2, 1, 30:51, 50:71] = 1
    corners = [(2, 1, row, column) for row, column in ((30, 50), (30, 70), (50, 70), (50, 50))]
    red = {"face_color": "red", "border_width": 0}
    return {
        "points": {"data": [(2, 1, 40, 60)], "size": 20} | red,
        "vectors": {"data": [[(2, 1, 40, 50), (0, 0, 0, 20)]], "edge_width": 6, "edge_color": "red",
                    "vector_style": "line", "opacity": 1},
        "shapes": {"data": [corners], "face_color": "red", "edge_color": "red", "opacity": 1},
        "labels": red_labels(labels),
    }  # fmt: skip


@pytest.mark.parametrize("kind", at_one_place())
def test_an_object_is_seen_in_its_slice_and_frame_only(kind):
    viewer = ViewerModel()
    viewer.add_image(np.zeros((T, 3, HEIGHT, WIDTH), np.uint8), contrast_limits=(0, 255))
    getattr(viewer, f"add_{kind}")(**at_one_place()[kind])
    for z in range(3):
        viewer.dims.set_current_step(1, z)
        viewer.dims.set_current_step(0, 0)  # the axis that was used last is played
        for frame in (1, 2, 3):
            seen = spots(t2v.render_frame(viewer, frame, width=WIDTH), (255, 0, 0))
            assert len(seen) == ((z, frame) == (1, 2)), (z, frame)
            assert_same_places(seen, [(40, 60)][: len(seen)])


def test_a_shape_across_slices_or_frames_is_in_none(viewer):
    for last in ((2, 50), (3, 50)):
        corners = [(2, 30, 50), (2, 30, 70), (last[0], 50, 70), (last[0], last[1], 50)]
        viewer.add_shapes([corners], face_color="red", edge_color="red", opacity=1)
        viewer.dims.set_current_step(0, 0)
        found = [len(spots(t2v.render_frame(viewer, n, width=WIDTH), (255, 0, 0))) for n in (2, 3)]
        assert found == ([1, 0] if last[0] == 2 else [0, 0])
        viewer.layers.pop()


def test_thick_slices_show_what_is_near(viewer):
    """As far as the margins reach, and no farther; where a layer is not projected, its slice."""
    points = viewer.add_points(
        [(2, 40, 60)], size=20, face_color="red", border_width=0, projection_mode="all"
    )
    viewer.dims.set_current_step(0, 0)
    viewer.dims.margin_left, viewer.dims.margin_right = (2, 0, 0), (1, 0, 0)

    def frames():
        pictures = (t2v.render_frame(viewer, n, width=WIDTH) for n in range(T))
        return [n for n, picture in enumerate(pictures) if len(spots(picture, (255, 0, 0)))]

    assert frames() == [1, 2, 3, 4]  # each frame shows two before and one after
    points.projection_mode = "none"
    assert frames() == [2]


@pytest.mark.parametrize("moved", [(0, 0), (12, -15)])
def test_texts_of_points_are_where_they_belong(viewer, moved):
    text = {"string": ["HHH"], "size": 12, "color": "lime", "translation": moved}
    points = viewer.add_points([(2, 40, 60)], size=1, text=text)
    viewer.dims.set_current_step(0, 0)
    picture = t2v.render_frame(viewer, 2, width=WIDTH * ZOOM)
    green = np.argwhere((picture[..., 1] > 128) & (picture[..., 0] < 64))
    middle = (green.min(0) + green.max(0)) / 2
    np.testing.assert_allclose(middle, in_video(np.add((40, 60), moved)), atol=2)
    points.text.visible = False
    picture = t2v.render_frame(viewer, 2, width=WIDTH * ZOOM)
    assert not ((picture[..., 1] > 128) & (picture[..., 0] < 64)).any()
    assert not (t2v.render_frame(viewer, 3, width=WIDTH * ZOOM)).any()
