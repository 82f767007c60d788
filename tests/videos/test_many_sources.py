"""Several sources in one call: one after the other, none stopped by another, all accounted for."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import time

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise, numbered
from helpers.video import media, numbers

import napari_tif2video as t2v

KEYS = {
    *("source", "output", "status", "error", "frames", "width", "height", "fps"),
    *("limits", "seconds"),
}


@pytest.fixture
def three(tmp_path):
    """A folder that converts, one with a damaged frame, another that converts."""
    folders = [
        write_folder(tmp_path / name, numbered(4, first=10 * i)) for i, name in enumerate("abc")
    ]
    (folders[1] / "t2.tif").write_bytes(b"II*\0")
    return folders


def test_one_failure_does_not_stop_the_rest(three, cli):
    ended = cli(*three, "--width", "full")
    assert ended.code == 1
    assert numbers(three[0] / "160px_10fps_video.mp4") == [0, 1, 2, 3]
    assert numbers(three[2] / "160px_10fps_video.mp4") == [20, 21, 22, 23]
    assert not list(three[1].glob("*.mp4"))


def test_what_is_said_on_the_way(three, cli):
    ended = cli(*three)
    assert ended.out == ""
    lines = ended.err.splitlines()
    for number, folder in enumerate(three, 1):
        assert f"Processing directory {number} of 3: {folder}" in lines
    (description,) = (lines[i + 1] for i, line in enumerate(lines) if "1 of 3" in line)
    assert "4 images" in description
    assert "0.4 s" in description
    summary = lines.index("Summary: 3 total, 2 successful, 1 failed, 0 skipped")
    ok_a, failed_b, ok_c = lines[summary + 1 :]
    assert str(three[0]) in ok_a
    assert "t2.tif" in failed_b
    assert str(three[2]) in ok_c


def test_the_limits_used_are_said(tmp_path, cli):
    folder = write_folder(tmp_path / "a", noise((2, 40, 120), low=7, high=4321))
    assert "7 to 4321" in cli(folder, "--contrast", "global").err
    assert "100 to 900" in cli(folder, "--limits", "100", "900").err


def test_quiet_prints_errors_only(three, cli):
    ended = cli(*three, "--quiet")
    assert ended.code == 1
    assert ended.out == ""
    assert "t2.tif" in ended.error_line
    assert cli(three[0], "--quiet", "--overwrite").err == ""


@pytest.mark.parametrize("quiet", [[], ["--quiet"]])
def test_json(three, cli, quiet):
    ended = cli(*three, "--json", "--contrast", "global", *quiet)
    assert ended.code == 1
    found = json.loads(ended.out)
    assert set(found) == {"sources"}
    ok, failed, _ = found["sources"]
    assert set(ok) >= KEYS
    assert set(failed) >= KEYS
    assert [s["status"] for s in found["sources"]] == ["ok", "failed", "ok"]
    assert [s["source"] for s in found["sources"]] == [str(folder) for folder in three]
    assert ok["output"] == str(three[0] / "500px_10fps_global_norm_video.mp4")
    assert (ok["frames"], ok["width"], ok["height"], ok["fps"]) == (4, 500, 150, 10)
    assert ok["limits"] == [1000, 61000]
    assert ok["error"] is None
    assert ok["seconds"] > 0
    assert "t2.tif" in failed["error"]
    again = json.loads(cli(three[0], "--json", "--contrast=global", "--skip-existing").out)
    assert again["sources"][0]["status"] == "skipped"


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_report(three, tmp_path, cli):
    report = tmp_path / "report.csv"
    assert cli(*three, "--report", report, "--contrast", "global").code == 1
    rows = rows_of(report)
    assert [row["source"] for row in rows] == [str(folder) for folder in three]
    assert [row["status"] for row in rows] == ["ok", "failed", "ok"]
    assert "t2.tif" in rows[1]["error"]
    assert rows[0]["frames"] == "4"
    assert (float(rows[0]["black"]), float(rows[0]["white"])) == (1000, 61000)
    # A second night goes below the first, under the same heading.
    assert cli(three[0], "--report", report, "--contrast=global", "--skip-existing").code == 0
    assert [row["status"] for row in rows_of(report)] == ["ok", "failed", "ok", "skipped"]


def test_rows_of_the_report_are_there_as_soon_as_a_source_is_done(tmp_path):
    first = write_folder(tmp_path / "a", numbered(2))
    second = write_folder(tmp_path / "b", noise((1000, 64, 64)))
    report = tmp_path / "report.csv"
    command = [sys.executable, "-m", "napari_tif2video", first, second, "--report", report]
    with subprocess.Popen([*command, "--quiet", "--width", "1200"]) as run:
        deadline = time.monotonic() + 60
        rows = []
        while not rows and run.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
            rows = rows_of(report) if report.exists() else []
        running = run.poll() is None
        run.terminate()
    assert [row["status"] for row in rows] == ["ok"]
    assert running


def test_skip_existing_and_overwrite(three, cli):
    (three[1] / "t2.tif").unlink()
    assert cli(three[0], three[1], "--width", "full").code == 0
    before = (three[0] / "160px_10fps_video.mp4").stat().st_mtime_ns
    ended = cli(*three, "--width", "full", "--skip-existing")
    assert ended.code == 0
    assert "Summary: 3 total, 1 successful, 0 failed, 2 skipped" in ended.err
    assert (three[0] / "160px_10fps_video.mp4").stat().st_mtime_ns == before
    ended = cli(*three, "--width", "full")
    assert ended.code == 1
    assert "0 successful, 3 failed" in ended.err
    ended = cli(*three, "--width", "full", "--overwrite")
    assert ended.code == 0
    assert (three[0] / "160px_10fps_video.mp4").stat().st_mtime_ns != before


def test_recursive(tmp_path, cli):
    root = tmp_path / "exp"
    for name in ("pos10", "pos2", "deep/er/pos1"):
        write_folder(root / name, numbered(2))
    write_folder(root / ".hidden", numbered(2))
    (root / "empty").mkdir()
    ended = cli(root, "--recursive", "--json")
    assert ended.code == 0
    sources = [s["source"] for s in json.loads(ended.out)["sources"]]
    expected = ["deep/er/pos1", "pos2", "pos10"]
    assert sources == [str(root / name) for name in expected]
    ended = cli(root / "empty", "-r", "--quiet")
    assert ended.code == 1
    assert "No TIF images found in" in ended.error_line


def test_recursive_includes_the_folder_itself_and_respects_the_match(tmp_path, cli):
    write_folder(tmp_path / "exp", numbered(2), "t{}_C0.tif")
    write_folder(tmp_path / "exp" / "a", numbered(2), "t{}_C1.tif")
    write_folder(tmp_path / "exp" / "b", numbered(2), "t{}_C0.tif")
    ended = cli(tmp_path / "exp", "-r", "--match", "*_C0.tif", "--json")
    sources = [s["source"] for s in json.loads(ended.out)["sources"]]
    assert sources == [str(tmp_path / "exp"), str(tmp_path / "exp" / "b")]


def test_patterns_are_expanded(tmp_path, cli, monkeypatch):
    for name in ("pos1", "pos2", "pos10", "other"):
        write_folder(tmp_path / name, numbered(2))
    monkeypatch.chdir(tmp_path)
    for pattern in ("pos*/", "pos*", "pos[0-9]*"):
        ended = cli(pattern, "--json", "--overwrite")
        assert ended.code == 0
        sources = [s["source"].rstrip("/") for s in json.loads(ended.out)["sources"]]
        assert sources == ["pos1", "pos2", "pos10"]
    tifffile.imwrite(tmp_path / "s1.tif", numbered(2), photometric="minisblack")
    (tmp_path / "s1.txt").write_text("no image")
    assert cli("s1*", "--quiet").code == 0


def test_a_pattern_with_a_slash_means_folders(tmp_path, cli, monkeypatch):
    write_folder(tmp_path / "pos1", numbered(2))
    tifffile.imwrite(tmp_path / "pos2.tif", numbered(2), photometric="minisblack")
    monkeypatch.chdir(tmp_path)
    sources = json.loads(cli("pos*/", "--json").out)["sources"]
    assert [s["source"].rstrip("/") for s in sources] == ["pos1"]


def test_a_folder_whose_name_looks_like_a_pattern(tmp_path, cli):
    folder = write_folder(tmp_path / "pos[1]", numbered(2))
    assert cli(folder, "--quiet").code == 0


def test_a_pattern_that_matches_nothing(tmp_path, cli):
    good = write_folder(tmp_path / "good", numbered(2))
    ended = cli(tmp_path / "nothing*", good, "--quiet")
    assert ended.code == 1
    assert "nothing*" in ended.error_line
    assert list(good.glob("*.mp4"))


def ranges(tmp_path, *pairs):
    return [
        write_folder(tmp_path / f"r{low}", noise((3, 40, 120), low=low, high=high))
        for low, high in pairs
    ]


def test_batch_contrast_is_one_range_over_all_sources(tmp_path, cli):
    folders = ranges(tmp_path, (100, 2000), (50, 900), (700, 3000))
    ended = cli(*folders, "--contrast", "batch", "--json")
    assert ended.code == 0
    assert [s["limits"] for s in json.loads(ended.out)["sources"]] == [[50, 3000]] * 3


def test_batch_contrast_counts_skipped_sources_and_not_unreadable_ones(tmp_path, cli):
    folders = ranges(tmp_path, (100, 2000), (50, 900), (700, 3000), (0, 65535))
    (folders[3] / "t1.tif").write_bytes(b"")
    (folders[2] / "500px_10fps_batch_norm_video.mp4").write_bytes(b"made before")
    ended = cli(*folders, tmp_path / "no", "--contrast=batch", "--skip-existing", "--json")
    assert ended.code == 1
    first, second, skipped, damaged, missing = json.loads(ended.out)["sources"]
    assert first["limits"] == second["limits"] == [50, 3000]
    assert skipped["status"] == "skipped"
    assert damaged["status"] == missing["status"] == "failed"
    assert (folders[2] / "500px_10fps_batch_norm_video.mp4").read_bytes() == b"made before"


def test_the_pictures_of_a_batch_use_the_common_range(tmp_path):
    folders = ranges(tmp_path, (1000, 2000), (0, 4000))
    videos = t2v.convert_batch(folders, contrast="batch", width="full")
    own = t2v.convert(folders[0], tmp_path / "o.mp4", limits=(0, 4000), width="full")
    assert media(videos[0].path) == media(own.path)
    assert np.ptp(videos[0].limits) == 4000


def test_hints(tmp_path, cli):
    folders = ranges(tmp_path, (100, 2000), (50, 900))
    assert "--contrast batch" in cli(*folders, "--global-normalize").err
    same = "The same limits again: --limits "
    assert same not in cli(*folders, "--global-normalize", "--overwrite").err
    alone = cli(folders[0], "--global-normalize", "--overwrite").err
    assert "--contrast batch" not in alone
    assert f"{same}100 2000\n" in alone
    assert f"{same}50 2000\n" in cli(*folders, "--contrast=batch", "--overwrite").err
    each = cli(*folders, "--overwrite").err
    assert "--contrast batch" not in each
    assert same not in each
    dark = noise((2, 40, 120), high=500)
    dark[:, 20, 60] = 65535
    folder = write_folder(tmp_path / "dark", dark)
    ended = cli(folder, "--width", "full")
    assert "a few bright pixels" in ended.err
    (advice,) = re.findall(r"--percentile (\S+) (\S+) would make it about ([\d.]+)", ended.err)
    better = t2v.render_frame(folder, 0, width="full", percentile=advice[:2])
    assert better.mean() == pytest.approx(float(advice[2]), rel=0.1)
    assert "pixels decide" not in cli(folders[0], "--overwrite").err
    assert "pixels" not in cli(folder, "--width=full", "--percentile", 0, 100, "--overwrite").err
    limited = cli(folder, "--width=full", "--limits", 0, 65535, "--overwrite")
    assert "very dark" in limited.err
    assert "--limits" in limited.err
