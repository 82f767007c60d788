"""Tracks, points, shapes and label images from files and arrays, counted in the pictures of videos.

Objects stand in the cells of a grid on black frames, so that a cell with light in it is an object.
"""

from __future__ import annotations

import json
import os

import av
import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.imagej import write_stack
from helpers.trackmate import model

import napari_tif2video as t2v

COUNT, CELL, ROWS, COLUMNS = 7, 20, 4, 6
HEIGHT, WIDTH = ROWS * CELL, COLUMNS * CELL
DARK = np.full((COUNT, HEIGHT, WIDTH), 300, np.uint16)
BLACK = (300, 1000)
HERE = np.random.default_rng(3).random((COUNT, ROWS, COLUMNS)) < 0.4
HERE[:, 1, 1] = True


def rows_of_objects():
    """Number, frame, y and x of each object: it moves a bit inside of its cell."""
    return np.array(
        [
            (1 + row * COLUMNS + column, t, row * CELL + 8 + t % 3, column * CELL + 9.5)
            for t, row, column in np.argwhere(HERE)
        ],
        float,
    )


OBJECTS = rows_of_objects()


def label_images(dtype=np.uint16):
    images = np.zeros(DARK.shape, dtype)
    for number, t, y, x in OBJECTS:
        images[int(t), int(y) - 4 : int(y) + 5, int(x) - 4 : int(x) + 5] = number
    return images


def lit(picture):
    """Which pixels of an RGB picture are not black."""
    return picture.max(axis=-1) > 40


def lit_cells(picture):
    """Which cells of the grid hold light, in a picture of any size."""
    height, width = picture.shape[:2]
    found = np.zeros((ROWS, COLUMNS), bool)
    for y, x in np.argwhere(lit(picture)):
        found[y * ROWS // height, x * COLUMNS // width] = True
    return found


def decoded(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "pos1", DARK)


@pytest.fixture
def files(tmp_path):
    """The same objects as each kind of file."""
    np.savetxt(
        tmp_path / "tracks.csv", OBJECTS, delimiter=",", header="track_id,frame,y,x", comments=""
    )
    points = np.column_stack([np.arange(len(OBJECTS)), OBJECTS[:, 1:]])
    header = "index,axis-0,axis-1,axis-2"
    np.savetxt(tmp_path / "points.csv", points, delimiter=",", header=header, comments="")
    lines = ["index,shape-type,vertex-index,axis-0,axis-1,axis-2"]
    for index, (_, t, y, x) in enumerate(OBJECTS):
        corners = [(-4, -4), (-4, 4), (4, 4), (4, -4)]
        kind = ("rectangle", "ellipse", "polygon")[index % 3]
        lines += [f"{index},{kind},{n},{t},{y + a},{x + b}" for n, (a, b) in enumerate(corners)]
    (tmp_path / "shapes.csv").write_text("\n".join(lines))
    write_folder(tmp_path / "masks", label_images())
    return tmp_path


KINDS = {
    "fill": ["--segmentation", "masks"],
    "contour": ["--segmentation", "masks", "--segmentation-style", "contour"],
    "tracks": ["--tracks", "tracks.csv", "--tracks-tail", "0", "--tracks-ids"],
    "points": ["--points", "points.csv", "--points-size", "9"],
    "shapes": ["--shapes", "shapes.csv"],
}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("points", "tracks")])
@pytest.mark.parametrize("width", [120, 480])
def test_each_object_is_in_each_frame(folder, files, cli, monkeypatch, kind, width):
    monkeypatch.chdir(files)
    ended = cli(folder, "-o", "o.mp4", "--width", width, "--limits", *BLACK, *KINDS[kind])
    assert ended.code == 0, ended.err
    pictures = decoded("o.mp4")
    assert len(pictures) == COUNT
    for picture, expected in zip(pictures, HERE, strict=True):
        np.testing.assert_array_equal(lit_cells(picture), expected)


def rendered(source, number, **options):
    return t2v.render_frame(source, number, **{"limits": BLACK, "width": 480} | options)


def test_points_are_where_and_when_they_are(folder, files):
    for number in (0, 3, COUNT - 1):
        picture = rendered(folder, number, points=files / "points.csv", points_size=9)
        np.testing.assert_array_equal(lit_cells(picture), HERE[number])


def test_a_tail_goes_back_as_far_as_asked(folder):
    """A track along the second row of cells, one cell each frame."""
    track = np.array([(4, t, CELL * 1.5, 9 + CELL * t) for t in range(COLUMNS)], float)
    for number in (1, 4):
        for tail in (1, 3):
            picture = rendered(folder, number, tracks=track, tracks_tail=tail)
            found = lit_cells(picture)
            expected = np.zeros((ROWS, COLUMNS), bool)
            expected[1, max(0, number - tail) : number + 1] = True
            assert found[1, number]
            assert not found[expected == 0].any()
            # The end of a tail has nearly faded.
            assert found[1, max(0, number - tail) + 1 : number + 1].all()


def test_the_line_is_where_the_object_was(folder):
    track = np.array([(4, 0, 10, 10), (4, 1, 10, 100), (4, 2, 70, 100)], float)
    picture = rendered(folder, 2, tracks=track)  # 4 pixels for each of the data
    ys, xs = np.nonzero(lit(picture))
    middle = (np.array([10, 10, 70, 100]) + 0.5) * 4
    on_first = (np.abs(ys + 0.5 - middle[0]) < 3) & (xs > middle[1] - 3) & (xs < middle[3] + 3)
    on_second = (np.abs(xs + 0.5 - middle[3]) < 3) & (ys > middle[0] - 3) & (ys < middle[2] + 3)
    assert (on_first | on_second).all()
    assert on_second.sum() > 200
    assert on_first.sum() > 300
    # It fades evenly to where it began, without dents.
    along = picture[round(middle[0]) - 3 : round(middle[0]) + 3, 50:390, 0].astype(int)
    assert along.any()
    assert (np.diff(along, axis=1) >= 0).all()


def test_numbers_are_written_beside_tracks(folder):
    track = np.array([(47, 0, 40, 30), (47, 1, 40, 31)], float)
    without = rendered(folder, 1, tracks=track)
    with_ids = rendered(folder, 1, tracks=track, tracks_ids=True)
    assert (with_ids != without).any(axis=-1).sum() > 30


def test_frames_keep_their_numbers_when_some_are_chosen(folder, files):
    masks = files / "masks"
    for first, step in ((2, 1), (1, 2)):
        for place, number in enumerate(range(first, COUNT, step)):
            options = {"frames": f"{first}::{step}", "width": 120}
            for each in (
                {"segmentation": masks},
                {"shapes": files / "shapes.csv"},
            ):
                picture = rendered(folder, place, **options, **each)
                np.testing.assert_array_equal(lit_cells(picture), HERE[number])


def test_an_outline_is_two_pixels_wide_at_any_width(folder):
    image = np.zeros((COUNT, HEIGHT, WIDTH), np.uint8)
    image[:, 20:60, 30:90] = 3
    for width in (120, 240, 480):
        picture = rendered(folder, 0, segmentation=image, segmentation_style="contour", width=width)
        row = lit(picture)[picture.shape[0] // 2]
        places = np.flatnonzero(row)
        assert len(places) == 4
        assert places[1] - places[0] == places[3] - places[2] == 1


def test_what_is_drawn_moves_with_a_box_that_follows(folder):
    """An object goes to the right by 8 pixels a frame; its outline stays in the middle."""
    image = np.zeros((COUNT, HEIGHT, WIDTH), np.uint8)
    for t in range(COUNT):
        image[t, 36:45, 26 + 8 * t : 35 + 8 * t] = 1
    track = np.array([(1, t, 40, 30 + 8 * t) for t in range(COUNT)], float)
    for number in (0, 4):
        options = {"follow": track, "crop": "40x40", "width": 160, "points_size": 4}
        picture = rendered(folder, number, segmentation=image, **options, points=track[:, 1:])
        ys, xs = np.nonzero(lit(picture))
        np.testing.assert_allclose([ys.min(), xs.min()], [62, 62], atol=2)
        np.testing.assert_allclose([ys.max(), xs.max()], [97, 97], atol=2)
        white = np.argwhere((picture > 200).all(axis=-1))
        np.testing.assert_allclose(white.mean(axis=0), [79.5, 79.5], atol=1)


def test_a_crop_box_moves_nothing(folder, files):
    crop = f"{2 * CELL}x{2 * CELL}+{CELL}+{CELL}"
    picture = rendered(folder, 4, shapes=files / "shapes.csv", crop=crop, width=160)
    box = np.s_[:80, :80], np.s_[:80, 80:], np.s_[80:, :80], np.s_[80:, 80:]
    found = [bool(lit(picture[part]).any()) for part in box]
    assert found == HERE[4, 1:3, 1:3].ravel().tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_are_drawn_as_files_are(folder, files, monkeypatch, kind):
    monkeypatch.chdir(files)
    name = KINDS[kind][0].removeprefix("--")
    rest = {"contour": {"segmentation_style": "contour"}, "tracks": {"tracks_ids": True}}
    options = rest.get(kind, {})
    corners = np.array([(-4, -4), (-4, 4), (4, 4), (4, -4)], float)
    arrays = {
        "segmentation": label_images(),
        "tracks": OBJECTS,
        "points": OBJECTS[:, 1:],
        "shapes": [
            (
                np.column_stack([np.full(4, t), corners + np.array([y, x])]),
                ("rectangle", "ellipse", "polygon")[index % 3],
            )
            for index, (_, t, y, x) in enumerate(OBJECTS)
        ],
    }
    path = KINDS[kind][1]
    by_file = rendered(folder, 3, **{name: path}, **options)
    by_array = rendered(DARK, 3, **{name: arrays[name]}, **options)
    np.testing.assert_array_equal(by_array, by_file)


def test_segmentations_as_dask_arrays(tmp_path, files):
    da = pytest.importorskip("dask.array")
    lazy = da.from_array(label_images(), chunks=(2, HEIGHT, WIDTH))
    video = t2v.convert(DARK, tmp_path / "o.mp4", segmentation=lazy, limits=BLACK)
    for picture, expected in zip(decoded(video.path), HERE, strict=True):
        np.testing.assert_array_equal(lit_cells(picture), expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint32, np.int16, np.int32, np.float32])
def test_labels_of_any_type_look_the_same(folder, files, tmp_path, dtype):
    tifffile.imwrite(
        tmp_path / "labels.tif", label_images(dtype), photometric="minisblack", metadata=None
    )
    expected = rendered(folder, 3, segmentation=files / "masks", width=120)
    found = rendered(folder, 3, segmentation=tmp_path / "labels.tif", width=120)
    np.testing.assert_array_equal(found, expected)


def test_labels_that_imagej_shows_in_colours_are_taken_by_their_numbers(folder, files, tmp_path):
    colours = np.random.default_rng(1).integers(0, 255, (3, 256), np.uint8)
    write_stack(tmp_path / "glasbey.tif", label_images(np.uint8), colours)
    expected = rendered(folder, 3, segmentation=files / "masks")
    found = rendered(folder, 3, segmentation=tmp_path / "glasbey.tif")
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("value", "dtype"), [(-1, np.int16), (0.5, np.float32)])
def test_what_is_no_label_fails_its_source(folder, files, tmp_path, cli, value, dtype):
    images = label_images(dtype)
    images[5, 3, 3] = value
    write_folder(tmp_path / "wrong", images)
    ended = cli(folder, "-o", tmp_path / "o.mp4", "--segmentation", tmp_path / "wrong", "--quiet")
    assert ended.code == 1
    assert "t5.tif" in ended.error_line
    assert f"holds {value}, which is no label" in ended.error_line
    assert not (tmp_path / "o.mp4").exists()


def test_filled_labels_have_the_colours_of_napari(folder, files):
    pytest.importorskip("napari")
    from napari.layers import Labels

    shown = Labels(label_images())
    expected = shown.colormap.map(label_images()[3])[..., :3] * 255
    grey = rendered(DARK, 3, width="full")
    alpha = np.where(label_images()[3] > 0, shown.opacity, 0)[..., np.newaxis]
    blended = expected * alpha + grey * (1 - alpha)
    found = rendered(DARK, 3, segmentation=label_images(), width="full")
    assert np.abs(found - blended).max() <= 2


def test_a_cell_has_one_colour_as_track_and_as_contour(folder):
    image = np.zeros((COUNT, HEIGHT, WIDTH), np.uint8)
    image[:, 10:30, 10:30] = 7
    track = np.array([(7, 0, 60, 20), (7, 1, 60, 90)], float)
    found = t2v.render_frame(
        folder, 1, segmentation=image, segmentation_style="contour", tracks=track
    )
    upper, lower = found[: found.shape[0] // 2], found[found.shape[0] // 2 :]
    colours = [np.unique(part[lit(part)], axis=0, return_counts=True) for part in (upper, lower)]
    most, faded = (values[counts.argmax()] for values, counts in colours)
    np.testing.assert_allclose(faded / faded.max(), most / most.max(), atol=0.05)


def test_branches_of_one_trackmate_track_have_one_colour(folder, tmp_path):
    spots = [(0, 0, 40, 10), (1, 1, 40, 50), (2, 2, 20, 100), (3, 2, 60, 100)]
    text = model(spots, [[(0, 1), (1, 2), (1, 3)]], image=(HEIGHT, WIDTH))
    (tmp_path / "m.xml").write_text(text)
    picture = rendered(folder, 2, tracks=tmp_path / "m.xml")
    half = picture.shape[0] // 2
    upper, lower = picture[: half - 8, 240:], picture[half + 8 :, 240:]
    colours = [part[lit(part)] for part in (upper, lower)]
    assert min(map(len, colours)) > 100
    assert np.abs(colours[0].mean(0) - colours[1].mean(0)).max() < 8


def everything(files):
    return [
        "--tracks", files / "tracks.csv", "--points", files / "points.csv",
        "--shapes", files / "shapes.csv", "--segmentation", files / "masks",
    ]  # fmt: skip


def test_the_number_of_workers_changes_no_byte(tmp_path, files, cli):
    folder = write_folder(tmp_path / "long", np.concatenate([DARK] * 16))  # three segments
    masks = write_folder(tmp_path / "long_masks", np.concatenate([label_images()] * 16))
    options = ["--tracks", files / "tracks.csv", "--segmentation", masks]
    for workers in (1, 3):
        ended = cli(folder, "-o", tmp_path / f"{workers}.mp4", "--workers", workers, *options)
        assert ended.code == 0, ended.err
    assert (tmp_path / "1.mp4").read_bytes() == (tmp_path / "3.mp4").read_bytes()


def test_what_was_drawn_is_part_of_what_is_gone_on_with(tmp_path, folder, files):
    """A run that was stopped is not gone on with when a file has changed since."""
    from napari_tif2video.data import open_stack
    from napari_tif2video.pipeline.resume import segment_keys
    from napari_tif2video.planning import plan

    def keys():
        options = {name: files / f"{name}.csv" for name in ("tracks", "points", "shapes")}
        settings = t2v.VideoSettings(**options, segmentation=files / "masks", limits=(0, 1000))
        return segment_keys(plan(open_stack(folder), settings), None)

    before = keys()
    assert keys() == before
    for name in ("tracks", "points", "shapes"):
        path = files / f"{name}.csv"
        text = path.read_text()
        path.write_text(
            text.replace("8.", "9.", 1) if name != "shapes" else text.replace("4", "5", 1)
        )
        os.utime(path, (1e9, 1e9))
        assert keys() != before
        path.write_text(text)
        assert keys() == before
    os.utime(files / "masks" / "t3.tif", (1e9, 1e9))
    assert keys() != before


def test_recipe_and_report_say_what_was_drawn(tmp_path, folder, files, cli):
    out = tmp_path / "o.mp4"
    ended = cli(folder, "-o", out, *everything(files), "--sidecar", "--json", "--quiet")
    (report,) = json.loads(ended.out)["sources"]
    recipe = t2v.read_recipe(out)
    assert [dict(each) for each in recipe.drawn] == report["drawn"]
    assert {each["kind"]: each["objects"] for each in report["drawn"]} == {
        "segmentation": COUNT,
        "tracks": len(np.unique(OBJECTS[:, 0])),
        "points": len(OBJECTS),
        "shapes": len(OBJECTS),
    }
    text = (tmp_path / "o.json").read_text()
    assert str(files) not in text
    assert recipe.settings["tracks"] == "tracks.csv"
    shown = cli("--inspect", out).out
    assert "tracks.csv" in shown
    assert "SHA-256" in shown


def test_a_recipe_is_followed_again_beside_the_files(tmp_path, folder, files, cli, monkeypatch):
    assert cli(folder, "-o", tmp_path / "o.mp4", *everything(files)).code == 0
    monkeypatch.chdir(files)
    ended = cli(folder, "-o", tmp_path / "again.mp4", "--settings", tmp_path / "o.mp4")
    assert ended.code == 0, ended.err
    assert (tmp_path / "again.mp4").read_bytes() == (tmp_path / "o.mp4").read_bytes()


def test_a_video_with_other_tracks_is_said_to_be_another(tmp_path, folder, files, cli):
    out = ["-o", tmp_path / "o.mp4", "--tracks", files / "tracks.csv"]
    assert cli(folder, *out).code == 0
    with open(files / "tracks.csv", "a") as file:
        file.write("99,0,5,5\n")
    ended = cli(folder, *out, "--skip-existing")
    assert "other objects drawn onto it" in ended.err


def test_an_unreadable_label_image_fails_its_source_with_its_name(folder, files, cli, tmp_path):
    (files / "masks" / "t2.tif").write_bytes(b"II*\0 damaged")
    ended = cli(
        folder, "-o", tmp_path / "o.mp4", "--segmentation", files / "masks", "--quiet",
        "--on-error", "skip",
    )  # fmt: skip
    assert ended.code == 1
    assert "t2.tif" in ended.error_line


def test_frames_that_are_left_out_take_no_labels_along(files, cli, tmp_path):
    folder = write_folder(tmp_path / "bad", DARK)
    (folder / "t2.tif").write_bytes(b"II*\0 damaged")
    ended = cli(
        folder, "-o", tmp_path / "o.mp4", "--segmentation", files / "masks", "--limits", *BLACK,
        "--on-error", "skip",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    for picture, expected in zip(
        decoded(tmp_path / "o.mp4"), np.delete(HERE, 2, axis=0), strict=True
    ):
        np.testing.assert_array_equal(lit_cells(picture), expected)
