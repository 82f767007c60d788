"""Percentiles instead of the smallest and largest count, compared with NumPy over all values."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers.files import everything_in, write_folder
from helpers.frames import noise
from helpers.oracle import area_average, assert_rounded, levels

import napari_tif2video as t2v

PERCENT = (0.7, 98.9)


def uneven(dtype, count=5, shape=(41, 120)):
    """Frames of other brightness each, with a few values far away from all others."""
    rng = np.random.default_rng(8)
    info = np.iinfo(dtype) if np.dtype(dtype).kind in "iu" else None
    top = 12.5 if info is None else min(info.max, 60000)
    frames = rng.gamma(2.0, 0.06, (count, *shape)) * top
    frames *= np.linspace(0.6, 1.4, count)[:, None, None]
    frames -= top / 3 if np.dtype(dtype).kind != "u" else 0
    frames = np.clip(frames, None if info is None else info.min, top).astype(dtype)
    frames[:, 3, 5] = top
    return frames


SMALL = ["uint8", "int8", "uint16", "int16"]
LARGE = ["int32", "uint32", "int64", "float16", "float32", "float64"]


def expected(values, percent=PERCENT):
    return tuple(np.percentile(values.astype(np.float64), percent, method="linear"))


@pytest.mark.parametrize("dtype", SMALL + LARGE)
@pytest.mark.parametrize("percent", [PERCENT, (0, 100), (25, 75.5)])
@pytest.mark.parametrize("contrast", ["local", "global", "batch"])
def test_limits_are_those_of_numpy(tmp_path, dtype, percent, contrast):
    stack = uneven(dtype)
    video = t2v.convert(
        stack, tmp_path / "o.mp4", percentile=percent, contrast=contrast, crop="100x31+7+3"
    )
    inside = stack[:, 3:34, 7:107]
    exact = [expected(f, percent) for f in (inside if contrast == "local" else [inside])]
    # Up to 16 bits only the rounding of float64 is allowed; for others, a bin of the histogram.
    span = float(inside.max()) - float(inside.min())
    allowed = 1e-9 * span if dtype in SMALL else span / 100_000
    found = np.reshape(video.limits, (-1, 2))
    np.testing.assert_allclose(found, exact, rtol=0, atol=allowed)
    pairs = np.repeat(found, len(inside) // len(found), axis=0)[:, :, None, None]
    outside = (inside < pairs[:, 0]) | (inside > pairs[:, 1])
    # Of all frames together, values in the bin of a limit may be on either side of it.
    allowed = 2e-3 if dtype in LARGE and contrast != "local" else 1e-12
    assert video.clipped == pytest.approx(outside.mean(), abs=allowed)


def test_sixteen_bits_over_many_frames_and_any_number_of_workers(tmp_path):
    stack = noise((130, 24, 100), low=300, high=64000) // np.arange(1, 131)[:, None, None]
    stack = stack.astype(np.uint16)
    videos = [
        t2v.convert(
            stack,
            tmp_path / f"{workers}-{budget}.mp4",
            contrast="global",
            percentile=PERCENT,
            workers=workers,
            memory_budget=budget,
        )
        for workers, budget in ((1, None), (3, None), (2, 0))
    ]
    for video in videos:
        assert video.limits == pytest.approx(expected(stack), rel=1e-12)
    assert len({video.path.read_bytes() for video in videos}) == 1


@pytest.mark.parametrize("width", ["full", 100])
@pytest.mark.parametrize("contrast", ["local", "global", "smooth"])
def test_the_picture_keeps_its_precision_beside_a_hot_pixel(contrast, width):
    """Of 16 bits, the limits take 300 counts; what is between them is not shown in steps."""
    stack = noise((3, 60, 200), low=1000, high=1300)
    stack[:, 30, 100] = 65535
    low, high = expected(stack[1] if contrast == "local" else stack)
    shown = t2v.render_frame(stack, 1, width=width, contrast=contrast, percentile=PERCENT)[..., 0]
    frame = stack[1] if width == "full" else area_average(stack[1], (30, 100))
    # Smoothed limits are those of no frame.
    allowed = 4 if contrast == "smooth" else 0.51
    assert np.abs(shown - levels(frame, low, high)).max() < allowed
    # The mean of four counts of noise has levels near the middle only.
    assert len(np.unique(shown)) > (200 if width == "full" else 100)


def test_sources_of_a_batch_share_the_percentiles_of_all(tmp_path):
    stacks = [uneven(np.uint16), uneven(np.uint16, count=9) // 3]
    folders = [write_folder(tmp_path / name, s) for name, s in zip("ab", stacks, strict=True)]
    videos = t2v.convert_batch(folders, contrast="batch", percentile=PERCENT)
    low, high = expected(np.concatenate([stack.ravel() for stack in stacks]))
    for video, stack in zip(videos, stacks, strict=True):
        assert video.limits == pytest.approx((low, high), rel=1e-12)
        assert video.clipped == pytest.approx(((stack < low) | (stack > high)).mean(), abs=1e-12)


def test_a_source_that_is_skipped_is_measured_too(tmp_path, cli):
    stacks = [uneven(np.uint16), uneven(np.uint16) // 3]
    folders = [write_folder(tmp_path / name, s) for name, s in zip("ab", stacks, strict=True)]
    options = ["--contrast", "batch", "--percentile", *PERCENT, "--json"]
    both = json.loads(cli(*folders, *options).out)["sources"]
    (folders[1] / next(p.name for p in folders[1].glob("*.mp4"))).unlink()
    before = everything_in(folders[0])
    again = json.loads(cli(*folders, *options, "--skip-existing").out)["sources"]
    assert [s["status"] for s in again] == ["skipped", "ok"]
    assert again[1]["limits"] == both[1]["limits"]
    assert everything_in(folders[0]) == before


def test_missing_values_and_infinities_are_left_out(tmp_path):
    stack = uneven(np.float32)
    stack[1, :10], stack[2, 5, 5:9], stack[3] = np.nan, np.inf, np.nan
    for contrast in ("local", "global"):
        video = t2v.convert(
            stack, tmp_path / f"{contrast}.mp4", contrast=contrast, percentile=PERCENT
        )
        values = stack[1] if contrast == "local" else stack
        found = video.limits[1] if contrast == "local" else video.limits
        exact = expected(values[np.isfinite(values)])
        np.testing.assert_allclose(found, exact, rtol=0, atol=20 / 100_000)


def test_colours_have_one_pair_of_percentiles():
    frame = np.stack([uneven(np.uint16)[i] for i in range(3)], axis=-1)
    shown = t2v.render_frame(frame, 0, width="full", percentile=PERCENT, crop="120x40+0+0")
    assert_rounded(shown, levels(frame[:40], *expected(frame[:40])))


def test_where_both_percentiles_are_one_count_the_range_is_shown(tmp_path):
    stack = np.full((2, 40, 100), 500, np.uint16)
    stack[:, 4, 4], stack[:, 5, 5] = 100, 900
    video = t2v.convert(stack, tmp_path / "o.mp4", percentile=(1, 99), contrast="global")
    assert (video.limits, video.clipped) == ((100, 900), 0)
    assert video.constant_frames == ()


def test_percentiles_are_part_of_the_name_and_of_the_settings(tmp_path, cli):
    folder = write_folder(tmp_path / "in", uneven(np.uint16))
    assert cli(folder, "--quiet", "--contrast", "global", "--percentile", "1", "99.5").code == 0
    (path,) = folder.glob("*.mp4")
    assert path.name == "500px_10fps_global_norm_percentile_1-99.5_video.mp4"
    saved = tmp_path / "saved.json"
    t2v.VideoSettings(percentile=(1, 99)).save(saved)
    ended = cli(folder, "--settings", saved, "--limits", "3", "900", "--dry-run", "--json")
    (plan,) = json.loads(ended.out)["sources"]
    assert plan["contrast"] == "fixed"
    assert plan["output"].endswith("10fps_fixed_video.mp4")


@pytest.mark.parametrize(
    "options",
    [
        ["--percentile", "99", "1"],
        ["--percentile", "-1", "99"],
        ["--percentile", "1", "101"],
        ["--percentile", "nan", "99"],
        ["--percentile", "a", "b"],
        ["--percentile", "1", "99", "--limits", "3", "4"],
    ],
)
def test_percentiles_that_make_no_sense_are_refused(tmp_path, cli, options):
    ended = cli(tmp_path, *options)
    assert ended.code == 2
    assert "percentile" in ended.error_line


@pytest.mark.parametrize("contrast", ["local", "global"])
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_the_percentile_next_to_the_hottest_pixel(tmp_path, contrast, dtype):
    """Of n values, the percentile (n - 2) / (n - 1) is the second largest one exactly."""
    frame = np.arange(1000, 1000 + 40 * 100).reshape(40, 100).astype(dtype)
    frame[20, 50] = 60_000
    percent = 100 * (frame.size - 2) / (frame.size - 1)
    video = t2v.convert(
        frame[np.newaxis], tmp_path / "o.mp4", contrast=contrast, percentile=(0, percent)
    )
    limits = video.limits[0] if contrast == "local" else video.limits
    expected = np.percentile(frame.astype(np.float64), (0, percent))
    np.testing.assert_allclose(limits, expected, rtol=1e-3)
    assert limits[1] < 10_000


def test_auto_contrast_is_not_moved_by_hot_pixels(tmp_path):
    """The limits are percentiles of the whole sequence, the same for every frame."""
    stack = noise((6, 64, 128), low=1000, high=3000)
    hot = stack.copy()
    hot[:, 10, 20], hot[3, 40, 50:53] = 65535, 60000
    plain, moved = (
        t2v.convert(frames, tmp_path / f"{frames.max()}.mp4", contrast="auto", width="full")
        for frames in (stack, hot)
    )
    assert plain.limits == pytest.approx(expected(stack, (0.1, 99.9)), abs=1e-9 * 2000)
    assert moved.limits == pytest.approx(plain.limits, abs=5)
    assert t2v.render_frame(hot, 3, contrast="auto", width="full").mean() > 120
    assert t2v.render_frame(hot, 3, width="full").mean() < 20
    assert t2v.read_recipe(moved.path).contrast == "auto"


def test_auto_contrast_has_percentiles_of_its_own(cli, tmp_path):
    ended = cli(tmp_path, "--contrast", "auto", "--percentile", 1, 99)
    assert ended.code == 2
    assert "--percentile" in ended.error_line


def test_the_outermost_percentiles_are_the_smallest_and_the_largest_value(tmp_path):
    """To the last digit, also where a bin of the histogram is wider than what parts values."""
    tops = 1000 + np.random.default_rng(0).random(24) * 1e6
    frames = np.zeros((24, 8, 10))
    frames[:, 1] = np.linspace(0, 900, 10)
    frames[:, 2, 3], frames[:, 3, 3] = tops, -tops
    video = t2v.convert(frames, tmp_path / "o.mp4", width="full", percentile=(0, 100))
    assert video.limits == tuple((-top, top) for top in tops)
