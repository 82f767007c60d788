"""Layers that are drawn onto the frames of images, as napari shows them. No Qt.

A file for each kind, which is found because it is here: `LAYER` is napari's class, and `drawing`
makes what is drawn of one layer of it. Where no class of `drawings` will do, the file has an
`overlays.Drawing` of its own.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

from napari.components import ViewerModel
from napari.layers import Layer

from ....errors import SourceError
from ....overlays import Drawing, Look
from ..layer import blending_of
from ..region import Merge
from ..space import Space

_Drawing = Callable[[Layer, Look, Space, int], Drawing]


@cache
def _kinds(folders: tuple[str, ...]) -> dict[type[Layer], _Drawing]:
    """What makes a drawing of each class of layers."""
    names = [module.name for module in pkgutil.iter_modules(folders, __name__ + ".")]
    return {kind.LAYER: kind.drawing for kind in map(import_module, names)}


def _kind_of(layer: Layer) -> _Drawing | None:
    kinds = _kinds(tuple(__path__))
    return next((kinds[one] for one in type(layer).__mro__ if one in kinds), None)


def is_drawn(layer: Layer) -> bool:
    """Whether a layer is drawn onto the frames of images."""
    return _kind_of(layer) is not None


def drawings_of(
    viewer: ViewerModel, layers: Sequence[Layer], merged: Merge, play: int, length: int
) -> tuple[tuple[Drawing, ...], list[str]]:
    """What is drawn of some layers onto those that are merged, and what cannot be.

    Parameters
    ----------
    layers : sequence of Layer
        From the bottom up; images are none of these.
    play : int
        The axis that becomes time, counted from the end.
    length : int
        How many frames there are.
    """
    made: list[Drawing] = []
    notes: list[str] = []
    order = list(viewer.layers)
    for layer in layers:
        convert = _kind_of(layer)
        if convert is None:
            notes.append(f"left out: {layer.name}, which is a {type(layer).__name__} layer")
            continue
        below = [one for one in merged.layers if order.index(one) < order.index(layer)]
        path = layer.source.path
        is_opaque = str(layer.blending) == "opaque"
        look = Look(
            layer.name,
            "" if path is None else Path(path).name,
            1.0 if is_opaque else float(layer.opacity),
            blending_of(layer),
            len(below),
        )
        try:
            made.append(convert(layer, look, Space.of(viewer, layer, merged, play), length))
        except SourceError as exc:
            notes.append(f"left out: {layer.name}, {exc}")
    return tuple(made), notes
