"""Turn sequences of 16-bit TIFF images, on disk or in napari, into videos.

import napari_tif2video as t2v
t2v.convert("frames/", "movie.mp4", width=800, contrast="global")
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._version import __version__
from .errors import (
    Cancelled,
    EncodingError,
    OutputError,
    OutputExistsError,
    SettingsError,
    SourceError,
    Tif2VideoError,
)

if TYPE_CHECKING:
    from .data import Stack, open_stack
    from .geometry import CropBox
    from .pipeline import Progress
    from .recipe import Recipe, read_recipe
    from .settings import VideoSettings
    from .videos import Video, convert, convert_batch, render_frame

# Loaded when first used: `tif2video --help` must not wait for numpy, PyAV and dask.
_HOME = {
    "CropBox": "geometry",
    "Progress": "pipeline",
    "Recipe": "recipe",
    "Stack": "data",
    "Video": "videos",
    "VideoSettings": "settings",
    "convert": "videos",
    "convert_batch": "videos",
    "open_stack": "data",
    "read_recipe": "recipe",
    "render_frame": "videos",
}

__all__ = [
    "Cancelled",
    "CropBox",
    "EncodingError",
    "OutputError",
    "OutputExistsError",
    "Progress",
    "Recipe",
    "SettingsError",
    "SourceError",
    "Stack",
    "Tif2VideoError",
    "Video",
    "VideoSettings",
    "__version__",
    "convert",
    "convert_batch",
    "open_stack",
    "read_recipe",
    "render_frame",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
