"""How a recipe becomes text: numbers that JSON can say, limits of many frames."""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections.abc import Sequence
from typing import Any

Pair = tuple[float, float]


def limits_from_json(found: Any) -> tuple[Pair, ...]:
    """Limits from `limits_to_json` or `packed`."""
    if found is None:
        return ()
    if "zlib" in found:
        unpacked = zlib.decompressobj().decompress(base64.b64decode(found["zlib"]), 1 << 28)
        found = json.loads(unpacked)
    if isinstance(found, dict):
        low, high = found["low"], found["high"]
        return tuple(zip(map(_low, low), map(_high, high), strict=True))
    low, high = found
    return ((_low(low), _high(high)),)


def limits_to_json(limits: Sequence[Pair]) -> Any:
    """One pair as a list; one for each frame as two lists, which read better; none as null."""
    if len(limits) == 1:
        return list(map(plain, limits[0]))
    if not limits:
        return None
    low, high = zip(*limits, strict=True)
    return {"low": list(map(plain, low)), "high": list(map(plain, high))}


def packed(limits: Any) -> dict[str, str]:
    """Limits from `limits_to_json` in less space: their JSON, deflated, in base64."""
    return {"zlib": base64.b64encode(zlib.compress(compact(limits).encode(), 9)).decode()}


def plain(value: float) -> int | float | None:
    """A number as JSON: whole ones without a point, and null for a frame without any count."""
    if not math.isfinite(value):
        return None
    return int(value) if value == int(value) and abs(value) < 2**53 else value


def _low(value: float | None) -> float:
    return math.inf if value is None else float(value)


def _high(value: float | None) -> float:
    return -math.inf if value is None else float(value)


def compact(values: Any) -> str:
    return json.dumps(values, separators=(",", ":"))


def indented(values: Any, indent: str = "") -> str:
    """JSON for people: objects over several lines, lists of numbers on one."""
    if not isinstance(values, dict) and not (
        isinstance(values, Sequence) and values and isinstance(values[0], dict)
    ):
        return json.dumps(values)
    deeper = indent + "  "
    if isinstance(values, dict):
        parts = [f"{json.dumps(k)}: {indented(v, deeper)}" for k, v in values.items()]
        brackets = "{}"
    else:
        parts, brackets = [indented(v, deeper) for v in values], "[]"
    if not parts:
        return brackets
    inside = f",\n{deeper}".join(parts)
    return f"{brackets[0]}\n{deeper}{inside}\n{indent}{brackets[1]}"
