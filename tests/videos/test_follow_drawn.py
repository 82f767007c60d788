"""What is drawn at places of the data stays there while the box moves."""

from __future__ import annotations

import numpy as np
from helpers.video import decoded

import napari_tif2video as t2v


def test_points_and_masks_are_at_their_places_below_a_box_that_moves(tmp_path):
    """The object that is followed is marked in the middle; another one is where it is."""
    frames = np.full((8, 120, 140), 100, np.uint16)
    way = [(1, t, 50.0 + 2.25 * t, 60.0 + 3.5 * t) for t in range(8)]
    other = (70.0, 80.0)
    masks = np.zeros(frames.shape, np.uint8)
    masks[:, 68:73, 78:83] = 1
    points = [(t, y, x) for _, t, y, x in way]
    for number, drawn in enumerate(({"points": points, "points_size": 5}, {"segmentation": masks})):
        video = t2v.convert(
            frames, tmp_path / f"{number}.mp4", follow=way, crop="81x61", width=324,
            limits=(0, 2000), quality="high", **drawn,
        )  # fmt: skip
        for t, picture in enumerate(decoded(video.path).astype(float)):
            bright = picture - np.median(picture)
            bright[bright < 15] = 0
            y, x = np.mgrid[: picture.shape[0], : picture.shape[1]] + 0.5
            middle = np.array([(bright * y).sum(), (bright * x).sum()]) / bright.sum()
            place = np.array([0.0, 0.0]) if number == 0 else np.subtract(other, way[t][2:])
            expected = (place + np.array([30.5, 40.5])) * 4
            expected[0] *= picture.shape[0] / 244
            if bright.any():
                assert np.abs(middle - expected).max() < 2
        assert bright.any()
