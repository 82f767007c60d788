"""The command `tif2video`: arguments in, exit code out. Nothing slow is imported for `--help`."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import gc
import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import Cancelled, OutputError, SettingsError, describe
from ..recipe import read_recipe, saved_recipe
from ..settings import SETTINGS, VideoSettings, option_of, with_option_names
from .inspect import describe_recipe, reuse_note
from .options import EXIT_USAGE, build_parser, joined
from .terminal import flush, occupy_streams, say, show

if TYPE_CHECKING:
    from ..pipeline import Execution
    from ..videos import Destination, SourceJob
    from .console import Console

OK, FAILED, INTERRUPTED = 0, 1, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code.

    0: every source was converted or skipped; 1: at least one failed, the others are converted;
    2: wrong usage, found before any work; 130: interrupted.
    """
    occupy_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names that the terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    try:
        with _stopping_on_signals():
            try:
                args = build_parser().parse_args(joined(sys.argv[1:] if argv is None else argv))
                code = _run(args)
            except SystemExit as exc:  # argparse ends this way after --help and after an error
                code = int(exc.code or 0)
            flush()
        return code
    except SettingsError as exc:
        say(f"tif2video: {with_option_names(describe(exc))}")
        return EXIT_USAGE
    except (KeyboardInterrupt, Cancelled):
        say("tif2video: interrupted; finished videos stay")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of stdout, such as `head`, has had enough
        return FAILED
    except Exception as exc:
        if os.environ.get("TIF2VIDEO_TRACEBACK"):
            raise
        say(f"tif2video: {describe(exc)}")
        return FAILED


def _run(args: argparse.Namespace) -> int:
    if args.completion is not None:
        return _complete(args)
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
        from ..videos import check_jobs, find_sources, plan_jobs
        from . import console

        if args.workers is not None and args.scheduler is not None:
            raise SettingsError("--workers and --scheduler exclude each other")
        workers = default_workers() if args.workers is None else args.workers
        execution = Execution(workers, resume=args.resume)
    destination = _destination(args)
    sources = _sources(args)
    jobs = find_sources(sources, recursive=args.recursive, match=args.match, join_images=True)
    plan_jobs(jobs, settings, destination, args.match)
    _say_reuse(args, sum(len(job.parts) or 1 for job in jobs))
    if args.dry_run:
        check_jobs(jobs)
        console.print_plans(jobs, as_json=args.json)
        return FAILED if any(job.problem for job in jobs) else OK
    screen = console.Console(jobs, quiet=args.quiet)
    if settings.contrast == "global":
        screen.hint_at_batch()
    return _convert(args, jobs, execution, screen)


def _destination(args: argparse.Namespace) -> Destination:
    from ..videos import Destination

    def path(text: str | None) -> Path | None:
        return None if text is None else Path(text)

    return Destination(
        path(args.output),
        path(args.output_dir),
        args.overwrite,
        args.skip_existing,
        args.sidecar,
        path(args.report),
        path(args.settings),
    )


def _convert(
    args: argparse.Namespace, jobs: list[SourceJob], execution: Execution, screen: Console
) -> int:
    from ..pipeline import connected
    from ..videos import Report, run_jobs

    with connected(args.scheduler) as client, Report(args.report) as report:
        execution = dataclasses.replace(execution, client=client)
        try:
            for _, video in run_jobs(
                jobs,
                screen.watch(execution),
                overwrite=args.overwrite,
                verify=args.verify,
                measuring=screen.measuring,
                started=screen.started,
            ):
                screen.finished(video)
                report.write(video)
        except (KeyboardInterrupt, Cancelled):
            with contextlib.suppress(OutputError, BrokenPipeError):
                screen.close(as_json=args.json)
            raise
        except Exception:
            screen.close(as_json=args.json)
            raise
        finally:
            with contextlib.suppress(OutputError):
                for video in screen.videos[report.rows :]:  # stopped before it had its row
                    report.write(video)
        screen.close(as_json=args.json)
    return FAILED if any(v.status == "failed" for v in screen.videos) else OK


@contextmanager
def _loading() -> Iterator[None]:
    """Load libraries without looking for garbage, of which there is none, then or later.

    It saves 0.1 s, a tenth of the processor time of a short command.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _complete(args: argparse.Namespace) -> int:
    """Print the completion of a shell."""
    _require_alone(args, "--completion only prints a script", "completion")
    from .completion import completion_script

    show(completion_script(args.completion))
    return OK


def _inspect(args: argparse.Namespace) -> int:
    """Print the recipe of a video."""
    _require_alone(args, "--inspect only reads a video", "inspect", "json", "quiet", "nogui")
    recipe = read_recipe(args.inspect)
    show(recipe.to_json().rstrip() if args.json else describe_recipe(recipe))
    return OK


def _require_alone(args: argparse.Namespace, what: str, *known: str) -> None:
    """Refuse sources, and options but for those that are known, where nothing is converted."""
    others = " ".join([*args.source, _given(args, *known)]).strip()
    if others:
        raise SettingsError(f"{what}; leave out {others}")


def _say_reuse(args: argparse.Namespace, sources: int) -> None:
    """Say what becomes of the limits of the video from which settings are taken."""
    replaced = (args.contrast, args.percentile, args.limits)
    if args.settings is None or args.quiet or any(value is not None for value in replaced):
        return
    recipe = saved_recipe(args.settings)
    if recipe is None:
        return
    note = reuse_note(recipe, args.reuse, sources)
    if note:
        say(f"Settings of {args.settings}: {note}")


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
    from .._napari import open_window

    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform == "linux" and not any(os.environ.get(name) for name in names):
        raise SettingsError(
            "no source given, and no screen for the window; name a source, see --help"
        )
    try:
        open_window()
    except ImportError as exc:  # of napari, or of Qt, which napari leaves to the user
        problem = "is not installed" if exc.name == "napari" else "finds no Qt that works"
        raise SettingsError(
            f"no source given, and napari {problem}; name a source (see --help), or install the "
            "window with pip install 'napari-tif2video[all]'"
        ) from exc


def _settings(args: argparse.Namespace) -> VideoSettings:
    """The settings of the file, if one was given, with the options of this call on top."""
    if args.global_normalize:
        if args.contrast not in (None, "global"):
            raise SettingsError(
                f"--global-normalize and --contrast {args.contrast} exclude each other"
            )
        args.contrast = "global"
    given = {name: value for name in SETTINGS if (value := getattr(args, name)) is not None}
    if args.settings is None:
        if args.reuse is not None:
            raise SettingsError("--reuse goes with --settings VIDEO")
        return VideoSettings().updated(**given)
    for name in ("contrast", "percentile", "limits"):
        if args.reuse == "numbers" and name in given:
            raise SettingsError(f"--reuse numbers and --{name} exclude each other")
    return VideoSettings.load(args.settings, reuse=args.reuse).updated(**given)


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


@contextmanager
def _stopping_on_signals() -> Iterator[None]:
    """Let `kill` and a closed terminal end the run as Ctrl-C does, with everything tidied up.

    What is ignored already stays so: with `nohup`, a closed terminal.
    """

    def interrupt(*_: Any) -> NoReturn:
        raise KeyboardInterrupt

    before = {}
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            with contextlib.suppress(ValueError):  # not in the main thread: not our business
                before[number] = signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
