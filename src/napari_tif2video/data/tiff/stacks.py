"""Files and folders as stacks: how their planes lie on axes, and what is known of them."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from math import prod
from pathlib import Path

from tifffile import TiffFile

from ...colours import ChannelInfo, Display
from ...errors import SourceError
from ...units import listed
from ..calibration import Calibration
from ..folder import find_gaps, places, source_stem
from ..names import NamedAxes, axes_of_names
from ..planes import FramePlanes
from ..stack import Channel, Frames, Stack
from .alike import alike
from .files import opened, stamp_of
from .frames import FileFrames, MemberFrames, PageFrames, VolumeFrames, only_ome_of
from .layout import Layout, Sizes, canonical, has_planes_behind, layout_of, ome_sizes
from .metadata import calibration_of, channels_of, nikon_time_s, with_nikon_times
from .ome import Members, OmeImage, members_of, ome_of
from .pages import channels_in, full_pages, page_format, read_page, single_page


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
            return _stack_of_images(stacks, [ome.name for ome in images], name, path)
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


def _stack_of_images(
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
        members if order is None else members.select(order),
        page_format(tif.pages.first, path),
        path.name,
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
    stack = _stack_of_images(stacks, [images[n].name for n in whole], name, folder)
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


def open_folder(
    folder: Path, names: Sequence[str], *, skips: bool = False, is_finished: bool = False
) -> Stack:
    """The files of a folder as a stack; the first one decides what they all are.

    With `skips`, it is the first that can be opened; with `is_finished`, no microscope can be still
    writing the last ones.

    Each is a plane or several, on the axes that their names tell, unless their OME metadata tell
    how all of them belong together.
    """
    written, being_written = (names, ()) if is_finished else _written(folder, names)
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
            layout = layout_of(tif, path, only_ome_of(tif, path), is_member=True)
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
    notes = tuple(dict.fromkeys((*stack.notes, *said, *layout.notes)))
    stack = replace(stack, channel_info=stack.channel_info or layout.channels, notes=notes)
    whole = tuple((letter, n) for letter, n in (*sizes, *inside) if n > 1)
    return with_axes(stack, _volumes(folder, order, layout), whole)


def _volumes(folder: Path, names: tuple[str, ...], layout: Layout) -> VolumeFrames:
    """All planes of files that are laid out as one of them is."""
    depth, files = prod(n for _, n in layout.sizes), range(len(names))
    planes = Members(
        names, tuple(file for file in files for _ in range(depth)), tuple(range(depth)) * len(names)
    )
    return VolumeFrames(folder, planes, layout.format, layout.sizes)


def is_single_image(path: Path) -> bool:
    """Whether a TIFF file holds one plane."""
    with opened(path) as tif:
        return _is_single(tif, path)


def _is_single(tif: TiffFile, path: Path) -> bool:
    if len(full_pages(tif, path)) > 1 or has_planes_behind(tif):
        return False
    return channels_in(single_page(tif, path)) == 1


def _subfolders(names: Sequence[str]) -> str:
    return listed(list(dict.fromkeys(name.rpartition("/")[0] for name in names)), 6)


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


def _ome_of(tif: TiffFile, path: Path) -> OmeImage | None:
    """OME metadata of one file of a folder; what they say of others may be no use."""
    try:
        return only_ome_of(tif, path)
    except SourceError:
        return None
