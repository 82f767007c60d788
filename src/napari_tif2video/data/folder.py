"""Which files of a folder are images, in which order, and which numbers are missing among them.

A folder may hold them in subfolders called after channels, points in time or slices.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path

from ..errors import SourceError
from ..units import counted
from .fields import NUMBER, left_out_note, natural_key
from .names import axes_of_names, folders_are_axes

_PLAIN_SUFFIXES = (".tif", ".tiff")
#: BigTIFF, MetaMorph's and Zeiss's files are TIFF too.
TIFF_SUFFIXES = (*_PLAIN_SUFFIXES, ".btf", ".tf8", ".stk", ".lsm")

# MetaMorph and several slide scanners put "name_thumb.tif" beside each image, MetaXpress
# "name_thumb" and an identifier that may begin with a letter.
_THUMBNAIL = re.compile(
    r"(?:^|[^a-z])thumb(?:nail)?s?(?:[^a-z]|$|[0-9a-f]{8}-[0-9a-f]{4}-)", re.IGNORECASE
)
#: An NDTiff has this file, or a folder that has it.
NDTIFF_INDEX, FULL_RESOLUTION = "NDTiff.index", "Full resolution"
#: How deep the images of one data set may lie: time points of channels.
_DEPTH = 2


def is_tiff_name(name: str) -> bool:
    """Whether a file of this name is an image: a TIFF, not hidden, no thumbnail."""
    in_lower = name.lower()
    return (
        in_lower.endswith(TIFF_SUFFIXES)
        and not name.startswith(".")  # includes the "._name" files of macOS
        and ("thumb" not in in_lower or _THUMBNAIL.search(os.path.splitext(name)[0]) is None)
    )


def source_stem(path: Path) -> str:
    """The name of a stack file without ``.tif``, and without ``.ome`` before it."""
    stem = path.stem
    return stem[:-4] if stem.lower().endswith(".ome") and len(stem) > 4 else stem


def list_frames(folder: Path, match: str | None = None) -> list[str]:
    """The names of the TIFF files of a folder in natural order.

    Of a folder without any, those of its subfolders, as ``GFP/t1.tif``, where the names of these
    say that they hold channels, points in time or slices of one data set.

    Raises
    ------
    SourceError
        The folder cannot be listed, or holds no such file.
    """
    names = _frame_names(folder, match) or _names_below(folder, match)
    if not names:
        kind = "TIF images" if match is None else f"TIF images matching {match!r}"
        raise SourceError(f"No {kind} found in {folder}")
    return sorted(names, key=natural_key)


def set_aside(folder: Path, names: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    """How many images lie beside those that `list_frames` found, and what to say of them."""
    taken = set(names)
    thumbnails: list[str] = []
    others: list[str] = []
    for below in dict.fromkeys(name.rpartition("/")[0] for name in names):
        inside = os.listdir(folder / below)
        for name in {f"{below}/{name}" for name in inside} - taken if below else {*inside} - taken:
            base = name.rpartition("/")[2]
            if base.lower().endswith(TIFF_SUFFIXES) and not base.startswith("."):
                (others if is_tiff_name(base) else thumbnails).append(name)
    notes = [left_out_note(thumbnails, "thumbnail", "thumbnails")] if thumbnails else []
    if others:
        notes.append(left_out_note(others, "file of another ending", "files of other endings"))
    return len(thumbnails) + len(others), tuple(notes)


def folders_with_frames(root: Path, match: str | None = None) -> list[Path]:
    """`root` and every folder below it that holds matching TIFFs, in natural order.

    An NDTiff is one of them as a whole, without its smaller copies.
    """
    found = []
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        if match is None and os.path.isfile(os.path.join(folder, FULL_RESOLUTION, NDTIFF_INDEX)):
            subfolders.clear()
            found.append(Path(folder))
        elif any(_belongs(name, match) for name in names):
            found.append(Path(folder))
    return sorted(found, key=lambda path: [natural_key(part) for part in path.parts])


def _belongs(name: str, match: str | None) -> bool:
    """Whether a file is asked for; a pattern of folders is one for the whole path."""
    base = name.rpartition("/")[2]
    if not is_tiff_name(base):
        return False
    return match is None or fnmatchcase(name if "/" in match else base, match)


def _frame_names(folder: Path, match: str | None, below: str = "") -> list[str]:
    """The images in a folder itself; plain TIFFs where there are any, as they may be exports."""
    try:
        with os.scandir(folder) as entries:
            found = [e for e in entries if _belongs(below + e.name, match)]
    except OSError as exc:
        raise SourceError(f"{folder}: cannot be opened ({exc.strerror or exc})") from exc
    odd = [e for e in found if not e.is_file()]
    others = sorted(e.path for e in odd if os.path.exists(e.path) and not e.is_dir())
    if others:  # left out in silence, it would be a frame that is missing
        raise SourceError(
            f"{others[0]}: is no file, but a pipe, socket or device; remove it, or use --match to "
            "choose files"
        )
    dangling = [e.name for e in odd if not os.path.exists(e.path)]
    if dangling:
        raise SourceError(
            f"{folder}: {len(dangling)} of its {len(found)} images are links to files that do not "
            f"exist, the first is {min(dangling, key=natural_key)}; restore them, or choose others "
            "with --match"
        )
    names = [below + e.name for e in found if e.is_file()]
    plain = [name for name in names if name.lower().endswith(_PLAIN_SUFFIXES)]
    return plain or names


def _names_below(folder: Path, match: str | None) -> list[str]:
    """The images of subfolders that make up one data set; none where there are no such folders.

    Raises
    ------
    SourceError
        Subfolders hold images, but are no data set as a whole.
    """
    found = dict(_subfolders(folder, match))
    if not found:
        return []
    names = [name for below in found.values() for name in below]
    is_one = len(found) == 1 and "/" in (match or "")  # the one that was asked for
    if not is_one and not folders_are_axes(list(found)):
        raise SourceError(
            f"No TIF images found in {folder}, but in {counted(len(found), 'subfolder')}; add "
            "--recursive for a video of each, or name them by channel, time point or slice, such "
            "as GFP and mCherry, for one of all"
        )
    try:
        axes_of_names(names, folder)
    except SourceError as exc:
        raise SourceError(f"{exc}, or add --recursive for a video of each subfolder") from None
    return names


def _subfolders(
    folder: Path, match: str | None, below: str = "", depth: int = _DEPTH
) -> Iterator[tuple[str, list[str]]]:
    """Folders that hold images, by their path from the first one, and these images."""
    with os.scandir(folder) as entries:
        inside = [e for e in entries if not e.name.startswith(".") and e.is_dir()]
    for entry in sorted(inside, key=lambda e: natural_key(e.name)):
        path = below + entry.name
        if _THUMBNAIL.search(entry.name):
            continue
        try:
            names = _frame_names(Path(entry.path), match, f"{path}/")
            if names:
                yield path, names
            elif depth > 1:
                yield from _subfolders(Path(entry.path), match, f"{path}/", depth - 1)
        except SourceError as exc:
            if not isinstance(exc.__cause__, OSError):
                raise
            # A folder that we may not look into holds nothing for us.


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
    if digits.startswith("0"):
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
    split = [NUMBER.split(name) for name in names]
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
