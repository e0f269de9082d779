"""A cellar or a school that no convoy takes whole goes in groups: each a household and a case of its own."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.actors import Actor
from cases.domain import assignment, evacuation, events, keys, triage
from cases.domain.merging.refusals import CannotPart, require_protection
from cases.domain.verbs import verb
from cases.enums import CROWDS, LIVE_EVACUATION, LIVE_SEAT, OPEN_NEED, EvacuationStatus, SeatKind
from cases.models import Case, EvacuationRequest, Household, Need, Observation, Person, Tie, Traveller
from cases.planning import reference

ONLY_CROWDS = _("Only people of a site or an institution go in groups: a household travels whole.")
NO_REQUEST = _("They have not asked to leave, or nobody is counted yet.")
CHANGED = _("How many travel has changed meanwhile. Look again, then say how many go in the group.")
NOT_SO_MANY = _("Fewer are counted than you want in the group. Count them first; somebody stays in this case.")
SEATED = _("Some of them hold places. Give the places back first.")


@verb("merging.group")
def group(case: Case, *, of: int, seats: int, wheelchairs: int = 0, stretchers: int = 0, by: Actor) -> Case:
    """Part so many counted people of a site into a group with a case and a request of its own; returns that case.

    They want what the others want and have waited as long; who speaks for the site speaks for them. `of`: how many were
    counted when it was asked, so that asking twice does it once. Locks the household, its case, request and people.
    Raises CannotPart, Forbidden.
    """
    old = Household.objects.locked().select_related("data_key").get(pk=case.household_id)
    require_protection([old], by)
    if old.kind not in CROWDS:
        raise CannotPart(ONLY_CROWDS)
    case = Case.objects.locked().get(pk=case.pk)
    request = EvacuationRequest.objects.locked().filter(case=case, status__in=LIVE_EVACUATION).first()
    if request is None or not case.is_open:
        raise CannotPart(NO_REQUEST)
    leaving = _leaving(
        request, of, {SeatKind.SEAT: seats, SeatKind.WHEELCHAIR: wheelchairs, SeatKind.STRETCHER: stretchers}
    )
    new = _household(old, len(leaving))
    made = Case.objects.create(ref=reference.fresh(), household=new, opened_at=timezone.now())
    own = _request(request, made)
    Person.objects.filter(pk__in=[row.person_id for row in leaving]).update(household=new)
    Traveller.objects.filter(pk__in=[row.pk for row in leaving]).update(request=own)
    _speaks_for_them(old, new)
    _in_the_same_place(case, made)
    triage.step(made, by=by)
    evacuation.await_check_step(made)
    assignment.enqueue_step(made)
    events.record(made, case=made, people=len(leaving))
    events.record(case, "merging.group_left", case=case, people=len(leaving))
    if request.status == EvacuationStatus.WAITING_LIST:
        evacuation.waits_step(request)
        evacuation.waits_step(own)
    return made


def _leaving(request: EvacuationRequest, of: int, wanted: dict[SeatKind, int]) -> list[Traveller]:
    rows = evacuation.counted(request).filter(person__merged_into__isnull=True)
    if rows.filter(places__status__in=LIVE_SEAT).exists():
        raise CannotPart(SEATED)
    there = list(rows)
    if len(there) != of:
        raise CannotPart(CHANGED)
    leaving = [row for kind, many in wanted.items() for row in [one for one in there if one.kind == kind][:many]]
    stay = request.travellers.filter(person__merged_into__isnull=True).exclude(pk__in=[row.pk for row in leaving])
    if min(wanted.values()) < 0 or not leaving or len(leaving) != sum(wanted.values()) or not stay.exists():
        raise CannotPart(NOT_SO_MANY, field="seats")
    return leaving


def _household(old: Household, many: int) -> Household:
    (key,) = keys.fresh()
    new = Household.objects.create(
        data_key=key,
        kind=old.kind,
        settlement=old.settlement,
        protected=old.protected,
        in_cellar=old.in_cellar,
        cannot_reach_point=old.cannot_reach_point,
        split_from=old,
        headcount_low=many,
        headcount_high=many,
    )
    if old.headcount_high is not None and old.headcount_low is not None:
        old.headcount_low = max(0, old.headcount_low - many)
        old.headcount_high = max(old.headcount_low, old.headcount_high - many)
        old.save(update_fields=["headcount_low", "headcount_high"])
    return new


def _request(request: EvacuationRequest, case: Case) -> EvacuationRequest:
    (key,) = keys.fresh()
    stood = EvacuationStatus.REGISTERED if request.verified_at is None else EvacuationStatus.VERIFIED
    waits = request.status == EvacuationStatus.WAITING_LIST
    return EvacuationRequest.objects.create(
        data_key=key,
        case=case,
        status=request.status if waits else stood,
        direction=request.direction,
        earliest=request.earliest,
        latest=request.latest,
        waiting_since=request.waiting_since,
        documents_missing=request.documents_missing,
        verified_at=request.verified_at,
        verified_by=request.verified_by,
    )


def _speaks_for_them(old: Household, new: Household) -> None:
    """Whoever speaks for the site is called about each of its groups, and proves themselves as before."""
    said = "caller_id relation on_site may_hear may_decide verified_how code_word".split()
    Tie.objects.bulk_create(Tie(household=new, **row) for row in Tie.objects.filter(household=old).values(*said))


def _in_the_same_place(case: Case, made: Case) -> None:
    """What was seen there, and what lacks there, is so for the group too; what is sealed stays with the site."""
    key = made.household.data_key
    seen = case.observations.filter(person__isnull=True, cleared_at__isnull=True, detail__isnull=True)
    said = "call_id code_id value observed_at".split()
    Observation.objects.bulk_create(
        Observation(data_key=key, case=made, **row) for row in seen.exclude(code__protected=True).values(*said)
    )
    lacks = case.needs.filter(status__in=OPEN_NEED, detail__isnull=True).exclude(type__protected=True)
    Need.objects.bulk_create(
        Need(data_key=key, case=made, **row) for row in lacks.values(*"call_id type_id observed_at lasts_until".split())
    )
