"""Is what is decoded what was encoded? Found out while both are at hand.

A video is verified in two steps. While a segment is encoded, its packets are decoded at once and
each decoded frame is compared with the picture that went in; what is kept of it are its error and
a checksum. Later the finished file is decoded from disk, and the checksums have to be the same in
the same order (`verify`). Decoders give the same bytes each time, so nothing of the pictures needs
to be kept in between, and even frames that look alike cannot change places.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from ..colours import in_colour
from ..errors import EncodingError
from ..units import counted
from .pixels import planes, squared_error

# Of a palette that each frame may have for itself, what is seen; of four bytes, those that count.
_COMPARED_AS = {"pal8": "rgb24", "bgr0": "bgr24"}


@dataclass(frozen=True)
class FrameCheck:
    """What is kept of a decoded frame.

    Attributes
    ----------
    checksum : int
        CRC-32 of its samples.
    error : float
        Mean squared error of its luma (all samples where there is none), as a share of the
        square of the highest level.
    colour_error : float
        The same of its two colour differences.
    """

    checksum: int
    error: float
    colour_error: float


class Checker:
    """Decodes the packets of one segment as they come, and compares.

    Parameters
    ----------
    name : str
        FFmpeg's decoder for what the encoder makes.
    context : VideoCodecContext
        The open encoder.
    compares : bool
        Whether what a player shows is compared with the pictures: `squared_error`.
    checks : bool
        Whether each frame is checked: `found`.

    Attributes
    ----------
    squared_error : float
        Mean squared difference of a frame, in grey levels, added up over all frames.
    found : list of FrameCheck
    """

    def __init__(
        self, name: str, context: VideoCodecContext, *, compares: bool, checks: bool
    ) -> None:
        decoder = av.CodecContext.create(name, "r")
        assert isinstance(decoder, VideoCodecContext)
        decoder.thread_count = 1
        decoder.width, decoder.height = context.width, context.height
        if context.extradata:
            decoder.extradata = bytes(context.extradata)
        self._decoder = decoder
        self._compares, self._checks = compares, checks
        self._form = str(context.pix_fmt)
        # Of what went into the encoder and did not come out yet, the picture and its samples.
        self._waiting: deque[tuple[NDArray[Any], NDArray[Any] | None]] = deque()
        self._compared = 0
        self.squared_error = 0.0
        self.found: list[FrameCheck] = []

    def given(self, frame: VideoFrame, picture: NDArray[Any]) -> None:
        """A frame goes into the encoder, made of a picture (H, W) or (H, W, 3).

        A frame of 256 colours is only near the picture, so what comes out is compared with this.
        """
        wanted = None
        if self._checks:
            is_map = self._form == "pal8"
            wanted = in_colour(picture) if is_map else samples(frame, self._form)
        self._waiting.append((picture, wanted))

    def encoded(self, packets: Iterable[Packet[Any]]) -> None:
        """Packets came out of it."""
        for packet in packets:
            self._compare(self._decoder.decode(packet))

    def finish(self) -> None:
        """All packets are in."""
        self._compare(self._decoder.decode(None))
        if self._waiting:
            raise EncodingError(f"the encoder lost {counted(len(self._waiting), 'frame')}")

    def _compare(self, decoded: Iterable[VideoFrame]) -> None:
        for frame in decoded:
            if not self._waiting:
                raise EncodingError("the encoder made more frames than it was given")
            if frame.pts != self._compared:
                raise EncodingError(
                    f"the encoder changed the order: frame {frame.pts} came where "
                    f"{self._compared} was due"
                )
            self._compared += 1
            picture, wanted = self._waiting.popleft()
            if self._compares:
                self.squared_error += squared_error(frame, picture)
            if wanted is not None:
                shown = samples(frame, self._form)
                self.found.append(_check(shown, wanted, self._form, frame.height * frame.width))


def samples(frame: VideoFrame, form: str) -> NDArray[Any]:
    """The samples of a frame in a pixel format: of luma and chroma, one plane after the other."""
    form = _COMPARED_AS.get(form, form)
    if frame.format.name != form:
        frame = frame.reformat(format=form)
    if form.startswith("yuv"):
        return np.concatenate([plane.ravel() for plane in planes(frame)])
    array: NDArray[Any] = frame.to_ndarray()
    return array


def checksum(array: NDArray[Any]) -> int:
    return zlib.crc32(np.ascontiguousarray(array).data)


def _check(found: NDArray[Any], given: NDArray[Any], form: str, pixels: int) -> FrameCheck:
    pixel_format = VideoFormat(_COMPARED_AS.get(form, form))
    peak = float((1 << pixel_format.components[0].bits) - 1)
    if form.startswith("yuv"):
        error = _squared(found[:pixels], given[:pixels], peak)
        colour_error = _squared(found[pixels:], given[pixels:], peak)
    else:
        error, colour_error = _squared(found, given, peak), 0.0
    return FrameCheck(checksum(found), error, colour_error)


def _squared(found: NDArray[Any], given: NDArray[Any], peak: float) -> float:
    """Mean squared difference as a share of the square of `peak`."""
    # float32 is exact here: differences are whole numbers below 2^24. Their squares are summed
    # in float64 only where that could matter, at 16 bits.
    difference = np.subtract(found, given, dtype=np.float32).ravel()
    if peak > 255:
        difference = difference.astype(np.float64)
    total = float(np.dot(difference, difference))
    share: float = total / (difference.size * peak * peak)
    return share
