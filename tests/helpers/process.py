"""The command in a process of its own, with what it took."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

# A process begins with the memory of the one that started it, so a small one stands between.
_LAUNCHER = """
import json, os, subprocess, sys, threading
process = subprocess.Popen(json.loads(sys.argv[1]), stdout=subprocess.DEVNULL)
timer = threading.Timer(float(sys.argv[2]), process.kill)
timer.start()
_, status, usage = os.wait4(process.pid, 0)
timer.cancel()
print(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
"""


@dataclass(frozen=True)
class Usage:
    """How a command ended, its CPU time and the most memory that it had."""

    code: int
    err: str
    cpu_s: float
    peak_mb: float


def measured(*argv, timeout_s=60):
    """Run ``tif2video ARGV``; kills it when time is up, which gives a negative code."""
    command = json.dumps([sys.executable, "-m", "napari_tif2video", *map(str, argv)])
    launcher = [sys.executable, "-S", "-c", _LAUNCHER, command, str(timeout_s)]
    done = subprocess.run(launcher, capture_output=True, text=True, check=True)
    code, cpu_s, peak = done.stdout.split()
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return Usage(int(code), done.stderr, float(cpu_s), float(peak) / unit)
