"""JSON within bounds: read only as far as settings and recipes go, and written for people."""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections.abc import Iterable
from typing import Any

#: Of a settings file, a sidecar or the recipe in a video. The limits of 300,000 frames fit in.
MAX_JSON_BYTES = 8_000_000

# What takes memory beyond its length: values, and lists and objects; and how deep these are.
_MAX_VALUES, _MAX_LISTS, _MAX_DEPTH = 1_000_000, 50_000, 16


def load_json(text: str) -> Any:
    """Values from JSON of a size and depth that settings and recipes can have.

    Raises
    ------
    ValueError
        It is no such text; "Infinity" and "NaN", which Python knows, are no JSON.
    """
    if too_much := excess(text):
        raise ValueError(too_much)
    try:
        values = json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    level = [values]
    for _ in range(_MAX_DEPTH):
        level = [part for value in level for part in _parts(value)]
        if not level:
            return values
    raise ValueError("nested too deeply")


def excess(text: str) -> str:
    """What of a JSON text is too much, found without reading it; empty where nothing is."""
    if len(text) > MAX_JSON_BYTES:
        return f"more than {MAX_JSON_BYTES / 1e6:g} MB"
    has_many = text.count(",") > _MAX_VALUES
    return "too many values" if has_many or sum(map(text.count, "[{")) > _MAX_LISTS else ""


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")


def _parts(value: object) -> Iterable[Any]:
    """The lists and objects in a value."""
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (part for part in values if isinstance(part, (dict, list)))


def packed(values: Any) -> dict[str, str]:
    """Numbers of each frame in less space: their JSON, deflated, in base64."""
    return {"zlib": base64.b64encode(zlib.compress(compact(values).encode(), 9)).decode()}


def unpacked(found: Any) -> Any:
    """What was packed, or was not."""
    if "zlib" not in found:
        return found
    inflating = zlib.decompressobj()
    text = inflating.decompress(base64.b64decode(found["zlib"]), MAX_JSON_BYTES)
    if inflating.unconsumed_tail:
        raise ValueError("the numbers of frames are too many")
    return load_json(text.decode("ascii"))


def plain(value: float) -> int | float | None:
    """A number as JSON: whole ones without a point, and null for a frame without any count."""
    if not math.isfinite(value):
        return None
    return int(value) if value == int(value) and abs(value) < 2**53 else value


def compact(values: Any) -> str:
    return json.dumps(values, separators=(",", ":"))


def indented(values: Any, indent: str = "") -> str:
    """JSON for people: objects over several lines, lists of numbers on one."""
    deeper = indent + "  "
    if isinstance(values, dict) and values:
        start, end = "{}"
        parts = [f"{json.dumps(k)}: {indented(v, deeper)}" for k, v in values.items()]
    elif isinstance(values, list) and values and isinstance(values[0], dict):
        start, end = "[]"
        parts = [indented(v, deeper) for v in values]
    else:
        return json.dumps(values)
    inside = f",\n{deeper}".join(parts)
    return f"{start}\n{deeper}{inside}\n{indent}{end}"
