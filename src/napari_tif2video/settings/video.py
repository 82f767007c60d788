"""What the user wants: `VideoSettings` and its parts, validated, without any knowledge of the data.

This module imports neither numpy nor anything slow: the command line builds its help from it.
"""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from ..errors import SettingsError
from ..geometry import CropBox
from ..recipe import saved_recipe
from .format import check_alone, parse_codec, parse_crf, parse_max_size, parse_quality
from .overlays import checked_drawing
from .picture import (
    FixedLimits,
    parse_axes,
    parse_channel,
    parse_colormap,
    parse_crop,
    parse_fps,
    parse_frames,
    parse_gamma,
    parse_limits,
    parse_percentile,
    parse_play,
    parse_width,
    parse_z,
)

CONTRASTS = ("local", "global", "batch", "smooth", "displayed")
DEFAULT_CONTRAST = "local"


def _plain(value: Any) -> Any:
    """A setting as a JSON value."""
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, (Fraction, CropBox)) else value


@dataclass(frozen=True)
class VideoSettings:
    """Every choice that shapes the picture, in one frozen, serialisable object.

    Parameters
    ----------
    width : int or "full"
        Width of the video in px, 100 to 4000; the height keeps the aspect ratio and both go to
        the nearest even number. ``"full"`` keeps the data's pixels as they are.
    fps : int, float, str or Fraction
        Frames per second, 1 to 120, kept as an exact fraction.
    crop : str or CropBox, optional
        ``"WxH"`` (centred) or ``"WxH+X+Y"``.
    contrast : {"local", "global", "batch", "smooth", "displayed"}, optional
        Where black and white come from: each frame by itself, the whole sequence, all sources
        of the call, each frame but smoothed over time, or the napari layer. Default:
        ``"displayed"`` for layers without `percentile`, else ``"local"``.
    percentile : (float, float), optional
        Percentiles of the counts that become black and white, instead of the smallest and the
        largest one; not for ``"displayed"``.
    limits : (float, float), optional
        Fixed grey values that become black and white; not together with `contrast` or
        `percentile`. Of several channels, one pair for all or a tuple with one for each.
    gamma : float, optional
        Exponent of the grey level between 0 and 1, from 0.05 to 20: below 1, dark parts get
        brighter. Default: 1, or that of the napari layer.
    invert : bool
        Swap black and white.
    colormap : str, optional
        Show grey levels in the colours of this map, such as ``"viridis"``. Default: grey, or that
        of the napari layer.
    anchor : bool
        Draw a red dot at the centre of the frame.
    anchor_style : {"dot", "cross", "circle"}, optional
        How the anchor looks. This, its size and its colour imply `anchor`.
    anchor_size : int, optional
        Its extent in pixels of the video, at least 6. Default: a share of the shorter side, 2 %
        for a dot and 6 % for the others.
    anchor_colour : str, optional
        A name or ``"#rrggbb"``. Default: red.
    scale_bar : bool
        Draw a bar with its length.
    scale_bar_length : float, optional
        In µm; implies `scale_bar`. Default: the round number nearest to a fifth of the width.
    scale_bar_corner, timestamp_corner, label_corner : str, optional
        ``"top-left"``, ``"top-right"``, ``"bottom-left"`` or ``"bottom-right"``; the first two
        imply what they place. Defaults: bottom right, top left, bottom left.
    pixel_size : float, optional
        Width of a pixel of the data in µm, instead of what the source says.
    um_per_pixel : float, optional
        How many µm a pixel of the video shows, instead of `width`.
    timestamp : bool
        Draw the time of each frame.
    frame_interval : float or str, optional
        Time between frames of the source in s, or as text such as ``"5min"``, instead of what the
        source says.
    time_start : float or str, optional
        When the first frame of the source was taken, shown or not. Implies `timestamp`, unless the
        label shows the time.
    label : str, optional
        A text, in which ``{name}``, ``{time}``, ``{frame}`` (number in the source, from 0) and
        ``{channel}`` are filled in; ``{{`` and ``}}`` stand for braces.
    frames : str or slice, optional
        A Python slice of time: ``"10:50"``, ``"::2"``, ``"-10:"``.
    quality : {"draft", "standard", "high", "lossless"}
        How much the encoder may lose; ``"lossless"`` is for FFV1.
    codec : {"h264", "h265", "av1", "vp9", "ffv1", "mpeg4", "gif"}, optional
        Default: what the ending of the output says, else ``"h264"``.
    crf : int, optional
        The encoder's rate factor, instead of a quality.
    max_size : int or str, optional
        Bytes, or ``"10MB"``, that the file must not exceed; the quality is lowered as far as that
        takes.
    raw : bool
        Write the counts of the source, bit for bit, into FFV1: no scaling, contrast or overlays.
    channel : int or str, optional
        Of a hyperstack: a channel by number (from 0) or name, ``"all"`` (merged in their colours)
        or ``"each"`` (a video of each).
    z : int or one of `Z_PROJECTIONS`, optional
        A slice (from 0), or how the slices become one.
    play : str, optional
        The letter of the axis that is played, where there are several.
    axes : str, optional
        The letters of all axes, where the source does not name them: ``"TCZYX"``.
    """

    width: int | Literal["full"] = 500
    fps: Fraction = Fraction(10)
    crop: CropBox | None = None
    contrast: str | None = None
    percentile: tuple[float, float] | None = None
    limits: FixedLimits | None = None
    gamma: float | None = None
    invert: bool = False
    colormap: str | None = None
    anchor: bool = False
    frames: str | None = None
    quality: str = "standard"
    codec: str | None = None
    crf: int | None = None
    max_size: int | None = None
    raw: bool = False
    channel: int | str | None = None
    z: int | str | None = None
    play: str | None = None
    axes: str | None = None
    anchor_style: str | None = None
    anchor_size: int | None = None
    anchor_colour: str | None = None
    scale_bar: bool = False
    scale_bar_length: float | None = None
    scale_bar_corner: str | None = None
    pixel_size: float | None = None
    um_per_pixel: float | None = None
    timestamp: bool = False
    timestamp_corner: str | None = None
    frame_interval: float | None = None
    time_start: float | None = None
    label: str | None = None
    label_corner: str | None = None

    def __post_init__(self) -> None:
        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        put("width", parse_width(self.width))
        put("fps", parse_fps(self.fps))
        put("crop", parse_crop(self.crop))
        put("percentile", parse_percentile(self.percentile))
        put("limits", parse_limits(self.limits))
        put("gamma", parse_gamma(self.gamma))
        put("invert", bool(self.invert))
        put("colormap", parse_colormap(self.colormap))
        put("anchor", bool(self.anchor))
        put("frames", parse_frames(self.frames))
        put("channel", parse_channel(self.channel))
        put("z", parse_z(self.z))
        put("play", parse_play(self.play))
        put("axes", parse_axes(self.axes))
        for name, value in checked_drawing(self).items():
            put(name, value)
        put("quality", parse_quality(self.quality))
        put("codec", parse_codec(self.codec))
        put("crf", parse_crf(self.crf))
        put("max_size", parse_max_size(self.max_size))
        put("raw", bool(self.raw))
        check_alone(self, self._changed())
        if self.raw:
            put("width", "full")
        if self.contrast is not None and self.contrast not in CONTRASTS:
            raise SettingsError(
                f"contrast: must be one of {', '.join(CONTRASTS)}, got {self.contrast!r}"
            )
        if self.limits is not None and self.contrast is not None:
            raise SettingsError("limits: fixed limits cannot be combined with a contrast rule")
        if self.percentile is not None and self.limits is not None:
            raise SettingsError("percentile: cannot be combined with fixed limits")
        if self.percentile is not None and self.contrast == "displayed":
            raise SettingsError(
                "percentile: is for contrast local, global, batch or smooth, not for 'displayed'"
            )

    def _changed(self) -> list[str]:
        """Names of the settings that are not as they are by default."""
        fields = dataclasses.fields(self)
        return [f.name for f in fields if getattr(self, f.name) != f.default]

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain JSON values; `from_dict` reads them back."""
        return {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> VideoSettings:
        """Settings from `to_json`; options that are not named keep their defaults."""
        try:
            values = json.loads(text)
        except ValueError as exc:
            raise SettingsError(f"settings: are not JSON ({exc})") from exc
        if not isinstance(values, dict):
            raise SettingsError("settings: expected a JSON object")
        return cls.from_dict(values)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the settings as a small JSON file."""
        try:
            Path(path).write_text(self.to_json(), encoding="utf-8")
        except OSError as exc:
            raise SettingsError(f"{path}: cannot be written ({exc.strerror or exc})") from exc

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, reuse: str | None = None) -> VideoSettings:
        """Settings from a file that `save` wrote, from a video, or from the sidecar of one.

        Parameters
        ----------
        path : path
            Options that the file does not name keep their defaults.
        reuse : {"rule", "numbers"}, optional
            Of a video whose limits were measured: whether they are measured anew by the same
            rule, or used as fixed limits. Default: the rule; of what a layer of napari showed, the
            numbers.

        Raises
        ------
        SettingsError
            It cannot be read, holds no settings, or its limits cannot be used for other frames.
        """
        try:
            recipe = saved_recipe(path)
            if recipe is not None:
                return cls.from_dict(recipe.settings_again(reuse))
            settings = cls.from_json(Path(path).read_text(encoding="utf-8"))
        except SettingsError as exc:
            raise SettingsError(f"{path}: {exc}") from exc
        if reuse is not None:
            raise SettingsError(f"{path}: holds settings, and no recipe whose limits were measured")
        return settings

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> VideoSettings:
        """Settings from `to_dict`; a name that is not an option is an error."""
        known = {field.name for field in dataclasses.fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise SettingsError(
                f"settings: unknown option {', '.join(map(repr, unknown))}; "
                f"known are {', '.join(sorted(known))}"
            )
        return cls(**values)
