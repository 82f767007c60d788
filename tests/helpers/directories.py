"""TIFF files written tag by tag, as no library writes them."""

from __future__ import annotations

import struct

import numpy as np

BYTE, ASCII, SHORT, LONG, RATIONAL, FLOAT, DOUBLE = 1, 2, 3, 4, 5, 11, 12
_FORMS = {BYTE: "B", ASCII: "s", SHORT: "H", LONG: "I", RATIONAL: "I", FLOAT: "f", DOUBLE: "d"}
_SAMPLE_FORMATS = {"u": (), "i": (2,), "f": (3,)}


def described(text):
    """The tag of a description."""
    return {270: (ASCII, text.encode() + b"\0")}


def write_directories(path, pages, *, order="<", gap=0, parts=1):
    """Directories first, then the pixels of all pages, so many bytes apart.

    A page is an array and tags, code to (type, values) or None for one that is not there. Its
    pixels lie in so many strips; where the array has three axes, the first is that of planes.
    """
    plain = [(np.asarray(page), {}) if not isinstance(page, tuple) else page for page in pages]
    at, place, begins = [], 8, []
    for array, tags in plain:
        at.append(place)
        place += len(_directory(_tags(array, tags, 0, parts), 0, 0, order))
    for array, _ in plain:
        begins.append(place)
        place += array.nbytes + gap
    content = struct.pack(f"{order}2sHI", b"II" if order == "<" else b"MM", 42, 8)
    for number, (array, tags) in enumerate(plain):
        following = at[number + 1] if number + 1 < len(plain) else 0
        found = _tags(array, tags, begins[number], parts)
        content += _directory(found, at[number], following, order)
    for array, _ in plain:
        content += array.astype(array.dtype.newbyteorder(order)).tobytes() + bytes(gap)
    path.write_bytes(content[: len(content) - gap])
    return path


def _tags(array, changes, begin, parts):
    height, width = array.shape[-2:]
    planes = array.size // (height * width)
    counts = [array.nbytes // (planes * parts)] * (planes * parts)
    offsets = [begin + n * counts[0] for n in range(planes * parts)]
    tags = {
        256: (LONG, width), 257: (LONG, height), 258: (SHORT, [8 * array.itemsize] * planes),
        259: (SHORT, 1), 262: (SHORT, 1), 273: (LONG, offsets), 277: (SHORT, planes),
        278: (LONG, height // parts), 279: (LONG, counts),
    }  # fmt: skip
    if planes > 1:
        tags[284] = SHORT, 2
    for kind in _SAMPLE_FORMATS[array.dtype.kind]:
        tags[339] = SHORT, [kind] * planes
    return {code: found for code, found in (tags | changes).items() if found is not None}


def _directory(tags, place, following, order):
    entries, behind = b"", b""
    end = place + 2 + 12 * len(tags) + 4
    for code, (kind, values) in sorted(tags.items()):
        if kind == ASCII:
            count, value = len(values), values
        else:
            several = list(values) if isinstance(values, (list, tuple)) else [values]
            count = len(several) // (2 if kind == RATIONAL else 1)
            value = struct.pack(f"{order}{len(several)}{_FORMS[kind]}", *several)
        if len(value) > 4:
            value, behind = (
                struct.pack(f"{order}I", end + len(behind)),
                behind + value + bytes(len(value) % 2),
            )
        entries += struct.pack(f"{order}HHI", code, kind, count) + value.ljust(4, b"\0")
    count = struct.pack(f"{order}H", len(tags))
    return count + entries + struct.pack(f"{order}I", following) + behind
