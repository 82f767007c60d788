"""Whole ways through the window: from the mouse to the pixels of the video, and out again."""

from __future__ import annotations

import time

import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import noise, numbered
from helpers.video import decoded, grey_of

pytest.importorskip("napari")

from helpers.window import choose, click, pick
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog

import napari_tif2video as t2v


def on_canvas(viewer, layer, row, column):
    """Where a pixel of a layer is on the canvas."""
    canvas = viewer.window._qt_viewer.canvas
    world = layer.data_to_world((0,) * (layer.ndim - 2) + (row, column))[-2:]
    scene = canvas.view.scene.transform.map([world[1], world[0], 0, 1])
    return QPoint(round(scene[0] / scene[3]), round(scene[1] / scene[3])), canvas.native


def drag(viewer, layer, start, end):
    """Press, move and release the left button over pixels of a layer."""
    begin, native = on_canvas(viewer, layer, *start)
    finish, _ = on_canvas(viewer, layer, *end)
    QTest.mouseMove(native, begin)
    QApplication.processEvents()
    QTest.mousePress(native, Qt.MouseButton.LeftButton, pos=begin)
    for step in range(1, 9):
        QTest.mouseMove(native, begin + (finish - begin) * step / 8)
        QApplication.processEvents()
    QTest.mouseRelease(native, Qt.MouseButton.LeftButton, pos=finish)
    QApplication.processEvents()


def test_the_dragged_box_is_what_the_video_shows(open_widget, wait, tmp_path):
    stack = noise((3, 120, 160))
    viewer, widget = open_widget(
        stack, name="s", scale=(1, 0.4, 0.4), translate=(0, 30, -20), contrast_limits=(0, 65535)
    )
    viewer.reset_view()
    layer = viewer.layers["s"]
    widget["width"].full.value = True
    widget.wait_until_idle()
    click(widget["crop"].draw)
    drag(viewer, layer, (20, 30), (79, 109))
    widget.wait_until_idle()
    crop = widget.settings.crop
    # A pixel of the screen may be several pixels of the data, or the other way round.
    assert abs(crop.y - 20) <= 2
    assert abs(crop.x - 30) <= 2
    assert abs(crop.width - 80) <= 3
    assert abs(crop.height - 60) <= 3
    widget.destination.folder = tmp_path
    click(widget.create_button)
    wait(lambda: not widget.run.is_running and widget.run.videos)
    height, width = crop.height // 2 * 2, crop.width // 2 * 2
    part = stack[:, crop.y : crop.y + crop.height, crop.x : crop.x + crop.width] / 257
    grey = grey_of(decoded(widget.run.videos[0].path))
    assert grey.shape == (3, height, width)
    differences = [
        np.abs(grey - part[:, y : y + height, x : x + width]).mean()
        for y in {0, part.shape[1] - height}
        for x in {0, part.shape[2] - width}
    ]
    assert min(differences) < 4
    assert np.abs(grey - np.roll(part[:, :height, :width], 1, axis=2)).mean() > 20


def test_a_layer_of_one_picture(open_widget, wait, tmp_path):
    _, widget = open_widget(noise((40, 60)), name="still", contrast_limits=(0, 65535))
    widget.destination.folder = tmp_path
    widget.wait_until_idle()
    assert widget.create_button.enabled
    click(widget.create_button)
    wait(lambda: not widget.run.is_running and widget.run.videos)
    assert len(decoded(widget.run.videos[0].path)) == 1


def test_the_folder_for_videos_is_asked_for_once(open_widget, wait, tmp_path, monkeypatch):
    asked = []
    answers = iter(["", str(tmp_path)])
    monkeypatch.setattr(
        QFileDialog,
        "getExistingDirectory",
        lambda *args: (asked.append(args), next(answers))[1],
    )
    viewer, widget = open_widget(numbered(3), name="s")
    widget.destination.existing.value = "replace"
    widget.wait_until_idle()
    assert widget.create_button.enabled
    click(widget.create_button)  # the user leaves the dialog
    assert not widget.run.is_running
    assert list(tmp_path.glob("*.mp4")) == []
    for _ in range(2):
        click(widget.create_button)
        wait(lambda: not widget.run.is_running and widget.run.videos)
    assert [call[1:] for call in asked] == [("Save videos in", "")] * 2
    place = widget.destination
    assert place.where.native.currentText() == tmp_path.name
    assert place.where.tooltip == str(tmp_path)
    assert [path.name for path in tmp_path.glob("*.mp4")] == ["s_500px_10fps_video.mp4"]
    # It can be changed, and is the one at the next start; where it is the data's, nothing is asked.
    (tmp_path / "other").mkdir()
    monkeypatch.setattr(
        QFileDialog,
        "getExistingDirectory",
        lambda *args: (asked.append(args), str(tmp_path / "other"))[1],
    )
    click(place.browse)
    assert asked[-1][2] == str(tmp_path)
    viewer.window.remove_dock_widget("all")
    again = open_widget()[1].destination
    assert again.folder == tmp_path / "other"
    pick(again.where, "Beside the data")
    assert again.folder is None


def test_folders_are_dropped_from_the_file_manager(open_widget, tmp_path):
    write_folder(tmp_path / "pos1", numbered(3))
    write_folder(tmp_path / "pos2", numbered(3))
    _, widget = open_widget()
    choose(widget.mode, "Folders")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in ("pos1", "pos2")])
    for kind, where in ((QDragEnterEvent, QPoint(5, 5)), (QDropEvent, QPointF(5, 5))):
        buttons, modifiers = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        event = kind(where, Qt.DropAction.CopyAction, mime, buttons, modifiers)
        QApplication.sendEvent(widget.folders.tree.viewport(), event)
        assert event.isAccepted()
    assert widget.folders.paths == [str(tmp_path / "pos1"), str(tmp_path / "pos2")]
    # What is no file is not taken.
    mime.clear()
    mime.setText("pos3")
    event = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, mime, buttons, modifiers)
    event.ignore()
    QApplication.sendEvent(widget.folders, event)
    assert not event.isAccepted()


@pytest.mark.slow
def test_the_window_answers_while_a_long_movie_is_made(open_widget, wait, tmp_path):
    """The time slider is moved during a run of 1,000 frames; the window never hangs for long."""
    viewer, widget = open_widget(
        np.tile(noise((10, 128, 128)), (100, 1, 1)), name="s", contrast_limits=(0, 65535)
    )
    widget.settings = t2v.VideoSettings(width=250, contrast="displayed")
    widget.destination.folder = tmp_path
    widget.wait_until_idle()
    assert widget.create_button.enabled
    beats = []
    heart = QTimer()
    heart.timeout.connect(lambda: beats.append((time.monotonic(), time.thread_time())))
    heart.start(10)
    click(widget.create_button)
    moved = 0
    while widget.run.is_running:
        viewer.dims.set_point(0, moved % 1000)
        QApplication.processEvents()
        moved += 1
        time.sleep(0.01)
    heart.stop()
    gaps = np.diff(beats, axis=0)
    waited, worked = gaps.max(axis=0)
    assert worked < 0.2, f"the window was at work for {worked:.2f} s"
    # On a busy machine all turns take longer.
    assert waited < 1 + 20 * gaps[:, 0].mean(), f"the window did not answer for {waited:.2f} s"
    (video,) = widget.run.videos
    assert video.status == "ok"
    assert len(decoded(video.path)) == 1000
    assert len(beats) > 5
    assert moved > 5
    widget.wait_until_idle()
    point = int(viewer.dims.current_step[0])
    np.testing.assert_array_equal(
        widget.result.preview.image,
        t2v.render_frame(viewer.layers["s"], point, settings=widget.settings),
    )


def test_the_crop_box_is_in_no_list(open_widget):
    viewer, widget = open_widget(numbered(3), name="s")
    widget.settings = t2v.VideoSettings(crop="20x20", anchor=True, contrast="displayed")
    widget.wait_until_idle()
    assert widget.canvas.box is not None
    assert [layer.name for layer in viewer.layers] == ["s"]
