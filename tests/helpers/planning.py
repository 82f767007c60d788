"""Plans of sources, without a video."""

from __future__ import annotations

import napari_tif2video as t2v
from napari_tif2video.planning import plan


def planned(source, *, axes=None, arrays=None, **options):
    """The plan of anything that `open_stack` takes, with some settings."""
    stack = t2v.open_stack(source, axes=axes)
    return plan(stack, t2v.VideoSettings(**options), arrays=arrays)
