"""How far the conversion alone is from what it cannot do without: reading, and encoding.

    python benchmarks/floor.py [--runs N] [--shrink K] [--data DIR]

All in one process, imports and the first use of everything apart, in turns, on all cores:

reading      the bytes of all files, into buffers of each thread, nothing else done with them.
encoding     the finished pictures, in memory, in the segments and with the encoder of the video.
conversion   from files to a published video.
floor        reading and encoding, one after the other.

Needs 4.2 GB of disk, and as much free memory for the large frames.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from measuring import print_machine, print_table
from synthetic import data_folder, frame_folder

import napari_tif2video as t2v
from napari_tif2video.encode import encode_segment
from napari_tif2video.pipeline import default_workers
from napari_tif2video.planning import plan
from napari_tif2video.settings import SEGMENT_FRAMES

CASES = [(500, 2048), (1000, 512)]
CONTRASTS = ("local", "global")


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare the conversion with its floor.")
    parser.add_argument("--runs", type=int, default=5, metavar="N")
    parser.add_argument("--shrink", type=int, default=1, metavar="K", help="fewer frames")
    parser.add_argument("--data", metavar="DIR", help="keep the frames there")
    args = parser.parse_args()
    print_machine("numpy", "av", "dask", "tifffile")
    rows = []
    with data_folder(args.data) as data, tempfile.TemporaryDirectory() as out:
        for frames, side in CASES:
            folder = frame_folder(data, frames // args.shrink, side)
            for contrast in CONTRASTS:
                name = f"{frames // args.shrink} x {side}², {contrast}"
                rows.append([name, *compared(folder, contrast, Path(out) / "o.mp4", args.runs)])
    print_table(["frames", "reading", "encoding", "conversion", "conversion / floor"], rows)


def compared(folder: Path, contrast: str, output: Path, runs: int) -> list[str]:
    """Medians, as cells of the table."""
    pictures = rendered(folder, contrast)
    encoder = plan(t2v.open_stack(folder), t2v.VideoSettings(contrast=contrast)).encoder
    segments = [pictures[i : i + SEGMENT_FRAMES] for i in range(0, len(pictures), SEGMENT_FRAMES)]
    files = sorted(folder.iterdir())
    work: dict[str, Callable[[], Any]] = {
        "reading": lambda: on_all_cores(read, np.array_split(np.array(files), 8 * len(segments))),
        "encoding": lambda: on_all_cores(lambda s: encode_segment(iter(s), encoder), segments),
        "conversion": lambda: t2v.convert(folder, output, contrast=contrast, overwrite=True),
    }
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for number in range(runs + 1):
        for name, do in work.items():
            begun = time.perf_counter()
            do()
            if number:  # the first round does not count
                seconds[name].append(time.perf_counter() - begun)
    pairs = zip(*seconds.values(), strict=True)
    ratios = [conversion / (reading + encoding) for reading, encoding, conversion in pairs]
    shown = [f"{median(values):.2f} s" for values in seconds.values()]
    return [*shown, f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"]


def on_all_cores(do: Callable[[Any], Any], parts: list[Any]) -> None:
    with ThreadPoolExecutor(default_workers()) as pool:
        list(pool.map(do, parts))


def read(files: Any) -> None:
    if not len(files):
        return
    buffer = bytearray(os.path.getsize(files[0]))
    for file in files:
        with open(file, "rb", buffering=0) as handle:
            handle.readinto(buffer)


def rendered(folder: Path, contrast: str) -> list[Any]:
    """The pictures of the video, in one grey channel as the encoder gets them."""
    stack = t2v.open_stack(folder)
    with ThreadPoolExecutor(default_workers()) as pool:
        one = lambda index: t2v.render_frame(stack, index, contrast=contrast)[..., 0].copy()  # noqa: E731
        return list(pool.map(one, range(len(stack))))


if __name__ == "__main__":
    main()
