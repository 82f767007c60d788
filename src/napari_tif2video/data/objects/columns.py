"""Which column of a file, or of an array, holds which part of the places of objects."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
_AXES = {2: ("y", "x"), 3: ("t", "y", "x"), 4: ("t", "z", "y", "x")}


@dataclass(frozen=True)
class _Kind:
    """What is read of a table or an array.

    Attributes
    ----------
    name : str
    orders : mapping
        By their number, what the columns are that have no names.
    needs : tuple of str
        The columns without which there are none.
    takes : frozenset of str
        Those that are read where they are there.
    """

    name: str
    orders: Mapping[int, Sequence[str]]
    needs: Sequence[str]
    takes: frozenset[str]

    @property
    def orders_text(self) -> str:
        return " or ".join(map(_listed, self.orders.values()))


_POINTS = _Kind("points", _AXES, ("y", "x"), frozenset("tzyx"))
_TRACKS = _Kind(
    "tracks",
    {count + 1: ("ids", *axes) for count, axes in _AXES.items() if "t" in axes},
    ("ids", "t", "y", "x"),
    frozenset(_NAMES),
)


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
    return _of_table(file, _TRACKS)


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
    return _of_table(file, _POINTS)


def tracks_of_array(tracks: Any) -> Positions:
    """Tracks from an array (N, 4) or (N, 5) of track, t, [z,] y, x, as napari's layer has them."""
    return _of_array(tracks, _TRACKS)


def points_of_array(points: Any) -> Positions:
    """Points from an array (N, 2), (N, 3) or (N, 4) of [t, [z,]] y, x, as napari's layer has
    them."""
    return _of_array(points, _POINTS)


def _is_xml(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")
    except OSError:
        return False  # whoever reads it says why


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
        orders = _TRACKS.orders if len(places) > 3 else _POINTS.orders
        roles = tuple(orders[len(places)])
    elif len(places) == 3 and (has_t or pattern == "centroid_{}"):
        roles = ("z", "y", "x")
    else:
        roles = _AXES.get(len(places), ())
    return dict(zip(roles, places, strict=False))


def _chosen(file: Path, kind: _Kind, names: tuple[str, ...], count: int) -> dict[str, int]:
    """The column of each role, by the names of all columns, or where there are none, by number."""
    if not names:
        if count not in kind.orders:
            raise SourceError(
                f"{file}: has {count} columns and no header; expected {kind.orders_text} as in "
                "napari, or a header with such names"
            )
        return {role: place for place, role in enumerate(kind.orders[count])}
    if "vertex_index" in names:
        raise SourceError(f"{file}: holds shapes, not {kind.name}; draw it with shapes")
    found = {role: place for role, place in _places(names).items() if role in kind.takes}
    words = {"ids": "track_id", "t": "frame"}
    missing = [words.get(role, role) for role in kind.needs if role not in found]
    if missing:
        few = ", ".join(name or "(empty)" for name in names[:12])
        raise SourceError(
            f"{file}: has no column {', '.join(missing)} as {kind.name} need it; its columns are "
            f"{few}{', …' if len(names) > 12 else ''}"
        )
    return found


def _of_table(file: Path, kind: _Kind) -> Positions:
    chosen: dict[str, int] = {}

    def remember(names: tuple[str, ...], count: int) -> Mapping[str, int]:
        chosen.update(_chosen(file, kind, names, count))
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
    return f"{file.name} has no header; its columns are taken as {_listed(chosen)}, as in napari"


def _listed(roles: Iterable[str]) -> str:
    return ", ".join("track" if role == "ids" else role for role in roles)


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


def _of_array(values: Any, kind: _Kind) -> Positions:
    try:
        array = np.array(values, np.float64)
    except (TypeError, ValueError, OverflowError) as exc:
        raise SourceError(f"{kind.name}: expected an array of numbers or a path ({exc})") from exc
    if array.ndim != 2 or array.shape[1] not in kind.orders:
        raise SourceError(
            f"{kind.name}: expected an array with the columns {kind.orders_text}, got one of the "
            f"shape {array.shape}"
        )
    return Positions(**dict(zip(kind.orders[array.shape[1]], array.T, strict=True)))
