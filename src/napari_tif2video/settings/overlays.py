"""Settings that say what is drawn onto the picture, checked without any knowledge of the data."""

from __future__ import annotations

import math
import operator
import string
from typing import Any

from ..errors import SettingsError
from ..geometry import MIN_ANCHOR_PX
from ..units import parse_duration

CORNERS = ("top-left", "top-right", "bottom-left", "bottom-right")
ANCHOR_STYLES = ("dot", "cross", "circle")

#: What a label can say of its frame.
LABEL_FIELDS = ("name", "time", "frame", "channel")

# From an electron microscope's pixel to a planet's.
_LENGTHS_UM = (1e-9, 1e12)


def checked_drawing(settings: Any) -> dict[str, object]:
    """The values of all settings of this kind, checked, with what they imply.

    Raises
    ------
    SettingsError
        One of them, or their combination, makes no sense.
    """
    checked: dict[str, Any] = {
        "anchor_style": parse_choice("anchor_style", settings.anchor_style, ANCHOR_STYLES),
        "anchor_size": parse_anchor_size(settings.anchor_size),
        "anchor_colour": parse_colour("anchor_colour", settings.anchor_colour),
        "scale_bar_length": parse_length("scale_bar_length", settings.scale_bar_length),
        "pixel_size": parse_length("pixel_size", settings.pixel_size),
        "um_per_pixel": parse_length("um_per_pixel", settings.um_per_pixel),
        "frame_interval": parse_duration("frame_interval", settings.frame_interval),
        "time_start": parse_duration("time_start", settings.time_start, is_signed=True),
        "label": parse_label(settings.label),
    }
    for name in ("scale_bar_corner", "timestamp_corner", "label_corner"):
        checked[name] = parse_choice(name, getattr(settings, name), CORNERS)
    if checked["label"] is None and checked["label_corner"] is not None:
        raise SettingsError("label_corner: there is no label to place; give one too")
    if checked["um_per_pixel"] is not None and settings.width != type(settings).width:
        raise SettingsError("um_per_pixel: gives the video its width; leave out width")
    is_given = {name for name, value in checked.items() if value is not None}
    says_time = "time" in fields_of(checked["label"])
    checked["anchor"] = settings.anchor or bool(
        is_given & {"anchor_style", "anchor_size", "anchor_colour"}
    )
    checked["scale_bar"] = bool(
        settings.scale_bar or is_given & {"scale_bar_length", "scale_bar_corner"}
    )
    checked["timestamp"] = bool(
        settings.timestamp
        or "timestamp_corner" in is_given
        or ("time_start" in is_given and not says_time)
    )
    return checked


def parse_length(name: str, value: object) -> float | None:
    """A length in µm, larger than 0."""
    if value is None:
        return None
    try:
        length = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        length = math.nan
    if not _LENGTHS_UM[0] <= length <= _LENGTHS_UM[1]:
        raise SettingsError(f"{name}: expected a length in µm, such as 0.65, got {value!r}")
    return length


def parse_choice(name: str, value: object, choices: tuple[str, ...]) -> str | None:
    """One of several words."""
    if value is None or value in choices:
        return value
    raise SettingsError(f"{name}: must be one of {', '.join(choices)}, got {value!r}")


def parse_anchor_size(value: object) -> int | None:
    """The size of the anchor in pixels of the video."""
    if value is None:
        return None
    try:
        size = 0 if isinstance(value, bool) else operator.index(_whole(value))
    except (TypeError, ValueError):
        size = 0
    if size < MIN_ANCHOR_PX:
        raise SettingsError(
            f"anchor_size: expected a whole number of pixels, at least {MIN_ANCHOR_PX}, got "
            f"{value!r}"
        )
    return size


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.strip().isdecimal() else value


def parse_colour(name: str, value: object) -> str | None:
    """A colour by its name or as ``#rrggbb``."""
    if value is None:
        return None
    from ..colours import rgb_of  # loads numpy

    text = str(value).strip()
    rgb_of(name, text)
    return text


def parse_label(value: object) -> str | None:
    """Text in which ``{name}``, ``{time}``, ``{frame}`` and ``{channel}`` may stand."""
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise SettingsError(f"label: expected a text, got {value!r}")
    said, known = value, ", ".join(f"{{{name}}}" for name in LABEL_FIELDS)
    try:
        parts = list(string.Formatter().parse(value))
    except ValueError:
        raise SettingsError(
            f"label: {said!r} has a brace without its partner; {{{{ and }}}} stand for braces, "
            f"fields are {known}"
        ) from None
    for text, field, spec, conversion in parts:
        if not text.isprintable():
            raise SettingsError(f"label: must be a single line of text, got {said!r}")
        if field is not None and (field not in LABEL_FIELDS or spec or conversion):
            asked = field + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
            raise SettingsError(
                f"label: there is no field {{{asked}}}; fields are {known}, and {{{{ and }}}} "
                "stand for braces"
            )
    from ..overlays import require_glyphs  # loads Pillow

    require_glyphs("label", "".join(text for text, *_ in parts))
    return value


def fields_of(label: str | None) -> frozenset[str]:
    """The fields in a label that `parse_label` checked."""
    if label is None:
        return frozenset()
    return frozenset(field for _, field, *_ in string.Formatter().parse(label) if field)
