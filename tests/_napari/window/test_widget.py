"""The dock widget in a real viewer: what a user clicks, and what comes out."""

from __future__ import annotations

import dataclasses
import threading

import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import noise, numbered
from helpers.video import decoded, grey_of, media, numbers

pytest.importorskip("napari")

from helpers.window import (
    choose,
    click,
    create,
    entries,
    reading,
    row_of,
    said,
    select,
    states,
    write_into,
)
from qtpy.QtWidgets import QApplication, QFileDialog, QMessageBox, QPushButton

import napari_tif2video as t2v


def test_create_makes_the_video_of_the_layer(open_widget, wait, tmp_path):
    _, widget = open_widget(numbered(7), name="stack", contrast_limits=(0, 65535))
    (video,) = create(widget, wait, tmp_path)
    assert video.status == "ok"
    assert video.path.name == "stack_500px_10fps_video.mp4"
    assert numbers(video.path) == list(range(7))
    assert widget.run.card.play_button.visible


def test_the_form_and_its_settings_are_the_same(open_widget):
    _, widget = open_widget(numbered(3))
    settings = t2v.VideoSettings(
        width=640, fps="29.97", crop="100x30+7+5", limits=(10, 2000), anchor=True,
        frames="1:", quality="high",
    )  # fmt: skip
    widget.settings = settings
    assert widget.settings == settings
    widget.settings = t2v.VideoSettings(width="full", contrast="global")
    assert widget.settings == t2v.VideoSettings(width="full", contrast="global")


def test_it_is_a_container_of_magicgui_with_a_widget_for_each_setting(open_widget, wait):
    from magicgui.widgets import Container

    _, widget = open_widget(noise((3, 40, 60)))
    assert isinstance(widget, Container)
    names = {field.name for field in dataclasses.fields(t2v.VideoSettings)}
    assert widget.asdict().keys() == names
    told = []
    widget.changed.connect(told.append)
    widget["fps"].value = 12
    widget["crop"].value = "30x20+4+2"
    widget["scale_bar_length"].value = 20  # which implies nothing, as it would in settings
    assert len(told) >= 3
    widget["contrast"].value = "global"
    want = t2v.VideoSettings(fps=12, crop="30x20+4+2", contrast="global")
    assert widget.settings == want
    widget.update(anchor=True, anchor_style="cross", width=320)
    assert widget.settings == dataclasses.replace(
        want, anchor=True, anchor_style="cross", width=320
    )
    values = widget.asdict()
    assert (values["width"], values["anchor_style"], values["contrast"]) == (320, "cross", "global")


def test_settings_without_a_widget_are_shown_used_and_forgotten(open_widget, wait):
    stack = noise((3, 40, 60))
    viewer, widget = open_widget(stack, name="s")
    viewer.dims.set_point(0, 0)
    settings = t2v.VideoSettings(contrast="global", axes="TYX")
    widget.settings = settings
    assert widget.settings == settings
    assert "axes TYX" in widget.kept.value
    widget.wait_until_idle()
    assert not widget.result.preview.is_provisional
    np.testing.assert_array_equal(
        widget.result.preview.image, t2v.render_frame(stack, 0, settings=settings)
    )
    click(widget.forget)
    assert widget.settings == t2v.VideoSettings(contrast="global")
    assert not widget.kept_row.visible


def test_overlays_of_saved_settings_are_in_the_thumbnail(open_widget, wait):
    stack = noise((3, 100, 160))
    viewer, widget = open_widget(stack, name="s")
    viewer.dims.set_point(0, 2)
    settings = t2v.VideoSettings(
        contrast="local", anchor_style="cross", scale_bar=True, pixel_size=0.5, um_per_pixel=0.25,
        timestamp=True, frame_interval=60, label="{frame}",
    )  # fmt: skip
    widget.settings = settings
    assert widget.settings == settings
    assert not widget["width"].number.enabled  # the magnification decides
    widget.wait_until_idle()
    picture = t2v.render_frame(stack, 2, settings=settings)
    assert picture.shape == (200, 320, 3)
    widget.wait_until_idle()
    np.testing.assert_array_equal(widget.result.preview.image, picture)
    click(widget["anchor"])  # the style that stays there would imply it
    assert not widget.settings.anchor
    assert not widget.kept_row.visible


def test_the_thumbnail_is_the_frame_of_the_video(open_widget, wait, tmp_path):
    viewer, widget = open_widget(numbered(6), name="s", contrast_limits=(0, 60000))
    widget.settings = t2v.VideoSettings(width=200, crop="120x40", contrast="displayed", anchor=True)
    viewer.dims.set_point(0, 4)
    widget.wait_until_idle()
    image = widget.result.preview.image
    expected = t2v.render_frame(viewer.layers["s"], 4, settings=widget.settings)
    np.testing.assert_array_equal(image, expected)
    (video,) = create(widget, wait, tmp_path)
    difference = grey_of(decoded(video.path))[4] - image.mean(axis=2)
    assert np.abs(difference).mean() < 4


def test_limits_of_the_whole_movie_are_measured_once_and_marked_until_then(open_widget, wait):
    calls, is_free = [], threading.Event()
    stack = numbered(5)
    stack[3, 40, 40] = 65535

    import dask
    import dask.array as da

    def load(index):
        calls.append(index)
        if index == 3:  # not shown, but measured
            is_free.wait(60)
        return stack[index]

    frames = [
        da.from_delayed(dask.delayed(load)(i, pure=False), stack.shape[1:], stack.dtype)
        for i in range(5)
    ]
    viewer, widget = open_widget(da.stack(frames), contrast_limits=(0, 65535))
    widget.settings = t2v.VideoSettings(contrast="global")
    wait(lambda: getattr(widget.result.preview, "is_provisional", False))
    assert "provisional" in said(widget.result.native)
    is_free.set()
    widget.wait_until_idle()
    assert not widget.result.preview.is_provisional
    assert widget.result.preview.limits == ((stack.min(), 65535),)
    measured = calls.count(2)
    viewer.dims.set_point(0, 1)
    widget.wait_until_idle()
    assert calls.count(2) == measured


def test_a_value_that_makes_no_sense_says_so_and_disables_create(open_widget, wait):
    _, widget = open_widget(numbered(3))
    widget["crop"].check.value = True
    widget["crop"].sides[0].value = 5000
    widget.wait_until_idle()
    assert "larger than the frame" in widget.reason.value
    assert not widget.create_button.enabled
    widget["crop"].sides[0].value = 100
    widget["crop"].sides[1].value = 30
    widget.wait_until_idle()
    assert not widget.reason.visible
    assert widget.create_button.enabled


def test_an_empty_viewer(open_widget, wait):
    viewer, widget = open_widget()
    widget.wait_until_idle()
    assert not widget.create_button.enabled
    assert widget.reason.value == "Open an image first."
    assert reading(widget)[-4:] == [
        "Save in <Beside the data> […]", "Save as <> .mp4", "Open an image first.",
        "~[Create video]",
    ]  # fmt: skip
    viewer.add_labels(np.zeros((3, 10, 10), int))
    widget.wait_until_idle()
    assert not widget.create_button.enabled
    viewer.add_image(numbered(3))
    widget.wait_until_idle()
    assert widget.create_button.enabled


def test_layers_are_followed_when_they_come_go_and_change_their_name(open_widget, wait):
    viewer, widget = open_widget(numbered(3), name="first")
    viewer.add_image(numbered(4), name="second")
    names = entries(widget.layers)[:3]
    assert {"first", "second"} <= set(names)
    widget.layers.layer = viewer.layers["first"]
    viewer.layers["first"].name = "renamed"
    assert widget.layers.layer.name == "renamed"
    assert widget.layers.native.currentText() == "renamed"
    viewer.layers.remove("renamed")
    widget.wait_until_idle()
    assert widget.layers.layer.name == "second"


def begin_a_long_run(open_widget, wait, folder):
    viewer, widget = open_widget(noise((400, 300, 300)), contrast_limits=(0, 65535))
    widget.settings = t2v.VideoSettings(width=1000, contrast="displayed")
    widget.destination.folder = folder
    widget.wait_until_idle()
    click(widget.create_button)
    wait(lambda: widget.run.bar.value > 20)
    return viewer, widget


def test_cancel_leaves_no_file(open_widget, wait, tmp_path):
    _, widget = begin_a_long_run(open_widget, wait, tmp_path)
    click(widget.run.cancel_button)
    wait(lambda: not widget.run.is_running)
    assert [p for p in tmp_path.iterdir() if p.name != "config"] == []
    assert widget.create_button.enabled


def test_closing_the_widget_cancels_the_run(open_widget, wait, tmp_path):
    before = set(threading.enumerate())
    viewer, widget = begin_a_long_run(open_widget, wait, tmp_path)
    assert set(threading.enumerate()) - before
    viewer.window.remove_dock_widget(widget.native)
    wait(lambda: not set(threading.enumerate()) - before)
    assert [p for p in tmp_path.iterdir() if p.name != "config"] == []


@pytest.mark.parametrize("answer", ["Replace", "Keep both", "Cancel"])
def test_a_video_that_exists_is_asked_about(open_widget, wait, tmp_path, monkeypatch, answer):
    _, widget = open_widget(numbered(3), name="s", contrast_limits=(0, 65535))
    path = tmp_path / "s_500px_10fps_video.mp4"
    path.write_bytes(b"old")
    said = []

    def answered(box):
        texts = [b.text().replace("&", "") for b in box.buttons()]
        assert sorted(texts) == ["Cancel", "Keep both", "Replace"]
        assert box.defaultButton().text() == "Keep both"
        said.append((box.windowTitle(), box.text()))
        button = next(b for b in box.buttons() if b.text().replace("&", "") == answer)
        monkeypatch.setattr(box, "clickedButton", lambda: button)

    monkeypatch.setattr(QMessageBox, "exec", answered)
    widget.destination.folder = tmp_path
    widget.wait_until_idle()
    click(widget.create_button)
    wait(lambda: not widget.run.is_running)
    assert said == [("TIFF to video", f"{path.name} exists already.")]
    videos = sorted(tmp_path.glob("*.mp4"))
    if answer == "Replace":
        wait(lambda: widget.run.videos)
        assert videos == [path]
        assert numbers(path) == [0, 1, 2]
    else:
        assert path.read_bytes() == b"old"
        expected = 2 if answer == "Keep both" else 1
        wait(lambda: len(list(tmp_path.glob("*.mp4"))) == expected)


def test_an_error_in_the_background_reaches_the_user(open_widget, wait, tmp_path):
    import dask.array as da
    from napari.utils.notifications import notification_manager

    disk_is_gone = threading.Event()

    def block(block_info=None):
        if disk_is_gone.is_set():
            raise RuntimeError("the disk went away")
        return noise((1, 40, 60))

    stack = da.map_blocks(
        block, chunks=((1,) * 3, (40,), (60,)), dtype=np.uint16, meta=np.empty((0, 0, 0), np.uint16)
    )
    _, widget = open_widget(stack, contrast_limits=(0, 65535))
    widget.destination.folder = tmp_path
    widget.wait_until_idle()
    disk_is_gone.set()
    click(widget.create_button)
    wait(lambda: not widget.run.is_running)
    assert list(tmp_path.glob("*.mp4*")) == []
    assert any("the disk went away" in n.message for n in notification_manager.records)
    assert widget.run.failure.visible
    assert "the disk went away" in widget.run.failure.value


def test_folders_one_after_the_other(open_widget, wait, tmp_path):
    good, other = (write_folder(tmp_path / name, numbered(3)) for name in ("a", "b"))
    broken = write_folder(tmp_path / "broken", numbered(3))
    (broken / "t1.tif").write_bytes(b"damaged")
    _, widget = open_widget()
    choose(widget.mode, "Folders")
    widget.folders.add([good, broken, other])
    widget["contrast"].value = "global"
    widget.wait_until_idle()
    click(widget.create_button)
    wait(lambda: not widget.run.is_running and len(widget.run.videos) == 3)
    assert states(widget) == ["done", "failed", "done"]
    assert "t1.tif" in row_of(widget, 1)[1]
    for folder in (good, other):
        assert numbers(folder / "500px_10fps_global_norm_video.mp4") == [0, 1, 2]
    widget.run.save_log(tmp_path / "log.csv")
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 4


def test_a_parent_folder_offers_the_folders_below(open_widget, tmp_path, monkeypatch):
    for name in ("p1", "p2", "p10"):
        write_folder(tmp_path / "all" / name, numbered(2))
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "empty").mkdir()
    _, widget = open_widget()
    choose(widget.mode, "Folders")
    folders, asked, answer = widget.folders, [], [QMessageBox.StandardButton.No]
    monkeypatch.setattr(QMessageBox, "question", lambda *a: (asked.append(a[1:]), answer[0])[1])
    folders.add([tmp_path / "all"])
    assert folders.paths == []
    answer[0] = QMessageBox.StandardButton.Yes
    # By the buttons, where a dialog that is left changes nothing, and nothing comes twice.
    for button, dialog, replies in (
        ("Add folder…", "getExistingDirectory", ["", str(tmp_path / "all")]),
        ("Add folder…", "getExistingDirectory", [str(tmp_path / "all" / "p2")]),
        ("Add files…", "getOpenFileNames", [([], ""), ([str(tmp_path / "notes.txt")], "")]),
    ):
        for reply in replies:
            monkeypatch.setattr(
                QFileDialog, dialog, lambda *a, r=reply: (asked.append(a[1:]), r)[1]
            )
            click(button_of(folders, button))
    question = ("TIFF to video", "all holds no TIFF files. Add its 3 folders?")
    files = ("TIFF stacks", "", "TIFF (*.tif *.tiff)")
    folder = ("Folder of TIFF files",)
    assert asked == [question, folder, folder, question, folder, files, files]
    assert [p.rsplit("/", 1)[-1] for p in folders.paths] == ["p1", "p2", "p10"]
    assert [row_of(widget, number)[0] for number in range(3)] == [
        [name, "", "waiting"] for name in ("p1", "p2", "p10")
    ]
    item = folders.tree.topLevelItem(1)
    assert item.toolTip(0) == str(tmp_path / "all" / "p2")
    assert folders.selected_path == folders.paths[0]
    select(widget, 1)
    click(button_of(folders, "Remove"))
    assert [p.rsplit("/", 1)[-1] for p in folders.paths] == ["p1", "p10"]
    folders.add([tmp_path / "empty"])  # to be said in its row
    assert folders.count == 3
    click(button_of(folders, "Clear"))
    assert (folders.paths, folders.selected_path) == ([], "")
    widget.wait_until_idle()
    assert widget.reason.value == "Add a folder."


def button_of(folders, text):
    return next(each for each in folders.findChildren(QPushButton) if each.text() == text)


def test_the_selected_folder_is_shown_and_goes_again(open_widget, wait, tmp_path):
    folders = [write_folder(tmp_path / name, numbered(2)) for name in ("a", "b")]
    viewer, widget = open_widget()
    choose(widget.mode, "Folders")
    widget.folders.add(folders)
    wait(lambda: "a" in viewer.layers)
    select(widget, 1)
    wait(lambda: "b" in viewer.layers)
    assert "a" not in viewer.layers
    choose(widget.mode, "Layers")
    assert "b" not in viewer.layers


def test_settings_are_remembered(open_widget, wait, tmp_path):
    viewer, widget = open_widget(numbered(3), contrast_limits=(0, 65535))
    everywhere = {"width": 320, "fps": 25, "contrast": "local", "label": "{name}"}
    widget.settings = t2v.VideoSettings(
        **everywhere, crop="100x40", frames="1:", pixel_size=0.5, frame_interval=60,
        event="00:01:00=+ drug", arrow="60,20",
    )  # fmt: skip
    create(widget, wait, tmp_path)
    viewer.window.remove_dock_widget(widget.native)
    viewer.layers.clear()
    viewer.add_image(noise((2, 20, 30)))
    _, again = viewer.window.add_plugin_dock_widget("napari-tif2video")
    again.wait_until_idle()
    # But for what belongs to those data: a scale bar would be wrong, and the box too large.
    assert again.settings == t2v.VideoSettings(**everywhere)
    assert again.create_button.enabled


def test_the_command_line_does_the_same(open_widget, wait, tmp_path, cli):
    import shlex

    viewer, widget = open_widget()
    folder = write_folder(tmp_path / "pos", numbered(4))
    viewer.open(str(folder), plugin="napari-tif2video")
    viewer.layers["pos"].contrast_limits = (500, 50_000)
    widget.settings = t2v.VideoSettings(
        width=200, crop="100x40", contrast="displayed", frames="-3:", quality="draft"
    )
    widget.wait_until_idle()
    assert widget.create_button.enabled
    widget.recipe_button.copy_command_line()
    words = shlex.split(QApplication.clipboard().text())
    (video,) = create(widget, wait, tmp_path / "out")
    assert cli(*words[1:], "-o", tmp_path / "cli.mp4").code == 0
    assert media(tmp_path / "cli.mp4") == media(video.path)


def test_a_settings_file_serves_the_command_line_too(open_widget, tmp_path, cli):
    _, widget = open_widget(numbered(3))
    widget.settings = t2v.VideoSettings(width=300, contrast="global", crop="100x40")
    widget.settings.save(tmp_path / "talk.json")
    folder = write_folder(tmp_path / "pos", numbered(3))
    assert cli(folder, "--settings", tmp_path / "talk.json", "--quiet").code == 0
    assert (folder / "300px_10fps_crop_100x40_global_norm_video.mp4").is_file()


def test_auto_saturates_a_third_of_a_percent(open_widget, wait):
    viewer, widget = open_widget(noise((2, 200, 200)), contrast_limits=(0, 65535))
    widget.wait_until_idle()
    click(widget.auto)
    low, high = viewer.layers[0].contrast_limits
    frame = np.asarray(viewer.layers[0].data[0])
    assert np.mean((frame < low) | (frame > high)) == pytest.approx(0.0035, abs=0.0005)
    assert viewer.layers[0].contrast_limits_range == [0, 65535]
    # With another rule it fixes them, of the frame that is seen; one grey has limits, too.
    viewer.dims.set_point(0, 1)
    viewer.layers[0].data = np.stack([frame, np.full_like(frame, 7)])
    widget["contrast"].value = "local"
    widget.wait_until_idle()
    click(widget.auto)
    assert widget.settings == t2v.VideoSettings(limits=(7, 8))
    viewer.dims.set_point(0, 0)
    widget["contrast"].value = "global"
    widget.wait_until_idle()
    click(widget.auto)
    assert widget.settings.limits == pytest.approx((low, high), abs=0.01)  # as it is shown


def test_a_single_source_with_a_name_of_its_own_lands_where_it_was_asked_for(
    open_widget, wait, tmp_path
):
    folder = write_folder(tmp_path / "pos", numbered(2))
    (path,) = write_folder(tmp_path / "files", numbered(1)).iterdir()
    chosen, gone = tmp_path / "chosen", tmp_path / "gone"
    chosen.mkdir()
    _, widget = open_widget()
    choose(widget.mode, "Folders")
    for source, where, expected in (
        (folder, None, folder), (folder, chosen, chosen),
        (path, None, path.parent), (path, chosen, chosen), (path, gone, gone),
    ):  # fmt: skip
        widget.folders.add([source])
        widget.destination.folder = where
        write_into(widget.destination.name_edit, "mine.mp4")
        widget.destination.name_edit.native.editingFinished.emit()
        (video,) = create(widget, wait)
        assert video.path == expected / "mine.mp4"
        video.path.unlink()
        widget.folders.tree.selectAll()
        widget.folders.remove_selected()
    assert widget.destination.name_edit.native.isVisible()
    widget.folders.add([folder, path])
    assert widget.destination.name_edit.value == "mine.mp4"
    widget.wait_until_idle()
    assert not widget.destination.name_edit.native.isVisible()
    names = {video.path.name for video in create(widget, wait)}
    assert len(names - {"mine.mp4"}) == 2


def test_folders_that_are_added_leave_the_selection(open_widget, tmp_path):
    folders = [write_folder(tmp_path / name, numbered(2)) for name in "abc"]
    _, widget = open_widget()
    choose(widget.mode, "Folders")
    widget.folders.add(folders[:2])
    select(widget, 1)
    widget.folders.add(folders[2:])
    assert [item.text(0) for item in widget.folders.tree.selectedItems()] == ["b"]


def test_an_axis_of_one_step_is_no_choice(open_widget, wait):
    viewer, widget = open_widget(noise((1, 3, 1, 40, 60)), name="s")
    widget.wait_until_idle()
    assert not widget.source.time_axis.row.visible
    assert widget.source.time_axis.axis.value == -4
    viewer.layers.clear()
    viewer.add_image(noise((2, 3, 1, 40, 60)), name="t")
    widget.wait_until_idle()
    assert widget.source.time_axis.row.visible
    assert {*widget.source.time_axis.axis.choices} - {None} == {-5, -4}


def test_sources_whose_videos_would_be_one_are_refused(open_widget, wait, tmp_path, monkeypatch):
    (path,) = write_folder(tmp_path / "in", numbered(1)).iterdir()
    again = path.with_suffix(".tiff")
    again.write_bytes(path.read_bytes())
    _, widget = open_widget()
    choose(widget.mode, "Folders")
    widget.folders.add([path, again])
    widget.wait_until_idle()
    shown = []
    monkeypatch.setattr("napari_tif2video._napari.run.runner.show_error", shown.append)
    click(widget.create_button)
    wait(lambda: not widget.run.is_running)
    assert "with other names" in shown[0]
    assert widget.create_button.enabled


def test_a_folder_for_videos_whose_name_has_a_dot_is_a_folder_on_the_command_line(
    open_widget, tmp_path
):
    _, widget = open_widget()
    choose(widget.mode, "Folders")
    widget.folders.add([write_folder(tmp_path / "pos", numbered(2))])
    widget.destination.folder = tmp_path / "talk.2026"
    widget.wait_until_idle()
    widget.recipe_button.copy_command_line()
    assert f"--output-dir {tmp_path / 'talk.2026'}" in QApplication.clipboard().text()
