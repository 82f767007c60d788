"""Colours onto what is below them, as OpenGL blends them for napari."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..colours import Blending


def blended(
    below: NDArray[np.uint8], colours: NDArray[Any], alphas: NDArray[Any], blending: Blending
) -> NDArray[np.uint8]:
    """Pixels (..., 3) with others on them.

    Parameters
    ----------
    colours : array (..., 3)
        0 to 255.
    alphas : array (...)
        0 to 1.
    """
    shares = np.asarray(alphas, np.float32)
    mixed = [_mixed(below[..., n], colours[..., n], shares, blending) for n in range(3)]
    return np.moveaxis(np.stack(mixed), 0, -1)


def blend_at(
    picture: NDArray[np.uint8],
    places: NDArray[Any],
    colours: NDArray[Any],
    alphas: NDArray[Any],
    blending: Blending,
) -> None:
    """Put colours onto the pixels at some places, counted along the rows; changes the picture."""
    pixels = picture.reshape(-1, 3)
    shares = np.asarray(alphas, np.float32)
    for number in range(3):  # places of three values take ten times as long to look up
        channel = pixels[:, number]
        channel[places] = _mixed(channel[places], colours[:, number], shares, blending)


def _mixed(
    below: NDArray[np.uint8], over: Any, shares: NDArray[np.float32], blending: Blending
) -> NDArray[np.uint8]:
    """One colour of pixels."""
    under = below.astype(np.float32)
    over = np.asarray(over, np.float32)
    if blending == "additive":
        under += over * shares
        np.minimum(under, 255, out=under)
    else:
        if blending == "minimum":
            over = np.minimum(over, under)
        elif blending == "multiplicative":
            over = over * under / np.float32(255)
        under += (over - under) * shares
    return np.rint(under, out=under).astype(np.uint8)
