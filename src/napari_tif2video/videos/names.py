"""What a video is called, by what was asked for."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..planning import Plan
from ..settings import DEFAULT_OF_ENDING, VideoSettings
from ..units import decimal_fps, readable_size

_CONTRAST_TOKENS = {
    "global": "_global_norm",
    "batch": "_batch_norm",
    "smooth": "_smooth_norm",
    "auto": "_auto_norm",
    "fixed": "_fixed",
}


def video_name(plan: Plan, source: str = "") -> str:
    """The automatic file name, such as ``500px_10fps_crop_250x250_global_norm_video.mp4``.

    Parameters
    ----------
    source : str
        Comes first, for a video outside its own source folder.
    """
    crop = plan.settings.crop
    tokens = ""
    if crop is not None:
        tokens += f"_crop_{crop.width}x{crop.height}"
        if crop.x is not None:
            tokens += f"_at_{crop.x}_{crop.y}"
    tokens += _part_tokens(plan)
    tokens += _CONTRAST_TOKENS.get(plan.contrast, "")
    tokens += _display_tokens(plan.settings)
    tokens += _overlay_tokens(plan.settings)
    if plan.settings.frames is not None:
        tokens += f"_frames_{plan.indices[0]}-{plan.indices[-1]}"
        if plan.indices.step != 1:
            tokens += f"_step_{plan.indices.step}"
    tokens += _format_tokens(plan)
    prefix, ending = f"{source}_" if source else "", plan.encoder.ending
    return f"{prefix}{plan.picture.size[1]}px_{decimal_fps(plan.fps)}fps{tokens}_video{ending}"


def _part_tokens(plan: Plan) -> str:
    """What was asked for of a hyperstack."""
    settings, tokens = plan.settings, ""
    if settings.axes is not None:
        tokens += f"_{settings.axes.lower()}"
    if settings.channel == "all":
        tokens += "_merged"
    elif settings.channel is not None:
        tokens += f"_ch{plan.stack.channels[0].number}"
    if settings.z is not None:
        tokens += f"_z{settings.z}"
    if settings.play is not None:
        tokens += f"_play_{settings.play.lower()}"
    return tokens


def _format_tokens(plan: Plan) -> str:
    """How it is encoded, as far as the ending does not tell."""
    settings, tokens = plan.settings, ""
    if DEFAULT_OF_ENDING[plan.encoder.ending] != plan.encoder.codec:
        tokens += f"_{plan.encoder.codec}"
    if settings.quality not in ("standard", "lossless"):
        tokens += f"_{settings.quality}"
    tokens += "" if settings.crf is None else f"_crf{settings.crf}"
    tokens += "" if settings.max_size is None else f"_max{readable_size(settings.max_size)}"
    return tokens + ("_raw" if settings.raw else "")


def _display_tokens(settings: VideoSettings) -> str:
    tokens = ""
    if settings.percentile is not None:
        tokens += "_percentile_{:g}-{:g}".format(*settings.percentile)
    tokens += "" if settings.gamma is None else f"_gamma_{settings.gamma:g}"
    tokens += "_inverted" if settings.invert else ""
    if settings.colormap is not None:
        tokens += "_colormap_" + re.sub(r"[^\w-]+", "-", settings.colormap)
    return tokens


def _overlay_tokens(settings: VideoSettings) -> str:
    """What is drawn on top; the plain red dot leaves no trace."""
    tokens = ""
    own = settings.anchor_style, settings.anchor_size, settings.anchor_colour
    if own not in ((None, None, None), ("dot", None, None)):
        tokens += f"_{settings.anchor_style or 'dot'}"
        tokens += "" if settings.anchor_size is None else f"_{settings.anchor_size}px"
        tokens += "" if settings.anchor_colour is None else f"_{_slug(settings.anchor_colour)}"
    if settings.scale_bar:
        length = settings.scale_bar_length
        tokens += "_scalebar" + ("" if length is None else f"_{length:g}um")
        tokens += _corner_token(settings.scale_bar_corner)
    if settings.timestamp:
        tokens += "_time" + _corner_token(settings.timestamp_corner)
    if settings.label is not None:
        tokens += "_label" + _corner_token(settings.label_corner)
    for value, unit in ((settings.pixel_size, "um"), (settings.um_per_pixel, "um_per_px")):
        tokens += "" if value is None else f"_{value:g}{unit}"
    for value, word in ((settings.frame_interval, "every"), (settings.time_start, "from")):
        tokens += "" if value is None else f"_{word}_{value:g}s"
    return tokens


def _corner_token(corner: str | None) -> str:
    return "" if corner is None else "_" + "".join(word[0] for word in corner.split("-"))


def _slug(text: str) -> str:
    return re.sub(r"[^\w-]+", "-", text).strip("-")


def same_output_key(path: Path) -> tuple[object, str]:
    """Equal for paths that may be one file on some file system, such as ``A.mp4`` and ``a.mp4``."""
    try:
        found = path.parent.stat()
        folder: object = (found.st_dev, found.st_ino)
    except OSError:  # to be made yet
        folder = os.path.realpath(path.parent).casefold()
    return folder, path.name.casefold()
