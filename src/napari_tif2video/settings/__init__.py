"""What may a user ask for?

`VideoSettings` holds every choice that shapes a video, checked as far as that goes without any
data. Each setting is declared once, at its field in `video` (`setting` says of what a declaration
consists): its help, parser, title and so on; and `video` checks what goes together. `picture`,
`overlays`, `drawn`, `following` and `format` have the parsers, `codecs` lists the formats, and
`words` says what a setting is called on the command line and in the window. Nothing here imports
numpy: the help of the command is made from it.
"""

from .codecs import (
    BT709,
    CODECS,
    CONTAINERS,
    DEFAULT_CODEC,
    FULL,
    LIMITED,
    RAW_CODEC,
    SEGMENT_FRAMES,
    Codec,
    Container,
    check_ending,
)
from .drawn import DEFAULT_POINTS_SIZE, DEFAULT_TAIL, SEGMENTATION_STYLES
from .following import Given
from .overlays import (
    ANCHOR_STYLES,
    CORNERS,
    DEFAULT_CORNERS,
    LABEL_FIELDS,
    TITLE_S,
    arrows_of,
    events_of,
    label_fields,
)
from .picture import (
    AUTO_PERCENTILE,
    DEFAULT_CONTRAST,
    FPS_RANGE,
    Z_PROJECTIONS,
    frames_slice,
    limits_of_channels,
    pairs_of,
    parse_axes,
)
from .setting import Setting, option_of
from .video import DRAWN_FILES, GREY, GROUPS, RAW_TAKES, SETTINGS, VideoSettings
from .words import title_of, value_text, with_option_names

__all__ = [
    "ANCHOR_STYLES",
    "AUTO_PERCENTILE",
    "BT709",
    "CODECS",
    "CONTAINERS",
    "CORNERS",
    "DEFAULT_CODEC",
    "DEFAULT_CONTRAST",
    "DEFAULT_CORNERS",
    "DEFAULT_POINTS_SIZE",
    "DEFAULT_TAIL",
    "DRAWN_FILES",
    "FPS_RANGE",
    "FULL",
    "GREY",
    "GROUPS",
    "LABEL_FIELDS",
    "LIMITED",
    "RAW_CODEC",
    "RAW_TAKES",
    "SEGMENTATION_STYLES",
    "SEGMENT_FRAMES",
    "SETTINGS",
    "TITLE_S",
    "Z_PROJECTIONS",
    "Codec",
    "Container",
    "Given",
    "Setting",
    "VideoSettings",
    "arrows_of",
    "check_ending",
    "events_of",
    "frames_slice",
    "label_fields",
    "limits_of_channels",
    "option_of",
    "pairs_of",
    "parse_axes",
    "title_of",
    "value_text",
    "with_option_names",
]
