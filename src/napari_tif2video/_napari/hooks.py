"""Reader, writer and sample data, as named in ``napari.yaml``. No Qt."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from ..data import (
    TIFF_SUFFIXES,
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
from ..pipeline import Progress
from ..sample import SAMPLE_NAME
from .layers import LayerData, layers_data

_STEPS = 1000

# What decides how a layer is displayed, of all that napari hands to a writer.
_KEPT = (
    "name", "rgb", "multiscale", "visible", "contrast_limits", "colormap", "gamma", "opacity",
    "blending", "scale", "translate", "rotate", "shear", "affine", "units", "axis_labels",
    "interpolation2d",
)  # fmt: skip


def get_reader(path: str | list[str]) -> Callable[[str | list[str]], list[LayerData]] | None:
    """The reader for a folder of TIFFs or a TIFF file; None for anything else."""
    for one in map(Path, _listed(path)):
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
    paths = _listed(path)
    together = _together([Path(os.path.abspath(one)) for one in paths])
    stacks = [together] if together is not None else map(open_stack, paths)
    return [layer for stack in stacks for layer in layers_data(stack)]


def _listed(path: str | list[str]) -> list[str]:
    return [path] if isinstance(path, (str, os.PathLike)) else path


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
