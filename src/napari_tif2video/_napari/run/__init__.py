"""From the Create button to videos: in the background, with progress, or elsewhere as a script."""

from .destination import Destination
from .jobs import Starter, automatic_name
from .runner import RunRow
from .script import RecipeButton

__all__ = [
    "Destination",
    "RecipeButton",
    "RunRow",
    "Starter",
    "automatic_name",
]
