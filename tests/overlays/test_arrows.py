"""Arrows point at pixels of the data, when they are asked to."""

from __future__ import annotations

import numpy as np
import pytest

import napari_tif2video as t2v

BLACK = {"limits": (1, 255)}


def drawn(arrow, index=0, size=(100, 150), frames=6, **options):
    stack = np.zeros((frames, *size), np.uint8)
    return t2v.render_frame(stack, index, arrow=arrow, **BLACK | options)[..., 0].astype(int)


@pytest.mark.parametrize(
    ("x", "y"), [(0, 0), (149, 0), (75, 50), (10, 90), (149, 99), (75.5, 3), (70, 60)]
)
@pytest.mark.parametrize(
    ("options", "left", "top", "factor"),
    [({"width": 600}, 0, 0, 4), ({"width": "full"}, 0, 0, 1),
     ({"width": 600, "crop": "150x100+0+0"}, 0, 0, 4)],
    ids=["enlarged", "full", "the whole as a box"],
)  # fmt: skip
def test_the_tip_is_at_the_middle_of_the_pixel(x, y, options, left, top, factor):
    picture = drawn(f"{x},{y}", **options)
    tip = np.array([(x + 0.5 - left) * factor, (y + 0.5 - top) * factor])
    rows, columns = np.nonzero(picture > 128)
    places = np.stack([columns + 0.5, rows + 0.5], axis=1)
    distance = np.hypot(*(places - tip).T)
    assert distance.min() < 3  # the tip is sharp: its last pixels are not half white
    assert distance.max() < max(20, 0.1 * 400 * factor / 4) + 2
    # All of it lies between the tip and the middle of the picture, but for one at the middle.
    middle = np.array(picture.shape[::-1]) / 2
    away = middle - tip
    if np.hypot(*away) > 40:
        along = (places - tip) @ away / np.hypot(*away)
        assert along.min() > -1


@pytest.mark.parametrize(("size", "length"), [((400, 600), 40), ((80, 120), 20)])
def test_the_head_is_as_wide_as_long_and_half_of_the_arrow(size, length):
    height, width = size
    picture = drawn(f"{width // 2},{height - 5}", size=size, width="full")
    wide = (picture[: height - 4] > 128).sum(axis=1)[::-1]  # by the distance from the tip
    assert np.abs(wide[: length // 2] - np.arange(length // 2)).max() <= 2
    assert np.abs(wide[length // 2 + 1 : length - 1] - length / 8).max() <= 1
    assert np.count_nonzero(wide) == pytest.approx(length, abs=2)
    # A dark line is around it, on white.
    stack = np.full((2, *size), 255, np.uint8)
    white = t2v.render_frame(stack, 0, arrow=f"{width // 2},{height - 5}", width="full", **BLACK)
    assert 4 < (white[..., 0] < 128).sum() / length < 8


def test_in_a_crop_box():
    """Coordinates are those of the data, not of the box."""
    picture = drawn("60,45", crop="40x40+50+30", width=400)
    rows, columns = np.nonzero(picture > 128)
    distance = np.hypot(columns + 0.5 - 105, rows + 0.5 - 155)
    assert distance.min() < 3


@pytest.mark.parametrize("arrow", ["10,10", "60,5", "95,45"])
def test_outside_of_what_is_shown(arrow):
    with pytest.raises(t2v.SourceError, match=r"arrow: pixel .* outside .* 40x40\+50\+30"):
        drawn(arrow, crop="40x40+50+30", width=400)


@pytest.mark.parametrize(
    ("arrow", "shown"),
    [("20,20@2s..4s", [2, 3]), ("20,20@00:03", [3, 4, 5]), (("20,20@0..1", "9,9@5"), [0, 5])],
)
def test_when_it_is_drawn(arrow, shown):
    found = [i for i in range(6) if drawn(arrow, i, frame_interval="1s").any()]
    assert found == shown


REFUSED = {
    "one number": ("20", "expected X,Y"),
    "words": ("here", "expected X,Y"),
    "negative": ("-3,5", "expected X,Y"),
    "none": ((), "expected X,Y"),
    "no time": ("3,5@", "expected a time"),
    "backwards": ("3,5@9..2", "ends before it begins"),
    "times unknown": ("3,5@9..12", "frame-interval"),
}


@pytest.mark.parametrize(("arrow", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(arrow, message):
    with pytest.raises(t2v.Tif2VideoError, match=message):
        drawn(arrow)


def test_on_each_panel_and_on_the_command_line(tmp_path, cli):
    import tifffile

    path = tmp_path / "t.ome.tif"
    stack = np.zeros((3, 2, 60, 90), np.uint16)
    tifffile.imwrite(path, stack, photometric="minisblack", metadata={"axes": "TCYX"})
    argv = ["--panels", "channels", "--arrow", "30,20", "--arrow", "80,50", "--quiet"]
    out = tmp_path / "o.mp4"
    assert cli(path, "-o", out, *argv).code == 0
    settings = t2v.VideoSettings.load(out)
    assert settings.arrow == ("30,20", "80,50")
    picture = t2v.render_frame(path, 0, settings=settings)
    alone = t2v.render_frame(path, 0, settings=settings.updated(panels=None, channel=0))
    assert (alone > 128).sum() > 100
    height, width = alone.shape[:2]
    for panel in range(3):
        left = panel * (width + (picture.shape[1] - 3 * width) // 2)
        bottom = picture[height // 4 :, left : left + width]
        np.testing.assert_array_equal(bottom, alone[height // 4 :])
