"""The queue of the coordinators: its views, what is done with many cases at once, and who took what meanwhile."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from cases import policy
from cases.actors import Staff
from cases.admin.base import ReadOnlyAdmin, actor, button
from cases.admin.case_many import DEEDS, Many
from cases.domain import site_needs, views
from cases.enums import WAITING_CASE, CaseStatus, Direction, NeedStatus, PriorityClass
from cases.errors import Refusal
from cases.models import Case, NeedType, Place, SavedView, SiteNeed
from cases.planning import reference
from cases.planning.outlines import WIDTH, chart
from cases.queries import case_page, pair_page, queue, second, shortages

PAIRS = {
    "admin:cases_match_changelist": gettext_lazy("Perhaps the same"),
    "admin:cases_personlink_changelist": gettext_lazy("People sought"),
}
QUEUE = "admin:cases_case_changelist"


class QueueRoom(ReadOnlyAdmin):
    """Everything under the address of the queue itself."""

    def queue_urls(self) -> list[URLPattern]:
        site = self.admin_site.admin_view
        return [
            path("", site(self.changelist_view), name="cases_case_changelist"),
            path("many/", site(require_POST(self.many)), name="cases_case_many"),
            path("owners/", site(require_GET(self.owners)), name="cases_case_owners"),
            path("places/", site(require_GET(self.places)), name="cases_case_places"),
            path("places/<int:pk>/<slug:kind>/gather/", site(require_POST(self.gather)), name="cases_case_site_gather"),
            path("places/site/<int:pk>/finish/", site(require_POST(self.finish)), name="cases_case_site_finish"),
            path("views/", site(require_POST(self.keep)), name="cases_case_view_save"),
            path("views/<int:pk>/forget/", site(require_POST(self.forget)), name="cases_case_view_forget"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The queue; a reference that is searched for leads to its case."""
        who = self._reader(request)
        if said := request.GET.get("ref", ""):
            return _to_case(request, said)
        return TemplateResponse(
            request, "rooms/queue.html", {**self.admin_site.each_context(request), **_queue(request, who)}
        )

    def _reader(self, request: HttpRequest) -> Staff:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return actor(request)

    def owners(self, request: HttpRequest) -> HttpResponse:
        """Who owns these cases now, by uid, for pages that stand open: colleagues only, never the reader."""
        who = self._reader(request)
        uids = [uid for uid in request.GET.getlist("uid") if _is_uid(uid)][: queue.PAGE]
        found = queue.owners_of(Case.objects.visible_to(who), uids)
        return JsonResponse(
            {uid: _("Taken by %(name)s") % {"name": name} for uid, (key, name) in found.items() if key != who.user_id}
        )

    def places(self, request: HttpRequest) -> HttpResponse:
        """What is short where, what stayed unmet and why, and the open cases on a map."""
        who = self._reader(request)
        spots, short = shortages.spots(who), shortages.shortages(who)
        context = {
            **self.admin_site.each_context(request),
            "shortages": short[: shortages.SHOWN],
            "more_shortages": len(short) > shortages.SHOWN,
            "unmet": shortages.unmet(who),
            "ways": [direction.label for direction in Direction],
            "spots": spots,
            "circles": shortages.on_the_map(spots),
            "off_the_map": shortages.off_the_map(spots),
            "chart": chart(),
            "width": WIDTH,
            "classes": [(code, label, shortages.MARKS[code]) for code, label in PriorityClass.choices],
            "may_gather": policy.allows("site_needs.gather", who),
            "unmet_reasons": case_page.unmet_reasons(),
        }
        return TemplateResponse(request, "rooms/places.html", context)

    def gather(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        """The same shortage of many households there becomes one need of the place."""
        place = get_object_or_404(Place, pk=pk)
        need = get_object_or_404(NeedType, code=kind, protected=False)
        done = _("One need of the whole place now. It is planned and ended for all of them together.")
        return _site_step(request, "site_needs.gather", lambda by: site_needs.gather(place, need, by=by), done)

    def finish(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The need of the place ends, for every household in it."""
        site = get_object_or_404(SiteNeed.objects.visible_to(actor(request)), pk=pk)
        to, _sign, reason = request.POST.get("to", "").partition(":")
        if to not in NeedStatus.values:
            raise Http404

        def end(by: Staff) -> object:
            return site_needs.finish(site, to=NeedStatus(to), reason=reason, by=by)

        return _site_step(request, "site_needs.finish", end, _("Ended for every household in it."))

    def many(self, request: HttpRequest) -> HttpResponse:
        """One step for several cases, each in a transaction of its own; says for how many it went, and why not."""
        deed = DEEDS.get(request.POST.get("do", ""))
        if deed is None:
            messages.error(request, _("Choose what to do with the cases."))
            return _back(request)
        if not policy.allows(deed.verb, actor(request)):
            raise PermissionDenied
        form = Many(request)
        if not form.is_valid():
            for errors in form.errors.values():
                messages.error(request, str(errors[0]))
            return _back(request)
        result = deed.each(form.cleaned_data, actor(request))
        if not result.refused:
            messages.success(request, result.said)
            return _back(request)
        context = {**self.admin_site.each_context(request), "result": result, "back": _back(request).url}
        return TemplateResponse(request, "rooms/many.html", context)

    @button("views.save")
    def _keep(self, request: HttpRequest, pk: int) -> HttpResponse:
        kept = views.save(request.POST.get("query", ""), name=request.POST.get("name", ""), by=actor(request))
        messages.success(request, _("Kept as “%(name)s”.") % {"name": kept.name})
        return redirect(f"{reverse(QUEUE)}?{kept.query}")

    def keep(self, request: HttpRequest) -> HttpResponse:
        """Keep the present view under a name."""
        return self._keep(request, 0)

    @button("views.forget")
    def forget(self, request: HttpRequest, pk: int) -> HttpResponse:
        views.forget(get_object_or_404(SavedView.objects.visible_to(actor(request)), pk=pk), by=actor(request))
        messages.success(request, _("The view is no longer kept."))
        return _back(request)

    def refused(self, request: HttpRequest, pk: int) -> HttpResponse:
        return _back(request)


def _queue(request: HttpRequest, who: Staff) -> dict[str, Any]:
    """What the page of the queue shows."""
    rows = Case.objects.visible_to(who)
    wanted = queue.Wanted.read(request.GET.dict(), by=who)
    beside = pair_page.waiting(who)
    counts = queue.tallies(rows, by=who, beside=beside)
    given = queue.choices(wanted, by=who)
    return {
        "queue": queue.shown(rows, wanted, by=who),
        "title": queue.VIEWS[wanted.view].label,
        "second": second.waiting_for(who),
        "groups": _groups(who, counts),
        "views": queue.views_for(who),
        "filters": _filters(wanted, given),
        "classes": PriorityClass.choices,
        "waits": [(code, CaseStatus(code).label) for code in WAITING_CASE],
        "given": given,
        "deeds": [(name, deed.label) for name, deed in DEEDS.items() if policy.allows(deed.verb, who)],
        "may_claim": policy.allows("assignment.claim", who),
        "pairs": [(route, PAIRS[route], counts[route]) for route in beside],
        "here": request.get_full_path(),
        "first": wanted.query(),
        "elsewhere": wanted.query(place=None),
    }


def _groups(who: Staff, counts: dict[str, int]) -> list[tuple[Any, str, list[tuple[str, queue.View, int]]]]:
    """The views under their headings, each with how many stand in it."""
    views = queue.views_for(who)
    return [
        (heading, group, [(name, view, counts[name]) for name, view in views.items() if view.group == group])
        for group, heading in queue.GROUPS.items()
    ]


def _filters(wanted: queue.Wanted, given: queue.Choices) -> list[tuple[Any, str]]:
    """What the queue is narrowed to, each with the address without it."""
    needs = {choice.key: choice.label for choice in given.needs}
    told = [
        (given.place.label if given.place else "", wanted.query(place=None)),
        (wanted.priority, wanted.query(priority="")),
        (needs.get(wanted.need, wanted.need), wanted.query(need="")),
        (CaseStatus(wanted.waiting).label if wanted.waiting else "", wanted.query(waiting="")),
    ]
    return [(label, address) for label, address in told if label]


def _to_case(request: HttpRequest, said: str) -> HttpResponse:
    ref = reference.heard(said[:40])
    case = Case.objects.visible_to(actor(request)).filter(ref=ref).first() if ref else None
    if case is None:
        messages.error(request, _("No case has this reference. It is eight digits, like 4821 0937."))
        return redirect(QUEUE)
    return redirect("admin:cases_case_change", case.pk)


def _site_step(request: HttpRequest, verb: str, step: Callable[[Staff], object], done: str) -> HttpResponse:
    if not policy.allows(verb, actor(request)):
        raise PermissionDenied
    try:
        step(actor(request))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("admin:cases_case_places")


def _is_uid(said: str) -> bool:
    try:
        uuid.UUID(said)
    except ValueError:
        return False
    return True


def _back(request: HttpRequest) -> HttpResponseRedirect:
    """To the queue as it was looked at."""
    came_from = request.POST.get("from", "")
    return HttpResponseRedirect(came_from if url_has_allowed_host_and_scheme(came_from, None) else reverse(QUEUE))
