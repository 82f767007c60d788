"""Pixel size and frame interval come from the metadata, with their origin, or are not known."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise

import napari_tif2video as t2v
from napari_tif2video.data import Calibration

FRAMES = noise((4, 32, 120))
OME, IMAGEJ, TIFF = "from OME metadata", "from ImageJ metadata", "from the TIFF resolution"


def calibration(path):
    stack = t2v.open_stack(path)
    return (
        stack.pixel_size_um and pytest.approx(stack.pixel_size_um, rel=1e-5),
        stack.pixel_size_origin,
        stack.frame_interval_s and pytest.approx(stack.frame_interval_s),
        stack.frame_interval_origin,
    )


@pytest.mark.parametrize(
    ("size", "unit", "pixel", "step", "time_unit", "interval"),
    [
        (0.325, "µm", 0.325, 30, "s", 30),
        (325, "nm", 0.325, 0.5, "min", 30),
        (0.000325, "mm", 0.325, 30000, "ms", 30),
        (0.325, None, 0.325, 30, None, 30),
        (2, "pixel", None, 0, "s", None),
    ],
)
def test_ome(tmp_path, size, unit, pixel, step, time_unit, interval):
    meta = {"axes": "TYX", "PhysicalSizeX": size, "PhysicalSizeY": size, "TimeIncrement": step}
    meta |= {} if unit is None else {"PhysicalSizeXUnit": unit, "PhysicalSizeYUnit": unit}
    meta |= {} if time_unit is None else {"TimeIncrementUnit": time_unit}
    tifffile.imwrite(tmp_path / "s.tif", FRAMES, ome=True, metadata=meta)
    found = calibration(tmp_path / "s.tif")
    assert found == (pixel, OME if pixel else "", interval, OME if interval else "")


def test_times_of_the_planes(tmp_path):
    times = [0.0, 2.0, 4.5, 6.0]
    meta = {"axes": "TYX", "Plane": {"DeltaT": times, "DeltaTUnit": ["min"] * 4}}
    tifffile.imwrite(tmp_path / "s.tif", FRAMES, ome=True, metadata=meta)
    stack = t2v.open_stack(tmp_path / "s.tif")
    assert stack.calibration.times_s == pytest.approx([0, 120, 270, 360])
    assert stack.frame_interval_s == pytest.approx(120)
    assert "mean" in stack.frame_interval_origin
    assert stack.select([3, 1]).calibration.times_s == pytest.approx([360, 120])


@pytest.mark.parametrize("unit", ["micron", "um", "\\u00B5m"])
def test_imagej(tmp_path, unit):
    meta = {"axes": "TYX", "unit": unit, "finterval": 12.5}
    resolution = (1 / 0.65, 1 / 0.65)
    tifffile.imwrite(tmp_path / "s.tif", FRAMES, imagej=True, metadata=meta, resolution=resolution)
    assert calibration(tmp_path / "s.tif") == (0.65, IMAGEJ, 12.5, IMAGEJ)


@pytest.mark.parametrize(
    ("pixels_per_cm", "pixel"),
    [(10000 / 0.5, 0.5), (10000 / 99, 99), (10000 / 101, None), (72 / 2.54, None), (3e7, None)],
)
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_resolution_tags_if_plausible(tmp_path, kind, pixels_per_cm, pixel):
    options = {"resolution": (pixels_per_cm, pixels_per_cm), "resolutionunit": "CENTIMETER"}
    path = tmp_path / "s.tif"
    if kind == "folder":
        path = write_folder(tmp_path / "in", FRAMES, **options)
    else:
        tifffile.imwrite(path, FRAMES, photometric="minisblack", **options)
    assert calibration(path) == (pixel, TIFF if pixel else "", None, "")


def test_nothing_is_known_of_plain_files_and_arrays(tmp_path):
    folder = write_folder(tmp_path / "in", FRAMES)
    for source in (folder, FRAMES):
        assert calibration(source) == (None, "", None, "")


def test_a_folder_of_imagej_files(tmp_path):
    options = {"imagej": True, "resolution": (2, 2), "metadata": {"unit": "um", "finterval": 5}}
    assert calibration(write_folder(tmp_path, FRAMES, **options)) == (0.5, IMAGEJ, 5, IMAGEJ)


def test_a_step_in_time_is_that_much_longer(tmp_path):
    meta = {"axes": "TZYX", "unit": "um", "finterval": 5}
    data = np.stack([FRAMES] * 3, axis=1)
    tifffile.imwrite(tmp_path / "s.tif", data, imagej=True, metadata=meta, resolution=(2, 2))
    for options, interval in (({}, 5), ({"frames": "::2"}, 10), ({"play": "Z"}, None)):
        video = t2v.convert(tmp_path / "s.tif", overwrite=True, **options)
        assert (video.pixel_size_um, video.frame_interval_s) == (0.5, interval)


def test_it_is_said_with_its_origin(tmp_path, cli):
    meta = {"axes": "TYX", "PhysicalSizeX": 0.2, "PhysicalSizeY": 0.3, "TimeIncrement": 30}
    path = tmp_path / "s.ome.tif"
    tifffile.imwrite(path, FRAMES, ome=True, metadata=meta)
    text = cli(path, "--dry-run").out
    assert f"0.2 µm a pixel ({OME})" in text
    assert f"30 s a frame ({OME})" in text
    assert "not square" in text
    for options in (["--dry-run"], ["--quiet"]):
        (source,) = json.loads(cli(path, "--json", *options).out)["sources"]
        assert (source["pixel_size_um"], source["frame_interval_s"]) == (0.2, 30)
        assert source["pixel_size_origin"] == source["frame_interval_origin"] == OME


@pytest.mark.parametrize("value", ["nan", "-1", "0", "1e400", "wide"])
def test_sizes_that_are_none_are_not_known(tmp_path, value):
    meta = {"axes": "TYX", "PhysicalSizeX": 7}
    tifffile.imwrite(tmp_path / "s.tif", FRAMES, ome=True, metadata=meta)
    data = (tmp_path / "s.tif").read_bytes()
    xml = b'PhysicalSizeX="7"'
    assert xml in data or b'PhysicalSizeX="7.0"' in data
    new = f'PhysicalSizeX="{value}"'.encode()
    old = xml if xml in data else b'PhysicalSizeX="7.0"'
    with tifffile.TiffFile(tmp_path / "s.tif", mode="r+b") as tif:
        text = tif.pages.first.description.encode().replace(old, new)
        tif.pages.first.tags["ImageDescription"].overwrite(text.decode())
    assert calibration(tmp_path / "s.tif") == (None, "", None, "")


@pytest.mark.parametrize("dpi", [72, 96, 150, 300, 600, 1200])
@pytest.mark.parametrize("unit", ["INCH", "CENTIMETER", "imagej"])
def test_resolutions_for_printing_are_said_but_not_believed(tmp_path, cli, dpi, unit):
    path = tmp_path / "s.tif"
    if unit == "imagej":
        meta = {"axes": "TYX", "unit": "inch"}
        tifffile.imwrite(path, FRAMES, imagej=True, metadata=meta, resolution=(dpi, dpi))
    else:
        # Two decimals, as programs round it.
        value = dpi if unit == "INCH" else round(dpi / 2.54, 2)
        options = {"resolution": (value, value), "resolutionunit": unit}
        tifffile.imwrite(path, FRAMES, photometric="minisblack", **options)
    stack = t2v.open_stack(path)
    assert stack.pixel_size_um is None
    assert f"{dpi} dpi, and not used" in " ".join(stack.notes)
    ended = cli(path, "--scale-bar")
    assert ended.code == 1
    assert "--pixel-size" in ended.err
    assert cli(path, "--scale-bar", "--pixel-size", "0.5").code == 0


def test_a_resolution_that_is_no_print_resolution_is_believed(tmp_path):
    """0.65 µm are 39,077 dpi."""
    value = 10_000 / 0.65
    options = {"resolution": (value, value), "resolutionunit": "CENTIMETER"}
    tifffile.imwrite(tmp_path / "s.tif", FRAMES, photometric="minisblack", **options)
    stack = t2v.open_stack(tmp_path / "s.tif")
    assert (stack.pixel_size_um, stack.notes) == (pytest.approx(0.65), ())


@pytest.mark.parametrize("state", [True, False])
def test_calibration_of_metaxpress(tmp_path, state):
    """In the XML that it writes into each file, which says whether it was calibrated."""
    xml = (
        "<MetaData>\n<PlaneInfo>\n"
        f'<prop id="spatial-calibration-state" type="bool" value="{"on" if state else "off"}"/>\n'
        '<prop id="spatial-calibration-x" type="float" value="0.325"/>\n'
        '<prop id="spatial-calibration-y" type="float" value="0.325"/>\n'
        '<prop id="spatial-calibration-units" type="string" value="um"/>\n'
        "</PlaneInfo>\n</MetaData>"
    )
    options = {"resolution": (72, 72), "resolutionunit": "INCH", "software": "MetaSeries"}
    for t, frame in enumerate(FRAMES):
        tifffile.imwrite(tmp_path / f"t{t}.tif", frame, description=xml, metadata=None, **options)
    stack = t2v.open_stack(tmp_path)
    assert stack.pixel_size_um == (0.325 if state else None)
    assert ("MetaXpress" in stack.pixel_size_origin) == state


def test_the_distance_of_slices(tmp_path):
    data = np.repeat(FRAMES[:, np.newaxis], 4, axis=1)
    meta = {"axes": "TZYX", "spacing": 1.5, "unit": "um"}
    tifffile.imwrite(tmp_path / "i.tif", data, imagej=True, metadata=meta, resolution=(2, 2))
    meta = {"axes": "TZYX", "PhysicalSizeZ": 800, "PhysicalSizeZUnit": "nm"}
    tifffile.imwrite(tmp_path / "o.ome.tif", data, ome=True, metadata=meta)
    assert t2v.open_stack(tmp_path / "i.tif").z_spacing_um == 1.5
    assert t2v.open_stack(tmp_path / "o.ome.tif").z_spacing_um == pytest.approx(0.8)


def write_nikon(path, frame, seconds, pixel_um):
    """The private tags of NIS-Elements: time in ms, size of a pixel in µm, and all the rest."""
    tags = [
        (65325, "d", 1, 1000 * seconds, True),
        (65326, "d", 1, pixel_um, True),
        (65331, "B", 8, b"Metadata", True),
    ]
    tifffile.imwrite(path, frame, extratags=tags, metadata=None)


@pytest.mark.parametrize(("kept", "interval"), [((0, 1, 2, 3), 600.2), ((0, 1, 3), 600.2)])
def test_nis_elements(tmp_path, kept, interval):
    """The values are those of a real series; gaps in its numbers are gaps in time."""
    for t in kept:
        write_nikon(tmp_path / f"xy01t{t + 1:02}.tif", FRAMES[0], 12.97 + 600.2 * t, 0.8708)
    found = t2v.open_stack(tmp_path).calibration
    assert found.pixel_size_um == pytest.approx(0.8708)
    assert found.frame_interval_s == pytest.approx(interval)
    assert "Nikon" in found.pixel_size_origin
    assert "Nikon" in found.frame_interval_origin


def test_nis_elements_with_channels(tmp_path):
    """One channel is taken after the other: the first tells how far time points are apart."""
    for t in range(3):
        for c in range(2):
            path = tmp_path / f"t{t + 1}c{c + 1}.tif"
            write_nikon(path, FRAMES[0], 5 + 600.2 * t + 20 * c, 0.8708)
    stack = t2v.open_stack(tmp_path)
    assert (stack.sizes, stack.frame_interval_s) == ((("T", 3), ("C", 2)), pytest.approx(600.2))


def test_nis_elements_without_calibration(tmp_path):
    write_nikon(tmp_path / "t.tif", FRAMES[0], 0, 1.0)
    stack = t2v.open_stack(tmp_path / "t.tif")
    assert stack.pixel_size_um is None
    assert stack.notes == (
        "its pixel size of 1 µm (from Nikon metadata) is what its program writes where nobody "
        "said, and not used",
    )
    write_nikon(tmp_path / "t.tif", FRAMES[0], 0, 1.0003)
    known = t2v.open_stack(tmp_path / "t.tif")
    assert (known.pixel_size_um, known.notes) == (pytest.approx(1.0003), ())


@pytest.mark.parametrize(
    ("unit", "seconds"),
    [
        ("s", 1),
        ("sec", 1),
        ("seconds", 1),
        ("ms", 1e-3),
        ("min", 60),
        ("hour", 3600),
        ("parsec", 0),
    ],
)
def test_units_of_time_in_imagej(tmp_path, unit, seconds):
    path = tmp_path / "s.tif"
    metadata = {"axes": "TYX", "finterval": 2.5, "tunit": unit}
    tifffile.imwrite(path, noise((3, 20, 30)), imagej=True, metadata=metadata)
    found = t2v.open_stack(path).calibration.frame_interval_s
    assert found == (pytest.approx(2.5 * seconds) if seconds else None)


def test_times_of_two_planes_make_an_interval(tmp_path):
    """One step is enough to know it."""
    path = tmp_path / "two.ome.tif"
    plane = {"DeltaT": [0.0, 7.5], "DeltaTUnit": ["s", "s"]}
    tifffile.imwrite(path, noise((2, 20, 30)), metadata={"axes": "TYX", "Plane": plane})
    assert t2v.open_stack(path).calibration.frame_interval_s == pytest.approx(7.5)


def test_of_all_usual_resolutions_for_printing_none_is_believed(tmp_path):
    path = tmp_path / "s.tif"
    usual = (
        *(72, 75, 90, 96, 100, 120, 144, 150, 160, 180, 192, 200, 203, 216, 220, 240, 288, 300),
        *(320, 350, 360, 400, 450, 480, 600, 720, 800, 900, 1000, 1200, 1440, 1800, 2400, 2880),
        *(3600, 4800),
    )
    for dpi in usual:
        options = {"resolution": (dpi, dpi), "resolutionunit": "INCH"}
        tifffile.imwrite(path, FRAMES[:1], photometric="minisblack", **options)
        stack = t2v.open_stack(path)
        assert (stack.pixel_size_um, stack.pixel_size_origin, stack.notes) == (
            None, "", (
                f"its pixel size of {25400 / dpi:.4g} µm ({TIFF}) is a resolution for printing, "
                f"{dpi} dpi, and not used",
            ),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("dpi", "is_believed"),
    [(1200.2, False), (1199.8, False), (1200.3, True), (1199.7, True), (1201, True), (1199, True)],
)
def test_how_near_to_a_resolution_for_printing_is_one(tmp_path, dpi, is_believed):
    options = {"resolution": (dpi, dpi), "resolutionunit": "INCH"}
    tifffile.imwrite(tmp_path / "s.tif", FRAMES[0], **options)
    stack = t2v.open_stack(tmp_path / "s.tif")
    assert (stack.pixel_size_um is not None, stack.notes == ()) == (is_believed, is_believed)


KNOWN = Calibration(0.5, "from A", 2.0, "from B", None, None, 3.0)
TIMES = (0.0, 2.0, 4.5, 9.0)


def times_of(found):
    return found.frame_interval_s, found.frame_interval_origin, found.times_s, found.places


def test_what_is_known_of_some_frames():
    """Of an interval, of times, and of places where some are missing."""
    timed, gapped = replace(KNOWN, times_s=TIMES), replace(KNOWN, places=(0, 1, 4, 6))
    unknown = replace(KNOWN, frame_interval_s=None, frame_interval_origin="")
    for source, indices, expected in (
        (KNOWN, [0, 1, 2], (2.0, "from B", None, None)),
        (KNOWN, [1, 2], (2.0, "from B", (2.0, 4.0), None)),
        (KNOWN, [0, 3, 6], (6.0, "from B", (0.0, 6.0, 12.0), None)),
        (KNOWN, [4, 2, 0], (4.0, "from B", (8.0, 4.0, 0.0), None)),
        (KNOWN, [0, 1, 3], (None, "", (0.0, 2.0, 6.0), None)),
        (KNOWN, [3], (2.0, "from B", (6.0,), None)),
        (KNOWN, [0], (2.0, "from B", None, None)),
        (KNOWN, [], (2.0, "from B", None, None)),
        (timed, [0, 1], (2.0, "from B", (0.0, 2.0), None)),
        (timed, [3, 1], (4.0, "from B", (9.0, 2.0), None)),
        (gapped, [1, 2], (2.0, "from B", (2.0, 8.0), None)),
        (gapped, [0, 1, 2], (2.0, "from B", None, (0, 1, 4))),
        (unknown, [0, 2], (None, "", None, None)),
        (replace(gapped, frame_interval_s=None), [3, 1], (None, "", None, (6, 1))),
        (replace(unknown, times_s=TIMES), [0, 2], (None, "", (0.0, 4.5), None)),
    ):
        found = source.select(indices)
        assert times_of(found) == expected
        assert (found.pixel_size_um, found.pixel_size_origin, found.z_spacing_um) == (
            0.5, "from A", 3.0,
        )  # fmt: skip
    assert times_of(timed.without_frames([0, 3])) == (2.0, "from B", (0.0, 9.0), (0, 3))
    assert times_of(gapped.without_frames([0, 3])) == (2.0, "from B", None, (0, 6))
    assert times_of(KNOWN.without_frames([1, 2])) == (2.0, "from B", None, (1, 2))
    assert (timed.times(2), KNOWN.times(3), unknown.times(3)) == (TIMES, (0, 2, 4), None)
    assert gapped.times(2) == (0, 2, 8, 12)


def test_what_somebody_says_of_lengths_and_times():
    timed = replace(KNOWN, times_s=TIMES, places=(0, 1, 4, 6))
    assert timed.given(None, None) is timed
    assert timed.given(0.25, None) == replace(timed, pixel_size_um=0.25, pixel_size_origin="given")
    assert times_of(timed.given(None, 7)) == (7, "given", None, (0, 1, 4, 6))
    assert timed.without_time() == Calibration(0.5, "from A", z_spacing_um=3.0)
    assert str(KNOWN) == "0.5 µm a pixel (from A), 2 s a frame (from B)"
    assert str(KNOWN.without_time()) == "0.5 µm a pixel (from A)"
    assert str(Calibration(None, "", 1 / 3, "given")) == "0.333333 s a frame (given)"
    assert str(Calibration()) == ""
