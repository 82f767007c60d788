"""The side of the package that faces napari. Nothing outside imports it before napari is loaded."""

from .launch import open_window
from .viewers import stack_of

__all__ = ["open_window", "stack_of"]
