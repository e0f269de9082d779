"""The queue and the page of a case."""

import uuid
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from cases import policy
from cases.admin.base import actor
from cases.admin.case_buttons import BUTTONS, fitting
from cases.admin.case_forms import SHARED, STATED, OpenNames
from cases.admin.queue_room import QueueRoom
from cases.domain import opening
from cases.domain.follow_up import ENDS_OF_A_NEED, ENDS_OF_A_REQUEST, WAITS
from cases.enums import CloseReason, DeclineReason, PriorityClass, Role
from cases.errors import Forbidden, Refusal
from cases.models import Case
from cases.queries import case_page, owners, related

WRITTEN = frozenset({"note", "reply", "set_class", "lift", "propose_interests"})  # buttons with a text of one's own


@admin.register(Case)
class CaseAdmin(QueueRoom):
    """Nothing here is saved by a form: every step is a button over a verb."""

    def get_urls(self) -> list[URLPattern]:
        """The queue, the page, and a POST address for each button; none of the admin's own forms."""
        site = self.admin_site.admin_view
        buttons = [
            path(f"<int:pk>/{name}/", site(require_POST(partial(self.press, name=name))), name=f"cases_case_{name}")
            for name in BUTTONS
        ]
        return [
            *self.queue_urls(),
            path("<int:pk>/change/", site(self.page), name="cases_case_change"),
            path("<int:pk>/open/", site(require_POST(self.open)), name="cases_case_open"),
            *buttons,
        ]

    def _case(self, request: HttpRequest, pk: int) -> Case:
        """The case with everything on its page; 404 where the actor does not see it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(case_page.for_page(Case.objects.visible_to(actor(request))), pk=pk)

    def page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The page of a case, masked."""
        return self._render(request, case_page.page(self._case(request, pk)))

    def _render(self, request: HttpRequest, page: case_page.CasePage, status: int = 200) -> HttpResponse:
        who = actor(request)
        mine = page.owner is not None and page.owner.pk == who.user_id
        may = fitting(page.case, owned=page.owner is not None, by=who)
        context = {
            **self.admin_site.each_context(request),
            "page": page,
            "related": related.related(page.case, by=who),
            "case": page.case,
            "opened": page.opened,
            "mine": mine,
            "may": may,
            "may_open": policy.allows("disclosure.open", who)
            and (Role.PROTECTION in who.roles or not page.case.household.protected),
            "candidates": owners.candidates(page.case) if "assign" in may else [],
            "waits": [(status.value, status.label) for status in WAITS if status != page.case.status],
            "close_reasons": CloseReason.choices,
            "decline_reasons": DeclineReason.choices,
            "need_ends": [(status.value, status.label) for status in ENDS_OF_A_NEED],
            "request_ends": [(status.value, status.label) for status in ENDS_OF_A_REQUEST],
            "unmet_reasons": case_page.unmet_reasons(),
            "note_key": request.POST.get("key") or uuid.uuid4().hex,
            "typed": request.POST if status != 200 else {},
            "classes": [choice for choice in PriorityClass.choices if choice[0] != page.case.priority],
            "reader": who.user_id,
            "second_for": {
                line.row.pk for way in page.ways_out for line in way.interests if line.row.second_may_be(who)
            },
            "may_move": policy.allows("evacuation.move", who),
            "may_undo": policy.allows("merging.undo", who),
            "shared": SHARED,
            "stated": [(why.value, why.label) for why in STATED],
        }
        return TemplateResponse(
            request, "rooms/case.html", context, status=status, headers={"Cache-Control": "no-store"}
        )

    def open(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The same page with the plain values, in this one answer."""
        case = self._case(request, pk)
        form = OpenNames(request, case)
        if not form.is_valid():
            return _not_valid(request, form, pk)
        try:
            plain = opening.open_names(case, why=form.cleaned_data["why"], by=actor(request))
        except Forbidden as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:cases_case_change", pk)
        return self._render(request, case_page.page(case, plain))

    def press(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """One button: who does not see the case finds nothing, whose post does not allow the step is told so."""
        button, who = BUTTONS[name], actor(request)
        case = get_object_or_404(Case.objects.visible_to(who), pk=pk)
        if not policy.allows(button.verb, who):
            raise PermissionDenied
        form = button.form(request, case)
        if not form.is_valid():
            refused = _not_valid(request, form, pk)
            return self._with_what_was_typed(request, pk) if name in WRITTEN else refused
        try:
            button.press(case, form.cleaned_data, who)
        except Forbidden as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return self._with_what_was_typed(request, pk) if name in WRITTEN else _back(request, pk)
        messages.success(request, str(button.done))
        return redirect("admin:cases_case_change", pk)

    def _with_what_was_typed(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The page again with the text that was refused: nothing typed is lost, and nothing of it is stored."""
        return self._render(request, case_page.page(self._case(request, pk)), status=422)


def _not_valid(request: HttpRequest, form: Any, pk: int) -> HttpResponse:
    for errors in form.errors.values():
        messages.error(request, errors[0])
    return _back(request, pk)


def _back(request: HttpRequest, pk: int) -> HttpResponse:
    """To the page the button stood on: the queue where it says so, else the case."""
    came_from = request.POST.get("from", "")
    if url_has_allowed_host_and_scheme(came_from, None):
        return HttpResponseRedirect(came_from)
    return redirect("admin:cases_case_change", pk)
