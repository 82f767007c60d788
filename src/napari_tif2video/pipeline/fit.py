"""What of an encoder is found by looking at frames: the colours of a GIF, and the rate factor
that keeps a video below a size.

Both look at the same frames whatever the number of workers, so they find the same.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..data import Frames
from ..encode import make_palette, psnr_db
from ..errors import SourceError
from ..geometry import WIDTH_RANGE_PX, nearest_even, resolve_size
from ..overlays import Timeline, title_card
from ..picture import (
    PictureSpec,
    SequenceLimits,
    as_rgb,
    limits_at,
    prepared_frames,
    render,
)
from ..planning import Plan
from ..settings import SEGMENT_FRAMES
from ..units import Limits, readable_size
from .engine import Run, step
from .tasks import encode_tasks, images_of, segments_of, task_of

#: Below this a video is not made smaller any further. Pictures that lossy compression has spoiled
#: visibly have 30 dB or less; noise alone, which nobody misses, costs more than that.
MIN_PSNR_DB = 30.0

# Segments on which a rate factor is tried.
_SAMPLE_SEGMENTS = 3

# What a file takes besides its packets: its index, for the most part.
_FILE_BYTES, _FRAME_BYTES = 2000, 24

# A sample is not the whole: aim a little lower. Where all segments are tried, only what the file
# takes besides its packets is a guess.
_MARGIN, _WHOLE_MARGIN = 0.97, 0.998

_MAX_TRIALS = 6

# Of the width, tried one after the other where it cannot be kept: half the pixels each time.
_SMALLER_SHARES = (0.7, 0.5, 0.35, 0.25)

# Frames, and pixels of all of them together, from which a palette is made.
_PALETTE_FRAMES = 32
_PALETTE_PIXELS = 1 << 20


def with_palette(plan: Plan, limits: SequenceLimits | None, run: Run) -> Plan:
    """The plan of a GIF with colours, with a palette for all its frames."""
    encoder = plan.encoder
    if not (encoder.codec.has_palette and encoder.has_colour) or encoder.palette:
        return plan
    chosen = _evenly(plan.frames, _PALETTE_FRAMES)
    height, width = plan.encoder.height, plan.encoder.width
    # Each pixel of a coarse grid counts: small pictures have all of theirs.
    stride = max(1, math.ceil(math.sqrt(len(chosen) * height * width / _PALETTE_PIXELS)))
    run.phase = "trying"
    run.expect(len(chosen))
    tasks = []
    for index in chosen:
        shown = None if limits is None else limits_at(limits, index)
        span = range(index, index + 1)
        timeline = plan.timeline.part(span)
        what = (plan.picture, shown, timeline, stride, run.key)
        tasks.append(task_of(plan, span, _sample, *what, images=images_of(timeline)))
    found = run.compute(tasks, len(tasks))
    if plan.title is not None:
        found.append(as_rgb(title_card(plan.title, (height, width)))[::stride, ::stride])
    palette = make_palette(found)
    return dataclasses.replace(
        plan, encoder=dataclasses.replace(encoder, palette=palette, dithers=True)
    )


def _sample(
    picture: PictureSpec,
    limits: tuple[Limits, ...] | None,
    timeline: Timeline,
    stride: int,
    run: str,
    *sources: Frames,
) -> NDArray[np.uint8]:
    picture = picture.with_limits(limits)
    channels = len(picture.displays)
    (frames,) = prepared_frames(sources[:channels], picture)
    drawn = timeline.with_images(sources[channels:])
    image, _ = render(frames, picture, limits, drawn[0])
    step(run)
    return as_rgb(image)[::stride, ::stride].copy()


@dataclass(frozen=True)
class Trial:
    """What a rate factor comes to.

    Attributes
    ----------
    nbytes : float
        Of the whole file, as far as the sample tells.
    psnr_db : float
    """

    rate: int
    nbytes: float
    psnr_db: float


def with_rate(plan: Plan, limits: SequenceLimits | None, run: Run) -> Plan:
    """The plan with the rate factor that keeps its file below the size that was asked for.

    The quality that was asked for is kept if it fits, and lowered as little as it takes if not.

    Raises
    ------
    SourceError
        That would take more than the picture can bear; the message names a width that fits.
    """
    wanted = plan.settings.max_size
    if wanted is None:
        return plan
    encoder = dataclasses.replace(plan.encoder, is_compared=True)
    plan = dataclasses.replace(plan, encoder=encoder)
    found = _search(plan, limits, run, _aim(plan))
    if is_spoilt(plan, found.rate, found.psnr_db) or found.nbytes > wanted:
        raise too_small(plan, limits, run, found.psnr_db)
    return _at_rate(plan, found.rate)


def is_spoilt(plan: Plan, rate: int | None, reached_db: float) -> bool:
    """Whether the size, and not the quality that was asked for, made the picture too bad."""
    asked = plan.encoder.codec.rate(plan.settings.quality)
    return rate != asked and reached_db < MIN_PSNR_DB


def higher_rate(plan: Plan, nbytes: int, limits: SequenceLimits | None, run: Run) -> Plan:
    """The plan for another try, after the finished file turned out larger than it may be.

    Raises
    ------
    SourceError
        There is no higher rate factor.
    """
    assert plan.settings.max_size is not None
    assert plan.encoder.codec.crf_range is not None
    assert plan.encoder.rate is not None
    too_much = math.log2(nbytes / _aim(plan))
    steps = max(1, math.ceil(too_much * plan.encoder.codec.doubling))
    rate = min(plan.encoder.rate + steps, plan.encoder.codec.crf_range[1])
    if rate == plan.encoder.rate:
        raise too_small(plan, limits, run, 0)
    return _at_rate(plan, rate)


def _aim(plan: Plan) -> float:
    """The size that trials have to meet."""
    assert plan.settings.max_size is not None
    is_whole = plan.frames <= _SAMPLE_SEGMENTS * SEGMENT_FRAMES
    return plan.settings.max_size * (_WHOLE_MARGIN if is_whole else _MARGIN)


def _at_rate(plan: Plan, rate: int) -> Plan:
    return dataclasses.replace(plan, encoder=dataclasses.replace(plan.encoder, crf=rate))


def _search(plan: Plan, limits: SequenceLimits | None, run: Run, wanted: float) -> Trial:
    """The lowest rate factor, from that of the quality on, whose file is about as large.

    Sizes fall about exponentially with the rate factor, so each trial tells where the next should
    be; the last resort is the highest one.
    """
    codec = plan.encoder.codec
    assert codec.crf_range is not None
    assert plan.encoder.rate is not None
    low, high = plan.encoder.rate, codec.crf_range[1]
    trial = _try(plan, limits, run, low)
    if trial.nbytes <= wanted:
        return trial
    too_large, fits, fitted = trial, None, 0
    slope = codec.doubling
    for _ in range(_MAX_TRIALS):
        steps = max(1, math.ceil(math.log2(too_large.nbytes / wanted) * slope))
        last = high if fits is None else fits.rate - 1
        rate = min(too_large.rate + steps, last)
        if fitted == 2:
            # Sizes of noise fall steeply at first and hardly at all later: reckoned from the steep
            # side, every trial fits and hardly comes closer. Halve what is left.
            rate, fitted = min(rate, (too_large.rate + last + 1) // 2), 0
        if rate <= too_large.rate:
            break
        trial = _try(plan, limits, run, rate)
        if trial.nbytes < too_large.nbytes:
            slope = (trial.rate - too_large.rate) / math.log2(too_large.nbytes / trial.nbytes)
        if trial.nbytes <= wanted:
            fits, fitted = trial, fitted + 1
        else:
            too_large, fitted = trial, 0
    return fits or too_large


def _try(plan: Plan, limits: SequenceLimits | None, run: Run, rate: int) -> Trial:
    """Encode the segments of the sample."""
    run.phase = "trying"
    plan = _at_rate(plan, rate)
    spans = segments_of(plan)
    full = spans if len(spans) <= _SAMPLE_SEGMENTS else spans[:-1]  # the last one may be short
    chosen = [full[i] for i in _evenly(len(full), _SAMPLE_SEGMENTS)]
    frames = sum(len(span) for span in chosen)
    run.expect(2 * frames)
    found = run.compute(encode_tasks(plan, limits, run, chosen), 2 * frames)
    segments = [segment.encoded for segment in found]
    packets = sum(len(packet.data) for segment in segments for packet in segment.packets)
    nbytes = _FILE_BYTES + plan.frames * (packets / frames + _FRAME_BYTES)
    error = sum(segment.squared_error for segment in segments) / frames
    return Trial(rate, nbytes, psnr_db(error))


def too_small(
    plan: Plan, limits: SequenceLimits | None, run: Run, reached_db: float
) -> SourceError:
    """That the size cannot be kept with a picture worth looking at, and which width could."""
    assert plan.settings.max_size is not None
    size = readable_size(plan.settings.max_size)
    width = _smaller_width(plan, limits, run)
    reached = f"it would take {reached_db:.0f} dB, and " if reached_db else ""
    return SourceError(
        f"{plan.stack.path or plan.stack.name}: {size} are too few for {plan.frames} frames of "
        f"{plan.encoder.width}x{plan.encoder.height} ({reached}below {MIN_PSNR_DB:.0f} dB pictures "
        f"are spoilt); {f'width {width} would fit' if width else 'show fewer frames'}"
    )


def _smaller_width(plan: Plan, limits: SequenceLimits | None, run: Run) -> int | None:
    """A width at which the size can be kept: tried, not only computed."""
    assert plan.settings.max_size is not None
    wanted = _aim(plan)
    start = plan.encoder.codec.rate(plan.settings.quality)
    plan = dataclasses.replace(plan, encoder=dataclasses.replace(plan.encoder, crf=start))
    for share in _SMALLER_SHARES:
        width = int(plan.picture.size[1] * share) // 2 * 2
        if width < WIDTH_RANGE_PX[0]:
            break
        picture = _of_width(plan.picture, width)
        height, total = picture.size if picture.mosaic is None else picture.mosaic.size
        if min(picture.size) < plan.encoder.codec.sides_px[0]:
            break
        smaller = dataclasses.replace(
            plan,
            picture=picture,
            encoder=dataclasses.replace(plan.encoder, height=height, width=total),
        )
        trial = _search(smaller, limits, run, wanted)
        if trial.nbytes <= wanted and trial.psnr_db >= MIN_PSNR_DB:
            return width
    return None


def _of_width(picture: PictureSpec, width: int) -> PictureSpec:
    """The same smaller, and bare: what is drawn on it hardly counts, and had to be arranged anew.

    Parameters
    ----------
    width : int
        Of the picture or, where there are panels, of the first of them; others keep their share.
    """
    factor = width / picture.size[1]
    panels = []
    for panel in picture.panels:
        own = nearest_even(round(panel.picture.size[1] * factor), 1)
        panels.append(dataclasses.replace(panel, picture=_of_width(panel.picture, own)))
    _, size = resolve_size(picture.box, width)
    mosaic = picture.mosaic and picture.mosaic.with_sizes([panel.picture.size for panel in panels])
    return dataclasses.replace(
        picture, size=size, overlay=None, panels=tuple(panels), mosaic=mosaic
    )


def _evenly(count: int, most: int) -> list[int]:
    """Up to so many indices, spread evenly from the first to the last."""
    chosen = min(count, most)
    return [round(i * (count - 1) / max(1, chosen - 1)) for i in range(chosen)]
