"""The preview plays: the frames of the video, at its speed, in no file."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import noise, numbered

pytest.importorskip("napari")

from helpers.window import choose, click, lay_out
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication
from superqt.utils import qimage_to_array

import napari_tif2video as t2v


def opened(open_widget, stack, **settings):
    viewer, widget = open_widget(stack, name="s", contrast_limits=(0, 65535))
    widget.settings = t2v.VideoSettings(contrast="displayed", **settings)
    widget.wait_until_idle()
    return viewer, widget


def key(picture, name):
    QTest.keyClick(picture, getattr(Qt.Key, f"Key_{name}"))


def watch(widget, wait, count):
    """The times at which the next frames were shown, with their indices."""
    seen = []

    def look():
        if widget.result.preview is None:
            return False
        index = widget.result.preview.index
        if not seen or seen[-1][1] != index:
            seen.append((time.monotonic(), index))
        return len(seen) > count

    wait(look)
    return seen


def test_the_play_button_shows_every_frame_at_the_speed_of_the_video(open_widget, wait):
    stack = numbered(12)
    viewer, widget = opened(open_widget, stack, fps=20, width=200, crop="120x40", anchor=True)
    before = viewer.dims.current_step[0]
    click(widget.result.play_button)
    assert widget.result.is_playing
    assert widget.result.play_button.text == "Pause"
    seen = watch(widget, wait, 15)
    indices = [index for _, index in seen]
    assert indices == [(indices[0] + n) % 12 for n in range(len(indices))]
    assert (seen[-1][0] - seen[0][0]) > 0.8 * (len(seen) - 1) / 20  # never faster
    shown = widget.result.preview
    expected = t2v.render_frame(viewer.layers["s"], shown.index, settings=widget.settings)
    np.testing.assert_array_equal(shown.image, expected)
    assert viewer.dims.current_step[0] == before  # napari need not draw each frame, too
    # Paused, the slider is where the picture is.
    click(widget.result.play_button)
    index = widget.result.preview.index
    assert viewer.dims.current_step[0] == index
    widget.wait_until_idle()
    assert widget.result.preview.index == index
    assert widget.result.place.value == f"frame {index + 1} of 12"
    assert widget.result.play_button.text == "Play"
    assert "clipped" in widget.result.limits.value


def test_space_plays_and_arrows_step(open_widget, wait):
    viewer, widget = opened(open_widget, numbered(6), frames="1::2")
    viewer.dims.set_point(0, 0)
    widget.wait_until_idle()
    picture = widget.result.picture
    picture.setFocus()
    for _ in range(4):  # one more than there are
        key(picture, "Right")
    widget.wait_until_idle()
    assert widget.result.preview.index == 2
    assert viewer.dims.current_step[0] == 5  # of the data
    key(picture, "Left")
    widget.wait_until_idle()
    assert widget.result.preview.index == 1
    key(picture, "Space")
    assert widget.result.is_playing
    watch(widget, wait, 3)
    key(picture, "Left")
    assert not widget.result.is_playing
    key(picture, "Space")
    key(picture, "Space")
    assert not widget.result.is_playing


def test_a_setting_and_the_slider_change_what_is_played(open_widget, wait):
    viewer, widget = opened(open_widget, numbered(200), fps=5, width=200)
    viewer.dims.set_point(0, 0)
    widget.wait_until_idle()
    click(widget.result.play_button)
    watch(widget, wait, 1)
    widget["width"].number.value = 300
    wait(lambda: widget.result.preview.image.shape[1] == 300)
    assert widget.result.is_playing
    assert widget.result.preview.index < 100
    viewer.dims.set_point(0, 150)
    wait(lambda: widget.result.preview.index >= 150)
    assert widget.result.is_playing


class SlowStack:
    """A stack of which each frame takes its time, and that says which thread reads it."""

    def __init__(self, stack, seconds):
        self.stack, self.seconds, self.threads = stack, seconds, set()

    def array(self):
        import dask
        import dask.array as da

        def load(index):
            time.sleep(self.seconds)
            self.threads.add(threading.current_thread())
            return self.stack[index]

        shape, dtype = self.stack.shape[1:], self.stack.dtype
        lazy = [dask.delayed(load)(i, pure=False) for i in range(len(self.stack))]
        return da.stack([da.from_delayed(each, shape, dtype) for each in lazy])


def test_a_slow_source_plays_as_fast_as_it_comes_and_the_window_answers(open_widget, wait):
    slow = SlowStack(numbered(40), 0.25)
    _, widget = opened(open_widget, slow.array(), fps=50, width=200)
    slow.threads.clear()
    click(widget.result.play_button)
    turns = []
    wait(lambda: (turns.append(None), "instead of 50 fps" in widget.result.place.value)[1])
    assert len(turns) > 20  # many for each frame, on a busy machine, too
    assert threading.main_thread() not in slow.threads
    seen = watch(widget, wait, 5)
    indices = [index for _, index in seen]
    assert indices == list(range(indices[0], indices[0] + len(indices)))  # none is left out


def test_limits_of_the_whole_movie_are_there_before_it_plays(open_widget, wait):
    stack = numbered(8)
    stack[7, 0, 0] = 60000
    _, widget = open_widget(stack, name="s")
    widget.settings = t2v.VideoSettings(contrast="global", fps=50, width=200)
    wait(lambda: widget.result.play_button.enabled)
    click(widget.result.play_button)
    watch(widget, wait, 4)
    assert not widget.result.preview.is_provisional
    shown = widget.result.preview
    expected = t2v.render_frame(stack, shown.index, settings=widget.settings)
    np.testing.assert_array_equal(shown.image, expected)


def test_a_click_shows_it_in_full_size_in_a_window_of_its_own(open_widget, wait):
    _, widget = opened(open_widget, noise((3, 300, 400)), width=800)
    window, picture = widget.result.full_size, widget.result.picture
    # Only a click does it, that ends where it began, and of the button for it.
    right = QPoint(picture.width() + 30, 5)
    QTest.mouseClick(picture, Qt.MouseButton.RightButton)
    QTest.mousePress(picture, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(picture, Qt.MouseButton.LeftButton, pos=right)
    assert not window.isVisible()
    click(widget.result.picture)
    wait(window.isVisible)
    assert window.windowTitle() == "Preview"
    assert window.isWindow()
    assert (window.width(), window.height()) == (800, 600)
    shown = window.grab().toImage()
    image = widget.result.preview.image
    for y, x in ((10, 20), (301, 402), (598, 7)):
        colour = shown.pixelColor(x, y)
        assert (colour.red(), colour.green(), colour.blue()) == tuple(image[y, x])
    key(window, "Space")
    assert widget.result.is_playing
    key(window, "Escape")
    wait(lambda: not window.isVisible())


def test_the_picture_fills_its_room_and_shows_whether_it_has_the_focus(open_widget, wait):
    _, widget = opened(open_widget, np.full((2, 100, 200), 65535, np.uint16))
    picture = widget.result.picture

    def levels():
        return qimage_to_array(picture.grab().toImage())[..., :3].astype(int).mean(axis=2)

    widget.native.window().activateWindow()
    widget.result.play_button.native.setFocus()
    lay_out(widget)
    bright = levels() > 250
    rows, columns = np.flatnonzero(bright.any(1)), np.flatnonzero(bright.any(0))
    assert bright[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
    assert abs(len(columns) - 2 * len(rows)) <= 2
    # As large as it can be, in the middle.
    assert min(picture.width() - len(columns), picture.height() - len(rows)) <= 1
    assert abs(columns[0] + columns[-1] + 1 - picture.width()) <= 1
    assert abs(rows[0] + rows[-1] + 1 - picture.height()) <= 1
    plain = levels()
    picture.setFocus()
    wait(picture.hasFocus)
    framed = levels() != plain
    assert framed[[0, -1]].all()
    assert framed[:, [0, -1]].all()
    assert not framed[1:-1, 1:-1].any()
    widget["pixel_size"].value = "wide"  # what is shown is no longer what will be made
    wait(lambda: not picture.isEnabled())
    row, column = rows.mean().astype(int), columns.mean().astype(int)
    assert 0.3 < (levels()[row, column] - plain[0, 0]) / (255 - plain[0, 0]) < 0.5


def test_it_stops_with_its_source(open_widget, wait):
    viewer, widget = opened(open_widget, numbered(6))
    click(widget.result.picture)
    click(widget.result.play_button)
    watch(widget, wait, 2)
    viewer.layers.clear()
    wait(lambda: not widget.result.is_playing)
    assert not widget.result.full_size.isVisible()
    assert not widget.result.play_button.enabled
    assert widget.result.picture.image is None


def test_it_stops_with_the_dock(open_widget, wait):
    viewer, widget = opened(open_widget, numbered(6))
    click(widget.result.picture)
    click(widget.result.play_button)
    watch(widget, wait, 2)
    viewer.window.remove_dock_widget(widget.native)
    QApplication.processEvents()
    assert not widget.result.is_playing
    assert not widget.result.full_size.isVisible()


def test_a_wrong_value_stops_it(open_widget, wait):
    _, widget = opened(open_widget, numbered(6))
    click(widget.result.play_button)
    watch(widget, wait, 2)
    widget["pixel_size"].value = "wide"
    wait(lambda: not widget.result.is_playing)
    widget["pixel_size"].value = None
    widget.wait_until_idle()
    assert not widget.result.is_playing


def test_one_picture_does_not_play(open_widget):
    _, widget = opened(open_widget, noise((40, 60)))
    assert not widget.result.play_button.enabled
    key(widget.result.picture, "Space")
    assert not widget.result.is_playing


def test_folders_play(open_widget, wait, tmp_path):
    write_folder(tmp_path / "pos1", numbered(5))
    viewer, widget = open_widget()
    choose(widget.mode, "Folders")
    widget.folders.add([str(tmp_path / "pos1")])
    widget.wait_until_idle()
    click(widget.result.play_button)
    watch(widget, wait, 6)
    click(widget.result.play_button)
    widget.wait_until_idle()
    assert viewer.dims.current_step[0] == widget.result.preview.index


def test_keys_with_a_modifier_are_not_those_of_the_player(open_widget):
    _, widget = opened(open_widget, numbered(6))
    before = widget.result.preview.index
    for name in ("Space", "Right", "Left"):
        QTest.keyClick(
            widget.result.picture,
            getattr(Qt.Key, f"Key_{name}"),
            Qt.KeyboardModifier.ControlModifier,
        )
    widget.wait_until_idle()
    assert not widget.result.is_playing
    assert widget.result.preview.index == before
    QTest.keyClick(widget.result.picture, Qt.Key.Key_Right, Qt.KeyboardModifier.KeypadModifier)
    widget.wait_until_idle()
    assert widget.result.preview.index == (before + 1) % 6
    key(widget.result.picture, "X")  # means nothing
