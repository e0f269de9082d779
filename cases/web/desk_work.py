"""Between calls: whom to call back, whom to answer in writing, what the last shift left, and leaving oneself."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases import policy
from cases.domain import handover, inbox
from cases.errors import KeyReused, Refusal
from cases.models import Call, Handover, User
from cases.queries import live, work
from cases.web.doors import actor, door


@door("calls.claim")
def page(request: HttpRequest) -> HttpResponse:
    """Everything that waits, the nearest first."""
    who = actor(request)
    context = {
        "work": work.work(who),
        "may_decide": policy.allows("callbacks.allow", who),
        "colleagues": live.free_colleagues(who),
    }
    return render(request, "desk/work.html", context)


@require_POST
@door("inbox.reply")
def reply(request: HttpRequest, uid: Any) -> HttpResponse:
    """Answer a written conversation; a refused text comes back as it was typed."""
    call = get_object_or_404(Call.objects.visible_to(actor(request)), uid=uid)
    text = request.POST.get("text", "")
    try:
        inbox.reply(call, text=text, key=request.POST.get("reply_key", ""), by=actor(request))
    except KeyReused:
        sent = _("An answer went out before this one: it stands above. Send this one too, or leave it.")
        return _conversation(request, call, text=text, problem=sent, status=409)
    except Refusal as refusal:
        return render(request, "desk/reply.html", {"call": call, "text": text, "problem": str(refusal)}, status=422)
    return _conversation(request, call)


def _conversation(
    request: HttpRequest, call: Call, *, text: str = "", problem: str = "", status: int = 200
) -> HttpResponse:
    """The conversation as it stands, and below it what is to be answered next."""
    lines = work.conversation(call, by=actor(request))
    context = {"written": lines, "call": call, "text": text, "problem": problem}
    return render(request, "desk/conversation.html", context, status=status)


@require_POST
@door("handover.leave")
def leave(request: HttpRequest) -> HttpResponse:
    """End one's shift: what is in hand goes to a colleague, or to whoever comes."""
    who = actor(request)
    chosen = request.POST.get("taker", "")
    colleagues = live.free_colleagues(who)
    taker = None
    if chosen.isascii() and chosen.isdigit() and int(chosen) in colleagues:
        taker = User.objects.visible_to(who).get(pk=int(chosen))
    row = handover.leave(note=request.POST.get("note", ""), taker=taker, by=who)
    passed = row.drafts + row.callbacks + row.calls
    if passed:
        messages.success(request, _("Your shift is over. What you had in hand was passed on."))
    else:
        messages.success(request, _("Your shift is over. You had nothing open."))
    return redirect("work")


@require_POST
@door("handover.take")
def take(request: HttpRequest, uid: Any) -> HttpResponse:
    """The note was read."""
    row = get_object_or_404(Handover.objects.visible_to(actor(request)), uid=uid)
    handover.take(row, by=actor(request))
    return redirect(reverse("work"))
