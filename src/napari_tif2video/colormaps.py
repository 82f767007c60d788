"""Colours and colormaps by name. The only module that knows cmap, imported when one is given."""

from __future__ import annotations

from .errors import SettingsError

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
    from cmap import Catalog

    catalog = Catalog()
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
    import numpy as np
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
