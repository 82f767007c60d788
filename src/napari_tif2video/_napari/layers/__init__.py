"""Layers and viewers of napari as stacks, shown as napari shows them. No Qt."""

from .layer import (
    CHANNEL,
    TEMPORARY,
    depth_axis,
    display_of,
    leading_shape,
    letters_of,
    stack_of_layer,
)
from .viewer import are_mergeable, merged_layers, move_slider, places_of, point_of, stack_of

__all__ = [
    "CHANNEL",
    "TEMPORARY",
    "are_mergeable",
    "depth_axis",
    "display_of",
    "leading_shape",
    "letters_of",
    "merged_layers",
    "move_slider",
    "places_of",
    "point_of",
    "stack_of",
    "stack_of_layer",
]
