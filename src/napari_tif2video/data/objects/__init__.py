"""What is in files of tracks, points and shapes?

`table` reads text in columns, within bounds; `columns` says which column is which, `trackmate`
reads TrackMate's XML, and `shapes` the outlines that napari saves. Arrays, as napari takes them,
become the same `Positions`. `labels` takes frames for label images, and `trajectory` tells where
one object is in each frame.
"""

from .columns import points_of_array, read_points, read_tracks, tracks_of_array
from .labels import LabelFrames
from .positions import MAX_NUMBER, UNNAMED, Floats, Positions
from .shapes import Outline, Outlines, outlines_of, read_shapes
from .trajectory import Trajectory, centroids, trajectories

__all__ = [
    "MAX_NUMBER",
    "UNNAMED",
    "Floats",
    "LabelFrames",
    "Outline",
    "Outlines",
    "Positions",
    "Trajectory",
    "centroids",
    "outlines_of",
    "points_of_array",
    "read_points",
    "read_shapes",
    "read_tracks",
    "tracks_of_array",
    "trajectories",
]
