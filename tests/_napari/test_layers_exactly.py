"""Layers as stacks and stacks as layers: axes, places, frames and displays, to exact values."""

from __future__ import annotations

import dataclasses

import dask.array as da
import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.imagej import BLUE, FIRE, RED, write_composite, write_stack
from helpers.refusals import refusal

import napari_tif2video as t2v

napari = pytest.importorskip("napari", exc_type=ImportError)
from napari import layers as shown  # noqa: E402
from napari.components import ViewerModel  # noqa: E402
from napari.layers._source import layer_source  # noqa: E402

from napari_tif2video._napari import layers as ours  # noqa: E402
from napari_tif2video.data import identity_of  # noqa: E402

SIZE = (4, 6)
WHOLE = t2v.CropBox(6, 4, 0, 0)
SAID = "from the layer's scale"


def planes(*sizes, size=SIZE, dtype=np.int32):
    """Planes of one count each, whose digits are where it is."""
    counts = np.zeros(sizes, dtype)
    for axis, n in enumerate(sizes):
        digits = np.arange(n, dtype=dtype) * 10 ** (len(sizes) - 1 - axis)
        counts += digits.reshape(n, *[1] * (len(sizes) - 1 - axis))
    return np.broadcast_to(counts[..., None, None], (*sizes, *size)).copy()


def counts(stack, channel=0):
    frames = stack.channels[channel].frames
    height, width = frames.format.size
    whole = t2v.CropBox(width, height, 0, 0)
    if getattr(frames, "needs_dask", False) or not hasattr(frames, "read_frames"):
        frames = frames.delayed(whole).compute()
    read = [np.array(frame) for frame in frames.read_frames(whole)]
    assert all((frame == frame[0, 0]).all() for frame in read)
    return [float(np.ravel(frame)[0]) for frame in read]


# ---- axes


@pytest.mark.parametrize(
    ("labels", "letters"),
    [
        ("tz", ["T", "Z"]),
        ("TZ", ["T", "Z"]),
        (("c", "q"), ["C", "Q"]),
        (("t", "t"), ["0", "1"]),
        (("t", "depth"), ["0", "1"]),
        (("t", "3"), ["0", "1"]),
        (("x", "t"), ["0", "1"]),
        (("y", "t"), ["0", "1"]),
        (("t", "s"), ["0", "1"]),
    ],
)
def test_letters_are_labels_that_are_clear(labels, letters):
    layer = shown.Image(planes(2, 3), axis_labels=(*labels, "y", "x"))
    assert ours.letters_of(layer) == letters
    assert ours.letters_of(shown.Image(planes(2, 3))) == ["0", "1"]


def test_the_axes_before_a_picture():
    colours = np.zeros((2, 3, *SIZE, 3), np.uint8)
    pyramid = [planes(2, 3), planes(2, 3)[..., ::2, ::2]]
    for layer, sizes in (
        (shown.Image(planes(2, 3)), (2, 3)),
        (shown.Image(planes(4)), (4,)),
        (shown.Image(planes()), ()),
        (shown.Image(colours, rgb=True), (2, 3)),
        (shown.Image(colours[0, 0], rgb=True), ()),
        (shown.Image(pyramid, multiscale=True), (2, 3)),
    ):
        assert ours.leading_shape(layer) == sizes
    stack = ours.stack_of_layer(shown.Image(pyramid, multiscale=True), play=1)
    assert (stack.format.size, counts(stack)) == (SIZE, [0, 1, 2])


@pytest.mark.parametrize(
    ("sizes", "labels", "play", "depth"),
    [
        ((4, 3), "tz", 0, 1),
        ((4, 3), "tz", 1, None),
        ((4, 3), "zt", 1, 0),
        ((4, 3), "tc", 0, None),
        ((4, 3), None, 0, 1),
        ((4, 2), None, 0, 1),
        ((4, 3), None, 1, 0),
        ((4, 3), None, None, None),
        ((4, 3, 2), None, 0, None),
        ((4, 1, 3), None, 0, 2),
        ((4, 1), None, 0, None),
        ((4, 1), "tz", 0, None),
        ((4, 2, 3), "tcz", 0, 2),
        ((4, 2, 3), "tzc", 0, 1),
        ((4, 2, 3), "tcz", 2, None),
        ((4, 3), "tz", None, None),
    ],
)
def test_the_axis_of_the_slices(sizes, labels, play, depth):
    options = {} if labels is None else {"axis_labels": (*labels, "y", "x")}
    assert ours.depth_axis(shown.Image(planes(*sizes), **options), play) == depth


# ---- layers as stacks


@pytest.mark.parametrize("is_lazy", [False, True])
@pytest.mark.parametrize(
    ("options", "mode", "expected"),
    [
        ({"play": 0}, "none", [0, 100, 200]),
        ({"play": 0, "point": (2, 3, 4)}, "none", [34, 134, 234]),
        ({"play": 1, "point": (1, 0, 4)}, "none", [104, 114, 124, 134, 144, 154]),
        ({"play": 2, "point": (1, 5, 4)}, "none", [150, 151, 152, 153, 154]),
        ({"play": -1, "point": (1, 2, 3)}, "none", [123]),
        # A thick slice: the first of them is projected, others stand in their middle.
        ({"play": 0, "point": (0, slice(1, 5), 2)}, "mean", [27, 127, 227]),
        ({"play": 0, "point": (0, slice(1, 5), 2)}, "sum", [108, 508, 908]),
        ({"play": 0, "point": (0, 3, slice(1, 5))}, "max", [34, 134, 234]),
        ({"play": 0, "point": (0, slice(1, 5), slice(1, 5))}, "min", [12, 112, 212]),
        ({"play": -1, "point": (slice(1, 3), 2, slice(1, 4))}, "max", [222]),
        # What is asked for goes before a thick slice.
        ({"play": 0, "point": (0, 2, 1), "depth": 2, "projection": "max"}, "none", [24, 124, 224]),
        ({"play": 0, "point": (0, slice(1, 5), 1), "depth": 2, "projection": "min"}, "max",
         [20, 120, 220]),
        ({"play": 2, "point": (0, 3, 1), "depth": 0, "projection": "max"}, "none",
         [230, 231, 232, 233, 234]),
        ({"play": -1, "point": (1, 2, 3), "depth": 1, "projection": "max"}, "none", [153]),
    ],
)  # fmt: skip
def test_what_is_shown_of_a_layer(options, mode, expected, is_lazy):
    data = planes(3, 6, 5)
    if is_lazy:
        data = da.from_array(data, chunks=(2, 4, 3, *SIZE))
    layer = shown.Image(data, projection_mode=mode, name="cells")
    stack = ours.stack_of_layer(layer, **options)
    assert counts(stack) == expected
    assert (stack.name, stack.played, stack.path, stack.notes) == ("cells", "T", None, ())
    assert len(stack.channels) == 1
    axis = options["play"]
    assert dict(stack.placed.along) == ({} if axis < 0 else {"T": (axis - 5, 0, 1)})


@pytest.mark.parametrize("letters", ["TCZ", "TZ"])
def test_what_is_shown_of_a_layer_of_a_file_leads_back_to_it(tmp_path, letters):
    sizes = {"T": 3, "C": 2, "Z": 5}
    data = planes(*(sizes[letter] for letter in letters), dtype=np.uint16)
    path = tmp_path / "s.tif"
    order = data if letters == "TZ" else data.swapaxes(1, 2)  # as ImageJ has them
    axes = "TZYX" if letters == "TZ" else "TZCYX"
    meta = {"axes": axes, "finterval": 2, "spacing": 0.5, "unit": "um"}
    tifffile.imwrite(path, order, imagej=True, metadata=meta, resolution=(4, 4))
    opened = t2v.open_stack(path)
    order = [letter for letter, _ in opened.sizes]
    # Labels by hand do not count: the file says what the axes are.
    layer = shown.Image(opened.data, name="s", axis_labels=(*"abc"[: len(order)], "y", "x"))
    assert ours.letters_of(layer) == order
    point = {"T": 1, "C": 1, "Z": 3}
    place = [point[letter] for letter in order]
    factor = {letter: 10 ** (len(letters) - 1 - n) for n, letter in enumerate(letters)}
    for play, letter in enumerate(order):
        stack = ours.stack_of_layer(layer, play=play, point=place)
        still = sum(factor[other] * point[other] for other in order if other != letter)
        assert counts(stack) == [still + factor[letter] * n for n in range(sizes[letter])]
        assert identity_of(stack.frames) is not None
        assert (stack.played, stack.path, stack.planes, stack.measured) == ("T", None, None, {})
        assert stack.labels[0] != "frame 0"
    stack = ours.stack_of_layer(layer, play=-1, point=place)
    assert counts(stack) == [sum(factor[other] * point[other] for other in order)]
    depth = order.index("Z")
    stack = ours.stack_of_layer(
        layer, play=order.index("T"), point=place, depth=depth, projection="max"
    )
    rest = factor["C"] if "C" in order else 0
    assert counts(stack) == [n * factor["T"] + rest + 4 * factor["Z"] for n in range(3)]
    stack = ours.stack_of_layer(layer)
    assert stack.sizes == opened.sizes
    assert stack.planes is opened.planes
    assert list(stack.placed.along) == order
    assert (stack.name, stack.path) == ("s", None)
    assert identity_of(stack.channels[0].frames) is not None


class OnDisk:
    """An array that is read when it is indexed."""

    def __init__(self, array):
        self.array, self.shape, self.dtype, self.ndim = array, array.shape, array.dtype, array.ndim
        self.size, self.read = array.size, []

    def __getitem__(self, index):
        self.read.append(index)
        return self.array[index]


def test_other_arrays_are_read_when_they_are_indexed():
    data = OnDisk(planes(7, 3))
    layer = shown.Image(data, contrast_limits=(0, 9), axis_labels=("t", "z", "y", "x"))
    stack = ours.stack_of_layer(layer, play=1, point=(4, 0))
    assert counts(stack) == [40, 41, 42]
    data = OnDisk(planes(7))
    data.read.clear()
    stack = ours.stack_of_layer(shown.Image(data, contrast_limits=(0, 9)))
    before = len(data.read)
    assert counts(stack.select([3, 5])) == [3, 5]
    firsts = {index[0].start for index in data.read[before:] if isinstance(index, tuple)}
    assert firsts <= {3, 5}


def test_the_one_axis_that_is_longer_is_played():
    for sizes, axis in (((1, 4, 1), 1), ((1, 1, 2), 2), ((4,), 0), ((1, 1, 1), None), ((), None)):
        stack = ours.stack_of_layer(shown.Image(planes(*sizes)))
        assert len(stack) == (1 if axis is None else sizes[axis])
        expected = {} if axis is None else {"T": (axis - len(sizes) - 2, 0, 1)}
        assert dict(stack.placed.along) == expected


def test_layers_that_cannot_be_played_are_refused_in_words(tmp_path):
    for made, kind in ((shown.Points([(1, 2)], name="p"), "Points"),
                       (shown.Labels(np.zeros((4, 5), int), name="p"), "Labels")):  # fmt: skip
        said = f"p: is a {kind} layer; only image layers become videos"
        assert refusal(t2v.SourceError, ours.stack_of_layer, made) == said
    for labels, told in (((), None), (("t", "b", "i"), "t (2), b (3), i (2)"),
                         (("t", "?", "c"), "t (2), ? (3), c (2)")):  # fmt: skip
        options = {"axis_labels": (*labels, "y", "x")} if labels else {}
        layer = shown.Image(planes(2, 3, 2), name="cells", **options)
        names = told or ", ".join(
            f"{one} ({n})" for one, n in zip(layer.axis_labels, (2, 3, 2), strict=False)
        )
        said = (
            f"cells: has the axes {names}; say which one to play, or convert the viewer with its "
            "sliders where you want them"
        )
        assert refusal(t2v.SourceError, ours.stack_of_layer, layer) == said


def test_alpha_is_left_out_and_said_and_the_file_is_known(tmp_path):
    with layer_source(path=str(tmp_path / "a.tif")):
        layer = shown.Image(np.zeros((2, *SIZE, 4), np.uint8), rgb=True, name="a")
        named = shown.Image(planes(2, 3), axis_labels=("t", "z", "y", "x"))
    stack = ours.stack_of_layer(layer)
    assert stack.path == tmp_path / "a.tif"
    assert stack.format.shape == (*SIZE, 3)
    assert len(stack.notes) == 1
    assert stack.notes == t2v.open_stack(np.zeros((2, *SIZE, 4), np.uint8)).notes
    assert ours.stack_of_layer(named).path == tmp_path / "a.tif"
    # Three columns are no colours.
    narrow = shown.Image(planes(2, size=(5, 3)), rgb=False)
    assert ours.stack_of_layer(narrow).format.shape == (5, 3)


def calibration(layer, **options):
    return dataclasses.astuple(ours.stack_of_layer(layer, **options).calibration)


def test_lengths_and_times_are_those_of_the_axes():
    data, um, nothing = planes(3, 4), ("um", "um"), (None, "", None, "", None, None, None)
    layer = shown.Image(data, scale=(2, 0.5, 3, -0.25), units=("min", "um", *um))
    assert calibration(layer, play=0) == (0.25, SAID, 120, SAID, None, None, None)
    assert calibration(layer, play=1) == (0.25, SAID, None, "", None, None, None)
    assert calibration(layer, play=-1) == (0.25, SAID, None, "", None, None, None)
    assert ours.stack_of_layer(layer, play=1).played == "Z"
    assert dict(ours.stack_of_layer(layer, play=1).placed.along) == {"Z": (-3, 0, 0.5)}
    assert ours.stack_of_layer(layer, play=-1).played == "T"
    all_um = shown.Image(data, units=("um",) * 4)
    assert [ours.stack_of_layer(all_um, play=n).played for n in (0, 1, -1)] == ["Z", "Z", "T"]
    assert calibration(shown.Image(data), play=0) == nothing
    seconds = shown.Image(planes(3), scale=(-7, 500, 500), units=("s", "nm", "nm"))
    assert calibration(seconds) == (0.5, SAID, 7, SAID, None, None, None)
    # Times of the columns would be nobody's.
    odd = shown.Image(planes(3), units=("pixel", "pixel", "s"))
    assert calibration(odd, play=-1) == nothing


def test_times_of_the_file_hold_until_the_layer_says_other_ones(tmp_path):
    times = [0.0, 1, 2.5, 7]
    plane = {"DeltaT": times, "TheT": list(range(4)), "TheC": [0] * 4}
    meta = {"axes": "TYX", "Plane": plane, "TimeIncrement": 1.5, "TimeIncrementUnit": "s"}
    tifffile.imwrite(tmp_path / "s.ome.tif", planes(4, dtype=np.uint16), ome=True, metadata=meta)
    opened = t2v.open_stack(tmp_path / "s.ome.tif")
    known = opened.frame_interval_s
    assert (opened.calibration.times_s, known is not None) == (tuple(times), True)
    units = ("s", "pixel", "pixel")
    for step, kept in ((known, times), (known * (1 + 5e-7), times), (known * 1.00001, None)):
        layer = shown.Image(opened.data, scale=(step, 1, 1), units=units)
        found = ours.stack_of_layer(layer).calibration
        assert found.frame_interval_s == pytest.approx(step, rel=1e-12)
        assert found.times_s == (None if kept is None else tuple(kept))
    assert ours.stack_of_layer(shown.Image(opened.data)).calibration.times_s is None


def test_gaps_of_a_folder_stay(tmp_path):
    folder = write_folder(tmp_path / "pos", planes(5, dtype=np.uint16))
    gone = sorted(folder.iterdir())[2]
    gone.unlink()
    opened = t2v.open_stack(folder)
    stack = ours.stack_of_layer(shown.Image(opened.data))
    assert stack.calibration.places == opened.calibration.places
    assert counts(stack) == [0, 1, 3, 4]
    assert stack.labels == opened.labels


# ---- how they are shown


def table(name):
    colours = napari.utils.colormaps.AVAILABLE_COLORMAPS[name].map(np.linspace(0, 1, 256))
    return np.rint(colours[:, :3] * 255).astype(np.uint8).tobytes()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {}),
        ({"colormap": "green"}, {"colours": table("green")}),
        ({"colormap": "viridis"}, {"colours": table("viridis")}),
        ({"colormap": "gray_r"}, {"colours": table("gray_r")}),
        ({"gamma": 0.5, "opacity": 0.25}, {"gamma": 0.5, "opacity": 0.25}),
        ({"contrast_limits": (-3, 8.5)}, {"limits": (-3, 8.5)}),
        ({"blending": "additive"}, {"blending": "additive"}),
        ({"blending": "opaque"}, {"blending": "opaque"}),
        ({"blending": "minimum"}, {"blending": "minimum"}),
        ({"blending": "translucent"}, {"blending": "translucent"}),
        ({"blending": "translucent_no_depth"}, {"blending": "translucent"}),
    ],
)
def test_how_a_layer_is_shown(options, expected):
    layer = shown.Image(planes(3) * 1.0, **{"contrast_limits": (0, 2)} | options)
    found = dataclasses.asdict(ours.display_of(layer))
    usual = {
        "limits": (0, 2), "gamma": 1, "colours": None, "opacity": 1, "blending": "translucent",
        "invert": False, "is_auto": False,
    }  # fmt: skip
    usual["blending"] = expected.get("blending", "translucent")
    assert found == usual | expected
    assert ours.stack_of_layer(layer).channels[0].display == ours.display_of(layer)


@pytest.mark.parametrize(
    ("dtype", "white"), [("uint8", 255), ("uint16", 65535), ("float32", 1), ("float64", 1)]
)
def test_how_colours_are_shown(dtype, white):
    layer = shown.Image(
        np.zeros((2, *SIZE, 3), dtype), rgb=True, opacity=0.75, blending="translucent_no_depth"
    )
    found = dataclasses.asdict(ours.display_of(layer))
    assert found == {
        "limits": (0, white), "gamma": 1, "colours": None, "opacity": 0.75,
        "blending": "translucent", "invert": False, "is_auto": False,
    }  # fmt: skip


def test_limits_that_follow_each_frame():
    layer = shown.Image(planes(3), contrast_limits=(0, 9))
    if not hasattr(layer, "auto_contrast"):
        pytest.skip("came with napari 0.9")
    layer.auto_contrast = True
    found = ours.display_of(layer)
    assert (found.limits, found.is_auto) == (None, True)


# ---- where the sliders are


def at(viewer, *point):
    for axis, place in enumerate(point):
        viewer.dims.set_point(axis, place)


def test_sliders_in_the_steps_of_a_layer():
    viewer = ViewerModel()
    layer = viewer.add_image(
        planes(5, 7), scale=(10, 0.5, 1, 1), translate=(100, 2, 0, 0), units=("s", "um", "um", "um")
    )
    small = viewer.add_image(planes(3), scale=(500, 1, 1), units=("nm", "nm", "nm"))
    flat = viewer.add_image(planes(), units=("um", "um"))
    # The world of the viewer is in its smallest unit: 1 µm is 1000 there.
    for point, place in (
        ((100, 2000), [0, 0]), ((120, 3500), [2, 3]), ((114.9, 2740), [1, 1]),
        ((115.1, 2760), [2, 2]), ((0, 0), [0, 0]), ((1e6, 1e6), [4, 6]),
    ):  # fmt: skip
        viewer.dims.point = (*point, 0, 0)
        set_to = viewer.dims.point[:2]
        expected = [
            int(np.clip(np.rint((set_to[0] - 100) / 10), 0, 4)),
            int(np.clip(np.rint((set_to[1] / 1000 - 2) / 0.5), 0, 6)),
        ]
        assert ours.point_of(viewer, layer) == expected
        if tuple(point) == tuple(set_to):
            assert expected == place
        assert ours.point_of(viewer, small) == [int(np.clip(np.rint(set_to[1] / 500), 0, 2))]
        assert ours.point_of(viewer, flat) == []
    for axis, step, world in ((0, 3, 130), (0, 0, 100), (1, 6, 5000), (1, 1, 2500)):
        viewer.dims.point = (110, 3000, 0, 0)
        ours.move_slider(viewer, layer, axis, step)
        expected = [110, 3000]
        expected[axis] = world
        assert viewer.dims.point[:2] == pytest.approx(expected)
    viewer.dims.point = (110, 3000, 0, 0)
    ours.move_slider(viewer, small, 0, 2)
    assert viewer.dims.point[:2] == pytest.approx((110, 1000))


def test_thick_slices_in_the_steps_of_a_layer():
    viewer = ViewerModel()
    layer = viewer.add_image(planes(5, 9), scale=(10, 0.5, 1, 1), projection_mode="mean")
    other = viewer.add_image(planes(1, 1))
    viewer.dims.point = (20, 2, 0, 0)  # steps 2 and 4

    def places(left, right, play=None):
        viewer.dims.margin_left, viewer.dims.margin_right = (*left, 0, 0), (*right, 0, 0)
        return ours.places_of(viewer, layer, play)

    assert places((0, 0), (0, 0)) == [2, 4]
    assert places((0, 1), (0, 0.5)) == [2, slice(2, 6)]
    assert places((0, 1), (0, 0.5), play=-3) == [2, 4]
    assert places((10, 1), (0, 0.5), play=-4) == [2, slice(2, 6)]
    assert places((10, 1), (10, 0.5)) == [slice(1, 4), slice(2, 6)]
    # As napari rounds: an end that is no step is not part of it.
    assert places((0, 0.9), (0, 0.4)) == [2, slice(2, 5)]
    assert places((0, 0.7), (0, 0.7)) == [2, slice(3, 5)]
    assert places((0, 9), (0, 9)) == [2, slice(0, 9)]
    assert places((90, 0), (90, 0)) == [slice(0, 5), 4]
    assert ours.places_of(viewer, other, None) == [0, 0]
    layer.projection_mode = "none"
    assert places((10, 1), (10, 0.5)) == [2, 4]
    # Steps that go backwards.
    layer.projection_mode = "sum"
    layer.scale = (10, -0.5, 1, 1)
    viewer.dims.point = (20, -2, 0, 0)
    assert places((0, 1), (0, 0.5)) == [2, slice(3, 7)]


# ---- viewers


def test_what_is_a_source():
    for nothing in ([], (), [1], "a.tif", None, np.zeros((2, 3)), [shown.Image(planes(2)), 3]):
        assert ours.stack_of(nothing) is None
    one = shown.Image(planes(3), name="one")
    two = shown.Image(planes(3) + 5, name="two", visible=False, blending="additive")
    for source in ([one, two], (one, two)):
        one.visible, two.visible = True, False
        stack = ours.stack_of(source)
        assert (stack.name, [one.visible, two.visible]) == ("one", [True, False])
    two.visible = True
    stack = ours.stack_of([one, two])
    assert [channel.name for channel in stack.channels] == ["one", "two"]
    assert [channel.number for channel in stack.channels] == [0, 1]
    assert [counts(stack, n) for n in (0, 1)] == [[0, 1, 2], [5, 6, 7]]
    assert [channel.display.blending for channel in stack.channels] == ["translucent", "additive"]
    one.visible = two.visible = False
    said = "the viewer shows no image layer; make one visible"
    assert refusal(t2v.SourceError, ours.stack_of, [one, two]) == said
    assert (one.visible, two.visible) == (False, False)
    viewer = ViewerModel()
    viewer.add_points([(1, 2)])
    viewer.add_image(planes(3), metadata={ours.TEMPORARY: True})
    assert refusal(t2v.SourceError, ours.stack_of, viewer) == said


def test_the_slider_that_was_used_last_is_played():
    viewer = ViewerModel()
    viewer.add_image(planes(3, 4), name="a")
    viewer.dims.set_point(0, 2)
    viewer.dims.set_point(1, 3)
    for last, expected in ((0, [3, 13, 23]), (1, [20, 21, 22, 23]), (2, [3, 13, 23])):
        viewer.dims.last_used = last
        assert counts(ours.stack_of(viewer)) == expected
    viewer.add_image(planes(5, 1, 1), name="b", blending="additive")  # of another axis
    viewer.dims.set_point(0, 4)
    viewer.dims.set_point(1, 2)
    viewer.dims.set_point(2, 3)
    for last, expected in (
        (0, ([23] * 5, [0, 100, 200, 300, 400])),
        (1, ([3, 13, 23], [400] * 3)),
        (2, ([20, 21, 22, 23], [400] * 4)),
        (3, ([23] * 5, [0, 100, 200, 300, 400])),
    ):
        viewer.dims.last_used = last
        stack = ours.stack_of(viewer)
        assert (counts(stack, 0), counts(stack, 1)) == expected
        assert stack.notes == ()
        assert list(stack.placed.along.values()) == [(last % 3 - 5, 0, 1)]
    first = ViewerModel()
    first.add_image(planes(1, 3, 4))
    first.dims.set_point(2, 3)
    first.dims.last_used = 0  # which has one step: the first that has more
    assert counts(ours.stack_of(first)) == [3, 13, 23]
    alone = ViewerModel()
    alone.add_image(planes(1, 1), name="still")
    stack = ours.stack_of(alone)
    assert (counts(stack), dict(stack.placed.along)) == ([0], {"T": (-4, 0, 1)})


def test_slices_of_merged_layers_become_one():
    viewer = ViewerModel()
    both = [viewer.add_image(planes(3, 4) + n, name=str(n)) for n in (0, 500)]
    thin = viewer.add_image(planes(3, 1) + 900, name="thin")
    flat = viewer.add_image(planes(4) + 700, name="flat")
    merged = ours.merge(viewer, [*both, thin], -4)
    viewer.dims.set_point(0, 1)
    viewer.dims.set_point(1, 2)
    stack = ours.merged_layers(viewer, merged, -4)
    assert [counts(stack, n) for n in range(3)] == [[2, 12, 22], [502, 512, 522], [900, 910, 920]]
    stack = ours.merged_layers(viewer, merged, -4, depth=-3, projection="max")
    assert [counts(stack, n) for n in range(3)] == [[3, 13, 23], [503, 513, 523], [900, 910, 920]]
    points = [(0, 1), (0, 3), (0, 0)]
    stack = ours.merged_layers(viewer, merged, -4, points)
    assert [counts(stack, n) for n in range(3)] == [[1, 11, 21], [503, 513, 523], [900, 910, 920]]
    assert (stack.name, stack.played, stack.notes, stack.path) == ("0_500_thin", "T", (), None)
    # An axis that a layer lacks is none to project.
    merged = ours.merge(viewer, [both[0], flat], -3)
    stack = ours.merged_layers(viewer, merged, -3, depth=-4, projection="max")
    assert [counts(stack, n) for n in (0, 1)] == [[20, 21, 22, 23], [700, 701, 702, 703]]


def placed(viewer, size=(10, 20), n=3, **options):
    options = {"name": f"l{len(viewer.layers)}"} | options
    return viewer.add_image(np.zeros((n, *size), np.uint8), **options)


def grids(merged):
    return [
        None if one is None else (one.size, tuple(one.rows), tuple(one.columns), one.is_linear)
        for one in merged.grids
    ]


def test_regions_are_the_same_within_a_millionth_of_a_pixel():
    plane = np.array([[0.5, 0, 3], [0, 0.25, 4], [0, 0, 1.0]])
    region = ours.Region(plane, (10, 20))
    for row, column, away, is_same in (
        (0, 2, 0.24e-6, True), (0, 2, 0.26e-6, False), (1, 2, -0.24e-6, True),
        (1, 2, -0.26e-6, False), (0, 0, 0.26e-6, False), (1, 1, 0.24e-6, True), (0, 1, 1e-5, False),
    ):  # fmt: skip
        moved = plane.copy()
        moved[row, column] += away
        assert region.is_same(ours.Region(moved, (10, 20))) is is_same, (row, column, away)
    for size in ((10, 21), (9, 20)):
        assert not region.is_same(ours.Region(plane, size))


def test_the_region_of_a_layer():
    viewer = ViewerModel()
    layer = placed(viewer, scale=(7, 0.5, 0.25), translate=(1, 3, 4), units=("s", "um", "um"))
    region = ours.region_of_layer(viewer, layer)
    assert region.size == (10, 20)
    np.testing.assert_allclose(region.plane, [[0.5, 0, 3], [0, 0.25, 4], [0, 0, 1]])
    placed(viewer, units=("s", "nm", "nm"), visible=False)
    region = ours.region_of_layer(viewer, layer)
    np.testing.assert_allclose(region.plane, [[500, 0, 3000], [0, 250, 4000], [0, 0, 1]])
    colours = viewer.add_image(np.zeros((2, 7, 9, 3), np.uint8), rgb=True, units=("s", "nm", "nm"))
    assert ours.region_of_layer(viewer, colours).size == (7, 9)
    # Units that do not go together are ignored.
    placed(viewer, units=("um", "s", "s"))
    np.testing.assert_allclose(
        ours.region_of_layer(viewer, layer).plane, [[0.5, 0, 3], [0, 0.25, 4], [0, 0, 1]]
    )


def test_the_finest_pixels_that_all_layers_have():
    viewer = ViewerModel()
    coarse = placed(viewer, scale=(1, 1, 1), interpolation2d="linear")
    fine = placed(viewer, (16, 30), scale=(1, 0.5, 0.5), translate=(0, 2.25, -1.25))
    merged = ours.merge(viewer, [coarse, fine], -3)
    # Rows of the fine one end at 2 and 10, those of the other at -0.5 and 9.5; columns at -1.5
    # and 13.5, and -0.5 and 19.5.
    assert (merged.layers, merged.finest) == ((coarse, fine), 1)
    assert merged.region.size == (15, 28)
    np.testing.assert_allclose(merged.region.plane, [[0.5, 0, 2.25], [0, 0.5, -0.25], [0, 0, 1]])
    assert grids(merged) == [
        ((15, 28), (2.25, 0.5), (-0.25, 0.5), True),
        ((15, 28), (0, 1), (2, 1), False),
    ]
    # Of one size, the first; and each axis by itself.
    wide = placed(viewer, (40, 20), scale=(1, 0.25, 1), translate=(0, 0.625, 0))
    merged = ours.merge(viewer, [fine, wide], -3)
    assert merged.finest == 0
    assert merged.region.size == (32, 28)
    np.testing.assert_allclose(merged.region.plane, [[0.25, 0, 2.125], [0, 0.5, -0.25], [0, 0, 1]])
    assert grids(merged) == [
        ((32, 28), (-0.25, 0.5), (2, 1), False),
        ((32, 28), (6, 1), (-0.25, 0.5), False),
    ]
    turned = placed(viewer, scale=(1, 1, -1), translate=(0, 0, 12))
    merged = ours.merge(viewer, [coarse, turned], -3)
    assert merged.region.size == (10, 13)
    assert grids(merged) == [((10, 13), (0, 1), (0, 1), True), ((10, 13), (0, 1), (12, -1), False)]
    same = placed(viewer)
    merged = ours.merge(viewer, [coarse, same], -3)
    assert (merged.grids, merged.finest, merged.region.size) == ((None, None), 0, (10, 20))
    inside = placed(viewer, (4, 5), translate=(0, 3, 4))
    merged = ours.merge(viewer, [coarse, inside], -3)
    assert grids(merged) == [((4, 5), (3, 1), (4, 1), True), None]


@pytest.mark.parametrize(
    ("row", "column", "size"),
    [
        (8, 0, (2, 20)), (8.0000001, 0, (2, 20)), (8.01, 0, None), (-8, 0, (2, 20)), (9, 0, None),
        (0, 18, (10, 2)), (0, 19, None), (0, -18, (10, 2)), (0, -18.01, None),
    ],
)  # fmt: skip
def test_two_pixels_are_what_layers_have_in_common_at_least(row, column, size):
    viewer = ViewerModel()
    both = [placed(viewer), placed(viewer, translate=(0, row, column))]
    if size is None:
        said = "does not overlap with the others"
        assert refusal(t2v.SourceError, ours.merge, viewer, both, -3) == said
    else:
        assert ours.merge(viewer, both, -3).region.size == size


def turn(first, second, sine=0.6):
    matrix = np.eye(4)
    cosine = (1 - sine**2) ** 0.5
    matrix[np.ix_([first, second], [first, second])] = [[cosine, -sine], [sine, cosine]]
    return matrix


@pytest.mark.filterwarnings("ignore:Non-orthogonal slicing")
def test_why_layers_do_not_go_together():
    viewer = ViewerModel()
    good, turned, tilted, other, short = (
        placed(viewer, name="good"),
        placed(viewer, name="turned", affine=turn(1, 2)),
        placed(viewer, name="tilted", affine=turn(0, 1)),
        placed(viewer, name="other", translate=(0, 1, 0)),
        placed(viewer, name="short", n=2),
    )

    def why(*layers, play=-3):
        return refusal(t2v.SourceError, ours.merge, viewer, layers, play)

    assert why(good, turned) == "is rotated or sheared"
    assert why(good, tilted) == "is turned out of the plane of the picture"
    assert why(turned, good) == "cannot be put on turned, which is rotated or sheared"
    assert why(tilted, good) == (
        "cannot be put on tilted, which is turned out of the plane of the picture"
    )
    assert why(good, short) == "has 2 frames where good has 3"
    assert why(short, good, play=None) == "has 3 frames where short has 2"
    assert ours.merge(viewer, [good, short], -4).layers == (good, short)
    assert ours.mergeable(viewer, [good, turned, other, short], -3) == (
        (good, other),
        {turned: "is rotated or sheared", short: "has 2 frames where good has 3"},
    )
    # The lower ones first, and what leaves out the fewest.
    assert ours.mergeable(viewer, [turned, good, other], -3) == (
        (good, other), {turned: "is rotated or sheared"},
    )  # fmt: skip
    assert ours.mergeable(viewer, [turned, good], -3) == (
        (turned,), {good: "cannot be put on turned, which is rotated or sheared"},
    )  # fmt: skip
    assert ours.mergeable(viewer, [good, other], -3) == ((good, other), {})
    # A millionth of a pixel is no turn.
    for sine, is_alike in ((0.9e-6, True), (1.2e-6, False)):
        hardly = placed(viewer, affine=turn(1, 2, sine), translate=(0, 1, 0))
        if is_alike:
            assert ours.merge(viewer, [good, hardly], -3).region.size == (9, 20)
        else:
            assert why(good, hardly) == "is rotated or sheared"


# ---- stacks as layers


def hyperstack(path, letters, data, **meta):
    """A file of OME, which has axes in any order."""
    names = {"Channel": {"Name": meta.pop("names")}} if "names" in meta else {}
    meta = {"axes": f"{letters}YX"} | names | meta
    tifffile.imwrite(path, data, ome=True, metadata=meta, photometric="minisblack")
    return t2v.open_stack(path)


def test_each_channel_of_a_file_is_a_layer(tmp_path):
    data = planes(3, 2, dtype=np.uint16)
    meta = {
        "PhysicalSizeX": 0.25, "PhysicalSizeY": 0.25, "TimeIncrement": 2.0,
        "TimeIncrementUnit": "s", "names": ["DAPI", "GFP"],
    }  # fmt: skip
    stack = hyperstack(tmp_path / "s.ome.tif", "TC", data, **meta)
    layers = ours.layers_data(stack)
    options = [dict(each) for _, each, _ in layers]
    colormaps = [each.pop("colormap") for each in options]
    assert options == [
        {
            "rgb": False, "axis_labels": ("t", "y", "x"), "scale": [2, 0.25, 0.25],
            "units": ["second", "micrometer", "micrometer"], "contrast_limits": (n, 20 + n),
            "name": f"s {name}", "blending": "additive", "metadata": {ours.CHANNEL: n},
        }
        for n, name in enumerate(("DAPI", "GFP"))
    ]  # fmt: skip
    assert [kind for _, _, kind in layers] == ["image", "image"]
    for n, ((lazy, _, _), colormap) in enumerate(zip(layers, colormaps, strict=True)):
        np.testing.assert_array_equal(lazy.compute(), data[:, n])
        assert lazy.chunks[0] == (1, 1, 1)
        layer = shown.Image(lazy, axis_labels=("t", "y", "x"), scale=(2, 0.25, 0.25))
        leads = ours.stack_of_layer(layer)  # back to the file
        assert identity_of(leads.frames) is not None
        assert counts(leads) == [n, 10 + n, 20 + n]
        assert colormap == "gray" or colormap.name == f"channel {('DAPI', 'GFP')[n]}"
    ((lazy, options, kind),) = ours.layers_data(stack, is_split=False)
    assert kind == "image"
    np.testing.assert_array_equal(lazy.compute(), data)
    assert options == {
        "name": "s", "rgb": False, "axis_labels": ("t", "c", "y", "x"),
        "scale": [2, 1, 0.25, 0.25], "units": ["second", "pixel", "micrometer", "micrometer"],
        "contrast_limits": (0, 21),
    }  # fmt: skip


def test_channels_among_other_axes(tmp_path):
    data = planes(3, 2, 5, dtype=np.uint16)
    stack = hyperstack(tmp_path / "s.ome.tif", "TCZ", data, PhysicalSizeZ=1.5)
    order = stack.axes[:3]
    layers = ours.layers_data(stack)
    for n, (lazy, options, _) in enumerate(layers):
        left = order.replace("C", "")
        expected = data[:, n] if left == "TZ" else data[:, n].swapaxes(0, 1)
        np.testing.assert_array_equal(lazy.compute(), expected)
        assert options["name"] == f"s channel {n}"
        assert options["axis_labels"] == (*left.lower(), "y", "x")
        assert dict(zip(options["axis_labels"], options["scale"], strict=True)) == {
            "t": 1, "z": 1.5, "y": 1, "x": 1,
        }  # fmt: skip
        # Of the first frame, the middle one and the last.
        assert options["contrast_limits"] == (10 * n, 204 + 10 * n)
    seen = [name for _, options, _ in layers for name in (options["metadata"],)]
    assert seen == [{ours.CHANNEL: 0}, {ours.CHANNEL: 1}]


@pytest.mark.parametrize(
    ("values", "limits"),
    [
        ([5, 900, 7, 900, 9], (5, 9)),  # of the first, the third and the last
        ([5, 900, 7, 9], (5, 9)),
        ([3, 4], (3, 4)),
        ([-3.5, 2.5, 8], (-3.5, 8)),
        ([np.nan, 900, 7, 900, 9], (7, 9)),
        ([np.inf, 900, 7, 900, 9], (7, 9)),
        ([np.nan] * 3, None),
        ([4, 4, 4], None),
        ([0], None),
    ],
)
def test_limits_of_a_new_layer_show_something(values, limits):
    data = np.stack([np.full(SIZE, value, np.float32) for value in values])
    for array in (data, da.from_array(data, chunks=(1, -1, -1))):
        ((_, options, _),) = ours.layers_data(t2v.open_stack(array))
        usual = {
            "name": "array", "rgb": False, "axis_labels": ("t", "y", "x"), "scale": [1, 1, 1],
            "units": ["pixel"] * 3,
        }  # fmt: skip
        assert options == usual | ({} if limits is None else {"contrast_limits": limits})


def test_limits_of_a_new_layer_are_those_of_all_its_pixels():
    data = planes(5).astype(float)
    data[2, 1, 2], data[0, 3, 4], data[4, 0, 0] = np.nan, -7.5, 99
    ((_, options, _),) = ours.layers_data(t2v.open_stack(data))
    assert options["contrast_limits"] == (-7.5, 99)
    # Of an array of more axes, napari decides.
    for n, (lazy, options, _) in enumerate(
        ours.layers_data(t2v.open_stack(planes(3, 2), axes="TCYX"))
    ):
        np.testing.assert_array_equal(np.asarray(lazy), planes(3, 2)[:, n])
        assert "contrast_limits" not in options


def test_a_damaged_file_opens_without_limits(tmp_path):
    folder = write_folder(tmp_path / "pos", planes(3, dtype=np.uint16))
    opened = t2v.open_stack(folder)
    sorted(folder.iterdir())[2].write_bytes(b"damaged")
    ((_, options, _),) = ours.layers_data(opened)
    assert "contrast_limits" not in options
    assert options["name"] == "pos"


def test_white_may_be_zero(tmp_path):
    for photometric, colormap in (("miniswhite", "gray_r"), ("minisblack", None)):
        path = tmp_path / f"{photometric}.tif"
        tifffile.imwrite(path, planes(3, dtype=np.uint8), photometric=photometric)
        ((_, options, _),) = ours.layers_data(t2v.open_stack(path))
        assert options.get("colormap") == colormap


def test_colours_of_a_file(tmp_path):
    data = planes(3, 2, dtype=np.uint8)
    composite = t2v.open_stack(write_composite(tmp_path / "c.tif", data))
    ((_, options, _),) = ours.layers_data(composite, is_split=False)
    assert "colormap" not in options  # one for all channels would be wrong
    assert options["contrast_limits"] == (10, 201)
    maps = [options["colormap"] for _, options, _ in ours.layers_data(composite)]
    for colormap, colours, n in zip(maps, (BLUE, RED), (0, 1), strict=True):
        assert colormap.name == f"channel {n}"
        np.testing.assert_allclose(colormap.colors[:, :3], colours.T / 255)
    plain = t2v.open_stack(write_stack(tmp_path / "s.tif", data[:, 0]))
    ((_, options, _),) = ours.layers_data(plain)
    assert options["colormap"].name == "look-up table"
    np.testing.assert_allclose(options["colormap"].colors[:, :3], FIRE.T / 255)
    assert options["contrast_limits"] == (20, 121)


def test_positions_with_their_calibration(tmp_path):
    def write(name, shapes, named=True):
        with tifffile.TiffWriter(tmp_path / name, ome=True) as writer:
            for number, shape in enumerate(shapes):
                meta = {"axes": "TCYX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5}
                meta |= {"Name": f"P{number}"} if named else {}
                data = np.full(shape, number + 1, np.uint16)
                data[:, 1] += 10
                writer.write(data, metadata=meta, photometric="minisblack")
        return ours.layers_data(t2v.open_stack(tmp_path / name))

    layers = write("alike.ome.tif", [(3, 2, 32, 40)] * 2)
    for n, (lazy, options, kind) in enumerate(layers):
        assert (lazy.shape, kind) == ((2, 3, 32, 40), "image")
        np.testing.assert_array_equal(lazy[:, 0, 0, 0].compute(), [1 + 10 * n, 2 + 10 * n])
        assert options["axis_labels"] == ("p", "t", "y", "x")
        assert options["scale"] == [1, 1, 0.5, 0.5]
        assert options["units"] == ["pixel", "pixel", "micrometer", "micrometer"]
        assert options["metadata"] == {ours.CHANNEL: n}
    assert len(layers) == 2
    layers = write("unlike.ome.tif", [(3, 2, 32, 40), (3, 2, 30, 40)])
    names = [options["name"] for _, options, _ in layers]
    assert names == [f"unlike channel {n} P{p}" for p in (0, 1) for n in (0, 1)]
    assert [lazy.shape[1] for lazy, _, _ in layers] == [32, 32, 30, 30]
    assert [int(lazy[0, 0, 0]) for lazy, _, _ in layers] == [1, 11, 2, 12]


# ---- texts and drawings


def drawn(viewer):
    viewer.dims.last_used = 0
    return ours.stack_of(viewer).drawings


def test_texts_as_napari_writes_them():
    viewer = ViewerModel()
    viewer.add_image(np.zeros((3, 8, 9)), scale=(1, 0.5, 0.25))
    places = [(0, 1, 2), (1, 3, 4), (2, 5, 6)]
    text = {"string": ["", "b", "c"], "size": 90, "color": "red", "translation": (7, 1, 2)}
    points = viewer.add_points(places, text=text)
    ((texts,),) = [[one.texts for one in drawn(viewer)]]
    # A point of the font is 4/3 pixels; pixels of the image are half as high and a quarter as wide.
    assert (texts.strings, texts.size_px, texts.anchor) == (("", "b", "c"), 120, "center")
    assert texts.shift == (2, 8)
    assert texts.colours.tolist() == [[255, 0, 0, 255]] * 3
    for size, px in ((1, 1), (0.2, 1), (1.2, 2), (54, 72)):
        points.text.size = size
        assert drawn(viewer)[0].texts.size_px == px
    for translation, shift in ((3, (6, 12)), ([3], (6, 12)), ((5, -1), (10, -4)), (0, (0, 0))):
        points.text.translation = translation
        assert drawn(viewer)[0].texts.shift == shift
    points.text.anchor = "lower_right"
    assert drawn(viewer)[0].texts.anchor == "lower_right"
    points.shown = [True, False, False]  # the others have no text
    assert drawn(viewer)[0].texts is None
    points.shown = [True, False, True]
    assert drawn(viewer)[0].texts.strings == ("", "c")
    points.text.color = ["red", "blue", (0, 1, 0, 0.5)]
    assert drawn(viewer)[0].texts.colours.tolist() == [[255, 0, 0, 255], [0, 255, 0, 128]]
    points.shown = False
    assert drawn(viewer)[0].texts is None
    assert drawn(viewer)[0].count == 0


def test_drawings_say_which_layer_and_file_they_are_of(tmp_path):
    viewer = ViewerModel()
    viewer.add_image(np.zeros((3, 8, 9)), name="image")
    with layer_source(path=str(tmp_path / "cells.csv")):
        viewer.add_points([(0, 1, 2)], name="from a file", opacity=0.5)
    viewer.add_points([(0, 1, 2)], name="opaque", opacity=0.5, blending="opaque")
    viewer.add_points([(0, 1, 2)], name="hidden", visible=False)
    surface = (np.array([(0, 1, 2), (0, 5, 2), (0, 5, 9)]), np.array([(0, 1, 2)]))
    viewer.add_surface(surface, name="mesh")
    viewer.add_image(np.zeros((3, 8, 9)), name="above", blending="additive")
    viewer.add_points([(0, 1, 2)], name="last", blending="translucent_no_depth")
    stack = ours.stack_of(viewer)
    assert [dataclasses.astuple(one.look) for one in stack.drawings] == [
        ("from a file", "cells.csv", 0.5, "translucent", 1),
        ("opaque", "", 1.0, "opaque", 1),
        ("last", "", 1.0, "translucent", 2),
    ]
    assert stack.notes == ("left out: mesh, which is a Surface layer",)
    kinds = [
        shown.Points([(0, 1)]),
        shown.Tracks([(1, 0, 1, 2)]),
        shown.Labels(np.zeros((2, 2), int)),
    ]
    assert all(map(ours.is_drawn, kinds))
    assert not ours.is_drawn(shown.Image(planes(2)))

    class Own(shown.Points):
        """A plugin's own kind of points."""

    assert ours.is_drawn(Own([(0, 1)]))


def test_labels_where_the_sliders_stand():
    viewer = ViewerModel()
    viewer.add_image(np.zeros((3, 4, *SIZE)))
    data = planes(3, 4, dtype=np.uint8)
    layer = viewer.add_labels([data, data[..., ::2, ::2]], multiscale=True)

    def labels():
        (drawing,) = drawn(viewer)
        frames = [np.array(frame) for frame in drawing.images.read_frames(WHOLE)]
        assert all(frame.shape == SIZE for frame in frames)
        return [int(frame[0, 0]) for frame in frames]

    for place, index in ((0, 0), (2, 2), (3, 3)):
        viewer.dims.set_point(1, place)
        assert labels() == [index, 10 + index, 20 + index]
    layer.translate = (0, 0.6, 0, 0)
    viewer.dims.set_point(1, 2)
    assert labels() == [1, 11, 21]
    for translate, is_seen in ((-1.4, True), (-1.6, False), (2.4, True), (2.6, False)):
        layer.translate = (0, translate, 0, 0)
        assert bool(drawn(viewer)) == is_seen, translate
    # Of one time, the same in each frame; with no time at all as well.
    viewer.layers.pop()
    viewer.add_labels(data[1, 2])
    assert labels() == [12] * 3
    viewer.layers.pop()
    viewer.add_labels(data[0])
    viewer.dims.set_point(1, 3)
    assert labels() == [3] * 3
