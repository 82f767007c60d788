"""The crop box by its ratio, and its way back."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.frames import noise

pytest.importorskip("napari")

from helpers.canvas import Canvas
from helpers.window import click, pick, write_into
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

import napari_tif2video as t2v

SIZE = (300, 400)


@pytest.fixture
def opened(open_widget):
    viewer, widget = open_widget(noise((2, *SIZE)), name="s", contrast_limits=(0, 65535))
    widget.wait_until_idle()
    return Canvas(viewer), viewer.layers["s"].__wrapped__, widget


def set_box(widget, crop):
    widget.settings = t2v.VideoSettings(crop=crop, contrast="displayed")
    widget.wait_until_idle()


@pytest.mark.parametrize(("words", "ratio"), [("1:1", 1), ("16:9", 16 / 9)])
def test_a_ratio_holds_for_fields_and_drags(opened, words, ratio):
    canvas, image, widget = opened
    set_box(widget, "200x40+100+100")
    crop = widget["crop"]

    def box():
        widget.wait_until_idle()
        found = widget.settings.crop
        assert abs(found.width - ratio * found.height) <= max(0.5 * ratio, 0.5) + 1e-9
        assert found.x is None or found.x + found.width <= SIZE[1]
        assert found.y is None or found.y + found.height <= SIZE[0]
        assert widget.canvas.box.shape == (found.height, found.width)
        return found

    pick(crop.ratio, words)
    assert box().width == 200
    write_into(crop.sides[1], "90")
    QTest.keyClick(crop.sides[1].native, Qt.Key.Key_Return)
    assert box().height == 90
    write_into(crop.sides[0], "900")  # more than there is
    QTest.keyClick(crop.sides[0].native, Qt.Key.Key_Return)
    assert box().width == min(400, round(300 * ratio))
    set_box(widget, f"{round(90 * ratio)}x90+100+100")
    assert crop.ratio.value == ratio
    canvas.fit()
    before = box()
    # The lower right corner, then the left edge.
    low, right = before.y + before.height - 0.5, before.x + before.width - 0.5
    canvas.drag(image, (low, right), (low + 30, right + 3))
    larger = box()
    assert abs(larger.height - 120) <= 2
    assert (larger.x, larger.y) == (before.x, before.y)
    middle = larger.y + larger.height / 2
    canvas.drag(image, (middle, larger.x - 0.5), (middle, larger.x + 15))
    assert abs(box().width - (larger.width - 15)) <= 2
    click(crop.draw)
    canvas.drag(image, (250, 350), (200, 345))
    drawn = box()
    assert abs(drawn.height - 50) <= 2
    assert abs(drawn.y + drawn.height - 250) <= 2
    assert abs(drawn.x + drawn.width - 350) <= 2
    set_box(widget, "200x40")  # settings are what counts
    assert crop.ratio.value is None
    assert str(widget.settings.crop) == "200x40"


def test_a_ratio_chosen_before_holds_when_crop_is_ticked(opened):
    _, _, widget = opened
    click(widget["crop"].check)
    for words, box in (("16:9", "200x112"), ("4:3", "200x150"), ("1:1", "200x200")):
        pick(widget["crop"].ratio, words)
        assert str(widget.settings.crop) == box
    click(widget["crop"].centre)
    assert str(widget.settings.crop) == "200x200"
    pick(widget["crop"].ratio, "Free")
    assert str(widget.settings.crop) == "200x200"


def test_ctrl_z_goes_back_step_by_step(opened):
    canvas, image, widget = opened
    boxes = [widget.settings.crop]
    click(widget["crop"].draw)
    canvas.fit()
    canvas.drag(image, (50, 60), (150, 260))
    widget.wait_until_idle()
    boxes.append(widget.settings.crop)
    canvas.drag(image, (100, 150), (130, 190))
    widget.wait_until_idle()
    boxes.append(widget.settings.crop)
    click(widget["crop"].centre)
    widget.wait_until_idle()
    boxes.append(widget.settings.crop)
    assert len(set(boxes)) == 4
    for box in boxes[-2::-1]:
        QTest.keyClick(canvas.widget, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        widget.wait_until_idle()
        assert widget.settings.crop == box
        assert (widget.canvas.box is None) == (box is None)
        if box is not None:
            assert widget.canvas.box.shape == (box.height, box.width)
    QTest.keyClick(canvas.widget, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    widget.wait_until_idle()
    assert widget.settings.crop == boxes[0]


def test_ctrl_z_belongs_to_its_owner_when_the_dock_is_gone(opened):
    canvas, _, widget = opened
    pressed = []
    widget.canvas.hide()
    canvas.viewer.bind_key("Control-Z", pressed.append, overwrite=True)
    set_box(widget, "20x20")
    for count in (0, 1):
        QTest.keyClick(canvas.widget, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert len(pressed) == count
        canvas.viewer.window.remove_dock_widget("all")
    canvas.viewer.bind_key("Control-Z", None)


def test_the_box_follows_its_image(opened):
    canvas, image, widget = opened
    set_box(widget, "100x60+200+30")
    canvas.fit()

    def assert_in_place():
        widget.wait_until_idle()
        seen = canvas.seen((255, 149, 0))
        ends = [canvas.pixel(image, place) for place in ((29.5, 199.5), (89.5, 299.5))]
        np.testing.assert_allclose([seen.min(0), seen.max(0) + 1], ends, atol=2)

    for change, value in {
        "scale": (1, 0.5, 0.5), "translate": (0, 7, -8), "units": ("s", "nm", "nm"),
    }.items():  # fmt: skip
        setattr(image, change, value)
        assert_in_place()
    # Others in other units change what a length is on the canvas.
    canvas.viewer.add_image(np.zeros((2, 20, 20)), units=("s", "um", "um"), visible=False)
    canvas.fit()
    assert_in_place()
    canvas.viewer.layers.remove(image)
    widget.wait_until_idle()
    assert not len(canvas.seen((255, 149, 0)))


def test_the_box_of_a_merge_is_drawn_where_it_is_cut_out(open_widget):
    viewer, widget = open_widget(noise((2, 60, 80)), name="coarse", contrast_limits=(0, 65535))
    options = {"scale": (1, 0.5, 0.5), "translate": (0, 9.75, 19.75), "blending": "additive"}
    fine = viewer.add_image(noise((2, 80, 100)), name="fine", **options).__wrapped__
    widget["crop"].value = "20x10+6+8"
    widget.wait_until_idle()
    canvas = Canvas(viewer)
    canvas.fit()
    seen = canvas.seen((255, 149, 0))
    ends = [canvas.pixel(fine, place) for place in ((7.5, 5.5), (17.5, 25.5))]
    np.testing.assert_allclose([seen.min(0), seen.max(0) + 1], ends, atol=2)
