"""The way of a frame: prepare (read, measure, shrink), then encode (limits, overlays, H.264).

Both kinds of task are plain functions of picklable values. What they return depends on nothing
else, so that a lost task can be run again and the number of workers changes no byte.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..colours import in_colour
from ..data import Frames, need_dask
from ..encode import EncodedSegment, Encoder, encode_segment
from ..geometry import CropBox
from ..overlays import Timeline, title_card
from ..picture import (
    ChannelFrames,
    FrameStats,
    PictureSpec,
    SequenceLimits,
    as_rgb,
    limits_at,
    prepared_dtype,
    prepared_frames,
    render,
)
from ..planning import Plan
from ..settings import SEGMENT_FRAMES
from .engine import Run, step

if TYPE_CHECKING:
    from dask.delayed import Delayed

# Frames a prepare task, at most: enough to make the overhead of a task small. Where there are fewer
# than workers could take, each gets its share of those that take long.
_CHUNK_FRAMES = 8
_LARGE_FRAME_BYTES = 2 << 20

# From this many segments on, a task prepares and encodes a whole one: sharing them out more finely
# gains nothing but at the very end, and each task takes a few kB of memory.
_MANY_SEGMENTS = 32

# Prepared frames of one segment that may wait for its encoder. Beyond, the encoder prepares them
# itself, one at a time: less parallel at the very end, but a 4000 px video needs no gigabytes.
_MAX_WAITING_BYTES = 128 << 20

# The brightness of one frame in so many tells whether a video is dark. For each of them it takes
# 0.1 to 0.6 ms, where the encoder takes 1.5 for a frame of 512 px.
_SAMPLED_EVERY = 25

# Full-size frames of an array that dask computes before a task takes them.
_MAX_COMPUTED_BYTES = 32 << 20


class Chunk:
    """Prepared frames in a row, and what was measured on the way.

    No dataclass and no list: dask would look for tasks in them.
    """

    def __init__(self, frames: tuple[ChannelFrames, ...], measured: Any = None) -> None:
        self.frames = frames
        self.measured = measured

    def __sizeof__(self) -> int:
        """So that the workers of a cluster know what they hold."""
        pixels = sum(prepared.pixels.nbytes for frames in self.frames for prepared in frames)
        return object.__sizeof__(self) + pixels


@dataclass(frozen=True)
class Segment:
    encoded: EncodedSegment
    stats: tuple[FrameStats, ...]


def prepare(picture: PictureSpec, run: str, *sources: Frames) -> Chunk:
    return Chunk(tuple(_prepared(picture, run, sources)))


def prepare_and_encode(
    picture: PictureSpec,
    encoder: Encoder,
    limits: SequenceLimits | None,
    timeline: Timeline,
    run: str,
    *sources: Frames,
) -> Segment:
    """Prepare and encode the frames of a segment one by one."""
    channels = len(picture.displays)
    frames = _prepared(picture, run, sources[:channels])
    drawn = timeline.with_images(sources[channels:])
    return _encode(frames, picture, encoder, limits, drawn, run)


def encode(
    picture: PictureSpec,
    encoder: Encoder,
    limits: SequenceLimits | None,
    timeline: Timeline,
    run: str,
    *chunks: Chunk | Frames,
) -> Segment:
    """Encode the frames of a segment from the chunks that it consists of.

    Behind these come the images that the drawings of the timeline await.
    """
    prepared = (chunk.frames for chunk in chunks if isinstance(chunk, Chunk))
    images = [chunk for chunk in chunks if not isinstance(chunk, Chunk)]
    frames = chain.from_iterable(prepared)
    return _encode(frames, picture, encoder, limits, timeline.with_images(images), run)


def _prepared(picture: PictureSpec, run: str, sources: Sequence[Frames]) -> Iterator[ChannelFrames]:
    for frames in prepared_frames(sources, picture):
        step(run)
        yield frames


def _encode(
    sequence: Iterable[ChannelFrames],
    picture: PictureSpec,
    encoder: Encoder,
    limits: SequenceLimits | None,
    timeline: Timeline,
    run: str,
) -> Segment:
    stats: list[FrameStats] = []
    is_short = len(timeline.frames) < SEGMENT_FRAMES

    def pictures() -> Iterator[NDArray[np.uint8]]:
        for number, frames in enumerate(sequence):
            shown = None if limits is None else limits_at(limits, number)
            is_sampled = is_short or number % _SAMPLED_EVERY == 0
            tick = timeline[number]
            image, found = render(frames, picture, shown, tick, is_sampled=is_sampled)
            stats.append(found)
            yield image
            step(run)

    encoded = encode_segment(pictures(), encoder)
    return Segment(encoded, tuple(stats))


def rendered(
    plan: Plan, indices: Sequence[int], limits: SequenceLimits | None
) -> Iterator[tuple[NDArray[np.uint8], FrameStats]]:
    """Some frames as the video shows them, (H, W, 3), one after the other in this thread."""
    sources = [channel.frames.select(indices) for channel in plan.stack.channels]
    timeline = plan.timeline.select(indices)
    for place, frames in enumerate(prepared_frames(sources, plan.picture)):
        shown = None if limits is None else limits_at(limits, indices[place])
        image, stats = render(frames, plan.picture, shown, timeline[place])
        yield as_rgb(image), stats


def prepared_nbytes(plan: Plan) -> int:
    """Memory that the prepared frames of a video take."""
    nbytes = 0
    for number, channel in enumerate(plan.stack.channels):
        frame_format, (picture, _) = channel.frames.format, plan.picture.of_channel(number)
        height, width = picture.size
        dtype = prepared_dtype(
            frame_format.dtype, picture.box.shape, picture.size, picture.is_exact
        )
        nbytes += height * width * (3 if frame_format.is_rgb else 1) * dtype.itemsize
    return plan.frames * nbytes


def encode_sequence(
    plan: Plan,
    limits: SequenceLimits | None,
    kept: Sequence[Any] | None,
    run: Run,
    append: Callable[[Segment], None],
    finished: Container[int] = (),
) -> None:
    """Encode all segments in parallel and hand them to `append` one after the other, in order.

    Parameters
    ----------
    limits : tuple, optional
        What was measured, where the plan needs that.
    kept : sequence, optional
        All chunks that were prepared while it was measured.
    finished : container of int
        The numbers of segments that need not be encoded.
    """
    run.phase = "encoding"
    spans = segments_of(plan)
    numbers = [number for number in range(len(spans)) if number not in finished]
    if not numbers:
        return
    if kept is not None:
        chunks = iter(kept)
        of_spans = [[next(chunks) for _ in chunks_of(plan, span, run)] for span in spans]
        kept = [of_spans[number] for number in numbers]
    tasks = encode_tasks(plan, limits, run, [spans[number] for number in numbers], kept)
    frames = sum(len(spans[number]) for number in numbers)
    steps = 2 if kept is None else 1
    run.expect((frames - plan.frames) * steps)
    run.compute_in_order(tasks, append, frames * steps)


def encode_tasks(
    plan: Plan,
    limits: SequenceLimits | None,
    run: Run,
    spans: Sequence[range],
    kept: Sequence[list[Any]] | None = None,
) -> list[Delayed]:
    """A task for each of these segments, with those that prepare its frames.

    Parameters
    ----------
    kept : sequence, optional
        The chunks of each segment, where they were prepared before.
    """
    from dask.delayed import delayed

    picture = plan.picture.with_limits(limits)
    chunks = kept or [_prepared_chunks(plan, span, picture, run) for span in spans]
    if kept is None and run.is_threaded:  # else chunks would travel, only to be seen
        together = min(run.workers, 2 * _MAX_WAITING_BYTES // (_waiting_nbytes(plan) or 1))
        if together > 1:
            _await_each_other(chunks[-together:])
    tasks = []
    for span, prepared in zip(spans, chunks, strict=True):
        timeline = plan.timeline.part(span)
        what = (picture, plan.encoder, limits_of_span(limits, span), timeline)
        images = images_of(timeline)
        if not prepared:
            task = task_of(plan, span, prepare_and_encode, *what, run.key, images=images)
        else:
            task = delayed(partial(encode, *what, run.key), pure=False)(*prepared, *images)
        tasks.append(task)
    return tasks


def _prepared_chunks(plan: Plan, span: range, picture: PictureSpec, run: Run) -> list[Delayed]:
    """Tasks that prepare the frames of a segment; none where that is left to its encoder."""
    parts = chunks_of(plan, span, run)
    if len(parts) == 1 or _is_prepared_by_encoder(plan):
        return []
    return [task_of(plan, part, prepare, picture, run.key) for part in parts]


def _await_each_other(segments: Sequence[list[Delayed]]) -> None:
    """Let the last segments be encoded when the chunks of all of them are prepared.

    So all workers encode at the end, as far as memory goes. Otherwise one would encode the very
    last segment while others had nothing to do: 8 % of the time of 100 frames on two cores, 4 % of
    that of 500.
    """
    from dask.delayed import delayed

    are_there = delayed(_no_frames, pure=False)(*chain.from_iterable(segments))
    for chunks in filter(None, segments):
        chunks.append(are_there)


def _no_frames(*_chunks: Chunk) -> Chunk:
    return Chunk(())


def encoded_title(plan: Plan) -> list[EncodedSegment]:
    """The segments of the still before the first frame, if there is one."""
    if plan.title is None:
        return []
    card = title_card(plan.title, (plan.encoder.height, plan.encoder.width))
    picture = in_colour(card) if plan.encoder.has_colour else card
    spans = split(range(plan.title_frames), SEGMENT_FRAMES)
    return [encode_segment(repeat(picture, len(span)), plan.encoder) for span in spans]


def _is_prepared_by_encoder(plan: Plan) -> bool:
    """Whether prepared frames are too large to wait for it, and it can read them one by one."""
    return _waiting_nbytes(plan) > _MAX_WAITING_BYTES and not _computed_nbytes(plan)


def _waiting_nbytes(plan: Plan) -> int:
    """Memory that the prepared frames of a segment take."""
    return SEGMENT_FRAMES * prepared_nbytes(plan) // plan.frames


def limits_of_span(limits: SequenceLimits | None, span: range) -> SequenceLimits | None:
    """Limits of the frames of a span, where each has its own."""
    return limits if limits is None or len(limits) == 1 else limits[span.start : span.stop]


def images_of(timeline: Timeline) -> list[Delayed]:
    """The images that the drawings of a timeline await, as results of tasks."""
    return [frames.delayed(CropBox.whole(frames.format.size)) for frames in timeline.awaited]


def task_of(
    plan: Plan,
    span: Sequence[int],
    work: Callable[..., Any],
    *args: Any,
    images: Sequence[Delayed] = (),
) -> Delayed:
    """A task that calls `work` with `args`, the frames of each channel in this span, and images."""
    from dask.delayed import delayed

    chosen = [channel.frames.select(span) for channel in plan.stack.channels]
    if not any(map(need_dask, chosen)):
        # Out of dask's sight, which would look for tasks in the name of each file: 2 % of a run.
        args, chosen = (*args, *chosen), []
    computed = [
        f.delayed(plan.picture.of_channel(n)[0].box) if need_dask(f) else f
        for n, f in enumerate(chosen)
    ]
    task: Delayed = delayed(partial(work, *args), pure=False)(*computed, *images)
    return task


def segments_of(plan: Plan) -> list[range]:
    return split(range(plan.frames), SEGMENT_FRAMES)


def chunks_of(plan: Plan, segment: range, run: Run) -> list[range]:
    """Frames of a segment that are prepared together; on a cluster all, so that none travels."""
    is_long = plan.frames > (_MANY_SEGMENTS - 1) * SEGMENT_FRAMES
    length = SEGMENT_FRAMES
    if not is_long and run.client is None:
        formats = (channel.frames.format for channel in plan.stack.channels)
        is_large = any(form.nbytes >= _LARGE_FRAME_BYTES for form in formats)
        length = min(_CHUNK_FRAMES, -(-plan.frames // run.workers)) if is_large else _CHUNK_FRAMES
    nbytes = _computed_nbytes(plan)
    if nbytes:
        length = max(1, min(length, _MAX_COMPUTED_BYTES // nbytes))
    found = (channel.frames.chunk_starts for channel in plan.stack.channels)
    starts = next((starts for starts in found if starts is not None), None)
    if starts is None:
        return split(segment, length)
    chunks = []
    first = segment.start
    while first < segment.stop:
        stop = min(first + length, segment.stop)
        border = starts[bisect_right(starts, stop) - 1]
        stop = border if border > first else stop  # blocks are not waited for without need
        chunks.append(range(first, stop))
        first = stop
    return chunks


def _computed_nbytes(plan: Plan) -> int:
    """Memory that one point in time takes before it is prepared, where dask computes it."""
    sources = (channel.frames for channel in plan.stack.channels)
    return sum(frames.format.nbytes for frames in sources if need_dask(frames))


def split(span: range, length: int) -> list[range]:
    """The span in pieces of this length; the last one may be shorter."""
    return [span[i : i + length] for i in range(0, len(span), length)]
