"""Synthetic camera frames for the benchmarks: drifting blobs on a lit background, with shot noise.

Uncompressed uint16 TIFF files, either with counts of 12 bits, as most scientific cameras deliver
them, or with counts that fill the 16 bits, so that tools which do not normalise show the same
picture as those which do. The same arguments always give the same files.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import imwrite

FILE_PATTERN = "frame_%05d.tif"

_OFFSET, _BACKGROUND, _WHITE = 100, 200, 4095  # counts
_BLACKEST, _BRIGHTEST = 150, 3000  # counts; about the range that comes about
_READ_NOISE = 3.0
_NOISE_FIELDS = 4
_BLOBS = 40


@contextmanager
def data_folder(keep: str | None) -> Iterator[Path]:
    """A folder for data: `keep`, which stays, or a temporary one that is removed at the end."""
    if keep is not None:
        Path(keep).mkdir(parents=True, exist_ok=True)
        yield Path(keep)
        return
    with tempfile.TemporaryDirectory(prefix="tif2video-benchmark-") as folder:
        yield Path(folder)


def frame_folder(parent: Path, frames: int, side_px: int, bits: int = 12) -> Path:
    """A folder of square frames below `parent`, written unless it is there already."""
    folder = parent / f"{frames}x{side_px}px-{bits}bit"
    if folder.exists():
        return folder
    print(f"writing {frames} frames of {side_px}x{side_px} ...", file=sys.stderr)
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    camera = Camera(side_px)
    with ThreadPool(os.cpu_count()) as pool:
        pool.map(
            lambda i: imwrite(part / (FILE_PATTERN % i), camera.frame(i, fills_16_bits=bits == 16)),
            range(frames),
            chunksize=1,
        )
    part.rename(folder)
    return folder


class Camera:
    """Makes frames; any of them can be asked for, in any order."""

    def __init__(self, side_px: int, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        self._seed, self._side = seed, side_px
        across = np.linspace(-1, 1, side_px, dtype=np.float32)
        lit = 1 - 0.3 * (across[:, None] ** 2 + across**2) / 2
        self._still = _BACKGROUND * lit.astype(np.float32)
        # Each frame rolls one of these about: drawing noise anew would take most of the time.
        self._noise = random.standard_normal((_NOISE_FIELDS, side_px, side_px), np.float32)
        self._start = random.uniform(0, 1, (_BLOBS, 2))
        self._drift = random.normal(0, 0.002, (_BLOBS, 2))  # of the side, a frame
        self._sigma = random.uniform(0.008, 0.025, _BLOBS) * side_px
        self._height = random.uniform(200, 2500, _BLOBS)

    def frame(self, number: int, fills_16_bits: bool = False) -> NDArray[np.uint16]:
        random = np.random.default_rng((self._seed, number))
        light = self._still.copy()
        for start, drift, sigma, height in zip(
            self._start, self._drift, self._sigma, self._height, strict=True
        ):
            wobble = 0.004 * np.sin(0.3 * number + 100 * start)
            _add_blob(light, (start + drift * number + wobble) % 1 * self._side, sigma, height)
        noise = self._noise[random.integers(_NOISE_FIELDS)]
        noise = np.roll(noise, random.integers(self._side, size=2), axis=(0, 1))
        noise *= np.sqrt(light + np.float32(_READ_NOISE**2))
        light += noise
        light += _OFFSET
        white = _WHITE
        if fills_16_bits:
            white = 65535
            light -= _BLACKEST
            light *= white / (_BRIGHTEST - _BLACKEST)
        return np.clip(np.rint(light, out=light), 0, white, out=light).astype(np.uint16)


def _add_blob(light: NDArray[np.float32], centre: Any, sigma: float, height: float) -> None:
    """Add a Gaussian of `height` counts, cut at the edges of the frame."""
    reach = int(4 * sigma) + 1
    (top, left), side = np.maximum(centre.astype(int) - reach, 0), light.shape[0]
    rows = np.arange(top, min(int(centre[0]) + reach, side), dtype=np.float32)
    columns = np.arange(left, min(int(centre[1]) + reach, side), dtype=np.float32)
    profile_y = np.exp(-((rows - np.float32(centre[0])) ** 2) / np.float32(2 * sigma**2))
    profile_x = np.exp(-((columns - np.float32(centre[1])) ** 2) / np.float32(2 * sigma**2))
    patch = light[top : top + len(rows), left : left + len(columns)]
    patch += np.float32(height) * profile_y[:, None] * profile_x
