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


GONE, BEYOND, OUT = "have no place or time", "are beyond the 6 frames", "are outside the frames"
NOT = ", and not drawn"


@pytest.mark.parametrize(
    ("rows", "objects", "left_out", "notes"),
    [
        ("1,0,5,5\n1,1,,5\n1,2,nan,6\n1,inf,6,6\n", 1, 3, [f"3 of 4 positions {GONE}{NOT}"]),
        ("1,0,5,5\n,1,5,5\nNone,1,5,5\n", 1, 2, [f"2 of 3 positions belong to no track{NOT}"]),
        ("1,0,5,5\n2,6,5,5\n1,99,5,5\n", 2, 2, [f"2 of 3 positions {BEYOND}{NOT}"]),
        ("1,0,5,5\n1,-1,5,5\n", 1, 1, [f"1 of 2 positions {BEYOND}{NOT}"]),
        ("1,0,5,5\n1,0,5,5\n1,0,9,9\n2,0,9,9\n", 2, 2,
         [f"2 of 4 positions belong to a track that has one in that frame already{NOT}"]),
        ("1,0,5,5\n1,1,-3,5\n", 1, 0, [f"1 of 2 positions {OUT}"]),
        ("1,0,5,5\n1,1,5,1e300\n", 1, 1, [f"1 of 2 positions {OUT}"]),
        ("1,0,5,5\n1,1,-47,5\n1,2,95,5\n1,3,5,-159\n1,4,5,319\n", 1, 0,
         [f"4 of 5 positions {OUT}"]),
        ("1,0,5,5\n1,1,-48,5\n1,2,96,5\n1,3,5,-160\n1,4,5,320\n", 1, 4,
         [f"4 of 5 positions {OUT}"]),
        ("1,0,-.5,-.5\n1,1,47.4,159.4\n", 1, 0, []),
        ("1,0,47.5,5\n1,1,5,159.5\n1,2,-.6,5\n1,3,5,-.6\n1,4,5,5\n", 1, 0,
         [f"4 of 5 positions {OUT}"]),
        ("1,1,5,5\n1,6,5,5\n", 1, 0, ["frames of t.csv are 1 to 6 and taken to count from "
         "1, as the source has 0 to 5"]),
        ("1,1,5,5\n1,5,5,5\n", 1, 0, []),
        ("1,2,5,5\n1,6,5,5\n", 1, 1, [f"1 of 2 positions {BEYOND}{NOT}"]),
        ("1.0005,0.9995,5,5\n", 1, 0, []),
        (f"{2**52},0,5,5\n", 1, 0, []),
    ],
    ids=range(16),
)  # fmt: skip
def test_what_is_not_drawn_is_counted(tmp_path, planned, rows, objects, left_out, notes):
    found = planned("--tracks", written(tmp_path / "t.csv", HEADER + rows))
    assert found["notes"] == [note if "t.csv" in note else f"t.csv: {note}" for note in notes]
    assert (found["drawn"][0]["objects"], found["drawn"][0]["left_out"]) == (objects, left_out)


def test_what_of_points_and_shapes_is_not_drawn(tmp_path, planned, folder, cli):
    """Times between frames are those of the nearest one."""
    times = [-0.5, -0.4, 5.4, 5.5, np.nan]
    rows = "".join(f"{t},9,9\n" for t in times) + "1,nan,9\n1,48,9\n"
    points = written(tmp_path / "p.csv", "axis-0,axis-1,axis-2\n" + rows)
    found = planned("--points", points)
    assert found["notes"] == [
        f"p.csv: 2 of 7 points {GONE}{NOT}", f"p.csv: 2 of 7 points {BEYOND}{NOT}",
        f"p.csv: 1 of 7 points {OUT}",
    ]  # fmt: skip
    assert (found["drawn"][0]["objects"], found["drawn"][0]["left_out"]) == (7, 4)
    shapes = written(tmp_path / "s.csv", "".join(
        ["index,shape-type,vertex-index,axis-0,axis-1,axis-2\n"]
        + [f"{n},line,{v},{t},9,{9 + v}\n" for n, t in enumerate(times) for v in (0, 1)]
        + ["5,line,0,1,nan,9\n5,line,1,1,9,9\n"]
    ))  # fmt: skip
    found = planned("--shapes", shapes)
    assert found["notes"] == [
        f"s.csv: 2 of 6 shapes have vertices without a place{NOT}",
        f"s.csv: 2 of 6 shapes {BEYOND}{NOT}",
    ]
    assert (found["drawn"][0]["objects"], found["drawn"][0]["left_out"]) == (6, 4)
    lines = cli(folder, "--dry-run", "--points", points, "--shapes", shapes).out.splitlines()
    assert "  points: 7 points of p.csv (4 left out)" in lines
    assert "  shapes: 6 shapes of s.csv (4 left out)" in lines


LINES = "index,shape-type,vertex-index,axis-0,axis-1"


def line_of(*corners):
    return "\n".join([LINES, *(f"0,line,{n},{y},{x}" for n, (y, x) in enumerate(corners))])


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        ("tracks", HEADER + "1,0,5000,3\n1,0,60,-9.25\n", "none of its 2 positions is inside the "
         "frames of 160x48 pixels; they reach from -9.25, 60 to 3, 5000 (x, y), and have to be in "
         "pixels"),
        ("tracks", HEADER + "1,77,5,3\n,1,5,3\n", "nothing of it can be drawn: 1 of 2 positions "
         "belong to no track; 1 of 2 positions are beyond the 6 frames"),
        ("tracks", HEADER + "1,nan,5,3\n1,0,,3\n", "nothing of it can be drawn: 2 of 2 positions "
         "have no place or time"),
        ("tracks", HEADER + "1,0.5,5,3\n", "has the frame 0.5; the numbers of frames are whole"),
        ("tracks", HEADER + "1,0.002,5,3\n", "has the frame 0.002;"),
        ("tracks", HEADER + "1.25,0,5,3\n", "the track 1.25; the numbers of tracks are whole"),
        ("tracks", HEADER + f"{2**53},0,5,3\n", "has the track 9.0072e+15"),
        ("points", "axis-0,axis-1\nnan,\n", "can be drawn: 1 of 1 points have no place"),
        ("points", "x (um),y (um)\n5,5\n", "has positions in um, and the source does not tell its "
         "pixel size; give pixel_size"),
        ("points", "x (furlong),y (furlong)\n5,5\n", "in 'furlong', which is no length"),
        ("shapes", line_of((1, 500), (2, 600)), "its shapes reach from 500, 1 to 600, 2 (x, y), "
         "outside the frames of 160x48 pixels"),
        ("shapes", line_of((1, 5), (-9, -0.6)), None),
        ("shapes", line_of((1, -9), (2, -0.6)), "outside the frames"),
        ("shapes", line_of((1, -9), (2, -0.5)), None),
        ("shapes", line_of((-9, 1), (-0.6, 2)), "outside the frames"),
        ("shapes", line_of((47.5, 1), (50, 2)), None),
        ("shapes", line_of((47.6, 1), (50, 2)), "outside the frames"),
        ("shapes", line_of((5, 159.5), (5, 200)), None),
        ("shapes", line_of((5, 159.6), (5, 200)), "outside the frames"),
        ("shapes", f"{LINES},axis-2\n0,line,0,9,1,5\n0,line,1,9,2,6\n",
         "nothing of it can be drawn: 1 of 1 shapes are beyond the 6 frames"),
        ("segmentation", "no TIFF", "is not a TIFF file"),
        ("tracks", HEADER + "1,0,5,3\n1,0.5,5,3\n", "has the frame 0.5;"),
        ("tracks", HEADER + "1,0,5,3\n1,0,7,3\n2.5,1,5,3\n", "has the track 2.5;"),
    ],
    ids=range(23),
)  # fmt: skip
def test_what_does_not_fit_is_refused(tmp_path, planned, option, text, message):
    found = planned(f"--{option}", written(tmp_path / "f.csv", text), code=int(message is not None))
    if message is None:
        assert found["notes"] == []
        return
    where, said = found["error"].split(f"{option}: ")
    assert where.endswith("pos1: ")
    assert "f.csv: " in said
    assert message in said


@pytest.mark.parametrize("option", ["--tracks", "--points", "--shapes", "--segmentation"])
def test_a_file_that_is_not_there(planned, tmp_path, option):
    assert "gone.csv" in planned(option, tmp_path / "gone.csv", code=1)["error"]


def test_styles_need_something_to_draw(planned):
    for option in ("tracks-tail=5", "tracks-ids", "points-size=5", "segmentation-style=fill"):
        found = planned(f"--{option}", code=1)
        name, kind = option.split("=")[0].replace("-", "_"), option.split("-")[0]
        assert f"{name}: there are no {kind} to draw; give --{kind} too" in found["error"]


def test_positions_in_micrometres_become_pixels_by_the_size_of_the_source(tmp_path, planned):
    xml = (
        '<Tracks nTracks="1" spaceUnits="µm"><particle nSpots="1"><detection t="0" x="70" y="20" '
        'z="0"/></particle></Tracks>'
    )
    (tmp_path / "t.xml").write_text(xml, "utf-8")
    (note,) = planned("--tracks", tmp_path / "t.xml", "--pixel-size", "0.5")["notes"]
    said = "positions of t.xml are in {}, and made pixels by 0.5 µm a pixel (given)"
    assert note == said.format("µm")
    found = planned("--tracks", tmp_path / "t.xml", "--pixel-size", "0.05", code=1)
    assert "1400, 400" in found["error"]
    # TrackMate does not name the unit in its CSV: µm, where the source has a pixel size.
    header = "TRACK_ID,FRAME,POSITION_X,POSITION_Y,QUALITY\n"
    unnamed = written(tmp_path / "t.csv", header + "0,0,70,20,1\n")
    (note,) = planned("--tracks", unnamed)["notes"]
    assert note == "t.csv does not say in which unit its positions are; they are taken as pixels"
    (note,) = planned("--tracks", unnamed, "--pixel-size", "0.5")["notes"]
    unit = "µm, as TrackMate writes them where it knows the pixel size"
    assert note == said.format(unit).replace("xml", "csv")
    (note,) = planned(
        "--points", written(tmp_path / "p.csv", "x (nm),y\n7000,2000\n"), "--pixel-size", "0.05"
    )["notes"]
    assert note == "positions of p.csv are in nm, and made pixels by 0.05 µm a pixel (given)"
    found = planned("--points", tmp_path / "p.csv", "--pixel-size", "0.01", code=1)
    assert "from 700, 200 to 700, 200" in found["error"]


def test_a_model_that_was_made_of_other_images(tmp_path, planned):
    (tmp_path / "m.xml").write_text(dividing(), "utf-8")
    *_, beyond, outside, size = planned("--tracks", tmp_path / "m.xml")["notes"]
    assert size == "m.xml was made of images of 128x128 pixels, and these are 160x48"
    assert beyond == f"m.xml: 4 of 16 positions {BEYOND}{NOT}"
    assert outside.startswith("m.xml: ")
    (tmp_path / "m.xml").write_text(dividing(image=(HEIGHT, WIDTH)), "utf-8")
    assert beyond in (notes := planned("--tracks", tmp_path / "m.xml")["notes"])
    assert not any("was made of" in note for note in notes)


def labels(count=COUNT, height=HEIGHT, width=WIDTH, dtype=np.uint16):
    made = np.zeros((count, height, width), dtype)
    made[:, 20:30, 40:60] = 1
    return made


def test_label_images_have_to_be_of_the_same_grid(tmp_path, planned):
    masks = write_folder(tmp_path / "masks", labels(width=80))
    found = planned("--segmentation", masks, code=1)
    assert found["error"].endswith(
        "masks: has label images of 80x48 pixels where the frames are 160x48; they have to be of "
        "the same grid"
    )
    tifffile.imwrite(tmp_path / "c.tif", np.zeros((COUNT, 2, HEIGHT, WIDTH), np.uint16),
                     imagej=True, metadata={"axes": "TCYX"})  # fmt: skip
    found = planned("--segmentation", tmp_path / "c.tif", code=1)
    assert found["error"].endswith(
        "c.tif: has 2 channels; label images have one, save it by itself"
    )


def test_each_label_image_is_looked_at_before_it_is_drawn(tmp_path, planned):
    masks = write_folder(tmp_path / "masks", labels())
    tifffile.imwrite(sorted(masks.iterdir())[3], labels(1, width=80)[0])
    write_folder(tmp_path / "pos2", numbered(COUNT))
    for source, panels in (("pos1", ()), ("pos*", ("--panels", "sources", "--sync", "frame"))):
        found = planned("--segmentation", masks, *panels, source=tmp_path / source, code=1)
        assert f"{sorted(masks.iterdir())[3]}: is 80x48 uint16" in found["error"]
    # A microscope may be still writing the last frames of a source, but no label images.
    last = sorted(masks.iterdir())[-1]
    tifffile.imwrite(sorted(masks.iterdir())[3], labels()[3])
    tifffile.imwrite(last, np.zeros((HEIGHT, WIDTH), np.uint16))
    found = planned("--segmentation", masks)
    assert (found["notes"], found["drawn"][0]["objects"]) == ([], COUNT)
    last.write_bytes(b"")
    for given in (masks, masks / "*.tif"):
        assert planned("--segmentation", given, code=1)["error"] == (
            f"{last}: cannot be read as TIFF, or is damaged (not a TIFF file: header=b'')"
        )


def test_there_is_a_label_image_for_each_frame_or_one_for_all(tmp_path, planned):
    masks = write_folder(tmp_path / "masks", labels(5))
    assert planned("--segmentation", masks, code=1)["error"].endswith(
        "masks: has 5 label images, and the source 6 frames; there has to be one for each, or one "
        "for all"
    )
    (note,) = planned("--segmentation", masks, "--frames", "1:")["notes"]
    assert note == "the 5 label images of masks are taken for the 5 frames that are shown"
    tifffile.imwrite(tmp_path / "one.tif", labels(1)[0])
    found = planned("--segmentation", tmp_path / "one.tif")
    assert found["notes"] == ["the one label image of one.tif is drawn onto all frames"]
    assert found["drawn"] == [
        {"kind": "segmentation", "file": "one.tif", "objects": 1, "left_out": 0}
    ]
    # Of a folder with other images, those that a pattern names.
    write_folder(masks, labels(), name="other{}.tif")
    found = planned("--segmentation", masks / "other*.tif")
    assert (found["notes"], found["drawn"][0]["objects"]) == ([], COUNT)


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
    above = "of objects in masks.tif that lie above each other, the largest number is drawn"
    assert above in notes
    assert planned("--segmentation", masks, "--z", "1", source=source)["notes"] == []


def test_points_of_other_slices_are_counted(tmp_path, planned):
    data = np.zeros((COUNT, 3, HEIGHT, WIDTH), np.uint16)
    axes = {"axes": "TZYX", "spacing": 2.0, "unit": "um"}
    tifffile.imwrite(tmp_path / "d.tif", data, imagej=True, metadata=axes, resolution=(2.0, 2.0))
    points = written(tmp_path / "p.csv", "axis-0,axis-1,axis-2,axis-3\n0,1.4,5,5\n0,1.6,6,6\n")
    other = f"p.csv: 1 of 2 points are in other slices than 1{NOT}"
    found = planned("--points", points, "--z", "1", source=tmp_path / "d.tif")
    assert found["notes"] == [other]
    found = planned("--points", points, "--z", "max", source=tmp_path / "d.tif")
    assert found["drawn"][0]["left_out"] == 0
    head = "index,shape-type,vertex-index,axis-0,axis-1,axis-2,axis-3\n"
    rows = [f"{n},line,{v},0,{n},5,{v}\n" for n in (1, 2) for v in (0, 1)]
    shapes = written(tmp_path / "s.csv", head + "".join(rows))
    found = planned("--shapes", shapes, "--z", "1", source=tmp_path / "d.tif")
    assert found["notes"] == [f"s.csv: 1 of 2 shapes are in other slices than 1{NOT}"]
    # Slices are 2 µm apart, so that 1.4 mm is slice 700, and 2.2 µm slice 1.
    points.write_text("t,z,y,x (um)\n0,2.2,5,5\n0,1400,6,6\n")
    found = planned("--points", points, "--z", "1", source=tmp_path / "d.tif")
    assert found["notes"][1:] == [other]


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
