"""Intake: one call becomes one record, whole or not at all.

`record` is the verb of a finished call, `red_key` of one that cannot wait; a dropped draft records itself. All three
write through the same steps, in the lock order. Nothing merges by itself: the operator chooses the case a call
continues, and a doubtful caller only proposes.
"""

from cases.domain.intake.changes import apply
from cases.domain.intake.checks import Clash
from cases.domain.intake.dropped import keep_dropped
from cases.domain.intake.facts import MAX_NOTE, EvacuationFacts, Intake, NeedFacts
from cases.domain.intake.finished import record
from cases.domain.intake.preview import preview
from cases.domain.intake.red_key import red_key

__all__ = [
    "MAX_NOTE",
    "Clash",
    "EvacuationFacts",
    "Intake",
    "NeedFacts",
    "apply",
    "keep_dropped",
    "preview",
    "record",
    "red_key",
]
