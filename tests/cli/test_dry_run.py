"""`--dry-run` says what would be done, on stdout, and does nothing."""

from __future__ import annotations

import json
import os

import pytest
from helpers.files import everything_in, write_folder
from helpers.frames import noise, numbered


@pytest.fixture
def folder(tmp_path):
    folder = write_folder(tmp_path / "pos1", numbered(12), "frame{}.tif")
    (folder / "frame4.tif").unlink()
    (folder / "frame5.tif").unlink()
    return folder


def test_everything_is_said(folder, cli):
    ended = cli(folder, "--dry-run", "--fps", "4", "--crop", "100x40")
    assert ended.code == 0
    assert ended.err == ""
    text = ended.out
    assert text.splitlines()[0] == f"1 of 1: {folder}"
    assert "10 images" in text
    assert "160x48" in text  # the data
    assert "500x200" in text  # the video
    assert "2.5 s" in text
    output = folder / "500px_4fps_crop_100x40_video.mp4"
    assert f"  output: {output}" in text.splitlines()
    order = [text.index(f"frame{n}.tif") for n in (0, 1, 2, 10, 11)]
    assert order == sorted(order)
    assert "2 missing" in text
    assert "frame4.tif" in text


def test_as_json(folder, cli):
    ended = cli(folder, "--dry-run", "--json", "--contrast", "global")
    (plan,) = json.loads(ended.out)["sources"]
    assert plan["status"] == "planned"
    assert plan["source"] == str(folder)
    assert plan["output"] == str(folder / "500px_10fps_global_norm_video.mp4")
    assert (plan["frames"], plan["width"], plan["height"]) == (10, 500, 150)
    assert plan["duration_s"] == pytest.approx(1.0)
    assert plan["order"] == [f"frame{n}.tif" for n in (0, 1, 2, 3, 6, 7, 8, 9, 10, 11)]
    assert plan["gaps"] == {"missing": 2, "first_missing": "frame4.tif"}
    assert plan["error"] is None


@pytest.mark.parametrize(
    "options",
    [[], ["--json"], ["--output-dir", "new"], ["-o", "new/o.mp4"], ["--report", "r.csv"]],
    ids=" ".join,
)
def test_nothing_is_written(folder, cli, monkeypatch, options):
    monkeypatch.chdir(folder.parent)
    before = everything_in(folder.parent)
    ended = cli(folder, "--dry-run", *options)
    assert ended.code == 0
    assert everything_in(folder.parent) == before
    assert sorted(p.name for p in folder.parent.iterdir()) == ["pos1"]


def test_a_dry_run_of_the_demo_writes_nothing(tmp_path, cli):
    cli("--demo", tmp_path / "demo", "--dry-run")
    assert list(tmp_path.iterdir()) == []


def test_pixels_are_not_read(tmp_path, cli):
    """Only what says how large they are."""
    folder = write_folder(tmp_path / "pos", noise((3, 40, 120)), compression="zlib")
    content = bytearray((folder / "t2.tif").read_bytes())
    content[-2000:-1000] = bytes(1000)
    (folder / "t2.tif").write_bytes(content)
    os.utime(folder / "t2.tif", (1e9, 1e9))  # nobody is writing it any more
    assert cli(folder, "--dry-run").code == 0
    assert cli(folder).code == 1


def test_problems_are_said_and_set_the_exit_code(folder, tmp_path, cli):
    (tmp_path / "empty").mkdir()
    ended = cli(tmp_path / "empty", folder, "--dry-run")
    assert ended.code == 1
    assert "No TIF images found in" in ended.out
    assert "10 images" in ended.out
    ended = cli(tmp_path / "empty", folder, "--dry-run", "--json")
    assert ended.code == 1
    failed, planned = json.loads(ended.out)["sources"]
    assert (failed["status"], planned["status"]) == ("failed", "planned")
    assert "No TIF images found in" in failed["error"]


def test_existing_outputs_are_said(folder, cli):
    (folder / "500px_10fps_video.mp4").write_bytes(b"made before")
    ended = cli(folder, "--dry-run")
    assert ended.code == 1
    assert "exists" in ended.out
    ended = cli(folder, "--dry-run", "--skip-existing", "--json")
    assert ended.code == 0
    assert json.loads(ended.out)["sources"][0]["status"] == "skipped"
    assert cli(folder, "--dry-run", "--overwrite").code == 0
    assert (folder / "500px_10fps_video.mp4").read_bytes() == b"made before"


def test_several_sources_in_their_order(tmp_path, cli):
    for name in ("b", "a"):
        write_folder(tmp_path / name, numbered(2))
    lines = cli(tmp_path / "b", tmp_path / "a", "--dry-run").out.splitlines()
    titles = [line for line in lines if not line.startswith(" ")]
    assert titles == [f"1 of 2: {tmp_path / 'b'}", f"2 of 2: {tmp_path / 'a'}"]
    outputs = [line.strip() for line in lines if "output:" in line]
    assert outputs == [f"output: {tmp_path / name / '500px_10fps_video.mp4'}" for name in "ba"]


def test_which_files_are_sources(folder, tmp_path, cli):
    """Images that a shell lists are those of their folder; folders below, and names that match."""

    def lines(*argv):
        return cli(*argv, "--dry-run").out.splitlines()

    names = sorted(folder.iterdir())
    assert lines(*names)[:2] == lines(folder)[:2]
    assert lines(*names)[0] == f"1 of 1: {folder}"
    assert lines(tmp_path, "--recursive")[:2] == lines(folder)[:2]
    few = lines(folder, "--match", "frame1*.tif")
    assert few[1] == "  3 images, 160x48 uint16 -> 500x150, 0.3 s at 10 fps"
    assert few[2] == "  order: frame1.tif, frame10.tif, frame11.tif"
