"""From the Create button to videos: in the background, with progress, or elsewhere as a script."""

from .destination import DestinationRow, RunOptions, stored
from .jobs import IF_EXISTS, Starter, automatic_name
from .runner import RunRow
from .script import RecipeButton

__all__ = [
    "IF_EXISTS",
    "DestinationRow",
    "RecipeButton",
    "RunOptions",
    "RunRow",
    "Starter",
    "automatic_name",
    "stored",
]
