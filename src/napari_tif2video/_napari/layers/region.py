"""Where layers lie on the canvas, and the grid of pixels on which they are merged. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image
from numpy.typing import NDArray

from ...data import Grid
from ...errors import SourceError
from .layer import full_data, leading_shape
from .placement import World

_SLACK = 1e-6  # of a pixel, by which placements differ that mean the same
_MIN_SIDE = 2  # pixels

Plane = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Region:
    """A grid of pixels on the canvas.

    Attributes
    ----------
    plane : float array (3, 3)
        The map from (row, column, 1) to the world of the canvas.
    size : (int, int)
        Height and width.
    """

    plane: Plane
    size: tuple[int, int]

    def is_same(self, other: Region) -> bool:
        pixel = np.linalg.norm(self.plane[:2, :2], axis=0).min()
        differences = abs(self.plane - other.plane)
        return self.size == other.size and bool(np.all(differences <= _SLACK * pixel))


def region_of_layer(viewer: ViewerModel, layer: Image) -> Region:
    """The pixels of a layer."""
    return _Placed(viewer, layer).region


class _Placed:
    """A layer and where it lies.

    Attributes
    ----------
    steps : dict
        How long the axes that are longer than one are, by their numbers from the end.
    problem : str
        Why its pixels cannot be put on another grid; empty if they can.
    """

    def __init__(self, viewer: ViewerModel, layer: Image) -> None:
        self.layer = layer
        world = World.of(layer, viewer)
        plane, linear = world.plane, world.linear
        height, width = full_data(layer).shape[layer.ndim - 2 : layer.ndim]
        self.region = Region(plane, (int(height), int(width)))
        sizes = leading_shape(layer)
        self.steps = {axis - layer.ndim: n for axis, n in enumerate(sizes) if n > 1}
        pixel = np.linalg.norm(plane[:2, :2], axis=0).min()
        beside = np.concatenate([linear[-2:, :-2].ravel(), linear[:-2, -2:].ravel()])
        self.problem = ""
        if np.any(abs(beside) > _SLACK * pixel):
            self.problem = "is turned out of the plane of the picture"
        elif max(abs(plane[0, 1]), abs(plane[1, 0])) > _SLACK * pixel:
            self.problem = "is rotated or sheared"


@dataclass(frozen=True)
class Merge:
    """Layers that go together, and what they are merged on.

    Attributes
    ----------
    region : Region
        The finest pixels of any of the layers, where all of them lie.
    grids : tuple of Grid or None
        What the region takes of each layer; None: all of it as it is.
    finest : int
        Which of the layers has the columns of the region.
    """

    layers: tuple[Image, ...]
    region: Region
    grids: tuple[Grid | None, ...]
    finest: int = 0


def merge(viewer: ViewerModel, layers: Sequence[Image], play: int | None = None) -> Merge:
    """How layers are merged.

    Parameters
    ----------
    play : int, optional
        The axis that is played, counted from the end; where it is open, layers have to be of one
        length along every axis.

    Raises
    ------
    SourceError
        They do not go together.
    """
    return _merge([_Placed(viewer, layer) for layer in layers], play)


def mergeable(
    viewer: ViewerModel, layers: Sequence[Image], play: int | None = None
) -> tuple[tuple[Image, ...], dict[Image, str]]:
    """As many layers as go together, and why each of the others does not; the lower ones first."""
    placed = [_Placed(viewer, layer) for layer in layers]
    best: list[_Placed] = []
    reasons: dict[Image, str] = {}
    for base in placed:
        kept, why = [base], {}
        for other in placed:
            if other is not base:
                try:
                    _merge([*kept, other], play)
                except SourceError as exc:
                    why[other.layer] = str(exc)
                else:
                    kept.append(other)
        if len(kept) > len(best):
            best, reasons = kept, why
        if not why:
            break
    return tuple(one.layer for one in placed if one in best), reasons


def _merge(placed: Sequence[_Placed], play: int | None) -> Merge:
    first = placed[0]
    layers = tuple(one.layer for one in placed)
    steps: dict[int, tuple[int, str]] = {}
    for one in placed:
        for axis, n in one.steps.items():
            known, name = steps.setdefault(axis, (n, one.layer.name))
            if known != n and play in (None, axis):
                raise SourceError(f"has {n} frames where {name} has {known}")
    if all(one.region.is_same(first.region) for one in placed):
        return Merge(layers, first.region, (None,) * len(layers))
    for one in placed:
        if one.problem and one is placed[-1]:
            raise SourceError(one.problem)
        if one.problem:
            raise SourceError(f"cannot be put on {one.layer.name}, which {one.problem}")
    plane, size, taken, finest = np.eye(3), [], [], 0
    for axis in (0, 1):
        places = np.array([one.region.plane[axis, [2, axis]] for one in placed])
        lengths = np.array([one.region.size[axis] for one in placed])
        finest, origin, step, count = _common(places, lengths)
        if count < _MIN_SIDE:
            raise SourceError("does not overlap with the others")
        plane[axis, [axis, 2]] = step, origin
        size.append(count)
        taken.append([((origin - own) / pixel, step / pixel) for own, pixel in places.tolist()])
    region = Region(plane, (size[0], size[1]))
    grids = (
        Grid(region.size, rows, columns, str(one.layer.interpolation2d) != "nearest")
        for one, rows, columns in zip(placed, *taken, strict=True)
    )
    pairs = zip(placed, grids, strict=True)
    return Merge(
        layers,
        region,
        tuple(None if one.region.is_same(region) else grid for one, grid in pairs),
        finest,
    )


def _common(places: Plane, lengths: NDArray[Any]) -> tuple[int, float, float, int]:
    """Along one axis: whose pixels are the finest, and those of them that lie in all others.

    Parameters
    ----------
    places : float array (N, 2)
        The middle of the first pixel, and the way to the next one.
    """
    sides = abs(places[:, 1])
    finest = int(np.flatnonzero(sides <= sides.min() * (1 + _SLACK))[0])
    origin, step = places[finest]
    ends = np.stack([np.full(len(lengths), -0.5), lengths - 0.5])
    edges = np.sort((places[:, 0] + ends * places[:, 1] - origin) / step, axis=0)
    first = int(np.ceil(edges[0].max() + 0.5 - _SLACK))
    last = int(np.floor(edges[1].min() - 0.5 + _SLACK))
    return finest, float(origin + first * step), float(step), last - first + 1
