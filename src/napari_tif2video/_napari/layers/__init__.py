"""Layers and viewers of napari as stacks, shown as napari shows them, and back. No Qt."""

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
from .layer_data import LayerData, layers_data
from .region import Region, merge, mergeable, region_of_layer
from .viewer import merged_layers, move_slider, places_of, point_of, stack_of

__all__ = [
    "CHANNEL",
    "TEMPORARY",
    "LayerData",
    "Region",
    "depth_axis",
    "display_of",
    "drawings_of",
    "is_drawn",
    "layers_data",
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
