"""Where frames are in the world of napari, and coordinates of other layers in the frames. No Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Layer
from numpy.typing import NDArray

from ...settings import Given

Floats = NDArray[np.float64]


def unit_factors(viewer: ViewerModel, layer: Layer) -> Floats:
    """What napari multiplies a layer's world with, to show it among layers in other units."""
    shown = viewer.layers.extent.units
    if shown is None:  # they do not go together, and are ignored
        return np.ones(layer.ndim)
    pairs = zip(layer.units, shown[-layer.ndim :], strict=True)
    return np.array([1 if own == unit else (1.0 * own).to(unit).magnitude for own, unit in pairs])


@dataclass(frozen=True, eq=False)
class World:
    """The map from places of a layer to the world, of which the linear part is taken.

    Attributes
    ----------
    origin : float array (D,)
        Where the layer's first place is.
    linear : float array (D, D)
        The map from there on.
    """

    origin: Floats
    linear: Floats

    @classmethod
    def of(cls, layer: Layer, viewer: ViewerModel | None = None) -> World:
        """That of a layer alone, or in the units of a viewer."""
        factors = 1.0 if viewer is None else unit_factors(viewer, layer)
        origin = np.array(layer.data_to_world(np.zeros(layer.ndim)))
        ends = np.array([layer.data_to_world(one) for one in np.eye(layer.ndim)])
        return cls(origin * factors, ((ends - origin) * factors).T)

    @property
    def plane(self) -> Floats:
        """From (row, column, 1) to the last two axes of the world."""
        plane = np.eye(3)
        plane[:2, :2], plane[:2, 2] = self.linear[-2:, -2:], self.origin[-2:]
        return plane

    def along(self, axis: int) -> tuple[float, float]:
        """Where the first step along an axis is, and how far the next one."""
        return float(self.origin[axis]), float(self.linear[axis, axis])


@dataclass(frozen=True, eq=False)
class Placement:
    """Where the frames of a stack are.

    Attributes
    ----------
    plane : float array (3, 3)
        From (row, column, 1) of the frames to the world.
    along : mapping
        For each axis that may be played, by its letter: which one it is, counted from the end,
        where its first frame is in the world, and how far the next one is.
    units : sequence, optional
        Of the axes of the world; None where they are ignored, as they do not go together.
    """

    plane: Floats
    along: Mapping[str, tuple[int, float, float]]
    units: Sequence[Any] | None

    @classmethod
    def of_layer(cls, layer: Image, axes: Mapping[str, int]) -> Placement:
        """That of a layer alone, whose axes have these letters and numbers."""
        world = World.of(layer)
        along = {letter: (axis - layer.ndim, *world.along(axis)) for letter, axis in axes.items()}
        return cls(world.plane, along, layer.units)

    @classmethod
    def of_layers(
        cls, viewer: ViewerModel, layers: Sequence[Image], plane: Floats, play: int, letter: str
    ) -> Placement:
        """That of layers of a viewer of which the axis `play`, counted from the end, is played."""
        moving = next((layer for layer in layers if layer.ndim >= -play > 2), None)
        along = {} if moving is None else {letter: (play, *World.of(moving, viewer).along(play))}
        return cls(plane, along, viewer.layers.extent.units)

    def __call__(self, given: Given, played: str) -> Floats | None:
        """What a layer has, with the frame, row and column of each place; None for another axis."""
        origin, linear = given.to_world
        axis, first, step = self.along.get(played, (0, 0.0, 1.0))
        if not -len(origin) <= axis < 0:
            return None
        places = given.array[:, -len(origin) :] @ linear.T + origin
        places *= self._factors(given.units)
        times = (places[:, axis] - first) / step
        in_plane = np.linalg.inv(self.plane)
        rows = places[:, -2:] @ in_plane[:2, :2].T + in_plane[:2, 2]
        return np.column_stack([given.array[:, : -len(origin)], times, rows])

    def _factors(self, units: Sequence[Any]) -> Floats:
        """From these units of the last axes to those of the world."""
        factors = np.ones(len(units))
        pairs = [] if self.units is None else list(zip(units[::-1], self.units[::-1], strict=False))
        if all(own.is_compatible_with(unit) for own, unit in pairs):
            for place, (own, unit) in enumerate(pairs, start=1):
                factors[-place] = (1.0 * own).to(unit).magnitude
        return factors
