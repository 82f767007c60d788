"""Smooth contrast: limits of each frame that follow the sequence without flicker or lag."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import noise, smooth
from helpers.oracle import assert_rounded, levels
from helpers.video import decoded, grey_of

import napari_tif2video as t2v

SCENE = smooth((40, 120), low=2000, high=6000).astype(float)


def mean_greys(stack, contrast, **options):
    source = t2v.open_stack(stack)  # measured once for all frames
    options |= {"width": "full", "contrast": contrast}
    return np.array([t2v.render_frame(source, i, **options).mean() for i in range(len(stack))])


def flicker(greys):
    return np.abs(np.diff(greys)).mean()


def exposed(kind, count=60):
    """The same scene again and again, recorded by something that jitters."""
    rng = np.random.default_rng(5)
    frames = np.repeat(SCENE[None], count, axis=0)
    factors = rng.uniform(0.6, 1.4, count)[:, None, None]
    if kind == "exposure above a fixed background":
        frames = frames * factors
        frames[:, 0, 0], frames[:, -1, -1] = 0, 20000  # a dead and a hot pixel
    elif kind == "exposure that saturates":
        frames = np.minimum(frames * factors * 12, 65535)
    elif kind == "hot pixels":
        frames[:, 20, 60] = rng.uniform(6000, 30000, count)
    else:
        frames = frames * factors + rng.normal(0, 150, frames.shape)
    return np.clip(np.rint(frames), 0, 65535).astype(np.uint16)


KINDS = ["exposure above a fixed background", "hot pixels", "exposure and noise"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("percentile", [None, (0, 100)])
def test_random_exposure_flickers_at_least_five_times_less(kind, percentile):
    stack = exposed(kind)
    before = flicker(mean_greys(stack, "local", percentile=percentile))
    after = flicker(mean_greys(stack, "smooth", percentile=percentile))
    assert after < before / 5


def test_a_step_in_brightness_is_followed_at_once():
    stack = np.stack([SCENE * (1 if i < 20 else 4) for i in range(40)]).astype(np.uint16)
    greys = mean_greys(stack, "smooth")
    np.testing.assert_allclose(greys, mean_greys(stack, "local"), atol=0.6)


def test_a_change_of_range_is_followed_within_a_few_frames_alike_before_and_after():
    """From one frame to the next, a bright object is there that sets the range."""
    frames = np.repeat(SCENE[None], 40, axis=0)
    frames[20:, 5:8, 5:8] = 30000
    greys = mean_greys(frames.astype(np.uint16), "smooth")
    local = mean_greys(frames.astype(np.uint16), "local")
    np.testing.assert_allclose(greys[:12], local[:12], atol=0.6)
    np.testing.assert_allclose(greys[28:], local[28:], atol=0.6)
    multiples = limit_multiples(frames.astype(np.uint16))
    done = (multiples - multiples[0]) / (multiples[-1] - multiples[0])
    assert (np.diff(done) > -1e-9).all()
    np.testing.assert_allclose(done, 1 - done[::-1], atol=1e-6)  # as early before as late after
    assert done[16] < 0.05
    assert done[23] > 0.95


def limit_multiples(stack):
    """White as a multiple of the mean absolute deviation above the mean."""
    source = t2v.open_stack(stack)
    from napari_tif2video.pipeline.engine import Execution
    from napari_tif2video.pipeline.limits import series_limits
    from napari_tif2video.planning import plan

    settings = t2v.VideoSettings(contrast="smooth", width="full")
    limits = series_limits(plan(source, settings), Execution())
    white = np.array([high for ((_, high),) in limits])
    mean = stack.mean(axis=(1, 2))
    return (white - mean) / np.abs(stack - mean[:, None, None]).mean(axis=(1, 2))


@pytest.mark.parametrize("budget", [None, 0])
def test_every_frame_of_the_video_is_the_rendered_one(tmp_path, budget):
    stack = exposed("hot pixels", count=57)
    folder = write_folder(tmp_path / "in", stack)
    options = {"contrast": "smooth", "width": "full", "quality": "high"}
    video = t2v.convert(folder, memory_budget=budget, **options)
    assert "_smooth_norm_" in video.path.name
    assert (video.contrast, len(video.limits)) == ("smooth", 57)
    shown = grey_of(decoded(video.path))
    for index in (0, 7, 49, 50, 56):
        picture = t2v.render_frame(folder, index, **options)[..., 0]
        assert_rounded(picture, levels(stack[index], *video.limits[index]))
        assert np.abs(shown[index] - picture).mean() < 2
    outside = [
        ((f < low) | (f > high)).mean() for f, (low, high) in zip(stack, video.limits, strict=True)
    ]
    assert video.clipped == pytest.approx(np.mean(outside), abs=1e-9)


def test_the_bytes_depend_neither_on_workers_nor_on_memory(tmp_path):
    stack = noise((63, 40, 120)) // np.arange(1, 64)[:, None, None].astype(np.uint16)
    made = {
        t2v.convert(
            stack,
            tmp_path / f"{w}-{b}.mp4",
            contrast="smooth",
            width=100,
            workers=w,
            memory_budget=b,
        ).path.read_bytes()
        for w, b in ((1, None), (3, None), (2, 0))
    }
    assert len(made) == 1


def test_a_sequence_that_does_not_flicker_is_shown_as_by_itself(tmp_path):
    stack = np.repeat(noise((1, 40, 120), low=100, high=900), 20, axis=0)
    video = t2v.convert(stack, tmp_path / "o.mp4", contrast="smooth")
    np.testing.assert_allclose(video.limits, [(100, 900)] * 20, rtol=1e-5)


def test_frames_without_contrast_are_black_and_leave_their_neighbours_alone(tmp_path):
    stack = np.repeat(noise((1, 40, 120), low=100, high=900), 20, axis=0).astype(np.float32)
    stack[7], stack[11] = 5000, np.nan
    video = t2v.convert(stack, tmp_path / "o.mp4", contrast="smooth", width="full")
    assert video.constant_frames == (7, 11)
    others = [pair for i, pair in enumerate(video.limits) if i not in (7, 11)]
    np.testing.assert_allclose(others, [(100, 900)] * 18, rtol=1e-5)
    greys = grey_of(decoded(video.path)).mean(axis=(1, 2))
    assert max(greys[7], greys[11]) < 3
    assert min(greys[[6, 8, 10, 12]]) > 50


@pytest.mark.parametrize("count", [1, 2, 3])
def test_short_sequences(tmp_path, count):
    stack = noise((count, 40, 120), low=100, high=900)
    video = t2v.convert(stack, tmp_path / "o.mp4", contrast="smooth", width="full")
    assert np.shape(video.limits) == (count, 2)
    np.testing.assert_allclose(video.limits, [(100, 900)] * count, rtol=0.1)
