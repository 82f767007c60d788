"""Small real files that other programs wrote; what they are is in tests/files/SOURCE.txt.

Their pixels are decoded by ffmpeg, which knows TIFF but neither OME nor ImageJ.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import napari_tif2video as t2v

DATA = Path(__file__).parents[1] / "files"
COMPANION = DATA / "ome_companion"


def first_page(path, dtype, shape):
    """The first image of a file, as ffmpeg decodes it."""
    command = ["ffmpeg", "-v", "error", "-f", "tiff_pipe", "-i", path, "-frames:v", "1"]
    pixel_format = "gray" if np.dtype(dtype).itemsize == 1 else "gray16le"
    command += ["-pix_fmt", pixel_format, "-f", "rawvideo", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(raw, dtype).reshape(shape)


@pytest.fixture(autouse=True)
def _needs_ffmpeg(ffmpeg):
    """The oracle of these tests."""


def test_an_image_of_imagej(tmp_path):
    shutil.copy(DATA / "imagej_1.53c.tif", tmp_path / "t0.tif")
    data = t2v.open_stack(tmp_path).data.compute()
    expected = first_page(DATA / "imagej_1.53c.tif", np.uint16, (32, 32))
    np.testing.assert_array_equal(data, expected[np.newaxis])


def test_slices_of_fiji():
    stack = t2v.open_stack(DATA / "fiji_skeleton.tif")
    data = stack.data.compute()
    assert data.shape == (30, 32, 32)
    np.testing.assert_array_equal(data[0], first_page(stack.path, np.uint8, (32, 32)))
    assert stack.calibration.pixel_size_um is None  # the unit of length is empty
    shown = t2v.render_frame(stack, 0, z="max", width="full", limits=(0, 255))
    np.testing.assert_array_equal(shown[..., 0], data.max(axis=0))


def test_pages_of_imagemagick():
    stack = t2v.open_stack(DATA / "imagemagick_multipage.tif")
    data = stack.data.compute()
    assert data.shape == (2, 15, 10)
    np.testing.assert_array_equal(data[0], first_page(stack.path, np.uint8, (15, 10)))


def test_channels_of_bio_formats():
    path = DATA / "ome_multi-channel.ome.tif"
    stack = t2v.open_stack(path)
    data = stack.data.compute()
    assert (data.shape, data.dtype) == ((3, 167, 439), np.int8)
    np.testing.assert_array_equal(data[0], first_page(path, np.int8, (167, 439)))
    shown = t2v.render_frame(stack, 0, channel=2, width="full", limits=(-128, 127))
    np.testing.assert_array_equal(shown[..., 0], data[2, :166, :438].astype(np.int16) + 128)


@pytest.mark.parametrize("number", [1, 4])
def test_slices_in_files_with_a_companion(number):
    """Each file says no more than where the metadata are, and even claims five planes itself."""
    stack = t2v.open_stack(COMPANION / f"multifile-Z{number}.ome.tiff")
    expected = [
        first_page(COMPANION / f"multifile-Z{i}.ome.tiff", np.uint8, (24, 18)) for i in range(1, 6)
    ]
    np.testing.assert_array_equal(stack.data.compute(), expected)
    assert stack.played == "Z"


def test_one_such_file_alone(tmp_path):
    alone = tmp_path / "multifile-Z2.ome.tiff"
    shutil.copy(COMPANION / alone.name, alone)
    assert t2v.open_stack(alone).data.shape == (1, 24, 18)


@pytest.mark.parametrize(
    ("name", "content"),
    [("multifile.companion.ome", "<OME>"), ("multifile.companion.ome", "\xff")],
    ids=["cut off", "no text"],
)
def test_a_damaged_companion(tmp_path, name, content):
    shutil.copy(COMPANION / "multifile-Z2.ome.tiff", tmp_path)
    xml = (COMPANION / name).read_text(encoding="utf-8").replace("</OME>", "") + content
    (tmp_path / name).write_bytes(xml.encode("latin-1"))
    with pytest.raises(t2v.SourceError, match="companion"):
        t2v.open_stack(tmp_path / "multifile-Z2.ome.tiff")


def test_a_companion_elsewhere_is_not_read(tmp_path):
    content = (COMPANION / "multifile-Z2.ome.tiff").read_bytes()
    there = b"../../companion.ome    "  # as long as the name it replaces
    assert len(there) == len(b"multifile.companion.ome")
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "x.tif").write_bytes(content.replace(b"multifile.companion.ome", there))
    (tmp_path / "companion.ome").write_text("no XML", encoding="utf-8")
    assert t2v.open_stack(folder / "x.tif").data.shape == (1, 24, 18)


def test_wavelengths_and_slices_of_metaxpress(tmp_path):
    """Thumbnails are images too, where they are called like images."""
    paths = sorted((DATA / "metaxpress").glob("*/*.tif"))
    with pytest.raises(t2v.SourceError, match="No TIF images"):
        t2v.open_stack(DATA / "metaxpress")
    for path in paths:
        folder = tmp_path / path.parent.name
        folder.mkdir(exist_ok=True)
        shutil.copy(path, folder / path.name.replace("_thumb", ""))
    stack = t2v.open_stack(tmp_path)
    assert stack.axes == "CZYX"
    assert [info.name for info in stack.channel_info] == ["w1", "w2"]
    assert stack.pixel_size_um == pytest.approx(8.74752)
    assert stack.pixel_size_origin == "from MetaXpress metadata"
    assert any("not square: 8.74752 µm wide and 10.9344 µm high" in note for note in stack.notes)
    expected = [first_page(path, np.uint16, (64, 80)) for path in paths]
    planes = np.stack(expected).reshape(2, 2, 64, 80).swapaxes(0, 1)
    np.testing.assert_array_equal(stack.data.compute(), planes)
    shown = t2v.render_frame(tmp_path, 1, channel="w2", width="full", limits=(0, 65535))
    assert np.abs(shown[..., 0] - np.rint(planes[1, 1] / 257)).max() <= 1
