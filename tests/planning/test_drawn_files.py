"""What of files that are drawn fits the frames, said before anything is done."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import numbered
from helpers.trackmate import dividing

import napari_tif2video as t2v

COUNT, HEIGHT, WIDTH = 6, 48, 160
HEADER = "track_id,frame,y,x\n"


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "pos1", numbered(COUNT))


@pytest.fixture
def planned(folder, cli):
    """What `--dry-run --json` says of a folder of 6 frames of 160x48 pixels."""

    def plan(*options, source=folder, code=0):
        ended = cli(source, "--dry-run", "--json", *options)
        assert ended.code == code, ended.out
        (found,) = json.loads(ended.out)["sources"]
        return found

    return plan


def written(path, text):
    path.write_text(text)
    return path


def test_a_plan_lists_what_is_drawn(tmp_path, planned, folder, cli):
    tracks = written(tmp_path / "t.csv", HEADER + "1,0,5,5\n1,1,6,6\n2,0,7,7\n")
    points = written(tmp_path / "p.csv", "index,axis-0,axis-1\n0,5,5\n")
    found = planned("--tracks", tracks, "--points", points)
    assert found["drawn"] == [
        {
            "kind": kind,
            "file": path.name,
            "objects": objects,
            "left_out": 0,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for kind, path, objects in (("tracks", tracks, 2), ("points", points, 1))
    ]
    assert found["notes"] == []
    assert found["output"].endswith("500px_10fps_tracks_points_video.mp4")
    text = cli(folder, "--dry-run", "--tracks", tracks).out
    assert "  tracks: 2 tracks of t.csv" in text.splitlines()


@pytest.mark.parametrize(
    ("rows", "left_out", "notes"),
    [
        ("1,0,5,5\n1,1,,5\n1,2,nan,6\n1,inf,6,6\n", 3, ["3 of 4 positions have no place or time"]),
        ("1,0,5,5\n,1,5,5\nNone,1,5,5\n", 2, ["2 of 3 positions belong to no track"]),
        ("1,0,5,5\n1,6,5,5\n1,99,5,5\n", 2, ["2 of 3 positions are beyond the 6 frames"]),
        ("1,0,5,5\n1,-1,5,5\n", 1, ["1 of 2 positions are beyond the 6 frames"]),
        ("1,0,5,5\n1,0,5,5\n1,0,9,9\n", 2, ["2 of 3 positions belong to a track that has one"]),
        ("1,0,5,5\n1,1,-3,5\n", 0, ["1 of 2 positions are outside the frames"]),
        ("1,0,5,5\n1,1,5,1e300\n", 1, ["1 of 2 positions are outside the frames"]),
        ("1,1,5,5\n1,6,5,5\n", 0, ["frames of t.csv are 1 to 6 and taken to count from 1"]),
        ("1,1,5,5\n1,5,5,5\n", 0, []),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_not_drawn_is_counted(tmp_path, planned, rows, left_out, notes):
    found = planned("--tracks", written(tmp_path / "t.csv", HEADER + rows))
    assert [known in note for known, note in zip(notes, found["notes"], strict=True)].count(
        False
    ) == 0
    assert found["drawn"][0]["left_out"] == left_out


@pytest.mark.parametrize(
    ("options", "text", "message"),
    [
        (["--tracks"], HEADER + "1,0,5000,3\n", "none of its 1 positions is inside the frames"),
        (["--tracks"], HEADER + "1,77,5,3\n", "nothing of it can be drawn: 1 of 1 positions are"),
        (
            ["--tracks"],
            HEADER + "1,0.5,5,3\n",
            "has the frame 0.5; the numbers of frames are",
        ),
        (["--tracks"], HEADER + "1.25,0,5,3\n", "has the track 1.25"),
        (
            ["--points"],
            "axis-0,axis-1\nnan,\n",
            "nothing of it can be drawn: 1 of 1 points have",
        ),
        (["--points"], "x (um),y (um)\n5,5\n", "positions in um, and the source does not tell"),
        (["--points"], "x (furlong),y (furlong)\n5,5\n", "'furlong', which is no length"),
        (
            ["--shapes"],
            "index,shape-type,vertex-index,axis-0,axis-1\n0,line,0,1,500\n0,line,1,2,600\n",
            "outside the frames of 160x48",
        ),
        (
            ["--shapes"],
            "index,shape-type,vertex-index,axis-0,axis-1,axis-2\n0,line,0,9,1,5\n0,line,1,9,2,6\n",
            "1 of 1 shapes are beyond the 6 frames",
        ),
        (["--segmentation"], "no TIFF", "is not a TIFF file"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, planned, options, text, message):
    path = written(tmp_path / "f.csv", text)
    found = planned(*options, path, code=1)
    assert message in found["error"]
    assert "pos1" in found["error"]
    assert "f.csv" in found["error"]
    assert options[0][2:] in found["error"]


@pytest.mark.parametrize("option", ["--tracks", "--points", "--shapes", "--segmentation"])
def test_a_file_that_is_not_there(planned, tmp_path, option):
    assert "gone.csv" in planned(option, tmp_path / "gone.csv", code=1)["error"]


def test_styles_need_something_to_draw(planned):
    for option in (
        "--tracks-tail=5",
        "--tracks-ids",
        "--points-size=5",
        "--segmentation-style=fill",
    ):
        found = planned(option, code=1)
        assert "to draw; give --" in found["error"]


def test_positions_in_micrometres_become_pixels_by_the_size_of_the_source(tmp_path, planned):
    xml = (
        '<Tracks nTracks="1" spaceUnits="µm"><particle nSpots="1"><detection t="0" x="70" y="20" '
        'z="0"/></particle></Tracks>'
    )
    (tmp_path / "t.xml").write_text(xml, "utf-8")
    (note,) = planned("--tracks", tmp_path / "t.xml", "--pixel-size", "0.5")["notes"]
    assert "µm" in note
    assert "0.5 µm a pixel (given)" in note
    found = planned("--tracks", tmp_path / "t.xml", "--pixel-size", "0.05", code=1)
    assert "1400, 400" in found["error"]


def test_a_model_that_was_made_of_other_images(tmp_path, planned):
    (tmp_path / "m.xml").write_text(dividing(), "utf-8")
    notes = planned("--tracks", tmp_path / "m.xml")["notes"]
    assert any("images of 128x128 pixels, and these are 160x48" in note for note in notes)
    assert any("beyond the 6 frames" in note for note in notes)


def labels(count=COUNT, height=HEIGHT, width=WIDTH, dtype=np.uint16):
    made = np.zeros((count, height, width), dtype)
    made[:, 20:30, 40:60] = 1
    return made


def test_label_images_have_to_be_of_the_same_grid(tmp_path, planned):
    masks = write_folder(tmp_path / "masks", labels(width=80))
    found = planned("--segmentation", masks, code=1)
    assert "80x48 pixels where the frames are 160x48" in found["error"]


def test_there_is_a_label_image_for_each_frame_or_one_for_all(tmp_path, planned):
    masks = write_folder(tmp_path / "masks", labels(5))
    assert (
        "has 5 label images, and the source 6" in planned("--segmentation", masks, code=1)["error"]
    )
    (note,) = planned("--segmentation", masks, "--frames", "1:")["notes"]
    assert "for the 5 frames that are shown" in note
    tifffile.imwrite(tmp_path / "one.tif", labels(1)[0])
    (note,) = planned("--segmentation", tmp_path / "one.tif")["notes"]
    assert "drawn onto all frames" in note


def test_colour_images_are_no_labels(tmp_path, planned):
    masks = write_folder(tmp_path / "masks", np.zeros((COUNT, HEIGHT, WIDTH, 3), np.uint8))
    assert "masks: is in colour" in planned("--segmentation", masks, code=1)["error"]


def test_slices_of_labels_are_projected_by_their_largest_number(tmp_path, planned):
    data = np.zeros((COUNT, 3, HEIGHT, WIDTH), np.uint16)
    data[:, 0] = numbered(COUNT)
    for name, array in (("data", data), ("masks", np.stack([labels()] * 3, axis=1))):
        tifffile.imwrite(tmp_path / f"{name}.tif", array, imagej=True, metadata={"axes": "TZYX"})
    source, masks = tmp_path / "data.tif", tmp_path / "masks.tif"
    notes = planned("--segmentation", masks, "--z", "mean", source=source)["notes"]
    assert any("the largest number is drawn" in note for note in notes)
    assert planned("--segmentation", masks, "--z", "1", source=source)["notes"] == []


def test_points_of_other_slices_are_counted(tmp_path, planned):
    data = np.zeros((COUNT, 3, HEIGHT, WIDTH), np.uint16)
    tifffile.imwrite(tmp_path / "d.tif", data, imagej=True, metadata={"axes": "TZYX"})
    points = written(tmp_path / "p.csv", "axis-0,axis-1,axis-2,axis-3\n0,1,5,5\n0,2,6,6\n")
    found = planned("--points", points, "--z", "1", source=tmp_path / "d.tif")
    assert any("1 of 2 points are in other slices than 1" in note for note in found["notes"])
    found = planned("--points", points, "--z", "max", source=tmp_path / "d.tif")
    assert found["drawn"][0]["left_out"] == 0


def test_each_source_has_the_file_of_its_name(tmp_path, cli):
    for number in (1, 2):
        write_folder(tmp_path / f"pos{number}", numbered(COUNT))
        rows = "".join(f"{track},0,5,5\n" for track in range(number))
        written(tmp_path / f"tracks_pos{number}.csv", HEADER + rows)
    ended = cli(
        tmp_path / "pos1", tmp_path / "pos2", "--dry-run", "--json",
        "--tracks", tmp_path / "tracks_{name}.csv",
    )  # fmt: skip
    plans = json.loads(ended.out)["sources"]
    assert [plan["drawn"][0]["objects"] for plan in plans] == [1, 2]
    assert [plan["notes"] for plan in plans] == [[], []]
    both = (tmp_path / "pos1", tmp_path / "pos2", "--tracks", tmp_path / "tracks_pos1.csv")
    plans = json.loads(cli(*both, "--dry-run", "--json").out)["sources"]
    assert "tracks_pos1.csv is drawn onto 2 sources" in plans[0]["notes"][0]
    assert plans[1]["notes"] == []


@pytest.mark.parametrize("option", ["--tracks", "--segmentation"])
def test_nothing_is_written_over_what_is_drawn(tmp_path, folder, cli, option):
    name = "o.gif" if option == "--tracks" else "masks/t0.tif"
    write_folder(tmp_path / "masks", labels())
    path = tmp_path / name
    if option == "--tracks":
        path.write_text(HEADER + "1,0,5,5\n")
    before = path.read_bytes()
    report = ["--report", path] if option == "--segmentation" else ["-o", path, "--overwrite"]
    given = tmp_path / "masks" if option == "--segmentation" else path
    ended = cli(folder, option, given, *report)
    assert ended.code == 2
    assert f"is a file that {option[2:]} names" in ended.err
    assert path.read_bytes() == before


def test_arrays_are_for_functions_not_for_settings():
    with pytest.raises(t2v.SettingsError, match="arrays are for the functions"):
        t2v.VideoSettings(tracks=np.zeros((2, 4)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tracks": np.zeros((3, 3))}, "tracks: expected an array with the columns track, t, y, x"),
        ({"tracks": [[1, 0, 10**400, 3]]}, "tracks: expected an array of numbers or a path"),
        ({"shapes": [[[10**400, 3]]]}, "shapes: expected a path, or a list of arrays"),
        ({"points": "no such.csv"}, "no such.csv: cannot be opened"),
        ({"shapes": [(np.zeros((3, 2)), "star")]}, "'star'"),
        ({"segmentation": np.zeros((2, 5, 5), int)}, "label images of 5x5"),
        ({"tracks": np.zeros((1, 4)), "raw": True}, "raw: counts are written as they are"),
    ],
)
def test_arrays_that_do_not_fit(tmp_path, options, message):
    with pytest.raises(t2v.SourceError) as caught:
        t2v.convert(numbered(COUNT), tmp_path / "o.mkv", **options)
    assert message in str(caught.value)
