"""How close is what a player shows to the pictures that were encoded?"""

from __future__ import annotations

import math
from collections import deque
from typing import Any

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from .pixels import shown


class Comparison:
    """Decodes packets as they come and compares them with the pictures, in order."""

    def __init__(self, decoder: str, encoder: Any) -> None:
        context = av.CodecContext.create(decoder, "r")
        assert isinstance(context, VideoCodecContext)
        context.thread_count = 1
        context.extradata = encoder.extradata
        self._decoder = context
        self._waiting: deque[NDArray[np.uint8]] = deque()
        self._error = 0.0

    def add_picture(self, picture: NDArray[np.uint8]) -> None:
        self._waiting.append(picture)

    def add_packet(self, packet: av.Packet[Any] | None) -> None:
        for frame in self._decoder.decode(packet):
            picture = self._waiting.popleft()
            difference = shown(frame, is_grey=picture.ndim == 2)
            difference -= picture
            self._error += float(np.square(difference, out=difference).mean(dtype=np.float64))

    def finish(self) -> float:
        """The mean squared differences of all frames, added up."""
        self.add_packet(None)
        assert not self._waiting, "frames are missing in what was decoded"
        return self._error


def psnr_db(mean_squared_error: float, peak: float = 255) -> float:
    """Peak signal-to-noise ratio: 10 log10(peak² / MSE); infinite where there is no error."""
    return math.inf if mean_squared_error <= 0 else 10 * math.log10(peak**2 / mean_squared_error)
