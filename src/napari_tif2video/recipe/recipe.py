"""What is written into a video about itself: its `Recipe`, as fields and as text."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..errors import SettingsError
from ..geometry import CropBox, Move
from ..units import Limits
from .as_json import compact, excess, indented, load_json, packed, plain, unpacked
from .contrasts import contrast_of

#: Number of the format, under the key that tells a recipe from any other text. The second one knows
#: what is drawn at places of the data, boxes that move, several sources and titles; what needs no
#: more is written in the first.
FORMAT_KEY, FORMAT = "tif2video", 2

#: What of a measured contrast is used again: how it was measured, or what came out.
REUSES = ("rule", "numbers")

# Up to this length, limits of each frame are numbers that anybody can read, and deflated beyond:
# those of 10,000 frames of 16 bits take 59 kB, of smooth contrast 136 kB.
_MAX_PLAIN_BYTES = 64_000

# Up to so many frames of several sources are listed one by one.
_MAX_PLAIN_NUMBERS = 500

# Players read metadata into memory before they show a frame. Beyond this, the limits of each frame
# are left out of the video; a sidecar has them in any case.
MAX_BYTES = 1_000_000


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


@dataclass(frozen=True)
class RecipeSource:
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


@dataclass(frozen=True)
class Recipe:
    """What a video was made of and how.

    Attributes
    ----------
    source, first_frame, last_frame : str
        Base names of the source and of the first and last frame that are shown. Of several sources,
        the names of all, and what else holds for one of them is that of the first.
    source_size : (int, int)
        Width and height of its frames.
    source_type : str
        Type of its counts, such as "uint16".
    settings : mapping
        As `VideoSettings.from_dict` takes them. `VideoSettings.load` of a video gives them.
    contrast : str
        Where the limits came from, one of `CONTRASTS`; "raw" where the video holds the counts
        themselves.
    batch : tuple of str
        With contrast "batch", base names of the sources that were measured together.
    channels : tuple of RecipeChannel
    clipped : float
        Share of values outside the limits.
    frames : int
    indices : range
        Which frames of the source are shown.
    crop : CropBox
        The part of the frame that is shown, in pixels of the source.
    width, height : int
        Of the video.
    calibration : mapping
        Pixel size in µm, frame interval in s, and who says so, as far as they are known.
    versions : mapping
        Of the package and of what encoded the video.
    bad_frames : tuple of int
        Those of `indices` that could not be read, and are left out.
    moves : tuple of (float, float)
        How far down and to the right `crop` lies from its place in each frame, in pixels of the
        source, where it moves: to follow an object, or to take back a drift. Empty where they were
        too many for a video.
    drawn : tuple of mapping
        What is drawn at places of the data: its "kind", "name" and how many "objects" it has; of
        what was read from a file also its base name as "file", how many rows are "left_out" and,
        unless it is images, its "sha256".
    title_frames : int
        So many frames of the video show a title, before those that are counted.
    sources : tuple of RecipeSource
        Where there are several, side by side: what was made of each.
    """

    source: str
    first_frame: str
    last_frame: str
    source_size: tuple[int, int]
    source_type: str
    settings: Mapping[str, Any]
    contrast: str
    channels: tuple[RecipeChannel, ...]
    clipped: float
    frames: int
    indices: range
    crop: CropBox
    width: int
    height: int
    batch: tuple[str, ...] = ()
    calibration: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    bad_frames: tuple[int, ...] = ()
    moves: tuple[Move, ...] = ()
    drawn: tuple[Mapping[str, Any], ...] = ()
    title_frames: int = 0
    sources: tuple[RecipeSource, ...] = ()

    @property
    def numbers(self) -> Sequence[int]:
        """Which frame of the source each frame of the video shows."""
        bad = set(self.bad_frames)
        return [number for number in self.indices if number not in bad] if bad else self.indices

    @property
    def has_own_limits(self) -> bool:
        """Whether each frame was shown with limits of its own."""
        return contrast_of(self.contrast).has_own_limits

    def counts(self, grey: Any, frame: int = 0, channel: int = 0) -> Any:
        """Turn grey levels of a frame back into counts of the source.

        ``lo + (grey / 255) ** (1 / gamma) * (hi - lo)``, with 255 - grey where black and white
        were swapped. A level stands for a 255th of the limits' distance, and the encoder adds its
        own error: this is for reading a video, not for measuring. Raw counts are what they are.

        Parameters
        ----------
        grey : float or array
            Levels from 0 (black) to 255 (white), before any colours.
        frame : int
            Number of the frame in the video, behind its title, where each has limits of its own.
        channel : int
            Position in `channels`.
        """
        if self.contrast == "raw":
            return grey
        shown = self.channels[channel]
        if not shown.limits:
            raise SettingsError(
                "recipe: the limits of so many frames do not fit into a video; its sidecar has them"
            )
        place = frame if len(shown.limits) > 1 else 0
        if not -len(shown.limits) <= place < len(shown.limits):
            raise SettingsError(f"recipe: has limits of {len(shown.limits)} frames, not of {frame}")
        low, high = shown.limits[place]
        share = grey / 255
        if shown.inverted:
            share = 1 - share
        return low + share ** (1 / shown.gamma) * (high - low)

    def settings_again(self, reuse: str | None = None) -> dict[str, Any]:
        """Settings for a video like this one, as `VideoSettings.from_dict` takes them.

        Parameters
        ----------
        reuse : {"rule", "numbers"}, optional
            Whether limits are found anew by the same rule, or those of this video are used as
            fixed limits. Default: the rule; of what a layer of napari showed, the numbers.

        Raises
        ------
        SettingsError
            Each frame has limits of its own, which cannot be used for other frames.
        """
        if reuse not in (None, *REUSES):
            raise SettingsError(f"reuse: must be one of {', '.join(REUSES)}, got {reuse!r}")
        values = dict(self.settings)
        if self.contrast in ("fixed", "raw") or not self.uses_numbers(reuse):
            return values
        if self.has_own_limits:
            raise SettingsError(
                f"reuse: with contrast {self.contrast} each frame had limits of its own, and these "
                "numbers fit no other frames; use the rule, or give --limits LO HI"
            )
        pairs = self._pairs_again()
        values |= {"contrast": None, "percentile": None, "limits": pairs}
        gammas = {channel.gamma for channel in self.channels}
        if self.contrast == "displayed" and values.get("gamma") is None and len(gammas) == 1:
            (gamma,) = gammas
            values["gamma"] = None if gamma == 1 else gamma
        return values

    def _pairs_again(self) -> list[list[float]]:
        """The limits of each channel; of several sources, those of each of them."""
        pairs = [list(channel.limits[0]) for channel in self.channels]
        own = [
            [pairs[n] for n in sorted({n for panel in source.panels for n in panel.channels})]
            for source in self.sources
        ] or [pairs]
        if any(each != own[0] for each in own):
            raise SettingsError(
                "reuse: each source had limits of its own, and these numbers fit no others; use "
                "the rule, or give --limits LO HI"
            )
        return own[0]

    def uses_numbers(self, reuse: str | None) -> bool:
        """Whether limits are those of this video: what a layer showed cannot be measured again."""
        return reuse == "numbers" or (reuse is None and self.contrast == "displayed")

    @property
    def _needs_second_format(self) -> bool:
        return bool(self.drawn or self.moves or self.sources or self.title_frames)

    def to_dict(self) -> dict[str, Any]:
        """The recipe as plain JSON values; `from_dict` reads them back."""
        return {
            FORMAT_KEY: FORMAT if self._needs_second_format else 1,
            **_source_dict(self),
            "size": {"width": self.width, "height": self.height},
            "contrast": self.contrast,
            "batch": list(self.batch),
            "unit": "counts",
            "clipped": self.clipped,
            "channels": [_channel_dict(channel) for channel in self.channels],
            "calibration": dict(self.calibration),
            "settings": dict(self.settings),
            "versions": dict(self.versions),
            **({"drawn": [dict(each) for each in self.drawn]} if self.drawn else {}),
            **({"title": {"frames": self.title_frames}} if self.title_frames else {}),
            **({"sources": list(map(_panels_dict, self.sources))} if self.sources else {}),
        }

    def to_json(self) -> str:
        """The recipe as readable text, as it stands in a sidecar."""
        return indented(self.to_dict()) + "\n"

    def to_text(self) -> str:
        """The recipe as a video carries it: ASCII, on one line, below `MAX_BYTES`."""
        values = self.to_dict()
        text = compact(values)
        if len(text) <= _MAX_PLAIN_BYTES or not (self.has_own_limits or self.moves):
            return text
        long = [(channel, "limits") for channel in values["channels"] if self.has_own_limits]
        if self.moves:
            long.append((values["crop"], "moves"))
        if not excess(text):
            for part, key in long:
                part[key] = packed(part[key])
            text = compact(values)
            if len(text) <= MAX_BYTES:
                return text
        for part, key in long:
            part[key] = None
        return compact(values)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """A recipe from `to_json` or `to_text`.

        Raises
        ------
        SettingsError
            The text is no recipe, or one of a later format.
        """
        try:
            values = load_json(text)
        except ValueError:
            values = None
        if not is_recipe(values):
            raise SettingsError("holds no recipe of tif2video")
        return cls.from_dict(values)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """A recipe from `to_dict`; also raises SettingsError, as `from_json` does."""
        number = values.get(FORMAT_KEY)
        if isinstance(number, int) and number > FORMAT:
            raise SettingsError("has a recipe of a later version; update napari-tif2video")
        try:
            if not values["channels"]:
                raise ValueError("it has no channels")
            return cls(
                **_facts_of(values),
                settings=dict(values["settings"]),
                contrast=str(values["contrast"]),
                channels=tuple(_channel_of(channel) for channel in values["channels"]),
                clipped=float(values["clipped"]),
                width=int(values["size"]["width"]),
                height=int(values["size"]["height"]),
                batch=tuple(map(str, values["batch"])),
                calibration=_calibration_of(values["calibration"]),
                versions=dict(values["versions"]),
                drawn=tuple(_drawn_of(each) for each in values.get("drawn", ())),
                title_frames=int(values.get("title", {"frames": 0})["frames"]),
                sources=tuple(map(_panels_of, values.get("sources", ()))),
            )
        except SettingsError:
            raise
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
            zlib.error,
        ) as exc:
            raise SettingsError(f"has a damaged recipe ({type(exc).__name__}: {exc})") from exc


def _source_dict(source: Recipe | RecipeSource) -> dict[str, Any]:
    """What was taken of a source."""
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


def _facts_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """What `_source_dict` tells."""
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


def _panels_dict(source: RecipeSource) -> dict[str, Any]:
    """One of several sources that are side by side."""
    shown = list(source.shown)
    return _source_dict(source) | {
        "calibration": dict(source.calibration),
        "panels": [asdict(panel) | {"channels": list(panel.channels)} for panel in source.panels],
        "shown": shown if len(shown) <= _MAX_PLAIN_NUMBERS else packed(shown),
    }


def _panels_of(values: Mapping[str, Any]) -> RecipeSource:
    facts = _facts_of(values)
    shown = tuple(map(int, unpacked(values["shown"])))
    if not set(shown) <= set(facts["indices"]):
        raise ValueError("it shows frames that it does not have")
    return RecipeSource(
        **facts,
        panels=tuple(map(_panel_of, values["panels"])),
        shown=shown,
        calibration=_calibration_of(values["calibration"]),
    )


def _panel_of(values: Mapping[str, Any]) -> RecipePanel:
    x, y, width, height = (int(values[key]) for key in ("x", "y", "width", "height"))
    return RecipePanel(x, y, width, height, tuple(map(int, values["channels"])))


def _drawn_of(values: Mapping[str, Any]) -> dict[str, Any]:
    whole = ("objects", "left_out")
    return {str(key): int(v) if key in whole else str(v) for key, v in values.items()}


def _channel_dict(channel: RecipeChannel) -> dict[str, Any]:
    return {
        "name": channel.name,
        "number": channel.number,
        "limits": _limits_to_json(channel.limits),
        "gamma": plain(channel.gamma),
        "inverted": channel.inverted,
        "colours": channel.colours,
    }


def _channel_of(values: Mapping[str, Any]) -> RecipeChannel:
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


def _calibration_of(values: Mapping[str, Any]) -> dict[str, Any]:
    numbers = ("pixel_size_um", "frame_interval_s")
    return {key: float(value) if key in numbers else value for key, value in values.items()}


def is_recipe(values: object) -> bool:
    """Whether values read from JSON are a recipe, of whatever format."""
    return isinstance(values, dict) and FORMAT_KEY in values


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
