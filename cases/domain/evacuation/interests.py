"""A decision for somebody who cannot decide: one of the staff proposes it, another from another post confirms it."""

from typing import Final

from django.utils import timezone

from cases import policy
from cases.actors import Actor, Staff
from cases.domain import alarms, assignment, events, jobs, notifications
from cases.domain.evacuation import consent, refusals
from cases.domain.evacuation.decisions import stays_step, traveller_of
from cases.domain.evacuation.locking import Locked, requests_step
from cases.domain.verbs import verb
from cases.enums import AlarmKind, DecisionBy, InterestsOutcome, Role, YesNoUnknown
from cases.errors import Forbidden, NoteNeeded
from cases.models import Alarm, BestInterests, Decision, EvacuationRequest, Note, Person
from cases.queries import interests

LAPSES: Final = "interests_lapse"
SAID: Final = ("goes", "direction", "could_speak_freely", "voluntary", "own_direction", "informed")


@verb("evacuation.propose_interests")
def propose_interests(
    request: EvacuationRequest,
    *,
    person: Person,
    goes: bool,
    could_speak_freely: YesNoUnknown = YesNoUnknown.UNKNOWN,
    voluntary: bool = False,
    own_direction: bool = False,
    informed: bool = False,
    reason: str,
    by: Actor,
) -> BestInterests:
    """Propose a decision in somebody's best interests, with its reason. It counts for nothing until a second agrees.

    It lapses after `SECOND_WITHIN`. Proposing the same twice is one; what was overtaken or lapsed makes room. Locks as
    `decide` does. Raises NotTheirs, NoteNeeded, WrongDecider where nobody but the officer could read it,
    AlreadyProposed.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    found = requests_step([request.pk], together=False)
    request = found.requests[request.pk]
    person = traveller_of(request, person)
    if not reason.strip():
        raise NoteNeeded(refusals.SAY_WHY, field="reason")
    officer = Role.PROTECTION in by.roles
    if officer and request.case.household.protected:
        raise refusals.WrongDecider(refusals.OFFICER_CONFIRMS, field="person")
    last = consent.latest(request).get(person.pk)
    made = BestInterests(
        request=request,
        person=person,
        goes=goes,
        direction=request.direction,
        could_speak_freely=could_speak_freely,
        voluntary=voluntary,
        own_direction=own_direction,
        informed=informed,
        over=last,
        proposed_by_id=by.user_id,
        proposed_as=Role.PROTECTION if officer else _post(by),
    )
    standing = _standing(made, request, by)
    if standing is not None:
        return standing
    _calm(request, by)
    made.note = Note.objects.create(
        data_key=request.case.household.data_key,
        case=request.case,
        author_id=by.user_id,
        text=reason.strip(),
        protected=True,
    )
    made.save()
    events.record(request, case=request.case_id, interests=str(made.uid), goes=goes)
    jobs.enqueue(LAPSES, f"interests:{made.uid}", subject=made.pk, due_at=made.until)
    alarms.raise_step(AlarmKind.SECOND, case=request.case, raised_by_id=by.user_id)
    return made


def _standing(made: BestInterests, request: EvacuationRequest, by: Staff) -> BestInterests | None:
    """The same proposal that waits already; what lapsed or was overtaken ends. Raises AlreadyProposed."""
    waits = BestInterests.objects.select_related("person").filter(request=request, person=made.person, outcome="")
    standing = waits.first()
    if standing is None:
        return None
    if interests.late(standing):
        lapsed_step(standing)
        return None
    if not interests.stands(standing, request, made.over):
        settled_step(standing, InterestsOutcome.OVERTAKEN, by=by)
        return None
    if all(getattr(standing, name) == getattr(made, name) for name in (*SAID, "proposed_by_id")):
        return standing
    raise refusals.AlreadyProposed


@verb("evacuation.agree_interests")
def agree_interests(row: BestInterests, *, by: Actor) -> Decision:
    """Confirm what a colleague from another post proposed: it is a decision now, with both names. Twice is one.

    Locks as `decide` does. Raises NothingProposed, SecondPerson, WrongDecider, TooLate, DecidedMeanwhile, Aboard. The
    database, too, refuses such a decision by one person or one post alone, one that nobody proposed, and a late one.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    found, row = _locked(row)
    request = found.requests[row.request_id]
    if row.outcome == InterestsOutcome.AGREED:
        return row.decision
    if row.outcome == InterestsOutcome.LAPSED:
        raise refusals.TooLate
    if row.outcome:
        raise refusals.NothingProposed
    if row.proposed_by_id == by.user_id:
        raise refusals.SecondPerson
    if interests.unread(row, request):
        raise refusals.DecidedMeanwhile
    post = row.second_post(by)
    if post is None:
        raise refusals.WrongDecider(refusals.TWO_STAFF, field="interests")
    if interests.late(row):
        raise refusals.TooLate
    traveller_of(request, row.person)
    if not interests.stands(row, request, consent.latest(request).get(row.person_id)):
        raise refusals.DecidedMeanwhile
    settled_step(row, InterestsOutcome.AGREED, by=by, post=post)
    made = Decision.objects.create(
        request=request,
        person=row.person,
        by=DecisionBy.BEST_INTERESTS,
        second_staff_id=by.user_id,
        note_id=row.note_id,
        interests=row,
        recorded_by=f"staff:{row.proposed_by_id}",
        **{name: getattr(row, name) for name in SAID},
    )
    if not made.goes:
        stays_step(found, request, row.person)
    events.record(request, case=request.case_id, decision=str(made.uid), goes=made.goes, proposed_by=row.proposed_by_id)
    return made


@verb("evacuation.refuse_interests")
def refuse_interests(row: BestInterests, *, by: Actor) -> BestInterests:
    """Refuse what a colleague proposed, or take back one's own. Twice is harmless. Locks as `decide` does.

    Raises NothingProposed where it is a decision already, WrongDecider.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    found, row = _locked(row)
    if row.outcome == InterestsOutcome.AGREED:
        raise refusals.NothingProposed
    if row.outcome:
        return row
    if row.proposed_by_id != by.user_id and not row.second_may_be(by):
        raise refusals.WrongDecider(refusals.TWO_STAFF, field="interests")
    settled_step(row, InterestsOutcome.REFUSED, by=by)
    case = found.requests[row.request_id].case_id
    events.record(row.request, case=case, interests=str(row.uid), proposed_by=row.proposed_by_id)
    return row


def _locked(row: BestInterests) -> tuple[Locked, BestInterests]:
    """The proposal as it stands, under the locks of its request: whoever settles it holds them."""
    found = requests_step([row.request_id], together=False)
    rows = BestInterests.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "person", "request__case__household"
    )
    return found, rows.get(pk=row.pk)


def _post(by: Staff) -> str:
    """The post in which somebody who is not the protection officer proposes it; the database asks if they hold it."""
    return sorted(by.roles & policy.VERBS["evacuation.propose_interests"])[0]


def settled_step(row: BestInterests, outcome: InterestsOutcome, *, by: Staff | None, post: str = "") -> None:
    """Step: a locked proposal ends, by somebody or by its time. Where nothing more waits in the case, its alarm ends.

    Where nobody ends it, the alarm is silent (`queries.live`), and ends with the next proposal.
    """
    row.outcome, row.settled_at, row.settled_as = outcome, timezone.now(), post
    row.settled_by_id = by.user_id if by is not None else None
    row.save(update_fields=["outcome", "settled_by", "settled_as", "settled_at"])
    jobs.cancel([f"interests:{row.uid}"])
    if by is not None:
        _calm(row.request, by)


def _calm(request: EvacuationRequest, by: Staff) -> None:
    case = request.case_id
    if not BestInterests.objects.filter(request__case=case, outcome="").exists():
        alarms.settled_step(Alarm.objects.live().filter(kind=AlarmKind.SECOND, case=case), by=by.user_id)


def lapsed_step(row: BestInterests) -> None:
    """Step: nobody confirmed or refused a locked proposal in time. It is on record, and whoever proposed it is told."""
    settled_step(row, InterestsOutcome.LAPSED, by=None)
    case = row.request.case
    events.record(
        row.request, "evacuation.interests_lapsed", case=case, interests=str(row.uid), proposed_by=row.proposed_by_id
    )
    path = assignment.case_link(case)
    notifications.to_staff("second_lapsed", row.proposed_by, key=f"lapsed:{row.uid}", case=case, path=path)
