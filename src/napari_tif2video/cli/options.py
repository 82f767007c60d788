"""The arguments of `tif2video` and their help. Nothing slow is imported."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from .._version import __version__
from ..errors import SettingsError
from ..paths import expanded
from ..recipe import REUSES
from ..settings import GREY, GROUPS, SETTINGS, Setting, option_of
from .terminal import say, show

EXIT_USAGE = 2
DEMO_FOLDER = "tif2video-demo"
SHELLS = ("bash", "zsh", "fish")

# Those of one value, which may begin with a minus.
_WITH_VALUE = {
    option_of(name) for name, s in SETTINGS.items() if s.metavar and isinstance(s.metavar, str)
}

_EXAMPLES = """\
examples:
  tif2video frames/                         the video goes beside the data
  tif2video frames/ -o talk.mp4 --width 800 --scale-bar --timestamp
  tif2video pos*/ --contrast batch --output-dir videos/
  tif2video cells.ome.tif --channel all --z max --max-size 10MB
  tif2video frames/ --dry-run               only tell what would be made
  tif2video --demo                          try it without data

exit code: 0 all converted or skipped, 1 at least one failed, 2 wrong usage,
           130 interrupted"""
_MORE = "These are the options that most people need. All options: tif2video --help-all"

# In characters; a longer list of choices is part of the sentence instead of the braces.
_LONGEST_CHOICES = 35


def build_parser(*, shows_all: bool = True) -> argparse.ArgumentParser:
    """The parser of the command line.

    Parameters
    ----------
    shows_all : bool
        Whether its help shows all options; otherwise those that most people need.
    """
    parser = _Parser(
        prog="tif2video",
        usage="%(prog)s SOURCE [SOURCE ...] [options]\n       %(prog)s  (opens napari)",
        description="Turn sequences of 16-bit TIFF images into videos that play everywhere.",
        epilog=_EXAMPLES if shows_all else f"{_EXAMPLES}\n\n{_MORE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
    )

    def group(heading: str) -> Callable[..., None]:
        section = parser.add_argument_group(heading)

        def add(*names: str, is_basic: bool = False, **facts: Any) -> None:
            if not shows_all:
                facts["help"] = _shortened(facts["help"]) if is_basic else argparse.SUPPRESS
            section.add_argument(*names, **facts)

        return add

    group("sources")(
        "source",
        is_basic=True,
        nargs="*",
        metavar="SOURCE",
        help="folder of .tif/.tiff files (one frame a file, natural order), multi-page TIFF, "
        "or a pattern such as pos*/",
    )
    for heading in GROUPS:
        _add_settings(group(heading), heading)
    _add_files(group("settings and outputs"))
    _add_running(group("how it runs"))
    _add_instead(group("instead of a conversion"))
    return parser


def _add_settings(add: Callable[..., None], heading: str) -> None:
    """An option for each setting below a heading, as it is declared."""
    for name, setting in SETTINGS.items():
        if setting.group == heading:
            add(option_of(name), is_basic=setting.is_basic, **_described(setting))
    if heading == GREY:
        add("--global-normalize", action="store_true", help="short for --contrast global")


def _described(setting: Setting) -> dict[str, Any]:
    """What argparse wants to know of a setting."""
    if setting.is_switch:
        return {"action": "store_true", "default": None, "help": _in_help(setting.meaning)}
    otherwise = f" (default: {setting.default_text})" if setting.default_text else ""
    metavar, meaning = setting.metavar or None, setting.meaning
    if len(",".join(setting.choices)) > _LONGEST_CHOICES:
        metavar = "NAME"
        if not all(f"`{choice}`" in meaning for choice in setting.choices):
            meaning = f"{meaning}: {', '.join(setting.choices)}"
    return {
        "action": "append" if setting.is_list else "store",
        "metavar": metavar,
        "nargs": 2 if isinstance(metavar, tuple) else None,
        "choices": setting.choices or None,
        "help": _in_help(f"{meaning}{otherwise}"),
    }


def _shortened(text: str) -> str:
    """What a help says up to its first semicolon, and the default."""
    return re.sub(r"; .*?(?=$| \(default)", "", text)


def _in_help(text: str) -> str:
    return text.replace("`", "").replace("%", "%%")


def _add_files(add: Callable[..., None]) -> None:
    add(
        "--settings",
        is_basic=True,
        type=_path,
        metavar="FILE|VIDEO",
        help="start from settings that the window or VideoSettings.save wrote, from those of a "
        "video, or from its sidecar; options given with it win",
    )
    add(
        "--reuse",
        choices=REUSES,
        help="of a video's measured limits: measure by the same rule again, or take its numbers "
        "as fixed limits (default: rule)",
    )
    add(
        "-r",
        "--recursive",
        is_basic=True,
        action="store_true",
        help="convert every folder below that has TIFFs",
    )
    add("--match", metavar="GLOB", help="use only files whose name matches, such as '*_C0_*'")
    add(
        "-o",
        "--output",
        is_basic=True,
        type=_path,
        metavar="FILE",
        help="name of the one video; its ending chooses the format",
    )
    add(
        "--output-dir",
        is_basic=True,
        type=_path,
        metavar="DIR",
        help="folder for the videos (default: beside the data)",
    )
    add("--overwrite", is_basic=True, action="store_true", help="replace videos that exist")
    add(
        "--skip-existing",
        is_basic=True,
        action="store_true",
        help="leave videos that exist, and go on; a note tells where one was made otherwise than "
        "it would be now",
    )
    add(
        "--sidecar",
        action="store_true",
        help="write the recipe that is in each video beside it too, as NAME.json",
    )


def _add_running(add: Callable[..., None]) -> None:
    add(
        "--workers",
        type=int,
        metavar="N",
        help="threads (default: every core this process may use); the video is the same for any",
    )
    add(
        "--scheduler",
        metavar="ADDRESS",
        help="let a dask cluster do the work, with the same bytes; what its scheduler printed, "
        "such as tcp://10.0.0.1:8786",
    )
    add(
        "--verify",
        is_basic=True,
        action="store_true",
        help="decode each finished video and compare it with the frames before it gets its name",
    )
    add(
        "--resume",
        action="store_true",
        help="keep finished segments until a video is complete, and go on with those of a run "
        "that was stopped; the video is the same, byte for byte",
    )
    add(
        "--dry-run",
        is_basic=True,
        action="store_true",
        help="only show order, gaps, sizes, names and durations, after a look at the size and type "
        "of every frame",
    )
    add("--json", action="store_true", help="print one JSON object on stdout")
    add(
        "--report",
        type=_path,
        metavar="FILE.csv",
        help="write one row per source as soon as it is done",
    )
    add("--quiet", is_basic=True, action="store_true", help="print errors only")
    add("--nogui", action="store_true", help="accepted for old scripts: no window")


def _add_instead(add: Callable[..., None]) -> None:
    add(
        "--demo",
        is_basic=True,
        nargs="?",
        const=DEMO_FOLDER,
        type=_path,
        metavar="DIR",
        help="write the bundled sample into a new or empty folder and convert it",
    )
    add(
        "--inspect",
        is_basic=True,
        type=_path,
        metavar="VIDEO",
        help="print what a video was made of and how, with --json as JSON",
    )
    add(
        "--completion",
        choices=SHELLS,
        help="print what lets the Tab key complete options in a shell, such as "
        'eval "$(tif2video --completion bash)" in ~/.bashrc',
    )
    add("-h", "--help", is_basic=True, action=_Help, nargs=0, help="show what most people need")
    add("--help-all", is_basic=True, action=_Help, nargs=0, const=True, help="show all options")
    add(
        "--version",
        is_basic=True,
        action="version",
        version=f"%(prog)s {__version__}",
        help="show the version",
    )


def _path(text: str) -> str:
    """For argparse, which names the option."""
    try:
        return expanded(text, "the name")
    except SettingsError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from None


class _Help(argparse.Action):
    """Shows one of the two helps, and ends the program."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        build_parser(shows_all=bool(self.const)).print_help()
        parser.exit()


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # -1e-07 is a number; before Python 3.14, argparse takes it for an option.
        self._negative_number_matcher = re.compile(r"-\.?\d")

    def _print_message(self, message: str, file: Any = None) -> None:
        """Argparse passes over what cannot be written."""
        if message:
            show(message.rstrip("\n"))

    def error(self, message: str) -> NoReturn:
        """One line instead of the whole usage."""
        say(f"{self.prog}: {message}; {self._advice(message)}")
        self.exit(EXIT_USAGE)

    def _advice(self, message: str) -> str:
        from difflib import get_close_matches

        known = [name for action in self._actions for name in action.option_strings]
        for word in re.findall(r"(?<!\S)--[^\s=:]+", message):
            if word not in known and (close := get_close_matches(word, known, 1, 0.8)):
                return f"did you mean {close[0]}?"
        return f"see {self.prog} --help"


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
