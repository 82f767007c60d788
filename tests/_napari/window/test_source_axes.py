"""Axes of sources, without a viewer, to exact values."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tifffile
from helpers.frames import noise

pytest.importorskip("napari")

from helpers.window import entries

import napari_tif2video as t2v
from napari_tif2video._napari.source import SourceAxes, axis_words
from napari_tif2video._napari.source.axes import TimeAxis, nearest_frame
from napari_tif2video.geometry import CropBox
from napari_tif2video.planning import plan

ALL = CropBox(5, 4, 0, 0)
NAMES = ("t", "z", "y", "x")


@pytest.fixture
def time_axis(model, qtbot):
    made = TimeAxis(model)
    qtbot.addWidget(made.row.native)
    return made


def counts(*sizes, first=0):
    """Each plane is filled with a number of its own: 213 is 2 along the first axis, and so on."""
    planes = np.zeros((*sizes, 4, 5), np.uint16) + first
    for index in np.ndindex(*sizes):
        planes[index] += int("".join(map(str, index)) or "0")
    return planes


def shown(stack):
    """The number of each frame of each channel."""
    return [
        [int(frame[3, 4]) for frame in channel.frames.read_frames(ALL)]
        for channel in stack.channels
    ]


def choices(time_axis):
    """What is offered, besides none of it."""
    return entries(time_axis.axis)[1:]


# ---- of files


def test_the_axes_of_an_array_are_a_plain_sequence():
    assert SourceAxes.of(t2v.open_stack(noise((3, 4, 5)))) == SourceAxes((), (), False, ())


def test_the_axes_of_a_hyperstack_and_the_names_of_its_channels(tmp_path):
    path = tmp_path / "a.ome.tif"
    for axes, names, want in (
        ("TCZYX", {"Channel": {"Name": ["DAPI", "GFP"]}}, ("DAPI", "GFP")),
        ("TCZYX", {}, ("", "")),
    ):
        tifffile.imwrite(
            path, noise((3, 2, 4, 8, 9)), ome=True, metadata={"axes": axes} | names,
            photometric="minisblack",
        )  # fmt: skip
        sizes = (("T", 3), ("C", 2), ("Z", 4))
        assert SourceAxes.of(t2v.open_stack(path)) == SourceAxes(sizes, want, False, ())
    tifffile.imwrite(path, noise((3, 4, 8, 9)), ome=True, metadata={"axes": "TZYX"})
    assert SourceAxes.of(t2v.open_stack(path)) == SourceAxes((("T", 3), ("Z", 4)))


def test_axes_without_names_are_told_from_others(tmp_path):
    path = tmp_path / "s.tif"
    tifffile.imwrite(path, noise((3, 2, 8, 9)), metadata={"axes": "QQYX"}, photometric="minisblack")
    assert SourceAxes.of(t2v.open_stack(path)) == SourceAxes(are_unknown=True)


def test_the_axes_of_positions_are_those_of_the_first(tmp_path):
    path = tmp_path / "two.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for length, name in ((3, {"Name": "A1"}), (4, {}), (5, {"Name": "B2"})):
            writer.write(noise((length, 2, 8, 9)), metadata={"axes": "TCYX"} | name)
    stack = t2v.open_stack(path)
    want = SourceAxes((("T", 3), ("C", 2)), ("", ""), False, tuple(stack.image_names))
    assert SourceAxes.of(stack) == want
    nameless = dataclasses.replace(stack, image_names=("A1", "", "B2"))
    assert SourceAxes.of(nameless).positions == ("A1", "1", "B2")


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("-3", "Slider -3 (7 steps)"),
        ("3", "Slider 3 (7 steps)"),
        ("t", "Time (7)"),
        ("T", "Time (7)"),
        ("c", "Channels (7)"),
        ("z", "Slices (7)"),
        ("p", "Positions (7)"),
        ("q", "Axis q (7)"),
        ("ab", "ab (7)"),
        ("angle", "angle (7)"),
        ("3-", "3- (7)"),
        ("", "Axis  (7)"),
    ],
)
def test_an_axis_in_words(label, words):
    assert axis_words(label, 7) == words


# ---- of layers


def test_nothing_is_offered_where_there_is_no_choice(time_axis, model):
    assert time_axis.played([]) is None
    time_axis.offer([])
    assert (choices(time_axis), time_axis.axis.value) == ([], None)
    for layers, words, value in (
        ([model.add_image(counts(3), axis_labels=("t", "y", "x"))], ["Time (3)"], -3),
        ([model.add_image(counts(3, 1), axis_labels=NAMES)], ["Time (3)"], -4),
        ([model.add_image(counts(1, 1))], [], None),
        ([model.add_image(counts())], [], None),
    ):
        time_axis.offer(layers)
        assert choices(time_axis) == words
        assert time_axis.axis.value == value
        assert not time_axis.row.visible


def test_the_axes_of_layers_are_counted_from_the_end(time_axis, model):
    time_axis.row.show()
    told = []
    time_axis.changed.connect(told.append)
    four = model.add_image(counts(2, 3), axis_labels=NAMES)
    five = model.add_image(counts(2, 4, 2), axis_labels=("p", "q", "angle", "y", "x"))
    three = model.add_image(counts(9))
    time_axis.offer([four])
    assert time_axis.row.visible
    assert choices(time_axis) == ["Time (2)", "Slices (3)"]
    assert time_axis.axis.choices == (None, -4, -3)
    assert time_axis.axis.value == -4
    # The first layer that has an axis names it, the longest tells its length.
    time_axis.offer([four, five, three])
    assert choices(time_axis) == ["Positions (2)", "Time (4)", "Slices (9)"]
    assert time_axis.axis.choices == (None, -5, -4, -3)
    assert time_axis.axis.value == -4  # the one before
    assert told == []
    time_axis.axis.value = -3
    assert told == [-3]
    time_axis.offer([five])
    assert choices(time_axis) == ["Positions (2)", "Axis q (4)", "angle (2)"]
    assert time_axis.axis.value == -3
    time_axis.offer([model.add_image(counts(2, 5, 1), axis_labels=("p", "q", "r", "y", "x"))])
    assert choices(time_axis) == ["Positions (2)", "Axis q (5)"]
    assert time_axis.axis.value == -5  # as the one before is not there any more
    time_axis.offer([three])
    assert not time_axis.row.visible
    assert time_axis.axis.value == -3
    time_axis.offer([])
    assert time_axis.axis.value is None
    assert told == [-3]
    assert time_axis.axis.tooltip == (
        "The axis that becomes time; the sliders of the others choose what is shown"
    )


def test_slices_are_the_axis_beside_the_one_that_is_played(time_axis, model):
    named = model.add_image(counts(2, 3), axis_labels=NAMES)
    plain = model.add_image(counts(4), axis_labels=("t", "y", "x"))
    five = model.add_image(counts(2, 4, 5), axis_labels=("t", "c", "z", "y", "x"))
    time_axis.offer([plain])
    assert time_axis.depth([plain]) == (None, 0)
    assert time_axis.depth([]) == (None, 0)
    time_axis.offer([named])
    assert time_axis.depth([named]) == (None, 0)  # the slices are played
    time_axis.axis.value = -4
    assert time_axis.depth([named]) == (-3, 3)
    assert time_axis.depth([plain, named]) == (-3, 3)  # the first that has one
    time_axis.offer([five])
    time_axis.axis.value = -5
    assert time_axis.depth([five]) == (-3, 5)
    time_axis.axis.value = None
    assert time_axis.depth([five]) == (None, 0)


def test_what_is_played_is_along_the_longest_layer(time_axis, model):
    short = model.add_image(counts(2, 3), axis_labels=NAMES)
    long = model.add_image(counts(1, 5, 3), axis_labels=("p", *NAMES))
    flat = model.add_image(counts(9), axis_labels=("z", "y", "x"))
    time_axis.offer([short, long])
    time_axis.axis.value = -4
    assert time_axis.played([short]) == (short, 0)
    assert time_axis.played([short, long]) == (long, 1)
    assert time_axis.played([flat, short]) == (short, 0)  # it has no such axis, however long
    time_axis.axis.value = -3
    assert time_axis.played([short, long]) == (short, 1)  # the first of those
    time_axis.axis.value = None
    assert time_axis.played([short]) is None


@pytest.mark.parametrize(
    ("z", "at"), [(None, 1), (0, 0), (1, 1), (2, 2), (3, 1), (99, 1), ("max", 2), ("mean", 1)]
)
def test_a_slice_is_taken_where_there_is_one(time_axis, model, z, at):
    layer = model.add_image(counts(2, 3), axis_labels=NAMES, name="s")
    model.dims.set_point(1, 1)
    time_axis.offer([layer])
    stack = time_axis.stack_of([layer], z)
    assert shown(stack) == [[at, 10 + at]]
    assert (stack.name, stack.played) == ("s", "T")
    time_axis.axis.value = -3
    model.dims.set_point(0, 1)
    # Slices that are played are not chosen from.
    assert shown(time_axis.stack_of([layer], z)) == [[10, 11, 12]]
    plain = model.add_image(counts(4))
    time_axis.offer([plain])
    assert shown(time_axis.stack_of([plain], z)) == [[0, 1, 2, 3]]


@pytest.mark.parametrize(("z", "at"), [(None, (1, 1)), (0, (0, 0)), (2, (2, 1)), (3, (1, 1))])
def test_of_layers_each_has_its_slice(time_axis, model, z, at):
    """Where one of them has fewer, its last; whoever has none is as it is."""
    below = model.add_image(counts(2, 3), axis_labels=NAMES, name="a")
    above = model.add_image(counts(2, 2, first=100), axis_labels=NAMES, name="b", colormap="green")
    flat = model.add_image(counts(first=500), name="c")
    layers = [below, above, flat]
    model.dims.set_point(1, 1)
    model.dims.set_point(0, 0)
    time_axis.offer(layers)
    stack = time_axis.stack_of(layers, z)
    a, b = at
    assert shown(stack) == [[a, 10 + a], [100 + b, 110 + b], [500, 500]]
    assert stack.name == "a_b_c"
    assert [channel.name for channel in stack.channels] == ["a", "b", "c"]
    assert shown(time_axis.stack_of(layers, "max")) == [[2, 12], [101, 111], [500, 500]]


def test_what_was_measured_stays_while_data_and_sliders_do(time_axis, model):
    layer = model.add_image(counts(2, 3), axis_labels=NAMES, name="s")
    time_axis.offer([layer])

    def is_same(change, z=None):
        """Whether the measured things are the same afterwards."""
        before = time_axis.stack_of([layer], z).measured
        change()
        return time_axis.stack_of([layer], z).measured is before

    assert is_same(lambda: None)
    assert is_same(lambda: setattr(layer, "contrast_limits", (1, 7)))
    assert is_same(lambda: setattr(layer, "name", "other"))
    assert is_same(lambda: model.dims.set_point(0, 1))  # the axis that is played
    assert not is_same(lambda: model.dims.set_point(1, 2))
    assert is_same(lambda: model.dims.set_point(1, 0), "max")
    assert is_same(lambda: model.dims.set_point(1, 1), 0)
    assert not is_same(lambda: setattr(layer, "data", counts(2, 3, first=7)))
    assert not is_same(lambda: setattr(layer, "scale", (1, 1, 2, 2)))
    assert not is_same(lambda: setattr(layer, "units", ("s", "um", "um", "um")))
    assert not is_same(lambda: setattr(time_axis.axis, "value", -3))
    time_axis.axis.value = -4
    maximum = time_axis.stack_of([layer], "max")
    assert time_axis.stack_of([layer], "max").measured is maximum.measured
    assert time_axis.stack_of([layer], "mean").measured is not maximum.measured
    assert not is_same(time_axis.forget)
    # How it looks is taken from the layer each time.
    layer.contrast_limits = (3, 11)
    layer.name = "last"
    stack = time_axis.stack_of([layer], None)
    assert (stack.channels[0].display.limits, stack.name) == ((3, 11), "last")
    other = model.add_image(counts(2, 3), axis_labels=NAMES)
    assert time_axis.stack_of([other], None).measured is not stack.measured


def test_layers_that_moved_are_merged_anew(time_axis, model):
    layers = [model.add_image(counts(2), name=name) for name in "ab"]
    time_axis.offer(layers)
    first = time_axis.stack_of(layers, None)
    assert time_axis.stack_of(layers, None).measured is first.measured
    layers[1].translate = (0, 1, 0)
    moved = time_axis.stack_of(layers, None)
    assert moved.measured is not first.measured
    assert moved.format.size == (3, 5)


def test_single_images_are_sequences_of_one(time_axis, model):
    layers = [model.add_image(counts(first=n), name=str(n)) for n in (7, 8)]
    time_axis.offer(layers)
    assert shown(time_axis.stack_of(layers[:1], None)) == [[7]]
    assert shown(time_axis.stack_of(layers, None)) == [[7], [8]]


def test_points_are_drawn_onto_the_frames(time_axis, model):
    layer = model.add_image(counts(3), name="s")
    points = model.add_points([(1, 2, 3)], name="spots")
    time_axis.offer([layer])
    plain = time_axis.stack_of([layer], None)
    assert (plain.drawings, plain.notes) == ((), ())
    stack = time_axis.stack_of([layer], None, [points])
    assert len(stack.drawings) == 1
    assert len(stack) == 3
    assert stack.measured is plain.measured
    one = model.add_image(counts(), name="one")
    flat = model.add_points([(2, 3)], name="flat")
    time_axis.offer([one])
    assert len(time_axis.stack_of([one], None, [flat]).drawings) == 1


LETTERS = ("t", "c", "z", "y", "x")


@pytest.mark.parametrize(
    ("sizes", "labels", "play", "given", "want"),
    [
        # Nothing to choose.
        ((3,), "tyx", None, {"z": 2, "play": "Z"}, {"z": 2, "play": "Z"}),
        ((3, 1), "tzyx", None, {}, {}),
        # The slice of the slider, or what the settings say.
        ((3, 4), "tzyx", -4, {}, {"z": 2}),
        ((3, 4), "tzyx", -4, {"z": 1, "play": "T"}, {"z": 1}),
        ((3, 4), "tzyx", -4, {"z": 0}, {"z": 0}),
        ((3, 4), "tzyx", -4, {"z": "max"}, {"z": "max"}),
        ((3, 1, 4), "tczyx", -5, {}, {"z": 2}),
        # Another axis is played than time.
        ((4, 3), "zcyx", -3, {}, {"z": 2, "play": "C"}),
        ((3, 4), "czyx", -4, {"play": "T"}, {"z": 2, "play": "C"}),
        # Sliders of other axes than that of the slices cannot be told.
        ((3, 4), "tzyx", -3, {}, None),
        ((3, 2, 4), "tczyx", -5, {}, None),
        ((3, 4), "tqyx", -4, {}, None),
    ],
)
def test_settings_that_show_the_same_without_sliders(
    time_axis, model, sizes, labels, play, given, want
):
    layer = model.add_image(counts(*sizes), axis_labels=tuple(labels))
    time_axis.offer([layer])
    if play is not None:
        time_axis.axis.value = play
    for axis, n in enumerate(sizes):
        model.dims.set_point(axis, min(2, n - 1))
    settings = t2v.VideoSettings(width=320, **given)
    told = time_axis.as_settings(layer, settings)
    assert told == (None if want is None else t2v.VideoSettings(width=320, **want))
    # Where nothing is played, there is nothing to tell.
    time_axis.axis.value = None
    assert time_axis.as_settings(layer, settings) == settings


def test_a_thick_slice_cannot_be_told_without_its_slider(time_axis, model):
    layer = model.add_image(counts(3, 4), axis_labels=NAMES)
    time_axis.offer([layer])
    layer.projection_mode = "mean"
    model.dims.set_point(1, 1)
    model.dims.margin_left = model.dims.margin_right = (0, 1, 0, 0)
    assert time_axis.as_settings(layer, t2v.VideoSettings()) is None
    told = time_axis.as_settings(layer, t2v.VideoSettings(z="max"))
    assert told == t2v.VideoSettings(z="max")


@pytest.mark.parametrize(
    ("frames", "steps", "nearest"),
    [
        (None, (0, 3, 6, 9), (0, 3, 6, 6)),
        ("2:", (0, 1, 2, 3, 6, 9), (0, 0, 0, 1, 4, 4)),
        ("1:6:2", (0, 1, 2, 3, 4, 5, 6), (0, 0, 0, 1, 2, 2, 2)),
        ("::-1", (0, 1, 6), (6, 5, 0)),
        ("3:4", (0, 3, 6), (0, 0, 0)),
        ("3:5", (0, 3, 4, 6), (0, 0, 1, 1)),
    ],
)
def test_the_frame_that_is_nearest_to_a_step(frames, steps, nearest):
    made = plan(t2v.open_stack(noise((7, 8, 9))), t2v.VideoSettings(frames=frames))
    assert tuple(nearest_frame(made, step) for step in steps) == nearest
