"""Crop box, size of the video and the anchor, seen in the pictures themselves."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.frames import noise
from hypothesis import given
from hypothesis import strategies as st

import napari_tif2video as t2v


def coordinates(height, width):
    """A uint8 RGB frame whose pixels state their own row and column."""
    rows, columns = np.mgrid[:height, :width]
    high_bits = (rows >> 8 << 4) + (columns >> 8)
    return np.stack([rows & 255, columns & 255, high_bits], axis=-1).astype(np.uint8)


def part(frame, **options):
    """The picture, with grey levels that are the data themselves."""
    return t2v.render_frame(frame, 0, limits=(0, 255), **options)


@pytest.mark.parametrize(
    ("crop", "top", "left"),
    [
        ("40x30", 35, 80),
        ("41x30", 35, 79),  # (200 - 41) / 2 = 79.5, rounded down
        ("40x31", 34, 80),  # (100 - 31) / 2 = 34.5
        ("199x99", 0, 0),
        ("200x100", 0, 0),
        ("40x30+0+0", 0, 0),
        ("40x30+160+70", 70, 160),
        ("40x30+7+13", 13, 7),
        ("2x2+198+98", 98, 198),
    ],
)
def test_crop_box(crop, top, left):
    frame = coordinates(100, 200)
    width, height = (int(n) // 2 * 2 for n in crop.partition("+")[0].split("x"))
    expected = frame[top : top + height, left : left + width]
    np.testing.assert_array_equal(part(frame, width="full", crop=crop), expected)


@given(st.data())
def test_any_centred_box(data):
    height, width = data.draw(st.integers(2, 300)), data.draw(st.integers(2, 300))
    box_h, box_w = data.draw(st.integers(2, height)), data.draw(st.integers(2, width))
    top, left = (height - box_h) // 2, (width - box_w) // 2
    frame = coordinates(height, width)
    shown = part(frame, width="full", crop=t2v.CropBox(width=box_w, height=box_h))
    expected = frame[top : top + box_h // 2 * 2, left : left + box_w // 2 * 2]
    np.testing.assert_array_equal(shown, expected)


@given(st.data())
def test_any_box_with_a_corner(data):
    height, width = data.draw(st.integers(2, 300)), data.draw(st.integers(2, 300))
    top, left = data.draw(st.integers(0, height - 2)), data.draw(st.integers(0, width - 2))
    box_h = data.draw(st.integers(2, height - top))
    box_w = data.draw(st.integers(2, width - left))
    frame = coordinates(height, width)
    shown = part(frame, width="full", crop=f"{box_w}x{box_h}+{left}+{top}")
    expected = frame[top : top + box_h // 2 * 2, left : left + box_w // 2 * 2]
    np.testing.assert_array_equal(shown, expected)


@pytest.mark.parametrize(
    "crop", ["201x100", "200x101", "10x10+191+0", "10x10+0+91", "2x2+199+99", "9999x1"]
)
def test_a_box_that_does_not_fit_is_refused_before_any_output(tmp_path, crop):
    stack = noise((2, 100, 200))
    with pytest.raises(t2v.SourceError, match=r"crop .*200x100"):
        t2v.convert(stack, tmp_path / "o.mp4", crop=crop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [(101, 121), (100, 121), (101, 120), (100, 120), (3, 2)])
def test_full_width_cuts_an_odd_row_and_column_and_resamples_nothing(size):
    frame = coordinates(*size)
    shown = part(frame, width="full")
    np.testing.assert_array_equal(shown, frame[: size[0] // 2 * 2, : size[1] // 2 * 2])


@pytest.mark.parametrize("size", [(1, 100), (100, 1), (1, 1)])
def test_a_picture_too_small_for_a_video_is_refused(size):
    with pytest.raises(t2v.SourceError, match="too small"):
        part(np.zeros(size, np.uint8), width="full")


@given(st.data())
def test_sizes_are_even_and_keep_the_aspect_ratio(data):
    width, video_width = data.draw(st.integers(1, 400)), data.draw(st.integers(100, 400))
    # Higher videos take long; what happens to the highest is in the next tests.
    height = data.draw(st.integers(1, min(400, 4000 * width // (video_width + 1))))
    frame = np.zeros((height, width), np.uint8)
    shown_height, shown_width, colours = part(frame, width=video_width).shape
    assert colours == 3
    assert shown_height % 2 == shown_width % 2 == 0
    assert abs(shown_width - video_width) <= 1
    assert shown_height >= 2
    assert shown_height == 2 or abs(shown_height - height * shown_width / width) <= 1


@pytest.mark.parametrize(
    ("size", "width", "expected"),
    [
        ((2048, 2048), 500, (500, 500)),
        ((1024, 1344), 800, (610, 800)),
        ((100, 200), 501, (252, 502)),
        ((100, 300), 100, (34, 100)),
        ((5, 1000), 100, (2, 100)),
        ((200, 100), 4000, (8000, 4000)),
    ],
)
def test_examples_of_sizes(size, width, expected):
    assert part(np.zeros(size, np.uint8), width=width).shape[:2] == expected


def test_a_video_larger_than_players_can_show_is_refused():
    with pytest.raises(t2v.SourceError, match="crop"):
        part(np.zeros((1000, 10), np.uint8), width=500)


def test_the_crop_comes_before_the_scaling():
    frame = np.zeros((100, 200), np.uint8)
    frame[40:60, 80:120] = 200
    assert (part(frame, crop="40x20", width=100) == 200).all()
    assert part(frame, crop="40x20", width=100).shape == (50, 100, 3)


RED = (255, 0, 0)


@pytest.mark.parametrize("size", [(100, 100), (120, 200), (502, 400), (1000, 1500), (20, 20)])
@pytest.mark.parametrize("colours", [False, True], ids=["grey", "RGB"])
def test_the_anchor_is_a_red_dot_at_the_exact_centre(size, colours):
    frame = np.full((*size, 3) if colours else size, 130, np.uint8)
    plain = part(frame, width="full")
    shown = part(frame, width="full", anchor=True)
    changed = (shown != plain).any(axis=2)
    height, width = size
    # Symmetric about the corner where the four middle pixels meet.
    for turned in (shown[::-1], shown[:, ::-1]):
        np.testing.assert_array_equal(turned, shown)
    assert (shown[height // 2 - 1 : height // 2 + 1, width // 2 - 1 : width // 2 + 1] == RED).all()
    pure = (shown == RED).all(axis=2)
    for axis in (0, 1):
        across = np.flatnonzero(changed.any(axis=axis))
        assert len(across) >= 6
        assert len(across) <= max(8, 0.04 * min(size))
        assert pure.any(axis=axis).sum() >= 4
    # A disc: its corners are left alone, nothing else in the frame is touched.
    rows, columns = np.nonzero(changed)
    assert changed.sum() < (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    assert not (shown[changed][:, 1] > 130).any()


def test_the_anchor_keeps_its_size_whatever_the_data(tmp_path):
    """It is drawn after resizing, so a small crop has no larger dot."""
    frame = np.full((400, 400), 100, np.uint8)
    dots = [
        (part(frame, width=300, crop=crop, anchor=True) != 100).any(axis=2)
        for crop in (None, "20x20", "333x333")
    ]
    for dot in dots:
        np.testing.assert_array_equal(dot, dots[0])


def test_without_the_option_there_is_no_dot():
    shown = part(np.full((100, 100), 130, np.uint8), width="full")
    assert (shown == 130).all()


@pytest.mark.parametrize("sides", [(0, 10), (10, 0), (-3, 10), (10, -3)])
def test_a_box_without_an_inside_is_refused(sides):
    with pytest.raises(t2v.SettingsError, match="at least 1x1"):
        t2v.CropBox(*sides)
    for corner in ((-1, 0), (0, -1)):
        with pytest.raises(t2v.SettingsError, match="corner must not be negative"):
            t2v.CropBox(1, 1, *corner)
