"""A convoy on its day: the list is frozen, words that do not fit are decided, the convoy is closed."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from cases import policy
from cases.actors import Staff
from cases.domain import evacuation
from cases.domain import field as ground
from cases.domain.field.columns import INCIDENTS, LONGEST_NOTE
from cases.enums import ENDS, LIVE_EVACUATION, STARTS, UNDER_WAY, CrewDuty, EntryOutcome, FieldAct, JoinedWhy
from cases.errors import Invalid
from cases.models import Convoy, Crew, EvacuationRequest, FieldDevice, FieldEntry, Incident, Seat, StopAck, User
from cases.planning import reference
from cases.queries import convoy_day as read
from cases.web.doors import actor, back, door
from cases.web.evacuation import done
from cases.web.evacuation_forms import JoinForm
from cases.web.evacuation_papers import PAPERS

READS = "corridors.suspend"


class CrewForm(forms.Form):
    user = forms.TypedChoiceField(label=gettext_lazy("Who"), coerce=int)
    duty = forms.ChoiceField(label=gettext_lazy("Does what"), choices=CrewDuty.choices)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["user"].choices = read.on_the_ground()  # type: ignore[attr-defined]


class MoveStopForm(forms.Form):
    seq = forms.TypedChoiceField(label=gettext_lazy("Which stop"), coerce=int)
    place: Any = forms.ModelChoiceField(None, label=gettext_lazy("Where they go instead"))
    landmark = forms.CharField(label=gettext_lazy("Landmark"), max_length=200, required=False)
    marshal = forms.TypedChoiceField(label=gettext_lazy("Who waits at the old stop"), coerce=int)

    def __init__(self, convoy: Convoy, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        stops, near = read.stops_of(convoy)
        self.fields["seq"].choices = stops  # type: ignore[attr-defined]
        self.fields["place"].queryset = near  # type: ignore[attr-defined]
        self.fields["marshal"].choices = read.on_the_ground()  # type: ignore[attr-defined]


class OwnCarForm(forms.Form):
    ref = forms.CharField(label=gettext_lazy("Case"), max_length=20)
    from_seq = forms.TypedChoiceField(label=gettext_lazy("Joins at"), coerce=int)

    def __init__(self, convoy: Convoy, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["from_seq"].choices = read.stops_of(convoy)[0]  # type: ignore[attr-defined]

    def clean_ref(self) -> str:
        heard = reference.heard(self.cleaned_data["ref"])
        if heard is None:
            raise forms.ValidationError(_("No case has this reference. It is eight digits, like 4821 0937."))
        return heard


class IncidentForm(forms.Form):
    key = forms.UUIDField(widget=forms.HiddenInput)
    act = forms.ChoiceField(
        label=gettext_lazy("What the convoy did"),
        choices=[(act, FieldAct(act).label) for act in INCIDENTS],
        help_text=gettext_lazy("Everybody aboard answers a roll-call, and the households are told."),
    )
    note = forms.CharField(
        label=gettext_lazy("What happened, if you know it"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST_NOTE, "autocomplete": "off"}),
    )


class TakeBackForm(forms.Form):
    reason = forms.CharField(
        max_length=LONGEST_NOTE, error_messages={"required": gettext_lazy("Say why it is taken back.")}
    )


def _convoy(request: HttpRequest, pk: int) -> Convoy:
    rows = Convoy.objects.visible_to(actor(request)).select_related("window__corridor")
    found: Convoy = get_object_or_404(rows, pk=pk)
    return found


@door(READS)
def day(request: HttpRequest, pk: int) -> HttpResponse:
    """The count of a convoy, what waits for a decision, its crew, sheets and phones."""
    return _page(request, _convoy(request, pk))


def _page(
    request: HttpRequest,
    row: Convoy,
    *,
    crew: CrewForm | None = None,
    stop: MoveStopForm | None = None,
    car: OwnCarForm | None = None,
    incident: IncidentForm | None = None,
    joining: JoinForm | None = None,
    mistake: TakeBackForm | None = None,
    mistaken: int = 0,
    opened: bool = False,
) -> HttpResponse:
    who = actor(request)
    page = read.day(row, by=who, opened=opened)
    context = {
        "page": page,
        "join_form": joining or JoinForm(read.corridor_stops(row), initial={"key": uuid.uuid4().hex} | page.needs),
        "under_way": row.status in UNDER_WAY,
        "may": _may(who),
        "crew_form": crew or CrewForm(),
        "stop_form": stop or MoveStopForm(row),
        "incident_form": incident or IncidentForm(initial={"key": uuid.uuid4()}),
        "mistake": mistake,
        "mistaken": mistaken,
        "opened": opened,
        "papers": PAPERS,
        "car_form": car or OwnCarForm(row),
        "acts": [(act, FieldAct(act).label) for act in (*STARTS, *ENDS)],
    }
    refused = any(form is not None and form.errors for form in (crew, stop, car, incident, joining, mistake))
    found = render(request, "evacuation/day.html", context, status=422 if refused else 200)
    if opened:
        found.headers["Cache-Control"] = "no-store"
    return found


def _may(who: Staff) -> dict[str, bool]:
    verbs = {
        "plan": "convoys.freeze",
        "acknowledge": "convoys.acknowledge",
        "print": "field.print",
        "report": "convoys.report",
        "take_back": "convoys.take_back",
    }
    return {name: policy.allows(verb, who) for name, verb in verbs.items()}


@require_POST
@door("convoys.add_own_car")
def own_car(request: HttpRequest, pk: int) -> HttpResponse:
    """A family drives in the column in its own car."""
    row, who = _convoy(request, pk), actor(request)
    form = OwnCarForm(row, request.POST)

    def step() -> None:
        wishes = EvacuationRequest.objects.visible_to(who).filter(case__ref=form.cleaned_data["ref"])
        wish = wishes.filter(status__in=LIVE_EVACUATION).first()
        if wish is None:
            raise Invalid(_("This case has no open wish to leave."), field="ref")
        evacuation.add_own_car(row, request=wish, from_seq=form.cleaned_data["from_seq"], by=who)

    if done(form, step):
        messages.success(request, _("They drive in the column; their car has places for them alone."))
        return redirect("evacuation-convoy", pk)
    return _page(request, row, car=form)


@require_POST
@door("convoys.join")
def join(request: HttpRequest, pk: int) -> HttpResponse:
    """A vehicle joined a convoy under way."""
    row, who = _convoy(request, pk), actor(request)
    form = JoinForm(read.corridor_stops(row), request.POST)

    def step() -> None:
        given = form.cleaned_data
        ground.join(row, facts=form.facts(), reason=JoinedWhy(given["reason"]), key=given["key"], by=who)

    if done(form, step):
        messages.success(
            request, _("Its places are in the books: whoever was aboard without one gets one, while they last.")
        )
        return redirect("evacuation-day", pk)
    return _page(request, row, joining=form)


@require_POST
@door("convoys.report")
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """A convoy on its way halted, turned back or was scattered."""
    row, form = _convoy(request, pk), IncidentForm(request.POST)

    def step() -> None:
        given = form.cleaned_data
        act = FieldAct(given["act"])
        ground.report(row, act=act, note=given["note"], key=given["key"], by=actor(request))

    if done(form, step):
        messages.success(request, _("On record. Whoever is aboard answers a roll-call, and households are told."))
        return redirect("evacuation-day", pk)
    return _page(request, row, incident=form)


@require_POST
@door("convoys.take_back")
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """What was reported of the road was a mistake."""
    rows = Incident.objects.visible_to(actor(request))
    row, form = get_object_or_404(rows, pk=pk), TakeBackForm(request.POST)
    if done(form, lambda: ground.take_back(row, reason=form.cleaned_data["reason"], by=actor(request))):
        messages.success(request, _("Taken back, on record. The convoy is as before, and the households hear of it."))
        return redirect("evacuation-day", row.convoy_id)
    return _page(request, _convoy(request, row.convoy_id), mistake=form, mistaken=row.pk)


@require_POST
@door("convoys.report")
def incidents(request: HttpRequest, pk: int) -> HttpResponse:
    """The same page with what was written of its incidents, in this one answer."""
    return _page(request, _convoy(request, pk), opened=True)


@require_POST
@door("convoys.freeze")
def freeze(request: HttpRequest, pk: int) -> HttpResponse:
    """Freeze the list: the convoy boards."""
    made = ground.freeze(_convoy(request, pk), by=actor(request))
    messages.success(request, _("List %(number)d is frozen. Print it, and take it onto the phones.") % vars(made))
    return redirect("evacuation-day", pk)


@require_POST
@door("convoys.appoint")
def appoint(request: HttpRequest, pk: int) -> HttpResponse:
    """Put somebody on the crew."""
    row, form = _convoy(request, pk), CrewForm(request.POST)

    def step() -> None:
        user = User.objects.visible_to(actor(request)).get(pk=form.cleaned_data["user"])
        ground.appoint(row, user=user, duty=CrewDuty(form.cleaned_data["duty"]), by=actor(request))

    if done(form, step):
        messages.success(request, _("They see the list of this convoy now."))
        return redirect("evacuation-day", pk)
    return _page(request, row, crew=form)


@require_POST
@door("convoys.dismiss")
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Take somebody off the crew."""
    rows = Crew.objects.visible_to(actor(request))
    row = ground.dismiss(get_object_or_404(rows, pk=pk), by=actor(request))
    messages.success(request, _("They see the list of this convoy no more."))
    return redirect("evacuation-day", row.convoy_id)


@require_POST
@door("field.revoke")
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """A phone was lost."""
    rows = FieldDevice.objects.visible_to(actor(request))
    row = ground.revoke(get_object_or_404(rows, pk=pk), by=actor(request))
    messages.success(request, _("This phone gets nothing any more. What is on it is unreadable without its code."))
    return redirect("evacuation-day", row.convoy_id)


@require_POST
@door("convoys.settle")
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Say where somebody is."""
    seat = get_object_or_404(Seat.objects.visible_to(actor(request)), pk=pk)
    act = request.POST.get("act", "")
    if act not in FieldAct.values:
        messages.error(request, _("Choose what became of them."))
        return back(request, "evacuation")
    ground.settle(seat, act=FieldAct(act), by=actor(request))
    messages.success(request, _("It is on record, and counts."))
    return redirect("evacuation-day", seat.convoy_id)


@require_POST
@door("convoys.settle")
def settle_entry(request: HttpRequest, pk: int) -> HttpResponse:
    """A word about the whole convoy was looked into."""
    entry = get_object_or_404(FieldEntry.objects.visible_to(actor(request)), pk=pk)
    if ground.settle_entry(entry, by=actor(request)).outcome == EntryOutcome.SETTLED:
        messages.success(request, _("Decided. Nothing waits for it any more."))
    else:
        waits = _("It counts now. Not everybody of them has a place: say of each where they are, or enter a vehicle.")
        messages.warning(request, waits)
    return redirect("evacuation-day", entry.convoy_id)


@require_POST
@door("convoys.reconcile")
def reconcile(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the convoy."""
    ground.reconcile(_convoy(request, pk), by=actor(request))
    messages.success(request, _("Closed: everybody who boarded is accounted for."))
    return redirect("evacuation-day", pk)


@require_POST
@door("convoys.move_stop")
def move_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """People of a stop go elsewhere; each household is told and has to acknowledge."""
    row = _convoy(request, pk)
    form = MoveStopForm(row, request.POST)

    def step() -> None:
        given = form.cleaned_data
        marshal = User.objects.visible_to(actor(request)).get(pk=given["marshal"])
        ground.move_stop(
            row, seq=given["seq"], place=given["place"], landmark=given["landmark"], marshal=marshal, by=actor(request)
        )

    if done(form, step):
        messages.success(request, _("The stop has moved. Its households are told; below is who has not heard it."))
        return redirect("evacuation-day", pk)
    return _page(request, row, stop=form)


@require_POST
@door("convoys.acknowledge")
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """A household heard where to go."""
    rows = StopAck.objects.visible_to(actor(request)).select_related("change")
    ack = ground.acknowledge(get_object_or_404(rows, pk=pk), by=actor(request))
    messages.success(request, _("They have heard it."))
    return redirect("evacuation-day", ack.change.convoy_id)
