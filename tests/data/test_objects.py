"""Files of tracks, points and shapes as programs write them, and what is wrong with others."""

from __future__ import annotations

import csv
import hashlib
import io
import xml.etree.ElementTree as ET
from collections import Counter
from itertools import pairwise

import dask.array as da
import numpy as np
import pytest
import tifffile
from helpers.trackmate import dividing

import napari_tif2video as t2v
from napari_tif2video.data import (
    LabelFrames,
    Trajectory,
    centroids,
    identity_of,
    open_stack,
    outlines_of,
    points_of_array,
    read_points,
    read_shapes,
    read_tracks,
    tracks_of_array,
    trajectories,
)

# As programs write them; what follows the columns is passed over.
BTRACK = "t,x,y,z,states,label\n0,551.43,702.62,0.00,5,0\n1,551.38,700.60,0.00,5,0\n7,9,8.5,0,5,3\n"
MOSAIC = "Trajectory\tFrame\tx\ty\tz\tm0\n1\t0\t64.504\t4.413\t0\t11.7\n2\t3\t64.6\t6.5\t0\t10\n"


HEADER = "track_id,frame,y,x\n"


def column(rows, name):
    return np.array([float(row[name]) for row in rows])


def shown(found):
    """Track, frame, slice, row and column of the first place; None for what is not there."""
    columns = (found.ids, found.t, found.z, found.y, found.x)
    return tuple(None if values is None else values[0] for values in columns)


@pytest.mark.parametrize(
    ("text", "separator", "track", "frame"),
    [(BTRACK, ",", "label", "t"), (MOSAIC, "\t", "Trajectory", "Frame")],
)
def test_tracks_of_other_programs(tmp_path, text, separator, track, frame):
    (tmp_path / "t.csv").write_text(text)
    rows = list(csv.DictReader(io.StringIO(text), delimiter=separator))
    found = read_tracks(tmp_path / "t.csv")
    for values, name in (
        (found.ids, track),
        (found.t, frame),
        (found.y, "y"),
        (found.x, "x"),
        (found.z, "z"),
    ):
        np.testing.assert_array_equal(values, column(rows, name))
    assert found.unit == ""
    assert found.file == "t.csv"


def spots_of(path):
    """Of each spot in a model of TrackMate: frame, x and y, by its number."""
    names = ("FRAME", "POSITION_X", "POSITION_Y")
    spots = ET.parse(path).iter("Spot")
    return {int(spot.get("ID")): [float(spot.get(name)) for name in names] for spot in spots}


@pytest.mark.parametrize("size", [0.1984666072986889, 1.0])
def test_each_link_of_a_model_of_trackmate_is_one_step(tmp_path, size):
    """Every edge is a step within a branch, or a link between two."""
    file = tmp_path / "m.xml"
    file.write_text(dividing(pixel_size=size, unit="µm"), "utf-8")
    spots = spots_of(file)
    expected = Counter()
    for track in ET.parse(file).iter("Track"):
        for edge in track.iter("Edge"):
            ends = [spots[int(edge.get(f"SPOT_{end}_ID"))] for end in ("SOURCE", "TARGET")]
            (t0, x0, y0), (t1, x1, y1) = sorted(ends)
            step = np.round([t0, x0 / size, y0 / size, t1, x1 / size, y1 / size], 6)
            expected[int(track.get("TRACK_ID")), *step] += 1
    found = read_tracks(file)
    steps = Counter()
    ends = {}
    for branch in np.unique(found.ids):
        rows = np.flatnonzero(found.ids == branch)
        rows = rows[np.argsort(found.t[rows])]
        assert len(set(found.kin[rows])) == 1
        places = np.stack([found.t, found.x, found.y], axis=1)[rows]
        ends[int(branch)] = places[0], places[-1], int(found.kin[rows[0]])
        for a, b in pairwise(places):
            steps[int(found.kin[rows[0]]), *np.round([*a, *b], 6)] += 1
    for a, b in found.links:
        steps[ends[a][2], *np.round([*ends[a][1], *ends[b][0]], 6)] += 1
    assert steps == expected
    assert len(expected) == 15


def test_a_model_says_how_its_positions_were_made_pixels(tmp_path):
    text = dividing(pixel_size=0.25, unit="µm", image=(295, 240))
    (tmp_path / "m.xml").write_text(text, "utf-8")
    found = read_tracks(tmp_path / "m.xml")
    assert found.notes == (
        "positions of m.xml are in µm, and made pixels by its own calibration, 0.25 µm a pixel",
        "1 spots of m.xml belong to no track that is drawn",
    )
    assert (found.size, found.unit, found.file) == ((295, 240), "", "m.xml")
    assert found.digest == hashlib.sha256(text.encode()).hexdigest()
    plain = tmp_path / "plain.xml"
    plain.write_text(dividing().replace('VISIBILITY="1"', 'VISIBILITY="0"'))
    assert read_tracks(plain).notes == ()  # the size of a pixel is 1, and all is hidden


SPOTS = (
    '<TrackMate><Model spatialunits=" {unit} "><AllSpots><SpotsInFrame frame="4">'
    '<Spot ID="1" POSITION_X="6" POSITION_Y="9" POSITION_Z="8" VISIBILITY="0" />'
    '<Spot ID="2" POSITION_X="8" POSITION_Y="10" FRAME="5" /></SpotsInFrame></AllSpots><AllTracks>'
    '<Track TRACK_ID="3"><Edge SPOT_SOURCE_ID="2" SPOT_TARGET_ID="1" />'
    '<Edge SPOT_SOURCE_ID="2" SPOT_TARGET_ID="1" /><Edge SPOT_SOURCE_ID="1" SPOT_TARGET_ID="1" />'
    "</Track></AllTracks></Model><Settings>{image}</Settings></TrackMate>"
)
IMAGE = '<ImageData pixelwidth="2.0" pixelheight="{}" voxeldepth="{}" width="{}" height="9" />'


@pytest.mark.parametrize(
    ("unit", "image", "places", "left", "size"),
    [
        ("µm", IMAGE.format(3, 4, 7), [[4, 3, 3, 2], [5, 4, 10 / 3, 0]], "", (9, 7)),
        ("µm", IMAGE.format(3, 0, 0), [[4, 3, 3, 8], [5, 4, 10 / 3, 0]], "", None),
        ("µm", IMAGE.format(0, 4, 1), [[4, 6, 9, 8], [5, 8, 10, 0]], "µm", (9, 1)),
        ("µm", IMAGE.format("inf", 4, -7), [[4, 6, 9, 8], [5, 8, 10, 0]], "µm", None),
        ("px", IMAGE.format(1, 1, 7).replace("9", "0"), [[4, 3, 9, 8], [5, 4, 10, 0]], "", None),
        ("Pixel", "", [[4, 6, 9, 8], [5, 8, 10, 0]], "", None),
        ("mm", "", [[4, 6, 9, 8], [5, 8, 10, 0]], "mm", None),
    ],
)
def test_the_calibration_of_a_model(tmp_path, unit, image, places, left, size):
    """A spot without a frame of its own has that of its group; one link is given twice."""
    (tmp_path / "m.xml").write_text("\ufeff \n" + SPOTS.format(unit=unit, image=image), "utf-8")
    found = read_tracks(tmp_path / "m.xml")
    np.testing.assert_allclose(np.stack([found.t, found.x, found.y, found.z], axis=1), places)
    assert (found.unit, found.size) == (left, size)
    assert (found.ids.tolist(), found.kin.tolist(), found.links.tolist()) == ([3, 3], [3, 3], [])
    said = "positions of m.xml are in {}, and made pixels by its own calibration, 2 {} a pixel"
    assert found.notes == ((said.format(unit, unit),) if image and not left else ())


@pytest.mark.parametrize(("hidden", "alone"), [(0, 2), (1, 1), (2, 0)])
def test_spots_of_no_track_are_counted_but_for_hidden_ones(tmp_path, hidden, alone):
    text = SPOTS.format(unit="px", image="").replace('VISIBILITY="0"', "")
    spots = "".join(
        f'<Spot ID="{n - 2**52}" POSITION_X="1" POSITION_Y="1" VISIBILITY="{int(n >= hidden)}" />'
        for n in range(2)
    )
    text = text.replace("</SpotsInFrame>", f"{spots}</SpotsInFrame>")
    (tmp_path / "m.xml").write_text(text.replace("<Model", '<TrackID TRACK_ID="9" /><Model'))
    found = read_tracks(tmp_path / "m.xml")
    said = f"{alone} spots of m.xml belong to no track that is drawn"
    assert found.notes == ((said,) if alone else ())
    assert found.t.tolist() == [4, 5]


def test_branches_have_numbers_behind_the_largest_one(tmp_path):
    (tmp_path / "m.xml").write_text(dividing(), "utf-8")
    found = read_tracks(tmp_path / "m.xml")
    of_track = {kin: sorted(set(found.ids[found.kin == kin])) for kin in (0, 1)}
    assert of_track == {0: [0, 2, 3, 4, 5, 6], 1: [1]}


def test_tracks_that_the_filter_of_trackmate_left_out(tmp_path):
    text = dividing().replace('<TrackID TRACK_ID="0" />', "")
    (tmp_path / "m.xml").write_text(text, "utf-8")
    found = read_tracks(tmp_path / "m.xml")
    assert set(found.kin) == {1}
    assert sorted(found.t) == [2, 3, 5]
    assert found.notes == (
        "14 spots of m.xml belong to no track that is drawn",
        "1 tracks of m.xml did not pass its filter, and are left out",
    )


EXPORTED = """<?xml version="1.0" encoding="UTF-8"?>
<Tracks nTracks="2" spaceUnits="micron" frameInterval="1.0" timeUnits="sec" from="TrackMate v7">
  <particle nSpots="2">
    <detection t="0" x="1.5" y="2.5" z="0.0" />
    <detection t="1" x="2.0" y="3.0" z="0.0" />
  </particle>
  <particle nSpots="1"><detection t="3" x="7" y="8" z="0.0" /></particle>
</Tracks>
"""


def test_tracks_that_trackmate_exported(tmp_path):
    (tmp_path / "e_Tracks.xml").write_text(EXPORTED)
    found = read_tracks(tmp_path / "e_Tracks.xml")
    digest = hashlib.sha256(EXPORTED.encode()).hexdigest()
    assert (found.unit, found.digest) == ("micron", digest)
    rows = np.stack([found.ids, found.t, found.y, found.x], axis=1)
    assert rows.tolist() == [[0, 0, 2.5, 1.5], [0, 1, 3, 2], [1, 3, 8, 7]]
    text = EXPORTED.replace('z="0.0"', "", 1).replace("0.0", "4.5").replace("micron", " Pixel ")
    (tmp_path / "e_Tracks.xml").write_text(text)
    found = read_tracks(tmp_path / "e_Tracks.xml")
    assert (found.z.tolist(), found.unit, found.file) == ([0, 4.5, 4.5], "", "e_Tracks.xml")


TRACKMATE_CSV = """LABEL,ID,TRACK_ID,QUALITY,POSITION_X,POSITION_Y,POSITION_Z,POSITION_T,FRAME
Label,Spot ID,Track ID,Quality,X,Y,Z,T,Frame
Label,Spot ID,Track ID,Quality,X,Y,Z,T,Frame
,,,(quality),({unit}),({unit}),({unit}),(sec),
ID4,4,0,1.0,10.0,20.0,0.0,5.0,1
ID5,5,None,1.0,30.0,40.0,0.0,5.0,1
"""


@pytest.mark.parametrize(("unit", "expected"), [("micron", "micron"), ("pixel", "")])
def test_the_four_header_rows_of_trackmate(tmp_path, unit, expected):
    (tmp_path / "s.csv").write_text(TRACKMATE_CSV.format(unit=unit))
    found = read_tracks(tmp_path / "s.csv")
    assert found.unit == expected
    assert found.y.tolist() == [20, 40]
    assert found.t.tolist() == [1, 1]
    np.testing.assert_array_equal(found.ids, [0, np.nan])


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("TRACK_ID,FRAME,POSITION_X,POSITION_Y,QUALITY", "?"),  # TrackMate does not say which
        ("TRACK_ID,FRAME,POSITION_X,POSITION_Y,MASS", ""),
        ("TRACK_ID,FRAME,X,Y,QUALITY", ""),
        ("TRACK_ID,FRAME,X [ MM ],Y,QUALITY", "mm"),
        ("TRACK_ID,FRAME,X (Voxel),Y,QUALITY", ""),
    ],
)
def test_the_unit_of_columns(tmp_path, header, unit):
    (tmp_path / "s.csv").write_text(f"{header}\n1,2,3,4,5\n")
    found = read_tracks(tmp_path / "s.csv")
    assert (found.unit, shown(found), found.notes) == (unit, (1, 2, None, 4, 3), ())


@pytest.mark.parametrize(
    "text",
    [
        "1,0,5.5,7\n1,1,6,8\n",
        "ID,T,Y,X\n1,0,5.5,7\n1,1,6,8\n",
        "track_id,t,z,y,x,parent_track_id\n1,0,0,5.5,7,-1\n1,1,0,6,8,-1\n",
        "\ufeffid;frame;x;y\n1;0;7;5,5\n1;1;8;6\n",
        ",particle,frame,y,x,mass\n0,1,0,5.5,7,99\n1,1,1,6,8,99\n",
        ",0,1,2,3\n0,1.0,0.0,5.5,7.0\n1,1.0,1.0,6.0,8.0\n",
        "0,1,2,3\n1,0,5.5,7\n1,1,6,8\n",
        "\ufeff1,0,5.5,7\n1,1,6,8\n",
        "track  t   y    x\n  1    0   5.5  7\n  1    1   6    8\n",
        'track_id, frame, "y", x\n"1", "0", "5.5", 7\n1, 1, 6, "8"\n',
        "# track t y x\n1.0e0 0 5.5 7\n1 1 6 8\n",
        "TRACK_ID , Frame,Y (px), X [px]\r\n1,0,5.5,7\r\n\r\n1,1,6,8\r\n",
        "track\tframe\tcentroid-0\tcentroid-1\n1\t0\t5.5\t7\n1\t1\t6\t8\n",
    ],
    ids=[
        "napari", "header", "ultrack", "semicolons", "trackpy", "pandas", "pandas-no-index",
        "mark", "aligned", "quotes", "savetxt", "units", "regionprops",
    ],
)  # fmt: skip
def test_columns_of_tracks(tmp_path, text):
    (tmp_path / "t.csv").write_text(text, "utf-8")
    found = read_tracks(tmp_path / "t.csv")
    rows = np.stack([found.ids, found.t, found.y, found.x], axis=1)
    assert rows.tolist() == [[1, 0, 5.5, 7], [1, 1, 6, 8]]
    assert found.links.shape == (0, 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,2,3,4,5\n", (1, 2, 3, 4, 5)),
        ("0,1,2,3,4\n1,2,3,4,5\n", (1, 2, 3, 4, 5)),
        ("0,1,2,3,4,5\n1,2,3,4,5,6\n", (1, 2, 3, 4, 5)),
        ("id,particle,time,frame,y,x\n6,1,7,2,4,5\n", (1, 2, None, 4, 5)),
        ("label,axis-0,axis-1,axis-2,axis-3\n1,2,3,4,5\n", (1, 2, 3, 4, 5)),
        ("label,frame,axis-0,axis-1,axis-2\n1,2,3,4,5\n", (1, 2, 3, 4, 5)),
        ("label,axis-0,axis-1,axis-2\n1,2,4,5\n", (1, 2, None, 4, 5)),
        ("label,frame,centroid-0,centroid-1,centroid-2\n1,2,3,4,5\n", (1, 2, 3, 4, 5)),
        ("label,centroid-0,centroid-1,centroid-2\n1,3,4,5\n",
         "frame as tracks need it; its columns are label, centroid_0, centroid_1, centroid_2"),
        ("label;frame;y;x\n1;2;4,5;5\n", (1, 2, None, 4.5, 5)),
        ("label\tframe\ty\tx\n1\t2\t4,5\t5\n", "line 2 has '4,5' where a number is needed"),
        ("track_id,frame,y,x\nid,frame,y,x\nid,frame,y,x\nid,frame,y,x\n1,2,4,5\n",
         (1, 2, None, 4, 5)),
        (HEADER + "id,frame,y,x\n" * 5 + "1,2,4,5\n", "line 6 has 'id' where a number is needed"),
        (HEADER + "id,frame,y,x\n", "no rows but its header"),
        (HEADER[:-1] + ",note\n,,,,a\n1,2,4,5,\n", (np.nan, np.nan, None, np.nan, np.nan)),
        (HEADER + "#1,2,4,5\n", "line 2 has '#1' where a number is needed"),
        (",".join(f"c{n}" for n in range(13)) + "\n", "c11, …"),
        (",".join(f"c{n}" for n in range(12)) + "\n", "c11"),
        ("," * 9999 + "a\n", "(empty), …"),
        ("," * 10_000 + "a\n", "has 10001 columns in line 1; it is no such table"),
    ],
    ids=range(20),
)  # fmt: skip
def test_other_columns_of_tracks(tmp_path, text, expected):
    (tmp_path / "t.csv").write_text(text)
    if isinstance(expected, str):
        with pytest.raises(t2v.SourceError) as caught:
            read_tracks(tmp_path / "t.csv")
        assert str(caught.value).endswith(expected) or "line" in expected
        assert expected in str(caught.value)
    else:
        found = read_tracks(tmp_path / "t.csv")
        np.testing.assert_array_equal(
            np.array(shown(found), float), np.array(expected, float), strict=True
        )
        names = "track, t, z, y, x"
        said = f"t.csv has no header; its columns are taken as {names}, as in napari"
        assert found.notes == ((said,) if text == "1,2,3,4,5\n" else ())


@pytest.mark.parametrize("nothing", ["", "None", " NaN", "N/A", "na", "-", "null", "nil", "<NA>"])
def test_cells_without_a_number(tmp_path, nothing):
    (tmp_path / "t.csv").write_text(f"{HEADER}1,2,4,5\n{nothing},1,2,3\n")
    np.testing.assert_array_equal(read_tracks(tmp_path / "t.csv").ids, [1, np.nan])


def test_parents_become_links(tmp_path):
    """A parent is another track of the file, of a number that floats hold."""
    rows = [
        "7,0,1,1,-1",
        "8,1,1,1,7",
        "9,1,2,2,7",
        "6,1,1,1,6",
        "5,1,1,1,4",
        "3,1,1,1,",
        ",1,1,1,7",
    ]
    rows += [f"{2**52},1,1,1,7", f"{2**53},1,1,1,7", f"2,1,1,1,{2**53}", "8,2,1,1,7"]
    rows += [f"10,1,1,1,{2**52}"]
    (tmp_path / "u.csv").write_text("\n".join(["track_id,t,y,x,parent_track_id", *rows]))
    assert read_tracks(tmp_path / "u.csv").links.tolist() == [
        [7, 8],
        [7, 9],
        [7, 2**52],
        [2**52, 10],
    ]


def test_arrays_as_napari_has_them():
    row = np.arange(1.0, 6)[np.newaxis]
    assert shown(tracks_of_array(row)) == (1, 2, 3, 4, 5)
    assert shown(tracks_of_array(row[:, :4])) == (1, 2, None, 3, 4)
    assert shown(points_of_array(row[:, :4])) == (None, 1, 2, 3, 4)
    assert shown(points_of_array(row[:, :3])) == (None, 1, None, 2, 3)
    assert shown(points_of_array(row[:, :2])) == (None, None, None, 1, 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("index,axis-0,axis-1\n0.0,5.0,7.5\n", (None, None, 5, 7.5)),
        ("index,axis-0,axis-1,axis-2\n0.0,3.0,5.0,7.5\n", (3, None, 5, 7.5)),
        ("index,axis-0,axis-1,axis-2,axis-3,class\n0.0,3.0,2.0,5.0,7.5,a\n", (3, 2, 5, 7.5)),
        ("frame,x,y,mass\n3,7.5,5,1\n", (3, None, 5, 7.5)),
        ("track_id,frame,x,y\n9,3,7.5,5\n", (3, None, 5, 7.5)),
        ("5,7.5\n", (None, None, 5, 7.5)),
        ("3,2,5,7.5\n", (3, 2, 5, 7.5)),
        (",0,1,2\n0,3,5,7.5\n", (3, None, 5, 7.5)),
        ("y,x,axis-0,axis-1\n5,7.5,1,2\n", (None, None, 5, 7.5)),
    ],
)
def test_points(tmp_path, text, expected):
    (tmp_path / "p.csv").write_text(text)
    found = read_points(tmp_path / "p.csv")
    assert shown(found) == (None, *expected)
    assert (found.notes, found.links.shape) == ((), (0, 2))


def test_points_and_shapes_that_napari_saves(tmp_path):
    write = pytest.importorskip("napari_builtins.io")
    points = np.array([[0, 3.5, 4.25], [2, 9, 1]])
    write.napari_write_points(str(tmp_path / "p.csv"), points, {"properties": {"size": [1, 2]}})
    found = read_points(tmp_path / "p.csv")
    np.testing.assert_array_equal(np.stack([found.t, found.y, found.x], axis=1), points)
    shapes = [
        np.array([[1, 0, 0], [1, 0, 9], [1, 5, 9], [1, 5, 0]], float),
        np.array([[1, 2, 2], [1, 7, 8.5]], float),
        np.array([[0, 2, 2], [0, 7, 8.5], [0, 1, 1]], float),
    ]
    types = ["ellipse", "line", "polygon"]
    write.napari_write_shapes(str(tmp_path / "s.csv"), shapes, {"shape_type": types})
    again = read_shapes(tmp_path / "s.csv")
    assert [shape.type for shape in again.shapes] == types
    for shape, expected in zip(again.shapes, shapes, strict=True):
        np.testing.assert_array_equal(shape.vertices, expected)


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (read_tracks, "", "is empty"),
        (read_tracks, "a" * 140_000 + ",b\n", "is no text in columns (field larger than"),
        (read_tracks, "\n \n", "is empty"),
        (read_tracks, HEADER, "no rows but its header"),
        (read_tracks, "1,2,3\n", "3 columns and no header"),
        (read_tracks, "particle,y,x\n1,2,3\n", "no column frame as tracks need it"),
        (read_tracks, "index,axis-0,axis-1\n0,1,2\n", "no column track_id, frame"),
        (read_tracks, HEADER + "1,0,2\n", "line 2 has 3 columns where 4"),
        (read_tracks, "1,2,3,4,5,6\n", "6 columns and no header"),
        (read_tracks, "<Tracks><particle><detection x='1' y='2'/></particle></Tracks>", "(no 't')"),
        (
            read_tracks,
            f"<TrackMate><Track TRACK_ID='-{2**52 + 1}'/></TrackMate>",
            "is no number of",
        ),
        (
            read_tracks,
            "<TrackMate><AllSpots><Spot ID='1' FRAME='0' POSITION_X='1' POSITION_Y='2'/>"
            "</AllSpots></TrackMate>",
            "holds no tracks; it has 1 spots",
        ),
        (read_points, "1\n", "1 columns and no header"),
        (read_shapes, "index,shape-type,axis-0,axis-1\n", "no rows but its header"),
        (read_shapes, "index,shape-type,axis-0\n", "has no columns index, shape-type, axis-0"),
        (read_shapes, "index,shape-type,axis-0,axis-1,axis-2,axis-3,axis-4\n", "has 5 axes"),
        (read_tracks, HEADER + "1,0,2,3\n1,1,two,3\n", "line 3 has 'two'"),
        (read_tracks, "<html/>", "cannot be read as TrackMate's XML (it begins with 'html')"),
        (read_tracks, "<TrackMate", "cannot be read as TrackMate's XML"),
        (read_tracks, "<?xml version='1.0' encoding='float'?><Tracks/>", "unknown encoding: float"),
        (read_tracks, "<TrackMate/>", "holds no tracks"),
        (read_tracks, "<Tracks/>", "holds no tracks"),
        (read_tracks, '<!DOCTYPE a [<!ENTITY b "c">]><Tracks/>', "declares entities"),
        (read_points, "<TrackMate/>", "is XML"),
        (read_points, "1,2,3,4,5\n", "5 columns and no header"),
        (read_points, "a,b\n1,2\n", "no column y, x as points need it; its columns are a, b"),
        (read_points, "index,shape-type,vertex-index,axis-0,axis-1\n0,a,0,1,2\n", "holds shapes"),
        (read_shapes, "index,axis-0,axis-1\n0,1,2\n", "as napari saves shapes"),
        (read_shapes, "index,shape-type,vertex-index,axis-0,axis-1\n0,star,0,1,2\n", "'star'"),
        (read_shapes, "index,shape-type,vertex-index,axis-0,axis-1\n0,line,0,1,2\n", "1 vertices"),
    ],
)
def test_what_is_refused(tmp_path, read, text, message):
    (tmp_path / "f.csv").write_text(text)
    with pytest.raises(t2v.SourceError) as caught:
        read(tmp_path / "f.csv")
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "f.csv"))


def test_what_is_no_text_is_refused(tmp_path):
    (tmp_path / "f.csv").write_bytes(bytes(range(256)) * 40)
    with pytest.raises(t2v.SourceError, match=r"f\.csv"):
        read_tracks(tmp_path / "f.csv")


def test_a_file_that_is_larger_than_usual_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "f.csv"
    for begin, size, said in (
        (b"<", 3 << 30, "has 3,221,225,472 bytes of XML, more than the 2,147,483,648 of any"),
        (b"1", 300 << 20, "has 314,572,800 bytes, more than the 268,435,456 of any"),
    ):
        with open(path, "wb") as file:
            file.write(begin)
            file.truncate(size)
        with pytest.raises(t2v.SourceError, match=f"{said} usual file.* TIF2VIDEO_TRUST=2 in"):
            read_tracks(path)
    for value in ("x", "", "nan", "0.99", "-2", "1e6", "inf"):
        monkeypatch.setenv("TIF2VIDEO_TRUST", value)
        said = f"TIF2VIDEO_TRUST: expected a number from 1 on, got {value!r}"
        with pytest.raises(t2v.SettingsError, match=said):
            read_tracks(path)


def test_tracks_that_lead_in_a_circle_end(tmp_path):
    spots = "".join(
        f'<Spot ID="{n}" FRAME="0" POSITION_X="{n}" POSITION_Y="1" />' for n in range(3)
    )
    edges = "".join(
        f'<Edge SPOT_SOURCE_ID="{n}" SPOT_TARGET_ID="{(n + 1) % 3}" />' for n in range(3)
    )
    (tmp_path / "c.xml").write_text(
        f'<TrackMate><Model><AllSpots>{spots}</AllSpots><AllTracks><Track TRACK_ID="1">{edges}'
        "</Track></AllTracks></Model></TrackMate>"
    )
    assert len(read_tracks(tmp_path / "c.xml")) <= 3


def test_a_track_of_spots_that_are_not_there_is_refused(tmp_path):
    text = dividing().replace('Spot ID="24"', 'Spot ID="99"', 1)
    (tmp_path / "m.xml").write_text(text, "utf-8")
    with pytest.raises(t2v.SourceError, match="no 24"):
        read_tracks(tmp_path / "m.xml")


def test_shapes_are_told_apart_by_their_index(tmp_path):
    head = "index,shape-type,vertex-index,axis-0,axis-1\n"
    (tmp_path / "s.csv").write_text(
        head
        + "0, Line ,0,1,2\n0,,1,3,4\n2,path,0,5,6\n2,,1,7,8\n2,,2,9,9\n0,line,0,1,1\n0,,1,2,2\n"
    )
    found = read_shapes(tmp_path / "s.csv")
    assert [(shape.type, shape.vertices.tolist()) for shape in found.shapes] == [
        ("line", [[1, 2], [3, 4]]), ("path", [[5, 6], [7, 8], [9, 9]]), ("line", [[1, 1], [2, 2]])
    ]  # fmt: skip
    assert (len(found), found.file) == (3, "s.csv")
    for kind, fewest in (("polygon", 3), ("path", 2), ("line", 2), ("rectangle", 4)):
        outlines_of([(np.zeros((fewest, 2)), kind), (np.zeros((fewest + 1, 2)), kind.upper())])
        with pytest.raises(
            t2v.SourceError, match=f"shape 1 is a {kind} of {fewest - 1} .*it has to have {fewest}"
        ):
            outlines_of([(np.zeros((9, 2)), kind), (np.zeros((fewest - 1, 2)), kind)])
    for wrong in (3, 5):
        with pytest.raises(t2v.SourceError, match="the list: shape 0 is a ellipse of"):
            outlines_of([(np.zeros((wrong, 2)), "ellipse")])
    ((kind, corners),) = outlines_of([(np.eye(4), "ellipse")]).shapes
    assert (kind, corners.tolist()) == ("ellipse", np.eye(4).tolist())
    assert [shape.type for shape in outlines_of([((1, 2), (3, 4), (5, 6))]).shapes] == ["polygon"]


@pytest.mark.parametrize("read", [read_tracks, read_points, read_shapes])
def test_a_file_that_cannot_be_opened(tmp_path, read):
    with pytest.raises(t2v.SourceError, match=r"gone\.csv: cannot be opened \(No such"):
        read(tmp_path / "gone.csv")
    if read is read_tracks:
        (tmp_path / "man_track.txt").write_text("1 0 5 0\n")
        with pytest.raises(t2v.SourceError, match="the label images beside it do"):
            read(tmp_path / "man_track.txt")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.zeros((3, 2)), r"tracks: .* track, t, y, x or track, t, z, y, x, got .* \(3, 2\)"),
        (np.zeros((3, 6)), r"\(3, 6\)"),
        (np.zeros(4), r"\(4,\)"),
        ([[1, 2], [3]], r"tracks: expected an array of numbers or a path \("),
    ],
)
def test_arrays_of_another_shape_are_refused(values, said):
    with pytest.raises(t2v.SourceError, match=said):
        tracks_of_array(values)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([[[1, 2], [3]]], "list of arrays"),
        ([(1, 2)], r"one has the shape \(2,\)"),
        ([[[(1, 2), (3, 4)], "line"]], "list of arrays"),
        ([np.zeros((3, 1))], r"one has the shape \(3, 1\)"),
        ([np.zeros((3, 5))], r"one has the shape \(3, 5\)"),
        ([np.zeros((3, 2)), np.zeros((3, 3))], "more coordinates"),
    ],
)
def test_lists_of_other_shapes_are_refused(values, said):
    with pytest.raises(t2v.SourceError, match=f"^shapes: .*{said}"):
        outlines_of(values)
    with pytest.raises(t2v.SourceError, match=r"points: .* columns y, x or t, y, x or t, z, y, x"):
        points_of_array(np.zeros((3, 5)))


def test_each_track_has_a_trajectory_in_the_order_of_time():
    nan = np.nan
    rows = [
        (7, 4, 1, 2), (2, 3, 5, 6), (7, 2, 3, 4), (7, 3, nan, 1), (nan, 1, 1, 1), (2, 9, 8, 8.5)
    ]  # fmt: skip
    found = trajectories(tracks_of_array(rows))
    assert list(found) == [2, 7]
    table = {number: np.stack([way.t, way.y, way.x]).tolist() for number, way in found.items()}
    assert list(trajectories(tracks_of_array([(4, 1, 2, 3)]))) == [4]
    assert table == {2: [[3, 9], [5, 8], [6, 8.5]], 7: [[2, 4], [3, 1], [4, 2]]}
    assert (found[2].frames, found[2].gaps) == (range(3, 10), 5)
    assert np.array(found[7].at([1, 2, 3, 9])).tolist() == [[3, 3, 2, 1], [4, 4, 3, 2]]
    (alone,) = trajectories(points_of_array([(1.5, 5, 6), (3.5, 7, 8)])).items()
    assert (alone[0], alone[1].frames, alone[1].gaps) == (0, range(2, 4), 2)
    for rows, said in (
        ([(5, 2, 1, 1), (5, 1, 1, 1), (4, 1, 0, 0), (5, 2, 3, 3)], "5 is at two places in frame 2"),
        ([(1, nan, 1, 1)], "tracks: holds no place that has a frame"),
    ):
        with pytest.raises(t2v.SourceError, match=said):
            trajectories(tracks_of_array(rows))
    with pytest.raises(t2v.SourceError, match="does not say in which frame"):
        trajectories(points_of_array([(1, 2)]))


def test_a_trajectory_that_is_smoothed():
    """Places that are missing are on the straight line; towards the ends fewer are averaged."""
    way = Trajectory(*np.array([(2, 3, 6, 7), (0, 3, 9, 0), (9, 9, 0, 9)], float))
    rows, columns = [0, 3, 5, 7, 9, 0], [9, 9, 6, 3, 0, 9]
    for reach in range(4):
        smooth = way.smoothed(2 * reach + 1)
        assert smooth.t.tolist() == [2, 3, 4, 5, 6, 7]
        assert (smooth.t.dtype, way.frames) == (float, range(2, 8))
        for values, found in ((rows, smooth.y), (columns, smooth.x)):
            near = [min(reach, place, 5 - place) for place in range(6)]
            means = [np.mean(values[i - n : i + n + 1]) for i, n in enumerate(near)]
            np.testing.assert_allclose(found, means)
    between = Trajectory(np.array([1.2, 1.8]), np.ones(2), np.ones(2))
    assert between.smoothed(3) is between


@pytest.mark.parametrize("background", [0, -3])
@pytest.mark.parametrize("large", [9, (1 << 22) - 1, 1 << 22, 1 << 40])
def test_the_middle_of_each_label(background, large):
    images = np.full((2, 9, 11), background, np.int64)
    images[0, 2:5, 1:3], images[1, 6, 4:7], images[1, 0, 0] = 1, large, large
    found = centroids(open_stack(images).frames)
    rows = np.stack([found.ids, found.t, found.y, found.x], axis=1)
    assert rows.tolist() == [[1, 0, 3, 1.5], [large, 1, 4.5, 3.75]]
    for wrong, said in (
        (images.astype(float), "is 11x9 float64"),
        (np.zeros((2, 5, 5, 3), "u1"), "is 5x5.* RGB"),
    ):
        with pytest.raises(t2v.SourceError, match=f"{said}.*0 for the background"):
            centroids(open_stack(wrong).frames)


@pytest.mark.parametrize(
    ("dtype", "kept"),
    [
        ("bool", "uint8"),
        ("uint8", "uint8"),
        ("uint64", "uint64"),
        ("int8", "uint32"),
        ("f4", "uint32"),
    ],
)
def test_labels_are_unsigned_whole_numbers(dtype, kept):
    images = np.arange(2).repeat(10).reshape(2, 2, 5).astype(dtype)
    frames = LabelFrames(open_stack(images).frames)
    read = list(frames.read_frames(t2v.CropBox(5, 2, 0, 0)))
    np.testing.assert_array_equal(read, images)
    assert {frame.dtype.name for frame in read} == {kept}
    assert frames.format.dtype == (kept if dtype != "bool" else "uint32")
    (second,) = frames.select([1]).read_frames(t2v.CropBox(4, 1, 1, 1))
    np.testing.assert_array_equal(second, images[1, 1:, 1:])
    lazy = LabelFrames(open_stack(da.from_array(images, chunks=1)).frames)
    computed = lazy.delayed(t2v.CropBox(5, 2, 0, 0)).compute()
    read = list(computed.read_frames(t2v.CropBox(5, 2, 0, 0)))
    np.testing.assert_array_equal(read, images)
    assert {frame.dtype.name for frame in read} == {kept}
    with pytest.raises(t2v.SourceError, match="in colour; expected label images"):
        LabelFrames(open_stack(np.zeros((2, 5, 5, 3), np.uint8)).frames)


def test_labels_of_files(tmp_path):
    """Counts are labels, however they are shown."""
    tifffile.imwrite(tmp_path / "s.tif", np.eye(20, dtype=np.uint8), photometric="miniswhite")
    frames = open_stack(tmp_path / "s.tif").frames
    labels = LabelFrames(frames)
    assert (frames.format.white_is_zero, labels.format.white_is_zero) == (True, False)
    assert labels.identity() == identity_of(frames) is not None


@pytest.mark.parametrize("value", [1.5, 2.0**32, np.nan, -1])
def test_what_is_no_label_is_refused(value):
    images = np.ones((2, 3, 5))
    images[1, 1, 2], images[1, 2, 0], images[0, 0, 0] = value, 7.5, 2**32 - 1
    frames = LabelFrames(open_stack(images).frames)
    reading = frames.read_frames(t2v.CropBox(5, 3, 0, 0))
    np.testing.assert_array_equal(next(reading), images[0])
    with pytest.raises(t2v.SourceError) as caught:
        next(reading)
    assert str(caught.value) == (
        f"frame 1: holds {value:g}, which is no label; labels are whole numbers from 0 to "
        "4294967295"
    )
