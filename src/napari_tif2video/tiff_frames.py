"""Sequences of frames in TIFF files: one file a frame, or one file with a page a frame."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

from tifffile import TiffFile, TiffFrame, TiffPage, TiffPageSeries

from .buffers import thread_buffer
from .errors import SourceError
from .geometry import Box
from .stack import FrameFormat
from .tiff import (
    Frame,
    check_findings,
    opened,
    page_format,
    read_page,
    single_page,
    translated,
)


@dataclass(frozen=True)
class FileFrames:
    """One frame a file: the first full-size page of each.

    Use `FileFrames.open`; the first file decides size and type.
    """

    folder: Path
    names: tuple[str, ...]  # a Path for each would take four times the memory
    format: FrameFormat
    first: str
    batch_starts = None

    @classmethod
    def open(cls, folder: Path, names: Sequence[str]) -> FileFrames:
        path = folder / names[0]
        with opened(path) as tif:
            first = page_format(single_page(tif, path), path)
        return cls(folder, tuple(names), first, names[0])

    def __len__(self) -> int:
        return len(self.names)

    def label(self, index: int) -> str:
        return self.names[index]

    def select(self, indices: Sequence[int]) -> FileFrames:
        return replace(self, names=tuple(self.names[i] for i in indices))

    def read_frames(self, box: Box) -> Iterator[Frame]:
        for name in self.names:
            path = self.folder / name
            with opened(path) as tif:
                page = single_page(tif, path)
                self.format.check(page_format(page, path), path, self.first)
                frame = read_page(page, path, self.format)
            yield frame[box.rows, box.columns]


@dataclass(frozen=True)
class PageFrames:
    """The frames of one multi-page TIFF file, one a page; use `PageFrames.open`.

    Positions are looked up once, so that reading a frame does not walk through the file: the
    offset of the pixels where the data are one contiguous run, else the offset of each page.
    """

    path: Path
    format: FrameFormat
    pages: tuple[int, ...]
    offsets: tuple[int, ...]
    is_run: bool
    batch_starts = None

    @classmethod
    def open(cls, path: Path) -> PageFrames:
        with opened(path) as tif:
            series = _only_series(tif, path)
            frame_format = page_format(series.keyframe, path)
            offsets, is_run = _locate(tif, series, path)
        return cls(path, frame_format, tuple(range(len(offsets))), offsets, is_run)

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


def _only_series(tif: TiffFile, path: Path) -> TiffPageSeries:
    """The one sequence of a file; smaller extra pages are left out."""
    _refuse_hyperstack(tif, path)
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
    moving = [a for a, n in zip(series.axes, series.shape, strict=True) if a not in "YXS" and n > 1]
    if len(moving) > 1:
        raise SourceError(
            f"{path}: has the axes {series.axes} with the sizes "
            f"{'x'.join(map(str, series.shape))}; only stacks with one axis besides Y and X can "
            "be converted"
        )
    missing = sum(page is None for page in series.pages)
    if missing:
        raise SourceError(f"{path}: {missing} of {len(series.pages)} planes are missing")
    return series


def _refuse_hyperstack(tif: TiffFile, path: Path) -> None:
    """Stop at metadata that promise more than a single sequence, or other files."""
    _refuse_ome_hyperstack(tif, path)
    stated = None
    if tif.is_imagej and tif.imagej_metadata:
        stated = tif.imagej_metadata.get("images", 1)
        counts = {k: tif.imagej_metadata.get(k, 1) for k in ("channels", "slices", "frames")}
        _refuse_several(counts, path)
    if stated and stated != len(tif.pages):
        # ImageJ writes files over 4 GB with a single page and all planes behind it. Otherwise
        # the pages are right: programs that edit such files leave a stale number.
        page = tif.pages.first
        end = page.dataoffsets[0] + stated * page.nbytes
        if len(tif.pages) == 1 and page.is_contiguous and end > tif.filehandle.size:
            raise SourceError(
                f"{path}: states {stated} images but ends after "
                f"{(tif.filehandle.size - page.dataoffsets[0]) // page.nbytes}; "
                "the file is damaged or incomplete"
            )


def _refuse_ome_hyperstack(tif: TiffFile, path: Path) -> None:
    """Look at the sizes in OME metadata, and at nothing else that they claim."""
    pixels = re.findall(r"<(?:\w+:)?Pixels\b[^>]*>", tif.pages.first.description)
    if not pixels:
        return
    if len(pixels) > 1:
        raise SourceError(
            f"{path}: its OME metadata describe {len(pixels)} images; only files with one sequence "
            "can be converted"
        )
    sizes = {axis: int(n) for axis, n in re.findall(r'\bSize([TCZ])="(\d+)"', pixels[0])}
    counts = {
        "frames": sizes.get("T", 1),
        "channels": sizes.get("C", 1) // tif.pages.first.samplesperpixel,
        "slices": sizes.get("Z", 1),
    }
    _refuse_several(counts, path)
    stated = prod(max(n, 1) for n in counts.values())
    if stated > len(tif.pages):
        raise SourceError(
            f"{path}: its OME metadata state {stated} planes, but it holds {len(tif.pages)}; the "
            "others are in other files or missing: convert the folder"
        )


def _refuse_several(counts: dict[str, int], path: Path) -> None:
    several = [f"{n} {name}" for name, n in counts.items() if n > 1]
    if len(several) > 1:
        raise SourceError(
            f"{path}: is a hyperstack of {', '.join(several)}; only stacks with one such axis can "
            "be converted: save one channel and slice"
        )


def _locate(tif: TiffFile, series: TiffPageSeries, path: Path) -> tuple[tuple[int, ...], bool]:
    """Offsets of the pixels where they are one contiguous run, else of the pages; and which."""
    first = series.keyframe
    plain = first.is_contiguous and first.fillorder == 1 and first.predictor == 1
    if plain and first.planarconfig == 1 and first.samplesperpixel in (1, 3):
        if series.dataoffset is None:
            starts = tuple(page.dataoffsets[0] for page in _pages(series))
        else:  # also files of ImageJ over 4 GB, where a single page stands for all planes
            count = series.nbytes // first.nbytes
            starts = tuple(series.dataoffset + i * first.nbytes for i in range(count))
        if all(start == starts[0] + i * first.nbytes for i, start in enumerate(starts)):
            if starts[-1] + first.nbytes > tif.filehandle.size:
                raise SourceError(
                    f"{path}: ends within page {len(starts)}; the file is damaged or incomplete"
                )
            return starts, True
    return tuple(page.offset for page in _pages(series)), False


def _pages(series: TiffPageSeries) -> list[TiffPage | TiffFrame]:
    return [page for page in series.pages if page is not None]
