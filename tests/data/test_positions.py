"""Files of several images: positions on a stage, or whatever a program put side by side."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile
from helpers.files import write_pages
from helpers.frames import numbered
from helpers.video import numbers

import napari_tif2video as t2v

T = 3
DATA = numbered(2 * T).reshape(2, T, 48, 160)
NAMES = ["Pos 10", "Pos 11"]


def image_xml(number, blocks, *, frames=T, name=None, size=(48, 160), times=()):
    planes = "".join(f'<Plane TheT="{t}" DeltaT="{s}"/>' for t, s in enumerate(times))
    return (
        f'<Image ID="Image:{number}" Name="{NAMES[number] if name is None else name}">'
        f'<Pixels ID="Pixels:{number}" DimensionOrder="XYCZT" Type="uint16" SizeX="{size[1]}" '
        f'SizeY="{size[0]}" SizeC="1" SizeZ="1" SizeT="{frames}">'
        f'<Channel ID="Channel:{number}:0" SamplesPerPixel="1"/>{blocks}{planes}</Pixels></Image>'
    )


def ome_xml(*images):
    begin = '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:0">'
    return f"{begin}{''.join(images)}</OME>"


def blocks(pages, file=""):
    uuid = f'<UUID FileName="{file}">urn:uuid:{file}</UUID>' if file else ""
    return "".join(
        f'<TiffData FirstT="{t}" IFD="{page}" PlaneCount="1">{uuid}</TiffData>'
        for t, page in enumerate(pages)
    )


@pytest.fixture
def interleaved(tmp_path):
    """Two positions in one file, in turn, as they were taken; the second one began later."""
    xml = ome_xml(
        image_xml(0, blocks(range(0, 2 * T, 2)), times=(0, 10, 20)),
        image_xml(1, blocks(range(1, 2 * T, 2)), times=(4, 16, 28)),
    )
    pages = DATA.swapaxes(0, 1).reshape(-1, 48, 160)
    return write_pages(tmp_path / "two.ome.tif", pages, description=xml)


def shown(source, position, index=0):
    return t2v.render_frame(source, index, position=position, width="full", limits=(0, 65535))[
        ..., 0
    ]


def test_each_position_has_its_planes_and_times(interleaved):
    stack = t2v.open_stack(interleaved)
    assert (stack.axes, stack.shape) == ("PTYX", DATA.shape)
    np.testing.assert_array_equal(stack.data.compute(), DATA)
    for number, wanted in enumerate((0, "Pos 11")):
        for t in range(T):
            expected = np.rint(DATA[number, t] / 65535 * 255)
            assert np.abs(shown(interleaved, wanted, t) - expected).max() <= 1
    assert [image.calibration.times_s for image in stack.images] == [(0, 10, 20), (4, 16, 28)]


def test_without_a_choice_the_positions_are_listed(interleaved, cli):
    ended = cli(interleaved)
    assert ended.code == 1
    assert "2 positions: Pos 10, Pos 11; add --position 'Pos 10' or each" in ended.err
    assert "no position Pos 7" in cli(interleaved, "--position", "Pos 7").err
    assert "no position 2" in cli(interleaved, "--position", "2").err


def test_a_video_of_each_position(interleaved, tmp_path, cli):
    ended = cli(interleaved, "--position", "each", "--json", "--output-dir", tmp_path / "o")
    assert ended.code == 0
    sources = json.loads(ended.out)["sources"]
    names = [f"two_500px_10fps_pos{n}_video.mp4" for n in range(2)]
    assert [s["output"] for s in sources] == [str(tmp_path / "o" / name) for name in names]
    found = [numbers(tmp_path / "o" / name) for name in names]
    assert found == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(t2v.SettingsError, match="convert_batch"):
        t2v.convert(interleaved, position="each", output_dir=tmp_path)
    assert t2v.read_recipe(sources[1]["output"]).settings["position"] == 1


def test_of_each_position_each_channel(tmp_path):
    data = numbered(8).reshape(2, 2, 2, 48, 160)
    path = tmp_path / "pc.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for image in data:
            writer.write(image, metadata={"axes": "TCYX"}, photometric="minisblack")
    videos = t2v.convert_batch([path], position="each", channel="each", output_dir=tmp_path / "o")
    found = [numbers(video.path) for video in videos]
    assert found == [[0, 2], [1, 3], [4, 6], [5, 7]]
    assert [v.output.name.split("fps")[1] for v in videos] == [
        f"_pos{p}_ch{c}_video.mp4" for p in range(2) for c in range(2)
    ]


def test_images_of_different_sizes(tmp_path):
    path = tmp_path / "unlike.ome.tif"
    small = np.ascontiguousarray(DATA[1, :2, ::2, ::2])
    with tifffile.TiffWriter(path, ome=True) as writer:
        writer.write(DATA[0], metadata={"axes": "TYX", "Name": "large"}, photometric="minisblack")
        writer.write(small, metadata={"axes": "TYX", "Name": "small"}, photometric="minisblack")
    stack = t2v.open_stack(path)
    for image, data in zip(stack.images, (DATA[0], small), strict=True):
        np.testing.assert_array_equal(image.data.compute(), data)
    assert stack.format.size == DATA.shape[2:]  # that of the first one
    with pytest.raises(t2v.SourceError, match="different sizes"):
        _ = stack.data
    assert t2v.convert(path, tmp_path / "o.mp4", position="small", width="full").width == 80


@pytest.fixture
def mmstack(tmp_path):
    """A file for each position, as Micro-Manager writes them: the first one describes all."""
    folder = tmp_path / "cells"
    folder.mkdir()
    files = [f"cells_MMStack_Pos{n}.ome.tif" for n in range(2)]
    xml = ome_xml(*(image_xml(n, blocks(range(T), files[n])) for n in range(2)))
    xml = xml.replace('UUID="urn:uuid:0"', f'UUID="urn:uuid:{files[0]}"')
    only = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
        f'<BinaryOnly MetadataFile="{files[0]}" UUID="urn:uuid:0"/></OME>'
    )
    for number, file in enumerate(files):
        write_pages(folder / file, DATA[number], description=only if number else xml)
    return folder


def test_a_folder_with_a_file_for_each_position(mmstack, cli):
    stack = t2v.open_stack(mmstack)
    np.testing.assert_array_equal(stack.data.compute(), DATA)
    assert stack.image_names == tuple(NAMES)
    ended = cli(mmstack, "--position", "Pos 11", "--dry-run")
    assert "Pos 11 of 2" in ended.out
    assert "500px_10fps_pos1_video.mp4" in ended.out


@pytest.mark.parametrize("number", [0, 1])
def test_the_file_of_a_position_has_that_position(mmstack, number):
    stack = t2v.open_stack(mmstack / f"cells_MMStack_Pos{number}.ome.tif")
    np.testing.assert_array_equal(stack.data.compute(), DATA[number])


def test_a_position_whose_file_is_gone(mmstack):
    (mmstack / "cells_MMStack_Pos1.ome.tif").unlink()
    stack = t2v.open_stack(mmstack / "cells_MMStack_Pos0.ome.tif")
    np.testing.assert_array_equal(stack.data.compute(), DATA[0])
    stack = t2v.open_stack(mmstack)
    np.testing.assert_array_equal(stack.data.compute(), DATA[0])
    assert "1 of 2 positions" in " ".join(stack.notes)


def test_an_axis_that_is_called_p(tmp_path):
    with pytest.raises(t2v.SourceError, match="2 positions: 0, 1; add --position 0 or each"):
        t2v.render_frame(DATA, 0, axes="PTYX")
    videos = t2v.convert_batch([DATA], axes="PTYX", position="each", output_dir=tmp_path)
    assert [numbers(video.path) for video in videos] == [[0, 1, 2], [3, 4, 5]]
    assert t2v.render_frame(DATA, 1, axes="PTYX", play="P").shape[2] == 3


@pytest.mark.parametrize("position", [-1, "", "-x", 1.5])
def test_settings_that_make_no_sense(position):
    with pytest.raises(t2v.SettingsError, match="position"):
        t2v.VideoSettings(position=position)


def test_settings_say_nothing_of_positions_without_one():
    """So that recipes of videos without are the same bytes as ever."""
    assert "position" not in t2v.VideoSettings().to_dict()
    settings = t2v.VideoSettings(position="A1")
    assert t2v.VideoSettings.from_json(settings.to_json()) == settings


def test_which_positions_there_are_is_said_and_how_one_is_named():
    many = np.broadcast_to(DATA[0], (14, T, 48, 160))
    listed = ", ".join(map(str, range(11)))
    with pytest.raises(t2v.SourceError, match=rf"14 positions: {listed}, \.\.\. 13; add"):
        t2v.render_frame(many, 0, axes="PTYX")
    with pytest.raises(t2v.SourceError, match=rf"12 positions: {listed}, 11; add"):
        t2v.render_frame(many[:12], 0, axes="PTYX")


@pytest.mark.parametrize(("names", "said"), [(["a", "b"], "a"), (["a", "a"], "0")])
def test_a_name_of_several_positions_is_no_choice(tmp_path, names, said):
    images = (image_xml(n, blocks(range(n * T, n * T + T)), name=names[n]) for n in range(2))
    path = write_pages(
        tmp_path / "s.ome.tif", DATA.reshape(-1, 48, 160), description=ome_xml(*images)
    )
    with pytest.raises(t2v.SourceError, match=f"add --position {said} or each"):
        t2v.render_frame(path, 0)


def test_axes_are_named_in_each_position(interleaved):
    options = {"position": 1, "width": "full", "limits": (0, 65535)}
    picture = t2v.render_frame(interleaved, 2, axes="ZYX", **options)
    np.testing.assert_array_equal(picture, t2v.render_frame(interleaved, 2, **options))
    with pytest.raises(t2v.Tif2VideoError, match=r"slices \(Z\) are played, not time"):
        t2v.render_frame(interleaved, 2, axes="ZYX", timestamp=True, **options)


def test_a_frame_of_each_position_is_no_frame():
    with pytest.raises(t2v.SourceError, match="2 positions: 0, 1; each makes several videos"):
        t2v.render_frame(DATA, 0, axes="PTYX", position="each")
