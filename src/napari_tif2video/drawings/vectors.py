"""Vectors: lines, triangles or arrows from places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..geometry import View
from ..overlays import Look
from .arrays import Colours, Floats, SeenObjects, for_all
from .canvas import Canvas

_NECK = 0.75  # where the head of an arrow begins


@dataclass(frozen=True, eq=False)
class Vectors(SeenObjects):
    """Vectors at coordinates of the frames; the middle of the first pixel is (0, 0).

    Attributes
    ----------
    starts, ends : float array (N, 2)
        Row and column.
    t : float array (N,), optional
        The frame of the source at which a vector is seen. Default: in every one.
    colours : uint8 array (N, 4)
        RGBA.
    width : float
        In pixels of the frames.
    style : {"line", "triangle", "arrow"}
    span : (float, float)
        How long before and after its frame a vector is seen, in frames.
    fades : bool
        Whether it fades towards the ends of that.
    frames : int or sequence of int
        Which frame of the source each frame of the video shows; a number for all of so many.
    """

    look: Look
    starts: Floats
    ends: Floats
    t: Floats | None = None
    colours: Colours = for_all((255, 0, 0, 255))
    width: float = 1.0
    style: str = "triangle"
    span: tuple[float, float] = (0.5, 0.5)
    fades: bool = False
    frames: NDArray[np.int64] = for_all(1)

    kind = "vectors"
    row_types: ClassVar[Mapping[str, Any]] = {
        "starts": None,
        "ends": None,
        "t": np.float64,
        "colours": np.uint8,
    }

    @property
    def count(self) -> int:
        return len(self.starts)

    def draw(self, picture: NDArray[np.uint8], number: int, view: View) -> NDArray[np.uint8]:
        near = self.near(number)
        rows = np.flatnonzero(near >= 0)
        if not len(rows):
            return picture
        canvas = Canvas(picture, self.look.blending, self.look.opacity)
        shares = near[rows] if self.fades else np.ones(len(rows))
        starts, ends = (
            np.stack(view.in_video(one[rows, 1], one[rows, 0]), axis=1)
            for one in (self.starts, self.ends)
        )
        scale = sum(view.magnification) / 2
        for row, share, ring in zip(rows, shares, self._rings(starts, ends, scale), strict=True):
            red, green, blue, alpha = self.colours[row].tolist()
            canvas.area([ring], (red, green, blue, round(alpha * float(share))))
        return canvas.picture

    def _rings(self, starts: Floats, ends: Floats, scale: float) -> list[list[float]]:
        """The outline of each vector, as napari builds it (`generate_vector_meshes`)."""
        way = ends - starts
        lengths = np.maximum(np.hypot(*way.T), 1e-9)[:, np.newaxis]
        # Thinner than a pixel, a vector would be hard to see.
        aside = way[:, ::-1] * (-1, 1) / lengths * max(self.width * scale, 1.0) / 2
        neck = starts + _NECK * way
        corners = {
            "line": (starts + aside, ends + aside, ends - aside, starts - aside),
            "triangle": (starts + aside, ends, starts - aside),
            "arrow": (
                *(starts + aside, neck + aside, neck + 2 * aside, ends),
                *(neck - 2 * aside, neck - aside, starts - aside),
            ),
        }[self.style]
        rings: list[list[float]] = np.concatenate(corners, axis=1).tolist()
        return rings
