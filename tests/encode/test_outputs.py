"""A video appears when it is whole; what had its name before survives every failure."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from helpers.files import everything_in, write_folder
from helpers.frames import noise, numbered
from helpers.video import numbers

import napari_tif2video as t2v

OLD = b"an older video, precious"


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "pos", numbered(3))


def test_an_existing_output_is_an_error_and_stays(folder, tmp_path, cli):
    (tmp_path / "o.mp4").write_bytes(OLD)
    before = everything_in(tmp_path)
    ended = cli(folder, "-o", tmp_path / "o.mp4", "--quiet")
    assert ended.code == 1
    assert "o.mp4" in ended.error_line
    assert "--overwrite" in ended.error_line
    assert "--skip-existing" in ended.error_line
    assert everything_in(tmp_path) == before
    with pytest.raises(t2v.OutputExistsError):
        t2v.convert(folder, tmp_path / "o.mp4")


def test_an_existing_output_is_found_before_any_work(tmp_path):
    """The frames cannot even be read, yet the output is what is complained about."""
    folder = write_folder(tmp_path / "pos", numbered(3))
    (folder / "t1.tif").write_bytes(b"")
    (tmp_path / "o.mp4").write_bytes(OLD)
    with pytest.raises(t2v.OutputExistsError, match="exists"):
        t2v.convert(folder, tmp_path / "o.mp4")


def test_overwrite(folder, tmp_path, cli):
    (tmp_path / "o.mp4").write_bytes(OLD)
    ended = cli(folder, "-o", tmp_path / "o.mp4", "--overwrite", "--width", "full", "--quiet")
    assert ended.code == 0
    assert numbers(tmp_path / "o.mp4") == [0, 1, 2]


def test_skip_existing(folder, tmp_path, cli):
    (tmp_path / "o.mp4").write_bytes(OLD)
    assert cli(folder, "-o", tmp_path / "o.mp4", "--skip-existing", "--quiet").code == 0
    assert (tmp_path / "o.mp4").read_bytes() == OLD
    video = t2v.convert(folder, tmp_path / "o.mp4", skip_existing=True)
    assert video.status == "skipped"
    made = t2v.convert(folder, tmp_path / "p.mp4", skip_existing=True)
    assert made.status == "ok"


def test_a_dangling_link_is_an_existing_output(folder, tmp_path):
    (tmp_path / "o.mp4").symlink_to(tmp_path / "nowhere.mp4")
    with pytest.raises(t2v.OutputExistsError):
        t2v.convert(folder, tmp_path / "o.mp4")
    assert (tmp_path / "o.mp4").is_symlink()
    t2v.convert(folder, tmp_path / "o.mp4", overwrite=True, width="full")
    assert numbers(tmp_path / "o.mp4") == [0, 1, 2]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_of_the_outputs_name_is_left_alone(folder, tmp_path, overwrite):
    (tmp_path / "o.mp4").mkdir()
    (tmp_path / "o.mp4" / "inside.txt").write_bytes(OLD)
    before = everything_in(tmp_path)
    with pytest.raises(t2v.OutputError):
        t2v.convert(folder, tmp_path / "o.mp4", overwrite=overwrite)
    assert everything_in(tmp_path) == before


def bad_file(folder, tmp_path):
    (folder / "t2.tif").write_bytes((folder / "t2.tif").read_bytes()[:-9])
    return folder, {}


def bad_crop(folder, tmp_path):
    return folder, {"crop": "9999x9999"}


def bad_array(folder, tmp_path):
    import dask.array as da

    def fail(block):
        raise ZeroDivisionError("in the user's own code")

    array = da.from_array(noise((60, 48, 160)), chunks=(20, 48, 160))
    return array.map_blocks(fail, dtype=np.uint16, meta=array._meta), {}


def cancelled(folder, tmp_path):
    return noise((300, 300, 300)), {"cancel": lambda: True}


def failing_progress(folder, tmp_path):
    def fail(progress):
        raise LookupError("in the caller's own code")

    return folder, {"progress": fail}


FAILURES = [bad_file, bad_crop, bad_array, cancelled, failing_progress]


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("contrast", ["local", "global"])
@pytest.mark.parametrize("exists", [False, True])
def test_after_any_failure_everything_is_as_it_was(folder, tmp_path, failure, contrast, exists):
    out = tmp_path / "videos" / "o.mp4"
    out.parent.mkdir()
    if exists:
        out.write_bytes(OLD)
    source, options = failure(folder, tmp_path)
    before = everything_in(tmp_path)
    with pytest.raises((t2v.Tif2VideoError, LookupError)):
        t2v.convert(source, out, overwrite=True, contrast=contrast, **options)
    assert everything_in(tmp_path) == before


def test_a_name_that_is_taken_while_the_video_is_made_is_not_replaced(tmp_path):
    out = tmp_path / "o.mp4"

    def somebody_else_is_faster(progress):
        if not out.exists():
            out.write_bytes(OLD)

    with pytest.raises(t2v.OutputExistsError):
        t2v.convert(numbered(120), out, progress=somebody_else_is_faster)
    assert out.read_bytes() == OLD


def test_nothing_is_seen_under_the_name_before_the_end(tmp_path):
    out = tmp_path / "o.mp4"
    seen = []
    t2v.convert(
        noise((150, 200, 200)), out, progress=lambda p: seen.append((p.fraction, out.exists()))
    )
    assert not any(exists for fraction, exists in seen)
    assert out.exists()


def test_new_folders_are_made_for_outputs(folder, tmp_path):
    video = t2v.convert(folder, tmp_path / "a" / "b" / "o.mp4")
    assert video.path.is_file()


def test_videos_have_the_permissions_of_any_new_file(folder, tmp_path):
    (tmp_path / "reference").touch()
    video = t2v.convert(folder, tmp_path / "o.mp4")
    expected = stat.S_IMODE((tmp_path / "reference").stat().st_mode)
    assert stat.S_IMODE(video.path.stat().st_mode) == expected


# What is imported on demand may be in folders that only root can read.
UNPRIVILEGED = """
import os, sys, tempfile
import numpy as np
import napari_tif2video as t2v
from napari_tif2video.cli import main

with tempfile.TemporaryDirectory() as folder:
    t2v.convert(np.zeros((2, 20, 100), np.uint16), folder + "/warm-up.mp4")
    assert main(["--dry-run", "--quiet", folder]) == 1
sys.stdout.flush()
print("-- as an ordinary user", file=sys.stderr)
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def unprivileged():
    """A world-readable folder, and the command with no rights beyond those of an ordinary user."""
    if not hasattr(os, "setuid"):
        pytest.skip("needs POSIX users")
    root = Path(tempfile.mkdtemp(prefix="tif2video-test-"))
    root.chmod(0o755)

    def run(*argv):
        done = subprocess.run(
            [sys.executable, "-c", UNPRIVILEGED, *map(str, argv)], capture_output=True, text=True
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr.partition("-- as an ordinary user\n")[2].splitlines()

    try:
        yield root, run
    finally:
        for path in [root, *root.rglob("*")]:
            if path.is_dir():
                path.chmod(0o755)
        shutil.rmtree(root)


def test_no_permission_to_write_beside_the_data(unprivileged):
    root, run = unprivileged
    folder = write_folder(root / "pos", numbered(2))
    folder.chmod(0o555)
    code, (line,) = run(folder, "--quiet")
    assert code == 1
    assert "--output-dir" in line
    assert str(folder) in line
    assert len(list(folder.iterdir())) == 2


def test_no_permission_to_make_the_output_folder(unprivileged):
    root, run = unprivileged
    folder = write_folder(root / "pos", numbered(2))
    (root / "locked").mkdir()
    (root / "locked").chmod(0o555)
    code, (line,) = run(folder, "--quiet", "--output-dir", root / "locked" / "new")
    assert code == 1
    assert "locked" in line


def test_no_permission_to_read_does_not_stop_the_others(unprivileged):
    root, run = unprivileged
    good = write_folder(root / "a_good", numbered(2))
    good.chmod(0o777)
    unlistable = write_folder(root / "b_unlistable", numbered(2))
    unreadable = write_folder(root / "c_unreadable", numbered(2))
    inside = write_folder(root / "d_locked" / "pos", numbered(2))
    last = write_folder(root / "e_last", numbered(2))
    last.chmod(0o777)
    unlistable.chmod(0o311)
    (unreadable / "t1.tif").chmod(0)
    unreadable.chmod(0o777)
    inside.parent.chmod(0)
    code, lines = run(good, unlistable, unreadable, inside, last, "--quiet")
    assert code == 1
    assert len(lines) == 3
    for line, name in zip(lines, ["b_unlistable", "t1.tif", "d_locked"], strict=True):
        assert name in line
        assert "unexpected" not in line
    assert len(list(good.glob("*.mp4"))) == len(list(last.glob("*.mp4"))) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_report_that_cannot_be_written_is_named(folder, cli):
    ended = cli(folder, "--quiet", "--report", "/dev/full", "--width", "100")
    assert ended.code != 0
    assert "/dev/full" in ended.error_line


# From a disk on which the video does not even begin, to one that lacks the very last byte.
SPACE = {
    "nothing": lambda size: 1000,
    "half": lambda size: size // 2,
    "all but the index": lambda size: size - 1500,
    "all but one byte": lambda size: size - 1,
}


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
@pytest.mark.parametrize("space", SPACE.values(), ids=SPACE)
@pytest.mark.parametrize("exists", [False, True])
def test_a_disk_that_is_full_leaves_nothing_and_says_so(tmp_path, command, space, exists):
    import resource

    stack = noise((60, 128, 128))
    folder, out = write_folder(tmp_path / "pos", stack), tmp_path / "o.mp4"
    limit = space(t2v.convert(folder, out, width="full").path.stat().st_size)
    out.unlink()
    if exists:
        out.write_bytes(OLD)
    ended = command(
        *[folder, "-o", out, "--overwrite", "--quiet", "--width", "full"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert ended.code == 1
    assert str(folder) in ended.error_line
    assert out.exists() == exists
    if exists:
        assert out.read_bytes() == OLD


def test_old_leftovers_of_a_killed_run_go_and_young_ones_stay(folder):
    """The young one may belong to a run that is still at work."""
    # The name is whatever a killed run leaves: found out by looking while one runs.
    names = set()
    t2v.convert(
        noise((150, 200, 200)),
        folder / "first.mp4",
        progress=lambda _: names.update(p.name for p in folder.glob(".*")),
    )
    (name,) = names
    old, young = folder / f"{name[:-9]}aaaa.part", folder / f"{name[:-9]}bbbb.part"
    for path in (old, young):
        path.write_bytes(b"half a video")
    os.utime(old, (1e9, 1e9))
    t2v.convert(folder, folder / "second.mp4")
    assert not old.exists()
    assert young.exists()
    young.unlink()
