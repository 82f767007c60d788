"""Where a video keeps text about itself, and how its recipe is read back."""

from __future__ import annotations

import mmap
import os
import shutil
from pathlib import Path

from ..errors import SettingsError, SourceError
from .recipe import MAX_JSON_BYTES, Recipe, is_recipe, load_json

# What files begin with, and FFmpeg's name of their format. The format is never left to FFmpeg to
# guess: a playlist would make it open other files and addresses.
_BEGINNINGS = ((4, b"ftyp", "mp4"), (0, b"\x1a\x45\xdf\xa3", "matroska"), (0, b"GIF8", "gif"))
_KEY = "comment"

# GIF89a: blocks of an image, of an extension, the comment among these, and the end of the file.
_IMAGE, _EXTENSION, _COMMENT, _TRAILER = 0x2C, 0x21, 0xFE, 0x3B


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
    except OSError as exc:
        raise SourceError(f"{path}: cannot be read ({exc.strerror or exc})") from exc
    formats = [name for at, magic, name in _BEGINNINGS if beginning[at:].startswith(magic)]
    if not formats:
        raise SourceError(f"{path}: is no video of a known format")
    if formats == ["gif"]:
        return _gif_comment(Path(path))
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
    comment = bytes((_EXTENSION, _COMMENT)) + b"".join(bytes((len(b),)) + b for b in blocks)
    second = path.with_suffix(f".gif{path.suffix}")
    try:
        with open(path, "rb") as old, open(second, "wb") as new:
            start = _after_colours(old.read(13), 10, 13)
            old.seek(0)
            new.write(old.read(start) + comment + b"\0")
            shutil.copyfileobj(old, new)
        os.replace(second, path)
    finally:
        second.unlink(missing_ok=True)


def _gif_comment(path: Path) -> str:
    """The comments before the end of a GIF, joined."""
    try:
        with (
            open(path, "rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        ):
            return _comments(content, path)
    except (OSError, ValueError) as exc:
        raise SourceError(f"{path}: cannot be read ({exc})") from exc


def _comments(content: mmap.mmap, path: Path) -> str:
    comments = []
    try:
        at = _after_colours(content, 10, 13)
        while content[at] != _TRAILER:
            if content[at] == _EXTENSION:
                label, at = content[at + 1], at + 2
            elif content[at] == _IMAGE:
                # Place, size, colours, and the size of the first code.
                label, at = None, _after_colours(content, at + 9, at + 10) + 1
            else:
                raise SourceError(f"{path}: is no GIF that can be read")
            parts = []
            while size := content[at]:
                parts.append(content[at + 1 : at + 1 + size])
                at += 1 + size
            at += 1
            if label == _COMMENT:
                comments.append(b"".join(parts))
    except IndexError:
        raise SourceError(f"{path}: is cut off") from None
    return b"".join(comments).decode("ascii", errors="replace")


def _after_colours(content: bytes | mmap.mmap, flags: int, start: int) -> int:
    """Where a table of colours that may begin at `start` ends; its size is in the byte `flags`."""
    has_table, bits = content[flags] & 0x80, content[flags] & 7
    return start + (3 << (bits + 1) if has_table else 0)


def read_recipe(path: str | os.PathLike[str]) -> Recipe:
    """The recipe in a video, or in a sidecar: ``read_recipe("movie.mp4").channels[0].limits``.

    Raises
    ------
    SourceError
        The file cannot be read, is no video, or has no recipe.
    """
    text = read_json(path)
    is_video = text is None
    if text is None:
        text = read_text(path)
    try:
        return Recipe.from_json(text)
    except SettingsError as exc:
        reason = str(exc) if is_video or is_json(text) else "is no video of a known format"
        raise SourceError(f"{path}: {reason}") from None


def is_json(text: str) -> bool:
    try:
        load_json(text)
    except ValueError:
        return False
    return True


def read_json(path: str | os.PathLike[str]) -> str | None:
    """The text of a JSON file; None for a file that is no text, such as a video."""
    try:
        with open(path, "rb") as file:
            content = file.read(4096)
            if b"\0" in content:
                return None
            content += file.read(MAX_JSON_BYTES)
        if len(content) > MAX_JSON_BYTES:
            raise SourceError(f"{path}: is too large for settings or a recipe")
        return content.decode("utf-8")
    except OSError as exc:
        raise SourceError(f"{path}: cannot be read ({exc.strerror or exc})") from exc
    except UnicodeDecodeError:
        return None


def saved_recipe(path: str | os.PathLike[str]) -> Recipe | None:
    """The recipe in a file that settings are taken from; None for one with settings alone."""
    try:
        text = read_json(path)
        if text is None:
            return read_recipe(path)
    except SourceError as exc:
        raise SettingsError(str(exc).removeprefix(f"{path}: ")) from exc
    try:
        values = load_json(text)
    except ValueError:
        return None  # said by whoever reads the settings
    return Recipe.from_dict(values) if is_recipe(values) else None
