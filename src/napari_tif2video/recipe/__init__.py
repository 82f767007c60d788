"""What was a video made of, and how?

A `Recipe` is written into every video and read back from it. `recipe` has its fields and the text
that they become, `files` knows where each kind of video keeps such text.
"""

from .files import metadata, put_into_gif, read_recipe, read_text, saved_recipe
from .recipe import REUSES, Recipe, RecipeChannel, load_json

__all__ = [
    "REUSES",
    "Recipe",
    "RecipeChannel",
    "load_json",
    "metadata",
    "put_into_gif",
    "read_recipe",
    "read_text",
    "saved_recipe",
]
