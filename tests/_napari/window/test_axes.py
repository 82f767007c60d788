"""Channels, slices and the axis to play in the window: rows where the data have them."""

from __future__ import annotations

import shlex

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise, numbered
from helpers.oracle import to_grey
from helpers.video import decoded, grey_of, media, numbers

pytest.importorskip("napari")

from helpers.window import choose, create, entries, pick, row_of, select, states, write_into
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

import napari_tif2video as t2v
from napari_tif2video.geometry import CropBox

T, C, Z = 4, 2, 3
HYPER = noise((T, C, Z, 32, 60), low=100, high=9001)


def write_ome(path, data=HYPER, axes="TCZYX", **metadata):
    metadata = {"axes": axes, "Channel": {"Name": ["DAPI", "GFP"]}} | metadata
    tifffile.imwrite(path, data, ome=True, metadata=metadata, photometric="minisblack")
    return path


@pytest.fixture
def with_sources(open_widget, wait):
    """Open the widget with these folders and files in its list."""

    def opened(*paths):
        viewer, widget = open_widget()
        choose(widget.mode, "Folders")
        widget.settings = t2v.VideoSettings(width="full", contrast="global")
        widget.folders.add(paths)
        thumbnail(widget)
        return viewer, widget

    return opened


def thumbnail(widget):
    widget.wait_until_idle()
    assert not widget.result.preview.is_provisional
    return widget.result.preview.image


def offered(widget):
    """The rows that the user sees, and what there is to choose."""
    lists = [widget[name] for name in ("channel", "z", "play")]
    return {each.name: entries(each) for each in lists if each.visible}


def assert_shows(path, data):
    """The video shows these frames, from their smallest to their largest count."""
    exact = to_grey(data, data.min(), data.max())
    assert np.abs(grey_of(decoded(path)) - exact).mean() < 4


def test_a_hyperstack_has_rows_and_shows_what_they_say(with_sources, wait, tmp_path):
    path = write_ome(tmp_path / "cells.ome.tif")
    viewer, widget = with_sources(path)
    assert offered(widget) == {
        "channel": ["All, merged", "Each its own video", "DAPI", "GFP"],
        "z": [
            "Maximum of all 3",
            "Mean of all 3",
            "Sum of all 3",
            "Median of all 3",
            "Slice 0",
            "Slice 1",
            "Slice 2",
        ],
        "play": ["Time (4)", "Channels (2)", "Slices (3)"],
    }
    assert widget.settings.channel == "all"
    assert "4 time points · 2 channels · 3 slices · 60×32 uint16" in widget.source.info.value
    viewer.dims.set_point(0, 2)
    for channel, z in (("All, merged", None), ("GFP", "Mean of all 3"), ("DAPI", "Slice 2")):
        pick(widget["channel"], channel)
        if z is not None:
            pick(widget["z"], z)
        image = thumbnail(widget)
        np.testing.assert_array_equal(image, t2v.render_frame(path, 2, settings=widget.settings))
    assert (widget.settings.channel, widget.settings.z) == ("DAPI", 2)
    assert [layer.visible for layer in viewer.layers] == [True, False]
    assert viewer.dims.current_step[1] == 2
    (video,) = create(widget, wait)
    assert_shows(video.path, HYPER[:, 0, 2])
    assert "limits 100 to 9001 (global), 0 % of the values clipped" in widget.run.card.facts.value
    pick(widget["z"], "Maximum of all 3")
    (video,) = create(widget, wait)
    assert video.path.name == "cells_60px_10fps_ch0_global_norm_video.mp4"
    assert_shows(video.path, HYPER[:, 0].max(axis=1))


def test_another_axis_is_played(with_sources, wait, tmp_path):
    path = write_ome(tmp_path / "cells.ome.tif")
    viewer, widget = with_sources(path)
    pick(widget["play"], "Slices (3)")
    assert list(offered(widget)) == ["channel", "play"]
    pick(widget["channel"], "GFP")
    widget.wait_until_idle()
    viewer.dims.set_point(1, 1)
    image = thumbnail(widget)
    np.testing.assert_array_equal(image, t2v.render_frame(path, 1, settings=widget.settings))
    (video,) = create(widget, wait)
    assert_shows(video.path, HYPER[0, 1])
    pick(widget["play"], "Channels (2)")
    widget.wait_until_idle()
    assert viewer.layers[0].ndim == 5
    assert list(offered(widget)) == ["z", "play"]
    viewer.dims.set_point(1, 1)
    image = thumbnail(widget)
    np.testing.assert_array_equal(image, t2v.render_frame(path, 1, settings=widget.settings))


def test_a_folder_whose_names_tell_of_channels(with_sources, wait, tmp_path):
    folder = tmp_path / "pos"
    for channel in (0, 1):
        write_folder(folder, numbered(3, first=10 * channel), f"img_C{channel}_t{{}}.tif")
    viewer, widget = with_sources(folder)
    assert offered(widget)["channel"][2:] == ["C0", "C1"]
    assert len(viewer.layers) == 2
    widget["crop"].check.value = True
    widget["crop"].sides[0].value, widget["crop"].sides[1].value = 160, 48
    thumbnail(widget)
    assert widget.canvas.box == CropBox(160, 48, 0, 0)
    pick(widget["channel"], "Each its own video")
    videos = create(widget, wait)
    assert [numbers(video.path) for video in videos] == [[0, 1, 2], [10, 11, 12]]
    (_, names, state), _ = row_of(widget, 0)
    assert state == "done"
    assert names.count(".mp4") == 2


def test_sources_with_different_axes(with_sources, wait, tmp_path):
    plain = write_folder(tmp_path / "plain", numbered(3))
    broken = write_folder(tmp_path / "broken", numbered(1))
    (broken / "t0.tif").write_bytes(b"damaged")
    two = write_ome(tmp_path / "two.ome.tif", HYPER[:, :, 0], "TCYX")
    _, widget = with_sources(plain)
    assert offered(widget) == {}
    assert widget.settings.channel is None
    widget.folders.add([broken, two])
    thumbnail(widget)
    assert states(widget) == ["waiting", "unreadable", "waiting"]
    assert "t0.tif" in row_of(widget, 1)[1]
    assert list(offered(widget)) == ["channel", "play"]
    pick(widget["channel"], "GFP")
    widget.wait_until_idle()
    assert "has no channel GFP" in widget.row_of("channel").problem.value
    select(widget, 2)
    create(widget, wait)
    assert states(widget) == ["failed", "failed", "done"]
    assert "has no channel GFP" in row_of(widget, 0)[1]
    # A choice is about the data for which it was made.
    select(widget, 2)
    widget.folders.remove_selected()
    widget.wait_until_idle()
    assert offered(widget) == {}
    assert widget.settings.channel is None
    assert not widget.kept_row.visible
    widget.folders.add([two])
    widget.wait_until_idle()
    assert widget.settings.channel == "GFP"


def test_settings_with_parts_of_a_hyperstack(open_widget, wait, tmp_path, cli):
    path = write_ome(tmp_path / "cells.ome.tif")
    _, widget = open_widget()
    given = t2v.VideoSettings(width="full", contrast="local", channel=1, z="sum", play="T")
    widget.settings = given
    assert widget.settings == given
    assert "channel 1, z sum, play T" in widget.kept.value
    choose(widget.mode, "Folders")
    widget.folders.add([path])
    thumbnail(widget)
    assert widget.settings == given
    assert not widget.kept_row.visible
    assert widget["channel"].native.currentText() == "Channel 1"
    widget.settings.save(tmp_path / "talk.json")
    assert t2v.VideoSettings.load(tmp_path / "talk.json") == given
    widget.recipe_button.copy_command_line()
    words = shlex.split(QApplication.clipboard().text())
    (video,) = create(widget, wait)
    assert cli(*words[1:], "-o", tmp_path / "cli.mp4").code == 0
    assert media(tmp_path / "cli.mp4") == media(video.path)
    # What settings ask for and the data have not stays, and is said to be wrong.
    widget.settings = t2v.VideoSettings(channel="RFP")
    widget.wait_until_idle()
    assert widget.settings.channel == "RFP"
    assert "has no channel RFP" in widget.row_of("channel").problem.value


def test_axes_that_nobody_has_named(open_widget, wait, tmp_path):
    path = tmp_path / "s.tif"
    tifffile.imwrite(path, HYPER[:, 0], metadata={"axes": "QQYX"}, photometric="minisblack")
    viewer, widget = open_widget()
    choose(widget.mode, "Folders")
    widget.settings = t2v.VideoSettings(width="full", contrast="global")
    widget.folders.add([path])
    widget.wait_until_idle()
    assert widget.reason.visible
    row = widget.row_of("axes")
    assert "unknown meaning" in row.problem.value
    assert widget["axes"].visible
    write_into(widget["axes"], "TZYX")
    thumbnail(widget)
    viewer.dims.set_point(0, 1)
    image = thumbnail(widget)
    np.testing.assert_array_equal(image, t2v.render_frame(path, 1, settings=widget.settings))
    assert list(offered(widget)) == ["z", "play"]


def test_the_newest_source_is_shown_whatever_is_opened_last(with_sources, wait, tmp_path, disk):
    slow, quick = (write_folder(tmp_path / name, numbered(2)) for name in ("slow", "quick"))
    viewer, widget = with_sources(quick)
    disk.hold(slow)
    widget.folders.add([slow])
    select(widget, 1)
    wait(lambda: len(disk.asking) == 2 and not widget.create_button.enabled)
    select(widget, 0)
    with pytest.raises(TimeoutError, match=r"busy after 0\.2 s"):
        widget.wait_until_idle(timeout_s=0.2)
    disk.let_go()
    thumbnail(widget)
    assert [layer.name for layer in viewer.layers] == ["quick"]
    assert widget.plan.stack.name == "quick"


def test_all_visible_layers_as_displayed(open_widget, wait, tmp_path):
    stack = noise((3, 40, 60))
    viewer, widget = open_widget(stack, name="below", colormap="green", contrast_limits=(0, 60000))
    above = viewer.add_image(
        stack[::-1], name="above", colormap="magenta", blending="additive", opacity=0.5,
        contrast_limits=(10000, 65535),
    )  # fmt: skip
    viewer.add_image(stack, name="hidden", visible=False)
    viewer.dims.set_point(0, 1)
    pick(widget.layers.native, "All visible layers, as displayed")
    widget.settings = t2v.VideoSettings(width="full", contrast="displayed", anchor=True)
    image = thumbnail(widget)
    np.testing.assert_array_equal(image, t2v.render_frame(viewer, 1, settings=widget.settings))
    above.visible = False
    image = thumbnail(widget)
    assert not image[:10, :10, 0].any()
    above.visible = True
    widget.destination.folder = tmp_path
    (video,) = create(widget, wait)
    assert video.path.name == "below_above_60px_10fps_video.mp4"
    assert video.channels == ("below", "above")
    widget.recipe_button.copy_python()
    assert "t2v.convert(viewer, " in QApplication.clipboard().text()


def test_slices_of_layers_are_projected_or_follow_their_slider(open_widget, wait, tmp_path):
    stack = HYPER[:, 0]  # T, Z, Y, X
    viewer, widget = open_widget(stack, name="s", contrast_limits=(100, 9001))
    widget.settings = t2v.VideoSettings(width="full", contrast="displayed")
    widget.wait_until_idle()
    assert offered(widget)["z"] == [
        "Where the slider stands",
        "Maximum of all 3", "Mean of all 3", "Sum of all 3", "Median of all 3",
    ]  # fmt: skip
    viewer.dims.set_point(0, 2)
    viewer.dims.set_point(1, 1)
    image = thumbnail(widget)
    np.testing.assert_array_equal(image[..., 0], to_grey(stack[2, 1], 100, 9001))
    assert widget.settings.z is None
    pick(widget["z"], "Maximum of all 3")
    image = thumbnail(widget)
    np.testing.assert_array_equal(image[..., 0], to_grey(stack[2].max(axis=0), 100, 9001))
    widget.destination.folder = tmp_path
    (video,) = create(widget, wait)
    assert video.path.name == "s_60px_10fps_zmax_video.mp4"
    exact = to_grey(stack.max(axis=1), 100, 9001)
    assert np.abs(grey_of(decoded(video.path)) - exact).mean() < 4
    # Layers on top of each other are projected each by itself.
    viewer.add_image(
        HYPER[:, 1], name="b", colormap="green", blending="additive", contrast_limits=(100, 9001)
    )
    pick(widget.layers.native, "All visible layers, as displayed")
    image = thumbnail(widget)
    both = [to_grey(HYPER[2, c].max(axis=0), 100, 9001) for c in (0, 1)]
    np.testing.assert_array_equal(image[..., 0], both[0])
    np.testing.assert_array_equal(image[..., 1], np.minimum(both[0] + both[1], 255))
    # Without slices there is nothing to choose, and nothing is said of what was chosen.
    viewer.layers.clear()
    viewer.add_image(numbered(3))
    widget.wait_until_idle()
    assert offered(widget) == {}
    assert widget.settings.z is None


def test_python_code_says_what_the_sliders_show(open_widget, wait, tmp_path):
    viewer, widget = open_widget(
        HYPER[:, 0], name="s", axis_labels=("t", "z", "y", "x"), contrast_limits=(100, 9001)
    )
    widget.settings = t2v.VideoSettings(width="full", contrast="displayed")
    viewer.dims.set_point(1, 1)
    widget.wait_until_idle()
    widget.destination.folder = tmp_path
    (video,) = create(widget, wait)
    made = media(video.path)
    video.path.unlink()
    widget.recipe_button.copy_python()
    exec(QApplication.clipboard().text(), {"viewer": viewer})
    (again,) = tmp_path.glob("*.mp4")
    assert media(again) == made


def test_the_command_line_of_a_channel_at_a_slice(open_widget, wait, tmp_path, cli):
    path = write_ome(tmp_path / "cells.ome.tif")
    viewer, widget = open_widget()
    viewer.open(str(path), plugin="napari-tif2video")
    layer = viewer.layers["cells GFP"]
    layer.colormap, layer.gamma, layer.contrast_limits = "gray", 0.7, (500, 8000)
    widget.layers.layer = layer
    widget.settings = t2v.VideoSettings(width="full", contrast="displayed")
    viewer.dims.set_point(1, 1)
    widget.destination.folder = tmp_path / "out"
    widget.wait_until_idle()
    assert widget.create_button.enabled
    widget.recipe_button.copy_command_line()
    words = shlex.split(QApplication.clipboard().text())
    (video,) = create(widget, wait)
    assert cli(*words[1:], "-o", tmp_path / "cli.mp4").code == 2  # into a folder, or a file
    at = words.index("--output-dir")
    assert cli(*words[1:at], "-o", tmp_path / "cli.mp4").code == 0
    assert media(tmp_path / "cli.mp4") == media(video.path)


def test_closing_while_a_source_is_opened_leaves_no_layer(with_sources, wait, tmp_path, disk):
    quick, slow = (write_folder(tmp_path / name, numbered(2)) for name in ("quick", "slow"))
    viewer, widget = with_sources(quick)
    disk.hold(slow)
    widget.folders.add([slow])
    select(widget, 1)
    wait(lambda: len(disk.asking) == 2)
    viewer.window.remove_dock_widget(widget.native)
    widget.refresh()
    disk.let_go()
    wait(lambda: not any(thread.is_alive() for thread in disk.asking))
    QTest.qWait(100)  # for what would still be done then
    assert list(viewer.layers) == []


def test_positions(with_sources, tmp_path, wait):
    """A row for them where a source has several; a video of each to begin with."""
    path = tmp_path / "two.ome.tif"
    data = numbered(6).reshape(2, 3, 48, 160)
    with tifffile.TiffWriter(path, ome=True) as writer:
        for name, frames in zip(("Well A", "Well B"), data, strict=True):
            writer.write(frames, metadata={"axes": "TYX", "Name": name}, photometric="minisblack")
    _, widget = with_sources(path)
    position = widget["position"]
    wait(lambda: position.visible)
    assert entries(position) == ["Each its own video", "Well A", "Well B"]
    assert widget.settings.position == "each"
    thumbnail(widget)
    assert "2 positions · 3 time points · 160×48" in widget.source.info.value
    pick(position, "Well B")
    thumbnail(widget)
    assert widget.settings.position == "Well B"
    create(widget, wait)
    (video,) = tmp_path.glob("*.mp4")
    assert video.name.startswith("two_160px_10fps_pos1")
    assert numbers(video) == [3, 4, 5]
    video.unlink()
    write_into(widget.destination.name_edit, "mine")
    pick(position, "Each its own video")
    names = [video.path.name for video in create(widget, wait)]
    assert len({*names} - {"mine.mp4"}) == 2


def test_channels_are_offered_by_number_where_names_do_not_tell(with_sources, tmp_path):
    for names, shown in (
        (["GFP", "gfp"], ["Channel 0", "Channel 1"]),
        (["1", "all"], ["Channel 0", "Channel 1"]),
        (["-x", "each"], ["Channel 0", "Channel 1"]),
        (["12", "GFP"], ["Channel 0", "GFP"]),
    ):
        path = tmp_path / f"{'_'.join(names)}.ome.tif"
        write_ome(path, HYPER[:, :, 0], "TCYX", Channel={"Name": names})
        _, widget = with_sources(path)
        assert offered(widget)["channel"][2:] == shown
        widget.folders.tree.selectAll()
        widget.folders.remove_selected()
