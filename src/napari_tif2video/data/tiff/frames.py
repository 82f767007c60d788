"""The frames of TIFF files: how their planes are read, and what tells them from others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import prod
from os.path import join
from pathlib import Path
from typing import Self

from tifffile import TiffFile, TiffPage

from ...errors import SourceError
from ...geometry import CropBox
from ..memory import thread_buffer
from ..stack import FrameFormat
from .alike import Alike
from .files import Stamp, opened, stamps, translated
from .layout import Layout, Sizes, layout_of
from .ome import Members, OmeImage, ome_of
from .pages import Frame, page_format, read_page, single_page


def only_ome_of(tif: TiffFile, path: Path) -> OmeImage | None:
    """OME metadata of one file of a folder, which may describe one image only."""
    images = ome_of(tif.pages.first.description, path)
    if len(images) > 1:
        raise SourceError(
            f"{path}: its OME metadata describe {len(images)} images; convert the file itself, "
            "with --position"
        )
    return images[0] if images else None


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
class _FolderFrames:
    """Planes that lie in several files of a folder, some of them in the same one."""

    folder: Path
    planes: Members
    format: FrameFormat
    chunk_starts = None

    def __len__(self) -> int:
        return len(self.planes.pages)

    def select(self, indices: Sequence[int]) -> Self:
        return replace(self, planes=self.planes.select(indices))

    def identity(self) -> object:
        return stamps(self.folder, self.planes.names), self.planes.files, self.planes.pages

    def _by_file(self) -> Iterator[tuple[Path, list[int]]]:
        """Each file, and the numbers of its planes that come in a row."""
        places = zip(self.planes.files, self.planes.pages, strict=True)
        for file, some in groupby(places, lambda place: place[0]):
            yield self.folder / self.planes.names[file], [number for _, number in some]


@dataclass(frozen=True)
class MemberFrames(_FolderFrames):
    """Planes on any pages of several files of a folder.

    Attributes
    ----------
    first : str
        The file that decided size and type.
    """

    first: str

    def label(self, index: int) -> str:
        return f"page {self.planes.pages[index] + 1} of {self.planes.name(index)}"

    def check(self) -> None:
        for page, where in self._pages():
            self.format.check(page_format(page, where), where, self.first)

    def read_frames(self, box: CropBox) -> Iterator[Frame]:
        for page, where in self._pages():
            with translated(where):
                self.format.check(page_format(page, where), where, self.first)
                frame = read_page(page, where, self.format)
            yield frame[box.rows, box.columns]

    def _pages(self) -> Iterator[tuple[TiffPage, str]]:
        """The page of each plane, and what a message calls it."""
        for path, numbers in self._by_file():
            with opened(path) as tif:
                for number in numbers:
                    where = f"{path}: page {number + 1}"
                    with translated(where):
                        page = tif.pages[number].aspage()
                    yield page, where


@dataclass(frozen=True)
class VolumeFrames(_FolderFrames):
    """The planes of files that hold several each; `planes` numbers those within a file.

    Attributes
    ----------
    sizes : tuple of (str, int)
        The axes inside each file, as `Layout` gives them.
    """

    sizes: Sizes

    def label(self, index: int) -> str:
        return self.planes.name(index)

    def check(self) -> None:
        for name in self.planes.names:
            self._planes(self.folder / name)

    def read_frames(self, box: CropBox) -> Iterator[Frame]:
        for path, numbers in self._by_file():
            yield from self._planes(path).select(numbers).read_frames(box)

    def _planes(self, path: Path) -> PageFrames:
        """The planes of one file, which has to be laid out as the first one."""
        with opened(path) as tif:
            layout = layout_of(tif, path, only_ome_of(tif, path), is_member=True)
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
