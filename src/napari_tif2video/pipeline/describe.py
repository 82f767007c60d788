"""What a recipe says of a plan that was carried out, and of its encoder."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..colours import Display
from ..data import Channel
from ..encode import EncodedSegment
from ..picture import FrameStats
from ..planning import Plan
from ..recipe import Recipe, RecipeChannel, RecipePanel, RecipeSource
from ..settings import DEFAULT_CODEC, DRAWN_FILES
from ..units import Limits
from .versions import versions

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
