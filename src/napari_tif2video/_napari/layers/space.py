"""Where the coordinates of a layer are in the frames of those that are merged. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Layer
from numpy.typing import NDArray

from .placement import World, unit_factors
from .region import Merge


@dataclass(frozen=True, eq=False)
class Space:
    """Where the coordinates of a layer are in the frames.

    Attributes
    ----------
    plane : float array (3, 3)
        From (row, column, 1) of the layer to those of the frames.
    axis : int, optional
        The layer's axis that is played; None where it has no such axis, and does not change.
    first, step : float
        The frame of coordinate 0 along that axis, and how many frames a step there takes.
    others : dict
        Of each other axis that is not in the picture: where it stands, and how far it reaches
        before and after that.
    margins : (float, float)
        How far the slice reaches along the axis that is played, in steps.
    size : float
        The length, in pixels of the frames, of what is 1 long in the layer's columns.
    """

    plane: NDArray[np.float64]
    axis: int | None
    first: float
    step: float
    others: dict[int, tuple[float, float, float]]
    margins: tuple[float, float]
    size: float

    @classmethod
    def of(cls, viewer: ViewerModel, layer: Layer, merged: Merge, play: int) -> Space:
        world = World.of(layer, viewer)
        to_frame = np.linalg.inv(merged.region.plane) @ world.plane
        moving = next((image for image in merged.layers if image.ndim >= -play > 2), None)
        axis: int | None = None
        first, step = 0.0, 1.0
        if moving is not None and layer.ndim >= -play:
            axis = play + layer.ndim
            own, (origin, way) = world.along(play), World.of(moving, viewer).along(play)
            first, step = (own[0] - origin) / way, own[1] / way
        # Axes stand by themselves: a slice is at one value of each.
        steps = np.diag(world.linear)
        middle = (np.array(viewer.dims.point[-layer.ndim :]) - world.origin) / steps
        left, right = (
            np.array(margin[-layer.ndim :]) / abs(steps)
            for margin in (viewer.dims.margin_left, viewer.dims.margin_right)
        )
        others = {
            one: (float(middle[one]), float(left[one]), float(right[one]))
            for one in range(layer.ndim - 2)
            if one != axis
        }
        margins = (0.0, 0.0) if axis is None else (float(left[axis]), float(right[axis]))
        scale = abs(layer.scale[-1]) * unit_factors(viewer, layer)[-1]
        return cls(
            to_frame,
            axis,
            first,
            step,
            others,
            margins,
            float(scale / np.linalg.norm(merged.region.plane[:2, 1])),
        )

    @property
    def length(self) -> float:
        """The side of a square in the frames that is as large as one of side 1 in the layer."""
        return float(abs(np.linalg.det(self.plane[:2, :2])) ** 0.5)

    def in_frame(self, places: Any) -> NDArray[np.float64]:
        """Rows and columns (N, 2) of a layer as those of the frames."""
        rows = np.asarray(places, np.float64).reshape(-1, 2)
        found: NDArray[np.float64] = rows @ self.plane[:2, :2].T + self.plane[:2, 2]
        return found

    def frames(self, coordinates: Any) -> NDArray[np.float64] | None:
        """The frame of each of some coordinates (N, D), where the layer has that axis."""
        if self.axis is None:
            return None
        times: NDArray[np.float64] = (
            self.first + self.step * np.asarray(coordinates, np.float64)[:, self.axis]
        )
        return times

    def span(self, *, is_thick: bool) -> tuple[float, float]:
        """How long before and after its frame something is seen."""
        before, after = _reach(*self.margins) if is_thick else (0.5, 0.5)
        # What is seen up to `after` steps ahead of now is seen that long before its frame.
        return after * abs(self.step), before * abs(self.step)

    def in_slice(self, coordinates: Any, *, is_thick: bool) -> NDArray[np.bool_]:
        """Which of some coordinates (N, D) are where the other axes stand."""
        seen = np.ones(len(coordinates), bool)
        for axis, (middle, left, right) in self.others.items():
            before, after = _reach(left, right) if is_thick else (0.5, 0.5)
            distances = np.asarray(coordinates)[:, axis] - middle
            seen &= (distances >= -before) & (distances <= after)
        return seen


def _reach(left: float, right: float) -> tuple[float, float]:
    """How far a slice reaches: a thin one half a step, as napari has it."""
    return (0.5, 0.5) if np.isclose(left + right, 0) else (left, right)
