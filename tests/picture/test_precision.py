"""The grey levels of `render_frame` against an exact area average in float64."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.frames import noise, smooth
from helpers.oracle import area_average, assert_rounded, cubic, levels, size_for, to_grey
from hypothesis import given, settings
from hypothesis import strategies as st

import napari_tif2video as t2v


def edges(shape, low, high):
    """Only two values, in blobs and single pixels: the hardest case for a resizing filter."""
    fine = noise(shape, seed=11) > 32767
    coarse = np.kron(
        noise((shape[0] // 16 + 1, shape[1] // 16 + 1), seed=12) > 32767, np.ones((16, 16))
    )
    coarse = coarse[: shape[0], : shape[1]].astype(bool)
    mask = np.where(np.arange(shape[1]) < shape[1] // 2, fine, coarse)
    return np.where(mask, high, low).astype(np.uint16)


CONTENT = {
    "full-range noise": lambda s: noise(s),
    "full-range edges": lambda s: edges(s, 0, 65535),
    "12-bit noise": lambda s: noise(s, high=4095, seed=1),
    "12-bit edges": lambda s: edges(s, 0, 4095),
    "30 counts of noise": lambda s: noise(s, low=1000, high=1030, seed=2),
    "30 counts, smooth": lambda s: smooth(s, low=60000, high=60030),
    "one count": lambda s: edges(s, 40000, 40001),
    "smooth": lambda s: smooth(s),
    "8-bit noise": lambda s: noise(s, high=255, seed=3).astype(np.uint8),
}

# Size of the data (height, width) and width of the video: whole, ragged and nearly equal ratios.
SHRINKING = [
    ((512, 512), 128),
    ((512, 512), 200),
    ((600, 730), 700),
    ((730, 730), 500),
    ((300, 200), 100),
    ((201, 601), 150),
]


def assert_precise(shown, exact):
    """`exact` is not rounded yet. Halfway between two levels either is right, so no bias shows."""
    difference = shown - np.rint(exact)
    share, worst = np.mean(np.abs(difference) <= 1), np.abs(difference).max()
    decided = np.abs(exact % 1 - 0.5) > 0.01
    bias = difference[decided].mean()
    assert share >= 0.999, f"only {share:.5f} within one level"
    assert worst <= 2, f"off by {worst} levels"
    assert decided.mean() > 0.5
    assert abs(bias) < 0.02, f"bias of {bias:.4f} levels"


def exact_levels(frame, size, low, high):
    return levels(area_average(frame, size), low, high)


@pytest.mark.parametrize("make", CONTENT.values(), ids=CONTENT)
@pytest.mark.parametrize(("shape", "width"), SHRINKING, ids=str)
def test_shrinking_with_the_frames_own_limits(make, shape, width):
    frame = make(shape)
    size = size_for(*shape, width)
    shown = t2v.render_frame(frame, 0, width=width, contrast="local")
    assert shown.shape == (*size, 3)
    assert (shown == shown[..., :1]).all()
    assert_precise(shown[..., 0], exact_levels(frame, size, frame.min(), frame.max()))


@pytest.mark.parametrize("make", CONTENT.values(), ids=CONTENT)
@pytest.mark.parametrize(("shape", "width"), [SHRINKING[1], SHRINKING[2]], ids=str)
def test_shrinking_with_limits_of_the_sequence(make, shape, width):
    frame = make(shape)
    other = (frame // 2 + frame.min() // 2).astype(frame.dtype)
    stack = np.stack([other, frame, other])
    size = size_for(*shape, width)
    for index in (0, 1):
        shown = t2v.render_frame(stack, index, width=width, contrast="global")
        exact = exact_levels(stack[index], size, stack.min(), stack.max())
        assert_precise(shown[..., 0], exact)


@pytest.mark.parametrize(
    ("low", "high"), [(0, 65535), (20000, 40000), (30000, 31000), (32700, 32760), (500.5, 600.25)]
)
@pytest.mark.parametrize("make", [CONTENT["full-range noise"], CONTENT["full-range edges"]])
@pytest.mark.parametrize(("shape", "width"), [SHRINKING[1], SHRINKING[2]], ids=str)
def test_shrinking_with_narrow_fixed_limits(make, shape, width, low, high):
    frame = make(shape)
    size = size_for(*shape, width)
    shown = t2v.render_frame(frame, 0, width=width, limits=(low, high))
    assert_precise(shown[..., 0], exact_levels(frame, size, low, high))


def test_dim_frames_in_a_bright_sequence_keep_their_steps():
    """Frames of 30 counts, shown with limits of a few hundred counts."""
    dim = smooth((512, 512), low=1000, high=1030)
    stack = np.stack([dim, noise((512, 512), low=990, high=1200)])
    shown = t2v.render_frame(stack, 0, width=200, contrast="global")[..., 0]
    assert_precise(shown, exact_levels(dim, (200, 200), 990, 1200))
    assert len(np.unique(shown)) >= 30


def test_colours_are_as_precise():
    frame = noise((512, 512, 3), seed=5)
    frame[..., 1] = smooth((512, 512), low=100, high=50000)
    shown = t2v.render_frame(frame, 0, width=200, contrast="local")
    exact = exact_levels(frame, (200, 200), 0, 65535)
    for colour in range(3):
        assert_precise(shown[..., colour], exact[..., colour])


@pytest.mark.parametrize("make", CONTENT.values(), ids=CONTENT)
def test_equal_size_is_rounded_exactly(make):
    frame = make((128, 200))
    shown = t2v.render_frame(frame, 0, width="full")[..., 0]
    assert_rounded(shown, levels(frame, frame.min(), frame.max()))
    np.testing.assert_array_equal(t2v.render_frame(frame, 0, width=200)[..., 0], shown)


def test_grey_is_rounded_not_truncated():
    """Every count from 0 to 65535 once: as many reach 255 as rounding gives, half a step."""
    frame = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    shown = t2v.render_frame(frame, 0, width="full")[..., 0]
    levels = np.bincount(shown.ravel(), minlength=256)
    assert levels[0] == levels[255] == 129  # 0 to 128, half of the 257 counts a level has
    assert (levels[1:255] == 257).all()


ENLARGED = {
    "noise": (noise((40, 60), low=500, high=900), 150),
    "edges": (edges((40, 60), 100, 60000), 128),
    "smooth": (smooth((50, 50), low=3, high=40000), 400),
    "colours": (noise((20, 30, 3), low=7, high=9000), 150),
    "uint8": (noise((30, 45), high=200, dtype=np.uint8), 200),
}


@pytest.mark.parametrize(("frame", "width"), ENLARGED.values(), ids=ENLARGED)
@pytest.mark.parametrize("fixed", [False, True], ids=["own limits", "fixed limits"])
def test_enlarging_is_cubic_and_clipped_to_the_data(frame, width, fixed):
    low, high = int(frame.min()), int(frame.max())
    limits = (low - 200.0, high + 300.0) if fixed else (low, high)
    size = size_for(*frame.shape[:2], width)
    shown = t2v.render_frame(frame, 0, width=width, limits=limits if fixed else None)
    exact = to_grey(np.clip(cubic(frame, size), low, high), *limits)
    exact = exact if exact.ndim == 3 else exact[..., None]
    assert np.abs(shown.astype(int) - exact).max() <= 1
    assert np.mean(shown == exact) > 0.99
    # No grey level outside what the data's own counts are shown as.
    assert shown.min() >= to_grey(low, *limits)
    assert shown.max() <= to_grey(high, *limits)


def test_enlarging_is_smooth():
    """A ramp of few pixels becomes many small steps, all upwards."""
    ramp = np.tile(np.linspace(0, 60000, 16).astype(np.uint16), (16, 1))
    row = t2v.render_frame(ramp, 0, width=320)[100, :, 0].astype(int)
    assert len(np.unique(row)) > 150
    assert (np.diff(row) >= 0).all()
    assert np.diff(row).max() <= 3


@given(
    height=st.integers(4, 90),
    width=st.integers(100, 160),
    video_width=st.integers(100, 160),
    low=st.integers(0, 60000),
    span=st.integers(1, 5535),
)
@settings(max_examples=80)
def test_any_size_and_range(height, width, video_width, low, span):
    """Also where one side shrinks and the other, by rounding to even numbers, does not."""
    frame = noise((height, width), low=low, high=low + span)
    size = size_for(height, width, video_width)
    shown = t2v.render_frame(frame, 0, width=video_width)[..., 0].astype(int)
    assert shown.shape == size
    if size[0] <= height and size[1] <= width:
        assert np.abs(shown - exact_levels(frame, size, low, low + span)).max() <= 2.5
    elif size[0] >= height and size[1] >= width:
        exact = levels(np.clip(cubic(frame, size), low, low + span), low, low + span)
        assert np.abs(shown - exact).max() <= 1
    # Resizing keeps the mean, whatever the way.
    assert abs(shown.mean() - to_grey(frame, low, low + span).mean()) < 4
