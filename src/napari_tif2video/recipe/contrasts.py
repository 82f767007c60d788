"""The rules that say which counts become black and white, each declared once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Contrast:
    """A rule of contrast.

    Attributes
    ----------
    name : str
        What users type, but for "fixed" and "raw", which follow from other settings.
    origin : str
        Where the limits come from, in words.
    token : str
        Its part of an automatic name.
    has_own_limits : bool
        Whether each frame is shown with limits of its own.
    is_measured : bool
        Whether all frames have to be seen before the first one can be shown.
    is_stated : bool
        Whether somebody states the limits: they do not follow from the counts.
    """

    name: str
    origin: str
    token: str = ""
    has_own_limits: bool = False
    is_measured: bool = False
    is_stated: bool = False

    @property
    def takes_percentiles(self) -> bool:
        """Whether percentiles can take the place of the smallest and the largest count."""
        return not self.is_stated and self.name != "auto"


_CONTRASTS = (
    Contrast("local", "each frame from its own counts", has_own_limits=True),
    Contrast("global", "measured over the whole sequence", "_global_norm", is_measured=True),
    Contrast("batch", "measured over all sources of the call", "_batch_norm", is_measured=True),
    Contrast(
        "smooth",
        "each frame from its own counts, smoothed over time",
        "_smooth_norm",
        has_own_limits=True,
        is_measured=True,
    ),
    Contrast(
        "auto",
        "percentiles over the whole sequence that hot pixels do not move",
        "_auto_norm",
        is_measured=True,
    ),
    Contrast("displayed", "as the layer of napari showed it", is_stated=True),
    Contrast(
        "stored", "the display range that was stored in the source", "_stored", is_stated=True
    ),
    Contrast("fixed", "given as numbers", is_stated=True),
    Contrast("raw", "the video holds the counts themselves", is_stated=True),
)

CONTRASTS = {rule.name: rule for rule in _CONTRASTS}


def contrast_of(name: str) -> Contrast:
    """The rule of this name, which a later version may have written into a recipe."""
    return CONTRASTS.get(name) or Contrast(name, "by an unknown rule")
