"""What programs write into files about lengths, times and channels: each number, and its origin."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
import tifffile
from helpers.directories import (
    ASCII,
    BYTE,
    DOUBLE,
    LONG,
    RATIONAL,
    SHORT,
    described,
    write_directories,
)
from helpers.frames import noise
from helpers.lsm import write_lsm
from helpers.stk import write_stk

import napari_tif2video as t2v
from napari_tif2video.colours import ChannelInfo
from napari_tif2video.data import Calibration

PLANES = noise((12, 4, 6), low=100, high=9001)
FRAMES = PLANES[:4]
OME, IMAGEJ, METAMORPH, METAXPRESS, LSM, NIKON = (
    f"from {name} metadata" for name in ("OME", "ImageJ", "MetaMorph", "MetaXpress", "LSM", "Nikon")
)
TIFF, TIMES = "from the TIFF resolution", "mean of the plane times "


def ome(t=4, c=1, z=1, pixels="", inside="<TiffData/>"):
    return (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
        f'<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" SizeX="6" SizeY="4" '
        f'SizeT="{t}" SizeC="{c}" SizeZ="{z}" {pixels}>{inside}</Pixels></Image></OME>'
    )


def imagej(**values):
    return "ImageJ=1.53t\n" + "".join(f"{key}={value}\n" for key, value in values.items())


def resolution(x, y=None, unit=None):
    """Pixels per unit, as fractions."""
    tags = {282: (RATIONAL, list(x)), 283: (RATIONAL, list(y or x))}
    return tags if unit is None else tags | {296: (SHORT, unit)}


def known(path, text="", tags=None, frames=FRAMES):
    first = (described(text) if text else {}) | (tags or {})
    pages = [(frame, {} if number else first) for number, frame in enumerate(frames)]
    stack = t2v.open_stack(write_directories(path / "s.tif", pages))
    return stack.calibration, stack.notes


def plane_times(*seconds, unit=""):
    return "<TiffData/>" + "".join(
        f'<Plane TheT="{t}" TheC="0" TheZ="0" DeltaT="{s}" {unit}/>' for t, s in enumerate(seconds)
    )


def close(found, **expected):
    """Compare what is known, numbers nearly."""
    for name, value in vars(Calibration(**expected)).items():
        wanted = value if value is None or isinstance(value, str) else pytest.approx(value)
        assert getattr(found, name) == wanted, name


SIZE = 'PhysicalSizeX="0.5" PhysicalSizeY="0.5" '
STEP = 'TimeIncrement="3" TimeIncrementUnit="min"'
# Text, tags, and what is known of four time points.
CALIBRATED = [
    (ome(pixels=SIZE + STEP), {}, {"pixel_size_um": 0.5, "pixel_size_origin": OME,
     "frame_interval_s": 180, "frame_interval_origin": OME}),
    (ome(pixels='PhysicalSizeX="2" PhysicalSizeXUnit="nm" PhysicalSizeY="2" '
                'PhysicalSizeYUnit="nm" PhysicalSizeZ="7" PhysicalSizeZUnit="mm"'), {},
     {"pixel_size_um": 0.002, "pixel_size_origin": OME, "z_spacing_um": 7000}),
    (ome(pixels=STEP, inside=plane_times(1, 2, 4, 7)), {},
     {"frame_interval_s": 180, "frame_interval_origin": OME, "times_s": (1, 2, 4, 7)}),
    (ome(inside=plane_times(1, 2, 4, 7, unit='DeltaTUnit="min"')), {},
     {"frame_interval_s": 120, "frame_interval_origin": TIMES + OME,
      "times_s": (60, 120, 240, 420)}),
    (ome(inside=plane_times(0, 2, 4)), {}, {}),
    (ome(inside=plane_times(0, 2, 4, 6, 8)), {}, {}),
    (ome(inside=plane_times(0, 0, 0, 0)), {}, {"times_s": (0, 0, 0, 0)}),
    (ome(inside=plane_times(5, 4, 3, 2)), {}, {"times_s": (5, 4, 3, 2)}),
    (ome(inside=plane_times(1, 2, 3, 4, unit='DeltaTUnit="stone"')), {}, {}),
    (ome(inside=plane_times(0, 2, 3, 4, unit='DeltaTUnit="stone"')), {}, {}),
    (imagej(images=4, frames=4, finterval=2.5), {},
     {"frame_interval_s": 2.5, "frame_interval_origin": IMAGEJ}),
    (imagej(images=4, frames=4, finterval=2.5, tunit="min"), {},
     {"frame_interval_s": 150, "frame_interval_origin": IMAGEJ}),
    (imagej(images=4, frames=4, finterval=2.5, tunit="stone"), {}, {}),
    (imagej(images=4, slices=4, spacing=3, unit="nm"), {}, {"z_spacing_um": 0.003}),
    (imagej(images=4, slices=4, spacing=3), {}, {}),
    (imagej(images=4, slices=4, spacing=-3, unit="um"), {}, {}),
    (imagej(images=4, frames=4, unit="um"), resolution((4, 1)),
     {"pixel_size_um": 0.25, "pixel_size_origin": IMAGEJ}),
    (imagej(images=4, frames=4, unit="mm"), resolution((4, 1)),
     {"pixel_size_um": 250, "pixel_size_origin": IMAGEJ}),
    ("", resolution((2000, 1)), {"pixel_size_um": 12.7, "pixel_size_origin": TIFF}),
    ("", resolution((2000, 1), unit=2), {"pixel_size_um": 12.7, "pixel_size_origin": TIFF}),
    ("", resolution((20000, 10), unit=3), {"pixel_size_um": 5, "pixel_size_origin": TIFF}),
    ("", resolution((100, 1), unit=3), {"pixel_size_um": 100, "pixel_size_origin": TIFF}),
    ("", resolution((99, 1), unit=3), {}),
    ("", resolution((10_000_000, 1), unit=3), {"pixel_size_um": 0.001, "pixel_size_origin": TIFF}),
    ("", resolution((10_100_000, 1), unit=3), {}),
    ("", resolution((2000, 1), unit=1), {}),
    ("", resolution((0, 1)), {}),
    ("", resolution((1, 0)), {}),
    ("", {282: (LONG, 2000), 283: (LONG, 2000)}, {}),
    # The most trustworthy first.
    (ome(pixels=SIZE), resolution((20000, 1), unit=3),
     {"pixel_size_um": 0.5, "pixel_size_origin": OME}),
    (ome(), resolution((20000, 1), unit=3), {"pixel_size_um": 0.5, "pixel_size_origin": TIFF}),
    (imagej(images=4, frames=4, unit="um"), resolution((4, 1), unit=3),
     {"pixel_size_um": 0.25, "pixel_size_origin": IMAGEJ}),
    (imagej(images=4, frames=4, unit="pixel"), resolution((20000, 1), unit=3),
     {"pixel_size_um": 0.5, "pixel_size_origin": TIFF}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "tags", "expected"), CALIBRATED)
def test_lengths_and_times(tmp_path, text, tags, expected):
    found, notes = known(tmp_path, text, tags)
    close(found, **expected)
    assert notes == ()


def test_times_are_said_of_an_axis_of_time_only(tmp_path):
    text = ome(1, 1, 4, pixels=STEP, inside=plane_times(1))
    assert known(tmp_path, text) == (Calibration(), ())
    text = imagej(images=4, slices=4, finterval=2)
    assert known(tmp_path, text)[0].frame_interval_s == 2


def test_pixels_that_are_not_square(tmp_path):
    said = "its pixels are not square: 0.5 µm wide and 0.25 µm high"
    text = 'PhysicalSizeX="0.5" PhysicalSizeY="0.25"'
    assert known(tmp_path, ome(pixels=text))[1] == (said,)
    text = imagej(images=4, frames=4, unit="um")
    assert known(tmp_path, text, resolution((2, 1), (4, 1)))[1] == (said,)
    assert known(tmp_path, "", resolution((20000, 1), (40000, 1), 3))[1] == (said,)
    path = write_stk(tmp_path / "s.stk", FRAMES, pixel=(1, 2), tall=(1, 4))
    assert t2v.open_stack(path).notes == (said,)
    path = write_lsm(tmp_path / "s.lsm", FRAMES, voxel=(5e-7, 2.5e-7, 0))
    assert t2v.open_stack(path).notes == ("4 of its 8 pages are not 6x4, and left out", said)


def test_what_is_not_believed(tmp_path):
    """The first thing that is in doubt is said, where nothing else is known."""
    inch = "is a resolution for printing, {} dpi, and not used"
    text = imagej(images=4, frames=4, unit="{}")
    for unit in ("inch", "inches", "in", "Inch"):
        found, notes = known(tmp_path, text.format(unit), resolution((72, 1)))
        assert (found.pixel_size_um, found.pixel_size_origin) == (None, "")
        assert notes == (f"its pixel size of 352.8 µm (from ImageJ metadata) {inch.format(72)}",)
    found, notes = known(tmp_path, text.format("cm"), resolution((2835, 100)))
    assert notes == (f"its pixel size of 352.7 µm (from ImageJ metadata) {inch.format(72)}",)
    found, notes = known(tmp_path, text.format("um"), resolution((72, 25400)))
    assert (found.pixel_size_um, notes) == (pytest.approx(352.8, abs=0.1), ())
    found, notes = known(tmp_path, "", resolution((300, 1)))
    assert notes == (f"its pixel size of 84.67 µm (from the TIFF resolution) {inch.format(300)}",)
    wide = 'PhysicalSizeX="1" PhysicalSizeY="1"'
    assert known(tmp_path, ome(pixels=wide))[0].pixel_size_um == 1
    micro = {51123: (ASCII, b'{"FrameIndex": 0}\0')}  # by which Micro-Manager is known
    found, notes = known(tmp_path, ome(pixels=wide), micro | resolution((300, 1)))
    assert (found.pixel_size_um, notes) == (
        None,
        (f"its pixel size of 1 µm ({OME}) is what its program writes where nobody said, and not "
         "used",),
    )  # fmt: skip
    found, notes = known(tmp_path, ome(pixels=wide), micro | resolution((20000, 1), unit=3))
    assert (found.pixel_size_um, found.pixel_size_origin, notes) == (0.5, TIFF, ())


DAY_MS = 86_400_000


@pytest.mark.parametrize(
    ("options", "expected", "played"),
    [
        ({}, {}, "T"),
        ({"times_ms": [DAY_MS - 10_000, DAY_MS - 5_000, 0, 6_000]},
         {"frame_interval_s": 16 / 3, "frame_interval_origin": TIMES + METAMORPH,
          "times_s": (0, 5, 10, 16)}, "T"),
        ({"times_ms": [1, 0, 1, 0]},
         {"frame_interval_s": (2 * 86400 - 0.001) / 3, "frame_interval_origin": TIMES + METAMORPH,
          "times_s": (0, 86399.999, 86400, 172799.999)}, "T"),
        ({"times_ms": [5] * 4}, {"times_s": None}, "T"),
        ({"distances": [1, 7, 3, 4]}, {"z_spacing_um": 7}, "Z"),
        ({"distances": [2] * 4, "unit": "nm"},
         {"z_spacing_um": 0.002, "pixel_size_um": 0.000325}, "Z"),
        ({"distances": [2] * 4, "unit": "stone"},
         {"pixel_size_um": None, "pixel_size_origin": ""}, "Z"),
        ({"pixel": (1, 2)}, {"pixel_size_um": 0.5}, "T"),
        ({"pixel": (150, 1)}, {"pixel_size_um": 150}, "T"),
    ],
)  # fmt: skip
def test_metamorph(tmp_path, options, expected, played):
    stack = t2v.open_stack(write_stk(tmp_path / "s.stk", FRAMES, **options))
    close(stack.calibration, **{"pixel_size_um": 0.325, "pixel_size_origin": METAMORPH} | expected)
    assert (stack.played, stack.notes) == (played, ())
    np.testing.assert_array_equal(stack.data, FRAMES)


STAMPED = {"frame_interval_s": 2, "frame_interval_origin": TIMES + LSM, "times_s": (0, 2, 4.5, 6)}
STATED = {"frame_interval_s": 4, "frame_interval_origin": LSM}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {}),
        ({"stamps": (3, 5, 7.5, 9)}, STAMPED),
        ({"stamps": (3, 5, 7.5, 9), "interval": 4}, STAMPED),
        ({"stamps": (3, 5, 9)}, {}),
        ({"stamps": (3, 5, 5, 9), "interval": 4}, STATED),
        ({"stamps": (5, 4, 3, 2), "interval": 4}, STATED),
        ({"interval": 4}, STATED),
        ({"interval": -4}, {}),
        ({"voxel": (2e-7, 2e-7, 0)}, {"pixel_size_um": 0.2, "z_spacing_um": None}),
    ],
)
def test_lsm(tmp_path, options, expected):
    stack = t2v.open_stack(write_lsm(tmp_path / "s.lsm", FRAMES, **options))
    always = {"pixel_size_um": 0.1, "pixel_size_origin": LSM, "z_spacing_um": 1}
    close(stack.calibration, **always | expected)
    np.testing.assert_array_equal(stack.data, FRAMES)


def metaxpress(state="on", x=0.5, y=0.5, units="um"):
    rows = [("state", "bool", state), ("x", "float", x), ("y", "float", y), ("units", "", units)]
    properties = "".join(
        f'<prop id="spatial-calibration-{name}" type="{kind}" value="{value}"/>'
        for name, kind, value in rows
        if value is not None
    )
    return f"<MetaData><PlaneInfo>{properties}</PlaneInfo></MetaData>"


SOFTWARE = {305: (ASCII, b"MetaSeries\0")}


@pytest.mark.parametrize(
    ("text", "expected", "notes"),
    [
        (metaxpress(), {"pixel_size_um": 0.5, "pixel_size_origin": METAXPRESS}, 0),
        (metaxpress(state=None), {"pixel_size_um": 0.5, "pixel_size_origin": METAXPRESS}, 0),
        (metaxpress(state="off"), {}, 0),
        (metaxpress(units="nm"), {"pixel_size_um": 5e-4, "pixel_size_origin": METAXPRESS}, 0),
        (metaxpress(units=None), {}, 0),
        (metaxpress(y=0.25), {"pixel_size_um": 0.5, "pixel_size_origin": METAXPRESS}, 1),
        ("<MetaData></MetaData>", {}, 0),
    ],
)
def test_metaxpress(tmp_path, text, expected, notes):
    found, said = known(tmp_path, text, SOFTWARE | resolution((300, 1)))
    close(found, **expected)
    square = ("its pixels are not square: 0.5 µm wide and 0.25 µm high",) * notes
    dpi = (f"its pixel size of 84.67 µm ({TIFF}) is a resolution for printing, 300 dpi, and not "
           "used",)  # fmt: skip
    assert said == (square if expected else dpi)


def nikon(ms, um, kind=DOUBLE):
    tags = {65325: (kind, ms), 65326: (kind, um), 65331: (BYTE, list(b"Metadata"))}
    return {code: value for code, value in tags.items() if value[1] is not None}


def test_nikon(tmp_path):
    """The time of a file, and the size of a pixel; where one is none, both are not believed."""
    sized = Calibration(0.5, NIKON)
    for tags, expected in (
        (nikon(5000.0, 0.5), sized),
        (nikon(0.0, 0.5), sized),
        (nikon(-1.0, 0.5), Calibration()),
        (nikon(5000.0, 0.0), Calibration()),
        (nikon(None, 0.5), Calibration()),
        (nikon(5000.0, None), Calibration()),
        (nikon(5000, 1, LONG), Calibration()),
        ({k: v for k, v in nikon(5000.0, 0.5).items() if k != 65331}, Calibration()),
    ):
        assert known(tmp_path, "", tags, FRAMES[:1]) == (expected, ())
    for began, expected in (
        ((1000, 2000, 5000), (2, 1)),
        ((5000, 2000, 1000), (None, 0)),
        ((1000, 2000, 1000), (None, 0)),
        ((1000, None, 5000), (2, 1)),
        ((None, 2000, 5000), (None, 0)),
        ((1000, 2000, None), (None, 0)),
    ):
        for t, ms in enumerate(began):
            tags = {} if ms is None else nikon(float(ms), 0.5)
            write_directories(tmp_path / f"t{t}.tif", [(FRAMES[t], tags)])
        found = t2v.open_stack(tmp_path, match="t?.tif").calibration
        origin = f"mean of the first and last time {NIKON}" * expected[1]
        assert (found.frame_interval_s, found.frame_interval_origin) == (expected[0], origin)
    (tmp_path / "t2.tif").rename(tmp_path / "t4.tif")  # frames 0, 1 and 4
    for t, ms in ((0, 1000.0), (4, 7000.0)):
        write_directories(tmp_path / f"t{t}.tif", [(FRAMES[0], nikon(ms, 0.5))])
    found = t2v.open_stack(tmp_path, match="t?.tif").calibration
    assert (found.frame_interval_s, found.places) == (1.5, (0, 1, 4))


def shade(red, green, blue):
    """256 colours from black to this one."""
    return bytes(round(n * part / 255) for n in range(256) for part in (red, green, blue))


def channels_of(path, count, inside, tags=None):
    text = ome(4, count, inside="<TiffData/>" + inside)
    first = described(text) | (tags or {})
    pages = [(frame, {} if i else first) for i, frame in enumerate(PLANES[: 4 * count])]
    return t2v.open_stack(write_directories(path / "s.tif", pages)).channel_info


def test_channels_of_ome(tmp_path):
    inside = (
        '<Channel ID="0" Name=" DAPI " Color="-16776961"/><Channel ID="1" Color="16711935"/>'
        '<Channel ID="2" Name="W" Color="-1"/>'
    )
    for count in (1, 2, 3):
        expected = (
            ChannelInfo("DAPI", shade(255, 0, 0)),
            ChannelInfo("", shade(0, 255, 0)),
            ChannelInfo("W"),
        )[:count]
        if count == 1:  # shown grey, whatever colour it would have among others
            expected = (ChannelInfo("DAPI"),)
        assert channels_of(tmp_path, count, inside) == expected
    for colour, expected in (
        (0x01020304, shade(1, 2, 3)),
        (0xFFFFFFFF, shade(255, 255, 255)),  # not the white that nobody chose, which is -1
        (0x000000FF, None),
        (0x00000100, shade(0, 0, 1)),
        (0x00010000, shade(0, 1, 0)),
        (0x01000000, shade(1, 0, 0)),
        (-256, shade(255, 255, 255)),
    ):
        found = channels_of(tmp_path, 2, f'<Channel Color="{colour}"/><Channel/>')
        assert found == (ChannelInfo("", expected), ChannelInfo())


def imagej_tags(**meta):
    """The tags with the tables and ranges of channels."""
    found = {}
    for code, _, _, value, _ in tifffile.tifffile.imagej_metadata_tag(meta, "<"):
        if code == 50838:
            found[code] = LONG, np.frombuffer(value, "<u4").tolist()
        else:
            found[code] = BYTE, list(value)
    return found


TABLES = np.random.default_rng(1).integers(0, 256, (3, 3, 256), dtype=np.uint8)
ROWS = [table.T.tobytes() for table in TABLES]
GREYS = np.repeat(np.arange(256, dtype=np.uint8)[None], 3, axis=0)


@pytest.mark.parametrize(
    ("count", "meta", "expected"),
    [
        (2, {"LUTs": list(TABLES[:2])}, [("", ROWS[0], None), ("", ROWS[1], None)]),
        (2, {"LUTs": list(TABLES)}, [("", ROWS[0], None), ("", ROWS[1], None)]),
        (3, {"LUTs": list(TABLES[:2])}, [("", ROWS[0], None), ("", ROWS[1], None)]),
        (1, {"LUTs": [TABLES[0]]}, [("", ROWS[0], None)]),
        (1, {"LUTs": [GREYS]}, []),
        (2, {"LUTs": [GREYS, GREYS]}, [("", GREYS.T.tobytes(), None)] * 2),
        (2, {"Ranges": (1.0, 2.0, 3.0, 4.5)}, [("", None, (1, 2)), ("", None, (3, 4.5))]),
        (2, {"LUTs": list(TABLES[:2]), "Ranges": (1.0, 2.0, 3.0, 4.0)},
         [("", ROWS[0], (1, 2)), ("", ROWS[1], (3, 4))]),
        (2, {"LUTs": [TABLES[0], TABLES[1]], "Ranges": (1.0, 2.0)},
         [("", ROWS[0], None), ("", ROWS[1], None)]),
        (2, {"Ranges": (1.0, 2.0, 4.0, 4.0)}, []),
        (1, {"Ranges": (1.0, 2.0, 3.0, 4.0)}, [("", None, (1, 2))]),
        (1, {"min": 3, "max": 5.5}, [("", None, (3, 5.5))]),
        (1, {"min": 5, "max": 5}, []),
        (1, {"min": 5}, []),
        (1, {"max": 5}, []),
        (1, {"min": "a", "max": 5}, []),
        (2, {"min": 3, "max": 5}, []),
        (1, {"min": 3, "max": 5, "Ranges": (1.0, 2.0)}, [("", None, (1, 2))]),
        (1, {}, []),
    ],
)  # fmt: skip
def test_channels_of_imagej(tmp_path, count, meta, expected):
    stated = {key: meta[key] for key in ("min", "max") if key in meta}
    text = imagej(images=4 * count, channels=count, frames=4, **stated)
    tags = described(text) | imagej_tags(**{k: v for k, v in meta.items() if k not in stated})
    pages = [(frame, {} if i else tags) for i, frame in enumerate(PLANES[: 4 * count])]
    stack = t2v.open_stack(write_directories(tmp_path / "s.tif", pages))
    assert [vars(info) for info in stack.channel_info] == [
        dict(zip(("name", "colours", "limits"), row, strict=True)) for row in expected
    ]


def test_the_table_of_a_page_is_that_of_its_only_channel(tmp_path):
    """As long as ImageJ wrote it, of which the first 8 of 16 bits count."""
    flat = (PLANES // 40).astype(np.uint8)
    wide = (TABLES[0].astype(int) * 256 + 77).ravel().tolist()
    for text, tags, axes, expected in (
        (imagej(images=4, frames=4), {}, "TYX", [ChannelInfo("", ROWS[0])]),
        (imagej(images=4, channels=4), {}, "CYX", []),
        (imagej(images=4, frames=4), imagej_tags(LUTs=[TABLES[1]]), "TYX",
         [ChannelInfo("", ROWS[1])]),
        (imagej(images=4, frames=4, min=3, max=9), {}, "TYX", [ChannelInfo("", ROWS[0], (3, 9))]),
    ):  # fmt: skip
        first = described(text) | tags
        table = {262: (SHORT, 3), 320: (SHORT, wide)}
        pages = [(frame, table | ({} if i else first)) for i, frame in enumerate(flat[:4])]
        stack = t2v.open_stack(write_directories(tmp_path / "s.tif", pages))
        assert (f"{stack.played}YX", list(stack.channel_info)) == (axes, expected)
        np.testing.assert_array_equal(stack.data, flat[:4])


def test_how_micro_manager_showed_channels(tmp_path):
    """In one of two files beside the data, of which the second one counts more; limits of which
    nobody said anything are as large as they can be.
    """
    micro = {51123: (ASCII, b'{"FrameIndex": 0}\0')}
    inside = '<Channel Name="A" Color="-16776961"/><Channel Name="B" Color="16711935"/>'
    plain = (ChannelInfo("A", shade(255, 0, 0)), ChannelInfo("B", shade(0, 255, 0)))
    first, second = tmp_path / "display_settings.txt", tmp_path / "DisplaySettings.json"

    def said(name, red, green, blue, low, high):
        grey = {"ScalingMin": {"scalar": low}, "ScalingMax": {"scalar": high}}
        return {
            "Channel": {"scalar": name},
            "Color": {"scalar": {"Components": [red, green, blue]}},
            "ComponentSettings": {"array": [grey, {}]},
        }

    def check(old, new, *expected):
        for path, text in ((first, old), (second, new)):
            path.write_text(text if isinstance(text, str) else json.dumps(text))
        assert channels_of(tmp_path, 2, inside, micro) == expected
        assert channels_of(tmp_path, 2, inside) == plain  # of another program

    def studio(*channels):
        return {"map": {"ChannelSettings": {"array": list(channels)}}}

    assert channels_of(tmp_path, 2, inside, micro) == plain
    a, b = plain
    blue = -16776961  # 0xFF0000FF, opaque
    check({"A": {"Color": blue, "Min": 3, "Max": 9}, "B": 7}, "",
          ChannelInfo("A", shade(0, 0, 255), (3, 9)), b)  # fmt: skip
    check({"A": {"Color": 0x010203}, "B": {"Min": 3, "Max": 2**32 - 1}}, "[]",
          ChannelInfo("A", shade(1, 2, 3)),
          ChannelInfo("B", shade(0, 255, 0), (3, 2**32 - 1)))  # fmt: skip
    check({"A": {"Min": 3, "Max": 3}, "B": {"Min": 3, "Max": 2**32}}, "{}", a, b)
    check({"A": {"Min": 3}, "B": {"Max": 5}, "C": {}}, "{}", a, b)
    check({"A": {"Min": "3", "Max": 5}, "B": {"Min": 3, "Max": "5", "Color": "red"}}, "{}", a, b)
    # What one channel lacks takes nothing from another.
    for bad in ({"Min": 3, "Max": "5"}, {"Min": "3", "Max": 5}, {"Min": None, "Max": None}):
        check({"B": bad, "A": {"Color": 0x010203}}, "{}", ChannelInfo("A", shade(1, 2, 3)), b)
    check("[1]", studio(said("B", 0, 0.5, 1, 4, 8), said("C", 1, 1, 1, 0, 1)),
          a, ChannelInfo("B", shade(0, 128, 255), (4, 8)))  # fmt: skip
    check({"A": {"Min": 3, "Max": 9}, "B": {"Min": 1, "Max": 2}},
          studio(said("B", 1, 0, 0.25, 4, 8)),
          ChannelInfo("A", shade(255, 0, 0), (3, 9)),
          ChannelInfo("B", shade(255, 0, 64), (4, 8)))  # fmt: skip
    check({"A": {"Min": 3, "Max": 9}}, studio(said("A", 1, 0, 0, 4, 2**63 - 1)),
          ChannelInfo("A", shade(255, 0, 0)), b)  # fmt: skip


def test_channels_of_lsm(tmp_path):
    names = (("Ch1", (1, 2, 3)), ("Ch2", (255, 0, 128)))
    pairs = PLANES[:8].reshape(4, 2, 4, 6)
    found = t2v.open_stack(write_lsm(tmp_path / "s.lsm", pairs, colours=names)).channel_info
    assert found == (ChannelInfo("Ch1", shade(1, 2, 3)), ChannelInfo("Ch2", shade(255, 0, 128)))
    for data, colours, expected in (
        (pairs, names[:1], ()),
        (pairs, (), ()),
        (FRAMES, names[:1], (ChannelInfo("Ch1"),)),
        (FRAMES, names, ()),
    ):
        path = write_lsm(tmp_path / "s.lsm", data, colours=colours)
        assert t2v.open_stack(path).channel_info == expected


def test_nikon_files_of_which_one_cannot_be_read(tmp_path):
    """Without the first or the last time, there is no mean of both."""
    for damaged, first in (("t2.tif", "t0.tif"), ("t0.tif", "t1.tif")):
        for t in range(3):
            path = tmp_path / f"t{t}.tif"
            write_directories(path, [(FRAMES[t], nikon(1000.0 * t, 0.5))])
        (tmp_path / damaged).write_bytes(b"II*\0")
        os.utime(tmp_path / damaged, (1e9, 1e9))  # nobody is writing it any more
        stack = t2v.open_stack(tmp_path, on_error="skip")
        assert stack.calibration == Calibration(0.5, NIKON)
        assert (stack.frames.first, len(stack), stack.left_out) == (first, 3, 0)
        np.testing.assert_array_equal(stack.data[1], FRAMES[1])


def test_movies_that_are_called_positions(tmp_path):
    for number in range(3):
        text = imagej(images=4, frames=4, finterval=number + 1)
        pages = [(f, {} if i else described(text)) for i, f in enumerate(PLANES[4 * number :][:4])]
        write_directories(tmp_path / f"p{number}.tif", pages)
    stack = t2v.open_stack(tmp_path)
    assert (stack.image_names, stack.notes, stack.left_out) == (("p0", "p1", "p2"), (), 0)
    assert (stack.axes, stack.shape, stack.path) == ("PTYX", (3, 4, 4, 6), tmp_path)
    assert [each.frame_interval_s for each in stack.images] == [1, 2, 3]
    assert {each.path for each in stack.images} == {tmp_path}
    assert {each.name for each in stack.images} == {tmp_path.name}
    np.testing.assert_array_equal(stack.data, PLANES.reshape(3, 4, 4, 6))


def test_the_table_and_range_of_files_of_a_folder(tmp_path):
    """Those of the first are shown, whether it has one plane or several."""
    flat = (PLANES // 40).astype(np.uint8)
    table = {262: (SHORT, 3), 320: (SHORT, (TABLES[0].astype(int) * 257).ravel().tolist())}
    for t in range(2):
        text = imagej(images=1, min=3 + t, max=9)
        write_directories(tmp_path / f"t{t}.tif", [(flat[t], table | described(text))])
    stack = t2v.open_stack(tmp_path)
    assert stack.channel_info == (ChannelInfo("", ROWS[0], (3, 9)),)
    (channel,) = stack.channels
    assert (channel.display.colours, channel.stored_limits) == (ROWS[0], (3, 9))
    assert (channel.display.invert, stack.played) == (False, "T")
    for t in range(2):
        text = imagej(images=3, slices=3, min=3 + t, max=9)
        first = table | described(text)
        pages = [(f, table if i else first) for i, f in enumerate(flat[3 * t :][:3])]
        write_directories(tmp_path / f"t{t}.tif", pages)
    stack = t2v.open_stack(tmp_path)
    assert (stack.axes, stack.channel_info) == ("TIYX", (ChannelInfo("", ROWS[0], (3, 9)),))
    for t in range(2):  # a distance of slices makes slices of what ImageJ calls so
        text = imagej(images=3, slices=3, spacing=2, unit="um")
        pages = [(f, {} if i else described(text)) for i, f in enumerate(FRAMES[:3])]
        write_directories(tmp_path / f"t{t}.tif", pages)
    stack = t2v.open_stack(tmp_path)
    assert (stack.axes, stack.z_spacing_um, stack.channel_info) == ("TZYX", 2, ())
    text = imagej(images=4, channels=4)
    pages = [(f, {} if i else described(text) | {262: (SHORT, 0)}) for i, f in enumerate(FRAMES)]
    pages[1:] = [(f, {262: (SHORT, 0)}) for f in FRAMES[1:]]
    (channel,) = t2v.open_stack(write_directories(tmp_path / "c.tif", pages)).channels
    assert (channel.display.invert, channel.stored_limits) == (True, None)
