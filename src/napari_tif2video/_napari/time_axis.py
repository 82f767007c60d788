"""Which axis of a layer becomes time, and the layer as a stack along it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from magicgui.widgets import ComboBox
from napari.components import ViewerModel
from napari.layers import Image
from qtpy.QtWidgets import QHBoxLayout, QLabel, QWidget

from ..plan import Plan
from ..stack import Stack
from .layers import default_play_axis, display_of, leading_shape, stack_of_layer
from .sources import TEMPORARY


class TimeAxis(QWidget):
    """A choice of the axis to play, seen only where there are several.

    The other axes stay where the viewer's sliders are.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self._choices: list[tuple[str, int]] = []
        self._stack: Stack | None = None
        self._key: Any = None
        self.axis = ComboBox(
            # A function, because magicgui asks again whenever the list gets another parent.
            choices=self._offered,
            nullable=True,
            tooltip="The axis that becomes time",
        )
        self.changed = self.axis.changed
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(QLabel("Time axis"))
        line.addWidget(self.axis.native, stretch=1)

    def offer(self, layer: Image | None) -> None:
        """Offer the axes of this layer, and keep the chosen one where it is among them."""
        sizes = () if layer is None else leading_shape(layer)
        axes = [axis for axis, n in enumerate(sizes) if n > 1]
        self.setVisible(len(axes) > 1)
        labels = [] if layer is None else [str(name) for name in layer.axis_labels]
        choices = [(f"{labels[axis]} ({sizes[axis]})", axis) for axis in axes]
        if choices == self._choices:
            return
        with self.changed.blocked():
            before, self._choices = self.axis.value, choices
            self.axis.reset_choices()
            default = None if layer is None else default_play_axis(layer)
            if axes:
                self.axis.value = (
                    default if default in axes else before if before in axes else axes[0]
                )

    def stack_of(self, layer: Image) -> Stack:
        """The layer as it is shown now; what was measured stays while data and sliders do."""
        play, point = self.axis.value, self._point(layer)
        others = tuple(p for axis, p in enumerate(point) if axis != play)
        space = (*layer.scale, *map(str, layer.units))
        key = (layer, id(layer.data), play, others, space)
        if self._stack is None or self._key != key:
            self._stack, self._key = stack_of_layer(layer, play=play, point=point), key
        (channel,) = self._stack.channels
        path = layer.metadata.get(TEMPORARY)
        return dataclasses.replace(
            self._stack,
            channels=(dataclasses.replace(channel, display=display_of(layer)),),
            name=layer.name,
            path=self._stack.path if path is None else Path(path),
        )

    def forget(self) -> None:
        """Let go of the layer."""
        self._stack = self._key = None

    def frame_index(self, layer: Image, plan: Plan) -> int:
        """The frame of the video that is nearest to the time slider."""
        play = self.axis.value
        if play is None or len(plan.indices) < 2:
            return 0
        frame = (self._point(layer)[play] - plan.indices.start) / plan.indices.step
        return min(max(round(frame), 0), len(plan.indices) - 1)

    def _offered(self, _: Any) -> list[tuple[str, int]]:
        return self._choices

    def _point(self, layer: Image) -> list[int]:
        """Where the sliders are, in the layer's own data coordinates."""
        sizes = leading_shape(layer)
        coordinates = layer.world_to_data(self._viewer.dims.point[-layer.ndim :])
        return [min(max(round(c), 0), n - 1) for c, n in zip(coordinates, sizes, strict=False)]
