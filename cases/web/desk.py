"""The operator's desk: one page, one call, saved once."""

import uuid
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import Min
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.actors import Staff
from cases.domain import evacuation, intake
from cases.enums import SEEKS_SEATS, SeatStatus
from cases.errors import KeyReused, Refusal
from cases.models import Call, Case, Draft
from cases.planning import person_line
from cases.queries import desk as read
from cases.queries import drafts as draft_rows
from cases.queries import known, merge_view, places
from cases.queries.triage import reasons_in_words
from cases.web.desk_form import DeskForm
from cases.web.desk_words import said_of, told
from cases.web.doors import actor, door


@door("intake.record")
def page(request: HttpRequest) -> HttpResponse:
    """Show the desk, or record what was typed; a refusal keeps every word and says what to mend."""
    if request.method == "POST":
        return _save(request)
    choices, draft = read.choices(), _asked_for(request)
    initial = {"key": draft.uid.hex if draft else uuid.uuid4().hex, "language": request.user.language}  # type: ignore[union-attr]
    if draft is not None and draft.call is not None:
        initial |= {"language": draft.call.language, "channel": draft.call.channel}
    return _render(request, DeskForm(choices=choices, initial=initial), choices, draft=draft)


def _asked_for(request: HttpRequest) -> Draft | None:
    """The unfinished call of one's own that the address names."""
    wanted = request.GET.get("draft", "")
    if not wanted:
        return None
    mine = Draft.objects.visible_to(actor(request)).open().filter(operator=actor(request).user_id)
    return get_object_or_404(mine.select_related("call__contact", "contact", "data_key", "case"), uid=_uid(wanted))


def _uid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


def _save(request: HttpRequest) -> HttpResponse:
    choices = read.choices()
    form = DeskForm(request.POST, choices=choices)
    if not form.is_valid():
        return _refused(request, form, choices, 422)
    key, agreed, who = form.cleaned_data["key"], form.cleaned_data["agreed"], actor(request)
    try:
        call = intake.record(form.intake(), key=key, agreed=agreed, by=who)
    except intake.Clash as clash:
        return _clashed(request, form, choices, clash)
    except Refusal as refusal:
        form.refuse(refusal)
        standing = draft_rows.recorded(key, who) if isinstance(refusal, KeyReused) else ""
        return _refused(request, form, choices, refusal.status, recorded=standing, code=refusal.code)
    _say_saved(request, call)
    if form.cleaned_data["hold"]:
        _hold_places(request, call)
    _say_known(request, call, form)
    if _wants_json(request):
        return JsonResponse({"saved": True, "next": reverse("desk")})
    return redirect("desk")


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def _refused(request: HttpRequest, form: DeskForm, choices: read.Choices, status: int, **extra: Any) -> HttpResponse:
    if not _wants_json(request):
        return _render(request, form, choices, status=status)
    summary = render_to_string("desk/errors.html", {"form": form}, request)
    shown = {"errors": form.errors, "summary": summary, "asked_back": form.asked_back, **extra}
    return JsonResponse(shown, status=status)


def _clashed(request: HttpRequest, form: DeskForm, choices: read.Choices, clash: intake.Clash) -> HttpResponse:
    """Both sides beside each other: what a colleague saved meanwhile, and what is typed here."""
    rows = merge_view.rows(form.cleaned_data["continues"], clash.fields, form.cleaned_data, by=actor(request))
    context = {"rows": rows, "token": clash.token, "form": form}
    if _wants_json(request):
        shown = render_to_string("desk/clash.html", context, request)
        return JsonResponse({"clash": shown, "token": clash.token, "errors": {}}, status=clash.status)
    form.add_error(None, str(clash))
    return _render(request, form, choices, status=clash.status, clash=context)


def _render(
    request: HttpRequest,
    form: DeskForm,
    choices: read.Choices,
    status: int = 200,
    draft: Draft | None = None,
    **extra: Any,
) -> HttpResponse:
    who = actor(request)
    context: dict[str, Any] = {
        "form": form,
        "choices": choices,
        "draft": draft,
        "written": draft_rows.conversation(draft, by=who),
        "others": draft_rows.unfinished(who, apart_from=draft),
        "boot": _boot(draft, who),
        # What is the same for everybody is kept as long as it is; with somebody's words in it, not at all.
        "standing": "" if form.is_bound else choices.standing,
        "keep_for": 0 if form.is_bound else None,
        "is_desk": True,
        **extra,
    }
    return render(request, "desk/page.html", context, status=status)


def _boot(draft: Draft | None, who: Staff) -> dict[str, Any]:
    """What the page's scripts begin with: what was typed before."""
    return {
        "fields": draft_rows.fields(draft, by=who),
        "serial": draft.serial if draft else 0,
        "identity": draft.identity if draft else "",
        "claimed": bool(draft and draft.call_id),
    }


def _say_saved(request: HttpRequest, call: Call) -> None:
    """What was saved, in the words one would say to the caller."""
    case: Case | None = call.cases.select_related("household").last()
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


def _hold_places(request: HttpRequest, call: Call) -> None:
    """Hold places while the caller waits, and say what to tell them. The call is saved, whatever comes of it."""
    link = call.links.select_related("case__household__settlement").last()
    wish = link.case.evacuations.filter(status__in=SEEKS_SEATS).last() if link and not link.proposes else None
    if wish is None:
        messages.warning(request, _("No places were held: nobody of this call is recorded as leaving."))
        return
    try:
        wish = evacuation.hold(wish, by=actor(request))
    except Refusal as refusal:
        messages.warning(request, format_html("{} {}", _("No places were held."), str(refusal)))
        return
    until = wish.travellers.filter(places__status=SeatStatus.HELD).aggregate(at=Min("places__expires_at"))["at"]
    if until is None:
        messages.info(request, _("They are on the waiting list. They are called when places come free."))
        return
    place = wish.case.household.settlement
    at = until.astimezone(ZoneInfo(place.time_zone)) if place else localtime(until)
    messages.success(
        request, _("Places are held until %(time)s. They are called back before then.") % {"time": f"{at:%H:%M}"}
    )


def _say_known(request: HttpRequest, call: Call, form: DeskForm) -> None:
    """A case that this call opened may be one that stands already: said once more, when it is saved."""
    case = call.cases.filter(created_at__gte=call.created_at).last()
    if case is None or form.cleaned_data["missing_person"]:
        return
    found = known.of_typed(
        form.cleaned_data["people"],
        contact=call.contact,
        settlement=form.cleaned_data["place"],
        by=actor(request),
        apart_from=[case.household_id],
    )
    for line in found:
        said = _("Perhaps known already: {ref} ({because}). A coordinator compares the two.")
        messages.warning(request, format_html(said, ref=line.case.spoken, because=" · ".join(line.evidence)))


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
    understood: list[dict[str, str]] = []
    problems, labels = [], read.specific_labels()
    for line in request.POST.get("q", "")[:4_000].splitlines():
        try:
            persons = person_line.parse(line) if line.strip() else ()
            understood += [{"says": said_of(person, labels), "mobility": person.mobility} for person in persons]
        except person_line.LineError as error:
            problems.append(told(error))
    return JsonResponse({"understood": understood, "problems": problems})
