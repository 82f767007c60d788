"""Stacks as layers of napari: lazy data, and how they are displayed at first. No Qt."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...data import Channel, Stack
from ...errors import Tif2VideoError
from ...geometry import CropBox
from ...planning import choose
from ...settings import VideoSettings
from .layer import CHANNEL

#: As napari takes and gives it: the data, what else the layer is made with, and its kind.
LayerData = tuple[Any, dict[str, Any], str]


def layers_data(stack: Stack, *, is_split: bool = True) -> list[LayerData]:
    """A stack as napari takes it, a layer for each channel: lazy data, and how to add them.

    Positions of the same size are an axis of their own; others are layers of their own. With
    `is_split` false, channels stay an axis of one layer.
    """
    if stack.images:
        return _positions(stack, is_split)
    axes = stack.axes.removesuffix("S")
    axis = axes.find("C")
    if axis < 0 or stack.planes is None or not is_split:
        options = {"name": stack.name} | _space(stack, axes) | _first_limits(stack, None)
        if stack.format.white_is_zero:
            options["colormap"] = "gray_r"
        elif axis < 0 and stack.channel_info and stack.channel_info[0].colours is not None:
            options["colormap"] = _colormap(stack.channel_info[0].colours, "look-up table")
        return [(stack.data, options, "image")]
    play = axes.replace("C", "")[0]
    channels = choose(stack, VideoSettings(channel="all", play=play)).channels
    layers: list[LayerData] = []
    for number, channel in enumerate(channels):
        options = _space(stack, axes.replace("C", "")) | _first_limits(stack, number)
        options["name"] = f"{stack.name} {channel.name or f'channel {number}'}"
        name = f"channel {channel.name or channel.number}"
        colours = channel.display.colours
        colormap = "gray" if colours is None else _colormap(colours, name)
        options |= {"blending": "additive", "colormap": colormap}
        options["metadata"] = {CHANNEL: number}
        if set(axes) <= set("TCYX"):  # so that it leads back to the files
            alone = (Channel(channel.frames),)
            data = Stack(alone, stack.name, stack.path, calibration=stack.calibration).data
        else:
            data = stack.data[(slice(None),) * axis + (number,)]
        layers.append((data, options, "image"))
    return layers


def _positions(stack: Stack, is_split: bool) -> list[LayerData]:
    """The layers of each of several images, those that are alike on top of each other."""
    import dask.array as da

    each = [layers_data(image, is_split=is_split) for image in stack.images]
    if len({(image.shape, image.dtype) for image in stack.images}) > 1:
        named = zip(stack.images, stack.image_names, each, strict=True)
        return [
            (data, options | {"name": f"{options['name']} {name or number}"}, kind)
            for number, (_, name, layers) in enumerate(named)
            for data, options, kind in layers
        ]
    together: list[LayerData] = []
    for layers in zip(*each, strict=True):
        options = dict(layers[0][1])
        options["axis_labels"] = ("p", *options["axis_labels"])
        options["scale"] = [1.0, *options["scale"]]
        options["units"] = ["pixel", *options["units"]]
        together.append((da.stack([data for data, _, _ in layers]), options, "image"))
    return together


def _first_limits(stack: Stack, channel: int | None) -> dict[str, Any]:
    """Contrast limits that show something: those that are stored, or those of three frames.

    napari's own are the whole range of the type, or come from one plane, which may be empty.
    """
    if stack.format.is_rgb:
        return {}
    info = stack.channel_info[(channel or 0) : (channel or 0) + 1]
    if info and info[0].limits is not None:
        return {"contrast_limits": info[0].limits}
    frames = stack.frames if stack.planes is None else stack.planes.frames
    if frames is None:
        return {}
    planes = np.arange(len(frames)).reshape([n for _, n in stack.sizes])
    own = planes if channel is None else planes.take([channel], axis=stack.axes.index("C"))
    chosen = {int(own.ravel()[i]) for i in (0, own.size // 2, -1)}
    whole = CropBox.whole(stack.format.size)
    try:
        seen = [
            frame[np.isfinite(frame)] for frame in frames.select(sorted(chosen)).read_frames(whole)
        ]
    except Tif2VideoError:  # said when that frame is looked at
        return {}
    ranges = [(float(values.min()), float(values.max())) for values in seen if values.size]
    low = min((low for low, _ in ranges), default=0.0)
    high = max((high for _, high in ranges), default=0.0)
    return {"contrast_limits": (low, high)} if low < high else {}


def _space(stack: Stack, axes: str) -> dict[str, Any]:
    """Names of the axes, and how long a step along each is, as far as it is known."""
    scale, units = [1.0] * len(axes), ["pixel"] * len(axes)
    for letter, step, unit in (
        ("T", stack.frame_interval_s, "second"),
        ("Z", stack.z_spacing_um, "micrometer"),
        ("Y", stack.pixel_size_um, "micrometer"),
        ("X", stack.pixel_size_um, "micrometer"),
    ):
        if step is not None and letter in axes:
            scale[axes.index(letter)], units[axes.index(letter)] = step, unit
    labels = tuple(axes.lower())
    return {"rgb": stack.format.is_rgb, "axis_labels": labels, "scale": scale, "units": units}


def _colormap(table: bytes, name: str) -> Any:
    from napari.utils import Colormap

    return Colormap(np.frombuffer(table, np.uint8).reshape(256, 3) / 255, name=name)
