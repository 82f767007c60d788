"""Files written tag by tag: which pages are planes, where their pixels lie, and how these are
stored.
"""

from __future__ import annotations

import numpy as np
import pytest
from helpers.directories import LONG, SHORT, described, write_directories
from helpers.frames import noise
from helpers.refusals import refusal

import napari_tif2video as t2v

DEEP = noise((12, 4, 6), low=100, high=9001)
FLAT = noise((12, 4, 8), high=250, dtype=np.uint8)
PLANAR = DEEP.reshape(4, 3, 4, 6)
BITS = np.array([int(f"{value:08b}"[::-1], 2) for value in range(256)], np.uint8)
TABLE = np.random.default_rng(0).integers(0, 65536, (3, 256), dtype=np.uint16)
REVERSED = {266: (SHORT, 2)}
PREDICTED = {317: (SHORT, 2)}
LUT = {262: (SHORT, 3), 320: (SHORT, TABLE.ravel().tolist())}


def some(frames, number, tags, **others):
    """These frames, of which one has more tags."""
    return [(frame, tags if i == number else others) for i, frame in enumerate(frames)]


def every(frames, tags):
    return [(frame, tags) for frame in frames]


def interleaved(frames, tags):
    """Samples (N, S, Y, X) beside each other in each pixel."""
    count, samples, height, width = frames.shape
    rows = np.moveaxis(frames, 1, -1).reshape(count, height, width * samples)
    known = {256: (LONG, width), 258: (SHORT, [8 * frames.itemsize] * samples)}
    return every(rows, known | {277: (SHORT, samples)} | tags)


def turned(frames, number):
    found = frames.copy()
    found[number] = BITS[found[number]]
    return found


def opened(path, pages, **options):
    return t2v.open_stack(write_directories(path / "s.tif", pages, **options))


COLOUR = {262: (SHORT, 2)}
NUMBERS = tuple(range(12))
# What is written, the frames that are found, whether their pixels are runs to read, and the pages.
FOUND = {
    "one run": (DEEP, {}, DEEP, True, NUMBERS),
    "one run, big-endian": (DEEP, {"order": ">"}, DEEP, True, NUMBERS),
    "strips in a row": (DEEP, {"parts": 2}, DEEP, True, NUMBERS),
    "a single page": (DEEP[:1], {}, DEEP[:1], True, (0,)),
    "gaps": (DEEP, {"gap": 2}, DEEP, False, NUMBERS),
    "bits reversed": (every(FLAT, REVERSED), {}, BITS[FLAT], False, NUMBERS),
    "differences": (every(FLAT, PREDICTED), {}, FLAT.cumsum(-1, dtype="u1"), False, NUMBERS),
    "the bits of one": (some(FLAT, 3, REVERSED), {}, turned(FLAT, 3), False, NUMBERS),
    "other types of tags": (
        some(DEEP, 2, {258: (LONG, 16), 259: (LONG, 1), 256: (SHORT, 6)}), {}, DEEP, True, NUMBERS,
    ),
    "one that is said to be unsigned": (
        some(DEEP, 2, {339: (SHORT, 1)}), {}, DEEP, True, NUMBERS,
    ),
    "a tag of nothing": (some(DEEP, 2, {266: (SHORT, [])}), {}, DEEP, True, NUMBERS),
    "big-endian types of tags": (
        some(DEEP, 2, {258: (LONG, 16), 257: (SHORT, 4)}), {"order": ">"}, DEEP, True, NUMBERS,
    ),
    "colours": (
        interleaved(PLANAR, COLOUR), {}, np.moveaxis(PLANAR, 1, -1), True, (0, 1, 2, 3),
    ),
    "planes of colours": (
        every(PLANAR, COLOUR), {}, np.moveaxis(PLANAR, 1, -1), False, (0, 1, 2, 3),
    ),
    "a table": (every(FLAT, LUT), {}, np.moveaxis(TABLE[:, FLAT], 0, -1), False, NUMBERS),
    "a table of ImageJ": (
        every(FLAT, LUT | described("ImageJ=1.53\nimages=12\nframes=12\n")), {}, FLAT, True,
        NUMBERS,
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", FOUND)
def test_pages_of_one_kind(tmp_path, kind):
    pages, options, expected, is_run, numbers = FOUND[kind]
    stack = opened(tmp_path, pages, **options)
    frames = stack.frames
    assert (stack.shape, stack.notes, stack.left_out) == (expected.shape, (), 0)
    assert (frames.is_run, frames.pages, frames.samples) == (is_run, numbers, ())
    np.testing.assert_array_equal(stack.data, expected)
    assert [frames.label(number) for number in (0, len(expected) - 1)] == [
        f"page {numbers[0] + 1} of s.tif",
        f"page {numbers[-1] + 1} of s.tif",
    ]
    if is_run:
        assert set(np.diff(frames.offsets).tolist()) <= {expected[0].nbytes}


SMALL = noise((12, 3, 4, 8), high=250, dtype=np.uint8)
# What is written, its channels, and whether these are runs to read.
CHANNELS = {
    "one behind the other": (PLANAR, {}, PLANAR, True),
    "pages apart": (PLANAR, {"gap": 6}, PLANAR, True),
    "in strips": (PLANAR, {"parts": 2}, PLANAR, False),
    "in the same pixel": (interleaved(PLANAR, {}), {}, PLANAR, False),
    "bits reversed": (every(SMALL, REVERSED), {}, BITS[SMALL], False),
    "the bits of one": (some(SMALL, 2, REVERSED), {}, turned(SMALL, 2), False),
    "bits reversed in the same pixel": (interleaved(SMALL, REVERSED), {}, BITS[SMALL], False),
}


@pytest.mark.parametrize("kind", CHANNELS)
def test_channels_within_pages(tmp_path, kind):
    pages, options, expected, is_run = CHANNELS[kind]
    stack = opened(tmp_path, pages, **options)
    frames = stack.planes.frames
    count = len(expected)
    assert (stack.axes, stack.sizes, stack.notes) == ("ICYX", (("I", count), ("C", 3)), ())
    assert (frames.is_run, frames.pages) == (is_run, tuple(n // 3 for n in range(3 * count)))
    assert frames.samples == (() if is_run else (0, 1, 2) * count)
    assert len(set(frames.offsets)) == (3 * count if is_run else count)
    np.testing.assert_array_equal(stack.data, expected)
    last = frames.select([11, 4])
    assert (last.samples, last.pages) == (() if is_run else (2, 1), (3, 1))


def test_pages_that_are_unlike_the_others(tmp_path):
    """Of another size, type or meaning: those alike that have the most pixels together are taken,
    wherever they lie.
    """
    one = "1 of its 12 pages are not 6x4, and left out"
    signed, white = {339: (SHORT, 2)}, {262: (SHORT, 0)}
    bytes_ = DEEP[2].view(np.uint8)[:, :6]
    for odd in ((DEEP[2], signed), (DEEP[2], white), (DEEP[2, :3], {}), (bytes_, {})):
        pages = [*DEEP[:2], odd, *DEEP[3:]]
        stack = opened(tmp_path, pages)
        assert (stack.notes, stack.left_out, stack.played) == ((one,), 1, "T")
        np.testing.assert_array_equal(stack.data, np.delete(DEEP, 2, 0))
        assert stack.labels == [f"page {n + 1} of s.tif" for n in range(12) if n != 2]
    large = noise((2, 8, 8), low=10, high=99)
    for count, size, taken in ((4, "8x8", large), (6, "6x4", DEEP[:6])):
        stack = opened(tmp_path, [DEEP[0], *large, *DEEP[1:count]])
        left = 6 - len(taken) if count == 4 else 2
        said = f"{left} of its {count + 2} pages are not {size}, and left out"
        assert (stack.notes, stack.left_out) == ((said,), left)
        np.testing.assert_array_equal(stack.data, taken)


CUT = "the file is damaged or incomplete, copy it again"
KINDS = "; grey images, RGB images and those with a colour table can be converted"
ONE, TWO, BYTES = DEEP[0], DEEP[:2], FLAT[0]
# What is written, in how many strips, and what is said.
REFUSED = [
    (DEEP[:2].reshape(8, 6), {257: (LONG, 4), 278: (LONG, 4), 32997: (LONG, 2)}, 2,
     f"is a MINISBLACK image with 1 samples a pixel{KINDS}"),
    (ONE, {262: (SHORT, 32803)}, 1, f"is a CFA image with 1 samples a pixel{KINDS}"),
    (ONE, {262: (SHORT, 200)}, 1, f"is a 200 image with 1 samples a pixel{KINDS}"),
    (ONE, COLOUR, 1, f"is a RGB image with 1 samples a pixel{KINDS}"),
    (TWO, COLOUR, 1, f"is a RGB image with 2 samples a pixel{KINDS}"),
    (DEEP[:5], COLOUR, 1, f"is a RGB image with 5 samples a pixel{KINDS}"),
    (TWO, {262: (SHORT, 0)}, 1, f"is a MINISWHITE image with 2 samples a pixel{KINDS}"),
    (TWO, {338: (SHORT, 1)}, 1, f"is a MINISBLACK image with 2 samples a pixel{KINDS}"),
    (BYTES, {262: (SHORT, 3)}, 1, f"is a PALETTE image with 1 samples a pixel{KINDS}"),
    (FLAT[:2], LUT, 1, f"is a PALETTE image with 2 samples a pixel{KINDS}"),
    (ONE, {273: (LONG, 0)}, 1, "some of its pixels were never written"),
    (ONE, {279: (LONG, 0)}, 1, "some of its pixels were never written"),
    (ONE, {273: (LONG, [138, 0])}, 2, "some of its pixels were never written"),
    (ONE, {279: (LONG, [24, 0])}, 2, "some of its pixels were never written"),
    (ONE, {273: (LONG, 123)}, 1, f"needs 171 bytes but the file has 170; {CUT}"),
    (ONE, {279: (LONG, 49)}, 1, f"needs 171 bytes but the file has 170; {CUT}"),
    (ONE, {279: (LONG, 47)}, 1, f"claims 6x4 pixels, for which it has only 47 bytes; {CUT}"),
    (ONE, {258: (SHORT, 17)}, 1, f"claims 6x4 pixels, for which it has only 48 bytes; {CUT}"),
    (ONE, {258: (SHORT, 32), 279: (LONG, 48)}, 1,
     f"claims 6x4 pixels, for which it has only 48 bytes; {CUT}"),
    (np.zeros((4, 24), np.uint16), {256: (LONG, 6), 258: (SHORT, 64), 339: (SHORT, 6)}, 1,
     "holds complex64 values; bool, integers and floating point numbers can be converted"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("array", "tags", "parts", "message"), REFUSED, ids=[r[3] for r in REFUSED]
)
def test_pages_that_cannot_be_frames(tmp_path, array, tags, parts, message):
    """By itself, and as one of a folder."""
    folder = tmp_path / "in"
    folder.mkdir()
    path = write_directories(folder / "t0.tif", [(array, tags)], parts=parts)
    for source in (path, folder):
        assert refusal(t2v.SourceError, t2v.open_stack, source) == f"{path}: {message}"


def test_pages_that_are_just_right(tmp_path):
    """With no byte to spare, or with more than they need."""
    for tags, parts in (({}, 1), ({}, 4), ({278: (LONG, 9)}, 1), ({257: (LONG, 3)}, 1)):
        stack = opened(tmp_path, [(ONE, tags)], parts=parts)
        np.testing.assert_array_equal(stack.data[0], ONE[: stack.shape[1]])
        assert (stack.dtype, str(stack.format)) == (np.uint16, f"6x{stack.shape[1]} uint16")
    for dtype, bits in (("i1", 1), ("u4", 4), ("i4", 4), ("f4", 4), ("f8", 8), ("u1", 1)):
        frame = (DEEP[0] % 100).astype(dtype)
        for order in "<>":
            stack = opened(tmp_path, [frame], order=order)
            assert (stack.dtype, stack.format.nbytes) == (np.dtype(dtype), 24 * bits)
            assert stack.dtype.isnative
            np.testing.assert_array_equal(stack.data[0], frame)
    deep = {262: (SHORT, 3), 320: (SHORT, np.arange(3 * 65536)[::-1].astype("u2").tolist())}
    for text in ({}, described("ImageJ=1.53\n")):  # of 16 bits, ImageJ has no such table
        stack = opened(tmp_path, [(ONE, deep | text)])
        assert (stack.axes, stack.dtype, stack.notes) == ("TYXS", np.uint16, ())
        np.testing.assert_array_equal(stack.data[0], np.repeat((65535 - ONE)[..., None], 3, -1))
    four = opened(tmp_path, [(DEEP[:4], COLOUR)])
    assert four.notes == ("its alpha channel is left out",)
    np.testing.assert_array_equal(four.data[0], np.moveaxis(DEEP[:3], 0, -1))
    assert opened(tmp_path, [DEEP[:4]]).sizes == (("C", 4),)
    white = opened(tmp_path, [(ONE, {262: (SHORT, 0)})])
    assert white.notes == ("is stored with white as zero (MinIsWhite) and shown so",)
    assert (white.format.white_is_zero, four.format.has_alpha) == (True, True)
    assert (white.format.has_alpha, four.format.white_is_zero) == (False, False)


def test_more_than_the_memory_that_is_free(tmp_path, monkeypatch):
    """It is asked for above 256 MiB only."""
    monkeypatch.setattr("napari_tif2video.data.tiff.pages.free_memory", lambda: 1000)
    for height, is_refused in ((8192, False), (8193, True)):
        tags = {256: (LONG, 16384), 257: (LONG, height), 278: (LONG, height), 259: (SHORT, 8)}
        path = write_directories(tmp_path / "s.tif", [(np.zeros((1, 3_000_000), np.uint16), tags)])
        if is_refused:
            assert refusal(t2v.SourceError, t2v.open_stack, path) == (
                f"{path}: claims 16384x8193 pixels, 270 MB, more than the memory that is free"
            )
        else:
            assert t2v.open_stack(path).shape == (1, 8192, 16384)
