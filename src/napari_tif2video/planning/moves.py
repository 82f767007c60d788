"""A crop box that moves: what lies below it, and what to say about that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec

import numpy as np

from ..data import MovedFrames, Stack
from ..errors import SettingsError
from ..geometry import CropBox, Move


def below_box(stack: Stack, moves: Sequence[Move], size: tuple[int, int]) -> Stack:
    """The stack as it lies below a box of this size, with its corner in each frame."""
    channels = (
        replace(channel, frames=MovedFrames.of(channel.frames, moves, size))
        for channel in stack.channels
    )
    return replace(stack, channels=tuple(channels))


def padding_note(moves: Sequence[Move], box: CropBox, frame: tuple[int, int]) -> tuple[str, ...]:
    """What to say where a box that moves reaches outside of the frames."""
    low = np.array(moves) + np.array([box.top, box.left])
    outside = np.maximum(np.maximum(-low, low + box.shape - frame), 0).max(axis=1)
    number = int((outside > 0).sum())
    if not number:
        return ()
    return (
        f"in {number} of {len(moves)} frames the box reaches outside of the data, by up to "
        f"{np.ceil(outside.max()):.0f} px: that is black, and no part of the contrast",
    )


def require_stabiliser(stack: Stack) -> list[str]:
    """What to say before drift is measured.

    Raises
    ------
    SettingsError
        What measures it is not installed.
    """
    if find_spec("skimage") is None:
        raise SettingsError(
            "stabilise: needs scikit-image; install it with pip install "
            "'napari-tif2video[stabilise]'"
        )
    if len(stack.channels) == 1:
        return []
    first = stack.channels[0]
    return [f"drift is measured in channel {first.label}, and taken back in all"]


def drift_notes(moves: Sequence[Move], box: CropBox, frame: tuple[int, int]) -> list[str]:
    """What to say about a drift that was taken back."""
    far = np.hypot(*np.array(moves).T)
    notes = [
        f"a drift of up to {far.max():.1f} px is taken back ({far[-1]:.1f} px at the end); between "
        "pixels, counts are interpolated"
    ]
    padded = padding_note(moves, box, frame)
    if not padded:
        return notes
    moved = np.array(moves)
    low, high = np.ceil(-moved.min(axis=0)), np.floor(frame - moved.max(axis=0))
    top, left = np.maximum(low, (box.top, box.left)).astype(int)
    bottom, right = np.minimum(high, (box.rows.stop, box.columns.stop)).astype(int)
    if bottom > top and right > left:
        inside = CropBox(int(right - left), int(bottom - top), int(left), int(top))
        notes.append(f"{padded[0]}; --crop {inside} has nothing of it")
    else:
        notes.extend(padded)
    return notes
