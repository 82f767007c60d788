"""Files that are cut, empty or of another kind: named in one line, never shown as wrong pixels."""

from __future__ import annotations

import os
import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder, write_pages
from helpers.frames import noise
from hypothesis import example, given, settings
from hypothesis import strategies as st

import napari_tif2video as t2v

FRAME = noise((16, 24))
FRAMES = noise((4, 16, 24), seed=1)

SINGLE = {
    "plain": {},
    "strips": {"rowsperstrip": 4},
    "LZW": {"compression": "lzw"},
    "deflate": {"compression": "zlib"},
    "PackBits": {"compression": "packbits"},
    "zstd": {"compression": "zstd"},
    "tiled": {"tile": (16, 16)},
    "BigTIFF": {"bigtiff": True},
    "big-endian": {"byteorder": ">"},
    "ImageJ": {"imagej": True},
    "OME": {"ome": True},
}
STACKS = {
    "plain": {},
    "no metadata": {"metadata": None},
    "ImageJ": {"imagej": True},
    "ImageJ, one directory": {"imagej": True, "truncate": True},
    "ImageJ deflate": {"imagej": True, "compression": "zlib"},
    "OME": {"ome": True, "metadata": {"axes": "TYX"}},
    "LZW": {"compression": "lzw"},
    "BigTIFF": {"bigtiff": True},
}


def written(images, **options):
    """The bytes of a TIFF file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "whole.tif"
        tifffile.imwrite(path, images, photometric="minisblack", **options)
        return path.read_bytes()


def directory_last(images):
    """The bytes of a file as cameras stream them: pixels first, then the directory."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_pages(Path(folder) / "whole.tif", [np.zeros((1, 1), np.uint16)])
        for image in images:
            tifffile.imwrite(path, image, append=True, metadata=None, photometric="minisblack")
        return path.read_bytes()


SINGLE_BYTES = {name: written(FRAME, **how) for name, how in SINGLE.items()}
STACK_BYTES = {name: written(FRAMES, **how) for name, how in STACKS.items()}
STACK_BYTES["appended"] = directory_last(FRAMES)


def pixels(source, index):
    return t2v.render_frame(source, index, width="full", limits=(0, 65535))[..., 0]


def all_pixels(path):
    stack = t2v.open_stack(path)
    return [pixels(stack, index) for index in range(len(stack))]


def attempt(function):
    """What a function returns, and the one-line message of the error that it raised instead."""
    try:
        return function(), None
    except t2v.SourceError as exc:
        message = str(exc)
    assert "\n" not in message
    return None, message


@pytest.fixture(scope="module")
def position(tmp_path_factory):
    """A folder of two files, of which a test replaces the second."""
    return write_folder(tmp_path_factory.mktemp("position"), [FRAME, FRAME])


@pytest.mark.parametrize("kind", SINGLE)
@settings(max_examples=60)
@given(data=st.data())
def test_a_cut_file_among_others_is_named(position, kind, data):
    whole = SINGLE_BYTES[kind]
    cut = data.draw(st.integers(0, len(whole) - 1), label="cut")
    (position / "t1.tif").write_bytes(whole[:cut])
    os.utime(position / "t1.tif", (1e9, 1e9))  # nobody is writing it any more
    found, error = attempt(lambda: pixels(position, 1))
    if error is None:  # nothing but metadata behind the pixels was lost
        (position / "t1.tif").write_bytes(whole)
        np.testing.assert_array_equal(found, pixels(position, 1))
    else:
        assert "t1.tif" in error


@pytest.mark.parametrize("kind", STACK_BYTES)
@settings(max_examples=60)
@given(data=st.data())
def test_a_cut_stack_is_named_and_never_loses_frames(kind, data):
    whole = STACK_BYTES[kind]
    cut = data.draw(st.integers(0, len(whole) - 1), label="cut")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "moving.tif"
        path.write_bytes(whole[:cut])
        found, error = attempt(lambda: all_pixels(path))
        if error is None:
            path.write_bytes(whole)
            np.testing.assert_array_equal(found, all_pixels(path))
        else:
            assert "moving.tif" in error


@given(share=st.floats(0, 0.999))
@example(share=0.5)
@settings(max_examples=8)
@pytest.mark.parametrize("kind", ["plain", "ImageJ", "LZW"])
def test_no_video_of_a_cut_stack(kind, share):
    whole = STACK_BYTES[kind]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "moving.tif"
        # The last page's pixels, or what leads to them, are gone.
        path.write_bytes(whole[: int(share * (len(whole) - 200))])
        with pytest.raises(t2v.SourceError, match=r"moving\.tif"):
            t2v.convert(path)
        assert list(Path(folder).iterdir()) == [path]


CUTS = {
    "empty": 0,
    "half a header": 5,
    "header only": 8,
    "in the directory": 60,
    "before the pixels": -16 * 24 * 2,
    "half the pixels": -16 * 24,
    "one byte": -1,
}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("position", [0, 3])
def test_convert_a_folder_with_a_cut_file(tmp_path, cli, cut, position):
    folder = write_folder(tmp_path / "pos", FRAMES)
    bad = folder / f"t{position}.tif"
    bad.write_bytes(bad.read_bytes()[:cut])
    os.utime(bad, (1e9, 1e9))  # nobody is writing it any more
    before = sorted(folder.iterdir())
    ended = cli(folder, "--quiet")
    assert ended.code == 1
    assert f"t{position}.tif" in ended.error_line
    assert sorted(folder.iterdir()) == before


BAD_FILES = {
    "another width": (FRAME[:, :-2], {}, "22x16"),
    "another height": (FRAME[:-1], {}, "24x15"),
    "turned": (FRAME.T, {}, "16x24"),
    "another type": ((FRAME >> 8).astype(np.uint8), {}, "uint8"),
    "floats": (FRAME.astype(np.float32), {}, "float32"),
    "signed": (FRAME.astype(np.int16), {}, "int16"),
    "wide": (FRAME.astype(np.uint32), {}, "uint32"),
    "colours": (np.stack([FRAME] * 3, -1), {"photometric": "rgb"}, "RGB"),
    "several images": (FRAMES, {"photometric": "minisblack"}, "4 images"),
}


@pytest.mark.parametrize("position", [1, 3])
@pytest.mark.parametrize(("image", "how", "says"), BAD_FILES.values(), ids=BAD_FILES)
@pytest.mark.parametrize("contrast", ["local", "global"])
def test_a_file_unlike_the_others_is_named(tmp_path, cli, image, how, says, position, contrast):
    folder = write_folder(tmp_path / "pos", FRAMES)
    tifffile.imwrite(folder / f"t{position}.tif", image, **how)
    ended = cli(folder, "--quiet", "--contrast", contrast)
    assert ended.code == 1
    assert f"t{position}.tif" in ended.error_line
    assert says in ended.error_line
    assert not list(tmp_path.rglob("*.mp4"))


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"II*\0" + b"\xff" * 100, b"\x89PNG\r\n\x1a\n"]
)
@pytest.mark.parametrize("position", [0, 2])
def test_a_file_that_is_no_image_is_named(tmp_path, cli, content, position):
    folder = write_folder(tmp_path / "pos", FRAMES)
    (folder / f"t{position}.tif").write_bytes(content)
    ended = cli(folder, "--quiet")
    assert ended.code == 1
    assert f"t{position}.tif" in ended.error_line


def test_a_file_that_vanishes_is_named(tmp_path):
    stack = t2v.open_stack(write_folder(tmp_path / "pos", FRAMES))
    (tmp_path / "pos" / "t2.tif").unlink()
    with pytest.raises(t2v.SourceError, match=r"t2\.tif.*not exist"):
        t2v.convert(stack, tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()


def test_pages_of_another_type_are_refused(tmp_path):
    path = write_pages(tmp_path / "s.tif", [*FRAMES, (FRAME >> 8).astype(np.uint8), FRAME])
    with pytest.raises(t2v.SourceError, match=r"s\.tif"):
        t2v.convert(path, tmp_path / "out.mp4", width="full")


@pytest.mark.parametrize("compression", ["zlib", "lzw", "zstd", "packbits"])
def test_compressed_data_that_end_early_are_named(tmp_path, compression):
    """Sizes and offsets are right, but the stream holds fewer pixels than it should."""
    import imagecodecs

    path = write_folder(tmp_path, [FRAME, FRAME], compression=compression) / "t1.tif"
    with tifffile.TiffFile(path) as tif:
        offset, length = tif.pages.first.dataoffsets[0], tif.pages.first.databytecounts[0]
    short = getattr(imagecodecs, f"{compression}_encode")(FRAME[:5].tobytes())
    assert len(short) <= length
    content = bytearray(path.read_bytes())
    content[offset : offset + length] = short.ljust(
        length, b"\x80" if compression == "packbits" else b"\0"
    )
    path.write_bytes(content)
    os.utime(path, (1e9, 1e9))
    with pytest.raises(t2v.SourceError, match=r"t1\.tif"):
        t2v.convert(tmp_path, width="full")


def test_a_header_that_claims_terabytes_is_refused(tmp_path):
    path = tmp_path / "s.tif"
    tifffile.imwrite(path, FRAME, compression="zlib")
    with tifffile.TiffFile(path, mode="r+b") as tif:
        tags = tif.pages.first.tags
        for name in ("ImageWidth", "ImageLength", "RowsPerStrip"):
            tags[name].overwrite(2_000_000, dtype="I")
    with pytest.raises(t2v.SourceError, match=r"s\.tif"):
        t2v.convert(path)


@pytest.mark.parametrize("photometric", ["separated", "cielab"])
def test_kinds_of_image_that_would_come_out_wrong_are_refused(tmp_path, photometric):
    samples = 4 if photometric == "separated" else 3
    image = np.stack([(FRAME >> 8).astype(np.uint8)] * samples, axis=-1)
    tifffile.imwrite(tmp_path / "t0.tif", image, photometric=photometric)
    with pytest.raises(t2v.SourceError, match=rf"(?i)t0\.tif.*{photometric}"):
        t2v.open_stack(tmp_path)


def test_messages_of_tifffile_do_not_reach_the_user(tmp_path, command):
    folder = write_folder(tmp_path / "pos", FRAMES)
    content = (folder / "t2.tif").read_bytes()
    (folder / "t2.tif").write_bytes(content[: len(content) // 3])
    ended = command(folder, "--quiet")
    assert ended.code == 1
    assert "t2.tif" in ended.error_line


@pytest.mark.parametrize("tag", ["StripByteCounts", "StripOffsets"])
def test_a_page_that_was_never_written_is_no_black_frame(tmp_path, tag):
    path = write_pages(tmp_path / "s.tif", FRAMES, compression="zlib")
    with tifffile.TiffFile(path, mode="r+b") as tif:
        tif.pages[2].aspage().tags[tag].overwrite(0)
    with pytest.raises(t2v.SourceError, match=r"s\.tif: page 3"):
        t2v.convert(path, tmp_path / "o.mp4", width="full")


def test_pixels_that_end_within_the_last_page(tmp_path):
    """Where all directories lie before the pixels, a cut file still has all of them."""
    side, pages = 8, 3
    length, first = 2 + 12 * 8 + 4, 8
    data = first + pages * length
    content = struct.pack("<2sHI", b"II", 42, first)
    for page in range(pages):
        tags = (
            (256, 4, side), (257, 4, side), (258, 3, 16), (259, 3, 1), (262, 3, 1),
            (273, 4, data + page * 2 * side * side), (277, 3, 1), (279, 4, 2 * side * side),
        )  # fmt: skip
        content += struct.pack("<H", len(tags))
        content += b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
        content += struct.pack("<I", first + (page + 1) * length if page + 1 < pages else 0)
    frames = np.arange(pages * side * side, dtype="<u2").reshape(pages, side, side)
    path = tmp_path / "s.tif"
    path.write_bytes(content + frames.tobytes())
    np.testing.assert_array_equal(t2v.open_stack(path).data.compute(), frames)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(t2v.SourceError, match="ends within page 3; the file is damaged"):
        t2v.open_stack(path)


@pytest.mark.parametrize("shape", [(3, 1, 8), (3, 8, 1)])
def test_lines_are_images_too(tmp_path, shape):
    frames = np.arange(24, dtype=np.uint16).reshape(shape)
    write_folder(tmp_path / "in", frames)
    np.testing.assert_array_equal(t2v.open_stack(tmp_path / "in").data.compute(), frames)
