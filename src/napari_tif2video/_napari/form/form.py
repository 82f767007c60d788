"""The settings of a video as a form, and back. Knows nothing of layers or folders."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from magicgui.widgets import Container, Label, PushButton

from ...data import Calibration
from ...overlays import Scale
from ...recipe import contrast_of
from ...settings import (
    CODECS,
    DEFAULT_CODEC,
    DEFAULT_CONTRAST,
    GROUPS,
    RAW_CODEC,
    RAW_TAKES,
    SETTINGS,
    VideoSettings,
    option_of,
    title_of,
)
from ..panel import Note, column, heading, line, show_in_scroll
from ..source import SourceAxes
from .parts import Parts
from .rows import CONTRAST_TITLES, FIXED, Row, field_of, qualities_of

# Rows that are always in sight, and those of the source; all others are for "More", under the
# headings of their groups. Those of one title share a row, and so do these.
_ABOVE = ("crop", "contrast", "width", "fps", "anchor")
_OF_SOURCE = ("axes", "position", "channel", "z", "play")
_TOGETHER = {"invert": "gamma", "crf": "quality", "raw": "codec"}
# What is drawn may need a number that the data do not tell: asked for right below it.
_NEEDS = {"scale_bar": "pixel_size", "timestamp": "frame_interval"}
# What belongs to the data: left as it is by settings for all data, such as those of a preset.
OF_DATA = {name for name, setting in SETTINGS.items() if setting.group == SETTINGS["z"].group}
OF_DATA |= {"crop", "pixel_size", "frame_interval", "time_start", "event", "arrow"}


class SettingsForm(Container):
    """A field for every setting, by its name: ``form["fps"].value = 12``.

    Fields hold what is written in them; `settings` is what it means, checked. `changed` is emitted
    for each change.
    """

    def __init__(self) -> None:
        fields = {name: field_of(name) for name in SETTINGS}
        super().__init__(widgets=list(fields.values()), labels=False)
        self.fields = fields
        self.parts = Parts(fields)
        self.auto = PushButton(
            text="Auto",
            tooltip="Limits that saturate 0.35 % of the pixels of this frame, as in Fiji",
        )
        self.duration = Label()
        self.kept = Note()
        self.forget = PushButton(text="Forget", tooltip="Use the defaults instead")
        self.kept_row = line(self.kept, self.forget, stretch=0)
        self._lay_out_rows()
        for name in ("codec", "raw"):
            fields[name].changed.connect(self._on_format)
        self._needed = ""
        for host, name in _NEEDS.items():
            fields[host].changed.connect(partial(self._on_drawn, name))
        self.changed.connect(self._follow)
        self.forget.changed.connect(self._on_forget)
        self.settings = VideoSettings()

    def _lay_out_rows(self) -> None:
        fields, groups = self.fields, list[list[str]]()
        for name, setting in SETTINGS.items():
            host = _TOGETHER.get(name)
            for group in groups:
                if host in group or (host is None and title_of(group[0]) == setting.title):
                    group.append(name)
                    break
            else:
                groups.append([name])
        rows = {group[0]: group for group in groups}
        rows["contrast"].remove("limits")
        with_limits = {"after": (self.auto,), "below": (fields["limits"],)}
        extras: dict[str, dict[str, Any]] = {
            "contrast": with_limits, "fps": {"after": (self.duration,)},
        }  # fmt: skip
        made = {name: Row(group, fields, **extras.get(name, {})) for name, group in rows.items()}
        made["contrast"].names += ("limits",)
        self.rows = list(made.values())
        self.source_rows = column(*(made.pop(name) for name in _OF_SOURCE))
        self.top = column(*(made.pop(name) for name in _ABOVE), self.kept_row)
        needed = {host: (made[host], made.pop(name)) for host, name in _NEEDS.items()}
        more: list[Any] = []
        for words in GROUPS:
            names = [name for name in made if SETTINGS[name].group == words]
            below = [row for name in names for row in needed.get(name, (made[name],))]
            more += [heading(words.capitalize()), *below] if below else []
        self.more_rows = column(*more)

    def row_of(self, name: str) -> Row:
        """The row of a setting."""
        return next(row for row in self.rows if name in row.names)

    @property
    def settings(self) -> VideoSettings:
        """What the form says.

        Raises
        ------
        SettingsError
            A value makes no sense, such as a black limit above the white one.
        """
        values = {n: f.value for n, f in self.fields.items() if n not in self._without_meaning()}
        if values.get("contrast") == FIXED:
            del values["contrast"]
        return VideoSettings(**values)

    @settings.setter
    def settings(self, settings: VideoSettings) -> None:
        self.take(settings, SETTINGS)

    def take(self, settings: VideoSettings, names: Collection[str]) -> None:
        """Show what the settings say under these names, and leave the other fields as they are."""
        for name, field in self.fields.items():
            if name in names:
                value = getattr(settings, name)
                if name == "contrast":
                    value = self._contrast_of(settings)
                with field.changed.blocked():
                    field.value = value
        self.changed.emit(self)

    def set_limits(self, low: float, high: float) -> None:
        """Fixed limits with these numbers."""
        self["limits"].value = low, high
        self["contrast"].value = FIXED

    def offer_contrasts(self, names: Sequence[str]) -> None:
        """Offer these rules, and keep the chosen one if it is among them."""
        contrast = self["contrast"]
        choices = [(CONTRAST_TITLES[name], name) for name in names]
        contrast.offer(choices, contrast.value if contrast.value in names else names[0])
        self._follow()

    def offer_axes(self, sources: Sequence[SourceAxes], slider: int = 0) -> None:
        """Offer the choices that any of these sources leaves, or layers with so many slices."""
        self.parts.offer(sources, slider)
        self._follow_parts()

    def describe(self, known: Calibration | None, scale: Scale | None) -> None:
        """Say what the data state, and what comes of it, where nothing else is written.

        Parameters
        ----------
        known : Calibration, optional
            What the source says.
        scale : Scale, optional
            That of the video as it is planned.
        """
        known = known or Calibration()
        size, interval = known.pixel_size_um, known.frame_interval_s
        hints = {
            "pixel_size": f"{size:.6g} ({known.pixel_size_origin})" if size else "not known",
            "frame_interval": f"{interval:.6g} s ({known.frame_interval_origin})"
            if interval
            else "not known; 5min, 30s",
            "um_per_pixel": f"by the width: {scale.um_per_px:.4g}" if scale else "",
        }
        for name, hint in hints.items():
            self[name].hint(hint)

    def show_problem(self, message: str) -> None:
        """Show a message below the row that it is about, as far as one can be told."""
        found = [row for row in self.rows if row.is_about(message)]
        found = found or [row for row in self.rows if row.seems_about(message)]
        for row in self.rows:
            row.show_problem(message if row in found[:1] else "")
        needed, self._needed = self._needed, ""
        if needed and option_of(needed) in message:  # who ticked a box goes on with the number
            self[needed].native.setFocus()
            show_in_scroll(self[needed].native)

    def _contrast_of(self, settings: VideoSettings) -> str:
        """The rule as it is offered here."""
        offered = [name for _, name in self["contrast"].offered]
        contrast = FIXED if settings.limits else settings.contrast
        if contrast is None:  # what it stands for, where it can be chosen
            is_measured = settings.percentile is not None or "displayed" not in offered
            contrast = DEFAULT_CONTRAST if is_measured else "displayed"
        return contrast if contrast in offered else offered[0]

    def _without_meaning(self) -> set[str]:
        """The settings about which other ones leave no choice."""
        asked = ("raw", "contrast", "crf", "label", "event", "codec")
        value = {name: self[name].value for name in asked}
        off = {n for n, s in SETTINGS.items() if s.implies and not self[s.implies].value}
        has_time = "{time}" in (value["label"] or "") or value["event"] is not None
        if not self["timestamp"].value and not has_time:
            off.add("time_start")  # it would imply a timestamp
        off |= {f"{name}_corner" for name in ("label", "event") if value[name] is None}
        if self["panels"].value is None:
            off.add("panel_marks")
        if self["um_per_pixel"].value:
            off.add("width")
        if self._codec.crf_range is None:  # nor can it be fitted into a size
            off |= {"crf", "max_size"}
        elif value["crf"]:
            off.add("quality")
        if not self._takes_percentiles:
            off.add("percentile")
        if value["contrast"] != FIXED:
            off.add("limits")
        if value["raw"]:
            off |= SETTINGS.keys() - RAW_TAKES - {"raw"}
            off |= {"codec"} if value["codec"] != RAW_CODEC.name else set()
        return off

    @property
    def _takes_percentiles(self) -> bool:
        return contrast_of(self["contrast"].value).takes_percentiles

    @property
    def _codec(self) -> Any:
        name = self["codec"].value or DEFAULT_CODEC.name
        return RAW_CODEC if self["raw"].value else CODECS[name]

    def _on_drawn(self, needed: str) -> None:
        self._needed = needed

    def _on_format(self) -> None:
        # One that the user did not choose stays, and is marked as wrong.
        if self["quality"].value not in self._codec.qualities:
            self["quality"].value = "standard"

    def _follow(self) -> None:
        """Disable and hide what has no meaning now, and say what empty lines mean."""
        off, codec = self._without_meaning(), self._codec
        for name, field in self.fields.items():
            field.enabled = name not in off
        is_raw = self["raw"].value
        self.auto.enabled = not is_raw
        self["limits"].visible = "limits" not in off
        self.row_of("percentile").visible = self._takes_percentiles
        self["codec"].visible = not is_raw
        self["raw"].text = title_of("raw") + f", in {RAW_CODEC.title}" * is_raw
        self["quality"].offer(qualities_of(codec), self["quality"].value)
        rate = codec.rate(self["quality"].value)
        self["crf"].hint("" if rate is None or not codec.crf_range else str(rate))
        self.parts.refresh()
        self._follow_parts()

    def _follow_parts(self) -> None:
        for name, is_offered in self.parts.offered.items():
            self.row_of(name).visible = is_offered
        # Which settings are used although no row shows them.
        kept = self.parts.hidden_values
        self.kept.value = f"Also: {', '.join(f'{name} {value}' for name, value in kept.items())}"
        self.kept_row.visible = bool(kept)

    def _on_forget(self) -> None:
        self.parts.forget_hidden()
        self.changed.emit(self)
