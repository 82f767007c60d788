"""Sequences of frames in TIFF files: one file a frame, or one file with a page a frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

from tifffile import TiffFile, TiffPage

from .buffers import thread_buffer
from .errors import SourceError
from .geometry import Box
from .ome import OmeImage, parse_ome
from .planes import FramePlanes
from .stack import Channel, FrameFormat, Stack
from .tiff import Frame, opened, page_format, read_page, single_page, translated
from .tiff_calibration import calibration_of
from .tiff_layout import layout_of


def open_file(path: Path, name: str) -> Stack:
    """The planes of one TIFF file as a stack, or as a hyperstack where there are several axes."""
    with opened(path) as tif:
        layout = layout_of(tif, path)
    frames = PageFrames(path, layout.format, layout.pages, layout.offsets, layout.is_run)
    is_grid = len(layout.sizes) > 1
    return Stack(
        channels=() if is_grid else (Channel(frames),),
        name=name,
        path=path,
        notes=layout.notes,
        played=layout.sizes[0][0] if layout.sizes else "T",
        planes=FramePlanes(frames, layout.sizes) if is_grid else None,
        channel_info=layout.channels,
        calibration=layout.calibration,
    )


def open_folder(folder: Path, names: Sequence[str]) -> Stack:
    """The files of a folder, one frame each, as a stack; the first one decides what they are."""
    path = folder / names[0]
    with opened(path) as tif:
        first = page_format(single_page(tif, path), path)
        calibration, notes = calibration_of(tif, _ome_of(tif, path), len(names))
    frames = FileFrames(folder, tuple(names), first, names[0])
    stack = Stack.of(frames, folder.name or "root", folder)
    return replace(stack, calibration=calibration, notes=notes)


def _ome_of(tif: TiffFile, path: Path) -> OmeImage | None:
    """OME metadata of one file of a folder; what they say of others may be no use."""
    try:
        return parse_ome(tif.pages.first.description, path)
    except SourceError:
        return None


@dataclass(frozen=True)
class FileFrames:
    """One frame a file: the first full-size page of each.

    Use `open_folder`; the first file decides size and type.
    """

    folder: Path
    names: tuple[str, ...]  # a Path for each would take four times the memory
    format: FrameFormat
    first: str
    batch_starts = None

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
    """The frames of one multi-page TIFF file, one a page; use `open_file`.

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
