"""Single parts of the window, without a viewer, to exact values."""

from __future__ import annotations

import json
from pathlib import Path, PurePath

import pytest

pytest.importorskip("napari")

from napari_tif2video import VideoSettings
from napari_tif2video._napari.desktop import keep, stored
from napari_tif2video._napari.form import SettingsForm
from napari_tif2video._napari.run.card import FinishedVideo, VideoCard, remember
from napari_tif2video._napari.run.script import as_command_line, as_python, loses_colours
from napari_tif2video._napari.source import SourceAxes
from napari_tif2video.colours import Display
from napari_tif2video.errors import SettingsError
from napari_tif2video.paths import command_line


def test_settings_as_a_command_line():
    as_shown, shown = VideoSettings(contrast="displayed"), Display(limits=(1, 2.5), gamma=1.5)
    folder = Path("/o/p")

    def words(*arguments):
        return as_command_line(["a b.tif", "c.tif"], *arguments)

    def typed(*options):
        return command_line(["tif2video", "a b.tif", "c.tif", *options])

    assert words(as_shown, folder, shown, ("verify", "sidecar")) == typed(
        *("--limits", "1", "2.5", "--gamma", "1.5", "--verify", "--sidecar"),
        *("--output-dir", str(folder)),
    )
    own_gamma = VideoSettings(contrast="displayed", gamma=0.5)
    assert words(own_gamma, None, shown) == typed("--limits", "1", "2.5", "--gamma", "0.5")
    plain = Display(limits=(0, 123456.25))
    assert words(as_shown, None, plain) == typed("--limits", "0", "123456.25")
    assert words(as_shown, None, None) == typed()
    assert words(VideoSettings(raw=True), None, None) == typed("--width", "full", "--raw")
    assert words(VideoSettings(frames="5:"), None, None) == typed("--frames=5:")
    one_pair = VideoSettings(limits=((3, 4),))
    assert words(one_pair, None, shown).startswith(typed("--limits"))
    with pytest.raises(SettingsError) as caught:
        words(VideoSettings(limits=((1, 2), (3, 4))), None, None)
    assert str(caught.value) == (
        "limits: a command line has one pair for all channels; save the settings and name "
        "their file in it, or copy as Python"
    )


def test_settings_as_python():
    path, settings = PurePath("/o/x.mp4"), VideoSettings(raw=True)
    begin = "import napari_tif2video as t2v\nt2v."
    assert as_python("viewer", settings, None) == f"{begin}convert(viewer, width='full', raw=True)"
    assert as_python("viewer", VideoSettings(), path, ("verify", "sidecar")) == (
        f"{begin}convert(viewer, {str(path)!r}, verify=True, sidecar=True)"
    )
    assert as_python(("a", "b"), settings, None, ("verify",)) == (
        f"{begin}convert_batch(['a', 'b'], width='full', raw=True, verify=True)"
    )
    assert as_python(["a"], VideoSettings(), path) == (
        f"{begin}convert_batch(['a'], output_dir={str(path)!r})"
    )


def test_what_of_a_display_a_command_line_cannot_say():
    as_shown, red = VideoSettings(contrast="displayed"), bytes(768)
    said = Display(limits=(1, 2), gamma=2.0, blending="additive")
    for display, is_lost in (
        (said, False),
        (Display(colours=red), True),
        (Display(opacity=0.5), True),
        (Display(invert=True), True),
    ):
        assert loses_colours(as_shown, display) is is_lost
        assert not loses_colours(VideoSettings(), display)
    coloured = VideoSettings(contrast="displayed", colormap="viridis")
    assert not loses_colours(coloured, Display(colours=red))
    assert loses_colours(coloured, Display(colours=red, opacity=0.5))


def test_the_last_ten_videos_are_remembered(qtbot, tmp_path):
    for n in (*range(12), 5):
        remember(FinishedVideo(tmp_path / f"{n}.mp4", f"facts of {n}"))
    order = [5, 11, 10, 9, 8, 7, 6, 4, 3, 2]
    assert json.loads(stored().value("videos")) == [
        [str(tmp_path / f"{n}.mp4"), f"facts of {n}"] for n in order
    ]
    card = VideoCard()
    qtbot.addWidget(card.native)
    menu = card.recent_button.native.menu()
    menu.aboutToShow.emit()
    assert [(a.text(), a.isEnabled()) for a in menu.actions()] == [("None is where it was", False)]
    for n in (3, 11):
        (tmp_path / f"{n}.mp4").touch()
    menu.aboutToShow.emit()
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
