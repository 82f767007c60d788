"""What tracks cost: a series of 2048x2048 files, 500 px wide, with 200 tracks and without.

    python benchmarks/drawings.py [--frames 100] [--tracks 200] [--rounds 5]

Both are made in turns in one process. The ratio is that of the speeds with and without tracks, by
processor time, which a busy machine changes less, and by the clock.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from measuring import print_table, spread
from synthetic import frame_folder

import napari_tif2video as t2v

SIDE, WIDTH, STEP_PX = 2048, 500, 4.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--tracks", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        frames = frame_folder(Path(folder), given.frames, SIDE)
        drawn = {"without": {}, "with": {"tracks": walks(given.tracks, given.frames)}}
        seconds = {name: [] for name in drawn}
        for number in range(1 + given.rounds):
            for name, options in drawn.items():
                taken = timed(frames, Path(folder) / f"{name}.mp4", options)
                if number:  # the first round loads the libraries
                    seconds[name].append(taken)
    rows = []
    for kind, clock in enumerate(("processor", "clock")):
        without, with_ = ([taken[kind] for taken in seconds[name]] for name in drawn)
        ms = [[1000 * s / given.frames for s in one] for one in (without, with_)]
        ratio = median(a / b for a, b in zip(without, with_, strict=True))
        rows.append((clock, spread(ms[0]), spread(ms[1]), f"{ratio:.2f}"))
    title = f"ms a frame with {given.tracks} tracks"
    print_table(("time", "ms a frame without", title, "speed with / without"), rows)


def walks(tracks: int, frames: int) -> np.ndarray:
    """Random walks in napari's columns: track, frame, row, column."""
    rng = np.random.default_rng(1)
    ways = rng.uniform(200, SIDE - 200, (tracks, 1, 2))
    ways = ways + np.cumsum(rng.normal(0, STEP_PX, (tracks, frames, 2)), axis=1)
    ids, times = np.repeat(np.arange(tracks), frames), np.tile(np.arange(frames), tracks)
    return np.column_stack([ids, times, ways.reshape(-1, 2)])


def timed(frames: Path, output: Path, options: dict) -> tuple[float, float]:
    """Seconds of all processors, and of the clock, that a video takes."""
    begun = time.process_time(), time.perf_counter()
    t2v.convert(frames, output, width=WIDTH, overwrite=True, **options)
    return time.process_time() - begun[0], time.perf_counter() - begun[1]


if __name__ == "__main__":
    main()
