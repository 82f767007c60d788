"""Write the page of all options, reference/options.md, from what is declared of them.

python docs/make_options.py
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from pathlib import Path

from napari_tif2video.cli.options import build_parser
from napari_tif2video.settings import GROUPS, SETTINGS, Setting, option_of

PAGE = Path(__file__).parent / "reference" / "options.md"
CODE = re.compile(r'eval "[^"]*"|--[a-z][a-z-]*')
START, END = "<!-- made by docs/make_options.py -->\n", "<!-- end of what it makes -->\n"


def tables() -> str:
    """A table for each group of the help; settings as they are declared, with their default."""
    groups = [group for group in build_parser()._action_groups if group.title in GROUPS]
    others = [group for group in build_parser()._action_groups if group.title not in GROUPS]
    parts = []
    for group in groups:
        rows = [
            row(name, setting) for name, setting in SETTINGS.items() if setting.group == group.title
        ]
        rows += [[*other_row(action), ""] for action in other_actions(group)]
        parts.append(table(str(group.title), ["option", "meaning", "default"], rows))
    for group in others:
        rows = [other_row(action) for action in other_actions(group)]
        title = "general" if group.title == "options" else str(group.title)
        if rows:
            parts.append(table(title, ["option", "meaning"], rows))
    return "\n".join(parts)


def table(heading: str, columns: list[str], rows: Iterable[list[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    text = "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)
    return f"## {heading[0].upper()}{heading[1:]}\n\n{text}\n"


def row(name: str, setting: Setting) -> list[str]:
    option = " ".join([option_of(name), *_values(setting)]).replace("|", "`, `")
    return [f"`{option}`", setting.meaning, setting.default_text]


def _values(setting: Setting) -> tuple[str, ...]:
    if isinstance(setting.metavar, tuple):
        return setting.metavar
    return tuple(filter(None, [setting.metavar or "|".join(setting.choices)]))


def other_actions(group: argparse._ArgumentGroup) -> list[argparse.Action]:
    return [a for a in group._group_actions if a.option_strings and a.dest not in SETTINGS]


def other_row(action: argparse.Action) -> list[str]:
    value = action.metavar or "|".join(action.choices or ())
    value = f"[{value}]" if action.nargs == "?" else value
    *names, last = action.option_strings
    option = ", ".join(f"`{name}`" for name in [*names, f"{last} {value}".strip()])
    meaning = (action.help or "").replace("%%", "%").replace("*", r"\*")
    return [option.replace("|", "`, `"), CODE.sub(r"`\g<0>`", meaning)]


if __name__ == "__main__":
    before, rest = PAGE.read_text(encoding="utf-8").split(START)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{START}\n{tables()}\n{END}{after}", encoding="utf-8")
