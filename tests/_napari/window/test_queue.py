"""Videos that are asked for while others are made, and how the rows of a batch look."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import noise, numbered
from helpers.video import numbers

import napari_tif2video as t2v

pytest.importorskip("napari")

from helpers.window import actions_of, choose, click, lay_out, open_menu, pick, reading, states
from qtpy.QtCore import Qt, QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication


class Gate:
    """Frames that come only while it is open."""

    def __init__(self):
        self.open = threading.Event()
        self.open.set()
        self.asked = threading.Event()

    def stack(self):
        import dask.array as da

        frames = numbered(3)

        def block(block_info=None):
            self.asked.set()
            if not self.open.is_set():
                assert self.open.wait(20)
                time.sleep(0.2)  # whether it was cancelled is asked every now and then
            return frames[block_info[None]["chunk-location"][0]][None]

        kind = {"dtype": frames.dtype, "meta": np.empty((0, 0, 0), frames.dtype)}
        return da.map_blocks(block, chunks=((1,) * 3, *((n,) for n in frames.shape[1:])), **kind)


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    gate.open.set()


def add(widget, wait, fps):
    """Ask for another video."""
    widget["fps"].value = fps
    widget.wait_until_idle()
    assert widget.create_button.enabled
    click(widget.create_button)


def begin(opened, wait, gate, folder):
    """Three videos, of which the first cannot go on before the gate is opened."""
    viewer, widget = opened(gate.stack(), name="s", contrast_limits=(0, 65535))
    folder.mkdir(exist_ok=True)
    widget.destination.folder = folder
    widget.wait_until_idle()
    viewer.layers["s"].visible = False  # nor does the canvas ask for frames
    gate.open.clear()
    gate.asked.clear()
    for fps in (5, 6, 7):
        widget["fps"].value = fps
        assert widget.convert()
        wait(gate.asked.is_set)
    return viewer, widget


def menu_of(button):
    return actions_of(open_menu(button))


def made(folder):
    return sorted(path.name for path in folder.iterdir())


def test_create_adds_to_what_is_made_and_each_can_be_taken_out(open_widget, wait, tmp_path, gate):
    _, widget = begin(open_widget, wait, gate, tmp_path / "out")
    run = widget.run
    assert widget.create_button.text == "Add to queue"
    assert run.next.native.isVisible()
    waiting = [f"s_500px_{fps}fps_video.mp4" for fps in (6, 7)]
    assert run.next.value == f"Next: {', '.join(waiting)}"
    assert run.next.tooltip == "\n".join(waiting)
    assert not run.go_on_button.visible
    for _ in range(4):
        QApplication.processEvents()
    seen = reading(widget)[-3:]
    assert seen[0] == "[Add to queue]"
    assert seen[1].endswith(" [Cancel]")
    assert "[Take out]" in seen[2]
    widget["fps"].value = 8
    assert widget.convert()
    assert run.next.value == f"Next: {', '.join(waiting)} and 1 more"
    menu = menu_of(run.remove_button)
    assert list(menu) == [*waiting, "s_500px_8fps_video.mp4", "All"]
    menu["s_500px_8fps_video.mp4"].trigger()
    menu_of(run.remove_button)["s_500px_6fps_video.mp4"].trigger()
    assert run.next.value == "Next: s_500px_7fps_video.mp4"
    gate.open.set()
    wait(lambda: not run.is_running)
    assert made(tmp_path / "out") == ["s_500px_5fps_video.mp4", "s_500px_7fps_video.mp4"]
    assert numbers(tmp_path / "out" / "s_500px_7fps_video.mp4") == [0, 1, 2]
    assert not run.next.native.isVisible()
    assert widget.create_button.text == "Create video"
    assert [video.path.name for video in run.videos] == made(tmp_path / "out")


def test_cancel_stops_one_and_offers_the_others(open_widget, wait, tmp_path, gate):
    from napari.utils.notifications import notification_manager

    _, widget = begin(open_widget, wait, gate, tmp_path / "out")
    run = widget.run
    click(run.cancel_button)
    gate.open.set()
    wait(lambda: not run.is_running)
    assert made(tmp_path / "out") == []
    assert run.next.value == "Not begun: s_500px_6fps_video.mp4, s_500px_7fps_video.mp4"
    assert notification_manager.records[-1].message == "Cancelled; nothing half-made was left."
    assert widget.create_button.text == "Create video"
    lay_out(widget)
    assert "[Go on] [Take out]" in " ".join(reading(widget)[-2:])
    click(run.go_on_button)
    wait(lambda: not run.is_running)
    assert made(tmp_path / "out") == ["s_500px_6fps_video.mp4", "s_500px_7fps_video.mp4"]


def test_what_was_not_begun_can_be_let_go(open_widget, wait, tmp_path, gate):
    _, widget = begin(open_widget, wait, gate, tmp_path / "out")
    run = widget.run
    click(run.cancel_button)
    gate.open.set()
    wait(lambda: not run.is_running)
    menu_of(run.remove_button)["All"].trigger()
    assert not run.next.native.isVisible()
    assert run.waiting == []


@pytest.mark.parametrize(
    ("policy", "names"), [("Keep both", ["", " (2)"]), ("Skip", [""]), ("Replace", [""])]
)
def test_a_video_that_is_still_to_come_counts_as_one_that_exists(
    open_widget, wait, tmp_path, gate, policy, names
):
    _, widget = begin(open_widget, wait, gate, tmp_path / "out")
    existing = widget.destination.existing
    existing.native.setCurrentText(policy)
    widget["fps"].value = 6  # which waits
    assert widget.convert()
    gate.open.set()
    wait(lambda: not widget.run.is_running)
    sixes = [name for name in made(tmp_path / "out") if "6fps" in name]
    assert sorted(sixes) == sorted(f"s_500px_6fps_video{name}.mp4" for name in names)
    statuses = [video.status for video in widget.run.videos]
    assert statuses == ["ok"] * 3 + ["skipped" if policy == "Skip" else "ok"]


def test_the_rows_of_a_batch_tell_their_states(open_widget, wait, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(
        QDesktopServices, "openUrl", lambda url: opened.append(QUrl(url).toLocalFile())
    )
    good, broken = (write_folder(tmp_path / name, numbered(3)) for name in ("good", "broken"))
    (broken / "t1.tif").write_bytes(b"damaged")
    _, widget = open_widget()
    choose(widget.mode, "Folders")
    widget.folders.add([good, broken])
    tree = widget.folders.tree
    widget.wait_until_idle()
    waiting = icon_of(tree, 0)
    click(widget.create_button)
    wait(lambda: not widget.run.is_running and len(widget.run.videos) == 2)
    assert states(widget) == ["done", "failed"]
    pictures = [waiting, icon_of(tree, 0), icon_of(tree, 1)]
    assert pictures[0] is None
    assert pictures[1] != pictures[2]
    # In greys, too.
    grey = [picture.convertToFormat(picture.Format.Format_Grayscale8) for picture in pictures[1:]]
    assert grey[0] != grey[1]
    # The reason can be read: the name of the file, not the beginning of its path.
    (reason,) = (tree.topLevelItem(1).child(i) for i in range(tree.topLevelItem(1).childCount()))
    assert reason.text(0).startswith("t1.tif: ")
    assert not tree.visualItemRect(reason).isEmpty()
    assert reason.isFirstColumnSpanned()
    names = [tree.topLevelItem(row).text(1) for row in (0, 1)]
    assert names == [widget.run.videos[0].path.name] * 2
    assert widget.run.log_button.visible
    assert str(broken) in reason.toolTip(0)
    for row in (0, 1):
        where = tree.visualItemRect(tree.topLevelItem(row)).center()
        QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=where)
        QTest.mouseDClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert opened == [str(widget.run.videos[0].path)]
    # Another run takes the reason away.
    (broken / "t1.tif").write_bytes((broken / "t0.tif").read_bytes())
    widget.destination.existing.native.setCurrentText("Replace")
    widget.wait_until_idle()
    click(widget.create_button)
    wait(lambda: not widget.run.is_running and states(widget) == ["done", "done"])
    assert tree.topLevelItem(1).childCount() == 0


def test_one_video_of_all_folders_of_the_list(open_widget, wait, tmp_path):
    folders = [write_folder(tmp_path / name, numbered(3)) for name in ("one", "two")]
    _, widget = open_widget(numbered(2))
    pick(widget["panels"], "sources")
    widget.wait_until_idle()
    assert "several folders or files" in widget.row_of("panels").problem.value
    choose(widget.mode, "Folders")
    widget.folders.add(folders)
    widget.wait_until_idle()
    assert not widget.row_of("panels").problem.visible
    click(widget.create_button)
    wait(lambda: not widget.run.is_running and states(widget) == ["done", "done"])
    (video,) = widget.run.videos
    assert video.path == tmp_path / "one_two_500px_10fps_auto_norm_panels_sources_video.mp4"
    assert len(t2v.read_recipe(video.path).sources) == 2


def icon_of(tree, row):
    """What the state of a row looks like beside its words."""
    icon = tree.topLevelItem(row).icon(2)
    return None if icon.isNull() else icon.pixmap(16, 16).toImage()


def test_failures_of_a_large_batch_leave_room_for_the_rest(open_widget, wait, tmp_path):
    from napari.utils.notifications import notification_manager

    viewer, widget = open_widget()
    choose(widget.mode, "Folders")
    for number in range(6):
        folder = write_folder(tmp_path / f"pos{number}", noise((3, 40, 60)))
        (folder / "t1.tif").write_bytes(b"damaged")
        widget.folders.add([folder])
    widget.wait_until_idle()
    click(widget.create_button)
    wait(lambda: not widget.run.is_running and len(widget.run.videos) == 6)
    assert states(widget) == ["failed"] * 6
    assert "t1.tif" in widget.result.facts.value  # nor is the one that is selected in the viewer
    assert not viewer.layers
    lines = widget.run.failure.value.splitlines()
    assert len(lines) == 3
    assert lines[-1] == "and 4 more: see their rows, or the log"
    assert str(tmp_path) not in widget.run.failure.value
    assert widget.run.failure.tooltip.count(str(tmp_path)) == 6
    assert notification_manager.records[-1].message == "6 videos: 0 done, 6 failed"
    assert notification_manager.records[-1].severity == "error"
