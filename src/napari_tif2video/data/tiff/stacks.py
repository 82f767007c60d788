"""Files and folders as stacks, and how their planes are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import prod
from os.path import join
from pathlib import Path

from tifffile import TiffFile, TiffPage

from ...colours import ChannelInfo, Display
from ...errors import SourceError
from ...geometry import Box
from ..folder import find_gaps, places
from ..memory import thread_buffer
from ..names import NamedAxes, axes_of_names
from ..planes import FramePlanes
from ..stack import Channel, FrameFormat, Frames, Stack
from .layout import Layout, Sizes, canonical, has_planes_behind, layout_of, ome_sizes
from .metadata import calibration_of, channels_of
from .ome import Members, OmeImage, members_of, ome_of
from .pages import (
    Alike,
    Frame,
    alike,
    full_pages,
    opened,
    page_format,
    read_page,
    single_page,
    translated,
)


def open_file(path: Path, name: str) -> Stack:
    """The planes of one TIFF file as a stack, or as a hyperstack where there are several axes."""
    with opened(path) as tif:
        ome = ome_of(tif.pages.first.description, path)
        if ome is not None and _is_spread(tif, ome):
            return _spread_series(tif, ome, members_of(ome, ome_sizes(tif, ome), path), path, name)
        layout = layout_of(tif, path)
    frames = PageFrames(path, layout.format, layout.pages, layout.offsets, layout.is_run)
    stack = Stack(
        channels=(),
        name=name,
        path=path,
        notes=layout.notes,
        channel_info=layout.channels,
        calibration=layout.calibration,
    )
    return _with_axes(stack, frames, layout.sizes)


def _is_spread(tif: TiffFile, ome: OmeImage) -> bool:
    """Whether OME metadata name other files, and more planes than this one has."""
    planes = prod(ome_sizes(tif, ome).values())
    return planes > len(tif.pages) and any(block.file is not None for block in ome.blocks)


def _spread_series(
    tif: TiffFile, ome: OmeImage, members: Members, source: Path, name: str
) -> Stack:
    """A series in several files, which lie in one folder."""
    lengths = ome_sizes(tif, ome)
    sizes, order = canonical(tuple((axis, lengths[axis]) for axis in ome.order))
    frames = MemberFrames(
        source if source.is_dir() else source.parent,
        page_format(tif.pages.first, source),
        members if order is None else members.select(order),
    )
    calibration, notes = calibration_of(tif, ome, dict(sizes).get("T"))
    info = channels_of(tif, ome, dict(sizes).get("C", 1))
    others = f"read from {len(members.names)} files, as its OME metadata say"
    stack = Stack((), name, source, (others, *notes), channel_info=info, calibration=calibration)
    return _with_axes(stack, frames, sizes)


def _whole_folder(folder: Path, names: Sequence[str]) -> Stack | None:
    """A hyperstack whose OME metadata name all files of the folder, and no others."""
    path = folder / names[0]
    with opened(path) as tif:
        ome = _ome_of(tif, path)
        if ome is None or not _is_spread(tif, ome):
            return None
        lengths = ome_sizes(tif, ome)
        if sum(n > 1 for n in lengths.values()) < 2:
            return None  # a file a frame, some of which may be missing
        try:
            members = members_of(ome, lengths, path)
        except SourceError:
            return None
        if set(members.names) != set(names):
            return None
        return _spread_series(tif, ome, members, folder, folder.name or "root")


def open_folder(folder: Path, names: Sequence[str]) -> Stack:
    """The files of a folder as a stack; the first one decides what they all are.

    Each is a plane or several, on the axes that their names tell, unless their OME metadata tell
    how all of them belong together.
    """
    series = _whole_folder(folder, names)
    if series is not None:
        return series
    named = axes_of_names(names, folder)
    path = folder / named.names[0]
    times = dict(named.sizes).get("T", 1)
    with opened(path) as tif:
        calibration, notes = calibration_of(tif, _ome_of(tif, path), times)
        layout = None
        if len(full_pages(tif, path)) > 1 or has_planes_behind(tif):
            layout = layout_of(tif, path, is_member=True)
        else:
            page = single_page(tif, path)
            first = page_format(page, path)
            template = alike(tif, page, first)
    if "/" in named.names[0]:
        notes = (*notes, f"read from its subfolders: {_subfolders(names)}")
    firsts = named.names[:: len(named.names) // times]
    standing = places(firsts)
    if standing is not None:
        calibration = replace(calibration, places=standing)
        notes = (*notes, f"{find_gaps(firsts)}; times leave room for what is missing")
    info = tuple(ChannelInfo(channel) for channel in named.channels)
    stack = Stack((), folder.name or "root", folder, (*notes, *named.notes), channel_info=info)
    stack = replace(stack, calibration=calibration)
    if layout is None:
        frames = FileFrames(folder, named.names, first, named.names[0], template)
        return _with_axes(stack, frames, named.sizes)
    inside = _axes_inside(layout, named, path)
    numbers = tuple(range(len(named.names) * prod(n for _, n in inside)))
    volumes = VolumeFrames(folder, named.names, layout.format, layout.sizes, numbers)
    whole = tuple((letter, n) for letter, n in (*named.sizes, *inside) if n > 1)
    return _with_axes(replace(stack, channel_info=info or layout.channels), volumes, whole)


def is_single_image(path: Path) -> bool:
    """Whether a TIFF file holds one plane."""
    with opened(path) as tif:
        return len(full_pages(tif, path)) == 1 and not has_planes_behind(tif)


def _subfolders(names: Sequence[str]) -> str:
    found = list(dict.fromkeys(name.rpartition("/")[0] for name in names))
    return ", ".join(found if len(found) <= 6 else [*found[:5], f"... {found[-1]}"])


def _with_axes(stack: Stack, frames: Frames, sizes: Sizes) -> Stack:
    """The frames as a sequence, or as planes to choose from."""
    stack = replace(stack, notes=(*stack.notes, *frames.format.notes))
    if len(sizes) > 1:
        return replace(stack, planes=FramePlanes(frames, sizes))
    # The only axis is played, whatever it is; without a name it is time.
    letter = sizes[0][0] if sizes else "T"
    played = letter if letter in "TCZ" else "T"
    channel = Channel(frames, Display(invert=frames.format.white_is_zero))
    return replace(stack, channels=(channel,), played=played)


def _axes_inside(layout: Layout, named: NamedAxes, path: Path) -> Sizes:
    """The axes within each file of a folder.

    Planes of which nothing is said are slices where the names say that the files are points in
    time; else they may as well be frames, which is for the user to say.
    """
    inside = layout.sizes
    if len(inside) == 1 and inside[0][0] not in "TCZ" and named.tells_time:
        inside = (("Z", inside[0][1]),)
    letters = [letter for letter, _ in inside]
    if "T" in letters or set(letters) & {letter for letter, n in named.sizes if n > 1}:
        described = ", ".join(f"{letter} ({n})" for letter, n in inside)
        raise SourceError(
            f"{path}: holds the axes {described} itself, where its folder has one time point a "
            f"file; convert the files one by one ('{path.parent / '*.tif'}')"
        )
    return inside


def _ome_of(tif: TiffFile, path: Path) -> OmeImage | None:
    """OME metadata of one file of a folder; what they say of others may be no use."""
    try:
        return ome_of(tif.pages.first.description, path)
    except SourceError:
        return None


@dataclass(frozen=True)
class FileFrames:
    """One frame a file: the first full-size page of each.

    The first file decides size and type.

    Attributes
    ----------
    alike : Alike, optional
        How files look that need not be parsed.
    """

    folder: Path
    names: tuple[str, ...]  # a Path for each would take four times the memory
    format: FrameFormat
    first: str
    alike: Alike | None = None
    chunk_starts = None

    def __len__(self) -> int:
        return len(self.names)

    def label(self, index: int) -> str:
        return self.names[index]

    def select(self, indices: Sequence[int]) -> FileFrames:
        return replace(self, names=tuple(self.names[i] for i in indices))

    def read_frames(self, box: Box) -> Iterator[Frame]:
        for name in self.names:
            frame = None if self.alike is None else self.alike.read(join(self.folder, name))
            if frame is None:
                path = self.folder / name
                with opened(path) as tif:
                    page = single_page(tif, path)
                    self.format.check(page_format(page, path), path, self.first)
                    frame = read_page(page, path, self.format)
            yield frame[box.rows, box.columns]


@dataclass(frozen=True)
class PageFrames:
    """The frames of one multi-page TIFF file, one a page.

    Positions are looked up once, so that reading a frame does not walk through the file: the
    offset of the pixels where the data are one contiguous run, else the offset of each page.
    """

    path: Path
    format: FrameFormat
    pages: tuple[int, ...]
    offsets: tuple[int, ...]
    is_run: bool
    chunk_starts = None

    def __len__(self) -> int:
        return len(self.pages)

    def label(self, index: int) -> str:
        return f"page {self.pages[index] + 1} of {self.path.name}"

    def select(self, indices: Sequence[int]) -> PageFrames:
        return replace(
            self,
            pages=tuple(self.pages[i] for i in indices),
            offsets=tuple(self.offsets[i] for i in indices),
        )

    def read_frames(self, box: Box) -> Iterator[Frame]:
        with opened(self.path) as tif:
            for number, offset in zip(self.pages, self.offsets, strict=True):
                where = f"{self.path}: page {number + 1}"
                with translated(where):
                    tif.filehandle.seek(offset)
                    if self.is_run:
                        frame = self._read_run(tif)
                    else:
                        page = TiffPage(tif, index=number)
                        self.format.check(page_format(page, where), where, "page 1")
                        frame = read_page(page, where, self.format)
                yield frame[box.rows, box.columns]

    def _read_run(self, tif: TiffFile) -> Frame:
        shape, dtype = self.format.shape, self.format.dtype
        frame: Frame = tif.filehandle.read_array(
            dtype.newbyteorder(tif.byteorder), prod(shape), out=thread_buffer("file", shape, dtype)
        )
        return frame.reshape(shape)


@dataclass(frozen=True)
class MemberFrames:
    """Planes on any pages of several files of a folder."""

    folder: Path
    format: FrameFormat
    planes: Members
    chunk_starts = None

    def __len__(self) -> int:
        return len(self.planes.pages)

    def label(self, index: int) -> str:
        planes = self.planes
        return f"page {planes.pages[index] + 1} of {planes.names[planes.files[index]]}"

    def select(self, indices: Sequence[int]) -> MemberFrames:
        return replace(self, planes=self.planes.select(indices))

    def read_frames(self, box: Box) -> Iterator[Frame]:
        places = zip(self.planes.files, self.planes.pages, strict=True)
        for file, pages in groupby(places, lambda place: place[0]):
            path = self.folder / self.planes.names[file]
            with opened(path) as tif:
                for _, number in pages:
                    where = f"{path}: page {number + 1}"
                    with translated(where):
                        page = tif.pages[number].aspage()
                    self.format.check(page_format(page, where), where, self.planes.names[0])
                    frame = read_page(page, where, self.format)
                    yield frame[box.rows, box.columns]


@dataclass(frozen=True)
class VolumeFrames:
    """The planes of files that hold several each, one file after the other.

    Attributes
    ----------
    sizes : tuple of (str, int)
        The axes inside each file, as `Layout` gives them.
    numbers : tuple of int
        Which planes these are: number of the file times planes of a file, plus plane.
    """

    folder: Path
    names: tuple[str, ...]
    format: FrameFormat
    sizes: Sizes
    numbers: tuple[int, ...]
    chunk_starts = None

    def __len__(self) -> int:
        return len(self.numbers)

    def label(self, index: int) -> str:
        return self.names[self.numbers[index] // self._depth]

    def select(self, indices: Sequence[int]) -> VolumeFrames:
        """These planes, with the names of no other files than theirs."""
        numbers = [self.numbers[i] for i in indices]
        files = sorted({number // self._depth for number in numbers})
        place = {file: i for i, file in enumerate(files)}
        return replace(
            self,
            names=tuple(self.names[file] for file in files),
            numbers=tuple(
                place[number // self._depth] * self._depth + number % self._depth
                for number in numbers
            ),
        )

    def read_frames(self, box: Box) -> Iterator[Frame]:
        for file, numbers in groupby(self.numbers, lambda number: number // self._depth):
            planes = self._planes(self.folder / self.names[file])
            yield from planes.select([n % self._depth for n in numbers]).read_frames(box)

    @property
    def _depth(self) -> int:
        return prod(n for _, n in self.sizes)

    def _planes(self, path: Path) -> PageFrames:
        """The planes of one file, which has to be laid out as the first one."""
        with opened(path) as tif:
            layout = layout_of(tif, path, is_member=True)
        self.format.check(layout.format, path, "the first file")
        if layout.sizes != self.sizes:
            mine, first = (_described(sizes) for sizes in (layout.sizes, self.sizes))
            raise SourceError(
                f"{path}: holds {mine}, but the first file {first}; all files must be alike, use "
                "--match to choose some"
            )
        return PageFrames(path, layout.format, layout.pages, layout.offsets, layout.is_run)


def _described(sizes: Sizes) -> str:
    return " x ".join(f"{n} along {letter}" for letter, n in sizes) or "a single plane"
