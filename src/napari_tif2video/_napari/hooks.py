"""Reader, writer and sample data, as named in ``napari.yaml``. No Qt."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from ..data import (
    TIFF_SUFFIXES,
    Channel,
    Stack,
    dataset_of,
    folders_are_axes,
    is_single_image,
    is_tiff_name,
    list_frames,
    open_images,
    open_stack,
)
from ..errors import Cancelled, Tif2VideoError
from ..geometry import CropBox
from ..pipeline import Progress
from ..planning import choose
from ..sample import SAMPLE_NAME
from ..settings import VideoSettings
from .layers import CHANNEL

_STEPS = 1000

# What decides how a layer is displayed, of all that napari hands to a writer.
_KEPT = (
    "name", "rgb", "multiscale", "visible", "contrast_limits", "colormap", "gamma", "opacity",
    "blending", "scale", "translate", "rotate", "shear", "affine", "units", "axis_labels",
    "interpolation2d",
)  # fmt: skip

LayerData = tuple[Any, dict[str, Any], str]


def get_reader(path: str | list[str]) -> Callable[[str | list[str]], list[LayerData]] | None:
    """The reader for a folder of TIFFs or a TIFF file; None for anything else."""
    paths = [path] if isinstance(path, (str, os.PathLike)) else path
    for one in map(Path, paths):
        if one.is_dir():
            try:
                # Of thousands of files, one is enough: `read` lists them all.
                if dataset_of(one) is None and not any(map(is_tiff_name, os.listdir(one))):
                    list_frames(one)
            except (Tif2VideoError, OSError):
                return None
        elif one.suffix.lower() not in TIFF_SUFFIXES:
            return None
    return read


def read(path: str | list[str]) -> list[LayerData]:
    """Each folder or file as one lazy image layer, or one for each of its channels.

    Several that make up one data set, such as folders called by channel, are opened as that.
    """
    paths = [path] if isinstance(path, (str, os.PathLike)) else path
    together = _together([Path(os.path.abspath(one)) for one in paths])
    stacks = [together] if together is not None else map(open_stack, paths)
    return [layer for stack in stacks for layer in layers_data(stack)]


def _together(paths: list[Path]) -> Stack | None:
    """The one data set of several paths; None where they are not known to be one."""
    parents = {path.parent for path in paths}
    if len(paths) < 2 or len(parents) > 1:
        return None
    try:
        if all(path.is_dir() for path in paths) and folders_are_axes([p.name for p in paths]):
            names = [f"{path.name}/{name}" for path in paths for name in list_frames(path)]
        elif all(path.is_file() and is_single_image(path) for path in paths):
            names = [path.name for path in paths]
        else:
            return None
        return open_images(parents.pop(), names)
    except Tif2VideoError:  # each says what is wrong with it, or is a layer of its own
        return None


def sample() -> list[LayerData]:
    """The bundled time-lapse, lazily."""
    stack = open_stack(Path(str(files("napari_tif2video") / "sample" / f"{SAMPLE_NAME}.tif")))
    return layers_data(stack)


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


def write(path: str, layers: list[LayerData]) -> list[str]:
    """Write image layers as one video, on top of each other as they are displayed, at the size of
    the data.

    In the calling thread, which napari gives to writers; the list is empty if cancelled.
    """
    from napari.components import ViewerModel
    from napari.layers import Image
    from napari.utils import cancelable_progress

    from ..videos import convert

    images = [Image(data, **{n: meta[n] for n in _KEPT if n in meta}) for data, meta, _ in layers]
    source = images[0] if len(images) == 1 else ViewerModel()
    if isinstance(source, ViewerModel):
        source.layers.extend(images)
    bar = cancelable_progress(total=_STEPS, desc="Saving video")

    def show(progress: Progress) -> None:
        # Each update also lets the window live.
        bar.update(round(progress.fraction * _STEPS) - bar.n)

    try:
        convert(
            source,
            path,
            width="full",
            overwrite=True,  # the save dialog has asked
            progress=show,
            cancel=lambda: bool(bar.is_canceled),
        )
    except Cancelled:
        return []
    finally:
        bar.close()
    return [path]
