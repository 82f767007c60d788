"""What a TIFF may hold at most, and what is said of files that cannot be read: both sides of each
bound, each word.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from helpers.directories import ASCII, DOUBLE, LONG, SHORT, described, write_directories
from helpers.files import write_folder, write_pages
from helpers.frames import noise
from helpers.refusals import error_of, refusal

import napari_tif2video as t2v
from napari_tif2video.data import check_frames
from napari_tif2video.data.tiff import check_bound, translated
from napari_tif2video.geometry import CropBox

PLANES = noise((12, 4, 6), low=100, high=9001)
WHOLE = CropBox(6, 4, 0, 0)
CUT = "the file is damaged or incomplete, copy it again"
CLAIMS = "napari_tif2video.data.tiff.claims."
TRUST = "TIF2VIDEO_TRUST"
USUAL = "of any usual file; if you trust it, set TIF2VIDEO_TRUST="


def test_bounds_and_trust(monkeypatch):
    check_bound(100, 100, "has {}", "a")
    for number, factor, most, more in (
        (101, "1", "100", 2),
        (200, "1", "100", 2),
        (201, "1", "100", 3),
        (12_345, "1", "100", 124),
        (201, "2", "200", 4),
        (1001, "2.5", "250", 12),
    ):
        monkeypatch.setenv(TRUST, factor)
        said = refusal(t2v.SourceError, check_bound, number, 100, "has {} of", "a")
        assert said == (
            f"a: has {number:,} of, more than the {most} {USUAL}{more} in the environment"
        )
        check_bound(float(factor) * 100, 100, "has {}", "a")
        monkeypatch.setenv(TRUST, str(more))
        check_bound(number, 100, "has {}", "a")
    for text in ("much", "0", "0.99", "1e6", "nan", ""):
        monkeypatch.setenv(TRUST, text)
        check_bound(100, 100, "has {}", "a")
        said = refusal(t2v.SettingsError, check_bound, 101, 100, "has {}", "a")
        assert said == f"{TRUST}: expected a number from 1 on, got {text!r}"
    monkeypatch.setenv(TRUST, "999999")
    check_bound(99_999_900, 100, "has {}", "a")
    monkeypatch.delenv(TRUST)
    check_bound(100, 100, "has {}", "a")


def with_tags(count):
    """A page with so many tags more, of two bytes each."""
    return {60_000 + number: (SHORT, number) for number in range(count)}


# A bound, a file that is at it, one that is above, and what is said of that.
BOUNDS = {
    "pages": ("MAX_PAGES", 3, PLANES[:3], PLANES[:4], "has at least 4 pages, more than the 3"),
    "strips": (
        "MAX_PIECES", 16, [(PLANES[0], {})] * 2, [(PLANES[0], {})] * 3,
        "has 20 strips or tiles, more than the 16",
    ),
    "a tag": (
        "MAX_TAG_BYTES", 100, [(PLANES[0], described("a" * 99))],
        [(PLANES[0], described("a" * 100))], "has 101 bytes in a tag, more than the 100",
    ),
    "tags": (
        "MAX_METADATA_BYTES", 200, [(PLANES[0], described("a" * 99))] * 2,
        [(PLANES[0], described("a" * 99))] * 2 + [(PLANES[1], {65000: (DOUBLE, [1.0, 2.0])})],
        "has 216 bytes of metadata, more than the 200",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BOUNDS)
@pytest.mark.parametrize("order", ["<", ">"])
def test_bounds_of_directories(tmp_path, monkeypatch, kind, order):
    name, most, fits, is_more, message = BOUNDS[kind]
    monkeypatch.setattr(CLAIMS + name, most)
    parts = 4 if kind == "strips" else 1
    path = write_directories(tmp_path / "fits.tif", fits, order=order, parts=parts)
    assert len(t2v.open_stack(path)) == len(fits)
    path = write_directories(tmp_path / "more.tif", is_more, order=order, parts=parts)
    assert error_of(path) == f"{path}: {message} {USUAL}2 in the environment"


def test_offsets_and_lengths_of_strips_are_counted_apart_from_other_tags(tmp_path, monkeypatch):
    monkeypatch.setattr(CLAIMS + "MAX_METADATA_BYTES", 8)
    for number, options in enumerate(({"rowsperstrip": 1}, {"tile": (16, 16)})):
        path = tmp_path / f"{number}.tif"
        plane = np.resize(PLANES, (48, 48))
        tifffile.imwrite(path, plane, photometric="minisblack", metadata=None, **options)
        said = refusal(t2v.SourceError, t2v.open_stack, path)
        # Software and resolution; offsets and lengths would be some hundred bytes.
        total = int(said.split("has ")[1].split(" bytes")[0])
        assert 8 < total < 60


def test_planes_beyond_the_bound(tmp_path, monkeypatch):
    monkeypatch.setattr(CLAIMS + "MAX_PLANES", 3)
    assert len(t2v.open_stack(write_directories(tmp_path / "a.tif", PLANES[:3]))) == 3
    path = write_directories(tmp_path / "b.tif", PLANES[:4])
    said = f"claims 4 planes, more than the 3 {USUAL}2 in the environment"
    assert error_of(path) == f"{path}: {said}"


def sparse(path, tags, stored):
    """A page whose pixels take so many bytes, all of them zero."""
    known = {279: (LONG, stored), 278: (LONG, 1 << 20)}
    write_directories(path, [(PLANES[0], known | tags)])
    os.truncate(path, path.stat().st_size + stored)
    return path


SIDE = 16384
TILED = {
    322: (LONG, SIDE), 323: (LONG, SIDE), 324: (LONG, 8), 325: (LONG, 3_000_000),
    273: None, 278: None, 279: None, 259: (SHORT, 8),
}  # fmt: skip


@pytest.mark.parametrize(
    ("tags", "stored", "nbytes"),
    [
        ({256: (LONG, SIDE), 257: (LONG, SIDE), 259: (SHORT, 8)}, 3_000_000, 2 * SIDE**2),
        ({256: (LONG, SIDE), 257: (LONG, SIDE), 259: (SHORT, 8)}, 4_000_000, 2 * SIDE**2),
        ({256: (LONG, SIDE), 257: (LONG, SIDE), 259: (SHORT, 8)}, 6_000_000, 0),
        ({256: (LONG, SIDE), 257: (LONG, SIDE // 2), 259: (SHORT, 8)}, 10, 0),
        (TILED, 3_000_000, 2 * SIDE**2),
        (TILED | {258: (SHORT, 8)}, 3_000_000, 0),
        (TILED | {258: (SHORT, 12)}, 3_000_000, 2 * SIDE**2),
        (TILED | {258: (SHORT, [8] * 3), 277: (SHORT, 3), 262: (SHORT, 2)}, 3_000_000, 3 * SIDE**2),
    ],
)
def test_frames_out_of_all_proportion(tmp_path, tags, stored, nbytes):
    """More than 256 MiB, and more than a hundred times what is stored."""
    path = sparse(tmp_path / "s.tif", tags, stored)
    if not nbytes:
        assert len(t2v.open_stack(path)) == 1
        return
    most = max(256 << 20, 100 * stored)
    more = -(-nbytes // most)
    assert error_of(path) == (
        f"{path}: would become {nbytes:,} bytes a frame, more than the {most:,} {USUAL}{more} in "
        "the environment"
    )


@pytest.mark.parametrize("order", ["<", ">"])
def test_directories_that_lead_astray(tmp_path, order):
    """In a circle, or to more than the file has; also behind a directory of many tags."""
    path = tmp_path / "s.tif"
    for tags in ({}, with_tags(60)):
        write_directories(path, [(frame, tags) for frame in PLANES[:3]], order=order)
        np.testing.assert_array_equal(t2v.open_stack(path).data, PLANES[:3])
        with tifffile.TiffFile(path) as tif:
            starts = [page.offset for page in tif.pages]
            count = len(tif.pages.first.tags)
        content = bytearray(path.read_bytes())
        leads = starts[2] + 2 + 12 * count
        struct.pack_into(f"{order}I", content, leads, starts[1])
        path.write_bytes(content)
        assert error_of(path) == f"{path}: its pages lead in a circle; the file is damaged"
    size = len(path.read_bytes()) + 26
    for number in (0, 2):
        pages = [(frame, {}) for frame in PLANES[:3]]
        pages[number] = (PLANES[number], {270: (ASCII, b"a" * 20)})
        write_directories(path, pages, order=order)
        content = bytearray(path.read_bytes())
        at = content.index(struct.pack(f"{order}HHI", 270, 2, 20)) + 4
        size = len(content)
        struct.pack_into(f"{order}I", content, at, size + 1)
        path.write_bytes(content)
        assert error_of(path) == (
            f"{path}: a tag of page {number + 1} takes {size + 1} bytes but the file has {size}; "
            f"{CUT}"
        )


def test_large_tiff_files_are_walked_too(tmp_path, monkeypatch):
    monkeypatch.setattr(CLAIMS + "MAX_PAGES", 3)
    for order in "<>":
        path = tmp_path / "s.tif"
        for count in (3, 4):
            with tifffile.TiffWriter(path, bigtiff=True, byteorder=order) as writer:
                for frame in PLANES[:count]:
                    writer.write(frame, contiguous=False, metadata=None)
            if count == 3:
                np.testing.assert_array_equal(t2v.open_stack(path).data, PLANES[:3])
            else:
                assert "has at least 4 pages, more than the 3 of" in error_of(path)


def test_an_odd_page_of_a_large_tiff_file(tmp_path):
    for order in "<>":
        path = tmp_path / "s.tif"
        with tifffile.TiffWriter(path, bigtiff=True, byteorder=order) as writer:
            for number, frame in enumerate(PLANES):
                kind = np.int16 if number == 2 else np.uint16
                writer.write(frame.astype(kind), contiguous=False, metadata=None)
        stack = t2v.open_stack(path)
        assert stack.notes == ("1 of its 12 pages are not 6x4, and left out",)
        np.testing.assert_array_equal(stack.data, np.delete(PLANES, 2, 0))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (FileNotFoundError(2, "No"), "the file does not exist"),
        (PermissionError(13, "No"), "no permission to read the file"),
        (OSError(5, "Input/output error"), "cannot be read (Input/output error)"),
        (OSError("some\nthing"), "cannot be read (some thing)"),
        (ValueError("some\n thing"), "cannot be read as TIFF, or is damaged (some thing)"),
        (KeyError(), "cannot be read as TIFF, or is damaged (KeyError)"),
        (t2v.SourceError("as it is"), None),
        (t2v.SettingsError("as it is"), None),
    ],
)
def test_errors_in_one_line(error, message):
    with pytest.raises(t2v.Tif2VideoError) as caught, translated("a.tif"):
        raise error
    if message is None:
        assert caught.value is error
    else:
        assert (str(caught.value), caught.value.__cause__) == (f"a.tif: {message}", error)
    full = pytest.raises(t2v.SourceError, match=r"a\.tif: cannot be read, as .*memory")
    with full, translated("a.tif"):
        raise MemoryError


def test_what_is_no_file(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("needs special files of Unix")
    folder = write_folder(tmp_path / "in", PLANES[:3])
    frames = t2v.open_stack(folder).frames
    (folder / "t1.tif").unlink()
    os.mkfifo(folder / "t1.tif")
    said = f"{folder / 't1.tif'}: is no file, but a pipe, socket or device"
    assert refusal(t2v.SourceError, list, frames.read_frames(WHOLE)) == said
    assert refusal(t2v.SourceError, check_frames, frames) == said


def test_a_file_that_changes_while_it_is_read(tmp_path):
    path = write_pages(tmp_path / "s.tif", PLANES[:3])
    frames = t2v.open_stack(path).frames
    size, changed = path.stat().st_size, path.stat().st_mtime_ns
    assert frames.stamp == (size, changed)
    assert frames.identity() == (
        ((str(path), size, changed),), (frames.pages, frames.offsets, ()),
    )  # fmt: skip
    said = f"{path}: was changed while it was read; wait until it is complete, and start again"
    read = frames.read_frames(WHOLE)
    np.testing.assert_array_equal(next(read), PLANES[0])
    os.utime(path, ns=(changed, changed + 1))
    assert refusal(t2v.SourceError, list, read) == said
    assert refusal(t2v.SourceError, list, frames.read_frames(WHOLE)) == said
    os.utime(path, ns=(changed, changed))
    assert len(list(frames.read_frames(WHOLE))) == 3
    with open(path, "ab") as file:
        file.write(b"a")
    os.utime(path, ns=(changed, changed))
    assert refusal(t2v.SourceError, list, frames.read_frames(WHOLE)) == said


def alike_of(folder, frames, **options):
    return t2v.open_stack(write_folder(folder, frames, **options)).frames.alike


def test_which_files_need_not_be_parsed(tmp_path):
    """Those with one run of pixels, and little beside them."""
    plain = {"photometric": "minisblack", "metadata": None}
    for number, (options, is_one) in enumerate((
        ({}, True),
        ({"byteorder": ">"}, True),
        ({"rowsperstrip": 1}, True),
        ({"compression": "zlib"}, False),
        ({"description": "a" * 15_000}, True),
        ({"description": "a" * 17_000}, False),
    )):  # fmt: skip
        found = alike_of(tmp_path / str(number), PLANES[:2], **plain | options)
        assert (found is not None) == is_one
        if found is None:
            continue
        path = tmp_path / str(number) / "t1.tif"
        content = path.read_bytes()
        begin = content.index(PLANES[1].astype(found.stored).tobytes())
        assert found.before == content[:begin]
        assert found.behind == content[begin + 48 :]
        assert found.stored == np.dtype(options.get("byteorder", "<") + "u2")
        assert found.matches(str(path))
        np.testing.assert_array_equal(found.read(str(path)), PLANES[1])
        assert found.read(str(path)).dtype == np.uint16
        other = tmp_path / "other.tif"
        for changed in (content + b"a", content[:-1], b"b" + content[1:]):
            other.write_bytes(changed)
            assert not found.matches(str(other))
            assert found.read(str(other)) is None
        other.write_bytes(content[: begin - 1] + b"\xaa" + content[begin:])
        assert found.read(str(other)) is None
        for nothing in (tmp_path / "gone.tif", tmp_path):
            assert not found.matches(str(nothing))
            assert found.read(str(nothing)) is None


def test_files_with_something_behind_their_pixels(tmp_path):
    """It is compared, too."""
    for number, frame in enumerate(PLANES[:2]):
        path = write_directories(tmp_path / f"t{number}.tif", [frame])
        path.write_bytes(path.read_bytes() + b"behind")
    found = t2v.open_stack(tmp_path).frames.alike
    assert (found.behind, len(found.before)) == (b"behind", 122)
    np.testing.assert_array_equal(found.read(str(path)), PLANES[1])
    path.write_bytes(path.read_bytes()[:-1] + b"D")
    assert found.matches(str(path))
    assert found.read(str(path)) is None
    np.testing.assert_array_equal(t2v.open_stack(tmp_path).data, PLANES[:2])


def test_limit_of_what_is_kept_around_pixels(tmp_path):
    for size, is_one in ((16 << 10, True), ((16 << 10) + 1, False)):
        path = write_directories(tmp_path / "t0.tif", [PLANES[0]])
        content = path.read_bytes()
        path.write_bytes(content + bytes(size - len(content) + 48))
        assert (t2v.open_stack(tmp_path).frames.alike is not None) == is_one


def test_files_of_a_folder_that_are_unlike_the_first(tmp_path):
    """Of planes each, of several planes each, and what is said of which."""
    folder = write_folder(tmp_path / "in", PLANES[:3])
    frames = t2v.open_stack(folder).frames
    assert (frames.first, frames.names, len(frames)) == (
        "t0.tif",
        ("t0.tif", "t1.tif", "t2.tif"),
        3,
    )
    check_frames(frames)
    path = folder / "t2.tif"
    tifffile.imwrite(path, PLANES[2].astype(np.int16))
    said = (
        f"{path}: is 6x4 int16, but the sequence began with 6x4 uint16 (t0.tif); all frames must "
        "be alike, use --match to choose some"
    )
    assert refusal(t2v.SourceError, check_frames, frames) == said
    last = frames.select([2])
    assert (last.names, last.label(0)) == (("t2.tif",), "t2.tif")
    assert refusal(t2v.SourceError, list, last.read_frames(WHOLE)) == said
    stamps = frames.identity()
    assert stamps == tuple(
        (str(folder / name), (folder / name).stat().st_size, (folder / name).stat().st_mtime_ns)
        for name in frames.names
    )
    folder = tmp_path / "volumes"
    folder.mkdir()
    for number in range(3):
        write_pages(folder / f"t{number}.tif", PLANES[4 * number :][:4])
    stack = t2v.open_stack(folder)
    frames = stack.planes.frames
    assert [frames.label(i) for i in (0, 3, 4, 11)] == ["t0.tif", "t0.tif", "t1.tif", "t2.tif"]
    assert frames.planes.pages == (0, 1, 2, 3) * 3
    check_frames(frames)
    some = frames.select([9, 2, 10, 11])
    read = [np.array(frame) for frame in some.read_frames(CropBox(2, 3, 1, 1))]
    np.testing.assert_array_equal(read, PLANES[[9, 2, 10, 11], 1:4, 1:3])
    alike = "all files must be alike, use --match to choose some"
    path = write_pages(folder / "t1.tif", PLANES[:3])
    said = f"{path}: holds 3 along I, but the first file 4 along I; {alike}"
    assert refusal(t2v.SourceError, check_frames, frames) == said
    assert refusal(t2v.SourceError, list, frames.read_frames(WHOLE)) == said
    write_pages(path, PLANES[:1])
    said = f"{path}: holds a single plane, but the first file 4 along I; {alike}"
    assert refusal(t2v.SourceError, check_frames, frames) == said
    tifffile.imwrite(path, PLANES[:4].reshape(2, 2, 4, 6), imagej=True, metadata={"axes": "ZCYX"})
    said = f"{path}: holds 2 along C x 2 along Z, but the first file 4 along I; {alike}"
    assert refusal(t2v.SourceError, check_frames, frames) == said
    write_pages(path, PLANES[:4].astype(np.int16))
    said = (
        f"{path}: is 6x4 int16, but the sequence began with 6x4 uint16 (the first file); all "
        "frames must be alike, use --match to choose some"
    )
    assert refusal(t2v.SourceError, check_frames, frames) == said


def test_files_that_each_describe_several_images(tmp_path):
    """Which of them belongs to a time point nobody says."""
    one = (
        '<Image><Pixels DimensionOrder="XYCZT" Type="uint16" SizeX="6" SizeY="4" SizeT="1" '
        'SizeC="1" SizeZ="2"><TiffData IFD="{}" PlaneCount="2"/></Pixels></Image>'
    )
    text = f"<OME>{one.format(0)}{one.format(2)}</OME>"
    for t in range(2):
        write_pages(tmp_path / f"t{t}.tif", PLANES[4 * t :][:4], description=text)
    assert error_of(tmp_path) == (
        f"{tmp_path / 't0.tif'}: its OME metadata describe 2 images; convert the file itself, with "
        "--position"
    )


def test_the_page_that_is_damaged_is_named(tmp_path):
    path = write_pages(tmp_path / "s.tif", PLANES[:3], compression="zlib")
    frames = t2v.open_stack(path).frames
    with tifffile.TiffFile(path) as tif:
        at, count = tif.pages[2].dataoffsets[0], tif.pages[2].databytecounts[0]
    changed = path.stat().st_mtime_ns
    content = bytearray(path.read_bytes())
    content[at : at + count] = b"\xff" * count
    path.write_bytes(content)
    os.utime(path, ns=(changed, changed))
    read = frames.read_frames(WHOLE)
    np.testing.assert_array_equal([next(read).copy(), next(read).copy()], PLANES[:2])
    with pytest.raises(t2v.SourceError) as caught:
        next(read)
    assert str(caught.value).startswith(f"{path}: page 3: ")
    assert Path(path).exists()
