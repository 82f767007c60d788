"""Which encoder suits the settings and the pictures, and what the user should know about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from ..colours import Display
from ..data import FrameFormat, Stack
from ..encode import Encoder
from ..errors import SourceError
from ..overlays import Drawing, Overlay, title_card
from ..settings import CONTAINERS, DEFAULT_CODEC, Codec, Container, VideoSettings
from ..units import decimal_fps, size_text

# What codecs without loss hold as it is: (kind, bytes) of numpy types.
_COUNTS = {("b", 1), ("u", 1), ("u", 2)}


def require_countable(stack: Stack) -> None:
    """Refuse a stack whose counts no video can hold.

    Raises
    ------
    SourceError
    """
    if len(stack.channels) > 1:
        raise SourceError("merged channels have no counts of their own; choose one for raw")
    dtype = stack.frames.format.dtype
    if (dtype.kind, dtype.itemsize) not in _COUNTS:
        raise SourceError(
            f"raw is for unsigned counts of 8 or 16 bits, and these are {dtype.name}; leave out "
            "raw, or keep the TIFFs"
        )


def choose_encoder(
    settings: VideoSettings,
    codec: Codec,
    ending: str,
    size: tuple[int, int],
    form: FrameFormat,
    displays: Sequence[Display],
    overlay: Overlay | None,
    drawings: Sequence[Drawing] = (),
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
    drawings : sequence of Drawing
        What is drawn at places of the data.

    Raises
    ------
    SourceError
        The encoder does not take this size.
    """
    display, *others = displays
    is_marked = bool(drawings) or (overlay is not None and overlay.has_colour)
    has_colour = is_marked or form.is_rgb or bool(others) or not display.is_plain
    encoder = Encoder(
        *size,
        settings.fps,
        settings.quality,
        codec,
        CONTAINERS[ending or codec.endings[0]],
        settings.crf,
        has_colour=has_colour,
    )
    check_size(encoder, settings)
    if settings.raw:
        depth = 16 if form.dtype.itemsize > 1 else 8
        return replace(encoder, depth=depth, has_colour=form.is_rgb)
    is_bare = not (overlay or drawings or settings.title)
    is_one_map = is_bare and not (others or form.is_rgb) and display.opacity == 1
    if codec.has_palette and is_one_map and display.colours is not None:
        # These are all the colours there can be: none has to be looked for, and none is lost.
        return replace(encoder, palette=display.colours)
    return encoder


def check_size(encoder: Encoder, settings: VideoSettings) -> None:
    """Refuse a size that the codec does not take, or that has no room for the title.

    Raises
    ------
    SourceError
    """
    height, width, codec = encoder.height, encoder.width, encoder.codec
    shortest, longest = codec.sides_px
    if min(height, width) < shortest or max(height, width) > longest:
        raise SourceError(
            f"{codec.title} takes sides of {shortest} to {longest} px, and the video would "
            f"be {width}x{height}; use another width or codec"
        )
    if settings.title is not None:
        title_card(settings.title, (height, width))


# Frames whose times are rounded to less are not seen to differ in length.
_SEEN_TICK_S = Fraction(1, 200)


class FormatNote(str):
    """What may surprise about a format; with another encoder, others take its place."""

    __slots__ = ()


def format_notes(encoder: Encoder, frames: int) -> tuple[FormatNote, ...]:
    """One short line for each thing that may surprise."""
    codec, container = encoder.codec, encoder.container
    height, width, fps = encoder.height, encoder.width, encoder.fps
    notes = [codec.players] if codec.players else []
    if codec.level is not None and not codec.level.holds(height, width, fps):
        notes.append(
            f"{width}x{height} at {decimal_fps(fps)} fps is beyond what PowerPoint and QuickTime "
            f"surely play ({codec.title} {codec.level.name}); use a smaller width"
        )
    if container.players and container.codec != codec.name:
        notes.append(container.players)
    nbytes = guessed_bytes(encoder, frames)
    if nbytes > codec.large_bytes:
        notes.append(
            f"a {codec.title} hardly compresses: this one may have about {size_text(nbytes, 2)}; a "
            f"smaller width, fewer frames or {DEFAULT_CODEC.endings[0]} take less"
        )
    if container.tick_s > _SEEN_TICK_S:
        notes += _uneven(container, fps)
    return tuple(map(FormatNote, notes))


def guessed_bytes(encoder: Encoder, frames: int) -> float:
    """A guess of the size of a video, from what real time-lapses took."""
    codec = encoder.codec
    nbytes = encoder.height * encoder.width * frames * codec.bits_per_pixel / 8
    nbytes *= codec.deep_factor if encoder.depth == 16 else 1
    nbytes *= codec.rgb_factor if encoder.has_colour else 1
    standard = codec.rate("standard")
    if standard is not None and encoder.rate is not None:
        nbytes *= 2 ** ((standard - encoder.rate) / codec.doubling)
    return nbytes


def _uneven(container: Container, fps: Fraction) -> list[str]:
    """What to say where frames cannot all last equally long."""
    second = 1 / container.tick_s
    ticks = second / fps
    if ticks.denominator == 1:
        return []
    short, long = int(ticks), int(ticks) + 1
    return [
        f"{container.ending} counts time in 1/{second} s: frames last {short}/{second} or "
        f"{long}/{second} s, which is {decimal_fps(fps)} fps on average"
    ]
