"""Points of a layer, with the texts beside them."""

from __future__ import annotations

import numpy as np
from napari import layers as shown

from ....drawings import Points
from ....overlays import Drawing, Look
from ..layer import rgba
from ..space import Space
from ..texts import texts_of

LAYER = shown.Points


def drawing(layer: shown.Points, look: Look, space: Space, length: int) -> Drawing:
    data = np.asarray(layer.data, np.float64).reshape(-1, layer.ndim)
    mode = str(layer.projection_mode)
    is_thick = mode != "none"
    rows = np.flatnonzero(space.in_slice(data, is_thick=is_thick) & np.asarray(layer.shown))
    data = data[rows]
    y, x = space.in_frame(data[:, -2:]).T
    sizes = np.asarray(layer.size, np.float64)[rows] * space.size
    widths = np.asarray(layer.border_width, np.float64)[rows]
    is_relative = layer.border_width_is_relative
    return Points(
        look,
        y,
        x,
        space.frames(data),
        sizes=sizes,
        faces=rgba(layer.face_color)[rows],
        borders=rgba(layer.border_color)[rows],
        border_widths=widths * sizes if is_relative else np.minimum(widths * space.size, sizes),
        symbols=np.array([str(symbol) for symbol in np.asarray(layer.symbol)[rows]], np.str_),
        frames=length,  # type: ignore[arg-type]
        span=space.span(is_thick=is_thick),
        tapers={"rescale_linear": "linear", "rescale_spherical": "spherical"}.get(mode, ""),
        texts=texts_of(layer, rows, space),
    )
