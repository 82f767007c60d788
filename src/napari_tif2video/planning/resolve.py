"""`plan(stack, settings)`: what the settings come to for a stack, decided once."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from ..colours import GREY_TABLE, Display, colour_table
from ..data import Stack
from ..encode import require_encoder
from ..errors import SettingsError, SourceError
from ..geometry import CropBox, View, resolve_crop, resolve_size
from ..overlays import NO_PIXEL_SIZE, Overlay, Scale, Tile, TimeFormat, width_at
from ..picture import Mosaic, Panel, PictureSpec
from ..recipe import CONTRASTS
from ..settings import (
    DEFAULT_CONTRAST,
    Codec,
    VideoSettings,
    frames_slice,
    limits_of_channels,
)
from ..units import size_text
from .annotate import calibrated, marks_once, overlay_of, overlay_of_all, timeline_of
from .choose import channel_numbers, choose, image_at
from .draw import draw
from .follow import followed, numbers_of_tracks
from .format import FormatNote, choose_encoder, format_notes, require_countable
from .moves import below_box, padding_note, require_stabiliser
from .objects import Ground
from .plan import Plan

# Above this size a block of a dask array that spans many frames is worth a word.
_LARGE_BLOCK_BYTES = 512 << 20


@dataclass(frozen=True)
class _Around:
    """What is known of a video besides its source and settings, for each of its pictures.

    Attributes
    ----------
    arrays : mapping
        See `plan`.
    elsewhere : frozenset of str
        The marks that are drawn once for several pictures, and not on each.
    is_source : bool
        Whether other sources are beside it.
    """

    codec: Codec
    ending: str
    arrays: Mapping[str, Any]
    elsewhere: frozenset[str] = frozenset()
    is_source: bool = False


def plan(
    stack: Stack,
    settings: VideoSettings,
    ending: str = "",
    arrays: Mapping[str, Any] | None = None,
    name: str = "",
) -> Plan:
    """Resolve the settings for a stack.

    Parameters
    ----------
    ending : str
        Of the file, where its name is given; it chooses the codec if the settings do not.
    arrays : mapping, optional
        What is drawn at places of the data instead of a file: tracks, points, shapes or
        segmentation.
    name : str
        What the stack is called beside others. Default: its own name.

    Raises
    ------
    SourceError
        The settings do not fit the stack, such as a crop box larger than its frames.
    SettingsError
        The codec does not fit the ending or the other settings, or there is no encoder for it.
    """
    codec = settings.codec_for(ending)
    require_encoder(codec)
    around = _Around(codec, ending, arrays or {})
    if not settings.shows_sources:
        return _planned(stack, settings, around)
    around = dataclasses.replace(around, elsewhere=marks_once(settings), is_source=True)
    made = _planned(stack, _of_one_source(settings, name), around)
    stack = dataclasses.replace(made.stack, name=name or made.stack.name)
    return dataclasses.replace(made, stack=stack)


def _planned(stack: Stack, settings: VideoSettings, around: _Around) -> Plan:
    """The plan of a source, alone or beside others."""
    if settings.panels is not None:
        return _side_by_side(stack, settings, around)
    stack = choose(stack, settings)
    try:
        return _plan(stack, settings, around)
    except (SourceError, SettingsError) as exc:
        raise SourceError(f"{stack.path or stack.name}: {exc}") from None


def _of_one_source(settings: VideoSettings, name: str) -> VideoSettings:
    """How one of the sources that are side by side is shown, with its name unless another label."""
    label = settings.label or "{name}"
    if name:
        escaped = name.replace("{", "{{").replace("}", "}}")
        label = re.sub(r"(?<!\{)\{name\}(?!\})", lambda _: escaped, label)
    return dataclasses.replace(
        settings,
        panels="channels" if settings.panels == "both" else None,
        panel_marks="each",
        label=label,
        sync=None,
        sync_interval=None,
        title=None,
        title_duration=None,
    )


def _of_one_channel(settings: VideoSettings) -> VideoSettings:
    """How one of the channels that are side by side is shown."""
    return dataclasses.replace(
        settings, panels=None, panel_marks="each", legend=True, title=None, title_duration=None
    )


def tiles_of(panels: Sequence[Panel], mosaic: Mosaic) -> list[Tile]:
    """Where each panel is, and what is drawn on it."""
    return [
        Tile(top, left, *panel.picture.size, panel.picture.overlay)
        for panel, (top, left) in zip(panels, mosaic.corners, strict=True)
    ]


def with_marks(plan: Plan, elsewhere: frozenset[str], clock: TimeFormat | None) -> Plan:
    """The plan of one source beside others, with all marks on it but those that are elsewhere.

    Parameters
    ----------
    clock : TimeFormat, optional
        How times are written. Default: as it suits its own ones.
    """
    picture, length = plan.picture, plan.scale_bar_um
    if not picture.panels:
        overlay, length = _overlay_again(plan, picture, plan.settings, elsewhere, clock)
        picture = dataclasses.replace(picture, overlay=overlay)
    else:
        panels, settings = [], _of_one_channel(plan.settings)
        for panel in picture.panels:
            channels = tuple(plan.stack.channels[n] for n in panel.channels)
            one = dataclasses.replace(
                plan, stack=dataclasses.replace(plan.stack, channels=channels)
            )
            overlay, length = _overlay_again(one, panel.picture, settings, elsewhere, clock)
            own = dataclasses.replace(panel.picture, overlay=overlay)
            panels.append(dataclasses.replace(panel, picture=own))
        picture = dataclasses.replace(picture, panels=tuple(panels))
    return dataclasses.replace(plan, picture=picture, scale_bar_um=length)


def _overlay_again(
    plan: Plan,
    picture: PictureSpec,
    settings: VideoSettings,
    elsewhere: frozenset[str],
    clock: TimeFormat | None,
) -> tuple[Overlay | None, float | None]:
    return overlay_of(
        plan.stack,
        settings,
        View(picture.box, picture.size),
        plan.scale,
        plan.timeline,
        picture.displays,
        elsewhere,
        clock,
    )


@dataclass(frozen=True)
class Clips:
    """The clips of one source that are asked for, one for each track.

    Attributes
    ----------
    stack : Stack
        All frames of the source, of the part that is shown.
    numbers : tuple of int
        Of the tracks that the frames which are shown have.
    """

    stack: Stack
    numbers: tuple[int, ...]


def clips(stack: Stack, settings: VideoSettings) -> Clips:
    """What there is to follow, where the settings ask for a clip of each track.

    Raises
    ------
    SourceError
        See `plan`; or none of the tracks is in the frames that are shown.
    """
    if settings.panels is not None:
        settings = dataclasses.replace(settings, channel="all")
    stack = choose(stack, settings)
    try:
        stack = calibrated(stack, settings)
        frames = range(len(stack))[frames_slice(settings.frames)]
        numbers = numbers_of_tracks(stack, settings, frames)
        if not numbers:
            raise SourceError("follow: none of the tracks is in the frames that are shown")
    except SourceError as exc:
        raise SourceError(f"{stack.path or stack.name}: {exc}") from None
    return Clips(stack, tuple(numbers))


def _side_by_side(stack: Stack, settings: VideoSettings, around: _Around) -> Plan:
    """The plan of a video with a panel for each channel, and one for all of them."""
    image = image_at(stack, settings.position) if stack.images else stack
    numbers, where = channel_numbers(image), stack.path or stack.name
    if settings.channel not in (None, "all"):
        raise SourceError(f"{where}: panels show all channels; leave out --channel or --panels")
    if len(numbers) < 2:
        raise SourceError(f"{where}: panels are for several channels, and it has one")
    one, once = _of_one_channel(settings), marks_once(settings)
    around = dataclasses.replace(around, elsewhere=around.elsewhere | once)
    *singles, whole = (
        _planned(stack, dataclasses.replace(one, channel=channel), around)
        for channel in (*numbers, "all")
    )
    panels = [Panel(one.picture, (n,)) for n, one in zip(numbers, singles, strict=True)]
    panels.append(Panel(whole.picture, tuple(numbers)))
    mosaic = Mosaic.of([panel.picture.size for panel in panels])
    shown, form = whole.picture, whole.stack.frames.format
    overlay, scale_bar_um = overlay_of_all(
        whole.stack,
        settings,
        once,
        mosaic.size,
        tiles_of(panels, mosaic),
        [whole.scale] * len(panels),
        whole.timeline,
    )
    encoder = choose_encoder(
        settings,
        around.codec,
        around.ending,
        mosaic.size,
        form,
        shown.displays,
        shown.overlay,
        whole.timeline.drawings,
    )
    notes = (note for note in whole.notes if not isinstance(note, FormatNote))
    return dataclasses.replace(
        whole,
        settings=settings,
        picture=dataclasses.replace(shown, overlay=overlay, panels=tuple(panels), mosaic=mosaic),
        encoder=encoder,
        scale_bar_um=scale_bar_um or whole.scale_bar_um,
        notes=(*notes, *format_notes(encoder, whole.frames)),
    )


def _plan(stack: Stack, settings: VideoSettings, around: _Around) -> Plan:
    """The plan of a stack of channels; messages do not name it."""
    whole = stack = calibrated(stack, settings)
    first_s = (stack.calibration.times(1) or (0.0,))[0]
    indices = range(len(stack))[frames_slice(settings.frames)]
    if not indices:
        raise SourceError(
            f"frames {settings.frames} leaves none of its {len(stack)} frames; indices count from 0"
        )
    found = None if settings.follow is None else followed(stack, settings, indices)
    indices = indices if found is None else found.frames
    if indices != range(len(stack)):
        stack = stack.select(indices)
    frame = stack.frames.format.size
    box = resolve_crop(settings.crop, frame)
    if settings.raw:
        require_countable(stack)
        size = box.shape
    else:
        box, size = resolve_size(box, _width(stack, settings, box))
    source, moves, notes = stack, None, []
    if settings.stabilise:
        notes = require_stabiliser(stack)
    if found is not None:
        moves, box = found.moves(box), CropBox.whole(box.shape)
        notes = [*found.notes, *padding_note(moves, box, frame)]
        stack = below_box(stack, moves, box.shape)
    stack, drawn = draw(
        stack, settings, around.arrays, Ground.of(whole, settings, indices, View(box, size))
    )
    pixel_size = stack.calibration.pixel_size_um
    scale = None if pixel_size is None else Scale.of(pixel_size, box, size)
    timeline = dataclasses.replace(
        timeline_of(stack, settings, indices, first_s, may_lack_time=around.is_source),
        moves=moves,
        drawings=stack.drawings,
    )
    displays = _displays(stack, settings)
    overlay, scale_bar_um = overlay_of(
        stack, settings, View(box, size), scale, timeline, displays, around.elsewhere
    )
    form = stack.frames.format
    codec, ending = around.codec, around.ending
    encoder = choose_encoder(settings, codec, ending, size, form, displays, overlay, stack.drawings)
    known = limits_of_channels(settings.limits, len(displays))
    contrast = _contrast(stack, settings)
    if contrast == "displayed":
        known = tuple(display.limits for display in displays)
    if contrast == "stored":
        known = tuple(channel.stored_limits for channel in stack.channels)
    rule = CONTRASTS[contrast]
    has_histogram = contrast == "auto" or settings.percentile is not None
    picture = PictureSpec(
        box,
        size,
        displays,
        known,
        overlay,
        percentile=settings.percentile if rule.has_own_limits else None,
        is_exact=contrast == "smooth" or (rule.is_measured and has_histogram),
        is_raw=settings.raw,
    )
    return Plan(
        stack=stack,
        settings=settings,
        indices=indices,
        picture=picture,
        encoder=encoder,
        contrast=contrast,
        notes=(*stack.notes, *notes, *_notes(source, settings), *format_notes(encoder, len(stack))),
        timeline=timeline,
        scale=scale,
        scale_bar_um=scale_bar_um,
        followed=None if found is None else found.number,
        drawn=drawn,
    )


def _width(stack: Stack, settings: VideoSettings, box: CropBox) -> int | Literal["full"]:
    """The width of the video, or what gives it the magnification that was asked for."""
    if settings.um_per_pixel is None:
        return settings.width
    if stack.calibration.pixel_size_um is None:
        raise SourceError(f"um_per_pixel: {NO_PIXEL_SIZE}")
    return width_at(box, stack.calibration.pixel_size_um, settings.um_per_pixel)


def _displays(stack: Stack, settings: VideoSettings) -> tuple[Display, ...]:
    """How each channel is shown: as it comes, with what the settings say about it instead."""
    displays = [channel.display for channel in stack.channels]
    if settings.gamma is not None:
        displays = [dataclasses.replace(d, gamma=settings.gamma) for d in displays]
    if settings.invert:
        if len(displays) > 1:
            raise SourceError("merged channels cannot be inverted; choose one of them")
        displays = [dataclasses.replace(d, invert=not d.invert) for d in displays]
    if settings.colormap is not None:
        if len(displays) > 1:
            raise SourceError(
                "merged channels have colours of their own; choose one of them, or "
                "leave out the colormap"
            )
        if stack.frames.format.is_rgb:
            raise SourceError("is in colour already; a colormap is for grey images, leave it out")
        table = colour_table(settings.colormap)
        colours = None if table == GREY_TABLE else table  # grey is encoded faster than colours
        displays = [dataclasses.replace(d, colours=colours) for d in displays]
    return tuple(displays)


def _contrast(stack: Stack, settings: VideoSettings) -> str:
    if settings.raw:
        return "raw"
    displays = [channel.display for channel in stack.channels]
    is_displayed = all(display.is_auto or display.limits is not None for display in displays)
    displayed = "local" if all(display.is_auto for display in displays) else "displayed"
    if settings.contrast == "displayed" and not is_displayed:
        raise SourceError(
            "contrast: 'displayed' is for layers of napari; choose local, global, batch, smooth or "
            "fixed limits"
        )
    is_stored = all(channel.stored_limits is not None for channel in stack.channels)
    if settings.contrast == "stored" and not is_stored:
        raise SourceError(
            "contrast: 'stored' is for files that hold a display range, as those of ImageJ and "
            "Micro-Manager do (OME-TIFF has none); choose local, global or fixed limits"
        )
    if settings.contrast is not None:
        return displayed if settings.contrast == "displayed" else settings.contrast
    if settings.limits is not None:
        return "fixed"
    if is_displayed and settings.percentile is None:
        return displayed
    return DEFAULT_CONTRAST


def _notes(stack: Stack, settings: VideoSettings) -> list[str]:
    notes, form = [], stack.frames.format
    starts = stack.frames.chunk_starts or ()
    longest = max((b - a for a, b in pairwise((*starts, len(stack)))), default=0)
    nbytes = longest * form.nbytes
    if nbytes >= _LARGE_BLOCK_BYTES:
        notes.append(
            f"the array's chunks span {longest} frames: {size_text(nbytes, 2)} have to be in "
            "memory at once for each worker; rechunk to few frames a chunk"
        )
    if settings.raw and form.white_is_zero:
        notes.append("as raw counts, white stays zero")
    return notes
