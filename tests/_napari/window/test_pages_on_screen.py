"""What the pages show for the window and for napari's console."""

from __future__ import annotations

import ast

import numpy as np
import pytest
from helpers.frames import noise
from helpers.pages import needing
from helpers.video import decoded

pytest.importorskip("napari")

BLOCKS = needing("screen")
CONSOLE = {name: block for name, block in BLOCKS.items() if block.language == "python"}
# Of every video that is made there.
SHAPES = {
    "movie.mp4": (3, 500, 500),
    "volume.mp4": (2, 166, 500),
    "merge.mp4": (3, 434, 500),
}


@pytest.mark.parametrize("block", CONSOLE.values(), ids=CONSOLE)
def test_the_lines_for_the_console(viewer, tmp_path, monkeypatch, block):
    monkeypatch.chdir(tmp_path)
    viewer.add_image(noise((3, 260, 300)), name="stack")
    volume = viewer.add_image(
        noise((2, 3, 40, 120)), name="volume", axis_labels=("t", "z", "y", "x")
    )
    names = {"viewer": viewer}
    for statement in ast.parse(block.text).body:
        code = ast.unparse(statement)
        volume.visible = "volume" in code  # what is merged has the same axes
        exec(code, names)
    made = {path.name: decoded(path) for path in tmp_path.glob("*.mp4")}
    assert {"movie.mp4", "merge.mp4"} <= set(made)
    assert {name: video.shape for name, video in made.items()}.items() <= SHAPES.items()
    assert all(np.ptp(video) > 100 for video in made.values())
    if "widget" in names:
        assert names["widget"].settings.contrast == "displayed"
        assert names["widget"].settings.fps == 12
        names["widget"].wait_until_idle()


def test_the_command_without_a_source_opens_the_window(viewer, cli, monkeypatch):
    """With the dock; napari's own loop, which waits for the user, is left out."""
    (block,) = [block for block in BLOCKS.values() if block.language == "shell"]
    (command,) = block.commands
    waited = []
    monkeypatch.setattr("napari.Viewer", lambda: viewer)
    monkeypatch.setattr("napari.run", lambda: waited.append(True))
    assert cli(*command[1:]).code == 0
    assert waited
    docks = viewer.window.dock_widgets
    assert any("Make videos" in name for name in docks)
