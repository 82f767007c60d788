"""The command `tif2video`: arguments in, exit code out. Nothing slow is imported for `--help`."""

from __future__ import annotations

import argparse
import dataclasses
import io
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from . import __version__
from .errors import Cancelled, SettingsError, describe
from .settings import CONTRASTS, FPS_RANGE, QUALITIES, WIDTH_RANGE_PX, VideoSettings

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
DEMO_FOLDER = "tif2video-demo"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code.

    0: every source was converted or skipped; 1: at least one failed, the others are converted;
    2: wrong usage, found before any work; 130: interrupted.
    """
    try:
        args = _parser().parse_args(argv)
    except SystemExit as exc:  # argparse ends this way after --help and after an error
        return int(exc.code or 0)
    _stop_on_signals()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names that the terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run(args)
    except SettingsError as exc:
        print(f"tif2video: {describe(exc)}", file=sys.stderr)
        return USAGE
    except (KeyboardInterrupt, Cancelled):
        print("tif2video: interrupted; finished videos stay", file=sys.stderr)
        return INTERRUPTED
    except Exception as exc:
        if os.environ.get("TIF2VIDEO_TRACEBACK"):
            raise
        print(f"tif2video: {describe(exc)}", file=sys.stderr)
        return FAILED


def _run(args: argparse.Namespace) -> int:
    settings = _settings(args)
    if not args.source and args.demo is None and not args.nogui:
        _open_window()
        return OK
    # Each worker has a core already. OpenBLAS, which reads this when numpy is loaded, would start
    # more threads in each of them, which made narrow limits five times slower on busy cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from . import console
    from .batch import Destination, find_sources, plan_jobs
    from .engine import Execution, default_workers
    from .report import Report
    from .run import run_jobs

    execution = Execution(default_workers() if args.workers is None else args.workers)
    file = None if args.output is None else Path(args.output)
    folder = None if args.output_dir is None else Path(args.output_dir)
    destination = Destination(file, folder, args.overwrite, args.skip_existing)
    sources = _sources(args)
    jobs = find_sources(sources, recursive=args.recursive, match=args.match)
    plan_jobs(jobs, settings, destination, args.match)
    if args.dry_run:
        console.print_plans(jobs, as_json=args.json)
        return FAILED if any(job.problem for job in jobs) else OK
    screen = console.Console(jobs, quiet=args.quiet)
    if settings.contrast == "global":
        screen.hint_at_batch()
    with Report(args.report) as report:
        try:
            for video in run_jobs(
                jobs,
                screen.watch(execution),
                overwrite=args.overwrite,
                measuring=screen.measuring,
                started=screen.started,
            ):
                report.write(video)
                screen.finished(video)
        finally:
            screen.close()
            if args.json:
                console.print_json(screen.videos)
    return FAILED if any(v.status == "failed" for v in screen.videos) else OK


def _open_window() -> None:
    try:
        from ._napari.launch import open_window
    except ImportError as exc:
        raise SettingsError(
            "without a SOURCE the window is opened, which needs napari; install it with "
            f"pip install 'napari-tif2video[all]' ({exc})"
        ) from exc
    open_window()


def _settings(args: argparse.Namespace) -> VideoSettings:
    """The settings of the file, if one was given, with the options of this call on top."""
    if args.global_normalize:
        if args.contrast not in (None, "global"):
            raise SettingsError(
                f"--global-normalize and --contrast {args.contrast} exclude each other"
            )
        args.contrast = "global"
    names = [field.name for field in dataclasses.fields(VideoSettings)]
    given = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    if args.settings is None:
        return VideoSettings(**given)
    if "contrast" in given:  # replaces the limits of the file, and the other way round
        given.setdefault("limits", None)
    if "percentile" in given:
        given.setdefault("limits", None)
    if "limits" in given:
        given.setdefault("contrast", None)
        given.setdefault("percentile", None)
    return dataclasses.replace(VideoSettings.load(args.settings), **given)


def _sources(args: argparse.Namespace) -> list[str]:
    if args.demo is not None:
        if args.source:
            raise SettingsError("--demo converts the bundled sample; leave the sources out")
        if args.dry_run:
            raise SettingsError("--demo writes its files first; leave out --dry-run")
        from .sample import write_sample

        return [os.fspath(write_sample(Path(args.demo)))]
    if not args.source:
        raise SettingsError(
            "no source given; name a folder of TIFF files, a TIFF stack or a pattern, or try --demo"
        )
    return list(args.source)


def _stop_on_signals() -> None:
    """Let `kill` and a closed terminal end the run as Ctrl-C does, with everything tidied up."""

    def interrupt(*_: Any) -> NoReturn:
        raise KeyboardInterrupt

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            try:
                signal.signal(number, interrupt)
            except ValueError:  # not in the main thread: then it is not our business
                return


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line instead of the whole usage."""
        self.exit(USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="tif2video",
        description="Turn sequences of 16-bit TIFF images into videos that play everywhere.",
        epilog="Exit code: 0 all converted or skipped, 1 at least one failed, 2 wrong usage, "
        "130 interrupted.",
    )
    add = parser.add_argument
    add(
        "source",
        nargs="*",
        metavar="SOURCE",
        help="folder of .tif/.tiff files (one frame a file, natural order), multi-page TIFF, "
        "or a pattern such as 'pos*/'; without any, napari opens with the dock widget",
    )
    add("--version", action="version", version=f"%(prog)s {__version__}")
    add("--nogui", action="store_true", help="accepted for old scripts: no window")
    add(
        "--demo",
        nargs="?",
        const=DEMO_FOLDER,
        metavar="DIR",
        help="write the bundled sample into a new or empty folder and convert it",
    )

    picture = parser.add_argument_group("picture")
    add = picture.add_argument
    low, high = WIDTH_RANGE_PX
    add(
        "--width",
        metavar="N|full",
        help=f"width of the video in px, {low} to {high}; full: no scaling "
        f"(default: {VideoSettings.width})",
    )
    add(
        "--fps",
        metavar="F",
        help=f"frames per second, {FPS_RANGE[0]} to {FPS_RANGE[1]}, such as 10, 29.97 or "
        f"30000/1001 (default: {VideoSettings.fps})",
    )
    add("--crop", metavar="WxH[+X+Y]", help="centre crop, or a box with its top-left corner")
    add(
        "--contrast",
        choices=[name for name in CONTRASTS if name != "displayed"],
        help="black and white from each frame, from its sequence, from all sources of this "
        "call, or from each frame but smoothed over time (default: local)",
    )
    add("--global-normalize", action="store_true", help="short for --contrast global")
    add(
        "--percentile",
        nargs=2,
        metavar=("LO", "HI"),
        help="percentiles of the grey values, such as 0.1 99.9, instead of smallest and largest",
    )
    add(
        "--limits",
        nargs=2,
        type=float,
        metavar=("LO", "HI"),
        help="fixed grey values for black and white",
    )
    add("--gamma", metavar="G", help="exponent of the grey level; below 1, dark parts get brighter")
    add("--invert", action="store_true", default=None, help="swap black and white")
    add("--colormap", metavar="NAME", help="show grey in colours, such as viridis, magma or green")
    add(
        "--anchor",
        action="store_true",
        default=None,
        help="draw a red dot at the centre of the frame",
    )
    add(
        "--frames",
        metavar="START:STOP:STEP",
        help="a Python slice of time, such as 10:50, ::2 or, with =, --frames=-10:",
    )
    add(
        "--quality",
        choices=QUALITIES,
        help=f"how much the encoder may lose (default: {VideoSettings.quality})",
    )
    add(
        "--channel",
        metavar="N|NAME|all|each",
        help="channel of a hyperstack, from 0; all: merged in their colours; each: a video of each",
    )
    add(
        "--z",
        metavar="N|max|mean|sum",
        help="slice of a hyperstack, from 0, or how all become one (default: max, where there is "
        "time too)",
    )
    add("--play", metavar="AXIS", help="the axis that is played, where there are several: T, Z, C")
    add("--axes", metavar="TCZYX", help="names of axes that the file does not name, slowest first")
    add("--settings", metavar="FILE", help="start from settings that were saved as JSON")

    files = parser.add_argument_group("sources and outputs")
    add = files.add_argument
    add("-r", "--recursive", action="store_true", help="convert every folder below that has TIFFs")
    add("--match", metavar="GLOB", help="use only files whose name matches, such as '*_C0_*'")
    add("-o", "--output", metavar="FILE", help="name of the video (one source only)")
    add("--output-dir", metavar="DIR", help="folder for the videos (default: beside the data)")
    add("--overwrite", action="store_true", help="replace videos that exist")
    add("--skip-existing", action="store_true", help="leave videos that exist, and go on")

    run = parser.add_argument_group("running")
    add = run.add_argument
    add(
        "--workers",
        type=int,
        metavar="N",
        help="threads (default: every core this process may use); the video is the same for any",
    )
    add("--dry-run", action="store_true", help="only show order, gaps, sizes, names and durations")
    add("--json", action="store_true", help="print one JSON object on stdout")
    add("--report", metavar="FILE.csv", help="write one row per source as soon as it is done")
    add("--quiet", action="store_true", help="print errors only")
    return parser
