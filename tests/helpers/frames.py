"""Frames that carry their own number as black and white blocks, so that a video proves itself."""

from __future__ import annotations

import numpy as np

# A white block, eight bits, a black block: a row of ten along the top third of the frame.
_BITS = 8
_BLOCKS = _BITS + 2
HEIGHT, WIDTH = 48, 160

# Small pictures of 8 bits: all grey levels, and as many colours.
GREYS = np.arange(256, dtype=np.uint8).reshape(16, 16)
COLOURS = np.random.default_rng(3).integers(0, 256, (16, 16, 3), dtype=np.uint8)


def numbered(count, *, noise=2000, seed=0, first=0):
    """(count, 48, 160) uint16: frame i shows the number first + i, over noise in mid-range."""
    rng = np.random.default_rng(seed)
    stack = rng.integers(30000 - noise, 30001 + noise, (count, HEIGHT, WIDTH), dtype=np.uint16)
    for index, frame in enumerate(stack):
        number = first + index
        assert 0 <= number < 2**_BITS
        levels = [1, *(number >> bit & 1 for bit in range(_BITS)), 0]
        row = np.repeat(np.array(levels, np.uint16) * 60000 + 1000, WIDTH // _BLOCKS)
        frame[: HEIGHT // 3] = row
    return stack


def number_of(picture):
    """The number that a grey (H, W) picture of any size shows."""
    height, width = picture.shape
    centres = ((np.arange(_BLOCKS) + 0.5) * width / _BLOCKS).astype(int)
    levels = [picture[1 : height // 4, c - 1 : c + 2].mean() > 128 for c in centres]
    assert levels[0], "the white block is missing"
    assert not levels[-1], "the black block is missing"
    return sum(level << bit for bit, level in enumerate(levels[1:-1]))


def noise(shape, *, low=0, high=65535, seed=0, dtype=np.uint16):
    """Random counts from low to high, both included and both present in every frame."""
    rng = np.random.default_rng(seed)
    values = rng.integers(low, high + 1, shape, dtype=dtype)
    values[..., 0, 0], values[..., -1, -1] = low, high
    return values


def smooth(shape, *, low=0, high=65535):
    """A (Y, X) gradient with slow waves from low to high."""
    y, x = np.mgrid[0 : 1 : shape[0] * 1j, 0 : 1 : shape[1] * 1j]
    field = x + y + 0.3 * np.sin(7 * x) * np.cos(5 * y)
    field = (field - field.min()) / (field.max() - field.min())
    return np.rint(low + field * (high - low)).astype(np.uint16)
