"""Channels, slices and positions in names of files: ``_C0_``, ``w1DAPI``, ``_z03``, ``xy01``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, product

from .errors import SourceError
from .sequence import natural_key

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
