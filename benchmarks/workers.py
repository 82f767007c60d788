"""Whether the number of workers, or chance, changes the video, and how much faster more are.

    python benchmarks/workers.py [FOLDER] [--width N] [--repeats N]

Converts one sequence (without FOLDER a synthetic one) with 1, 2, 4 and 8 workers, then many times
with the default number, each in a fresh process, and compares the SHA-256 of the files.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

from measuring import print_machine, print_table, run
from synthetic import data_folder, frame_folder

WORKERS = (1, 2, 4, 8)
FRAMES, SIDE_PX = 400, 512


def convert(folder: Path, output: Path, width: str, workers: int | None) -> tuple[float, str]:
    """Seconds of the command, and the digest of the video."""
    command = [sys.executable, "-m", "napari_tif2video", str(folder), "--overwrite"]
    command += ["-o", str(output), "--width", width, "--contrast", "global", "--quiet"]
    if workers is not None:
        command += ["--workers", str(workers)]
    seconds = run(command)
    return seconds, sha256(output.read_bytes()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", help=f"default: {FRAMES} frames of {SIDE_PX} px")
    parser.add_argument("--width", default="500")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--data", metavar="DIR", help="keep the frames here, and use them again")
    args = parser.parse_args()

    with data_folder(args.data) as data, tempfile.TemporaryDirectory() as videos:
        folder = Path(args.folder) if args.folder else frame_folder(data, FRAMES, SIDE_PX)
        output = Path(videos, "video.mp4")
        convert(folder, output, args.width, None)  # files into the page cache
        made = {n: convert(folder, output, args.width, n) for n in WORKERS}
        repeats = []
        for number in range(args.repeats):
            print(f"repeat {number + 1} of {args.repeats}", end="\r", file=sys.stderr)
            repeats.append(convert(folder, output, args.width, None))
        print(file=sys.stderr)

    digests = {digest for _, digest in (*made.values(), *repeats)}
    alone = made[1][0]
    rows = [
        [str(n), f"{seconds:.2f}", f"{alone / seconds:.2f}", digest[:12]]
        for n, (seconds, digest) in made.items()
    ]
    if repeats:
        fastest = min(seconds for seconds, _ in repeats)
        found = sorted({digest[:12] for _, digest in repeats})
        name = f"default, fastest of {len(repeats)}"
        rows.append([name, f"{fastest:.2f}", f"{alone / fastest:.2f}", ", ".join(found)])
    print_machine("napari-tif2video", "av")
    print_table(["workers", "seconds", "times as fast", "SHA-256 of the video"], rows)
    count = len(made) + len(repeats)
    same = f"all {count} videos are equal" if len(digests) == 1 else f"{len(digests)} DIFFERENT"
    print(f"\nBytes: {same}")
    sys.exit(len(digests) != 1)


if __name__ == "__main__":
    main()
