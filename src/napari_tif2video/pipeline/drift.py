"""Drift of the whole picture: found by phase correlation, refined by a robust fit, and taken back.

Each frame is compared with the first one, not with the one before it: errors of neighbours would
add up. Spectra are whitened to a large part (``F / |F|**0.8``), so that a lamp that fades does not
count; a low pass keeps noise out. The middle is compared alone, as the borders show other things in
each frame. That places a frame to about a pixel, less well where bright cells go their own way.

From there the frame is fitted, as in Lucas and Kanade (1981), by the first one, its slopes and a
constant; the pixels that do not follow, such as those of cells that move, lose their weight (that
of Geman and McClure, 1985). On frames of known drift this is three times as precise, and ten times
where a third of the cells move.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Frames
from ..geometry import CropBox, Move
from ..planning import Plan, side_by_side, stabilised
from .engine import Execution, step
from .tasks import split, task_of

# Frames of a task, which reads the first frame besides.
_CHUNK_FRAMES = 16
# Larger frames are binned: the precision is a share of a pixel of what is compared.
_LARGEST_PX = 1024
_WHITENING, _LOW_PASS_PX, _TAPER = 0.8, 2.0, 0.25
# What is compared is placed to a tenth of a pixel before the fit, and drift is given in steps.
_UPSAMPLING, _STEP_PX = 10, 0.05
# The fit looks at every second pixel each way, so many times, and not at the borders. Beyond so
# much from where it began it has lost its way.
_ROUNDS, _EVERY, _MARGIN_PX, _MOST_PX = 4, 2, 8, 2.0
# Residuals that halve a weight, in medians of all; at least a share of the spread of the picture,
# for those without noise.
_TYPICAL, _LEAST_SPREAD = 3.0, 0.02

_Spectrum = NDArray[np.complexfloating[Any, Any]]


def known_steady(plan: Plan) -> Plan:
    """The plan without its drift, where that was measured before; else as it is."""
    if plan.sources:
        return _each(plan, known_steady)
    moves = plan.stack.measured.get(_key(plan)) if plan.is_to_stabilise else None
    return plan if moves is None else stabilised(plan, moves)


def steady(plan: Plan, execution: Execution) -> Plan:
    """The plan without its drift, which is measured unless it is known.

    A plan that asks for nothing of this kind, or that is steady already, comes back as it is.
    """
    if not plan.is_to_stabilise:
        return plan
    if plan.sources:
        return _each(plan, partial(steady, execution=execution))
    if _key(plan) not in plan.stack.measured:
        plan.stack.measured[_key(plan)] = _measured(plan, execution)
    return known_steady(plan)


def _each(plan: Plan, make: Callable[[Plan], Plan]) -> Plan:
    """The plan of several sources side by side, with something else made of that of each."""
    if not plan.is_to_stabilise:
        return plan
    return side_by_side([make(source) for source in plan.sources], plan.settings)


def _key(plan: Plan) -> Any:
    return "drift", tuple(plan.timeline.frames)


def _measured(plan: Plan, execution: Execution) -> tuple[Move, ...]:
    """How far down and to the right each frame has moved against the first one."""
    channels = plan.stack.channels[:1]
    whole = dataclasses.replace(
        plan,
        stack=dataclasses.replace(plan.stack, channels=channels),
        picture=dataclasses.replace(
            plan.picture, box=CropBox.whole(channels[0].frames.format.size)
        ),
    )
    found: list[Move | None] = []
    with execution.run(plan) as run:
        run.phase = "measuring"
        spans = split(range(plan.frames), _CHUNK_FRAMES)
        what = (whole.picture.box, run.key)
        tasks = [task_of(whole, (0, *span), _drifts, *what) for span in spans]
        run.compute_in_order(tasks, found.extend, plan.frames)
    known = [place for place, move in enumerate(found) if move is not None]
    moves = np.array([move for move in found if move is not None] or [(0.0, 0.0)])
    # Frames that show nothing are taken to lie between their neighbours.
    down, right = (
        np.interp(range(plan.frames), known or [0], axis) for axis in (moves[:, 0], moves[:, 1])
    )
    # More is not known of it, and where it is in whole pixels nothing has to be interpolated.
    steps = (np.round(axis / _STEP_PX) * _STEP_PX for axis in (down, right))
    return tuple(zip(*((axis.round(2) + 0.0).tolist() for axis in steps), strict=True))


def _drifts(box: CropBox, run: str, frames: Frames) -> list[Move | None]:
    """The drift of each frame but the first, which is the reference; None where nothing shows."""
    pictures = _pictures(frames, box)
    first, scale = next(pictures)
    reference = _Reference(first) if np.ptp(first) else None
    found: list[Move | None] = []
    for picture, _ in pictures:
        move = _drift(reference, picture) if reference and np.ptp(picture) else None
        found.append(None if move is None else (move[0] * scale, move[1] * scale))
        step(run)
    return found


def _pictures(frames: Frames, box: CropBox) -> Iterator[tuple[NDArray[np.float32], int]]:
    """Each frame in grey and binned, with the root taken so that its noise is even; and the bin."""
    for frame in frames.read_frames(box):
        grey = frame.mean(axis=2) if frame.ndim == 3 else frame
        bin_px = -(-max(grey.shape) // _LARGEST_PX)
        height, width = (side // bin_px * bin_px for side in grey.shape)
        blocks = grey[:height, :width].reshape(height // bin_px, bin_px, width // bin_px, bin_px)
        values = blocks.mean(axis=(1, 3), dtype=np.float64).astype(np.float32)
        finite = np.isfinite(values)
        low = values[finite].min() if finite.any() else 0
        yield np.sqrt(np.where(finite, values - low, 0)), bin_px


def _drift(reference: _Reference, picture: NDArray[np.float32]) -> Move:
    from scipy.ndimage import gaussian_filter
    from skimage.registration import phase_cross_correlation

    back, _, _ = phase_cross_correlation(
        reference.spectrum,
        _spectrum(picture),
        space="fourier",
        upsample_factor=_UPSAMPLING,
        normalization=None,  # it is in the spectra, as far as it helps
    )
    begin = -np.asarray(back, np.float64)
    fitted = _fitted(reference, gaussian_filter(picture, _LOW_PASS_PX), begin)
    found = fitted if np.abs(fitted - begin).max() < _MOST_PX else begin
    return float(found[0]), float(found[1])


def _fitted(
    reference: _Reference, picture: NDArray[np.float32], begin: NDArray[np.float64]
) -> NDArray[np.float64]:
    from scipy.ndimage import shift

    terms, total = reference.terms, begin
    weights: NDArray[np.floating[Any]] = np.ones(terms.shape[1])
    for _ in range(_ROUNDS):
        values = _inner(shift(picture, -total, order=1, mode="nearest"))
        for _ in range(2):
            weighted = terms * weights
            # Down, right, the share of the reference, and a constant.
            parts = np.linalg.lstsq(weighted @ terms.T, weighted @ values, rcond=None)[0]
            residuals = np.abs(values - parts @ terms)
            typical = max(_TYPICAL * float(np.median(residuals)), reference.least)
            weights = (1 + (residuals / typical) ** 2) ** -2
        if parts[2] <= 0:
            break  # it is not the same picture
        total = total - parts[:2] / parts[2]
    return total


class _Reference:
    """What the frames are compared with: its spectrum, and of each pixel slopes, value and 1."""

    def __init__(self, picture: NDArray[np.float32]) -> None:
        from scipy.ndimage import gaussian_filter

        smooth = gaussian_filter(picture, _LOW_PASS_PX)
        slopes = np.gradient(smooth)
        self.spectrum = _spectrum(picture)
        self.terms = np.stack([_inner(part) for part in (*slopes, smooth, np.ones_like(smooth))])
        self.least = _LEAST_SPREAD * float(smooth.std())


def _inner(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Some pixels of the picture, in a row, without those of its borders."""
    margins = (min(_MARGIN_PX, side // 4) for side in picture.shape)
    inside = (slice(m, side - m, _EVERY) for m, side in zip(margins, picture.shape, strict=True))
    return picture[tuple(inside)].ravel()


def _spectrum(picture: NDArray[np.float32]) -> _Spectrum:
    window = np.outer(*map(_taper, picture.shape))
    spectrum = np.fft.fft2((picture - picture.mean()) * window)
    rows, columns = (np.fft.fftfreq(side) for side in picture.shape)
    squared = rows[:, np.newaxis] ** 2 + columns**2
    low_pass = np.exp(-2 * (np.pi * _LOW_PASS_PX) ** 2 * squared)
    size = np.abs(spectrum)
    found: _Spectrum = spectrum / np.maximum(size, size.max() * 1e-9) ** _WHITENING * low_pass
    return found


def _taper(length: int) -> NDArray[np.float64]:
    """A window that falls off over an eighth of the length at each end (Tukey's)."""
    ends = np.minimum(np.arange(length), np.arange(length)[::-1]) / max(1, length - 1)
    shape: NDArray[np.float64] = 0.5 - 0.5 * np.cos(np.pi * np.clip(2 * ends / _TAPER, 0, 1))
    return shape
