"""Grey pictures with colour in some places, as tracks make them, against libswscale."""

from __future__ import annotations

import av
import numpy as np
import pytest

from napari_tif2video.colours import in_planes
from napari_tif2video.encode.pixels import planes, to_video_frame

BT709, LIMITED = 1, 1


def of_libswscale(picture):
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
    return frame.reformat(format="yuv420p", dst_colorspace=BT709, dst_color_range=LIMITED)


@pytest.mark.parametrize("share", [0, 0.001, 0.03, 0.6])
@pytest.mark.parametrize("size", [(8, 10), (90, 514), (246, 250), (500, 102)])
def test_few_colours_become_what_libswscale_makes_of_them(size, share):
    rng = np.random.default_rng(7)
    picture = in_planes(rng.integers(0, 256, size).astype(np.uint8))
    is_spot = rng.random(size) < share
    is_spot[[0, -1], ::9] = share > 0  # at the border its filter is another one
    picture[is_spot] = rng.integers(0, 256, (np.count_nonzero(is_spot), 3)) * rng.integers(0, 2, 3)
    made, expected = (
        planes(one) for one in (to_video_frame(picture, "yuv420p"), of_libswscale(picture))
    )
    for own, other in zip(made, expected, strict=True):
        # On x86 they are the same; other processors round chroma otherwise.
        np.testing.assert_allclose(own.astype(int), other.astype(int), atol=1)
