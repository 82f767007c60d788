"""What settings are called on the command line."""

from __future__ import annotations

import dataclasses
import re

from .video import VideoSettings


def option_of(name: str) -> str:
    """What a setting, or another argument, is called on the command line."""
    return f"--{name.replace('_', '-')}"


def as_typed(message: str) -> str:
    """A message with settings named as the options of the command line."""
    message = _AT_START.sub(lambda found: option_of(found[0]), message, count=1)
    return _WITH_UNDERSCORE.sub(lambda found: option_of(found[0]), message)


_NAMES = [field.name for field in dataclasses.fields(VideoSettings)]
_AT_START = re.compile(rf"^(?:{'|'.join(_NAMES)})(?=: )")
# Not inside the name of a file.
_WITH_UNDERSCORE = re.compile(
    rf"(?<![\w./\\-])(?:{'|'.join(name for name in _NAMES if '_' in name)})(?![\w./\\-])"
)
