"""What the user may ask of the encoder: parsed, and checked against the codec."""

from __future__ import annotations

import operator
import re
from collections.abc import Collection
from fractions import Fraction
from typing import Protocol

from ..errors import SettingsError
from ..units import SIZE_UNITS
from .codecs import CODECS, QUALITIES, RAW_CODEC, Codec, codec_of

# Below this not even a frame fits.
_SMALLEST_BYTES = 1000

#: What raw counts leave to choose: which of them, how fast, and into what.
RAW_TAKES = {
    "raw", "fps", "crop", "frames", "channel", "z", "play", "axes", "codec", "quality", "width",
    # What a pixel and a frame are does not change a count.
    "pixel_size", "frame_interval",
}  # fmt: skip


class FormatSettings(Protocol):
    """What settings say about the format."""

    @property
    def width(self) -> int | str: ...
    @property
    def fps(self) -> Fraction: ...
    @property
    def quality(self) -> str: ...
    @property
    def codec(self) -> str | None: ...
    @property
    def crf(self) -> int | None: ...
    @property
    def max_size(self) -> int | None: ...
    @property
    def raw(self) -> bool: ...


def parse_codec(value: object) -> str | None:
    if value is None:
        return None
    name = str(value).lower()
    if name not in CODECS:
        raise SettingsError(f"codec: must be one of {', '.join(CODECS)}, got {value!r}")
    return name


def parse_quality(value: object) -> str:
    if value not in QUALITIES:
        raise SettingsError(f"quality: must be one of {', '.join(QUALITIES)}, got {value!r}")
    return str(value)


def parse_crf(value: object) -> int | None:
    """A rate factor; which ones make sense depends on the codec."""
    if value is None:
        return None
    try:
        if isinstance(value, bool):
            raise ValueError
        crf = int(value) if isinstance(value, str) else operator.index(value)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        raise SettingsError(f"crf: expected a whole number such as 23, got {value!r}") from None
    lowest = min(c.crf_range[0] for c in CODECS.values() if c.crf_range)
    highest = max(c.crf_range[1] for c in CODECS.values() if c.crf_range)
    if not lowest <= crf <= highest:
        raise SettingsError(f"crf: must be between {lowest} and {highest}, got {crf}")
    return crf


def parse_max_size(value: object) -> int | None:
    """Bytes, from a number or from text such as ``"10MB"``, ``"1.5 GB"`` or ``"8MiB"``."""
    if value is None:
        return None
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kKMG]?i?B?)\s*", str(value), re.ASCII)
    unit = match[2].upper() if match else ""
    if match is None or isinstance(value, bool) or unit not in SIZE_UNITS:
        raise SettingsError(
            f"max_size: expected a size such as 10MB, 900kB or 1.5GB, got {value!r}"
        )
    nbytes = int(Fraction(match[1]) * SIZE_UNITS[unit])
    if nbytes < _SMALLEST_BYTES:
        raise SettingsError(f"max_size: {nbytes} bytes are too few for a video; write 10MB, say")
    return nbytes


def check_alone(settings: FormatSettings, changed: Collection[str]) -> None:
    """Refuse what makes no sense, as far as it can be told before the file's ending is known.

    Parameters
    ----------
    changed : collection of str
        The settings that are not as they are by default.
    """
    if settings.crf is not None and settings.quality != "standard":
        raise SettingsError("crf: is a quality of its own; leave out the other one")
    if settings.crf is not None and settings.max_size is not None:
        raise SettingsError("max_size: finds the rate factor by itself; leave out crf")
    if settings.raw:
        _check_raw(settings, changed)
    if settings.codec is not None or settings.raw:
        check_format(settings, codec_of(settings.codec, "", raw=settings.raw))


def chosen_codec(settings: FormatSettings, ending: str = "") -> Codec:
    """The codec for a file with this ending (empty: with an automatic name), checked.

    Raises
    ------
    SettingsError
        The codec does not go with the ending, or other settings do not go with it.
    """
    codec = codec_of(settings.codec, ending, raw=settings.raw)
    check_format(settings, codec)
    return codec


def check_format(settings: FormatSettings, codec: Codec) -> None:
    """Refuse what this codec cannot do."""
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
            f"fps: players slow a {codec.title} of more than {codec.max_fps} frames a second down; "
            f"use {codec.max_fps} or less, or another codec"
        )
    if codec.max_ticks is not None and settings.fps.numerator > codec.max_ticks:
        nearest = 1 / (1 / settings.fps).limit_denominator(codec.max_ticks)
        raise SettingsError(
            f"fps: {settings.fps} is finer than the {codec.max_ticks.bit_length()}-bit clock of "
            f"{codec.title}; the nearest that it can hold is {nearest}"
        )


def _check_raw(settings: FormatSettings, changed: Collection[str]) -> None:
    others = [name for name in changed if name not in RAW_TAKES]
    if "width" in changed and settings.width != "full":
        others.insert(0, "width")
    if others:
        raise SettingsError(
            f"raw: counts are written as they are; leave out {', '.join(others)}, or leave out raw"
        )
