"""How a file gets its name: what its parts are called, who may remove them, what errors say."""

from __future__ import annotations

import errno
import hashlib
import os
import platform
import re
import shutil
import stat
import subprocess
import sys
import time
import uuid
from collections import namedtuple
from pathlib import Path

import pytest

import napari_tif2video as t2v
from napari_tif2video.encode import PART_PREFIX, publish, publishing, sidecar_of, write_sidecar

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="needs a system that tells of processes"
)
FULL = "No space left on device"
DAY_S = 24 * 3600


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def write(parts):
    for number, part in enumerate(parts):
        part.write_bytes(b"new %d" % number)


def started(pid):
    """proc(5): the 22nd field, of which the second is the name in brackets."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[22 - 3]


@pytest.fixture
def machine():
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return hashlib.sha256((boot + os.readlink("/proc/self/ns/pid")).encode()).hexdigest()[:8]


@pytest.fixture
def free(monkeypatch):
    """Set how many bytes are free in a folder."""
    asked = []

    def set_to(nbytes):
        usage = namedtuple("usage", "total used free")(10**9, 10**9, nbytes)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: asked.append(path) or usage)
        return asked

    return set_to


@needs_proc
def test_parts_lie_beside_the_video_and_name_their_process(tmp_path, machine):
    video, recipe = tmp_path / "a.b.mp4", tmp_path / "a.b.json"
    assert sidecar_of(video) == recipe
    with publishing([video, recipe], overwrite=False) as parts:
        owner = f"{PART_PREFIX}{machine}-{os.getpid()}-{started(os.getpid())}-"
        stem = re.fullmatch(re.escape(owner) + "[0-9a-f]{12}", parts[0].name[: -len(".mp4.part")])
        assert [part.name for part in parts] == [f"{stem[0]}.mp4.part", f"{stem[0]}.json.part"]
        assert {part.parent for part in parts} == {tmp_path}
        assert names_in(tmp_path) == [parts[0].name]
        assert parts[0].stat().st_size == 0
        parts[0].write_bytes(b"video")
        write_sidecar(parts[1], "1 µm\n")
    assert video.read_bytes() == b"video"
    assert recipe.read_bytes() == "1 µm\n".encode()
    assert names_in(tmp_path) == ["a.b.json", "a.b.mp4"]
    with publishing([video], overwrite=True) as (again,):
        assert again.name != parts[0].name
        again.write_bytes(b"other")
    assert video.read_bytes() == b"other"
    assert recipe.exists()


@pytest.mark.parametrize("taken", [0, 1])
@pytest.mark.parametrize("when", ["before", "meanwhile"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_of_two_names_neither_or_both_are_given(tmp_path, taken, when, overwrite):
    names = [tmp_path / "o.mp4", tmp_path / "o.json"]
    begun = []

    def publish_both():
        if when == "before":
            names[taken].write_bytes(b"old")
        with publishing(names, overwrite=overwrite) as parts:
            begun.append(parts)
            write(parts)
            if when == "meanwhile":
                names[taken].write_bytes(b"old")

    if overwrite:
        publish_both()
        assert [name.read_bytes() for name in names] == [b"new 0", b"new 1"]
        return
    with pytest.raises(t2v.OutputExistsError) as raised:
        publish_both()
    assert str(raised.value) == (
        f"{names[taken]} exists already; use --overwrite to replace it or --skip-existing to keep "
        "it"
    )
    assert names_in(tmp_path) == [names[taken].name]
    assert names[taken].read_bytes() == b"old"
    assert bool(begun) == (when == "meanwhile")


def test_if_the_second_cannot_be_named_what_replaced_another_stays(tmp_path, monkeypatch):
    names = [tmp_path / "o.mp4", tmp_path / "o.json"]
    names[0].write_bytes(b"old")
    replace = os.replace

    def once(part, name):
        if name == names[1]:
            raise OSError(errno.EIO, "Input/output error")
        replace(part, name)

    monkeypatch.setattr(os, "replace", once)
    said = f"{re.escape(str(names[0]))}: cannot be written \\(Input/output error\\)$"
    with pytest.raises(t2v.OutputError, match=said), publishing(names, overwrite=True) as parts:
        write(parts)
    assert names_in(tmp_path) == ["o.mp4"]
    assert names[0].read_bytes() == b"new 0"


@pytest.mark.parametrize("place", [0, 1])
def test_a_folder_of_one_of_the_names(tmp_path, place):
    names = [tmp_path / "o.mp4", tmp_path / "o.json"]
    names[place].mkdir()
    with pytest.raises(t2v.OutputError) as raised, publishing(names, overwrite=True):
        pass
    assert str(raised.value) == f"{names[place]}: is a folder; choose another name"
    assert names_in(tmp_path) == [names[place].name]


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    path = tmp_path / "file" / "new" / "o.mp4"
    with pytest.raises(t2v.OutputError) as raised, publishing([path], overwrite=False):
        pass
    assert str(raised.value) == (
        f"{path.parent}: cannot be written to (Not a directory); use --output-dir to choose "
        "another folder"
    )


def caused(number, depth=1, error=t2v.EncodingError):
    """An error of ours that comes from one of the file system, over so many others."""
    found = OSError(number, os.strerror(number))
    for _ in range(depth):
        outer = error("the video cannot be written")
        outer.__cause__, found = found, outer
    return found


FULL_DISK = [
    (caused(errno.ENOSPC), FULL),
    (caused(errno.ENOSPC, 3), FULL),
    (caused(errno.ENOSPC, error=t2v.SourceError), FULL),
    (caused(errno.EFBIG), "File too large"),
    (caused(errno.EDQUOT), "Disk quota exceeded"),
]


@pytest.mark.parametrize(("error", "reason"), FULL_DISK)
def test_a_full_disk_behind_any_error_is_said(tmp_path, free, error, reason):
    path = tmp_path / "o.mp4"
    asked = free(1_260_000)
    with pytest.raises(t2v.OutputError) as raised, publishing([path], overwrite=False):
        raise error
    said = f"{path}: cannot be written ({reason}; 1.3 MB are free there)"
    assert (type(raised.value), str(raised.value)) == (t2v.OutputError, said)
    assert raised.value.__cause__ is error
    assert set(asked) == {tmp_path}
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(
    ("error", "nbytes", "is_full"),
    [
        (t2v.EncodingError("it failed"), 2**20 - 1, True),
        (t2v.EncodingError("it failed"), 2**20, False),
        (t2v.SourceError("it failed"), 0, False),
        (caused(errno.EIO), 2**20, False),
        (caused(errno.EIO), 0, True),
    ],
)
def test_where_ffmpeg_fails_and_there_is_no_room_that_is_said(
    tmp_path, free, error, nbytes, is_full
):
    path = tmp_path / "o.mp4"
    free(nbytes)
    with pytest.raises(t2v.Tif2VideoError) as raised, publishing([path], overwrite=False):
        raise error
    if is_full:
        room = "1.0" if nbytes else "0.0"
        expected = f"{path}: cannot be written ({FULL}; {room} MB are free there)"
        assert (type(raised.value), str(raised.value)) == (t2v.OutputError, expected)
    else:
        assert raised.value is error


@pytest.mark.parametrize("kind", [t2v.EncodingError, t2v.SourceError])
def test_errors_name_the_video_and_not_its_part(tmp_path, free, kind):
    path = tmp_path / "o.mp4"
    free(0)
    with pytest.raises(kind) as raised, publishing([path], overwrite=False) as (part,):
        raise kind(f"the file {part} is bad, {part}")
    assert (type(raised.value), str(raised.value)) == (kind, f"the file {path} is bad, {path}")


@needs_proc
def test_all_is_on_the_disk_before_it_is_named(tmp_path, monkeypatch):
    names, flushed = [tmp_path / "o.mp4", tmp_path / "o.json"], []

    def fsync(descriptor):
        target = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        flushed.append((target, [name.exists() for name in names]))
        if target == tmp_path:  # as on some network shares
            raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "fsync", fsync)
    with publishing(names, overwrite=False) as parts:
        write(parts)
        before = set(os.listdir("/proc/self/fd"))
    assert flushed == [(parts[0], [False] * 2), (parts[1], [False] * 2), (tmp_path, [True] * 2)]
    assert set(os.listdir("/proc/self/fd")) == before


@pytest.fixture
def left_behind(tmp_path, monkeypatch):
    """Whether a part goes when something is published beside it."""

    def goes(name, age_s=0.0):
        part = tmp_path / name
        part.write_bytes(b"half a video")
        os.utime(part, (now - age_s,) * 2)
        with publishing([tmp_path / "o.mp4"], overwrite=True) as parts:
            write(parts)
        found = part.exists()
        part.unlink(missing_ok=True)
        return not found

    now = 1.8e9
    monkeypatch.setattr(time, "time", lambda: now)

    return goes


@pytest.mark.parametrize(
    ("name", "age_s", "goes"),
    [
        (".tif2video-00000000-{pid}-{started}-ab.mp4.part", DAY_S + 1, True),
        (".tif2video-00000000-{pid}-{started}-ab.mp4.part", DAY_S, False),
        (".tif2video-00000000-4194305-5-ab.mp4.part", DAY_S, False),
        (".tif2video-{machine}-{pid}-{started}-ab.mp4.part", 9 * DAY_S, False),
        (".tif2video-{machine}-{pid}-5-ab.mp4.part", 0, True),
        (".tif2video-{machine}-4194305-{started}-ab.mp4.part", 0, True),
        (".tif2video-{machine}.mp4.part", DAY_S, False),
        (".tif2video-xyz.json.part", DAY_S + 1, True),
        (".tif2video-xyz.json", 9 * DAY_S, False),
        ("tif2video-xyz.part", 9 * DAY_S, False),
    ],
)
@needs_proc
def test_which_parts_are_left_behind(left_behind, machine, name, age_s, goes):
    mine = {"machine": machine, "pid": os.getpid(), "started": started(os.getpid())}
    assert left_behind(name.format(**mine), age_s) == goes


@needs_proc
def test_parts_of_processes_of_others_and_of_ended_ones(left_behind, machine, monkeypatch):
    def refused(*_):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    name = ".tif2video-{}-{}-{}-ab.mp4.part"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    begun = started(ended.pid)
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    assert left_behind(name.format(machine, ended.pid, begun))  # nobody has asked how it ended
    ended.wait()
    with monkeypatch.context() as patched:
        patched.setattr(os, "kill", refused)
        assert not left_behind(name.format(machine, 1, started(1)), 9 * DAY_S)
        assert left_behind(name.format(machine, 1, int(started(1)) + 1))
    read = Path.read_text

    def untold(path, **options):
        if path.name == "stat":
            raise FileNotFoundError(path)
        return read(path, **options)

    mine = name.format(machine, os.getpid(), started(os.getpid()))
    monkeypatch.setattr(Path, "read_text", untold)
    assert left_behind(mine, DAY_S + 1)
    assert not left_behind(mine, DAY_S)


class Elsewhere:
    """The module `os` as on Windows, where to look for a process in this way would end it."""

    name = "nt"

    def __getattr__(self, name):
        assert name != "kill"
        return getattr(os, name)


@needs_proc
def test_where_processes_cannot_be_asked_for_age_counts(left_behind, machine, monkeypatch):
    monkeypatch.setattr(publish, "os", Elsewhere())
    name = f".tif2video-{machine}-4194305-5-ab.mp4.part"
    assert left_behind(name, DAY_S + 1)
    assert not left_behind(name, DAY_S)


def test_a_machine_that_does_not_tell_when_it_began(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise OSError(errno.ENOENT, "No such file or directory")

    publish._machine.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(os, "readlink", refused)
        with publishing([tmp_path / "o.mp4"], overwrite=False) as (part,):
            part.write_bytes(b"video")
    publish._machine.cache_clear()
    known = f"{platform.node()} {uuid.getnode()}".encode()
    assert part.name.split("-")[1] == hashlib.sha256(known).hexdigest()[:8]


def test_nothing_is_copied(tmp_path):
    """What was written is the file that has the name, and no other name is left."""
    for overwrite in (False, True):
        with publishing([tmp_path / "o.mp4"], overwrite=overwrite) as (part,):
            part.write_bytes(b"video")
            number = part.stat().st_ino
        found = (tmp_path / "o.mp4").stat()
        assert (found.st_ino, found.st_nlink, stat.S_ISREG(found.st_mode)) == (number, 1, True)


@pytest.mark.parametrize("fails", [False, True])
def test_new_folders_stay_with_what_is_in_them(tmp_path, fails):
    path = tmp_path / "a" / "b" / "o.mp4"
    try:
        with publishing([path], overwrite=False) as (part,):
            part.write_bytes(b"video")
            if fails:
                raise LookupError
    except LookupError:
        pass
    assert names_in(tmp_path) == ([] if fails else ["a"])
    assert path.exists() != fails


def test_a_failure_without_a_number_is_said_in_its_words(tmp_path, monkeypatch):
    def fails(_):
        raise OSError("the share is gone")

    monkeypatch.setattr(os, "fsync", fails)
    path = tmp_path / "o.mp4"
    with pytest.raises(t2v.OutputError) as raised, publishing([path], overwrite=False):
        pass
    assert str(raised.value) == f"{path}: cannot be written (the share is gone)"
