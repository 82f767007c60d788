"""Crop box, size of the video and the anchor, seen in the pictures themselves."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.frames import noise
from helpers.refusals import refusal
from hypothesis import given
from hypothesis import strategies as st

import napari_tif2video as t2v
from napari_tif2video.geometry import View, resolve_crop, resolve_size


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


def test_boxes_as_text_and_numbers():
    for text, box in {
        "40x30": t2v.CropBox(40, 30),
        " 40X30+7+0\n": t2v.CropBox(40, 30, 7, 0),
        "999999999x1+999999999+0": t2v.CropBox(999999999, 1, 999999999, 0),
        "1x1" + " " * 96: t2v.CropBox(1, 1),
    }.items():
        assert t2v.CropBox.parse(text) == box
        assert str(box) == text.strip().lower()
    for text in ("40", "1x1" + " " * 97, "1234567890x1", "1x1+1234567890+0", "1x1+1", "٣x٣"):
        said = f"crop: expected WxH or WxH+X+Y such as 250x250, got {text!r}"
        assert refusal(t2v.Tif2VideoError, t2v.CropBox.parse, text) == said
    box = t2v.CropBox(*np.array([40, 30, 7, 5]))
    assert [type(side) for side in (box.width, box.height, box.x, box.y)] == [int] * 4
    assert (box.shape, box.rows, box.columns) == ((30, 40), slice(5, 35), slice(7, 47))
    assert t2v.CropBox.whole((3, 5)) == t2v.CropBox(5, 3, 0, 0)
    for sides, said in {
        (4, 3, 1): "give both x and y, or neither",
        (4, 3, None, 1): "give both x and y, or neither",
        (4.0, 3): "width must be a whole number of pixels, got 4.0",
        (4, 3, 0, "1"): "y must be a whole number of pixels, got '1'",
        (0, 1): "the box must be at least 1x1, got 0x1",
        (1, 1, 0, -1): "the corner must not be negative, got 1x1+0+-1",
    }.items():
        assert refusal(t2v.Tif2VideoError, t2v.CropBox, *sides) == f"crop: {said}"


def test_where_a_box_cannot_be():
    assert resolve_crop(None, (100, 200)) == t2v.CropBox(200, 100, 0, 0)
    assert resolve_crop(t2v.CropBox(41, 31), (100, 200)) == t2v.CropBox(41, 31, 79, 34)
    kept = t2v.CropBox(10, 10, 190, 90)
    assert resolve_crop(kept, (100, 200)) is kept
    frame = "the frame, which is 200x100;"
    for text, said in {
        "201x100": f"crop 201x100 is larger than {frame} use a smaller crop",
        "200x101": f"crop 200x101 is larger than {frame} use a smaller crop",
        "10x10+191+0": f"crop 10x10+191+0 reaches outside {frame} move the corner",
        "10x10+0+91": f"crop 10x10+0+91 reaches outside {frame} move the corner",
    }.items():
        assert (
            refusal(t2v.Tif2VideoError, resolve_crop, t2v.CropBox.parse(text), (100, 200)) == said
        )


def test_sizes_and_their_limits():
    def size(width, height, wanted):
        box, found = resolve_size(t2v.CropBox(width, height, 3, 4), wanted)
        assert (box.x, box.y) == (3, 4)
        return box.shape, found

    assert size(5, 3, "full") == ((2, 4), (2, 4))
    assert size(2, 2, "full") == ((2, 2), (2, 2))
    assert size(5, 3, 101) == ((3, 5), (62, 102))
    assert size(1000, 1, 100) == ((1, 1000), (2, 100))
    assert size(100, 16384, 100) == ((16384, 100), (16384, 100))
    assert refusal(t2v.Tif2VideoError, size, 100, 16385, 100) == (
        "the video would be 100x16386, more than 16384 on a side; use a smaller width or a crop"
    )
    for width, height in ((1, 9), (9, 1)):
        assert refusal(t2v.Tif2VideoError, size, width, height, "full") == (
            f"a picture of {width}x{height} is too small for a video; at least 2x2 pixels are "
            "needed, or give a width"
        )


def test_where_the_data_are_in_the_video():
    box = t2v.CropBox(40, 20, 10, 5)
    assert View(box, (60, 80)).magnification == (3, 2)
    assert View(box, (60, 80)).in_video(12, 9) == (2.5 * 2, 4.5 * 3)
    assert View(box, (60, 80), (2.0, -3.0)).in_video(12, 9) == (5.5 * 2, 2.5 * 3)


@pytest.mark.parametrize("sides", [(0, 10), (10, 0), (-3, 10), (10, -3)])
def test_a_box_without_an_inside_is_refused(sides):
    with pytest.raises(t2v.SettingsError, match="at least 1x1"):
        t2v.CropBox(*sides)
    for corner in ((-1, 0), (0, -1)):
        with pytest.raises(t2v.SettingsError, match="corner must not be negative"):
            t2v.CropBox(1, 1, *corner)
