"""Labels: images whose counts are the numbers of objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Frames, identity_of, need_dask
from ..geometry import CropBox, View
from ..overlays import Look
from .arrays import Colours
from .blend import blend_at

#: From the row and column of a frame (and 1) to those of a label image: the same pixels.
SAME_PIXELS = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)

_DECIMALS = 6  # of a pixel; beyond them, places differ by how they were computed


@dataclass(frozen=True, eq=False)
class LabelColours:
    """The colour of each label.

    Attributes
    ----------
    cycle : uint8 array (C, 4)
        RGBA of label 1, 2 and so on; label C + 1 has that of label 1 again.
    given : int array (G,), and own : uint8 array (G, 4)
        Labels that have a colour of their own, in ascending order, and these.
    background : int
        The label that is not drawn.
    """

    cycle: Colours
    given: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    own: Colours = field(default_factory=lambda: np.empty((0, 4), np.uint8))
    background: int = 0

    def of(self, labels: NDArray[Any]) -> Colours:
        """RGBA of each of some labels (N,)."""
        if len(self.cycle):
            colours = self.cycle[(labels.astype(np.int64) - 1) % len(self.cycle)]
        else:
            colours = np.zeros((len(labels), 4), np.uint8)
        if len(self.given):
            places = np.searchsorted(self.given, labels).clip(max=len(self.given) - 1)
            is_given = self.given[places] == labels
            colours[is_given] = self.own[places[is_given]]
        return colours

    def __repr__(self) -> str:  # for keys: the whole content
        values = (self.cycle.tolist(), self.given.tolist(), self.own.tolist(), self.background)
        return f"LabelColours{values}"


@dataclass(frozen=True, eq=False)
class Labels:
    """Label images, lazily.

    Attributes
    ----------
    images : Frames
        One for each frame of the video; read when they are drawn.
    colours : LabelColours
    contour : float
        Width of outlines in pixels of the labels; 0: they are filled.
    only : int, optional
        The one label that is drawn.
    place : tuple of 6 floats
        From the row and column of a frame (and 1) to row, then column of the label images.
    is_computed : bool
        Whether dask has computed them, for the frames that are selected.
    """

    look: Look
    images: Frames
    colours: LabelColours
    contour: float = 0
    only: int | None = None
    place: tuple[float, ...] = SAME_PIXELS
    is_computed: bool = False

    kind, noun = "labels", "label image"

    @property
    def count(self) -> int:
        """Of images: how many labels there are is not known without reading them."""
        return len(self.images)

    def identity(self) -> object | None:
        known = identity_of(self.images)
        if known is None:
            return None
        return (self.look, known, self.colours, self.contour, self.only, self.place)

    def select(self, indices: Sequence[int]) -> Labels:
        return replace(self, images=self.images.select(indices))

    @property
    def awaited(self) -> Frames | None:
        return self.images if need_dask(self.images) else None

    def with_images(self, images: Frames) -> Labels:
        return replace(self, images=images, is_computed=True)

    def draw(self, picture: NDArray[np.uint8], number: int, view: View) -> NDArray[np.uint8]:
        labels = self._seen(number, view)
        is_shown = labels != self.colours.background
        if self.contour:
            per_label = abs(self.place[0] * self.place[4] - self.place[1] * self.place[3]) ** -0.5
            width = self.contour * per_label * max(view.magnification)
            is_shown &= _is_edge(labels, max(1, round(width)))
        if self.only is not None:
            is_shown &= labels == self.only
        places = np.flatnonzero(is_shown)
        colours = self.colours.of(labels.reshape(-1)[places])
        alphas = colours[:, 3] * np.float32(self.look.opacity / 255)
        blend_at(picture, places, colours[:, :3], alphas, self.look.blending)
        return picture

    def _seen(self, number: int, view: View) -> NDArray[Any]:
        """The label at the middle of each pixel of the video, the background outside of them."""
        height, width = view.size
        left, top = view.in_video(0.0, 0.0)
        down, across = view.magnification
        y = (np.arange(height) + 0.5 - top) / down
        x = (np.arange(width) + 0.5 - left) / across
        a, b, c, d, e, f = self.place
        if b or d:
            rows = _nearest(a * y[:, np.newaxis] + b * x + c)
            columns = _nearest(d * y[:, np.newaxis] + e * x + f)
        else:
            rows, columns = _nearest(a * y + c)[:, np.newaxis], _nearest(e * x + f)[np.newaxis]
        size = self.images.format.size
        inside = (rows >= 0) & (rows < size[0]) & (columns >= 0) & (columns < size[1])
        background = self.colours.background
        if not inside.any():
            return np.full(view.size, background, self.images.format.dtype)
        rows, columns = rows.clip(0, size[0] - 1), columns.clip(0, size[1] - 1)
        # What dask has computed are whole images.
        box = CropBox.whole(size) if self.is_computed else _box_around(rows, columns)
        (image,) = self.images.select([number]).read_frames(box)
        rows, columns = rows - box.top, columns - box.left
        if b or d:
            seen = image[rows, columns]
        else:
            seen = image.take(rows[:, 0], axis=0).take(columns[0], axis=1)
        if not inside.all():
            seen[~inside] = background
        return seen


def _nearest(places: NDArray[Any]) -> NDArray[np.int64]:
    return np.floor(np.round(places, _DECIMALS) + 0.5).astype(np.int64)


def _box_around(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> CropBox:
    top, left = int(rows.min()), int(columns.min())
    return CropBox(int(columns.max()) + 1 - left, int(rows.max()) + 1 - top, left, top)


def _is_edge(labels: NDArray[Any], width: int) -> NDArray[np.bool_]:
    """Where a label has another one next to it, or within some pixels that are lower."""
    highest, lowest = _over_neighbours(labels, np.maximum), labels
    for _ in range(width):
        lowest = _over_neighbours(lowest, np.minimum)
    is_edge: NDArray[np.bool_] = highest != lowest
    return is_edge


def _over_neighbours(labels: NDArray[Any], choose: Any) -> NDArray[Any]:
    """Of each pixel and the four around it."""
    found = labels.copy()
    for ahead, behind in (
        ((slice(1, None), slice(None)), (slice(None, -1), slice(None))),
        ((slice(None), slice(1, None)), (slice(None), slice(None, -1))),
    ):
        choose(found[ahead], labels[behind], out=found[ahead])
        choose(found[behind], labels[ahead], out=found[behind])
    return found
