"""Which axes the sources have, and which axis of layers becomes time."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from magicgui.widgets import ComboBox
from napari.components import ViewerModel
from napari.layers import Image, Layer

from ...data import Stack
from ...planning import Plan, channel_name, has_unknown_axes
from ...settings import VideoSettings
from ..layers import (
    depth_axis,
    display_of,
    drawings_of,
    leading_shape,
    letters_of,
    merge,
    merged_layers,
    places_of,
    stack_of_layer,
)
from ..panel import line, title

_WORDS = {"T": "Time", "C": "Channels", "Z": "Slices", "P": "Positions"}


@dataclass(frozen=True)
class SourceAxes:
    """The axes of a source of which a part has to be chosen; empty for a plain sequence.

    Attributes
    ----------
    sizes : tuple of (str, int)
        Letter and length of each axis before those of a frame.
    channels : tuple of str
        Names of the channels, empty where they have none.
    are_unknown : bool
        There are several axes that nobody has named.
    positions : tuple of str
        Names of several images, or their numbers; empty where there is one.
    """

    sizes: tuple[tuple[str, int], ...] = ()
    channels: tuple[str, ...] = ()
    are_unknown: bool = False
    positions: tuple[str, ...] = ()

    @classmethod
    def of(cls, stack: Stack) -> SourceAxes:
        if stack.images:
            names = tuple(name or str(n) for n, name in enumerate(stack.image_names))
            return dataclasses.replace(cls.of(stack.images[0]), positions=names)
        if stack.planes is None:
            return cls()
        if has_unknown_axes([letter for letter, _ in stack.sizes]):
            return cls(are_unknown=True)
        count = dict(stack.sizes).get("C", 0)
        channels = tuple(channel_name(stack.channel_info, number) for number in range(count))
        return cls(stack.sizes, channels)


def axis_words(label: str, length: int) -> str:
    """An axis by its label, which is a number where nobody has named it: napari's own."""
    if label.lstrip("-").isdigit():
        return f"Slider {label} ({length} steps)"
    word = _WORDS.get(label.upper(), label if len(label) > 1 else f"Axis {label}")
    return f"{word} ({length})"


class TimeAxis:
    """A choice of the axis to play, seen only where there are several.

    The other axes stay where the viewer's sliders are. Axes are counted from the end, as layers of
    different dimensions have these in common: -3 is the one before (Y, X).
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._choices: list[tuple[str, int]] = []
        self._stack: Stack | None = None
        self._key: Any = None
        self.axis = ComboBox(
            # A function, because magicgui asks again whenever the list gets another parent.
            choices=lambda _: self._choices,
            nullable=True,
            tooltip="The axis that becomes time; the sliders of the others choose what is shown",
        )
        self.changed = self.axis.changed
        self.row = line(title("Time axis"), self.axis, stretch=1)

    def offer(self, layers: Sequence[Image]) -> None:
        """Offer the axes of these layers, and keep the chosen one where it is among them."""
        found: dict[int, tuple[str, int]] = {}
        for layer in layers:
            for axis, length in enumerate(leading_shape(layer)):
                label, longest = found.get(axis - layer.ndim, (str(layer.axis_labels[axis]), 0))
                found[axis - layer.ndim] = label, max(longest, length)
        choices = [
            (axis_words(label, n), axis) for axis, (label, n) in sorted(found.items()) if n > 1
        ]
        self.row.visible = len(choices) > 1
        if choices == self._choices:
            return
        with self.changed.blocked():
            before, self._choices = self.axis.value, choices
            self.axis.reset_choices()
            axes = [axis for _, axis in choices]
            if axes:
                self.axis.value = before if before in axes else axes[0]

    def depth(self, layers: Sequence[Image]) -> tuple[int | None, int]:
        """The axis of the slices, if there is one beside the axis that is played; its length."""
        for layer in layers:
            play = None if self.axis.value is None else self.axis.value + layer.ndim
            axis = depth_axis(layer, play)
            if axis is not None:
                return axis - layer.ndim, leading_shape(layer)[axis]
        return None, 0

    def stack_of(
        self, layers: Sequence[Image], z: int | str | None, drawn: Sequence[Layer] = ()
    ) -> Stack:
        """The layers as they are shown now; what was measured stays while data and sliders do.

        Parameters
        ----------
        z : int or one of `Z_PROJECTIONS`, optional
            A slice, or how the slices become one, instead of where their slider stands.
        drawn : sequence of Layer
            Those that are drawn onto them.
        """
        play = self.axis.value
        points = [places_of(self._viewer, layer, play) for layer in layers]
        depth, length = self.depth(layers)
        if isinstance(z, int) and depth is not None and z < length:
            for layer, point in zip(layers, points, strict=True):
                if depth + layer.ndim >= 0:
                    point[depth + layer.ndim] = min(z, leading_shape(layer)[depth + layer.ndim] - 1)
        projection = z if isinstance(z, str) and depth is not None else ""
        depth = depth if projection else None
        others = [
            tuple(p for axis, p in enumerate(point) if axis - layer.ndim not in (play, depth))
            for layer, point in zip(layers, points, strict=True)
        ]
        data = [id(layer.data) for layer in layers]
        space = [(*layer.scale, *map(str, layer.units)) for layer in layers]
        merged = merge(self._viewer, layers, play)
        key = [*layers], data, space, merged.grids, play, others, projection
        if self._stack is None or self._key != key:
            if len(layers) == 1:
                own, own_depth = (
                    None if axis is None else axis + layers[0].ndim for axis in (play, depth)
                )
                self._stack = stack_of_layer(
                    layers[0], play=own, point=points[0], depth=own_depth, projection=projection
                )
            else:
                own = -1 if play is None else play
                self._stack = merged_layers(self._viewer, merged, own, points, depth, projection)
            self._key = key
        pairs = zip(self._stack.channels, layers, strict=True)
        channels = tuple(dataclasses.replace(c, display=display_of(layer)) for c, layer in pairs)
        name = "_".join(layer.name for layer in layers)
        stack = dataclasses.replace(self._stack, channels=channels, name=name)
        if not drawn:
            return stack
        own = -1 if play is None else play
        drawings, notes = drawings_of(self._viewer, drawn, merged, own, len(stack))
        return dataclasses.replace(stack, drawings=drawings, notes=(*stack.notes, *notes))

    def as_settings(self, layer: Image, settings: VideoSettings) -> VideoSettings | None:
        """Settings that show of the layer what is shown now, without sliders; None for none."""
        play = self.axis.value
        sizes, letters = leading_shape(layer), letters_of(layer)
        moving = [letter for letter, n in zip(letters, sizes, strict=True) if n > 1]
        if play is None or len(moving) < 2:
            return settings
        played = letters[play + layer.ndim]
        if not {*moving} - {played} <= {"Z"}:
            return None
        z: Any = settings.z
        if z is None:
            z = places_of(self._viewer, layer, play)[letters.index("Z")]
            if isinstance(z, slice):
                return None
        return dataclasses.replace(settings, play=None if played == "T" else played, z=z)

    def forget(self) -> None:
        """Let go of the layers."""
        self._stack = self._key = None

    def played(self, layers: Sequence[Image]) -> tuple[Image, int] | None:
        """The longest of the layers and its axis that is played; None for none."""
        play = self.axis.value
        if play is None:
            return None
        longest = max(layers, key=lambda layer: _length(layer, play))
        return longest, play + longest.ndim


def nearest_frame(plan: Plan, step: int) -> int:
    """The frame of the video that is nearest to a step along the axis that is played."""
    if len(plan.indices) < 2:
        return 0
    frame = (step - plan.indices.start) / plan.indices.step
    return min(max(round(frame), 0), len(plan.indices) - 1)


def _length(layer: Image, axis: int) -> int:
    sizes = leading_shape(layer)
    own = axis + layer.ndim
    return sizes[own] if 0 <= own < len(sizes) else 0
