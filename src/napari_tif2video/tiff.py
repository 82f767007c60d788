"""Single pages of TIFF files, checked before they are believed.

Damaged files make tifffile raise nearly anything, log a line and go on, or return an empty or
half-filled array. Here all of that becomes one `SourceError` that names the file.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import PHOTOMETRIC, TiffFile, TiffFrame, TiffPage

from .errors import SourceError, Tif2VideoError
from .frames import FrameFormat
from .memory import free_memory, thread_buffer

Frame = NDArray[Any]


def full_pages(tif: TiffFile, path: Path) -> list[TiffPage | TiffFrame]:
    """The pages of a file without smaller extra ones."""
    count = len(tif.pages)
    check_findings(path)
    if count == 0:
        raise SourceError(f"{path}: holds no image; the file is damaged or incomplete")
    if count == 1:
        return [tif.pages.first]
    pages = [tif.pages[i] for i in range(count)]
    check_findings(path)
    area = max(prod(page.shape) for page in pages)
    return [page for page in pages if prod(page.shape) == area]


def single_page(tif: TiffFile, path: Path) -> TiffPage:
    """The first full-size page of a file that holds one image, and maybe smaller extra pages."""
    full = full_pages(tif, path)
    if len(full) > 1:
        raise SourceError(
            f"{path}: holds {len(full)} images where the first file of its folder holds one; "
            "convert the file itself, or use --match to choose files that are alike"
        )
    return full[0] if isinstance(full[0], TiffPage) else full[0].aspage()


def page_format(page: TiffPage, where: object) -> FrameFormat:
    """Size and type of a page as a frame; refuses what cannot become one."""
    if page.dtype is None or 0 in page.shape:
        raise SourceError(f"{where}: holds no pixels; the file is damaged or incomplete")
    photometric = page.photometric
    colour = photometric in (PHOTOMETRIC.RGB, PHOTOMETRIC.YCBCR)
    samples = page.samplesperpixel
    grey = photometric in (PHOTOMETRIC.MINISBLACK, PHOTOMETRIC.MINISWHITE) and samples == 1
    has_palette = _has_palette(page)
    if page.imagedepth != 1 or not (grey or has_palette or (colour and samples in (3, 4))):
        name = getattr(photometric, "name", photometric)
        raise SourceError(
            f"{where}: is a {name} image with {samples} samples a pixel; grey images, RGB images "
            "and those with a colour table can be converted"
        )
    size = (page.imagelength, page.imagewidth)
    _check_claims(page, where)
    frame_format = FrameFormat(
        size if grey else (*size, 3),
        np.dtype(np.uint16) if has_palette else page.dtype.newbyteorder("="),
        white_is_zero=photometric == PHOTOMETRIC.MINISWHITE,
        has_alpha=colour and samples == 4,
    )
    frame_format.require_supported(where)
    return frame_format


def _has_palette(page: TiffPage) -> bool:
    """Whether the pixels are places in a table of colours, which have 16 bits in TIFF."""
    return (
        page.photometric == PHOTOMETRIC.PALETTE
        and page.samplesperpixel == 1
        and page.colormap is not None
    )


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
    if page.nbytes > _MEMORY_CHECK_BYTES and page.nbytes > free_memory():
        raise SourceError(
            f"{where}: claims {page.imagewidth}x{page.imagelength} pixels, "
            f"{page.nbytes / 1e9:.1f} GB, more than the memory that is free"
        )


# Asking for the free memory is a system call; only pages of unusual size are worth it.
_MEMORY_CHECK_BYTES = 256 << 20


def read_page(page: TiffPage, where: object, frame_format: FrameFormat) -> Frame:
    """The pixels of a page as a frame of native byte order."""
    direct = page.is_contiguous and page.shape == frame_format.shape
    out = thread_buffer("file", frame_format.shape, frame_format.dtype) if direct else None
    frame = page.asarray(out=out, maxworkers=1)
    if frame.ndim == 3 and frame.shape[:2] != frame_format.shape[:2]:  # planes one after another
        frame = np.moveaxis(frame, 0, -1)
    if _has_palette(page) and page.colormap is not None:
        frame = np.take(page.colormap.T, frame, axis=0)
    elif frame_format.is_rgb:
        frame = frame[..., :3]  # the fourth sample is an alpha channel
    if frame.shape != frame_format.shape:
        raise SourceError(f"{where}: holds no full image; the file is damaged or incomplete")
    check_findings(where)
    return frame.astype(frame_format.dtype, copy=False)


_local = threading.local()


class _Findings(logging.Handler):
    """Keeps what tifffile logs as errors, for the thread that was reading."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            _local.finding = record.getMessage()


_findings = _Findings()


def check_findings(where: object) -> None:
    finding = getattr(_local, "finding", None)
    if finding is not None:
        _local.finding = None
        reason = finding.rsplit("> ", 1)[-1]
        raise SourceError(f"{where}: the file is damaged or incomplete ({reason})")


@contextmanager
def opened(path: Path) -> Iterator[TiffFile]:
    logger = logging.getLogger("tifffile")
    if _findings not in logger.handlers:
        logger.addHandler(_findings)
    _local.finding = None
    # OME metadata can name any other file, and more planes than there is memory for a list of
    # them; tifffile would open and make them.
    with translated(path), TiffFile(path, is_ome=False) as tif:
        yield tif


@contextmanager
def translated(where: object) -> Iterator[None]:
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
