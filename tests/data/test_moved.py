"""Frames below a box that moves, against FFT and spline shifts of SciPy and plain slices."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.frames import noise
from scipy import ndimage

from napari_tif2video.data import MovedFrames, need_dask, stack_of_array
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
