"""Every kind of TIFF that can be converted gives exactly the pixels that were written."""

from __future__ import annotations

import zlib
from contextlib import suppress

import imagecodecs
import numpy as np
import pytest
import tifffile
from helpers.files import write_folder, write_pages
from helpers.frames import noise, numbered, smooth
from helpers.oracle import assert_rounded, levels
from helpers.video import numbers

import napari_tif2video as t2v

GREY16 = noise((4, 32, 48))
GREY12 = noise((4, 32, 48), high=4095, seed=1)
GREY8 = noise((4, 32, 48), high=255, seed=2, dtype=np.uint8)
RGB16 = noise((4, 32, 48, 3), seed=3)
RGB8 = noise((4, 32, 48, 3), high=255, seed=4, dtype=np.uint8)
TILE = {"tile": (16, 16)}

# What is written, and how.
WRITTEN = {
    "uint16": (GREY16, {}),
    "12 bit in 16": (GREY12, {}),
    "uint8": (GREY8, {}),
    "uint16 LZW": (GREY16, {"compression": "lzw"}),
    "uint16 LZW with predictor": (GREY12, {"compression": "lzw", "predictor": True}),
    "uint16 deflate": (GREY16, {"compression": "zlib"}),
    "uint16 deflate in strips": (GREY16, {"compression": "zlib", "rowsperstrip": 5}),
    "uint16 zstd": (GREY16, {"compression": "zstd"}),
    "uint16 PackBits": (GREY16, {"compression": "packbits"}),
    "uint8 PackBits": (GREY8, {"compression": "packbits"}),
    "uint16 strips": (GREY16, {"rowsperstrip": 7}),
    "uint16 tiled": (GREY16, TILE),
    "uint16 tiled LZW": (GREY16, TILE | {"compression": "lzw"}),
    "uint16 big-endian": (GREY16, {"byteorder": ">"}),
    "uint16 big-endian deflate": (GREY16, {"byteorder": ">", "compression": "zlib"}),
    "uint16 BigTIFF": (GREY16, {"bigtiff": True}),
    "uint16 BigTIFF big-endian tiled": (GREY16, {"bigtiff": True, "byteorder": ">"} | TILE),
    "RGB16": (RGB16, {}),
    "RGB16 LZW": (RGB16, {"compression": "lzw"}),
    "RGB8": (RGB8, {}),
    "RGB8 deflate tiled": (RGB8, {"compression": "zlib"} | TILE),
    "RGB8 big-endian": (RGB8, {"byteorder": ">"}),
}
with suppress(NotImplementedError):  # older versions of imagecodecs can only read it
    imagecodecs.packints_encode(GREY12[0], 12)
    WRITTEN["12 bit packed"] = (GREY12, {"bitspersample": 12})


def check(stack, expected):
    """The lazy array, and the picture that a video would show, against what was written."""
    assert stack.shape == expected.shape
    assert stack.dtype == expected.dtype
    assert stack.axes == ("TYXS" if expected.ndim == 4 else "TYX")
    data = stack.data
    assert data.dtype == expected.dtype
    assert data.chunks[0] == (1,) * len(expected)
    assert data.chunks[1:] == tuple((n,) for n in expected.shape[1:])
    np.testing.assert_array_equal(data.compute(), expected)
    white = int(expected.max())
    for index in (0, len(expected) - 1):
        shown = t2v.render_frame(stack, index, width="full", limits=(0, white))
        wanted = levels(expected[index], 0, white)
        assert shown.dtype == np.uint8
        assert_rounded(shown, wanted if wanted.ndim == 3 else np.repeat(wanted[..., None], 3, 2))


@pytest.mark.parametrize(("frames", "how"), WRITTEN.values(), ids=WRITTEN)
def test_folder(tmp_path, frames, how):
    check(t2v.open_stack(write_folder(tmp_path, frames, **how)), frames)


@pytest.mark.parametrize(("frames", "how"), WRITTEN.values(), ids=WRITTEN)
def test_multi_page_file(tmp_path, frames, how):
    colour = {"photometric": "rgb" if frames.ndim == 4 else "minisblack"}
    tifffile.imwrite(tmp_path / "s.tif", frames, **how | colour)
    check(t2v.open_stack(tmp_path / "s.tif"), frames)


@pytest.mark.parametrize(("frames", "how"), WRITTEN.values(), ids=WRITTEN)
def test_pages_written_one_by_one(tmp_path, frames, how):
    colour = {"photometric": "rgb" if frames.ndim == 4 else "minisblack"}
    options = {k: v for k, v in how.items() if k not in ("bigtiff", "byteorder")}
    check(t2v.open_stack(write_pages(tmp_path / "s.tif", frames, **options | colour)), frames)


@pytest.mark.parametrize("frames", [RGB16, RGB8], ids=["16 bit", "8 bit"])
@pytest.mark.parametrize("compression", [None, "lzw"])
def test_colours_in_separate_planes(tmp_path, frames, compression):
    for index, frame in enumerate(frames):
        tifffile.imwrite(
            tmp_path / f"t{index}.tif",
            np.ascontiguousarray(np.moveaxis(frame, -1, 0)),
            photometric="rgb",
            planarconfig="separate",
            compression=compression,
        )
    check(t2v.open_stack(tmp_path), frames)


def test_alpha_is_left_out(tmp_path):
    alpha = np.concatenate([RGB8, RGB8[..., :1]], axis=-1)
    write_folder(tmp_path, alpha, extrasamples=["unassalpha"])
    check(t2v.open_stack(tmp_path), RGB8)


@pytest.mark.parametrize("colours", [False, True], ids=["grey", "RGB"])
def test_jpeg(tmp_path, colours):
    plane = (smooth((64, 96)) >> 8).astype(np.uint8)
    image = np.stack([plane, plane[::-1], 255 - plane], -1) if colours else plane
    write_folder(tmp_path, [image] * 2, compression="jpeg", compressionargs={"level": 98})
    stack = t2v.open_stack(tmp_path)
    np.testing.assert_allclose(stack.data[1].compute().astype(int), image, atol=6)
    reference = tifffile.imread(tmp_path / "t1.tif")
    shown = t2v.render_frame(stack, 1, width="full", limits=(0, 255))
    wanted = reference if colours else np.repeat(reference[..., None], 3, 2)
    np.testing.assert_array_equal(shown, wanted)


@pytest.mark.parametrize("algorithm", ["raw", "lzw", "packbits", "deflate"])
@pytest.mark.parametrize("frames", [GREY16, GREY8, RGB16, RGB8], ids=["g16", "g8", "c16", "c8"])
def test_files_of_another_writer(tmp_path, ffmpeg, frames, algorithm):
    for index, frame in enumerate(frames):
        ffmpeg.write_tiff(tmp_path / f"t{index}.tif", frame, algorithm)
    check(t2v.open_stack(tmp_path), frames)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"imagej": True},
        {"imagej": True, "byteorder": "<"},
        {"imagej": True, "compression": "zlib"},
        {"imagej": True, "metadata": {"axes": "ZYX"}},
        {"ome": True, "metadata": {"axes": "TYX"}},
        {"ome": True, "metadata": {"axes": "CYX"}, "compression": "lzw"},
        {"metadata": None},
        {"bigtiff": True},
    ],
    ids=str,
)
def test_stacks_as_programs_write_them(tmp_path, options):
    frames = numbered(5)
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, frames, photometric="minisblack", **options)
    check(t2v.open_stack(path), frames)
    video = t2v.convert(path, tmp_path / "out.mp4", width="full")
    assert numbers(video.path) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("program", ["imagej", "shaped"])
def test_stacks_with_a_single_directory_for_all_planes(tmp_path, program):
    """ImageJ writes files over 4 GB like this: one page entry, all planes one after the other."""
    frames = numbered(5)
    options = {"imagej": True} if program == "imagej" else {"photometric": "minisblack"}
    tifffile.imwrite(tmp_path / "s.tif", frames, truncate=True, **options)
    check(t2v.open_stack(tmp_path / "s.tif"), frames)


@pytest.mark.parametrize("stated", [2, 9])
def test_imagej_stack_edited_by_a_program_that_left_a_stale_number(tmp_path, stated):
    frames = numbered(4)
    write_pages(tmp_path / "s.tif", frames, description=f"ImageJ=1.53t\nimages={stated}\n")
    stack = t2v.open_stack(tmp_path / "s.tif")
    np.testing.assert_array_equal(stack.data.compute(), frames)


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("extra", [(8, 8), (1, 40)], ids=["thumbnail", "strip"])
def test_small_extra_page_of_each_file(tmp_path, place, extra):
    small = noise(extra, high=99)
    for index, frame in enumerate(GREY16):
        pages = [small, frame] if place == "before" else [frame, small]
        write_pages(tmp_path / f"t{index}.tif", pages)
    check(t2v.open_stack(tmp_path), GREY16)


@pytest.mark.parametrize(
    "odd_one",
    [
        {"description": "12 chars, no"},  # as long as that of the others
        {"description": "12 chars, or", "byteorder": ">"},
        {"description": "12 chars, or", "compression": "zlib"},
        {"description": "12 chars, or", "rowsperstrip": 5},
        {"description": "12 chars, or", "bigtiff": True},
        {"description": "12 chars, or", "extratags": [(270, "s", 0, "more behind", False)]},
    ],
    ids=str,
)
@pytest.mark.parametrize("place", [0, 2])
def test_a_file_that_is_laid_out_otherwise_than_the_first(tmp_path, odd_one, place):
    for index, frame in enumerate(GREY16):
        how = odd_one if index == place else {"description": "12 chars, or"}
        tifffile.imwrite(tmp_path / f"t{index}.tif", frame, metadata=None, **how)
    check(t2v.open_stack(tmp_path), GREY16)


def test_pixels_that_lie_elsewhere_in_a_file_of_the_same_size(tmp_path):
    """The place of the pixels counts, not only the size of the file."""
    tifffile.imwrite(tmp_path / "t0.tif", GREY16[0], metadata=None)
    content = (tmp_path / "t0.tif").read_bytes()
    directory, pixels = content[8 : -GREY16[0].nbytes], GREY16[1].tobytes()
    moved = bytearray(content[:4] + (8 + len(pixels)).to_bytes(4, "little") + pixels + directory)
    at = 8 + len(pixels)
    for entry in range(at + 2, at + 2 + 12 * int.from_bytes(moved[at : at + 2], "little"), 12):
        tag = int.from_bytes(moved[entry : entry + 2], "little")
        value = int.from_bytes(moved[entry + 8 : entry + 12], "little")
        if tag == 273:  # StripOffsets
            moved[entry + 8 : entry + 12] = (8).to_bytes(4, "little")
        elif tag in (282, 283, 305):  # values that lie behind the directory
            moved[entry + 8 : entry + 12] = (value + len(pixels)).to_bytes(4, "little")
    (tmp_path / "t1.tif").write_bytes(moved)
    assert len(moved) == len(content)
    check(t2v.open_stack(tmp_path), GREY16[:2])


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("place", ["before", "after", "both"])
def test_small_extra_page_of_a_stack(tmp_path, place, compression):
    small = [noise((8, 8), high=99)]
    before = small if place in ("before", "both") else []
    after = small if place in ("after", "both") else []
    path = write_pages(tmp_path / "s.tif", [*before, *GREY16, *after], compression=compression)
    check(t2v.open_stack(path), GREY16)


BOXES = ("10x8", "11x9+3+5", "48x32", "2x2+46+30")


@pytest.mark.parametrize("kind", ["folder", "compressed folder", "pages", "compressed pages"])
@pytest.mark.parametrize("frames", [GREY16, RGB8], ids=["grey", "RGB"])
def test_the_box_is_cut_from_every_kind_of_file(tmp_path, kind, frames):
    options = {"compression": "zlib"} if "compressed" in kind else {}
    if "pages" in kind:
        options["photometric"] = "rgb" if frames.ndim == 4 else "minisblack"
        tifffile.imwrite(tmp_path / "s.tif", frames, **options)
        source = tmp_path / "s.tif"
    else:
        source = write_folder(tmp_path / "in", frames, **options)
    for crop in BOXES:
        shown = t2v.render_frame(source, 2, crop=crop, width="full")
        expected = t2v.render_frame(frames, 2, crop=crop, width="full")
        np.testing.assert_array_equal(shown, expected)


def test_a_stack_of_one_page(tmp_path):
    tifffile.imwrite(tmp_path / "one.tiff", GREY16[0])
    check(t2v.open_stack(tmp_path / "one.tiff"), GREY16[:1])


def test_only_the_first_file_is_looked_at_when_opening(tmp_path):
    tifffile.imwrite(tmp_path / "t0.tif", GREY16[0])
    for index in range(1, 200):
        (tmp_path / f"t{index}.tif").write_bytes(b"garbage")
    stack = t2v.open_stack(tmp_path)
    assert stack.shape == (200, 32, 48)
    assert stack.data.chunks == ((1,) * 200, (32,), (48,))
    np.testing.assert_array_equal(stack.data[0].compute(), GREY16[0])
    np.testing.assert_array_equal(t2v.render_frame(stack, 0).shape, (334, 500, 3))
    with pytest.raises(t2v.SourceError, match=r"t7\.tif"):
        stack.data[7].compute()


def test_a_frame_of_the_lazy_array_needs_its_own_file_only(tmp_path):
    stack = t2v.open_stack(write_folder(tmp_path, GREY16))
    for index in (0, 1, 3):
        (tmp_path / f"t{index}.tif").unlink()
    np.testing.assert_array_equal(stack.data[2].compute(), GREY16[2])


def test_stacks_know_their_name_and_path(tmp_path):
    folder = write_folder(tmp_path / "cells", GREY16)
    tifffile.imwrite(tmp_path / "moving.ome.tif", GREY16)
    opened = t2v.open_stack(folder)
    assert (opened.name, opened.path) == ("cells", folder)
    assert t2v.open_stack(str(tmp_path / "moving.ome.tif")).name == "moving"
    assert t2v.open_stack(opened) is opened


def test_axes_of_a_single_image_and_of_what_is_none(tmp_path):
    tifffile.imwrite(tmp_path / "one.tif", GREY16[0])
    stack = t2v.open_stack(tmp_path / "one.tif", axes="YX")
    assert stack.shape == (1, *GREY16[0].shape)
    tifffile.imwrite(tmp_path / "s.tif", GREY16, photometric="minisblack")
    with pytest.raises(t2v.SourceError, match="cannot be named YX"):
        t2v.open_stack(tmp_path / "s.tif", axes="YX")


@pytest.mark.parametrize("options", [{}, {"imagej": True}, {"ome": True}], ids=str)
def test_a_page_that_is_stored_in_another_way_than_those_beside_it(tmp_path, options):
    """Its pixels lie where plain ones would, so that all look like one run."""
    path, frames = tmp_path / "s.tif", noise((4, 16, 24), high=3)
    tifffile.imwrite(path, frames, photometric="minisblack", **options)
    with tifffile.TiffFile(path, mode="r+b") as tif:
        page = tif.pages[2].aspage()
        content = zlib.compress(frames[2].astype(page.dtype).tobytes())
        tif.filehandle.seek(page.dataoffsets[0])
        tif.filehandle.write(content)
        page.tags["Compression"].overwrite(8)
    np.testing.assert_array_equal(t2v.open_stack(path).data.compute(), frames)


def test_a_very_large_compressed_frame(tmp_path):
    """Beyond 256 MB, all cores decode its tiles: light and dark ones in turn, 50 by 50."""
    noise = np.random.default_rng(0).integers(0, 8, (240, 240), dtype=np.uint16)
    tiles = [zlib.compress(noise + np.uint16(level)) for level in (100, 1000)]
    chosen = (tiles[(row + column) % 2] for row in range(50) for column in range(50))
    tifffile.imwrite(
        tmp_path / "t.tif",
        chosen,
        shape=(12_000, 12_000),
        dtype=np.uint16,
        tile=(240, 240),
        compression="zlib",
    )
    picture = t2v.render_frame(tmp_path / "t.tif", 0, width=100)[..., 0]
    dark = np.add.outer(np.arange(100) // 2, np.arange(100) // 2) % 2 == 0
    assert picture[dark].max() < 4
    assert picture[~dark].min() > 250
