"""Which format is chosen, what is refused before any work, what is said, and what it is called."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import numbered

import napari_tif2video as t2v
from napari_tif2video.settings import codecs
from napari_tif2video.videos import Destination, SourceJob, plan_jobs


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "in", numbered(2))


@pytest.mark.parametrize(
    ("ending", "codec"),
    [
        (".mp4", "h264"),
        (".webm", "vp9"),
        (".mkv", "ffv1"),
        (".mov", "prores"),
        (".gif", "gif"),
        (".MKV", "ffv1"),
    ],
)
def test_the_ending_chooses(tmp_path, folder, cli, ffmpeg, ending, codec):
    path = tmp_path / f"o{ending}"
    assert cli(folder, "-o", path, "--width", 160).code == 0
    assert ffmpeg.facts(path)["codec_name"] == codec


NAMES = [
    (["--codec", "h264"], "500px_10fps_video.mp4"),
    (["--codec", "h265"], "500px_10fps_h265_video.mp4"),
    (["--codec", "av1"], "500px_10fps_av1_video.mp4"),
    (["--codec", "mpeg4"], "500px_10fps_mpeg4_video.mp4"),
    (["--codec", "vp9"], "500px_10fps_video.webm"),
    (["--codec", "ffv1"], "500px_10fps_video.mkv"),
    (["--codec", "prores"], "500px_10fps_video.mov"),
    (["--codec", "prores", "--quality", "draft"], "500px_10fps_draft_video.mov"),
    (["--codec", "gif"], "500px_10fps_video.gif"),
    (["--crf", "20"], "500px_10fps_crf20_video.mp4"),
    (["--codec", "h265", "--quality", "high"], "500px_10fps_h265_high_video.mp4"),
    (["--max-size", "10MB"], "500px_10fps_max10MB_video.mp4"),
    (["--max-size", "1.5 GB"], "500px_10fps_max1.5GB_video.mp4"),
    (["--max-size", "8MiB"], "500px_10fps_max8MiB_video.mp4"),
    (["--max-size", "900kB", "--quality", "draft"], "500px_10fps_draft_max900kB_video.mp4"),
    (["--raw"], "160px_10fps_raw_video.mkv"),
    (["--raw", "--crop", "31x7"], "31px_10fps_crop_31x7_raw_video.mkv"),
]


@pytest.mark.parametrize(("options", "name"), NAMES, ids=lambda value: str(value))
def test_names(folder, cli, options, name):
    ended = cli(folder, "--dry-run", *options)
    assert ended.code == 0
    assert f"output: {folder / name}" in ended.out


REFUSED = {
    "--codec vp9 -o x.mp4": [".webm or .mkv"],
    "--codec h264 -o x.gif": [".mp4 or .mkv"],
    "--codec h264 -o x.webm": [".mp4 or .mkv"],
    "--codec gif -o x.mkv": [".gif"],
    "-o x.avi": [".mp4, .mov, .webm, .mkv or .gif"],
    "--codec prores -o x.mp4": [".mov"],
    "--codec prores --crf 3": ["use quality"],
    "--raw -o x.mp4": ["raw", ".mkv"],
    "--raw --codec h264": ["raw", "ffv1"],
    "--raw --width 300": ["leave out width"],
    "--raw --gamma 2 --anchor --invert": ["gamma, invert, anchor"],
    "--raw --contrast global": ["leave out contrast"],
    "--raw --limits 1 2": ["leave out limits"],
    "--raw --colormap magma": ["leave out colormap"],
    "--raw --max-size 1MB": ["leave out --max-size"],
    "--quality lossless": ["--codec ffv1", ".mkv"],
    "--quality lossless --codec h265": ["ffv1"],
    "--quality high --codec ffv1": ["only one"],
    "--quality draft --codec gif": ["only one"],
    "--crf 0": ["between 1 and 51"],
    "--crf 52": ["between 1 and 51"],
    "--crf 52 --codec h265": ["between 0 and 51"],
    "--crf 0 --codec av1": ["between 1 and 63"],
    "--crf 64 --codec vp9": ["between 0 and 63"],
    "--crf 20.5": ["whole number"],
    "--crf x": ["whole number"],
    "--crf 3 --codec mpeg4": ["use quality"],
    "--crf 3 --codec gif": ["no rate factor"],
    "--crf 3 -o x.mkv": ["no rate factor"],
    "--crf 20 --quality high": ["leave out"],
    "--crf 20 --max-size 1MB": ["leave out crf"],
    "--max-size 1MB --codec gif": ["h264, h265, av1, vp9"],
    "--max-size 1MB --codec mpeg4": ["no rate factor"],
    "--max-size 1MB -o x.mkv": ["no rate factor"],
    "--max-size 10": ["10 bytes"],
    "--max-size 10XB": ["10MB"],
    "--max-size -1MB": ["expected"],
    "--codec gif --fps 60": ["50"],
    "--codec mpeg4 --fps 29.9701": ["16-bit", "9021/301"],
    "--codec xvid": ["invalid choice"],
}


@pytest.mark.parametrize("options", REFUSED)
def test_wrong_usage_is_refused_before_any_work(folder, cli, monkeypatch, options):
    monkeypatch.chdir(folder.parent)
    before = sorted(folder.parent.rglob("*"))
    ended = cli(folder, *options.replace("--max-size -", "--max-size=-").split())
    assert ended.code == 2
    for part in REFUSED[options]:
        assert part.removeprefix("--") in ended.error_line
    assert sorted(folder.parent.rglob("*")) == before


def test_the_nearest_rate_of_mpeg4_is_one_that_works(tmp_path, ffmpeg):
    video = t2v.convert(numbered(3), tmp_path / "o.mp4", codec="mpeg4", fps="9021/301")
    assert ffmpeg.facts(video.path)["avg_frame_rate"] == "9021/301"


def test_an_encoder_that_is_missing_is_named(folder, cli, monkeypatch):
    lacking = dataclasses.replace(codecs.CODECS["vp9"], encoder="libnothing")
    monkeypatch.setitem(codecs.CODECS, "vp9", lacking)
    ended = cli(folder, "--codec", "vp9")
    assert ended.code == 2
    assert "no encoder for VP9 (libnothing)" in ended.error_line
    assert list(folder.glob("*video*")) == []


def notes_of(**options):
    job = SourceJob(np.zeros((3, 20, 20), np.uint16))
    ending = options.pop("ending", "")
    file = None if not ending else f"o{ending}"
    settings = t2v.VideoSettings(**options)
    plan_jobs([job], settings, _destination(file))
    return job.plan.notes


def _destination(file):
    return Destination(folder=Path(".")) if file is None else Destination(Path(file))


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({}, []),
        ({"width": 2000, "fps": 120}, []),
        ({"width": 3000, "fps": 60}, ["level 5.2"]),  # 35,344 macroblocks, 2,120,640 a second
        ({"width": 3000, "fps": 58}, []),
        ({"width": 3100, "fps": 10}, ["level 5.2"]),  # 37,636 macroblocks
        ({"width": 3100, "fps": 10, "codec": "h265"}, ["HEVC", "level 5.2"]),
        ({"width": 2900, "fps": 10, "codec": "h265"}, ["HEVC"]),
        ({"codec": "vp9"}, ["PowerPoint and QuickTime do not play it"]),
        ({"codec": "av1"}, ["PowerPoint, and QuickTime on most Macs, do not"]),
        ({"codec": "ffv1"}, ["PowerPoint, QuickTime and browsers do not"]),
        ({"codec": "mpeg4"}, ["old programs"]),
        ({"codec": "h264", "ending": ".mkv"}, [".mp4 is for them"]),
        ({"codec": "gif", "width": 100}, []),
        ({"codec": "gif", "width": 4000}, ["hardly compresses"]),
        ({"codec": "gif", "width": 100, "fps": 30}, ["3/100 or 4/100 s"]),
    ],
)
def test_what_is_said_beforehand(options, parts):
    notes = notes_of(**options)
    assert len(notes) == len(parts)
    for note, part in zip(notes, parts, strict=True):
        assert part in note


def test_a_long_side_is_beyond_players_whatever_the_other_one_is():
    job = SourceJob(np.zeros((3, 100, 4200), np.uint16))
    plan_jobs([job], t2v.VideoSettings(width="full"), _destination(None))
    (note,) = job.plan.notes
    assert "4200x100" in note


@pytest.mark.parametrize(
    ("codec", "size"), [("h265", (8, 100)), ("av1", (14, 100)), ("mpeg4", (100, 8200))]
)
def test_sizes_that_an_encoder_cannot_take(tmp_path, codec, size):
    with pytest.raises(t2v.SourceError, match="takes sides of"):
        t2v.convert(np.zeros((2, *size), np.uint8), output_dir=tmp_path, codec=codec, width="full")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("codec", ["h265", "av1", "vp9", "mpeg4", "gif", "ffv1"])
def test_the_smallest_size_of_each(tmp_path, ffmpeg, codec):
    side = max(2, codecs.CODECS[codec].sides_px[0])
    stack = np.full((3, side, side), 100, np.uint8)
    stack[1] = 150
    video = t2v.convert(stack, output_dir=tmp_path, codec=codec, width="full", limits=(0, 255))
    assert ffmpeg.facts(video.path)["nb_read_frames"] == "3"


@pytest.mark.parametrize(
    ("text", "nbytes"),
    [("10MB", 10**7), ("900kB", 900_000), ("1.5 GB", 1_500_000_000), ("8MiB", 8 << 20),
     ("2M", None), ("20000", 20000), (20000, 20000), ("1e6", None), (True, None), ("5k", None)],
)  # fmt: skip
def test_sizes_as_people_write_them(text, nbytes):
    if nbytes is None:
        with pytest.raises(t2v.SettingsError, match="expected a size"):
            t2v.VideoSettings(max_size=text)
    else:
        assert t2v.VideoSettings(max_size=text).max_size == nbytes


def test_settings_survive_json(tmp_path, folder, cli):
    settings = t2v.VideoSettings(codec="vp9", max_size="2MB", quality="high")
    assert t2v.VideoSettings.from_json(settings.to_json()) == settings
    settings.save(tmp_path / "s.json")
    ended = cli(folder, "--dry-run", "--settings", tmp_path / "s.json", "--crf", 30)
    assert "500px_10fps_crf30_video.webm" in ended.out
    raw = t2v.VideoSettings(raw=True)
    assert t2v.VideoSettings.from_json(raw.to_json()) == raw


def test_json_names_the_codec(folder, cli):
    ended = cli(folder, "--codec", "vp9", "--json", "--crf", 40)
    (source,) = json.loads(ended.out)["sources"]
    assert (source["codec"], source["crf"], source["psnr_db"]) == ("vp9", 40, None)


def test_the_command_line_of_the_window_says_the_same(tmp_path, folder, cli):
    pytest.importorskip("magicgui")
    from napari_tif2video._napari.run.script import as_command_line

    settings = t2v.VideoSettings(width=160, codec="vp9", max_size="1MB", quality="draft")
    words = as_command_line([str(folder)], settings, None, None).split()
    assert cli(*words[1:], "--quiet").code == 0
    assert (folder / "160px_10fps_draft_max1MB_video.webm").is_file()


def test_a_gif_of_the_highest_speed_that_players_keep():
    assert t2v.VideoSettings(codec="gif", fps=50).fps == 50
    with pytest.raises(t2v.SettingsError, match="50 or less"):
        t2v.VideoSettings(codec="gif", fps="50.01")
