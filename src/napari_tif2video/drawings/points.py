"""Points: symbols at places, with a border and a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import SettingsError
from ..geometry import View
from ..overlays import Look
from .arrays import Colours, Floats, OfArrays, as_numbers, for_all, per_object, seen_at, seen_in
from .canvas import Canvas
from .symbols import SYMBOLS, draw_symbol
from .text import Texts


@dataclass(frozen=True, eq=False)
class Points(OfArrays):
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

    def __post_init__(self) -> None:
        count = len(self.y)
        for name in ("y", "x", "sizes", "border_widths"):
            object.__setattr__(self, name, per_object(getattr(self, name), count, np.float64))
        for name in ("faces", "borders"):
            object.__setattr__(self, name, per_object(getattr(self, name), count, np.uint8))
        object.__setattr__(self, "symbols", per_object(self.symbols, count, np.str_))
        object.__setattr__(self, "frames", as_numbers(self.frames))
        if self.t is not None:
            object.__setattr__(self, "t", per_object(self.t, count, np.float64))
        unknown = set(np.unique(self.symbols)) - set(SYMBOLS)
        if unknown:
            raise SettingsError(
                f"{self.look.name}: there is no symbol {min(unknown)!r}; take one of "
                f"{', '.join(SYMBOLS)}"
            )

    @property
    def count(self) -> int:
        return len(self.y)

    def select(self, indices: Sequence[int]) -> Points:
        """Only these frames, and the points that are seen in any of them."""
        frames = self.frames[list(indices)]
        if self.t is None or not len(frames):
            return replace(self, frames=frames)
        seen = seen_in(self.t, frames, self.span)
        return self._only(np.flatnonzero(seen), frames)

    def _only(self, rows: NDArray[np.intp], frames: NDArray[np.int64]) -> Points:
        return replace(
            self,
            y=self.y[rows],
            x=self.x[rows],
            t=None if self.t is None else self.t[rows],
            sizes=self.sizes[rows],
            faces=self.faces[rows],
            borders=self.borders[rows],
            border_widths=self.border_widths[rows],
            symbols=self.symbols[rows],
            texts=None if self.texts is None else self.texts.only(rows),
            frames=frames,
        )

    def draw(self, picture: NDArray[np.uint8], number: int, view: View) -> NDArray[np.uint8]:
        near = seen_at(self.t, float(self.frames[number]), self.span, self.count)
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
