"""What a terminal is sent: colours, and the bar of progress, in this process."""

from __future__ import annotations

import io
import os
import re
import sys
import time

import pytest
from helpers.files import write_folder
from helpers.frames import numbered

from napari_tif2video.cli import main
from napari_tif2video.cli.console import Console
from napari_tif2video.cli.terminal import say, show
from napari_tif2video.pipeline import Execution, Progress
from napari_tif2video.videos import SourceJob


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    encoding = "utf-8"

    def isatty(self):
        return True


def watched(monkeypatch):
    """What is written to a terminal that takes colours, from here on."""
    for name in ("NO_COLOR", "WT_SESSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    return sys.stderr


LINES = {
    "tif2video: no": "\x1b[31mtif2video:\x1b[0m no",
    "  failed: a": "\x1b[31m  failed:\x1b[0m a",
    "  Note: tif2video: a": "\x1b[33m  Note:\x1b[0m tif2video: a",
    "failed: a": "failed: a",
    "a tif2video: b": "a tif2video: b",
    "  ok: a": "  ok: a",
    "tif2video: \x1b[2J": "\x1b[31mtif2video:\x1b[0m \\x1b[2J",
}


def test_which_words_are_in_colour(monkeypatch):
    terminal = watched(monkeypatch)
    for line in LINES:
        say(line)
    assert terminal.getvalue() == "".join(f"{line}\n" for line in LINES.values())


@pytest.mark.parametrize(
    ("name", "value", "has_colour"),
    [("NO_COLOR", "1", False), ("NO_COLOR", "", True), ("TERM", "dumb", False), ("TERM", "", True)],
)
def test_whether_there_are_colours(monkeypatch, name, value, has_colour):
    terminal = watched(monkeypatch)
    monkeypatch.setenv(name, value)
    say("  Note: a")
    assert terminal.getvalue() == ("\x1b[33m  Note:\x1b[0m a\n" if has_colour else "  Note: a\n")


def test_there_are_none_where_nobody_looks(capsys, monkeypatch):
    terminal = watched(monkeypatch)
    monkeypatch.setattr(terminal, "isatty", lambda: False)
    say("  Note: a")
    assert terminal.getvalue() == "  Note: a\n"
    show("  Note: a\x1b")
    assert capsys.readouterr().out == "  Note: a\x1b\n"
    monkeypatch.setattr(sys, "stderr", None)
    say("a")
    assert capsys.readouterr().out == ""


def test_names_that_a_stream_cannot_show_are_written_out(tmp_path, monkeypatch):
    folder = write_folder(tmp_path / "µm", numbered(2))
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert main([str(folder), str(tmp_path / "日"), "--dry-run"]) == 1
    assert main([str(folder), "--width", "日"]) == 2
    out, err = (stream.buffer.getvalue().decode("ascii") for stream in (sys.stdout, sys.stderr))
    assert out.splitlines()[0] == f"1 of 2: {tmp_path}{os.sep}\\xb5m"
    assert f"2 of 2: {tmp_path}{os.sep}\\u65e5" in out.splitlines()
    assert err == (
        "tif2video: --width: expected a whole number of pixels or 'full', got '\\u65e5'\n"
    )


# Of 40 frames, which are 120 steps of work; 30 letters wide.
STATES = [
    ("measuring", 0, "", "  0% |" + 30 * " "),  # said before anything is known
    ("measuring", 30, "measuring", " 25% |" + 7 * "█" + "▌" + 22 * " "),
    ("encoding", 60, "encoding", " 50% |" + 15 * "█" + 15 * " "),
    ("encoding", 120, "encoding", "100% |" + 30 * "█"),
]


def test_a_bar_of_progress(monkeypatch):
    terminal = watched(monkeypatch)
    console = Console([], quiet=False)
    progress = console.watch(Execution(1)).progress
    for phase, done, *_ in STATES:
        progress(Progress(phase, done, 120, 40))
        time.sleep(0.11)  # it is drawn ten times a second
    _, *parts = terminal.getvalue().split("\r")
    for part, (*_, phase, bar) in zip(parts, STATES, strict=True):
        assert re.fullmatch(rf"  {phase} {re.escape(bar)}\| [\d.?]+ frames/s, [\d:?]+ left *", part)
    # It goes, and another one takes its place.
    console.close(as_json=False)
    assert re.search(r"left\r +\rSummary: 0 total, .*\n$", terminal.getvalue())
    progress(Progress("verifying", 40, 80, 20))
    assert terminal.getvalue().endswith("? left")
    console.started(0, SourceJob("in"))
    assert re.search(r"\? left\r +\rProcessing directory 1 of 0: in\n$", terminal.getvalue())


def test_there_is_no_bar_where_nobody_looks(monkeypatch):
    terminal = watched(monkeypatch)
    assert Console([], quiet=True).watch(Execution(1)).progress is None
    progress = Console([], quiet=False).watch(Execution(1)).progress
    monkeypatch.setattr(terminal, "isatty", lambda: False)
    progress(Progress("encoding", 60, 120, 40))
    monkeypatch.setattr(sys, "stderr", None)
    progress(Progress("encoding", 60, 120, 40))
    assert terminal.getvalue() == ""
