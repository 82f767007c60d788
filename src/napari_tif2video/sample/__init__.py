"""The bundled sample: a real 16-bit time-lapse. Source and licence: ``SOURCE.txt``."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

from ..errors import OutputError, SettingsError

__all__ = ["SAMPLE_NAME", "write_sample"]

SAMPLE_NAME = "mitosis"


def write_sample(folder: Path) -> Path:
    """Write the sample as TIFF files, one a frame, into ``folder/mitosis``; returns that folder.

    Raises
    ------
    SettingsError
        `folder` has something in it already.
    OutputError
        It cannot be written to.
    """
    from tifffile import TiffFile, imwrite

    target = folder / SAMPLE_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise SettingsError(f"{folder}: is not empty; name a new folder for the demo")
        target.mkdir()
        resource = files(__package__) / f"{SAMPLE_NAME}.tif"
        with as_file(resource) as path, TiffFile(path) as tif:
            for number, page in enumerate(tif.pages):
                imwrite(target / f"{SAMPLE_NAME}_t{number}.tif", page.asarray())
    except OSError as exc:
        raise OutputError(f"{folder}: cannot be written to ({exc.strerror or exc})") from exc
    return target
