"""Points: symbols at places, with a border and a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..errors import SettingsError
from ..geometry import View
from ..overlays import Look
from .arrays import Colours, Floats, SeenObjects, for_all
from .canvas import Canvas
from .symbols import SYMBOLS, draw_symbol
from .text import Texts


@dataclass(frozen=True, eq=False)
class Points(SeenObjects):
    """Points at coordinates of the frames; the middle of the first pixel is (0, 0).

    A value of one row holds for all points.

    Attributes
    ----------
    frames : int or sequence of int
        Which frame of the source each frame of the video shows; a number for all of so many.
    t : float array (N,), optional
        The frame of the source at which a point is seen. Default: in every one.
    y, x : float array (N,)
    sizes : float array (N,)
        Diameters, in pixels of the frames.
    faces, borders : uint8 array (N, 4)
        RGBA.
    border_widths : float array (N,)
        In pixels of the frames.
    symbols : str array (N,)
        Of `SYMBOLS`.
    span : (float, float)
        How long before and after its frame a point is seen, in frames.
    tapers : {"", "linear", "spherical"}
        Whether it gets smaller towards the ends of that.
    texts : Texts, optional
        One for each point.
    """

    look: Look
    y: Floats
    x: Floats
    t: Floats | None = None
    sizes: Floats = for_all(10.0)
    faces: Colours = for_all((255, 255, 255, 255))
    borders: Colours = for_all((105, 105, 105, 255))
    border_widths: Floats = for_all(0.0)
    symbols: NDArray[np.str_] = for_all("disc")
    frames: NDArray[np.int64] = for_all(1)
    span: tuple[float, float] = (0.5, 0.5)
    tapers: str = ""
    texts: Texts | None = None

    kind = "points"
    row_types: ClassVar[Mapping[str, Any]] = (
        dict.fromkeys(("t", "y", "x", "sizes", "border_widths"), np.float64)
        | dict.fromkeys(("faces", "borders"), np.uint8)
        | {"symbols": np.str_}
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        unknown = set(self.symbols.tolist()) - set(SYMBOLS)
        if unknown:
            raise SettingsError(
                f"{self.look.name}: there is no symbol {min(unknown)!r}; take one of "
                f"{', '.join(SYMBOLS)}"
            )

    @property
    def count(self) -> int:
        return len(self.y)

    def draw(self, picture: NDArray[np.uint8], number: int, view: View) -> NDArray[np.uint8]:
        near = self.near(number)
        down, across = view.magnification
        scale = (down + across) / 2
        x, y = view.in_video(self.x, self.y)
        sizes, borders = self.sizes * scale, self.border_widths * scale
        if self.tapers:
            share = near if self.tapers == "linear" else np.sqrt(1 - (1 - near.clip(0)) ** 2)
            sizes, borders = sizes * share, borders * share
        reach = sizes + borders + 1
        is_shown = (near >= 0) & (sizes > 0) & np.isfinite(x + y)
        is_shown &= (x > -reach) & (x < view.size[1] + reach)
        is_shown &= (y > -reach) & (y < view.size[0] + reach)
        rows = np.flatnonzero(is_shown)
        if not len(rows):
            return picture
        canvas = Canvas(picture, self.look.blending, self.look.opacity)
        for row in rows.tolist():
            marker = (float(x[row]), float(y[row]), float(sizes[row]))
            face, border = self.faces[row].tolist(), self.borders[row].tolist()
            draw_symbol(canvas, str(self.symbols[row]), marker, face, border, float(borders[row]))
        picture = canvas.picture
        if self.texts is not None:
            self.texts.only(rows).draw(picture, x[rows], y[rows], view, self.look)
        return picture
