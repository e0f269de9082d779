"""What every open page asks for: the state of this moment, and a ticket for the stream."""

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, JsonResponse

from cases.actors import Staff
from cases.queries import live


def state(request: HttpRequest) -> JsonResponse:
    """Rings, alarms, presence and counts, and a ticket for the stream; 401 for who is not signed in."""
    if not request.user.is_authenticated:
        return JsonResponse({}, status=401)
    who: Staff = request.actor  # type: ignore[attr-defined]
    ticket = signing.dumps({"user": who.user_id, "topics": live.topics(who)}, salt=settings.HOTLINE_STREAM_SALT)
    return JsonResponse({**live.now(who).to_json(), "ticket": ticket})
