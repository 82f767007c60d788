"""Which recipe is in this file: a video, or the sidecar of one?"""

from __future__ import annotations

import json
import os
from pathlib import Path

from .errors import SettingsError, SourceError
from .recipe import Recipe, is_recipe
from .tags import read_text


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
        reason = str(exc) if is_video or is_json(text) else "is no video (MP4, MKV, WebM or GIF)"
        raise SourceError(f"{path}: {reason}") from None


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def read_json(path: str | os.PathLike[str]) -> str | None:
    """The text of a JSON file; None for a file that is no text, such as a video."""
    try:
        with open(path, "rb") as file:
            if b"\0" in file.read(4096):
                return None
        return Path(path).read_text(encoding="utf-8")
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
        values = json.loads(text)
    except ValueError:
        return None  # said by whoever reads the settings
    return Recipe.from_dict(values) if is_recipe(values) else None
