"""The rows for the format of the file and for how much the encoder may lose."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt

from ...settings import CODECS, DEFAULT_CODEC, RAW_CODEC, Codec, VideoSettings, title_of
from ...units import readable_size
from .rows import Check, ChoiceBox, SettingRow, Text, TextRow

_CRF_WIDTH_PX = 64


class FormatRow(SettingRow):
    """The codec, which chooses the ending of the file, and whether it takes the counts themselves.

    Of raw counts, the list shows the one codec that can hold them.
    """

    def __init__(self) -> None:
        choices = [(f"{c.title} ({c.endings[0]})", name) for name, c in CODECS.items()]
        self.codec = ChoiceBox(choices, "The format of the video", DEFAULT_CODEC.name)
        for index, codec in enumerate(CODECS.values()):
            self.codec.setItemData(index, codec.players, Qt.ItemDataRole.ToolTipRole)
        self.raw = Check(
            title_of("raw"),
            f"The counts themselves, bit for bit, in {RAW_CODEC.title}: no scaling, contrast or "
            "overlays",
        )
        self._of_counts: str | None = None  # what settings say of raw counts
        self._before: str | None = None
        self.raw.edited.connect(self._on_raw)
        fields = {"codec": self.codec, "raw": self.raw}
        super().__init__(title_of("codec"), self.codec, self.raw, fields=fields, stretch=1)

    @property
    def chosen(self) -> Codec:
        return CODECS[self.codec.value or DEFAULT_CODEC.name]

    def values(self) -> dict[str, Any]:
        return super().values() | ({"codec": self._of_counts} if self.raw.value else {})

    def show(self, settings: VideoSettings) -> None:
        super().show(settings)
        self._before = settings.codec
        if settings.raw:
            self._of_counts = settings.codec
            self.codec.show_value(RAW_CODEC.name)

    def _enable(self) -> None:
        self.codec.setEnabled(not self.raw.value)

    def _on_raw(self) -> None:
        if self.raw.value:
            self._before, self._of_counts = self.codec.value, None
        self.codec.show_value(RAW_CODEC.name if self.raw.value else self._before)


class QualityRow(SettingRow):
    """How much the encoder may lose: in words, or as its rate factor."""

    def __init__(self) -> None:
        self.combo = ChoiceBox([], "How much the encoder may lose")
        tooltip = "Rate factor instead of a quality: smaller is better and larger in bytes"
        self.crf = Text("", tooltip, _CRF_WIDTH_PX)
        self._codec = DEFAULT_CODEC
        fields = {"quality": self.combo, "crf": self.crf}
        super().__init__(
            title_of("quality"),
            self.combo,
            f"or {title_of('crf')}",
            self.crf,
            fields=fields,
            stretch=1,
        )
        self.follow(self._codec, is_chosen=True)

    def values(self) -> dict[str, Any]:
        # The factor is a quality of its own.
        return {"quality": "standard" if self._crf else self.combo.value, "crf": self._crf}

    def follow(self, codec: Codec, *, is_chosen: bool) -> None:
        """Offer what this codec has.

        Parameters
        ----------
        is_chosen : bool
            The user chose the codec, so that a quality that it has not goes; one that comes from
            settings stays, and is marked as wrong.
        """
        self._codec, before = codec, self.combo.value
        known = codec.qualities
        self.combo.fill([(name.capitalize(), name) for name in known])
        stays = before in known or (before and not is_chosen)
        self.combo.show_value(before if stays else "standard")
        self.crf.setEnabled(codec.crf_range is not None)
        self.combo.setEnabled(not self._crf)
        rate = codec.rate(self.combo.value)
        self.crf.setPlaceholderText("" if rate is None or not codec.crf_range else str(rate))

    @property
    def _crf(self) -> str | None:
        return self.crf.value if self._codec.crf_range else None


class MaxSizeRow(TextRow):
    """The size that the file must not exceed."""

    def __init__(self) -> None:
        tooltip = (
            "The file gets no larger, such as 10MB, 900kB or 1.5GB: the quality is lowered as far "
            "as that takes"
        )
        super().__init__(
            "max_size",
            title_of("max_size"),
            "any size, or 10MB",
            tooltip,
            words=lambda size: "" if size is None else readable_size(size),
        )

    def values(self) -> dict[str, Any]:
        return super().values() if self.edit.isEnabled() else {"max_size": None}

    def follow(self, codec: Codec) -> None:
        """Only a codec with a rate factor can be fitted into a size."""
        self.edit.setEnabled(codec.crf_range is not None)
