"""What other rules would have made of last week's cases: their own facts, replayed. Nothing is changed by it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.actors import Actor
from cases.disclosure import reveal
from cases.enums import Why
from cases.models import Case, Score
from cases.planning.triage import Facts, Rules, named, say, score
from cases.planning.triage.rules import CLASSES
from cases.queries.triage import rules_in_force

WEEK: Final = timedelta(days=7)
MOST: Final = 2_000
EXAMPLES: Final = 20


@dataclass(frozen=True, slots=True)
class Example:
    """One case that would move: its reference, and why it has its class now and would have the other."""

    case: Case
    before: list[str]
    after: list[str]


@dataclass(slots=True)
class Move:
    """Cases that would go from one class to another; the newest of them as examples.

    `kept_back`: a protected fact is among theirs. Shown, a draft that moves one such floor would tell who has it.
    """

    old: str
    new: str
    count: int = 0
    kept_back: int = 0
    examples: list[Example] = field(default_factory=list)

    @property
    def words(self) -> str:
        said = ngettext(
            "%(count)d case would move from %(old)s to %(new)s.",
            "%(count)d cases would move from %(old)s to %(new)s.",
            self.count,
        )
        return said % {"count": self.count, "old": self.old, "new": self.new}

    @property
    def more(self) -> int:
        return self.count - self.kept_back - len(self.examples)


@dataclass(slots=True)
class DryRun:
    """`looked_at` cases: unchanged, moving, set by hand, or not to be replayed (erased, or scored by nobody yet).

    `rising`: a class set by hand that the draft would raise; the facts then ask for more than the person did.
    """

    capped: bool
    against: int
    looked_at: int = 0
    unchanged: int = 0
    by_hand: int = 0
    rising: int = 0
    not_replayed: int = 0
    found: dict[tuple[str, str], Move] = field(default_factory=dict)

    @property
    def moves(self) -> list[Move]:
        """The gravest change first: down from the most urgent class."""
        return [self.found[key] for key in sorted(self.found)]

    @property
    def matrix(self) -> list[tuple[str, list[tuple[str, int | None]]]]:
        """From each class, how many would go to each; None where they stay."""
        return [(old, [(new, self._count(old, new)) for new in CLASSES]) for old in CLASSES]

    @property
    def classes(self) -> tuple[str, ...]:
        return CLASSES

    def _count(self, old: str, new: str) -> int | None:
        if old == new:
            return None
        return self.found[old, new].count if (old, new) in self.found else 0

    @property
    def looked_words(self) -> str:
        """How many cases this speaks of."""
        if self.capped:
            return _("The newest %(count)d cases of the last 7 days were looked at; there are more.") % {
                "count": self.looked_at
            }
        said = ngettext(
            "%(count)d case of the last 7 days was looked at: all that you see.",
            "%(count)d cases of the last 7 days were looked at: all that you see.",
            self.looked_at,
        )
        return said % {"count": self.looked_at}


def dry_run(rows: QuerySet[Case], draft: Rules, *, by: Actor, language: str) -> DryRun:
    """Replay the cases of `rows` (what the actor may see) under the draft and under the rules in force.

    The facts are opened for this, which is on record. A constant number of statements.
    """
    now_rules = rules_in_force()[1]
    recent = rows.filter(opened_at__gte=timezone.now() - WEEK).order_by("-opened_at", "-pk")
    cases = list(recent.only("ref", "overridden", "priority", "opened_at")[: MOST + 1])
    result = DryRun(capped=len(cases) > MOST, against=now_rules.version)
    cases = cases[:MOST]
    facts = _facts(cases, by=by)
    for case in cases:
        result.looked_at += 1
        known = facts.get(case.pk)
        if known is None:
            result.not_replayed += 1
            continue
        _compare(result, case, known, (now_rules, draft), language)
    return result


def _compare(result: DryRun, case: Case, known: Facts, rules: tuple[Rules, Rules], language: str) -> None:
    old, new = (score(known, version) for version in rules)
    if case.overridden:
        if new.cls < min(old.cls, case.priority):
            result.rising += 1
        else:
            result.by_hand += 1
        return
    if old.cls == new.cls:
        result.unchanged += 1
        return
    move = result.found.setdefault((old.cls, new.cls), Move(old.cls, new.cls))
    move.count += 1
    if _has_protected(known, rules):
        move.kept_back += 1
    elif len(move.examples) < EXAMPLES:
        before, after = (
            [say(reason, version, language[:2]) for reason in verdict.reasons]
            for verdict, version in zip((old, new), rules, strict=True)
        )
        move.examples.append(Example(case, before, after))


def _has_protected(known: Facts, rules: tuple[Rules, Rules]) -> bool:
    names = named(known)
    return any(names.get(fact) for version in rules for fact in version.protected_facts)


def _facts(cases: Iterable[Case], *, by: Actor) -> dict[int, Facts]:
    """The facts of each case's last score by the rules; those whose key was destroyed stay closed."""
    rows = list(
        Score.objects.filter(case__in=[case.pk for case in cases], overridden_by__isnull=True)
        .select_related("data_key")
        .order_by("case_id", "-pk")
        .distinct("case_id")
    )
    living = [row for row in rows if row.data_key.destroyed_at is None]
    reveal(living, by=by, why=Why.TRIAGE, fields=["facts"])
    found: dict[int, Facts] = {}
    for row in living:
        try:
            found[row.case_id] = Facts.from_json(json.loads(str(row.facts)))
        except (TypeError, ValueError):
            continue  # written by a version that knew other facts: it cannot be replayed, and is counted so
    return found
