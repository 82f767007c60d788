"""Vectors of a layer."""

from __future__ import annotations

import numpy as np
from napari import layers as shown

from ....drawings import Vectors
from ....overlays import Drawing, Look
from ..layer import rgba
from ..space import Space

LAYER = shown.Vectors


def drawing(layer: shown.Vectors, look: Look, space: Space, length: int) -> Drawing:
    data = np.asarray(layer.data, np.float64).reshape(-1, 2, layer.ndim)
    mode = str(layer.projection_mode)
    is_thick = mode != "none"
    rows = np.flatnonzero(space.in_slice(data[:, 0], is_thick=is_thick))
    starts, ways = data[rows, 0], data[rows, 1]
    return Vectors(
        look,
        space.in_frame(starts[:, -2:]),
        space.in_frame(starts[:, -2:] + float(layer.length) * ways[:, -2:]),
        space.frames(starts),
        colours=rgba(layer.edge_color)[rows],
        width=float(layer.edge_width) * space.length,
        style=str(layer.vector_style),
        span=space.span(is_thick=is_thick),
        fades=mode == "fade",
        frames=length,  # type: ignore[arg-type]
    )
