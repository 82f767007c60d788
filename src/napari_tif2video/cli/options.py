"""The arguments of `tif2video` and their help. Nothing slow is imported."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from .._version import __version__
from ..geometry import WIDTH_RANGE_PX
from ..recipe import REUSES
from ..settings import (
    ANCHOR_STYLES,
    CODECS,
    CONTRASTS,
    CORNERS,
    FPS_RANGE,
    QUALITIES,
    Z_PROJECTIONS,
    VideoSettings,
)

EXIT_USAGE = 2

# Options whose values may begin with a minus.
_SIGNED = ("--frames", "--time-start")
DEMO_FOLDER = "tif2video-demo"

_CORNER_HELP = {
    "scale-bar": f"{', '.join(CORNERS)} (default for the scale bar: bottom-right)",
    "timestamp": "the same for the timestamp (default: top-left)",
    "label": "the same for the label (default: bottom-left)",
}


def _add_overlays(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("drawn onto the picture, and its scale").add_argument
    flag: dict[str, Any] = {"action": "store_true", "default": None}
    add("--anchor", **flag, help="draw a red dot at the centre of the frame")
    add("--anchor-style", choices=ANCHOR_STYLES, help="how the anchor looks (default: dot)")
    add("--anchor-size", metavar="PX", help="extent of the anchor in pixels of the video")
    add("--anchor-colour", metavar="NAME|#rrggbb", help="colour of the anchor (default: red)")
    add("--scale-bar", **flag, help="draw a scale bar of about a fifth of the width")
    add("--scale-bar-length", metavar="UM", help="length of the scale bar in µm")
    add(
        "--pixel-size",
        metavar="UM",
        help="width of a pixel of the data in µm, instead of what the files say",
    )
    add(
        "--um-per-pixel",
        metavar="F",
        help="µm that a pixel of the video shows, instead of --width: the same for all sources",
    )
    add("--timestamp", **flag, help="draw the time of each frame")
    add(
        "--frame-interval",
        metavar="TIME",
        help="time between frames, such as 300, 5min or 500ms, instead of what the files say",
    )
    add(
        "--time-start",
        metavar="TIME",
        help="time of the first frame of the data, such as 2h or, with =, --time-start=-10min",
    )
    add(
        "--label",
        metavar="TEXT",
        help="draw a text; {name}, {time}, {frame} and {channel} are filled in",
    )
    for what in ("scale-bar", "timestamp", "label"):
        add(f"--{what}-corner", choices=CORNERS, metavar="CORNER", help=_CORNER_HELP[what])


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line instead of the whole usage."""
        self.exit(EXIT_USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


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
        metavar="DIR",
        help="write the bundled sample into a new or empty folder and convert it",
    )
    add(
        "--inspect",
        metavar="VIDEO",
        help="print what a video was made of and how, with --json as JSON",
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
        "--frames",
        metavar="START:STOP:STEP",
        help="a Python slice of time, such as 10:50, ::2 or, with =, --frames=-10:",
    )
    add(
        "--quality",
        choices=QUALITIES,
        help=f"how much the encoder may lose (default: {VideoSettings.quality}); lossless: ffv1",
    )
    add(
        "--codec",
        choices=list(CODECS),
        help="format of the video (default: what the ending of -o says, else h264)",
    )
    add(
        "--crf", metavar="N", help="rate factor of the encoder instead of a quality; less is better"
    )
    add(
        "--max-size",
        metavar="SIZE",
        help="lower the quality until the file is no larger than, say, 10MB",
    )
    add(
        "--raw",
        action="store_true",
        default=None,
        help="write the counts themselves, bit for bit, into ffv1 (.mkv)",
    )
    add(
        "--channel",
        metavar="N|NAME|all|each",
        help="channel of a hyperstack, from 0; all: merged in their colours; each: a video of each",
    )
    add(
        "--z",
        metavar="|".join(("N", *Z_PROJECTIONS)),
        help="slice of a hyperstack, from 0, or how all become one (default: max, where there is "
        "time too)",
    )
    add("--play", metavar="AXIS", help="the axis that is played, where there are several: T, Z, C")
    add("--axes", metavar="TCZYX", help="names of axes that the file does not name, slowest first")
    add(
        "--settings",
        metavar="FILE|VIDEO",
        help="start from settings that were saved as JSON, or from those of a video",
    )
    add(
        "--reuse",
        choices=REUSES,
        help="of a video's measured limits: measure by the same rule again, or take its numbers "
        "as fixed limits (default: rule)",
    )

    _add_overlays(parser)

    files = parser.add_argument_group("sources and outputs")
    add = files.add_argument
    add("-r", "--recursive", action="store_true", help="convert every folder below that has TIFFs")
    add("--match", metavar="GLOB", help="use only files whose name matches, such as '*_C0_*'")
    add("-o", "--output", metavar="FILE", help="name of the video (one source only)")
    add("--output-dir", metavar="DIR", help="folder for the videos (default: beside the data)")
    add("--overwrite", action="store_true", help="replace videos that exist")
    add("--skip-existing", action="store_true", help="leave videos that exist, and go on")
    add(
        "--sidecar",
        action="store_true",
        help="write the recipe that is in each video beside it too, as NAME.json",
    )

    run = parser.add_argument_group("running")
    add = run.add_argument
    add(
        "--workers",
        type=int,
        metavar="N",
        help="threads (default: every core this process may use); the video is the same for any",
    )
    add(
        "--verify",
        action="store_true",
        help="decode each finished video and compare it with the frames before it gets its name",
    )
    add("--dry-run", action="store_true", help="only show order, gaps, sizes, names and durations")
    add("--json", action="store_true", help="print one JSON object on stdout")
    add("--report", metavar="FILE.csv", help="write one row per source as soon as it is done")
    add("--quiet", action="store_true", help="print errors only")
    return parser


def joined(argv: Sequence[str]) -> list[str]:
    """Arguments with ``--time-start -5min`` as ``--time-start=-5min``.

    What begins with a minus would be taken for an option.
    """
    words: list[str] = []
    for word in argv:
        if words and words[-1] in _SIGNED and re.match(r"-[\d:]", word):
            words[-1] += f"={word}"
        else:
            words.append(word)
    return words
