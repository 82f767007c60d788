"""Write the table of settings in README.md from what is declared of them.

python docs/make_options.py
"""

from __future__ import annotations

from pathlib import Path

from napari_tif2video.settings import GROUPS, SETTINGS, Setting, option_of

README = Path(__file__).parents[1] / "README.md"
START, END = "<!-- settings, by docs/make_options.py -->\n", "<!-- end of settings -->\n"


def table() -> str:
    """A row for each setting, below the heading of its group."""
    lines = ["| option | meaning | default |", "| --- | --- | --- |"]
    for heading in GROUPS:
        lines.append(f"| **{heading}** | | |")
        for name, setting in SETTINGS.items():
            if setting.group == heading:
                option = " ".join([option_of(name), *_values(setting)]).replace("|", "`, `")
                lines.append(f"| `{option}` | {setting.meaning} | {setting.default_text} |")
    return "\n".join(lines) + "\n"


def _values(setting: Setting) -> tuple[str, ...]:
    if isinstance(setting.metavar, tuple):
        return setting.metavar
    return tuple(filter(None, [setting.metavar or "|".join(setting.choices)]))


if __name__ == "__main__":
    before, rest = README.read_text(encoding="utf-8").split(START)
    _, after = rest.split(END)
    README.write_text(f"{before}{START}{table()}{END}{after}", encoding="utf-8")
