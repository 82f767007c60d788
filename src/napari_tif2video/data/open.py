"""`open_stack`: whatever a user can point at becomes a `Stack`, without reading its pixels."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import SourceError
from ..paths import expanded
from ..settings import parse_axes
from .arrays import stack_of_array
from .fields import natural_key
from .folder import TIFF_SUFFIXES, list_frames, set_aside, source_stem
from .planes import stack_with_axes
from .stack import Stack
from .tiff import dataset_of, open_dataset, open_file, open_folder, translated

#: Entry points of this group open what is neither a path nor an array: functions that return a
#: `Stack`, or None for what they do not know. The plugin of napari adds layers and viewers.
SOURCES = "napari_tif2video.sources"


def open_stack(
    source: Any, match: str | None = None, axes: str | None = None, on_error: str = "fail"
) -> Stack:
    """Open a sequence of images lazily: ``stack = open_stack("frames/")``.

    Parameters
    ----------
    source : path, array, Stack, or layer or viewer of napari
        A folder of ``.tif``/``.tiff`` files (in natural order, or on the axes that their names
        or those of its subfolders tell), a multi-page TIFF, a numpy or dask array of shape
        (T, Y, X) or (T, Y, X, 3), an image layer, or a viewer, whose visible image layers are
        merged as displayed.
    match : str, optional
        Of a folder, only the files whose name matches this pattern, such as ``"*_C0_*"``.
    axes : str, optional
        The letter of each axis, slowest first, such as ``"TCZYX"`` (S for the samples of RGB):
        of an array of more axes than (T, Y, X), and of a file that does not name its own.
    on_error : {"fail", "skip"}
        Whether a folder whose first file cannot be opened is refused, or taken for what the first
        one is that can be.

    Returns
    -------
    Stack
        At once: only the first file has been looked at. ``stack.data`` is a dask array with one
        frame a chunk. A hyperstack has more axes, such as ``"TCZYX"``; which part of it is shown
        is for `convert` and `render_frame` to say.

    Raises
    ------
    SourceError
        There is nothing to read, or it is of a kind that cannot be converted.
    """
    letters = None if axes is None else parse_axes("axes", axes)
    is_array = isinstance(source, np.ndarray) or hasattr(source, "__dask_graph__")
    if is_array and letters is not None and Stack.behind(source) is None:
        return stack_with_axes(source, letters)
    stack = _open(source, match, skips=on_error == "skip")
    return stack if letters is None else _renamed(stack, letters)


def open_images(
    folder: Path, names: Sequence[str], axes: str | None = None, on_error: str = "fail"
) -> Stack:
    """Some files of a folder as a stack, as `open_stack` does with all of them."""
    letters = None if axes is None else parse_axes("axes", axes)
    stack = open_folder(folder, sorted(names, key=natural_key), skips=on_error == "skip")
    return stack if letters is None else _renamed(stack, letters)


def open_finished(path: Path, match: str | None = None) -> Stack:
    """A path as `open_stack` does, where no microscope can be still writing the last files."""
    return _open_path(path, match, skips=False, is_finished=True)


def _open(source: Any, match: str | None, *, skips: bool) -> Stack:
    if isinstance(source, Stack):
        return source
    if isinstance(source, (str, os.PathLike)):
        return _open_path(Path(expanded(source)), match, skips=skips)
    if isinstance(source, np.ndarray) or hasattr(source, "__dask_graph__"):
        return stack_of_array(source)
    for reader in entry_points(group=SOURCES):
        stack = reader.load()(source)
        if isinstance(stack, Stack):
            return stack
    raise SourceError(
        f"cannot convert a {type(source).__name__}; expected a path, a numpy or dask array, "
        "or a Stack"
    )


def _open_path(path: Path, match: str | None, *, skips: bool, is_finished: bool = False) -> Stack:
    path = Path(os.path.abspath(path))
    with translated(path):  # whatever nobody below has put into words
        return _open_whole(path, match, skips=skips, is_finished=is_finished)


def _open_whole(path: Path, match: str | None, *, skips: bool, is_finished: bool) -> Stack:
    dataset = dataset_of(path) if match is None else None
    if dataset is not None:
        return open_dataset(dataset, path, path.name if path.is_dir() else source_stem(path))
    if path.is_dir():
        names = list_frames(path, match)
        stack = open_folder(path, names, skips=skips, is_finished=is_finished)
        if match is not None:  # others were not asked for
            return stack
        aside, notes = set_aside(path, names)
        return replace(stack, notes=(*notes, *stack.notes), left_out=stack.left_out + aside)
    if not path.exists():
        raise SourceError(f"{path}: no such file or folder")
    if path.suffix.lower() not in TIFF_SUFFIXES:
        raise SourceError(f"{path}: is not a TIFF file; expected {', '.join(TIFF_SUFFIXES)}")
    return open_file(path, source_stem(path))


def _renamed(stack: Stack, axes: str) -> Stack:
    """The stack with other names of its axes; their order stays."""
    if stack.images:
        return replace(stack, images=tuple(_renamed(image, axes) for image in stack.images))
    leading, frame = axes.rstrip("YXS"), "YXS" if stack.format.is_rgb else "YX"
    if leading == "" and len(stack) == 1:
        return stack
    if len(leading) != len(stack.sizes) or axes != leading + frame:
        sizes = "x".join(map(str, stack.shape))
        raise SourceError(
            f"{stack.path or stack.name}: has the axes {stack.axes} with the sizes {sizes}, which "
            f"cannot be named {axes}"
        )
    if stack.planes is None:
        return replace(stack, played=leading)
    return replace(stack, planes=stack.planes.renamed(leading))
