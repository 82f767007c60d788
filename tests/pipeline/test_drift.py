"""The drift of a scene whose moves are known."""

from __future__ import annotations

import numpy as np
from helpers.frames import noise
from helpers.planning import planned

import napari_tif2video as t2v
from napari_tif2video import pipeline
from napari_tif2video.pipeline import Execution
from napari_tif2video.planning import plan


def moved_scene(moves, size=(96, 128), scale=1, seed=4):
    from scipy.ndimage import gaussian_filter, zoom

    big = gaussian_filter(noise((size[0] + 80, size[1] + 80), seed=seed).astype(float), 3)
    big = (big - big.min()) / np.ptp(big) * 4000 + 100
    frames = []
    for down, right in moves:
        part = big[40 - down : 40 - down + size[0], 40 - right : 40 - right + size[1]]
        frames.append(zoom(part, scale, order=0) if scale > 1 else part)
    return np.array(frames).astype(np.uint16)


MOVES = [(0, 0), (3, -2), (-5, 4), (0, 7)]


def drift_of(stack, **options):
    made = planned(stack, stabilise=True, width="full", **options)
    return pipeline.steady(made, Execution(workers=2)).timeline.moves


def test_drift_is_found_in_steps_of_a_twentieth():
    found = drift_of(moved_scene(MOVES))
    np.testing.assert_allclose(found, MOVES, atol=0.1)
    steps = np.array(found) / 0.05
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-6)
    assert found[0] == (0.0, 0.0)
    assert all(value == round(value, 2) for move in found for value in move)
    coloured = np.stack([moved_scene(MOVES)] * 3, axis=-1)
    assert drift_of(coloured) == found


def test_frames_that_show_nothing_lie_between_their_neighbours():
    stack = moved_scene([(0, 0), (0, 0), (4, -8), (0, 0), (0, 0)])
    stack[1], stack[3], stack[4] = 77, 0, 0
    found = drift_of(stack)
    np.testing.assert_allclose(found, [(0, 0), (2, -4), (4, -8), (4, -8), (4, -8)], atol=0.1)
    assert drift_of(np.full((3, 24, 40), 9, np.uint16)) == ((0.0, 0.0),) * 3
    stack[0] = 5
    assert drift_of(stack) == ((0.0, 0.0),) * 5


def test_large_frames_are_binned_and_their_drift_is_in_pixels():
    moves = [(0, 0), (1, -2)]
    stack = moved_scene(moves, (32, 300), scale=4)
    np.testing.assert_allclose(drift_of(stack), np.array(moves) * 4, atol=0.4)


def test_drift_is_measured_once_for_a_series():
    stack = t2v.open_stack(moved_scene(MOVES))
    settings = t2v.VideoSettings(stabilise=True, width="full")
    made = plan(stack, settings)
    assert pipeline.known_steady(made) is made
    steady = pipeline.steady(made, Execution(workers=1))
    assert pipeline.steady(steady, None) is steady
    assert pipeline.known_steady(plan(stack, settings)).timeline.moves == steady.timeline.moves
    other = plan(stack, t2v.VideoSettings(stabilise=True, width="full", frames="1:"))
    assert pipeline.known_steady(other) is other
