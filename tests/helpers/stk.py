"""Stacks as MetaMorph writes them."""

from __future__ import annotations

import struct


def write_stk(
    path, planes, times_ms=None, distances=(), stated=None, pixel=(13, 40), tall=None, unit="um"
):
    """A MetaMorph stack: one directory, all planes behind each other, UIC tags about them."""
    count, height, width = planes.shape
    data = planes.astype("<u2").tobytes()
    times = times_ms or [0] * count
    table = b"".join(
        struct.pack("<6I", distance, 1, 2459000, ms, 0, 0)
        for distance, ms in zip(distances or [0] * count, times, strict=True)
    )
    table_at = 8 + len(data)
    said = unit.encode() + b"\0"
    values = struct.pack("<4I", *pixel, *(tall or pixel)) + struct.pack("<I", len(said)) + said
    values_at = table_at + len(table)
    ids_at = values_at + len(values)
    # XCalibration, YCalibration, CalibrationUnits
    ids = struct.pack("<6I", 4, values_at, 5, values_at + 8, 6, values_at + 16)
    tags = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 1),
        (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, planes[0].nbytes),
        (33628, 4, 3, ids_at), (33629, 5, stated or count, table_at),
    ]  # fmt: skip
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *t) for t in tags)
    header = struct.pack("<2sHI", b"II", 42, ids_at + len(ids))
    path.write_bytes(header + data + table + values + ids + directory + bytes(4))
    return path
