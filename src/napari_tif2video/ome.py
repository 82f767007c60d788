"""What OME-XML says about an image. Nothing that it claims is believed here, only read."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from xml.parsers import expat

from .errors import SourceError
from .units import length_um, time_s

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
