"""Rows of the form, and the fields in them, made from what is declared of the settings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from magicgui.widgets import CheckBox, Container, Label
from qtpy.QtWidgets import QLineEdit

from ...settings import CODECS, DRAWN_FILES, SETTINGS, Codec
from ...units import readable_duration, readable_size
from ..panel import LABEL_WIDTH_PX, PROBLEM_STYLE, Note, line, say, tidy, title
from ..words import in_words
from .fields import (
    Choice,
    Colormap,
    Crop,
    Files,
    Limits,
    Lines,
    Name,
    Percentile,
    Sentence,
    Several,
    Speed,
    Text,
    Width,
    as_text,
)
from .parts import Part

FIXED = "fixed"
CONTRAST_TITLES = {
    "displayed": "As shown in napari",
    "auto": "Whole movie, automatic",
    "global": "Whole movie, one scale",
    "batch": "All movies, one scale",
    "local": "Each frame by itself",
    "smooth": "Each frame, without flicker",
    "stored": "As stored in the file",
    FIXED: "Fixed…",
}
_CSV = "CSV (*.csv *.txt *.tsv)"
_COLOURS = ("red", "yellow", "lime", "cyan", "magenta", "white", "black")

# Where the declaration of a setting does not say all: of which kind its field is, ...
_KINDS: dict[str, Any] = {
    "width": Width,
    "fps": Speed,
    "crop": Crop,
    "contrast": partial(Choice, [(words, name) for name, words in CONTRAST_TITLES.items()]),
    "limits": Limits,
    "percentile": Percentile,
    "colormap": Colormap,
    "anchor_colour": lambda **options: Name(_COLOURS, QLineEdit(), **options),
    "label": partial(Sentence, "none"),
    "title": partial(Lines, "none"),
    "segmentation": partial(Files, "folder or TIFF", "TIFF (*.tif *.tiff)", folders=True),
    "tracks": partial(Files, "CSV or TrackMate's XML", "Tracks (*.csv *.xml *.txt *.tsv)"),
    "follow": partial(
        Files, "tracks or masks", "Tracks, masks (*.csv *.xml *.txt *.tif *.tiff)", folders=True
    ),
    "shapes": partial(Files, "CSV of napari", _CSV),
    "position": partial(Part, "Position"),
    "channel": partial(Part, "Channel"),
    "z": partial(Part, "Slice"),
    "play": partial(Part, "Axis"),
}
# ... how its values are written and what its empty line means, ...
_WORDS = {
    "frame_interval": readable_duration,
    "time_start": readable_duration,
    "sync_interval": readable_duration,
    "title_duration": readable_duration,
    "max_size": readable_size,
}
_HINTS = {
    "anchor_size": "auto", "points_size": "auto", "scale_bar_length": "auto", "time_start": "0",
    "event": "05:00=+ drug; 1h..2h=light", "arrow": "120,85; 30,40@05:00..10:00",
}  # fmt: skip
# ... what stands before and after it, and how wide it is at most ...
_BEFORE = {
    "time_start": "first at",
    "crf": "or CRF",
    "tracks_tail": "tail",
    "follow_id": "id",
    "follow_smooth": "mean of",
    "panel_marks": "marks",
}
_AFTER = {
    "UM": "µm",
    "PX": "px",
    "FRAMES": "frames",
    "points_size": "px",
    "um_per_pixel": "µm a pixel",
    "fps": "fps",
}
_NARROW_PX = {"anchor_style": 84, "anchor_size": 52, "scale_bar_length": 52, "time_start": 52,
              "crf": 64, "gamma": 104, "segmentation_style": 84, "tracks_tail": 40,
              "follow_id": 56, "follow_smooth": 40,
              "points_size": 40}  # fmt: skip
# ... and by which words, beside its name and a colon, a message is about it.
_SIGNS = {
    "width": ("another width",),
    "gamma": ("inverted",),
    "colormap": ("colormap",),
    "anchor": ("the anchor",),
    "scale_bar": ("the scale bar",),
    "timestamp": ("the timestamp",),
    "label": ("the label",),
    "colour_bar": ("the colour bar",),
    "legend": ("the legend",),
    "event": ("the event",),
    "panels": ("panels",),
    "axes": ("unknown meaning", "cannot be named"),
    "channel": ("no channel", "channels:"),
    "position": ("no position", "positions:"),
    "z": ("no slice",),
    "play": ("to play", "cannot play"),
}


def field_of(name: str) -> Any:
    """The field of a setting."""
    setting = SETTINGS[name]
    options: dict[str, Any] = {"name": name, "tooltip": in_words(_tooltip_of(name))}
    if name in _KINDS:
        return _KINDS[name](**options)
    if setting.is_switch:
        return CheckBox(text=setting.title, **options)
    if name in DRAWN_FILES:
        return Files("CSV", _CSV, **options)
    if setting.choices:
        return Choice(_choices_of(name), **options)
    if setting.is_list:
        return Several(_HINTS[name], **options)
    hint = _HINTS.get(name, setting.otherwise.replace("`", ""))
    return Text(hint, words=_WORDS.get(name, as_text), **options)


def qualities_of(codec: Codec) -> list[tuple[str, Any]]:
    return [(name.capitalize(), name) for name in codec.qualities]


def _tooltip_of(name: str) -> str:
    setting = SETTINGS[name]
    text = setting.help.replace("`", "")
    empty = setting.otherwise.replace("`", "")
    is_said = bool(empty) and not setting.choices
    first = text[:1].upper() if text[:1].isascii() else text[:1]  # a capital µ is another letter
    return f"{first}{text[1:]}{f'. Empty: {empty}' if is_said else ''}"


def _choices_of(name: str) -> list[tuple[str, Any]]:
    """Those of the command line; what happens without one of them is None."""
    setting = SETTINGS[name]
    default = (re.findall("`([^`]+)`", setting.otherwise) or [""])[-1]
    words = {each: each.replace("-", " ") for each in setting.choices}
    if name == "codec":
        words = {each: f"{codec.title} ({codec.endings[0]})" for each, codec in CODECS.items()}
    elif setting.default is not None:
        words = {each: each.capitalize() for each in setting.choices}
    choices = [(words[each], None if each == default else each) for each in setting.choices]
    return choices if default or setting.default else [(setting.otherwise, None), *choices]


class Row(Container):
    """Fields of settings that belong together, with a line below them for what is wrong.

    Parameters
    ----------
    names : sequence of str
        The settings. A message that begins with one of these names belongs to the row.
    after, below : sequences of widgets
        What else stands in the line of the first field, and below it.
    """

    def __init__(
        self,
        names: Sequence[str],
        fields: Mapping[str, Any],
        after: Iterable[Any] = (),
        below: Iterable[Any] = (),
    ) -> None:
        self.names = tuple(names)
        self.problem = Note(PROBLEM_STYLE)
        first, parts, stretch = fields[names[0]], [], None
        if not isinstance(first, (CheckBox, Crop)):
            parts.append(title(SETTINGS[names[0]].title))
        elif isinstance(first, CheckBox):
            first.min_width = LABEL_WIDTH_PX
        for name in names:
            field, setting = fields[name], SETTINGS[name]
            if name in _BEFORE:
                parts.append(Label(value=_BEFORE[name]))
            if name in _NARROW_PX:
                field.max_width = _NARROW_PX[name]
            elif isinstance(field, (Text, Choice, Name, Files)) and stretch is None:
                stretch = len(parts)
            parts.append(field)
            unit = _AFTER.get(name) or _AFTER.get(str(setting.metavar), "")
            parts += [Label(value=unit)] if unit else []
            # For those who do not see where it stands.
            field.native.setAccessibleName(name.replace("_", " ").capitalize())
        super().__init__(
            widgets=[line(*parts, *after, stretch=stretch), *below, self.problem], labels=False
        )
        tidy(self)
        self.show_problem("")

    def is_about(self, message: str) -> bool:
        """Whether the message is about a setting of this row by its name."""
        return message.startswith(self.names)

    def seems_about(self, message: str) -> bool:
        """Whether words in the message tell of it, such as ``pos1: tracks: ...``."""
        signs = (sign for name in self.names for sign in (f" {name}:", *_SIGNS.get(name, ())))
        return any(sign in message for sign in signs)

    def show_problem(self, message: str) -> None:
        """Show a message below the row; an empty one takes it away."""
        say(self.problem, in_words(message))
