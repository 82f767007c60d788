"""What is written down about a video that was made: its `Recipe`."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Sequence
from typing import Any

import av
import numpy as np

from ._version import __version__
from .colours import Display
from .data import Channel
from .encode import EncodedSegment
from .geometry import CropBox
from .picture import FrameFacts, Limits
from .plan import Plan
from .recipe import Recipe, RecipeChannel
from .settings import DEFAULT_CODEC

# x264 and x265 write their version into the first packet.
_LIBRARY = re.compile(rb"(x26[45])(?: - core (\d+)| \(build (\d+)\))")

# Significant digits of limits that each frame has by itself: those of a 32-bit number. A single
# pair is kept to the last digit, so that it gives the same bytes again.
_DIGITS = 9

# Names of so many sources that were measured together are kept; of more, the first ones.
_MAX_BATCH_NAMES = 100


def recipe_of(
    plan: Plan,
    facts: Sequence[FrameFacts],
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
    frames, box = plan.stack.frames, plan.picture.box
    height, width = plan.picture.size
    return Recipe(
        source=source_name(plan),
        first_frame=os.path.basename(frames.label(0)),
        last_frame=os.path.basename(frames.label(plan.frames - 1)),
        source_size=(frames.format.size[1], frames.format.size[0]),
        source_type=frames.format.dtype.name,
        settings=settings_of(plan),
        contrast=plan.contrast,
        channels=tuple(
            _channel(channel, display, _limits(plan, facts, number))
            for number, (channel, display) in enumerate(
                zip(plan.stack.channels, plan.picture.displays, strict=True)
            )
        ),
        clipped=clipped,
        frames=plan.frames,
        indices=plan.indices,
        crop=CropBox(box.width, box.height, box.left, box.top),
        width=width,
        height=height,
        batch=tuple(batch[:_MAX_BATCH_NAMES]),
        calibration=_calibration(plan),
        versions=_versions(first),
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
    if plan.encoder.codec != DEFAULT_CODEC or plan.encoder.ending != ".mp4":
        values["codec"] = plan.encoder.codec
    return values


def _limits(plan: Plan, facts: Sequence[FrameFacts], channel: int) -> tuple[Limits, ...]:
    if plan.picture.is_raw:
        return ()
    if not plan.has_own_limits:
        return (facts[0].limits[channel],)
    return tuple((_short(low), _short(high)) for low, high in (f.limits[channel] for f in facts))


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
    codec = ".".join(map(str, av.library_versions["libavcodec"]))
    versions = {"napari-tif2video": __version__, "av": av.__version__, "libavcodec": codec}
    found = _LIBRARY.search(first.packets[0].data[:2000])
    if found is not None:
        name, *numbers = (part.decode() for part in found.groups(b""))
        versions[name] = "".join(numbers)
    return versions
