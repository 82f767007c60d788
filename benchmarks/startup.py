"""How long one waits before anything happens: help, imports, the smallest conversion.

    python benchmarks/startup.py [--runs N]

Every figure is a fresh process, in turns; the last column is what comes on top of Python itself.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
from measuring import print_machine, print_table, run_in_turns
from tifffile import imwrite


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=10)
    args = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        frame = np.arange(256 * 256, dtype=np.uint16).reshape(256, 256)
        frames = Path(folder, "frames")
        frames.mkdir()
        imwrite(frames / "frame.tif", frame)
        command = [sys.executable, "-m", "napari_tif2video"]
        convert = [*command, str(frames), "-o", str(Path(folder, "video.mp4")), "--overwrite"]
        baseline = "Python alone"
        seconds = run_in_turns(
            {
                baseline: python("pass"),
                "import napari_tif2video": python("import napari_tif2video"),
                "tif2video --help": [*command, "--help"],
                "from napari_tif2video import convert": python(
                    "from napari_tif2video import convert"
                ),
                "import numpy, av, tifffile": python("import numpy, av, tifffile"),
                "import dask.array": python("import dask.array"),
                "tif2video, one frame of 256²": convert,
                "tif2video, the same, global": [*convert, "--global-normalize"],
            },
            args.runs,
        )
    start = median(seconds[baseline])
    print_machine("napari-tif2video", "numpy", "av", "tifffile", "dask")
    print_table(
        ["what", "best s", "median s", "median above Python alone s"],
        [
            [f"`{name}`", f"{min(s):.3f}", f"{median(s):.3f}", f"{median(s) - start:.3f}"]
            for name, s in seconds.items()
        ],
    )


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


if __name__ == "__main__":
    main()
