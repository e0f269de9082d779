"""The day itself: crews, the frozen list, phones without network, counting, the road, and closing a convoy.

`crews` and `manifests` are before it; `devices`, `heard` and `syncing` take what phones say, `placing` moves people's
places and `columns` the convoy by it, `walk_ups` lets in who turned up; `incidents` is what the dispatcher hears of the
road, `joining` a vehicle nobody planned, `watching` forgets nobody, `closing` decides what did not fit, `papers` prints
the list and seals it into a file.
"""

from cases.domain.field.afterwards import (
    hand_over,
    heard_safe,
    lose_contact,
    move_on,
    name_receiver,
    offer_again,
    safe_call,
    settle_in,
)
from cases.domain.field.closing import reconcile, settle, settle_entry
from cases.domain.field.crews import appoint, dismiss
from cases.domain.field.devices import bundle, revoke, take
from cases.domain.field.incidents import report, take_back
from cases.domain.field.joining import join
from cases.domain.field.manifests import freeze
from cases.domain.field.papers import export, print_paper
from cases.domain.field.stops import acknowledge, move_stop, unheard
from cases.domain.field.syncing import sync
from cases.domain.field.watching import arrival_watch, roll_call, room, welfare

__all__ = [
    "acknowledge",
    "appoint",
    "arrival_watch",
    "bundle",
    "dismiss",
    "export",
    "freeze",
    "hand_over",
    "heard_safe",
    "join",
    "lose_contact",
    "move_on",
    "move_stop",
    "name_receiver",
    "offer_again",
    "print_paper",
    "reconcile",
    "report",
    "revoke",
    "roll_call",
    "room",
    "safe_call",
    "settle",
    "settle_entry",
    "settle_in",
    "sync",
    "take",
    "take_back",
    "unheard",
    "welfare",
]
