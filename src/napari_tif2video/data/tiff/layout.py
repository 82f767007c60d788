"""Where the planes of a TIFF file lie, on a grid of time points, channels and slices.

Pages are counted and located, never read. Metadata say how they are arranged, but not how many
there are: lists are made only of pages that exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from tifffile import PHOTOMETRIC, TiffFile, TiffFrame, TiffPage, TiffPageSeries

from ...colours import ChannelInfo
from ...errors import DAMAGED, SourceError
from ..calibration import Calibration
from ..stack import FrameFormat
from .claims import check_planes
from .files import check_findings
from .metadata import calibration_of, channels_of
from .ome import OmeImage, placed
from .pages import channels_in, has_lut, page_format, unlike

_PLACES = {"T": "time points", "C": "channels", "Z": "slices"}
Page = TiffPage | TiffFrame
Sizes = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Layout:
    """The planes of a file, and what its metadata say about them.

    Attributes
    ----------
    sizes : tuple of (str, int)
        Axes longer than one, slowest first: T, C and Z in this order behind any others. An axis
        without a name that says something has another letter.
    pages, offsets : tuple of int
        Page number of each plane; offset in the file of its pixels, if `is_run`, or of its page.
    is_run : bool
        The planes are contiguous runs of plain pixels.
    samples : tuple of int
        Where a page holds several channels, and they are no such runs, which of them each plane is.
    left_out : int
        How many pages of the file are none of these planes; the notes name them.
    """

    format: FrameFormat
    sizes: Sizes
    pages: tuple[int, ...]
    offsets: tuple[int, ...]
    is_run: bool
    channels: tuple[ChannelInfo, ...]
    calibration: Calibration
    notes: tuple[str, ...]
    left_out: int = 0
    samples: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Grid:
    """Planes in the order of their axes in the file; those without pages follow `dataoffset`.

    Attributes
    ----------
    stored_alike : bool
        Whether the pixels of all pages are stored in the same way.
    """

    keyframe: TiffPage
    sizes: Sizes
    pages: Sequence[Page] | None
    count: int
    dataoffset: int | None
    notes: tuple[str, ...] = ()
    left_out: int = 0
    stored_alike: bool = True


@np.errstate(all="ignore")  # tifffile computes with what metadata say, zeros too
def layout_of(
    tif: TiffFile,
    path: Path,
    ome: OmeImage | None = None,
    *,
    is_member: bool = False,
    is_alone: bool = True,
) -> Layout:
    """Find the planes of a file.

    Parameters
    ----------
    ome : OmeImage, optional
        What OME metadata say about it, or about one of several images in it.
    is_member : bool
        The file is one of many: its OME metadata may describe all of them together.
    is_alone : bool
        There is no other image in it.

    Raises
    ------
    SourceError
        Planes are missing, or there are several images.
    """
    if ome is not None:
        grid = _ome_grid(tif, _own_part(tif, ome) if is_member else ome, path, is_alone)
    else:
        grid = _imagej_grid(tif, path)
    if grid is None:
        grid = _series_grid(tif, path)
    check_planes(grid.count, path)
    frame_format = page_format(grid.keyframe, path, is_split=True)
    channels = channels_in(grid.keyframe)
    if channels > 1:
        sizes, order = canonical(_with_channels(grid, channels, path))
        numbers, offsets, samples = _locate_channels(grid, channels, path)
        is_run = not samples
    else:
        sizes, order = canonical(grid.sizes)
        numbers, offsets, is_run = _locate(tif, grid, path)
        samples = ()
    if order is not None:
        numbers, offsets, samples = (
            tuple(values[i] for i in order) if values else ()
            for values in (numbers, offsets, samples)
        )
    calibration, notes = calibration_of(tif, ome, dict(sizes).get("T"))
    names = channels_of(tif, ome, dict(sizes).get("C", 1))
    return Layout(
        frame_format,
        sizes,
        numbers,
        offsets,
        is_run,
        names,
        calibration,
        (*grid.notes, *notes),
        grid.left_out,
        samples,
    )


def _with_channels(grid: _Grid, channels: int, path: Path) -> Sizes:
    """The axes of the pages, and the channels within each."""
    sizes = tuple((letter, n) for letter, n in grid.sizes if letter != "C")
    if grid.pages is None or len(grid.pages) != prod(n for _, n in sizes):
        raise SourceError(
            f"{path}: has {channels} channels in each page, and others beside them, or not all its "
            "pages; save it as an OME-TIFF with the program that wrote it"
        )
    return *sizes, ("C", channels)


def _locate_channels(
    grid: _Grid, channels: int, path: Path
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Page numbers and offsets of each channel of each page, which lie one behind the other.

    Offsets are those of pixels where these are plain runs, else of pages with the channel in each.
    """
    first, pages = grid.keyframe, grid.pages or ()
    numbers = tuple(page.index for page in pages for _ in range(channels))
    sizes = {size for page in pages for size in page.databytecounts}
    is_run = first.planarconfig == 2 and grid.stored_alike and _is_plain(first)
    if is_run and len(first.dataoffsets) == channels and sizes == {first.nbytes // channels}:
        offsets = tuple(offset for page in pages for offset in page.dataoffsets)
        if max(offsets) + first.nbytes // channels > first.parent.filehandle.size:
            raise SourceError(f"{path}: ends within a page; {DAMAGED}")
        return numbers, offsets, ()
    offsets = tuple(page.offset for page in pages for _ in range(channels))
    return numbers, offsets, tuple(range(channels)) * len(pages)


def _is_plain(page: TiffPage) -> bool:
    """Whether the pixels of a page lie in the file as they are."""
    return page.is_contiguous and page.fillorder == 1 and page.predictor == 1


def canonical(sizes: Sizes) -> tuple[Sizes, list[int] | None]:
    """Axes in the order T, C, Z, and which plane of the file comes where; None where as it is."""
    moving = [(letter, n) for letter, n in sizes if n > 1]
    if len(moving) < 2:
        return tuple(moving), None
    axes = sorted(range(len(moving)), key=lambda i: "TCZ".find(moving[i][0]))
    if axes == sorted(axes):
        return tuple(moving), None
    planes = np.arange(prod(n for _, n in moving)).reshape([n for _, n in moving])
    return tuple(moving[i] for i in axes), planes.transpose(axes).ravel().tolist()


def ome_sizes(page: TiffPage, ome: OmeImage) -> dict[str, int]:
    """Lengths of T, C and Z; the samples of RGB, which OME counts as channels, are one."""
    sizes, samples = dict(ome.sizes), page.samplesperpixel
    if sizes["C"] % samples == 0:
        sizes["C"] //= samples
    return sizes


def _ome_grid(tif: TiffFile, ome: OmeImage, path: Path, is_alone: bool) -> _Grid | None:
    """The planes as OME metadata place them; None where the pages alone say enough."""
    there = len(tif.pages)
    keyframe = tif.pages.first if is_alone else _keyframe(tif, _first_page(ome, path))
    sizes = ome_sizes(keyframe, ome)
    stated = prod(sizes.values())
    check_findings(path)
    kept = dict(sizes)
    slowest = next((axis for axis in ome.order if sizes[axis] > 1), "T")
    if stated > there:
        # A series that was stopped has fewer time points, or slices, than were planned.
        kept[slowest] = there // (stated // sizes[slowest])
        if not kept[slowest]:
            raise _too_many(path, stated, there)
    if is_alone and stated < there and sum(n > 1 for n in sizes.values()) < 2:
        return None
    files = {block.file for block in ome.blocks}
    # A file can be renamed.
    own = files if len(files) == 1 else {None, path.name}
    found = placed(ome, kept, dict.fromkeys(own, there))
    notes: tuple[str, ...] = ()
    table = [page if file >= 0 else -1 for file, page in zip(found.files, found.pages, strict=True)]
    if not found.is_clear:
        if not is_alone or stated != there:
            raise SourceError(
                f"{path}: its OME metadata put {stated} planes on {len(set(table))} pages; the "
                "file is damaged"
            )
        table = list(range(there))
        notes = (
            f"its OME metadata put several planes on one page; its {there} pages are taken one "
            "after the other",
        )
    if kept[slowest] < sizes[slowest]:
        if -1 in table:
            raise _too_many(path, stated, there)
        notes = (
            f"its OME metadata state {sizes[slowest]} {_PLACES[slowest]}, but it holds the planes "
            f"of {kept[slowest]}",
        )
    missing = table.count(-1)
    if missing:
        raise SourceError(f"{path}: {missing} of {stated} planes are missing")
    left_out = there - len(table) if is_alone else 0
    if left_out:
        notes += (f"{left_out} of {there} pages are no planes of its OME metadata, and left out",)
    pages, stored_alike = _frames_of(tif, keyframe, table, path)
    grid = tuple((axis, kept[axis]) for axis in ome.order)
    return _Grid(keyframe, grid, pages, len(table), None, notes, left_out, stored_alike)


def _too_many(path: Path, stated: int, there: int) -> SourceError:
    return SourceError(
        f"{path}: its OME metadata state {stated} planes, but it holds {there}; the "
        "others are in other files or missing: convert the folder"
    )


def _first_page(ome: OmeImage, path: Path) -> int:
    """The page of the first of an image's planes that lies in this file."""
    pages = [block.page for block in ome.blocks if block.file in (None, path.name)]
    return min(pages, default=0)


def _own_part(tif: TiffFile, ome: OmeImage) -> OmeImage:
    """What OME metadata of a whole series say about one of its files: the order of its planes."""
    there = len(tif.pages)
    if prod(ome.sizes.values()) <= there:
        return ome
    for axes in ("Z", "C", "CZ", "T", "TZ", "TC"):
        if prod(ome.sizes[axis] for axis in axes) == there:
            sizes = {axis: ome.sizes[axis] if axis in axes else 1 for axis in "TCZ"}
            return replace(ome, sizes=sizes, blocks=[])
    return replace(ome, sizes=dict.fromkeys("TCZ", 1), blocks=[])


def _imagej_grid(tif: TiffFile, path: Path) -> _Grid | None:
    """The planes of a hyperstack of ImageJ; None for anything else."""
    meta = tif.imagej_metadata
    if not meta:
        return None
    first, there = tif.pages.first, len(tif.pages)
    check_findings(path)
    sizes = {
        a: max(1, int(meta.get(k, 1)))
        for a, k in (("T", "frames"), ("Z", "slices"), ("C", "channels"))
    }
    if sizes["C"] == first.samplesperpixel:  # Bio-Formats counts the samples of RGB as channels
        sizes["C"] = 1
    stated = prod(sizes.values())
    images = stated if stated > 1 else int(meta.get("images", 1))
    if there == 1:
        # Files over 4 GB have a single page, and all planes behind it.
        _check_run(tif, first, images, path)
        if stated == 1 and has_planes_behind(tif):
            return _Grid(first, (("I", images),), None, images, first.dataoffsets[0])
    if sum(n > 1 for n in sizes.values()) < 2:
        if there == 1 or images == there:
            return None
        return _all_pages(tif, sizes, images, path)
    order = str(meta.get("order", "czt")).upper()
    axes = order[::-1] if sorted(order) == ["C", "T", "Z"] else "TZC"
    notes: tuple[str, ...] = ()
    if there > 1 and stated != there:
        # The pages are right: programs that edit such files leave stale numbers.
        frames, rest = divmod(there, sizes["C"] * sizes["Z"])
        if rest or axes[0] != "T":
            raise SourceError(
                f"{path}: states {sizes['T']} frames of {sizes['C']} channels and {sizes['Z']} "
                f"slices, but holds {there} planes; the file is damaged or was edited"
            )
        notes = (f"it states {sizes['T']} time points but holds the planes of {frames}",)
        sizes["T"] = frames
    grid = tuple((axis, sizes[axis]) for axis in axes)
    count, start = prod(sizes.values()), first.dataoffsets[0]
    if there == 1:
        return _Grid(first, grid, None, count, start, notes)
    pages, stored_alike = _frames_of(tif, first, range(there), path)
    return _Grid(first, grid, pages, count, start, notes, stored_alike=stored_alike)


def _all_pages(tif: TiffFile, sizes: dict[str, int], images: int, path: Path) -> _Grid | None:
    """All pages of a file whose ImageJ metadata state another number; None if they are unlike."""
    first, there = tif.pages.first, len(tif.pages)
    axis = next((letter for letter, n in sizes.items() if n > 1), "T")
    try:
        pages, stored_alike = _frames_of(tif, first, range(there), path)
    except SourceError:
        return None
    note = f"its ImageJ metadata state {images} images, but it holds {there}, and all are taken"
    grid = ((axis, there),)
    return _Grid(first, grid, pages, there, None, (note,), stored_alike=stored_alike)


def has_planes_behind(tif: TiffFile) -> bool:
    """Whether the only page of a file of ImageJ stands for several planes, and they are there."""
    meta = tif.imagej_metadata
    images = int(meta.get("images", 1)) if meta else 1
    page = tif.pages.first
    if images < 2 or len(tif.pages) > 1 or not page.is_contiguous:
        return False
    end: int = page.dataoffsets[0] + images * page.nbytes
    return end <= tif.filehandle.size


def _check_run(tif: TiffFile, page: TiffPage, images: int, path: Path) -> None:
    end = page.dataoffsets[0] + images * page.nbytes
    if images > 1 and end > tif.filehandle.size:
        raise SourceError(
            f"{path}: states {images} images but ends after "
            f"{(tif.filehandle.size - page.dataoffsets[0]) // page.nbytes}; "
            f"{DAMAGED}"
        )


def _series_grid(tif: TiffFile, path: Path) -> _Grid:
    """The planes of the one sequence of a file; pages of another size are left out.

    tifffile takes long files for uniform after a look at three of their pages.
    """
    try:
        grid = _of_series(tif, path)
        pages = grid.pages or ()
        odd, stored_alike = unlike(tif, grid.keyframe, pages)
    except RuntimeError:  # a page in another number of strips
        return _largest_group(tif, path)
    if odd is not None and len(grid.sizes) < 2:
        return _largest_group(tif, path)
    return replace(grid, stored_alike=stored_alike)


def _of_series(tif: TiffFile, path: Path) -> _Grid:
    # The small pictures of LSM files can be larger than a narrow image.
    found = tif.series[:1] if tif.is_lsm else tif.series
    series = max(found, key=lambda s: s.nbytes, default=None)
    check_findings(path)
    if series is None or not series.pages:
        raise SourceError(f"{path}: holds no image; {DAMAGED}")
    shape = series.keyframe.shape
    others = [s for s in found if s is not series and s.keyframe.shape == shape]
    if others:
        raise SourceError(
            f"{path}: holds {len(others) + 1} image series of the same size; only files with one "
            "sequence can be converted"
        )
    missing = sum(page is None for page in series.pages)
    if missing:
        raise SourceError(f"{path}: {missing} of {len(series.pages)} planes are missing")
    sizes = tuple((a, n) for a, n in zip(series.axes, series.shape, strict=True) if a not in "YXS")
    count = series.nbytes // series.keyframe.nbytes
    pages = _pages(series)
    there = len(tif.pages)
    notes, left_out = _others(series.keyframe, there - len(pages), there)
    return _Grid(series.keyframe, sizes, pages, count, series.dataoffset, notes, left_out)


def _largest_group(tif: TiffFile, path: Path) -> _Grid:
    """Of pages that differ, those alike that have the most pixels together."""
    tif.pages.useframes = False
    groups: dict[Any, list[Page]] = {}
    there = len(tif.pages)
    for number in range(there):
        page = tif.pages[number].aspage()
        key = page.shape, page.dtype, page.photometric, page.samplesperpixel
        groups.setdefault(key, []).append(page)
    check_findings(path)
    pages = max(groups.values(), key=lambda group: len(group) * group[0].nbytes)
    keyframe = pages[0].aspage()
    notes, left_out = _others(keyframe, there - len(pages), there)
    odd, stored_alike = unlike(tif, keyframe, pages)  # bits that are packed differ, too
    grid = (("T", len(pages)),)
    return _Grid(
        keyframe, grid, pages, len(pages), None, notes, left_out, odd is None and stored_alike
    )


def _others(keyframe: TiffPage, left_out: int, there: int) -> tuple[tuple[str, ...], int]:
    """What is said of pages that are no frames, and how many they are."""
    if left_out < 1:
        return (), 0
    size = f"{keyframe.imagewidth}x{keyframe.imagelength}"
    return (f"{left_out} of its {there} pages are not {size}, and left out",), left_out


def _locate(
    tif: TiffFile, grid: _Grid, path: Path
) -> tuple[tuple[int, ...], tuple[int, ...], bool]:
    """Page numbers, and offsets of the pixels where they are one contiguous run, else of pages."""
    first = grid.keyframe
    # A page has a table of its own, but for ImageJ's.
    plain = _is_plain(first) and (first.photometric != PHOTOMETRIC.PALETTE or has_lut(first))
    if plain and grid.stored_alike and first.planarconfig == 1 and first.samplesperpixel in (1, 3):
        if grid.pages is not None and len(grid.pages) == grid.count:
            starts = tuple(page.dataoffsets[0] for page in grid.pages)
        elif grid.dataoffset is None:
            raise _cannot_be_found(grid, path)
        else:  # a single page stands for all planes
            end = grid.dataoffset + grid.count * first.nbytes
            starts = tuple(run := range(grid.dataoffset, end, first.nbytes))
            if any(offset in run[1:] for page in tif.pages for offset in page.dataoffsets[:1]):
                raise _cannot_be_found(grid, path)
        begin = min(starts)
        if all(s == begin + i * first.nbytes for i, s in enumerate(sorted(starts))):
            if max(starts) + first.nbytes > tif.filehandle.size:
                raise SourceError(f"{path}: ends within page {len(starts)}; {DAMAGED}")
            return _numbers(grid), starts, True
    if grid.pages is None or len(grid.pages) != grid.count:
        raise _cannot_be_found(grid, path)
    return _numbers(grid), tuple(page.offset for page in grid.pages), False


def _cannot_be_found(grid: _Grid, path: Path) -> SourceError:
    return SourceError(f"{path}: {grid.count} planes cannot be found; the file is damaged")


def _numbers(grid: _Grid) -> tuple[int, ...]:
    if grid.pages is None or len(grid.pages) != grid.count:
        return tuple(range(grid.count))
    return tuple(page.index for page in grid.pages)


def _keyframe(tif: TiffFile, number: int) -> TiffPage:
    """A page in full."""
    if not 0 <= number < len(tif.pages):
        return tif.pages.first
    tif.pages.set_keyframe(number)
    page = tif.pages[number]
    assert isinstance(page, TiffPage)
    return page


def _frames_of(
    tif: TiffFile, keyframe: TiffPage, numbers: Sequence[int], path: Path
) -> tuple[list[Page], bool]:
    """Pages like `keyframe`, of which no more is parsed than where their pixels are, and whether
    these are stored in the same way.

    Raises
    ------
    SourceError
        One of them has another size.
    """
    tif.pages.useframes = True
    tif.pages.set_keyframe(keyframe.index)
    pages: list[Page] = []
    odd, stored_alike = None, False
    for number in numbers:
        try:
            pages.append(tif.pages[number])
        except RuntimeError:  # in another number of strips
            odd = number
            break
    if odd is None:
        odd, stored_alike = unlike(tif, keyframe, pages)
    if odd is not None:
        raise SourceError(
            f"{path}: page {odd + 1} is of another size or type than page "
            f"{keyframe.index + 1}; its metadata count both as planes of one image"
        )
    return pages, stored_alike


def _pages(series: TiffPageSeries) -> list[Page]:
    return [page for page in series.pages if page is not None]
