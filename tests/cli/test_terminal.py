"""What a person at a terminal sees while a video is made."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from helpers.files import write_folder
from helpers.frames import noise

pty = pytest.importorskip("pty", reason="needs a pseudo-terminal, which Windows has not")
termios = pytest.importorskip("termios")


def shown(tmp_path, *options, code=0, **environment):
    """All that a run writes to a terminal."""
    write_folder(tmp_path / "in", noise((2 if code else 150, 200, 200)))  # long enough for a bar
    ours, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (40, 120))
    command = [sys.executable, "-m", "napari_tif2video", "in", "--width", "800", *options]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
        stdin=terminal,
        env=os.environ | {"TERM": "xterm", "NO_COLOR": ""} | environment,
    ) as process:
        os.close(terminal)
        parts = []
        try:
            while part := os.read(ours, 1 << 16):
                parts.append(part)
        except OSError:  # Linux says so when the other side is gone
            pass
        os.close(ours)
    assert process.returncode == code
    return b"".join(parts).decode()


def test_progress_with_rate_and_time_left(tmp_path):
    seen = shown(tmp_path, "--global-normalize")
    states = [re.search(r"(measuring|encoding)\D*(\d+) ?%", part) for part in seen.split("\r")]
    phases = [state[1] for state in states if state]
    percents = [int(state[2]) for state in states if state]
    assert list(dict.fromkeys(phases)) == ["measuring", "encoding"]
    assert percents == sorted(percents)
    assert percents[0] < percents[-1]
    assert percents[-1] <= 100
    assert " frames/s" in seen
    assert " left" in seen
    assert seen.rstrip().splitlines()[-1].strip()  # the bar is gone, the summary is there
    assert "ok:" in seen


def test_headings_begin_lines(tmp_path):
    """Also where the progress of measuring all sources stood."""
    seen = shown(tmp_path, "--contrast", "batch")
    assert "measuring" in seen
    lines = [line.rpartition("\r")[2] for line in seen.split("\r\n")]
    assert "Processing directory 1 of 1: in" in lines
    assert "Measuring one contrast over 1 sources" in lines
    assert not [line for line in lines if "% |" in line]


def test_quiet(tmp_path):
    assert shown(tmp_path, "--quiet") == ""


RED = "\x1b[31mtif2video:\x1b[0m "


def test_errors_have_a_colour_on_a_terminal(tmp_path):
    assert RED in shown(tmp_path, "--crop", "999x999", code=1)


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_who_wants_no_colours_gets_none(tmp_path, environment):
    seen = shown(tmp_path, "--crop", "999x999", "--quiet", code=1, **environment)
    assert seen.startswith("tif2video: ")
    assert "\x1b" not in seen


def test_there_is_no_colour_where_no_terminal_is(tmp_path, command):
    ended = command(write_folder(tmp_path / "in", noise((2, 20, 30))), "--crop", "999x999")
    assert ended.code == 1
    assert "\x1b" not in ended.err + ended.out
    assert "\x1b" not in command("--help").out
