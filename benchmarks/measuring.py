"""What the benchmarks share: commands timed in turns, and tables."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from statistics import median


def run(command: Sequence[str]) -> float:
    """Run a command in a fresh process; the seconds it took. A failure ends the benchmark."""
    # As for a user: compiling every module anew would cost us, and not a command written in C.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    seconds = time.perf_counter() - begun
    if done.returncode != 0:
        sys.exit(f"failed with code {done.returncode}: {' '.join(command)}\n{done.stderr[-2000:]}")
    return seconds


def run_in_turns(commands: dict[str, list[str]], runs: int) -> dict[str, list[float]]:
    """Seconds of each command, run as A, B, C, A, B, C after one round that does not count.

    In turns, so that a machine that gets busier or slower meets all of them alike.
    """
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(1 + runs):
        for name, command in commands.items():
            taken = run(command)
            print(
                f"  {'warm-up' if number == 0 else number} {name}: {taken:.2f} s", file=sys.stderr
            )
            if number:
                seconds[name].append(taken)
    return seconds


def spread(values: Sequence[float], digits: int = 2) -> str:
    """The median, with the smallest and the largest value in brackets."""
    return (
        f"{median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"
        if len(values) > 1
        else f"{values[0]:.{digits}f}"
    )


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a Markdown table."""
    print(f"| {' | '.join(header)} |")
    print(f"|{' --- |' * len(header)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")


def print_machine(*packages: str) -> None:
    """Print what the figures below were measured with."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = (f"{name} {importlib.metadata.version(name)}" for name in packages)
    print(
        f"{platform.system()} {platform.machine()}, {cores} cores, "
        f"{', '.join((f'Python {platform.python_version()}', *versions))}\n"
    )
