"""Outlines: shapes as napari saves them in CSV, and as its layer takes them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import SourceError
from .table import file_digest, read_table

#: Fewest vertices of each type; four of an ellipse are the corners around it.
SHAPE_TYPES = {"polygon": 3, "path": 2, "line": 2, "rectangle": 4, "ellipse": 4}
_MAX_AXES = 4


class Outline(NamedTuple):
    """A shape: its type, and its vertices (K, D) in the order [t, [z,]] y, x."""

    type: str
    vertices: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Outlines:
    """Shapes, with the base name of their file and its SHA-256; both empty for arrays."""

    shapes: tuple[Outline, ...]
    file: str = ""
    digest: str = ""

    def __len__(self) -> int:
        return len(self.shapes)


def read_shapes(path: str | os.PathLike[str]) -> Outlines:
    """Shapes from a CSV that napari saved.

    Raises
    ------
    SourceError
        It cannot be read, or holds no shapes.
    """
    file = Path(path)

    def choose(names: tuple[str, ...], count: int) -> Mapping[str, int]:
        axes = [name for n in range(_MAX_AXES + 1) if (name := f"axis_{n}") in names]
        if not {"index", "shape_type"} <= set(names) or len(axes) < 2:
            raise SourceError(
                f"{file}: has no columns index, shape-type, axis-0 and axis-1 as napari saves "
                "shapes"
            )
        if len(axes) > _MAX_AXES:
            raise SourceError(f"{file}: has {len(axes)} axes; shapes have t, z, y and x at most")
        return {name: names.index(name) for name in ("index", "shape_type", *axes)}

    table = read_table(file, choose, ("shape_type",))
    if not table.rows:
        raise SourceError(f"{file}: holds no rows but its header")
    axes = [column for name, column in table.numbers.items() if name.startswith("axis")]
    vertices, index = np.stack(axes, axis=1), table.numbers["index"]
    ends = np.flatnonzero(~(index[1:] == index[:-1])) + 1
    spans = zip((0, *ends.tolist()), (*ends.tolist(), len(index)), strict=True)
    shapes = (Outline(table.texts["shape_type"][a], vertices[a:b]) for a, b in spans)
    return Outlines(tuple(_checked(shapes, file)), file.name, file_digest(file))


def outlines_of(shapes: Any) -> Outlines:
    """Shapes from a list as napari's layer takes it: arrays of vertices, which are polygons, or
    pairs of such an array and a type."""
    try:
        each = [_outline(shape) for shape in shapes]
    except (TypeError, ValueError, OverflowError) as exc:
        raise SourceError(
            f"shapes: expected a path, or a list of arrays of vertices or of pairs (vertices, "
            f"type) ({exc})"
        ) from exc
    if len({shape.vertices.shape[1] for shape in each}) > 1:
        raise SourceError("shapes: vertices of some have more coordinates than those of others")
    return Outlines(tuple(_checked(iter(each), "the list")))


def _outline(shape: Any) -> Outline:
    kind = "polygon"
    if isinstance(shape, tuple) and len(shape) == 2 and isinstance(shape[1], str):
        shape, kind = shape
    vertices = np.array(shape, np.float64)
    if vertices.ndim != 2 or not 2 <= vertices.shape[1] <= _MAX_AXES:
        raise ValueError(f"one has the shape {vertices.shape}")
    return Outline(kind.strip().lower(), vertices)


def _checked(shapes: Iterator[Outline], where: object) -> Iterator[Outline]:
    for number, shape in enumerate(shapes):
        least = SHAPE_TYPES.get(shape.type)
        if least is None:
            raise SourceError(
                f"{where}: shape {number} is of the type {shape.type[:40]!r}; known are "
                f"{', '.join(SHAPE_TYPES)}"
            )
        if len(shape.vertices) < least or (shape.type == "ellipse" and len(shape.vertices) != 4):
            raise SourceError(
                f"{where}: shape {number} is a {shape.type} of {len(shape.vertices)} vertices; "
                f"it has to have {least}"
            )
        yield shape
