"""Single parts of the window, without a viewer, to exact values."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("napari")

from helpers.window import open_menu

from napari_tif2video._napari.desktop import keep, stored
from napari_tif2video._napari.form import SettingsForm
from napari_tif2video._napari.run.card import FinishedVideo, VideoCard, remember
from napari_tif2video._napari.source import SourceAxes


def test_the_last_ten_videos_are_remembered(qtbot, tmp_path):
    for n in (*range(12), 5):
        remember(FinishedVideo(tmp_path / f"{n}.mp4", f"facts of {n}"))
    order = [5, 11, 10, 9, 8, 7, 6, 4, 3, 2]
    assert json.loads(stored().value("videos")) == [
        [str(tmp_path / f"{n}.mp4"), f"facts of {n}"] for n in order
    ]
    card = VideoCard()
    qtbot.addWidget(card.native)
    menu = open_menu(card.recent_button)
    assert [(a.text(), a.isEnabled()) for a in menu.actions()] == [("None is where it was", False)]
    for n in (3, 11):
        (tmp_path / f"{n}.mp4").touch()
    menu = open_menu(card.recent_button)
    assert [(a.text(), a.isEnabled()) for a in menu.actions()] == [
        (f"{n}.mp4  ({tmp_path.name})", True) for n in (11, 3)
    ]
    # Another version has written something else, or nothing that is JSON.
    for written in ("[1]", "{", "3", "null"):
        keep({"videos": written})
        remember(FinishedVideo(tmp_path / "new.mp4", "new"))
        assert json.loads(stored().value("videos")) == [[str(tmp_path / "new.mp4"), "new"]]


TC, TCZ = (("T", 5), ("C", 2)), (("T", 5), ("C", 2), ("Z", 3))


@pytest.mark.parametrize(
    ("sources", "slider", "offered", "play"),
    [
        ([SourceAxes()], 0, set(), None),
        ([SourceAxes(are_unknown=True)], 0, {"axes"}, None),
        ([SourceAxes(TC)], 0, {"channel", "play"}, ["T", "C"]),
        ([SourceAxes(TCZ)], 0, {"channel", "z", "play"}, ["T", "C", "Z"]),
        ([SourceAxes((("Z", 3),))], 0, set(), None),
        ([SourceAxes((("C", 3),))], 0, set(), None),
        ([SourceAxes((("C", 2), ("Z", 3)))], 0, {"channel", "play"}, ["C", "Z"]),
        ([SourceAxes(positions=("0",))], 0, set(), None),
        ([SourceAxes(positions=("0", "1"))], 0, {"position"}, None),
        ([], 4, {"z"}, None),
    ],
)
def test_only_what_leaves_a_choice_is_offered(qtbot, sources, slider, offered, play):
    form = SettingsForm()
    qtbot.addWidget(form.native)
    form.parts.offer(sources, slider)
    assert {name for name, is_offered in form.parts.offered.items() if is_offered} == offered
    if play is not None:
        assert [value for _, value in form["play"].offered] == play


def test_the_words_of_what_is_offered(qtbot):
    form = SettingsForm()
    qtbot.addWidget(form.native)
    names = ("DAPI", "7", "-x", "all", "Each", "a", "A")
    form.parts.offer([SourceAxes((("T", 5), ("C", 7), ("Z", 3)), names)], 0)
    assert list(form["channel"].offered) == [
        ("All, merged", "all"),
        ("Each its own video", "each"),
        ("DAPI", "DAPI"),
        *((f"Channel {n}", n) for n in range(1, 7)),
    ]
    assert form["z"].offered[0] == ("Maximum of all 3", "max")
    assert form["z"].offered[-3:] == [("Slice 0", 0), ("Slice 1", 1), ("Slice 2", 2)]
    form.parts.offer([], 4)
    assert form["z"].offered[:2] == [("Where the slider stands", None), ("Maximum of all 4", "max")]
    form.parts.offer([SourceAxes(positions=("A1", "1"))], 0)
    assert list(form["position"].offered) == [
        ("Each its own video", "each"),
        ("A1", "A1"),
        ("Position 1", 1),
    ]
