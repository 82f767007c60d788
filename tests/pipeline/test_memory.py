"""Memory is bounded: large things are converted below a hard limit, or refused in one line."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import tifffile
from helpers.files import write_pages
from helpers.video import media

resource = pytest.importorskip("resource", reason="needs limits of POSIX")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps this limit")

GIB = 1 << 30


def limited(nbytes, *argv):
    """The command in a process that cannot get more memory than this, loaded libraries counted."""
    return subprocess.run(
        [sys.executable, "-m", "napari_tif2video", *map(str, argv)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (nbytes, nbytes)),
        capture_output=True,
        text=True,
        timeout=300,
    )


def sparse(path, shape, description=None):
    """A file of one page with planes behind it that nobody wrote: they take no room on the disk."""
    first = np.zeros((1, 1), np.uint16)
    write_pages(path, [first], description=description)
    with tifffile.TiffFile(path, mode="r+b") as tif:
        tags = tif.pages.first.tags
        start = tif.pages.first.dataoffsets[0]
        for name, value in (
            ("ImageWidth", shape[-1]),
            ("ImageLength", shape[-2]),
            ("RowsPerStrip", shape[-2]),
            ("StripByteCounts", 2 * shape[-1] * shape[-2]),
        ):
            tags[name].overwrite(value, dtype="I")
    with open(path, "r+b") as file:
        file.truncate(start + 2 * int(np.prod(shape, dtype=np.int64)))
    return path


@pytest.fixture(scope="module")
def huge(tmp_path_factory):
    """A frame of 800 MB."""
    return sparse(tmp_path_factory.mktemp("huge") / "t0.tif", (20_000, 20_000))


def test_a_frame_of_20000_pixels_square_in_2_gib(huge, tmp_path):
    out = tmp_path / "o.mp4"
    done = limited(2 * GIB, huge, "-o", out, "--contrast", "global", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(media(out)[0]) == 1


@pytest.mark.parametrize("contrast", ["local", "smooth"])
def test_1000_of_100000_frames_in_1_gib(tmp_path, contrast):
    many = sparse(
        tmp_path / "many.tif",
        (100_000, 64, 64),
        "ImageJ=1.53t\nimages=100000\nframes=100000\nloop=false\n",
    )
    options = ["--frames=::100", "--width", "100", "--contrast", contrast, "--quiet"]
    done = limited(GIB, many, "-o", tmp_path / "o.mp4", *options)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(media(tmp_path / "o.mp4")[0]) == 1000


def test_what_does_not_fit_is_said_in_one_line(huge, tmp_path):
    done = limited(int(0.9 * GIB), huge, "-o", tmp_path / "o.mp4", "--quiet")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "not enough memory" in line
    assert str(huge) in line
    assert list(tmp_path.iterdir()) == []
