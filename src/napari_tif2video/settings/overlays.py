"""Settings that say what is drawn onto the picture, checked without any knowledge of the data."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Sequence
from typing import Any

from ..errors import SettingsError
from ..geometry import MIN_ANCHOR_PX
from ..units import number, parse_duration
from .setting import whole_number

CORNERS = ("top-left", "top-right", "bottom-left", "bottom-right")
#: Where overlays are unless settings say otherwise.
DEFAULT_CORNERS = {
    "scale_bar": "bottom-right",
    "timestamp": "top-left",
    "label": "bottom-left",
    "colour_bar": "top-right",
    "legend": "top-right",
    "event": "bottom-left",
}
ANCHOR_STYLES = ("dot", "cross", "circle")

#: How long a title is shown, in s, where nobody says.
TITLE_S = 2.0

#: What a label can say of its frame.
LABEL_FIELDS = ("name", "time", "frame", "channel")

# From an electron microscope's pixel to a planet's.
_LENGTHS_UM = (1e-9, 1e12)


def parse_length(name: str, value: Any) -> float:
    """A length in µm, larger than 0."""
    length = number(value)
    if not _LENGTHS_UM[0] <= length <= _LENGTHS_UM[1]:
        raise SettingsError(f"{name}: expected a length in µm, such as 0.65, got {value!r}")
    return length


def parse_time(name: str, value: Any) -> float:
    """A time in s, which may be negative."""
    return parse_duration(name, value, is_signed=True)


def parse_anchor_size(name: str, value: Any) -> int:
    """The size of the anchor in pixels of the video."""
    size = whole_number(value)
    if size is None or size < MIN_ANCHOR_PX:
        raise SettingsError(
            f"{name}: expected a whole number of pixels, at least {MIN_ANCHOR_PX}, got {value!r}"
        )
    return size


def parse_colour(name: str, value: Any) -> str:
    """A colour by its name or as ``#rrggbb``."""
    from ..colours import rgb_of  # loads numpy

    text = str(value).strip()
    rgb_of(name, text)
    return text


def name_token(value: str) -> str:
    """A name of a user's choice, without what file names do not take."""
    return "_" + re.sub(r"[^\w-]+", "-", value).strip("-")


def corner_token(corner: str) -> str:
    """The first letters: ``_tl``."""
    return "_" + "".join(word[0] for word in corner.split("-"))


_CLOCK = re.compile(r"([-−]?)(\d{1,6}):([0-5]\d)(?::([0-5]\d))?\s*(h|min)?", re.ASCII)


def parse_events(name: str, value: Any) -> tuple[str, ...]:
    """Texts such as ``"05:00=+ drug"`` or ``"1h..2h=light"``, one or several."""
    texts = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    for text in texts:
        said = text.partition("=")[2].strip() if isinstance(text, str) else ""
        if not said:
            raise SettingsError(
                f"{name}: expected TIME=TEXT or TIME..TIME=TEXT such as '05:00=+ drug', got "
                f"{text!r}"
            )
        _check_text(name, said, text)
    events_of(name, texts, "min")
    if not texts:
        raise SettingsError(f"{name}: expected at least one TIME=TEXT")
    return texts


def events_of(name: str, texts: Sequence[str], unit: str) -> tuple[tuple[float, float, str], ...]:
    """When each event begins and ends, in s, and what is written meanwhile; see `_span`."""
    parts = (text.partition("=") for text in texts)
    return tuple((*_span(name, times, unit), said.strip()) for times, _, said in parts)


_ARROW = re.compile(r"\s*(\d{1,9}(?:\.\d*)?)\s*,\s*(\d{1,9}(?:\.\d*)?)\s*(?:@(.*))?", re.ASCII)


def parse_arrows(name: str, value: Any) -> tuple[str, ...]:
    """Texts such as ``"120,85"`` or ``"120,85@05:00..10:00"``, one or several."""
    texts = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    for text in texts or (None,):
        if not isinstance(text, str) or not _ARROW.fullmatch(text):
            raise SettingsError(
                f"{name}: expected X,Y or X,Y@TIME..TIME such as 120,85@05:00..10:00, got {text!r}"
            )
    arrows_of(name, texts, "min")
    return texts


def arrows_of(
    name: str, texts: Sequence[str], unit: str
) -> tuple[tuple[float, float, tuple[float, float] | None], ...]:
    """Column and row of the tip of each arrow in the data, and from when to when it is drawn, in s.

    None for one that is drawn on all frames; see `_span`.
    """
    arrows = []
    for text in texts:
        found = _ARROW.fullmatch(text)
        assert found is not None  # it was checked
        x, y, times = found.groups()
        arrows.append((float(x), float(y), None if times is None else _span(name, times, unit)))
    return tuple(arrows)


def _span(name: str, times: str, unit: str) -> tuple[float, float]:
    """From when to when, in s, of ``TIME..TIME``, or of ``TIME`` to the end.

    Parameters
    ----------
    unit : str
        The largest one of the times on the video, which says what ``05:00`` means: minutes and
        seconds, or with "h" and "d" hours and minutes.
    """
    begin, _, end = times.partition("..")
    start_s = _event_time(name, begin, unit)
    stop_s = _event_time(name, end, unit) if end else math.inf
    if stop_s <= start_s:
        raise SettingsError(f"{name}: {times.strip()} ends before it begins")
    return start_s, stop_s


def _event_time(name: str, text: str, unit: str) -> float:
    clock = _CLOCK.fullmatch(text.strip())
    if clock is None:
        return parse_time(name, text)
    sign, first, second, third, stated = clock.groups()
    has_hours = third is not None or (stated or unit) in ("h", "d")
    seconds = int(first) * 3600 + int(second) * 60 if has_hours else int(first) * 60 + int(second)
    return (-1 if sign else 1) * float(seconds + int(third or 0))


def parse_title(name: str, value: Any) -> str:
    """One or several lines; on a command line, a backslash and an n stand for a new one."""
    text = value.replace("\\n", "\n").strip() if isinstance(value, str) else ""
    if not text:
        raise SettingsError(f"{name}: expected a text, got {value!r}")
    for line in text.split("\n"):
        _check_text(name, line, value)
    return text


def _check_text(name: str, text: str, value: object) -> None:
    """Refuse what is no single line, or has letters that the font lacks."""
    if not text.isprintable():
        raise SettingsError(f"{name}: must be a single line of text, got {value!r}")
    from ..overlays import require_glyphs  # loads Pillow

    require_glyphs(name, text)


def parse_label(name: str, value: Any) -> str:
    """Text in which ``{name}``, ``{time}``, ``{frame}`` and ``{channel}`` may stand."""
    if not isinstance(value, str) or not value.strip():
        raise SettingsError(f"{name}: expected a text, got {value!r}")
    known = ", ".join(f"{{{field}}}" for field in LABEL_FIELDS)
    try:
        parts = list(string.Formatter().parse(value))
    except ValueError:
        raise SettingsError(
            f"{name}: {value!r} has a brace without its partner; {{{{ and }}}} stand for braces, "
            f"fields are {known}"
        ) from None
    for _, field, spec, conversion in parts:
        if field is not None and (field not in LABEL_FIELDS or spec or conversion):
            asked = field + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
            raise SettingsError(
                f"{name}: there is no field {{{asked}}}; fields are {known}, and {{{{ and }}}} "
                "stand for braces"
            )
    _check_text(name, "".join(text for text, *_ in parts), value)
    return value


def label_fields(label: str | None) -> frozenset[str]:
    """The fields in a label that `parse_label` checked."""
    if label is None:
        return frozenset()
    return frozenset(field for _, field, *_ in string.Formatter().parse(label) if field)
