"""Shapes of a layer, with the texts beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari import layers as shown
from numpy.typing import NDArray

from ....drawings import Shapes, ellipse
from ....overlays import Drawing, Look
from ..layer import rgba
from ..space import Space
from ..texts import texts_of

LAYER = shown.Shapes


def drawing(layer: shown.Shapes, look: Look, space: Space, length: int) -> Drawing:
    outlines, rows, times, are_closed = [], [], [], []
    for row in np.argsort(np.asarray(layer.z_index, int), kind="stable").tolist():
        corners = np.asarray(layer.data[row], np.float64)
        kind = str(layer.shape_type[row])
        # A shape is in the slice whose number all of its corners round to.
        first, last = (
            np.round(end).astype(int)[np.newaxis] for end in (corners.min(0), corners.max(0))
        )
        is_seen = space.in_slice(first, is_thick=False) & space.in_slice(last, is_thick=False)
        if not is_seen[0] or _differ(first[0], last[0], space.axis):
            continue
        places = space.in_frame(corners[:, -2:])
        outlines.append(ellipse(places) if kind == "ellipse" else places)
        times.append(first[0])
        rows.append(row)
        are_closed.append(kind not in ("path", "line"))
    chosen = np.array(rows, np.intp)
    return Shapes.of(
        look,
        outlines,
        t=space.frames(np.array(times).reshape(-1, layer.ndim)),
        are_closed=np.array(are_closed, bool),
        faces=rgba(layer.face_color)[chosen],
        edges=rgba(layer.edge_color)[chosen],
        edge_widths=np.asarray(layer.edge_width, np.float64)[chosen] * space.length,
        span=space.span(is_thick=False),
        texts=texts_of(layer, chosen, space),
        frames=length,
    )


def _differ(first: NDArray[Any], last: NDArray[Any], axis: int | None) -> bool:
    return axis is not None and bool(first[axis] != last[axis])
