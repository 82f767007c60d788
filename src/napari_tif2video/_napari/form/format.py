"""The rows for the format of the file and for how much the encoder may lose."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QLabel

from ...settings import CODECS, DEFAULT_CODEC, RAW_CODEC, Codec, VideoSettings, title_of
from ...units import readable_size
from ..panel import SMALL_LIST_PX, let_shrink
from .rows import ChoiceBox, ChoiceRow, SettingRow, TextRow, as_text, line_edit

_CRF_WIDTH_PX = 64


class FormatRow(SettingRow):
    """The codec, which chooses the ending of the file, and whether it takes the counts themselves.

    Of raw counts, the list shows the one codec that can hold them.
    """

    def __init__(self) -> None:
        choices = [(f"{c.title} ({c.endings[0]})", name) for name, c in CODECS.items()]
        self.codec = ChoiceBox(choices, DEFAULT_CODEC.name, "The format of the video")
        for index, codec in enumerate(CODECS.values()):
            self.codec.setItemData(index, codec.players, Qt.ItemDataRole.ToolTipRole)
        self.raw = QCheckBox(title_of("raw"))
        self.raw.setToolTip(
            f"The counts themselves, bit for bit, in {RAW_CODEC.title}: no scaling, contrast or "
            "overlays"
        )
        self._of_counts: str | None = None  # what settings say of raw counts
        self._before: str | None = None
        super().__init__(("codec", "raw"), title_of("codec"), self.codec, self.raw, stretch=1)
        self.codec.activated.connect(self._on_change)
        self.raw.clicked.connect(self._on_raw)

    @property
    def chosen(self) -> Codec:
        return CODECS[self.codec.value or DEFAULT_CODEC.name]

    def values(self) -> dict[str, Any]:
        is_raw = self.raw.isChecked()
        return {"codec": self._of_counts if is_raw else self.codec.value, "raw": is_raw}

    def show(self, settings: VideoSettings) -> None:
        self.raw.setChecked(settings.raw)
        self._of_counts = settings.codec if settings.raw else None
        self._before = settings.codec
        self.codec.show_value(RAW_CODEC.name if settings.raw else settings.codec)
        self.codec.setEnabled(not settings.raw)

    def _on_raw(self) -> None:
        is_raw = self.raw.isChecked()
        if is_raw:
            self._before = self.codec.value
            self._of_counts = None
            self.codec.show_value(RAW_CODEC.name)
        else:
            self.codec.show_value(self._before)
        self.codec.setEnabled(not is_raw)
        self._on_change()


class QualityRow(ChoiceRow):
    """How much the encoder may lose: in words, or as its rate factor."""

    def __init__(self) -> None:
        super().__init__("quality", title_of("quality"), [], "How much the encoder may lose")
        self.names = ("quality", "crf")
        let_shrink(self.combo, SMALL_LIST_PX)
        self.crf = line_edit(
            "", "Rate factor instead of a quality: smaller is better and larger in bytes"
        )
        self.crf.setFixedWidth(_CRF_WIDTH_PX)
        self.add(QLabel(f"or {title_of('crf')}"), self.crf)
        self.crf.textEdited.connect(self._on_change)
        self._codec = DEFAULT_CODEC
        self.follow(self._codec, is_chosen=True)

    def values(self) -> dict[str, Any]:
        crf = self._crf
        # The factor is a quality of its own.
        return {"quality": "standard" if crf else self.value, "crf": crf or None}

    def show(self, settings: VideoSettings) -> None:
        self.crf.setText(as_text(settings.crf))
        super().show(settings)

    def follow(self, codec: Codec, *, is_chosen: bool) -> None:
        """Offer what this codec has.

        Parameters
        ----------
        is_chosen : bool
            The user chose the codec, so that a quality that it has not goes; one that comes from
            settings stays, and is marked as wrong.
        """
        self._codec, before = codec, self.value
        known = codec.qualities
        self.fill([(name.capitalize(), name) for name in known])
        self.choose(before if before in known or (before and not is_chosen) else "standard")
        self.crf.setEnabled(codec.crf_range is not None)
        self.combo.setEnabled(not self._crf)
        rate = codec.rate(self.value)
        self.crf.setPlaceholderText("" if rate is None or not codec.crf_range else str(rate))

    @property
    def _crf(self) -> str:
        return self.crf.text().strip() if self._codec.crf_range else ""


class MaxSizeRow(TextRow):
    """The size that the file must not exceed."""

    def __init__(self) -> None:
        tooltip = (
            "The file gets no larger, such as 10MB, 900kB or 1.5GB: the quality is lowered as far "
            "as that takes"
        )
        super().__init__("max_size", title_of("max_size"), "any size, or 10MB", tooltip)

    def show(self, settings: VideoSettings) -> None:
        size = settings.max_size
        self.edit.setText("" if size is None else readable_size(size))

    def values(self) -> dict[str, Any]:
        return super().values() if self.edit.isEnabled() else {"max_size": None}

    def follow(self, codec: Codec) -> None:
        """Only a codec with a rate factor can be fitted into a size."""
        self.edit.setEnabled(codec.crf_range is not None)
