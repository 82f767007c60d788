"""OME metadata: what they claim about other files and planes is not believed blindly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from helpers.files import write_pages
from helpers.frames import number_of, numbered
from helpers.video import numbers

import napari_tif2video as t2v

FRAMES = numbered(3)


def ome_xml(planes, members=()):
    """OME-XML of a time series, whose planes are in the files `members`."""
    data = "".join(
        f'<TiffData FirstT="{t}" FirstC="0" FirstZ="0" IFD="0" PlaneCount="1">'
        f'<UUID FileName="{name}">urn:uuid:0000000{t}-0000-0000-0000-000000000000</UUID></TiffData>'
        for t, name in enumerate(members)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"'
        ' UUID="urn:uuid:00000000-0000-0000-0000-000000000000"><Image ID="Image:0">'
        '<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" SizeX="160" SizeY="48"'
        f' SizeC="1" SizeZ="1" SizeT="{planes}"><Channel ID="Channel:0:0" SamplesPerPixel="1"/>'
        f"{data or '<TiffData/>'}</Pixels></Image></OME>"
    )


@pytest.fixture
def members(tmp_path):
    """A series spread over three files, each of which names all."""
    names = [f"series_t{i}.ome.tif" for i in range(3)]
    for index, name in enumerate(names):
        description = ome_xml(3, names).replace("00000000-0000", f"0000000{index}-0000", 1)
        tifffile.imwrite(tmp_path / name, FRAMES[index], description=description, metadata=None)
    return [tmp_path / name for name in names]


def test_a_folder_of_members_has_a_frame_for_each_file(members, tmp_path):
    stack = t2v.open_stack(tmp_path)
    np.testing.assert_array_equal(stack.data.compute(), FRAMES)


def test_a_folder_of_members_may_lack_some(members, tmp_path):
    members[1].unlink()
    np.testing.assert_array_equal(t2v.open_stack(tmp_path).data.compute(), FRAMES[[0, 2]])


@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize("complete", [True, False])
def test_a_single_member_never_gives_wrong_frames(members, index, complete):
    """The whole series, or an error that names the file that is not there."""
    if not complete:
        members[index - 1].unlink()
        with pytest.raises(t2v.SourceError) as caught:
            t2v.open_stack(members[index])
        told = f"{members[index]}: its OME metadata name the file {members[index - 1].name}, which"
        assert str(caught.value).startswith(told)
        return
    stack = t2v.open_stack(members[index])
    assert [number_of(frame >> 8) for frame in stack.data.compute()] == [0, 1, 2]


def test_a_series_over_several_files_is_read_from_any_of_them(members, cli):
    for path in members:
        stack = t2v.open_stack(path)
        assert stack.labels == [f"page 1 of series_t{i}.ome.tif" for i in range(3)]
        np.testing.assert_array_equal(stack.data.compute(), FRAMES)
    assert "read from 3 files" in cli(members[1], "--dry-run").out


def test_a_hyperstack_over_several_files(tmp_path):
    """A file a channel, the time points in reverse in the second one."""
    data = numbered(6).reshape(2, 3, 48, 160)
    blocks = "".join(
        f'<TiffData FirstT="{t}" FirstC="{c}" IFD="{2 - t if c else t}" PlaneCount="1">'
        f'<UUID FileName="c{c}.ome.tif">urn:uuid:{c}</UUID></TiffData>'
        for c in range(2)
        for t in range(3)
    )
    xml = ome_xml(3).replace('SizeC="1"', 'SizeC="2"').replace("<TiffData/>", blocks)
    for c in range(2):
        write_pages(tmp_path / f"c{c}.ome.tif", data[c][:: -1 if c else 1], description=xml)
    for source in (tmp_path / "c1.ome.tif", tmp_path):
        stack = t2v.open_stack(source)
        assert stack.axes == "TCYX"
        assert stack.path == source
        np.testing.assert_array_equal(stack.data.compute(), data.swapaxes(0, 1))
    video = t2v.convert(tmp_path / "c0.ome.tif", channel=1, width="full")
    assert numbers(video.path) == [3, 4, 5]


def test_a_folder_that_lacks_a_member_of_a_hyperstack(tmp_path):
    """Whatever its other files are, planes are not mixed up."""
    blocks = "".join(
        f'<TiffData FirstC="{c}" IFD="0" PlaneCount="3"><UUID FileName="c{c}.ome.tif"/></TiffData>'
        for c in range(2)
    )
    xml = ome_xml(3).replace('SizeC="1"', 'SizeC="2"').replace("<TiffData/>", blocks)
    write_pages(tmp_path / "c0.ome.tif", FRAMES, description=xml)
    for source in (tmp_path / "c0.ome.tif", tmp_path):
        with pytest.raises(t2v.SourceError, match=r"c0\.ome\.tif"):
            t2v.open_stack(source)


@pytest.mark.parametrize(
    "change",
    [
        ("<TiffData/>", '<TiffData FirstT="-1" IFD="0"/>'),
        ("<TiffData/>", '<TiffData IFD="-1"/>'),
        ("<TiffData/>", '<TiffData IFD="99999999999999999999"/>'),
        ("<TiffData/>", '<TiffData IFD="one"/>'),
        ('SizeC="1"', 'SizeC="-7"'),
        ('SizeT="3"', 'SizeT="' + "9" * 5000 + '"'),
        ("</Pixels>", ""),
        ("<OME ", '<!DOCTYPE a [<!ENTITY b "b">]><OME '),
        ("XYCZT", "XYZ"),
    ],
    ids=str,
)
def test_damaged_metadata_are_one_line(tmp_path, change):
    xml = ome_xml(3)
    assert change[0] in xml
    write_pages(tmp_path / "s.tif", FRAMES, description=xml.replace(*change))
    try:
        found, message = t2v.open_stack(tmp_path / "s.tif").data.compute(), None
    except t2v.SourceError as exc:
        found, message = FRAMES, str(exc)
    np.testing.assert_array_equal(found, FRAMES)
    assert message is None or ("s.tif" in message and len(message.splitlines()) == 1)


def test_members_that_are_links_to_elsewhere_are_not_read(members, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    members[2].rename(outside / "moved.tif")
    try:
        members[2].symlink_to(outside / "moved.tif")
    except OSError:
        pytest.skip("links cannot be made here")
    with pytest.raises(t2v.SourceError, match=r"series_t0.*not in its folder"):
        t2v.open_stack(members[0])


OPENED = """
import sys
import napari_tif2video as t2v

def audit(event, arguments):
    if event == "open" and "outside" in str(arguments[0]):
        print("opened", arguments[0])

sys.addaudithook(audit)
try:
    t2v.convert(sys.argv[1], sys.argv[2], overwrite=True)
except t2v.SourceError:
    pass
"""


@pytest.mark.parametrize("folder", [False, True])
def test_files_elsewhere_are_not_opened(tmp_path, folder):
    inside = tmp_path / "inside"
    inside.mkdir()
    tifffile.imwrite(tmp_path / "outside.tif", FRAMES[1])
    names = ["series.ome.tif", "../outside.tif", str(tmp_path / "outside.tif")]
    path = inside / names[0]
    tifffile.imwrite(path, FRAMES[0], description=ome_xml(3, names), metadata=None)
    done = subprocess.run(
        [sys.executable, "-c", OPENED, inside if folder else path, tmp_path / "o.mp4"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout == ""


PEAK_KB = """
import sys
import napari_tif2video as t2v
try:
    assert len(t2v.open_stack(sys.argv[1])) == 1
except t2v.SourceError as exc:
    assert "claims.ome.tif" in str(exc)
with open("/proc/self/status") as file:
    print(*(line.split()[1] for line in file if line.startswith("VmHWM")))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to measure memory")
@pytest.mark.parametrize("spread", [False, True])
def test_planes_that_are_only_claimed_cost_no_memory(tmp_path, spread):
    tifffile.imwrite(tmp_path / "other.ome.tif", FRAMES[1])
    peaks = []
    for planes in (2, 5_000_000):
        path = tmp_path / "claims.ome.tif"
        xml = ome_xml(planes, ["other.ome.tif"] if spread else ()).replace('IFD="0" ', "")
        xml = xml.replace('PlaneCount="1"', f'PlaneCount="{planes}"')
        tifffile.imwrite(path, FRAMES[0], description=xml, metadata=None)
        done = subprocess.run(
            [sys.executable, "-c", PEAK_KB, path], capture_output=True, check=True, text=True
        )
        peaks.append(int(done.stdout))
    assert peaks[1] < 1.5 * peaks[0]


def test_the_first_file_of_a_folder_tells_the_size_of_a_pixel(tmp_path):
    sizes = 'PhysicalSizeX="0.25" PhysicalSizeY="0.25" SizeX='
    for t, frame in enumerate(FRAMES):
        description = ome_xml(1).replace("SizeX=", sizes)
        tifffile.imwrite(tmp_path / f"t{t}.tif", frame, description=description, metadata=None)
    stack = t2v.open_stack(tmp_path)
    assert (stack.pixel_size_um, stack.pixel_size_origin) == (0.25, "from OME metadata")


def test_names_of_elements_may_have_a_prefix(tmp_path):
    """As any XML that declares one, such as that of some converters."""
    xml = ome_xml(3).replace('SizeX="', 'PhysicalSizeX="0.65" PhysicalSizeXUnit="µm" SizeX="')
    xml = xml.replace("</", "</o:").replace("<", "<o:").replace("<o:/o:", "</o:")
    xml = xml.replace("<o:?", "<?").replace("xmlns=", "xmlns:o=")
    write_pages(tmp_path / "s.ome.tif", FRAMES, description=xml.encode())
    stack = t2v.open_stack(tmp_path / "s.ome.tif")
    assert (len(stack), stack.pixel_size_um) == (3, 0.65)


def test_more_pages_than_a_series_has_frames(tmp_path):
    """Pages alone say enough of a plain series; one with slices has its planes only."""
    write_pages(tmp_path / "t.ome.tif", numbered(5), description=ome_xml(3))
    assert len(t2v.open_stack(tmp_path / "t.ome.tif")) == 5
    xml = ome_xml(2).replace('SizeZ="1"', 'SizeZ="2"')
    write_pages(tmp_path / "z.ome.tif", numbered(5), description=xml)
    stack = t2v.open_stack(tmp_path / "z.ome.tif")
    assert (dict(stack.sizes), stack.left_out) == ({"T": 2, "Z": 2}, 1)


def test_a_single_channel_in_several_files_is_grey(members):
    """Whatever colour it would have among others."""
    before, after = b' SamplesPerPixel="1"', b' Color="16711935"'
    for path in members:
        content = path.read_bytes()
        assert content.count(before) == 1
        path.write_bytes(content.replace(before, after.ljust(len(before))))
    (info,) = t2v.open_stack(members[0]).channel_info
    assert info.colours is None
