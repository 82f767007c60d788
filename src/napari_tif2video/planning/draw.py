"""What is drawn at places of the data, made of files, of arrays, and of what came with a stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..data import (
    LabelFrames,
    Stack,
    outlines_of,
    points_of_array,
    read_points,
    read_shapes,
    read_tracks,
    tracks_of_array,
)
from ..drawings import (
    LINE_PALETTE,
    PALETTE,
    LabelColours,
    Labels,
    Points,
    Shapes,
    Tracks,
    ellipse,
    line_colours,
)
from ..errors import SourceError
from ..overlays import Drawing, Look
from ..settings import DEFAULT_POINTS_SIZE, DEFAULT_TAIL, SETTINGS, VideoSettings
from ..units import counted
from .objects import Ground, open_labels, path_of, read_once, sift, sift_shapes, sift_tracks

# In pixels of the video: what is thinner or smaller is not seen.
_LINE_PX, _LEAST_POINT_PX = 2.0, 5.0
# Opacity of filled objects, as napari's labels have it.
_FILL = 0.7
# ImageJ's colour of regions.
_SHAPE_COLOUR = (255, 255, 0, 255)
# Of a point, the share of its border, as napari's have it.
_BORDER = 0.05


@dataclass(frozen=True)
class Drawn:
    """What of a file or an array is drawn.

    Attributes
    ----------
    kind : str
        The setting that names it (segmentation, tracks, points or shapes), or the kind of layer
        (labels, points, shapes, tracks or vectors).
    file : str
        Base name of the file or folder, or name of the layer; empty for an array.
    objects : int
        How many tracks, points, shapes or label images it holds.
    left_out : int
        How many of its positions, points or shapes are not drawn; the notes say why.
    sha256 : str
        Of the file; empty for images and arrays.
    path : Path, optional
        The file or folder.
    noun : str
        What one of the objects is called.
    """

    kind: str
    file: str
    objects: int
    left_out: int = 0
    sha256: str = ""
    path: Path | None = field(default=None, compare=False)
    noun: str = field(default="object", compare=False)

    @property
    def is_of_images(self) -> bool:
        """Whether it may be in several files; what is in one alone has a digest."""
        return self.path is not None and not self.sha256

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values, without its path."""
        names = ("kind", "file", "objects", "left_out", "sha256")
        return {name: value for name in names if (value := getattr(self, name)) != ""}

    def __str__(self) -> str:
        less = f" ({self.left_out} left out)" if self.left_out else ""
        return f"{counted(self.objects, self.noun)} of {self.file or 'an array'}{less}"


def draw(
    stack: Stack, settings: VideoSettings, arrays: Mapping[str, Any], ground: Ground
) -> tuple[Stack, tuple[Drawn, ...]]:
    """The stack with what is drawn onto its frames, and what that is: one of each drawing.

    Parameters
    ----------
    arrays : mapping
        What is drawn instead of a file, by the name of the setting.

    Raises
    ------
    SourceError
        A file or array cannot be read, does not fit the frames, or nothing of it can be drawn.
    """
    if settings.raw and arrays:
        raise SourceError(f"raw: counts are written as they are; leave out {', '.join(arrays)}")
    if settings.raw and stack.drawings:
        names = ", ".join(drawing.look.name for drawing in stack.drawings)
        note = f"raw counts are written as they are, without {names}"
        stack = replace(stack, drawings=(), notes=(*stack.notes, note))
    brought = [
        Drawn(one.kind, one.look.source or one.look.name, one.count, noun=one.noun)
        for one in stack.drawings
    ]
    drawings: list[Drawing] = []
    drawn: list[Drawn] = []
    notes: list[str] = []
    for kind, make in _MAKERS.items():
        given = arrays.get(kind, getattr(settings, kind))
        if given is None:
            continue
        try:
            drawing, what, said = make(given, settings, ground)
        except SourceError as exc:
            raise SourceError(f"{kind}: {exc}") from exc
        drawings.append(drawing)
        drawn.append(replace(what, kind=kind, noun=drawing.noun))
        notes += said
    _require_drawn({what.kind for what in drawn}, settings)
    if drawings:
        stack = replace(stack, drawings=(*stack.drawings, *drawings), notes=(*stack.notes, *notes))
    return stack, (*brought, *drawn)


def _require_drawn(kinds: set[str], settings: VideoSettings) -> None:
    """Refuse to style what is not there."""
    for name, setting in SETTINGS.items():
        is_asked_for = setting.styles and getattr(settings, name) not in (None, False)
        if is_asked_for and setting.styles not in kinds:
            what = setting.styles
            raise SourceError(f"{name}: there are no {what} to draw; give --{what} too")


def _tracks(given: Any, settings: VideoSettings, ground: Ground) -> Made:
    path = path_of(given, ground)
    found = tracks_of_array(given) if path is None else read_once(read_tracks, path)
    where = found.file or "the array"
    count = 0 if found.ids is None else len(np.unique(found.ids[np.isfinite(found.ids)]))
    found, sieve = sift_tracks(found, ground, where)
    assert found.ids is not None
    assert found.t is not None
    ids = found.ids.astype(np.int64)
    kin = ids if found.kin is None else found.kin.astype(np.int64)
    drawing = Tracks(
        Look(found.file or "tracks", found.file),
        ids,
        found.t,
        found.y,
        found.x,
        colours=line_colours(kin),
        width_px=_LINE_PX,
        tail=DEFAULT_TAIL if settings.tracks_tail is None else settings.tracks_tail,
        shows_ids=settings.tracks_ids,
        frames=np.asarray(ground.indices),
    ).linked(found.links.tolist())
    what = Drawn("", found.file, count, sieve.left_out, found.digest, path)
    return drawing, what, [*found.notes, *_prefixed(where, sieve.notes)]


def _points(given: Any, settings: VideoSettings, ground: Ground) -> Made:
    path = path_of(given, ground)
    found = points_of_array(given) if path is None else read_once(read_points, path)
    where, count = found.file or "the array", len(found)
    found, sieve = sift(found, ground, "point", where)
    least = _LEAST_POINT_PX / min(ground.view.magnification)
    size = settings.points_size or max(DEFAULT_POINTS_SIZE, least)
    drawing = Points(
        Look(found.file or "points", found.file),
        found.y,
        found.x,
        found.t,
        sizes=np.array(size),
        border_widths=np.array(_BORDER * size),
        frames=np.asarray(ground.indices),
    )
    what = Drawn("", found.file, count, sieve.left_out, found.digest, path)
    return drawing, what, [*found.notes, *_prefixed(where, sieve.notes)]


def _shapes(given: Any, settings: VideoSettings, ground: Ground) -> Made:
    path = path_of(given, ground)
    found = outlines_of(given) if path is None else read_once(read_shapes, path)
    where = found.file or "the list"
    shapes, t, sieve = sift_shapes(found, ground, where)
    drawing = Shapes.of(
        Look(found.file or "shapes", found.file),
        [
            ellipse(shape.vertices[:, -2:]) if shape.type == "ellipse" else shape.vertices[:, -2:]
            for shape in shapes
        ],
        t=t,
        are_closed=np.array([shape.type not in ("path", "line") for shape in shapes]),
        edges=np.array(_SHAPE_COLOUR, np.uint8),
        edge_widths=np.array(_LINE_PX / min(ground.view.magnification)),
        frames=np.asarray(ground.indices),
    )
    what = Drawn("", found.file, len(found), sieve.left_out, found.digest, path)
    return drawing, what, _prefixed(where, sieve.notes)


def _labels(given: Any, settings: VideoSettings, ground: Ground) -> Made:
    path = path_of(given, ground)
    chosen, notes = open_labels(given, path, settings)
    name = "" if path is None else path.name
    where = name or "the array"
    if chosen.format.size != ground.size:
        (height, width), (rows, columns) = chosen.format.size, ground.size
        raise SourceError(
            f"{where}: has label images of {width}x{height} pixels where the frames are "
            f"{columns}x{rows}; they have to be of the same grid"
        )
    try:
        frames = LabelFrames(chosen.frames)
    except SourceError as exc:
        raise SourceError(f"{where}: {exc}") from None
    shown, said = _images_for(ground, len(frames), where)
    fills = settings.segmentation_style != "contour"
    palette = PALETTE if fills else LINE_PALETTE
    outline = 0.0 if fills else _LINE_PX / max(ground.view.magnification)
    look = Look(name or "segmentation", name, opacity=_FILL if fills else 1.0)
    drawing = Labels(look, frames.select(shown), LabelColours(palette), contour=outline)
    return drawing, Drawn("", name, len(frames), path=path), [*notes, *said]


def _images_for(ground: Ground, images: int, where: str) -> tuple[Sequence[int], list[str]]:
    """Which of so many label images belongs to each frame that is shown, and notes."""
    shown = len(ground.indices)
    if images == ground.length:
        return ground.indices, []
    if images == 1:
        return [0] * shown, [f"the one label image of {where} is drawn onto all frames"]
    if images == shown:
        return range(shown), [
            f"the {images} label images of {where} are taken for the {shown} frames that are shown"
        ]
    raise SourceError(
        f"{where}: has {images} label images, and the source {ground.length} frames; there has to "
        "be one for each, or one for all"
    )


def _prefixed(where: str, notes: Sequence[str]) -> list[str]:
    return [note if where in note else f"{where}: {note}" for note in notes]


#: A drawing, what it is of, and what to say about it.
Made = tuple[Drawing, Drawn, list[str]]

# What draws the file or array of each setting, from the bottom up.
_MAKERS: dict[str, Callable[[Any, VideoSettings, Ground], Made]] = {
    "segmentation": _labels,
    "shapes": _shapes,
    "tracks": _tracks,
    "points": _points,
}
