"""Where the planes of a TIFF file lie, on a grid of time points, channels and slices.

Pages are counted and located, never read. Metadata say how they are arranged, but not how many
there are: lists are made only of pages that exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

import numpy as np
from tifffile import PHOTOMETRIC, TiffFile, TiffFrame, TiffPage, TiffPageSeries

from ...colours import ChannelInfo
from ...errors import SourceError
from ..calibration import Calibration
from ..stack import FrameFormat
from .claims import check_planes
from .metadata import calibration_of, channels_of
from .ome import OmeImage, ome_of
from .pages import check_findings, page_format

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
        The planes are one contiguous run of plain pixels.
    """

    format: FrameFormat
    sizes: Sizes
    pages: tuple[int, ...]
    offsets: tuple[int, ...]
    is_run: bool
    channels: tuple[ChannelInfo, ...]
    calibration: Calibration
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Grid:
    """Planes in the order of their axes in the file; those without pages follow `dataoffset`."""

    keyframe: TiffPage
    sizes: Sizes
    pages: Sequence[Page] | None
    count: int
    dataoffset: int | None
    notes: tuple[str, ...] = ()


def layout_of(tif: TiffFile, path: Path, *, is_member: bool = False) -> Layout:
    """Find the planes of a file.

    Parameters
    ----------
    is_member : bool
        The file is one of many: its OME metadata may describe all of them together.

    Raises
    ------
    SourceError
        Planes are missing, or there are several images.
    """
    ome = ome_of(tif.pages.first.description, path)
    if ome is not None:
        grid = _ome_grid(tif, _own_part(tif, ome) if is_member else ome, path)
    else:
        grid = _imagej_grid(tif, path)
    if grid is None:
        grid = _series_grid(tif, path)
    check_planes(grid.count, path)
    frame_format = page_format(grid.keyframe, path)
    numbers, offsets, is_run = _locate(tif, grid, path)
    sizes, order = canonical(grid.sizes)
    if order is not None:
        numbers, offsets = (tuple(values[i] for i in order) for values in (numbers, offsets))
    calibration, notes = calibration_of(tif, ome, dict(sizes).get("T"))
    names = channels_of(tif, ome, dict(sizes).get("C", 1))
    return Layout(
        frame_format, sizes, numbers, offsets, is_run, names, calibration, (*grid.notes, *notes)
    )


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


def ome_sizes(tif: TiffFile, ome: OmeImage) -> dict[str, int]:
    """Lengths of T, C and Z; the samples of RGB, which OME counts as channels, are one."""
    sizes, samples = dict(ome.sizes), tif.pages.first.samplesperpixel
    if sizes["C"] % samples == 0:
        sizes["C"] //= samples
    return sizes


def _ome_grid(tif: TiffFile, ome: OmeImage, path: Path) -> _Grid | None:
    """The planes as OME metadata place them; None where the pages alone say enough."""
    first, sizes = tif.pages.first, ome_sizes(tif, ome)
    stated, there = prod(sizes.values()), len(tif.pages)
    check_findings(path)
    if stated > there:
        raise SourceError(
            f"{path}: its OME metadata state {stated} planes, but it holds {there}; the "
            "others are in other files or missing: convert the folder"
        )
    if stated != there and sum(n > 1 for n in sizes.values()) < 2:
        return None
    table = _ome_table(ome, sizes, there, path.name)
    missing = sum(page < 0 for page in table)
    if missing:
        raise SourceError(f"{path}: {missing} of {stated} planes are missing")
    pages = _frames_of(tif)
    notes: tuple[str, ...] = ()
    if stated < there:
        notes = (f"{there - stated} of {there} pages are no planes of its OME metadata",)
    grid = tuple((axis, sizes[axis]) for axis in ome.order)
    return _Grid(first, grid, [pages[i] for i in table], stated, None, notes)


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


def _ome_table(ome: OmeImage, sizes: dict[str, int], there: int, name: str) -> list[int]:
    """The page of each plane, in the order of the axes in the file; -1 where none is named."""
    stated = prod(sizes.values())
    if not ome.blocks:
        return list(range(stated))
    table = [-1] * stated
    files = {block.file for block in ome.blocks}
    own = {None, name} if len(files) > 1 or None in files else files  # a file can be renamed
    for block in ome.blocks:
        if block.file not in own:
            continue
        if not all(0 <= block.first[axis] < n for axis, n in sizes.items()):
            continue
        start = 0
        for axis in ome.order:
            start = start * sizes[axis] + block.first[axis]
        run = min(there - block.page, stated - start, there if block.count is None else block.count)
        for i in range(run):
            table[start + i] = block.page + i
    return table


def _imagej_grid(tif: TiffFile, path: Path) -> _Grid | None:
    """The planes of a hyperstack of ImageJ; None for anything else."""
    meta = tif.imagej_metadata if tif.is_imagej else None
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
    if there == 1:
        # Files over 4 GB have a single page, and all planes behind it.
        images = stated if stated > 1 else int(meta.get("images", 1))
        _check_run(tif, first, images, path)
    if sum(n > 1 for n in sizes.values()) < 2:
        return None
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
    pages = _frames_of(tif) if there > 1 else None
    count = prod(sizes.values())
    return _Grid(first, grid, pages, count, first.dataoffsets[0], notes)


def has_planes_behind(tif: TiffFile) -> bool:
    """Whether the only page of a file of ImageJ stands for several planes, and they are there."""
    meta = tif.imagej_metadata if tif.is_imagej else None
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
            "the file is damaged or incomplete"
        )


def _series_grid(tif: TiffFile, path: Path) -> _Grid:
    """The planes of the one sequence of a file; smaller extra pages are left out."""
    series = max(tif.series, key=lambda s: s.nbytes, default=None)
    check_findings(path)
    if series is None or not series.pages:
        raise SourceError(f"{path}: holds no image; the file is damaged or incomplete")
    shape = series.keyframe.shape
    others = [s for s in tif.series if s is not series and s.keyframe.shape == shape]
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
    return _Grid(series.keyframe, sizes, _pages(series), count, series.dataoffset)


def _locate(
    tif: TiffFile, grid: _Grid, path: Path
) -> tuple[tuple[int, ...], tuple[int, ...], bool]:
    """Page numbers, and offsets of the pixels where they are one contiguous run, else of pages."""
    first = grid.keyframe
    plain = first.is_contiguous and first.fillorder == 1 and first.predictor == 1
    plain = plain and first.photometric != PHOTOMETRIC.PALETTE  # a page has its own table
    if plain and first.planarconfig == 1 and first.samplesperpixel in (1, 3):
        if grid.pages is not None and len(grid.pages) == grid.count:
            starts = tuple(page.dataoffsets[0] for page in grid.pages)
        else:  # a single page stands for all planes
            assert grid.dataoffset is not None
            if grid.dataoffset + grid.count * first.nbytes > tif.filehandle.size:
                raise SourceError(
                    f"{path}: states {grid.count} planes, more than it has room for; the file is "
                    "damaged or incomplete"
                )
            starts = tuple(grid.dataoffset + i * first.nbytes for i in range(grid.count))
        begin = min(starts)
        if all(s == begin + i * first.nbytes for i, s in enumerate(sorted(starts))):
            if max(starts) + first.nbytes > tif.filehandle.size:
                raise SourceError(
                    f"{path}: ends within page {len(starts)}; the file is damaged or incomplete"
                )
            return _numbers(grid), starts, True
    if grid.pages is None or len(grid.pages) != grid.count:
        raise SourceError(f"{path}: {grid.count} planes cannot be found; the file is damaged")
    return _numbers(grid), tuple(page.offset for page in grid.pages), False


def _numbers(grid: _Grid) -> tuple[int, ...]:
    if grid.pages is None or len(grid.pages) != grid.count:
        return tuple(range(grid.count))
    return tuple(page.index for page in grid.pages)


def _frames_of(tif: TiffFile) -> list[Page]:
    """All pages, the first in full and of the others no more than where their pixels are."""
    tif.pages.useframes = True
    tif.pages.set_keyframe(0)
    return [tif.pages[i] for i in range(len(tif.pages))]


def _pages(series: TiffPageSeries) -> list[Page]:
    return [page for page in series.pages if page is not None]
