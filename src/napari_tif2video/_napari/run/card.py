"""The card of a finished video: what it is, and what can be done with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import av
import numpy as np
from magicgui.widgets import Container, PushButton
from numpy.typing import NDArray
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QSizePolicy

from ...recipe import read_recipe
from ...units import size_text
from ...videos import Video, describe_fidelity, describe_limits
from ..background import Background
from ..desktop import keep, open_file, stored, to_clipboard
from ..panel import Fold, Note, add_menu, column, line, say, tidy
from ..preview import Picture, qt_image
from ..words import telling

_RECENT = 10
_WIDTH_PX, _HEIGHT_PX = 84, 56


@dataclass(frozen=True, eq=False)
class FinishedVideo:
    """A video that was made.

    Attributes
    ----------
    facts : str
        Its size, length and limits, for people.
    image : uint8 array (H, W, 3), optional
        A small picture of its first frame; None if it was not looked at.
    origins : set
        What it was made of, as `SourcePanel.present` names it.
    """

    path: Path
    facts: str
    image: NDArray[np.uint8] | None = None
    origins: Set[object] = frozenset()


def look_at(video: Video, origins: Iterable[object]) -> FinishedVideo | None:
    """What the card shows of a video that was made; not for the GUI thread."""
    path = video.output
    if video.status != "ok" or path is None:
        return None
    try:
        size, image = path.stat().st_size, _first_frame(path)
    except (OSError, av.FFmpegError):  # moved away at once
        size, image = 0, None
    facts = f"{video.width}×{video.height} · {video.duration_s:.1f} s · {size_text(size, 2)}"
    return FinishedVideo(path, "\n".join([facts, *found(video)]), image, frozenset(origins))


def found(video: Video) -> list[str]:
    """What was found out while a video was made."""
    return [describe_limits(video), *([describe_fidelity(video)] if video.verified else [])]


def remember(made: FinishedVideo) -> None:
    """Put a video in front of those that are remembered; not for the GUI thread."""
    videos = _with_newest(made, _remembered())
    keep({"videos": json.dumps([(str(each.path), each.facts) for each in videos])})


def _with_newest(made: FinishedVideo, before: list[FinishedVideo]) -> list[FinishedVideo]:
    return [made, *(each for each in before if each.path != made.path)][:_RECENT]


def _remembered() -> list[FinishedVideo]:
    """The last videos of the sessions before."""
    try:
        kept = json.loads(str(stored().value("videos", "[]")))
        return [FinishedVideo(Path(path), facts) for path, facts in kept]
    except (ValueError, TypeError):  # written by another version
        return []


def _first_frame(path: Path) -> NDArray[np.uint8] | None:
    with av.open(f"file:{path}") as container:
        for frame in container.decode(video=0):
            scale = max(frame.width / _WIDTH_PX, frame.height / _HEIGHT_PX) / 2  # for fine screens
            width, height = (max(2, round(n / scale)) for n in (frame.width, frame.height))
            small = frame.reformat(width=width, height=height, format="rgb24")
            return np.asarray(small.to_ndarray(), np.uint8)
    return None


class VideoCard(Container):
    """A finished video, until what it was made of goes; a menu brings back the last ten.

    These are remembered from one start to the next.
    """

    def __init__(self) -> None:
        self.shown: FinishedVideo | None = None
        self._made = _remembered()  # the newest first
        self.picture = Picture("First frame of the finished video", {}, self.play)
        self.picture.setFixedSize(_WIDTH_PX, _HEIGHT_PX)
        self.picture.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the button does the same
        self.facts = Note()
        self.recent_button = PushButton(
            text="Last videos", tooltip="The last ten videos that were made"
        )
        self.play_button = PushButton(text="Play", tooltip="Open the video in the player")
        self.show_button = PushButton(text="Show in folder")
        self.path_button = PushButton(text="Copy path")
        self.recipe_button = PushButton(
            text="Copy recipe", tooltip="What the video was made of and how, from the file, as JSON"
        )
        self.play_button.native.setAccessibleName("Play the finished video")
        self._menu = add_menu(self.recent_button, self._fill)
        self._about = line(self.picture, self.facts, stretch=1)
        self._buttons = line(
            self.play_button, self.show_button, self.path_button, self.recipe_button
        )
        super().__init__(labels=False, gui_only=True)
        self.headline = Fold("", column(self._about, self._buttons))
        tidy(self, (self.headline,))
        for button, act in (
            (self.play_button, self.play),
            (self.show_button, self.show_in_folder),
            (self.path_button, self.copy_path),
            (self.recipe_button, self.copy_recipe),
        ):
            button.changed.connect(act)
        self._looking = Background(self.native, self._show_image, lambda _: None)
        self._show(None)

    def add(self, made: FinishedVideo, *, is_open: bool) -> None:
        """Show another video, unfolded or by its name."""
        self._made = _with_newest(made, self._made)
        self._show(made, is_open)

    def keep(self, present: Set[object]) -> None:
        """Take the card away if something that its video was made of is not there any more."""
        if self.shown is not None and not self.shown.origins <= present:
            self._show(None)

    def play(self) -> None:
        self._open(lambda path: path)

    def show_in_folder(self) -> None:
        self._open(lambda path: path.parent)

    def copy_path(self) -> None:
        if self.shown is not None:
            to_clipboard(str(self.shown.path))

    @telling()
    def copy_recipe(self) -> None:
        if self.shown is not None:
            to_clipboard(read_recipe(self.shown.path).to_json())

    def _open(self, choose: Callable[[Path], Path]) -> None:
        if self.shown is not None:
            open_file(choose(self.shown.path))

    def _show(self, made: FinishedVideo | None, is_open: bool = True) -> None:
        self.shown = made
        self._looking.cancel()
        self.recent_button.visible = bool(self._made)
        self.visible = made is not None
        if made is None:
            return
        (self.headline.expand if is_open else self.headline.collapse)()
        self.headline.title = made.path.name
        self.headline.setToolTip(str(made.path))
        say(self.facts, made.facts)
        self._show_image(made.image)
        if made.image is None:
            self._looking.request(lambda _: _first_frame(made.path))

    def _show_image(self, image: NDArray[np.uint8] | None) -> None:
        self.picture.show_image(None if image is None else qt_image(image))

    def _fill(self) -> None:
        self._menu.clear()
        there = [made for made in self._made if made.path.exists()]
        if not there:
            self._menu.addAction("None is where it was").setEnabled(False)
        for made in there:
            self._menu.addAction(
                f"{made.path.name}  ({made.path.parent.name})", partial(self._show, made)
            )
