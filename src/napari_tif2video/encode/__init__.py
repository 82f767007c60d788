"""How do pictures become a file?

A segment of pictures becomes the codec's pixels (`pixels`, for GIFs with a `palette`), then packets
(`encoder`), decoded again at once where they have to be measured (`check`). `container` joins
segments to a file and makes sure that it is whole, `verify` decodes it and compares, and `publish`
gives it its name only then.
"""

from .check import FrameCheck
from .container import Spool, VideoWriter, check_video
from .encoder import EncodedSegment, Encoder, encode_segment, require_encoder
from .palette import make_palette
from .pixels import psnr_db
from .publish import exists_error, publishing, sidecar_of, write_sidecar
from .verify import Fidelity, verify_video

__all__ = [
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
    "psnr_db",
    "publishing",
    "require_encoder",
    "sidecar_of",
    "verify_video",
    "write_sidecar",
]
