"""Which files of a folder are frames, in which order, and which are missing."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise, numbered
from helpers.video import numbers
from hypothesis import given
from hypothesis import strategies as st

import napari_tif2video as t2v
from napari_tif2video.cli.main import main

ORDERED = {
    "plain": ["t1.tif", "t2.tif", "t10.tif", "t100.tif"],
    "number in the middle": ["pos1_t1_w3.tif", "pos1_t2_w3.tif", "pos1_t10_w3.tif"],
    "days, hours, minutes": ["00d05h30m.tif", "00d10h00m.tif", "01d00h05m.tif", "10d00h00m.tif"],
    "zeros in front": ["img_0008.tif", "img_0009.tif", "img_0010.tif", "img_10000.tif"],
    "mixed suffixes": ["t1.TIF", "t2.tiff", "t3.tif", "t10.Tiff", "t11.TIFF"],
    "mixed case": ["Frame1.tif", "frame2.tif", "FRAME3.tif", "frame10.tif"],
    "number first": ["1 a.tif", "2 a.tif", "10 a.tif", "a.tif"],
    "no numbers": ["alpha.tif", "beta.tif", "gamma.tif"],
    "spaces and signs": ["cell (1).tif", "cell (2).tif", "cell (12).tif"],
}


@pytest.mark.parametrize("names", ORDERED.values(), ids=ORDERED)
def test_files_are_in_natural_order(tmp_path, names):
    frames = numbered(len(names))
    pairs = list(zip(names, frames, strict=True))
    random.Random(1).shuffle(pairs)
    for name, frame in pairs:
        tifffile.imwrite(tmp_path / name, frame)
    stack = t2v.open_stack(tmp_path)
    assert stack.labels == names
    np.testing.assert_array_equal(stack.data.compute(), frames)


def test_the_video_is_in_natural_order(tmp_path):
    write_folder(tmp_path / "in", numbered(112))
    video = t2v.convert(tmp_path / "in", tmp_path / "out.mp4", width="full")
    assert numbers(video.path) == list(range(112))


NOT_FRAMES = (
    ".hidden.tif",
    "._t1.tif",
    "t1_thumb.tif",
    "Thumbnail.TIF",
    "t1.tif.bak",
    "t1.png",
    "tif",
    "notes.txt",
    "500px_10fps_video.mp4",
)


@pytest.mark.parametrize("name", NOT_FRAMES)
def test_other_files_are_no_frames(tmp_path, name):
    write_folder(tmp_path, noise((2, 16, 16)))
    (tmp_path / name).write_bytes(b"not an image")
    assert t2v.open_stack(tmp_path).labels == ["t0.tif", "t1.tif"]


def test_names_that_only_sound_like_thumbnails_are_frames(tmp_path):
    names = ["thumbelina1.tif", "thumbelina2.tif"]
    for name in names:
        tifffile.imwrite(tmp_path / name, noise((16, 16)))
    assert t2v.open_stack(tmp_path).labels == names


def test_folders_named_like_images_are_no_frames(tmp_path):
    write_folder(tmp_path, noise((2, 16, 16)))
    (tmp_path / "t5.tif").mkdir()
    assert len(t2v.open_stack(tmp_path)) == 2


def test_converting_twice_gives_the_same_frames(tmp_path):
    write_folder(tmp_path, numbered(3))
    first = t2v.convert(tmp_path)
    second = t2v.convert(tmp_path, width=200)
    assert first.path.parent == second.path.parent == tmp_path
    assert first.frames == second.frames == 3


def test_only_matching_names(tmp_path):
    for channel in range(2):
        write_folder(tmp_path, numbered(4, first=10 * channel), f"t{{}}_C{channel}.tif")
    video = t2v.convert(tmp_path, tmp_path / "o.mp4", match="*_C1*", width="full")
    assert numbers(video.path) == [10, 11, 12, 13]
    with pytest.raises(t2v.SourceError, match=r"'\*_C7\*'"):
        t2v.open_stack(tmp_path, match="*_C7*")


@given(
    st.lists(st.integers(0, 10**12), min_size=2, max_size=20, unique=True),
    st.sampled_from(["", "a", "3x", "pos12_", "00d"]),
    st.sampled_from(["", "_", "h07", " end"]),
    st.integers(0, 4),
    st.randoms(),
)
def test_numbers_in_names_count_as_numbers(values, before, after, padding, rng):
    before += "-" if before[-1:].isdigit() else ""
    names = {value: f"{before}{value:0{padding}}{after}.tif" for value in values}
    shuffled = list(names.values())
    rng.shuffle(shuffled)
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / names[min(values)]
        for name in shuffled:
            (Path(folder) / name).touch()
        tifffile.imwrite(image, np.zeros((2, 2), np.uint16))
        assert t2v.open_stack(folder).labels == [names[value] for value in sorted(values)]


def planned(folder, capsys):
    assert main([str(folder), "--dry-run", "--json"]) == 0
    (source,) = json.loads(capsys.readouterr().out)["sources"]
    return source


@pytest.mark.parametrize(
    ("names", "missing", "first"),
    [
        ("t1 t2 t4 t5", 1, "t3"),
        ("t001 t002 t009 t010", 6, "t003"),
        ("t8 t9 t12 t13", 2, "t10"),
        ("t1 t3 t4 t5", 1, "t2"),
        ("a_5_x a_10_x a_25_x a_30_x", 2, "a_15_x"),
        ("t1 t2 t3", 0, None),
        ("t0 t5 t10", 0, None),
        ("t1", 0, None),
    ],
)
def test_gaps_in_the_numbering(tmp_path, capsys, names, missing, first):
    for name in names.split():
        tifffile.imwrite(tmp_path / f"{name}.tif", noise((8, 8)))
    gaps = planned(tmp_path, capsys)["gaps"]
    if missing:
        assert gaps == {"missing": missing, "first_missing": f"{first}.tif"}
    else:
        assert gaps is None


def test_gaps_in_days_hours_and_minutes_are_not_guessed(tmp_path, capsys):
    for name in ("00d00h00m", "00d00h30m", "00d01h00m", "01d00h00m"):
        tifffile.imwrite(tmp_path / f"{name}.tif", noise((8, 8)))
    assert planned(tmp_path, capsys)["gaps"] is None


@pytest.mark.parametrize("padding", [0, 4])
def test_every_missing_number_is_counted(tmp_path, capsys, padding):
    rng = random.Random(padding)
    for case in range(10):
        numbers_ = range(case, case + 25)
        inner = list(numbers_)[2:-2]
        gone = sorted(rng.sample(inner, 3))
        folder = tmp_path / str(case)
        folder.mkdir()
        for number in set(numbers_) - set(gone):
            tifffile.imwrite(folder / f"c1_{number:0{padding}}_z.tif", noise((4, 4)))
        expected = {"missing": 3, "first_missing": f"c1_{gone[0]:0{padding}}_z.tif"}
        assert planned(folder, capsys)["gaps"] == expected
