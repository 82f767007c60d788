"""Frames below a box that moves, against FFT and spline shifts of SciPy and plain slices."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from helpers.frames import noise
from scipy import ndimage

from napari_tif2video.data import MovedFrames, Part, need_dask, stack_of_array
from napari_tif2video.errors import SourceError
from napari_tif2video.geometry import CropBox

WHOLE = CropBox.whole((20, 30))


def below(array, corners, size=(20, 30), box=None):
    frames = MovedFrames.of(stack_of_array(array).frames, corners, size)
    return [frame.copy() for frame in frames.read_frames(box or CropBox.whole(size))]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float32])
def test_whole_pixels_are_a_plain_crop(dtype):
    array = noise((3, 50, 60), high=200).astype(dtype)
    corners = [(0, 0), (7, 11), (30, 30)]
    for frame, source, (top, left) in zip(below(array, corners), array, corners, strict=True):
        assert frame.dtype == dtype
        assert np.array_equal(frame, source[top : top + 20, left : left + 30])


@pytest.mark.parametrize("corner", [(3.25, 8.5), (10.9, 4.1), (0.5, 0.01)])
def test_between_pixels_smooth_pictures_are_those_of_a_shift_by_fourier(corner):
    """A sum of slow waves, whose shift is known exactly."""
    y, x = np.mgrid[:64, :64]
    waves = 1000 + 300 * np.sin(2 * np.pi * (2 * y + 3 * x) / 64) + 200 * np.cos(2 * np.pi * x / 32)
    array = waves[np.newaxis].astype(np.float32)
    (frame,) = below(array, [corner])
    back = ndimage.fourier_shift(np.fft.fft2(waves), [-place for place in corner])
    exact = np.fft.ifft2(back).real[:20, :30]
    inside = slice(2, -2)
    assert np.abs(frame - exact)[inside, inside].max() < 1.5  # of 1,000


def test_noise_gets_smaller_by_what_the_documentation_says():
    array = np.random.default_rng(0).normal(1000, 100, (1, 300, 300)).astype(np.float32)
    one, both = (below(array, [corner], (250, 250))[0].std() for corner in [(0.5, 0), (0.5, 0.5)])
    assert one == pytest.approx(80, rel=0.02)
    assert both == pytest.approx(64, rel=0.02)


def test_outside_of_the_data_nothing_is_known():
    array = noise((4, 50, 60), low=100, high=200)
    corners = [(-5, 10), (40, 50.5), (-100, 0), (10, 10)]
    first, second, third, fourth = below(array, corners)
    assert np.isnan(first[:5]).all()
    assert np.array_equal(first[5:], array[0, :15, 10:40])
    assert np.isnan(second[10:]).all()
    assert np.isnan(second[:, 9:]).all()
    assert np.isfinite(second[:10, :9]).all()
    assert np.isnan(third).all()
    assert np.array_equal(fourth, array[3, 10:30, 10:40])


def test_no_count_is_beyond_those_of_the_data():
    array = np.zeros((1, 50, 60), np.uint16)
    array[0, 20:30, 20:30] = 60000
    (frame,) = below(array, [(10.4, 12.3)])
    assert frame.min() == 0
    assert frame.max() == 60000


def test_colours_move_as_grey_does():
    array = noise((2, 50, 60, 3), high=255).astype(np.uint8)
    corners = [(3.3, 4.4), (5.5, 6.6)]
    grey = below(array[..., 1], corners)
    assert np.array_equal([frame[..., 1] for frame in below(array, corners)], grey)


def test_what_is_read_together_changes_nothing():
    array = noise((5, 50, 60))
    corners = [(i * 4.3, 30.2 - i * 5.1) for i in range(5)]
    frames = MovedFrames.of(stack_of_array(array).frames, corners, (20, 30))
    together = [frame.copy() for frame in frames.read_frames(WHOLE)]
    for number, frame in enumerate(together):
        (alone,) = (f.copy() for f in frames.select([number]).read_frames(WHOLE))
        assert np.array_equal(alone, frame, equal_nan=True)
    part = CropBox(7, 5, 11, 3)
    for frame, whole in zip(frames.read_frames(part), together, strict=True):
        # Counts are clipped to those below the box, which are fewer.
        assert np.abs(frame - whole[part.rows, part.columns]).max() < 8000


def test_blocks_of_a_dask_array_are_the_same():
    da = pytest.importorskip("dask.array")
    array = noise((6, 50, 60))
    corners = [(i * 4.3 - 2, 30.2 - i * 5.1) for i in range(6)]
    lazy = MovedFrames.of(
        stack_of_array(da.from_array(array, chunks=(4, 16, 60))).frames, corners, (20, 30)
    )
    assert need_dask(lazy)
    computed = lazy.delayed(WHOLE).compute()
    for frame, other in zip(computed.read_frames(WHOLE), below(array, corners), strict=True):
        assert np.array_equal(frame, other, equal_nan=True)


@pytest.mark.parametrize(
    ("dtype", "mixed"),
    [("u1", "f4"), ("i2", "f4"), ("i4", "f8"), ("u4", "f8"), ("f4", "f4"), ("f8", "f8")],
)
def test_counts_with_fractions_have_room_for_them(dtype, mixed):
    """As soon as any frame lies between pixels, or beyond an edge on any side."""
    frames = stack_of_array(np.zeros((1, 50, 60, 3), dtype)).frames
    for corner, is_mixed in (
        ((0, 0), False), ((30, 30), False), ((0.5, 0), True), ((0, 7.25), True), ((-1, 0), True),
        ((0, -1), True), ((31, 30), True), ((30, 31), True), ((29.9999999999, 30), False),
    ):  # fmt: skip
        moved = MovedFrames.of(frames, [corner], (20, 30))
        assert moved.is_mixed is is_mixed
        assert moved.format.dtype == np.dtype(mixed if is_mixed else dtype)
        assert moved.format.shape == (20, 30, 3)
        assert (moved.identity(), len(moved), moved.parts) == (None, 1, None)
        assert "parts" not in repr(moved)
    known = dataclasses.replace(moved, parts=(Part(np.zeros((20, 30, 3), dtype), WHOLE),))
    assert known.select([0, 0]).parts == known.parts * 2


def test_what_is_needed_of_the_source():
    """A pixel before and two behind those between which a place lies, within the source."""
    frames = stack_of_array(np.zeros((5, 50, 60, 3), np.uint16)).frames
    corners = [(0, 0), (10.5, 20.25), (-100, 200), (40, 50), (10, 20)]
    moved = MovedFrames.of(frames, corners, (20, 30))
    assert moved.windows() == [
        CropBox(32, 22, 0, 0), CropBox(34, 24, 19, 9), CropBox(1, 1, 59, 0),
        CropBox(11, 11, 49, 39), CropBox(33, 23, 19, 9),
    ]  # fmt: skip
    assert moved.window(WHOLE) == CropBox.whole((50, 60))
    assert moved.select([1, 4]).window(CropBox(7, 5, 3, 2)) == CropBox(11, 9, 22, 11)
    assert moved.parts_nbytes == 5 * 24 * 34 * 3 * 2
    small = MovedFrames.of(frames, corners, (49, 59))
    assert small.parts_nbytes == 5 * 50 * 60 * 3 * 2


def test_parts_that_were_read_are_not_read_again():
    array = noise((3, 50, 60))
    corners = [(3.3, 4.4), (5, 6), (-2.5, 31)]
    frames = MovedFrames.of(stack_of_array(array).frames, corners, (20, 30))
    parts = [
        Part(source[window.rows, window.columns].copy(), window)
        for source, window in zip(array, frames.windows(), strict=True)
    ]
    blank = stack_of_array(np.zeros_like(array)).frames
    known = dataclasses.replace(frames, frames=blank, parts=tuple(parts))
    for indices in ([0, 1, 2], [2, 0]):
        chosen = known.select(indices).read_frames(WHOLE)
        for frame, expected in zip(chosen, frames.select(indices).read_frames(WHOLE), strict=True):
            np.testing.assert_array_equal(frame, expected)
    assert not need_dask(known)
    failed = dataclasses.replace(known, parts=(parts[0], Part(parts[1][0], WHOLE, "is gone")))
    reading = dataclasses.replace(failed, corners=failed.corners[:2]).read_frames(WHOLE)
    next(reading)
    with pytest.raises(SourceError, match=r"^is gone$"):
        next(reading)


def test_between_pixels_counts_are_those_of_keys():
    """Written out along one axis; beyond an end, the last pixel goes on."""
    row = np.array([3, 9, 1, 7, 7, 2], float)
    for place in (0.0, 0.25, 0.5, 1.75, 2.0, 3.5, 4.5):
        array = np.tile(row, (2, 5, 1))
        frame = below(array, [(0, place), (0, 0.5)], (4, 1))[0]
        whole, t = int(place), place % 1
        weights = (
            -t / 2 + t**2 - t**3 / 2, 1 - 5 * t**2 / 2 + 3 * t**3 / 2,
            t / 2 + 2 * t**2 - 3 * t**3 / 2, (t**3 - t**2) / 2,
        )  # fmt: skip
        near = [row[min(max(whole + n, 0), 5)] for n in (-1, 0, 1, 2)]
        used = row[max(whole - 1, 0) : whole + 2 + (t > 0) + 1]
        exact = np.clip(np.dot(weights, near), used.min(), used.max())
        np.testing.assert_allclose(frame, np.full((4, 1), exact), rtol=1e-12)
        turned = below(array.swapaxes(1, 2).copy(), [(place, 0), (0.5, 0)], (1, 4))[0]
        np.testing.assert_array_equal(turned, frame.T)
    endless = np.full((1, 4, 6), np.inf)
    endless[0, 0, 0] = -np.inf
    assert np.isnan(below(endless, [(0.5, 0.5)], (2, 2))[0][0, 0])
