"""Overlays, formats and what is done with a finished video, set in the window."""

from __future__ import annotations

import subprocess
import threading

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise, numbered
from helpers.video import decoded, grey_of

pytest.importorskip("napari")

from helpers.canvas import Canvas
from helpers.window import choose, click, create, pick, row_of, said, write_into
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog

import napari_tif2video as t2v

STACK = noise((3, 120, 160))


@pytest.fixture
def opened(open_widget):
    viewer, widget = open_widget(STACK, name="s", contrast_limits=(0, 65535))
    widget.more.expand()
    widget.settings = t2v.VideoSettings(contrast="local")
    viewer.dims.set_point(0, 2)
    return viewer, widget


def shown(widget, wait, settings):
    """Wait until the thumbnail is the frame of a video with these settings."""
    assert widget.settings == settings
    picture = t2v.render_frame(STACK, 2, settings=settings)
    widget.wait_until_idle()
    np.testing.assert_array_equal(widget.result.preview.image, picture)
    return picture


def test_overlays_and_lengths(opened, wait):
    _, widget = opened
    plain = shown(widget, wait, t2v.VideoSettings(contrast="local"))
    click(widget["scale_bar"])
    widget.wait_until_idle()
    assert 'the size of a pixel is not known; give it with "Pixel size"' in (
        widget.row_of("scale_bar").problem.value
    )
    # What is missing is asked for: typing goes on there.
    typed = widget.native.window().focusWidget()
    assert typed is widget["pixel_size"].native
    QTest.keyClicks(typed, "0.5")
    write_into(widget["scale_bar_length"], "20")
    pick(widget["scale_bar_corner"], "top right")
    want = {
        "contrast": "local", "pixel_size": 0.5, "scale_bar_length": 20,
        "scale_bar_corner": "top-right",
    }  # fmt: skip
    picture = shown(widget, wait, t2v.VideoSettings(**want))
    # 160 px of 0.5 µm are 500 px of the video, so 20 µm are 125 of them, in white.
    rows = np.where((picture == 255).all(2) & (plain < 255).any(2), 1, 0)
    assert max(np.count_nonzero(row) for row in rows) == pytest.approx(125, abs=6)
    click(widget["timestamp"])
    pick(widget["timestamp_corner"], "bottom right")
    widget.wait_until_idle()
    assert '"Interval"' in widget.row_of("timestamp").problem.value
    write_into(widget["frame_interval"], "5min")
    write_into(widget["time_start"], "-10min")
    write_into(widget["label"], "{name} {frame}")
    want |= {
        "timestamp": True, "timestamp_corner": "bottom-right", "frame_interval": 300,
        "time_start": -600, "label": "{name} {frame}",
    }  # fmt: skip
    assert widget.settings == t2v.VideoSettings(**want)
    widget.wait_until_idle()
    assert widget.create_button.enabled
    # A stack that is not called "s" would say so in its label.
    np.testing.assert_array_equal(
        widget.result.preview.image,
        t2v.render_frame(opened[0].layers["s"], 2, settings=widget.settings),
    )
    click(widget["timestamp"])
    write_into(widget["label"], "")
    assert "time_start" not in changed(widget.settings)
    click(widget["scale_bar"])
    write_into(widget["frame_interval"], "")
    click(widget["anchor"])
    pick(widget["anchor_style"], "cross")
    write_into(widget["anchor_size"], "40")
    write_into(widget["anchor_colour"], "#00ff00")
    write_into(widget["um_per_pixel"], "0.25")
    assert not widget["width"].number.enabled
    want = {
        "contrast": "local", "pixel_size": 0.5, "um_per_pixel": 0.25, "anchor_style": "cross",
        "anchor_size": 40, "anchor_colour": "#00ff00",
    }  # fmt: skip
    picture = shown(widget, wait, t2v.VideoSettings(**want))
    assert picture.shape == (240, 320, 3)
    assert picture[120, 145].tolist() == [0, 255, 0]
    # On the canvas it is as large as in the video: 40 of 320 px are 20 of the data's 160.
    viewer, _ = opened
    canvas, layer = Canvas(viewer), viewer.layers[0].__wrapped__
    canvas.fit()
    start, end = (canvas.pixel(layer, place) for place in ((49.5, 69.5), (69.5, 89.5)))
    green = canvas.seen((0, 255, 0))
    np.testing.assert_allclose([green.min(0), green.max(0) + 1], [start, end], atol=1.5)
    assert (green == np.rint((start + end) / 2)).all(1).any()
    pick(widget["anchor_style"], "circle")
    widget.wait_until_idle()
    green = canvas.seen((0, 255, 0))
    np.testing.assert_allclose([green.min(0), green.max(0) + 1], [start, end], atol=1.5)
    assert not (green == np.rint((start + end) / 2)).all(1).any()


def changed(settings):
    defaults = t2v.VideoSettings().to_dict()
    return {name for name, value in settings.to_dict().items() if value != defaults[name]}


def test_tracks_and_masks_are_picked(opened, wait, tmp_path, monkeypatch):
    """By a dialog, or written; what does not fit is said in the row."""
    _, widget = opened
    tracks = tmp_path / "tracks.csv"
    tracks.write_text("track_id,frame,y,x\n1,0,20,20\n1,2,90,120\n")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tracks), ""))
    click(widget["tracks"].button)
    write_into(widget["tracks_tail"], "2")
    want = {"contrast": "local", "tracks": str(tracks), "tracks_tail": 2}
    picture = shown(widget, wait, t2v.VideoSettings(**want))
    assert (np.ptp(picture.astype(int), axis=-1) > 40).sum() > 300
    for text, problem in ((str(tmp_path / "gone.csv"), "gone.csv"), ("", "")):
        write_into(widget["tracks"].path, text)
        if not text:
            write_into(widget["tracks_tail"], "")
        widget.wait_until_idle()
        assert problem in widget.row_of("tracks").problem.value
    write_folder(tmp_path / "masks", np.full((3, 120, 160), 2, np.uint16))
    folder = str(tmp_path / "masks")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: folder)
    menu = widget["segmentation"].button.native.menu()
    next(action for action in menu.actions() if action.text() == "Folder…").trigger()
    assert widget.settings == t2v.VideoSettings(contrast="local", segmentation=folder)
    shown(widget, wait, widget.settings)


FORMATS = [
    ("H.265 (.mp4)", "s_160px_10fps_h265_high_video.mp4", "hevc"),
    ("VP9 (.webm)", "s_160px_10fps_high_video.webm", "vp9"),
    ("GIF (.gif)", "s_160px_10fps_video.gif", "gif"),
    ("FFV1 (.mkv)", "s_160px_10fps_video.mkv", "ffv1"),
]


def test_formats_and_their_endings(opened, wait, tmp_path):
    _, widget = opened
    widget.settings = t2v.VideoSettings(width="full", contrast="displayed", quality="high")
    widget.destination.folder = tmp_path
    for words, name, codec in FORMATS:
        pick(widget["codec"], words)
        widget.wait_until_idle()
        (video,) = create(widget, wait)
        assert video.path == tmp_path / name
        assert stream_of(video.path) == codec
    # The quality that a format has not is gone, and what FFV1 can is offered.
    assert widget.settings.quality == "standard"
    pick(widget["quality"], "Lossless")
    click(widget.destination.verify)
    click(widget.destination.sidecar)
    widget.destination.existing.value = "keep"
    write_into(widget.destination.name_edit, "mine.mkv")
    widget.destination.name_edit.native.editingFinished.emit()
    (video,) = create(widget, wait)
    assert video.path == tmp_path / "mine.mkv"
    assert "verified: all frames decode to what was rendered" in widget.run.card.facts.value
    assert t2v.read_recipe(tmp_path / "mine.json") == t2v.read_recipe(video.path)
    (again,) = create(widget, wait)
    assert (again.path.name, again.sidecar.name) == ("mine (2).mkv", "mine (2).json")
    # Raw counts leave nothing else to choose.
    write_into(widget.destination.name_edit, "")
    widget.destination.name_edit.native.editingFinished.emit()
    pick(widget["codec"], "VP9 (.webm)")
    click(widget["raw"])
    assert widget.settings == t2v.VideoSettings(raw=True)
    assert not widget["contrast"].enabled
    widget.wait_until_idle()
    assert "counts as they are" in said(widget.result.native)
    np.testing.assert_array_equal(widget.result.preview.image, t2v.render_frame(STACK, 2, raw=True))
    (video,) = create(widget, wait)
    assert raw_frames(video.path) == STACK.tobytes()
    click(widget["raw"])
    assert widget.settings == t2v.VideoSettings(width="full", contrast="displayed", codec="vp9")


def stream_of(path):
    command = ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0"]
    return subprocess.run(
        [*command, path], stdout=subprocess.PIPE, check=True, text=True
    ).stdout.strip()


def raw_frames(path):
    command = ["ffmpeg", "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "gray16le", "-"]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def test_a_size_a_rate_factor_and_the_psnr(opened, wait, tmp_path):
    _, widget = opened
    widget.destination.folder = tmp_path
    click(widget.destination.verify)
    write_into(widget["crf"], "30")
    assert not widget["quality"].enabled
    assert widget.settings == t2v.VideoSettings(contrast="local", crf=30)
    (video,) = create(widget, wait)
    grey = grey_of(decoded(video.path))
    frames = [t2v.render_frame(STACK, n, contrast="local")[..., 0] for n in range(3)]
    # Of the luma, whose 220 levels stand for the 256 of the picture.
    error = (grey - np.stack(frames).astype(float)) * 219 / 255
    own = 10 * np.log10(255**2 / np.mean(error**2))
    assert f"PSNR {video.psnr_mean_db:.1f} dB" in widget.run.card.facts.value
    assert video.psnr_mean_db == pytest.approx(own, abs=0.2)
    write_into(widget["crf"], "")
    write_into(widget["max_size"], "400 kB")
    assert widget.settings == t2v.VideoSettings(contrast="local", max_size=400_000)
    (video,) = create(widget, wait)
    assert video.path.stat().st_size <= 400_000
    pick(widget["codec"], "GIF (.gif)")
    assert not widget["max_size"].enabled
    assert widget.settings == t2v.VideoSettings(contrast="local", codec="gif")


WRONG = [
    ("anchor_size", "4", "expected a whole number of pixels"),
    ("anchor_size", "4000", "do not fit into the video"),
    ("anchor_colour", "rde", "Anchor: expected a colour"),
    ("scale_bar_length", "long", "expected a length in µm"),
    ("scale_bar_length", "9000", "use a shorter length"),
    ("pixel_size", "0", "expected a length in µm"),
    ("um_per_pixel", "x", "expected a length in µm"),
    ("um_per_pixel", "100", "a video has 100 to 4000 px"),
    ("frame_interval", "5 mni", "expected a time such as 300, 5min"),
    ("time_start", "noon", "expected a time"),
    ("label", "{nam}", "there is no field {nam}"),
    ("label", "x" * 150, "does not fit into the video"),
    ("crf", "70", "must be between"),
    ("max_size", "10 apples", "expected a size such as 10MB"),
]


def test_a_wrong_value_marks_its_row_with_the_reason(opened, wait):
    _, widget = opened
    widget.settings = t2v.VideoSettings(
        contrast="local", anchor=True, scale_bar=True, pixel_size=0.5, timestamp=True,
        frame_interval=60,
    )  # fmt: skip
    for name, text, reason in WRONG:
        before = widget[name].value or ""
        write_into(widget[name], text)
        widget.wait_until_idle()
        row = next(row for row in widget.rows if name in row.names)
        assert reason in row.problem.value
        assert "\n" not in row.problem.value
        assert "--" not in row.problem.value
        assert [r for r in widget.rows if r.problem.visible] == [row]
        assert not widget.create_button.enabled
        write_into(widget[name], before)
    widget.wait_until_idle()
    assert widget.create_button.enabled
    assert not any(row.problem.visible for row in widget.rows)
    widget["fps"].value = 60
    pick(widget["codec"], "GIF (.gif)")
    widget.wait_until_idle()
    assert "players slow down GIFs" in widget.row_of("fps").problem.value


def test_settings_come_back_as_they_were_given(opened, tmp_path, monkeypatch):
    _, widget = opened
    for options in (
        {"anchor_style": "dot", "anchor_colour": "red"},
        {"anchor_style": "circle", "anchor_size": 61, "anchor_colour": "#12ab9f"},
        {"scale_bar": True, "pixel_size": 0.1 + 0.2, "um_per_pixel": 1 / 3},
        {"scale_bar_corner": "bottom-right", "scale_bar_length": 12.5},
        {"timestamp_corner": "bottom-left", "time_start": -0.1, "frame_interval": 1e-05},
        {"time_start": 7201.5, "label": "  {{time}} {time} ", "label_corner": "bottom-left"},
        {"codec": "h264", "crf": 1},
        {"codec": "ffv1", "quality": "lossless"},
        {"quality": "lossless"},
        {"codec": "av1", "max_size": 8 * 1024**2},
        {"max_size": 1234567},
        {"raw": True},
        {"raw": True, "codec": "ffv1", "frames": "1:", "crop": "30x30", "pixel_size": 2},
        {"fps": "30000/1001"},
        {"colour_bar_corner": "top-left", "legend": True},
        {"event": ("0=a", "1min..2min=b = c"), "event_corner": "top-left", "frame_interval": 60},
        {"arrow": ("3,5", "7.5,8"), "panels": "channels"},
        {"panels": "sources", "sync_interval": 90.5, "title": "a\nb c", "title_duration": 60},
        {"panels": "both", "sync": "frame", "panel_marks": "once"},
        {"limits": ((1, 2), (3, 4.5))},
    ):
        widget.settings = settings = t2v.VideoSettings(**options)
        shown = {"contrast": "displayed"} if not settings.limits and not settings.raw else {}
        assert widget.settings == t2v.VideoSettings(**options | shown)
        assert not widget.kept_row.visible
    # Limits of several channels are shown, do not fit the one here, and can be replaced.
    assert "3 to 4.5" in widget["limits"].said.value
    widget.wait_until_idle()
    assert "limits are those of 2 channels, but 1 is shown" in widget.row_of("limits").problem.value
    click(widget["limits"].one_pair)
    assert widget.settings == t2v.VideoSettings(limits=(1, 2))
    # Any video is a file of settings.
    asked = []
    t2v.convert(STACK, tmp_path / "a.webm", scale_bar=True, pixel_size=0.5)
    answer = str(tmp_path / "a.webm"), ""
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a: (asked.append(a), answer)[1])
    widget.recipe_button.load_settings()
    assert widget.settings == t2v.VideoSettings.load(tmp_path / "a.webm")
    for ending in ("*.mp4", "*.mkv", "*.webm", "*.gif", "*.json"):
        assert ending in asked[0][3]
    # 29.97 as it is typed is another rate than 30000/1001.
    widget.settings = t2v.VideoSettings(fps="30000/1001")
    widget["fps"].value = 25
    widget["fps"].value = 29.97
    assert str(widget.settings.fps) == "2997/100"


def test_what_the_data_say_is_in_the_empty_rows(open_widget, wait, tmp_path):
    from napari.utils.notifications import notification_manager

    path = tmp_path / "talk.tif"
    tifffile.imwrite(
        path, noise((3, 2, 40, 60)), imagej=True, resolution=(4, 4),
        metadata={"unit": "um", "finterval": 30, "axes": "TCYX"},
    )  # fmt: skip
    viewer, widget = open_widget()
    choose(widget.mode, "Folders")
    widget.folders.add([path])
    # As from the recipe of another video, with limits for each of two channels.
    settings = t2v.VideoSettings(channel="all", limits=((0, 60000), (20000, 30000)))
    widget.settings = settings
    widget.wait_until_idle()
    assert widget.create_button.enabled
    assert widget["pixel_size"].native.placeholderText() == "0.25 (from ImageJ metadata)"
    assert widget["frame_interval"].native.placeholderText() == "30 s (from ImageJ metadata)"
    # 60 px of 0.25 µm are 500 px of the video.
    assert widget["um_per_pixel"].native.placeholderText() == "by the width: 0.03"
    assert widget.settings == settings
    picture = t2v.render_frame(path, int(viewer.dims.current_step[0]), settings=settings)
    np.testing.assert_array_equal(widget.result.preview.image, picture)
    widget.recipe_button.copy_command_line()
    assert "one pair for all channels" in notification_manager.records[-1].message


def test_folders_are_planned_while_the_window_answers(open_widget, wait, tmp_path, disk):
    folders = [write_folder(tmp_path / name, numbered(2)) for name in ("a", "b")]
    _, widget = open_widget()
    widget.more.expand()
    choose(widget.mode, "Folders")
    widget.folders.add(folders)
    click(widget.destination.verify)
    click(widget.destination.sidecar)
    widget.wait_until_idle()
    assert widget.create_button.enabled
    disk.hold(tmp_path)
    click(widget.create_button)
    wait(disk.asked.is_set)
    assert widget.run.is_running
    assert not widget.convert()
    click(widget.run.cancel_button)
    assert not widget.run.is_running
    widget.wait_until_idle()
    assert widget.create_button.enabled
    click(widget.create_button)
    disk.let_go()
    wait(lambda: not widget.run.is_running and len(widget.run.videos) == 2)
    assert threading.main_thread() not in disk.asking
    for folder, video in zip(folders, widget.run.videos, strict=True):
        assert video.path.parent == folder
        assert t2v.read_recipe(video.path.with_suffix(".json")) == t2v.read_recipe(video.path)
    assert "verified: worst frame of all" in widget.run.facts.value
    assert "verified: 2 frames in order" in row_of(widget, 0)[1]
    widget.recipe_button.copy_command_line()
    assert "--verify --sidecar" in QApplication.clipboard().text()
    widget.recipe_button.copy_python()
    assert "verify=True, sidecar=True" in QApplication.clipboard().text()


def test_legends_events_arrows_and_panels(open_widget, wait):
    """Each row makes what the setting of its name makes, and says what is wrong with it."""
    viewer, widget = open_widget(noise((5, 40, 60)), noise((5, 40, 60), seed=1))
    for layer, colour in zip(viewer.layers, ("magenta", "green"), strict=True):
        layer.colormap, layer.blending = colour, "additive"
    click(widget["colour_bar"])
    click(widget["legend"])
    assert not widget["panel_marks"].enabled
    pick(widget["panels"], "channels")
    pick(widget["panel_marks"], "Once")
    write_into(widget["arrow"], "10,20; 30.5,5@0..2min")
    write_into(widget["event"], "00:00..01:00=first; 1min=then; ")
    widget.wait_until_idle()
    assert "the time from frame to frame is not known" in widget.row_of("event").problem.value
    write_into(widget["frame_interval"], "1min")
    widget.wait_until_idle()
    assert widget.settings.event == ("00:00..01:00=first", "1min=then")
    assert widget.settings.arrow == ("10,20", "30.5,5@0..2min")
    assert not any(row.problem.visible for row in widget.rows)
    index = viewer.dims.current_step[0]
    expected = t2v.render_frame(viewer, index, settings=widget.settings)
    assert expected.shape[1] > 3 * 500
    np.testing.assert_array_equal(widget.result.preview.image, expected)
    write_into(widget["arrow"], "99,5")
    widget.wait_until_idle()
    assert "is outside what is shown" in widget.row_of("arrow").problem.value
    write_into(widget["arrow"], "")
    write_into(widget["event"], "")
    assert (widget.settings.arrow, widget.settings.event) == (None, None)


def test_what_can_be_done_with_settings_is_listed(open_widget):
    _, widget = open_widget()
    offered = [action.text() for action in widget.recipe_button.native.menu().actions()]
    assert offered == ["Copy as command line", "Copy as Python", "Save settings…", "Load settings…"]


def test_each_message_is_said_at_its_row(opened, tmp_path):
    """Whatever it begins with: those of drawings, of axes, and of colours name no setting."""
    _, widget = opened
    hyper = tmp_path / "h.ome.tif"
    tifffile.imwrite(
        hyper, np.zeros((2, 2, 3, 32, 60), np.uint16), ome=True, metadata={"axes": "TCZYX"},
        photometric="minisblack",
    )  # fmt: skip
    tifffile.imwrite(
        tmp_path / "q.tif", np.zeros((4, 3, 32, 60), np.uint16), metadata={"axes": "QQYX"},
        photometric="minisblack",
    )  # fmt: skip
    tiny = {"width": "full", "crop": "6x6", "pixel_size": 1, "frame_interval": 1}
    for row, source, options in (
        ("anchor", STACK, {"anchor": True, "crop": "4x4"}),
        ("scale_bar", STACK, {"scale_bar": True}),
        ("timestamp", STACK, {"timestamp": True}),
        ("label", STACK, {"label": "a label"}),
        ("colour_bar", STACK, {"colour_bar": True}),
        ("legend", STACK, {"legend": True}),
        ("event", STACK, {"event": "0=an event"}),
        ("gamma", hyper, {"channel": "all", "invert": True}),
        ("colormap", hyper, {"channel": "all", "colormap": "viridis"}),
        ("axes", tmp_path / "q.tif", {}),
        ("axes", hyper, {"axes": "TYX"}),
        ("channel", hyper, {"channel": 9}),
        ("channel", hyper, {}),
        ("z", hyper, {"channel": 0, "z": 9}),
        ("play", hyper, {"channel": 0, "play": "Z", "z": 2}),
        ("play", hyper, {"play": "P"}),
        ("position", hyper, {"position": 2}),
        ("play", hyper, {"channel": 0, "play": "C"}),
        ("width", STACK, {"codec": "h265"}),
    ):
        with pytest.raises(t2v.Tif2VideoError) as raised:
            t2v.render_frame(source, 0, **(tiny if source is STACK else {}) | options)
        widget.show_problem(str(raised.value))
        assert [r for r in widget.rows if r.problem.value] == [widget.row_of(row)], row
