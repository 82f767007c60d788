"""The settings of a video as a form, and back. Knows nothing of layers or folders."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Any

from magicgui.widgets import PushButton
from psygnal import Signal
from qtpy.QtWidgets import QLabel

from ..errors import SettingsError
from ..geometry import Box
from ..settings import RAW_TAKES, VideoSettings, option_of
from .contrast_row import ContrastRow
from .crop_row import CropRow
from .more_rows import MoreRows
from .overlay_rows import AnchorRow
from .panel import column, row
from .rows import SettingRow
from .size_rows import SpeedRow, WidthRow
from .source_axes import SourceAxes
from .view_rows import ViewRows


class SettingsForm:
    """Widgets for every choice that shapes the picture.

    `changed` is emitted once for each change by the user and never while `settings` is set.
    """

    changed = Signal()

    def __init__(self) -> None:
        self.crop_row, self.contrast_row = CropRow(), ContrastRow()
        self.width_row, self.speed_row, self.anchor_row = WidthRow(), SpeedRow(), AnchorRow()
        above = (
            self.crop_row,
            self.contrast_row,
            self.width_row,
            self.speed_row,
            self.anchor_row,
        )
        self.below, self.view = MoreRows(), ViewRows()
        self.rows: tuple[SettingRow, ...] = (*above, *self.below.rows, *self.view.rows)
        edited = {name for each in self.rows for name in each.names}
        # Settings from a file or a script that are kept, shown and used, but cannot be edited.
        self._not_edited = [name for name in VideoSettings().to_dict() if name not in edited]
        self._kept: dict[str, Any] = {}
        self.kept_label = QLabel("")
        self.kept_label.setWordWrap(True)
        self.forget = PushButton(text="Forget", tooltip="Use the defaults instead")
        self.kept_row = row(self.kept_label, self.forget.native, stretch=0)
        self.top = column(*(each.native for each in above), self.kept_row)
        self.more = self.below.native
        for part in (*above, self.below, self.view):
            part.changed.connect(self._on_change)
        self.forget.changed.connect(self._on_forget)
        self._keep(VideoSettings())
        self._enable()

    @property
    def settings(self) -> VideoSettings:
        """What the form says.

        Raises
        ------
        SettingsError
            A value makes no sense, such as a black limit above the white one.
        """
        values = {name: value for each in self.rows for name, value in each.values().items()}
        if self.below.is_raw:
            values = {n: v for n, v in values.items() if n in RAW_TAKES} | {"width": "full"}
        return VideoSettings(**values | self._kept)

    @settings.setter
    def settings(self, settings: VideoSettings) -> None:
        with self.changed.blocked():
            for each in self.rows:
                each.show(settings)
            self.below.show(settings)
            self.view.refresh()
            self._keep(settings)
            self._enable()
        self.changed.emit()

    def _keep(self, settings: VideoSettings) -> None:
        values, defaults = settings.to_dict(), VideoSettings().to_dict()
        self._kept = {n: values[n] for n in self._not_edited if values[n] != defaults[n]}
        self._say_kept()

    def _say_kept(self) -> None:
        """Say which settings are used although no row shows them."""
        kept = self._kept | self.view.hidden_values
        said = ", ".join(f"{name} {value}" for name, value in kept.items())
        self.kept_label.setText(f"Also: {said}")
        self.kept_row.setVisible(bool(kept))

    def _on_forget(self) -> None:
        self.view.forget_hidden()
        self._keep(VideoSettings())
        self._enable()
        self.changed.emit()

    def offer_axes(self, sources: Sequence[SourceAxes], slider: int = 0) -> None:
        """Offer the choices that any of these sources leaves, or layers with so many slices."""
        self.view.offer(sources, slider)
        self._say_kept()

    def restore(self, settings: VideoSettings) -> None:
        """Take settings that were made here before, perhaps for other data."""
        with self.changed.blocked():
            self.settings = settings
            self.view.take_over()
            self._say_kept()
        self.changed.emit()

    def offer_contrasts(self, names: Sequence[str]) -> None:
        """Offer these rules, and keep the chosen one if it is among them."""
        self.contrast_row.offer_contrasts(names)
        self._enable()

    def set_box(self, box: Box) -> None:
        """Take over a box that was drawn or dragged on the canvas."""
        self.crop_row.set_box(box)

    def set_limits(self, low: float, high: float) -> None:
        """Fixed limits with these numbers."""
        self.settings = dataclasses.replace(
            self.settings_or_default, contrast=None, percentile=None, limits=(low, high)
        )

    @property
    def settings_or_default(self) -> VideoSettings:
        """The settings, or the defaults while a value makes no sense."""
        try:
            return self.settings
        except SettingsError:
            return VideoSettings()

    def show_problem(self, message: str) -> None:
        """Show a message below the row that it is about, as far as one can be told."""
        found = [each for each in self.rows if message.startswith(each.names)]
        found = found or [each for each in self.rows if any(s in message for s in each.signs)]
        for each in self.rows:
            each.show_problem(message if each in found[:1] else "")

    def in_words(self, message: str) -> str:
        """A message with the titles of rows in place of options of the command line."""
        titles = {option_of(name): each.title for each in self.rows for name in each.names}

        def title(match: re.Match[str]) -> str:
            known = titles.get(match[0])
            return match[0] if known is None else f'"{known}"'

        return re.sub(r"--[a-z][a-z-]*", title, message)

    def _on_change(self) -> None:
        self._enable()
        self.changed.emit()

    def _enable(self) -> None:
        is_raw = self.below.is_raw
        for each in self.rows:
            each.native.setEnabled(not is_raw or bool(RAW_TAKES & {*each.names} - {"width"}))
        self.width_row.let_choose(not self.below.gives_width)
        self.below.percentile.offer(self.contrast_row.takes_percentiles)
