"""Files that change while they are read, and folders into which a microscope still writes."""

from __future__ import annotations

import os
import struct
import time

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder, write_pages
from helpers.frames import noise, numbered
from helpers.video import numbers

import napari_tif2video as t2v

# The run would take so long that the change comes in time on any machine; it ends with the error.
SLOWLY = {"workers": 1, "width": 1000}


def rewrite(path):
    """Other pixels in place, as a program that saves again writes them."""
    content = bytearray(path.read_bytes())
    content[-2000:] = bytes(2000)
    with open(path, "r+b") as file:
        file.write(content)


STACKS = {
    "one run": lambda path, frames: tifffile.imwrite(path, frames, photometric="minisblack"),
    "pages": lambda path, frames: write_pages(path, frames, compression="zlib"),
}


@pytest.mark.parametrize("write", STACKS.values(), ids=STACKS)
def test_a_stack_that_changes_during_the_run_fails(tmp_path, write):
    path, out = tmp_path / "s.tif", tmp_path / "o.mp4"
    write(path, noise((800, 100, 100)))
    changed = []

    def change(progress):
        if not changed and progress.done:
            changed.append(rewrite(path))

    with pytest.raises(t2v.SourceError, match=r"s\.tif: was changed while it was read"):
        t2v.convert(path, out, progress=change, **SLOWLY)
    assert changed
    assert not out.exists()


def test_a_stack_that_changed_since_it_was_opened_fails(tmp_path):
    path = tmp_path / "s.tif"
    tifffile.imwrite(path, noise((5, 100, 100)), photometric="minisblack")
    stack = t2v.open_stack(path)
    time.sleep(0.02)  # file systems tell times apart by some milliseconds
    rewrite(path)
    with pytest.raises(t2v.SourceError, match="was changed"):
        t2v.convert(stack, tmp_path / "o.mp4")
    assert t2v.convert(path, tmp_path / "o.mp4").frames == 5


def half_written(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def half_zero(path):
    frame = tifffile.imread(path)
    frame[len(frame) // 2 :] = 0
    tifffile.imwrite(path, frame)


UNFINISHED = {
    "cut": half_written,
    "empty": lambda path: path.write_bytes(b""),
    "zeros": half_zero,
    "only room": lambda path: path.write_bytes(bytes(path.stat().st_size)),
}


@pytest.mark.parametrize("unfinish", UNFINISHED.values(), ids=UNFINISHED)
def test_frames_that_are_being_written_are_left_out_and_it_is_said(tmp_path, cli, unfinish):
    folder = write_folder(tmp_path / "pos", numbered(12))
    for number in (10, 11):
        unfinish(folder / f"t{number}.tif")
    ended = cli(folder, "--width", "full", "-o", tmp_path / "o.mp4")
    assert ended.code == 0
    assert "10 of 12 frames; acquisition seems to be running" in ended.err
    assert numbers(tmp_path / "o.mp4") == list(range(10))


@pytest.mark.parametrize(("lacking", "code"), [(8, 0), (9, 1)])
def test_no_more_are_left_out_than_a_camera_has_under_way(tmp_path, cli, lacking, code):
    folder = write_folder(tmp_path / "pos", numbered(20), name="t{:02}.tif")
    for number in range(20 - lacking, 20):
        half_written(folder / f"t{number:02}.tif")
    ended = cli(folder, "--quiet", "--json")
    assert ended.code == code
    assert ("acquisition" in ended.out) == (not code)


@pytest.mark.parametrize("unfinish", UNFINISHED.values(), ids=UNFINISHED)
def test_what_is_older_is_shown_or_an_error(tmp_path, cli, unfinish):
    folder = write_folder(tmp_path / "pos", numbered(4))
    unfinish(folder / "t3.tif")
    minutes_ago = time.time() - 100
    os.utime(folder / "t3.tif", (minutes_ago, minutes_ago))
    ended = cli(folder, "--quiet", "-o", tmp_path / "o.mp4", "--json")
    assert "acquisition" not in ended.out
    assert ended.code == (0 if unfinish is half_zero else 1)


def test_only_the_last_frames_are_left_out(tmp_path, cli):
    folder = write_folder(tmp_path / "pos", numbered(6))
    half_written(folder / "t2.tif")
    ended = cli(folder, "--quiet")
    assert ended.code == 1
    assert "t2.tif" in ended.error_line


def test_frames_that_end_black_like_those_before_are_shown(tmp_path):
    frames = noise((4, 60, 80))
    frames[:, 20:] = 0
    assert len(t2v.open_stack(write_folder(tmp_path / "pos", frames))) == 4


def test_a_file_of_several_planes_may_begin_with_one_that_ends_black(tmp_path):
    """A first slice below the sample: the next one is there, so the file is complete."""
    for number, frame in enumerate(numbered(3)):
        slices = np.stack([frame] * 2)
        slices[0, 20:] *= number < 2
        path = tmp_path / f"t{number}.tif"
        tifffile.imwrite(path, slices, compression="zlib", photometric="minisblack")
    assert len(t2v.open_stack(tmp_path).data) == 3


def written(path, frame, **how):
    tifffile.imwrite(path, frame, photometric="minisblack", metadata=None, **how)


def with_directory_behind(path, photometric):
    """A file as cameras stream them: header, pixels, directory."""
    frame = numbered(1, first=9)[0]
    height, width = frame.shape
    tags = [(256, 4, width), (257, 4, height), (258, 3, 16), (259, 3, 1), (262, 3, photometric)]
    tags += [(273, 4, 8), (277, 3, 1), (278, 4, height), (279, 4, frame.nbytes)]
    directory = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    head = struct.pack("<2sHI", b"II", 42, 8 + frame.nbytes)
    path.write_bytes(head + frame.tobytes() + struct.pack("<H", len(tags)) + directory + bytes(4))
    return frame


def replaced(how):
    def replace(path):
        frame = numbered(1, first=9)[0]
        written(path, frame, **how)
        return frame

    return replace


def behind(photometric):
    return lambda path: with_directory_behind(path, photometric)


REPLACED = {
    "as the others": (replaced({}), replaced({})),
    "big-endian": (replaced({}), replaced({"byteorder": ">"})),
    "compressed": (replaced({}), replaced({"compression": "zlib"})),
    "with a note": (replaced({}), replaced({"description": "a long note " * 9})),
    "in strips": (replaced({}), replaced({"rowsperstrip": 7})),
    "directory behind": (behind(1), behind(1)),
}


@pytest.mark.parametrize("kind", REPLACED)
def test_a_file_of_a_folder_that_is_replaced_after_opening_is_read_as_what_it_is(tmp_path, kind):
    first, then = REPLACED[kind]
    folder = tmp_path / "pos"
    folder.mkdir()
    for number in range(3):
        first(folder / f"t{number}.tif")
    stack = t2v.open_stack(folder)
    expected = then(folder / "t1.tif")
    np.testing.assert_array_equal(np.asarray(stack.data[1]), expected)


@pytest.mark.parametrize("zero_is", ["white", "black"])
def test_a_file_of_a_folder_whose_counts_become_another_thing_is_refused(tmp_path, zero_is):
    """Nothing but one number behind the pixels tells."""
    folder = tmp_path / "pos"
    folder.mkdir()
    for number in range(3):
        with_directory_behind(folder / f"t{number}.tif", zero_is == "white")
    stack = t2v.open_stack(folder)
    with_directory_behind(folder / "t1.tif", zero_is == "black")
    with pytest.raises(t2v.SourceError, match=r"t1\.tif: .*all frames must be alike"):
        np.asarray(stack.data[1])


def test_a_file_of_a_folder_that_is_gone_or_cut_after_opening_is_named(tmp_path):
    folder = write_folder(tmp_path / "pos", numbered(4))
    stack = t2v.open_stack(folder)
    (folder / "t0.tif").unlink()
    (folder / "t1.tif").unlink()
    (folder / "t1.tif").mkdir()
    half_written(folder / "t2.tif")
    for number, said in enumerate(["does not exist", "is no file", "needs "]):
        with pytest.raises(t2v.SourceError, match=rf"t{number}\.tif: .*{said}"):
            np.asarray(stack.data[number])
