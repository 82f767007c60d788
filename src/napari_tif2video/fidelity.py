"""How close is what a player shows to the pictures that were encoded?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from .pixels import shown


def squared_error(frame: VideoFrame, picture: NDArray[Any]) -> float:
    """Mean squared difference, in grey levels, of a decoded 4:2:0 frame and its picture."""
    difference = shown(frame, is_grey=picture.ndim == 2)
    difference -= picture
    return float(np.square(difference, out=difference).mean(dtype=np.float64))


def psnr_db(mean_squared_error: float, peak: float = 255) -> float:
    """Peak signal-to-noise ratio: 10 log10(peak² / MSE); infinite where there is no error."""
    return math.inf if mean_squared_error <= 0 else 10 * math.log10(peak**2 / mean_squared_error)
