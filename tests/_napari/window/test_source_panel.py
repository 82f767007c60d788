"""The source of the videos, without a viewer: what is missing, what is known, where it is shown."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise, numbered

pytest.importorskip("napari")

from helpers.window import choose, click, entries

import napari_tif2video as t2v
from napari_tif2video._napari.layers import TEMPORARY
from napari_tif2video._napari.source import SourceAxes, SourcePanel
from napari_tif2video.data import Calibration
from napari_tif2video.planning import plan

HYPER = noise((4, 2, 3, 8, 9))
NAMES = ("t", "z", "y", "x")


@pytest.fixture
def panel(model, qtbot):
    made = SourcePanel(model)
    for part in (made.mode.native, made.folders, made.layers.native, made.covered_row.native):
        qtbot.addWidget(part)
    made.attach()
    for name in ("inserted", "removed"):
        getattr(model.layers.events, name).connect(made.layers.reset_choices)
    yield made
    made.close()


@pytest.fixture
def told(panel):
    calls = []
    panel.changed.connect(lambda: calls.append(None))
    return calls


@pytest.fixture
def open_folders(panel, wait):
    """Show these folders and files, the first one selected, until all is known."""

    def opened(*paths, axes=None, plays_channels=False):
        panel.mode.value = "Folders"
        panel.folders.clear()
        panel.folders.add(paths)
        panel.look(axes, plays_channels)
        wait(lambda: not panel.is_busy)
        return panel.temporary.stack

    return opened


def write_ome(path, data=HYPER, axes="TCZYX", **metadata):
    metadata = {"axes": axes, "Channel": {"Name": ["DAPI", "GFP"]}} | metadata
    tifffile.imwrite(path, data, ome=True, metadata=metadata, photometric="minisblack")
    return path


def planned(stack, **options):
    return plan(stack, t2v.VideoSettings(**options))


# ---- layers


def test_what_has_to_happen_before_there_can_be_a_video(panel, model):
    assert (panel.missing, panel.image, panel.region, panel.origins) == (
        "Open an image first.", None, None, set(),
    )  # fmt: skip
    assert (panel.axes, panel.depth, panel.stack(None), panel.is_busy) == ([], 0, None, False)
    layers = [model.add_image(noise((3, 8, 9)), name=name) for name in "ab"]
    panel.layers.value = "all visible"
    assert panel.missing == ""
    for layer in layers:
        layer.visible = False
    panel.look(None, False)
    assert (panel.missing, panel.image, panel.region) == ("Make a layer visible.", None, None)
    panel.layers.layer = layers[1]
    assert (panel.missing, panel.image) == ("", layers[1])


def test_a_layer_and_all_layers(panel, model):
    a = model.add_image(noise((3, 8, 9)), name="a", scale=(1, 2, 2))
    b = model.add_image(noise((3, 8, 9)), name="b", scale=(1, 2, 2), translate=(0, 4, 0))
    panel.look(None, False)
    assert (panel.image, panel.origins) == (a, set(map(_reference, (a, b))))
    assert panel.present == panel.origins
    region = panel.region
    assert region.size == (6, 9)
    np.testing.assert_array_equal(region.plane, [[2, 0, 4], [0, 2, 0], [0, 0, 1]])
    stack = panel.stack(None)
    assert (stack.name, len(stack.channels), len(stack)) == ("a_b", 2, 3)
    panel.layers.layer = b
    assert (panel.image, panel.origins) == (b, {_reference(b)})
    assert panel.present == set(map(_reference, (a, b)))
    assert panel.region.size == (8, 9)
    assert panel.stack(None).name == "b"
    points = model.add_points([(0, 1, 2)], name="spots")
    assert panel.present == set(map(_reference, (a, b, points)))
    assert panel.stack(None).drawings == ()
    panel.layers.value = "all visible"
    panel.look(None, False)
    assert len(panel.stack(None).drawings) == 1


def _reference(layer):
    import weakref

    return weakref.ref(layer)


def test_slices_of_layers(panel, model):
    data = np.arange(6, dtype=np.uint16).reshape(2, 3, 1, 1) * np.ones((8, 9), np.uint16)
    model.add_image(data, axis_labels=NAMES)
    panel.look(None, False)
    assert panel.depth == 3
    assert [panel.stack(z).frames.select([1]).label(0) for z in (0,)]
    middle = panel.stack("max").data
    np.testing.assert_array_equal(np.asarray(middle)[:, 0, 0], [2, 5])
    np.testing.assert_array_equal(np.asarray(panel.stack(1).data)[:, 0, 0], [1, 4])
    panel.mode.value = "Folders"
    assert panel.depth == 0


def test_the_slider_and_the_frames_of_the_video(panel, model):
    model.add_image(noise((7, 8, 9)), scale=(2, 1, 1), translate=(5, 0, 0))
    panel.look(None, False)
    made = planned(panel.stack(None), frames="1::2")
    for index, world in ((0, 7), (1, 11), (2, 15)):
        panel.show_frame(made, index)
        assert model.dims.point[0] == world
        assert panel.frame_index(made) == index
    model.dims.set_point(0, 5)
    assert panel.frame_index(made) == 0
    # A single image has no slider.
    model.layers.clear()
    model.add_image(noise((8, 9)))
    panel.look(None, False)
    made = planned(panel.stack(None))
    before = model.dims.point
    panel.show_frame(made, 0)
    assert (panel.frame_index(made), model.dims.point) == (0, before)


def test_who_hides_whom_is_said(panel, model):
    panel.look(None, False)
    assert not panel.covered_row.visible
    model.add_image(noise((3, 8, 9)), name="a")
    model.add_image(noise((3, 8, 9)), name="b", blending="additive")
    c = model.add_image(noise((3, 8, 9)), name="c", blending="opaque")
    panel.covered_row.native.parent()
    panel.look(None, False)
    assert not panel.covered_row.native.isHidden()
    assert panel.covered.value == "c hides a, b"
    assert panel.in_colours.tooltip == (
        "Add the layers up, each in a colour of its own unless it has one"
    )
    click(panel.in_colours)
    assert c.blending == "additive"
    panel.look(None, False)
    assert panel.covered_row.native.isHidden()
    c.blending = "opaque"
    panel.mode.value = "Folders"
    panel.look(None, False)
    assert panel.covered_row.native.isHidden()


def test_the_kinds_of_source(panel, model, told):
    model.add_image(noise((3, 4, 8, 9)), axis_labels=NAMES)
    panel.look(None, False)
    assert (panel.is_folder_mode, panel.mode.choices) == (False, ("Layers", "Folders"))
    assert (panel.folders.isHidden(), panel.layers.native.isHidden()) == (True, False)
    assert len(panel.time_axis.axis.choices) == 3
    told.clear()
    choose(panel.mode, "Folders")
    assert panel.is_folder_mode
    assert len(told) == 1
    panel.look(None, False)
    assert (panel.folders.isHidden(), panel.layers.native.isHidden()) == (False, True)
    assert panel.missing == "Add a folder."
    assert (panel.image, panel.region, panel.stack(None)) == (None, None, None)
    assert panel.time_axis.axis.choices == (None,)


def test_other_layers_settings_and_sliders_are_told(panel, model, told, tmp_path):
    layer = model.add_image(noise((3, 4, 8, 9)), axis_labels=NAMES)
    points = model.add_points([(0, 0, 1, 2)])
    mesh = model.add_surface((np.eye(3, 4), np.array([(0, 1, 2)])))
    other = model.add_image(noise((3, 4, 8, 9)), name="other")
    panel.look(None, False)

    def tells(act):
        told.clear()
        act()
        return len(told) > 0

    for name, value in (
        ("contrast_limits", (1, 9)), ("colormap", "green"), ("gamma", 0.5), ("opacity", 0.5),
        ("blending", "additive"), ("projection_mode", "max"), ("name", "new"),
        ("interpolation2d", "linear"), ("scale", (1, 1, 2, 2)), ("translate", (0, 0, 2, 2)),
        ("rotate", 0), ("units", ("s", "um", "um", "um")), ("data", noise((3, 4, 8, 9))),
        ("visible", False),
    ):  # fmt: skip
        assert tells(lambda n=name, v=value: setattr(layer, n, v)), name
    for name, value in (("face_color", "red"), ("symbol", "o"), ("opacity", 0.5)):
        assert tells(lambda n=name, v=value: setattr(points, n, v)), name
    assert tells(lambda: setattr(mesh, "visible", False))
    assert tells(lambda: setattr(mesh, "name", "net"))
    assert not tells(lambda: setattr(mesh, "opacity", 0.5))
    assert not tells(lambda: setattr(layer, "metadata", {"a": 1}))
    for act in (
        lambda: model.dims.set_point(1, 2),
        lambda: setattr(model.dims, "ndisplay", 3),
        lambda: setattr(model.dims, "margin_left", (0, 1, 0, 0)),
        lambda: setattr(model.dims, "margin_right", (0, 1, 0, 0)),
        lambda: setattr(panel.layers, "value", other),
        lambda: setattr(panel.time_axis.axis, "value", -3),
        lambda: panel.folders.add([tmp_path]),
        lambda: panel.folders.tree.clearSelection(),
    ):
        assert tells(act)
    # The list follows what is seen and how it is called.
    assert set(entries(panel.layers)) == {"new", "other", "All visible layers, as displayed"}
    # A layer that is gone, or is not listened to any more, is not.
    panel.mode.value = "Folders"
    panel.look(None, False)
    assert not tells(lambda: setattr(other, "gamma", 0.3))
    panel.mode.value = "Layers"
    panel.look(None, False)
    assert tells(lambda: setattr(other, "gamma", 0.4))
    panel.detach()
    assert not tells(lambda: setattr(other, "gamma", 0.5))
    assert not tells(lambda: model.dims.set_point(1, 3))
    panel.look(None, False)
    assert not tells(lambda: setattr(other, "gamma", 0.6))
    panel.attach()
    panel.look(None, False)
    assert tells(lambda: setattr(other, "gamma", 0.7))
    assert tells(lambda: model.dims.set_point(1, 0))


def test_it_listens_once_and_lets_go_at_last(panel, model):
    layer = model.add_image(noise((3, 8, 9)))
    panel.look(None, False)
    events = (
        *(getattr(model.dims.events, name) for name in ("current_step", "ndisplay", "margin_left")),
        model.layers.events.removing,
        layer.events.gamma,
        layer.events.visible,
    )

    def counts():
        return [len(event.callbacks) for event in events]

    attached = counts()
    panel.attach()
    panel.look(None, False)
    assert counts() == attached
    panel.detach()
    assert counts() == [count - 1 for count in attached]
    panel.detach()
    assert counts() == [count - 1 for count in attached]
    panel.attach()
    panel.look(None, False)
    assert counts() == attached
    panel.close()
    assert counts() == [count - 1 for count in attached]


# ---- what is said of a source


def test_layers_in_words(panel, model):
    def said(**options):
        panel.look(None, False)
        stack = panel.stack(None)
        panel.describe(stack, planned(stack, **options))
        return panel.info.value.split("\n")

    a = model.add_image(noise((3, 8, 9)), name="a")
    assert said() == ["3 frames · 9×8 uint16 · no pixel size"]
    assert said(pixel_size=0.5) == ["3 frames · 9×8 uint16", "0.5 µm a pixel (given)"]
    assert said(frame_interval=60, pixel_size=0.123456) == [
        "3 frames · 9×8 uint16", "0.1235 µm a pixel, 60 s a frame (given)",
    ]  # fmt: skip
    a.scale, a.units = (2, 0.25, 0.25), ("s", "um", "um")
    origin = "from the layer's scale"
    assert said() == ["3 frames · 9×8 uint16", f"0.25 µm a pixel, 2 s a frame ({origin})"]
    assert said(frame_interval=60) == [
        "3 frames · 9×8 uint16", f"0.25 µm a pixel ({origin}), 60 s a frame (given)",
    ]  # fmt: skip
    a.units = ("s", "pixel", "pixel")
    assert said() == ["3 frames · 9×8 uint16", f"2 s a frame ({origin})"]
    a.scale, a.units = (1, 1, 1), ("pixel",) * 3
    model.add_image(noise((3, 8, 9)), name="b", visible=False)
    far = model.add_image(noise((4, 8, 9)), name="far")
    assert said()[1:] == ["1 of 2 visible layers; left out: far (has 4 frames where a has 3)"]
    far.visible = False
    model.layers["b"].visible = True
    panel.layers.value = "all visible"
    assert said() == ["3 frames · 2 layers · 9×8 uint16 · no pixel size"]
    model.add_points([(0, 1, 2)])
    far.visible = True
    assert said()[1:] == ["3 of 4 visible layers; left out: far (has 4 frames where a has 3)"]
    panel.layers.layer = a
    assert said()[1:] == ["1 of 4 visible layers; left out: b, far, Points"]
    model.layers.remove(far)
    panel.layers.value = "all visible"
    model.dims.ndisplay = 3
    made = "the video shows the slice where its slider stands, in 2-D."
    assert said()[1:] == [f"The 3-D view is not recorded: {made}"]
    model.dims.ndisplay = 2
    assert len(said()) == 1


def test_projections_in_words(panel, model):
    model.add_image(noise((2, 3, 8, 9)), axis_labels=NAMES)
    panel.look(None, False)
    model.dims.ndisplay = 3
    panel.describe(panel.stack("max"), planned(panel.stack("max"), z="max"))
    assert panel.info.value.split("\n")[1:] == [
        "The 3-D view is not recorded: the video shows the max of all slices, in 2-D."
    ]


def test_sources_on_disk_in_words(panel, open_folders, tmp_path):
    folder = write_folder(tmp_path / "pos", numbered(3))
    stack = open_folders(folder)
    panel.describe(stack, planned(stack))
    assert panel.info.value == "3 frames · 160×48 uint16 · no pixel size"
    stack = open_folders(write_folder(tmp_path / "one", numbered(1)))
    panel.describe(stack, planned(stack))
    assert panel.info.value == "1 frame · 160×48 uint16 · no pixel size"
    sizes = {"PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "µm", "TimeIncrement": 30.0}
    stack = open_folders(write_ome(tmp_path / "a.ome.tif", **sizes))
    made = planned(stack, z="max", channel=0)
    panel.describe(stack, made)
    origin = "from OME metadata"
    assert panel.info.value.split("\n")[:2] == [
        "4 time points · 2 channels · 3 slices · 9×8 uint16",
        f"0.5 µm a pixel, 30 s a frame ({origin})",
    ]
    # What was decided by default is said, except where a row shows it.
    made = planned(stack, channel="all")
    panel.describe(stack, made)
    assert any("; --" in note for note in made.notes)
    assert panel.info.value.split("\n")[2:] == [n for n in made.notes if "; --" not in n]
    path = tmp_path / "r.tif"
    tifffile.imwrite(path, HYPER[:, :, 0], metadata={"axes": "TAYX"}, photometric="minisblack")
    stack = open_folders(path)
    panel.describe(stack, planned(stack, play="T"))
    assert panel.info.value == "2 steps A · 4 time points · 9×8 uint16 · no pixel size"


def test_each_position_has_its_own_pixels(panel, open_folders, tmp_path):
    path = tmp_path / "two.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for name, pixel in (("A", 0.5), ("B", 0.25)):
            size = {"PhysicalSizeX": pixel, "PhysicalSizeXUnit": "µm", "Name": name}
            writer.write(numbered(3), metadata={"axes": "TYX"} | size)
    stack = open_folders(path)
    for position, pixel in ((0, 0.5), ("B", 0.25)):
        panel.describe(stack, planned(stack, position=position))
        assert panel.info.value.split("\n")[:2] == [
            "2 positions · 3 time points · 160×48 uint16",
            f"{pixel} µm a pixel (from OME metadata)",
        ]


# ---- folders and files


def test_all_sources_are_looked_at_and_one_is_shown(panel, model, open_folders, wait, tmp_path):
    a, b = (write_folder(tmp_path / name, numbered(3)) for name in "ab")
    two = write_ome(tmp_path / "two.ome.tif")
    (tmp_path / "none").mkdir()
    panel.mode.value = "Folders"
    panel.folders.add([a, two, tmp_path / "none"])
    panel.look(None, False)
    assert (panel.missing, panel.is_busy) == ("Looking at the sources: 0 of 3…", True)
    wait(lambda: not panel.is_busy)
    assert (panel.missing, panel.temporary.problem) == ("", "")
    hyper = SourceAxes((("T", 4), ("C", 2), ("Z", 3)), ("DAPI", "GFP"))
    assert panel.axes == [SourceAxes(), hyper, SourceAxes()]
    problems = [entry.problem for entry in panel.catalog.entries()]
    assert problems == ["", "", f"No TIF images found in {tmp_path / 'none'}"]
    states = [panel.folders.tree.topLevelItem(n).text(2) for n in range(3)]
    assert states == ["waiting", "waiting", "unreadable"]
    assert panel.folders.tree.topLevelItem(2).toolTip(2) == problems[2]
    assert panel.present == {*panel.folders.paths, _reference(model.layers[0])}
    (layer,) = model.layers
    assert (layer.name, layer.metadata[TEMPORARY], panel.image) == ("a", True, layer)
    assert panel.region.size == (48, 160)
    assert (panel.stack(None).name, panel.origins) == ("a", set())
    # The row that is selected is shown, with a layer for each channel.
    panel.folders.tree.setCurrentItem(panel.folders.tree.topLevelItem(1))
    panel.look(None, False)
    wait(lambda: not panel.is_busy)
    assert [layer.name for layer in model.layers] == ["two DAPI", "two GFP"]
    panel.look(None, True)  # channels that are played are one
    wait(lambda: not panel.is_busy)
    assert [layer.ndim for layer in model.layers] == [5]
    panel.folders.tree.setCurrentItem(panel.folders.tree.topLevelItem(2))
    panel.look(None, False)
    wait(lambda: not panel.is_busy)
    assert (list(model.layers), panel.stack(None), panel.region) == ([], None, None)
    assert panel.temporary.problem == problems[2]
    # A folder that is repaired is looked at again only when it is added again.
    panel.folders.remove_selected()
    panel.folders.add([b])
    panel.look(None, False)
    assert panel.missing == "Looking at the sources: 2 of 3…"
    wait(lambda: not panel.is_busy)
    assert panel.axes == [SourceAxes(), hyper, SourceAxes()]
    # Layers are the source again at once.
    panel.mode.value = "Layers"
    assert list(model.layers) == []
    assert panel.axes == []
    panel.look(None, False)
    assert panel.missing == "Open an image first."


def test_axes_that_are_named(panel, model, open_folders, tmp_path):
    path = tmp_path / "q.tif"
    tifffile.imwrite(path, HYPER[:, 0], metadata={"axes": "QQYX"}, photometric="minisblack")
    stack = open_folders(path)
    assert panel.axes == [SourceAxes(are_unknown=True)]
    stack = open_folders(path, axes="TZYX")
    assert panel.axes == [SourceAxes((("T", 4), ("Z", 3)))]
    assert stack.sizes == (("T", 4), ("Z", 3))
    assert panel.missing == ""


def test_the_slider_of_files(panel, model, open_folders, tmp_path):
    stack = open_folders(write_folder(tmp_path / "pos", numbered(7)))
    made = planned(stack, frames="1::2")
    for index in (2, 0):
        panel.show_frame(made, index)
        assert (model.dims.current_step[0], panel.frame_index(made)) == (1 + 2 * index, index)
    stack = open_folders(write_ome(tmp_path / "a.ome.tif"))
    made = planned(stack, play="Z", channel=0)
    panel.show_frame(made, 2)
    assert model.dims.current_step[1] == 2
    assert panel.frame_index(made) == 2
    made = planned(stack, play="C")  # it is no axis of the layers
    assert panel.frame_index(made) == 0
    panel.show_frame(made, 1)
    panel.folders.clear()
    panel.look(None, False)
    assert panel.frame_index(made) == 0


def test_the_viewer_shows_the_channels_and_the_slice_of_the_video(
    panel, model, open_folders, tmp_path
):
    model.add_image(noise((2, 4, 3, 8, 9)), name="mine")
    stack = open_folders(write_ome(tmp_path / "a.ome.tif"))
    temporary = panel.temporary
    first, second = model.layers[1:]
    assert temporary.layers == [first, second]

    def follow(**options):
        temporary.follow(planned(stack, **options))
        return first.visible, second.visible, model.dims.current_step[2]

    before = model.dims.current_step[2]
    assert follow(channel="all", z="max") == (True, True, before)
    assert follow(channel=1, z=2) == (False, True, 2)
    assert temporary.image is second
    assert follow(channel="DAPI", z=0) == (True, False, 0)
    assert temporary.image is first
    # Whoever shows something else by hand may do so.
    second.visible = True
    model.dims.set_point(2, 1)
    assert follow(channel="DAPI", z=0) == (True, True, 1)
    assert follow(channel="DAPI", z=2) == (True, False, 2)
    first.visible = False
    assert temporary.image is first  # none is seen
    model.layers.remove(first)
    assert temporary.image is second
    model.layers.remove(second)
    assert temporary.image is None
    temporary.remove()
    assert [layer.name for layer in model.layers] == ["mine"]


def test_a_single_layer_stays_seen(panel, model, open_folders, tmp_path):
    stack = open_folders(write_ome(tmp_path / "a.ome.tif"), plays_channels=True)
    panel.temporary.follow(planned(stack, play="C", z=1))
    (layer,) = model.layers
    assert layer.visible
    assert model.dims.current_step[2] == 1
    layer.visible = False
    panel.temporary.follow(planned(stack, play="C", z=2))
    assert not layer.visible


@pytest.mark.parametrize(
    ("sizes", "point", "read"),
    [
        (None, None, 3),  # the middle, where sliders stand in the beginning
        ((8, 9), None, 3),
        ((9, 8, 9), 5, 5),
        ((9, 8, 9), 0, 0),
        ((9, 8, 9), 8, 6),  # the last one
        ((2, 9, 8, 9), 2, 2),
    ],
)
def test_what_the_viewer_will_show_first_is_read_before(
    panel, model, open_folders, tmp_path, sizes, point, read
):
    """As a viewer in which a layer cannot be shown is broken from then on."""
    if sizes is not None:
        model.add_image(noise(sizes))
    if point is not None:
        model.dims.set_point(len(sizes) - 3, point)
    for damaged in (1, 2, 3, 4, 5) if read else (1, 3):  # the last one may be left out
        folder = write_folder(tmp_path / f"f{damaged}", numbered(7))
        (folder / f"t{damaged}.tif").write_bytes(b"damaged")
        open_folders(folder)
        is_shown = len(panel.temporary.layers) == 1
        assert is_shown == (damaged != read)
        assert (f"t{damaged}.tif" in panel.temporary.problem) != is_shown
        assert (panel.temporary.stack is None) != is_shown


def test_of_requests_the_last_is_shown(panel, model, wait, tmp_path, told):
    a, b = (write_folder(tmp_path / name, numbered(3)) for name in "ab")
    temporary = panel.temporary
    assert not temporary.is_busy
    temporary.show(str(a), None, False)
    assert temporary.is_busy
    temporary.show(str(b), None, False)
    wait(lambda: not temporary.is_busy)
    assert [layer.name for layer in model.layers] == ["b"]
    layer = model.layers[0]
    told.clear()
    temporary.show(str(b), None, False)  # it is shown already
    assert (temporary.is_busy, model.layers[0]) == (False, layer)
    temporary.show("", None, False)
    assert (temporary.is_busy, list(model.layers), temporary.stack) == (False, [], None)
    temporary.show(str(b), None, False)
    temporary.remove()
    wait(lambda: not temporary.is_busy)
    assert list(model.layers) == []
    told.clear()
    temporary.show(str(tmp_path / "none"), None, False)
    wait(lambda: not temporary.is_busy)
    assert str(tmp_path / "none") in temporary.problem
    assert len(told) == 1
    temporary.show(str(a), None, False)
    assert temporary.problem == ""
    wait(lambda: not temporary.is_busy)
    assert [layer.name for layer in model.layers] == ["a"]


def test_sources_are_looked_at_once(panel, wait, tmp_path, monkeypatch):
    opened = []
    real = t2v.open_stack
    monkeypatch.setattr(
        "napari_tif2video._napari.source.opening.open_stack",
        lambda *args: opened.append(args) or real(*args),
    )
    paths = [str(write_folder(tmp_path / name, numbered(2))) for name in "abc"]
    catalog = panel.catalog
    told = []
    catalog.changed.connect(lambda: told.append(catalog.entries()))
    catalog.look_at(paths[:2], None)
    assert (catalog.is_busy, catalog.entries()) == (True, [None, None])
    wait(lambda: not catalog.is_busy)
    assert opened == [(path, None, None) for path in paths[:2]]
    assert [sum(entry is not None for entry in entries) for entries in told] == [1, 2]
    catalog.look_at([paths[1], paths[2], paths[0]], None)
    assert [entry is not None for entry in catalog.entries()] == [True, False, True]
    wait(lambda: not catalog.is_busy)
    assert len(opened) == 3
    # Whatever is looked at with other axes is looked at again, and what is gone is forgotten.
    catalog.look_at(paths[:1], "TYX")
    wait(lambda: not catalog.is_busy)
    assert opened[3:] == [(paths[0], None, "TYX")]
    catalog.look_at(paths[:1], None)
    wait(lambda: not catalog.is_busy)
    assert len(opened) == 5
    # What is not wanted any more when it is known is not told.
    told.clear()
    catalog.look_at(paths[1:2], None)
    catalog.look_at(paths[2:], None)
    wait(lambda: not catalog.is_busy)
    assert (len(told), catalog.entries()[0].problem) == (1, "")
    catalog.look_at(paths[:2], None)
    catalog.stop()
    assert (catalog.is_busy, catalog.entries()) == (False, [])


def test_who_says_how_large_a_pixel_is():
    from napari_tif2video._napari.source.panel import _calibration as in_words

    for known, words in (
        (Calibration(), ""),
        (Calibration(0.5, "from a"), "0.5 µm a pixel (from a)"),
        (Calibration(None, "", 2.0, "from b"), "2 s a frame (from b)"),
        (
            Calibration(0.5, "from a", 2.0, "from b"),
            "0.5 µm a pixel (from a), 2 s a frame (from b)",
        ),
        (
            Calibration(0.5, "from a", 0.123456, "from a"),
            "0.5 µm a pixel, 0.1235 s a frame (from a)",
        ),
    ):
        assert in_words(known) == words
