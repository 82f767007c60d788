"""Where a video keeps text about itself, and how its recipe is read back."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ..errors import SettingsError, SourceError
from .as_json import MAX_JSON_BYTES, load_json
from .recipe import Recipe, is_recipe

# What files begin with, and FFmpeg's name of their format. The format is never left to FFmpeg to
# guess: a playlist would make it open other files and addresses.
_BEGINNINGS = ((4, b"ftyp", "mp4"), (0, b"\x1a\x45\xdf\xa3", "matroska"), (0, b"GIF8", "gif"))
_KEY = "comment"

# GIF89a: what a comment begins with, and the end of the file.
_COMMENT, _TRAILER = b"\x21\xfe", b"\x3b"


def metadata(text: str) -> dict[str, str]:
    """What is handed to FFmpeg's muxers before the header is written."""
    return {_KEY: text} if text else {}


def read_text(path: str | os.PathLike[str]) -> str:
    """The text in a video file; empty where it has none.

    Raises
    ------
    SourceError
        The file cannot be read, or is no video.
    """
    try:
        with open(path, "rb") as file:
            beginning = file.read(16)
            file.seek(max(0, os.fstat(file.fileno()).st_size - 1))
            last = file.read()
    except OSError as exc:
        raise SourceError(f"{path}: cannot be read ({exc.strerror or exc})") from exc
    formats = [name for at, magic, name in _BEGINNINGS if beginning[at:].startswith(magic)]
    if not formats:
        raise SourceError(f"{path}: is no video of a known format")
    if formats == ["gif"] and last != _TRAILER:  # FFmpeg passes over that
        raise SourceError(f"{path}: is cut off")
    import av  # not before a file is there: the command line asks for settings early

    try:
        with av.open(
            f"file:{os.fspath(path)}", format=formats[0], metadata_errors="replace"
        ) as container:
            found = {key.lower(): value for key, value in container.metadata.items()}
            is_video = bool(container.streams.video)
    except (av.FFmpegError, OSError, ValueError) as exc:
        raise SourceError(f"{path}: is no video that can be opened ({exc})") from exc
    if not is_video:
        raise SourceError(f"{path}: holds no video")
    return str(found.get(_KEY, ""))


def put_into_gif(path: Path, text: str) -> None:
    """Put a comment into a finished GIF, in front of its first image.

    Parameters
    ----------
    text : str
        ASCII, as the format wants it.
    """
    data = text.encode("ascii")
    blocks = (data[i : i + 255] for i in range(0, len(data), 255))
    comment = _COMMENT + b"".join(bytes((len(b),)) + b for b in blocks) + b"\0"
    second = path.with_suffix(f".gif{path.suffix}")
    try:
        with open(path, "rb") as old, open(second, "wb") as new:
            start = old.read(13)  # the table of colours, if there is one, follows
            has_table, bits = start[10] & 0x80, start[10] & 7
            new.write(start + old.read(3 << (bits + 1) if has_table else 0) + comment)
            shutil.copyfileobj(old, new)
        os.replace(second, path)
    finally:
        second.unlink(missing_ok=True)


def read_recipe(path: str | os.PathLike[str]) -> Recipe:
    """The recipe in a video, or in a sidecar: ``read_recipe("movie.mp4").channels[0].limits``.

    Raises
    ------
    SourceError
        The file cannot be read, is no video, or has no recipe.
    """
    try:
        recipe = saved_recipe(path)
    except SettingsError as exc:
        raise SourceError(f"{path}: {exc}") from None
    if recipe is None:
        raise SourceError(f"{path}: is no video of a known format, and holds no recipe either")
    return recipe


def saved_recipe(path: str | os.PathLike[str]) -> Recipe | None:
    """The recipe in a file that settings are taken from; None for a text that is none.

    Raises
    ------
    SettingsError
        The file cannot be read, or is a video without a recipe. Messages do not name it.
    """
    try:
        text = _read_json(path)
        values = load_json(read_text(path) if text is None else text)
    except SourceError as exc:
        raise SettingsError(str(exc).removeprefix(f"{path}: ")) from exc
    except ValueError:
        values = None
    if is_recipe(values):
        return Recipe.from_dict(values)
    if text is None:
        raise SettingsError("holds no recipe of tif2video")
    return None


def _read_json(path: str | os.PathLike[str]) -> str | None:
    """The text of a JSON file; None for a file that is no text, such as a video."""
    try:
        with open(path, "rb") as file:
            content = file.read(4096)
            if b"\0" in content:
                return None
            content += file.read(MAX_JSON_BYTES)  # beyond, `load_json` refuses what is there
        return content.decode("utf-8")
    except OSError as exc:
        raise SourceError(f"{path}: cannot be read ({exc.strerror or exc})") from exc
    except UnicodeDecodeError:
        return None
