"""Data in subfolders: one data set where their names say so, else a video of each."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile
from helpers.files import everything_in
from helpers.frames import noise

import napari_tif2video as t2v

T, C, Z = 3, 2, 4
HYPER = noise((T, C, Z, 12, 20), high=60000)


def write(folder, name, data):
    """A file of each frame; `name` is a pattern, or a function of the frame's place."""
    for place in np.ndindex(data.shape[:-2]):
        path = folder / (name(*place) if callable(name) else name.format(*place))
        path.parent.mkdir(parents=True, exist_ok=True)
        assert not path.exists()
        tifffile.imwrite(path, data[place])
    return folder


def channel(c):
    return ("GFP", "mCherry")[c]


CHANNELS = {
    "same names": (lambda t, c: f"{channel(c)}/t{t:03}.tif", ("GFP", "mCherry")),
    "own names": (
        lambda t, c: f"{channel(c)}/exp_{channel(c).lower()}_{t:03}.tif",
        ("GFP", "mCherry"),
    ),
    "numbered": ("channel{1}/C{1}-MAX_t{0}.tif", ("channel0", "channel1")),
    "stains of two words": (
        lambda t, c: f"{('Alexa 488', 'Cy5')[c]}/{t}.tif",
        ("Alexa 488", "Cy5"),
    ),
    "MetaXpress": ("TimePoint_{0}/exp_A01_s1_w{1}.tif", ("w0", "w1")),
    "times of channels": (lambda t, c: f"{channel(c)}/time{t}/img.tif", ("GFP", "mCherry")),
    "channels of times": (
        lambda t, c: f"TimePoint_{t + 9}/{channel(c)}/img.tif",
        ("GFP", "mCherry"),
    ),
}


@pytest.mark.parametrize(("name", "channels"), CHANNELS.values(), ids=CHANNELS)
def test_channels_and_times_in_subfolders(tmp_path, name, channels):
    folder = write(tmp_path / "in", name, HYPER[:, :, 0])
    stack = t2v.open_stack(folder)
    assert stack.axes == "TCYX"
    assert tuple(info.name for info in stack.channel_info) == channels
    np.testing.assert_array_equal(stack.data.compute(), HYPER[:, :, 0])
    assert any(note.startswith("read from its subfolders: ") for note in stack.notes)


def test_time_points_in_subfolders(tmp_path):
    data = np.repeat(HYPER[:, 0], 4, axis=0)[:, 0]  # twelve, of which 10 comes behind 9
    folder = write(tmp_path / "in", lambda t: f"TimePoint_{t + 1}/exp_A01_s1.TIF", data)
    stack = t2v.open_stack(folder)
    assert stack.axes == "TYX"
    np.testing.assert_array_equal(stack.data.compute(), data)


def test_slices_in_subfolders(tmp_path):
    folder = write(tmp_path / "in", "TimePoint_{0}/ZStep_{1}/exp_A01.tif", HYPER[:, 0])
    stack = t2v.open_stack(folder)
    assert stack.axes == "TZYX"
    np.testing.assert_array_equal(stack.data.compute(), HYPER[:, 0])


def test_volumes_in_subfolders(tmp_path):
    for c in range(C):
        (tmp_path / channel(c)).mkdir()
        for t in range(T):
            path = tmp_path / channel(c) / f"t{t}.tif"
            tifffile.imwrite(path, HYPER[t, c], photometric="minisblack")
    stack = t2v.open_stack(tmp_path, axes="TCZYX")
    assert stack.axes == "TCZYX"
    np.testing.assert_array_equal(stack.data.compute(), HYPER)


def test_all_channels_become_one_video_in_the_folder(tmp_path, cli):
    folder = write(tmp_path / "in", CHANNELS["same names"][0], HYPER[:, :, 0])
    before = everything_in(folder)
    ended = cli(folder, "--channel", "all", "--width", "full", "--json")
    assert ended.code == 0
    (source,) = json.loads(ended.out)["sources"]
    assert source["frames"] == T
    assert set(everything_in(folder)) - set(before) == {folder / "20px_10fps_merged_video.mp4"}
    merged = t2v.render_frame(folder, 1, channel="all", width="full")
    stack = t2v.open_stack(HYPER[:, :, 0], axes="TCYX")
    expected = t2v.render_frame(stack, 1, channel="all", width="full")
    np.testing.assert_array_equal(merged, expected)


def test_match_looks_at_names_or_whole_paths(tmp_path):
    folder = write(tmp_path / "in", CHANNELS["same names"][0], HYPER[:, :, 0])
    only = t2v.open_stack(folder, match="mCherry/*")
    np.testing.assert_array_equal(only.data.compute(), HYPER[:, 1, 0])
    some = t2v.open_stack(folder, match="t00[12].tif")
    np.testing.assert_array_equal(some.data.compute(), HYPER[1:, :, 0])


SEPARATE = {
    "positions": "pos{}/t{}.tif",
    "experiments": "exp{}/t{}.tif",
    "conditions": lambda p, t: f"{('control', 'treated')[p]}/{t}.tif",
    "a stain among others": lambda p, t: f"{('GFP', 'control')[p]}/{t}.tif",
}


@pytest.mark.parametrize("name", SEPARATE.values(), ids=SEPARATE)
def test_other_subfolders_are_converted_one_by_one(tmp_path, cli, name):
    folder = write(tmp_path / "in", name, HYPER[:, :, 0].swapaxes(0, 1))
    ended = cli(folder, "--quiet")
    assert ended.code == 1
    assert "in 2 subfolders; add --recursive for a video of each" in ended.error_line
    assert "by channel, time point or slice" in ended.error_line
    ended = cli(folder, "--recursive", "--json")
    assert [s["frames"] for s in json.loads(ended.out)["sources"]] == [T, T]


def test_several_sites_of_time_points_are_positions(tmp_path, cli):
    folder = write(tmp_path / "in", "TimePoint_{0}/exp_A01_s{1}.tif", HYPER[:, :, 0])
    ended = cli(folder, "--quiet")
    assert ended.code == 1
    assert "2 positions: s0, s1; add --position s0 or each" in ended.error_line
    stack = t2v.open_stack(folder)
    assert stack.axes == "PTYX"
    np.testing.assert_array_equal(stack.data.compute(), HYPER[:, :, 0].swapaxes(0, 1))


def test_images_in_the_folder_itself_come_first(tmp_path):
    folder = write(tmp_path / "in", CHANNELS["same names"][0], HYPER[:, :, 0])
    write(folder, "t{}.tif", HYPER[:, 0, 1])
    np.testing.assert_array_equal(t2v.open_stack(folder).data.compute(), HYPER[:, 0, 1])


def test_masks_and_thumbnails_in_subfolders_are_no_frames(tmp_path):
    folder = write(tmp_path / "in", CHANNELS["same names"][0], HYPER[:, :, 0])
    write(folder, "masks/t{:03}.tif", HYPER[:, 0, 1])
    write(folder, "thumbs/t{:03}.tif", HYPER[:, 0, 1])
    stack = t2v.open_stack(folder)
    np.testing.assert_array_equal(stack.data.compute(), HYPER[:, :, 0])
    assert any("3 masks are left out" in note for note in stack.notes)


def test_a_dangling_link_in_a_subfolder_is_no_reason_to_leave_it_out(tmp_path):
    folder = write(tmp_path / "in", CHANNELS["stains of two words"][0], HYPER[:, :, 0])
    (folder / "DAPI").mkdir()
    for t in range(T):
        (folder / "DAPI" / f"{t}.tif").symlink_to(tmp_path / "gone" / f"{t}.tif")
    with pytest.raises(t2v.SourceError, match=r"DAPI: 3 of its 3 images are links"):
        t2v.open_stack(folder)


def test_the_subfolders_that_are_read_are_named(tmp_path):
    data = np.repeat(HYPER[:, 0, 0], 3, axis=0)[:8]
    folder = write(tmp_path / "in", lambda t: f"Time_{t}/exp.tif", data)
    listed = "Time_0, Time_1, Time_2, Time_3, Time_4, ... Time_7"
    assert f"read from its subfolders: {listed}" in t2v.open_stack(folder).notes


def test_hidden_subfolders_are_not_read(tmp_path):
    folder = write(tmp_path / "in", CHANNELS["same names"][0], HYPER[:, :, 0])
    write(folder, ".C9/t{:03}.tif", HYPER[:, 0, 1])
    stack = t2v.open_stack(folder)
    assert dict(stack.sizes) == {"T": T, "C": C}
