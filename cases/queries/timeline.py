"""What happened to a case, in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.enums import (
    CaseStatus,
    ClockKind,
    DeclineReason,
    EvacuationStatus,
    MessageStatus,
    NeedStatus,
    ReferralStatus,
    WithdrawnWhy,
)
from cases.models import Case, Event, Partner, User
from cases.queries import chosen
from cases.queries.clocks import moment
from cases.queries.evacuation.unseated import LEFT_OUT, left_out

SHOWN: Final = 60

HAPPENED: Final[dict[str, str | Promise]] = {
    "intake.recorded": gettext_lazy("A call was recorded"),
    "intake.proposed": gettext_lazy("A caller whose identity is in doubt proposed a change"),
    "follow_up.note": gettext_lazy("A note was added"),
    "disclosure.alarmed": gettext_lazy("Sealed data was opened for a stated reason"),
    "disclosure.open": gettext_lazy("Names were opened"),
    "erasure.erase": gettext_lazy("The data was erased"),
    "case.opened": gettext_lazy("The case was opened"),
    "triage.scored": gettext_lazy("The class was set by the rules"),
    "triage.override": gettext_lazy("The class was set by hand"),
    "triage.lift": gettext_lazy("The class set by hand was lifted, the rules say"),
    "assignment.given": gettext_lazy("The case has an owner"),
    "assignment.nobody": gettext_lazy("Nobody on duty could take it"),
    "follow_up.settle_proposal": gettext_lazy("The proposal was settled"),
    "clock.fired": gettext_lazy("A promise is late"),
    "clock.escalated": gettext_lazy("Still late, and told further up"),
    "assignment.decline": gettext_lazy("Declined"),
    "assignment.pass_on": gettext_lazy("Handed over"),
    "watch.mended": gettext_lazy("Found without an owner, a queue or a clock, and put right"),
    "partners.offer": gettext_lazy("Offered to a partner"),
    "consents.give": gettext_lazy("A consent was given"),
    "merging.merge": gettext_lazy("Another case was found to be this household's"),
    "merging.undo": gettext_lazy("A merge was taken back"),
    "merging.split": gettext_lazy("Opened for people who left a household"),
    "merging.group": gettext_lazy("Opened for a group of a site"),
    "merging.group_left": gettext_lazy("A group of this site got a case of its own"),
    "consents.withdraw": gettext_lazy("A consent was withdrawn"),
    "evacuation.verify": gettext_lazy("The facts of the way out were checked"),
    "evacuation.direction_chosen": gettext_lazy("A direction was chosen"),
    "evacuation.count": gettext_lazy("It was said how many travel"),
    "evacuation.decide": gettext_lazy("Somebody's own decision was recorded"),
    "evacuation.propose_interests": gettext_lazy("A decision in somebody's best interests waits for a second person"),
    "evacuation.agree_interests": gettext_lazy("A second person confirmed a decision in somebody's best interests"),
    "evacuation.refuse_interests": gettext_lazy("A decision in somebody's best interests was refused or taken back"),
    "evacuation.interests_lapsed": gettext_lazy("Nobody confirmed a decision in somebody's best interests in time"),
    "evacuation.part": gettext_lazy("They agreed to part"),
    "evacuation.entrust": gettext_lazy("A child who travels alone was entrusted to a body that receives it"),
    "evacuation.assess": gettext_lazy("A medic said how somebody can travel"),
    "evacuation.seated": gettext_lazy("Places on a convoy were taken"),
    "evacuation.unplaced": gettext_lazy("They turned up at a convoy; there is no place for them in the books yet"),
    "evacuation.waits": gettext_lazy("No place could be given: on the waiting list"),
    "evacuation.lapsed": gettext_lazy("The held places lapsed: nobody confirmed them"),
    "evacuation.not_told": gettext_lazy("A caller was not told: they asked not to be contacted"),
    "evacuation.heard_safe": gettext_lazy("Somebody of them is safe: heard or seen"),
    "evacuation.name_receiver": gettext_lazy("It was said to whom a child may be handed over"),
    "evacuation.hand_over": gettext_lazy("A child was handed over"),
    "evacuation.vet_driver": gettext_lazy("The driver of the vehicle they offer was vetted"),
    "evacuation.withdraw_vetting": gettext_lazy("The vetting of a driver was withdrawn"),
    "evacuation.settle_in": gettext_lazy("They stay in a transit centre"),
    "evacuation.move_on": gettext_lazy("They left the transit centre"),
    "convoys.add_own_car": gettext_lazy("They drive in the column in their own car"),
    "convoys.acknowledge": gettext_lazy("They heard where the stop is now"),
    "alarms.raised": gettext_lazy("An alarm sounded"),
    "alarms.answer": gettext_lazy("An alarm was answered"),
    "callbacks.opened": gettext_lazy("They are to be called back"),
    "callbacks.leased": gettext_lazy("Somebody took the callback"),
    "callbacks.tried": gettext_lazy("A callback was tried"),
    "callbacks.heard_from": gettext_lazy("They were heard from before they were called back"),
    "callbacks.written": gettext_lazy("They were written to instead of called"),
    "callbacks.allow": gettext_lazy("A supervisor decided about a callback"),
    "callbacks.give_up": gettext_lazy("Not reached: a supervisor ended the callback"),
    "calls.call_back": gettext_lazy("They were called back"),
    "calls.confirm": gettext_lazy("A code word was said"),
    "calls.reached": gettext_lazy("Reached on the registered number"),
    "drafts.take": gettext_lazy("Somebody goes on with an unfinished call"),
    "drafts.kept": gettext_lazy("A call that broke off was kept"),
    "inbox.receive": gettext_lazy("A message came"),
    "inbox.reply": gettext_lazy("An answer was written"),
    "inbox.settle": gettext_lazy("An answer was sent, or could not be"),
}
MOVED: Final[dict[str, tuple[str | Promise, type[TextChoices]]]] = {
    "case": (gettext_lazy("Case"), CaseStatus),
    "need": (gettext_lazy("Need"), NeedStatus),
    "evacuationrequest": (gettext_lazy("Way out"), EvacuationStatus),
    "referral": (gettext_lazy("Referral"), ReferralStatus),
    "message": (gettext_lazy("Message"), MessageStatus),
}


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    words: str
    actor: str

    @property
    def when(self) -> str:
        return moment(self.at)


def of_case(case: Case) -> list[Entry]:
    """The last lines of a case's timeline, the newest first (two statements, three where partners acted)."""
    events = list(Event.objects.filter(case=case).order_by("-pk").defer("hash")[:SHOWN])
    names = actors([event.actor for event in events] + owner_codes(events))
    reasons = [because(event) for event in events]
    people, areas = chosen.people_in(reasons), chosen.areas_in(reasons)
    return [
        Entry(event.at, words(event, names) + _because(event, people, areas), names.get(event.actor, _("Hotline")))
        for event in events
    ]


def because(event: Event) -> Mapping[str, Any]:
    """Why somebody was given the case. Other lines of old have a list under that word, and lines stay as they are."""
    said = event.data.get("because")
    return said if isinstance(said, dict) else {}


def _because(event: Event, people: Mapping[int, str], areas: Mapping[int, str]) -> str:
    """Why somebody was given the case; to the machine's choices what was weighed."""
    said = chosen.why_given(because(event), people, areas)
    return f" ({said})" if said else ""


def owner_codes(events: Iterable[Event]) -> list[str]:
    """Those who were given the case."""
    return [f"staff:{event.data['owner']}" for event in events if "owner" in event.data]


def actors(codes: Iterable[str]) -> dict[str, str]:
    """The names behind actor codes; what is neither staff nor partner has none."""
    pairs = [code.partition(":") for code in set(codes)]
    staff = {int(key) for kind, _sign, key in pairs if kind == "staff" and key.isdigit()}
    partners = {int(key) for kind, _sign, key in pairs if kind == "partner" and key.isdigit()}
    found = {f"staff:{pk}": name for pk, name in User.objects.filter(pk__in=staff).values_list("pk", "name")}
    rows = Partner.objects.filter(pk__in=partners).values_list("pk", "name")
    return found | {f"partner:{pk}": name for pk, name in rows}


def words(event: Event, names: dict[str, str]) -> str:
    """One line, in the reader's language; a line nobody has words for yet says its code."""
    data = event.data
    if event.verb in ("triage.override", "triage.lift"):
        return f"{HAPPENED[event.verb]}: {data.get('from')} → {data.get('to')}"
    if event.subject in MOVED and {"from", "to"} <= set(data):
        what, statuses = MOVED[event.subject]
        return f"{what}: {_label(statuses, data['from'])} → {_label(statuses, data['to'])}"
    said = str(HAPPENED.get(event.verb, event.verb))
    if event.verb == "triage.scored":
        return f"{said}: {data.get('priority', '')}"
    if event.verb == "assignment.given":
        owner = f"staff:{data.get('owner')}"
        return f"{said}: {names.get(owner, '?')}"
    if event.verb == "assignment.decline":
        return f"{said}: {_label(DeclineReason, data.get('reason', ''))}"
    if event.verb == "evacuation.withdraw_vetting":
        return f"{said}: {_label(WithdrawnWhy, data.get('reason', ''))}"
    if event.verb in ("clock.fired", "clock.escalated"):
        return f"{said}: {_label(ClockKind, data.get('kind', ''))}"
    if event.verb == "evacuation.waits":
        return ". ".join(
            [said, *(left_out(code)[0].rstrip(".") for code in data.get("barred", ()) if code in LEFT_OUT)]
        )
    if event.verb == "follow_up.settle_proposal":
        return _("The proposal was accepted") if data.get("accepted") else _("The proposal was refused")
    return said


def _label(choices: type[TextChoices], value: str) -> str:
    return str(choices(value).label) if value in choices.values else str(value)
