"""What is converted: the layers, folders and files that are offered, and their axes."""

from .axes import SourceAxes, axis_words
from .folders import FolderList
from .panel import SourcePanel

__all__ = ["FolderList", "SourceAxes", "SourcePanel", "axis_words"]
