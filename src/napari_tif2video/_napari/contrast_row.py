"""The row for what becomes black and white."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from magicgui.widgets import ComboBox, FloatSpinBox, PushButton
from psygnal import Signal
from qtpy.QtWidgets import QLabel

from ..settings import DEFAULT_CONTRAST, VideoSettings, pairs_of
from .panel import column, let_shrink, row
from .rows import SettingRow, problem_label

FIXED = "fixed"
CONTRAST_WORDS = {
    "displayed": "As shown in napari",
    "global": "Whole movie, one scale",
    "batch": "All movies, one scale",
    "local": "Each frame by itself",
    "smooth": "Each frame, without flicker",
    FIXED: "Fixed…",
}
LAYER_CONTRASTS = ("displayed", "global", "local", "smooth", FIXED)
FOLDER_CONTRASTS = ("global", "batch", "local", "smooth", FIXED)


class ContrastRow(SettingRow):
    """The rule for the limits, or the limits themselves."""

    auto_requested = Signal()

    def __init__(self) -> None:
        self.names, self.signs, self.is_offered = ("contrast", "limits"), (), True
        self._contrasts: Sequence[str] = LAYER_CONTRASTS
        self.contrast = ComboBox(
            # A function, because magicgui asks again whenever the list gets another parent.
            choices=lambda _: [(CONTRAST_WORDS[name], name) for name in self._contrasts],
            tooltip="Which counts become black and white",
        )
        let_shrink(self.contrast.native)
        self.auto = PushButton(
            text="Auto",
            tooltip="Limits that saturate 0.35 % of the pixels of this frame, as in Fiji",
        )
        self.black = _count(0, "Count that becomes black")
        self.white = _count(65535, "Count that becomes white")
        for part in (self.contrast, self.black, self.white):
            part.changed.connect(self._on_change)
        self.auto.changed.connect(self._on_auto)
        self.limits_row = row("Limits", self.black.native, QLabel("to"), self.white.native)
        # Of a video with several channels: kept and shown, until one pair for all is asked for.
        self._pairs: tuple[tuple[float, float], ...] = ()
        self.pairs_label = QLabel("")
        self.pairs_label.setWordWrap(True)
        self.one_pair = PushButton(text="One for all", tooltip="One pair of limits to edit here")
        self.one_pair.changed.connect(self._on_one_pair)
        self.pairs_row = row("Limits", self.pairs_label, self.one_pair.native, stretch=1)
        self.problem = problem_label()
        rule = row("Contrast", self.contrast.native, self.auto.native, stretch=1)
        self.title = "Contrast"
        self.native = column(rule, self.limits_row, self.pairs_row, self.problem)
        self._enable()

    @property
    def takes_percentiles(self) -> bool:
        """Whether limits are measured, so that percentiles can be."""
        return self.contrast.value not in ("displayed", FIXED)

    def values(self) -> dict[str, Any]:
        if self.contrast.value == FIXED:
            pair = self.black.value, self.white.value
            return {"contrast": None, "limits": self._pairs or pair}
        return {"contrast": self.contrast.value, "limits": None}

    def show(self, settings: VideoSettings) -> None:
        contrast = FIXED if settings.limits else settings.contrast
        if contrast is None:  # what it stands for, where it can be chosen
            is_measured = settings.percentile is not None or "displayed" not in self._contrasts
            contrast = DEFAULT_CONTRAST if is_measured else "displayed"
        with self.changed.blocked():
            self.contrast.value = contrast if contrast in self._contrasts else self._contrasts[0]
            if settings.limits:
                pairs = pairs_of(settings.limits)
                self._pairs = pairs if len(pairs) > 1 else ()
                self.black.value, self.white.value = pairs[0]
        self._enable()

    def offer_contrasts(self, names: Sequence[str]) -> None:
        """Offer these rules, and keep the chosen one if it is among them."""
        with self.changed.blocked():
            chosen = self.contrast.value
            self._contrasts = names
            self.contrast.reset_choices()
            self.contrast.value = chosen if chosen in names else names[0]
        self._enable()

    def _on_auto(self) -> None:
        self.auto_requested.emit()

    def _on_one_pair(self) -> None:
        self._pairs = ()
        self._on_change()

    def _enable(self) -> None:
        is_fixed = self.contrast.value == FIXED
        self.limits_row.setVisible(is_fixed and not self._pairs)
        self.pairs_row.setVisible(is_fixed and bool(self._pairs))
        self.pairs_label.setText(
            "\n".join(f"{low:.12g} to {high:.12g}" for low, high in self._pairs)
        )


def _count(value: float, tooltip: str) -> FloatSpinBox:
    return FloatSpinBox(value=value, min=-1e12, max=1e12, step=1, tooltip=tooltip)
