"""The colours of objects by their numbers, as napari shows them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .arrays import Colours

# Of labels 1 to 49 in napari's `label_colormap(49, seed=0.5)`, which its Labels layers have by
# default; label 50 has that of label 1 again. napari, BSD-3-Clause.
_HEX = (
    "782506 5bd5f8 9289e8 6c02c1 473a9f abec8a 8fadb2 86909a fef71c f7443b 034e39 71b260 69954a "
    "3c1b87 2e4710 5cb7de 479d76 474258 ef5665 b8507b a62a64 f1b4ec 4b1e20 b4c53e 9c602f 8a431b "
    "d8be9a b47dbd a65ea4 607a34 c1e357 d79555 9e876f 002ceb cae6e0 e18b1e 78f001 7b8e0f e5ddb2 "
    "abec8a 42d8a6 46ba8e fef71c f7443b af4bf2 b00c3f 69954a f687a7 cb32c7"
)
#: RGBA of label 1, 2 and so on.
PALETTE: Colours = np.array([[*bytes.fromhex(c), 255] for c in _HEX.split()], np.uint8)

# Lines of a colour that is nearly black are not seen on a dark background.
_LEAST_LUMA = 100.0
_LUMA = np.array([0.2126, 0.7152, 0.0722])


def _for_lines() -> Colours:
    colours = PALETTE[:, :3].astype(np.float64)
    luma = colours @ _LUMA
    white = np.clip((_LEAST_LUMA - luma) / (255 - luma), 0, 1)[:, np.newaxis]
    mixed = np.rint(colours + (255 - colours) * white)
    return np.concatenate([mixed, np.full((len(mixed), 1), 255)], axis=1).astype(np.uint8)


#: The same colours, the dark ones mixed with white.
LINE_PALETTE = _for_lines()


def line_colours(numbers: NDArray[np.int64]) -> Colours:
    """RGBA of lines that belong to objects of these numbers."""
    colours: Colours = LINE_PALETTE[(numbers - 1) % len(LINE_PALETTE)]
    return colours
