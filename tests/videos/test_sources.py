"""What a source may be: files named one by one, movies in a folder, endings, paths in quotes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder, write_pages
from helpers.frames import noise, numbered
from helpers.lsm import write_lsm
from helpers.video import numbers

import napari_tif2video as t2v

FRAMES = numbered(8)


def sources_of(ended):
    return json.loads(ended.out)["sources"]


def test_single_images_named_one_by_one_are_one_video(tmp_path, cli):
    folder = write_folder(tmp_path / "in", numbered(12))
    files = sorted(folder.iterdir())  # as a shell sorts them: t0, t1, t10, t11, t2
    ended = cli(*files, "--width", "full", "--json")
    (source,) = sources_of(ended)
    assert ended.code == 0
    assert source["source"] == str(folder)
    assert "its 12 single images are one video, as if the folder" in source["notes"][0]
    assert numbers(folder / "160px_10fps_video.mp4") == list(range(12))


def test_some_images_of_a_folder_are_one_video(tmp_path, cli):
    folder = write_folder(tmp_path / "in", numbered(12))
    ended = cli(folder / "t1?.tif", folder / "t5.tif", "-o", tmp_path / "o.mp4", "--width", "full")
    assert ended.code == 0
    assert numbers(tmp_path / "o.mp4") == [5, 10, 11]


def test_channels_named_one_by_one_can_be_merged(tmp_path, cli):
    folder = tmp_path / "in"
    for channel in ("GFP", "DAPI"):
        write_folder(folder, numbered(3), f"{channel}_{{}}.tif")
    ended = cli(folder / "*.tif", "--channel", "all", "--dry-run", "--json")
    (source,) = sources_of(ended)
    assert source["channels"] == ["DAPI", "GFP"]
    assert source["frames"] == 3


def test_images_that_are_no_series_stay_apart_and_say_so(tmp_path, cli):
    folder = tmp_path / "in"
    for name in ("cell", "ctrl"):
        write_folder(folder, numbered(2), f"{name}{{}}.tif")
    sources = sources_of(cli(folder / "*.tif", "--dry-run", "--json"))
    assert [Path(s["source"]).name for s in sources] == [
        "cell0.tif", "cell1.tif", "ctrl0.tif", "ctrl1.tif",
    ]  # fmt: skip
    assert "4 single images become a video each; for one video" in sources[0]["notes"][0]


@pytest.mark.parametrize("count", [1, 2])
def test_few_images_are_a_video_each(tmp_path, cli, count):
    folder = write_folder(tmp_path / "in", numbered(count))
    assert len(sources_of(cli(folder / "*.tif", "--dry-run", "--json"))) == count


def test_single_images_of_positions(tmp_path, cli):
    for number, frame in enumerate(numbered(6)):
        tifffile.imwrite(tmp_path / f"A0{1 + number // 3}_t{number % 3}.tif", frame)
    files = sorted(tmp_path.iterdir())
    assert "2 positions: A01, A02; add --position A01 or each" in cli(*files, "--quiet").err
    sources = sources_of(cli(*files, "--position", "each", "--json"))
    assert [numbers(source["output"]) for source in sources] == [[0, 1, 2], [3, 4, 5]]
    assert "its 6 single images are one data set" in sources[0]["notes"][0]


def test_movies_named_one_by_one_are_a_video_each(tmp_path, cli):
    for name in "abc":
        write_pages(tmp_path / f"{name}.tif", FRAMES)
    sources = sources_of(cli(tmp_path / "*.tif", "--dry-run", "--json"))
    assert [(Path(s["source"]).name, s["frames"]) for s in sources] == [
        ("a.tif", 8), ("b.tif", 8), ("c.tif", 8),
    ]  # fmt: skip


def test_images_in_python_are_a_source_each(tmp_path):
    folder = write_folder(tmp_path / "in", numbered(3))
    videos = t2v.convert_batch(sorted(folder.iterdir()), output_dir=tmp_path / "out")
    assert [video.frames for video in videos] == [1, 1, 1]


MOVIES = {
    "pages": {},
    "one image": {"photometric": "minisblack", "metadata": None},
    "shaped": {"photometric": "minisblack"},
    "slices of ImageJ": {"imagej": True, "metadata": {"axes": "ZYX"}},
}


@pytest.mark.parametrize("names", [("movie1", "movie2"), ("cell", "other"), ("t1", "t2")])
@pytest.mark.parametrize("options", MOVIES.values(), ids=MOVIES)
def test_two_movies_in_a_folder_are_never_projected(tmp_path, cli, names, options):
    for name in names:
        path = tmp_path / f"{name}.tif"
        if options:
            tifffile.imwrite(path, FRAMES, **options)
        else:
            write_pages(path, FRAMES)
    ended = cli(tmp_path, "--quiet")
    assert ended.code == 1
    assert "holds 2 files of 8 images each" in ended.error_line
    assert "add --z max or --axes TZYX for slices, or name the files" in ended.error_line
    assert not list(tmp_path.glob("*.mp4"))
    videos = t2v.convert_batch([str(tmp_path / "*.tif")], width="full")
    assert [numbers(video.path) for video in videos] == [list(range(8))] * 2
    expected = t2v.render_frame(FRAMES.max(axis=0), 0, width="full")
    for answer in ({"axes": "TZYX"}, {"z": "max"}):
        picture = t2v.render_frame(tmp_path, 0, width="full", **answer)
        np.testing.assert_array_equal(picture, expected)


def test_two_movies_that_say_so_are_converted_one_by_one(tmp_path, cli):
    for name in "ab":
        tifffile.imwrite(tmp_path / f"{name}.tif", FRAMES, imagej=True, metadata={"axes": "TYX"})
    ended = cli(tmp_path, "--quiet")
    assert ended.code == 1
    assert "T (8) itself" in ended.error_line
    assert f"one by one ('{tmp_path / '*.tif'}')" in ended.error_line
    assert len(sources_of(cli(tmp_path / "*.tif", "--dry-run", "--json"))) == 2


@pytest.mark.parametrize("ending", [".lsm", ".btf", ".tf8", ".stk", ".TIF", ".Tiff", ".LSM"])
def test_endings(tmp_path, cli, ending):
    path = tmp_path / f"series{ending}"
    if ending.lower() == ".lsm":
        write_lsm(path, FRAMES)
    else:
        write_pages(path.with_suffix(".tif"), FRAMES)
        path.with_suffix(".tif").rename(path)
    ended = cli(tmp_path / "s*", "--width", "full", "-o", tmp_path / "o.mp4")
    assert ended.code == 0
    assert numbers(tmp_path / "o.mp4") == list(range(8))


@pytest.mark.parametrize("ending", [".btf", ".stk"])
def test_folders_of_other_endings(tmp_path, ending):
    frames = noise((3, 16, 20))
    for t, frame in enumerate(frames):
        tifffile.imwrite(tmp_path / f"t{t}{ending}", frame)
    np.testing.assert_array_equal(t2v.open_stack(tmp_path).data.compute(), frames)
    write_folder(tmp_path, frames[:2] // 2)  # exported from them
    stack = t2v.open_stack(tmp_path)
    np.testing.assert_array_equal(stack.data.compute(), frames[:2] // 2)
    assert stack.left_out == 3
    assert f"3 files of other endings are left out: t0{ending} to t2{ending}" in stack.notes


@pytest.mark.parametrize("text", ["~/in", "$EXPERIMENT/in", "${EXPERIMENT}/i*", "~/in/t*.tif"])
def test_paths_in_quotes(tmp_path, cli, monkeypatch, text):
    write_folder(tmp_path / "in", numbered(3))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("EXPERIMENT", str(tmp_path))
    (source,) = sources_of(cli(text, "--dry-run", "--json"))
    assert (source["source"], source["frames"]) == (str(tmp_path / "in"), 3)


def test_a_folder_that_is_called_so_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXPERIMENT", "other")
    write_folder(tmp_path / "$EXPERIMENT", numbered(3))
    assert len(t2v.open_stack("$EXPERIMENT")) == 3


@pytest.mark.parametrize("text", ["", " "])
def test_an_empty_source_is_wrong_usage(tmp_path, cli, monkeypatch, text):
    write_folder(tmp_path, numbered(3))
    monkeypatch.chdir(tmp_path)
    ended = cli(text)
    assert ended.code == 2
    assert "a source is empty" in ended.error_line
    with pytest.raises(t2v.SettingsError, match="empty"):
        t2v.convert(text, tmp_path / "o.mp4")
    assert not list(tmp_path.glob("*.mp4"))


@pytest.mark.parametrize("home", ["~", "$EXPERIMENT"])
def test_paths_to_write_in_quotes(tmp_path, cli, monkeypatch, home):
    folder = write_folder(tmp_path / "in", numbered(3))
    monkeypatch.chdir(folder)
    for name in ("HOME", "USERPROFILE", "EXPERIMENT"):
        monkeypatch.setenv(name, str(tmp_path))
    assert cli(folder, "-o", f"{home}/o.mp4", "--report", f"{home}/r.csv").code == 0
    assert cli(folder, f"--output-dir={home}/d", "--settings", f"{home}/o.mp4").code == 0
    assert cli("--inspect", f"{home}/o.mp4").code == 0
    t2v.convert(folder, f"{home}/p.mp4")
    t2v.convert_batch([folder], output_dir=f"{home}/b")
    names = {"o.mp4", "r.csv", "d", "p.mp4", "b", "in"}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert {path.name for path in folder.iterdir()} == {f"t{n}.tif" for n in range(3)}


@pytest.mark.parametrize("option", ["-o", "--output-dir", "--report", "--settings", "--inspect"])
def test_empty_paths_are_wrong_usage(tmp_path, cli, option):
    folder = write_folder(tmp_path / "in", numbered(3))
    ended = cli(*([] if option == "--inspect" else [folder]), option, "")
    assert ended.code == 2
    assert option in ended.error_line
    assert "is empty" in ended.error_line
    for options in ({"output": ""}, {"output_dir": " "}):
        with pytest.raises(t2v.SettingsError, match="empty"):
            t2v.convert(folder, **options)
    assert not list(folder.glob("*.mp4"))


def test_what_lies_below_a_folder_of_frames_is_another_source(tmp_path, cli):
    write_folder(tmp_path / "in", numbered(3))
    write_folder(tmp_path / "in" / "below", numbered(2))
    ended = cli(tmp_path / "in", "--json", "--dry-run")
    assert [source["frames"] for source in json.loads(ended.out)["sources"]] == [3]
    ended = cli(tmp_path / "in", "--recursive", "--json", "--dry-run")
    assert sorted(source["frames"] for source in json.loads(ended.out)["sources"]) == [2, 3]
