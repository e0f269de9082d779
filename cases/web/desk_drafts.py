"""Saving what is typed while it is typed, and the red key: answers are small and come fast."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.domain import calls, drafts, intake
from cases.enums import DraftMode, Mobility, PriorityClass
from cases.errors import Invalid, Refusal
from cases.models import Draft
from cases.planning.triage import say
from cases.privacy import addresses
from cases.queries import desk as read
from cases.queries import drafts as draft_rows
from cases.web.desk_form import DeskForm
from cases.web.doors import actor, door

NOT_TYPED = frozenset({"csrfmiddlewaretoken", "key", "serial", "agreed", "refused"})
LAST_SERIAL = 2**62


def kept(request: HttpRequest, choices: read.Choices) -> tuple[Draft, intake.Intake]:
    """Keep what the page sent under its key, whatever of it can be read; returns the draft and its facts.

    `refused` says that it was to be saved and could not be: it stands among the unfinished calls until it is mended.
    """
    uid = draft_rows.by_uid(request.POST.get("key", ""))
    if uid is None:
        raise Invalid(field="key")
    form = DeskForm(request.POST, choices=choices)
    form.is_valid()
    facts = form.as_far()
    typed = drafts.Typed(
        fields={name: values for name, values in request.POST.lists() if name not in NOT_TYPED},
        facts=facts.to_json(),
        mode=form.cleaned_data["mode"] or DraftMode.STANDARD,
        settlement=facts.settlement,
        contact=_contact(facts.number, facts.channel),
        continues=facts.continues,
        wants_case=facts.needs_a_case
        or facts.settlement is not None
        or bool(request.POST.get("settlement", "").strip()),
    )
    typed = replace(typed, wanted=_places(facts))
    refused = request.POST.get("refused") == "1"
    return drafts.save(uid, serial=_serial(request.POST), typed=typed, refused=refused, by=actor(request)), facts


def _places(facts: intake.Intake) -> dict[str, int]:
    """How many places of each kind the people of this call would need."""
    lying = sum(person.mobility == Mobility.BEDRIDDEN for person in facts.people)
    rolling = sum(person.mobility == Mobility.WHEELCHAIR for person in facts.people)
    count = max(len(facts.people), facts.headcount[1] if facts.headcount else 0, 1)
    staying = len(facts.evacuation.staying) if facts.evacuation else 0
    return {"seats": max(0, count - staying - lying - rolling), "wheelchairs": rolling, "stretchers": lying}


def _contact(number: str, channel: str) -> tuple[str, str] | None:
    try:
        return addresses.normalise(number, channel) if number else None
    except Refusal:
        return None


def _serial(posted: Mapping[str, str]) -> int:
    said = posted.get("serial", "")
    return min(int(said), LAST_SERIAL) if said.isascii() and said.isdigit() and len(said) < 20 else 0


@require_POST
@door("drafts.save")
def save(request: HttpRequest) -> JsonResponse:
    """Keep what is typed; answers with the class it would have, and who else is on the same case."""
    choices = read.choices()
    try:
        draft, facts = kept(request, choices)
    except Refusal as refusal:
        return _no(refusal)
    verdict = intake.preview(facts, choices.rules)
    language = (get_language() or "en")[:2]
    return JsonResponse(
        {
            **_standing(draft),
            "serial": draft.serial,
            "priority": verdict.cls,
            "label": str(PriorityClass(verdict.cls).label),
            "reasons": [say(reason, choices.rules, language) for reason in verdict.reasons],
            "wants": draft.wants_case,
            "wanted": draft.wanted,
        }
    )


def _standing(draft: Draft) -> dict[str, Any]:
    """Whether the draft is one's own still, and who else is on its case."""
    return {
        "ended": draft.ended_at is not None,
        "identity": draft.identity,
        "colleagues": [user.name for user in drafts.colleagues(draft)],
    }


def _no(refusal: Refusal) -> JsonResponse:
    return JsonResponse({"code": refusal.code, "says": str(refusal), "field": refusal.field}, status=refusal.status)


@require_POST
@door("drafts.touch")
def touch(request: HttpRequest) -> JsonResponse:
    """The page is still there."""
    uid = draft_rows.by_uid(request.POST.get("key", ""))
    draft = drafts.touch(uid, by=actor(request)) if uid is not None else None
    return JsonResponse(_standing(draft) if draft is not None else {"ended": False, "colleagues": []})


@require_POST
@door("intake.red_key")
def red_key(request: HttpRequest) -> JsonResponse:
    """A P1 case at once, from whatever is typed; the page goes on."""
    try:
        draft, facts = kept(request, read.choices())
        case = intake.red_key(facts, key=draft.uid.hex, by=actor(request))
    except Refusal as refusal:
        return _no(refusal)
    place = case.household.settlement
    where = place.name if place else _("place not known")
    said = _("{ref}: immediate, {place}. The coordinators hear it now. Go on with the call.")
    return JsonResponse({"ref": case.spoken, "says": said.format(ref=case.spoken, place=where)})


@require_POST
@door("drafts.take")
def take(request: HttpRequest, uid: Any) -> HttpResponse:
    """Go on with a call that somebody left, or with one's own."""
    draft = get_object_or_404(Draft.objects.visible_to(actor(request)).open(), uid=uid)
    taken = calls.take_over(draft, by=actor(request))
    return redirect(f"{reverse('desk')}?draft={taken.uid.hex}")


@require_POST
@door("drafts.close")
def close(request: HttpRequest, uid: Any) -> HttpResponse:
    """Put away a page on which nothing was said."""
    draft = get_object_or_404(Draft.objects.visible_to(actor(request)).open(), uid=uid)
    drafts.close(draft, by=actor(request))
    return redirect("desk")
