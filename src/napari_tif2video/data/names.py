"""What names of files tell: which make up one series, and on which axes they stand.

A name is constant text and fields, runs of digits and words. Fields that differ from file to file
are axes, and those that differ together are one axis. What an axis means follows from what stands
before and behind the field, and from its words. Where that does not settle which one is time, it
is for the user to say: files are never put in a row because their names can be sorted.
"""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import product
from typing import Any

from ..errors import SourceError

_NUMBER = re.compile(r"([0-9]+)")

# Lines of lasers and the names of dyes that go with them.
_LINES = (
    "350|405|430|440|445|458|473|488|491|505|514|515|532|542|543|546|549|552|555|560|561|568|589|"
    "594|610|633|635|637|638|640|642|646|647|660|680|685|700|730|750|785|790"
)
_GUID = r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}"
#: Stains that are more than a word, each of which is one field.
_STAINS = (
    rf"(?<![0-9])[0-9]{{3}}[ -]?nm(?![a-z])|(?<![a-z])(?:alexa(?:[ -]?fluor)?|af|atto|jf)[ -]?"
    rf"(?:{_LINES})(?![0-9])|(?<![a-z])cy[2357](?:\.5)?(?![0-9])|(?<![a-z])draq[57](?![0-9])"
    r"|(?<![a-z])(?:hoechst|h)[ -]?33[0-9]{3}(?![0-9])|(?<![a-z])gcamp[0-9][a-z]?(?![a-z])"
    r"|(?:texas|far)[ -]?red|bright[ -]?field|phase[ -]?contrast"
)
_FIELD = re.compile(rf"({_GUID}|[0-9]+?(?={_GUID})|{_STAINS}|[0-9]+|[^\W\d_]+)", re.IGNORECASE)
#: What separates the parts of a name that may be written with several fields, or fewer.
_PARTS = re.compile(r"(/|_+|--+)")

_CHANNEL = re.compile(
    rf"{_STAINS}|(?<![a-z])(?:dapi|hoechst|e?[bcgry]fp|[ms]?cherry|mch|tdtomato|tomato|mruby|"
    r"mscarlet|mkate|mturquoise|mvenus|venus|mneongreen|fitc|tritc|rhodamine|txred|gcamp|fura|"
    r"sytox|bodipy|phalloidin|mitotracker|lysotracker|i?rfp|mirfp|nir|bf|dic|phase|ph|trans|"
    r"transmitted|tpmt|red|green|blue|cyan|magenta|yellow|orange)(?![a-z])",
    re.IGNORECASE,
)
#: Of files that lie beside images and were made from them.
_MASK_WORDS = frozenset(
    ("mask", "masks", "label", "labels", "seg", "segmentation", "track", "tracks", "outlines")
)

# What a number is, by what stands before and behind it; other numbers in there are "#".
_BEFORE = tuple(
    (letter, re.compile(rf"(?:{before})$", re.IGNORECASE))
    for letter, before in (
        ("Z", r"r#c#f#p"),  # Opera
        ("P", r"r#c|(?<![a-z0-9])r|--w"),  # Opera, ScanR
        ("C", r"[^a-z/]d"),  # Cellomics, EVOS
        ("T", r"(?<![a-z])(?:t|tp|time|time[ _-]?point|frame|fr|stack|cycle)[ _=-]?|#sk"),
        ("Z", r"(?<![a-z])(?:z|zstep|z[ _-]?stack|slice|plane|section|depth)[ _=-]?"),
        (
            "P",
            r"(?<![a-z])(?:xy|f|p|pos|position|site|field|fov|well|series|scene|tile|point|region"
            r"|stage|loc|row|col|column|view|angle)[ _=-]?|(?<![a-z#])s[_=-]?"
            r"|(?<![a-z])(?:plate|dish|slide|sample|cell|embryo|fish|worm|fly|mouse|organoid|colony"
            r"|replicate|rep)",
        ),
        ("C", r"(?<![a-z])(?:c|ch|chan|channel|cam|camera|wavelength|wave)[ _=-]?|(?<![a-z#])w"),
    )
)
_BEHIND = tuple(
    (letter, re.compile(behind, re.IGNORECASE))
    for letter, behind in (
        ("T", r"(?:d|days?|h|hrs?|m|mins?|s|secs?|ms|msec|msecabs|hpf|dpf)(?![a-z#])"),
        ("C", r"nm(?![a-z])"),
    )
)
# Micro-Manager 1.4 tells by the place alone: img_000000000_DAPI_000.
_PLACES = (
    ("T", re.compile(r"(?:^|/)img_$"), re.compile(r"_[^/]+_#$")),
    ("Z", re.compile(r"(?:^|/)img_#_[^/]+_$"), re.compile(r"$")),
)
_UNITS = ({"d", "day", "days"}, {"h", "hr", "hrs"}, {"m", "min", "mins"}, {"s", "sec", "secs"})
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
    tells_time : bool
        Whether the names say that they are points in time.
    """

    sizes: tuple[tuple[str, int], ...]
    names: tuple[str, ...]
    channels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    tells_time: bool = False


def natural_key(name: str) -> tuple[list[str | int], str]:
    """Sort key that puts ``t2`` before ``t10``; equal numbers written differently keep an order."""
    parts = _NUMBER.split(name.casefold())
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], name


def axes_of_names(names: Sequence[str], where: object) -> NamedAxes:
    """The grid that the names of files form; mostly a single axis, time.

    Raises
    ------
    SourceError
        There are several series or positions, or names from which no grid follows.
    """
    _refuse_twins(names, where)
    names, notes = _without_copies(names)
    names, said = _without_masks(names)
    notes += said
    if _is_numbered(names):
        some = _Table.of(names[:50])
        letters = [] if some is None else [field.letter for field in _fields(some)]
        if letters != ["C"]:
            ordered = tuple(sorted(names, key=natural_key))
            return NamedAxes((("T", len(names)),), ordered, (), notes, letters == ["T"])
    table = _Table.of(names)
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
    table = _Table.of([f"{folder}." for folder in folders])
    if table is None or len(folders) < 2:
        return False
    fields = _fields(table)
    are_known = all(
        all(_CHANNEL.search(text) or text.casefold() in _MASK_WORDS for text in field.texts)
        for field in fields
        if not field.is_number
    )
    return are_known and {field.letter for field in fields} <= set("TCZ")


@dataclass(frozen=True)
class _Table:
    """Names taken apart: a row a name, in which constant text and fields take turns.

    Attributes
    ----------
    kinds : str
        Of each field: N for a number, W for a word, G for an identifier.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    kinds: str

    @classmethod
    def of(cls, names: Sequence[str]) -> _Table | None:
        """None where names have not the same fields."""
        split = [_PARTS.split(os.path.splitext(name)[0]) for name in names]
        if len({(len(parts), *parts[1::2]) for parts in split}) != 1:
            return None
        rows: list[list[str]] = [[""] for _ in names]
        kinds = ""
        for number, column in enumerate(zip(*split, strict=True)):
            taken_apart = [[part] if number % 2 else _FIELD.split(part) for part in column]
            found = {(_kinds(fields), *fields[::2]) for fields in taken_apart}
            if len(found) > 1:
                # A name of several fields for some, such as "Cy5 far" and "DAPI", is one word.
                if 2 * len({part.casefold() for part in column}) > len(names):
                    return None
                taken_apart = [["", part, ""] for part in column]
                kinds += "W"
            else:
                kinds += next(iter(found))[0]
            for row, fields in zip(rows, taken_apart, strict=True):
                row[-1] += fields[0]
                row += fields[1:]
        return cls(tuple(names), tuple(map(tuple, rows)), kinds)

    def column(self, place: int) -> tuple[str, ...]:
        return tuple(row[place] for row in self.rows)

    @cached_property
    def varying(self) -> frozenset[int]:
        """The places of fields that differ, but for identifiers."""
        return frozenset(
            place
            for place in range(1, len(self.rows[0]), 2)
            if self.kinds[place // 2] != "G" and len(set(map(str.casefold, self.column(place)))) > 1
        )

    @cached_property
    def _constant(self) -> list[str]:
        """The text of all names; numbers are "#", and words that differ "@"."""
        return [
            text
            if i % 2 == 0
            else "#"
            if self.kinds[i // 2] == "N"
            else "@"
            if i in self.varying
            else text
            for i, text in enumerate(self.rows[0])
        ]

    def context(self, place: int) -> tuple[str, str]:
        """The constant text before and behind a field."""
        return "".join(self._constant[:place]), "".join(self._constant[place + 1 :])


def _kinds(fields: Sequence[str]) -> str:
    return "".join("N" if f.isdecimal() else "G" if len(f) == 36 else "W" for f in fields[1::2])


@dataclass(frozen=True)
class _Field:
    """What differs from name to name: one place in them, or several that are read as one.

    Attributes
    ----------
    letter : str
        T, C, Z or P (a position); N for a number and W for a word of unknown meaning.
    keys : tuple
        The value in each name, to sort by.
    texts : tuple of str
        What people call it.
    """

    letter: str
    keys: tuple[Any, ...]
    texts: tuple[str, ...]
    is_number: bool = True


def _fields(table: _Table) -> list[_Field]:
    varying = set(table.varying)
    fields = []
    keys: tuple[Any, ...]
    # Of dates and decimals, one number that changes alone is a number like others.
    finders = ((1, _wells), (1, _durations), (2, _dates), (2, _decimals))
    for least, find in finders:
        for letter, together in find(table):
            if len(varying & set(together)) < least:
                continue
            texts = tuple("".join(row[together[0] : together[-1] + 1]) for row in table.rows)
            if find is _decimals:
                keys = tuple((float(text), text) for text in texts)
            else:
                keys = tuple(
                    tuple((int(v), v) if v.isdecimal() else (0, v.casefold()) for v in values)
                    for values in zip(*map(table.column, together), strict=True)
                )
            fields.append(_Field(letter, keys, texts))
            varying -= set(together)
    fields += [_field(table, place) for place in sorted(varying)]
    return fields


def _field(table: _Table, place: int) -> _Field:
    values = table.column(place)
    before, behind = table.context(place)
    if table.kinds[place // 2] == "W":
        is_channel = any(map(_CHANNEL.search, values)) or re.search(r"channel[ _-]?$", before, re.I)
        keys = tuple(_NUMBER.split(value.casefold()) for value in values)
        return _Field(
            "C" if is_channel else "W",
            tuple(tuple(int(v) if i % 2 else v for i, v in enumerate(key)) for key in keys),
            values,
            is_number=False,
        )
    letter = next(
        (
            letter
            for letter, first, last in (
                *_PLACES,
                *((letter, pattern, re.compile("")) for letter, pattern in _BEFORE),
                *((letter, re.compile(""), pattern) for letter, pattern in _BEHIND),
            )
            if first.search(before) and last.match(behind)
        ),
        "",
    )
    word = re.search(r"[^\W\d_]+[ _=-]?$", before)
    prefix = word.group() if word else ""
    if not letter and re.fullmatch(r"(?:.*[^a-z])?[a-p]", before, re.I) and _all_in(values, 1, 24):
        letter = "P"  # A01
    numbers = tuple((int(value), value) for value in values)
    texts = tuple(prefix + value for value in values)
    if not letter and all(re.fullmatch(_LINES, value) for value in values):
        letter, texts = "C", tuple(f"{value}nm" for value in values)
    return _Field(letter or "N", numbers, texts)


_Together = list[tuple[str, list[int]]]


def _wells(table: _Table) -> _Together:
    """Rows and columns of a plate: A01 to P24, and r01c01."""
    found: _Together = []
    for place in range(1, len(table.rows[0]) - 2, 2):
        letters, numbers = table.column(place), table.column(place + 2)
        before = table.rows[0][place - 1]
        if (
            table.kinds[place // 2 :][:2] == "WN"
            and table.rows[0][place + 1] == ""
            and (before or place == 1)
            and len(set(map(str.casefold, letters))) > 1
            and all(re.fullmatch("[a-p]", letter, re.I) for letter in letters)
            and _all_in(numbers, 1, 24)
        ):
            found.append(("P", [place, place + 2]))
        if re.search(r"(?:^|[^a-z])r$", table.context(place)[0], re.I) and (
            table.kinds[place // 2 :][:3] == "NWN" and table.rows[0][place + 2].lower() == "c"
        ):
            found.append(("P", [place, place + 4]))
    return found


def _durations(table: _Table) -> _Together:
    """00d05h30m: numbers with a unit behind each."""
    found: _Together = []
    together: list[int] = []
    smaller = 0
    for place in range(1, len(table.rows[0]), 2):
        row, kind = table.rows[0], table.kinds[place // 2]
        units = {value.casefold() for value in table.column(place + 2)} if row[place + 2 :] else ()
        rank = next((i for i, names in enumerate(_UNITS) if units and units <= names), None)
        if kind == "N" and rank is not None and row[place + 1] == "":
            if not together or rank >= smaller:
                together.append(place)
            else:
                found.append(("T", together))
                together = [place]
            smaller = rank + 1
        elif kind == "N" and together:
            found.append(("T", together))
            together, smaller = [], 0
    found.append(("T", together))
    return [(letter, [*places, places[-1] + 2]) for letter, places in found if len(places) > 1]


def _dates(table: _Table) -> _Together:
    """A date, and the time of the day behind it, in one of the usual forms."""
    found: _Together = []
    numbers = [p for p in range(1, len(table.rows[0]), 2) if table.kinds[p // 2] == "N"]
    at = 0
    while at < len(numbers):
        run = [numbers[at]]
        for place in numbers[at + 1 :]:
            between = "".join(table.rows[0][run[-1] + 1 : place])
            if not re.fullmatch(r"[-_.:, ]{1,2}|[ _-]?t[ _-]?|", between, re.I):
                break
            run.append(place)
        length = _length_of_date([table.column(place) for place in run])
        if length:
            found.append(("T", run[:length]))
        at += max(length, 1)
    return found


def _length_of_date(columns: Sequence[Sequence[str]]) -> int:
    """How many of the numbers are parts of a date and time; 0 where it is none."""
    if all(re.fullmatch(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d", v) for v in columns[0]):
        length = 1
    elif len(columns) > 2 and (
        _all_in(columns[0], 1900, 2100)
        and _all_in(columns[1], 1, 12)
        and _all_in(columns[2], 1, 31)
    ):
        length = 3
    else:
        return 0
    rest = columns[length:]
    if not rest:
        return length
    if all(re.fullmatch(r"(?:[01]\d|2[0-3])[0-5]\d[0-5]\d", v) for v in rest[0]):
        return length + 1
    # A counter 0001, 0002 behind a date looks like the minutes after midnight.
    if all(re.fullmatch(r"(?:[01]\d|2[0-3])[0-5]\d", v) for v in rest[0]):
        return length + (max(rest[0]) >= "0100")
    for values, top in zip(rest, (23, 59, 59), strict=False):
        if not _all_in(values, 0, top) or any(len(v) != 2 for v in values):
            break
        length += 1
    return length


def _decimals(table: _Table) -> _Together:
    """2.5 where it is a time or a depth; elsewhere a point separates two numbers."""
    found: _Together = []
    for place in range(1, len(table.rows[0]) - 2, 2):
        if table.kinds[place // 2 :][:2] == "NN" and table.rows[0][place + 1] == ".":
            letters = {_field(table, place).letter, _field(table, place + 2).letter} & set("TZ")
            if len(letters) == 1:
                found.append((letters.pop(), [place, place + 2]))
    return found


def _all_in(values: Sequence[str], low: int, high: int) -> bool:
    return all(value.isdecimal() and low <= int(value) <= high for value in values)


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
        return _listed(self.called)

    @property
    def in_short(self) -> str:
        return _listed(self.called, 4)


def _axes(fields: Sequence[_Field]) -> list[_Axis]:
    together: dict[tuple[int, ...], list[_Field]] = {}
    for field in fields:
        first: dict[object, int] = {}
        numbers = tuple(first.setdefault(key, len(first)) for key in field.keys)
        together.setdefault(numbers, []).append(field)
    return [_axis(alike) for alike in together.values()]


def _axis(fields: Sequence[_Field]) -> _Axis:
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


def _grid(table: _Table, where: object) -> NamedAxes:
    axes = _needed(_axes(_fields(table)), len(table.names))
    files: dict[tuple[int, ...], str] = {}
    for name, place in zip(table.names, zip(*(a.numbers for a in axes), strict=True), strict=True):
        if files.setdefault(place, name) != name:
            raise SourceError(
                f"{where}: {files[place]} and {name} have the same place in the series; leave one "
                "out with --match"
            )
    if len(axes) == 1:
        return _single(axes[0], table.names)
    tells_time = any(axis.letter == "T" for axis in axes)
    axes, notes = _with_time(axes, table, where)
    leading = [axis for axis in axes if axis.letter == "T"]
    others = sorted((a for a in axes if a.letter != "T"), key=lambda axis: "CZ".index(axis.letter))
    cells = list(product(*(range(len(axis)) for axis in others)))
    at: dict[int, dict[tuple[int, ...], str]] = {}
    for index, name in enumerate(table.names):
        time = leading[0].numbers[index] if leading else 0
        at.setdefault(time, {})[tuple(axis.numbers[index] for axis in others)] = name
    times = sorted(at)
    whole = [time for time in times if len(at[time]) == len(cells)]
    what = ", ".join(map(str, others))
    hint = f"--match {_pattern(table, others[0], 0)}"
    if not whole:
        raise SourceError(
            f"{where}: holds files of {what}, but nothing is there for all of them; choose some "
            f"with {hint}"
        )
    if len(whole) < len(times):
        short = next(time for time in times if len(at[time]) < len(cells))
        lacking = next(cell for cell in cells if cell not in at[short])
        parts = [a.called[n] for a, n in zip(others, lacking, strict=True)]
        if leading:
            parts.append(leading[0].called[short])
        notes += (
            f"{len(times) - len(whole)} of {len(times)} time points are left out, as they are not "
            f"there for all of {what}: the first that is missing is {', '.join(parts)}; {hint} "
            "takes every file of one",
        )
    sizes = (("T", len(whole)), *((axis.letter, len(axis)) for axis in others))
    channels = next((axis.called for axis in others if axis.letter == "C"), ())
    return NamedAxes(
        tuple((letter, n) for letter, n in sizes if n > 1),
        tuple(at[time][cell] for time in whole for cell in cells),
        _stains(channels),
        notes,
        tells_time,
    )


def _single(axis: _Axis, names: Sequence[str]) -> NamedAxes:
    """One axis is played, whatever it is; a number that alone changes is time."""
    ordered = tuple(name for _, name in sorted(zip(axis.numbers, names, strict=True)))
    if axis.letter == "C":
        return NamedAxes((("C", len(axis)),), ordered, _stains(axis.called))
    notes: tuple[str, ...] = ()
    if axis.letter == "P":
        notes = (f"its {len(axis)} positions are played: {axis}; --match chooses",)
    return NamedAxes((("T", len(axis)),), ordered, (), notes, axis.letter == "T")


def _needed(axes: list[_Axis], files: int) -> list[_Axis]:
    """The axes but for numbers that follow from the others, such as times beside time points."""
    for axis in sorted((a for a in axes if a.letter in "NT"), key=len, reverse=True):
        rest = [other for other in axes if other is not axis]
        if any(a.letter in "NT" for a in rest) and files == len(
            set(zip(*(a.numbers for a in rest), strict=True))
        ):
            axes = rest
    return axes


def _with_time(
    axes: list[_Axis], table: _Table, where: object
) -> tuple[list[_Axis], tuple[str, ...]]:
    """The axes, of which one is time at most, and the others channels and slices.

    Raises
    ------
    SourceError
        There are positions, or the names do not tell which axis is time.
    """
    positions = [axis for axis in axes if axis.letter == "P"]
    if positions:
        found = sorted(set(zip(*(axis.numbers for axis in positions), strict=True)))
        called = [
            " ".join(a.called[n] for a, n in zip(positions, place, strict=True)) for place in found
        ]
        pattern = _pattern_of(table, lambda i: tuple(a.numbers[i] for a in positions) == found[0])
        raise SourceError(
            f"{where}: holds {len(found)} positions: {_listed(called)}; choose one with "
            f"--match {pattern}"
        )
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
    listed = "; ".join(axis.in_short for axis in axes)
    raise SourceError(
        f"{where}: the names of its files differ in {len(axes)} ways: {listed}; whether "
        f"{_listed(unclear.called, 2)} are series, channels or times cannot be told; choose one "
        f"with --match {_pattern(table, unclear, 0)}"
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


def _pattern(table: _Table, axis: _Axis, number: int) -> str:
    return _pattern_of(table, lambda index: axis.numbers[index] == number)


def _pattern_of(table: _Table, is_chosen: Callable[[int], bool], others: Sequence[str] = ()) -> str:
    """A pattern, in quotes, for some of the names and no others."""
    chosen = {name for index, name in enumerate(table.names) if is_chosen(index)}
    columns = list(
        zip(*(r for n, r in zip(table.names, table.rows, strict=True) if n in chosen), strict=True)
    )
    suffixes = {os.path.splitext(name)[1] for name in chosen}
    suffix = suffixes.pop() if len(suffixes) == 1 else ".*"
    for is_short in (True, False):  # "?" for each character where "*" would take in others
        text = "".join(
            glob.escape(values[0])
            if len(set(values)) == 1
            else "*"
            if is_short or len(set(map(len, values))) > 1
            else "?" * len(values[0])
            for values in columns
        )
        pattern = text + suffix
        if {name for name in (*table.names, *others) if fnmatchcase(name, pattern)} == chosen:
            break
    return f"'{pattern}'"


def _several_kinds(names: Sequence[str], where: object) -> SourceError:
    """What to say of names that have not the same fields."""
    kinds: dict[object, list[str]] = {}
    for name in names:
        fields = _FIELD.split(os.path.splitext(name)[0])
        kinds.setdefault((_kinds(fields), *fields[::2]), []).append(name)
    largest = max(kinds.values(), key=len)
    table = _Table.of(names=largest)
    assert table is not None  # they were grouped by their fields
    groups = sorted(kinds.values(), key=len, reverse=True)
    listed = ", ".join(f"{group[0]} ({len(group)})" for group in groups[:6])
    more = f" and {len(groups) - 6} more" if len(groups) > 6 else ""
    return SourceError(
        f"{where}: holds {len(groups)} kinds of names, {listed}{more}; choose those that belong "
        f"together with --match {_pattern_of(table, lambda _: True, names)}"
    )


def _is_numbered(names: Sequence[str]) -> bool:
    """Whether names are alike but for one number."""
    split = [_NUMBER.split(os.path.splitext(name)[0].casefold()) for name in names]
    if len({len(parts) for parts in split}) != 1:
        return False
    changing = [i for i, values in enumerate(zip(*split, strict=True)) if len(set(values)) > 1]
    return len(changing) < 2 and all(i % 2 for i in changing)


def _without_number(names: Sequence[str]) -> str | None:
    """The one name that is like all others, but for a number that it has not."""
    for first in sorted(names, key=len)[:2]:
        stem = os.path.splitext(first)[0].casefold()
        rest = [os.path.splitext(name)[0].casefold() for name in names if name != first]
        numbered = re.compile(rf"{re.escape(stem)}[ _-]?[0-9]+|[0-9]+[ _-]?{re.escape(stem)}")
        if rest and all(map(numbered.fullmatch, rest)):
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
        other = stems.setdefault(os.path.splitext(name)[0].casefold(), name)
        if other != name:
            ending = os.path.splitext(name)[1]
            raise SourceError(
                f"{where}: holds {other} and {name}, which would be the same frame; choose one "
                f"kind with --match '*{ending}'"
            )


def _without_copies(names: Sequence[str]) -> tuple[Sequence[str], tuple[str, ...]]:
    """The names without copies of others, such as "a (1)" where there are "a" and "b"."""
    stems = {os.path.splitext(name)[0]: name for name in names}
    copies = {
        name
        for stem, name in stems.items()
        if (found := _COPY.fullmatch(stem)) is not None and found[1] in stems
    }
    if not copies or len(names) - len(copies) < 2:
        return names, ()
    return _left_out(names, copies, "copies" if len(copies) > 1 else "copy")


def _without_masks(names: Sequence[str]) -> tuple[Sequence[str], tuple[str, ...]]:
    """The names without those of masks, which lie beside images and are made from them."""
    masks = {
        name
        for name in names
        if not _MASK_WORDS.isdisjoint(re.findall(r"[^\W\d_]+", name.casefold()))
    }
    if not masks or len(masks) == len(names):
        return names, ()
    return _left_out(names, masks, "masks" if len(masks) > 1 else "mask")


def _left_out(
    names: Sequence[str], gone: set[str], what: str
) -> tuple[Sequence[str], tuple[str, ...]]:
    first = min(gone, key=natural_key)
    note = f"{len(gone)} {what} {'are' if len(gone) > 1 else 'is'} left out: {first}"
    if len(gone) > 1:
        note += f" to {max(gone, key=natural_key)}"
    return [name for name in names if name not in gone], (note,)


def _listed(values: Sequence[str], most: int = 12) -> str:
    return ", ".join(values if len(values) <= most else [*values[: most - 1], f"... {values[-1]}"])
