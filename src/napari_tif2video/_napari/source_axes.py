"""Which axes of sources leave a choice, and what there is to choose. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..data import Stack
from ..planning import channel_name, has_unknown_axes

_WORDS = {"T": "Time", "C": "Channels", "Z": "Slices", "P": "Positions"}

#: So many of the `slice_choices` are projections.
PROJECTIONS = 3

#: Words for a choice, and the value of the setting.
Choices = list[tuple[str, "int | str | None"]]


@dataclass(frozen=True)
class SourceAxes:
    """The axes of a source of which a part has to be chosen; empty for a plain sequence.

    Attributes
    ----------
    sizes : tuple of (str, int)
        Letter and length of each axis before those of a frame.
    channels : tuple of str
        Names of the channels, empty where they have none.
    are_unknown : bool
        There are several axes that nobody has named.
    """

    sizes: tuple[tuple[str, int], ...] = ()
    channels: tuple[str, ...] = ()
    are_unknown: bool = False

    @classmethod
    def of(cls, stack: Stack) -> SourceAxes:
        if stack.planes is None:
            return cls()
        if has_unknown_axes([letter for letter, _ in stack.sizes]):
            return cls(are_unknown=True)
        count = dict(stack.sizes).get("C", 0)
        names = tuple(channel_name(stack.channel_info, number) for number in range(count))
        return cls(stack.sizes, names)


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
    named = longest(sources).items()
    return [(f"{_WORDS.get(letter, f'Axis {letter}')} ({n})", letter) for letter, n in named]


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


def slice_choices(depth: int) -> Choices:
    projections: Choices = [
        (f"Maximum of all {depth}", "max"),
        (f"Mean of all {depth}", "mean"),
        (f"Sum of all {depth}", "sum"),
    ]
    return projections + [slice_choice(number) for number in range(depth)]


def slice_choice(number: int | str) -> tuple[str, int | str]:
    return (f"Slice {number}" if isinstance(number, int) else number), number
