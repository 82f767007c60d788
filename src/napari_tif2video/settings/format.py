"""What the user may ask of the encoder: parsed, and checked against the codec."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from ..errors import SettingsError
from ..units import SIZE_UNITS
from .codecs import CODECS, RAW_CODEC, Codec
from .setting import one_of, whole_number

# Below this not even a frame fits.
_SMALLEST_BYTES = 1000


def parse_codec(name: str, value: Any) -> str:
    return str(one_of(tuple(CODECS))(name, str(value).lower()))


def parse_crf(name: str, value: Any) -> int:
    """A rate factor; which ones make sense depends on the codec."""
    crf = whole_number(value)
    if crf is None:
        raise SettingsError(f"{name}: expected a whole number such as 23, got {value!r}")
    lowest = min(c.crf_range[0] for c in CODECS.values() if c.crf_range)
    highest = max(c.crf_range[1] for c in CODECS.values() if c.crf_range)
    if not lowest <= crf <= highest:
        raise SettingsError(f"{name}: must be between {lowest} and {highest}, got {crf}")
    return crf


def parse_max_size(name: str, value: Any) -> int:
    """Bytes, from a number or from text such as ``"10MB"``, ``"1.5 GB"`` or ``"8MiB"``."""
    match = re.fullmatch(r"\s*(\d{1,18}(?:\.\d{1,18})?)\s*([kKMG]?i?B?)\s*", str(value), re.ASCII)
    unit = match[2].upper() if match else ""
    if match is None or isinstance(value, bool) or unit not in SIZE_UNITS:
        raise SettingsError(f"{name}: expected a size such as 10MB, 900kB or 1.5GB, got {value!r}")
    nbytes = int(Fraction(match[1]) * SIZE_UNITS[unit])
    if nbytes < _SMALLEST_BYTES:
        raise SettingsError(f"{name}: {nbytes} bytes are too few for a video; write 10MB, say")
    return nbytes


def check_format(settings: Any, codec: Codec) -> None:
    """Refuse what this codec cannot do of a `VideoSettings`."""
    exact = f"{RAW_CODEC.name} ({RAW_CODEC.endings[0]})"
    if settings.quality == "lossless" and not codec.is_lossless:
        raise SettingsError(
            f"quality: players would refuse lossless {codec.title}; use codec {exact} to keep "
            "every pixel, or quality high"
        )
    if settings.quality not in codec.qualities:
        raise SettingsError(f"quality: {codec.title} has only one; leave out {settings.quality!r}")
    if settings.crf is not None:
        if codec.crf_range is None:
            instead = "use quality" if codec.rates else "leave it out"
            raise SettingsError(f"crf: {codec.title} has no rate factor; {instead}")
        low, high = codec.crf_range
        if not low <= settings.crf <= high:
            raise SettingsError(
                f"crf: of {codec.title} must be between {low} and {high}, got {settings.crf}"
            )
    if settings.max_size is not None and codec.crf_range is None:
        able = ", ".join(name for name, c in CODECS.items() if c.crf_range)
        raise SettingsError(f"max_size: {codec.title} has no rate factor to find; use {able}")
    if settings.raw and not codec.holds_counts:
        raise SettingsError(f"raw: {codec.title} cannot hold counts as they are; use {exact}")
    if codec.max_fps is not None and settings.fps > codec.max_fps:
        raise SettingsError(
            f"fps: players slow down {codec.title}s of more than {codec.max_fps} frames a second; "
            f"use {codec.max_fps} or less, or another codec"
        )
    if codec.max_ticks is not None and settings.fps.numerator > codec.max_ticks:
        nearest = 1 / (1 / settings.fps).limit_denominator(codec.max_ticks)
        raise SettingsError(
            f"fps: {settings.fps} is finer than the {codec.max_ticks.bit_length()}-bit clock of "
            f"{codec.title}; the nearest that it can hold is {nearest}"
        )
