"""The tasks of a conversion: they travel, they can run anywhere, and they read what they must."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections import Counter

import dask
import dask.array as da
import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise, numbered

import napari_tif2video as t2v
from napari_tif2video.pipeline.tasks import segment_graph
from napari_tif2video.planning.plan import plan


def from_files(folder, stack):
    return t2v.open_stack(write_folder(folder / "in", stack))


def from_pages(folder, stack):
    tifffile.imwrite(folder / "s.tif", stack, photometric="minisblack")
    return t2v.open_stack(folder / "s.tif")


def from_numpy(_folder, stack):
    return t2v.open_stack(stack)


def from_dask(_folder, stack):
    return t2v.open_stack(da.from_array(stack, chunks=(7, 30, 160)) + 0)


SOURCES = [from_files, from_pages, from_numpy, from_dask]


def graph_of(stack, **options):
    planned = plan(stack, t2v.VideoSettings(width=100, **options))
    graph = segment_graph(planned, (((0.0, 65535.0),),), None, "no such job")
    keys = [key for key in graph if key[0] == "encode"]
    return graph, keys


@pytest.mark.parametrize("source", SOURCES)
def test_pickled_tasks_give_the_same_segments(tmp_path, source):
    graph, keys = graph_of(source(tmp_path, numbered(63)), anchor=True)
    assert len(keys) == 2
    expected = dask.get(graph, keys)
    again = {key: pickle.loads(pickle.dumps(task)) for key, task in graph.items()}
    assert dask.get(again, keys) == expected
    # A task that is lost is simply run again.
    assert dask.get(graph, keys) == expected


IN_ANOTHER_PROCESS = """
import pickle, sys, dask
graph, keys = pickle.load(sys.stdin.buffer)
sys.stdout.buffer.write(pickle.dumps(dask.get(graph, keys)))
"""


@pytest.mark.parametrize("source", [from_files, from_dask])
def test_tasks_run_in_another_process(tmp_path, source):
    graph, keys = graph_of(source(tmp_path, numbered(53)))
    done = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS],
        input=pickle.dumps((graph, keys)),
        capture_output=True,
        check=True,
    )
    assert pickle.loads(done.stdout) == dask.get(graph, keys)


@pytest.mark.parametrize("source", SOURCES)
def test_a_task_carries_only_what_it_needs(tmp_path, source):
    """The pickles of all tasks together are about the data, not the data times the tasks."""
    stack = noise((400, 32, 160))
    graph, _ = graph_of(source(tmp_path, stack))
    total = sum(len(pickle.dumps(task)) for task in graph.values())
    # A dask array made from one in memory has to carry it to each task; its own matter.
    if source is not from_dask:
        assert total < 1.2 * stack.nbytes
    if source in (from_files, from_pages):
        assert total < 400 * 1000


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
        ({"contrast": "global", "crop": "100x40", "width": "full"}, 1),
    ],
    ids=str,
)
@pytest.mark.parametrize("workers", [1, 4])
def test_every_frame_is_read_as_often_as_said(tmp_path, options, times, workers):
    counted = Counted(noise((117, 48, 160)))
    t2v.convert(counted.array, tmp_path / "o.mp4", workers=workers, **options)
    assert counted.reads == Counter(dict.fromkeys(range(117), times))


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
for budget in (1 << 40, 0):
    opened.clear()
    t2v.convert(stack, sys.argv[2], overwrite=True, contrast="global", memory_budget=budget)
    print(len(opened), *sorted(set(opened.values())))
"""


def test_files_are_opened_as_often_as_said(tmp_path):
    """Counted by the interpreter itself, at the opening of a file."""
    folder = write_folder(tmp_path / "in", noise((60, 32, 128)))
    command = [sys.executable, "-c", COUNT_OPENED, folder, tmp_path / "o.mp4"]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert done.stdout.splitlines() == ["60 1", "60 2"]
