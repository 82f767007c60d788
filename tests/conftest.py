"""Fixtures of all tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import pytest
from helpers.video import FFmpeg
from hypothesis import HealthCheck, settings

from napari_tif2video.cli.main import main
from napari_tif2video.data import free_memory

# Conversions take milliseconds, but a busy machine can make any of them slow. A fixed seed, so
# that a failure on one machine is a failure on all.
settings.register_profile(
    "tests",
    deadline=None,
    max_examples=50,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tests")


def pytest_report_header():
    """What the machine has: a run that is slow or stopped may have had too little."""
    memory, disk = free_memory() / 1e9, shutil.disk_usage(tempfile.gettempdir()).free / 1e9
    return f"machine: {os.cpu_count()} cores, free: {memory:.1f} GB of memory, {disk:.0f} of disk"


@pytest.fixture(scope="session")
def ffmpeg():
    """The ffmpeg and ffprobe commands; on a build machine they have to be there."""
    missing = [name for name in ("ffmpeg", "ffprobe") if shutil.which(name) is None]
    if missing and os.environ.get("CI"):
        pytest.fail(f"{' and '.join(missing)} must be installed where CI is set")
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed: the independent check is left out")
    return FFmpeg()


@pytest.fixture(autouse=True)
def _no_leftovers(request):
    """No test may leave a temporary file of ours behind, however it ended."""
    uses_files = "tmp_path" in request.fixturenames
    folder = request.getfixturevalue("tmp_path") if uses_files else None
    yield
    if folder is not None and not request.node.get_closest_marker("killed"):
        left = sorted(folder.rglob("*.part"))
        assert not left, f"temporary files were left behind: {left}"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def error_line(self):
        """The only line on stderr."""
        (line,) = self.err.splitlines()
        assert "Traceback" not in line
        return line


@pytest.fixture
def cli(capsys):
    """Run the command line in this process: ``cli("folder", "--width", 200)``."""

    def run(*argv):
        capsys.readouterr()
        code = main([str(arg) for arg in argv])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Ended(code, out, err)

    return run


@pytest.fixture
def command():
    """Run the command line in a process of its own."""

    def run(*argv, **options):
        done = subprocess.run(
            [sys.executable, "-m", "napari_tif2video", *map(str, argv)],
            capture_output=True,
            text=True,
            timeout=120,
            **options,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run
