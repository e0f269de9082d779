"""A plan for all who seek places: shown as what it would change, and applied as it was shown, or not at all."""

from collections.abc import Collection
from dataclasses import astuple
from typing import Final

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from cases.actors import Staff
from cases.domain import evacuation
from cases.domain.evacuation import Applied
from cases.models import EvacuationRequest
from cases.queries import evacuation as read
from cases.queries.evacuation import Planned
from cases.web.doors import actor, door

SALT: Final = "evacuation.plan"
SECONDS: Final = 15 * 60  # a plan is as good as what it was made of


@door("evacuation.apply_plan")
def plan(request: HttpRequest) -> HttpResponse:
    """What a plan made now would change; a POST applies the one that was shown."""
    who = actor(request)
    if request.method == "POST":
        return _apply(request, who)
    proposal = read.propose(who)
    context = {"proposal": proposal, "signed": signed(proposal.planned, who)}
    return render(request, "evacuation/plan.html", context)


def signed(planned: Collection[Planned], who: Staff) -> str:
    """Who is seated where, as shown to this planner: nobody else applies it, and nothing else is applied."""
    return signing.dumps([who.user_id, [astuple(one) for one in planned]], salt=SALT, compress=True)


def _read(text: str, who: Staff) -> list[Planned]:
    """Raises BadSignature for what was changed, is too old, or was shown to somebody else."""
    user, planned = signing.loads(text, salt=SALT, max_age=SECONDS)
    if user != who.user_id:
        raise signing.BadSignature
    return [Planned(*one) for one in planned]


def _apply(request: HttpRequest, who: Staff) -> HttpResponse:
    try:
        planned = _read(request.POST.get("plan", ""), who)
    except signing.BadSignature:
        messages.error(request, _("This plan is older than 15 minutes or not as it was shown. Here is a new one."))
        return redirect("evacuation-plan")
    seen = EvacuationRequest.objects.visible_to(who).filter(pk__in=[one.request for one in planned])
    rows = {row.pk: row for row in seen.select_related("case")}
    done = evacuation.apply_plan([one for one in planned if one.request in rows], by=who)
    return render(request, "evacuation/plan_done.html", _told(done, rows))


def _told(done: Applied, rows: dict[int, EvacuationRequest]) -> dict[str, object]:
    """What was done, by case, the most urgent first."""

    def cases(keys: Collection[int]) -> list[EvacuationRequest]:
        return sorted((rows[pk] for pk in keys), key=lambda row: (row.case.priority, row.case.ref))

    return {
        "done": [
            (_("Newly seated"), cases(done.seated)),
            (_("Moved"), cases(done.moved)),
            (_("Had these places already"), cases(done.already)),
        ],
        "left": [(row, str(done.left[row.pk])) for row in cases(done.left)],
        "counts": {"seated": len(done.seated), "moved": len(done.moved), "left": len(done.left)},
    }
