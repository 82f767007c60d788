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

from ..data import Frames
from ..encode import EncodedSegment, Encoder, encode_segment
from ..overlays import Timeline
from ..picture import (
    ChannelFrames,
    FrameStats,
    PictureSpec,
    SequenceLimits,
    limits_at,
    prepared_dtype,
    prepared_frames,
    render,
)
from ..planning import Plan
from ..settings import SEGMENT_FRAMES
from .engine import Job, step

# Frames a prepare task: enough to make the overhead of a task small, few enough to share a short
# sequence between workers.
_CHUNK_FRAMES = 8

# From this many segments on, a task prepares and encodes a whole one: sharing them out more finely
# gains nothing but at the very end, and each task takes a few kB of memory.
_MANY_SEGMENTS = 32

# Prepared frames of one segment that may wait for its encoder. Beyond, the encoder prepares them
# itself, one at a time: less parallel at the very end, but a 4000 px video needs no gigabytes.
_MAX_WAITING_BYTES = 128 << 20


@dataclass(frozen=True)
class Chunk:
    """Prepared moments in a row; not a list, which dask would search for keys."""

    first: int
    moments: tuple[ChannelFrames, ...]


@dataclass(frozen=True)
class Segment:
    encoded: EncodedSegment
    facts: tuple[FrameStats, ...]


def prepare_task(sources: Sequence[Frames], first: int, picture: PictureSpec, job: str) -> Chunk:
    done = []
    for moment in prepared_frames(sources, picture):
        done.append(moment)
        step(job)
    return Chunk(first, tuple(done))


def encode_task(
    span: range,
    picture: PictureSpec,
    encoder: Encoder,
    limits: SequenceLimits | None,
    timeline: Timeline,
    job: str,
    *chunks: Chunk,
) -> Segment:
    """Encode the moments of `span` from the chunks that hold them."""
    waiting = {b.first + i: moment for b in chunks for i, moment in enumerate(b.moments)}
    return _encode(
        (waiting.pop(number) for number in span), picture, encoder, limits, timeline, job
    )


def prepare_and_encode_task(
    sources: Sequence[Frames],
    picture: PictureSpec,
    encoder: Encoder,
    limits: SequenceLimits | None,
    timeline: Timeline,
    job: str,
) -> Segment:
    """Prepare and encode the moments of a segment one by one."""

    def prepared() -> Iterator[ChannelFrames]:
        for moment in prepared_frames(sources, picture):
            step(job)
            yield moment

    return _encode(prepared(), picture, encoder, limits, timeline, job)


def _encode(
    moments: Iterable[ChannelFrames],
    picture: PictureSpec,
    encoder: Encoder,
    limits: SequenceLimits | None,
    timeline: Timeline,
    job: str,
) -> Segment:
    facts: list[FrameStats] = []

    def pictures() -> Iterator[NDArray[np.uint8]]:
        for number, moment in enumerate(moments):
            shown = None if limits is None else limits_at(limits, number)
            image, learnt = render(moment, picture, shown, timeline[number])
            facts.append(learnt)
            yield image
            step(job)

    encoded = encode_segment(pictures(), encoder)
    return Segment(encoded, tuple(facts))


def prepared_nbytes(plan: Plan) -> int:
    """Memory that the prepared frames of a video take."""
    height, width = plan.picture.size
    nbytes = 0
    for channel in plan.stack.channels:
        frame_format = channel.frames.format
        dtype = prepared_dtype(
            frame_format.dtype, plan.picture.box.shape, (height, width), plan.picture.is_exact
        )
        nbytes += height * width * (3 if frame_format.is_rgb else 1) * dtype.itemsize
    return plan.frames * nbytes


def encode_sequence(
    plan: Plan,
    limits: SequenceLimits | None,
    kept: Sequence[Chunk] | None,
    job: Job,
    append: Callable[[Segment], None],
) -> None:
    """Encode all segments in parallel and hand them to `append` one after the other, in order."""
    job.phase = "encoding"
    graph = segment_graph(plan, limits, kept, job.key)
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
    plan: Plan, limits: SequenceLimits | None, kept: Sequence[Chunk] | None, job: str
) -> dict[Hashable, Any]:
    """The dask graph whose keys ``("encode", i)`` are the segments of the video, in order.

    Parameters
    ----------
    limits : tuple, optional
        What was measured, where the plan needs that.
    kept : sequence of Chunk, optional
        All that was prepared while it was measured.
    """
    frames, picture, encoder = plan.stack.frames, plan.picture.with_limits(limits), plan.encoder
    graph: dict[Hashable, Any] = {}
    spans = split(range(plan.frames), SEGMENT_FRAMES)
    waits = SEGMENT_FRAMES * prepared_nbytes(plan) // plan.frames
    is_large = waits > _MAX_WAITING_BYTES or len(spans) >= _MANY_SEGMENTS
    if kept is None and frames.chunk_starts is None and is_large:
        for number, span in enumerate(spans):
            graph["encode", number] = (segment_task(plan, span, limits, job),)
        return graph
    chunks = chunks_of(frames)
    for number, span in enumerate(chunks):
        if kept is None:
            graph["prepare", number] = (
                partial(prepare_task, selected(plan, span), span.start, picture, job),
            )
        else:
            graph["prepare", number] = kept[number]
    first = 0
    for number, span in enumerate(spans):
        while chunks[first].stop <= span.start:
            first += 1
        last = first
        while last < len(chunks) and chunks[last].start < span.stop:
            last += 1
        needed = (("prepare", i) for i in range(first, last))
        graph["encode", number] = (
            partial(
                encode_task,
                span,
                picture,
                encoder,
                limits_of_span(limits, span),
                plan.timeline.part(span),
                job,
            ),
            *needed,
        )
    return graph


def segment_task(
    plan: Plan, span: range, limits: SequenceLimits | None, job: str
) -> Callable[[], Segment]:
    """What prepares and encodes the moments of `span`."""
    return partial(
        prepare_and_encode_task,
        selected(plan, span),
        plan.picture.with_limits(limits),
        plan.encoder,
        limits_of_span(limits, span),
        plan.timeline.part(span),
        job,
    )


def limits_of_span(limits: SequenceLimits | None, span: range) -> SequenceLimits | None:
    """Limits of the moments of a span, where each has its own."""
    return limits if limits is None or len(limits) == 1 else limits[span.start : span.stop]


def selected(plan: Plan, span: range) -> tuple[Frames, ...]:
    return tuple(channel.frames.select(span) for channel in plan.stack.channels)


def chunks_of(frames: Frames) -> list[range]:
    """Frames that are prepared together: those of a segment, or of one block of an array."""
    if frames.chunk_starts is not None:
        return [range(a, b) for a, b in pairwise((*frames.chunk_starts, len(frames)))]
    segments = split(range(len(frames)), SEGMENT_FRAMES)
    if len(segments) >= _MANY_SEGMENTS:
        return segments
    return [batch for segment in segments for batch in split(segment, _CHUNK_FRAMES)]


def split(span: range, length: int) -> list[range]:
    """The span in pieces of this length; the last one may be shorter."""
    return [span[i : i + length] for i in range(0, len(span), length)]
