"""How does one frame become one picture?

`frame` follows one point in time: frames are read, prepared (`resize`, at full precision, and the
range measured on the way) and rendered (`contrast`: limits, gamma, grey levels; then colours and
overlays). `limits` has what limits come from when the range of a frame is not enough: histograms
with percentiles, and limits smoothed over time.
"""

from .contrast import Limits, combine, measure, prepared_dtype, require_countable
from .frame import (
    ChannelLimits,
    FrameFacts,
    Moment,
    Picture,
    SequenceLimits,
    as_rgb,
    limits_at,
    prepare_moments,
    read_moments,
    render,
)
from .limits import EMPTY, Histogram, Level, count_outside, histogram, level_of, smooth_limits

__all__ = [
    "EMPTY",
    "ChannelLimits",
    "FrameFacts",
    "Histogram",
    "Level",
    "Limits",
    "Moment",
    "Picture",
    "SequenceLimits",
    "as_rgb",
    "combine",
    "count_outside",
    "histogram",
    "level_of",
    "limits_at",
    "measure",
    "prepare_moments",
    "prepared_dtype",
    "read_moments",
    "render",
    "require_countable",
    "smooth_limits",
]
