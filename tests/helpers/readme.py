"""The examples of the README."""

from __future__ import annotations

import re
from pathlib import Path

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def console_lines():
    """All commands that are shown as a block, in their order."""
    return re.findall(r"^    ((?:tif2video|python3) .+)$", README, flags=re.MULTILINE)


def python_blocks():
    return re.findall(r"^```python\n(.+?)^```$", README, flags=re.MULTILINE | re.DOTALL)
