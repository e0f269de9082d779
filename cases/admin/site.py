"""The site of the rooms: signed in like everybody else, and held open by a post."""

from typing import Any, Final

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Name = str | Promise
ROOMS: Final[tuple[tuple[Name, dict[str, Name]], ...]] = (
    (_("Partners"), {"Partner": _("Partner organisations"), "ApiKey": _("API keys")}),
    (_("Staff"), {"User": _("People and their sign-in"), "Post": _("Posts they hold"), "Shift": _("Roster")}),
    (
        _("Reference data"),
        {
            "Place": _("Places"),
            "NeedType": _("Kinds of need"),
            "SpecificNeedCode": _("Specific needs"),
            "ObservationCode": _("What is heard on a call"),
            "Disposition": _("How a call ends"),
            "UnmetReason": _("Why a need stays unmet"),
        },
    ),
    (
        _("Rules and texts"),
        {
            "TriageRules": _("Triage rules"),
            "ConsentText": _("Sentences of consent"),
            "Template": _("Messages' texts"),
            "Script": _("What operators say"),
        },
    ),
    (_("Audit"), {"Event": _("What happened"), "Disclosure": _("Who opened what"), "Message": _("Messages")}),
)


class HotlineAdminSite(admin.AdminSite):
    """No superuser, no sign-in page of its own, no counts: the policy says who comes in."""

    site_header = site_title = _("Hotline")
    index_title = _("Rooms")
    enable_nav_sidebar = False
    empty_value_display = "—"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Only our own models have rooms: groups, addresses and authenticators of libraries have their own pages."""
        if isinstance(model_or_iterable, type):
            model_or_iterable = [model_or_iterable]
        ours = [model for model in model_or_iterable if model._meta.app_label == "cases"]
        super().register(ours, admin_class, **options)

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

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("account_change_password")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("account_logout")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The rooms this actor may open."""
        open_to = {model["object_name"]: model for app in self.get_app_list(request) for model in app["models"]}
        rooms = [
            (name, [open_to[model] | {"name": label} for model, label in models.items() if model in open_to])
            for name, models in ROOMS
        ]
        queue = reverse("admin:cases_case_changelist") if "Case" in open_to else ""
        shown = {"rooms": [room for room in rooms if room[1]], "queue": queue}
        return super().index(request, shown | (extra_context or {}))

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> Any:
        return redirect("admin:index")
