"""How a picture becomes the pixels of a codec, and how close to it a player comes."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from ..colours import in_colour
from ..settings import BT709, FULL, LIMITED


def squared_error(frame: VideoFrame, picture: NDArray[Any]) -> float:
    """Mean squared difference, in grey levels, of what a player shows and the picture."""
    difference = shown(frame, is_grey=picture.ndim == 2)
    difference -= picture
    return float(np.square(difference, out=difference).mean(dtype=np.float64))


def psnr_db(mean_squared_error: float, peak: float = 255) -> float:
    """Peak signal-to-noise ratio: 10 log10(peak² / MSE); infinite where there is no error."""
    return math.inf if mean_squared_error <= 0 else 10 * math.log10(peak**2 / mean_squared_error)


# BT.709 luma of limited range is 16 to 235 (ITU-R BT.709-6, 3.5), four times that with 10 bits.
_LUMA_BLACK, _LUMA_STEPS = 16, 219
_NEUTRAL_CHROMA = 128

_local = threading.local()

_PLANE_ORDER_GBR = (1, 2, 0)
_BYTE_ORDER_BGR = (2, 1, 0)


def to_video_frame(picture: NDArray[Any], pix_fmt: str) -> VideoFrame:
    """A picture, grey (H, W) or RGB (H, W, 3), in the pixel format of a codec.

    Luma and chroma are limited-range BT.709; ``gray``, ``gray16le``, ``bgr0``, ``gbrp`` and
    ``gbrp16le`` hold the values as they are.
    """
    if pix_fmt.startswith("yuv"):
        if picture.ndim == 2:
            return _grey_yuv(picture, pix_fmt)
        # Of RGB triples instead of planes libswscale makes the same, more slowly.
        return _reformatter().reformat(
            _as_it_is(picture, "gbrp"),
            format=pix_fmt,
            dst_colorspace=BT709,
            dst_color_range=LIMITED,
            threads=1,
        )
    return _as_it_is(picture, pix_fmt)


def _reformatter() -> VideoReformatter:
    """That of this thread: a new one takes 0.05 ms to look up what it needs."""
    reformatter = getattr(_local, "reformatter", None)
    if reformatter is None:
        reformatter = _local.reformatter = VideoReformatter()
    return reformatter


def _grey_yuv(picture: NDArray[np.uint8], pix_fmt: str) -> VideoFrame:
    """With 10 bits all 256 grey levels stay apart, which the 220 of 8 bits cannot keep."""
    height, width = picture.shape
    frame = VideoFrame(width, height, pix_fmt)
    factor = _factor(frame)
    # Rounded division in integers: a fifth of the time of a table of the 256 levels.
    steps: NDArray[Any] = picture.astype("u2" if factor == 1 else "u4")
    steps *= factor * _LUMA_STEPS
    steps += 255 * factor * _LUMA_BLACK + 127
    steps //= 255
    luma, *chroma = planes(frame)
    luma[...] = steps
    for plane in chroma:
        plane[...] = factor * _NEUTRAL_CHROMA
    return frame


def planes(frame: VideoFrame) -> list[NDArray[Any]]:
    """The samples of a frame of luma and chroma, to read or to write."""
    dtype = np.dtype(np.uint8 if _factor(frame) == 1 else np.uint16)
    return [_rows(frame, number, dtype) for number in range(3)]


def _factor(frame: VideoFrame) -> int:
    """How many steps there are for one of 8 bits."""
    return 1 << (frame.format.components[0].bits - 8)


def _as_it_is(picture: NDArray[Any], pix_fmt: str) -> VideoFrame:
    height, width = picture.shape[:2]
    frame = VideoFrame(width, height, pix_fmt)
    if pix_fmt in ("gray", "gray16le"):
        _rows(frame, 0, picture.dtype)[...] = picture
        return frame
    picture = in_colour(picture)
    if pix_fmt.startswith("gbrp"):
        for number, channel in enumerate(_PLANE_ORDER_GBR):
            _rows(frame, number, picture.dtype)[...] = picture[..., channel]
        return frame
    assert pix_fmt == "bgr0", pix_fmt
    rows = _rows(frame, 0, picture.dtype, 4).reshape(height, width, 4)
    for number, channel in enumerate(_BYTE_ORDER_BGR):
        rows[..., number] = picture[..., channel]
    rows[..., 3] = 255
    return frame


def _rows(frame: VideoFrame, number: int, dtype: np.dtype[Any], samples: int = 1) -> NDArray[Any]:
    """The pixels of a plane of a frame, to read or to write."""
    plane = frame.planes[number]
    values = np.frombuffer(memoryview(plane), dtype.newbyteorder("<"))
    rows = values.reshape(-1, plane.line_size // dtype.itemsize)
    return rows[: plane.height, : plane.width * samples]


def shown(frame: VideoFrame, *, is_grey: bool) -> NDArray[np.float32]:
    """What a player shows of a decoded frame of luma and chroma: grey levels (H, W), or RGB."""
    if not is_grey:
        rgb = VideoReformatter().reformat(
            frame,
            format="rgb24",
            src_colorspace=BT709,
            src_color_range=LIMITED,
            dst_color_range=FULL,
            threads=1,
        )
        return rgb.to_ndarray().astype(np.float32)
    factor = _factor(frame)
    luma = planes(frame)[0].astype(np.float32)
    luma -= factor * _LUMA_BLACK
    luma *= np.float32(255 / (factor * _LUMA_STEPS))
    return np.clip(luma, 0, 255, out=luma)
