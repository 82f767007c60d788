"""Colours and display ranges as ImageJ stored them."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from helpers.frames import noise
from helpers.imagej import FIRE, write_composite, write_stack
from helpers.oracle import to_grey

import napari_tif2video as t2v

T, C = 3, 2
DATA = noise((T, C, 32, 120), low=3, high=247, dtype=np.uint8)


def test_channels_of_8_bits_have_their_own_colours(tmp_path):
    path = write_composite(tmp_path / "s.tif", DATA)
    stack = t2v.open_stack(path)
    assert (stack.axes, stack.dtype) == ("TCYX", np.uint8)
    np.testing.assert_array_equal(stack.data.compute(), DATA)
    picture = t2v.render_frame(path, 1, channel="all", width="full", limits=(0, 255))
    np.testing.assert_array_equal(picture[..., 2], DATA[1, 0])
    np.testing.assert_array_equal(picture[..., 0], DATA[1, 1])
    assert not picture[..., 1].any()
    one = t2v.render_frame(path, 1, channel=1, width="full", limits=(0, 255))
    np.testing.assert_array_equal(one, np.repeat(DATA[1, 1, ..., np.newaxis], 3, axis=2))


def test_a_stack_with_a_look_up_table(tmp_path, cli):
    path = write_stack(tmp_path / "s.tif", DATA[:, 0])
    stack = t2v.open_stack(path)
    np.testing.assert_array_equal(stack.data.compute(), DATA[:, 0])
    picture = t2v.render_frame(path, 2, width="full", limits=(0, 255))
    np.testing.assert_array_equal(picture, FIRE.T[DATA[2, 0]])
    grey = t2v.render_frame(path, 2, width="full", limits=(0, 255), colormap="gray")
    np.testing.assert_array_equal(grey[..., 0], DATA[2, 0])
    assert "look-up table" in cli(path, "--dry-run").out


def test_a_folder_of_images_with_a_look_up_table(tmp_path):
    for t in range(T):
        write_stack(tmp_path / f"t{t}.tif", DATA[t : t + 1, 0])
    picture = t2v.render_frame(tmp_path, 2, width="full", contrast="stored")
    np.testing.assert_array_equal(picture, FIRE.T[to_grey(DATA[2, 0], 20, 121).astype(int)])


def test_a_table_of_other_programs_is_no_look_up_table(tmp_path):
    """Places in a table of colours: neighbours need not look alike."""
    path = tmp_path / "s.tif"
    tifffile.imwrite(path, DATA[0, 0], photometric="palette", colormap=FIRE.astype(np.uint16) * 257)
    assert t2v.open_stack(path).axes == "TYXS"


def test_the_stored_range(tmp_path, cli):
    path = write_composite(tmp_path / "c.tif", DATA)
    for channel, limits in enumerate([(10, 201), (0, 101)]):
        picture = t2v.render_frame(path, 0, channel=channel, contrast="stored", width="full")
        np.testing.assert_array_equal(picture[..., 0], to_grey(DATA[0, channel], *limits))
    video = t2v.convert(path, channel="all", contrast="stored")
    assert video.limits == ((10, 201), (0, 101))
    assert video.output.name == "c_500px_10fps_merged_stored_video.mp4"
    recipe = t2v.read_recipe(video.output)
    assert recipe.contrast == recipe.settings["contrast"] == "stored"
    assert "stored in the source" in cli("--inspect", video.output).out
    again = t2v.VideoSettings.load(video.output)
    assert again.contrast == "stored"
    path = write_stack(tmp_path / "s.tif", DATA[:, 0], lut=None)
    picture = t2v.render_frame(path, 0, contrast="stored", width="full")
    np.testing.assert_array_equal(picture[..., 0], to_grey(DATA[0, 0], 20, 121))


@pytest.mark.parametrize("text", ["", "min=5.0\n", "min=5.0\nmax=5.0\n", "min=a\nmax=b\n"])
def test_without_a_stored_range(tmp_path, cli, text):
    path = write_stack(tmp_path / "s.tif", DATA[:, 0], text=text)
    ended = cli(path, "--contrast", "stored")
    assert ended.code == 1
    assert "'stored' is for files that hold a display range" in ended.err
    with pytest.raises(t2v.SettingsError, match="stored"):
        t2v.VideoSettings(contrast="stored", percentile=(1, 99))
