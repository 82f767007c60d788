"""Files and folders as stacks, and how their planes are read."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from math import prod
from os.path import join
from pathlib import Path

from tifffile import TiffFile, TiffPage

from ...colours import ChannelInfo, Display
from ...errors import SourceError
from ...geometry import CropBox
from ..calibration import Calibration
from ..folder import find_gaps, places, source_stem
from ..memory import thread_buffer
from ..names import NamedAxes, axes_of_names
from ..planes import FramePlanes
from ..stack import Channel, FrameFormat, Frames, Stack
from .layout import Layout, Sizes, canonical, has_planes_behind, layout_of, ome_sizes
from .metadata import calibration_of, channels_of, nikon_time_s, with_nikon_times
from .ome import Members, OmeImage, members_of, ome_of
from .pages import (
    Alike,
    Frame,
    Stamp,
    alike,
    channels_in,
    full_pages,
    opened,
    page_format,
    read_page,
    single_page,
    stamp_of,
    stamps,
    translated,
)


def open_file(path: Path, name: str) -> Stack:
    """The planes of one TIFF file as a stack, or as a hyperstack where there are several axes.

    A file that holds some of the images that its metadata describe has these; one with several
    has them as positions.
    """
    with opened(path) as tif:
        described = ome_of(tif.pages.first.description, path)
        images = [ome for ome in described if _is_inside(ome, path)] or described[:1]
        if len(images) > 1:
            stacks = [_image_stack(tif, ome, path, name, is_alone=False) for ome in images]
            return stack_of_images(stacks, [ome.name for ome in images], name, path)
        ome = images[0] if images else None
        return _image_stack(tif, ome, path, name, is_alone=len(described) < 2)


def _is_inside(ome: OmeImage, path: Path) -> bool:
    """Whether planes of an image lie in this file, as far as its metadata say."""
    return not ome.blocks or any(block.file in (None, path.name) for block in ome.blocks)


def _image_stack(
    tif: TiffFile, ome: OmeImage | None, path: Path, name: str, *, is_alone: bool
) -> Stack:
    """One of the images of a file, or the only one."""
    if ome is not None and _is_spread(tif, ome, path):
        return _spread_series(tif, ome, path, path, name)
    layout = layout_of(tif, path, ome, is_alone=is_alone)
    frames = PageFrames.of(path, layout, stamp_of(os.fstat(tif.filehandle.fileno())))
    stack = Stack(
        channels=(),
        name=name,
        path=path,
        notes=layout.notes,
        channel_info=layout.channels,
        calibration=layout.calibration,
        left_out=layout.left_out,
    )
    return with_axes(stack, frames, layout.sizes)


def stack_of_images(
    stacks: Sequence[Stack], names: Sequence[str], name: str, path: Path, left_out: int = 0
) -> Stack:
    """Several images of one source, of which a setting chooses."""
    if len(stacks) == 1:
        return stacks[0]
    return Stack((), name, path, images=tuple(stacks), image_names=tuple(names), left_out=left_out)


def _is_spread(tif: TiffFile, ome: OmeImage, path: Path) -> bool:
    """Whether OME metadata name other files, and more planes than this one has."""
    planes = prod(ome_sizes(tif.pages.first, ome).values())
    others = [block for block in ome.blocks if block.file is not None]
    if not others:
        return False
    return planes > len(tif.pages) or not _is_inside(ome, path)


def _spread_series(tif: TiffFile, ome: OmeImage, path: Path, source: Path, name: str) -> Stack:
    """An image in several files, which lie in the folder of `path`, or in another one than that."""
    lengths = ome_sizes(tif.pages.first, ome)
    members = members_of(ome, lengths, path)
    sizes, order = canonical(tuple((axis, lengths[axis]) for axis in ome.order))
    frames = MemberFrames(
        path.parent,
        page_format(tif.pages.first, path),
        members if order is None else members.select(order),
    )
    calibration, notes = calibration_of(tif, ome, dict(sizes).get("T"))
    info = channels_of(tif, ome, dict(sizes).get("C", 1))
    if len(members.names) > 1:
        notes = (f"read from {len(members.names)} files, as its OME metadata say", *notes)
    stack = Stack((), name, source, notes, channel_info=info, calibration=calibration)
    return with_axes(stack, frames, sizes)


def _whole_folder(path: Path, names: Sequence[str]) -> Stack | None:
    """A hyperstack, or several, whose OME metadata name all files of the folder, and no others.

    Parameters
    ----------
    path : Path
        The file whose metadata are read.
    """
    with opened(path) as tif:
        try:
            images = ome_of(tif.pages.first.description, path)
        except SourceError:
            return None
        if not images:
            return None
        if len(images) == 1:
            if not _is_spread(tif, images[0], path):
                return None
            lengths = ome_sizes(tif.pages.first, images[0])
            if sum(n > 1 for n in lengths.values()) < 2:
                return None  # a file a frame, some of which may be missing
        return _images_of_folder(tif, images, path, names)


def _images_of_folder(
    tif: TiffFile, images: Sequence[OmeImage], path: Path, names: Sequence[str]
) -> Stack | None:
    """The images all of whose files are among `names`; None unless they take all of these."""
    folder, name = path.parent, path.parent.name or "root"
    files = [{block.file or path.name for block in ome.blocks} for ome in images]
    whole = [n for n, own in enumerate(files) if own <= set(names)]
    if not whole or set().union(*(files[n] for n in whole)) != set(names):
        return None
    try:
        stacks = [_spread_series(tif, images[n], path, folder, name) for n in whole]
    except SourceError:
        if len(images) > 1:
            raise
        return None
    stack = stack_of_images(stacks, [images[n].name for n in whole], name, folder)
    if len(whole) < len(images):
        note = f"{len(whole)} of {len(images)} positions are there, the files of others are not"
        stack = replace(stack, notes=(note, *stack.notes))
    return stack


def _sound(folder: Path, names: Sequence[str], *, skips: bool) -> str:
    """The file that decides what all are: the first, or the first of those that can be opened."""
    for name in names if skips else ():
        path = folder / name
        with suppress(SourceError), opened(path) as tif:
            full_pages(tif, path)
            page_format(tif.pages.first, path)
            return name
    return names[0]


def open_folder(folder: Path, names: Sequence[str], *, skips: bool = False) -> Stack:
    """The files of a folder as a stack; the first one decides what they all are.

    With `skips`, it is the first that can be opened.

    Each is a plane or several, on the axes that their names tell, unless their OME metadata tell
    how all of them belong together.
    """
    written, being_written = _written(folder, names)
    lacking, names = len(names) - len(written), written
    series = _whole_folder(folder / _sound(folder, names, skips=skips), names)
    if series is not None:
        notes = (*being_written, *series.notes)
        return replace(series, notes=notes, left_out=series.left_out + lacking)
    named = axes_of_names(names, folder)
    if named.meaning == "P" and not is_single_image(folder / named.names[0]):
        files = tuple((source_stem(Path(name)), (name,)) for name in named.names)
        named = replace(named, notes=(), positions=files)
    positioned = _positions_of if named.positions else _named_stack
    stack = positioned(folder, named, skips=skips)
    used = sum(len(files) for _, files in named.positions) or len(named.names)
    return replace(
        stack,
        notes=(*being_written, *stack.notes),
        left_out=stack.left_out + lacking + len(names) - used,
    )


def _positions_of(folder: Path, named: NamedAxes, *, skips: bool) -> Stack:
    """The positions that names of files tell apart; those without a grid are left out and said."""
    name = folder.name or "root"
    stacks: list[Stack] = []
    called: list[str] = []
    notes, left_out, failed = named.notes, 0, None
    for position, files in named.positions:
        try:
            grid = axes_of_names(files, folder)
        except SourceError as exc:
            notes += (f"position {position} is left out: {exc}",)
            left_out, failed = left_out + len(files), failed or exc
            continue
        if len(files) == 1:
            stack = replace(open_file(folder / files[0], name), path=folder)
        else:
            stack = _named_stack(folder, grid, skips=skips)
        stacks.append(replace(stack, left_out=stack.left_out + len(files) - len(grid.names)))
        called.append(position)
    if failed is not None and not stacks:
        raise failed
    return Stack(
        (), name, folder, notes, images=tuple(stacks), image_names=tuple(called), left_out=left_out
    )


def _named_stack(folder: Path, named: NamedAxes, *, skips: bool) -> Stack:
    """The files of a folder on the grid that their names form."""
    order, sizes = named.names, named.sizes
    first_name = _sound(folder, order, skips=skips)
    path = folder / first_name
    shown: tuple[ChannelInfo, ...] = ()
    extra, began = 0, None
    times = dict(sizes).get("T", 1)
    with opened(path) as tif:
        ome = _ome_of(tif, path)
        calibration, notes = calibration_of(tif, ome, times)
        layout, is_imagej = None, ome is None and bool(tif.is_imagej)
        if not _is_single(tif, path):
            layout = layout_of(tif, path, _only_ome_of(tif, path), is_member=True)
        else:
            page = single_page(tif, path)
            first = page_format(page, path)
            template = alike(tif, page, first)
            shown = channels_of(tif, None, 1)
            extra = len(tif.pages) - 1
            began = nikon_time_s(tif) if first_name == order[0] else None
    if "/" in order[0]:
        notes = (*notes, f"read from its subfolders: {_subfolders(order)}")
    firsts = order[:: len(order) // times]
    standing = places(firsts)
    if standing is not None:
        calibration = replace(calibration, places=standing)
        notes = (*notes, f"{find_gaps(firsts)}; times leave room for what is missing")
    if began is not None:
        calibration = _timed(calibration, began, folder / firsts[-1], times)
    if extra:
        each = f"{extra} smaller page{'s' * (extra > 1)}"
        notes = (*notes, f"its files hold {each} beside the image, which are left out")
    stack = Stack(
        (),
        folder.name or "root",
        folder,
        (*notes, *named.notes),
        channel_info=tuple(ChannelInfo(channel) for channel in named.channels) or shown,
        calibration=calibration,
        left_out=len(order) * (extra if layout is None else layout.left_out),
    )
    if layout is None:
        return with_axes(stack, FileFrames(folder, order, first, first_name, template), sizes)
    inside, said = _axes_inside(layout, named, path, is_imagej)
    info = stack.channel_info or layout.channels
    depth, files = prod(n for _, n in inside), range(len(order))
    planes = Members(
        order, tuple(f for f in files for _ in range(depth)), tuple(range(depth)) * len(order)
    )
    frames = VolumeFrames(folder, planes, layout.format, layout.sizes)
    whole = tuple((letter, n) for letter, n in (*sizes, *inside) if n > 1)
    notes = tuple(dict.fromkeys((*stack.notes, *said, *layout.notes)))
    stack = replace(stack, channel_info=info, notes=notes)
    return with_axes(stack, frames, whole)


def is_single_image(path: Path) -> bool:
    """Whether a TIFF file holds one plane."""
    with opened(path) as tif:
        return _is_single(tif, path)


def _is_single(tif: TiffFile, path: Path) -> bool:
    if len(full_pages(tif, path)) > 1 or has_planes_behind(tif):
        return False
    return channels_in(single_page(tif, path)) == 1


def _subfolders(names: Sequence[str]) -> str:
    found = list(dict.fromkeys(name.rpartition("/")[0] for name in names))
    return ", ".join(found if len(found) <= 6 else [*found[:5], f"... {found[-1]}"])


def _timed(calibration: Calibration, began_s: float, last: Path, frames: int) -> Calibration:
    """With the time that the first file of the last time point holds."""
    try:
        with opened(last) as tif:
            ended = nikon_time_s(tif)
    except SourceError:  # said when its frame is read
        return calibration
    if ended is None:
        return calibration
    return with_nikon_times(calibration, began_s, ended, frames)


# A camera and a slow network share need less to write a frame, and have no more under way.
_AT_WORK_S, _AT_WORK_FILES = 60, 8


def _written(folder: Path, names: Sequence[str]) -> tuple[Sequence[str], tuple[str, ...]]:
    """The names without the last ones that a microscope is still writing, and what to say of it.

    Room is often made for a frame before its pixels come: then they end in zeros, which is usual
    only where those of all frames do.
    """
    lacking = 0
    for name in reversed(names[-_AT_WORK_FILES - 1 :]):
        if not _is_lacking(folder / name):
            break
        lacking += 1
    else:  # it is not the microscope that is to blame
        return names, ()
    if not lacking:
        return names, ()
    count = len(names) - lacking
    note = f"{count} of {len(names)} frames; acquisition seems to be running"
    return names[:count], (note,)


def _is_lacking(path: Path) -> bool:
    """Whether a file is younger than a minute, and not all there."""
    try:
        if time.time() - os.stat(path).st_mtime > _AT_WORK_S:
            return False
        return _ends_in_zeros(path)
    except OSError:  # whoever reads it says what is wrong
        return False
    except SourceError as exc:
        return not isinstance(exc.__cause__, PermissionError)


def _ends_in_zeros(path: Path) -> bool:
    """Whether the second half of an image is black to the last pixel."""
    with opened(path) as tif:
        if len(tif.pages) > 1 or has_planes_behind(tif):  # complete, as far as it can be opened
            return False
        page = tif.pages.first
        # The thread that opens a source reads no other frame: a buffer would be kept for nothing.
        frame = read_page(page, path, page_format(page, path), in_buffer=False)
        return not frame[frame.shape[0] // 2 :].any()


def with_axes(stack: Stack, frames: Frames, sizes: Sizes) -> Stack:
    """The frames as a sequence, or as planes to choose from."""
    stack = replace(stack, notes=(*stack.notes, *frames.format.notes))
    if len(sizes) > 1:
        return replace(stack, planes=FramePlanes(frames, sizes))
    # The only axis is played, whatever it is; without a name it is time.
    letter = sizes[0][0] if sizes else "T"
    played = letter if letter in "TCZ" else "T"
    display, stored = Display(invert=frames.format.white_is_zero), None
    if played != "C" and stack.channel_info:
        display = replace(display, colours=stack.channel_info[0].colours)
        stored = stack.channel_info[0].limits
    channel = Channel(frames, display, stored_limits=stored)
    return replace(stack, channels=(channel,), played=played)


# Fewer files that are called by time may as well be movies, one for each.
_MANY_FILES = 10


def _axes_inside(
    layout: Layout, named: NamedAxes, path: Path, is_imagej: bool
) -> tuple[Sizes, tuple[str, ...]]:
    """The axes within each file of a folder, and what to say of them.

    Planes of which nothing is said are slices where there are many files and their names say that
    they are points in time; else they may as well be frames, which is for the user to say. ImageJ
    calls all planes slices whose meaning nobody told it.
    """
    inside = layout.sizes
    notes: tuple[str, ...] = ()
    letter, count = inside[0] if len(inside) == 1 else ("", 0)
    is_stated = letter != "Z" or not is_imagej or layout.calibration.z_spacing_um is not None
    if letter and (letter not in "TCZ" or not is_stated):
        is_series = named.meaning == "T" and dict(named.sizes).get("T", 1) >= _MANY_FILES
        inside = (("Z" if is_series else "I", count),)
        if is_series:
            notes = (f"the {count} images in each file are taken for slices",)
    letters = [letter for letter, _ in inside]
    if "T" in letters or set(letters) & {letter for letter, n in named.sizes if n > 1}:
        described = ", ".join(f"{letter} ({n})" for letter, n in inside)
        raise SourceError(
            f"{path}: holds the axes {described} itself, where its folder has one time point a "
            f"file; convert the files one by one ('{path.parent / '*.tif'}')"
        )
    return inside, notes


def _only_ome_of(tif: TiffFile, path: Path) -> OmeImage | None:
    """OME metadata of one file of a folder, which may describe one image only."""
    images = ome_of(tif.pages.first.description, path)
    if len(images) > 1:
        raise SourceError(
            f"{path}: its OME metadata describe {len(images)} images; convert the file itself, "
            "with --position"
        )
    return images[0] if images else None


def _ome_of(tif: TiffFile, path: Path) -> OmeImage | None:
    """OME metadata of one file of a folder; what they say of others may be no use."""
    try:
        return _only_ome_of(tif, path)
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

    def check(self) -> None:
        for name in self.names:
            if self.alike is None or not self.alike.matches(join(self.folder, name)):
                path = self.folder / name
                with opened(path) as tif:
                    self.format.check(page_format(single_page(tif, path), path), path, self.first)

    def identity(self) -> object:
        return stamps(self.folder, self.names)

    def read_frames(self, box: CropBox) -> Iterator[Frame]:
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
    offset of the pixels where the data are one contiguous run, else the offset of each page. So
    the file must be the same as it was then, by its `stamp`.
    """

    path: Path
    format: FrameFormat
    pages: tuple[int, ...]
    offsets: tuple[int, ...]
    is_run: bool
    samples: tuple[int, ...] = ()
    stamp: Stamp | None = None
    chunk_starts = None

    @classmethod
    def of(cls, path: Path, layout: Layout, stamp: Stamp | None = None) -> PageFrames:
        where = layout.pages, layout.offsets, layout.is_run, layout.samples
        return cls(path, layout.format, *where, stamp)

    def __len__(self) -> int:
        return len(self.pages)

    def label(self, index: int) -> str:
        return f"page {self.pages[index] + 1} of {self.path.name}"

    def select(self, indices: Sequence[int]) -> PageFrames:
        return replace(
            self,
            pages=tuple(self.pages[i] for i in indices),
            offsets=tuple(self.offsets[i] for i in indices),
            samples=tuple(self.samples[i] for i in indices) if self.samples else (),
        )

    def identity(self) -> object:
        where = self.pages, self.offsets, self.samples
        return stamps(self.path.parent, [self.path.name]), where

    def read_frames(self, box: CropBox) -> Iterator[Frame]:
        samples = self.samples or (None,) * len(self.pages)
        with opened(self.path, self.stamp) as tif:
            for number, offset, sample in zip(self.pages, self.offsets, samples, strict=True):
                where = f"{self.path}: page {number + 1}"
                with translated(where):
                    tif.filehandle.seek(offset)
                    if self.is_run:
                        frame = self._read_run(tif)
                    else:
                        page = TiffPage(tif, index=number)
                        found = page_format(page, where, is_split=sample is not None)
                        self.format.check(found, where, "page 1")
                        frame = read_page(page, where, self.format, sample)
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
        return f"page {self.planes.pages[index] + 1} of {self.planes.name(index)}"

    def select(self, indices: Sequence[int]) -> MemberFrames:
        return replace(self, planes=self.planes.select(indices))

    def check(self) -> None:
        for page, where in self._pages():
            self.format.check(page_format(page, where), where, self.planes.names[0])

    def identity(self) -> object:
        return stamps(self.folder, self.planes.names), self.planes.files, self.planes.pages

    def read_frames(self, box: CropBox) -> Iterator[Frame]:
        for page, where in self._pages():
            with translated(where):
                self.format.check(page_format(page, where), where, self.planes.names[0])
                frame = read_page(page, where, self.format)
            yield frame[box.rows, box.columns]

    def _pages(self) -> Iterator[tuple[TiffPage, str]]:
        """The page of each plane, and what a message calls it."""
        places = zip(self.planes.files, self.planes.pages, strict=True)
        for file, pages in groupby(places, lambda place: place[0]):
            path = self.folder / self.planes.names[file]
            with opened(path) as tif:
                for _, number in pages:
                    where = f"{path}: page {number + 1}"
                    with translated(where):
                        page = tif.pages[number].aspage()
                    yield page, where


@dataclass(frozen=True)
class VolumeFrames:
    """The planes of files that hold several each; `planes` numbers those within a file.

    Attributes
    ----------
    sizes : tuple of (str, int)
        The axes inside each file, as `Layout` gives them.
    """

    folder: Path
    planes: Members
    format: FrameFormat
    sizes: Sizes
    chunk_starts = None

    def __len__(self) -> int:
        return len(self.planes.pages)

    def label(self, index: int) -> str:
        return self.planes.name(index)

    def select(self, indices: Sequence[int]) -> VolumeFrames:
        return replace(self, planes=self.planes.select(indices))

    def check(self) -> None:
        for name in self.planes.names:
            self._planes(self.folder / name)

    def identity(self) -> object:
        return stamps(self.folder, self.planes.names), self.planes.files, self.planes.pages

    def read_frames(self, box: CropBox) -> Iterator[Frame]:
        places = zip(self.planes.files, self.planes.pages, strict=True)
        for file, some in groupby(places, lambda place: place[0]):
            planes = self._planes(self.folder / self.planes.names[file])
            yield from planes.select([number for _, number in some]).read_frames(box)

    def _planes(self, path: Path) -> PageFrames:
        """The planes of one file, which has to be laid out as the first one."""
        with opened(path) as tif:
            layout = layout_of(tif, path, _only_ome_of(tif, path), is_member=True)
        self.format.check(layout.format, path, "the first file")
        if layout.sizes != self.sizes:
            mine, first = (_described(sizes) for sizes in (layout.sizes, self.sizes))
            raise SourceError(
                f"{path}: holds {mine}, but the first file {first}; all files must be alike, use "
                "--match to choose some"
            )
        return PageFrames.of(path, layout)


def _described(sizes: Sizes) -> str:
    return " x ".join(f"{n} along {letter}" for letter, n in sizes) or "a single plane"
