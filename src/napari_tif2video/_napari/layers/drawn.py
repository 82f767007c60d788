"""Layers of labels, points, shapes, tracks and vectors as drawings, as napari shows them. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from napari import layers as shown
from napari.components import ViewerModel
from napari.layers import Layer
from numpy.typing import NDArray

from ...data import stack_of_array
from ...drawings import LabelColours, Labels, Points, Shapes, Texts, Tracks, Vectors, ellipse
from ...errors import SourceError
from ...overlays import Drawing, Look
from .layer import BLENDINGS, as_array
from .region import Merge, unit_factors

_PX_PER_PT = 96 / 72  # as napari's canvas counts


@dataclass(frozen=True, eq=False)
class _Space:
    """Where the coordinates of a layer are in the frames.

    Attributes
    ----------
    plane : float array (3, 3)
        From (row, column, 1) of the layer to those of the frames.
    axis : int, optional
        The layer's axis that is played; None where it has no such axis, and does not change.
    first, step : float
        The frame of coordinate 0 along that axis, and how many frames a step there takes.
    others : dict
        Of each other axis that is not in the picture: where it stands, and how far it reaches
        before and after that.
    margins : (float, float)
        How far the slice reaches along the axis that is played, in steps.
    size : float
        The length, in pixels of the frames, of what is 1 long in the layer's columns.
    """

    plane: NDArray[np.float64]
    axis: int | None
    first: float
    step: float
    others: dict[int, tuple[float, float, float]]
    margins: tuple[float, float]
    size: float

    @classmethod
    def of(cls, viewer: ViewerModel, layer: Layer, merged: Merge, play: int) -> _Space:
        origin, linear = _placed(viewer, layer)
        plane = np.eye(3)
        plane[:2, :2], plane[:2, 2] = linear[-2:, -2:], origin[-2:]
        to_frame = np.linalg.inv(merged.region.plane) @ plane
        moving = [image for image in merged.layers if image.ndim >= -play]
        axis = play + layer.ndim if play < -2 and layer.ndim >= -play and moving else None
        first, step = 0.0, 1.0
        if axis is not None:
            image_origin, image_linear = _placed(viewer, moving[0])
            first = (origin[play] - image_origin[play]) / image_linear[play, play]
            step = linear[axis, axis] / image_linear[play, play]
        # Axes stand by themselves: a slice is at one value of each.
        steps = np.diag(linear)
        middle = (np.array(viewer.dims.point[-layer.ndim :]) - origin) / steps
        left, right = (
            np.array(margin[-layer.ndim :]) / abs(steps)
            for margin in (viewer.dims.margin_left, viewer.dims.margin_right)
        )
        others = {
            one: (float(middle[one]), float(left[one]), float(right[one]))
            for one in range(layer.ndim - 2)
            if one != axis
        }
        margins = (0.0, 0.0) if axis is None else (float(left[axis]), float(right[axis]))
        scale = abs(layer.scale[-1]) * unit_factors(viewer, layer)[-1]
        return cls(
            to_frame,
            axis,
            float(first),
            float(step),
            others,
            margins,
            float(scale / np.linalg.norm(merged.region.plane[:2, 1])),
        )

    @property
    def length(self) -> float:
        """The side of a square in the frames that is as large as one of side 1 in the layer."""
        return float(abs(np.linalg.det(self.plane[:2, :2])) ** 0.5)

    def in_frame(self, places: Any) -> NDArray[np.float64]:
        """Rows and columns (N, 2) of a layer as those of the frames."""
        rows = np.asarray(places, np.float64).reshape(-1, 2)
        found: NDArray[np.float64] = rows @ self.plane[:2, :2].T + self.plane[:2, 2]
        return found

    def frames(self, coordinates: Any) -> NDArray[np.float64] | None:
        """The frame of each of some coordinates (N, D), where the layer has that axis."""
        if self.axis is None:
            return None
        times: NDArray[np.float64] = (
            self.first + self.step * np.asarray(coordinates, np.float64)[:, self.axis]
        )
        return times

    def span(self, *, is_thick: bool) -> tuple[float, float]:
        """How long before and after its frame something is seen."""
        before, after = _reach(*self.margins) if is_thick else (0.5, 0.5)
        # What is seen up to `after` steps ahead of now is seen that long before its frame.
        return after * abs(self.step), before * abs(self.step)

    def in_slice(self, coordinates: Any, *, is_thick: bool) -> NDArray[np.bool_]:
        """Which of some coordinates (N, D) are where the other axes stand."""
        seen = np.ones(len(coordinates), bool)
        for axis, (middle, left, right) in self.others.items():
            before, after = _reach(left, right) if is_thick else (0.5, 0.5)
            distances = np.asarray(coordinates)[:, axis] - middle
            seen &= (distances >= -before) & (distances <= after)
        return seen


def _reach(left: float, right: float) -> tuple[float, float]:
    """How far a slice reaches: a thin one half a step, as napari has it."""
    return (0.5, 0.5) if np.isclose(left + right, 0) else (left, right)


def _placed(viewer: ViewerModel, layer: Layer) -> tuple[Any, Any]:
    """Where a layer's first place is in the world of the canvas, and the map from there on."""
    factors = unit_factors(viewer, layer)
    origin = np.array(layer.data_to_world(np.zeros(layer.ndim)))
    ends = np.array([layer.data_to_world(one) for one in np.eye(layer.ndim)])
    return origin * factors, (ends - origin).T * factors[:, np.newaxis]


def drawings_of(
    viewer: ViewerModel, layers: Sequence[Layer], merged: Merge, play: int, length: int
) -> tuple[tuple[Drawing, ...], list[str]]:
    """What is drawn of some layers onto those that are merged, and what cannot be.

    Parameters
    ----------
    layers : sequence of Layer
        From the bottom up; images are none of these.
    play : int
        The axis that becomes time, counted from the end.
    length : int
        How many frames there are.
    """
    made: list[Drawing] = []
    notes: list[str] = []
    order = list(viewer.layers)
    for layer in layers:
        convert = next((make for kind, make in _KINDS.items() if isinstance(layer, kind)), None)
        if convert is None:
            notes.append(f"left out: {layer.name}, which is a {type(layer).__name__} layer")
            continue
        below = [one for one in merged.layers if order.index(one) < order.index(layer)]
        path = layer.source.path
        is_opaque = str(layer.blending) == "opaque"
        look = Look(
            layer.name,
            "" if path is None else Path(path).name,
            1.0 if is_opaque else float(layer.opacity),
            BLENDINGS[str(layer.blending)],  # type: ignore[arg-type]
            len(below),
        )
        try:
            made.append(convert(layer, look, _Space.of(viewer, layer, merged, play), length))
        except SourceError as exc:
            notes.append(f"left out: {layer.name}, {exc}")
    return tuple(made), notes


def _rgba(colours: Any) -> NDArray[np.uint8]:
    values = np.asarray(colours, np.float64).reshape(-1, 4)
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)


def _points(layer: shown.Points, look: Look, space: _Space, length: int) -> Drawing:
    data = np.asarray(layer.data, np.float64).reshape(-1, layer.ndim)
    mode = str(layer.projection_mode)
    is_thick = mode != "none"
    rows = np.flatnonzero(space.in_slice(data, is_thick=is_thick) & np.asarray(layer.shown))
    data = data[rows]
    y, x = space.in_frame(data[:, -2:]).T
    sizes = np.asarray(layer.size, np.float64)[rows] * space.size
    widths = np.asarray(layer.border_width, np.float64)[rows]
    is_relative = layer.border_width_is_relative
    return Points(
        look,
        y,
        x,
        space.frames(data),
        sizes=sizes,
        faces=_rgba(layer.face_color)[rows],
        borders=_rgba(layer.border_color)[rows],
        border_widths=widths * sizes if is_relative else np.minimum(widths * space.size, sizes),
        symbols=np.array([str(symbol) for symbol in np.asarray(layer.symbol)[rows]], np.str_),
        frames=length,  # type: ignore[arg-type]
        span=space.span(is_thick=is_thick),
        tapers={"rescale_linear": "linear", "rescale_spherical": "spherical"}.get(mode, ""),
        texts=_texts(layer, rows, space),
    )


def _texts(layer: Layer, rows: NDArray[np.intp], space: _Space) -> Texts | None:
    text = layer.text
    if not text.visible or not len(rows):
        return None
    count = len(layer.features)
    strings = np.broadcast_to(np.asarray(text.string(layer.features), np.str_), (count,))
    if not any(strings[rows]):
        return None
    colours = np.broadcast_to(_rgba(text.color(layer.features)), (count, 4))
    moved = np.zeros(2)
    translation = np.ravel(text.translation)
    if translation.size:
        moved[:] = translation if translation.size == 1 else translation[-2:]
    down, right = space.plane[:2, :2] @ moved
    return Texts(
        tuple(map(str, strings[rows])),
        colours[rows],
        max(1, round(text.size * _PX_PER_PT)),
        str(text.anchor),
        (float(down), float(right)),
    )


def _tracks(layer: shown.Tracks, look: Look, space: _Space, length: int) -> Drawing:
    table = np.asarray(layer.data, np.float64)
    times = space.frames(table[:, 1:])
    if times is None or space.axis != 0:
        raise SourceError("whose time is not played")
    y, x = space.in_frame(table[:, -2:]).T
    made = Tracks(
        look,
        table[:, 0].astype(np.int64),
        times,
        y,
        x,
        colours=_rgba(layer.track_colors),
        width_px=float(layer.tail_width),
        tail=float(layer.tail_length) * abs(space.step),
        head=float(layer.head_length) * abs(space.step),
        hides_completed=bool(layer.hide_completed_tracks),
        shows_tail=bool(layer.display_tail),
        shows_ids=bool(layer.display_id),
        frames=length,  # type: ignore[arg-type]
    )
    if not layer.display_graph or not layer.graph:
        return made
    parents = {child: np.ravel(found).tolist() for child, found in layer.graph.items()}
    return made.linked([(one, child) for child, found in parents.items() for one in found])


def _shapes(layer: shown.Shapes, look: Look, space: _Space, length: int) -> Drawing:
    outlines, rows, times, are_closed = [], [], [], []
    for row in np.argsort(np.asarray(layer.z_index, int), kind="stable").tolist():
        corners = np.asarray(layer.data[row], np.float64)
        kind = str(layer.shape_type[row])
        # A shape is in the slice whose number all of its corners round to.
        first, last = (
            np.round(end).astype(int)[np.newaxis] for end in (corners.min(0), corners.max(0))
        )
        is_seen = space.in_slice(first, is_thick=False) & space.in_slice(last, is_thick=False)
        if not is_seen[0] or _differ(first[0], last[0], space.axis):
            continue
        places = space.in_frame(corners[:, -2:])
        outlines.append(ellipse(places) if kind == "ellipse" else places)
        times.append(first[0])
        rows.append(row)
        are_closed.append(kind not in ("path", "line"))
    chosen = np.array(rows, np.intp)
    return Shapes.of(
        look,
        outlines,
        t=space.frames(np.array(times).reshape(-1, layer.ndim)),
        are_closed=np.array(are_closed, bool),
        faces=_rgba(layer.face_color)[chosen],
        edges=_rgba(layer.edge_color)[chosen],
        edge_widths=np.asarray(layer.edge_width, np.float64)[chosen] * space.length,
        span=space.span(is_thick=False),
        texts=_texts(layer, chosen, space),
        frames=length,
    )


def _differ(first: NDArray[Any], last: NDArray[Any], axis: int | None) -> bool:
    return axis is not None and bool(first[axis] != last[axis])


def _vectors(layer: shown.Vectors, look: Look, space: _Space, length: int) -> Drawing:
    data = np.asarray(layer.data, np.float64).reshape(-1, 2, layer.ndim)
    mode = str(layer.projection_mode)
    is_thick = mode != "none"
    rows = np.flatnonzero(space.in_slice(data[:, 0], is_thick=is_thick))
    starts, ways = data[rows, 0], data[rows, 1]
    return Vectors(
        look,
        space.in_frame(starts[:, -2:]),
        space.in_frame(starts[:, -2:] + float(layer.length) * ways[:, -2:]),
        space.frames(starts),
        colours=_rgba(layer.edge_color)[rows],
        width=float(layer.edge_width) * space.length,
        style=str(layer.vector_style),
        span=space.span(is_thick=is_thick),
        fades=mode == "fade",
        frames=length,  # type: ignore[arg-type]
    )


def _labels(layer: shown.Labels, look: Look, space: _Space, length: int) -> Drawing:
    data = layer.data[0] if layer.multiscale else layer.data
    index: list[Any] = [slice(None)] * layer.ndim
    for axis, (middle, _, _) in space.others.items():
        place = round(middle)
        if not 0 <= place < data.shape[axis]:
            raise SourceError("which has nothing where the sliders stand")
        index[axis] = place
    images = stack_of_array(as_array(data)[tuple(index)], layer.name).frames
    steps = np.zeros(length, int)
    if space.axis is not None:
        steps = np.rint((np.arange(length) - space.first) / space.step).astype(int)
        if steps.min() < 0 or steps.max() >= len(images):
            raise SourceError(f"which has {len(images)} images where there are {length} frames")
    to_labels = np.linalg.inv(space.plane)[:2]
    colormap = layer.colormap
    background = int(getattr(colormap, "background_value", 0) or 0)
    return Labels(
        look,
        images.select(steps.tolist()),
        _label_colours(colormap, background),
        contour=float(layer.contour),
        only=int(layer.selected_label) if layer.show_selected_label else None,
        place=tuple(to_labels.ravel().tolist()),
    )


def _label_colours(colormap: Any, background: int) -> LabelColours:
    table = getattr(colormap, "color_dict", None)
    if table is None:
        return LabelColours(_rgba(colormap.colors)[1:], background=background)
    given = sorted(int(label) for label in table if label is not None)
    own = _rgba([np.asarray(table[label], np.float64) for label in given])
    default = table.get(None)
    cycle = np.zeros((1, 4), np.uint8) if default is None else _rgba(default)
    return LabelColours(cycle, np.array(given, np.int64), own, background)


_KINDS: dict[type[Layer], Callable[[Any, Look, _Space, int], Drawing]] = {
    shown.Labels: _labels,
    shown.Points: _points,
    shown.Shapes: _shapes,
    shown.Tracks: _tracks,
    shown.Vectors: _vectors,
}


def is_drawn(layer: Layer) -> bool:
    """Whether a layer is drawn onto the frames of images."""
    return isinstance(layer, (*_KINDS,))
