"""The command `tif2video`.

`options` has its arguments, `main` runs it, `console` says what happens, `inspect` puts the recipe
of a video into words. Only `main` is loaded for the help, and nothing slow with it.
"""

from .main import main

__all__ = ["main"]
