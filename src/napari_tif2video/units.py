"""Lengths, times, rates and sizes: as people and files write them, as numbers, and back."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from fractions import Fraction

from .errors import SettingsError

#: The counts that become black and white.
Limits = tuple[float, float]


def _by_name(rows: dict[str, float]) -> dict[str, float]:
    return {name: size for names, size in rows.items() for name in names.split()}


_UM = _by_name(
    {
        "m": 1e6,
        "cm": 1e4,
        "mm": 1e3,
        "um micron microns micrometer micrometers": 1.0,
        "nm": 1e-3,
        "pm": 1e-6,
        "in inch inches": 25400.0,
    }
)
_S = _by_name(
    {
        "d day days": 86400.0,
        "h hr hour hours": 3600.0,
        "min minute minutes": 60.0,
        "s sec second seconds": 1.0,
        "ms msec": 1e-3,
        "us": 1e-6,
        "ns": 1e-9,
    }
)

_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)(?:[eE]([+-]?\d+))?"
_PART = re.compile(rf"{_NUMBER}\s*([a-zA-Zµμ]*)\s*", re.ASCII)

# A thousand years: beyond, a number is a mistake, and its digits fill the picture.
MAX_S = 1000 * 365.25 * 86400


def parse_duration(name: str, value: object, *, is_signed: bool = False) -> float:
    """A duration in s, from a number of seconds or text such as ``"1 h 30 min"``.

    Parameters
    ----------
    name : str
        What messages call it.
    is_signed : bool
        Whether zero and negative ones make sense.
    """
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
    elif isinstance(value, str):
        seconds = _read(value)
    else:
        seconds = number(value)
    if math.isnan(seconds):
        raise SettingsError(
            f"{name}: expected a time such as 300, 5min, 1.5h or 500ms, got {value!r}"
        )
    if not is_signed and seconds <= 0:
        raise SettingsError(f"{name}: must be more than 0, got {value}")
    if abs(seconds) > MAX_S:
        raise SettingsError(f"{name}: {value} is more than a thousand years")
    return seconds


def number(value: object) -> float:
    """The number that is meant; NaN for what is none."""
    try:
        return math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return math.nan


def positive(value: object) -> float | None:
    """The number above 0 that is meant, as lengths and times in metadata are; else None."""
    found = number(value)
    return found if 0 < found < math.inf else None


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
        rest = rest[match.end() :]
        is_plain = not unit and (rest or not is_first)  # "5 3": which is what?
        size = _S.get(_plain_unit(unit) or "s", math.inf)
        # From large to small units, each once, so that "5 min 3 h" is not taken for a time.
        if is_plain or size >= smallest:
            return math.nan
        smallest = size
        total += float(f"{number}e{exponent or 0}") * size
        is_first = False
    return sign * total


def length_um(value: object, unit: str) -> float | None:
    """A length in µm; None for a unit that is none of length, or a value that is no size."""
    return _scaled(value, _UM.get(_plain_unit(unit)))


def time_s(value: object, unit: str) -> float | None:
    """A time in s; None for an unknown unit, or a value that is no duration."""
    return _scaled(value, _S.get(_plain_unit(unit)))


def _plain_unit(unit: str) -> str:
    # The micro sign and the Greek letter look alike; ImageJ writes the former as an escape.
    unit = unit.replace("\\u00B5", "u").replace("\u00b5", "u").replace("\u03bc", "u")
    return unit.strip().lower()


def _scaled(value: object, factor: float | None) -> float | None:
    found = positive(value)
    return None if factor is None or found is None else found * factor


SIZE_UNITS = {
    "": 1, "B": 1,
    "KB": 1000, "MB": 1000**2, "GB": 1000**3,
    "KIB": 1024, "MIB": 1024**2, "GIB": 1024**3,
}  # fmt: skip


def readable_size(nbytes: int) -> str:
    """A size as `parse_max_size` reads it, short: ``10MB``, ``1.5GB``, ``8MiB``."""
    if nbytes % 1024**2 == 0 and nbytes % 1000**2:
        return f"{nbytes // 1024**2}MiB"
    unit = next((u for u in ("GB", "MB", "kB") if nbytes >= SIZE_UNITS[u.upper()]), "B")
    return f"{nbytes / SIZE_UNITS[unit.upper()]:.15g}{unit}"


def size_text(nbytes: float, digits: int = 3) -> str:
    """About how large something is, with the unit that fits: ``120 kB``, ``1.53 MB``."""
    for unit in ("kB", "MB", "GB"):
        size = float(f"{nbytes / SIZE_UNITS[unit.upper()]:.{digits}g}")
        if size < 1000:
            break
    return f"{plain_number(size)} {unit}"


def length_text(length_um: float) -> str:
    """A length with the unit that fits: ``500 nm``, ``20 µm``, ``1.5 mm``."""
    units = ((1e3, "nm"), (1.0, "µm"))
    # Seven digits: more than any pixel size has, and 0.3 µm is 300 nm.
    fitting = (row for row in units if float(f"{length_um * row[0]:.7g}") < 1000)
    factor, unit = next(fitting, (1e-3, "mm"))
    return f"{plain_number(length_um * factor)} {unit}"


def plain_number(number: float) -> str:
    text = f"{number:.7g}"
    return text if "e" not in text else f"{float(text):f}".rstrip("0").rstrip(".")


def percent(share: float) -> str:
    """A share of one, with the two digits that matter: ``0.57 %``, ``57 %``, ``100 %``."""
    return f"{plain_number(float(f'{100 * share:.2g}'))} %"


def pairs_text(pairs: Iterable[Limits]) -> str:
    """Limits as they are typed: ``100 4000``, those of several channels with commas."""
    return ", ".join(f"{low:.10g} {high:.10g}" for low, high in pairs)


def counted(number: int, noun: str) -> str:
    """``1 frame``, ``2 frames``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def few_of(names: Sequence[str], most: int) -> str:
    """The first of some names, and how many others there are: ``a, b and 3 more``."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def listed(names: Sequence[str], most: int) -> str:
    """Names in their order; of more than so many the first ones and the last: ``a, b, ... z``."""
    few = names if len(names) <= most else [*names[: most - 1], f"... {names[-1]}"]
    return ", ".join(few)


def decimal_fps(fps: Fraction | float) -> str:
    """A frame rate as a short decimal number: ``10``, ``29.97``."""
    return f"{float(fps):.3f}".rstrip("0").rstrip(".")


def readable_duration(seconds: float) -> str:
    """A duration as `parse_duration` reads it: ``5 min``, ``1 h``, ``0.25 s``."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds!r} s".replace(".0 s", " s")
