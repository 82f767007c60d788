"""Single objects of layers, measured in the pixels: where they are, how large and how bright."""

from __future__ import annotations

import math
from functools import cache

import av
import numpy as np
import pytest

import napari_tif2video as t2v

napari = pytest.importorskip("napari", exc_type=ImportError)
from napari.components import ViewerModel  # noqa: E402

T, HEIGHT, WIDTH, ZOOM = 5, 60, 100, 2
GREY = 100


@cache
def model():
    return ViewerModel()


def emptied():
    """The viewer of all tests: making one takes longer than drawing."""
    model().layers.clear()
    return model()


def seen(add, frame=2, *, grey=0, zoom=ZOOM):
    """The picture of a grey image with a layer on it, as float."""
    viewer = emptied()
    image = np.full((T, HEIGHT, WIDTH), grey, np.uint8)
    viewer.add_image(image, contrast_limits=(0, 255), name="image")
    viewer.dims.margin_left = viewer.dims.margin_right = (0, 0, 0)
    add(viewer)
    viewer.dims.set_current_step(0, frame)
    return t2v.render_frame(viewer, frame, width=WIDTH * zoom).astype(float)


def area_of(picture):
    """How many pixels are white, counting edges as far as they are."""
    return picture[..., 0].sum() / 255


def extent_of(picture):
    """First and last row and column that are more than half bright, as edges of pixels."""
    rows, columns = np.nonzero(picture.max(axis=2) > 127)
    return [rows.min(), rows.max() + 1, columns.min(), columns.max() + 1]


# Of a symbol of size 1: its area, and how far it reaches up, down, left and right.
_STAR = 0.5 * 0.5 * (3 - math.sqrt(5)) / 2 * 0.5 * 10 * math.sin(math.pi / 5)
_TIP = 0.5 * math.cos(math.pi / 5) - 0.05
_HIGH = math.sqrt(3) / 4
SYMBOLS = {
    "disc": (math.pi / 4, 0.5, 0.5, 0.5, 0.5),
    "ring": (math.pi * 3 / 16, 0.5, 0.5, 0.5, 0.5),
    "square": (1, 0.5, 0.5, 0.5, 0.5),
    "diamond": (0.5, 0.5, 0.5, 0.5, 0.5),
    "triangle_up": (_HIGH, _HIGH, _HIGH, 0.5, 0.5),
    "triangle_down": (_HIGH, _HIGH, _HIGH, 0.5, 0.5),
    "star": (_STAR, 0.45, 0.5 * math.cos(math.pi / 5) + 0.05, 0.475, 0.475),
    "cross": (5 / 9, 0.5, 0.5, 0.5, 0.5),
    "x": (5 / 9, *[2 / 3 * math.sqrt(0.5)] * 4),
    "hbar": (1 / 3, 1 / 6, 1 / 6, 0.5, 0.5),
    "vbar": (1 / 3, 0.5, 0.5, 1 / 6, 1 / 6),
}


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_symbols_are_as_large_as_they_should_be(symbol):
    size = 40
    area, up, down, left, right = SYMBOLS[symbol]
    picture = seen(
        lambda v: v.add_points([(30, 50)], size=size, symbol=symbol, border_width=0), zoom=ZOOM
    )
    assert area_of(picture) == pytest.approx(area * (size * ZOOM) ** 2, rel=0.03)
    row, column = 30.5 * ZOOM, 50.5 * ZOOM
    expected = np.array([row, row, column, column]) + ZOOM * size * np.array(
        [-up, down, -left, right]
    )
    np.testing.assert_allclose(extent_of(picture), expected, atol=3 if symbol == "star" else 1.2)
    upper, lower = picture[: int(row)].sum(), picture[int(row) :].sum()
    if symbol.startswith("triangle"):
        assert (upper < lower) == (symbol == "triangle_up")


def test_clobbers_and_arrows():
    """Three discs around a middle; a head that points to the right, with and without a shaft."""
    shown = {
        symbol: seen(
            lambda v, s=symbol: v.add_points([(30, 50)], size=40, symbol=s, border_width=0)
        )
        for symbol in ("clobber", "arrow", "tailed_arrow")
    }
    y, x = (np.mgrid[: HEIGHT * ZOOM * 4, : WIDTH * ZOOM * 4] + 0.5) / 4
    y, x = (y / ZOOM - 30.5) / 40, (x / ZOOM - 50.5) / 40
    far = 0.36 / math.sqrt(3)
    discs = [
        np.hypot(x - far * math.cos(a), y - 0.25 * far - far * math.sin(a)) < 0.32
        for a in (-math.pi / 2, math.pi / 6, 5 * math.pi / 6)
    ]
    discs = np.any(discs, axis=0).reshape(HEIGHT * ZOOM, 4, WIDTH * ZOOM, 4).mean(axis=(1, 3)) * 255
    assert np.abs(shown["clobber"][..., 0] - discs).mean() < 0.5
    head, tailed = shown["arrow"], shown["tailed_arrow"]
    np.testing.assert_allclose(extent_of(head), [21, 101, 91, 141], atol=2.2)
    np.testing.assert_allclose(extent_of(tailed), [21, 101, 61, 141], atol=2.2)
    assert not head[60:62, :108].any()  # between the wings
    shaft = (tailed[:, 70, 0] / 255).sum()
    assert shaft == pytest.approx(2 * ZOOM * 40 / 8 / math.sqrt(2), abs=0.3)
    for picture in (head, tailed):
        np.testing.assert_allclose(picture[61:111], picture[11:61][::-1], atol=3)


def test_a_border_lies_on_the_outline():
    for size, width, most in ((20, 4, 255), (20, 0.25, 130)):
        picture = seen(
            lambda v, s=size, w=width: v.add_points(
                [(30, 50)], size=s, symbol="square", face_color="lime", border_color="red",
                border_width=w, border_width_is_relative=False,
            )
        )  # fmt: skip
        line = picture[61, :, 0]  # red of the row through the middle
        assert line.max() <= most
        columns = np.flatnonzero(line > most / 3)
        left, right = (50.5 - size / 2) * ZOOM, (50.5 + size / 2) * ZOOM
        half = max(width * ZOOM, 1) / 2
        assert abs(columns[0] - (left - half)) <= 1
        assert abs(columns[-1] + 1 - (right + half)) <= 1
        assert line.sum() / 255 == pytest.approx(2 * width * ZOOM, rel=0.1)
        assert picture[61, 101].tolist() == [0, 255, 0]
    options = {"size": 20, "border_width": 0.1, "face_color": "lime", "border_color": "red"}
    disc = seen(lambda v: v.add_points([(30, 50)], **options))
    assert disc[51:71, 91:111, 0].max() == 0
    assert disc[..., 0].sum() / 255 == pytest.approx(math.pi * 40 * 4, rel=0.05)
    ring = seen(lambda v: v.add_points([(30, 50)], symbol="ring", **options))
    assert ring[..., 0].sum() / 255 == pytest.approx(math.pi * (40 + 20) * 4, rel=0.05)


@pytest.mark.parametrize("kind", ["points", "labels", "tracks"])
@pytest.mark.parametrize(
    "blending", ["translucent", "additive", "minimum", "multiplicative", "opaque"]
)
def test_colours_are_blended_as_opengl_does(kind, blending):
    colour, opacity = np.array([204.0, 51.0, 90.0]), 0.5

    def add(v):
        rgba = [*(colour / 255), 1]
        options = {"blending": blending, "opacity": opacity}
        if kind == "points":
            v.add_points([(30, 50)], size=20, face_color=[rgba], border_width=0, **options)
        elif kind == "labels":
            table = napari.utils.DirectLabelColormap(color_dict={None: "transparent", 3: rgba})
            v.add_labels(np.full((T, HEIGHT, WIDTH), 3), colormap=table, **options)
        else:
            rows = [(1, 1, 30, 20), (1, 2, 30, 90)]
            tracks = v.add_tracks(np.array(rows), tail_width=8, tail_length=10**6, **options)
            tracks._track_colors = np.array([rgba] * 2)

    found = seen(add, grey=GREY)[61, 101]
    below = np.full(3, float(GREY))
    share = 1.0 if blending == "opaque" else opacity
    over = {
        "additive": below + colour * share,
        "minimum": below + (np.minimum(colour, below) - below) * share,
        "multiplicative": below + (colour * below / 255 - below) * share,
    }.get(blending, below + (colour - below) * share)
    np.testing.assert_allclose(found, np.minimum(over, 255), atol=2)


def test_tracks_fade_towards_the_end_of_their_tail_and_head():
    """On a straight way of ten pixels a frame, brightness falls in a straight line."""
    rows = np.array([(1, t, 30, 10 + 20 * t) for t in range(T)], float)
    for tail, head in ((4, 0), (3, 2), (1, 1)):

        def add(v, tail=tail, head=head):
            layer = v.add_tracks(rows, tail_length=tail, head_length=head, tail_width=6)
            layer._track_colors = np.ones((T, 4))

        picture = seen(add)
        line = picture[61].max(axis=1)
        columns = np.arange(24, 168, 8)
        times = ((columns + 0.5) / ZOOM - 10.5) / 20
        faded = np.clip(1 - (head + 2 - times) / (tail + head), 0, 1)
        # Beyond its end, a line that was begun before fades up to the next place.
        beyond = np.clip(3 + head - times, 0, 1) if head < 2 else 0
        expected = np.where(times <= 2 + head, faded, beyond if head else 0)
        near = abs(times - (2 + head)) > 0.2
        np.testing.assert_allclose(line[columns][near], 255 * expected[near], atol=10)
        assert (picture[40, :].max(), picture[80, :].max()) == (0, 0)
        lit = np.flatnonzero(picture[:, 100].max(axis=1) > 0.4 * line[100])
        assert (lit[0], lit[-1]) == (58, 63)  # six pixels around 30.5


def test_tracks_that_have_ended_and_numbers_beside_them():
    rows = np.array(
        [(1, t, 20, 30 + 10 * t) for t in (0, 1)] + [(7, t, 40, 30 + 10 * t) for t in range(4)]
    )

    def tracks(**options):
        return seen(lambda v: v.add_tracks(rows, tail_length=30, tail_width=4, **options))

    both, running = tracks(), tracks(hide_completed_tracks=True)
    assert both[41].any()
    assert not running[:60].any()
    np.testing.assert_array_equal(both[70:], running[70:])

    def named(v):
        layer = v.add_tracks(rows, tail_length=30)
        layer.display_tail, layer.display_id = False, True

    numbers = seen(named)
    ys, xs = np.nonzero(numbers.max(axis=2) > 127)
    assert (numbers[..., 0] == numbers[..., 2]).all()  # white, of the one that is there
    np.testing.assert_allclose([ys.mean(), (xs.min() + xs.max()) / 2], [81, 101], atol=3)
    assert 8 <= np.ptp(ys) + 1 <= 12
    joined = seen(lambda v: v.add_tracks(rows, graph={7: [1]}, tail_length=30, tail_width=4), 3)
    alone = seen(lambda v: v.add_tracks(rows, tail_length=30, tail_width=4), 3)
    link = (joined - alone)[45:75]  # from the end of 1 at column 40 to the first place of 7 at 30
    rows_lit, columns_lit = np.nonzero(link.max(axis=2) > 60)
    assert len(rows_lit) > 40
    assert columns_lit.min() >= 59
    assert columns_lit.max() <= 83


@pytest.mark.parametrize(
    ("style", "share", "wide"), [("line", 1, 6), ("triangle", 0.5, 6), ("arrow", 1, 12)]
)
def test_vectors_are_as_long_and_wide_as_they_should_be(style, share, wide):
    vectors = np.array([[[2, 30, 20], [0, 0, 30]], [[3, 10, 10], [0, 30, 0]]], float)
    picture = seen(
        lambda v: v.add_vectors(
            vectors,
            edge_width=6,
            length=2,
            vector_style=style,
            edge_color="white",
            opacity=1,
        )
    )
    assert area_of(picture) == pytest.approx(share * 60 * 6 * ZOOM**2, rel=0.03)
    row, column = 30.5 * ZOOM, 20.5 * ZOOM
    reach = [row - wide, row + wide, column, column + 60 * ZOOM]
    found = extent_of(picture)
    np.testing.assert_allclose(found[:3], reach[:3], atol=1.2)
    assert found[3] == pytest.approx(reach[3], abs=1.2 if style == "line" else 12)
    thin = seen(
        lambda v: v.add_vectors(
            vectors, edge_width=0.01, length=2, vector_style="line", edge_color="white", opacity=1
        )
    )
    assert area_of(thin) == pytest.approx(60 * ZOOM, rel=0.05)  # never less than a pixel
    other = seen(lambda v: v.add_vectors(vectors, edge_width=6, edge_color="white", opacity=1), 3)
    np.testing.assert_allclose(extent_of(other)[::2], [21, 15], atol=1.2)


def test_shapes_are_as_large_as_they_should_be():
    box = np.array([[2, 10, 20], [2, 10, 80], [2, 50, 80], [2, 50, 20]], float)

    def shape(data=box, **options):
        white = {"edge_width": 0, "face_color": "white", "opacity": 1} | options
        return seen(lambda v: v.add_shapes([data], **white))

    rectangle, round_ = shape(shape_type="rectangle"), shape(shape_type="ellipse")
    assert extent_of(rectangle) == extent_of(round_) == [21, 101, 41, 161]
    assert area_of(rectangle) == pytest.approx(120 * 80, rel=0.002)
    assert area_of(round_) == pytest.approx(math.pi / 4 * 120 * 80, rel=0.002)
    outline = {"face_color": "transparent", "edge_color": "white"}
    edge = shape(shape_type="rectangle", edge_width=3, **outline)
    assert area_of(edge) == pytest.approx(400 * 6, rel=0.02)
    assert extent_of(edge) == [18, 104, 38, 164]
    path = shape(shape_type="path", edge_width=3, **outline)
    assert area_of(path) == pytest.approx((120 + 80 + 120) * 6, rel=0.03)
    assert not path[40:80, :50].any()  # it does not lead back
    filled = shape(shape_type="path", edge_width=3, edge_color="white")
    np.testing.assert_array_equal(filled, path)
    thin = shape(shape_type="rectangle", edge_width=0.25, **outline)
    assert area_of(thin) == pytest.approx(400 * 0.5, rel=0.05)  # fainter than a whole pixel
    assert thin.max() < 140
    half = shape(shape_type="rectangle", opacity=0.5)
    np.testing.assert_allclose(half[60, 100], 127.5, atol=1)
    assert not seen(lambda v: v.add_shapes([box], face_color="white"), 1).any()


@pytest.mark.parametrize(
    ("anchor", "down", "right"),
    [
        ("center", 0, 0),
        ("upper_left", 1, 1),
        ("lower_right", -1, -1),
        ("upper_right", 1, -1),
        ("lower_left", -1, 1),
    ],
)
def test_texts_stand_where_their_anchor_is(anchor, down, right):
    text = {
        "string": ["mmm"],
        "size": 12,
        "color": "yellow",
        "anchor": anchor,
        "translation": [3, 5],
    }
    picture = seen(
        lambda v: v.add_points([(30, 50)], size=1e-6, text=text, border_width=0, opacity=1)
    )
    ys, xs = np.nonzero(picture[..., 0] > 100)
    assert not picture[..., 2].any()
    row, column = (33 + 0.5) * ZOOM, (55 + 0.5) * ZOOM
    middle_row, middle_column = (ys.min() + ys.max() + 1) / 2, (xs.min() + xs.max() + 1) / 2
    assert middle_column == pytest.approx(column + right * np.ptp(xs) / 2, abs=4)
    assert (np.sign(middle_row - row) == down) or (down == 0 and abs(middle_row - row) < 6)
    assert 25 < np.ptp(xs) < 60
    at_border = seen(lambda v: v.add_points([(0, 0)], size=1, text=text | {"translation": 0}))
    assert at_border.any() or anchor == "lower_right"
    blank = text | {"string": [" "]}
    assert not seen(lambda v: v.add_points([(30, 50)], size=1e-6, text=blank)).any()


def test_labels_show_their_colours_outlines_and_only_one():
    labels = np.zeros((T, HEIGHT, WIDTH), np.int32)
    labels[:, 10:30, 20:50], labels[:, 32:52, 20:50] = 4, 9
    table = {None: "transparent", 4: "red", 9: "lime"}

    def picture(**options):
        def add(v):
            colours = napari.utils.DirectLabelColormap(color_dict=table)
            layer = v.add_labels(labels, opacity=1, colormap=colours)
            for name, value in options.items():
                setattr(layer, name, value)

        return seen(add)

    filled = picture()
    expected = np.zeros((HEIGHT, WIDTH, 3))
    expected[10:30, 20:50, 0] = expected[32:52, 20:50, 1] = 255
    np.testing.assert_array_equal(filled, expected.repeat(ZOOM, 0).repeat(ZOOM, 1))
    only = picture(selected_label=9, show_selected_label=True)
    assert not only[..., 0].any()
    np.testing.assert_array_equal(only[..., 1], filled[..., 1])
    for width in (1, 3):
        outline = picture(contour=width)
        inner = 2 * ZOOM * (20 - 2 * width) * ZOOM * (30 - 2 * width)
        assert (outline > 0).sum() == (filled > 0).sum() - inner
        assert not outline[40, 60:90].any()


@pytest.mark.parametrize(
    ("mode", "share"), [("rescale_linear", 0.5), ("rescale_spherical", 0.75**0.5)]
)
def test_objects_of_thick_slices_get_smaller_or_fade(mode, share):
    def add(v, kind="points"):
        if kind == "points":
            v.add_points(
                [(2, 30, 50)], size=20, symbol="square", border_width=0, projection_mode=mode
            )
        else:
            rows = np.array([[[2, 30, 20], [0, 0, 60]]], float)
            v.add_vectors(
                rows,
                edge_width=6,
                vector_style="line",
                edge_color="white",
                opacity=1,
                projection_mode="fade",
            )
        v.dims.margin_left, v.dims.margin_right = (2, 0, 0), (2, 0, 0)

    for frame, size in ((2, 20), (3, 20 * share), (1, 20 * share)):
        assert area_of(seen(add, frame)) == pytest.approx((size * ZOOM) ** 2, rel=0.03)
    full, half = (seen(lambda v: add(v, "vectors"), frame) for frame in (2, 3))
    assert area_of(half) == pytest.approx(area_of(full) / 2, rel=0.02)
    assert not seen(add, 0).any()


def test_a_video_has_the_pictures_of_its_frames(tmp_path):
    """Tasks take along only what is seen in their frames: nothing of it may be lacking."""
    viewer = ViewerModel()
    viewer.add_image(np.zeros((60, HEIGHT, WIDTH), np.uint8), contrast_limits=(0, 255))
    rng = np.random.default_rng(2)
    times = np.arange(60).repeat(2)
    places = np.column_stack([times, rng.uniform(10, 50, 120), rng.uniform(10, 90, 120)])
    colours = rng.uniform(0.3, 1, (120, 4))
    viewer.add_points(
        places, size=rng.uniform(5, 12, 120), face_color=colours, border_color=colours[::-1],
        border_width=0.3, symbol=rng.choice(["square", "star", "disc"], 120),
        text={"string": [f"{n}" for n in range(120)], "color": "white"},
    )  # fmt: skip
    corners = np.array([(0, 0, 0), (0, 0, 9), (0, 9, 9)])
    viewer.add_shapes(
        [place + corners for place in places[:-1:3].round()],
        shape_type=["polygon", "path"] * 20, edge_color=colours[:40], face_color=colours[40:80],
        edge_width=list(rng.uniform(0.5, 3, 40)),
    )  # fmt: skip
    ways = np.stack([places, np.tile((0, 5, 5), (120, 1))], axis=1)
    viewer.add_vectors(ways, edge_color=colours, edge_width=2)
    tracks = [
        (n, t, 30 + 5 * n + t % 3, 5 + 1.5 * t) for n in range(3) for t in range(n, 60, 1 + n)
    ]
    viewer.add_tracks(np.array(tracks), tail_length=4, head_length=2, graph={2: [0]})
    viewer.dims.set_current_step(0, 0)
    video = t2v.convert(viewer, tmp_path / "o.mkv", width="full", codec="ffv1")
    with av.open(str(video.path)) as container:
        shown = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(shown) == 60
    for number in (0, 1, 30, 48, 49, 50, 51, 59):
        np.testing.assert_array_equal(shown[number], t2v.render_frame(viewer, number, width="full"))
