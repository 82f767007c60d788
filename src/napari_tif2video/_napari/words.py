"""Messages as the window says them: with its own titles, and files by their names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from napari.utils.notifications import show_error

from ..errors import Tif2VideoError, describe
from ..settings import SETTINGS, option_of

# Options of the command line that are no settings, and what does the same here.
_ELSEWHERE = {
    "--match": "a pattern of file names (on the command line)",
    "--recursive": "its subfolders one by one",
    "--overwrite": '"If it exists: Replace"',
    "--skip-existing": '"If it exists: Skip"',
    "--output": '"Save as"',
    "--output-dir": '"Save in"',
    "--report": "the log",
}
_TITLES = {name: f'"{setting.title}"' for name, setting in SETTINGS.items()}
_OPTIONS = {option_of(name): title for name, title in _TITLES.items()}
_NAMES = re.compile(rf"\b(?:{'|'.join(name for name in SETTINGS if '_' in name)})\b")
_FOLDERS = re.compile(r"(?<![\w.:/\\])(?:[A-Za-z]:)?[/\\](?:[^/\\:\n]*[/\\])+(?=[^/\\\s])")


def in_words(message: str) -> str:
    """A message with titles in place of settings, and of options of the command line."""
    name, colon, said = message.partition(": ")
    if name in SETTINGS:
        message = f"{SETTINGS[name].title}{colon}{said}"
    message = re.sub(r"(add )?(--[a-z][a-z-]*)", _in_window, message)
    return _NAMES.sub(lambda match: _TITLES[match[0]], message)


def _in_window(match: re.Match[str]) -> str:
    add, option = match.groups(default="")
    if option in _OPTIONS:
        return ("set " if add else "") + _OPTIONS[option]
    return add + _ELSEWHERE.get(option, option)


def in_short(message: str) -> str:
    """The same, with names in place of paths, whose beginnings tell nothing in little room."""
    return _FOLDERS.sub("", in_words(message))


def problem_of(error: BaseException) -> str:
    """What went wrong, in words."""
    return in_words(describe(error))


@contextmanager
def telling() -> Iterator[None]:
    """What goes wrong is said in a notification."""
    try:
        yield
    except Tif2VideoError as exc:
        show_error(in_short(describe(exc)))
