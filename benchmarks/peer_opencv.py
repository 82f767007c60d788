"""The job done with OpenCV, Pillow and multiprocessing, as a peer to compare with.

It does what the original script does to a frame (Pillow reads, NumPy normalises in float64,
OpenCV shrinks the 8-bit result), but with a pool of processes for all frames, where the original
has one for measuring the global range alone. Frames come back in order and go to OpenCV's writer.

    python benchmarks/peer_opencv.py FOLDER OUTPUT.mp4 [--global-range] [--opencv-only]

With --opencv-only OpenCV reads the files and does the arithmetic too, which is faster.
Needs: pip install opencv-python-headless pillow
"""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from multiprocessing import Pool
from pathlib import Path

try:
    import cv2
    import numpy as np
    from PIL import Image
except ModuleNotFoundError as exc:
    sys.exit(f"{exc.name} is missing: pip install opencv-python-headless pillow")


def read(path: str, opencv_only: bool) -> np.ndarray:
    if opencv_only:
        return cv2.imread(path, cv2.IMREAD_UNCHANGED)
    with Image.open(path) as image:
        return np.asarray(image)


def measure(image: np.ndarray, opencv_only: bool) -> tuple[float, float]:
    if opencv_only:
        low, high, _, _ = cv2.minMaxLoc(image)
        return low, high
    return float(image.min()), float(image.max())


def measure_file(path: str, opencv_only: bool) -> tuple[float, float]:
    return measure(read(path, opencv_only), opencv_only)


def to_8_bits(image: np.ndarray, low: float, high: float, opencv_only: bool) -> np.ndarray:
    if high <= low:
        return np.zeros(image.shape, np.uint8)
    if opencv_only:
        gain = 255 / (high - low)
        return cv2.convertScaleAbs(image, alpha=gain, beta=-low * gain)
    return ((image - low) / (high - low) * 255).astype(np.uint8)


def make_frame(
    path: str, limits: tuple[float, float] | None, width: int, opencv_only: bool
) -> np.ndarray:
    image = read(path, opencv_only)
    low, high = limits or measure(image, opencv_only)
    grey = to_8_bits(image, low, high, opencv_only)
    height = 2 * round(width * grey.shape[0] / grey.shape[1] / 2)
    return cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)


def one_thread() -> None:
    cv2.setNumThreads(1)  # each core has a process of its own


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("output")
    parser.add_argument("--width", type=int, default=500)
    parser.add_argument("--fps", type=float, default=10)
    parser.add_argument("--global-range", action="store_true")
    parser.add_argument("--opencv-only", action="store_true")
    args = parser.parse_args()

    paths = sorted(str(path) for path in Path(args.folder).glob("*.tif"))
    with Pool(os.cpu_count(), one_thread) as pool:
        limits = None
        if args.global_range:
            task = partial(measure_file, opencv_only=args.opencv_only)
            ranges = list(pool.imap_unordered(task, paths, chunksize=4))
            limits = min(low for low, _ in ranges), max(high for _, high in ranges)
        task = partial(make_frame, limits=limits, width=args.width, opencv_only=args.opencv_only)
        writer = None
        for frame in pool.imap(task, paths, chunksize=4):
            if writer is None:
                fourcc, size = cv2.VideoWriter.fourcc(*"mp4v"), frame.shape[::-1]
                writer = cv2.VideoWriter(args.output, fourcc, args.fps, size, isColor=False)
                if not writer.isOpened():
                    sys.exit(f"{args.output}: OpenCV cannot write this video")
            writer.write(frame)
        if writer is None:
            sys.exit(f"{args.folder}: no .tif files")
        writer.release()


if __name__ == "__main__":
    main()
