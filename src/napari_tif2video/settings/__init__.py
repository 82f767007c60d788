"""What may a user ask for?

`VideoSettings` holds every choice that shapes a video, checked as far as that goes without any
data. `picture`, `overlays` and `format` check what goes together, `codecs` lists the formats, and
`words` says what a setting is called on the command line. Nothing here imports numpy: the help of
the command is made from it.
"""

from .codecs import (
    CLOCKS,
    CODECS,
    DEFAULT_CODEC,
    DEFAULT_OF_ENDING,
    MUXERS,
    QUALITIES,
    SEGMENT_FRAMES,
    Codec,
    check_ending,
)
from .format import RAW_TAKES, FormatSettings, chosen_codec
from .overlays import ANCHOR_STYLES, CORNERS, LABEL_FIELDS, fields_of
from .picture import (
    FPS_RANGE,
    Z_PROJECTIONS,
    frames_slice,
    limits_of_channels,
    pairs_of,
    parse_axes,
)
from .video import CONTRASTS, DEFAULT_CONTRAST, VideoSettings
from .words import as_typed, option_of

__all__ = [
    "ANCHOR_STYLES",
    "CLOCKS",
    "CODECS",
    "CONTRASTS",
    "CORNERS",
    "DEFAULT_CODEC",
    "DEFAULT_CONTRAST",
    "DEFAULT_OF_ENDING",
    "FPS_RANGE",
    "LABEL_FIELDS",
    "MUXERS",
    "QUALITIES",
    "RAW_TAKES",
    "SEGMENT_FRAMES",
    "Z_PROJECTIONS",
    "Codec",
    "FormatSettings",
    "VideoSettings",
    "as_typed",
    "check_ending",
    "chosen_codec",
    "fields_of",
    "frames_slice",
    "limits_of_channels",
    "option_of",
    "pairs_of",
    "parse_axes",
]
