"""The menu of presets by itself, to exact values."""

from __future__ import annotations

import pytest
from helpers.frames import noise
from helpers.window import actions_of, open_menu

pytest.importorskip("napari")

from pathlib import Path

from qtpy.QtWidgets import QInputDialog

import napari_tif2video as t2v
from napari_tif2video._napari.desktop import stored
from napari_tif2video._napari.presets import PresetButton
from napari_tif2video.planning import plan

NONE_CHOSEN = "Talk, paper, mail, analysis, your own"


@pytest.fixture
def planned():
    """What is planned, which a test may change."""
    return [None]


@pytest.fixture
def presets(form, qtbot, planned):
    made = PresetButton(form, lambda: planned[0])
    qtbot.addWidget(made.native)
    return made


def choose(presets, name):
    actions_of(open_menu(presets))[name].trigger()


def of_frame(rows, columns, **options):
    return plan(t2v.open_stack(noise((2, rows, columns))), t2v.VideoSettings(**options))


def test_those_that_come_with_it(presets, form):
    assert (presets.text, presets.tooltip) == (NONE_CHOSEN, "Preset")
    own = {"fps": 12, "crop": "30x20", "pixel_size": 2}
    before = t2v.VideoSettings(crf=30, codec="av1", contrast="local", **own)
    for name, want in (
        ("Talk (1080p)", {"quality": "high", "width": 1920}),
        ("Paper supplement", {"quality": "high", "width": "full"}),
        ("Small for mail (under 10 MB)", {"width": 640, "max_size": 10_000_000}),
        ("Analysis (FFV1, the counts)", {"raw": True}),
    ):
        form.settings = before
        choose(presets, name)
        contrast = None if "raw" in want else "local"
        assert form.settings == t2v.VideoSettings(contrast=contrast, **own, **want)
        assert presets.text == name
        # It is named as long as the rows are as it has set them.
        form["crop"].value = "20x20"
        form["fps"].value = 13
        assert presets.text == name
        form["quality"].value = "draft"
        assert presets.text == NONE_CHOSEN
        form["quality"].value = want.get("quality", "standard")
        assert presets.text == NONE_CHOSEN


def test_a_talk_fills_a_screen_of_full_hd(presets, form, planned):
    for size, width in (
        ((900, 1600), 1920),
        ((10, 800), 1920),
        ((300, 300), 1080),
        ((171, 196), 1236),
        ((300, 299), 1076),
        ((2000, 20), 100),
    ):
        planned[0] = of_frame(*size, width=100)
        choose(presets, "Talk (1080p)")
        assert form["width"].value == width


def test_a_talk_follows_the_box(presets, form, planned):
    planned[0] = of_frame(300, 300)
    presets.follow()
    assert form["width"].value == 500
    choose(presets, "Paper supplement")
    presets.follow()
    assert form["width"].value == "full"
    choose(presets, "Talk (1080p)")
    assert form["width"].value == 1080
    planned[0] = of_frame(300, 300, crop="160x90")
    told = []
    form.changed.connect(told.append)
    presets.follow()
    assert (form["width"].value, presets.text) == (1920, "Talk (1080p)")
    assert told
    told.clear()
    presets.follow()
    assert told == []
    planned[0] = None
    presets.follow()
    assert (form["width"].value, told) == (1920, [])


def test_the_name_of_a_preset_is_that_of_its_file(presets, form):
    form.settings = settings = t2v.VideoSettings(width=320, crop="30x20", contrast="global")
    folder = Path(stored().fileName()).parent / "presets"
    assert presets.folder == folder
    for name in ("", " ", " .", ".. ."):
        with pytest.raises(t2v.SettingsError, match=r"^a preset needs a name$"):
            presets.save(name)
        assert not folder.exists()
    for name, stem in (
        ("our lab", "our lab"),
        ("a/b", "a_b"),
        ("a\\b:c*d?e", "a_b_c_d_e"),
        ("Größe (1)+2-3.5_x", "Größe (1)+2-3.5_x"),
        (" . lab. ", "lab"),
        ("/", "_"),
    ):
        path = folder / f"{stem}.json"
        assert presets.save(name) == path
        assert t2v.VideoSettings.load(path) == settings
    form["width"].value = 640
    assert presets.save(name) == path  # which is replaced
    assert t2v.VideoSettings.load(path).width == 640
    assert len([*folder.iterdir()]) == 6


def test_a_folder_that_cannot_be_made_is_said(presets):
    folder = presets.folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("")
    with pytest.raises(t2v.SettingsError) as caught:
        presets.save("a")
    assert str(caught.value) == f"{folder}: cannot be made (File exists)"


def test_the_users_own(presets, form, errors, monkeypatch):
    shipped = [
        "Talk (1080p)", "Paper supplement", "Small for mail (under 10 MB)",
        "Analysis (FFV1, the counts)",
    ]  # fmt: skip
    asked, said = [], []
    answers = [("Not this", False), ("b/c", True), ("a", True), (" ", True)]
    monkeypatch.setattr(
        QInputDialog, "getText", lambda *args: asked.append(args[1:]) or answers.pop(0)
    )
    monkeypatch.setattr("napari_tif2video._napari.presets.show_info", said.append)
    form.settings = t2v.VideoSettings(width=320, crop="30x20", fps=12, contrast="global")
    for _ in range(4):
        choose(presets, "Save as preset…")
    assert asked == [("Save as preset", "Name")] * 4
    assert said == ["Saved the preset b_c", "Saved the preset a"]
    assert errors == ["a preset needs a name"]
    menu = open_menu(presets)
    assert [action.text() for action in menu.actions()] == [
        *shipped, "", "a", "b_c", "", "Save as preset…", "Remove",
    ]  # fmt: skip
    # It leaves alone what belongs to the data.
    form.settings = t2v.VideoSettings(crop="40x40", frames="1:", anchor=True)
    choose(presets, "b_c")
    want = {"width": 320, "fps": 12, "contrast": "global", "crop": "40x40", "frames": "1:"}
    assert form.settings == t2v.VideoSettings(**want)
    assert presets.text == "b_c"
    form["crop"].value = "50x50"
    assert presets.text == "b_c"
    form["fps"].value = 13
    assert presets.text == NONE_CHOSEN
    (presets.folder / "a.json").write_text("{")
    choose(presets, "a")
    assert len(errors) == 2
    assert errors[1].startswith("a.json: ")
    assert presets.text == NONE_CHOSEN
    remove = actions_of(open_menu(presets))["Remove"]
    assert remove.isEnabled()
    assert list(actions_of(remove.menu())) == ["a", "b_c"]
    actions_of(remove.menu())["a"].trigger()
    actions_of(remove.menu())["a"].trigger()  # it is gone already
    assert [path.name for path in presets.folder.iterdir()] == ["b_c.json"]
    remove = actions_of(open_menu(presets))["Remove"]
    actions_of(remove.menu())["b_c"].trigger()
    remove = actions_of(open_menu(presets))["Remove"]
    assert (remove.isEnabled(), list(actions_of(remove.menu()))) == (False, [])
    assert len(errors) == 2
