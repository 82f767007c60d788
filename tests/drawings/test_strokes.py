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
