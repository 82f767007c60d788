"""Files with colours and display ranges as ImageJ writes them."""

from __future__ import annotations

import numpy as np
import tifffile

from .files import write_pages

BLUE, RED = np.zeros((2, 3, 256), np.uint8)
BLUE[2] = RED[0] = np.arange(256)
FIRE = np.stack([np.arange(256), np.arange(256) // 2, 255 - np.arange(256)]).astype(np.uint8)


def write_composite(path, data, luts=(BLUE, RED), ranges=(10.0, 201.0, 0.0, 101.0)):
    """Channels (T, C, Y, X) of 8 bits: the TIFF has the LUT of the last one, a tag those of all."""
    text = (
        f"ImageJ=1.53t\nimages={data[..., 0, 0].size}\nchannels={data.shape[1]}\n"
        f"frames={data.shape[0]}\nhyperstack=true\nmode=composite\nloop=false\n"
    )
    tags = tifffile.tifffile.imagej_metadata_tag({"LUTs": list(luts), "Ranges": ranges}, "<")
    return write_pages(
        path,
        data.reshape(-1, *data.shape[-2:]),
        description=text,
        colormap=luts[-1].astype(np.uint16) * 257,
        photometric="palette",
        extratags=tags,
    )


def write_stack(path, frames, lut=FIRE, text="min=20.0\nmax=121.0\n"):
    """Frames of 8 bits with a LUT, and the display range in the description."""
    text = f"ImageJ=1.53t\nimages={len(frames)}\nframes={len(frames)}\nloop=false\n{text}"
    colours = {} if lut is None else {"colormap": lut.astype(np.uint16) * 257}
    kind = "minisblack" if lut is None else "palette"
    return write_pages(path, frames, description=text, photometric=kind, **colours)
