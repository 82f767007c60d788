"""Shapes: outlines and areas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..geometry import View
from ..overlays import Look
from .arrays import Colours, Floats, SeenObjects, for_all
from .canvas import Canvas
from .text import Texts

_ELLIPSE_POINTS = 96  # off by a two-thousandth of the radius


def ellipse(corners: Floats) -> Floats:
    """The outline of the ellipse in a parallelogram of four corners (row, column)."""
    corners = np.asarray(corners, np.float64)
    middle = corners.mean(axis=0)
    across, down = (corners[1] - corners[0]) / 2, (corners[3] - corners[0]) / 2
    angles = np.linspace(0, 2 * np.pi, _ELLIPSE_POINTS, endpoint=False)[:, np.newaxis]
    outline: Floats = middle + across * np.cos(angles) + down * np.sin(angles)
    return outline


@dataclass(frozen=True, eq=False)
class Shapes(SeenObjects):
    """Outlines at coordinates of the frames; the middle of the first pixel is (0, 0).

    Attributes
    ----------
    vertices : float array (V, 2)
        Rows and columns of all outlines one after the other.
    starts : int array (N + 1,)
        Where each of them begins, and V.
    t : float array (N,), optional
        The frame of the source at which a shape is seen. Default: in every one.
    are_closed : bool array (N,)
        Whether its last vertex leads back to the first one: else it is a path.
    faces, edges : uint8 array (N, 4)
        RGBA.
    edge_widths : float array (N,)
        In pixels of the frames.
    span : (float, float)
        How long before and after its frame a shape is seen, in frames.
    texts : Texts, optional
        One for each shape.
    frames : int or sequence of int
        Which frame of the source each frame of the video shows; a number for all of so many.
    """

    look: Look
    vertices: Floats
    starts: NDArray[np.int64]
    t: Floats | None = None
    are_closed: NDArray[np.bool_] = for_all(True)
    faces: Colours = for_all((255, 255, 255, 0))
    edges: Colours = for_all((119, 119, 119, 255))
    edge_widths: Floats = for_all(1.0)
    span: tuple[float, float] = (0.5, 0.5)
    texts: Texts | None = None
    frames: NDArray[np.int64] = for_all(1)

    kind = "shapes"
    row_types: ClassVar[Mapping[str, Any]] = dict.fromkeys(("t", "edge_widths"), np.float64) | {
        "are_closed": np.bool_,
        "faces": np.uint8,
        "edges": np.uint8,
    }

    @classmethod
    def of(cls, look: Look, outlines: Iterable[Floats], **values: object) -> Shapes:
        """Shapes of one array (K, 2) of rows and columns each."""
        each = [np.asarray(outline, np.float64).reshape(-1, 2) for outline in outlines]
        starts = np.cumsum([0, *map(len, each)])
        vertices = np.concatenate(each) if each else np.empty((0, 2))
        return cls(look, vertices, starts, **values)  # type: ignore[arg-type]

    @property
    def count(self) -> int:
        return len(self.starts) - 1

    def of_rows(self, rows: NDArray[np.intp]) -> dict[str, Any]:
        lengths = np.diff(self.starts)
        is_chosen = np.isin(np.arange(self.count), rows)
        return super().of_rows(rows) | {
            "vertices": self.vertices[np.repeat(is_chosen, lengths)],
            "starts": np.concatenate([[0], np.cumsum(lengths[rows])]),
        }

    def draw(self, picture: NDArray[np.uint8], number: int, view: View) -> NDArray[np.uint8]:
        rows = np.flatnonzero(self.near(number) >= 0)
        if not len(rows):
            return picture
        down, across = view.magnification
        x, y = view.in_video(self.vertices[:, 1], self.vertices[:, 0])
        canvas = Canvas(picture, self.look.blending, self.look.opacity)
        corners = np.stack([x, y], axis=1)
        for row in rows.tolist():
            outline = corners[self.starts[row] : self.starts[row + 1]]
            if len(outline) and np.isfinite(outline).all():
                self._draw_one(canvas, row, outline.ravel().tolist(), (down + across) / 2)
        picture = canvas.picture
        if self.texts is not None:
            middles = np.stack([self._middle(row, corners) for row in rows.tolist()])
            self.texts.only(rows).draw(picture, middles[:, 0], middles[:, 1], view, self.look)
        return picture

    def _draw_one(self, canvas: Canvas, row: int, outline: list[float], scale: float) -> None:
        is_closed = bool(self.are_closed[row])
        if is_closed:
            canvas.area([outline], self.faces[row].tolist())
        width = float(self.edge_widths[row]) * scale
        red, green, blue, alpha = self.edges[row].tolist()
        # A line thinner than a pixel is as much fainter.
        edge = (red, green, blue, round(alpha * min(width, 1.0)))
        canvas.line([outline], edge, max(width, 1.0) if width else 0.0, is_closed=is_closed)

    def _middle(self, row: int, corners: Floats) -> Floats:
        """Of the box around a shape, where its text is."""
        own = corners[self.starts[row] : self.starts[row + 1]]
        if not len(own):
            return np.full(2, np.nan)
        middle: Floats = (own.min(axis=0) + own.max(axis=0)) / 2
        return middle
