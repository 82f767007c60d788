"""What OME metadata say, and on which page of which file of a series each plane lies."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path
from xml.parsers import expat

from ...errors import SourceError
from ...units import length_um, time_s
from ..folder import is_tiff_name
from .claims import check_metadata, check_planes
from .files import opened

# How channels are shown, before or behind their pixels, in versions of OME until 2008.
_DISPLAYED = ("RedChannel", "GreenChannel", "BlueChannel", "GreyChannel")
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
    """One of the images that OME-XML describes: all of a file, or one position of several.

    Attributes
    ----------
    name : str
        What it is called; empty where it has no name.
    order : str
        The axes T, C and Z, slowest first.
    sizes : dict
        Their lengths as stated.
    names, colours : list
        Of each channel: what it is called, and its (red, green, blue) or None.
    times_s : dict
        When the planes (t, c, z) were taken, in s, where it is recorded.
    limits : dict
        The display range of channels by their number, which old versions of OME have.
    """

    order: str
    sizes: dict[str, int]
    pixel_size_um: float | None
    pixel_height_um: float | None
    z_spacing_um: float | None
    frame_interval_s: float | None
    name: str = ""
    names: list[str] = field(default_factory=list)
    colours: list[tuple[int, int, int] | None] = field(default_factory=list)
    blocks: list[OmeBlock] = field(default_factory=list)
    times_s: dict[tuple[int, int, int], float] = field(default_factory=dict)
    limits: dict[int, tuple[float, float]] = field(default_factory=dict)


def parse_ome(xml: str, where: object) -> tuple[tuple[OmeImage, ...], str | None]:
    """The images described in a TIFF's description, and the file that has the metadata instead.

    Nothing of both, where it is no OME-XML. Time and memory are linear in the length of the text.

    Raises
    ------
    SourceError
        The XML is damaged.
    """
    if not xml.lstrip().startswith("<") or not ("Pixels" in xml or "BinaryOnly" in xml):
        return (), None
    reader = _Reader()
    # What is text already has no other encoding, whatever its declaration says.
    parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.EntityDeclHandler = reader.refuse  # entities can grow without bounds
    try:
        parser.Parse(xml.lstrip().encode("utf-8", "replace"), True)
    except (expat.ExpatError, ValueError) as exc:
        if not reader.is_ome:
            return (), None
        raise SourceError(f"{where}: its OME metadata cannot be read ({exc})") from exc
    return tuple(reader.images), reader.companion


class _Reader:
    """Collects attributes while the XML passes by, so that its tree is never in memory."""

    def __init__(self) -> None:
        self.images: list[OmeImage] = []
        self.companion: str | None = None
        self.is_ome = False
        self._name = ""
        self._limits: dict[int, tuple[float, float]] = {}
        self._image: OmeImage | None = None
        self._own_uuid = ""
        self._block: dict[str, str] | None = None
        self._file: str | None = None
        self._uuid = ""

    def start(self, tag: str, values: dict[str, str]) -> None:
        name = tag.rsplit(" ", 1)[-1]
        if name == "OME":
            self.is_ome = True
            self._own_uuid = values.get("UUID", "")
        elif name == "BinaryOnly":
            self.companion = values.get("MetadataFile")
        elif name == "Image":
            self._name = values.get("Name", "").strip()
            self._limits = {}
        elif name == "Pixels":
            self._image = replace(_image(values, self._name), limits=self._limits)
            self.images.append(self._image)
        elif name in _DISPLAYED and {"ChannelNumber", "BlackLevel", "WhiteLevel"} <= values.keys():
            low, high = float(values["BlackLevel"]), float(values["WhiteLevel"])
            if low < high:
                self._limits[int(values["ChannelNumber"])] = low, high
        elif self._image is not None:
            self._of_image(self._image, name, values)

    def _of_image(self, image: OmeImage, name: str, values: dict[str, str]) -> None:
        if name == "Channel":
            # A channel of several samples, such as RGB, is one.
            image.names.append(values.get("Name", "").strip())
            image.colours.append(_colour(values.get("Color")))
        elif name == "TiffData":
            self._block, self._file, self._uuid = values, None, ""
        elif name == "UUID":
            self._file = values.get("FileName")
        elif name == "Plane" and "DeltaT" in values:
            _add_time(image, values)

    def text(self, data: str) -> None:
        if self._block is not None:
            self._uuid += data.strip()

    def end(self, tag: str) -> None:
        name = tag.rsplit(" ", 1)[-1]
        if name == "Pixels":
            self._image = None
        if name != "TiffData" or self._block is None or self._image is None:
            return
        values, self._block = self._block, None
        stated = values.get("PlaneCount", values.get("NumPlanes"))
        count = int(stated) if stated else 1 if "IFD" in values else None
        first = {axis: int(values.get(f"First{axis}", 0)) for axis in "TCZ"}
        is_own = self._file is None or (self._uuid and self._uuid == self._own_uuid)
        file = None if is_own else self._file
        self._image.blocks.append(OmeBlock(first, int(values.get("IFD", 0)), count, file))

    def refuse(self, *_: object) -> None:
        raise ValueError("it declares entities")


def _add_time(image: OmeImage, values: dict[str, str]) -> None:
    unit = values.get("DeltaTUnit", "s")
    seconds = 0.0 if float(values["DeltaT"]) == 0 else time_s(values["DeltaT"], unit)
    if seconds is not None:
        t, c, z = (int(values.get(f"The{axis}", 0)) for axis in "TCZ")
        image.times_s[t, c, z] = seconds


def _image(values: dict[str, str], name: str) -> OmeImage:
    order = values.get("DimensionOrder", "XYCZT")[2:]
    if sorted(order) != ["C", "T", "Z"]:
        raise ValueError(f"unknown order {values['DimensionOrder'][:40]!r}")
    x, y, z = (
        length_um(values.get(f"PhysicalSize{a}"), values.get(f"PhysicalSize{a}Unit", "um"))
        for a in "XYZ"
    )
    return OmeImage(
        order=order[::-1],
        sizes={axis: max(1, int(values.get(f"Size{axis}", 1))) for axis in "TCZ"},
        pixel_size_um=x,
        pixel_height_um=y,
        z_spacing_um=z,
        name=name,
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


@dataclass(frozen=True)
class Members:
    """The planes of a series that lie in several files, in the order of its axes.

    Attributes
    ----------
    names : tuple of str
        The files, all in one folder.
    files, pages : tuple of int
        Of each plane, the number of its file, and its own in there.
    """

    names: tuple[str, ...]
    files: tuple[int, ...]
    pages: tuple[int, ...]

    def name(self, index: int) -> str:
        """The file of a plane."""
        return self.names[self.files[index]]

    def select(self, indices: Sequence[int]) -> Members:
        """These planes, in this order, with the names of no other files than theirs."""
        used = sorted({self.files[i] for i in indices})
        place = {file: number for number, file in enumerate(used)}
        return Members(
            tuple(self.names[file] for file in used),
            tuple(place[self.files[i]] for i in indices),
            tuple(self.pages[i] for i in indices),
        )


def ome_of(description: str, path: Path) -> tuple[OmeImage, ...]:
    """What the description in a TIFF says, or the companion file in its folder that it names.

    Without that companion, a file is taken as it is. Empty where there is no OME-XML.
    """
    images, name = parse_ome(description, path)
    if images or name is None:
        return images
    companion = path.parent / name
    if not _lies_beside(path, name) or not companion.is_file():
        return ()
    if is_tiff_name(name):
        return _of_master(companion)
    check_metadata(companion)
    try:
        return parse_ome(companion.read_text(encoding="utf-8-sig"), companion)[0]
    except (OSError, UnicodeDecodeError) as exc:
        raise SourceError(f"{companion}: the OME metadata cannot be read ({exc})") from exc


def _of_master(path: Path) -> tuple[OmeImage, ...]:
    """The images that another TIFF of the series describes, with its own blocks under its name."""
    with opened(path) as tif:
        images = parse_ome(tif.pages.first.description, path)[0]
    for image in images:
        image.blocks = [
            b if b.file is not None else replace(b, file=path.name) for b in image.blocks
        ]
    return images


@dataclass(frozen=True)
class Placement:
    """Of each plane, in the order of the axes in the metadata: the number of its file, or -1 where
    none is named, and its page there.

    Attributes
    ----------
    is_clear : bool
        No plane has two places, and no page stands for two planes.
    """

    files: list[int]
    pages: list[int]
    is_clear: bool


def placed(ome: OmeImage, sizes: Mapping[str, int], rooms: Mapping[str | None, int]) -> Placement:
    """Where the blocks of an image put its planes.

    The only reader of blocks: for the planes in one file, and for those in several.

    Parameters
    ----------
    rooms : mapping
        How many pages each file can have, by the name of the file as in `OmeBlock`. Other files
        count as not there.
    """
    stated = prod(sizes.values())
    files, pages = [-1] * stated, [0] * stated
    number = {name: i for i, name in enumerate(rooms)}
    blocks = ome.blocks or [OmeBlock(dict.fromkeys("TCZ", 0), 0, None, next(iter(rooms)))]
    usable: list[tuple[int, OmeBlock]] = []
    for block in blocks:
        if all(0 <= block.first[axis] < n for axis, n in sizes.items()) and block.page >= 0:
            start = 0
            for axis in ome.order:
                start = start * sizes[axis] + block.first[axis]
            usable.append((start, block))
    starts = sorted({start for start, _ in usable})
    left, is_clear = stated, True
    for start, block in usable:
        if block.file not in number:
            continue
        room = rooms[block.file] - block.page
        # Without a number of planes, a block reaches to where the next one begins.
        following = bisect_right(starts, start)
        end = starts[following] if following < len(starts) else stated
        count = min(room, end - start if block.count is None else block.count, stated - start)
        left -= max(count, 0)
        if left < 0:  # never more work than there are planes, whatever is claimed
            is_clear = False
            break
        for i in range(count):
            is_clear &= files[start + i] < 0
            files[start + i], pages[start + i] = number[block.file], block.page + i
    found = [place for place in zip(files, pages, strict=True) if place[0] >= 0]
    return Placement(files, pages, is_clear and len(set(found)) == len(found))


def members_of(ome: OmeImage, sizes: Mapping[str, int], path: Path) -> Members:
    """Find the planes of a series; the files have to lie beside `path`, and none is opened.

    Raises
    ------
    SourceError
        A file lies elsewhere or is not there, or planes are missing.
    """
    named = dict.fromkeys(block.file for block in ome.blocks)
    names = [path.name if file is None else file for file in named]
    rooms = {f: _most_pages(path, n) for f, n in zip(named, names, strict=True)}
    stated = prod(sizes.values())
    if stated > sum(rooms.values()):
        raise SourceError(
            f"{path}: its OME metadata state {stated} planes, more than its {len(names)} files "
            "can hold; convert the folder"
        )
    check_planes(stated, path)
    found = placed(ome, sizes, rooms)
    if not found.is_clear:
        raise SourceError(
            f"{path}: its OME metadata put several planes on one page, or one on several; it is "
            "not clear which is which"
        )
    missing = found.files.count(-1)
    if missing:
        raise SourceError(f"{path}: {missing} of {stated} planes are missing; convert the folder")
    return Members(tuple(names), tuple(found.files), tuple(found.pages))


def _most_pages(path: Path, name: str) -> int:
    """How many pages a file beside `path` can have at most."""
    file = path.parent / name
    if not _lies_beside(path, name):
        raise SourceError(
            f"{path}: its OME metadata name the file {name[:200]!r}, which is not in its folder; "
            "only files that lie together are read"
        )
    try:
        return os.stat(file).st_size // _MIN_PAGE_BYTES
    except OSError as exc:
        raise SourceError(
            f"{path}: its OME metadata name the file {name[:200]}, which cannot be opened "
            f"({exc.strerror or exc}); convert the folder"
        ) from exc


def _lies_beside(path: Path, name: str) -> bool:
    """Whether a name leads to a file in the folder of `path`, by no detour."""
    file = path.parent / name
    # Names with "/" or "\\", and links, lead out of the folder.
    is_plain = name == os.path.basename(name) and "\\" not in name and name not in ("", ".", "..")
    return is_plain and os.path.realpath(file.parent) == os.path.dirname(os.path.realpath(file))
