"""Frames of a plan as the video will show them, one by one or at its speed. No Qt."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...geometry import CropBox
from ...picture import count_outside, measure
from ...pipeline import known_limits, known_steady, rendered
from ...planning import Plan, guessed_bytes
from ...units import Limits

_NAP_S = 0.02  # after which who waits looks whether it still should
_RATED = 10  # the speed is that of so many frames


@dataclass(frozen=True)
class FramePreview:
    """A rendered frame.

    Attributes
    ----------
    index : int
        Its place in the video, from 0.
    image : uint8 array (H, W, 3)
        Exactly the frame of the video.
    limits : tuple of (float, float)
        For each channel.
    is_provisional : bool
        The series has yet to be measured; the frame's own limits are shown.
    clipped : float, optional
        Share of the values inside the crop box that are outside the limits, where it was counted.
    """

    index: int
    image: NDArray[np.uint8]
    limits: tuple[Limits, ...]
    is_provisional: bool
    clipped: float | None = None


def frames_of(plan: Plan, indices: Sequence[int]) -> Iterator[FramePreview]:
    """Render frames of a plan in turn, with the best limits that are known."""
    plan = known_steady(plan)
    limits = known_limits(plan) if plan.needs_measuring else None
    is_provisional = not is_measured(plan)
    for index, (image, stats) in zip(indices, rendered(plan, indices, limits), strict=True):
        yield FramePreview(index, image, stats.limits, is_provisional)


def is_measured(plan: Plan) -> bool:
    """Whether nothing of the series has to be measured before a frame looks as in the video."""
    plan = known_steady(plan)
    is_known = not plan.needs_measuring or known_limits(plan) is not None
    return is_known and not plan.is_to_stabilise


def box_at(plan: Plan, index: int) -> CropBox:
    """The crop box in a frame: where it moves, to whole pixels and not beyond the first ones."""
    box, moves = plan.picture.box, plan.timeline.moves
    if moves is None:
        return box
    down, right = moves[index]
    return CropBox(
        box.width, box.height, max(0, round(box.left + right)), max(0, round(box.top + down))
    )


def preview_frame(plan: Plan, index: int) -> FramePreview:
    """Render one frame of a plan, and count what is outside its limits."""
    (made,) = frames_of(plan, [index])
    outside = total = 0
    plan = known_steady(plan)
    for channel, (low, high) in zip(plan.stack.channels, made.limits, strict=True):
        for frame in channel.frames.select([index]).read_frames(plan.picture.box):
            outside += count_outside(frame, (low, high))
            total += frame.size
    return replace(made, clipped=outside / total)


def play(
    plan: Plan,
    first: int,
    show: Callable[[FramePreview, float], bool],
    is_stale: Callable[[], bool],
) -> None:
    """Render the frames from one on, over and over, each when it is due or as soon as it is made.

    Parameters
    ----------
    show : callable
        Gets each frame and the frames a second that are reached, and returns when it is seen;
        False ends it.
    is_stale : callable
        Whether nobody looks any more.
    """
    interval = float(1 / plan.fps)
    due = time.monotonic()
    seen: deque[float] = deque(maxlen=_RATED + 1)
    while True:
        for frame in frames_of(plan, range(first, plan.frames)):
            while (early := due - time.monotonic()) > 0:
                if is_stale():
                    return
                time.sleep(min(early, _NAP_S))
            rate = (len(seen) - 1) / (seen[-1] - seen[0]) if len(seen) > 2 else float(plan.fps)
            if is_stale() or not show(frame, rate):
                return
            seen.append(time.monotonic())
            due = max(due + interval, seen[-1])
        first = 0


def auto_limits(plan: Plan, index: int) -> tuple[float, float]:
    """Limits that saturate 0.35 % of a frame's pixels, half of them at each end.

    What ImageJ's Enhance Contrast does with "saturated pixels: 0.35 %"
    (``ij.plugin.ContrastEnhancer``), on exact values instead of a histogram.
    """
    frames = plan.stack.frames.select([index])
    (frame,) = (f.copy() for f in frames.read_frames(plan.picture.box))
    values = frame[np.isfinite(frame)] if frame.dtype.kind == "f" else frame
    if not values.size:
        return 0.0, 1.0
    low, high = (float(v) for v in np.percentile(values, [0.175, 99.825]))
    if low >= high:
        low, high = measure(frame)
    return (low, high) if low < high else (low, low + 1)


def estimated_bytes(plan: Plan) -> float:
    """A guess of the size of the video, from what real time-lapses took."""
    guess = guessed_bytes(plan.encoder, plan.frames)
    return guess if plan.settings.max_size is None else min(guess, plan.settings.max_size)
