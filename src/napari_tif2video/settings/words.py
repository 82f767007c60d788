"""What settings are called, on the command line and in the window, and their values."""

from __future__ import annotations

import re

from .setting import option_of
from .video import SETTINGS


def title_of(name: str) -> str:
    """What a setting is called in the window."""
    return SETTINGS[name].title


def value_text(value: object) -> str:
    """A value of `VideoSettings.to_dict`, in words."""
    if isinstance(value, list):
        return " ".join(map(value_text, value))
    if isinstance(value, bool):
        return "on" if value else "off"
    return "not set" if value is None else str(value)


def with_option_names(message: str) -> str:
    """A message with settings named as the options of the command line."""
    return _SETTING.sub(lambda found: option_of(found[0]), message)


# What messages begin with, and is no setting of a video.
_OF_THE_CALL = ("output", "resume", "reuse", "scheduler", "workers")

# Where a message or what follows its source begins, and with an underscore anywhere, but not
# inside the name of a file.
_SETTING = re.compile(
    rf"(?:^|(?<=: ))(?:{'|'.join([*SETTINGS, *_OF_THE_CALL])})(?=: )"
    rf"|(?<![\w./\\-])(?:{'|'.join(name for name in SETTINGS if '_' in name)})(?![\w./\\-])"
)
