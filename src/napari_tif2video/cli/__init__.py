"""The command `tif2video`.

`options` has its arguments, `completion` tells shells of them, `main` runs it, `console` says what
happens, `inspect` puts the recipe of a video into words, and `terminal` brings lines to people and
pipes. Only `main` is loaded for the help, and nothing slow with it.
"""

from .main import main

__all__ = ["main"]
