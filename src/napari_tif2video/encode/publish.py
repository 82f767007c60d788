"""How a video appears under its name: whole, checked and flushed, or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import platform
import re
import shutil
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from ..errors import EncodingError, OutputError, OutputExistsError, Tif2VideoError

PART_PREFIX, PART_SUFFIX = ".tif2video-", ".part"


def sidecar_of(path: Path) -> Path:
    """The name of the recipe beside a video."""
    return path.with_suffix(".json")


@contextmanager
def publishing(names: Sequence[Path], *, overwrite: bool) -> Iterator[list[Path]]:
    """Temporary files that take their names when the block ends well, and go otherwise.

    They lie in the same folder, so that the last step is a rename within one file system. Files
    that have the names already stay untouched until that moment.

    Parameters
    ----------
    names : sequence of Path
        The video, and what appears beside it right after it.

    Raises
    ------
    OutputExistsError
        Something has a name already and may not be replaced, now or at the end.
    OutputError
        The folder cannot be written to.
    """
    for name in names:
        if not overwrite and os.path.lexists(name):
            raise exists_error(name)
        if name.is_dir():
            raise OutputError(f"{name}: is a folder; choose another name")
    path, stem = names[0], f"{PART_PREFIX}{_owner()}-{uuid.uuid4().hex[:12]}"
    parts = [name.with_name(f"{stem}{name.suffix}{PART_SUFFIX}") for name in names]
    # Around all of it, so that an interruption right after the first step leaves nothing either.
    with _tidied(path, parts):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _remove_leftovers(path.parent)
            parts[0].touch(exist_ok=False)
        except OSError as exc:
            raise OutputError(
                f"{path.parent}: cannot be written to ({exc.strerror or exc}); "
                "use --output-dir to choose another folder"
            ) from exc
        try:
            yield parts
        except Tif2VideoError as exc:
            if (error := _named(exc, parts[0], path)) is None:
                raise
            raise error from exc
        try:
            for part in parts:
                _flush(part)
            _rename_all(parts, names, overwrite)
            _flush_folder(path.parent)
        except OSError as exc:
            raise _write_error(path, exc) from exc


@contextmanager
def _tidied(path: Path, parts: Sequence[Path]) -> Iterator[None]:
    """Remove at the end what is left of parts, and folders that were made for nothing."""
    new_folders = [folder for folder in path.parents if not folder.exists()]
    try:
        yield
    finally:
        for part in parts:
            with contextlib.suppress(OSError):  # such as that it was published
                part.unlink()
        for folder in new_folders:
            with contextlib.suppress(OSError):  # such as that there is a video in it
                folder.rmdir()


def _named(exc: Tif2VideoError, part: Path, path: Path) -> Tif2VideoError | None:
    """What to say instead of an error about a part, of which nobody has to know."""
    cause: BaseException | None = exc
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in _NO_SPACE:
            return _write_error(path, cause)
        cause = cause.__cause__
    if part.name in str(exc):
        return type(exc)(str(exc).replace(os.fspath(part), os.fspath(path)))
    is_ours = isinstance(exc, EncodingError)  # FFmpeg does not report every failed write
    return _write_error(path, None) if is_ours and _free_bytes(path) < _TOO_LITTLE_BYTES else None


# The disk is full, the share of this user is, or files may not be that large.
_NO_SPACE = (errno.ENOSPC, errno.EFBIG, *(getattr(errno, name, -1) for name in ("EDQUOT",)))
_TOO_LITTLE_BYTES = 1 << 20


def _write_error(path: Path, exc: OSError | None) -> OutputError:
    reason = os.strerror(errno.ENOSPC) if exc is None else exc.strerror or str(exc)
    if exc is None or exc.errno in _NO_SPACE:
        reason += f"; {_free_bytes(path) / 1e6:.1f} MB are free there"
    return OutputError(f"{path}: cannot be written ({reason})")


def _free_bytes(path: Path) -> int:
    return shutil.disk_usage(path.parent).free


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


def _rename_all(parts: Sequence[Path], names: Sequence[Path], overwrite: bool) -> None:
    """Name one after the other; if that fails, those that took no other's place go again."""
    named: list[Path] = []
    try:
        for part, name in zip(parts, names, strict=True):
            _rename(part, name, overwrite)
            named.append(name)
    except BaseException:
        for name in [] if overwrite else named:
            name.unlink()
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


# A run that was killed cannot tidy up: the next one in the folder does. Of runs elsewhere it cannot
# know whether they live: a part waits, empty, until all frames are encoded, which takes less than a
# day.
_LEFTOVER_AGE_S = 24 * 3600
_OWNED = re.compile(rf"{re.escape(PART_PREFIX)}([0-9a-f]+)-(\d+)-(\d+)-")


def _remove_leftovers(folder: Path) -> None:
    for part in folder.glob(f"{PART_PREFIX}*{PART_SUFFIX}"):
        with contextlib.suppress(OSError):
            if _is_left_behind(part):
                part.unlink()


def _is_left_behind(part: Path) -> bool:
    owner = _OWNED.match(part.name)
    if owner is not None and owner[1] == _machine():
        lives = _lives(int(owner[2]), int(owner[3]))
        if lives is not None:
            return not lives
    return time.time() - part.stat().st_mtime > _LEFTOVER_AGE_S


def _owner() -> str:
    """Who writes a part: machine, process, and when that was started."""
    return f"{_machine()}-{os.getpid()}-{_started(os.getpid()) or 0}"


@cache
def _machine() -> str:
    """Equal where the same number means the same process, until the machine is started again.

    In a container, processes have numbers of their own.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        known = boot + os.readlink("/proc/self/ns/pid")
    except OSError:
        known = f"{platform.node()} {uuid.getnode()}"
    return hashlib.sha256(known.encode()).hexdigest()[:8]


def _lives(pid: int, started: int) -> bool | None:
    """Whether a process is there; None where it may be another one of that number."""
    if os.name != "posix":  # where this would end it
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is somebody else's
        pass
    found = _started(pid)
    return None if found is None else found == started


def _started(pid: int) -> int | None:
    """When a process was started, in ticks of the system, where that can be told."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        state, *rest = stat.rpartition(")")[2].split()  # behind the name of the program
        return -1 if state in "ZX" else int(rest[18])  # it has ended, nobody has noticed yet
    except (OSError, ValueError):
        return None
