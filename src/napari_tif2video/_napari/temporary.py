"""A layer that shows a source on disk for as long as its row is selected."""

from __future__ import annotations

from napari.components import ViewerModel
from napari.layers import Image

from ..errors import Tif2VideoError, describe
from ..reader import open_stack
from .hooks import layers_data
from .sources import TEMPORARY


class TemporaryLayer:
    """Opens one folder or file at a time, lazily."""

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self.layer: Image | None = None
        self.problem = ""  # why there is no layer

    def show(self, path: str) -> None:
        """Show this source instead of the one before; nothing if the path is empty."""
        self.remove()
        if not path:
            return
        try:
            stack = open_stack(path)
        except Tif2VideoError as exc:
            self.problem = describe(exc)
            return
        data, options, _ = layers_data(stack)[0]
        self.layer = self._viewer.add_image(data, **options, metadata={TEMPORARY: path})

    def remove(self) -> None:
        if self.layer is not None and self.layer in self._viewer.layers:
            self._viewer.layers.remove(self.layer)
        self.layer, self.problem = None, ""
