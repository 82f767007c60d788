"""The crop box and the anchor on napari's canvas: how they are drawn, and dragged."""

from .preview import CanvasPreview, make_canvas_current

__all__ = ["CanvasPreview", "make_canvas_current"]
