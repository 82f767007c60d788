"""The dock has room on the screen of a laptop, whatever it shows."""

from __future__ import annotations

import pytest
from helpers.files import write_folder
from helpers.frames import noise, numbered

pytest.importorskip("napari")

from helpers.window import choose, click, create
from qtpy.QtWidgets import QApplication, QDockWidget

import napari_tif2video as t2v

# What a screen of 1280x800 leaves for a dock: less its own bars, napari's menu and status.
ROOM_PX = 690


def dock_of(widget):
    dock = widget.native
    while not isinstance(dock, QDockWidget):
        dock = dock.parentWidget()
    return dock


def least_height(widget):
    """How high the dock has to be, once everything has its place."""
    widget.wait_until_idle()
    dock = dock_of(widget)
    for _ in range(3):  # texts that wrap are as high as their width makes them
        QApplication.processEvents()
    return dock.minimumSizeHint().height()


def test_layers_with_a_crop_box_and_a_finished_video(open_widget, wait, tmp_path):
    viewer, widget = open_widget()
    for name, colour in (("mitochondria", "magenta"), ("microtubules", "green")):
        viewer.add_image(noise((3, 120, 160)), name=name, colormap=colour, blending="additive")
    widget.settings = t2v.VideoSettings(crop="50x40", contrast="displayed")
    (video,) = create(widget, wait, tmp_path)
    card = widget.run.card
    assert card.play_button.native.isVisible()
    assert least_height(widget) <= ROOM_PX
    # "More" is in sight, and takes the room of the card.
    more = widget.more.toggleButton()
    dock = dock_of(widget)
    dock.resize(dock.width(), ROOM_PX)
    assert more.visibleRegion().boundingRect().height() == more.height()
    click(more)
    wait(lambda: not card.play_button.native.isVisible())
    assert more.text().endswith("Less")
    click(more)
    click(card.headline.toggleButton())
    high = least_height(widget)
    click(card.headline.toggleButton())
    assert not card.play_button.native.isVisible()
    assert video.path.name in card.headline.text()
    wait(lambda: least_height(widget) < high - 60)
    click(card.headline.toggleButton())
    assert card.play_button.native.isVisible()
    choose(widget.mode, "Folders")
    assert least_height(widget) <= ROOM_PX


def test_a_batch_of_which_one_failed(open_widget, wait, tmp_path):
    for name in ("a", "b", "c"):
        write_folder(tmp_path / name, numbered(3))
    (tmp_path / "b" / "t1.tif").write_bytes(b"damaged")
    _, widget = open_widget()
    choose(widget.mode, "Folders")
    widget.folders.add([tmp_path / name for name in ("a", "b", "c")])
    widget.settings = t2v.VideoSettings(crop="50x40", contrast="global")
    widget.wait_until_idle()
    click(widget.create_button)
    wait(lambda: not widget.run.is_running and len(widget.run.videos) == 3)
    assert widget.run.failure.native.isVisible()
    assert least_height(widget) <= ROOM_PX
    # A text that gets shorter takes less room.
    before = least_height(widget)
    widget.source.info.value = "\n".join("abcdef")
    wait(lambda: least_height(widget) > before)
    widget.source.info.value = "a"
    wait(lambda: least_height(widget) <= before)
