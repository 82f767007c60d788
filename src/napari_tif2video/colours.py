"""How counts are shown: colours and colormaps by name, and how channels go on top of each other.

The only module that knows cmap, which is imported when a colour is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .errors import SettingsError

WHITE = (255, 255, 255)

#: The colour table that changes nothing.
GREY_TABLE = bytes(level for level in range(256) for _ in range(3))


def full_name(name: object) -> str:
    """The name that cmap gives a colormap, such as ``"bids:viridis"`` for ``"Viridis"``.

    With ``_r`` at its end the colours run the other way.

    Raises
    ------
    SettingsError
        There is no such colormap; names like it are in the message.
    """
    from cmap import Colormap

    catalog = Colormap.catalog()  # the one of all: to make one takes 20 ms
    stem, reverse = _split(str(name).strip())
    try:
        return catalog.resolve(stem) + reverse
    except (KeyError, ValueError):
        pass
    from difflib import get_close_matches

    names = sorted(key for key in catalog if ":" not in key)
    lower = {key.lower(): key for key in names}
    close = [lower[key] for key in get_close_matches(str(name).lower(), lower, n=4)]
    advice = f"did you mean {' or '.join(close)}?" if close else "try viridis, magma, gray or green"
    raise SettingsError(f"colormap: there is no {str(name)!r}; {advice}")


def colour_table(name: str) -> bytes:
    """256 RGB triples of a colormap, from the black to the white level, as `Display.colours`."""
    from cmap import Colormap

    stem, reverse = _split(full_name(name))
    colours = Colormap(stem)(np.linspace(0, 1, 256))[:: -1 if reverse else 1, :3]
    return np.rint(np.clip(colours, 0, 1) * 255).astype(np.uint8).tobytes()


def _split(name: str) -> tuple[str, str]:
    """A name without ``_r``, and that ending."""
    return (name[:-2], "_r") if name.lower().endswith("_r") else (name, "")


def rgb_of(option: str, text: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of a colour such as ``"yellow"`` or ``"#00ffcc"``.

    Raises
    ------
    SettingsError
        There is no such colour, or it is transparent.
    """
    from cmap import Color

    try:
        red, green, blue, alpha = Color(text).rgba8
    except (ValueError, TypeError):
        alpha = 0.0
    if alpha < 1:
        raise SettingsError(
            f"{option}: expected a colour such as yellow, white or #00ffcc, got {text!r}"
        )
    return int(red), int(green), int(blue)


# Colours of merged channels whose source names none. Two: magenta and green, which people with
# red-green blindness tell apart (Wong 2011, Nature Methods 8:441, doi:10.1038/nmeth.1618). More:
# cyan, magenta and yellow first, each light enough to be seen on black.
_TWO_COLOURS = ("magenta", "green")
_MORE_COLOURS = {
    "cyan": (0, 255, 255),
    "magenta": (255, 0, 255),
    "yellow": (255, 255, 0),
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
}

Blending = Literal["additive", "translucent", "opaque", "minimum", "multiplicative"]


@dataclass(frozen=True)
class Display:
    """How a channel is shown.

    Attributes
    ----------
    limits : (float, float), optional
        Counts that are black and white where it is shown "as displayed".
    gamma : float
        Exponent of the grey level between 0 and 1.
    colours : bytes, optional
        256 RGB triples, from black to white level; without them the channel is grey.
    opacity : float
        0 to 1.
    blending : str
        How it goes on top of what is below it, as napari names it.
    invert : bool
        Whether black and white are swapped, before it gets its colours.
    is_auto : bool
        Whether each frame is shown from its smallest to its largest count, "as displayed".
    """

    limits: tuple[float, float] | None = None
    gamma: float = 1.0
    colours: bytes | None = None
    opacity: float = 1.0
    blending: Blending = "translucent"
    invert: bool = False
    is_auto: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether grey levels can be shown as they are."""
        return self.colours is None and self.opacity == 1


@dataclass(frozen=True)
class ChannelInfo:
    """What a source says about one of its channels.

    Attributes
    ----------
    name : str
        Empty where it has none.
    colours : bytes, optional
        256 RGB triples, from black to white level.
    limits : (float, float), optional
        Counts that its program showed black and white: the display range that was stored.
    """

    name: str = ""
    colours: bytes | None = None
    limits: tuple[float, float] | None = None


def shown_colours(display: Display) -> bytes:
    """256 RGB triples: how a channel shows counts from its black to its white."""
    levels = np.rint(255 * np.linspace(0, 1, 256) ** display.gamma).astype(np.uint8)
    if display.invert:
        levels = np.invert(levels)
    return in_colour(_coloured(levels[np.newaxis], display)).tobytes()


def ramp(colour: tuple[int, int, int]) -> bytes:
    """256 RGB triples from black to a colour."""
    table = np.arange(256)[:, np.newaxis] / 255 * np.array(colour)
    return bytes(np.rint(table).astype(np.uint8))


def default_colours(count: int) -> list[tuple[str, bytes]]:
    """The colours of so many merged channels, where nobody says others: names and tables."""
    chosen = cycle(_TWO_COLOURS if count == 2 else _MORE_COLOURS)
    return [(name, ramp(_MORE_COLOURS[name])) for name in islice(chosen, count)]


def compose(
    levels: Sequence[NDArray[np.uint8]],
    displays: Sequence[Display],
    below: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """Give channels their colours and put them on top of each other, the first on black.

    Parameters
    ----------
    levels : sequence of uint8 arrays (H, W) or (H, W, 3)
        Grey or RGB levels of each channel.
    displays : sequence of Display
    below : uint8 array (H, W, 3), optional
        What they are put on instead of black.

    Returns
    -------
    uint8 array
        (H, W) for one plain grey channel, else (H, W, 3).
    """
    levels = [np.invert(v) if d.invert else v for v, d in zip(levels, displays, strict=True)]
    if below is None and len(levels) == 1:
        if displays[0].is_plain:
            return levels[0]
        if displays[0].opacity == 1:
            return _coloured(levels[0], displays[0])
    picture: NDArray[np.float32]
    if below is None:
        picture = in_planes(np.zeros(levels[0].shape[:2], np.float32))
    else:
        picture = below.astype(np.float32)
    for number, (level, display) in enumerate(zip(levels, displays, strict=True)):
        colour = _coloured(level, display).astype(np.float32)
        # What lies on nothing but black covers it, whatever its blending: napari does so too.
        is_first = number == 0 and below is None
        blending = "translucent" if is_first else display.blending
        if blending == "additive":
            picture += colour * np.float32(display.opacity)
            np.minimum(picture, 255, out=picture)
        elif blending == "minimum":
            np.minimum(picture, colour, out=picture)
        elif blending == "multiplicative":
            picture *= colour / np.float32(255)
        elif blending == "opaque":
            picture = colour
        else:
            picture += (colour - picture) * np.float32(display.opacity)
    return np.rint(picture).astype(np.uint8)


def in_colour(picture: NDArray[Any]) -> NDArray[Any]:
    """A picture (H, W) or (H, W, 3) as (H, W, 3)."""
    return in_planes(picture) if picture.ndim == 2 else picture


# Pictures (H, W, 3) lie in memory as planes, one colour after the other. NumPy and libswscale are
# faster on these: at 500x500, grey becomes RGB in 0.02 ms instead of 0.2, and that YUV in 0.45
# instead of 0.6. Arrays that lie otherwise are taken as well.


def in_planes(picture: NDArray[Any]) -> NDArray[Any]:
    """A copy of a picture (H, W) or (H, W, 3) as (H, W, 3) that lies in memory as planes."""
    return np.moveaxis(np.stack(_channels(picture)), 0, -1)


def in_triples(picture: NDArray[Any]) -> NDArray[Any]:
    """A copy of a picture (H, W) or (H, W, 3) as (H, W, 3), pixel by pixel in memory."""
    return np.stack(_channels(picture), axis=-1)


def _channels(picture: NDArray[Any]) -> list[NDArray[Any]]:
    return [picture if picture.ndim == 2 else picture[..., number] for number in range(3)]


def _coloured(level: NDArray[np.uint8], display: Display) -> NDArray[np.uint8]:
    if level.ndim == 3 or display.colours is None:
        return in_colour(level)
    table = np.frombuffer(display.colours, np.uint8).reshape(256, 3)
    # Red, then green, then blue: a fifth of the time of triples.
    return np.moveaxis(table.T.take(level, axis=1), 0, -1)
