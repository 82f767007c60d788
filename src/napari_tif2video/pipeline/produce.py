"""A plan becomes a file: measured, encoded, described, joined, checked and, if asked, verified."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from ..colours import Display
from ..data import Channel
from ..encode import (
    EncodedSegment,
    Fidelity,
    FrameCheck,
    Spool,
    VideoWriter,
    check_video,
    psnr_db,
    verify_video,
)
from ..errors import Cancelled
from ..picture import FrameStats, SequenceLimits
from ..planning import Plan
from ..recipe import Recipe, RecipeChannel, RecipePanel, RecipeSource
from ..settings import DEFAULT_CODEC, DRAWN_FILES
from ..units import Limits
from .drift import steady
from .engine import Execution, Run, step
from .fit import higher_rate, is_spoilt, too_small, with_palette, with_rate
from .limits import Measured, measured_limits
from .resume import KeptSegments, segment_keys
from .tasks import Segment, encode_sequence, encoded_title, prepared_nbytes
from .versions import versions


@dataclass(frozen=True)
class BatchLimits:
    """Limits that were measured over several sources.

    Attributes
    ----------
    limits : tuple
    sources : tuple of str
        Names of all of them.
    measured : Measured, optional
        What was found in the source at hand.
    """

    limits: SequenceLimits
    sources: tuple[str, ...]
    measured: Measured | None


@dataclass(frozen=True)
class FinishedFile:
    """A finished file that has no name yet, and what was learnt on the way.

    Attributes
    ----------
    plan : Plan
        As it was carried out: with the palette and the rate factor that were found.
    psnr_db : float, optional
        Where the file was to keep below a size: how close it is to the pictures.
    fidelity : Fidelity, optional
        Where it was verified.
    """

    plan: Plan
    stats: list[FrameStats]
    recipe: Recipe
    nbytes: int
    psnr_db: float | None
    fidelity: Fidelity | None


@dataclass
class _Encoded:
    """What was learnt about the frames, and the segments that wait to be joined.

    Attributes
    ----------
    spool : Spool, optional
        Where these wait, unless they are kept elsewhere.
    """

    spool: Spool | None
    stats: list[FrameStats] = field(default_factory=list)
    checks: list[FrameCheck] = field(default_factory=list)
    squared_error: float = 0.0
    first: EncodedSegment | None = None

    def append(self, segment: Segment) -> None:
        encoded = segment.encoded
        if self.spool is not None:
            self.spool.append(encoded)
        self.stats.extend(segment.stats)
        self.checks.extend(encoded.checks)
        self.squared_error += encoded.squared_error
        self.first = self.first or encoded


def make_video(
    plan: Plan,
    part: Path,
    execution: Execution,
    shared: BatchLimits | None,
    kept: KeptSegments | None = None,
    *,
    verify: bool,
) -> FinishedFile:
    """Make the file `part` according to a plan.

    Parameters
    ----------
    kept : KeptSegments, optional
        Segments that were finished by a run that was stopped; new ones are added.

    Raises
    ------
    SourceError, EncodingError, OutputError
    """
    plan = steady(plan, execution)
    limits, measured = (None, None) if shared is None else (shared.limits, shared.measured)
    measures = plan.needs_measuring and shared is None
    keep = measures and sum(map(prepared_nbytes, plan.sources or [plan])) <= execution.budget
    prepares = measured is None or measured.chunks is None
    plan = replace(plan, encoder=replace(plan.encoder, is_verified=verify))
    steps = 1 + prepares + (measures and not keep) + verify
    with execution.run(plan, steps) as run:
        if measures:
            limits, measured = measured_limits(plan, run, keep=keep)
        plan = with_rate(with_palette(plan, limits, run), limits, run)
        made, checks = _encode(plan, part, execution, run, limits, measured, shared, kept)
        while plan.settings.max_size is not None and made.nbytes > plan.settings.max_size:
            run.expect(plan.frames)
            plan = higher_rate(plan, made.nbytes, limits, run)
            made, checks = _encode(plan, part, execution, run, limits, measured, shared, kept)
        if made.psnr_db is not None and is_spoilt(plan, plan.encoder.rate, made.psnr_db):
            raise too_small(plan, limits, run, made.psnr_db)
        if verify:
            run.phase = "verifying"
            step_on = partial(step, run.key)
            verified = partial(verify_video, part, plan.encoder, checks, run.workers, step_on)
            fidelity = run.here(verified)
            made = replace(made, fidelity=fidelity)
    return made


def _encode(
    plan: Plan,
    part: Path,
    execution: Execution,
    run: Run,
    limits: SequenceLimits | None,
    measured: Measured | None,
    shared: BatchLimits | None,
    kept: KeptSegments | None,
) -> tuple[FinishedFile, list[FrameCheck]]:
    """Encode all frames, join them to a file with its recipe, and check that it is whole."""
    chunks = None if measured is None else measured.chunks
    title = encoded_title(plan)
    spool = Spool(part.parent) if kept is None else None
    encoded = _Encoded(spool)
    segments: Iterable[EncodedSegment] = () if spool is None else spool
    for segment in title:
        encoded.checks.extend(segment.checks)
        encoded.squared_error += segment.squared_error
    try:
        if kept is None:
            encode_sequence(plan, limits, chunks, run, encoded.append)
        else:
            keys = segment_keys(plan, limits)
            segments = kept.segments(keys)
            merged = kept.merged(keys, encoded.append)
            encode_sequence(plan, limits, chunks, run, merged.append, merged.finished)
        assert encoded.first is not None  # a plan has frames
        clipped = _clipped(encoded.stats, measured, limits)
        sources = () if shared is None else shared.sources
        if plan.contrast == "batch" and plan.sources:
            sources = tuple(map(source_name, plan.sources))
        recipe = recipe_of(plan, encoded.stats, clipped, sources, encoded.first)
        _join(chain(title, segments), part, plan, recipe.to_text(), execution.cancel)
    finally:
        if spool is not None:
            spool.close()
    frames = plan.frames + plan.title_frames
    check_video(part, plan.encoder, frames)
    quality = psnr_db(encoded.squared_error / frames) if plan.encoder.is_compared else None
    made = FinishedFile(plan, encoded.stats, recipe, part.stat().st_size, quality, None)
    return made, encoded.checks


def _join(
    segments: Iterable[EncodedSegment],
    part: Path,
    plan: Plan,
    text: str,
    cancel: Callable[[], bool] | None,
) -> None:
    writer = VideoWriter(part, plan.encoder, text)
    try:
        for segment in segments:
            if cancel is not None and cancel():
                raise Cancelled("cancelled")
            writer.append(segment)
    finally:
        writer.close()


def _clipped(
    stats: list[FrameStats], measured: Measured | None, limits: SequenceLimits | None
) -> float:
    """The share of all values that lie outside the limits."""
    if limits is None or measured is None or not measured.histograms:
        return fmean(frame.clipped for frame in stats)
    counted = measured.histograms
    outside = sum(found.outside(pair) for found, pair in zip(counted, limits[0], strict=True))
    return outside / max(1, sum(int(found.numbers.sum()) for found in counted))


# x264 and x265 write their version into the first packet.
_LIBRARY = re.compile(rb"(x26[45])(?: - core (\d+)| \(build (\d+)\))")

# Significant digits of limits that each frame has by itself: those of a 32-bit number. A single
# pair is kept to the last digit, so that it gives the same bytes again.
_DIGITS = 9

# Names of so many sources that were measured together are kept; of more, the first ones.
_MAX_BATCH_NAMES = 100


def recipe_of(
    plan: Plan,
    stats: Sequence[FrameStats],
    clipped: float,
    batch: Sequence[str],
    first: EncodedSegment,
) -> Recipe:
    """The recipe of a video whose frames are all encoded.

    Parameters
    ----------
    clipped : float
        Share of the values outside the limits.
    batch : sequence of str
        Names of the sources that were measured together, if any were.
    first : EncodedSegment
        The first segment, which tells the encoder's version.
    """
    return Recipe(
        **_facts_of_source(plan),
        settings=settings_of(plan),
        contrast=plan.contrast,
        channels=tuple(
            _channel(channel, display, _limits(plan, stats, number))
            for number, (channel, display) in enumerate(
                zip(plan.stack.channels, plan.picture.displays, strict=True)
            )
        ),
        clipped=clipped,
        width=plan.encoder.width,
        height=plan.encoder.height,
        batch=tuple(batch[:_MAX_BATCH_NAMES]),
        versions=_versions(first),
        title_frames=plan.title_frames,
        drawn=tuple(drawn.to_dict() for drawn in plan.drawn),
        sources=tuple(_source(plan, number) for number in range(len(plan.sources))),
    )


def _facts_of_source(plan: Plan) -> dict[str, Any]:
    """What a recipe says of a source; of several, the first one stands for them."""
    frames = plan.stack.frames
    return {
        "source": source_name(plan),
        "first_frame": os.path.basename(frames.label(0)),
        "last_frame": os.path.basename(frames.label(plan.frames - 1)),
        "source_size": plan.source_format.size[::-1],
        "source_type": plan.source_format.dtype.name,
        "frames": plan.frames,
        "indices": plan.indices,
        "crop": plan.picture.box,
        "moves": plan.timeline.moves or (),
        "bad_frames": () if plan.sources else tuple(bad.frame for bad in plan.bad_frames),
        "calibration": _calibration(plan),
    }


def _source(plan: Plan, number: int) -> RecipeSource:
    """One of several sources that are side by side."""
    assert plan.picture.mosaic is not None
    own = plan.sources[number]
    panels = []
    for panel, (top, left) in zip(plan.picture.panels, plan.picture.mosaic.corners, strict=True):
        if panel.source == number:
            height, width = panel.picture.size
            panels.append(RecipePanel(left, top, width, height, panel.channels))
    return RecipeSource(
        **_facts_of_source(own),
        panels=tuple(panels),
        shown=tuple(plan.timeline.sources[number].frames),
    )


def source_name(plan: Plan) -> str:
    """The base name of the source; of an array or layer, what it is called."""
    path = plan.stack.path
    return plan.stack.name if path is None else path.name


def settings_of(plan: Plan) -> dict[str, Any]:
    """The settings, with what was meant where they leave it to the source or to a file's name."""
    values = plan.settings.to_dict()
    if plan.contrast not in ("fixed", "raw"):
        values["contrast"] = plan.contrast
    if plan.encoder.codec != DEFAULT_CODEC:
        values["codec"] = plan.encoder.codec.name
    for name in (*DRAWN_FILES, "follow"):
        if values.get(name) is not None:  # where it lies is nobody's business
            values[name] = Path(values[name]).name
    if plan.followed is not None:
        values["follow_id"] = plan.followed
    return values


def _limits(plan: Plan, stats: Sequence[FrameStats], channel: int) -> tuple[Limits, ...]:
    if plan.picture.is_raw:
        return ()
    if not plan.has_own_limits:
        return (stats[0].limits[channel],)
    return tuple((_short(low), _short(high)) for low, high in (f.limits[channel] for f in stats))


def _short(value: float) -> float:
    return value if float(value).is_integer() else float(f"{value:.{_DIGITS}g}")


def _channel(channel: Channel, display: Display, limits: tuple[Limits, ...]) -> RecipeChannel:
    return RecipeChannel(
        name=channel.name,
        number=channel.number,
        limits=limits,
        gamma=display.gamma,
        inverted=display.invert,
        colours=_colours(display.colours),
    )


def _colours(table: bytes | None) -> str:
    if table is None:
        return ""
    colours = np.frombuffer(table, np.uint8).reshape(256, 3)
    even = np.arange(256)[:, np.newaxis] * colours[-1] / 255
    if np.abs(colours - even).max() <= 1:
        return f"#{table[-3:].hex()}"
    return base64.b64encode(table).decode()


def _calibration(plan: Plan) -> dict[str, Any]:
    known = plan.stack.calibration
    values = {
        "pixel_size_um": known.pixel_size_um,
        "pixel_size_origin": known.pixel_size_origin,
        "frame_interval_s": known.frame_interval_s,
        "frame_interval_origin": known.frame_interval_origin,
    }
    return {key: value for key, value in values.items() if value}


def _versions(first: EncodedSegment) -> dict[str, str]:
    known = versions()
    found = _LIBRARY.search(first.packets[0].data[:2000])
    if found is not None:
        name, *numbers = (part.decode() for part in found.groups(b""))
        known[name] = "".join(numbers)
    return known
