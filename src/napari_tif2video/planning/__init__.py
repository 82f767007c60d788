"""Does it all fit together?

`resolve` makes a `Plan` of settings and a stack, once, and refuses what cannot work before any work
is done; `plan` says what one is. `choose` decides which part of a hyperstack is shown, and
`annotate` what is drawn on it. `objects` reads what belongs to the frames of files of objects:
`draw` draws it at places of the data, and `follow` says where a box that follows an object is;
`moves` is about any box that moves. `format` says which encoder suits, and what the user should
know about it. `panels` puts the plans of several sources side by side, and `sync` says which frame
of each is shown when.
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
from .panels import magnification_note, name_of_several, side_by_side
from .plan import BadFrame, Plan, stabilised
from .resolve import Clips, clips, plan

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
    "magnification_note",
    "name_of_several",
    "plan",
    "position_numbers",
    "side_by_side",
    "stabilised",
]
