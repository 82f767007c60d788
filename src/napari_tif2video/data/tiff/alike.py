"""Files that differ from the first one of their folder in nothing but pixels are not parsed again.

Series that a program wrote frame by frame, without a time or a note in each file, are like that.
Parsing such a file takes twice as long as reading it, and only one thread at a time can do it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from io import FileIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import TiffFile, TiffPage

from ..memory import thread_buffer
from ..stack import FrameFormat
from .files import stamp_of

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
            with _open_at_once(path) as file:
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
