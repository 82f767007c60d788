"""Rows for the part of a hyperstack that is shown, there only where the data leave a choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from psygnal import Signal

from ...settings import Z_PROJECTIONS, VideoSettings
from ..panel import column
from ..source import SourceAxes, axis_words
from .rows import ChoiceBox, SettingRow, TextRow

#: So many of the `slice_choices` are projections.
PROJECTIONS = len(Z_PROJECTIONS)
_IN_FULL = {"max": "Maximum"}

#: Words for a choice, and the value of the setting.
Choices = list[tuple[str, "int | str | None"]]


def longest(sources: Sequence[SourceAxes]) -> dict[str, int]:
    """The axes of all sources, each with its largest length."""
    lengths: dict[str, int] = {}
    for source in sources:
        for letter, length in source.sizes:
            lengths[letter] = max(length, lengths.get(letter, 0))
    return lengths


def default_play(sources: Sequence[SourceAxes]) -> tuple[str, str | None]:
    """The axis that is played unless the user says otherwise, and the setting for that."""
    lengths = longest(sources)
    if "T" in lengths or not lengths:
        return "T", None
    first = next(letter for letter in lengths if letter != "C" or len(lengths) == 1)
    is_open = any(len({letter for letter, _ in s.sizes} - {"C"}) > 1 for s in sources)
    return first, first if is_open else None


def play_choices(sources: Sequence[SourceAxes]) -> Choices:
    return [(axis_words(letter, n), letter) for letter, n in longest(sources).items()]


def channel_choices(sources: Sequence[SourceAxes]) -> Choices:
    """Merged, each, and the channels: by name where names tell them apart, else by number."""
    choices: Choices = [("All, merged", "all"), ("Each its own video", "each")]
    for source in sources:
        lower = [name.casefold() for name in source.channels]
        for number, name in enumerate(source.channels):
            is_name = name and not name.isdigit() and not name.startswith("-")
            is_free = lower.count(name.casefold()) == 1 and name.casefold() not in ("all", "each")
            choice = (name, name) if is_name and is_free else channel_choice(number)
            if choice not in choices:
                choices.append(choice)
    return choices


def channel_choice(channel: int | str) -> tuple[str, int | str]:
    """A channel by its number, or what the settings call it."""
    return (f"Channel {channel}" if isinstance(channel, int) else channel), channel


def position_choices(sources: Sequence[SourceAxes]) -> Choices:
    """Each, and the positions, by name where names tell them apart."""
    choices: Choices = [("Each its own video", "each")]
    for source in sources:
        for number, name in enumerate(source.positions):
            is_name = source.positions.count(name) == 1 and not name.isdigit() and name != "each"
            choice = (name, name) if is_name else position_choice(number)
            if choice not in choices:
                choices.append(choice)
    return choices


def position_choice(position: int | str) -> tuple[str, int | str]:
    return (f"Position {position}" if isinstance(position, int) else position), position


def slice_choices(depth: int) -> Choices:
    projections: Choices = [
        (f"{_IN_FULL.get(name, name.capitalize())} of all {depth}", name) for name in Z_PROJECTIONS
    ]
    return projections + [slice_choice(number) for number in range(depth)]


def slice_choice(number: int | str) -> tuple[str, int | str]:
    return (f"Slice {number}" if isinstance(number, int) else number), number


class ViewRow(SettingRow):
    """A choice with a default that depends on the data, shown until the user makes another one.

    What was chosen here is forgotten while the row is not offered, as it was about other data.
    What came from settings stays: the user has to know that it does not fit.
    """

    def __init__(
        self,
        name: str,
        tooltip: str,
        signs: Sequence[str],
        words: Callable[[Any], tuple[str, Any]] = lambda value: (str(value), value),
    ) -> None:
        self.combo = ChoiceBox([], tooltip)
        super().__init__(self.combo, fields={name: self.combo}, stretch=0, signs=signs)
        self._words = words
        self._chosen: Any = None
        self._is_by_hand = False
        self._shown: Any = None
        self._default: Any = None
        self._offered: Choices = []
        self._length = 0
        self.offer(False)

    @property
    def in_force(self) -> Any:
        """What is shown: what was chosen, as far as it is to be had, or else the default."""
        is_there = not self._is_by_hand or self._is_there(self._chosen)
        return self._chosen if self._chosen is not None and is_there else self._shown

    def _is_there(self, value: Any) -> bool:
        is_number = isinstance(value, int) and value < self._length
        return is_number or value in [each for _, each in self._offered]

    @property
    def hidden_value(self) -> Any:
        """What settings ask for although there is nothing to choose."""
        return None if self.is_offered or self._is_by_hand else self._chosen

    def offer_choices(
        self, choices: Choices, length: int, shown: Any, default: Any, is_offered: bool
    ) -> None:
        """Offer these choices.

        Parameters
        ----------
        length
            How many there are to be named by their numbers.
        shown, default
            What is shown until something is chosen, and what the settings then say.
        """
        self._offered, self._length, self._shown, self._default = choices, length, shown, default
        self.offer(is_offered)
        value = self.in_force
        known = [each for _, each in choices]
        self.combo.fill(choices if value in known else [*choices, self._words(value)])
        self.combo.show_value(value)

    def values(self) -> dict[str, Any]:
        if not self.is_offered:
            return {self.names[0]: self.hidden_value}
        value = self.in_force
        is_default = value == self._shown and value != self._chosen
        return {self.names[0]: self._default if is_default else value}

    def show(self, settings: VideoSettings) -> None:
        self._chosen, self._is_by_hand = getattr(settings, self.names[0]), False

    def take_over(self) -> None:
        """What came from settings counts as if it was chosen here."""
        self._is_by_hand = True

    def forget_hidden(self) -> None:
        if not self.is_offered:
            self._chosen = None

    def _on_change(self) -> None:
        self._is_by_hand = True
        self._chosen = None if self.combo.value == self._shown else self.combo.value
        super()._on_change()


class ViewRows:
    """The rows, which depend on each other: what is played cannot be chosen from."""

    changed = Signal()

    def __init__(self) -> None:
        self._sources: list[SourceAxes] = []
        self._slider = 0
        self.axes = TextRow(
            "axes",
            "such as TCZYX",
            "Letters of the axes, slowest first, where the file does not name them: T time, "
            "C channel, Z slice, Y and X",
            signs=("unknown meaning", "cannot be named"),
        )
        self.channel = ViewRow(
            "channel",
            "One channel; all of them in their colours, each with limits of its own; or a video of "
            "each",
            ("no channel", "channels:", "channel:"),
            channel_choice,
        )
        self.position = ViewRow(
            "position",
            "One position of the stage, or image of a file of several; or a video of each",
            ("no position", "positions:", "position:"),
            position_choice,
        )
        self.z = ViewRow(
            "z",
            "How the slices of a z-stack become one frame, or which of them is shown",
            ("no slice",),
            slice_choice,
        )
        self.play = ViewRow("play", "The axis that is played", ("to play", "cannot play"))
        self._choices = (self.position, self.channel, self.z, self.play)
        self.rows: tuple[SettingRow, ...] = (self.axes, *self._choices)
        self.native = column(*(each.native for each in self.rows))
        self.axes.changed.connect(self._on_change)
        for each in self._choices:
            each.changed.connect(self._on_change)
        self.refresh()

    def offer(self, sources: Sequence[SourceAxes], slider: int) -> None:
        """Offer what any of these sources needs, or layers with so many slices on a slider."""
        if (list(sources), slider) != (self._sources, self._slider):
            self._sources, self._slider = list(sources), slider
            self.refresh()

    def refresh(self) -> None:
        sources = [source for source in self._sources if source.sizes]
        lengths = longest(sources)
        are_unknown = any(source.are_unknown for source in self._sources)
        self.axes.offer(are_unknown or bool(self._sources and self._axes))
        shown, default = default_play(sources)
        self.play.offer_choices(play_choices(sources), 0, shown, default, len(lengths) > 1)
        played = self.play.in_force
        count, depth = lengths.get("C", 0), lengths.get("Z", 0)
        places = max((len(source.positions) for source in self._sources), default=0)
        positions = position_choices(self._sources)
        self.position.offer_choices(positions, places, "each", "each", places > 1)
        choices = channel_choices(sources)
        self.channel.offer_choices(choices, count, "all", "all", count > 0 and played != "C")
        if self._slider:
            where: Choices = [("Where the slider stands", None)]
            where += slice_choices(self._slider)[:PROJECTIONS]
            self.z.offer_choices(where, self._slider, None, None, True)
        else:
            is_offered = depth > 0 and played != "Z"
            self.z.offer_choices(slice_choices(depth), depth, "max", None, is_offered)
        self.native.setVisible(any(each.is_offered for each in self.rows))

    def take_over(self) -> None:
        """What came from settings counts as if it was chosen here."""
        for each in self._choices:
            each.take_over()
        self.refresh()

    @property
    def hidden_values(self) -> dict[str, Any]:
        """What settings ask for although there is nothing to choose."""
        values = {each.names[0]: each.hidden_value for each in self._choices}
        values["axes"] = None if self.axes.is_offered else self._axes or None
        return {name: value for name, value in values.items() if value is not None}

    @property
    def _axes(self) -> str:
        return self.axes.edit.text().strip()

    def forget_hidden(self) -> None:
        if not self.axes.is_offered:
            self.axes.edit.clear()
        for each in self._choices:
            each.forget_hidden()
        self.refresh()

    def _on_change(self) -> None:
        self.refresh()
        self.changed.emit()
