"""Folders and files, opened in the background: one to show it, all to know their axes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image
from psygnal import Signal
from qtpy.QtCore import QObject
from vispy.gloo import get_current_canvas

from ...data import Stack, open_stack
from ...planning import Plan
from ..background import Background
from ..layers import TEMPORARY, LayerData, layers_data
from ..words import problem_of
from .axes import SourceAxes


class TemporaryLayers:
    """Opens one folder or file at a time, lazily and in the background, a layer for each channel.

    Signals
    -------
    changed()
        The source has been opened, or cannot be.
    """

    changed = Signal()

    def __init__(self, viewer: ViewerModel, parent: QObject) -> None:
        self._viewer = viewer
        self._key: tuple[str, str | None, bool] | None = None
        self._view: Any = None
        self._letters = ""
        self.layers: list[Image] = []
        self.stack: Stack | None = None
        self.problem = ""  # why there is none
        self._work = Background(parent, self._on_opened, self._on_failed)

    @property
    def is_busy(self) -> bool:
        return self._work.is_busy

    def show(self, path: str, axes: str | None, plays_channels: bool) -> None:
        """Show this source instead of the one before; nothing if the path is empty.

        Parameters
        ----------
        plays_channels : bool
            Channels follow each other in time, so they are one layer.
        """
        key = (path, axes, plays_channels)
        if key == self._key:
            return
        self.remove()
        if path:
            self._key = key
            step = self._viewer.dims.current_step if self._viewer.layers else None
            self._work.request(lambda _: _opened(path, axes, plays_channels, step))

    def follow(self, plan: Plan) -> None:
        """Show the channels and the slice that the video shows, when others were chosen."""
        channels = tuple(channel.number for channel in plan.stack.channels)
        view = channels, plan.settings.z
        if view == self._view:
            return
        self._view = view
        if len(self.layers) > 1:
            for number, layer in enumerate(self.layers):
                layer.visible = number in channels
        if isinstance(plan.settings.z, int) and "Z" in self._letters and self.layers:
            axis = self._viewer.dims.ndim - self.layers[0].ndim + self._letters.index("Z")
            self._viewer.dims.set_current_step(axis, plan.settings.z)

    @property
    def image(self) -> Image | None:
        """The first of the layers that are seen."""
        there = [layer for layer in self.layers if layer in self._viewer.layers]
        return next((layer for layer in there if layer.visible), there[0] if there else None)

    def played_axis(self, plan: Plan) -> int | None:
        """The axis of the layers along which the frames of the video follow each other."""
        is_plain = self.stack is None or (self.stack.planes is None and not self.stack.images)
        letter = "T" if is_plain else plan.stack.played
        return self._letters.index(letter) if letter in self._letters else None

    def remove(self) -> None:
        """Close the source, and forget what is being opened."""
        self._work.cancel()
        for layer in self.layers:
            if layer in self._viewer.layers:
                make_canvas_current()
                self._viewer.layers.remove(layer)
        self.layers, self.stack, self.problem, self._key, self._view = [], None, "", None, None

    def _on_opened(self, opened: tuple[Stack, str, list[LayerData]]) -> None:
        self.stack, self._letters, layers = opened
        for data, options, _ in layers:
            mark = options.get("metadata", {}) | {TEMPORARY: True}
            self.layers.append(self._viewer.add_image(data, **options | {"metadata": mark}))
        self.changed.emit()

    def _on_failed(self, error: Exception) -> None:
        self.problem = problem_of(error)
        self.changed.emit()


def make_canvas_current(event: Any = None) -> None:
    """Prepare for the removal of a layer.

    napari 0.9 frees at once what the layer had on the graphics card, in whatever OpenGL context is
    current. If that is not the canvas's own, Mesa crashes at one of the next frames.
    """
    canvas = get_current_canvas()
    if canvas is not None:
        with suppress(RuntimeError):  # of a viewer that is closed already
            canvas.set_current()


def _opened(
    path: str, axes: str | None, plays_channels: bool, step: tuple[int, ...] | None
) -> tuple[Stack, str, list[LayerData]]:
    """The source, the letters of the leading axes of its layers, and these as napari adds them.

    The frames where the viewer's sliders will stand are read, as a viewer in which a layer cannot
    be shown is broken from then on.
    """
    stack = open_stack(path, None, axes)
    layers = layers_data(stack, is_split=not plays_channels)
    for data, options, _ in layers:
        lengths = data.shape[: len(options["axis_labels"]) - 2]
        middle = tuple((length - 1) // 2 for length in lengths)
        there = step[-len(lengths) - 2 : -2] if step and len(step) > len(lengths) + 1 else middle
        where = (min(at, length - 1) for at, length in zip(there, lengths, strict=True))
        np.asarray(data[tuple(where)])
    _, options, _ = layers[0]
    return stack, "".join(options["axis_labels"][:-2]).upper(), layers


@dataclass(frozen=True)
class Entry:
    """What is known about a source: its axes, or why it cannot be opened."""

    axes: SourceAxes = field(default_factory=SourceAxes)
    problem: str = ""


class Catalog:
    """Opens one source after the other, and remembers what it found; nothing is kept open.

    Signals
    -------
    changed()
        One more source was looked at.
    """

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        self._entries: dict[tuple[str, str | None], Entry] = {}
        self._wanted: list[tuple[str, str | None]] = []
        self._current: tuple[str, str | None] | None = None
        self._work = Background(parent, self._on_done, self._on_failed)

    @property
    def is_busy(self) -> bool:
        return self._current is not None

    def look_at(self, paths: Sequence[str], axes: str | None) -> None:
        """Find out about these sources, with their axes named like this if they are."""
        self._wanted = [(path, axes) for path in paths]
        self._entries = {key: self._entries[key] for key in self._wanted if key in self._entries}
        self._go_on()

    def entries(self) -> list[Entry | None]:
        """What is known about each of these sources so far."""
        return [self._entries.get(key) for key in self._wanted]

    def stop(self) -> None:
        self._work.cancel()
        self._wanted, self._current = [], None

    def _go_on(self) -> None:
        # A result is about its source whenever it comes, so the running one may always end.
        if self._current is not None:
            return
        self._current = next((key for key in self._wanted if key not in self._entries), None)
        if self._current is not None:
            path, axes = self._current
            self._work.request(lambda _: Entry(SourceAxes.of(open_stack(path, None, axes))))

    def _on_done(self, entry: Entry) -> None:
        key, self._current = self._current, None
        if key in self._wanted:
            self._entries[key] = entry
            self.changed.emit()
        self._go_on()

    def _on_failed(self, error: Exception) -> None:
        self._on_done(Entry(problem=problem_of(error)))
