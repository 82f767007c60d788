"""The frames of all channels at one time are read, prepared, and become a picture of the video."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..colours import Display, compose, in_colour, in_planes, in_triples
from ..data import Frames, HeldFrames
from ..geometry import CropBox, View
from ..overlays import Overlay, Tick, draw_across
from ..settings import AUTO_PERCENTILE
from ..units import Limits
from .contrast import Prepared, as_counts, as_shown, prepare, to_grey
from .limits import count_outside, histogram
from .panels import Mosaic


@dataclass(frozen=True)
class PictureSpec:
    """What a single frame of the video needs to know; small, it travels with every task.

    Attributes
    ----------
    box : CropBox
        The part of the frame that is shown; where there are panels, that of the first.
    size : (int, int)
        Height and width of the picture, or of the first of its panels.
    displays : tuple of Display
        How each channel is shown.
    limits : tuple
        For each channel the limits that are known before any frame is read, or None.
    overlay : Overlay, optional
        What is drawn on top; where there are panels, on all of them together.
    percentile : (float, float), optional
        What a frame's own limits are, where not its smallest and largest count.
    is_exact : bool
        Whether frames may be shown with limits narrower than their range, unknown beforehand.
    is_raw : bool
        Whether the counts are written as they are, instead of a picture of them.
    panels : tuple of Panel
        Where there are several pictures side by side: these.
    mosaic : Mosaic, optional
        Where each of them is.
    """

    box: CropBox
    size: tuple[int, int]
    displays: tuple[Display, ...]
    limits: tuple[tuple[float, float] | None, ...]
    overlay: Overlay | None = None
    percentile: tuple[float, float] | None = None
    is_exact: bool = False
    is_raw: bool = False
    panels: tuple[Panel, ...] = ()
    mosaic: Mosaic | None = None

    @property
    def shown(self) -> tuple[Panel, ...]:
        """What is shown side by side: panels, or this one picture."""
        return self.panels or (Panel(self, tuple(range(len(self.displays)))),)

    def of_channel(self, channel: int) -> tuple[PictureSpec, int]:
        """The picture as which a channel is prepared, and the channel's number there."""
        for panel in self.shown:
            if channel in panel.channels:
                return panel.picture, panel.channels.index(channel)
        raise IndexError(channel)

    def view(self, tick: Tick) -> View:
        """Where the pixels of the data are in a frame, or in each of its panels."""
        return View(self.box, self.size, tick.moved)

    def with_limits(self, limits: object | None) -> PictureSpec:
        """The same where limits were measured already, and percentiles with them."""
        if limits is None:
            return self
        panels = (replace(p, picture=p.picture.with_limits(limits)) for p in self.panels)
        return replace(self, percentile=None, panels=tuple(panels))


@dataclass(frozen=True)
class Panel:
    """One of several pictures that are side by side.

    Attributes
    ----------
    picture : PictureSpec
        As in a video of its own.
    channels : tuple of int
        Those that it shows, among all channels of the video.
    source : int
        Of which source they are, where there are several.
    """

    picture: PictureSpec
    channels: tuple[int, ...]
    source: int = 0


# The prepared frames of all channels at one time.
ChannelFrames = tuple[Prepared, ...]

# Measured limits: one entry that holds for all frames, or one for each.
SequenceLimits = tuple[tuple[Limits, ...], ...]

# Shown each frame that was read, with the number of its channel.
OnFrame = Callable[[int, NDArray[Any]], None]

# A mean grey level below a twentieth of the range: nearly black on a projector.
DARK_MEAN = 255 / 20

# Where only one pixel in a thousand is in the upper half of the range, a few decide for all.
FEW_PIXELS_HIGH = 128

_Made = TypeVar("_Made")


class Brightness(NamedTuple):
    """How bright a picture is, in grey levels.

    Attributes
    ----------
    mean : float
    high : float
        Only one pixel in a thousand is brighter.
    robust_mean : float
        About the mean, were it not for one pixel in a thousand at each end; the mean itself where
        the picture is neither dark nor made by a few pixels.
    """

    mean: float
    high: float
    robust_mean: float


@dataclass(frozen=True)
class FrameStats:
    """What was learnt about a frame on the way.

    Attributes
    ----------
    limits : tuple
        Of each channel.
    brightness : Brightness, optional
        Known of some frames, and not of raw ones.
    clipped : float
        Share of its values outside the limits, all channels together: of the values inside the
        crop box where the limits were known when it was read, else of the prepared pixels.
    """

    limits: tuple[Limits, ...]
    is_constant: bool
    brightness: Brightness | None
    clipped: float


def limits_at(limits: SequenceLimits, number: int) -> tuple[Limits, ...]:
    """The limits of one frame of a sequence, for each channel."""
    return limits[number if len(limits) > 1 else 0]


def render(
    frames: ChannelFrames,
    picture: PictureSpec,
    limits: tuple[Limits, ...] | None,
    tick: Tick,
    *,
    is_sampled: bool = False,
) -> tuple[NDArray[Any], FrameStats]:
    """The picture of one time: (H, W) where it is grey, (H, W, 3) where it has colour.

    Without measured limits the known ones are used, or the frame's own range. Raw counts are
    returned as they are. `tick` says which frame it is, for what is written on it. Of sampled
    frames the brightness of the data is found, whatever is drawn onto them; of several sources,
    that of the darkest.
    """
    if picture.is_raw:
        (counts,) = frames
        shown_range = (float(counts.low), float(counts.high))
        return counts.pixels, FrameStats((shown_range,), False, None, 0.0)
    shown = limits or tuple(
        known or prepared.range for known, prepared in zip(picture.limits, frames, strict=True)
    )
    levels: dict[tuple[int, float], NDArray[np.uint8]] = {}
    composed, bare, panels = [], [], picture.shown
    for panel in panels:
        displays = panel.picture.displays
        asked = [(n, d.gamma) for n, d in zip(panel.channels, displays, strict=True)]
        for n, gamma in asked:
            if (n, gamma) not in levels:  # else another panel shows it too
                levels[n, gamma] = to_grey(frames[n], shown[n], gamma)
        own = tick.of(panel.source)
        own_levels = [levels[each] for each in asked]
        composed.append(_composed(own_levels, displays, panel.picture.view(own), own))
        if is_sampled:
            bare.append(compose(own_levels, displays) if own.drawings else composed[-1])
    is_constant = all(prepared.is_constant for prepared in frames)
    measured = limits or (None,) * len(frames)
    clipped = sum(map(_clipped, frames, measured)) / len(frames)
    brightness = _darkest(panels, bare, frames) if is_sampled else None
    stats = FrameStats(shown, is_constant, brightness, clipped)
    return _with_overlays(composed, picture, shown, tick), stats


def _with_overlays(
    composed: Sequence[NDArray[np.uint8]],
    picture: PictureSpec,
    limits: Sequence[Limits],
    tick: Tick,
) -> NDArray[np.uint8]:
    """The picture of all panels, with what is drawn on each and on all of them together."""
    drawn = []
    for panel, made in zip(picture.shown, composed, strict=True):
        overlay, own = panel.picture.overlay, tick.of(panel.source)
        if overlay is not None:
            made = overlay.draw(made, own, [limits[n] for n in panel.channels])
        if own.mark:
            draw_across(made, own.mark)
        drawn.append(made)
    if picture.mosaic is None:
        return drawn[0]
    whole = picture.mosaic.join(drawn)
    return whole if picture.overlay is None else picture.overlay.draw(whole, tick)


def _composed(
    levels: Sequence[NDArray[np.uint8]], displays: Sequence[Display], view: View, tick: Tick
) -> NDArray[np.uint8]:
    """Channels on top of each other, with what is drawn above each of them."""
    if not tick.drawings:
        return compose(levels, displays)
    picture: NDArray[np.uint8] | None = None
    below = 0
    for drawing in tick.drawings:
        level = drawing.look.level
        above = len(levels) if level is None else min(level, len(levels))
        if above > below:
            picture = compose(levels[below:above], displays[below:above], picture)
            # A copy, as others may still need the levels.
            picture, below = in_planes(picture), above
        if picture is None:  # it lies below all channels
            picture = in_colour(np.zeros(view.size, np.uint8))
        picture = drawing.draw(picture, tick.place, view)
    if below < len(levels):
        picture = compose(levels[below:], displays[below:], picture)
    assert picture is not None
    return picture


def _clipped(prepared: Prepared, limits: Limits | None) -> float:
    """The share of a frame's values outside limits that were measured, or known beforehand."""
    if limits is None:
        return prepared.clipped
    low, high = limits
    if low <= prepared.low and prepared.high <= high:
        return 0.0
    relative = (low - prepared.offset) / prepared.scale, (high - prepared.offset) / prepared.scale
    return count_outside(prepared.pixels, relative) / prepared.pixels.size


def prepared_frames(
    sources: Sequence[Frames],
    picture: PictureSpec,
    look: OnFrame | None = None,
) -> Iterator[ChannelFrames]:
    """Read and prepare the frames of all channels, one point in time after the other."""

    pictures = [picture.of_channel(channel) for channel in range(len(sources))]

    def made(channel: int, frame: NDArray[Any]) -> Prepared:
        own, number = pictures[channel]
        return _prepare(frame, own, own.limits[number])

    return frames_in_turn(sources, picture, made, look)


def frames_in_turn(
    sources: Sequence[Frames],
    picture: PictureSpec,
    make: Callable[[int, NDArray[Any]], _Made],
    look: OnFrame | None = None,
) -> Iterator[tuple[_Made, ...]]:
    """What `make` makes of the frames of all channels, one point in time after the other."""

    def in_turn(channel: int, frames: Frames) -> Iterator[_Made]:
        def made(frame: NDArray[Any]) -> _Made:
            if look is not None:
                look(channel, frame)
            return make(channel, frame)

        box = picture.of_channel(channel)[0].box
        if isinstance(frames, HeldFrames):
            return frames.held(map(made, frames.frames.read_frames(box)))
        return map(made, frames.read_frames(box))

    # One channel after the other: a frame that was read is gone when the next one is.
    return zip(*(in_turn(n, frames) for n, frames in enumerate(sources)), strict=True)


def as_rgb(picture: NDArray[Any]) -> NDArray[np.uint8]:
    """A picture from `render` as (H, W, 3) of 8 bits, as players show it and libraries take it."""
    return in_triples(as_shown(picture))


def _prepare(frame: NDArray[Any], picture: PictureSpec, known: Limits | None) -> Prepared:
    if picture.is_raw:
        return as_counts(frame)
    if picture.percentile is not None:
        found = histogram(frame)
        own = found.percentiles(picture.percentile)
        outside = found.outside(own) if found.is_exact else count_outside(frame, own)
        prepared = prepare(frame, picture.size, own, is_exact=picture.is_exact)
        return replace(prepared, percentiles=own, clipped=outside / frame.size)
    prepared = prepare(frame, picture.size, known, is_exact=picture.is_exact)
    if known is None or (known[0] <= prepared.low and prepared.high <= known[1]):
        return prepared
    return replace(prepared, clipped=count_outside(frame, known) / frame.size)


def _darkest(
    panels: Sequence[Panel], pictures: Sequence[NDArray[np.uint8]], frames: ChannelFrames
) -> Brightness:
    """The brightness of the last picture of each source, where all channels are, or the least."""
    last = {panel.source: (panel, own) for panel, own in zip(panels, pictures, strict=True)}
    return min(
        _brightness(own, [frames[n] for n in panel.channels]) for panel, own in last.values()
    )


def _brightness(grey: NDArray[np.uint8], frames: Sequence[Prepared]) -> Brightness:
    numbers = np.bincount(_some(grey).ravel(), minlength=256)
    mean = float(numbers @ np.arange(256)) / numbers.sum()
    total = numbers.sum() * AUTO_PERCENTILE[1] / 100
    high = float(np.searchsorted(np.cumsum(numbers), total))
    is_fine = high >= FEW_PIXELS_HIGH and mean >= DARK_MEAN
    return Brightness(mean, high, mean if is_fine else _robust_mean(frames))


def _robust_mean(frames: Sequence[Prepared]) -> float:
    """Of the counts: where all are in a few grey levels, these do not tell."""
    means = []
    for prepared in frames:
        counts = _some(prepared.pixels).astype(np.float64)
        counts = counts[np.isfinite(counts)]
        low, above = np.percentile(counts, AUTO_PERCENTILE) if counts.size else (0, 0)
        shares = (counts - low) / (above - low) if above > low else np.zeros(1)
        means.append(float(np.clip(shares, 0, 1).mean()) * 255)
    return fmean(means)


def _some(pixels: NDArray[Any]) -> NDArray[Any]:
    """About 16,000 pixels of a picture: enough to tell a dark video."""
    stride = max(1, math.isqrt(pixels.shape[0] * pixels.shape[1] // 16_000))
    return pixels[::stride, ::stride]
