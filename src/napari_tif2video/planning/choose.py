"""Which part is shown: the position, the channels, the slice or projection, the axis played."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..colours import ChannelInfo, Display, default_colours
from ..data import Channel, FramePlanes, Planes, Stack
from ..errors import SourceError
from ..paths import command_line
from ..settings import VideoSettings
from ..units import counted

AXIS_NAMES = {"T": "time points", "C": "channels", "Z": "slices", "P": "positions"}
DEFAULT_PROJECTION = "max"

# Of a plate with hundreds of positions, or of hundreds of tracks, a message names some.
_MOST_LISTED = 12


@dataclass(frozen=True)
class _View:
    """What is shown: the channels by number, the axis played, where the others stand."""

    channels: tuple[int, ...]
    play: str
    point: tuple[tuple[str, int], ...]
    depth: str
    projection: str


def choose(stack: Stack, settings: VideoSettings) -> Stack:
    """The part of a stack that the settings ask for, as a stack of frames to be played.

    A stack that has but one axis, and settings that ask for nothing else, come back as they are.

    Raises
    ------
    SourceError
        There is no such part, or there are several and the settings name none.
    """
    if stack.images:
        return choose(image_at(stack, settings.position), replace(settings, position=None))
    if len(stack.channels) > 1:
        return _choose_composed(stack, settings)
    planes = stack.planes or FramePlanes(stack.frames, stack.sizes)
    is_folder = stack.path is not None and stack.path.is_dir()
    letters = "".join(letter for letter, _ in planes.sizes)
    if settings.z is not None and "Z" not in letters and letters.count("I") == 1:
        planes = planes.renamed(letters.replace("I", "Z"))  # who speaks of slices has some
    try:
        _check_letters(planes, is_folder)
        view, notes = _view(planes, stack.channel_info, settings)
    except SourceError as exc:
        hint = "; --match chooses files by their names" if is_folder else ""
        raise SourceError(f"{stack.path or stack.name}: {exc}{hint}") from None
    if stack.planes is None and view.play == stack.played:
        notes += _lut_note(stack.channels[0].display)
        return replace(stack, notes=(*stack.notes, *notes)) if notes else stack
    numbers = view.channels or (0,)
    displays, said = _displays(stack, numbers)
    notes += said
    channels = []
    for number, display in zip(numbers, displays, strict=True):
        point = dict(view.point) | ({"C": number} if view.channels else {})
        frames = planes.sequence(view.play, point, view.depth, view.projection)
        name = "" if view.play == "C" else channel_name(stack.channel_info, number)
        known = stack.channel_info[number : number + 1] if view.play != "C" else ()
        stored = known[0].limits if known else None
        channels.append(Channel(frames, display, name, number, stored))
    return replace(
        stack,
        channels=tuple(channels),
        played=view.play or "T",
        planes=None,
        notes=(*stack.notes, *notes),
        measured=stack.measured.setdefault(view, {}),
        calibration=stack.calibration if view.play == "T" else stack.calibration.without_time(),
    )


def position_numbers(stack: Stack) -> range:
    """The positions that there are to choose from."""
    return range(len(stack.images) or dict(stack.sizes).get("P", 1))


def image_at(stack: Stack, position: int | str | None) -> Stack:
    """The image of a source of several that a setting names.

    Raises
    ------
    SourceError
        There is no such image, or none is named.
    """
    try:
        number = _position(len(stack.images), stack.image_names, position)
    except SourceError as exc:
        raise SourceError(f"{stack.path or stack.name}: {exc}") from None
    image, name = stack.images[number], stack.image_names[number]
    note = f"position {name or number} of {len(stack.images)}"
    return replace(
        image,
        position=number,
        notes=(*stack.notes, note, *image.notes),
        left_out=stack.left_out + image.left_out,
    )


def channel_numbers(stack: Stack) -> range:
    """The channels that there are to choose from."""
    if len(stack.channels) > 1:
        return range(len(stack.channels))
    return range(dict(stack.sizes).get("C", 1))


def channel_name(info: Sequence[ChannelInfo], number: int) -> str:
    return info[number].name if number < len(info) else ""


def _choose_composed(stack: Stack, settings: VideoSettings) -> Stack:
    """A part of channels that were put together before, such as the layers of a viewer."""
    info = tuple(ChannelInfo(channel.name) for channel in stack.channels)
    channel = "all" if settings.channel is None else settings.channel
    try:
        sizes = dict(stack.sizes) | {"C": len(info)}
        _check_options(sizes, info, settings, stack.played)
        numbers = _channels(len(stack.channels), info, channel)
    except SourceError as exc:
        raise SourceError(f"{stack.path or stack.name}: {exc}") from None
    if len(numbers) == len(stack.channels):
        return stack
    measured = stack.measured.setdefault(numbers, {})
    return replace(stack, channels=tuple(stack.channels[n] for n in numbers), measured=measured)


def _view(
    planes: Planes, info: Sequence[ChannelInfo], settings: VideoSettings
) -> tuple[_View, list[str]]:
    sizes = dict(planes.sizes)
    _check_options(sizes, info, settings, settings.play)
    play = settings.play or _default_axis(sizes, settings)
    point: dict[str, int] = {}
    notes: list[str] = []
    if settings.play is None and play in ("C", "Z"):
        hint = "--channel chooses or merges them" if play == "C" else "--z makes one of them"
        notes.append(f"its {sizes[play]} {AXIS_NAMES[play]} are played; {hint}")
    channels: tuple[int, ...] = ()
    depth = projection = ""
    for letter, length in sizes.items():
        if letter == play:
            continue
        if letter == "C":
            channels = _channels(length, info, settings.channel)
        elif letter == "Z":
            z = DEFAULT_PROJECTION if settings.z is None else settings.z
            if isinstance(z, int):
                point[letter] = z
            else:
                depth, projection = letter, z
            if settings.z is None:
                notes.append(f"each frame is the {z} of {length} slices; --z chooses otherwise")
        elif letter == "P":
            point[letter] = _position(length, (), settings.position)
        else:
            point[letter] = 0
            what = AXIS_NAMES.get(letter, f"steps along {letter}")
            notes.append(f"shown is the first of {length} {what}; --play {letter} plays them")
    return _View(channels, play, tuple(point.items()), depth, projection), notes


def _default_axis(sizes: Mapping[str, int], settings: VideoSettings) -> str:
    """The axis to play where the settings name none; empty where there is but one frame."""
    # An axis that an option speaks of is no longer to be played.
    spoken = {"C": settings.channel, "Z": settings.z}
    left = [letter for letter in sizes if spoken.get(letter) is None]
    if "T" in left or len(sizes) == 1:
        return "T" if "T" in left else "".join(left)
    left = [letter for letter in left if letter != "C"]
    if len(left) > 1:
        listed = ", ".join(f"{letter} ({sizes[letter]})" for letter in left)
        raise SourceError(f"has several axes to play, {listed}; add --play {left[0]}")
    return "".join(left)


def _check_options(
    sizes: Mapping[str, int],
    info: Sequence[ChannelInfo],
    settings: VideoSettings,
    play: str | None,
) -> None:
    """Refuse what the settings ask of axes that are not there, or are shown otherwise."""
    if settings.play is not None and settings.play not in sizes:
        listed = ", ".join(f"{letter} ({n})" for letter, n in sizes.items())
        raise SourceError(f"has no axis {settings.play} to play; its axes are {listed}")
    slices = sizes.get("Z", 1)
    if isinstance(settings.z, int) and settings.z >= slices:
        raise SourceError(f"has no slice {settings.z}: {slices} in all, counted from 0")
    if play == "Z" and settings.z is not None:
        raise SourceError("cannot play z and choose a slice or projection; leave out --play or --z")
    if settings.play == "C" and settings.channel is not None:
        raise SourceError("cannot play the channels and choose one; leave out --play or --channel")
    if settings.channel not in (None, "all", "each") and "C" not in sizes:
        _channels(1, info, settings.channel)
    if settings.position not in (None, "each") and "P" not in sizes:
        _position(1, (), settings.position)


def _channels(
    count: int, info: Sequence[ChannelInfo], channel: int | str | None
) -> tuple[int, ...]:
    names = [channel_name(info, number) or str(number) for number in range(count)]
    listed = f"{counted(count, 'channel')}: {', '.join(names)}"
    if channel is None:
        raise SourceError(f"{listed}; add --channel {command_line([names[0]])}, all or each")
    if channel == "each":
        raise SourceError(f"{listed}; each makes several videos, choose one or all here")
    if channel == "all":
        return tuple(range(count))
    return (_one_of(names, channel, "channel", listed),)


def some_of(names: Sequence[str]) -> str:
    """The names in a row, or where they are many, the first ones and the last."""
    if len(names) > _MOST_LISTED:
        names = [*names[: _MOST_LISTED - 1], f"... {names[-1]}"]
    return ", ".join(names)


def _position(count: int, known: Sequence[str], position: int | str | None) -> int:
    names = [(known[number] if known else "") or str(number) for number in range(count)]
    listed = f"{counted(count, 'position')}: {some_of(names)}"
    if position is None and count > 1:
        name = names[0] if names.count(names[0]) == 1 else "0"
        raise SourceError(f"{listed}; add --position {command_line([name])} or each")
    if position == "each" and count > 1:
        raise SourceError(f"{listed}; each makes several videos, choose one here")
    return 0 if position in (None, "each") else _one_of(names, position, "position", listed)


def _one_of(names: Sequence[str], wanted: int | str, what: str, listed: str) -> int:
    """The number of what is called so, or has this number."""
    if isinstance(wanted, int):
        found = [wanted] if wanted < len(names) else []
    else:
        found = [n for n, name in enumerate(names) if name == wanted]
        found = found or [n for n, name in enumerate(names) if name.casefold() == wanted.casefold()]
    if len(found) > 1:
        raise SourceError(f"{listed}; several are called {wanted}, give the number")
    if not found:
        raise SourceError(f"has no {what} {wanted}, but {listed}")
    return found[0]


def _displays(stack: Stack, numbers: tuple[int, ...]) -> tuple[tuple[Display, ...], list[str]]:
    """Of several channels: additive, in the colours of the source where they can be told apart."""
    invert, info = stack.format.white_is_zero, stack.channel_info
    if len(numbers) == 1:
        display = stack.channels[0].display if stack.channels else Display(invert=invert)
        if not stack.channels and info and "C" not in dict(stack.sizes):
            display = replace(display, colours=info[0].colours)
        return (display,), _lut_note(display)
    if stack.format.is_rgb:
        return (Display(blending="additive", invert=invert),) * len(numbers), []
    known = [info[n].colours if n < len(info) else None for n in numbers]
    colours = [c for c in known if c is not None]
    notes = []
    if len(set(colours)) < len(numbers):
        chosen = default_colours(len(numbers))
        colours = [table for _, table in chosen]
        names = (channel_name(info, n) or f"channel {n}" for n in numbers)
        said = ", ".join(f"{n} {colour}" for n, (colour, _) in zip(names, chosen, strict=True))
        notes = [f"the source does not tell the channels' colours apart; shown are {said}"]
    return tuple(Display(colours=c, blending="additive", invert=invert) for c in colours), notes


def _lut_note(display: Display) -> list[str]:
    if display.colours is None or display.limits is not None:
        return []
    return ["is shown in the colours of its look-up table; --colormap gray shows it grey"]


def has_unknown_axes(letters: Sequence[str]) -> bool:
    """Whether the axes have to be named before one of them can be played."""
    is_clear = len(set(letters)) == len(letters) and not set(letters) & set("IQ")
    return len(letters) > 1 and not is_clear


def _check_letters(planes: Planes, is_folder: bool) -> None:
    letters = [letter for letter, _ in planes.sizes]
    if not has_unknown_axes(letters):
        return
    sizes = "x".join(str(n) for _, n in planes.sizes)
    if is_folder and letters[0] == "T" and not set(letters[1:]) & set("TZ"):
        named = "".join(letter if letter in "TC" else "Z" for letter in letters)
        raise SourceError(
            f"holds {planes.sizes[0][1]} files of {planes.sizes[-1][1]} images each, and nothing "
            f"says whether these are slices or frames; add --z max or --axes {named}YX for slices, "
            "or name the files instead of their folder for a video of each"
        )
    raise SourceError(
        f"has {len(letters)} axes of unknown meaning with the sizes {sizes}; name them with "
        f"--axes, such as {'TCZ'[: len(letters)]}YX"
    )
