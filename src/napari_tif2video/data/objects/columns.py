"""Which column of a file, or of an array, holds which part of the places of objects."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import SourceError
from .positions import MAX_NUMBER, UNNAMED, Floats, Positions
from .table import Table, file_digest, read_table
from .trackmate import read_trackmate

# What columns are called, in lower case with "_" between words: the first that is there counts.
_NAMES = {
    "ids": "track_id trackid track trajectory_id trajectory traj particle_id particle id label",
    "t": "frame t frame_id frame_idx frame_index frame_number time_point timepoint time_index time",
    "y": "position_y y y_px pos_y centroid_y y_centroid y_coord y_position row",
    "x": "position_x x x_px pos_x centroid_x x_centroid x_coord x_position column col",
    "z": "position_z z z_px pos_z centroid_z z_centroid z_coord z_position",
    "parents": "parent_track_id parent_id parent",
}
# The orders of axes in files whose columns only count them: napari and scikit-image.
_COUNTED = ("axis_{}", "centroid_{}", "{}")
_AXES = {2: "yx", 3: "tyx", 4: "tzyx"}


def read_tracks(path: str | os.PathLike[str]) -> Positions:
    """Tracks from a file of columns, or from TrackMate's XML.

    Raises
    ------
    SourceError
        It cannot be read, or holds no tracks.
    """
    file = Path(path)
    if _is_xml(file):
        return read_trackmate(file)
    if file.stem.lower() in ("man_track", "res_track"):
        raise SourceError(
            f"{file}: says when tracks begin and end, but not where they are; the label images "
            "beside it do, draw them with segmentation"
        )

    def choose(names: tuple[str, ...], count: int) -> Mapping[str, int]:
        if not names:
            if count not in (4, 5):
                raise SourceError(
                    f"{file}: has {count} columns and no header; expected track, t, y, x or "
                    "track, t, z, y, x as in napari, or a header with such names"
                )
            return {role: place for place, role in enumerate(("ids", *_AXES[count - 1]))}
        found = _places(names)
        _require(file, names, found, ("ids", "t", "y", "x"), "tracks")
        return found

    return _of_table(file, choose)


def read_points(path: str | os.PathLike[str]) -> Positions:
    """Points from a file of columns, as napari saves them or with names of columns.

    Raises
    ------
    SourceError
        It cannot be read, or holds no points.
    """
    file = Path(path)
    if _is_xml(file):
        raise SourceError(f"{file}: is XML; points are read from CSV, and TrackMate's with tracks")

    def choose(names: tuple[str, ...], count: int) -> Mapping[str, int]:
        if not names:
            if count not in _AXES:
                raise SourceError(
                    f"{file}: has {count} columns and no header; expected y, x or t, y, x or "
                    "t, z, y, x as in napari, or a header with such names"
                )
            return {role: place for place, role in enumerate(_AXES[count])}
        if "vertex_index" in names:
            raise SourceError(f"{file}: holds shapes, not points; draw it with shapes")
        found = _places(names)
        _require(file, names, found, ("y", "x"), "points")
        return {role: place for role, place in found.items() if role in "tzyx"}

    return _of_table(file, choose)


def _is_xml(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")
    except OSError as exc:
        raise SourceError(f"{path}: cannot be opened ({exc.strerror or exc})") from exc


def _places(names: Sequence[str]) -> dict[str, int]:
    """The column of each role that is there."""
    found = {
        role: place
        for role, known in _NAMES.items()
        if (place := next((names.index(n) for n in known.split() if n in names), None)) is not None
    }
    if not found.keys() >= {"y", "x"}:
        for pattern in _COUNTED:
            columns = [pattern.format(n) for n in range(5)]
            counted = [names.index(name) for name in columns if name in names]
            if len(counted) in (2, 3, 4, 5):
                return found | _counted(counted, pattern, "t" in found)
    return found


def _counted(places: Sequence[int], pattern: str, has_t: bool) -> dict[str, int]:
    roles: tuple[str, ...]
    if pattern == "{}":  # a table of nothing but the array that napari takes
        roles = ("ids", *_AXES[len(places) - 1]) if len(places) > 3 else tuple(_AXES[len(places)])
    elif len(places) == 3 and (has_t or pattern == "centroid_{}"):
        roles = ("z", "y", "x")
    else:
        roles = tuple(_AXES.get(len(places), ""))
    return dict(zip(roles, places, strict=False))


def _require(
    file: Path, names: Sequence[str], found: Mapping[str, int], roles: Sequence[str], what: str
) -> None:
    words = {"ids": "track_id", "t": "frame"}
    missing = [words.get(role, role) for role in roles if role not in found]
    if missing:
        few = ", ".join(name or "(empty)" for name in names[:12])
        raise SourceError(
            f"{file}: has no column {', '.join(missing)} as {what} need it; its columns are {few}"
            f"{', …' if len(names) > 12 else ''}"
        )


def _of_table(file: Path, choose: Any) -> Positions:
    chosen: dict[str, int] = {}

    def remember(names: tuple[str, ...], count: int) -> Mapping[str, int]:
        chosen.update(choose(names, count))
        return chosen

    table = read_table(file, remember)
    numbers = table.numbers
    if not table.rows:
        raise SourceError(f"{file}: holds no rows but its header")
    notes = () if table.names or "ids" not in chosen else (_headerless(file, chosen),)
    return Positions(
        numbers["y"],
        numbers["x"],
        numbers.get("t"),
        numbers.get("z"),
        numbers.get("ids"),
        links=_links(numbers.get("ids"), numbers.get("parents")),
        unit=_unit(table, chosen),
        file=file.name,
        digest=file_digest(file),
        notes=notes,
    )


def _headerless(file: Path, chosen: Mapping[str, int]) -> str:
    names = ", ".join("track" if role == "ids" else role for role in chosen)
    return f"{file.name} has no header; its columns are taken as {names}, as in napari"


def _unit(table: Table, chosen: Mapping[str, int]) -> str:
    """That of the positions; empty for pixels."""
    found = table.unit(chosen, "x").strip().lower()
    if found in ("px", "pixel", "pixels", "pix", "voxel", "voxels"):
        return ""
    if found:
        return found
    # TrackMate writes positions in the unit of the image, and until version 7 without a word.
    is_trackmate = bool(table.names) and table.names[chosen["x"]] == "position_x"
    return UNNAMED if is_trackmate and "quality" in table.names else ""


def _links(ids: Floats | None, parents: Floats | None) -> NDArray[np.int64]:
    """Pairs of parent and child from columns, where both are tracks of the file."""
    if ids is None or parents is None:
        return np.empty((0, 2), np.int64)
    known = (np.abs(ids) <= MAX_NUMBER) & (np.abs(parents) <= MAX_NUMBER) & (ids != parents)
    pairs = np.unique(np.stack([parents[known], ids[known]], axis=1), axis=0)
    pairs = pairs[np.isin(pairs[:, 0], ids)]
    return pairs.astype(np.int64)


def tracks_of_array(tracks: Any) -> Positions:
    """Tracks from an array (N, 4) or (N, 5) of track, t, [z,] y, x, as napari's layer has them."""
    array = _array(tracks, "tracks", (4, 5), "track, t, y, x or track, t, z, y, x")
    return Positions(**dict(zip(("ids", *_AXES[array.shape[1] - 1]), array.T, strict=True)))


def points_of_array(points: Any) -> Positions:
    """Points from an array (N, 2), (N, 3) or (N, 4) of [t, [z,]] y, x, as napari's layer has
    them."""
    array = _array(points, "points", tuple(_AXES), "y, x or t, y, x or t, z, y, x")
    return Positions(**dict(zip(_AXES[array.shape[1]], array.T, strict=True)))


def _array(values: Any, name: str, widths: Sequence[int], columns: str) -> Floats:
    try:
        array = np.array(values, np.float64)
    except (TypeError, ValueError, OverflowError) as exc:
        raise SourceError(f"{name}: expected an array of numbers or a path ({exc})") from exc
    if array.ndim != 2 or array.shape[1] not in widths:
        raise SourceError(
            f"{name}: expected an array with the columns {columns}, got one of the shape "
            f"{array.shape}"
        )
    return array
