"""Who is asking, and in which language and zone they read."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases.actors import Staff
from cases.enums import Role
from cases.models import User
from cases.web.auth import actor_of

Handler = Callable[[HttpRequest], HttpResponse]
LANGUAGE_COOKIE = settings.LANGUAGE_COOKIE_NAME


class StaffLanguage:
    """Before sign-in: the language of the cookie, else the browser's."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        translation.activate(translation.get_language_from_request(request))
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", translation.get_language() or "en")
        translation.deactivate()
        return response


class CurrentActor:
    """`request.actor`: the signed-in member of staff with the posts of this moment, or nobody.

    What a signed-in person reads stays on no disk: a page holds names, or the key of what this device keeps.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        request.actor = actor_of(user) if isinstance(user, User) and user.is_active else NOBODY  # type: ignore[attr-defined]
        if isinstance(user, User):
            translation.activate(user.language)
            timezone.activate(zone(user.time_zone))
        try:
            response = self.get_response(request)
        finally:
            timezone.deactivate()
        if isinstance(user, User):
            response.headers["Cache-Control"] = "no-store"
        return response


NOBODY = Staff(0, "")


def zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


# Signing in, setting up the second factor itself, the partners' and machines' doors, and files that say nothing.
FREE = ("/accounts/", "/language/", "/static/", "/api/", "/healthz", "/readyz", "/metrics")


class SecondFactor:
    """Who holds more than an operator's post opens more, in the rooms and at the desk: a second factor first."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.HOTLINE_SECOND_FACTOR and not request.path.startswith(FREE) and self._missing(request):
            messages.warning(request, _("Set up a second factor first: your post opens what must stay closed."))
            return redirect("mfa_activate_totp")
        return self.get_response(request)

    def _missing(self, request: HttpRequest) -> bool:
        actor: Staff = request.actor  # type: ignore[attr-defined]
        return bool(actor.roles - {Role.OPERATOR}) and not is_mfa_enabled(request.user)
