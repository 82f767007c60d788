"""The command `tif2video`: arguments in, exit code out. Nothing slow is imported for `--help`."""

from __future__ import annotations

import argparse
import dataclasses
import gc
import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from ..errors import Cancelled, OutputError, SettingsError, describe
from ..recipe import saved_recipe
from ..settings import VideoSettings, as_typed, option_of
from .options import EXIT_USAGE, build_parser, joined

OK, FAILED, INTERRUPTED = 0, 1, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code.

    0: every source was converted or skipped; 1: at least one failed, the others are converted;
    2: wrong usage, found before any work; 130: interrupted.
    """
    try:
        args = build_parser().parse_args(joined(sys.argv[1:] if argv is None else argv))
    except SystemExit as exc:  # argparse ends this way after --help and after an error
        return int(exc.code or 0)
    _stop_on_signals()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names that the terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(args)
        _flush()
        return code
    except SettingsError as exc:
        print(f"tif2video: {as_typed(describe(exc))}", file=sys.stderr)
        return EXIT_USAGE
    except (KeyboardInterrupt, Cancelled):
        print("tif2video: interrupted; finished videos stay", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of stdout, such as `head`, has had enough
        _write_no_more()
        return FAILED
    except Exception as exc:
        if os.environ.get("TIF2VIDEO_TRACEBACK"):
            raise
        print(f"tif2video: {describe(exc)}", file=sys.stderr)
        return FAILED


def _flush() -> None:
    """Write what is left for stdout now, while a failure can be told properly."""
    try:
        print(end="", flush=True)  # does nothing where stdout was closed by the caller
    except BrokenPipeError:
        raise
    except OSError as exc:
        _write_no_more()
        raise OutputError(f"standard output: cannot be written ({exc.strerror})") from exc


def _write_no_more() -> None:
    """Python flushes stdout once more at its end, which would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(args: argparse.Namespace) -> int:
    if args.inspect is not None:
        return _inspect(args)
    wants_window = not args.source and args.demo is None and not args.nogui
    if wants_window and (others := _given(args)):
        raise SettingsError(
            f"no source given for {others}; name a folder of TIFF files, a TIFF stack or a "
            "pattern, or leave out all options to open the window"
        )
    if not wants_window:
        # Each worker has a core already. OpenBLAS, which reads this when numpy is loaded, would
        # start more threads in each of them, which made narrow limits five times slower on busy
        # cores. Before the settings: those of a video, or a colormap, load numpy.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    settings = _settings(args)
    if wants_window:
        _open_window()
        return OK
    with _loading():
        from ..pipeline import Execution, default_workers
        from ..videos import Destination, Report, find_sources, plan_jobs, run_jobs
        from . import console

        execution = Execution(default_workers() if args.workers is None else args.workers)
    file = None if args.output is None else Path(args.output)
    folder = None if args.output_dir is None else Path(args.output_dir)
    destination = Destination(file, folder, args.overwrite, args.skip_existing, args.sidecar)
    sources = _sources(args)
    jobs = find_sources(sources, recursive=args.recursive, match=args.match, join_images=True)
    plan_jobs(jobs, settings, destination, args.match)
    _say_reuse(args, len(jobs))
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
                verify=args.verify,
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


@contextmanager
def _loading() -> Iterator[None]:
    """Load libraries a tenth faster: Python does not look for garbage, of which there is none."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _inspect(args: argparse.Namespace) -> int:
    """Print the recipe of a video."""
    if args.source or args.demo is not None or args.settings is not None:
        raise SettingsError("--inspect only reads a video; leave out sources and settings")
    others = _given(args, "inspect", "json", "quiet", "nogui")
    if others:
        raise SettingsError(f"--inspect only reads a video; leave out {others}")
    from ..recipe import read_recipe
    from .inspect import describe_recipe

    recipe = read_recipe(args.inspect)
    print(recipe.to_json().rstrip() if args.json else describe_recipe(recipe))
    return OK


def _say_reuse(args: argparse.Namespace, sources: int) -> None:
    """Say what becomes of the limits of the video from which settings are taken."""
    replaced = (args.contrast, args.percentile, args.limits)
    if args.settings is None or args.quiet or any(value is not None for value in replaced):
        return
    recipe = saved_recipe(args.settings)
    if recipe is None:
        return
    from .inspect import reuse_note

    note = reuse_note(recipe, args.reuse, sources)
    if note:
        print(f"Settings of {args.settings}: {note}", file=sys.stderr)


def _given(args: argparse.Namespace, *known: str) -> str:
    """The options of this call but for those that are known, as they were typed."""
    default = build_parser().get_default
    names = [
        name
        for name, value in vars(args).items()
        if name not in ("source", *known) and value != default(name)
    ]
    return ", ".join(map(option_of, names))


def _open_window() -> None:
    try:
        from .._napari import open_window
    except ImportError as exc:
        raise SettingsError(
            "without a SOURCE the window is opened, which needs napari; install it with "
            f"pip install 'napari-tif2video[all]' ({exc})"
        ) from exc
    open_window()


# What goes from the settings of a file when an option says otherwise.
_REPLACES: dict[str, dict[str, Any]] = {
    "contrast": {"limits": None},
    "percentile": {"limits": None},
    "limits": {"contrast": None, "percentile": None},
    "um_per_pixel": {"width": VideoSettings.width},
    "width": {"um_per_pixel": None},
    "crf": {"quality": VideoSettings.quality, "max_size": None},
    "quality": {"crf": None},
    "max_size": {"crf": None},
}


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
    if args.width is not None and args.um_per_pixel is not None:
        raise SettingsError("--width and --um-per-pixel exclude each other")
    if args.settings is None:
        if args.reuse is not None:
            raise SettingsError("--reuse goes with --settings VIDEO")
        return VideoSettings(**given)
    for name in ("contrast", "percentile", "limits"):
        if args.reuse == "numbers" and name in given:
            raise SettingsError(f"--reuse numbers and --{name} exclude each other")
    for name in list(given):
        for other, value in _REPLACES.get(name, {}).items():
            given.setdefault(other, value)
    return dataclasses.replace(VideoSettings.load(args.settings, reuse=args.reuse), **given)


def _sources(args: argparse.Namespace) -> list[str]:
    if args.demo is not None:
        if args.source:
            raise SettingsError("--demo converts the bundled sample; leave the sources out")
        if args.dry_run:
            raise SettingsError("--demo writes its files first; leave out --dry-run")
        from ..sample import write_sample

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
