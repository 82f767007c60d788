"""Marks and their places to the pixel, on arrays, against formulas and letters of Pillow."""

from __future__ import annotations

import math
from dataclasses import astuple
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import ttf_opensans
from helpers.frames import noise
from PIL import Image, ImageDraw, ImageFont

import napari_tif2video as t2v
from napari_tif2video.geometry import CropBox, View
from napari_tif2video.overlays import (
    AnchorMark,
    Arrow,
    Events,
    Overlay,
    Scale,
    Template,
    TextBlock,
    Tick,
    Tile,
    TimeFormat,
    Timeline,
    arrange,
    arrange_over,
    bar_block,
    colour_bar_block,
    common_um_per_px,
    corner_tile,
    draw_across,
    require_glyphs,
    smallest_step,
    text_cover,
    title_card,
    width_at,
)

NOW = Tick(7, 65.0)
TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT = (
    f"{row}-{side}" for row in ("top", "bottom") for side in ("left", "right")
)


@cache
def font(size):
    path = str(ttf_opensans.OPENSANS_SEMIBOLD.path)
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def outline(size):
    return max(2, round(size / 10))


def wide(text, size):
    """Letters at whole pixels, and the outline on both sides."""
    return 2 * outline(size) + sum(round(font(size).getlength(letter)) for letter in text)


def high(size):
    return sum(above_and_below(size))


def above_and_below(size):
    _, top, _, bottom = font(size).getbbox("ÅHgjpqy|{(", anchor="ls")
    return outline(size) - top, outline(size) + bottom


def ink(text, size):
    """How much is hidden and how white it gets, each letter drawn on a wide canvas of its own."""
    edge, room = outline(size), 2 * size
    shape = (wide(text, size) + 2 * room, high(size))
    start, hidden, white = room + edge, np.zeros(shape[::-1]), np.zeros(shape[::-1])
    for letter in text:
        covers = []
        for stroke in (0, edge):
            image = Image.new("L", shape)
            ImageDraw.Draw(image).text(
                (start, above_and_below(size)[0]), letter, 255, font(size), anchor="ls",
                stroke_width=stroke,
            )  # fmt: skip
            covers.append(np.asarray(image, np.float64) / 255)
        white = np.maximum(white, covers[0])
        hidden = np.maximum(hidden, 1 - (1 - covers[0]) * (1 - covers[1]))
        start += round(font(size).getlength(letter))
    return hidden[:, room:-room], white[:, room:-room]


def inked(picture, top, left, text, size, colour=(255, 255, 255)):
    """The picture with a text on it."""
    hidden, white = ink(text, size)
    if picture.ndim == 3:
        hidden, white, colour = hidden[..., None], white[..., None], np.array(colour)
    else:
        colour = 255
    found = picture.astype(float)
    own = np.s_[top : top + hidden.shape[0], left : left + hidden.shape[1]]
    found[own] = found[own] * (1 - hidden) + colour * white
    return found


def assert_same(picture, expected):
    """But for halves that are rounded."""
    np.testing.assert_allclose(picture, expected, atol=0.501)


def grey(size, seed=0):
    return noise(size, high=255, seed=seed, dtype=np.uint8)


@pytest.mark.parametrize(
    ("size", "letters", "margin"),
    [((90, 700), 14, 4), ((180, 260), 14, 4), ((300, 260), 14, 6), ((380, 700), 19, 10)],
)
def test_texts_in_all_corners(size, letters, margin):
    height, width = size
    tall, long = high(letters), wide("jÅf 123", letters)
    right, bottom = width - margin - long, height - margin - tall
    places = {
        TOP_LEFT: (margin, margin), TOP_RIGHT: (margin, right),
        BOTTOM_LEFT: (bottom, margin), BOTTOM_RIGHT: (bottom, right),
    }  # fmt: skip
    ticks = [Tick(7, 0.0), Tick(123, 0.0)]
    for corner, (top, left) in places.items():
        says = Template("jÅf {frame}")
        for is_clock, colour in ((False, (255, 255, 255)), (True, (250, 60, 90))):
            block = TextBlock("label", corner, says, is_clock, colour)
            overlay = arrange([block], size, None, ticks)
            is_right = float(is_clock or corner.endswith("right"))
            assert [astuple(text) for text in overlay.texts] == [
                (top, left, long, letters, astuple(says), is_right, colour)
            ]
            assert list(overlay.extents(size)) == [("text", top, left, tall, long)]
            start = left + int(is_right * (long - wide("jÅf 7", letters)))
            picture = grey((*size, 3))
            expected = inked(picture, top, start, "jÅf 7", letters, colour)
            assert_same(overlay.draw(picture, NOW), expected)
        flat = grey(size, seed=1)
        expected = inked(flat, top, start, "jÅf 7", letters)
        assert_same(overlay.draw(flat, NOW), expected)


def test_what_follows_in_the_same_corner_stands_further_inwards():
    size, letters, margin = (440, 600), 22, 11
    tall, gap = high(letters), 2
    blocks = [
        TextBlock(str(number), corner, Template("x" * number))
        for number, corner in ((1, TOP_LEFT), (2, BOTTOM_RIGHT), (3, TOP_LEFT), (4, BOTTOM_RIGHT))
    ]
    overlay = arrange(blocks, size, None, [NOW])
    first = 440 - margin - tall
    assert [(text.top, text.says.text) for text in overlay.texts] == [
        (margin, "x"), (first, "xx"), (margin + tall + gap, "xxx"), (first - gap - tall, "xxxx"),
    ]  # fmt: skip


@pytest.mark.parametrize(("size", "letters", "margin"), [((100, 300), 14, 4), ((600, 900), 30, 15)])
def test_scale_bars_and_their_lengths(size, letters, margin):
    """The length stands over the middle, whichever of both is wider."""
    edge, thick = outline(letters), round(letters / 5)
    text_high = high(letters)
    for pixels in (3, 151):
        block = bar_block(BOTTOM_LEFT, Scale(2.0), size, 2.0 * pixels)
        assert astuple(block) == (BOTTOM_LEFT, 2.0 * pixels, pixels, "scale bar")
        said = f"{2 * pixels} µm"
        long = max(pixels + 2 * edge, wide(said, letters))
        tall = text_high + thick + 2 * edge
        overlay = arrange([block], size, None, [NOW])
        ((bar,), (text,)) = overlay.bars, overlay.texts
        top, left = size[0] - margin - tall, margin
        bar_left = left + (long - pixels - 2 * edge) // 2
        assert astuple(bar) == (top + text_high, bar_left, thick, pixels, edge)
        assert astuple(text) == (top, left, long, letters, (said, None), 0.5, (255, 255, 255))
        assert list(overlay.extents(size)) == [
            ("scale bar", top + text_high, bar_left, thick + 2 * edge, pixels + 2 * edge),
            ("text", top, left, text_high, long),
        ]
        picture = grey(size)
        start = left + (long - wide(said, letters)) // 2
        expected = inked(picture, top, start, said, letters)
        rows = np.s_[top + text_high : top + text_high + thick + 2 * edge]
        expected[rows, bar_left : bar_left + pixels + 2 * edge] = 0
        inner = np.s_[top + text_high + edge : top + text_high + edge + thick]
        expected[inner, bar_left + edge : bar_left + edge + pixels] = 255
        assert_same(overlay.draw(picture, NOW), expected)


def test_how_long_a_scale_bar_may_be():
    """The margin, and the outline of the smallest letters, are left on both sides."""
    size = (400, 300)  # margin 8, outline 2
    assert bar_block(TOP_LEFT, Scale(0.5), size, 140.0).width_px == 280
    with pytest.raises(t2v.SourceError) as caught:
        bar_block(TOP_LEFT, Scale(0.5), size, 140.4)
    assert str(caught.value) == (
        "scale_bar_length: 140.4 µm are 281 px, too wide for the video, which is 300 px wide and "
        "shows 150 µm; use a shorter length"
    )
    assert bar_block(TOP_LEFT, Scale(0.5), size, 0.25).width_px == 1
    with pytest.raises(t2v.SourceError) as caught:
        bar_block(TOP_LEFT, Scale(0.5), size, 0.24)
    assert str(caught.value) == (
        "scale_bar_length: 240 nm are less than a pixel of the video; use a longer length"
    )
    with pytest.raises(t2v.SourceError, match="300 px wide and shows 124 µm; use"):
        bar_block(TOP_LEFT, Scale(0.41234), size, 120.0)
    assert astuple(bar_block(TOP_LEFT, Scale(0.5), size, None)) == (
        TOP_LEFT, 20.0, 40, "scale bar",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("dtype", "widest"),
    [("b1", "8888.8"), ("u1", "8888.8"), ("u2", "8888.8"), ("i2", "−8888.8"), ("i1", "−8888.8"),
     ("u4", "8.8888e+08"), ("i4", "−8.8888e+08"), ("f2", "−8.8888e+08"), ("f4", "−8.8888e+08")],
)  # fmt: skip
def test_the_room_for_the_counts_of_a_colour_bar(dtype, widest):
    block = colour_bar_block(TOP_LEFT, 2, b"colours", np.dtype(dtype), (300, 404))
    assert astuple(block) == (TOP_LEFT, 2, b"colours", widest, 81, "colour bar")


@pytest.mark.parametrize("width", [300, 1500])
def test_colour_bars(width):
    size, letters = (400, width), {300: 15, 1500: 20}[width]
    margin, edge, thick, tall = {300: 8, 1500: 10}[width], 2, 2 * round(letters / 5), high(letters)
    table = np.random.default_rng(0).integers(0, 256, (256, 3), dtype=np.uint8)
    block = colour_bar_block(TOP_RIGHT, 1, table.tobytes(), np.dtype("u2"), size)
    overlay = arrange([block], size, None, [NOW])
    long = max(width // 5, 2 * wide("8888.8", letters))
    left, whole = width - margin - long, tall + thick + 2 * edge
    assert [astuple(bar) for bar in overlay.colour_bars] == [
        (margin, left, long, letters, thick, edge, 1, table.tobytes())
    ]
    assert list(overlay.extents(size)) == [("colour bar", margin, left, whole, long)]
    right = left + long - wide("4200.5", letters)
    shades = [table[round(255 * n / (long - 2 * edge - 1))] for n in range(long - 2 * edge)]
    for picture in (grey((*size, 3)), grey(size)):
        expected = inked(picture, margin, left, "−17", letters)
        expected = inked(expected, margin, right, "4200.5", letters)
        expected[margin + tall : margin + whole, left : left + long] = 0
        row = np.array(shades) if picture.ndim == 3 else np.array(shades)[:, 0]
        inner = np.s_[margin + tall + edge : margin + tall + edge + thick]
        expected[inner, left + edge : left + long - edge] = row
        assert_same(overlay.draw(picture, NOW, [(0, 1), (-17.0, 4200.5)]), expected)


def test_what_stands_above_a_colour_bar():
    size, margin = (400, 600), 10
    bar = colour_bar_block(BOTTOM_LEFT, 0, bytes(768), np.dtype("u1"), size)
    overlay = arrange([bar, label("x", BOTTOM_LEFT), bar], size, None, [NOW])
    whole, gap = high(20) + 8 + 2 * 2, 2
    assert [one.top for one in overlay.colour_bars] == [
        400 - margin - whole, 400 - margin - 2 * whole - 2 * gap - high(20),
    ]  # fmt: skip
    assert overlay.texts[0].top == 400 - margin - whole - gap - high(20)


@pytest.mark.parametrize(
    ("count", "text"),
    [(12345.6, "12346"), (123456.0, "1.2346e+05"), (-0.25, "−0.25"), (-1e-7, "−1e−07"),
     (math.inf, ""), (math.nan, "")],
)  # fmt: skip
def test_how_counts_are_written(count, text):
    size = (300, 400)
    block = colour_bar_block(TOP_LEFT, 0, bytes(768), np.dtype("f4"), size)
    overlay = arrange([block], size, None, [NOW])
    picture = grey(size)
    expected = inked(picture, 8, 8, text, 15) if text else picture.copy()
    drawn = overlay.draw(picture, NOW, [(count, math.nan)])
    assert_same(drawn[8 : 8 + high(15), :200], expected[8 : 8 + high(15), :200])


# -- the anchor


@pytest.mark.parametrize(
    ("style", "size", "extent", "line"),
    [("dot", (100, 700), 6, 2), ("dot", (349, 900), 6, 2), ("dot", (351, 900), 8, 2),
     ("dot", (900, 500), 10, 2), ("cross", (100, 700), 12, 2), ("cross", (217, 700), 14, 2),
     ("circle", (1000, 700), 42, 6), ("cross", (400, 900), 24, 4)],
)  # fmt: skip
def test_how_large_the_anchor_is(style, size, extent, line):
    mark = AnchorMark(style)
    assert (mark.extent(size), mark.line_px(size)) == (extent, line)
    given = AnchorMark(style, 17)
    assert (given.extent(size), given.line_px(size)) == (17, 2)
    assert AnchorMark() == AnchorMark("dot", None, (255, 0, 0))
    top, left = (size[0] - extent) // 2, (size[1] - extent) // 2
    found = list(Overlay(mark).extents(size))
    assert found == [("anchor", top, left, extent, extent)]


def between(value):
    return min(1.0, max(0.0, value))


@pytest.mark.parametrize("style", ["dot", "cross", "circle"])
@pytest.mark.parametrize("diameter", [7, 40, 66])
@pytest.mark.parametrize("colour", [(255, 0, 0), (10, 200, 90), (180, 180, 180)])
def test_each_pixel_of_an_anchor(style, diameter, colour):
    size, line = (66, 80), max(2, 2 * round(diameter / 16))
    mark, picture = AnchorMark(style, diameter, colour), grey(size)
    before = picture.copy()
    is_grey = len(set(colour)) == 1
    assert Overlay(mark).has_colour is not is_grey
    drawn = mark.draw(picture)
    np.testing.assert_array_equal(picture, before)
    assert drawn.shape == (size if is_grey else (*size, 3))
    expected = picture.astype(float) if is_grey else np.dstack([picture] * 3).astype(float)
    for row in range(66):
        for column in range(80):
            down, right = abs(row + 0.5 - 33), abs(column + 0.5 - 40)
            away = math.hypot(down, right)
            share = between(diameter / 2 + 0.5 - away)
            if style == "circle":
                share *= between(away - (diameter / 2 - line) + 0.5)
            elif style == "cross":
                share = between(line / 2 + 0.5 - min(down, right))
                share *= between(diameter / 2 + 0.5 - max(down, right))
            own = colour[0] if is_grey else np.array(colour)
            expected[row, column] = expected[row, column] * (1 - share) + own * share
    assert_same(drawn, expected)
    if is_grey:
        assert_same(mark.draw(np.dstack([picture] * 3)), np.dstack([expected] * 3))


def test_without_marks_a_picture_stays_as_it_is():
    picture = grey((20, 30))
    assert Overlay().draw(picture, NOW) is picture
    assert not Overlay().has_colour
    assert list(Overlay().extents((20, 30))) == []


def test_later_marks_lie_on_earlier_ones():
    """The anchor, arrows, bars, texts, colour bars, from the bottom up."""
    size = (100, 160)
    text = TextBlock("label", TOP_LEFT, Template("HHH"))
    table = np.full((256, 3), 77, np.uint8).tobytes()
    colour_bar = colour_bar_block(TOP_LEFT, 0, table, np.dtype("u1"), size)
    bar = bar_block(TOP_LEFT, Scale(1.0), size, 40.0)
    parts = [arrange([block], size, None, [NOW]) for block in (bar, text, colour_bar)]
    view = View(CropBox.whole(size), size)
    both = Overlay(
        AnchorMark("dot", 100), parts[0].bars, (*parts[0].texts, *parts[1].texts),
        parts[2].colour_bars, (Arrow(30, 30, view), Arrow(32, 30, view)),
    )  # fmt: skip
    picture = grey((*size, 3))
    expected = both.anchor.draw(picture.copy())
    for overlay in (
        Overlay(arrows=both.arrows[:1]), Overlay(arrows=both.arrows[1:]), Overlay(bars=both.bars),
        Overlay(texts=both.texts), Overlay(colour_bars=both.colour_bars),
    ):  # fmt: skip
        expected = overlay.draw(expected, NOW, [(0, 9)])
    assert (expected != both.anchor.draw(picture)).any()
    np.testing.assert_array_equal(both.draw(picture, NOW, [(0, 9)]), expected)
    empty = np.zeros(size, np.uint8)
    drawn = Overlay(arrows=both.arrows[:1]).draw(empty.copy(), NOW)
    np.testing.assert_array_equal(drawn / 255, arrow_on(size, 30, 30))
    assert drawn.any()


# -- arrows


def arrow_on(size, x, y, tick=NOW, *, level=0, **options):
    """What an arrow makes of an even picture, as a share of it."""
    picture = np.full(size, level, np.uint8)
    Arrow(x, y, View(CropBox.whole(size), size), **options).draw(picture, tick)
    return picture / 255


@pytest.mark.parametrize(("size", "length"), [((150, 120), 20), ((1000, 700), 70)])
def test_each_row_of_an_arrow(size, length):
    """White is the arrow, hidden is what lies within its outline."""
    edge, tip = outline(round(length / 2)), size[0] - 20
    x, y = size[1] / 2 - 0.5, tip - 0.5
    white, hidden = arrow_on(size, x, y), 1 + arrow_on(size, x, y) - arrow_on(size, x, y, level=255)
    away = tip - (np.arange(size[0]) + 0.5)  # of each row
    head, shaft = (away > 0.5) & (away < length / 2 - 1), (away > length / 2 + 1)
    shaft &= away < length - 0.5
    rows = white.sum(axis=1)
    np.testing.assert_allclose(rows[head], away[head], atol=0.35)
    np.testing.assert_allclose(rows[shaft], length / 8, atol=0.02)
    assert not rows[(away < -1) | (away > length + 0.5)].any()
    np.testing.assert_allclose(np.diff(rows[shaft]), 0, atol=0.02)
    dark = hidden.sum(axis=1)
    head = (away > 1) & (away < length / 2 - 1)
    np.testing.assert_allclose(dark[head], away[head] + math.sqrt(5) * edge, atol=0.35)
    shaft = (away > length / 2 + edge + 1) & (away < length + edge - 0.5)
    np.testing.assert_allclose(dark[shaft], length / 8 + 2 * edge, atol=0.02)
    assert not dark[away > length + edge + 0.5].any()
    assert dark[(away < 0) & (away > -edge)].all()
    assert not dark[away < -math.sqrt(5) * edge - 1].any()
    np.testing.assert_allclose(white, white[:, ::-1], atol=0.01)
    assert white.sum() == pytest.approx(length**2 * (1 / 8 + 1 / 16), rel=0.03)


def test_where_an_arrow_comes_from():
    """From the middle of the picture; where that is too near, from the lower left."""
    size, tips = (200, 200), [(150, 100), (100, 20), (30, 30), (160, 150)]
    for x, y in tips:
        ys, xs = np.nonzero(arrow_on(size, x - 0.5, y - 0.5) > 0.5)
        way = np.array([100 - x, 100 - y]) / math.hypot(100 - x, 100 - y)
        found = np.array([xs.mean() + 0.5 - x, ys.mean() + 0.5 - y])
        np.testing.assert_allclose(found / np.hypot(*found), way, atol=0.03)
    for x in (100, 110):  # 10 px is half of the arrow
        ys, xs = np.nonzero(arrow_on(size, x - 0.5, 99.5) > 0.5)
        found = np.array([xs.mean() + 0.5 - x, ys.mean() + 0.5 - 100])
        np.testing.assert_allclose(
            found / np.hypot(*found), np.array([-1, 1]) * 0.5**0.5, atol=0.03
        )
        area = arrow_on(size, x - 0.5, 99.5).sum()
        assert area == pytest.approx(20**2 * (1 / 8 + 1 / 16), rel=0.05)
    # At the rims as anywhere: the same, seen in a mirror.
    for x, y in ((0, 0), (0.3, 80.2), (70.6, 0.1)):
        drawn = 1 - arrow_on(size, x, y, level=255)
        mirrored = 1 - arrow_on(size, 199 - x, 199 - y, level=255)
        np.testing.assert_allclose(drawn, mirrored[::-1, ::-1], atol=0.01)
    ys, _ = np.nonzero(arrow_on(size, 109.75, 99.5) > 0.5)
    assert abs(ys.mean() + 0.5 - 100) < 0.3


@pytest.mark.parametrize(
    ("x", "y", "is_drawn"),
    [(-0.5, 50, True), (-0.6, 50, False), (99.4, 50, True), (99.5, 50, False),
     (50, -0.5, True), (50, -0.6, False), (50, 79.4, True), (50, 79.5, False)],
)  # fmt: skip
def test_arrows_whose_tip_is_outside(x, y, is_drawn):
    assert arrow_on((80, 100), x, y).any() == is_drawn


def test_an_arrow_goes_with_the_data_and_has_its_time():
    size = (80, 100)
    moved = arrow_on(size, 30, 40, Tick(0, 1.0, moved=(5.0, -3.0)))
    np.testing.assert_array_equal(moved, arrow_on(size, 33, 35))
    for time, is_drawn in ((1.99, False), (2.0, True), (3.99, True), (4.0, False), (None, False)):
        assert arrow_on(size, 30, 40, Tick(0, time), span_s=(2.0, 4.0)).any() == is_drawn
    assert arrow_on(size, 30, 40, Tick(0, None)).any()


# -- what texts say


def test_fields_of_a_text():
    times = TimeFormat("min")
    both = Template("{{{frame}}} {time}|", times)
    assert both.at(NOW) == "{7} 01:05 min|"
    assert both.at(Tick(8, None)) == Template("{{{frame}}} {time}|").at(Tick(8, 3.0)) == "{8} |"
    assert both.longest([NOW, Tick(9, 0.0)]) == ["{7} 01:05 min|", "{9} 00:00 min|"]


def test_the_event_that_began_last():
    events = Events(((0.0, 9.0, "a"), (5.0, 6.0, "b"), (3.0, 7.0, "c")))
    said = [events.at(Tick(0, time)) for time in (-1, 0, 2.9, 3, 4.9, 5, 5.9, 6, 6.9, 7, 8.9, 9)]
    assert said == ["", "a", "a", "c", "c", "b", "b", "c", "c", "a", "a", ""]
    assert events.at(Tick(0, None)) == ""
    assert events.longest([]) == ["a", "b", "c"]


def test_an_event_that_is_over_leaves_the_picture_alone():
    block = TextBlock("event", TOP_LEFT, Events(((0.0, 9.0, "abc"), (9.0, 10.0, "defghi"))))
    overlay = arrange([block], (100, 200), None, [NOW])
    assert overlay.texts[0].width == wide("defghi", 14)
    picture = grey((100, 200))
    expected = inked(picture, 4, 4, "abc", 14)
    np.testing.assert_array_equal(overlay.draw(picture.copy(), Tick(0, 10.0)), picture)
    assert_same(overlay.draw(picture, Tick(0, 8.9)), expected)


# -- too little room


def label(text, corner=TOP_LEFT, name="label"):
    return TextBlock(name, corner, Template(text))


ADVICE = "use a larger width, other corners or less text"


def test_letters_get_smaller_where_two_meet():
    text = "m" * 8
    sizes = []
    for room in range(12, 16):
        width = 2 * 4 + 2 * wide(text, room)
        blocks = [label(text), label(text, TOP_RIGHT, "time")]
        overlay = arrange(blocks, (100, width), None, [NOW])
        sizes.append([text.size for text in overlay.texts])
    assert sizes == [[12, 12], [13, 13], [14, 14], [14, 14]]
    narrow = 2 * 4 + 2 * wide(text, 10)
    assert [text.size for text in arrange(blocks, (100, narrow), None, [NOW]).texts] == [10, 10]
    with pytest.raises(t2v.SourceError) as caught:
        arrange(blocks, (100, narrow - 1), None, [NOW])
    assert str(caught.value) == (
        f"the label and the time would cover each other in the video, which is {narrow - 1}x100; "
        f"{ADVICE}"
    )


def test_one_long_text_gets_smaller_by_itself():
    long = "m" * 20
    for width in range(8 + wide(long, 10), 10 + wide(long, 14)):
        expected = max(n for n in range(10, 15) if 8 + wide(long, n) <= width)
        blocks = [label(long), label("x", BOTTOM_LEFT)]
        found = arrange(blocks, (100, width), None, [NOW]).texts
        assert [text.size for text in found] == [expected, 14]


def test_what_reaches_out_of_the_video():
    for corner in (TOP_LEFT, BOTTOM_LEFT, TOP_RIGHT, BOTTOM_RIGHT):
        ends = high(10) + 4  # a margin is left on one side, at least
        arrange([label("x", corner)], (ends, 100), None, [NOW])
        with pytest.raises(t2v.SourceError) as caught:
            arrange([label("x", corner)], (ends - 1, 100), None, [NOW])
        said = f"the label does not fit into the video, which is 100x{ends - 1}; {ADVICE}"
        assert str(caught.value) == said
        ends = wide("xxx", 10) + 4
        arrange([label("xxx", corner)], (100, ends), None, [NOW])
        with pytest.raises(t2v.SourceError) as caught:
            arrange([label("xxx", corner)], (100, ends - 1), None, [NOW])
        said = f"the label does not fit into the video, which is {ends - 1}x100; {ADVICE}"
        assert str(caught.value) == said


def test_the_anchor_is_not_covered():
    size = (160, 200)
    below = 80 - 4 - high(10)  # between the middle and the smallest text
    arrange([label("m" * 12)], size, AnchorMark("dot", 2 * below), [NOW])
    with pytest.raises(t2v.SourceError) as caught:
        arrange([label("m" * 12)], size, AnchorMark("dot", 2 * below + 2), [NOW])
    said = (
        f"the anchor and the label would cover each other in the video, which is 200x160; {ADVICE}"
    )
    assert str(caught.value) == said
    arrange([label("m" * 12, BOTTOM_LEFT)], size, AnchorMark("dot", 2 * below), [NOW])
    with pytest.raises(t2v.SourceError, match="the anchor and the label would cover each other"):
        arrange([label("m" * 12, BOTTOM_LEFT)], size, AnchorMark("dot", 2 * below + 2), [NOW])
    beside = wide("mmm", 10)
    for corner in (TOP_LEFT, TOP_RIGHT):
        around = 2 * (4 + beside) + 150
        arrange([label("mmm", corner)], (150, around), AnchorMark("dot", 150), [NOW])
        with pytest.raises(t2v.SourceError, match="the anchor and the label would cover"):
            arrange([label("mmm", corner)], (150, around - 2), AnchorMark("dot", 150), [NOW])
    assert arrange([], size, AnchorMark("dot", 160), [NOW]) == Overlay(AnchorMark("dot", 160))
    with pytest.raises(t2v.SourceError) as caught:
        arrange([], size, AnchorMark("dot", 161), [NOW])
    said = "anchor_size: 161 px do not fit into the video, which is 200x160"
    assert str(caught.value) == said


# -- several pictures


def tiles():
    """Two rows of two; the lower ones are smaller and in the middle of their cells."""
    return [
        Tile(0, 0, 300, 400), Tile(0, 404, 300, 400),
        Tile(334, 50, 240, 300), Tile(334, 454, 240, 300),
    ]  # fmt: skip


def test_the_nearest_picture_of_a_corner():
    size = (604, 804)
    found = [
        corner_tile(tiles(), size, c) for c in (TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT)
    ]
    assert found == [0, 1, 2, 3]
    tile = Tile(10, 20, 300, 400)
    assert tile.size == (300, 400)
    insets = [tile.inset(c, size) for c in (TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT)]
    assert insets == [(10, 20), (10, 384), (294, 20), (294, 384)]
    # As far from the corner, the smaller one has its middle nearer to it.
    assert corner_tile([Tile(0, 0, 50, 60), Tile(0, 0, 30, 60)], size, TOP_LEFT) == 1
    assert corner_tile([Tile(0, 0, 50, 50), Tile(30, 30, 10, 10)], size, TOP_LEFT) == 0
    assert corner_tile([Tile(0, 0, 30, 80), Tile(0, 0, 30, 60)], size, TOP_LEFT) == 1
    assert corner_tile([Tile(0, 0, 30, 60), Tile(0, 0, 30, 60)], size, TOP_LEFT) == 0


def test_texts_over_several_pictures_go_past_what_is_on_them():
    size, margin = (604, 804), 6
    own = arrange([label("own")], (300, 400), AnchorMark("dot", 10), [NOW])
    some = tiles()
    some[0] = Tile(0, 0, 300, 400, own)
    (mark, text) = some[0].places()
    assert astuple(mark) == ("anchor", 145, 195, 10, 10)
    assert astuple(text) == ("text", 8, 8, high(15), wide("own", 15))
    blocks = [label("over", corner) for corner in (TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT)]
    found = arrange_over(blocks, size, some, [NOW])
    assert found.anchor is None
    long, tall = wide("over", 14), high(14)
    # Letters and margins are those of the smallest, 240 px; the inset is that of the corner's one.
    below = 604 - 334 - 240
    assert [(t.top, t.left, t.size) for t in found.texts] == [
        (8 + high(15) + 2, margin, 14),
        (margin, 804 - margin - long, 14),
        (604 - below - margin - tall, 50 + margin, 14),
        (604 - below - margin - tall, 804 - 50 - margin - long, 14),
    ]
    lower = arrange([label("own", BOTTOM_LEFT)], (240, 300), None, [NOW])
    some[2] = Tile(334, 50, 240, 300, lower)
    (text,) = some[2].places()
    assert astuple(text) == ("text", 574 - 6 - high(14), 56, high(14), wide("own", 14))
    (found,) = arrange_over([label("over", BOTTOM_LEFT)], size, some, [NOW]).texts
    assert (found.top, found.left) == (574 - 6 - high(14) - 2 - tall, 56)
    assert list(some[1].places()) == []


# -- words across, titles, letters


def test_a_word_across_the_middle():
    for size, letters in (((200, 300), 20), ((40, 300), 10), ((1000, 1200), 96), ((300, 80), 10)):
        word = "no data"
        while letters > 10 and wide(word, letters) > 0.9 * size[1]:
            letters -= 1
        picture = grey(size)
        hidden, _ = ink(word, letters)
        top, left = (size[0] - hidden.shape[0]) // 2, (size[1] - hidden.shape[1]) // 2
        expected = inked(picture, top, left, word, letters)
        draw_across(picture, word)
        assert_same(picture, expected)
    small, whole = grey((12, 20)), grey((12, 20))
    draw_across(small, "no data")
    hidden, white = (part[:12, :20] for part in ink("no data", 10))
    assert_same(small, whole * (1 - hidden) + 255 * white)


@pytest.mark.parametrize(
    ("size", "lines"),
    [((120, 200), 2), ((90, 100), 2), ((700, 1500), 2), ((60, 400), 2), ((150, 110), 2),
     ((140, 90), 1), ((130, 300), 5), ((200, 900), 4)],
)  # fmt: skip
def test_the_lines_of_a_title(size, lines):
    lines = ["A title", "and more", "i", "k", "l"][:lines]

    def fits(letters):
        return (
            len(lines) * high(letters) <= 0.9 * size[0]
            and max(wide(line, letters) for line in lines) <= 0.9 * size[1]
        )

    letters = next(n for n in range(min(96, round(min(size) / 6)), 0, -1) if n <= 10 or fits(n))
    letters = max(10, letters)
    expected = np.zeros(size)
    top = (size[0] - len(lines) * high(letters)) // 2
    for line in lines:
        left = (size[1] - wide(line, letters)) // 2
        expected = inked(expected, top, left, line, letters)
        top += high(letters)
    card = title_card("\n".join(lines), size)
    assert card.dtype == np.uint8
    assert_same(card, expected)


def test_a_title_without_room():
    tall, long = high(10), wide("title", 10)
    title_card("title", (tall, long))
    for size in ((tall - 1, long), (tall, long - 1)):
        with pytest.raises(t2v.SourceError) as caught:
            title_card("title", size)
        assert str(caught.value) == (
            f"title: does not fit into the video, which is {size[1]}x{size[0]}; use a larger width "
            "or a shorter text"
        )


def test_letters_that_the_font_does_not_have():
    require_glyphs("label", "µm × 7 °\u00a0Ж Ω a\u0301 \u3000")
    with pytest.raises(t2v.SettingsError) as caught:
        require_glyphs("label", "x漢y漢字1")
    assert str(caught.value) == (
        "label: the font (Open Sans) has no '漢' (U+6F22), '字' (U+5B57); write it with Latin, "
        "Greek or Cyrillic letters"
    )


def test_letters_without_an_outline():
    for text in ("j", "Å7"):
        _, white = ink(text, 23)
        rows, columns = np.nonzero(white)
        own = white[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        np.testing.assert_allclose(text_cover(text, 23), own, atol=1e-6)
    assert text_cover(" ", 23).shape == (0, 0)


# -- times and scales


def drawing(name, awaited=None):
    return SimpleNamespace(
        name=name,
        awaited=awaited,
        select=lambda places: drawing((name, list(places)), awaited),
        with_images=lambda images: drawing(name + images),
    )


def timeline():
    left = Timeline(range(4), drawings=(drawing("a", "A"), drawing("b")))
    right = Timeline(range(4, 8), moves=tuple((n / 2, -n) for n in range(4)),
                     drawings=(drawing("c", "C"),))  # fmt: skip
    return Timeline(
        range(10, 2, -2), (5.0, 3.0, 4.0, 6.0), None, (drawing("d", "D"),), tuple("wxyz"),
        (left, right),
    )  # fmt: skip


def test_the_parts_of_a_timeline():
    whole = timeline()
    tick = whole[1]
    assert tick[:4] == (8, 3.0, (0.0, 0.0), 1)
    assert (tick.mark, tick.drawings, len(tick.sources)) == ("x", whole.drawings, 2)
    assert tick.of(1)[:4] == (5, None, (0.5, -1), 1)
    assert (tick.of(0).mark, tick.of(0).of(3)) == ("", tick.of(0))
    own = whole.part(range(1, 3))
    assert (list(own.frames), own.times_s, own.marks) == ([8, 6], (3.0, 4.0), ("x", "y"))
    assert (own.moves, own.sources[1].moves) == (None, ((0.5, -1), (1.0, -2)))
    names = [d.name for d in own.all_drawings]
    assert names == [("d", [1, 2]), ("a", [1, 2]), ("b", [1, 2]), ("c", [1, 2])]
    some = whole.select([3, 0])
    assert (list(some.frames), some.times_s, some.marks) == ([4, 10], (6.0, 5.0), ("z", "w"))
    assert (some.moves, some.sources[1].moves) == (None, ((1.5, -3), (0.0, 0)))
    assert [list(s.frames) for s in some.sources] == [[3, 0], [7, 4]]
    assert (some.sources[0].times_s, some.sources[0].marks) == (None, ())
    assert [d.name for d in some.all_drawings] == [(name, [3, 0]) for name in "dabc"]
    assert whole.awaited == ["D", "A", "C"]
    assert [d.name for d in whole.with_images(["1", "2", "3"]).all_drawings] == [
        "d1", "a2", "b", "c3",
    ]  # fmt: skip
    extremes = [tuple(tick[:2]) for tick in whole.extremes()]
    assert extremes == [(4, 3.0), (4, 6.0), (10, 3.0), (10, 6.0)]
    assert [tuple(t[:2]) for t in whole.sources[1].extremes()] == [(4, None), (7, None)]


def test_the_smallest_step():
    assert smallest_step([0, 4, 4, 1, 3]) == 2
    assert smallest_step([5, 5]) is smallest_step([]) is None


@pytest.mark.parametrize(
    ("times", "step", "expected"),
    [
        ([0, 0.5, 0.999], 0.25, ("ms", 0, False)),
        ([0, 0.5], 0.0005, ("ms", 1, False)),
        ([0, 0.5, 1.0], 0.5, ("s", 1, False)),
        ([0, 59.9], 1, ("s", 0, False)),
        ([0, 60], 1, ("min", 0, False)),
        ([0, 3599.0], 0.25, ("min", 2, False)),
        ([0, 3600], 60, ("h", 0, False)),
        ([0, -3600], 90, ("h", 0, True)),
        ([30, 3600], 60, ("h", 0, True)),
        ([0, 359_999], 60, ("h", 0, False)),
        ([0, 360_000], 60, ("d", 0, False)),
        ([0, 360_000], 0.5, ("d", 1, True)),
        ([0], None, ("s", 0, False)),
        ([0.25], None, ("ms", 0, False)),
        ([0, 5], 1.019, ("s", 0, False)),
        ([0, 5], 1.021, ("s", 2, False)),
        ([0.019, 5], 1, ("s", 0, False)),
        ([0.021, 5], 1, ("s", 2, False)),
        ([0, 5], 1 / 3 * 1e-12, ("s", 9, False)),
        ([0, 1], 7200, ("h", 0, False)),
    ],
)
def test_how_times_are_written(times, step, expected):
    assert astuple(TimeFormat.of(times, step)) == expected


@pytest.mark.parametrize(
    ("form", "time", "text"),
    [
        (TimeFormat("ms"), 0.0125, "13 ms"),
        (TimeFormat("ms", 1), -0.01255, "−12.6 ms"),
        (TimeFormat("ms"), 0.9, "900 ms"),
        (TimeFormat("s", 2), 9.999, "10.00 s"),
        (TimeFormat("s"), -0.4, "0 s"),
        (TimeFormat("s"), 7, "7 s"),
        (TimeFormat("min", 1), 59.96, "01:00.0 min"),
        (TimeFormat("min"), -3 * 60 - 5, "−03:05 min"),
        (TimeFormat("h"), 3630, "1:01 h"),
        (TimeFormat("h"), 3629, "1:00 h"),
        (TimeFormat("h"), -20, "0:00 h"),
        (TimeFormat("h", 1, True), 36005.25, "10:00:05.3 h"),
        (TimeFormat("d"), -90061, "−1 d 01:01 h"),
        (TimeFormat("d", 0, True), 90061, "1 d 01:01:01 h"),
    ],
)
def test_times_as_text(form, time, text):
    assert form(time) == text


def test_scales():
    box = CropBox(300, 200, 5, 6)
    assert Scale.of(0.5, box, (400, 600)) == Scale(0.25)
    assert [Scale(0.5).pixels(um) for um in (1, 1.24, 1.25, 1.74, 1.75)] == [2, 2, 3, 3, 4]
    lengths = [Scale(um / 100).round_length(500) for um in (1.41, 1.42, 3.16, 3.17, 7.07, 7.08)]
    assert lengths == [1, 2, 2, 5, 5, 10]
    assert width_at(box, 0.5, 0.5) == width_at(box, 0.5, 0.5 * (1 + 9e-7)) == "full"
    assert width_at(box, 0.5, 0.5 * (1 + 2e-6)) == 300
    assert [width_at(box, 1.0, um) for um in (0.5, 300 / 301.1, 300 / 300.9, 3.0)] == [
        600, 302, 300, 100,
    ]  # fmt: skip
    for um in (3.04, 0.07):
        with pytest.raises(t2v.SourceError) as caught:
            width_at(box, 1.0, um)
        wide = {3.04: 98, 0.07: 4286}[um]
        assert str(caught.value) == (
            f"um_per_pixel: 300 µm would be {wide} px wide at {um:g} µm a pixel; a video has "
            "100 to 4000 px, so use 0.075 to 3"
        )
    assert common_um_per_px([(Scale(0.5), 400), (Scale(0.4), 400)]) == 0.5
    assert common_um_per_px([(Scale(0.5), 400), (Scale(0.1), 300)]) == 0.3
    assert common_um_per_px([(Scale(0.33333), 400)]) == 0.333
    assert common_um_per_px([(Scale(1.0), 4000), (Scale(0.1), 1000)]) == 1.0
    assert common_um_per_px([(Scale(1.0), 4010), (Scale(0.1), 1000)]) is None
