"""A real scheduler and real workers, each a process of its own, as on a cluster."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import dask
import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import noise, numbered

import napari_tif2video as t2v

distributed = pytest.importorskip("distributed")

# A worker that does not see what lies in a folder of this name: a stand-in for another machine.
HIDDEN = "only-here"
BLIND = f"""
import os
def isfile(path, see=os.path.isfile):
    return {HIDDEN!r} not in os.fspath(path) and see(path)
os.path.isfile = isfile
"""

# One on which the package is not installed.
BARE = """
import sys
sys.modules["napari_tif2video"] = None
"""


def started(*argv, seen=b""):
    """A process of dask, once it has printed something."""
    command = [sys.executable, "-m", "dask", *argv, "--no-dashboard"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    for line in process.stderr:
        if seen in line:
            return process, line.decode()
    raise RuntimeError(f"{argv} ended")


@contextmanager
def workers(address, count, *options):
    processes = []
    try:
        for _ in range(count):
            worker = ("worker", address, "--nthreads", "1", "--no-nanny", *options)
            processes.append(started(*worker, seen=b"Registered to")[0])
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


@pytest.fixture(scope="module")
def scheduler():
    process, line = started("scheduler", "--port", "0", "--host", "127.0.0.1", seen=b"Scheduler at")
    yield "tcp://" + line.rsplit("tcp://", 1)[1].strip()
    process.kill()
    process.communicate()


@pytest.fixture(scope="module")
def cluster(scheduler):
    with workers(scheduler, 2):
        yield scheduler


@pytest.fixture
def impatient():
    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
        yield


@pytest.fixture
def frames(tmp_path):
    return write_folder(tmp_path / "frames", numbered(110))


def test_the_command_makes_the_same_bytes_there(tmp_path, cli, frames, cluster):
    other = write_folder(tmp_path / "other", noise((7, 40, 60)))
    options = (frames, other, "--contrast", "batch", "--verify", "--width", 100, "--output-dir")
    assert cli(*options, tmp_path / "here").code == 0
    there = cli(*options, tmp_path / "there", "--scheduler", cluster)
    assert there.code == 0
    assert "2 successful" in there.err
    made = {path.name: path.read_bytes() for path in (tmp_path / "here").iterdir()}
    assert made == {path.name: path.read_bytes() for path in (tmp_path / "there").iterdir()}
    assert len(made) == 2


def test_what_is_drawn_travels_along(tmp_path, cli, frames, cluster):
    masks = np.zeros((110, 48, 160), np.uint16)
    masks[:, 20:30, 40:60] = np.arange(1, 111, dtype=np.uint16)[:, np.newaxis, np.newaxis]
    write_folder(tmp_path / "masks", masks)
    rows = "".join(f"{track},{t},{20 + track},{t}.5\n" for track in (1, 2) for t in range(110))
    (tmp_path / "tracks.csv").write_text(f"track_id,frame,y,x\n{rows}")
    drawn = ("--segmentation", tmp_path / "masks", "--tracks", tmp_path / "tracks.csv")
    assert cli(frames, *drawn, "-o", tmp_path / "here.mp4").code == 0
    there = cli(frames, *drawn, "-o", tmp_path / "there.mp4", "--scheduler", cluster)
    assert there.code == 0, there.err
    assert (tmp_path / "here.mp4").read_bytes() == (tmp_path / "there.mp4").read_bytes()


def test_a_client_that_is_given_and_one_that_is_active(tmp_path, frames, cluster):
    seen = []
    here = t2v.convert(frames, tmp_path / "here.mp4", contrast="global", width=100)
    with distributed.Client(cluster, set_as_default=False) as client:
        given = {"client": client, "progress": seen.append, "contrast": "global", "width": 100}
        there = t2v.convert(frames, tmp_path / "there.mp4", **given)
        prefixes = client.run_on_scheduler(
            lambda dask_scheduler: list(dask_scheduler.task_prefixes)
        )
    assert there.path.read_bytes() == here.path.read_bytes()
    assert there.limits == here.limits
    # What the dashboard shows.
    assert {"measure_chunk", "measured", "combined", "encode"} <= set(prefixes)
    assert {p.phase for p in seen} == {"measuring", "encoding"}
    assert seen[-1].fraction == 1
    with distributed.Client(cluster):
        (active,) = t2v.convert_batch([frames], output_dir=tmp_path, contrast="global", width=100)
    assert active.path.read_bytes() == here.path.read_bytes()


def test_a_worker_killed_in_the_middle_changes_nothing_but_time(tmp_path, scheduler, cluster):
    frames = write_folder(tmp_path / "frames", noise((300, 64, 64)))
    options = {"contrast": "global", "memory_budget": 0, "width": 256}
    here = t2v.convert(frames, tmp_path / "here.mp4", **options)
    with workers(scheduler, 1) as (victim,):

        def kill(progress):
            if progress.phase == "encoding":
                victim.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)

        with distributed.Client(scheduler, set_as_default=False) as client:
            assert len(client.nthreads()) == 3
            there = t2v.convert(
                frames, tmp_path / "there.mp4", client=client, progress=kill, **options
            )
        assert victim.wait(10) != 0
    assert there.path.read_bytes() == here.path.read_bytes()


def test_cancelling_leaves_nothing_there_and_nothing_here(tmp_path, cluster):
    frames = write_folder(tmp_path / "frames", noise((300, 64, 64)))
    with distributed.Client(cluster, set_as_default=False) as client:
        seen = []
        options = {"client": client, "progress": seen.append, "cancel": lambda: len(seen) > 1}
        with pytest.raises(t2v.Cancelled):
            t2v.convert(frames, tmp_path / "o.mp4", **options)
        assert not (tmp_path / "o.mp4").exists()
        end = time.monotonic() + 30
        while client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)):
            assert time.monotonic() < end
            time.sleep(0.1)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense:port", "127.0.0.1"])
def test_no_scheduler_at_the_address(tmp_path, cli, frames, address):
    ended = cli(frames, "-o", tmp_path / "o.mp4", "--quiet", "--scheduler", address)
    assert ended.code == 2
    assert ended.error_line == (
        f"tif2video: --scheduler: no dask scheduler answers at {address}; name the address "
        "that dask scheduler printed when it started, such as tcp://10.0.0.1:8786"
    )


def test_workers_of_this_machine_and_of_a_cluster_exclude_each_other(cli, frames):
    ended = cli(frames, "--scheduler", "tcp://127.0.0.1:1", "--workers", 2)
    assert ended.code == 2
    assert "--workers and --scheduler" in ended.error_line


def test_another_version_there(tmp_path, cli, frames, cluster, monkeypatch):
    monkeypatch.setattr("napari_tif2video._version.__version__", "9.9")
    ended = cli(frames, "-o", tmp_path / "o.mp4", "--quiet", "--scheduler", cluster)
    assert ended.code == 2
    assert "napari-tif2video" in ended.error_line
    assert "here it is 9.9" in ended.error_line


def test_the_package_is_not_there(tmp_path, cli, frames, scheduler, cluster):
    bare = tmp_path / "bare.py"
    bare.write_text(BARE)
    with workers(scheduler, 1, "--preload", bare):
        ended = cli(frames, "-o", tmp_path / "o.mp4", "--quiet", "--scheduler", scheduler)
    assert ended.code == 2
    assert "napari-tif2video does not run on the worker tcp://" in ended.error_line


def test_a_source_that_a_worker_cannot_see(tmp_path, cli, scheduler, cluster):
    hidden = write_folder(tmp_path / HIDDEN / "a", numbered(3))
    shared = write_folder(tmp_path / "b", numbered(3))
    blind = tmp_path / "blind.py"
    blind.write_text(BLIND)
    with workers(scheduler, 1, "--preload", blind):
        options = ("--quiet", "--output-dir", tmp_path / "out", "--scheduler", scheduler)
        ended = cli(hidden, shared, *options)
        beside = cli(shared, hidden, "--panels", "sources", *options)
    assert beside.code == 1
    assert "does not see it" in beside.error_line
    assert ended.code == 1
    assert f"{hidden}{os.sep}" in ended.error_line
    assert "does not see it" in ended.error_line
    assert [path.name[:2] for path in (tmp_path / "out").iterdir()] == ["b_"]


def test_a_damaged_file_is_named_as_here(tmp_path, cli, frames, cluster):
    bad = sorted(Path(frames).iterdir())[60]
    bad.write_bytes(bad.read_bytes()[:-100])
    options = (frames, "-o", tmp_path / "o.mp4", "--quiet")
    here, there = cli(*options), cli(*options, "--scheduler", cluster)
    assert (there.code, there.error_line) == (1, here.error_line)
    assert bad.name in there.error_line


@pytest.mark.usefixtures("impatient")
def test_no_workers_and_workers_that_are_gone(tmp_path, cli, frames):
    process, line = started("scheduler", "--port", "0", "--host", "127.0.0.1", seen=b"Scheduler at")
    address = "tcp://" + line.rsplit("tcp://", 1)[1].strip()
    try:
        ended = cli(frames, "-o", tmp_path / "o.mp4", "--quiet", "--scheduler", address)
        assert ended.code == 2
        assert "has no workers" in ended.error_line
        many = write_folder(tmp_path / "many", noise((600, 64, 64)))
        with workers(address, 1) as (only,), distributed.Client(address) as client:

            def kill(progress):
                if progress.phase == "measuring":
                    only.kill()

            options = {"client": client, "progress": kill, "contrast": "global"}
            with pytest.raises(t2v.EncodingError, match=r"all workers of .* are gone"):
                t2v.convert(many, tmp_path / "o.mp4", **options)
            # And then the scheduler itself.
            process.kill()
            with pytest.raises(t2v.Tif2VideoError, match=r"does not answer|has no workers"):
                t2v.convert(frames, tmp_path / "o.mp4", client=client)
    finally:
        process.kill()
        process.communicate()
    assert not (tmp_path / "o.mp4").exists()


def test_what_is_said_of_errors_of_dask_itself():
    from distributed import KilledWorker
    from distributed.comm.core import CommClosedError

    from napari_tif2video.pipeline.cluster import lost

    where = "tcp://10.0.0.1:8786"
    killed = KilledWorker("task", None, 3)
    assert str(lost(killed, where)) == (
        "4 workers died while they did the same piece of work, probably for lack of memory; give "
        "each worker more, or fewer threads"
    )
    silent = f"the scheduler at {where} does not answer any more; start it again"
    cancelled = type("FutureCancelledError", (Exception,), {})
    for error in (CommClosedError("gone"), cancelled("gone")):
        assert str(lost(error, where)) == silent
    assert lost(ValueError("ours"), where) is None
