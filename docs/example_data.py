"""The data of the examples, under the names that the pages use, made of the bundled sample.

    python docs/example_data.py FOLDER

Tests run every command and every block of Python of the pages in such a folder, and the site shows
videos that were made there. `cells/` and `timelapse.tif` are the sample as it is; all others
are parts of it, some put together as channels and slices that they never were. `masks/cells/` and
`tracks/cells.csv` are the spindle and its ends, found by a threshold.
"""

from __future__ import annotations

import sys
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

import napari_tif2video as t2v

PIXEL_SIZE_UM, INTERVAL_S = 0.0885, 10.0
SPINDLE = 4500  # counts; the background is darker


def write(folder: Path) -> Path:
    """Write all of it below a folder; returns the folder."""
    with as_file(files(t2v) / "sample" / "mitosis.tif") as path:
        cells = tifffile.imread(path)
    few = cells[12:16]
    write_folder(folder / "cells", cells)
    for number, name in enumerate(
        ["my_timelapse", "pos1", "pos2", "pos7", "data/day1", "data/day2", "a", "b"]
    ):
        write_folder(folder / name, few + 100 * number)
    for number, name in enumerate(["plate/A01", "plate/A02"]):
        write_folder(folder / name, few + 200 * number)
    write_folder(folder / "frames", np.tile(cells[:13], (1, 3, 5)))
    tifffile.imwrite(folder / "scan.tif", np.tile(few, (1, 3, 5)), photometric="minisblack")
    write_imagej(folder / "timelapse.tif", cells[:, None, None])
    channels = np.stack([few, few[::-1]], axis=1)
    write_imagej(folder / "two_channels.tif", channels[:, None])
    for name in ("cells.ome.tif", "day2.ome.tif"):
        write_ome(folder / name, np.stack([channels, channels // 2, channels // 3], axis=2))
    write_objects(folder)
    return folder


def write_objects(folder: Path) -> None:
    """Masks of the spindle and tracks of its poles, of all frames and of those of `pos1/`."""
    for name, frames in {"cells": None, "pos1": slice(12, 16), "pos2": slice(12, 16)}.items():
        with as_file(files(t2v) / "sample" / "mitosis.tif") as path:
            cells = tifffile.imread(path)[frames or slice(None)]
        smooth = np.stack([smoothed(cell) for cell in cells])
        write_folder(folder / "masks" / name, (smooth > SPINDLE).astype(np.uint16))
        rows = ["track_id,frame,y,x"]
        for track, end in enumerate([slice(None, 30), slice(-30, None)], 1):
            for frame, picture in enumerate(smooth):
                y, x = middle(np.where(picture > SPINDLE, picture - SPINDLE, 0), end)
                rows.append(f"{track},{frame},{y:.2f},{x:.2f}")
        (folder / "tracks").mkdir(exist_ok=True)
        (folder / "tracks" / f"{name}.csv").write_text("\n".join(rows) + "\n")
    (folder / "spots.csv").write_text("index,axis-0,axis-1,axis-2\n0,0,76,65\n1,1,65,62\n")
    corners = enumerate([(40, 30), (40, 90), (120, 90), (120, 30)])
    rows = [f"0,rectangle,{number},{y},{x}" for number, (y, x) in corners]
    text = "\n".join(["index,shape-type,vertex-index,axis-0,axis-1", *rows])
    (folder / "regions.csv").write_text(f"{text}\n")


def middle(weights: NDArray[Any], end: slice) -> tuple[float, float]:
    """The middle of some of the rows of what is longest, at one end or the other."""
    rows, columns = np.nonzero(weights[:, 20:110])
    lit = np.unique(rows)
    parts = np.split(lit, np.nonzero(np.diff(lit) > 1)[0] + 1)
    chosen = np.isin(rows, max(parts, key=len)[end])
    rows, columns = rows[chosen], columns[chosen] + 20
    found = weights[rows, columns]
    return np.average(rows, weights=found), np.average(columns, weights=found)


def smoothed(picture: NDArray[Any], size: int = 9) -> NDArray[np.float64]:
    """Means of squares around each pixel."""
    rows = np.apply_along_axis(np.convolve, 0, picture.astype(float), np.ones(size) / size, "same")
    return np.apply_along_axis(np.convolve, 1, rows, np.ones(size) / size, "same")


def write_folder(folder: Path, frames: NDArray[Any]) -> None:
    """One file a frame."""
    folder.mkdir(parents=True)
    for index, frame in enumerate(frames):
        tifffile.imwrite(folder / f"t{index}.tif", frame)


def write_imagej(path: Path, planes: NDArray[Any]) -> None:
    """A hyperstack (T, Z, C, Y, X) as ImageJ writes it, with a unit of length."""
    resolution = 1 / PIXEL_SIZE_UM
    tifffile.imwrite(
        path,
        planes,
        imagej=True,
        resolution=(resolution, resolution),
        metadata={"axes": "TZCYX", "unit": "um", "finterval": INTERVAL_S},
    )


def write_ome(path: Path, planes: NDArray[Any]) -> None:
    """An OME-TIFF (T, C, Z, Y, X) with names of channels, pixel size and interval."""
    tifffile.imwrite(
        path,
        planes,
        ome=True,
        metadata={
            "axes": "TCZYX",
            "Channel": {"Name": ["GFP", "mCherry"]},
            "PhysicalSizeX": PIXEL_SIZE_UM,
            "PhysicalSizeY": PIXEL_SIZE_UM,
            "TimeIncrement": INTERVAL_S,
            "TimeIncrementUnit": "s",
        },
    )


if __name__ == "__main__":
    write(Path(sys.argv[1]))
