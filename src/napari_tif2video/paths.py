"""Paths as people type them."""

from __future__ import annotations

import os

from .errors import SettingsError


def expanded(path: str | os.PathLike[str], what: str = "a source") -> str:
    """A path with ``~`` and ``$NAME`` filled in, which shells leave as they are in quotes.

    Raises
    ------
    SettingsError
        There is none: what was meant is not the folder where the program runs.
    """
    text = os.fspath(path)
    if not text.strip():
        raise SettingsError(f"{what} is empty; name a file or folder")
    return text if os.path.exists(text) else os.path.expandvars(os.path.expanduser(text))
