"""`python -m napari_tif2video`: the same as the command `tif2video`."""

from __future__ import annotations

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
