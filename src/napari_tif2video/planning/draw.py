"""What is drawn at places of the data: label images, tracks, points and shapes, from files and
arrays. Whatever of them cannot be drawn is counted."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import (
    MAX_NUMBER,
    UNNAMED,
    Calibration,
    LabelFrames,
    Outline,
    Outlines,
    Positions,
    Stack,
    open_stack,
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
from ..geometry import View
from ..overlays import Drawing, Look
from ..paths import expanded
from ..settings import DEFAULT_POINTS_SIZE, DEFAULT_TAIL, DRAWN_FILES, VideoSettings
from ..units import counted, length_um
from .choose import choose

Bools = NDArray[np.bool_]

# In pixels of the video: what is thinner or smaller is not seen.
_LINE_PX, _LEAST_POINT_PX = 2.0, 5.0
# Opacity of filled objects, as napari's labels have it.
_FILL = 0.7
# ImageJ's colour of regions.
_SHAPE_COLOUR = (255, 255, 0, 255)
# Of a point, the share of its border, as napari's have it; and its colour.
_BORDER, _BORDER_COLOUR = 0.05, (105, 105, 105, 255)
# Times are frames: so much of one can come from rounding.
_WHOLE = 1e-3


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
    """

    kind: str
    file: str
    objects: int
    left_out: int = 0
    sha256: str = ""
    path: Path | None = field(default=None, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values, without its path."""
        names = ("kind", "file", "objects", "left_out", "sha256")
        return {name: value for name in names if (value := getattr(self, name)) != ""}

    def __str__(self) -> str:
        noun = "label image" if self.kind in ("labels", "segmentation") else self.kind[:-1]
        less = f" ({self.left_out} left out)" if self.left_out else ""
        return f"{counted(self.objects, noun)} of {self.file or 'an array'}{less}"


@dataclass(frozen=True)
class Ground:
    """The frames that are drawn onto.

    Attributes
    ----------
    size : (int, int)
        Height and width of each.
    length : int
        How many the source has.
    indices : range
        Which of them are shown.
    view : View
    calibration : Calibration
    slice : int, optional
        The one that is shown, where the source has several.
    name : str
        Of the source.
    """

    size: tuple[int, int]
    length: int
    indices: range
    view: View
    calibration: Calibration
    slice: int | None
    name: str


def draw(
    stack: Stack, settings: VideoSettings, arrays: Mapping[str, Any], ground: Ground
) -> tuple[Stack, tuple[Drawn, ...]]:
    """The stack with what is drawn onto its frames, and what that is.

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
    brought = [_brought(drawing) for drawing in stack.drawings]
    drawings: list[Drawing] = []
    drawn: list[Drawn] = []
    notes: list[str] = []
    for kind in DRAWN_FILES:
        given = arrays.get(kind, getattr(settings, kind))
        if given is None:
            continue
        try:
            drawing, what, said = _DRAW[kind](given, settings, ground)
        except SourceError as exc:
            raise SourceError(f"{kind}: {exc}") from exc
        drawings.append(drawing)
        drawn.append(what)
        notes += said
    for name, kind in _STYLES.items():
        is_drawn = any(what.kind == kind for what in drawn)
        if not is_drawn and getattr(settings, name) not in (None, False):
            raise SourceError(f"{name}: there are no {kind} to draw; give --{kind} too")
    if drawings:
        stack = replace(stack, drawings=(*stack.drawings, *drawings), notes=(*stack.notes, *notes))
    return stack, (*brought, *drawn)


def _brought(drawing: Drawing) -> Drawn:
    """What of a layer is drawn that came with the stack."""
    # What is in label images is not known without reading them.
    objects = len(drawing.images) if isinstance(drawing, Labels) else drawing.count or 0
    return Drawn(drawing.kind, drawing.look.source or drawing.look.name, objects)


# Which settings need something to draw.
_STYLES = {
    "segmentation_style": "segmentation",
    "tracks_tail": "tracks",
    "tracks_ids": "tracks",
    "points_size": "points",
}

Made = tuple[Drawing, Drawn, list[str]]


def path_of(given: Any, ground: Ground) -> Path | None:
    """The file that is meant; None for an array."""
    if not isinstance(given, (str, os.PathLike)):
        return None
    text = os.fspath(given).replace("{name}", ground.name)
    return Path(os.path.abspath(expanded(text, "its path")))


def read_once(read: Any, path: Path) -> Any:
    """What is in a file; read once as long as it stays as it is."""
    try:
        found = path.stat()
    except OSError as exc:
        raise SourceError(f"{path}: cannot be opened ({exc.strerror or exc})") from exc
    if path.is_dir():
        raise SourceError(f"{path}: is a folder; name a file")
    return _read_at(read, path, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=4)
def _read_at(read: Any, path: Path, size: int, changed_ns: int) -> Any:
    return read(path)


# --- positions ------------------------------------------------------------------------------


class Sieve:
    """Lets rows through as long as they can be drawn, and counts the others."""

    def __init__(self, rows: int, noun: str, done: str) -> None:
        self.rows, self.noun, self.done = rows, noun, done
        self.kept: NDArray[np.intp] = np.arange(rows)
        self.reasons: list[str] = []
        self.notes: list[str] = []

    def keep(self, can_be_drawn: Bools, why: str) -> None:
        """Leave out those of the kept rows that cannot be drawn."""
        lost = len(self.kept) - int(can_be_drawn.sum())
        if lost:
            self.reasons.append(f"{lost} of {self.rows} {self.noun}s {why}")
            self.notes.append(f"{self.reasons[-1]}, and not {self.done}")
            self.kept = self.kept[can_be_drawn]

    @property
    def left_out(self) -> int:
        return self.rows - len(self.kept)


def sifted(
    found: Positions, ground: Ground, noun: str, where: str, done: str = "drawn"
) -> tuple[Positions, Sieve]:
    """The positions that can be drawn, or whatever is done with them, in pixels."""
    found = in_pixels(found, ground.calibration, where)
    sieve = Sieve(len(found), noun, done)
    known = np.isfinite(found.y) & np.isfinite(found.x)
    if found.t is not None:
        known &= np.isfinite(found.t)
    sieve.keep(known, "have no place" if found.t is None else "have no place or time")
    if found.ids is not None:
        sieve.keep(np.isfinite(found.ids[sieve.kept]), "belong to no track")
    if found.t is not None:
        found = _from_zero(found, sieve, ground.length, where)
        assert found.t is not None
        t = found.t[sieve.kept]
        sieve.keep(
            (t > -0.5) & (t < ground.length - 0.5),
            f"are beyond the {counted(ground.length, 'frame')}",
        )
    if ground.slice is not None and found.z is not None:
        z = found.z[sieve.kept]
        sieve.keep(np.rint(z) == ground.slice, f"are in other slices than {ground.slice}")
    _keep_near(found, sieve, ground, where)
    if found.size is not None and found.size != ground.size:
        (height, width), (rows, columns) = found.size, ground.size
        sieve.notes.append(
            f"{where} was made of images of {width}x{height} pixels, and these are {columns}x{rows}"
        )
    if not len(sieve.kept):
        raise SourceError(f"{where}: nothing of it can be {done}: {'; '.join(sieve.reasons)}")
    return _only(found, sieve.kept), sieve


def _only(found: Positions, rows: NDArray[np.intp]) -> Positions:
    columns = {
        name: values[rows]
        for name in ("y", "x", "t", "z", "ids", "kin")
        if (values := getattr(found, name)) is not None
    }
    return replace(found, **columns)


def in_pixels(found: Positions, calibration: Calibration, where: str) -> Positions:
    """The positions by the pixel size of the source, where the file has none of its own."""
    if not found.unit:
        return found
    is_named = found.unit != UNNAMED
    unit_um = length_um(1, found.unit) if is_named else 1.0
    if unit_um is None:
        raise SourceError(f"{where}: has positions in {found.unit[:20]!r}, which is no length")
    pixel_um, origin = calibration.pixel_size_um, calibration.pixel_size_origin
    if pixel_um is None:
        if is_named:
            raise SourceError(
                f"{where}: has positions in {found.unit}, and the source does not tell its pixel "
                "size; give pixel_size"
            )
        note = f"{where} does not say in which unit its positions are; they are taken as pixels"
        return replace(found, unit="", notes=(*found.notes, note))
    unit = found.unit if is_named else "µm, as TrackMate writes them where it knows the pixel size"
    note = (
        f"positions of {where} are in {unit}, and made pixels by {pixel_um:.6g} µm a pixel "
        f"({origin})"
    )
    factor = unit_um / pixel_um
    z, spacing = found.z, calibration.z_spacing_um
    if z is not None and spacing:
        z = z * (unit_um / spacing)
    return replace(
        found, y=found.y * factor, x=found.x * factor, z=z, unit="", notes=(*found.notes, note)
    )


def _from_zero(found: Positions, sieve: Sieve, length: int, where: str) -> Positions:
    """The positions with frames from 0, where it is clear that the file counts from 1."""
    assert found.t is not None
    t = found.t[sieve.kept]
    if len(t) and length > 1 and t.min() == 1 and t.max() == length:
        sieve.notes.append(
            f"frames of {where} are 1 to {length} and taken to count from 1, as the source has "
            f"0 to {length - 1}"
        )
        return replace(found, t=found.t - 1)
    return found


def _keep_near(found: Positions, sieve: Sieve, ground: Ground, where: str) -> None:
    """Count what is outside the frames; lines lead to it, unless it is far away."""
    height, width = ground.size
    y, x = found.y[sieve.kept], found.x[sieve.kept]
    inside = (y >= -0.5) & (y < height - 0.5) & (x >= -0.5) & (x < width - 0.5)
    if len(y) and not inside.any():
        raise SourceError(
            f"{where}: none of its {len(y)} positions is inside the frames of {width}x{height} "
            f"pixels; they reach from {x.min():.4g}, {y.min():.4g} to {x.max():.4g}, "
            f"{y.max():.4g} (x, y), and have to be in pixels"
        )
    outside = int((~inside).sum())
    if outside:
        sieve.notes.append(f"{outside} of {sieve.rows} {sieve.noun}s are outside the frames")
        sieve.kept = sieve.kept[(y > -height) & (y < 2 * height) & (x > -width) & (x < 2 * width)]


def _prefixed(where: str, notes: Sequence[str]) -> list[str]:
    return [note if where in note else f"{where}: {note}" for note in notes]


def _tracks(given: Any, settings: VideoSettings, ground: Ground) -> Made:
    path = path_of(given, ground)
    found: Positions = tracks_of_array(given) if path is None else read_once(read_tracks, path)
    where = found.file or "the array"
    count = len(np.unique(found.ids[np.isfinite(found.ids)])) if found.ids is not None else 0
    found, sieve = sifted(found, ground, "position", where)
    assert found.ids is not None
    assert found.t is not None
    for name, values in (("track", found.ids), ("frame", found.t)):
        wrong = (np.abs(values - np.rint(values)) > _WHOLE) | (np.abs(values) > MAX_NUMBER)
        if wrong.any():
            raise SourceError(
                f"{where}: has the {name} {values[wrong][0]:g}; the numbers of {name}s are whole"
            )
    _, first = np.unique(
        np.stack([np.rint(found.ids), np.rint(found.t)]), axis=1, return_index=True
    )
    first.sort()
    twice = len(found) - len(first)
    if twice:
        sieve.notes.append(
            f"{twice} of {sieve.rows} {sieve.noun}s belong to a track that has one in that "
            "frame already, and are not drawn"
        )
        found = _only(found, first)
    assert found.ids is not None
    assert found.t is not None
    ids = np.rint(found.ids).astype(np.int64)
    kin = ids if found.kin is None else found.kin.astype(np.int64)
    drawing = Tracks(
        Look(found.file or "tracks", found.file),
        ids,
        np.rint(found.t),
        found.y,
        found.x,
        colours=line_colours(kin),
        width_px=_LINE_PX,
        tail=DEFAULT_TAIL if settings.tracks_tail is None else settings.tracks_tail,
        shows_ids=settings.tracks_ids,
        frames=np.asarray(ground.indices),
    ).linked(found.links.tolist())
    what = Drawn("tracks", found.file, count, sieve.left_out + twice, found.digest, path)
    return drawing, what, [*found.notes, *_prefixed(where, sieve.notes)]


def _points(given: Any, settings: VideoSettings, ground: Ground) -> Made:
    path = path_of(given, ground)
    found: Positions = points_of_array(given) if path is None else read_once(read_points, path)
    where = found.file or "the array"
    count = len(found)
    found, sieve = sifted(found, ground, "point", where)
    least = _LEAST_POINT_PX / min(ground.view.magnification)
    size = settings.points_size or max(DEFAULT_POINTS_SIZE, least)
    drawing = Points(
        Look(found.file or "points", found.file),
        found.y,
        found.x,
        found.t,
        sizes=np.array(size),
        borders=np.array(_BORDER_COLOUR, np.uint8),
        border_widths=np.array(_BORDER * size),
        frames=np.asarray(ground.indices),
    )
    what = Drawn("points", found.file, count, sieve.left_out, found.digest, path)
    return drawing, what, [*found.notes, *_prefixed(where, sieve.notes)]


# --- shapes ---------------------------------------------------------------------------------


def _shapes(given: Any, settings: VideoSettings, ground: Ground) -> Made:
    path = path_of(given, ground)
    found: Outlines = outlines_of(given) if path is None else read_once(read_shapes, path)
    where = found.file or "the list"
    shapes = found.shapes
    sieve = Sieve(len(shapes), "shape", "drawn")
    centres = [_centre(shape) for shape in shapes]
    y, x, t, z = (np.array([centre.get(axis, np.nan) for centre in centres]) for axis in "yxtz")
    is_timed = any(shape.vertices.shape[1] > 2 for shape in shapes)
    known = np.isfinite(y) & np.isfinite(x)
    sieve.keep(known & np.isfinite(t) if is_timed else known, "have vertices without a place")
    if is_timed:
        shown = t[sieve.kept]
        sieve.keep(
            (shown > -0.5) & (shown < ground.length - 0.5),
            f"are beyond the {counted(ground.length, 'frame')}",
        )
    if ground.slice is not None and np.isfinite(z).any():
        is_shown = np.rint(z[sieve.kept]) == ground.slice
        sieve.keep(is_shown, f"are in other slices than {ground.slice}")
    if not len(sieve.kept):
        reasons = "; ".join(sieve.reasons) or "it is empty"
        raise SourceError(f"{where}: nothing of it can be drawn: {reasons}")
    kept = [shapes[row] for row in sieve.kept]
    _check_near(kept, ground, where)
    drawing = Shapes.of(
        Look(found.file or "shapes", found.file),
        [ellipse(s.vertices[:, -2:]) if s.type == "ellipse" else s.vertices[:, -2:] for s in kept],
        t=t[sieve.kept] if is_timed else None,
        are_closed=np.array([shape.type not in ("path", "line") for shape in kept]),
        edges=np.array(_SHAPE_COLOUR, np.uint8),
        edge_widths=np.array(_LINE_PX / min(ground.view.magnification)),
        frames=np.asarray(ground.indices),
    )
    what = Drawn("shapes", found.file, len(shapes), sieve.left_out, found.digest, path)
    return drawing, what, _prefixed(where, sieve.notes)


def _centre(shape: Outline) -> dict[str, float]:
    """The mean of its vertices by the axis."""
    axes = "tzyx"[-shape.vertices.shape[1] :] if shape.vertices.shape[1] != 3 else "tyx"
    return dict(zip(axes, shape.vertices.mean(axis=0).tolist(), strict=True))


def _check_near(shapes: Sequence[Outline], ground: Ground, where: str) -> None:
    height, width = ground.size
    corners = np.concatenate([shape.vertices[:, -2:] for shape in shapes])
    low, high = corners.min(axis=0), corners.max(axis=0)
    if (high < -0.5).any() or low[0] > height - 0.5 or low[1] > width - 0.5:
        raise SourceError(
            f"{where}: its shapes reach from {low[1]:.4g}, {low[0]:.4g} to {high[1]:.4g}, "
            f"{high[0]:.4g} (x, y), outside the frames of {width}x{height} pixels"
        )


# --- label images ---------------------------------------------------------------------------


def _segmentation(given: Any, settings: VideoSettings, ground: Ground) -> Made:
    path = path_of(given, ground)
    stack = opened_labels(given, path)
    name = "" if path is None else path.name
    where = name or "the array"
    chosen, notes = chosen_labels(stack, settings, where)
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
    shown, said = _rows_for(len(frames), ground, where)
    fills = settings.segmentation_style != "contour"
    palette = PALETTE if fills else LINE_PALETTE
    outline = 0.0 if fills else _LINE_PX / max(ground.view.magnification)
    look = Look(name or "segmentation", name, opacity=_FILL if fills else 1.0)
    drawing = Labels(look, frames.select(shown), LabelColours(palette), contour=outline)
    return drawing, Drawn("segmentation", name, len(frames), path=path), [*notes, *said]


def opened_labels(given: Any, path: Path | None) -> Stack:
    if path is None:
        return open_stack(np.asarray(given) if isinstance(given, list) else given)
    if not path.exists() and glob.has_magic(path.name) and path.parent.is_dir():
        return open_stack(path.parent, match=path.name)
    return open_stack(path)


def chosen_labels(stack: Stack, settings: VideoSettings, where: str) -> tuple[Stack, list[str]]:
    """The part of label images that belongs to the part of the data that is shown, and notes."""
    sizes = dict(stack.sizes)
    if sizes.get("C", 1) > 1 and len(sizes) > 1:
        raise SourceError(
            f"{where}: has {sizes['C']} channels; label images have one, save it by itself"
        )
    play = settings.play if settings.play in sizes else None
    position = settings.position if "P" in sizes else None
    z: int | str | None = None
    notes: list[str] = []
    if sizes.get("Z", 1) > 1 and len(sizes) > 1 and play != "Z":
        z = settings.z if isinstance(settings.z, int) else "max"
        if z == "max":  # the mean of two numbers would be that of a third object
            notes = [
                f"of objects in {where} that lie above each other, the largest number is drawn"
            ]
    return choose(stack, VideoSettings(position=position, z=z, play=play)), notes


def _rows_for(images: int, ground: Ground, where: str) -> tuple[list[int], list[str]]:
    """Which label image belongs to each frame that is shown."""
    shown = len(ground.indices)
    if images == ground.length:
        return list(ground.indices), []
    if images == 1:
        return [0] * shown, [f"the one label image of {where} is drawn onto all frames"]
    if images == shown:
        return list(range(shown)), [
            f"the {images} label images of {where} are taken for the {shown} frames that are shown"
        ]
    raise SourceError(
        f"{where}: has {images} label images, and the source {ground.length} frames; there has to "
        "be one for each, or one for all"
    )


_DRAW = {
    "segmentation": _segmentation,
    "shapes": _shapes,
    "tracks": _tracks,
    "points": _points,
}
