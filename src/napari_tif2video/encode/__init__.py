"""How do pictures become a file?

A segment of pictures becomes the codec's pixels (`pixels`, for GIFs with a `palette`), then packets
(`encoder`), decoded again at once where they have to be measured (`check`). `container` joins
segments to a file and makes sure that it is whole, `verify` decodes it and compares, and `publish`
gives it its name only then.
"""

from .check import FrameCheck
from .container import Spool, VideoWriter, check_video, packed, unpacked
from .encoder import EncodedSegment, Encoder, encode_segment, require_encoder
from .palette import make_palette
from .pixels import psnr_db
from .publish import PART_PREFIX, exists_error, publishing, sidecar_of, write_sidecar
from .verify import Fidelity, verify_video

__all__ = [
    "PART_PREFIX",
    "EncodedSegment",
    "Encoder",
    "Fidelity",
    "FrameCheck",
    "Spool",
    "VideoWriter",
    "check_video",
    "encode_segment",
    "exists_error",
    "make_palette",
    "packed",
    "psnr_db",
    "publishing",
    "require_encoder",
    "sidecar_of",
    "unpacked",
    "verify_video",
    "write_sidecar",
]
