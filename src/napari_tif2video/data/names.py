"""What names of files tell: which make up one series, and on which axes they stand.

Fields of names that differ from file to file are axes, and those that differ together are one
axis. Where their meanings do not settle which one is time, it is for the user to say: files are
never put in a row because their names can be sorted.
"""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import product

from ..errors import SourceError
from ..paths import command_line
from ..units import few_of, listed
from .fields import (
    Field,
    Table,
    differ_in_a_number,
    fields_of,
    is_channel,
    is_mask,
    left_out_note,
    natural_key,
    structure_of,
)

_COPY = re.compile(
    r"(.+?)(?: ?\([0-9]+\)| - copy(?: \([0-9]+\))?| copy(?: [0-9]+)?)", re.IGNORECASE
)


@dataclass(frozen=True)
class NamedAxes:
    """Files on the grid that their names form.

    Attributes
    ----------
    sizes : tuple of (str, int)
        T, C and Z, those that there are; a single axis may be of any length.
    names : tuple of str
        The files in the order of the grid.
    channels : tuple of str
        What the names call the channels.
    notes : tuple of str
        What is left out, and what had to be assumed.
    meaning : str
        What the names say the files are: T points in time, P positions; empty for anything else.
    positions : tuple of (str, tuple of str)
        Instead of a grid, what each of several positions is called, and its files.
    """

    sizes: tuple[tuple[str, int], ...]
    names: tuple[str, ...]
    channels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    meaning: str = ""
    positions: tuple[tuple[str, tuple[str, ...]], ...] = ()


def axes_of_names(names: Sequence[str], where: object) -> NamedAxes:
    """The grid that the names of files form; mostly a single axis, time.

    Raises
    ------
    SourceError
        There are several series, or names from which no grid follows.
    """
    _refuse_twins(names, where)
    names, notes = _without_copies(names)
    names, said = _without_masks(names)
    notes += said
    if differ_in_a_number(names):
        some = Table.of(names[:50])
        letters = [] if some is None else [field.letter for field in fields_of(some)]
        if letters != ["C"]:
            ordered = tuple(sorted(names, key=natural_key))
            return NamedAxes((("T", len(names)),), ordered, (), notes, "".join(letters))
    table = Table.of(names)
    if table is None:
        first = _without_number(names)
        if first is None:
            raise _several_kinds(names, where)
        rest = [name for name in names if name != first]
        return NamedAxes((("T", len(names)),), _with_first(first, rest), (), notes)
    named = _grid(table, where)
    return replace(named, notes=notes + named.notes)


def folders_are_axes(folders: Sequence[str]) -> bool:
    """Whether names of folders say that they hold channels, points in time or slices."""
    table = Table.of([f"{folder}." for folder in folders])
    if table is None or len(folders) < 2:
        return False
    fields = fields_of(table)
    are_known = all(
        all(is_channel(text) or is_mask(text) for text in field.texts)
        for field in fields
        if not field.is_number
    )
    return are_known and {field.letter for field in fields} <= set("TCZ")


@dataclass(frozen=True)
class _Axis:
    """Fields that differ together.

    Attributes
    ----------
    numbers : tuple of int
        Where each file stands on the axis.
    called : tuple of str
        What each place on the axis is called.
    """

    letter: str
    numbers: tuple[int, ...]
    called: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.called)

    def __str__(self) -> str:
        return listed(self.called, 12)

    @property
    def in_short(self) -> str:
        return listed(self.called, 4)


def _axes(fields: Sequence[Field]) -> list[_Axis]:
    together: dict[tuple[int, ...], list[Field]] = {}
    for field in fields:
        first: dict[object, int] = {}
        numbers = tuple(first.setdefault(key, len(first)) for key in field.keys)
        together.setdefault(numbers, []).append(field)
    return [_axis(alike) for alike in together.values()]


def _axis(fields: Sequence[Field]) -> _Axis:
    letter = next(letter for letter in "CZPTNW" if any(f.letter == letter for f in fields))
    meant = [field for field in fields if field.letter == letter]
    # Channels stand in the order of their numbers, and are called by their stains.
    order = next((field for field in meant if field.is_number), meant[0])
    texts = next((field for field in meant if not field.is_number), order).texts
    found = sorted(set(order.keys))
    number_of = {key: number for number, key in enumerate(found)}
    text_of = dict(zip(order.keys, texts, strict=True))
    return _Axis(
        letter, tuple(number_of[key] for key in order.keys), tuple(text_of[key] for key in found)
    )


def _grid(table: Table, where: object) -> NamedAxes:
    axes = _axes(fields_of(table))
    positions = [axis for axis in axes if axis.letter == "P"]
    if positions and len(axes) > 1:
        return NamedAxes((), (), positions=_positions(positions, table.names))
    axes = _needed(axes, len(table.names))
    if not axes:
        raise SourceError(
            f"{where}: the names of its files differ in identifiers only, which tell no order; "
            "rename them, or choose one with --match"
        )
    _refuse_same_places(axes, table.names, where)
    if len(axes) == 1:
        return _single(axes[0], table.names)
    meaning = "T" if any(axis.letter == "T" for axis in axes) else ""
    axes, notes = _with_time(axes, table, where)
    time = next((axis for axis in axes if axis.letter == "T"), None)
    others = sorted((a for a in axes if a.letter != "T"), key=lambda axis: "CZ".index(axis.letter))
    at: dict[int, dict[_Cell, str]] = {}
    for index, name in enumerate(table.names):
        number = 0 if time is None else time.numbers[index]
        at.setdefault(number, {})[tuple(axis.numbers[index] for axis in others)] = name
    cells = list(product(*(range(len(axis)) for axis in others)))
    whole = [number for number in sorted(at) if len(at[number]) == len(cells)]
    if len(whole) < len(at):
        way = _way_to(table, others[0], 0)
        if not whole:
            raise SourceError(
                f"{where}: holds files of {', '.join(map(str, others))}, but nothing is there for "
                f"all of them; choose some {way}"
            )
        notes += (f"{_incomplete(at, cells, time, others)}; choose one {way} for all its files",)
    sizes = (("T", len(whole)), *((axis.letter, len(axis)) for axis in others))
    channels = next((axis.called for axis in others if axis.letter == "C"), ())
    return NamedAxes(
        tuple((letter, n) for letter, n in sizes if n > 1),
        tuple(at[number][cell] for number in whole for cell in cells),
        _stains(channels),
        notes,
        meaning,
    )


#: A place on all axes but time.
_Cell = tuple[int, ...]


def _refuse_same_places(axes: Sequence[_Axis], names: Sequence[str], where: object) -> None:
    files: dict[tuple[int, ...], str] = {}
    for name, place in zip(names, zip(*(a.numbers for a in axes), strict=True), strict=True):
        if files.setdefault(place, name) != name:
            raise SourceError(
                f"{where}: {files[place]} and {name} have the same place in the series; leave one "
                "out with --match"
            )


def _incomplete(
    at: Mapping[int, Mapping[_Cell, str]],
    cells: Sequence[_Cell],
    time: _Axis | None,
    others: Sequence[_Axis],
) -> str:
    """How many time points lack a file, and which is the first that is missing."""
    short = [number for number in sorted(at) if len(at[number]) < len(cells)]
    lacking = next(cell for cell in cells if cell not in at[short[0]])
    parts = [axis.called[n] for axis, n in zip(others, lacking, strict=True)]
    if time is not None:
        parts.append(time.called[short[0]])
    return (
        f"{len(short)} of {len(at)} time points are left out, as they are not there for all of "
        f"{', '.join(map(str, others))}: the first that is missing is {', '.join(parts)}"
    )


def _positions(
    axes: Sequence[_Axis], names: Sequence[str]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What each position is called, and its files."""
    files: dict[tuple[int, ...], list[str]] = {}
    for name, place in zip(names, zip(*(axis.numbers for axis in axes), strict=True), strict=True):
        files.setdefault(place, []).append(name)
    return tuple(
        (" ".join(a.called[n] for a, n in zip(axes, place, strict=True)), tuple(files[place]))
        for place in sorted(files)
    )


def _single(axis: _Axis, names: Sequence[str]) -> NamedAxes:
    """One axis is played, whatever it is; a number that alone changes is time."""
    ordered = tuple(name for _, name in sorted(zip(axis.numbers, names, strict=True)))
    if axis.letter == "C":
        return NamedAxes((("C", len(axis)),), ordered, _stains(axis.called))
    notes: tuple[str, ...] = ()
    if axis.letter == "P":
        notes = (f"its {len(axis)} positions are played: {axis}; --match chooses",)
    elif axis.letter == "W":
        notes = (f"its files are played in the order of the alphabet: {axis}; --match chooses",)
    return NamedAxes((("T", len(axis)),), ordered, (), notes, axis.letter)


def _needed(axes: list[_Axis], files: int) -> list[_Axis]:
    """The axes but for numbers that follow from the others: times beside time points, hours beside
    files that are numbered through all hours.
    """
    for axis in sorted((a for a in axes if a.letter in "NT"), key=len, reverse=True):
        rest = [other for other in axes if other is not axis]
        times = [other for other in rest if other.letter in "NT"]
        if not times or files > len(set(zip(*(a.numbers for a in rest), strict=True))):
            continue
        finest = max(times, key=len)
        in_order = [number for _, number in sorted(zip(finest.numbers, axis.numbers, strict=True))]
        is_coarser_time = axis.letter == "T" and in_order == sorted(in_order)
        if len(axis) >= len(finest) or is_coarser_time:
            axes = rest
    return axes


def _with_time(
    axes: list[_Axis], table: Table, where: object
) -> tuple[list[_Axis], tuple[str, ...]]:
    """The axes, of which one is time at most, and the others channels and slices.

    Raises
    ------
    SourceError
        The names do not tell which axis is time.
    """
    unknown = [axis for axis in axes if axis.letter in "NW"]
    has_time = any(axis.letter == "T" for axis in axes)
    times = [axis for axis in axes if axis.letter in "NT"]
    others = {axis.letter for axis in axes if axis not in times}
    if len(times) == 1 and len(times[0]) == len(table.names) and others <= set("CZ"):
        counted = _counted_through(axes, times[0])
        if counted is not None:
            return counted, ("its files are numbered through, channel by channel",)
    if not has_time and [axis.letter for axis in unknown] == ["N"]:
        (time,) = unknown
        note = f"{time.in_short} are taken for points in time"
        return [_Axis("T", a.numbers, a.called) if a is time else a for a in axes], (note,)
    letters = Counter(axis.letter for axis in axes)
    twice = [axis for axis in axes if letters[axis.letter] > 1]
    if not unknown and not twice:
        return axes, ()
    unclear = min(unknown or twice, key=len)
    ways = "; ".join(axis.in_short for axis in axes)
    raise SourceError(
        f"{where}: the names of its files differ in {len(axes)} ways: {ways}; whether "
        f"{listed(unclear.called, 2)} are series, channels or times cannot be told; choose one "
        f"{_way_to(table, unclear, 0)}"
    )


def _counted_through(axes: list[_Axis], counter: _Axis) -> list[_Axis] | None:
    """The axes where each kind of file follows in turn: time is the number of the round."""
    others = [axis for axis in axes if axis is not counter]
    kinds = len(set(zip(*(axis.numbers for axis in others), strict=True)))
    rounds = tuple(number // kinds for number in counter.numbers)
    if len(set(zip(rounds, *(axis.numbers for axis in others), strict=True))) < len(rounds):
        return None
    called = tuple(map(str, range(max(rounds) + 1)))
    return [_Axis("T", rounds, called), *others]


def _stains(channels: Sequence[str]) -> tuple[str, ...]:
    """``DAPI`` for ``w1DAPI`` where that is enough to tell them apart, else all of the field."""
    stains = [re.sub(r"^[wW]\d+", "", channel) for channel in channels]
    return tuple(stains if all(stains) and len(set(stains)) == len(stains) else channels)


def _way_to(table: Table, axis: _Axis, number: int) -> str:
    return _way_to_some(table, lambda index: axis.numbers[index] == number)


def _way_to_some(table: Table, is_chosen: Callable[[int], bool], others: Sequence[str] = ()) -> str:
    """How to choose some of the names, and none of the others."""
    chosen = {name for index, name in enumerate(table.names) if is_chosen(index)}
    columns = list(
        zip(*(r for n, r in zip(table.names, table.rows, strict=True) if n in chosen), strict=True)
    )
    suffixes = {os.path.splitext(name)[1] for name in chosen}
    suffix = suffixes.pop() if len(suffixes) == 1 else ".*"
    for parts in zip(*map(_wildcards, columns), strict=True):
        pattern = re.sub(r"\*{2,}", "*", "".join(parts)) + suffix
        if {name for name in (*table.names, *others) if fnmatchcase(name, pattern)} == chosen:
            return f"with --match {command_line([pattern])}"
    return "by moving the others to another folder"


def _wildcards(values: Sequence[str]) -> tuple[str, str, str, str]:
    """Patterns for a field, each of which mostly fits less than the one before."""
    text = glob.escape(values[0])
    if len(set(values)) == 1:
        return text, text, text, text
    if len(set(map(len, values))) == 1:
        text = "?" * len(values[0])
        return "*", text, text, text
    first, last = ("[0-9]" if values[0][n].isdecimal() else "[!0-9]" for n in (0, -1))
    return "*", "*", f"*{last}", f"{first}*"


def _several_kinds(names: Sequence[str], where: object) -> SourceError:
    """What to say of names that have not the same fields."""
    kinds: dict[object, list[str]] = {}
    for name in names:
        kinds.setdefault(structure_of(name), []).append(name)
    largest = max(kinds.values(), key=len)
    table = Table.of(names=largest)
    assert table is not None  # they were grouped by their fields
    groups = sorted(kinds.values(), key=len, reverse=True)
    some = few_of([f"{group[0]} ({len(group)})" for group in groups], 6)
    return SourceError(
        f"{where}: holds {len(groups)} kinds of names, {some}; choose those that belong "
        f"together {_way_to_some(table, lambda _: True, names)}"
    )


def _without_number(names: Sequence[str]) -> str | None:
    """The one name that is like all others, but for a number that it has not."""
    for first in sorted(names, key=len)[:2]:
        stem = os.path.splitext(first)[0].casefold()
        rest = [os.path.splitext(name)[0].casefold() for name in names if name != first]
        numbered = re.compile(rf"{re.escape(stem)}[ _-]?[0-9]+|[0-9]+[ _-]?{re.escape(stem)}")
        if all(map(numbered.fullmatch, rest)):
            return first
    return None


def _with_first(first: str, rest: Sequence[str]) -> tuple[str, ...]:
    """A file without a number before "exp_0001"; where the number stands in front, at the end."""
    stem = os.path.splitext(first)[0].casefold()
    ordered = sorted(rest, key=natural_key)
    is_before = ordered[0].casefold().startswith(stem)
    return (first, *ordered) if is_before else (*ordered, first)


def _refuse_twins(names: Sequence[str], where: object) -> None:
    stems: dict[str, str] = {}
    for name in names:
        other = stems.setdefault(name.rsplit(".", 1)[0].casefold(), name)
        if other != name:
            endings = Counter(os.path.splitext(name)[1] for name in names)
            usual = endings.most_common(1)[0][0]
            way = (
                "rename one"
                if len(endings) == 1
                else f"choose by --match {command_line([f'*{usual}'])}"
            )
            raise SourceError(
                f"{where}: holds {other} and {name}, which would be the same frame; {way}"
            )


def _without_copies(names: Sequence[str]) -> tuple[Sequence[str], tuple[str, ...]]:
    """The names without copies of others, such as "a (1)" where there are "a" and "b"."""
    stems = {name.rsplit(".", 1)[0]: name for name in names}
    copies = {
        name
        for stem, name in stems.items()
        if (found := _COPY.fullmatch(stem)) is not None and found[1] in stems
    }
    if not copies or len(names) - len(copies) < 2:
        return names, ()
    return [n for n in names if n not in copies], (left_out_note(copies, "copy", "copies"),)


def _without_masks(names: Sequence[str]) -> tuple[Sequence[str], tuple[str, ...]]:
    """The names without those of masks, which lie beside images and are made from them."""
    if not is_mask("\n".join(names)):  # all at once take half the time
        return names, ()
    masks = set(filter(is_mask, names))
    if len(masks) == len(names):
        return names, ()
    return [n for n in names if n not in masks], (left_out_note(masks, "mask", "masks"),)
