"""TIFF files for the tests."""

from __future__ import annotations

import tifffile


def write_folder(folder, frames, name="t{}.tif", **options):
    """One file a frame, named by its number; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, frame in enumerate(frames):
        colour = {"photometric": "rgb"} if frame.ndim == 3 else {}
        tifffile.imwrite(folder / name.format(index), frame, **colour | options)
    return folder


def write_pages(path, frames, **options):
    """One file, each page written by itself (as many programs do), possibly of different sizes."""
    with tifffile.TiffWriter(path) as writer:
        for frame in frames:
            writer.write(frame, contiguous=False, metadata=None, **options)
    return path


def everything_in(folder):
    """Every file below a folder with its content, to show later that nothing changed."""
    return {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
