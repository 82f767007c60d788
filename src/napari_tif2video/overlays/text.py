"""Text as pictures. The only module that knows Pillow and the font; both are loaded when used.

Open Sans has Latin, Greek and Cyrillic letters, "µ", "×" and "°", which the font that comes with
Pillow lacks, and digits of one width, so that a running clock does not jitter.
"""

from __future__ import annotations

import threading
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import SettingsError

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

_NO_CHARACTER = "\uffff"  # never assigned: every font shows it as its "missing" glyph
_PROBE_PX = 32

# Pillow's font objects are not made for several threads at once.
_lock = threading.Lock()


# A picture of white letters with a dark outline, (2, H, W): how much of what is below each pixel is
# hidden, and how white it gets, both 0 to 1.
Raster = NDArray[np.float32]


def require_glyphs(what: str, text: str) -> None:
    """Check that the font has every character of a text.

    Raises
    ------
    SettingsError
        Some are missing; they are named.
    """
    missing = [c for c in dict.fromkeys(unicodedata.normalize("NFC", text)) if not _has_glyph(c)]
    if missing:
        named = ", ".join(f"{c!r} (U+{ord(c):04X})" for c in missing)
        raise SettingsError(
            f"{what}: the font (Open Sans) has no {named}; write it with Latin, Greek or Cyrillic "
            "letters"
        )


def outline_px(size: int) -> int:
    """Width of the dark line around letters of this size, in pixels."""
    return max(2, round(size / 10))


@lru_cache(maxsize=64)
def line_height(size: int) -> tuple[int, int]:
    """Pixels above and below the base line that letters of this size may take, with outline."""
    with _lock:
        _, top, _, bottom = _font(size).getbbox("ÅHgjpqy|{(", anchor="ls")
    edge = outline_px(size)
    return edge - int(top), edge + int(bottom)


def text_width(text: str, size: int) -> int:
    """Pixels that a text takes, with its outline."""
    text = unicodedata.normalize("NFC", text)
    return 2 * outline_px(size) + sum(_advance(character, size) for character in text)


@lru_cache(maxsize=64)
def raster(text: str, size: int) -> Raster:
    """A line of text, as high as `line_height` says and as wide as `text_width`."""
    text = unicodedata.normalize("NFC", text)
    side = _side(size) - outline_px(size)
    width = text_width(text, size)
    whole = np.zeros((2, sum(line_height(size)), width + 2 * side), np.float32)
    start = 0
    for character in text:
        glyph = _glyph(character, size)
        there = whole[..., start : start + glyph.shape[2]]
        np.maximum(there, glyph, out=there)
        start += _advance(character, size)
    return whole[..., side : side + width]


@lru_cache(maxsize=1024)
def text_cover(text: str, size: int) -> NDArray[np.float32]:
    """How much of each pixel the letters of a line of text cover, 0 to 1, without an outline."""
    letters: NDArray[np.float32] = raster(text, size)[1]
    rows, columns = (np.flatnonzero(letters.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return letters[:0, :0]
    return letters[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


@lru_cache(maxsize=1024)
def _advance(character: str, size: int) -> int:
    """The place of a character in whole pixels, so that equal ones look equal."""
    with _lock:
        return round(_font(size).getlength(character))


def _side(size: int) -> int:
    """Room on either side of a character's place, into which letters such as "j" reach."""
    return outline_px(size) + size // 4


@lru_cache(maxsize=1024)
def _glyph(character: str, size: int) -> Raster:
    """One character; rastering its outline takes a hundred times as long as placing it."""
    from PIL import Image, ImageDraw

    side, (ascent, descent) = _side(size), line_height(size)
    shape = (_advance(character, size) + 2 * side, ascent + descent)
    covered = []
    with _lock:
        for stroke in (0, outline_px(size)):
            image = Image.new("L", shape)
            ImageDraw.Draw(image).text(
                (side, ascent), character, 255, _font(size), anchor="ls", stroke_width=stroke
            )
            covered.append(np.asarray(image, np.float32) / np.float32(255))
    white, outline = covered
    return np.stack([1 - (1 - outline) * (1 - white), white])


@lru_cache(maxsize=1024)
def _has_glyph(character: str) -> bool:
    if character.isspace():
        return True
    with _lock:
        font = _font(_PROBE_PX)
        shown, missing = font.getmask(character), font.getmask(_NO_CHARACTER)
        return shown.size != missing.size or bytes(shown) != bytes(missing)


@lru_cache(maxsize=16)
def _font(size: int) -> FreeTypeFont:
    import ttf_opensans
    from PIL import ImageFont

    # The basic layout: the other one depends on libraries that not every machine has.
    path = str(ttf_opensans.OPENSANS_SEMIBOLD.path)
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
