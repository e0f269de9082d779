"""The planner's board, a corridor, a convoy: each button a POST address over one verb."""

import uuid
from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from cases import policy
from cases.actors import Staff
from cases.domain import evacuation
from cases.enums import CorridorStatus, Publicity
from cases.errors import Forbidden, Refusal
from cases.models import Convoy, Corridor, EvacuationRequest, Vehicle, Window
from cases.planning.outlines import WIDTH, chart
from cases.queries import evacuation as read
from cases.queries import second
from cases.web.doors import actor, back, door
from cases.web.evacuation_forms import ConvoyForm, CorridorForm, PublicityForm, SuspendForm, VehicleForm, WindowForm

# Who may stop a corridor may look at what they stop: routes, places and vehicles are for dispatch alone.
READS: Final = "corridors.suspend"
# Steps of a corridor that ask for nothing: the verb, what is done, and what is said afterwards.
STEPS: Final[dict[str, tuple[str, Callable[..., Any], str | Promise]]] = {
    "open": ("corridors.open", evacuation.open_corridor, gettext_lazy("The corridor is open.")),
    "close": ("corridors.close", evacuation.close_corridor, gettext_lazy("The corridor is closed.")),
    "propose": (
        "corridors.propose_resume",
        evacuation.propose_resume,
        gettext_lazy("Proposed. It goes on when somebody else agrees."),
    ),
    "resume": (
        "corridors.resume",
        evacuation.resume,
        gettext_lazy("The corridor goes on. Everybody with a place is told."),
    ),
}


@door(READS)
def board(request: HttpRequest) -> HttpResponse:
    """Windows by direction, how full each convoy is, and who waits where."""
    who = actor(request)
    context = {
        "board": read.board(who),
        "second": second.waiting_for(who),
        "may": _may(who),
        "why": SuspendForm(),
        "chart": chart(),
        "width": WIDTH,
    }
    return render(request, "evacuation/board.html", context)


def _may(who: Staff) -> dict[str, bool]:
    return {
        "plan": policy.allows("corridors.plan", who),
        "suspend": policy.allows("corridors.suspend", who),
        "move": policy.allows("evacuation.move", who),
    }


def done(form: forms.Form, step: Callable[[], Any]) -> bool:
    """Whether the form was right and the verb agreed; what it refused is said beside its field."""
    if not form.is_valid():
        return False
    try:
        step()
    except Forbidden:
        raise
    except Refusal as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return False
    return True


# --- corridors -------------------------------------------------------------------------------------------------------


@door("corridors.plan")
def new_corridor(request: HttpRequest) -> HttpResponse:
    """Plan a corridor with its stops."""
    form = CorridorForm(request.POST or None)
    made: list[Corridor] = []

    def step() -> None:
        given = form.cleaned_data
        made.append(
            evacuation.plan_corridor(
                name=given["name"], authority=given["authority"], stops=form.stops(), by=actor(request)
            )
        )

    if request.method == "POST" and done(form, step):
        messages.success(request, _("Planned. Open it when it is agreed with the authority."))
        return redirect("evacuation-corridor", made[0].pk)
    return render(request, "evacuation/corridor_new.html", {"form": form}, status=422 if form.errors else 200)


def _corridor(request: HttpRequest, pk: int) -> Corridor:
    return get_object_or_404(Corridor.objects.visible_to(actor(request)), pk=pk)


@door(READS)
def corridor(request: HttpRequest, pk: int) -> HttpResponse:
    """A corridor with its stops and windows; a POST adds a window."""
    row = _corridor(request, pk)
    zone = read.zone_of_corridor(row)
    form = WindowForm(zone, request.POST or None, initial={"agreed_with": row.authority})

    def step() -> None:
        evacuation.add_window(row, **form.cleaned_data, by=actor(request))

    if request.method == "POST" and done(form, step):
        messages.success(request, _("The window stands. Now plan its convoys."))
        return redirect("evacuation-corridor", pk)
    return _corridor_page(request, row, window=form)


def _corridor_page(
    request: HttpRequest, row: Corridor, *, window: WindowForm, convoy: ConvoyForm | None = None, of: int = 0
) -> HttpResponse:
    page = read.corridor_page(row, by=actor(request))
    refused = bool(window.errors or (convoy and convoy.errors))
    forms_of = [
        (line, convoy if convoy and line.window.pk == of else _next_convoy(line, page.zone)) for line in page.windows
    ]
    context = {
        "page": page,
        "parked": read.parked(row, by=actor(request)) if row.status == CorridorStatus.SUSPENDED else None,
        "windows": forms_of,
        "form": window,
        "may": _may(actor(request)),
        "why": SuspendForm(),
        "publicity": Publicity.choices,
        "me": actor(request).user_id,
    }
    return render(request, "evacuation/corridor.html", context, status=422 if refused else 200)


def _next_convoy(line: Any, zone: Any) -> ConvoyForm:
    number = max((convoy.convoy.number for convoy in line.convoys), default=0) + 1
    departs = line.window.slot.lower.astimezone(zone)
    return ConvoyForm(zone, initial={"number": number, "departs_at": departs}, auto_id=f"id_{line.window.pk}_%s")


@require_POST
@door("convoys.plan")
def new_convoy(request: HttpRequest, pk: int) -> HttpResponse:
    """Plan a convoy in a window."""
    window = _window(request, pk)
    zone = read.zone_of_corridor(window.corridor)
    form = ConvoyForm(zone, request.POST, auto_id=f"id_{pk}_%s")
    made: list[Convoy] = []

    def step() -> None:
        made.append(evacuation.plan_convoy(window, **form.cleaned_data, by=actor(request)))

    if done(form, step):
        messages.success(request, _("Planned. Its vehicles give it places."))
        return redirect("evacuation-convoy", made[0].pk)
    empty = WindowForm(zone, initial={"agreed_with": window.corridor.authority})
    return _corridor_page(request, window.corridor, window=empty, convoy=form, of=pk)


@require_POST
@door("corridors.suspend")
def suspend(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a corridor at once."""
    form = SuspendForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose why it is suspended."))
        return back(request, "evacuation")
    row = evacuation.suspend(_corridor(request, pk), reason=form.cleaned_data["reason"], by=actor(request))
    said = _("%(name)s is suspended. Its places are kept, and every household on it is called or written to.")
    messages.success(request, said % {"name": row.name})
    return back(request, "evacuation")


@require_POST
@door(READS)
def step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Open, close, propose to go on, agree that it goes on."""
    if name not in STEPS:
        raise Http404
    verb, press, said = STEPS[name]
    if not policy.allows(verb, actor(request)):
        raise Forbidden
    press(_corridor(request, pk), by=actor(request))
    messages.success(request, str(said))
    return back(request, "evacuation")


@require_POST
@door("corridors.propose_publicity")
def propose_publicity(request: HttpRequest, pk: int) -> HttpResponse:
    """More people may be told of a window, once somebody else agrees; fewer at once."""
    form = PublicityForm(request.POST)
    window = _window(request, pk)
    if not form.is_valid():
        messages.error(request, _("Choose who may be told of this window."))
        return redirect("evacuation-corridor", window.corridor_id)
    window = evacuation.propose_publicity(window, publicity=form.cleaned_data["publicity"], by=actor(request))
    waits = _("Proposed. It holds when somebody else agrees.")
    messages.success(request, waits if window.publicity_wanted else _("So it is from now on."))
    return redirect("evacuation-corridor", window.corridor_id)


@require_POST
@door("corridors.agree_publicity")
def agree_publicity(request: HttpRequest, pk: int) -> HttpResponse:
    """Agree that as many people may be told of a window as the page said."""
    read_of = request.POST.get("publicity", "")
    window = evacuation.agree_publicity(_window(request, pk), publicity=read_of, by=actor(request))
    messages.success(request, _("Agreed. So it is from now on."))
    return redirect("evacuation-corridor", window.corridor_id)


def _window(request: HttpRequest, pk: int) -> Window:
    return get_object_or_404(Window.objects.visible_to(actor(request)).select_related("corridor"), pk=pk)


# --- convoys ---------------------------------------------------------------------------------------------------------


@door(READS)
def convoy(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is on a convoy and what rides; a POST adds a vehicle."""
    who = actor(request)
    rows = Convoy.objects.visible_to(who).select_related("window__corridor")
    row = get_object_or_404(rows, pk=pk)
    page = read.manifest(row, by=who)
    chosen = next((one.request for one in page.parties if str(one.request.pk) == request.GET.get("move")), None)
    chosen = chosen if _may(who)["move"] else None
    offers = read.vetted_offers(row, by=who) if _may(who)["plan"] else []
    form = VehicleForm(page.stops, request.POST or None, offers=offers, initial={"key": uuid.uuid4().hex})

    def step() -> None:
        evacuation.add_vehicle(row, facts=form.facts(), key=form.cleaned_data["key"], by=who)

    if request.method == "POST":
        if not policy.allows("convoys.add_vehicle", who):
            raise Forbidden
        if done(form, step):
            messages.success(request, _("Added. Its places are offered to those who wait."))
            return redirect("evacuation-convoy", pk)
    context = {
        "page": page,
        "form": form,
        "may": _may(who),
        "choices": read.choices(chosen, by=who) if chosen else None,
        "must_move": read.must_move(row, by=who),
    }
    return render(request, "evacuation/convoy.html", context, status=422 if form.errors else 200)


@require_POST
@door("convoys.clear")
def clear(request: HttpRequest, pk: int) -> HttpResponse:
    """The authority has cleared it."""
    evacuation.clear(get_object_or_404(Convoy.objects.visible_to(actor(request)), pk=pk), by=actor(request))
    messages.success(request, _("The convoy is cleared to go."))
    return redirect("evacuation-convoy", pk)


@require_POST
@door("convoys.drop_out")
def vehicle_out(request: HttpRequest, pk: int) -> HttpResponse:
    """A vehicle does not go: nobody is shed, and the page says who must move."""
    vehicle = evacuation.drop_out(_vehicle(request, pk), by=actor(request))
    messages.success(request, _("The vehicle is out. If too many are on it now, the page says who can move where."))
    return redirect("evacuation-convoy", vehicle.convoy_id)


@require_POST
@door("convoys.bring_back")
def vehicle_back(request: HttpRequest, pk: int) -> HttpResponse:
    """It goes after all."""
    vehicle = evacuation.bring_back(_vehicle(request, pk), by=actor(request))
    messages.success(request, _("The vehicle goes again."))
    return redirect("evacuation-convoy", vehicle.convoy_id)


def _vehicle(request: HttpRequest, pk: int) -> Vehicle:
    rows = Vehicle.objects.visible_to(actor(request)).select_related("convoy")
    return get_object_or_404(rows, pk=pk)


@door("evacuation.move")
def place(request: HttpRequest, pk: int) -> HttpResponse:
    """Where a party could go, as a page: also whom the machine gives no place, and who is moved by hand alone."""
    return _choices(request, pk, "evacuation/place.html")


@door("evacuation.move")
def choices(request: HttpRequest, pk: int) -> HttpResponse:
    """Where a party could go, as the panel beside the list of its convoy shows it."""
    return _choices(request, pk, "evacuation/choices.html")


def _choices(request: HttpRequest, pk: int, template: str) -> HttpResponse:
    who = actor(request)
    wish = get_object_or_404(EvacuationRequest.objects.visible_to(who).select_related("case"), pk=pk)
    return render(request, template, {"choices": read.choices(wish, by=who)})


@require_POST
@door("evacuation.move")
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a party to another convoy; the rules are checked again."""
    who = actor(request)
    wish = get_object_or_404(EvacuationRequest.objects.visible_to(who).select_related("case"), pk=pk)
    chosen = request.POST.get("to", "")
    target = Convoy.objects.visible_to(who).filter(pk=int(chosen) if chosen.isascii() and chosen.isdigit() else 0)
    to = target.select_related("window").first()
    if to is None:
        messages.error(request, _("Choose the convoy they move to."))
        return back(request, "evacuation")
    evacuation.move(wish, to=to, by=who)
    said = _("%(ref)s has places on convoy %(number)d now.")
    messages.success(request, said % {"ref": wish.case.spoken, "number": to.number})
    return back(request, "evacuation")
