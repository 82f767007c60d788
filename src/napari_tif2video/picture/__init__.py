"""How does one frame become one picture?

`frame` follows one point in time: frames are read, prepared (`resize`, at full precision, and the
range measured on the way) and rendered (`contrast`: limits, gamma, grey levels; then colours,
drawings and overlays, and `panels` side by side). `limits` has what limits come from when the range
of a frame is not enough: histograms with percentiles, and limits smoothed over time.
"""

from .contrast import combine, measure, prepared_dtype
from .frame import (
    DARK_MEAN,
    FEW_PIXELS_HIGH,
    Brightness,
    ChannelFrames,
    FrameStats,
    Panel,
    PictureSpec,
    SequenceLimits,
    as_rgb,
    frames_in_turn,
    limits_at,
    prepared_frames,
    render,
)
from .limits import EMPTY, Histogram, Level, count_outside, histogram, level_of, smooth_limits
from .panels import Mosaic

__all__ = [
    "DARK_MEAN",
    "EMPTY",
    "FEW_PIXELS_HIGH",
    "Brightness",
    "ChannelFrames",
    "FrameStats",
    "Histogram",
    "Level",
    "Mosaic",
    "Panel",
    "PictureSpec",
    "SequenceLimits",
    "as_rgb",
    "combine",
    "count_outside",
    "frames_in_turn",
    "histogram",
    "level_of",
    "limits_at",
    "measure",
    "prepared_dtype",
    "prepared_frames",
    "render",
    "smooth_limits",
]
