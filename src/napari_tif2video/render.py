"""The way of a frame: prepare (read, measure, shrink), then encode (limits, overlays, H.264).

Both kinds of task are plain functions of picklable values. What they return depends on nothing
else, so that a lost task can be run again and the number of workers changes no byte.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contrast import Limits, Prepared, measure, prepare, prepared_dtype, to_grey
from .encode import SEGMENT_FRAMES, EncodedSegment, Encoder, encode_segment
from .engine import Job, step
from .overlays import anchor
from .plan import Picture, Plan
from .stack import Frames

# Frames a prepare task: enough to make the overhead of a task small, few enough to share a short
# sequence between workers.
_BATCH_FRAMES = 8

# Prepared frames of one segment that may wait for its encoder. Beyond, the encoder prepares them
# itself, one at a time: less parallel at the very end, but a 4000 px video needs no gigabytes.
_MAX_WAITING_BYTES = 128 << 20


@dataclass(frozen=True)
class Batch:
    """Prepared frames in a row; not a list, which dask would search for keys."""

    first: int
    frames: tuple[Prepared, ...]


@dataclass(frozen=True)
class Measured:
    """The range of every frame, and the prepared frames where they fitted into memory."""

    ranges: tuple[Limits, ...]
    batches: tuple[Batch, ...] | None = None


@dataclass(frozen=True)
class FrameFacts:
    """What was learnt about a frame on the way: its limits, its mean grey level."""

    limits: Limits
    is_constant: bool
    grey_mean: float


@dataclass(frozen=True)
class Segment:
    encoded: EncodedSegment
    facts: tuple[FrameFacts, ...]


def render(prepared: Prepared, picture: Picture, limits: Limits | None) -> NDArray[np.uint8]:
    """The picture of one frame, (H, W) where it is grey and (H, W, 3) where it has colour.

    Without limits, the frame's own range is used.
    """
    return draw_overlays(to_grey(prepared, limits or picture.limits or prepared.range), picture)


def draw_overlays(grey: NDArray[np.uint8], picture: Picture) -> NDArray[np.uint8]:
    return anchor(picture.size).draw(grey) if picture.anchor else grey


def prepare_frames(frames: Frames, picture: Picture) -> Iterator[Prepared]:
    for frame in frames.read_frames(picture.box):
        yield prepare(frame, picture.size, picture.limits)


def measure_task(frames: Frames, picture: Picture, job: str) -> tuple[Limits, ...]:
    ranges = []
    for frame in frames.read_frames(picture.box):
        ranges.append(measure(frame))
        step(job)
    return tuple(ranges)


def prepare_task(frames: Frames, first: int, picture: Picture, job: str) -> Batch:
    done = []
    for prepared in prepare_frames(frames, picture):
        done.append(prepared)
        step(job)
    return Batch(first, tuple(done))


def encode_task(
    span: range,
    picture: Picture,
    encoder: Encoder,
    limits: Limits | None,
    job: str,
    *batches: Batch,
) -> Segment:
    """Encode the frames of `span` from the batches that hold them."""
    waiting = {b.first + i: frame for b in batches for i, frame in enumerate(b.frames)}
    return _encode((waiting.pop(number) for number in span), picture, encoder, limits, job)


def prepare_and_encode_task(
    frames: Frames, picture: Picture, encoder: Encoder, limits: Limits | None, job: str
) -> Segment:
    """Prepare and encode the frames of a segment one by one."""

    def prepared() -> Iterator[Prepared]:
        for frame in prepare_frames(frames, picture):
            step(job)
            yield frame

    return _encode(prepared(), picture, encoder, limits, job)


def _encode(
    frames: Iterable[Prepared],
    picture: Picture,
    encoder: Encoder,
    limits: Limits | None,
    job: str,
) -> Segment:
    facts: list[FrameFacts] = []

    def pictures() -> Iterator[NDArray[np.uint8]]:
        for prepared in frames:
            shown = limits or picture.limits or prepared.range
            grey = to_grey(prepared, shown)
            facts.append(FrameFacts(shown, prepared.is_constant, _mean(grey)))
            yield draw_overlays(grey, picture)
            step(job)

    encoded = encode_segment(pictures(), encoder)
    return Segment(encoded, tuple(facts))


def _mean(grey: NDArray[np.uint8]) -> float:
    """The mean grey level, from one pixel in sixteen: enough to tell a dark video."""
    return float(grey[::4, ::4].mean())


def prepared_nbytes(plan: Plan) -> int:
    """Memory that the prepared frames of a video take."""
    frame_format, size = plan.stack.frames.format, plan.picture.size
    values = size[0] * size[1] * (3 if frame_format.is_rgb else 1)
    dtype = prepared_dtype(frame_format.dtype, plan.picture.box.shape, size)
    return plan.frames * values * dtype.itemsize


def measure_sequence(plan: Plan, job: Job, *, keep: bool) -> Measured:
    """Measure every frame, and keep what was prepared if told to."""
    job.phase = "measuring"
    graph: dict[Hashable, Any] = {}
    for span in _batches(plan.stack.frames):
        frames = plan.stack.frames.select(span)
        graph["measure", span.start] = (
            partial(prepare_task, frames, span.start, plan.picture, job.key)
            if keep
            else partial(measure_task, frames, plan.picture, job.key),
        )
    results = job.run(graph, list(graph))
    if keep:
        return Measured(tuple(f.range for b in results for f in b.frames), tuple(results))
    return Measured(tuple(limits for ranges in results for limits in ranges))


def encode_sequence(
    plan: Plan,
    limits: Limits | None,
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
    plan: Plan, limits: Limits | None, measured: Measured | None, job: str
) -> dict[Hashable, Any]:
    """The dask graph whose keys ``("encode", i)`` are the segments of the video, in order."""
    frames, picture, encoder = plan.stack.frames, plan.picture, plan.encoder
    graph: dict[Hashable, Any] = {}
    spans = _split(range(plan.frames), SEGMENT_FRAMES)
    kept = None if measured is None else measured.batches
    waits = SEGMENT_FRAMES * prepared_nbytes(plan) // plan.frames
    if kept is None and frames.batch_starts is None and waits > _MAX_WAITING_BYTES:
        for number, span in enumerate(spans):
            task = partial(
                prepare_and_encode_task, frames.select(span), picture, encoder, limits, job
            )
            graph["encode", number] = (task,)
        return graph
    batches = _batches(frames)
    for number, span in enumerate(batches):
        if kept is None:
            graph["prepare", number] = (
                partial(prepare_task, frames.select(span), span.start, picture, job),
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


def _batches(frames: Frames) -> list[range]:
    """Frames that are prepared together: those of a segment, or of one block of an array."""
    if frames.batch_starts is not None:
        return [range(a, b) for a, b in pairwise((*frames.batch_starts, len(frames)))]
    segments = _split(range(len(frames)), SEGMENT_FRAMES)
    return [batch for segment in segments for batch in _split(segment, _BATCH_FRAMES)]


def _split(span: range, length: int) -> list[range]:
    return [span[i : i + length] for i in range(0, len(span), length)]
