"""The roster: planning hours, taking them back, saying that somebody is away, handing one's cases over."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from cases import policy
from cases.admin.base import ReadOnlyAdmin, actor
from cases.domain import assignment
from cases.enums import AbsenceReason
from cases.errors import Forbidden, Refusal
from cases.models import Shift, User
from cases.queries import roster

HERE = "admin:cases_shift_changelist"


class LocalTime(forms.DateTimeInput):
    """A date and a time as the browser asks for them, in the reader's zone."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class OfSomebody(forms.Form):
    """A form about one of those the reader sees."""

    user: Any = forms.ModelChoiceField(
        None, label=gettext_lazy("Who"), error_messages={"required": gettext_lazy("Choose who it is about.")}
    )

    def __init__(self, people: Any, data: Any = None) -> None:
        super().__init__(data, auto_id=f"id_{type(self).__name__.lower()}_%s")
        field: Any = self.fields["user"]
        field.queryset = people


class PlanForm(OfSomebody):
    starts_at = forms.DateTimeField(label=gettext_lazy("From"), widget=LocalTime())
    ends_at = forms.DateTimeField(label=gettext_lazy("To"), widget=LocalTime())


class AwayForm(OfSomebody):
    reason = forms.ChoiceField(label=gettext_lazy("Why"), choices=AbsenceReason.choices)
    until = forms.DateTimeField(
        label=gettext_lazy("Until"),
        required=False,
        widget=LocalTime(),
        help_text=gettext_lazy("Empty: until they come on duty again."),
    )


class PassOnForm(OfSomebody):
    pass


@admin.register(Shift)
class RosterAdmin(ReadOnlyAdmin):
    """One page; each button a POST address over one verb."""

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site.admin_view
        return [
            path("", site(self.changelist_view), name="cases_shift_changelist"),
            path("plan/", site(require_POST(self.plan)), name="cases_shift_plan"),
            path("<int:pk>/cancel/", site(require_POST(self.cancel)), name="cases_shift_cancel"),
            path("away/", site(require_POST(self.away)), name="cases_shift_away"),
            path("pass-on/", site(require_POST(self.pass_on)), name="cases_shift_pass_on"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The roster."""
        return self._page(request)

    def _page(self, request: HttpRequest, refused: forms.Form | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        who = actor(request)
        people = self._people(request)
        empty = {type(form): form for form in (PlanForm(people), AwayForm(self._absent(request)), PassOnForm(people))}
        forms_by_name = {kind: refused if type(refused) is kind else form for kind, form in empty.items()}
        context = {
            **self.admin_site.each_context(request),
            "roster": roster.shown(who),
            "plan": forms_by_name[PlanForm],
            "away": forms_by_name[AwayForm],
            "pass_on": forms_by_name[PassOnForm],
            "may_plan": policy.allows("assignment.plan_shift", who),
            "may_pass_on": policy.allows("assignment.pass_on", who),
        }
        return TemplateResponse(request, "rooms/roster.html", context, status=422 if refused else 200)

    def _people(self, request: HttpRequest) -> Any:
        return User.objects.visible_to(actor(request)).filter(is_active=True, partner__isnull=True).order_by("name")

    def _absent(self, request: HttpRequest) -> Any:
        """Who plans the roster says it of anybody; the others of themselves."""
        people, who = self._people(request), actor(request)
        return people if policy.allows("assignment.plan_shift", who) else people.filter(pk=who.user_id)

    def _pressed(self, request: HttpRequest, verb: str, form: forms.Form, press: Any) -> HttpResponse:
        """Press with what was typed; what was refused comes back with it."""
        if not policy.allows(verb, actor(request)):
            raise PermissionDenied
        if not form.is_valid():
            return self._page(request, form)
        try:
            messages.success(request, press(form.cleaned_data))
        except Forbidden as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            return self._page(request, form)
        return redirect(HERE)

    def plan(self, request: HttpRequest) -> HttpResponse:
        """Plan somebody's hours."""

        def press(given: dict[str, Any]) -> str:
            assignment.plan_shift(
                given["user"], starts_at=given["starts_at"], ends_at=given["ends_at"], by=actor(request)
            )
            return _("Planned. At the end of the shift their cases go on by themselves.")

        return self._pressed(request, "assignment.plan_shift", PlanForm(self._people(request), request.POST), press)

    def away(self, request: HttpRequest) -> HttpResponse:
        """Somebody is ill or away from now on."""

        def press(given: dict[str, Any]) -> str:
            assignment.report_absence(
                given["user"], reason=AbsenceReason(given["reason"]), until=given["until"], by=actor(request)
            )
            return _("On record. Their cases go to colleagues now.")

        return self._pressed(request, "assignment.report_absence", AwayForm(self._absent(request), request.POST), press)

    def pass_on(self, request: HttpRequest) -> HttpResponse:
        """Hand one's own cases over to a colleague."""

        def press(given: dict[str, Any]) -> str:
            count = assignment.pass_on(given["user"], by=actor(request))
            return ngettext("%(count)d case was handed over.", "%(count)d cases were handed over.", count) % {
                "count": count
            }

        return self._pressed(request, "assignment.pass_on", PassOnForm(self._people(request), request.POST), press)

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a planned shift out."""
        if not policy.allows("assignment.cancel_shift", actor(request)):
            raise PermissionDenied
        shift = get_object_or_404(Shift.objects.visible_to(actor(request)), pk=pk)
        assignment.cancel_shift(shift, by=actor(request))
        messages.success(request, _("The shift is taken out of the roster."))
        return redirect(HERE)
