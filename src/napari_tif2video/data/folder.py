"""Which files of a folder belong together, in which order, and what their names tell.

Channels, slices and positions stand in names: ``_C0_``, ``w1DAPI``, ``_z03``, ``xy01``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice, pairwise, product
from pathlib import Path

from ..errors import SourceError

TIFF_SUFFIXES = (".tif", ".tiff")
#: Of files that hold a stack: MetaMorph's are TIFF too.
STACK_SUFFIXES = (*TIFF_SUFFIXES, ".stk")

# MetaMorph and several slide scanners put "name_thumb.tif" beside each image.
_THUMBNAIL = re.compile(r"(?:^|[^a-z])thumb(?:nail)?s?(?:[^a-z]|$)", re.IGNORECASE)
_NUMBER = re.compile(r"([0-9]+)")


def is_tiff_name(name: str) -> bool:
    """Whether a file of this name is an image of a sequence: a TIFF, not hidden, no thumbnail."""
    stem, suffix = os.path.splitext(name)
    return (
        suffix.lower() in TIFF_SUFFIXES
        and not name.startswith(".")  # includes the "._name" files of macOS
        and _THUMBNAIL.search(stem) is None
    )


def is_stack_name(name: str) -> bool:
    """Whether a file of this name can be converted by itself."""
    return is_tiff_name(name) or (name.lower().endswith(".stk") and not name.startswith("."))


def natural_key(name: str) -> tuple[list[str | int], str]:
    """Sort key that puts ``t2`` before ``t10``; equal numbers written differently keep an order."""
    parts = _NUMBER.split(name.casefold())
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], name


def list_frames(folder: Path, match: str | None = None) -> list[str]:
    """The names of the TIFF files of a folder in natural order.

    Raises
    ------
    SourceError
        The folder cannot be listed, or holds no such file.
    """
    names = _frame_names(folder, match)
    if not names:
        kind = "TIF images" if match is None else f"TIF images matching {match!r}"
        raise SourceError(f"No {kind} found in {folder}{_where_they_are(folder, match)}")
    return sorted(names, key=natural_key)


def folders_with_frames(root: Path, match: str | None = None) -> list[Path]:
    """`root` and every folder below it that holds matching TIFFs, in natural order."""
    found = []
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        if any(_belongs(name, match) for name in names):
            found.append(Path(folder))
    return sorted(found, key=lambda path: [natural_key(part) for part in path.parts])


def _belongs(name: str, match: str | None) -> bool:
    return is_tiff_name(name) and (match is None or fnmatchcase(name, match))


def _frame_names(folder: Path, match: str | None) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            found = [e for e in entries if _belongs(e.name, match) and not e.is_dir()]
            others = sorted(e.path for e in found if not e.is_file())
    except OSError as exc:
        raise SourceError(f"{folder}: cannot be opened ({exc.strerror or exc})") from exc
    if others:  # left out in silence, it would be a frame that is missing
        raise SourceError(
            f"{others[0]}: is no file, but a link that leads nowhere, or a pipe, socket or "
            "device; remove it, or use --match to choose files"
        )
    return [e.name for e in found]


def _where_they_are(folder: Path, match: str | None) -> str:
    """A hint when the images are one level down, as in one folder per position."""
    with os.scandir(folder) as entries:
        below = [Path(e.path) for e in entries if not e.name.startswith(".") and e.is_dir()]
    holding = 0
    for subfolder in below:
        try:
            holding += bool(_frame_names(subfolder, match))
        except SourceError:  # a folder we may not look into holds nothing for us
            continue
    if not holding:
        return ""
    return f", but {holding} of its subfolders hold them; add --recursive to convert each"


@dataclass(frozen=True)
class Gaps:
    """Numbers missing from the names of a sequence."""

    missing: int
    first_missing: str

    def __str__(self) -> str:
        return f"{self.missing} missing in the numbering, the first is {self.first_missing}"


def find_gaps(names: Sequence[str]) -> Gaps | None:
    """Gaps in the numbering of names in natural order, or None.

    Looked for only where exactly one number changes from name to name: with several (positions,
    hours and minutes) what should follow what is anyone's guess. The step is the smallest one
    that occurs, so a series saved every fifth frame has no gaps.
    """
    found = _numbering(names)
    if found is None:
        return None
    numbers, step, split, field = found
    steps = [b - a for a, b in pairwise(numbers)]
    missing = sum(s // step - 1 for s in steps)
    if not missing:
        return None
    before = next(i for i, s in enumerate(steps) if s > step)
    digits = split[before][field]
    number = str(numbers[before] + step)
    if digits.startswith("0") and len(digits) > 1:
        number = number.zfill(len(digits))
    parts = list(split[before])
    parts[field] = number
    return Gaps(missing, "".join(parts))


def places(names: Sequence[str]) -> tuple[int, ...] | None:
    """Where names stand in a sequence in which some are missing; None where none is.

    ``t0, t1, t4`` stand at 0, 1 and 4. It is the counterpart of `find_gaps`.
    """
    found = _numbering(names)
    if found is None:
        return None
    numbers, step, *_ = found
    standing = tuple((number - numbers[0]) // step for number in numbers)
    return None if standing == tuple(range(len(names))) else standing


def _numbering(names: Sequence[str]) -> tuple[list[int], int, list[list[str]], int] | None:
    """The one number that changes from name to name, its step, and where in the names it is."""
    split = [_NUMBER.split(name) for name in names]
    if len(split) < 3 or len({len(parts) for parts in split}) != 1:
        return None
    changing = [i for i, values in enumerate(zip(*split, strict=True)) if len(set(values)) > 1]
    if len(changing) != 1 or changing[0] % 2 == 0:
        return None
    field = changing[0]
    numbers = [int(parts[field]) for parts in split]
    steps = [b - a for a, b in pairwise(numbers)]
    step = min(steps)
    if step <= 0 or any(s % step for s in steps):
        return None
    return numbers, step, split, field


# How microscopes mark what a file is: a letter or word, and a number. Behind a letter it would be
# the end of a word, and a bare "s" behind a digit is more often seconds. MetaMorph puts the name
# of the stain behind the number of the wavelength.
_MARKS = {
    "P": re.compile(
        r"(?<![a-z])(?:xy|pos(?:ition)?[ _-]?)\d+"
        r"|(?<![a-z0-9])s\d+(?![a-z0-9])",
        re.IGNORECASE,
    ),
    "C": re.compile(
        r"(?<![a-z])(?:channel[ _-]?|ch|c)\d+"
        r"|(?<![a-z0-9])w\d+(?:[a-z][a-z0-9 -]*)?",
        re.IGNORECASE,
    ),
    "Z": re.compile(r"(?<![a-z])z\d+", re.IGNORECASE),
}


@dataclass(frozen=True)
class NamedAxes:
    """The files of a folder on a grid.

    Attributes
    ----------
    sizes : tuple of (str, int)
        T, and C or Z or both.
    names : tuple of str
        The files in the order of the grid.
    channels : tuple of str
        What the names call the channels.
    notes : tuple of str
    """

    sizes: tuple[tuple[str, int], ...]
    names: tuple[str, ...]
    channels: tuple[str, ...]
    notes: tuple[str, ...] = ()


def axes_of_names(names: Sequence[str], where: object) -> NamedAxes | None:
    """The grid that the names of files form; None for a plain sequence in time.

    What is taken for a channel or slice has to come with several numbers, and names that differ
    in nothing else: where a single number changes from name to name, it is time.

    Raises
    ------
    SourceError
        There are several positions, or the files form no grid.
    """
    varying = {axis: token for axis, mark in _MARKS.items() if (token := _varying(names, mark))}
    if "P" in varying:
        positions = sorted({varying["P"].value(name) for name in names}, key=natural_key)
        raise SourceError(
            f"{where}: holds {len(positions)} positions: {_listed(positions)}; choose one with "
            f"--match '{varying['P'].pattern(names[0])}'"
        )
    if not varying:
        return None
    tokens = tuple(varying.values())
    places: dict[str, dict[tuple[str, ...], str]] = {}
    for name in names:
        rest = name
        for token in tokens:
            rest = token.removed(rest)
        places.setdefault(rest, {})[tuple(token.value(name) for token in tokens)] = name
    found = [sorted({token.value(n) for n in names}, key=natural_key) for token in tokens]
    grid = list(product(*found))
    times = sorted(places, key=natural_key)
    whole = [time for time in times if len(places[time]) == len(grid)]
    what = ", ".join(_listed(values) for values in found)
    hint = f"--match '{tokens[0].pattern(names[0])}'"
    if not whole:
        raise SourceError(
            f"{where}: holds files of {what}, but nothing is there for all of them; choose some "
            f"with {hint}"
        )
    notes: tuple[str, ...] = ()
    if len(whole) < len(times):
        notes = (
            f"{len(times) - len(whole)} of {len(times)} time points are left out, as they are not "
            f"there for all of {what}; {hint} takes every file of one",
        )
    sizes = (("T", len(whole)), *zip(varying, map(len, found), strict=True))
    channels = dict(zip(varying, found, strict=True)).get("C", [])
    ordered = tuple(places[time][values] for time in whole for values in grid)
    return NamedAxes(tuple((a, n) for a, n in sizes if n > 1), ordered, _called(channels), notes)


@dataclass(frozen=True)
class _Token:
    """One of the marks in a name: which of those that match."""

    mark: re.Pattern[str]
    place: int

    def _match(self, name: str) -> re.Match[str] | None:
        return next(islice(self.mark.finditer(name), self.place, None), None)

    def value(self, name: str) -> str:
        match = self._match(name)
        return "" if match is None else match.group()

    def removed(self, name: str) -> str:
        match = self._match(name)
        return name if match is None else f"{name[: match.start()]}\0{name[match.end() :]}"

    def pattern(self, name: str) -> str:
        """A pattern for names with the same value; what surrounds it keeps 1 from matching 10."""
        match = self._match(name)
        assert match is not None
        return f"*{name[max(0, match.start() - 1) : match.end() + 1]}*"


def _varying(names: Sequence[str], mark: re.Pattern[str]) -> _Token | None:
    """The mark that tells apart names which are alike but for it, and make up sequences."""
    for place in range(len(mark.findall(names[0]))):
        token = _Token(mark, place)
        values = {token.value(name) for name in names}
        if "" not in values and len(values) > 1:
            rests = {token.removed(name) for name in names}
            if 1 < len(rests) < len(names):
                return token
    return None


def _called(channels: Sequence[str]) -> tuple[str, ...]:
    """``DAPI`` for ``w1DAPI`` where that is enough to tell them apart, else all of the token."""
    stains = [re.sub(r"^[wW]\d+", "", channel) for channel in channels]
    return tuple(stains if all(stains) and len(set(stains)) == len(stains) else channels)


def _listed(values: Sequence[str]) -> str:
    return ", ".join(values if len(values) <= 12 else [*values[:11], f"... {values[-1]}"])
