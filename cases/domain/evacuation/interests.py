"""A decision for somebody who cannot decide: one of the staff proposes it, another from another post confirms it."""

from typing import Final

from django.utils import timezone

from cases.actors import Actor, Staff
from cases.domain import alarms, events
from cases.domain.evacuation import consent, refusals
from cases.domain.evacuation.decisions import stays_step, traveller_of
from cases.domain.evacuation.locking import Locked, requests_step
from cases.domain.verbs import verb
from cases.enums import AlarmKind, DecisionBy, InterestsOutcome, Role, YesNoUnknown
from cases.errors import Forbidden, NoteNeeded
from cases.models import Alarm, BestInterests, Decision, EvacuationRequest, Note, Person
from cases.queries import interests

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

    Proposing the same twice is one; what was overtaken meanwhile makes room. Locks as `decide` does. Raises NotTheirs,
    NoteNeeded, WrongDecider where nobody but the officer could read it, AlreadyProposed.
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
        by_officer=officer,
    )
    standing = BestInterests.objects.select_related("person").filter(request=request, person=person, outcome="").first()
    if standing is not None:
        if not interests.stands(standing, request, last):
            _settle(standing, InterestsOutcome.OVERTAKEN, by)
        elif all(getattr(standing, name) == getattr(made, name) for name in (*SAID, "proposed_by_id")):
            return standing
        else:
            raise refusals.AlreadyProposed
    made.note = Note.objects.create(
        data_key=request.case.household.data_key,
        case=request.case,
        author_id=by.user_id,
        text=reason.strip(),
        protected=True,
    )
    made.save()
    events.record(request, case=request.case_id, interests=str(made.uid), goes=goes)
    alarms.raise_step(AlarmKind.SECOND, case=request.case, raised_by_id=by.user_id)
    return made


@verb("evacuation.agree_interests")
def agree_interests(row: BestInterests, *, by: Actor) -> Decision:
    """Confirm what a colleague from another post proposed: it is a decision now, with both names. Twice is one.

    Locks as `decide` does. Raises NothingProposed, SecondPerson, WrongDecider, DecidedMeanwhile, Aboard. The database,
    too, refuses such a decision by one person alone, and one that nobody proposed.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    found, row = _locked(row)
    request = found.requests[row.request_id]
    if row.outcome == InterestsOutcome.AGREED:
        return row.decision
    if row.outcome:
        raise refusals.NothingProposed
    if row.proposed_by_id == by.user_id:
        raise refusals.SecondPerson
    if not row.second_may_be(by):
        raise refusals.WrongDecider(refusals.TWO_STAFF, field="interests")
    traveller_of(request, row.person)
    if not interests.stands(row, request, consent.latest(request).get(row.person_id)):
        raise refusals.DecidedMeanwhile
    _settle(row, InterestsOutcome.AGREED, by)
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
    _settle(row, InterestsOutcome.REFUSED, by)
    case = found.requests[row.request_id].case_id
    events.record(row.request, case=case, interests=str(row.uid), proposed_by=row.proposed_by_id)
    return row


def _locked(row: BestInterests) -> tuple[Locked, BestInterests]:
    """The proposal as it stands, under the locks of its request: whoever settles it holds them."""
    found = requests_step([row.request_id], together=False)
    rows = BestInterests.objects.select_for_update(no_key=True, of=("self",)).select_related("person", "request")
    return found, rows.get(pk=row.pk)


def _settle(row: BestInterests, outcome: InterestsOutcome, by: Staff) -> None:
    """With nothing more that waits in the case, its alarm ends."""
    row.outcome, row.settled_by_id, row.settled_at = outcome, by.user_id, timezone.now()
    row.save(update_fields=["outcome", "settled_by", "settled_at"])
    case = row.request.case_id
    if not BestInterests.objects.filter(request__case=case, outcome="").exists():
        alarms.settled_step(Alarm.objects.live().filter(kind=AlarmKind.SECOND, case=case), by=by.user_id)
