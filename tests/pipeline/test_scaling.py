"""The cost of a frame does not depend on how many there are; nor does the memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import dask
import dask.array as da
import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise

import napari_tif2video as t2v

FEW, MANY = 300, 1200
FRAMES = noise((MANY, 16, 32))


def files(folder, count):
    return write_folder(folder / str(count), FRAMES[:count])


def pages(folder, count):
    path = folder / f"{count}.tif"
    tifffile.imwrite(path, FRAMES[:count], compression="zlib", photometric="minisblack")
    return path


def stack_of_delayed(_folder, count):
    lazy = [dask.delayed(FRAMES.__getitem__, pure=False)(i) for i in range(count)]
    return da.stack([da.from_delayed(d, (16, 32), np.uint16) for d in lazy])


def map_blocks(_folder, count):
    def block(block_info=None):
        return FRAMES[block_info[None]["chunk-location"][0]][np.newaxis]

    return da.map_blocks(
        block, chunks=((1,) * count, (16,), (32,)), dtype=np.uint16, meta=FRAMES[:0]
    )


def computed(_folder, count):
    array = da.from_array(FRAMES[:count], chunks=(1, 16, 32))
    return (array // 2 + 5).astype(np.uint16)[::-1]


@pytest.fixture(scope="module", params=[files, pages, stack_of_delayed, map_blocks, computed])
def sources(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    return {count: request.param(folder, count) for count in (FEW, MANY)}


@pytest.mark.slow
@pytest.mark.parametrize("contrast", ["local", "global"])
def test_the_cost_of_a_frame(tmp_path, sources, contrast):
    best = dict.fromkeys(sources, float("inf"))
    # Processor time, and the best of up to six: other programs make it longer, never shorter.
    for attempt in range(6):
        for count, source in sources.items():
            begun = time.process_time()
            t2v.convert(source, tmp_path / "o.mp4", overwrite=True, width="full", contrast=contrast)
            best[count] = min(best[count], (time.process_time() - begun) / count)
        ratio = best[MANY] / best[FEW]
        if ratio < 1.3 or (ratio > 3 and attempt > 0):
            break
    assert ratio < 1.6, f"{ratio:.1f} times the cost of a frame for {MANY} as for {FEW} frames"


# The memory of a process of its own: what the test run itself takes must not hide it.
PEAK = """
import sys
import numpy as np
import napari_tif2video as t2v

kind, count, contrast, out = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
if kind == "lazy":
    import dask.array as da
    frame = np.random.default_rng(0).integers(0, 65536, (100, 100), dtype=np.uint16)
    source = da.map_blocks(
        lambda block_info=None: np.roll(frame, 37 * block_info[None]["chunk-location"][0])[None],
        chunks=((1,) * count, (100,), (100,)), dtype=np.uint16, meta=frame[None][:0])
else:
    source = kind
t2v.convert(source, out, width="full", contrast=contrast, memory_budget=0, workers=2)
with open("/proc/self/status") as file:
    (line,) = (line for line in file if line.startswith("VmHWM"))
print(line.split()[1])
"""


def peak_kb(tmp_path, kind, count, contrast):
    if kind == "files":
        kind = write_folder(tmp_path / str(count), noise((40, 100, 100)))
        for index in range(40, count):
            os.link(kind / f"t{index % 40}.tif", kind / f"t{index}.tif")
    out = tmp_path / f"{count}.mp4"
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(kind), str(count), contrast, out],
        capture_output=True,
        check=True,
        text=True,
    )
    # To keep all of them, encoded or not, would take tens of megabytes more.
    assert out.stat().st_size > count * 5000
    return int(done.stdout)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to measure memory")
# Of each block of an array dask knows the task, and what waits for it: 8 kB.
@pytest.mark.parametrize(
    ("kind", "contrast", "ratio"), [("files", "global", 1.15), ("lazy", "local", 1.24)]
)
def test_the_memory_does_not_grow_with_the_number_of_frames(tmp_path, kind, contrast, ratio):
    few = peak_kb(tmp_path, kind, 600, contrast)
    # The least of up to three: about one run in a hundred takes a fifth more on a busy machine.
    for attempt in range(3):
        (tmp_path / str(attempt)).mkdir()
        many = peak_kb(tmp_path / str(attempt), kind, 3000, contrast)
        if many < ratio * few:
            break
    assert many < ratio * few, f"{few} kB for 600 frames, {many} kB for 3000"
