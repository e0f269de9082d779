"""How many of a cellar, a school or a home travel: nobody there has to be named to be counted."""

from collections.abc import Mapping
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cases.actors import Actor
from cases.domain import events, keys, triage
from cases.domain.evacuation import refusals
from cases.domain.evacuation.locking import requests_step
from cases.domain.evacuation.seats import waits_step
from cases.domain.verbs import verb
from cases.enums import CROWDS, SEEKS_SEATS, EvacuationStatus, Mobility, SeatKind
from cases.errors import Invalid
from cases.models import Case, EvacuationRequest, Household, Person, Traveller
from cases.queries.counted import COUNTED

# More than any convoy takes is a mistyped number, or several groups.
MOST: Final = 500
MOVES: Final = {
    SeatKind.SEAT: "",
    SeatKind.WHEELCHAIR: Mobility.WHEELCHAIR,
    SeatKind.STRETCHER: Mobility.BEDRIDDEN,
}
Numbers = Mapping[SeatKind, int]


def counted(request: EvacuationRequest) -> QuerySet[Traveller]:
    """Who travels with a request and is only counted, those who are counted no longer too."""
    return request.travellers.filter(COUNTED).order_by("pk")


@verb("evacuation.count")
def count(
    request: EvacuationRequest, *, seats: int, wheelchairs: int = 0, stretchers: int = 0, by: Actor
) -> EvacuationRequest:
    """So many travel besides those who are known by themselves, by the kind of place they need.

    They are people without a name, as those of a family whose number was told; who is counted no longer points to one
    who stands, and counts nowhere. A hold needs no more; a confirmation needs what it always does. The same numbers
    twice change nothing. Locks as `decide` does. Raises HoldsPlaces, KnownByThemselves, NotSeeking, NobodyTravels,
    Invalid.
    """
    wanted = {SeatKind.SEAT: seats, SeatKind.WHEELCHAIR: wheelchairs, SeatKind.STRETCHER: stretchers}
    if min(wanted.values()) < 0 or sum(wanted.values()) > MOST:
        raise Invalid(
            _("Write how many travel: at most 500 in one party. Of a larger place, groups go by themselves."),
            field="seats",
        )
    found = requests_step([request.pk], together=False)
    request = found.requests[request.pk]
    if request.status not in SEEKS_SEATS or not request.case.is_open:
        raise refusals.NotSeeking
    if found.seats:
        raise refusals.HoldsPlaces
    if not _bring(request, wanted):
        return request
    _many_as_known(request.case.household)
    events.record(request, case=request.case_id, people=sum(wanted.values()))
    triage.step(Case.objects.select_related("household__data_key").get(pk=request.case_id), by=by, only_up=True)
    if request.status == EvacuationStatus.WAITING_LIST:
        waits_step(request)
    return request


def _bring(request: EvacuationRequest, wanted: Numbers) -> bool:
    """Make the counted ones as many as wanted, kind by kind; whether anything changed."""
    rows = list(counted(request).select_related("person"))
    stay: list[Person] = []
    gone: list[Person] = []
    back: list[Person] = []
    more: list[SeatKind] = []
    for kind, many in wanted.items():
        of_kind = [row.person for row in rows if row.kind == kind]
        standing = [person for person in of_kind if person.merged_into_id is None]
        gone_before = [person for person in of_kind if person.merged_into_id is not None]
        stay, gone = stay + standing[:many], gone + standing[many:]
        back += gone_before[: max(0, many - len(standing))]
        more += [kind] * max(0, many - len(of_kind))
    named = request.travellers.filter(person__merged_into__isnull=True).exclude(pk__in=[row.pk for row in rows])
    if request.case.household.kind not in CROWDS and named.exists():
        raise refusals.KnownByThemselves
    if not stay and not back and not more and not named.exists():
        raise refusals.NobodyTravels
    Person.objects.filter(pk__in=[person.pk for person in back]).update(merged_into=None)
    made = _made(request, more)
    if gone:
        first = next(iter([*stay, *back, *made]), None) or named.select_related("person")[0].person
        Person.objects.filter(pk__in=[person.pk for person in gone]).update(merged_into=first)
    return bool(gone or back or made)


def _made(request: EvacuationRequest, kinds: list[SeatKind]) -> list[Person]:
    household = request.case.household
    made = Person.objects.bulk_create(
        Person(household=household, data_key=key, mobility=MOVES[kind])
        for kind, key in zip(kinds, keys.fresh(len(kinds)), strict=True)
    )
    Traveller.objects.bulk_create(
        Traveller(request=request, person=person, kind=kind) for person, kind in zip(made, kinds, strict=True)
    )
    return made


def _many_as_known(household: Household) -> None:
    """A number of people that was told is no less than those who are known by now."""
    known = household.people.filter(merged_into__isnull=True).count()
    if household.headcount_high is None or household.headcount_high < known:
        low = household.headcount_low
        household.headcount_low = known if low is None or low == household.headcount_high else low
        household.headcount_high = known
        household.save(update_fields=["headcount_low", "headcount_high"])
