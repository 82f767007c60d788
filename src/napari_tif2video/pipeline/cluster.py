"""A cluster as this package needs it: found, of the same versions, and seeing the same files."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..data import Frames
from ..errors import EncodingError, SettingsError, SourceError, Tif2VideoError
from ..planning import Plan
from .versions import versions


def patience_s() -> float:
    """How long to wait for the scheduler or a first worker, as dask is told: by default 30 s."""
    from dask import config
    from dask.utils import parse_timedelta

    return float(parse_timedelta(config.get("distributed.comm.timeouts.connect")))


@contextmanager
def connected(address: str | None) -> Iterator[Any]:
    """The client of the dask cluster with this address, such as ``tcp://10.0.0.1:8786``, or None.

    Raises
    ------
    SettingsError
        Nothing answers there, or see `check_workers`.
    """
    if address is None:
        yield None
        return
    try:
        from distributed import Client
        from distributed.comm.addressing import parse_address, parse_host_port
    except ImportError as exc:
        raise SettingsError(
            "scheduler: needs dask.distributed; install it with "
            f"pip install 'napari-tif2video[distributed]' ({exc})"
        ) from exc
    try:
        parse_host_port(parse_address(address)[1])  # a client is never rid of one that is none
        client = Client(address, timeout=patience_s(), set_as_default=False)
    except (OSError, ValueError) as exc:
        raise SettingsError(
            f"scheduler: no dask scheduler answers at {address}; name the address that dask "
            "scheduler printed when it started, such as tcp://10.0.0.1:8786"
        ) from exc
    # An error of it has a line of ours, and needs no traceback beside it.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    with client:
        check_workers(client, ())
        yield client


def files_of(plan: Plan) -> list[str]:
    """The files that workers read: of a folder, its first and its last one."""
    if plan.sources:
        return [file for source in plan.sources for file in files_of(source)]
    read = [(plan.stack.path, plan.stack.frames)]
    drawn = zip(plan.drawn, plan.stack.drawings, strict=True)
    read += [(what.path, one.images) for what, one in drawn if one.images is not None]
    return [file for path, frames in read if path is not None for file in _ends(path, frames)]


def _ends(path: Path, frames: Frames) -> list[str]:
    path = path.absolute()
    if path.is_file():
        return [os.fspath(path)]
    folder = path if path.is_dir() else path.parent  # of a pattern
    files = (folder / frames.label(i) for i in (0, len(frames) - 1))
    return [os.fspath(file) for file in files if file.is_file()]


def check_workers(client: Any, paths: Sequence[str]) -> None:
    """Refuse workers that would make other bytes, or do not see the files as they are here.

    Raises
    ------
    SettingsError, SourceError, EncodingError
    """
    try:
        client.wait_for_workers(1, timeout=patience_s())
    except TimeoutError as exc:
        raise SettingsError(
            f"scheduler: {client.scheduler.address} has no workers; start some with dask worker"
        ) from exc
    except OSError as exc:
        raise _silent(client.scheduler.address) from exc
    here, sizes = _known_here(paths)
    for worker, found in sorted(client.run(_known_here, paths, on_error="return").items()):
        if isinstance(found, OSError):
            raise EncodingError(f"the worker {worker} does not answer ({found}); start it again")
        if isinstance(found, BaseException):
            raise SettingsError(
                f"scheduler: napari-tif2video does not run on the worker {worker} ({found}); "
                "install the version that you have here"
            )
        for name, version in here.items():
            if found[0][name] != version:
                raise SettingsError(
                    f"scheduler: the worker {worker} has {name} {found[0][name]}, and here it is "
                    f"{version}; only the same versions make the same video"
                )
        for path, size in sizes.items():
            if found[1][path] != size:
                seen = "does not see it" if found[1][path] is None else "sees another file there"
                raise SourceError(
                    f"{path}: the worker {worker} {seen}; put it where all workers find it under "
                    "the same path"
                )


class Watch:
    """Notices when all workers are gone, and none comes back for a while."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._seen = self._looked = time.monotonic()
        self._patience_s = patience_s()

    def look(self) -> None:
        """Called again and again while there is nothing to do but wait.

        Raises
        ------
        EncodingError
        """
        now = time.monotonic()
        if now - self._looked < 1:
            return
        self._looked = now
        if self._client.nthreads():
            self._seen = now
        elif now - self._seen > self._patience_s:
            raise EncodingError(
                f"all workers of {self._client.scheduler.address} are gone; start some again"
            )


def lost(exc: Exception, address: str) -> Tif2VideoError | None:
    """What to say of an error of dask's own, if it is one."""
    from distributed import KilledWorker
    from distributed.comm.core import CommClosedError

    if isinstance(exc, KilledWorker):
        return EncodingError(
            f"{exc.allowed_failures + 1} workers died while they did the same piece of work, "
            "probably for lack of memory; give each worker more, or fewer threads"
        )
    if isinstance(exc, CommClosedError) or type(exc).__name__ == "FutureCancelledError":
        return _silent(address)
    return None


def _silent(address: str) -> EncodingError:
    return EncodingError(f"the scheduler at {address} does not answer any more; start it again")


def _known_here(paths: Sequence[str]) -> tuple[dict[str, str], dict[str, int | None]]:
    """What decides on the bytes of a video, and sizes of files, None where there is none."""
    sizes = {p: os.path.getsize(p) if os.path.isfile(p) else None for p in paths}
    return versions() | {"numpy": np.__version__}, sizes
