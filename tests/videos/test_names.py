"""Automatic names of videos, and that no two sources of a call ever share one."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from pathlib import PurePath

import pytest
import tifffile
from helpers.files import everything_in, write_folder
from helpers.frames import noise
from hypothesis import given
from hypothesis import strategies as st

import napari_tif2video as t2v
from napari_tif2video.cli.main import main

FRAMES = noise((2, 300, 400))


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "data" / "pos1", FRAMES)


def names_below(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.mp4"))


NAMED = {
    "500px_10fps_video.mp4": [],
    "500px_10fps_crop_250x250_video.mp4": ["--crop", "250x250"],
    "800px_20fps_crop_300x300_global_norm_video.mp4": (
        ["--width", "800", "--fps", "20", "--crop", "300x300", "--global-normalize"]
    ),
    "500px_10fps_global_norm_video.mp4": ["--contrast", "global"],
    "500px_10fps_batch_norm_video.mp4": ["--contrast", "batch"],
    "500px_10fps_fixed_video.mp4": ["--limits", "0", "900"],
    "100px_29.97fps_video.mp4": ["--width", "100", "--fps", "30000/1001"],
    "100px_29.98fps_video.mp4": ["--width", "100", "--fps", "29.98"],
    "100px_1.5fps_video.mp4": ["--width", "100", "--fps", "3/2"],
    "500px_10fps_crop_40x30_at_7_0_video.mp4": ["--crop", "40x30+7+0"],
    "400px_10fps_video.mp4": ["--width", "full"],
    "102px_10fps_video.mp4": ["--width", "101"],
    "50px_10fps_crop_51x41_video.mp4": ["--width", "full", "--crop", "51x41"],
    "500px_10fps_time_every_300s_from_-600s_video.mp4": (
        ["--time-start", "-10min", "--frame-interval", "5min"]
    ),
    "500px_10fps_frames_1-1_video.mp4": ["--frames", "1:"],
    "500px_10fps_frames_1-0_step_-1_video.mp4": ["--frames", "::-1"],
}


@pytest.mark.parametrize(("name", "options"), NAMED.items())
def test_name_inside_the_source_folder(folder, cli, name, options):
    assert cli(folder, "--quiet", *options).code == 0
    assert names_below(folder) == [name]


def test_a_stack_file_gets_its_video_beside_it(tmp_path, cli):
    for name in ("cells.tif", "moving.ome.TIFF"):
        tifffile.imwrite(tmp_path / name, FRAMES)
    assert cli(tmp_path / "cells.tif", tmp_path / "moving.ome.TIFF", "--quiet").code == 0
    assert names_below(tmp_path) == [
        "cells_500px_10fps_video.mp4",
        "moving_500px_10fps_video.mp4",
    ]


def test_in_another_folder_the_source_comes_first(folder, tmp_path, cli):
    out = tmp_path / "new" / "videos"
    assert cli(folder, "--output-dir", out, "--quiet").code == 0
    tifffile.imwrite(tmp_path / "s.tif", FRAMES)
    assert cli(tmp_path / "s.tif", "--output-dir", out, "--quiet").code == 0
    assert names_below(out) == ["pos1_500px_10fps_video.mp4", "s_500px_10fps_video.mp4"]


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (["exp/a", "exp/b"], ["a", "b"]),
        (["exp/a/raw", "exp/b/raw"], ["a_raw", "b_raw"]),
        (["x/1/raw", "x/2/deep/raw"], ["1_raw", "2_deep_raw"]),
        (["one/a", "two/b/c"], ["one_a", "two_b_c"]),
        (["exp", "exp/a"], ["exp", "exp_a"]),
    ],
)
def test_folders_are_named_below_their_common_parent(tmp_path, cli, sources, expected):
    folders = [write_folder(tmp_path / s, FRAMES) for s in sources]
    out = tmp_path / "out"
    assert cli(*folders, "--output-dir", out, "--width", "100", "--quiet").code == 0
    assert names_below(out) == sorted(f"{e}_100px_10fps_video.mp4" for e in expected)


def test_the_output_folder_may_be_the_source_itself(folder):
    video = t2v.convert(folder, output_dir=folder, width=100)
    assert video.path == folder / "100px_10fps_video.mp4"


def refused(cli, root, *argv):
    """The call is wrong usage, says so in one line, and changes nothing."""
    before = everything_in(root)
    ended = cli(*argv)
    assert ended.code == 2
    assert ended.out == ""
    assert everything_in(root) == before
    return ended.error_line


@pytest.mark.parametrize("extra", [[], ["--overwrite"], ["--skip-existing"], ["--dry-run"]])
def test_two_stacks_of_one_stem_are_refused_before_any_work(tmp_path, cli, extra):
    for name in ("cells.tif", "cells.tiff", "cells.ome.tif"):
        tifffile.imwrite(tmp_path / name, FRAMES)
    for other in ("cells.tiff", "cells.ome.tif"):
        line = refused(cli, tmp_path, tmp_path / "cells.tif", tmp_path / other, *extra)
        assert "cells.tif" in line
        assert other in line


def test_two_folders_of_one_name_in_the_output_folder_are_refused(tmp_path, cli):
    first = write_folder(tmp_path / "a" / "b_c", FRAMES)
    second = write_folder(tmp_path / "a_b" / "c", FRAMES)
    # Both are a_b_c below their common parent.
    line = refused(cli, tmp_path, first, second, "--output-dir", tmp_path / "out")
    assert "a_b_c" in line


needs_case = pytest.mark.skipif(
    sys.platform in ("darwin", "win32"), reason="names that differ in case only are one name here"
)


@needs_case
def test_names_that_differ_in_case_only_are_refused(tmp_path, cli):
    first = write_folder(tmp_path / "Pos", FRAMES)
    second = write_folder(tmp_path / "pos", FRAMES)
    refused(cli, tmp_path, first, second, "--output-dir", tmp_path / "out")


@needs_case
def test_folders_that_differ_in_case_only_each_get_their_video(tmp_path, cli):
    first = write_folder(tmp_path / "Pos", FRAMES)
    second = write_folder(tmp_path / "pos", FRAMES)
    assert cli(first, second, "--quiet", "--width", "100").code == 0
    assert names_below(tmp_path) == ["Pos/100px_10fps_video.mp4", "pos/100px_10fps_video.mp4"]


def test_a_source_and_the_video_of_another_never_meet(tmp_path, cli):
    """One file name for several sources is refused, also when a pattern finds only later two."""
    for name in "ab":
        write_folder(tmp_path / name, FRAMES)
    out = tmp_path / "o.mp4"
    assert "--output-dir" in refused(cli, tmp_path, tmp_path / "a", tmp_path / "b", "-o", out)
    assert "--output-dir" in refused(cli, tmp_path, tmp_path / "[ab]", "-o", out)


def test_the_same_source_twice_is_converted_once(folder, cli, monkeypatch):
    monkeypatch.chdir(folder.parent)
    again = [folder, f"{folder}/", "pos1", "./pos1", "../data/pos1", "pos*"]
    ended = cli(*again, "--width", "100")
    assert ended.code == 0
    assert "1 of 1" in ended.err
    assert names_below(folder) == ["100px_10fps_video.mp4"]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs symbolic links")
def test_a_link_to_a_source_is_the_same_source(folder, tmp_path, cli):
    (tmp_path / "link").symlink_to(folder, target_is_directory=True)
    ended = cli(folder, tmp_path / "link", "--width", "100")
    assert ended.code == 0
    assert "1 of 1" in ended.err


# What is asked for, and its token; in the order of the tokens.
TOKENS = [
    (["--contrast", "batch"], "batch_norm"),
    (["--percentile", "0.1", "99.9"], "percentile_0.1-99.9"),
    (["--gamma", "0.5"], "gamma_0.5"),
    (["--invert"], "inverted"),
    (["--colormap", "viridis"], "colormap_viridis"),
    (["--anchor-size", "20", "--anchor-colour", "#ff00ff"], "dot_20px_ff00ff"),
    (["--scale-bar", "--scale-bar-length", "20"], "scalebar_20um"),
    (["--timestamp-corner", "bottom-right"], "time_br"),
    (["--label", "x", "--label-corner", "top-left"], "label_tl"),
    (["--pixel-size", "0.65"], "0.65um"),
    (["--frame-interval", "5min"], "every_300s"),
    (["--codec", "h265"], "h265"),
    (["--quality", "draft"], "draft"),
    (["--max-size", "8MiB"], "max8MiB"),
]
NEEDED = [["--pixel-size", "0.65"], ["--frame-interval", "5min"]]


@given(
    width=st.one_of(st.integers(100, 4000), st.just("full")),
    fps=st.fractions(1, 120, max_denominator=1001),
    crop=st.one_of(st.none(), st.tuples(st.integers(10, 40), st.integers(10, 30))),
    frames=st.one_of(
        st.none(), st.builds(slice, st.integers(0, 2), st.integers(3, 9), st.integers(1, 4))
    ),
)
def test_names_are_composed_of_their_tokens(tmp_path_factory, width, fps, crop, frames):
    source = tmp_path_factory.getbasetemp() / "tokens"
    if not source.exists():
        write_folder(source, noise((6, 30, 40)))
    options = ["--width", width, "--fps", fps]
    options += [] if crop is None else ["--crop", f"{crop[0]}x{crop[1]}"]
    if frames is not None:
        options += ["--frames", f"{frames.start}:{frames.stop}:{frames.step}"]
    name = planned_name(source, *options)
    even = 2 * ((width + 1) // 2) if width != "full" else (crop[0] if crop else 40) // 2 * 2
    tokens = [f"{even}px", name.split("_")[1]]
    assert tokens[1].endswith("fps")
    assert abs(float(tokens[1].removesuffix("fps")) - fps) <= 0.0005
    tokens += [] if crop is None else ["crop", f"{crop[0]}x{crop[1]}"]
    if frames is not None:
        shown = list(range(6))[frames]
        tokens += ["frames", f"{shown[0]}-{shown[-1]}"]
        tokens += [] if frames.step == 1 else ["step", str(frames.step)]
    assert name == "_".join([*tokens, "video.mp4"])


@given(st.lists(st.sampled_from(TOKENS), unique_by=lambda known: known[1]))
def test_each_option_adds_its_token_at_its_place(tmp_path_factory, chosen):
    source = tmp_path_factory.getbasetemp() / "tokens_of_options"
    if not source.exists():
        write_folder(source, noise((2, 200, 300)))
    asked = [options for options, _ in chosen]
    needed = [options for options in NEEDED if options not in asked]
    name = planned_name(source, *(word for options in asked + needed for word in options))
    expected = [token for options, token in TOKENS if options in asked + needed]
    assert name == "_".join(["500px_10fps", *expected, "video.mp4"])


def planned_name(source, *options):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert main([str(source), "--dry-run", "--json", *map(str, options)]) == 0
    (plan,) = json.loads(out.getvalue())["sources"]
    return PurePath(plan["output"]).name
