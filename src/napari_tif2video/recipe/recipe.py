"""What is written into a video about itself: its `Recipe`, as fields and as text."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import SettingsError
from ..geometry import CropBox, Move
from .as_json import compact, excess, indented, load_json, packed
from .contrasts import contrast_of
from .parts import (
    RecipeChannel,
    RecipeSource,
    Taken,
    calibration_from_json,
    channel_from_json,
    channel_to_json,
    source_from_json,
    source_to_json,
    taken_from_json,
    taken_to_json,
)

#: Number of the format, under the key that tells a recipe from any other text. The second one knows
#: what is drawn at places of the data, boxes that move, several sources and titles; what needs no
#: more is written in the first.
FORMAT_KEY, FORMAT = "tif2video", 2

#: What of a measured contrast is used again: how it was measured, or what came out.
REUSES = ("rule", "numbers")

# Up to this length, limits of each frame are numbers that anybody can read, and deflated beyond:
# those of 10,000 frames of 16 bits take 59 kB, of smooth contrast 136 kB.
_MAX_PLAIN_BYTES = 64_000

# Players read metadata into memory before they show a frame. Beyond this, the limits of each frame
# are left out of the video; a sidecar has them in any case.
MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class Recipe(Taken):
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
        if self.has_own_limits or not all(channel.limits for channel in self.channels):
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
        own = [[pairs[n] for n in source.channels] for source in self.sources] or [pairs]
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
            **taken_to_json(self),
            "size": {"width": self.width, "height": self.height},
            "contrast": self.contrast,
            "batch": list(self.batch),
            "unit": "counts",
            "clipped": self.clipped,
            "channels": [channel_to_json(channel) for channel in self.channels],
            "calibration": dict(self.calibration),
            "settings": dict(self.settings),
            "versions": dict(self.versions),
            **({"drawn": [dict(each) for each in self.drawn]} if self.drawn else {}),
            **({"title": {"frames": self.title_frames}} if self.title_frames else {}),
            **({"sources": list(map(source_to_json, self.sources))} if self.sources else {}),
        }

    def to_json(self) -> str:
        """The recipe as readable text, as it stands in a sidecar."""
        return indented(self.to_dict()) + "\n"

    def to_text(self) -> str:
        """The recipe as a video carries it: ASCII, on one line, below `MAX_BYTES`."""
        values = self.to_dict()
        text = compact(values)
        if len(text) <= _MAX_PLAIN_BYTES:
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
                **taken_from_json(values),
                settings=dict(values["settings"]),
                contrast=str(values["contrast"]),
                channels=tuple(channel_from_json(channel) for channel in values["channels"]),
                clipped=float(values["clipped"]),
                width=int(values["size"]["width"]),
                height=int(values["size"]["height"]),
                batch=tuple(map(str, values["batch"])),
                calibration=calibration_from_json(values["calibration"]),
                versions=dict(values["versions"]),
                drawn=tuple(_drawn_from_json(each) for each in values.get("drawn", ())),
                title_frames=int(values.get("title", {"frames": 0})["frames"]),
                sources=tuple(map(source_from_json, values.get("sources", ()))),
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


def is_recipe(values: object) -> bool:
    """Whether values read from JSON are a recipe, of whatever format."""
    return isinstance(values, dict) and FORMAT_KEY in values


def _drawn_from_json(values: Mapping[str, Any]) -> dict[str, Any]:
    whole = ("objects", "left_out")
    return {str(key): int(v) if key in whole else str(v) for key, v in values.items()}
