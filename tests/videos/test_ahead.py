"""Several sources at a time: workers that one leaves idle take up the next."""

from __future__ import annotations

import dataclasses
import threading
import time

import dask.array as da
import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import noise, numbered
from helpers.planning import planned

import napari_tif2video as t2v
from napari_tif2video.pipeline import Execution, Progress, prepared_nbytes
from napari_tif2video.videos import Destination, find_sources, plan_jobs, run_jobs
from napari_tif2video.videos.ahead import Lookahead


def array(name, wait, frames=3):
    """An array of one block, which calls a function when it is computed."""

    def block(values):
        wait()
        return values

    data = da.from_array(noise((frames, 32, 128)), chunks=-1)
    made = data.map_blocks(block, dtype=data.dtype, meta=np.empty((0, 0, 0), data.dtype))
    return dataclasses.replace(t2v.open_stack(made), name=name)


@pytest.mark.parametrize("options", [{}, {"contrast": "batch"}, {"contrast": "global"}])
def test_short_videos_share_the_workers(tmp_path, options):
    # Each waits for the other two: one after the other, none would be made.
    together = threading.Barrier(3, timeout=60)
    sources = [array(name, together.wait) for name in "abc"]
    videos = t2v.convert_batch(sources, output_dir=tmp_path, workers=3, **options)
    assert [video.error for video in videos] == [None] * 3


def test_a_long_video_has_the_workers_to_itself(tmp_path):
    begun = []
    long = array("long", lambda: begun.append("long"), frames=300)
    short = array("short", lambda: begun.append("short"))
    seen = []

    def progress(found):
        seen.append((found.frames, tuple(begun)))

    t2v.convert_batch([long, short], output_dir=tmp_path, workers=2, progress=progress)
    early = next(begun for frames, begun in seen if frames == 300)
    assert "short" not in early
    assert begun.count("short") == 1


def test_results_and_progress_come_in_the_order_of_the_sources(tmp_path):
    sources = [write_folder(tmp_path / f"s{i}", numbered(3 + 5 * i)) for i in range(6)]
    seen = []
    videos = t2v.convert_batch(
        sources[::-1], output_dir=tmp_path, workers=4, progress=lambda p: seen.append(p.frames)
    )
    assert [video.frames for video in videos] == [28, 23, 18, 13, 8, 3]
    assert seen == sorted(seen, reverse=True)
    alone = [t2v.convert(s, tmp_path / f"{s.name}.mp4", workers=1) for s in sources[::-1]]
    for video, other in zip(videos, alone, strict=True):
        assert video.path.read_bytes() == other.path.read_bytes()


def test_stopping_stops_those_that_were_begun(tmp_path):
    running = threading.Semaphore(0)
    sources = [array(name, lambda: (running.release(), time.sleep(0.3))) for name in "abcd"]
    with pytest.raises(t2v.Cancelled):
        t2v.convert_batch(
            sources,
            output_dir=tmp_path / "out",
            workers=4,
            cancel=lambda: running.acquire(blocking=False),
        )
    assert not list(tmp_path.rglob("*.mp4"))
    assert not any(thread.name.startswith("tif2video") for thread in threading.enumerate())


def test_what_is_finished_when_it_is_stopped_is_told_with_its_index(tmp_path):
    """The first source is never finished, the second is at once, the third waits like the first."""
    release = threading.Event()
    sources = [array("a", release.wait), array("b", lambda: None), array("c", release.wait)]
    settings = t2v.VideoSettings(width=128)
    jobs = plan_jobs(find_sources(sources), settings, Destination(folder=tmp_path))

    def cancel():
        if jobs[1].output.exists():
            release.set()
            return True
        return False

    seen = []
    with pytest.raises(t2v.Cancelled):
        seen.extend(run_jobs(jobs, Execution(workers=3, cancel=cancel)))
    assert (1, "ok") in [(index, video.status) for index, video in seen]
    assert all(jobs[index].output == video.output for index, video in seen)


def test_as_many_are_begun_as_there_is_work_for():
    """Three workers: segments that are left count, and so does the memory of those that run."""
    plans = [None if n == 0 else planned(np.zeros((n, 24, 40))) for n in (51, 50, 50, 0, 1, 1)]
    nbytes = [plan and prepared_nbytes(plan) for plan in plans]
    begun, ends = [], [threading.Event() for _ in plans]
    seen, told = [], []

    def settled(count, reports=0):
        """Those that are begun, when a while has passed since so many were."""
        deadline = time.monotonic() + 60
        while (len(begun), len(seen)) < (count, reports) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.15)
        told.append(sorted(number for number, _ in begun))

    def make(number, execution):
        begun.append((number, execution.memory_budget))
        assert not execution.cancel()
        if number:
            while not (ends[number].is_set() or execution.cancel()):
                time.sleep(0.01)
            if number == 4:
                raise ValueError("stopped")
            return f"r{number}"
        settled(2)
        ends[1].set()
        settled(3)
        execution.progress(Progress("encoding", 49, 100, 100))
        settled(3, reports=1)
        execution.progress(Progress("encoding", 50, 100, 100))
        settled(4, reports=2)
        ends[2].set()
        settled(5)
        return "r0"

    budget = nbytes[0] + nbytes[1] - 1
    execution = Execution(workers=3, memory_budget=budget, progress=seen.append)
    with Lookahead(make, plans, execution) as ahead:
        assert ahead.result(0) == "r0"
        assert list(ahead.finished()) == [(1, "r1"), (2, "r2"), (3, "r3")]
    assert told == [[0, 1], [0, 1, 2], [0, 1, 2], [0, 1, 2, 3], [0, 1, 2, 3, 4]]
    assert dict(begun) == {
        0: budget, 1: budget - nbytes[0], 2: budget - nbytes[0], 3: 0, 4: nbytes[1] - 1,
    }  # fmt: skip
    assert [progress.done for progress in seen] == [49, 50]
    stopped = Execution(workers=2, cancel=lambda: True)
    begun.clear()
    with (
        Lookahead(make, plans, stopped) as ahead,
        pytest.raises(t2v.Cancelled, match=r"^cancelled$"),
    ):
        ahead.result(0)
    assert begun == []


def test_a_failure_concerns_its_source_only(tmp_path):
    def fail():
        raise ValueError("no such frame")

    sources = [array("a", lambda: None), array("b", fail), array("c", lambda: None)]
    videos = t2v.convert_batch(sources, output_dir=tmp_path, workers=4)
    assert [video.status for video in videos] == ["ok", "failed", "ok"]
    assert "no such frame" in videos[1].error
