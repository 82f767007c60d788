"""The page of pictures: its commands have to work, and its pictures have to be there."""

from __future__ import annotations

import re

import numpy as np
import tifffile
from blocks import commands_of
from helpers.pages import DOCS

PAGE = DOCS / "gallery.md"


def test_commands(cli, tmp_path, monkeypatch):
    """Each makes its video of data of the names and sizes that the page tells."""
    monkeypatch.chdir(tmp_path)
    values = np.random.default_rng(0)
    for folder, names, shape in [
        ("mitosis", ["C1-t{}.tif", "C2-t{}.tif"], (196, 171)),
        ("hot", ["C2-t{}.tif"], (196, 171)),
        ("usiigaci", ["xy01t0{}.tif"], (1022, 1024)),
    ]:
        (tmp_path / folder).mkdir()
        for number in range(2):
            for name in names:
                frame = values.integers(100, 4000, shape).astype(np.uint16)
                tifffile.imwrite(tmp_path / folder / name.format(number), frame)
    for name, interval in (("fast", 10), ("slow", 40)):
        metadata = {"axes": "TYX", "finterval": interval}
        frames = values.integers(100, 4000, (3, 196, 171)).astype(np.uint16)
        tifffile.imwrite(tmp_path / f"{name}.tif", frames, imagej=True, metadata=metadata)
    (tmp_path / "cells").mkdir()
    for number in range(2):
        tifffile.imwrite(tmp_path / f"cells/t{number}.tif", np.eye(1022, 1024, dtype=np.uint8))
    (tmp_path / "cells.csv").write_text("track_id,frame,y,x\n10,0,511,512\n10,1,512,512\n")
    commands = commands_of(PAGE)
    assert len(commands) > 25
    for command in commands:
        ended = cli(*command)
        assert ended.code == 0, (command, ended.err)
        if command[0] == "--inspect":
            assert "mitosis" in ended.out
        else:
            assert (tmp_path / command[command.index("-o") + 1]).stat().st_size > 0


def test_pictures():
    """Those of the page, and no others."""
    shown = re.findall(r"!\[[^]]+\]\(images/(.+?)\)", PAGE.read_text("utf-8"))
    assert sorted(shown) == sorted(path.name for path in (DOCS / "images").glob("gallery-*.png"))
