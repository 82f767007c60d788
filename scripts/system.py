"""What dev.py asks of the machine: to run programs, to install libraries, to show windows."""

from __future__ import annotations

import contextlib
import ctypes.util
import functools
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

# This file keeps to the syntax of Python 3.9, as dev.py does.
ROOT = Path(__file__).resolve().parents[1]
LIMIT_S = 40 * 60  # no command takes a quarter of it
APT_WAIT = "DPkg::Lock::Timeout=300"  # seconds; a new machine may be updating itself

say = functools.partial(print, flush=True)


class SetupError(Exception):
    """The set-up cannot go on; the message is one line and says what to do."""


class SystemNeed(NamedTuple):
    """What the tests need from the system; a program or a shared library shows that it is there."""

    apt: str
    brew: str = ""  # empty when only Linux needs it
    program: str = ""  # or one of several: a|b
    library: str = ""

    def is_missing(self) -> bool:
        if platform.system() != "Linux" and not self.brew:
            return False
        if self.program:
            return not any(map(shutil.which, self.program.split("|")))
        return ctypes.util.find_library(self.library) is None


FFMPEG = SystemNeed(apt="ffmpeg", brew="ffmpeg", program="ffmpeg")
# Plays the videos of the site.
BROWSER = [
    SystemNeed(apt="chromium", program="chromium|google-chrome"),
    SystemNeed(apt="chromium-driver", program="chromedriver"),
]
SHELLS = [SystemNeed(apt=name, brew=name, program=name) for name in ("zsh", "fish")]
# What the wheels of Qt 6 are linked with and do not bring along, `libNAME.so` -> package.
QT_LIBRARIES = {
    "EGL": "libegl1",
    "GL": "libgl1",
    "X11-xcb": "libx11-xcb1",
    "dbus-1": "libdbus-1-3",
    "fontconfig": "libfontconfig1",
    "glib-2.0": "libglib2.0-0",  # newer systems say libglib2.0-0t64, and know this name too
    "xcb-cursor": "libxcb-cursor0",
    "xcb-icccm": "libxcb-icccm4",
    "xcb-image": "libxcb-image0",
    "xcb-keysyms": "libxcb-keysyms1",
    "xcb-randr": "libxcb-randr0",
    "xcb-render-util": "libxcb-render-util0",
    "xcb-shape": "libxcb-shape0",
    "xcb-sync": "libxcb-sync1",
    "xcb-xfixes": "libxcb-xfixes0",
    "xcb-xkb": "libxcb-xkb1",
    "xkbcommon": "libxkbcommon0",
    "xkbcommon-x11": "libxkbcommon-x11-0",
}


def window_needs() -> list[SystemNeed]:
    """What napari's window needs from the system; a screen in memory where there is none."""
    needs = [SystemNeed(apt=package, library=name) for name, package in QT_LIBRARIES.items()]
    return needs if has_screen() else [*needs, SystemNeed(apt="xvfb", program="Xvfb")]


def has_screen() -> bool:
    names = ("DISPLAY", "WAYLAND_DISPLAY")
    return platform.system() != "Linux" or any(os.environ.get(name) for name in names)


@contextlib.contextmanager
def screen() -> Iterator[dict[str, str]]:
    """A screen for windows, in memory where there is none; gives the environment for it."""
    if has_screen():
        yield {}
        return
    read, write = os.pipe()
    size = ["-screen", "0", "1400x1000x24"]
    # The server takes a number that is free, and writes it down once it is ready.
    command = ["Xvfb", "-displayfd", str(write), *size, "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as server:
        try:
            os.close(write)
            with open(read) as lines:
                number = lines.readline().strip()
            if not number:
                raise SetupError("Xvfb does not start; run it by hand to see why, or set DISPLAY")
            yield {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        finally:
            server.terminate()


def install_system_needs(needs: Sequence[SystemNeed]) -> str:
    """Install what is missing; returns why that is not possible, nothing when all is there."""
    missing = [need for need in needs if need.is_missing()]
    if not missing:
        return ""
    names = [need.apt if platform.system() == "Linux" else need.brew for need in missing]
    listed = " ".join(names)
    say(f"==> Installing for the tests: {listed}")
    if shutil.which("apt-get"):
        reason, by_hand = apt_install(names), f"sudo apt-get install {listed}"
    elif shutil.which("brew"):
        reason, by_hand = failure(["brew", "install", *names]), f"brew install {listed}"
    else:
        reason = "there is no apt-get or brew here"
        by_hand = f"{listed}, with the package manager of this system"
    if not any(need.is_missing() for need in missing):
        return ""
    return f"{reason or 'still not found'}; to install it by hand: {by_hand}"


def apt_install(packages: Sequence[str]) -> str:
    """Install Debian packages; returns why that is not possible, nothing when done."""
    if shutil.which("apt-get") is None:
        return "there is no apt-get here"
    sudo = [] if getattr(os, "geteuid", int)() == 0 else ["sudo", "-n"]
    if sudo and failure([*sudo, "true"]):
        return "it takes an administrator's rights"
    apt = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", APT_WAIT]
    update(*apt)
    return failure([*apt, "install", "--yes", "--no-install-recommends", *packages])


@functools.cache
def update(*apt: str) -> None:
    failure([*apt, "update"])  # one broken source among many need not matter


def run(command: Sequence[str], extra_env: dict[str, str] | None = None) -> int:
    """Run a command in the checkout, with its output on the screen; returns its exit code."""
    env = {**os.environ, **(extra_env or {})}
    with subprocess.Popen(command, cwd=ROOT, env=env) as process:
        try:
            return process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            return _abort(process)


def run_patiently(command: Sequence[str], extra_env: dict[str, str] | None = None) -> int:
    """`run` for what takes long and prints nothing: whoever looks sees for how long."""
    env = {**os.environ, **(extra_env or {})}
    began = time.monotonic()
    with subprocess.Popen(command, cwd=ROOT, env=env) as process:
        while True:
            try:
                code = process.wait(1)
            except subprocess.TimeoutExpired:
                if sys.stdout.isatty():
                    say(f"\r    {time.monotonic() - began:.0f} s", end="")
                continue
            if sys.stdout.isatty():
                say("\r", end="")
            return code


@contextlib.contextmanager
def beside(
    command: Sequence[str], extra_env: dict[str, str] | None = None
) -> Iterator[Callable[[], int]]:
    """Run a command while others run, and end it with the block.

    Gives a function that shows its output, waits for the rest, and returns the exit code.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "output.txt"
        with open(path, "wb") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **(extra_env or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield functools.partial(_show, process, path)
        finally:
            _end(process)


def _abort(process: subprocess.Popen[bytes]) -> int:
    """End what waits for ever; pytest says then where each of its threads stands."""
    process.send_signal(signal.SIGABRT)
    return process.wait()


def _show(process: subprocess.Popen[bytes], path: Path) -> int:
    end = time.monotonic() + LIMIT_S
    with open(path, "rb") as output:
        while True:
            if time.monotonic() > end:
                _abort(process)
            code = process.poll()  # before reading, so that nothing is left when it has ended
            sys.stdout.buffer.write(output.read())
            sys.stdout.flush()
            if code is not None:
                return code
            time.sleep(0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def failure(command: Sequence[str], extra_env: dict[str, str] | None = None) -> str:
    """Run a command silently; returns one line that says why it failed, nothing when it did not."""
    env = {**os.environ, **(extra_env or {})}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=env, input="", capture_output=True, text=True, errors="replace"
        )
    except OSError as exc:
        return f"{command[0]}: {exc.strerror or exc}"
    output = f"{done.stdout}\n{done.stderr}"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error", "e:"))]
    return (errors or lines or [f"{command[0]} failed"])[-1] if done.returncode else ""
