"""Options that choose a part of a hyperstack, checked without any knowledge of the data."""

from __future__ import annotations

import operator

from .errors import SettingsError

Z_PROJECTIONS = ("max", "mean", "sum")


def parse_channel(value: object) -> int | str | None:
    """A channel by its number or name, ``"all"`` (merged) or ``"each"`` (a video of each)."""
    if value is None:
        return None
    number = _whole_number(value)
    if number is not None:
        return number
    if not isinstance(value, str) or not value.strip() or value.startswith("-"):
        raise SettingsError(
            f"channel: expected a number from 0, a name, 'all' or 'each', got {value!r}"
        )
    return value


def parse_z(value: object) -> int | str | None:
    """A slice by its number, or how all slices become one."""
    number = None if value is None else _whole_number(value)
    if value is None or number is not None:
        return number
    if isinstance(value, str) and value in Z_PROJECTIONS:
        return value
    raise SettingsError(
        f"z: expected a slice from 0, {', '.join(Z_PROJECTIONS[:-1])} or {Z_PROJECTIONS[-1]}, "
        f"got {value!r}"
    )


def parse_play(value: object) -> str | None:
    """The letter of the axis that is played."""
    if value is None:
        return None
    letter = value.upper() if isinstance(value, str) else ""
    if len(letter) != 1 or not letter.isascii() or not letter.isalpha() or letter in "YXS":
        raise SettingsError(
            f"play: expected the letter of an axis such as T, Z or C, got {value!r}"
        )
    return letter


def parse_axes(value: object) -> str | None:
    """The letters of all axes, slowest first: ``"TCZYX"``."""
    if value is None:
        return None
    letters = value.upper() if isinstance(value, str) else ""
    is_text = letters.isascii() and letters.isalpha()
    if not is_text or len(set(letters)) != len(letters) or not {"Y", "X"} <= set(letters):
        raise SettingsError(
            f"axes: expected different letters with Y and X among them, such as TCZYX, got "
            f"{value!r}"
        )
    return letters


def _whole_number(value: object) -> int | None:
    """The number that is meant, from 0; None for what is no number."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() else None
    if isinstance(value, bool):
        return None
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None
    return number if number >= 0 else None
