"""What is imported when, in fresh processes: short jobs must not wait for what they do not use."""

from __future__ import annotations

import ast
import graphlib
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from helpers.files import write_folder
from helpers.frames import numbered

import napari_tif2video

SLOW = (
    "numpy",
    "cmap",
    "PIL",
    "av",
    "dask",
    "tifffile",
    "psutil",
    "napari",
    "qtpy",
    "vispy",
    "scipy",
    "pandas",
)


@pytest.fixture
def loaded(tmp_path):
    """Run Python code, and return which modules it loaded.

    Packages that may not be installed are put in its way, so that an attempt to load one shows.
    """
    for name in ("napari", "qtpy", "vispy", "scipy", "pandas", "distributed", "matplotlib"):
        (tmp_path / "decoys" / name).mkdir(parents=True)
        (tmp_path / "decoys" / name / "__init__.py").touch()

    def run(code, *argv):
        code += "\nimport sys; print('LOADED', *sys.modules)"
        path = os.pathsep.join([str(tmp_path / "decoys"), os.environ.get("PYTHONPATH", "")])
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, argv)],
            env=os.environ | {"PYTHONPATH": path},
            capture_output=True,
            check=True,
            text=True,
        )
        return set(done.stdout.split("LOADED", 1)[1].split())

    return run


def test_importing_the_package_loads_nothing_slow(loaded):
    assert loaded("import napari_tif2video").isdisjoint(SLOW)


@pytest.mark.parametrize("option", ["--help", "--help-all", "--version", "--width=5 folder"])
def test_help_and_usage_errors_load_nothing_slow(loaded, option):
    code = f"import napari_tif2video.cli as c; c.main({option.split()!r})"
    assert loaded(code).isdisjoint(SLOW)


def test_the_program_itself_loads_nothing_slow_for_help():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "napari_tif2video", "--help"],
        capture_output=True,
        check=True,
        text=True,
    )
    modules = {line.rsplit("|", 1)[1].strip() for line in done.stderr.splitlines() if "|" in line}
    assert "argparse" in modules  # else nothing was listed at all
    assert modules.isdisjoint(SLOW)
    assert "--width" in done.stdout


GUI = {"napari", "qtpy", "vispy", "PyQt6", "PyQt5", "PySide6"}


@pytest.mark.parametrize("options", [[], ["--contrast", "batch", "--anchor", "--workers", "2"]])
def test_converting_files_needs_no_gui_and_no_dask_array(loaded, tmp_path, options):
    folder = write_folder(tmp_path / "pos", numbered(3))
    code = "import sys, napari_tif2video.cli as c; assert c.main(sys.argv[1:]) == 0"
    modules = loaded(code, folder, *options)
    assert list(folder.glob("*.mp4"))
    assert "napari_tif2video.pipeline.tasks" in modules
    unused = {"dask.array", "scipy", "pandas", "distributed", "matplotlib", "PIL"}
    assert modules.isdisjoint(GUI | unused)


def test_the_python_interface_needs_no_gui(loaded, tmp_path):
    folder = write_folder(tmp_path / "pos", numbered(3))
    code = """
import sys
import napari_tif2video as t2v
t2v.convert(t2v.open_stack(sys.argv[1]))
t2v.render_frame(sys.argv[1], 0)
assert "dask.array" not in sys.modules
t2v.open_stack(sys.argv[1]).data
"""
    assert loaded(code, folder).isdisjoint(GUI)


ORDERS = ["render_frame convert open_stack", "convert_batch render_frame", "Stack Video convert"]


@pytest.mark.parametrize("names", ORDERS)
def test_public_names_stay_what_they_are_whatever_is_used_first(loaded, names):
    """A submodule of the same name must not take the place of a function."""
    code = f"""
import napari_tif2video as t2v
for name in {names.split()!r} * 2:
    assert callable(getattr(t2v, name)), name
from napari_tif2video import *
for name in t2v.__all__:
    assert name == "__version__" or callable(getattr(t2v, name)), name
"""
    loaded(code)


# A package imports only from those in the lines above its own.
ORDER = [
    {"errors", "_version"},
    {"units", "geometry", "colours", "paths"},
    {"recipe", "overlays"},
    {"settings"},
    {"data", "encode"},
    {"drawings"},
    {"picture"},
    {"planning"},
    {"pipeline"},
    {"videos"},
    {"sample"},
    {"_napari"},
    {"cli"},
    {"__main__", "__init__"},
]
ROOT = Path(napari_tif2video.__file__).parent
MODULES = {
    (*path.relative_to(ROOT).parent.parts, *([] if path.stem == "__init__" else [path.stem])): path
    for path in ROOT.rglob("*.py")
    if path.parent != ROOT or path.stem != "__init__"
}


@cache
def offered_by(package):
    """What the `__all__` of a package names; nothing for a module."""
    path = MODULES.get(package)
    if path is None or path.stem != "__init__":
        return ()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "__all__":
            return ast.literal_eval(node.value)
    return ()


def imports_of(module):
    """What a module imports from this package, for types too: (module or package, name) pairs."""
    path = MODULES[module]
    package = path.parent.relative_to(ROOT).parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            start = package[: len(package) - node.level + 1]
            for alias in node.names:
                whole = (*start, *(node.module or "").split(".")) if node.module else start
                is_module = (*whole, alias.name) in MODULES and alias.name not in offered_by(whole)
                yield ((*whole, alias.name), None) if is_module else (whole, alias.name)


def test_packages_import_only_from_those_below_them():
    place = {name: number for number, names in enumerate(ORDER) for name in names}
    for module in MODULES:
        for target, _ in imports_of(module):
            if target and target[0] != module[0] and {module[0], target[0]} <= place.keys():
                low, high = ".".join(target), ".".join(module)
                assert place[target[0]] < place[module[0]], f"{high} imports {low}"


def test_packages_talk_through_the_names_they_offer():
    """Another package is imported from as a whole, and only what its `__all__` names."""
    for module in MODULES:
        for target, name in imports_of(module):
            path = MODULES.get(target[:1])
            if target and target[0] != module[0] and path.stem == "__init__":
                assert len(target) == 1, f"{'.'.join(module)} looks into {'.'.join(target)}"
                offered = offered_by(target)
                assert name in offered, f"{'.'.join(module)} takes {name} from {target[0]}"


def test_modules_import_without_circles():
    """`graphlib` names a circle, if there is one; what a package offers counts as itself."""
    graph = {module: {target for target, _ in imports_of(module) if target} for module in MODULES}
    assert graph["recipe", "files"] >= {("recipe", "recipe")}  # else nothing was found at all
    tuple(graphlib.TopologicalSorter(graph).static_order())


def test_the_window_says_what_is_missing(tmp_path):
    """As for a new user, who has only installed the package, or has no screen."""
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['napari'] = None\n")
    said = {}
    for screen in ("", ":0"):
        done = subprocess.run(
            [sys.executable, "-m", "napari_tif2video"],
            capture_output=True,
            text=True,
            env={
                **{k: v for k, v in os.environ.items() if k != "QT_QPA_PLATFORM"},
                "PYTHONPATH": str(tmp_path),
                "DISPLAY": screen,
                "WAYLAND_DISPLAY": "",
            },
        )
        assert done.returncode == 2
        (said[screen],) = done.stderr.splitlines()
    assert "napari is not installed" in said[":0"]
    assert "napari-tif2video[all]" in said[":0"]
    assert ("no screen" in said[""]) == (sys.platform == "linux")
