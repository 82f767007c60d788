"""Which layers become the video, without a viewer."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.frames import noise

pytest.importorskip("napari")

from helpers.window import entries
from napari.utils._proxies import PublicOnlyProxy
from qtpy.QtWidgets import QComboBox

from napari_tif2video._napari.layers import TEMPORARY
from napari_tif2video._napari.source.picker import LayerPicker

MERGED = "All visible layers, as displayed"


@pytest.fixture
def picker(model, qtbot):
    """It follows the viewer, as by napari."""
    made = LayerPicker(model)
    qtbot.addWidget(made.native)
    for name in ("inserted", "removed", "reordered"):
        getattr(model.layers.events, name).connect(made.reset_choices)
    return made


def add(model, name, shape=(3, 8, 9), **options):
    return model.add_image(noise(shape), name=name, **options)


def names(layers):
    return [layer.name for layer in layers]


def test_without_layers_nothing_is_offered(picker):
    assert entries(picker) == []
    assert (picker.images, picker.candidates, picker.chosen, picker.drawn) == ([], [], [], [])
    assert (picker.layer, picker.covered, picker.left_out) == (None, None, {})
    assert not picker.is_merged
    assert picker.tooltip == "What is made into a video"
    assert picker.native.accessibleName() == "Layer"
    policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
    assert picker.native.sizeAdjustPolicy() == policy
    picker.show_in_colours()


def test_all_that_is_shown_is_chosen_until_the_user_chooses(picker, model):
    told = []
    picker.changed.connect(told.append)
    a = add(model, "a")
    assert entries(picker) == ["a"]
    assert (picker.layer, picker.chosen, picker.is_merged) == (a, [a], False)
    b = add(model, "b")
    assert entries(picker) == ["a", "b", MERGED]
    assert (picker.layer, picker.chosen, picker.is_merged) == (None, [a, b], True)
    hidden = add(model, "hidden", visible=False)
    assert {*entries(picker)} == {"a", "b", "hidden", MERGED}
    assert (picker.chosen, picker.is_merged) == ([a, b], True)
    b.visible = False
    picker.reset_choices()
    assert (picker.chosen, picker.is_merged) == ([a], False)
    hidden.visible = True
    picker.reset_choices()
    assert (picker.chosen, picker.is_merged) == ([a, hidden], True)
    assert told == []
    # What the user has chosen stays as long as it is there, seen or not.
    picker.value = b
    assert told == [b]
    b.visible = False
    c = add(model, "c")
    assert (picker.layer, picker.chosen, picker.left_out) == (b, [b], {a: "", hidden: "", c: ""})
    model.layers.remove(b)
    assert (picker.chosen, picker.is_merged) == ([a, hidden, c], True)
    # So does the choice of all.
    picker.value = a
    picker.value = "all visible"
    for layer in (hidden, c):
        layer.visible = False
    picker.reset_choices()
    assert (picker.chosen, picker.is_merged) == ([a], True)
    for layer in (hidden, c):
        model.layers.remove(layer)
    assert entries(picker) == ["a"]
    assert (picker.layer, picker.is_merged) == (a, False)
    model.layers.clear()
    assert (entries(picker), picker.layer, picker.chosen) == ([], None, [])
    # It was about those layers.
    a, b = add(model, "a"), add(model, "b")
    assert (picker.is_merged, picker.chosen) == (True, [a, b])


def test_a_layer_is_set_by_scripts(picker, model):
    a, b = add(model, "a"), add(model, "b")
    picker.layer = PublicOnlyProxy(a)
    assert picker.layer is a
    picker.layer = b
    assert (picker.layer, picker.chosen) == (b, [b])
    add(model, "c")
    assert picker.layer is b


def test_hidden_layers_alone_are_still_offered(picker, model):
    a = add(model, "a", visible=False)
    add(model, "b", visible=False)
    assert entries(picker) == ["a", "b", MERGED]
    assert (picker.layer, picker.is_merged) == (a, False)
    picker.value = "all visible"
    assert picker.chosen == []
    assert picker.left_out == {}
    picker.value = a
    assert picker.chosen == [a]


def test_of_layers_that_do_not_go_together_one_is_chosen(picker, model):
    a = add(model, "a")
    b = add(model, "b", (4, 8, 9))
    assert (picker.chosen, picker.is_merged) == ([a], False)
    assert picker.left_out == {b: "has 4 frames where a has 3"}
    model.layers.selection.active = b
    picker.reset_choices()
    assert picker.chosen == [a]  # the one before, as the viewer shows the same
    picker.layer = b
    assert picker.chosen == [b]
    assert picker.left_out == {a: ""}  # by choice
    picker.value = "all visible"
    assert picker.chosen == [a]
    assert picker.left_out == {b: "has 4 frames where a has 3"}
    b.visible = False
    picker.look()
    assert picker.left_out == {}


def test_the_active_layer_is_the_first_choice_among_those_that_do_not_go_together(model, qtbot):
    layers = [add(model, name, (n, 8, 9)) for n, name in ((3, "a"), (4, "b"), (5, "c"))]
    for active, visible, want in (
        (1, "abc", "b"),
        (2, "abc", "c"),
        (None, "abc", "c"),
        (1, "ac", "c"),  # of those that are seen
        (None, "ab", "b"),
        (1, "", "b"),
        (None, "", "c"),
    ):
        for layer in layers:
            layer.visible = layer.name in visible
        model.layers.selection.clear()
        if active is not None:
            model.layers.selection.active = layers[active]
        picker = LayerPicker(model)
        qtbot.addWidget(picker.native)
        picker.reset_choices()
        assert names(picker.chosen) == [want]
        assert not picker.is_merged


def test_layers_that_are_drawn_belong_to_all_that_is_shown(picker, model):
    image = add(model, "a")
    points = model.add_points([(0, 1, 2)], name="spots")
    assert entries(picker) == ["a", MERGED]
    assert (picker.chosen, picker.drawn, picker.is_merged) == ([image], [points], True)
    assert picker.left_out == {}
    shapes = model.add_shapes([[(1, 1), (4, 4)]], name="box")
    points.visible = False
    picker.reset_choices()
    assert (picker.drawn, picker.left_out) == ([shapes], {})
    picker.layer = image
    assert (picker.chosen, picker.drawn) == ([image], [])
    assert picker.left_out == {shapes: ""}
    assert names(picker.candidates) == ["a", "spots", "box"]
    picker.value = "all visible"
    model.layers.remove(points)
    assert picker.is_merged
    model.layers.remove(shapes)
    assert entries(picker) == ["a"]
    assert (picker.layer, picker.is_merged) == (image, False)


def test_what_cannot_be_drawn_is_left_out(picker, model):
    image = add(model, "a")
    corners = np.array([(0, 1, 2), (0, 5, 2), (0, 5, 9)])
    mesh = model.add_surface((corners, np.array([(0, 1, 2)])), name="mesh")
    assert entries(picker) == ["a"]
    assert picker.chosen == [image]
    assert picker.left_out == {mesh: ""}
    assert picker.images == [image]


def test_points_without_an_image_are_nothing(picker, model):
    model.add_points([(0, 1, 2)])
    assert entries(picker) == []
    assert picker.chosen == []


def test_layers_of_the_plugin_are_no_sources(picker, model):
    add(model, "ours", metadata={TEMPORARY: True})
    assert (entries(picker), picker.candidates) == ([], [])
    a = add(model, "a")
    assert (entries(picker), picker.chosen) == (["a"], [a])


@pytest.mark.parametrize(
    ("looks", "covering", "covered"),
    [
        ([{}, {}], 1, [0]),
        ([{}, {"blending": "opaque"}], 1, [0]),
        ([{}, {"blending": "translucent"}], 1, [0]),
        ([{}, {"blending": "translucent_no_depth"}], 1, [0]),
        ([{}, {"blending": "additive"}], None, []),
        ([{}, {"blending": "minimum"}], None, []),
        ([{"blending": "opaque"}, {"blending": "additive"}], None, []),  # nothing is below it
        ([{}, {"opacity": 0.99}], None, []),
        ([{}, {}, {}], 2, [0, 1]),
        ([{}, {}, {"blending": "additive"}], 1, [0]),
        ([{}, {"blending": "additive"}, {}], 2, [0, 1]),
        ([{}, {"rgb": True}], None, []),
        ([{"rgb": True}, {}], 1, [0]),
        ([{}], None, []),
    ],
)
def test_a_layer_may_hide_those_below_it(picker, model, looks, covering, covered):
    layers = []
    for look in looks:
        shape = (3, 8, 9, 3) if "rgb" in look else (3, 8, 9)
        kind = {"dtype": np.uint8, "high": 255} if "rgb" in look else {}
        blending = {"blending": "translucent_no_depth"} | look
        layers.append(model.add_image(noise(shape, **kind), **blending))
    picker.reset_choices()
    want = None if covering is None else (layers[covering], [layers[n] for n in covered])
    assert picker.covered == want
    if len(layers) > 1:
        picker.layer = layers[-1]
        assert picker.covered is None


def test_layers_are_shown_in_colours_of_their_own(picker, model):
    rgb = model.add_image(noise((3, 8, 9, 3), high=255, dtype=np.uint8), rgb=True, name="rgb")
    fire = add(model, "b", colormap="fire")
    grey = add(model, "c")
    last = add(model, "d", colormap="gray", blending="opaque")
    hidden = add(model, "hidden", visible=False)
    picker.show_in_colours()
    assert [layer.blending for layer in (rgb, fire, grey, last)] == ["additive"] * 4
    assert hidden.blending == "translucent_no_depth"
    assert hidden.colormap.name == fire.colormap.name.replace("fire", "gray") == "gray"
    assert fire.colormap.name == "fire"
    # The third and the fourth of four.
    from napari_tif2video.colours import default_colours

    third, fourth = [name for name, _ in default_colours(4)][2:]
    assert (grey.colormap.name, last.colormap.name) == (third, fourth)
    assert third != fourth
