#!/usr/bin/env python3
"""Set up this checkout and run the demo, or the checks and tests.

    python3 scripts/dev.py demo                          install, then convert the bundled sample
    python3 scripts/dev.py test                          install, then run all checks and tests
    python3 scripts/dev.py test --quick                  the same without the slow tests
    python3 scripts/dev.py test --coverage               the same, and say which lines no test runs
    python3 scripts/dev.py test [arguments of pytest]    install, then run chosen tests
    python3 scripts/dev.py needs                         only what the tests need from the system

The others make the virtual environment `.venv` in the checkout, or use the one that is there.
Nothing but Python 3.11 or newer is needed; an older one looks for a newer one and hands over to it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import platform
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from system import (
    BROWSER,
    FFMPEG,
    ROOT,
    SHELLS,
    SetupError,
    apt_install,
    beside,
    failure,
    install_system_needs,
    run,
    run_patiently,
    say,
    screen,
    window_needs,
)

# This file keeps to the syntax of Python 3.9, so that an older Python can say what is missing.
MINIMUM = (3, 11)
TESTED = ("3.13", "3.12", "3.11", "3.14")  # in the order in which we would choose

VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = str(BIN / ("python.exe" if os.name == "nt" else "python"))
STAMP = VENV / "made-for.txt"  # a moved environment has the old path in its scripts
VENV_PACKAGE = "python{}.{}-venv".format(*sys.version_info)
# The interpreter below the environment that we may run in, and may be about to rebuild.
BASE_PYTHON = getattr(sys, "_base_executable", None) or sys.executable

# The user's settings for pip must not send packages elsewhere, and nobody answers its questions.
PIP_ENV = {"PIP_NO_INPUT": "1", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_USER": "0"}
PIP_ENV.update({"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"})

# Saves the frame in the middle of a video as a picture.
STILL = """
import sys, av
video, picture = sys.argv[1:]
with av.open(video) as container:
    frames = list(container.decode(video=0))
frames[len(frames) // 2].to_image().save(picture)
"""

CHECKS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
}


def main(argv: Sequence[str]) -> int:
    command, *rest = argv or ["--help"]
    try:
        if command in ("-h", "--help"):
            say((__doc__ or "").strip())
            return 0
        if sys.version_info[:2] < MINIMUM:
            return hand_over(argv)
        if command == "test":
            return test(rest)
        if command == "demo" and not rest:
            return demo()
        if command == "needs" and not rest:
            return int(any(install_for_tests().values()))
        raise SetupError(
            f"cannot do '{' '.join(argv)}'; the commands are: demo, test [options], needs"
        )
    except KeyboardInterrupt:
        say("dev.py: interrupted; run the same command again to go on", file=sys.stderr)
        return 130
    except SetupError as exc:
        say(f"dev.py: {exc}", file=sys.stderr)
    except OSError as exc:
        what = f"cannot use {exc.filename or VENV}: {exc.strerror or exc}"
        say(f"dev.py: {what}; move it away, or check who may write there", file=sys.stderr)
    return 1


def hand_over(argv: Sequence[str]) -> int:
    """Run this script again with a newer Python from PATH."""
    needed = f"this is Python {platform.python_version()}, and 3.11 or newer is needed"
    for version in TESTED:
        found = shutil.which(f"python{version}")
        if found and not failure([found, "-c", ""]):  # some names on PATH lead nowhere
            say(f"dev.py: {needed}; going on with {found}")
            return run([found, str(Path(__file__).resolve()), *argv])
    raise SetupError(f"{needed}; install one, or start this script with it if you have one")


def demo() -> int:
    """Install the project and convert the sample that comes with it."""
    install()
    return show_demo()


def show_demo() -> int:
    """Convert the sample into a new folder, and say what can be done next."""
    folder, number = ROOT / "tif2video-demo", 1
    while folder.exists() and any(folder.iterdir()):
        number += 1
        folder = ROOT / f"tif2video-demo-{number}"
    say("==> Converting the sample, a real 16-bit time-lapse")
    code = run([str(BIN / "tif2video"), "--demo", str(folder)])
    if code:
        raise SetupError(f"the demo failed with exit code {code}; its message is above")
    (video,) = folder.rglob("*.mp4")
    picture = video.with_suffix(".png")
    reason = failure([PYTHON, "-c", STILL, str(video), str(picture)])
    if reason:
        raise SetupError(f"no frame of the video can be read: {reason}")
    frames = typed(video.parent)
    program = typed(BIN / "tif2video")
    say(f"\nThe video:    {typed(video)}")
    say(f"A frame:      {typed(picture)}")
    say(f"Try next:     {program} {frames} --timestamp --frame-interval 5min --colormap magma")
    say(f"Your data:    {program} FOLDER        (all options: --help-all)")
    window = f'{typed(PYTHON)} -m pip install --editable "{typed(ROOT)}[all]"'
    say(f"The window:   {window}, then {program}")
    return 0


def typed(path: str | Path) -> str:
    """A path as one types it where the program was started."""
    path = Path(path)
    if path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return f'"{path}"' if os.name == "nt" and " " in str(path) else shlex.quote(str(path))


def test(arguments: Sequence[str]) -> int:
    """Install everything for the tests, then run the checks and the tests."""
    is_ci = bool(os.environ.get("CI"))
    has_coverage = is_ci or "--coverage" in arguments  # not each time: it makes the tests slower
    chosen = [word for word in arguments if word not in ("--quick", "--coverage")]
    install("test", "docs", "packaging", "plugin", "window", "lint", "types")
    no_window = install_for_tests()["of the window"]
    pytest = [PYTHON, "-m", "pytest"]
    pytest += ["--color=yes"] if sys.stdout.isatty() else []  # shown later, it cannot know itself
    pytest += ["-m", "not slow"] if "--quick" in arguments else []
    pytest += ["--cov", "--cov-report="] if has_coverage else []
    for path in ROOT.glob(".coverage.*"):
        path.unlink()
    # More than four side by side would only wait for memory and disk.
    side_by_side = ["-n", str(min(4, os.cpu_count() or 1)), "--dist", "loadfile"]
    side_by_side += ["--max-worker-restart", "0"]  # a process that ended would meet its test again
    core = ["--ignore=tests/_napari/window", "-p", "no:pytest-qt", *side_by_side]
    ended = {}
    with contextlib.ExitStack() as stack:
        screens = {} if no_window else stack.enter_context(screen())
        windows = []
        if not no_window and not chosen:
            windows = begin_window_tests(stack, pytest, on_own_screens=bool(screens))
            give_way()
        for name, command in CHECKS.items():
            say(f"==> {name}")
            ended[name] = run([PYTHON, "-m", *command])
        name, selected = ("chosen tests", chosen) if chosen else ("tests", core)
        if chosen and no_window:
            selected = [*core, *chosen]
        say(f"==> pytest: {name}")
        ended[name] = run([*pytest, *selected], screens | environment_of("core"))
        for number, show in enumerate(windows, 1):
            name = f"tests of the window, {number} of {len(windows)}"
            say(f"==> pytest: {name}, begun with the checks")
            ended[name] = show()
    if has_coverage:
        say("==> Coverage")
        made = sorted(map(str, ROOT.glob(".coverage.*")))
        run([PYTHON, "-m", "coverage", "combine", "--quiet", *made])
        run([PYTHON, "-m", "coverage", "report"])
    outcomes = [f"{name} {f'FAILED ({code})' if code else 'ok'}" for name, code in ended.items()]
    if no_window:  # as for ffmpeg: a build machine runs all tests
        outcomes.append(f"tests of the window {'MISSING' if is_ci else 'skipped'}")
    say("==> " + ", ".join(outcomes))
    return int(any(ended.values()) or (bool(no_window) and is_ci))


def install_for_tests() -> dict[str, str]:
    """Install what the tests need from the system; says which cannot run, and returns why."""
    needs = {
        "that compare with ffmpeg": [FFMPEG],
        "that play the videos of the site": BROWSER,
        "of completion in some shells": SHELLS,
        "of the window": window_needs(),
    }
    reasons = {tests: install_system_needs(missing) for tests, missing in needs.items()}
    for tests, reason in reasons.items():
        if reason:
            say(f"    Tests {tests} cannot run: {reason}")
    return reasons


def begin_window_tests(
    stack: contextlib.ExitStack, pytest: Sequence[str], *, on_own_screens: bool
) -> list[Callable[[], int]]:
    """Begin the tests of the window, which wait more than they work, in halves side by side.

    In processes of their own: where Qt crashes, it takes the whole process with it. One window of
    a screen has the keyboard, so each half has its own screen; on that of a user they are not
    halved. Gives functions that show what comes of them, and return the exit code.
    """
    found = sorted((ROOT / "tests/_napari/window").glob("test_*.py"))
    # Windows take the time.
    files = sorted(found, key=lambda path: path.read_text("utf-8").count("(open_widget"))
    halves = [files[::2], files[1::2]] if on_own_screens else [files]
    shows = []
    for number, half in enumerate(halves):
        environment = stack.enter_context(screen()) | environment_of(f"window{number}")
        process = beside([*pytest, *map(str, half)], environment)
        shows.append(stack.enter_context(process))
    return shows


def environment_of(part: str) -> dict[str, str]:
    """Where coverage keeps what a part of the tests has run, and how its memory is shared out.

    Each thread that encodes would keep what it once took: with two arenas instead of sixteen, a
    process ends at 1.1 GB instead of 1.7, in the same time.
    """
    return {"COVERAGE_FILE": str(ROOT / f".coverage.{part}"), "MALLOC_ARENA_MAX": "2"}


def give_way() -> None:
    """Let what was started before go first, where the system can be told so."""
    with contextlib.suppress(AttributeError):
        os.nice(5)


def install(*groups: str) -> None:
    """Install the project, editable, and its dependency groups into `.venv`."""
    if is_sound():
        say(f"==> Using the environment {VENV}")
    else:
        make_venv()
    say(f"==> Installing {', '.join(['the project', *groups])} (the first time takes minutes)")
    pip = [PYTHON, "-m", "pip", "install", "-qq"]  # errors only
    options = [word for group in groups for word in ("--group", group)]
    # Dependency groups came with pip 25.1.
    for arguments in (["--upgrade", "pip>=25.1"], ["--editable", ".", *options]):
        if run_patiently([*pip, *arguments], PIP_ENV):
            raise SetupError("pip could not install what is needed; its message is above")


def is_sound() -> bool:
    """Whether `.venv` was made for this place and has pip and a Python that is new enough."""
    if STAMP.exists() and STAMP.read_text("utf-8") != str(VENV):
        return False
    check = f"import sys, pip; sys.exit(sys.version_info[:2] < {MINIMUM})"
    return not failure([PYTHON, "-I", "-c", check])


def make_venv() -> None:
    """Make `.venv`, in whatever way this machine allows."""
    if VENV.exists():
        say("==> The environment .venv is incomplete or was made elsewhere, and is made anew")
    for name, make in {
        "venv": with_venv,
        "virtualenv": with_virtualenv,
        f"venv, once {VENV_PACKAGE} is installed": with_installed_venv,
    }.items():
        say(f"==> Making the environment {VENV} with {name}")
        if VENV.exists() or VENV.is_symlink():
            shutil.rmtree(VENV)
        VENV.mkdir()  # says at once when we must not write here
        reason = make()
        if not reason and is_sound():
            STAMP.write_text(str(VENV), "utf-8")
            return
        say(f"    not possible: {reason or 'what it made does not run'}")
    shutil.rmtree(VENV)
    raise SetupError(
        "neither venv nor pip of this Python works, as said above; install a complete Python, or "
        f"on Debian and Ubuntu ask an administrator to run: apt install {VENV_PACKAGE}"
    )


def with_venv() -> str:
    if importlib.util.find_spec("ensurepip") is None:  # Debian keeps it in a package of its own
        return "this Python comes without ensurepip"
    return failure([BASE_PYTHON, "-m", "venv", str(VENV)])


def with_virtualenv() -> str:
    make = [BASE_PYTHON, "-m", "virtualenv", str(VENV)]
    if importlib.util.find_spec("virtualenv") is not None:
        return failure(make)
    # Into a folder of its own: that is allowed where the system looks after its Python itself.
    with tempfile.TemporaryDirectory() as folder:
        fetch = [BASE_PYTHON, "-m", "pip", "install", "--quiet", "--target", folder, "virtualenv"]
        return failure(fetch, PIP_ENV) or failure(make, {"PYTHONPATH": folder})


def with_installed_venv() -> str:
    reason = apt_install([VENV_PACKAGE])
    importlib.invalidate_caches()
    return reason or with_venv()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
