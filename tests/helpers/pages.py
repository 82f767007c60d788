"""The pages of the documentation, and what their blocks need that not every test has."""

from __future__ import annotations

from pathlib import Path

from blocks import blocks_of

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = {
    str(path.relative_to(ROOT)): path
    for path in [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
}
BLOCKS = {name: blocks_of(path) for name, path in PAGES.items()}


def needing(needs):
    """The blocks of all pages that need this, as parameters of a test."""
    return {
        f"{name}:{block.line}": block
        for name, blocks in BLOCKS.items()
        for block in blocks
        if block.needs == needs
    }
