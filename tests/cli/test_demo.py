"""`--demo`: real data in one command, and never into a folder that is in use."""

from __future__ import annotations

import json
from importlib.resources import files

import numpy as np
import pytest
import tifffile
from helpers.video import decoded

import napari_tif2video as t2v


@pytest.mark.parametrize("exists", [False, True])
def test_a_new_or_empty_folder(tmp_path, cli, exists):
    target = tmp_path / "demo"
    if exists:
        target.mkdir()
    ended = cli("--demo", target, "--json")
    assert ended.code == 0
    (source,) = json.loads(ended.out)["sources"]
    assert source["status"] == "ok"
    (video,) = target.rglob("*.mp4")
    assert source["output"] == str(video)
    images = list(target.rglob("*.tif"))
    assert len(images) == source["frames"] == len(decoded(video))


def test_by_default_a_folder_of_its_own(tmp_path, cli, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli("--demo", "--quiet").code == 0
    (folder,) = tmp_path.iterdir()
    assert "demo" in folder.name
    again = cli("--demo", "--quiet")
    assert again.code != 0
    assert folder.name in again.error_line


def test_a_folder_in_use_is_refused_and_not_touched(tmp_path, cli):
    (tmp_path / "thesis.txt").write_text("precious")
    ended = cli("--demo", tmp_path, "--quiet")
    assert ended.code == 2
    assert "not empty" in ended.error_line
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_is_no_folder(tmp_path, cli):
    (tmp_path / "file").write_text("precious")
    ended = cli("--demo", tmp_path / "file", "--quiet")
    assert ended.code in (1, 2)
    assert "file" in ended.error_line
    assert (tmp_path / "file").read_text() == "precious"


def test_options_apply_to_the_demo(tmp_path, cli):
    ended = cli("--demo", tmp_path / "d", "--width", "full", "--anchor", "--fps", "5", "--quiet")
    assert ended.code == 0
    (video,) = (tmp_path / "d").rglob("*.mp4")
    assert "_5fps_" in video.name


def test_the_sample_is_real_sixteen_bit_data_in_natural_order(tmp_path, cli):
    assert cli("--demo", tmp_path / "demo", "--quiet").code == 0
    bundled = files(t2v) / "sample" / "mitosis.tif"
    expected = tifffile.imread(str(bundled))
    data = t2v.open_stack(tmp_path / "demo" / "mitosis").data.compute()
    np.testing.assert_array_equal(data, expected)
    assert data.dtype == np.uint16
    assert len(data) > 10
    assert len(np.unique(data)) > 1000


def test_the_sample_is_small_and_says_where_it_is_from():
    folder = files(t2v) / "sample"
    assert sum(len(item.read_bytes()) for item in folder.iterdir() if item.is_file()) < 2.1e6
    text = (folder / "SOURCE.txt").read_text(encoding="utf-8")
    assert "Licence" in text
    assert "https://" in text
