"""The symbols of points, as napari draws them.

Their outlines, for a point of size 1 at (0, 0), follow from the shaders of vispy's markers
(`vispy.visuals.markers`); a border lies on the outline, half of it inside.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from .canvas import Canvas

_ARM = 1 / 6  # half the width of the arms of a cross
_TAIL = 1 / 8 / math.sqrt(2)
_HEIGHT = math.sqrt(3) / 2  # of a triangle
_CLOBBER_RADIUS, _CLOBBER_SHIFT = 0.32, 0.36 / math.sqrt(3)
_STAR_LOWER, _STAR_WAIST = 0.05, (3 - math.sqrt(5)) / 2
_CURVE_POINTS = 96

_Ring = list[float]  # x and y of each corner in turn


def _turned(ring: _Ring, angle: float) -> _Ring:
    cos, sin = math.cos(angle), math.sin(angle)
    pairs = zip(ring[::2], ring[1::2], strict=True)
    return [value for x, y in pairs for value in (cos * x - sin * y, sin * x + cos * y)]


def _star() -> _Ring:
    ring = []
    for number in range(10):
        radius = 0.5 * (_STAR_WAIST if number % 2 else 1)
        angle = math.pi * (number / 5 - 0.5)
        ring += [radius * math.cos(angle), radius * math.sin(angle) + _STAR_LOWER]
    return ring


def _clobber() -> _Ring:
    """The outline of three discs, as far as one sees it from their middle."""
    ring = []
    middle = 0.25 * _CLOBBER_SHIFT
    angles = [-math.pi / 2 + 2 * math.pi / 3 * number for number in range(3)]
    for number in range(_CURVE_POINTS):
        way = 2 * math.pi * number / _CURVE_POINTS
        reach = 0.0
        for angle in angles:
            along = _CLOBBER_SHIFT * math.cos(way - angle)
            beside = _CLOBBER_SHIFT * math.sin(way - angle)
            if abs(beside) <= _CLOBBER_RADIUS:
                reach = max(reach, along + math.sqrt(_CLOBBER_RADIUS**2 - beside**2))
        ring += [reach * math.cos(way), reach * math.sin(way) + middle]
    return ring


_CROSS = [
    *(-_ARM, -0.5, _ARM, -0.5, _ARM, -_ARM, 0.5, -_ARM, 0.5, _ARM, _ARM, _ARM),
    *(_ARM, 0.5, -_ARM, 0.5, -_ARM, _ARM, -0.5, _ARM, -0.5, -_ARM, -_ARM, -_ARM),
]
_HBAR = [-0.5, -_ARM, 0.5, -_ARM, 0.5, _ARM, -0.5, _ARM]
_TRIANGLE = [0, -_HEIGHT / 2, 0.5, _HEIGHT / 2, -0.5, _HEIGHT / 2]
_HEAD = [0, -0.5, 0.5, 0, 0, 0.5, -0.125, 0.375]
_TAILED = [0.25 - _TAIL, _TAIL, -0.5, _TAIL, -0.5, -_TAIL, 0.25 - _TAIL, -_TAIL]

_OUTLINES: dict[str, _Ring] = {
    "square": [-0.5, -0.5, 0.5, -0.5, 0.5, 0.5, -0.5, 0.5],
    "diamond": [0, -0.5, 0.5, 0, 0, 0.5, -0.5, 0],
    "triangle_up": _TRIANGLE,
    "triangle_down": _turned(_TRIANGLE, math.pi),
    "star": _star(),
    "cross": _CROSS,
    "x": _turned(_CROSS, math.pi / 4),
    "clobber": _clobber(),
    "hbar": _HBAR,
    "vbar": _turned(_HBAR, math.pi / 2),
    "arrow": [*_HEAD, 0.25, 0, -0.125, -0.375],
    "tailed_arrow": [*_HEAD, *_TAILED, -0.125, -0.375],
}

SYMBOLS = ("disc", "ring", *_OUTLINES)


def draw_symbol(
    canvas: Canvas,
    symbol: str,
    marker: tuple[float, float, float],
    face: Sequence[int],
    border: Sequence[int],
    border_px: float,
) -> None:
    """Draw one of `SYMBOLS`.

    Parameters
    ----------
    marker : (float, float, float)
        Column and row of its middle, and its size.
    face, border : sequence of 4 int
        RGBA.
    border_px : float
        A border thinner than a pixel is as much fainter.
    """
    x, y, size = marker
    line = max(border_px, 1.0)
    faint = [*border[:3], round(border[3] * min(border_px, 1.0))]
    if symbol in ("disc", "ring"):
        radius, hole = size / 2, size / 4 * (symbol == "ring")
        canvas.disc(x, y, radius, face, hole)
        for circle in (radius, hole):
            if circle and border_px:
                canvas.circle(x, y, circle, faint, line)
        return
    ring = [(x, y)[n % 2] + size * value for n, value in enumerate(_OUTLINES[symbol])]
    canvas.area([ring], face)
    if border_px:
        canvas.line([ring], faint, line)
