"""Segments become a file: packets appended in order without encoding them again, and checked.

What a video says about itself, the limits of its frames among it, is known when all of them are
encoded, while containers keep it in front. So segments wait in a `Spool` until then.
"""

from __future__ import annotations

import contextlib
import io
import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from ..errors import EncodingError
from ..recipe import metadata, put_into_gif
from .encoder import EncodedSegment, Encoder, Packet, opening
from .publish import PART_PREFIX, PART_SUFFIX


def _muxer_options(encoder: Encoder) -> dict[str, str]:
    options = {"fflags": "+bitexact", **dict(encoder.container.options)}
    if encoder.container.timescale_option:
        # In ticks in which every frame lasts a whole number; the usual 1000 rounds lengths.
        ticks = encoder.fps.numerator
        options[encoder.container.timescale_option] = str(ticks * -(-1000 // ticks))
    return options


# Encoded segments that wait in memory. A video below that size is written to disk once; more would
# be there twice while they move to a file.
_MAX_WAITING_BYTES = 1 << 20

# Of a segment: packets, and the lengths of what comes before them. Of a packet: place,
# whether it is a key frame, and length.
_SEGMENT, _PACKET = struct.Struct("<IQQ"), struct.Struct("<I?Q")


class Spool:
    """Segments that wait, in order: in memory, or if they are many, in a file without a name.

    Parameters
    ----------
    folder : Path
        Where the video will be: a disk that has no room for it is noticed early.
    """

    def __init__(self, folder: Path) -> None:
        self._file = SpooledTemporaryFile(  # noqa: SIM115 - closed by `close`
            _MAX_WAITING_BYTES, dir=str(folder), prefix=PART_PREFIX, suffix=PART_SUFFIX
        )
        self._count = 0

    def append(self, segment: EncodedSegment) -> None:
        try:
            self._file.writelines(_pieces(segment))
            self._file.flush()  # a full disk is noticed now, not when all the rest is done
        except OSError as exc:
            raise EncodingError(f"the video cannot be written ({exc})") from exc
        self._count += 1

    def __iter__(self) -> Iterator[EncodedSegment]:
        try:
            self._file.seek(0)
            for _ in range(self._count):
                yield _segment(self._file)
        except (OSError, EOFError) as exc:
            raise EncodingError(f"what was encoded cannot be read back ({exc})") from exc

    def close(self) -> None:
        with contextlib.suppress(OSError):  # of a full disk, which has been said
            self._file.close()


def packed(segment: EncodedSegment) -> bytes:
    """The packets of a segment, with what a file needs to know of them."""
    return b"".join(_pieces(segment))


def unpacked(data: bytes) -> EncodedSegment:
    """A segment from `packed`.

    Raises
    ------
    EOFError
        Something is missing.
    """
    return _segment(io.BytesIO(data))


def _pieces(segment: EncodedSegment) -> Iterator[bytes]:
    sets, header, packets = segment.parameter_sets, segment.header, segment.packets
    yield _SEGMENT.pack(len(packets), len(sets), len(header))
    yield sets + header
    for packet in packets:
        yield _PACKET.pack(packet.pts, packet.is_keyframe, len(packet.data))
        yield packet.data


def _segment(file: IO[bytes]) -> EncodedSegment:
    def read(nbytes: int) -> bytes:
        data = file.read(nbytes)
        if len(data) != nbytes:
            raise EOFError(f"{len(data)} of {nbytes} bytes are there")
        return data

    count, sets_bytes, header_bytes = _SEGMENT.unpack(read(_SEGMENT.size))
    sets, header = read(sets_bytes), read(header_bytes)
    packets = []
    for _ in range(count):
        pts, is_keyframe, nbytes = _PACKET.unpack(read(_PACKET.size))
        packets.append(Packet(read(nbytes), pts, is_keyframe))
    return EncodedSegment(tuple(packets), sets, header)


class VideoWriter:
    """Joins segments to a file.

    Parameters
    ----------
    path : Path
        Written from the beginning; the caller gives it its final name once it is checked.
    text : str
        What the video says about itself.
    """

    def __init__(self, path: Path, encoder: Encoder, text: str = "") -> None:
        self._frames = 0
        self._path, self._text = path, text
        self._encoder = encoder
        self._header = b""
        codec, container = encoder.codec, encoder.container
        try:
            # "file:" keeps FFmpeg from reading a name such as "a:b.mp4" as a network address.
            self._container = av.open(
                f"file:{path}", "w", format=container.muxer, options=_muxer_options(encoder)
            )
            stream = self._container.add_stream(codec.encoder, rate=encoder.fps)
            assert isinstance(stream, VideoStream)
            encoder.configure(stream.codec_context)
            if container.has_codec_tags and codec.tag:
                stream.codec_context.codec_tag = codec.tag
            stream.time_base = 1 / encoder.fps
            self._container.metadata.update(metadata(text))
            with opening(codec):
                self._container.start_encoding()
        except (av.FFmpegError, OSError) as exc:
            raise EncodingError(f"the video cannot be begun ({exc})") from exc
        self._stream = stream

    def append(self, segment: EncodedSegment) -> None:
        """Write the packets of the next segment."""
        if self._frames == 0:
            self._header = segment.header
        stated = bytes(self._stream.codec_context.extradata or b"")
        if (segment.parameter_sets, segment.header) != (stated, self._header):
            raise EncodingError(
                "segments were encoded with different parameters and cannot be joined"
            )
        frame_time = 1 / self._encoder.fps
        for index, packet in enumerate(segment.packets):
            is_first = self._frames + index == 0
            out = av.Packet(self._header + packet.data if is_first else packet.data)
            out.stream = self._stream
            out.time_base = frame_time
            out.pts = out.dts = self._frames + packet.pts  # no codec reorders frames
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
            if not self._encoder.container.has_metadata and self._text and self._frames:
                put_into_gif(self._path, self._text)
        except (av.FFmpegError, OSError) as exc:
            raise EncodingError(f"the video cannot be finished ({exc})") from exc


def check_video(path: Path, encoder: Encoder, frames: int) -> None:
    """Reopen a finished file and compare its frame count, size and duration with the plan.

    FFmpeg does not report every failed write, a full disk among them; this does.
    """
    try:
        with av.open(f"file:{path}", format=encoder.container.muxer) as container:
            stream = container.streams.video[0]
            size = (stream.codec_context.height, stream.codec_context.width)
            counted = sum(1 for packet in container.demux(stream) if packet.size)
            duration = _duration(container, stream)
    except (av.FFmpegError, OSError, IndexError) as exc:
        raise EncodingError(f"the finished video cannot be opened ({exc})") from exc
    planned = (frames, (encoder.height, encoder.width), frames / encoder.fps)
    found = (counted, size, duration)
    is_late = abs(duration - planned[2]) > encoder.container.tolerance_s
    if found[:2] != planned[:2] or is_late:
        raise EncodingError(
            "the finished video is not what was planned (frames, size, seconds): "
            f"expected {_describe(planned)}, found {_describe(found)}; is the disk full?"
        )


def _duration(container: InputContainer, stream: VideoStream) -> Fraction:
    """In seconds; Matroska states that of the file only."""
    if stream.duration is not None and stream.time_base:
        return stream.duration * stream.time_base
    return Fraction(container.duration or 0, av.time_base)


def _describe(facts: tuple[int, tuple[int, int], Fraction]) -> str:
    frames, (height, width), duration = facts
    return f"{frames}, {width}x{height}, {float(duration):.3f}"
