"""Settings that say how counts become grey: limits, percentiles, gamma, colormap, validated."""

from __future__ import annotations

import math
from typing import Any

from .errors import SettingsError

GAMMA_RANGE = (0.05, 20)


#: Fixed limits: one pair for all channels, or one for each.
FixedLimits = tuple[float, float] | tuple[tuple[float, float], ...]


def parse_limits(value: object) -> FixedLimits | None:
    """Two counts LO HI, or such a pair for each channel."""
    if value is None:
        return None
    pairs = _pairs(value)
    if pairs is None:
        return _parse_pair(value)
    parsed = tuple(map(_parse_pair, pairs))
    return parsed[0] if len(parsed) == 1 else parsed


def limits_of_channels(limits: FixedLimits | None, channels: int) -> tuple[Any, ...]:
    """The pair of each of so many channels, or None for each.

    Raises
    ------
    SettingsError
        They are the pairs of another number of channels.
    """
    if limits is None or not isinstance(limits[0], tuple):
        return (limits,) * channels
    if len(limits) != channels:
        raise SettingsError(
            f"limits are those of {len(limits)} channels, but {channels} "
            f"{'are' if channels > 1 else 'is'} shown; give one pair, or one for each"
        )
    return limits


def pairs_of(limits: FixedLimits) -> tuple[tuple[float, float], ...]:
    """The pair of each channel, or the one pair for all of them."""
    first = limits[0]
    return limits if isinstance(first, tuple) else (limits,)  # type: ignore[return-value]


def _pairs(value: object) -> list[object] | None:
    """The parts of a sequence of sequences; None for anything else."""
    try:
        parts = list(value)  # type: ignore[call-overload]
    except TypeError:
        return None
    is_nested = bool(parts) and all(hasattr(part, "__len__") for part in parts)
    return parts if is_nested and not any(isinstance(part, str) for part in parts) else None


def _parse_pair(value: object) -> tuple[float, float]:
    try:
        low, high = (float(v) for v in value)  # type: ignore[attr-defined]
    except (ValueError, TypeError):
        raise SettingsError(f"limits: expected two grey values LO HI, got {value!r}") from None
    if not (math.isfinite(low) and math.isfinite(high)):
        raise SettingsError(f"limits: both must be finite, got {low:g} and {high:g}")
    if low >= high:
        raise SettingsError(f"limits: LO must be below HI, got {low:g} and {high:g}")
    return low, high


def parse_percentile(value: object) -> tuple[float, float] | None:
    """Two percentages LO HI of the counts, 0 to 100."""
    if value is None:
        return None
    try:
        low, high = (float(v) for v in value)  # type: ignore[attr-defined]
    except (ValueError, TypeError):
        raise SettingsError(
            f"percentile: expected two percentages LO HI such as 1 99.9, got {value!r}"
        ) from None
    if not 0 <= low < high <= 100:
        raise SettingsError(f"percentile: expected 0 <= LO < HI <= 100, got {low:g} and {high:g}")
    return low, high


def parse_gamma(value: object) -> float | None:
    """The exponent of the grey level."""
    if value is None:
        return None
    try:
        gamma = float(value)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        raise SettingsError(f"gamma: expected a number such as 0.5, got {value!r}") from None
    low, high = GAMMA_RANGE
    if not low <= gamma <= high:
        raise SettingsError(f"gamma: must be between {low:g} and {high:g}, got {gamma:g}")
    return gamma


def parse_colormap(value: object) -> str | None:
    """The name of a colormap that exists."""
    if value is None:
        return None
    from .colours import full_name  # loads numpy

    full_name(value)
    return str(value).strip()
