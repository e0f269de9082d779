"""Beside the form: who may be calling, whether it is really them, what may be told, and finding a case."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.domain import calls, identity, opening
from cases.enums import CallDirection, Identity
from cases.errors import Refusal
from cases.models import Case, ContactPoint, Draft, Tie
from cases.planning import reference
from cases.privacy import addresses
from cases.queries import card as cards
from cases.queries import drafts as draft_rows
from cases.queries import known as knowing
from cases.queries import search as finding
from cases.queries import telling
from cases.web.desk_call import refusal_said
from cases.web.desk_form import readable
from cases.web.doors import actor, door

LONGEST = 200


def _contact(request: HttpRequest) -> ContactPoint | None:
    said, channel = request.POST.get("number", "")[:LONGEST], request.POST.get("channel", "phone")
    try:
        return identity.find_contact(*addresses.normalise(said, channel)) if said.strip() else None
    except Refusal:
        return None


def _chosen(request: HttpRequest) -> Case | None:
    """The open case the call goes on with, by the reference typed or found."""
    ref = reference.heard(request.POST.get("continues", "")[:LONGEST])
    return Case.objects.visible_to(actor(request)).open().filter(ref=ref).first() if ref else None


def _draft(request: HttpRequest) -> Draft | None:
    uid = draft_rows.by_uid(request.POST.get("key", ""))
    rows = Draft.objects.visible_to(actor(request)).open().filter(operator=actor(request).user_id)
    return rows.filter(uid=uid).select_related("call", "confirmed_household").first() if uid is not None else None


def _shown(request: HttpRequest, found: list[cards.Card]) -> HttpResponse:
    draft = _draft(request)
    context = {"cards": found, **_known(draft)}
    return render(request, "desk/cards.html", context)


def _known(draft: Draft | None) -> dict[str, Any]:
    """Who the page knows to be on the line: of which household, by our own call to them, or in doubt."""
    if draft is None:
        return {"confirmed": "", "doubtful": False, "we_rang": False}
    household = draft.confirmed_household
    return {
        "confirmed": str(household.uid) if household is not None else "",
        "doubtful": draft.identity == Identity.DOUBTFUL,
        "we_rang": draft.call is not None and draft.call.direction == CallDirection.OUT,
    }


@require_POST
@door("intake.record")
def card(request: HttpRequest) -> HttpResponse:
    """The households registered with the number as typed, masked; nothing for a number nobody has called from."""
    case = _chosen(request)
    return _shown(request, cards.masked(_contact(request), by=actor(request), case=case))


@require_POST
@door("intake.record")
def open_card(request: HttpRequest) -> HttpResponse:
    """The same with one household opened, which is on record."""
    contact = _contact(request)
    if contact is None:
        return _shown(request, [])
    try:
        return _shown(request, opening.open_card(contact, request.POST.get("household", ""), by=actor(request)))
    except Refusal as refusal:
        return refusal_said(refusal)


@require_POST
@door("calls.confirm")
def code_word(request: HttpRequest) -> JsonResponse:
    """Is it really them? The code word says so, three tries a call."""
    draft = _draft(request)
    tie = get_object_or_404(Tie.objects.visible_to(actor(request)), uid=draft_rows.by_uid(request.POST.get("tie", "")))
    if draft is None:
        return JsonResponse({"says": _("Type the number first, then the code word.")}, status=409)
    try:
        right = calls.confirm(draft, tie=tie, word=request.POST.get("word", "")[:60], by=actor(request))
    except Refusal as refusal:
        return refusal_said(refusal)
    if right:
        return JsonResponse(
            {"right": True, "says": _("It is them. What concerns their own case may be told and changed.")}
        )
    return JsonResponse({"right": False, "says": str(calls.NotTheWord.sentence)})


@require_POST
@door("calls.reached")
def reached(request: HttpRequest) -> JsonResponse:
    """We rang their registered number, and it is them who answered."""
    draft = _draft(request)
    tie = get_object_or_404(Tie.objects.visible_to(actor(request)), uid=draft_rows.by_uid(request.POST.get("tie", "")))
    if draft is None:
        return JsonResponse({"says": _("This call is saved already.")}, status=409)
    try:
        calls.reached(draft, tie=tie, by=actor(request))
    except Refusal as refusal:
        return refusal_said(refusal)
    said = _("It is them. What concerns their own case may be told and changed.")
    return JsonResponse({"right": True, "says": said})


@require_POST
@door("intake.record")
def tell(request: HttpRequest) -> HttpResponse:
    """What may be told on this call, for the direction they choose and the places they need."""
    draft = _draft(request)
    # The places are those of the people who were typed, as the server read them: no question of "how many".
    found = telling.telling(draft, direction=request.POST.get("direction", ""), wanted=draft.wanted if draft else {})
    return render(request, "desk/telling.html", {"telling": found})


@require_POST
@door("intake.record")
def known(request: HttpRequest) -> HttpResponse:
    """Who of the people as typed may be known already under another reference, masked."""
    case, chosen = _chosen(request), request.POST.get("settlement_id", "")
    # Whoever seeks somebody is shown nobody: who was found decides alone whether that may be known.
    people = "" if request.POST.get("missing_person") else request.POST.get("people", "")
    found = knowing.of_typed(
        tuple(readable(people[:4_000])),
        contact=_contact(request),
        settlement=int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 10 else None,
        by=actor(request),
        apart_from=[case.household_id] if case is not None else [],
    )
    return render(request, "desk/known.html", {"known": found})


@require_POST
@door("intake.record")
def search(request: HttpRequest) -> HttpResponse:
    """One box: a reference, a number in any notation, a name in any spelling, a settlement."""
    typed = request.POST.get("q", "")[:LONGEST].replace("\0", "").strip()
    found: Any = finding.find(typed, by=actor(request)) if typed else []
    return render(request, "desk/found.html", {"found": found, "typed": bool(typed)})
