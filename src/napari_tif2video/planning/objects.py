"""Objects in files and arrays, as far as they belong to the frames of a source.

What is drawn or followed is read here: once as long as its files stay as they are, with places made
pixels, and with what does not belong to the frames left out and counted.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..data import (
    MAX_NUMBER,
    UNNAMED,
    Calibration,
    Floats,
    Outline,
    Outlines,
    Positions,
    Stack,
    open_finished,
    open_stack,
)
from ..errors import SourceError
from ..geometry import View
from ..paths import expanded
from ..settings import VideoSettings
from ..units import counted, length_um
from .choose import choose

# Times are frames: so much of one can come from rounding.
_WHOLE = 1e-3

_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Ground:
    """The frames that are drawn onto, or on which an object is followed.

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

    @classmethod
    def of(cls, stack: Stack, settings: VideoSettings, indices: range, view: View) -> Ground:
        """All frames of a source, of which the settings may choose a slice."""
        z = settings.z if isinstance(settings.z, int) else None
        return cls(
            stack.frames.format.size, len(stack), indices, view, stack.calibration, z, stack.name
        )


# --- reading --------------------------------------------------------------------------------


def path_of(given: Any, ground: Ground) -> Path | None:
    """The file that is meant; None for an array."""
    if not isinstance(given, (str, os.PathLike)):
        return None
    text = os.fspath(given).replace("{name}", ground.name)
    return Path(os.path.abspath(expanded(text, "its path")))


def state_of(path: Path) -> tuple[tuple[str, int, int], ...]:
    """What is another one as soon as a file changes, or one of a folder or a pattern does."""
    # Those of `os.path` say of a name that no file can have that there is none.
    if os.path.isdir(path):
        files = sorted(map(os.fspath, path.iterdir()))
    else:
        files = [os.fspath(path)] if os.path.exists(path) else sorted(glob.glob(os.fspath(path)))
    found = ((file, os.stat(file)) for file in files)
    return tuple((file, state.st_size, state.st_mtime_ns) for file, state in found)


def read_once(read: Callable[[Path], _Found], path: Path) -> _Found:
    """What is in a file; read once as long as it stays as it is."""
    if os.path.isdir(path):
        raise SourceError(f"{path}: is a folder; name a file")
    try:
        state = state_of(path)
    except OSError as exc:
        raise SourceError(f"{path}: cannot be opened ({exc.strerror or exc})") from exc
    found: _Found = _read_at(read, path, state)
    return found


@lru_cache(maxsize=4)
def _read_at(read: Any, path: Path, state: object) -> Any:
    return read(path)


def open_labels(given: Any, path: Path | None, settings: VideoSettings) -> tuple[Stack, list[str]]:
    """The part of label images that belongs to the part of the data that is shown, and notes."""
    stack = _opened(given, path)
    where = "the array" if path is None else path.name
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


def _opened(given: Any, path: Path | None) -> Stack:
    if path is None:
        return open_stack(np.asarray(given) if isinstance(given, list) else given)
    is_pattern = glob.has_magic(path.name) and not os.path.exists(path)
    if is_pattern and os.path.isdir(path.parent):
        return open_finished(path.parent, path.name)
    return open_finished(path)


# --- sifting --------------------------------------------------------------------------------


class Sieve:
    """Lets rows through as long as they can be drawn, and counts the others.

    Parameters
    ----------
    rows : int
        How many there are.
    noun : str
        What a message calls one of them.
    done : str
        What is done with them, where they are not drawn.
    """

    def __init__(self, rows: int, noun: str, done: str = "drawn") -> None:
        self.rows, self.noun, self.done = rows, noun, done
        self.kept: NDArray[np.intp] = np.arange(rows)
        self.notes: list[str] = []
        self._reasons: list[str] = []

    @property
    def left_out(self) -> int:
        return self.rows - len(self.kept)

    def keep(self, can_be_drawn: NDArray[np.bool_], why: str) -> None:
        """Leave out those of the kept rows that cannot be drawn."""
        lost = len(self.kept) - int(can_be_drawn.sum())
        if lost:
            self._reasons.append(f"{lost} of {self.rows} {self.noun}s {why}")
            self.notes.append(f"{self._reasons[-1]}, and not {self.done}")
            self.kept = self.kept[can_be_drawn]

    def keep_shown(self, t: Floats | None, z: Floats | None, ground: Ground) -> None:
        """Leave out what is in no frame of the source, or in slices that are not shown."""
        if t is not None:
            shown = t[self.kept]
            is_inside = (shown > -0.5) & (shown < ground.length - 0.5)
            self.keep(is_inside, f"are beyond the {counted(ground.length, 'frame')}")
        if ground.slice is not None and z is not None:
            is_shown = np.rint(z[self.kept]) == ground.slice
            self.keep(is_shown, f"are in other slices than {ground.slice}")

    def require_some(self, where: str) -> None:
        if not len(self.kept):
            reasons = "; ".join(self._reasons) or "it is empty"
            raise SourceError(f"{where}: nothing of it can be {self.done}: {reasons}")


def sift(
    found: Positions, ground: Ground, noun: str, where: str, done: str = "drawn"
) -> tuple[Positions, Sieve]:
    """The positions that can be drawn, or whatever is done with them, in pixels.

    Raises
    ------
    SourceError
        There is none.
    """
    found = _in_pixels(found, ground.calibration, where)
    sieve = Sieve(len(found), noun, done)
    known = np.isfinite(found.y) & np.isfinite(found.x)
    if found.t is not None:
        known &= np.isfinite(found.t)
    sieve.keep(known, "have no place" if found.t is None else "have no place or time")
    if found.ids is not None:
        sieve.keep(np.isfinite(found.ids[sieve.kept]), "belong to no track")
    found = _from_zero(found, sieve, ground.length, where)
    sieve.keep_shown(found.t, found.z, ground)
    _keep_near(found, sieve, ground, where)
    if found.size is not None and found.size != ground.size:
        (height, width), (rows, columns) = found.size, ground.size
        sieve.notes.append(
            f"{where} was made of images of {width}x{height} pixels, and these are {columns}x{rows}"
        )
    sieve.require_some(where)
    return _only(found, sieve.kept), sieve


def sift_tracks(found: Positions, ground: Ground, where: str) -> tuple[Positions, Sieve]:
    """The positions of tracks that can be drawn: one of each track in a frame.

    Raises
    ------
    SourceError
        There is none; or the number of a track or frame is no whole one.
    """
    found, sieve = sift(found, ground, "position", where)
    assert found.ids is not None
    assert found.t is not None
    for name, values in (("track", found.ids), ("frame", found.t)):
        wrong = (np.abs(values - np.rint(values)) > _WHOLE) | (np.abs(values) > MAX_NUMBER)
        if wrong.any():
            raise SourceError(
                f"{where}: has the {name} {values[wrong][0]:g}; the numbers of {name}s are whole"
            )
    ids, t = np.rint(found.ids), np.rint(found.t)
    _, places = np.unique(np.stack([ids, t]), axis=1, return_index=True)
    is_first = np.zeros(len(found), np.bool_)
    is_first[places] = True
    sieve.keep(is_first, "belong to a track that has one in that frame already")
    return _only(replace(found, ids=ids, t=t), np.flatnonzero(is_first)), sieve


def sift_shapes(
    found: Outlines, ground: Ground, where: str
) -> tuple[list[Outline], Floats | None, Sieve]:
    """The shapes that can be drawn, and the frame of each where they have one.

    Raises
    ------
    SourceError
        There is none, or none is inside the frames.
    """
    sieve = Sieve(len(found), "shape")
    centres = [_centre(shape) for shape in found.shapes]
    y, x, t, z = (np.array([centre.get(axis, np.nan) for centre in centres]) for axis in "yxtz")
    is_timed = any(shape.vertices.shape[1] > 2 for shape in found.shapes)
    known = np.isfinite(y) & np.isfinite(x)
    sieve.keep(known & np.isfinite(t) if is_timed else known, "have vertices without a place")
    sieve.keep_shown(t if is_timed else None, z if np.isfinite(z).any() else None, ground)
    sieve.require_some(where)
    kept = [found.shapes[row] for row in sieve.kept]
    _check_near(kept, ground, where)
    return kept, t[sieve.kept] if is_timed else None, sieve


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


def _only(found: Positions, rows: NDArray[np.intp]) -> Positions:
    columns = {
        name: values[rows]
        for name in ("y", "x", "t", "z", "ids", "kin")
        if (values := getattr(found, name)) is not None
    }
    return replace(found, **columns)


def _in_pixels(found: Positions, calibration: Calibration, where: str) -> Positions:
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
    if found.t is None:
        return found
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
