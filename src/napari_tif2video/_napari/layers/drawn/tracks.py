"""Tracks of a layer, and the lines of its graph."""

from __future__ import annotations

import numpy as np
from napari import layers as shown

from ....drawings import Tracks
from ....errors import SourceError
from ....overlays import Drawing, Look
from ..layer import rgba
from ..space import Space

LAYER = shown.Tracks


def drawing(layer: shown.Tracks, look: Look, space: Space, length: int) -> Drawing:
    table = np.asarray(layer.data, np.float64)
    times = space.frames(table[:, 1:])
    if times is None or space.axis != 0:
        raise SourceError("whose time is not played")
    y, x = space.in_frame(table[:, -2:]).T
    made = Tracks(
        look,
        table[:, 0].astype(np.int64),
        times,
        y,
        x,
        colours=rgba(layer.track_colors),
        width_px=float(layer.tail_width),
        tail=float(layer.tail_length) * abs(space.step),
        head=float(layer.head_length) * abs(space.step),
        hides_completed=bool(layer.hide_completed_tracks),
        shows_tail=bool(layer.display_tail),
        shows_ids=bool(layer.display_id),
        frames=length,  # type: ignore[arg-type]
    )
    if not layer.display_graph or not layer.graph:
        return made
    parents = {child: np.ravel(found).tolist() for child, found in layer.graph.items()}
    return made.linked([(one, child) for child, found in parents.items() for one in found])
