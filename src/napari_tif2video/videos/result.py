"""What came out: a `Video`, also as a JSON object and as rows of a CSV file."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import math
import os
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import IO, Any, Literal, cast

from ..errors import OutputError, SettingsError
from ..planning import BadFrame, Drawn
from ..recipe import contrast_of
from ..units import Limits


@dataclass(frozen=True)
class Video:
    """What became of one source.

    Attributes
    ----------
    source : str
        The path or name of the source.
    status : {"ok", "failed", "skipped"}
    output : Path or None
        The video; for a failed source the one that was planned, if it came so far.
    error : str or None
        Why it failed, in one line.
    frames, width, height : int
        Size of the video; a title comes before the frames.
    fps : Fraction
        Exact frame rate.
    contrast : str
        Where the limits came from.
    limits : tuple or None
        The counts that became black and white: one pair, or a pair for each frame when every
        frame has limits of its own. With several channels, a tuple of pairs in place of each.
    clipped : float or None
        Share of the values inside the crop box, of all frames, that lie outside the limits.
        With smooth contrast, of the pixels at the size of the video.
    constant_frames : tuple of int
        Indices of frames without any contrast (all pixels equal).
    notes : tuple of str
        What the user should know about the result.
    codec : str
        Such as "h264".
    crf : int or None
        Rate factor of the encoder, for codecs that have one.
    psnr_db : float or None
        Peak signal-to-noise ratio of the video against its pictures before encoding, where it was
        measured: with a maximum size.
    seconds : float
        Time it took.
    channels : tuple of str
        Names, or else numbers, of the channels that are shown.
    pixel_size_um, frame_interval_s : float or None
        What a pixel of the source and the step to the next frame are in µm and s, if known.
    pixel_size_origin, frame_interval_origin : str
        Who says so, such as "from OME metadata".
    um_per_video_pixel : float or None
        How many µm a pixel of the video shows, if known.
    scale_bar_um : float or None
        Length of the scale bar, if there is one.
    sidecar : Path or None
        The recipe as a file beside the video, where it was asked for.
    psnr_mean_db, psnr_worst_db : float or None
        How close the decoded video is to the rendered frames, where it was verified: peak
        signal-to-noise ratio of the luma in dB, of all frames together and of the worst one;
        infinite where they are the same.
    left_out : int
        How many files or pages of the source are not in the video, though nobody asked to leave
        them out; the notes name them.
    bad_frames : tuple of BadFrame
        With `on_error` "skip", the frames that could not be read and are left out: each with its
        number in the source (`frame`), `name` and `error`.
    drawn : tuple of Drawn
        What is drawn at places of the data: its `kind`, `file` and `sha256`, how many `objects`
        it has, and how many of its rows are not drawn (`left_out`); the notes say why.
    title_frames : int
        How many frames show the title.
    """

    source: str
    status: Literal["ok", "failed", "skipped"]
    output: Path | None = None
    error: str | None = None
    frames: int = 0
    width: int = 0
    height: int = 0
    fps: Fraction = Fraction(0)
    contrast: str = ""
    # Of each frame, perhaps: too many to read where a console shows what `convert` returns.
    limits: Limits | tuple[Limits, ...] | tuple[tuple[Limits, ...], ...] | None = field(
        default=None, repr=False
    )
    clipped: float | None = None
    constant_frames: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    codec: str = ""
    crf: int | None = None
    psnr_db: float | None = None
    channels: tuple[str, ...] = ()
    pixel_size_um: float | None = None
    pixel_size_origin: str = ""
    frame_interval_s: float | None = None
    frame_interval_origin: str = ""
    um_per_video_pixel: float | None = None
    scale_bar_um: float | None = None
    sidecar: Path | None = None
    psnr_mean_db: float | None = None
    psnr_worst_db: float | None = None
    left_out: int = 0
    bad_frames: tuple[BadFrame, ...] = ()
    drawn: tuple[Drawn, ...] = ()
    title_frames: int = 0

    @property
    def verified(self) -> bool:
        """Whether the finished file was decoded and compared with the rendered frames."""
        return self.psnr_worst_db is not None

    @property
    def path(self) -> Path | None:
        """The same as `output`."""
        return self.output

    @property
    def shared_limits(self) -> tuple[Limits, ...]:
        """The limits of each channel, where they are the same for all frames; else empty."""
        if self.limits is None or contrast_of(self.contrast).has_own_limits:
            return ()
        channels = self.limits if isinstance(self.limits[0], tuple) else (self.limits,)
        return cast(tuple[Limits, ...], channels)

    @property
    def duration_s(self) -> float:
        """How long it takes to play, with its title."""
        return float((self.frames + self.title_frames) / self.fps) if self.fps else 0.0


def video_object(video: Video) -> dict[str, Any]:
    """A result as plain JSON values."""
    facts = {name: _plain(value) for name, value in dataclasses.asdict(video).items()}
    facts["drawn"] = [drawn.to_dict() for drawn in video.drawn]
    return facts | {"verified": video.verified, "seconds": round(video.seconds, 3)}


def _plain(value: Any) -> Any:
    """None for what JSON cannot say: the range of a frame of NaN, a PSNR without any error."""
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Path):
        return os.fspath(value)
    if isinstance(value, (Fraction, float)):
        return float(value) if math.isfinite(value) else None
    return value


class Report:
    """A CSV file with one row per source, each written out at once; added to if it exists.

    Attributes
    ----------
    rows : int
        Sources whose row was begun, so that none gets two.
    """

    COLUMNS = (
        "source", "output", "status", "error", "frames", "width", "height", "fps", "contrast",
        "black", "white", "clipped", "seconds",
    )  # fmt: skip

    def __init__(self, path: str | None) -> None:
        self._file: IO[str] | None = None
        self._path = path
        self.rows = 0
        if path is None:
            return
        try:
            if os.path.isfile(path):
                _check_report(path)
            # Names of files need not be text; "surrogateescape" writes their bytes as they are.
            self._file = open(  # noqa: SIM115
                path, "a", newline="", encoding="utf-8", errors="surrogateescape"
            )
        except OSError as exc:
            raise SettingsError(
                f"--report {path}: cannot be written ({exc.strerror or exc})"
            ) from exc
        self._writer = csv.writer(self._file)
        if self._file.tell() == 0:
            try:
                self._row(self.COLUMNS)
            except OutputError:
                self._close()
                raise

    def __enter__(self) -> Report:
        return self

    def __exit__(self, *_: object) -> None:
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
        self.rows += 1
        self._row([facts.get(column, "") for column in self.COLUMNS])

    def _row(self, values: Any) -> None:
        assert self._file is not None
        try:
            self._writer.writerow(values)
            self._file.flush()
        except OSError as exc:
            raise OutputError(
                f"--report {self._path}: cannot be written ({exc.strerror or exc})"
            ) from exc


def _check_report(path: str) -> None:
    """Rows are only added to a report, never to any other file whose name was given."""
    with open(path, "rb") as file:
        line = file.readline(1000)
    if line and not line.startswith(b"source,output,status"):
        raise SettingsError(f"--report {path}: is another kind of file; choose a new name")
