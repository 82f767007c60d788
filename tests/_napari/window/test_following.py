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
