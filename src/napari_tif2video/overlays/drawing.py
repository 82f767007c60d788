"""What is drawn at places of the data, such as tracks: what it offers to the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..colours import Blending
from ..geometry import View


@dataclass(frozen=True)
class Look:
    """How a drawing lies on what is below it.

    Attributes
    ----------
    name : str
        What the user calls it.
    source : str
        Base name of the file it was read from; empty for what has none.
    opacity : float
        0 to 1, multiplied with that of each colour.
    blending : str
        How it goes on top of what is below it, as napari names it.
    level : int, optional
        How many channels of the stack lie below it. Default: all of them.
    """

    name: str
    source: str = ""
    opacity: float = 1.0
    blending: Blending = "translucent"
    level: int | None = None


class Drawing(Protocol):
    """Something that is drawn onto the pictures, such as tracks. Picklable, as frames are.

    Attributes
    ----------
    kind : str
        What it is, in the plural: labels, points, tracks, shapes or vectors.
    noun : str
        What messages call one of its objects.
    look : Look
        Its name, opacity and blending, and which channels lie below it.
    count : int
        How many objects it has.
    images : Frames, optional
        What it reads when it is drawn; None where it has all it needs.
    awaited : Frames, optional
        The same where dask has to compute them first.
    """

    @property
    def kind(self) -> str: ...

    @property
    def noun(self) -> str: ...

    @property
    def look(self) -> Look: ...

    @property
    def count(self) -> int: ...

    @property
    def images(self) -> Any: ...

    @property
    def awaited(self) -> Any: ...

    def with_images(self, images: Any) -> Drawing:
        """The same with images that were computed."""
        ...

    def select(self, indices: Sequence[int]) -> Drawing:
        """What these frames need of it, as something small enough to travel with a task."""
        ...

    def draw(self, picture: NDArray[np.uint8], number: int, view: View) -> NDArray[np.uint8]:
        """The picture (H, W, 3) of a frame with the drawing on it.

        Parameters
        ----------
        number : int
            Of the frame, among those that were selected.
        view : View
            Where the pixels of the frame are in the picture.
        """
        ...

    def identity(self) -> object | None:
        """What tells it from others, the same in any process; None where nothing does."""
        ...
