"""Every format carries its recipe, gives the same bytes again from it, and can be verified."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise, numbered, smooth

import napari_tif2video as t2v

ENDINGS = {
    "h264": [".mp4", ".mkv"],
    "h265": [".mp4", ".mkv"],
    "av1": [".mp4", ".webm", ".mkv"],
    "vp9": [".webm", ".mkv"],
    "ffv1": [".mkv"],
    "prores": [".mov"],
    "mpeg4": [".mp4"],
    "gif": [".gif"],
}
FORMATS = [(codec, ending) for codec, endings in ENDINGS.items() for ending in endings]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Frames that look different; more than a segment of them."""
    return write_folder(tmp_path_factory.mktemp("data") / "pos", numbered(53))


@pytest.mark.parametrize("colormap", [None, "viridis"], ids=["grey", "colour"])
@pytest.mark.parametrize(("codec", "ending"), FORMATS, ids="".join)
def test_the_same_again(tmp_path, cli, folder, codec, ending, colormap):
    options = {"contrast": "global", "width": 100, "codec": codec, "colormap": colormap}
    options |= {"timestamp": True, "frame_interval": 60}
    first = t2v.convert(folder, tmp_path / f"first{ending}", verify=True, **options)
    assert first.verified
    recipe = t2v.read_recipe(first.path)
    assert recipe.settings["codec"] == codec
    assert (recipe.frames, recipe.channels[0].limits) == (53, (first.limits,))
    again = tmp_path / f"again{ending}"
    ended = cli(folder, "--settings", first.path, "-o", again, "--json", "--sidecar")
    assert ended.code == 0
    (source,) = json.loads(ended.out)["sources"]
    assert source["codec"] == codec
    assert again.read_bytes() == first.path.read_bytes()
    assert json.loads(again.with_suffix(".json").read_text(encoding="utf-8")) == recipe.to_dict()
    named = cli(folder, "--settings", first.path, "--output-dir", tmp_path / "named")
    assert named.code == 0
    (path,) = (tmp_path / "named").iterdir()
    assert t2v.read_recipe(path).settings == recipe.settings


@pytest.mark.parametrize("codec", ["ffv1", "gif"])
def test_what_is_exact_is_reported_as_exact(tmp_path, folder, codec):
    video = t2v.convert(folder, output_dir=tmp_path, codec=codec, verify=True, width=100)
    assert video.psnr_mean_db == video.psnr_worst_db == np.inf


@pytest.mark.parametrize("frames", [noise((5, 31, 45)), noise((5, 30, 45, 3), dtype=np.uint16)])
def test_raw_counts(tmp_path, cli, frames):
    source = tmp_path / "s.tif"
    tifffile.imwrite(source, frames, photometric="rgb" if frames.ndim == 4 else "minisblack")
    first = t2v.convert(source, tmp_path / "first.mkv", raw=True, verify=True)
    assert first.psnr_worst_db == np.inf
    recipe = t2v.read_recipe(first.path)
    assert (recipe.contrast, recipe.channels[0].limits, recipe.counts(1234)) == ("raw", (), 1234)
    said = cli("--inspect", first.path)
    assert said.code == 0
    assert "counts as they are" in said.out
    assert cli(source, "--settings", first.path, "-o", tmp_path / "again.mkv").code == 0
    assert (tmp_path / "again.mkv").read_bytes() == first.path.read_bytes()


def test_a_size_limit_counts_the_recipe_too(tmp_path):
    """Limits of each frame are a good part of a small file."""
    frames = smooth((64, 96))[np.newaxis] + noise((300, 64, 96), high=3000)
    free = t2v.convert(frames, tmp_path / "free.mp4", width="full").path.stat().st_size
    size = int(free * 0.7)
    video = t2v.convert(frames, tmp_path / "o.mp4", width="full", max_size=size)
    assert video.path.stat().st_size <= size
    assert len(t2v.read_recipe(video.path).channels[0].limits) == 300
    settings = t2v.VideoSettings.load(video.path)
    again = t2v.convert(frames, tmp_path / "again.mp4", settings=settings)
    assert again.path.read_bytes() == video.path.read_bytes()
