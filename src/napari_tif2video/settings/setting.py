"""What is declared of a setting, at its field of `VideoSettings`, and parsers that several use."""

from __future__ import annotations

import dataclasses
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import SettingsError

#: Makes the value of a setting of what a user gave; takes the name of the setting for messages.
Parser = Callable[[str, Any], Any]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A setting, for the command line, the window, the names of videos and the pages.

    Attributes
    ----------
    default : object
        None where something else decides, which `otherwise` says.
    group : str
        The heading below which it is listed.
    title : str
        What the window calls it.
    help : str
        What it does; code stands between backticks.
    parse : callable
        Makes its value. Is not asked about a None that is the default.
    metavar : str or (str, str)
        What its value is called, or both of its values; empty for a switch.
    choices : tuple of str
        All values that the command line takes, where it is a list.
    otherwise : str
        What happens without it.
    in_python : str
        What else there is to it, in Python.
    token : str or callable
        Makes its part of an automatic name of its value; a text is a format for it.
    implies : str
        The switch that it turns on.
    styles : str
        The setting that names what it changes the look of, which has to be drawn.
    replaces : tuple of str
        What goes when it is put on top of other settings.
    is_basic : bool
        Whether the short help of the command line has it.
    is_list : bool
        Whether it can be given several times, each with a value of its own.
    goes_with_raw : bool
        Whether raw counts leave it to choose.
    is_later : bool
        Left out of JSON as long as nobody asks for it: it came when videos had recipes already,
        which stay as they were.
    """

    default: Any
    group: str
    title: str
    help: str
    parse: Parser
    metavar: str | tuple[str, str] = ""
    choices: tuple[str, ...] = ()
    otherwise: str = ""
    in_python: str = ""
    token: str | Callable[[Any], str] = ""
    implies: str = ""
    styles: str = ""
    replaces: tuple[str, ...] = ()
    is_basic: bool = False
    is_list: bool = False
    goes_with_raw: bool = False
    is_later: bool = False

    @property
    def is_switch(self) -> bool:
        return self.default is False

    @property
    def meaning(self) -> str:
        """What it does, with the switch that it turns on."""
        return f"{self.help}; implies `{option_of(self.implies)}`" if self.implies else self.help

    @property
    def default_text(self) -> str:
        """What happens without it; empty where there is nothing to say."""
        if self.otherwise or self.default is None:
            return self.otherwise
        return "off" if self.is_switch else f"`{self.default}`"

    def token_for(self, value: Any) -> str:
        """What stands for this value in the name of a video."""
        if value is None or value is False:
            return ""
        return self.token(value) if callable(self.token) else self.token.format(value)


def option_of(name: str) -> str:
    """What a setting, or another argument, is called on the command line."""
    return f"--{name.replace('_', '-')}"


def declare(default: Any, group: str, title: str, help: str, **facts: Any) -> Any:  # noqa: A002
    """A field of `VideoSettings` with its `Setting`; one with choices takes no other value."""
    if "parse" not in facts:
        facts["parse"] = switch if default is False else one_of(facts["choices"])
    setting = Setting(default=default, group=group, title=title, help=help, **facts)
    return dataclasses.field(default=default, metadata={"setting": setting})


def switch(name: str, value: Any) -> bool:
    return bool(value)


def one_of(choices: Sequence[str]) -> Parser:
    """A parser of one of several words."""

    def parse(name: str, value: Any) -> Any:
        if value not in choices:
            raise SettingsError(f"{name}: must be one of {', '.join(choices)}, got {value!r}")
        return value

    return parse


def whole_number(value: Any) -> int | None:
    """The whole number that is meant; None for what is none."""
    if isinstance(value, str):
        return int(value) if re.fullmatch(r"\s*-?\d{1,18}\s*", value, re.ASCII) else None
    if isinstance(value, bool):
        return None
    if getattr(value, "is_integer", bool)():
        return int(value)
    try:
        return operator.index(value)
    except TypeError:
        return None
