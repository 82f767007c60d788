"""The first clicks in the window: what is on the canvas is made, and every box fits."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.frames import noise
from helpers.video import decoded

pytest.importorskip("napari")

from helpers.window import click, create, pick, write_into

import napari_tif2video as t2v
from napari_tif2video.geometry import CropBox


@pytest.mark.parametrize("size", [(171, 196), (196, 171), (40, 2000), (12, 10), (1024, 1024)])
def test_ticking_crop_gives_a_box_that_fits(open_widget, size):
    _, widget = open_widget(noise((2, *size)), contrast_limits=(0, 65535))
    widget.wait_until_idle()
    click(widget["crop"].check)
    widget.wait_until_idle()
    assert not widget.reason.visible
    height, width = size
    crop = widget.settings.crop
    assert (crop.width, crop.height) == (width // 2, height // 2)
    box = widget.canvas.box
    assert box.shape == (height // 2, width // 2)
    assert abs(2 * box.left + box.width - width) <= 1
    assert abs(2 * box.top + box.height - height) <= 1


def test_a_box_that_does_not_fit_is_drawn_anew_or_centred(open_widget, tmp_path, wait):
    viewer, widget = open_widget(noise((2, 171, 196)), contrast_limits=(0, 65535))
    widget.settings = t2v.VideoSettings(crop="300x300+1+2", contrast="displayed")
    widget.wait_until_idle()
    assert "larger than the frame" in widget.reason.value
    click(widget["crop"].draw)
    widget.wait_until_idle()
    assert widget.canvas.is_drawing
    assert widget["crop"].draw.native.isChecked()
    assert viewer.status == "Drag a box over the image; Esc ends that"
    click(widget["crop"].draw)
    assert not widget.canvas.is_drawing
    assert not widget["crop"].draw.native.isChecked()
    click(widget["crop"].centre)
    widget.wait_until_idle()
    assert widget.create_button.enabled
    assert str(widget.settings.crop) == "98x85"
    # What was chosen comes back when it is ticked again.
    widget["crop"].value = "100x50+96+121"
    for _ in range(2):
        click(widget["crop"].check)
    assert str(widget.settings.crop) == "100x50+96+121"


def test_the_place_of_the_box_in_numbers(open_widget):
    _, widget = open_widget(noise((2, 100, 200)), contrast_limits=(0, 65535))
    widget.wait_until_idle()
    crop = widget["crop"]
    click(crop.check)
    widget.wait_until_idle()
    assert [field.value for field in (*crop.sides, *crop.place)] == [100, 50, 50, 25]
    write_into(crop.sides[0], "60")
    assert str(widget.settings.crop) == "60x50"
    assert [field.value for field in crop.place] == [70, 25]
    write_into(crop.place[0], "7")
    assert str(widget.settings.crop) == "60x50+7+25"
    widget.wait_until_idle()
    assert widget.canvas.box == CropBox(60, 50, 7, 25)
    click(crop.centre)
    assert str(widget.settings.crop) == "60x50"
    assert [field.value for field in crop.place] == [70, 25]
    crop.undo()
    assert str(widget.settings.crop) == "60x50+7+25"


def test_all_visible_layers_are_made_unless_another_one_is_chosen(open_widget, wait, tmp_path):
    stack = noise((3, 40, 60))
    viewer, widget = open_widget()
    viewer.add_image(stack, name="a", colormap="magenta", contrast_limits=(0, 60000))
    widget.wait_until_idle()
    assert widget.layers.layer.name == "a"
    assert "visible layers" not in widget.source.info.value
    viewer.add_image(
        stack[::-1], name="b", colormap="green", blending="additive", contrast_limits=(0, 60000)
    )
    widget.wait_until_idle()
    assert widget.layers.is_merged
    viewer.dims.set_point(0, 0)
    widget.wait_until_idle()
    image = widget.result.preview.image
    np.testing.assert_array_equal(image, t2v.render_frame(viewer, 0))
    assert image[..., 0].any()
    assert image[..., 1].any()
    assert widget.result.limits.value.startswith("a 0 to 60000 · b 0 to 60000 · ")
    assert widget.source.info.value.startswith("3 frames · 2 layers · 60×40 uint16")
    assert not widget.auto.enabled
    (video,) = create(widget, wait, tmp_path)
    assert video.channels == ("a", "b")
    assert np.ptp(decoded(video.path)[..., 1]) > 100
    # Labels, points and the like are drawn onto them, others are named.
    cells = viewer.add_labels(np.ones((3, 40, 60), int), name="cells")
    viewer.add_points(np.zeros((1, 3)), name="spots", visible=False)
    corners = np.array([(0, 1, 2), (0, 5, 2), (0, 5, 9)], float)
    viewer.add_surface((corners, np.array([(0, 1, 2)])), name="mesh")
    viewer.dims.set_point(0, 0)
    widget.wait_until_idle()
    assert "3 of 4 visible layers; left out: mesh" in widget.source.info.value
    with_cells = widget.result.preview.image
    np.testing.assert_array_equal(with_cells, t2v.render_frame(viewer, 0))
    assert (with_cells != image).any()
    cells.opacity = 0
    widget.wait_until_idle()
    np.testing.assert_array_equal(widget.result.preview.image, image)
    viewer.layers["b"].visible = False
    widget.wait_until_idle()
    assert widget.layers.is_merged
    assert "2 of 3 visible layers; left out: mesh" in widget.source.info.value
    # A choice by hand stays.
    pick(widget.layers, "b")
    viewer.layers["b"].visible = True
    viewer.add_image(stack, name="c")
    widget.wait_until_idle()
    assert widget.layers.layer.name == "b"
    assert "left out: a, cells, mesh, c" in widget.source.info.value


def test_layers_that_hide_others_are_said_and_shown_in_colours(open_widget):
    viewer, widget = open_widget(noise((3, 40, 60)), name="a", contrast_limits=(0, 65535))
    panel = widget.source
    widget.wait_until_idle()
    assert not panel.covered_row.visible
    for name, options in (("b", {}), ("c", {"blending": "additive", "colormap": "red"})):
        viewer.add_image(noise((3, 40, 60)), name=name, contrast_limits=(0, 65535), **options)
    widget.wait_until_idle()
    assert panel.covered_row.native.isVisible()
    assert panel.covered.value == "b hides a"
    click(panel.in_colours)
    widget.wait_until_idle()
    assert not panel.covered_row.visible
    layers = viewer.layers
    assert [layer.blending for layer in layers] == ["additive"] * 3
    assert [layer.colormap.name for layer in layers] == ["cyan", "magenta", "red"]
    image = t2v.render_frame(viewer, 1)
    np.testing.assert_array_equal(widget.result.preview.image, image)
    layers["b"].visible = layers["c"].visible = False
    layers["b"].blending = "translucent"
    widget.wait_until_idle()
    assert not panel.covered_row.visible


def test_layers_that_do_not_go_together_leave_one_that_can_be_made(open_widget):
    viewer, widget = open_widget(noise((3, 40, 60)), name="first")
    viewer.add_image(noise((3, 40, 60)), name="turned", shear=(0, 0, 0.2))
    widget.wait_until_idle()
    assert widget.layers.layer.name == "first"
    assert widget.create_button.enabled
    assert "left out: turned (is rotated or sheared)" in widget.source.info.value


def test_layers_of_other_pixels_are_merged_and_cropped_where_they_are_shown(open_widget):
    viewer, widget = open_widget(
        noise((3, 60, 80)), name="coarse", colormap="magenta", contrast_limits=(0, 60000)
    )
    fine = viewer.add_image(
        noise((3, 80, 100)), name="fine", scale=(1, 0.5, 0.5), translate=(0, 9.75, 19.75),
        colormap="green", blending="additive", contrast_limits=(0, 60000),
    )  # fmt: skip
    widget.settings = t2v.VideoSettings(width="full", contrast="displayed")
    viewer.dims.set_point(0, 1)
    widget.wait_until_idle()
    assert widget.layers.is_merged
    shown = widget.result.preview.image
    assert shown.shape == (80, 100, 3)
    assert "merged on the 100x80 pixels of fine" in widget.source.info.value
    np.testing.assert_array_equal(shown, t2v.render_frame(viewer, 1, width="full"))
    # A layer that is moved is merged anew; the box is on the pixels of the video.
    fine.translate = (0, 9.75, 39.75)
    widget["crop"].value = "20x10+6+8"
    widget.wait_until_idle()
    shown = widget.result.preview.image
    whole = t2v.render_frame(viewer, 1, width="full")
    assert whole.shape == (80, 80, 3)
    np.testing.assert_array_equal(shown, whole[8:18, 6:26])


def test_a_view_in_3d_is_said(open_widget):
    viewer, widget = open_widget(
        noise((2, 4, 40, 60)), axis_labels=("t", "z", "y", "x"), contrast_limits=(0, 65535)
    )
    widget.wait_until_idle()
    assert "3-D" not in widget.source.info.value
    viewer.dims.ndisplay = 3
    widget.wait_until_idle()
    assert "the video shows the slice where its slider stands, in 2-D" in widget.source.info.value
    pick(widget["z"], "Maximum of all 4")
    widget.wait_until_idle()
    assert "the video shows the max of all slices, in 2-D" in widget.source.info.value


def test_thick_slices_are_followed(open_widget):
    stack = noise((2, 5, 40, 60))
    viewer, widget = open_widget(
        stack, axis_labels=("t", "z", "y", "x"), projection_mode="max", contrast_limits=(0, 65535)
    )
    widget.settings = t2v.VideoSettings(width="full", contrast="displayed")
    viewer.dims.set_point(0, 1)
    viewer.dims.set_point(1, 2)
    widget.wait_until_idle()
    shown = widget.result.preview.image[..., 0]
    assert np.abs(shown - stack[1, 2] / 257).max() < 1
    viewer.dims.thickness = (0, 2, 0, 0)
    widget.wait_until_idle()
    shown = widget.result.preview.image[..., 0]
    assert np.abs(shown - stack[1, 1:4].max(axis=0) / 257).max() < 1
    viewer.layers[0].projection_mode = "none"
    widget.wait_until_idle()
    shown = widget.result.preview.image[..., 0]
    assert np.abs(shown - stack[1, 2] / 257).max() < 1
