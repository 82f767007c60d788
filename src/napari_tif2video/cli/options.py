"""The arguments of `tif2video` and their help. Nothing slow is imported."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from .._version import __version__
from ..errors import SettingsError
from ..paths import expanded
from ..recipe import REUSES
from ..settings import GREY, GROUPS, SETTINGS, Setting, option_of
from .terminal import say, show

EXIT_USAGE = 2
DEMO_FOLDER = "tif2video-demo"

# Those of one value, which may begin with a minus.
_WITH_VALUE = {
    option_of(name) for name, s in SETTINGS.items() if s.metavar and isinstance(s.metavar, str)
}


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """An option for each setting, as it is declared."""
    for heading in GROUPS:
        add = parser.add_argument_group(heading).add_argument
        for name, setting in SETTINGS.items():
            if setting.group == heading:
                add(option_of(name), **_described(setting))
        if heading == GREY:
            add("--global-normalize", action="store_true", help="short for --contrast global")


def _described(setting: Setting) -> dict[str, Any]:
    """What argparse wants to know of a setting."""
    if setting.is_switch:
        return {"action": "store_true", "default": None, "help": _in_help(setting.meaning)}
    otherwise = f" (default: {setting.default_text})" if setting.default_text else ""
    return {
        "action": "append" if setting.is_list else "store",
        "metavar": setting.metavar or None,
        "nargs": 2 if isinstance(setting.metavar, tuple) else None,
        "choices": setting.choices or None,
        "help": _in_help(f"{setting.meaning}{otherwise}"),
    }


def _path(text: str) -> str:
    """For argparse, which names the option."""
    try:
        return expanded(text, "the name")
    except SettingsError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from None


def _in_help(text: str) -> str:
    return text.replace("`", "").replace("%", "%%")


class _Parser(argparse.ArgumentParser):
    def _print_message(self, message: str, file: Any = None) -> None:
        """Argparse passes over what cannot be written."""
        if message:
            show(message.rstrip("\n"))

    def error(self, message: str) -> NoReturn:
        """One line instead of the whole usage."""
        say(f"{self.prog}: {message}; see {self.prog} --help")
        self.exit(EXIT_USAGE)


def build_parser() -> argparse.ArgumentParser:
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
        type=_path,
        metavar="DIR",
        help="write the bundled sample into a new or empty folder and convert it",
    )
    add(
        "--inspect",
        type=_path,
        metavar="VIDEO",
        help="print what a video was made of and how, with --json as JSON",
    )

    _add_settings(parser)

    add = parser.add_argument_group("sources, settings and outputs").add_argument
    add(
        "--settings",
        type=_path,
        metavar="FILE|VIDEO",
        help="start from settings that were saved as JSON, or from those of a video",
    )
    add(
        "--reuse",
        choices=REUSES,
        help="of a video's measured limits: measure by the same rule again, or take its numbers "
        "as fixed limits (default: rule)",
    )

    add("-r", "--recursive", action="store_true", help="convert every folder below that has TIFFs")
    add("--match", metavar="GLOB", help="use only files whose name matches, such as '*_C0_*'")
    add("-o", "--output", type=_path, metavar="FILE", help="name of the video (one source only)")
    add(
        "--output-dir",
        type=_path,
        metavar="DIR",
        help="folder for the videos (default: beside the data)",
    )
    add("--overwrite", action="store_true", help="replace videos that exist")
    add("--skip-existing", action="store_true", help="leave videos that exist, and go on")
    add(
        "--sidecar",
        action="store_true",
        help="write the recipe that is in each video beside it too, as NAME.json",
    )

    add = parser.add_argument_group("running").add_argument
    add(
        "--workers",
        type=int,
        metavar="N",
        help="threads (default: every core this process may use); the video is the same for any",
    )
    add(
        "--scheduler",
        metavar="ADDRESS",
        help="let a dask cluster do the work; what its scheduler printed, such as "
        "tcp://10.0.0.1:8786",
    )
    add(
        "--verify",
        action="store_true",
        help="decode each finished video and compare it with the frames before it gets its name",
    )
    add(
        "--resume",
        action="store_true",
        help="keep finished segments until a video is complete, and go on with those of a run "
        "that was stopped; the video is the same, byte for byte",
    )
    add("--dry-run", action="store_true", help="only show order, gaps, sizes, names and durations")
    add("--json", action="store_true", help="print one JSON object on stdout")
    add(
        "--report",
        type=_path,
        metavar="FILE.csv",
        help="write one row per source as soon as it is done",
    )
    add("--quiet", action="store_true", help="print errors only")
    return parser


def joined(argv: Sequence[str]) -> list[str]:
    """Arguments with ``--time-start -5min`` as ``--time-start=-5min``.

    What begins with a minus would be taken for an option.
    """
    words: list[str] = []
    for word in argv:
        if words and words[-1] in _WITH_VALUE and re.match(r"-[\d:]", word):
            words[-1] += f"={word}"
        else:
            words.append(word)
    return words
