"""What people press: give, take, hand back, decline, pass on."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from cases.actors import Actor, Staff
from cases.domain import clocks, events, lifecycle
from cases.domain.assignment import giving
from cases.domain.verbs import verb
from cases.enums import OWNED_CASE, CaseStatus, ClockKind, DeclineReason, Role
from cases.errors import AlreadyTaken, Forbidden, Invalid, NobodyFits, NotYours
from cases.models import Assignment, Case, Post, User

OWNERS: Final = (Role.COORDINATOR, Role.PROTECTION, Role.MEDIC, Role.SUPERVISOR)


def _live(case: Case) -> Assignment | None:
    return case.assignments.filter(ended_at__isnull=True).first()


def _covered(case: Case, owner: User) -> bool:
    """Does somebody hold a post that works on cases and covers this one's place?"""
    settlement = case.household.settlement
    posts = Post.objects.held().filter(user=owner, role__in=OWNERS).values_list("area__path", flat=True)
    return any(not path or settlement is None or settlement.path.startswith(path) for path in posts)


def _require_covered(case: Case, owner: User) -> None:
    if not _covered(case, owner):
        raise NobodyFits(_("They hold no post that covers this place."), field="owner")


@verb("assignment.assign")
def assign(case: Case, *, owner: User, by: Actor) -> Case:
    """Give a case to somebody by hand, over the machine's head. Raises NobodyFits when they hold no fitting post."""
    case = Case.objects.locked().select_related("household__settlement").get(pk=case.pk)
    _require_covered(case, owner)
    live = _live(case)
    if live is not None and live.owner_id == owner.pk:
        return case
    if live is not None:
        giving.end_live(case, "reassigned")
        lifecycle.move(case, CaseStatus.TRIAGED)
    giving.await_start_step(case, giving.give(case, owner, because={"by_hand": True}, by=by.code))
    return case


@verb("assignment.claim")
def claim(case: Case, *, by: Actor) -> Case:
    """Take a case oneself. Raises AlreadyTaken when somebody else owns it. Locks the case."""
    if not isinstance(by, Staff):
        raise Forbidden
    case = Case.objects.locked().get(pk=case.pk)
    live = _live(case)
    if live is not None:
        if live.owner_id == by.user_id:
            return case
        raise AlreadyTaken
    giving.give(case, User.objects.get(pk=by.user_id), because={"claimed": True}, by=by.code)
    clocks.met(case, ClockKind.ACKNOWLEDGE)
    return case


@verb("assignment.hand_back")
def hand_back(case: Case, *, by: Actor) -> Case:
    """Give a case back to the queue; the machine looks for another owner. Locks the case."""
    case = Case.objects.locked().get(pk=case.pk)
    if case.status == CaseStatus.TRIAGED:
        return case
    lifecycle.move(case, CaseStatus.TRIAGED)
    giving.end_live(case, "handed_back")
    giving.enqueue_step(case)
    return case


@verb("assignment.decline")
def decline(case: Case, *, reason: DeclineReason, by: Actor) -> Case:
    """Say no to a case one was given and has not begun, with the reason; another is looked for. Locks the case.

    Raises NotYours when it is somebody else's by now, IllegalMove when work on it has begun.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    if reason not in DeclineReason.values:
        raise Invalid(_("Choose a reason from the list."), field="reason")
    case = Case.objects.locked().get(pk=case.pk)
    live = _live(case)
    if live is None and case.assignments.filter(owner=by.user_id, ended_because="declined").exists():
        return case
    if live is None or live.owner_id != by.user_id:
        raise NotYours
    if case.status != CaseStatus.ASSIGNED:
        raise NotYours(_("Work on it has begun. Hand it back instead."))
    lifecycle.move(case, CaseStatus.TRIAGED)
    giving.end_live(case, "declined", reason=reason)
    events.record(case, case=case, reason=str(reason))
    giving.enqueue_step(case)
    return case


@verb("assignment.pass_on")
def pass_on(taker: User, *, by: Actor) -> int:
    """Hand all one's cases in work over to a colleague; returns how many. Locks the cases.

    Their work goes on where it stands. Raises NobodyFits, and passes nothing, when one is not theirs to work on.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    mine = Case.objects.filter(assignments__owner=by.user_id, assignments__ended_at__isnull=True)
    rows = Case.objects.locked().select_related("household__settlement")
    cases = [case for case in rows.filter(pk__in=mine.values("pk")).order_by("pk") if case.status in OWNED_CASE]
    for case in cases:
        _require_covered(case, taker)
    for case in cases:
        giving.end_live(case, "passed_on")
        giving.await_start_step(case, giving.give(case, taker, because={"passed_on": by.user_id}, by=by.code))
    return len(cases)
