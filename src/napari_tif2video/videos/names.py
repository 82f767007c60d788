"""What a video is called, by what was asked for."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

from ..errors import OutputError
from ..planning import Plan
from ..settings import SETTINGS
from ..units import decimal_fps

# In this order since there are names; what is not listed comes last.
_FIRST = (
    "crop", "axes", "position", "channel", "z", "play", "contrast", "limits", "percentile", "gamma",
    "invert", "colormap", "anchor_style", "anchor_size", "anchor_colour", "scale_bar",
    "scale_bar_length", "scale_bar_corner", "timestamp", "timestamp_corner", "label",
    "label_corner", "pixel_size", "um_per_pixel", "frame_interval", "time_start", "frames", "codec",
)  # fmt: skip


def video_name(plan: Plan, source: str = "") -> str:
    """The automatic file name, such as ``500px_10fps_crop_250x250_global_norm_video.mp4``.

    Parameters
    ----------
    source : str
        Comes first, for a video outside its own source folder.
    """
    values = {name: getattr(plan.settings, name) for name in SETTINGS} | _found(plan)
    tokens = "".join(SETTINGS[name].token_for(values.pop(name)) for name in _FIRST)
    tokens += "".join(SETTINGS[name].token_for(value) for name, value in values.items())
    prefix, ending = f"{source}_" if source else "", plan.encoder.container.ending
    return f"{prefix}{plan.picture.size[1]}px_{decimal_fps(plan.fps)}fps{tokens}_video{ending}"


def _found(plan: Plan) -> dict[str, Any]:
    """What settings came to with these data and this format; None for what leaves no trace."""
    settings = plan.settings
    found: dict[str, Any] = {}
    if settings.channel not in (None, "all") and not plan.sources:
        found["channel"] = plan.stack.channels[0].number
    if settings.position is not None and plan.stack.position is not None:
        found["position"] = plan.stack.position
    if plan.followed is not None:
        found["follow_id"] = plan.followed
    if settings.frames is not None:
        found["frames"] = plan.indices
    codec = plan.encoder.codec.name
    found["codec"] = None if plan.encoder.container.codec == codec else codec
    # The plain dot leaves none.
    if settings.anchor_size is not None or settings.anchor_colour is not None:
        found["anchor_style"] = settings.anchor_style or "dot"
    elif settings.anchor_style == "dot":
        found["anchor_style"] = None
    return found


def check_length(path: Path, sidecar: Path | None = None) -> None:
    """Refuse a name that the file system cannot hold, and offer one that it can.

    Raises
    ------
    OutputError
        It would only be noticed when the video is finished.
    """
    most, size = _longest_name(path.parent), len(os.fsencode(path.name))
    if sidecar is not None:
        most -= max(0, len(sidecar.suffix) - len(path.suffix))
    if size <= most:
        return
    ending = f"_video{path.suffix}" if path.stem.endswith("_video") else path.suffix
    stem = os.fsencode(path.name)[: most - len(os.fsencode(ending))]
    shorter = stem.decode("utf-8", errors="ignore") + ending
    raise OutputError(
        f"{path}: its name takes {size} bytes, and {most} are possible there; "
        f"convert it alone, with --output and a shorter one, such as {shorter}"
    )


def _longest_name(folder: Path) -> int:
    """In bytes, in a folder that may have to be made yet."""
    for existing in (folder, *folder.parents):
        with contextlib.suppress(OSError, AttributeError, ValueError):  # Windows cannot tell
            return os.pathconf(existing, "PC_NAME_MAX")
    return 255


def same_output_key(path: Path) -> tuple[object, str]:
    """Equal for paths that may be one file on some file system, such as ``A.mp4`` and ``a.mp4``."""
    try:
        found = path.parent.stat()
        folder: object = (found.st_dev, found.st_ino)
    except OSError:  # to be made yet
        folder = os.path.realpath(path.parent).casefold()
    return folder, path.name.casefold()


def file_key(path: Path) -> object:
    """Equal for paths that lead to one file, through links of any kind."""
    try:
        found = path.stat()
    except OSError:  # to be made yet
        return same_output_key(Path(os.path.realpath(path)))
    return found.st_dev, found.st_ino
