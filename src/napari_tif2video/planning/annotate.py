"""What the settings want drawn onto the video of a stack, with its lengths, times and names."""

from __future__ import annotations

import string
from collections.abc import Sequence

from ..colours import rgb_of
from ..data import Stack
from ..errors import SettingsError, SourceError
from ..overlays import (
    ANCHOR_COLOUR,
    NO_PIXEL_SIZE,
    AnchorMark,
    Block,
    Overlay,
    Scale,
    TextBlock,
    TimeFormat,
    Timeline,
    arrange,
    bar_block,
    require_glyphs,
    smallest_step,
)
from ..settings import DEFAULT_CORNERS, VideoSettings, label_fields
from .choose import AXIS_NAMES


def calibrated(stack: Stack, settings: VideoSettings) -> Stack:
    """The stack with the pixel size and the frame interval that were given instead of its own.

    Raises
    ------
    SourceError
        A time was given or is to be shown, but what is played is not time.
    """
    asked = _asks_for_time(settings)
    if stack.played != "T" and asked:
        what = AXIS_NAMES.get(stack.played, "steps")
        raise SourceError(
            f"{asked}: its {what} ({stack.played}) are played, not time; leave it out, or name the "
            "axis T with --axes if it is time"
        )
    calibration = stack.calibration.given(settings.pixel_size, settings.frame_interval)
    return stack if calibration == stack.calibration else stack.calibrated(calibration)


def timeline_of(
    stack: Stack, settings: VideoSettings, frames: Sequence[int], first_s: float
) -> Timeline:
    """Number and, where it is shown, time of each frame.

    Parameters
    ----------
    stack : Stack
        The frames that are shown.
    frames : sequence of int
        Their numbers in the source.
    first_s : float
        When the first frame of the source was taken, shown or not.
    """
    if not _shows_time(settings):
        return Timeline(frames)
    times = stack.calibration.times(len(stack))
    if times is None:
        what = "timestamp" if settings.timestamp else "label: {time}"
        raise SourceError(
            f"{what}: the time from frame to frame is not known; give it with --frame-interval, "
            "such as 5min"
        )
    if settings.time_start is not None:
        times = tuple(settings.time_start + (time - first_s) for time in times)
    return Timeline(frames, times)


def overlay_of(
    stack: Stack,
    settings: VideoSettings,
    size: tuple[int, int],
    scale: Scale | None,
    timeline: Timeline,
) -> tuple[Overlay | None, float | None]:
    """What is drawn, None for nothing, and the length of the scale bar in µm."""
    blocks: list[Block] = []
    length = None
    if settings.scale_bar:
        if scale is None:
            raise SourceError(f"scale_bar: {NO_PIXEL_SIZE}")
        corner = settings.scale_bar_corner or DEFAULT_CORNERS["scale_bar"]
        bar = bar_block(corner, scale, size, settings.scale_bar_length)
        length = bar.length_um
        blocks.append(bar)
    time_format = None
    if timeline.times_s is not None:
        step = smallest_step(timeline.times_s) or stack.calibration.frame_interval_s
        time_format = TimeFormat.of(timeline.times_s, step)
    if settings.timestamp:
        corner = settings.timestamp_corner or DEFAULT_CORNERS["timestamp"]
        blocks.append(TextBlock("timestamp", corner, "{time}", time_format, is_clock=True))
    if settings.label is not None:
        corner = settings.label_corner or DEFAULT_CORNERS["label"]
        blocks.append(TextBlock("label", corner, _template(stack, settings), time_format))
    anchor = _anchor_mark(settings) if settings.anchor else None
    if anchor is None and not blocks:
        return None, None
    return arrange(blocks, size, anchor, timeline.extremes()), length


def _anchor_mark(settings: VideoSettings) -> AnchorMark:
    colour = settings.anchor_colour
    return AnchorMark(
        settings.anchor_style or "dot",
        settings.anchor_size,
        ANCHOR_COLOUR if colour is None else rgb_of("anchor_colour", colour),
    )


def _template(stack: Stack, settings: VideoSettings) -> str:
    """The label with what is the same for all frames filled in."""
    assert settings.label is not None
    channels = " + ".join(c.name or str(c.number) for c in stack.channels)
    known = {"name": stack.name, "channel": channels}
    template = ""
    for text, field, *_ in string.Formatter().parse(settings.label):
        template += _escaped(text)
        if field in known:
            try:
                require_glyphs(f"label: {{{field}}} is {known[field]!r}, but", known[field])
            except SettingsError as exc:
                raise SourceError(str(exc)) from None
            template += _escaped(known[field])
        elif field is not None:
            template += f"{{{field}}}"
    return template


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _shows_time(settings: VideoSettings) -> bool:
    return settings.timestamp or "time" in label_fields(settings.label)


def _asks_for_time(settings: VideoSettings) -> str:
    """The option that needs time to be played, if one is given."""
    if settings.timestamp:
        return "timestamp"
    if _shows_time(settings):
        return "label: {time}"
    return "" if settings.frame_interval is None else "frame_interval"
