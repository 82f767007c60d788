"""Does it all fit together?

`plan` resolves settings and a stack into a `Plan`, once, and refuses what cannot work before any
work is done. `choose` decides which part of a hyperstack is shown, `annotate` what is drawn on it,
`draw` what is drawn at places of the data, `follow` where a box that follows an object is, `format`
which encoder suits, and what the user should know about it.
"""

from .choose import (
    channel_name,
    channel_numbers,
    choose,
    has_unknown_axes,
    image_at,
    position_numbers,
)
from .draw import Drawn
from .format import guessed_bytes
from .plan import BadFrame, Clips, Plan, clips, plan, stabilised

__all__ = [
    "BadFrame",
    "Clips",
    "Drawn",
    "Plan",
    "channel_name",
    "channel_numbers",
    "choose",
    "clips",
    "guessed_bytes",
    "has_unknown_axes",
    "image_at",
    "plan",
    "position_numbers",
    "stabilised",
]
