"""How much may a TIFF claim to hold? Looked at before anything is allocated for it.

tifffile believes what a file says: it follows pages that lead in a circle, and makes lists and
arrays of any length. So the directories of pages are walked here first, which takes microseconds
each, and compared with what the file has room for and with bounds that no real file reaches.
``TIF2VIDEO_TRUST=10`` in the environment makes the bounds ten times as wide.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from tifffile import TiffPage

from ...errors import DAMAGED, SettingsError, SourceError

TRUST = "TIF2VIDEO_TRUST"

#: What a file may have at most; a list of so many takes seconds and some hundred MB.
MAX_PAGES = 250_000
MAX_PLANES = 1_000_000
MAX_PIECES = 5_000_000

#: Bytes of one tag, such as a description, and of all tags or of a file with nothing but metadata.
#: A hundred thousand planes with times and positions take about 30 MB.
MAX_TAG_BYTES = 32 << 20
MAX_METADATA_BYTES = 128 << 20

#: A frame may take so many bytes in any case, and else be so many times as large as in its file.
MAX_FRAME_BYTES = 256 << 20
MAX_RATIO = 100

#: By the numbers of the types of tags.
TYPE_BYTES = dict(enumerate((0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 2, 8, 8, 8, 8)))
# Offsets and lengths of strips and tiles.
_PIECES = {273, 279, 324, 325}
# One read takes in the directory of nearly any page.
_DIRECTORY_BYTES = 512


def trust() -> float:
    """By how much the bounds are wider than usual.

    Raises
    ------
    SettingsError
        The environment says something else than a number from 1 on.
    """
    text = os.environ.get(TRUST, "1")
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 1 <= factor < 1e6:
        raise SettingsError(f"{TRUST}: expected a number from 1 on, got {text!r}")
    return factor


def check_bound(number: float, most: float, what: str, where: object) -> None:
    """Refuse what is more than usual, with the way to have it anyway."""
    if number > most and number > most * (factor := trust()):
        more = max(2, -(-number // (most * factor)) * factor)
        raise SourceError(
            f"{where}: {what.format(f'{number:,.0f}')}, more than the {most * factor:,.0f} of any "
            f"usual file; if you trust it, set {TRUST}={more:.0f} in the environment"
        )


def check_planes(count: int, where: object) -> None:
    """Refuse a file that claims more planes than anybody records."""
    check_bound(count, MAX_PLANES, "claims {} planes", where)


def check_metadata(file: Path) -> None:
    """Refuse a file of metadata that is larger than any program writes."""
    check_bound(file.stat().st_size, MAX_METADATA_BYTES, "has {} bytes of metadata", file)


def check_frame(page: TiffPage, where: object) -> None:
    """Refuse a page that has no room for its pixels, or one that would grow out of all proportion.

    All of a tile is decompressed, however little of it lies inside the image.
    """
    stored = sum(page.databytecounts)
    pieces, bits = len(page.databytecounts), page.bitspersample
    nbytes = page.nbytes
    if page.is_tiled:
        piece = page.tilewidth * page.tilelength * max(1, page.tiledepth)
        samples = 1 if page.planarconfig == 2 else page.samplesperpixel
        nbytes = max(nbytes, pieces * piece * samples * -(-bits // 8))
    if page.compression == 1 and page.size * bits > 8 * stored:
        raise SourceError(
            f"{where}: claims {page.imagewidth}x{page.imagelength} pixels, for which it has only "
            f"{stored} bytes; {DAMAGED}"
        )
    if nbytes > MAX_FRAME_BYTES:
        most = max(MAX_FRAME_BYTES, MAX_RATIO * stored)
        check_bound(nbytes, most, "would become {} bytes a frame", where)


@lru_cache(maxsize=64)  # a file of many pages is opened by each task
def check_directories(path: Path, size: int, changed_ns: int) -> None:
    """Walk the pages of a file, and refuse claims beyond all bounds.

    What is damaged or no TIFF is left to tifffile, which says so.

    Parameters
    ----------
    size, changed_ns : int
        Of the file, which is looked at again when it has others.
    """
    with open(path, "rb", buffering=0) as file:
        seen: set[int] = set()
        tag_bytes = pieces = 0
        for offset, tags in _directories(file, size):
            if offset in seen:
                raise SourceError(f"{path}: its pages lead in a circle; the file is damaged")
            seen.add(offset)
            check_bound(len(seen), MAX_PAGES, "has at least {} pages", path)
            for code, kind, count in tags:
                nbytes = count * TYPE_BYTES.get(kind, 0)
                if nbytes <= 8:
                    continue
                if nbytes > size:
                    raise SourceError(
                        f"{path}: a tag of page {len(seen)} takes {nbytes} bytes but the file has "
                        f"{size}; {DAMAGED}"
                    )
                if code in _PIECES:
                    pieces += count
                    check_bound(pieces, MAX_PIECES, "has {} strips or tiles", path)
                else:
                    tag_bytes += nbytes
                    check_bound(nbytes, MAX_TAG_BYTES, "has {} bytes in a tag", path)
                    check_bound(tag_bytes, MAX_METADATA_BYTES, "has {} bytes of metadata", path)


def _directories(file: BinaryIO, size: int) -> Iterator[tuple[int, Iterator[tuple[int, int, int]]]]:
    """Where each page's directory is, and code, type and count of its tags."""
    header = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(header[:2])
    if order is None or len(header) < 16:
        return
    is_big = header[2:4] in (b"\x2b\0", b"\0\x2b")
    number, tag, following = (
        (struct.Struct(order + form) for form in ("Q", "HHQ8x", "Q"))
        if is_big
        else (struct.Struct(order + form) for form in ("H", "HHI4x", "I"))
    )
    (offset,) = following.unpack_from(header, 8 if is_big else 4)
    while 0 < offset < size:
        file.seek(offset)
        data = file.read(_DIRECTORY_BYTES)
        if len(data) < number.size:
            return
        (count,) = number.unpack_from(data)
        end = number.size + count * tag.size
        if count > 4096:  # tifffile refuses that, too
            return
        if end + following.size > len(data):
            file.seek(offset)
            data = file.read(end + following.size)
            if len(data) < end + following.size:
                return
        yield offset, tag.iter_unpack(data[number.size : end])
        (offset,) = following.unpack_from(data, end)
