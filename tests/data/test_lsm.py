"""Zeiss's LSM files, written as the program writes them: channels within pages."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
import tifffile
from helpers.files import write_pages
from helpers.frames import noise, numbered
from helpers.lsm import write_lsm
from helpers.video import numbers

import napari_tif2video as t2v
from napari_tif2video.data import identity_of

T, C = 4, 2
DATA = noise((T, C, 12, 20), high=60000)
COLOURS = (("Ch1-T1", (0, 255, 0)), ("Ch2-T2", (255, 0, 0)))


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"rowsperstrip": 4}])
def test_channels(tmp_path, options):
    path = write_lsm(tmp_path / "s.lsm", DATA, colours=COLOURS, stamps=(3, 5, 7.5, 9), **options)
    stack = t2v.open_stack(path)
    assert stack.axes == "TCYX"
    np.testing.assert_array_equal(stack.data.compute(), DATA)
    assert [info.name for info in stack.channel_info] == ["Ch1-T1", "Ch2-T2"]
    assert stack.pixel_size_um == pytest.approx(0.1)
    assert stack.z_spacing_um == pytest.approx(1)
    assert stack.calibration.times_s == (0, 2, 4.5, 6)
    for channel in (1, "Ch2-T2"):
        picture = t2v.render_frame(path, 2, channel=channel, width="full")
        np.testing.assert_array_equal(picture, t2v.render_frame(DATA[:, 1], 2, width="full"))
    merged = t2v.render_frame(path, 2, channel="all", width="full", limits=(0, 60000))
    assert not merged[..., 2].any()
    green = t2v.render_frame(DATA[:, 0], 2, width="full", limits=(0, 60000))[..., 0]
    np.testing.assert_array_equal(merged[..., 1], green)


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}])
def test_each_channel_of_each_page_is_told_from_the_others(tmp_path, options):
    """Else a run that is taken up again would take the segments of another channel."""
    stack = t2v.open_stack(write_lsm(tmp_path / "s.lsm", DATA, **options))
    frames = stack.planes.frames
    found = {repr(identity_of(frames.select([i]))) for i in range(len(frames))}
    assert len(found) == len(frames) == T * C


def test_three_channels_of_8_bits(tmp_path):
    data = noise((T, 3, 12, 20), high=250, dtype=np.uint8)
    stack = t2v.open_stack(write_lsm(tmp_path / "s.lsm", data))
    assert (stack.axes, stack.shape) == ("TCYX", data.shape)
    np.testing.assert_array_equal(stack.data.compute(), data)


def test_videos_of_channels(tmp_path, cli):
    frames = numbered(T * C).reshape(T, C, 48, 160)
    path = write_lsm(tmp_path / "s.lsm", frames)
    ended = cli(path, "--channel", "each", "--json")
    assert ended.code == 0
    sources = json.loads(ended.out)["sources"]
    assert [numbers(source["output"]) for source in sources] == [[0, 2, 4, 6], [1, 3, 5, 7]]


def test_a_file_of_each_time_point(tmp_path):
    for t in range(T):
        write_lsm(tmp_path / f"t{t}.lsm", DATA[t : t + 1])
    stack = t2v.open_stack(tmp_path)
    assert stack.axes == "TCYX"
    np.testing.assert_array_equal(stack.data.compute(), DATA)


@pytest.mark.parametrize("planarconfig", ["separate", "contig"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_channels_within_pages_of_other_files(tmp_path, planarconfig, compression):
    path = tmp_path / "s.tif"
    with tifffile.TiffWriter(path) as writer:
        for frame in DATA:
            data = frame if planarconfig == "separate" else np.moveaxis(frame, 0, -1)
            writer.write(data, photometric="minisblack", planarconfig=planarconfig,
                         compression=compression, contiguous=False, metadata=None)  # fmt: skip
    stack = t2v.open_stack(path)
    assert stack.shape == DATA.shape
    np.testing.assert_array_equal(stack.data.compute(), DATA)


def test_alpha_is_no_channel(tmp_path):
    path = tmp_path / "s.tif"
    tifffile.imwrite(path, np.moveaxis(DATA[0], 0, -1), photometric="minisblack",
                     planarconfig="contig", extrasamples=["unassalpha"])  # fmt: skip
    with pytest.raises(t2v.SourceError, match="2 samples a pixel"):
        t2v.open_stack(path)


def test_a_page_of_more_channels_than_the_first_file_of_its_folder(tmp_path, cli):
    """It would be shown without its second channel."""
    for t in range(3):
        write_pages(tmp_path / f"t{t}.tif", [DATA[t, 0]])
    tifffile.imwrite(tmp_path / "t1.tif", DATA[1], photometric="minisblack",
                     planarconfig="separate")  # fmt: skip
    ended = cli(tmp_path, "--dry-run")
    assert ended.code == 1
    assert "t1.tif" in ended.out


def test_a_single_channel_is_grey_whatever_its_colour(tmp_path):
    path = write_lsm(tmp_path / "s.lsm", DATA[:, 0], colours=COLOURS[:1])
    assert [info.name for info in t2v.open_stack(path).channel_info] == ["Ch1-T1"]
    expected = t2v.render_frame(DATA[:, 0], 1, width="full")
    np.testing.assert_array_equal(t2v.render_frame(path, 1, width="full"), expected)


def test_channels_one_behind_the_other_that_end_early(tmp_path):
    path = tmp_path / "s.tif"
    with tifffile.TiffWriter(path) as writer:
        for frame in DATA:
            writer.write(frame, photometric="minisblack", planarconfig="separate",
                         contiguous=False, metadata=None)  # fmt: skip
    content = path.read_bytes()
    with tifffile.TiffFile(path) as tif:
        page = tif.pages[-1]
        tag, end = page.tags["StripOffsets"], page.dataoffsets[1] + page.databytecounts[1]
        at = tag.valueoffset + 4  # where the last channel of the last page begins
    beyond = len(content) - (end - page.dataoffsets[1]) + 2
    path.write_bytes(content[:at] + struct.pack("<I", beyond) + content[at + 4 :])
    with pytest.raises(t2v.SourceError, match="ends within a page; the file is damaged"):
        t2v.open_stack(path)
