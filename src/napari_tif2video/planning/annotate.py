"""What the settings want drawn onto the video of a stack, with its lengths, times and names."""

from __future__ import annotations

import string
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from ..colours import WHITE, Display, rgb_of, shown_colours
from ..data import Stack
from ..errors import SettingsError, SourceError
from ..geometry import View
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
    Tile,
    TimeFormat,
    Timeline,
    arrange,
    arrange_over,
    bar_block,
    colour_bar_block,
    corner_tile,
    require_glyphs,
    smallest_step,
)
from ..settings import DEFAULT_CORNERS, VideoSettings, arrows_of, events_of, label_fields
from .choose import AXIS_NAMES

#: What panels may have once, for all of them.
MARKS = frozenset(("scale_bar", "timestamp", "label", "event"))
_TIME_MARKS = frozenset(("timestamp", "event"))


def marks_once(settings: VideoSettings) -> frozenset[str]:
    """What is drawn once for all panels, unless the sources speak against it.

    A label is, where it says nothing of a single panel.
    """
    if settings.panel_marks != "once":
        return frozenset()
    of_panel = {"name", "channel", "frame"} if settings.shows_sources else {"channel"}
    has_own = settings.label is None or not of_panel.isdisjoint(label_fields(settings.label))
    return MARKS - {"label"} if has_own else MARKS


def marks_of_time(settings: VideoSettings, marks: Collection[str]) -> frozenset[str]:
    """Those of some marks that are asked for and show the time, or go by it."""
    asked = {name for name in _TIME_MARKS if getattr(settings, name)}
    if "time" in label_fields(settings.label):
        asked.add("label")
    return frozenset(asked.intersection(marks))


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
    stack: Stack,
    settings: VideoSettings,
    frames: Sequence[int],
    first_s: float,
    *,
    may_lack_time: bool,
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
    may_lack_time : bool
        Whether a single image may do without.
    """
    if not shown_time(settings):
        return Timeline(frames)
    times = stack.calibration.times(len(stack))
    if times is None:
        if may_lack_time and len(stack) == 1:
            return Timeline(frames)
        raise no_time(settings)
    if settings.time_start is not None:
        times = tuple(settings.time_start + (time - first_s) for time in times)
    return Timeline(frames, times)


def no_time(settings: VideoSettings) -> SourceError:
    """What is wrong where times are to be shown, and not known."""
    return SourceError(
        f"{shown_time(settings)}: the time from frame to frame is not known; give it with "
        "--frame-interval, such as 5min"
    )


def clock_of(stack: Stack, timeline: Timeline) -> TimeFormat | None:
    """How the times of a video are written; None where none are."""
    if timeline.times_s is None:
        return None
    step = smallest_step(timeline.times_s) or stack.calibration.frame_interval_s
    return TimeFormat.of(timeline.times_s, step)


def overlay_of(
    stack: Stack,
    settings: VideoSettings,
    view: View,
    scale: Scale | None,
    timeline: Timeline,
    displays: Sequence[Display],
    elsewhere: Collection[str] = (),
    clock: TimeFormat | None = None,
) -> tuple[Overlay | None, float | None]:
    """What is drawn, None for nothing, and the length of the scale bar in µm.

    Parameters
    ----------
    elsewhere : collection of str
        Those of `MARKS` that are drawn once for several panels, and not on this picture.
    clock : TimeFormat, optional
        How times are written. Default: as it suits those of the stack.
    """
    if settings.scale_bar and scale is None:
        raise SourceError(f"scale_bar: {NO_PIXEL_SIZE}")
    clock = clock or clock_of(stack, timeline)
    size = view.size
    wanted = MARKS - set(elsewhere)
    if timeline.times_s is None:
        wanted -= _TIME_MARKS
    blocks, length = _marks(stack, settings, size, scale, clock, wanted)
    blocks += _legend(stack, settings, size, displays, _corners(settings))
    anchor = _anchor_mark(settings) if settings.anchor else None
    unit = "min" if clock is None else clock.unit
    asked = arrows_of("arrow", settings.arrow or (), unit)
    arrows = tuple(_arrow(x, y, span, view, timeline) for x, y, span in asked)
    if anchor is None and not blocks and not arrows:
        return None, None
    overlay = arrange(blocks, size, anchor, timeline.extremes())
    return replace(overlay, arrows=arrows), length


def overlay_of_all(
    stack: Stack,
    settings: VideoSettings,
    marks: Collection[str],
    size: tuple[int, int],
    tiles: Sequence[Tile],
    scales: Sequence[Scale | None],
    timeline: Timeline,
) -> tuple[Overlay | None, float | None]:
    """What is drawn once for several panels, and the length of the scale bar in µm.

    Parameters
    ----------
    stack : Stack
        All of them together.
    marks : collection of str
        Which of `MARKS`, as far as they are asked for.
    size : (int, int)
        Height and width of all panels together.
    scales : sequence of Scale or None
        That of each panel.
    """
    # A bar is measured where it stands.
    nearest = corner_tile(tiles, size, _corners(settings)["scale_bar"])
    scale, clock = scales[nearest], clock_of(stack, timeline)
    blocks, length = _marks(stack, settings, tiles[nearest].size, scale, clock, marks)
    if not blocks:
        return None, None
    return arrange_over(blocks, size, tiles, timeline.extremes()), length


def _corners(settings: VideoSettings) -> dict[str, str]:
    return {
        name: getattr(settings, f"{name}_corner") or corner
        for name, corner in DEFAULT_CORNERS.items()
    }


def _marks(
    stack: Stack,
    settings: VideoSettings,
    size: tuple[int, int],
    scale: Scale | None,
    clock: TimeFormat | None,
    wanted: Collection[str],
) -> tuple[list[Block], float | None]:
    """Those marks that are wanted and asked for, and the length of the scale bar in µm."""
    blocks: list[Block] = []
    length, corners = None, _corners(settings)
    if settings.scale_bar and "scale_bar" in wanted:
        assert scale is not None  # else it would have been refused
        bar = bar_block(corners["scale_bar"], scale, size, settings.scale_bar_length)
        length = bar.length_um
        blocks.append(bar)
    if settings.timestamp and "timestamp" in wanted:
        says = Template("{time}", clock)
        blocks.append(TextBlock("timestamp", corners["timestamp"], says, is_clock=True))
    if settings.label is not None and "label" in wanted:
        says = Template(_template(stack, settings), clock)
        blocks.append(TextBlock("label", corners["label"], says))
    if settings.event is not None and "event" in wanted:
        assert clock is not None  # else the times would not be known
        events = Events(events_of("event", settings.event, clock.unit))
        blocks.append(TextBlock("event", corners["event"], events))
    return blocks, length


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
        require_glyphs(f"{what} is {text!r}", text)
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
    channels = " + ".join(channel.label for channel in stack.channels)
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


def shown_time(settings: VideoSettings) -> str:
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
    return shown_time(settings) or ("" if settings.frame_interval is None else "frame_interval")
