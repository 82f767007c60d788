"""How long the window keeps its user waiting, and how long it stands still.

    python benchmarks/window.py [--runs N] [--case NAME]

Needs napari, a Qt binding and a screen. A timer in the event loop asks every 5 ms to be called: a
stall is what it was late. Computing is what the window's thread itself computed between two calls:
on a busy machine it says more than the clock, but nothing of waiting for a lock or a disk. Every
figure comes from fresh processes; the time of a case is that from the click until what the user
waits for is there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import numpy as np
from measuring import print_machine, print_table, spread
from synthetic import frame_folder

_TICK_MS = 5
_MANY, _LARGE, _LONG = 10_000, 24, 240  # files of 64², and of 2048²
_SETTLED = 5  # steps that do not count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--case", choices=CASES)
    parser.add_argument("--here", metavar="FOLDER", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.here:
        print(json.dumps(measured(CASES[args.case], Path(args.here))))
        return
    names = [args.case] if args.case else [*CASES]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        write_frames(Path(folder))
        environment = os.environ | {"NAPARI_CONFIG": "", "XDG_CONFIG_HOME": folder}
        for _ in range(args.runs):
            for name in names:
                command = [sys.executable, __file__, "--case", name, "--here", folder]
                done = subprocess.run(command, capture_output=True, text=True, env=environment)
                if done.returncode:
                    sys.exit(f"{name} failed:\n{done.stderr[-2000:]}")
                found[name].append(json.loads(done.stdout.splitlines()[-1]))
                print(f"  {name}: {found[name][-1]}", file=sys.stderr)
    print_machine("napari-tif2video", "napari", "vispy", "numpy")
    print_table(
        ["what", "until it is there ms", "longest stall ms", "longest computing ms"],
        [
            [name, *(spread([one[key] for one in runs], 0) for key in ("ms", "stall", "computing"))]
            for name, runs in found.items()
        ],
    )


def write_frames(folder: Path) -> None:
    """Frames of a camera; of many files, several are names of one and the same."""
    large = frame_folder(folder, _LARGE, 2048).rename(folder / "large")
    small = frame_folder(folder, 1, 64)
    for files, name, number in ((small, "many", _MANY), (large, "long", _LONG)):
        (folder / name).mkdir()
        for index, file in zip(range(number), cycle(sorted(files.iterdir()))):
            os.link(file, folder / name / f"t{index:05}.tif")


class Clock:
    """Measures how late a timer in the event loop is."""

    def __init__(self) -> None:
        from qtpy.QtCore import Qt, QTimer

        self._late: list[float] = []
        self._computed: list[float] = []
        self._timer = QTimer(interval=_TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        self._late.clear()
        self._computed.clear()
        self._last = self._begun = time.perf_counter()
        self._last_computed = time.thread_time()
        self._timer.start()

    def stop(self) -> dict[str, float]:
        self._tick()
        self._timer.stop()
        return {
            "ms": 1000 * (self._last - self._begun),
            "stall": max(self._late),
            "computing": max(self._computed),
        }

    def _tick(self) -> None:
        now, computed = time.perf_counter(), time.thread_time()
        self._late.append(max(0.0, 1000 * (now - self._last) - _TICK_MS))
        self._computed.append(1000 * (computed - self._last_computed))
        self._last, self._last_computed = now, computed


def measured(case: Callable[..., dict[str, float]], folder: Path) -> dict[str, float]:
    """What happens in a window of its own."""
    import napari

    viewer = napari.Viewer()
    viewer.window.resize(1280, 800)
    _, widget = viewer.window.add_plugin_dock_widget("napari-tif2video")
    rest(widget, 1)
    found = case(viewer, widget, folder, Clock())
    viewer.close()
    return found


def rest(widget, seconds: float) -> None:
    """Let the window come to rest, and then some."""
    from qtpy.QtTest import QTest

    widget.wait_until_idle()
    QTest.qWait(int(1000 * seconds))


def with_a_first_layer(viewer, widget) -> None:
    """The first layer of any kind makes napari read its table of units, for half a second."""
    viewer.add_image(np.zeros((3, 8, 8)))
    rest(widget, 1)


def nothing(viewer, widget, folder: Path, clock: Clock) -> dict[str, float]:
    clock.start()
    rest(widget, 3)
    return clock.stop()


def opening(viewer, widget, folder: Path, clock: Clock) -> dict[str, float]:
    with_a_first_layer(viewer, widget)
    clock.start()
    viewer.open(str(folder / "many"), plugin="napari-tif2video")
    return clock.stop()


def opening_in_list(viewer, widget, folder: Path, clock: Clock) -> dict[str, float]:
    with_a_first_layer(viewer, widget)
    widget.mode.value = "Folders"
    rest(widget, 0.2)
    clock.start()
    widget.folders.add([folder / "many"])
    widget.wait_until_idle()
    return clock.stop()


def first_crop(viewer, widget, folder: Path, clock: Clock) -> dict[str, float]:
    viewer.open(str(folder / "large"), plugin="napari-tif2video")
    rest(widget, 1)
    clock.start()
    widget["crop"].check.native.click()
    widget.wait_until_idle()
    return clock.stop()


def slider_step(viewer, widget, folder: Path, clock: Clock) -> dict[str, float]:
    viewer.open(str(folder / "large"), plugin="napari-tif2video")
    steps = []
    for step in range(_LARGE - 1):
        rest(widget, 0.1)
        clock.start()
        viewer.dims.set_current_step(0, step)
        widget.wait_until_idle()
        steps.append(clock.stop())
    return {key: float(np.median([one[key] for one in steps[_SETTLED:]])) for key in steps[0]}


def converting(viewer, widget, folder: Path, clock: Clock) -> dict[str, float]:
    from qtpy.QtTest import QTest

    viewer.open(str(folder / "long"), plugin="napari-tif2video")
    with tempfile.TemporaryDirectory() as target:
        widget.destination.folder = target
        rest(widget, 1)
        clock.start()
        assert widget.convert()
        while widget.run.is_running:
            QTest.qWait(10)
        return clock.stop()


CASES: dict[str, Callable[..., dict[str, float]]] = {
    "Nothing, for 3 s": nothing,
    f"Opening {_MANY} files as a layer": opening,
    f"Opening {_MANY} files in the list of folders": opening_in_list,
    "First tick of Crop": first_crop,
    "A slider step, frames of 2048², until its picture is there": slider_step,
    f"Converting {_LONG} frames of 2048²": converting,
}


if __name__ == "__main__":
    main()
