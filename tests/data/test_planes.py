"""Which planes of a hyperstack make up each frame, against indices and functions of NumPy."""

from __future__ import annotations

import warnings

import dask.array as da
import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise
from helpers.refusals import refusal

import napari_tif2video as t2v
from napari_tif2video.data import (
    FramePlanes,
    check_frames,
    identity_of,
    need_dask,
    open_stack,
)
from napari_tif2video.geometry import CropBox

T, C, Z = 2, 3, 4
SIZES = (("T", T), ("C", C), ("Z", Z))
HYPER = noise((T, C, Z, 5, 6))
BOX = CropBox(4, 3, 1, 2)
PLANES = ("files", "numpy", "dask")


def planes_of(kind, array):
    """The planes of a hyperstack that is kept in this way."""
    if kind == "files":
        return FramePlanes(open_stack(array.reshape(-1, *array.shape[3:])).frames, SIZES)
    source = da.from_array(array, (1, 2, 3, 4, 6, 3)[: array.ndim]) if kind == "dask" else array
    axes = "TCZYXS" if array.ndim > 5 else "TCZYX"
    return open_stack(source, axes=axes).planes


def frames_in(frames, box):
    read = frames.delayed(box).compute() if need_dask(frames) else frames
    return np.array([frame.copy() for frame in read.read_frames(box)])


def reduced(planes, projection):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of nothing but NaN
        if planes.dtype.kind == "f":
            found = {"max": np.nanmax, "mean": np.nanmean, "sum": np.nansum, "min": np.nanmin,
                     "median": np.nanmedian}[projection](planes.astype(float), axis=1)  # fmt: skip
            return np.where(np.isnan(planes).all(axis=1), np.nan, found)
        return getattr(np, projection)(planes, axis=1)


@pytest.mark.parametrize("kind", PLANES)
def test_which_planes_are_shown(kind):
    planes = planes_of(kind, HYPER)
    assert (planes.sizes, planes.format.shape, planes.format.dtype) == (SIZES, (5, 6), np.uint16)
    everywhere = slice(None)
    for play, point, depth, place, axes in (
        ("T", {"C": 1, "Z": 3}, "", (everywhere, 1, 3), "T"),
        ("Z", {"T": 1, "C": 2}, "", (1, 2), "Z"),
        ("C", {"T": 1, "Z": 2}, "", (1, everywhere, 2), "C"),
        ("T", {"C": 2}, "Z", (everywhere, 2), "TZ"),
        ("C", {"T": 1}, "Z", (1,), "CZ"),
        ("Z", {"T": 1}, "C", (1,), "CZ"),
        ("T", {"C": 2, "Z": slice(1, 3)}, "Z", (everywhere, 2, slice(1, 3)), "TZ"),
        ("T", {"C": 0, "Z": slice(3, 4)}, "Z", (everywhere, 0, slice(3, 4)), "TZ"),
        ("", {"T": 1, "C": 2, "Z": 3}, "", (slice(1, 2), 2, 3), "T"),
        ("", {"T": 1, "C": 2}, "Z", (1, slice(2, 3)), "CZ"),
        ("", {"T": 1, "C": 2, "Z": slice(0, 2)}, "Z", (1, slice(2, 3), slice(0, 2)), "CZ"),
    ):
        expected = HYPER[place]
        frames = planes.sequence(play, point, depth, "max")
        if depth:
            expected = expected.max(axis=axes.index(depth))
        assert (len(frames), frames.format.shape) == (len(expected), (5, 6))
        for box in (BOX, CropBox(6, 5, 0, 0)):
            found = frames_in(frames, box)
            np.testing.assert_array_equal(found, expected[:, box.rows, box.columns])
        last = frames_in(frames.select([len(expected) - 1, 0]), BOX)
        np.testing.assert_array_equal(last, expected[[-1, 0], BOX.rows, BOX.columns])
    renamed = planes.renamed("ZTC")
    assert renamed.sizes == (("Z", T), ("T", C), ("C", Z))
    frames = renamed.sequence("T", {"Z": 1, "C": 2}, "", "max")
    np.testing.assert_array_equal(frames_in(frames, BOX), HYPER[1, :, 2, BOX.rows, BOX.columns])


@pytest.mark.parametrize("kind", PLANES[:2])
@pytest.mark.parametrize(
    ("dtype", "summed"),
    [
        ("?", "u8"), ("u1", "u8"), ("u2", "u8"), ("u8", "u8"), ("i2", "i8"), ("i8", "i8"),
        ("f4", "f8"), ("f8", "f8"), (">u2", "u8"), (">f4", "f8"),
    ],
)  # fmt: skip
def test_projections(kind, dtype, summed):
    array = noise((T, C, Z, 5, 6, 3), low=0, high=2 if dtype == "?" else 250).astype(dtype)
    if array.dtype.kind == "f":
        array -= 300
        array[:, :, 1, 2] = np.nan
        array[:, :, (0, 3), 3] = np.nan
        array[:, :, 1:, 4] = np.nan
        array[1, :, :, 3, 2] = np.nan
        array[0, 0, 0, 0, 0] = np.inf
    elif array.dtype.kind == "i":
        array -= 100
    if dtype in ("u8", "i8"):
        array += np.array(2**53, dtype)  # sums are exact
    planes = planes_of(kind, array)
    plain = array.dtype.newbyteorder("=")
    assert (planes.format.dtype, planes.format.dtype.isnative) == (plain, True)
    for projection, mixed in (
        ("max", plain), ("sum", summed), ("mean", "f8"), ("median", "f8"), ("min", "f8"),
    ):  # fmt: skip
        frames = planes.sequence("T", {"C": 1}, "Z", projection)
        assert (frames.format.dtype, frames.format.shape) == (np.dtype(mixed), (5, 6, 3))
        found = frames_in(frames, BOX)
        assert found.dtype == np.dtype(mixed)
        exact = reduced(array[:, 1, :, BOX.rows, BOX.columns].astype(plain), projection)
        np.testing.assert_allclose(found, exact, rtol=1e-15 if projection == "mean" else 0)


def test_frames_of_several_planes_each(tmp_path):
    folder = write_folder(tmp_path / "in", HYPER.reshape(-1, 5, 6)[:8])
    files = open_stack(folder).frames
    planes = FramePlanes(files, (("T", 2), ("Z", 4)))
    frames = planes.sequence("T", {}, "Z", "sum")
    assert [frames.label(i) for i in range(len(frames))] == ["t0.tif", "t4.tif"]
    assert frames.select([1]).label(0) == "t4.tif"
    assert frames.chunk_starts is None
    assert identity_of(frames) == (identity_of(files.select(range(8))), 4, "sum")
    second = planes.sequence("T", {"Z": 1}, "", "max")
    assert identity_of(second) == identity_of(files.select([1, 5]))
    assert identity_of(planes_of("files", HYPER).sequence("T", {"C": 0}, "Z", "max")) is None
    check_frames(frames)
    (folder / "t5.tif").write_bytes(b"")
    assert f"{folder}/t5.tif" in refusal(t2v.SourceError, check_frames, frames)


def test_arrays_whose_axes_are_named():
    for axes, source, expected, played in (
        ("YXT", HYPER[:, 0, 0].transpose(1, 2, 0), HYPER[:, 0, 0], "T"),
        ("XYZ", HYPER[0, 0].transpose(2, 1, 0), HYPER[0, 0], "Z"),
        ("CYXZ", HYPER[:1, 0].transpose(0, 2, 3, 1), HYPER[0, 0], "Z"),
        ("YX", HYPER[0, 0, 0], HYPER[0, 0, :1], "T"),
        ("TZYX", HYPER[:1, 0, :1], HYPER[0, 0, :1], "T"),
        ("SYX", HYPER[0, 0, :3], HYPER[:1, 0, :3].transpose(0, 2, 3, 1), "T"),
        ("SYXC", HYPER[:, 0].transpose(1, 2, 3, 0), HYPER[:, 0, :3].transpose(0, 2, 3, 1), "C"),
        ("TYX", HYPER[0, 0, :, :, :3], HYPER[0, 0, :, :, :3], "T"),
    ):
        for array in (source, da.from_array(source, chunks=2)):
            stack = open_stack(array, axes=axes.lower())
            assert (stack.played, stack.sizes, stack.planes) == (
                played, ((played, len(expected)),), None,
            )  # fmt: skip
            np.testing.assert_array_equal(stack.data, expected)
    for axes, source, expected, named in (
        ("ZCTYX", HYPER.swapaxes(0, 2), HYPER.swapaxes(0, 2), "ZCTYX"),
        ("TCPYXZ", HYPER.transpose(0, 1, 3, 4, 2)[:, :, None], HYPER, "TCZYX"),
        ("STCYX", HYPER.transpose(2, 0, 1, 3, 4), HYPER.transpose(0, 1, 3, 4, 2)[..., :3], "TCYXS"),
    ):  # fmt: skip
        for array in (source, da.from_array(source, chunks=2)):
            stack = open_stack(array, axes=axes)
            assert (stack.axes, stack.channels, stack.name) == (named, (), "array")
            np.testing.assert_array_equal(stack.data, expected)


def test_what_is_said_of_names_of_axes_that_do_not_fit():
    for axes, shape, said in (
        ("TYX", (2, 3, 4, 5), "has the shape (2, 3, 4, 5), which the 3 axes TYX do not fit"),
        ("TCZYX", (3, 4, 5), "has the shape (3, 4, 5), which the 5 axes TCZYX do not fit"),
        ("TCYX", (2, 0, 4, 5), "has the shape (2, 0, 4, 5), which the 4 axes TCYX do not fit"),
        ("YXS", (4, 5, 2), "has 2 samples S; RGB has 3 or 4"),
        ("SYX", (5, 4, 3), "has 5 samples S; RGB has 3 or 4"),
    ):
        for array in (np.zeros(shape), da.zeros(shape)):
            assert refusal(t2v.SourceError, open_stack, array, axes=axes) == f"array: {said}"
    numbers = "bool, integers and floating point numbers can be converted"
    assert refusal(t2v.SourceError, open_stack, np.zeros((2, 2, 3, 4), "c16"), axes="TCYX") == (
        f"array: holds complex128 values; {numbers}"
    )
    unknown = da.zeros((4, 2, 3, 4))
    unknown = unknown[unknown[:, 0, 0, 0] > 0]
    assert refusal(t2v.SourceError, open_stack, unknown, axes="TCYX") == (
        "array: has chunks of unknown size; call compute_chunk_sizes() first"
    )


def test_axes_of_what_is_open_already_are_renamed(tmp_path):
    tifffile.imwrite(tmp_path / "s.tif", HYPER[0, 0], photometric="minisblack")
    known = open_stack(tmp_path / "s.tif")
    renamed = open_stack(known.data, axes="ZYX")
    assert (renamed.played, renamed.labels, renamed.path) == ("Z", known.labels, known.path)
    assert refusal(t2v.SourceError, open_stack, known.data, axes="CZYX") == (
        f"{tmp_path}/s.tif: has the axes TYX with the sizes 4x5x6, which cannot be named CZYX"
    )
    assert refusal(t2v.SourceError, open_stack, open_stack(HYPER, axes="TCZYX"), axes="CZYX") == (
        "array: has the axes TCZYX with the sizes 2x3x4x5x6, which cannot be named CZYX"
    )
    colours = open_stack(noise((2, 4, 5, 3)))
    assert open_stack(colours, axes="ZYXS").played == "Z"
    assert refusal(t2v.SourceError, open_stack, colours, axes="ZYX") == (
        "array: has the axes TYXS with the sizes 2x4x5x3, which cannot be named ZYX"
    )
    single = open_stack(HYPER[0, 0, 0])
    assert open_stack(single, axes="ZYX").played == "Z"
    assert open_stack(single, axes="YX").played == "T"
    assert refusal(t2v.SourceError, open_stack, single, axes="CZYX") == (
        "array: has the axes TYX with the sizes 1x5x6, which cannot be named CZYX"
    )
