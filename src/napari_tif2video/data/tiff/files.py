"""How TIFF files are opened: unchanged while they are read, and with every failure in one line."""

from __future__ import annotations

import logging
import os
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from tifffile import TiffFile

from ...errors import DAMAGED, SourceError, Tif2VideoError, no_memory, one_line
from .claims import check_directories

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
        reason = exc.strerror or one_line(str(exc))
        raise SourceError(f"{where}: cannot be read ({reason})") from exc
    except Exception as exc:  # tifffile and the codecs raise nearly anything on damaged files
        reason = one_line(str(exc)) or type(exc).__name__
        raise SourceError(f"{where}: cannot be read as TIFF, or is damaged ({reason})") from exc
