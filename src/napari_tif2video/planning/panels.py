"""One video of several sources: a panel for each, matched by time or by number."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import chain
from typing import TypeVar

from ..data import Calibration, Channel, HeldFrames, Stack
from ..encode import Encoder
from ..errors import SourceError
from ..overlays import Timeline, common_um_per_px, smallest_step
from ..picture import Mosaic, Panel, PictureSpec
from ..settings import VideoSettings
from ..units import counted, readable_duration
from .annotate import (
    clock_of,
    marks_of_time,
    marks_once,
    no_time,
    overlay_of_all,
    shown_time,
)
from .format import FormatNote, check_size, format_notes
from .plan import Plan
from .resolve import tiles_of, with_marks
from .sync import Moments, by_number, by_time, grows

# Nobody sees one per cent, and widths that are rounded to even numbers differ by that much.
_SAME_MAGNIFICATION = 1.01

# Times that differ by less than this share of a step are written alike.
_SAME_TIME = 0.02

# So many sources a name is made of.
_NAMED = 3

_Value = TypeVar("_Value")


def side_by_side(plans: Sequence[Plan], settings: VideoSettings) -> Plan:
    """The plan of one video of several sources, each of which is planned as a video of its own.

    Raises
    ------
    SourceError
        They do not go together.
    """
    first = plans[0]
    if len({plan.contrast for plan in plans}) > 1:
        listed = ", ".join(f"{plan.stack.name} {plan.contrast}" for plan in plans[:_NAMED])
        raise SourceError(
            f"panels: the sources have different contrast rules ({listed}); choose one with "
            "--contrast or --limits"
        )
    moments, said = _moments(plans, settings)
    stack = _stack(plans, moments)
    plans, marks, timeline, told = _marked(plans, settings, moments, stack)
    picture, mosaic = _picture(plans, settings)
    scale_bar_um = _common([plan.scale_bar_um for plan in plans])
    if marks:
        overlay, length = overlay_of_all(
            stack,
            settings,
            marks,
            mosaic.size,
            tiles_of(picture.panels, mosaic),
            [plans[panel.source].scale for panel in picture.panels],
            timeline,
        )
        picture = dataclasses.replace(picture, overlay=overlay)
        scale_bar_um = length or scale_bar_um
    encoder = _encoder(plans, mosaic.size, settings)
    notes = [*_notes_of(plans), *said, *_not_shown(plans, moments), *told]
    return Plan(
        stack=stack,
        settings=settings,
        indices=range(len(moments)),
        picture=picture,
        encoder=encoder,
        contrast=first.contrast,
        notes=(*notes, *format_notes(encoder, len(moments))),
        timeline=timeline,
        scale=_common([plan.scale for plan in plans]),
        scale_bar_um=scale_bar_um,
        bad_frames=tuple(
            dataclasses.replace(bad, name=f"{plan.stack.name}: {bad.name}")
            for plan in plans
            for bad in plan.bad_frames
        ),
        sources=tuple(plans),
        places=moments.places,
        drawn=tuple(chain.from_iterable(plan.drawn for plan in plans)),
    )


def name_of_several(names: Sequence[str], separator: str) -> str:
    """What several things are called together."""
    shown = names if len(names) <= _NAMED else names[: _NAMED - 1]
    more = [f"{len(names) - len(shown)} more"] if len(shown) < len(names) else []
    return separator.join([*shown, *more])


def magnification_note(plans: Sequence[Plan], what: str) -> str | None:
    """What to say where pictures of several sources, side by side, would deceive about sizes."""
    scales = {plan.scale: plan.picture.size[1] for plan in plans if plan.scale is not None}
    if not scales or plans[0].settings.um_per_pixel is not None:
        return None
    smallest, largest = (choose(scale.um_per_px for scale in scales) for choose in (min, max))
    if largest <= smallest * _SAME_MAGNIFICATION:
        return None
    common = common_um_per_px(scales.items())
    return (
        f"the {what} show from {smallest:.3g} to {largest:.3g} µm a pixel; --um-per-pixel"
        f"{'' if common is None else f' {common:.3g}'} gives them the same magnification"
    )


def _marked(
    plans: Sequence[Plan], settings: VideoSettings, moments: Moments, stack: Stack
) -> tuple[Sequence[Plan], frozenset[str], Timeline, list[str]]:
    """The plans with what is drawn on each, what is drawn once, when, and what to say about it."""
    if shown_time(settings) and all(plan.timeline.times_s is None for plan in plans):
        raise no_time(settings)
    notes, marks, times = [], marks_once(settings), None
    magnified = magnification_note(plans, "panels")
    if magnified is not None and settings.scale_bar and "scale_bar" in marks:
        marks -= {"scale_bar"}
        notes.append(f"each panel has a scale bar of its own, as {magnified}")
    elif magnified is not None:
        notes.append(magnified)
    if marks_of_time(settings, marks):
        if moments.times_s is None:
            times = _agreed_times(plans, moments)
        else:
            plans, times = _on_one_clock(plans, moments.times_s)
        if times is None:
            marks -= marks_of_time(settings, marks)
            advice = "; --sync time gives them one" if settings.sync == "frame" else ""
            notes.append(
                "each panel has times of its own, as the panels go frame by frame and these "
                f"differ{advice}"
            )
    timeline = Timeline(
        range(len(moments)),
        times,
        sources=tuple(
            dataclasses.replace(plan.timeline.select(places), marks=own)
            for plan, places, own in zip(plans, moments.places, moments.marks, strict=True)
        ),
    )
    if settings.panel_marks == "once":
        plans = [with_marks(plan, marks, clock_of(stack, timeline)) for plan in plans]
    return plans, marks, timeline, notes


def _on_one_clock(
    plans: Sequence[Plan], times_s: Sequence[float]
) -> tuple[list[Plan], tuple[float, ...]]:
    """The plans and the moments with times as they are written, which all count from one moment.

    The source that began first has the time that is asked for at its first frame.
    """
    known = [plan.stack.calibration.times(plan.frames) for plan in plans]
    shown = [plan.timeline.times_s for plan in plans]
    later = max(
        written[0] - recorded[0]
        for plan, written, recorded in zip(plans, shown, known, strict=True)
        if not (_is_still(plan) or written is None or recorded is None)
    )
    told = []
    for plan, written, recorded in zip(plans, shown, known, strict=True):
        if written is not None and recorded is not None:
            times = tuple(later + time for time in recorded)
            timeline = dataclasses.replace(plan.timeline, times_s=times)
            plan = dataclasses.replace(plan, timeline=timeline)
        told.append(plan)
    return told, tuple(later + time for time in times_s)


def _agreed_times(plans: Sequence[Plan], moments: Moments) -> tuple[float, ...] | None:
    """The time of each moment where it is the same in all sources; None elsewhere."""
    moving = [n for n, plan in enumerate(plans) if not _is_still(plan)] or range(len(plans))
    shown = [(n, times) for n in moving if (times := plans[n].timeline.times_s) is not None]
    step = min(filter(None, (smallest_step(times) for _, times in shown)), default=0.0)
    found = []
    for moment in range(len(moments)):
        there = [
            times[moments.places[n][moment]]
            for n, times in shown
            if not (moments.marks[n] and moments.marks[n][moment])
        ]
        if max(there) - min(there) > _SAME_TIME * step:
            return None
        found.append(there[0])
    return tuple(found)


def _is_still(plan: Plan) -> bool:
    """Whether it is a single image, which has no end."""
    return plan.frames == 1


def _moments(plans: Sequence[Plan], settings: VideoSettings) -> tuple[Moments, list[str]]:
    """Which frame of each source is shown when, and what to say about it."""
    moving = [plan for plan in plans if not _is_still(plan)]
    if not moving:
        return by_number([1] * len(plans)), []
    moments, notes = _moments_of(moving, settings)
    still = [plan.stack.name for plan in plans if _is_still(plan)]
    if still:
        images = "is a single image" if len(still) == 1 else "single images"
        notes.append(f"{name_of_several(still, ', ')}: {images}, shown all the time")
    return moments.with_stills(list(map(_is_still, plans))), notes


def _moments_of(plans: Sequence[Plan], settings: VideoSettings) -> tuple[Moments, list[str]]:
    times = [plan.stack.calibration.times(plan.frames) for plan in plans]
    lacking = [
        plan.stack.name
        for plan, known in zip(plans, times, strict=True)
        if known is None or not grows(known)
    ]
    wants_time = settings.sync == "time" or settings.sync_interval is not None
    if wants_time and lacking:
        raise SourceError(
            f"sync time: of {name_of_several(lacking, ', ')} the times are not known, or do not "
            "grow; give them with --frame-interval, such as 5min, or use --sync frame"
        )
    is_one = len(plans) == 1
    if settings.sync == "frame" or lacking:
        moments = by_number([plan.frames for plan in plans])
        if settings.sync == "frame" or is_one:
            return moments, []
        return moments, [
            f"the panels go frame by frame, as the times of {name_of_several(lacking, ', ')} are "
            "not known, or do not grow; --frame-interval gives them"
        ]
    moments = by_time([known for known in times if known is not None], settings.sync_interval)
    assert moments.interval_s is not None
    every = readable_duration(float(f"{moments.interval_s:.6g}"))
    return moments, [] if is_one else [
        f"the panels are matched by time: at each frame, every {every}, what is nearest"
    ]


def _not_shown(plans: Sequence[Plan], moments: Moments) -> list[str]:
    notes = []
    for plan, places in zip(plans, moments.places, strict=True):
        lost = plan.frames - len(set(places))
        if lost:
            notes.append(
                f"{plan.stack.name}: {lost} of {counted(plan.frames, 'frame')} are nearest to no "
                "frame of the video, and not shown; a shorter --sync-interval shows them"
            )
    return notes


def _picture(plans: Sequence[Plan], settings: VideoSettings) -> tuple[PictureSpec, Mosaic]:
    """The panels of all sources, each of which knows its channels among those of the video."""
    rows: list[list[Panel]] = []
    before = 0
    for number, plan in enumerate(plans):
        rows.append(
            [
                Panel(panel.picture, tuple(before + n for n in panel.channels), number)
                for panel in plan.picture.shown
            ]
        )
        before += len(plan.stack.channels)
    panels = tuple(chain.from_iterable(rows))
    if settings.panels == "both":
        mosaic = Mosaic.of_rows([[panel.picture.size for panel in row] for row in rows])
    else:
        mosaic = Mosaic.of([panel.picture.size for panel in panels])
    picture = dataclasses.replace(
        plans[0].picture,
        displays=tuple(chain.from_iterable(plan.picture.displays for plan in plans)),
        limits=tuple(chain.from_iterable(plan.picture.limits for plan in plans)),
        overlay=None,
        panels=panels,
        mosaic=mosaic,
    )
    return picture, mosaic


def _encoder(plans: Sequence[Plan], size: tuple[int, int], settings: VideoSettings) -> Encoder:
    height, width = size
    encoder = dataclasses.replace(
        plans[0].encoder,
        height=height,
        width=width,
        has_colour=any(plan.encoder.has_colour for plan in plans),
        palette=b"",
    )
    check_size(encoder, settings)
    return encoder


def _stack(plans: Sequence[Plan], moments: Moments) -> Stack:
    """The channels of all sources, with as many frames as there are moments."""
    channels: list[Channel] = []
    for plan, places in zip(plans, moments.places, strict=True):
        channels += (
            dataclasses.replace(
                channel,
                frames=HeldFrames(channel.frames, places),
                name=" ".join(filter(None, [plan.stack.name, channel.name])),
            )
            for channel in plan.stack.channels
        )
    known = [plan.stack.calibration for plan in plans]
    pixel_size = _common([each.pixel_size_um for each in known])
    return Stack(
        tuple(channels),
        name_of_several([plan.stack.name for plan in plans], ", "),
        calibration=Calibration(
            pixel_size,
            "" if pixel_size is None else known[0].pixel_size_origin,
            moments.interval_s,
            "" if moments.interval_s is None else "of the panels",
        ),
        left_out=sum(plan.stack.left_out for plan in plans),
    )


def _notes_of(plans: Sequence[Plan]) -> list[str]:
    """What is to be said of each source; once, where it is the same of all."""
    own = [[n for n in plan.notes if not isinstance(n, FormatNote)] for plan in plans]
    same = [note for note in own[0] if all(note in notes for notes in own)]
    return same + [
        f"{plan.stack.name}: {note}"
        for plan, notes in zip(plans, own, strict=True)
        for note in notes
        if note not in same
    ]


def _common(values: Sequence[_Value | None]) -> _Value | None:
    """What is the same of all; None where they differ."""
    return values[0] if all(value == values[0] for value in values) else None
