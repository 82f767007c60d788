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
        every(FLAT, LUT | described("ImageJ=1.53\nimages=12\nframes=12\n")), {}, FLAT, True, NUMBERS,
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
