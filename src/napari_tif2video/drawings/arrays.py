"""What drawings of arrays have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import field, fields, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ..data import Floats as Floats

Colours = NDArray[np.uint8]


def for_all(value: object) -> Any:
    """The default of a field that has a row for each object: the same for all of them."""
    return field(default=value)


def per_object(value: Any, count: int, dtype: Any) -> NDArray[Any]:
    """An array with a row for each of `count` objects, of one value or of one for each."""
    array = np.asarray(value, dtype)
    tail = array.shape[-1:] if dtype is np.uint8 else ()  # a colour is a row of four
    return np.ascontiguousarray(np.broadcast_to(array, (count, *tail)))


def as_numbers(frames: Any) -> NDArray[np.int64]:
    """Which frame of the source each frame of the video shows; of a count, all of them."""
    return np.arange(frames) if isinstance(frames, int) else np.asarray(frames, np.int64)


def digest(drawing: Any) -> str:
    """What tells a drawing of arrays from others, the same in any process."""
    found = hashlib.sha256(type(drawing).__name__.encode())
    for one in fields(drawing):
        value = getattr(drawing, one.name)
        is_array = isinstance(value, np.ndarray)
        found.update(f"{one.name}:".encode())
        found.update(value.tobytes() if is_array else repr(value).encode())
        found.update(f"{getattr(value, 'shape', '')}".encode())
    return found.hexdigest()


class OfArrays:
    """A drawing that has all it needs."""

    kind: str
    images = awaited = None

    @property
    def noun(self) -> str:
        return self.kind.removesuffix("s")

    def with_images(self, images: Any) -> Any:
        raise NotImplementedError("it waits for no images")

    def identity(self) -> object:
        return digest(self)


class SeenObjects(OfArrays):
    """A drawing of objects, each of which is seen around a frame of the source, or in every one.

    Attributes
    ----------
    row_types : mapping
        The fields that have a row for each object, with the type of those that one value of a row
        can stand for; None for the others.
    t, span, frames, texts
        See `Points`.
    """

    row_types: ClassVar[Mapping[str, Any]]
    t: Floats | None
    span: tuple[float, float]
    frames: NDArray[np.int64]
    texts: Any = None

    @property
    def count(self) -> int:
        raise NotImplementedError

    def __post_init__(self) -> None:
        for name, dtype in self.row_types.items():
            value = getattr(self, name)
            if dtype is not None and value is not None:
                object.__setattr__(self, name, per_object(value, self.count, dtype))
        object.__setattr__(self, "frames", as_numbers(self.frames))

    def select(self, indices: Sequence[int]) -> Self:
        """Only these frames, and the objects that are seen in any of them."""
        frames = self.frames[list(indices)]
        own: dict[str, Any] = {}
        if self.t is not None and len(frames):
            own = self.of_rows(np.flatnonzero(seen_in(self.t, frames, self.span)))
        found: Self = replace(self, **own, frames=frames)  # type: ignore[type-var]
        return found

    def of_rows(self, rows: NDArray[np.intp]) -> dict[str, Any]:
        """What the fields are of some objects alone."""
        values = {name: getattr(self, name) for name in self.row_types}
        own = {name: value[rows] for name, value in values.items() if value is not None}
        return own if self.texts is None else own | {"texts": self.texts.only(rows)}

    def near(self, number: int) -> Floats:
        """See `seen_at`, at one of the frames."""
        return seen_at(self.t, float(self.frames[number]), self.span, self.count)


def seen_at(t: Floats | None, now: float, span: tuple[float, float], count: int) -> Floats:
    """How near to now each of `count` objects is: 1 at its own frame, -1 where it is not seen.

    `span` is how long before and after its frame an object is seen; between, the nearness falls
    with the distance in time, to 0.
    """
    if t is None:
        return np.ones(count)
    ahead = now - t  # beyond its frame
    reach = np.where(ahead < 0, *span)
    away = np.abs(ahead)
    near: Floats = np.where(away <= reach, 1 - away / np.maximum(reach, 1e-9), -1.0)
    return near


def seen_in(t: Floats, frames: NDArray[np.int64], span: tuple[float, float]) -> NDArray[np.bool_]:
    """Which objects are seen at any time from the first to the last of some frames."""
    before, after = span
    seen: NDArray[np.bool_] = (t >= frames.min() - after) & (t <= frames.max() + before)
    return seen
