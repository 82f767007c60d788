"""In the window: a box that follows, and a picture that stands still."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.frames import noise

import napari_tif2video as t2v

TRACKS = [(3, t, 40 + t, 50 + 2 * t) for t in range(10)] + [(5, t, 60, 70) for t in range(4, 8)]


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "t.csv"
    np.savetxt(path, TRACKS, delimiter=",", header="track_id,frame,y,x", comments="")
    return path


def test_the_box_and_the_picture_go_with_the_object(open_widget, csv):
    array = noise((10, 100, 120))
    viewer, widget = open_widget(array)
    widget.settings = t2v.VideoSettings(
        follow=str(csv), follow_id=3, crop="31x21", limits=(0, 65535)
    )
    for index in (2, 7):
        viewer.dims.set_point(0, index)
        widget.wait_until_idle()
        assert not widget.reason.value
        box = widget.canvas.box
        assert (box.width, box.height) == (31, 21)
        assert (box.x, box.y) == (50 + 2 * index - 15, 40 + index - 10)
        expected = t2v.render_frame(array, index, settings=widget.settings)
        assert np.array_equal(widget.result.preview.image, expected)
    widget["follow_id"].value = "each"
    widget.wait_until_idle()
    assert widget.plan.followed == 3
    widget["follow_id"].value = "9"
    widget.wait_until_idle()
    assert "no track 9" in widget.row_of("follow").problem.value


def test_a_picture_that_is_to_stand_still_is_measured_first(open_widget):
    pytest.importorskip("skimage")
    large = noise((140, 150))
    array = np.stack([large[20 - t : 120 - t, 10 + 2 * t : 130 + 2 * t] for t in range(5)])
    viewer, widget = open_widget(array)
    widget.settings = t2v.VideoSettings(stabilise=True, limits=(0, 65535), width="full")
    viewer.dims.set_point(0, 4)
    widget.wait_until_idle()
    preview = widget.result.preview
    assert not preview.is_provisional
    expected = t2v.render_frame(array, 4, settings=widget.settings)
    assert np.array_equal(preview.image, expected)
    inside = np.s_[10:-10, 10:-10]
    assert np.array_equal(
        preview.image[inside], t2v.render_frame(array, 0, settings=widget.settings)[inside]
    )


def test_a_layer_of_tracks_or_points_is_followed(open_widget, tmp_path):
    array = noise((10, 100, 120))
    viewer, _ = open_widget(array)
    tracks = viewer.add_tracks(np.array(TRACKS, float), name="mine")
    points = viewer.add_points(np.array(TRACKS, float)[:10, 1:])
    made = [
        t2v.convert(array, tmp_path / f"{n}.mp4", follow=layer, follow_id=number, crop="31x21")
        for n, (layer, number) in enumerate([(tracks, 3), (points, 0)])
    ]
    ways = [t2v.read_recipe(video.path).moves for video in made]
    assert ways[0] == ways[1] == tuple((30.0 + t, 35.0 + 2 * t) for t in range(10))
    assert t2v.read_recipe(made[0].path).settings["follow"] == "mine"


def test_a_layer_is_followed_where_it_is_in_the_viewer(open_widget, tmp_path):
    """Whatever scale, place, turn and units it has: the same way as in pixels of the image."""
    array = noise((10, 100, 120))
    viewer, _ = open_widget(array)
    image = viewer.layers[0]
    image.scale, image.translate = (30, 0.5, 0.5), (60, 20, -10)
    image.units = ("second", "micrometer", "micrometer")
    way = np.array(TRACKS, float)
    frames, rows, columns = way[:, 1], way[:, 2], way[:, 3]
    # In seconds and nanometres from elsewhere, and turned by a quarter.
    moved = np.c_[way[:, 0], frames, (rows * 0.5 + 15) * 1000, (columns * 0.5 - 10) * 1000]
    turned = np.c_[60 + 30 * frames, columns * 0.5 - 10, -(rows * 0.5 + 20)]
    quarter = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]], float)
    seconds = ("second", "micrometer", "micrometer")
    layers = [
        viewer.add_tracks(
            moved,
            scale=(30, 1, 1),
            translate=(60, 5000, 0),
            units=("second", "nanometer", "nanometer"),
        ),
        viewer.add_points(turned[:10], affine=quarter, units=seconds),
        # With an axis of slices: four columns that are no tracks.
        viewer.add_points(
            np.insert(turned[:10], 1, 7, axis=1)[:, [1, 0, 2, 3]],
            affine=np.block([[np.eye(1), np.zeros((1, 4))], [np.zeros((4, 1)), quarter]]),
            units=("pixel", *seconds),
        ),
    ]
    options = {"crop": "31x21", "contrast": "displayed"}
    for source in (viewer, image):
        viewer.dims.set_point(viewer.dims.ndim - 3, 60)
        for number, layer in enumerate(layers):
            for each in layers:
                each.visible = False
            found = t2v.convert(
                source,
                tmp_path / "a.mp4",
                follow=layer,
                follow_id=0 if number else 3,
                overwrite=True,
                **options,
            )
            assert not any("has a scale" in note for note in found.notes)
            moves = t2v.read_recipe(found.path).moves
            np.testing.assert_allclose(moves, [(30.0 + t, 35.0 + 2 * t) for t in range(10)])
