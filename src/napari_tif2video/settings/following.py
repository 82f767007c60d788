"""Settings that say what the crop box follows, checked without any knowledge of the data."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import SettingsError
from .drawn import parse_drawn_file
from .setting import whole_number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_FRAMES = 999


@dataclass(frozen=True)
class Given:
    """An array in place of a file; settings that hold it can be compared, and are a key.

    Attributes
    ----------
    content : bytes
        Its numbers as float64, row by row.
    columns : int
    name : str
        What messages and recipes call it.
    affine : tuple of tuple of float
        Of a layer of napari: for each of its axes, its part in the map from the layer to the world,
        with the place of the origin behind.
    units : tuple
        Of a layer: the units of these axes in the world.
    """

    content: bytes
    columns: int
    name: str = "array"
    affine: tuple[tuple[float, ...], ...] = ()
    units: tuple[Any, ...] = ()

    @classmethod
    def of(cls, values: Any, name: str = "array") -> Given:
        """From whatever NumPy makes an array of numbers with two axes of."""
        import numpy as np

        array = np.asarray(values, np.float64)
        if array.ndim != 2 or not array.size:
            raise ValueError(f"its shape is {array.shape}")
        return cls(array.tobytes(), array.shape[1], name)

    @classmethod
    def of_layer(cls, layer: Any) -> Given:
        """From a layer of napari whose data are numbers with two axes."""
        import numpy as np

        if layer.ndim < 3:
            raise ValueError(f"{layer.name} has no axis of time")
        origin = np.array(layer.data_to_world(np.zeros(layer.ndim)))
        ends = np.array([layer.data_to_world(one) for one in np.eye(layer.ndim)])
        affine = np.column_stack([(ends - origin).T, origin]).tolist()
        return dataclasses.replace(
            cls.of(layer.data, str(layer.name)),
            affine=tuple(map(tuple, affine)),
            units=tuple(layer.units),
        )

    @property
    def to_world(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where its first place is in the world, and the map from there on."""
        import numpy as np

        affine = np.array(self.affine)
        return affine[:, -1], affine[:, :-1]

    @property
    def is_moved(self) -> bool:
        """Whether it is of a layer that napari scales or moves."""
        plain = (tuple(float(a == b) for b in range(len(row))) for a, row in enumerate(self.affine))
        return self.affine != tuple(plain)

    @property
    def has_ids(self) -> bool:
        """Whether a column with the numbers of tracks comes before the coordinates."""
        return self.columns != (len(self.units) or 3)

    @property
    def array(self) -> NDArray[np.float64]:
        import numpy as np

        return np.frombuffer(self.content).reshape(-1, self.columns)

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<{self.name}, {len(self.content) // 8 // self.columns}x{self.columns}>"


def parse_follow(name: str, value: Any) -> str | Given:
    """The file, or the array, that tells where objects are."""
    if isinstance(value, Given):
        return value
    if isinstance(value, (str, os.PathLike)):
        return parse_drawn_file(name, value)
    try:
        return Given.of_layer(value) if hasattr(value, "data_to_world") else Given.of(value)
    except (OverflowError, TypeError, ValueError) as exc:
        raise SettingsError(
            f"{name}: expected a file of tracks or an array of track, t, y, x ({exc})"
        ) from None


def parse_follow_id(name: str, value: Any) -> int | str:
    """The number of a track, or ``"each"``."""
    number = whole_number(value)
    if number is None and value != "each":
        raise SettingsError(f"{name}: expected the number of a track, or 'each', got {value!r}")
    return "each" if number is None else number


def parse_follow_smooth(name: str, value: Any) -> int:
    """Over how many frames the way is averaged."""
    number = whole_number(value)
    if number is None or not 1 <= number <= _MOST_FRAMES or number % 2 == 0:
        raise SettingsError(
            f"{name}: expected an odd number of frames, 1 to {_MOST_FRAMES}, got {value!r}"
        )
    return number
