"""Metadata cost time and memory in proportion to their length, and are refused beyond a bound."""

from __future__ import annotations

import time

import pytest
import tifffile
from helpers.frames import numbered

import napari_tif2video as t2v

FRAMES = numbered(2)
OPEN = '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'


def opened_in(path, seconds):
    """Open a file, whatever comes of it, within so much CPU time."""
    begun, said = time.process_time(), path.name
    try:
        t2v.open_stack(path)
    except t2v.SourceError as exc:
        said = str(exc)
    assert time.process_time() - begun < seconds
    assert path.name in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "<BinaryOnly " * 10_000,
        OPEN + "<BinaryOnly " * 10_000,
        OPEN + "<Pixels " * 15_000,
        "<Pixels " * 15_000,
        OPEN + "<Pixels>" * 15_000,
        OPEN + '<BinaryOnly MetadataFile="' * 5_000,
        OPEN + "<a:" * 30_000,
        "<?xml " * 20_000 + "Pixels",
        " " * 100_000 + "Pixels",
    ],
    ids=lambda text: text[-20:],
)
def test_text_that_repeats_itself(tmp_path, text):
    path = tmp_path / "s.tif"
    tifffile.imwrite(path, FRAMES[0], description=text, metadata=None)
    opened_in(path, 2)


def test_blocks_that_overlap(tmp_path):
    """Each claims every plane from the first page on."""
    block = '<TiffData IFD="0" PlaneCount="3000"/>'
    xml = (
        f'{OPEN}<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" '
        f'SizeX="8" SizeY="8" SizeC="1" SizeZ="3" SizeT="1000">{block * 20_000}</Pixels></Image>'
        "</OME>"
    )
    path = tmp_path / "s.ome.tif"
    with tifffile.TiffWriter(path, ome=False) as writer:
        for number in range(3000):
            text = {} if number else {"description": xml}
            writer.write(FRAMES[0][:8, :8], contiguous=False, metadata=None, **text)
    opened_in(path, 5)


@pytest.mark.parametrize("companion", [False, True])
def test_metadata_beyond_the_bound(tmp_path, companion):
    """The bound is 128 MB; a small file that claims more is enough to see it."""
    path = tmp_path / "s.ome.tif"
    text = f'{OPEN}<BinaryOnly MetadataFile="all.companion.ome"/></OME>'
    tifffile.imwrite(path, FRAMES[0], description=text, metadata=None)
    if companion:
        with open(tmp_path / "all.companion.ome", "wb") as file:
            file.truncate((128 << 20) + 1)
    else:
        with tifffile.TiffFile(path) as tif:
            at = tif.pages.first.tags["ImageDescription"].offset
        content = bytearray(path.read_bytes())
        content[at + 4 : at + 8] = ((128 << 20) + 1).to_bytes(4, "little")
        path.write_bytes(content)
        with open(path, "r+b") as file:
            file.truncate(200 << 20)
    with pytest.raises(t2v.SourceError, match=r"134,217,729 bytes (in a tag|of metadata)"):
        t2v.open_stack(path)
