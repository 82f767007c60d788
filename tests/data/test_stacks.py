"""What a stack tells of itself, which frames it hands out, and each word where there is none."""

from __future__ import annotations

import os
import pickle
import threading
from dataclasses import dataclass, replace
from itertools import combinations

import dask
import dask.array as da
import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise
from helpers.refusals import refusal

import napari_tif2video as t2v
from napari_tif2video.colours import Display
from napari_tif2video.data import (
    Calibration,
    Channel,
    FrameFormat,
    FramePlanes,
    Grid,
    HeldFrames,
    MovedFrames,
    Part,
    PlacedFrames,
    Stack,
    array_error,
    check_frames,
    identity_of,
    need_dask,
    open_finished,
    open_images,
    stack_of_array,
    thread_buffer,
)
from napari_tif2video.geometry import CropBox

ARRAY = noise((5, 8, 10))
WHOLE = CropBox(10, 8, 0, 0)
DOUBLED = Grid((16, 20), (0.0, 0.5), (0.0, 0.5))
PART = CropBox(5, 6, 3, 1)


@dataclass(frozen=True)
class Numbered:
    """A drawing that knows its frames."""

    numbers: tuple[int, ...]

    def select(self, indices):
        return Numbered(tuple(self.numbers[i] for i in indices))


def refused(source, **options):
    return refusal(t2v.SourceError, t2v.open_stack, source, **options)


def frames_in(frames, box):
    """Copies, as frames may come in a buffer that is used again."""
    read = frames.delayed(box).compute() if need_dask(frames) else frames
    return [np.array(frame) for frame in read.read_frames(box)]


def test_what_a_format_says():
    grey, colour = FrameFormat((4, 6), np.dtype("u2")), FrameFormat((4, 6, 3), np.dtype("f8"))
    assert (grey.size, grey.is_rgb, grey.nbytes, grey.notes, str(grey)) == (
        (4, 6), False, 48, (), "6x4 uint16",
    )  # fmt: skip
    assert (colour.size, colour.is_rgb, colour.nbytes, str(colour)) == (
        (4, 6), True, 576, "6x4 RGB float64",
    )  # fmt: skip
    assert (grey.white_is_zero, grey.has_alpha) == (False, False)
    white = FrameFormat((4, 6), np.dtype("u1"), True, True)
    is_white = "is stored with white as zero (MinIsWhite) and shown so"
    assert (str(white), white.notes) == (
        "6x4 MinIsWhite uint8", (is_white, "its alpha channel is left out"),
    )  # fmt: skip
    both = FrameFormat((4, 6, 3), np.dtype("u1"), white_is_zero=True)
    assert (str(both), both.notes) == ("6x4 RGB uint8", (is_white,))
    assert FrameFormat((4, 6), np.dtype("u2"), has_alpha=True) == grey
    grey.check(FrameFormat((4, 6), np.dtype("u2")), "b.tif", "a.tif")
    for other, is_what in (
        (colour, "6x4 RGB float64"),
        (FrameFormat((4, 6), np.dtype("i2")), "6x4 int16"),
        (FrameFormat((6, 4), np.dtype("u2")), "4x6 uint16"),
        (FrameFormat((4, 6), np.dtype("u2"), True), "6x4 MinIsWhite uint16"),
    ):
        assert refusal(t2v.SourceError, grey.check, other, "b.tif", "a.tif") == (
            f"b.tif: is {is_what}, but the sequence began with 6x4 uint16 (a.tif); all frames must "
            "be alike, use --match to choose some"
        )
    for dtype in ("?", "u1", "i8", "f2"):
        FrameFormat((4, 6), np.dtype(dtype)).require_supported("a.tif")
    assert refusal(t2v.SourceError, FrameFormat((1, 1), np.dtype("V4")).require_supported, "x") == (
        "x: holds void32 values; bool, integers and floating point numbers can be converted"
    )


def test_what_a_stack_says():
    frames = stack_of_array(ARRAY).frames
    channel = Channel(frames)
    assert (channel.label, channel.display, channel.stored_limits) == ("0", Display(), None)
    assert Channel(frames, number=3).label == "3"
    assert Channel(frames, name="GFP", number=3).label == "GFP"
    stack = Stack((channel,), "some")
    assert (stack.calibration, stack.measured, stack.played, stack.left_out) == (
        Calibration(), {}, "T", 0,
    )  # fmt: skip
    assert (stack.path, stack.notes, stack.planes, stack.channel_info) == (None, (), None, ())
    assert (stack.images, stack.image_names, stack.position) == ((), (), None)
    assert (stack.drawings, stack.placed) == ((), None)
    assert "measured" not in repr(stack)
    known = Calibration(0.5, "from A", 2.0, "from B", None, None, 3.0)
    measured = stack.calibrated(known)
    assert (measured.channels, measured.name, measured.calibration) == ((channel,), "some", known)
    assert (measured.pixel_size_um, measured.pixel_size_origin, measured.z_spacing_um) == (
        0.5, "from A", 3.0,
    )  # fmt: skip
    assert (measured.frame_interval_s, measured.frame_interval_origin) == (2.0, "from B")
    drawn = replace(measured, drawings=(Numbered((0, 1, 2, 3, 4)), Numbered((7, 8, 9, 10, 11))))
    two = replace(drawn, channels=(channel, Channel(PlacedFrames(frames, DOUBLED), number=1)))
    chosen = two.select([4, 0])
    assert [drawing.numbers for drawing in chosen.drawings] == [(4, 0), (11, 7)]
    assert (chosen.frame_interval_s, chosen.calibration.times_s) == (8.0, (8.0, 0.0))
    assert [c.frames.label(0) for c in chosen.channels] == ["frame 4", "frame 4"]
    assert [len(c.frames) for c in chosen.channels] == [2, 2]
    assert chosen.labels == ["frame 4", "frame 0"]
    other = stack_of_array(np.zeros((2, 3, 4, 3)))
    several = Stack((), "some", images=(stack, other))
    assert (several.format, several.dtype, several.axes) == (frames.format, ARRAY.dtype, "PTYX")
    assert (several.sizes, several.shape, len(several)) == (
        (("P", 2), ("T", 5)), (2, 5, 8, 10), 2,
    )  # fmt: skip
    assert refusal(t2v.SourceError, lambda: several.frames) == (
        "some: holds 2 positions; choose one with position"
    )


def test_arrays_are_kept_for_each_thread_and_purpose():
    first = thread_buffer("some", (2, 3), np.uint8)
    assert (first.shape, first.dtype) == ((2, 3), np.uint8)
    assert thread_buffer("some", (2, 3), np.uint8) is first
    other = thread_buffer("other", (2, 3), np.uint8)
    wider = thread_buffer("some", (2, 4), np.uint8)
    deeper = thread_buffer("some", (2, 4), np.uint16)
    found = []
    work = threading.Thread(target=lambda: found.append(thread_buffer("some", (2, 4), np.uint16)))
    work.start()
    work.join()
    assert (wider.shape, deeper.dtype) == ((2, 4), np.uint16)
    buffers = (first, other, wider, deeper, *found)
    assert not any(np.shares_memory(a, b) for a, b in combinations(buffers, 2))
    assert len(buffers) == 5


def test_what_white_as_zero_becomes(tmp_path):
    tifffile.imwrite(tmp_path / "s.tif", noise((8, 10)), photometric="miniswhite")
    stack = Stack.of(t2v.open_stack(tmp_path / "s.tif").frames, "some", tmp_path)
    assert [channel.display for channel in stack.channels] == [Display(invert=True)]
    assert stack.notes == ("is stored with white as zero (MinIsWhite) and shown so",)
    assert (stack.name, stack.path) == ("some", tmp_path)


def test_frames_made_of_others_ask_these(tmp_path):
    folder = write_folder(tmp_path / "in", ARRAY)
    sources = [t2v.open_stack(s).frames for s in (folder, ARRAY, da.from_array(ARRAY, (2, 8, 10)))]
    for frames, starts, needs in zip(sources, (None, None, (0, 2, 4)), (0, 0, 1), strict=True):
        placed = PlacedFrames(frames, DOUBLED)
        moved = MovedFrames.of(frames, [(0.5, 0)] * 5, (4, 5))
        held = HeldFrames(frames, range(5))
        for others in (placed, moved, held, frames):
            assert (need_dask(others), others.chunk_starts) == (bool(needs), starts)
            assert (len(others), others.label(3)) == (5, frames.label(3))
            check_frames(others)
        chosen = placed.select([3, 1])
        assert [chosen.label(i) for i in range(2)] == [frames.label(3), frames.label(1)]
    (folder / "t3.tif").write_bytes(b"")
    for others in (PlacedFrames(sources[0], DOUBLED), MovedFrames.of(sources[0], [], (4, 5))):
        assert f"{folder}/t3.tif" in refusal(t2v.SourceError, check_frames, others)
    known = identity_of(sources[0])
    assert known is not None
    moved = MovedFrames.of(sources[0], [(0.5, 0)] * 5, (4, 5))
    assert identity_of(moved) == (known, ((0.5, 0),) * 5, (4, 5), True)
    parts = (Part(ARRAY[0], WHOLE),) * 5
    assert not need_dask(replace(MovedFrames.of(sources[2], [(0, 0)] * 5, (4, 5)), parts=parts))
    assert (identity_of(sources[1]), identity_of(sources[2])) == (None, None)


def test_the_array_of_files_on_several_axes(tmp_path):
    """Each block is the frame at its place, however many axes there are."""
    array = noise((2, 3, 4, 6, 3), high=250).astype(np.uint8)
    folder = write_folder(tmp_path / "in", array.reshape(6, 4, 6, 3))
    frames = t2v.open_stack(folder).frames
    stack = Stack((), "some", planes=FramePlanes(frames, (("T", 2), ("C", 3))))
    assert (stack.axes, stack.sizes, stack.format) == (
        "TCYXS", (("T", 2), ("C", 3)), frames.format,
    )  # fmt: skip
    assert stack.data.chunks == ((1, 1), (1, 1, 1), (4,), (6,), (3,))
    assert (stack.data.dtype, stack.data.name[:10]) == (np.uint8, "tif2video-")
    assert (stack.data._meta.dtype, stack.data._meta.shape) == (np.uint8, (0,) * 5)
    np.testing.assert_array_equal(stack.data, array)
    assert Stack.behind(stack.data) is stack
    assert Stack.behind(stack.data[0]) is None
    assert Stack.behind(ARRAY) is None
    lazy = stack_of_array(da.from_array(ARRAY.astype(">u2"), (2, 3, 10)))
    assert (lazy.data.chunks, lazy.data.dtype.isnative) == (((1,) * 5, (8,), (10,)), True)
    assert Stack.behind(lazy.data) is None  # its tasks are those of the array itself


def test_what_an_array_becomes():
    for shape, axes, sizes, notes in (
        ((4, 6), "TYX", (1, 4, 6), ()),
        ((6, 3), "TYX", (1, 6, 3), ()),
        ((5, 4), "TYX", (1, 5, 4), ()),
        ((2, 6, 2), "TYX", (2, 6, 2), ()),
        ((3, 4, 6), "TYX", (3, 4, 6), ()),
        ((3, 4, 3), "TYXS", (1, 3, 4, 3), ()),
        ((3, 4, 5), "TYX", (3, 4, 5), ()),
        ((2, 3, 4, 3), "TYXS", (2, 3, 4, 3), ()),
        ((2, 3, 4, 4), "TYXS", (2, 3, 4, 3), ("its alpha channel is left out",)),
        ((3, 4, 4), "TYXS", (1, 3, 4, 3), ("its alpha channel is left out",)),
    ):
        array = noise(shape, high=250).astype(">u2")
        for source in (array, da.from_array(array, chunks=-1)):
            stack = stack_of_array(source, "some")
            assert (stack.axes, stack.shape, stack.notes) == (axes, sizes, notes)
            assert (stack.name, stack.path, len(stack)) == ("some", None, sizes[0])
            assert stack.dtype == np.dtype("u2")
            assert stack.dtype.isnative
            assert stack.sizes == (("T", sizes[0]),)
            assert stack.labels == [f"frame {i}" for i in range(sizes[0])]
            height, width = sizes[1:3]
            kind = "RGB " if len(sizes) > 3 else ""
            assert str(stack.format) == f"{width}x{height} {kind}uint16"
            assert stack.format.nbytes == 2 * np.prod(sizes[1:])
            seen = array if len(shape) == len(sizes) else array[np.newaxis]
            np.testing.assert_array_equal(stack.data.compute(), seen[..., : sizes[-1]])
            assert stack.data.chunks[0] == (1,) * sizes[0]
    plain = stack_of_array(noise((2, 4, 3)), is_rgb=False)
    assert (plain.axes, plain.shape, plain.name) == ("TYX", (2, 4, 3), "array")
    four = t2v.open_stack(noise((2, 4, 5, 4)), axes="TCYX")
    assert (four.axes, four.shape, four.sizes) == ("TCYX", (2, 4, 5, 4), (("T", 2), ("C", 4)))


def test_what_is_said_of_arrays_that_are_no_frames():
    expected = (
        "; expected (T, Y, X) or (T, Y, X, 3), none of them 0; name other axes with axes, such as "
        "axes='TCZYX'"
    )
    for shape in ((2, 3, 40, 120), (40,), (0, 4, 5), (5, 0, 12), (5, 4, 0), (1, 2, 3, 4, 3), (3,)):
        for array in (np.zeros(shape, np.uint16), da.zeros(shape, dtype=np.uint16)):
            assert refused(array) == f"array: has the shape {shape}{expected}"
    numbers = "bool, integers and floating point numbers can be converted"
    for dtype, name in (("c8", "complex64"), ("M8[s]", "datetime64[s]"), ("S2", "bytes16")):
        for array in (np.zeros((2, 3, 4), dtype), da.zeros((2, 3, 4), dtype=dtype)):
            assert refused(array) == f"array: holds {name} values; {numbers}"
    unknown = da.from_array(ARRAY)[da.from_array(np.array([True] * 5))]
    assert refused(unknown) == (
        "array: has chunks of unknown size; call compute_chunk_sizes() first"
    )
    assert refused({}) == (
        "cannot convert a dict; expected a path, a numpy or dask array, or a Stack"
    )


def test_what_is_said_of_paths_and_names_of_axes(tmp_path):
    assert refused(tmp_path / "gone.tif") == f"{tmp_path}/gone.tif: no such file or folder"
    (tmp_path / "a.png").touch()
    assert refused(str(tmp_path / "a.png")) == (
        f"{tmp_path}/a.png: is not a TIFF file; expected .tif, .tiff, .btf, .tf8, .stk, .lsm"
    )
    tifffile.imwrite(tmp_path / "s.tif", noise((2, 3, 8, 10)), photometric="minisblack")
    (tmp_path / "in").mkdir()
    tifffile.imwrite(tmp_path / "in" / "s.tif", noise((3, 8, 10)), photometric="minisblack")
    tifffile.imwrite(tmp_path / "one.tif", noise((8, 10)))
    stack = t2v.open_stack(tmp_path / "in" / "s.tif", axes="ZYX")
    assert (stack.played, stack.axes, stack.sizes) == ("Z", "TYX", (("Z", 3),))
    assert t2v.open_stack(tmp_path / "one.tif", axes="YX").axes == "TYX"
    for axes, name, has in (
        ("YX", "in/s.tif", "TYX with the sizes 3x8x10"),
        ("TCYX", "in/s.tif", "TYX with the sizes 3x8x10"),
        ("TYXS", "in/s.tif", "TYX with the sizes 3x8x10"),
    ):
        assert refused(tmp_path / name, axes=axes) == (
            f"{tmp_path}/{name}: has the axes {has}, which cannot be named {axes}"
        )
    known = t2v.open_stack(ARRAY)
    assert t2v.open_stack(known) is known
    assert refused(known, axes="TCYX") == (
        "array: has the axes TYX with the sizes 5x8x10, which cannot be named TCYX"
    )


def test_some_files_of_a_folder_and_those_that_fail(tmp_path):
    folder = write_folder(tmp_path / "in", noise((11, 8, 10), low=1))
    names = ["t10.tif", "t2.tif", "t9.tif"]
    stack = open_images(folder, names)
    assert (stack.labels, stack.played, stack.path) == (
        ["t2.tif", "t9.tif", "t10.tif"], "T", folder,
    )  # fmt: skip
    assert open_images(folder, names, "zyx").played == "Z"
    assert refusal(t2v.SettingsError, open_images, folder, names, "ZZ").startswith("axes: ")
    (folder / "t2.tif").write_bytes(b"no image")
    assert f"{folder}/t2.tif" in refusal(t2v.SourceError, open_images, folder, names)
    assert f"{folder}/t2.tif" in refused(folder, match="t[29].tif")
    assert f"{folder}/t2.tif" in refusal(t2v.SourceError, open_finished, folder, "t[29].tif")
    assert open_images(folder, names, None, "skip").format.shape == (8, 10)
    assert t2v.open_stack(folder, match="t[29].tif", on_error="skip").format.shape == (8, 10)
    tifffile.imwrite(folder / "t10.tif", np.zeros((8, 10), np.uint16))
    before = [f"t{n}.tif" for n in (0, 1, *range(3, 10))]
    assert t2v.open_stack(folder, match="t[!2]*").labels == before
    assert open_finished(folder, "t[!2]*").labels == [*before, "t10.tif"]
    (folder / "t2.tif").unlink()
    assert open_finished(folder).labels == [*before, "t10.tif"]


def test_positions_and_hyperstacks_have_no_frames_until_some_are_chosen(tmp_path):
    folder = tmp_path / "wells"
    for position, width in (("A01", 10), ("A02", 10), ("B01", 12)):
        write_folder(folder, noise((2, 8, width)), name=f"{position}_t{{}}.tif")
    stack = t2v.open_stack(folder, match="A*")
    assert (stack.axes, stack.shape, len(stack)) == ("PTYX", (2, 2, 8, 10), 2)
    assert stack.sizes == (("P", 2), ("T", 2))
    assert stack.image_names == ("A01", "A02")
    assert [image.labels for image in stack.images] == [
        [f"{position}_t{t}.tif" for t in (0, 1)] for position in ("A01", "A02")
    ]
    assert stack.data.shape == (2, 2, 8, 10)
    with pytest.raises(t2v.SourceError) as caught:
        _ = stack.frames
    assert str(caught.value) == f"{folder}: holds 2 positions; choose one with position"
    with pytest.raises(t2v.SourceError) as caught:
        _ = t2v.open_stack(folder).data
    assert str(caught.value) == (
        f"{folder}: holds 3 positions of different sizes; take the data of each of its images"
    )
    renamed = t2v.open_stack(folder, match="A*", axes="ZYX")
    assert [image.played for image in renamed.images] == ["Z", "Z"]
    array = noise((2, 3, 8, 10))
    several = t2v.open_stack(array, axes="TCYX")
    np.testing.assert_array_equal(several.data, array)
    with pytest.raises(t2v.SourceError) as caught:
        _ = several.frames
    assert str(caught.value) == (
        "array: is a hyperstack with the axes TCYX; choose what is shown with channel, z and play"
    )
    again = t2v.open_stack(several, axes="CZYX")
    assert (again.axes, again.shape) == ("CZYX", array.shape)


def test_every_box_of_frames_in_any_blocks():
    for chunks in ((1, 8, 10), (2, 3, 4), (5, 8, 10), (3, 2, 10), ((1, 4), (5, 3), (3, 3, 4))):
        lazy = stack_of_array(da.from_array(ARRAY, chunks=chunks)).frames
        for box, rows, columns in (
            (WHOLE, slice(0, 8), slice(0, 10)),
            (PART, slice(1, 7), slice(3, 8)),
            (CropBox(1, 1, 9, 7), slice(7, 8), slice(9, 10)),
        ):
            for indices in ([0, 1, 2, 3, 4], [4, 0, 4, 2], [3]):
                chosen = lazy.select(indices)
                expected = ARRAY[indices, rows, columns]
                np.testing.assert_array_equal(frames_in(chosen, box), expected)
                eager = [np.array(frame) for frame in chosen.read_frames(box)]
                np.testing.assert_array_equal(eager, expected)
                kept = chosen.delayed(box).compute()
                assert len(kept) == len(indices)
                last = [np.array(f) for f in kept.select([len(indices) - 1]).read_frames(box)]
                np.testing.assert_array_equal(last, expected[-1:])
                np.testing.assert_array_equal(chosen.lazy, ARRAY[indices])
                assert [chosen.label(i) for i in range(len(chosen))] == [
                    f"frame {index}" for index in indices
                ]


def test_what_is_said_of_blocks_that_fail_or_have_another_shape():
    def fail(values, block_info=None):
        if block_info[0]["chunk-location"][0] == 1:
            raise ValueError("no\nsuch thing")
        return values

    broken = da.from_array(ARRAY, chunks=(2, 8, 10)).map_blocks(fail, dtype=ARRAY.dtype)
    frames = stack_of_array(broken).frames
    with dask.config.set(scheduler="synchronous"):
        read = frames.read_frames(WHOLE)
        np.testing.assert_array_equal([next(read).copy(), next(read).copy()], ARRAY[:2])
        with pytest.raises(t2v.SourceError) as caught:
            next(read)
        assert str(caught.value) == (
            "block 1 of the array cannot be computed (ValueError: no such thing)"
        )
        small = da.from_array(ARRAY, chunks=(2, 8, 10)).map_blocks(
            lambda values: values[:, :7], dtype=ARRAY.dtype, chunks=((2, 2, 1), (8,), (10,))
        )
        with pytest.raises(t2v.SourceError) as caught:
            stack_of_array(small).frames.delayed(WHOLE).compute()
    assert str(caught.value) == (
        "a block of the array has the shape (2, 7, 10) where the array says (2, 8, 10)"
    )
    reason = "the array cannot be computed (KeyError: 'a')"
    eight = "block 0 or 1 or 2 or 3 or 4 or 5 or 6 or 7 of "
    assert str(array_error(KeyError("a"), range(8))) == eight + reason
    assert str(array_error(KeyError("a"), range(9))) == reason


def test_frames_that_are_held(tmp_path):
    folder = write_folder(tmp_path / "in", ARRAY)
    places = (0, 0, 1, 3, 3, 3, 4)
    for source in (ARRAY, da.from_array(ARRAY, chunks=(2, 8, 10)), folder):
        frames = t2v.open_stack(source).frames
        held = HeldFrames(frames, places)
        np.testing.assert_array_equal(frames_in(held, PART), ARRAY[list(places), 1:7, 3:8])
        assert (len(held), held.format) == (7, frames.format)
        assert [held.label(i) for i in range(7)] == [frames.label(place) for place in places]
        some = held.select([1, 2, 5, 6])
        assert (len(some), len(some.frames), some.places) == (4, 4, (0, 1, 2, 3))
        np.testing.assert_array_equal(frames_in(some, WHOLE), ARRAY[[0, 1, 3, 4]])
        twice = held.select([3, 4])
        assert (len(twice.frames), twice.places) == (1, (0, 0))
        held.check()
        assert list(held.held("abcde")) == list("aabddde")
    in_blocks = HeldFrames(t2v.open_stack(da.from_array(ARRAY, chunks=(2, 8, 10))).frames, places)
    assert in_blocks.chunk_starts == (0, 3, 6)  # the first moments of frames 0, 2 and 4
    assert HeldFrames(t2v.open_stack(ARRAY).frames, places).chunk_starts is None
    files = t2v.open_stack(folder).frames
    assert HeldFrames(files, places).identity() == (files.identity(), places)
    assert HeldFrames(t2v.open_stack(ARRAY).frames, places).identity() is None
    (folder / "t3.tif").write_bytes(b"")
    with pytest.raises(t2v.SourceError, match=r"t3\.tif"):
        HeldFrames(files, places).check()


def test_the_array_of_a_stack_travels_without_the_stack(tmp_path):
    stack = t2v.open_stack(write_folder(tmp_path / "in", ARRAY))
    assert t2v.open_stack(stack.data) is stack
    assert stack.data is stack.data
    assert stack.data.chunks == ((1,) * 5, (8,), (10,))
    moved = pickle.loads(pickle.dumps(stack.data))
    np.testing.assert_array_equal(moved, ARRAY)
    chosen = stack.select([4, 1])
    assert chosen.labels == ["t4.tif", "t1.tif"]
    np.testing.assert_array_equal(chosen.data, ARRAY[[4, 1]])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs special files of Unix")
def test_what_is_said_of_images_that_are_no_files(tmp_path):
    folder = write_folder(tmp_path / "in", ARRAY[:2])
    for name in ("t9.tif", "t10.tif"):
        (folder / name).symlink_to("nowhere.tif")
    (folder / "t5.tif").mkdir()
    said = (
        f"{folder}: 2 of its 5 images are links to files that do not exist, the first is t9.tif; "
        "restore them, or choose others with --match"
    )
    assert refused(folder) == said
    for letter in "zqwpxrvyus":
        os.mkfifo(folder / f"{letter}.tif")
    assert refused(folder) == (
        f"{folder}/p.tif: is no file, but a pipe, socket or device; remove it, or use --match to "
        "choose files"
    )
    assert t2v.open_stack(folder, match="t[01].tif").labels == ["t0.tif", "t1.tif"]


def test_images_beside_those_that_are_taken_are_counted(tmp_path):
    folder = write_folder(tmp_path / "in", ARRAY[:2])
    for name in ("t0_thumb.tif", "t1_thumb.tif", "a.stk", ".t3.tif", "b.txt"):
        (folder / name).touch()
    stack = t2v.open_stack(folder)
    assert (stack.left_out, stack.notes) == (
        3,
        (
            "2 thumbnails are left out: t0_thumb.tif to t1_thumb.tif",
            "1 file of another ending is left out: a.stk",
        ),
    )
    assert (t2v.open_stack(folder, match="t*").left_out, stack.name, stack.path) == (
        0, "in", folder,
    )  # fmt: skip
    below = tmp_path / "below"
    for stain in ("GFP", "DAPI"):
        write_folder(below / stain, ARRAY[:2])
        for name in ("z.lsm", "y.lsm", ".x.lsm"):
            (below / stain / name).touch()
    (below / "DAPI" / "thumb.tif").touch()
    stack = t2v.open_stack(below)
    assert (stack.left_out, stack.notes) == (
        5,
        (
            "1 thumbnail is left out: DAPI/thumb.tif",
            "4 files of other endings are left out: DAPI/y.lsm to GFP/z.lsm",
            "read from its subfolders: DAPI, GFP",
        ),
    )
