"""The examples of the README do what they say, on the bundled sample."""

from __future__ import annotations

import shlex
import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.readme import console_lines, python_blocks
from helpers.video import decoded

import napari_tif2video as t2v

ROOT = Path(__file__).parents[1]
FRAMES = 13  # one of the examples shows frame 12


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Folders and files of the names in the README, made of the sample."""
    place = tmp_path_factory.mktemp("readme")
    sample = tifffile.imread(files(t2v) / "sample" / "mitosis.tif")
    large = np.tile(np.resize(sample, (FRAMES, *sample.shape[1:])), (1, 3, 5))
    for name in ("my_timelapse", "pos1", "pos2", "pos7", "data/day1", "data/day2", "a", "b"):
        write_folder(place / name, large[:3, :196, :171])
    write_folder(place / "frames", large)
    tifffile.imwrite(place / "scan.tif", large[:2], photometric="minisblack")
    volume = np.resize(sample, (2, 2, 3, *sample.shape[1:]))
    for name in ("cells.ome.tif", "day2.ome.tif"):
        tifffile.imwrite(place / name, volume, ome=True, metadata={"axes": "TCZYX"})
    t2v.convert(large[:3, :196, :171], place / "movie.mp4", contrast="global")
    return place


@pytest.fixture
def place(sources, tmp_path, monkeypatch):
    copy = tmp_path / "place"
    shutil.copytree(sources, copy)
    monkeypatch.chdir(copy)
    return copy


COMMANDS = [line for line in console_lines() if line.startswith("tif2video")]


@pytest.mark.parametrize("line", COMMANDS)
def test_commands(place, cli, line):
    before = set(place.rglob("*"))
    _, *words = shlex.split(line, comments=True)
    ended = cli(*words)
    assert ended.code == 0
    made = sorted(set(place.rglob("*")) - before)
    if "--inspect" in words or "--dry-run" in words:
        assert ended.out
        assert made == []
        return
    videos = [path for path in made if path.suffix == ".mp4"]
    assert len(videos) == (3 if "pos*/" in words else 1)
    assert len([path for path in made if path.suffix == ".json"]) == ("--sidecar" in words)
    for video in videos:
        assert len(decoded(video)) in (2, 3)


def test_the_two_commands_of_the_checkout():
    """They are those that `scripts/dev.py` knows, and the one that build machines run."""
    commands = [
        shlex.split(line, comments=True) for line in console_lines() if line.startswith("python3")
    ]
    assert commands == [["python3", "scripts/dev.py", name] for name in ("demo", "test")]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert script.splitlines()[-1] == f"exec {shlex.join(commands[1])}"


def test_python(place):
    """The block for scripts; the one for napari's console is run with the tests of the window."""
    _, block = python_blocks()
    array = np.random.default_rng(0).integers(0, 4096, (3, 4, 2, 40, 120), dtype=np.uint16)
    names = {"array": array}
    exec(block, names)
    assert names["stack"].data.shape[0] == names["video"].frames == FRAMES
    assert decoded(place / "out.mp4").shape == (FRAMES, 640, 800)
    assert [video.status for video in names["videos"]] == ["ok", "ok"]
    assert names["image"].dtype == np.uint8
    assert np.array_equal(names["image"], t2v.render_frame("frames/", 12, contrast="global"))
    assert names["merge"].path.name.startswith("cells_500px_10fps_merged_zmax")
    assert names["same"].limits == ((100, 2000), (50, 900))
    assert len(decoded(place / "slice.mp4")) == 3
