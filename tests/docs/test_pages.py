"""Every command and every block of Python on the pages works, on real cells."""

from __future__ import annotations

import ast
import importlib
import os
import re
import shutil
import sys
import tomllib
import types
from collections import Counter
from pathlib import Path

import av
import example_data
import pytest
from helpers.pages import BLOCKS, PAGES, ROOT, needing

from napari_tif2video.cli.options import build_parser
from napari_tif2video.settings import SETTINGS

GALLERY = "docs/gallery.md"  # has a test of its own, with other data
VIDEOS = {".mp4", ".mkv", ".mov", ".webm", ".gif"}
RUNNING = [
    name
    for name, blocks in BLOCKS.items()
    if name != GALLERY and any(b.language in ("shell", "python") and not b.needs for b in blocks)
]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return example_data.write(tmp_path_factory.mktemp("data"))


@pytest.fixture
def place(data, tmp_path, monkeypatch):
    """A folder with the data of the examples, in which a reader would be."""
    shutil.copytree(data, tmp_path, dirs_exist_ok=True, copy_function=os.link)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_is_nothing_else_to_run():
    """All blocks are fenced, in a language that is run or shown, and few need what is not here."""
    languages = {block.language for blocks in BLOCKS.values() for block in blocks}
    directives = {language for language in languages if language.startswith("{")}
    assert languages - directives == {"shell", "python", "output", "text"}
    assert {word.split()[0] for word in directives} == {
        "{toctree}", "{movie}", "{include}", "{eval-rst}",
    }  # fmt: skip
    for name, path in PAGES.items():
        text = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.M | re.S)
        assert not re.search(r"^ +(tif2video|python3|pip|import|from) ", text, re.M), name
        assert "```" not in text, name
    # Another one has to be looked at by one of the tests below.
    needs = Counter(block.needs for blocks in BLOCKS.values() for block in blocks if block.needs)
    assert needs == {"network": 7, "screen": 3, "cluster": 5, "checkout": 3}


@pytest.mark.parametrize("name", RUNNING)
def test_page(name, place, cli):
    """Its blocks one after the other, as somebody does who reads it."""
    names = {}
    output = ""
    for block in BLOCKS[name]:
        where = f"{name}, line {block.line}"
        if block.needs:
            continue
        if block.language == "shell":
            output = "".join(run(words, place, cli, where) for words in block.commands)
        elif block.language == "output":
            for line in block.text.splitlines():
                assert line in output, where
        elif block.language == "python":
            exec(compile("\n" * block.line + block.text, PAGES[name], "exec"), names)
    for video in sorted(place.rglob("*")):
        if video.suffix in VIDEOS:
            with av.open(str(video)) as container:
                assert next(container.decode(video=0)), video


def run(words, place, cli, where):
    """A command, with what it writes; it makes a video unless it only looks."""
    command, *arguments = words
    assert command == "tif2video", where
    before = set(place.rglob("*"))
    ended = cli(*arguments)
    assert ended.code == 0, (where, ended.err)
    made = [path for path in set(place.rglob("*")) - before if path.suffix in VIDEOS]
    if {"--inspect", "--dry-run", "--version"} & set(arguments):
        assert (bool(ended.out), made) == (True, []), where
    elif not {"--overwrite", "--skip-existing"} & set(arguments):
        assert made, where
    if "-o" in arguments:
        assert Path(arguments[arguments.index("-o") + 1]).exists() or not made, where
    return ended.out + ended.err


def test_a_batch_has_a_video_of_each_source_and_the_library_the_same(place, cli):
    """What the README shows gives what it tells."""
    first, second = BLOCKS["README.md"][2:4]
    for words in first.commands:
        run(words, place, cli, "README.md")
    names = [f"pos{number}_500px_10fps_batch_norm_video.mp4" for number in (1, 2, 7)]
    assert sorted(path.name for path in (place / "videos").iterdir()) == names
    assert "merged" in second.commands[0] or second.commands[0][1] == "cells.ome.tif"


def test_what_fiji_calls_otherwise_is_called_so_here():
    """Each option of the table exists, and its row in the dock has that name."""
    page = PAGES["docs/howto/fiji.md"].read_text("utf-8")
    rows = re.findall(r"^\| .*? \| (`--.*?) \| (.*?) \|$", page, re.M)
    assert len(rows) > 15
    for options, titles in rows:
        names = [word[2:].replace("-", "_") for word in re.findall(r"--[a-z-]+", options)]
        assert [SETTINGS[name].title for name in names] == titles.split(", "), options


@pytest.mark.parametrize("block", needing("network").values(), ids=needing("network"))
def test_what_is_installed_is_there_to_install(block):
    """Extras are declared; the commands of a fresh machine are those that the script knows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    commands = block.commands
    for words in commands:
        if words[:2] == ["pip", "install"]:
            found = re.fullmatch(r"(\.|napari-tif2video)(?:\[(\w+)\])?", words[2])
            assert found, words
            assert found[2] is None or found[2] in project["optional-dependencies"]
        else:
            assert words[:2] == ["python3", "scripts/dev.py"]
    if commands[0][0] == "python3":
        assert [words[2:] for words in commands] == [["demo"], ["test"]]
        script = ROOT / ".ci" / "run"
        if script.exists():  # an sdist has none
            last = script.read_text("utf-8").splitlines()[-1]
            assert last == "exec python3 scripts/dev.py test"


@pytest.mark.parametrize("block", needing("checkout").values(), ids=needing("checkout"))
def test_commands_for_developers_name_files_that_exist(block):
    for words in block.commands:
        for word in words:
            if "/" in word and not word.startswith((".venv", "dist/")):
                assert (ROOT / word).exists(), words
            if word in ("demo", "test") and "scripts/dev.py" in words:
                assert f"dev.py {word}" in (ROOT / "scripts" / "dev.py").read_text("utf-8")


CLUSTER = needing("cluster")


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    options = {"protocol": "tcp://", "host": "127.0.0.1", "dashboard_address": ":0"}
    with distributed.LocalCluster(n_workers=1, processes=False, **options) as made:
        yield made


@pytest.fixture
def queue(cluster, monkeypatch):
    """Clusters that a queue would start, by one that is here; it takes what the page gives."""
    asked = []

    class Queue(type(cluster)):
        def __new__(cls, **options):
            asked.append(options)
            return cluster

        def __init__(self, **options):
            pass

    monkeypatch.setattr(type(cluster), "scale", lambda self, jobs: asked.append(jobs))
    for name, class_ in [
        ("dask_jobqueue", "SLURMCluster"),
        ("dask_kubernetes", ""),
        ("dask_kubernetes.operator", "KubeCluster"),
    ]:
        module = types.ModuleType(name)
        setattr(module, class_ or "operator", Queue)
        monkeypatch.setitem(sys.modules, name, module)
    return asked


@pytest.mark.parametrize("block", CLUSTER.values(), ids=CLUSTER)
def test_blocks_for_a_cluster_work_on_one_of_this_machine(block, place, cli, cluster, queue):
    address = "tcp://10.0.0.1:8786"
    if block.language == "python":
        exec(block.text.replace(address, cluster.scheduler_address), names := {})
        assert queue or names["videos"][0].status == "ok"
        for value in names.values():
            if type(value).__name__ == "Client":
                value.close()
        return
    for words in block.commands:
        if words[0] == "tif2video":
            words = [cluster.scheduler_address if word == address else word for word in words]
            assert run(words, place, cli, "cluster")
        else:  # dask's own: its options are those that dask knows
            _, name, *arguments = words
            (place / "machines.txt").touch()
            main = importlib.import_module(f"distributed.cli.dask_{name}").main
            assert main.make_context(f"dask {name}", arguments)


def test_blocks_for_a_screen_are_python_or_open_the_window():
    """They are run with the tests of the window."""
    for block in needing("screen").values():
        if block.language == "python":
            assert ast.parse(block.text).body
        else:
            assert block.commands == [["tif2video"]]
            assert build_parser().parse_args([]).source == []
