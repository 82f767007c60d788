"""What is written on a picture, compared with letters that Pillow draws by itself."""

from __future__ import annotations

from functools import cache

import numpy as np
import ttf_opensans
from PIL import Image, ImageDraw, ImageFont


@cache
def written(text, size):
    """The ink of a line of text, 0 to 255, cut to its letters."""
    path = str(ttf_opensans.OPENSANS_SEMIBOLD.path)
    font = ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
    image = Image.new("L", (2 * size * (len(text) + 1), 4 * size))
    ImageDraw.Draw(image).text((size, 2 * size), text, 255, font, anchor="ls")
    return cut(np.asarray(image))


def cut(picture):
    """The part of a picture that is not black."""
    rows, columns = np.nonzero(picture)
    assert len(rows), "nothing is drawn here"
    return picture[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def lines(picture):
    """The ink of a black picture, top to bottom, parted where rows are empty."""
    filled = np.r_[False, picture.any(axis=1), False]
    edges = np.flatnonzero(np.diff(filled.astype(int)))
    return [cut(picture[a:b]) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def says(ink, text):
    """Whether ink is this text, letter for letter, in any size.

    But for a few pixels where letters touch, such as "ft", which Pillow adds up.
    """
    height = ink.shape[0]
    for size in range(height // 2, 3 * height // 2 + 3):
        expected = written(text, size)
        if expected.shape == ink.shape and np.abs(expected.astype(float) - ink).mean() < 0.1:
            return True
    return False


def longest_run(picture, level=255):
    """The number of pixels of this level in a row, at most."""
    best = 0
    for row in picture:
        edges = np.flatnonzero(np.diff(np.r_[0, row == level, 0].astype(int)))
        best = max(best, *(edges[1::2] - edges[::2]), 0) if len(edges) else best
    return int(best)
