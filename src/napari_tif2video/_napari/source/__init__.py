"""What is converted: the layers, folders and files that are offered, and their axes."""

from .axes import (
    PROJECTIONS,
    Choices,
    SourceAxes,
    channel_choice,
    channel_choices,
    default_play,
    longest,
    play_choices,
    position_choice,
    position_choices,
    slice_choice,
    slice_choices,
)
from .lists import FolderList
from .panel import SourcePanel

__all__ = [
    "PROJECTIONS",
    "Choices",
    "FolderList",
    "SourceAxes",
    "SourcePanel",
    "channel_choice",
    "channel_choices",
    "default_play",
    "longest",
    "play_choices",
    "position_choice",
    "position_choices",
    "slice_choice",
    "slice_choices",
]
