"""The command in a process of its own, with what it took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# Loads everything once, and is copied for each command: that takes a tenth of a new process.
_TEMPLATE = """
import json, os, resource, signal, sys, threading
import av, dask.delayed, dask.threaded, imagecodecs, napari_tif2video.cli.console
from napari_tif2video.cli.main import main

def command(argv, err):
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number, stream in enumerate((nowhere, nowhere, os.open(err, os.O_WRONLY))):
        os.dup2(stream, number)
    code = main(argv)
    sys.stderr.flush()
    os._exit(code)

for line in sys.stdin:
    argv, err, timeout_s = json.loads(line)
    child = os.fork()
    if not child:
        command(argv, err)
    timer = threading.Timer(timeout_s, os.kill, (child, signal.SIGKILL))
    timer.start()
    _, status, usage = os.wait4(child, 0)
    timer.cancel()
    grown = usage.ru_maxrss - resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ended = os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, grown
    print(json.dumps(ended), flush=True)
"""


@dataclass(frozen=True)
class Usage:
    """How a command ended, its CPU time, and the most memory that it had beside its libraries."""

    code: int
    err: str
    cpu_s: float
    grown_mb: float


@cache
def _template():
    return subprocess.Popen(
        [sys.executable, "-c", _TEMPLATE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # threads would not be copied
    )


def measured(*argv, timeout_s=60):
    """Run ``tif2video ARGV``; kills it when time is up, which gives a negative code."""
    process = _template()
    with tempfile.TemporaryDirectory() as folder:
        err = Path(folder, "err")
        err.touch()
        print(json.dumps([list(map(str, argv)), str(err), timeout_s]), file=process.stdin)
        process.stdin.flush()
        code, cpu_s, grown = json.loads(process.stdout.readline())
        unit = 1e6 if sys.platform == "darwin" else 1e3
        return Usage(code, err.read_text(), cpu_s, grown / unit)
