"""One search box: a reference, a number in any notation, a name in any spelling, a settlement.

What is found is a case, masked: no name and no number stands in it. Opening one is asked and recorded elsewhere.
Names and numbers are looked up by their keyed digests; each kind of search costs a constant number of statements.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.actors import Staff
from cases.disclosure import looked_up
from cases.enums import OPEN_CASE, Role
from cases.errors import Invalid
from cases.models import CallCase, Caller, Case, ContactPoint, Person, Tie
from cases.planning import placenames, reference
from cases.planning.matching import Profile
from cases.privacy import addresses, blind
from cases.queries import clocks, headcount, namesakes, places
from cases.queries.namesakes import NAME

ENDED_FOR: Final = timedelta(days=90)
REFERENCE_DIGITS: Final = 8
SURE: Final = 0.7  # of a settlement's name: below it, the name is only like what was typed
NAMESAKES: Final = 2
LONGEST: Final = 200
BETWEEN_DIGITS: Final = re.compile(r"[\s.,\-–—№#]")
LETTER: Final = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Found:
    """One line of what was found; without `ref` it only says something. `why`: number, name, reference, settlement."""

    why: str
    ref: str = ""
    spoken: str = ""
    priority: str = ""
    status: str = ""
    is_open: bool = False
    settlement: str = ""
    size: str = ""
    opened: str = ""
    protected: bool = False
    says: str = ""
    uid: str = ""


def find(typed: str, *, by: Staff, limit: int = 8) -> list[Found]:
    """The cases this actor may see that are meant by what was typed: open ones first, then those ended of late."""
    typed = typed.strip()[:LONGEST]
    digits = BETWEEN_DIGITS.sub("", typed)
    if digits.isascii() and digits.isdigit() and len(digits) == REFERENCE_DIGITS:
        return _by_reference(digits, by, limit)
    if "@" in typed or not LETTER.search(typed):
        return _on_record("number", _by_number(typed, by, limit), by)
    found = [*_on_record(NAME, _by_name(typed, by, limit), by), *_by_settlement(typed, by, limit)]
    once = {row.ref: row for row in reversed(found)}
    return [row for row in found if once[row.ref] is row][:limit]


def _on_record(what: str, found: list[Found], by: Staff) -> list[Found]:
    """Who looked for a person, and which cases were shown: finding somebody is an opening as well."""
    if found:
        looked_up([row.uid for row in found], what=what, by=by)
    return found


def _by_reference(digits: str, by: Staff, limit: int) -> list[Found]:
    ref = reference.heard(digits)
    if ref is None:
        return [Found("reference", says=_("One digit is wrong. Ask again."))]
    # Who was tied to the half that was not protected has its reference still: it leads nobody to the other half.
    pointed = (
        Q(duplicates__ref=ref) if Role.PROTECTION in by.roles else Q(duplicates__ref=ref, household__protected=False)
    )
    return _found("reference", seen_by(by).filter(Q(ref=ref) | pointed), limit, by)


# --- numbers -------------------------------------------------------------------------------------------------------


def _by_number(typed: str, by: Staff, limit: int) -> list[Found]:
    where = Q(pk__in=[])
    for kind, address in set(_addresses(typed)):
        where |= Q(kind=kind, digest__in=blind.digests(kind, address))
    contacts = list(ContactPoint.objects.filter(where).values_list("pk", flat=True))
    tied = Tie.objects.filter(caller__reaches__contact__in=contacts).values("household")
    called = CallCase.objects.filter(call__contact__in=contacts).values("case")
    return _found("number", seen_by(by).filter(Q(household__in=tied) | Q(pk__in=called)), limit, by)


def _addresses(typed: str) -> Iterator[tuple[str, str]]:
    """What a number may be as typed, and with the country that people leave out."""
    digits = re.sub(r"\D", "", typed)
    channel = "telegram" if typed.startswith("@") else "phone"
    for said in (typed, f"+7{digits}" if len(digits) == 10 else "", f"+380{digits}" if len(digits) == 9 else ""):
        try:
            yield addresses.normalise(said, channel)
        except Invalid:
            continue


# --- names ---------------------------------------------------------------------------------------------------------


def _by_name(typed: str, by: Staff, limit: int) -> list[Found]:
    """Households with somebody who fits what was typed, the best first; then those whose people do between them."""
    asked, seen = Profile.read(name=typed, birth=typed), seen_by(by)
    people = Person.objects.annotate(at=Coalesce("household__merged_into", "household"))
    shown = people.filter(Exists(seen.filter(household=OuterRef("at"))))
    tied = Tie.objects.filter(household__cases__in=seen)
    callers = Caller.objects.filter(Exists(tied.filter(caller=OuterRef("pk"))))
    weights = _households(namesakes.fitting(asked, shown, callers), tied)
    if not weights:
        weights = dict.fromkeys(namesakes.between_them(asked.name), 0.0)
    ranks = (models.When(household=pk, then=Value(-round(weight))) for pk, weight in weights.items())
    rows = seen.filter(household__in=list(weights)).annotate(rank=models.Case(*ranks, default=Value(0)))
    return _found(NAME, rows, limit, by, "rank")


def _households(found: list[namesakes.Fits], tied: QuerySet[Tie]) -> dict[int, float]:
    """How well each household fits: as well as the best of its people and callers."""
    weights: dict[int, float] = defaultdict(float)
    callers = {fits.row.pk: fits.weight for fits in found if isinstance(fits.row, Caller)}
    rows = [(fits.row.at, fits.weight) for fits in found if isinstance(fits.row, Person)]  # type: ignore[attr-defined]
    if callers:
        ties = tied.filter(caller__in=callers).values_list("caller", "household")
        rows += [(household, callers[caller]) for caller, household in ties]
    for household, weight in rows:
        weights[household] = max(weights[household], weight)
    return weights


# --- settlements -----------------------------------------------------------------------------------------------------


def _by_settlement(typed: str, by: Staff, limit: int) -> list[Found]:
    like = places.settlements(typed, limit=NAMESAKES)
    known = [(place.pk, (place.name_en, place.name_uk, place.name_ru)) for place in like]
    sure = [pk for pk, score in placenames.rank(typed, known, NAMESAKES) if score >= SURE]
    return _found("settlement", seen_by(by).filter(household__settlement__in=sure, status__in=OPEN_CASE), limit, by)


# --- what is shown ---------------------------------------------------------------------------------------------------


def seen_by(by: Staff) -> QuerySet[Case]:
    """The cases this actor may see: the open ones, and those that ended of late; a duplicate's pointer is none."""
    since = timezone.now() - ENDED_FOR
    late = Q(closed_at__gte=since) | Q(closed_at__isnull=True, opened_at__gte=since)
    return Case.objects.visible_to(by).filter(Q(status__in=OPEN_CASE) | late, master__isnull=True)


def _found(why: str, rows: QuerySet[Any], limit: int, by: Staff, *first: str) -> list[Found]:
    people = Person.objects.filter(merged_into__isnull=True).only("household_id")
    ended = models.Case(models.When(status__in=OPEN_CASE, then=Value(0)), default=Value(1))
    shown = (
        rows.annotate(ended=ended)
        .select_related("household__settlement")
        .prefetch_related(Prefetch("household__people", people))
        .order_by("ended", *first, "priority", "-points", "opened_at", "pk")[:limit]
    )
    return [_line(why, case, by) for case in shown]


def of_households(households: Iterable[int], *, by: Staff) -> dict[int, Found]:
    """The case of each of these households that this actor may see, masked and on record; by household."""
    rows = list(seen_by(by).filter(household__in=list(households)).values_list("ref", "household"))
    found = _found(NAME, Case.objects.filter(ref__in=[ref for ref, _ in rows]), len(rows), by) if rows else []
    household_of = dict(rows)
    return {household_of[row.ref]: row for row in reversed(_on_record(NAME, found, by))}


def _line(why: str, case: Case, by: Staff) -> Found:
    """One case; of a protected household only its reference and class, but for the protection officer."""
    household = case.household
    hidden = household.protected and Role.PROTECTION not in by.roles
    return Found(
        why=why,
        ref=case.ref,
        spoken=case.spoken,
        priority=case.priority,
        status=case.get_status_display(),
        is_open=case.is_open,
        uid=str(case.uid),
        settlement=household.settlement.name if household.settlement and not hidden else "",
        size="" if hidden else headcount.in_words(household, list(household.people.all())),
        opened=clocks.moment(case.opened_at),
        protected=household.protected,
    )
