"""The preview without a viewer: its frames, its picture, and what it says, to exact values."""

from __future__ import annotations

import contextlib
import queue
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.files import write_folder
from helpers.planning import planned

pytest.importorskip("napari")
pytest.importorskip("pytestqt")

from qtpy.QtCore import QEvent, QPointF, QSize, Qt
from qtpy.QtGui import QKeyEvent, QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QSizePolicy, QWidget
from superqt.utils import qimage_to_array

import napari_tif2video as t2v
from napari_tif2video._napari.preview import (
    Picture,
    ResultPreview,
    auto_limits,
    box_at,
    frames,
    qt_image,
    result,
)
from napari_tif2video.pipeline import Execution, series_limits, steady
from napari_tif2video.planning import guessed_bytes
from napari_tif2video.units import size_text

# 1001 counts of which the 0.175th percentile is the 1.75th.
RAMP = np.arange(1001).reshape(7, 143)
PAIR = np.stack([np.zeros_like(RAMP), RAMP])


def counts(*values, size=(8, 10)):
    """Frames of one count each."""
    return np.stack([np.full(size, value, np.uint16) for value in values])


# ---- frames


@pytest.mark.parametrize(
    ("stack", "limits"),
    [
        (PAIR.astype(np.uint16), (1.75, 998.25)),
        (PAIR.astype(np.float32), (1.75, 998.25)),
        (np.where(PAIR < 1000, PAIR, np.inf).astype(np.float32), (1.74825, 997.25175)),
        (np.where(PAIR == 0, np.nan, PAIR * 1.0), (2.74825, 998.25175)),
        # Percentiles that are the same: the range of the counts, or at least one.
        (np.where(PAIR == 1000, 60000, 7).astype(np.uint16), (7, 60000)),
        (np.where(PAIR == 1000, np.nan, 7.0), (7, 8)),
        (np.full((2, 8, 10), 7, np.uint8), (7, 8)),
        (np.full((2, 8, 10), np.nan), (0, 1)),
    ],
)
def test_limits_for_a_frame_leave_out_the_same_share_at_each_end(stack, limits):
    plan = planned(stack, contrast="local", width=200)
    assert auto_limits(plan, 1) == pytest.approx(limits, rel=1e-6)


def test_limits_for_a_frame_are_those_of_the_box_and_of_what_is_shown():
    stack = np.stack([counts(5)[0], counts(9)[0], counts(0)[0]])
    stack[1, 2:6, 4:8] = np.arange(100, 116).reshape(4, 4)
    plan = planned(stack, frames="1:", crop="4x4+4+2", contrast="local", width=200)
    assert auto_limits(plan, 0) == pytest.approx((100 + 0.00175 * 15, 115 - 0.00175 * 15))
    assert auto_limits(plan, 1) == (0, 1)


def test_the_box_in_each_frame():
    still = planned(counts(1, 2), crop="4x6+3+1", width=200)
    assert box_at(still, 1) == t2v.CropBox(4, 6, 3, 1)
    way = [(0, 0, 4, 5), (0, 1, 5.7, 6.4), (0, 2, 0, 9), (0, 3, 4, 0)]
    moves = planned(counts(*range(4)), follow=way, crop="4x6", width=200)
    # Its middle is 2.5 rows and 1.5 columns from its first pixel.
    assert [
        (box.x, box.y, box.width, box.height) for box in (box_at(moves, n) for n in range(4))
    ] == [(4, 2, 4, 6), (5, 3, 4, 6), (8, 0, 4, 6), (0, 2, 4, 6)]


def test_the_size_that_is_expected():
    for most, share in ((None, 1), (10**12, 1), (1000, None)):
        plan = planned(counts(1, 2), max_size=most, width=200)
        guess = guessed_bytes(plan.encoder, 2)
        assert guess > 1000
        assert frames.estimated_bytes(plan) == (1000 if share is None else guess)


def test_a_frame_with_its_limits_and_what_they_leave_out():
    stack = counts(10, 20, 30)
    stack[:, 0, :6], stack[:, 1, :2], stack[1, 2, 3] = 5, 99, 98
    shown = {"limits": (6, 97), "width": 200, "frames": "1:"}
    plan = planned(stack, **shown)
    made = frames.preview_frame(plan, 0)
    assert (made.index, made.limits, made.is_provisional) == (0, ((6, 97),), False)
    assert made.clipped == pytest.approx(9 / 80)
    np.testing.assert_array_equal(made.image, t2v.render_frame(stack, 0, **shown))
    assert frames.preview_frame(plan, 1).clipped == pytest.approx(8 / 80)
    boxed = planned(stack, limits=(6, 97), crop="4x2+0+0", width=200)
    assert frames.preview_frame(boxed, 1).clipped == pytest.approx(6 / 8)
    each = list(frames.frames_of(plan, [1, 0]))
    assert [one.index for one in each] == [1, 0]
    assert [one.clipped for one in each] == [None, None]
    assert each[0].image[-1, -1, 0] > each[1].image[-1, -1, 0]
    # The share of all channels together.
    other = np.stack([stack, counts(50, 60, 70)], axis=1)
    plan = planned(other, axes="TCYX", channel="all", limits=((6, 97), (0, 60)), width=200)
    assert frames.preview_frame(plan, 2).clipped == pytest.approx(88 / 160)
    assert frames.preview_frame(plan, 1).clipped == pytest.approx(9 / 160)
    assert frames.preview_frame(plan, 1).limits == ((6, 97), (0, 60))


def test_what_has_yet_to_be_measured_is_provisional():
    stack = np.arange(240, dtype=np.uint16).reshape(3, 8, 10)
    plan = planned(stack, contrast="global", width=200)
    assert not frames.is_measured(plan)
    (made,) = frames.frames_of(plan, [1])
    assert (made.is_provisional, made.limits) == (True, ((80, 159),))
    assert frames.preview_frame(plan, 1).clipped == 0
    series_limits(plan, Execution())
    assert frames.is_measured(plan)
    (made,) = frames.frames_of(plan, [1])
    assert (made.is_provisional, made.limits) == (False, ((0, 239),))
    assert frames.is_measured(planned(stack, contrast="local", width=200))
    # Limits that are known do not do where the drift is not.
    bright = np.zeros((2, 32, 40), np.uint16)
    bright[0, 10:14, 12:16], bright[1, 13:17, 17:21] = 900, 900
    plan = planned(bright, contrast="local", stabilise=True, width=200)
    assert not frames.is_measured(plan)
    (made,) = frames.frames_of(plan, [1])
    assert (made.is_provisional, made.limits) == (True, ((0, 900),))
    before = made.image
    steady(plan, Execution())
    assert frames.is_measured(plan)
    (first, second) = frames.frames_of(plan, [0, 1])
    assert not second.is_provisional
    rows, columns = np.nonzero(second.image[..., 0] > 127)
    moved = np.nonzero(before[..., 0] > 127)
    at_first = np.nonzero(first.image[..., 0] > 127)
    assert (rows.min(), columns.min()) == (at_first[0].min(), at_first[1].min())
    assert (rows.min(), columns.min()) != (moved[0].min(), moved[1].min())
    fixed = planned(bright, limits=(0, 800), stabilise=True, crop="4x4+12+10", width=200)
    steady(fixed, Execution())
    assert frames.preview_frame(fixed, 1).clipped == 1  # of the pixels that are there then


class Clock:
    """Time that goes by only while somebody waits or looks."""

    def __init__(self):
        self.now, self.naps = 100.0, []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        assert seconds > 0
        self.naps.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(frames, "time", clock)
    return clock


def played(clock, plan, first, costs, is_stale=lambda: False):
    """Index, time and speed of frames that take so long to be shown, until there is no more."""
    seen, costs = [], list(costs)

    def show(frame, rate):
        seen.append((frame.index, round(clock.now - 100, 6), round(rate, 6)))
        clock.now += costs.pop(0)
        return bool(costs)

    frames.play(plan, first, show, is_stale)
    return seen


def test_frames_are_shown_when_they_are_due(clock):
    plan = planned(counts(*range(5)), contrast="local", fps=4, width=200)
    assert played(clock, plan, 3, [0.0625] * 7) == [
        (index, 0.25 * n, 4) for n, index in enumerate([3, 4, 0, 1, 2, 3, 4])
    ]
    # Of 0.1875 s before each, the last is what is left.
    assert clock.naps == pytest.approx(([0.02] * 9 + [0.0075]) * 6)


def test_late_frames_are_not_made_up_for_and_the_speed_is_that_of_the_last_ten(clock):
    plan = planned(counts(*range(5)), contrast="local", fps=4, width=200)
    slow = played(clock, plan, 0, [0.5] * 5)
    assert [time for _, time, _ in slow] == [0, 0.5, 1, 1.5, 2]
    assert [rate for _, _, rate in slow] == [4, 4, 4, 2, 2]
    clock.now = 100.0
    mixed = played(clock, plan, 0, [1, 0.5, 0.5, *[0] * 14])
    assert [time for _, time, _ in mixed] == [0, 1, 1.5, *(2 + 0.25 * n for n in range(14))]
    # Looked at until 1, 1.5, 2, 2, 2.25, 2.5 ...; of eleven such times there are ten frames.
    assert [rate for *_, rate in mixed] == [
        4, 4, 4, 2, 3, 3.2, 3.333333, 3.428571, 3.5, 3.555556, 3.6, 3.636364, 4, 4.444444, 4, 4, 4,
    ]  # fmt: skip


def test_nobody_waits_for_a_frame_that_is_not_wanted(clock):
    plan = planned(counts(*range(5)), contrast="local", fps=4, width=200)
    seen = played(clock, plan, 0, [0] * 9, lambda: clock.now > 100.3)
    assert [index for index, *_ in seen] == [0, 1]
    assert clock.now == pytest.approx(100.31, abs=0.011)  # not as late as the next one
    assert played(clock, plan, 0, [0] * 9, lambda: True) == []


# ---- the picture


def rgb_of(image):
    return qimage_to_array(image)[..., :3].astype(int)


def test_an_image_of_qt_has_the_same_pixels():
    rgb = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    np.testing.assert_array_equal(rgb_of(qt_image(rgb)), rgb)


class Player:
    """A picture in a window, which has the focus or not as a test wants it."""

    def __init__(self, qtbot, click=None):
        self.done, self.is_focused, self.passed_on = [], False, []
        self.window = QWidget()
        qtbot.addWidget(self.window)
        keys = {
            key: lambda key=key: self.done.append(key)
            for key in (Qt.Key.Key_Space, Qt.Key.Key_Left)
        }
        self.picture = Picture("Frame", keys, click)
        self.picture.setParent(self.window)
        self.picture.hasFocus = lambda: self.is_focused

    def press(self, key, modifier=Qt.KeyboardModifier.NoModifier, repeats=False):
        """Whether the picture takes a key, and what comes of it."""
        self.done.clear()
        event = QKeyEvent(QEvent.Type.KeyPress, key, modifier, "", repeats)
        self.picture.keyPressEvent(event)
        return event.isAccepted(), self.done[:]


def test_keys_of_a_picture(qtbot):
    player = Player(qtbot)
    space, left, pad = Qt.Key.Key_Space, Qt.Key.Key_Left, Qt.KeyboardModifier.KeypadModifier
    assert player.press(space) == (True, [space])
    assert player.press(space, repeats=True) == (True, [])
    assert player.press(left, repeats=True) == (True, [left])
    assert player.press(left, pad) == (True, [left])
    for modifier in ("Shift", "Control", "Alt"):
        modifier = getattr(Qt.KeyboardModifier, f"{modifier}Modifier")
        assert player.press(left, modifier) == (False, [])
        assert player.press(left, modifier | pad) == (False, [])
    assert player.press(Qt.Key.Key_Right) == (False, [])


def test_clicks_on_a_picture(qtbot):
    clicks = []
    player = Player(qtbot, lambda: clicks.append(None))
    picture, left = player.picture, Qt.MouseButton.LeftButton
    picture.resize(30, 20)

    def let_go(x, y, button=left):
        clicks.clear()
        at = QPointF(x, y)
        kind, none = QEvent.Type.MouseButtonRelease, Qt.KeyboardModifier.NoModifier
        picture.mouseReleaseEvent(QMouseEvent(kind, at, at, button, button, none))
        return len(clicks)

    assert [let_go(0, 0), let_go(29, 19), let_go(30, 19), let_go(29, 20), let_go(-1, 5)] == [
        1, 1, 0, 0, 0,
    ]  # fmt: skip
    assert let_go(5, 5, Qt.MouseButton.RightButton) == 0
    assert picture.cursor().shape() == Qt.CursorShape.PointingHandCursor
    plain = Player(qtbot).picture
    plain.mouseReleaseEvent(
        QMouseEvent(
            QEvent.Type.MouseButtonRelease, QPointF(0, 0), QPointF(0, 0), left, left,
            Qt.KeyboardModifier.NoModifier,
        )
    )  # fmt: skip
    assert plain.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_a_picture_takes_the_room_and_the_focus(qtbot):
    picture = Player(qtbot).picture
    policy = picture.sizePolicy()
    assert policy.horizontalPolicy() == QSizePolicy.Policy.Ignored
    assert policy.verticalPolicy() == QSizePolicy.Policy.Expanding
    assert picture.focusPolicy() == Qt.FocusPolicy.StrongFocus
    assert picture.accessibleName() == "Frame"
    assert picture.image is None
    drawn = []
    picture.update = lambda: drawn.append(picture.image)
    picture.show_image(image := qt_image(np.zeros((2, 2, 3), np.uint8)))
    assert drawn == [image]


@pytest.mark.parametrize(
    ("room", "place"),
    [((80, 60), (0, 10, 80, 40)), ((100, 40), (10, 0, 80, 40)), ((81, 40), (0.5, 0, 80, 40))],
)
def test_where_a_picture_is(qtbot, room, place):
    """Left, top, width and height; bright on what is below it."""
    player = Player(qtbot)
    picture = player.picture
    picture.resize(*room)
    back = rgb_of(picture.grab().toImage())
    picture.show_image(qt_image(np.full((20, 40, 3), (255, 0, 60), np.uint8)))
    left, top, width, height = place
    share = np.zeros(room[::-1])
    share[top : top + height, int(np.ceil(left)) : int(left + width)] = 1
    if left % 1:
        share[top : top + height, [int(left), int(left + width)]] = 0.5
    for is_enabled, opacity in ((True, 1), (False, 0.4)):
        picture.setEnabled(is_enabled)
        for ratio in (1, 2):  # a screen of more pixels
            picture.devicePixelRatioF = lambda ratio=ratio: ratio
            found = rgb_of(picture.grab().toImage())
            cover = opacity * share[..., None]
            expected = back + cover * (np.array((255, 0, 60)) - back)
            sure = share != 0.5
            np.testing.assert_allclose(found[sure], expected[sure], atol=2)
    # The frame around all of it tells that keys go there; a window has its own.
    player.is_focused = True
    picture.setEnabled(True)
    framed = rgb_of(picture.grab().toImage())
    colour = picture.palette().highlight().color().getRgb()[:3]
    edge = np.ones(room[::-1], bool)
    edge[1:-1, 1:-1] = False
    np.testing.assert_array_equal((framed == colour).all(axis=2), edge)
    picture.setParent(None)
    qtbot.addWidget(picture)
    assert not (rgb_of(picture.grab().toImage()) == colour).all(axis=2).any()


# ---- what is said of it


@pytest.fixture
def shown(qtbot):
    made = ResultPreview()
    qtbot.addWidget(made.native)
    yield made
    made.leave()


def idle(shown, qtbot):
    qtbot.waitUntil(lambda: not shown.is_busy, timeout=20_000)


def texts(shown):
    return shown.place.value, shown.facts.value, shown.limits.value


STACK = counts(10, 20, 30, 40)
STACK[:, 0, :6], STACK[:, 1, :2] = 5, 99
LIMITS = {"limits": (6, 97), "width": 200, "fps": 8}


def test_before_there_is_anything_to_show(shown, qtbot):
    assert texts(shown) == ("", "", "")
    assert (shown.is_busy, shown.is_playing, shown.preview, shown.picture.image) == (
        False, False, None, None,
    )  # fmt: skip
    assert (shown.play_button.text, shown.play_button.enabled) == ("Play", False)
    said = "Show the frames at the speed of the video, without making it"
    assert shown.play_button.tooltip == said
    said = "Counts that become black and white; what this frame has outside"
    assert shown.limits.tooltip == said
    assert shown.picture.accessibleName() == "Frame of the video"
    assert shown.picture.toolTip() == "Click: full size. Space: play. Left and Right: step"
    window = shown.full_size
    assert (window.accessibleName(), window.windowTitle(), window.isWindow()) == (
        "Frame of the video in full size", "Preview", True,
    )  # fmt: skip
    assert window.parentWidget() is shown.native
    told = []
    shown.moved.connect(told.append)
    shown.step(1)
    shown.show_full_size()
    shown.play_button.native.click()
    shown.play_button.value = True
    assert not shown.is_busy
    shown.stop()
    assert (told, window.isVisible(), shown.is_playing) == ([], False, False)


def test_what_is_said_of_a_frame(shown, qtbot):
    plan = planned(STACK, **LIMITS)
    size = f"≈{t2v_size(plan)}"
    shown.show_nothing("no frames")
    assert texts(shown) == ("", "no frames", "")
    shown.show_plan(plan, 1)
    assert shown.is_busy
    idle(shown, qtbot)
    assert shown.enabled
    assert shown.play_button.enabled
    facts = f"200×160 · 4 frames · 0.5 s · {size}"
    assert texts(shown) == ("frame 2 of 4", facts, "black 6 · white 97 · 10 % clipped")
    expected = t2v.render_frame(STACK, 1, **LIMITS)
    for picture in (shown.picture, shown.full_size):
        np.testing.assert_array_equal(rgb_of(picture.image), expected)
    shown.show_outdated()
    assert (shown.enabled, shown.picture.image is None) == (False, False)
    plan = planned(STACK[:1], **LIMITS)
    shown.show_plan(plan, 0)
    idle(shown, qtbot)
    assert (shown.enabled, shown.play_button.enabled) == (True, False)
    assert shown.place.value == "frame 1 of 1"
    assert shown.facts.value == f"200×160 · 1 frame · 0.1 s · ≈{t2v_size(plan)}"
    shown.show_plan(planned(STACK, raw=True), 3)
    idle(shown, qtbot)
    assert shown.limits.value == "counts as they are"
    both = np.stack([STACK, STACK + 30], axis=1)
    shown.show_plan(
        planned(both, axes="TCYX", channel="all", limits=((6, 97), (0, 60)), width=200), 3
    )
    idle(shown, qtbot)
    assert shown.limits.value == "channel 0 6 to 97 · channel 1 0 to 60 · 51 % clipped"
    shown.show_nothing()
    assert (texts(shown), shown.preview, shown.play_button.enabled) == (("", "", ""), None, False)
    assert (shown.picture.image, shown.full_size.image) == (None, None)


def t2v_size(plan):
    return size_text(guessed_bytes(plan.encoder, plan.frames), 2)


def test_frames_that_cannot_be_read_are_said_without_their_folders(shown, qtbot, tmp_path):
    folder = write_folder(tmp_path / "pos", STACK)
    plan = planned(folder, **LIMITS)
    shown.show_plan(plan, 0)
    idle(shown, qtbot)
    damaged = sorted(folder.iterdir())[1]
    damaged.write_bytes(b"damaged")
    shown.show_plan(plan, 1)
    idle(shown, qtbot)
    assert shown.limits.value.startswith(f"{damaged.name}: ")
    assert str(tmp_path) not in shown.limits.value
    assert (shown.picture.image, shown.full_size.image) == (None, None)


def test_steps_end_at_the_ends(shown, qtbot):
    told = []
    shown.moved.connect(told.append)
    shown.show_plan(planned(STACK, **LIMITS), 2)
    idle(shown, qtbot)
    for by, index in ((1, 3), (1, 3), (-1, 2), (-2, 0), (-1, 0), (9, 3)):
        shown.step(by)
        assert told.pop() == index
    for picture in (shown.picture, shown.full_size):
        for start, key, index in ((2, Qt.Key.Key_Left, 1), (1, Qt.Key.Key_Right, 2)):
            shown.show_plan(planned(STACK, **LIMITS), start)
            QTest.keyClick(picture, key)
            assert told.pop() == index
    idle(shown, qtbot)
    assert shown.place.value == "frame 3 of 4"


@pytest.mark.parametrize(
    ("size", "least"),
    [((400, 800), 100), ((400, 801), 101), ((300, 1200), 300), ((400, 20), 100), ((80, 2000), 100)],
)
def test_the_picture_has_a_part_of_the_height(shown, size, least):
    panel = QWidget()
    panel.resize(*size)
    shown.fit_into(panel)
    assert shown.picture.minimumHeight() == least


@pytest.mark.parametrize(
    ("image", "screen", "ratio", "size"),
    [
        ((400, 300), (1000, 600), 1, (400, 300)),
        ((900, 540), (1000, 600), 1, (900, 540)),
        ((902, 300), (1000, 600), 1, (900, 299)),
        ((400, 542), (1000, 600), 1, (398, 540)),
        ((1800, 540), (1000, 600), 1, (900, 270)),
        ((1800, 600), (1000, 600), 2, (900, 300)),
        ((400, 300), (1000, 600), 2, (200, 150)),
    ],
)
def test_the_window_of_the_picture_has_a_place_on_the_screen(shown, image, screen, ratio, size):
    geometry = SimpleNamespace(size=lambda: QSize(*screen))
    shown.native.screen = lambda: SimpleNamespace(availableGeometry=lambda: geometry)
    window, brought = shown.full_size, []
    window.devicePixelRatioF = lambda: ratio
    window.raise_ = lambda: brought.append("raised")
    window.activateWindow = lambda: brought.append("active")
    shown.picture.show_image(qt_image(np.zeros((image[1], image[0], 3), np.uint8)))
    shown.show_full_size()
    assert (window.width(), window.height()) == size
    assert window.isVisible()
    assert sorted(brought) == ["active", "raised"]
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()


# ---- playing


class Movies:
    """Stands for the player: what it is asked for, and frames whenever a test wants them."""

    def __init__(self, qtbot):
        self.qtbot, self.asked, self.wanted, self.running = qtbot, [], queue.Queue(), 0

    def play(self, plan, first, show, is_stale):
        self.asked.append((plan, first))
        self.running += 1
        while not is_stale():
            with contextlib.suppress(queue.Empty):
                index, rate = self.wanted.get(timeout=0.01)
                show(frames.preview_frame(plan, index), rate)
        self.running -= 1

    def show(self, shown, index, rate):
        shown.place.value = ""
        self.wanted.put((index, rate))
        self.qtbot.waitUntil(lambda: shown.place.value != "", timeout=20_000)
        return shown.place.value

    def until_asked(self, count):
        self.qtbot.waitUntil(lambda: len(self.asked) == count, timeout=20_000)
        return self.asked[-1][1]


@pytest.fixture
def movies(qtbot, monkeypatch):
    movies = Movies(qtbot)
    monkeypatch.setattr(result, "play", movies.play)
    return movies


def test_a_movie_goes_on_where_it_is(shown, qtbot, movies):
    plan, told = planned(STACK, **LIMITS), []
    shown.moved.connect(told.append)
    shown.show_plan(plan, 2)
    # The frame that is not made yet is no longer wanted.
    shown.play_button.native.click()
    assert (shown.is_playing, shown.play_button.text) == (True, "Pause")
    assert movies.until_asked(1) == 2
    assert movies.asked == [(plan, 2)]
    assert not shown.is_busy
    assert movies.show(shown, 3, 8.0) == "frame 4 of 4"
    assert movies.show(shown, 1, 7.2) == "frame 2 of 4"
    slow = movies.show(shown, 1, 7.19)
    assert slow == "frame 2 of 4 · plays at 7.2 instead of 8 fps"
    assert movies.show(shown, 3, 0.4321) == "frame 4 of 4 · plays at 0.43 instead of 8 fps"
    # A setting changes while it plays; then the slider; then there are fewer frames.
    shown.show_plan(plan, 2)
    assert movies.until_asked(2) == 3
    shown.show_plan(plan, 0)
    assert movies.until_asked(3) == 0
    movies.show(shown, 3, 8.0)
    shown.show_plan(planned(STACK[:2], **LIMITS), 0)
    assert movies.until_asked(4) == 1
    movies.show(shown, 1, 8.0)
    assert told == []
    shown.play_button.native.click()
    assert (told, shown.is_playing, shown.play_button.text) == ([1], False, "Play")
    idle(shown, qtbot)
    # One frame is no movie.
    shown.show_plan(plan, 1)
    shown.play_button.native.click()
    movies.until_asked(5)
    shown.show_plan(planned(STACK[:1], **LIMITS), 0)
    qtbot.waitUntil(lambda: movies.running == 0, timeout=20_000)
    idle(shown, qtbot)
    assert shown.place.value == "frame 1 of 1"
    shown.stop()
    assert (told, shown.is_playing, len(movies.asked)) == ([1], False, 5)


@pytest.mark.parametrize("end", ["stop", "show_outdated", "show_nothing", "leave", "step"])
def test_what_ends_a_movie(shown, qtbot, movies, end):
    plan = planned(STACK, **LIMITS)
    shown.show_plan(plan, 2)
    idle(shown, qtbot)
    shown.show_full_size()
    shown.play_button.native.click()
    movies.until_asked(1)
    movies.show(shown, 1, 8.0)
    told = []
    shown.moved.connect(told.append)
    getattr(shown, end)(*[1] * (end == "step"))
    assert not shown.is_playing
    assert shown.play_button.text == "Play"
    assert shown.full_size.isVisible() == (end in ("stop", "show_outdated", "step"))
    assert told == ([2] if end == "step" else [])
    idle(shown, qtbot)
    assert len(movies.asked) == 1


def test_a_movie_waits_for_its_limits(shown, qtbot, movies, monkeypatch):
    measuring, may_go_on, measure = [], threading.Event(), result._measure

    def held(plan, is_stale):
        measuring.append(plan)
        assert may_go_on.wait(20)
        return measure(plan, is_stale)

    monkeypatch.setattr(result, "_measure", held)
    plan = planned(STACK, contrast="global", width=200, fps=8)
    shown.show_plan(plan, 2)
    qtbot.waitUntil(lambda: bool(measuring and shown.limits.value), timeout=20_000)
    said = "provisional, the whole series is being measured… (black 5 · white 99)"
    assert (shown.limits.value, shown.is_busy) == (said, True)
    shown.play_button.native.click()
    shown.show_plan(plan, 1)  # the same series is measured once
    qtbot.waitUntil(lambda: shown.place.value == "frame 2 of 4", timeout=20_000)
    assert movies.asked == []
    may_go_on.set()
    assert movies.until_asked(1) == 1
    assert measuring == [plan]
    movies.show(shown, 1, 8.0)
    assert shown.limits.value == "black 5 · white 99 · 0 % clipped"
    shown.stop()
    # Of another part, and of another source, it is measured again.
    for source, options in ((plan.stack, {"frames": ":2"}), (STACK + 1, {"frames": ":2"})):
        other = planned(source, contrast="global", width=200, **options)
        shown.show_plan(other, 0)
        idle(shown, qtbot)
        assert measuring[-1] is other
        assert not shown.preview.is_provisional
    assert len(measuring) == 3


def test_only_the_series_that_is_looked_at_is_measured(shown, qtbot, monkeypatch):
    asked, may_go_on, measure = [], threading.Event(), result._measure

    def held(plan, is_stale):
        asked.append((plan, is_stale))
        assert may_go_on.wait(20)
        return not is_stale() and measure(plan, is_stale)

    monkeypatch.setattr(result, "_measure", held)
    both = [planned(STACK, contrast="global", width=200, frames=f":{n}") for n in (3, 2)]
    shown.show_plan(both[0], 0)
    qtbot.waitUntil(lambda: len(asked) == 1, timeout=20_000)
    assert not asked[0][1]()
    shown.show_plan(both[1], 0)  # another part, while the first is measured
    assert asked[0][1]()
    may_go_on.set()
    idle(shown, qtbot)
    assert [plan for plan, _ in asked] == both
    assert [frames.is_measured(plan) for plan in both] == [False, True]
    # What was stopped begins again; what needs nothing stops it.
    may_go_on.clear()
    shown.show_plan(both[0], 0)
    qtbot.waitUntil(lambda: len(asked) == 3, timeout=20_000)
    shown.stop()
    may_go_on.set()
    idle(shown, qtbot)
    may_go_on.clear()
    shown.show_plan(both[0], 0)
    qtbot.waitUntil(lambda: len(asked) == 4, timeout=20_000)
    assert not asked[3][1]()
    shown.show_plan(planned(STACK, **LIMITS), 0)
    assert asked[3][1]()
    may_go_on.set()
    idle(shown, qtbot)
    assert not frames.is_measured(both[0])


def test_the_drift_is_measured_before_the_limits(shown, qtbot):
    bright = np.zeros((2, 32, 40), np.uint16)
    bright[0, 10:14, 12:16], bright[1, 13:17, 17:21] = 900, 900
    for contrast in ("local", "global"):
        plan = planned(bright, contrast=contrast, stabilise=True, width=200)
        shown.show_plan(plan, 1)
        idle(shown, qtbot)
        assert frames.is_measured(plan)
        assert shown.limits.value == "black 0 · white 900 · 0 % clipped"
        first = t2v.render_frame(bright, 0, width=200)
        assert (rgb_of(shown.picture.image)[first > 200] > 200).mean() > 0.9
