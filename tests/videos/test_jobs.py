"""What the sources of a call become: how many videos, under which names, with which notes."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import numbered

import napari_tif2video as t2v
from napari_tif2video.videos import find_sources

TRACKS = "track,t,y,x\n1,0,5,5\n1,1,6,6\n"


def write_channels(path, pixel_um=None, names=("DAPI", "GFP")):
    """Two channels of two frames."""
    size = {} if pixel_um is None else {"PhysicalSizeX": pixel_um, "PhysicalSizeXUnit": "µm"}
    called = {} if names is None else {"Channel": {"Name": list(names)}}
    metadata = {"axes": "TCYX"} | size | called
    tifffile.imwrite(path, np.stack([numbered(2)] * 2, axis=1), metadata=metadata)


@pytest.fixture
def planned(tmp_path, cli, monkeypatch):
    """What a call would make, with the notes of all."""
    monkeypatch.chdir(tmp_path)

    def plans(*argv):
        return json.loads(cli(*argv, "--dry-run", "--json").out)["sources"]

    return plans


def test_a_video_of_each_channel_and_position(tmp_path, planned):
    write_channels(tmp_path / "cells.ome.tif")
    tifffile.imwrite(tmp_path / "one.tif", numbered(2), photometric="minisblack")
    each = planned("cells.ome.tif", "one.tif", "--channel", "each")
    assert [(plan["source"], plan["channels"]) for plan in each] == [
        ("cells.ome.tif", ["DAPI"]), ("cells.ome.tif", ["GFP"]), ("one.tif", ["0"]),
    ]  # fmt: skip
    for number, frame in enumerate(numbered(8)):
        position, rest = divmod(number, 4)
        name = f"A0{position + 1}_t{rest // 2}_c{rest % 2}.tif"
        (tmp_path / "wells").mkdir(exist_ok=True)
        tifffile.imwrite(tmp_path / "wells" / name, frame)
    both = planned("wells", "--position", "each", "--channel", "each")
    assert [plan["output"].rpartition("10fps_")[2] for plan in both] == [
        f"pos{position}_ch{channel}_video.mp4" for position in (0, 1) for channel in (0, 1)
    ]
    with pytest.raises(t2v.SettingsError) as caught:
        t2v.convert("cells.ome.tif", channel="each")
    assert str(caught.value) == ("'each' makes 2 videos of cells.ome.tif; use convert_batch")


def test_what_panels_are_called(tmp_path, planned):
    def names(*argv, panels="sources"):
        (plan,) = planned(*argv, "--panels", panels)
        assert plan["error"] is None
        return [source["name"] for source in plan["sources"]]

    write_channels(tmp_path / "cells.ome.tif")
    write_channels(tmp_path / "plain.ome.tif", names=None)
    few = write_folder(tmp_path / "few", numbered(2))
    each = ["cells.ome.tif", "plain.ome.tif", "few", "--channel", "each"]
    assert names(*each) == ["cells DAPI", "cells GFP", "plain 0", "plain 1", "few"]
    for name in ("a/raw", "b/raw", "c/other"):
        write_folder(tmp_path / name, numbered(2))
    assert names("a/raw", "c/other", "b/raw") == ["a_raw", "other", "b_raw"]
    for number, frame in enumerate(numbered(4)):
        name = f"A0{number // 2 + 1}_t{number % 2}.tif"
        (tmp_path / "wells").mkdir(exist_ok=True)
        tifffile.imwrite(tmp_path / "wells" / name, frame)
    assert names("wells", few, "--position", "each") == ["wells A01", "wells A02", "few"]


def test_what_videos_of_one_call_have_to_tell_of_each_other(tmp_path, planned):
    for name, pixel_um in (("a", 0.5), ("b", 0.5), ("c", 0.25)):
        write_channels(tmp_path / f"{name}.ome.tif", pixel_um)
    write_folder(tmp_path / "few", numbered(2))
    (tmp_path / "t.csv").write_text(TRACKS)

    def notes(*argv, about):
        plans = planned(*argv, "--channel", "0", "--width", 160)
        return [[note for note in plan["notes"] if about in note] for plan in plans]

    says = "the videos show from 0.25 to 0.5 µm a pixel; --um-per-pixel 0.4 gives them the same "
    # 40 µm take 100 px then, the least that there can be.
    stacks = [f"{name}.ome.tif" for name in "abc"]
    assert notes("few", *stacks, about="a pixel;") == [[], [f"{says}magnification"], [], []]
    assert notes(*stacks[:2], about="a pixel;") == [[], []]
    drawn = (
        "t.csv is drawn onto 2 sources; with {name} in its path, each has the file of its own name"
    )
    several = notes("few", "a.ome.tif", "--tracks", "t.csv", about="is drawn onto")
    assert several == [[drawn], []]
    alone = notes("a.ome.tif", "--tracks", "t.csv", about="is drawn onto")
    assert alone == [[]]
    each = planned("a.ome.tif", "--channel", "each", "--tracks", "t.csv")
    assert not [note for plan in each for note in plan["notes"] if "is drawn onto" in note]


def test_what_one_call_cannot_do(tmp_path, cli, planned):
    write_channels(tmp_path / "cells.ome.tif")
    write_folder(tmp_path / "few", numbered(2))
    for argv, said in {
        "few cells.ome.tif -o o.mp4": (
            "--output: 2 sources cannot go into the one file o.mp4; use --output-dir"
        ),
        "cells.ome.tif --channel each -o o.mp4": (
            "--output: 2 videos cannot go into the one file o.mp4; use --output-dir"
        ),
        "few --panels sources": (
            "--panels: are for several sources, and there is 1; name more, or leave out panels"
        ),
    }.items():
        ended = cli(*argv.split())
        assert (ended.code, ended.error_line) == (2, f"tif2video: {said}")


def test_frames_that_cannot_be_read_are_found_before_any_work(tmp_path, planned):
    folder = write_folder(tmp_path / "in", numbered(4))
    tifffile.imwrite(folder / "t2.tif", numbered(1)[0, :20])
    (plan,) = planned("in")
    assert plan["status"] == "failed"
    (tmp_path / "empty").mkdir()
    assert [found["error"] for found in planned("empty", "in")][1] == plan["error"]
    good = write_folder(tmp_path / "good", numbered(4))
    name = "500px_10fps_video.mp4"
    for folder in (tmp_path / "in", good):
        (folder / name).touch()
    assert [found["error"] for found in planned("in", "good")] == [
        f"{folder / name} exists already; use --overwrite to replace it or --skip-existing to "
        "keep it"
        for folder in (tmp_path / "in", good)
    ]
    (tmp_path / "in" / name).unlink()
    (left,) = planned("in", "--on-error", "skip")
    assert left["status"] == "planned"
    assert left["notes"] == [
        f"frames that cannot be read will be left out, among them: {plan['error']}"
    ]


def test_which_sources_there_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("p10", "p9", "deep/er"):
        write_folder(tmp_path / name, numbered(1))
    (tmp_path / "empty").mkdir()
    tifffile.imwrite("p1.tif", numbered(1))
    (tmp_path / "p.txt").touch()

    def found(*sources, **options):
        jobs = find_sources(sources, **options)
        return [str(job.problem or job.source) for job in jobs]

    assert found("p*") == ["p1.tif", "p9", "p10"]
    assert found("p*/") == ["p9", "p10"]
    assert found("p10", "p*", "./p9") == ["p10", "p1.tif", "p9"]
    assert found("x*", "p9") == ["x*: no folder or TIFF file matches the pattern", "p9"]
    assert found("gone", "gone.tif") == ["gone", "gone.tif"]
    assert found("deep") == ["deep"]
    assert found("deep", "empty", "p1.tif", recursive=True) == [
        "deep/er", "No TIF images found in empty or below it", "p1.tif",
    ]  # fmt: skip
    assert found("deep", recursive=True, match="x*") == ["No TIF images found in deep or below it"]
    long = "x" * 300 + "/t*"
    assert found("x" * 300, "p9") == [
        f"{long[:300]}: cannot be opened (File name too long)", "p9",
    ]  # fmt: skip
    array = numbered(1)
    assert [job.source is array for job in find_sources([array, array])] == [True, True]
    jobs = find_sources([array, "p10/t*.tif"], join_images=True)
    assert [job.label for job in jobs] == ["array", "p10/t0.tif"]


def test_single_images_that_are_joined(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_folder(tmp_path / "in", numbered(3))
    write_folder(tmp_path / "other", numbered(2), "a{}.tif")
    write_folder(tmp_path / "other", numbered(2), "b{}.tif")
    for name in "xyz":
        tifffile.imwrite(f"{name}.tif", numbered(2), photometric="minisblack")
    paths = ["x.tif", "in/t*.tif", "y.tif", "other/*.tif", "z.tif", "gone.tif"]
    jobs = find_sources(paths, join_images=True)
    apart = (
        "4 single images become a video each; for one video, name their folder and choose with "
        "--match"
    )
    joined = "its 3 single images are one video, as if the folder had been named"
    assert [(str(job.source), job.files, job.note) for job in jobs] == [
        ("x.tif", (), ""),
        (str(tmp_path / "in"), ("t0.tif", "t1.tif", "t2.tif"), joined),
        ("y.tif", (), ""),
        ("other/a0.tif", (), apart),
        *((f"other/{name}.tif", (), "") for name in ("a1", "b0", "b1")),
        ("z.tif", (), ""),
        ("gone.tif", (), ""),
    ]
    assert len(find_sources(["in/t0.tif", "in/t1.tif"], join_images=True)) == 2
    assert len(find_sources(["in/*.tif"])) == 3


def test_what_is_said_of_wrong_words_in_python():
    frames = numbered(3)
    for index in (3, -4):
        with pytest.raises(t2v.SettingsError) as caught:
            t2v.render_frame(frames, index)
        assert str(caught.value) == f"index: must be below the 3 frames, got {index}"
    first = t2v.render_frame(frames, -3, width="full")
    np.testing.assert_array_equal(first, t2v.render_frame(frames, 0, width="full"))
    with pytest.raises(TypeError, match=r"^unknown option 'colour', 'size'; known are anchor, "):
        t2v.convert(frames, size=3, colour=1)
    with pytest.raises(t2v.SettingsError, match=r"^output: an array has no folder of its own; say"):
        t2v.convert(frames)
    for options, name in (({"output": " "}, "output"), ({"output_dir": ""}, "output_dir")):
        with pytest.raises(t2v.SettingsError) as caught:
            t2v.convert(frames, **options)
        assert str(caught.value) == f"{name} is empty; name a file or folder"
