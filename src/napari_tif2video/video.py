"""`Video`: what became of one source."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, cast

from .picture import Limits


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
        Size of the video.
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
    limits: Limits | tuple[Limits, ...] | tuple[tuple[Limits, ...], ...] | None = None
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
        if self.limits is None or self.contrast in ("local", "smooth"):
            return ()
        channels = self.limits if isinstance(self.limits[0], tuple) else (self.limits,)
        return cast(tuple[Limits, ...], channels)

    @property
    def duration_s(self) -> float:
        return float(self.frames / self.fps) if self.fps else 0.0
