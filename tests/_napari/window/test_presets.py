"""Presets: those that come with it, and the user's own."""

from __future__ import annotations

import json

import av
import pytest
from helpers.frames import noise, numbered

pytest.importorskip("napari")

from helpers.window import actions_of, click, create, open_menu
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QInputDialog

import napari_tif2video as t2v

SHIPPED = (
    "Talk (1080p)", "Paper supplement", "Small for mail (under 10 MB)",
    "Analysis (FFV1, the counts)",
)  # fmt: skip
OWN = ("Save as preset…", "Remove")


def entries(widget):
    """What the menu offers, by its words."""
    return actions_of(open_menu(widget.presets))


def choose(widget, words):
    """Choose an entry of the menu by the keyboard."""
    menu = widget.presets.native.menu()
    menu.popup(widget.presets.native.mapToGlobal(widget.presets.native.rect().bottomLeft()))
    menu.setActiveAction(next(a for a in menu.actions() if a.text().startswith(words)))
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert not menu.isVisible()


@pytest.mark.parametrize(
    ("size", "crop", "want"),
    [
        ((900, 1600), None, (1920, 1080)),
        ((300, 300), None, (1080, 1080)),
        ((300, 300), "200x50", (1920, 480)),
        ((171, 196), None, (1236, 1078)),
    ],
)
def test_a_talk_fills_the_screen(open_widget, size, crop, want):
    _, widget = open_widget(noise((2, *size)), contrast_limits=(0, 65535))
    widget.settings = t2v.VideoSettings(crop=crop, label="a", contrast="displayed", crf=30)
    widget.wait_until_idle()
    choose(widget, "Talk")
    widget.wait_until_idle()
    settings = widget.settings
    assert widget.plan.picture.size == want[::-1]
    assert (settings.quality, settings.crf, settings.label) == ("high", None, "a")
    assert settings.crop is None if crop is None else str(settings.crop) == crop
    assert widget["width"].number.value == want[0]
    # Which one was chosen is seen, and another box fills the screen, until the width is changed.
    assert widget.presets.native.text() == "Talk (1080p)"
    widget["crop"].value = "160x90"
    widget.wait_until_idle()
    assert widget.plan.picture.size == (1080, 1920)
    widget["width"].value = 640
    widget["crop"].value = "100x100"
    widget.wait_until_idle()
    assert widget.settings.width == 640
    assert "Talk (1080p)" not in widget.presets.native.text()


def test_presets_replace_each_other(open_widget, wait, tmp_path):
    _, widget = open_widget(noise((3, 60, 80)), name="s", contrast_limits=(0, 65535))
    widget.wait_until_idle()
    choose(widget, "Small")
    widget.wait_until_idle()
    small = {"width": 640, "max_size": 10_000_000, "contrast": "displayed"}
    assert widget.settings == t2v.VideoSettings(**small)
    choose(widget, "Paper")
    widget.wait_until_idle()
    changed = {"width": "full", "quality": "high", "contrast": "displayed"}
    assert widget.settings == t2v.VideoSettings(**changed)
    choose(widget, "Analysis")
    (video,) = create(widget, wait, tmp_path)
    assert video.status == "ok", video.error
    assert video.path.suffix == ".mkv"
    assert (video.codec, video.width, video.height) == ("ffv1", 80, 60)
    with av.open(str(video.path)) as container:
        assert container.streams.video[0].pix_fmt == "gray16le"
    choose(widget, "Talk")
    widget.wait_until_idle()
    assert not widget.settings.raw
    assert widget.destination.suffix.value == ".mp4"


def test_own_presets_are_settings_files_that_leave_the_data_alone(
    open_widget, wait, monkeypatch, tmp_path, errors
):
    from napari.utils.notifications import notification_manager

    _, widget = open_widget(numbered(3), name="s", contrast_limits=(0, 65535))
    ours = t2v.VideoSettings(
        width=320, contrast="global", percentile=(1, 99), label="our lab", crop="20x10",
        frames="1:", anchor=True, pixel_size=0.5, um_per_pixel=None,
    )  # fmt: skip
    widget.settings = ours
    assert list(entries(widget)) == [*SHIPPED, *OWN]
    assert not entries(widget)["Remove"].isEnabled()
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("Not this", False))
    choose(widget, "Save as")
    assert list(entries(widget)) == [*SHIPPED, *OWN]
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("Our lab / style", True))
    choose(widget, "Save as")
    path = widget.presets.folder / "Our lab _ style.json"
    assert str(path).startswith(str(tmp_path))
    menu = open_menu(widget.presets)
    assert [action.text() for action in menu.actions()] == [*SHIPPED, "", path.stem, "", *OWN]
    assert entries(widget)["Remove"].isEnabled()
    assert path.stem in notification_manager.records[-1].message
    assert t2v.VideoSettings.load(path) == ours
    kept = t2v.VideoSettings(crop="30x30+1+1", contrast="displayed", scale_bar=True, pixel_size=2)
    widget.settings = kept
    choose(widget, "Our lab")
    assert widget.presets.native.text() == path.stem
    want = {"crop": "30x30+1+1", "frames": None, "pixel_size": 2}
    assert widget.settings == t2v.VideoSettings.from_dict(ours.to_dict() | want)
    # A file that is wrong is said to be, and changes nothing.
    (widget.presets.folder / "broken.json").write_text(json.dumps({"width": "wide"}))
    before = widget.settings
    choose(widget, "broken")
    assert widget.settings == before
    assert "broken.json" in errors[0]
    assert "width" in errors[0]
    remove = entries(widget)["Remove"].menu().actions()
    next(action for action in remove if action.text() == "broken").trigger()
    assert "broken" not in entries(widget)
    assert "Our lab _ style" in entries(widget)
    click(widget["anchor"])
    assert widget.settings != before
    assert widget.presets.native.text() == "Talk, paper, mail, analysis, your own"
    for name in ("", " . ", "a/b"):
        if name == "a/b":
            assert widget.presets.save(name).name == "a_b.json"
        else:
            with pytest.raises(t2v.SettingsError, match="needs a name"):
                widget.presets.save(name)
