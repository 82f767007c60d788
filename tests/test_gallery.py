"""The page of pictures: its commands have to work, and its pictures have to be there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import tifffile

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "gallery.md").read_text(encoding="utf-8")


def test_commands(cli, tmp_path, monkeypatch):
    """Each is accepted for data of the names and sizes that the page tells."""
    monkeypatch.chdir(tmp_path)
    for folder, names, shape in [
        ("mitosis", ["C1-t{}.tif", "C2-t{}.tif"], (196, 171)),
        ("hot", ["C2-t{}.tif"], (196, 171)),
        ("usiigaci", ["xy01t0{}.tif"], (1022, 1024)),
    ]:
        (tmp_path / folder).mkdir()
        for number in range(2):
            for name in names:
                frame = np.zeros(shape, np.uint16)
                tifffile.imwrite(tmp_path / folder / name.format(number), frame)
    for name, interval in (("fast", 10), ("slow", 40)):
        metadata = {"axes": "TYX", "finterval": interval}
        frames = np.zeros((3, 196, 171), np.uint16)
        tifffile.imwrite(tmp_path / f"{name}.tif", frames, imagej=True, metadata=metadata)
    lines = re.findall(r"^    tif2video (.+)$", PAGE.replace("\\\n", ""), flags=re.MULTILINE)
    commands = [shlex.split(line) for line in lines]
    makes = [command for command in commands if command[0] != "--inspect"]
    assert len(makes) > 25
    for command in makes:
        ended = cli(*command, "--dry-run")
        assert (ended.code, ended.err) == (0, ""), command
    made = {command[command.index("-o") + 1] for command in makes}
    assert len(made) == len(makes)
    (inspected,) = [command[1] for command in commands if command[0] == "--inspect"]
    assert inspected in made


def test_pictures():
    """Those of the page, and no others."""
    shown = re.findall(r"!\[[^]]+\]\(images/(.+?)\)", PAGE)
    assert sorted(shown) == sorted(path.name for path in (DOCS / "images").glob("gallery-*.png"))
