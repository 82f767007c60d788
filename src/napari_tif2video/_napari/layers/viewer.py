"""Viewers as stacks: their visible layers, put on top of each other as they are shown. No Qt."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Layer

from ...data import Channel, PlacedFrames, Stack
from ...errors import SourceError
from .drawn import drawings_of
from .layer import TEMPORARY, Place, display_of, leading_shape, stack_of_layer
from .placement import Placement, unit_factors
from .region import Merge, merge, mergeable


def stack_of(source: Any) -> Stack | None:
    """The stack behind layers or a viewer of napari; None for anything else."""
    if isinstance(source, Layer):
        return stack_of_layer(source)
    if isinstance(source, ViewerModel):
        return stack_of_viewer(source)
    is_list = isinstance(source, (list, tuple)) and len(source) > 0
    if is_list and all(isinstance(one, Layer) for one in source):
        return stack_of_layers(source)
    return None


def stack_of_viewer(viewer: ViewerModel) -> Stack:
    """The visible images of a viewer on top of each other, and other layers drawn onto them.

    The axis that is played is the one whose slider was used last, if it has several steps, or
    else the first that has; all others stay where their sliders are.
    """
    shown = [layer for layer in viewer.layers if layer.visible]
    visible = [layer for layer in shown if TEMPORARY not in layer.metadata]
    images = [layer for layer in visible if isinstance(layer, Image)]
    if not images:
        raise SourceError("the viewer shows no image layer; make one visible")
    others = [layer for layer in visible if not isinstance(layer, Image)]
    notes: list[str] = []
    # Axes of a layer are the last ones of the viewer.
    play = _played_axis(viewer, images) - viewer.dims.ndim
    chosen, left_out = mergeable(viewer, images, play)
    notes += [f"left out: {layer.name}, which {why}" for layer, why in left_out.items()]
    merged = merge(viewer, chosen, play)
    stack = merged_layers(viewer, merged, play)
    drawings, said = drawings_of(viewer, others, merged, play, len(stack))
    return dataclasses.replace(stack, notes=(*notes, *said, *stack.notes), drawings=drawings)


def stack_of_layers(layers: Sequence[Layer]) -> Stack:
    """Some layers, the first at the bottom, as a viewer shows them that has no others."""
    viewer = ViewerModel()
    before = [layer.visible for layer in layers]
    try:
        viewer.layers.extend(layers)
        return stack_of_viewer(viewer)
    finally:
        viewer.layers.clear()
        for layer, was_visible in zip(layers, before, strict=True):
            layer.visible = was_visible


def merged_layers(
    viewer: ViewerModel,
    merged: Merge,
    play: int,
    points: Sequence[Sequence[Place]] | None = None,
    depth: int | None = None,
    projection: str = "",
) -> Stack:
    """Image layers put on top of each other as they are shown, the first at the bottom.

    Where their pixels differ, they are put on the finest ones, as far as all layers reach: by
    linear interpolation, or the nearest pixel where the layer is shown so.

    Parameters
    ----------
    play : int
        The axis that becomes time, counted from the end: -3 is the one before (Y, X).
    points : sequence of sequences of int or slice, optional
        Where the axes of each layer stand, if not as by `places_of`.
    depth, projection : int and str, optional
        The axis, counted likewise, whose planes become one, and how.
    """
    images = merged.layers
    points = points or [places_of(viewer, layer, play) for layer in images]
    first = images[0]
    channels: list[Channel] = []
    stacks: list[Stack] = []
    for layer, place in zip(images, points, strict=True):
        own_play, sizes = play + layer.ndim, leading_shape(layer)
        moves = 0 <= own_play < len(sizes) and sizes[own_play] > 1
        own_depth = None if depth is None else depth + layer.ndim
        if own_depth is not None and (own_depth < 0 or sizes[own_depth] < 2):
            own_depth = None
        stacks.append(
            stack_of_layer(
                layer,
                play=own_play if moves else -1,
                point=place,
                depth=own_depth,
                projection=projection,
            )
        )
    moving = max(stacks, key=len)
    for number, (layer, stack, grid) in enumerate(zip(images, stacks, merged.grids, strict=True)):
        frames = stack.frames
        if len(frames) < len(moving):  # one frame shown all the time, under or over those that move
            frames = frames.select([0] * len(moving))
        if grid is not None:
            frames = PlacedFrames(frames, grid)
        channels.append(Channel(frames, display_of(layer), layer.name, number))
    path = first.source.path
    name = "_".join(layer.name for layer in images)
    folder = None if path is None else Path(path)
    finest = stacks[merged.finest].calibration
    calibration = dataclasses.replace(
        moving.calibration,
        pixel_size_um=finest.pixel_size_um,
        pixel_size_origin=finest.pixel_size_origin,
    )
    notes: tuple[str, ...] = ()
    if any(merged.grids):
        height, width = merged.region.size
        where = f"the {width}x{height} pixels of {images[merged.finest].name} where all of them are"
        notes = (f"layers of different pixels are merged on {where}",)
    return Stack(
        tuple(channels),
        name,
        folder,
        notes,
        played=moving.played,
        calibration=calibration,
        placed=Placement.of_layers(viewer, images, merged.region.plane, play, moving.played),
    )


def point_of(viewer: ViewerModel, layer: Image) -> list[int]:
    """Where the sliders are, in the layer's own data coordinates."""
    sizes = leading_shape(layer)
    coordinates = layer.world_to_data(_world(viewer, layer, viewer.dims.point))
    return [min(max(round(c), 0), n - 1) for c, n in zip(coordinates, sizes, strict=False)]


def move_slider(viewer: ViewerModel, layer: Image, axis: int, step: int) -> None:
    """Put the slider of an axis of a layer where a step of its data is."""
    coordinates = list(layer.world_to_data(_world(viewer, layer, viewer.dims.point)))
    coordinates[axis] = step
    world = layer.data_to_world(coordinates) * unit_factors(viewer, layer)
    viewer.dims.set_point(axis - layer.ndim + viewer.dims.ndim, world[axis])


def places_of(viewer: ViewerModel, layer: Image, play: int | None) -> list[Place]:
    """The same with a slice where the layer shows several planes as one; not of what is played.

    Parameters
    ----------
    play : int, optional
        The axis that is played, counted from the end.
    """
    places: list[Place] = list(point_of(viewer, layer))
    if str(layer.projection_mode) == "none":
        return places
    middle, left, right = (
        _world(viewer, layer, of_dims)
        for of_dims in (viewer.dims.point, viewer.dims.margin_left, viewer.dims.margin_right)
    )
    ends = (middle - left, middle + right)
    low, high = np.sort([layer.world_to_data(end) for end in ends], axis=0)
    for axis, n in enumerate(leading_shape(layer)):
        # As napari rounds it.
        first, last = max(round(low[axis]), 0), max(round(high[axis]), 0)
        last = max(last + bool(np.isclose(last, high[axis])), first + 1)
        span = slice(min(first, n - 1), min(last, n))
        if axis - layer.ndim != play and span.stop - span.start > 1:
            places[axis] = span
    return places


def _world(viewer: ViewerModel, layer: Image, of_dims: Sequence[float]) -> Any:
    """Coordinates of the viewer in the layer's own units."""
    return np.array(of_dims[-layer.ndim :]) / unit_factors(viewer, layer)


def _played_axis(viewer: ViewerModel, images: Sequence[Image]) -> int:
    moving = set()
    for layer in images:
        missing = viewer.dims.ndim - layer.ndim
        moving |= {a + missing for a, n in enumerate(leading_shape(layer)) if n > 1}
    if viewer.dims.last_used in moving:
        return int(viewer.dims.last_used)
    return min(moving, default=0)
