"""What a recipe has several of, as fields and as JSON: channels, and sources side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..geometry import CropBox, Move
from ..units import Limits
from .as_json import packed, plain, unpacked

# Up to so many frames of several sources are listed one by one.
_MAX_PLAIN_NUMBERS = 500


@dataclass(frozen=True)
class RecipeChannel:
    """A channel of a video, and how its counts became levels from 0 to 255.

    Attributes
    ----------
    name : str
        As the source calls it, if it does.
    number : int
        Its place among the channels of the source, from 0.
    limits : tuple of (float, float)
        The counts that became black and white: one pair, or one for each frame where each has its
        own. Empty where they were too many for a video.
    gamma : float
        Exponent of the level between 0 and 1.
    inverted : bool
        Whether black and white were swapped.
    colours : str
        Empty for grey. ``"#rrggbb"`` for the colour of the highest level, evenly from black; else
        256 RGB triples in base64.
    """

    name: str
    number: int
    limits: tuple[Limits, ...]
    gamma: float = 1.0
    inverted: bool = False
    colours: str = ""


@dataclass(frozen=True)
class RecipePanel:
    """Where one of several pictures is in the video: its corner and size in pixels.

    Attributes
    ----------
    channels : tuple of int
        Those that it shows, among all channels of the video.
    """

    x: int
    y: int
    width: int
    height: int
    channels: tuple[int, ...]


class Taken:
    """What was taken of a source: of the only one by a `Recipe`, else by a `RecipeSource` each."""

    source: str
    first_frame: str
    last_frame: str
    source_size: tuple[int, int]
    source_type: str
    frames: int
    indices: range
    crop: CropBox
    moves: tuple[Move, ...]
    bad_frames: tuple[int, ...]

    @property
    def numbers(self) -> Sequence[int]:
        """Which frames of the source are shown: in a `Recipe`, one for each frame of the video."""
        bad = set(self.bad_frames)
        return [number for number in self.indices if number not in bad]


@dataclass(frozen=True)
class RecipeSource(Taken):
    """One of several sources that are side by side; what is not told here is as in `Recipe`.

    Attributes
    ----------
    frames : int
        How many there are to be shown.
    panels : tuple of RecipePanel
        Which also tell its channels.
    shown : tuple of int
        Which frame of the source each frame of the video shows.
    """

    source: str
    first_frame: str
    last_frame: str
    source_size: tuple[int, int]
    source_type: str
    frames: int
    indices: range
    crop: CropBox
    panels: tuple[RecipePanel, ...]
    shown: tuple[int, ...]
    moves: tuple[Move, ...] = ()
    bad_frames: tuple[int, ...] = ()
    calibration: Mapping[str, Any] = field(default_factory=dict)

    @property
    def channels(self) -> list[int]:
        """Those of its panels, among all channels of the video."""
        return sorted({channel for panel in self.panels for channel in panel.channels})


def taken_to_json(source: Taken) -> dict[str, Any]:
    width, height = source.source_size
    return {
        "source": {
            "name": source.source,
            "first_frame": source.first_frame,
            "last_frame": source.last_frame,
            "width": width,
            "height": height,
            "type": source.source_type,
        },
        "frames": {
            "count": source.frames,
            "first": source.indices[0],
            "last": source.indices[-1],
            "step": source.indices.step,
        }
        | ({"left_out": list(source.bad_frames)} if source.bad_frames else {}),
        "crop": {
            "x": source.crop.left,
            "y": source.crop.top,
            "width": source.crop.width,
            "height": source.crop.height,
        }
        | ({"moves": _moves_to_json(source.moves)} if source.moves else {}),
    }


def taken_from_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `Taken`, from `taken_to_json`."""
    source, frames, crop = values["source"], values["frames"], values["crop"]
    step = int(frames["step"])
    indices = range(int(frames["first"]), int(frames["last"]) + (1 if step > 0 else -1), step)
    bad = tuple(map(int, frames.get("left_out", ())))
    if len(indices) - len(bad) != int(frames["count"]) or not set(bad) <= set(indices):
        raise ValueError(f"{frames['count']} frames are not those from first to last")
    if len(indices) <= len(bad):
        raise ValueError("it has no frames")
    return {
        "source": str(source["name"]),
        "first_frame": str(source["first_frame"]),
        "last_frame": str(source["last_frame"]),
        "source_size": (int(source["width"]), int(source["height"])),
        "source_type": str(source["type"]),
        "frames": int(frames["count"]),
        "indices": indices,
        "crop": CropBox(*(int(crop[key]) for key in ("width", "height", "x", "y"))),
        "moves": _moves_from_json(crop.get("moves")),
        "bad_frames": bad,
    }


def source_to_json(source: RecipeSource) -> dict[str, Any]:
    shown = list(source.shown)
    return taken_to_json(source) | {
        "calibration": dict(source.calibration),
        "panels": [asdict(panel) | {"channels": list(panel.channels)} for panel in source.panels],
        "shown": shown if len(shown) <= _MAX_PLAIN_NUMBERS else packed(shown),
    }


def source_from_json(values: Mapping[str, Any]) -> RecipeSource:
    taken = taken_from_json(values)
    shown = tuple(map(int, unpacked(values["shown"])))
    if not set(shown) <= set(taken["indices"]):
        raise ValueError("it shows frames that it does not have")
    return RecipeSource(
        **taken,
        panels=tuple(map(_panel_from_json, values["panels"])),
        shown=shown,
        calibration=calibration_from_json(values["calibration"]),
    )


def _panel_from_json(values: Mapping[str, Any]) -> RecipePanel:
    x, y, width, height = (int(values[key]) for key in ("x", "y", "width", "height"))
    return RecipePanel(x, y, width, height, tuple(map(int, values["channels"])))


def channel_to_json(channel: RecipeChannel) -> dict[str, Any]:
    return {
        "name": channel.name,
        "number": channel.number,
        "limits": _limits_to_json(channel.limits),
        "gamma": plain(channel.gamma),
        "inverted": channel.inverted,
        "colours": channel.colours,
    }


def channel_from_json(values: Mapping[str, Any]) -> RecipeChannel:
    gamma = float(values["gamma"])
    if not gamma > 0:
        raise ValueError(f"a gamma of {gamma:g}")
    return RecipeChannel(
        name=str(values["name"]),
        number=int(values["number"]),
        limits=_limits_from_json(values["limits"]),
        gamma=gamma,
        inverted=bool(values["inverted"]),
        colours=str(values["colours"]),
    )


def calibration_from_json(values: Mapping[str, Any]) -> dict[str, Any]:
    numbers = ("pixel_size_um", "frame_interval_s")
    return {key: float(value) if key in numbers else value for key, value in values.items()}


def _limits_from_json(found: Any) -> tuple[Limits, ...]:
    """Limits from `_limits_to_json` or `packed`."""
    if found is None:
        return ()
    found = unpacked(found)
    if isinstance(found, dict):
        low, high = found["low"], found["high"]
    else:
        low, high = ([value] for value in found)
    lows = (math.inf if value is None else float(value) for value in low)
    highs = (-math.inf if value is None else float(value) for value in high)
    return tuple(zip(lows, highs, strict=True))


def _limits_to_json(limits: Sequence[Limits]) -> Any:
    """One pair as a list; one for each frame as two lists, which read better; none as null."""
    if len(limits) == 1:
        return list(map(plain, limits[0]))
    if not limits:
        return None
    low, high = zip(*limits, strict=True)
    return {"low": list(map(plain, low)), "high": list(map(plain, high))}


def _moves_to_json(moves: Sequence[Move]) -> dict[str, list[Any]]:
    down, right = zip(*moves, strict=True)
    return {"down": list(map(plain, down)), "right": list(map(plain, right))}


def _moves_from_json(found: Any) -> tuple[Move, ...]:
    if found is None:
        return ()
    found = unpacked(found)
    pairs = zip(found["down"], found["right"], strict=True)
    return tuple((float(down), float(right)) for down, right in pairs)
