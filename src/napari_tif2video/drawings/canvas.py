"""Outlines, areas and discs on a picture. The only module that knows aggdraw, loaded when used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..colours import Blending, in_planes, in_triples
from .blend import blended

Rings = Sequence[Sequence[float]]  # x and y of each corner in turn, for each outline


class Canvas:
    """A picture to be drawn onto.

    Places are columns and rows of the picture, whose first pixel spans 0 to 1; colours are RGBA.
    """

    def __init__(self, picture: NDArray[np.uint8], blending: Blending, opacity: float) -> None:
        import aggdraw

        self._agg, self._picture, self._blending = aggdraw, picture, blending
        self._opacity = opacity
        self._is_direct = blending in ("translucent", "opaque")
        size = picture.shape[1::-1]
        if self._is_direct:
            self._draw = aggdraw.Draw("RGB", size)
            self._draw.frombytes(in_triples(picture).tobytes())
        else:
            self._draw = aggdraw.Draw("RGBA", size, (0, 0, 0, 0))
        # A fill without a pen grows by a quarter of a pixel, so it gets one that has no width.
        self._no_pen = aggdraw.Pen((0, 0, 0), 0, 0)

    @property
    def picture(self) -> NDArray[np.uint8]:
        """The picture with all that was drawn."""
        pixels = np.frombuffer(self._draw.tobytes(), np.uint8)
        if self._is_direct:
            return in_planes(pixels.reshape(self._picture.shape))
        layer = pixels.reshape(*self._picture.shape[:2], 4)
        alphas = layer[..., 3].astype(np.float32)
        # What is drawn onto nothing comes out multiplied with its alpha.
        colours = layer[..., :3] * (np.float32(255) / np.maximum(alphas, 1))[..., np.newaxis]
        shares = alphas / np.float32(255)
        return blended(self._picture, np.minimum(colours, 255), shares, self._blending)

    def area(self, rings: Rings, colour: Sequence[int]) -> None:
        """Fill what outlines enclose; one within another that runs the other way is a hole."""
        brush = self._brush(colour)
        if brush is not None:
            self._draw.path(self._path(rings, is_closed=True), self._no_pen, brush)

    def line(
        self, rings: Rings, colour: Sequence[int], width: float, *, is_closed: bool = True
    ) -> None:
        """Draw along outlines, or along paths."""
        pen = self._pen(colour, width)
        if pen is not None:
            self._draw.path(self._path(rings, is_closed), pen)

    def disc(
        self, x: float, y: float, radius: float, colour: Sequence[int], hole: float = 0.0
    ) -> None:
        """Fill a circle, but for another one of radius `hole` in its middle."""
        brush = self._brush(colour)
        if brush is None:
            return
        if hole:  # in the middle of a wide line
            width = radius - hole
            self.circle(x, y, hole + width / 2, colour, width)
            return
        box = (x - radius, y - radius, x + radius, y + radius)
        self._draw.ellipse(box, self._no_pen, brush)

    def circle(
        self, x: float, y: float, radius: float, colour: Sequence[int], width: float
    ) -> None:
        pen = self._pen(colour, width)
        if pen is not None:
            self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), pen)

    def _path(self, rings: Rings, is_closed: bool) -> Any:
        path = self._agg.Path()
        for ring in rings:
            path.moveto(ring[0], ring[1])
            for place in range(2, len(ring), 2):
                path.lineto(ring[place], ring[place + 1])
            if is_closed:
                path.close()
        return path

    def _brush(self, colour: Sequence[int]) -> Any:
        alpha = self._alpha(colour)
        return self._agg.Brush(_rgb(colour), alpha) if alpha else None

    def _pen(self, colour: Sequence[int], width: float) -> Any:
        alpha = self._alpha(colour)
        return self._agg.Pen(_rgb(colour), width, alpha) if alpha and width > 0 else None

    def _alpha(self, colour: Sequence[int]) -> int:
        return round(int(colour[3]) * self._opacity)


def _rgb(colour: Sequence[int]) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in colour[:3])
    return red, green, blue
