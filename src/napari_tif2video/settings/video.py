"""What the user wants: `VideoSettings`, each setting declared once, and what goes together.

This module imports neither numpy nor anything slow: the command line builds its help from it.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import textwrap
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from ..errors import SettingsError
from ..geometry import MIN_ANCHOR_PX, WIDTH_RANGE_PX, CropBox
from ..recipe import CONTRASTS, load_json, saved_recipe
from ..units import parse_duration, readable_size
from . import drawn, following, overlays, picture
from . import format as formats
from .codecs import CODECS, DEFAULT_CODEC, QUALITIES, RAW_CODEC, Codec, codec_of
from .following import Given
from .picture import FixedLimits
from .setting import Setting, declare, one_of

# The headings of the help and of the page of options, in their order.
PICTURE, GREY, PART, DRAWN, SCALE, FORMAT = GROUPS = (
    "size, speed and crop box",
    "grey levels",
    "part of the data",
    "drawn onto the picture",
    "lengths and times",
    "format",
)

_TWO_WIDTHS = "um_per_pixel: gives the video its width; leave out width"
# Those that users type.
_CONTRASTS = tuple(name for name in CONTRASTS if name not in ("fixed", "raw"))

# In characters: of a label, or of limits of many channels. A message can quote a value below it.
_MAX_VALUE_LENGTH = 2000


@dataclass(frozen=True)
class VideoSettings:
    """Every choice that shapes the picture, in one frozen, serialisable object."""

    # A setting is added at the end, with `is_later`: recipes in videos list them in this order.
    # fmt: off
    width: int | Literal["full"] = declare(
        500, PICTURE, "Width",
        "width in px, {} to {}; the height keeps the aspect ratio, and both go "
        "to the nearest even number; `full`: no scaling, an odd last row or column is cut"
        .format(*WIDTH_RANGE_PX),
        parse=picture.parse_width, metavar="N|full", replaces=("um_per_pixel",), is_basic=True,
    )
    fps: Fraction = declare(
        Fraction(10), PICTURE, "Speed", "frames per second, {} to {}, exact: `10`, `29.97`, "
        "`30000/1001`".format(*picture.FPS_RANGE),
        parse=picture.parse_fps, metavar="F", goes_with_raw=True, is_basic=True,
    )
    crop: CropBox | None = declare(
        None, PICTURE, "Crop", "centre crop, or a box with its top-left corner",
        parse=picture.parse_crop, metavar="WxH[+X+Y]", otherwise="whole frame",
        in_python="Or a `CropBox`.", token=picture.crop_token, goes_with_raw=True, is_basic=True,
    )
    contrast: str | None = declare(
        None, GREY, "Contrast",
        "black and white are the smallest and largest count of each frame (`local`), of its "
        "sequence (`global`), of all sources of the call (`batch`), or of each frame but smoothed "
        "over time (`smooth`), percentiles of the sequence that hot pixels do not move (`auto`), "
        "or the display range that the program stored with the data (`stored`)",
        parse=one_of(_CONTRASTS),
        choices=tuple(name for name in _CONTRASTS if name != "displayed"),
        otherwise=f"`{picture.DEFAULT_CONTRAST}`", in_python="Or ``displayed``: as the layer of "
        "napari shows it, the default for layers without `percentile`.",
        token=lambda name: CONTRASTS[name].token, replaces=("limits",), is_basic=True,
    )
    percentile: tuple[float, float] | None = declare(
        None, GREY, "Percentile", "percentiles of the counts, such as `0.1 99.9`, instead of the "
        "smallest and largest one", parse=picture.parse_percentile, metavar=("LO", "HI"),
        otherwise="`0 100`", token="_percentile_{0[0]:g}-{0[1]:g}", replaces=("limits",),
    )
    limits: FixedLimits | None = declare(
        None, GREY, "Contrast", "fixed grey values for black and white",
        parse=picture.parse_limits, metavar=("LO", "HI"), token="_fixed",
        replaces=("contrast", "percentile"),
        in_python="Of several channels, one pair for all or a tuple with one for each.",
        is_basic=True,
    )
    gamma: float | None = declare(
        None, GREY, "Gamma", "exponent of the grey level between 0 and 1, {} to {}; below 1, dark "
        "parts get brighter".format(*picture.GAMMA_RANGE),
        parse=picture.parse_gamma, metavar="G", otherwise="`1`",
        in_python="Of a layer of napari, the default is its own.", token="_gamma_{:g}",
    )
    invert: bool = declare(False, GREY, "Invert", "swap black and white", token="_inverted")
    colormap: str | None = declare(
        None, GREY, "LUT", "grey levels in colours, by the names of cmap: `viridis`, `magma`, "
        "`green`, `batlow`; with `_r` the other way round; not for colour images",
        parse=picture.parse_colormap, metavar="NAME", otherwise="grey",
        token=lambda name: f"_colormap{overlays.name_token(name)}", is_basic=True,
    )
    anchor: bool = declare(
        False, DRAWN, "Anchor", "draw a red dot at the centre of the video", is_basic=True,
    )
    frames: str | None = declare(
        None, PART, "Frames", "a Python slice of time: `10:50`, `::2`, `-10:`",
        parse=picture.parse_frames, metavar="START:STOP:STEP", otherwise="all",
        in_python="Or a `slice`.", token=picture.frames_token, goes_with_raw=True, is_basic=True,
    )
    quality: str = declare(
        "standard", FORMAT, "Quality",
        "how much the encoder may lose, about the same in each format; "
        f"`lossless` is for {RAW_CODEC.title}", choices=QUALITIES, replaces=("crf",),
        goes_with_raw=True,
        token=lambda quality: "" if quality in ("standard", "lossless") else f"_{quality}",
        is_basic=True,
    )
    codec: str | None = declare(
        None, FORMAT, "Format", "format of the video",
        parse=formats.parse_codec, choices=tuple(CODECS),
        otherwise=f"by the ending of the output, else `{DEFAULT_CODEC.name}`", token="_{}",
        goes_with_raw=True, is_basic=True,
    )
    crf: int | None = declare(
        None, FORMAT, "CRF",
        "rate factor of the encoder instead of a quality; smaller is better and "
        "larger in bytes", parse=formats.parse_crf, metavar="N", token="_crf{}",
        replaces=("quality", "max_size"),
    )
    max_size: int | None = declare(
        None, FORMAT, "Max. size",
        "the file gets no larger: the quality is lowered as far as that takes "
        "(`10MB`, `900kB`, `1.5 GB`, `8MiB`)", parse=formats.parse_max_size, metavar="SIZE",
        otherwise="no limit", token=lambda n: f"_max{readable_size(n)}", replaces=("crf",),
        is_basic=True,
    )
    raw: bool = declare(
        False, FORMAT, "Raw counts",
        f"write the counts themselves, bit for bit, into {RAW_CODEC.title} "
        f"({RAW_CODEC.endings[0]}): no scaling, contrast or overlays",
        token="_raw", goes_with_raw=True,
    )
    channel: int | str | None = declare(
        None, PART, "Channel",
        "channel of a hyperstack, counted from 0, or by name; `all`: merged in "
        "their colours, with limits of their own; `each`: a video of each",
        parse=picture.parse_channel, metavar="N|NAME|all|each", goes_with_raw=True,
        otherwise="to be chosen, where there are several",
        token=lambda channel: "_merged" if channel == "all" else f"_ch{channel}", is_basic=True,
    )
    z: int | str | None = declare(
        None, PART, "Slices", "a slice, counted from 0, or all of them in one, at full precision",
        parse=picture.parse_z, metavar="|".join(("N", *picture.Z_PROJECTIONS)),
        otherwise="`max`, where there is time too",
        token="_z{}", goes_with_raw=True, is_basic=True,
    )
    play: str | None = declare(
        None, PART, "Play", "the axis that is played, where there are several: `T`, `Z`, `C`",
        parse=picture.parse_play, metavar="AXIS", otherwise="`T`", goes_with_raw=True,
        token=lambda letter: f"_play_{letter.lower()}",
    )
    axes: str | None = declare(
        None, PART, "Axes", "names of the axes, slowest first, where the file does not name them",
        parse=picture.parse_axes, metavar="TCZYX", token=lambda letters: f"_{letters.lower()}",
        goes_with_raw=True,
    )
    anchor_style: str | None = declare(
        None, DRAWN, "Anchor", "how the anchor looks", choices=overlays.ANCHOR_STYLES,
        otherwise="`dot`", token="_{}", implies="anchor",
    )
    anchor_size: int | None = declare(
        None, DRAWN, "Anchor",
        f"extent of the anchor in pixels of the video, at least {MIN_ANCHOR_PX}",
        parse=overlays.parse_anchor_size, metavar="PX", token="_{}px", implies="anchor",
        otherwise="2 % of the shorter side, 6 % for a cross or a circle",
    )
    anchor_colour: str | None = declare(
        None, DRAWN, "Anchor", "colour of the anchor",
        parse=overlays.parse_colour, metavar="NAME|#rrggbb", otherwise="red",
        token=overlays.name_token, implies="anchor",
    )
    scale_bar: bool = declare(
        False, DRAWN, "Scale bar", "draw a bar with its length", token="_scalebar", is_basic=True,
    )
    scale_bar_length: float | None = declare(
        None, DRAWN, "Scale bar", "length of the scale bar in µm",
        parse=overlays.parse_length, metavar="UM",
        otherwise="a round number near a fifth of the width", token="_{:g}um", implies="scale_bar",
    )
    scale_bar_corner: str | None = declare(
        None, DRAWN, "Scale bar", "where the scale bar is", choices=overlays.CORNERS,
        otherwise=f"`{overlays.DEFAULT_CORNERS['scale_bar']}`", token=overlays.corner_token,
        implies="scale_bar",
    )
    pixel_size: float | None = declare(
        None, SCALE, "Pixel size", "width of a pixel of the data in µm",
        parse=overlays.parse_length, metavar="UM", otherwise="from the metadata",
        token="_{:g}um", goes_with_raw=True, is_basic=True,
    )
    um_per_pixel: float | None = declare(
        None, SCALE, "Scale", "µm that a pixel of the video shows, the same for all sources, "
        "instead of `--width`", parse=overlays.parse_length, metavar="F", token="_{:g}um_per_px",
        replaces=("width",),
    )
    timestamp: bool = declare(
        False, DRAWN, "Time", "draw the time of each frame", token="_time", is_basic=True,
    )
    timestamp_corner: str | None = declare(
        None, DRAWN, "Time", "where the time is", choices=overlays.CORNERS,
        otherwise=f"`{overlays.DEFAULT_CORNERS['timestamp']}`", token=overlays.corner_token,
        implies="timestamp",
    )
    frame_interval: float | None = declare(
        None, SCALE, "Interval",
        "time between frames of the data: `300`, `5min`, `1h30min`, `500ms`",
        parse=parse_duration, metavar="TIME", otherwise="from the metadata", token="_every_{:g}s",
        goes_with_raw=True, is_basic=True,
    )
    time_start: float | None = declare(
        None, SCALE, "Time", "time of the first frame of the data, shown or not: `2h`, `-10min`",
        parse=overlays.parse_time, metavar="TIME", otherwise="0, or as recorded",
        token="_from_{:g}s",
        in_python="Implies `timestamp`, unless the label shows the time or there are events.",
    )
    label: str | None = declare(
        None, DRAWN, "Label",
        "draw a text; `{name}`, `{time}`, `{frame}` (from 0) and `{channel}` are "
        "filled in, `{{` is a brace", parse=overlays.parse_label, metavar="TEXT", token="_label",
        is_basic=True,
    )
    label_corner: str | None = declare(
        None, DRAWN, "Label", "where the label is", choices=overlays.CORNERS,
        otherwise=f"`{overlays.DEFAULT_CORNERS['label']}`", token=overlays.corner_token,
    )
    position: int | str | None = declare(
        None, PART, "Position", "position on the stage, as names of files or metadata tell, or "
        "image of a file, counted from 0, or by name; `each`: a video of each",
        parse=picture.parse_position,
        metavar="N|NAME|each", otherwise="to be chosen, where there are several", token="_pos{}",
        goes_with_raw=True, is_later=True,
    )
    on_error: str = declare(
        "fail", PART, "Bad frames", "a frame that cannot be read fails its source, or is left out "
        "and listed; the times of the others stay", choices=("fail", "skip"),
        goes_with_raw=True, is_later=True,
    )
    colour_bar: bool = declare(
        False, DRAWN, "Colour bar", "draw a bar from black to white, in the colours of each "
        "channel, with the counts at its ends", token="_colourbar", is_later=True,
    )
    colour_bar_corner: str | None = declare(
        None, DRAWN, "Colour bar", "where the colour bar is", choices=overlays.CORNERS,
        otherwise=f"`{overlays.DEFAULT_CORNERS['colour_bar']}`", token=overlays.corner_token,
        implies="colour_bar", is_later=True,
    )
    legend: bool = declare(
        False, DRAWN, "Legend", "draw the names of the channels in their colours",
        token="_legend", is_later=True,
    )
    legend_corner: str | None = declare(
        None, DRAWN, "Legend", "where the legend is", choices=overlays.CORNERS,
        otherwise=f"`{overlays.DEFAULT_CORNERS['legend']}`", token=overlays.corner_token,
        implies="legend", is_later=True,
    )
    event: tuple[str, ...] | None = declare(
        None, DRAWN, "Events", "write a text from a time on or between two, with times as the "
        "video writes them: `05:00=+ drug`, `1h..2h=light`; of several at a time, the one that "
        "began last", parse=overlays.parse_events, metavar="TIME=TEXT", token="_events",
        is_list=True, is_later=True,
    )
    event_corner: str | None = declare(
        None, DRAWN, "Events", "where events are written", choices=overlays.CORNERS,
        otherwise=f"`{overlays.DEFAULT_CORNERS['event']}`", token=overlays.corner_token,
        is_later=True,
    )
    arrow: tuple[str, ...] | None = declare(
        None, DRAWN, "Arrows", "draw an arrow to a pixel of the data, always, from a time on or "
        "between two: `120,85`, `120,85@05:00..10:00`", parse=overlays.parse_arrows,
        metavar="X,Y[@TIME..TIME]", token="_arrows", is_list=True, is_later=True,
    )
    panels: str | None = declare(
        None, DRAWN, "Panels", "show pictures side by side, with their names: the channels and "
        "behind them all of them merged, all sources of the call in one video, or both, with a row "
        "for each source; the width is that of each panel", choices=("channels", "sources", "both"),
        otherwise="one picture",
        token=lambda panels: "_panels" if panels == "channels" else f"_panels_{panels}",
        is_later=True,
    )
    sync: str | None = declare(
        None, DRAWN, "Sync", "what panels of sources show at a time: what was recorded nearest to "
        "it (of two as near, the earlier one), or the frame with the same number; a source that "
        "has ended stays, and it is written across", choices=("time", "frame"),
        otherwise="`time`, where the times of all sources are known", token="_sync_{}",
        is_later=True,
    )
    sync_interval: float | None = declare(
        None, DRAWN, "Sync", "time from one frame of panels of sources to the next: `30`, `5min`",
        parse=parse_duration, metavar="TIME", otherwise="the shortest of the sources",
        token="_sync_every_{:g}s", is_later=True,
    )
    title: str | None = declare(
        None, DRAWN, "Title", "show a text before the first frame, white on black; `\\n` begins a "
        "new line", parse=overlays.parse_title, metavar="TEXT", token="_title", is_later=True,
    )
    title_duration: float | None = declare(
        None, DRAWN, "Title", "how long the title is shown: `3`, `500ms`",
        parse=parse_duration, metavar="TIME", otherwise=f"`{overlays.TITLE_S:g}` s",
        token="_{:g}s", is_later=True,
    )
    segmentation: str | None = declare(
        None, DRAWN, "Masks", "draw label images of the same size, one for each frame: a "
        "folder, a TIFF or a pattern such as `masks/*_cp.tif`; `{name}` is the source's name",
        parse=drawn.parse_drawn_file, metavar="FOLDER|FILE", token="_segmentation",
        in_python="`convert` also takes an array (T, Y, X).", is_later=True,
    )
    segmentation_style: str | None = declare(
        None, DRAWN, "Masks", "whether objects are filled, in colours that let the image "
        "shine through, or outlined", choices=drawn.SEGMENTATION_STYLES, otherwise="`fill`",
        token="_{}", styles="segmentation", is_later=True,
    )
    tracks: str | None = declare(
        None, DRAWN, "Tracks", "draw tracks from TrackMate's XML, or from CSV with the columns "
        "track_id, frame, y, x or, without a header, in napari's order; `{name}` is the source's "
        "name", parse=drawn.parse_drawn_file, metavar="FILE", token="_tracks",
        in_python="`convert` also takes an array as napari's layer has it.", is_later=True,
    )
    tracks_tail: int | None = declare(
        None, DRAWN, "Tracks", "how many frames back the tracks are drawn",
        parse=drawn.parse_tail, metavar="FRAMES", otherwise=f"`{drawn.DEFAULT_TAIL}`",
        token="_tail{}", styles="tracks", is_later=True,
    )
    tracks_ids: bool = declare(
        False, DRAWN, "Track numbers", "write the number of each track beside it", token="_ids",
        styles="tracks", is_later=True,
    )
    points: str | None = declare(
        None, DRAWN, "Points", "draw points from CSV, as napari saves them or with the columns y, "
        "x and, if they belong to frames, frame; `{name}` is the source's name",
        parse=drawn.parse_drawn_file, metavar="FILE", token="_points",
        in_python="`convert` also takes an array as napari's layer has it.", is_later=True,
    )
    points_size: float | None = declare(
        None, DRAWN, "Points", "diameter of the points in pixels of the data",
        parse=drawn.parse_points_size, metavar="SIZE", token="_{:g}px",
        otherwise=f"`{drawn.DEFAULT_POINTS_SIZE}`, and as large as can be seen", styles="points",
        is_later=True,
    )
    shapes: str | None = declare(
        None, DRAWN, "Shapes", "draw the outlines of shapes from CSV as napari saves them; "
        "`{name}` is the source's name", parse=drawn.parse_drawn_file, metavar="FILE",
        token="_shapes", is_later=True,
        in_python="`convert` also takes a list of arrays, or of pairs of an array and a type.",
    )
    follow: str | Given | None = declare(
        None, PICTURE, "Follow", "keep an object at the centre of the crop box: a file of tracks "
        "(CSV with a header or in napari's columns, TrackMate's XML), or label images, of which "
        "the middle of a label is followed; `{name}` is the source's name",
        parse=following.parse_follow, metavar="TRACKS", otherwise="the box stays", is_later=True,
        in_python="Or an array with the columns of napari's tracks or of its points, on the pixels "
        "of the data, or such a layer, which is where it lies among the layers of the source.",
    )
    follow_id: int | str | None = declare(
        None, PICTURE, "Follow", "the track or label that is followed; `each`: a video of each, "
        "with one contrast for all", parse=following.parse_follow_id, metavar="N|each",
        otherwise="the only one", token="_follow_{}", is_later=True,
    )
    follow_smooth: int | None = declare(
        None, PICTURE, "Follow", "smooth the way of the box: the mean over so many frames, an odd "
        "number", parse=following.parse_follow_smooth, metavar="N", otherwise="off",
        token="_smoothed{}", is_later=True,
    )
    stabilise: bool = declare(
        False, PICTURE, "Stabilise", "take back the drift of the whole picture, found by phase "
        "correlation with the first frame; what lies outside of the data is black",
        token="_stabilised", is_later=True,
    )
    panel_marks: str = declare(
        "each", DRAWN, "Panels", "where panels have scale bar, time, events and a label that holds "
        "for all of them: in each, or once in the whole picture", choices=("each", "once"),
        token=lambda marks: "" if marks == "each" else f"_marks_{marks}", is_later=True,
    )
    # fmt: on

    def __post_init__(self) -> None:
        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        for name, setting in SETTINGS.items():
            value = getattr(self, name)
            if value is not None or setting.default is not None:
                put(name, setting.parse(name, value))
        for name, setting in SETTINGS.items():
            if setting.implies and getattr(self, name) is not None:
                put(setting.implies, True)
        is_used = "time" in overlays.label_fields(self.label) or self.event is not None
        if self.time_start is not None and not is_used:
            put("timestamp", True)
        self._check_together()
        if self.raw:
            put("width", "full")

    def _check_together(self) -> None:
        """Refuse what does not go together, as far as no data and no file are needed to tell."""
        is_given = {name for name in SETTINGS if getattr(self, name) != SETTINGS[name].default}
        for names, message in (
            ("um_per_pixel width", _TWO_WIDTHS),
            ("limits contrast", "limits: fixed limits and a contrast rule exclude each other"),
            ("limits percentile", "limits: fixed limits and percentiles exclude each other"),
            ("crf quality", "crf: sets the quality by itself; leave out quality"),
            ("crf max_size", "max_size: finds the rate factor by itself; leave out crf"),
        ):
            if is_given.issuperset(names.split()):
                raise SettingsError(message)
        for name, needed, verb in (
            ("label_corner", "label", "place"),
            ("event_corner", "event", "place"),
            ("title_duration", "title", "show"),
        ):
            if name in is_given and needed not in is_given:
                raise SettingsError(f"{name}: there is no {needed} to {verb}; give one too")
        self._check_panels()
        rule = CONTRASTS[self.contrast or picture.DEFAULT_CONTRAST]
        if self.percentile is not None and not rule.takes_percentiles:
            *most, last = (name for name, rule in CONTRASTS.items() if rule.takes_percentiles)
            raise SettingsError(
                f"percentile: is for contrast {', '.join(most)} or {last}, not for "
                f"'{self.contrast}'"
            )
        if self.raw:
            others = [name for name in self.changed() if name not in RAW_TAKES]
            if self.width == "full":
                others.remove("width")
            if others:
                raise SettingsError(
                    f"raw: counts are written as they are; leave out {', '.join(others)}, or "
                    "leave out raw"
                )
        if self.codec is not None or self.raw:
            self.codec_for("")
        self._check_follow()

    def _check_follow(self) -> None:
        if self.follow is None:
            for name in ("follow_id", "follow_smooth"):
                if getattr(self, name) is not None:
                    raise SettingsError(f"{name}: there is nothing to follow; name tracks too")
        elif self.stabilise:
            raise SettingsError("stabilise: a box that follows takes drift along; leave it out")
        elif self.crop is None:
            raise SettingsError("follow: say how large the box is with --crop, such as 100x100")
        elif self.crop.x is not None:
            raise SettingsError("follow: moves the crop box; leave out its corner")

    def _check_panels(self) -> None:
        for name in ("sync", "sync_interval"):
            if getattr(self, name) is not None and not self.shows_sources:
                raise SettingsError(f"{name}: is for panels of sources; give --panels sources too")
        if self.panel_marks != "each" and self.panels is None:
            raise SettingsError("panel_marks: is for panels; give --panels too")
        if self.sync == "frame" and self.sync_interval is not None:
            raise SettingsError("sync_interval: is for --sync time; leave out one of them")

    @property
    def shows_sources(self) -> bool:
        """Whether all sources of a call become one video, side by side."""
        return self.panels in ("sources", "both")

    def codec_for(self, ending: str) -> Codec:
        """The codec for a file with this ending (empty: with an automatic name), checked.

        Raises
        ------
        SettingsError
            The codec does not go with the ending, or other settings do not go with it.
        """
        codec = codec_of(self.codec, ending, raw=self.raw)
        formats.check_format(self, codec)
        return codec

    def updated(self, **options: Any) -> VideoSettings:
        """These settings with others on top; what these replace goes back to its default."""
        if options.get("um_per_pixel") is not None and options.get("width") is not None:
            raise SettingsError(_TWO_WIDTHS)
        replaced = {
            other: SETTINGS[other].default
            for name, value in options.items()
            if value is not None
            for other in SETTINGS[name].replaces
        }
        return dataclasses.replace(self, **replaced | options)

    def changed(self) -> dict[str, Any]:
        """Those of `to_dict` that are not as they are by default."""
        return {n: v for n, v in self.to_dict().items() if getattr(self, n) != SETTINGS[n].default}

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain JSON values; `from_dict` reads them back."""
        return {
            name: _plain(value)
            for name, setting in SETTINGS.items()
            if (value := getattr(self, name)) != setting.default or not setting.is_later
        }

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> VideoSettings:
        """Settings from `to_json`; options that are not named keep their defaults."""
        try:
            values = load_json(text)
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
        unknown = sorted(set(values) - set(SETTINGS))
        if unknown:
            raise SettingsError(
                f"settings: unknown option {', '.join(repr(name[:40]) for name in unknown[:9])}; "
                f"known are {', '.join(sorted(SETTINGS))}"
            )
        for name, value in values.items():
            if len(repr(value)) > _MAX_VALUE_LENGTH:
                raise SettingsError(f"{name}: is longer than any value of it")
            if isinstance(SETTINGS[name].default, bool) and not isinstance(value, bool):
                raise SettingsError(f"{name}: expected true or false, got {value!r}")
        return cls(**values)


#: What is declared of each setting, in the order of the fields.
SETTINGS: dict[str, Setting] = {
    field.name: field.metadata["setting"] for field in dataclasses.fields(VideoSettings)
}

#: Those that name a file or folder of what is drawn at places of the data.
DRAWN_FILES = tuple(
    name for name, setting in SETTINGS.items() if setting.parse is drawn.parse_drawn_file
)

#: What raw counts leave to choose: which of them, how fast, and into what.
RAW_TAKES = frozenset(name for name, setting in SETTINGS.items() if setting.goes_with_raw)


def _plain(value: Any) -> Any:
    """A setting as a JSON value."""
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, (Fraction, CropBox, Given)) else value


def _parameters() -> str:
    """What a docstring says about the parameters, from what is declared of them."""
    lines = ["Parameters", "----------"]
    for field in dataclasses.fields(VideoSettings):
        setting = SETTINGS[field.name]
        kind = str(field.type).replace(" | None", ", optional").replace(" | ", " or ")
        default = setting.default_text and f"Default: {setting.default_text}."
        text = " ".join(filter(None, [f"{setting.meaning}.", setting.in_python, default]))
        text = re.sub("--([a-z-]+)", lambda option: option[1].replace("-", "_"), text)
        lines += [f"{field.name} : {kind}", textwrap.indent(textwrap.fill(text, 92), "    ")]
    return "\n".join(lines)


VideoSettings.__doc__ = f"{VideoSettings.__doc__}\n\n{_parameters()}\n"
