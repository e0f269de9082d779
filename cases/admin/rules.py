"""The triage rules by version: read by all, written as a draft, tried on last week's cases, and published."""

from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases import policy
from cases.admin.base import ReadOnlyAdmin, actor, button
from cases.admin.rules_forms import DraftForm, PublishForm
from cases.domain import rules
from cases.errors import Refusal
from cases.models import Case, TriageRules
from cases.planning.triage import Rules
from cases.planning.triage.written import as_text
from cases.queries.dry_run import DryRun, dry_run

READS_CASES: Final = policy.MAY_READ_CASES


@admin.register(TriageRules)
class TriageRulesAdmin(ReadOnlyAdmin):
    """A version that stands is read here; the draft has pages of its own."""

    change_list_template = "rooms/rules/list.html"
    list_display = ("__str__", "state", "published_at", "signature")
    ordering = ("-number",)
    fields = ("number", "published_at", "signature", "text")
    readonly_fields = ("text", "signature")

    def get_urls(self) -> list[URLPattern]:
        site, pages = self.admin_site.admin_view, "cases_triagerules"
        return [
            path("start/", site(require_POST(self.start)), name=f"{pages}_start"),
            path("<int:pk>/draft/", site(self.draft), name=f"{pages}_draft"),
            path("<int:pk>/dry-run/", site(self.dry_run), name=f"{pages}_dry_run"),
            path("<int:pk>/publish/", site(self.publish), name=f"{pages}_publish"),
            path("<int:pk>/discard/", site(require_POST(self.discard)), name=f"{pages}_discard"),
            *super().get_urls(),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The index says "can be edited" to who writes drafts; a version by itself is not changed by a form."""
        return obj is None and policy.allows("rules.save_draft", actor(request))

    @admin.display(description=gettext_lazy("State"))
    def state(self, row: TriageRules) -> str:
        return _("published") if row.published_at else _("draft")

    @admin.display(description=gettext_lazy("Signed by"))
    def signature(self, row: TriageRules) -> str:
        return row.signed_by or (_("unsigned") if row.published_at else self.admin_site.empty_value_display)

    @admin.display(description=gettext_lazy("Rules"))
    def text(self, row: TriageRules) -> SafeString:
        return format_html('<pre class="code" tabindex="0">{}</pre>', as_text(row.body))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may = policy.allows("rules.start_draft", actor(request))
        standing = self._drafts(request).first() if may else None
        shown = {"title": _("Triage rules"), "may_draft": may, "standing": standing}
        return super().changelist_view(request, shown)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page of a version; that of the draft is where it is written."""
        if request.method == "GET" and object_id.isdigit() and self._drafts(request).filter(pk=object_id).exists():
            return redirect("admin:cases_triagerules_draft", object_id)
        return super().change_view(request, object_id, *args, **kwargs)

    def _drafts(self, request: HttpRequest) -> Any:
        return TriageRules.objects.visible_to(actor(request)).filter(published_at__isnull=True)

    def _version(self, request: HttpRequest, pk: int, verb: str) -> TriageRules:
        """The version for who may use the verb on it."""
        if not policy.allows(verb, actor(request)):
            raise PermissionDenied
        return get_object_or_404(TriageRules.objects.visible_to(actor(request)), pk=pk)

    def refused(self, request: HttpRequest, pk: int = 0) -> HttpResponse:
        return redirect("admin:cases_triagerules_changelist")

    def start(self, request: HttpRequest) -> HttpResponse:
        """One button: the next version, to be written."""
        return self._start(request, 0)

    @button("rules.start_draft")
    def _start(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect("admin:cases_triagerules_draft", rules.start_draft(by=actor(request)).pk)

    def draft(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The draft to be written; what cannot be used comes back as it was typed, with all that is wrong with it."""
        row = self._version(request, pk, "rules.save_draft")
        if request.method != "POST":
            if row.published_at is not None:
                return redirect("admin:cases_triagerules_change", pk)
            form = DraftForm(initial={"body": as_text(row.body), "version": row.version})
            return self._page(request, "draft", row, form)
        form = DraftForm(request.POST)
        if form.is_valid():
            try:
                given = form.cleaned_data
                rules.save_draft(row, body=given["body"], version=given["version"], by=actor(request))
            except rules.RulesUnusable as refusal:
                for problem in refusal.problems:
                    form.add_error("body", problem)
            except Refusal as refusal:
                form.add_error("body", str(refusal))
            else:
                messages.success(request, _("The draft is kept. Nothing changes until it is published."))
                return redirect("admin:cases_triagerules_draft", pk)
        return self._page(request, "draft", row, form, status=422)

    def dry_run(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the draft would have made of last week's cases; for who writes rules and reads cases."""
        row = self._version(request, pk, "rules.save_draft")
        if not actor(request).roles & READS_CASES:
            raise PermissionDenied(_("The trial opens facts of cases, which your post does not read."))
        return self._page(request, "dry_run", row, None, run=self._run(request, row))

    def _run(self, request: HttpRequest, row: TriageRules) -> DryRun | None:
        """The trial; none for who reads no cases."""
        who = actor(request)
        if not who.roles & READS_CASES:
            return None
        seen = Case.objects.visible_to(who)
        return dry_run(seen, Rules.load(row.body), by=who, language=get_language() or "en")

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks once more, beside the trial; then the draft is in force."""
        row = self._version(request, pk, "rules.publish")
        if request.method != "POST":
            if row.published_at is not None:
                return redirect("admin:cases_triagerules_change", pk)
            form = PublishForm(initial={"version": row.version})
            return self._page(request, "publish", row, form, run=self._run(request, row))
        form = PublishForm(request.POST)
        if form.is_valid():
            try:
                given = form.cleaned_data
                rules.publish(row, version=given["version"], signed_by=given["signed_by"], by=actor(request))
            except Refusal as refusal:
                form.add_error(None, [str(refusal), *getattr(refusal, "problems", ())])
            else:
                said = _("Version %(number)d is in force. Open cases are scored again in the background.")
                messages.success(request, said % {"number": row.number})
                return redirect("admin:cases_triagerules_changelist")
        return self._page(request, "publish", row, form, status=422, run=self._run(request, row))

    @button("rules.discard")
    def discard(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The draft goes; the versions that are published stay."""
        row = TriageRules.objects.visible_to(actor(request)).filter(pk=pk).first()
        if row is not None:
            version = request.POST.get("version", "")
            rules.discard(row, version=int(version) if version.isdecimal() else -1, by=actor(request))
        messages.success(request, _("The draft is discarded. The rules in force stay as they are."))
        return redirect("admin:cases_triagerules_changelist")

    def _page(
        self, request: HttpRequest, name: str, row: TriageRules, form: Any, *, status: int = 200, run: Any = None
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "row": row,
            "form": form,
            "run": run,
            "reads_cases": bool(actor(request).roles & READS_CASES),
        }
        headers = {"Cache-Control": "no-store"}
        return TemplateResponse(request, f"rooms/rules/{name}.html", context, status=status, headers=headers)
