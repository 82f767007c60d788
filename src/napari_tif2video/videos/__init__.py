"""From sources to videos.

`api` has the functions of the library; `sources` says which sources there are, `jobs` plans a video
of each or several, `outputs` says where these go, and `names` what they are called; `run` makes one
after the other, and `ahead` begins the next while workers are idle; `result` is what came out, and
`findings` is what there is to say about it.
"""

from .api import convert, convert_batch, render_frame
from .findings import describe_fidelity, describe_limits
from .jobs import check_jobs, plan_jobs
from .names import video_name
from .outputs import Destination
from .result import Report, Video, video_object
from .run import run_jobs
from .sources import SourceJob, find_sources

__all__ = [
    "Destination",
    "Report",
    "SourceJob",
    "Video",
    "check_jobs",
    "convert",
    "convert_batch",
    "describe_fidelity",
    "describe_limits",
    "find_sources",
    "plan_jobs",
    "render_frame",
    "run_jobs",
    "video_name",
    "video_object",
]
