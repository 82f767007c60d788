"""Which encoder suits the settings and the pictures, and what the user should know about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..colours import Display
from ..data import FrameFormat
from ..encode import Encoder
from ..errors import SourceError
from ..overlays import Overlay
from ..settings import CODECS, VideoSettings
from ..units import decimal_fps, size_text


def choose_encoder(
    settings: VideoSettings,
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
        settings.fps,
        settings.quality,
        codec,
        ending or CODECS[codec].endings[0],
        settings.crf,
        has_colour=has_colour,
    )
    shortest, longest = encoder.facts.sides_px
    if min(size) < shortest or max(size) > longest:
        raise SourceError(
            f"{encoder.facts.title} takes sides of {shortest} to {longest} px, and the video would "
            f"be {encoder.width}x{encoder.height}; use another width or codec"
        )
    if settings.raw:
        depth = 16 if form.dtype.itemsize > 1 else 8
        return replace(encoder, depth=depth, has_colour=form.is_rgb)
    is_one_map = not (others or overlay or form.is_rgb) and display.opacity == 1
    if codec == "gif" and is_one_map and display.colours is not None:
        # These are all the colours there can be: none has to be looked for, and none is lost.
        return replace(encoder, palette=display.colours)
    return encoder


@dataclass(frozen=True)
class _Level:
    """What a player of a level of a standard has to be able to do."""

    name: str
    frame: int
    a_second: int
    unit: int

    def holds(self, encoder: Encoder) -> bool:
        """Whether a video stays inside, counted in squares of `unit` px."""
        squares = -(-encoder.height // self.unit) * -(-encoder.width // self.unit)
        return squares <= self.frame and squares * encoder.fps <= self.a_second


# The highest levels that players in hardware commonly have: of H.264, 5.2 (ITU-T H.264, table A-1:
# MaxFS 36,864 macroblocks of 16x16, MaxMBPS 2,073,600 a second: 4096x2304 at 56 frames a second);
# of H.265, 5.2 (ITU-T H.265, tables A.8 and A.9: MaxLumaPs 8,912,896, MaxLumaSr 1,069,547,520).
_LEVELS = {
    "h264": _Level("5.2", 36_864, 2_073_600, 16),
    "h265": _Level("5.2", 8_912_896, 1_069_547_520, 1),
}

# Their longest side, whatever the other one is.
_MAX_SIDE_PX = 4096

# Where a GIF gets too large for a slide or an e-mail.
_LARGE_GIF_BYTES = 10_000_000


def format_notes(encoder: Encoder, frames: int) -> tuple[str, ...]:
    """One short line for each thing that may surprise."""
    notes = [encoder.facts.players] if encoder.facts.players else []
    level = _LEVELS.get(encoder.codec)
    is_long = max(encoder.height, encoder.width) > _MAX_SIDE_PX
    if level is not None and (is_long or not level.holds(encoder)):
        notes.append(
            f"{encoder.width}x{encoder.height} at {decimal_fps(encoder.fps)} fps is beyond what "
            f"PowerPoint and QuickTime surely play ({encoder.facts.title} level {level.name}: "
            "4096x2304 at 56 fps); use a smaller width"
        )
    if encoder.ending == ".mkv" and encoder.codec != "ffv1":
        notes.append("PowerPoint and QuickTime do not open .mkv files; .mp4 is for them")
    if encoder.codec == "gif":
        notes += _gif_notes(encoder, frames)
    return tuple(notes)


def guessed_bytes(encoder: Encoder, frames: int) -> float:
    """A guess of the size of a video, from what real time-lapses took."""
    facts = encoder.facts
    nbytes = encoder.height * encoder.width * frames * facts.bits_per_pixel / 8
    standard = facts.rate("standard")
    if encoder.codec == "ffv1":
        nbytes *= (2.5 if encoder.depth == 16 else 1) * (3 if encoder.has_colour else 1)
    if standard is not None and encoder.rate is not None:
        nbytes *= 2 ** ((standard - encoder.rate) / facts.doubling)
    return nbytes


def _gif_notes(encoder: Encoder, frames: int) -> list[str]:
    notes = []
    nbytes = guessed_bytes(encoder, frames)
    if nbytes > _LARGE_GIF_BYTES:
        notes.append(
            f"a GIF hardly compresses: this one may have about {size_text(nbytes, 2)}; a smaller "
            "width, fewer frames or .mp4 take less"
        )
    delay = 100 / encoder.fps
    if delay.denominator != 1:
        short, long = int(delay), int(delay) + 1
        notes.append(
            f"a GIF counts time in 1/100 s: frames last {short}/100 or {long}/100 s, which is "
            f"{decimal_fps(encoder.fps)} fps on average"
        )
    return notes
