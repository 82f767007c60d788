"""Which part of a hyperstack is shown: channels, slices, the axis played; what is said of it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tifffile
from helpers.frames import noise
from helpers.imagej import FIRE, write_composite

import napari_tif2video as t2v
from napari_tif2video.colours import Display
from napari_tif2video.data import Calibration, Stack
from napari_tif2video.geometry import CropBox
from napari_tif2video.planning import (
    channel_numbers,
    choose,
    has_unknown_axes,
    image_at,
    position_numbers,
)

SIZES = {"T": 4, "C": 2, "Z": 3, "P": 5, "A": 3}
MAX = "each frame is the max of 3 slices; --z chooses otherwise"
FIRST = "shown is the first of {}; --play {} plays them"
COLOURS = (
    "the source does not tell the channels' colours apart; shown are channel 0 magenta, channel 1 "
    "green"
)


def counts_of(letters):
    """A plane of 2x2 pixels for each place, with the place as digits: 213 is T 2, C 1, Z 3."""
    shape = tuple(SIZES[letter] for letter in letters)
    planes = np.zeros((*shape, 2, 2), np.uint16)
    for place in np.ndindex(shape):
        planes[place] = int("".join(map(str, place)) or 0)
    return planes


def chosen(letters, **options):
    stack = t2v.open_stack(counts_of(letters), axes=f"{letters}YX")
    return choose(stack, t2v.VideoSettings(**options))


def shown(stack):
    """The count of each frame, channel by channel."""
    whole = CropBox(2, 2, 0, 0)
    return [[int(f[1, 1]) for f in channel.frames.read_frames(whole)] for channel in stack.channels]


CHOSEN = [
    # axes, settings, played, counts, notes
    ("T", {}, "T", [[0, 1, 2, 3]], []),
    ("Z", {}, "Z", [[0, 1, 2]], ["its 3 slices are played; --z makes one of them"]),
    ("Z", {"z": 2}, "T", [[2]], []),
    ("Z", {"z": "mean"}, "T", [[1]], []),
    ("C", {}, "C", [[0, 1]], ["its 2 channels are played; --channel chooses or merges them"]),
    ("C", {"channel": 1}, "T", [[1]], []),
    ("C", {"channel": "all"}, "T", [[0], [1]], [COLOURS]),
    ("A", {}, "A", [[0, 1, 2]], []),
    ("TZ", {}, "T", [[2, 12, 22, 32]], [MAX]),
    ("TZ", {"z": 1}, "T", [[1, 11, 21, 31]], []),
    ("TZ", {"z": "sum"}, "T", [[3, 33, 63, 93]], []),
    ("TZ", {"play": "Z"}, "Z", [[0, 1, 2]], [FIRST.format("4 time points", "T")]),
    ("TC", {"channel": 1}, "T", [[1, 11, 21, 31]], []),
    ("TC", {"channel": "1"}, "T", [[1, 11, 21, 31]], []),
    ("TC", {"channel": "all"}, "T", [[0, 10, 20, 30], [1, 11, 21, 31]], [COLOURS]),
    ("TC", {"play": "C"}, "C", [[0, 1]], [FIRST.format("4 time points", "T")]),
    ("CZ", {"channel": 1}, "Z", [[10, 11, 12]], ["its 3 slices are played; --z makes one of them"]),
    ("CZ", {"channel": 1, "z": 0}, "T", [[10]], []),
    ("ZA", {"z": "max"}, "A", [[20, 21, 22]], []),
    ("TA", {}, "T", [[0, 10, 20, 30]], [FIRST.format("3 steps along A", "A")]),
    ("TP", {"position": 4}, "T", [[4, 14, 24, 34]], []),
    ("TP", {"position": "3"}, "T", [[3, 13, 23, 33]], []),
    ("TP", {"position": 1, "play": "P"}, "P", [[0, 1, 2, 3, 4]],
     [FIRST.format("4 time points", "T")]),
    ("TCZ", {"channel": 1, "z": 2}, "T", [[12, 112, 212, 312]], []),
    ("TCZ", {"channel": 0}, "T", [[2, 102, 202, 302]], [MAX]),
    ("TCZ", {"channel": "all", "z": 0}, "T", [[0, 100, 200, 300], [10, 110, 210, 310]], [COLOURS]),
    ("TCZ", {"play": "Z", "channel": 1}, "Z", [[10, 11, 12]], [FIRST.format("4 time points", "T")]),
    ("TCZ", {"play": "C", "z": 1}, "C", [[1, 11]], [FIRST.format("4 time points", "T")]),
    ("T", {"channel": 0, "position": 0, "z": 0}, "T", [[0, 1, 2, 3]], []),
    ("T", {"channel": "each", "position": "each", "z": "max"}, "T", [[0, 1, 2, 3]], []),
    ("T", {"channel": "all", "play": "T"}, "T", [[0, 1, 2, 3]], []),
]  # fmt: skip


@pytest.mark.parametrize(("letters", "options", "played", "counts", "notes"), CHOSEN)
def test_what_is_chosen_and_said(letters, options, played, counts, notes):
    stack = chosen(letters, **options)
    assert (stack.played, shown(stack), list(stack.notes)) == (played, counts, notes)
    assert stack.planes is None
    numbers = [0, 1] if len(counts) == 2 else [int(options.get("channel") in (1, "1"))]
    assert [channel.number for channel in stack.channels] == numbers
    kinds = {channel.display.blending for channel in stack.channels}
    assert kinds == ({"additive"} if len(counts) > 1 else {Display().blending})


TWO, FIVE = "2 channels: 0, 1", "5 positions: 0, 1, 2, 3, 4"
REFUSED = [
    ("TC", {}, f"{TWO}; add --channel 0, all or each"),
    ("TC", {"channel": "each"}, f"{TWO}; each makes several videos, choose one or all here"),
    ("TC", {"channel": 2}, f"has no channel 2, but {TWO}"),
    ("TC", {"channel": "DAPI"}, f"has no channel DAPI, but {TWO}"),
    ("TC", {"channel": 1, "play": "C"},
     "cannot play the channels and choose one; leave out --play or --channel"),
    ("TC", {"channel": 0, "z": 1}, "has no slice 1: 1 in all, counted from 0"),
    ("TZ", {"z": 3}, "has no slice 3: 3 in all, counted from 0"),
    ("TZ", {"z": 0, "play": "Z"},
     "cannot play z and choose a slice or projection; leave out --play or --z"),
    ("TZ", {"z": "max", "play": "Z"},
     "cannot play z and choose a slice or projection; leave out --play or --z"),
    ("TZ", {"play": "C"}, "has no axis C to play; its axes are T (4), Z (3)"),
    ("TZ", {"channel": 1}, "has no channel 1, but 1 channel: 0"),
    ("TZ", {"channel": "x"}, "has no channel x, but 1 channel: 0"),
    ("TZ", {"position": 1}, "has no position 1, but 1 position: 0"),
    ("T", {"z": 1}, "has no slice 1: 1 in all, counted from 0"),
    ("T", {"play": "Z"}, "has no axis Z to play; its axes are T (4)"),
    ("TP", {}, f"{FIVE}; add --position 0 or each"),
    ("TP", {"position": "each"}, f"{FIVE}; each makes several videos, choose one here"),
    ("TP", {"position": 5}, f"has no position 5, but {FIVE}"),
    ("ZA", {}, "has several axes to play, Z (3), A (3); add --play Z"),
    ("CZA", {"channel": 0}, "has several axes to play, Z (3), A (3); add --play Z"),
]  # fmt: skip


@pytest.mark.parametrize(("letters", "options", "said"), REFUSED)
def test_what_is_not_there_or_not_clear_is_said(letters, options, said):
    with pytest.raises(t2v.SourceError) as caught:
        chosen(letters, **options)
    assert str(caught.value) == f"array: {said}"


def test_what_has_one_axis_comes_back_as_it_is():
    stack = t2v.open_stack(counts_of("T"))
    assert choose(stack, t2v.VideoSettings()) is stack


def test_another_axis_than_time_has_no_times():
    known = Calibration(0.5, "given", 10.0, "given", (0.0, 7.0, 20.0, 31.0), None, 2.0)
    stack = t2v.open_stack(counts_of("TZ"), axes="TZYX").calibrated(known)
    slices = choose(stack, t2v.VideoSettings(play="Z"))
    assert slices.calibration == Calibration(0.5, "given", z_spacing_um=2.0)
    assert choose(stack, t2v.VideoSettings(z=1)).calibration == known
    alone = t2v.open_stack(counts_of("Z"), axes="ZYX").calibrated(known)
    assert choose(alone, t2v.VideoSettings(z=1)).calibration == slices.calibration


def test_what_was_measured_belongs_to_the_part():
    stack = t2v.open_stack(counts_of("TZ"), axes="TZYX")
    one, again, other = (choose(stack, t2v.VideoSettings(z=z)) for z in (1, 1, 2))
    assert one.measured is again.measured
    assert other.measured is not one.measured
    assert choose(stack, t2v.VideoSettings(z="mean")).measured is not (
        choose(stack, t2v.VideoSettings(z="sum")).measured
    )


def test_of_many_names_some_are_listed():
    for count, listed in (
        (12, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11"),
        (13, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ... 12"),
    ):
        stack = t2v.open_stack(np.zeros((2, count, 2, 2), np.uint8), axes="TPYX")
        with pytest.raises(t2v.SourceError) as caught:
            choose(stack, t2v.VideoSettings())
        assert str(caught.value) == (
            f"array: {count} positions: {listed}; add --position 0 or each"
        )
        assert position_numbers(stack) == range(count)
        assert channel_numbers(stack) == range(1)


def test_channels_by_their_names(tmp_path):
    path = tmp_path / "c.ome.tif"
    metadata = {"axes": "TCYX", "Channel": {"Name": ["DAPI", "GFP", "gfp", "GFP"]}}
    tifffile.imwrite(path, noise((3, 4, 20, 30)), metadata=metadata, photometric="minisblack")
    stack, listed = t2v.open_stack(path), "4 channels: DAPI, GFP, gfp, GFP"
    assert channel_numbers(stack) == range(4)
    for channel, number in (("dapi", 0), ("DAPI", 0), ("gfp", 2), (3, 3)):
        (found,) = choose(stack, t2v.VideoSettings(channel=channel)).channels
        assert (found.number, found.name) == (number, ["DAPI", "GFP", "gfp", "GFP"][number])
    for channel, said in {
        "GFP": f"{listed}; several are called GFP, give the number",
        "Gfp": f"{listed}; several are called Gfp, give the number",
        "RFP": f"has no channel RFP, but {listed}",
        None: f"{listed}; add --channel DAPI, all or each",
    }.items():
        with pytest.raises(t2v.SourceError) as caught:
            choose(stack, t2v.VideoSettings(channel=channel))
        assert str(caught.value) == f"{path}: {said}"
    merged = choose(stack, t2v.VideoSettings(channel="all"))
    assert [channel.label for channel in merged.channels] == ["DAPI", "GFP", "gfp", "GFP"]
    assert merged.notes == (
        "the source does not tell the channels' colours apart; shown are DAPI cyan, GFP magenta, "
        "gfp yellow, GFP red",
    )
    played = choose(stack, t2v.VideoSettings(play="C"))
    assert [channel.name for channel in played.channels] == [""]


def test_what_is_stored_with_channels(tmp_path):
    data = noise((3, 2, 32, 120), low=3, high=247, dtype=np.uint8)
    stack = t2v.open_stack(write_composite(tmp_path / "s.tif", data))
    one = choose(stack, t2v.VideoSettings(channel=1))
    assert [channel.stored_limits for channel in one.channels] == [(0, 101)]
    assert one.channels[0].display.colours is None
    assert one.notes == ()
    both = choose(stack, t2v.VideoSettings(channel="all"))
    assert [channel.stored_limits for channel in both.channels] == [(10, 201), (0, 101)]
    assert [channel.display.colours[-3:] for channel in both.channels] == [
        b"\0\0\xff", b"\xff\0\0",
    ]  # fmt: skip
    assert both.notes == ()
    played = choose(stack, t2v.VideoSettings(play="C"))
    assert [channel.stored_limits for channel in played.channels] == [None]


TABLE = (
    "is shown in the colours of its look-up table; --colormap gray shows it grey"
)  # fmt: skip


def test_colours_of_a_look_up_table(tmp_path):
    fire = FIRE.T.tobytes()
    path = tmp_path / "s.tif"
    for axes, options in (("TZYX", {"z": 1}), ("TZYX", {}), ("TYX", {})):
        data = noise((3, 2, 20, 30)[-len(axes) :], high=255, dtype=np.uint8)
        tifffile.imwrite(path, data, imagej=True, metadata={"axes": axes, "LUTs": [FIRE]})
        found = choose(t2v.open_stack(path), t2v.VideoSettings(**options))
        assert [channel.display.colours for channel in found.channels] == [fire]
        assert found.notes == ((MAX.replace("3", "2"),) if "Z" in axes and not options else ()) + (
            TABLE,
        )
    slices = t2v.open_stack(counts_of("Z"), axes="ZYX")
    for display, notes in ((Display(colours=fire), (TABLE,)), (Display((1, 9), colours=fire), ())):
        channel = dataclasses.replace(slices.channels[0], display=display)
        found = choose(dataclasses.replace(slices, channels=(channel,)), t2v.VideoSettings(z=1))
        assert (found.channels[0].display, found.notes) == (display, notes)


@pytest.mark.parametrize("axes", ["TCYX", "TZYX"])
def test_white_that_is_zero_stays_so(tmp_path, axes):
    path = tmp_path / "w.ome.tif"
    data = noise((3, 2, 20, 30))
    tifffile.imwrite(path, data, metadata={"axes": axes}, photometric="miniswhite", ome=True)
    stack = t2v.open_stack(path)
    for options in [{"channel": 1}, {"channel": "all"}] if "C" in axes else [{}, {"z": 1}]:
        found = choose(stack, t2v.VideoSettings(**options))
        assert [channel.display.invert for channel in found.channels] == (
            [True] * (1 + (options.get("channel") == "all"))
        )


def test_channels_in_colour_are_added_as_they_are():
    rgb = np.zeros((3, 2, 8, 8, 3), np.uint8)
    stack = choose(t2v.open_stack(rgb, axes="TCYXS"), t2v.VideoSettings(channel="all"))
    assert [channel.display for channel in stack.channels] == [Display(blending="additive")] * 2
    assert stack.notes == ()


def composed(**facts):
    """Two channels that were put together before, such as the layers of a viewer."""
    channels = tuple(
        dataclasses.replace(
            t2v.open_stack(counts_of("T") + 10 * n).channels[0], name=name, number=n
        )
        for n, name in enumerate(["red", ""])
    )
    return Stack(channels, "both", **facts)


def test_channels_that_were_put_together_before():
    stack = composed()
    assert channel_numbers(stack) == range(2)
    for channel in (None, "all"):
        assert choose(stack, t2v.VideoSettings(channel=channel)) is stack
    for channel, counts in ((0, [0, 1, 2, 3]), ("Red", [0, 1, 2, 3]), (1, [10, 11, 12, 13])):
        one = choose(stack, t2v.VideoSettings(channel=channel))
        assert shown(one) == [counts]
        assert one.name == "both"
    listed = "2 channels: red, 1"
    for options, said in (
        ({"channel": 2}, f"has no channel 2, but {listed}"),
        ({"channel": "each"}, f"{listed}; each makes several videos, choose one or all here"),
        ({"z": 1}, "has no slice 1: 1 in all, counted from 0"),
        ({"position": 1}, "has no position 1, but 1 position: 0"),
        ({"play": "Z"}, "has no axis Z to play; its axes are T (4), C (2)"),
    ):
        with pytest.raises(t2v.SourceError) as caught:
            choose(stack, t2v.VideoSettings(**options))
        assert str(caught.value) == f"both: {said}"
    # What was measured of a part belongs to that part, each time it is chosen.
    first, again = (choose(stack, t2v.VideoSettings(channel=0)) for _ in range(2))
    assert first.measured is again.measured
    assert first.measured is not stack.measured
    assert choose(stack, t2v.VideoSettings(channel=1)).measured is not first.measured


def test_one_of_several_images(tmp_path):
    images = tuple(
        dataclasses.replace(
            t2v.open_stack(counts_of("T") + 10 * n), notes=(f"own {n}",), left_out=n
        )
        for n in range(3)
    )
    stack = Stack((), "s", notes=("of all",), images=images, image_names=("A 1", "", "A 1"),
                  left_out=5)  # fmt: skip
    assert position_numbers(stack) == range(3)
    listed = "3 positions: A 1, 1, A 1"
    for position, number, name in ((0, 0, "A 1"), (1, 1, "1"), (2, 2, "A 1"), ("1", 1, "1")):
        found = choose(stack, t2v.VideoSettings(position=position))
        assert found.notes == ("of all", f"position {name} of 3", f"own {number}")
        assert (found.position, found.left_out) == (number, 5 + number)
        assert shown(found) == [[10 * number + t for t in range(4)]]
    for position, said in (
        (None, f"{listed}; add --position 0 or each"),
        ("each", f"{listed}; each makes several videos, choose one here"),
        ("A 1", f"{listed}; several are called A 1, give the number"),
        (3, f"has no position 3, but {listed}"),
    ):
        with pytest.raises(t2v.SourceError) as caught:
            image_at(stack, position)
        assert str(caught.value) == f"s: {said}"
    single = Stack((), "s", images=images[1:2], image_names=("",))
    for position in (None, "each", 0):
        assert choose(single, t2v.VideoSettings(position=position)).notes == (
            "position 0 of 1", "own 1",
        )  # fmt: skip
    named = dataclasses.replace(stack, image_names=("A 1", "B", "C"), path=tmp_path)
    with pytest.raises(t2v.SourceError) as caught:
        choose(named, t2v.VideoSettings())
    assert str(caught.value) == (
        f"{tmp_path}: 3 positions: A 1, B, C; add --position 'A 1' or each"
    )


def test_axes_that_have_to_be_named():
    known = {"T": False, "TC": False, "Q": False, "I": False, "TT": True, "TI": True, "QZ": True}
    assert {letters: has_unknown_axes(letters) for letters in known} == known


def test_files_of_several_images(tmp_path):
    """Slices or frames: somebody has to say so, and who speaks of slices has done."""
    data = counts_of("TZ")
    for number, pages in enumerate(data):
        tifffile.imwrite(tmp_path / f"t{number}.tif", pages, photometric="minisblack")
    stack = t2v.open_stack(tmp_path)
    with pytest.raises(t2v.SourceError) as caught:
        choose(stack, t2v.VideoSettings())
    assert str(caught.value) == (
        f"{tmp_path}: holds 4 files of 3 images each, and nothing says whether these are slices or "
        "frames; add --z max or --axes TZYX for slices, or name the files instead of their folder "
        "for a video of each; --match chooses files by their names"
    )
    for z, counts in ((1, [1, 11, 21, 31]), ("max", [2, 12, 22, 32])):
        found = choose(stack, t2v.VideoSettings(z=z))
        assert (shown(found), found.played) == ([counts], "T")
    path = tmp_path / "q.tif"
    tifffile.imwrite(path, counts_of("TCZ"), photometric="minisblack")
    with pytest.raises(t2v.SourceError) as caught:
        choose(t2v.open_stack(path), t2v.VideoSettings())
    assert str(caught.value) == (
        f"{path}: has 3 axes of unknown meaning with the sizes 4x2x3; name them with --axes, such "
        "as TCZYX"
    )
    with pytest.raises(t2v.SourceError) as caught:
        choose(t2v.open_stack(tmp_path / "t1.tif", axes="ZYX"), t2v.VideoSettings(z=3))
    assert str(caught.value) == (f"{tmp_path / 't1.tif'}: has no slice 3: 3 in all, counted from 0")
