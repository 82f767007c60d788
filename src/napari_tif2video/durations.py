"""Durations as people write them: ``300``, ``5min``, ``1.5 h``, ``500ms``, in seconds."""

from __future__ import annotations

import math
import re
from datetime import timedelta

from .errors import SettingsError

_UNITS_S = {
    "": 1.0,
    "us": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "sec": 1.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86400.0,
}
_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)(?:[eE]([+-]?\d+))?"
_PART = re.compile(rf"{_NUMBER}\s*([a-zA-Zµμ]*)\s*", re.ASCII)

# A thousand years: beyond, a number is a mistake, and its digits fill the picture.
MAX_S = 1000 * 365.25 * 86400


def parse_duration(name: str, value: object, *, is_signed: bool = False) -> float | None:
    """A duration in s, from a number of seconds or text such as ``"1 h 30 min"``.

    Parameters
    ----------
    name : str
        What messages call it.
    is_signed : bool
        Whether zero and negative ones make sense.
    """
    if value is None:
        return None
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
    elif isinstance(value, str):
        seconds = _read(value)
    else:
        seconds = _number(value)
    if math.isnan(seconds):
        raise SettingsError(
            f"{name}: expected a time such as 300, 5min, 1.5h or 500ms, got {value!r}"
        )
    if not is_signed and seconds <= 0:
        raise SettingsError(f"{name}: must be more than 0, got {value}")
    if abs(seconds) > MAX_S:
        raise SettingsError(f"{name}: {value} is more than a thousand years")
    return seconds


def _number(value: object) -> float:
    try:
        return math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _read(text: str) -> float:
    """Text in s; NaN for what is no duration."""
    text = text.strip().replace("\u2212", "-")
    sign = -1.0 if text.startswith("-") else 1.0
    rest = text[1:].lstrip() if text[:1] in ("-", "+") else text
    total, smallest, is_first = 0.0, math.inf, True
    while rest or is_first:
        match = _PART.match(rest)
        if match is None:
            return math.nan
        number, exponent, unit = match.groups()
        unit = unit.lower().replace("µ", "u").replace("μ", "u")
        rest = rest[match.end() :]
        is_plain = not unit and (rest or not is_first)  # "5 3": which is what?
        # From large to small units, each once, so that "5 min 3 h" is not taken for a time.
        if is_plain or unit not in _UNITS_S or _UNITS_S[unit] >= smallest:
            return math.nan
        smallest = _UNITS_S[unit]
        total += float(f"{number}e{exponent or 0}") * smallest
        is_first = False
    return sign * total
