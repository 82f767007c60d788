"""What is measured of frames, against NumPy and formulas worked out one frame at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from helpers.frames import noise

import napari_tif2video as t2v
from napari_tif2video.drawings import Points
from napari_tif2video.overlays import Look, Timeline, draw_across
from napari_tif2video.picture import (
    EMPTY,
    Brightness,
    FrameStats,
    Mosaic,
    count_outside,
    histogram,
    level_of,
    measure,
    prepared_dtype,
    prepared_frames,
    render,
    smooth_limits,
)
from napari_tif2video.planning import plan

INTEGERS = {
    "bool": noise((7, 9), high=1).astype(bool),
    "uint8": noise((7, 9), low=3, high=250, dtype=np.uint8),
    "int8": (noise((7, 9), high=200).astype(int) - 100).astype(np.int8),
    "uint16": noise((7, 9), low=500, high=40000),
    "int16": (noise((7, 9), high=60000).astype(int) - 30000).astype(np.int16),
    "uint32": noise((7, 9), high=60000).astype(np.uint32) * 3,
    "int64": noise((7, 9), high=60000).astype(np.int64) - 70000,
    "one count": np.full((7, 9), 41, np.uint16),
}
WIDE = {
    "int64": noise((7, 9)).astype(np.int64) * 2**40 - 2**50,
    "uint64": noise((7, 9)).astype(np.uint64) * np.uint64(2**48),
    "float16": noise((7, 9), high=100).astype(np.float16) / 7,
    "float32": noise((7, 9)).astype(np.float32) / 7 - 3000,
    "float64": noise((7, 9)).astype(np.float64) / 7 - 3000,
    "zeros": np.zeros((7, 9), np.float32),
    "missing": np.where(noise((7, 9), seed=2) < 9000, np.nan, noise((7, 9)) / 9),
    "infinite": np.where(noise((7, 9), seed=2) < 9000, np.inf, -noise((7, 9)) / 9),
}
PERCENT = [(0, 100), (0.1, 99.9), (25, 60), (50, 50)]


@pytest.mark.parametrize("frame", INTEGERS.values(), ids=INTEGERS)
def test_histograms_of_integers_are_exact(frame):
    found = histogram(frame)
    values = frame.astype(int).ravel()
    assert (found.low, found.high) == (values.min(), values.max()) == measure(frame)
    assert (found.first, found.exponent, found.is_exact) == (values.min(), 0, True)
    expected = np.bincount(values - values.min())
    np.testing.assert_array_equal(found.numbers, expected)
    for percent in PERCENT:
        own = tuple(np.percentile(values, percent))
        own = own if own[0] < own[1] else (values.min(), values.max())
        assert found.percentiles(percent) == pytest.approx(own, abs=1e-9)
    for limits in [
        own,
        (values.min(), values.max()),
        (values[4], values[5]),
        (values[5] + 0.5,) * 2,
    ]:
        outside = int(((values < limits[0]) | (values > limits[1])).sum())
        assert found.outside(limits) == outside
        if limits[0] <= limits[1]:
            assert count_outside(frame, limits) == outside


@pytest.mark.parametrize("frame", WIDE.values(), ids=WIDE)
def test_bins_of_other_numbers_are_as_narrow_as_memory_allows(frame):
    found = histogram(frame)
    values = frame[np.isfinite(frame)].astype(np.float64)
    low, high = values.min(), values.max()
    assert (found.low, found.high) == (low, high) == measure(frame)
    width = 2.0**found.exponent
    bins = [math.floor(value / width) for value in values]
    assert found.first == min(bins)
    np.testing.assert_array_equal(found.numbers, np.bincount(np.array(bins) - min(bins)))
    assert len(found.numbers) <= 1 << 18
    if low < high:  # with half the width there were too many
        assert math.floor(high / width * 2) - math.floor(low / width * 2) >= 1 << 18
        assert found.percentiles((30, 70)) == pytest.approx(
            np.percentile(values, (30, 70)), abs=width
        )
        assert found.percentiles((0, 100)) == (low, high)
    assert not found.is_exact
    for limits in [(low, high), (values[3], high), (low, values[3])]:
        outside = int(((values < limits[0]) | (values > limits[1])).sum())
        assert count_outside(frame, limits) == outside
        inside_bin = int(np.sum(np.array(bins) == math.floor(values[3] / width)))
        assert abs(found.outside(limits) - outside) <= inside_bin


def test_the_values_of_a_bin_count_as_its_centre():
    """Bins of 2 and of 4: two values far apart leave no narrower ones."""
    frame = np.array([[0, 2, 3, 4, 2**18 + 1]], np.int64)
    found = histogram(frame)
    assert (found.first, found.exponent, found.numbers.tolist()[:4]) == (0, 1, [1, 2, 1, 0])
    assert found.numbers.size == 2**17 + 1
    assert [found.outside((low, 1e9)) for low in (0, 1, 1.5, 3, 3.5, 5, 5.5)] == [
        0, 0, 1, 1, 3, 3, 4,
    ]  # fmt: skip
    assert [found.outside((0, high)) for high in (2**18, 2**18 + 0.9, 2**18 + 1)] == [1, 1, 0]
    # Ranks 1 and 2 are a quarter and three quarters into the bin from 2 to 4.
    assert found.percentiles((25, 50)) == (2.5, 3.5)
    assert found.percentiles((37.5, 75)) == (3.0, 5.0)


@pytest.mark.parametrize("frame", [*INTEGERS.values(), *WIDE.values()])
def test_the_sum_of_histograms_is_that_of_all_values(frame):
    upper, lower = histogram(frame[:3]), histogram(frame[3:])
    whole = histogram(frame)
    for together in (upper + lower, lower + upper, whole + EMPTY, EMPTY + whole):
        facts = together.first, together.exponent, together.low, together.high
        assert facts == (whole.first, whole.exponent, whole.low, whole.high)
        np.testing.assert_array_equal(together.numbers, whole.numbers)


def test_nothing_that_is_finite():
    frame = np.array([[np.nan, np.inf], [-np.inf, np.nan]])
    nothing = (math.inf, -math.inf)
    assert measure(frame) == (EMPTY.low, EMPTY.high) == EMPTY.percentiles((1, 99)) == nothing
    assert histogram(frame) is EMPTY
    assert (EMPTY + EMPTY).numbers.size == 0
    assert count_outside(frame, (0, 1)) == 0


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_limits_themselves_are_inside(dtype):
    frame = np.array([[1, 2, 3], [4, 5, 6]], dtype)
    assert [count_outside(frame, pair) for pair in [(2, 5), (2.5, 4.5), (0.5, 6.5), (7, 8)]] == [
        2, 4, 0, 6,
    ]  # fmt: skip


def prepared(stack, **options):
    opened = t2v.open_stack(stack, axes=options.get("axes"))
    made = plan(opened, t2v.VideoSettings(**options))
    sources = [channel.frames for channel in made.stack.channels]
    return made, list(prepared_frames(sources, made.picture))


@pytest.mark.parametrize(
    ("frame", "width", "tolerance"),
    [
        (noise((40, 60), low=900, high=5000), "full", 1e-3),
        (noise((40, 60), low=900, high=960).repeat(4, 0).repeat(4, 1), 120, 1e-3),
        (noise((40, 60), low=900, high=960).astype(np.float32), "full", 1e-3),
        (noise((40, 60), low=900, high=960).astype(np.int32), "full", 1e-3),
    ],
)
def test_the_level_of_a_frame_is_in_counts(frame, width, tolerance):
    """Squares of four pixels become squares of two: so the mean is known."""
    _, [(found,)] = prepared(frame[np.newaxis], width=width, contrast="smooth")
    values = frame.astype(float)
    mean = values.mean()
    level = mean, np.abs(values - mean).mean()
    assert level_of(found) == pytest.approx(level, rel=tolerance)
    assert found.range == (values.min(), values.max())


def test_missing_values_have_no_part_in_the_level():
    frame = np.array([[1, 3, np.nan, 5], [7, np.inf, 9, -np.inf]] * 8, np.float64)
    _, [(found,)] = prepared(frame[np.newaxis, :, :2], width="full", contrast="smooth")
    # Infinities are shown as the largest count.
    values = np.array([1, 3, 7, 7])
    assert level_of(found) == pytest.approx((4.5, np.abs(values - 4.5).mean()))
    _, [(nothing,)] = prepared(np.full((1, 8, 8), np.nan), width="full", contrast="smooth")
    assert level_of(nothing) == (0.0, 0.0)


def smoothed(ranges, levels):
    """Multiples of the deviation: medians of five frames, then a Gaussian of two frames."""
    count = len(ranges)
    own = np.array(ranges, float)
    good = [dev > 0 and low < high for (low, high), (_, dev) in zip(ranges, levels, strict=True)]
    multiples = [(own[i] - levels[i][0]) / levels[i][1] if good[i] else None for i in range(count)]
    medians = {}
    for i in range(count):
        window = [multiples[j] for j in range(max(0, i - 2), min(count, i + 3)) if good[j]]
        medians[i] = np.median(window, axis=0) if window else None
    found = []
    for i in range(count):
        near = [j for j in range(max(0, i - 8), min(count, i + 9)) if good[j]]
        if not good[i]:
            found.append(tuple(ranges[i]))
            continue
        weights = [math.exp(-((i - j) ** 2) / 8) for j in near]
        mean = sum(w * medians[j] for w, j in zip(weights, near, strict=True)) / sum(weights)
        found.append(tuple(levels[i][0] + mean * levels[i][1]))
    return found


@pytest.mark.parametrize("bad", [(), (0, 7, 8, 29), range(3, 26), range(1, 30), range(30)], ids=str)
def test_smooth_limits_are_means_of_medians(bad):
    rng = np.random.default_rng(3)
    levels = [(float(m), float(d)) for m, d in rng.uniform(50, 90, (30, 2))]
    ranges = [
        (m - float(a), m + float(b))
        for (m, _), (a, b) in zip(levels, rng.uniform(100, 300, (30, 2)), strict=True)
    ]
    for number in bad:
        if number % 2:
            ranges[number] = (70.0, 70.0)
        else:
            levels[number] = (70.0, 0.0)
    found = smooth_limits(ranges, levels)
    assert len(found) == 30
    np.testing.assert_allclose(found, smoothed(ranges, levels), rtol=1e-12)
    assert all(type(value) is float for pair in found for value in pair)


@pytest.mark.parametrize(
    ("sizes", "mosaic"),
    [
        # A gap is a hundredth of the widest column, even, and 2 px at least.
        ([(100, 300)] * 2, Mosaic((204, 300), ((0, 0), (104, 0)), (1, 1))),
        ([(290, 290)] * 2, Mosaic((290, 582), ((0, 0), (0, 292)), (2,))),
        ([(400, 600)] * 4, Mosaic((806, 1206), ((0, 0), (0, 606), (406, 0), (406, 606)), (2, 2))),
        ([(400, 500)] * 4, Mosaic((804, 1004), ((0, 0), (0, 504), (404, 0), (404, 504)), (2, 2))),
        # Smaller ones are in the middle of their cells, at even places.
        ([(100, 100), (80, 64)], Mosaic((100, 166), ((0, 0), (10, 102)), (2,))),
        ([(100, 100), (76, 64)], Mosaic((100, 166), ((0, 0), (12, 102)), (2,))),
        (
            [(100, 200), (100, 200), (60, 100), (60, 102)],
            Mosaic((162, 402), ((0, 0), (0, 202), (102, 50), (102, 250)), (2, 2)),
        ),
    ],
)
def test_where_pictures_are_side_by_side(sizes, mosaic):
    assert Mosaic.of(sizes) == mosaic
    assert mosaic.with_sizes(sizes) == mosaic


def test_a_row_that_is_not_full():
    rows = [[(10, 20), (10, 30)], [(20, 24)]]
    expected = Mosaic((32, 56), ((0, 2), (0, 26), (12, 0)), (2, 1))
    assert Mosaic.of_rows(rows) == expected
    grey = [
        np.full((10, 20), 1, np.uint8),
        np.full((10, 30), 2, np.uint8),
        np.full((20, 24), 3, np.uint8),
    ]
    joined = expected.join(grey)
    whole = np.full((32, 56), 255, np.uint8)
    whole[0:10, 2:22], whole[0:10, 26:56], whole[12:32, 0:24] = 1, 2, 3
    np.testing.assert_array_equal(joined, whole)
    coloured = expected.join([grey[0], np.dstack([grey[1], grey[1], grey[1] * 9]), grey[2]])
    assert coloured.shape == (32, 56, 3)
    np.testing.assert_array_equal(coloured[..., 0], whole)
    np.testing.assert_array_equal(coloured[..., 2], np.where(whole == 2, 18, whole))


def rendered_stats(stack, *, measured=None, is_sampled=True, **options):
    made, frames = prepared(stack, **options)
    return render(frames[0], made.picture, measured, made.timeline[0], is_sampled=is_sampled)[1]


def test_what_is_learnt_of_a_frame():
    frame = np.arange(256, dtype=np.uint16).reshape(1, 16, 16)
    # Half of 256 is 127.5; of 256 pixels the 99.9 % are reached at the last one.
    even = Brightness(127.5, 255.0, 127.5)
    options = {"width": "full", "contrast": "local"}
    assert rendered_stats(frame, **options) == FrameStats(((0.0, 255.0),), False, even, 0.0)
    unseen = FrameStats(((0.0, 255.0),), False, None, 0.0)
    assert rendered_stats(frame, **options, is_sampled=False) == unseen
    fixed = rendered_stats(frame, width="full", limits=(10, 244.5))
    assert (fixed.limits, fixed.clipped) == (((10.0, 244.5),), 21 / 256)
    measured = rendered_stats(frame, **options, measured=((10.0, 244.5),))
    assert (measured.limits, measured.clipped) == (((10.0, 244.5),), 21 / 256)
    percent = rendered_stats(frame, **options, percentile=(10, 90))
    assert percent.limits == (pytest.approx((25.5, 229.5)),)
    assert percent.clipped == 52 / 256
    black = rendered_stats(np.full((1, 16, 16), 9, np.uint16), **options)
    assert black == FrameStats(((9.0, 9.0),), True, Brightness(0.0, 0.0, 0.0), 0.0)
    raw = rendered_stats(frame, raw=True)
    assert raw == FrameStats(((0.0, 255.0),), False, None, 0.0)


def test_the_mean_without_a_few_pixels():
    """All but one pixel of 2,048 are even; that one makes the rest dark."""
    frame = (np.arange(2048, dtype=np.uint16) % 101).reshape(1, 32, 64)
    frame[0, 5, 5] = 10000
    found = rendered_stats(frame, width="full", contrast="local").brightness
    grey = np.rint(frame / 10000 * 255)
    assert found.mean == grey.mean()
    assert found.high == 3.0
    low, above = np.percentile(frame, (0.1, 99.9))
    robust = np.clip((frame - low) / (above - low), 0, 1).mean() * 255
    assert found.robust_mean == pytest.approx(robust)


@pytest.mark.parametrize(
    ("dtype", "shape", "size", "exact", "expected"),
    [
        ("u1", (40, 60), (40, 60), False, "u1"),
        ("u2", (40, 60), (40, 60), True, "u2"),
        ("u2", (40, 60), (20, 30), False, "u2"),
        ("u1", (40, 60), (20, 30), False, "u2"),
        ("u2", (40, 60), (20, 30), True, "f4"),
        ("u2", (40, 60), (40, 62), False, "f4"),
        ("u2", (40, 60), (42, 60), False, "f4"),
        ("u2", (40, 60), (40, 58), False, "u2"),
        ("u4", (40, 60), (40, 60), False, "f4"),
        ("i2", (40, 60), (40, 60), False, "f4"),
        ("b1", (40, 60), (40, 60), False, "f4"),
        ("f8", (40, 60), (20, 30), False, "f4"),
    ],
)
def test_the_type_of_prepared_frames(dtype, shape, size, exact, expected):
    assert prepared_dtype(np.dtype(dtype), shape, size, exact) == np.dtype(expected)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_ranges_of_frames_that_are_measured_in_parts(dtype):
    """Blocks of rows of 4 MB: the extremes may be in any of them, and so may infinities."""
    frame = np.full((3, 1000, 1200), 500, dtype).reshape(3000, 1200)
    for low, high in ((0, 2999), (2999, 0), (1500, 2000), (10, 11)):
        own = frame.copy()
        own[low, 7], own[high, 9] = 3, 900
        assert measure(own) == (3, 900)
        if dtype is np.float32:
            for bad in (np.nan, np.inf, -np.inf):
                own[1400, 5] = bad
                assert measure(own) == (3, 900)
    wide = np.full((2, 3_000_000), 7, np.uint8)  # a row at least
    wide[1, 5] = 8
    assert measure(wide) == (7, 8)


def one(stack, **options):
    _, [(found,)] = prepared(stack, **{"width": "full", "contrast": "local"} | options)
    return found


def test_frames_of_one_count_and_of_none():
    for dtype, count in ((np.uint8, 9), (np.int32, -70_000), (np.uint16, 0)):
        found = one(np.full((1, 8, 200), count, dtype))
        assert (found.pixels.dtype, found.pixels.shape) == (np.uint8, (8, 200))
        assert (found.pixels.max(), found.offset, found.scale) == (0, count, 1.0)
        assert (found.range, found.is_constant) == ((count, count), True)
        assert one(np.full((1, 8, 200), count, dtype), width=100).pixels.shape == (4, 100)
    even = one(np.full((1, 8, 200), 2.5))
    assert (even.pixels.dtype, even.pixels.max(), even.offset) == (np.float32, 0, 2.5)
    for width, shape in (("full", (8, 200)), (100, (4, 100))):
        nothing = one(np.full((1, 8, 200), np.nan), width=width)
        assert (nothing.pixels == -np.inf).all()
        assert (nothing.pixels.dtype, nothing.pixels.shape) == (np.float32, shape)
        facts = nothing.offset, nothing.scale, nothing.range, nothing.is_constant
        assert facts == (0.0, 1.0, (math.inf, -math.inf), True)


def test_pixels_of_which_less_than_half_is_known_are_missing():
    """Means of four are those of the pixels that are there."""
    frame = noise((8, 200), high=900).astype(np.float64) + 5
    known = np.random.default_rng(4).random((8, 200)) < 0.5
    frame[~known] = np.nan
    frame[3, 3] = np.inf if known[3, 3] else np.nan
    found = one(frame[np.newaxis], width=100)
    finite = frame[np.isfinite(frame)]
    assert found.range == (finite.min(), finite.max())
    clipped = np.minimum(frame, finite.max())
    squares = clipped.reshape(4, 2, 100, 2).swapaxes(1, 2).reshape(4, 100, 4)
    there = np.isfinite(squares).sum(axis=2)
    assert set(np.unique(there)) == {0, 1, 2, 3, 4}
    expected = np.where(there, np.nansum(squares, axis=2), 0) / np.maximum(there, 1)
    counts = found.offset + found.pixels * found.scale
    assert (counts[there < 2] == -np.inf).all()
    np.testing.assert_allclose(counts[there >= 2], expected[there >= 2], rtol=1e-5)


@pytest.mark.parametrize(
    ("low", "high", "offset", "scale"),
    [
        # Counts fill 16 bits, less what at most three bits too many leave free.
        (0, 65535, 0, 1), (0, 8192, 0, 2**-2), (100, 4095, 0, 2**-4), (0, 511, 0, 2**-7),
        (0, 100, 0, 2**-7), (0, 31, 0, 2**-11), (60_000, 60_100, 60_000, 2**-9),
        (32_768, 32_769, 32_768, 2**-15), (300, 363, 0, 2**-7), (300, 331, 300, 2**-11),
        (57_344, 65_535, 0, 1), (57_345, 65_535, 0, 1), (61_440, 65_535, 61_440, 2**-4),
    ],
)  # fmt: skip
def test_how_counts_are_stretched_before_they_are_resized(low, high, offset, scale):
    found = one(noise((1, 16, 200), low=low, high=high), width=100)
    assert found.pixels.dtype == np.uint16
    assert (found.offset, found.scale) == (offset, scale)
    frame = noise((1, 16, 200), low=low, high=high)[0].astype(float)
    means = frame.reshape(8, 2, 100, 2).mean(axis=(1, 3))
    counts = found.offset + found.pixels * found.scale
    np.testing.assert_allclose(counts, means, atol=(high - low) * 408 / 65_535 + scale)


def drawn(stack, tick=None, *, measured=None, is_sampled=False, **options):
    made, frames = prepared(stack, **{"width": "full"} | options)
    tick = made.timeline[0] if tick is None else tick
    return render(frames[0], made.picture, measured, tick, is_sampled=is_sampled)


@pytest.mark.parametrize("gamma", [1.0, 0.5, 2.2])
@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32])
def test_grey_levels(dtype, gamma):
    frame = noise((1, 16, 100), low=100, high=1000).astype(dtype)
    limits = [(0, 1000), (100, 1000), (100, 900), (150, 1000), (200.5, 700.25), (400, 401),
              (50, 2000), (2000, 3000), (1, 2)]  # fmt: skip
    for low, high in limits:
        expected = 255 * np.clip((frame[0] - float(low)) / (high - low), 0, 1) ** gamma
        for options in ({"limits": (low, high)}, {"measured": ((low, high),)}):
            made, _ = drawn(frame, gamma=gamma, **options)
            np.testing.assert_allclose(made, expected, atol=0.51)
    for equal in ((500, 500), (600, 500)):
        assert not drawn(frame, gamma=gamma, measured=(equal,))[0].any()


TWO = np.stack([noise((16, 100), low=20, high=80), noise((16, 100), low=0, high=120, seed=3)])[None]
BOTH = {"axes": "TCYX", "channel": "all"}


def test_what_is_learnt_of_two_channels():
    _, stats = drawn(TWO, measured=((30.0, 80.0), (0.0, 50.0)), **BOTH)
    outside = [(TWO[0, 0] < 30).mean(), (TWO[0, 1] > 50).mean()]
    assert stats.clipped == pytest.approx(sum(outside) / 2)
    assert (stats.limits, stats.is_constant) == (((30.0, 80.0), (0.0, 50.0)), False)
    half = TWO.copy()
    half[0, 1] = 9
    assert not drawn(half, contrast="local", **BOTH)[1].is_constant
    half[0, 0] = 5
    assert drawn(half, contrast="local", **BOTH)[1].is_constant
    # Of counts that were stretched to be resized.
    frame = noise((1, 16, 200), low=60_000, high=60_100)
    _, [(found,)] = prepared(frame, width=100, contrast="local")
    counts = found.offset + found.pixels * found.scale
    for low, high in ((60_000.0, 60_060.0), (60_040.0, 60_100.0), (60_040.0, 60_060.0)):
        _, stats = drawn(frame, width=100, contrast="local", measured=((low, high),))
        assert stats.clipped == ((counts < low) | (counts > high)).mean() > 0.1


def test_drawings_between_channels():
    """Below all of them, above the first one, above all; and they do not count as brightness."""
    limits = {"limits": ((0, 100), (0, 150))} | BOTH
    alone = []
    for channel in (0, 1):
        one = np.zeros_like(TWO)
        one[0, channel] = TWO[0, channel]
        alone.append(drawn(one, **limits)[0].astype(float))
    plain, stats = drawn(TWO, is_sampled=True, **limits)
    np.testing.assert_allclose(plain, np.minimum(alone[0] + alone[1], 255), atol=1)
    colour = np.array([30.0, 60, 40])
    for level, expected in (
        (0, alone[0] + alone[1] + colour), (1, alone[1] + colour), (2, colour),
        (None, colour), (7, colour),
    ):  # fmt: skip
        square = Points(
            Look("p", level=level), np.array([8.0]), np.array([50.0]), sizes=11,
            faces=(*colour.astype(int), 255), symbols="square",
        )  # fmt: skip
        tick = Timeline(range(1), drawings=(square,))[0]
        made, own = drawn(TWO, tick, is_sampled=True, **limits)
        expected = np.broadcast_to(np.minimum(expected, 255), made.shape)
        np.testing.assert_allclose(made[4:13, 46:55], expected[4:13, 46:55], atol=1)
        np.testing.assert_allclose(made[:, 57:], plain[:, 57:], atol=1)
        assert own == stats


def test_a_word_is_written_across_what_is_shown():
    frame = noise((1, 40, 100), high=255).astype(np.uint8)
    plain, _ = drawn(frame, limits=(0, 255))
    expected = plain.copy()
    draw_across(expected, "none")
    marked, _ = drawn(frame, Timeline(range(1), marks=("none",))[0], limits=(0, 255))
    np.testing.assert_array_equal(marked, expected)
    assert (marked != plain).any()


def test_channels_that_are_not_there():
    made, _ = prepared(TWO, **BOTH)
    assert made.picture.of_channel(1) == (made.picture, 1)
    with pytest.raises(IndexError):
        made.picture.of_channel(2)
    assert made.picture.with_limits(None) is made.picture
    panels, _ = prepared(TWO, axes="TCYX", panels="channels", percentile=(1, 99))
    picture = panels.picture
    assert [picture.of_channel(n)[0].percentile for n in (0, 1)] == [(1.0, 99.0)] * 2
    known = picture.with_limits(((0, 1),))
    assert known.percentile is None
    assert [panel.picture.percentile for panel in known.panels] == [None] * 3
