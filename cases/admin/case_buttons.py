"""The buttons of a case: each a POST address of its own over one verb, shown where it may be pressed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases import policy
from cases.actors import Staff
from cases.admin import case_forms as forms
from cases.domain import assignment, consents, evacuation, field, follow_up, inbox, lifecycle, merging, partners, triage
from cases.domain.follow_up import WAITS
from cases.enums import CAME, CROWDS, HEARD_FROM, LIVE_EVACUATION, SEEKS_SEATS, CaseStatus
from cases.models import Case, EvacuationRequest, Household

S = CaseStatus
Given = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Button:
    """`fits` asks whether the step follows from where the case stands; the verb asks again under its lock."""

    verb: str
    press: Callable[[Case, Given, Staff], Any]
    fits: Callable[[Case, bool], bool]
    done: str | Promise
    form: type[forms.CaseForm] = forms.CaseForm


def _to(status: CaseStatus) -> Callable[[Case, bool], bool]:
    return lambda case, owned: lifecycle.allowed(case, status)


def _open(case: Case, owned: bool) -> bool:
    return case.is_open


def _may_be_given(case: Case, owned: bool) -> bool:
    return lifecycle.allowed(case, S.ASSIGNED) or (owned and lifecycle.allowed(case, S.TRIAGED))


def _may_wait(case: Case, owned: bool) -> bool:
    return case.status in WAITS or lifecycle.allowed(case, S.WAITING_CALLER)


def _unchecked(wish: EvacuationRequest) -> bool:
    return wish.verified_at is None and wish.status in SEEKS_SEATS


def _wishes(*statuses: str) -> Callable[[Case, bool], bool]:
    return lambda case, owned: case.is_open and any(wish.status in statuses for wish in case.evacuations.all())


def _site_of(group: Household) -> Household:
    if group.split_from is None:
        raise merging.CannotMerge
    return group.split_from


def _stays(case: Case, *, now: bool) -> bool:
    """Somebody of a closed case may still come to a transit centre, and leave it."""
    wishes = [wish for wish in case.evacuations.all() if bool(wish.stays.all()) == now]
    return any(now or wish.status in CAME for wish in wishes)


def _came(case: Case, owned: bool) -> bool:
    """A closed case too: whoever is heard of later is safe."""
    return any(wish.status in HEARD_FROM for wish in case.evacuations.all())


BUTTONS: Final[dict[str, Button]] = {
    "claim": Button(
        "assignment.claim",
        lambda case, given, by: assignment.claim(case, by=by),
        lambda case, owned: not owned and lifecycle.allowed(case, S.ASSIGNED),
        _("The case is yours."),
    ),
    "assign": Button(
        "assignment.assign",
        lambda case, given, by: assignment.assign(case, owner=given["owner"], by=by),
        _may_be_given,
        _("The case was given to them, and they were told."),
        forms.Assign,
    ),
    "start": Button(
        "follow_up.start",
        lambda case, given, by: follow_up.start(case, by=by),
        _to(S.IN_PROGRESS),
        _("Work has begun."),
    ),
    "wait": Button(
        "follow_up.wait",
        lambda case, given, by: follow_up.wait(case, what=given["what"], by=by),
        _may_wait,
        _("The case waits; a check-in call is due meanwhile."),
        forms.Wait,
    ),
    "hand_back": Button(
        "assignment.hand_back",
        lambda case, given, by: assignment.hand_back(case, by=by),
        lambda case, owned: owned and lifecycle.allowed(case, S.TRIAGED),
        _("The case is back in the queue."),
    ),
    "decline": Button(
        "assignment.decline",
        lambda case, given, by: assignment.decline(case, reason=given["reason"], by=by),
        lambda case, owned: owned and case.status == S.ASSIGNED,
        _("Declined. Another owner is looked for."),
        forms.Decline,
    ),
    "resolve": Button(
        "follow_up.resolve",
        lambda case, given, by: follow_up.resolve(case, by=by),
        _to(S.RESOLVED),
        _("Resolved. A follow-up call will ask whether it is so."),
    ),
    "close": Button(
        "follow_up.close",
        lambda case, given, by: follow_up.close(case, reason=given["reason"], by=by),
        _to(S.CLOSED),
        _("The case is closed."),
        forms.Close,
    ),
    "reopen": Button(
        "follow_up.reopen",
        lambda case, given, by: follow_up.reopen(case, by=by),
        lambda case, owned: case.master_id is None and lifecycle.allowed(case, S.REOPENED),
        _("The case is open again."),
    ),
    "set_class": Button(
        "triage.override",
        lambda case, given, by: triage.override(case, priority=given["priority"], note=given["note"], by=by),
        _open,
        _("The class was set by hand."),
        forms.Override,
    ),
    "lift": Button(
        "triage.lift",
        lambda case, given, by: triage.lift(case, note=given["note"], by=by),
        lambda case, owned: case.is_open and case.overridden,
        _("The class is what the rules say."),
        forms.Lift,
    ),
    "split": Button(
        "merging.split",
        lambda case, given, by: merging.split(case.household, people=given["people"], by=by),
        _open,
        _("They have a protected case of their own now. The protection officer takes it on."),
        forms.Split,
    ),
    "group": Button(
        "merging.group",
        lambda case, given, by: merging.group(case, **given, by=by),
        lambda case, owned: case.household.kind in CROWDS and _wishes(*SEEKS_SEATS)(case, owned),
        _("The group has a case and a request of its own now. It stands beside this one, under related cases."),
        forms.Group,
    ),
    "go_together": Button(
        "merging.merge",
        lambda case, given, by: merging.merge(case.household, _site_of(case.household), by=by),
        lambda case, owned: case.is_open and case.household.kind in CROWDS and case.household.split_from_id is not None,
        _("They go together again, in the case of their site. It can be taken back on its page."),
    ),
    "offer": Button(
        "partners.offer",
        lambda case, given, by: partners.offer(case, partner=given["partner"], fields=given["fields_shared"], by=by),
        _open,
        _("The case was offered to the partner."),
        forms.Offer,
    ),
    "withdraw": Button(
        "consents.withdraw",
        lambda case, given, by: consents.withdraw(given["consent"], by=by),
        lambda case, owned: True,
        _("The consent is withdrawn. Partners who relied on it see the case no longer."),
        forms.Withdraw,
    ),
    "settle": Button(
        "follow_up.settle_proposal",
        lambda case, given, by: follow_up.settle_proposal(given["call"], accept=given["accept"] == "1", by=by),
        lambda case, owned: True,
        _("The proposal is settled."),
        forms.Settle,
    ),
    "note": Button(
        "follow_up.note",
        lambda case, given, by: follow_up.note(
            case, text=given["text"], key=given["key"], protected=given["protected"], by=by
        ),
        lambda case, owned: True,
        _("The note is kept."),
        forms.WriteNote,
    ),
    "reply": Button(
        "inbox.reply",
        lambda case, given, by: inbox.reply(given["call"], text=given["answer"], key=given["key"], by=by),
        lambda case, owned: any(case.written.all()),
        _("The answer is on its way."),
        forms.Reply,
    ),
    "end_need": Button(
        "follow_up.end_need",
        lambda case, given, by: follow_up.end_need(given["need"], to=given["to"], reason=given["reason"], by=by),
        _open,
        _("The need has ended."),
        forms.EndNeed,
    ),
    "verify": Button(
        "evacuation.verify",
        lambda case, given, by: evacuation.verify(given["wish"], by=by),
        lambda case, owned: case.is_open and any(_unchecked(wish) for wish in case.evacuations.all()),
        _("Checked. Their places can be confirmed."),
        forms.OfRequest,
    ),
    "count": Button(
        "evacuation.count",
        lambda case, given, by: evacuation.count(given.pop("wish"), **given, by=by),
        _wishes(*SEEKS_SEATS),
        _("How many travel is on record."),
        forms.Count,
    ),
    "hold": Button(
        "evacuation.hold",
        lambda case, given, by: evacuation.hold(given["wish"], by=by),
        _wishes("registered", "verified"),
        _("Asked for places: the way out says whether they are held or wait."),
        forms.OfRequest,
    ),
    "decide": Button(
        "evacuation.decide",
        lambda case, given, by: evacuation.decide(given.pop("wish"), **given, by=by),
        _wishes(*SEEKS_SEATS),
        _("The decision is on record."),
        forms.Decide,
    ),
    "propose_interests": Button(
        "evacuation.propose_interests",
        lambda case, given, by: evacuation.propose_interests(given.pop("wish"), **given, by=by),
        _wishes(*SEEKS_SEATS),
        _("Proposed. It counts once somebody from another post has confirmed it."),
        forms.ProposeInterests,
    ),
    "agree_interests": Button(
        "evacuation.agree_interests",
        lambda case, given, by: evacuation.agree_interests(given["interests"], by=by),
        _wishes(*SEEKS_SEATS),
        _("Confirmed by two people: the decision is on record."),
        forms.OfInterests,
    ),
    "refuse_interests": Button(
        "evacuation.refuse_interests",
        lambda case, given, by: evacuation.refuse_interests(given["interests"], by=by),
        _wishes(*SEEKS_SEATS),
        _("It is no longer proposed. Nothing was decided."),
        forms.OfInterests,
    ),
    "confirm_places": Button(
        "evacuation.confirm",
        lambda case, given, by: evacuation.confirm(given["wish"], by=by),
        _wishes("held"),
        _("The places are confirmed."),
        forms.OfRequest,
    ),
    "release_places": Button(
        "evacuation.release",
        lambda case, given, by: evacuation.release(given["wish"], by=by),
        _wishes("held", "confirmed"),
        _("The places were given back."),
        forms.OfRequest,
    ),
    "heard_safe": Button(
        "evacuation.heard_safe",
        lambda case, given, by: field.heard_safe(given["wish"], person=given["person"], how=given["how"], by=by),
        _came,
        _("It is on record. They are safe when each adult was heard and each child was handed over."),
        forms.Heard,
    ),
    "name_receiver": Button(
        "evacuation.name_receiver",
        lambda case, given, by: field.name_receiver(
            given["wish"], minor=given["person"], receiver=given["receiver"], kinship=given["kinship"], by=by
        ),
        _wishes(*LIVE_EVACUATION),
        _("On record: to nobody else the child is handed over."),
        forms.Receiver,
    ),
    "hand_over": Button(
        "evacuation.hand_over",
        lambda case, given, by: field.hand_over(
            given["wish"], release=given["release"], document_seen=given["document_seen"], by=by
        ),
        _came,
        _("The child was handed over."),
        forms.HandOver,
    ),
    "settle_in": Button(
        "evacuation.settle_in",
        lambda case, given, by: field.settle_in(given["wish"], place=given["place"], by=by),
        lambda case, owned: _stays(case, now=False),
        _("On record: they stay there. A clock says when seven days are over."),
        forms.SettleIn,
    ),
    "move_on": Button(
        "evacuation.move_on",
        lambda case, given, by: field.move_on(given["wish"], by=by),
        lambda case, owned: _stays(case, now=True),
        _("On record: they left the transit centre."),
        forms.OfRequest,
    ),
    "lose_contact": Button(
        "evacuation.lose_contact",
        lambda case, given, by: field.lose_contact(given["wish"], by=by),
        _came,
        _("A search has begun."),
        forms.OfRequest,
    ),
    "offer_again": Button(
        "evacuation.offer_again",
        lambda case, given, by: field.offer_again(given["wish"], by=by),
        _wishes("no_show"),
        _("They wait for places again; it is offered once."),
        forms.OfRequest,
    ),
    "end_request": Button(
        "follow_up.end_request",
        lambda case, given, by: follow_up.end_request(given["wish"], to=given["to"], by=by),
        _open,
        _("The request has ended."),
        forms.EndRequest,
    ),
}


def fitting(case: Case, *, owned: bool, by: Staff) -> dict[str, bool]:
    """The buttons this actor may press now, by name."""
    return {
        name: True for name, button in BUTTONS.items() if policy.allows(button.verb, by) and button.fits(case, owned)
    }
