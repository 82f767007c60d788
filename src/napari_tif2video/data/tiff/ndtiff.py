"""NDTiff, the format of Micro-Manager 2: an index says in which file each plane lies, and where.

A data set is a folder with `NDTiff.index` and TIFF files of up to 4 GB; version 2 has it one level
down, in "Full resolution". The index alone decides what is read: pages of the TIFF files are not
walked through. (Format: https://github.com/micro-manager/NDStorage.)
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from tifffile import read_ndtiff_index

from ...colours import ChannelInfo
from ...errors import DAMAGED, SourceError, one_line
from ...geometry import CropBox
from ...units import positive
from ..calibration import Calibration, believable
from ..fields import natural_key
from ..folder import FULL_RESOLUTION
from ..folder import NDTIFF_INDEX as INDEX
from ..memory import thread_buffer
from ..stack import FrameFormat, Stack
from .claims import check_metadata
from .files import check_findings, opened, stamps, translated
from .metadata import as_shown, mean_step
from .ome import Members
from .pages import Frame
from .stacks import with_axes

_ORIGIN = "from Micro-Manager metadata"

# By the number of the pixel type; 10 to 14 bits are stored in 16.
_TYPES = {0: ("u1", ()), 1: ("<u2", ()), 2: ("u1", (3,))} | dict.fromkeys(range(3, 7), ("<u2", ()))

_LETTERS = {"time": "T", "channel": "C", "z": "Z"}
# What tells places apart: fields on the stage, and tiles of a mosaic.
_PLACES = ("position", "row", "column")
_SPARE_LETTERS = "RAVGHEFKLMNOUWDBJ"

_ELAPSED = re.compile(rb'"ElapsedTime-ms"\s*:\s*"?(-?\d+(?:\.\d+)?)')


@dataclass(frozen=True)
class _Plane:
    """A line of the index: where on the axes a plane stands, and where in which file it lies."""

    axes: dict[str, int | str]
    file: str
    offset: int
    size: tuple[int, int]
    kind: int
    meta: tuple[int, int]
    number: int

    @property
    def format(self) -> FrameFormat:
        dtype, samples = _TYPES[self.kind]
        return FrameFormat((*self.size, *samples), np.dtype(dtype).newbyteorder("="))


def dataset_of(path: Path) -> Path | None:
    """The folder with the index, if `path` is a data set or one of its files."""
    folders = (path, path / FULL_RESOLUTION) if path.is_dir() else (path.parent,)
    for folder in folders:
        if (folder / INDEX).is_file() and (path.is_dir() or _names_file(folder, path.name)):
            return folder
    return None


def _names_file(folder: Path, name: str) -> bool:
    try:
        return name.encode() in _index_bytes(folder)
    except OSError:
        return False


def _index_bytes(folder: Path) -> bytes:
    index = folder / INDEX
    check_metadata(index)
    return index.read_bytes()


def open_dataset(folder: Path, source: Path, name: str) -> Stack:
    """All planes of a data set, or several positions of which one has to be chosen.

    Raises
    ------
    SourceError
        Files are not there or cut off, or planes are missing.
    """
    planes = _planes(folder)
    names = sorted({plane.file for plane in planes}, key=natural_key)
    summary = _summary(folder / names[0])
    fields = [f for f in _PLACES if any(f in plane.axes for plane in planes)]
    places: dict[tuple[int | str, ...], list[_Plane]] = {}
    for plane in planes:
        places.setdefault(tuple(plane.axes.get(f, 0) for f in fields), []).append(plane)
    keys = sorted(places, key=lambda key: [natural_key(str(value)) for value in key])
    stacks = [_stack(folder, places[key], summary, source, name) for key in keys]
    stack = stacks[0]
    if len(stacks) > 1:
        called = [_place_name(folder, fields, key, places[key][0]) for key in keys]
        stack = Stack((), name, source, images=tuple(stacks), image_names=tuple(called))
    notes: tuple[str, ...] = ()
    if len(names) > 1:
        notes += (f"read from {len(names)} files, by its index",)
    smaller = sorted((f.name for f in folder.parent.glob("Downsampled_x*")), key=natural_key)
    if folder.name == FULL_RESOLUTION and smaller:
        notes += (f"its smaller copies are left out: {', '.join(smaller)}",)
    return replace(stack, notes=(*notes, *stack.notes))


def _planes(folder: Path) -> list[_Plane]:
    """The lines of the index, the last one of those for the same place; all of them are sound."""
    index = folder / INDEX
    found: dict[tuple[tuple[str, int | str], ...], _Plane] = {}
    sizes: dict[str, int] = {}
    with translated(index):
        check_metadata(index)
        for number, line in enumerate(read_ndtiff_index(index)):
            axes, file, offset, width, height, kind, compression, *meta = line
            if kind not in _TYPES or compression or meta[2] or min(width, height) < 1:
                raise SourceError(f"{index}: has planes of a kind that is not known")
            plane = _Plane(axes, file, offset, (height, width), kind, (meta[0], meta[1]), number)
            if file not in sizes:
                sizes[file] = _size(folder, file)
            if offset + plane.format.nbytes > sizes[file]:
                raise SourceError(f"{folder / file}: ends before a plane of its index; {DAMAGED}")
            found[tuple(sorted(axes.items()))] = plane
    check_findings(index)
    if not found:
        raise SourceError(f"{index}: names no plane; the data set is damaged or empty")
    return list(found.values())


def _size(folder: Path, name: str) -> int:
    if name != os.path.basename(name) or "\\" in name:
        raise SourceError(f"{folder / INDEX}: names a file outside of its folder; it is not read")
    try:
        return os.stat(folder / name).st_size
    except OSError as exc:
        raise SourceError(
            f"{folder / INDEX}: names the file {one_line(name)}, which cannot be opened "
            f"({exc.strerror or exc})"
        ) from exc


def _summary(path: Path) -> dict[str, Any]:
    with opened(path) as tif:
        meta = tif.micromanager_metadata or {}
    summary = meta.get("Summary", {})
    return summary if isinstance(summary, dict) else {}


def _place_name(
    folder: Path, fields: Sequence[str], key: tuple[int | str, ...], plane: _Plane
) -> str:
    """What a position is called, such as "Pos0" or "row 0 column 1"."""
    if list(fields) != ["position"]:
        return " ".join(f"{field} {value}" for field, value in zip(fields, key, strict=True))
    if isinstance(key[0], str):
        return key[0]
    said = _metadata(folder, plane).get("PositionName")
    return said if isinstance(said, str) and said else f"Pos{key[0]}"


def _metadata(folder: Path, plane: _Plane) -> dict[str, Any]:
    """What was written beside a plane; empty where it cannot be read."""
    try:
        found = json.loads(_metadata_bytes(folder, [plane])[0])
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _metadata_bytes(folder: Path, planes: Iterable[_Plane]) -> list[bytes]:
    texts = []
    for file, some in groupby(planes, lambda plane: plane.file):
        with open(folder / file, "rb") as handle:
            for plane in some:
                handle.seek(plane.meta[0])
                texts.append(handle.read(min(max(plane.meta[1], 0), 1 << 20)))
    return texts


def _stack(
    folder: Path, planes: Sequence[_Plane], summary: Mapping[str, Any], source: Path, name: str
) -> Stack:
    """The planes of one position on their grid, as far as it is whole."""
    fields = [f for f in dict.fromkeys(f for p in planes for f in p.axes) if f not in _PLACES]
    letters = _letters(fields)
    fields.sort(key=lambda field: "TCZ".find(letters[field]))
    values = [_values(planes, field, summary) for field in fields]
    grid = {tuple(plane.axes.get(field, 0) for field in fields): plane for plane in planes}
    values, notes = _whole(values, grid, fields, source)
    ordered = [grid[place] for place in product(*values)]
    form = ordered[0].format
    for plane in ordered:
        form.check(plane.format, folder / plane.file, ordered[0].file)
    names = tuple(dict.fromkeys(plane.file for plane in ordered))
    number = {file: i for i, file in enumerate(names)}
    planes_of = Members(
        names,
        tuple(number[plane.file] for plane in ordered),
        tuple(plane.number for plane in ordered),
    )
    frames = IndexedFrames(folder, planes_of, tuple(plane.offset for plane in ordered), form)
    lengths = [len(along) for along in values]
    sizes = tuple((letters[field], n) for field, n in zip(fields, lengths, strict=True) if n > 1)
    step = prod(n for field, n in zip(fields, lengths, strict=True) if field != "time")
    times = ordered[:: max(step, 1)] if "time" in fields else ordered[:1]
    calibration, said = _calibration(folder, times, summary)
    stack = Stack(
        (),
        name,
        source,
        notes=(*notes, *said),
        channel_info=_channels(folder, fields, values, grid, summary),
        calibration=calibration,
        left_out=len(planes) - len(ordered),
    )
    return with_axes(stack, frames, sizes)


def _letters(fields: Sequence[str]) -> dict[str, str]:
    """A letter for each axis: its own where it is free."""
    letters = {field: _LETTERS[field] for field in fields if field in _LETTERS}
    for field in fields:
        if field not in letters:
            free = [c for c in field[:1].upper() + _SPARE_LETTERS if c in _SPARE_LETTERS]
            letters[field] = next(c for c in free if c not in letters.values())
    return letters


def _values(planes: Sequence[_Plane], field: str, summary: Mapping[str, Any]) -> list[int | str]:
    """The places along an axis in order: numbers by size, names as the program lists them."""
    found = list(dict.fromkeys(plane.axes.get(field, 0) for plane in planes))
    if all(isinstance(value, int) for value in found):
        return sorted(found, key=int)
    listed = summary.get("ChNames") if field == "channel" else None
    if isinstance(listed, list) and set(found) <= set(map(str, listed)):
        return sorted(found, key=lambda value: list(map(str, listed)).index(str(value)))
    return found


def _whole(
    values: list[list[int | str]],
    grid: Mapping[tuple[int | str, ...], _Plane],
    fields: Sequence[str],
    source: Path,
) -> tuple[list[list[int | str]], tuple[str, ...]]:
    """The time points of which every plane is there: an acquisition may have been stopped."""
    missing = prod(len(along) for along in values) - len(grid)
    if not missing:
        return values, ()
    # No more work than there are planes, whatever the index claims.
    if fields[0] == "time" and prod(len(along) for along in values[1:]) <= len(grid):
        others = list(product(*values[1:]))
        whole = [time for time in values[0] if all((time, *other) in grid for other in others)]
        if whole:
            note = (
                f"{len(values[0]) - len(whole)} of {len(values[0])} time points are left out, as "
                "some of their planes are missing"
            )
            return [whole, *values[1:]], (note,)
    raise SourceError(
        f"{source}: {missing} of {missing + len(grid)} planes along {', '.join(fields)} are "
        "missing, and nothing is there for all of them"
    )


def _channels(
    folder: Path,
    fields: Sequence[str],
    values: Sequence[Sequence[int | str]],
    grid: Mapping[tuple[int | str, ...], _Plane],
    summary: Mapping[str, Any],
) -> tuple[ChannelInfo, ...]:
    """What channels are called: in the index, in the summary, or beside their first planes."""
    if "channel" not in fields:
        return ()
    at = fields.index("channel")
    listed = summary.get("ChNames")
    names = []
    for value in values[at]:
        name = value if isinstance(value, str) else ""
        if isinstance(value, int) and isinstance(listed, list) and 0 <= value < len(listed):
            name = str(listed[value])
        if not name:
            place = tuple(value if i == at else along[0] for i, along in enumerate(values))
            name = str(_metadata(folder, grid[place]).get("Channel", ""))
        names.append(name)
    if len(set(names)) < len(names):
        return (ChannelInfo(),) * len(names)
    # The program writes that in the topmost folder.
    top = folder.parent if folder.name == FULL_RESOLUTION else folder
    info = as_shown([ChannelInfo(name) for name in names], top)
    if len(info) == 1:  # a single channel is grey, whatever colour it would have among others
        info = [replace(info[0], colours=None)]
    return tuple(info)


def _calibration(
    folder: Path, planes: Sequence[_Plane], summary: Mapping[str, Any]
) -> tuple[Calibration, tuple[str, ...]]:
    """Pixel size, slice distance and the times of these planes, one for each time point."""
    with translated(folder):
        texts = _metadata_bytes(folder, planes)
    first = _metadata(folder, planes[0])
    pixel, notes = believable(positive(first.get("PixelSizeUm")), _ORIGIN, default_um=1.0)
    spacing = positive(summary.get("z-step_um"))
    found = [_ELAPSED.search(text) for text in texts]
    times = None
    if len(found) > 1 and all(found):
        times = tuple(float(match[1]) / 1000 for match in found if match)
    interval = None if times is None else mean_step(times)
    if interval is None:
        times = None
        interval_ms = positive(summary.get("Interval_ms"))
        interval = None if interval_ms is None else interval_ms / 1000
    origin = "" if interval is None else "mean of the plane times " * (times is not None) + _ORIGIN
    calibration = Calibration(
        pixel,
        "" if pixel is None else _ORIGIN,
        interval,
        origin,
        times,
        z_spacing_um=spacing,
    )
    return calibration, notes


@dataclass(frozen=True)
class IndexedFrames:
    """Plain pixels at known offsets in several files of a folder.

    Attributes
    ----------
    planes : Members
        Files and places in the index, which name the planes in messages.
    """

    folder: Path
    planes: Members
    offsets: tuple[int, ...]
    format: FrameFormat
    chunk_starts = None

    def __len__(self) -> int:
        return len(self.offsets)

    def label(self, index: int) -> str:
        return f"plane {self.planes.pages[index] + 1} of {self.planes.name(index)}"

    def select(self, indices: Sequence[int]) -> IndexedFrames:
        offsets = tuple(self.offsets[i] for i in indices)
        return replace(self, planes=self.planes.select(indices), offsets=offsets)

    def identity(self) -> object:
        return stamps(self.folder, self.planes.names), self.planes.files, self.offsets

    def read_frames(self, box: CropBox) -> Iterator[Frame]:
        stored = self.format.dtype.newbyteorder("<")
        planes = zip(self.planes.files, self.offsets, self.planes.pages, strict=True)
        for file, some in groupby(planes, lambda plane: plane[0]):
            path = self.folder / self.planes.names[file]
            with translated(path), open(path, "rb", buffering=0) as handle:
                for _, offset, number in some:
                    frame = thread_buffer("file", self.format.shape, stored)
                    handle.seek(offset)
                    if handle.readinto(frame.reshape(-1).view(np.uint8).data) != frame.nbytes:
                        raise SourceError(
                            f"{path}: ends within plane {number + 1} of the index; it is damaged"
                        )
                    native = frame.astype(self.format.dtype, copy=False)
                    yield native[box.rows, box.columns]
