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
    under = below.astype(np.float32)
    over = np.asarray(colours, np.float32)
    share = np.asarray(alphas, np.float32)[..., np.newaxis]
    if blending == "additive":
        under += over * share
        np.minimum(under, 255, out=under)
    else:
        if blending == "minimum":
            over = np.minimum(over, under)
        elif blending == "multiplicative":
            over = over * under / np.float32(255)
        under += (over - under) * share
    return np.rint(under, out=under).astype(np.uint8)


def blend_at(
    picture: NDArray[np.uint8],
    places: NDArray[Any],
    colours: NDArray[Any],
    alphas: NDArray[Any],
    blending: Blending,
) -> None:
    """Put colours onto the pixels at some places, counted along the rows; changes the picture."""
    pixels = picture.reshape(-1, 3)
    pixels[places] = blended(pixels[places], colours, alphas, blending)
