"""Viewers as stacks: their visible layers, put on top of each other as they are shown. No Qt."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Layer

from ...data import Channel, Stack
from ...errors import SourceError
from .layer import TEMPORARY, Place, display_of, full_data, leading_shape, stack_of_layer


def stack_of(source: Any) -> Stack | None:
    """The stack behind a layer or viewer of napari; None for anything else."""
    if isinstance(source, Layer):
        return stack_of_layer(source)
    if isinstance(source, ViewerModel):
        return stack_of_viewer(source)
    return None


def stack_of_viewer(viewer: ViewerModel) -> Stack:
    """The visible image layers of a viewer, put on top of each other as they are shown.

    The axis that is played is the one whose slider was used last, if it has several steps, or
    else the first that has; all others stay where their sliders are.
    """
    shown = [layer for layer in viewer.layers if layer.visible]
    visible = [layer for layer in shown if TEMPORARY not in layer.metadata]
    images = [layer for layer in visible if isinstance(layer, Image)]
    if not images:
        raise SourceError("the viewer shows no image layer; make one visible")
    left_out = [layer.name for layer in visible if not isinstance(layer, Image)]
    notes = (f"left out, as they are no images: {', '.join(left_out)}",) if left_out else ()
    # Axes of a layer are the last ones of the viewer.
    play = _played_axis(viewer, images) - viewer.dims.ndim
    points = [places_of(viewer, layer, play) for layer in images]
    return dataclasses.replace(merged_layers(images, play, points), notes=notes)


def merged_layers(
    images: Sequence[Image],
    play: int,
    points: Sequence[Sequence[Place]],
    depth: int | None = None,
    projection: str = "",
) -> Stack:
    """Image layers put on top of each other as they are shown, the first at the bottom.

    Parameters
    ----------
    play : int
        The axis that becomes time, counted from the end: -3 is the one before (Y, X).
    points : sequence of sequences of int or slice
        Where the axes of each layer stand, as from `places_of`.
    depth, projection : int and str, optional
        The axis, counted likewise, whose planes become one, and how.

    Raises
    ------
    SourceError
        They do not cover each other, or are not of one length.
    """
    first = images[0]
    for layer in images[1:]:
        if _placement(layer) != _placement(first):
            raise SourceError(
                f"{layer.name}: has another size, scale or position than {first.name}; only "
                "layers that cover each other exactly can be merged"
            )
    channels: list[Channel] = []
    moving: Stack | None = None
    for number, (layer, place) in enumerate(zip(images, points, strict=True)):
        own_play, sizes = play + layer.ndim, leading_shape(layer)
        moves = 0 <= own_play < len(sizes) and sizes[own_play] > 1
        own_depth = None if depth is None else depth + layer.ndim
        if own_depth is not None and (own_depth < 0 or sizes[own_depth] < 2):
            own_depth = None
        stack = stack_of_layer(
            layer,
            play=own_play if moves else -1,
            point=place,
            depth=own_depth,
            projection=projection,
        )
        if moving is None or (moves and len(moving) == 1):
            moving = stack
        channels.append(Channel(stack.frames, display_of(layer), layer.name, number))
    length = max(len(channel.frames) for channel in channels)
    channels = [_lengthened(channel, length, images[i]) for i, channel in enumerate(channels)]
    path = first.source.path
    name = "_".join(layer.name for layer in images)
    folder = None if path is None else Path(path)
    assert moving is not None  # there is a layer
    return Stack(
        tuple(channels), name, folder, played=moving.played, calibration=moving.calibration
    )


def point_of(viewer: ViewerModel, layer: Image) -> list[int]:
    """Where the sliders are, in the layer's own data coordinates."""
    sizes = leading_shape(layer)
    coordinates = layer.world_to_data(viewer.dims.point[-layer.ndim :])
    return [min(max(round(c), 0), n - 1) for c, n in zip(coordinates, sizes, strict=False)]


def move_slider(viewer: ViewerModel, layer: Image, axis: int, step: int) -> None:
    """Put the slider of an axis of a layer where a step of its data is."""
    coordinates = list(layer.world_to_data(viewer.dims.point[-layer.ndim :]))
    coordinates[axis] = step
    world = layer.data_to_world(coordinates)
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
    dims, own = viewer.dims, slice(-layer.ndim, None)
    middle = np.array(dims.point[own])
    ends = (middle - dims.margin_left[own], middle + dims.margin_right[own])
    low, high = np.sort([layer.world_to_data(end) for end in ends], axis=0)
    for axis, n in enumerate(leading_shape(layer)):
        # As napari rounds it.
        first, last = max(round(low[axis]), 0), max(round(high[axis]), 0)
        last = max(last + bool(np.isclose(last, high[axis])), first + 1)
        span = slice(min(first, n - 1), min(last, n))
        if axis - layer.ndim != play and span.stop - span.start > 1:
            places[axis] = span
    return places


def are_mergeable(images: Sequence[Image]) -> bool:
    """Whether `merged_layers` takes these layers."""
    moving = {tuple(n for n in leading_shape(layer) if n > 1) for layer in images} - {()}
    return len({_placement(layer) for layer in images}) == 1 and len(moving) < 2


def _lengthened(channel: Channel, length: int, layer: Image) -> Channel:
    own = len(channel.frames)
    if own == length:
        return channel
    if own == 1:
        # One frame shown all the time, under or over layers that move.
        return dataclasses.replace(channel, frames=channel.frames.select([0] * length))
    raise SourceError(
        f"{layer.name}: has {own} frames where another visible layer has {length}; only layers "
        "of the same length can be merged"
    )


def _played_axis(viewer: ViewerModel, images: list[Image]) -> int:
    moving = set()
    for layer in images:
        missing = viewer.dims.ndim - layer.ndim
        moving |= {a + missing for a, n in enumerate(leading_shape(layer)) if n > 1}
    if viewer.dims.last_used in moving:
        return int(viewer.dims.last_used)
    return min(moving, default=0)


def _placement(layer: Image) -> tuple[Any, ...]:
    size = full_data(layer).shape[layer.ndim - 2 : layer.ndim]
    scale, translate = (tuple(np.round(v[-2:], 9)) for v in (layer.scale, layer.translate))
    return size, scale, translate, tuple(np.round(layer.rotate, 9).ravel()[-4:])
