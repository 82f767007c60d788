"""What is found in unusual files and folders, and said of them, to the letter."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest
import tifffile
from helpers.directories import LONG, described, write_directories
from helpers.files import write_folder, write_pages
from helpers.frames import noise
from helpers.refusals import error_of

import napari_tif2video as t2v

PLANES = noise((24, 16, 20), low=100, high=9001)
SMALL = PLANES[0, ::2, ::2]
CUT = "the file is damaged or incomplete, copy it again"


def imagej(**values):
    return "ImageJ=1.53t\n" + "".join(f"{key}={value}\n" for key, value in values.items())


def ome(t=1, c=1, z=1, order="XYCZT", inside="<TiffData/>", pixels=""):
    return (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
        f'<Pixels ID="Pixels:0" DimensionOrder="{order}" Type="uint16" SizeX="20" SizeY="16" '
        f'SizeT="{t}" SizeC="{c}" SizeZ="{z}" {pixels}>{inside}</Pixels></Image></OME>'
    )


def blocks(*pages):
    """Blocks of one plane each: the page of every time point."""
    return "".join(
        f'<TiffData FirstT="{t}" IFD="{page}" PlaneCount="1"/>' for t, page in enumerate(pages)
    )


ONE_PAGE = (
    "its OME metadata put several planes on one page; its 6 pages are taken one after the other"
)


@pytest.mark.parametrize(
    ("pages", "text", "axes", "sizes", "notes", "left_out"),
    [
        (6, imagej(images=2), "TYX", [6],
         ["its ImageJ metadata state 2 images, but it holds 6, and all are taken"], 0),
        (6, imagej(images=6, slices=6), "ZYX", [6], [], 0),
        (6, imagej(images=4, slices=4), "ZYX", [6],
         ["its ImageJ metadata state 4 images, but it holds 6, and all are taken"], 0),
        (6, imagej(channels=3), "CYX", [6],
         ["its ImageJ metadata state 3 images, but it holds 6, and all are taken"], 0),
        (12, imagej(images=8, channels=2, slices=2, frames=2), "TCZYX", [3, 2, 2],
         ["it states 2 time points but holds the planes of 3"], 0),
        (8, ome(2, 1, 4), "TZYX", [2, 4], [], 0),
        (5, ome(2, 1, 4, "XYZCT"), "ZYX", [4],
         ["its OME metadata state 2 time points, but it holds the planes of 1",
          "1 of 5 pages are no planes of its OME metadata, and left out"], 1),
        (9, ome(2, 2, 5, "XYCTZ"), "TCZYX", [2, 2, 2],
         ["its OME metadata state 5 slices, but it holds the planes of 2",
          "1 of 9 pages are no planes of its OME metadata, and left out"], 1),
        (7, ome(2, 5, 1, "XYZTC"), "TCYX", [2, 3],
         ["its OME metadata state 5 channels, but it holds the planes of 3",
          "1 of 7 pages are no planes of its OME metadata, and left out"], 1),
        (6, ome(2, 2), "TCYX", [2, 2],
         ["2 of 6 pages are no planes of its OME metadata, and left out"], 2),
        (6, ome(6, inside=blocks(0, 1, 2, 3, 4, 4)), "TYX", [6], [ONE_PAGE], 0),
        (5, ome(3), "TYX", [5], [], 0),
        (6, ome(1, 2, 2), "CZYX", [2, 2],
         ["2 of 6 pages are no planes of its OME metadata, and left out"], 2),
        (7, ome(5, 2), "TCYX", [3, 2],
         ["its OME metadata state 5 time points, but it holds the planes of 3",
          "1 of 7 pages are no planes of its OME metadata, and left out"], 1),
        (2, ome(5, 2), "CYX", [2],
         ["its OME metadata state 5 time points, but it holds the planes of 1"], 0),
        (2, ome(5), "TYX", [2],
         ["its OME metadata state 5 time points, but it holds the planes of 2"], 0),
        (6, imagej(images=6), "TYX", [6], [], 0),
        (6, imagej(images=6, channels=0, slices=-3), "TYX", [6], [], 0),
        (3, imagej(images=6, channels=3, frames=2), "CYX", [3],
         ["it states 2 time points but holds the planes of 1"], 0),
        (8, imagej(images=4, slices=2, channels=2, order="zct"), "TCZYX", [2, 2, 2],
         ["it states 1 time points but holds the planes of 2"], 0),
    ],
)  # fmt: skip
def test_pages_and_metadata(tmp_path, pages, text, axes, sizes, notes, left_out):
    stack = t2v.open_stack(
        write_pages(tmp_path / "s.tif", PLANES[:pages], description=text.encode())
    )
    found = stack.axes if len(sizes) > 1 else f"{stack.played}YX"
    assert (found, list(stack.shape[:-2])) == (axes, sizes)
    assert (list(stack.notes), stack.left_out) == (notes, left_out)


ODD = "is of another size or type than page 1; its metadata count both as planes of one image"


@pytest.mark.parametrize(
    ("pages", "text", "message"),
    [
        (PLANES[:23], imagej(images=24, channels=2, slices=3, frames=4),
         "states 4 frames of 2 channels and 3 slices, but holds 23 planes; the file is damaged or "
         "was edited"),
        (PLANES[:3], ome(2, 1, 4, "XYZCT"),
         "its OME metadata state 8 planes, but it holds 3; the others are in other files or "
         "missing: convert the folder"),
        (PLANES[:8], imagej(images=4, slices=2, channels=2, order="tcz"),
         "states 1 frames of 2 channels and 2 slices, but holds 8 planes; the file is damaged or "
         "was edited"),
        (PLANES[:2], ome(3, 3),
         "its OME metadata state 9 planes, but it holds 2; the others are in other files or "
         "missing: convert the folder"),
        (PLANES[:4], ome(6, inside=blocks(0, 1, 9, 3, 4, 5)),
         "its OME metadata state 6 planes, but it holds 4; the others are in other files or "
         "missing: convert the folder"),
        (PLANES[:6], ome(2, 2, inside=blocks(0, 1)), "2 of 4 planes are missing"),
        (PLANES[:6], ome(2, 2, inside='<TiffData PlaneCount="4"/><TiffData PlaneCount="2"/>'),
         "its OME metadata put 4 planes on 4 pages; the file is damaged"),
        (PLANES[:3], ome(6, inside=blocks(0, 0, 0, 0, 0, 0)),
         "its OME metadata put 6 planes on 1 pages; the file is damaged"),
        (PLANES[:4], ome(4, inside=blocks(3, 2, 0)), "1 of 4 planes are missing"),
        ([*PLANES[:4], SMALL, PLANES[5]], imagej(images=6, channels=2, frames=3), f"page 5 {ODD}"),
        ([PLANES[0], PLANES[1].astype(np.int32), *PLANES[:2]], ome(2, 2), f"page 2 {ODD}"),
    ],
)  # fmt: skip
def test_pages_that_contradict_metadata(tmp_path, pages, text, message):
    path = tmp_path / "s.tif"
    with tifffile.TiffWriter(path) as writer:
        for number, page in enumerate(pages):
            described = {} if number else {"description": text.encode()}
            writer.write(page, contiguous=False, metadata=None, **described)
    assert error_of(path) == f"{path}: {message}"


@pytest.mark.parametrize(("order", "axes"), [("czt", "TZC"), ("zct", "TCZ"), ("tzc", "CZT")])
def test_orders_of_imagej(tmp_path, order, axes):
    """The fastest axis is the first that is named."""
    text = imagej(images=24, channels=2, slices=3, frames=4, hyperstack="true", order=order)
    stack = t2v.open_stack(write_pages(tmp_path / "s.tif", PLANES, description=text))
    lengths = {"T": 4, "C": 2, "Z": 3}
    whole = PLANES.reshape([*(lengths[axis] for axis in axes), 16, 20])
    expected = whole.transpose([*(axes.index(axis) for axis in "TCZ"), 3, 4])
    assert (stack.axes, stack.notes) == ("TCZYX", ())
    np.testing.assert_array_equal(stack.data.compute(), expected)


@pytest.mark.parametrize("lost", [1, PLANES[0].nbytes, PLANES[0].nbytes + 1])
def test_a_single_directory_that_is_cut(tmp_path, lost):
    path = tmp_path / "s.tif"
    tifffile.imwrite(path, PLANES, imagej=True, truncate=True, metadata={"axes": "TYX"})
    with tifffile.TiffFile(path) as tif:
        end = tif.pages.first.dataoffsets[0] + PLANES.nbytes
    content = path.read_bytes()
    path.write_bytes(content[:end])
    assert len(t2v.open_stack(path)) == 24
    path.write_bytes(content[: end - lost])
    there = 23 - (lost > PLANES[0].nbytes)
    assert error_of(path) == f"{path}: states 24 images but ends after {there}; {CUT}"


def single_directory(path, text, lost=0):
    """Three planes, of which the only page says no more than where the first lies."""
    tags = {257: (LONG, 16), 278: (LONG, 16), 279: (LONG, PLANES[0].nbytes)}
    page = PLANES[:3].reshape(48, 20)
    write_directories(path, [(page, tags | described(text))])
    content = path.read_bytes()
    path.write_bytes(content[: len(content) - lost])
    return path


@pytest.mark.parametrize(
    ("text", "count", "played"),
    [
        (imagej(images=3), 3, "T"), (imagej(images=3, slices=3), 3, "Z"),
        (imagej(images=1, channels=3), 3, "C"), (imagej(images=1, frames=3), 3, "T"),
        (imagej(images=2), 2, "T"), (imagej(images=1), 1, "T"), (imagej(), 1, "T"),
        (imagej(images=4, slices=3), 3, "Z"),
    ],
)  # fmt: skip
def test_planes_behind_the_only_page(tmp_path, text, count, played):
    path = single_directory(tmp_path / "s.tif", text)
    stack = t2v.open_stack(path)
    assert (len(stack), stack.played, stack.notes, stack.left_out) == (count, played, (), 0)
    assert (stack.frames.is_run, stack.frames.pages) == (True, tuple(range(count)))
    np.testing.assert_array_equal(stack.data, PLANES[:count])
    if count == 3:
        single_directory(path, text, lost=1)
        stated = 4 if "images=4" in text and "slices" not in text else 3
        assert error_of(path) == f"{path}: states {stated} images but ends after 2; {CUT}"


def test_files_of_a_folder_with_planes_behind_their_only_page(tmp_path):
    """As long as they are there."""
    for images, lost, axes, shape in (
        (3, 0, "TIYX", (2, 3, 16, 20)),
        (2, 0, "TIYX", (2, 2, 16, 20)),
        (1, 0, "TYX", (2, 16, 20)),
        (3, 1, "TYX", (2, 16, 20)),
        (4, 0, "TYX", (2, 16, 20)),
    ):
        for t in range(2):
            single_directory(tmp_path / f"t{t}.tif", imagej(images=images), lost)
        stack = t2v.open_stack(tmp_path)
        assert (stack.axes, stack.shape) == (axes, shape)
        expected = PLANES[:images] if axes == "TIYX" else PLANES[0]
        np.testing.assert_array_equal(stack.data[1], expected)


# How many planes each file holds, of 5 time points, 2 channels and 3 slices in all.
PARTS = {
    3: "Z (3)", 2: "C (2)", 6: "C (2), Z (3)", 5: "T (5)", 15: "T (5), Z (3)", 10: "T (5), C (2)",
    30: "T (5), C (2), Z (3)", 31: "T (5), C (2), Z (3)", 4: "I (4)",
}  # fmt: skip


@pytest.mark.parametrize("pages", PARTS)
@pytest.mark.parametrize("inside", ["<TiffData/>", '<TiffData IFD="1" PlaneCount="29"/>'])
def test_files_each_of_which_describes_all_of_a_series(tmp_path, pages, inside):
    """Each holds the planes of some axes, whatever the blocks of all say; not of time, however."""
    data = np.resize(PLANES, (2 * pages, 16, 20)).reshape(2, pages, 16, 20)
    for number, part in enumerate(data):
        text = ome(5, 2, 3, inside=inside)
        write_pages(tmp_path / f"t{number}.tif", part, description=text.encode())
    if pages >= 30 and "IFD" in inside:  # then the blocks are those of this file
        assert "planes are missing" in error_of(tmp_path)
    elif "T" in PARTS[pages]:
        assert error_of(tmp_path) == (
            f"{tmp_path / 't0.tif'}: holds the axes {PARTS[pages]} itself, where its folder has "
            f"one time point a file; convert the files one by one ('{tmp_path / '*.tif'}')"
        )
    else:
        stack = t2v.open_stack(tmp_path)
        letters = "".join(part[0] for part in PARTS[pages].split(", "))
        assert (stack.axes, stack.notes) == (f"T{letters}YX", ())
        # In the file, channels come first and then slices.
        expected = data if pages < 6 else data.reshape(2, 3, 2, 16, 20).swapaxes(1, 2)
        np.testing.assert_array_equal(stack.data, expected)


def test_files_that_have_been_renamed(tmp_path):
    """Blocks that name one file that is not there mean the file in which they stand."""
    for number in range(2):
        listed = "".join(
            f'<TiffData FirstZ="{z}" IFD="{2 - z}"><UUID FileName="old{number}.tif"/></TiffData>'
            for z in range(3)
        )
        text = ome(1, 1, 3, inside=listed).encode()
        write_pages(tmp_path / f"t{number}.tif", PLANES[3 * number :][:3], description=text)
    stack = t2v.open_stack(tmp_path)
    assert stack.axes == "TZYX"
    np.testing.assert_array_equal(stack.data, PLANES[:6].reshape(2, 3, 16, 20)[:, ::-1])
    listed = listed.replace("old1.tif", "other.tif", 1)
    text = ome(1, 1, 3, inside=listed).encode()
    path = write_pages(tmp_path / "t0.tif", PLANES[:3], description=text)
    assert error_of(tmp_path) == f"{path}: 3 of 3 planes are missing"


@pytest.mark.parametrize(("channels", "says"), [(3, 1), (12, 4)])
def test_samples_of_colours_that_are_counted_as_channels(tmp_path, channels, says):
    """Three of them are one channel."""
    colours = np.stack([PLANES[:8], PLANES[8:16], PLANES[16:]], axis=-1)
    for text in (
        imagej(images=8, channels=3, frames=2, slices=4) if says == 1 else None,
        ome(2 if says == 4 else 8, channels),
    ):
        if text is None:
            continue
        path = write_pages(
            tmp_path / "s.tif", colours, photometric="rgb", description=text.encode()
        )
        stack = t2v.open_stack(path)
        expected = {1: "TZYXS" if "ImageJ" in text else "TYXS", 4: "TCYXS"}[says]
        assert stack.axes == expected
        whole = colours.reshape(*stack.shape) if says == 1 else colours.reshape(2, 4, 16, 20, 3)
        np.testing.assert_array_equal(stack.data, whole)


def test_channels_in_pages_and_in_others_beside_them(tmp_path):
    text = ome(2, 4).encode()
    path = tmp_path / "s.tif"
    with tifffile.TiffWriter(path) as writer:
        for pair in PLANES[:8].reshape(4, 2, 16, 20):
            writer.write(pair, photometric="minisblack", planarconfig="separate", metadata=None,
                         contiguous=False, description=text)  # fmt: skip
    assert error_of(path) == (
        f"{path}: has 2 channels in each page, and others beside them, or not all its pages; save "
        "it as an OME-TIFF with the program that wrote it"
    )


def test_two_sequences_in_a_file(tmp_path):
    path = tmp_path / "s.tif"
    with tifffile.TiffWriter(path) as writer:
        for part in (PLANES[:3], PLANES[3:6]):
            writer.write(part, photometric="minisblack", metadata={"axes": "TYX"})
    assert error_of(path) == (
        f"{path}: holds 2 image series of the same size; only files with one sequence can be "
        "converted"
    )


@pytest.mark.parametrize(("width", "said"), [(1.009, []), (1.012, ["1.012"]), (0.985, ["0.985"])])
def test_pixels_that_are_not_square(tmp_path, width, said):
    text = ome(2, pixels=f'PhysicalSizeX="{width}" PhysicalSizeY="1"').encode()
    stack = t2v.open_stack(write_pages(tmp_path / "s.tif", PLANES[:2], description=text))
    assert stack.pixel_size_um == pytest.approx(width)
    expected = [f"its pixels are not square: {w} µm wide and 1 µm high" for w in said]
    assert list(stack.notes) == expected


@pytest.mark.parametrize(
    ("begun", "times", "interval"),
    [([3, 5, 9], (3, 5, 9), 3), ([5, 5, 5], (5, 5, 5), None), ([3, 5], None, None)],
)
def test_times_of_planes(tmp_path, begun, times, interval):
    """Of the planes of a time point, the earliest counts, in whatever order they are listed."""
    listed = "".join(
        f'<Plane TheT="{t}" TheC="{c}" TheZ="0" DeltaT="{seconds + later}"/>'
        for t, seconds in enumerate(begun)
        for c, later in ((0, 0.5), (1, 0))
    )
    text = ome(3, 2, inside="<TiffData/>" + listed)
    stack = t2v.open_stack(write_pages(tmp_path / "s.tif", PLANES[:6], description=text))
    known = stack.calibration
    assert (known.times_s, known.frame_interval_s) == (times, interval)
    if interval:
        assert known.frame_interval_origin == "mean of the plane times from OME metadata"


@pytest.mark.parametrize(("count", "axes"), [(10, "TZYX"), (9, "TIYX")])
def test_volumes_without_a_word_about_them(tmp_path, count, axes):
    for t in range(count):
        write_pages(tmp_path / f"t{t:02}.tif", PLANES[t : t + 4])
    stack = t2v.open_stack(tmp_path)
    assert (stack.axes, stack.shape) == (axes, (count, 4, 16, 20))
    expected = ["the 4 images in each file are taken for slices"] if count == 10 else []
    assert list(stack.notes) == expected
    np.testing.assert_array_equal(stack.data[-1].compute(), PLANES[count - 1 : count + 3])


def test_time_series_in_files_of_a_folder(tmp_path):
    for number in range(2):
        path = tmp_path / f"m{number}.tif"
        data = PLANES[:6].reshape(3, 2, 16, 20)
        tifffile.imwrite(path, data, imagej=True, metadata={"axes": "TZYX"})
    assert error_of(tmp_path) == (
        f"{tmp_path / 'm0.tif'}: holds the axes T (3), Z (2) itself, where its folder has one time "
        f"point a file; convert the files one by one ('{tmp_path / '*.tif'}')"
    )


@pytest.mark.parametrize(("extra", "each"), [(1, "1 smaller page"), (2, "2 smaller pages")])
def test_smaller_pages_beside_each_image(tmp_path, extra, each):
    for t in range(3):
        write_pages(tmp_path / f"t{t}.tif", [PLANES[t], *[SMALL] * extra])
    stack = t2v.open_stack(tmp_path)
    np.testing.assert_array_equal(stack.data.compute(), PLANES[:3])
    assert stack.notes == (f"its files hold {each} beside the image, which are left out",)
    assert stack.left_out == 3 * extra
    path = write_pages(tmp_path / "t1.tif", PLANES[:2])
    with pytest.raises(t2v.SourceError) as caught:
        t2v.open_stack(tmp_path).data.compute()
    assert str(caught.value) == (
        f"{path}: holds 2 images where the first file of its folder holds one; convert the file "
        "itself, or use --match to choose files that are alike"
    )


@pytest.mark.parametrize(
    ("seconds", "first_black", "is_lacking"),
    [(0, 8, True), (0, 9, False), (30, 8, True), (70, 8, False)],
)
def test_a_frame_whose_second_half_is_not_there_yet(tmp_path, seconds, first_black, is_lacking):
    folder = write_folder(tmp_path / "in", PLANES[:12], "t{:02}.tif")
    late = PLANES[11].copy()
    late[first_black:] = 0
    tifffile.imwrite(folder / "t11.tif", late)
    changed = time.time() - seconds
    os.utime(folder / "t11.tif", (changed, changed))
    stack = t2v.open_stack(folder)
    assert (len(stack), stack.left_out) == (12 - is_lacking, int(is_lacking))
    said = ("11 of 12 frames; acquisition seems to be running",)
    assert stack.notes == (said if is_lacking else ())


def test_samples_that_are_no_colour(tmp_path):
    path = tmp_path / "s.tif"
    pixels = np.stack([PLANES[0]] * 2, axis=-1)
    tifffile.imwrite(path, pixels, photometric="minisblack", planarconfig="contig",
                     extrasamples=["unassalpha"])  # fmt: skip
    assert error_of(path) == (
        f"{path}: is a MINISBLACK image with 2 samples a pixel; grey images, RGB images and those "
        "with a colour table can be converted"
    )
