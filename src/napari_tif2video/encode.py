"""Pictures become packets of H.264, a segment at a time.

A segment is encoded by a context of its own with one thread into one closed group of pictures,
so that its bytes depend on nothing but its frames. `movie` joins segments packet by packet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from .errors import EncodingError

#: Frames a segment. Fixed, so that the number of workers never changes the bytes.
SEGMENT_FRAMES = 50

# Chosen by benchmarks/encoder_table.py; the table is in docs/encoding.md.
# "ultrafast" alone would be Constrained Baseline and blocky: the transform of 8x8 pixels makes
# it High profile, the deblocking filter costs next to nothing, and small intra blocks keep a
# frame from shining through into a black one after it.
PRESET = "ultrafast"
X264_PARAMS = "8x8dct=1:no-deblock=0:partitions=i4x4,i8x8"
RATE_FACTORS = {"draft": 25, "standard": 19, "high": 15}

# Values of ITU-T H.273 as FFmpeg numbers them: BT.709 throughout, limited ("MPEG") range.
_BT709 = 1
_LIMITED = 1

# BT.709 luma of limited range is 16 to 235 (ITU-R BT.709-6, 3.5).
_LUMA_BLACK, _LUMA_STEPS = 16, 219
_NEUTRAL_CHROMA = 128


@dataclass(frozen=True)
class Encoder:
    """How a video is encoded: the same for each of its segments."""

    height: int
    width: int
    fps: Fraction
    quality: str = "standard"

    def open(self) -> VideoCodecContext:
        context = av.CodecContext.create("libx264", "w")
        assert isinstance(context, VideoCodecContext)
        self.configure(context)
        context.open()
        return context

    def configure(self, context: Any) -> None:
        """Set up a codec context, or the one of a stream."""
        context.width, context.height = self.width, self.height
        context.pix_fmt = "yuv420p"
        context.framerate, context.time_base = self.fps, 1 / self.fps
        context.color_range = _LIMITED
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.thread_count = 1
        context.gop_size = SEGMENT_FRAMES
        context.flags |= _GLOBAL_HEADER | _BITEXACT
        context.options = {
            "preset": PRESET,
            "crf": str(RATE_FACTORS[self.quality]),
            "profile": "high",
            # Macroblock-tree rate control is not reproducible from run to run in x264 builds of
            # PyAV; an open group of pictures could refer across a joint.
            "x264-params": f"mbtree=0:open-gop=0:{X264_PARAMS}",
        }


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
    packets: tuple[Packet, ...]
    parameter_sets: bytes
    reorder_delay: int


def encode_segment(pictures: Iterable[NDArray[np.uint8]], encoder: Encoder) -> EncodedSegment:
    """Encode the pictures of one segment, grey (H, W) or RGB (H, W, 3), in order."""
    try:
        context = encoder.open()
        packets = []
        for number, picture in enumerate(pictures):
            frame = _to_video_frame(picture)
            frame.pts, frame.time_base = number, 1 / encoder.fps
            packets += context.encode(frame)
        packets += context.encode(None)
    except av.FFmpegError as exc:
        raise EncodingError(f"the encoder failed ({exc})") from exc
    return EncodedSegment(
        tuple(Packet(bytes(p), _known(p.pts), p.is_keyframe) for p in packets),
        bytes(context.extradata or b""),
        context.reorder_depth,
    )


def _known(pts: int | None) -> int:
    assert pts is not None  # encoders always state it
    return pts


def _to_video_frame(picture: NDArray[np.uint8]) -> VideoFrame:
    """A picture as limited-range BT.709 4:2:0."""
    if picture.ndim == 3:
        frame = VideoFrame.from_numpy_buffer(picture, format="rgb24")
        return VideoReformatter().reformat(
            frame, format="yuv420p", dst_colorspace=_BT709, dst_color_range=_LIMITED, threads=1
        )
    height, width = picture.shape
    frame = VideoFrame(width, height, "yuv420p")
    luma, *chroma = (np.frombuffer(memoryview(plane), np.uint8) for plane in frame.planes)
    rows = luma.reshape(-1, frame.planes[0].line_size)[:height, :width]
    # Rounded division in integers: a fifth of the time of a table of the 256 levels.
    steps = np.multiply(picture, _LUMA_STEPS, dtype=np.uint16)
    steps += 255 * _LUMA_BLACK + 127
    steps //= 255
    rows[...] = steps
    for plane in chroma:
        plane[:] = _NEUTRAL_CHROMA
    return frame
