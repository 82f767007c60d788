"""The card of a finished video, and the list of the last ones."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import noise, numbered
from helpers.video import decoded, grey_of

pytest.importorskip("napari")

from helpers.window import choose, click, create, lay_out, open_menu, reading
from qtpy.QtGui import QGuiApplication

import napari_tif2video as t2v


def last_videos(widget):
    return open_menu(widget.run.card.recent_button).actions()


def test_the_card_tells_of_the_video_and_does_what_it_says(
    open_widget, wait, tmp_path, opened_elsewhere
):
    gradient = np.tile(np.linspace(0, 65535, 320, dtype=np.uint16), (4, 240, 1))
    _, widget = open_widget(gradient, name="s", contrast_limits=(0, 65535))
    card = widget.run.card
    assert not card.visible
    (video,) = create(widget, wait, tmp_path)
    lay_out(widget)
    size = card.facts.value.splitlines()[0].split(" · ")[-1]
    shown, *more = reading(widget)[-4:]
    assert shown == "[Create video] [Last videos]"
    assert more[0] == "[▾ s_500px_10fps_video.mp4]"
    assert more[1].splitlines()[0] == f"500×{video.height} · 0.4 s · {size}"
    assert more[2] == "[Play] [Show in folder] [Copy path] [Copy recipe]"
    assert card.headline.toolTip() == str(video.path)
    # A small picture, in the ratio of a screen, of twice as many pixels.
    assert (card.picture.width(), card.picture.height()) == (84, 56)
    assert card.picture.image.width() in (149, 150, 151)
    assert card.headline.title == "s_500px_10fps_video.mp4"
    facts = card.facts.value
    assert "500×376 · 0.4 s · " in facts or "500×374 · 0.4 s · " in facts
    kilobytes = video.path.stat().st_size / 1000
    shown = facts.split(" · ")[2].split()[0]
    assert abs(float(shown) - kilobytes) <= 0.06 * kilobytes
    assert "limits 0 to 65535" in facts
    # The picture is that of the file: dark on the left, bright on the right, of its ratio.
    picture = card.picture.image
    assert abs(picture.width() / picture.height() - 500 / 375) < 0.03
    frame = grey_of(decoded(video.path))[0]
    for x in (0.1, 0.5, 0.9):
        colour = picture.pixelColor(int(x * picture.width()), picture.height() // 2)
        assert abs(colour.red() - frame[100, int(x * 500)]) < 12
    assert not card.picture.geometry().intersects(card.facts.native.geometry())
    for button in (card.play_button, card.picture, card.show_button):
        click(button)
    assert opened_elsewhere == [str(video.path), str(video.path), str(tmp_path)]
    click(card.path_button)
    clipboard = QGuiApplication.clipboard()
    assert clipboard.text() == str(video.path)
    click(card.recipe_button)
    assert json.loads(clipboard.text()) == json.loads(t2v.read_recipe(video.path).to_json())


def test_a_video_that_was_deleted_is_not_opened(
    open_widget, wait, tmp_path, opened_elsewhere, errors
):
    _, widget = open_widget(numbered(3), name="s")
    (video,) = create(widget, wait, tmp_path)
    video.path.unlink()
    click(widget.run.card.play_button)
    click(widget.run.card.recipe_button)
    assert opened_elsewhere == []
    assert len(errors) == 2
    assert all(video.path.name in text for text in errors)


def test_the_card_goes_with_its_layer_and_the_last_ten_come_back(
    open_widget, wait, tmp_path, opened_elsewhere
):
    viewer, widget = open_widget(noise((2, 40, 60)), name="s", contrast_limits=(0, 65535))
    viewer.add_image(noise((2, 40, 60)), name="other", visible=False)
    card, names = widget.run.card, []
    for fps in range(1, 13):
        widget["fps"].value = fps
        names.append(create(widget, wait, tmp_path)[0].path.name)
    widget.wait_until_idle()
    assert [action.text() for action in last_videos(widget)] == [
        f"{name}  ({tmp_path.name})" for name in names[:1:-1]
    ]
    last_videos(widget)[3].trigger()
    assert card.headline.title == names[-4]
    viewer.layers.remove("other")
    widget.wait_until_idle()
    assert card.play_button.visible
    viewer.layers.remove("s")
    widget.wait_until_idle()
    assert not card.play_button.visible
    assert not card.picture.isVisible()
    assert not card.headline.isVisible()
    assert len(last_videos(widget)) == 10
    assert card.recent_button.visible
    # They are there at the next start, as far as the files are.
    facts = card.facts.value
    viewer.window.remove_dock_widget("all")
    (tmp_path / names[-1]).unlink()
    card = open_widget()[1].run.card
    menu = open_menu(card.recent_button)
    shown = [action.text().split("  ")[0] for action in menu.actions()]
    assert shown == names[-2:1:-1]
    assert not card.visible
    menu.actions()[2].trigger()
    assert card.headline.title == names[-4]
    assert card.facts.value == facts
    wait(lambda: card.picture.image is not None)
    click(card.play_button)
    assert opened_elsewhere == [str(tmp_path / names[-4])]


def test_the_card_goes_with_its_folder(open_widget, wait, tmp_path):
    for name in ("a", "b"):
        write_folder(tmp_path / name, numbered(2))
    _, widget = open_widget()
    choose(widget.mode, "Folders")
    widget.folders.add([str(tmp_path / name) for name in ("a", "b")])
    widget.wait_until_idle()
    click(widget.create_button)
    wait(lambda: not widget.run.is_running and len(widget.run.videos) == 2)
    card = widget.run.card
    assert str(tmp_path / "b") in card.headline.toolTip()
    widget.folders.tree.setCurrentItem(widget.folders.tree.topLevelItem(1))
    widget.folders.remove_selected()
    widget.wait_until_idle()
    assert widget.folders.paths == [str(tmp_path / "a")]
    assert not card.play_button.visible
    last_videos(widget)[1].trigger()
    widget.wait_until_idle()
    assert card.play_button.visible
