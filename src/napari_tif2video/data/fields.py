"""Names of files taken apart: constant text and fields, and what the fields mean.

A field is a run of digits, a word, the name of a stain. What it means follows from what stands
before and behind it, and from its words: how microscopes write channels, slices, positions, times.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

NUMBER = re.compile(r"([0-9]+)")

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
_MEANINGS = tuple(
    (letter, re.compile(rf"(?:{before})$", re.IGNORECASE), re.compile(behind, re.IGNORECASE))
    for letter, before, behind in (
        ("T", r"(?:^|/)img_", r"_[^/]+_#$"),  # Micro-Manager 1.4: img_000000000_DAPI_000
        ("Z", r"(?:^|/)img_#_[^/]+_", r"$"),
        ("Z", r"r#c#f#p", ""),  # Opera
        ("P", r"r#c|(?<![a-z0-9])r|--w", ""),  # Opera, ScanR
        ("C", r"[^a-z/]d", ""),  # Cellomics, EVOS
        ("T", r"(?<![a-z])(?:t|tp|time|time[ _-]?point|frame|fr|stack|cycle)[ _=-]?|#sk", ""),
        ("Z", r"(?<![a-z])(?:z|zstep|z[ _-]?stack|slice|plane|section|depth)[ _=-]?", ""),
        (
            "P",
            r"(?<![a-z])(?:xy|f|p|pos|position|site|field|fov|well|series|scene|tile|point|region"
            r"|stage|loc|row|col|column|view|angle)[ _=-]?|(?<![a-z#])s[_=-]?"
            r"|(?<![a-z])(?:plate|dish|slide|sample|cell|embryo|fish|worm|fly|mouse|organoid|colony"
            r"|replicate|rep)",
            "",
        ),
        (
            "C",
            r"(?<![a-z])(?:c=?|(?:ch|chan|channel|cam|camera|wavelength|wave)[ _=-]?)"
            r"|(?<![a-z#])w",
            "",
        ),
        ("T", "", r"(?:d|days?|h|hrs?|m|mins?|s|secs?|ms|msec|msecabs|hpf|dpf)(?![a-z#])"),
        ("C", "", r"nm(?![a-z])"),
    )
)
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d")
_UNITS = ({"d", "day", "days"}, {"h", "hr", "hrs"}, {"m", "min", "mins"}, {"s", "sec", "secs"})


def natural_key(name: str) -> str:
    """Sort key that puts ``t2`` before ``t10``; equal numbers written differently keep an order.

    A text, as thousands of lists make Python look for garbage, which takes long beside napari.
    """
    return f"{NUMBER.sub(_by_length, name.casefold())}\0{name}"


def _by_length(number: re.Match[str]) -> str:
    digits = number[0].lstrip("0")
    return chr(1 + len(digits)) + digits  # before all letters and signs


def left_out_note(names: Collection[str], one: str, several: str) -> str:
    """What to say of files that are no part of a series."""
    first, last = min(names, key=natural_key), max(names, key=natural_key)
    if len(names) == 1:
        return f"1 {one} is left out: {first}"
    return f"{len(names)} {several} are left out: {first} to {last}"


def differ_in_a_number(names: Sequence[str]) -> bool:
    """Whether names are alike but for one number."""
    first = NUMBER.split(names[0].rsplit(".", 1)[0].casefold())
    changing: set[int] = set()
    for name in names:  # one at a time: see `natural_key`
        parts = NUMBER.split(name.rsplit(".", 1)[0].casefold())
        if len(parts) != len(first):
            return False
        changing.update(i for i, part in enumerate(parts) if part != first[i])
    return len(changing) < 2 and all(i % 2 for i in changing)


def is_mask(name: str) -> bool:
    """Whether a name is that of a file which lies beside images and was made from them."""
    return not _MASK_WORDS.isdisjoint(re.findall(r"[^\W\d_]+", name.casefold()))


def is_channel(text: str) -> bool:
    """Whether a text names a stain or colour."""
    return _CHANNEL.search(text) is not None


def structure_of(name: str) -> tuple[str, ...]:
    """What names have in common that have the same fields."""
    fields = _FIELD.split(os.path.splitext(name)[0])
    return (_kinds(fields), *fields[::2])


@dataclass(frozen=True)
class Table:
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
    def of(cls, names: Sequence[str]) -> Table | None:
        """None where names have not the same fields."""
        split = [_PARTS.split(os.path.splitext(name)[0]) for name in names]
        if len({(len(parts), *parts[1::2]) for parts in split}) != 1:
            return None
        rows: list[list[str]] = [[""] for _ in names]
        kinds = ""
        for column in zip(*split, strict=True):
            taken_apart = [_FIELD.split(part) for part in column]
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
class Field:
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


def fields_of(table: Table) -> list[Field]:
    varying = set(table.varying)
    fields = []
    keys: tuple[Any, ...]
    # Of dates and decimals, one number that changes alone is a number like others.
    finders = ((1, _wells), (1, _durations), (2, _dates), (2, _decimals))
    for least, find in finders:
        for letter, together in find(table):
            if len(varying & set(together)) < least:
                continue
            start = "r" if find is _wells and table.kinds[together[0] // 2] == "N" else ""
            texts = tuple(
                start + "".join(row[together[0] : together[-1] + 1]) for row in table.rows
            )
            if find is _decimals:
                keys = tuple((float(text), text) for text in texts)
            else:
                keys = tuple(
                    tuple((int(v), v) if v.isdecimal() else (0, v.casefold()) for v in values)
                    for values in zip(*map(table.column, together), strict=True)
                )
            fields.append(Field(letter, keys, texts))
            varying -= set(together)
    fields += [_field(table, place) for place in sorted(varying)]
    return fields


def _field(table: Table, place: int) -> Field:
    values = table.column(place)
    before, behind = table.context(place)
    if table.kinds[place // 2] == "W":
        is_channel = any(map(_CHANNEL.search, values)) or re.search(r"channel[ _-]?$", before, re.I)
        keys = tuple(NUMBER.split(value.casefold()) for value in values)
        return Field(
            "C" if is_channel else "W",
            tuple(tuple(int(v) if i % 2 else v for i, v in enumerate(key)) for key in keys),
            values,
            is_number=False,
        )
    letter = next(
        (letter for letter, b, e in _MEANINGS if b.search(before) and e.match(behind)),
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
    return Field(letter or "N", numbers, texts)


_Together = list[tuple[str, list[int]]]


def _wells(table: Table) -> _Together:
    """Rows and columns of a plate: A01 to P24, and r01c01."""
    found: _Together = []
    for place in range(1, len(table.rows[0]) - 2, 2):
        letters, numbers = table.column(place), table.column(place + 2)
        before = table.rows[0][place - 1]
        if (
            table.rows[0][place + 1] == ""
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


def _durations(table: Table) -> _Together:
    """00d05h30m: numbers with a unit behind each."""
    row = table.rows[0]
    runs: list[list[int]] = []
    last = 0
    for place in range(1, len(row) - 2, 2):
        units = {value.casefold() for value in table.column(place + 2)}
        rank = next((rank for rank, names in enumerate(_UNITS) if units <= names), None)
        if rank is None or row[place + 1]:
            continue
        follows = runs and place == runs[-1][-1] + 4 and row[place - 1] in ("", *" _-")
        if follows and rank > last:
            runs[-1].append(place)
        else:
            runs.append([place])
        last = rank
    return [("T", [*places, places[-1] + 2]) for places in runs if len(places) > 1]


def _dates(table: Table) -> _Together:
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
    if all(map(_DATE.fullmatch, columns[0])):
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


def _decimals(table: Table) -> _Together:
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
