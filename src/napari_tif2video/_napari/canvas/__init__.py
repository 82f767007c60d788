"""The crop box and the anchor on napari's canvas: how they are drawn, and dragged."""

from .preview import CanvasPreview

__all__ = ["CanvasPreview"]
