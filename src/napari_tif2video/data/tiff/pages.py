"""Is this page of a TIFF sound, and what is in it?

Files that differ from the first one of their folder in nothing but pixels are not parsed again.
Series that a program wrote frame by frame, without a time or a note in each file, are like that.
Parsing such a file takes twice as long as reading it, and only one thread at a time can do it.
"""

from __future__ import annotations

import logging
import os
import stat
import struct
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import PHOTOMETRIC, TiffFile, TiffFrame, TiffPage

from ...errors import DAMAGED, SourceError, Tif2VideoError, no_memory
from ...units import size_text
from ..memory import free_memory, thread_buffer
from ..stack import FrameFormat
from .claims import TYPE_BYTES, check_directories, check_frame

Frame = NDArray[Any]


def full_pages(tif: TiffFile, path: Path) -> list[TiffPage | TiffFrame]:
    """The pages of a file without smaller extra ones."""
    count = len(tif.pages)
    check_findings(path)
    if count == 0:
        raise SourceError(f"{path}: holds no image; {DAMAGED}")
    if count == 1:
        return [tif.pages.first]
    # In LSM files, a small picture follows each page.
    pages = [tif.pages[i] for i in range(0, count, 2 if tif.is_lsm else 1)]
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


# Tags that make up the format of a frame: width, height, bits, photometric, samples and, where they
# are signed or floats, the kind of number; and those that say how its pixels are stored:
# compression, order of bits, predictor.
_FORMAT_TAGS, _STORED_TAGS = (256, 257, 258, 262, 277, 339), (259, 266, 317)
_UNSIGNED = (339, b"\x01")


def unlike(
    tif: TiffFile, keyframe: TiffPage, pages: Sequence[TiffPage | TiffFrame]
) -> tuple[int | None, bool]:
    """The number of the first page whose size or type differs from that of `keyframe`, and
    whether the pixels of all pages are stored in the same way.

    Only the few tags that tell are read: parsing a page takes ten times as long.
    """
    wanted = _format_tags(tif, keyframe.offset)
    stored_alike = True
    for page in pages:
        found = wanted if page.offset == keyframe.offset else _format_tags(tif, page.offset)
        if found != wanted:
            stored_alike = False
            if _of_format(found) != _of_format(wanted):
                return page.index, False
    return None, stored_alike


def _of_format(tags: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    return [tag for tag in tags if tag[0] in _FORMAT_TAGS]


def _format_tags(tif: TiffFile, offset: int) -> list[tuple[int, bytes]]:
    """The raw values of the tags that decide about size, type and storage; out of line, only
    their place is known, so such values are looked up.
    """
    form, handle = tif.tiff, tif.filehandle
    handle.seek(offset)
    (count,) = struct.unpack(form.tagnoformat, handle.read(form.tagnosize))
    entries = handle.read(count * form.tagsize)
    known = []
    for i in range(count):
        entry = entries[i * form.tagsize : (i + 1) * form.tagsize]
        code, kind = struct.unpack(f"{tif.byteorder}HH", entry[:4])
        if code in _FORMAT_TAGS or code in _STORED_TAGS:
            (number,) = struct.unpack(form.offsetformat, entry[4 : 4 + form.offsetsize])
            value = entry[4 + form.offsetsize :]
            nbytes = number * TYPE_BYTES.get(kind, 0)
            if not nbytes:  # tifffile does as if the tag were not there
                continue
            if nbytes > form.offsetsize:
                handle.seek(struct.unpack(form.offsetformat, value)[0])
                value = handle.read(min(nbytes, 64))
            known.append((code, _as_number(value[:nbytes], tif.byteorder)))
    return [tag for tag in known if tag != _UNSIGNED]  # as without the tag


def _as_number(value: bytes, byteorder: str) -> bytes:
    """Without what only shows how many bytes a number was given: 16 or 32 bits."""
    return value[::-1].lstrip(b"\0") if byteorder == "<" else value.lstrip(b"\0")


def channels_in(page: TiffPage) -> int:
    """How many grey images a page holds, as samples of its pixels: Zeiss's LSM files have those."""
    if page.samplesperpixel == 1 or any(page.extrasamples):  # what is known of them is not grey
        return 1
    grey = page.photometric == PHOTOMETRIC.MINISBLACK or bool(page.parent.is_lsm)
    return page.samplesperpixel if grey else 1


def page_format(page: TiffPage, where: object, *, is_split: bool = False) -> FrameFormat:
    """Size and type of a page as a frame; refuses what cannot become one.

    With `is_split`, a page of several channels is as many frames.
    """
    if page.dtype is None or 0 in page.shape:
        raise SourceError(f"{where}: holds no pixels; {DAMAGED}")
    photometric = page.photometric
    colour = photometric in (PHOTOMETRIC.RGB, PHOTOMETRIC.YCBCR)
    samples = page.samplesperpixel
    grey = photometric in (PHOTOMETRIC.MINISBLACK, PHOTOMETRIC.MINISWHITE) and samples == 1
    grey = grey or has_lut(page) or (is_split and channels_in(page) > 1)
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
        and not has_lut(page)
    )


def has_lut(page: TiffPage) -> bool:
    """Whether the pixels are counts of 8 bits, and the table of colours only shows them: ImageJ's
    look-up table.
    """
    return (
        page.photometric == PHOTOMETRIC.PALETTE
        and page.samplesperpixel == 1
        and page.dtype == np.uint8
        and bool(page.parent.is_imagej)
    )


def _check_claims(page: TiffPage, where: object) -> None:
    """Refuse pages whose data lie outside the file, are missing, or cannot fit into memory."""
    offsets, counts = page.dataoffsets, page.databytecounts
    if not offsets or 0 in counts or 0 in offsets:
        raise SourceError(f"{where}: some of its pixels were never written")
    end = max(offset + count for offset, count in zip(offsets, counts, strict=False))
    size = page.parent.filehandle.size
    if end > size:
        raise SourceError(f"{where}: needs {end} bytes but the file has {size}; {DAMAGED}")
    check_frame(page, where)
    if page.nbytes > _LARGE_BYTES and page.nbytes > free_memory():
        raise SourceError(
            f"{where}: claims {page.imagewidth}x{page.imagelength} pixels, "
            f"{size_text(page.nbytes, 2)}, more than the memory that is free"
        )


# Asking for the free memory is a system call; only pages of unusual size are worth it. Decoding one
# takes seconds, in which all cores can help: there are few of them at a time.
_LARGE_BYTES = 256 << 20


def _threads(page: TiffPage) -> int:
    if page.nbytes <= _LARGE_BYTES:
        return 1
    from dask.system import CPU_COUNT  # container limits included

    return int(CPU_COUNT)


def read_page(
    page: TiffPage,
    where: object,
    frame_format: FrameFormat,
    channel: int | None = None,
    *,
    in_buffer: bool = True,
) -> Frame:
    """The pixels of a page, or of one of the channels in it, as a frame of native byte order.

    In a buffer of this thread, or not.
    """
    direct = in_buffer and page.is_contiguous and page.shape == frame_format.shape
    out = thread_buffer("file", frame_format.shape, frame_format.dtype) if direct else None
    frame = page.asarray(out=out, maxworkers=_threads(page))
    if channel is not None:
        frame = frame[channel] if page.planarconfig == 2 else frame[..., channel]
    elif frame.ndim == 3 and frame.shape[:2] != frame_format.shape[:2]:  # planes one after another
        frame = np.moveaxis(frame, 0, -1)
    if _has_palette(page) and page.colormap is not None:
        frame = np.take(page.colormap.T, frame, axis=0)
    elif frame_format.is_rgb:
        frame = frame[..., :3]  # the fourth sample is an alpha channel
    if frame.shape != frame_format.shape:
        raise SourceError(f"{where}: holds no full image; {DAMAGED}")
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
        raise SourceError(f"{where}: {DAMAGED} ({reason})")


@contextmanager
def opened(path: Path, stamp: Stamp | None = None) -> Iterator[TiffFile]:
    """A file, which must be the same at the end of the block as at its beginning.

    Parameters
    ----------
    stamp : (int, int), optional
        Size and time of change that it must have.
    """
    logger = logging.getLogger("tifffile")
    if _findings not in logger.handlers:
        logger.addHandler(_findings)
    _local.finding = None
    # OME metadata can name any other file, and more planes than there is memory for a list of
    # them; tifffile would open and make them.
    with translated(path):
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise SourceError(f"{path}: is no file, but a pipe, socket or device")
        before = stamp or stamp_of(found)
        _require_unchanged(path, before, found)
        check_directories(path, *before)
        with np.errstate(all="ignore"):  # it computes with whatever a tag says
            file = TiffFile(path, is_ome=False)
        with file as tif:
            yield tif
            _require_unchanged(path, before, os.fstat(tif.filehandle.fileno()))


#: Size of a file in bytes, and when it was changed in ns.
Stamp = tuple[int, int]


def stamp_of(found: os.stat_result) -> Stamp:
    return found.st_size, found.st_mtime_ns


def stamps(folder: Path, names: Iterable[str]) -> tuple[tuple[str, int, int], ...]:
    """The path of each file with its stamp.

    Raises
    ------
    SourceError
        One is not there.
    """
    found = []
    for name in names:
        path = os.path.join(folder, name)
        with translated(path):
            found.append((path, *stamp_of(os.stat(path))))
    return tuple(found)


def _require_unchanged(path: Path, before: Stamp, found: os.stat_result) -> None:
    if stamp_of(found) != before:
        raise SourceError(
            f"{path}: was changed while it was read; wait until it is complete, and start again"
        )


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
    except MemoryError as exc:
        raise SourceError(f"{where}: cannot be read, as {no_memory(exc)}") from exc
    except OSError as exc:
        reason = exc.strerror or " ".join(str(exc).split())
        raise SourceError(f"{where}: cannot be read ({reason})") from exc
    except Exception as exc:  # tifffile and the codecs raise nearly anything on damaged files
        reason = " ".join(str(exc).split()) or type(exc).__name__
        raise SourceError(f"{where}: cannot be read as TIFF, or is damaged ({reason})") from exc


# It travels with every task on a cluster.
_MAX_AROUND_BYTES = 16 << 10


@dataclass(frozen=True)
class Alike:
    """What a file has around its pixels, which lie in one uncompressed run.

    Attributes
    ----------
    before, behind : bytes
        All of the file before and behind its pixels.
    stored : dtype
        Type of the pixels, in the byte order of the file.
    """

    before: bytes
    behind: bytes
    stored: np.dtype[Any]
    format: FrameFormat

    def matches(self, path: str) -> bool:
        """Whether a file is such a one, as far as its size and what is before its pixels tell."""
        end = len(self.before) + self.format.nbytes + len(self.behind)
        try:
            with open(path, "rb", buffering=0) as file:
                is_as_long = os.fstat(file.fileno()).st_size == end
                return is_as_long and file.read(len(self.before)) == self.before
        except OSError:
            return False

    def read(self, path: str) -> NDArray[Any] | None:
        """The frame of such a file, in a buffer of this thread; None for any other file."""
        frame = thread_buffer("file", self.format.shape, self.stored)
        start, end = len(self.before), len(self.before) + frame.nbytes
        try:
            with _open_at_once(path) as file:
                stamp = stamp_of(os.fstat(file.fileno()))
                if stamp[0] != end + len(self.behind):
                    return None
                if file.read(start) != self.before:
                    return None
                if self.behind:  # before the pixels, which would be read in vain
                    file.seek(end)
                    if file.read(len(self.behind)) != self.behind:
                        return None
                    file.seek(start)
                if file.readinto(frame.reshape(-1).view(np.uint8).data) != frame.nbytes:
                    return None
                if stamp_of(os.fstat(file.fileno())) != stamp:
                    return None
        except OSError:  # whoever reads it properly will say what is wrong
            return None
        return frame.astype(self.format.dtype, copy=False)


def _open_at_once(path: str) -> FileIO:
    """Open for reading; a pipe, too, without waiting for what is written into it."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    number = os.open(path, flags)
    try:
        return FileIO(number)
    except OSError:  # a folder
        os.close(number)
        raise


def alike(tif: TiffFile, page: TiffPage, frame_format: FrameFormat) -> Alike | None:
    """What makes a file like this one, where `page` is all there is to read in it.

    None where pixels are compressed, in several pieces or not the frame's own, or where there is
    much beside them.
    """
    assert page.dtype is not None  # else it would have no format
    if not page.is_contiguous or page.shape != frame_format.shape:
        return None
    if page.dtype.newbyteorder("=") != frame_format.dtype:  # such as places in a table of colours
        return None
    start, behind = page.dataoffsets[0], page.dataoffsets[0] + frame_format.nbytes
    handle = tif.filehandle
    if handle.size - frame_format.nbytes > _MAX_AROUND_BYTES:
        return None
    handle.seek(0)
    before = handle.read(start)
    handle.seek(behind)
    stored = page.dtype.newbyteorder(tif.byteorder)
    return Alike(before, handle.read(), stored, frame_format)
