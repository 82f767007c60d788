"""Fields for the part of a hyperstack that is shown, there only where the data leave a choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...settings import Z_PROJECTIONS
from ..source import SourceAxes, axis_words
from .fields import Choice, Choices

_IN_FULL = {"max": "Maximum"}
_EACH = ("Each its own video", "each")


class Part(Choice):
    """A choice with a default that depends on the data, shown until the user makes another one.

    What was chosen here is forgotten while the field is not offered, as it was about other data.
    What came from settings stays: the user has to know that it does not fit.
    """

    def __init__(self, word: str, **options: Any) -> None:
        self.is_offered = self._is_by_hand = False
        self._chosen: Any = None
        self._shown: Any = None
        self._default: Any = None
        self._length = 0
        super().__init__(words=lambda value: _numbered(word, value), **options)
        self.changed.connect(self._on_pick)

    @property
    def in_force(self) -> Any:
        """What is shown: what was chosen, as far as it is to be had, or else the default."""
        is_number = isinstance(self._chosen, int) and self._chosen < self._length
        is_there = is_number or any(self._chosen == value for _, value in self.offered)
        is_kept = self._chosen is not None and (is_there or not self._is_by_hand)
        return self._chosen if is_kept else self._shown

    @property
    def hidden_value(self) -> Any:
        """What settings ask for although there is nothing to choose."""
        return None if self.is_offered or self._is_by_hand else self._chosen

    def get_value(self) -> Any:
        if not self.is_offered:
            return self.hidden_value
        value = self.in_force
        return self._default if value == self._shown and value != self._chosen else value

    def set_value(self, value: Any) -> None:
        # As from settings, unless somebody hears of it.
        self._chosen, self._is_by_hand = value, False
        super().set_value(value)

    def offer_part(
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
        self._length, self._shown, self._default = length, shown, default
        self.is_offered, self.offered = is_offered, list(choices)
        self.show_value(self.in_force)

    def forget_hidden(self) -> None:
        if not self.is_offered:
            self._chosen = None

    def _on_pick(self, value: Any) -> None:
        self._is_by_hand = True
        self._chosen = None if value == self._shown else value


class Parts:
    """The fields together, which depend on each other: what is played cannot be chosen from."""

    def __init__(self, fields: Any) -> None:
        self._sources: list[SourceAxes] = []
        self._slider = 0
        self.axes, self.play = fields["axes"], fields["play"]
        self._choices = {name: fields[name] for name in ("position", "channel", "z", "play")}

    @property
    def offered(self) -> dict[str, bool]:
        """The fields, and whether there is something to choose."""
        are_unknown = any(source.are_unknown for source in self._sources)
        axes = are_unknown or bool(self._sources and self.axes.value)
        return {"axes": axes} | {name: part.is_offered for name, part in self._choices.items()}

    @property
    def hidden_values(self) -> dict[str, Any]:
        """What settings ask for although there is nothing to choose."""
        values = {name: part.hidden_value for name, part in self._choices.items()}
        values["axes"] = None if self.offered["axes"] else self.axes.value
        return {name: value for name, value in values.items() if value is not None}

    def offer(self, sources: Sequence[SourceAxes], slider: int) -> None:
        """Offer what any of these sources needs, or layers with so many slices on a slider."""
        self._sources, self._slider = list(sources), slider
        self.refresh()

    def refresh(self) -> None:
        """Follow what was chosen."""
        sources = self._sources
        lengths = _longest(sources)
        position, channel, z, play = self._choices.values()
        shown, default = _default_play(sources, lengths)
        axes = [(axis_words(letter, n), letter) for letter, n in lengths.items()]
        play.offer_part(axes, 0, shown, default, len(lengths) > 1)
        count, depth = lengths.get("C", 0), lengths.get("Z", 0)
        names = [source.positions for source in sources]
        places = max(map(len, names), default=0)
        choices = [_EACH, *_named("Position", names)]
        position.offer_part(choices, places, "each", "each", places > 1)
        choices = [("All, merged", "all"), _EACH]
        choices += _named("Channel", [source.channels for source in sources])
        is_offered = count > 0 and play.in_force != "C"
        channel.offer_part(choices, count, "all", "all", is_offered)
        if self._slider:
            where = [("Where the slider stands", None), *_projections(self._slider)]
            z.offer_part(where, self._slider, None, None, True)
        else:
            slices = [(f"Slice {number}", number) for number in range(depth)]
            is_offered = depth > 0 and play.in_force != "Z"
            z.offer_part([*_projections(depth), *slices], depth, "max", None, is_offered)

    def forget_hidden(self) -> None:
        if not self.offered["axes"]:
            self.axes.value = None
        for part in self._choices.values():
            part.forget_hidden()


def _longest(sources: Sequence[SourceAxes]) -> dict[str, int]:
    """The axes of all sources, each with its largest length."""
    lengths: dict[str, int] = {}
    for source in sources:
        for letter, length in source.sizes:
            lengths[letter] = max(length, lengths.get(letter, 0))
    return lengths


def _default_play(sources: Sequence[SourceAxes], lengths: dict[str, int]) -> tuple[str, str | None]:
    """The axis that is played unless the user says otherwise, and the setting for that."""
    if "T" in lengths or not lengths:
        return "T", None
    first = next(letter for letter in lengths if letter != "C" or len(lengths) == 1)
    is_open = any(len({letter for letter, _ in s.sizes} - {"C"}) > 1 for s in sources)
    return first, first if is_open else None


def _named(word: str, sources: Sequence[Sequence[str]]) -> list[tuple[str, Any]]:
    """Choices of what has these names in each source: by name where it tells, else by number."""
    choices: dict[Any, str] = {}
    for names in sources:
        lower = [name.casefold() for name in names]
        for number, name in enumerate(names):
            is_name = name and not name.isdigit() and not name.startswith("-")
            is_free = lower.count(name.casefold()) == 1 and name.casefold() not in ("all", "each")
            value = name if is_name and is_free else number
            choices[value] = _numbered(word, value)
    return [(words, value) for value, words in choices.items()]


def _numbered(word: str, value: Any) -> str:
    return f"{word} {value}" if isinstance(value, int) else str(value)


def _projections(depth: int) -> list[tuple[str, Any]]:
    return [
        (f"{_IN_FULL.get(name, name.capitalize())} of all {depth}", name) for name in Z_PROJECTIONS
    ]
