"""Layers of napari as stacks: their data, lazily, and the way they are shown. No Qt."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from napari.layers import Image, Layer
from numpy.typing import NDArray

from ...colours import Blending, Display
from ...data import ArrayPlanes, Calibration, Channel, Planes, Stack, stack_of_array
from ...errors import SourceError
from ...planning import has_unknown_axes
from .placement import Placement

#: Metadata key of layers that the plugin shows for a while; they are no sources.
TEMPORARY = "napari-tif2video temporary"

#: Metadata key of layers that show one of several channels of a file: its number.
CHANNEL = "napari-tif2video channel"

#: Where an axis stands: a step of its slider, or those of a thick slice.
Place = int | slice


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


def default_play_axis(layer: Image) -> int | None:
    """The only leading axis longer than one; None where there is none or a choice to make."""
    axes = [axis for axis, n in enumerate(leading_shape(layer)) if n > 1]
    return axes[0] if len(axes) == 1 else None


def stack_of_layer(
    layer: Layer,
    *,
    play: int | None = None,
    point: Sequence[Place] | None = None,
    depth: int | None = None,
    projection: str = "",
) -> Stack:
    """An image layer as a stack.

    Parameters
    ----------
    layer : napari Image layer
        Lazy data stay lazy; of a pyramid, the full resolution is taken.
    play : int, optional
        The axis that becomes time. Default: the only one longer than one; where there are several
        whose labels are letters, the stack is a hyperstack of which the settings choose a part.
    point : sequence of int or slice, optional
        Where the other axes before (Y, X) stand; a slice for one that is shown as a thick slice.
    depth, projection : int and str, optional
        The axis whose planes become one, and how: one of `Z_PROJECTIONS`.

    Raises
    ------
    SourceError
        It is no image layer, or which axis to play is open.
    """
    if not isinstance(layer, Image):
        kind = type(layer).__name__
        raise SourceError(f"{layer.name}: is a {kind} layer; only image layers become videos")
    sizes = leading_shape(layer)
    path = layer.source.path
    folder = None if path is None else Path(path)
    if play is None:
        play = default_play_axis(layer)
        if play is None and any(n > 1 for n in sizes):
            return _hyperstack(layer, folder)
    data = full_data(layer)
    point, span = list(point or (0,) * len(sizes)), slice(None)
    for axis, place in enumerate(point):
        if isinstance(place, slice):
            point[axis] = (place.start + place.stop - 1) // 2
            if depth is None:
                depth, span, projection = axis, place, str(layer.projection_mode)
    if depth is not None:
        stack = _projected(layer, play, point, depth, projection, span)
    else:
        opened = _of_our_planes(data, play, point)
        index = tuple(slice(None) if axis == play else point[axis] for axis in range(len(sizes)))
        chosen = data if all(part == slice(None) for part in index) else data[index]
        stack = opened or stack_of_array(as_array(chosen), layer.name, is_rgb=layer.rgb)
    channel = Channel(stack.frames, display_of(layer))
    axes = {} if play is None or play < 0 else {_played_letter(layer, play): play}
    return Stack(
        (channel,),
        layer.name,
        folder,
        notes=stack.notes,
        played=_played_letter(layer, play),
        calibration=_calibration_of(layer, play, stack.calibration),
        placed=Placement.of_layer(layer, axes),
    )


def _hyperstack(layer: Image, folder: Path | None) -> Stack:
    """A layer of which settings choose a part."""
    if not has_named_axes(layer):
        raise SourceError(
            f"{layer.name}: has the axes {_describe_axes(layer)}; say which one to play, or "
            "convert the viewer with its sliders where you want them"
        )
    planes, letters = planes_of(layer), letters_of(layer)
    time = letters.index("T") if "T" in letters else None
    first = planes.sequence("", {letter: 0 for letter, _ in planes.sizes}, "", "")
    channel = Channel(first, display_of(layer))
    opened = Stack.behind(full_data(layer))
    source = Calibration() if opened is None else opened.calibration
    calibration = _calibration_of(layer, time, source)
    return Stack(
        (channel,),
        layer.name,
        folder,
        planes=planes,
        calibration=calibration,
        placed=Placement.of_layer(layer, {letter: axis for axis, letter in enumerate(letters)}),
    )


def _projected(
    layer: Image,
    play: int | None,
    point: Sequence[Any],
    depth: int,
    projection: str,
    span: slice,
) -> Stack:
    planes, letters = planes_of(layer), letters_of(layer)
    played = letters[play] if play is not None and play >= 0 else ""
    places = dict(zip(letters, point, strict=True)) | {letters[depth]: span}
    others = {name: places[name] for name, _ in planes.sizes if name != played}
    return Stack.of(planes.sequence(played, others, letters[depth], projection), layer.name)


def _played_letter(layer: Image, play: int | None) -> str:
    """Z where the axis that is played has a unit of length; else it is taken for time."""
    is_length = (
        play is not None and play >= 0 and layer.units[play].is_compatible_with("micrometer")
    )
    return "Z" if is_length else "T"


def _calibration_of(layer: Image, play: int | None, source: Calibration) -> Calibration:
    """Pixel size and frame interval, where the layer has units for them.

    The times of each frame come from the source of its data, unless the layer says other ones.
    """
    steps: list[float | None] = []
    for axis, unit in ((layer.ndim - 1, "micrometer"), (play, "second")):
        known = axis is not None and axis >= 0 and layer.units[axis].is_compatible_with(unit)
        step = (abs(layer.scale[axis]) * layer.units[axis]).to(unit) if known else None
        steps.append(None if step is None else float(step.magnitude))
    pixel, interval = steps
    said = ("" if step is None else "from the layer's scale" for step in (pixel, interval))
    known = source.frame_interval_s
    is_same = interval is not None and known is not None and np.isclose(interval, known, rtol=1e-6)
    times = source.times_s if is_same else None
    return Calibration(pixel, next(said), interval, next(said), times, source.places)


def _of_our_planes(data: Any, play: int | None, point: Sequence[Any]) -> Stack | None:
    """What is shown of a hyperstack that our reader opened; None for other arrays."""
    opened = Stack.behind(data)
    if opened is None or opened.planes is None:
        return None
    letters = [letter for letter, _ in opened.sizes]
    played = letters[play] if play is not None and play >= 0 else ""
    others = {letter: point[i] for i, letter in enumerate(letters) if letter != played}
    frames = opened.planes.sequence(played, others, "", "")
    is_time = played == "T"
    calibration = opened.calibration if is_time else opened.calibration.without_time()
    return dataclasses.replace(
        opened, channels=(Channel(frames),), planes=None, measured={}, calibration=calibration
    )


def blending_of(layer: Layer) -> Blending:
    blending = str(layer.blending)
    return "translucent" if blending == "translucent_no_depth" else cast(Blending, blending)


def rgba(colours: Any) -> NDArray[np.uint8]:
    """Colours of napari, 0 to 1 (N, 4), as 8 bits."""
    values = np.asarray(colours, np.float64).reshape(-1, 4)
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)


def display_of(layer: Image) -> Display:
    """How napari shows an image layer."""
    blending = blending_of(layer)
    if layer.rgb:
        dtype = np.dtype(layer.dtype)
        white = float(np.iinfo(dtype).max) if dtype.kind in "ui" else 1.0
        return Display((0.0, white), 1.0, None, float(layer.opacity), blending)
    low, high = (float(limit) for limit in layer.contrast_limits)
    table = np.asarray(layer.colormap.map(np.linspace(0, 1, 256)))[:, :3]
    colours = np.rint(np.clip(table, 0, 1) * 255).astype(np.uint8)
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[:, np.newaxis], 3, axis=1)
    is_auto = bool(getattr(layer, "auto_contrast", False))  # before napari 0.9: no such thing
    return Display(
        None if is_auto else (low, high),
        float(layer.gamma),
        None if np.array_equal(colours, ramp) else colours.tobytes(),
        float(layer.opacity),
        blending,
        is_auto=is_auto,
    )


def _describe_axes(layer: Image) -> str:
    names = [str(name) for name in layer.axis_labels]
    return ", ".join(f"{n} ({size})" for n, size in zip(names, leading_shape(layer), strict=False))
