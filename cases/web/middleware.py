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
    """`request.actor`: the signed-in member of staff with the posts of this moment, or nobody."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        request.actor = actor_of(user) if isinstance(user, User) and user.is_active else NOBODY  # type: ignore[attr-defined]
        if isinstance(user, User):
            translation.activate(user.language)
            timezone.activate(zone(user.time_zone))
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()


NOBODY = Staff(0, "")


def zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


class SecondFactor:
    """The rooms open names and move cases: who holds more than an operator's post sets up a second factor first."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.HOTLINE_SECOND_FACTOR and request.path.startswith("/admin/") and self._missing(request):
            messages.warning(request, _("Set up a second factor first: your post opens what must stay closed."))
            return redirect("mfa_activate_totp")
        return self.get_response(request)

    def _missing(self, request: HttpRequest) -> bool:
        actor: Staff = request.actor  # type: ignore[attr-defined]
        return bool(actor.roles - {Role.OPERATOR}) and not is_mfa_enabled(request.user)
