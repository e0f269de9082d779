"""The day itself: crews, the frozen list, phones without network, counting, the road, and closing a convoy.

`crews` and `manifests` are before it; `devices`, `heard` and `syncing` take what phones say, `placing` moves people's
places and `columns` the convoy by it; `watching` forgets nobody, `closing` decides what did not fit.
"""

from cases.domain.field.closing import reconcile, settle, settle_entry
from cases.domain.field.crews import appoint, dismiss
from cases.domain.field.devices import bundle, revoke, take
from cases.domain.field.manifests import freeze
from cases.domain.field.syncing import sync
from cases.domain.field.watching import arrival_watch, roll_call, welfare

__all__ = [
    "appoint",
    "arrival_watch",
    "bundle",
    "dismiss",
    "freeze",
    "reconcile",
    "revoke",
    "roll_call",
    "settle",
    "settle_entry",
    "sync",
    "take",
    "welfare",
]
