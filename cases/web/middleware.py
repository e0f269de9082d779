"""Who is asking, and in which language and zone they read."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from cases.actors import Staff
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
