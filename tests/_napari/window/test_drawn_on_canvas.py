"""What is drawn of layers, against napari's own screenshot of the same camera."""

from __future__ import annotations

import numpy as np
import pytest

import napari_tif2video as t2v

T, HEIGHT, WIDTH = 12, 150, 200
ZOOM, NOW = 2.0, 8
RNG = np.random.default_rng(5)
PLACES = RNG.uniform((15, 15), (HEIGHT - 15, WIDTH - 15), (14, 2))
TIMED = np.column_stack([np.repeat([NOW - 2, NOW - 1, NOW, NOW + 1], 4)[:14], PLACES])
SYMBOLS = [
    "disc", "square", "diamond", "triangle_up", "triangle_down", "star", "cross", "x", "ring",
    "clobber", "hbar", "vbar", "arrow", "tailed_arrow",
]  # fmt: skip
WAYS = RNG.uniform(40, 110, (6, 1, 2)) + np.cumsum(RNG.normal(0, 4, (6, T, 2)), axis=1)
TRACKS = np.column_stack(
    [np.repeat(np.arange(6), T), np.tile(np.arange(T), 6), WAYS.reshape(-1, 2)]
)
LABELS = np.zeros((T, HEIGHT, WIDTH), np.int32)
for number in range(1, 9):
    top, left = divmod(number * 37, 150)
    LABELS[:, 10 + 14 * number : 22 + 14 * number, left : left + 30 + number] = number * 3
OUTLINES = [
    np.array([[10, 20], [10, 70], [50, 70], [50, 20]]),
    np.array([[70, 30], [120, 50], [90, 90], [60, 80]]),
    np.array([[20, 100], [60, 110], [30, 150], [70, 160]]),
]
VECTORS = np.stack([PLACES, RNG.normal(0, 14, (14, 2))], axis=1)


# Name, how its layers are added, and the mean difference of the colours in the part of the
# picture that is drawn on, of 255. Most of it is at edges, which OpenGL smooths otherwise.
SCENES = {
    "points": (lambda v: v.add_points(PLACES, size=9), 15),
    "symbols": (lambda v: v.add_points(PLACES, size=16, symbol=SYMBOLS, face_color="orange"), 5),
    "points with borders": (
        lambda v: v.add_points(
            PLACES, size=14, border_width=3, border_width_is_relative=False, border_color="red"
        ),
        6,
    ),
    "points of a slice": (lambda v: v.add_points(TIMED, size=12, face_color="cyan"), 7),
    "half opaque points": (
        lambda v: v.add_points(PLACES, size=20, opacity=0.5, border_width=0, face_color="lime"),
        2,
    ),
    "additive points": (
        lambda v: v.add_points(
            PLACES, size=20, blending="additive", border_width=0, face_color="blue"
        ),
        2,
    ),
    "scaled points": (
        lambda v: v.add_points(PLACES / 2, size=8, scale=(2, 2), translate=(3, -4)),
        4,
    ),
    "tracks": (lambda v: v.add_tracks(TRACKS, tail_length=6, tail_width=4), 14),
    "tracks ahead": (
        lambda v: v.add_tracks(TRACKS, tail_length=4, head_length=3, tail_width=4),
        13,
    ),
    "half opaque tracks": (
        lambda v: v.add_tracks(TRACKS, tail_length=30, tail_width=6, opacity=0.5),
        21,
    ),
    "labels": (lambda v: v.add_labels(LABELS), 1),
    "opaque labels": (lambda v: v.add_labels(LABELS, opacity=1), 1),
    "one label": (lambda v: _only(v.add_labels(LABELS), 9), 1),
    "outlines of labels": (lambda v: _contour(v.add_labels(LABELS, opacity=1), 3), 1),
    "labels of other pixels": (
        lambda v: v.add_labels(LABELS[:, ::2, ::2], scale=(1, 2, 2), translate=(0, 0.5, 0.5)),
        1,
    ),
    "rectangle and polygon": (
        lambda v: v.add_shapes(
            OUTLINES[:2],
            shape_type=["rectangle", "polygon"],
            edge_width=3,
            edge_color="magenta",
            face_color="teal",
        ),
        3,
    ),
    "ellipse": (
        lambda v: v.add_shapes(OUTLINES[:1], shape_type="ellipse", edge_width=4, opacity=1), 3,
    ),
    "paths": (
        lambda v: v.add_shapes(
            OUTLINES[2:], shape_type="path", edge_width=4, edge_color="yellow", opacity=1
        ),
        5,
    ),
    "vectors": (lambda v: v.add_vectors(VECTORS, edge_width=4, vector_style="triangle"), 7),
    "arrows": (lambda v: v.add_vectors(VECTORS, edge_width=4, vector_style="arrow"), 5),
    "lines": (
        lambda v: v.add_vectors(VECTORS, edge_width=4, vector_style="line", edge_color="lime"), 5,
    ),
    "rotated shapes": (
        lambda v: v.add_shapes(OUTLINES[:1], edge_width=4, rotate=20, translate=(45, 40)), 4,
    ),
}  # fmt: skip


def _only(layer, label):
    layer.selected_label, layer.show_selected_label = label, True


def _contour(layer, width):
    layer.contour = width


PLAIN = []  # the canvas with the image alone: it takes a second each time


@pytest.fixture(scope="module")
def image():
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([(rows + columns + 3 * t) % 90 for t in range(T)]).astype(np.uint8)


def seen_by_napari(viewer):
    camera = getattr(viewer.__wrapped__, "scene", viewer).camera
    camera.center, camera.zoom = (0, (HEIGHT - 1) / 2, (WIDTH - 1) / 2), ZOOM
    size = (round(HEIGHT * ZOOM), round(WIDTH * ZOOM))
    found = viewer.screenshot(size=size, canvas_only=True, flash=False)
    assert found.shape[:2] == size
    return found[..., :3].astype(float)


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_is_that_of_the_canvas(viewer, image, name):
    add, allowed = SCENES[name]
    viewer.add_image(image, contrast_limits=(0, 255), interpolation2d="nearest")
    if not PLAIN:
        PLAIN.append(seen_by_napari(viewer))
    (plain,) = PLAIN
    add(viewer.__wrapped__)
    viewer.layers.selection.clear()
    viewer.dims.set_point(0, NOW)
    theirs = seen_by_napari(viewer)
    ours = t2v.render_frame(viewer, NOW, width=round(WIDTH * ZOOM)).astype(float)
    drawn_on = (abs(theirs - plain) > 2).any(axis=2)
    assert drawn_on.mean() > 0.002, "napari draws nothing"
    difference = abs(ours - theirs)[drawn_on].mean()
    assert difference <= allowed
