"""Text in columns, separated by commas, semicolons, tabs or spaces: read within bounds."""

from __future__ import annotations

import csv
import hashlib
import math
import re
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from ...errors import SourceError
from ..tiff import check_bound

#: Bytes of a file of columns: some four million rows. Columns that are not used take no memory.
MAX_TEXT_BYTES = 256 << 20
_MAX_COLUMNS = 10_000

# How programs write that there is no number.
_NOTHING = frozenset(("", "none", "null", "na", "n/a", "nan", "-", "nil", "<na>"))
# Rows with no number between the header and the data: TrackMate writes three.
_MOST_HEADERS = 4
# "X (µm)", "y [px]": a name, and the unit behind it.
_UNIT = re.compile(r"\s*[\[(]([^\])]*)[\])]\s*$")


@dataclass(frozen=True, eq=False)
class Table:
    """Some columns of a file.

    Attributes
    ----------
    names : tuple of str
        All columns, in lower case with ``_`` for what is no letter and no digit; empty where the
        file has no header.
    units : tuple of str
        What stands in brackets behind or below each name.
    numbers : mapping
        The columns that were chosen, as float64; NaN for an empty cell.
    texts : mapping
        Those that were chosen as text.
    rows : int
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    numbers: Mapping[str, NDArray[np.float64]]
    texts: Mapping[str, list[str]]
    rows: int

    def unit(self, places: Mapping[str, int], role: str) -> str:
        return self.units[places[role]] if self.units else ""


#: Says in which column what is found, by the names of all columns; these are empty, and their
#: number given, where the file has no header.
Chooser = Callable[[tuple[str, ...], int], Mapping[str, int]]
Rows = Iterator[tuple[int, list[str]]]


def file_digest(path: Path) -> str:
    """The SHA-256 of a file."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        raise _unreadable(path, exc) from exc


def read_table(path: Path, choose: Chooser, texts: Sequence[str] = ()) -> Table:
    """The columns that `choose` finds, those in `texts` as text.

    Raises
    ------
    SourceError
        The file cannot be read, has no rows, or a cell that is no number.
    """
    try:
        check_bound(path.stat().st_size, MAX_TEXT_BYTES, "has {} bytes", path)
        with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
            return _read(path, file, choose, frozenset(texts))
    except OSError as exc:
        raise _unreadable(path, exc) from exc
    except csv.Error as exc:
        raise SourceError(f"{path}: is no text in columns ({exc})") from exc


def _unreadable(path: Path, exc: OSError) -> SourceError:
    return SourceError(f"{path}: cannot be opened ({exc.strerror or exc})")


def _read(path: Path, file: TextIO, choose: Chooser, texts: frozenset[str]) -> Table:
    separator = _separator(file)
    # NumPy writes a header as a comment.
    lines = (line.lstrip("# ") for line in file) if separator == " " else file
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    rows: Rows = ((reader.line_num, row) for row in reader if any(map(str.strip, row)))
    first = next(rows, None)
    if first is None:
        raise SourceError(f"{path}: is empty")
    line, cells = first
    cells[0] = cells[0].lstrip("# ")
    if len(cells) > _MAX_COLUMNS:
        raise SourceError(f"{path}: has {len(cells)} columns in line {line}; it is no such table")
    is_header = not all(map(_is_number, cells)) or cells == [str(n) for n in range(len(cells))]
    names, units = _names(cells) if is_header else ((), ())
    places = dict(choose(names, len(cells)))
    if is_header:
        units, rows = _below(rows, places, texts, units, len(cells))
    else:
        rows = chain([first], rows)
    return _columns(path, rows, places, texts, (names, units), "." if separator == ";" else "")


def _separator(file: TextIO) -> str:
    """What stands between the columns, by the first line that holds anything."""
    while (line := file.readline(1 << 20)) and not line.strip():
        pass
    file.seek(0)
    counts = {mark: line.count(mark) for mark in "\t;,"}
    mark = max(counts, key=lambda mark: counts[mark])
    return mark if counts[mark] else " "


def _names(cells: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = [_UNIT.search(cell) for cell in cells]
    bare = (_UNIT.sub("", cell).strip().lower() for cell in cells)
    names = tuple(re.sub(r"[^a-z0-9]+", "_", name).strip("_") for name in bare)
    return names, tuple("" if unit is None else unit[1].strip() for unit in found)


def _below(
    rows: Rows,
    places: Mapping[str, int],
    texts: frozenset[str],
    units: tuple[str, ...],
    columns: int,
) -> tuple[tuple[str, ...], Rows]:
    """The units, and the rows without those that are a header, too."""
    needed = [place for role, place in places.items() if role not in texts]
    for _ in range(_MOST_HEADERS):
        first = next(rows, None)
        if first is None:
            return units, iter(())
        _, cells = first
        if any(_is_number(cells[place]) for place in needed if place < len(cells)):
            return units, chain([first], rows)
        if not any(cells[place].strip() for place in needed if place < len(cells)):
            return units, chain([first], rows)
        padded = (cells + [""] * columns)[:columns]
        found = (_UNIT.search(cell) for cell in padded)
        below = tuple("" if unit is None else unit[1].strip() for unit in found)
        units = below if any(below) else units
    return units, rows


def _columns(
    path: Path,
    rows: Rows,
    places: Mapping[str, int],
    texts: frozenset[str],
    head: tuple[tuple[str, ...], tuple[str, ...]],
    decimal: str,
) -> Table:
    numbers = {role: array("d") for role in places if role not in texts}
    words: dict[str, list[str]] = {role: [] for role in places if role in texts}
    into = [(places[role], column.append) for role, column in numbers.items()]
    also = [(places[role], column.append) for role, column in words.items()]
    width = max(places.values(), default=-1) + 1
    count = 0
    for line, cells in rows:
        if len(cells) < width:
            raise SourceError(
                f"{path}: line {line} has {len(cells)} columns where {width} are needed; it is "
                "damaged or cut off"
            )
        for place, append in into:
            cell = cells[place]
            try:
                append(float(cell))
            except ValueError:
                append(_number(path, line, cell.replace(",", decimal) if decimal else cell))
        for place, keep in also:
            keep(cells[place].strip().lower())
        count += 1
    columns = {role: np.frombuffer(column, np.float64) for role, column in numbers.items()}
    return Table(*head, columns, words, count)


def _number(path: Path, line: int, cell: str) -> float:
    """What stands in a cell; NaN where that is nothing."""
    text = cell.strip()
    if text.lower() in _NOTHING:
        return math.nan
    try:
        return float(text)
    except ValueError:
        raise SourceError(
            f"{path}: line {line} has {text[:40]!r} where a number is needed"
        ) from None


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True
