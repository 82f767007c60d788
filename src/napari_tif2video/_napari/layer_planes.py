"""The planes of layers with several axes before (Y, X), which choose a part of them. No Qt."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Image

from ..data import ArrayPlanes, Planes, Stack
from ..planning import has_unknown_axes


def full_data(layer: Image) -> Any:
    """The data of a layer; of a pyramid, the full resolution."""
    return layer.data[0] if layer.multiscale else layer.data


def leading_shape(layer: Image) -> tuple[int, ...]:
    """Sizes of the axes before the two that make up a picture."""
    data = full_data(layer)
    return tuple(data.shape[: data.ndim - 2 - layer.rgb])


def as_array(data: Any) -> Any:
    """A numpy or dask array, lazily, of whatever a layer holds."""
    if isinstance(data, np.ndarray) or hasattr(data, "__dask_graph__"):
        return data
    import dask.array as da  # zarr, HDF5 and other arrays that are read when indexed

    return da.from_array(data, chunks=getattr(data, "chunks", (1, *data.shape[1:])))


def letters_of(layer: Image) -> list[str]:
    """A letter for each leading axis: that of the file, or its label; else its number."""
    opened = Stack.behind(full_data(layer))
    if opened is not None and opened.planes is not None:
        return [letter for letter, _ in opened.sizes]
    labels = [str(label).upper() for label in layer.axis_labels[: len(leading_shape(layer))]]
    known = [len(label) == 1 and label.isalpha() and label not in "YXS" for label in labels]
    are_clear = len(set(labels)) == len(labels) and all(known)
    return labels if are_clear else [str(axis) for axis in range(len(labels))]


def has_named_axes(layer: Image) -> bool:
    """Whether it is known what the axes mean."""
    letters = letters_of(layer)
    return all(letter.isalpha() for letter in letters) and not has_unknown_axes(letters)


def planes_of(layer: Image) -> Planes:
    """The planes along the axes that are longer than one, by the letters of `letters_of`."""
    data = full_data(layer)
    opened = Stack.behind(data)
    if opened is not None and opened.planes is not None:
        return opened.planes
    sizes = leading_shape(layer)
    array = as_array(data)[tuple(slice(None) if n > 1 else 0 for n in sizes)]
    moving = [(letter, n) for letter, n in zip(letters_of(layer), sizes, strict=True) if n > 1]
    planes = ArrayPlanes(array[..., :3] if layer.rgb else array, tuple(moving))
    planes.format.require_supported(layer.name)
    return planes


def depth_axis(layer: Image, play: int | None) -> int | None:
    """The axis of the slices: the one that is called z, or else the only other that is longer
    than one and not known to mean something else.
    """
    letters, sizes = letters_of(layer), leading_shape(layer)
    others = [axis for axis, n in enumerate(sizes) if n > 1 and axis != play]
    if play is None or not others:
        return None
    named = [axis for axis in others if letters[axis] == "Z"]
    unnamed = [axis for axis in others if not letters[axis].isalpha()]
    return named[0] if named else unnamed[0] if len(others) == len(unnamed) == 1 else None
