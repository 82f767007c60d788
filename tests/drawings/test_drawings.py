"""Drawings of plain arrays: each pixel, what is chosen of them, and what tells them apart."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace

import dask.array
import numpy as np
import pytest
from helpers.frames import noise

import napari_tif2video as t2v
from napari_tif2video.drawings import (
    LINE_PALETTE,
    PALETTE,
    SYMBOLS,
    LabelColours,
    Labels,
    Points,
    Shapes,
    Texts,
    Tracks,
    Vectors,
    ellipse,
    line_colours,
)
from napari_tif2video.geometry import CropBox, View
from napari_tif2video.overlays import Look, text_cover

LOOK = Look("seen")
RED, BLUE, GREEN = (200, 20, 10, 255), (5, 60, 240, 255), (7, 180, 30, 77)
SIZE = (48, 60)


def view_of(size=SIZE, box=None, moved=(0.0, 0.0)):
    return View(box or CropBox.whole(size), size, moved)


def background(size=SIZE):
    return noise((*size, 3), high=255, dtype=np.uint8)


def black(size=SIZE):
    return np.zeros((*size, 3), np.uint8)


def frames_of(stack):
    return t2v.open_stack(stack).channels[0].frames


# -- labels

LABELS = np.zeros((2, 20, 30), np.int32)
LABELS[:, 3:9, 4:15], LABELS[:, 9:14, 4:12], LABELS[:, 16:, 20:] = 1, 5, -3
LABELS[1, 3:9, 4:8] = 7
GIVEN = LabelColours(
    np.array([RED, BLUE, GREEN], np.uint8), np.array([-3, 5]),
    np.array([(9, 8, 7, 255), (1, 2, 3, 128)]),
)  # fmt: skip


def test_the_colours_of_labels():
    labels = np.array([1, 2, 3, -3, 5, 6, 0, 4, 99])
    expected = [RED, BLUE, GREEN, (9, 8, 7, 255), (1, 2, 3, 128), GREEN, GREEN, RED, GREEN]
    assert [tuple(colour) for colour in GIVEN.of(labels)] == expected
    few = LabelColours(np.empty((0, 4), np.uint8), np.array([4]), np.array([RED], np.uint8))
    assert few.of(np.array([3, 4, 5])).tolist() == [[0] * 4, list(RED), [0] * 4]
    plain = LabelColours(np.array([BLUE], np.uint8))
    assert plain.of(np.array([1, 70], np.uint8)).tolist() == [list(BLUE)] * 2
    assert repr(few) == f"LabelColours([], [4], [{list(RED)}], 0)"
    assert repr(plain) == f"LabelColours([{list(BLUE)}], [], [], 0)"


def seen_labels(image, view, place, outside):
    """The label below each pixel of the video, one by one."""
    a, b, c, d, e, f = place
    down, across = view.size[0] / view.box.height, view.size[1] / view.box.width
    found = np.full(view.size, outside)
    for row in range(view.size[0]):
        for column in range(view.size[1]):
            y = (row + 0.5) / down - 0.5 + view.box.top + view.moved[0]
            x = (column + 0.5) / across - 0.5 + view.box.left + view.moved[1]
            i = math.floor(round(a * y + b * x + c, 6) + 0.5)
            j = math.floor(round(d * y + e * x + f, 6) + 0.5)
            if 0 <= i < image.shape[0] and 0 <= j < image.shape[1]:
                found[row, column] = image[i, j]
    return found


def edges_of(labels, width):
    """Where a pixel beside it has another label, or one within `width` steps a lower one."""
    found = np.zeros(labels.shape, bool)
    height, wide = labels.shape
    for row in range(height):
        for column in range(wide):
            for down in range(-width, width + 1):
                for right in range(abs(down) - width, width - abs(down) + 1):
                    i, j = row + down, column + right
                    if 0 <= i < height and 0 <= j < wide:
                        other, own = labels[i, j], labels[row, column]
                        is_near = abs(down) + abs(right) == 1
                        found[row, column] |= other != own if is_near else other < own
    return found


def painted(picture, labels, colours, opacity=1.0):
    expected = picture.astype(float)
    for row, column in np.argwhere(labels != colours.background):
        *rgb, alpha = colours.of(labels[row, column : column + 1])[0].tolist()
        share = alpha / 255 * opacity
        expected[row, column] += (np.array(rgb) - expected[row, column]) * share
    return expected


PLACES = {
    "the same": ((1, 0, 0, 0, 1, 0), view_of((20, 30))),
    "enlarged and cut": ((1, 0, 0, 0, 1, 0), view_of((36, 48), CropBox(24, 12, 3, 5))),
    "shrunk": ((1, 0, 0, 0, 1, 0), view_of((10, 10), CropBox(30, 20, 0, 0))),
    "moved": ((1, 0, 0, 0, 1, 0), view_of((20, 30), moved=(2.0, -7.0))),
    "scaled": ((0.5, 0, 2.0, 0, 0.7, -3.0), view_of((20, 30))),
    "partly outside": ((1, 0, 12.0, 0, 1, -9.0), view_of((20, 30))),
    "turned": ((0.8, 0.6, -6.0, -0.6, 0.8, 9.0), view_of((20, 30))),
    "transposed": ((0, 1, 0, 1, 0, 0), view_of((26, 18))),
    "sheared": ((1, 0.2, 0, 0, 1, 0), view_of((20, 30))),
    "sheared the other way": ((1, 0, 0, 0.3, 1, 0), view_of((20, 30))),
}


@pytest.mark.parametrize(("place", "view"), PLACES.values(), ids=PLACES)
def test_labels_of_any_place(place, view):
    for colours in (GIVEN, replace(GIVEN, background=5)):
        drawing = Labels(Look("l", opacity=0.5), frames_of(LABELS), colours, place=place)
        for number in (0, 1):
            labels = seen_labels(LABELS[number], view, place, colours.background)
            picture = background(view.size)
            expected = painted(picture, labels, colours, 0.5)
            np.testing.assert_allclose(drawing.draw(picture, number, view), expected, atol=0.501)
            empty = replace(drawing, images=frames_of(np.zeros_like(LABELS)))
            computed = empty.select([1, number]).with_images(frames_of(LABELS[[1, number]]))
            assert computed.is_computed
            picture = background(view.size)
            np.testing.assert_allclose(computed.draw(picture, 1, view), expected, atol=0.501)


def test_labels_that_are_all_outside():
    for place in ((1, 0, 20.0, 0, 1, 0), (1, 0, 0, 0, 1, 30.0), (1, 0, -20.0, 0, 1, 0)):
        for background_label in (0, 5):
            colours = replace(GIVEN, background=background_label)
            drawing = Labels(LOOK, frames_of(LABELS), colours, place=place)
            drawn = drawing.draw(background((20, 30)), 0, view_of((20, 30)))
            np.testing.assert_array_equal(drawn, background((20, 30)))


@pytest.mark.parametrize(
    ("contour", "place", "view", "width"),
    [
        (1, (1, 0, 0, 0, 1, 0), view_of((20, 30)), 1),
        (2, (1, 0, 0, 0, 1, 0), view_of((20, 30)), 2),
        (2, (1, 0, 0, 0, 1, 0), view_of((40, 60), CropBox(30, 20, 0, 0)), 4),
        (0.2, (1, 0, 0, 0, 1, 0), view_of((20, 30)), 1),
        (1, (0.5, 0, 0, 0, 0.5, 0), view_of((20, 30)), 2),
        (2, (0.6, 0.8, 0, -0.8, 0.6, 0), view_of((20, 30)), 2),
        (1, (1, 0, 0, 0, 1, 0), view_of((20, 60), CropBox(30, 20, 0, 0)), 2),
        (1, (1, 0, 0, 0, 1, 0), view_of((40, 30), CropBox(30, 20, 0, 0)), 2),
    ],
)
@pytest.mark.parametrize("only", [None, 5, 0])
def test_the_outlines_of_labels(contour, place, view, width, only):
    drawing = Labels(LOOK, frames_of(LABELS), GIVEN, contour, only, place)
    labels = seen_labels(LABELS[0], view, place, 0)
    shown = np.where(edges_of(labels, width), labels, 0)
    if only is not None:
        shown[labels != only] = 0
    expected = painted(background(view.size), shown, GIVEN)
    drawn = drawing.draw(background(view.size), 0, view)
    np.testing.assert_allclose(drawn, expected, atol=0.501)


def test_what_is_known_of_labels():
    drawing = Labels(LOOK, frames_of(LABELS), GIVEN)
    assert drawing.place == (1, 0, 0, 0, 1, 0)
    images = frames_of(dask.array.from_array(LABELS, (1, 20, 30)))
    awaited = replace(drawing, images=images)
    assert awaited.awaited is images
    with_images = awaited.with_images(drawing.images)
    assert (with_images.awaited, with_images.images, with_images.is_computed) == (
        None, drawing.images, True,
    )  # fmt: skip
    assert (drawing.kind, drawing.noun, drawing.count) == ("labels", "label image", 2)
    assert drawing.awaited is None
    assert (drawing.contour, drawing.only, drawing.is_computed) == (0, None, False)
    assert drawing.select([1]).count == 1
    assert drawing.identity() is None  # of an array, nothing is known


# -- objects of arrays


def points(**values):
    return Points(
        LOOK, np.array([5.0, 20.0, 30.0]), np.array([9.0, 30.0, 40.0]),
        **{"t": np.array([0.0, 3.0, 6.0]), "frames": 8} | values,
    )  # fmt: skip


def test_a_value_of_one_row_holds_for_all():
    made = points(sizes=4, faces=RED, symbols="star", border_widths=[1, 2, 3])
    assert (made.count, made.kind, made.noun) == (3, "points", "point")
    assert made.images is made.awaited is made.texts is None
    assert made.sizes.tolist() == [4.0] * 3
    assert made.faces.tolist() == [list(RED)] * 3
    assert made.borders.tolist() == [[105, 105, 105, 255]] * 3
    assert made.border_widths.tolist() == [1.0, 2.0, 3.0]
    assert made.symbols.tolist() == ["star"] * 3
    assert made.frames.tolist() == list(range(8))
    assert points(frames=[3, 1]).frames.tolist() == [3, 1]
    plain = points()
    assert (plain.sizes.tolist(), plain.border_widths.tolist()) == ([10.0] * 3, [0.0] * 3)
    assert plain.faces.tolist() == [[255] * 4] * 3
    assert (plain.span, plain.tapers) == ((0.5, 0.5), "")
    with pytest.raises(NotImplementedError):
        plain.with_images([])
    vectors = Vectors(LOOK, np.zeros((2, 2)), np.ones((2, 2)))
    assert (vectors.count, vectors.kind, vectors.noun) == (2, "vectors", "vector")
    assert vectors.colours.tolist() == [[255, 0, 0, 255]] * 2
    assert (vectors.width, vectors.style, vectors.fades) == (1.0, "triangle", False)
    shapes = Shapes.of(LOOK, [[(0, 0), (0, 1), (1, 1)], [(5, 5), (6, 6)]])
    assert (shapes.count, shapes.kind, shapes.noun) == (2, "shapes", "shape")
    assert shapes.starts.tolist() == [0, 3, 5]
    assert shapes.faces.tolist() == [[255, 255, 255, 0]] * 2
    assert shapes.edges.tolist() == [[119, 119, 119, 255]] * 2
    assert (shapes.edge_widths.tolist(), shapes.are_closed.tolist()) == ([1.0] * 2, [True] * 2)
    nothing = Shapes.of(LOOK, [])
    assert (nothing.count, nothing.vertices.shape) == (0, (0, 2))


def test_a_symbol_that_does_not_exist():
    with pytest.raises(t2v.SettingsError) as caught:
        points(symbols=["star", "moon", "heart"])
    assert str(caught.value) == (
        "seen: there is no symbol 'heart'; take one of disc, ring, square, diamond, triangle_up, "
        "triangle_down, star, cross, x, clobber, hbar, vbar, arrow, tailed_arrow"
    )
    assert len(SYMBOLS) == 14


def test_objects_of_some_frames():
    """Those that are seen before the first or after the last of them have no part."""
    texts = Texts(("a", "b", "c"), np.arange(12, dtype=np.uint8).reshape(3, 4))
    made = points(sizes=[1, 2, 3], texts=texts)
    for frames, span, rows in (
        ([3], (0.5, 0.5), [1]), ([1, 2], (1.0, 0.5), [1]), ([1, 2], (0.9, 0.5), []),
        ([4, 5], (0.5, 1.0), [1]), ([4, 5], (0.5, 0.9), []), ([1, 5], (0.5, 0.5), [1]),
        ([7, 0], (0, 0), [0, 1, 2]), ([5, 4], (1.0, 1.0), [1, 2]),
    ):  # fmt: skip
        some = replace(made, span=span).select(frames)
        assert some.frames.tolist() == frames
        assert some.sizes.tolist() == [row + 1 for row in rows]
        assert some.y.tolist() == [[5.0, 20.0, 30.0][row] for row in rows]
        assert some.t.tolist() == [3.0 * row for row in rows]
        assert some.texts.strings == tuple("abc"[row] for row in rows)
        assert some.texts.colours.tolist() == [
            [4 * r, 4 * r + 1, 4 * r + 2, 4 * r + 3] for r in rows
        ]
    always = points(t=None).select([2])
    assert (always.count, always.frames.tolist()) == (3, [2])
    assert points().select([]).count == 3


def test_shapes_of_some_frames():
    outlines = [[(0, 0), (0, 1), (1, 1)], [(5, 5), (6, 6)], [(7, 7), (8, 8), (9, 7), (7, 6)]]
    made = Shapes.of(
        LOOK, outlines, t=[0, 4, 4], frames=6, edge_widths=[1, 2, 3], are_closed=[1, 0, 1]
    )
    some = made.select([3, 4])
    assert (some.starts.tolist(), some.edge_widths.tolist()) == ([0, 2, 6], [2.0, 3.0])
    assert some.vertices.tolist() == [[*c] for outline in outlines[1:] for c in outline]
    assert some.are_closed.tolist() == [False, True]
    first = made.select([0])
    assert (first.starts.tolist(), first.vertices.tolist()) == ([0, 3], [[0, 0], [0, 1], [1, 1]])


def test_what_tells_drawings_apart():
    texts = Texts(("a", "b", "c"), np.zeros((3, 4), np.uint8), 12, "center", (1.0, 2.0))
    assert repr(texts) == f"Texts(('a', 'b', 'c'), {[[0] * 4] * 3}, 12, 'center', (1.0, 2.0))"
    made = [
        points(), points(sizes=9), points(faces=RED), points(t=None), points(symbols="star"),
        points(span=(0.5, 0.6)), points(tapers="linear"), points(frames=9), points(texts=texts),
        points(texts=replace(texts, shift=(0.0, 0.0))), points(texts=replace(texts, size_px=13)),
        replace(points(), look=Look("other")), replace(points(), look=Look("seen", opacity=0.5)),
        Vectors(LOOK, np.zeros((1, 4)), np.zeros((4, 1))),
        Vectors(LOOK, np.zeros((4, 1)), np.zeros((1, 4))),
    ]  # fmt: skip
    many = np.zeros(3000)  # of which NumPy shows only both ends
    made += [Points(LOOK, many, many), Points(LOOK, many + (np.arange(3000) == 1500), many)]
    # Digits of one number are not those of the next one.
    ids = np.zeros(2, np.int64)
    made += [
        Tracks(LOOK, ids, *np.zeros((3, 2)), width_px=w, tail=t)
        for w, t in ((2.0, 30.0), (2.03, 0.0))
    ]
    keys = [one.identity() for one in made]
    assert len(set(keys)) == len(made)
    assert keys == [pickle.loads(pickle.dumps(one)).identity() for one in made]
    assert all(len(key) == 64 for key in keys)


# -- how they look


def boxes(rows, columns, size=SIZE):
    """How much of each pixel a rectangle covers, from and to any place."""
    shares = [
        np.clip(np.minimum(np.arange(n) + 1, high) - np.maximum(np.arange(n), low), 0, 1)
        for n, (low, high) in zip(size, (rows, columns), strict=True)
    ]
    return np.outer(*shares)


def over(picture, cover, colour, opacity=1.0):
    share = (cover * colour[3] / 255 * opacity)[..., None]
    return picture + (np.array(colour[:3]) - picture) * share


def test_a_square_point():
    """In a box that is enlarged two times down and three times across: sizes are the mean."""
    view = view_of((48, 60), CropBox(20, 24, 4, 3))
    made = Points(
        Look("p", opacity=0.5), np.array([12.0]), np.array([13.0]), sizes=4, faces=RED,
        symbols="square",
    )  # fmt: skip
    y, x, half = (12.5 - 3) * 2, (13.5 - 4) * 3, 4 * 2.5 / 2
    expected = over(background(), boxes((y - half, y + half), (x - half, x + half)), RED, 0.5)
    np.testing.assert_allclose(made.draw(background(), 0, view), expected, atol=2.5)


@pytest.mark.parametrize(("tapers", "share"), [("linear", 0.25), ("spherical", 0.4375**0.5)])
def test_points_that_get_smaller(tapers, share):
    """A quarter of the way is left; before its frame the reach is another one."""
    made = Points(
        LOOK, np.array([24.0]), np.array([30.0]), np.array([10.0]), sizes=32,
        faces=(255,) * 4, symbols="square", span=(4.0, 8.0), tapers=tapers, frames=30,
    )  # fmt: skip
    for frame, expected in ((10, 1), (7, share), (16, share), (6, 0), (5, 0), (18, 0), (19, 0)):
        drawn = made.draw(black(), frame, view_of())
        assert drawn[..., 0].sum() / 255 == pytest.approx((32 * expected) ** 2, rel=0.02)
    even = replace(made, tapers="")
    for frame, is_drawn in ((5, 0), (6, 1), (18, 1), (19, 0)):
        drawn = even.draw(black(), frame, view_of())
        assert drawn[..., 0].sum() / 255 == pytest.approx(32**2 * is_drawn, rel=0.02)


@pytest.mark.parametrize("symbol", ["disc", "ring", "square"])
@pytest.mark.parametrize("border", [0.0, 0.5, 3.0])
def test_faces_and_borders_of_points(symbol, border):
    made = Points(
        LOOK, np.array([24.0]), np.array([30.0]), sizes=20, symbols=symbol,
        faces=(255, 0, 0, 255), borders=(0, 255, 0, 255), border_widths=border,
    )  # fmt: skip
    drawn = made.draw(black(), 0, view_of()) / 255
    lines = {"disc": math.pi * 20, "ring": math.pi * 30, "square": 80}[symbol]
    area = {"disc": math.pi * 100, "ring": math.pi * 75, "square": 400}[symbol]
    assert drawn[..., 1].sum() == pytest.approx(lines * border, rel=0.03, abs=0.1)
    # A thin border is one pixel wide, and fainter; it hides half of what it covers of the face.
    hidden = lines * border / 2
    if symbol == "square":  # less, at its corners
        hidden -= border**2
    assert drawn[..., 0].sum() == pytest.approx(area - hidden, rel=0.02)
    assert drawn[..., 1].max() <= (1.01 if border > 1 else 0.51)
    y, x = np.mgrid[:48, :60] + 0.5
    away = (
        np.hypot(y - 24.5, x - 30.5)
        if symbol != "square"
        else np.maximum(abs(y - 24.5), abs(x - 30.5))
    )
    on_line = (abs(away - 10) < border / 2 - 0.8) | (
        (symbol == "ring") & (abs(away - 5) < border / 2 - 0.8)
    )
    np.testing.assert_allclose(
        drawn[on_line], np.broadcast_to((0, 1, 0), (on_line.sum(), 3)), atol=0.02
    )
    inner = 5 if symbol == "ring" else 0
    on_face = (away < 10 - border / 2 - 0.9) & (away > inner + border / 2 + 0.9)
    np.testing.assert_allclose(
        drawn[on_face], np.broadcast_to((1, 0, 0), (on_face.sum(), 3)), atol=0.02
    )
    if inner:
        assert not drawn[away < 5 - border / 2 - 0.9].any()


def test_points_at_the_rims_and_without_a_place():
    made = Points(
        LOOK, np.array([-6.0, 24, 24, 53.0, np.nan, 24, 24]),
        np.array([30, -6.0, 65.0, 30, 30, np.inf, 30]), sizes=[14.0] * 6 + [0],
        symbols="square",
    )  # fmt: skip
    drawn = made.draw(black(), 0, view_of())
    expected = np.zeros(SIZE)
    for row, column in ((-5.5, 30.5), (24.5, -5.5), (24.5, 65.5), (53.5, 30.5)):
        expected += boxes((row - 7, row + 7), (column - 7, column + 7))
    np.testing.assert_allclose(drawn[..., 0], 255 * expected, atol=3)
    one = Points(LOOK, np.array([90.0]), np.array([9.0]), sizes=14, border_widths=2)
    picture = background()
    assert one.draw(picture, 0, view_of()) is picture
    for y, x in ((-60.0, 9.0), (9.0, 90.0), (9.0, -60.0)):
        assert replace(one, y=np.array([y]), x=np.array([x])).draw(picture, 0, view_of()) is picture


def test_texts_of_points():
    """Where the anchor is, shifted in pixels of the data, cut at the rims."""
    cover = text_cover("Ab7", 14)
    height, width = cover.shape
    size, box = (60, 150), CropBox(50, 30, 10, 20)
    view = view_of(size, box)  # two times down, three times across
    shares = {
        "center": (0.5, 0.5), "upper_left": (0, 0), "upper_right": (0, 1), "lower_left": (1, 0),
        "lower_right": (1, 1),
    }  # fmt: skip
    for anchor, (above, left) in shares.items():
        for y, x in ((34, 33), (20, 10), (49, 59)):
            texts = Texts(
                ("Ab7", "Ab7", ""), np.array([(*RED[:3], 204), (*RED[:3], 0), RED], np.uint8), 14,
                anchor, (2.0, -3.0),
            )  # fmt: skip
            made = Points(
                Look("t", opacity=0.5), np.array([y] * 3), np.array([x] * 3), sizes=1,
                faces=(0, 0, 0, 0), texts=texts,
            )  # fmt: skip
            row, column = (y + 2.5 - 20) * 2, (x - 2.5 - 10) * 3
            top, start = round(row - above * height), round(column - left * width)
            whole = np.zeros((size[0] + 400, size[1] + 400))
            whole[200 + top : 200 + top + height, 200 + start : 200 + start + width] = cover
            own = whole[200 : 200 + size[0], 200 : 200 + size[1]]
            expected = over(background(size), own, (*RED[:3], 204), 0.5)
            drawn = made.draw(background(size), 0, view)
            np.testing.assert_allclose(drawn, expected, atol=0.51)


def test_texts_of_shapes_stand_in_the_middle_of_their_box():
    cover = text_cover("Ab", 12)
    height, width = cover.shape
    outlines = [[(10, 10), (10, 40), (30, 20)], [], [(40, np.nan), (45, 3)], [(1, 1), (2, 2)]]
    texts = Texts(("Ab", "no", "no", "no"), np.array([RED] * 4, np.uint8))
    made = Shapes.of(
        LOOK, outlines, t=[0, 0, 0, 5], faces=(0,) * 4, edges=(0,) * 4, texts=texts, frames=2
    )
    top, left = round(20.5 - height / 2), round(25.5 - width / 2)
    whole = np.zeros(SIZE)
    whole[top : top + height, left : left + width] = cover
    drawn = made.draw(background(), 0, view_of())
    np.testing.assert_allclose(drawn, over(background(), whole, RED), atol=0.51)
    np.testing.assert_array_equal(made.draw(background(), 1, view_of()), background())


def test_shapes_in_turn():
    """A face below its edge, a later shape over an earlier one; a path has no face."""
    corners = [(4.5, 4.5), (4.5, 24.5), (14.5, 24.5), (14.5, 4.5)]
    other = [(y + 20, x + 10) for y, x in corners]
    made = Shapes.of(
        LOOK, [corners, corners[:3], other, other], faces=[RED, BLUE, BLUE, RED],
        edges=[(0, 255, 0, 255), (9, 9, 9, 255), (0, 0, 0, 0), (70, 80, 90, 100)],
        edge_widths=[2, 0, 4, 0.5], are_closed=[True, False, True, True],
    )  # fmt: skip
    drawn = made.draw(background(), 0, view_of()).astype(float)
    expected = over(background(), boxes((5, 15), (5, 25)), RED)
    expected = over(expected, boxes((4, 16), (4, 26)), (0, 255, 0, 255))
    expected = over(expected, boxes((6, 14), (6, 24)), RED)
    expected = over(expected, boxes((25, 35), (15, 35)), BLUE)
    expected = over(expected, boxes((25, 35), (15, 35)), RED)
    line = boxes((24.5, 35.5), (14.5, 35.5)) - boxes((25.5, 34.5), (15.5, 34.5))
    expected = over(expected, line, (70, 80, 90, 50))
    close = abs(drawn - expected).max(axis=2)
    corners_of = np.zeros(SIZE, bool)  # joints are round
    for row in (4, 15, 24, 35):
        for column in (4, 25, 14, 35):
            corners_of[row - 1 : row + 2, column - 1 : column + 2] = True
    assert close[~corners_of].max() <= 3
    wide = Shapes.of(LOOK, [[(5.5, 2), (5.5, 20)]], edge_widths=2, are_closed=False)
    drawn = wide.draw(black(), 0, view_of((48, 60), CropBox(20, 24, 0, 0)))
    rows = drawn[:, 30, 0] / 119  # two times down and three times across: 5 px
    np.testing.assert_allclose(rows[9:15], [0.5, 1, 1, 1, 1, 0.5], atol=0.03)
    assert rows.sum() == pytest.approx(5, abs=0.05)


@pytest.mark.parametrize(
    ("style", "areas"),
    [("line", [20 * 4]), ("triangle", [20 * 4 / 2]), ("arrow", [15 * 4 + 5 * 8 / 2])],
)
def test_vectors_of_any_style(style, areas):
    made = Vectors(
        LOOK, np.array([(20.0, 10), (40, 50)]), np.array([(20.0, 30), (20, 50)]),
        np.array([4.0, 0.0]), colours=(255,) * 4, width=4, style=style, span=(2, 4), fades=True,
        frames=9,
    )  # fmt: skip
    for frame, share in ((4, 1), (3, 0.5), (6, 0.5), (7, 0.25), (8, 0)):
        drawn = made.draw(black(), frame, view_of())[..., 0] / 255
        left = drawn[:, :45]
        assert left.sum() == pytest.approx(areas[0] * share, rel=0.03, abs=0.01)
        if share:
            wide = 8 if style == "arrow" else 4
            rows, columns = np.nonzero(left > 0.25 * share)
            assert rows.min() == pytest.approx(20.5 - wide / 2, abs=1)
            assert rows.max() + 1 == pytest.approx(20.5 + wide / 2, abs=1)
            assert columns.min() == pytest.approx(10.5, abs=0.6)
            assert columns.max() + 1 == pytest.approx(30.5, abs=2.5)
    up = replace(made, fades=False).draw(black(), 3, view_of())[..., 0] / 255
    assert up[:, :45].sum() == pytest.approx(areas[0], rel=0.03)
    assert up[:, 45:].sum() == pytest.approx(areas[0], rel=0.03)
    np.testing.assert_allclose(up[20:41, 45:57], np.rot90(up[15:27, 10:31]), atol=0.02)
    picture = background()
    assert replace(made, t=np.array([20.0, 20.0])).draw(picture, 3, view_of()) is picture
    thin = replace(made, width=0.1, style="line", fades=False).draw(black(), 4, view_of())
    assert thin[..., 0].sum() / 255 == pytest.approx(20 * 2, rel=0.03)
    twice = view_of((48, 60), CropBox(30, 24, 0, 12))
    drawn = replace(made, style="line", fades=False).draw(black(), 6, twice)[..., 0] / 255
    assert drawn.sum() == pytest.approx((60 - 2 * 10.5) * 8, rel=0.03)


def at_places(size=SIZE, fine=8):
    y, x = (np.mgrid[: size[0] * fine, : size[1] * fine] + 0.5) / fine
    return y, x


def averaged(inside, size=SIZE, fine=8):
    return inside.reshape(size[0], fine, size[1], fine).mean(axis=(1, 3))


def within(x, y, corners):
    """Whether places are inside of an outline: a ray to the right crosses it an odd time."""
    found = np.zeros(x.shape, bool)
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        if y0 != y1:
            crosses = (y0 > y) != (y1 > y)
            found ^= crosses & (x < x0 + (y - y0) / (y1 - y0) * (x1 - x0))
    return found


def symbol_at(x, y, symbol):
    """Whether places are inside of a symbol of size 1, as the shaders of vispy say."""
    ax, ay, third, high = abs(x), abs(y), 1 / 6, math.sqrt(3) / 4
    turned = abs(x + y) / math.sqrt(2), abs(x - y) / math.sqrt(2)
    head = within(
        x, y, [(0, -0.5), (0.5, 0), (0, 0.5), (-0.125, 0.375), (0.25, 0), (-0.125, -0.375)]
    )
    tail = 1 / 8 / math.sqrt(2)
    waist = 0.5 * math.sin(math.radians(18)) / math.sin(math.radians(126))  # of a pentagram
    star = [
        ((0.5, waist)[n % 2] * math.sin(n * math.pi / 5),
         0.05 - (0.5, waist)[n % 2] * math.cos(n * math.pi / 5))
        for n in range(10)
    ]  # fmt: skip
    far = 0.36 / math.sqrt(3)
    ways = [math.radians(angle) for angle in (-90, 30, 150)]
    return {
        "disc": np.hypot(x, y) < 0.5,
        "ring": abs(np.hypot(x, y) - 3 / 8) < 1 / 8,
        "square": np.maximum(ax, ay) < 0.5,
        "diamond": ax + ay < 0.5,
        "triangle_up": (y < high) & (ax < (y + high) / (2 * high) / 2),
        "triangle_down": (-y < high) & (ax < (high - y) / (2 * high) / 2),
        "star": within(x, y, star),
        "cross": (np.maximum(ax, ay) < 0.5) & (np.minimum(ax, ay) < third),
        "x": (np.maximum(*turned) < 0.5) & (np.minimum(*turned) < third),
        "clobber": np.any(
            [np.hypot(x - far * math.cos(w), y - 0.25 * far - far * math.sin(w)) < 0.32
             for w in ways], axis=0,
        ),
        "hbar": (ax < 0.5) & (ay < third),
        "vbar": (ay < 0.5) & (ax < third),
        "arrow": head,
        "tailed_arrow": head | ((ay < tail) & (x > -0.5) & (x <= 0.25 - ay)),
    }[symbol]  # fmt: skip


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_each_pixel_of_a_symbol(symbol):
    made = Points(LOOK, np.array([24.0]), np.array([30.0]), sizes=36, symbols=symbol)
    drawn = made.draw(black(), 0, view_of())[..., 0] / 255
    y, x = at_places()
    expected = averaged(symbol_at((x - 30.5) / 36, (y - 24.5) / 36, symbol))
    away = abs(drawn - expected)
    assert away.max() < 0.3  # the corners of the sharpest
    assert np.sort(away, axis=None)[-12] < 0.14
    assert drawn.sum() == pytest.approx(expected.sum(), rel=0.01)


def test_ellipses():
    """In a box that may be turned."""
    corners = np.array([(10.0, 8.0), (16.0, 44.0), (36.0, 41.0), (30.0, 5.0)])
    outline = ellipse(corners)
    middle, across, down = corners.mean(axis=0), corners[1] - corners[0], corners[3] - corners[0]
    inverse = np.linalg.inv(np.stack([across, down], axis=1) / 2)
    assert np.hypot(*(inverse @ (outline - middle).T)) == pytest.approx(1)
    assert len(outline) == 96
    made = Shapes.of(LOOK, [outline], faces=(255,) * 4, edge_widths=0)
    drawn = made.draw(black(), 0, view_of())[..., 0] / 255
    y, x = at_places()
    places = np.stack([y.ravel() - 0.5, x.ravel() - 0.5], axis=1) - middle
    inside = np.hypot(*(inverse @ places.T)).reshape(y.shape) < 1
    np.testing.assert_allclose(drawn, averaged(inside), atol=0.15)
    assert drawn.sum() == pytest.approx(averaged(inside).sum(), rel=0.003)


@pytest.mark.parametrize("blending", ["additive", "minimum", "multiplicative", "opaque"])
def test_how_areas_are_blended(blending):
    corners = [(9.5, 9.5), (9.5, 29.5), (29.5, 29.5), (29.5, 9.5)]
    look = Look("s", blending=blending, opacity=0.8)
    made = Shapes.of(look, [corners], faces=(200, 100, 30, 150), edge_widths=0)
    picture = background()
    drawn = made.draw(picture.copy(), 0, view_of()).astype(float)
    inside = boxes((10, 30), (10, 30)).astype(bool)
    below, colour, share = picture.astype(float), np.array([200.0, 100, 30]), 120 / 255
    over_it = {
        "additive": np.minimum(below + colour * share, 255),
        "minimum": below + (np.minimum(colour, below) - below) * share,
        "multiplicative": below + (colour * below / 255 - below) * share,
        "opaque": below + (colour - below) * share,
    }[blending]
    np.testing.assert_allclose(drawn[inside], over_it[inside], atol=3)
    np.testing.assert_array_equal(drawn[~inside], below[~inside])


def test_the_colours_of_lines():
    """Dark ones are mixed with white until their luma is 100."""
    luma = np.array([0.2126, 0.7152, 0.0722])
    assert PALETTE.shape == LINE_PALETTE.shape == (49, 4)
    assert (PALETTE[:, 3] == 255).all()
    assert (LINE_PALETTE[:, 3] == 255).all()
    for plain, line in zip(PALETTE[:, :3].astype(float), LINE_PALETTE[:, :3], strict=True):
        bright = plain @ luma
        if bright >= 100:
            np.testing.assert_array_equal(line, plain)
        else:
            mixed = plain + (255 - plain) * (100 - bright) / (255 - bright)
            np.testing.assert_allclose(line, mixed, atol=0.501)
    numbers = np.array([1, 2, 49, 50, 0])
    np.testing.assert_array_equal(line_colours(numbers), LINE_PALETTE[[0, 1, 48, 0, 48]])
