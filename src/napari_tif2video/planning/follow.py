"""Where a crop box that follows an object is in each frame."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..data import (
    TIFF_SUFFIXES,
    Positions,
    Stack,
    Trajectory,
    centroids,
    points_of_array,
    read_tracks,
    tracks_of_array,
    trajectories,
)
from ..errors import SourceError
from ..geometry import MOVE_DECIMALS, CropBox, Move, View
from ..settings import Given, VideoSettings
from ..units import counted
from .choose import some_of
from .objects import Ground, open_labels, path_of, read_once, sift, state_of


@dataclass(frozen=True)
class Followed:
    """An object that is followed, as far as it is in some frames.

    Attributes
    ----------
    number : int
        Of its track.
    frames : range
        Those of the source that show it, among those that were asked for.
    way : Trajectory
        Of the box: smoothed, where that was asked for.
    notes : tuple of str
        What the user should know about it.
    """

    number: int
    frames: range
    way: Trajectory
    notes: tuple[str, ...]

    def moves(self, box: CropBox) -> tuple[Move, ...]:
        """The corner of a box of this size, with the object in its middle, in each frame."""
        # The middle of the first pixel is at 0, and half a pixel from its corner.
        y, x = self.way.at(self.frames)
        corners = y + 0.5 - box.height / 2, x + 0.5 - box.width / 2
        return tuple(
            zip(*(np.round(each, MOVE_DECIMALS).tolist() for each in corners), strict=True)
        )


def followed(stack: Stack, settings: VideoSettings, frames: range) -> Followed:
    """The object that the settings ask for.

    Parameters
    ----------
    stack : Stack
        All frames of the source.
    frames : range
        Those that were asked for.

    Raises
    ------
    SourceError
        There is no such track, or none of these frames shows it.
    """
    found, said = _trajectories(stack, settings)
    where = _base_name(settings.follow)
    number = settings.follow_id
    if number is None and len(found) == 1:
        (number,) = found
    listed = f"{counted(len(found), 'track')}: {some_of([str(each) for each in found])}"
    if number is None:
        first = next(iter(found))
        raise SourceError(f"follow: {where} has {listed}; add --follow-id {first} or each")
    if number == "each":
        raise SourceError(
            f"follow: {where} has {listed}; each makes several videos, choose one here"
        )
    assert isinstance(number, int)
    if number not in found:
        raise SourceError(f"follow: {where} has no track {number}, but {listed}")
    way = found[number]
    shown = _shared(frames, way.frames)
    if not shown:
        raise SourceError(
            f"follow: track {number} of {where} is in frames {way.t[0]:g} to {way.t[-1]:g}, and "
            "none of these is shown"
        )
    notes = [*said, f"the box follows track {number} of {where}, in frames {_span(shown)}"]
    if way.gaps:
        notes.append(f"in {counted(way.gaps, 'frame')} of it the track has a gap, crossed straight")
    smoothed = way
    if settings.follow_smooth is not None and settings.follow_smooth > 1:
        smoothed = way.smoothed(settings.follow_smooth)
        pairs = zip(way.at(shown), smoothed.at(shown), strict=True)
        away = np.hypot(*(rough - smooth for rough, smooth in pairs)).max()
        notes.append(
            f"its way is smoothed over {settings.follow_smooth} frames: the object is up to "
            f"{away:.1f} px away from the centre of the box"
        )
    return Followed(number, shown, smoothed, tuple(notes))


def numbers_of_tracks(stack: Stack, settings: VideoSettings, frames: range) -> list[int]:
    """The tracks that any of these frames shows."""
    found, _ = _trajectories(stack, settings)
    return [number for number, way in found.items() if _shared(frames, way.frames)]


def _shared(frames: range, others: range) -> range:
    """Those of `frames`, in their order, that are among `others`, a range of step 1."""
    inside = [place for place, number in enumerate(frames) if number in others]
    return frames[inside[0] : inside[-1] + 1] if inside else frames[:0]


def _span(frames: range) -> str:
    return f"{frames[0]} to {frames[-1]}" if len(frames) > 1 else f"{frames[0]} alone"


def _base_name(value: str | Given | None) -> str:
    return os.path.basename(os.path.normpath(str(value)))


def _trajectories(
    stack: Stack, settings: VideoSettings
) -> tuple[Mapping[int, Trajectory], Sequence[str]]:
    """Of each track, in pixels of the stack; and what to say about how they were read.

    Raises
    ------
    SourceError
        They cannot be read, or are not those of this stack.
    """
    value, size = settings.follow, stack.frames.format.size
    assert value is not None
    view = View(CropBox.whole(size), size)
    ground = Ground.of(stack, settings, range(len(stack)), view)
    path = path_of(value, ground)
    try:
        if path is None:
            assert isinstance(value, Given)
            return _of_array(_on_frames(value, stack), ground)
        is_image = os.path.isdir(path) or path.suffix.lower() in TIFF_SUFFIXES
        return (_of_labels if is_image else _of_file)(path, state_of(path), ground)
    except OSError as exc:
        raise SourceError(f"follow: {path} cannot be opened ({exc.strerror or exc})") from exc
    except SourceError as exc:
        raise SourceError(f"follow: {exc}") from None


# For a job of a thousand clips, tracks are read once as long as their files stay as they are.


def _on_frames(value: Given, stack: Stack) -> Given:
    """What a layer has, at the frames and pixels of a stack that lies in the same world."""
    if stack.placed is None or not value.affine:
        return value
    found = stack.placed(value, stack.played)
    return value if found is None else Given.of(found, value.name)


@lru_cache(maxsize=4)
def _of_array(value: Given, ground: Ground) -> tuple[Mapping[int, Trajectory], Sequence[str]]:
    read = tracks_of_array if value.has_ids else points_of_array
    found, notes = _of_positions(read(value.array), ground, value.name)
    if value.is_moved:
        notes = [
            *notes,
            f"{value.name} has a scale or a place of its own in napari; its coordinates are taken "
            "as pixels of the data, which is right where the image has the same",
        ]
    return found, notes


@lru_cache(maxsize=4)
def _of_file(
    path: Path, state: object, ground: Ground
) -> tuple[Mapping[int, Trajectory], Sequence[str]]:
    return _of_positions(read_once(read_tracks, path), ground, path.name)


def _of_positions(
    positions: Positions, ground: Ground, where: str
) -> tuple[Mapping[int, Trajectory], Sequence[str]]:
    positions, sieve = sift(positions, ground, "position", where, "followed")
    return trajectories(positions), [*positions.notes, *sieve.notes]


@lru_cache(maxsize=4)
def _of_labels(
    path: Path, state: object, ground: Ground
) -> tuple[Mapping[int, Trajectory], Sequence[str]]:
    labels, notes = open_labels(path, path, VideoSettings())
    form = labels.frames.format
    if form.size != ground.size or len(labels) != ground.length:
        raise SourceError(
            f"{path.name} has {len(labels)} label images of {form.size[1]}x{form.size[0]}, where "
            f"the data have {ground.length} of {ground.size[1]}x{ground.size[0]}"
        )
    return trajectories(centroids(labels.frames)), notes
