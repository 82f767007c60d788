"""How lines reach people and pipes: whole, without control codes, and never in the work's way."""

from __future__ import annotations

import os
import sys
from typing import IO

from ..errors import OutputError, escaped

# Beginnings of lines that should be seen among many, and the codes of red and yellow.
_COLOURS = {"tif2video:": 31, "  failed:": 31, "  Note:": 33}


def say(line: str) -> None:
    """A message on stderr. Where nobody takes it, the work goes on: its exit code tells."""
    if sys.stderr is None:  # closed by the caller; `print` would take stdout instead
        return
    try:
        print(_coloured(escaped(line), sys.stderr), file=sys.stderr, flush=True)
    except OSError:
        write_no_more(sys.stderr)


def _coloured(line: str, stream: IO[str]) -> str:
    """The line with its first word in colour, on a terminal whose user takes colours."""
    found = next((start for start in _COLOURS if line.startswith(start)), "")
    if not found or not stream.isatty() or os.environ.get("NO_COLOR"):
        return line
    if os.environ.get("TERM") == "dumb" or (os.name == "nt" and "WT_SESSION" not in os.environ):
        return line
    return f"\x1b[{_COLOURS[found]}m{found}\x1b[0m{line.removeprefix(found)}"


def show(line: str) -> None:
    """A line of what was asked for, on stdout.

    Raises
    ------
    OutputError
        It cannot be written.
    BrokenPipeError
        The reader, such as `head`, has had enough.
    """
    _write(f"{line}\n")


def flush() -> None:
    """Write what is left for stdout now, while a failure can be told properly."""
    _write("")


def _write(text: str) -> None:
    try:
        print(text, end="", flush=not text)  # does nothing where stdout was closed by the caller
    except BrokenPipeError:
        write_no_more(sys.stdout)
        raise
    except OSError as exc:
        write_no_more(sys.stdout)
        raise OutputError(f"standard output: cannot be written ({exc.strerror or exc})") from exc


def write_no_more(stream: IO[str]) -> None:
    """Python flushes its streams once more at its end, which would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def occupy_streams() -> None:
    """Leave no file of ours the number of a stream that was closed.

    FFmpeg writes messages to number 2, whatever is open there.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)
