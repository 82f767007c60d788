"""How the work goes on: progress, workers here and on a cluster, results in order."""

from __future__ import annotations

from concurrent.futures import Future
from types import SimpleNamespace

import av
import dask
import dask.array
import numpy as np
import pytest
from dask.delayed import delayed
from helpers.files import write_folder, write_pages
from helpers.frames import noise
from helpers.planning import planned

import napari_tif2video as t2v
from napari_tif2video import pipeline
from napari_tif2video.data import free_memory
from napari_tif2video.pipeline import Execution, Progress, cluster
from napari_tif2video.planning import plan, side_by_side


def test_how_far_a_conversion_is():
    shares = [Progress("encoding", done, total, 9).fraction for done, total in DONE]
    assert shares == [0, 0.25, 1, 1, 0]


DONE = [(0, 4), (1, 4), (4, 4), (5, 4), (3, 0)]


def test_the_workers_that_there_are():
    assert pipeline.default_workers() == dask.system.CPU_COUNT
    with dask.config.set(num_workers=3):
        assert Execution().workers == pipeline.default_workers() == 3
    assert Execution(workers=7).tasks_at_a_time == 7
    assert Execution(workers=1).workers == 1
    with pytest.raises(t2v.SettingsError) as caught:
        Execution(workers=0)
    assert str(caught.value) == "workers: must be at least 1, got 0"


def test_the_memory_that_there_is():
    assert Execution(memory_budget=0).budget == 0
    assert Execution().budget == pytest.approx(free_memory() / 4, rel=0.3)
    there = {"a": {"memory_limit": 1000}, "b": {"memory_limit": 3003}}
    assert Execution(client=Cluster(there)).budget == 1000
    assert Execution(client=Cluster(there), memory_budget=7).budget == 7
    assert Execution(client=Cluster(there), workers=1).tasks_at_a_time == 5
    assert Execution(client=Cluster({})).tasks_at_a_time == 1


class Cluster:
    """Stands in for the client of a cluster whose workers answer as told."""

    scheduler = SimpleNamespace(address="tcp://10.0.0.1:8786")

    def __init__(self, workers=(), answers=None, waiting=None):
        self.workers, self.answers, self.waiting = workers, answers, waiting
        self.paths = None

    def get(self, *_args, **_options):
        raise NotImplementedError

    def scheduler_info(self, n_workers):
        assert n_workers == -1  # all of them
        return {"workers": self.workers}

    def nthreads(self):
        return dict(zip(self.workers, (2, 3), strict=False))

    def wait_for_workers(self, count, timeout):
        assert (count, timeout) == (1, 4.5)
        if self.waiting is not None:
            raise self.waiting

    def run(self, function, paths, on_error):
        assert on_error == "return"
        self.paths = paths
        return self.answers(function(paths))


def checked(client, made):
    """What is said of a cluster before anything is done on it."""
    try:
        with dask.config.set({"distributed.comm.timeouts.connect": "4500ms"}):
            Execution(client=client).run(made)
    except t2v.Tif2VideoError as exc:
        return type(exc), str(exc)
    return None


def with_version(found, **others):
    return found[0] | others, found[1]


def with_size(found, size):
    first, *_ = found[1]
    return found[0], found[1] | {first: size}


SAID = {
    "as here": (lambda found: {"w1": found, "w2": found}, None),
    "gone": (
        lambda found: {"w2": OSError("timed out"), "w1": found},
        (t2v.EncodingError, "the worker w2 does not answer (timed out); start it again"),
    ),
    "bare": (
        lambda found: {"w2": found, "w1": ImportError("no module")},
        (
            t2v.SettingsError,
            "scheduler: napari-tif2video does not run on the worker w1 (no module); install the "
            "version that you have here",
        ),
    ),
    "numpy": (
        lambda found: {"w1": found, "w2": with_version(found, numpy="0.1")},
        (
            t2v.SettingsError,
            f"scheduler: the worker w2 has numpy 0.1, and here it is {np.__version__}; only the "
            "same versions make the same video",
        ),
    ),
    "PyAV": (
        lambda found: {"w1": with_version(found, av="0.1"), "w2": OSError("not seen")},
        (
            t2v.SettingsError,
            f"scheduler: the worker w1 has av 0.1, and here it is {av.__version__}; only the same "
            "versions make the same video",
        ),
    ),
    "unseen": (
        lambda found: {"w1": found, "w2": with_size(found, None)},
        (
            t2v.SourceError,
            "PATH: the worker w2 does not see it; put it where all workers find it under the same "
            "path",
        ),
    ),
    "another": (
        lambda found: {"w1": with_size(found, 7)},
        (
            t2v.SourceError,
            "PATH: the worker w1 sees another file there; put it where all workers find it under "
            "the same path",
        ),
    ),
}


@pytest.mark.parametrize(("answers", "said"), SAID.values(), ids=SAID)
def test_workers_are_looked_at_one_by_one(tmp_path, answers, said):
    folder = write_folder(tmp_path / "pos", noise((3, 24, 40)))
    first, _, last = sorted(folder.iterdir())
    client = Cluster(answers=answers)
    found = checked(client, planned(folder))
    assert client.paths == [str(first), str(last)]
    assert found == (said and (said[0], said[1].replace("PATH", str(first))))


@pytest.mark.parametrize(
    ("exc", "said"),
    [
        (
            TimeoutError(),
            (
                t2v.SettingsError,
                "scheduler: tcp://10.0.0.1:8786 has no workers; start some with dask worker",
            ),
        ),
        (
            ConnectionError(),
            (
                t2v.EncodingError,
                "the scheduler at tcp://10.0.0.1:8786 does not answer any more; start it again",
            ),
        ),
    ],
)
def test_a_cluster_without_workers_or_scheduler(exc, said):
    assert checked(Cluster(waiting=exc), planned(noise((3, 24, 40)))) == said


def test_the_files_that_workers_must_see(tmp_path, monkeypatch):
    folder = write_folder(tmp_path / "pos", noise((3, 24, 40)))
    first, middle, last = map(str, sorted(folder.iterdir()))
    pages = write_pages(tmp_path / "s.tif", noise((3, 24, 40)))

    def seen(made):
        client = Cluster(answers=lambda found: {"w": found})
        assert checked(client, made) is None
        return client.paths

    assert seen(planned(folder, frames="1:")) == [middle, last]
    matching = t2v.open_stack(folder, match="t[12].tif")
    assert seen(plan(matching, t2v.VideoSettings())) == [middle, last]
    assert seen(planned(pages)) == [str(pages)]
    assert seen(planned(noise((3, 24, 40)))) == []
    assert seen(planned(folder, segmentation=str(pages))) == [first, last, str(pages)]
    settings = t2v.VideoSettings(panels="sources")
    both = side_by_side([planned(pages), planned(folder)], settings)
    assert seen(both) == [str(pages), first, last]
    monkeypatch.chdir(tmp_path)
    assert seen(planned("s.tif")) == [str(pages)]


def test_results_come_in_order_and_are_counted():
    seen, taken = [], []
    execution = Execution(workers=2, progress=seen.append)
    made = planned(noise((6, 24, 40)))
    tasks = [delayed(pow)(number, 2) for number in range(4)]
    with execution.run(made, 3) as run:
        assert (run.phase, run.workers, run.is_threaded, run.client) == ("encoding", 2, True, None)
        run.phase = "measuring"
        run.compute_in_order(tasks, taken.append, 12)
        run.expect(5)
        run.phase = "trying"
        assert run.compute(tasks[:2], 6) == [0, 1]
    assert taken == [0, 1, 4, 9]
    assert seen[-1] == Progress("trying", 18, 23, 6)
    known = [(found.done, found.total) for found in seen if found.phase == "measuring"]
    assert known[-1] == (12, 18)
    # Of four results, each is three of the twelve steps; nothing is said twice.
    assert {done for done, _ in known} <= {0, 3, 6, 9, 12}
    assert len(set(known)) == len(known)
    assert [found.done for found in seen] == sorted(found.done for found in seen)


def test_work_of_another_thread_is_reported_and_can_be_cancelled():
    finished, reports = Future(), []
    finished.set_result(5)
    assert pipeline.attended(finished, lambda: reports.append(1), lambda: True) == 5
    assert reports == [1]
    asked = iter([False, False, True])
    with pytest.raises(t2v.Cancelled, match=r"^cancelled$"):
        pipeline.attended(Future(), lambda: reports.append(2), lambda: next(asked))
    assert reports == [1, 2, 2, 2]


def test_a_cluster_whose_workers_are_gone_for_a_while(monkeypatch):
    now, there, looks = [100.0], {}, []
    monkeypatch.setattr(cluster, "time", SimpleNamespace(monotonic=lambda: now[0]))
    scheduler = SimpleNamespace(address="tcp://10.0.0.1:8786")

    def nthreads():
        looks.append(now[0])
        return there

    with dask.config.set({"distributed.comm.timeouts.connect": "4s"}):
        watch = cluster.Watch(SimpleNamespace(scheduler=scheduler, nthreads=nthreads))
    for time in (100.9, 101.0, 101.9, 102.5, 104.0):
        now[0] = time
        watch.look()
    assert looks == [101.0, 102.5, 104.0]
    there["w1"] = 1
    now[0] = 110.0
    watch.look()
    del there["w1"]
    now[0] = 114.0
    watch.look()
    now[0] = 115.0
    with pytest.raises(t2v.EncodingError) as caught:
        watch.look()
    assert str(caught.value) == ("all workers of tcp://10.0.0.1:8786 are gone; start some again")


WORK = {
    "local": ({}, ["encoding"], 24),
    "kept": ({"contrast": "global"}, ["measuring", "encoding"], 24),
    "read again": ({"contrast": "global", "memory_budget": 0}, ["measuring", "encoding"], 36),
    "verified": ({"verify": True}, ["encoding", "verifying"], 36),
    "measured": (
        {"contrast": "smooth", "verify": True}, ["measuring", "encoding", "verifying"], 36,
    ),
    "tried": ({"max_size": "9MB"}, ["trying", "encoding"], 48),
    "palette": ({"codec": "gif", "anchor": True}, ["trying", "encoding"], 36),
    "drift": ({"stabilise": True, "crop": "90x10"}, ["measuring", "encoding"], 24),
}  # fmt: skip


@pytest.mark.parametrize(("options", "phases", "total"), WORK.values(), ids=WORK)
def test_the_steps_of_each_kind_of_work(tmp_path, options, phases, total):
    """Each frame of twelve is prepared, encoded, and perhaps measured, tried and decoded."""
    seen = []
    t2v.convert(
        noise((12, 16, 100)), output_dir=tmp_path, width="full" if "crop" not in options else 100,
        workers=2, progress=seen.append, **options,
    )  # fmt: skip
    assert list(dict.fromkeys(found.phase for found in seen)) == phases
    assert (seen[-1].done, seen[-1].total, seen[-1].frames) == (total, total, 12)


def test_the_steps_of_a_batch(tmp_path):
    nbytes = 12 * 16 * 100 * 2  # measured frames that fit are kept
    for budget, total in ((nbytes, 12), (nbytes - 1, 24)):
        seen = []
        t2v.convert_batch(
            [noise((12, 16, 100))], output_dir=tmp_path, contrast="batch", width="full",
            overwrite=True, memory_budget=budget, progress=seen.append,
        )  # fmt: skip
        last = {found.phase: (found.done, found.total) for found in seen}
        assert last == {"measuring": (12, 12), "encoding": (total, total)}
