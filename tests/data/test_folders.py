"""Folders whose files are not simply one frame after the other: volumes, channels, positions."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise, numbered

import napari_tif2video as t2v
from napari_tif2video.data import folders_with_frames, is_tiff_name, list_frames, source_stem

T, C, Z = 3, 2, 4
HYPER = noise((T, C, Z, 16, 100), low=100, high=9001)
NAMES = {
    "ImageJ": ("img_t{t}_C{c}_.tif", ("C0", "C1")),
    "Leica": ("exp_t{t:02}_ch{c:02}.tif", ("ch00", "ch01")),
    "MetaMorph": ("exp_w{c}{stain}_t{t}.TIF", ("DAPI", "GFP")),
    "Nikon": ("a1xy01c{c}t{t:03}.tif", ("c0", "c1")),
    "words": ("channel{c} t{t}.tif", ("channel0", "channel1")),
    "two": ("C1-MAX_t{t}_c{c}.tif", ("c0", "c1")),
}


def write_channels(folder, name, data=HYPER[:, :, 0]):
    folder.mkdir()
    for t, frames in enumerate(data):
        for c, frame in enumerate(frames):
            path = folder / name.format(t=t, c=c, stain=("DAPI", "GFP")[c])
            tifffile.imwrite(path, frame)
    return folder


@pytest.mark.parametrize(("name", "channels"), NAMES.values(), ids=NAMES)
def test_channels_in_names(tmp_path, name, channels):
    folder = write_channels(tmp_path / "in", name)
    with pytest.raises(t2v.SourceError) as caught:
        t2v.convert(folder)
    message = str(caught.value)
    assert f"2 channels: {', '.join(channels)}; add --channel {channels[0]}, all" in message
    assert "--match" in message
    for number, channel in enumerate(channels):
        for choice in (number, channel):
            picture = t2v.render_frame(folder, 2, channel=choice, width="full")[..., 0]
            expected = t2v.render_frame(HYPER[:, number, 0], 2, width="full")[..., 0]
            np.testing.assert_array_equal(picture, expected)
    stack = t2v.open_stack(folder)
    assert (stack.axes, stack.shape) == ("TCYX", (T, C, 16, 100))
    np.testing.assert_array_equal(stack.data.compute(), HYPER[:, :, 0])


def test_match_takes_one_channel(tmp_path):
    folder = write_channels(tmp_path / "in", "img_t{t}_C{c}_.tif")
    np.testing.assert_array_equal(
        t2v.open_stack(folder, match="*_C1_*").data.compute(), HYPER[:, 1, 0]
    )


@pytest.mark.parametrize(
    "name",
    ["c{}.tif", "xy{:02}.tif", "img_s{}.tif", "w{}.tif", "z{:03}.tif", "C1-t{}_ch00.tif",
     "20180101ef002xy01t{:02}.tif", "0m{}s10.tif"],
)  # fmt: skip
def test_a_single_number_is_time(tmp_path, name):
    folder = write_folder(tmp_path / "in", numbered(12), name)
    stack = t2v.open_stack(folder)
    assert stack.axes == "TYX"
    assert stack.labels == [name.format(i) for i in range(12)]
    assert stack.notes == ()
    assert stack.calibration.places is None


def test_slices_in_names(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for t in range(T):
        for z in range(Z):
            tifffile.imwrite(folder / f"t{t}_z{z}.tif", HYPER[t, 0, z])
    stack = t2v.open_stack(folder)
    assert stack.axes == "TZYX"
    picture = t2v.render_frame(stack, 1, width="full")
    expected = t2v.render_frame(HYPER[:, 0].max(axis=1), 1, width="full")
    np.testing.assert_array_equal(picture, expected)


def test_channels_that_are_not_always_there(tmp_path):
    folder = write_channels(tmp_path / "in", "t{t}_c{c}.tif")
    (folder / "t1_c1.tif").unlink()
    stack = t2v.open_stack(folder)
    np.testing.assert_array_equal(stack.data.compute(), HYPER[[0, 2], :, 0])
    assert "1 of 3 time points are left out" in stack.notes[0]


@pytest.mark.parametrize("kind", ["plain", "imagej", "ome", "single directory", "zlib"])
def test_a_volume_a_file(tmp_path, cli, kind):
    options = {
        "plain": {"photometric": "minisblack", "metadata": None},
        "imagej": {"imagej": True, "metadata": {"axes": "ZYX"}},
        "ome": {"ome": True, "metadata": {"axes": "ZYX"}},
        "single directory": {"imagej": True, "truncate": True, "metadata": {"axes": "ZYX"}},
        "zlib": {"photometric": "minisblack", "compression": "zlib", "metadata": None},
    }[kind]
    folder = tmp_path / "in"
    folder.mkdir()
    for t in range(T):
        tifffile.imwrite(folder / f"t{t}.tif", HYPER[t, 0], **options)
    stack = t2v.open_stack(folder, axes=None if kind == "ome" else "TZYX")
    assert (stack.axes, stack.shape) == ("TZYX", (T, Z, 16, 100))
    np.testing.assert_array_equal(stack.data.compute(), HYPER[:, 0])
    for z, reduced in ((2, HYPER[:, 0, 2]), ("max", HYPER[:, 0].max(axis=1))):
        picture = t2v.render_frame(folder, 2, z=z, width="full")
        np.testing.assert_array_equal(picture, t2v.render_frame(reduced, 2, width="full"))
    options = [] if kind == "ome" else ["--axes", "TZYX"]
    (source,) = json.loads(cli(folder, *options, "--dry-run", "--json").out)["sources"]
    assert source["order"] == ["t0.tif", "t1.tif", "t2.tif"]
    assert "max of 4 slices" in source["notes"][0]


def test_volumes_of_channels(tmp_path):
    """Channels in the names, slices in the files."""
    folder = tmp_path / "in"
    folder.mkdir()
    for t in range(T):
        for c in range(C):
            tifffile.imwrite(folder / f"t{t}_c{c}.tif", HYPER[t, c], photometric="minisblack")
    stack = t2v.open_stack(folder, axes="TCZYX")
    assert stack.axes == "TCZYX"
    np.testing.assert_array_equal(stack.data.compute(), HYPER)


def test_volumes_that_are_not_alike(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for t, depth in enumerate((4, 4, 3)):
        path = folder / f"t{t}.tif"
        tifffile.imwrite(path, HYPER[t, 0, :depth], photometric="minisblack")
    with pytest.raises(t2v.SourceError, match=r"t2\.tif: holds 3 along.*4 along.*--match"):
        t2v.convert(folder, z="max")
    tifffile.imwrite(folder / "t0.tif", HYPER[0, 0, 0])
    with pytest.raises(t2v.SourceError, match=r"t1\.tif: holds 4 images.*--match"):
        t2v.convert(folder)


def test_time_series_in_a_folder_are_converted_one_by_one(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for t in range(2):
        path = folder / f"movie{t}.tif"
        tifffile.imwrite(path, HYPER[:, 0, 0], imagej=True, metadata={"axes": "TYX"})
    with pytest.raises(t2v.SourceError, match=r"movie0\.tif: holds the axes T \(3\).*one by one"):
        t2v.convert(folder)


NO_FRAMES = (".t1.tif", "._t1.tif", "t1_thumb.tif", "Thumbs.tiff", "t1.png", "tif", "t.tif.txt")
FRAMES = ("t1.tif", "T2.TIFF", "thumbelina.tif", "t3.tif", "t10.TIF")
OTHERS = ("a.btf", "a.TF8", "a.stk", "a.lsm")


def test_which_files_are_frames_and_in_which_order(tmp_path):
    assert [name for name in (*NO_FRAMES, *FRAMES, *OTHERS) if is_tiff_name(name)] == [
        *FRAMES, *OTHERS,
    ]  # fmt: skip
    with pytest.raises(t2v.SourceError) as caught:
        list_frames(tmp_path)
    assert str(caught.value) == f"No TIF images found in {tmp_path}"
    for name in (*NO_FRAMES, *OTHERS):
        (tmp_path / name).touch()
    assert list_frames(tmp_path) == sorted(OTHERS, key=str.casefold)
    for name in FRAMES:
        (tmp_path / name).touch()
    assert list_frames(tmp_path) == ["t1.tif", "T2.TIFF", "t3.tif", "t10.TIF", "thumbelina.tif"]
    assert list_frames(tmp_path, "*1*") == ["t1.tif", "t10.TIF"]
    assert list_frames(tmp_path, "*.stk") == ["a.stk"]
    with pytest.raises(t2v.SourceError) as caught:
        list_frames(tmp_path, "x*")
    assert str(caught.value) == f"No TIF images matching 'x*' found in {tmp_path}"
    with pytest.raises(t2v.SourceError, match=r"gone: cannot be opened \(No such file or dir"):
        list_frames(tmp_path / "gone")


def test_frames_below_a_folder(tmp_path):
    """In natural order, not too deep, and not where nobody may look or thumbnails are."""
    for name in (
        "GFP/t10/a.tif", "GFP/t9/a.tif", "DAPI/t10/a.tif", "DAPI/t9/a.tif", "DAPI/t9/.b.tif",
        ".hidden/t9/a.tif", "a thumb/t9/a.tif", "RFP/t9/deep/a.tif", "Cy5.txt",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    names = [f"{stain}/{t}/a.tif" for stain in ("DAPI", "GFP") for t in ("t9", "t10")]
    assert list_frames(tmp_path) == names
    assert list_frames(tmp_path, "GFP/t9/*") == ["GFP/t9/a.tif"]
    found = [path.relative_to(tmp_path).as_posix() for path in folders_with_frames(tmp_path)]
    assert found == [
        "a thumb/t9", "DAPI/t9", "DAPI/t10", "GFP/t9", "GFP/t10", "RFP/t9/deep",
    ]  # fmt: skip
    assert folders_with_frames(tmp_path, "x*") == []
    whole = tmp_path / "nd" / "Full resolution"
    for name in ("Full resolution/NDTiff.index", "Full resolution/a.tif", "Small/b.tif"):
        (tmp_path / "nd" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "nd" / name).touch()
    assert folders_with_frames(tmp_path / "nd") == [tmp_path / "nd"]
    assert folders_with_frames(tmp_path / "nd", "*.tif") == [whole, tmp_path / "nd" / "Small"]
    shutil.rmtree(tmp_path / "nd")
    (tmp_path / "RFP" / "t9" / "b.tif").touch()
    with pytest.raises(t2v.SourceError) as caught:
        list_frames(tmp_path, "b.tif")
    assert str(caught.value) == (
        f"No TIF images found in {tmp_path}, but in 1 subfolder; add --recursive for a video of "
        "each, or name them by channel, time point or slice, such as GFP and mCherry, for one of "
        "all"
    )


def test_what_is_said_of_subfolders_that_are_no_data_set(tmp_path):
    for name in ("pos1/t1.tif", "pos2/t1.tif"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    for match in (None, "t*", "pos*/t*"):
        with pytest.raises(t2v.SourceError) as caught:
            list_frames(tmp_path, match)
        assert str(caught.value) == (
            f"No TIF images found in {tmp_path}, but in 2 subfolders; add --recursive for a video "
            "of each, or name them by channel, time point or slice, such as GFP and mCherry, for "
            "one of all"
        )
    assert list_frames(tmp_path, "pos1/t*") == ["pos1/t1.tif"]
    (tmp_path / "one" / "pos1").mkdir(parents=True)
    (tmp_path / "one" / "pos1" / "t1.tif").touch()
    with pytest.raises(t2v.SourceError, match="but in 1 subfolder; add --recursive"):
        list_frames(tmp_path / "one")
    shutil.rmtree(tmp_path / "one")
    (tmp_path / "pos1").rename(tmp_path / "DAPI")
    (tmp_path / "pos2").rename(tmp_path / "GFP")
    (tmp_path / "GFP" / "t1.tif").rename(tmp_path / "GFP" / "1_x.tif")
    with pytest.raises(t2v.SourceError) as caught:
        list_frames(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: holds 2 kinds of names, DAPI/t1.tif (1), GFP/1_x.tif (1); choose those that "
        "belong together with --match DAPI/t1.tif, or add --recursive for a video of each subfolder"
    )


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="needs users of Unix")
def test_subfolders_that_nobody_may_look_into_are_left_out():
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        for name in ("Cy3/a.tif", "DAPI/a.tif", "GFP/a.tif"):
            (root / name).parent.mkdir()
            (root / name).touch()
        (root / "Cy3").chmod(0)
        was_root = os.geteuid() == 0
        if was_root:
            os.seteuid(65534)
        try:
            assert list_frames(root) == ["DAPI/a.tif", "GFP/a.tif"]
            with pytest.raises(t2v.SourceError) as caught:
                list_frames(root / "Cy3")
        finally:
            if was_root:
                os.seteuid(0)
            (root / "Cy3").chmod(0o755)
        assert str(caught.value) == f"{root}/Cy3: cannot be opened (Permission denied)"


def test_links_are_followed(tmp_path):
    folder = tmp_path / "in"
    (tmp_path / "other").mkdir()
    folder.mkdir()
    (tmp_path / "a.tif").touch()
    (folder / "t1.tif").symlink_to(tmp_path / "a.tif")
    (folder / "t2.tif").symlink_to(tmp_path / "other")
    (folder / "t3.tif").touch()
    assert list_frames(folder) == ["t1.tif", "t3.tif"]


@pytest.mark.parametrize(
    ("numbers", "places"),
    [
        ((0, 1, 4), (0, 1, 4)), ((7, 9, 15, 17), (0, 1, 4, 5)), ((3, 4, 5), None),
        ((0, 5, 10), None), ((1, 3), None), ((1, 3, 6), None),
    ],
)  # fmt: skip
def test_where_files_stand_between_which_some_are_missing(tmp_path, numbers, places):
    for number in numbers:
        tifffile.imwrite(tmp_path / f"t{number:02}_1.tif", noise((4, 4)))
    assert t2v.open_stack(tmp_path).calibration.places == places


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("a.tif", "a"), ("a.ome.tif", "a"), ("a.OME.tiff", "a"), (".ome.tif", ".ome"),
        ("abcdef.tif", "abcdef"), ("a.b.tif", "a.b"), ("x.stk", "x"),
    ],
)  # fmt: skip
def test_stems(name, stem):
    assert source_stem(Path("some") / name) == stem
