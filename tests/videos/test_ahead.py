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

import napari_tif2video as t2v
from napari_tif2video.pipeline import Execution
from napari_tif2video.videos import Destination, find_sources, plan_jobs, run_jobs


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


def test_a_failure_concerns_its_source_only(tmp_path):
    def fail():
        raise ValueError("no such frame")

    sources = [array("a", lambda: None), array("b", fail), array("c", lambda: None)]
    videos = t2v.convert_batch(sources, output_dir=tmp_path, workers=4)
    assert [video.status for video in videos] == ["ok", "failed", "ok"]
    assert "no such frame" in videos[1].error
