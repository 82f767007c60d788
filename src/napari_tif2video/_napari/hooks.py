"""Reader, writer and sample data, as named in ``napari.yaml``. No Qt."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import TIFF_SUFFIXES, Channel, Stack, list_frames, open_stack
from ..errors import Cancelled, Tif2VideoError
from ..pipeline import Progress
from ..planning import choose
from ..sample import SAMPLE_NAME
from ..settings import VideoSettings
from .layers import CHANNEL

if TYPE_CHECKING:
    from napari.layers import Image

_STEPS = 1000

# What decides how a layer is displayed, of all that napari hands to a writer.
_KEPT = (
    "name", "rgb", "multiscale", "visible", "contrast_limits", "colormap", "gamma", "opacity",
    "blending", "scale", "translate", "rotate",
)  # fmt: skip

LayerData = tuple[Any, dict[str, Any], str]


def get_reader(path: str | list[str]) -> Callable[[str | list[str]], list[LayerData]] | None:
    """The reader for a folder of TIFFs or a TIFF file; None for anything else."""
    paths = [path] if isinstance(path, (str, os.PathLike)) else path
    for one in map(Path, paths):
        if one.is_dir():
            try:
                list_frames(one)
            except Tif2VideoError:
                return None
        elif one.suffix.lower() not in TIFF_SUFFIXES:
            return None
    return read


def read(path: str | list[str]) -> list[LayerData]:
    """Each folder or file as one lazy image layer, or one for each of its channels."""
    paths = [path] if isinstance(path, (str, os.PathLike)) else path
    return [layer for one in paths for layer in layers_data(open_stack(one))]


def sample() -> list[LayerData]:
    """The bundled time-lapse, lazily."""
    stack = open_stack(Path(str(files("napari_tif2video") / "sample" / f"{SAMPLE_NAME}.tif")))
    return layers_data(stack)


def layers_data(stack: Stack, *, is_split: bool = True) -> list[LayerData]:
    """A stack as napari takes it, a layer for each channel: lazy data, and how to add them.

    With `is_split` false, channels stay an axis of one layer.
    """
    axes = stack.axes.removesuffix("S")
    axis = axes.find("C")
    if axis < 0 or stack.planes is None or not is_split:
        options = {"name": stack.name} | _space(stack, axes)
        if stack.format.white_is_zero:
            options["colormap"] = "gray_r"
        return [(stack.data, options, "image")]
    play = axes.replace("C", "")[0]
    channels = choose(stack, VideoSettings(channel="all", play=play)).channels
    layers: list[LayerData] = []
    for number, channel in enumerate(channels):
        options = _space(stack, axes.replace("C", ""))
        options["name"] = f"{stack.name} {channel.name or f'channel {number}'}"
        options |= {"blending": "additive", "colormap": _colormap(channel)}
        options["metadata"] = {CHANNEL: number}
        if set(axes) <= set("TCYX"):  # so that it leads back to the files
            alone = (Channel(channel.frames),)
            data = Stack(alone, stack.name, stack.path, calibration=stack.calibration).data
        else:
            data = stack.data[(slice(None),) * axis + (number,)]
        layers.append((data, options, "image"))
    return layers


def _space(stack: Stack, axes: str) -> dict[str, Any]:
    """Names of the axes, and how long a step along each is, as far as it is known."""
    scale, units = [1.0] * len(axes), ["pixel"] * len(axes)
    for letter, step, unit in (
        ("T", stack.frame_interval_s, "second"),
        ("Y", stack.pixel_size_um, "micrometer"),
        ("X", stack.pixel_size_um, "micrometer"),
    ):
        if step is not None and letter in axes:
            scale[axes.index(letter)], units[axes.index(letter)] = step, unit
    labels = tuple(axes.lower())
    return {"rgb": stack.format.is_rgb, "axis_labels": labels, "scale": scale, "units": units}


def _colormap(channel: Channel) -> Any:
    from napari.utils import Colormap

    table = channel.display.colours
    if table is None:
        return "gray"
    colours = np.frombuffer(table, np.uint8).reshape(256, 3) / 255
    return Colormap(colours, name=f"channel {channel.name or channel.number}")


def write(path: str, data: Any, meta: dict[str, Any]) -> list[str]:
    """Write an image layer as a video, as it is displayed, at the size of the data."""
    return _write(path, [_layer(data, meta)])


def write_layers(path: str, layers: list[LayerData]) -> list[str]:
    """Write several image layers as one video, on top of each other as they are displayed."""
    return _write(path, [_layer(data, meta) for data, meta, _ in layers])


def _write(path: str, layers: list[Image]) -> list[str]:
    """Convert in the calling thread, which napari gives to writers; empty if cancelled."""
    from napari.components import ViewerModel
    from napari.utils import cancelable_progress

    from ..videos import convert

    source = layers[0] if len(layers) == 1 else ViewerModel()
    if isinstance(source, ViewerModel):
        source.layers.extend(layers)
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


def _layer(data: Any, meta: dict[str, Any]) -> Image:
    from napari.layers import Image

    return Image(data, **{name: meta[name] for name in _KEPT if name in meta})
