"""Layers of napari as stacks: their data, lazily, and the way they are shown. No Qt."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Layer
from numpy.typing import NDArray

from ..arrays import stack_of_array
from ..calibration import Calibration
from ..display import Display
from ..errors import SourceError
from ..frames import FrameFormat, Frames
from ..geometry import Box
from ..stack import Channel, Stack

_BLENDINGS = {
    "translucent_no_depth": "translucent",
    "translucent": "translucent",
    "additive": "additive",
    "opaque": "opaque",
    "minimum": "minimum",
    "multiplicative": "multiplicative",
}


def stack_of(source: Any) -> Stack | None:
    """The stack behind a layer or viewer of napari; None for anything else."""
    if isinstance(source, Layer):
        return stack_of_layer(source)
    if isinstance(source, ViewerModel):
        return stack_of_viewer(source)
    return None


def leading_shape(layer: Image) -> tuple[int, ...]:
    """Sizes of the axes before the two that make up a picture."""
    data = _full_data(layer)
    return tuple(data.shape[: data.ndim - 2 - layer.rgb])


def default_play_axis(layer: Image) -> int | None:
    """The only leading axis longer than one; None where there is none or a choice to make."""
    axes = [axis for axis, n in enumerate(leading_shape(layer)) if n > 1]
    return axes[0] if len(axes) == 1 else None


def stack_of_layer(
    layer: Layer, *, play: int | None = None, point: Sequence[int] | None = None
) -> Stack:
    """An image layer as a stack.

    Parameters
    ----------
    layer : napari Image layer
        Lazy data stay lazy; of a pyramid, the full resolution is taken.
    play : int, optional
        The axis that becomes time. Default: the only one longer than one.
    point : sequence of int, optional
        Where the other axes before (Y, X) stand.

    Raises
    ------
    SourceError
        It is no image layer, or which axis to play is open.
    """
    if not isinstance(layer, Image):
        kind = type(layer).__name__
        raise SourceError(f"{layer.name}: is a {kind} layer; only image layers become videos")
    sizes = leading_shape(layer)
    if play is None:
        play = default_play_axis(layer)
        if play is None and any(n > 1 for n in sizes):
            raise SourceError(
                f"{layer.name}: has the axes {_describe_axes(layer)}; say which one to play, or "
                "convert the viewer with its sliders where you want them"
            )
    data = _full_data(layer)
    if point is None:
        point = (0,) * len(sizes)
    stack = _of_our_planes(data, play, point)
    if stack is None:
        index = tuple(slice(None) if axis == play else point[axis] for axis in range(len(sizes)))
        chosen = data if all(part == slice(None) for part in index) else data[index]
        stack = stack_of_array(_as_array(chosen), layer.name, is_rgb=layer.rgb)
    channel = Channel(stack.frames, display_of(layer))
    path = layer.source.path
    folder = None if path is None else Path(path)
    return Stack(
        (channel,),
        layer.name,
        folder,
        notes=stack.notes,
        played=_played_letter(layer, play),
        calibration=_calibration_of(layer, play, stack.calibration),
    )


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
    return Calibration(pixel, next(said), interval, next(said), times)


def _of_our_planes(data: Any, play: int | None, point: Sequence[int]) -> Stack | None:
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


def stack_of_viewer(viewer: ViewerModel) -> Stack:
    """The visible image layers of a viewer, put on top of each other as they are shown.

    The axis that is played is the one whose slider was used last, if it has several steps, or
    else the first that has; all others stay where their sliders are.
    """
    visible = [layer for layer in viewer.layers if layer.visible]
    images = [layer for layer in visible if isinstance(layer, Image)]
    if not images:
        raise SourceError("the viewer shows no image layer; make one visible")
    first = images[0]
    for layer in images[1:]:
        if _placement(layer) != _placement(first):
            raise SourceError(
                f"{layer.name}: has another size, scale or position than {first.name}; only "
                "layers that cover each other exactly can be merged"
            )
    play = _played_axis(viewer, images)
    channels: list[Channel] = []
    moving: Stack | None = None
    for layer in images:
        # Axes of a layer are the last ones of the viewer.
        missing = viewer.dims.ndim - (layer.ndim)
        own_play = play - missing
        sizes = leading_shape(layer)
        point = [_clamped(viewer.dims.current_step[a + missing], n) for a, n in enumerate(sizes)]
        moves = 0 <= own_play < len(sizes) and sizes[own_play] > 1
        stack = stack_of_layer(layer, play=own_play if moves else -1, point=point)
        if moving is None or (moves and len(moving) == 1):
            moving = stack
        number = len(channels)
        channels.append(Channel(stack.frames, display_of(layer), layer.name, number))
    length = max(len(channel.frames) for channel in channels)
    channels = [_lengthened(channel, length, images[i]) for i, channel in enumerate(channels)]
    left_out = [layer.name for layer in visible if not isinstance(layer, Image)]
    notes = (f"left out, as they are no images: {', '.join(left_out)}",) if left_out else ()
    path = first.source.path
    name = "_".join(layer.name for layer in images)
    assert moving is not None  # there is a layer
    return Stack(
        tuple(channels),
        name,
        None if path is None else Path(path),
        notes=notes,
        played=moving.played,
        calibration=moving.calibration,
    )


def display_of(layer: Image) -> Display:
    """How napari shows an image layer."""
    blending = _BLENDINGS[str(layer.blending)]
    if layer.rgb:
        dtype = np.dtype(layer.dtype)
        white = float(np.iinfo(dtype).max) if dtype.kind in "ui" else 1.0
        return Display((0.0, white), 1.0, None, float(layer.opacity), blending)  # type: ignore[arg-type]
    low, high = (float(limit) for limit in layer.contrast_limits)
    table = np.asarray(layer.colormap.map(np.linspace(0, 1, 256)))[:, :3]
    colours = np.rint(np.clip(table, 0, 1) * 255).astype(np.uint8)
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[:, np.newaxis], 3, axis=1)
    return Display(
        (low, high),
        float(layer.gamma),
        None if np.array_equal(colours, ramp) else colours.tobytes(),
        float(layer.opacity),
        blending,  # type: ignore[arg-type]
    )


@dataclass(frozen=True)
class StillFrames:
    """One frame shown all the time, under or over layers that move."""

    frame: Frames
    length: int
    batch_starts = None

    @property
    def format(self) -> FrameFormat:
        return self.frame.format

    def __len__(self) -> int:
        return self.length

    def label(self, index: int) -> str:
        return self.frame.label(0)

    def select(self, indices: Sequence[int]) -> StillFrames:
        return dataclasses.replace(self, length=len(indices))

    def read_frames(self, box: Box) -> Iterator[NDArray[Any]]:
        for _ in range(self.length):
            yield from self.frame.read_frames(box)


def _lengthened(channel: Channel, length: int, layer: Image) -> Channel:
    own = len(channel.frames)
    if own == length:
        return channel
    if own == 1:
        return dataclasses.replace(channel, frames=StillFrames(channel.frames, length))
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


def _clamped(step: int, size: int) -> int:
    return min(max(int(step), 0), size - 1)


def _full_data(layer: Image) -> Any:
    return layer.data[0] if layer.multiscale else layer.data


def _as_array(data: Any) -> Any:
    if isinstance(data, np.ndarray) or hasattr(data, "__dask_graph__"):
        return data
    import dask.array as da  # zarr, HDF5 and other arrays that are read when indexed

    return da.from_array(data, chunks=getattr(data, "chunks", (1, *data.shape[1:])))


def _placement(layer: Image) -> tuple[Any, ...]:
    size = _full_data(layer).shape[layer.ndim - 2 : layer.ndim]
    scale, translate = (tuple(np.round(v[-2:], 9)) for v in (layer.scale, layer.translate))
    return size, scale, translate, tuple(np.round(layer.rotate, 9).ravel()[-4:])


def _describe_axes(layer: Image) -> str:
    names = [str(name) for name in layer.axis_labels]
    return ", ".join(f"{n} ({size})" for n, size in zip(names, leading_shape(layer), strict=False))
