"""Files as Zeiss's programs write them, in the format LSM."""

from __future__ import annotations

import struct

import numpy as np
import tifffile

# The structure that says what is in the file, and where in it the offsets of others stand.
_MAGIC, _SIZE = 0x0400494C, 512
_COLOURS, _INTERVAL, _STAMPS = 108, 112, 132


def write_lsm(
    path, data, *, colours=(), stamps=(), voxel=(1e-7, 1e-7, 1e-6), interval=0, **options
):
    """A time series (T, Y, X) or (T, C, Y, X), with a small picture behind each frame.

    Channels lie one behind the other in each page. `colours` are pairs of a name and a colour.
    """
    count, channels, height, width = data.reshape(len(data), -1, *data.shape[-2:]).shape
    sizes = struct.pack("<Ii8i", _MAGIC, _SIZE, width, height, 1, channels, count, 2, 128, 128)
    info = sizes + struct.pack("<6dHH", *voxel, 0, 0, 0, 3, 0)
    info = (info.ljust(_INTERVAL, b"\0") + struct.pack("<d", interval)).ljust(_SIZE, b"\0")
    separate = {"planarconfig": "separate"} if data.ndim == 4 else {}
    with tifffile.TiffWriter(path, byteorder="<") as writer:
        for i, frame in enumerate(data):
            tags = [(34412, "B", _SIZE, info, True)] if i == 0 else []
            writer.write(frame, photometric="minisblack", contiguous=False, metadata=None,
                         extratags=tags, **separate, **options)  # fmt: skip
            writer.write(np.zeros((16, 16, 3), np.uint8), contiguous=False, metadata=None,
                         subfiletype=1, photometric="rgb")  # fmt: skip
    content = bytearray(path.read_bytes())
    place = content.index(struct.pack("<Ii", _MAGIC, _SIZE))
    two = struct.pack("<HHI", 258, 3, 2)
    at = content.find(two)
    while at >= 0:  # the bits of two channels stand elsewhere, although they would fit in
        content[at + 8 : at + 12] = struct.pack("<I", len(content))
        content += struct.pack("<HH", *[8 * data.dtype.itemsize] * 2)
        at = content.find(two, at + 1)
    if colours:
        names = b"".join(
            struct.pack("<I", len(name) + 1) + name.encode() + b"\0" for name, _ in colours
        )
        tables = b"".join(bytes((*rgb, 0)) for _, rgb in colours)
        begin = 24 + len(tables)
        head = (begin + len(names), len(colours), len(colours), 24, begin, 0)
        struct.pack_into("<I", content, place + _COLOURS, len(content))
        content += struct.pack("<6I", *head) + tables + names
    if stamps:
        struct.pack_into("<I", content, place + _STAMPS, len(content))
        content += struct.pack(f"<ii{len(stamps)}d", 8 + 8 * len(stamps), len(stamps), *stamps)
    path.write_bytes(content)
    return path
