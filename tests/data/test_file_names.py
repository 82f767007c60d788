"""Folders as programs leave them: what their names tell, and what has to be asked."""

from __future__ import annotations

import json
import shlex
import uuid
from itertools import permutations, product

import numpy as np
import pytest
import tifffile
from helpers.files import write_pages
from helpers.frames import noise, numbered
from helpers.video import numbers

import napari_tif2video as t2v

T, C, P, Z = 3, 2, 2, 4
FRAMES = noise((T, C, P, Z, 12, 20), high=60000)
#: What every frame of HYPER is, is told by its first pixel.
FRAMES[..., 0, 0] = np.arange(T * C * P * Z).reshape(T, C, P, Z)


def guid(*place):
    """An identifier as Windows makes them; some begin with a letter, some with a digit."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, repr(place))).upper()


def write(folder, name, data, **options):
    """A file of each frame of `data`, called by `name`, a pattern or a function of its place."""
    folder.mkdir(parents=True, exist_ok=True)
    for place in np.ndindex(data.shape[:-2]):
        text = name(*place) if callable(name) else name.format(*place)
        path = folder / text
        path.parent.mkdir(parents=True, exist_ok=True)
        assert not path.exists()
        tifffile.imwrite(path, data[place], **options)
    return folder


STAINS = ("DAPI", "GFP")
CHANNELS = {
    "MetaXpress": (lambda t, c: f"exp_t{t}_A01_s1_w{c + 1}[{guid(t, c)}].tif", ("w1", "w2")),
    "MetaXpress without brackets": (lambda t, c: f"t{t}_A01_s1_w{c}{guid(t, c)}.tif", ("w0", "w1")),
    "MetaMorph": (lambda t, c: f"exp_w{c + 1}{('Cy5', 'GFP')[c]}_s1_t{t}.TIF", ("Cy5", "GFP")),
    "MetaMorph, two words": (
        lambda t, c: f"exp_w{c + 1}{('DIC - Cam', 'GFP')[c]}_s1_t{t}.TIF",
        ("DIC - Cam", "GFP"),
    ),
    "Micro-Manager 1.4": (lambda t, c: f"img_{t:09}_{STAINS[c]}_000.tif", STAINS),
    "Micro-Manager 2": (
        "img_channel{1:03}_position000_time{0:09}_z000.tif",
        ("channel000", "channel001"),
    ),
    "ScanR": (
        lambda t, c: f"Exp--W00001--P00001--Z00000--T{t:05}--{('cherry', 'nucleus-dapi')[c]}.tif",
        ("cherry", "nucleus-dapi"),
    ),
    "stain behind": (lambda t, c: f"cells_{t:03}_{STAINS[c]}.tif", STAINS),
    "stain in front": (lambda t, c: f"{STAINS[c]}_{t:03}.tif", STAINS),
    "stains with numbers": (
        lambda t, c: f"t{t}_{('Alexa 488', 'Hoechst')[c]}.tif",
        ("Alexa 488", "Hoechst"),
    ),
    "Cytation": (
        lambda t, c: f"A1_01_{c + 1}_1_{('GFP', 'Phase Contrast')[c]}_{t + 1:03}.tif",
        ("GFP", "Phase Contrast"),
    ),
    "EVOS": ("scan_Plate_R_p00_t{0:02}_A01f00d{1}.TIF", ("d0", "d1")),
    "EVOS, at the end": ("scan_{0:04}_d{1}.TIF", ("d0", "d1")),
    "LLSpy": (
        lambda t, c: (
            f"cell5_ch{c}_stack{t:04}_{(488, 560)[c]}nm_{t * 5123:07}msec_"
            f"{20931273 + t * 5123 + c:010}msecAbs.tif"
        ),
        ("488nm", "560nm"),
    ),
    "wavelengths": (lambda t, c: f"img_{(488, 561)[c]}_{t:03}.tif", ("488nm", "561nm")),
    "names that begin like a channel": (lambda t, c: f"c_{t:03}_{STAINS[c]}.tif", STAINS),
    "colours": (lambda t, c: f"frame{t}_{('green', 'red')[c]}.tif", ("green", "red")),
    "numbered through": (lambda t, c: f"{2 * t + c:04}_{STAINS[c]}.tif", STAINS),
    "stamped one by one": (
        lambda t, c: f"2024-01-31_{22 + t:02}-59-{10 * c:02}_{STAINS[c]}.tif",
        STAINS,
    ),
    "Yokogawa": (
        "AS_B03_T{0:04}F001L01A0{1}Z01C0{1}.tif",
        ("C00", "C01"),
    ),
    "Opera": ("r01c01f01p01-ch{1}sk{0}fk1fl1.tiff", ("ch0", "ch1")),
}


@pytest.mark.parametrize(("name", "channels"), CHANNELS.values(), ids=CHANNELS)
def test_channels(tmp_path, cli, name, channels):
    folder = write(tmp_path / "in", name, FRAMES[:, :, 0, 0])
    stack = t2v.open_stack(folder)
    assert stack.axes == "TCYX"
    assert tuple(info.name for info in stack.channel_info) == channels
    np.testing.assert_array_equal(stack.data.compute(), FRAMES[:, :, 0, 0])
    ended = cli(folder, "--quiet")
    assert ended.code == 1
    first = shlex.quote(channels[0])
    assert f"2 channels: {', '.join(channels)}; add --channel {first}, all" in ended.err
    picture = t2v.render_frame(folder, 2, channel=channels[1], width="full")
    expected = t2v.render_frame(FRAMES[:, 1, 0, 0], 2, width="full")
    np.testing.assert_array_equal(picture, expected)


SLICES = {
    "Micro-Manager 1.4": "img_{0:09}_DAPI_{1:03}.tif",
    "words": "time{0}_slice{1}.tif",
    "Opera": "r02c03f04p{1:02}-ch1sk{0}fk1fl1.tiff",
    "Leica": "exp_t{0:02}_z{1:03}_ch00.tif",
}


@pytest.mark.parametrize("name", SLICES.values(), ids=SLICES)
def test_slices(tmp_path, name):
    stack = t2v.open_stack(write(tmp_path / "in", name, FRAMES[:, 0, 0]))
    assert stack.axes == "TZYX"
    np.testing.assert_array_equal(stack.data.compute(), FRAMES[:, 0, 0])


def test_slices_of_channels(tmp_path):
    folder = write(
        tmp_path / "in",
        lambda t, c, z: f"img_{t:09}_{('Cy5', 'DAPI')[c]}_{z:03}.tif",
        FRAMES[:, :, 0],
    )
    stack = t2v.open_stack(folder)
    assert stack.axes == "TCZYX"
    np.testing.assert_array_equal(stack.data.compute(), FRAMES[:, :, 0])


POSITIONS = {
    "wells": (lambda t, p: f"A{p + 1:02}_{t:03}.tif", "A01, A02"),
    "wells behind a name": (lambda t, p: f"exp_{'AB'[p]}01_t{t:03}.tif", "A01, B01"),
    "wells in rows": (lambda t, p: f"{'AB'[p]}01_t{t:03}.tif", "A01, B01"),
    "Site": ("Site{1}_{0:03}.tif", "Site0, Site1"),
    "field": ("field{1}_{0:03}.tif", "field0, field1"),
    "Incucyte": (lambda t, p: f"VID3_{('A1', 'B2')[p]}_1_00d{t:02}h30m.tif", "A1, B2"),
    "ScanR": ("--W{1:05}--P00001--Z00000--T{0:05}--cherry.tif", "W00000, W00001"),
    "EVOS": ("scan_t{0:02}_A01f{1:02}d0.TIF", "f00, f01"),
    "Opera": ("r01c0{1}f01p01-ch1sk{0}fk1fl1.tiff", "r01c00, r01c01"),
    "Nikon": ("xy{1:02}t{0}.tif", "xy00, xy01"),
    "MetaMorph": ("e_s{1}_t{0}.TIF", "s0, s1"),
    "Pos": ("Pos{1}_t{0:03}.tif", "Pos0, Pos1"),
    "samples": ("fish{1}_{0:03}.tif", "fish0, fish1"),
    "incomplete": (lambda t, p: f"pos{p}_t{t + 7 * p}.tif", "pos0, pos1"),
}


@pytest.mark.parametrize(("name", "positions"), POSITIONS.values(), ids=POSITIONS)
def test_positions(tmp_path, cli, name, positions):
    folder = write(tmp_path / "in", name, FRAMES[:, 0, :, 0])
    ended = cli(folder, "--quiet")
    assert ended.code == 1
    first = positions.split(", ")[0]
    assert f"2 positions: {positions}; add --position {shlex.quote(first)} or each" in ended.err
    stack = t2v.open_stack(folder)
    assert stack.image_names == tuple(positions.split(", "))
    for p, image in enumerate(stack.images):
        assert image.axes == "TYX"
        np.testing.assert_array_equal(image.data.compute(), FRAMES[:, 0, p, 0])
        for wanted in (p, stack.image_names[p]):
            picture = t2v.render_frame(folder, 1, position=wanted, width="full")
            expected = t2v.render_frame(FRAMES[:, 0, p, 0], 1, width="full")
            np.testing.assert_array_equal(picture, expected)


def test_a_video_of_each_position(tmp_path, cli):
    """Of an incomplete plate, too: each position has the frames that are there for it."""
    folder = write(
        tmp_path / "in",
        lambda t, c, p: f"exp_{'AB'[p]}03_s1_w{c + 1}_t{t}.tif",
        numbered(T * C * P).reshape(T, C, P, 48, 160),
    )
    (folder / "exp_B03_s1_w2_t2.tif").unlink()
    ended = cli(folder, "--position", "each", "--channel", "w2", "--json")
    assert ended.code == 0
    sources = json.loads(ended.out)["sources"]
    assert [source["frames"] for source in sources] == [3, 2]
    assert [source["left_out"] for source in sources] == [0, 1]
    names = [f"500px_10fps_pos{p}_ch1_video.mp4" for p in range(2)]
    assert [source["output"] for source in sources] == [str(folder / name) for name in names]
    assert [numbers(source["output"]) for source in sources] == [[2, 6, 10], [3, 7]]


def test_a_position_without_a_grid_is_left_out_and_said(tmp_path, cli):
    folder = write(
        tmp_path / "in", lambda t, c, p: f"pos{p}_t{t}_{STAINS[c]}.tif", FRAMES[:, :, :, 0]
    )
    for t, stain in ((0, "GFP"), (1, "GFP"), (2, "DAPI")):
        (folder / f"pos1_t{t}_{stain}.tif").unlink()
    ended = cli(folder, "--position", "pos0", "--channel", "GFP", "--dry-run", "--json")
    (source,) = json.loads(ended.out)["sources"]
    assert (source["frames"], source["left_out"]) == (T, 3)
    assert any("position pos1 is left out" in note for note in source["notes"])


def test_movies_of_positions(tmp_path, cli):
    """A file of several frames for each position: positions, not points in time."""
    for p in range(P):
        write_pages(tmp_path / f"cells_Pos{p}.tif", FRAMES[:, 0, p, 0])
    stack = t2v.open_stack(tmp_path)
    assert stack.image_names == ("cells_Pos0", "cells_Pos1")
    np.testing.assert_array_equal(stack.data.compute(), FRAMES[:, 0, :, 0].swapaxes(0, 1))
    ended = cli(tmp_path, "--position", "each", "--json")
    outputs = [source["output"] for source in json.loads(ended.out)["sources"]]
    assert outputs == [str(tmp_path / f"500px_10fps_pos{p}_video.mp4") for p in range(P)]


VOLUMES = {
    "ImageJ": (3, {"imagej": True, "metadata": {"axes": "ZYX", "spacing": 2, "unit": "um"}}),
    "named axes": (3, {"metadata": {"axes": "ZYX"}}),
    "OME": (3, {"ome": True, "metadata": {"axes": "ZYX"}}),
    "many": (12, {}),
}


@pytest.mark.parametrize(("count", "options"), VOLUMES.values(), ids=VOLUMES)
def test_volumes_of_time_points(tmp_path, count, options):
    data = noise((count, 20, 12, 20), high=60000)
    ending = ".ome.tif" if "ome" in options else ".tif"
    for t, volume in enumerate(data):
        path = tmp_path / f"t{t:03}{ending}"
        tifffile.imwrite(path, volume, photometric="minisblack", **options)
    stack = t2v.open_stack(tmp_path)
    assert stack.axes == "TZYX"
    np.testing.assert_array_equal(stack.data.compute(), data)
    said = "the 20 images in each file are taken for slices" in stack.notes
    assert said == (not options)


UNCLEAR = {
    "two series": (lambda p, t: f"{('cell', 'ctrl')[p]}{t + 1}.tif", "cell, ctrl"),
    "two numbers": ("exp{0}_{1:03}.tif", "exp0, exp1"),
    "sites of Incucyte": (lambda p, t: f"VID3_A1_{p + 1}_00d{t:02}h30m.tif", "1, 2"),
    "dates and counters": (lambda p, t: f"2024010{p + 1}_{t:04}.tif", "20240101, 20240102"),
    "times twice": ("time{0}_t{1}.tif", "time0, time1"),
    "numbered through two experiments": (
        lambda p, t: f"exp{p + 1}_{T * p + t:03}.tif",
        "exp1, exp2",
    ),
}


@pytest.mark.parametrize(("name", "what"), UNCLEAR.values(), ids=UNCLEAR)
def test_what_cannot_be_known_is_asked_for(tmp_path, cli, name, what):
    data = FRAMES[:, 0, :, 0].swapaxes(0, 1)
    folder = write(tmp_path / "in", name, data)
    ended = cli(folder, "--quiet")
    assert ended.code == 1
    assert "differ in 2 ways" in ended.error_line
    assert what in ended.error_line
    pattern = ended.error_line.split("--match '")[1].split("'")[0]
    np.testing.assert_array_equal(t2v.open_stack(folder, match=pattern).data.compute(), data[0])


PLAIN = {
    "Cell Tracking Challenge": ["t000.tif", "t001.tif", "t002.tif"],
    "dates": ["20240101_230000.tif", "20240101_233000.tif", "20240102_000000.tif"],
    "dates in words": [
        "exp 2024-01-31 23.30.tif", "exp 2024-02-01 00.00.tif", "exp 2024-02-01 12.30.tif",
    ],
    "unit": ["exp t=0min.tif", "exp t=5min.tif", "exp t=10min.tif"],
    "fractions": ["a_t=0.5h.tif", "a_t=1.0h.tif", "a_t=1.25h.tif", "a_t=1.5h.tif"],
    "fractions with a unit": ["a_0.5h.tif", "a_1.0h.tif", "a_1.25h.tif", "a_1.5h.tif"],
    "Incucyte": [
        "VID3_A1_1_00d00h00m.tif", "VID3_A1_1_00d23h30m.tif", "VID3_A1_1_01d00h00m.tif",
    ],
    "HCImage": ["TimeLapse.tif", "TimeLapse_0001.tif", "TimeLapse_0002.tif"],
    "HCImage without a line": ["Image.tif", "Image1.tif", "Image2.tif"],
    "two digits": ["00.tif", "01.tif", "10.tif", "11.tif"],
    "well": ["A1.tif", "A2.tif", "A10.tif"],
    "brackets": ["cell (1).tif", "cell (2).tif", "cell (10).tif"],
    "time stamps beside": ["i_0001_17ms.tif", "i_0002_1034ms.tif", "i_0003_20017ms.tif"],
    "numbered through hours": ["hour_t1_1.tif", "hour_t1_2.tif", "hour_t2_3.tif"],
    "like a stain": [f"af{n}.tif" for n in range(486, 491)],
}  # fmt: skip


@pytest.mark.parametrize("names", PLAIN.values(), ids=PLAIN)
def test_plain_series(tmp_path, names):
    frames = noise((len(names), 12, 20))
    for name, frame in sorted(zip(names, frames, strict=True), key=lambda pair: pair[0][::-1]):
        tifffile.imwrite(tmp_path / name, frame)
    stack = t2v.open_stack(tmp_path)
    assert (stack.axes, stack.labels) == ("TYX", names)
    np.testing.assert_array_equal(stack.data.compute(), frames)
    assert not any("left out" in note for note in stack.notes)


def test_times_like_lasers_are_times(tmp_path):
    data = noise((3, 2, 12, 20))
    for t, time in enumerate((405, 488, 561)):
        for z in range(2):
            tifffile.imwrite(tmp_path / f"t{time}_z{z}.tif", data[t, z])
    assert t2v.open_stack(tmp_path).axes == "TZYX"


def test_copies_are_left_out_and_said(tmp_path):
    write(tmp_path, "a_t{:03}.tif", FRAMES[:, 0, 0, 0])
    (tmp_path / "a_t002 (1).tif").write_bytes((tmp_path / "a_t002.tif").read_bytes())
    stack = t2v.open_stack(tmp_path)
    np.testing.assert_array_equal(stack.data.compute(), FRAMES[:, 0, 0, 0])
    assert "1 copy is left out: a_t002 (1).tif" in stack.notes
    assert stack.left_out == 1


MASKS = {
    "Cell Tracking Challenge": ("t{:03}.tif", "man_track{:03}.tif"),
    "Cellpose": ("img_{:03}.tif", "img_{:03}_cp_masks.tif"),
    "same fields": ("t{}_image.tif", "t{}_mask.tif"),
}


@pytest.mark.parametrize(("image", "mask"), MASKS.values(), ids=MASKS)
def test_masks_are_no_frames(tmp_path, cli, image, mask):
    write(tmp_path, image, FRAMES[:, 0, 0, 0])
    write(tmp_path, mask, FRAMES[:, 1, 0, 0])
    np.testing.assert_array_equal(t2v.open_stack(tmp_path).data.compute(), FRAMES[:, 0, 0, 0])
    (source,) = json.loads(cli(tmp_path, "--dry-run", "--json").out)["sources"]
    left_out = f"3 masks are left out: {mask.format(0)} to {mask.format(2)}"
    assert any(note.startswith(left_out) for note in source["notes"])
    assert source["left_out"] == 3
    masks = t2v.open_stack(tmp_path, match="*mask*" if "mask" in mask else "man_*")
    np.testing.assert_array_equal(masks.data.compute(), FRAMES[:, 1, 0, 0])


def test_thumbnails_with_any_identifier_are_left_out(tmp_path):
    for n, first in enumerate("0F5A"):
        thumbnail = tmp_path / f"t{n}_s1_w1_thumb{first}{guid(n)[1:]}.tif"
        tifffile.imwrite(tmp_path / f"t{n}_s1_w1{guid(n)}.tif", FRAMES[0, 0, 0, n])
        tifffile.imwrite(thumbnail, FRAMES[0, 0, 0, n, ::4])
    stack = t2v.open_stack(tmp_path)
    np.testing.assert_array_equal(stack.data.compute(), FRAMES[0, 0, 0])
    assert stack.left_out == 4
    assert any(note.startswith("4 thumbnails are left out: ") for note in stack.notes)


def test_files_of_other_names_are_asked_for(tmp_path):
    folder = write(tmp_path / "in", "img_{:03}.tif", FRAMES[:, 0, 0, 0])
    tifffile.imwrite(folder / "img_000_overview.tif", FRAMES[0, 1, 0, 0])
    with pytest.raises(t2v.SourceError) as caught:
        t2v.open_stack(folder)
    assert "2 kinds of names, img_000.tif (3), img_000_overview.tif (1)" in str(caught.value)
    assert str(caught.value).endswith("--match 'img_???.tif'")
    assert len(t2v.open_stack(folder, match="img_???.tif")) == 3


def test_what_is_to_be_typed_can_be_typed(tmp_path, cli):
    (tmp_path / "raw").mkdir()
    (tmp_path / "named").mkdir()
    for well, kind in product(("A1", "B2"), ("C1", "Ph")):
        write_pages(tmp_path / "raw" / f"{well}-1-{kind}.tif", FRAMES[:1, 0, 0, 0])
    assert cli(tmp_path / "raw", "--dry-run").out.rstrip().endswith("--match '*-1-C1.tif'")
    for kind, n in product(("Bright Field", "GFP"), range(2)):
        write_pages(tmp_path / "named" / f"a_{kind}_{n}.tif", FRAMES[:1, 0, 0, 0])
    assert "--channel 'Bright Field', all or each" in cli(tmp_path / "named", "--dry-run").out


def test_two_fields_are_never_played_as_one(tmp_path):
    """Whatever they are called: they are axes or positions, or the user is asked."""
    prefixes = ("", "t", "z", "c", "ch", "s", "Pos", "site", "exp", "img", "w", "f", "day", "T-")
    frame = tmp_path / "frame.tif"
    tifffile.imwrite(frame, FRAMES[0, 0, 0, 0])
    kinds = set()
    for number, (first, second) in enumerate(permutations(prefixes, 2)):
        folder = tmp_path / str(number)
        folder.mkdir()
        for a, b in product(range(2), range(3)):
            (folder / f"{first}{a}_{second}{b}.tif").hardlink_to(frame)
        try:
            stack = t2v.open_stack(folder)
        except t2v.SourceError as exc:
            kinds.add("asked, with the option" if "--match" in str(exc) else "refused")
        else:
            assert len(stack.images or stack.sizes) > 1, (first, second)
            kinds.add("positions" if stack.images else "axes")
    assert kinds == {"asked, with the option", "positions", "axes"}


RGB = {"green": (0, 1, 0), "magenta": (1, 0, 1), "cyan": (0, 1, 1), "yellow": (1, 1, 0)}


def test_the_note_about_colours_says_those_that_are_shown(tmp_path, cli):
    data = FRAMES[:, :, 0, 0]
    write(tmp_path, lambda t, c: f"t{t}_{STAINS[c]}.tif", data)
    (source,) = json.loads(cli(tmp_path, "--channel", "all", "--dry-run", "--json").out)["sources"]
    (note,) = (note for note in source["notes"] if "shown are" in note)
    told = dict(pair.split(" ") for pair in note.split("shown are ")[1].split(", "))
    assert list(told) == list(STAINS)
    levels = [t2v.render_frame(data[:, c], 1, width="full")[..., 0].astype(int) for c in range(C)]
    expected = sum(
        level[..., np.newaxis] * RGB[colour]
        for level, colour in zip(levels, told.values(), strict=True)
    )
    merged = t2v.render_frame(tmp_path, 1, channel="all", width="full")
    np.testing.assert_array_equal(merged, expected.clip(0, 255))


def test_words_are_played_and_said(tmp_path):
    write(tmp_path, lambda t: f"{('before', 'during', 'wash')[t]}.tif", FRAMES[:, 0, 0, 0])
    stack = t2v.open_stack(tmp_path)
    np.testing.assert_array_equal(stack.data.compute(), FRAMES[:, 0, 0, 0])
    assert any("order of the alphabet: before, during, wash" in note for note in stack.notes)


def test_what_was_assumed_is_said(tmp_path):
    write(tmp_path, lambda t, c: f"{STAINS[c]}_{t:03}.tif", FRAMES[:, :, 0, 0])
    assert t2v.open_stack(tmp_path).notes == ("000, 001, 002 are taken for points in time",)


def test_files_that_are_numbered_through_but_not_in_turn_are_refused(tmp_path):
    write(
        tmp_path, lambda c, t: f"{3 * c + t:04}_{STAINS[c]}.tif", FRAMES[:, :, 0, 0].swapaxes(0, 1)
    )
    with pytest.raises(t2v.SourceError, match="nothing is there for all of them"):
        t2v.open_stack(tmp_path)
    assert len(t2v.open_stack(tmp_path, match="*_GFP.tif")) == T


def test_identifiers_tell_no_order(tmp_path):
    write(tmp_path, lambda t: f"image_{guid(t)}.tif", FRAMES[:, 0, 0, 0])
    with pytest.raises(t2v.SourceError, match="identifiers only"):
        t2v.open_stack(tmp_path)


def test_the_same_frame_twice_is_refused(tmp_path):
    write(tmp_path, "a{}.tif", FRAMES[:, 0, 0, 0])
    tifffile.imwrite(tmp_path / "a1.tiff", FRAMES[0, 0, 0, 0])
    with pytest.raises(t2v.SourceError, match=r"a1\.tif and a1\.tiff.*by --match '\*\.tif'"):
        t2v.open_stack(tmp_path)
    assert len(t2v.open_stack(tmp_path, match="*.tif")) == 3


def test_an_incomplete_grid_names_what_is_missing(tmp_path):
    write(tmp_path, lambda t, c: f"t{t}_{STAINS[c]}.tif", FRAMES[:, :, 0, 0])
    (tmp_path / "t1_GFP.tif").unlink()
    stack = t2v.open_stack(tmp_path)
    np.testing.assert_array_equal(stack.data.compute(), FRAMES[[0, 2], :, 0, 0])
    (note,) = (note for note in stack.notes if "left out" in note)
    assert "1 of 3 time points are left out" in note
    assert stack.left_out == 1
    assert "the first that is missing is GFP, t1" in note


def test_times_leave_room_for_what_is_missing_of_all_channels(tmp_path):
    data = FRAMES[:, :, 0, 0]
    write(tmp_path, lambda t, c: f"t{(0, 1, 4)[t]}_{STAINS[c]}.tif", data)
    stack = t2v.open_stack(tmp_path)
    np.testing.assert_array_equal(stack.data.compute(), data)
    assert stack.calibration.places == (0, 1, 4)
    assert any("2 missing in the numbering, the first is t2_DAPI.tif" in n for n in stack.notes)


def test_dangling_links_are_refused(tmp_path):
    write(tmp_path, "t{}.tif", FRAMES[:, 0, 0, 0])
    (tmp_path / "t3.tif").symlink_to(tmp_path / "gone" / "t3.tif")
    with pytest.raises(t2v.SourceError, match=r"1 of its 4 images .* do not exist.* t3\.tif"):
        t2v.open_stack(tmp_path)
    assert len(t2v.open_stack(tmp_path, match="t[012].tif")) == 3


def test_a_link_to_an_image_is_an_image(tmp_path):
    write(tmp_path / "data", "t{}.tif", FRAMES[:, 0, 0, 0])
    links = tmp_path / "links"
    links.mkdir()
    for t in range(T):
        (links / f"{t}.tif").symlink_to(tmp_path / "data" / f"t{t}.tif")
    np.testing.assert_array_equal(t2v.open_stack(links).data.compute(), FRAMES[:, 0, 0, 0])


def test_two_images_called_by_stain_are_channels(tmp_path):
    write(tmp_path, lambda c: f"{STAINS[c]}.tif", FRAMES[0, :, 0, 0])
    picture = t2v.render_frame(tmp_path, 0, channel="GFP", width="full")
    expected = t2v.render_frame(FRAMES[:1, 1, 0, 0], 0, width="full")
    np.testing.assert_array_equal(picture, expected)


def test_every_order_of_fields(tmp_path):
    """Where time, channel, slice stand in a name does not matter."""
    for number, order in enumerate(product(["t{0}", "ch{1}", "z{2}"], repeat=3)):
        if len(set(order)) < 3:
            continue
        folder = write(tmp_path / str(number), "_".join(order) + ".tif", FRAMES[:, :, 0])
        np.testing.assert_array_equal(t2v.open_stack(folder).data.compute(), FRAMES[:, :, 0])


def test_a_copy_beside_two_images_is_left_out(tmp_path):
    for name in ("a_t1.tif", "a_t2.tif", "a_t2 (1).tif"):
        tifffile.imwrite(tmp_path / name, np.zeros((8, 8), np.uint16))
    assert t2v.open_stack(tmp_path).labels == ["a_t1.tif", "a_t2.tif"]


def test_hours_and_minutes_are_put_in_order_as_numbers(tmp_path):
    names = [f"x_{hours}h{minutes}m.tif" for hours in (9, 10) for minutes in (5, 30)]
    write(tmp_path, lambda t: names[t], FRAMES[:1, :, :, 0].reshape(4, 12, 20))
    assert t2v.open_stack(tmp_path).labels == names


def test_numbers_through_all_files_say_nothing_beside_time_and_channel(tmp_path):
    write(tmp_path, lambda t, c: f"t{t}_c{c}_{C * t + c:04}.tif", FRAMES[:, :, 0, 0])
    stack = t2v.open_stack(tmp_path)
    np.testing.assert_array_equal(stack.data.compute(), FRAMES[:, :, 0, 0])
    assert stack.notes == ()


def test_a_year_has_twelve_months(tmp_path):
    """Of numbers that are no date nobody knows what they are."""
    write(tmp_path, lambda n, d: f"x_2000_{n + 2}_{d + 1}.tif", np.repeat(FRAMES[:, :, 0, 0], 4, 0))
    with pytest.raises(t2v.SourceError, match="differ in 2 ways"):
        t2v.open_stack(tmp_path)


@pytest.mark.parametrize(
    ("count", "listed"),
    [(4, "a0, a1, a2, a3"), (5, "a0, a1, a2, ... a4"), (6, "a0, a1, a2, ... a5")],
)
def test_what_is_taken_for_time_is_said_in_short(tmp_path, count, listed):
    for t in range(count):
        for stain in ("DAPI", "GFP"):
            tifffile.imwrite(tmp_path / f"a{t}_{stain}.tif", np.zeros((4, 4), np.uint16))
    assert f"{listed} are taken for points in time" in t2v.open_stack(tmp_path).notes


@pytest.mark.parametrize("count", [12, 13])
def test_up_to_twelve_words_are_named(tmp_path, count):
    names = [letter * 3 for letter in "abcdefghijklm"[:count]]
    for name in names:
        tifffile.imwrite(tmp_path / f"{name}.tif", np.zeros((4, 4), np.uint16))
    listed = ", ".join(names if count == 12 else [*names[:11], "... mmm"])
    note = f"its files are played in the order of the alphabet: {listed}; --match chooses"
    assert note in t2v.open_stack(tmp_path).notes
