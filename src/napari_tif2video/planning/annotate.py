"""What the settings want drawn onto the video of a stack, with its lengths, times and names."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..colours import WHITE, Display, rgb_of, shown_colours
from ..data import Stack
from ..errors import SettingsError, SourceError
from ..geometry import CropBox, View
from ..overlays import (
    ANCHOR_COLOUR,
    NO_PIXEL_SIZE,
    AnchorMark,
    Arrow,
    Block,
    Events,
    Overlay,
    Scale,
    Template,
    TextBlock,
    TimeFormat,
    Timeline,
    arrange,
    bar_block,
    colour_bar_block,
    require_glyphs,
    smallest_step,
)
from ..settings import DEFAULT_CORNERS, VideoSettings, arrows_of, events_of, label_fields
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
    if not _shown_time(settings):
        return Timeline(frames)
    times = stack.calibration.times(len(stack))
    if times is None:
        raise SourceError(
            f"{_shown_time(settings)}: the time from frame to frame is not known; give it with "
            "--frame-interval, such as 5min"
        )
    if settings.time_start is not None:
        times = tuple(settings.time_start + (time - first_s) for time in times)
    return Timeline(frames, times)


def overlay_of(
    stack: Stack,
    settings: VideoSettings,
    box: CropBox,
    size: tuple[int, int],
    scale: Scale | None,
    timeline: Timeline,
    displays: Sequence[Display],
) -> tuple[Overlay | None, float | None]:
    """What is drawn, None for nothing, and the length of the scale bar in µm."""
    blocks: list[Block] = []
    length = None
    corners = {
        name: getattr(settings, f"{name}_corner") or corner
        for name, corner in DEFAULT_CORNERS.items()
    }
    if settings.scale_bar:
        if scale is None:
            raise SourceError(f"scale_bar: {NO_PIXEL_SIZE}")
        bar = bar_block(corners["scale_bar"], scale, size, settings.scale_bar_length)
        length = bar.length_um
        blocks.append(bar)
    time_format = None
    if timeline.times_s is not None:
        step = smallest_step(timeline.times_s) or stack.calibration.frame_interval_s
        time_format = TimeFormat.of(timeline.times_s, step)
    if settings.timestamp:
        says = Template("{time}", time_format)
        blocks.append(TextBlock("timestamp", corners["timestamp"], says, is_clock=True))
    if settings.label is not None:
        says = Template(_template(stack, settings), time_format)
        blocks.append(TextBlock("label", corners["label"], says))
    if settings.event is not None:
        assert time_format is not None  # else the times would not be known
        events = Events(events_of("event", settings.event, time_format.unit))
        blocks.append(TextBlock("event", corners["event"], events))
    blocks += _legend(stack, settings, size, displays, corners)
    anchor = _anchor_mark(settings) if settings.anchor else None
    unit = "min" if time_format is None else time_format.unit
    asked = arrows_of("arrow", settings.arrow or (), unit)
    arrows = tuple(_arrow(x, y, span, View(box, size), timeline) for x, y, span in asked)
    if anchor is None and not blocks and not arrows:
        return None, None
    overlay = arrange(blocks, size, anchor, timeline.extremes())
    return replace(overlay, arrows=arrows), length


def _arrow(
    x: float, y: float, span: tuple[float, float] | None, view: View, timeline: Timeline
) -> Arrow:
    height, width = view.size
    for moved in set(timeline.moves or [view.moved]):
        column, row = replace(view, moved=moved).in_video(x, y)
        if 0 <= column < width and 0 <= row < height:
            return Arrow(x, y, view, span)
    where = f", {view.box}" if timeline.moves is None else ", the box that moves"
    raise SourceError(f"arrow: pixel {x:g},{y:g} is outside what is shown{where}")


def _legend(
    stack: Stack,
    settings: VideoSettings,
    size: tuple[int, int],
    displays: Sequence[Display],
    corners: Mapping[str, str],
) -> list[Block]:
    """The name of each channel, and its colour bar, from the first to the last."""
    blocks: list[Block] = []
    for number, (channel, display) in enumerate(zip(stack.channels, displays, strict=True)):
        if settings.legend:
            name = channel.name or f"channel {channel.number}"
            _require_glyphs("legend", name)
            red, green, blue = WHITE if display.colours is None else display.colours[-3:]
            says = Template(_escaped(name))
            blocks.append(TextBlock("legend", corners["legend"], says, colour=(red, green, blue)))
        if settings.colour_bar:
            form = channel.frames.format
            if form.is_rgb:
                raise SourceError("colour_bar: is for grey images, and these are in colour")
            corner, colours = corners["colour_bar"], shown_colours(display)
            blocks.append(colour_bar_block(corner, number, colours, form.dtype, size))
    # They are stacked from the edge inwards: at the bottom, the first is the lowest.
    below = [block for block in blocks if block.corner.startswith("bottom")]
    return [*(block for block in blocks if block not in below), *below[::-1]]


def _require_glyphs(what: str, text: str) -> None:
    try:
        require_glyphs(f"{what} is {text!r}, but", text)
    except SettingsError as exc:
        raise SourceError(str(exc)) from None


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
            _require_glyphs(f"label: {{{field}}}", known[field])
            template += _escaped(known[field])
        elif field is not None:
            template += f"{{{field}}}"
    return template


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _shown_time(settings: VideoSettings) -> str:
    """The option that shows times, or goes by them, if one is given."""
    if settings.timestamp:
        return "timestamp"
    if "time" in label_fields(settings.label):
        return "label: {time}"
    if settings.event is not None:
        return "event"
    return "arrow" if any("@" in text for text in settings.arrow or ()) else ""


def _asks_for_time(settings: VideoSettings) -> str:
    """The option that needs time to be played, if one is given."""
    return _shown_time(settings) or ("" if settings.frame_interval is None else "frame_interval")
