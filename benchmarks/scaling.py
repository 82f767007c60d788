"""Whether memory and cost per frame stay the same when a sequence gets ten times longer.

    python benchmarks/scaling.py [--frames SHORT LONG] [--side PX] [--runs N] [--data DIR]

Each figure comes from a fresh process, short and long sequences in turns, medians:

seconds      the conversion alone. Imports, and building an array, are done before (building
             da.stack of 10,000 delayed frames takes seconds of its own).
peak memory  of the whole process, for files. Global contrast has a memory budget of 1 MB here, so
             that it reads the files twice. For arrays it would show the array's own graph.

All sources read the same files of uint16 frames. Needs 1.5 GB of disk with the default sizes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from measuring import print_machine, print_table
from synthetic import data_folder, frame_folder

WIDTH_PX = 200
TINY_BUDGET = 1 << 20
FILES = "files"
SOURCES = {
    "files, local": (FILES, "local"),
    "files, global, read twice": (FILES, "global"),
    "da.stack of delayed frames, local": ("delayed", "local"),
    "da.map_blocks, local": ("map_blocks", "local"),
}


def convert_once(kind: str, contrast: str, folder: Path, output: Path) -> dict[str, float]:
    """What the child process does."""
    import napari_tif2video as t2v

    options: dict[str, Any] = {"contrast": contrast, "width": WIDTH_PX, "overwrite": True}
    options["memory_budget"] = TINY_BUDGET
    t2v.convert(np.eye(100, dtype=np.uint16)[np.newaxis], output, **options)  # imports everything
    source: Any = folder if kind == FILES else lazy_array(kind, folder)
    begun = time.perf_counter()
    t2v.convert(source, output, **options)
    return {"seconds": time.perf_counter() - begun, "peak_mb": peak_mb()}


def lazy_array(kind: str, folder: Path) -> Any:
    """The frames as users make dask arrays of them."""
    import dask
    import dask.array as da
    from tifffile import imread

    paths = sorted(folder.glob("*.tif"))
    first = imread(paths[0])
    if kind == "delayed":
        read = dask.delayed(imread)
        return da.stack([da.from_delayed(read(p), first.shape, first.dtype) for p in paths])

    def read_block(block_info: Any = None) -> Any:
        return imread(paths[block_info[None]["chunk-location"][0]])[np.newaxis]

    chunks = ((1,) * len(paths), *((side,) for side in first.shape))
    return da.map_blocks(read_block, chunks=chunks, dtype=first.dtype)


def peak_mb() -> float:
    """The most memory this process has had.

    Linux counts the parent before exec in getrusage(); its own file does not.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def run_child(kind: str, contrast: str, folder: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as videos:
        output = str(Path(videos, "video.mp4"))
        command = [sys.executable, __file__, "--child", kind, contrast, str(folder), output]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def row(name: str, folders: list[tuple[int, Path]], runs: int) -> list[str]:
    kind, contrast = SOURCES[name]
    found: dict[int, list[dict[str, float]]] = {frames: [] for frames, _ in folders}
    for number in range(runs):
        for frames, folder in folders:
            result = run_child(kind, contrast, folder)
            found[frames].append(result)
            print(f"  {number + 1} {name}, {frames} frames: {result}", file=sys.stderr)
    cost = [median(r["seconds"] for r in found[f]) / f * 1e3 for f, _ in folders]
    peak = [median(r["peak_mb"] for r in found[f]) for f, _ in folders]
    cells = [name, *(f"{ms:.2f}" for ms in cost), f"{cost[1] / cost[0]:.2f}"]
    if kind != FILES:
        return [*cells, "", "", ""]
    return [*cells, *(f"{mb:.0f}" for mb in peak), f"{peak[1] / peak[0]:.2f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--frames", nargs=2, type=int, default=(1_000, 10_000))
    parser.add_argument("--side", type=int, default=256, help="of the frames, in px")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--data", metavar="DIR", help="keep the frames here, and use them again")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        kind, contrast, folder, output = args.child
        print(json.dumps(convert_once(kind, contrast, Path(folder), Path(output))))
        return

    with data_folder(args.data) as data:
        folders = [(frames, frame_folder(data, frames, args.side)) for frames in args.frames]
        rows = [row(name, folders, args.runs) for name in SOURCES]
    short, long = args.frames
    print_machine("napari-tif2video", "av", "dask")
    print(f"Frames of {args.side}², width {WIDTH_PX} px, medians of {args.runs} runs\n")
    header = ["source", f"ms a frame of {short}", f"of {long}", "ratio"]
    print_table([*header, f"peak MB with {short}", f"with {long}", "ratio"], rows)


if __name__ == "__main__":
    main()
