"""Frames on another grid of pixels, against interpolation written out pixel by pixel."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
import tifffile
from helpers.frames import noise

from napari_tif2video.data import Grid, PlacedFrames, identity_of, open_stack
from napari_tif2video.geometry import CropBox

GRIDS = {
    "halves": Grid((9, 13), (0.25, 0.5), (-0.5, 0.75), is_linear=True),
    "beyond both ends": Grid((12, 14), (-2.0, 1.0), (3.0, 1.5), is_linear=True),
    "rows alone": Grid((8, 8), (0.5, 1.0), (1.0, 1.0), is_linear=True),
    "columns alone": Grid((8, 8), (1.0, 1.0), (0.0, 0.5), is_linear=True),
    "whole steps": Grid((4, 5), (1.0, 2.0), (2.0, 1.0), is_linear=True),
    "nearest": Grid((16, 20), (0.25, 0.5), (-0.3, 0.5)),
    "enlarged": Grid((16, 20), (-0.25, 0.5), (-0.25, 0.5)),
    "nearly whole": Grid((8, 10), (1e-10, 1.0), (-1e-11, 1.0 + 1e-12), is_linear=True),
}


def shown(frame, grid, box):
    """Each pixel on its own, in float64."""
    picture = np.empty((box.height, box.width, *frame.shape[2:]))
    for y in range(box.height):
        for x in range(box.width):
            places = []
            for n, (first, step), length in zip(
                (y + box.top, x + box.left), (grid.rows, grid.columns), frame.shape, strict=False
            ):
                places.append(min(max(round(first + n * step, 9), 0), length - 1))
            if not grid.is_linear:
                picture[y, x] = frame[tuple(int(np.floor(place + 0.5)) for place in places)]
                continue
            (row, down), (column, right) = ((int(place), place % 1) for place in places)
            total = 0.0
            for dy, share in ((0, 1 - down), (1, down)):
                for dx, part in ((0, 1 - right), (1, right)):
                    if share * part:
                        total = total + share * part * frame[row + dy, column + dx].astype(float)
            picture[y, x] = total
    return picture


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "f4", "f8", "u1 rgb", "f4 rgb"])
def test_frames_on_a_grid(grid, dtype):
    is_rgb, kind = dtype.endswith("rgb"), np.dtype(dtype[:2])
    array = noise((2, 8, 10, *([3] if is_rgb else [])), high=250).astype(kind)
    if kind.kind == "f":
        array[0, 5, 5] = np.nan
    box = CropBox(grid.size[1] - 2, grid.size[0] - 1, 2, 1)
    mixes = grid.is_linear and grid in (GRIDS["halves"], *list(GRIDS.values())[1:4])
    assert grid.interpolates() is mixes
    expected = kind
    if mixes and not is_rgb and kind.kind != "f":
        expected = np.dtype("f8" if kind.itemsize == 4 else "f4")
    for source in (array, da.from_array(array, chunks=(1, 5, 4, 3)[: array.ndim])):
        frames = PlacedFrames(open_stack(source).frames, grid)
        assert frames.format.shape == (*grid.size, *array.shape[3:])
        assert frames.format.dtype == expected
        computed = frames.delayed(box).compute() if frames.needs_dask else frames
        read = [frame.copy() for frame in computed.read_frames(box)]
        assert {frame.dtype for frame in read} == {expected}
        for frame, original in zip(read, array, strict=True):
            exact = shown(original, grid, box)
            if is_rgb and kind.kind != "f":
                assert np.abs(frame - exact).max() <= 0.5001
            else:
                np.testing.assert_allclose(frame, exact, rtol=0 if expected == kind else 1e-6)
        if not frames.needs_dask:
            (second,) = frames.select([1]).read_frames(box)
            np.testing.assert_array_equal(second, read[1])
            assert frames.identity() is None


def test_frames_on_a_grid_are_known_by_both(tmp_path):
    tifffile.imwrite(tmp_path / "s.tif", noise((8, 10)))
    frames = open_stack(tmp_path / "s.tif").frames
    grid = GRIDS["halves"]
    assert PlacedFrames(frames, grid).identity() == (identity_of(frames), grid)
    assert identity_of(frames) is not None
    assert Grid((1, 1), (0, 1), (0, 1)).is_linear is False


def test_no_more_is_read_than_the_grid_takes():
    """Rows 0.75 to 1.75 and columns 1 to 3.25, or the nearest of them."""
    form, box = open_stack(np.zeros((1, 8, 10))).frames.format, CropBox(4, 3, 2, 1)
    assert GRIDS["halves"].taken(form, box)[0] == CropBox(4, 3, 1, 0)
    assert GRIDS["nearest"].taken(form, box)[0] == CropBox(2, 2, 1, 1)
    assert GRIDS["beyond both ends"].taken(form, CropBox(2, 2, 0, 0))[0] == CropBox(3, 1, 3, 0)


def test_frames_that_are_chosen_from_an_array():
    """In a row they are a view, one again and again too; each keeps its number."""
    array = noise((5, 8, 10))
    frames = open_stack(array).frames
    whole = CropBox(10, 8, 0, 0)
    for indices, is_view in (([1, 2, 3], True), ([2, 2, 2], True), ([3, 1], False), ([4], True)):
        chosen = frames.select(indices)
        assert np.shares_memory(chosen.array, array) is is_view
        assert [chosen.label(i) for i in range(len(chosen))] == [f"frame {n}" for n in indices]
        np.testing.assert_array_equal(list(chosen.read_frames(whole)), array[indices])
        again = chosen.select([len(indices) - 1] * 2)
        assert again.label(1) == f"frame {indices[-1]}"
        np.testing.assert_array_equal(list(again.read_frames(whole)), array[[indices[-1]] * 2])
    repeated = frames.select([2, 2, 2]).select([0, 2])
    assert (repeated.label(1), np.shares_memory(repeated.array, array)) == ("frame 2", True)
    lazy = open_stack(da.from_array(array, chunks=(2, 8, 10))).frames
    assert lazy.chunk_starts == (0, 2, 4)
    assert open_stack(da.from_array(array, chunks=(1, 8, 10))).frames.chunk_starts is None
    assert (frames.chunk_starts, lazy.select([3, 1]).label(0)) == (None, "frame 3")
