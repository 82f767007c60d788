"""Raw counts in FFV1: every bit of them, read with tifffile and with ffmpeg."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise, numbered
from helpers.video import media

import napari_tif2video as t2v


def counts_in(ffmpeg, path, shape, dtype):
    """What another FFmpeg decodes, as (T, Y, X) or (T, Y, X, 3)."""
    is_deep, is_rgb = np.dtype(dtype).itemsize == 2, len(shape) == 3
    facts = ffmpeg.facts(path)
    expected = {(0, 0): "gray", (1, 0): "gray16le", (0, 1): "bgr0", (1, 1): "gbrp16le"}
    assert facts["pix_fmt"] == expected[is_deep, is_rgb]
    assert facts["codec_name"] == "ffv1"
    pix_fmt = "rgb24" if is_rgb and not is_deep else facts["pix_fmt"]
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", pix_fmt, "-"]
    out = subprocess.run(command, check=True, capture_output=True).stdout
    raw = np.frombuffer(out, "<u2" if is_deep else "u1")
    if is_rgb and is_deep:
        planes = raw.reshape(-1, 3, *shape[:2])[:, [2, 0, 1]]
        return np.moveaxis(planes, 1, -1)
    return raw.reshape(-1, *shape)


SHAPES = [(53, 1, 1), (53, 37, 53), (3, 201, 333), (53, 31, 17, 3), (1, 48, 160)]
TYPES = ["uint8", "uint16", ">u2"]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_files_keep_every_bit(tmp_path, ffmpeg, shape, dtype):
    top = np.iinfo(dtype).max
    stack = np.random.default_rng(2).integers(0, top + 1, shape).astype(dtype)
    if len(stack) > 2:
        stack[1], stack[2] = 5, top  # frames without contrast, of all zeros but the lowest bits
    folder = write_folder(tmp_path / "in", stack)
    video = t2v.convert(folder, tmp_path / "o.mkv", raw=True)
    wanted = np.stack([tifffile.imread(folder / f"t{i}.tif") for i in range(len(stack))])
    found = counts_in(ffmpeg, video.path, shape[1:], dtype)
    np.testing.assert_array_equal(found, wanted)
    assert (video.height, video.width) == shape[1:3]
    assert (video.codec, video.contrast, video.limits) == ("ffv1", "raw", None)


@pytest.mark.parametrize("fps", ["10", "30000/1001"])
def test_crop_frames_and_rate_are_free(tmp_path, ffmpeg, fps):
    stack = noise((60, 40, 50), high=4095)
    options = {"crop": "31x17+3+5", "frames": "4:58:2", "fps": fps}
    video = t2v.convert(stack, tmp_path / "o.mkv", raw=True, **options)
    found = counts_in(ffmpeg, video.path, (17, 31), np.uint16)
    np.testing.assert_array_equal(found, stack[4:58:2, 5:22, 3:34])
    assert ffmpeg.facts(video.path)["avg_frame_rate"] == (f"{fps}/1" if fps == "10" else fps)


def test_one_channel_and_slice_of_a_hyperstack(tmp_path, ffmpeg):
    stack = noise((4, 2, 3, 20, 30), high=60000)
    options = {"axes": "TCZYX", "channel": 1, "raw": True, "overwrite": True}
    for z, wanted in ((2, stack[:, 1, 2]), ("max", stack[:, 1].max(axis=1))):
        video = t2v.convert(stack, tmp_path / "o.mkv", z=z, **options)
        np.testing.assert_array_equal(counts_in(ffmpeg, video.path, (20, 30), np.uint16), wanted)
    for options["channel"], options["z"], reason in (
        ("all", 0, "choose one"),
        (0, "mean", "float64"),
        (0, "sum", "uint64"),
    ):
        with pytest.raises(t2v.SourceError, match=reason):
            t2v.convert(stack, tmp_path / "o.mkv", **options)


def test_white_as_zero_stays_so_and_is_said(tmp_path, ffmpeg):
    stack = noise((2, 20, 30))
    folder = write_folder(tmp_path / "in", stack, photometric="miniswhite")
    video = t2v.convert(folder, raw=True)
    np.testing.assert_array_equal(counts_in(ffmpeg, video.path, (20, 30), np.uint16), stack)
    assert any("white stays zero" in note for note in video.notes)
    assert video.path.name == "30px_10fps_raw_video.mkv"


def test_bool_becomes_zero_and_one(tmp_path, ffmpeg):
    stack = noise((3, 20, 30)) > 30000
    video = t2v.convert(stack, tmp_path / "o.mkv", raw=True)
    assert not any("white" in note for note in video.notes)
    np.testing.assert_array_equal(counts_in(ffmpeg, video.path, (20, 30), np.uint8), stack)


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "uint32", "float32", "float64"])
def test_counts_that_no_video_holds(tmp_path, dtype):
    with pytest.raises(t2v.SourceError, match=f"unsigned counts of 8 or 16 bits.*{dtype}"):
        t2v.convert(np.zeros((3, 20, 30), dtype), tmp_path / "o.mkv", raw=True)
    assert list(tmp_path.iterdir()) == []


def test_files_arrays_and_workers_give_the_same_bytes(tmp_path):
    import dask.array as da

    stack = numbered(103)
    sources = [write_folder(tmp_path / "in", stack), stack, da.from_array(stack, (7, 20, 160))]
    contents = []
    for workers, source in enumerate((*sources, stack, stack), 1):
        options = {"workers": workers, "overwrite": True, "memory_budget": 0}
        video = t2v.convert(source, tmp_path / "o.mkv", raw=True, **options)
        contents.append(media(video.path))
    assert all(found == contents[0] for found in contents)
    assert len(contents[0][0]) == 103


def test_the_preview_shows_what_players_show(tmp_path, ffmpeg):
    stack = noise((2, 20, 30))
    shown = t2v.render_frame(stack, 1, raw=True)
    np.testing.assert_array_equal(shown, np.repeat((stack[1] >> 8)[..., np.newaxis], 3, axis=2))
    video = t2v.convert(stack, tmp_path / "o.mkv", raw=True)
    pictures = ffmpeg.pictures(video.path, (20, 30)).astype(int)
    assert np.abs(pictures[1] - shown).max() <= 1


def test_the_summary_speaks_of_counts(tmp_path, cli):
    folder = write_folder(tmp_path / "in", numbered(2))
    ended = cli(folder, "--raw", "--report", tmp_path / "r.csv")
    assert "FFV1 of raw counts" in ended.err
    assert "counts as they are" in ended.err
    assert "clipped" not in ended.err
    assert ",raw,,,0.0," in (tmp_path / "r.csv").read_text()
