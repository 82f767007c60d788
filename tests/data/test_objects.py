"""Files of tracks, points and shapes as programs write them, and what is wrong with others."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from helpers.trackmate import dividing

import napari_tif2video as t2v
from napari_tif2video.data import (
    outlines_of,
    read_points,
    read_shapes,
    read_tracks,
    tracks_of_array,
)

# As programs write them; what follows the columns is passed over.
BTRACK = "t,x,y,z,states,label\n0,551.43,702.62,0.00,5,0\n1,551.38,700.60,0.00,5,0\n7,9,8.5,0,5,3\n"
MOSAIC = "Trajectory\tFrame\tx\ty\tz\tm0\n1\t0\t64.504\t4.413\t0\t11.7\n2\t3\t64.6\t6.5\t0\t10\n"


def column(rows, name):
    return np.array([float(row[name]) for row in rows])


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
    assert any("in µm" in note and "0.25 µm a pixel" in note for note in found.notes)
    assert any("1 spots of m.xml belong to no track" in note for note in found.notes)
    assert found.size == (295, 240)


def test_tracks_that_the_filter_of_trackmate_left_out(tmp_path):
    text = dividing().replace('<TrackID TRACK_ID="0" />', "")
    (tmp_path / "m.xml").write_text(text, "utf-8")
    found = read_tracks(tmp_path / "m.xml")
    assert set(found.kin) == {1}
    assert sorted(found.t) == [2, 3, 5]
    assert any("1 tracks" in note for note in found.notes)
    assert any("14 spots" in note for note in found.notes)


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
    assert found.unit == "micron"
    rows = np.stack([found.ids, found.t, found.y, found.x], axis=1)
    assert rows.tolist() == [[0, 0, 2.5, 1.5], [0, 1, 3, 2], [1, 3, 8, 7]]


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
    "text",
    [
        "1,0,5.5,7\n1,1,6,8\n",
        "ID,T,Y,X\n1,0,5.5,7\n1,1,6,8\n",
        "track_id,t,z,y,x,parent_track_id\n1,0,0,5.5,7,-1\n1,1,0,6,8,-1\n",
        "\ufeffid;frame;x;y\n1;0;7;5,5\n1;1;8;6\n",
        ",particle,frame,y,x,mass\n0,1,0,5.5,7,99\n1,1,1,6,8,99\n",
        ",0,1,2,3\n0,1.0,0.0,5.5,7.0\n1,1.0,1.0,6.0,8.0\n",
        "0,1,2,3\n1,0,5.5,7\n1,1,6,8\n",
        "# track t y x\n1.0e0 0 5.5 7\n1 1 6 8\n",
        "TRACK_ID , Frame,Y (px), X [px]\r\n1,0,5.5,7\r\n\r\n1,1,6,8\r\n",
        "track\tframe\tcentroid-0\tcentroid-1\n1\t0\t5.5\t7\n1\t1\t6\t8\n",
    ],
    ids=[
        "napari", "header", "ultrack", "semicolons", "trackpy", "pandas", "pandas-no-index",
        "savetxt", "units", "regionprops",
    ],
)  # fmt: skip
def test_columns_of_tracks(tmp_path, text):
    (tmp_path / "t.csv").write_text(text, "utf-8")
    found = read_tracks(tmp_path / "t.csv")
    rows = np.stack([found.ids, found.t, found.y, found.x], axis=1)
    assert rows.tolist() == [[1, 0, 5.5, 7], [1, 1, 6, 8]]


def test_parents_become_links(tmp_path):
    (tmp_path / "u.csv").write_text(
        "track_id,t,y,x,parent_track_id\n7,0,1,1,-1\n8,1,1,1,7\n9,1,2,2,7\n"
    )
    assert read_tracks(tmp_path / "u.csv").links.tolist() == [[7, 8], [7, 9]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("index,axis-0,axis-1\n0.0,5.0,7.5\n", (None, None, 5, 7.5)),
        ("index,axis-0,axis-1,axis-2\n0.0,3.0,5.0,7.5\n", (3, None, 5, 7.5)),
        ("index,axis-0,axis-1,axis-2,axis-3,class\n0.0,3.0,2.0,5.0,7.5,a\n", (3, 2, 5, 7.5)),
        ("frame,x,y,mass\n3,7.5,5,1\n", (3, None, 5, 7.5)),
    ],
)
def test_points(tmp_path, text, expected):
    (tmp_path / "p.csv").write_text(text)
    found = read_points(tmp_path / "p.csv")
    shown = tuple(None if v is None else v[0] for v in (found.t, found.z, found.y, found.x))
    assert shown == expected


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


HEADER = "track_id,frame,y,x\n"


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (read_tracks, "", "is empty"),
        (read_tracks, "\n \n", "is empty"),
        (read_tracks, HEADER, "no rows but its header"),
        (read_tracks, "1,2,3\n", "3 columns and no header"),
        (read_tracks, "particle,y,x\n1,2,3\n", "no column frame as tracks need it"),
        (read_tracks, "index,axis-0,axis-1\n0,1,2\n", "no column track_id, frame"),
        (read_tracks, HEADER + "1,0,2\n", "line 2 has 3 columns where 4"),
        (read_tracks, HEADER + "1,0,2,3\n1,1,two,3\n", "line 3 has 'two'"),
        (read_tracks, "<html/>", "cannot be read as TrackMate's XML (it begins with 'html')"),
        (read_tracks, "<TrackMate", "cannot be read as TrackMate's XML"),
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
    with open(path, "wb") as file:
        file.truncate(300 << 20)
    with pytest.raises(t2v.SourceError, match="TIF2VIDEO_TRUST=2"):
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


def test_arrays_of_another_shape_are_refused():
    with pytest.raises(t2v.SourceError, match=r"track, t, y, x or .* \(3, 2\)"):
        tracks_of_array(np.zeros((3, 2)))
    with pytest.raises(t2v.SourceError, match="list of arrays"):
        outlines_of([[[1, 2], [3]]])
    with pytest.raises(t2v.SourceError, match="more coordinates"):
        outlines_of([np.zeros((3, 2)), np.zeros((3, 3))])
