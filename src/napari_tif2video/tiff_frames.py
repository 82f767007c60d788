"""Sequences of frames in TIFF files: one file a frame, or one file with a page a frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import prod
from os.path import join
from pathlib import Path

from tifffile import TiffFile, TiffPage

from .errors import SourceError
from .frames import FrameFormat
from .geometry import Box
from .memory import thread_buffer
from .ome_members import Members
from .tiff import Frame, opened, page_format, read_page, single_page, translated
from .tiff_alike import Alike
from .tiff_layout import Sizes, layout_of


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
    batch_starts = None

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
    batch_starts = None

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
    batch_starts = None

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
    batch_starts = None

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
