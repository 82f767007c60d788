"""What is in files of tracks, points and shapes?

`table` reads text in columns, within bounds; `positions` says which column is which, `trackmate`
reads TrackMate's XML, and `shapes` the outlines that napari saves. Arrays, as napari takes them,
become the same values. `trajectory` tells where one object is in each frame.
"""

from .positions import Positions, points_of_array, read_points, read_tracks, tracks_of_array
from .shapes import SHAPE_TYPES, Outline, Outlines, outlines_of, read_shapes
from .trajectory import Trajectory, centroids, trajectories

__all__ = [
    "SHAPE_TYPES",
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
