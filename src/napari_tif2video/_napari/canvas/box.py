"""The arithmetic of boxes on the canvas: where they are drawn, and what a drag makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...geometry import CropBox, nearest_even
from ...overlays import AnchorMark
from ..layers import Region

_MIN_SIDE = 2  # data pixels

Point = NDArray[np.float64]
#: What the mouse holds of the rows and of the columns: -1 the first edge of the box, 1 the last
#: one, 0 none of them; (0, 0) is the box as a whole.
Grip = tuple[int, int]


def corners(top: float, left: float, height: float, width: float) -> NDArray[np.float32]:
    # The centre of a pixel has the whole number in napari, so its edges are half a pixel off.
    rows = np.array([0, 0, height, height]) + top - 0.5
    columns = np.array([0, width, width, 0]) + left - 0.5
    return np.stack([rows, columns], axis=1, dtype=np.float32)


@dataclass(frozen=True)
class View:
    """A box as it lies on the screen.

    Attributes
    ----------
    region : Region
        The pixels of which it is.
    px : float array (2,)
        Screen pixels for one data pixel down and one across.
    ratio : float, optional
        That the box keeps, of its width to its height.
    """

    region: Region
    box: CropBox | None
    px: Point
    ratio: float | None = None


@dataclass(frozen=True)
class MarkShape:
    """The anchor as a shape on the canvas.

    Attributes
    ----------
    vertices : float array (N, 2)
        Rows and columns in data pixels.
    kind : {"ellipse", "polygon"}
    line : float
        Width of its line in data pixels; 0 for a filled shape.
    """

    vertices: NDArray[np.float32]
    kind: Literal["ellipse", "polygon"]
    line: float = 0


def mark_shape(box: CropBox, video_width: int | Literal["full"], mark: AnchorMark) -> MarkShape:
    """The anchor at the centre of the box, as large as in the video, and inside the box."""
    width = max(2, box.width - box.width % 2) if video_width == "full" else video_width
    height = max(2, nearest_even(box.height * width, box.width))
    scale = box.width / width
    extent = min(mark.extent((height, width)) * scale, *box.shape)
    line = min(mark.line_px((height, width)) * scale, extent / 2)
    if mark.style == "cross":
        return MarkShape(_cross(box, extent / 2, line / 2), "polygon")
    if mark.style == "circle":  # a line reaches to both sides of its path
        return MarkShape(_centred(box, extent - line), "ellipse", line)
    return MarkShape(_centred(box, extent), "ellipse")


def _centred(box: CropBox, side: float) -> NDArray[np.float32]:
    top, left = box.top + (box.height - side) / 2, box.left + (box.width - side) / 2
    return corners(top, left, side, side)


def _cross(box: CropBox, reach: float, half: float) -> NDArray[np.float32]:
    """The outline of a cross whose arms reach so far from the centre."""
    quarter = np.array([(half, half), (half, reach), (-half, reach)])
    turn = np.array([(0, 1), (-1, 0)])
    outline = np.concatenate([quarter @ np.linalg.matrix_power(turn, n) for n in range(4)])
    centre = (box.top + (box.height - 1) / 2, box.left + (box.width - 1) / 2)
    return (outline + centre).astype(np.float32)


def drawn_box(
    frame: tuple[int, int], start: Point, end: Point, ratio: float | None = None
) -> CropBox | None:
    """The box between two positions, as far as it lies in the frame; its width by its height."""
    first, last = _rounded(np.sort([start, end], axis=0) + 0.5)
    if np.any(last <= 0) or np.any(first >= frame):
        return None
    first = np.clip(first, 0, np.array(frame) - _MIN_SIDE)
    last = np.clip(last, first + _MIN_SIDE, frame)
    if ratio is None:
        return _box_between(first, last)
    share = np.where(end < start, 1.0, 0.0)  # where it began stays
    fixed = np.where(end < start, last, first)
    return _in_shape(frame, np.array([1, ratio]), fixed, share, last - first)


def dragged_box(
    frame: tuple[int, int],
    box: CropBox,
    grip: Grip,
    start: Point,
    end: Point,
    *,
    ratio: float | None = None,
) -> CropBox:
    """The box after a drag of what the mouse holds, kept inside the frame.

    Parameters
    ----------
    ratio : float, optional
        Of its width to its height, where the other side is to follow.
    """
    way, held = _rounded(end - start), np.array(grip)
    first = np.array([box.top, box.left])
    last = first + box.shape
    if not held.any():
        way = np.clip(way, -first, frame - last)
        return _box_between(first + way, last + way)
    new_first = np.where(held < 0, np.clip(first + way, 0, last - _MIN_SIDE), first)
    new_last = np.where(held > 0, np.clip(last + way, first + _MIN_SIDE, frame), last)
    if ratio is None:
        return _box_between(new_first, new_last)
    # What is not held stays where it is: the opposite edge, or the middle between both.
    share = (1 - held) / 2
    size = np.where(held, new_last - new_first, 0)
    return _in_shape(frame, np.array([1, ratio]), first + share * box.shape, share, size)


def _in_shape(
    frame: tuple[int, int], shape: Point, fixed: Point, share: Point, size: NDArray[Any]
) -> CropBox:
    """A box of such a shape that reaches one of these sizes, as far as the frame has room.

    Parameters
    ----------
    fixed, share : float arrays (2,)
        The point that stays, and which share of the box is in front of it.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.fmin(fixed / share, (frame - fixed) / (1 - share)) / shape
    scale = min((size / shape).max(), room.min())
    size = np.maximum(_rounded(shape * scale), _MIN_SIDE)
    corner = np.clip(_rounded(fixed - share * size), 0, frame - size)
    return _box_between(corner, corner + size)


def _rounded(values: Point) -> NDArray[np.int64]:
    return np.floor(values + 0.5).astype(np.int64)  # np.rint takes halves to the even side


def _box_between(first: NDArray[Any], last: NDArray[Any]) -> CropBox:
    (top, left), (height, width) = first.tolist(), (last - first).tolist()
    return CropBox(width, height, left, top)
