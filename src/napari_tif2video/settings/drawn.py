"""Settings of what is drawn from files at places of the data, checked without opening them."""

from __future__ import annotations

import math
import os
from typing import Any

from ..errors import SettingsError
from ..units import number
from .setting import whole_number

SEGMENTATION_STYLES = ("fill", "contour")

# As napari's layers have them.
DEFAULT_TAIL = 30
DEFAULT_POINTS_SIZE = 10

_MAX_TAIL = 1_000_000
_POINTS_SIZE_RANGE = (0.1, 10_000)


def parse_drawn_file(name: str, value: Any) -> str:
    """A path as it was given; a setting with this parser can be an array in Python."""
    if not isinstance(value, (str, os.PathLike)):
        raise SettingsError(
            f"{name}: expected a path, got a {type(value).__name__}; arrays are for the functions "
            "convert, convert_batch and render_frame"
        )
    path = os.fspath(value)
    if not isinstance(path, str) or not path.strip() or "\0" in path:
        raise SettingsError(f"{name}: expected the path of a file, got {value!r}")
    return path


def parse_tail(name: str, value: Any) -> int:
    frames = whole_number(value)
    if frames is None or not 0 <= frames <= _MAX_TAIL:
        raise SettingsError(f"{name}: expected a number of frames from 0 on, got {value!r}")
    return frames


def parse_points_size(name: str, value: Any) -> float:
    size = number(value)
    low, high = _POINTS_SIZE_RANGE
    if math.isnan(size) or not low <= size <= high:
        raise SettingsError(f"{name}: expected pixels from {low} to {high}, got {value!r}")
    return size
