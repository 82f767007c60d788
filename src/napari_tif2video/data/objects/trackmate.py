"""TrackMate's XML: a whole model, or tracks that were exported.

It is read in one pass, with memory for the positions and links alone; entities are refused.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from pathlib import Path
from typing import Any
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from ...errors import SourceError
from ..tiff import check_bound
from .positions import MAX_NUMBER, Positions
from .table import file_digest

#: Bytes of a file; each spot takes one to three kB of features.
MAX_XML_BYTES = 2 << 30
_MAX_SPOTS = 5_000_000
_PIXELS = ("pixel", "pixels", "px", "")


def read_trackmate(path: Path) -> Positions:
    """The tracks of a file: of a model, those that its filter let pass.

    A track that splits or merges becomes branches: the first has the number of the track, the
    others those behind the largest one.

    Raises
    ------
    SourceError
        It is damaged, or holds no tracks.
    """
    reader = _Reader(path)
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EntityDeclHandler = reader.refuse  # entities can grow without bounds
    try:
        check_bound(path.stat().st_size, MAX_XML_BYTES, "has {} bytes of XML", path)
        with open(path, "rb") as file:
            parser.ParseFile(file)
        return reader.model(path) if reader.root == "TrackMate" else reader.exported(path)
    except OSError as exc:
        raise SourceError(f"{path}: cannot be opened ({exc.strerror or exc})") from exc
    except (expat.ExpatError, LookupError, ValueError, OverflowError) as exc:
        reason = f"no {exc}" if isinstance(exc, KeyError) else exc
        raise SourceError(f"{path}: cannot be read as TrackMate's XML ({reason})") from exc


def _number(text: str) -> int:
    """A number of a spot or track, which floats hold."""
    number = int(text)
    if abs(number) > MAX_NUMBER:
        raise ValueError(f"{text[:40]} is no number of a spot or track")
    return number


class _Reader:
    """Collects positions and links while the XML passes by."""

    def __init__(self, path: Path) -> None:
        self.root = ""
        self._path = path
        self._columns = {name: array("d") for name in ("id", "t", "x", "y", "z", "track")}
        self._hidden = 0
        self._edges: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._kept: set[int] | None = None
        self._track = -1
        self._frame = ""
        self._unit = ""
        self._image: dict[str, str] = {}

    def start(self, tag: str, values: dict[str, str]) -> None:
        if not self.root:
            self.root = tag
            if tag not in ("TrackMate", "Tracks"):
                raise ValueError(f"it begins with {tag[:40]!r}")
            self._unit = values.get("spaceUnits", "")
        elif self.root == "Tracks":
            if tag == "particle":
                self._track += 1
            elif tag == "detection":
                self._add(-1, values["t"], values["x"], values["y"], values.get("z", "0"))
        else:
            self._of_model(tag, values)

    def _of_model(self, tag: str, values: dict[str, str]) -> None:
        if tag == "Spot":
            frame = values.get("FRAME", self._frame)
            if values.get("VISIBILITY", "1") == "0":
                self._hidden += 1
            place = (values["POSITION_X"], values["POSITION_Y"], values.get("POSITION_Z", "0"))
            self._add(_number(values["ID"]), frame, *place)
        elif tag == "SpotsInFrame":
            self._frame = values["frame"]
        elif tag == "Track":
            self._track = _number(values["TRACK_ID"])
        elif tag == "Edge":
            ends = _number(values["SPOT_SOURCE_ID"]), _number(values["SPOT_TARGET_ID"])
            self._edges[self._track].append(ends)
        elif tag == "FilteredTracks":
            self._kept = set()
        elif tag == "TrackID" and self._kept is not None:
            self._kept.add(_number(values["TRACK_ID"]))
        elif tag == "Model":
            self._unit = values.get("spatialunits", "")
        elif tag == "ImageData":
            self._image = values

    def _add(self, number: int, *values: str) -> None:
        columns = self._columns
        columns["id"].append(number)
        for name, value in zip(("t", "x", "y", "z"), values, strict=True):
            columns[name].append(float(value))
        columns["track"].append(self._track)
        check_bound(len(columns["id"]), _MAX_SPOTS, "has {} spots", self._path)

    def refuse(self, *_: object) -> None:
        raise ValueError("it declares entities")

    def exported(self, path: Path) -> Positions:
        """Tracks without branches, as "Export tracks to XML file" writes them."""
        found = self._arrays()
        if not len(found["x"]):
            raise SourceError(f"{path}: holds no tracks")
        unit = "" if self._unit.strip().lower() in _PIXELS else self._unit.strip()
        return Positions(
            found["y"],
            found["x"],
            found["t"],
            found["z"],
            ids=found["track"],
            unit=unit,
            file=path.name,
            digest=file_digest(path),
        )

    def model(self, path: Path) -> Positions:
        found = self._arrays()
        kept = [track for track in self._edges if self._kept is None or track in self._kept]
        if not kept:
            raise SourceError(f"{path}: holds no tracks; it has {len(found['x'])} spots")
        rows, ids, kin, links = self._branches(found["id"], found["t"], kept)
        unit, x, y, z, notes = self._in_pixels(found)
        alone = len(x) - len(np.unique(rows)) - self._hidden
        if alone > 0:
            notes += (f"{alone} spots of {path.name} belong to no track that is drawn",)
        if len(kept) < len(self._edges):
            left = len(self._edges) - len(kept)
            notes += (f"{left} tracks of {path.name} did not pass its filter, and are left out",)
        return Positions(
            y[rows],
            x[rows],
            found["t"][rows],
            z[rows],
            ids=ids,
            kin=kin,
            links=links,
            unit=unit,
            file=path.name,
            digest=file_digest(path),
            size=self._size(),
            notes=notes,
        )

    def _arrays(self) -> dict[str, NDArray[np.float64]]:
        return {name: np.frombuffer(column) for name, column in self._columns.items()}

    def _size(self) -> tuple[int, int] | None:
        try:
            height, width = int(self._image["height"]), int(self._image["width"])
        except (KeyError, ValueError):
            return None
        return (height, width) if height > 0 and width > 0 else None

    def _in_pixels(self, found: dict[str, Any]) -> tuple[str, Any, Any, Any, tuple[str, ...]]:
        """Positions by the calibration of the file, where it has one."""
        x, y, z = (found[name] for name in "xyz")
        try:
            sizes = [float(self._image[f"pixel{side}"]) for side in ("width", "height")]
            depth = float(self._image.get("voxeldepth", 1)) or 1.0
        except (KeyError, ValueError):
            sizes, depth = [], 1.0
        unit = self._unit.strip()
        if not sizes or not all(np.isfinite(size) and size > 0 for size in sizes):
            return ("" if unit.lower() in _PIXELS else unit), x, y, z, ()
        notes: tuple[str, ...] = ()
        if sizes != [1.0, 1.0]:
            notes = (
                f"positions of {self._path.name} are in {unit}, and made pixels by its own "
                f"calibration, {sizes[0]:.6g} {unit} a pixel",
            )
        return "", x / sizes[0], y / sizes[1], z / depth, notes

    def _branches(
        self, numbers: NDArray[np.float64], t: NDArray[np.float64], kept: list[int]
    ) -> tuple[Any, Any, Any, NDArray[np.int64]]:
        """The row, branch and track of each spot of each branch, and which branches are linked."""
        row_of = {int(number): row for row, number in enumerate(numbers)}
        rows, ids, kin, links = array("q"), array("d"), array("d"), []
        following = max(kept) + 1
        for track in kept:
            forward, backward = defaultdict(list), defaultdict(list)
            for ends in dict.fromkeys(self._edges[track]):
                a, b = sorted((row_of[end] for end in ends), key=lambda row: t[row])
                if a != b:
                    forward[a].append(b)
                    backward[b].append(a)
            is_straight = {
                row: len(backward[row]) == 1 and len(forward[backward[row][0]]) == 1
                for row in sorted({*forward, *backward}, key=lambda row: t[row])
            }
            branch_of: dict[int, int] = {}
            for head, is_inner in is_straight.items():
                if is_inner:
                    continue
                branch = following if branch_of else track
                following += bool(branch_of)
                row = head
                while True:
                    branch_of[row] = branch
                    rows.append(row)
                    ids.append(branch)
                    kin.append(track)
                    ahead = forward[row]
                    if len(ahead) != 1 or not is_straight[ahead[0]]:
                        break
                    row = ahead[0]
            links += [
                (branch_of[a], branch_of[b])
                for b in branch_of
                if not is_straight[b]
                for a in backward[b]
            ]
        pairs = np.array(links, np.int64).reshape(-1, 2)
        return np.frombuffer(rows, np.int64), np.frombuffer(ids), np.frombuffer(kin), pairs
