"""How many µm a pixel of the video shows, and how long a scale bar is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from ..errors import SourceError
from ..geometry import WIDTH_RANGE_PX, CropBox
from ..units import plain_number

_BAR_SHARE = 0.2  # of the width of the video, where nobody says how long the bar is
_ROUND = (1, 2, 5)

# Where a pixel's size is missing, the message says what gives it.
NO_PIXEL_SIZE = "the size of a pixel is not known; give it with --pixel-size, such as 0.65 (µm)"


@dataclass(frozen=True)
class Scale:
    """Lengths in a video.

    Attributes
    ----------
    um_per_px : float
        Width of a pixel of the video, in µm, after crop and resizing.
    """

    um_per_px: float

    @classmethod
    def of(cls, pixel_size_um: float, box: CropBox, size: tuple[int, int]) -> Scale:
        """The scale of a box of the data shown at `size` (height, width)."""
        return cls(pixel_size_um * box.width / size[1])

    def pixels(self, length_um: float) -> int:
        """The nearest whole number of pixels."""
        return math.floor(length_um / self.um_per_px + 0.5)

    def round_length(self, width_px: int) -> float:
        """The 1, 2 or 5 times a power of ten µm nearest to a fifth of a width, in ratio."""
        wanted = _BAR_SHARE * width_px * self.um_per_px
        power = math.floor(math.log10(wanted))
        lengths = [n * 10.0**p for p in (power, power + 1) for n in _ROUND]
        return min(lengths, key=lambda length: abs(math.log(length / wanted)))


def width_at(box: CropBox, pixel_size_um: float, um_per_px: float) -> int | Literal["full"]:
    """The width of a video of `box` in which a pixel is so many µm wide.

    Raises
    ------
    SourceError
        It is no width that a video may have.
    """
    if math.isclose(pixel_size_um, um_per_px, rel_tol=1e-6):
        return "full"
    span = box.width * pixel_size_um
    width = 2 * math.floor(span / um_per_px / 2 + 0.5)
    low, high = WIDTH_RANGE_PX
    if not low <= width <= high:
        raise SourceError(
            f"um_per_pixel: {plain_number(span)} µm would be {width} px wide at {um_per_px:g} µm a "
            f"pixel; a video has {low} to {high} px, so use {_rounded(span / high, math.ceil)} "
            f"to {_rounded(span / low, math.floor)}"
        )
    return width


def common_um_per_px(scales: Iterable[tuple[Scale, int]]) -> float | None:
    """The largest of several scales at which all videos have a width that is possible, if any.

    Parameters
    ----------
    scales : iterable of (Scale, int)
        With the width of each video in pixels.
    """
    scales = list(scales)
    spans = [scale.um_per_px * width for scale, width in scales]
    low, high = WIDTH_RANGE_PX
    wanted = min(max(scale.um_per_px for scale, _ in scales), min(spans) / low)
    wanted = float(_rounded(wanted, math.floor))
    return wanted if max(spans) / wanted <= high else None


def _rounded(value: float, rounding: Callable[[float], int]) -> str:
    """To three digits."""
    step = 10.0 ** (math.floor(math.log10(value)) - 2)
    return f"{rounding(value / step) * step:.3g}"
