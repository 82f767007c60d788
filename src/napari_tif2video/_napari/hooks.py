"""Reader, writer and sample data, as named in ``napari.yaml``. No Qt."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..errors import Tif2VideoError
from ..reader import open_stack
from ..sample import SAMPLE_NAME
from ..sequence import TIFF_SUFFIXES, list_frames
from ..stack import Stack

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
    """Each folder or file as one lazy image layer."""
    paths = [path] if isinstance(path, (str, os.PathLike)) else path
    return [_layer_data(open_stack(one)) for one in paths]


def sample() -> list[LayerData]:
    """The bundled time-lapse, lazily."""
    stack = open_stack(Path(str(files("napari_tif2video") / "sample" / f"{SAMPLE_NAME}.tif")))
    return [_layer_data(stack)]


def _layer_data(stack: Stack) -> LayerData:
    meta: dict[str, Any] = {"name": stack.name, "rgb": stack.frames.format.is_rgb}
    meta["axis_labels"] = tuple(stack.axes[:3].lower())
    return stack.data, meta, "image"


def write(path: str, data: Any, meta: dict[str, Any]) -> list[str]:
    """Write an image layer as a video, as it is displayed, at the size of the data."""
    from napari.layers import Image

    from ..api import convert

    layer = Image(data, **_constructor_arguments(meta))
    convert(layer, path, width="full", overwrite=True)
    return [path]


def _constructor_arguments(meta: dict[str, Any]) -> dict[str, Any]:
    known = ("name", "rgb", "contrast_limits", "colormap", "gamma", "opacity", "blending")
    arguments = {name: meta[name] for name in known if name in meta}
    return arguments | {"multiscale": meta.get("multiscale", False)}
