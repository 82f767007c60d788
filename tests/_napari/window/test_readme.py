"""The README's block for napari's console."""

from __future__ import annotations

import ast

import numpy as np
import pytest
from helpers.frames import noise
from helpers.readme import python_blocks
from helpers.video import decoded

pytest.importorskip("napari")


def test_the_lines_for_the_console(viewer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    viewer.add_image(noise((3, 260, 300)), name="stack")
    volume = viewer.add_image(
        noise((2, 3, 40, 120)), name="volume", axis_labels=("t", "z", "y", "x")
    )
    block, _ = python_blocks()
    names = {"viewer": viewer}
    for statement in ast.parse(block).body:
        code = ast.unparse(statement)
        volume.visible = "volume" in code  # what is merged has the same axes
        exec(code, names)
    shapes = {path.name: decoded(path).shape for path in tmp_path.glob("*.mp4")}
    assert shapes == {
        "movie.mp4": (3, 500, 500),
        "volume.mp4": (2, 166, 500),
        "merge.mp4": (3, 434, 500),
    }
    assert names["widget"].settings.contrast == "displayed"
    assert np.ptp(decoded(tmp_path / "volume.mp4")) > 100
    names["widget"].wait_until_idle()
