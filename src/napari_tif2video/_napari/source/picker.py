"""The list of the viewer's image layers, of which one or all visible ones are converted."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import ComboBox
from napari.components import ViewerModel
from napari.layers import Image, Layer

from ...colours import default_colours
from ..layers import TEMPORARY, display_of, is_drawn, mergeable
from ..panel import let_shrink

ALL_VISIBLE = "all visible"
# Blendings in which a layer that is opaque hides what is below it.
_COVERING = ("opaque", "translucent", "translucent_no_depth")


class LayerPicker(ComboBox):
    """The image layers, and all visible ones together: those where the user has not chosen.

    It follows the viewer by `reset_choices`, which napari calls whenever layers come, go or change
    their names.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._is_by_hand = False
        self._seen: list[Layer] = []
        self._merged: list[Image] = []
        self._reasons: dict[Image, str] = {}
        super().__init__(choices=self._offered, tooltip="What is made into a video", gui_only=True)
        let_shrink(self.native)
        self.native.setAccessibleName("Layer")
        self.changed.connect(self._on_choice)

    @property
    def images(self) -> list[Image]:
        """The image layers that are offered."""
        return [layer for layer in self.candidates if isinstance(layer, Image)]

    @property
    def layer(self) -> Image | None:
        """The layer that was chosen."""
        value = self.get_value()
        return next((layer for layer in self.images if layer is value), None)

    @layer.setter
    def layer(self, layer: Image) -> None:
        self.value = getattr(layer, "__wrapped__", layer)  # plugins get proxies
        self._is_by_hand = True

    @property
    def is_merged(self) -> bool:
        """Whether all visible layers are wanted, on top of each other."""
        return isinstance(self.get_value(), str)

    @property
    def chosen(self) -> list[Image]:
        """The layer, or all visible ones from the bottom up; empty where there is none."""
        if self.is_merged:
            return self._merged
        return [] if self.layer is None else [self.layer]

    @property
    def drawn(self) -> list[Layer]:
        """The layers that are drawn onto the chosen images, from the bottom up."""
        return self._visible_drawn if self.is_merged else []

    @property
    def _visible_drawn(self) -> list[Layer]:
        return [layer for layer in self.candidates if layer.visible and is_drawn(layer)]

    @property
    def left_out(self) -> dict[Layer, str]:
        """The layers that are seen in the viewer and not in the video, and why if it is not by
        choice.
        """
        chosen = [*self.chosen, *self.drawn]
        others = [layer for layer in self.candidates if layer.visible and layer not in chosen]
        reasons = {} if self._is_by_hand and not self.is_merged else self._reasons
        return {layer: reasons.get(layer, "") for layer in others}

    @property
    def covered(self) -> tuple[Image, list[Image]] | None:
        """The uppermost layer that hides others of those that are chosen, and these."""
        chosen = self.chosen
        for number in range(len(chosen) - 1, 0, -1):
            layer = chosen[number]
            is_opaque = layer.opacity == 1 and str(layer.blending) in _COVERING
            if is_opaque and not layer.rgb:
                return layer, chosen[:number]
        return None

    def show_in_colours(self) -> None:
        """Add the chosen layers up in the viewer, those that are grey each in a colour."""
        chosen = self.chosen
        for layer, (name, _) in zip(chosen, default_colours(len(chosen)), strict=True):
            if not layer.rgb and display_of(layer).colours is None:
                layer.colormap = name
            layer.blending = "additive"

    def look(self) -> None:
        """Find out which of the visible layers go together: `chosen` until the next look."""
        visible = [layer for layer in self.images if layer.visible]
        merged, self._reasons = mergeable(self._viewer, visible)
        self._merged = [*merged]

    def reset_choices(self, *_: Any) -> None:
        """Follow the viewer: what the user has chosen stays as long as it is there."""
        before, images = self.get_value(), self.images
        visible = [layer for layer in images if layer.visible]
        seen = [*visible, *self._visible_drawn]
        self.look()
        with self.changed.blocked():
            super().reset_choices()
            is_all = isinstance(before, str) and self._has_several(images)
            is_there = is_all or any(layer is before for layer in images)
            is_kept = is_there and (self._is_by_hand or seen == self._seen)
            self._is_by_hand, self._seen = self._is_by_hand and is_there, seen
            if is_kept:
                self.value = before
            elif images:
                self.value = self._first_choice(before, visible or images)

    def _first_choice(self, before: Any, layers: list[Image]) -> Any:
        """What the viewer shows, as far as it goes together."""
        if layers[0].visible and (len(self._merged) > 1 or self._visible_drawn):
            return ALL_VISIBLE
        active = self._viewer.layers.selection.active
        return next((layer for layer in (before, active) if layer in layers), layers[-1])

    @property
    def candidates(self) -> list[Layer]:
        """The user's layers of all kinds."""
        return [layer for layer in self._viewer.layers if TEMPORARY not in layer.metadata]

    def _offered(self, _: Any) -> list[tuple[str, Any]]:
        images = self.images
        offered: list[tuple[str, Any]] = [(layer.name, layer) for layer in images]
        return offered + [("All visible layers, as displayed", ALL_VISIBLE)] * self._has_several(
            images
        )

    def _has_several(self, images: list[Image]) -> bool:
        """Whether there is more to show than one image."""
        return len(images) > 1 or (bool(images) and any(map(is_drawn, self.candidates)))

    def _on_choice(self) -> None:
        self._is_by_hand = True
