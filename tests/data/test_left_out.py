"""Whatever is in a source is in the video, or is named and counted in the result."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder, write_pages
from helpers.frames import numbered
from helpers.video import numbers

import napari_tif2video as t2v

FRAMES = numbered(6)
SMALL = [np.ascontiguousarray(frame[::2, ::2]) for frame in FRAMES]
IMAGEJ = "ImageJ=1.53t\nimages={}\nslices={}\nloop=false\n"


def ome_xml(frames, blocks):
    return (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
        '<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" SizeX="160" SizeY="48" '
        f'SizeC="1" SizeZ="1" SizeT="{frames}">{blocks}</Pixels></Image></OME>'
    )


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize(
    ("pages", "taken", "left_out"),
    [
        ([*FRAMES[:3], *SMALL[3:]], [0, 1, 2], 3),
        ([FRAMES[0], *SMALL[1:4], *FRAMES[4:]], [0, 4, 5], 3),
        ([*FRAMES[:3], SMALL[3], *FRAMES[4:]], [0, 1, 2, 4, 5], 1),
        ([SMALL[0], *FRAMES[1:]], [1, 2, 3, 4, 5], 1),
    ],
    ids=["two sizes", "in between", "one odd", "first odd"],
)
def test_pages_of_another_size_are_counted(tmp_path, cli, pages, taken, left_out, compression):
    path = write_pages(tmp_path / "s.tif", pages, compression=compression)
    (planned,) = json.loads(cli(path, "--dry-run", "--json").out)["sources"]
    ended = cli(path, "--verify", "--json", "--width", "160")
    (made,) = json.loads(ended.out)["sources"]
    assert numbers(made["output"]) == taken
    for source in (planned, made):
        assert (source["frames"], source["left_out"]) == (len(taken), left_out)
        assert f"{left_out} of its 6 pages are not 160x48, and left out" in source["notes"]
    assert f"{left_out} pages or files of the source are left out" in ended.err


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_an_odd_page_deep_in_a_long_file(tmp_path, compression):
    frames = [FRAMES[i % 6] for i in range(40)]
    frames[17] = SMALL[0]
    stack = t2v.open_stack(write_pages(tmp_path / "s.tif", frames, compression=compression))
    expected = np.stack(frames[:17] + frames[18:])
    np.testing.assert_array_equal(stack.data.compute(), expected)
    assert (stack.left_out, stack.labels[17]) == (1, "page 19 of s.tif")


def test_nothing_is_left_out_of_whole_files(tmp_path):
    path = write_pages(tmp_path / "s.tif", FRAMES)
    stack = t2v.open_stack(path)
    assert (stack.left_out, stack.notes, len(stack)) == (0, (), 6)


@pytest.mark.parametrize(("images", "slices"), [(2, 1), (2, 2), (9, 9), (1, 1)])
def test_imagej_metadata_that_state_another_number(tmp_path, images, slices):
    text = IMAGEJ.format(images, slices)
    path = write_pages(tmp_path / "s.tif", FRAMES, description=text)
    stack = t2v.open_stack(path)
    np.testing.assert_array_equal(stack.data.compute(), FRAMES)
    assert "6" in " ".join(stack.notes)
    assert stack.left_out == 0


def test_odd_pages_within_a_hyperstack_are_found_before_any_work(tmp_path, cli):
    text = "ImageJ=1.53t\nimages=6\nchannels=2\nframes=3\nhyperstack=true\n"
    path = write_pages(tmp_path / "s.tif", [*FRAMES[:4], SMALL[4], FRAMES[5]], description=text)
    ended = cli(path, "--channel", "0", "--dry-run")
    assert ended.code == 1
    assert "page 5 is of another size" in ended.out


def test_planes_that_metadata_put_on_one_page(tmp_path):
    """A block without a page means the first one: some programs leave that out."""
    blocks = "".join(f'<TiffData FirstT="{t}" IFD="0" PlaneCount="1"/>' for t in range(6))
    path = write_pages(tmp_path / "s.ome.tif", FRAMES, description=ome_xml(6, blocks))
    stack = t2v.open_stack(path)
    np.testing.assert_array_equal(stack.data.compute(), FRAMES)
    assert "several planes on one page" in " ".join(stack.notes)
    path = write_pages(tmp_path / "one.ome.tif", FRAMES[:1], description=ome_xml(6, blocks))
    stack = t2v.open_stack(path)
    assert len(stack) == 1
    assert "state 6 time points, but it holds the planes of 1" in " ".join(stack.notes)
    path = write_pages(tmp_path / "three.ome.tif", FRAMES[:3], description=ome_xml(6, blocks))
    with pytest.raises(t2v.SourceError, match=r"three\.ome\.tif: .*planes on 1 pages"):
        t2v.open_stack(path)


def test_blocks_outside_the_stated_sizes_change_nothing(tmp_path):
    blocks = "".join(f'<TiffData FirstT="{t}" IFD="{t}" PlaneCount="1"/>' for t in range(6))
    blocks += '<TiffData FirstT="0" FirstC="3" IFD="5" PlaneCount="1"/>'
    path = write_pages(tmp_path / "s.ome.tif", FRAMES, description=ome_xml(6, blocks))
    np.testing.assert_array_equal(t2v.open_stack(path).data.compute(), FRAMES)


@pytest.mark.parametrize("blocks", ["<TiffData/>", ""])
def test_an_ome_series_that_was_stopped(tmp_path, blocks):
    """What was planned is stated, what was taken is there."""
    path = write_pages(tmp_path / "s.ome.tif", FRAMES, description=ome_xml(100, blocks))
    stack = t2v.open_stack(path)
    np.testing.assert_array_equal(stack.data.compute(), FRAMES)
    assert "100 time points, but it holds the planes of 6" in " ".join(stack.notes)


@pytest.mark.parametrize("planes", [7, 500_000_000])
@pytest.mark.parametrize(
    ("axis", "order", "what"),
    [("Z", "XYCTZ", "slices"), ("Z", "XYZCT", "slices"), ("C", "XYZTC", "channels")],
)
def test_ome_metadata_that_claim_more_than_there_is(tmp_path, cli, axis, order, what, planes):
    """The pages are whole, and the note says so of the metadata."""
    xml = ome_xml(1, "<TiffData/>").replace("XYCZT", order)
    xml = xml.replace(f'Size{axis}="1"', f'Size{axis}="{planes}"')
    path = write_pages(tmp_path / "s.ome.tif", FRAMES, description=xml)
    ended = cli(path, "--play", axis, "--json", "--width", "160")
    assert ended.code == 0
    (made,) = json.loads(ended.out)["sources"]
    assert numbers(made["output"]) == list(range(6))
    assert f"state {planes} {what}, but it holds the planes of 6" in " ".join(made["notes"])


def test_pages_beyond_ome_metadata(tmp_path):
    data = FRAMES.reshape(3, 2, 48, 160)[:2]
    xml = ome_xml(2, "<TiffData/>").replace('SizeC="1"', 'SizeC="2"')
    path = write_pages(tmp_path / "s.ome.tif", FRAMES, description=xml)
    stack = t2v.open_stack(path)
    np.testing.assert_array_equal(stack.data.compute(), data)
    assert stack.left_out == 2
    assert "2 of 6 pages" in " ".join(stack.notes)


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}], ids=["plain", "compressed"])
def test_a_dry_run_finds_files_of_another_size(tmp_path, cli, options):
    folder = write_folder(tmp_path / "in", FRAMES, **options)
    assert cli(folder, "--dry-run").code == 0
    tifffile.imwrite(folder / "t4.tif", SMALL[4], **options)
    ended = cli(folder, "--dry-run", "--json")
    (source,) = json.loads(ended.out)["sources"]
    assert (ended.code, source["status"]) == (1, "failed")
    assert "t4.tif: is 80x24 uint16, but the sequence began with 160x48" in source["error"]


def test_a_dry_run_finds_cut_files_and_unlike_volumes(tmp_path, cli):
    folder = write_folder(tmp_path / "in", FRAMES)
    content = (folder / "t3.tif").read_bytes()
    (folder / "t3.tif").write_bytes(content[: len(content) // 2])
    assert "t3.tif" in cli(folder, "--dry-run").out
    assert cli(folder, "--dry-run").code == 1
    volumes = tmp_path / "volumes"
    volumes.mkdir()
    for number, depth in enumerate((3, 3, 2)):
        write_pages(volumes / f"t{number}.tif", FRAMES[:depth])
    ended = cli(volumes, "--z", "max", "--dry-run")
    assert ended.code == 1
    assert "t2.tif: holds 2 along" in ended.out
