"""Which versions decide on the bytes of a video."""

from __future__ import annotations

import av

from .. import _version


def versions() -> dict[str, str]:
    """Of this package, of PyAV, and of FFmpeg's encoders in it."""
    codec = ".".join(map(str, av.library_versions["libavcodec"]))
    return {
        "napari-tif2video": _version.__version__,
        "av": av.__version__,
        "libavcodec": codec,
    }
