"""What OME metadata say, and on which page of which file of a series each plane lies."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from xml.parsers import expat

from ...errors import SourceError
from ...units import length_um, time_s
from .claims import check_planes

# Signed 32-bit RGBA; white is what the schema says where nobody chose.
_WHITE = -1


@dataclass(frozen=True)
class OmeBlock:
    """A run of planes: the first one's place on the grid, the page where it begins, how many."""

    first: dict[str, int]
    page: int
    count: int | None
    file: str | None


@dataclass
class OmeImage:
    """The one image that OME-XML describes.

    Attributes
    ----------
    order : str
        The axes T, C and Z, slowest first.
    sizes : dict
        Their lengths as stated.
    names, colours : list
        Of each channel: what it is called, and its (red, green, blue) or None.
    times_s : dict
        When the planes (t, c, z) were taken, in s, where it is recorded.
    """

    order: str
    sizes: dict[str, int]
    pixel_size_um: float | None
    pixel_height_um: float | None
    frame_interval_s: float | None
    names: list[str] = field(default_factory=list)
    colours: list[tuple[int, int, int] | None] = field(default_factory=list)
    blocks: list[OmeBlock] = field(default_factory=list)
    times_s: dict[tuple[int, int, int], float] = field(default_factory=dict)


def companion_name(xml: str) -> str | None:
    """The file that holds the metadata, where these only say so ("BinaryOnly")."""
    found = re.search(r"<(?:\w+:)?BinaryOnly\b[^>]*\bMetadataFile\s*=\s*([\"'])(.*?)\1", xml)
    return None if found is None else html.unescape(found[2])


def parse_ome(xml: str, where: object) -> OmeImage | None:
    """The image described in a TIFF's description; None where it is no OME-XML.

    Raises
    ------
    SourceError
        The XML is damaged, or describes several images.
    """
    count = len(re.findall(r"<(?:\w+:)?Pixels\b[^>]*>", xml))
    if not count:
        return None
    if count > 1:
        raise SourceError(
            f"{where}: its OME metadata describe {count} images; only files with one image can "
            "be converted"
        )
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.EntityDeclHandler = reader.refuse  # entities can grow without bounds
    try:
        # A declaration of the encoding no longer holds for what is text already.
        parser.Parse(re.sub(r"^\s*<\?xml[^>]*\?>", "", xml).encode("utf-8", "replace"), True)
    except (expat.ExpatError, ValueError) as exc:
        raise SourceError(f"{where}: its OME metadata cannot be read ({exc})") from exc
    return reader.image


class _Reader:
    """Collects attributes while the XML passes by, so that its tree is never in memory."""

    def __init__(self) -> None:
        self.image: OmeImage | None = None
        self._own_uuid = ""
        self._block: dict[str, str] | None = None
        self._file: str | None = None
        self._uuid = ""

    def start(self, tag: str, values: dict[str, str]) -> None:
        name = tag.rsplit(" ", 1)[-1]
        if name == "OME":
            self._own_uuid = values.get("UUID", "")
        elif name == "Pixels":
            self.image = _image(values)
        elif self.image is None:
            return
        elif name == "Channel":
            # A channel of several samples, such as RGB, is one.
            self.image.names.append(values.get("Name", "").strip())
            self.image.colours.append(_colour(values.get("Color")))
        elif name == "TiffData":
            self._block, self._file, self._uuid = values, None, ""
        elif name == "UUID":
            self._file = values.get("FileName")
        elif name == "Plane" and "DeltaT" in values:
            unit = values.get("DeltaTUnit", "s")
            seconds = 0.0 if float(values["DeltaT"]) == 0 else time_s(values["DeltaT"], unit)
            if seconds is not None:
                place = (int(values.get(f"The{axis}", 0)) for axis in "TCZ")
                self.image.times_s[tuple(place)] = seconds  # type: ignore[index]

    def text(self, data: str) -> None:
        if self._block is not None:
            self._uuid += data.strip()

    def end(self, tag: str) -> None:
        if tag.rsplit(" ", 1)[-1] != "TiffData" or self._block is None or self.image is None:
            return
        values, self._block = self._block, None
        stated = values.get("PlaneCount", values.get("NumPlanes"))
        count = int(stated) if stated else 1 if "IFD" in values else None
        first = {axis: int(values.get(f"First{axis}", 0)) for axis in "TCZ"}
        is_own = self._file is None or (self._uuid and self._uuid == self._own_uuid)
        file = None if is_own else self._file
        self.image.blocks.append(OmeBlock(first, int(values.get("IFD", 0)), count, file))

    def refuse(self, *_: object) -> None:
        raise ValueError("it declares entities")


def _image(values: dict[str, str]) -> OmeImage:
    order = values.get("DimensionOrder", "XYCZT")[2:]
    if sorted(order) != ["C", "T", "Z"]:
        raise ValueError(f"unknown order {values['DimensionOrder']!r}")
    x, y = (
        length_um(values.get(f"PhysicalSize{a}"), values.get(f"PhysicalSize{a}Unit", "um"))
        for a in "XY"
    )
    return OmeImage(
        order=order[::-1],
        sizes={axis: max(1, int(values.get(f"Size{axis}", 1))) for axis in "TCZ"},
        pixel_size_um=x,
        pixel_height_um=y,
        frame_interval_s=time_s(values.get("TimeIncrement"), values.get("TimeIncrementUnit", "s")),
    )


def _colour(value: str | None) -> tuple[int, int, int] | None:
    if value is None or int(value) == _WHITE:
        return None
    rgba = int(value) & 0xFFFFFFFF
    red, green, blue = rgba >> 24, rgba >> 16 & 255, rgba >> 8 & 255
    return (red, green, blue) if red or green or blue else None


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
    check_planes(stated, path)
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
