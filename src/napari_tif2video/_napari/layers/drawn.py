"""Layers of labels, points, shapes, tracks and vectors as drawings, as napari shows them. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from .layer import as_array, blending_of
from .region import Merge
from .space import Space

_PX_PER_PT = 96 / 72  # as napari's canvas counts


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
            blending_of(layer),
            len(below),
        )
        try:
            made.append(convert(layer, look, Space.of(viewer, layer, merged, play), length))
        except SourceError as exc:
            notes.append(f"left out: {layer.name}, {exc}")
    return tuple(made), notes


def _rgba(colours: Any) -> NDArray[np.uint8]:
    values = np.asarray(colours, np.float64).reshape(-1, 4)
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)


def _points(layer: shown.Points, look: Look, space: Space, length: int) -> Drawing:
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


def _texts(layer: Layer, rows: NDArray[np.intp], space: Space) -> Texts | None:
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


def _tracks(layer: shown.Tracks, look: Look, space: Space, length: int) -> Drawing:
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


def _shapes(layer: shown.Shapes, look: Look, space: Space, length: int) -> Drawing:
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


def _vectors(layer: shown.Vectors, look: Look, space: Space, length: int) -> Drawing:
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


def _labels(layer: shown.Labels, look: Look, space: Space, length: int) -> Drawing:
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


_KINDS: dict[type[Layer], Callable[[Any, Look, Space, int], Drawing]] = {
    shown.Labels: _labels,
    shown.Points: _points,
    shown.Shapes: _shapes,
    shown.Tracks: _tracks,
    shown.Vectors: _vectors,
}


def is_drawn(layer: Layer) -> bool:
    """Whether a layer is drawn onto the frames of images."""
    return isinstance(layer, (*_KINDS,))
