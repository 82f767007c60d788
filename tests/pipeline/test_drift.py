"""The drift of a scene whose moves are known."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.frames import noise
from helpers.planning import planned

import napari_tif2video as t2v
from napari_tif2video import pipeline
from napari_tif2video.geometry import CropBox
from napari_tif2video.pipeline import Execution, drift
from napari_tif2video.planning import plan, side_by_side


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
    assert "-0.0" not in repr(found)
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


def test_what_is_measured_is_given_in_steps_without_gaps(monkeypatch):
    known = {1: (0.0, 0.0), 2: None, 3: (0.42, -0.17), 4: None, 5: (1.0, 2.03)}
    seen = []

    def drifts(box, run, frames):
        numbers = [int(frame.max()) for frame in frames.read_frames(box)]
        seen.append((box, numbers))
        return [known.get(number, (-0.02, 0.0)) for number in numbers[1:]]

    monkeypatch.setattr(drift, "_drifts", drifts)
    stack = np.stack([np.full((24, 40), 1 + number, np.uint16) for number in range(18)])
    made = planned(stack, stabilise=True, width="full", crop="20x10")
    reports = []
    found = pipeline.steady(made, Execution(workers=1, progress=reports.append)).timeline.moves
    assert found[:5] == ((0.0, 0.0), (0.2, -0.1), (0.4, -0.15), (0.7, 0.95), (1.0, 2.05))
    assert repr(found[5:]) == repr(((0.0, 0.0),) * 13)
    # Each task begins with the first frame, and sees whole ones.
    whole = CropBox(40, 24, 0, 0)
    assert seen == [(whole, [1, *range(1, 17)]), (whole, [1, 17, 18])]
    assert (reports[-1].phase, reports[-1].done, reports[-1].total) == ("measuring", 18, 18)


def test_a_fit_that_went_astray_is_not_used(monkeypatch):
    first = moved_scene([(0, 0)])[0].astype(np.float32)
    reference = drift._Reference(first)
    second = moved_scene([(3, -2)])[0].astype(np.float32)
    begun = []

    def fitted(_, picture, begin):
        begun.append(tuple(begin))
        return begin + away

    monkeypatch.setattr(drift, "_fitted", fitted)
    for away, is_used in ((1.99, True), (-1.99, True), (2.01, False), (-2.01, False)):
        found = drift._drift(reference, second)
        (down, right) = begun.pop()
        assert (down, right) == pytest.approx((3, -2), abs=0.35)
        # What is compared is placed to a tenth of a pixel.
        assert [down * 10, right * 10] == pytest.approx([round(down * 10), round(right * 10)])
        more = away if is_used else 0
        assert found == pytest.approx((down + more, right + more))


def test_the_first_channel_tells_the_drift_of_all():
    two = np.stack([moved_scene(MOVES), moved_scene(MOVES[::-1], seed=5)], axis=1)
    assert drift_of(two, axes="TCYX", channel="all") == drift_of(two[:, 0])
    assert drift_of(two[:, 0], crop="20x20") == drift_of(two[:, 0])


def test_each_of_sources_side_by_side_has_its_own_drift():
    scenes = [moved_scene(MOVES), moved_scene(MOVES[:1] + MOVES[3:], seed=6)]
    stacks = [t2v.open_stack(scene) for scene in scenes]

    def both(**options):
        settings = t2v.VideoSettings(panels="sources", width="full", **options)
        return side_by_side([plan(stack, settings) for stack in stacks], settings)

    def moves(made):
        return [source.timeline.moves for source in made.sources]

    wanted = both(stabilise=True)
    assert moves(pipeline.known_steady(wanted)) == [None, None]
    steady = pipeline.steady(wanted, Execution(workers=1))
    assert moves(steady) == [drift_of(scene) for scene in scenes]
    second = drift_of(scenes[1])
    assert steady.timeline.sources[1].moves == tuple(second[n] for n in steady.places[1])
    assert moves(pipeline.known_steady(both(stabilise=True))) == moves(steady)
    assert pipeline.known_steady(steady) is steady
    plain = both()
    assert pipeline.known_steady(plain) is plain is pipeline.steady(plain, None)
    (alone, _) = plain.sources  # its drift is known, and was not asked for
    assert pipeline.known_steady(alone) is alone is pipeline.steady(alone, None)


def test_the_steps_of_a_comparison():
    """The window is Tukey's, the low pass a Gaussian of 2 px, as SciPy has it."""
    from scipy.ndimage import fourier_gaussian, gaussian_filter

    def tukey(length):
        ends = np.clip(8 * np.linspace(0, 1, length), 0, 1)
        rising = np.sin(np.pi / 2 * ends) ** 2
        return np.minimum(rising, rising[::-1])

    for length in (2, 37, 64):
        np.testing.assert_allclose(drift._taper(length), tukey(length), atol=1e-12)
    picture = np.sqrt(noise((24, 40)).astype(np.float32))
    windowed = (picture - picture.mean()) * np.outer(tukey(24), tukey(40))
    plain = np.fft.fft2(windowed)
    whitened = fourier_gaussian(plain * np.abs(plain) ** -0.8, 2.0)
    np.testing.assert_allclose(drift._spectrum(picture), whitened, rtol=1e-4, atol=1e-9)
    numbers = np.arange(41 * 60, dtype=np.float32).reshape(41, 60)
    np.testing.assert_array_equal(drift._inner(numbers), numbers[8:33:2, 8:52:2].ravel())
    small = numbers[:9, :30]  # a quarter of it at most is border
    np.testing.assert_array_equal(drift._inner(small), small[2:7:2, 7:23:2].ravel())
    reference = drift._Reference(numbers)
    smooth = gaussian_filter(numbers, 2.0)
    down, right = np.gradient(smooth)
    for found, wanted in zip(
        reference.terms, (down, right, smooth, np.ones((41, 60))), strict=True
    ):
        np.testing.assert_allclose(found, wanted[8:33:2, 8:52:2].ravel(), rtol=1e-6)
    assert reference.least == pytest.approx(0.02 * smooth.std())
    np.testing.assert_array_equal(reference.spectrum, drift._spectrum(numbers))


def test_frames_as_they_are_compared():
    """In grey, as the root of what is above the darkest pixel, and binned beyond 1024 pixels."""
    frames = noise((2, 9, 1025), high=900).astype(np.float32)
    frames[0, 0, 0] = np.nan
    stack = t2v.open_stack(frames).channels[0].frames
    blocks = frames[:, :8, :1024].reshape(2, 4, 2, 512, 2).mean(axis=(2, 4))
    for (found, scale), wanted in zip(
        drift._pictures(stack, CropBox(1025, 9, 0, 0)), blocks, strict=True
    ):
        assert scale == 2
        wanted = np.nan_to_num(wanted - np.nanmin(wanted))
        np.testing.assert_allclose(found, np.sqrt(wanted), rtol=1e-3)
    ((part, scale), _) = drift._pictures(stack, CropBox(1024, 3, 1, 5))
    assert (scale, part.shape) == (1, (3, 1024))
    np.testing.assert_allclose(part**2, frames[0, 5:8, 1:] - frames[0, 5:8, 1:].min(), rtol=1e-3)
    nothing = t2v.open_stack(np.full((1, 4, 6), np.nan, np.float32)).channels[0].frames
    ((blank, _),) = drift._pictures(nothing, CropBox(6, 4, 0, 0))
    assert blank.tolist() == [[0.0] * 6] * 4


def test_a_shift_is_fitted_whatever_a_third_of_the_pixels_do():
    from scipy.ndimage import gaussian_filter, shift

    first = gaussian_filter(noise((96, 128)).astype(np.float32), 3)
    reference = drift._Reference(first)
    way = (0.7, -0.45)
    second = shift(first, way, order=3, mode="nearest") * np.float32(0.6) + 50
    second[:, 80:120] = gaussian_filter(noise((96, 40), seed=9).astype(np.float32), 3)
    found = drift._fitted(reference, gaussian_filter(second, 2.0), np.array([0.5, -0.3]))
    np.testing.assert_allclose(found, way, atol=0.02)
    # The negative is another picture, and a shift that went astray is none.
    begin = np.array([0.5, -0.3])
    np.testing.assert_array_equal(drift._fitted(reference, -second, begin), begin)
