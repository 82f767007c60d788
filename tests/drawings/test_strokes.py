"""Which line of many is seen on a pixel, against a look at one line after the other."""

from __future__ import annotations

import numpy as np
import pytest

from napari_tif2video.drawings import strokes

SIZE = (30, 44)


def lines_of_walks(rng, walks=6, steps=20):
    """Walks that cross, a step of all after the other, as tracks have them."""
    ways = rng.uniform(-3, 40, (1, walks, 2)) + np.cumsum(rng.normal(0, 3, (steps, walks, 2)), 0)
    starts, ends = (part.reshape(-1, 2).T.copy() for part in (ways[:-1], ways[1:]))
    starts[:, 7], ends[:, 7] = starts[:, 8], ends[:, 8]  # the same line twice in a step
    return starts, ends, np.arange(starts.shape[1]) >= walks


def seen_one_by_one(made, chosen):
    """Line and opacity of each place: the last that covers half of it, or else the last one."""
    strong, weak = {}, {}
    for line, opacity in chosen:
        share = np.array([opacity], np.float32)
        places, _, alphas = made.covered(line, line + 1, share, share)
        covers = made.covered(line, line + 1, *np.ones((2, 1), np.float32))[2]
        for place, alpha, cover in zip(places.tolist(), alphas.tolist(), covers, strict=True):
            (strong if cover >= 0.5 else weak)[place] = line, alpha
    return weak | strong


@pytest.mark.parametrize("width", [0.7, 2.0, 5.0])
@pytest.mark.parametrize("block", [4, 32, 4096])
def test_the_last_line_is_seen_whatever_is_asked_before(monkeypatch, width, block):
    monkeypatch.setattr(strokes, "_BLOCK", block)
    rng = np.random.default_rng(4)
    starts, ends, goes_on = lines_of_walks(rng)
    made, alone = (strokes.Strokes(starts, ends, width, SIZE, goes_on) for _ in range(2))
    count = starts.shape[1]
    in_turn = [(n, min(n + 40, count)) for n in range(0, count, 18)]
    at_will = [sorted(rng.choice(count, 2, replace=False)) for _ in range(6)]
    for number, (first, stop) in enumerate([*in_turn, *at_will, *in_turn]):
        opacities = rng.uniform(0.1, 1, stop - first).astype(np.float32)
        if number % 3 == 0:
            opacities[rng.random(stop - first) < 0.3] = 0  # such lines hide nothing
        places, lines, alphas = made.covered(first, stop, opacities, opacities)
        found = {
            place: (first + line, alpha)
            for place, line, alpha in zip(
                places.tolist(), lines.tolist(), alphas.tolist(), strict=True
            )
        }
        there = [(first + n, o) for n, o in enumerate(opacities) if o]
        assert found == seen_one_by_one(alone, there)


@pytest.mark.parametrize("width", [1.0, 2.0, 5.0])
def test_what_a_line_covers(width):
    """By the distance of each pixel from it, however long it is and wherever it begins."""
    ends = [(5.2, 4.1, 30.4, 4.1), (40.3, 3.0, 40.3, 25.5), (3.3, 26.6, 25.1, 10.2)]
    ends += [(-30.5, 12.3, 20.25, 20.75), (20.0, -9.0, 60.0, 29.0), (8.0, 8.0, 9.5, 8.5)]
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    for x0, y0, x1, y1 in ends:
        line = strokes.Strokes(
            np.array([[x0], [y0]]), np.array([[x1], [y1]]), width, SIZE, np.zeros(1, bool)
        )
        places, _, alphas = line.covered(0, 1, *np.array([[0.25], [0.75]], np.float32))
        found = np.zeros(SIZE)
        found.flat[places] = alphas
        share = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2)
        share = share.clip(0, 1)
        away = np.hypot(x - x0 - share * (x1 - x0), y - y0 - share * (y1 - y0))
        cover = (width / 2 + 0.5 - away).clip(0, 1)
        np.testing.assert_allclose(found, cover * (0.25 + share / 2), atol=1e-4)
