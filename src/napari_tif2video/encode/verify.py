"""Is the finished file, decoded from disk, what was rendered?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
from av.video.stream import VideoStream

from ..errors import EncodingError
from ..units import counted
from .check import FrameCheck, checksum, samples
from .encoder import Encoder
from .pixels import psnr_db

# Below it, a frame is taken for broken. White noise in black and white, which is worse than any
# data, has 27 dB at draft quality; grey in place of such noise has 6 dB, in place of even noise 11.
# It tells nothing about order: that is what the checksums are for.
_WORST_DB = 12.0


@dataclass(frozen=True)
class Fidelity:
    """How close a finished video is to the rendered frames.

    Attributes
    ----------
    mean_db : float
        PSNR of the mean squared error of all frames, in dB; infinite where there is no error.
    worst_db : float
        PSNR of the worst frame.
    """

    mean_db: float
    worst_db: float


def verify_video(
    path: Path,
    encoder: Encoder,
    checks: Sequence[FrameCheck],
    threads: int,
    step: Callable[[], None],
) -> Fidelity:
    """Decode a finished file and compare its frames, one by one, with what was rendered.

    Parameters
    ----------
    checks : sequence of FrameCheck
        What each frame has to decode to, in order.
    threads : int
        Of the decoder.
    step : callable
        Called after each frame; what it raises ends the work.

    Raises
    ------
    EncodingError
        A frame is missing, too much, at another place, of another size, or not what it was; the
        video states other colours; or a frame has little to do with what was rendered.
    """
    _check_errors(checks)
    number = 0
    try:
        with av.open(f"file:{path}", format=encoder.container.muxer) as container:
            stream = container.streams.video[0]
            stream.thread_type, stream.codec_context.thread_count = "AUTO", threads
            for frame in container.decode(stream):
                if number == 0:
                    _check_stream(stream, encoder)
                if number < len(checks):
                    _check_frame(frame, number, encoder, checks[number])
                number += 1
                step()
    except (av.FFmpegError, OSError, IndexError) as exc:
        raise EncodingError(
            f"verify: the finished video cannot be decoded from frame {number} on ({exc})"
        ) from exc
    if number != len(checks):
        raise EncodingError(
            f"verify: the finished video decodes to {counted(number, 'frame')} instead of "
            f"{len(checks)}"
        )
    errors = [check.error for check in checks]
    return Fidelity(psnr_db(math.fsum(errors) / len(errors), peak=1), psnr_db(max(errors), peak=1))


def _check_errors(checks: Sequence[FrameCheck]) -> None:
    for number, check in enumerate(checks):
        worst = psnr_db(max(check.error, check.colour_error), peak=1)
        if worst < _WORST_DB:
            raise EncodingError(
                f"verify: frame {number} is not what was rendered (PSNR {worst:.1f} dB); give a "
                "better quality"
            )


def _check_frame(frame: av.VideoFrame, number: int, encoder: Encoder, check: FrameCheck) -> None:
    if (frame.height, frame.width) != (encoder.height, encoder.width):
        raise EncodingError(
            f"verify: frame {number} of the finished video is {frame.width}x{frame.height} instead "
            f"of {encoder.width}x{encoder.height}"
        )
    late = None
    if frame.pts is not None and frame.time_base:
        late = frame.pts * frame.time_base - number / encoder.fps
    if late is None or abs(late) > encoder.container.tolerance_s:
        raise EncodingError(f"verify: frame {number} of the finished video has another time")
    if checksum(samples(frame, encoder.pix_fmt)) != check.checksum:
        raise EncodingError(
            f"verify: frame {number} of the finished video is not the one that was rendered; "
            "convert again, and check the disk"
        )


def _check_stream(stream: VideoStream, encoder: Encoder) -> None:
    context = stream.codec_context
    for name, expected in encoder.codec.colour_tags:
        if int(getattr(context, name)) != expected:
            raise EncodingError(
                f"verify: the finished video states another {name.replace('_', ' ')} than it has"
            )
