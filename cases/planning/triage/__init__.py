"""Triage: a clinical floor, then a sum, always with its reasons (docs: "Triage").

Pure: the same facts and the same version of the rules give the same verdict, so a score can be
replayed and explained years later. The rules themselves are data (`seeds/triage.json`).
"""

from .coming import aged, aged_value, hours_to_change
from .facts import Facts, PersonFacts, named
from .rules import Clock, Floor, Rules, RulesError
from .told import Codes, FactsError, read
from .verdict import Reason, Verdict, say, score

__all__ = [
    "Clock",
    "Codes",
    "Facts",
    "FactsError",
    "Floor",
    "PersonFacts",
    "Reason",
    "Rules",
    "RulesError",
    "Verdict",
    "aged",
    "aged_value",
    "hours_to_change",
    "named",
    "read",
    "say",
    "score",
]
