"""Label images of a layer."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari import layers as shown

from ....data import stack_of_array
from ....drawings import LabelColours, Labels
from ....errors import SourceError
from ....overlays import Drawing, Look
from ..layer import as_array, rgba
from ..space import Space

LAYER = shown.Labels


def drawing(layer: shown.Labels, look: Look, space: Space, length: int) -> Drawing:
    data = layer.data[0] if layer.multiscale else layer.data
    index: list[Any] = [slice(None)] * layer.ndim
    for axis, (middle, _, _) in space.others.items():
        place = round(middle)
        if not 0 <= place < data.shape[axis]:
            raise SourceError("which has nothing where the sliders stand")
        index[axis] = place
    images = stack_of_array(as_array(data)[tuple(index)], layer.name).frames
    steps = np.zeros(length, int)
    if space.axis is not None:
        steps = np.rint((np.arange(length) - space.first) / space.step).astype(int)
        if steps.min() < 0 or steps.max() >= len(images):
            raise SourceError(f"which has {len(images)} images where there are {length} frames")
    to_labels = np.linalg.inv(space.plane)[:2]
    colormap = layer.colormap
    background = int(getattr(colormap, "background_value", 0) or 0)
    return Labels(
        look,
        images.select(steps.tolist()),
        _label_colours(colormap, background),
        contour=float(layer.contour),
        only=int(layer.selected_label) if layer.show_selected_label else None,
        place=tuple(to_labels.ravel().tolist()),
    )


def _label_colours(colormap: Any, background: int) -> LabelColours:
    table = getattr(colormap, "color_dict", None)
    if table is None:
        return LabelColours(rgba(colormap.colors)[1:], background=background)
    given = sorted(int(label) for label in table if label is not None)
    own = rgba([np.asarray(table[label], np.float64) for label in given])
    default = table.get(None)
    cycle = np.zeros((1, 4), np.uint8) if default is None else rgba(default)
    return LabelColours(cycle, np.array(given, np.int64), own, background)
