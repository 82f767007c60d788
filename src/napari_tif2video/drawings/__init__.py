"""What is drawn at places of the data?

A file for each kind: `labels`, `points`, `tracks`, `shapes`, `vectors`. Each is a frozen dataclass
of plain arrays that is an `overlays.Drawing`: it selects what some frames need, and draws onto the
picture of one of them. `arrays` is what they have in common, `text` the texts of points and shapes,
and `palette` the colours of objects by their numbers.
"""

from .labels import LabelColours, Labels
from .palette import LINE_PALETTE, PALETTE, line_colours
from .points import Points
from .shapes import Shapes, ellipse
from .symbols import SYMBOLS
from .text import Texts
from .tracks import Tracks
from .vectors import Vectors

__all__ = [
    "LINE_PALETTE",
    "PALETTE",
    "SYMBOLS",
    "LabelColours",
    "Labels",
    "Points",
    "Shapes",
    "Texts",
    "Tracks",
    "Vectors",
    "ellipse",
    "line_colours",
]
