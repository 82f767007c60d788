"""`scripts/dev.py demo`: what a newcomer sees at its end is there, and works."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers.video import decoded, grey_of
from PIL import Image

SCRIPTS = Path(__file__).parents[1] / "scripts"
# Where the command is, which is not where pytest found Python in every environment.
BIN = Path(sys.prefix) / ("Scripts" if os.name == "nt" else "bin")


@pytest.fixture
def dev(tmp_path, monkeypatch):
    """The script, as if its checkout were an empty folder with the environment of the tests."""
    monkeypatch.syspath_prepend(SCRIPTS)
    module = importlib.import_module("dev")
    for name, value in {"ROOT": tmp_path, "BIN": BIN, "PYTHON": sys.executable}.items():
        monkeypatch.setattr(module, name, value)
    monkeypatch.chdir(tmp_path)
    return module


def test_the_demo_ends_with_a_picture_and_a_command_that_works(dev, capfd, tmp_path):
    assert dev.show_demo() == 0
    said = dict(re.findall(r"^(\w[\w ]+): +(.*)$", capfd.readouterr().out, re.M))
    frames = decoded(tmp_path / said["The video"])
    picture = np.asarray(Image.open(tmp_path / said["A frame"]).convert("L")).astype(int)
    assert np.abs(picture - grey_of(frames[len(frames) // 2])).mean() < 2
    done = subprocess.run(shlex.split(said["Try next"]), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.rglob("*.mp4"))) == 2


def test_a_second_demo_gets_a_folder_of_its_own(dev, tmp_path):
    (tmp_path / "tif2video-demo").mkdir()
    (tmp_path / "tif2video-demo" / "thesis.txt").touch()
    assert dev.show_demo() == 0
    assert len(list((tmp_path / "tif2video-demo-2").rglob("*.png"))) == 1
