"""TIFF images whose values are not brightness or colour as they stand: tables, white as zero."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder, write_pages
from helpers.frames import noise
from helpers.oracle import assert_rounded, levels
from helpers.video import decoded, grey_of

import napari_tif2video as t2v

PLACES = noise((4, 40, 120), high=255, dtype=np.uint8)
TABLES = np.random.default_rng(2).integers(0, 65536, (4, 3, 256), dtype=np.uint16)


def coloured(index):
    return np.moveaxis(TABLES[index][:, PLACES[index]], 0, -1)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("kind", ["folder", "pages"])
def test_places_in_a_table_become_its_colours(tmp_path, kind, compression):
    """Each file or page has a table of its own."""
    options = {"photometric": "palette", "compression": compression}
    if kind == "folder":
        for index, frame in enumerate(PLACES):
            write_folder(
                tmp_path / "in", [frame], f"t{index}.tif", colormap=TABLES[index], **options
            )
        source = tmp_path / "in"
    else:
        source = tmp_path / "s.tif"
        with tifffile.TiffWriter(source) as writer:
            for frame, table in zip(PLACES, TABLES, strict=True):
                writer.write(frame, contiguous=False, metadata=None, colormap=table, **options)
    stack = t2v.open_stack(source)
    assert (stack.shape, stack.dtype, stack.axes) == ((4, 40, 120, 3), np.uint16, "TYXS")
    for index in range(4):
        np.testing.assert_array_equal(stack.data[index].compute(), coloured(index))
    shown = t2v.render_frame(source, 2, width="full", limits=(0, 65535))
    assert_rounded(shown, levels(coloured(2), 0, 65535))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.bool_])
@pytest.mark.parametrize("kind", ["folder", "pages", "run"])
def test_white_as_zero_is_shown_so(tmp_path, kind, dtype):
    frames = noise((3, 40, 120), high=200, dtype=np.uint8)
    frames = frames > 100 if dtype is np.bool_ else frames.astype(dtype)
    if kind == "folder":
        source = write_folder(tmp_path / "in", frames, photometric="miniswhite")
    elif kind == "pages":
        source = write_pages(tmp_path / "s.tif", frames, photometric="miniswhite")
    else:
        source = tmp_path / "s.tif"
        tifffile.imwrite(source, frames, photometric="miniswhite")
    stack = t2v.open_stack(source)
    np.testing.assert_array_equal(stack.data[1].compute(), frames[1])  # as stored
    top = float(frames.max())
    shown = t2v.render_frame(source, 1, width="full")[..., 0]
    assert_rounded(255.0 - shown, levels(frames[1].astype(float), 0, top))
    # --invert turns it round once more.
    again = t2v.render_frame(source, 1, width="full", invert=True)[..., 0]
    np.testing.assert_array_equal(again, 255 - shown)
    video = t2v.convert(source, tmp_path / "o.mp4", width="full", limits=(0, top), quality="high")
    assert any("MinIsWhite" in note for note in video.notes)
    assert video.limits == (0, top)
    if dtype is not np.bool_:  # single pixels of black and white are much for the encoder
        assert np.abs(grey_of(decoded(video.path))[1] - shown).mean() < 2


def test_frames_of_both_kinds_do_not_go_together(tmp_path, cli):
    folder = write_folder(tmp_path / "in", PLACES[:2], photometric="minisblack")
    write_folder(folder, PLACES[2:3], "t9.tif", photometric="miniswhite")
    ended = cli(folder, "--quiet")
    assert ended.code == 1
    assert "t9.tif" in ended.error_line
    assert "MinIsWhite" in ended.error_line


@pytest.mark.parametrize("kind", ["folder", "array"])
def test_an_alpha_channel_that_is_left_out_is_said(tmp_path, kind):
    frames = noise((2, 40, 120, 4), high=255, dtype=np.uint8)
    source = frames
    if kind == "folder":
        source = write_folder(tmp_path / "in", frames, extrasamples=["unassalpha"])
    (note,) = t2v.convert(source, tmp_path / "o.mp4").notes
    assert "alpha" in note
    assert t2v.convert(frames[..., :3], tmp_path / "p.mp4").notes == ()
