"""Data sets of Micro-Manager in its own format: real ones, and some written as the program does.

The real ones are decoded by tifffile's own reader of NDTiff.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from helpers.frames import numbered
from helpers.refusals import refusal
from helpers.video import numbers

import napari_tif2video as t2v
from napari_tif2video.data import Calibration, dataset_of
from napari_tif2video.geometry import CropBox

REAL = Path(__file__).parents[1] / "files" / "ndtiff"
V2, V3 = REAL / "v2", REAL / "v3_12_bit"


def write_dataset(folder, planes, *, summary=None, meta=None, order=None, per_file=1000):
    """An NDTiff 3 of planes by their places on the axes, ``{(("time", 0),): array}``.

    `meta` tells what is written beside each plane. In `order`, places are written in another
    order than they are given.
    """
    folder.mkdir()
    index, handle = b"", None
    for number, place in enumerate(order or planes):
        if number % per_file == 0:
            if handle is not None:
                handle.close()
            part = number // per_file
            name = f"{folder.name}_NDTiffStack{f'_{part}' if part else ''}.tif"
            handle = open(folder / name, "wb")  # noqa: SIM115
            text = json.dumps(summary or {}).encode()
            text += b" " * (len(text) % 2)
            begin = 28 + len(text)
            handle.write(struct.pack("<2sHI", b"II", 42, begin))
            handle.write(struct.pack("<5I", 483729, 3, 3, 2355492, len(text)) + text)
        pixels = np.ascontiguousarray(planes[place])
        note = json.dumps((meta or {}).get(place, {})).encode()
        note += b" " * (len(note) % 2)
        start = handle.tell()
        data = start + 2 + 10 * 12 + 4
        tags = [
            (256, 4, 1, pixels.shape[1]), (257, 4, 1, pixels.shape[0]),
            (258, 3, 1, 8 * pixels.itemsize), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, data),
            (277, 3, 1, 1), (278, 3, 1, pixels.shape[0]), (279, 4, 1, pixels.nbytes),
            (51123, 2, len(note), data + pixels.nbytes),
        ]  # fmt: skip
        handle.write(struct.pack("<H", len(tags)))
        handle.write(b"".join(struct.pack("<HHII", *tag) for tag in tags))
        is_last = (number + 1) % per_file == 0 or number + 1 == len(planes)
        handle.write(struct.pack("<I", 0 if is_last else data + pixels.nbytes + len(note)))
        handle.write(pixels.astype(pixels.dtype.newbyteorder("<")).tobytes() + note)
        axes = json.dumps(dict(place)).encode()
        index += struct.pack("<I", len(axes)) + axes
        index += struct.pack("<I", len(name)) + name.encode()
        index += struct.pack(
            "<8I", data, pixels.shape[1], pixels.shape[0], pixels.itemsize - 1, 0,
            data + pixels.nbytes, len(note), 0,
        )  # fmt: skip
    handle.close()
    (folder / "NDTiff.index").write_bytes(index)
    return folder


def grid(data, names, **labels):
    """Planes of an array by their places: the names of its leading axes, and labels instead of
    numbers along some.
    """
    planes = {}
    for at in np.ndindex(data.shape[: len(names)]):
        place = zip(names, at, strict=True)
        named = tuple((name, labels[name][i] if name in labels else i) for name, i in place)
        planes[named] = data[at]
    return planes


def oracle(path):
    with tifffile.TiffFile(path) as tif:
        return tif.series[0].asarray(), tif.series[0].axes


@pytest.mark.parametrize(
    ("source", "file"),
    [(V2, V2 / "Full resolution/ndtiffv2.0_test_NDTiffStack.tif"),
     (V3, V3 / "12_bit_pycromanager_mda_NDTiffStack.tif")],
    ids=["v2", "v3"],
)  # fmt: skip
def test_real_data_sets_from_the_folder_and_from_the_file(source, file):
    expected, axes = oracle(file)
    expected = expected if axes == "TCYX" else expected.swapaxes(0, 1)
    for path in (source, file):
        stack = t2v.open_stack(path)
        assert stack.axes == "TCYX"
        np.testing.assert_array_equal(stack.data.compute(), expected)
    names = [channel.name for channel in t2v.open_stack(source).channel_info]
    assert len(set(names)) == 2
    assert names == ["DAPI", "FITC"] or source == V2


def test_a_video_of_a_channel(tmp_path, cli):
    data = tmp_path / "data"
    shutil.copytree(V3, data)
    ended = cli(data, "--channel", "FITC", "--timestamp", "--json", "--quiet")
    assert ended.code == 0
    (source,) = json.loads(ended.out)["sources"]
    assert (source["frames"], source["channels"]) == (4, ["FITC"])
    assert "Micro-Manager" in source["frame_interval_origin"]
    assert source["pixel_size_um"] is None  # 1 µm is what the program writes by default
    assert any("1 µm" in note for note in source["notes"])


def test_tiles_are_positions():
    stack = t2v.open_stack(REAL / "v3_tiles")
    assert stack.image_names[0] == "row 11 column 11"
    expected = oracle(
        REAL / "v3_tiles/Full resolution/Magellan_expolore_multi_channel_NDTiffStack.tif"
    )
    shown = t2v.render_frame(stack, 0, position="row 12 column 12", width="full", limits=(0, 255))
    assert shown.shape == (32, 32, 3)
    assert any((shown == tile).all() for tile in expected[0].reshape(-1, 32, 32, 3))


DATA = numbered(24).reshape(2, 3, 2, 2, 48, 160)
AXES = ("position", "time", "channel", "z")
LABELS = {"position": ["Well B", "Well A"], "channel": ["GFP", "RFP"]}


def test_positions_times_channels_and_slices_written_in_any_order(tmp_path):
    planes = grid(DATA, AXES, **LABELS)
    shuffled = np.random.default_rng(0).permutation(len(planes))
    order = [list(planes)[number] for number in shuffled]
    summary = {"ChNames": ["GFP", "RFP"], "z-step_um": 0.5}
    meta = {
        place: {"PixelSizeUm": 0.325, "ElapsedTime-ms": 1000 * dict(place)["time"] ** 2}
        for place in planes
    }
    write_dataset(tmp_path / "d", planes, summary=summary, meta=meta, order=order, per_file=7)
    stack = t2v.open_stack(tmp_path / "d")
    assert stack.image_names == ("Well A", "Well B")
    np.testing.assert_array_equal(stack.data.compute(), DATA[::-1])
    image = stack.images[0]
    assert [channel.name for channel in image.channel_info] == ["GFP", "RFP"]
    assert image.calibration.times_s == (0, 1, 4)
    assert (image.pixel_size_um, image.calibration.z_spacing_um) == (0.325, 0.5)
    assert "read from 4 files" in " ".join(stack.notes)
    video = t2v.convert(
        tmp_path / "d", tmp_path / "o.mp4", position="Well B", channel="RFP", z=1, width="full"
    )
    assert numbers(video.path) == [3, 7, 11]


def test_an_acquisition_that_was_stopped(tmp_path):
    planes = grid(DATA[0, :, :, 0], ("time", "channel"))
    del planes[("time", 2), ("channel", 1)]
    summary = {"Interval_ms": 1500, "z-step_um": 10**400}  # no size that anything has
    stack = t2v.open_stack(write_dataset(tmp_path / "d", planes, summary=summary))
    assert (stack.frame_interval_s, stack.z_spacing_um) == (1.5, None)
    np.testing.assert_array_equal(stack.data.compute(), DATA[0, :2, :, 0])
    assert stack.left_out == 1
    assert "1 of 3 time points are left out" in " ".join(stack.notes)
    video = t2v.convert(tmp_path / "d", channel=0)
    assert video.left_out == 1


def test_a_plane_that_was_taken_again(tmp_path):
    """The last one counts, as for the program."""
    write_dataset(tmp_path / "d", grid(DATA[0, :, 0, 0], ("time",)))
    index = (tmp_path / "d" / "NDTiff.index").read_bytes()
    third = len(index) // 3
    again = index.replace(b'"time": 2', b'"time": 0')[2 * third :]
    (tmp_path / "d" / "NDTiff.index").write_bytes(index + again)
    np.testing.assert_array_equal(
        t2v.open_stack(tmp_path / "d").data.compute(), DATA[0, [2, 1, 2], 0, 0]
    )


def test_an_axis_of_its_own(tmp_path):
    write_dataset(tmp_path / "d", grid(DATA[0, :, 0, 0], ("angle",)))
    np.testing.assert_array_equal(t2v.open_stack(tmp_path / "d").data.compute(), DATA[0, :, 0, 0])
    write_dataset(tmp_path / "e", grid(DATA[0, :, :, 0], ("time", "angle")))
    assert t2v.open_stack(tmp_path / "e").sizes == (("A", 2), ("T", 3))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: (d / "d_NDTiffStack.tif").unlink(), "d_NDTiffStack.tif, which cannot be opened"),
        (lambda d: _cut(d / "d_NDTiffStack.tif", 20_000), "ends before a plane"),
        (lambda d: (d / "NDTiff.index").write_bytes(b""), "names no plane"),
        (lambda d: _swap(d, b"d_NDTiffStack.tif", b"../NDTiffStack.tf"), "outside of its folder"),
        (lambda d: _swap(d, b'"time"', b'"ti\xffe"'), "index"),
    ],
)
def test_damaged_data_sets_are_one_line(tmp_path, change, message):
    folder = write_dataset(tmp_path / "d", grid(DATA[0, :, 0, 0], ("time",)))
    change(folder)
    with pytest.raises(t2v.SourceError, match=message) as found:
        t2v.open_stack(folder)
    assert len(str(found.value).splitlines()) == 1


def test_an_index_that_claims_a_huge_grid(tmp_path):
    axes = ["time", "channel", "z", "angle", "phase"]
    planes = {tuple((a, i) for a in axes): DATA[0, 0, 0, 0, :4, :4] for i in range(300)}
    with pytest.raises(t2v.SourceError, match="nothing is there for all of them"):
        t2v.open_stack(write_dataset(tmp_path / "d", planes))


def _cut(path, size):
    path.write_bytes(path.read_bytes()[:size])


def _swap(folder, old, new):
    index = folder / "NDTiff.index"
    index.write_bytes(index.read_bytes().replace(old, new))


def test_channels_as_the_program_showed_them(tmp_path):
    planes = grid(DATA[0, :, :, 0], ("time", "channel"), channel=["GFP", "RFP"])
    write_dataset(tmp_path / "d", planes)
    shown = {
        "GFP": {"Min": 1000, "Max": 61000, "Color": -16711936},
        "RFP": {"Min": 0, "Max": 50000, "Color": -65536},
    }
    (tmp_path / "d" / "display_settings.txt").write_text(json.dumps(shown))
    picture = t2v.render_frame(
        tmp_path / "d", 1, channel="all", contrast="stored", width="full"
    ).astype(int)
    for channel, low, high, number in ((1, 1000, 61000, 0), (0, 0, 50000, 1)):
        expected = np.clip((DATA[0, 1, number, 0].astype(float) - low) / (high - low), 0, 1) * 255
        assert np.abs(picture[..., channel] - expected).max() <= 1
    assert not picture[..., 2].any()


def test_what_a_data_set_is_called_and_its_files_alone(tmp_path):
    data = numbered(2)
    folder = write_dataset(tmp_path / "5.5 ms.tif", grid(data, ["time"]))
    (file,) = folder.glob("*.tif")
    stacks = [t2v.open_stack(source) for source in (folder, file)]
    assert [stack.name for stack in stacks] == ["5.5 ms.tif", "5.5 ms.tif_NDTiffStack"]
    for stack in stacks:
        np.testing.assert_array_equal(stack.data, data)
    with pytest.raises(t2v.SourceError, match="No TIF images matching 'x' found in"):
        t2v.open_stack(folder, match="x")


def test_smaller_copies_are_no_sources_of_their_own(tmp_path, cli):
    top = tmp_path / "data" / "scan"
    shutil.copytree(V2, top)
    for factor in (2, 4):
        smaller = top / f"Downsampled_x{factor}"
        smaller.mkdir()
        tifffile.imwrite(smaller / "scan_NDTiffStack.tif", np.zeros((2, 8, 8), np.uint16))
    tifffile.imwrite(tmp_path / "data" / "t0.tif", np.zeros((8, 8), np.uint16))
    ended = cli(tmp_path / "data", "--recursive", "--dry-run", "--json", "--channel", "0")
    sources = json.loads(ended.out)["sources"]
    assert [source["source"] for source in sources] == [str(tmp_path / "data"), str(top)]
    note = "its smaller copies are left out: Downsampled_x2, Downsampled_x4"
    assert note in t2v.open_stack(top).notes


def test_a_file_that_is_cut_off_after_it_was_opened(tmp_path):
    folder = write_dataset(tmp_path / "d", grid(DATA[0, :, 0, 0], ("time",)))
    stack = t2v.open_stack(folder)
    _cut(folder / "d_NDTiffStack.tif", 5_000)
    with pytest.raises(t2v.SourceError, match="ends within plane 3 of the index"):
        stack.data[-1].compute()


def test_an_index_beyond_all_bounds(tmp_path):
    folder = write_dataset(tmp_path / "d", grid(numbered(2), ["time"]))
    os.truncate(folder / "NDTiff.index", (128 << 20) + 1)
    for path in (folder, folder / "d_NDTiffStack.tif"):
        with pytest.raises(t2v.SourceError, match=r"NDTiff\.index: has 134,217,729 bytes of meta"):
            t2v.open_stack(path)


@pytest.mark.parametrize(("place", "value"), [(1, 0), (2, 0), (3, 99), (4, 1), (7, 1)])
def test_planes_of_another_kind_are_refused(tmp_path, place, value):
    """Nothing wide, nothing high, other pixels, compressed pixels, compressed metadata."""
    folder = write_dataset(tmp_path / "d", {(("time", 0),): numbered(1)[0]})
    index = bytearray((folder / "NDTiff.index").read_bytes())
    struct.pack_into("<I", index, len(index) - 32 + 4 * place, value)
    (folder / "NDTiff.index").write_bytes(index)
    with pytest.raises(t2v.SourceError, match="has planes of a kind that is not known"):
        t2v.open_stack(folder)


def test_planes_that_are_missing_along_other_axes_than_time(tmp_path):
    """Only time points can be left out."""
    places = [(("z", z), ("channel", name)) for z in range(3) for name in ("A", "B")]
    frames = dict(zip(places, numbered(6), strict=True))
    del frames[places[-1]]
    folder = write_dataset(tmp_path / "in", frames)
    with pytest.raises(t2v.SourceError) as caught:
        t2v.open_stack(folder)
    assert "1 of 6 planes along " in str(caught.value)
    assert str(caught.value).endswith(" are missing, and nothing is there for all of them")


def test_planes_of_a_single_column_of_pixels(tmp_path):
    frames = {(("time", t),): frame[:, :1] for t, frame in enumerate(numbered(3))}
    stack = t2v.open_stack(write_dataset(tmp_path / "in", frames))
    np.testing.assert_array_equal(stack.data.compute(), numbered(3)[:, :, :1])


SMALL = numbered(12)[:, :4, :6]
ORIGIN = "from Micro-Manager metadata"


def opened(folder, data, names, **options):
    """A data set of an array, in a folder of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    labels = options.pop("labels", {})
    return t2v.open_stack(write_dataset(folder, grid(data, names, **labels), **options))


def refused(source):
    return refusal(t2v.SourceError, t2v.open_stack, source)


def test_what_is_a_data_set(tmp_path):
    folder = write_dataset(tmp_path / "d", grid(SMALL, ["time"]), per_file=10)
    assert dataset_of(folder) == folder
    for name in ("d_NDTiffStack.tif", "d_NDTiffStack_1.tif"):
        assert dataset_of(folder / name) == folder
        np.testing.assert_array_equal(t2v.open_stack(folder / name).data, SMALL)
    other = folder / "other.tif"
    tifffile.imwrite(other, SMALL[0])
    assert dataset_of(other) is None
    assert len(t2v.open_stack(other)) == 1
    assert dataset_of(tmp_path) is None
    top = tmp_path / "top"
    top.mkdir()
    folder.rename(top / "Full resolution")
    assert dataset_of(top) == top / "Full resolution"
    stack = t2v.open_stack(top)
    assert (stack.name, stack.path) == ("top", top)
    assert stack.notes == ("read from 2 files, by its index",)
    assert stack.labels[9:] == [
        "plane 10 of d_NDTiffStack.tif",
        "plane 11 of d_NDTiffStack_1.tif",
        "plane 12 of d_NDTiffStack_1.tif",
    ]
    frames = stack.frames.select([11, 2])
    assert [frames.label(i) for i in range(2)] == [stack.labels[11], stack.labels[2]]
    assert frames.offsets == (stack.frames.offsets[11], stack.frames.offsets[2])
    box = CropBox(3, 2, 1, 2)
    read = [np.array(frame) for frame in frames.read_frames(box)]
    np.testing.assert_array_equal(read, SMALL[[11, 2], 2:4, 1:4])
    for factor in (10, 9):
        (top / f"Downsampled_x{factor}").mkdir()
    assert t2v.open_stack(top).notes == (
        "read from 2 files, by its index",
        "its smaller copies are left out: Downsampled_x9, Downsampled_x10",
    )


def test_letters_and_places_of_axes(tmp_path):
    """Each axis has the letter with which it begins, where that is free."""
    data = SMALL[:8].reshape(2, 2, 2, 4, 6)
    for names, sizes in (
        (("time", "channel", "z"), "TCZ"),
        (("z", "time", "channel"), "TCZ"),
        (("channel", "z", "time"), "TCZ"),
        (("angle", "time", "z"), "ATZ"),
        (("alpha", "angle", "time"), "ART"),
        (("phase", "z", "tone"), "RAZ"),
        (("rank", "view", "age"), "RVA"),
    ):
        stack = opened(tmp_path / "d", data, names)
        assert stack.sizes == tuple((letter, 2) for letter in sizes)
        first = [n for n in names if n not in ("time", "channel", "z")]
        order = [*first, *(name for name in ("time", "channel", "z") if name in names)]
        expected = data.transpose([*(names.index(name) for name in order), 3, 4])
        np.testing.assert_array_equal(stack.data, expected)
    one = opened(tmp_path / "d", SMALL[:3].reshape(1, 3, 1, 4, 6), ("time", "z", "channel"))
    assert (one.played, one.sizes) == ("Z", (("Z", 3),))


def test_names_along_axes(tmp_path):
    """In the order in which the program lists them, else in that of the index."""
    names = {"channel": ["b", "a", "c"]}
    data = SMALL[:3]
    for listed, called in (
        (["a", "b", "c"], "abc"),
        (["c", "x", "a", "b"], "cab"),
        (["a", "b"], "bac"),
        ("abc", "bac"),
        (None, "bac"),
    ):
        stack = opened(tmp_path / "d", data, ["channel"], labels=names, summary={"ChNames": listed})
        np.testing.assert_array_equal(stack.data, data[["bac".index(c) for c in called]])
        assert [info.name for info in stack.channel_info] == [*called]
    for listed, meta, called in (
        (["a", "b", "c"], [], ["a", "b", "c"]),
        (["a", "b"], [], ["a", "b", ""]),
        (["a", "b"], ["x", "y", "z"], ["a", "b", "z"]),
        ([], ["x", "y", "z"], ["x", "y", "z"]),
        ("abc", ["x", "y", "z"], ["x", "y", "z"]),
        (None, ["x", "y", "y"], ["", "", ""]),
        (["a", "a", "b"], [], ["", "", ""]),
    ):
        said = {(("channel", c),): {"Channel": name} for c, name in enumerate(meta)}
        stack = opened(tmp_path / "d", data, ["channel"], meta=said, summary={"ChNames": listed})
        assert [info.name for info in stack.channel_info] == called
    places = [(("channel", c),) for c in (2, 0, 1)]
    stack = opened(tmp_path / "d", data, ["channel"], order=places)
    np.testing.assert_array_equal(stack.data, data)
    assert stack.frames.planes.pages == (1, 2, 0)


def test_names_of_positions(tmp_path):
    data = SMALL[:4].reshape(2, 2, 4, 6)
    said = {(("position", 1), ("time", 0)): {"PositionName": "B7"}}
    said |= {(("position", 1), ("time", 1)): {"PositionName": "C9"}}
    said |= {(("position", 0), ("time", 0)): {"PositionName": 3}}
    stack = opened(tmp_path / "d", data, ["position", "time"], meta=said)
    assert stack.image_names == ("Pos0", "B7")
    np.testing.assert_array_equal(stack.data, data)
    labels = {"position": ["p10", "p9"]}
    stack = opened(tmp_path / "d", data, ["position", "time"], labels=labels)
    assert stack.image_names == ("p9", "p10")
    np.testing.assert_array_equal(stack.data, data[::-1])
    stack = opened(tmp_path / "d", data, ["row", "column"])
    assert stack.image_names == (
        "row 0 column 0", "row 0 column 1", "row 1 column 0", "row 1 column 1",
    )  # fmt: skip
    np.testing.assert_array_equal(stack.data[:, 0], data.reshape(4, 4, 6))
    stack = opened(tmp_path / "d", data, ["column", "time"])
    assert stack.image_names == ("column 0", "column 1")
    one = opened(tmp_path / "d", data[:1], ["position", "time"])
    assert (one.images, one.image_names, one.played) == ((), (), "T")


def test_lengths_and_times_of_data_sets(tmp_path):
    data = SMALL[:6].reshape(3, 2, 4, 6)

    def known(elapsed=(), pixel=None, summary=None, names=("time", "channel")):
        meta = {}
        for t in range(data.shape[0]):
            for c in range(data.shape[1]):
                note = {} if pixel is None else {"PixelSizeUm": pixel}
                if t < len(elapsed) and elapsed[t] is not None:
                    note["ElapsedTime-ms"] = elapsed[t] if c == 0 else 7e9
                meta[((names[0], t), (names[1], c))] = note
        return opened(tmp_path / "d", data, names, meta=meta, summary=summary)

    step = {"Interval_ms": 1500, "z-step_um": 0.25}
    for stack, expected in (
        (known(), Calibration()),
        (known(pixel=0.5), Calibration(0.5, ORIGIN)),
        (known(pixel=0), Calibration()),
        (known(summary=step), Calibration(None, "", 1.5, ORIGIN, z_spacing_um=0.25)),
        (known([500, 1000, 3500], summary=step),
         Calibration(None, "", 1.5, f"mean of the plane times {ORIGIN}", (0.5, 1, 3.5),
                     z_spacing_um=0.25)),
        (known(["500", "1e3", "-3.5"], summary=step),
         Calibration(None, "", 1.5, ORIGIN, z_spacing_um=0.25)),
        (known([500, None, 3500]), Calibration()),
        (known([500, 500, 500]), Calibration()),
        (known([3500, 1000, 500], summary=step),
         Calibration(None, "", 1.5, ORIGIN, z_spacing_um=0.25)),
        (known([500, 1000, 3500], names=("z", "channel")), Calibration()),
    ):  # fmt: skip
        assert stack.calibration == expected
        assert stack.notes == ()
    stack = known(pixel=1.0)
    assert stack.calibration == Calibration()
    assert stack.notes == (
        f"its pixel size of 1 µm ({ORIGIN}) is what its program writes where nobody said, and not "
        "used",
    )
    assert opened(tmp_path / "d", data, ["time", "channel"], summary=[1]).notes == ()


def patched(folder, place, value, line=0, count=1):
    """Another number in the index."""
    index = bytearray((folder / "NDTiff.index").read_bytes())
    struct.pack_into("<I", index, (line + 1) * len(index) // count - 32 + 4 * place, value)
    (folder / "NDTiff.index").write_bytes(index)
    return folder


def test_kinds_of_pixels(tmp_path):
    for kind in (1, 3, 4, 5, 6):
        folder = write_dataset(tmp_path / f"deep{kind}", grid(SMALL[:1], ["time"]))
        stack = t2v.open_stack(patched(folder, 3, kind))
        assert (stack.axes, stack.dtype) == ("TYX", np.uint16)
        np.testing.assert_array_equal(stack.data, SMALL[:1])
    flat = (SMALL >> 8).astype(np.uint8)
    stack = opened(tmp_path / "flat", flat[:1], ["time"])
    assert (stack.dtype, stack.format.nbytes) == (np.uint8, 24)
    np.testing.assert_array_equal(stack.data, flat[:1])
    colours = np.stack([flat[:1], flat[1:2], flat[2:3]], axis=-1)
    folder = write_dataset(tmp_path / "rgb", {(("time", 0),): colours[0]})
    stack = t2v.open_stack(patched(folder, 3, 2))
    assert (stack.axes, stack.shape, stack.dtype) == ("TYXS", (1, 4, 6, 3), np.uint8)
    np.testing.assert_array_equal(stack.data, colours)
    for kind in (7, 8):
        path = patched(folder, 3, kind) / "NDTiff.index"
        assert refused(folder) == f"{path}: has planes of a kind that is not known"


def test_what_is_said_of_data_sets_that_are_not_whole(tmp_path):
    folder = write_dataset(tmp_path / "d", grid(SMALL[:3], ["time"]))
    index, file = folder / "NDTiff.index", folder / "d_NDTiffStack.tif"
    end = t2v.open_stack(folder).frames.offsets[2] + SMALL[0].nbytes
    stack = t2v.open_stack(folder)
    _cut(file, end)
    np.testing.assert_array_equal(t2v.open_stack(folder).data, SMALL[:3])
    _cut(file, end - 1)
    cut = "the file is damaged or incomplete, copy it again"
    assert refused(folder) == f"{file}: ends before a plane of its index; {cut}"
    assert refusal(t2v.SourceError, stack.data[2].compute) == (
        f"{file}: ends within plane 3 of the index; it is damaged"
    )
    file.unlink()
    assert refused(folder) == (
        f"{index}: names the file d_NDTiffStack.tif, which cannot be opened (No such file or "
        "directory)"
    )
    content = index.read_bytes()
    for name in (b"a/NDTiffStack.tif", b"a\\NDTiffStack.tif"):
        index.write_bytes(content.replace(b"d_NDTiffStack.tif", name))
        assert refused(folder) == f"{index}: names a file outside of its folder; it is not read"
    index.write_bytes(b"")
    assert refused(folder) == f"{index}: names no plane; the data set is damaged or empty"
    planes = grid(SMALL[:6].reshape(3, 2, 4, 6), ["time", "channel"])
    del planes[("time", 1), ("channel", 1)]
    stack = t2v.open_stack(write_dataset(tmp_path / "e", planes))
    assert stack.notes == ("1 of 3 time points are left out, as some of their planes are missing",)
    assert (stack.left_out, stack.shape) == (1, (2, 2, 4, 6))
    np.testing.assert_array_equal(stack.data, SMALL[[0, 1, 4, 5]].reshape(2, 2, 4, 6))
    for t in (0, 2):
        del planes[("time", t), ("channel", t // 2)]
    assert refused(write_dataset(tmp_path / "f", planes)) == (
        f"{tmp_path / 'f'}: 3 of 6 planes along time, channel are missing, and nothing is there "
        "for all of them"
    )
    unlike = grid(SMALL[:2], ["time"]) | {(("time", 2),): SMALL[2, :3]}
    folder = write_dataset(tmp_path / "g", unlike)
    assert refused(folder) == (
        f"{folder / 'g_NDTiffStack.tif'}: is 6x3 uint16, but the sequence began with 6x4 uint16 "
        "(g_NDTiffStack.tif); all frames must be alike, use --match to choose some"
    )


def test_which_part_of_a_data_set_is_which(tmp_path):
    """So that a run is taken up again only where it was the same."""
    frames = opened(tmp_path / "d", SMALL, ["time"]).frames
    found = {repr(frames.select([i]).identity()) for i in range(12)}
    assert len(found) == len(frames) == 12
    path = tmp_path / "d" / "d_NDTiffStack.tif"
    assert frames.identity() == (
        ((str(path), path.stat().st_size, path.stat().st_mtime_ns),), (0,) * 12, frames.offsets,
    )  # fmt: skip
