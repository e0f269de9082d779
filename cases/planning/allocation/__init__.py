"""Who travels on which convoy (docs: "Allocation"): all verified requests onto all open convoys at once.

Pure: the same instance gives the same plan, and nothing is read or written.
"""

from .apart import kept, settled
from .bound import bound
from .difference import Difference, difference
from .instance import CLASSES, KINDS, WEIGHTS, Convoy, Instance, Party
from .plan import Plan, plan
from .reasons import Help, Left, explain
from .staying import stay
from .told import InstanceError, read
from .words import helps, says

__all__ = [
    "CLASSES",
    "KINDS",
    "WEIGHTS",
    "Convoy",
    "Difference",
    "Help",
    "Instance",
    "InstanceError",
    "Left",
    "Party",
    "Plan",
    "bound",
    "difference",
    "explain",
    "helps",
    "kept",
    "plan",
    "read",
    "says",
    "settled",
    "stay",
]
