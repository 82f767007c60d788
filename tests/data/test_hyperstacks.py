"""Hyperstacks: every plane is found where its metadata put it, and the part asked for is shown."""

from __future__ import annotations

import json

import dask.array as da
import numpy as np
import pytest
import tifffile
from helpers.files import write_pages
from helpers.frames import noise
from helpers.oracle import to_grey
from helpers.stk import write_stk
from helpers.video import decoded, grey_of

import napari_tif2video as t2v
from napari_tif2video.data import identity_of, need_dask

T, C, Z = 4, 2, 3
HYPER = noise((T, C, Z, 32, 120), low=100, high=9001)  # an odd range: no grey level is a tie
WHOLE = t2v.CropBox(9, 8, 0, 0)
OME_NAMES = {"axes": "TCZYX", "Channel": {"Name": ["DAPI", "GFP"]}}


def ome_xml(order="XYCZT", sizes=(T, C, Z), blocks="<TiffData/>", channels="", pixels=""):
    """OME-XML for planes of HYPER's size."""
    t, c, z = sizes
    channels = channels or "".join(f'<Channel ID="Channel:0:{i}"/>' for i in range(c))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
        f'<Pixels ID="Pixels:0" DimensionOrder="{order}" Type="uint16" SizeX="120" SizeY="32" '
        f'SizeT="{t}" SizeC="{c}" SizeZ="{z}" {pixels}>{channels}{blocks}</Pixels></Image></OME>'
    )


def write_ome(path, planes, xml, **options):
    """Planes as pages in the order given, described by the XML."""
    with tifffile.TiffWriter(path, ome=False) as writer:
        for index, plane in enumerate(planes):
            text = {"description": xml} if index == 0 else {}
            writer.write(plane, contiguous=False, metadata=None, **text, **options)
    return path


@pytest.fixture
def ome(tmp_path):
    path = tmp_path / "cells.ome.tif"
    tifffile.imwrite(path, HYPER, ome=True, metadata=OME_NAMES, photometric="minisblack")
    return path


def shown(source, index=0, **options):
    """A frame at the data's size, grey."""
    picture = t2v.render_frame(source, index, width="full", **options)
    assert (picture == picture[..., :1]).all()
    return picture[..., 0]


def check(stack, data=HYPER, axes="TCZYX"):
    assert (stack.axes, stack.shape, stack.dtype) == (axes, data.shape, data.dtype)
    lazy = stack.data
    assert lazy.chunks[-2:] == ((32,), (120,))
    np.testing.assert_array_equal(lazy.compute(), data)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("program", ["imagej", "ome", "shaped"])
def test_planes_are_where_programs_put_them(tmp_path, program, compression):
    order = {"imagej": "TZCYX", "ome": "TCZYX", "shaped": "ZTCYX"}[program]
    data = HYPER.transpose(["TCZYX".index(axis) for axis in order])
    kind = {} if program == "shaped" else {program: True}
    tifffile.imwrite(
        tmp_path / "s.tif",
        data,
        metadata={"axes": order},
        compression=compression,
        photometric="minisblack",
        **kind,
    )
    check(t2v.open_stack(tmp_path / "s.tif"))


@pytest.mark.parametrize("order", ["XYCZT", "XYCTZ", "XYZCT", "XYZTC", "XYTCZ", "XYTZC"])
@pytest.mark.parametrize("compression", [None, "lzw"])
def test_every_order_of_planes(tmp_path, order, compression):
    slow_first = list(reversed(order[2:]))
    data = HYPER.transpose([*("TCZ".index(axis) for axis in slow_first), 3, 4])
    planes = data.reshape(-1, 32, 120)
    check(t2v.open_stack(write_ome(tmp_path / "s.tif", planes, ome_xml(order))))


def test_planes_listed_one_by_one_in_any_order(tmp_path):
    places = [(t, c, z) for t in range(T) for c in range(C) for z in range(Z)]
    np.random.default_rng(0).shuffle(places)
    blocks = "".join(
        f'<TiffData IFD="{i}" FirstT="{t}" FirstC="{c}" FirstZ="{z}" PlaneCount="1"/>'
        for i, (t, c, z) in enumerate(places)
    )
    planes = [HYPER[place] for place in places]
    path = write_ome(tmp_path / "s.tif", planes, ome_xml(blocks=blocks))
    check(t2v.open_stack(path))
    lost = blocks[: blocks.rindex("<TiffData")]
    path = write_ome(tmp_path / "lost.tif", planes, ome_xml(blocks=lost))
    with pytest.raises(t2v.SourceError, match=r"lost\.tif: 1 of 24 planes are missing"):
        t2v.open_stack(path)


def test_a_single_directory_for_all_planes(tmp_path):
    """ImageJ writes files over 4 GB like this: one page entry, all planes one after the other."""
    data = HYPER.transpose(0, 2, 1, 3, 4)
    path = tmp_path / "s.tif"
    tifffile.imwrite(path, data, imagej=True, truncate=True, metadata={"axes": "TZCYX"})
    check(t2v.open_stack(path))
    path.write_bytes(path.read_bytes()[: -HYPER[0, 0, 0].nbytes])
    with pytest.raises(t2v.SourceError, match=r"s\.tif.*states 24 images but ends after"):
        t2v.open_stack(path)


def test_stale_counts_of_imagej(tmp_path):
    """Planes that were added or removed are whole time points, or the file is not believed."""
    text = f"ImageJ=1.53t\nimages=12\nchannels={C}\nslices={Z}\nframes=2\nhyperstack=true\n"
    data = HYPER.transpose(0, 2, 1, 3, 4).reshape(-1, 32, 120)
    path = write_pages(tmp_path / "s.tif", data, description=text)
    stack = t2v.open_stack(path)
    check(stack)
    assert "4" in " ".join(stack.notes)
    write_pages(path, data[:-1], description=text)
    with pytest.raises(t2v.SourceError, match=r"s\.tif.*holds 23 planes"):
        t2v.open_stack(path)


def test_of_a_pyramid_the_full_resolution_is_read(tmp_path):
    path = tmp_path / "pyramid.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        writer.write(HYPER, subifds=1, tile=(16, 16), metadata={"axes": "TCZYX"})
        writer.write(HYPER[..., ::2, ::2], subfiletype=1, tile=(16, 16))
    check(t2v.open_stack(path))


def test_stacks_of_metamorph(tmp_path, cli):
    frames = HYPER[:, 0, 0]
    path = write_stk(tmp_path / "s.stk", frames, times_ms=[86390000, 86395000, 0, 5000])
    stack = t2v.open_stack(path)
    check(stack, frames, "TYX")
    assert (stack.pixel_size_um, stack.frame_interval_s) == pytest.approx((0.325, 5))
    assert "MetaMorph" in stack.pixel_size_origin
    assert cli(tmp_path / "*.stk", "--dry-run").code == 0
    write_stk(path, frames, pixel=(99, 1))  # Prairie View knows no better
    assert t2v.open_stack(path).pixel_size_um is None
    assert "99 µm" in " ".join(t2v.open_stack(path).notes)
    write_stk(path, frames, distances=[1] * T)
    np.testing.assert_array_equal(shown(path, 0, z=2), to_grey(frames[2], 100, 9001))
    write_stk(path, frames, stated=10**8)
    with pytest.raises(t2v.SourceError, match=r"s\.stk"):
        t2v.open_stack(path)


def test_rgb_planes(tmp_path):
    data = noise((T, Z, 32, 120, 3), high=255, dtype=np.uint8)
    for kind in ("imagej", "ome"):
        axes = {"axes": "TZYXS"}
        path = tmp_path / f"{kind}.tif"
        tifffile.imwrite(path, data, metadata=axes, photometric="rgb", **{kind: True})
        stack = t2v.open_stack(path)
        assert (stack.axes, stack.shape) == ("TZYXS", data.shape)
        np.testing.assert_array_equal(stack.data.compute(), data)


def test_opening_reads_no_plane(ome):
    size = HYPER[0, 0, 0].nbytes
    with tifffile.TiffFile(ome) as tif:
        offsets = [page.dataoffsets[0] for page in tif.pages]
    with open(ome, "r+b") as file:  # all but one plane become noise
        for offset in offsets[:-1]:
            file.seek(offset)
            file.write(b"\xff" * size)
    np.testing.assert_array_equal(t2v.open_stack(ome).data[-1, -1, -1].compute(), HYPER[-1, -1, -1])


@pytest.mark.parametrize(
    ("z", "reduced"),
    [
        (1, HYPER[:, 1, 1]),
        ("max", HYPER[:, 1].max(axis=1)),
        ("mean", HYPER[:, 1].astype(float).mean(axis=1)),
        ("sum", HYPER[:, 1].astype(np.int64).sum(axis=1)),
        ("median", np.median(HYPER[:, 1], axis=1)),
        (None, HYPER[:, 1].max(axis=1)),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["file", "numpy", "dask"])
def test_slices_and_projections(ome, z, reduced, kind):
    source, axes = ome, {}
    if kind != "file":
        mixed = HYPER.transpose(2, 0, 1, 3, 4)
        source = mixed if kind == "numpy" else da.from_array(mixed, chunks=(2, 3, 1, 20, 70))
        axes = {"axes": "ZTCYX"}
    for index in (0, T - 1):
        picture = shown(source, index, channel=1, z=z, contrast="global", **axes)
        expected = to_grey(reduced[index], reduced.min(), reduced.max())
        assert np.abs(picture - expected).max() <= 1
        assert (picture != expected).mean() < 0.001


def test_projections_of_many_bright_slices_do_not_overflow():
    for dtype, value in ((np.uint8, 255), (np.int16, -30000), (np.uint16, 65535)):
        array = np.full((2, 40, 16, 120), value, dtype)
        array[1, :, 0] = 0
        low, high = sorted((0, 40 * value))
        picture = shown(array, 1, axes="TZYX", z="sum", limits=(low, high))
        assert (picture[1:] == (255 if value > 0 else 0)).all()
        assert (picture[0] == (0 if value > 0 else 255)).all()


def test_missing_values_do_not_spoil_a_projection():
    array = np.ones((2, 3, 16, 120), np.float32)
    array[0, 1] = 4
    array[0, 0, :5] = np.nan
    array[0, :, 8:] = np.nan
    for z, first, other in (("max", 4, 4), ("mean", 2.5, 2), ("sum", 5, 6), ("median", 2.5, 1)):
        picture = shown(array, 0, axes="TZYX", z=z, limits=(0, 10))
        assert (picture[:5] == round(first * 25.5)).all()
        assert (picture[5:8] == round(other * 25.5)).all()
        assert (picture[8:] == 0).all()


@pytest.mark.parametrize("z", ["max", "mean", "sum", "median"])
def test_of_a_single_value_that_is_there_any_projection_is_that_value(z):
    array = np.full((2, 3, 16, 120), np.nan, np.float32)
    array[:, 1] = 6
    assert (shown(array, 0, axes="TZYX", z=z, limits=(0, 10)) == round(6 * 25.5)).all()


def test_hyperstacks_of_unknown_size_are_refused():
    array = da.from_array(np.ones((4, 3, 16, 120)), chunks=1)
    array = array[array[:, 0, 0, 0] > 0]
    with pytest.raises(t2v.SourceError, match="has chunks of unknown size; call compute_chunk_"):
        t2v.open_stack(array, axes="TZYX")


def test_channels_by_number_and_name(ome):
    wanted = to_grey(HYPER[2, 1, 0], 100, 9001)
    for channel in (1, "1", "GFP", "gfp"):
        np.testing.assert_array_equal(shown(ome, 2, channel=channel, z=0), wanted)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "2 channels: DAPI, GFP; add --channel DAPI, all or each"),
        ({"channel": 2}, "no channel 2, but 2 channels: DAPI, GFP"),
        ({"channel": "RFP"}, "no channel RFP, but 2 channels: DAPI, GFP"),
        ({"channel": 0, "z": 3}, "no slice 3: 3 in all"),
        ({"channel": 0, "play": "P"}, r"no axis P to play; its axes are T \(4\), C \(2\), Z \(3\)"),
        ({"channel": 0, "play": "C"}, "leave out --play or --channel"),
        ({"channel": 0, "play": "Z", "z": "max"}, "leave out --play or --z"),
        ({"axes": "TCYX"}, r"axes TCZYX with the sizes 4x2x3x32x120.*TCYX"),
    ],
    ids=str,
)
def test_what_is_not_there_is_said(ome, tmp_path, options, message):
    with pytest.raises(t2v.SourceError, match=rf"cells\.ome\.tif: .*{message}"):
        t2v.convert(ome, tmp_path / "o.mp4", **options)
    assert not (tmp_path / "o.mp4").exists()


@pytest.mark.parametrize(
    "options",
    [{"channel": -1}, {"channel": ""}, {"channel": 1.5}, {"z": -1}, {"z": "min"}, {"play": "X"},
     {"play": "TZ"}, {"axes": "TCZ"}, {"axes": "TTYX"}],
    ids=str,
)  # fmt: skip
def test_settings_that_make_no_sense(options):
    (name,) = options
    with pytest.raises(t2v.SettingsError, match=name):
        t2v.VideoSettings(**options)


def test_the_axis_that_is_played(ome):
    options = {"contrast": "global", "width": "full"}
    slices = [t2v.render_frame(ome, i, play="z", channel=0, **options)[..., 0] for i in range(Z)]
    for picture, expected in zip(slices, HYPER[0, 0], strict=True):
        np.testing.assert_array_equal(picture, to_grey(expected, 100, 9001))
    np.testing.assert_array_equal(shown(ome, 1, play="C", z=2), to_grey(HYPER[0, 1, 2], 100, 9001))
    with pytest.raises(t2v.SettingsError, match="index"):
        t2v.render_frame(ome, Z, play="Z", channel=0)


@pytest.mark.parametrize("axes", ["TYX", "ZYX", "CYX"])
def test_a_single_axis_is_always_played(tmp_path, cli, axes):
    tifffile.imwrite(tmp_path / "s.tif", HYPER[:, 0, 0], imagej=True, metadata={"axes": axes})
    (source,) = json.loads(cli(tmp_path / "s.tif", "--dry-run", "--json").out)["sources"]
    assert source["frames"] == T
    assert any("are played" in note for note in source["notes"]) == (axes != "TYX")
    picture = shown(t2v.open_stack(HYPER[:, 0, 0], axes=axes), 3)
    np.testing.assert_array_equal(picture, to_grey(HYPER[3, 0, 0], 100, 9001))


def test_merged_channels_have_their_own_colours_and_limits(tmp_path):
    data = HYPER[:, :, 0].copy()
    data[:, 1] = data[:, 1] // 7 + 5000
    path = tmp_path / "s.ome.tif"
    colours = '<Channel ID="C:0" Color="-16776961"/><Channel ID="C:1" Color="16711935"/>'
    xml = ome_xml("XYCTZ", (T, C, 1), channels=colours)  # red and green, as signed RGBA
    write_ome(path, data.reshape(-1, 32, 120), xml)
    picture = t2v.render_frame(path, 1, channel="all", width="full", contrast="global")
    grey = [to_grey(data[1, c], data[:, c].min(), data[:, c].max()) for c in range(C)]
    np.testing.assert_array_equal(picture[..., 0], grey[0])
    np.testing.assert_array_equal(picture[..., 1], grey[1])
    assert not picture[..., 2].any()
    video = t2v.convert(path, tmp_path / "o.mp4", channel="all", contrast="global")
    assert video.limits == tuple((float(d.min()), float(d.max())) for d in (data[:, 0], data[:, 1]))


@pytest.mark.parametrize(
    ("count", "colours"), [(2, [(1, 0, 1), (0, 1, 0)]), (3, [(0, 1, 1), (1, 0, 1), (1, 1, 0)])]
)
def test_default_colours_can_be_told_apart(count, colours):
    data = np.zeros((2, count, 16, 120), np.uint16)
    for channel in range(count):
        data[:, channel, :, 10 * channel : 10 * channel + 5] = 1000
    picture = t2v.render_frame(data, 0, axes="TCYX", channel="all", width="full")
    for channel, colour in enumerate(colours):
        assert tuple(picture[8, 10 * channel]) == tuple(255 * part for part in colour)


def test_colour_tables_of_imagej(tmp_path):
    tables = np.zeros((2, 3, 256), np.uint8)
    tables[0, 2], tables[1, 0] = np.arange(256), np.arange(256)[::-1]
    meta = {"axes": "TCYX", "LUTs": list(tables), "mode": "composite"}
    tifffile.imwrite(tmp_path / "s.tif", HYPER[:, :, 0], imagej=True, metadata=meta)
    picture = t2v.render_frame(tmp_path / "s.tif", 0, channel="all", width="full")
    np.testing.assert_array_equal(picture[..., 2], to_grey(HYPER[0, 0, 0], 100, 9001))
    np.testing.assert_array_equal(picture[..., 0], 255 - to_grey(HYPER[0, 1, 0], 100, 9001))


def test_a_video_of_each_channel(ome, cli):
    ended = cli(ome, "--channel", "each", "--z", "0", "--width", "full", "--json", "--quiet")
    assert ended.code == 0
    sources = json.loads(ended.out)["sources"]
    names = [f"cells_120px_10fps_ch{n}_z0_video.mp4" for n in range(C)]
    assert [s["output"] for s in sources] == [str(ome.with_name(name)) for name in names]
    assert [s["channels"] for s in sources] == [["DAPI"], ["GFP"]]
    for number, name in enumerate(names):
        luma = grey_of(decoded(ome.with_name(name)))
        assert np.abs(luma[1] - to_grey(HYPER[1, number, 0], 100, 9001)).mean() < 12
        assert np.abs(luma[1] - to_grey(HYPER[1, 1 - number, 0], 100, 9001)).mean() > 50


def test_each_is_several_videos(ome, tmp_path, cli):
    with pytest.raises(t2v.SettingsError, match="convert_batch"):
        t2v.convert(ome, channel="each")
    ended = cli(ome, "--channel", "each", "-o", tmp_path / "o.mp4")
    assert ended.code == 2
    assert "--output-dir" in ended.error_line
    videos = t2v.convert_batch([ome], channel="each", contrast="batch", output_dir=tmp_path / "o")
    assert [video.frames for video in videos] == [T, T]
    assert len(list((tmp_path / "o").iterdir())) == C


def test_batch_contrast_compares_channels_with_themselves(tmp_path):
    for name, gain in (("a", 1), ("b", 2)):
        data = np.stack([HYPER[:, 0, 0] * gain, HYPER[:, 1, 0] // gain], axis=1)
        tifffile.imwrite(tmp_path / f"{name}.tif", data, imagej=True, metadata={"axes": "TCYX"})
    paths = [tmp_path / "a.tif", tmp_path / "b.tif"]
    videos = t2v.convert_batch(paths, channel="each", contrast="batch")
    assert [v.limits for v in videos] == [(100, 18002), (50, 9001)] * 2


def test_the_choices_are_said_and_named(ome, cli):
    text = cli(ome, "--channel", "all", "--dry-run").out
    assert "channels DAPI + GFP" in text
    assert "max of 3 slices" in text
    assert "DAPI magenta, GFP green" in text
    assert "cells_500px_10fps_merged_video.mp4" in text
    text = cli(ome, "--channel", "GFP", "--play", "Z", "--dry-run").out
    assert "channel GFP" in text
    assert "first of 4 time points" in text
    assert "cells_500px_10fps_ch1_play_z_video.mp4" in text
    ended = cli(ome, "--channel", "all", "--z", "mean", "--contrast", "global")
    assert ended.code == 0
    assert "DAPI" in ended.err.splitlines()[-1]


def test_the_report_has_the_limits_of_every_channel(ome, tmp_path, cli):
    cli(ome, "--channel", "all", "--z", "0", "--limits", "1", "2", "--report", tmp_path / "r.csv")
    assert "1.0;1.0,2.0;2.0" in (tmp_path / "r.csv").read_text()


def test_axes_that_the_file_does_not_name(tmp_path):
    path = tmp_path / "s.tif"
    tifffile.imwrite(path, HYPER[:, :, 0], photometric="minisblack", metadata=None)
    assert t2v.open_stack(path).shape == (T * C, 32, 120)  # nothing in the file says otherwise
    tifffile.imwrite(path, HYPER, photometric="minisblack")
    with pytest.raises(t2v.SourceError, match=r"with the sizes 4x2x3.*--axes, such as TCZYX"):
        t2v.convert(path)
    picture = shown(path, 2, axes="TCZYX", channel=1, z=0)
    np.testing.assert_array_equal(picture, to_grey(HYPER[2, 1, 0], 100, 9001))


def test_arrays_with_named_axes():
    for array in (HYPER, da.from_array(HYPER)):
        with pytest.raises(t2v.SourceError, match="axes='TCZYX'"):
            t2v.open_stack(array)
        check(t2v.open_stack(array, axes="TCZYX"))
        with pytest.raises(t2v.SourceError, match="TCYX"):
            t2v.open_stack(array, axes="TCYX")
    turned = t2v.open_stack(HYPER.transpose(4, 3, 0, 1, 2), axes="XYTCZ")
    check(turned)
    rgb = noise((T, Z, 3, 32, 120), high=255, dtype=np.uint8)
    picture = t2v.render_frame(rgb, 1, axes="TZSYX", z=2, width="full", limits=(0, 255))
    np.testing.assert_array_equal(picture, np.moveaxis(rgb[1, 2], 0, -1))
    assert t2v.open_stack(HYPER[:1, :1], axes="TCZYX").shape == (Z, 32, 120)


def test_limits_of_the_series_belong_to_the_part_that_is_shown():
    data = HYPER.copy()
    data[:, 1] //= 9
    stack = t2v.open_stack(data, axes="TCZYX")
    for channel in (0, 1):
        plane = data[:, channel, 0]
        picture = shown(stack, 0, channel=channel, z=0, contrast="global")
        np.testing.assert_array_equal(picture, to_grey(plane[0], plane.min(), plane.max()))


def test_the_video_has_all_time_points(ome, tmp_path):
    for workers in (1, 3):
        video = t2v.convert(
            ome, tmp_path / f"{workers}.mp4", channel=0, width="full", workers=workers, frames="1:"
        )
        assert video.frames == T - 1
    assert (tmp_path / "1.mp4").read_bytes() == (tmp_path / "3.mp4").read_bytes()
    luma = grey_of(decoded(video.path))
    wanted = HYPER[1:, 0].max(axis=1)
    for picture, frame in zip(luma, wanted, strict=True):
        assert np.abs(picture - to_grey(frame, frame.min(), frame.max())).mean() < 12


def test_the_clipped_share_of_merged_channels_is_that_of_all_their_values(tmp_path):
    """Half the values of one channel, and none of the other."""
    data = np.zeros((3, 2, 20, 30), np.uint16)
    data[:, 0, :10] = 900
    data[:, 1] = 500
    limits = ((0, 100), (0, 1000))
    options = {"axes": "TCYX", "channel": "all", "limits": limits, "width": "full"}
    assert t2v.convert(data, tmp_path / "o.mp4", **options).clipped == pytest.approx(0.25)


def test_one_of_two_channels_has_a_colour(tmp_path):
    """Then both get colours that can be told apart, it is said, and both are shown."""
    green = '<Channel ID="Channel:0:0" Color="16711935"/><Channel ID="Channel:0:1"/>'
    xml = ome_xml(sizes=(T, C, 1), channels=green)
    options = {"channel": "all", "limits": (0, 10000), "width": "full"}
    colours = []
    for number in range(C):
        planes = np.zeros((T, C, 32, 120), np.uint16)
        planes[:, number] = 10000
        path = write_ome(tmp_path / f"{number}.ome.tif", planes.reshape(-1, 32, 120), xml)
        picture = t2v.render_frame(path, 0, **options)
        colours.append(tuple(picture.reshape(-1, 3).max(axis=0)))
    assert colours == [(255, 0, 255), (0, 255, 0)]
    notes = t2v.convert(path, tmp_path / "o.mp4", **options).notes
    assert any("does not tell the channels' colours apart" in note for note in notes)


def test_a_single_image_may_be_named_yx(tmp_path):
    tifffile.imwrite(tmp_path / "s.tif", HYPER[0, 0, 0])
    stack = t2v.open_stack(tmp_path / "s.tif", axes="YX")
    np.testing.assert_array_equal(stack.data.compute(), HYPER[0, 0, :1])


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_pages_of_signed_and_unsigned_counts_are_not_mixed(tmp_path, compression):
    """The same bits, and other numbers: nothing but one tag tells."""
    planes = noise((40, 16, 24))
    with tifffile.TiffWriter(tmp_path / "s.tif") as writer:
        for number, plane in enumerate(planes):
            values = plane.view(np.int16) if number == 17 else plane
            writer.write(values, contiguous=False, metadata=None, compression=compression)
    stack = t2v.open_stack(tmp_path / "s.tif")
    np.testing.assert_array_equal(stack.data.compute(), np.delete(planes, 17, axis=0))
    assert stack.left_out == 1


def test_blocks_of_ome_outside_the_sizes_it_states_move_no_plane(tmp_path):
    """The second slice of a time point would take the place of the next one."""
    blocks = "".join(f'<TiffData FirstT="{t}" IFD="{T - 1 - t}" PlaneCount="1"/>' for t in range(T))
    blocks += '<TiffData FirstT="0" FirstZ="1" IFD="0" PlaneCount="1"/>'
    planes = HYPER[:, 0, 0]
    path = write_ome(tmp_path / "s.ome.tif", planes, ome_xml(sizes=(T, 1, 1), blocks=blocks))
    stack = t2v.open_stack(path)
    np.testing.assert_array_equal(stack.data.compute(), planes[::-1])
    assert stack.notes == ()


@pytest.mark.parametrize("missing", [0, 1, 3])
def test_a_folder_of_ome_stacks_with_one_time_point_missing(tmp_path, missing):
    """Each file names all of them; what is in it, its own blocks do not tell without the others."""
    names = [f"t{t}.ome.tif" for t in range(T)]
    blocks = "".join(
        f'<TiffData FirstT="{t}" FirstC="{c}" FirstZ="{z}" IFD="{c * Z + z}" PlaneCount="1">'
        f'<UUID FileName="{names[t]}">urn:uuid:{t}</UUID></TiffData>'
        for t in range(T)
        for c in range(C)
        for z in range(Z)
    )
    for t in range(T):
        if t != missing:
            planes = HYPER[t].reshape(-1, 32, 120)
            write_ome(tmp_path / names[t], planes, ome_xml("XYZCT", blocks=blocks))
    stack = t2v.open_stack(tmp_path)
    check(stack, np.delete(HYPER, missing, axis=0))


def test_the_colour_of_a_single_channel_is_left_out(tmp_path):
    """Grey shows more, and there is nothing to tell it from."""
    xml = ome_xml(sizes=(T, 1, 1), channels='<Channel ID="Channel:0:0" Color="16711935"/>')
    path = write_ome(tmp_path / "s.ome.tif", HYPER[:, 0, 0], xml)
    expected = t2v.render_frame(HYPER[:, 0, 0], 1, width="full")
    np.testing.assert_array_equal(t2v.render_frame(path, 1, width="full"), expected)


def test_samples_that_are_no_colours_are_refused():
    with pytest.raises(t2v.SourceError, match="has 5 samples S; RGB has 3 or 4"):
        t2v.open_stack(np.zeros((3, 8, 8, 5), np.uint16), axes="TYXS")


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((2, 3), "holds 2 files of 3 images each, and nothing says whether these are slices or "
         "frames; add --z max or --axes TZYX for slices, or name the files"),
        ((2, 2, 3), "has 3 axes of unknown meaning with the sizes 2x2x3; name them with --axes, "
         "such as TCZYX"),
    ],
)  # fmt: skip
def test_what_is_said_of_axes_without_a_meaning(tmp_path, shape, said):
    data = noise((*shape, 12, 20))
    if len(shape) == 2:
        for number, pages in enumerate(data):
            tifffile.imwrite(tmp_path / f"t{number}.tif", pages, photometric="minisblack")
        source = tmp_path
    else:
        source = tmp_path / "q.tif"
        tifffile.imwrite(source, data, photometric="minisblack")
    with pytest.raises(t2v.SourceError) as caught:
        t2v.convert(source, tmp_path / "o.mp4")
    assert said in str(caught.value)


@pytest.mark.parametrize("make", [np.asarray, lambda a: da.from_array(a, chunks=(3, *a.shape[1:]))])
def test_arrays_of_named_axes(make):
    """Axes of one place are passed over; the letters of the others stay, slowest first."""
    for shape, axes, expected in (
        ((3, 1, 8, 9), "ZCYX", ("Z", "TYX", (3, 8, 9))),
        ((1, 1, 8, 9), "TCYX", ("T", "TYX", (1, 8, 9))),
        ((8, 9), "YX", ("T", "TYX", (1, 8, 9))),
        ((8, 3, 9), "YCX", ("C", "TYX", (3, 8, 9))),
        ((3, 8, 9, 4), "TYXS", ("T", "TYXS", (3, 8, 9, 3))),
        ((3, 8, 9, 3), "ZTYX", ("T", "ZTYX", (3, 8, 9, 3))),
        ((4, 3, 8, 9, 4), "TZYXS", ("T", "TZYXS", (4, 3, 8, 9, 3))),
        ((1, 3, 8, 4), "TCYX", ("C", "TYX", (3, 8, 4))),
    ):
        stack = t2v.open_stack(
            make(np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)), axes=axes
        )
        assert (stack.played, stack.axes, stack.shape) == expected
        assert stack.dtype == np.uint16
    for shape, axes, said in (
        ((3, 8, 9), "TZYX", r"has the shape \(3, 8, 9\), which the 4 axes TZYX do not fit"),
        ((3, 2, 0, 9), "TZYX", r"has the shape \(3, 2, 0, 9\), which the 4 axes TZYX do not fit"),
        ((3, 8, 9, 2), "TYXS", "has 2 samples S; RGB has 3 or 4"),
    ):
        with pytest.raises(t2v.SourceError, match=f"^array: {said}$"):
            t2v.open_stack(np.zeros(shape), axes=axes)
    with pytest.raises(
        t2v.SourceError, match=r"^array: holds complex128 values; bool, integers and"
    ):
        t2v.open_stack(make(np.zeros((4, 3, 8, 9), complex)), axes="TZYX")


@pytest.mark.parametrize("is_lazy", [False, True])
def test_projections_of_planes_are_exact(is_lazy):
    """Whichever axis comes first, in the type that holds them."""
    for dtype, sums in (("u2", "u8"), ("i2", "i8"), (">u2", "u8"), ("f4", "f8")):
        data = noise((5, 3, 8, 9), high=60000, dtype=np.uint16).astype(dtype)
        source = da.from_array(data, chunks=(2, 2, 8, 9)) if is_lazy else data
        for axes, axis in (("TZYX", 1), ("ZTYX", 0)):
            planes = t2v.open_stack(source, axes=axes).planes
            for how, reduced, kept in (
                ("max", data.max(axis), dtype[-2:]),
                ("sum", data.sum(axis, dtype=sums), sums),
                ("mean", data.mean(axis, dtype=float), "f8"),
                ("median", np.median(data.astype(float), axis), "f8"),
            ):
                frames = planes.sequence("T", {}, "Z", how)
                assert frames.format.dtype == kept
                assert len(frames) == len(reduced)
                whole = frames.delayed(WHOLE).compute() if need_dask(frames) else frames
                read = np.stack(list(whole.read_frames(WHOLE)))
                assert read.dtype == kept
                np.testing.assert_allclose(read, reduced, rtol=0 if how != "mean" else 1e-14)
            (one,) = planes.sequence("", {"T": 1}, "Z", "max").select([0]).read_frames(WHOLE)
            np.testing.assert_array_equal(one, data[1].max(0) if axis else data[:, 1].max(0))


def test_projected_files_are_known_by_their_planes(ome):
    stack = t2v.open_stack(ome)
    chosen = stack.planes.sequence("T", {"C": 1, "Z": slice(1, 3)}, "Z", "sum")
    assert (len(chosen), chosen.format.dtype, chosen.label(1)) == (
        T,
        np.uint64,
        "page 11 of cells.ome.tif",
    )
    read = np.stack(list(chosen.select([2, 0]).read_frames(t2v.CropBox(120, 32, 0, 0))))
    np.testing.assert_array_equal(read, HYPER[[2, 0], 1, 1:].sum(1, dtype=np.uint64))
    planes, depth, projection = chosen.identity()
    assert (planes, depth, projection) == (identity_of(chosen.planes), 2, "sum")
    assert planes is not None
