"""The blocks of code on the pages, for the tests, the site and the pictures of the gallery.

A comment before a block tells what it needs and a test has not at hand, such as
``<!-- needs: screen -->``.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(
    r"^(?:<!-- needs: (?P<needs>[a-z]+) -->\n)?^```(?P<language>[^\n`]*)\n(?P<text>.*?)^```$",
    flags=re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, its first line, and what it needs, if anything."""

    language: str
    text: str
    line: int
    needs: str = ""

    @property
    def commands(self) -> list[list[str]]:
        """The words of each command of a block of the shell, without comments."""
        lines = self.text.replace("\\\n", "").splitlines()
        return [words for line in lines if (words := shlex.split(line, comments=True))]


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            found["language"],
            found["text"],
            text.count("\n", 0, found.start("text")),
            found["needs"] or "",
        )
        for found in BLOCK.finditer(text)
    ]


def commands_of(page: Path) -> list[list[str]]:
    """The arguments of each `tif2video` in the page's blocks of the shell."""
    shells = [block for block in blocks_of(page) if block.language == "shell"]
    words = [command for block in shells for command in block.commands]
    return [command[1:] for command in words if command[0] == "tif2video"]
