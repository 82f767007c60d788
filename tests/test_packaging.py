"""The packages that `scripts/release.py` makes, and the files that services read."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
import yaml
from helpers.video import decoded

import napari_tif2video as t2v

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "scripts"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

for module in (
    "build",
    "check_jsonschema",
    "check_wheel_contents",
    "hatchling",
    "twine",
    "yamllint",
):
    pytest.importorskip(module, reason="needs the dependency group 'packaging'")


@pytest.fixture(scope="module")
def release():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SCRIPTS)
        yield importlib.import_module("release")


@pytest.fixture(scope="module")
def packages(release, tmp_path_factory):
    """The sdist and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    release.build(folder)
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return sdist, wheel


def test_they_are_what_the_registry_takes(release, packages):
    sdist, _ = packages
    release.check(sdist.parent)


def test_the_wheel_has_all_of_the_package_and_nothing_else(packages):
    _, wheel = packages
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
    source = ROOT / "src"
    tracked = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert set(names) == tracked
    assert {"napari_tif2video/py.typed", "napari_tif2video/napari.yaml"} <= set(names)


def test_the_sdist_can_be_tested_and_carries_no_settings_of_services(packages):
    sdist, _ = packages
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "CHANGELOG.md", "tests/conftest.py", "scripts/dev.py"} <= names
    assert [name for name in names if name.startswith(".")] in ([], [".gitignore"])


def test_the_wheel_works_outside_of_the_sources(packages, tmp_path):
    _, wheel = packages
    place, away = tmp_path / "unpacked", tmp_path / "away"
    away.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
    program = (
        f"import sys; sys.path.insert(0, {str(place)!r}); import napari_tif2video as package; "
        "from napari_tif2video.cli import main; code = main(sys.argv[1:]); "
        "print(package.__file__); sys.exit(code)"
    )
    command = [sys.executable, "-I", "-c", program, "--demo", "demo"]
    done = subprocess.run(command, cwd=away, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(place)
    (video,) = away.rglob("*.mp4")
    assert len(decoded(video)) == 36
    (metadata,) = place.glob("*.dist-info/METADATA")
    assert Parser().parsestr(metadata.read_text("utf-8"))["Version"] == t2v.__version__


def test_the_manifest_of_the_plugin_is_valid():
    npe2 = pytest.importorskip("npe2")
    manifest = npe2.PluginManifest.from_file(ROOT / "src/napari_tif2video/napari.yaml")
    assert manifest.name == "napari-tif2video"


FILES = {
    "vendor.github-workflows": sorted(ROOT.glob(".github/workflows/*.yml")),
    "vendor.dependabot": [ROOT / ".github/dependabot.yml"],
    "vendor.github-issue-forms": [
        path for path in ROOT.glob(".github/ISSUE_TEMPLATE/*.yml") if path.stem != "config"
    ],
    "vendor.github-issue-config": [ROOT / ".github/ISSUE_TEMPLATE/config.yml"],
    "vendor.citation-file-format": [ROOT / "CITATION.cff"],
}


@pytest.mark.parametrize("schema", FILES)
def test_services_can_read_their_files(schema):
    if not (ROOT / ".github").exists():
        pytest.skip("an sdist has no settings of services")
    assert FILES[schema]
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
    done = subprocess.run([*command, *map(str, FILES[schema])], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_yaml_is_tidy():
    rules = {"extends": "default", "rules": {"document-start": "disable", "truthy": "disable"}}
    rules["rules"]["line-length"] = {"max": 140}
    rules["rules"]["comments"] = {"min-spaces-from-content": 1}
    files = [*FILES.values(), [ROOT / "packaging/conda-forge/recipe.yaml"]]
    names = [str(path) for group in files for path in group if path.exists()]
    command = [sys.executable, "-m", "yamllint", "--strict", "-d", json.dumps(rules), *names]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_workflow_tests_what_pyproject_promises():
    path = ROOT / ".github/workflows/tests.yml"
    if not path.exists():
        pytest.skip("an sdist has no workflows")
    matrix = yaml.safe_load(path.read_text("utf-8"))["jobs"]["tests"]["strategy"]["matrix"]
    named = re.findall(r"Python :: (3\.\d+)", " ".join(PYPROJECT["project"]["classifiers"]))
    assert matrix["python"] == named
    used = re.findall(r"--group ([a-z]+)", path.read_text("utf-8"))
    assert {*used, *matrix["qt"]} <= set(PYPROJECT["dependency-groups"])


def test_only_a_version_that_everything_says_is_released(release):
    with pytest.raises(SystemExit, match=r"_version\.py: says .*, not 99\.0\.0"):
        release.check_version("99.0.0")


def test_the_version_is_the_same_everywhere():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(r"^version: (.*)$", citation, re.M)[1] == t2v.__version__


def test_the_conda_recipe_asks_for_what_pyproject_asks_for():
    recipe = yaml.safe_load((ROOT / "packaging/conda-forge/recipe.yaml").read_text("utf-8"))
    assert recipe["context"]["version"] == t2v.__version__
    needs = [line.replace(" ", "") for line in recipe["requirements"]["run"]]
    ours = [
        text.replace("dask[array]", "dask-core") for text in PYPROJECT["project"]["dependencies"]
    ]
    assert sorted(needs) == sorted(["python>=${{python_min}}", *ours])
    extra = PYPROJECT["project"]["optional-dependencies"]
    constraints = [line.replace(" ", "") for line in recipe["requirements"]["run_constraints"]]
    assert sorted(constraints) == sorted(extra["napari"] + extra["distributed"])
