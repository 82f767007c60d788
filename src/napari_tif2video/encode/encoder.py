"""Pictures become packets, a segment at a time.

A segment is encoded by a context of its own with one thread into one closed group of pictures,
so that its bytes depend on nothing but its frames. `container` joins segments packet by packet.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from ..errors import EncodingError, SettingsError
from ..settings import CONTAINERS, DEFAULT_CODEC, Codec, Container
from .check import Checker, FrameCheck
from .palette import Paletted
from .pixels import to_video_frame


@dataclass(frozen=True)
class Encoder:
    """How a video is encoded: the same for each of its segments.

    Attributes
    ----------
    codec : Codec
    container : Container
        What is written around the packets.
    crf : int, optional
        Rate factor instead of that of the quality.
    has_colour : bool
        Whether pictures may be RGB. Codecs of luma and chroma take both anyway.
    depth : int
        Bits a sample of the pictures, 8 or 16.
    palette : bytes
        256 RGB triples, for a codec that takes colours from a table.
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
    codec: Codec = DEFAULT_CODEC
    container: Container = CONTAINERS[DEFAULT_CODEC.endings[0]]
    crf: int | None = None
    has_colour: bool = False
    depth: int = 8
    palette: bytes = b""
    dithers: bool = False
    is_compared: bool = False
    is_verified: bool = False

    @property
    def rate(self) -> int | None:
        """What decides between size and quality, for codecs that lose something."""
        return self.codec.rate(self.quality) if self.crf is None else self.crf

    @property
    def pix_fmt(self) -> str:
        pixels = self.codec.pixels
        if self.depth == 16:
            return pixels.rgb_16 if self.has_colour else pixels.grey_16
        return pixels.rgb if self.has_colour else pixels.grey

    def open(self) -> VideoCodecContext:
        context = av.CodecContext.create(self.codec.encoder, "w")
        assert isinstance(context, VideoCodecContext)
        self.configure(context)
        with opening(self.codec):
            context.open()
        return context

    def configure(self, context: Any) -> None:
        """Set up a codec context, or the one of a stream."""
        context.width, context.height = self.width, self.height
        context.pix_fmt = self.pix_fmt
        context.framerate, context.time_base = self.fps, 1 / self.fps
        self.tag(context)
        context.thread_count = 1
        context.gop_size = self.codec.key_frames
        context.flags |= _GLOBAL_HEADER | _BITEXACT
        context.options = dict(self.codec.options)
        if self.rate is not None:
            context.options |= dict.fromkeys(self.codec.rate_options, str(self.rate))

    def tag(self, thing: Any) -> None:
        """State the colours on a codec context, or on a frame: some encoders ask only that."""
        for name, value in self.codec.colour_tags:
            setattr(thing, name, value)


@contextmanager
def opening(codec: Codec) -> Iterator[None]:
    """Around the call that opens an encoder: it finds what it needs, and leaves nothing behind."""
    with environment(codec), scheduling_kept():
        yield


_environment_lock = threading.Lock()
_environment_users: Counter[str] = Counter()


@contextmanager
def environment(codec: Codec) -> Iterator[None]:
    """What an encoder looks up while it is opened, where nobody else has set it.

    It is for the whole process, so the last one who needs it removes it again.
    """
    with _environment_lock:
        mine = {
            name: value
            for name, value in codec.environment
            if _environment_users[name] or name not in os.environ
        }
        os.environ.update(mine)
        _environment_users.update(mine.keys())
    try:
        yield
    finally:
        with _environment_lock:
            _environment_users.subtract(mine.keys())
            for name in mine:
                if not _environment_users[name]:
                    os.environ.pop(name, None)


@contextmanager
def scheduling_kept() -> Iterator[None]:
    """Give this thread, and those begun meanwhile, the policy and priority that it had before.

    As root, which many containers are, SVT-AV1 gives the thread that opens it the policy SCHED_FIFO
    at the highest priority, and all threads that this one begins inherit them. As soon as some of
    these wait for each other by trying again and again, nothing else on the machine runs any more
    (the same code in SVT-HEVC: https://github.com/OpenVisualCloud/SVT-HEVC/pull/73).
    """
    if sys.platform != "linux":
        yield
        return
    before, others = (os.sched_getscheduler(0), os.sched_getparam(0)), _threads()
    try:
        yield
    finally:
        if (os.sched_getscheduler(0), os.sched_getparam(0)) != before:
            for thread in (0, *_threads() - others):
                with suppress(ProcessLookupError):  # it has ended
                    os.sched_setscheduler(thread, *before)


def _threads() -> set[int]:
    """The numbers of all threads of this process, as the system counts them."""
    with suppress(OSError):  # there is no /proc everywhere
        return set(map(int, os.listdir("/proc/self/task")))
    return set()


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
    header : bytes
        What has to be in front of the first packet of a file.
    squared_error : float
        Mean squared difference of a frame as a player shows it, in grey levels, added up over all
        frames, where it was asked for.
    checks : tuple of FrameCheck
        What each frame decodes to, where that was asked for.
    """

    packets: tuple[Packet, ...]
    parameter_sets: bytes
    header: bytes
    squared_error: float = 0.0
    checks: tuple[FrameCheck, ...] = ()


def require_encoder(codec: Codec) -> None:
    """Refuse a codec that the installed FFmpeg libraries cannot encode.

    Raises
    ------
    SettingsError
    """
    try:
        av.Codec(codec.encoder, "w")
    except (av.FFmpegError, ValueError) as exc:
        raise SettingsError(
            f"codec: the installed PyAV has no encoder for {codec.title} ({codec.encoder}); "
            f"use another codec, or reinstall PyAV with pip install --force-reinstall av ({exc})"
        ) from exc


def encode_segment(pictures: Iterable[NDArray[np.uint8]], encoder: Encoder) -> EncodedSegment:
    """Encode the pictures of one segment, grey (H, W) or RGB (H, W, 3), in order."""
    try:
        context = encoder.open()
        size = encoder.height, encoder.width
        paletted = Paletted(encoder.palette, encoder.dithers, size) if encoder.palette else None
        checker = _checker(encoder, context)
        packets: list[Packet] = []
        frame_time = 1 / encoder.fps

        def collect(found: list[av.Packet[Any]]) -> None:
            for packet in found:
                assert packet.pts is not None  # encoders always state it
                packets.append(Packet(bytes(packet), packet.pts, packet.is_keyframe))
            if checker is not None:
                checker.encoded(found)

        for number, picture in enumerate(pictures):
            if paletted is None:
                frame = to_video_frame(picture, encoder.pix_fmt)
            else:
                frame = paletted.frame(picture)
            frame.pts, frame.time_base = number, frame_time
            encoder.tag(frame)
            if checker is not None:
                checker.given(frame, picture)
            collect(context.encode(frame))
        collect(context.encode(None))
        if checker is not None:
            checker.finish()
    except av.FFmpegError as exc:
        reason = exc.strerror or exc
        raise EncodingError(f"the {encoder.codec.title} encoder failed ({reason})") from exc
    try:
        header, first = encoder.codec.split(packets[0].data)
    except ValueError as exc:
        raise EncodingError(f"the {encoder.codec.title} encoder failed ({exc})") from exc
    packets[0] = replace(packets[0], data=first)
    return EncodedSegment(
        tuple(packets),
        parameter_sets=bytes(context.extradata or b""),
        header=header,
        squared_error=0.0 if checker is None else checker.squared_error,
        checks=() if checker is None else tuple(checker.found),
    )


def _checker(encoder: Encoder, context: VideoCodecContext) -> Checker | None:
    compares, checks = encoder.is_compared, encoder.is_verified
    if not compares and not checks:
        return None
    return Checker(encoder.codec.decoder, context, compares=compares, checks=checks)
