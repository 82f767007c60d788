"""Pipes, sockets, devices and links to nowhere with the name of an image: refused at once."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from helpers.files import write_folder
from helpers.frames import numbered
from helpers.process import measured

import napari_tif2video as t2v

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs special files of Unix")


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(path.parent)  # the path of a socket must be short
        try:
            listening.bind(path.name)
        finally:
            os.chdir(here)


MAKE = {
    "pipe": os.mkfifo,
    "socket": make_socket,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "link to nowhere": lambda path: path.symlink_to("nowhere.tif"),
}


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
def test_as_a_source(tmp_path, make):
    path = tmp_path / "x.tif"
    make(path)
    ended = measured(path, "--quiet")  # which waits for a minute, if need be
    assert ended.code == 1
    (line,) = ended.err.splitlines()
    assert str(path) in line
    assert "unexpected" not in line


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
@pytest.mark.parametrize("name", ["t0.tif", "t2.tif"])
def test_in_a_folder(tmp_path, make, name):
    folder = write_folder(tmp_path / "pos", numbered(4))
    (folder / name).unlink()
    make(folder / name)
    ended = measured(folder, "--quiet")
    assert ended.code == 1
    (line,) = ended.err.splitlines()
    assert name in line
    assert not list(tmp_path.rglob("*.mp4"))
    assert measured(folder, "--match", "t[13].tif", "--quiet").code == 0


@pytest.mark.parametrize("make", [MAKE["pipe"], MAKE["device"]])
def test_in_place_of_a_file_that_was_there(tmp_path, make):
    stack = t2v.open_stack(write_folder(tmp_path / "pos", numbered(4)))
    (tmp_path / "pos" / "t2.tif").unlink()
    make(tmp_path / "pos" / "t2.tif")
    with pytest.raises(t2v.SourceError, match=r"t2\.tif"):
        t2v.convert(stack, tmp_path / "o.mp4")


def test_a_folder_with_the_name_of_an_image_is_no_frame(tmp_path):
    folder = write_folder(tmp_path / "pos", numbered(2))
    (folder / "t2.tif").mkdir()
    assert len(t2v.open_stack(folder)) == 2
