#!/usr/bin/env python3
"""Build the wheel and the sdist into dist/, and check them as a user would get them.

python -m pip install --group packaging
python scripts/release.py            # at any time
python scripts/release.py v0.1.0     # and that everything says this version, as for a release
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"


def main(tag: str = "") -> None:
    if tag:
        check_version(tag.removeprefix("v"))
    for old in DIST.glob("napari_tif2video-*"):
        old.unlink()
    build(DIST)
    check(DIST)
    (wheel,) = DIST.glob("*.whl")
    with tempfile.TemporaryDirectory() as folder:
        use(wheel, Path(folder))
    print(f"==> {', '.join(path.name for path in sorted(DIST.iterdir()))}: ready")


def check_version(version: str) -> None:
    """Exit where a file says another version, or where the changelog has none of that name."""
    for name, pattern in {
        "src/napari_tif2video/_version.py": r'^__version__ = "(.+)"$',
        "CITATION.cff": r"^version: (.+)$",
        "CHANGELOG.md": r"^## \[(\d.*)\] - \d{4}-\d\d-\d\d$",  # the first, which is the newest
    }.items():
        found = re.search(pattern, (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
        if found is None or found[1] != version:
            sys.exit(f"{name}: says {found[1] if found else 'no version'}, not {version}")


def build(folder: Path) -> None:
    """The sdist and the wheel; the wheel is built from the sdist, as others would do it."""
    run("build", "--no-isolation", "--outdir", str(folder), str(ROOT))


def check(folder: Path) -> None:
    packages = [str(path) for path in folder.iterdir()]
    run("twine", "check", "--strict", *packages)
    run("check_wheel_contents", *(path for path in packages if path.endswith(".whl")))


def use(wheel: Path, folder: Path) -> None:
    """Install the wheel into an empty environment, and use it away from the sources."""
    print("==> Installing the wheel into an empty environment")
    venv.create(folder / "new", with_pip=True)
    bin_ = folder / "new" / ("Scripts" if sys.platform == "win32" else "bin")
    for command in (
        [bin_ / "python", "-m", "pip", "install", "--quiet", wheel, "npe2"],
        [bin_ / "npe2", "validate", "napari-tif2video"],
        [bin_ / "tif2video", "--version"],
        [bin_ / "tif2video", "--demo", "--verify"],
        [bin_ / "python", "-c", "import napari_tif2video as t2v; t2v.open_stack"],
    ):
        subprocess.run(list(map(str, command)), cwd=folder, check=True)


def run(module: str, *arguments: str) -> None:
    print(f"==> {module.replace('_', '-')}", flush=True)
    subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
