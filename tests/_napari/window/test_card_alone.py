"""The card of a finished video without a viewer: what it shows, to exact values."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest

pytest.importorskip("napari")

from helpers.window import finished, open_menu
from napari.utils.notifications import notification_manager
from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

import napari_tif2video as t2v
from napari_tif2video._napari.desktop import keep, stored
from napari_tif2video._napari.run.card import FinishedVideo, VideoCard, look_at, remember

RED, BLUE = (255, 0, 0), (0, 0, 255)


def write(path, size=(240, 320), colours=(RED, BLUE)):
    """A video without loss, of frames of one colour each."""
    with av.open(f"file:{path}", "w", format="matroska") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.height, stream.width = size
        stream.pix_fmt = "bgr0"
        container.start_encoding()
        for colour in colours:
            picture = np.full((*size, 3), colour, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def result(path, **facts):
    return finished("a", path, **({"clipped": 0.001} | facts))


LIMITS = "limits 100 to 4000 (global), 0.1 % of the values clipped"


def test_what_is_looked_at(tmp_path):
    path = write(tmp_path / "a.mkv")
    with path.open("ab") as file:  # as large as is known
        file.truncate(123_456)
    made = look_at(result(path), ["x", "y"])
    assert made.path == path
    assert made.facts == f"320×240 · 2.5 s · 120 kB\n{LIMITS}"
    assert made.origins == {"x", "y"}
    # The first frame, in the ratio of the video, at most twice 84 by 56 pixels.
    assert made.image.shape == (112, 149, 3)
    assert made.image.dtype == np.uint8
    assert (made.image == RED).all()
    verified = result(path, psnr_mean_db=50.0, psnr_worst_db=45.5)
    assert look_at(verified, []).facts.splitlines()[1:] == [
        LIMITS,
        "verified: 25 frames in order, PSNR 50.0 dB, worst frame 45.5 dB",
    ]


@pytest.mark.parametrize(
    ("size", "small"),
    [((100, 400), (42, 168)), ((400, 100), (112, 28)), ((400, 4), (112, 2)), ((4, 800), (2, 168))],
)
def test_the_small_picture_of_any_ratio(tmp_path, size, small):
    made = look_at(result(write(tmp_path / "a.mkv", size)), [])
    assert made.image.shape == (*small, 3)


def test_names_that_look_like_addresses(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write(Path("http:a.mkv"))
    assert look_at(result(path), []).image is not None


def test_what_is_no_video_has_no_picture(tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video" * 1000)
    for path in (broken, tmp_path / "gone.mp4"):
        made = look_at(result(path), ["x"])
        assert made.facts == f"320×240 · 2.5 s · 0 kB\n{LIMITS}"
        assert made.image is None
        assert (made.path, made.origins) == (path, {"x"})
    empty = look_at(result(write(tmp_path / "empty.mkv", colours=())), [])
    assert empty.image is None
    for status, path in (("failed", broken), ("skipped", broken), ("ok", None)):
        assert look_at(t2v.Video("a", status, path), []) is None


@pytest.fixture
def shown(qtbot):
    """Makes a card in a window, with the button that is elsewhere in it."""
    windows = []

    def make():
        card, window = VideoCard(), QWidget()
        windows.append(window)
        qtbot.addWidget(window)
        layout = QVBoxLayout(window)
        for part in (card, card.recent_button):
            layout.addWidget(part.native)
        window.show()
        return card

    return make


@pytest.fixture
def card(shown):
    return shown()


SMALL = np.zeros((4, 6, 3), np.uint8)


def some(path, image=SMALL, **options):
    return FinishedVideo(path, f"facts of {path.name}", image, **options)


def menu_of(card):
    return open_menu(card.recent_button).actions()


def test_a_card_without_a_video_does_nothing(card, opened_elsewhere):
    QGuiApplication.clipboard().setText("before")
    notification_manager.records.clear()
    assert card.shown is None
    assert not card.visible
    assert not card.recent_button.visible
    for act in (card.play, card.show_in_folder, card.copy_path, card.copy_recipe):
        act()
    assert menu_of(card)[0].text() == "None is where it was"
    card.keep(set())
    assert opened_elsewhere == []
    assert QGuiApplication.clipboard().text() == "before"
    assert list(notification_manager.records) == []


def test_the_words_of_the_card(card):
    buttons = {
        card.recent_button: ("Last videos", "The last ten videos that were made"),
        card.play_button: ("Play", "Open the video in the player"),
        card.show_button: ("Show in folder", ""),
        card.path_button: ("Copy path", ""),
        card.recipe_button: (
            "Copy recipe",
            "What the video was made of and how, from the file, as JSON",
        ),
    }
    for button, (text, tooltip) in buttons.items():
        assert (button.text, button.native.toolTip()) == (text, tooltip)
    assert card.play_button.native.accessibleName() == "Play the finished video"
    picture = card.picture
    assert picture.accessibleName() == "First frame of the finished video"
    assert (picture.width(), picture.height()) == (84, 56)
    assert picture.focusPolicy() == Qt.FocusPolicy.NoFocus
    policy = picture.sizePolicy()
    assert (policy.horizontalPolicy(), policy.verticalPolicy()) == (
        QSizePolicy.Policy.Fixed,
        QSizePolicy.Policy.Fixed,
    )


def test_a_video_is_shown_and_goes_with_what_it_was_made_of(card, opened_elsewhere, tmp_path):
    path = tmp_path / "a.mp4"
    image = np.arange(72, dtype=np.uint8).reshape(4, 6, 3)
    card.add(some(path, image, origins={"x", "y"}), is_open=True)
    assert card.visible
    assert card.headline.isExpanded()
    assert card.headline.isVisible()
    assert card.headline.text() == "▾ a.mp4"
    assert card.headline.toolTip() == str(path)
    assert card.facts.value == "facts of a.mp4"
    colour = card.picture.image.pixelColor(5, 3)
    assert (colour.red(), colour.green(), colour.blue()) == (69, 70, 71)
    assert (card.picture.image.width(), card.picture.image.height()) == (6, 4)
    card.path_button.native.click()
    assert QGuiApplication.clipboard().text() == str(path)
    for present in ({"x", "y"}, {"x", "y", "z"}):
        card.keep(present)
        assert card.visible
    card.keep({"x", "z"})
    assert not card.visible
    assert card.shown is None
    card.copy_path()
    assert opened_elsewhere == []
    # The list of the last ones brings it back, unfolded.
    path.touch()
    menu_of(card)[0].trigger()
    assert card.shown.path == path
    assert card.visible
    other = tmp_path / "b.mp4"
    card.add(some(other), is_open=False)
    assert card.headline.text() == "▸ b.mp4"
    assert not card.headline.isExpanded()
    assert card.shown.path == other
    other.touch()
    assert [action.text() for action in menu_of(card)] == [
        f"{name}  ({tmp_path.name})" for name in ("b.mp4", "a.mp4")
    ]
    menu_of(card)[1].trigger()
    assert card.headline.isExpanded()
    card.add(some(path), is_open=True)  # made again
    assert [action.text().split("  ")[0] for action in menu_of(card)] == ["a.mp4", "b.mp4"]
    card.play_button.native.click()
    card.show_button.native.click()
    assert opened_elsewhere == [str(path), str(tmp_path)]


@pytest.mark.parametrize("kept", ["[1]", "{", "3", "null", ""])
def test_what_another_version_remembers_is_no_list(shown, kept):
    keep({"videos": kept})
    assert not shown().recent_button.visible


def test_ten_are_offered(card, tmp_path):
    for n in range(12):
        path = tmp_path / f"{n}.mp4"
        path.touch()
        card.add(some(path), is_open=False)
    names = [action.text().split("  ")[0] for action in menu_of(card)]
    assert names == [f"{n}.mp4" for n in range(11, 1, -1)]
    assert card.recent_button.visible


def test_videos_of_the_sessions_before(shown, wait, tmp_path, opened_elsewhere):
    path = write(tmp_path / "a.mkv")
    remember(FinishedVideo(path, "facts of a"))
    remember(FinishedVideo(tmp_path / "b.mkv", "facts of b"))
    card = shown()
    assert card.shown is None
    (action,) = menu_of(card)
    action.trigger()
    assert card.facts.value == "facts of a"
    assert card.picture.image is None  # until the file was looked at
    wait(lambda: card.picture.image is not None)
    assert (card.picture.image.width(), card.picture.image.height()) == (149, 112)
    card.keep({"x"})  # nobody knows what it was made of
    assert card.visible
    # What is looked at for one that is shown no more is not shown.
    write(tmp_path / "b.mkv")
    menu_of(card)[0].trigger()
    card.add(some(tmp_path / "c.mkv"), is_open=True)
    wait(lambda: not card._looking.is_busy)
    assert card.picture.image.width() == 6
    # One that cannot be read has no picture, and nothing is said.
    notification_manager.records.clear()
    (tmp_path / "b.mkv").write_bytes(b"damaged")
    menu_of(card)[0].trigger()
    wait(lambda: not card._looking.is_busy)
    assert card.picture.image is None
    assert list(notification_manager.records) == []
    assert json.loads(stored().value("videos"))[1] == [str(path), "facts of a"]


def test_the_recipe_of_a_video_without_one(card, tmp_path):
    notification_manager.records.clear()
    card.add(some(write(tmp_path / "a.mkv")), is_open=True)
    card.recipe_button.native.click()
    card.add(some(tmp_path / "gone.mkv"), is_open=True)
    card.recipe_button.native.click()
    card.play_button.native.click()
    assert [(each.severity.name, each.message) for each in notification_manager.records] == [
        ("ERROR", "a.mkv: holds no recipe of tif2video"),
        ("ERROR", "gone.mkv: cannot be read (No such file or directory)"),
        ("ERROR", "gone.mkv: is not there any more"),
    ]
