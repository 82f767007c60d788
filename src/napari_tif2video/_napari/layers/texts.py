"""Texts beside the objects of a layer. No Qt."""

from __future__ import annotations

import numpy as np
from napari.layers import Layer
from numpy.typing import NDArray

from ...drawings import Texts
from .layer import rgba
from .space import Space

_PX_PER_PT = 96 / 72  # as napari's canvas counts


def texts_of(layer: Layer, rows: NDArray[np.intp], space: Space) -> Texts | None:
    text = layer.text
    if not text.visible or not len(rows):
        return None
    count = len(layer.features)
    strings = np.broadcast_to(np.asarray(text.string(layer.features), np.str_), (count,))
    if not any(strings[rows]):
        return None
    colours = np.broadcast_to(rgba(text.color(layer.features)), (count, 4))
    moved = np.zeros(2)
    translation = np.ravel(text.translation)
    if translation.size:
        moved[:] = translation[-2:]
    down, right = space.plane[:2, :2] @ moved
    return Texts(
        tuple(map(str, strings[rows])),
        colours[rows],
        max(1, round(text.size * _PX_PER_PT)),
        str(text.anchor),
        (float(down), float(right)),
    )
