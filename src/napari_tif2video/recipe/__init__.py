"""What was a video made of, and how?

A `Recipe` is written into every video and read back from it. `recipe` has its fields and the text
that they become, `parts` those of each channel and of several sources; `as_json` reads and writes
such text, `contrasts` has the rules by which its limits came about, and `files` knows where each
kind of video keeps the text.
"""

from .as_json import load_json
from .contrasts import CONTRASTS, contrast_of
from .files import metadata, put_into_gif, read_recipe, read_text, saved_recipe
from .parts import RecipeChannel, RecipePanel, RecipeSource
from .recipe import REUSES, Recipe

__all__ = [
    "CONTRASTS",
    "REUSES",
    "Recipe",
    "RecipeChannel",
    "RecipePanel",
    "RecipeSource",
    "contrast_of",
    "load_json",
    "metadata",
    "put_into_gif",
    "read_recipe",
    "read_text",
    "saved_recipe",
]
