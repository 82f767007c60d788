"""Is this page of a TIFF sound, and what is in it?"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import PHOTOMETRIC, TiffFile, TiffFrame, TiffPage

from ...errors import DAMAGED, SourceError
from ...units import size_text
from ..memory import free_memory, thread_buffer
from ..stack import FrameFormat
from .claims import TYPE_BYTES, check_frame
from .files import check_findings

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
