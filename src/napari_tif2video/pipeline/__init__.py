"""How is it computed?

`tasks` has the two kinds of task: prepare and encode. `limits` measures whole sequences, `fit`
finds palettes and the rate factor that keeps a file below a size, `produce` leads from a plan to a
checked file, `describe` writes its recipe, `engine` runs tasks on dask, with progress and
cancelling, and `cluster` tells whether a cluster can do them. Where frames that cannot be read may
be left out, `skip` finds them; `resume` keeps what is finished of a video for the case that the run
is stopped. `drift` measures how the whole picture moves, and `share` reads each frame once for many
clips of one source. `versions` tells which software decides on the bytes.
"""

from .cluster import connected
from .describe import settings_of, source_name
from .drift import known_steady, steady
from .engine import Execution, Progress, attended, default_workers
from .limits import (
    Measured,
    groups_of_channels,
    known_limits,
    limits_of,
    measure_sequence,
    measured_key,
    series_limits,
)
from .produce import BatchLimits, FinishedFile, make_video
from .resume import KeptSegments, forget_segments, kept_segments
from .share import SharedReading, without_parts
from .skip import without_bad_frames
from .tasks import prepared_nbytes, rendered

__all__ = [
    "BatchLimits",
    "Execution",
    "FinishedFile",
    "KeptSegments",
    "Measured",
    "Progress",
    "SharedReading",
    "attended",
    "connected",
    "default_workers",
    "forget_segments",
    "groups_of_channels",
    "kept_segments",
    "known_limits",
    "known_steady",
    "limits_of",
    "make_video",
    "measure_sequence",
    "measured_key",
    "prepared_nbytes",
    "rendered",
    "series_limits",
    "settings_of",
    "source_name",
    "steady",
    "without_bad_frames",
    "without_parts",
]
