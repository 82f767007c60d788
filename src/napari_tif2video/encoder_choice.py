"""Which encoder suits the settings and the pictures?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .colours import Display
from .data import FrameFormat
from .encode import Encoder
from .errors import SourceError
from .overlays import Overlay
from .settings import CODECS, Wishes


def choose_encoder(
    wishes: Wishes,
    codec: str,
    ending: str,
    size: tuple[int, int],
    form: FrameFormat,
    displays: Sequence[Display],
    overlay: Overlay | None,
) -> Encoder:
    """The encoder for pictures of `size` (height, width).

    Parameters
    ----------
    ending : str
        Of the file; empty for the usual one of the codec.
    form : FrameFormat
        What the frames are.
    displays : sequence of Display
        How each channel is shown.
    overlay : Overlay, optional
        What is drawn onto them.

    Raises
    ------
    SourceError
        The encoder does not take this size.
    """
    display, *others = displays
    is_marked = overlay is not None and overlay.has_colour
    has_colour = is_marked or form.is_rgb or bool(others) or not display.is_plain
    encoder = Encoder(
        *size,
        wishes.fps,
        wishes.quality,
        codec,
        ending or CODECS[codec].endings[0],
        wishes.crf,
        has_colour=has_colour,
    )
    shortest, longest = encoder.facts.sides_px
    if min(size) < shortest or max(size) > longest:
        raise SourceError(
            f"{encoder.facts.title} takes sides of {shortest} to {longest} px, and the video would "
            f"be {encoder.width}x{encoder.height}; use another width or codec"
        )
    if wishes.raw:
        depth = 16 if form.dtype.itemsize > 1 else 8
        return replace(encoder, depth=depth, has_colour=form.is_rgb)
    is_one_map = not (others or overlay or form.is_rgb) and display.opacity == 1
    if codec == "gif" and is_one_map and display.colours is not None:
        # These are all the colours there can be: none has to be looked for, and none is lost.
        return replace(encoder, palette=display.colours)
    return encoder
