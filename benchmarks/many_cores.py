"""What limits the conversion on machines with more cores than this one.

    python benchmarks/many_cores.py [--workers N ...] [--sides PX ...] [--segments N]

Everything that runs without Python's lock, one thread beside the other (reading, measuring,
shrinking, grey levels, encoding), is measured on one frame after the other and then only waited
for. What is left is real: Python, dask, the order of the segments, joining and checking the file.
So a few cores show what this leaves to many. Memory bandwidth and the disk are not in it.

frames / s     with so many workers
of ideal       as a share of workers / (the sum of all stages)
Python         processor time a frame that is not waited for: nearly all of it holds the lock, so
               that 1 s divided by it is the most frames that one process can make in a second
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from measuring import print_machine, print_table
from synthetic import data_folder, frame_folder

import napari_tif2video as t2v
from napari_tif2video.data import thread_buffer
from napari_tif2video.data.tiff.alike import Alike
from napari_tif2video.encode import encode_segment
from napari_tif2video.picture import contrast, frame, prepared_frames, render
from napari_tif2video.pipeline import tasks
from napari_tif2video.planning import plan
from napari_tif2video.settings import SEGMENT_FRAMES

STAGES = ("read", "measure", "shrink", "grey", "encode")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 4, 16, 64])
    parser.add_argument("--sides", nargs="+", type=int, default=[512, 2048])
    parser.add_argument("--segments", type=int, default=256)
    parser.add_argument("--data", metavar="DIR", help="keep the frames there")
    args = parser.parse_args()
    print_machine("napari-tif2video", "av", "dask", "numpy")
    rows: list[list[str]] = []
    stages: list[list[str]] = []
    with data_folder(args.data) as data, tempfile.TemporaryDirectory(dir=data) as scratch:
        for side in args.sides:
            some = frame_folder(data, 2 * SEGMENT_FRAMES, side)
            costs, results = measured(some)
            stages.append([f"{side}²", *(f"{costs[name] * 1e3:.2f}" for name in STAGES)])
            many = Path(scratch, f"{side}")
            many.mkdir()
            for number in range(args.segments * SEGMENT_FRAMES):
                os.link(some / "frame_00000.tif", many / f"frame_{number:06d}.tif")
            for workers in args.workers:
                rows.append(simulated(many, Path(scratch, "o.mp4"), workers, costs, results))
    print("\nMilliseconds a frame without the lock, alone on one core:\n")
    print_table(["frames", *STAGES], stages)
    print()
    print_table(["frames", "workers", "frames / s", "of ideal", "Python, ms a frame"], rows)


def measured(folder: Path) -> tuple[dict[str, float], dict[str, Any]]:
    """Seconds a frame of each stage, and something that it returns."""
    made = plan(t2v.open_stack(folder), t2v.VideoSettings())
    frames = made.stack.frames
    picture = made.picture
    for _ in frames.select(range(2)).read_frames(picture.box):
        pass
    seconds: dict[str, float] = {}
    results: dict[str, Any] = {}

    def stage(name: str, work: Callable[[], Any], times: int) -> None:
        begun = time.thread_time()
        for _ in range(times):
            results[name] = work()
        seconds[name] = (time.thread_time() - begun) / len(frames)

    count = len(frames)
    stage("read", lambda: sum(1 for _ in frames.read_frames(picture.box)), 1)
    (one,) = (f.copy() for f in frames.select([0]).read_frames(picture.box))
    stage("measure", lambda: contrast.measure(one), count)
    stage("shrink", lambda: contrast.prepare(one, picture.size), count)
    seconds["shrink"] -= seconds["measure"]
    prepared = results["shrink"]
    results["shrink"] = prepared.pixels
    stage("grey", lambda: contrast.to_grey(prepared, prepared.range), count)
    images = [
        render(channels, picture, None, made.timeline[number])[0]
        for number, channels in enumerate(prepared_frames([frames], picture))
    ][:SEGMENT_FRAMES]
    stage("encode", lambda: encode_segment(iter(images), made.encoder), count // SEGMENT_FRAMES)
    return seconds, results


@contextmanager
def waiting(costs: dict[str, float], results: dict[str, Any]) -> Iterator[None]:
    """Each stage takes as long as it did, and does nothing."""

    def stage(name: str) -> Callable[..., Any]:
        def wait(*_: Any) -> Any:
            time.sleep(costs[name])
            return results[name]

        return wait

    def read(alike: Any, _path: str) -> Any:
        time.sleep(costs["read"])
        return thread_buffer("file", alike.format.shape, alike.stored)

    def encode(pictures: Any, _encoder: Any) -> Any:
        for _ in pictures:
            time.sleep(costs["encode"])
        return results["encode"]

    with (
        mock.patch.object(Alike, "read", read),
        mock.patch.object(contrast, "measure", stage("measure")),
        mock.patch.object(contrast, "shrink_fast", stage("shrink")),
        mock.patch.object(frame, "to_grey", stage("grey")),
        mock.patch.object(tasks, "encode_segment", encode),
    ):
        yield


def simulated(
    folder: Path, output: Path, workers: int, costs: dict[str, float], results: dict[str, Any]
) -> list[str]:
    t2v.convert(folder, output, overwrite=True, frames=":100", workers=workers)  # imports
    count = len(list(folder.iterdir()))
    # One worker would take minutes.
    frames = min(count, max(40, workers) * SEGMENT_FRAMES * 4)
    with waiting(costs, results):
        cpu, begun = processor_s(), time.perf_counter()
        t2v.convert(folder, output, overwrite=True, frames=f":{frames}", workers=workers)
        seconds, cpu = time.perf_counter() - begun, processor_s() - cpu
    ideal = workers / sum(costs.values())
    rate = frames / seconds
    side = folder.name
    return [
        f"{side}²", str(workers), f"{rate:.0f}", f"{rate / ideal:.0%}", f"{cpu / frames * 1e3:.2f}"
    ]  # fmt: skip


def processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
