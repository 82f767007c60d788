"""Planes that OME metadata put on pages of one file or of several: each one's place, and each word
where that cannot be.
"""

from __future__ import annotations

import numpy as np
import pytest
from helpers.directories import described, write_directories
from helpers.files import write_pages
from helpers.frames import noise
from helpers.refusals import error_of, refusal

import napari_tif2video as t2v

PLANES = noise((24, 4, 6), low=100, high=9001)
BEGIN = '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"{}>'


def image(t=1, c=1, z=1, inside="<TiffData/>", order="XYCZT", more="", name=""):
    return (
        f'<Image ID="Image:0" Name="{name}"><Pixels ID="Pixels:0" DimensionOrder="{order}" '
        f'Type="uint16" SizeX="6" SizeY="4" SizeT="{t}" SizeC="{c}" SizeZ="{z}" {more}>{inside}'
        "</Pixels></Image>"
    )


def ome(*images, uuid=""):
    return BEGIN.format(f' UUID="{uuid}"' * bool(uuid)) + "".join(images) + "</OME>"


def block(file="", text="urn:uuid:7", **values):
    known = "".join(f' {key}="{value}"' for key, value in values.items())
    inside = f'<UUID FileName="{file}">{text}</UUID>' if file else ""
    return f"<TiffData{known}>{inside}</TiffData>"


def write(path, pages, text):
    return write_directories(
        path, [(page, {} if number else described(text)) for number, page in enumerate(pages)]
    )


B = block
# Blocks of three time points of two channels, and on which page each plane is.
BLOCKS = {
    "nothing": ("", [0, 1, 2, 3, 4, 5]),
    "one": (B(), [0, 1, 2, 3, 4, 5]),
    "one of so many": (B(PlaneCount=6), [0, 1, 2, 3, 4, 5]),
    "one of too many": (B(PlaneCount=99), [0, 1, 2, 3, 4, 5]),
    "an old word": (B(NumPlanes=6), [0, 1, 2, 3, 4, 5]),
    "up to the next one": (
        B() + B(FirstT=1, IFD=4, PlaneCount=2) + B(FirstT=2, IFD=2, PlaneCount=2),
        [0, 1, 4, 5, 2, 3],
    ),
    "in any order": (
        B(FirstT=2, IFD=2, PlaneCount=2) + B(FirstT=1, IFD=4, PlaneCount=2)
        + B(IFD=0, PlaneCount=2), [0, 1, 4, 5, 2, 3],
    ),
    "a page each": (
        "".join(B(FirstT=t, FirstC=c, IFD=3 * c + t) for t in range(3) for c in range(2)),
        [0, 3, 1, 4, 2, 5],
    ),
    "from the second channel on": (
        B(FirstC=1, IFD=1, PlaneCount=5) + B(IFD=0), [0, 1, 2, 3, 4, 5],
    ),
    "of this file": (B("s.tif", PlaneCount=6), [0, 1, 2, 3, 4, 5]),
    "of this file by its number": (B("was.tif", " urn:uuid:3\n", PlaneCount=6), [0, 1, 2, 3, 4, 5]),
    "some that are nowhere": (
        B() + B(FirstT=3, IFD=0) + B(FirstT=-1, IFD=0) + B(FirstC=2, IFD=0) + B(FirstZ=1, IFD=0)
        + B(FirstT=1, IFD=-1), [0, 1, 2, 3, 4, 5],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BLOCKS)
def test_planes_of_one_file(tmp_path, kind):
    inside, pages = BLOCKS[kind]
    path = tmp_path / "s.tif"
    stack = t2v.open_stack(write(path, PLANES[:6], ome(image(3, 2, 1, inside), uuid="urn:uuid:3")))
    assert (stack.sizes, stack.notes) == ((("T", 3), ("C", 2)), ())
    assert stack.planes.frames.pages == tuple(pages)
    np.testing.assert_array_equal(stack.data, PLANES[pages].reshape(3, 2, 4, 6))


MANY = "its OME metadata put 6 planes on {} pages; the file is damaged"


@pytest.mark.parametrize(
    ("pages", "inside", "message"),
    [
        (6, B(PlaneCount=0), "6 of 6 planes are missing"),
        (6, B(IFD=0), "5 of 6 planes are missing"),
        (6, B(IFD=1, PlaneCount=6), "1 of 6 planes are missing"),
        (6, B(PlaneCount=5), "1 of 6 planes are missing"),
        (6, B(FirstT=2, PlaneCount=5), "4 of 6 planes are missing"),
        (6, B(PlaneCount=2) + B(FirstT=2, IFD=4, PlaneCount=2), "2 of 6 planes are missing"),
        (7, B(PlaneCount=3) + B(FirstT=1, FirstC=1, IFD=0, PlaneCount=3), MANY.format(3)),
        (7, B(PlaneCount=6) + B(FirstT=2, IFD=6, PlaneCount=1), MANY.format(6)),
    ],
)
def test_planes_that_are_not_there_or_twice(tmp_path, pages, inside, message):
    path = write(tmp_path / "s.tif", PLANES[:pages], ome(image(3, 2, 1, inside)))
    assert error_of(path) == f"{path}: {message}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (ome(image(2, order="XYZ")), "unknown order 'XYZ'"),
        (ome(image(2, order="XYCZTT")), "unknown order 'XYCZTT'"),
        (ome(image(2, order="XY" + "T" * 60)), f"unknown order 'XY{'T' * 38}'"),
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + ome(image(2)), None),
        (ome(image(2, inside=B(IFD="one"))),
         "invalid literal for int() with base 10: 'one'"),
        (ome(image(2, more='Size="')), "not well-formed (invalid token): line 1"),
        (ome(image(2))[:-6], "no element found: line 1"),
    ],
)  # fmt: skip
def test_metadata_that_cannot_be_read(tmp_path, text, reason):
    """Where it is no OME-XML at all, the pages say enough."""
    path = write(tmp_path / "s.tif", PLANES[:2], text)
    if reason is None:
        np.testing.assert_array_equal(t2v.open_stack(path).data, PLANES[:2])
    else:
        said = error_of(path)
        assert said.startswith(f"{path}: its OME metadata cannot be read ({reason}")
        assert said.endswith(")")


def test_text_that_is_no_ome(tmp_path):
    for text in ("Pixels", "<Pixels SizeT=", "<a/>", " BinaryOnly", "<OME><Image", ""):
        stack = t2v.open_stack(write(tmp_path / "s.tif", PLANES[:3], text))
        assert (len(stack), stack.played, stack.notes) == (3, "T", ())
    text = f"\n {ome(image(1, 3))}"
    assert t2v.open_stack(write(tmp_path / "s.tif", PLANES[:3], text)).played == "C"


def test_images_of_one_file(tmp_path):
    """Each has its own planes, name, channels and display range."""
    levels = (
        '<DisplayOptions><{}Channel ChannelNumber="{}" BlackLevel="{}" WhiteLevel="{}"/>'
        '<GreenChannel ChannelNumber="1" BlackLevel="2"/></DisplayOptions>'
    )
    first = image(2, 2, 1, '<Channel Name="A"/><Channel Name="B"/>' + B(PlaneCount=4), name=" P 1 ")
    second = image(1, 1, 3, B(IFD=4, PlaneCount=3), name="")
    first = first.replace("<Pixels", levels.format("Green", 1, 3, 9) + "<Pixels")
    second = second.replace("<Pixels", levels.format("Grey", 0, 5, 5) + "<Pixels")
    third = image(1, 2, 1, '<Channel Name="C"/><Channel/>' + B(IFD=7, PlaneCount=2), name="P3")
    third = third.replace("</Pixels>", "</Pixels>" + levels.format("Blue", 0, 1.5, 4))
    third = third.replace("</Image>", levels.format("Red", 1, 5, 5) + "</Image>")
    third = third.replace("</Image>", levels.format("Purple", 1, 5, 6) + "</Image>")
    path = write(tmp_path / "s.tif", PLANES[:9], ome(first, second, third))
    stack = t2v.open_stack(path)
    assert (stack.image_names, stack.notes, stack.left_out) == (("P 1", "", "P3"), (), 0)
    assert [each.sizes for each in stack.images] == [
        (("T", 2), ("C", 2)), (("Z", 3),), (("C", 2),),
    ]  # fmt: skip
    assert [(i.name, i.limits) for each in stack.images for i in each.channel_info] == [
        ("A", None), ("B", (3, 9)), ("C", (1.5, 4)), ("", None),
    ]  # fmt: skip
    for each, begin, end in zip(stack.images, (0, 4, 7), (4, 7, 9), strict=True):
        np.testing.assert_array_equal(each.data, PLANES[begin:end].reshape(each.data.shape))
        assert (each.name, each.path) == ("s", path)


def test_images_whose_pages_are_unlike(tmp_path):
    large = noise((2, 8, 8))
    pages = [*PLANES[:2], large[0], PLANES[2], large[1]]
    texts = [image(2, inside=B(PlaneCount=2)), image(2, inside=B(FirstT=1, IFD=3) + B(IFD=2))]
    path = write(tmp_path / "s.tif", pages, ome(*texts))
    assert error_of(path) == (
        f"{path}: page 4 is of another size or type than page 3; its metadata count both as "
        "planes of one image"
    )
    texts[1] = image(2, inside=B(FirstT=1, IFD=4) + B(IFD=2))
    stack = t2v.open_stack(write(path, pages, ome(*texts)))
    np.testing.assert_array_equal(stack.images[1].data, large)
    np.testing.assert_array_equal(stack.images[0].data, PLANES[:2])
    texts[1] = image(2, inside=B(IFD=99) + B(FirstT=1, IFD=98))
    assert error_of(write(path, pages, ome(*texts))) == f"{path}: 2 of 2 planes are missing"
    texts[1] = image(2, inside=B(IFD=1, PlaneCount=1) + B(FirstT=1, IFD=1))
    assert error_of(write(path, pages, ome(*texts))) == (
        f"{path}: its OME metadata put 2 planes on 1 pages; the file is damaged"
    )


def series(folder, inside, t=2, c=2, files="ab", pages=2, **options):
    """Files of two pages each, all of which have the same text."""
    folder.mkdir(exist_ok=True)
    text = ome(image(t, c, 1, inside, **options))
    for number, name in enumerate(files):
        part = PLANES[pages * number : pages * (number + 1)]
        write(folder / f"{name}.tif", part, text)
    return folder


BOTH = B("a.tif", PlaneCount=2) + B("b.tif", FirstT=1, PlaneCount=2)


def test_planes_of_two_files(tmp_path):
    folder = series(tmp_path / "in", BOTH)
    crossed = B("a.tif", FirstC=1, IFD=0) + B("b.tif", FirstT=1, FirstC=1, IFD=1)
    crossed += B("b.tif", FirstT=0, IFD=0) + B("a.tif", FirstT=1, IFD=1)
    for inside, places in ((BOTH, (0, 1, 2, 3)), (crossed, (2, 0, 1, 3))):
        series(folder, inside)
        for source in (folder, folder / "a.tif", folder / "b.tif"):
            stack = t2v.open_stack(source)
            assert (stack.sizes, stack.path) == ((("T", 2), ("C", 2)), source)
            assert stack.name == ("in" if source == folder else source.stem)
            assert stack.notes == ("read from 2 files, as its OME metadata say",)
            assert stack.left_out == 0
            expected = PLANES[list(places)].reshape(2, 2, 4, 6)
            np.testing.assert_array_equal(stack.data, expected)
            frames = stack.planes.frames
            assert [frames.label(i) for i in range(4)] == [
                f"page {place % 2 + 1} of {'ab'[place // 2]}.tif" for place in places
            ]
            some = frames.select([3, 0])
            assert len(some) == 2
            assert [some.label(i) for i in range(2)] == [frames.label(3), frames.label(0)]
    said = 'PhysicalSizeX="0.5" PhysicalSizeY="0.5" TimeIncrement="3"'
    for source in (series(folder, BOTH, more=said), folder / "b.tif"):
        stack = t2v.open_stack(source)
        assert (stack.pixel_size_um, stack.frame_interval_s) == (0.5, 3)
    order = B("a.tif", PlaneCount=2) + B("b.tif", FirstC=1, PlaneCount=2)
    stack = t2v.open_stack(series(folder, order, order="XYTZC"))
    np.testing.assert_array_equal(stack.data, PLANES[:4].reshape(2, 2, 4, 6).swapaxes(0, 1))
    alone = t2v.open_stack(series(tmp_path / "one", B("a.tif", PlaneCount=2), t=1, files="a"))
    assert (alone.played, alone.notes) == ("C", ())


CLEAR = "; it is not clear which is which"


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        (B("a.tif", PlaneCount=2) + B("b.tif", FirstT=1, PlaneCount=1),
         "1 of 4 planes are missing; convert the folder"),
        (B("a.tif", PlaneCount=2) + B("b.tif", FirstT=1, PlaneCount=2) + B("b.tif", FirstT=1),
         f"its OME metadata put several planes on one page, or one on several{CLEAR}"),
        (B("a.tif", PlaneCount=2) + B("c.tif", FirstT=1, PlaneCount=2),
         "its OME metadata name the file c.tif, which cannot be opened (No such file or "
         "directory); convert the folder"),
        *((B("a.tif", PlaneCount=2) + B(name, FirstT=1, PlaneCount=2),
           f"its OME metadata name the file {name[:200]!r}, which is not in its folder; only files "
           "that lie together are read")
          for name in ("../b.tif", "/b.tif", "x\\b.tif", "..", ".", "in/b.tif", "x" * 200 + "/")),
    ],
)  # fmt: skip
def test_series_that_are_not_whole(tmp_path, inside, message):
    path = series(tmp_path / "in", inside) / "a.tif"
    assert error_of(path) == f"{path}: {message}"


def test_more_planes_than_files_have_room_for(tmp_path):
    """Of a hundred bytes, which is less than the directory of any page."""
    folder = series(tmp_path / "in", BOTH)
    room = sum(path.stat().st_size // 100 for path in folder.iterdir())
    for more in (0, 1):
        for _ in range(2):  # the text itself takes room
            series(folder, BOTH, t=(room + 1) // 2 + more)
            room = sum(path.stat().st_size // 100 for path in folder.iterdir())
    count = 2 * ((room + 1) // 2 + 1)
    series(folder, BOTH, t=count // 2)
    assert error_of(folder / "a.tif") == (
        f"{folder / 'a.tif'}: its OME metadata state {count} planes, more than its 2 files can "
        "hold; convert the folder"
    )
    fewer = room // 2
    series(folder, BOTH, t=fewer)
    assert error_of(folder / "a.tif") == (
        f"{folder / 'a.tif'}: {2 * fewer - 4} of {2 * fewer} planes are missing; convert the folder"
    )


def test_more_planes_in_several_files_than_anybody_records(tmp_path, monkeypatch):
    folder = series(tmp_path / "in", BOTH)
    for most in (4, 3):
        monkeypatch.setattr("napari_tif2video.data.tiff.claims.MAX_PLANES", most)
        if most == 4:
            assert t2v.open_stack(folder / "a.tif").axes == "TCYX"
    assert error_of(folder / "a.tif") == (
        f"{folder / 'a.tif'}: claims 4 planes, more than the 3 of any usual file; if you trust it, "
        "set TIF2VIDEO_TRUST=2 in the environment"
    )


def test_a_folder_goes_by_its_names_where_metadata_fail(tmp_path):
    """For a single image: several cannot be told apart by names."""
    folder = series(tmp_path / "in", B("a.tif", PlaneCount=2) + B("b.tif", FirstT=1, IFD=0))
    stack = t2v.open_stack(folder)
    assert (stack.axes, stack.shape) == ("TCYX", (2, 2, 4, 6))
    np.testing.assert_array_equal(stack.data, PLANES[:4].reshape(2, 2, 4, 6))
    text = ome(
        image(1, 2, 1, B("a.tif", PlaneCount=2)),
        image(1, 2, 1, B("b.tif", IFD=0)),
    )
    for name in "ab":
        write(folder / f"{name}.tif", PLANES[:2], text)
    path = folder / "a.tif"
    assert error_of(folder) == f"{path}: 1 of 2 planes are missing; convert the folder"
    damaged = ome(image(1)).replace("</Pixels>", "")
    for number in range(3):
        write(tmp_path / f"t{number}.tif", PLANES[number : number + 1], damaged)
    stack = t2v.open_stack(tmp_path, match="t?.tif")
    np.testing.assert_array_equal(stack.data, PLANES[:3])
    assert (stack.notes, stack.pixel_size_um) == ((), None)


def test_positions_in_files_of_their_own(tmp_path):
    names = ("a.tif", "b.tif", "c.tif")
    text = ome(*(image(2, 1, 1, B(f, PlaneCount=2), name=f"P{i}") for i, f in enumerate(names)))
    for number, name in enumerate(names):
        write(tmp_path / name, PLANES[2 * number :][:2], text)
    stack = t2v.open_stack(tmp_path)
    assert (stack.image_names, stack.notes, stack.path) == (("P0", "P1", "P2"), (), tmp_path)
    np.testing.assert_array_equal(stack.data, PLANES[:6].reshape(3, 2, 4, 6))
    one = t2v.open_stack(tmp_path / "b.tif")
    np.testing.assert_array_equal(one.data, PLANES[2:4])
    (tmp_path / "c.tif").unlink()
    stack = t2v.open_stack(tmp_path)
    assert stack.image_names == ("P0", "P1")
    assert stack.notes == ("2 of 3 positions are there, the files of others are not",)
    (tmp_path / "a.tif").unlink()
    stack = t2v.open_stack(tmp_path)
    assert (stack.images, stack.notes, stack.played) == (
        (), ("1 of 3 positions are there, the files of others are not",), "T",
    )  # fmt: skip
    np.testing.assert_array_equal(stack.data, PLANES[2:4])


def only(name):
    return BEGIN.format("") + f'<BinaryOnly MetadataFile="{name}" UUID="urn:uuid:0"/></OME>'


def test_metadata_in_a_file_beside_the_data(tmp_path):
    """XML with or without a mark of its order of bytes, or another TIFF of the series."""
    text = ome(image(2, 2, 1, BOTH))
    expected = PLANES[:4].reshape(2, 2, 4, 6)
    for number, name in enumerate("ab"):
        write(tmp_path / f"{name}.tif", PLANES[2 * number :][:2], only("all.companion.ome"))
    path, companion = tmp_path / "a.tif", tmp_path / "all.companion.ome"
    for before in (b"", b"\xef\xbb\xbf"):
        companion.write_bytes(before + text.encode())
        np.testing.assert_array_equal(t2v.open_stack(path).data, expected)
    companion.write_bytes(text.encode() + b"\xff")
    assert error_of(path) == (
        f"{companion}: the OME metadata cannot be read ('utf-8' codec can't decode byte 0xff in "
        f"position {len(text)}: invalid start byte)"
    )
    companion.write_bytes(text[:-3].encode())
    assert error_of(path).startswith(f"{companion}: its OME metadata cannot be read (")
    companion.unlink()
    assert t2v.open_stack(path).shape == (2, 4, 6)
    own = B(PlaneCount=2) + B("b.tif", FirstT=1, PlaneCount=2)
    write(path, PLANES[:2], ome(image(2, 2, 1, own)))
    write(tmp_path / "b.tif", PLANES[2:4], only("a.tif"))
    for name in "ab":
        np.testing.assert_array_equal(t2v.open_stack(tmp_path / f"{name}.tif").data, expected)
    outside = tmp_path / "in"
    outside.mkdir()
    write(outside / "b.tif", PLANES[2:4], only("../a.tif"))
    assert t2v.open_stack(outside / "b.tif").shape == (2, 4, 6)


def test_files_unlike_the_first_of_their_series(tmp_path):
    folder = series(tmp_path / "in", BOTH)
    stack = t2v.open_stack(folder)
    path = write_pages(folder / "b.tif", [PLANES[0], PLANES[1].astype(np.int16)])
    said = (
        f"{path}: page 2: is 6x4 int16, but the sequence began with 6x4 uint16 (a.tif); all frames "
        "must be alike, use --match to choose some"
    )
    assert refusal(t2v.SourceError, stack.data[1, 1].compute) == said
    assert refusal(t2v.SourceError, stack.planes.frames.check) == said
    np.testing.assert_array_equal(stack.data[1, 0], PLANES[0])


def test_a_file_with_one_of_two_images_and_a_page_more(tmp_path):
    """Whose the other page is, its metadata do not say."""
    text = ome(image(2, inside=B("s.tif", PlaneCount=2)), image(2, inside=B("x.tif", PlaneCount=2)))
    stack = t2v.open_stack(write(tmp_path / "s.tif", PLANES[:3], text))
    assert (len(stack), stack.notes, stack.left_out) == (2, (), 0)
    np.testing.assert_array_equal(stack.data, PLANES[:2])
