"""Where a video goes: its name, and its appearance under that name only when it is whole."""

from __future__ import annotations

import contextlib
import os
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .errors import OutputError, OutputExistsError
from .plan import Plan
from .settings import DEFAULT_OF_ENDING, VideoSettings
from .units import decimal_fps, readable_size

_PART_PREFIX, _PART_SUFFIX = ".tif2video-", ".part"
_CONTRAST_TOKENS = {
    "global": "_global_norm",
    "batch": "_batch_norm",
    "smooth": "_smooth_norm",
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


def sidecar_of(path: Path) -> Path:
    """The name of the recipe beside a video."""
    return path.with_suffix(".json")


def same_output_key(path: Path) -> tuple[object, str]:
    """Equal for paths that may be one file on some file system, such as ``A.mp4`` and ``a.mp4``."""
    try:
        found = path.parent.stat()
        folder: object = (found.st_dev, found.st_ino)
    except OSError:  # to be made yet
        folder = os.path.realpath(path.parent).casefold()
    return folder, path.name.casefold()


@dataclass(frozen=True)
class Parts:
    """Temporary files that are written before anything has its name."""

    video: Path
    sidecar: Path | None


@contextmanager
def publishing(path: Path, *, overwrite: bool, sidecar: Path | None = None) -> Iterator[Parts]:
    """Temporary files that take their names when the block ends well, and go otherwise.

    They lie in the same folder, so that the last step is a rename within one file system. Files
    that have the names already stay untouched until that moment.

    Parameters
    ----------
    path : Path
        The video.
    sidecar : Path, optional
        A file beside it, which appears right after it.

    Raises
    ------
    OutputExistsError
        Something has a name already and may not be replaced, now or at the end.
    OutputError
        The folder cannot be written to.
    """
    names = [path] if sidecar is None else [path, sidecar]
    for name in names:
        if not overwrite and os.path.lexists(name):
            raise exists_error(name)
        if name.is_dir():
            raise OutputError(f"{name}: is a folder; choose another name")
    stem = f"{_PART_PREFIX}{uuid.uuid4().hex[:12]}"
    part = path.with_name(f"{stem}{_PART_SUFFIX}")
    beside = None if sidecar is None else sidecar.with_name(f"{stem}.json{_PART_SUFFIX}")
    try:
        # Inside, so that an interruption right after the first step leaves nothing either.
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _remove_leftovers(path.parent)
            part.touch(exist_ok=False)
        except OSError as exc:
            raise OutputError(
                f"{path.parent}: cannot be written to ({exc.strerror or exc}); "
                "use --output-dir to choose another folder"
            ) from exc
        yield Parts(part, beside)
        try:
            _flush(part)
            if beside is not None:
                _flush(beside)
            _rename(part, path, overwrite)
            if beside is not None and sidecar is not None:
                _rename_beside(beside, sidecar, path, overwrite)
            _flush_folder(path.parent)
        except OSError as exc:
            raise OutputError(f"{path}: cannot be written ({exc.strerror or exc})") from exc
    finally:
        for left in (part, beside):
            if left is not None:
                with contextlib.suppress(OSError):
                    left.unlink(missing_ok=True)


def write_sidecar(part: Path, text: str) -> None:
    try:
        part.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise OutputError(f"{part.parent}: cannot be written to ({exc.strerror or exc})") from exc


@contextmanager
def second_part(part: Path) -> Iterator[Path]:
    """A name beside a part for what takes its place when the block ends well."""
    second = part.with_suffix(f".2{_PART_SUFFIX}")
    try:
        yield second
        os.replace(second, part)
    except OSError as exc:
        raise OutputError(f"{part.parent}: cannot be written to ({exc.strerror or exc})") from exc
    finally:
        with contextlib.suppress(OSError):
            second.unlink(missing_ok=True)


def exists_error(path: Path) -> OutputExistsError:
    return OutputExistsError(
        f"{path} exists already; use --overwrite to replace it or --skip-existing to keep it"
    )


def _rename(part: Path, path: Path, overwrite: bool) -> None:
    if overwrite:
        os.replace(part, path)
        return
    # A link, unlike a rename, refuses a name that was taken while the video was made.
    try:
        os.link(part, path)
    except FileExistsError:
        raise exists_error(path) from None
    except OSError:  # file systems without links, such as exFAT
        if os.path.lexists(path):
            raise exists_error(path) from None
        os.replace(part, path)


def _rename_beside(part: Path, sidecar: Path, path: Path, overwrite: bool) -> None:
    """Name a sidecar; if that fails, a video that took no other's place goes again."""
    try:
        _rename(part, sidecar, overwrite)
    except BaseException:
        if not overwrite:
            path.unlink()
        raise


def _flush(path: Path) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Make the new name survive a power cut, where folders can be opened (not on Windows)."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# A run that was killed cannot tidy up. A part is touched whenever packets are written, but also
# waits while limits are measured: a day is longer than any measuring takes.
_LEFTOVER_AGE_S = 24 * 3600


def _remove_leftovers(folder: Path) -> None:
    for part in folder.glob(f"{_PART_PREFIX}*{_PART_SUFFIX}"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > _LEFTOVER_AGE_S:
                part.unlink()
