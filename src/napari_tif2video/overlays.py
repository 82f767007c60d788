"""What is drawn onto the finished picture, after resizing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

# 4:2:0 video stores colour for 2x2 pixels together; a smaller dot would lose its red.
MIN_ANCHOR_PX = 6
ANCHOR_COLOUR = (255, 0, 0)
_ANCHOR_SHARE = 0.02  # of the shorter side: 10 px in a video of 500x500


@dataclass(frozen=True)
class Anchor:
    """A disc at the exact centre of the picture, with a smooth edge."""

    top: int
    left: int
    coverage: NDArray[np.float32]

    def draw(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A copy of the picture, grey (H, W) or colour (H, W, 3), in colour and with the dot."""
        if picture.ndim == 2:
            picture = np.repeat(picture[..., np.newaxis], 3, axis=2)
        else:
            picture = picture.copy()
        height, width = self.coverage.shape
        under = picture[self.top : self.top + height, self.left : self.left + width]
        alpha = self.coverage[..., np.newaxis]
        under[...] = np.rint(under * (1 - alpha) + np.array(ANCHOR_COLOUR) * alpha)
        return picture


@lru_cache(maxsize=8)
def anchor(size: tuple[int, int]) -> Anchor:
    """The dot for a video of `size` (height, width), both even: the centre is a pixel corner."""
    height, width = size
    diameter = max(MIN_ANCHOR_PX, 2 * round(_ANCHOR_SHARE * min(size) / 2))
    side = min(diameter, height, width)
    centres = np.arange(side) + 0.5 - side / 2
    distance = np.hypot(centres[:, np.newaxis], centres)
    coverage = np.clip(diameter / 2 + 0.5 - distance, 0, 1).astype(np.float32)
    return Anchor((height - side) // 2, (width - side) // 2, coverage)
