"""Series that OME metadata spread over several files: which plane is on which page of which."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

from .errors import SourceError
from .ome import OmeImage, companion_name, parse_ome

# A page needs a directory of at least eight entries of twelve bytes: more pages than that, a file
# cannot have. Claims beyond it are refused before a list is made.
_MIN_PAGE_BYTES = 100

# A hundred thousand planes with times and positions take about 30 MB of XML.
_MAX_COMPANION_BYTES = 128 << 20


@dataclass(frozen=True)
class Members:
    """The planes of a series, in the order of the axes in its metadata.

    Attributes
    ----------
    names : tuple of str
        The files, all in one folder.
    files, pages : tuple of int
        Of each plane, the number of its file and of the page in it.
    """

    names: tuple[str, ...]
    files: tuple[int, ...]
    pages: tuple[int, ...]

    def select(self, indices: Sequence[int]) -> Members:
        """These planes, in this order, with the names of no other files than theirs."""
        used = sorted({self.files[i] for i in indices})
        place = {file: number for number, file in enumerate(used)}
        return Members(
            tuple(self.names[file] for file in used),
            tuple(place[self.files[i]] for i in indices),
            tuple(self.pages[i] for i in indices),
        )


def ome_of(description: str, path: Path) -> OmeImage | None:
    """What the description in a TIFF says, or the companion file in its folder that it names.

    Without that companion, a file is taken as it is.
    """
    name = companion_name(description)
    if name is None:
        return parse_ome(description, path)
    companion = path.parent / name
    if not _lies_beside(path, name) or not companion.is_file():
        return None
    if companion.stat().st_size > _MAX_COMPANION_BYTES:
        raise SourceError(f"{companion}: is too large for OME metadata; move it out of the folder")
    try:
        return parse_ome(companion.read_text(encoding="utf-8-sig"), companion)
    except (OSError, UnicodeDecodeError) as exc:
        raise SourceError(f"{companion}: the OME metadata cannot be read ({exc})") from exc


def members_of(ome: OmeImage, sizes: Mapping[str, int], path: Path) -> Members:
    """Find the planes of a series; the files have to lie beside `path`, and none is opened.

    Raises
    ------
    SourceError
        A file lies elsewhere or is not there, or planes are missing.
    """
    names = list(dict.fromkeys(path.name if b.file is None else b.file for b in ome.blocks))
    room = [_most_pages(path, name) for name in names]
    stated = prod(sizes.values())
    if stated > sum(room):
        raise SourceError(
            f"{path}: its OME metadata state {stated} planes, more than its {len(names)} files "
            "can hold; convert the folder"
        )
    place = {name: number for number, name in enumerate(names)}
    files, pages = [-1] * stated, [0] * stated
    for block in ome.blocks:
        file = place[path.name if block.file is None else block.file]
        if not all(0 <= block.first[axis] < n for axis, n in sizes.items()):
            continue
        start = 0
        for axis in ome.order:
            start = start * sizes[axis] + block.first[axis]
        page = max(0, block.page)
        count = room[file] - page if block.count is None else block.count
        for i in range(min(count, room[file] - page, stated - start)):
            files[start + i], pages[start + i] = file, page + i
    missing = files.count(-1)
    if missing:
        raise SourceError(f"{path}: {missing} of {stated} planes are missing; convert the folder")
    return Members(tuple(names), tuple(files), tuple(pages))


def _most_pages(path: Path, name: str) -> int:
    """How many pages a file beside `path` can have at most."""
    file = path.parent / name
    if not _lies_beside(path, name):
        raise SourceError(
            f"{path}: its OME metadata name the file {name!r}, which is not in its folder; only "
            "files that lie together are read"
        )
    try:
        return os.stat(file).st_size // _MIN_PAGE_BYTES
    except OSError as exc:
        raise SourceError(
            f"{path}: its OME metadata name the file {name}, which cannot be opened "
            f"({exc.strerror or exc}); convert the folder"
        ) from exc


def _lies_beside(path: Path, name: str) -> bool:
    """Whether a name leads to a file in the folder of `path`, by no detour."""
    file = path.parent / name
    # Names with "/" or "\\", and links, lead out of the folder.
    is_plain = name == os.path.basename(name) and "\\" not in name and name not in ("", ".", "..")
    return is_plain and os.path.realpath(file.parent) == os.path.dirname(os.path.realpath(file))
