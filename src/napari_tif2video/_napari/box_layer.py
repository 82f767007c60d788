"""The layer on which the crop box and the anchor are drawn. No Qt."""

from __future__ import annotations

from typing import Any

from napari import layers
from napari.layers import Layer

from .layers import TEMPORARY

LAYER_NAME = "crop preview (not saved)"


class Shapes(layers.Shapes):
    """A Shapes layer that leaves no trace in the viewer's dims and in saved files.

    It is called like its parent, as napari takes the kind of a layer from the name of its class.
    """

    image: Layer | None = None

    @property
    def extent(self) -> Any:
        """The extent of the image layer.

        A box at the rim of the frame reaches half a pixel beyond the centres of the outermost
        pixels, and would change the range and the steps of the dims.
        """
        if self.image is None:
            return layers.Shapes.extent.func(self)  # past its cache, which is emptied elsewhere
        full = self.image.extent
        return full._replace(
            data=full.data[:, -2:],
            world=full.world[:, -2:],
            step=full.step[-2:],
            units=full.units[-2:],
        )

    def as_layer_data_tuple(self) -> Any:
        """An empty layer, as napari writes no file for that when it saves all layers."""
        return layers.Shapes(ndim=2, name=self.name).as_layer_data_tuple()


def drawn_layer() -> Shapes:
    """An empty one."""
    return Shapes(ndim=2, name=LAYER_NAME, opacity=1, metadata={TEMPORARY: LAYER_NAME})
