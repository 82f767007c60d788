"""Every error this package raises on purpose.

Each message is one line: where, what is wrong and what to do about it. None of the classes
derives from RuntimeError, because napari's worker threads drop those without a word.
"""

from __future__ import annotations

from unicodedata import category

#: What to say where a file does not hold what it claims.
DAMAGED = "the file is damaged or incomplete, copy it again"


class Tif2VideoError(Exception):
    """Base of all errors of this package."""


class SettingsError(Tif2VideoError, ValueError):
    """An option, or a combination of options, that makes no sense for any source."""


class SourceError(Tif2VideoError):
    """A source, or one of its frames, cannot be read or does not fit the settings."""


class OutputError(Tif2VideoError):
    """The video cannot be written where it was asked for."""


class OutputExistsError(OutputError):
    """The output exists already, and nobody said that it may be replaced."""


class EncodingError(Tif2VideoError):
    """The encoder failed, or the finished file is not the video that was planned."""


class Cancelled(Tif2VideoError):  # noqa: N818 - it is what happened, not an error
    """The caller asked for the conversion to stop."""


def no_memory(exc: MemoryError) -> str:
    """What to say where there is no memory left."""
    reason = one_line(str(exc))
    return (
        f"there is not enough memory{f' ({reason})' if reason else ''}; use fewer workers, or a "
        "smaller crop or width"
    )


def describe(exc: BaseException) -> str:
    """An exception as one line for people; the type is named where it is not one of ours."""
    text = one_line(str(exc))
    if isinstance(exc, MemoryError):
        return no_memory(exc)
    if isinstance(exc, Tif2VideoError):
        return text
    return f"unexpected {type(exc).__name__}" + (text and f": {text}")


def one_line(text: str) -> str:
    """The text without line breaks and control codes, which names of files can contain."""
    return escaped(" ".join(text.split()))


def escaped(text: str) -> str:
    """The text with all that is no character to look at written as ``\\x1b``.

    A terminal would obey control codes, and show the rest of a line in another order.
    """
    return "".join(
        c if c.isprintable() or category(c) == "Zs" else c.encode("unicode_escape").decode()
        for c in text
    )
