"""The operator's desk: one page, one call, saved once."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.domain import intake
from cases.errors import Refusal
from cases.models import Call, Case
from cases.planning import person_line
from cases.queries import desk as read
from cases.queries import places
from cases.queries.triage import reasons_in_words
from cases.web.desk_form import DeskForm, said_of, told
from cases.web.doors import actor, door


@door("intake.record")
def page(request: HttpRequest) -> HttpResponse:
    """Show an empty desk, or record what was typed; a refusal keeps every word and says what to mend."""
    choices = read.choices()
    if request.method != "POST":
        form = DeskForm(choices=choices, initial={"key": uuid.uuid4().hex, "language": request.user.language})  # type: ignore[union-attr]
        return _render(request, form, choices)
    form = DeskForm(request.POST, choices=choices)
    if not form.is_valid():
        return _render(request, form, choices, status=422)
    try:
        call = intake.record(form.intake(), key=form.cleaned_data["key"], by=actor(request))
    except Refusal as refusal:
        form.refuse(refusal)
        return _render(request, form, choices, status=refusal.status)
    _say_saved(request, call)
    return redirect("desk")


def _render(request: HttpRequest, form: DeskForm, choices: read.Choices, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "choices": choices}
    response = render(request, "desk/page.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _say_saved(request: HttpRequest, call: Call) -> None:
    """What was saved, in the words one would say to the caller."""
    case: Case | None = call.cases.select_related("household").first()
    if case is None:
        messages.success(request, _("Saved. Nothing more to do for this call."))
        return
    because = " · ".join(
        reasons_in_words(case.scores.select_related("rules").defer("rules__body").last(), get_language() or "en")
    )
    text = _("Saved. Reference {ref}, {priority}: {because}.")
    if call.links.filter(proposes=True).exists():
        text = _("Saved for case {ref}, {priority}. What needs a known caller waits until it is settled.")
    messages.success(
        request,
        format_html(text, ref=case.spoken, priority=case.priority, because=because or case.get_priority_display()),
    )


@require_POST
@door("intake.record")
def settlements(request: HttpRequest) -> JsonResponse:
    """The type-ahead: at most eight settlements for what was typed. POST, since addresses end in proxies' logs."""
    typed = request.POST.get("q", "").replace("\0", "")
    found = places.settlements(typed) if typed.strip() else []
    return JsonResponse({"found": [{"id": place.pk, "name": places.described(place)} for place in found]})


@require_POST
@door("intake.record")
def people(request: HttpRequest) -> JsonResponse:
    """How typed person lines will be read, so that a slip shows while the caller is on the line."""
    understood, problems, labels = [], [], read.specific_labels()
    for line in request.POST.get("q", "")[:4_000].splitlines():
        try:
            understood += [said_of(person, labels) for person in person_line.parse(line)] if line.strip() else []
        except person_line.LineError as error:
            problems.append(told(error))
    return JsonResponse({"understood": understood, "problems": problems})
