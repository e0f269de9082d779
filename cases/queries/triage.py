"""The facts of a case as triage reads them, and the rules in force."""

import uuid
from datetime import datetime
from functools import lru_cache

from django.utils import timezone

from cases.actors import Actor
from cases.disclosure import reveal
from cases.enums import LIVE_EVACUATION, OPEN_NEED, Presence, Why
from cases.models import Case, Observation, Person, Score, TriageRules
from cases.planning.triage import Facts, PersonFacts, Reason, Rules, aged_value, say
from cases.queries.headcount import in_other_groups

PROTECTED_OBSERVATION = "protected"
PROTECTED_SPECIFIC = "PROTECTED"
DAY = 86_400


def rules_in_force() -> tuple[TriageRules, Rules]:
    """The latest published version (one small query); its body is read and parsed once a process."""
    row = TriageRules.objects.filter(published_at__isnull=False).defer("body").latest("number")
    return row, parsed(row.pk, row.uid)


@lru_cache(maxsize=8)
def parsed(pk: int, uid: uuid.UUID) -> Rules:
    """The rules of a published version, which the database never lets change."""
    return Rules.load(TriageRules.objects.get(pk=pk, uid=uid).body)


def facts_of(case: Case, *, by: Actor) -> Facts:
    """What is known of a case now; days left have run down since they were told. Protected ones are revealed."""
    now = timezone.now()
    people = list(
        Person.objects.filter(household=case.household_id, merged_into__isnull=True)
        .exclude(presence=Presence.DECEASED)
        .prefetch_related("specific_needs")
    )
    reveal(
        [need for person in people for need in person.specific_needs.all() if need.code_id == PROTECTED_SPECIFIC],
        by=by,
        why=Why.TRIAGE,
    )
    household = case.household
    low, high = household.headcount_low or len(people), household.headcount_high or len(people)
    fewest, most = in_other_groups(household)
    request = case.evacuations.filter(status__in=LIVE_EVACUATION).first()
    needs = {
        need.type_id: None if need.lasts_until is None else max((need.lasts_until - now).total_seconds() / DAY, 0.0)
        for need in case.needs.filter(status__in=OPEN_NEED)
    }
    return Facts(
        observations=_observations(case, now, by=by),
        needs={code: None if left is None else round(left, 2) for code, left in needs.items()},
        people=tuple(_person(person) for person in people),
        headcount_low=low + fewest,
        headcount_high=high + most,
        group=household.kind,
        evacuation=request is not None,
        direction=request.direction if request else "",
        waiting_hours=round((now - case.opened_at).total_seconds() / 3600, 1),
    )


def _observations(case: Case, now: datetime, *, by: Actor) -> dict[str, float]:
    """The latest live value of each code, as time has changed it; a protected one is read from its sealed detail."""
    rows = list(case.observations.filter(cleared_at__isnull=True).order_by("observed_at", "pk"))
    protected = [row for row in rows if row.code_id == PROTECTED_OBSERVATION]
    reveal(protected, by=by, why=Why.TRIAGE)
    found = {}
    for row in rows:
        code, hours = _code(row), (now - row.observed_at).total_seconds() / 3600
        found[code] = round(aged_value(code, row.value, max(hours, 0.0)), 2)
    return found


def _code(row: Observation) -> str:
    return str(row.detail) if row.code_id == PROTECTED_OBSERVATION else row.code_id


def _person(person: Person) -> PersonFacts:
    return PersonFacts(
        age_years=None if person.age_years is None else float(person.age_years),
        age_band=person.age_band,
        sex=person.sex,
        mobility=person.mobility,
        specific=frozenset(
            str(need.detail) if need.code_id == PROTECTED_SPECIFIC else need.code_id
            for need in person.specific_needs.all()
        ),
    )


def reasons_in_words(score: Score | None, language: str) -> list[str]:
    """The reasons of a score as short sentences in the reader's language."""
    if score is None:
        return []
    rules = parsed(score.rules_id, score.rules.uid)
    return [say(Reason(**reason), rules, language[:2]) for reason in score.reasons]
