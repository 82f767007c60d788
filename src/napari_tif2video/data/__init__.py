"""What is in my data?

`open` turns what the user points at (a folder, a file, an array, a layer) into a `Stack`: frames
that can be read one by one, with what is known about them. `stack` says what that is and is the
only owner of the order of axes; `planes` arranges the planes of hyperstacks, `arrays` reads those
of numpy and dask, `placed` shows frames on another grid of pixels, `moved` below a box that moves
and `held` several times in a row; `folder` lists the images of a folder, `fields` takes their names
apart and `names` arranges them on axes; `calibration` says how large a pixel and how long a frame
is, and who says so. `objects` reads files of tracks, points and shapes. `tiff` is the only package
that knows tifffile.
"""

from .arrays import array_error, stack_of_array
from .calibration import Calibration
from .fields import natural_key
from .folder import (
    TIFF_SUFFIXES,
    find_gaps,
    folders_with_frames,
    is_tiff_name,
    list_frames,
    source_stem,
)
from .held import HeldFrames
from .memory import free_memory, thread_buffer
from .moved import MovedFrames, Part
from .names import axes_of_names, folders_are_axes
from .objects import (
    MAX_NUMBER,
    UNNAMED,
    Floats,
    LabelFrames,
    Outline,
    Outlines,
    Positions,
    Trajectory,
    centroids,
    outlines_of,
    points_of_array,
    read_points,
    read_shapes,
    read_tracks,
    tracks_of_array,
    trajectories,
)
from .open import open_finished, open_images, open_stack
from .placed import Grid, PlacedFrames
from .planes import ArrayPlanes, FramePlanes
from .stack import (
    Channel,
    FrameFormat,
    Frames,
    Planes,
    Stack,
    check_frames,
    identity_of,
    need_dask,
)
from .tiff import dataset_of, is_single_image

__all__ = [
    "MAX_NUMBER",
    "TIFF_SUFFIXES",
    "UNNAMED",
    "ArrayPlanes",
    "Calibration",
    "Channel",
    "Floats",
    "FrameFormat",
    "FramePlanes",
    "Frames",
    "Grid",
    "HeldFrames",
    "LabelFrames",
    "MovedFrames",
    "Outline",
    "Outlines",
    "Part",
    "PlacedFrames",
    "Planes",
    "Positions",
    "Stack",
    "Trajectory",
    "array_error",
    "axes_of_names",
    "centroids",
    "check_frames",
    "dataset_of",
    "find_gaps",
    "folders_are_axes",
    "folders_with_frames",
    "free_memory",
    "identity_of",
    "is_single_image",
    "is_tiff_name",
    "list_frames",
    "natural_key",
    "need_dask",
    "open_finished",
    "open_images",
    "open_stack",
    "outlines_of",
    "points_of_array",
    "read_points",
    "read_shapes",
    "read_tracks",
    "source_stem",
    "stack_of_array",
    "thread_buffer",
    "tracks_of_array",
    "trajectories",
]
