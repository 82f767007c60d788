"""Paths as people type them, and command lines as they can type them again."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable

from .errors import SettingsError

_IS_WINDOWS = os.name == "nt"
# What no shell of Windows gives a meaning to.
_PLAIN_ON_WINDOWS = re.compile(r"[\w@+=:,./\\-]+")


def expanded(
    path: str | os.PathLike[str], what: str = "a source", *, is_windows: bool = _IS_WINDOWS
) -> str:
    """A path with ``~`` and ``$NAME`` filled in, which shells leave as they are in quotes.

    Raises
    ------
    SettingsError
        There is none: what was meant is not the folder where the program runs.
    """
    text = os.fspath(path)
    if is_windows:
        text = _without_quote(text, what)
    if not text.strip():
        raise SettingsError(f"{what} is empty; name a file or folder")
    return text if os.path.exists(text) else os.path.expandvars(os.path.expanduser(text))


def _without_quote(text: str, what: str) -> str:
    """A path without the quote that ``"D:\\data\\"`` gets, where it is escaped."""
    text = text.removesuffix('"')
    if '"' in text:
        raise SettingsError(
            f"{what} holds a quote: {text}; leave out the backslash in front of the quote"
        )
    return text


def command_line(words: Iterable[str], *, is_windows: bool = _IS_WINDOWS) -> str:
    """Words as they are typed in a shell of this system."""
    if not is_windows:
        return shlex.join(words)
    return " ".join(map(_quoted_on_windows, words))


def _quoted_on_windows(word: str) -> str:
    """In double quotes where needed, as programs of Windows take their command line apart.

    ``subprocess.list2cmdline`` leaves out those that only the shell needs, such as for ``a&b``.
    """
    if _PLAIN_ON_WINDOWS.fullmatch(word):
        return word
    doubled = re.sub(r'(\\*)"', r'\1\1\\"', word)  # backslashes count in front of a quote
    at_end = re.sub(r"(\\+)$", r"\1\1", doubled)
    return f'"{at_end}"'
