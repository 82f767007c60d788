"""What the window copies: a command line and Python lines that make the same video."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import tifffile
from helpers.frames import noise

import napari_tif2video as t2v

pytest.importorskip("napari", exc_type=ImportError)
from napari_tif2video._napari.run.script import (
    as_command_line,
    as_python,
    loses_colours,
)
from napari_tif2video.colours import Display

Settings = t2v.VideoSettings
SHOWN = Display(limits=(1, 2.5), gamma=0.5)

COMMANDS = {
    "nothing": (Settings(), None, None, (), "tif2video a"),
    "one": (Settings(width=300), None, None, (), "tif2video a --width 300"),
    "switch": (Settings(anchor=True), None, None, (), "tif2video a --anchor"),
    "minus": (Settings(frames="-10:"), None, None, (), "tif2video a --frames=-10:"),
    "frames": (Settings(frames="2:9"), None, None, (), "tif2video a --frames=2:9"),
    "several times": (
        Settings(event=["0=start", "1:00..2:00=+ drug"]),
        None,
        None,
        (),
        "tif2video a --event 0=start --event '1:00..2:00=+ drug'",
    ),
    "numbers": (
        Settings(limits=(-5.5, 1e-7)),
        None,
        None,
        (),
        "tif2video a --limits -5.5 1e-07",
    ),
    "elsewhere": (
        Settings(fps=25),
        Path("/my videos"),
        None,
        ("verify", "sidecar"),
        "tif2video a --fps 25 --verify --sidecar --output-dir '/my videos'",
    ),
    "as it is shown": (
        Settings(contrast="displayed"),
        None,
        SHOWN,
        (),
        "tif2video a --limits 1 2.5 --gamma 0.5",
    ),
    "own gamma": (
        Settings(contrast="displayed", gamma=2),
        None,
        SHOWN,
        (),
        "tif2video a --limits 1 2.5 --gamma 2.0",
    ),
    "plainly shown": (Settings(contrast="displayed"), None, Display(), (), "tif2video a"),
    "shown by nothing": (Settings(contrast="displayed"), None, None, (), "tif2video a"),
    "of its own contrast": (
        Settings(contrast="global"),
        None,
        SHOWN,
        (),
        "tif2video a --contrast global",
    ),
}


@pytest.mark.parametrize("case", COMMANDS)
def test_the_command_line(case):
    settings, folder, display, run, expected = COMMANDS[case]
    assert as_command_line(["a"], settings, folder, display, run) == expected


def test_all_sources_are_named():
    assert as_command_line(["a b", "c"], Settings(), None, None) == "tif2video 'a b' c"


def test_limits_for_each_channel_have_no_option():
    pair = Settings(limits=[(1, 2)])
    assert as_command_line(["a"], pair, None, None) == "tif2video a --limits 1 2"
    with pytest.raises(t2v.SettingsError) as raised:
        as_command_line(["a"], Settings(limits=[(1, 2), (3, 4)]), None, None)
    assert str(raised.value) == (
        "limits: a command line has one pair for all channels; save the settings and name "
        "their file in it, or copy as Python"
    )


@pytest.mark.parametrize(
    "settings",
    [
        Settings(width=180, fps=4, limits=(-2e-7, 1e-7), frames="-3:", anchor=True, gamma=0.5),
        Settings(
            width=400,
            contrast="local",
            crop="20x10+3+4",
            event=["0=on", "0.5..1=x 'y'"],
            max_size="1MB",
            frame_interval=0.5,
        ),
        Settings(contrast="global", timestamp=True, frame_interval=2, time_start=-60),
    ],
    ids=["numbers", "texts", "times"],
)
def test_the_command_makes_a_video_of_the_same_settings(tmp_path, cli, settings):
    (tmp_path / "in put").mkdir()
    for number in range(5):
        frame = noise((30, 40), seed=number).astype("f4") * 1e-11 - 2e-7
        tifffile.imwrite(tmp_path / "in put" / f"t{number}.tif", frame)
    text = as_command_line([str(tmp_path / "in put")], settings, tmp_path / "out", None)
    program, *words = shlex.split(text)
    assert program == "tif2video"
    assert cli(*words).code == 0
    (video,) = (tmp_path / "out").iterdir()
    assert t2v.read_recipe(video).settings == settings.to_dict()


LINES = {
    "viewer": ("viewer", Settings(), None, (), "convert(viewer)"),
    "named": (
        "viewer",
        Settings(width=300),
        Path("/o.mp4"),
        (),
        "convert(viewer, '/o.mp4', width=300)",
    ),
    "run": ("viewer", Settings(), None, ("verify",), "convert(viewer, verify=True)"),
    "folders": (["a", "b"], Settings(), None, (), "convert_batch(['a', 'b'])"),
    "elsewhere": (
        ["a"],
        Settings(limits=(1, 2)),
        Path("/out"),
        ("sidecar", "verify"),
        "convert_batch(['a'], output_dir='/out', limits=[1.0, 2.0], sidecar=True, verify=True)",
    ),
}


@pytest.mark.parametrize("case", LINES)
def test_the_lines_of_python(case):
    source, settings, output, run, expected = LINES[case]
    lines = as_python(source, settings, output, run)
    assert lines == f"import napari_tif2video as t2v\nt2v.{expected}"


def test_what_a_command_line_cannot_say_of_a_layer():
    as_shown, green = Settings(contrast="displayed"), replace(SHOWN, colours="green")
    assert not loses_colours(as_shown, Display())
    assert not loses_colours(as_shown, replace(SHOWN, blending="additive"))
    assert loses_colours(as_shown, green)
    assert loses_colours(as_shown, replace(SHOWN, opacity=0.5))
    assert loses_colours(as_shown, replace(SHOWN, invert=True))
    assert not loses_colours(Settings(contrast="global"), green)
    own = Settings(contrast="displayed", colormap="viridis")
    assert not loses_colours(own, green)
    assert loses_colours(own, replace(green, opacity=0.5))
