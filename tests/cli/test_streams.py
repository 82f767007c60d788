"""Streams that are closed, full or watched by a terminal: the work is done and the code true."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.files import write_folder
from helpers.frames import noise, numbered
from helpers.video import numbers as numbers_of

import napari_tif2video as t2v
from napari_tif2video.cli import main

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a shell of Unix")
FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "pos", numbered(3))


def shell(redirection, *argv):
    """How a command ends whose streams the shell changes."""
    command = [sys.executable, "-m", "napari_tif2video", *map(str, argv)]
    words = ["sh", "-c", f'exec "$@" {redirection}', "sh", *command]
    return subprocess.run(words, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    "redirection",
    ["2>&-", pytest.param("2>/dev/full", marks=FULL), "<&- 2>&-", "<&- >&- 2>&-"],
)
def test_without_messages_the_work_is_done(folder, redirection):
    done = shell(redirection, folder, "--width", "full")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (video,) = folder.glob("*.mp4")
    assert numbers_of(video) == [0, 1, 2]


@pytest.mark.parametrize("redirection", ["2>&-", pytest.param("2>/dev/full", marks=FULL)])
def test_without_messages_results_and_failures_are_told(folder, tmp_path, redirection):
    done = shell(redirection, folder, "--json")
    assert json.loads(done.stdout)["sources"][0]["status"] == "ok"
    assert shell(redirection, folder).returncode == 1  # it exists already
    done = shell(redirection, folder, "--width", "9")
    assert (done.returncode, done.stdout) == (2, "")
    done = shell(redirection, folder, "--nonsense")
    assert (done.returncode, done.stdout) == (2, "")
    done = shell(redirection, tmp_path / "nothing", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["sources"][0]["status"] == "failed"


def test_a_reader_of_messages_that_leaves_early(tmp_path):
    first, second = (write_folder(tmp_path / name, numbered(3)) for name in "ab")
    done = shell("2>&1 | true; exit 0", first, second)
    assert done.returncode == 0
    deadline = time.monotonic() + 60
    while not (list(first.glob("*.mp4")) and list(second.glob("*.mp4"))):
        assert time.monotonic() < deadline
        time.sleep(0.1)


@FULL
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_results_that_cannot_be_written(folder, monkeypatch, unbuffered):
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    done = shell(">/dev/full", folder, "--json", "--quiet")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "standard output" in line
    assert "No space left" in line
    assert len(list(folder.glob("*.mp4"))) == 1
    for argv in (["--help"], ["--version"], ["--inspect", next(folder.glob("*.mp4"))]):
        done = shell(">/dev/full", *argv)
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1


EVIL = "\x1b[31mred\x07\x9b2J\u202e"
CODES = [c for c in EVIL if not c.isprintable()]


def assert_harmless(text):
    assert not [c for c in text if not c.isprintable() and c != "\n"]


def test_control_codes_in_names_are_written_out(tmp_path, cli):
    good = write_folder(tmp_path / f"good{EVIL}\nname", numbered(3), name=f"t{{}}{EVIL}.tif")
    bad = write_folder(tmp_path / f"bad{EVIL}\nname", numbered(3), name=f"t{{}}{EVIL}.tif")
    (bad / f"t1{EVIL}.tif").write_bytes(b"II*\0")
    for options in ([], ["--dry-run"], ["--overwrite", "--skip-existing"], ["--width", EVIL]):
        ended = cli(good, bad, f"nothing{EVIL}", *options)
        assert_harmless(ended.out + ended.err)
        assert ended.code in (1, 2)
    ended = cli(good, bad)
    lines = ended.err.splitlines()
    assert len([line for line in lines if line.startswith("Processing directory")]) == 2
    (line,) = (line for line in lines if line.startswith("tif2video: ") and "exists" not in line)
    assert r"t1\x1b[31mred\x07\x9b2J\u202e.tif" in line


def test_control_codes_in_recipes_are_written_out(folder, tmp_path, cli):
    video = t2v.convert(folder, tmp_path / "o.mp4", sidecar=True)
    values = json.loads(video.sidecar.read_text())
    values["source"]["name"] = values["versions"]["x"] = f"a{EVIL}\nb"
    values["settings"]["label"] = EVIL
    values["channels"][0]["name"] = values["contrast"] = EVIL
    values["calibration"] = {"pixel_size_um": 1.0, "pixel_size_origin": EVIL}
    path = tmp_path / f"{EVIL}.json"
    path.write_text(json.dumps(values))
    before = len(cli("--inspect", video.sidecar).out.splitlines())
    ended = cli("--inspect", path)
    assert_harmless(ended.out)
    assert len(ended.out.splitlines()) == before + 1  # the pixel size
    assert json.loads(cli("--inspect", path, "--json").out) == values
    assert_harmless(cli(folder, "--settings", path).err)


def test_a_run_under_nohup_goes_on_when_the_terminal_is_closed(tmp_path):
    folder = write_folder(tmp_path / "pos", noise((100, 300, 300)))
    command = [sys.executable, "-m", "napari_tif2video", folder, "--width", "1000", "--quiet"]
    run = subprocess.Popen(command, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    while not list(folder.glob(".*.part")):
        assert run.poll() is None, "it ended too early"
        time.sleep(0.01)
    run.send_signal(signal.SIGHUP)
    assert run.wait(timeout=120) == 0
    assert len(list(folder.glob("*.mp4"))) == 1


def test_the_handlers_of_signals_are_given_back(folder):
    numbers = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT]
    before = [signal.getsignal(number) for number in numbers]
    for argv in ([str(folder)], ["--version"], ["--nonsense"], [str(folder), "--width", "9"]):
        main(argv)
        assert [signal.getsignal(number) for number in numbers] == before


def test_no_file_gets_the_number_of_the_messages_that_were_closed(folder):
    """FFmpeg and its encoders write to number 2, whatever file that is."""
    code = (
        "import os, sys; from napari_tif2video.cli import main; code = main(sys.argv[1:]);"
        "same = os.path.samestat(os.fstat(2), os.stat(os.devnull)); print(code, same)"
    )
    words = ["sh", "-c", 'exec "$@" 2>&-', "sh", sys.executable, "-c", code, str(folder)]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, timeout=120)
    assert done.stdout == "0 True\n"
