"""Files and folders of TIFFs as stacks: what their metadata and names make of their frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from pathlib import Path

from tifffile import TiffFile

from .colours import ChannelInfo, Display
from .errors import SourceError
from .frames import Frames
from .name_axes import axes_of_names
from .ome import OmeImage
from .ome_members import Members, members_of, ome_of
from .planes import FramePlanes
from .sequence import find_gaps, places
from .stack import Channel, Stack
from .tiff import full_pages, opened, page_format, single_page
from .tiff_alike import alike
from .tiff_calibration import calibration_of, channels_of
from .tiff_frames import FileFrames, MemberFrames, PageFrames, VolumeFrames
from .tiff_layout import Layout, Sizes, canonical, has_planes_behind, layout_of, ome_sizes


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

    Each is a time point, of one plane or several, unless their OME metadata tell how all of them
    belong together, or their names tell of channels or slices.
    """
    series = _whole_folder(folder, names)
    if series is not None:
        return series
    named = axes_of_names(names, folder)
    order = tuple(names) if named is None else named.names
    sizes: Sizes = (("T", len(order)),) if named is None else named.sizes
    path = folder / order[0]
    with opened(path) as tif:
        times = dict(sizes).get("T", 1)
        calibration, notes = calibration_of(tif, _ome_of(tif, path), times)
        layout = None
        if len(full_pages(tif, path)) > 1 or has_planes_behind(tif):
            layout = layout_of(tif, path, is_member=True)
        else:
            page = single_page(tif, path)
            first = page_format(page, path)
            template = alike(tif, page, first)
    standing = places(order) if named is None else None
    if standing is not None:
        calibration = replace(calibration, places=standing)
        notes = (*notes, f"{find_gaps(order)}; times leave room for what is missing")
    stack = Stack((), folder.name or "root", folder, notes, calibration=calibration)
    if named is not None:
        info = tuple(ChannelInfo(channel) for channel in named.channels)
        stack = replace(stack, channel_info=info, notes=(*notes, *named.notes))
    if layout is None:
        return _with_axes(stack, FileFrames(folder, order, first, order[0], template), sizes)
    inside = _axes_inside(layout, sizes, path)
    info = stack.channel_info or layout.channels
    numbers = tuple(range(len(order) * prod(n for _, n in inside)))
    frames = VolumeFrames(folder, order, layout.format, layout.sizes, numbers)
    whole = tuple((letter, n) for letter, n in (*sizes, *inside) if n > 1)
    return _with_axes(replace(stack, channel_info=info), frames, whole)


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


def _axes_inside(layout: Layout, outside: Sizes, path: Path) -> Sizes:
    """The axes within each file of a folder; planes of which nothing is said are slices."""
    inside = layout.sizes
    if len(inside) == 1 and inside[0][0] not in "TCZ":
        inside = (("Z", inside[0][1]),)
    letters = [letter for letter, _ in inside]
    if "T" in letters or set(letters) & {letter for letter, n in outside if n > 1}:
        described = ", ".join(f"{letter} ({n})" for letter, n in inside)
        raise SourceError(
            f"{path}: holds the axes {described} itself, where its folder has one time point a "
            "file; convert the files one by one"
        )
    return inside


def _ome_of(tif: TiffFile, path: Path) -> OmeImage | None:
    """OME metadata of one file of a folder; what they say of others may be no use."""
    try:
        return ome_of(tif.pages.first.description, path)
    except SourceError:
        return None
