"""The way of a frame: prepare (read, measure, shrink), then encode (limits, overlays, H.264).

Both kinds of task are plain functions of picklable values. What they return depends on nothing
else, so that a lost task can be run again and the number of workers changes no byte.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contrast import Limits, Prepared, combine, measure, prepare, prepared_dtype, to_grey
from .display import compose
from .encode import SEGMENT_FRAMES, EncodedSegment, Encoder, encode_segment
from .engine import Job, step
from .overlays import anchor
from .plan import Picture, Plan
from .stack import Frames

# Frames a prepare task: enough to make the overhead of a task small, few enough to share a short
# sequence between workers.
_BATCH_FRAMES = 8

# From this many segments on, a task prepares and encodes a whole one: sharing them out more finely
# gains nothing but at the very end, and each task takes a few kB of memory.
_MANY_SEGMENTS = 32

# Prepared frames of one segment that may wait for its encoder. Beyond, the encoder prepares them
# itself, one at a time: less parallel at the very end, but a 4000 px video needs no gigabytes.
_MAX_WAITING_BYTES = 128 << 20


# One point in time: a prepared frame of each channel.
Moment = tuple[Prepared, ...]
ChannelLimits = tuple[Limits, ...]


@dataclass(frozen=True)
class Batch:
    """Prepared moments in a row; not a list, which dask would search for keys."""

    first: int
    moments: tuple[Moment, ...]


@dataclass(frozen=True)
class Measured:
    """The ranges of every moment, and what was prepared where it fitted into memory."""

    ranges: tuple[ChannelLimits, ...]
    batches: tuple[Batch, ...] | None = None

    @property
    def limits(self) -> ChannelLimits:
        """One range for each channel over the whole sequence."""
        return tuple(combine(channel) for channel in zip(*self.ranges, strict=True))


def combine_measured(sequences: Iterable[Measured]) -> ChannelLimits:
    """One range for each channel over several sequences."""
    together = zip(*(measured.limits for measured in sequences), strict=True)
    return tuple(combine(channel) for channel in together)


@dataclass(frozen=True)
class FrameFacts:
    """What was learnt about a frame on the way: its limits, its mean grey level."""

    limits: ChannelLimits
    is_constant: bool
    grey_mean: float


@dataclass(frozen=True)
class Segment:
    encoded: EncodedSegment
    facts: tuple[FrameFacts, ...]


def render(
    moment: Moment, picture: Picture, limits: ChannelLimits | None
) -> tuple[NDArray[np.uint8], FrameFacts]:
    """The picture of one moment, (H, W) where it is grey and (H, W, 3) where it has colour.

    Without measured limits the known ones are used, or the frame's own range.
    """
    shown = limits or tuple(
        known or prepared.range for known, prepared in zip(picture.limits, moment, strict=True)
    )
    levels = [
        to_grey(prepared, pair, display.gamma)
        for prepared, pair, display in zip(moment, shown, picture.displays, strict=True)
    ]
    composed = compose(levels, picture.displays)
    is_constant = all(prepared.is_constant for prepared in moment)
    facts = FrameFacts(shown, is_constant, _mean(composed))
    return (anchor(picture.size).draw(composed) if picture.anchor else composed), facts


def prepare_moments(sources: Sequence[Frames], picture: Picture) -> Iterator[Moment]:
    """Read and prepare the frames of all channels, one point in time after the other."""
    readers = [frames.read_frames(picture.box) for frames in sources]
    for _ in range(len(sources[0])):
        # One channel after the other: a frame that was read is gone when the next one is.
        yield tuple(
            prepare(next(reader), picture.size, known)
            for reader, known in zip(readers, picture.limits, strict=True)
        )


def measure_task(
    sources: Sequence[Frames], picture: Picture, job: str
) -> tuple[ChannelLimits, ...]:
    readers = [frames.read_frames(picture.box) for frames in sources]
    ranges = []
    for _ in range(len(sources[0])):
        ranges.append(tuple(measure(next(reader)) for reader in readers))
        step(job)
    return tuple(ranges)


def prepare_task(sources: Sequence[Frames], first: int, picture: Picture, job: str) -> Batch:
    done = []
    for moment in prepare_moments(sources, picture):
        done.append(moment)
        step(job)
    return Batch(first, tuple(done))


def encode_task(
    span: range,
    picture: Picture,
    encoder: Encoder,
    limits: ChannelLimits | None,
    job: str,
    *batches: Batch,
) -> Segment:
    """Encode the moments of `span` from the batches that hold them."""
    waiting = {b.first + i: moment for b in batches for i, moment in enumerate(b.moments)}
    return _encode((waiting.pop(number) for number in span), picture, encoder, limits, job)


def prepare_and_encode_task(
    sources: Sequence[Frames],
    picture: Picture,
    encoder: Encoder,
    limits: ChannelLimits | None,
    job: str,
) -> Segment:
    """Prepare and encode the moments of a segment one by one."""

    def prepared() -> Iterator[Moment]:
        for moment in prepare_moments(sources, picture):
            step(job)
            yield moment

    return _encode(prepared(), picture, encoder, limits, job)


def _encode(
    moments: Iterable[Moment],
    picture: Picture,
    encoder: Encoder,
    limits: ChannelLimits | None,
    job: str,
) -> Segment:
    facts: list[FrameFacts] = []

    def pictures() -> Iterator[NDArray[np.uint8]]:
        for moment in moments:
            image, learnt = render(moment, picture, limits)
            facts.append(learnt)
            yield image
            step(job)

    encoded = encode_segment(pictures(), encoder)
    return Segment(encoded, tuple(facts))


def _mean(grey: NDArray[np.uint8]) -> float:
    """The mean grey level, from one pixel in sixteen: enough to tell a dark video."""
    return float(grey[::4, ::4].mean())


def prepared_nbytes(plan: Plan) -> int:
    """Memory that the prepared frames of a video take."""
    height, width = plan.picture.size
    nbytes = 0
    for channel in plan.stack.channels:
        frame_format = channel.frames.format
        dtype = prepared_dtype(frame_format.dtype, plan.picture.box.shape, (height, width))
        nbytes += height * width * (3 if frame_format.is_rgb else 1) * dtype.itemsize
    return plan.frames * nbytes


def measure_sequence(plan: Plan, job: Job, *, keep: bool) -> Measured:
    """Measure every frame, and keep what was prepared if told to."""
    job.phase = "measuring"
    graph: dict[Hashable, Any] = {}
    for span in _batches(plan.stack.frames):
        sources = _select(plan, span)
        graph["measure", span.start] = (
            partial(prepare_task, sources, span.start, plan.picture, job.key)
            if keep
            else partial(measure_task, sources, plan.picture, job.key),
        )
    results = job.run(graph, list(graph))
    if keep:
        ranges = (tuple(p.range for p in moment) for b in results for moment in b.moments)
        return Measured(tuple(ranges), tuple(results))
    return Measured(tuple(moment for ranges in results for moment in ranges))


def encode_sequence(
    plan: Plan,
    limits: ChannelLimits | None,
    measured: Measured | None,
    job: Job,
    append: Callable[[Segment], None],
) -> None:
    """Encode all segments in parallel and hand them to `append` one after the other, in order."""
    job.phase = "encoding"
    graph = segment_graph(plan, limits, measured, job.key)
    segments = [key for key in graph if isinstance(key, tuple) and key[0] == "encode"]
    # A chain of its own, so that each segment is dropped from memory once it is written.
    previous = None
    for key in segments:
        graph["append", key] = (partial(_append, append), previous, key)
        previous = ("append", key)
    job.run(graph, previous)


def _append(append: Callable[[Segment], None], _previous: None, segment: Segment) -> None:
    append(segment)


def segment_graph(
    plan: Plan, limits: ChannelLimits | None, measured: Measured | None, job: str
) -> dict[Hashable, Any]:
    """The dask graph whose keys ``("encode", i)`` are the segments of the video, in order."""
    frames, picture, encoder = plan.stack.frames, plan.picture, plan.encoder
    graph: dict[Hashable, Any] = {}
    spans = _split(range(plan.frames), SEGMENT_FRAMES)
    kept = None if measured is None else measured.batches
    waits = SEGMENT_FRAMES * prepared_nbytes(plan) // plan.frames
    is_large = waits > _MAX_WAITING_BYTES or len(spans) >= _MANY_SEGMENTS
    if kept is None and frames.batch_starts is None and is_large:
        for number, span in enumerate(spans):
            task = partial(
                prepare_and_encode_task, _select(plan, span), picture, encoder, limits, job
            )
            graph["encode", number] = (task,)
        return graph
    batches = _batches(frames)
    for number, span in enumerate(batches):
        if kept is None:
            graph["prepare", number] = (
                partial(prepare_task, _select(plan, span), span.start, picture, job),
            )
        else:
            graph["prepare", number] = kept[number]
    first = 0
    for number, span in enumerate(spans):
        while batches[first].stop <= span.start:
            first += 1
        last = first
        while last < len(batches) and batches[last].start < span.stop:
            last += 1
        needed = (("prepare", i) for i in range(first, last))
        graph["encode", number] = (
            partial(encode_task, span, picture, encoder, limits, job),
            *needed,
        )
    return graph


def _select(plan: Plan, span: range) -> tuple[Frames, ...]:
    return tuple(channel.frames.select(span) for channel in plan.stack.channels)


def _batches(frames: Frames) -> list[range]:
    """Frames that are prepared together: those of a segment, or of one block of an array."""
    if frames.batch_starts is not None:
        return [range(a, b) for a, b in pairwise((*frames.batch_starts, len(frames)))]
    segments = _split(range(len(frames)), SEGMENT_FRAMES)
    if len(segments) >= _MANY_SEGMENTS:
        return segments
    return [batch for segment in segments for batch in _split(segment, _BATCH_FRAMES)]


def _split(span: range, length: int) -> list[range]:
    return [span[i : i + length] for i in range(0, len(span), length)]
