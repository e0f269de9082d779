"""The site of the rooms: signed in like everybody else, and held open by a post."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ROOMS: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
    (_("Partners"), ("Partner", "ApiKey")),
    (_("Staff"), ("User", "Post")),
    (
        _("Reference data"),
        (
            "Place",
            "NeedType",
            "SpecificNeedCode",
            "ObservationCode",
            "Disposition",
            "UnmetReason",
        ),
    ),
    (_("Rules and texts"), ("TriageRules", "ConsentText", "Template")),
    (_("Audit"), ("Event", "Disclosure", "Message")),
)


class HotlineAdminSite(admin.AdminSite):
    """No superuser, no sign-in page of its own, no counts: the policy says who comes in."""

    site_header = site_title = _("Hotline")
    index_title = _("Rooms")
    enable_nav_sidebar = False
    empty_value_display = "—"

    def has_permission(self, request: HttpRequest) -> bool:
        """Ours, active, and holding a post now."""
        user: Any = request.user
        return bool(user.is_authenticated and user.is_staff and request.actor.posts)  # type: ignore[attr-defined]

    @method_decorator(secure_admin_login)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Whoever is signed in already either may come in, or holds no post that lets them."""
        if not self.has_permission(request):
            raise PermissionDenied(_("You hold no post now. Ask your supervisor."))
        return redirect("admin:index")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("account_change_password")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("account_logout")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The rooms this actor may open."""
        open_to = {model["object_name"]: model for app in self.get_app_list(request) for model in app["models"]}
        rooms = [
            (name, [open_to[model] for model in models if model in open_to and open_to[model]["admin_url"]])
            for name, models in ROOMS
        ]
        queue = reverse("admin:cases_case_changelist") if "Case" in open_to else ""
        shown = {"rooms": [room for room in rooms if room[1]], "queue": queue}
        return super().index(request, shown | (extra_context or {}))

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> HttpResponse:
        return redirect("admin:index")
