"""How long whole commands take, against other ways to do the same job.

    python benchmarks/peers.py [--runs N] [--case NAME ...] [--shrink K] [--data DIR]

Every command runs in a fresh process, in turns with the others, after one round that does not
count; files are in the page cache. All videos are 500 px wide at 10 fps. The peers:

OpenCV + Pillow  peer_opencv.py: what the original script does, with all frames on all cores
OpenCV only      the same with OpenCV for reading and arithmetic
ffmpeg, same job the ffmpeg command, libx264 with the same preset, rate factor and x264 options. For
                 local contrast its filter "normalize" stretches each frame, in 8 bits; for global
                 contrast it is given the limits, which it could not find out by itself.
ffmpeg           the same without: frames of 16 bits have a little less contrast than ours, those of
                 12 bits stay nearly black; both are easier to encode.
original         create_video.py of "TIF to Video Creator" itself, with --original FILE

Needs 4.2 GB of disk and as much free memory for the large frames, ffmpeg on the path, and
pip install opencv-python-headless pillow (for the original also matplotlib and tqdm)
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from measuring import print_machine, print_table, run_in_turns, spread
from synthetic import FILE_PATTERN, data_folder, frame_folder

from napari_tif2video.settings.codecs import DEFAULT_CODEC, X264_PARAMS, X264_PRESET

WIDTH_PX, FPS = 500, 10
LIMITS = {12: (150, 3000), 16: (1226, 62413)}  # about the range of synthetic frames
OURS = "tif2video"
RATE_FACTOR = DEFAULT_CODEC.rate("standard")


@dataclass(frozen=True)
class Case:
    frames: int
    side_px: int
    contrast: str
    bits: int = 16


CASES = {
    "large-local": Case(500, 2048, "local"),
    "large-global": Case(500, 2048, "global"),
    "large-12-bit": Case(500, 2048, "local", 12),
    "small-local": Case(1000, 512, "local"),
    "small-global": Case(1000, 512, "global"),
}


def commands(case: Case, folder: Path, videos: Path, original: str | None) -> dict[str, list[str]]:
    """The command lines, ours first."""
    ours = [sys.executable, "-m", "napari_tif2video", str(folder), "--overwrite"]
    ours += ["--width", str(WIDTH_PX), "--fps", str(FPS), "--contrast", case.contrast]
    ours += ["-o", str(videos / "ours.mp4")]
    opencv = [sys.executable, str(Path(__file__).with_name("peer_opencv.py")), str(folder)]
    opencv += [str(videos / "opencv.mp4"), "--width", str(WIDTH_PX), "--fps", str(FPS)]
    opencv += ["--global-range"] * (case.contrast == "global")
    peers = {
        OURS: ours,
        "OpenCV + Pillow": opencv,
        "OpenCV only": [*opencv, "--opencv-only"],
        "ffmpeg, same job": ffmpeg(folder, videos / "same.mp4", normalizing(case)),
        "ffmpeg": ffmpeg(folder, videos / "ffmpeg.mp4", ""),
    }
    if original is not None:
        peers["original"] = [sys.executable, original, "--nogui", str(folder)]
        peers["original"] += ["--width", str(WIDTH_PX), "--fps", str(FPS)]
        peers["original"] += ["--output", str(videos / "original.mp4")]
        if case.contrast == "global":
            peers["original"] += ["--global-normalize", "--workers", str(os.cpu_count())]
    return peers


def normalizing(case: Case) -> str:
    """The filters with which ffmpeg normalises."""
    if case.contrast == "local":
        return ",normalize=independence=0:smoothing=0"
    black, white = LIMITS[case.bits]
    table = f"clip((val-{black})*65535/{white - black},0,65535)"
    return f",format=gray16,lut=c0='{table}'"


def ffmpeg(folder: Path, output: Path, filters: str) -> list[str]:
    command = ["ffmpeg", "-y", "-loglevel", "error", "-framerate", str(FPS)]
    command += ["-i", str(folder / FILE_PATTERN)]
    command += ["-vf", f"scale={WIDTH_PX}:-2:flags=area{filters}"]
    command += ["-c:v", "libx264", "-preset", X264_PRESET, "-crf", str(RATE_FACTOR)]
    command += ["-x264-params", X264_PARAMS, "-profile:v", "high"]
    return [*command, "-pix_fmt", "yuv420p", "-movflags", "+faststart", str(output)]


def check_peers() -> None:
    if find_spec("cv2") is None or find_spec("PIL") is None:
        sys.exit("OpenCV or Pillow is missing: pip install opencv-python-headless pillow")
    if shutil.which("ffmpeg") is None:
        sys.exit("the command ffmpeg is missing: install FFmpeg with your system's package manager")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="runs that count (default: 5)")
    parser.add_argument("--case", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--shrink", type=int, default=1, metavar="K", help="1/K of the frames")
    parser.add_argument("--data", metavar="DIR", help="keep the frames here, and use them again")
    parser.add_argument("--original", metavar="FILE", help="create_video.py of the original")
    args = parser.parse_args()
    check_peers()

    rows: list[tuple[str, ...]] = []
    with data_folder(args.data) as data:
        for name in args.case:
            case = CASES[name]
            folder = frame_folder(data, case.frames // args.shrink, case.side_px, case.bits)
            print(name, file=sys.stderr)
            with tempfile.TemporaryDirectory(dir=data) as videos:
                made = commands(case, folder, Path(videos), args.original)
                seconds = run_in_turns(made, args.runs)
            ours = median(seconds[OURS])
            title = (
                f"{case.frames // args.shrink} × {case.side_px}², {case.bits} bit, {case.contrast}"
            )
            rows += [(title, OURS, spread(seconds.pop(OURS)), "")]
            rows += [
                ("", peer, spread(s), f"{median(s) / ours:.1f}") for peer, s in seconds.items()
            ]
    print_machine("napari-tif2video", "av", "opencv-python-headless", "pillow")
    print(
        f"H.264 {X264_PRESET} crf {RATE_FACTOR} (OpenCV: mp4v), medians of {args.runs} runs in "
        "seconds (smallest to largest), and how many times longer than ours\n"
    )
    print_table(["frames", "command", "seconds", "times ours"], rows)


if __name__ == "__main__":
    main()
