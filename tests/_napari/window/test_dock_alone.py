"""The dock widget on a model of a viewer, without its window: what follows from what."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise, numbered

pytest.importorskip("napari")

from helpers.window import click
from napari.components import ViewerModel
from qtpy.QtWidgets import QShortcut

import napari_tif2video as t2v
from napari_tif2video._napari import widget as module
from napari_tif2video._napari.desktop import keep, stored
from napari_tif2video._napari.widget import TiffToVideo
from napari_tif2video.geometry import CropBox


@pytest.fixture
def opened(qtbot):
    made = []

    def open_widget(*images, **options):
        model = ViewerModel()
        for image in images:
            model.add_image(image, **options)
        widget = TiffToVideo(model)
        for name in ("inserted", "removed"):
            getattr(model.layers.events, name).connect(widget.reset_choices)
        qtbot.addWidget(widget.native)
        made.append(widget)
        widget.native.show()
        widget.wait_until_idle()
        return model, widget

    yield open_widget
    for widget in made:
        widget.close_all()


def rules(widget):
    return [name for _, name in widget["contrast"].offered]


def test_each_kind_of_source_has_its_rules_of_contrast(opened):
    _, widget = opened(numbered(3), name="s")
    layers = ["displayed", "auto", "global", "local", "smooth", "fixed"]
    assert rules(widget) == layers
    assert widget["contrast"].value == "displayed"
    widget.run.card.headline.expand()
    widget.mode.value = "Folders"
    assert rules(widget) == ["auto", "global", "batch", "local", "smooth", "stored", "fixed"]
    assert not widget.run.card.headline.isExpanded()
    assert not widget.is_idle
    widget.wait_until_idle()
    assert (widget.reason.value, widget.reason.visible) == ("Add a folder.", True)
    widget.run.card.headline.expand()
    widget.mode.value = "Layers"
    assert rules(widget) == layers
    assert widget.run.card.headline.isExpanded()


def test_what_is_made_and_what_is_missing(opened, errors, monkeypatch, tmp_path):
    model, widget = opened()
    orders, prepared = [], []
    monkeypatch.setattr(type(widget.run), "start", lambda _, order: orders.append(order))
    monkeypatch.setattr(type(widget.run), "prepare", lambda _, *args: prepared.append(args))
    assert not widget.create_button.enabled
    assert widget.convert() is False
    assert errors == ["Open an image first."]
    layer = model.add_image(numbered(3), name="s", contrast_limits=(0, 65535))
    widget.wait_until_idle()
    assert widget.create_button.enabled
    assert (widget.reason.value, widget.reason.visible) == ("", False)
    widget.destination.folder = tmp_path
    assert widget.convert() is True
    (order,) = orders
    assert len(order.jobs) == 1
    assert [ref() for ref in order.origins_of(order.jobs[0])] == [layer]
    widget["fps"].value = 20  # taken in at once
    click(widget.create_button)
    assert len(orders) == 2
    assert widget.plan.settings.fps == 20
    widget.mode.value = "Folders"
    assert widget.convert() is False
    assert errors[1:] == ["add a folder first"]
    widget.folders.add([write_folder(tmp_path / "pos", numbered(2))])
    assert widget.convert() is True
    assert len(prepared) == 1
    monkeypatch.setattr(type(widget.run), "is_preparing", True)
    assert widget.convert() is False
    assert (len(orders), len(prepared), len(errors)) == (2, 1, 2)
    widget.run.began.emit()
    assert not widget.create_button.enabled


def test_it_is_idle_once_all_is_taken_in(opened):
    _, widget = opened(numbered(3))
    assert widget.is_idle
    widget["fps"].value = 12
    assert not widget.is_idle
    with pytest.raises(TimeoutError, match=r"^the window is still busy after 0 s$"):
        widget.wait_until_idle(0)
    widget.wait_until_idle()
    assert widget.is_idle
    assert widget.plan.settings.fps == 12
    for part in (widget.source, widget.result):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(part), "is_busy", True)
            assert not widget.is_idle
    widget.destination.edited.emit()
    assert not widget.is_idle


def test_the_settings_of_the_last_time_but_for_the_data(opened):
    kept = t2v.VideoSettings(width=640, label="a", crop="30x20", frames="1:", pixel_size=0.5)
    keep({"settings": kept.to_json()})
    _, widget = opened(numbered(3))
    assert widget.settings == t2v.VideoSettings(width=640, label="a", contrast="displayed")
    keep({"settings": '{"width": "wide"}'})
    _, widget = opened(numbered(3))
    assert widget.settings == t2v.VideoSettings(contrast="displayed")
    assert stored().value("settings") is None


def test_keys_press_what_is_done_most(opened):
    _, widget = opened(numbered(3))
    crop = widget["crop"]
    buttons = {
        "Ctrl+Return": widget.create_button,
        "Ctrl+.": widget.run.cancel_button,
        "Ctrl+P": widget.result.play_button,
        "Ctrl+Shift+X": crop.check,
        "Ctrl+Shift+D": crop.draw,
        "Ctrl+Shift+Return": widget.run.card.play_button,
    }
    keys = {short.key().toString(): short for short in widget.native.findChildren(QShortcut)}
    assert keys.keys() == buttons.keys()
    for name, button in buttons.items():
        assert button.tooltip.endswith(f"({name})")
    keys["Ctrl+Shift+X"].activated.emit()
    assert crop.check.value
    assert (widget.more.title, widget.more.isExpanded()) == (
        "More  (grey levels, overlays, format, files)", False,
    )  # fmt: skip
    widget.more.expand()
    assert widget.more.text() == "▴ Less"


def test_while_videos_are_made_others_wait(opened, monkeypatch):
    _, widget = opened(numbered(3))
    assert widget.create_button.text == "Create video"
    monkeypatch.setattr(type(widget.run), "is_running", True)
    widget.run.began.emit()
    assert widget.create_button.text == "Add to queue"
    assert not widget.is_idle
    monkeypatch.setattr(type(widget.run), "is_running", False)
    widget.run.ended.emit()
    assert widget.create_button.text == "Create video"
    widget.wait_until_idle()
    assert widget.create_button.enabled


def test_the_box_is_drawn_on_the_canvas(opened):
    model, widget = opened()
    crop = widget["crop"]
    click(crop.draw)  # over nothing
    assert (crop.draw.value, widget.canvas.is_drawing) == (False, False)
    model.add_image(noise((3, 40, 60)))
    widget.wait_until_idle()
    assert widget.canvas.region.size == (40, 60)
    assert widget.canvas.box is None
    click(crop.draw)
    assert widget.canvas.is_drawing
    assert model.status == "Drag a box over the image; Esc ends that"
    click(crop.draw)
    assert not widget.canvas.is_drawing
    for is_on in (True, False):  # Escape, for one
        widget.canvas.drawing_changed.emit(is_on)
        assert crop.draw.value is is_on
    widget.canvas.box_changed.emit(CropBox(30, 20, 4, 2))
    assert str(widget.settings.crop) == "30x20+4+2"
    widget.wait_until_idle()
    assert widget.canvas.box == CropBox(30, 20, 4, 2)
    widget.canvas.undo.emit()
    widget.wait_until_idle()
    assert widget.settings.crop is None
    # A box that does not fit is not shown, and a new one can be drawn.
    crop.value = "300x200"
    widget.wait_until_idle()
    assert (widget.plan, widget.canvas.region, widget.duration.value) == (None, None, "")
    assert not widget.create_button.enabled
    click(crop.draw)
    assert widget.canvas.is_drawing
    widget.refresh()
    widget.wait_until_idle()
    assert widget.canvas.is_drawing
    click(crop.draw)
    # Where something else is wrong, the box stays.
    crop.value = "30x20"
    widget.wait_until_idle()
    assert widget.canvas.box == CropBox(30, 20, 15, 10)
    widget.settings = t2v.VideoSettings(crop="30x20", frames="9:")
    widget.wait_until_idle()
    assert widget.plan is None
    assert widget.canvas.box == CropBox(30, 20, 15, 10)
    model.layers.clear()
    widget.wait_until_idle()
    assert (widget.canvas.region, widget.source.info.value) == (None, "")


def test_auto_sets_the_limits_of_this_frame(opened):
    frames = np.full((2, 100, 100), 500, np.uint16)
    frames[0, 0], frames[0, -1] = 100, 900
    frames[1, 0], frames[1, -1] = 200, 700
    model, widget = opened(frames, contrast_limits=(300, 400))
    layer = model.layers[0]
    layer.contrast_limits_range = (250, 450)
    model.dims.set_point(0, 1)
    widget.wait_until_idle()
    assert widget.auto.enabled
    click(widget.auto)
    assert tuple(layer.contrast_limits) == (200, 700)
    assert tuple(layer.contrast_limits_range) == (200, 700)
    layer.contrast_limits_range = (0, 1000)
    model.dims.set_point(0, 0)
    widget["contrast"].value = "global"
    widget.wait_until_idle()
    click(widget.auto)
    assert tuple(layer.contrast_limits) == (200, 700)
    assert widget["contrast"].value == "fixed"
    assert widget.settings.limits == (100, 900)
    widget["contrast"].value = "displayed"
    widget.wait_until_idle()
    click(widget.auto)
    assert tuple(layer.contrast_limits) == (100, 900)
    assert tuple(layer.contrast_limits_range) == (0, 1000)
    widget["raw"].value = True
    widget.wait_until_idle()
    assert not widget.auto.enabled
    widget["raw"].value = False
    other = model.add_image(frames, name="b", contrast_limits=(1, 2), blending="additive")
    widget.wait_until_idle()
    assert (len(widget.plan.stack.channels), widget.auto.enabled) == (2, False)
    widget.layers.layer = other
    widget.refresh()
    widget.wait_until_idle()
    assert widget.auto.enabled
    widget["frames"].value = "9:"
    widget.wait_until_idle()
    widget.auto.native.click()
    assert tuple(other.contrast_limits) == (1, 2)


def test_the_video_in_words_and_its_name(opened, tmp_path):
    _, widget = opened(numbered(25), name="s")
    assert widget.duration.value == "= 2.5 s long"
    assert widget.plan.picture.size == (150, 500)
    widget["fps"].value = 100
    widget["frames"].value = "1:4"
    widget["width"].value = 320
    widget.wait_until_idle()
    assert widget.duration.value == "= 0.0 s long"
    assert widget.destination.name_edit.value == "s_320px_100fps_frames_1-3_video"
    widget.native.hide()
    assert widget.is_idle


def test_reasons_are_without_what_is_seen_and_what_is_for_the_command_line(opened, tmp_path):
    _, widget = opened(noise((3, 40, 60)), name="s")
    for options, reason in (
        (
            {"panels": "sources"},
            "Panels: of sources are for several folders or files in the list; add some, or show "
            "channels",
        ),
        ({"frames": "9:"}, "frames 9: leaves none of its 3 frames; indices count from 0"),
        (
            {"scale_bar": True},
            'Scale bar: the size of a pixel is not known; give it with "Pixel size", such as '
            "0.65 (µm)",
        ),
        ({"channel": 7}, "has no channel 7, but 1 channel: 0"),
        ({}, ""),
    ):
        widget.settings = t2v.VideoSettings(**options)
        widget.wait_until_idle()
        assert widget.reason.value == reason
        assert widget.reason.visible == bool(reason)
        assert [row.problem.value for row in widget.rows if row.problem.value] == [reason] * bool(
            reason
        )


def test_of_several_videos_the_first_is_shown(opened, tmp_path):
    path = tmp_path / "two.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for name in "AB":
            writer.write(noise((3, 2, 32, 40)), metadata={"axes": "TCYX", "Name": name})
    tracks = tmp_path / "t.csv"
    rows = [(n, t, 16, 20) for n in (7, 5) for t in range(3)]
    np.savetxt(tracks, rows, delimiter=",", header="track_id,frame,y,x", comments="")
    stack = t2v.open_stack(path)
    follow = {"follow": str(tracks), "crop": "12x10"}
    for given, want in (
        ({}, {}),
        ({"position": "each"}, {"position": 0}),
        ({"position": "B", "channel": "each"}, {"position": "B", "channel": 0}),
        ({"channel": 1, "position": 1}, {"channel": 1, "position": 1}),
        ({"panels": "sources"}, {"panels": "sources", "panel_marks": "each"}),
        ({"panels": "channels"}, {"panels": "channels"}),
    ):
        made = module._of_one_video(stack, t2v.VideoSettings(**given))
        assert made == t2v.VideoSettings(**want)
    array = t2v.open_stack(noise((3, 32, 40)))
    given = t2v.VideoSettings(**follow, follow_id="each")
    assert module._of_one_video(array, given) == t2v.VideoSettings(**follow, follow_id=5)
    given = t2v.VideoSettings(**follow, follow_id=7)
    assert module._of_one_video(array, given) == given


def test_the_frame_that_is_looked_at_is_that_of_the_slider(opened):
    model, widget = opened(numbered(6))
    widget["frames"].value = "1::2"
    widget.wait_until_idle()
    widget.result.moved.emit(2)
    assert model.dims.current_step[0] == 5
    widget["frames"].value = "9:"
    widget.wait_until_idle()
    widget.result.moved.emit(0)
    assert model.dims.current_step[0] == 5


def test_hidden_it_follows_nothing_and_closed_it_lets_go(opened, monkeypatch):
    model, widget = opened(numbered(3))
    layer = model.layers[0]
    assert widget.canvas.region is not None
    stopped = []
    monkeypatch.setattr(type(widget.run), "stop", lambda _, wait_s: stopped.append(wait_s))
    widget.refresh()
    widget.native.hide()
    assert (widget.is_idle, widget.canvas.region) == (True, None)
    assert stopped == [5]
    layer.gamma = 0.5
    model.dims.set_point(0, 2)
    assert widget.is_idle
    widget.native.show()
    assert not widget.is_idle
    widget.wait_until_idle()
    assert widget.canvas.region is not None
    layer.gamma = 0.6
    assert not widget.is_idle
    widget.close_all()
    assert (widget.is_idle, stopped) == (True, [5, 5])
    model.add_image(numbered(3))
    assert widget.is_idle
    assert widget.canvas.region is None


def test_a_video_in_the_list_is_opened(opened, monkeypatch):
    played = []
    monkeypatch.setattr(module, "open_file", played.append)
    _, widget = opened()
    widget.folders.activated.emit("/a.mp4")
    assert played == ["/a.mp4"]


def test_many_videos_have_no_name_of_their_own(opened, tmp_path):
    _, widget = opened()
    widget.mode.value = "Folders"
    folders = [write_folder(tmp_path / name, numbered(2)) for name in "ab"]

    def has_name():
        widget.wait_until_idle()
        return widget.destination.name_edit.native.isVisible()

    widget.folders.add(folders[:1])
    assert has_name()
    widget.folders.add(folders[1:])
    assert not has_name()
    widget.folders.tree.topLevelItem(1).setSelected(False)
    widget.folders.tree.topLevelItem(0).setSelected(True)
    widget.folders.remove_selected()
    assert has_name()
    path = tmp_path / "c.tif"
    tifffile.imwrite(path, noise((3, 2, 32, 40)), imagej=True, metadata={"axes": "TCYX"})
    widget.folders.clear()
    widget.folders.add([path])
    assert has_name()
    widget["channel"].value = "each"
    assert not has_name()
    widget["channel"].value = 0
    assert has_name()
