"""Frames from TIFF files. The only module that knows tifffile.

Damaged files make tifffile raise nearly anything, log a line and go on, or return an empty or
half-filled array. Here all of that becomes one `SourceError` that names the file.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray
from tifffile import PHOTOMETRIC, TiffFile, TiffPage

from .errors import SourceError, Tif2VideoError
from .geometry import Box
from .stack import SUPPORTED_DTYPES, FrameFormat

Frame = NDArray[Any]


@dataclass(frozen=True)
class FileFrames:
    """One frame a file: the first full-size page of each.

    Use `FileFrames.open`; the first file decides size and type.
    """

    paths: tuple[Path, ...]
    format: FrameFormat
    first: str
    batch_starts = None

    @classmethod
    def open(cls, paths: Sequence[Path]) -> FileFrames:
        with _opened(paths[0]) as tif:
            page_format = _page_format(_single_page(tif, paths[0]), paths[0])
        return cls(tuple(paths), page_format, paths[0].name)

    def __len__(self) -> int:
        return len(self.paths)

    def label(self, index: int) -> str:
        return self.paths[index].name

    def select(self, indices: Sequence[int]) -> FileFrames:
        return replace(self, paths=tuple(self.paths[i] for i in indices))

    def read_frames(self, box: Box) -> Iterator[Frame]:
        for path in self.paths:
            with _opened(path) as tif:
                page = _single_page(tif, path)
                self.format.check(_page_format(page, path), path, self.first)
                frame = _read_page(page, path, self.format)
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
        with _opened(path) as tif:
            pages = _full_size_pages(tif, path)
            first = pages[0] if isinstance(pages[0], TiffPage) else pages[0].aspage()
            page_format = _page_format(first, path)
            offsets, is_run = _locate(tif, pages, path)
        return cls(path, page_format, tuple(range(len(pages))), offsets, is_run)

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
        with _opened(self.path) as tif:
            for number, offset in zip(self.pages, self.offsets, strict=True):
                where = f"{self.path}: page {number + 1}"
                with _translated(where):
                    tif.filehandle.seek(offset)
                    if self.is_run:
                        frame = self._read_run(tif)
                    else:
                        page = TiffPage(tif, index=number)
                        self.format.check(_page_format(page, where), where, "page 1")
                        frame = _read_page(page, where, self.format)
                yield frame[box.rows, box.columns]

    def _read_run(self, tif: TiffFile) -> Frame:
        shape, dtype = self.format.shape, self.format.dtype
        return tif.filehandle.read_array(
            dtype.newbyteorder(tif.byteorder), prod(shape), out=_buffer(shape, dtype)
        ).reshape(shape)


def _full_size_pages(tif: TiffFile, path: Path) -> list[Any]:
    """The pages of a stack's only series, smaller extra pages left out."""
    _refuse_hyperstack(tif, path)
    series = max(tif.series, key=lambda s: s.nbytes, default=None)
    _check_findings(path)
    if series is None or not series.pages:
        raise SourceError(f"{path}: holds no image; the file is damaged or incomplete")
    pages = list(series.pages)
    keyframe = series.keyframe
    others = [s for s in tif.series if s is not series and s.keyframe.shape == keyframe.shape]
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
    if any(page is None for page in pages):
        raise SourceError(f"{path}: {pages.count(None)} of {len(pages)} planes are missing")
    return pages


def _refuse_hyperstack(tif: TiffFile, path: Path) -> None:
    """Stop at metadata that promise more than a single sequence, or other files."""
    stated = None
    if tif.is_imagej and tif.imagej_metadata:
        stated = tif.imagej_metadata.get("images", 1)
        counts = {k: tif.imagej_metadata.get(k, 1) for k in ("channels", "slices", "frames")}
        several = {k: n for k, n in counts.items() if n > 1}
        if len(several) > 1:
            raise SourceError(
                f"{path}: is a hyperstack of {', '.join(f'{n} {k}' for k, n in several.items())}; "
                "only stacks with one such axis can be converted: save one channel and slice"
            )
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


def _locate(tif: TiffFile, pages: list[Any], path: Path) -> tuple[tuple[int, ...], bool]:
    """Offsets of the pixels where they are one contiguous run, else of the pages; and which."""
    first = pages[0]
    plain = first.is_contiguous and first.fillorder == 1 and first.predictor == 1
    if plain and first.planarconfig == 1 and first.samplesperpixel in (1, 3):
        starts = tuple(page.dataoffsets[0] for page in pages)
        if all(start == starts[0] + i * first.nbytes for i, start in enumerate(starts)):
            if starts[-1] + first.nbytes > tif.filehandle.size:
                raise SourceError(
                    f"{path}: ends within page {len(pages)}; the file is damaged or incomplete"
                )
            return starts, True
    return tuple(page.offset for page in pages), False


def _single_page(tif: TiffFile, path: Path) -> TiffPage:
    """The first full-size page of a file that holds one image, and maybe smaller extra pages."""
    count = len(tif.pages)
    _check_findings(path)
    if count == 0:
        raise SourceError(f"{path}: holds no image; the file is damaged or incomplete")
    if count == 1:
        return tif.pages.first
    pages = [tif.pages[i] for i in range(count)]
    _check_findings(path)
    area = max(prod(page.shape) for page in pages)
    full = [page for page in pages if prod(page.shape) == area]
    if len(full) > 1:
        raise SourceError(
            f"{path}: holds {len(full)} images, but a folder must hold one image a file; "
            "convert the file itself"
        )
    return full[0] if isinstance(full[0], TiffPage) else full[0].aspage()


def _page_format(page: TiffPage, where: object) -> FrameFormat:
    """Size and type of a page as a frame; refuses what cannot become one."""
    if page.dtype is None or 0 in page.shape:
        raise SourceError(f"{where}: holds no pixels; the file is damaged or incomplete")
    photometric = page.photometric
    colour = photometric in (PHOTOMETRIC.RGB, PHOTOMETRIC.YCBCR)
    grey = photometric == PHOTOMETRIC.MINISBLACK and page.samplesperpixel == 1
    if page.imagedepth != 1 or not (grey or (colour and page.samplesperpixel in (3, 4))):
        name = getattr(photometric, "name", photometric)
        raise SourceError(
            f"{where}: is a {name} image with {page.samplesperpixel} samples a pixel; "
            "grey and RGB images can be converted"
        )
    if page.dtype.name not in SUPPORTED_DTYPES:
        raise SourceError(
            f"{where}: holds {page.dtype.name} values; {' and '.join(SUPPORTED_DTYPES)} can be "
            "converted"
        )
    size = (page.imagelength, page.imagewidth)
    _check_claims(page, where)
    return FrameFormat(size if grey else (*size, 3), page.dtype.newbyteorder("="))


def _check_claims(page: TiffPage, where: object) -> None:
    """Refuse pages whose data lie outside the file, are missing, or cannot fit into memory."""
    offsets, counts = page.dataoffsets, page.databytecounts
    if not offsets or any(count == 0 for count in counts):
        raise SourceError(f"{where}: some of its pixels were never written")
    end = max(offset + count for offset, count in zip(offsets, counts, strict=False))
    size = page.parent.filehandle.size
    if end > size:
        raise SourceError(
            f"{where}: needs {end} bytes but the file has {size}; it is damaged or incomplete"
        )
    if page.nbytes > _MEMORY_CHECK_BYTES and page.nbytes > psutil.virtual_memory().available:
        raise SourceError(
            f"{where}: claims {page.imagewidth}x{page.imagelength} pixels, "
            f"{page.nbytes / 1e9:.1f} GB, more than the memory that is free"
        )


# Asking for the free memory is a system call; only pages of unusual size are worth it.
_MEMORY_CHECK_BYTES = 256 << 20


def _read_page(page: TiffPage, where: object, frame_format: FrameFormat) -> Frame:
    """The pixels of a page as a frame of native byte order."""
    direct = page.is_contiguous and page.shape == frame_format.shape
    out = _buffer(frame_format.shape, frame_format.dtype) if direct else None
    frame = page.asarray(out=out, maxworkers=1)
    if frame.ndim == 3 and frame.shape[:2] != frame_format.shape[:2]:  # planes one after another
        frame = np.moveaxis(frame, 0, -1)
    if len(frame_format.shape) == 3:
        frame = frame[..., :3]  # the fourth sample is an alpha channel
    if frame.shape != frame_format.shape:
        raise SourceError(f"{where}: holds no full image; the file is damaged or incomplete")
    _check_findings(where)
    return frame.astype(frame_format.dtype, copy=False)


_local = threading.local()


def _buffer(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Frame:
    """An array kept per thread: a fresh one for each frame costs a page fault every 4 KB."""
    buffer: Frame | None = getattr(_local, "buffer", None)
    if buffer is None or buffer.shape != shape or buffer.dtype != dtype:
        buffer = _local.buffer = np.empty(shape, dtype)
    return buffer


class _Findings(logging.Handler):
    """Keeps what tifffile logs as errors, for the thread that was reading."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            _local.finding = record.getMessage()


_findings = _Findings()


def _check_findings(where: object) -> None:
    finding = getattr(_local, "finding", None)
    if finding is not None:
        _local.finding = None
        reason = finding.rsplit("> ", 1)[-1]
        raise SourceError(f"{where}: the file is damaged or incomplete ({reason})")


@contextmanager
def _opened(path: Path) -> Iterator[TiffFile]:
    logger = logging.getLogger("tifffile")
    if _findings not in logger.handlers:
        logger.addHandler(_findings)
    _local.finding = None
    with _translated(path), TiffFile(path) as tif:
        yield tif


@contextmanager
def _translated(where: object) -> Iterator[None]:
    """Whatever goes wrong while reading becomes one line that names the file."""
    try:
        yield
    except (Tif2VideoError, GeneratorExit):
        raise
    except FileNotFoundError as exc:
        raise SourceError(f"{where}: the file does not exist") from exc
    except PermissionError as exc:
        raise SourceError(f"{where}: no permission to read the file") from exc
    except Exception as exc:  # tifffile and the codecs raise nearly anything on damaged files
        reason = " ".join(str(exc).split()) or type(exc).__name__
        raise SourceError(f"{where}: cannot be read as TIFF, or is damaged ({reason})") from exc
