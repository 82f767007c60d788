"""The graph of a conversion: it runs wherever dask is told to, and computes what it must, once."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import dask
import dask.array as da
import numpy as np
import pytest
import tifffile
from dask.callbacks import Callback
from helpers.files import write_folder
from helpers.frames import noise, numbered
from helpers.video import media

import napari_tif2video as t2v


def from_files(folder, stack):
    return write_folder(folder / "in", stack)


def from_pages(folder, stack):
    tifffile.imwrite(folder / "s.tif", stack, photometric="minisblack")
    return folder / "s.tif"


def from_numpy(_folder, stack):
    return stack


def from_dask(_folder, stack):
    return da.from_array(stack, chunks=(7, 30, 160)) + 0


SOURCES = [from_files, from_pages, from_numpy, from_dask]


@pytest.fixture
def digest(tmp_path):
    """Convert, and return what identifies the bytes of the video."""

    def convert(source, **options):
        path = t2v.convert(source, tmp_path / "o.mp4", overwrite=True, width=100, **options).path
        return hashlib.sha256(path.read_bytes()).hexdigest()

    return convert


class PickledTasks:
    """A scheduler of dask that pickles each task on its way, and knows how long the pickles were.

    The tasks find no run of theirs by the key, as on another machine.
    """

    def __init__(self):
        self.nbytes = 0

    def __call__(self, graph, keys, **options):
        pickled = {key: pickle.dumps(task) for key, task in graph.items()}
        self.nbytes += sum(map(len, pickled.values()))
        return dask.get({key: pickle.loads(task) for key, task in pickled.items()}, keys, **options)


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0"
    ) as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    """The active client of a cluster, so that dask runs everything there."""
    from distributed import Client

    with Client(cluster) as client:
        yield client


@pytest.mark.parametrize("source", SOURCES)
def test_every_scheduler_of_dask_gives_the_same_bytes(tmp_path, digest, source):
    made = source(tmp_path, numbered(63))
    for options in ({}, {"contrast": "global"}, {"contrast": "smooth", "memory_budget": 0}):
        expected = digest(made, **options)
        for scheduler in ("synchronous", "threads", PickledTasks()):
            with dask.config.set(scheduler=scheduler):
                assert digest(made, **options) == expected
        with ThreadPoolExecutor(2) as pool, dask.config.set(scheduler=pool):
            assert digest(made, **options) == expected


@pytest.mark.parametrize("source", [from_files, from_dask])
def test_other_processes_give_the_same_bytes(tmp_path, digest, source):
    made = source(tmp_path, numbered(53))
    expected = digest(made, contrast="global", anchor=True)
    seen = []
    with dask.config.set(scheduler="processes", num_workers=1):
        found = digest(made, contrast="global", anchor=True, progress=seen.append)
    assert found == expected
    assert {p.phase for p in seen} == {"measuring", "encoding"}
    assert [p.done for p in seen] == sorted(p.done for p in seen)
    assert seen[-1].fraction == 1


@pytest.mark.parametrize("source", SOURCES)
def test_a_cluster_gives_the_same_bytes(tmp_path, digest, source, request):
    made = source(tmp_path, numbered(63))
    cases = [
        {},
        {"contrast": "global"},
        {"contrast": "global", "memory_budget": 0},
        {"percentile": (1, 99), "contrast": "global", "verify": True},
        {"max_size": "32kB"},
    ]
    expected = [digest(made, **options) for options in cases]
    request.getfixturevalue("client")
    seen = []
    for options, bytes_here in zip(cases, expected, strict=True):
        assert digest(made, progress=seen.append, **options) == bytes_here
        assert seen[-1].fraction == 1


def test_a_cluster_can_be_left(tmp_path, client):
    with pytest.raises(t2v.Cancelled):
        t2v.convert(noise((600, 64, 64)), tmp_path / "o.mp4", cancel=lambda: True)
    assert list(tmp_path.iterdir()) == []


def test_the_workers_and_the_pool_of_the_configuration_are_used(tmp_path):
    seen = set()
    lock = threading.Lock()

    def block(values):
        with lock:
            seen.add(threading.current_thread().name)
        time.sleep(0.01)
        return values

    array = da.from_array(noise((40, 32, 128)), chunks=(1, 32, 128))
    array = array.map_blocks(block, dtype=np.uint16, meta=array._meta)
    with ThreadPoolExecutor(3, "mine") as pool, dask.config.set(pool=pool):
        t2v.convert(array, tmp_path / "a.mp4", width="full")
    assert {name.rpartition("_")[0] for name in seen} == {"mine"}
    seen.clear()
    with dask.config.set(num_workers=1):
        t2v.convert(array, tmp_path / "b.mp4", width="full")
    assert len(seen) == 1


def test_callbacks_of_dask_see_the_work(tmp_path):
    prepared, encoded = [], []

    def begun(key, *_):
        if str(key).startswith("encode-"):
            encoded.append(len(prepared))

    def finished(key, *_):
        if str(key).startswith("prepare-"):
            prepared.append(key)

    with Callback(pretask=begun, posttask=finished):
        t2v.convert(numbered(210), tmp_path / "o.mp4", workers=2)
    assert len(prepared) == 4 * 7 + 2
    # The last two segments are encoded side by side, when there is nothing else to do.
    assert len(encoded) == 5
    assert encoded[-2:] == [len(prepared)] * 2


@pytest.mark.parametrize("source", SOURCES)
def test_a_task_carries_only_what_it_needs(tmp_path, digest, source):
    """The pickles of all tasks together are about the data, not the data times the tasks."""
    stack = noise((400, 32, 160))
    scheduler = PickledTasks()
    made = source(tmp_path, stack)
    with dask.config.set(scheduler=scheduler):
        digest(made)
    # A dask array made from one in memory may carry it in a task; its own matter.
    assert scheduler.nbytes < 1.2 * stack.nbytes
    if source in (from_files, from_pages):
        assert scheduler.nbytes < 400 * 1000


class Counted:
    """A dask array that counts how often each of its frames is computed."""

    def __init__(self, stack):
        self.reads = Counter()
        self._lock = threading.Lock()
        self._stack = stack
        frames = [
            da.from_delayed(dask.delayed(self._read, pure=False)(i), stack.shape[1:], stack.dtype)
            for i in range(len(stack))
        ]
        self.array = da.stack(frames)

    def _read(self, index):
        with self._lock:
            self.reads[index] += 1
        return self._stack[index]


@pytest.mark.parametrize(
    ("options", "times"),
    [
        ({}, 1),
        ({"limits": (0, 9000)}, 1),
        ({"contrast": "global"}, 1),
        ({"contrast": "batch"}, 1),
        ({"contrast": "global", "memory_budget": 0}, 2),
        ({"contrast": "batch", "memory_budget": 0}, 2),
        ({"memory_budget": 0}, 1),
        ({"contrast": "global", "crop": "100x40"}, 1),
    ],
    ids=str,
)
@pytest.mark.parametrize("workers", [1, 4])
def test_every_frame_is_read_as_often_as_said(tmp_path, options, times, workers):
    counted = Counted(noise((117, 48, 160)))
    t2v.convert(counted.array, tmp_path / "o.mp4", workers=workers, width="full", **options)
    assert counted.reads == Counter(dict.fromkeys(range(117), times))


@pytest.mark.parametrize(
    ("dtype", "width", "nbytes"),
    [
        (np.uint8, "full", 48 * 160),
        (np.uint16, "full", 2 * 48 * 160),
        (np.uint16, 120, 2 * 36 * 120),
        (np.uint16, 320, 4 * 96 * 320),
        (np.float32, 120, 4 * 36 * 120),
    ],
)
def test_prepared_frames_that_just_fit_the_memory_are_kept(tmp_path, dtype, width, nbytes):
    for budget, times in ((20 * nbytes, 1), (20 * nbytes - 1, 2)):
        counted = Counted(noise((20, 48, 160)).astype(dtype))
        out = tmp_path / f"{times}.mp4"
        t2v.convert(counted.array, out, contrast="global", width=width, memory_budget=budget)
        assert counted.reads == Counter(dict.fromkeys(range(20), times))


def test_opening_and_rendering_one_frame_read_no_other(tmp_path):
    counted = Counted(noise((30, 48, 160)))
    stack = t2v.open_stack(counted.array)
    assert not counted.reads
    t2v.render_frame(stack, 12)
    assert counted.reads == Counter({12: 1})


def test_limits_of_the_sequence_are_measured_once_for_a_preview():
    counted = Counted(noise((30, 48, 160)))
    stack = t2v.open_stack(counted.array)
    for index in (3, 4, 5):
        t2v.render_frame(stack, index, contrast="global", width=100 + index)
    assert sum(counted.reads.values()) == 30 + 3


def test_blocks_outside_the_box_are_not_computed(tmp_path):
    computed = Counter()

    def block(values, block_info=None):
        computed[block_info[0]["chunk-location"][1:]] += 1
        return values

    base = da.from_array(noise((6, 64, 256)), chunks=(2, 32, 64))
    array = base.map_blocks(block, dtype=np.uint16, meta=base._meta)
    t2v.convert(array, tmp_path / "o.mp4", crop="60x30+66+33")
    assert set(computed) == {(1, 1)}
    assert computed[1, 1] == 3


def test_a_chunk_of_many_frames_is_computed_once(tmp_path):
    computed = Counter()

    def block(values, block_info=None):
        computed[block_info[0]["chunk-location"][0]] += 1
        return values

    base = da.from_array(noise((130, 32, 128)), chunks=(30, 32, 128))
    array = base.map_blocks(block, dtype=np.uint16, meta=base._meta)
    t2v.convert(array, tmp_path / "o.mp4", contrast="global", width="full")
    assert computed == Counter(dict.fromkeys(range(5), 1))


def counted_blocks(shape, chunks):
    """An array of noise, and how often each of its blocks was computed."""
    computed = Counter()
    lock = threading.Lock()
    stack = noise(shape)

    def block(block_info=None):
        with lock:
            computed[block_info[None]["chunk-location"]] += 1
        return stack[tuple(slice(*span) for span in block_info[None]["array-location"])]

    chunks = da.core.normalize_chunks(chunks, shape)
    array = da.map_blocks(block, chunks=chunks, dtype=stack.dtype, meta=stack[:0])
    return stack, array, computed


@pytest.mark.parametrize(
    ("options", "times"),
    [({}, 1), ({"contrast": "global"}, 1), ({"contrast": "global", "memory_budget": 0}, 2)],
    ids=str,
)
def test_blocks_that_the_whole_sequence_needs_are_computed_once(tmp_path, options, times):
    stack, array, computed = counted_blocks((120, 32, 64), (10, 32, 64))
    options = {"width": "full"} | options
    video = t2v.convert(array - array.mean(axis=0), tmp_path / "o.mp4", **options)
    assert computed == Counter({(i, 0, 0): times for i in range(12)})
    expected = t2v.convert(stack - stack.mean(axis=0), tmp_path / "e.mp4", **options)
    assert media(video.path) == media(expected.path)


@pytest.mark.parametrize("axes", ["TCYX", "CTYX"])
def test_blocks_that_channels_share_are_computed_once(tmp_path, axes):
    shape = {"TCYX": (30, 3, 32, 64), "CTYX": (3, 30, 32, 64)}[axes]
    chunks = {"TCYX": (1, 3, 32, 64), "CTYX": (3, 1, 32, 64)}[axes]
    stack, array, computed = counted_blocks(shape, chunks)
    options = {"axes": axes, "channel": "all", "width": "full"}
    video = t2v.convert(array, tmp_path / "o.mp4", **options)
    assert set(computed.values()) == {1}
    assert len(computed) == 30
    expected = t2v.convert(stack, tmp_path / "e.mp4", **options)
    assert media(video.path) == media(expected.path)


@pytest.mark.parametrize("contrast", ["local", "global"])
def test_persisted_arrays(tmp_path, contrast):
    stack, array, computed = counted_blocks((120, 32, 64), (7, 32, 32))
    persisted = array.persist()
    before = computed.copy()
    video = t2v.convert(persisted, tmp_path / "o.mp4", contrast=contrast, width="full")
    assert computed == before
    expected = t2v.convert(stack, tmp_path / "e.mp4", contrast=contrast, width="full")
    assert media(video.path) == media(expected.path)


_calls = []


def _called(values):
    """Found by its name, as functions that close over a counter cannot travel."""
    _calls.append(values.shape)
    return values


@pytest.mark.parametrize("contrast", ["local", "global"])
def test_arrays_that_a_cluster_holds(tmp_path, client, contrast):
    stack = noise((60, 32, 64))
    array = da.from_array(stack, chunks=(7, 32, 32))
    persisted = client.persist(array.map_blocks(_called, dtype=np.uint16, meta=array._meta))
    video = t2v.convert(persisted, tmp_path / "o.mp4", contrast=contrast, width="full")
    t2v.render_frame(persisted, 3)
    assert len(_calls) == 18
    _calls.clear()
    with dask.config.set(scheduler="threads"):
        expected = t2v.convert(stack, tmp_path / "e.mp4", contrast=contrast, width="full")
    assert media(video.path) == media(expected.path)


@pytest.mark.parametrize("scheduler", ["threads", "synchronous"])
def test_an_array_that_fails_is_said_to(tmp_path, scheduler):
    def fail(values, block_info=None):
        if block_info[0]["chunk-location"][0] == 3:
            raise errors[0]
        return values

    errors = [ValueError("no such\nplane")]

    array = da.from_array(noise((60, 32, 64)), chunks=(10, 32, 64))
    array = array.map_blocks(fail, dtype=np.uint16, meta=array._meta)
    message = r"block [^;]*3.* of the array cannot be computed \(ValueError: no such plane\)"
    with dask.config.set(scheduler=scheduler):
        with pytest.raises(t2v.SourceError, match=message):
            t2v.convert(array, tmp_path / "o.mp4")
        with pytest.raises(t2v.SourceError, match=message):
            t2v.render_frame(array, 31)
        errors[0] = t2v.SourceError("plate 3: is not there")
        with pytest.raises(t2v.SourceError, match=r"^(array: )?plate 3: is not there$"):
            t2v.convert(array, tmp_path / "o.mp4")
    assert list(tmp_path.iterdir()) == []


COUNT_OPENED = """
import sys
from collections import Counter
import napari_tif2video as t2v

stack = t2v.open_stack(sys.argv[1])
opened = Counter()

def audit(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".tif"):
        opened[str(arguments[0])] += 1

sys.addaudithook(audit)
options = {"overwrite": True, "contrast": "global", "width": "full"}
for budget in (1 << 40, 0):
    opened.clear()
    t2v.convert(stack, sys.argv[2], memory_budget=budget, **options)
    print(len(opened), *sorted(set(opened.values())))
"""


def test_files_are_opened_as_often_as_said(tmp_path):
    """Counted by the interpreter itself, at the opening of a file."""
    folder = write_folder(tmp_path / "in", noise((60, 32, 128)))
    command = [sys.executable, "-c", COUNT_OPENED, folder, tmp_path / "o.mp4"]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert done.stdout.splitlines() == ["60 1", "60 2"]
