"""Files that claim more than they hold: any open ends at once and in little memory, in one line."""

from __future__ import annotations

import os
import struct
import sys
import zlib

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise
from helpers.process import measured

import napari_tif2video as t2v

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs the usage of a child")

SHORT, LONG, ASCII = 3, 4, 2
WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
DESCRIPTION, OFFSETS, SAMPLES, ROWS, COUNTS = 270, 273, 277, 278, 279
TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_COUNTS = 322, 323, 324, 325
GB = 10**9


def page(**changes):
    """The tags of a small page of 16 bits, code to (type, count, value), with changes."""
    tags = {
        WIDTH: (LONG, 1, 32),
        LENGTH: (LONG, 1, 24),
        BITS: (SHORT, 1, 16),
        COMPRESSION: (SHORT, 1, 1),
        PHOTOMETRIC: (SHORT, 1, 1),
        OFFSETS: (LONG, 1, 100_000),
        SAMPLES: (SHORT, 1, 1),
        ROWS: (LONG, 1, 24),
        COUNTS: (LONG, 1, 32 * 24 * 2),
    }
    return tags | {globals()[name]: value for name, value in changes.items()}


def write(path, pages, size=200_000, data=(), links=None):
    """A file of such pages, sparse beyond their tags; `links` says where each page leads."""
    blocks = []
    place = 8
    starts = []
    for tags in pages:
        starts.append(place)
        place += 2 + 12 * len(tags) + 4
    for number, tags in enumerate(pages):
        following = number + 1 if links is None else links[number]
        block = struct.pack("<H", len(tags))
        for code, (kind, count, value) in sorted(tags.items()):
            form = "<HHIHxx" if kind == SHORT and count == 1 else "<HHII"
            block += struct.pack(form, code, kind, count, value)
        blocks.append(block + struct.pack("<I", starts[following] if following < len(pages) else 0))
    with open(path, "wb") as file:
        file.write(b"II*\0" + struct.pack("<I", 8) + b"".join(blocks))
        for at, content in data:
            file.seek(at)
            file.write(content)
        file.truncate(max(size, file.tell()))


def text_at(at, text):
    return [(at, text.encode() + b"\0")], (ASCII, len(text) + 1, at)


def circle(path):
    odd = page(WIDTH=(LONG, 1, 16))
    write(path, [odd, page(), page()], links=[1, 2, 1])


def long_circle(path):
    write(path, [page()] * 500, links=[*range(1, 500), 250])


def bits(number):
    return lambda path: write(path, [page(BITS=(SHORT, 1, number))])


def many_rows(path):
    """One byte of the number of rows is another one."""
    write(path, [page(LENGTH=(LONG, 1, 24 + (8 << 24)))])


def many_rows_and_strips(path):
    write(path, [page(LENGTH=(LONG, 1, 24 + (8 << 24)), ROWS=(LONG, 1, 24 + (8 << 24)))])


def many_rows_deflated(path):
    write(path, [page(LENGTH=(LONG, 1, 24 + (8 << 24)), COMPRESSION=(SHORT, 1, 8))])


def deflated_zeros(blocks):
    """A stream of 8 MB of zeros a block, each deflated alike as none looks back at another."""
    block = zlib.compressobj(9, wbits=-15)
    content = block.compress(bytes(8_000_000)) + block.flush(zlib.Z_FULL_FLUSH)
    checksum = struct.pack(">HH", blocks * 8_000_000 % 65_521, 1)
    return b"\x78\xda" + content * blocks + b"\3\0" + checksum


def bomb(side):
    def make(path):
        content = deflated_zeros(100)
        size = {"WIDTH": (LONG, 1, side), "LENGTH": (LONG, 1, side), "ROWS": (LONG, 1, side)}
        counts = (LONG, 1, len(content))
        write(
            path,
            [page(COMPRESSION=(SHORT, 1, 8), COUNTS=counts, **size)],
            data=[(100_000, content)],
        )

    return make


def huge_tile(path):
    content = zlib.compress(bytes(64 * 64 * 2))
    tags = page(COMPRESSION=(SHORT, 1, 8), WIDTH=(LONG, 1, 64), LENGTH=(LONG, 1, 64))
    for name in (OFFSETS, COUNTS, ROWS):
        del tags[name]
    tags |= {TILE_WIDTH: (LONG, 1, 65_536), TILE_LENGTH: (LONG, 1, 65_536)}
    tags |= {TILE_OFFSETS: (LONG, 1, 100_000), TILE_COUNTS: (LONG, 1, len(content))}
    write(path, [tags], data=[(100_000, content)])


def many_planes(count, text):
    def make(path):
        data, description = text_at(50_000, text.format(count))
        one = (LONG, 1, 1)
        tags = page(WIDTH=one, LENGTH=one, ROWS=one, COUNTS=one, BITS=(SHORT, 1, 8))
        tags[DESCRIPTION] = description
        write(path, [tags], size=100_000 + count, data=data)

    return make


IMAGEJ = "ImageJ=1.53t\nimages={0}\nframes={0}\nhyperstack=true\nloop=false\n"
SHAPED = '{{"shape": [{}, 1, 1]}}'
OME = (
    '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image>'
    '<Pixels DimensionOrder="XYZCT" Type="uint8" SizeX="1" SizeY="1" SizeZ="1" SizeC="1" '
    'SizeT="{}"><TiffData/></Pixels></Image></OME>'
)


SPREAD = (
    '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image>'
    '<Pixels DimensionOrder="XYZCT" Type="uint8" SizeX="1" SizeY="1" SizeZ="1" SizeC="1" '
    'SizeT="{}">{}</Pixels></Image></OME>'
)


def described(text, pages=1):
    """Pages of a single pixel, the first with this description."""

    def make(path):
        data, description = text_at(4_000_000, text)
        one = (LONG, 1, 1)
        tags = page(WIDTH=one, LENGTH=one, ROWS=one, COUNTS=one, BITS=(SHORT, 1, 8))
        write(path, [tags | {DESCRIPTION: description}] + [tags] * (pages - 1), data=data)

    return make


def blocks(planes, count):
    """So many blocks, each of which claims all planes."""
    return SPREAD.format(planes, f'<TiffData IFD="0" FirstT="0" PlaneCount="{planes}"/>' * count)


def on_a_member(planes):
    """Planes that lie in another file, which has room for all of them and holds nothing."""

    def make(path):
        member = path.with_name(f"member{planes}.tif")
        tags = page(WIDTH=(LONG, 1, 1), LENGTH=(LONG, 1, 1), ROWS=(LONG, 1, 1))
        write(member, [tags], size=planes + 200_000)
        block = (
            f'<TiffData IFD="0" FirstT="0" PlaneCount="{planes}"><UUID FileName="{member.name}">'
            "urn:uuid:0</UUID></TiffData>"
        )
        described(SPREAD.format(planes, block))(path)

    return make


def many_pages(count):
    """Pages of one byte each."""

    def make(path):
        one = (LONG, 1, 1)
        tags = page(WIDTH=one, LENGTH=one, ROWS=one, COUNTS=one, BITS=(SHORT, 1, 8))
        block = b"".join(struct.pack("<HHII", c, *tags[c]) for c in sorted(tags))
        size = 2 + len(block) + 4
        following = np.arange(1, count + 1, dtype="<u4") * size + 8
        following[-1] = 0
        records = np.zeros((count, size), np.uint8)
        records[:, : size - 4] = np.frombuffer(struct.pack("<H", len(tags)) + block, np.uint8)
        records[:, size - 4 :] = following.view(np.uint8).reshape(-1, 4)
        path.write_bytes(b"II*\0" + struct.pack("<I", 8) + records.tobytes())

    return make


def long_description(number):
    """A GB of text that a page says it has; nothing of it takes place on the disk."""

    def make(path):
        pages = [page()] * number
        pages.append(page() | {DESCRIPTION: (ASCII, GB, 200_000)})
        write(path, pages, size=GB + 300_000)

    return make


def long_descriptions(path):
    """Each is below the bound for one, but there are hundreds."""
    write(path, [page() | {DESCRIPTION: (ASCII, 30 << 20, 200_000)}] * 300, size=GB)


def many_strips(path):
    count = 100_000_000
    tags = page(ROWS=(LONG, 1, 1), LENGTH=(LONG, 1, count))
    tags |= {OFFSETS: (LONG, count, 100_000), COUNTS: (LONG, count, 100_000)}
    write(path, [tags], size=GB)


def metamorph(path):
    """A stack of MetaMorph with two hundred million planes."""
    tags = page() | {33628: (LONG, 1, 0), 33629: (5, 200_000_000, 100_000)}
    write(path, [tags], size=2 * GB)


HOSTILE = {
    "circle": circle,
    "long circle": long_circle,
    "17 bits": bits(17),
    "31 bits": bits(31),
    "0 bits": bits(0),
    "60000 bits": bits(60_000),
    "many rows": many_rows,
    "many rows in a strip": many_rows_and_strips,
    "many rows, deflated": many_rows_deflated,
    "bomb of a page": bomb(20_000),
    "bomb in a small page": bomb(64),
    "huge tile": huge_tile,
    "5e8 planes of ImageJ": many_planes(500_000_000, IMAGEJ),
    "2e7 planes of ImageJ": many_planes(20_000_000, IMAGEJ),
    "5e8 planes by shape": many_planes(500_000_000, SHAPED),
    "2e7 planes by shape": many_planes(20_000_000, SHAPED),
    "5e8 planes of OME": many_planes(500_000_000, OME),
    "quadratic blocks of OME": described(blocks(20_000, 20_000)),
    "quadratic blocks of OME, with pages": described(blocks(20_000, 20_000), 20_000),
    "1.5e6 frames on a sparse member": on_a_member(1_500_000),
    "9e5 frames on a sparse member": on_a_member(900_000),
    "two million pages": many_pages(2_000_000),
    "long description": long_description(0),
    "long description later": long_description(3),
    "long descriptions": long_descriptions,
    "many strips": many_strips,
    "MetaMorph": metamorph,
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A hostile file by its name, made once."""
    folder, files = tmp_path_factory.mktemp("hostile"), {}

    def make(name):
        if name not in files:
            files[name] = folder / f"{name.replace(' ', '_')}.tif"
            HOSTILE[name](files[name])
        return files[name]

    return make


def within_bounds(*argv, says=""):
    used = measured(*argv, timeout_s=60)
    assert used.cpu_s < 10
    assert used.grown_mb < 1000
    assert used.code in (0, 1)
    assert len(used.err.splitlines()) == used.code
    assert "unexpected" not in used.err
    if used.code:
        assert str(says) in used.err
    return used


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file(made, tmp_path, name):
    path = made(name)
    used = within_bounds(path, "--quiet", "--frames=::5000", "-o", tmp_path / "o.mp4", says=path)
    # What OME metadata claim beyond the pages that are there is left out, with a note.
    assert used.code == (name not in ("5e8 planes of OME", "quadratic blocks of OME, with pages"))
    assert bool(list(tmp_path.iterdir())) == (not used.code)


@pytest.mark.parametrize("name", ["circle", "17 bits", "bomb of a page"])
@pytest.mark.parametrize("position", [0, 2])
def test_a_hostile_file_among_others(made, tmp_path, name, position):
    folder = write_folder(tmp_path / "pos", noise((3, 24, 32)))
    (folder / f"t{position}.tif").unlink()
    (folder / f"t{position}.tif").symlink_to(made(name))
    os.utime(made(name), (1e9, 1e9))  # else, as the last one, it could be under way
    used = within_bounds(folder, "--quiet", says=f"t{position}.tif")
    assert used.code == 1
    assert not list(tmp_path.rglob("*.mp4"))


def test_whoever_trusts_a_file_has_it(tmp_path, monkeypatch, cli):
    """A mask of mostly nothing, which deflates a thousand times."""
    path = tmp_path / "mask.tif"
    mask = np.zeros((13_000, 11_000), np.uint16)
    mask[100:200, 100:200] = 1
    tifffile.imwrite(path, mask, compression="zlib", compressionargs={"level": 9})
    ended = cli(path, "--quiet", "--width", "100")
    assert ended.code == 1
    said = ended.error_line
    name, _, value = said.rpartition("set ")[2].split()[0].partition("=")
    monkeypatch.setenv(name, value)
    assert cli(path, "--quiet", "--width", "100").code == 0
    monkeypatch.setenv(name, "much")
    ended = cli(path, "--quiet", "--width", "100", "--overwrite")
    assert ended.code != 0
    assert name in ended.error_line


def test_large_and_long_files_of_real_kinds_are_read(tmp_path):
    """Bounds are far from what people have: blank frames that deflate well, thousands of pages."""
    blank = np.zeros((2, 4000, 4000), np.uint16)
    for compression in ("zlib", "zstd", "lzw"):
        path = tmp_path / f"{compression}.tif"
        tifffile.imwrite(path, blank, compression=compression, photometric="minisblack")
        assert t2v.open_stack(path).shape == (2, 4000, 4000)
        assert not t2v.render_frame(path, 1).any()
        path.unlink()
    path = tmp_path / "long.tif"
    many_pages(20_000)(path)
    assert len(t2v.open_stack(path)) == 20_000
