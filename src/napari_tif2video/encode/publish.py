"""How a video appears under its name: whole, checked and flushed, or not at all."""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import OutputError, OutputExistsError

PART_PREFIX, PART_SUFFIX = ".tif2video-", ".part"


def sidecar_of(path: Path) -> Path:
    """The name of the recipe beside a video."""
    return path.with_suffix(".json")


@dataclass(frozen=True)
class Parts:
    """Temporary files that are written before anything has its name."""

    video: Path
    sidecar: Path | None


@contextmanager
def publishing(path: Path, *, overwrite: bool, sidecar: Path | None = None) -> Iterator[Parts]:
    """Temporary files that take their names when the block ends well, and go otherwise.

    They lie in the same folder, so that the last step is a rename within one file system. Files
    that have the names already stay untouched until that moment.

    Parameters
    ----------
    path : Path
        The video.
    sidecar : Path, optional
        A file beside it, which appears right after it.

    Raises
    ------
    OutputExistsError
        Something has a name already and may not be replaced, now or at the end.
    OutputError
        The folder cannot be written to.
    """
    names = [path] if sidecar is None else [path, sidecar]
    for name in names:
        if not overwrite and os.path.lexists(name):
            raise exists_error(name)
        if name.is_dir():
            raise OutputError(f"{name}: is a folder; choose another name")
    stem = f"{PART_PREFIX}{uuid.uuid4().hex[:12]}"
    part = path.with_name(f"{stem}{PART_SUFFIX}")
    beside = None if sidecar is None else sidecar.with_name(f"{stem}.json{PART_SUFFIX}")
    try:
        # Inside, so that an interruption right after the first step leaves nothing either.
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _remove_leftovers(path.parent)
            part.touch(exist_ok=False)
        except OSError as exc:
            raise OutputError(
                f"{path.parent}: cannot be written to ({exc.strerror or exc}); "
                "use --output-dir to choose another folder"
            ) from exc
        yield Parts(part, beside)
        try:
            _flush(part)
            if beside is not None:
                _flush(beside)
            _rename(part, path, overwrite)
            if beside is not None and sidecar is not None:
                _rename_beside(beside, sidecar, path, overwrite)
            _flush_folder(path.parent)
        except OSError as exc:
            raise OutputError(f"{path}: cannot be written ({exc.strerror or exc})") from exc
    finally:
        for left in (part, beside):
            if left is not None:
                with contextlib.suppress(OSError):
                    left.unlink(missing_ok=True)


def write_sidecar(part: Path, text: str) -> None:
    try:
        part.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise OutputError(f"{part.parent}: cannot be written to ({exc.strerror or exc})") from exc


def exists_error(path: Path) -> OutputExistsError:
    return OutputExistsError(
        f"{path} exists already; use --overwrite to replace it or --skip-existing to keep it"
    )


def _rename(part: Path, path: Path, overwrite: bool) -> None:
    if overwrite:
        os.replace(part, path)
        return
    # A link, unlike a rename, refuses a name that was taken while the video was made.
    try:
        os.link(part, path)
    except FileExistsError:
        raise exists_error(path) from None
    except OSError:  # file systems without links, such as exFAT
        if os.path.lexists(path):
            raise exists_error(path) from None
        os.replace(part, path)


def _rename_beside(part: Path, sidecar: Path, path: Path, overwrite: bool) -> None:
    """Name a sidecar; if that fails, a video that took no other's place goes again."""
    try:
        _rename(part, sidecar, overwrite)
    except BaseException:
        if not overwrite:
            path.unlink()
        raise


def _flush(path: Path) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Make the new name survive a power cut, where folders can be opened (not on Windows)."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# A run that was killed cannot tidy up. A part waits, empty, until all frames are encoded; one that
# is taken for a leftover meanwhile is written anew.
_LEFTOVER_AGE_S = 24 * 3600


def _remove_leftovers(folder: Path) -> None:
    for part in folder.glob(f"{PART_PREFIX}*{PART_SUFFIX}"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > _LEFTOVER_AGE_S:
                part.unlink()
