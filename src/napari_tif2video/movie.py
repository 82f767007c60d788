"""Segments become a file: packets appended in order without encoding them again, and checked."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
from av.video.stream import VideoStream

from .encode import EncodedSegment, Encoder
from .errors import EncodingError


def _movie_timescale(fps: Fraction) -> int:
    """Ticks a second in which every frame lasts a whole number; the usual 1000 rounds lengths."""
    return fps.numerator * -(-1000 // fps.numerator)


class MovieWriter:
    """Joins segments to an MP4 file.

    Parameters
    ----------
    path : Path
        Written from the beginning; the caller gives it its final name once it is checked.
    """

    def __init__(self, path: Path, encoder: Encoder) -> None:
        self._frames = 0
        self._encoder = encoder
        try:
            # "file:" keeps FFmpeg from reading a name such as "a:b.mp4" as a network address.
            self._container = av.open(
                f"file:{path}",
                "w",
                format="mp4",
                options={
                    "movflags": "+faststart",
                    "fflags": "+bitexact",
                    "movie_timescale": str(_movie_timescale(encoder.fps)),
                },
            )
            stream = self._container.add_stream("libx264", rate=encoder.fps)
            assert isinstance(stream, VideoStream)
            encoder.configure(stream.codec_context)
            stream.time_base = 1 / encoder.fps
            self._container.start_encoding()
        except (av.FFmpegError, OSError) as exc:
            raise EncodingError(f"the video cannot be begun ({exc})") from exc
        self._stream = stream

    def append(self, segment: EncodedSegment) -> None:
        """Write the packets of the next segment."""
        own = bytes(self._stream.codec_context.extradata or b"")
        if segment.parameter_sets != own:
            raise EncodingError(
                "segments were encoded with different parameters and cannot be joined"
            )
        for index, packet in enumerate(segment.packets):
            out = av.Packet(packet.data)
            out.stream = self._stream
            out.time_base = 1 / self._encoder.fps
            out.pts = self._frames + packet.pts
            # The delay of B-frames is the same for all: a last segment of one frame has none
            # of its own, and taking its times as they are would change the average frame rate.
            out.dts = self._frames + index - segment.reorder_delay
            out.duration = 1
            out.is_keyframe = packet.is_keyframe
            try:
                self._container.mux(out)
            except (av.FFmpegError, OSError) as exc:
                raise EncodingError(f"the video cannot be written ({exc})") from exc
        self._frames += len(segment.packets)

    def close(self) -> None:
        try:
            self._container.close()
        except (av.FFmpegError, OSError) as exc:
            raise EncodingError(f"the video cannot be finished ({exc})") from exc


def check_movie(path: Path, encoder: Encoder, frames: int) -> None:
    """Reopen a finished file and compare its frame count, size and duration with the plan.

    FFmpeg does not report every failed write, a full disk among them; this does.
    """
    try:
        with av.open(f"file:{path}", format="mp4") as container:
            stream = container.streams.video[0]
            size = (stream.codec_context.height, stream.codec_context.width)
            counted = sum(1 for packet in container.demux(stream) if packet.size)
            duration = Fraction(stream.duration or 0) * (stream.time_base or 0)
    except (av.FFmpegError, OSError, IndexError) as exc:
        raise EncodingError(f"the finished video cannot be opened ({exc})") from exc
    planned = (frames, (encoder.height, encoder.width), frames / encoder.fps)
    found = (counted, size, duration)
    if found != planned:
        raise EncodingError(
            "the finished video is not what was planned (frames, size, seconds): "
            f"expected {_describe(planned)}, found {_describe(found)}; is the disk full?"
        )


def _describe(facts: tuple[int, tuple[int, int], Fraction]) -> str:
    frames, (height, width), duration = facts
    return f"{frames}, {width}x{height}, {float(duration):.3f}"
