"""A video appears when it is whole; what had its name before survives every failure."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
from helpers.files import everything_in, write_folder
from helpers.frames import noise, numbered
from helpers.video import media, numbers

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
    (folder / "t1.tif").write_bytes((folder / "t1.tif").read_bytes()[:-9])
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


@contextlib.contextmanager
def files_no_longer_than(nbytes):
    """A stand-in for a disk that is full."""
    resource = pytest.importorskip("resource", reason="needs resource limits")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (nbytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("space", SPACE.values(), ids=SPACE)
@pytest.mark.parametrize("exists", [False, True])
def test_a_disk_that_is_full_leaves_nothing_and_says_so(tmp_path, cli, space, exists):
    stack = noise((60, 128, 128))
    folder, out = write_folder(tmp_path / "pos", stack), tmp_path / "o.mp4"
    limit = space(t2v.convert(folder, out, width="full").path.stat().st_size)
    out.unlink()
    if exists:
        out.write_bytes(OLD)
    with files_no_longer_than(limit):
        ended = cli(folder, "-o", out, "--overwrite", "--quiet", "--width", "full")
    assert ended.code == 1
    assert str(folder) in ended.error_line
    assert str(out) in ended.error_line
    assert re.search(r"\d\.\d MB are free there", ended.error_line)
    assert ".part" not in ended.error_line
    assert out.exists() == exists
    if exists:
        assert out.read_bytes() == OLD


def test_a_disk_that_gets_full_while_segments_wait(tmp_path, cli):
    folder = write_folder(tmp_path / "pos", noise((130, 256, 256)))
    with files_no_longer_than(4_500_000):  # where they no longer wait in memory
        ended = cli(folder, "-o", tmp_path / "o.mp4", "--quiet", "--width", "full")
    assert ended.code == 1
    assert f"{tmp_path / 'o.mp4'}: cannot be written" in ended.error_line
    assert [p.name for p in tmp_path.iterdir()] == ["pos"]


def test_a_long_video_waits_in_a_file_without_a_name(tmp_path):
    """Nobody else can read or change it, it goes with its process, and no byte depends on it."""
    stack, seen, nameless = noise((130, 280, 280)), set(), set()

    def look(*_):
        seen.update((p.name, p.stat().st_size) for p in tmp_path.iterdir())
        if sys.platform == "linux":
            for link in Path("/proc/self/fd").iterdir():
                with contextlib.suppress(FileNotFoundError):  # closed by others meanwhile
                    name = os.readlink(link)
                    if name.startswith(str(tmp_path)) and name.endswith("(deleted)"):
                        nameless.add(name)

    def last_when_others_wait(block, block_id=None):
        """The last frames come when the segments before them wait in their file."""
        end = time.monotonic() + 30
        while block_id[0] == 12 and not nameless and time.monotonic() < end:
            look()
            time.sleep(0.01)
        return block

    lazy = da.from_array(stack, chunks=(10, 280, 280))
    if sys.platform == "linux":
        lazy = lazy.map_blocks(last_when_others_wait, dtype=stack.dtype, meta=stack[:0])
    long = t2v.convert(lazy, tmp_path / "long.mp4", width="full", progress=look)
    assert long.path.stat().st_size > 6_000_000
    assert len(seen) == 1  # the part, which is empty until all segments are there
    assert {size for _, size in seen} == {0}
    if sys.platform == "linux":
        assert len(nameless) == 1
    packets = []
    for start in (0, 50, 100):
        short = t2v.convert(stack[start : start + 50], tmp_path / f"{start}.mp4", width="full")
        assert short.path.stat().st_size < 4_000_000
        packets += [data for data, *_ in media(short.path)[0]]
    assert [data for data, *_ in media(long.path)[0]] == packets


def part_of(run):
    """A part as a run in this folder names it, which is killed then."""
    while not (parts := list(run.folder.glob(".*.part"))):
        assert run.process.poll() is None, "it ended too early"
        time.sleep(0.01)
    return parts[0]


@dataclass
class Run:
    process: subprocess.Popen
    folder: Path


@pytest.fixture
def run(folder, tmp_path):
    """A run at work, which takes long, in the folder of the frames."""
    long = write_folder(tmp_path / "long", noise((120, 300, 300)))
    command = [sys.executable, "-m", "napari_tif2video", long, "--quiet", "--width", "2000"]
    process = subprocess.Popen([*command, "-o", folder / "long.mp4"])
    yield Run(process, folder)
    process.kill()
    process.wait()


def test_leftovers_of_killed_runs_go_and_those_of_living_ones_stay(run, folder):
    part = part_of(run)
    os.utime(part, (1e9, 1e9))  # however long it has been waiting
    t2v.convert(folder, folder / "a.mp4")
    assert part.exists()
    run.process.kill()
    time.sleep(0.2)  # it has ended now, though nobody has asked how
    t2v.convert(folder, folder / "b.mp4")
    assert not part.exists()


@pytest.mark.killed
def test_leftovers_of_another_machine_go_by_their_age(run, folder):
    part = part_of(run)
    run.process.kill()
    run.process.wait()
    machine = part.name.split("-")[1]
    other = part.name.replace(machine, "".join(reversed(machine)))
    old, young = folder / other.replace(".part", ".json.part"), folder / other
    for path in (old, young):
        path.write_bytes(b"half a video")
    os.utime(old, (1e9, 1e9))
    t2v.convert(folder, folder / "b.mp4")
    assert not part.exists()
    assert not old.exists()
    assert young.exists()


def test_leftovers_of_a_process_whose_number_is_used_again_go(run, folder):
    if not Path("/proc/self/stat").exists():
        pytest.skip("the system does not tell when a process was started")
    part = part_of(run)
    kind, machine, number, started, rest = part.name.split("-")
    left = folder / "-".join((kind, machine, number, str(int(started) - 1), rest))
    left.write_bytes(b"half a video")
    t2v.convert(folder, folder / "b.mp4")
    assert not left.exists()
    assert part.exists()
    run.process.kill()
    run.process.wait()
    part.unlink()


def test_a_folder_that_was_made_for_nothing_goes_again(folder, tmp_path):
    (folder / "t1.tif").write_bytes(b"II*\0")
    with pytest.raises(t2v.SourceError):
        t2v.convert(folder, tmp_path / "a" / "b" / "o.mp4")
    assert not (tmp_path / "a").exists()
    (tmp_path / "a").mkdir()
    with pytest.raises(t2v.SourceError):
        t2v.convert(folder, tmp_path / "a" / "b" / "o.mp4")
    assert list((tmp_path / "a").iterdir()) == []


def test_a_disk_that_gives_back_less_than_was_written(tmp_path, monkeypatch):
    read = tempfile.SpooledTemporaryFile.read
    monkeypatch.setattr(
        tempfile.SpooledTemporaryFile, "read", lambda file, nbytes: read(file, nbytes)[:-1]
    )
    with pytest.raises(t2v.EncodingError, match="cannot be read back"):
        t2v.convert(numbered(3), tmp_path / "o.mp4")
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_tells_when_a_process_was_started_parts_stay(folder, tmp_path, monkeypatch):
    read = Path.read_text

    def read_text(path, *args, **options):
        if path.name == "stat":
            raise FileNotFoundError(path)
        return read(path, *args, **options)

    monkeypatch.setattr(Path, "read_text", read_text)
    stayed = []

    def progress(_):
        if not stayed:
            parts = list(tmp_path.glob(".*.part"))
            t2v.convert(folder, tmp_path / "b.mp4", overwrite=True)
            stayed.extend(part.exists() for part in parts)

    t2v.convert(folder, tmp_path / "a.mp4", progress=progress)
    assert stayed
    assert all(stayed)


def test_other_failures_of_a_disk_do_not_speak_of_its_room(folder, tmp_path, monkeypatch):
    def fails(_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(t2v.OutputError) as caught:
        t2v.convert(folder, tmp_path / "o.mp4")
    assert (
        str(caught.value) == f"{tmp_path / 'o.mp4'}: cannot be written ({os.strerror(errno.EIO)})"
    )
