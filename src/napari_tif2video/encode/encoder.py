"""Pictures become packets, a segment at a time.

A segment is encoded by a context of its own with one thread into one closed group of pictures,
so that its bytes depend on nothing but its frames. `movie` joins segments packet by packet.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from ..errors import EncodingError, SettingsError
from ..settings import CODECS, DEFAULT_CODEC, SEGMENT_FRAMES, Codec
from .check import Checker, FrameCheck
from .palette import Paletted
from .pixels import BT709, FULL, LIMITED, to_video_frame

# GIF89a: signature, screen descriptor (which announces a palette of 256 colours), palette.
_GIF_HEADER_BYTES = 6 + 7 + 3 * 256


@dataclass(frozen=True)
class Encoder:
    """How a video is encoded: the same for each of its segments.

    Attributes
    ----------
    codec : str
        A name of `codecs.CODECS`.
    ending : str
        Of the file, which says what is written around the packets.
    crf : int, optional
        Rate factor instead of that of the quality.
    has_colour : bool
        Whether pictures may be RGB. Codecs of 4:2:0 take both anyway.
    depth : int
        Bits a sample of the pictures, 8 or 16.
    palette : bytes
        For a GIF with colours: 256 RGB triples.
    dithers : bool
        Whether colours that are not in it are mixed.
    is_compared : bool
        Whether what was encoded is decoded again and compared with the pictures.
    is_verified : bool
        Whether it is known of each frame what it decodes to (`checks`).
    """

    height: int
    width: int
    fps: Fraction
    quality: str = "standard"
    codec: str = DEFAULT_CODEC
    ending: str = ".mp4"
    crf: int | None = None
    has_colour: bool = False
    depth: int = 8
    palette: bytes = b""
    dithers: bool = False
    is_compared: bool = False
    is_verified: bool = False

    @property
    def facts(self) -> Codec:
        return CODECS[self.codec]

    @property
    def rate(self) -> int | None:
        """What decides between size and quality, for codecs that lose something."""
        return self.facts.rate(self.quality) if self.crf is None else self.crf

    @property
    def pix_fmt(self) -> str:
        if self.codec == "gif":
            return "pal8" if self.has_colour else "gray"
        if self.codec == "ffv1":
            deep, flat = ("gbrp16le", "gray16le") if self.depth == 16 else ("bgr0", "gray")
            return deep if self.has_colour else flat
        return "yuv420p10le" if self.facts.bits == 10 else "yuv420p"

    @property
    def colour_tags(self) -> dict[str, int]:
        """What the video states about its colours."""
        if self.pix_fmt.startswith("yuv"):
            names = ("color_primaries", "color_trc", "colorspace")
            return {"color_range": LIMITED} | dict.fromkeys(names, BT709)
        return {"color_range": FULL} if self.codec == "ffv1" else {}

    def open(self) -> VideoCodecContext:
        context = av.CodecContext.create(self.facts.encoder, "w")
        assert isinstance(context, VideoCodecContext)
        self.configure(context)
        context.open()
        return context

    def configure(self, context: Any) -> None:
        """Set up a codec context, or the one of a stream."""
        if self.codec == "av1":
            os.environ.setdefault("SVT_LOG", "0")  # it would print its settings on stderr
        context.width, context.height = self.width, self.height
        context.pix_fmt = self.pix_fmt
        context.framerate, context.time_base = self.fps, 1 / self.fps
        for name, value in self.colour_tags.items():
            setattr(context, name, value)
        context.thread_count = 1
        # Without loss, frames that stand alone cost little, and a damaged one harms no other.
        context.gop_size = 1 if self.codec == "ffv1" else SEGMENT_FRAMES
        context.flags |= _GLOBAL_HEADER | _BITEXACT
        context.options = self._options()

    def _options(self) -> dict[str, str]:
        options = dict(self.facts.options)
        rate = self.rate
        if self.codec == "mpeg4" and rate is not None:
            options |= {"qmin": str(rate), "qmax": str(rate)}
        elif rate is not None:
            options["crf"] = str(rate)
        return options


_GLOBAL_HEADER = int(av.codec.context.Flags.global_header)
_BITEXACT = int(av.codec.context.Flags.bitexact)


@dataclass(frozen=True)
class Packet:
    """An encoded frame; `pts` is its place in the segment."""

    data: bytes
    pts: int
    is_keyframe: bool


@dataclass(frozen=True)
class EncodedSegment:
    """What a segment became.

    Attributes
    ----------
    parameter_sets : bytes
        What a player has to know before the first packet.
    squared_error : float
        Mean squared difference of a frame as a player shows it, in grey levels, added up over all
        frames, where it was asked for.
    checks : tuple of FrameCheck
        What each frame decodes to, where that was asked for.
    """

    packets: tuple[Packet, ...]
    parameter_sets: bytes
    reorder_delay: int
    squared_error: float = 0.0
    checks: tuple[FrameCheck, ...] = ()


def require_encoder(codec: str) -> None:
    """Refuse a codec that the installed FFmpeg libraries cannot encode.

    Raises
    ------
    SettingsError
    """
    facts = CODECS[codec]
    try:
        av.Codec(facts.encoder, "w")
    except (av.FFmpegError, ValueError) as exc:
        raise SettingsError(
            f"codec: the installed PyAV has no encoder for {facts.title} ({facts.encoder}); "
            f"use another codec, or reinstall PyAV with pip install --force-reinstall av ({exc})"
        ) from exc


def encode_segment(pictures: Iterable[NDArray[np.uint8]], encoder: Encoder) -> EncodedSegment:
    """Encode the pictures of one segment, grey (H, W) or RGB (H, W, 3), in order."""
    try:
        context = encoder.open()
        paletted = Paletted(encoder.palette, encoder.dithers) if encoder.palette else None
        checker = _checker(encoder, context)
        packets: list[Packet] = []
        frame_time = 1 / encoder.fps

        def collect(found: list[av.Packet[Any]]) -> None:
            for packet in found:
                packets.append(Packet(bytes(packet), _known(packet.pts), packet.is_keyframe))
            if checker is not None:
                checker.encoded(found)

        for number, picture in enumerate(pictures):
            frame = _frame(picture, encoder, paletted)
            frame.pts, frame.time_base = number, frame_time
            if checker is not None:
                checker.given(frame, picture)
            collect(context.encode(frame))
        collect(context.encode(None))
        if checker is not None:
            checker.finish()
    except av.FFmpegError as exc:
        reason = exc.strerror or exc
        raise EncodingError(f"the {encoder.facts.title} encoder failed ({reason})") from exc
    parameter_sets = bytes(context.extradata or b"")
    if encoder.codec == "gif":
        # The encoder begins each segment with the header of a file.
        header, first = _split_gif(packets[0].data)
        packets[0] = Packet(first, packets[0].pts, packets[0].is_keyframe)
        parameter_sets = header
    delay = context.reorder_depth
    if checker is None:
        return EncodedSegment(tuple(packets), parameter_sets, delay)
    error, checks = checker.squared_error, tuple(checker.found)
    return EncodedSegment(tuple(packets), parameter_sets, delay, error, checks)


def _checker(encoder: Encoder, context: VideoCodecContext) -> Checker | None:
    compares, checks = encoder.is_compared, encoder.is_verified
    if not compares and not checks:
        return None
    return Checker(encoder.facts.decoder, context, compares=compares, checks=checks)


def _frame(picture: NDArray[np.uint8], encoder: Encoder, paletted: Paletted | None) -> VideoFrame:
    if paletted is not None:
        return paletted.frame(picture)
    return to_video_frame(picture, encoder.pix_fmt)


def _split_gif(data: bytes) -> tuple[bytes, bytes]:
    if not data.startswith(b"GIF89a") or data[10] & 0x87 != 0x87:
        raise EncodingError("the GIF encoder began without a palette of 256 colours")
    return data[:_GIF_HEADER_BYTES], data[_GIF_HEADER_BYTES:]


def _known(pts: int | None) -> int:
    assert pts is not None  # encoders always state it
    return pts
