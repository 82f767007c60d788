"""What becomes of the pixels of a picture: luma, chroma, palettes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from helpers.frames import COLOURS, GREYS

from napari_tif2video.encode import (
    check,
    make_palette,
    palette,
    psnr_db,
)
from napari_tif2video.encode.pixels import shown, squared_error, to_video_frame


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le", "yuv422p10le"])
def test_grey_pictures_as_luma(pix_fmt):
    """ITU-R BT.709: 219 steps of luma from 16 on, four times that with 10 bits."""
    frame = to_video_frame(GREYS, pix_fmt)
    factor = 4 if "10" in pix_fmt else 1
    found = [np.asarray(plane) for plane in check.planes(frame)]
    exact = factor * (16 + 219 * GREYS.astype(float) / 255)
    np.testing.assert_array_equal(found[0], np.floor(exact + 127 / 255))
    side = 8 if "420" in pix_fmt else 16
    for chroma in found[1:]:
        np.testing.assert_array_equal(chroma, np.full((side, 8), 128 * factor))
    assert len(np.unique(found[0])) == (256 if factor == 4 else 220)
    back = np.clip((found[0].astype(float) - 16 * factor) * 255 / (219 * factor), 0, 255)
    np.testing.assert_allclose(shown(frame, is_grey=True), back, atol=1e-4)
    error = np.mean((back - GREYS) ** 2)
    assert squared_error(frame, GREYS) == pytest.approx(error, rel=1e-4)
    assert check.samples(frame, pix_fmt).tolist() == np.concatenate(
        [plane.ravel() for plane in found]
    ).tolist()  # fmt: skip


def test_levels_beyond_black_and_white_are_shown_as_these():
    frame = to_video_frame(GREYS, "yuv420p")
    check.planes(frame)[0][:] = np.arange(256).reshape(16, 16)
    found = shown(frame, is_grey=True).ravel()
    assert (found[0], found[16], found[235], found[255]) == (0, 0, 255, 255)
    assert found[17] == pytest.approx(255 / 219)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_pictures_as_they_are(dtype):
    deep = dtype is np.uint16
    grey, rgb = GREYS.astype(dtype), COLOURS.astype(dtype)
    if deep:
        grey, rgb = grey * 257 - grey // 3, rgb * 256 + 7
    plain = to_video_frame(grey, "gray16le" if deep else "gray")
    np.testing.assert_array_equal(plain.to_ndarray(), grey)
    if deep:
        found = to_video_frame(rgb, "gbrp16le").to_ndarray()
        np.testing.assert_array_equal(found, rgb)
        return
    for picture in (rgb, grey):
        wanted = rgb if picture is rgb else np.repeat(grey[..., np.newaxis], 3, axis=2)
        frame = to_video_frame(picture, "bgr0")
        rows = np.frombuffer(memoryview(frame.planes[0]), np.uint8)
        rows = rows.reshape(-1, frame.planes[0].line_size)[:16, :64].reshape(16, 16, 4)
        np.testing.assert_array_equal(rows[..., :3], wanted[..., ::-1])
        np.testing.assert_array_equal(rows[..., 3], 255)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le", "yuv422p10le"])
def test_colours_as_luma(pix_fmt):
    """ITU-R BT.709: weights of the primaries, and chroma of 224 steps around the middle."""
    picture = np.zeros((16, 16, 3), np.uint8)
    picture[:] = (200, 40, 90)
    found = [plane[4, 4] for plane in check.planes(to_video_frame(picture, pix_fmt))]
    red, green, blue = (value / 255 for value in (200, 40, 90))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    factor = 4 if "10" in pix_fmt else 1
    exact = (16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748)
    assert found == pytest.approx([factor * value for value in exact], abs=1.01)
    frame = to_video_frame(picture, pix_fmt)
    assert np.abs(shown(frame, is_grey=False) - picture).max() <= 3
    assert 0.5 < squared_error(frame, picture) < 5


def test_the_measure_of_closeness():
    assert psnr_db(0.0) == psnr_db(-1.0) == math.inf
    assert psnr_db(1.0) == pytest.approx(48.1308036)
    assert psnr_db(255.0**2) == 0
    assert psnr_db(0.01, peak=1) == pytest.approx(20)


def test_a_palette_has_all_colours_where_there_are_few():
    few = make_palette([COLOURS[:8], COLOURS[8:]])
    assert len(few) == 768
    table = np.frombuffer(few, np.uint8).reshape(256, 3).astype(int)
    off = np.abs(table - COLOURS.reshape(256, 1, 3).astype(int)).max(axis=2)
    assert off.min(axis=1).max() <= 1  # each colour is there, and no other
    assert off.min(axis=0).max() <= 1
    for dithers in (True, False):
        paletted = palette.Paletted(few, dithers, (16, 16))
        for number, picture in enumerate((COLOURS, COLOURS[::-1])):
            frame = paletted.frame(picture)
            assert (frame.pts, frame.format.name) == (number, "pal8")
            again = frame.reformat(format="rgb24").to_ndarray().astype(int)
            assert np.abs(again - picture).max() <= 1


def test_colours_that_a_palette_has_not():
    """Mixed of others they are nearer on average, and else each is the nearest one."""
    table = bytes(3 * 128) + bytes([255]) * 3 * 128
    picture = np.full((32, 32, 3), 60, np.uint8)
    found = {}
    for dithers in (True, False):
        frame = palette.Paletted(table, dithers, (32, 32)).frame(picture)
        found[dithers] = frame.reformat(format="rgb24").to_ndarray()
    assert not found[False].any()
    assert set(np.unique(found[True])) == {0, 255}
    assert found[True].mean() == pytest.approx(60, abs=6)
