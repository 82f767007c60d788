"""What a frame costs on a dask cluster: for its workers, and for the process that collects them.

    python benchmarks/cluster.py [--workers N] [--runs N] [--data DIR]

A scheduler and worker processes of one thread each on this machine, against as many threads of one
process, in turns. The time of the caller is its processor time while the work runs: what of it is
needed for each frame is the first limit of a large cluster.

Needs pip install 'napari-tif2video[distributed]', and 4.2 GB of disk for the large frames.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from distributed import Client
from measuring import print_machine, print_table
from synthetic import data_folder, frame_folder

import napari_tif2video as t2v

CASES = [(1000, 512), (500, 2048)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--data", metavar="DIR", help="keep the frames here, and use them again")
    args = parser.parse_args()
    print_machine("napari-tif2video", "distributed", "dask", "av")
    rows = []
    with (
        data_folder(args.data) as data,
        TemporaryDirectory(dir=data) as videos,
        processes(args.workers, Path(videos, "scheduler.json")) as where,
        Client(scheduler_file=str(where), set_as_default=False) as client,
    ):
        for frames, side in CASES:
            folder, output = frame_folder(data, frames, side), Path(videos, "o.mp4")
            for contrast in ("local", "global"):
                how = {"contrast": contrast, "overwrite": True}
                ours = compared(folder, output, how, client, args.workers, args.runs)
                rows.append([f"{frames} × {side}², {contrast}", *ours])
    print_table(
        ["frames", "threads, s", "cluster, s", "cluster / threads", "caller, ms a frame"], rows
    )


@contextmanager
def processes(workers: int, where: Path) -> Iterator[Path]:
    """A scheduler, whose address is written to a file, and workers of one thread each."""
    options = ["--scheduler-file", str(where)]
    with ExitStack() as running:
        for kind in ("scheduler", *("worker",) * workers):
            own = ["--nthreads", "1", "--nworkers", "1"] if kind == "worker" else ["--port", "0"]
            command = [sys.executable, "-m", "dask", kind, *options, *own, "--no-dashboard"]
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            running.callback(process.wait)
            running.callback(process.terminate)
        yield where


def compared(
    folder: Path, output: Path, how: dict[str, Any], client: Client, workers: int, runs: int
) -> list[str]:
    threads, cluster, caller = [], [], []
    for number in range(runs + 1):
        begun = time.perf_counter()
        t2v.convert(folder, output, workers=workers, **how)
        between, cpu = time.perf_counter(), time.process_time()
        video = t2v.convert(folder, output, client=client, **how)
        ended, cpu = time.perf_counter(), time.process_time() - cpu
        if number:  # the first round imports
            threads.append(between - begun)
            cluster.append(ended - between)
            caller.append(cpu / video.frames * 1e3)
    ratio = median(c / t for c, t in zip(cluster, threads, strict=True))
    shown = [f"{median(values):.2f}" for values in (threads, cluster)]
    return [*shown, f"{ratio:.2f}", f"{median(caller):.2f}"]


if __name__ == "__main__":
    main()
