"""Stopped on purpose: Ctrl-C, `kill`, a cancelled call. Nothing half-done is ever seen."""

from __future__ import annotations

import contextlib
import csv
import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import dask
import dask.array as da
import pytest
import tifffile
from helpers.files import everything_in, write_folder
from helpers.frames import noise, numbered
from helpers.video import numbers

import napari_tif2video as t2v

SLOWLY = ["--width", 2000, "--workers", 1]

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")


@pytest.fixture(scope="module")
def long_stack(tmp_path_factory):
    """A file whose conversion takes a minute and more with `SLOWLY`, and no time to be stopped."""
    path = tmp_path_factory.mktemp("long") / "long.tif"
    tifffile.imwrite(path, noise((3000, 64, 64)), photometric="minisblack")
    return path


@contextlib.contextmanager
def running(*argv):
    """A run of the command line; ended whatever happens."""
    command = [sys.executable, "-m", "napari_tif2video", *map(str, argv)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as run:
        try:
            yield run
        finally:
            run.kill()


def wait_until(condition, run):
    deadline = time.monotonic() + 60
    while not condition():
        assert run.poll() is None, f"ended too early: {run.communicate()}"
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def number(request):
    """A signal that new processes heed; they ignore what this one ignores, as below `nohup`."""
    number = getattr(signal, request.param)
    before = signal.signal(number, signal.SIG_DFL)
    yield number
    signal.signal(number, before)


# Each signal, and each phase; that they are different signals is forgotten where they arrive.
@posix
@pytest.mark.parametrize(
    ("number", "contrast"),
    [("SIGINT", "local"), ("SIGINT", "global"), ("SIGTERM", "local"), ("SIGHUP", "global")],
    indirect=["number"],
)
def test_signals_end_a_run_tidily(tmp_path, long_stack, number, contrast):
    out = tmp_path / "videos"
    argv = [long_stack, "--output-dir", out, *SLOWLY, "--contrast", contrast, "--quiet"]
    with running(*argv) as run:
        wait_until(lambda: out.exists() and list(out.iterdir()), run)
        run.send_signal(number)
        _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "Traceback" not in err
    assert len(err.splitlines()) == 1
    assert not out.exists()  # it was made for nothing


@posix
@pytest.mark.parametrize("number", ["SIGINT"], indirect=True)
def test_what_was_finished_before_ctrl_c_stays_and_is_reported(tmp_path, long_stack, number):
    first = write_folder(tmp_path / "first", numbered(3))
    out, report = tmp_path / "videos", tmp_path / "r.csv"
    argv = [first, long_stack, "--output-dir", out, *SLOWLY, "--json", "--report", report]
    with running(*argv) as run:
        # The first has its row, and the second is begun.
        wait_until(lambda: report.exists() and len(report.read_text().splitlines()) == 2, run)
        wait_until(lambda: list(out.glob(".*")), run)
        run.send_signal(number)
        text, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "Traceback" not in err
    (video,) = out.iterdir()
    assert numbers(video) == [0, 1, 2]
    (source,) = [s for s in json.loads(text)["sources"] if s["status"] == "ok"]
    assert source["output"] == str(video)
    assert len(report.read_text().splitlines()) == 2


@pytest.mark.parametrize("where", ["cli.console.size_text", "videos.Report.write"])
def test_ctrl_c_between_a_video_and_what_is_said_of_it(tmp_path, cli, monkeypatch, where):
    first = write_folder(tmp_path / "first", numbered(3))
    report = tmp_path / "r.csv"

    def stop(*_):
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(f"napari_tif2video.{where}", stop)
    ended = cli(first, "--json", "--report", report)
    assert ended.code == 130
    (source,) = json.loads(ended.out)["sources"]
    assert source["status"] == "ok"
    (row,) = csv.DictReader(report.read_text().splitlines())
    assert (row["status"], row["output"]) == ("ok", source["output"])
    assert numbers(source["output"]) == [0, 1, 2]


@posix
@pytest.mark.killed
def test_a_run_that_is_killed_leaves_nothing_under_the_final_name(tmp_path, long_stack):
    out = tmp_path / "o.mp4"
    with running(long_stack, "-o", out, "--width", "600", "--quiet") as run:
        wait_until(lambda: any(tmp_path.glob(".*")), run)
        time.sleep(0.5)  # in the middle of the frames
        assert run.poll() is None
        run.kill()
        run.wait()
    assert not out.exists()
    # And does not get in the way of the next.
    video = t2v.convert(numbered(3), out, width="full")
    assert numbers(video.path) == [0, 1, 2]


class Lazy:
    """A dask array that counts the frames computed: some until it is stopped, then few a second."""

    def __init__(self, count):
        self.reads = Counter()
        self.stopped = threading.Event()
        frame = noise((64, 64))

        def read(index):
            self.reads[index] += 1
            if sum(self.reads.values()) > 20:
                self.stopped.wait(60)
            time.sleep(0.02)
            return frame

        lazy = [dask.delayed(read, pure=False)(i) for i in range(count)]
        self.array = da.stack([da.from_delayed(d, frame.shape, frame.dtype) for d in lazy])


@pytest.mark.parametrize("contrast", ["local", "global"])
@pytest.mark.parametrize("budget", [None, 0])
def test_cancelling_stops_soon_and_leaves_nothing(tmp_path, contrast, budget):
    lazy = Lazy(600)
    options = {"contrast": contrast, "width": 500, "memory_budget": budget, "workers": 2}

    def cancel():
        lazy.stopped.set()
        return True

    with pytest.raises(t2v.Cancelled):
        t2v.convert(lazy.array, tmp_path / "o.mp4", cancel=cancel, **options)
    assert list(tmp_path.iterdir()) == []
    computed = sum(lazy.reads.values())
    assert computed < 100  # of 600
    time.sleep(0.2)
    assert sum(lazy.reads.values()) == computed, "work went on behind the caller's back"


@pytest.mark.parametrize("phase", ["measuring", "encoding"])
def test_cancelling_in_the_middle(tmp_path, phase):
    seen = []

    def cancel():
        return any(p.phase == phase and p.done > 10 for p in seen)

    with pytest.raises(t2v.Cancelled):
        t2v.convert(
            noise((1000, 64, 64)),
            tmp_path / "o.mp4",
            width=300,
            contrast="global",
            progress=seen.append,
            cancel=cancel,
        )
    assert seen[-1].phase == phase
    assert seen[-1].fraction < 1
    assert list(tmp_path.iterdir()) == []


def test_cancelling_when_all_frames_are_encoded(tmp_path):
    """No thread encodes any more: the segments are being joined."""
    seen, others = [], set(threading.enumerate())

    def cancel():
        return bool(seen) and not set(threading.enumerate()) - others

    with pytest.raises(t2v.Cancelled):
        t2v.convert(numbered(3), tmp_path / "o.mp4", progress=seen.append, cancel=cancel)
    assert seen[-1].fraction == 1
    assert list(tmp_path.iterdir()) == []


def test_cancelling_a_batch_keeps_what_is_finished(tmp_path):
    first = write_folder(tmp_path / "first", numbered(3))
    second = write_folder(tmp_path / "second", noise((400, 64, 64)))
    before = everything_in(second)

    def cancel():
        return any(first.glob("*.mp4"))

    with pytest.raises(t2v.Cancelled):
        t2v.convert_batch([first, second], width=500, cancel=cancel)
    (video,) = first.glob("*.mp4")
    assert numbers(video) == [0, 1, 2]
    assert everything_in(second) == before


def test_an_exception_in_a_callback_ends_the_conversion_and_reaches_the_caller(tmp_path):
    class OwnError(Exception):
        pass

    def fail(*_):
        raise OwnError

    for option in ("progress", "cancel"):
        with pytest.raises(OwnError):
            t2v.convert(noise((600, 64, 64)), tmp_path / "o.mp4", **{option: fail})
        assert list(tmp_path.iterdir()) == []


def test_ctrl_c_in_python_leaves_nothing(tmp_path):
    def press(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        t2v.convert(noise((600, 64, 64)), tmp_path / "o.mp4", progress=press)
    assert list(tmp_path.iterdir()) == []


def test_the_package_works_on_after_a_cancelled_call(tmp_path):
    with pytest.raises(t2v.Cancelled):
        t2v.convert(noise((600, 64, 64)), tmp_path / "o.mp4", cancel=lambda: True)
    video = t2v.convert(numbered(60), tmp_path / "o.mp4", width="full")
    assert numbers(video.path) == list(range(60))


def test_an_exception_in_a_callback_stops_the_work_soon(tmp_path):
    lazy = Lazy(500)

    def fail(_):
        lazy.stopped.set()
        raise LookupError

    with pytest.raises(LookupError):
        t2v.convert(lazy.array, tmp_path / "o.mp4", workers=2, progress=fail)
    assert sum(lazy.reads.values()) < 100
