"""Buttons of the desk that are about the call itself: take it, call back, step back, warn, ask for the supervisor."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases import policy
from cases.domain import alarms, callbacks, calls, presence
from cases.enums import CallbackOutcome
from cases.errors import AlreadyTaken, Refusal
from cases.models import Alarm, Call, Callback, Draft, Listening
from cases.queries import drafts as draft_rows
from cases.web.doors import actor, back, door


def _to_page(draft: Draft) -> HttpResponse:
    return redirect(f"{reverse('desk')}?draft={draft.uid.hex}")


def _mine(request: HttpRequest) -> Draft:
    """The draft of the page that pressed the button."""
    uid = draft_rows.by_uid(request.POST.get("key", ""))
    rows = Draft.objects.visible_to(actor(request)).open().filter(operator=actor(request).user_id)
    return get_object_or_404(rows.select_related("call"), uid=uid)


@require_POST
@door("calls.claim")
def claim(request: HttpRequest, uid: Any) -> HttpResponse:
    """Take a ringing call or a waiting message: one of many has it, the others are told."""
    call = get_object_or_404(Call.objects.visible_to(actor(request)), uid=uid)
    try:
        return _to_page(calls.claim(call, by=actor(request)))
    except AlreadyTaken:
        messages.info(request, _("A colleague was faster. They have it."))
        return back(request, "desk")


@require_POST
@door("calls.hang_up")
def hang_up(request: HttpRequest) -> HttpResponse:
    """The conversation is over; the record is not."""
    draft = _mine(request)
    if draft.call is not None:
        calls.hang_up(draft.call, by=actor(request))
    return JsonResponse({"says": _("The call is over. Finish the record: how did it end?")})


@require_POST
@door("calls.recuse")
def recuse(request: HttpRequest) -> HttpResponse:
    """Step back from this call; what was typed waits for whoever takes it."""
    calls.recuse(_mine(request), by=actor(request))
    messages.success(request, _("You stepped back. Somebody else takes this call; nothing you typed is lost."))
    return redirect("desk")


@require_POST
@door("calls.warn")
def warn(request: HttpRequest) -> JsonResponse:
    """The caller was warned."""
    draft = _mine(request)
    if draft.call is None:
        return JsonResponse({"says": _("Warned once. After the second warning you may end the call.")})
    call = calls.warn(draft.call, by=actor(request))
    if call.abuse_warnings < 2:
        return JsonResponse({"says": _("Warned once. After the second warning you may end the call.")})
    return JsonResponse({"says": _("Warned twice. You may end the call now; nothing of it stands against you.")})


@require_POST
@door("alarms.call_supervisor")
def supervisor(request: HttpRequest) -> JsonResponse:
    """Ask the supervisor in, without a sound on this side."""
    alarms.call_supervisor(by=actor(request))
    return JsonResponse({"says": _("Your supervisor sees it.")})


@require_POST
@door("alarms.answer")
def answer(request: HttpRequest, uid: Any) -> HttpResponse:
    """I take care of it: the alarm stops sounding."""
    alarm = get_object_or_404(Alarm.objects.visible_to(actor(request)).select_related("case", "call"), uid=uid)
    alarms.answer(alarm, by=actor(request))
    if alarm.convoy_id is not None and policy.allows("convoys.settle", actor(request)):
        return redirect("evacuation-day", alarm.convoy_id)
    if alarm.case is not None:
        return redirect("case", alarm.case.ref)
    return back(request)


@require_POST
@door("presence.choose")
def be(request: HttpRequest) -> HttpResponse:
    """Free, on a break, or away."""
    presence.choose(request.POST.get("state", ""), by=actor(request))
    return back(request, "desk")


@require_POST
@door("calls.call_back")
def call_back(request: HttpRequest, uid: Any) -> HttpResponse:
    """Begin to call somebody back: the page of that call opens, with the number to dial."""
    return _to_page(calls.call_back(_callback(request, uid), by=actor(request)))


def _callback(request: HttpRequest, uid: Any) -> Callback:
    return get_object_or_404(Callback.objects.visible_to(actor(request)), uid=uid)


@require_POST
@door("callbacks.release")
def not_reached(request: HttpRequest, uid: Any) -> HttpResponse:
    """A try that reached nobody."""
    said = request.POST.get("outcome", "")
    outcome = CallbackOutcome(said) if said in CallbackOutcome.values else CallbackOutcome.NO_ANSWER
    calls.not_reached(_callback(request, uid), outcome=outcome, by=actor(request))
    return redirect("work")


@require_POST
@door("callbacks.written")
def written(request: HttpRequest, uid: Any) -> HttpResponse:
    """Somebody wrote to them."""
    callbacks.written(_callback(request, uid), by=actor(request))
    return redirect("work")


@require_POST
@door("callbacks.allow")
def allow(request: HttpRequest, uid: Any) -> HttpResponse:
    """A supervisor decides whether we call."""
    callbacks.allow(_callback(request, uid), yes=request.POST.get("yes") == "1", by=actor(request))
    return redirect("work")


@require_POST
@door("callbacks.give_up")
def give_up(request: HttpRequest, uid: Any) -> HttpResponse:
    """They could not be reached."""
    callbacks.give_up(_callback(request, uid), by=actor(request))
    return redirect("work")


@require_POST
@door("calls.listen")
def listen(request: HttpRequest, uid: Any) -> HttpResponse:
    """Listen in, announced."""
    calls.listen(get_object_or_404(Call.objects.visible_to(actor(request)), uid=uid), by=actor(request))
    messages.success(request, _("The operator sees that you listen in. Nothing is recorded."))
    return back(request)


@require_POST
@door("calls.stop_listening")
def stop_listening(request: HttpRequest, uid: Any) -> HttpResponse:
    """Off the line again."""
    row = get_object_or_404(Listening.objects.visible_to(actor(request)), uid=uid)
    calls.stop_listening(row, by=actor(request))
    return back(request)


def refusal_said(refusal: Refusal) -> JsonResponse:
    """A refusal for a script."""
    return JsonResponse({"code": refusal.code, "says": str(refusal)}, status=refusal.status)
