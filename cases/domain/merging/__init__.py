"""Two households that are one, one household that becomes two, and a site that goes in groups.

A merge moves foreign keys and re-encrypts nothing: every move is in the journal, the duplicate stays as a pointer, and
what still stands as the merge left it can be taken back. It never widens what may be known: a protection stays, the
stricter word on sharing holds, and nobody who was parted on purpose is joined again.
"""

from cases.domain.merging.grouping import group
from cases.domain.merging.households import merge
from cases.domain.merging.parting import split
from cases.domain.merging.refusals import CannotMerge, CannotPart
from cases.domain.merging.undoing import Undone, undo

__all__ = ["CannotMerge", "CannotPart", "Undone", "group", "merge", "split", "undo"]
