"""The README is short, speaks plainly, and leads to what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from blocks import BLOCK
from helpers.pages import DOCS, PAGES, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def sentences():
    """Those of the prose: without code, tables, pictures and the targets of links."""
    prose = BLOCK.sub("", README)
    prose = re.sub(r"^(\||#|!\[).*$", "", prose, flags=re.M)
    prose = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", prose)
    for paragraph in re.split(r"\n\s*\n|^- ", prose, flags=re.M):
        yield from re.split(r"(?<=[.!?:])\s+", " ".join(paragraph.split()))


def test_it_is_read_to_the_end():
    assert len(README.splitlines()) <= 150
    long = [sentence for sentence in sentences() if len(sentence.split()) > 30]
    assert long == []
    assert len(list(sentences())) > 25


def test_napari_comes_first():
    assert README.index("### The window") < README.index("### The command line")
    assert README.index("window.gif") < README.index("## Install")


def test_the_moving_picture_moves_and_is_small():
    import av

    picture = DOCS / "images" / "window.gif"
    assert picture.stat().st_size < 2_000_000
    with av.open(str(picture)) as container:
        frames = list(container.decode(video=0))
        assert "napari-tif2video" in container.metadata["comment"]
    assert len(frames) >= 12


def test_figures_are_those_of_the_page_on_performance():
    """Seconds of the table in the README, in the order of its columns."""
    there = (DOCS / "performance.md").read_text("utf-8")
    rows = re.findall(r"^\| (500|1000) × (\d+)², (local|global) \| (.*) \|$", there, re.M)
    told = [
        (frames, size, rule, [re.match(r"[\d.]+", cell)[0] for cell in cells.split(" | ")])
        for frames, size, rule, cells in rows
        if "s | " in cells and "=" in cells
    ]
    rows = re.findall(r"^\| (500|1000) of (\d+)², (each|one).*? \| (.*) \|$", README, re.M)
    assert len(rows) == len(told) == 4
    for (frames, size, rule, cells), (*there, (ours, pillow, same, plain)) in zip(
        rows, told, strict=True
    ):
        assert [frames, size, {"each": "local", "one": "global"}[rule]] == there
        assert cells.replace("*", "").split(" | ") == [ours, same, plain, pillow], "README.md"


@pytest.mark.parametrize("name", PAGES)
def test_links_to_files_lead_to_files(name):
    """Also where no site is built; links within the site are checked when it is built."""
    text = BLOCK.sub("", PAGES[name].read_text("utf-8"))
    for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text):
        assert (PAGES[name].parent / target).exists(), target


def long_description(urls):
    core = pytest.importorskip("hatchling.metadata.core")
    manager = pytest.importorskip("hatchling.plugin.manager")
    metadata = core.ProjectMetadata(str(ROOT), manager.PluginManager())
    metadata.config["project"].update(urls)
    return metadata.core.readme, metadata.version


def test_the_long_description_is_the_readme():
    text, _ = long_description({})
    assert text == README


def test_a_declared_repository_makes_its_links_absolute():
    """Pictures to the bytes themselves, links to pages; what was absolute or an anchor stays."""
    text, version = long_description({"urls": {"Repository": "https://example.org/us/it/"}})
    picture = f"](https://example.org/us/it/raw/v{version}/docs/images/window.gif)"
    assert picture in text
    assert f"](https://example.org/us/it/blob/v{version}/docs/tutorial.md)" in text
    assert re.findall(r"\]\((?!https://)([^)]+)\)", text) == []
    for target in re.findall(r"\]\(https://example\.org/us/it/\w+/v[^/]+/([^)]+)\)", text):
        assert Path(ROOT, target).exists()
    assert re.sub(r"https://example\.org/us/it/\w+/v[^/]+/", "", text) == README


def test_no_page_is_as_it_was_said():
    """Pages tell and show; they do not have things said."""
    for name, path in PAGES.items():
        if name != "CHANGELOG.md":
            found = re.findall(r".*\b(?:is|are|was|were|be) said\b.*", path.read_text("utf-8"))
            assert found == [], name
