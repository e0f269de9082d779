"""Partner organisations, and the keys they read their cases with."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases import policy
from cases.admin.base import HouseAdmin, ReadOnlyAdmin, actor
from cases.domain import partners
from cases.models import ApiKey, Partner


def require(verb: str, request: HttpRequest) -> None:
    if not policy.allows(verb, actor(request)):
        raise PermissionDenied


@admin.register(Partner)
class PartnerAdmin(HouseAdmin):
    list_display = ("name", "kind", "active")
    list_filter = ("kind", "active")
    search_fields = ("name",)
    ordering = ("name",)
    change_form_template = "rooms/partner.html"

    def get_urls(self) -> list[URLPattern]:
        issue = self.admin_site.admin_view(require_POST(self.issue_key))
        return [path("<int:pk>/issue-key/", issue, name="cases_partner_issue_key"), *super().get_urls()]

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        shown = {"may_issue": bool(object_id) and policy.allows("partners.issue_key", actor(request))}
        return super().changeform_view(request, object_id, form_url, shown | (extra_context or {}))

    def issue_key(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A new key, shown in this one answer and never again."""
        partner = get_object_or_404(Partner.objects.visible_to(actor(request)), pk=pk)
        require("partners.issue_key", request)
        key, plain = partners.issue_key(partner, by=actor(request))
        context = {**self.admin_site.each_context(request), "partner": partner, "key": key, "plain": plain}
        return TemplateResponse(request, "rooms/api_key.html", context, headers={"Cache-Control": "no-store"})


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    list_display = ("prefix", "partner", "created_at", "expires_at", "last_used_on", "revoked_at")
    list_filter = ("partner",)
    list_select_related = ("partner",)
    fields = ("partner", "prefix", "scopes", "created_at", "expires_at", "last_used_on", "revoked_at")
    ordering = ("-pk",)
    change_form_template = "rooms/api_key_change.html"

    def get_urls(self) -> list[URLPattern]:
        revoke = self.admin_site.admin_view(require_POST(self.revoke))
        return [path("<int:pk>/revoke/", revoke, name="cases_apikey_revoke"), *super().get_urls()]

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        shown = {"may_revoke": policy.allows("partners.revoke_key", actor(request))}
        return super().changeform_view(request, object_id, form_url, shown | (extra_context or {}))

    def revoke(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The key opens nothing from now on."""
        key = get_object_or_404(ApiKey.objects.visible_to(actor(request)), pk=pk)
        require("partners.revoke_key", request)
        partners.revoke_key(key, by=actor(request))
        messages.success(request, _("The key opens nothing any more."))
        return redirect("admin:cases_apikey_changelist")
