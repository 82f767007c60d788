"""Results as plain values: a JSON object, and rows of a CSV file."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import math
import os
from types import TracebackType
from typing import IO, Any

from .errors import OutputError, SettingsError
from .video import Video


def video_object(video: Video) -> dict[str, Any]:
    """A result as plain JSON values."""
    return dataclasses.asdict(video) | {
        "output": None if video.output is None else os.fspath(video.output),
        "limits": _finite(video.limits),
        "sidecar": None if video.sidecar is None else os.fspath(video.sidecar),
        "verified": video.verified,
        "psnr_db": _finite(video.psnr_db),
        "psnr_mean_db": _finite(video.psnr_mean_db),
        "psnr_worst_db": _finite(video.psnr_worst_db),
        "fps": float(video.fps),
        "seconds": round(video.seconds, 3),
    }


def _finite(value: Any) -> Any:
    """None for what JSON cannot say: the range of a frame of NaN, a PSNR without any error."""
    if isinstance(value, tuple):
        return [_finite(part) for part in value]
    return value if value is None or math.isfinite(value) else None


class Report:
    """A CSV file with one row per source, each written out at once; added to if it exists."""

    COLUMNS = (
        "source", "output", "status", "error", "frames", "width", "height", "fps", "contrast",
        "black", "white", "clipped", "seconds",
    )  # fmt: skip

    def __init__(self, path: str | None) -> None:
        self._file: IO[str] | None = None
        self._path = path
        if path is None:
            return
        try:
            # Names of files need not be text; "surrogateescape" writes their bytes as they are.
            self._file = open(  # noqa: SIM115
                path, "a", newline="", encoding="utf-8", errors="surrogateescape"
            )
        except OSError as exc:
            raise SettingsError(f"--report {path}: cannot be written ({exc.strerror})") from exc
        self._writer = csv.writer(self._file)
        if self._file.tell() == 0:
            try:
                self._row(self.COLUMNS)
            except OutputError:
                self._close()
                raise

    def __enter__(self) -> Report:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):  # what could not be written was said
                self._file.close()

    def write(self, video: Video) -> None:
        if self._file is None:
            return
        facts = video_object(video)
        for column, values in zip(
            ("black", "white"), zip(*video.shared_limits, strict=True), strict=False
        ):
            facts[column] = ";".join(map(str, values))  # one for each channel
        self._row([facts.get(column, "") for column in self.COLUMNS])

    def _row(self, values: Any) -> None:
        assert self._file is not None
        try:
            self._writer.writerow(["" if value is None else value for value in values])
            self._file.flush()
        except OSError as exc:
            raise OutputError(
                f"--report {self._path}: cannot be written ({exc.strerror or exc})"
            ) from exc


def describe_fidelity(video: Video) -> str:
    """How close a video that was verified is to the frames, in a line for people."""
    if video.psnr_worst_db == math.inf:
        return "verified: all frames decode to what was rendered"
    return (
        f"verified: {video.frames} frames in order, PSNR {video.psnr_mean_db:.1f} dB, "
        f"worst frame {video.psnr_worst_db:.1f} dB"
    )


def describe_limits(video: Video) -> str:
    """What became black and white, and how much was outside, in a line for people."""
    if video.contrast == "raw":
        return "counts as they are"
    clipped = f"{100 * (video.clipped or 0):.2g} % of the values clipped"
    if video.contrast in ("local", "smooth"):
        each = "of its own" if video.contrast == "local" else "smoothed over time"
        return f"each frame with limits {each}, {clipped}"
    pairs = [f"{low:g} to {high:g}" for low, high in video.shared_limits]
    if len(pairs) > 1:
        pairs = [f"{name} {pair}" for name, pair in zip(video.channels, pairs, strict=True)]
    return f"limits {', '.join(pairs)} ({video.contrast}), {clipped}"
