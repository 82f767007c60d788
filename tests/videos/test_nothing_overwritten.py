"""What is read is never written over: refused before any work, whatever way leads to the file."""

from __future__ import annotations

import json
import os

import pytest
import tifffile
from helpers.files import everything_in, write_folder
from helpers.frames import numbered

import napari_tif2video as t2v


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "frames", numbered(3))


@pytest.fixture
def refused(tmp_path, cli):
    """Run a call that is to be refused, in one line with this word, and to change no file."""

    def run(*argv, says, add=()):
        before = everything_in(tmp_path)
        ended = cli(*argv, *add)
        assert ended.code == 2
        assert str(says) in ended.error_line
        assert everything_in(tmp_path) == before

    return run


@pytest.mark.parametrize("add", [(), ("--overwrite",), ("--dry-run",)])
def test_a_report_is_no_image_of_a_source(folder, refused, add):
    refused(folder, "--report", folder / "t2.tif", says="t2.tif", add=add)


def test_a_report_is_no_image_beside_a_stack(tmp_path, refused):
    for name in ("a.tif", "b.tif"):
        tifffile.imwrite(tmp_path / name, numbered(3), photometric="minisblack")
    refused(tmp_path / "a.tif", "--report", tmp_path / "a.tif", says="a.tif")
    refused(tmp_path / "a.tif", "--report", tmp_path / "b.tif", says="b.tif")


@pytest.mark.parametrize("link", [os.symlink, os.link])
@pytest.mark.parametrize("option", ["--report", "-o"])
def test_no_link_leads_to_an_image(folder, tmp_path, refused, link, option):
    name = tmp_path / "o.mp4"
    link(folder / "t1.tif", name)
    refused(folder, "--overwrite", option, name, says=name)


def test_images_that_are_links_are_safe_too(folder, tmp_path, refused):
    store = tmp_path / "store.bin"
    (folder / "t1.tif").rename(store)
    (folder / "t1.tif").symlink_to(store)
    refused(folder, "--report", store, says=store)


def test_a_sidecar_is_not_the_settings_file(folder, tmp_path, refused):
    settings = tmp_path / "s.json"
    t2v.VideoSettings(width=120).save(settings)
    out = ("--settings", settings, "-o", tmp_path / "s.mp4", "--sidecar")
    refused(folder, *out, says=settings)
    refused(folder, *out, "--overwrite", says=settings)
    refused(folder, "--settings", settings, "--report", settings, says=settings)


def test_a_video_is_not_that_with_the_settings(folder, tmp_path, refused, cli):
    old = tmp_path / "old.mp4"
    t2v.convert(folder, old, width=120)
    refused(folder, "--settings", old, "-o", old, "--overwrite", says=old)
    # It is left as it is here, which is how a folder of videos is completed.
    assert cli(folder, "--settings", old, "-o", old, "--skip-existing").code == 0


def test_a_report_is_not_an_output(folder, tmp_path, refused):
    name = tmp_path / "x.mp4"
    refused(folder, "--report", name, "-o", name, says=name)
    refused(folder, "--report", tmp_path / "x.json", "-o", name, "--sidecar", says="x.json")
    (tmp_path / "report.csv").symlink_to(name)
    refused(folder, "--report", tmp_path / "report.csv", "-o", name, says="report.csv")


def test_rows_are_added_to_reports_only(folder, tmp_path, refused, cli):
    thesis = tmp_path / "thesis.tex"
    thesis.write_text("\\documentclass{book}\n")
    refused(folder, "--report", thesis, says=thesis)


def test_what_is_allowed_still_works(folder, tmp_path, cli):
    report, out = folder / "r.csv", folder / "o.mp4"
    settings = tmp_path / "o.json"
    settings.write_text(json.dumps({"width": 120}))
    for _ in range(2):
        options = ("--settings", settings, "--report", report, "--sidecar", "--overwrite")
        assert cli(folder, "-o", out, *options).code == 0
    assert len(report.read_text().splitlines()) == 3
