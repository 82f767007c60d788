"""Colours and display ranges as ImageJ stored them."""

from __future__ import annotations

import json
import struct

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


def test_the_only_channel_has_its_table_in_a_tag(tmp_path):
    options = {"imagej": True, "metadata": {"axes": "TYX", "LUTs": [FIRE]}}
    tifffile.imwrite(tmp_path / "s.tif", DATA[:, 0], **options)
    picture = t2v.render_frame(tmp_path / "s.tif", 2, width="full", limits=(0, 255))
    np.testing.assert_array_equal(picture, FIRE.T[DATA[2, 0]])


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


OME = (
    '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/{version}"><Image ID="Image:0">{before}'
    '<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" SizeX="120" SizeY="32" SizeZ="1" '
    'SizeC="2" SizeT="3"><Channel ID="Channel:0:0" Name="DAPI" SamplesPerPixel="1"/>'
    '<Channel ID="Channel:0:1" Name="GFP" SamplesPerPixel="1"/><TiffData/></Pixels>{behind}'
    "</Image></OME>"
)
LEVELS = (
    '<DisplayOptions><RedChannel ChannelNumber="1" BlackLevel="5" WhiteLevel="{}" Gamma="1.0"/>'
    '<BlueChannel ChannelNumber="0" BlackLevel="20" WhiteLevel="220"/></DisplayOptions>'
)


def write_ome(path, text, pages=DATA):
    with tifffile.TiffWriter(path) as writer:
        for number, page in enumerate(pages.reshape(-1, *pages.shape[-2:])):
            description = text if number == 0 else None
            writer.write(page, description=description, contiguous=False, metadata=None)
    return path


@pytest.mark.parametrize("place", ["before", "behind"])
def test_the_range_in_old_versions_of_ome(tmp_path, place):
    places = {"before": "", "behind": ""} | {place: LEVELS.format(105)}
    path = write_ome(tmp_path / "s.ome.tif", OME.format(version="2003-FC", **places))
    for channel, limits in enumerate([(20, 220), (5, 105)]):
        picture = t2v.render_frame(path, 2, channel=channel, contrast="stored", width="full")
        np.testing.assert_array_equal(picture[..., 0], to_grey(DATA[2, channel], *limits))


@pytest.mark.parametrize("levels", ["", LEVELS.format(5)])
def test_ome_without_a_range(tmp_path, cli, levels):
    text = OME.format(version="2007-06", before=levels, behind="")
    path = write_ome(tmp_path / "s.ome.tif", text)
    ended = cli(path, "--channel", "GFP", "--contrast", "stored")
    assert ended.code == 1
    assert "'stored' is for files that hold a display range" in ended.err


def write_ome_and_imagej(path, *ranges):
    """Micro-Manager writes both, ImageJ's description as the second one of the first page."""
    ome = OME.format(version="2015-01", before="", behind="")
    tags = [
        (271, 2, 0, "ImageJ=1.48\nimages=6\nchannels=2\nframes=3\n", True),
        *tifffile.tifffile.imagej_metadata_tag({"Ranges": ranges}, "<"),
    ]
    with tifffile.TiffWriter(path, byteorder="<") as writer:
        for number, page in enumerate(DATA.reshape(-1, *DATA.shape[-2:])):
            more = {} if number else {"description": ome, "extratags": tags}
            writer.write(page, contiguous=False, metadata=None, **more)
    content = path.read_bytes()
    assert content.count(struct.pack("<HH", 271, 2)) == 1
    path.write_bytes(content.replace(struct.pack("<HH", 271, 2), struct.pack("<HH", 270, 2)))
    return path


def test_the_range_of_imagej_in_a_file_with_ome_metadata(tmp_path):
    path = write_ome_and_imagej(tmp_path / "s.ome.tif", 10.0, 201.0, 0.0, 101.0)
    assert [info.limits for info in t2v.open_stack(path).channel_info] == [(10, 201), (0, 101)]
    picture = t2v.render_frame(path, 1, channel="GFP", contrast="stored", width="full")
    np.testing.assert_array_equal(picture[..., 0], to_grey(DATA[1, 1], 0, 101))


@pytest.mark.parametrize("ranges", [(10.0, 201.0), (10.0, 201.0, 7.0), (10.0, 201.0, 7.0, 7.0)])
def test_ranges_that_are_not_there_for_all_channels_are_none(tmp_path, ranges):
    path = write_ome_and_imagej(tmp_path / "s.ome.tif", *ranges)
    assert [info.limits for info in t2v.open_stack(path).channel_info] == [None, None]


def studio(*channels):
    """DisplaySettings.json as Micro-Manager 2.0 writes it, as far as it tells of channels."""
    return {
        "encoding": "UTF-8",
        "format": "Micro-Manager Property Map",
        "major_version": 2,
        "minor_version": 0,
        "map": {
            "ChannelSettings": {
                "type": "PROPERTY_MAP",
                "array": [
                    {
                        "Channel": {"type": "STRING", "scalar": name},
                        "Color": {
                            "type": "COLOR",
                            "scalar": {"ColorSpace": "sRGB", "Components": rgb, "Alpha": 1.0},
                        },
                        "ComponentSettings": {
                            "type": "PROPERTY_MAP",
                            "array": [
                                {
                                    "ScalingMax": {"type": "LONG", "scalar": high},
                                    "ScalingMin": {"type": "LONG", "scalar": low},
                                },
                                {
                                    "ScalingMax": {"type": "LONG", "scalar": 2**63 - 1},
                                    "ScalingMin": {"type": "LONG", "scalar": 0},
                                },
                            ],
                        },
                    }
                    for name, rgb, low, high in channels
                ],
            }
        },
    }


def write_mmstack(path, text, pages=DATA):
    """With the tag by which files of Micro-Manager are known."""
    with tifffile.TiffWriter(path) as writer:
        for number, page in enumerate(pages.reshape(-1, *pages.shape[-2:])):
            meta = json.dumps({"FrameIndex": number // 2}).encode() + b"\0"
            writer.write(
                page,
                description=text if number == 0 else None,
                contiguous=False,
                metadata=None,
                extratags=[(51123, "s", len(meta), meta, True)],
            )
    return path


def test_how_micro_manager_showed_the_channels(tmp_path):
    text = OME.format(version="2015-01", before="", behind="")
    path = write_mmstack(tmp_path / "s_MMStack_Pos0.ome.tif", text)
    shown = studio(("GFP", [0.0, 1.0, 0.0], 30, 131), ("DAPI", [0.0, 0.0, 1.0], 0, 2**63 - 1))
    (tmp_path / "DisplaySettings.json").write_text(json.dumps(shown))
    info = t2v.open_stack(path).channel_info
    assert [i.limits for i in info] == [None, (30, 131)]
    picture = t2v.render_frame(path, 1, channel="GFP", contrast="stored", width="full")
    np.testing.assert_array_equal(picture[..., 0], to_grey(DATA[1, 1], 30, 131))
    merged = t2v.render_frame(path, 1, channel="all", width="full", limits=(0, 255))
    np.testing.assert_array_equal(merged[..., 1], DATA[1, 1])
    np.testing.assert_array_equal(merged[..., 2], DATA[1, 0])
    assert not merged[..., 0].any()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"map": {"ChannelSettings": {"array": [1]}}}'])
def test_display_settings_of_another_version(tmp_path, text):
    path = write_mmstack(
        tmp_path / "s.ome.tif", OME.format(version="2015-01", before="", behind="")
    )
    (tmp_path / "DisplaySettings.json").write_text(text)
    assert [info.limits for info in t2v.open_stack(path).channel_info] == [None, None]


def test_a_range_for_one_of_two_channels_is_none(tmp_path):
    path = write_composite(tmp_path / "s.tif", DATA, ranges=(10.0, 201.0))
    with pytest.raises(t2v.SourceError, match="'stored' is for files that hold a display range"):
        t2v.render_frame(path, 0, channel="all", contrast="stored")
