"""Completion of the Tab key in shells: a script made by shtab from the parser itself."""

from __future__ import annotations

import re

import shtab

from .options import build_parser

# What stands for names of files and folders in the help.
_FILES = re.compile("SOURCE|FILE|VIDEO|TRACKS")
_FOLDERS = re.compile("DIR")
# Words among what a value may be, such as in ``N|max|mean``.
_WORD = re.compile(r"(?:^|\|)([a-z]+)(?=\||$)")


def completion_script(shell: str) -> str:
    """What a shell has to read to complete the options of `tif2video`, and names of files."""
    parser = build_parser()
    for action in parser._actions:  # argparse has no public list, and shtab reads this one too
        called = action.metavar if isinstance(action.metavar, str) else ""
        if words := _WORD.findall(called):
            action.choices = words
        elif _FILES.search(called):
            action.complete = shtab.FILE  # type: ignore[attr-defined]  # read by shtab
        elif _FOLDERS.search(called):
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]  # read by shtab
    return shtab.complete(parser, shell=shell).rstrip("\n")
