"""Layers and viewers of napari as stacks, shown as napari shows them. No Qt."""

from .drawn import drawings_of, is_drawn
from .layer import (
    CHANNEL,
    TEMPORARY,
    depth_axis,
    display_of,
    leading_shape,
    letters_of,
    stack_of_layer,
)
from .region import Region, merge, mergeable, region_of_layer
from .viewer import merged_layers, move_slider, places_of, point_of, stack_of

__all__ = [
    "CHANNEL",
    "TEMPORARY",
    "Region",
    "depth_axis",
    "display_of",
    "drawings_of",
    "is_drawn",
    "leading_shape",
    "letters_of",
    "merge",
    "mergeable",
    "merged_layers",
    "move_slider",
    "places_of",
    "point_of",
    "region_of_layer",
    "stack_of",
    "stack_of_layer",
]
